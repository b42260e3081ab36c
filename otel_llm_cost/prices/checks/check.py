"""Everything that is wrong with the shipped price files: errors, and what is worth a second look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from itertools import combinations, pairwise
from typing import Any, Final

from otel_llm_cost.prices.checks.findings import Finding, Findings
from otel_llm_cost.prices.checks.gaps import gaps
from otel_llm_cost.prices.checks.ties import may_share_a_name, tied_factors, ties
from otel_llm_cost.prices.files.entry import Asked
from otel_llm_cost.prices.files.file import PriceFile
from otel_llm_cost.prices.place import Place
from otel_llm_cost.prices.provider import Provider
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.prices.row import Row, Term

_MOST_WITHOUT_FIGURE: Final = 10
"""A page that more rows cite shows each of their figures."""


def check_provider(provider: Provider) -> int:
    """Makes every row; the number of rates. Raises PriceFileError at the first that is wrong, or where two would win equally."""
    total = 0
    for file in provider.files:
        file.check_keys()
        total += sum(1 for _ in _read_all(file, provider))
    for file, place, problem in _ties_of(provider):
        file.reader().report(place, problem)
    return total


def findings_of(provider: Provider, today: date) -> list[Finding]:
    """What there is to say of a provider's files."""
    found = [Findings(file.path, file.where) for file in provider.files]
    for file, findings in zip(provider.files, found, strict=True):
        try:
            file.check_keys()
        except PriceFileError as error:
            findings.syntax(error)
        rows = list(_read_all(file, provider, findings.error))
        for key, source in file.sources(findings.error).items():
            findings.age(date.fromisoformat(file.checked or source.read), today, ("sources", key))
        cited = Counter(row.source.url for row in rows if row.source is not None and row.source.package is None)
        for row in rows:
            if row.source is not None and cited[row.source.url] > _MOST_WITHOUT_FIGURE and row.figure is None:
                findings.warning((*row.place, "rates", row.component), "shows no figure as printed, and its page has many rates")
    by_path = {file.path: findings for file, findings in zip(provider.files, found, strict=True)}
    if not any(findings.errors for findings in found):
        for file, place, problem in _ties_of(provider):
            by_path[file.path].error(place, problem)
        for row, problem in gaps(row for file in provider.files for row in all_rows(file)):
            by_path[row.path].warning(row.place, problem)
    return [finding for findings in found for finding in findings.sorted()]


def all_rows(file: PriceFile, report: Callable[[Place, str], None] | None = None) -> Iterator[Row]:
    """Every rate of a file, aliases apart."""
    for name in file.models:
        yield from file.exact(name, name, report=report)
    for match, place, entry in file.patterns():
        yield from file.reader(report).rows(entry, ("prices", place), Asked(file.provider, match.text, match.reach, match.length))


def _read_all(file: PriceFile, provider: Provider, report: Callable[[Place, str], None] | None = None) -> Iterator[Row]:
    report = report or file.reader().report
    file.sources(report)
    yield from all_rows(file, report)
    for _ in file.all_factors(report):
        pass
    models = {name for other in provider.files for name in other.models}
    for alias in file.aliases:
        windows = sorted(file.windows(alias, report), key=lambda window: window.start)
        for window in windows:
            if window.of not in models:
                report(window.place, f"an alias of a model without rates: {window.of!r}")
        for one, other in pairwise(windows):
            if one.until is None or one.until > other.start:
                report(other.place, f"alias {alias!r}: it means two models at once")


def _ties_of(provider: Provider) -> Iterator[tuple[PriceFile, Place, str]]:
    by_path = {file.path: file for file in provider.files}

    def tied(what: str, one: Term, other: Term) -> tuple[PriceFile, Place, str]:
        return by_path[other.path], other.place, f"two {what} would win equally: {one.name} of {one.where} and {other.name}"

    yield from _aliases_of_two(provider)
    for name in provider.names:
        for component, one, other in ties(row for row in provider.rows(name, name) if not row.length):
            yield tied(f"rows for {component}", one, other)
    patterns = [(file, match, place, entry) for file in provider.files for match, place, entry in file.patterns()]
    for (file, match, place, entry), (other_file, other_match, other_place, other_entry) in combinations(patterns, 2):
        if (match.reach, match.length) == (other_match.reach, other_match.length) and may_share_a_name(
            match, other_match, provider.names
        ):
            asked = Asked(provider.key, match.text, match.reach, match.length)
            rows = [*file.reader().rows(entry, ("prices", place), asked)]
            rows += other_file.reader().rows(other_entry, ("prices", other_place), asked)
            for component, one, another in ties(rows):
                yield tied(f"rows for {component}", one, another)
    for one_factor, other_factor in tied_factors([factor for file in provider.files for factor in file.all_factors()]):
        yield tied(f"{one_factor.kind} factors", one_factor, other_factor)


def _aliases_of_two(provider: Provider) -> Iterator[tuple[PriceFile, Place, str]]:
    """Aliases that mean one model in one file, and at that time another in the other."""
    for alias in sorted({alias for file in provider.files for alias in file.aliases}):
        held = [(window.start, window, file) for file in provider.files for window in file.windows(alias)]
        held.sort(key=lambda one: one[0])
        for (_, one, _), (start, other, file) in pairwise(held):
            if (one.until is None or one.until > start) and one.of != other.of:
                yield file, other.place, f"alias {alias!r}: it means two models at once, {one.of!r} and {other.of!r}"


def distinct(path: str) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """What makes JSON's objects, and raises PriceFileError where a key stands in one twice."""

    def hook(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        held = dict(pairs)
        if len(held) < len(pairs):
            twice = next(key for place, (key, _) in enumerate(pairs) if key in dict(pairs[:place]))
            raise PriceFileError(path, f"an object with {', '.join(held)}", f"{twice!r} stands in it twice")
        return held

    return hook
