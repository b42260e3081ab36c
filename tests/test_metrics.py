"""The metrics of the contract: names, units, kinds, attributes, what adds to what, and that no sum is off by one bit."""

from __future__ import annotations

import itertools
import json
import math
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from threading import Event, Thread, current_thread
from time import time_ns
from typing import Any

import pytest
from conftest import NATIVE, PARENT, TABLE, UNKNOWN, VERSION, Metrics, Telemetry, call, seeded, usd
from opentelemetry.context import Context
from opentelemetry.sdk import metrics as sdk_metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, Gauge, Histogram, InMemoryMetricReader, Sum
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.trace import set_span_in_context

from otel_llm_cost import names
from otel_llm_cost.metrics import CostMetrics
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.processor import CostSpanProcessor
from otel_llm_cost.record import record_call

ROOT = Path(__file__).resolve().parents[1]
MONEY = {"gen_ai.usage.cost.currency": "USD"}
BASE = {"gen_ai.provider.name": "acme", "gen_ai.response.model": "m", "gen_ai.operation.name": "chat"}
CACHED = {
    "gen_ai.usage.cache_read.input_tokens": 307,
    "gen_ai.usage.cache_write.input_tokens": 211,
}
TOLD = {"gen_ai.usage.cost.amount": 0.37, "gen_ai.usage.cost.currency": "USD"}


def ask(telemetry: Telemetry, scope: str = PARENT, *, context: Context | None = None, **more: Any) -> None:  # noqa: ANN401
    telemetry.tracer(scope).start_span("ask", context, attributes=call(**more)).end()


def told(amount: float, model: str = "m") -> dict[str, Any]:
    return {"model": model, "gen_ai.usage.cost.amount": amount, "gen_ai.usage.cost.currency": "USD"}


def values(metrics: Metrics, name: str) -> dict[frozenset[tuple[str, object]], Any]:
    return {frozenset(point.attributes.items()): point.value for point in metrics.points(name)}


def key(*parts: dict[str, Any], **more: str) -> frozenset[tuple[str, object]]:
    return frozenset(
        item for part in (*parts, {f"llm_cost.{name}": value for name, value in more.items()}) for item in part.items()
    )


# The contract --------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "unit", "data", "monotonic"),
    [
        pytest.param("gen_ai.client.operation.cost", "{cost}", Histogram, None, id="operation-cost"),
        pytest.param("llm_cost.spend", "{cost}", Sum, True, id="spend"),
        pytest.param("llm_cost.tokens", "{token}", Sum, True, id="tokens"),
        pytest.param("llm_cost.calls", "{call}", Sum, True, id="calls"),
        pytest.param("llm_cost.cache.savings", "{cost}", Sum, False, id="savings"),
        pytest.param("llm_cost.table.age", "s", Gauge, None, id="table-age"),
        pytest.param("llm_cost.errors", "{error}", Sum, True, id="errors"),
    ],
)
def test_each_metric_is_what_the_contract_says(
    make_telemetry: Callable[..., Telemetry], name: str, unit: str, data: type, *, monotonic: bool | None
) -> None:
    telemetry = make_telemetry(limits=SpanLimits(max_span_attributes=10)).attach()
    ask(telemetry, **CACHED)
    metrics = telemetry.collect()
    metric = metrics.metrics[name]
    assert metric.unit == unit
    assert metric.description
    assert type(metric.data) is data
    assert len(metrics.points(name)) >= 1
    if monotonic is not None:
        assert metric.data.is_monotonic is monotonic
    if data is not Gauge:
        assert metric.data.aggregation_temporality is AggregationTemporality.CUMULATIVE
    assert set(metrics.metrics) == {metric.name for metric in names.METRICS}


