"""The ledger as OpenTelemetry instruments, off the caller's thread.

The hot path adds to exact totals only. What the counters get is added when the SDK collects, in the callback of the table's age,
which it runs before it reads the counters. At the first sight of a series it gets 0 at once, so that its start time is true and
Prometheus sees its first money.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from threading import Lock
from time import sleep, time_ns
from typing import Final, TypeAlias

from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Histogram, Meter, Observation
from opentelemetry.trace import NonRecordingSpan, SpanContext, set_span_in_context

from otel_llm_cost import names
from otel_llm_cost.cost import Status
from otel_llm_cost.ledger.totals import Series, SeriesKey, Totals
from otel_llm_cost.money import ExactDouble
from otel_llm_cost.usage import COMPONENTS

Labels: TypeAlias = tuple[tuple[str, str], ...]
Point: TypeAlias = tuple[str, Labels]

_APART_NS: Final = 2_000_000
"""Between the start of a series and its first point: Prometheus, which counts in milliseconds, sees no start in the same one."""
_NO_MONEY: Final = frozenset({Status.FREE, Status.COMMITTED})


class CostMetrics:
    """The instruments of docs/contract.md."""

    def __init__(
        self,
        meter: Meter,
        *,
        totals: Totals,
        errors: Callable[[], dict[str, int]],
        before_collection: Callable[[], None],
        tables: Callable[[], dict[str, int]],
    ) -> None:
        """`tables` gives each price table's version and the nanosecond at which it was last checked."""
        self._totals = totals
        self._errors = errors
        self._before_collection = before_collection
        self._tables = tables
        self._lock, self._flushing = Lock(), Lock()
        self._given: dict[Point, int] = {}
        """The exact total of what each point's instrument has been given."""
        self._began_at = 0
        """When the last series began, in nanoseconds."""
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

    def begin(self, series: Series) -> None:
        """The first sight of a series: starts its points at 0."""
        with self._lock:
            for point in _points(series.key):
                self._start(point)
            series.is_begun = True
            self._began_at = time_ns()

    def begin_error(self, kind: str) -> None:
        """The first failure of a kind."""
        with self._lock:
            self._start(_error_point(kind))
            self._began_at = time_ns()

    def record(self, series: Series, units: int, context: SpanContext | None) -> None:
        """One call's cost for the histogram."""
        around = set_span_in_context(NonRecordingSpan(context), Context()) if context is not None else None
        self._histogram.record(ExactDouble(units), dict(_histogram_labels(series.key)), context=around)

    def flush(self) -> None:
        """Gives the instruments what has come since the last time."""
        # A lock of its own: a call that begins a series must not wait for all of this.
        with self._flushing:
            for posting in self._totals.fold():
                if posting.units is not None:
                    self.record(posting.series, posting.units, posting.context)
            exact = self._exact()
            with self._lock:
                increments = [(point, total - self._given.get(point, 0)) for point, total in exact.items()]
                self._given.update(exact)
            for point, increment in increments:
                if increment:
                    self._give(point, increment)

    def renew_after_fork(self) -> None:
        """In a forked child: what the parent has not yet given to its instruments stays the parent's to give."""
        self._lock, self._flushing = Lock(), Lock()
        self._given.update(self._exact())

    def _collect(self, _: CallbackOptions) -> Iterable[Observation]:
        self._before_collection()
        self.flush()
        now = time_ns()
        if now - self._began_at < _APART_NS:
            sleep(_APART_NS / 1e9)
        return [Observation((now - checked) / 1e9, {names.TABLE: version}) for version, checked in self._tables().items()]

    def _start(self, point: Point) -> None:
        if point not in self._given:
            self._given[point] = 0
            self._give(point, 0)

    def _give(self, point: Point, increment: int) -> None:
        name, labels = point
        self._add[name](ExactDouble(increment) if name in _MONEY else increment, dict(labels))

    def _exact(self) -> Counter[Point]:
        """The exact total of each point, over all series that fall into it."""
        exact: Counter[Point] = Counter()
        for series in self._totals.snapshot():
            for point, amount in zip(_points(series.key), _amounts(series), strict=True):
                exact[point] += amount
        for kind, count in self._errors().items():
            exact[_error_point(kind)] += count
        return exact


_MONEY: Final = frozenset({names.SPEND.name, names.CACHE_SAVINGS.name})
_TOKENS: Final = frozenset(name for name, component in COMPONENTS.items() if component.unit == "token")


def _error_point(kind: str) -> Point:
    return names.ERRORS.name, ((names.ERROR_KIND, kind),)


def _base(key: SeriesKey) -> Labels:
    kind = key.kind
    return ((names.PROVIDER, kind.provider), (names.MODEL, kind.model), (names.OPERATION, kind.operation))


def _histogram_labels(key: SeriesKey) -> Labels:
    labels = [*_base(key), (names.COST_CURRENCY, key.currency or ""), (names.COST_SOURCE, key.source)]
    if key.kind.request_model is not None:
        labels.append((names.REQUEST_MODEL, key.kind.request_model))
    if key.kind.server_address is not None:
        labels.append((names.SERVER_ADDRESS, key.kind.server_address))
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
        points.extend((names.SPEND.name, (*money, (names.COMPONENT, name), (names.STATUS, str(key.status)))) for name in key.paid)
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
