"""Telemetry of a test's own: a tracer provider with our processor, what it exports, and the metrics that come of it."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Sampler
from opentelemetry.trace import Tracer

from otel_llm_cost.call import Kind
from otel_llm_cost.cli import main
from otel_llm_cost.ledger.entry import Entry
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.processor import CostSpanProcessor

VERSION: Final = "2025-03-01"
# Scopes of which ours knows that they make LLM calls, and one that it has never heard of.
PARENT: Final = "opentelemetry.instrumentation.genai.anthropic"
NATIVE: Final = "com.anthropic.sdk.python"
OPENLLMETRY: Final = "opentelemetry.instrumentation.anthropic"
UNKNOWN: Final = "acme.client"

RATES: Final[Mapping[str, Mapping[str, str]]] = {
    "m": {"input": "3", "output": "15", "cache_read": "0.30", "cache_write": "3.75", "cache_write_1h": "6"},
    "small": {"input": "0.15", "output": "0.60"},
    "embed": {"input": "0.02"},
    "half-known": {"input": "7"},
    "gratis": {"input": "0", "output": "0"},
    "rerank": {"requests": "0.002"},
    "dear": {"requests": "0.01"},
    "speech": {"input_seconds": "0.0001"},
}
"""Published rates, in US dollars per million tokens, per request or per second."""

PER: Final = {"requests": 1, "input_seconds": 1}


def usd(model: str, **counts: int | str) -> Fraction:
    """What disjoint counts of a model cost, from the published decimal strings, exactly."""
    return sum(
        (Fraction(count) * Fraction(RATES[model][name]) / PER.get(name, 10**6) for name, count in counts.items()), Fraction(0)
    )


def call(model: str = "m", tokens_in: int | None = 1009, tokens_out: int | None = 101, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any attribute
    """The attributes of a chat; `response_id=…`, `operation=…`, and any other by its name."""
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": more.pop("operation", "chat"),
        "gen_ai.provider.name": "acme",
        "gen_ai.request.model": model,
        "gen_ai.response.model": model,
        "gen_ai.response.id": more.pop("response_id", None),
        "gen_ai.usage.input_tokens": tokens_in,
        "gen_ai.usage.output_tokens": tokens_out,
    }
    return {name: value for name, value in (attributes | more).items() if value is not None}


def entry(scope: str, span_id: int, start: int, end: int, **more: Any) -> Entry:  # noqa: ANN401 - any field
    """A claim of a call for the ledger, in trace 1; settled unless said otherwise."""
    fields: dict[str, Any] = {
        "kind": more.pop("kind", ENTRY_KIND),
        "response_id": None,
        "stated": ("input", "output"),
        "values": (1009, 101),
        "settled": True,
        "posting": None,
        "trace_id": 1,
        "parent_id": None,
        "group": None,
        "is_root": False,
    }
    return Entry(**(fields | {"scope": scope, "span_id": span_id, "start": start, "end": end} | more))


def seeded(seed: int) -> random.Random:
    """The same numbers in each run."""
    return random.Random(seed)  # noqa: S311 - nothing secret


ENTRY_KIND: Final = Kind("acme", "m", "chat", "m", "m")


class Telemetry:
    """One tracer provider and one meter provider, and what leaves them."""

    def __init__(
        self,
        *,
        sampler: Sampler | None = None,
        limits: SpanLimits | None = None,
        **options: Any,  # noqa: ANN401
    ) -> None:
        self.reader = InMemoryMetricReader()
        self.meter_provider = MeterProvider([self.reader], shutdown_on_exit=False)
        self.provider = TracerProvider(sampler=sampler, span_limits=limits, shutdown_on_exit=False)
        self.processor = CostSpanProcessor(**{"table": TABLE, "meter_provider": self.meter_provider, "strict": False} | options)
        self.exporter = InMemorySpanExporter()

    def attach(self, *processors: SpanProcessor) -> Telemetry:
        """In this order; by default ours and a simple exporter."""
        for processor in processors or (self.processor, SimpleSpanProcessor(self.exporter)):
            self.provider.add_span_processor(processor)
        return self

    def tracer(self, scope: str = PARENT) -> Tracer:
        return self.provider.get_tracer(scope)

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        """In the order of their ends."""
        return self.exporter.get_finished_spans()

    def attributes(self, name: str) -> dict[str, Any]:
        """Of the one exported span of this name."""
        (span,) = [span for span in self.spans if span.name == name]
        return dict(span.attributes or {})

    def statuses(self) -> list[object]:
        """`llm_cost.status` of each exported span, in the order of their ends."""
        return [(span.attributes or {}).get("llm_cost.status") for span in self.spans]

    def collect(self) -> Metrics:
        return Metrics(self.reader.get_metrics_data())

    def calls(self) -> dict[str, int]:
        """`llm_cost.calls` by status, without zeros."""
        return self.collect().by("llm_cost.calls", "llm_cost.status")

    def shut_down(self) -> None:
        self.provider.shutdown()
        self.meter_provider.shutdown()


class Metrics:
    """One collection."""

    def __init__(self, data: Any) -> None:  # noqa: ANN401 - the SDK's data, None where there is none
        self.metrics: dict[str, Any] = {
            metric.name: metric
            for resource in (data.resource_metrics if data is not None else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def points(self, name: str) -> list[Any]:
        """The data points of one metric; none where it has not come."""
        metric = self.metrics.get(name)
        return list(metric.data.data_points) if metric is not None else []

    def all(self) -> dict[tuple[str, tuple[tuple[str, object], ...]], Any]:
        """The value of every sum, and count and sum of every histogram, by name and attributes."""
        return {
            (name, tuple(sorted(point.attributes.items()))): point.value if hasattr(point, "value") else (point.count, point.sum)
            for name in self.metrics
            for point in self.points(name)
        }

    def by(self, name: str, attribute: str) -> dict[str, Any]:
        """The values of one metric added up by one attribute, without zeros."""
        sums: Counter[str] = Counter()
        for point in self.points(name):
            sums[str(point.attributes.get(attribute))] += point.value
        return {key: value for key, value in sums.items() if value}

    def total(self, name: str) -> float:
        return sum(point.value for point in self.points(name))


def _table() -> PriceTable:
    document = {
        "provider": "acme",
        "names": ["acme"],
        "currency": "USD",
        "sources": {"page": {"url": "https://acme.example/prices", "read": VERSION}},
        "prices": [
            {"model": model, "from": "2020-01-01", "rates": dict(rates), "source": "page"} for model, rates in RATES.items()
        ],
    }
    return PriceTable.of_texts([json.dumps(document)], version=VERSION, checked=date.fromisoformat(VERSION))


TABLE: Final = _table()


@pytest.fixture
def make_telemetry() -> Iterator[Callable[..., Telemetry]]:
    """Makes telemetry with options, to be attached by the test; shuts it down after it."""
    made: list[Telemetry] = []

    def make(**options: Any) -> Telemetry:  # noqa: ANN401
        made.append(Telemetry(**options))
        return made[-1]

    yield make
    for telemetry in made:
        telemetry.shut_down()


@pytest.fixture
def telemetry(make_telemetry: Callable[..., Telemetry]) -> Telemetry:
    """Ours first, then a simple exporter."""
    return make_telemetry().attach()


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.out)
        return document


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Ran]]:
    """Runs `otel-llm-cost` in a folder of the test's own, with nothing set in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("OTEL_LLM_COST_")]:
        monkeypatch.delenv(name)

    def run(*arguments: str | Path) -> Ran:
        PriceTable.default.cache_clear()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        return Ran(code, *capsys.readouterr())

    yield run
    PriceTable.default.cache_clear()