def test_points_have_the_attributes_of_the_contract(telemetry: Telemetry) -> None:
    ask(telemetry, **CACHED)
    metrics = telemetry.collect()
    components = {"input": 1009 - 307 - 211, "cache_read": 307, "cache_write": 211, "output": 101}
    assert values(metrics, "llm_cost.calls") == {key(BASE, status="priced"): 1}
    assert values(metrics, "llm_cost.tokens") == {key(BASE, component=name): count for name, count in components.items()}
    assert values(metrics, "llm_cost.spend") == {
        key(BASE, MONEY, component=name, status="priced"): float(usd("m", **{name: count})) for name, count in components.items()
    }
    saved = 307 * (Fraction("3") - Fraction("0.30")) - 211 * (Fraction("3.75") - Fraction("3"))
    assert values(metrics, "llm_cost.cache.savings") == {key(BASE, MONEY): float(saved / 10**6)}
    (point,) = metrics.points("gen_ai.client.operation.cost")
    assert dict(point.attributes) == BASE | MONEY | {"gen_ai.usage.cost.source": "local", "gen_ai.request.model": "m"}
    assert (point.count, point.sum) == (1, float(usd("m", **components)))
    assert [dict(point.attributes) for point in metrics.points("llm_cost.table.age")] == [{"llm_cost.table": VERSION}]
    assert metrics.points("llm_cost.errors") == []


def test_the_histogram_names_the_server_the_error_and_the_model_that_was_asked_for(telemetry: Telemetry) -> None:
    ask(telemetry, **{"server.address": "llm.internal", "error.type": "timeout", "gen_ai.request.model": "m-latest"})
    metrics = telemetry.collect()
    (point,) = metrics.points("gen_ai.client.operation.cost")
    assert dict(point.attributes) == BASE | MONEY | {
        "gen_ai.usage.cost.source": "local",
        "gen_ai.request.model": "m-latest",
        "server.address": "llm.internal",
        "error.type": "timeout",
    }
    assert values(metrics, "llm_cost.calls") == {key(BASE, {"error.type": "timeout"}, status="priced"): 1}


def test_the_model_is_the_requests_where_the_response_names_none(telemetry: Telemetry) -> None:
    ask(telemetry, **{"gen_ai.response.model": None})
    assert values(telemetry.collect(), "llm_cost.calls") == {key(BASE, status="priced"): 1}


INPUT, OUTPUT = {"component": "input"}, {"component": "output"}
PRICED = usd("m", input=1009, output=101)


@pytest.mark.parametrize(
    ("attributes", "calls", "spend", "histogram", "tokens"),
    [
        pytest.param(
            {},
            {"status": "priced"},
            {("input", "priced"): float(usd("m", input=1009)), ("output", "priced"): float(usd("m", output=101))},
            float(PRICED),
            {"input": 1009, "output": 101},
            id="priced",
        ),
        pytest.param({"model": "gratis"}, {"status": "free"}, {}, 0.0, {"input": 1009, "output": 101}, id="free"),
        pytest.param(
            TOLD, {"status": "reported"}, {("unsplit", "reported"): 0.37}, 0.37, {"input": 1009, "output": 101}, id="reported"
        ),
        pytest.param(
            {"model": "half-known"},
            {"status": "partial", "reason": "no_rate:output"},
            {("input", "partial"): float(usd("half-known", input=1009))},
            None,
            {"input": 1009, "output": 101},
            id="partial",
        ),
        pytest.param(
            {"gen_ai.usage.cost.amount": 0.37},
            {"status": "partial", "reason": "no_currency"},
            {},
            None,
            {"input": 1009, "output": 101},
            id="no-currency",
        ),
        pytest.param(
            {"model": "nobody-knows"},
            {"status": "unpriced", "reason": "unknown_model"},
            {},
            None,
            {"input": 1009, "output": 101},
            id="unknown-model",
        ),
        pytest.param(
            {"tokens_in": None, "tokens_out": None}, {"status": "unpriced", "reason": "no_usage"}, {}, None, {}, id="no-usage"
        ),
        pytest.param(
            {"tokens_in": None, "tokens_out": None, "error.type": "429"},
            {"status": "unpriced", "reason": "error"},
            {},
            None,
            {},
            id="failed",
        ),
        pytest.param({"tokens_in": -7}, {"status": "unpriced", "reason": "invalid_usage"}, {}, None, {}, id="invalid"),
    ],
)
def test_each_status_adds_to_what_the_table_of_the_contract_says(
    telemetry: Telemetry,
    attributes: dict[str, Any],
    calls: dict[str, str],
    spend: dict[tuple[str, str], float],
    histogram: float | None,
    tokens: dict[str, int],
) -> None:
    for _ in range(2):
        ask(telemetry, **attributes)
    metrics = telemetry.collect()
    base = BASE | {"gen_ai.response.model": attributes.get("model", "m")}
    error = {name: value for name, value in attributes.items() if name == "error.type"}
    assert values(metrics, "llm_cost.calls") == {key(base, error, **calls): 2}
    assert values(metrics, "llm_cost.spend") == {
        key(base, MONEY, component=component, status=status): 2 * amount for (component, status), amount in spend.items()
    }
    assert values(metrics, "llm_cost.tokens") == {key(base, component=name): 2 * count for name, count in tokens.items()}
    points = metrics.points("gen_ai.client.operation.cost")
    assert [(point.count, point.sum) for point in points] == ([] if histogram is None else [(2, 2 * histogram)])
    assert metrics.points("llm_cost.cache.savings") == []


