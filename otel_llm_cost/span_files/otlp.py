"""OTLP JSON: what the `otlp_json_file` exporters and the Collector's file exporter write, and what is posted to `/v1/traces`.

Read 2026-11-22: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding.
"""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterator
from typing import Any, Final

from otel_llm_cost.span_files.node import Node
from otel_llm_cost.span_files.shown import SpanShown

_SCOPES: Final = (("scopeSpans", "scope"), ("instrumentationLibrarySpans", "instrumentationLibrary"))
"""What holds the spans of one scope, and where it names the scope: now, and before OTLP 0.15."""
_FAILED: Final = frozenset({2, "STATUS_CODE_ERROR"})
_NOT_FAILED: Final = frozenset({0, 1, "STATUS_CODE_UNSET", "STATUS_CODE_OK"})


def is_otlp(document: Node) -> bool:
    """Whether this is a document of traces."""
    return document.has("resourceSpans")


def spans_of(document: Node) -> Iterator[SpanShown]:
    """Raises SpanFileError."""
    for resource_spans in document.get("resourceSpans").each():
        process = json.dumps(resource_spans.get("resource").value, sort_keys=True)
        for spans_key, scope_key in _SCOPES:
            for scope_spans in resource_spans.get(spans_key).each():
                scope = scope_spans.get(scope_key)
                name, version = scope.get("name").text(), scope.get("version").text()
                for span in scope_spans.get("spans").each():
                    yield _shown(span, name, version, process)


def _shown(span: Node, scope: str | None, version: str | None, process: str) -> SpanShown:
    return SpanShown(
        name=span.get("name").text(),
        scope=scope,
        version=version,
        attributes=_attributes(span.get("attributes")),
        start_unix_nano=span.get("startTimeUnixNano").instant(),
        end_unix_nano=span.get("endTimeUnixNano").instant(),
        failed=_is_failed(span.get("status").get("code")),
        trace_id=span.get("traceId").id(),
        span_id=span.get("spanId").id(),
        parent_id=span.get("parentSpanId").id(),
        place=str(span),
        process=process,
    )


def _is_failed(code: Node) -> bool:
    value = code.value
    if isinstance(value, int | str) and value in _FAILED:
        return True
    if value is not None and not (isinstance(value, int | str) and value in _NOT_FAILED):
        raise code.no("a status code")
    return False


def _attributes(pairs: Node) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for pair in pairs.each():
        key = pair.get("key").text()
        if key is None:
            raise pair.wrong("has no key")
        value = _any_value(pair.get("value"))
        if key in held and held[key] != value:
            raise pair.wrong(f"{key} stands twice, with different values")
        held[key] = value
    return held


def _any_value(node: Node) -> Any:  # noqa: ANN401 - any attribute's
    said = [key for key, value in node.members().items() if value is not None]
    if not said:
        return None
    if len(said) > 1 or said[0] not in _VALUES:
        raise node.no(f"one of {', '.join(_VALUES)}")
    return _VALUES[said[0]](node.get(said[0]))


def _text(node: Node) -> str:
    # An empty text is a value.
    return node.text() or ""


def _truth(node: Node) -> bool:
    if not isinstance(node.value, bool):
        raise node.no("true or false")
    return node.value


def _double(node: Node) -> float:
    value = node.value
    if not isinstance(value, bool) and isinstance(value, int | float | str):
        try:
            return float(value)
        except (ValueError, OverflowError):
            pass
    raise node.no("a number")


def _bytes(node: Node) -> bytes:
    try:
        return b64decode(node.text() or "", validate=True)
    except (NotBase64, ValueError):
        raise node.no("base64") from None


def _array(node: Node) -> tuple[Any, ...]:
    return tuple(_any_value(value) for value in node.get("values").each())


def _map(node: Node) -> dict[str, Any]:
    return _attributes(node.get("values"))


_VALUES: Final[dict[str, Callable[[Node], Any]]] = {
    "stringValue": _text,
    "boolValue": _truth,
    "intValue": Node.whole,
    "doubleValue": _double,
    "arrayValue": _array,
    "kvlistValue": _map,
    "bytesValue": _bytes,
}
