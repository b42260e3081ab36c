"""One provider's shipped prices: the file written by hand and the imported one beside it."""

from __future__ import annotations

from collections.abc import Sequence

from otel_llm_cost.prices.files.file import PriceFile
from otel_llm_cost.prices.report import Report
from otel_llm_cost.prices.row import Factor, Row


class Provider:
    """The rows and factors of one provider, by model."""

    def __init__(self, files: Sequence[PriceFile]) -> None:
        self.files = tuple(files)
        self.key = self.files[0].provider
        self.falls_back = [key for file in self.files for key in file.falls_back]

    @property
    def names(self) -> list[str]:
        """Every exact name and alias, in lower case."""
        return sorted({name for file in self.files for name in (*file.models, *file.aliases)})

    def rows(self, name: str, shown: str, report: Report | None = None) -> list[Row]:
        """The rows that a name, in lower case, reaches: its own, its aliases' within their dates, and those of patterns."""
        rows = [row for file in self.files for row in file.exact(name, shown, report=report)]
        for file in self.files:
            for window in file.windows(name, report):
                targets = [row for other in self.files for row in other.exact(window.of, shown, report=report)]
                if not targets and report is None:
                    file.reader().report(window.place, f"an alias of a model without rates: {window.of!r}")
                rows += [held for row in targets if (held := row.within(window.start, window.until)) is not None]
        rows += [row for file in self.files for row in file.wider(name, shown, report)]
        return rows

    def factors(self, name: str, shown: str) -> list[Factor]:
        """The factors on a name's rates: its own, and its aliases' within their dates."""
        factors = {(factor.path, factor.place): factor for file in self.files for factor in file.factors(name, shown)}
        held = list(factors.values())
        for window in (window for file in self.files for window in file.windows(name)):
            for factor in (factor for file in self.files for factor in file.factors(window.of, shown)):
                within = factor.within(window.start, window.until)
                if within is not None and (factor.path, factor.place) not in factors:
                    held.append(within)
        return held