def test_what_is_not_counted_in_tokens_is_in_the_spend_alone(telemetry: Telemetry) -> None:
    record_call(provider="acme", model="rerank", operation="rerank", usage={"requests": 7}, tracer_provider=telemetry.provider)
    record_call(
        provider="acme", model="speech", operation="speech", usage={"input_seconds": 1.5}, tracer_provider=telemetry.provider
    )
    metrics = telemetry.collect()
    assert metrics.points("llm_cost.tokens") == []
    assert metrics.by("llm_cost.calls", "llm_cost.status") == {"priced": 2}
    assert metrics.by("llm_cost.spend", "llm_cost.component") == {
        "requests": float(usd("rerank", requests=7)),
        "input_seconds": float(Fraction("1.5") * Fraction("0.0001")),
    }


def test_a_source_of_a_told_cost_is_in_the_histogram(telemetry: Telemetry) -> None:
    ask(telemetry, **TOLD, **{"gen_ai.usage.cost.source": "provider"})
    (point,) = telemetry.collect().points("gen_ai.client.operation.cost")
    assert point.attributes["gen_ai.usage.cost.source"] == "provider"


def test_tokens_and_calls_and_errors_are_integers_and_money_is_a_double(make_telemetry: Callable[..., Telemetry]) -> None:
    telemetry = make_telemetry(limits=SpanLimits(max_span_attributes=10)).attach()
    for _ in range(2):
        ask(telemetry, **CACHED)
        metrics = telemetry.collect()
    for name, kind in (("tokens", int), ("calls", int), ("errors", int), ("spend", float), ("cache.savings", float)):
        assert all(isinstance(point.value, kind) for point in metrics.points(f"llm_cost.{name}")), name


def test_cache_savings_can_fall(telemetry: Telemetry) -> None:
    ask(telemetry, **{"gen_ai.usage.cache_read.input_tokens": 307})
    read = 307 * (Fraction("3") - Fraction("0.30")) / 10**6
    assert telemetry.collect().total("llm_cost.cache.savings") == float(read)
    ask(telemetry, **{"gen_ai.usage.cache_write.input_tokens": 1009})
    written = 1009 * (Fraction("3.75") - Fraction("3")) / 10**6
    assert telemetry.collect().total("llm_cost.cache.savings") == pytest.approx(float(read - written), rel=1e-12)
    ask(telemetry, **{"gen_ai.usage.cache_write.input_tokens": 1009})
    fallen = telemetry.collect().total("llm_cost.cache.savings")
    assert fallen == pytest.approx(float(read - 2 * written), rel=1e-12)
    assert fallen < 0


