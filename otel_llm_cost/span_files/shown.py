"""A span as a file shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class SpanFileError(ValueError):
    """A file that cannot be used, in one line: the file, the place in it, and what is wrong there."""


@dataclass(frozen=True, slots=True)
class SpanShown:
    """One finished span. What the file does not say is None."""

    name: str | None
    scope: str | None
    version: str | None
    attributes: Mapping[str, Any]
    start_unix_nano: int | None
    end_unix_nano: int | None
    failed: bool
    """Whether its status is an error."""
    trace_id: str | None
    span_id: str | None
    parent_id: str | None
    place: str
    """Where it stands: `SPAN.json: resourceSpans[0].scopeSpans[0].spans[2]`."""
    process: str = ""
    """What tells the process that made it from others of the file."""
