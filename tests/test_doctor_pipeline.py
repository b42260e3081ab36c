"""What the doctor says of samplers, processors, exporters and readers, and of what is loaded: the real SDK, set up by hand."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from io import StringIO
from types import ModuleType
from typing import Any

import pytest
from conftest import TABLE
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import Counter, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    ConsoleMetricExporter,
    InMemoryMetricReader,
    MetricExporter,
    MetricExportResult,
    MetricReader,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ConcurrentMultiSpanProcessor, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    DEFAULT_OFF,
    DEFAULT_ON,
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import NoOpTracerProvider

from otel_llm_cost.doctor import internals, loading, pipeline
from otel_llm_cost.doctor.finding import Finding, State
from otel_llm_cost.doctor.setup import Setup, setup_of
from otel_llm_cost.exporter import CostSpanExporter
from otel_llm_cost.processor import CostSpanProcessor


class Another(InMemorySpanExporter):
    """An exporter that nobody here knows."""


@pytest.fixture
def ours() -> CostSpanProcessor:
    return CostSpanProcessor(table=TABLE, meter_provider=NoOpMeterProvider())


@pytest.fixture
def closing() -> Iterator[list[Any]]:
    """What is to be shut down after the test."""
    held: list[Any] = []
    yield held
    for one in held:
        one.shutdown()


def set_up(
    closing: list[Any],
    *processors: SpanProcessor,
    readers: Sequence[MetricReader] = (),
    sampler: Sampler | None = None,
    service: str = "shop",
    **variables: str,
) -> Setup:
    provider = TracerProvider(sampler=sampler, resource=Resource({"service.name": service}), shutdown_on_exit=False)
    for processor in processors:
        provider.add_span_processor(processor)
    meters = MeterProvider(readers, shutdown_on_exit=False)
    closing += [provider, meters]
    return setup_of(provider, meters, variables)


def of(found: list[Finding], topic: str) -> list[Finding]:
    return [one for one in found if one.topic == topic]


# Loading ------------------------------------------------------------------------------------------------------------------------
def test_a_processor_that_is_attached_is_found(closing: list[Any], ours: CostSpanProcessor) -> None:
    first = loading.findings(set_up(closing, SimpleSpanProcessor(Another()), ours))[0]
    assert (first.state, first.text) == (
        State.OK,
        "the cost goes on spans before they end: CostSpanProcessor, attached in code to opentelemetry.sdk.trace.TracerProvider",
    )


def test_it_is_found_among_processors_that_run_at_once(closing: list[Any], ours: CostSpanProcessor) -> None:
    provider = TracerProvider(active_span_processor=ConcurrentMultiSpanProcessor(2), shutdown_on_exit=False)
    closing.append(provider)
    provider.add_span_processor(BatchSpanProcessor(Another()))
    provider.add_span_processor(ours)
    found = setup_of(provider, MeterProvider(shutdown_on_exit=False), {})
    assert found.processors == [ours]
    assert [type(route.exporter) for route in found.routes] == [Another, type(None)]


def test_an_exporter_that_prices_is_found(closing: list[Any]) -> None:
    inner = Another()
    pricing = CostSpanExporter(inner, table=TABLE, meter_provider=NoOpMeterProvider())
    setup = set_up(closing, BatchSpanProcessor(pricing))
    assert (setup.routes[0].pricing, setup.routes[0].exporter) == (pricing, inner)
    first = loading.findings(setup)[0]
    assert first.state is State.OK
    assert "the metrics cover exported spans only" in first.text
    assert "BatchSpanProcessor to CostSpanExporter to Another" in str(pipeline.findings(setup))


def test_two_of_ours_are_no_fault(closing: list[Any], ours: CostSpanProcessor) -> None:
    found = loading.findings(set_up(closing, ours, CostSpanProcessor(table=TABLE, meter_provider=NoOpMeterProvider())))
    assert [one.state for one in found[:2]] == [State.OK, State.NOTE]


def test_one_that_is_switched_off_is_no_cost(closing: list[Any], ours: CostSpanProcessor) -> None:
    ours.enabled = False
    first = loading.findings(set_up(closing, ours))[0]
    assert first.state is State.BAD
    assert "uninstrument() was called" in first.text


@pytest.mark.parametrize(
    ("variables", "is_auto", "said", "todo"),
    [
        ({}, False, "is not attached to it", "add_span_processor(CostSpanProcessor())"),
        ({}, True, "did not load the instrumentation llm_cost", "OTEL_TRACES_EXPORTER=llm_cost"),
        ({loading.DISABLED: "flask, llm_cost"}, True, "switched off by", "take llm_cost out of it"),
        ({loading.DISABLED: "*"}, True, "switched off by", "take * out of it"),
        ({"OTEL_SDK_DISABLED": "True"}, True, "no spans, no metrics and no costs", "take OTEL_SDK_DISABLED away"),
    ],
    ids=["in code", "not loaded", "ours off", "all off", "SDK off"],
)
def test_why_nothing_is_attached(
    variables: dict[str, str],
    is_auto: bool,  # noqa: FBT001 - a case's
    said: str,
    todo: str,
    closing: list[Any],
) -> None:
    first = loading.findings(set_up(closing, **variables)._replace(is_auto=is_auto))[0]
    assert first.state is State.BAD
    assert said in first.text
    assert todo in str(first.todo)


@pytest.mark.parametrize(
    ("variables", "is_auto", "todo"),
    [
        ({}, False, "opentelemetry-instrument otel-llm-cost doctor"),
        ({"OTEL_CONFIG_FILE": "x.yaml"}, True, "a tracer_provider section"),
        ({}, True, "set an OpenTelemetry SDK tracer provider|pip install opentelemetry-distro"),
    ],
    ids=["alone", "by file", "by a distro"],
)
def test_why_there_is_no_sdk(variables: dict[str, str], is_auto: bool, todo: str) -> None:  # noqa: FBT001
    setup = setup_of(NoOpTracerProvider(), NoOpMeterProvider(), variables)._replace(is_auto=is_auto)
    first = loading.findings(setup)[0]
    assert first.state is State.BAD
    assert any(part in str(first.todo) for part in todo.split("|"))
    assert pipeline.findings(setup) == []


def test_an_entry_point_that_is_not_there(closing: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "entry_points", lambda **_: [])
    first = loading.findings(set_up(closing)._replace(is_auto=True))[0]
    assert "the entry point llm_cost is not found" in first.text
    found = loading.findings(setup_of(NoOpTracerProvider(), NoOpMeterProvider(), {})._replace(is_auto=True))[0]
    assert "pip install opentelemetry-distro" in str(found.todo)


@pytest.mark.parametrize(
    ("file", "is_auto"),
    [
        ("/usr/lib/python3.11/sitecustomize.py", False),
        ("/x/opentelemetry/instrumentation/auto_instrumentation/sitecustomize.py", True),
        (None, False),
    ],
    ids=["another", "OpenTelemetry's", "none"],
)
def test_what_started_the_process_is_told_by_its_sitecustomize(
    file: str | None,
    is_auto: bool,  # noqa: FBT001 - a case's
    closing: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = ModuleType("sitecustomize")
    held.__file__ = file
    monkeypatch.setitem(sys.modules, "sitecustomize", held)
    assert set_up(closing).is_auto is is_auto


# Samplers -----------------------------------------------------------------------------------------------------------------------
class Recording(Sampler):
    """Exports nothing, and has everything recorded."""

    def should_sample(self, *asked: Any, **_: object) -> SamplingResult:  # noqa: ANN401 - a sampler's
        return SamplingResult(Decision.RECORD_ONLY, asked[4])

    def get_description(self) -> str:
        return "Recording"


@pytest.mark.parametrize(
    ("sampler", "dropped", "unexported"),
    [
        (ALWAYS_ON, 0, 0),
        (DEFAULT_ON, 0, 0),
        (ALWAYS_OFF, 1, 0),
        (DEFAULT_OFF, 1, 0),
        (TraceIdRatioBased(0.1), 0.9, 0),
        (ParentBased(TraceIdRatioBased(0.25)), 0.75, 0),
        (Recording(), 0, 1),
    ],
    ids=["on", "parent on", "off", "parent off", "ratio", "parent ratio", "recording"],
)
def test_what_share_a_sampler_drops(sampler: Sampler, dropped: float, unexported: float) -> None:
    assert pipeline.shares(sampler) == (dropped, unexported, 0)


def test_a_sampler_that_takes_attributes_away_is_bad(closing: list[Any]) -> None:
    """The default of Elastic's distribution."""
    experimental = pytest.importorskip("opentelemetry.sdk.trace._sampling_experimental", reason="the oldest SDK has none")
    sampler = experimental.composite_sampler(experimental.composable_always_on())
    (found,) = [one for one in pipeline.findings(set_up(closing, sampler=sampler)) if "sampler" in one.text]
    assert found.state is State.BAD
    assert "takes away what spans begin with" in found.text


