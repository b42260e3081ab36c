"""A rate of another price list beside ours: whether they agree, and what excuses it where they do not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

from otel_llm_cost.call import instant_of, instant_text
from otel_llm_cost.money import UNITS
from otel_llm_cost.prices.files.figure import figure_of
from otel_llm_cost.prices.quote import Quote
from otel_llm_cost.prices.row import Row
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.usage import COMPONENTS, Usage

REVIEWED: Final = Path(__file__).with_name("reviewed.json")
_SMALL: Final = 1009
"""Tokens of a prompt that no rate by size looks at."""


class Case(NamedTuple):
    """One rate that another price list states."""

    provider: str
    """As the other list spells it, or as one of our names does."""
    model: str
    component: str
    at_unix_nano: int
    rate: Fraction
    """What one of our counts costs there."""
    tier: str | None = None
    above: int = -1
    region: str | None = None

    def __str__(self) -> str:
        conditions = [self.tier, f"above {self.above}" if self.above >= 0 else None, self.region]
        where = ", ".join(held for held in conditions if held)
        shown = count_text(self.rate, self.component)
        return f"{self.provider}/{self.model} {self.component}{f' ({where})' if where else ''} at {self.day}: theirs {shown}"

    @property
    def day(self) -> str:
        return instant_text(self.at_unix_nano).removesuffix("T00:00:00Z")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the reviewed file."""

    given: Mapping[str, Any]
    start: int
    until: int
    ours: Fraction | None
    """None where we have no rate, and rightly."""
    theirs: Fraction

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Entry:
        component = given["component"]
        ours = None if given["ours"] is None else to_digits(figure_of(given["ours"], component))
        start, until = instant_of(given.get("from", "1970-01-01")), instant_of(given.get("until", "2200-01-01"))
        return cls(given, start, until, ours, to_digits(figure_of(given["theirs"], component)))

    def fits(self, case: Case, ours: Fraction | None) -> bool:
        return self.start <= case.at_unix_nano < self.until and (self.ours, self.theirs) == (ours, case.rate)


class Reviewed:
    """The reviewed disagreements with one price list, and which of them were met."""

    def __init__(self, entries: Iterable[Mapping[str, Any]], against: str) -> None:
        self._entries: dict[tuple[object, ...], list[Entry]] = {}
        self.met: set[int] = set()
        for given in entries:
            if given["against"] == against:
                self._entries.setdefault(_place(given), []).append(Entry.of(given))

    @classmethod
    def read(cls, against: str) -> Reviewed:
        return cls(json.loads(REVIEWED.read_text(encoding="utf-8")), against)

    def holds(self, key: str, case: Case, ours: Fraction | None) -> bool:
        """Whether an entry has this disagreement: of this provider's key, at these figures."""
        place = (key, case.model.lower(), case.component, case.tier, case.above, case.region)
        found = [entry for entry in self._entries.get(place, ()) if entry.fits(case, ours)]
        self.met.update(id(entry) for entry in found)
        return bool(found)

    @property
    def stale(self) -> list[Mapping[str, Any]]:
        """Entries that no disagreement has met."""
        return [entry.given for entries in self._entries.values() for entry in entries if id(entry) not in self.met]


