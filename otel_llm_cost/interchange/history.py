"""Entries as the list prices that follow each other, for formats that state one price list a date, or one at all."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from otel_llm_cost.call import instant_of, instant_text
from otel_llm_cost.interchange.entries import MATCHES, Entry, Notes, cost_units
from otel_llm_cost.money import text_of

_ALWAYS: Final = -(2**63)
_MARK: Final = "\ue000"
_MARKED: Final = re.compile(r'"\\ue000([0-9.]+)"')
_PARTS: Final = re.compile(r"(\*+|\?|\[[^\]]+\])")
_WILD: Final = {"*": ".*", "?": "."}
_UNSAID: Final = {
    "at_least": "A call is billed for at least so much: not written",
    "covers": "Components that are billed at another's rate: not written",
    "instant": "The call's end chooses the price: not written",
}


@dataclass(frozen=True)
class Span:
    """What holds for one match under one set of conditions, from one change to the next."""

    provider: str | None
    kind: str
    text: str
    names: tuple[str, ...]
    """Further exact names."""
    when: Mapping[str, Any]
    currency: str
    start: int | None
    """Nanoseconds since the epoch; None: always."""
    until: int | None
    rates: Mapping[str, str] = field(default_factory=dict)
    committed: bool = False
    unsaid: tuple[str, ...] = ()
    """What its entries have besides rates."""

    @property
    def label(self) -> str:
        """How notes name it."""
        return f"{self.provider}/{self.text}" if self.provider else self.text

    @property
    def since(self) -> str | None:
        """Its start as ISO 8601."""
        return None if self.start is None else instant_text(self.start)

    @property
    def pattern(self) -> str:
        """A regular expression that means the same names, without regard to case."""
        if self.kind == "regex":
            return self.text
        if self.kind == "glob":
            return (
                f"^{''.join(_WILD.get(part, part) if part[:1] in '*?[' else re.escape(part) for part in _PARTS.split(self.text))}$"
            )
        if self.kind == "prefix":
            return "^" + re.escape(self.text)
        return f"^({'|'.join(re.escape(name) for name in (self.text, *self.names))})$"


def history(entries: Iterable[Entry]) -> list[Span]:
    """The spans of the entries, in the order of the entries, then of time.

    A newer entry with the same conditions supersedes an older one component by component, as in the table.
    """
    groups: defaultdict[tuple[Any, ...], list[tuple[int, int | None, Entry]]] = defaultdict(list)
    for entry in entries:
        kind = next(kind for kind in MATCHES if kind in entry)
        when = json.dumps(entry.get("when", {}), sort_keys=True)
        key = (entry.get("provider"), kind, entry[kind], when, entry.get("currency", "USD"))
        start = instant_of(str(entry["from"])) if "from" in entry else _ALWAYS
        groups[key].append((start, instant_of(str(entry["until"])) if "until" in entry else None, entry))
    return [span for key, held in groups.items() for span in _spans(key, sorted(held, key=lambda item: item[0]))]


def _spans(key: tuple[Any, ...], held: list[tuple[int, int | None, Entry]]) -> list[Span]:
    provider, kind, text, when, currency = key
    changes = sorted({start for start, _, _ in held} | {until for _, until, _ in held if until is not None})
    spans: list[Span] = []
    for change, until in zip(changes, [*changes[1:], None], strict=True):
        rates: dict[str, str] = {}
        committed, names, unsaid = False, dict[str, None](), set[str]()
        for start, end, entry in held:
            if start <= change and (end is None or change < end):
                rates |= entry.get("rates", {})
                committed = committed or bool(entry.get("committed"))
                names |= dict.fromkeys(entry.get("aliases", ()))
                unsaid |= set(_UNSAID) & set(entry)
        if not rates and not committed:
            continue
        begin = None if change == _ALWAYS else change
        said = json.loads(when)
        span = Span(provider, kind, text, tuple(names), said, currency, begin, until, rates, committed, tuple(sorted(unsaid)))
        last = spans[-1] if spans else None
        if last is not None and last == replace(span, start=last.start, until=last.until) and last.until == change:
            spans[-1] = replace(last, until=until)
        else:
            spans.append(span)
    return spans


def in_force(spans: Iterable[Span], at_unix_nano: int) -> list[Span]:
    """Those that hold at an instant."""
    return [
        span
        for span in spans
        if (span.start is None or span.start <= at_unix_nano) and (span.until is None or at_unix_nano < span.until)
    ]


def gaps(spans: Iterable[Span]) -> list[Span]:
    """Those that end without another following at once: what a format without ends cannot say."""
    held = list(spans)
    begins = {(span.provider, span.kind, span.text, json.dumps(span.when), span.start) for span in held}
    return [
        span
        for span in held
        if span.until is not None and (span.provider, span.kind, span.text, json.dumps(span.when), span.until) not in begins
    ]


def note_unsaid(span: Span, notes: Notes, *, covers_all: bool = False) -> None:
    """Note what a foreign format has no place for. `covers_all`: it bills every token of a side at one price by itself."""
    for key in span.unsaid:
        if key != "covers" or not covers_all:
            notes.add(_UNSAID[key], span.label)


def exact_cost(rate: str, component: str, *, times: int = 1) -> str | None:
    """What so many of a component cost, as a number for `number_text`; None where it is no finite decimal."""
    units = cost_units(rate, component)
    return None if units is None else f"{_MARK}{text_of(units * times)}"


def number_text(text: str) -> str:
    """JSON text with the numbers of `exact_cost` as numbers, in all their digits."""
    return _MARKED.sub(r"\1", text)


@dataclass(frozen=True)
class PriceList:
    """All that one match costs, under whatever conditions, from one change to the next."""

    start: int | None
    until: int | None
    spans: tuple[Span, ...]

    @property
    def standard(self) -> Span | None:
        """What holds under no condition."""
        return next((span for span in self.spans if not span.when), None)

    @property
    def first(self) -> Span:
        """Any of them, for what they have in common."""
        return self.standard or self.spans[0]

    def same(self, other: PriceList) -> bool:
        """Whether the same rates hold."""
        return {(json.dumps(span.when), json.dumps(span.rates), span.committed) for span in self.spans} == {
            (json.dumps(span.when), json.dumps(span.rates), span.committed) for span in other.spans
        }


def lists(spans: Iterable[Span]) -> list[list[PriceList]]:
    """For each match, its price lists in the order of time."""
    groups: defaultdict[tuple[object, ...], list[Span]] = defaultdict(list)
    for span in spans:
        groups[span.provider, span.kind, span.text, span.currency].append(span)
    made = []
    for held in groups.values():
        starts = [_ALWAYS if span.start is None else span.start for span in held]
        changes = sorted({*starts, *(span.until for span in held if span.until is not None)})
        follow: list[PriceList] = []
        for change, until in zip(changes, [*changes[1:], None], strict=True):
            now = PriceList(None if change == _ALWAYS else change, until, tuple(in_force(held, change)))
            if follow and follow[-1].same(now) and follow[-1].until == change:
                follow[-1] = replace(follow[-1], until=until)
            elif now.spans:
                follow.append(now)
        made.append(follow)
    return made
