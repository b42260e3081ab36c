"""Reading and checking a price file: one provider's rows and aliases, as JSON. docs/prices.md shows the format."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any, Final

from otel_llm_cost.call import unix_nano
from otel_llm_cost.money import units_of
from otel_llm_cost.prices.model import ModelPrices
from otel_llm_cost.prices.row import STANDARD, Conditions, Row, Source
from otel_llm_cost.usage import COMPONENTS

_ENTRY: Final = frozenset({"model", "from", "until", "when", "rates", "covers", "source"})
_ALIAS: Final = frozenset({"alias", "of", "from", "until", "source"})
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


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
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            raise PriceFileError(path, f"line {error.lineno}, column {error.colno}", error.msg) from None
        except UnicodeDecodeError as error:
            raise PriceFileError(path, f"byte {error.start}", "not UTF-8") from None
        self._need(document, "provider", str), self._need(document, "names", list), self._need(document, "currency", str)
        self._need(document, "sources", dict), self._need(document, "prices", list)
        self.provider: str = document["provider"]
        self.names: list[str] = document["names"]
        self.currency: str = document["currency"]
        self._sources: dict[str, Mapping[str, str]] = document["sources"]
        self._entries: dict[str, list[tuple[int, Mapping[str, Any]]]] = defaultdict(list)
        self._aliases: dict[str, list[tuple[int, Mapping[str, Any]]]] = defaultdict(list)
        for place, entry in enumerate(document["prices"]):
            self._entries[self._name(entry, "prices", place, "model")].append((place, entry))
        for place, entry in enumerate(document.get("aliases", ())):
            self._aliases[self._name(entry, "aliases", place, "alias")].append((place, entry))

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
        total = 0
        for name in {**self._entries, **self._aliases}:
            seen: dict[tuple[object, ...], list[Row]] = defaultdict(list)
            for row in self._rows(name):
                total += name in self._entries
                twins = seen[row.component, row.when, row.since]
                twins.append(row)
                if any(twin is not row and _overlap(twin, row) for twin in twins):
                    raise PriceFileError(self.path, row.name, f"two rows for {row.component} would win equally")
        return total

    def sources(self) -> dict[str, Source]:
        return {key: self._source("sources", key) for key in self._sources}

    def _rows(self, name: str) -> Iterator[Row]:
        yield from self._own_rows(name, name)
        for place, alias in self._aliases.get(name, ()):
            where = f"aliases[{place}]"
            self._only(alias, where, _ALIAS)
            start, until = self._window(alias, where)
            target = alias.get("of")
            if target not in self._entries:
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
            covered: dict[str, list[str]] = defaultdict(list)
            for narrower, wider in entry.get("covers", {}).items():
                if narrower not in COMPONENTS or wider not in entry["rates"]:
                    raise PriceFileError(
                        self.path, where, f"covers: {narrower!r} by {wider!r} is not a component by one of this entry"
                    )
                covered[wider].append(narrower)
            for component, rate in self._need(entry, "rates", dict, where).items():
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
            if _DAY.fullmatch(given):
                return unix_nano(datetime.combine(date.fromisoformat(given), time(), UTC))
            return unix_nano(datetime.fromisoformat(given))
        except ValueError:
            raise PriceFileError(self.path, where, f"neither a day nor an instant with a zone: {given!r}") from None

    def _conditions(self, entry: Mapping[str, Any], where: str) -> Conditions:
        when = entry.get("when", {})
        self._only(when, f"{where}.when", frozenset({"tier", "prompt_above"}))
        tier, above = when.get("tier", STANDARD), when.get("prompt_above", -1)
        if not isinstance(tier, str) or not isinstance(above, int):
            raise PriceFileError(self.path, f"{where}.when", "tier is a name, prompt_above a number of tokens")
        return Conditions(tier, above)

    def _source(self, where: str, key: object) -> Source:
        given = self._sources.get(key) if isinstance(key, str) else None
        if given is None:
            raise PriceFileError(self.path, where, f"no such source: {key!r}")
        self._only(given, f"sources.{key}", frozenset({"url", "read", "package", "page"}))
        return Source(given["url"], given["read"], given.get("package"), given.get("page"))

    def _name(self, entry: object, kind: str, place: int, key: str) -> str:
        return str(self._need(entry, key, str, f"{kind}[{place}]"))

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
    return replace(row, start=begins, until=ends)


def _overlap(one: Row, other: Row) -> bool:
    return (one.until is None or other.start < one.until) and (other.until is None or one.start < other.until)
