"""What a check finds in a price file, and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from otel_llm_cost.prices.place import Place, text_of_place
from otel_llm_cost.prices.report import PriceFileError

LONG_AGO: Final = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong (an error), or worth a look (a warning)."""

    path: str
    line: int | None
    column: int | None
    place: str
    problem: str
    is_error: bool = True

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}:{self.column}" if self.line is not None else self.path
        kind = "error" if self.is_error else "warning"
        return f"{where}: {kind}: {self.place}: {self.problem}" if self.place else f"{where}: {kind}: {self.problem}"


class Findings:
    """Those of one file; each is said once."""

    def __init__(self, path: str, where: Callable[[Place], tuple[int, int]]) -> None:
        """`where` gives the line and column of a place."""
        self._path = path
        self._where = where
        self._found: dict[Finding, None] = {}

    def error(self, place: Place, problem: str) -> None:
        """Takes what makes the file unusable."""
        self._found[Finding(self._path, *self._where(place), text_of_place(place), problem)] = None

    def warning(self, place: Place, problem: str) -> None:
        """Takes what is worth a look."""
        self._found[Finding(self._path, *self._where(place), text_of_place(place), problem, is_error=False)] = None

    def syntax(self, error: PriceFileError) -> None:
        """Takes what stopped the reading."""
        self._found[Finding(self._path, error.line, error.column, error.place, error.problem)] = None

    def age(self, checked: date, today: date, place: Place) -> None:
        """Warns of rows that were checked long ago."""
        if today - checked > LONG_AGO:
            self.warning(place, f"was last checked on {checked}, {(today - checked).days} days ago")

    @property
    def errors(self) -> bool:
        """Whether any is an error."""
        return any(finding.is_error for finding in self._found)

    def sorted(self) -> list[Finding]:
        """By line and column."""
        return sorted(self._found, key=lambda finding: (finding.line or 0, finding.column or 0))
