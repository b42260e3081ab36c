"""Two bundles to one, row by row: of two rows for the same, the one that was checked later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from otel_llm_cost.prices.bundle import Bundle
from otel_llm_cost.prices.checks.check import all_rows
from otel_llm_cost.prices.checks.ties import may_meet
from otel_llm_cost.prices.files.file import PriceFile
from otel_llm_cost.prices.provider import Provider
from otel_llm_cost.prices.row import Factor, Row, Source, Term

_LISTS: Final = ("prices", "factors", "aliases")


class Change(NamedTuple):
    """What became of one row, factor or alias."""

    how: str
    """`added`, `replaced`, or `kept`: it differs from the incoming one, and was checked later."""
    provider: str
    old: Row | Factor | str | None
    """An alias by its name."""
    new: Row | Factor | str | None


@dataclass
class Merged:
    """The result, and how it came about."""

    bundle: Bundle
    changes: list[Change] = field(default_factory=list)
    same: int = 0
    """Rates, factors and aliases that are the same in both."""
    only_here: int = 0
    """Those that only the base has."""


class _Held(NamedTuple):
    """One row, factor or alias, where it stands, and when it was checked."""

    term: Row | Factor | None
    content: object
    day: tuple[str, str]
    file: int
    part: str
    place: int
    name: str
    """The component of a row, the name of an alias."""


_Key = tuple[object, ...]
_Kept = dict[tuple[int, str, int], set[str]]
"""By file, part and place, the components or names that stay."""


def merge(base: Bundle, incoming: Bundle) -> Merged:
    """Rows that one of them has; of rows that both have, the one checked later, else the incoming one. Raises PriceFileError."""
    is_newer = incoming.checked >= base.checked
    names = {**base.names, **incoming.names} if is_newer else {**incoming.names, **base.names}
    merged = Merged(base)
    documents: dict[str, list[dict[str, Any]]] = {}
    for key in sorted({*base.keys, *incoming.keys}):
        held = {name for name, meant in names.items() if meant == key}
        ours, theirs = base.documents(key), incoming.documents(key)
        newer = theirs if theirs and (is_newer or not ours) else ours
        falls_back = [other for document in newer for other in document.get("falls_back", [])]
        if ours and theirs:
            left = _merged_files(merged, base.provider(key), incoming.provider(key), ours, theirs)
            # Files may have names alone.
            theirs, ours = left if any(left) else (theirs, [])
        elif theirs:
            merged.changes += [Change("added", key, None, each.term or each.name) for each in _all(incoming.provider(key), theirs)]
        else:
            merged.only_here += len(_all(base.provider(key), ours))
        documents[key] = _headed([*theirs, *ours], held, falls_back)
    merged.bundle = Bundle(f"{base.path} with {incoming.path}", names, documents)
    merged.bundle.check()
    return merged


def _merged_files(
    merged: Merged, base: Provider, incoming: Provider, ours: list[dict[str, Any]], theirs: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    held: dict[_Key, list[_Held]] = defaultdict(list)
    for each in _all(base, ours):
        held[_key(each, ours)].append(each)
    dropped, met = set[int](), set[int]()
    stays: list[_Held] = []
    for each in _all(incoming, theirs):
        rivals = [other for other in held[_key(each, theirs)] if _are_rivals(other, each)]
        is_later = all(each.day >= other.day for other in rivals)
        if is_later:
            stays.append(each)
            dropped.update(id(other) for other in rivals)
        if not rivals:
            merged.changes.append(Change("added", base.key, None, each.term or each.name))
        elif all(other.content == each.content for other in rivals):
            merged.same += 1
        else:
            how = "replaced" if is_later else "kept"
            merged.changes += [Change(how, base.key, other.term or other.name, each.term or each.name) for other in rivals]
        met.update(id(other) for other in rivals)
    kept = [other for others in held.values() for other in others if id(other) not in dropped]
    merged.only_here += sum(1 for other in kept if id(other) not in met)
    return _left(theirs, stays), _left(ours, kept)


def _all(provider: Provider, documents: Sequence[Mapping[str, Any]]) -> list[_Held]:
    """Every row, factor and alias of a provider's files."""
    found, aliases = list[_Held](), list[_Held]()
    for number, (file, document) in enumerate(zip(provider.files, documents, strict=True)):
        for row in all_rows(file):
            said: object = (row.units, row.currency, row.until, sorted(row.covers), row.at_least, row.by_end, row.is_contested)
            found.append(_Held(row, said, _day(file, row.source), number, "prices", _place(row), row.component))
        for factor in file.all_factors():
            said = (factor.factor, factor.until, factor.by_end)
            found.append(_Held(factor, said, _day(file, factor.source), number, "factors", _place(factor), ""))
        aliases += _aliases(file, number, document.get("aliases", []))
    # All that a name means, and when, is one thing.
    means: dict[str, list[object]] = defaultdict(list)
    day: dict[str, tuple[str, str]] = {}
    for each in aliases:
        means[each.name].append(each.content)
        day[each.name] = max(each.day, day.get(each.name, each.day))
    return found + [each._replace(content=sorted(means[each.name], key=repr), day=day[each.name]) for each in aliases]


