"""A span to its claim that a call was made, and to where it stands."""

from __future__ import annotations

import sys
from collections.abc import Hashable
from threading import get_ident

from opentelemetry.sdk.trace import Span
from opentelemetry.trace import SpanContext

from otel_llm_cost.call import Kind, Sighting
from otel_llm_cost.conventions.reader import COMPACTION
from otel_llm_cost.cost import WITH_PRICE, Cost, Reason
from otel_llm_cost.ledger.entry import Entry
from otel_llm_cost.ledger.group import Group
from otel_llm_cost.ledger.totals import Posting
from otel_llm_cost.recognise import LATE, NESTING


def entry_of(
    span: Span,
    end: int,
    group: Group | None,
    scope: str,
    identity: tuple[Kind, str | None, tuple[str, ...], tuple[int, ...], bool],
    posting: Posting,
) -> Entry:
    """What `Once` compares and counts, of a span of this scope."""
    context, parent, start = span.context, span.parent, span.start_time or end
    trace_id, span_id = context.trace_id, context.span_id
    thread = get_ident()
    ended_in = thread if group is not None and group.thread is not None and group.thread != thread else None
    entry = Entry(*identity, posting, scope, trace_id, span_id, local_id(parent), start, end, group, parent is None, ended_in)
    entry.is_late, entry.nests = scope in LATE, scope in NESTING
    return entry


def is_settled(cost: Cost, sighting: Sighting) -> bool:
    """Whether a span need not wait for another one of its call that has a price."""
    # A span that knows of more than it counts does not give way to one that does not know.
    return cost.status in WITH_PRICE or (cost.reason == Reason.INCOMPLETE_USAGE and COMPACTION in sighting.stated)


def local_id(parent: SpanContext | None) -> int | None:
    """The id of a parent in this process."""
    return None if parent is None or parent.is_remote else parent.span_id


def lane() -> Hashable:
    """The thread, and the asyncio task where one runs."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or asyncio._get_running_loop() is None:  # noqa: SLF001 - current_task raises where no loop runs, which is slow
        return get_ident()
    return get_ident(), id(asyncio.current_task())
