"""A file of spans, in whichever format that is read."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from otel_llm_cost.span_files import console, jaeger, mapping, otlp
from otel_llm_cost.span_files.node import Node
from otel_llm_cost.span_files.shown import SpanFileError, SpanShown

STANDARD_INPUT: Final = "-"
FORMATS: Final = (
    "OTLP JSON, one document or one a line; the console exporter's output; the answer of Jaeger's query API; an object with "
    "'attributes' and, where known, 'scope', 'version', 'start' and 'end'; or attributes alone"
)
"""What is read."""

_OTHER_SIGNALS: Final = {"resourceMetrics": "metrics", "resourceLogs": "logs", "resourceProfiles": "profiles"}
_SPACE: Final = re.compile(r"[ \t\r\n]*")


def spans_of_file(path: str) -> list[SpanShown]:
    """The spans of a file, or of standard input where `path` is `-`. Raises SpanFileError."""
    file = "standard input" if path == STANDARD_INPUT else path
    try:
        held = sys.stdin.buffer.read() if path == STANDARD_INPUT else Path(path).read_bytes()
    except OSError as error:
        raise SpanFileError(f"{file}: cannot be read: {error.strerror or error}") from None
    try:
        text = held.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpanFileError(f"{file}: byte {error.start}: not UTF-8") from None
    return spans_of_text(text, file)


def spans_of_text(text: str, file: str) -> list[SpanShown]:
    """The spans of a file's text. Raises SpanFileError."""
    try:
        spans = [span for document in _documents(text, file) for span in _spans(document)]
    except RecursionError:
        raise SpanFileError(f"{file}: nested too deeply") from None
    if not spans:
        raise SpanFileError(f"{file}: holds no span")
    return spans


def _documents(text: str, file: str) -> Iterator[Node]:
    """JSON documents, one after the other."""
    decoder = json.JSONDecoder(object_pairs_hook=_object)
    documents: list[tuple[int, object]] = []
    place, line, counted = _after_space(text, 0), 1, 0
    while place < len(text):
        line, counted = line + text.count("\n", counted, place), place
        try:
            document, end = decoder.raw_decode(text, place)
        except json.JSONDecodeError as error:
            raise SpanFileError(f"{file}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from None
        except ValueError as error:
            # A name that stands twice; a number of thousands of digits.
            raise SpanFileError(f"{file}:{line}: {error}") from None
        documents.append((line, document))
        place = _after_space(text, end)
    for begins, document in documents:
        yield Node(document, file if len(documents) == 1 else f"{file}:{begins}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    held = dict(pairs)
    if len(held) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands twice in one object")
    return held


def _after_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found is not None else place


def _spans(document: Node) -> Iterator[SpanShown]:
    if otlp.is_otlp(document):
        yield from otlp.spans_of(document)
    elif jaeger.is_jaeger(document):
        yield from jaeger.spans_of(document)
    elif isinstance(document.value, list):
        for element in document.each():
            yield _span(element)
    else:
        yield _span(document)


def _span(document: Node) -> SpanShown:
    for key, signal in _OTHER_SIGNALS.items():
        if document.has(key):
            raise document.wrong(f"holds {signal}, no spans")
    if console.is_console(document):
        return console.span_of(document)
    if mapping.is_described(document):
        return mapping.described_span_of(document)
    if mapping.is_bare(document):
        return mapping.bare_span_of(document)
    raise document.wrong(f"no span in a format that is read: {FORMATS}")
