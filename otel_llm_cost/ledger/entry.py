"""One span's claim that a call was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from otel_llm_cost.call import Kind
from otel_llm_cost.ledger.totals import Posting


@dataclass(slots=True, eq=False)
class Entry:
    """What `Once` compares, and what is counted of it. Times are nanoseconds since the epoch."""

    kind: Kind
    response_id: str | None
    stated: tuple[str, ...]
    values: tuple[int, ...]
    """The values of `stated`; see `otel_llm_cost.call.Sighting`."""
    settled: bool
    """Whether it has a price."""
    posting: Posting
    scope: str
    trace_id: int
    span_id: int
    parent_id: int | None
    """Of a parent in this process; None for a root and below a remote parent."""
    start: int
    end: int
    lane: Any
    """For a root, the other roots of the thread or task in which it began; None else."""
    absorbed: set[str] | None = None
    """The scopes of the spans that were found to be this same call."""
    held_until: int = 0