@dataclass
class Compared:
    """What came of all comparisons with one price list."""

    table: PriceTable
    reviewed: Reviewed
    rounded: bool = False
    """Whether they print rates that are rounded."""
    all_known: bool = True
    """Whether a model that we do not have is a gap of ours."""
    counts: Counter[str] = field(default_factory=Counter)
    models: set[tuple[str, str]] = field(default_factory=set)
    differing: list[tuple[Case, Fraction]] = field(default_factory=list)
    """Rates that are not ours, with ours."""
    unpriced: dict[str, list[Case]] = field(default_factory=dict)
    """Rates that only they have, by our reason."""
    contested: set[tuple[str, str | int, str]] = field(default_factory=set)
    """The contested rates that are, as file, place and component."""
    wrong_totals: list[str] = field(default_factory=list)

    def add(self, case: Case) -> bool:
        """Compares one rate. Whether both have it, and it is the same."""
        key = self.table.key_of(case.provider)
        ours, row = our_rate(self.table, case)
        if ours in {"unknown_model", "unknown_provider"} and not self.all_known:
            self.counts["of models that we do not have"] += 1
            return False
        self.counts["comparisons"] += 1
        self.models.add((key, case.model.lower()))
        if ours == case.rate:
            self.counts["agree"] += 1
            return True
        if self.rounded and isinstance(ours, Fraction) and is_rounded(ours, case.rate, case.component):
            self.counts["agree but for rounding"] += 1
            return True
        if self.reviewed.holds(key, case, ours if isinstance(ours, Fraction) else None):
            self.counts["reviewed"] += 1
        elif isinstance(ours, str):
            self.unpriced.setdefault(ours, []).append(case)
        elif not case.rate:
            self.counts["free there, or not known"] += 1
        elif row is not None and row.is_contested:
            self.counts["contested"] += 1
            self.contested.add((row.path, row.place[1], row.component))
        elif row is not None and row.provider != key:
            # A seller without a list of its own here: `assumed` names whose price it is.
            self.counts["at another's price, as assumed says"] += 1
        else:
            self.counts["differ"] += 1
            self.differing.append((case, ours))
        return False

    def lines(self, title: str) -> Iterator[str]:
        """The counts, for people."""
        shown = ("comparisons", "agree", "reviewed", "contested", "differ")
        counts = {"models": len(self.models)} | {name: self.counts[name] for name in shown}
        counts |= {name: count for name, count in sorted(self.counts.items()) if name not in shown}
        counts |= {f"only we leave unpriced, {reason}": len(cases) for reason, cases in sorted(self.unpriced.items())}
        yield title
        yield from (f"  {count:>8,}  {name}" for name, count in counts.items())


def our_rate(table: PriceTable, case: Case) -> tuple[Fraction | str, Row | None]:
    """What we charge for one count, or why nothing; and the row that says so."""
    component = case.component
    counts = {component: _SMALL}
    if case.above >= 0:
        counts["input"] = case.above + 1
    usage = Usage(**counts)
    quote = table.quote(case.provider, case.model, case.at_unix_nano, case.tier, usage, case.region, case.at_unix_nano)
    if not isinstance(quote, Quote):
        return quote, None
    if component == "requests" and component not in quote.components:
        return Fraction(quote.each_call, UNITS), None
    place = quote.components.index(component)
    row = quote.rows[place]
    if row is None:
        return "no_rate", None
    if quote.committed or quote.doubt is not None:
        return quote.doubt or "committed", None
    return Fraction(quote.rates[place], UNITS), row


def count_rate(rate: Fraction, component: str) -> Fraction:
    """The rate of one of a component's own units, as that of one count, to the nearest 1e-30."""
    return to_digits(rate / COMPONENTS[component].scale)


def to_digits(rate: Fraction) -> Fraction:
    """To the nearest 1e-30, as our table has it."""
    return Fraction(round(rate * UNITS), UNITS)


def is_rounded(one: Fraction, other: Fraction, component: str) -> bool:
    """Whether one rate is the other to its last printed decimal, and less than a hundredth away."""
    known = COMPONENTS[component]
    pair = [Decimal(count_text(rate, component)) for rate in (one, other)]
    if known.priced_per == 1:
        pair = [Decimal(f"{float(rate * known.scale):.6e}") for rate in (one, other)]
    coarse, fine = sorted(pair, key=lambda rate: -int(rate.normalize().as_tuple().exponent))
    if abs(one - other) * 100 > max(one, other):
        return False
    return fine.quantize(coarse.normalize(), ROUND_HALF_UP) == coarse


def is_close(one: Fraction, other: Fraction) -> bool:
    """The same but for the last digits of a rate by the second, which has no finite decimal."""
    return abs(one - other) <= Fraction(1, 10**18)


def count_text(rate: Fraction, component: str) -> str:
    """The rate of one count in the unit in which it is published."""
    known = COMPONENTS[component]
    exact = rate * known.scale * known.priced_per
    return f"{float(exact):.12g}"


def _place(given: Mapping[str, Any]) -> tuple[object, ...]:
    return (
        given["provider"],
        given["model"].lower(),
        given["component"],
        given.get("tier"),
        given.get("prompt_above", -1),
        given.get("region"),
    )
