"""The program behind test_panels: makes the calls of each line on stdin, then exports its metrics once and says so."""

from __future__ import annotations

import json
import sys
from typing import Any

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer

from otel_llm_cost import CostSpanProcessor

OUTER, INNER = "opentelemetry.instrumentation.genai.anthropic", "com.anthropic.sdk.python"
"""Of these two ours knows that they show the same calls."""
ROOM = 128
"""The SDK's limit of attributes."""


def main() -> None:
    meters = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter(), export_interval_millis=3_600_000)])
    tracers = TracerProvider()
    tracers.add_span_processor(CostSpanProcessor(meter_provider=meters))
    outer, inner = tracers.get_tracer(OUTER), tracers.get_tracer(INNER)
    for line in sys.stdin:
        traces = [make(call, outer, inner) for call in json.loads(line)]
        print(json.dumps({"exported": meters.force_flush(), "traces": traces}), flush=True)  # noqa: T201 - the test waits for it
    tracers.shutdown()
    meters.shutdown()


def make(call: dict[str, Any], outer: Tracer, inner: Tracer) -> str:
    """The trace's id."""
    with outer.start_as_current_span("call", kind=SpanKind.CLIENT) as span:
        if call["twice"]:
            with inner.start_as_current_span("call", kind=SpanKind.CLIENT) as again:
                again.set_attributes(call["attributes"])
        span.set_attributes(call["attributes"])
        if call["full"]:
            span.set_attributes({f"own.{number}": number for number in range(ROOM - len(call["attributes"]))})
        if call["failed"]:
            span.set_status(Status(StatusCode.ERROR))
        return f"{span.get_span_context().trace_id:032x}"


if __name__ == "__main__":
    main()
