"""What waits for a price."""

from __future__ import annotations

from otel_llm_cost.ledger.entry import Entry


class Held(dict[int, Entry]):
    """Entries that wait, by span id, in the order in which they began to; their parents lead to them."""

    __slots__ = ("_below",)

    def __init__(self) -> None:
        super().__init__()
        self._below: dict[int, dict[int, Entry]] = {}

    def hold(self, entry: Entry) -> None:
        """An entry begins to wait."""
        self[entry.span_id] = entry
        self._add(entry)

    def holds(self, entry: Entry) -> bool:
        """Whether an entry waits."""
        return self.get(entry.span_id) is entry

    def let_go(self, entry: Entry) -> None:
        """An entry no longer waits."""
        del self[entry.span_id]
        self._remove(entry)

    def move(self, entry: Entry, parent_id: int | None) -> None:
        """Has an entry, whether it waits or not, stand below another span."""
        waits = self.holds(entry)
        if waits:
            self._remove(entry)
        entry.parent_id = parent_id
        if waits:
            self._add(entry)

    def below(self, span_id: int) -> list[Entry]:
        """The entries that wait for the end of a span."""
        below = self._below.get(span_id)
        return [*below.values()] if below is not None else []

    def _add(self, entry: Entry) -> None:
        if entry.parent_id is not None:
            self._below.setdefault(entry.parent_id, {})[entry.span_id] = entry

    def _remove(self, entry: Entry) -> None:
        parent_id = entry.parent_id
        if parent_id is not None:
            below = self._below[parent_id]
            del below[entry.span_id]
            if not below:
                del self._below[parent_id]
