"""Related spans, and the calls among them that are remembered."""

from __future__ import annotations

from bisect import insort
from operator import attrgetter
from typing import Final

from otel_llm_cost.ledger.entry import Entry

MAX_ENTRIES: Final = 256
"""Calls that are remembered for one trace, thread or task; the oldest is forgotten first."""

_END = attrgetter("end")


class Group:
    """Related spans: those below the root of one trace, or the roots of one thread or task."""

    __slots__ = ("awaited", "entries", "heir", "is_lane", "is_over", "open", "parents", "thread")

    def __init__(self) -> None:
        self.open = 0
        """Spans announced as LLM calls that have not ended."""
        self.entries: list[Entry] = []
        """In the order of their ends."""
        self.is_lane = False
        """Whether these are the roots of a thread or task."""
        self.is_over = False
        """Whether the trace's root in this process has ended; calls that it left behind may still be open."""
        self.parents: dict[int, int | None] = {}
        """The parent of each open span."""
        self.thread: int | None = None
        """Of a lane, the thread."""
        self.awaited = 0
        """Of a lane, roots that only began a call: another root of it will end the call."""
        self.heir: Group | None = None
        """Of the trace of such a root, the lane that still has to know its entries."""


def remember(group: Group, entry: Entry) -> None:
    """Adds an entry; the oldest is forgotten where there are too many."""
    entries = group.entries
    if not entries or entries[-1].end <= entry.end:
        entries.append(entry)
    else:
        insort(entries, entry, key=_END)
    if len(entries) > MAX_ENTRIES:
        del entries[0]
