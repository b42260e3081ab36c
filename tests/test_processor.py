"""The processor in the SDK's hands: every order, sampler and limit; what it writes, and that the application never feels it."""

from __future__ import annotations

import gc
import json
import logging
import weakref
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from threading import Barrier, Thread
from typing import Any, cast

import pytest
from conftest import NATIVE, PARENT, TABLE, UNKNOWN, VERSION, Telemetry, call, usd
from opentelemetry.context import Context
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, StatusCode, TraceState, set_span_in_context
from opentelemetry.util.types import Attributes

from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.processor import CostSpanProcessor

HTTPX = "opentelemetry.instrumentation.httpx"
SCOPES = pytest.mark.parametrize("scope", [PARENT, UNKNOWN], ids=["known-scope", "unknown-scope"])
COMMON = {"llm_cost.table": VERSION, "llm_cost.usage_source": "span"}
PRICE = {"llm_cost.price": "acme/m@2020-01-01"}
LOCAL = {"gen_ai.usage.cost.currency": "USD", "gen_ai.usage.cost.source": "local"}
M_COST = usd("m", input=1009, output=101)
M_PARTS = {
    "llm_cost.component.input.amount": float(usd("m", input=1009)),
    "llm_cost.component.output.amount": float(usd("m", output=101)),
}
SECRET = "sk-very-secret-prompt"  # noqa: S105 - that is what must not be logged


def ask(telemetry: Telemetry, scope: str = PARENT, *, context: Context | None = None, **more: Any) -> None:  # noqa: ANN401
    telemetry.tracer(scope).start_span("ask", context, attributes=call(**more)).end()


def written(telemetry: Telemetry, attributes: dict[str, Any]) -> dict[str, Any]:
    """What stands on the one span beyond what the application set."""
    (span,) = telemetry.spans
    held = dict(span.attributes or {})
    assert {name: held.pop(name) for name in attributes} == attributes
    return held


# Order, exporters, samplers ------------------------------------------------------------------------------------------------------
class Noting(SpanProcessor):
    """Another processor, which sees the span at its end."""

    def __init__(self) -> None:
        self.statuses: list[object] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.statuses.append((span.attributes or {}).get("llm_cost.status"))

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        del timeout_millis
        return True  # The oldest SDK's own returns None, which ends the flush.


@SCOPES
@pytest.mark.parametrize("exporter", [SimpleSpanProcessor, BatchSpanProcessor])
@pytest.mark.parametrize("position", [0, 1, 2], ids=["first", "between", "last"])
def test_the_cost_is_on_the_span_in_every_order_and_with_every_exporter(
    make_telemetry: Callable[..., Telemetry], position: int, exporter: type, scope: str
) -> None:
    telemetry = make_telemetry()
    noting = Noting()
    processors: list[SpanProcessor] = [noting, exporter(telemetry.exporter)]
    processors.insert(position, telemetry.processor)
    telemetry.attach(*processors)
    ask(telemetry, scope)
    telemetry.provider.force_flush()
    assert telemetry.attributes("ask")["gen_ai.usage.cost.amount"] == float(M_COST)
    assert noting.statuses == ["priced"]
    assert telemetry.calls() == {"priced": 1}


class Always(Sampler):
    """Decides the same for every span."""

    def __init__(self, decision: Decision) -> None:
        self._decision = decision

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        del parent_context, trace_id, name, kind, links, trace_state
        return SamplingResult(self._decision, attributes)

    def get_description(self) -> str:
        return "Always"


def test_a_span_that_is_only_recorded_is_counted_and_not_exported(make_telemetry: Callable[..., Telemetry]) -> None:
    telemetry = make_telemetry(sampler=Always(Decision.RECORD_ONLY))
    noting = Noting()
    telemetry.attach(telemetry.processor, SimpleSpanProcessor(telemetry.exporter), noting)
    for _ in range(3):
        ask(telemetry)
    assert telemetry.spans == ()
    assert noting.statuses == ["priced"] * 3
    metrics = telemetry.collect()
    assert metrics.by("llm_cost.calls", "llm_cost.status") == {"priced": 3}
    assert metrics.total("llm_cost.spend") == pytest.approx(float(3 * M_COST), rel=1e-15)
    assert [point.count for point in metrics.points("gen_ai.client.operation.cost")] == [3]


