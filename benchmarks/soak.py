"""`make soak`: a million spans of calls that several instrumentations show, in many traces at a time; or as many as it is told.

Each call must be counted once, what is remembered must stay within its bounds and be gone in the end, and memory must not grow.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any, Final, NamedTuple, Self

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider

from benchmarks.late import Late
from benchmarks.traffic import INPUT_RATE, MODEL, OUTPUT_RATE, Limits, Traffic
from otel_llm_cost import CostSpanProcessor, PriceTable
from otel_llm_cost.accounts import Accounts
from otel_llm_cost.ledger.entry import Entry
from otel_llm_cost.ledger.group import MAX_ENTRIES, Group
from otel_llm_cost.ledger.once import MAX_HELD, MAX_IDS, MAX_LANES, MAX_TRACES, Once
from otel_llm_cost.money import UNITS
from otel_llm_cost.names import CALLS, COMPONENT, STATUS, TOKENS
from otel_llm_cost.recognise import LATE_MODULES
from otel_llm_cost.span_end import SpanEnd

SPANS: Final = 1_000_000
THREADS, LOOPS = 4, 2
"""Threads that take up their traces in turns, and event loops that have a task for each."""
TENTHS: Final = 10
SPANS_OF_TRACE: Final = 8
"""On average, about."""
COMPARED: Final = 10
"""One in so many spans is made once more, without us."""
MOST_MIB: Final = 16.0
"""What the process may grow by from a phase's first tenth to its last."""
MOST_BLOCKS: Final = 1.25
"""The same of the pieces of memory in use: how many traces are open varies."""
SECONDS_BETWEEN_LOOKS, LOOKS_BETWEEN_COLLECTIONS = 0.05, 5


class Phase(NamedTuple):
    """A part of the million."""

    name: str
    share: float
    limits: Limits


PHASES: Final = (
    Phase("as many traces open as are remembered", 0.45, Limits(120)),
    Phase("thousands of traces open", 0.45, Limits(800, is_crowded=True)),
    Phase("calls that are told once more of late", 0.1, Limits(10, is_late=True)),
)


class Sizes(NamedTuple):
    """What `Once` keeps."""

    traces: int
    lanes: int
    ousted: int
    """Traces and lanes that others took the place of, kept by the spans that are open in them."""
    held: int
    by_id: int
    in_one_group: int
    remembered: int


def bounds(limits: Limits) -> Sizes:
    """The most that may be kept."""
    ousted = 2 * (THREADS + LOOPS) * limits.open
    remembered = (MAX_TRACES + MAX_LANES + ousted) * MAX_ENTRIES + MAX_IDS
    return Sizes(MAX_TRACES, MAX_LANES, ousted, MAX_HELD, MAX_IDS, MAX_ENTRIES, remembered)


class Marks(NamedTuple):
    """The process at one time of a phase."""

    mib: float
    blocks: int
    """Pieces of memory that Python has in use."""


class Watch:
    """Looks at the bookkeeping while spans are made, and collects the metrics as a program does."""

    def __init__(self, once: Once, reader: InMemoryMetricReader, traffics: list[Traffic], spans: int) -> None:
        self.most = Sizes(*(0 for _ in Sizes._fields))
        self.marks: list[Marks] = []
        self._once, self._reader, self._traffics, self._spans = once, reader, traffics, spans
        self.seconds = 0.0
        """What looking took of the process's time."""
        self._is_over = False
        self._thread = Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._thread.join()
        if not self.marks:
            self.marks.append(marked())

    def _run(self) -> None:
        looks = 0
        while not self._is_over:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            looks += 1
            if looks % LOOKS_BETWEEN_COLLECTIONS == 0:
                self._reader.get_metrics_data()
            begun = time.thread_time()
            self.most = Sizes(*map(max, self.most, sizes(self._once)))
            # After a tenth, and so on up to nine of them, while all threads are still at it.
            made = sum(traffic.sums["spans"] for traffic in self._traffics)
            if len(self.marks) < TENTHS - 1 and made > self._spans * (len(self.marks) + 1) / TENTHS:
                self.marks.append(marked())
            self.seconds += time.thread_time() - begun


