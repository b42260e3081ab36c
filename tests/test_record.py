"""`record_call`: a span of its own, or the open one; told costs kept; never an exception."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from time import time_ns
from typing import Any

import pytest
from conftest import NATIVE, PARENT, UNKNOWN, VERSION, Telemetry, call, usd
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.trace import SpanKind, set_span_in_context

from otel_llm_cost.accounts import SCOPE
from otel_llm_cost.cost import Cost, Status
from otel_llm_cost.record import record_call
from otel_llm_cost.usage import Usage

USED = {"input": 1009, "output": 101}
M_COST = usd("m", input=1009, output=101)
IDENTITY = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "acme",
    "gen_ai.request.model": "m",
    "gen_ai.response.model": "m",
    "gen_ai.usage.input_tokens": 1009,
    "gen_ai.usage.output_tokens": 101,
}
COMMON = {"llm_cost.table": VERSION, "llm_cost.usage_source": "app"}


def record(telemetry: Telemetry, **more: Any) -> Cost:  # noqa: ANN401 - any argument
    return record_call(**{"provider": "acme", "model": "m", "tracer_provider": telemetry.provider} | more)


def only(telemetry: Telemetry) -> dict[str, Any]:
    """The attributes of the one span."""
    (span,) = telemetry.spans
    return dict(span.attributes or {})


# A span of its own ---------------------------------------------------------------------------------------------------------------
def test_a_call_gets_a_span_and_its_cost(telemetry: Telemetry) -> None:
    before = time_ns()
    cost = record(telemetry, usage=USED, response_id="msg_1")
    assert (cost.status, cost.amount, cost.currency) == (Status.PRICED, Decimal("0.004542"), "USD")
    assert Fraction("0.004542") == M_COST
    (span,) = telemetry.spans
    assert (span.name, span.kind, span.parent) == ("chat m", SpanKind.CLIENT, None)
    assert span.instrumentation_scope.name == SCOPE
    assert before <= span.start_time <= span.end_time <= time_ns()
    assert only(telemetry) == IDENTITY | COMMON | {
        "gen_ai.response.id": "msg_1",
        "gen_ai.usage.cost.amount": float(M_COST),
        "gen_ai.usage.cost.currency": "USD",
        "gen_ai.usage.cost.source": "local",
        "llm_cost.status": "priced",
        "llm_cost.price": "acme/m@2020-01-01",
        "llm_cost.component.input.amount": float(usd("m", input=1009)),
        "llm_cost.component.output.amount": float(usd("m", output=101)),
    }
    metrics = telemetry.collect()
    assert metrics.by("llm_cost.calls", "llm_cost.status") == {"priced": 1}
    assert metrics.by("llm_cost.tokens", "llm_cost.component") == USED
    assert metrics.total("llm_cost.spend") == float(M_COST)


def test_its_span_is_below_the_current_one(telemetry: Telemetry) -> None:
    with telemetry.tracer("app").start_as_current_span("request") as request:
        record(telemetry, usage=USED)
    recorded, ended = telemetry.spans
    assert recorded.parent == request.get_span_context()
    assert dict(ended.attributes or {}) == {}


@pytest.mark.parametrize(
    "usage", [Usage(**USED), USED, {"input": 1009.0, "output": Decimal(101)}], ids=["usage", "dict", "numbers"]
)
def test_usage_is_a_usage_or_a_mapping(telemetry: Telemetry, usage: Any) -> None:  # noqa: ANN401
    assert record(telemetry, usage=usage).amount == Decimal("0.004542")


def test_the_span_states_counts_as_the_conventions_do_and_each_token_is_paid_once(telemetry: Telemetry) -> None:
    usage = {"input": 7, "cache_read": 307, "cache_write": 211, "cache_write_1h": 13, "output": 11, "reasoning": 17}
    cost = record(telemetry, usage=usage)
    held = only(telemetry)
    assert {name: value for name, value in held.items() if name.startswith("gen_ai.usage.") and name.endswith("tokens")} == {
        "gen_ai.usage.input_tokens": 7 + 307 + 211 + 13,
        "gen_ai.usage.cache_read.input_tokens": 307,
        "gen_ai.usage.cache_write.input_tokens": 211 + 13,
        "gen_ai.usage.output_tokens": 11 + 17,
        "gen_ai.usage.reasoning.output_tokens": 17,
    }
    exact = usd("m", input=7, cache_read=307, cache_write=211, cache_write_1h=13, output=11 + 17)
    assert Fraction(cost.amount or 0) == exact
    assert held["gen_ai.usage.cost.amount"] == float(exact)
    assert telemetry.collect().by("llm_cost.tokens", "llm_cost.component") == usage


@pytest.mark.parametrize(
    ("model", "operation", "usage", "exact"),
    [
        pytest.param("rerank", "rerank", {"requests": 7}, 7 * Fraction("0.002"), id="per-request"),
        pytest.param("speech", "transcription", {"input_seconds": 61.5}, Fraction("61.5") * Fraction("0.0001"), id="per-second"),
        pytest.param(
            "speech", "transcription", {"input_seconds": Decimal("0.000001")}, Fraction("0.0001") / 10**6, id="a-microsecond"
        ),
        pytest.param("embed", "embeddings", {"input": 503}, usd("embed", input=503), id="per-token"),
    ],
)
def test_calls_are_priced_per_token_per_request_and_per_second(
    telemetry: Telemetry, model: str, operation: str, usage: dict[str, Any], exact: Fraction
) -> None:
    cost = record(telemetry, model=model, operation=operation, usage=usage)
    assert (cost.status, Fraction(cost.amount or 0)) == (Status.PRICED, exact)
    assert telemetry.spans[0].name == f"{operation} {model}"
    assert only(telemetry)["gen_ai.usage.cost.amount"] == float(exact)
    assert telemetry.collect().total("llm_cost.spend") == float(exact)


def test_a_tier_without_a_rate_is_not_the_standard_one(telemetry: Telemetry) -> None:
    assert record(telemetry, usage=USED, tier="batch").status is Status.UNPRICED
    assert telemetry.calls() == {"unpriced": 1}


def test_a_call_without_usage_or_amount_is_unpriced(telemetry: Telemetry) -> None:
    cost = record(telemetry)
    assert (cost.status, cost.reason) == (Status.UNPRICED, "no_usage")
    assert telemetry.calls() == {"unpriced": 1}


# When ----------------------------------------------------------------------------------------------------------------------------
DAY = 86_400_000_000_000
FIRST = 1_577_836_800_000_000_000  # 2020-01-01, from which the rates hold.


@pytest.mark.parametrize(
    ("at", "nano", "status"),
    [
        pytest.param(datetime(2020, 1, 1, tzinfo=UTC), FIRST, "priced", id="datetime"),
        pytest.param(datetime(2019, 12, 31, 23, 59, 59, tzinfo=UTC), FIRST - 10**9, "unpriced", id="datetime-before"),
        pytest.param(datetime(2020, 1, 1, 5, 30, tzinfo=timezone(timedelta(hours=5, minutes=30))), FIRST, "priced", id="zone"),
        pytest.param(FIRST, FIRST, "priced", id="nanoseconds"),
        pytest.param(FIRST - 1, FIRST - 1, "unpriced", id="a-nanosecond-before"),
    ],
)
def test_at_is_the_instant_of_the_price_and_of_the_span(telemetry: Telemetry, at: Any, nano: int, status: str) -> None:  # noqa: ANN401
    assert record(telemetry, usage=USED, at=at).status == status
    (span,) = telemetry.spans
    assert (span.start_time, span.end_time) == (nano, nano)
    assert telemetry.calls() == {status: 1}


def test_at_prices_an_open_span_too(telemetry: Telemetry) -> None:
    with telemetry.tracer(PARENT).start_as_current_span("ask", attributes=call()):
        assert record(telemetry, usage=USED, at=FIRST - DAY).reason == "before_first_price"
    assert only(telemetry)["llm_cost.reason"] == "before_first_price"


# A span that is there ------------------------------------------------------------------------------------------------------------
def test_the_open_span_of_a_call_is_enriched(telemetry: Telemetry) -> None:
    own = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "acme", "gen_ai.request.model": "m", "server.address": "here"}
    with telemetry.tracer(PARENT).start_as_current_span("ask", attributes=own):
        cost = record(telemetry, usage=USED)
        assert telemetry.spans == ()
    assert cost.amount == Decimal("0.004542")
    held = only(telemetry)
    assert {name: held[name] for name in IDENTITY | own} == IDENTITY | own
    assert (held["llm_cost.status"], held["llm_cost.usage_source"]) == ("priced", "app")
    assert held["gen_ai.usage.cost.amount"] == float(M_COST)
    assert telemetry.calls() == {"priced": 1}


@pytest.mark.parametrize(
    "attributes",
    [{}, {"gen_ai.operation.name": "invoke_agent", "gen_ai.provider.name": "acme"}, {"http.request.method": "POST"}],
    ids=["plain", "agent", "http"],
)
def test_a_current_span_that_is_no_call_is_left_alone(telemetry: Telemetry, attributes: dict[str, Any]) -> None:
    with telemetry.tracer("app").start_as_current_span("request", attributes=attributes):
        record(telemetry, usage=USED)
    assert [span.name for span in telemetry.spans] == ["chat m", "request"]
    assert dict(telemetry.spans[1].attributes or {}) == attributes


def test_a_span_that_is_given_is_enriched_whatever_it_is(telemetry: Telemetry) -> None:
    given = telemetry.tracer(UNKNOWN).start_span("mine")
    with telemetry.tracer(PARENT).start_as_current_span("other", attributes=call(tokens_in=7)):
        record(telemetry, usage=USED, span=given)
    given.end()
    other, mine = telemetry.spans
    assert (mine.attributes or {})["gen_ai.usage.cost.amount"] == float(M_COST)
    assert (other.attributes or {})["gen_ai.usage.cost.amount"] == float(usd("m", input=7, output=101))
    assert telemetry.calls() == {"priced": 2}


def test_a_recorded_call_is_once_with_the_span_that_an_instrumentation_made_of_it(telemetry: Telemetry) -> None:
    outer = telemetry.tracer("app").start_span("work")
    context = set_span_in_context(outer)
    given = telemetry.tracer(UNKNOWN).start_span("mine", context)
    telemetry.tracer(NATIVE).start_span("native", set_span_in_context(given), attributes=call()).end()
    record(telemetry, usage=USED, span=given)
    given.end()
    outer.end()
    assert telemetry.statuses() == ["priced", "duplicate", None]
    assert telemetry.collect().total("llm_cost.spend") == float(M_COST)


def test_an_amount_alone_is_once_with_the_span_that_an_instrumentation_made_of_the_call(telemetry: Telemetry) -> None:
    with telemetry.tracer(PARENT).start_as_current_span("outer", attributes=call()) as outer:
        given = telemetry.tracer(UNKNOWN).start_span("mine", set_span_in_context(outer))
        record(telemetry, amount=0.37, currency="USD", span=given)
        given.end()
    assert telemetry.statuses() == ["reported", "duplicate"]
    assert telemetry.collect().total("llm_cost.spend") == 0.37


def test_two_calls_one_after_the_other_are_two(telemetry: Telemetry) -> None:
    for _ in range(2):
        record(telemetry, usage=USED)
    assert telemetry.calls() == {"priced": 2}


def test_a_call_of_another_model_within_an_open_call_is_a_call_of_its_own(telemetry: Telemetry) -> None:
    with telemetry.tracer(PARENT).start_as_current_span("ask", attributes=call()):
        record(telemetry, model="rerank", operation="rerank", usage={"requests": 7})
    metrics = telemetry.collect()
    assert metrics.by("llm_cost.spend", "gen_ai.response.model") == {"m": float(M_COST), "rerank": float(7 * Fraction("0.002"))}


def test_two_calls_recorded_within_one_open_span_are_two(telemetry: Telemetry) -> None:
    own = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "acme", "gen_ai.request.model": "m"}
    with telemetry.tracer(PARENT).start_as_current_span("ask", attributes=own):
        costs = [record(telemetry, usage={"input": count}) for count in (1009, 1013)]
    assert sum(Fraction(cost.amount or 0) for cost in costs) == usd("m", input=2022)
    assert telemetry.collect().total("llm_cost.spend") == float(usd("m", input=2022))


def test_an_amount_for_an_open_span_leaves_it_its_usage(telemetry: Telemetry) -> None:
    with telemetry.tracer(PARENT).start_as_current_span("ask", attributes=call()):
        record(telemetry, amount=0.37, currency="USD")
    metrics = telemetry.collect()
    assert metrics.by("llm_cost.spend", "llm_cost.status") == {"reported": 0.37}
    assert metrics.by("llm_cost.tokens", "llm_cost.component") == USED


def test_a_span_at_its_limit_loses_nothing_of_the_applications(make_telemetry: Callable[..., Telemetry]) -> None:
    telemetry = make_telemetry(limits=SpanLimits(max_span_attributes=3)).attach()
    own = {"app.first": 7, "app.second": 11, "app.third": 13}
    given = telemetry.tracer(UNKNOWN).start_span("mine", attributes=own)
    record(telemetry, usage=USED, span=given)
    given.end()
    assert only(telemetry) == own
    assert telemetry.collect().total("llm_cost.spend") == float(M_COST)


def test_calls_that_are_alike_are_one_series(telemetry: Telemetry) -> None:
    for _ in range(10):
        record(telemetry, usage=USED)
    assert len(telemetry.processor.accounts.totals._series) == 1


# A cost that is told -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("amount", [0.37, Decimal("0.37")], ids=["float", "decimal"])
def test_an_amount_is_kept_and_ours_stands_beside_it(telemetry: Telemetry, amount: float | Decimal) -> None:
    cost = record(telemetry, usage=USED, amount=amount, currency="USD", source="provider")
    assert (cost.status, cost.amount, cost.source) == (Status.REPORTED, Decimal("0.37"), "provider")
    assert only(telemetry) == IDENTITY | COMMON | {
        "gen_ai.usage.cost.amount": 0.37,
        "gen_ai.usage.cost.currency": "USD",
        "gen_ai.usage.cost.source": "provider",
        "llm_cost.status": "reported",
        "llm_cost.local.amount": float(M_COST),
        "llm_cost.component.unsplit.amount": 0.37,
        "llm_cost.ge_0_01": True,
        "llm_cost.ge_0_1": True,
    }
    metrics = telemetry.collect()
    assert metrics.by("llm_cost.spend", "llm_cost.component") == {"unsplit": 0.37}
    assert metrics.by("llm_cost.spend", "llm_cost.status") == {"reported": 0.37}
    assert metrics.by("llm_cost.tokens", "llm_cost.component") == USED


def test_an_amount_needs_no_usage_and_no_known_model(telemetry: Telemetry) -> None:
    cost = record(telemetry, model="nobody-knows", amount=0.37, currency="EUR")
    assert (cost.status, cost.amount, cost.currency) == (Status.REPORTED, Decimal("0.37"), "EUR")
    assert telemetry.collect().by("llm_cost.spend", "gen_ai.usage.cost.currency") == {"EUR": 0.37}


def test_an_amount_of_0_is_a_cost(telemetry: Telemetry) -> None:
    assert record(telemetry, amount=0, currency="USD").status is Status.REPORTED
    assert only(telemetry)["gen_ai.usage.cost.amount"] == 0.0


def test_an_amount_without_a_currency_is_partial_and_adds_nothing(telemetry: Telemetry) -> None:
    cost = record(telemetry, usage=USED, amount=0.37)
    assert (cost.status, cost.reason, cost.amount, cost.known_amount) == (Status.PARTIAL, "no_currency", None, None)
    assert only(telemetry) == IDENTITY | COMMON | {"llm_cost.status": "partial", "llm_cost.reason": "no_currency"}
    metrics = telemetry.collect()
    assert metrics.by("llm_cost.calls", "llm_cost.reason") == {"no_currency": 1}
    assert metrics.points("llm_cost.spend") == []
    assert metrics.points("gen_ai.client.operation.cost") == []


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        pytest.param({"input": 0.3, "output": 0.07}, {"input": 0.3, "output": 0.07}, id="whole"),
        pytest.param({"input": 0.3}, {"input": 0.3, "unsplit": 0.07}, id="the-rest-is-unsplit"),
        pytest.param({"web_searches": Decimal("0.37")}, {"web_searches": 0.37}, id="searches"),
    ],
)
def test_a_breakdown_is_kept(telemetry: Telemetry, components: dict[str, Any], expected: dict[str, float]) -> None:
    cost = record(telemetry, amount=0.37, currency="USD", components=components)
    assert cost.amount == Decimal("0.37")
    held = only(telemetry)
    assert {name: value for name, value in held.items() if ".component." in name} == {
        f"llm_cost.component.{name}.amount": value for name, value in expected.items()
    }
    assert telemetry.collect().by("llm_cost.spend", "llm_cost.component") == expected


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({"amount": -0.37}, id="negative"),
        pytest.param({"amount": float("nan")}, id="nan"),
        pytest.param({"amount": float("inf")}, id="infinite"),
        pytest.param({"amount": "0.37"}, id="text"),
        pytest.param({"amount": True}, id="bool"),
        pytest.param({"amount": 0.37, "components": {"input": 0.5}}, id="components-above-the-amount"),
        pytest.param({"amount": 0.37, "components": {"no-such": 0.1}}, id="no-such-component"),
    ],
)
def test_an_amount_that_is_none_adds_nothing(telemetry: Telemetry, told: dict[str, Any]) -> None:
    cost = record(telemetry, usage=USED, currency="USD", **told)
    assert (cost.status, cost.reason) == (Status.PARTIAL, "invalid_amount")
    metrics = telemetry.collect()
    assert metrics.by("llm_cost.calls", "llm_cost.reason") == {"invalid_amount": 1}
    assert metrics.points("llm_cost.spend") == []


# Nothing is raised ---------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({"at": datetime(2025, 1, 21)}, id="naive"),  # noqa: DTZ001 - that is what is refused
        pytest.param({"at": "2025-01-21"}, id="at-is-text"),
        pytest.param({"usage": {"input": -7}}, id="negative"),
        pytest.param({"usage": {"input": 7.5}}, id="half-a-token"),
        pytest.param({"usage": {"input": float("nan")}}, id="nan"),
        pytest.param({"usage": {"input": True}}, id="bool"),
        pytest.param({"usage": {"input": "7"}}, id="text"),
        pytest.param({"usage": {"no_such": 7}}, id="no-such-component"),
        pytest.param({"usage": 7}, id="usage-is-a-number"),
        pytest.param({"operation": "invoke_agent"}, id="agent"),
        pytest.param({"operation": None}, id="no-operation"),
        pytest.param({"span": "span"}, id="span-is-text"),
        pytest.param({"tracer_provider": "provider"}, id="provider-is-text"),
    ],
)
def test_bad_arguments_are_logged_and_not_raised(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture, arguments: dict[str, Any]
) -> None:
    cost = record(telemetry, **{"usage": USED} | arguments)
    assert (cost.status, cost.reason, cost.amount) == (Status.UNPRICED, "invalid_usage", None)
    assert [(record.name, record.levelno) for record in caplog.records] == [("otel_llm_cost", logging.WARNING)]
    assert "record_call" in caplog.text
    metrics = telemetry.collect()
    assert metrics.points("llm_cost.spend") == []
    assert telemetry.statuses() in ([], ["unpriced"])


@pytest.mark.parametrize("arguments", [{"usage": {"no_such": 7}}, {"at": "2025-01-21"}], ids=["usage", "at"])
def test_a_call_whose_arguments_cannot_be_read_is_counted_all_the_same(telemetry: Telemetry, arguments: dict[str, Any]) -> None:
    record(telemetry, **{"usage": USED} | arguments)
    assert telemetry.statuses() == ["unpriced"]
    assert only(telemetry)["llm_cost.reason"] == "invalid_usage"
    assert telemetry.calls() == {"unpriced": 1}


@pytest.mark.parametrize("arguments", [{"provider": None}, {"model": None}, {"provider": 7}, {"model": ["m"]}, {"response_id": 7}])
def test_names_of_other_types_are_not_raised(telemetry: Telemetry, arguments: dict[str, Any]) -> None:
    record(telemetry, **{"usage": USED} | arguments)
    telemetry.collect()


def test_without_our_processor_the_cost_is_returned_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    cost = record_call(provider="openai", model="gpt-4o", usage=USED, tracer_provider=provider)
    assert cost.status is Status.PRICED
    assert "no CostSpanProcessor sees this span" in caplog.text


def test_without_an_sdk_the_cost_is_returned_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    cost = record_call(provider="openai", model="gpt-4o", usage=USED, tracer_provider=trace.NoOpTracerProvider())
    assert cost.status is Status.PRICED
    assert "CostSpanProcessor" in caplog.text


def test_a_span_that_has_ended_is_a_warning(telemetry: Telemetry, caplog: pytest.LogCaptureFixture) -> None:
    given = telemetry.tracer(PARENT).start_span("mine", Context())
    given.end()
    record(telemetry, usage=USED, span=given)
    assert [record.name for record in caplog.records if record.levelno == logging.WARNING] == ["otel_llm_cost"]


@pytest.mark.parametrize("tier", ["default", "Standard", "auto", None])
def test_a_tier_may_have_the_providers_name(telemetry: Telemetry, tier: str | None) -> None:
    assert record(telemetry, usage=USED, tier=tier).amount == Decimal("0.004542")
