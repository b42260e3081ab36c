"""Spans that have ended: the order in which they began and ended, and copies of them that have more attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext

_NOWHERE: Final = 0


class Event(NamedTuple):
    """A span of several began or ended."""

    at_unix_nano: int
    is_end: bool
    depth: int
    """Negative for an end: of events at one instant, children begin after their parents and end before them."""
    place: int


def events(windows: Iterable[tuple[int, int, int]], parent_of: Callable[[int], int | None]) -> list[Event]:
    """What happened to spans, in order; each is given as its place, start and end, and `parent_of` has the place of a parent."""
    found: list[Event] = []
    for place, start, end in windows:
        above: set[int] = set()
        parent: int | None = place
        while parent is not None and parent not in above:
            above.add(parent)
            parent = parent_of(parent)
        found.append(Event(start, is_end=False, depth=len(above), place=place))
        found.append(Event(max(start, end), is_end=True, depth=-len(above), place=place))
    return sorted(found)


class EndedSpan:
    """Stands in for a span while what happened to it happens once more: what is written on it is in `written`."""

    def __init__(self, span: ReadableSpan) -> None:
        self.attributes = dict(span.attributes or {})
        self.written: dict[str, Any] = {}
        self.context = span.context
        self.instrumentation_scope = span.instrumentation_scope
        self.status = span.status
        self.start_time = span.start_time
        self.end_time = span.end_time
        # Which roots belong together is told by the thread or task that they ran in, which an ended span does not tell.
        self.parent = span.parent or SpanContext(span.context.trace_id, _NOWHERE, is_remote=True)

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        self.written.update(attributes)

    def end(self, end_time: int | None = None) -> None:
        """Nothing: it has ended."""


class SpanWithMore(ReadableSpan):
    """A copy of an ended span that has further attributes. What the span dropped is told as before."""

    def __init__(self, span: ReadableSpan, written: Mapping[str, Any]) -> None:
        super().__init__(
            name=span.name,
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes={**(span.attributes or {}), **written},
            events=span.events,
            links=span.links,
            kind=span.kind,
            status=span.status,
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )
        self._dropped = span.dropped_attributes, span.dropped_events, span.dropped_links

    @property
    def dropped_attributes(self) -> int:
        return self._dropped[0]

    @property
    def dropped_events(self) -> int:
        return self._dropped[1]

    @property
    def dropped_links(self) -> int:
        return self._dropped[2]
