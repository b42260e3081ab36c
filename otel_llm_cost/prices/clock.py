"""Hours and days on which a rate holds: a condition that time meets and leaves again and again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY_NANOS: Final = 86_400_000_000_000
_MINUTE_NANOS: Final = 60_000_000_000
_CALENDAR: Final = (-719_160 * DAY_NANOS, 2_932_890 * DAY_NANOS)
"""The years that a datetime can have, less a few days at either end for the zones."""
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW: Final = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True)
class Clock:
    """Hours, weekdays and no holidays, by the clock of a zone; all of them must hold."""

    hours: tuple[tuple[int, int], ...] = ()
    """Minutes since midnight, inclusive and exclusive; one that ends before it begins goes past midnight. None: any hour."""
    weekdays: frozenset[int] = frozenset()
    """0 is Monday. None: any day. It is the day of the instant, past midnight too."""
    zone: str = "UTC"
    holidays: frozenset[date] = frozenset()
    """Days on which it does not hold."""

    def holds_at(self, at_unix_nano: int) -> bool:
        """Whether it holds."""
        local = datetime.fromtimestamp(_within(at_unix_nano) // 1_000_000_000, zone_of(self.zone))
        if (self.weekdays and local.weekday() not in self.weekdays) or local.date() in self.holidays:
            return False
        minute = local.hour * 60 + local.minute
        return not self.hours or any(
            begin <= minute < end if begin < end else minute >= begin or minute < end for begin, end in self.hours
        )

    def edges(self, day: int) -> set[int]:
        """The instants of a UTC day (days since the epoch) at which it may begin or cease to hold."""
        start, zone = day * DAY_NANOS, zone_of(self.zone)
        midnight = datetime.fromtimestamp(day * 86_400, UTC)
        minutes = {0} | {minute for window in self.hours for minute in window}
        edges = set()
        for local_day in (midnight.date() + timedelta(days) for days in (-1, 0, 1)):
            for minute in minutes:
                local = datetime.combine(local_day, time(minute // 60 % 24, minute % 60), zone) + timedelta(minute // 1440)
                for fold in (0, 1):
                    edges.add(int(local.replace(fold=fold).timestamp()) * 1_000_000_000)
        if zone.utcoffset(midnight.astimezone(zone)) != zone.utcoffset((midnight + timedelta(1)).astimezone(zone)):
            # The clock is put on or back in this day, at a whole half hour.
            edges |= {start + half * 30 * _MINUTE_NANOS for half in range(48)}
        return {edge for edge in edges if start <= edge < start + DAY_NANOS}


class Clocks:
    """Several clocks at once: which of them hold at an instant. On the span's path: the days seen are remembered."""

    def __init__(self, clocks: Sequence[Clock]) -> None:
        self.clocks = tuple(clocks)
        self._days: dict[int, list[tuple[int, tuple[bool, ...]]]] = {}

    def holding(self, at_unix_nano: int) -> tuple[bool, ...]:
        """Whether each holds."""
        held: tuple[bool, ...] = ()
        at_unix_nano = _within(at_unix_nano)
        for begin, holding in self._spans(at_unix_nano // DAY_NANOS):
            if begin > at_unix_nano:
                break
            held = holding
        return held

    def next_change(self, at_unix_nano: int, days: int = 8) -> int | None:
        """The next instant at which another of them holds; None where there is none within some days. Not for the span's path."""
        now = self.holding(at_unix_nano)
        first = at_unix_nano // DAY_NANOS
        spans = (span for day in range(first, first + days) for span in self._spans(day))
        return next((begin for begin, holding in spans if begin > at_unix_nano and holding != now), None)

    def _spans(self, day: int) -> list[tuple[int, tuple[bool, ...]]]:
        spans = self._days.get(day)
        if spans is None:
            edges = sorted({day * DAY_NANOS}.union(*(clock.edges(day) for clock in self.clocks)))
            spans = [(edge, tuple(clock.holds_at(edge) for clock in self.clocks)) for edge in edges]
            if len(self._days) >= _MAX_DAYS:
                self._days.clear()
            self._days[day] = spans
        return spans


_MAX_DAYS: Final = 1024


@lru_cache(maxsize=64)
def zone_of(name: str) -> tzinfo:
    """A zone by its IANA name. Raises ValueError."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"no such time zone: {name!r}") from None


def hours_of(text: str) -> tuple[tuple[int, int], ...]:
    """`01:00-04:00,22:00-06:00`. Raises ValueError."""
    windows = []
    for part in text.split(","):
        found = _WINDOW.fullmatch(part.strip())
        begin, end = (int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])) if found is not None else (-1, -1)
        if found is None or begin == end or begin >= 1440 or end > 1440 or int(found[2]) > 59 or int(found[4]) > 59:  # noqa: PLR2004
            raise ValueError(f"no hours such as 09:00-17:30: {part.strip()!r}")
        windows.append((begin, end))
    return tuple(windows)


def weekdays_of(text: str) -> frozenset[int]:
    """`mon-fri` or `sat,sun`. Raises ValueError."""
    days: set[int] = set()
    for part in text.lower().split(","):
        first, *more = (word.strip() for word in part.split("-"))
        if len(more) > 1 or any(day not in _DAYS for day in (first, *more)):
            raise ValueError(f"no weekdays such as mon-fri: {text!r}")
        begin, end = _DAYS.index(first), _DAYS.index(more[0] if more else first)
        days |= {day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)}
    return frozenset(days)


def _within(at_unix_nano: int) -> int:
    return min(max(at_unix_nano, _CALENDAR[0]), _CALENDAR[1])
