"""A span's own `end`: its owner first and once, then the SDK's, whatever happens; and nothing left behind."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Barrier, Event, Thread
from time import time_ns
from typing import Any

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_llm_cost.span_end import SpanEnd, hook_end, hook_of


class Owner:
    """Notes what it was told, and does what the test says."""

    def __init__(self, does: Callable[[Span], None] = lambda _: None) -> None:
        self.told: list[tuple[str, int]] = []
        self.hooks: list[object] = []
        self._does = does

    def ending(self, span: Span, end_time: int, hook: SpanEnd) -> None:
        del hook
        self.told.append((span.name, end_time))
        self._does(span)


class Hooking(SpanProcessor):
    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self.given: list[bool] = []

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        del parent_context
        self.given.append(hook_end(span, self._owner) is not None)


class Made:
    """A provider whose spans' ends are hooked."""

    def __init__(self, owner: Owner, hooks: int = 1) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.hooking = [Hooking(owner) for _ in range(hooks)]
        for hooking in self.hooking:
            self.provider.add_span_processor(hooking)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = self.provider.get_tracer("app")

    @property
    def ended(self) -> list[tuple[str, int | None]]:
        return [(span.name, span.end_time) for span in self.exporter.get_finished_spans()]


@contextmanager
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def test_the_owner_is_told_before_the_span_is_sealed() -> None:
    owner = Owner(lambda span: span.set_attribute("late", value=True))
    made = Made(owner)
    made.tracer.start_span("one").end()
    (span,) = made.exporter.get_finished_spans()
    assert dict(span.attributes or {}) == {"late": True}


def test_the_owner_and_the_span_have_one_end_time() -> None:
    owner = Owner()
    made = Made(owner)
    before = time_ns()
    made.tracer.start_span("one").end()
    assert made.ended == owner.told
    assert before <= owner.told[0][1] <= time_ns()


@pytest.mark.parametrize("by_name", [True, False], ids=["keyword", "position"])
def test_an_explicit_end_time_is_kept(*, by_name: bool) -> None:
    owner = Owner()
    made = Made(owner)
    span = made.tracer.start_span("one", start_time=7)
    if by_name:
        span.end(end_time=11)
    else:
        span.end(11)
    assert owner.told == made.ended == [("one", 11)]


def test_with_blocks_end_through_the_hook() -> None:
    owner = Owner()
    made = Made(owner)
    with made.tracer.start_as_current_span("outer"), made.tracer.start_as_current_span("inner"):
        pass
    with made.tracer.start_span("alone"):
        pass
    assert [name for name, _ in owner.told] == ["inner", "outer", "alone"]
    assert made.ended == owner.told


def test_an_exception_of_the_application_passes_and_is_on_the_span() -> None:
    owner = Owner()
    made = Made(owner)
    with pytest.raises(KeyError, match="theirs"), made.tracer.start_as_current_span("one"):
        raise KeyError("theirs")
    (span,) = made.exporter.get_finished_spans()
    assert [name for name, _ in owner.told] == ["one"]
    assert not span.status.is_ok
    assert [event.name for event in span.events] == ["exception"]


def test_a_second_end_is_the_sdks_to_refuse(caplog: pytest.LogCaptureFixture) -> None:
    owner = Owner()
    made = Made(owner)
    span = made.tracer.start_span("one")
    span.end(7)
    span.end(11)
    assert owner.told == made.ended == [("one", 7)]
    assert "Calling end() on an ended span." in caplog.text


def test_an_end_within_the_owners_own_work_returns_at_once() -> None:
    owner = Owner(lambda span: span.end(13))
    made = Made(owner)
    made.tracer.start_span("one").end(7)
    assert owner.told == made.ended == [("one", 7)]


def test_of_two_threads_that_end_a_span_one_does_and_the_other_does_not_wait() -> None:
    inside, go_on = Event(), Event()

    def wait(_: Span) -> None:
        inside.set()
        go_on.wait(5)

    owner = Owner(wait)
    made = Made(owner)
    span = made.tracer.start_span("one")
    first = Thread(target=span.end, args=(7,))
    first.start()
    assert inside.wait(5)
    span.end(11)  # Would hang here for its 5 s, or be told too.
    assert made.ended == []
    go_on.set()
    first.join()
    assert owner.told == made.ended == [("one", 7)]


def test_a_race_of_ends_tells_the_owner_once() -> None:
    owner = Owner()
    made = Made(owner)
    threads, spans = 4, 200
    barrier = Barrier(threads)
    ready = [made.tracer.start_span(str(number)) for number in range(spans)]

    def work() -> None:
        for span in ready:
            barrier.wait(5)
            span.end()

    workers = [Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(owner.told) == sorted(made.ended)
    assert {name for name, _ in owner.told} == {str(number) for number in range(spans)}
    assert len(owner.told) == spans


def test_an_owner_that_raises_does_not_keep_the_span_from_ending() -> None:
    def fail(_: Span) -> None:
        raise RuntimeError("ours")

    made = Made(Owner(fail))
    span = made.tracer.start_span("one")
    # An owner must not raise: that is its own business. The span ends all the same.
    with pytest.raises(RuntimeError, match="ours"):
        span.end(7)
    assert made.ended == [("one", 7)]


def test_a_span_has_one_hook_though_two_want_one() -> None:
    owner = Owner()
    made = Made(owner, hooks=2)
    made.tracer.start_span("one").end(7)
    assert owner.told == made.ended == [("one", 7)]
    assert [hooking.given for hooking in made.hooking] == [[True], [False]]


def test_the_hook_of_a_span_is_there_until_it_ends() -> None:
    made = Made(Owner())
    span = made.tracer.start_span("one")
    assert isinstance(hook_of(span), SpanEnd)
    span.end()
    assert hook_of(span) is None
    assert "end" not in vars(span)
    assert hook_of(object()) is None


@pytest.mark.parametrize("explicit", [None, 11], ids=["now", "explicit"])
def test_no_reference_is_left_behind(explicit: int | None) -> None:
    made = Made(Owner())
    with without_collector():
        span: Any = made.tracer.start_span("one")
        hook = hook_of(span)
        seen, seen_hook = weakref.ref(span), hook
        span.end(explicit)
        made.exporter.clear()
        del span, hook
        assert seen() is None
        # Nor does the hook lead back to the span, who ever still holds it.
        assert not [name for name in ("_span", "_original", "owner") if hasattr(seen_hook, name)]


def test_no_reference_is_left_behind_by_an_owner_that_raises() -> None:
    def fail(_: Span) -> None:
        raise RuntimeError("ours")

    made = Made(Owner(fail))
    with without_collector():
        span: Any = made.tracer.start_span("one")
        seen = weakref.ref(span)
        with suppress(RuntimeError):
            span.end()
        made.exporter.clear()
        del span
        assert seen() is None


def test_the_collector_finds_nothing_of_a_thousand_spans() -> None:
    made = Made(Owner())
    with without_collector():
        for _ in range(1000):
            with made.tracer.start_as_current_span("one"):
                pass
        made.exporter.clear()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            gc.collect()
            found = [each for each in gc.garbage if isinstance(each, Span | SpanEnd)]
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
    assert found == []
