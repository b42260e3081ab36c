"""Reading and checking a price file: one provider's rows and aliases, as JSON. docs/prices.md shows the format."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

from otel_llm_cost.call import STANDARD, instant_of
from otel_llm_cost.money import units_of
from otel_llm_cost.prices.model import ModelPrices
from otel_llm_cost.prices.row import Conditions, Row, Source
from otel_llm_cost.usage import COMPONENTS

_PARTS: Final = frozenset({"provider", "names", "currency", "sources", "prices", "aliases"})
_ENTRY: Final = frozenset({"model", "from", "until", "when", "rates", "covers", "source"})
_ALIAS: Final = frozenset({"alias", "of", "from", "until", "source"})


class PriceFileError(ValueError):
    """A price file that cannot be used. `path` and `place` say where: a line and column, or the entry."""

    def __init__(self, path: str, place: str, problem: str) -> None:
        super().__init__(f"{path}: {place}: {problem}")
        self.path = path
        self.place = place
        self.problem = problem


class PriceFile:
    """One provider's prices. Rows are made for a model when it is first asked for; `check` makes them all."""

    def __init__(self, text: str | bytes, path: str) -> None:
        """Raises PriceFileError where the text is no JSON or lacks its main parts."""
        self.path = path
        self._text = text
        document = self._parsed(None)
        self.provider: str = self._need(document, "provider", str)
        self._only(document, "top level", _PARTS)
        self.names: list[str] = self._need(document, "names", list)
        if not all(isinstance(name, str) for name in self.names):
            raise PriceFileError(path, "names", "a name is text")
        self.currency: str = self._need(document, "currency", str)
        self._sources: dict[str, object] = self._need(document, "sources", dict)
        self._entries = self._by_name(self._need(document, "prices", list), "prices", "model")
        self._aliases = self._by_name(self._need({"aliases": [], **document}, "aliases", list), "aliases", "alias")

    @property
    def models(self) -> list[str]:
        """Every name with rates of its own, aliases apart."""
        return list(self._entries)

    @property
    def aliases(self) -> list[str]:
        return list(self._aliases)

    def model(self, name: str) -> ModelPrices | None:
        """The rows that a name reaches: its own, and those of its aliases within their dates."""
        rows = list(self._rows(name))
        return ModelPrices(self.currency, rows) if rows else None

    def check(self) -> int:
        """Makes every row; the number of rows. Raises PriceFileError at the first that is wrong, or where two would win equally."""
        self._parsed(self._distinct)
        total = 0
        for name in {**self._entries, **self._aliases}:
            seen: dict[tuple[object, ...], list[Row]] = defaultdict(list)
            for row in self._rows(name):
                total += name in self._entries
                for priced in (row.component, *row.covers):
                    is_own = priced == row.component
                    twins = seen[priced, is_own, row.is_alias, row.when, row.since]
                    twins.append(row)
                    if any(twin is not row and _overlap(twin, row) for twin in twins):
                        raise PriceFileError(self.path, row.name, f"two rows for {priced} would win equally")
            self._check_aliases(name)
        return total

    def _check_aliases(self, name: str) -> None:
        windows = sorted(
            (self._window(alias, f"aliases[{place}]") for place, alias in self._aliases.get(name, ())), key=lambda window: window[0]
        )
        for (_, until), (start, _) in pairwise(windows):
            if until is None or until > start:
                raise PriceFileError(self.path, f"alias {name!r}", "it means two models at once")

    def sources(self) -> dict[str, Source]:
        return {key: self._source("sources", key) for key in self._sources}

    def _rows(self, name: str) -> Iterator[Row]:
        yield from self._own_rows(name, name)
        for place, alias in self._aliases.get(name, ()):
            where = f"aliases[{place}]"
            self._only(alias, where, _ALIAS)
            start, until = self._window(alias, where)
            target = alias.get("of")
            if not isinstance(target, str) or target not in self._entries:
                raise PriceFileError(self.path, where, f"an alias of a model without rates: {target!r}")
            for row in self._own_rows(target, name):
                clipped = _clip(row, start, until)
                if clipped is not None:
                    yield clipped

    def _own_rows(self, name: str, shown: str) -> Iterator[Row]:
        for place, entry in self._entries.get(name, ()):
            where = f"prices[{place}]"
            self._only(entry, where, _ENTRY)
            start, until = self._window(entry, where)
            source, when = self._source(where, entry.get("source")), self._conditions(entry, where)
            rates = self._need(entry, "rates", dict, where)
            covered: dict[str, list[str]] = defaultdict(list)
            for narrower, wider in self._need({"covers": {}, **entry}, "covers", dict, where).items():
                if narrower not in COMPONENTS or not isinstance(wider, str) or wider not in rates:
                    raise PriceFileError(
                        self.path, where, f"covers: {narrower!r} by {wider!r} is not a component by one of this entry"
                    )
                covered[wider].append(narrower)
            for component, rate in rates.items():
                yield Row(
                    provider=self.provider,
                    model=shown,
                    component=component,
                    rate=rate,
                    units=self._units(component, rate, where),
                    start=start,
                    since=start,
                    until=until,
                    when=when,
                    source=source,
                    covers=tuple(covered.get(component, ())),
                )

    def _units(self, component: str, rate: object, where: str) -> int:
        known = COMPONENTS.get(component)
        if known is None:
            raise PriceFileError(self.path, f"{where}.rates", f"no such component: {component!r}")
        if not isinstance(rate, str):
            raise PriceFileError(self.path, f"{where}.rates.{component}", f"a rate is a decimal in quotes, not {rate!r}")
        try:
            return units_of(rate, per=known.priced_per * known.scale)
        except ValueError as error:
            raise PriceFileError(self.path, f"{where}.rates.{component}", str(error)) from None

    def _window(self, entry: Mapping[str, Any], where: str) -> tuple[int, int | None]:
        start = self._instant(entry.get("from"), f"{where}.from")
        until = self._instant(entry["until"], f"{where}.until") if "until" in entry else None
        if until is not None and until <= start:
            raise PriceFileError(self.path, where, "ends before it begins")
        return start, until

    def _instant(self, given: object, where: str) -> int:
        try:
            if not isinstance(given, str):
                raise ValueError  # noqa: TRY301, TRY004 - one message for all that is no instant
            return instant_of(given)
        except ValueError:
            raise PriceFileError(self.path, where, f"neither a day nor an instant with a zone: {given!r}") from None

    def _conditions(self, entry: Mapping[str, Any], where: str) -> Conditions:
        when = entry.get("when", {})
        self._only(when, f"{where}.when", frozenset({"tier", "prompt_above"}))
        tier, above = when.get("tier", STANDARD), when.get("prompt_above", -1)
        if not isinstance(tier, str) or type(above) is not int or (above < 0 and "prompt_above" in when):
            raise PriceFileError(self.path, f"{where}.when", "tier is a name, prompt_above a number of tokens")
        return Conditions(tier, above)

    def _source(self, where: str, key: object) -> Source:
        given = self._sources.get(key) if isinstance(key, str) else None
        if given is None:
            raise PriceFileError(self.path, where, f"no such source: {key!r}")
        place = f"sources.{key}"
        self._only(given, place, frozenset({"url", "read", "package", "page"}))
        url, read = self._need(given, "url", str, place), self._need(given, "read", str, place)
        optional = {key: self._need(given, key, str, place) for key in ("package", "page") if key in given}  # type: ignore[operator]
        return Source(url, read, **optional)

    def _parsed(self, hook: Callable[[list[tuple[str, Any]]], dict[str, Any]] | None) -> dict[str, Any]:
        try:
            return json.loads(self._text, object_pairs_hook=hook)  # type: ignore[no-any-return] # `_only` and `_need` see to it
        except json.JSONDecodeError as error:
            raise PriceFileError(self.path, f"line {error.lineno}, column {error.colno}", error.msg) from None
        except UnicodeDecodeError as error:
            raise PriceFileError(self.path, f"byte {error.start}", "not UTF-8") from None

    def _distinct(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        held = dict(pairs)
        if len(held) < len(pairs):
            twice = next(key for place, (key, _) in enumerate(pairs) if key in dict(pairs[:place]))
            raise PriceFileError(self.path, f"an object with {', '.join(held)}", f"{twice!r} stands in it twice")
        return held

    def _by_name(self, entries: list[Any], part: str, key: str) -> dict[str, list[tuple[int, Mapping[str, Any]]]]:
        named: dict[str, list[tuple[int, Mapping[str, Any]]]] = defaultdict(list)
        for place, entry in enumerate(entries):
            named[self._need(entry, key, str, f"{part}[{place}]")].append((place, entry))
        return dict(named)

    def _need(self, held: object, key: str, kind: type, where: str = "top level") -> Any:  # noqa: ANN401 - JSON
        if not isinstance(held, dict) or not isinstance(held.get(key), kind):
            raise PriceFileError(self.path, where, f"{key!r} is missing or not a {kind.__name__}")
        return held[key]

    def _only(self, held: object, where: str, keys: frozenset[str]) -> None:
        unknown = sorted(set(held) - keys) if isinstance(held, dict) else ["not an object"]
        if unknown:
            raise PriceFileError(self.path, where, f"unknown: {', '.join(unknown)}")


def _clip(row: Row, start: int, until: int | None) -> Row | None:
    """The row within an alias's dates."""
    begins = max(row.start, start)
    ends = min((end for end in (row.until, until) if end is not None), default=None)
    if ends is not None and ends <= begins:
        return None
    return replace(row, start=begins, until=ends, is_alias=True)


def _overlap(one: Row, other: Row) -> bool:
    return (one.until is None or other.start < one.until) and (other.until is None or one.start < other.until)
