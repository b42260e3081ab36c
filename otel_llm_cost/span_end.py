"""Writing on a span that is about to end.

The released SDKs seal a span before `SpanProcessor._on_ending` runs (1.40 to 1.45), and older ones have no such hook. So the
span object gets an `end` of its own, which works in every processor order. The day `_on_ending` can write, only this file
changes.
"""

from __future__ import annotations

from collections.abc import Callable
from time import time_ns
from typing import Any, Protocol

from opentelemetry.sdk.trace import Span


class Owner(Protocol):
    """Who wants to write on a span before it ends."""

    def ending(self, span: Span, end_time: int, hook: SpanEnd) -> None:
        """The span is about to end. Must not raise."""


class SpanEnd:
    """Stands in for one span's `end` until it is called: its owner's `ending`, then the span's own `end`, whatever happens."""

    __slots__ = ("_original", "_span", "given", "group", "owner", "scope")

    def __init__(self, span: Span, original: Callable[[int | None], None], owner: Owner, scope: Any) -> None:  # noqa: ANN401
        self._span = span
        self._original = original
        self.owner = owner
        self.scope = scope
        """What the owner knows of the span's instrumentation scope."""
        self.group: Any = None
        """Where the owner announced the span as an LLM call; None where it did not."""
        self.given: Any = None
        """What the application handed over for this span: a `Sighting`, or a `Told`."""

    def __call__(self, end_time: int | None = None) -> None:
        try:
            owner = self.owner
            # Deleting a slot succeeds for one thread only.
            del self.owner
        except AttributeError:
            return
        span = self._span
        try:
            # One instant for the span's end and for our windows.
            if end_time is None:
                end_time = time_ns()
            owner.ending(span, end_time, self)
        finally:
            if span.end is self:
                del span.end
            original = self._original
            # No reference may lead from here back to the span.
            del self._span, self._original
            original(end_time)


def hook_end(span: Span, owner: Owner, scope: Any = None) -> SpanEnd | None:  # noqa: ANN401 - the owner's
    """Has `owner.ending` called when the span ends. None where another owner has it already."""
    original = span.end
    if type(original) is SpanEnd:
        return None
    hook = span.end = SpanEnd(span, original, owner, scope)  # type: ignore[method-assign]
    return hook


def hook_of(span: object) -> SpanEnd | None:
    """The hook on an open span; None where it has none."""
    held = getattr(span, "end", None)
    return held if isinstance(held, SpanEnd) else None


def has_room(span: object, count: int) -> bool:
    """Whether a span may have so many attributes: beyond its limit the SDK drops the oldest. It has no public way to ask."""
    limits = getattr(span, "_limits", None)
    most = limits.max_span_attributes if limits is not None else None
    return most is None or count <= most
