"""OTLP messages as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric

Value: TypeAlias = "str | bool | int | float | list[Value] | dict[str, Value] | None"
Attributes: TypeAlias = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Span:
    """A span that was received."""

    service: str
    scope: str
    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    start: int
    end: int
    failed: bool
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Point:
    """A data point that was received. Of a histogram, `value` is the sum."""

    metric: str
    unit: str
    kind: str
    """`sum`, `gauge` or `histogram`."""
    cumulative: bool
    monotonic: bool
    attributes: Attributes
    start: int
    time: int
    value: float
    count: int | None = None
    """Of a histogram, how many values it holds."""

    @property
    def series(self) -> tuple[str, tuple[tuple[str, Value], ...]]:
        """What all points of one series have in common."""
        return self.metric, tuple(sorted(self.attributes.items()))


def last_points(points: Iterable[Point]) -> list[Point]:
    """The last point of each series. Raises ValueError for a delta: its last point is not its total."""
    last: dict[object, Point] = {}
    for point in points:
        if not point.cumulative:
            raise ValueError(f"{point.metric} came as a delta; cumulative temporality is needed")
        held = last.get(point.series)
        if held is None or held.time <= point.time:
            last[point.series] = point
    return list(last.values())


def spans_of(request: ExportTraceServiceRequest) -> Iterator[Span]:
    """The spans of one export."""
    for resource_spans in request.resource_spans:
        service = str(_attributes(resource_spans.resource.attributes).get("service.name", ""))
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                yield Span(
                    service,
                    scope_spans.scope.name,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex() or None,
                    span.name,
                    span.start_time_unix_nano,
                    span.end_time_unix_nano,
                    span.status.code == span.status.STATUS_CODE_ERROR,
                    _attributes(span.attributes),
                )


def points_of(request: ExportMetricsServiceRequest) -> Iterator[Point]:
    """The data points of one export. Exponential histograms and summaries, which nothing here makes, are left out."""
    for resource_metrics in request.resource_metrics:
        for scope_metrics in resource_metrics.scope_metrics:
            for metric in scope_metrics.metrics:
                yield from _points(metric)


def _points(metric: Metric) -> Iterator[Point]:
    kind = metric.WhichOneof("data")
    if kind not in {"sum", "gauge", "histogram"}:
        return
    data = getattr(metric, kind)
    cumulative = kind == "gauge" or data.aggregation_temporality == AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
    monotonic = kind == "sum" and data.is_monotonic
    for point in data.data_points:
        if kind == "histogram":
            value, count = point.sum, point.count
        else:
            value, count = getattr(point, point.WhichOneof("value") or "as_int"), None
        yield Point(
            metric.name,
            metric.unit,
            kind,
            cumulative,
            monotonic,
            _attributes(point.attributes),
            point.start_time_unix_nano,
            point.time_unix_nano,
            value,
            count,
        )


def _attributes(pairs: Iterable[KeyValue]) -> Attributes:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Value:
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    if kind == "bytes_value":
        return value.bytes_value.hex()
    plain: str | bool | int | float = getattr(value, kind)
    return plain
