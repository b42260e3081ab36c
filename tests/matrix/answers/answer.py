"""One answer of a provider, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]

ID: Final = "@ID@"
"""Stands for what is new in every response; the provider writes another text for it each time that it answers."""
BASE: Final = "@BASE@"
"""Stands for the URL of the API and case, as the request's Host header has it."""
CREATED: Final = 1_795_305_600
DAY: Final = "2026-11-22T00:00:00Z"
PIECES: Final = ("Seven ", "kettles ", "whistle ", "at ", "dawn.")
TEXT: Final = "".join(PIECES)
THOUGHTS: Final = ("Kettles, ", "so ", "steam.")
CITY: Final = '{"city":"Tarvik","people":41}'
"""What the `structured` answers say."""
TOOL: Final = "tide_table"
ARGUMENTS: Final = {"harbour": "Tarvik", "day": "2026-11-22"}
"""What the `tools` answers call."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response, or the events of a stream."""

    status: int = 200
    body: Json | None = None
    events: Sequence[Json] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    asked: str = ""
    """A regular expression for method and path, where one case asks several things (a batch)."""


RETRY_SOON: Final = {"retry-after-ms": "10", "x-should-retry": "true"}


FILE: Final = {"content-type": "application/octet-stream"}


def jsonl(*lines: Json, asked: str = "") -> Answer:
    """A file of JSON lines."""
    return Answer(events=lines, headers=FILE, asked=asked)
