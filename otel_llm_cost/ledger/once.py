"""One call is counted once, though several instrumentations put a span on it.

Spans show the same call where their scopes differ, their windows overlap, they are related (one trace, or both roots begun in one
thread or task), and their response ids are equal or, where one has none, their models and all counts that both know. The first to
end with a price is counted. One without a price waits for such a one: until its parent ends, or one second at most.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import chain
from threading import Lock
from typing import Final, Literal, TypeAlias

from otel_llm_cost.ledger.entry import Entry
from otel_llm_cost.ledger.group import Group, Groups
from otel_llm_cost.ledger.held import Held
from otel_llm_cost.ledger.same import is_around, is_told_by, same_call, same_counts, says_nothing

HOLD_NS: Final = 1_000_000_000
MAX_TRACES: Final = 1024
"""Traces that are remembered at a time, besides those with an announced span that is open; the oldest is forgotten first."""
MAX_LANES: Final = 256
"""Threads and tasks that are remembered at a time, besides those with an announced root that is open."""
MAX_HELD: Final = 1024
MAX_PARENTS: Final = 10_000
"""Open spans of one trace whose parents are known."""
MAX_IDS: Final = 1024
"""Calls that are known again by their response's id alone, while a library is loaded that tells of them late."""

Verdict: TypeAlias = Literal["count", "duplicate", "hold"]


