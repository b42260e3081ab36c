"""The processor under attributes of every type, right and wrong: no exception, no error of ours, no cost that is not one."""

from __future__ import annotations

import json
import logging
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, NumberDataPoint
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.processor import CostSpanProcessor
from otel_llm_cost.repeated import repeat

SECOND = 1_000_000_000
# 2026-01-01: a price of the table below changes (date -u -d 2026-01-01 +%s).
CHANGE = 1_767_225_600 * SECOND
LARGE = 200_000
INCLUSIVE = "opentelemetry.instrumentation.genai.openai"
EXCLUSIVE = "openlit.instrumentation.anthropic"
UNKNOWN = "my.application"

RATES = {
    "input": "2.50",
    "input_audio": "40",
    "cache_read": "0.25",
    "cache_write_5m": "3.125",
    "cache_write_1h": "5",
    "output": "10",
    "output_audio": "80",
}
TABLE = PriceTable.of_texts(
    [
        json.dumps(
            {
                "provider": "acme",
                "names": ["openai", "anthropic"],
                "currency": "USD",
                "sources": {"page": {"url": "https://acme.example/pricing", "read": "2026-11-22"}},
                "prices": [
                    {
                        "model": "m",
                        "from": "2025-01-01",
                        "rates": RATES,
                        "covers": {"input_image": "input", "cache_write": "cache_write_5m"},
                        "source": "page",
                    },
                    {"model": "m", "from": "2026-01-01", "rates": {"input": "3", "output": "12"}, "source": "page"},
                    {
                        "model": "m",
                        "from": "2026-01-01",
                        "when": {"prompt_above": LARGE},
                        "rates": {"input": "6", "cache_read": "0.60", "output": "22.50"},
                        "source": "page",
                    },
                    {
                        "model": "m",
                        "from": "2025-01-01",
                        "when": {"tier": "flex"},
                        "rates": {"input": "1", "output": "4"},
                        "source": "page",
                    },
                    {"model": "nothing", "from": "2025-01-01", "rates": {"input": "0", "output": "0"}, "source": "page"},
                ],
            }
        )
    ],
    version="test",
    checked=date(2026, 11, 22),
)


class Made(NamedTuple):
    """A span as an application makes it."""

    attributes: dict[str, Any]
    start: int = CHANGE
    late: bool = False
    """Whether it gets its attributes after its start."""
    scope: str | None = None
    """Its instrumentation, where it is not that of the spans around it."""


class Ended(NamedTuple):
    """What came of spans, in their order: their attributes, and the points of every metric."""

    spans: list[Mapping[str, Any]]
    points: dict[str, list[Any]]

    def total(self, metric: str) -> float:
        return math.fsum(point.value for point in self.points.get(metric, ()))


def run(spans: Sequence[Made], scope: str, *, priced: bool = True) -> Ended:
    """Ends spans one after the other in a provider of their own, with our processor or without."""
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers, meters = TracerProvider(shutdown_on_exit=False), MeterProvider([reader], shutdown_on_exit=False)
    if priced:
        tracers.add_span_processor(CostSpanProcessor(table=TABLE, meter_provider=meters, strict=False))
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    for place, made in enumerate(spans):
        tracer = tracers.get_tracer(scope if made.scope is None else made.scope)
        start = made.start + 2 * place * SECOND
        span = tracer.start_span("chat m", attributes=None if made.late else made.attributes, start_time=start)
        if made.late:
            span.set_attributes(made.attributes)
        span.end(start + SECOND)
    tracers.force_flush()
    data = reader.get_metrics_data()
    points: dict[str, list[Any]] = {}
    for resource in data.resource_metrics if data is not None else ():
        for metrics in resource.scope_metrics:
            for metric in metrics.metrics:
                points.setdefault(metric.name, []).extend(metric.data.data_points)
    return Ended([dict(span.attributes or {}) for span in exporter.get_finished_spans()], points)


class Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@contextmanager
def no_error_of_ours() -> Iterator[None]:
    """Fails where we log at ERROR."""
    handler = Kept(logging.ERROR)
    logger = logging.getLogger("otel_llm_cost")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
    assert [record.getMessage() for record in handler.records] == []