def _aliases(file: PriceFile, number: int, aliases: Sequence[Mapping[str, Any]]) -> Iterator[_Held]:
    sources = file.sources()
    latest = max([file.checked] if file.checked else [source.read for source in sources.values()], default="")
    for place, alias in enumerate(aliases):
        source = sources.get(alias.get("source", ""))
        day = _day(file, source) if source is not None else (latest, "")
        for name in _names(alias):
            window = next(window for window in file.windows(name) if window.place == ("aliases", place))
            yield _Held(None, (window.of, window.start, window.until), day, number, "aliases", place, name)


def _key(held: _Held, documents: Sequence[Mapping[str, Any]]) -> _Key:
    """What rows must share to be about the same, but for conditions that say the same in other words."""
    term = held.term
    if term is None:
        return "alias", held.name
    entry = documents[held.file][held.part][held.place]
    kind = next((kind for kind in ("model", "prefix", "glob", "regex") if kind in entry), None)
    own = (term.kind,) if isinstance(term, Factor) else (term.component,)
    return type(term), own, kind, term.model, term.start, term.rank


def _are_rivals(one: _Held, other: _Held) -> bool:
    """Whether only one of them can stay: both would win equally."""
    if one.term is None or other.term is None:
        return True
    if isinstance(one.term, Factor) and isinstance(other.term, Factor):
        components, others = one.term.components, other.term.components
        if components is not None and others is not None and not components & others:
            return False
    return may_meet(one.term, other.term)


def _day(file: PriceFile, source: Source | None) -> tuple[str, str]:
    """When a row was last seen at its source, then when the source was first read."""
    read = source.read if source is not None else ""
    return max(file.checked or "", read), read


def _left(documents: Sequence[Mapping[str, Any]], stays: Iterable[_Held]) -> list[dict[str, Any]]:
    """What stays of files; those of which nothing does are left out."""
    kept: _Kept = defaultdict(set)
    for each in stays:
        kept[each.file, each.part, each.place].add(each.name)
    left = []
    for number, document in enumerate(documents):
        made = dict(document)
        for part in _LISTS:
            if part in document:
                held = enumerate(document[part])
                made[part] = [_narrowed(part, entry, kept[number, part, at]) for at, entry in held if kept.get((number, part, at))]
        if any(made.get(part) for part in _LISTS):
            cited = {entry.get("source") for part in _LISTS for entry in made.get(part, [])}
            if made != document:
                made["sources"] = {name: source for name, source in document["sources"].items() if name in cited}
            left.append({key: value for key, value in made.items() if value or key not in {"factors", "aliases"}})
    return left


def _narrowed(part: str, entry: Mapping[str, Any], names: set[str]) -> Mapping[str, Any]:
    """An entry with only some of its components, an alias with some of its names."""
    if part == "aliases":
        given = _given(entry)
        stay = [name for name in given if name.lower() in names]
        return entry if len(stay) == len(given) else {**entry, "alias": stay}
    if part == "factors" or "rates" not in entry or names >= set(entry["rates"]):
        return entry
    made = {**entry, "rates": {component: rate for component, rate in entry["rates"].items() if component in names}}
    keeps: dict[str, Callable[[str, str], bool]] = {
        "figures": lambda component, _: component in names,
        "at_least": lambda component, _: component in names,
        "covers": lambda _, wider: wider in names,
    }
    for key, keep in keeps.items():
        if key in entry:
            made[key] = {one: other for one, other in entry[key].items() if keep(one, other)}
    if "contested" in entry:
        made["contested"] = [component for component in entry["contested"] if component in names]
    return {key: value for key, value in made.items() if value or key not in {*keeps, "contested"}}


def _headed(documents: Sequence[Mapping[str, Any]], names: set[str], falls_back: list[str]) -> list[dict[str, Any]]:
    """A provider's files with these names and stand-ins, each said once."""
    made: list[dict[str, Any]] = []
    left, others = set(names), dict.fromkeys(falls_back)
    for document in documents:
        said = [name for name in document["names"] if name in left]
        left -= set(said)
        behind = [key for key in document.get("falls_back", []) if key in others]
        others = {key: None for key in others if key not in behind}
        made.append({**document, "names": said} | ({"falls_back": behind} if "falls_back" in document else {}))
    made[0]["names"] += sorted(left)
    if others:
        made[0]["falls_back"] = [*made[0].get("falls_back", []), *others]
    return made


def _names(alias: Mapping[str, Any]) -> list[str]:
    return [name.lower() for name in _given(alias)]


def _given(alias: Mapping[str, Any]) -> list[str]:
    given = alias["alias"]
    return given if isinstance(given, list) else [given]


def _place(term: Term) -> int:
    return int(term.place[1])