class Once:
    """Decides which of the spans of a call is counted. `count` and `duplicate` are called for each entry that is settled."""

    def __init__(self, count: Callable[[Entry], None], duplicate: Callable[[Entry], None]) -> None:
        self._count = count
        self._duplicate = duplicate
        self._lock = Lock()
        self.traces: Groups[int] = Groups(MAX_TRACES)
        self._lanes: Groups[Hashable] = Groups(MAX_LANES)
        self.held = Held()
        """Entries without a price that still wait."""
        self.is_late = False
        """Whether a library is loaded that makes its spans after the call, in another thread and perhaps another trace."""
        self._by_id: dict[str, Entry] = {}

    def begin_root(self, lane: Hashable, thread: int) -> Group:
        """A root starts that is announced as an LLM call, in a thread or task of it. Returns its group: that lane, to be kept."""
        with self._lock:
            group = self._lanes.get(lane)
            if group is None:
                group = self._lanes.made(lane)
                group.lane, group.thread = lane, thread
            group.open += 1
            return group

    def begin(self, trace_id: int, span_id: int, parent_id: int | None) -> Group:
        """A span below another starts that is announced as an LLM call. Returns its group: that trace, to be kept."""
        with self._lock:
            group = self.traces.made(trace_id)
            group.open += 1
            if len(group.parents) < MAX_PARENTS:
                group.parents[span_id] = parent_id
            return group

    def withdraw(self, group: Group, span_id: int) -> None:
        """A span that was announced has ended, and was no call."""
        with self._lock:
            group.close(span_id)
            self._leave(group)

    def began(self, trace_id: int, group: Group, span_id: int) -> None:
        """A span ends that only began a call, which another one of its scope will end: of a root, another root of its lane."""
        with self._lock:
            group.close(span_id)
            group.awaited += 1
            if group.lane is not None:
                trace = self.traces.find(trace_id)
                if trace is not None:
                    trace.heir = group

    def alone(self, trace_id: int, lane: Group) -> bool:
        """Whether an announced root that ends is related to no other span, so that it counts as it is: the common case.

        Where it is not, `settle` must follow.
        """
        with self._lock:
            related = lane.entries or lane.awaited or trace_id in self.traces or self.held or self.is_late
            ousted = self.traces.ousted
            if lane.open == 1 and not related and (ousted is None or trace_id not in ousted):
                lane.open = 0
                return True
            return False

    def settle(self, entry: Entry) -> Verdict:
        """A span of a call ends."""
        with self._lock:
            if self.held:
                self._release_overdue(entry.end)
            group, trace, lane = entry.group, self.traces.find(entry.trace_id), None
            if group is not None:
                group.close(entry.span_id)
                if entry.is_root:
                    lane, entry.lane = group, group.lane
                # The group may hold the entry: no circle.
                entry.group = None
            # Where processors run in threads of their own, a root seems to begin in one of those: it ends in the caller's.
            strays = self._lanes.made(("ended", entry.ended_in)) if entry.ended_in is not None else None
            groups = [group for group in (trace, lane, strays) if group is not None and group.overlaps(entry)]
            same = self._same(entry, groups, trace) if groups else None
            if self.is_late and entry.response_id is not None:
                same = same or self._told_late(entry, entry.response_id)
            # Whether there still is anything that may show this call.
            can_wait = bool(entry.parent_id is not None or (trace and trace.is_going_on) or (lane and lane.open))
            verdict = self._decide(entry, same, groups, can_wait=can_wait)
            kept = same if verdict == "duplicate" and same is not None else entry
            if kept is entry and (lane is None or (trace is not None and trace.is_going_on)):
                (trace or self.traces.made(entry.trace_id)).remember(entry)
            for roots in (lane if lane is not None and lane.open else None, strays):
                # What is a root's call, other roots find though a span below that one is counted.
                if roots is not None and (kept is entry or kept not in roots.entries):
                    roots.remember(kept)
            if lane is not None:
                self._leave(lane, ended=entry.ends_another)
            elif entry.ends_another and trace is not None and trace.awaited:
                trace.awaited -= 1
            return verdict

    def span_ended(self, trace_id: int, span_id: int, *, is_local_root: bool) -> None:
        """Any span has ended: its children no longer wait, and a trace whose local root this was is forgotten."""
        with self._lock:
            if self.held:
                for waiting in self.held.below(span_id):
                    self._release(waiting)
            group = self.traces.get(trace_id)
            if group is not None:
                group.is_over |= is_local_root
                if group.is_over and not group.is_going_on:
                    del self.traces[trace_id]
                    self._end_trace(group)

    def release(self, now: int | None) -> None:
        """Counts what has waited long enough at `now`; everything that waits where `now` is None."""
        with self._lock:
            for entry in [entry for entry in self.held.values() if now is None or entry.held_until <= now]:
                self._release(entry)

    def renew_after_fork(self) -> None:
        """In a forked child: what the parent has seen is the parent's."""
        self._lock = Lock()
        self.traces = Groups(MAX_TRACES)
        self._lanes = Groups(MAX_LANES)
        self.held = Held()
        self._by_id = {}

    def remembered(self) -> int:
        """How many entries are kept, to show that memory is bounded."""
        with self._lock:
            return len(self._by_id) + self.traces.remembered() + self._lanes.remembered()

    def _decide(self, entry: Entry, same: Entry | None, groups: list[Group], *, can_wait: bool) -> Verdict:
        settled = entry.settled
        if same is not None:
            absorbed = same.absorbed = same.absorbed or set()
            if not settled or same.settled:
                absorbed.add(entry.scope)
                if can_wait and same.parent_id == entry.span_id:
                    # It stands for both, and waits for what this one would wait for.
                    same.lane = entry.lane
                    self.held.move(same, entry.parent_id)
                self._duplicate(entry)
                return "duplicate"
            # A price for a call that had none: this span takes its place. Where that one waited too long, it was counted without a
            # price, and stays so: better a call too many than money too little.
            self._forget(same, groups)
            entry.absorbed = absorbed | {same.scope}
            if self.held.holds(same):
                self.held.let_go(same)
                self._duplicate(same)
        elif not settled and can_wait:
            while len(self.held) >= MAX_HELD:
                self._release(next(iter(self.held.values())))
            entry.held_until = entry.end + HOLD_NS
            self.held.hold(entry)
            return "hold"
        self._count(entry)
        return "count"

    def _same(self, entry: Entry, groups: list[Group], trace: Group | None) -> Entry | None:
        """The nearest entry of the same call: by what tells so, then by relation, then by start."""
        nearest: tuple[bool, int, int] | None = None
        found: Entry | None = None
        for other in chain.from_iterable(group.not_over_before(entry.start) for group in groups):
            if (
                (other.scope == entry.scope and not is_around(entry, other))
                or other.start >= entry.end
                or (other.absorbed is not None and entry.scope in other.absorbed)
                or not (same_call(entry, other) or self._is_its_frame(entry, other, trace))
            ):
                continue
            distance = (not is_told_by(entry, other), _relation(entry, other, trace), abs(other.start - entry.start))
            if nearest is None or distance < nearest:
                nearest, found = distance, other
        return found

    def _is_its_frame(self, entry: Entry, other: Entry, trace: Group | None) -> bool:
        """Whether a span that says nothing of a call stands around the other, or in it."""
        return (says_nothing(entry) or says_nothing(other)) and _relation(entry, other, trace) == 0

    def _told_late(self, entry: Entry, response_id: str) -> Entry | None:
        """The entry of the same call elsewhere, where spans are not related as their calls are: by id, model and counts."""
        other = self._by_id.get(response_id)
        if (
            other is not None
            and other.scope != entry.scope
            and other.end > entry.start
            and other.start < entry.end
            and (other.absorbed is None or entry.scope not in other.absorbed)
            and same_call(entry, other)
            and same_counts(entry, other)
        ):
            return other
        self._by_id.pop(response_id, None)
        self._by_id[response_id] = entry
        if len(self._by_id) > MAX_IDS:
            del self._by_id[next(iter(self._by_id))]
        return None

    def _forget(self, entry: Entry, groups: list[Group]) -> None:
        own = (self.traces.find(entry.trace_id), self._lanes.find(entry.lane), self._lanes.find(("ended", entry.ended_in)))
        for group in (*groups, *own):
            if group is not None and entry in group.entries:
                group.entries.remove(entry)

    def _leave(self, lane: Group, *, ended: bool = False) -> None:
        """Where the last open root of a lane has ended, nothing can be related to those before it."""
        if ended and lane.awaited:
            lane.awaited -= 1
        if lane.lane is not None and not lane.open and not lane.awaited:
            if self.held:
                for entry in lane.entries:
                    if entry.lane == lane.lane and self.held.holds(entry):
                        self._release(entry)
            lane.entries.clear()

    def _end_trace(self, trace: Group) -> None:
        """Nothing of a trace is open, as far as is known."""
        if trace.heir is not None and trace.heir.awaited:
            for entry in trace.entries:
                trace.heir.remember(entry)
        if self.held:
            for entry in trace.entries:
                lane = self._lanes.find(entry.lane)
                if self.held.holds(entry) and entry.parent_id is None and (lane is None or not (lane.open or lane.awaited)):
                    self._release(entry)

    def _release_overdue(self, now: int) -> None:
        """Those at the front only: they wait in the order of their ends, but for spans that are told when to end."""
        while self.held:
            entry = next(iter(self.held.values()))
            if entry.held_until > now:
                return
            self._release(entry)

    def _release(self, entry: Entry) -> None:
        self.held.let_go(entry)
        self._count(entry)


def _relation(entry: Entry, other: Entry, trace: Group | None) -> int:
    """0 for ancestor and descendant, 1 for one trace, 2 for roots of one thread or task."""
    if entry.trace_id != other.trace_id:
        return 2
    if entry.parent_id == other.span_id:
        return 0
    above = other.parent_id
    while above is not None:
        if above == entry.span_id:
            return 0
        above = trace.parents.get(above) if trace is not None else None
    return 1
