"""One span's claim that a call was made."""

from __future__ import annotations

from collections.abc import Hashable
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
    group: Any
    """What it was announced in (`Once.begin_root`, `Once.begin`); None where it was not, and once it is settled."""
    is_root: bool
    ended_in: int | None = None
    """The thread in which a root ended, where it is not the one in which it began."""
    absorbed: set[str] | None = None
    """The scopes of the spans that were found to be this same call."""
    held_until: int = 0
    is_late: bool = False
    """Whether its span was made after the call, in another thread and perhaps another trace."""
    nests: bool = False
    """Whether its scope puts a span around the one that has the counts."""
    ends_another: bool = False
    """Whether it ends a call that another span of its scope began."""
    lane: Hashable | None = None
    """For an announced root that is settled, the thread or task of whose roots it is one."""