# Counts that an instrumentation states, and their attributes.
STATED = {
    "input": "gen_ai.usage.input_tokens",
    "audio": "gen_ai.usage.audio.input_tokens",
    "image": "gen_ai.usage.image.input_tokens",
    "read": "gen_ai.usage.cache_read.input_tokens",
    "write": "gen_ai.usage.cache_write.input_tokens",
    "5m": "anthropic.usage.cache_creation.ephemeral_5m_input_tokens",
    "1h": "anthropic.usage.cache_creation.ephemeral_1h_input_tokens",
    "output": "gen_ai.usage.output_tokens",
    "reasoning": "gen_ai.usage.reasoning.output_tokens",
    "spoken": "gen_ai.usage.audio.output_tokens",
}
NAMES = [
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "gen_ai.response.id",
    "gen_ai.usage.cost.amount",
    "gen_ai.usage.cost.currency",
    "openai.response.service_tier",
    "server.address",
    "error.type",
    "llm.request.type",
    "traceloop.span.kind",
]
AMOUNT = "gen_ai.usage.cost.amount"
CURRENCY = "gen_ai.usage.cost.currency"
COUNT = st.one_of(st.integers(0, 40), st.integers(1, 40), st.integers(1, 3 * LARGE))


@st.composite
def usages(draw: st.DrawFn) -> dict[str, Any]:
    """Counts that agree with each other, as an inclusive instrumentation states them; parts may be left out."""
    held = {name: draw(COUNT) for name in STATED}
    parts = draw(st.lists(st.sampled_from([name for name in STATED if name not in {"input", "output"}]), unique=True, max_size=4))
    if "5m" in parts or "1h" in parts:
        parts = list(dict.fromkeys([*parts, "write"]))
    within = {"input": ["audio", "image", "read", "write"], "output": ["reasoning", "spoken"], "write": ["5m", "1h"]}
    stated: dict[str, int] = {}
    for name in ("write", "input", "output"):
        stated[name] = held[name] + sum(stated.get(part, held[part]) for part in within[name] if part in parts)
    return {STATED[name]: stated.get(name, held[name]) for name in ("input", "output", *parts)}


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 7),
    st.integers(0, 10**6),
    st.sampled_from([2**63 - 1, 2**63, -(2**63), 2**64, 10**40]),
    st.floats(),
    st.sampled_from([0.25, -0.0, 1e300, float("nan"), float("inf"), float("-inf")]),
    st.sampled_from(["", "7", "-7", "nan", "chat", "invoke_agent", "openai", "anthropic", "m", "flex", "auto", "USD", "localhost"]),
    st.binary(max_size=2),
)
ANYTHING = st.one_of(
    SCALARS,
    st.lists(st.integers(0, 7), max_size=2),
    st.lists(st.sampled_from(["m", "chat", ""]), max_size=2),
    st.lists(SCALARS, max_size=3),
    st.dictionaries(st.sampled_from(["m", "chat", "a"]), SCALARS, max_size=2),
    st.lists(st.dictionaries(st.sampled_from(["m", "a"]), SCALARS, max_size=2), max_size=2),
    st.builds(object),
)
MISSING = object()


@st.composite
def spans(draw: st.DrawFn) -> Made:
    """A call's span, of which up to three attributes are missing, or of any value."""
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": draw(st.sampled_from(["openai", "anthropic"])),
        "gen_ai.request.model": draw(st.sampled_from([*["m"] * 9, "nothing", "nothing", "unheard-of"])),
    } | draw(usages())
    if draw(st.integers(0, 9)) == 7:
        attributes |= {AMOUNT: draw(st.sampled_from([0, 3, 0.25, -0.0, 1e300, -0.25, float("nan")])), CURRENCY: "USD"}
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2, 3]))):
        count = draw(st.booleans())
        name = draw(st.sampled_from([*STATED.values(), "gen_ai.usage.prompt_tokens"] if count else NAMES))
        value = draw(st.one_of(st.just(MISSING), COUNT, ANYTHING) if count else st.one_of(st.just(MISSING), ANYTHING))
        if value is MISSING:
            attributes.pop(name, None)
        else:
            attributes[name] = value
    if draw(st.integers(0, 9)) == 7:
        part, whole = draw(st.sampled_from([("read", "input"), ("write", "input"), ("reasoning", "output"), ("5m", "write")]))
        told = attributes.get(STATED[whole])
        attributes[STATED[part]] = (told if isinstance(told, int) else 0) + draw(st.integers(0, 2))
    days = draw(st.sampled_from([0, 0, 0, 1, -1, -1, -700]))
    return Made(attributes, CHANGE + days * 86_400 * SECOND, draw(st.booleans()))


