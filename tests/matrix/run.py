"""Runs one column in its own environment: `python -m tests.matrix.run COLUMN OUT.json`.

Each client makes each case's request to the loopback provider, instrumented, with our processor attached; what stands on the spans
and in the metrics afterwards is written down, to be judged elsewhere.
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from fractions import Fraction
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_llm_cost import CostSpanProcessor, PriceTable
from tests.matrix.clients import ROUNDS, one_root
from tests.matrix.columns import COLUMNS
from tests.matrix.columns.column import BELOW_ROOT
from tests.matrix.provider import Provider, base, loopback

PRICES = Path(__file__).with_name("prices.toml")


class Telemetry:
    """The SDK with our processor, and what it saw since the last look."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        meter_provider = MeterProvider(metric_readers=[self._reader])
        self.provider = TracerProvider()
        # As under zero code: ours comes after the exporter's.
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.ours = CostSpanProcessor(table=PriceTable.shipped().with_own([PRICES]), meter_provider=meter_provider)
        self.provider.add_span_processor(self.ours)
        metrics.set_meter_provider(meter_provider)
        trace.set_tracer_provider(self.provider)
        self._before: dict[tuple[str, ...], Fraction] = {}

    def seen(self) -> dict[str, Any]:
        """Spans, calls by status and reason, and spend by component and status, since the last time."""
        self.provider.force_flush()
        now = self._points()
        changed = {key: value - self._before.get(key, 0) for key, value in now.items()}
        self._before = now
        spans = [_shown(span) for span in self._exporter.get_finished_spans()]
        self._exporter.clear()
        return {
            "spans": spans,
            "calls": {"/".join(key[1:]): int(value) for key, value in changed.items() if value and key[0] == "llm_cost.calls"},
            "spend": {"/".join(key[1:]): str(value) for key, value in changed.items() if value and key[0] == "llm_cost.spend"},
        }

    def _points(self) -> dict[tuple[str, ...], Fraction]:
        totals: dict[tuple[str, ...], Fraction] = {}
        data = self._reader.get_metrics_data()
        for resource in data.resource_metrics if data is not None else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    names = _LABELS.get(metric.name)
                    for point in metric.data.data_points if names is not None else ():
                        key = (metric.name, *(str(point.attributes[name]) for name in names or () if name in point.attributes))
                        totals[key] = totals.get(key, Fraction(0)) + Fraction(point.value)
        return totals


_LABELS = {
    "llm_cost.calls": ("llm_cost.status", "llm_cost.reason"),
    "llm_cost.spend": ("llm_cost.status", "gen_ai.usage.cost.currency"),
}


def _shown(span: ReadableSpan) -> dict[str, Any]:
    scope = span.instrumentation_scope
    return {
        "scope": scope.name if scope is not None else "",
        "version": scope.version if scope is not None else "",
        "name": span.name,
        "id": span.context.span_id,
        "parent": span.parent.span_id if span.parent is not None else None,
        "start": span.start_time,
        "end": span.end_time,
        "attributes": dict(span.attributes or {}),
        "failed": not span.status.is_ok and span.status.status_code.name == "ERROR",
    }


def main(name: str, out: Path) -> None:
    """Runs a column and writes what was seen."""
    column = COLUMNS[name]
    os.environ.update(column.variables)
    telemetry = Telemetry()
    for path in column.instrument:
        _instrument(path, telemetry)
    cells = []
    cannot: dict[str, str] = {}
    with loopback(), Provider() as provider:
        for client in column.clients:
            named, below, _ = client.partition(BELOW_ROOT)
            module = importlib.import_module(f"tests.matrix.clients.{named}")
            requests: Mapping[tuple[str, str], Callable[[str], None]] = module.REQUESTS
            if below:
                # Those that have a root of their own are the same without.
                requests = {key: partial(_below_root, ask) for key, ask in requests.items() if key[1] not in ROUNDS}
            else:
                cannot.update({f"{client}/{api}/{case}": why for (api, case), why in module.CANNOT.items()})
            for (api, case), ask in requests.items():
                cells.append({"client": client, "api": api, "case": case, **_asked(ask, base(api, case, provider.port), telemetry)})
    versions = {package: version(package) for package in column.packages}
    out.write_text(json.dumps({"versions": versions, "cannot": cannot, "cells": cells}, indent=1, default=str) + "\n", "utf-8")


def _below_root(ask: Callable[[str], None], url: str) -> None:
    with one_root():
        ask(url)


def _instrument(path: str, telemetry: Telemetry) -> None:
    """`module:Class` is an instrumentor of the usual kind, `module:function` a set-up of ours."""
    module, _, named = path.partition(":")
    made = getattr(importlib.import_module(module), named)
    if isinstance(made, type):
        made().instrument(tracer_provider=telemetry.provider)
    else:
        made(telemetry.provider)


def _asked(ask: Callable[[str], None], url: str, telemetry: Telemetry) -> dict[str, Any]:
    telemetry.seen()
    error = None
    try:
        ask(url)
    except Exception as raised:  # noqa: BLE001 - some cases are there to fail
        error = f"{type(raised).__name__}: {raised}"[:200]
    # Some end the span of a stream that was left early when nobody holds the stream any more.
    gc.collect()
    with suppress(Exception):
        telemetry.ours.force_flush()
    return {"error": error, **telemetry.seen()}


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    main(sys.argv[1], Path(sys.argv[2]))
