"""The ledger as OpenTelemetry instruments, off the caller's thread.

The hot path adds to exact totals only. What the counters get is added when the SDK collects, in the callback of the table's age,
which it runs before it reads the counters. At the first sight of a series it gets 0 at once, so that its start time is true and
Prometheus sees its first money.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Iterable
from threading import Lock
from time import time_ns
from typing import Final, TypeAlias

from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Histogram, Meter, Observation
from opentelemetry.trace import NonRecordingSpan, SpanContext, set_span_in_context

from otel_llm_cost import names
from otel_llm_cost.cost import WITH_AMOUNT, Status
from otel_llm_cost.ledger.totals import Series, SeriesKey
from otel_llm_cost.money import UNITS
from otel_llm_cost.usage import COMPONENTS

Labels: TypeAlias = tuple[tuple[str, str], ...]
Point: TypeAlias = tuple[str, Labels]

MAX_WAITING: Final = 4096
"""Records of the histogram that wait for a collection; one that finds no room is made at once."""
_NO_MONEY: Final = frozenset({Status.FREE, Status.COMMITTED})


class CostMetrics:
    """The instruments of docs/contract.md."""

    def __init__(
        self,
        meter: Meter,
        *,
        snapshot: Callable[[], list[Series]],
        errors: Callable[[], dict[str, int]],
        before_collection: Callable[[], None],
        table: Callable[[], tuple[str, int]],
    ) -> None:
        """`table` gives the price table's version and the nanosecond at which it was last checked."""
        self._snapshot = snapshot
        self._errors = errors
        self._before_collection = before_collection
        self._table = table
        self._lock = Lock()
        self._given: dict[Point, float] = {}
        """What each point's instrument has been given, as the SDK adds it up."""
        self._dropped: Counter[Point] = Counter()
        """Exact amounts that are a forked child's parent's to report."""
        self._waiting: deque[tuple[float, Labels, SpanContext | None]] = deque()
        self._recorded: set[Labels] = set()
        counter, up_down = meter.create_counter, meter.create_up_down_counter
        self._add = {
            metric.name: make(metric.name, metric.unit, metric.description).add
            for metric, make in (
                (names.SPEND, counter),
                (names.TOKENS, counter),
                (names.CALLS, counter),
                (names.ERRORS, counter),
                (names.CACHE_SAVINGS, up_down),
            )
        }
        self._histogram: Histogram = meter.create_histogram(
            names.OPERATION_COST.name,
            names.OPERATION_COST.unit,
            names.OPERATION_COST.description,
            explicit_bucket_boundaries_advisory=names.OPERATION_COST_BUCKETS,
        )
        self._age = meter.create_observable_gauge(
            names.TABLE_AGE.name, [self._collect], names.TABLE_AGE.unit, names.TABLE_AGE.description
        )

    def begin(self, key: SeriesKey) -> None:
        """The first sight of a series: starts its points at 0."""
        with self._lock:
            for point in _points(key):
                self._start(point)

    def record(self, key: SeriesKey, units: int, context: SpanContext | None) -> None:
        """One call's cost for the histogram."""
        labels = _histogram_labels(key)
        amount = units / UNITS
        if labels not in self._recorded:
            self._recorded.add(labels)
        elif len(self._waiting) < MAX_WAITING:
            self._waiting.append((amount, labels, context))
            return
        self._record(amount, labels, context)

    def flush(self) -> None:
        """Gives the instruments what has come since the last time."""
        with self._lock:
            for _ in range(len(self._waiting)):
                self._record(*self._waiting.popleft())
            for point, exact in self._exact().items():
                self._start(point)
                target = (exact - self._dropped[point]) / (UNITS if point[0] in _MONEY else 1)
                increment = _increment(self._given[point], target)
                if increment:
                    self._add[point[0]](increment, dict(point[1]))
                    self._given[point] += increment

    def renew_after_fork(self) -> None:
        """In a forked child: what the parent has not yet given to its instruments stays the parent's to give."""
        self._lock = Lock()
        self._waiting.clear()
        for point, exact in self._exact().items():
            scale = UNITS if point[0] in _MONEY else 1
            given = self._given.get(point, 0)
            self._dropped[point] = exact - (round(given * scale) if scale == 1 else _exact_units(given))

    def _collect(self, _: CallbackOptions) -> Iterable[Observation]:
        self._before_collection()
        self.flush()
        version, checked = self._table()
        yield Observation((time_ns() - checked) / 1e9, {names.TABLE: version})

    def _start(self, point: Point) -> None:
        if point not in self._given:
            self._given[point] = 0
            self._add[point[0]](0, dict(point[1]))

    def _record(self, amount: float, labels: Labels, context: SpanContext | None) -> None:
        around = set_span_in_context(NonRecordingSpan(context), Context()) if context is not None else None
        self._histogram.record(amount, dict(labels), context=around)

    def _exact(self) -> Counter[Point]:
        """The exact total of each point, over all series that fall into it."""
        exact: Counter[Point] = Counter()
        for series in self._snapshot():
            for point, amount in zip(_points(series.key), _amounts(series), strict=True):
                exact[point] += amount
        for kind, count in self._errors().items():
            exact[names.ERRORS.name, ((names.ERROR_KIND, kind),)] += count
        return exact


