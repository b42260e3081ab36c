"""When each row is the one in force: its own dates, less those in which another wins whatever the call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from otel_llm_cost.call import STANDARD
from otel_llm_cost.prices.row import ANY_TIER, COMMITTED, Conditions, Row
from otel_llm_cost.usage import COMPONENTS

_ORDER = {name: place for place, name in enumerate((COMMITTED, *COMPONENTS))}
_NEVER = 2**63


class Stretch(NamedTuple):
    """A row, and between which instants it is in force."""

    row: Row
    start: int
    until: int | None
    replaced_by: Row | None = None
    """What always wins over it, where it is never in force."""

    def holds_at(self, at_unix_nano: int) -> bool:
        """Whether it is in force, for calls that meet its conditions but those of the clock, which it meets itself."""
        is_in = self.start <= at_unix_nano and (self.until is None or at_unix_nano < self.until)
        clock = self.row.when.clock
        return self.replaced_by is None and is_in and (clock is None or clock.holds_at(at_unix_nano))


def history(rows: Sequence[Row]) -> list[Stretch]:
    """Every row's stretches, by component and conditions, the oldest first."""
    found = [stretch for row in rows for stretch in _stretches(row, rows)]
    return sorted(found, key=_in_order)


def _in_order(held: Stretch) -> tuple[object, ...]:
    row, when = held.row, held.row.when
    clock = repr(when.clock) if when.clock is not None else ""
    conditions = when.tier != STANDARD, when.tier, when.prompt_above, when.regions, clock
    return _ORDER[row.component], conditions, held.start, row.rank


def _stretches(row: Row, rows: Iterable[Row]) -> list[Stretch]:
    winners = sorted((other for other in rows if _always_wins(other, row)), key=lambda other: other.start)
    stretches, start, end = [], row.start, _NEVER if row.until is None else row.until
    for winner in winners:
        if winner.start >= end or start >= end:
            break
        if winner.start > start:
            stretches.append(Stretch(row, start, winner.start))
        start = max(start, _NEVER if winner.until is None else winner.until)
    if start < end:
        stretches.append(Stretch(row, start, row.until))
    return stretches or [Stretch(row, row.start, row.until, winners[0] if winners else None)]


def _always_wins(one: Row, other: Row) -> bool:
    """Whether a row prices every call that another would price, while it holds."""
    covers = one.is_own and not other.is_own and other.component in one.covers
    if one is other or not (covers or one.component in {other.component, COMMITTED}) or one.rank <= other.rank:
        return False
    overlaps = (one.until is None or one.until > other.start) and (other.until is None or one.start < other.until)
    return overlaps and _implied(one.when, other.when)


def _implied(wider: Conditions, narrower: Conditions) -> bool:
    """Whether the wider conditions are met wherever the narrower are."""
    tier = wider.tier in {narrower.tier, ANY_TIER}
    regions = not wider.regions or (bool(narrower.regions) and set(narrower.regions) <= set(wider.regions))
    clock = wider.clock is None or wider.clock == narrower.clock
    return tier and regions and clock and wider.prompt_above <= narrower.prompt_above
