"""One span's claim that a call was made, with its cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from otel_llm_cost.call import Sighting
from otel_llm_cost.cost import Cost


@dataclass(slots=True, eq=False)
class Entry:
    """What `Once` compares and `Totals` adds up. Times are nanoseconds since the epoch."""

    sighting: Sighting
    cost: Cost
    scope: str
    trace_id: int
    span_id: int
    parent_id: int | None
    """Of a parent in this process; None for a root and below a remote parent."""
    start: int
    end: int
    lane: object
    """The thread and task in which a root began."""
    context: Any = None
    """The span's context, for exemplars; opaque here."""
    absorbed: set[str] | None = None
    """The scopes of the spans that were found to be this same call."""
    held_until: int = 0