def is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**63


def fault(attributes: Mapping[str, Any], scope: str) -> str | None:
    """Why a call has no cost, whatever its price: what an inclusive instrumentation's counts must be, said a second time."""
    stated = {name: attributes[key] for name, key in STATED.items() if attributes.get(key) is not None}
    older = attributes.get("gen_ai.usage.prompt_tokens")
    if not all(map(is_count, stated.values())) or not (older is None or is_count(older)):
        return "invalid_usage"
    if scope != INCLUSIVE:
        return None
    stated.setdefault("input", older or 0)
    stated.setdefault("write", stated.get("5m", 0) + stated.get("1h", 0))

    def of(*names: str) -> int:
        return sum(stated.get(name, 0) for name in names)

    exceeded = (
        of("audio", "image", "read", "write") > of("input")
        or of("reasoning", "spoken") > of("output")
        or of("5m", "1h") > of("write")
    )
    return "contradictory_usage" if exceeded else None


def check(kept: Mapping[str, Any], span: Mapping[str, Any], scope: str) -> str:
    """One span, against what it is without us. Returns what became of its call."""
    # An amount of None is none.
    kept = {name: value for name, value in kept.items() if value is not None or not name.startswith("gen_ai.usage.cost.")}
    if (AMOUNT in span and AMOUNT not in kept) or span.get("llm_cost.status") == "partial":
        # A currency without an amount says nothing; beside our amount, or the part of one that we know, it is ours.
        kept = {name: value for name, value in kept.items() if name != CURRENCY}
    # Whatever else the application set stays as it was, NaN and all.
    assert repr({name: value for name, value in span.items() if name in kept}) == repr(dict(kept))
    ours = {name: value for name, value in span.items() if name not in kept}
    for name, value in ours.items():
        if isinstance(value, float):
            assert math.isfinite(value), name
            assert value >= 0, name
    status, reason = ours.get("llm_cost.status"), ours.get("llm_cost.reason")
    operation = kept.get("gen_ai.operation.name")
    if operation is not None and operation != "chat":
        assert ours == {}
        return "no call"
    if operation is None and status is None:
        return "no call"
    money = {name for name in ours if name.endswith("amount")}
    if kept.get(AMOUNT) is not None:
        told, currency = kept[AMOUNT], kept.get(CURRENCY)
        sound = type(told) in {int, float} and math.isfinite(told) and 0 <= told < 1e31
        assert (status == "reported") is (sound and isinstance(currency, str) and currency != "")
        assert sound or reason == "invalid_amount"
        return str(status)
    wrong = fault(kept, scope)
    if wrong is not None:
        assert (status, reason, money) == ("unpriced", wrong, set())
        return wrong
    if status in {"priced", "free"}:
        assert reason is None
        parts = [ours[name] for name in money if name.startswith("llm_cost.component.")]
        assert ours[AMOUNT] == pytest.approx(math.fsum(parts), rel=1e-9)
        assert (ours[CURRENCY], ours["gen_ai.usage.cost.source"]) == ("USD", "local")
    else:
        assert reason is not None
        assert AMOUNT not in ours
    return str(status)


def check_metrics(ended: Ended) -> None:
    for name, points in ended.points.items():
        for point in points:
            assert isinstance(point, NumberDataPoint | HistogramDataPoint)
            values = [point.value] if isinstance(point, NumberDataPoint) else [point.sum, point.min, point.max]
            assert all(map(math.isfinite, values)), name
            # Writing to a cache costs more than not to.
            assert name == "llm_cost.cache.savings" or all(value >= 0 for value in values), name
    settled = [span for span in ended.spans if "llm_cost.status" in span]
    assert ended.total("llm_cost.calls") == len(settled)
    money = [
        span[AMOUNT if span["llm_cost.status"] != "partial" else "llm_cost.known_amount"]
        for span in settled
        if span["llm_cost.status"] in {"priced", "free", "reported"} or "llm_cost.known_amount" in span
    ]
    assert ended.total("llm_cost.spend") == pytest.approx(math.fsum(money), rel=1e-9)


