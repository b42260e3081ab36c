"""One call is counted once, though several instrumentations put a span on it; and two calls are two."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Barrier, Thread
from time import time_ns
from typing import Any, ClassVar
from weakref import ref

import pytest
from conftest import NATIVE, OPENLLMETRY, PARENT, UNKNOWN, Telemetry, call, entry, seeded, usd
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ConcurrentMultiSpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, TraceFlags, set_span_in_context

from otel_llm_cost.call import Kind
from otel_llm_cost.ledger.entry import Entry
from otel_llm_cost.ledger.group import MAX_ENTRIES
from otel_llm_cost.ledger.once import HOLD_NS, MAX_HELD, MAX_LANES, MAX_TRACES, Once

THIRD = "openinference.instrumentation.anthropic"
ROOT = Context()
REMOTE = set_span_in_context(NonRecordingSpan(SpanContext(7, 11, is_remote=True, trace_flags=TraceFlags(1))))
COST = usd("m", input=1009, output=101)
SECOND = 1_000_000_000
NO_USAGE: dict[str, Any] = {"tokens_in": None, "tokens_out": None}

IDS = pytest.mark.parametrize(
    ("outer_id", "inner_id"),
    [
        pytest.param("msg_1", "msg_1", id="both-ids"),
        pytest.param(None, None, id="no-ids"),
        pytest.param(None, "msg_1", id="only-the-inner-id"),
        pytest.param("msg_1", None, id="only-the-outer-id"),
    ],
)


@contextmanager
def spanning(telemetry: Telemetry, scope: str, *, context: Context | None = None, late: bool = True, **more: Any) -> Iterator[Span]:  # noqa: ANN401
    """A current span of a chat. `late`: its attributes come before its end, not at its start."""
    attributes = call(**more)
    with telemetry.tracer(scope).start_as_current_span(scope, context=context, attributes=None if late else attributes) as span:
        yield span
        span.set_attributes(attributes)


def start(telemetry: Telemetry, scope: str, *, context: Context | None = None, **more: Any) -> Span:  # noqa: ANN401
    """A span of a chat that is not current."""
    return telemetry.tracer(scope).start_span(scope, context=context, attributes=call(**more))


def in_threads(*works: Callable[[], None]) -> None:
    threads = [Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def is_forgotten(telemetry: Telemetry) -> bool:
    once = telemetry.processor._once
    return (once.remembered(), once.traces, once.held) == (0, {}, {})


# One call ------------------------------------------------------------------------------------------------------------------------
@IDS
@pytest.mark.parametrize("below", [False, True], ids=["root", "below-another-span"])
@pytest.mark.parametrize(
    ("outer", "inner", "late"),
    [
        pytest.param(PARENT, NATIVE, True, id="known-known"),
        pytest.param(UNKNOWN, NATIVE, True, id="unknown-known"),
        pytest.param(PARENT, UNKNOWN, True, id="known-unknown"),
        pytest.param(UNKNOWN, "acme.other", True, id="unknown-unknown"),
        pytest.param(UNKNOWN, "acme.other", False, id="unknown-unknown-announced"),
    ],
)
def test_parent_and_child_are_one_call(
    telemetry: Telemetry, outer: str, inner: str, *, late: bool, below: bool, outer_id: str | None, inner_id: str | None
) -> None:
    work = telemetry.tracer("app").start_span("work") if below else None
    context = set_span_in_context(work) if work is not None else None
    with (
        spanning(telemetry, outer, context=context, late=late, response_id=outer_id),
        spanning(telemetry, inner, late=late, response_id=inner_id),
    ):
        pass
    if work is not None:
        work.end()
    assert telemetry.statuses() == ["priced", "duplicate", *([None] if below else [])]
    metrics = telemetry.collect()
    assert metrics.by("llm_cost.calls", "llm_cost.status") == {"priced": 1, "duplicate": 1}
    assert metrics.total("llm_cost.spend") == float(COST)
    assert is_forgotten(telemetry)


@pytest.mark.parametrize("between", ["opentelemetry.instrumentation.httpx", "acme.tools"], ids=["skipped-scope", "unknown-scope"])
def test_a_span_of_something_else_between_them_changes_nothing(telemetry: Telemetry, between: str) -> None:
    with spanning(telemetry, PARENT), telemetry.tracer(between).start_as_current_span("between"), spanning(telemetry, NATIVE):
        pass
    assert telemetry.statuses() == ["priced", None, "duplicate"]


@IDS
def test_siblings_are_one_call_where_they_are_roots_of_one_thread(
    telemetry: Telemetry, outer_id: str | None, inner_id: str | None
) -> None:
    # OpenLLMetry's span is not current while Anthropic's own tracing runs: two traces.
    outer = start(telemetry, OPENLLMETRY, response_id=outer_id)
    with spanning(telemetry, NATIVE, response_id=inner_id):
        pass
    outer.end()
    one, other = telemetry.spans
    assert one.context.trace_id != other.context.trace_id
    assert telemetry.statuses() == ["priced", "duplicate"]
    assert telemetry.calls() == {"priced": 1, "duplicate": 1}
    assert is_forgotten(telemetry)


@IDS
def test_siblings_are_one_call_where_they_are_roots_of_one_task(
    telemetry: Telemetry, outer_id: str | None, inner_id: str | None
) -> None:
    async def ask() -> None:
        outer = start(telemetry, OPENLLMETRY, response_id=outer_id)
        await asyncio.sleep(0)
        inner = start(telemetry, NATIVE, response_id=inner_id)
        await asyncio.sleep(0)
        inner.end()
        outer.end()

    asyncio.run(ask())
    assert telemetry.calls() == {"priced": 1, "duplicate": 1}
    assert is_forgotten(telemetry)


@IDS
@pytest.mark.parametrize("remote", [False, True], ids=["local-parent", "remote-parent"])
def test_siblings_are_one_call_where_they_are_in_one_trace(
    telemetry: Telemetry, *, remote: bool, outer_id: str | None, inner_id: str | None
) -> None:
    work = telemetry.tracer("app").start_span("work")
    context = REMOTE if remote else set_span_in_context(work)
    outer = start(telemetry, OPENLLMETRY, context=context, response_id=outer_id)
    start(telemetry, NATIVE, context=context, response_id=inner_id).end()
    outer.end()
    work.end()
    assert telemetry.statuses()[:2] == ["priced", "duplicate"]
    assert telemetry.calls() == {"priced": 1, "duplicate": 1}
    assert is_forgotten(telemetry)


@pytest.mark.parametrize("silent_ends", ["first", "last"])
def test_siblings_below_a_remote_parent_are_one_call_though_one_was_not_announced(telemetry: Telemetry, silent_ends: str) -> None:
    silent = telemetry.tracer(UNKNOWN).start_span("silent", context=REMOTE)
    silent.set_attributes(call())
    native = start(telemetry, NATIVE, context=REMOTE)
    for span in (silent, native) if silent_ends == "first" else (native, silent):
        span.end()
    assert telemetry.statuses() == ["priced", "duplicate"]
    assert telemetry.calls() == {"priced": 1, "duplicate": 1}
    assert is_forgotten(telemetry)


@pytest.mark.parametrize("ended", ["outer", "inner"])
def test_whichever_of_them_ends_first_is_counted(telemetry: Telemetry, ended: str) -> None:
    outer = start(telemetry, OPENLLMETRY)
    inner = start(telemetry, NATIVE)
    for span in (outer, inner) if ended == "outer" else (inner, outer):
        span.end()
    assert telemetry.statuses() == ["priced", "duplicate"]


def test_three_scopes_are_one_call(telemetry: Telemetry) -> None:
    with spanning(telemetry, PARENT), spanning(telemetry, THIRD), spanning(telemetry, NATIVE, response_id="msg_1"):
        pass
    assert telemetry.statuses() == ["priced", "duplicate", "duplicate"]
    assert telemetry.calls() == {"priced": 1, "duplicate": 2}


@pytest.mark.parametrize("with_usage", [{0}, {1}, {2}, {0, 1}, {0, 2}, {1, 2}], ids=str)
@pytest.mark.parametrize(
    ("place", "is_nested"),
    [
        pytest.param("root", True, id="root"),
        pytest.param("work", True, id="below-another-span"),
        pytest.param("far", True, id="below-a-remote-parent"),
        pytest.param("root", False, id="root-beside-the-others"),
        pytest.param("work", False, id="beside-the-others-below-another-span"),
        pytest.param("far", False, id="beside-the-others-below-a-remote-parent"),
    ],
)
def test_three_scopes_are_one_call_whichever_of_them_have_its_usage(
    telemetry: Telemetry, place: str, *, is_nested: bool, with_usage: set[int]
) -> None:
    work = telemetry.tracer("app").start_span("work")
    above = {"root": ROOT, "work": set_span_in_context(work), "far": REMOTE}[place]
    counts: list[dict[str, Any]] = [{} if number in with_usage else NO_USAGE for number in range(3)]
    outer = start(telemetry, PARENT, context=above, **counts[0])
    between = start(telemetry, THIRD, context=set_span_in_context(outer) if is_nested else above, **counts[1])
    start(telemetry, NATIVE, context=set_span_in_context(between), **counts[2]).end()
    # It has no usage and shows what waits below it: both wait on for the outer one.
    between.end()
    outer.end()
    work.end()
    assert telemetry.calls() == {"priced": 1, "duplicate": 2}
    assert telemetry.collect().total("llm_cost.spend") == float(COST)
    assert is_forgotten(telemetry)


def test_three_scopes_as_roots_are_one_call(telemetry: Telemetry) -> None:
    spans = [start(telemetry, scope) for scope in (OPENLLMETRY, THIRD, NATIVE)]
    for span in reversed(spans):
        span.end()
    assert telemetry.calls() == {"priced": 1, "duplicate": 2}
    assert is_forgotten(telemetry)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({}, {"gen_ai.usage.cache_read.input_tokens": 307}, id="a-count-that-only-one-knows"),
        pytest.param({}, {"gen_ai.request.model": "m-latest"}, id="another-request-model-of-one-response-model"),
        pytest.param({"gen_ai.response.model": None}, {"gen_ai.request.model": None}, id="the-request-is-the-others-response"),
        pytest.param({"gen_ai.response.model": None}, {}, id="one-has-no-response-model"),
        pytest.param({"response_id": "x", "tokens_out": 103}, {"response_id": "x"}, id="one-id-and-other-counts"),
    ],
)
def test_what_only_one_of_them_says_does_not_part_them(telemetry: Telemetry, one: dict[str, Any], other: dict[str, Any]) -> None:
    with spanning(telemetry, PARENT, **one), spanning(telemetry, NATIVE, **other):
        pass
    assert telemetry.calls() == {"priced": 1, "duplicate": 1}


# Two calls -----------------------------------------------------------------------------------------------------------------------
@IDS
@pytest.mark.parametrize("how", ["roots", "one-trace"])
def test_two_identical_calls_one_after_the_other_are_two(
    telemetry: Telemetry, how: str, outer_id: str | None, inner_id: str | None
) -> None:
    context = set_span_in_context(telemetry.tracer("app").start_span("work")) if how == "one-trace" else ROOT
    for suffix in "ab":
        outer = start(telemetry, OPENLLMETRY, context=context, response_id=outer_id and outer_id + suffix)
        start(telemetry, NATIVE, context=context, response_id=inner_id and inner_id + suffix).end()
        outer.end()
    assert telemetry.statuses() == ["priced", "duplicate", "priced", "duplicate"]
    metrics = telemetry.collect()
    assert metrics.by("llm_cost.calls", "llm_cost.status") == {"priced": 2, "duplicate": 2}
    assert metrics.total("llm_cost.spend") == float(2 * COST)


@pytest.mark.parametrize(
    ("begins", "ends", "counted"),
    [
        pytest.param(2 * SECOND, 3 * SECOND, 2, id="begins-when-the-other-ends"),
        pytest.param(2 * SECOND - 1, 3 * SECOND, 1, id="begins-just-before"),
        pytest.param(0, SECOND, 2, id="ends-when-the-other-begins"),
        pytest.param(0, SECOND + 1, 1, id="ends-just-after"),
        pytest.param(0, 9 * SECOND, 1, id="around"),
    ],
)
def test_only_windows_that_overlap_are_one_call(begins: int, ends: int, counted: int) -> None:
    once, seen = driven()
    once.begin(1, 9, None)
    once.settle(entry(PARENT, 2, SECOND, 2 * SECOND))
    once.settle(entry(NATIVE, 3, begins, ends))
    assert [verdict for verdict, _ in seen].count("count") == counted


@pytest.mark.parametrize("with_ids", [False, True], ids=["no-ids", "ids"])
@pytest.mark.parametrize("how", ["nested", "siblings"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first-ends-first", "second-ends-first"])
def test_two_parallel_identical_calls_in_one_trace_are_two(
    telemetry: Telemetry, how: str, *, with_ids: bool, order: tuple[int, int]
) -> None:
    work = telemetry.tracer("app").start_span("work")
    pairs = []
    for number in range(2):
        response_id = f"msg_{number}" if with_ids else None
        outer = start(telemetry, OPENLLMETRY, context=set_span_in_context(work), response_id=response_id)
        above = outer if how == "nested" else work
        pairs.append((outer, start(telemetry, NATIVE, context=set_span_in_context(above), response_id=response_id)))
    for number in order:
        pairs[number][1].end()
    for number in order:
        pairs[number][0].end()
    work.end()
    assert telemetry.statuses() == ["priced", "priced", "duplicate", "duplicate", None]
    metrics = telemetry.collect()
    assert metrics.by("llm_cost.calls", "llm_cost.status") == {"priced": 2, "duplicate": 2}
    assert metrics.total("llm_cost.spend") == float(2 * COST)
    assert is_forgotten(telemetry)


@pytest.mark.parametrize("with_ids", [False, True], ids=["no-ids", "ids"])
def test_two_parallel_identical_calls_in_two_threads_are_two(telemetry: Telemetry, *, with_ids: bool) -> None:
    barrier = Barrier(2)

    def ask(number: int) -> None:
        response_id = f"msg_{number}" if with_ids else None
        outer = start(telemetry, OPENLLMETRY, context=ROOT, response_id=response_id)
        inner = start(telemetry, NATIVE, context=ROOT, response_id=response_id)
        barrier.wait(5)
        inner.end()
        barrier.wait(5)
        outer.end()

    in_threads(lambda: ask(0), lambda: ask(1))
    assert telemetry.calls() == {"priced": 2, "duplicate": 2}
    assert is_forgotten(telemetry)


@pytest.mark.parametrize("with_ids", [False, True], ids=["no-ids", "ids"])
def test_two_parallel_identical_calls_in_two_tasks_are_two(telemetry: Telemetry, *, with_ids: bool) -> None:
    async def ask(number: int) -> None:
        response_id = f"msg_{number}" if with_ids else None
        outer = start(telemetry, OPENLLMETRY, context=ROOT, response_id=response_id)
        inner = start(telemetry, NATIVE, context=ROOT, response_id=response_id)
        await asyncio.sleep(0)
        inner.end()
        await asyncio.sleep(0)
        outer.end()

    async def both() -> None:
        await asyncio.gather(ask(0), ask(1))

    asyncio.run(both())
    assert telemetry.calls() == {"priced": 2, "duplicate": 2}
    assert is_forgotten(telemetry)


@pytest.mark.parametrize("with_tasks", [False, True], ids=["threads", "tasks"])
def test_roots_of_two_threads_or_tasks_are_two_calls_though_their_scopes_differ(telemetry: Telemetry, *, with_tasks: bool) -> None:
    barrier = Barrier(2)

    def in_thread(scope: str) -> None:
        span = start(telemetry, scope, context=ROOT)
        barrier.wait(5)
        span.end()

    async def in_task(scope: str) -> None:
        span = start(telemetry, scope, context=ROOT)
        await asyncio.sleep(0)
        span.end()

    async def both() -> None:
        await asyncio.gather(in_task(OPENLLMETRY), in_task(NATIVE))

    if with_tasks:
        asyncio.run(both())
    else:
        in_threads(lambda: in_thread(OPENLLMETRY), lambda: in_thread(NATIVE))
    assert telemetry.calls() == {"priced": 2}


@pytest.mark.parametrize("response_id", [None, "msg_1"], ids=["no-id", "same-id"])
@pytest.mark.parametrize("nested", [False, True], ids=["siblings", "nested"])
def test_a_scope_never_duplicates_itself(telemetry: Telemetry, response_id: str | None, *, nested: bool) -> None:
    outer = start(telemetry, PARENT, response_id=response_id)
    start(telemetry, PARENT, context=set_span_in_context(outer) if nested else ROOT, response_id=response_id).end()
    outer.end()
    assert telemetry.calls() == {"priced": 2}


def test_a_counted_span_absorbs_one_span_of_each_other_scope(telemetry: Telemetry) -> None:
    work = set_span_in_context(telemetry.tracer("app").start_span("work"))
    others = [start(telemetry, scope, context=work) for scope in (OPENLLMETRY, OPENLLMETRY, THIRD, THIRD)]
    start(telemetry, NATIVE, context=work).end()
    for span in others:
        span.end()
    # Of each pair one is the native span's own; the two left over show a second call, under two scopes.
    assert telemetry.statuses() == ["priced", "duplicate", "priced", "duplicate", "duplicate"]
    assert telemetry.calls() == {"priced": 2, "duplicate": 3}


@pytest.mark.parametrize(
    ("parent_of_second", "start_of_outer", "second"),
    [
        pytest.param(3, 11, True, id="by-relation"),
        pytest.param(None, 19, True, id="by-start"),
        pytest.param(None, 11, False, id="first"),
    ],
)
def test_the_nearest_is_absorbed(parent_of_second: int | None, start_of_outer: int, *, second: bool) -> None:
    # Two native spans, each with an id; the outer one has none, and could be either's.
    once, seen = driven()
    once.begin(1, 9, None)
    once.settle(entry(NATIVE, 1, 10, 100, response_id="first"))
    once.settle(entry(NATIVE, 2, 20, 100, response_id="second", parent_id=parent_of_second))
    once.settle(entry(PARENT, 3, start_of_outer, 110))
    # The one whose it is has no place for another span of that scope, and the other one has.
    once.settle(entry(PARENT, 4, 12, 120, response_id="first"))
    once.settle(entry(PARENT, 5, 12, 130, response_id="second"))
    free, taken = (4, 5) if second else (5, 4)
    assert seen[:3] == [("count", 1), ("count", 2), ("duplicate", 3)]
    assert sorted(seen[3:]) == [("count", taken), ("duplicate", free)]


def test_the_nearest_of_a_child_is_its_parent_though_that_ended_first() -> None:
    once, seen = driven()
    once.begin(1, 9, None)
    once.settle(entry(PARENT, 1, 10, 100, response_id="parent"))
    once.settle(entry(PARENT, 2, 20, 100, response_id="other"))
    once.settle(entry(NATIVE, 3, 21, 110, parent_id=1))
    once.settle(entry(NATIVE, 4, 21, 120, response_id="other"))
    assert seen[2:] == [("duplicate", 3), ("duplicate", 4)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param({"tokens_in": 1009}, {"tokens_in": 1013}, id="input"),
        pytest.param({"tokens_out": 101}, {"tokens_out": 103}, id="output"),
        *(
            pytest.param({name: 7}, {name: 11}, id=name.removeprefix("gen_ai.usage."))
            for name in (
                "gen_ai.usage.cache_read.input_tokens",
                "gen_ai.usage.cache_write.input_tokens",
                "gen_ai.usage.reasoning.output_tokens",
            )
        ),
        pytest.param({"response_id": "msg_1"}, {"response_id": "msg_2"}, id="ids"),
        pytest.param({"model": "m"}, {"model": "small"}, id="models"),
        pytest.param(
            {"gen_ai.response.model": None}, {"gen_ai.response.model": None, "gen_ai.request.model": "n"}, id="request-models"
        ),
    ],
)
def test_spans_that_contradict_each_other_are_two_calls(telemetry: Telemetry, one: dict[str, Any], other: dict[str, Any]) -> None:
    with spanning(telemetry, PARENT, **one), spanning(telemetry, NATIVE, **other):
        pass
    assert "duplicate" not in telemetry.statuses()
    assert "duplicate" not in telemetry.calls()


def test_a_chat_whose_tool_asks_for_an_embedding_is_a_call_of_its_own(telemetry: Telemetry) -> None:
    with (
        spanning(telemetry, PARENT),
        telemetry.tracer("app").start_as_current_span("tool", attributes={"gen_ai.operation.name": "execute_tool"}),
        spanning(telemetry, UNKNOWN, model="embed", operation="embeddings", tokens_in=503, tokens_out=None),
    ):
        pass
    assert telemetry.statuses() == ["priced", None, "priced"]
    metrics = telemetry.collect()
    assert metrics.by("llm_cost.calls", "gen_ai.response.model") == {"m": 1, "embed": 1}
    assert metrics.by("llm_cost.spend", "gen_ai.response.model") == {"m": float(COST), "embed": float(usd("embed", input=503))}


# What a duplicate leaves ---------------------------------------------------------------------------------------------------------
def test_a_duplicate_says_so_and_has_no_cost(telemetry: Telemetry) -> None:
    with spanning(telemetry, PARENT), spanning(telemetry, NATIVE):
        pass
    written = {name: value for name, value in telemetry.attributes(PARENT).items() if name not in call()}
    assert written == {"llm_cost.status": "duplicate", "llm_cost.table": "2025-03-01", "llm_cost.usage_source": "span"}


def test_a_duplicate_adds_one_to_the_calls_and_nothing_to_anything_else(telemetry: Telemetry) -> None:
    with spanning(telemetry, NATIVE):
        pass
    before = telemetry.collect().all()
    with spanning(telemetry, PARENT), spanning(telemetry, NATIVE):
        pass
    after = telemetry.collect().all()
    new = set(after) - set(before)
    ((name, attributes),) = new
    assert name == "llm_cost.calls"
    assert dict(attributes) == {
        "gen_ai.provider.name": "acme",
        "gen_ai.response.model": "m",
        "gen_ai.operation.name": "chat",
        "llm_cost.status": "duplicate",
    }
    assert after[name, attributes] == 1
    # The rest is as if the one call had been made twice.
    for key, value in before.items():
        if key[0] in {"llm_cost.calls", "llm_cost.tokens", "llm_cost.spend"}:
            assert after[key] == 2 * value, key
        elif key[0] == "gen_ai.client.operation.cost":
            assert after[key][0] == 2, key


def test_a_duplicate_of_a_told_cost_starts_no_series_with_a_value(telemetry: Telemetry) -> None:
    told = {"gen_ai.usage.cost.amount": 0.37, "gen_ai.usage.cost.currency": "USD"}
    with spanning(telemetry, PARENT, **told), spanning(telemetry, NATIVE):
        pass
    metrics = telemetry.collect()
    assert metrics.by("llm_cost.calls", "llm_cost.status") == {"priced": 1, "duplicate": 1}
    assert metrics.by("llm_cost.spend", "llm_cost.status") == {"priced": float(COST)}
    assert [point.count for point in metrics.points("gen_ai.client.operation.cost")] == [1]
    # What the application set itself stays.
    assert telemetry.attributes(PARENT)["gen_ai.usage.cost.amount"] == 0.37


# A price for a call that has none yet --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("nested", [True, False], ids=["parent-and-child", "roots-of-one-thread"])
def test_a_priced_span_takes_the_place_of_one_without_a_price(telemetry: Telemetry, *, nested: bool) -> None:
    outer = start(telemetry, OPENLLMETRY, response_id="msg_1")
    inner = start(telemetry, NATIVE, context=set_span_in_context(outer) if nested else ROOT, response_id="msg_1", **NO_USAGE)
    inner.end()
    assert telemetry.calls() == {}
    outer.end()
    assert telemetry.statuses() == ["unpriced", "priced"]
    metrics = telemetry.collect()
    assert metrics.by("llm_cost.calls", "llm_cost.status") == {"priced": 1, "duplicate": 1}
    assert metrics.total("llm_cost.spend") == float(COST)
    assert is_forgotten(telemetry)


def test_one_that_took_a_place_absorbs_no_second_span_of_that_scope(telemetry: Telemetry) -> None:
    outer = start(telemetry, PARENT)
    below = set_span_in_context(outer)
    first = start(telemetry, NATIVE, context=below, **NO_USAGE)
    second = start(telemetry, NATIVE, context=below)
    third = start(telemetry, THIRD, context=below)
    first.end()
    third.end()
    second.end()
    outer.end()
    assert telemetry.statuses() == ["unpriced", "priced", "priced", "duplicate"]
    assert telemetry.calls() == {"priced": 2, "duplicate": 2}


def test_one_that_took_a_place_is_alone_in_it() -> None:
    once, seen = driven()
    once.begin(1, 9, None)
    once.settle(waiting(2))
    for span_id, scope in ((3, PARENT), (4, THIRD), (5, THIRD)):
        once.settle(entry(scope, span_id, 4, 10 + span_id))
    assert seen == [("duplicate", 2), ("count", 3), ("duplicate", 4), ("count", 5)]


def test_a_root_without_a_price_waits_for_the_other_roots_of_its_thread_only(telemetry: Telemetry) -> None:
    outer = start(telemetry, OPENLLMETRY, model="small")
    start(telemetry, NATIVE, context=ROOT, **NO_USAGE).end()
    assert telemetry.calls() == {}
    outer.end()
    assert telemetry.calls() == {"priced": 1, "unpriced": 1}
    assert is_forgotten(telemetry)


def test_a_collection_counts_what_has_waited_for_a_second(telemetry: Telemetry) -> None:
    work = set_span_in_context(telemetry.tracer("app").start_span("work"))
    now = time_ns()
    for ago in (HOLD_NS, HOLD_NS // 2):
        span = telemetry.tracer(NATIVE).start_span("ask", work, attributes=call(**NO_USAGE), start_time=now - ago - 7)
        span.end(now - ago)
    assert telemetry.calls() == {"unpriced": 1}


def test_two_without_a_price_are_one_call_without_a_price(telemetry: Telemetry) -> None:
    with spanning(telemetry, PARENT, model="nobody-knows"), spanning(telemetry, NATIVE, model="nobody-knows"):
        pass
    assert telemetry.statuses() == ["unpriced", "duplicate"]
    metrics = telemetry.collect()
    assert metrics.by("llm_cost.calls", "llm_cost.status") == {"unpriced": 1, "duplicate": 1}
    assert metrics.by("llm_cost.calls", "llm_cost.reason") == {"unknown_model": 1, "None": 1}
    assert is_forgotten(telemetry)


def test_one_without_a_price_waits_for_its_parent_only(telemetry: Telemetry) -> None:
    work = telemetry.tracer("app").start_span("work")
    step = telemetry.tracer("app").start_span("step", set_span_in_context(work))
    start(telemetry, NATIVE, context=set_span_in_context(step), **NO_USAGE).end()
    assert len(telemetry.processor._once.held) == 1
    assert telemetry.calls() == {}
    step.end()
    assert telemetry.processor._once.held == {}
    assert telemetry.calls() == {"unpriced": 1}
    work.end()
    assert is_forgotten(telemetry)


def test_a_root_without_a_price_that_is_alone_does_not_wait(telemetry: Telemetry) -> None:
    start(telemetry, NATIVE, **NO_USAGE).end()
    assert telemetry.calls() == {"unpriced": 1}
    assert is_forgotten(telemetry)


@pytest.mark.parametrize("sibling_is_call", [True, False], ids=["another-call", "no-call"])
def test_one_without_a_price_waits_for_its_siblings_below_a_remote_parent_only(
    telemetry: Telemetry, *, sibling_is_call: bool
) -> None:
    sibling = telemetry.tracer(UNKNOWN).start_span("sibling", context=REMOTE)
    start(telemetry, NATIVE, context=REMOTE, **NO_USAGE).end()
    assert telemetry.calls() == {}
    sibling.set_attributes(call(model="small") if sibling_is_call else {})
    sibling.end()
    assert telemetry.calls() == {"unpriced": 1} | ({"priced": 1} if sibling_is_call else {})
    assert is_forgotten(telemetry)


@pytest.mark.parametrize("is_same", [True, False], ids=["its-call", "another"])
def test_a_root_without_a_price_waits_for_what_it_left_behind(telemetry: Telemetry, *, is_same: bool) -> None:
    outer = start(telemetry, PARENT, **NO_USAGE)
    inner = start(telemetry, NATIVE, context=set_span_in_context(outer), model="m" if is_same else "small")
    outer.end()
    assert telemetry.calls() == {}
    inner.end()
    assert telemetry.calls() == {"priced": 1, "duplicate" if is_same else "unpriced": 1}
    assert is_forgotten(telemetry)


@pytest.mark.parametrize("flush", ["force_flush", "shutdown"])
def test_what_waits_is_counted_when_the_provider_is_flushed(telemetry: Telemetry, flush: str) -> None:
    work = telemetry.tracer("app").start_span("work")
    start(telemetry, NATIVE, context=set_span_in_context(work), **NO_USAGE).end()
    getattr(telemetry.provider, flush)()
    assert telemetry.processor._once.held == {}
    assert telemetry.calls() == {"unpriced": 1}


# The rule by itself, with a clock of the test's ----------------------------------------------------------------------------------
def driven() -> tuple[Once, list[tuple[str, int]]]:
    """A ledger, and what it settles: verdict and span id, in order."""
    seen: list[tuple[str, int]] = []
    return Once(lambda held: seen.append(("count", held.span_id)), lambda held: seen.append(("duplicate", held.span_id))), seen


def waiting(span_id: int = 2, end: int = 10, **more: Any) -> Entry:  # noqa: ANN401
    """An entry without a price below a span that is still open."""
    return entry(NATIVE, span_id, 5, end, settled=False, parent_id=1, **more)


@pytest.mark.parametrize("by", ["collection", "another-span"])
@pytest.mark.parametrize(("after", "released"), [(HOLD_NS - 1, False), (HOLD_NS, True)], ids=["just-before", "one-second"])
def test_one_without_a_price_waits_one_second_at_most(by: str, after: int, *, released: bool) -> None:
    once, seen = driven()
    assert once.settle(waiting(end=10)) == "hold"
    if by == "collection":
        once.release(10 + after)
    else:
        once.settle(entry(PARENT, 77, 9 + after, 10 + after, trace_id=2, kind=Kind("acme", "other", "chat")))
    assert (("count", 2) in seen) is released
    assert (2 in once.held) is not released


def test_one_that_is_told_to_end_later_waits_for_its_own_time_and_a_collection_finds_those_behind_it() -> None:
    once, seen = driven()
    once.settle(waiting(2, end=10 + SECOND))
    once.settle(waiting(3, end=10))
    once.settle(entry(PARENT, 77, 9, 10 + HOLD_NS, trace_id=2))
    assert seen == [("count", 77)]
    once.release(10 + HOLD_NS)
    assert seen[1:] == [("count", 3)]
    once.settle(entry(PARENT, 78, 9, 10 + 2 * HOLD_NS, trace_id=3))
    assert seen[2:] == [("count", 2), ("count", 78)]


def test_hold_is_one_second() -> None:
    assert HOLD_NS == SECOND


def test_no_more_wait_than_are_allowed_and_the_oldest_goes_first() -> None:
    once, seen = driven()
    for number in range(MAX_HELD + 3):
        once.settle(waiting(1000 + number, trace_id=number % 7))
    assert len(once.held) == MAX_HELD
    assert seen == [("count", 1000), ("count", 1001), ("count", 1002)]


class LookedAt(Entry):
    """An entry that tells that it was looked at."""

    __slots__ = ()
    at: ClassVar[set[int]] = set()

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401 - any field
        LookedAt.at.add(id(self))
        return super().__getattribute__(name)


def test_a_thousand_that_wait_are_not_looked_at_when_other_spans_end() -> None:
    once, seen = driven()
    lane = once.begin_root("main", 1)
    for number in range(MAX_HELD):
        one = waiting(1000 + number, trace_id=100 + number % 7)
        one.parent_id = 2000 + number
        one.__class__ = LookedAt
        assert once.settle(one) == "hold"

    def looked_at(work: Callable[[], object]) -> int:
        LookedAt.at.clear()
        work()
        return len(LookedAt.at)

    # Of those that wait, only the first, which has waited longest; of one that no longer waits, that one.
    assert looked_at(lambda: once.settle(entry(PARENT, 1, 5, 20))) == 1
    assert looked_at(lambda: once.settle(entry(PARENT, 2, 5, 20, group=lane, is_root=True, trace_id=2))) == 1
    assert looked_at(lambda: once.span_ended(3, 3, is_local_root=False)) == 0
    assert looked_at(lambda: once.span_ended(3, 3, is_local_root=True)) == 0
    assert len(once.held) == MAX_HELD
    assert looked_at(lambda: once.span_ended(100, 2007, is_local_root=False)) == 1
    assert seen[-1] == ("count", 1007)
    assert looked_at(lambda: once.settle(waiting(1, trace_id=4))) == 1
    # There is no room for one more.
    assert looked_at(lambda: once.settle(waiting(2, trace_id=5))) == 1
    assert seen[-1] == ("count", 1000)


def test_no_more_entries_of_a_trace_are_kept_than_are_allowed() -> None:
    once, _ = driven()
    once.begin(1, 9, None)
    for number in range(MAX_ENTRIES + 3):
        once.settle(entry(NATIVE, 1000 + number, 0, 10 + number))
    assert once.remembered() == MAX_ENTRIES
    # The newest are kept: a parent of the first no longer finds it, one of the last does.
    assert once.traces[1].entries[0].span_id == 1003


def test_no_more_traces_are_kept_than_are_allowed() -> None:
    once, _ = driven()
    for number in range(MAX_TRACES + 3):
        once.begin(number, 1, None)
    assert list(once.traces) == list(range(3, MAX_TRACES + 3))


def test_no_more_threads_and_tasks_are_kept_than_are_allowed() -> None:
    once, _ = driven()
    for number in range(MAX_LANES + 3):
        once.begin_root(number, number)
    assert len(once._lanes) == MAX_LANES


@pytest.mark.parametrize("kind", ["trace", "lane"])
def test_one_that_others_took_the_place_of_is_kept_by_what_is_open_in_it_and_by_nothing_else(kind: str) -> None:
    once, _ = driven()
    group = once.begin(1, 9, None) if kind == "trace" else once.begin_root(1, 1)
    for number in range(2, MAX_TRACES + 3):
        assert once.begin(number, number, None).open == once.begin_root(number, number).open == 1
    assert (1 in once.traces, 1 in once._lanes) == (False, False)
    # A second span of it finds it, and leaves its call there.
    assert (once.begin(1, 8, None) if kind == "trace" else once.begin_root(1, 1)) is group
    once.settle(entry(NATIVE, 8, 1, 10, group=group, is_root=kind == "lane", settled=False))
    once.release(None)
    assert [held.span_id for held in group.entries] == [8]
    assert once.remembered() == 1
    gc.collect()
    gc.disable()
    try:
        reference = ref(group)
        del group
        # Without the garbage collector: nothing leads back to it.
        assert reference() is None
    finally:
        gc.enable()
    assert once.remembered() == 0


def test_a_forked_child_forgets_what_its_parent_saw() -> None:
    once, _ = driven()
    once.begin_root("main", 1)
    once.begin(1, 9, None)
    once.settle(waiting())
    once.renew_after_fork()
    assert (once.remembered(), once.traces, once.held, once._lanes) == (0, {}, {}, {})


# Memory --------------------------------------------------------------------------------------------------------------------------
def _ask_nested(telemetry: Telemetry) -> None:
    with spanning(telemetry, PARENT), spanning(telemetry, NATIVE):
        pass


def _ask_beside(telemetry: Telemetry) -> None:
    outer = start(telemetry, OPENLLMETRY)
    start(telemetry, NATIVE).end()
    outer.end()


def _ask_unpriced(telemetry: Telemetry) -> None:
    with spanning(telemetry, PARENT, **NO_USAGE), spanning(telemetry, NATIVE, **NO_USAGE):
        pass


def _ask_in_a_workflow(telemetry: Telemetry) -> None:
    with telemetry.tracer("app").start_as_current_span("work"):
        for counts in ({}, {"tokens_out": 11}, NO_USAGE):
            start(telemetry, UNKNOWN, **counts).end()


def _ask_nothing(telemetry: Telemetry) -> None:
    # Announced by its scope, and no call.
    with telemetry.tracer(PARENT).start_as_current_span("invoke"), telemetry.tracer(PARENT).start_as_current_span("tool"):
        pass


@pytest.mark.parametrize(
    ("ask", "counted"),
    [
        pytest.param(_ask_nested, {"priced": 1, "duplicate": 1}, id="nested"),
        pytest.param(_ask_beside, {"priced": 1, "duplicate": 1}, id="roots"),
        pytest.param(_ask_unpriced, {"unpriced": 1, "duplicate": 1}, id="unpriced"),
        pytest.param(_ask_in_a_workflow, {"priced": 2, "unpriced": 1}, id="workflow"),
        pytest.param(_ask_nothing, {}, id="no-calls"),
    ],
)
def test_nothing_is_remembered_when_traces_have_ended(
    make_telemetry: Callable[..., Telemetry], ask: Callable[[Telemetry], None], counted: dict[str, int]
) -> None:
    telemetry = make_telemetry()
    telemetry.attach(telemetry.processor)
    traces = 1500
    for _ in range(traces):
        ask(telemetry)
    assert is_forgotten(telemetry)
    assert telemetry.calls() == {status: traces * calls for status, calls in counted.items()}


def test_nothing_is_remembered_of_thousands_of_traces_in_parallel(make_telemetry: Callable[..., Telemetry]) -> None:
    telemetry = make_telemetry()
    telemetry.attach(telemetry.processor)
    asks = (_ask_nested, _ask_beside, _ask_unpriced, _ask_in_a_workflow, _ask_nothing)

    def work(seed: int) -> None:
        dice = seeded(seed)
        for _ in range(400):
            dice.choice(asks)(telemetry)

    in_threads(*(lambda seed=seed: work(seed) for seed in range(8)))  # type: ignore[misc]
    dices = [seeded(seed) for seed in range(8)]
    made = Counter(dice.choice(asks) for dice in dices for _ in range(400))
    assert is_forgotten(telemetry)
    assert telemetry.calls() == {
        "priced": made[_ask_nested] + made[_ask_beside] + 2 * made[_ask_in_a_workflow],
        "duplicate": made[_ask_nested] + made[_ask_beside] + made[_ask_unpriced],
        "unpriced": made[_ask_unpriced] + made[_ask_in_a_workflow],
    }


@pytest.mark.parametrize("seed", range(20))
def test_every_span_of_a_call_is_counted_or_a_duplicate_whatever_the_order(
    make_telemetry: Callable[..., Telemetry], seed: int
) -> None:
    telemetry = make_telemetry()
    telemetry.attach(telemetry.processor)
    dice = seeded(seed)
    open_spans: list[Span] = []
    made = 0
    for _ in range(300):
        if open_spans and dice.random() < 0.5:
            open_spans.pop(dice.randrange(len(open_spans))).end()
        else:
            above = dice.choice([None, *open_spans])
            context = set_span_in_context(above) if above is not None else ROOT
            counts = dice.choice([{}, {"tokens_out": 11}, NO_USAGE])
            open_spans.append(start(telemetry, dice.choice([PARENT, NATIVE, UNKNOWN]), context=context, **counts))
            made += 1
    for span in open_spans:
        span.end()
    telemetry.provider.force_flush()
    calls = telemetry.calls()
    assert sum(calls.values()) == made
    assert calls["priced"] > 0
    assert telemetry.processor._once.held == {}
    metrics = telemetry.collect()
    assert metrics.points("gen_ai.client.operation.cost")[0].count == calls["priced"]


# Where the rule is hard to keep --------------------------------------------------------------------------------------------------
def test_a_price_that_comes_after_its_call_was_counted_without_one_is_not_lost() -> None:
    # A stream: the native span ends without a usage, the parent ends with one, more than a second later.
    once, seen = driven()
    once.begin(1, 1, None)
    once.settle(waiting(2, end=10, response_id="msg_1"))
    once.release(10 + HOLD_NS)
    assert seen == [("count", 2)]
    once.settle(entry(PARENT, 1, 1, 10 + 2 * HOLD_NS, response_id="msg_1"))
    assert seen == [("count", 2), ("count", 1)]


def test_a_thread_with_an_open_call_is_not_forgotten_for_threads_and_tasks_that_have_none(telemetry: Telemetry) -> None:
    outer = start(telemetry, OPENLLMETRY)

    async def ask() -> None:
        start(telemetry, NATIVE, model="small", context=ROOT).end()

    async def many() -> None:
        await asyncio.gather(*(ask() for _ in range(MAX_LANES + 3)))

    asyncio.run(many())
    start(telemetry, NATIVE, context=ROOT).end()
    outer.end()
    assert telemetry.calls() == {"priced": MAX_LANES + 4, "duplicate": 1}


def test_a_call_that_outlives_its_trace_is_forgotten(telemetry: Telemetry) -> None:
    work = telemetry.tracer("app").start_span("work")
    outer = start(telemetry, PARENT, context=set_span_in_context(work))
    inner = start(telemetry, NATIVE, context=set_span_in_context(outer))
    work.end()
    inner.end()
    outer.end()
    assert telemetry.statuses() == [None, "priced", "duplicate"]
    assert is_forgotten(telemetry)


def test_a_root_that_turns_out_to_be_no_call_leaves_nothing_behind(telemetry: Telemetry) -> None:
    outer = telemetry.tracer(OPENLLMETRY).start_span("no-call")
    start(telemetry, NATIVE, context=ROOT).end()
    outer.end()
    assert telemetry.calls() == {"priced": 1}
    assert is_forgotten(telemetry)


@pytest.mark.parametrize("how", ["nested", "siblings", "outliving"])
def test_more_traces_at_a_time_than_are_remembered_are_counted_once_and_leave_nothing_behind(
    make_telemetry: Callable[..., Telemetry], how: str
) -> None:
    telemetry = make_telemetry()
    telemetry.attach(telemetry.processor)
    traces = MAX_TRACES + 1
    spans: list[list[Span]] = []
    for number in range(traces):
        work = telemetry.tracer("app").start_span("work", context=ROOT)
        below, asked = set_span_in_context(work), {"tokens_in": 1009 + number % 5}
        outer = start(telemetry, PARENT, context=below, **asked)
        inner = start(telemetry, NATIVE, context=below if how == "siblings" else set_span_in_context(outer), **asked)
        spans.append([work, inner, outer] if how == "outliving" else [inner, outer, work])
    for position in range(3):
        for trace in spans:
            trace[position].end()
    assert is_forgotten(telemetry)
    assert telemetry.calls() == {"priced": traces, "duplicate": traces}


def test_more_tasks_at_a_time_than_are_remembered_are_counted_once_and_leave_nothing_behind(telemetry: Telemetry) -> None:
    tasks = MAX_LANES + 1

    async def ask(number: int) -> None:
        outer = start(telemetry, OPENLLMETRY, context=ROOT, tokens_in=1009 + number % 5)
        await asyncio.sleep(0)
        inner = start(telemetry, NATIVE, context=ROOT, tokens_in=1009 + number % 5)
        await asyncio.sleep(0)
        inner.end()
        await asyncio.sleep(0)
        outer.end()

    async def all_of_them() -> None:
        await asyncio.gather(*(ask(number) for number in range(tasks)))

    asyncio.run(all_of_them())
    assert telemetry.calls() == {"priced": tasks, "duplicate": tasks}
    assert is_forgotten(telemetry)


def test_a_root_is_not_alone_where_others_took_the_place_of_its_trace(telemetry: Telemetry) -> None:
    root = start(telemetry, PARENT, context=ROOT)
    inner = start(telemetry, NATIVE, context=set_span_in_context(root))
    others = []
    for _ in range(MAX_TRACES):
        work = telemetry.tracer("app").start_span("work", context=ROOT)
        others.append(start(telemetry, NATIVE, context=set_span_in_context(work), model="small"))
    root.end()
    inner.end()
    assert telemetry.statuses()[:2] == ["priced", "duplicate"]
    for span in others:
        span.end()
    assert telemetry.calls() == {"priced": 1 + MAX_TRACES, "duplicate": 1}


@pytest.mark.parametrize("below", [False, True], ids=["root", "below-another-span"])
def test_a_failure_of_ours_leaves_nothing_open(telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch, *, below: bool) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    context = set_span_in_context(telemetry.tracer("app").start_span("work")) if below else ROOT
    with monkeypatch.context() as patched:
        patched.setattr("otel_llm_cost.processor.price_call", fail)
        start(telemetry, NATIVE, context=context).end()
    once = telemetry.processor._once
    assert [group.open for group in (*once.traces.values(), *once._lanes.values())] == [0]


def test_roots_are_related_though_processors_run_in_threads_of_their_own(make_telemetry: Callable[..., Telemetry]) -> None:
    telemetry = make_telemetry()
    shared = ConcurrentMultiSpanProcessor(2)
    provider = TracerProvider(active_span_processor=shared, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter := InMemorySpanExporter()))
    provider.add_span_processor(telemetry.processor)
    for number in range(20):
        asked = call(tokens_in=1009 + number)
        outer = provider.get_tracer(OPENLLMETRY).start_span("outer", attributes=asked)
        provider.get_tracer(NATIVE).start_span("inner", attributes=asked).end()
        outer.end()
    shared.shutdown()
    statuses = [(span.attributes or {})["llm_cost.status"] for span in exporter.get_finished_spans()]
    assert statuses == ["priced", "duplicate"] * 20


def test_a_span_that_knows_of_more_than_it_counts_does_not_give_way_to_one_that_does_not(telemetry: Telemetry) -> None:
    asked = call(**{"gen_ai.response.id": "msg_1"})
    with telemetry.tracer(PARENT).start_as_current_span("chat", attributes=asked):
        telemetry.tracer(NATIVE).start_span("native", attributes=asked | {"anthropic.usage.compaction.input_tokens": 55_103}).end()
    assert telemetry.statuses() == ["partial", "duplicate"]
    assert telemetry.calls() == {"partial": 1, "duplicate": 1}


LOGFIRE = "logfire.openai"
BEGUN: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "acme",
    "gen_ai.request.model": "m",
    "logfire.span_type": "span",
}


def begin_stream(telemetry: Telemetry, context: Context | None) -> None:
    telemetry.tracer(LOGFIRE).start_span("header", context=context, attributes=BEGUN).end()


def end_stream(telemetry: Telemetry, context: Context | None) -> None:
    attributes = call() | {"logfire.span_type": "log", "duration": 0.5}
    telemetry.tracer(LOGFIRE).start_span("log", context=context, attributes=attributes).end()


@pytest.mark.parametrize("below", [False, True], ids=["root", "below-another-span"])
@pytest.mark.parametrize("late", [False, True], ids=["before-its-end", "after-its-end"])
def test_a_stream_whose_end_has_a_span_of_its_own_is_one_call(telemetry: Telemetry, *, late: bool, below: bool) -> None:
    work = telemetry.tracer("app").start_span("work") if below else None
    context = set_span_in_context(work) if work is not None else ROOT
    span = start(telemetry, NATIVE, context=context)
    inside = set_span_in_context(span)
    begin_stream(telemetry, inside)
    if not late:
        end_stream(telemetry, inside)
    span.end()
    if work is not None:
        work.end()
    if late:
        end_stream(telemetry, inside)
    assert sorted(filter(None, telemetry.statuses())) == ["duplicate", "duplicate", "priced"]
    assert telemetry.collect().by("llm_cost.calls", "llm_cost.status")["priced"] == 1
    assert is_forgotten(telemetry)


def test_a_trace_whose_stream_never_ended_gives_way_like_any_other(telemetry: Telemetry) -> None:
    for _ in range(MAX_TRACES + 7):
        span = start(telemetry, NATIVE, context=ROOT)
        begin_stream(telemetry, set_span_in_context(span))
        span.end()
    assert len(telemetry.processor._once.traces) == MAX_TRACES
    assert not telemetry.processor._once.traces.ousted