def test_a_dropped_span_is_not_seen(make_telemetry: Callable[..., Telemetry]) -> None:
    telemetry = make_telemetry(sampler=Always(Decision.DROP)).attach()
    ask(telemetry)
    assert telemetry.calls() == {}


def test_a_processor_that_is_disabled_does_nothing(telemetry: Telemetry) -> None:
    telemetry.processor.enabled = False
    ask(telemetry)
    assert written(telemetry, call()) == {}
    assert telemetry.calls() == {}


@pytest.mark.parametrize("between", [False, True], ids=["side-by-side", "one-between"])
def test_two_of_ours_on_one_provider_count_once(make_telemetry: Callable[..., Telemetry], *, between: bool) -> None:
    telemetry = make_telemetry()
    second = CostSpanProcessor(table=TABLE, meter_provider=telemetry.meter_provider, strict=False)
    noting = [Noting()] if between else []
    telemetry.attach(telemetry.processor, *noting, second, SimpleSpanProcessor(telemetry.exporter))
    ask(telemetry)
    with telemetry.tracer(PARENT).start_as_current_span("outer", attributes=call()):
        ask(telemetry, NATIVE)
    assert telemetry.statuses() == ["priced", "priced", "duplicate"]
    metrics = telemetry.collect()
    assert metrics.by("llm_cost.calls", "llm_cost.status") == {"priced": 2, "duplicate": 1}
    assert [point.count for point in metrics.points("gen_ai.client.operation.cost")] == [2]


# The limit of attributes ---------------------------------------------------------------------------------------------------------
# What a priced chat of two components gets: amount, currency, source, status, table, usage source, price, two components.
ROOM = 9


@pytest.mark.parametrize(
    ("spare", "has_cost"),
    [pytest.param(0, False, id="full"), pytest.param(ROOM - 1, False, id="one-short"), pytest.param(ROOM, True, id="just-room")],
)
def test_a_span_at_its_limit_loses_nothing_of_the_applications(
    make_telemetry: Callable[..., Telemetry], spare: int, *, has_cost: bool, caplog: pytest.LogCaptureFixture
) -> None:
    attributes = call(**{"app.first": "kept", "gen_ai.response.id": "msg_1"})
    telemetry = make_telemetry(limits=SpanLimits(max_span_attributes=len(attributes) + spare)).attach()
    for _ in range(2):
        telemetry.tracer(PARENT).start_span("ask", Context(), attributes=attributes).end()
    for span in telemetry.spans:
        held = dict(span.attributes or {})
        assert {name: held.get(name) for name in attributes} == attributes
        assert len(held) == len(attributes) + (ROOM if has_cost else 0)
        assert span.dropped_attributes == 0
    metrics = telemetry.collect()
    assert metrics.by("llm_cost.calls", "llm_cost.status") == {"priced": 2}
    assert metrics.total("llm_cost.spend") == pytest.approx(float(2 * M_COST), rel=1e-15)
    assert metrics.by("llm_cost.errors", "llm_cost.error.kind") == ({} if has_cost else {"attribute_limit": 2})
    assert len([record for record in caplog.records if record.name == "otel_llm_cost"]) == (0 if has_cost else 1)


def test_a_duplicate_at_its_limit_is_left_as_it_is(make_telemetry: Callable[..., Telemetry]) -> None:
    telemetry = make_telemetry(limits=SpanLimits(max_span_attributes=8)).attach()
    with telemetry.tracer(PARENT).start_as_current_span("outer", attributes=call()):
        ask(telemetry, NATIVE)
    assert [dict(span.attributes or {}) for span in telemetry.spans] == [call(), call()]
    assert telemetry.calls() == {"priced": 1, "duplicate": 1}


# Ends ----------------------------------------------------------------------------------------------------------------------------
def test_ending_twice_counts_once(telemetry: Telemetry) -> None:
    span = telemetry.tracer(PARENT).start_span("ask", attributes=call())
    span.end()
    span.end()
    assert len(telemetry.spans) == 1
    assert telemetry.calls() == {"priced": 1}


def test_ending_from_two_threads_at_once_counts_once(telemetry: Telemetry) -> None:
    spans = [telemetry.tracer(PARENT).start_span("ask", Context(), attributes=call()) for _ in range(300)]
    barrier = Barrier(2)

    def work() -> None:
        for span in spans:
            barrier.wait(5)
            span.end()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert telemetry.statuses() == ["priced"] * 300
    assert telemetry.calls() == {"priced": 300}


