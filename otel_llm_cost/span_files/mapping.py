"""A span that was written by hand: its attributes, and what else is said of it; or its attributes alone."""

from __future__ import annotations

from typing import Any, Final

from otel_llm_cost.span_files.node import Node
from otel_llm_cost.span_files.shown import SpanShown

_KEYS: Final = ("attributes", "scope", "version", "name", "start", "end", "failed", "trace_id", "span_id", "parent_id")


def is_described(document: Node) -> bool:
    """Whether this is an object with `attributes`."""
    return isinstance(document.value, dict) and "attributes" in document.value


def is_bare(document: Node) -> bool:
    """Whether this can be attributes alone: an object of values that no object is."""
    return (
        isinstance(document.value, dict) and bool(document.value) and not any(isinstance(v, dict) for v in document.value.values())
    )


def described_span_of(span: Node) -> SpanShown:
    """Raises SpanFileError."""
    for key in span.members():
        if key not in _KEYS:
            raise span.wrong(f"{key!r} is none of {', '.join(_KEYS)}")
    failed = span.get("failed")
    if failed.value is not None and not isinstance(failed.value, bool):
        raise failed.no("true or false")
    return SpanShown(
        name=span.get("name").text(),
        scope=span.get("scope").text(),
        version=span.get("version").text(),
        attributes=attributes_of(span.get("attributes")),
        start_unix_nano=span.get("start").zoned(),
        end_unix_nano=span.get("end").zoned(),
        failed=failed.value is True,
        trace_id=span.get("trace_id").id(),
        span_id=span.get("span_id").id(),
        parent_id=span.get("parent_id").id(),
        place=str(span),
    )


def bare_span_of(attributes: Node) -> SpanShown:
    """Raises SpanFileError."""
    held = attributes_of(attributes)
    return SpanShown(
        None, None, None, held, None, None, failed=False, trace_id=None, span_id=None, parent_id=None, place=str(attributes)
    )


def attributes_of(members: Node) -> dict[str, Any]:
    """Attributes by name, as JSON has them."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in members.members().items()}