@pytest.mark.parametrize(
    ("sampler", "state", "said"),
    [
        (DEFAULT_ON, State.OK, "{root:AlwaysOnSampler} drops nothing but what the caller of this process has not sampled"),
        (ALWAYS_ON, State.OK, "AlwaysOnSampler drops nothing"),
        (TraceIdRatioBased(0.001), State.WARN, "drops 99.9 % of traces"),
        (ALWAYS_OFF, State.WARN, "drops 100 % of traces"),
        (Recording(), State.OK, "100 % are counted and not exported"),
    ],
    ids=["parent on", "on", "ratio", "off", "recording"],
)
def test_what_is_said_of_a_sampler(sampler: Sampler, state: State, said: str, closing: list[Any]) -> None:
    (found,) = [one for one in pipeline.findings(set_up(closing, sampler=sampler)) if "sampler" in one.text]
    assert found.state is state
    assert said in found.text


# Processors and exporters -------------------------------------------------------------------------------------------------------
def test_processors_are_named_in_their_order(closing: list[Any], ours: CostSpanProcessor) -> None:
    found = pipeline.findings(set_up(closing, SimpleSpanProcessor(Another()), ours, BatchSpanProcessor(Another())))
    assert "in order: SimpleSpanProcessor to Another, CostSpanProcessor, BatchSpanProcessor to Another" in str(found)