def test_an_explicit_time_is_the_spans_end(telemetry: Telemetry) -> None:
    start = 1_735_689_600_000_000_000
    span = telemetry.tracer(PARENT).start_span("ask", attributes=call(), start_time=start)
    span.end(start + 7)
    (ended,) = telemetry.spans
    assert (ended.start_time, ended.end_time) == (start, start + 7)
    assert telemetry.statuses() == ["priced"]


def test_the_start_of_the_span_chooses_the_price(telemetry: Telemetry) -> None:
    first_day = 1_577_836_800_000_000_000  # 2020-01-01, from which the rates hold.
    for start in (first_day - 1, first_day):
        telemetry.tracer(PARENT).start_span("ask", attributes=call(), start_time=start).end(first_day + 10)
    assert telemetry.statuses() == ["unpriced", "priced"]
    assert (telemetry.spans[0].attributes or {})["llm_cost.reason"] == "before_first_price"


@SCOPES
def test_with_blocks_and_late_attributes_are_priced(telemetry: Telemetry, scope: str) -> None:
    with telemetry.tracer(scope).start_as_current_span("ask") as span:
        span.set_attributes(call())
    assert telemetry.statuses() == ["priced"]


@SCOPES
def test_an_exception_of_the_application_passes_and_the_call_is_counted(telemetry: Telemetry, scope: str) -> None:
    with pytest.raises(ZeroDivisionError), telemetry.tracer(scope).start_as_current_span("ask", attributes=call(tokens_out=None)):
        raise ZeroDivisionError
    (span,) = telemetry.spans
    assert span.status.status_code is StatusCode.ERROR
    assert [event.name for event in span.events] == ["exception"]
    assert sum(telemetry.calls().values()) == 1


def test_a_failed_call_without_usage_is_unpriced_for_its_error(telemetry: Telemetry) -> None:
    attributes = call(tokens_in=None, tokens_out=None)
    with pytest.raises(ZeroDivisionError), telemetry.tracer(PARENT).start_as_current_span("ask", attributes=attributes):
        raise ZeroDivisionError
    attributes = telemetry.attributes("ask")
    assert (attributes["llm_cost.status"], attributes["llm_cost.reason"]) == ("unpriced", "error")


# Nothing left behind -------------------------------------------------------------------------------------------------------------
@SCOPES
@pytest.mark.parametrize("nested", [False, True], ids=["alone", "with-a-duplicate"])
def test_no_reference_to_a_span_is_left(make_telemetry: Callable[..., Telemetry], scope: str, *, nested: bool) -> None:
    telemetry = make_telemetry()
    telemetry.attach(telemetry.processor)
    ask(telemetry, scope)
    gc.collect()
    gc.disable()
    try:
        span: Any = telemetry.tracer(scope).start_span("ask", attributes=call())
        if nested:
            ask(telemetry, NATIVE, context=set_span_in_context(span))
        seen = weakref.ref(span)
        span.end()
        del span
        assert seen() is None
    finally:
        gc.enable()


