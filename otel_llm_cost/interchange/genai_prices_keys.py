"""The price keys, match clauses and hours of genai-prices' data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Final, Self

from otel_llm_cost.interchange.document import Place
from otel_llm_cost.money import text_of
from otel_llm_cost.usage import COMPONENTS

_MTOK: Final = {
    "input_mtok": "input",
    "input_text_mtok": "input",
    "input_audio_mtok": "input_audio",
    "input_image_mtok": "input_image",
    "input_video_mtok": "input_video",
    "cache_read_mtok": "cache_read",
    "cache_text_read_mtok": "cache_read",
    "cache_audio_read_mtok": "cache_read_audio",
    "cache_image_read_mtok": "cache_read_image",
    "cache_video_read_mtok": "cache_read_video",
    "cache_write_mtok": "cache_write",
    "cache_text_write_mtok": "cache_write",
    "cache_write_5m_mtok": "cache_write_5m",
    "cache_text_write_5m_mtok": "cache_write_5m",
    "cache_write_1h_mtok": "cache_write_1h",
    "cache_text_write_1h_mtok": "cache_write_1h",
    "output_mtok": "output",
    "output_text_mtok": "output",
    "output_reasoning_mtok": "reasoning",
    "output_citation_mtok": "citations",
    "output_audio_mtok": "output_audio",
    "output_image_mtok": "output_image",
    "output_video_mtok": "output_video",
    "input_mchars": "input_characters",
}
_KCOUNT: Final = {
    "requests_kcount": "requests",
    "web_searches_kcount": "web_searches",
    "storage_searches_kcount": "file_searches",
    "input_text_messages_kcount": "messages",
    "input_document_kpages": "input_pages",
    "input_annotated_document_kpages": "annotated_pages",
}
_HOURS: Final = {"audio_hours": "input_seconds", "input_audio_hours": "input_seconds", "output_audio_hours": "output_seconds"}
PER: Final = {1: _MTOK, 1_000: _KCOUNT, 3_600: _HOURS}
_GLOB: Final = re.compile(r"[*?\[]")


def rate_of_key(key: str, price: Place) -> tuple[str, str] | None:
    """The component that a key is the price of, and its rate; None where there is none. Raises Refused."""
    if key in _MTOK:
        # Its unit is ours: a million tokens or characters.
        return _MTOK[key], text_of(price.units())
    if key in _KCOUNT:
        return _KCOUNT[key], text_of(price.units(per=1_000) * COMPONENTS[_KCOUNT[key]].priced_per)
    if key in _HOURS:
        # A second's part of it seldom is a finite decimal.
        return _HOURS[key], f"{text_of(price.units())} per hour"
    return None


def key_of(component: str) -> tuple[str, int] | None:
    """The key for a component's price, and for how many of what it counts, or a million for tokens and characters."""
    for per, keys in PER.items():
        for key, known in keys.items():
            if known == component:
                return key, per if per != 1 else 1_000_000
    return None


@dataclass(frozen=True, slots=True)
class Clause:
    """One way to match a name, as our entries have it."""

    kind: str
    text: str

    @property
    def folded(self) -> Self:
        """Equal for what matches the same names."""
        return self if self.kind == "regex" else replace(self, text=self.text.lower())


def matches_of(match: Place) -> Iterator[Clause]:
    """The clauses, any of which matches. Raises Refused."""
    kind, held = _only(match)
    if kind == "or":
        for clause in held.items():
            yield from matches_of(clause)
    elif kind == "and":
        yield Clause("regex", f"^{_pattern(match)}.*")
    elif kind == "equals":
        yield Clause("model", held.text())
    elif kind == "starts_with":
        yield Clause("prefix", held.text())
    elif kind == "regex":
        yield Clause("regex", _compiled(held))
    elif _GLOB.search(held.text()):
        yield Clause("regex", f"^{_pattern(match)}.*")
    elif kind in {"contains", "ends_with"}:
        yield Clause("glob", f"*{held.text()}*" if kind == "contains" else f"*{held.text()}")
    else:
        raise match.refuse(f"no such clause: {kind!r}")


def _only(match: Place) -> tuple[str, Place]:
    members = list(match.members())
    if len(members) != 1:
        raise match.refuse("not one clause")
    return members[0]


def _compiled(held: Place) -> str:
    try:
        re.compile(held.text())
    except re.error as error:
        raise held.refuse(f"no regular expression: {error}") from None
    return held.text()


def _pattern(match: Place) -> str:
    """A clause as a look ahead from the start of a name."""
    kind, held = _only(match)
    if kind in {"or", "and"}:
        parts = [_pattern(clause) for clause in held.items()]
        return f"(?:{'|'.join(parts)})" if kind == "or" else "".join(parts)
    if kind == "regex":
        return f"(?=.*?(?:{_compiled(held)}))"
    escaped = re.escape(held.text())
    looks = {
        "equals": f"(?={escaped}$)",
        "starts_with": f"(?={escaped})",
        "ends_with": f"(?=.*{escaped}$)",
        "contains": f"(?=.*{escaped})",
    }
    if kind not in looks:
        raise match.refuse(f"no such clause: {kind!r}")
    return looks[kind]


def hours_of(constraint: Place) -> str:
    """A daily window as ours, in UTC. Raises Refused."""
    return "-".join(_utc_hour(constraint.need(key)) for key in ("start_time", "end_time"))


def _utc_hour(place: Place) -> str:
    try:
        clock = time.fromisoformat(place.text())
    except ValueError:
        raise place.refuse(f"not a time of day: {place.text()!r}") from None
    if clock.second or clock.microsecond:
        raise place.refuse("hours to the second: not said here")
    zoned = datetime.combine(date(2000, 1, 2), clock if clock.tzinfo is not None else clock.replace(tzinfo=UTC))
    return f"{zoned.astimezone(UTC):%H:%M}"
