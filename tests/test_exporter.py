"""`CostSpanExporter`: prices what no processor has priced, once, and hands all of it on."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from threading import Thread
from typing import Any, Final
from weakref import ref

import pytest
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import Link, SpanContext, Status, StatusCode
from opentelemetry.util._once import Once

from otel_llm_cost.exporter import CostSpanExporter, delegate_from_environment
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.processor import CostSpanProcessor
from otel_llm_cost.record import record_call
from otel_llm_cost.usage import Usage
from tests.conftest import NATIVE, OPENLLMETRY, PARENT, TABLE, Metrics, call, usd

AMOUNT: Final = "gen_ai.usage.cost.amount"
STATUS: Final = "llm_cost.status"


class Pipeline:
    """A pipeline of which only the exporter can be chosen."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401
        self.reader = InMemoryMetricReader()
        self.meter_provider = MeterProvider([self.reader], shutdown_on_exit=False)
        self.provider = TracerProvider(shutdown_on_exit=False, **options)
        self.arrived = InMemorySpanExporter()
        self.exporter = self.another(self.arrived)

    def another(self, delegate: SpanExporter) -> CostSpanExporter:
        return CostSpanExporter(
            delegate, table=TABLE, meter_provider=self.meter_provider, tracer_provider=self.provider, strict=False
        )

    def batched(self) -> Pipeline:
        self.provider.add_span_processor(BatchSpanProcessor(self.exporter))
        return self

    def simple(self) -> Pipeline:
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        return self

    def chat(self, name: str = "chat", scope: str = PARENT, **more: Any) -> None:  # noqa: ANN401
        self.provider.get_tracer(scope).start_span(name, attributes=call("m", 1009, 101, **more)).end()

    def spans(self) -> dict[str, dict[str, Any]]:
        """The attributes of what arrived, by name."""
        self.provider.force_flush()
        return {span.name: dict(span.attributes or {}) for span in self.arrived.get_finished_spans()}

    def metrics(self) -> Metrics:
        self.provider.force_flush()
        return Metrics(self.reader.get_metrics_data())

    def calls(self) -> dict[str, int]:
        return self.metrics().by("llm_cost.calls", STATUS)


@pytest.fixture
def make() -> Iterator[Callable[..., Pipeline]]:
    made: list[Pipeline] = []

    def one(**options: Any) -> Pipeline:  # noqa: ANN401
        made.append(Pipeline(**options))
        return made[-1]

    yield one
    for pipeline in made:
        pipeline.provider.shutdown()
        pipeline.meter_provider.shutdown()


@pytest.fixture
def pipeline(make: Callable[..., Pipeline]) -> Pipeline:
    return make()


COST: Final = usd("m", input=1009, output=101)


def test_a_call_is_priced_and_counted(pipeline: Pipeline) -> None:
    pipeline.batched().chat()
    written = pipeline.spans()["chat"]
    assert (written[AMOUNT], written[STATUS]) == (float(COST), "priced")
    assert written["gen_ai.usage.input_tokens"] == 1009
    assert pipeline.calls() == {"priced": 1}
    assert pipeline.metrics().total("llm_cost.spend") == float(COST)


def test_other_spans_pass_as_they_are(pipeline: Pipeline) -> None:
    pipeline.batched()
    tracer = pipeline.provider.get_tracer("program")
    with tracer.start_as_current_span("request", attributes={"http.route": "/"}):
        pass
    assert pipeline.spans() == {"request": {"http.route": "/"}}
    assert pipeline.calls() == {}


@pytest.mark.parametrize("processor_first", [True, False])
def test_what_the_processor_has_priced_is_not_priced_again(pipeline: Pipeline, *, processor_first: bool) -> None:
    processor = CostSpanProcessor(table=TABLE, meter_provider=pipeline.meter_provider, strict=False)
    both = [processor, BatchSpanProcessor(pipeline.exporter)]
    for one in both if processor_first else reversed(both):
        pipeline.provider.add_span_processor(one)
    pipeline.chat()
    assert pipeline.spans()["chat"][AMOUNT] == float(COST)
    assert pipeline.calls() == {"priced": 1}
    assert pipeline.metrics().total("llm_cost.spend") == float(COST)


def test_a_span_that_had_no_room_for_its_cost_is_not_counted_again(make: Callable[..., Pipeline]) -> None:
    pipeline = make(span_limits=SpanLimits(max_span_attributes=len(call())))
    pipeline.provider.add_span_processor(CostSpanProcessor(table=TABLE, meter_provider=pipeline.meter_provider, strict=False))
    pipeline.batched().chat()
    assert STATUS not in pipeline.spans()["chat"]
    assert pipeline.calls() == {"priced": 1}