def test_the_collector_finds_nothing_of_ours(make_telemetry: Callable[..., Telemetry]) -> None:
    telemetry = make_telemetry()
    telemetry.attach(telemetry.processor)

    def many() -> None:
        for number in range(200):
            with telemetry.tracer(PARENT).start_as_current_span("outer", attributes=call(tokens_in=1009 + number)):
                ask(telemetry, NATIVE, tokens_in=1009 + number)
            ask(telemetry, UNKNOWN, model="nobody-knows")
            ask(telemetry, UNKNOWN, **{"gen_ai.usage.cost.amount": 0.37, "gen_ai.usage.cost.currency": "USD"})
        telemetry.collect()

    many()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        many()
        gc.collect()
        ours = [each for each in gc.garbage if type(each).__module__.startswith("otel_llm_cost") or isinstance(each, Span)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert ours == []


# Failures of ours ----------------------------------------------------------------------------------------------------------------
def fail(*_: object, **__: object) -> None:
    raise RuntimeError(SECRET)


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param("otel_llm_cost.processor.price_call", id="pricing"),
        pytest.param("otel_llm_cost.processor.Reader.look", id="reading"),
        pytest.param("otel_llm_cost.ledger.once.Once.settle", id="once"),
        pytest.param("otel_llm_cost.ledger.totals.Totals.post", id="totals"),
        pytest.param("otel_llm_cost.metrics.CostMetrics.begin", id="metrics"),
        pytest.param("otel_llm_cost.processor.CostSpanProcessor._write", id="writing"),
        pytest.param("otel_llm_cost.ledger.once.Once.begin_root", id="start"),
        pytest.param("otel_llm_cost.processor.hook_end", id="hook"),
    ],
)
def test_a_failure_of_ours_reaches_neither_the_application_nor_the_span(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, inside: str
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(inside, fail)
        for _ in range(3):
            with telemetry.tracer(PARENT).start_as_current_span("ask", attributes=call()) as span:
                pass
            assert not span.is_recording()
    assert len(telemetry.spans) == 3
    for ended in telemetry.spans:
        assert {name: value for name, value in (ended.attributes or {}).items() if name in call()} == call()
        assert ended.status.status_code is StatusCode.UNSET
    ours = [record for record in caplog.records if record.name == "otel_llm_cost" and record.levelno >= logging.WARNING]
    assert len(ours) == 1
    assert telemetry.collect().total("llm_cost.errors") == 3
    # It goes on.
    ask(telemetry)
    assert telemetry.statuses()[-1] == "priced"


def test_a_failure_at_a_trace_s_end_reaches_nobody(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    work = telemetry.tracer("app").start_span("work")
    ask(telemetry, context=set_span_in_context(work))
    monkeypatch.setattr("otel_llm_cost.ledger.once.Once.span_ended", fail)
    work.end()
    assert [span.name for span in telemetry.spans] == ["ask", "work"]
    assert telemetry.collect().total("llm_cost.errors") == 1
    assert SECRET not in caplog.text


def test_a_failure_while_flushing_reaches_nobody(telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("otel_llm_cost.ledger.once.Once.release", fail)
    assert telemetry.processor.force_flush() is True
    telemetry.processor.shutdown()
    monkeypatch.undo()
    assert telemetry.collect().total("llm_cost.errors") == 2


@pytest.mark.parametrize(
    "level",
    [
        pytest.param(logging.WARNING, id="warning"),
        pytest.param(
            logging.DEBUG,
            id="debug",
        ),
    ],
)
def test_what_the_application_sent_is_never_logged(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, level: int
) -> None:
    prompt = {"gen_ai.input.messages": SECRET, "gen_ai.request.model": SECRET, "gen_ai.response.model": SECRET}
    with caplog.at_level(level, logger="otel_llm_cost"):
        ask(telemetry, **prompt)
        ask(telemetry, **prompt | {"gen_ai.usage.input_tokens": SECRET, "gen_ai.usage.cost.amount": SECRET})
        monkeypatch.setattr("otel_llm_cost.processor.price_call", fail)
        ask(telemetry, **prompt)
    assert telemetry.collect().total("llm_cost.errors") == 1
    assert SECRET not in caplog.text


# What is written -----------------------------------------------------------------------------------------------------------------
TOLD = {"gen_ai.usage.cost.amount": 0.37, "gen_ai.usage.cost.currency": "USD"}
CACHED = {"gen_ai.usage.cache_read.input_tokens": 307}


@SCOPES
@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        pytest.param(
            call(),
            COMMON | PRICE | LOCAL | M_PARTS | {"llm_cost.status": "priced", "gen_ai.usage.cost.amount": float(M_COST)},
            id="priced",
        ),
        pytest.param(
            call(tokens_out=0),
            COMMON
            | PRICE
            | LOCAL
            | {
                "llm_cost.status": "priced",
                "gen_ai.usage.cost.amount": float(usd("m", input=1009)),
                "llm_cost.component.input.amount": float(usd("m", input=1009)),
            },
            id="priced-without-output",
        ),
        pytest.param(
            call("gratis"),
            COMMON
            | LOCAL
            | {"llm_cost.status": "free", "gen_ai.usage.cost.amount": 0.0, "llm_cost.price": "acme/gratis@2020-01-01"},
            id="free",
        ),
        pytest.param(
            call(**TOLD),
            COMMON
            | {
                "llm_cost.status": "reported",
                "gen_ai.usage.cost.source": "local",
                "llm_cost.local.amount": float(M_COST),
                "llm_cost.component.unsplit.amount": 0.37,
                "llm_cost.ge_0_01": True,
                "llm_cost.ge_0_1": True,
            },
            id="reported",
        ),
        pytest.param(
            call("nobody-knows", **TOLD, **{"gen_ai.usage.cost.source": "provider"}),
            COMMON
            | {
                "llm_cost.status": "reported",
                "llm_cost.component.unsplit.amount": 0.37,
                "llm_cost.ge_0_01": True,
                "llm_cost.ge_0_1": True,
            },
            id="reported-for-a-model-that-nobody-prices",
        ),
        pytest.param(
            call(**{"gen_ai.usage.cost.amount": 0.37}),
            COMMON | {"llm_cost.status": "partial", "llm_cost.reason": "no_currency"},
            id="no-currency",
        ),
        pytest.param(
            call("half-known"),
            COMMON
            | {
                "llm_cost.status": "partial",
                "gen_ai.usage.cost.currency": "USD",
                "llm_cost.reason": "no_rate:output",
                "llm_cost.price": "acme/half-known@2020-01-01",
                "llm_cost.known_amount": float(usd("half-known", input=1009)),
                "llm_cost.component.input.amount": float(usd("half-known", input=1009)),
            },
            id="partial",
        ),
        pytest.param(
            call("nobody-knows"), COMMON | {"llm_cost.status": "unpriced", "llm_cost.reason": "unknown_model"}, id="unknown-model"
        ),
        pytest.param(
            call(**{"gen_ai.provider.name": "nobody"}),
            COMMON | {"llm_cost.status": "unpriced", "llm_cost.reason": "unknown_provider"},
            id="unknown-provider",
        ),
        pytest.param(
            call(tokens_in=None, tokens_out=None),
            COMMON | {"llm_cost.status": "unpriced", "llm_cost.reason": "no_usage"},
            id="no-usage",
        ),
        pytest.param(
            call(**{"gen_ai.usage.reasoning.output_tokens": 103}),
            COMMON | {"llm_cost.status": "unpriced", "llm_cost.reason": "contradictory_usage"},
            id="contradictory",
        ),
    ],
)
def test_a_span_gets_what_the_contract_says_and_nothing_else(
    telemetry: Telemetry, attributes: dict[str, Any], expected: dict[str, Any], scope: str
) -> None:
    telemetry.tracer(scope).start_span("ask", attributes=attributes).end()
    assert written(telemetry, attributes) == expected
    # A call like one before is priced another way, to the same end.
    telemetry.exporter.clear()
    telemetry.tracer(scope).start_span("ask", attributes=attributes).end()
    assert written(telemetry, attributes) == expected


@pytest.mark.parametrize(
    ("before", "attributes", "status", "reason"),
    [
        pytest.param(call(), call(**TOLD), "reported", None, id="told"),
        pytest.param(call(), call(**{"gen_ai.usage.cost.amount": 0.37}), "partial", "no_currency", id="told-without-a-currency"),
        pytest.param(call(tokens_out=0), call(tokens_out=None), "partial", "no_usage", id="no-output-stated"),
        pytest.param(call(), call(tokens_in=-7), "unpriced", "invalid_usage", id="no-count"),
        pytest.param(
            call(), call(**{"gen_ai.usage.cache_read.input_tokens": 1013}), "unpriced", "contradictory_usage", id="contradictory"
        ),
        pytest.param(call(), call(**{"openai.response.service_tier": "batch"}), "unpriced", "no_rate:input", id="tier"),
        pytest.param(
            call(), call(**{"anthropic.usage.compaction.input_tokens": 7}), "partial", "incomplete_usage", id="compaction"
        ),
    ],
)
def test_a_call_is_not_priced_like_one_before_that_only_looks_like_it(
    telemetry: Telemetry, before: dict[str, Any], attributes: dict[str, Any], status: str, reason: str | None
) -> None:
    for _ in range(2):
        telemetry.tracer(PARENT).start_span("before", attributes=before).end()
    telemetry.tracer(PARENT).start_span("ask", attributes=attributes).end()
    held = telemetry.attributes("ask")
    assert (held["llm_cost.status"], held.get("llm_cost.reason")) == (status, reason)
    assert held.get("gen_ai.usage.cost.amount") == attributes.get("gen_ai.usage.cost.amount")
    assert telemetry.calls() == {"priced": 2, status: 1}


def test_what_was_assumed_is_said(telemetry: Telemetry) -> None:
    attributes = call(**{"gen_ai.usage.reasoning.output_tokens": 13})
    ask(telemetry, **{"gen_ai.usage.reasoning.output_tokens": 13})
    held = written(telemetry, attributes)
    assert held["llm_cost.assumed"] == ("reasoning=output",)
    assert held["gen_ai.usage.cost.amount"] == float(M_COST)
    assert held["llm_cost.component.reasoning.amount"] == float(13 * Fraction("15") / 10**6)
    assert held["llm_cost.component.output.amount"] == float(usd("m", output=101 - 13))


def test_a_strict_processor_prices_nothing_that_was_assumed(make_telemetry: Callable[..., Telemetry]) -> None:
    telemetry = make_telemetry(strict=True).attach()
    ask(telemetry, **{"gen_ai.usage.reasoning.output_tokens": 13})
    held = telemetry.attributes("ask")
    assert (held["llm_cost.status"], held["llm_cost.reason"]) == ("partial", "strict")
    assert "gen_ai.usage.cost.amount" not in held


@pytest.mark.parametrize("amount", [7, 0.1 + 0.2], ids=["int", "float"])
def test_what_was_told_stays_as_it_was(telemetry: Telemetry, amount: float) -> None:
    attributes = {"gen_ai.usage.cost.amount": amount, "gen_ai.usage.cost.currency": "USD", "gen_ai.usage.cost.source": "gateway"}
    ask(telemetry, **attributes)
    held = telemetry.attributes("ask")
    assert {name: held[name] for name in attributes} == attributes
    assert type(held["gen_ai.usage.cost.amount"]) is type(amount)
    assert held["llm_cost.status"] == "reported"


THRESHOLDS = (("llm_cost.ge_0_01", "0.01"), ("llm_cost.ge_0_1", "0.1"), ("llm_cost.ge_1", "1"), ("llm_cost.ge_10", "10"))


@pytest.mark.parametrize(
    "amount",
    ["0", "0.009999999", "0.01", "0.010000001", "0.099999999", "0.1", "0.999999999", "1", "9.999999999", "10", "1000"],
)
def test_the_thresholds_that_an_amount_reaches_are_true_and_the_others_absent(telemetry: Telemetry, amount: str) -> None:
    ask(telemetry, **{"gen_ai.usage.cost.amount": float(amount), "gen_ai.usage.cost.currency": "USD"})
    held = {name: value for name, value in telemetry.attributes("ask").items() if ".ge_" in name}
    assert held == {name: True for name, least in THRESHOLDS if Fraction(amount) >= Fraction(least)}


@pytest.mark.parametrize(("tokens", "reached"), [(3333, {}), (3334, {"llm_cost.ge_0_01": True})], ids=["below", "above"])
def test_a_computed_amount_reaches_thresholds_too(telemetry: Telemetry, tokens: int, reached: dict[str, bool]) -> None:
    # At $3 per million, 3333 tokens are $0.009999.
    ask(telemetry, tokens_in=tokens, tokens_out=0)
    assert {name: value for name, value in telemetry.attributes("ask").items() if ".ge_" in name} == reached


# What is no call -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("scope", [PARENT, UNKNOWN, HTTPX], ids=["llm-scope", "unknown-scope", "http-scope"])
@pytest.mark.parametrize(
    "attributes",
    [
        *(
            pytest.param(call(operation=operation), id=operation)
            for operation in ("invoke_agent", "create_agent", "invoke_workflow", "execute_tool", "fetch_response", "retrieval", "")
        ),
        pytest.param({}, id="no-attributes"),
        pytest.param({"http.request.method": "POST", "server.address": "api.openai.com"}, id="http"),
        pytest.param({"gen_ai.provider.name": "acme"}, id="a-provider-alone"),
        pytest.param(
            {"gen_ai.provider.name": "acme", "gen_ai.request.model": "m", "gen_ai.aggregated_usage.input_tokens": 1009},
            id="aggregated-usage",
        ),
        pytest.param(
            {"gen_ai.system": "acme", "gen_ai.request.model": "m", "traceloop.span.kind": "agent", "gen_ai.usage.prompt_tokens": 7},
            id="an-older-agent",
        ),
    ],
)
def test_nothing_is_written_on_a_span_that_is_no_call(telemetry: Telemetry, scope: str, attributes: dict[str, Any]) -> None:
    telemetry.tracer(scope).start_span("ask", attributes=attributes).end()
    assert written(telemetry, attributes) == {}
    assert telemetry.calls() == {}
    assert telemetry.collect().points("llm_cost.spend") == []


def test_a_scope_that_never_makes_calls_is_not_even_watched(telemetry: Telemetry) -> None:
    span = telemetry.tracer(HTTPX).start_span("POST", attributes=call())
    assert "end" not in vars(span)
    span.end()
    assert telemetry.statuses() == [None]


def test_no_cost_is_added_up_under_an_agent(telemetry: Telemetry) -> None:
    with telemetry.tracer(PARENT).start_as_current_span("agent", attributes=call(operation="invoke_agent")):
        for tokens in (7, 11):
            ask(telemetry, tokens_in=tokens)
    assert telemetry.statuses() == ["priced", "priced", None]
    metrics = telemetry.collect()
    assert metrics.by("llm_cost.calls", "llm_cost.status") == {"priced": 2}
    assert metrics.by("llm_cost.spend", "llm_cost.component") == {
        "input": float(usd("m", input=18)),
        "output": float(usd("m", output=202)),
    }


NOVEMBER = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp()) * 10**9


