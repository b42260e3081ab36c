"""What Jaeger's query API answers (`/api/traces`), and its page downloads: attributes and the scope as tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from otel_llm_cost.span_files.node import Node
from otel_llm_cost.span_files.shown import SpanShown

_SCOPE: Final = ("otel.scope.name", "otel.library.name")
_VERSION: Final = ("otel.scope.version", "otel.library.version")
_ERROR, _STATUS = "error", "otel.status_code"
_NO_ATTRIBUTES: Final = frozenset(
    {*_SCOPE, *_VERSION, _ERROR, _STATUS, "otel.status_description", "span.kind", "internal.span.format", "w3c.tracestate"}
)
"""Tags that Jaeger makes of what else a span has."""
_NANO_PER_MICRO: Final = 1000


def is_jaeger(document: Node) -> bool:
    """Whether this is a list of traces."""
    return document.has("data") and isinstance(document.get("data").value, list)


def spans_of(document: Node) -> Iterator[SpanShown]:
    """Raises SpanFileError."""
    for trace in document.get("data").each():
        for span in trace.get("spans").each():
            yield _shown(span)


def _shown(span: Node) -> SpanShown:
    attributes: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for tag in span.get("tags").each():
        key = tag.get("key").text()
        if key is None:
            raise tag.wrong("has no key")
        value = _value(tag)
        if key in _NO_ATTRIBUTES:
            # `error` may stand beside an attribute of that name: true wins.
            own[key] = own.get(key) is True or value
        elif key in attributes and attributes[key] != value:
            raise tag.wrong(f"{key} stands twice, with different values")
        else:
            attributes[key] = value
    start = span.get("startTime").instant(nano_per=_NANO_PER_MICRO)
    duration = span.get("duration").whole()
    return SpanShown(
        name=span.get("operationName").text(),
        scope=_first(own, _SCOPE),
        version=_first(own, _VERSION),
        attributes=attributes,
        start_unix_nano=start,
        end_unix_nano=start + duration * _NANO_PER_MICRO if start is not None and duration is not None else None,
        failed=own.get(_ERROR) is True or own.get(_STATUS) == "ERROR",
        trace_id=span.get("traceID").id(),
        span_id=span.get("spanID").id(),
        parent_id=_parent(span),
        place=str(span),
        process=span.get("processID").text() or "",
    )


def _value(tag: Node) -> Any:  # noqa: ANN401 - any attribute's
    kind, value = tag.get("type").text(), tag.get("value")
    if kind == "int64":
        return value.whole()
    # JSON has no other 2.0 than 2.
    if kind == "float64" and isinstance(value.value, int) and not isinstance(value.value, bool):
        return float(value.value) if abs(value.value) < 2**63 else value.whole()
    return value.value


def _first(own: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    return next((own[key] for key in keys if isinstance(own.get(key), str) and own[key]), None)


def _parent(span: Node) -> str | None:
    for reference in span.get("references").each():
        if reference.get("refType").text() == "CHILD_OF":
            return reference.get("spanID").id()
    return span.get("parentSpanID").id()
