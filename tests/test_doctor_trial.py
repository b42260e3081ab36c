"""The test span of the doctor: it goes the program's own way, shows a cost of 0, and is counted nowhere. And what never raises."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

import pytest
from conftest import Telemetry
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult, PeriodicExportingMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, TraceIdRatioBased

from otel_llm_cost.doctor import endpoint, examine, loading, pipeline, trial
from otel_llm_cost.doctor.finding import Finding, State
from otel_llm_cost.doctor.setup import Setup, setup_of
from otel_llm_cost.doctor.silence import close, silence
from otel_llm_cost.prices.table import PriceTable

NOW = PriceTable.shipped().checked_unix_nano


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    made = Telemetry(table=PriceTable.shipped())
    made.attach(made.processor, BatchSpanProcessor(made.exporter))
    yield made
    made.shut_down()


def setup(telemetry: Telemetry) -> Setup:
    return setup_of(telemetry.provider, telemetry.meter_provider, {})


def send(telemetry: Telemetry) -> tuple[list[Finding], str | None]:
    # The reader of a test is asked: nothing sends its metrics.
    return trial.findings(setup(telemetry), [])


def test_it_arrives_priced_and_is_counted_nowhere(telemetry: Telemetry) -> None:
    (found, metrics), trace_id = send(telemetry)
    (span,) = telemetry.spans
    assert (found.state, metrics.state) == (State.OK, State.NOTE)
    assert trace_id == format(span.context.trace_id, "032x")
    assert trace_id in found.text
    held = span.attributes or {}
    assert (held["llm_cost.status"], held["gen_ai.usage.cost.amount"], held["llm_cost.test"]) == ("free", 0.0, True)
    assert span.instrumentation_scope.name == "otel_llm_cost.doctor"
    collected = telemetry.collect()
    assert set(collected.metrics) <= {"llm_cost.table.age"}


def test_the_programs_own_processor_goes_on_afterwards(telemetry: Telemetry) -> None:
    send(telemetry)
    assert telemetry.processor.enabled
    tracer = telemetry.provider.get_tracer("opentelemetry.instrumentation.genai.openai", "1.3b0")
    attributes = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o-mini"}
    counts = {"gen_ai.usage.input_tokens": 1009, "gen_ai.usage.output_tokens": 101}
    tracer.start_span("chat gpt-4o-mini", attributes=attributes | counts).end()
    assert telemetry.calls() == {"priced": 1}


class Failing(SpanExporter):
    """Takes nothing."""

    def __init__(self, result: SpanExportResult | Exception | None) -> None:
        self._result = result

    def export(self, spans: object) -> SpanExportResult:  # noqa: ARG002 - the SDK's signature
        if isinstance(self._result, Exception):
            raise self._result
        return self._result  # type: ignore[return-value] # as exporters do


@pytest.mark.parametrize(
    ("result", "said"),
    [(SpanExportResult.FAILURE, "FAILURE"), (None, "FAILURE"), (OSError("tell-nobody"), "OSError")],
    ids=["failure", "nothing", "raises"],
)
def test_what_the_exporter_says_is_told(result: SpanExportResult | Exception | None, said: str) -> None:
    telemetry = Telemetry(table=PriceTable.shipped())
    exporter = Failing(result)
    telemetry.attach(telemetry.processor, SimpleSpanProcessor(exporter))
    (found, _), trace_id = trial.findings(setup(telemetry), ["Failed to export spans batch code: 503, reason: tell-nobody"])
    telemetry.shut_down()
    assert trace_id is not None
    assert found.state is State.BAD
    assert f"(the exporter says {said}, by 503)" in found.text
    assert "tell-nobody" not in found.text
    assert "export" not in vars(exporter)


class Metrics(MetricExporter):
    """Answers as it is told."""

    def __init__(self, result: MetricExportResult) -> None:
        super().__init__()
        self._result = result

    def export(self, *_: object, **__: object) -> MetricExportResult:
        return self._result

    def shutdown(self, *_: object, **__: object) -> None:
        """Nothing is held."""

    def force_flush(self, *_: object, **__: object) -> bool:
        return True


@pytest.mark.parametrize("result", list(MetricExportResult))
def test_metrics_are_flushed_too(result: MetricExportResult, telemetry: Telemetry) -> None:
    reader = PeriodicExportingMetricReader(Metrics(result), export_interval_millis=3_600_000)
    meters = MeterProvider([reader], shutdown_on_exit=False)
    meters.get_meter("x").create_counter("y").add(1)
    found, _ = trial.findings(setup_of(telemetry.provider, meters, {}), [])
    meters.shutdown()
    assert found[1].state is (State.OK if result is MetricExportResult.SUCCESS else State.BAD)


def test_a_sampler_that_lets_few_through_is_asked_until_one_is() -> None:
    telemetry = Telemetry(table=PriceTable.shipped(), sampler=TraceIdRatioBased(0.1))
    telemetry.attach()
    found, trace_id = send(telemetry)
    telemetry.shut_down()
    assert found[0].state is State.OK
    assert [format(span.context.trace_id, "032x") for span in telemetry.spans] == [trace_id]


def test_one_that_lets_none_through_is_told() -> None:
    telemetry = Telemetry(table=PriceTable.shipped(), sampler=ALWAYS_OFF)
    telemetry.attach()
    found, trace_id = send(telemetry)
    telemetry.shut_down()
    assert (found[0].state, trace_id) == (State.BAD, None)
    assert "the sampler dropped" in found[0].text


def test_without_an_exporter_nothing_is_sent() -> None:
    telemetry = Telemetry(table=PriceTable.shipped())
    telemetry.attach(telemetry.processor)
    (found,), trace_id = send(telemetry)
    telemetry.shut_down()
    assert (found.state, trace_id) == (State.BAD, None)


# All of it ----------------------------------------------------------------------------------------------------------------------
def test_all_of_it_with_a_span(telemetry: Telemetry) -> None:
    found = examine(setup(telemetry), NOW, send=True)
    assert found.trace_id == format(telemetry.spans[0].context.trace_id, "032x")
    assert list(dict.fromkeys(one.topic for one in found.findings)) == [
        "loading",
        "traces",
        "metrics",
        "instrumentations",
        "prices",
        "test span",
    ]


def test_a_look_that_fails_is_a_finding_and_the_others_go_on(telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> list[Finding]:
        raise RuntimeError("tell-nobody")

    for topic in (loading, pipeline, endpoint):
        monkeypatch.setattr(topic, "findings", fail)
    found = examine(setup(telemetry), NOW)
    assert [one.topic for one in found.findings[:3]] == ["loading", "traces", "endpoint"]
    assert {one.state for one in found.findings[:3]} == {State.BAD}
    assert "cannot be looked at: RuntimeError in test_doctor_trial.py, line " in found.findings[0].text
    assert "tell-nobody" not in str(found)
    assert "prices" in {one.topic for one in found.findings}


def test_all_that_is_not_well_says_what_to_do(telemetry: Telemetry) -> None:
    found = examine(
        setup(telemetry)._replace(environment={"OTEL_SDK_DISABLED": "true", "OTEL_LLM_COST_PRICE": "x"}), NOW, send=True
    )
    assert not found.is_well
    assert all(one.todo for one in found.findings if not one.is_well)
    assert found.findings[-1].text == "not sent: it would not arrive"


def test_what_exporters_log_meanwhile_is_kept_and_not_printed(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("opentelemetry.exporter.otlp")
    with silence() as kept:
        log.warning("spans of %s", "shop")
    assert (kept, caplog.records) == (["spans of shop"], [])
    log.warning("afterwards")
    assert [record.getMessage() for record in caplog.records] == ["afterwards"]
    assert kept == ["spans of shop"]


def test_afterwards_nothing_is_exported(caplog: pytest.LogCaptureFixture) -> None:
    exported: list[object] = []

    class Keeping(InMemorySpanExporter):
        is_open = True

        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            exported.extend(spans if self.is_open else ())
            return SpanExportResult.SUCCESS

        def shutdown(self) -> None:
            self.is_open = False

    telemetry = Telemetry(table=PriceTable.shipped())
    telemetry.attach(telemetry.processor, BatchSpanProcessor(Keeping()))
    telemetry.provider.get_tracer("x").start_span("waits").end()
    close(setup(telemetry))
    assert exported == []
    assert caplog.records == []
