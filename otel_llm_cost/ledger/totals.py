"""Exact running totals by series."""

from __future__ import annotations

from operator import add, mul
from threading import Lock
from typing import NamedTuple

from otel_llm_cost.cost import Status
from otel_llm_cost.ledger.entry import Entry


class SeriesKey(NamedTuple):
    """What calls that are added up have in common."""

    provider: str
    model: str
    operation: str
    request_model: str | None
    server_address: str | None
    status: Status
    reason: str | None
    error_type: str | None
    currency: str | None
    source: str
    used: tuple[str, ...]
    """Components of the counts."""
    paid: tuple[str, ...]
    """Components of the money."""


class Series:
    """The totals of one key: calls, counts by component, money by component in units of `otel_llm_cost.money`."""

    __slots__ = ("calls", "counts", "key", "parts", "savings")

    def __init__(self, key: SeriesKey) -> None:
        self.key = key
        self.calls = 0
        self.counts = [0] * len(key.used)
        self.parts = [0] * len(key.paid)
        self.savings = 0

    def copy(self) -> Series:
        other = Series(self.key)
        other.calls, other.counts, other.parts, other.savings = self.calls, self.counts, self.parts, self.savings
        return other


class Totals:
    """Adds up entries. Safe under threads; integers only, so the order of additions does not matter."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._series: dict[SeriesKey, Series] = {}

    def begin(self, entry: Entry, *, duplicate: bool = False) -> tuple[SeriesKey, bool]:
        """The series of an entry, and whether it is new. Adds nothing."""
        key = _key(entry, duplicate=duplicate)
        with self._lock:
            if key in self._series:
                return key, False
            self._series[key] = Series(key)
            return key, True

    def post(self, entry: Entry) -> tuple[SeriesKey, bool]:
        """Counts a call. Returns its series, and whether that is new."""
        key = _key(entry, duplicate=False)
        counts, cost = entry.sighting.call.usage.counts, entry.cost
        savings = cost.quote.savings if cost.quote is not None and cost.status is Status.PRICED else None
        with self._lock:
            series = self._series.get(key)
            is_new = series is None
            if series is None:
                series = self._series[key] = Series(key)
            series.calls += 1
            if counts:
                series.counts = list(map(add, series.counts, counts))
            if cost.parts:
                series.parts = list(map(add, series.parts, cost.parts))
            if savings is not None:
                series.savings += sum(map(mul, counts, savings))
        return key, is_new

    def post_duplicate(self, entry: Entry) -> tuple[SeriesKey, bool]:
        """Counts a span of a call that is counted on another span: one duplicate, and nothing else."""
        key = _key(entry, duplicate=True)
        with self._lock:
            is_new = key not in self._series
            series = self._series.setdefault(key, Series(key)) if is_new else self._series[key]
            series.calls += 1
        return key, is_new

    def snapshot(self) -> list[Series]:
        """A copy of all series, consistent with each other."""
        with self._lock:
            return [series.copy() for series in self._series.values()]

    def renew_after_fork(self) -> None:
        self._lock = Lock()


def _key(entry: Entry, *, duplicate: bool) -> SeriesKey:
    sighting, cost = entry.sighting, entry.cost
    call = sighting.call
    if duplicate:
        return SeriesKey(
            call.provider, call.model, sighting.operation, None, None, Status.DUPLICATE, None, None, None, "local", (), ()
        )
    return SeriesKey(
        call.provider,
        call.model,
        sighting.operation,
        sighting.request_model,
        sighting.server_address,
        cost.status,
        cost.reason,
        sighting.error_type,
        cost.currency,
        cost.source,
        call.usage.components,
        cost.components,
    )