def test_no_attribute_of_any_type_makes_a_cost_that_is_none() -> None:
    outcomes: Counter[str] = Counter()

    @settings(max_examples=300, derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(spans(), min_size=1, max_size=4), st.sampled_from([INCLUSIVE, INCLUSIVE, UNKNOWN]))
    def drive(made: list[Made], scope: str) -> None:
        with no_error_of_ours():
            ended = run(made, scope)
        assert len(ended.spans) == len(made)
        bare = run(made, scope, priced=False)
        outcomes.update(check(kept, span, scope) for kept, span in zip(bare.spans, ended.spans, strict=True))
        check_metrics(ended)

    logging.getLogger("opentelemetry.attributes").addFilter(silence := lambda _: False)
    try:
        drive()
    finally:
        logging.getLogger("opentelemetry.attributes").removeFilter(silence)
    # It cannot pass by pricing nothing, nor by meeting nothing wrong.
    assert outcomes["priced"] >= 0.2 * outcomes.total(), outcomes
    for met in ("no call", "invalid_usage", "contradictory_usage", "partial", "unpriced", "free", "reported"):
        assert outcomes[met] >= 3, outcomes


CHAT: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "m",
    "gen_ai.usage.input_tokens": 997,
    "gen_ai.usage.output_tokens": 499,
}


def test_the_price_of_such_a_span_is_the_published_one() -> None:
    # At 2026-01-01 a million tokens cost 3 USD in and 12 USD out.
    (span,) = run([Made(CHAT)], INCLUSIVE).spans
    assert span[AMOUNT] == (997 * 3 + 499 * 12) / 1e6
    assert span["llm_cost.status"] == "priced"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        pytest.param({"gen_ai.usage.cache_read.input_tokens": 1009}, "contradictory_usage", id="more-cached-than-input"),
        pytest.param({"gen_ai.usage.reasoning.output_tokens": 503}, "contradictory_usage", id="more-reasoning-than-output"),
        pytest.param({"gen_ai.usage.input_tokens": -997}, "invalid_usage", id="negative"),
        pytest.param({"gen_ai.usage.input_tokens": float("nan")}, "invalid_usage", id="nan"),
        pytest.param({"gen_ai.usage.input_tokens": 2**63}, "invalid_usage", id="beyond-64-bits"),
        pytest.param({"gen_ai.usage.input_tokens": True}, "invalid_usage", id="true"),
        pytest.param({"gen_ai.usage.input_tokens": "997"}, "invalid_usage", id="digits"),
        pytest.param({"gen_ai.usage.input_tokens": [997]}, "invalid_usage", id="list"),
        pytest.param({"gen_ai.usage.input_tokens": ""}, "invalid_usage", id="empty"),
    ],
)
def test_what_is_wrong_with_a_usage_stands_on_the_span(changed: dict[str, Any], reason: str) -> None:
    # The one before makes the shortcut for calls like it.
    ended = run([Made(CHAT | dict.fromkeys(changed, 1)), Made(CHAT | changed), Made(CHAT)], INCLUSIVE)
    span = ended.spans[1]
    assert (span["llm_cost.status"], span["llm_cost.reason"]) == ("unpriced", reason)
    assert [name for name in span if name.endswith("amount")] == []
    assert [each["llm_cost.status"] for each in ended.spans] == ["priced", "unpriced", "priced"]
    assert ended.total("llm_cost.calls") == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("gen_ai.operation.name", {"a": 1}, id="operation-map"),
        pytest.param("gen_ai.operation.name", [{"a": 1}], id="operation-list-of-maps"),
        pytest.param("server.address", {"a": 1}, id="address-map"),
        pytest.param("server.address", [{"a": 1}], id="address-list-of-maps"),
        pytest.param("gen_ai.response.model", [[1, {"a": 1}]], id="model-nested"),
        pytest.param("error.type", {"a": 1}, id="error-map"),
        pytest.param("gen_ai.response.id", [{"a": 1}], id="id-list-of-maps"),
        pytest.param("gen_ai.usage.cost.currency", [{"a": 1}], id="currency-list-of-maps"),
    ],
)
def test_a_value_that_cannot_be_a_key_is_no_error(name: str, value: object) -> None:
    with no_error_of_ours():
        ended = run([Made(CHAT | {name: value}), Made(CHAT | {name: value}, late=True), Made(CHAT)], UNKNOWN)
    assert ended.spans[2]["llm_cost.status"] == "priced"
    kept = run([Made(CHAT | {name: value})], UNKNOWN, priced=False).spans[0]
    if name != "gen_ai.operation.name":
        assert {span["llm_cost.status"] for span in ended.spans[:2]} == {"priced"}
    elif name in kept:
        assert ended.spans[0] == kept


