"""Calls as several instrumentations show them, with what must be counted of each worked out beside them."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from time import time_ns
from typing import Final, NamedTuple

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, TracerProvider
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from benchmarks.late import Late, Shown

MODEL: Final = "m"
INPUT_RATE, OUTPUT_RATE = 3, 15
"""Dollars per million tokens."""
APP: Final = "app"
HTTP: Final = "opentelemetry.instrumentation.httpx"
LATE: Final = "litellm"
SCOPES: Final = (
    "opentelemetry.instrumentation.anthropic",
    "opentelemetry.instrumentation.genai.anthropic",
    "com.anthropic.sdk.python",
    "acme.client",
)
"""Three that are known to make calls, and one that is not known."""
SILENT: Final = "acme.silent"
"""Another that is not known, and says what its spans are just before they end."""
ROOT: Final = Context()
_START: Final = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "acme", "gen_ai.request.model": MODEL}
_IDS: Final = ("all", "none", "first", "last")
"""Which spans of a call have its response's id."""

Plan = Iterator[None]
"""A trace; another one may go on at each step."""


class Limits(NamedTuple):
    """What may lie between the spans of one call."""

    open: int
    """Traces that a thread has open at a time."""
    is_crowded: bool = False
    """Whether that is more than are remembered: only announced spans that are open keep what a call's other spans need."""
    is_late: bool = False
    """Whether each call is told once more, by a library that does so in a thread of its own."""


