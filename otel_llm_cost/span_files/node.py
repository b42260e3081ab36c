"""A value of a JSON document that knows where it stands, so that what is wrong with it can be said in one line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from otel_llm_cost.span_files.shown import SpanFileError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LEAST, _MOST = -(2**63), 2**63 - 1
_WHOLE: Final = re.compile(r"-?[0-9]{1,19}")
_SHOWN: Final = 60
"""Characters of a wrong value that are shown."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its place."""

    value: object
    file: str
    """`SPAN.json`, or `SPAN.json:3` where each line is a document."""
    path: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.path}" if self.path else self.file

    def wrong(self, problem: str) -> SpanFileError:
        """What is wrong here."""
        return SpanFileError(f"{self}: {problem}")

    def no(self, wanted: str) -> SpanFileError:
        """That the value is not what is wanted."""
        shown = json.dumps(self.value)
        return self.wrong(f"not {wanted}: {shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '...'}")

    def has(self, key: str) -> bool:
        return isinstance(self.value, dict) and self.value.get(key) is not None

    def get(self, key: str) -> Node:
        """A member; of value None where there is none. Raises SpanFileError where this is no object."""
        return Node(self.members().get(key), self.file, f"{self.path}.{key}" if self.path else key)

    def members(self) -> dict[str, Any]:
        """Raises SpanFileError where this is no object. Of none, there are none."""
        if self.value is None:
            return {}
        if not isinstance(self.value, dict):
            raise self.no("an object")
        return self.value

    def each(self) -> Iterator[Node]:
        """The elements. Raises SpanFileError where this is no list. Of none, there are none."""
        if self.value is None:
            return
        if not isinstance(self.value, list):
            raise self.no("a list")
        for place, value in enumerate(self.value):
            yield Node(value, self.file, f"{self.path}[{place}]")

    def text(self) -> str | None:
        """A text; None where it is empty or missing."""
        if self.value is not None and not isinstance(self.value, str):
            raise self.no("a text")
        return self.value or None

    def id(self) -> str | None:
        """The id of a trace or a span; None where it is missing, empty or all zeros."""
        text = self.text()
        return text if text is not None and text.removeprefix("0x").strip("0") else None

    def whole(self) -> int | None:
        """A 64-bit integer, which JSON may have as a text; None where it is missing."""
        value = self.value
        is_text = isinstance(value, str) and _WHOLE.fullmatch(value)
        if is_text or (isinstance(value, float) and value.is_integer()):
            value = int(value)  # type: ignore[call-overload] # a text or a float
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not _LEAST <= value <= _MOST:
            raise self.no("a 64-bit integer")
        return value

    def instant(self, *, nano_per: int = 1) -> int | None:
        """An instant in nanoseconds since 1970 (`nano_per` of them a unit); None where it is missing or 0."""
        count = self.whole()
        if count is None or count == 0:
            return None
        if not 0 < count * nano_per <= _MOST:
            raise self.no("an instant")
        return count * nano_per

    def zoned(self) -> int | None:
        """An instant, as ISO 8601 with a zone or in nanoseconds since 1970; None where it is missing."""
        if not isinstance(self.value, str):
            return self.instant()
        try:
            at = datetime.fromisoformat(self.value)
        except ValueError:
            raise self.no("an instant") from None
        if at.tzinfo is None:
            raise self.no("an instant with a zone")
        # Exact: a float of seconds is not.
        nano = (at - _EPOCH) // timedelta(microseconds=1) * 1000
        if not 0 <= nano <= _MOST:
            raise self.no("an instant since 1970")
        return nano or None