def test_a_call_to_a_regional_host_has_the_regions_price() -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter := InMemorySpanExporter()))
    meters = MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False)
    provider.add_span_processor(CostSpanProcessor(table=PriceTable.shipped(), meter_provider=meters))
    tracer = provider.get_tracer(PARENT)
    # Twice: the second takes the short cut.
    for host in ("api.openai.com", "eu.api.openai.com", "proxy.example") * 2:
        named = {"gen_ai.provider.name": "openai", "server.address": host}
        tracer.start_span("ask", attributes=call("gpt-5.4") | named, start_time=NOVEMBER).end()
    held = [dict(span.attributes or {}) for span in exporter.get_finished_spans()]
    assert [each["llm_cost.status"] for each in held] == ["priced"] * 6
    # OpenAI's rates per million tokens; a regional host costs 10 % more.
    cost = (1009 * Fraction("2.50") + 101 * 15) / 10**6
    assert [each["gen_ai.usage.cost.amount"] for each in held] == [float(cost), float(cost * Fraction("1.1")), float(cost)] * 2
    # Who asks a host that says no region is said to have asked anywhere.
    assumed = ["region=global" in cast("tuple[str, ...]", each["llm_cost.assumed"]) for each in held]
    assert assumed == [False, False, True] * 2


# The short cut, where more than a count and a rate makes the cost -----------------------------------------------------------------
def of_prices(*prices: dict[str, Any]) -> PriceTable:
    """A table of entries of one model, `m`, whose rates hold from 2026 on."""
    document = {
        "provider": "acme",
        "names": ["acme"],
        "currency": "USD",
        "sources": {"page": {"url": "https://acme.example/prices", "read": VERSION}},
        "prices": [{"model": "m", "from": "2026-01-01", "source": "page"} | entry for entry in prices],
    }
    return PriceTable.of_texts([json.dumps(document)], version=VERSION, checked=date.fromisoformat(VERSION))