@pytest.mark.parametrize(
    ("processors", "state", "said"),
    [
        ([], State.WARN, "no span processor"),
        ([CostSpanProcessor(table=TABLE, meter_provider=NoOpMeterProvider())], State.WARN, "no span exporter"),
        ([SimpleSpanProcessor(ConsoleSpanExporter())], State.NOTE, "ConsoleSpanExporter: spans go to no backend"),
        ([SimpleSpanProcessor(ConsoleSpanExporter()), SimpleSpanProcessor(Another())], State.OK, "to Another"),
    ],
    ids=["none", "no exporter", "console", "console and more"],
)
def test_where_spans_go(processors: list[SpanProcessor], state: State, said: str, closing: list[Any]) -> None:
    last = of(pipeline.findings(set_up(closing, *processors, OTEL_TRACES_EXPORTER="console")), "traces")[-1]
    assert last.state is state
    assert said in last.text
    assert (last.todo is None) == (state is State.OK)


@pytest.mark.parametrize(
    ("name", "state"),
    [("shop", State.OK), ("unknown_service", State.NOTE), ("unknown_service:python", State.NOTE), ("", State.NOTE)],
)
def test_a_service_without_a_name(name: str, state: State, closing: list[Any]) -> None:
    first = pipeline.findings(set_up(closing, service=name))[0]
    assert first.state is state


# Readers ------------------------------------------------------------------------------------------------------------------------
class Metrics(ConsoleMetricExporter):
    """One that nobody here knows."""

    def export(self, *_: object, **__: object) -> MetricExportResult:
        raise AssertionError("nothing is exported here")


def periodic(exporter: MetricExporter) -> PeriodicExportingMetricReader:
    return PeriodicExportingMetricReader(exporter, export_interval_millis=7_000)


@pytest.mark.parametrize("delta", [False, True])
def test_a_reader_is_told_with_its_temporality(delta: bool, closing: list[Any]) -> None:  # noqa: FBT001
    wanted = AggregationTemporality.DELTA if delta else AggregationTemporality.CUMULATIVE
    reader = InMemoryMetricReader(preferred_temporality={Counter: wanted})
    (found,) = of(pipeline.findings(set_up(closing, readers=[reader])), "metrics")
    assert found.text.startswith(f"InMemoryMetricReader, which is asked, {'delta' if delta else 'cumulative'}")
    assert found.state is (State.NOTE if delta else State.OK)
    assert (found.todo or "").startswith("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE" if delta else "")


def test_a_reader_that_exports_is_told_with_its_interval(closing: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(internals, "metric_readers", lambda _: [reader])
    reader = periodic(Metrics())
    closing.append(reader)
    (found,) = of(pipeline.findings(set_up(closing)), "metrics")
    assert found.text == "PeriodicExportingMetricReader to Metrics, every 7 s, cumulative"


def test_metrics_on_the_console_go_to_no_backend(closing: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(internals, "metric_readers", lambda _: [reader])
    reader = periodic(ConsoleMetricExporter(out=StringIO()))
    closing.append(reader)
    (found,) = of(pipeline.findings(set_up(closing)), "metrics")
    assert found.state is State.NOTE
    assert found.todo == "set OTEL_METRICS_EXPORTER=otlp"


def test_metrics_without_a_reader_go_nowhere(closing: list[Any]) -> None:
    (found,) = of(pipeline.findings(set_up(closing, OTEL_METRICS_EXPORTER="none")), "metrics")
    assert (found.state, found.todo) == (State.WARN, "OTEL_METRICS_EXPORTER is none: otlp sends them")


# What is not as it was ----------------------------------------------------------------------------------------------------------
def test_private_attributes_that_are_gone_are_told_as_nothing() -> None:
    class Renamed:
        """A processor, a reader, a provider and an exporter of a release to come."""

    Renamed.__module__ = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
    thing = Renamed()
    assert internals.span_processors(thing) == []
    assert internals.log_processors(thing) == []
    assert internals.metric_readers(thing) == []
    assert internals.exporter_of(thing) is None
    assert internals.interval_seconds(thing) is None
    assert internals.counter_temporality(thing) is None
    assert internals.otlp_of(thing, "traces") is None
