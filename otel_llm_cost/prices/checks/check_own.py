"""Everything that is wrong with a user's price file: errors, and what is worth a second look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import combinations

from otel_llm_cost.prices.checks.findings import Finding, Findings
from otel_llm_cost.prices.checks.gaps import gaps
from otel_llm_cost.prices.checks.ties import may_meet, may_share_a_name, ties
from otel_llm_cost.prices.files.own import KeyOf, OwnEntry, OwnPrices
from otel_llm_cost.prices.files.toml import where_in
from otel_llm_cost.prices.place import Place, text_of_place
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.prices.row import Factor, Row, Term

_Tie = tuple[OwnPrices, Place, str]


def check_own(held: Sequence[OwnPrices], names: Iterable[str] = ()) -> None:
    """Raises PriceFileError where two rows would win equally, naming both. `names` are models that the shipped table has."""
    for error in ties_of_own(held, names):
        raise error


def ties_of_own(held: Sequence[OwnPrices], names: Iterable[str] = ()) -> Iterator[PriceFileError]:
    """What `check_own` raises, for each two rows that would win equally."""
    for own, place, problem in _ties_of(held, list(names)):
        yield PriceFileError(own.path, text_of_place(place), problem, *own.where(place))


def findings_of_own(text: str, path: str, key_of: KeyOf, today: date, names: Iterable[str] = ()) -> list[Finding]:
    """What there is to say of a user's file."""
    findings = Findings(path, lambda place: where_in(text, place))
    try:
        own = OwnPrices.of_text(text, path, key_of, findings.error)
    except PriceFileError as error:
        findings.syntax(error)
        return findings.sorted()
    if findings.errors:
        return findings.sorted()
    for _, place, problem in _ties_of([own], list(names)):
        findings.error(place, problem)
    for entry in own.prices:
        rows = list(own.rows_of(entry))
        source = rows[0].source if rows else None
        if source is None:
            findings.warning(entry.place, "has no source")
        checked = max(own.checked or "", source.read if source is not None else "")
        if checked:
            findings.age(date.fromisoformat(checked), today, entry.place)
    if own.prices and own.checked is None:
        findings.warning((), "does not say when it was last checked: checked = 2026-11-22")
    for row, problem in gaps(row for entry in own.prices for row in own.rows_of(entry)):
        findings.warning(row.place, problem)
    return findings.sorted()


def _ties_of(held: Sequence[OwnPrices], names: list[str]) -> Iterator[_Tie]:
    prices = [(own, entry) for own in held for entry in own.prices]
    known = frozenset({*names, *(name for _, entry in prices for name in _exact(entry))})
    by_name: dict[tuple[str, str | None], list[tuple[OwnPrices, OwnEntry]]] = defaultdict(list)
    wider: dict[object, list[tuple[OwnPrices, OwnEntry]]] = defaultdict(list)
    for own, entry in prices:
        for name in _exact(entry):
            by_name[name, entry.provider].append((own, entry))
        if entry.match is not None and entry.match.length:
            wider[entry.provider, entry.match.reach, entry.match.length].append((own, entry))
    for (name, _), entries in by_name.items():
        if len(entries) > 1:
            yield from _tied_rows([(own, row) for own, entry in entries for row in own.rows_of(entry, name)])
    for entries in wider.values():
        for (own, entry), (other_own, other) in combinations(entries, 2):
            if entry.match and other.match and may_share_a_name(entry.match, other.match, known):
                rows = [(own, row) for row in own.rows_of(entry)] + [(other_own, row) for row in other_own.rows_of(other)]
                yield from _tied_rows(rows)
    yield from _tied_factors(held, known)
    yield from _tied_aliases(held)


def _tied_rows(rows: list[tuple[OwnPrices, Row]]) -> Iterator[_Tie]:
    owners = {id(row): own for own, row in rows}
    for component, one, other in ties(row for _, row in rows):
        yield _tied(f"rows for {component}", one, owners[id(other)], other)


def _tied_factors(held: Sequence[OwnPrices], known: frozenset[str]) -> Iterator[_Tie]:
    by_rank: dict[object, list[tuple[OwnPrices, OwnEntry, Factor]]] = defaultdict(list)
    for own in held:
        for entry in own.factors:
            factor = own.factor_of(entry)
            if factor is not None:
                by_rank[entry.provider, factor.kind, factor.rank].append((own, entry, factor))
    for entries in by_rank.values():
        for (_, entry, one), (own, other_entry, other) in combinations(entries, 2):
            shares = one.components is None or other.components is None or bool(one.components & other.components)
            if entry.match is not None and other_entry.match is not None:
                shares = shares and may_share_a_name(entry.match, other_entry.match, known)
            if shares and may_meet(one, other):
                yield _tied(f"{one.kind} factors", one, own, other)


def _tied_aliases(held: Sequence[OwnPrices]) -> Iterator[_Tie]:
    for name in dict.fromkeys(name for own in held for name in own.aliases):
        found = [(own, alias) for own in held for alias in own.aliases.get(name, ())]
        for (one_own, one), (own, other) in combinations(found, 2):
            is_meeting = (one.until is None or other.start < one.until) and (other.until is None or one.start < other.until)
            if is_meeting and (one.provider == other.provider or None in {one.provider, other.provider}):
                where = f"{one_own.path}: {text_of_place(one.place)} and {own.path}: {text_of_place(other.place)}"
                yield own, other.place, f"alias {other.name!r} means two models at once: {one.of} and {other.of} of {where}"


def _tied(what: str, one: Term, own: OwnPrices, other: Term) -> _Tie:
    return own, other.place, f"two {what} would win equally: {one.name} of {one.where} and {other.name} of {other.where}"


def _exact(entry: OwnEntry) -> set[str]:
    own = {entry.match.text} if entry.match is not None and not entry.match.length else set[str]()
    return own | set(entry.names)