def test_a_switched_off_processor_leaves_it_to_the_exporter(pipeline: Pipeline) -> None:
    processor = CostSpanProcessor(table=TABLE, meter_provider=pipeline.meter_provider, strict=False)
    processor.enabled = False
    pipeline.provider.add_span_processor(processor)
    pipeline.batched().chat()
    assert pipeline.spans()["chat"][AMOUNT] == float(COST)
    assert pipeline.calls() == {"priced": 1}


def test_two_exporters_of_one_pipeline_count_a_call_once(pipeline: Pipeline) -> None:
    second = InMemorySpanExporter()
    pipeline.batched()
    pipeline.provider.add_span_processor(BatchSpanProcessor(pipeline.another(second)))
    pipeline.chat()
    assert pipeline.spans()["chat"][AMOUNT] == float(COST)
    (other,) = second.get_finished_spans()
    assert (other.attributes or {})[AMOUNT] == float(COST)
    assert pipeline.calls() == {"priced": 1}


def test_what_was_exported_is_not_kept(pipeline: Pipeline) -> None:
    pipeline.batched().chat()
    assert pipeline.spans()
    kept = ref(pipeline.arrived.get_finished_spans()[0])
    pipeline.arrived.clear()
    gc.collect()
    assert kept() is None
    assert len(pipeline.exporter._accounts.exported) == 0


def test_a_dropped_span_is_not_counted(make: Callable[..., Pipeline]) -> None:
    pipeline = make(sampler=ALWAYS_OFF)
    pipeline.batched().chat()
    assert pipeline.spans() == {}
    assert pipeline.calls() == {}


# One call once ------------------------------------------------------------------------------------------------------------------
def nested(pipeline: Pipeline, *, between: Callable[[], object] = lambda: None) -> None:
    """A call that an instrumentation and the SDK itself see, below an agent."""
    outer, inner = pipeline.provider.get_tracer(PARENT), pipeline.provider.get_tracer(NATIVE)
    agent = pipeline.provider.get_tracer("agent")
    with agent.start_as_current_span("agent"), outer.start_as_current_span("outer", attributes=call(response_id="r1")):
        with inner.start_as_current_span("inner", attributes=call(response_id="r1")):
            pass
        between()


def test_a_call_with_two_spans_in_one_batch_is_counted_once(pipeline: Pipeline) -> None:
    nested(pipeline.batched())
    spans = pipeline.spans()
    assert (spans["inner"][STATUS], spans["outer"][STATUS]) == ("priced", "duplicate")
    assert AMOUNT not in spans["outer"]
    assert pipeline.calls() == {"priced": 1, "duplicate": 1}


def test_a_call_with_its_spans_in_two_batches_is_counted_once(pipeline: Pipeline) -> None:
    nested(pipeline.batched(), between=pipeline.provider.force_flush)
    spans = pipeline.spans()
    assert (spans["inner"][STATUS], spans["outer"][STATUS]) == ("priced", "duplicate")
    assert pipeline.calls() == {"priced": 1, "duplicate": 1}


def test_a_call_with_its_spans_exported_one_by_one_is_counted_once(pipeline: Pipeline) -> None:
    nested(pipeline.simple())
    assert pipeline.calls() == {"priced": 1, "duplicate": 1}


def test_roots_with_the_same_counts_that_nothing_relates_are_two_calls(pipeline: Pipeline) -> None:
    """In two threads, say: an ended span does not tell. A call missed would be money lost."""
    pipeline.batched()
    one = pipeline.provider.get_tracer(OPENLLMETRY).start_span("one", attributes=call())
    other = pipeline.provider.get_tracer(NATIVE).start_span("other", attributes=call())
    other.end()
    one.end()
    assert pipeline.calls() == {"priced": 2}


def test_roots_with_the_same_response_id_are_one_call(pipeline: Pipeline) -> None:
    pipeline.batched()
    one = pipeline.provider.get_tracer(OPENLLMETRY).start_span("one", attributes=call(response_id="r1"))
    other = pipeline.provider.get_tracer(NATIVE).start_span("other", attributes=call(response_id="r1"))
    other.end()
    one.end()
    assert pipeline.calls() == {"priced": 1, "duplicate": 1}