class Traffic:
    """One thread's traces, and what must come of them."""

    def __init__(self, provider: TracerProvider, seed: int, limits: Limits, late: Late, *, with_us: bool) -> None:
        self._tracers = {scope: provider.get_tracer(scope) for scope in (APP, HTTP, LATE, SILENT, *SCOPES)}
        self._dice = random.Random(seed)  # noqa: S311 - nothing secret
        self._number = seed * 10_000_000
        self._limits = limits
        self._late = late
        self._with_us = with_us
        self._is_task = False
        """Whether each trace has an asyncio task, and so a lane, of its own."""
        self.sums: Counter[str] = Counter()
        """Spans that were begun, and what must be counted: calls by status, tokens, millionths of a dollar."""
        self.wrong: list[str] = []
        """Calls whose spans do not say what they must."""
        self.left: set[int] = set()
        """Traces of which a span never ends."""

    def in_thread(self, spans: int) -> None:
        """So many spans, from traces that this thread takes up in turns."""
        running = [self._plan() for _ in range(self._limits.open)]
        while running:
            self._dice.shuffle(running)
            running = [plan for plan in running if next(plan, running) is None]
            if self.sums["spans"] < spans:
                running += [self._plan() for _ in range(self._limits.open - len(running))]

    def in_tasks(self, spans: int) -> None:
        """So many spans, from traces of which each has a task of its own."""
        self._is_task = True
        asyncio.run(self._run_tasks(spans))

    def tell_late(self) -> None:
        """A span more of each call that is told, in a trace of its own."""
        while (shown := self._late.queue.get()) is not None:
            self._begin(LATE, ROOT, {**shown.attributes, "litellm.provider.model": f"acme/{MODEL}"}, shown.start).end(shown.end)
            self._late.over(shown.number)
            self.sums["duplicate"] += 1

    async def _run_tasks(self, spans: int) -> None:
        gate = asyncio.Semaphore(self._limits.open)

        async def run(plan: Plan) -> None:
            for _ in plan:
                await asyncio.sleep(0)
            gate.release()

        async with asyncio.TaskGroup() as group:
            while self.sums["spans"] < spans:
                await gate.acquire()
                group.create_task(run(self._plan()))

    def _plan(self) -> Plan:
        plans: tuple[tuple[Callable[[], Plan], int], ...] = (
            (self._workflow, 10),
            (self._twins, 3),
            (self._far, 3),
            (self._root, 8),
            (self._roots, 3),
            (self._outliving, 1),
            # What is kept of them grows for long, up to its bound: of each in a phase of few spans, memory would seem to leak.
            (self._unended, 0 if self._limits.is_late else 1),
        )
        (made,) = self._dice.choices([plan for plan, _ in plans], [weight for _, weight in plans])
        return made()

    def _workflow(self) -> Plan:
        """An agent that makes calls one after the other, some without a usage."""
        work = self._begin(APP, ROOT)
        yield
        for _ in range(self._dice.randrange(1, 4)):
            yield from self._call(work, usage=self._dice.choice(("all", "all", "all", "last", "none")))
            self._begin(HTTP, set_span_in_context(work)).end()
            yield
        work.end()

    def _twins(self) -> Plan:
        """The same call twice at the same time."""
        work = self._begin(APP, ROOT)
        scopes, asked = self._scopes(), self._asked()
        both = [self._call(work, scopes=scopes, twin=asked, can_drop=False) for _ in range(2)]
        while both:
            self._dice.shuffle(both)
            both = [one for one in both if next(one, both) is None]
            yield
        work.end()

    def _far(self) -> Plan:
        """Calls below a span of another process, in one trace."""
        above = NonRecordingSpan(SpanContext(self._dice.getrandbits(127) + 1, 11, is_remote=True, trace_flags=TraceFlags(1)))
        for _ in range(self._dice.randrange(1, 3)):
            yield from self._call(above)

    def _root(self) -> Plan:
        """A call's span alone."""
        asked = self._asked()
        span = self._begin(self._dice.choice(SCOPES), ROOT, _START)
        if self._is_task:
            yield
        number = self._late.ending() if self._limits.is_late else 0
        self._end(span, asked | _id(asked))
        if number:
            self._late.over(number)
        self._expect([span], asked, "priced")
        yield

    def _roots(self) -> Plan:
        """Spans of one call that are roots of their thread or task. A thread does nothing else meanwhile."""
        # Where nothing announces a root, it is related to no other root. A root keeps its lane, and not its trace.
        is_nested = False if self._limits.is_crowded and self._is_task else None
        steps = self._call(None, scopes=self._scopes(SCOPES), is_nested=is_nested, can_drop=False)
        if self._is_task and not self._limits.is_late:
            yield from steps
        else:
            for _ in steps:
                pass
            yield

    def _outliving(self) -> Plan:
        """A call that goes on after its trace's root has ended."""
        work = self._begin(APP, ROOT)
        for number, _ in enumerate(self._call(work, scopes=self._scopes(SCOPES), can_drop=False)):
            if number == 1:
                work.end()
            yield

    def _unended(self) -> Plan:
        """A trace whose root never ends, and a call's span that nobody ends."""
        work = self._begin(APP, ROOT)
        self.left.add(work.get_span_context().trace_id)
        yield from self._call(work)
        self._begin(SCOPES[0], set_span_in_context(work), _START)
        if self._is_task:
            self.left.add(self._begin(SCOPES[0], ROOT, _START).get_span_context().trace_id)
        yield

    def _call(
        self,
        above: Span | NonRecordingSpan | None,
        *,
        usage: str = "all",
        scopes: list[str] | None = None,
        twin: dict[str, str | int] | None = None,
        is_nested: bool | None = None,
        can_drop: bool = True,
    ) -> Plan:
        """A call's spans below another, or as roots. `usage`: which of them have it. `twin`: what another one used at that time."""
        flip, spans, is_late = self._flip, list[Span](), self._limits.is_late
        scopes, asked = scopes or self._scopes(), twin if twin is not None and not is_late else self._asked()
        ids = "all" if is_late else "none" if twin is not None else self._dice.choice(_IDS)
        is_nested = flip() if is_nested is None else is_nested
        around = above
        for scope in scopes:
            context = set_span_in_context(around) if around is not None else ROOT
            begun = self._begin(scope, context, _START if scope != SILENT else None)
            spans.append(begun)
            around = begun if is_nested else above
            yield
        if is_nested or flip():
            spans.reverse()
        if can_drop and not is_late and usage == "all" and flip(0.01):
            self.left.add(spans.pop().get_span_context().trace_id)
        number = self._late.ending() if is_late else 0
        for place, span in enumerate(spans):
            has_usage = usage == "all" or (usage == "last" and place == len(spans) - 1)
            has_id = ids == "all" or place == {"first": 0, "last": len(spans) - 1}.get(ids)
            self._end(span, (asked if has_usage else {}) | (_id(asked) if has_id else {}))
            # One that waits for a price waits a second at most.
            if not is_late and usage != "last":
                yield
        self._expect(spans, asked, "unpriced" if usage == "none" else "priced", is_clear=usage != "last" and twin is None)
        if is_late and usage == "all":
            begun_at = min(span.start_time or 0 for span in spans)
            self._late.queue.put(Shown(number, _START | asked | _id(asked), begun_at, time_ns()))
        elif is_late:
            self._late.over(number)

    def _flip(self, chance: float = 0.5) -> bool:
        return self._dice.random() < chance

    def _scopes(self, among: tuple[str, ...] | None = None) -> list[str]:
        # A silent span keeps nothing.
        among = among or (SCOPES if self._limits.is_crowded or self._limits.is_late else (*SCOPES, SILENT))
        return self._dice.sample(among, self._dice.choice((2, 2, 3)))

    def _asked(self) -> dict[str, str | int]:
        """What a call used, as no other one did."""
        self._number += 1
        return {
            "gen_ai.usage.input_tokens": self._number,
            "gen_ai.usage.output_tokens": self._dice.randrange(1, 5000),
        }

    def _begin(
        self, scope: str, context: Context, attributes: Mapping[str, str | int] | None = None, start: int | None = None
    ) -> Span:
        self.sums["spans"] += 1
        span: Span = self._tracers[scope].start_span(scope, context, attributes=attributes, start_time=start)  # type: ignore[assignment]
        return span

    def _end(self, span: Span, attributes: Mapping[str, str | int]) -> None:
        span.set_attributes({**_START, "gen_ai.response.model": MODEL, **attributes})
        span.end()

    def _expect(self, spans: list[Span], asked: Mapping[str, str | int], status: str, *, is_clear: bool = True) -> None:
        """Counts what must be counted of a call and, where it `is_clear` which, looks at what its spans say."""
        sums, tokens_in, tokens_out = self.sums, int(asked["gen_ai.usage.input_tokens"]), int(asked["gen_ai.usage.output_tokens"])
        sums[status] += 1
        sums["duplicate"] += len(spans) - 1
        if status == "priced":
            sums["input"] += tokens_in
            sums["output"] += tokens_out
            sums["spend"] += INPUT_RATE * tokens_in + OUTPUT_RATE * tokens_out
        if self._with_us and is_clear:
            said = Counter(str((span.attributes or {}).get("llm_cost.status")) for span in spans)
            if said != Counter({status: 1, "duplicate": len(spans) - 1}):
                self.wrong.append(f"{[span.name for span in spans]}: {dict(said)}, not one {status}")


def _id(asked: Mapping[str, str | int]) -> dict[str, str | int]:
    return {"gen_ai.response.id": f"msg_{asked['gen_ai.usage.input_tokens']}"}