TOKENS = (1009, 101)
MINUTE = 60 * 10**9
NOON = NOVEMBER + 12 * 60 * MINUTE


@pytest.mark.parametrize(
    ("prices", "calls"),
    [
        pytest.param(
            [{"rates": {"input": "3", "output": "15"}}, {"rates": {"input": "1", "output": "5"}, "when": {"hours": "12:00-13:00"}}],
            [(-1, 7, "3 15"), (0, 7, "1 5"), (59 * MINUTE, 7, "1 5"), (60 * MINUTE, 7, "3 15"), (24 * 60 * MINUTE, 7, "1 5")],
            id="hours",
        ),
        pytest.param(
            [
                {"rates": {"input": "3", "output": "15"}, "instant": "end"},
                {"rates": {"input": "1", "output": "5"}, "from": "2026-11-01T12:00:00Z", "instant": "end"},
            ],
            [(-10, 9, "3 15"), (-10, 10, "1 5"), (-10, 9, "3 15"), (0, 1, "1 5")],
            id="the-end-of-the-call",
        ),
        pytest.param(
            [{"rates": {"input": "3", "output": "15"}}, {"rates": {"input": "1", "output": "5"}, "from": "2026-11-01T12:00:00Z"}],
            [(-10, 9, "3 15"), (-10, 10, "3 15"), (0, 9, "1 5"), (-1, 9, "3 15")],
            id="the-start-of-the-call",
        ),
    ],
)
def test_calls_alike_have_each_the_price_of_its_instant(
    prices: list[dict[str, Any]], calls: list[tuple[int, int, str]], make_telemetry: Callable[..., Telemetry]
) -> None:
    telemetry = make_telemetry(table=of_prices(*prices)).attach()
    expected = []
    for start, length, rates in calls * 3:
        span = telemetry.tracer(PARENT).start_span("ask", attributes=call("m", *TOKENS), start_time=NOON + start)
        span.end(NOON + start + length)
        paid = [count * Fraction(rate) / 10**6 for count, rate in zip(TOKENS, rates.split(), strict=True)]
        expected.append(paid)
    assert telemetry.statuses() == ["priced"] * len(expected)
    amounts = [(span.attributes or {})["gen_ai.usage.cost.amount"] for span in telemetry.spans]
    assert amounts == [float(sum(paid)) for paid in expected]
    spend = telemetry.collect().by("llm_cost.spend", "llm_cost.component")
    assert spend == {
        "input": pytest.approx(float(sum(paid[0] for paid in expected)), rel=1e-12),
        "output": pytest.approx(float(sum(paid[1] for paid in expected)), rel=1e-12),
    }