def test_errors_are_counted_by_kind(telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("otel_llm_cost.processor.price_call", fail)
    for _ in range(3):
        ask(telemetry)
    (point,) = telemetry.collect().points("llm_cost.errors")
    assert point.value == 3
    assert list(point.attributes) == ["llm_cost.error.kind"]
    assert "RuntimeError" in point.attributes["llm_cost.error.kind"]
    ask(telemetry)
    assert telemetry.collect().total("llm_cost.errors") == 4


def test_the_age_of_the_table_is_since_its_rows_were_checked(telemetry: Telemetry) -> None:
    checked = datetime(2025, 3, 1, tzinfo=UTC).timestamp()
    before = time_ns() / 1e9
    (point,) = telemetry.collect().points("llm_cost.table.age")
    assert before - checked - 0.001 <= point.value <= time_ns() / 1e9 - checked + 0.001


@pytest.mark.parametrize(
    ("requests", "bucket"),
    [
        pytest.param(0, 0, id="nothing"),
        *(
            pytest.param(10**places * amount, bucket, id=f"{amount}e{places}")
            for amount, places, bucket in (
                (1, 0, 0),
                (1, 1, 0),
                (11, 0, 1),
                (4, 1, 1),
                (41, 0, 2),
                (16, 1, 2),
                (161, 0, 3),
                (64, 1, 3),
            )
        ),
    ],
)
def test_the_buckets_are_the_proposals_upper_bounds_inclusive(telemetry: Telemetry, requests: int, bucket: int) -> None:
    # In steps of $0.0001.
    ask(telemetry, **told(requests / 10_000))
    (point,) = telemetry.collect().points("gen_ai.client.operation.cost")
    assert list(point.explicit_bounds) == [0.001, 0.004, 0.016, 0.064, 0.256, 1.024, 4.096, 16.384, 65.536]
    assert list(point.bucket_counts) == [int(place == bucket) for place in range(10)]


def test_exemplars_are_the_spans_own(telemetry: Telemetry) -> None:
    # The first is recorded at once, the later ones by the collection; another span is current then.
    for amount in (0.0005, 0.002, 0.01):
        ask(telemetry, **told(amount))
    with telemetry.tracer("app").start_as_current_span("other"):
        (point,) = telemetry.collect().points("gen_ai.client.operation.cost")
    seen = {(exemplar.value, exemplar.trace_id, exemplar.span_id) for exemplar in point.exemplars}
    spans = [span for span in telemetry.spans if span.name == "ask"]
    assert seen == {
        (amount, span.context.trace_id, span.context.span_id) for amount, span in zip((0.0005, 0.002, 0.01), spans, strict=True)
    }


# Start times ---------------------------------------------------------------------------------------------------------------------
COUNTED_SERIES = ("gen_ai.client.operation.cost", "llm_cost.spend", "llm_cost.tokens", "llm_cost.calls", "llm_cost.cache.savings")


def test_each_series_starts_when_its_first_call_ends_and_counts_from_0(telemetry: Telemetry) -> None:
    telemetry.collect()
    starts: dict[object, set[int]] = {}
    for number in range(1, 5):
        begun = time_ns()
        ask(telemetry, **CACHED)
        returned = time_ns()
        metrics = telemetry.collect()
        for name in COUNTED_SERIES:
            for point in metrics.points(name):
                starts.setdefault((name, tuple(point.attributes.items())), set()).add(point.start_time_unix_nano)
                if number == 1:
                    assert begun <= point.start_time_unix_nano <= returned, name
                count = point.count if name == "gen_ai.client.operation.cost" else None
                assert count in {None, number}
        assert metrics.total("llm_cost.calls") == number
        assert metrics.total("llm_cost.tokens") == number * (1009 + 101)
        assert metrics.by("llm_cost.spend", "llm_cost.component")["output"] == float(number * usd("m", output=101))
    assert len(starts) == 1 + 4 + 4 + 1 + 1
    assert {len(seen) for seen in starts.values()} == {1}


@pytest.mark.parametrize("table", [TABLE, None], ids=["read", "shipped-unread"])
def test_each_series_starts_within_10_ms_of_its_first_calls_end(
    make_telemetry: Callable[..., Telemetry], table: PriceTable | None
) -> None:
    late = []
    # The machine may be busy: the least of three is what our code takes.
    for _ in range(3):
        unread = PriceTable.shipped.__wrapped__()  # type: ignore[attr-defined] # as a program finds it at its first call
        telemetry = make_telemetry(table=table or unread).attach()
        model = {"model": "gpt-4o", "gen_ai.provider.name": "openai"} if table is None else {}
        ask(telemetry, **model, **CACHED)
        (span,) = telemetry.spans
        assert (span.attributes or {})["llm_cost.status"] in {"priced", "partial"}
        metrics = telemetry.collect()
        starts = [point.start_time_unix_nano for name in COUNTED_SERIES for point in metrics.points(name)]
        assert len(starts) >= 5
        late.append(max(starts) - span.end_time)
    assert 0 <= min(late) <= 10_000_000


@pytest.mark.parametrize("usage", [{}, {"tokens_in": None, "tokens_out": None}], ids=["priced", "held"])
def test_a_series_starts_at_its_call_though_it_is_collected_much_later(telemetry: Telemetry, usage: dict[str, Any]) -> None:
    work = telemetry.tracer("app").start_span("work")
    ask(telemetry, context=set_span_in_context(work), **usage)
    ended = time_ns()
    work.end()
    (point,) = telemetry.collect().points("llm_cost.calls")
    assert point.value == 1
    assert point.start_time_unix_nano <= ended


def test_a_series_of_errors_starts_at_the_first_failure(make_telemetry: Callable[..., Telemetry]) -> None:
    telemetry = make_telemetry(limits=SpanLimits(max_span_attributes=9)).attach()
    ask(telemetry)
    ended = time_ns()
    (point,) = telemetry.collect().points("llm_cost.errors")
    assert point.start_time_unix_nano <= ended


# Exactness -----------------------------------------------------------------------------------------------------------------------
def test_a_series_starts_a_millisecond_before_its_first_point_at_least(make_telemetry: Callable[..., Telemetry]) -> None:
    """Prometheus counts in milliseconds, and takes no start that is not before the point: the first money would be lost."""
    for _ in range(50):
        telemetry = make_telemetry().attach()
        telemetry.tracer().start_span("chat", attributes=call()).end()
        collected = telemetry.collect()
        points = [point for name in collected.metrics for point in collected.points(name) if hasattr(point, "value") or point.count]
        sums = [point for point in points if point.start_time_unix_nano]
        assert sums
        assert all(point.start_time_unix_nano // 10**6 < point.time_unix_nano // 10**6 for point in sums)


def test_a_full_buffer_loses_nothing(telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("otel_llm_cost.ledger.totals.MAX_POSTED", 7)
    for number in range(53):
        ask(telemetry, tokens_in=1009 + number)
    metrics = telemetry.collect()
    tokens = sum(1009 + number for number in range(53))
    assert metrics.total("llm_cost.calls") == 53
    assert metrics.by("llm_cost.tokens", "llm_cost.component") == {"input": tokens, "output": 53 * 101}
    assert metrics.by("llm_cost.spend", "llm_cost.component") == {
        "input": float(usd("m", input=tokens)),
        "output": float(usd("m", output=53 * 101)),
    }
    (point,) = metrics.points("gen_ai.client.operation.cost")
    assert point.count == 53
    assert point.sum == pytest.approx(float(usd("m", input=tokens, output=53 * 101)), rel=1e-9)


def test_a_collection_does_not_hold_up_a_call(telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, go_on, ended = Event(), Event(), Event()
    original = CostMetrics.record

    def slow(*arguments: Any) -> None:  # noqa: ANN401
        if current_thread() is collecting:
            inside.set()
            go_on.wait(5)
        original(*arguments)

    for _ in range(2):
        ask(telemetry)
    monkeypatch.setattr(CostMetrics, "record", slow)
    collecting = Thread(target=telemetry.collect)
    collecting.start()
    assert inside.wait(5)

    def application() -> None:
        ask(telemetry, context=Context(), model="small")
        ended.set()

    calling = Thread(target=application)
    calling.start()
    in_time = ended.wait(0.5)
    go_on.set()
    collecting.join()
    calling.join()
    assert in_time


def test_sums_do_not_drift_where_doubles_would(telemetry: Telemetry) -> None:
    # 0.1 added up ten times is 0.9999999999999999 in doubles.
    for number in range(1, 11):
        ask(telemetry, **told(0.1))
        assert telemetry.collect().total("llm_cost.spend") == float(Fraction(number, 10))


def test_spend_is_the_nearest_double_though_it_grows_manifold_between_collections(telemetry: Telemetry) -> None:
    dice = seeded(7)
    totals = dict.fromkeys((f"model-{number}" for number in range(100)), Fraction(0))
    for step in range(3):
        for model in totals:
            amount = round(dice.uniform(0.25, 0.5) * 4**step, 15)
            ask(telemetry, **told(amount, model))
            totals[model] += Fraction(repr(amount))
        seen = telemetry.collect().by("llm_cost.spend", "gen_ai.response.model")
        assert seen == {model: float(total) for model, total in totals.items()}


def test_savings_are_the_nearest_double_though_they_shrink_and_change_sign(telemetry: Telemetry) -> None:
    dice = seeded(7)
    saved = Fraction(0)
    for _ in range(100):
        read, written = dice.randrange(1, 300), dice.randrange(1, 1009)
        for name, count, saving in (("read", read, "2.70"), ("write", written, "-0.75")):
            ask(telemetry, **{f"gen_ai.usage.cache_{name}.input_tokens": count})
            saved += count * Fraction(saving) / 10**6
            assert telemetry.collect().total("llm_cost.cache.savings") == float(saved)


def test_deltas_add_up_to_the_total() -> None:
    reader = InMemoryMetricReader({sdk_metrics.Counter: AggregationTemporality.DELTA})
    meter_provider = MeterProvider([reader], shutdown_on_exit=False)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(CostSpanProcessor(table=TABLE, meter_provider=meter_provider, strict=False))
    amounts = [round(0.1 + number / 7, 3) for number in range(50)]
    deltas = []
    for amount in amounts:
        provider.get_tracer(PARENT).start_span("ask", attributes=call(**told(amount))).end()
        deltas.append(Metrics(reader.get_metrics_data()).total("llm_cost.spend"))
    meter_provider.shutdown()
    assert deltas == amounts
    assert math.fsum(deltas) == pytest.approx(float(sum(map(Fraction, map(repr, amounts)))), rel=1e-9)


THREADS, CALLS = 16, 6250


class Made:
    """What one thread's calls cost and used, exactly."""

    def __init__(self) -> None:
        self.money: Counter[tuple[str, str, str]] = Counter()
        self.tokens: Counter[tuple[str, str]] = Counter()
        self.calls: Counter[tuple[str, str]] = Counter()
        self.amounts: Counter[str] = Counter()
        """Of the histogram, by model."""
        self.recorded: Counter[str] = Counter()

    def add(self, model: str, status: str, counts: dict[str, int], amount: str | None) -> None:
        self.calls[model, status] += 1
        for component, count in counts.items():
            self.tokens[model, component] += count
        if amount is not None:
            self.money[model, "unsplit", status] += Fraction(amount)  # type: ignore[assignment]
            self.amounts[model] += Fraction(amount)  # type: ignore[assignment]
            self.recorded[model] += 1
        elif status == "priced":
            for component, count in counts.items():
                cost = usd(model, **{component: count})
                self.money[model, component, status] += cost  # type: ignore[assignment]
                self.amounts[model] += cost  # type: ignore[assignment]
            self.recorded[model] += 1


def _make_calls(provider: TracerProvider, seed: int, made: Made) -> None:
    dice = seeded(seed)
    tracers = [provider.get_tracer(scope) for scope in (PARENT, NATIVE, UNKNOWN)]
    for _ in range(CALLS):
        model = dice.choice(("m", "small", "nobody-knows"))
        read = dice.randrange(1, 500) if model == "m" and dice.random() < 0.5 else 0
        counts = {"input": dice.randrange(1, 5000), "cache_read": read, "output": dice.randrange(1, 2000)}
        amount = repr(round(dice.random(), dice.randrange(1, 9))) if model == "small" and dice.random() < 0.3 else None
        attributes = call(model, counts["input"] + read, counts["output"])
        if read:
            attributes["gen_ai.usage.cache_read.input_tokens"] = read
        if amount is not None:
            attributes |= {"gen_ai.usage.cost.amount": float(amount), "gen_ai.usage.cost.currency": "USD"}
        # The unknown scope's input count is assumed to hold the cached tokens, which is said and no doubt.
        dice.choice(tracers).start_span("ask", Context(), attributes=attributes).end()
        status = "unpriced" if model == "nobody-knows" else "reported" if amount is not None else "priced"
        made.add(model, status, {name: count for name, count in counts.items() if count}, amount)


def test_100_000_random_calls_from_16_threads_arrive_over_otlp_to_the_last_bit() -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the OTLP exporter is not in the oldest set-up")
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415

    from examples.demo.otlp import last_points  # noqa: PLC0415
    from examples.demo.receiver import METRICS, Receiver  # noqa: PLC0415

    made = [Made() for _ in range(THREADS)]
    with Receiver() as receiver:
        exporter = OTLPMetricExporter(endpoint=receiver.endpoint + METRICS)
        reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
        meter_provider = MeterProvider([reader], shutdown_on_exit=False)
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(CostSpanProcessor(table=TABLE, meter_provider=meter_provider, strict=False))
        threads = [Thread(target=_make_calls, args=(provider, seed, made[seed])) for seed in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            meter_provider.force_flush()
            thread.join()
        provider.shutdown()
        meter_provider.shutdown()
        points = receiver.metric_points()
        assert receiver.refused == []
        exports = len(receiver.received)
    assert exports >= 3

    money, tokens, calls, amounts, recorded = (
        sum((getattr(each, name) for each in made), Counter()) for name in ("money", "tokens", "calls", "amounts", "recorded")
    )
    assert sum(calls.values()) == 100_000
    last = last_points(points)

    def received(metric: str, *attributes: str) -> dict[object, float]:
        found = [point for point in last if point.metric == metric]
        return {tuple(str(point.attributes[name]) for name in attributes): point.value for point in found}

    model, component, status = "gen_ai.response.model", "llm_cost.component", "llm_cost.status"
    assert received("llm_cost.spend", model, component, status) == {key: float(total) for key, total in money.items()}
    assert received("llm_cost.tokens", model, component) == tokens
    assert received("llm_cost.calls", model, status) == calls
    assert received("llm_cost.cache.savings", model) == {
        ("m",): float(tokens["m", "cache_read"] * (Fraction("3") - Fraction("0.30")) / 10**6)
    }
    histogram = {
        name: (
            sum(
                point.count or 0
                for point in last
                if point.metric == "gen_ai.client.operation.cost" and point.attributes[model] == name
            ),
            math.fsum(
                point.value for point in last if point.metric == "gen_ai.client.operation.cost" and point.attributes[model] == name
            ),
        )
        for name in recorded
    }
    assert {name: count for name, (count, _) in histogram.items()} == recorded
    for name, (_, amount) in histogram.items():
        assert amount == pytest.approx(float(amounts[name]), rel=1e-9)
    # No series begins twice or falls, export by export.
    by_series: dict[object, list[Any]] = {}
    for point in points:
        if point.kind == "sum" and point.monotonic:
            by_series.setdefault(point.series, []).append(point)
    assert {len({point.start for point in each}) for each in by_series.values()} == {1}
    assert all(earlier.value <= later.value for each in by_series.values() for earlier, later in itertools.pairwise(each))


# Fork ----------------------------------------------------------------------------------------------------------------------------
FORK = """
import json, os, sys, warnings
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/tests"]
warnings.simplefilter("ignore")
import otel_llm_cost.ledger.totals
from conftest import PARENT, Telemetry, call

telemetry = Telemetry().attach()
if sys.argv[2] == "overflow":
    otel_llm_cost.ledger.totals.MAX_POSTED = 0

def ask(amount, **more):
    attributes = call(**more) | {"gen_ai.usage.cost.amount": amount, "gen_ai.usage.cost.currency": "USD"}
    telemetry.tracer(PARENT).start_span("ask", attributes=attributes).end()

def seen():
    metrics = telemetry.collect()
    (point,) = metrics.points("gen_ai.client.operation.cost")
    return {"calls": metrics.total("llm_cost.calls"), "spend": metrics.total("llm_cost.spend"),
            "tokens": metrics.total("llm_cost.tokens"), "count": point.count, "errors": metrics.total("llm_cost.errors")}

ask(0.37)
if sys.argv[2] == "collected":
    seen()
ask(0.41)
work = telemetry.tracer("app").start_span("work")
from opentelemetry.trace import set_span_in_context
telemetry.tracer(PARENT).start_span("held", set_span_in_context(work), attributes=call(tokens_in=None, tokens_out=None)).end()
telemetry.processor._guard.limit("attribute_limit", "")
lock = telemetry.processor._guard._lock
read, write = os.pipe()
pid = os.fork()
if pid == 0:
    telemetry.processor.force_flush()
    before = seen()
    ask(0.53)
    renewed = telemetry.processor._guard._lock is not lock
    os.write(write, json.dumps([before, seen(), renewed]).encode())
    os._exit(0)
os.waitpid(pid, 0)
child = json.loads(os.read(read, 65536))
work.end()
print(json.dumps({"child_before": child[0], "child": child[1], "guard_renewed": child[2], "parent": seen()}))
"""


def forked(how: str) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603 - this file's own program
        [sys.executable, "-c", FORK, str(ROOT), how], capture_output=True, text=True, check=False, timeout=20
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


TOKENS = 1009 + 101


@pytest.mark.parametrize(
    ("how", "given"),
    [
        pytest.param("uncollected", {"calls": 0, "spend": 0.0, "tokens": 0, "count": 1, "errors": 0}, id="nothing-given-yet"),
        # What finds the buffer full is added at once, and the histogram is given it at once.
        pytest.param("overflow", {"calls": 0, "spend": 0.0, "tokens": 0, "count": 2, "errors": 0}, id="buffer-full"),
        pytest.param("collected", {"calls": 1, "spend": 0.37, "tokens": TOKENS, "count": 1, "errors": 0}, id="one-given"),
    ],
)
def test_a_forked_child_does_not_report_what_its_parent_has_yet_to_give(how: str, given: dict[str, float]) -> None:
    # What the parent's instruments had been given is the SDK's: a child's cumulative sums go on from there.
    seen = forked(how)
    assert seen["child_before"] == given
    assert seen["child"] == {
        "calls": given["calls"] + 1,
        "spend": float(Fraction(repr(given["spend"])) + Fraction("0.53")),
        "tokens": given["tokens"] + TOKENS,
        "count": given["count"] + 1,
        "errors": 0,
    }
    assert seen["parent"] == {"calls": 3, "spend": 0.78, "tokens": 2 * TOKENS, "count": 2, "errors": 1}


AT_EXIT = """
import sys
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/tests"]
from conftest import PARENT, TABLE, call
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import set_span_in_context
from otel_llm_cost.processor import CostSpanProcessor

provider = TracerProvider()
reader = PeriodicExportingMetricReader(ConsoleMetricExporter(), export_interval_millis=3_600_000)
provider.add_span_processor(CostSpanProcessor(table=TABLE, meter_provider=MeterProvider([reader]), strict=False))
tracer = provider.get_tracer(PARENT)
open_still = set_span_in_context(tracer.start_span("work"))
tracer.start_span("held", open_still, attributes=call(tokens_in=None, tokens_out=None)).end()
tracer.start_span("ask", open_still, attributes=call(tokens_in=7)).end()
"""


def test_what_waits_when_the_program_ends_is_in_its_last_export() -> None:
    done = subprocess.run(  # noqa: S603 - this file's own program
        [sys.executable, "-c", AT_EXIT, str(ROOT)], capture_output=True, text=True, check=False, timeout=20
    )
    assert done.returncode == 0, done.stderr
    exported = [json.loads(text) for text in done.stdout.replace("}\n{", "}\0{").split("\0")]
    metrics = [
        metric
        for each in exported
        for part in each["resource_metrics"]
        for scope in part["scope_metrics"]
        for metric in scope["metrics"]
    ]
    calls = [point for metric in metrics if metric["name"] == "llm_cost.calls" for point in metric["data"]["data_points"]]
    assert {point["attributes"]["llm_cost.status"]: point["value"] for point in calls} == {"priced": 1, "unpriced": 1}


def test_a_forked_child_has_a_guard_of_its_own() -> None:
    assert forked("uncollected")["guard_renewed"]