def sizes(once: Once) -> Sizes:
    """What is kept now."""
    with once._lock:  # noqa: SLF001 - it is what is measured
        # Copied first: what is ousted may go at any time.
        ousted = [group for groups in (once.traces, once._lanes) for group in (groups.ousted or {}).values()]  # noqa: SLF001
        groups = [*once.traces.values(), *once._lanes.values(), *ousted]  # noqa: SLF001
        most = max((len(group.entries) for group in groups), default=0)
        return Sizes(
            len(once.traces),
            len(once._lanes),  # noqa: SLF001
            len(ousted),
            len(once.held),
            len(once._by_id),  # noqa: SLF001
            most,
            len(once._by_id) + sum(len(group.entries) for group in groups),  # noqa: SLF001
        )


def marked() -> Marks:
    """The process now, without what only waits for the garbage collector."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    # Other threads go on after each collection, some more than others.
    blocks = min(sys.getallocatedblocks() for _ in range(3) if gc.collect() >= 0)
    return Marks(pages * os.sysconf("SC_PAGESIZE") / 2**20, blocks)


def alive() -> Counter[str]:
    """Our objects, by class. Only where no other thread runs: it would see what they are still making."""
    gc.collect()
    return Counter(type(held).__name__ for held in gc.get_objects() if isinstance(held, Entry | Group | SpanEnd))


def table() -> PriceTable:
    """One model."""
    rates = {"input": str(INPUT_RATE), "output": str(OUTPUT_RATE)}
    document = {
        "provider": "acme",
        "names": ["acme"],
        "currency": "USD",
        "sources": {"page": {"url": "https://acme.example/prices", "read": "2026-11-22"}},
        "prices": [{"model": MODEL, "from": "2020-01-01", "rates": rates, "source": "page"}],
    }
    return PriceTable.of_texts([json.dumps(document)], version="2026-11-22", checked=date(2026, 11, 22))


def drive(provider: TracerProvider, limits: Limits, spans: int, *, with_us: bool) -> tuple[list[Traffic], Callable[[], float]]:
    """The traffic of a phase, and what makes it and returns the seconds of the process."""
    told = Late()
    traffics = [Traffic(provider, seed, limits, told, with_us=with_us) for seed in range(1, THREADS + LOOPS + 2)]
    each, late = spans // (THREADS + LOOPS + limits.is_late), Thread(target=traffics[-1].tell_late)
    threads = [Thread(target=traffic.in_thread, args=(each,)) for traffic in traffics[:THREADS]]
    threads += [Thread(target=traffic.in_tasks, args=(each,)) for traffic in traffics[THREADS:-1]]

    def run() -> float:
        begun = time.process_time()
        for thread in (*threads, late):
            thread.start()
        for thread in threads:
            thread.join()
        told.queue.put(None)
        late.join()
        return time.process_time() - begun

    return traffics, run


def miscounts(reader: InMemoryMetricReader, accounts: Accounts, traffics: list[Traffic]) -> Iterator[str]:
    """What was not counted once."""
    must: Counter[str] = sum((traffic.sums for traffic in traffics), Counter())
    wrong = [one for traffic in traffics for one in traffic.wrong]
    if wrong:
        yield f"{len(wrong):,} calls whose spans do not say that they are counted once, such as {wrong[0]}"
    data: Any = reader.get_metrics_data()
    metrics = [metric for resource in data.resource_metrics for scope in resource.scope_metrics for metric in scope.metrics]
    told = {
        point.attributes[of]: point.value
        for metric in metrics
        for of in (STATUS, COMPONENT)
        if metric.name in {CALLS.name, TOKENS.name} and of in metric.data.data_points[0].attributes
        for point in metric.data.data_points
    }
    for name in ("priced", "unpriced", "duplicate", "input", "output"):
        if told.get(name, 0) != must[name]:
            yield f"{name}: {told.get(name, 0):,}, which is {told.get(name, 0) - must[name]:+,}"
    exact = Fraction(sum(sum(series.parts) for series in accounts.totals.snapshot()), UNITS)
    if exact != Fraction(must["spend"], 10**6):
        yield f"spend: {float(exact)}, which is {float(exact - Fraction(must['spend'], 10**6)):+}"
    if accounts.guard.counts():
        yield f"failures of ours: {accounts.guard.counts()}"


def tells_growth(limits: Limits, spans: int) -> bool:
    """Whether all traces that are open at a time are so after a tenth of the spans."""
    return spans / TENTHS > SPANS_OF_TRACE * limits.open * (THREADS + LOOPS)


def remains(once: Once, watch: Watch, traffics: list[Traffic], limits: Limits, spans: int) -> Iterator[str]:
    """What was kept beyond its bounds, or is kept still though its spans have ended."""
    for name, most, bound in zip(Sizes._fields, watch.most, bounds(limits), strict=True):
        if most > bound:
            yield f"{name}: up to {most:,}, bound {bound:,}"
    left = {trace for traffic in traffics for trace in traffic.left}
    forgotten = [group for trace, group in once.traces.items() if trace not in left]
    if forgotten:
        yield f"{len(forgotten):,} traces that have ended are remembered, {sum(len(group.entries) for group in forgotten)} calls"
    lanes = list(once._lanes.values())  # noqa: SLF001 - what is measured
    if any(lane.entries for lane in lanes if not lane.open):
        yield "calls are remembered for threads or tasks of which all spans have ended"
    if once.held:
        yield f"{len(once.held):,} calls still wait"
    first, last = watch.marks[0], watch.marks[-1]
    can_tell = tells_growth(limits, spans)
    if can_tell and last.mib > first.mib + MOST_MIB:
        yield f"the process grew from {first.mib:.0f} to {last.mib:.0f} MiB"
    if can_tell and last.blocks > first.blocks * MOST_BLOCKS:
        yield f"pieces of memory in use grew from {first.blocks:,} to {last.blocks:,}"
    size, ours = sizes(once), alive()
    if ours["SpanEnd"] or ours["Entry"] > size.remembered or ours["Group"] > size.traces + size.lanes + size.ousted:
        yield f"alive in the end: {dict(ours)}"


def soak(phase: Phase, spans: int) -> bool:
    """Runs a phase and says how it went. Whether all was as it must be."""
    bare, run_bare = drive(TracerProvider(shutdown_on_exit=False), phase.limits, spans // COMPARED, with_us=False)
    without = run_bare() / sum(traffic.sums["spans"] for traffic in bare)
    reader = InMemoryMetricReader()
    meters, prices = MeterProvider([reader], shutdown_on_exit=False), table()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(CostSpanProcessor(table=prices, meter_provider=meters))
    accounts = Accounts.of(meters, prices)
    traffics, run = drive(provider, phase.limits, spans, with_us=True)
    with Watch(accounts.once, reader, traffics, spans) as watch:
        seconds = run()
    provider.force_flush()
    found = [*miscounts(reader, accounts, traffics), *remains(accounts.once, watch, traffics, phase.limits, spans)]
    sums: Counter[str] = sum((traffic.sums for traffic in traffics), Counter())
    first, last = watch.marks[0], watch.marks[-1]
    print(f"{phase.name}: {sums['spans']:,} spans, {sums['priced'] + sums['unpriced']:,} calls, {sums['duplicate']:,} duplicates")
    print("  at most " + ", ".join(f"{name} {most:,}" for name, most in zip(Sizes._fields, watch.most, strict=True)))
    print("  in the end " + ", ".join(f"{name} {size:,}" for name, size in zip(Sizes._fields, sizes(accounts.once), strict=True)))
    growth = f"{first.mib:.0f} to {last.mib:.0f} MiB, {first.blocks:,} to {last.blocks:,} pieces"
    print(
        f"  from the first tenth to the last: {growth}" + ("" if tells_growth(phase.limits, spans) else " (too few spans to tell)")
    )
    each = (seconds - watch.seconds) / sums["spans"]
    print(f"  {each * 1e6:.1f} us a span, {each / without:.2f} x the same without us")
    for fault in found:
        print(f"  WRONG: {fault}")
    return not found


def main() -> int:
    """Runs all phases; 1 where something is not as it must be."""
    spans, held = int(sys.argv[1]) if len(sys.argv) > 1 else SPANS, True
    for phase in PHASES:
        if phase.limits.is_late:
            # As if LiteLLM were loaded.
            sys.modules[LATE_MODULES[1]] = ModuleType(LATE_MODULES[1])
        held &= soak(phase, int(spans * phase.share))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