@pytest.mark.parametrize(
    ("entry", "parts"),
    [
        pytest.param(
            {"rates": {"input": "3", "output": "15", "requests": "0.005"}},
            {"input": Fraction(1009 * 3, 10**6), "output": Fraction(101 * 15, 10**6), "requests": Fraction("0.005")},
            id="a-fee-per-request",
        ),
        pytest.param(
            {"rates": {"input": "3", "output": "15"}, "at_least": {"output": "1000"}},
            {"input": Fraction(1009 * 3, 10**6), "output": Fraction(1000 * 15, 10**6)},
            id="at-least-so-much",
        ),
    ],
)
def test_what_is_beside_the_counts_is_on_the_span_and_in_the_metrics(
    entry: dict[str, Any], parts: dict[str, Fraction], make_telemetry: Callable[..., Telemetry]
) -> None:
    telemetry = make_telemetry(table=of_prices(entry)).attach()
    for _ in range(3):
        telemetry.tracer(PARENT).start_span("ask", attributes=call("m", *TOKENS), start_time=NOON).end()
    for span in telemetry.spans:
        held = dict(span.attributes or {})
        assert held["llm_cost.status"] == "priced"
        assert held["gen_ai.usage.cost.amount"] == float(sum(parts.values()))
        assert {name: held[f"llm_cost.component.{name}.amount"] for name in parts} == {k: float(v) for k, v in parts.items()}
    metrics = telemetry.collect()
    assert metrics.by("llm_cost.spend", "llm_cost.component") == {name: float(3 * part) for name, part in parts.items()}
    # Tokens are those that were used, not those that were billed.
    assert metrics.by("llm_cost.tokens", "llm_cost.component") == {"input": 3 * 1009, "output": 3 * 101}
    (point,) = metrics.points("gen_ai.client.operation.cost")
    assert (point.count, point.sum) == (3, float(3 * sum(parts.values())))


def test_committed_capacity_is_counted_and_costs_nothing(make_telemetry: Callable[..., Telemetry]) -> None:
    telemetry = make_telemetry(table=of_prices({"committed": True})).attach()
    for _ in range(3):
        telemetry.tracer(PARENT).start_span("ask", attributes=call("m", *TOKENS), start_time=NOON).end()
    assert telemetry.statuses() == ["committed"] * 3
    assert all("gen_ai.usage.cost.amount" not in (span.attributes or {}) for span in telemetry.spans)
    assert telemetry.calls() == {"committed": 3}
    metrics = telemetry.collect()
    assert metrics.by("llm_cost.tokens", "llm_cost.component") == {"input": 3 * 1009, "output": 3 * 101}
    assert metrics.total("llm_cost.spend") == 0
    assert metrics.points("gen_ai.client.operation.cost") == []