@pytest.mark.parametrize("scope", [pytest.param(None, id="none"), pytest.param(7, id="number"), pytest.param(("a",), id="tuple")])
def test_a_scope_that_is_no_name_reaches_nobody(scope: Any) -> None:  # noqa: ANN401 - what applications get wrong
    logging.getLogger("opentelemetry.sdk.trace").addFilter(silence := lambda _: False)
    try:
        with no_error_of_ours():
            ended = run([Made(CHAT)], scope)
    finally:
        logging.getLogger("opentelemetry.sdk.trace").removeFilter(silence)
    assert len(ended.spans) == 1


SHAPES = st.sampled_from(["m", "m", "m", "nothing", "unheard-of"])


@st.composite
def repeats(draw: st.DrawFn) -> tuple[Made, Made]:
    """Two spans that state the same attributes: one whose price surely is worked out, and one with any counts at any time."""
    who = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": draw(SHAPES)}
    if draw(st.integers(0, 3)) == 0:
        who["openai.response.service_tier"] = draw(st.sampled_from(["default", "flex", "unheard-of"]))
    usage = draw(usages())
    other = {
        name: draw(st.one_of(st.just(count), st.just(count), COUNT, st.integers(0, 2**63 - 1))) for name, count in usage.items()
    }
    if draw(st.booleans()):
        other = usage
    days = st.sampled_from([-86_400, -4, -2, 0, 86_400])
    return Made(who | usage, CHANGE + draw(days) * SECOND), Made(who | other, CHANGE + draw(days) * SECOND)