def test_calls_one_after_the_other_in_a_trace_are_as_many(pipeline: Pipeline) -> None:
    pipeline.batched()
    with pipeline.provider.get_tracer("agent").start_as_current_span("agent"):
        for place in range(3):
            pipeline.chat(f"chat {place}")
    assert {span.get(STATUS) for name, span in pipeline.spans().items() if name != "agent"} == {"priced"}
    assert pipeline.calls() == {"priced": 3}


def test_many_threads_lose_no_call(pipeline: Pipeline) -> None:
    pipeline.simple()
    threads = [Thread(target=lambda: [pipeline.chat() for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pipeline.calls() == {"priced": 400}
    assert pipeline.metrics().total("llm_cost.spend") == float(400 * COST)


# What the application told of -----------------------------------------------------------------------------------------------------
def test_a_recorded_call_costs_what_it_was_recorded_with(pipeline: Pipeline, caplog: pytest.LogCaptureFixture) -> None:
    """The conventions' attributes do not tell the lifetime of a cache write."""
    pipeline.batched()
    usage = Usage(input=1009, cache_write_1h=2003, output=101)
    returned = record_call(provider="acme", model="m", usage=usage, tracer_provider=pipeline.provider)
    cost = usd("m", input=1009, cache_write_1h=2003, output=101)
    assert (Fraction(returned.amount or 0), pipeline.spans()["chat m"][AMOUNT]) == (cost, float(cost))
    assert pipeline.spans()["chat m"]["llm_cost.usage_source"] == "app"
    assert pipeline.metrics().total("llm_cost.spend") == float(cost)
    assert caplog.text == ""


def test_a_cost_that_was_told_is_kept(pipeline: Pipeline) -> None:
    pipeline.batched()
    record_call(provider="acme", model="m", amount=0.37, currency="EUR", tracer_provider=pipeline.provider)
    written = pipeline.spans()["chat m"]
    assert (written[AMOUNT], written["gen_ai.usage.cost.currency"], written[STATUS]) == (0.37, "EUR", "reported")
    assert pipeline.metrics().by("llm_cost.spend", "gen_ai.usage.cost.currency") == {"EUR": 0.37}


def test_two_calls_recorded_in_one_span_are_two(pipeline: Pipeline) -> None:
    pipeline.batched()
    with pipeline.provider.get_tracer(PARENT).start_as_current_span("chat", attributes=call()):
        for tokens in (1009, 2003):
            record_call(provider="acme", model="m", usage=Usage(input=tokens, output=101), tracer_provider=pipeline.provider)
    assert pipeline.calls() == {"priced": 2}
    assert pipeline.metrics().total("llm_cost.spend") == float(usd("m", input=1009 + 2003, output=202))


# What the delegate gets ---------------------------------------------------------------------------------------------------------
def test_all_else_of_the_span_is_as_it_was(make: Callable[..., Pipeline]) -> None:
    resource = Resource({"service.name": "shop"})
    pipeline = make(resource=resource, span_limits=SpanLimits(max_events=1, max_links=1, max_span_attributes=len(call())))
    plain = InMemorySpanExporter()
    pipeline.batched().provider.add_span_processor(SimpleSpanProcessor(plain))
    link = Link(SpanContext(1, 2, is_remote=True))
    span = pipeline.provider.get_tracer(PARENT, "1.2").start_span("chat", attributes={"gone": 1, **call()}, links=[link, link])
    span.add_event("first")
    span.add_event("second")
    span.set_status(Status(StatusCode.ERROR, "late"))
    span.end()
    assert pipeline.spans()["chat"][STATUS] == "priced"
    (was,), (now,) = plain.get_finished_spans(), pipeline.arrived.get_finished_spans()
    same = ("name", "context", "parent", "kind", "start_time", "end_time", "status", "resource", "events", "links",
            "instrumentation_scope", "dropped_attributes", "dropped_events", "dropped_links")  # fmt: skip
    assert {name: getattr(now, name) for name in same} == {name: getattr(was, name) for name in same}
    assert (now.dropped_attributes, now.dropped_events, now.dropped_links) == (1, 1, 1)
    assert dict(was.attributes or {}).items() < dict(now.attributes or {}).items()
    assert STATUS not in (was.attributes or {})


class Refuses(SpanExporter):
    """A backend that is gone."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002
        return SpanExportResult.FAILURE


def test_the_delegates_answer_is_the_answer(pipeline: Pipeline) -> None:
    assert pipeline.another(Refuses()).export([]) is SpanExportResult.FAILURE
    assert pipeline.another(InMemorySpanExporter()).export([]) is SpanExportResult.SUCCESS


def test_shutdown_and_flush_reach_the_delegate(pipeline: Pipeline) -> None:
    class Told(InMemorySpanExporter):
        told: list[str] = []  # noqa: RUF012

        def force_flush(self, timeout_millis: int = 30000) -> bool:  # noqa: ARG002
            self.told.append("flush")
            return False

        def shutdown(self) -> None:
            self.told.append("shutdown")

    exporter = pipeline.another(Told())
    assert exporter.force_flush() is False
    exporter.shutdown()
    assert Told.told == ["flush", "shutdown"]


def test_a_failure_of_ours_keeps_no_span(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr(pipeline.exporter, "_price", fail)
    pipeline.batched().chat()
    assert AMOUNT not in pipeline.spans()["chat"]
    assert pipeline.metrics().by("llm_cost.errors", "llm_cost.error.kind") == {"export:RuntimeError": 1}


def test_a_span_with_nothing_known_of_it_passes(pipeline: Pipeline) -> None:
    exporter = pipeline.another(arrived := InMemorySpanExporter())
    exporter.export([ReadableSpan("bare"), ReadableSpan("unended", SpanContext(1, 2, is_remote=False), attributes=call())])
    assert [span.name for span in arrived.get_finished_spans()] == ["bare", "unended"]
    assert pipeline.metrics().total("llm_cost.errors") == 0


# By the environment -------------------------------------------------------------------------------------------------------------
OTLP: Final = {
    "": "grpc",
    "grpc": "grpc",
    "http/protobuf": "http",
    " http/protobuf ": "http",
}


@pytest.mark.parametrize("protocol", OTLP)
@pytest.mark.parametrize("variable", ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"])
def test_the_delegate_is_otlp_of_the_protocol_that_is_named(protocol: str, variable: str) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.grpc")
    delegate = delegate_from_environment({variable: protocol})
    assert type(delegate).__module__.startswith(f"opentelemetry.exporter.otlp.proto.{OTLP[protocol]}")
    delegate.shutdown()


def test_the_delegate_may_be_another_one() -> None:
    assert type(delegate_from_environment({"OTEL_LLM_COST_EXPORTER": " console "})).__name__ == "ConsoleSpanExporter"


@pytest.mark.parametrize("name", ["llm_cost", "nobodys", "otlp,console"])
def test_a_name_that_is_none_is_an_error_that_says_what_there_is(name: str) -> None:
    said = rf"^OTEL_LLM_COST_EXPORTER: no span exporter '{name}' to hand spans to; installed: .*console"
    with pytest.raises(ValueError, match=said):
        delegate_from_environment({"OTEL_LLM_COST_EXPORTER": name})


def test_a_protocol_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="no OTLP exporter speaks 'http/json'; one of grpc, http/protobuf"):
        delegate_from_environment({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"})


def test_a_price_file_that_cannot_be_used_is_logged_and_the_shipped_prices_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_LLM_COST_PRICES", str(tmp_path / "none.toml"))
    PriceTable.default.cache_clear()
    with caplog.at_level(logging.ERROR):
        exporter = CostSpanExporter(InMemorySpanExporter(), meter_provider=MeterProvider(shutdown_on_exit=False))
    assert exporter._processor.table is PriceTable.shipped()
    assert "none.toml" in caplog.text
    PriceTable.default.cache_clear()


# Before the meter provider is set -----------------------------------------------------------------------------------------------
@pytest.fixture
def no_global_meter_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opentelemetry.metrics._internal._METER_PROVIDER", None)
    monkeypatch.setattr("opentelemetry.metrics._internal._METER_PROVIDER_SET_ONCE", Once())


@pytest.mark.usefixtures("no_global_meter_provider")
def test_made_before_the_meter_provider_it_shares_the_accounts_of_a_processor_made_after_it() -> None:
    exporter = CostSpanExporter(arrived := InMemorySpanExporter(), table=TABLE, strict=False)
    reader = InMemoryMetricReader()
    metrics.set_meter_provider(MeterProvider([reader], shutdown_on_exit=False))
    processor = CostSpanProcessor(table=TABLE, strict=False)
    assert processor.accounts is exporter._accounts
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    provider.get_tracer(PARENT).start_span("chat", attributes=call()).end()
    processor.enabled = False
    provider.get_tracer(PARENT).start_span("chat", attributes=call()).end()
    assert [(span.attributes or {})[STATUS] for span in arrived.get_finished_spans()] == ["priced", "priced"]
    assert Metrics(reader.get_metrics_data()).by("llm_cost.calls", STATUS) == {"priced": 2}
    provider.shutdown()
