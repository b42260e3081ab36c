"""Rows of which neither would win: equal in rank, at the same time, under conditions that can hold together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Final

from otel_llm_cost.prices.clock import DAY_NANOS, Clock, Clocks
from otel_llm_cost.prices.match import Match
from otel_llm_cost.prices.row import ANY_TIER, COMMITTED, Conditions, Factor, Row, Term

_WEEKS: Final = (20_000, 20_100, 20_158)
"""Days since the epoch with summer time in the north, with winter time, and with summer time in America only."""
_DAYS: Final = 9
"""So many show every weekday at every hour, in every zone."""


def ties(rows: Iterable[Row]) -> Iterator[tuple[str, Row, Row]]:
    """The component and each two of the rows that one name reaches which would win it equally."""
    seen: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    held = list(rows)
    for one, other in combinations(held, 2) if any(row.component == COMMITTED for row in held) else ():
        components = {one.component, other.component} - {COMMITTED}
        # What is committed is so in every component.
        if len(components) == 1 and one.component != other.component and one.rank == other.rank and may_meet(one, other):
            yield components.pop(), one, other
    for row in held:
        for priced in (row.component, *row.covers):
            twins = seen[priced, priced == row.component, row.rank]
            for twin in twins:
                if twin is not row and may_meet(twin, row):
                    yield priced, twin, row
            twins.append(row)


def tied_factors(factors: Sequence[Factor]) -> Iterator[tuple[Factor, Factor]]:
    """Each two of the factors on one name's rates of which neither would win."""
    for place, one in enumerate(factors):
        for other in factors[place + 1 :]:
            shares = one.components is None or other.components is None or bool(one.components & other.components)
            shares = shares and one.model == other.model
            if one.kind == other.kind and shares and one.rank == other.rank and may_meet(one, other):
                yield one, other


def may_meet(one: Term, other: Term) -> bool:
    """Whether both may hold for a call."""
    overlap = (one.until is None or other.start < one.until) and (other.until is None or one.start < other.until)
    return overlap and _agree(one.when, other.when)


def may_share_a_name(one: Match, other: Match, names: Iterable[str]) -> bool:
    """Whether two patterns of one length mean the same name: any at all, or, for regular expressions, any of `names`."""
    if one.text == other.text and one.kind == other.kind:
        return True
    if one.kind == other.kind == "prefix":
        return False
    if one.kind == other.kind == "glob":
        return _globs_meet(one.text, other.text)
    known = frozenset(names)
    return not _meant(one, known).isdisjoint(_meant(other, known))


@lru_cache(maxsize=8192)
def _meant(match: Match, names: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name in names if match.matches(name))


def _agree(one: Conditions, other: Conditions) -> bool:
    tiers = one.tier == other.tier or ANY_TIER in {one.tier, other.tier}
    regions = not one.regions or not other.regions or any(_regions_meet(a, b) for a in one.regions for b in other.regions)
    return tiers and regions and (one.clock is None or other.clock is None or _clocks_meet(one.clock, other.clock))


def _regions_meet(one: str, other: str) -> bool:
    stems = one.rstrip("*"), other.rstrip("*")
    if one.endswith("*") and other.endswith("*"):
        return stems[0].startswith(stems[1]) or stems[1].startswith(stems[0])
    if one.endswith("*"):
        return other.startswith(stems[0])
    return one.startswith(stems[1]) if other.endswith("*") else one == other


def _clocks_meet(one: Clock, other: Clock) -> bool:
    both, days = Clocks([one, other]), (first + day for first in _WEEKS for day in range(_DAYS))
    instants = (edge for day in days for edge in {day * DAY_NANOS, *one.edges(day), *other.edges(day)})
    return any(all(both.holding(instant)) for instant in instants)


@lru_cache(maxsize=4096)
def _globs_meet(one: str, other: str) -> bool:
    """Whether some name is meant by both; a `[` set is read as any character, so that no tie is missed."""
    left, right = _steps(one), _steps(other)
    waiting, seen = [(0, 0)], {(0, 0)}
    while waiting:
        at, beside = waiting.pop()
        if at == len(left) and beside == len(right):
            return True
        head = left[at] if at < len(left) else None
        other_head = right[beside] if beside < len(right) else None
        following = []
        if head == "*":
            following += [(at + 1, beside), (at, beside + 1)]
        if other_head == "*":
            following += [(at, beside + 1), (at + 1, beside)]
        if head is not None and other_head is not None and (head == other_head or "?" in {head, other_head}):
            following.append((at + 1, beside + 1))
        for state in following:
            if state[0] <= len(left) and state[1] <= len(right) and state not in seen:
                seen.add(state)
                waiting.append(state)
    return False


def _steps(glob: str) -> list[str]:
    return ["?" if len(step) > 1 else step for step in re.findall(r"\[.[^\]]*\]|.", glob, re.DOTALL)]
