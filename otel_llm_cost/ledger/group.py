"""Related spans, and the calls among them that are remembered."""

from __future__ import annotations

from bisect import insort
from collections.abc import Hashable, Iterator
from operator import attrgetter
from typing import Final, TypeVar
from weakref import WeakValueDictionary

from otel_llm_cost.ledger.entry import Entry

MAX_ENTRIES: Final = 256
"""Calls that are remembered for one trace, thread or task; the oldest is forgotten first."""

_END = attrgetter("end")
_Key = TypeVar("_Key", bound=Hashable)


class Group:
    """Related spans: those below the root of one trace, or the roots of one thread or task."""

    __slots__ = ("__weakref__", "awaited", "entries", "heir", "is_over", "lane", "open", "parents", "thread")

    def __init__(self) -> None:
        self.open = 0
        """Spans announced as LLM calls, or as what may be one beside another, that have not ended."""
        self.entries: list[Entry] = []
        """In the order of their ends."""
        self.lane: Hashable | None = None
        """The thread or task of which these are the roots."""
        self.is_over = False
        """Whether the trace's root in this process has ended; calls that it left behind may still be open."""
        self.parents: dict[int, int | None] = {}
        """The parent of each open span."""
        self.thread: int | None = None
        """Of a lane, the thread."""
        self.awaited = 0
        """Spans that only began a call: another one of this group will end the call."""
        self.heir: Group | None = None
        """Of the trace of such a root, the lane that still has to know its entries."""

    @property
    def is_going_on(self) -> bool:
        """Whether more of these spans' calls is to come."""
        return self.open > 0 or self.awaited > 0

    def close(self, span_id: int) -> None:
        """An announced span has ended."""
        self.open -= 1
        self.parents.pop(span_id, None)

    def remember(self, entry: Entry) -> None:
        """Adds an entry; the oldest is forgotten where there are too many."""
        entries = self.entries
        if not entries or entries[-1].end <= entry.end:
            entries.append(entry)
        else:
            insort(entries, entry, key=_END)
        if len(entries) > MAX_ENTRIES:
            del entries[0]

    def overlaps(self, entry: Entry) -> bool:
        """Whether any entry reaches into the window of another."""
        return bool(self.entries) and self.entries[-1].end > entry.start

    def not_over_before(self, instant: int) -> Iterator[Entry]:
        """The entries whose windows reach beyond an instant. Calls made one after the other end the search at once."""
        for entry in reversed(self.entries):
            if entry.end <= instant:
                return
            yield entry


class Groups(dict[_Key, Group]):
    """Groups by key, so many at a time: the oldest gives way first, and lives as long as someone holds it who has a span in it."""

    __slots__ = ("_most", "ousted")

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most
        self.ousted: WeakValueDictionary[_Key, Group] | None = None
        """Those that others took the place of while spans were open in them; None where there never was one."""

    def find(self, key: _Key) -> Group | None:
        """The group of a key, wherever it is."""
        group = self.get(key)
        return self.ousted.get(key) if group is None and self.ousted is not None else group

    def made(self, key: _Key) -> Group:
        """The group of a key, a new one where there is none."""
        group = self.find(key)
        if group is None:
            if len(self) >= self._most:
                self._oust(next(iter(self)))
            group = self[key] = Group()
        return group

    def remembered(self) -> int:
        """How many entries there are."""
        ousted = self.ousted.values() if self.ousted is not None else ()
        return sum(len(group.entries) for group in (*self.values(), *ousted))

    def _oust(self, key: _Key) -> None:
        group = self.pop(key)
        if group.open:
            if self.ousted is None:
                self.ousted = WeakValueDictionary()
            self.ousted[key] = group