def test_a_call_like_one_before_costs_what_it_costs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: Counter[bool] = Counter()

    def spied(*given: Any) -> Any:  # noqa: ANN401 - passes on what it gets
        found = repeat(*given)
        taken[found is not None] += 1
        return found

    monkeypatch.setattr("otel_llm_cost.processor.repeat", spied)

    @settings(max_examples=200, derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(repeats(), st.sampled_from([INCLUSIVE, INCLUSIVE, EXCLUSIVE, UNKNOWN]))
    def drive(pair: tuple[Made, Made], scope: str) -> None:
        first, second = pair
        with no_error_of_ours():
            # Twice, since what the second leaves behind must price a third of its kind.
            warm = run([first, second, second], scope)
            alone = [run([made], scope) for made in (first, second._replace(start=second.start + 2 * SECOND))]
            alone.append(run([second._replace(start=second.start + 4 * SECOND)], scope))
        assert warm.spans == [each.spans[0] for each in alone]
        check_metrics(warm)
        for metric in ("llm_cost.spend", "llm_cost.calls", "llm_cost.tokens", "llm_cost.cache.savings"):
            assert warm.total(metric) == pytest.approx(math.fsum(each.total(metric) for each in alone), rel=1e-9, abs=1e-12)

    drive()
    # It cannot pass by never taking the short way, nor by always taking it.
    assert taken[True] >= 60, taken
    assert taken[False] >= 5, taken


@pytest.mark.parametrize(
    ("changed", "start"),
    [
        pytest.param({}, CHANGE - 2 * SECOND, id="across-a-price-change"),
        pytest.param({"gen_ai.usage.input_tokens": LARGE + 1}, CHANGE, id="above-a-prompt-size"),
        pytest.param({"gen_ai.usage.output_tokens": 0}, CHANGE, id="without-an-answer"),
        pytest.param({"gen_ai.usage.input_tokens": 2**63 - 1}, CHANGE, id="the-largest"),
    ],
)
def test_the_edges_of_what_is_like_one_before(changed: dict[str, Any], start: int) -> None:
    spans = [Made(CHAT, start - 2 * SECOND), Made(CHAT | changed, start), Made(CHAT, start), Made(CHAT | changed, start)]
    warm = run(spans, INCLUSIVE)
    for place, made in enumerate(spans):
        assert warm.spans[place] == run([made._replace(start=made.start + 2 * place * SECOND)], INCLUSIVE).spans[0]


@pytest.mark.parametrize("first", [LARGE, LARGE + 1], ids=["from-below", "from-above"])
def test_a_prompt_of_just_the_size_is_below_it_whichever_came_before(first: int) -> None:
    sizes = [first, first, LARGE, LARGE + 1, LARGE]
    spans = [Made(CHAT | {"gen_ai.usage.input_tokens": size}, CHANGE) for size in sizes]
    warm = run(spans, INCLUSIVE)
    for place, made in enumerate(spans):
        assert warm.spans[place] == run([made._replace(start=made.start + 2 * place * SECOND)], INCLUSIVE).spans[0]


def test_as_many_components_are_not_the_same_ones() -> None:
    thought = CHAT | {"gen_ai.usage.reasoning.output_tokens": 499}
    spoken = CHAT | {"gen_ai.usage.reasoning.output_tokens": 0}
    first, second, third = run([Made(thought), Made(spoken), Made(thought)], INCLUSIVE).spans
    assert first["llm_cost.component.reasoning.amount"] == third["llm_cost.component.reasoning.amount"] == 499 * 12 / 1e6
    assert second["llm_cost.component.output.amount"] == 499 * 12 / 1e6
    assert "llm_cost.component.output.amount" not in first
    assert "llm_cost.component.reasoning.amount" not in second


TOLD = {AMOUNT: 0.25, CURRENCY: "USD"}


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(Made(CHAT | TOLD), id="told"),
        pytest.param(Made(CHAT | {AMOUNT: 0.25}), id="told-without-a-currency"),
        pytest.param(Made(CHAT | {AMOUNT: float("nan")}), id="told-no-amount"),
        pytest.param(Made(CHAT | {"error.type": "timeout"}), id="failed"),
        pytest.param(Made(CHAT | {"gen_ai.usage.cache_read.input_tokens": 401}), id="cached"),
        pytest.param(Made(CHAT | {"gen_ai.usage.cache_read.input_tokens": 401}, scope=UNKNOWN), id="cached-under-an-unknown-scope"),
        pytest.param(
            Made(CHAT | {"gen_ai.usage.cache_read.input_tokens": 401}, scope=EXCLUSIVE), id="cached-under-an-exclusive-scope"
        ),
        pytest.param(Made(CHAT | {"anthropic.usage.compaction.input_tokens": 401}), id="with-a-compaction"),
        pytest.param(
            Made({name: value for name, value in CHAT.items() if name != "gen_ai.usage.output_tokens"}), id="without-output"
        ),
        pytest.param(Made(CHAT | {"openai.response.service_tier": "flex"}), id="of-another-tier"),
        pytest.param(Made(CHAT | {"gen_ai.response.model": "nothing"}), id="of-another-model"),
    ],
)
@pytest.mark.parametrize(
    "cached", [pytest.param({}, id="plain"), pytest.param({"gen_ai.usage.cache_read.input_tokens": 397}, id="cached")]
)
def test_what_else_a_span_says_is_heard_beside_calls_that_are_like_it(second: Made, cached: dict[str, Any]) -> None:
    # All are of one provider and model; each stands first, between and behind the others.
    first = Made(CHAT | cached)
    spans = [second, first, second, first]
    warm = run(spans, INCLUSIVE)
    alone = [run([made._replace(start=made.start + 2 * place * SECOND)], INCLUSIVE) for place, made in enumerate(spans)]
    assert [repr(span) for span in warm.spans] == [repr(each.spans[0]) for each in alone]
    for metric in ("llm_cost.spend", "llm_cost.calls", "llm_cost.tokens"):
        assert warm.total(metric) == pytest.approx(math.fsum(each.total(metric) for each in alone), rel=1e-9)