_MONEY: Final = frozenset({names.SPEND.name, names.CACHE_SAVINGS.name})
_TOKENS: Final = frozenset(name for name, component in COMPONENTS.items() if component.unit == "token")


def _base(key: SeriesKey) -> Labels:
    return ((names.PROVIDER, key.provider), (names.MODEL, key.model), (names.OPERATION, key.operation))


def _histogram_labels(key: SeriesKey) -> Labels:
    labels = [*_base(key), (names.COST_CURRENCY, key.currency or ""), (names.COST_SOURCE, key.source)]
    if key.request_model is not None:
        labels.append((names.REQUEST_MODEL, key.request_model))
    if key.server_address is not None:
        labels.append((names.SERVER_ADDRESS, key.server_address))
    if key.error_type is not None:
        labels.append((names.ERROR_TYPE, key.error_type))
    return tuple(labels)


def _points(key: SeriesKey) -> list[Point]:
    """The points of the counters that a series adds to, in the order of `_amounts`."""
    base = _base(key)
    calls = [*base, (names.STATUS, str(key.status))]
    if key.reason is not None:
        calls.append((names.REASON, str(key.reason)))
    if key.error_type is not None:
        calls.append((names.ERROR_TYPE, key.error_type))
    points: list[Point] = [(names.CALLS.name, tuple(calls))]
    points.extend((names.TOKENS.name, (*base, (names.COMPONENT, name))) for name in key.used if name in _TOKENS)
    if key.currency is not None and key.status not in _NO_MONEY:
        money = (*base, (names.COST_CURRENCY, key.currency))
        points.extend(
            (names.SPEND.name, (*money, (names.COMPONENT, name), (names.STATUS, str(key.status)))) for name in key.paid
        )
        if _has_savings(key):
            points.append((names.CACHE_SAVINGS.name, money))
    return points


def _amounts(series: Series) -> list[int]:
    key = series.key
    amounts = [series.calls]
    amounts.extend(count for name, count in zip(key.used, series.counts, strict=True) if name in _TOKENS)
    if key.currency is not None and key.status not in _NO_MONEY:
        amounts.extend(series.parts)
        if _has_savings(key):
            amounts.append(series.savings)
    return amounts


def _has_savings(key: SeriesKey) -> bool:
    return key.status is Status.PRICED and any(name.startswith("cache_") for name in key.used)


def has_amount(key: SeriesKey) -> bool:
    """Whether calls of a series have a cost for the histogram."""
    return key.status in WITH_AMOUNT


def _increment(given: float, target: float) -> float:
    """What brings a running sum of doubles from `given` to exactly `target`."""
    increment = target - given
    while given + increment < target:
        increment = math.nextafter(increment, math.inf)
    while given + increment > target:
        increment = math.nextafter(increment, -math.inf)
    return increment


def _exact_units(amount: float) -> int:
    numerator, denominator = amount.as_integer_ratio()
    return numerator * UNITS // denominator
