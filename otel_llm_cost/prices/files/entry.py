"""One entry of a price file to its rows: the vocabulary that the shipped files and a user's own share (docs/prices.md)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final

from otel_llm_cost.call import instant_of
from otel_llm_cost.prices.files.conditions import conditions_of, has_only
from otel_llm_cost.prices.files.figure import figure_of, rate_units
from otel_llm_cost.prices.match import Match
from otel_llm_cost.prices.place import Place
from otel_llm_cost.prices.report import Report
from otel_llm_cost.prices.row import ALWAYS, COMMITTED, Factor, Reach, Row, Source
from otel_llm_cost.usage import COMPONENTS

_NAMED: Final = frozenset({"model", "prefix", "glob", "regex"})
_COMMON: Final = _NAMED | {"provider", "from", "until", "when", "instant", "source", "note"}
_OWN: Final = frozenset({"currency", "only", "aliases", "hosts", "id"})
ENTRY: Final = _COMMON | _OWN | {"rates", "figures", "committed", "covers", "at_least", "contested"}
FACTOR: Final = _COMMON | {"factor", "components", "name", "figure", "id"}
_CURRENCY: Final = re.compile("[A-Z]{3}")
_MOST_DECIMALS: Final = 6
_DECIMAL: Final = re.compile(rf"[0-9]{{1,6}}(?:\.[0-9]{{1,{_MOST_DECIMALS}}})?|\.[0-9]{{1,{_MOST_DECIMALS}}}")


@dataclass(frozen=True, slots=True)
class Asked:
    """The name under which rows are wanted, and how they were reached."""

    provider: str
    model: str
    reach: Reach = Reach.EXACT
    length: int = 0


class EntryReader:
    """Makes the rows of one file's entries. What is wrong goes to `report`; where that returns, the other rows come still."""

    def __init__(self, *, path: str, currency: str, sources: Mapping[str, Source], is_own: bool, report: Report) -> None:
        self._path = path
        self._currency = currency
        self._sources = sources
        self._is_own = is_own
        self.report = report

    def match(self, entry: Mapping[str, Any], place: Place, *, needed: bool = True) -> Match | None:
        """Which models an entry names; None where it names none."""
        named = [key for key in ("model", "prefix", "glob", "regex") if key in entry]
        if len(named) != 1 or not isinstance(entry[named[0]], str) or not entry[named[0]]:
            if needed or named:
                self.report(place, "names its model by one of model, prefix, glob and regex, as text")
            return None
        try:
            return Match.of(named[0], entry[named[0]])
        except ValueError as error:
            self.report((*place, named[0]), str(error))
            return None

    def rows(self, entry: Mapping[str, Any], place: Place, asked: Asked) -> Iterator[Row]:
        """The rates of an entry, for the name that was asked for."""
        if not self._has_only(entry, place, ENTRY):
            return
        common = self._common(entry, place, asked)
        currency = self._currency_of(entry, place)
        if common is None or currency is None:
            return
        committed = entry.get("committed", False)
        if not isinstance(committed, bool) or (committed and "rates" in entry):
            self.report((*place, "committed"), "is true, and then there are no rates")
            return
        if committed:
            yield Row(component=COMMITTED, rate="", units=0, currency=currency, **common)
            return
        rates = entry.get("rates")
        if not isinstance(rates, Mapping) or not rates:
            self.report(place, "'rates' is missing or empty")
            return
        figures = self._figures(entry, rates, place)
        covered, least = self._covers(entry, rates, place), self._least(entry, place)
        contested = self._components(entry, "contested", place)
        for component, rate in rates.items():
            units = self._units(component, rate, (*place, "rates", component))
            if units is None:
                continue
            if component in figures:
                self._check_figure(component, rate, figures[component], (*place, "figures", component))
            yield Row(
                component=component,
                rate=rate,
                figure=figures.get(component),
                units=units,
                currency=currency,
                covers=tuple(covered.get(component, ())),
                at_least=least.get(component, 0),
                is_contested=component in contested,
                **common,
            )

    def factor(self, entry: Mapping[str, Any], place: Place, asked: Asked) -> Factor | None:
        """A factor, for the name that was asked for."""
        common = self._common(entry, place, asked) if self._has_only(entry, place, FACTOR) else None
        if common is None:
            return None
        text = entry.get("factor")
        factor = Fraction(text) if isinstance(text, str) and _DECIMAL.fullmatch(text) else None
        if factor is None:
            self.report((*place, "factor"), f"is a decimal in quotes of at most {_MOST_DECIMALS} places, such as '0.85': {text!r}")
            return None
        named = self._components(entry, "components", place)
        name = entry.get("name")
        if name is not None and (not isinstance(name, str) or not name):
            self.report((*place, "name"), f"is text: {name!r}")
            return None
        kind = name or "+".join(common["when"].stated) or "discount"
        return Factor(kind=kind, factor=factor, text=str(text), components=named or None, **common)

    def window(self, entry: Mapping[str, Any], place: Place, *, needed: bool) -> tuple[int, int | None] | None:
        """`from` and `until`."""
        start: int | None = ALWAYS
        if needed or "from" in entry:
            start = self._instant(entry.get("from"), (*place, "from"))
        until = self._instant(entry["until"], (*place, "until")) if "until" in entry else None
        if start is None or (until is None and "until" in entry):
            return None
        if until is not None and until <= start:
            self.report(place, "ends before it begins")
            return None
        return start, until

    def _common(self, entry: Mapping[str, Any], place: Place, asked: Asked) -> dict[str, Any] | None:
        window = self.window(entry, place, needed=not self._is_own)
        when = conditions_of(entry.get("when", {}), (*place, "when"), self.report, is_own=self._is_own)
        source, by = self._source(entry, place), entry.get("instant", "start")
        if by not in ("start", "end"):
            self.report((*place, "instant"), f"is start or end: {by!r}")
        note = entry.get("note", "")
        if not isinstance(note, str):
            self.report((*place, "note"), f"is text: {note!r}")
        if window is None or when is None or source is False:
            return None
        return {
            "provider": asked.provider,
            "model": asked.model,
            "start": window[0],
            "since": window[0],
            "until": window[1],
            "when": when,
            "source": source,
            "by_end": by == "end",
            "reach": asked.reach,
            "length": asked.length,
            "names_provider": not self._is_own or "provider" in entry,
            "is_own": self._is_own,
            "path": self._path,
            "place": place,
            "note": note if isinstance(note, str) else "",
        }

    def _units(self, component: object, rate: object, place: Place) -> int | None:
        if component not in COMPONENTS:
            self.report(place[:-1], f"no such component: {component!r}")
        elif not isinstance(rate, str):
            self.report(place, f"a rate is a decimal in quotes, not {rate!r}")
        else:
            try:
                return rate_units(rate, str(component))
            except ValueError as error:
                self.report(place, str(error))
        return None

    def _check_figure(self, component: str, rate: str, figure: object, place: Place) -> None:
        try:
            is_the_rate = isinstance(figure, str) and figure_of(figure, component) == figure_of(rate, component)
            problem = f"the figure {figure!r} is not the rate {rate!r}" if isinstance(figure, str) else f"not a figure: {figure!r}"
        except ValueError as error:
            is_the_rate, problem = False, str(error)
        if not is_the_rate:
            self.report(place, problem)

    def _currency_of(self, entry: Mapping[str, Any], place: Place) -> str | None:
        currency = entry.get("currency", self._currency)
        if isinstance(currency, str) and _CURRENCY.fullmatch(currency):
            return currency
        self.report((*place, "currency"), f"no currency code such as USD: {currency!r}")
        return None

    def _figures(self, entry: Mapping[str, Any], rates: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
        figures = entry.get("figures", {})
        if not isinstance(figures, Mapping):
            self.report((*place, "figures"), "is no table of figures by component")
            return {}
        for component in figures:
            if component not in rates:
                self.report((*place, "figures", component), "is a figure of no rate of this entry")
        return figures

    def _covers(self, entry: Mapping[str, Any], rates: Mapping[str, Any], place: Place) -> dict[str, list[str]]:
        covered: dict[str, list[str]] = defaultdict(list)
        given = entry.get("covers", {})
        if not isinstance(given, Mapping):
            self.report((*place, "covers"), "is no table of components")
            return covered
        for narrower, wider in given.items():
            if narrower not in COMPONENTS or not isinstance(wider, str) or wider not in rates:
                self.report(place, f"covers: {narrower!r} by {wider!r} is not a component by one of this entry")
            else:
                covered[wider].append(narrower)
        return covered

    def _least(self, entry: Mapping[str, Any], place: Place) -> dict[str, int]:
        given, least = entry.get("at_least", {}), {}
        for component, count in given.items() if isinstance(given, Mapping) else [("", given)]:
            known = COMPONENTS.get(component)
            exact = Fraction(count) * known.scale if known is not None and isinstance(count, str) and count.isdecimal() else None
            if exact is None:
                self.report((*place, "at_least"), f"is a number in quotes by component: {given!r}")
            else:
                least[component] = int(exact)
        return least

    def _components(self, entry: Mapping[str, Any], key: str, place: Place) -> frozenset[str]:
        given = entry.get(key, [])
        if not isinstance(given, list) or not all(isinstance(component, str) and component in COMPONENTS for component in given):
            self.report((*place, key), f"is a list of components: {given!r}")
            return frozenset()
        return frozenset(given)

    def _source(self, entry: Mapping[str, Any], place: Place) -> Source | bool | None:
        """The source, None where a user names none, False where it is wrong."""
        given = entry.get("source")
        if isinstance(given, str) and given in self._sources:
            return self._sources[given]
        if self._is_own and (given is None or isinstance(given, str)):
            return Source(given, "") if given else None
        if self._is_own and isinstance(given, Mapping):
            return source_of(given, (*place, "source"), self.report) or False
        self.report(place, f"no such source: {given!r}")
        return False

    def _instant(self, given: object, place: Place) -> int | None:
        try:
            if isinstance(given, str):
                return instant_of(given)
        except ValueError:
            pass
        self.report(place, f"neither a day nor an instant with a zone: {given!r}")
        return None

    def _has_only(self, held: object, place: Place, keys: frozenset[str]) -> bool:
        return has_only(held, place, keys, self.report)


def source_of(given: object, place: Place, report: Report) -> Source | None:
    """A source that is written out. None where it is wrong."""
    if not isinstance(given, Mapping) or set(given) - {"url", "read", "package", "page"}:
        report(place, "a source has url, read, package and page")
        return None
    if wrong := [key for key in ("url", "read") if not isinstance(given.get(key), str)]:
        report(place, f"{wrong[0]!r} is missing or not a str")
        return None
    if wrong := [key for key in ("package", "page") if not isinstance(given.get(key, ""), str)]:
        report(place, f"{wrong[0]!r} is not a str")
        return None
    if not is_day(given["read"]):
        report(place, f"no day on which it was read: {given['read']!r}")
        return None
    return Source(**given)


def is_day(text: str) -> bool:
    """Whether it is a day as `2026-11-22`."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
