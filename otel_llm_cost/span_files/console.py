"""What the Python SDK's console exporter prints: `span.to_json()`, which does not name the instrumentation scope."""

from __future__ import annotations

import json

from otel_llm_cost.span_files.mapping import attributes_of
from otel_llm_cost.span_files.node import Node
from otel_llm_cost.span_files.shown import SpanShown


def is_console(document: Node) -> bool:
    """Whether this is such a span."""
    return document.has("context") and isinstance(document.get("context").value, dict) and document.has("attributes")


def span_of(span: Node) -> SpanShown:
    """Raises SpanFileError."""
    context = span.get("context")
    return SpanShown(
        name=span.get("name").text(),
        scope=None,
        version=None,
        attributes=attributes_of(span.get("attributes")),
        start_unix_nano=span.get("start_time").zoned(),
        end_unix_nano=span.get("end_time").zoned(),
        failed=span.get("status").get("status_code").text() == "ERROR",
        trace_id=context.get("trace_id").id(),
        span_id=context.get("span_id").id(),
        parent_id=span.get("parent_id").id(),
        place=str(span),
        process=json.dumps(span.get("resource").value, sort_keys=True),
    )
