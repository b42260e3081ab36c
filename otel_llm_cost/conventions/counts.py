"""Overlapping counts, as spans state them, to disjoint ones."""

from __future__ import annotations

from typing import Final, TypeAlias

from otel_llm_cost.conventions.providers import COUNTS_CACHE_INSIDE
from otel_llm_cost.conventions.scopes import InputCount

Counts: TypeAlias = dict[str, int]
OLDER: Final = "~"
"""Ends the key of a count that was read under a spelling older than the current conventions'."""

Disjoint: TypeAlias = tuple[tuple[str, ...], tuple[int, ...], str | None, tuple[str, ...]]
"""Components, counts, the reason for doubt, and what was assumed."""


def disjoint(found: Counts, counting: InputCount, provider: str) -> Disjoint:
    """Puts every token in one component. No bucket is ever clamped: counts that contradict each other are said to."""
    get = found.get
    cache_read = get("cache_read", get(f"cache_read{OLDER}", 0))
    short, long = get("cache_write_5m", 0), get("cache_write_1h", 0)
    cache_write = get("cache_write", get(f"cache_write{OLDER}", short + long))
    reading, doubt, assumed = _reading(found, counting, provider, cache_read + cache_write)
    audio, audio_cached = get("input_audio", 0), get("cache_read_audio", 0)
    beside_text = audio - audio_cached + get("input_image", 0) + get("input_video", 0)
    text = get("input", get(f"input{OLDER}", 0)) - beside_text
    if reading is InputCount.INCLUSIVE:
        text -= cache_read + cache_write
    output, reasoning = get("output", get(f"output{OLDER}", 0)), get("reasoning", get(f"reasoning{OLDER}", 0))
    text_out = output - reasoning - get("output_audio", 0) - get("output_image", 0)
    buckets = (
        ("input", text),
        ("input_audio", audio - audio_cached),
        ("input_image", get("input_image", 0)),
        ("input_video", get("input_video", 0)),
        ("cache_read", cache_read - audio_cached),
        ("cache_read_audio", audio_cached),
        ("cache_write", cache_write - short - long),
        ("cache_write_5m", short),
        ("cache_write_1h", long),
        ("output", text_out),
        ("reasoning", reasoning),
        ("output_audio", get("output_audio", 0)),
        ("output_image", get("output_image", 0)),
    )
    held = [bucket for bucket in buckets if bucket[1]]
    if any(count < 0 for _, count in held):
        return (), (), "contradictory_usage", ()
    if get("compaction"):
        # Anthropic bills its compaction passes outside the usage, and the span has only their sum.
        doubt = "ambiguous_usage"
    if audio and cache_read and "cache_read_audio" not in found:
        assumed = (*assumed, "cache_read=text")
    return tuple(name for name, _ in held), tuple(count for _, count in held), doubt, assumed


def _reading(found: Counts, counting: InputCount, provider: str, cached: int) -> tuple[InputCount, str | None, tuple[str, ...]]:
    """Whether the input count holds the cached tokens, with the doubt and the assumption that this leaves."""
    if counting is not InputCount.UNKNOWN or not cached:
        return counting, None, ()
    count = found.get("input", found.get(f"input{OLDER}", 0))
    if cached > count:
        return InputCount.EXCLUSIVE, None, ()
    if not any(name.endswith(OLDER) for name in found) or provider in COUNTS_CACHE_INSIDE:
        return InputCount.INCLUSIVE, None, ("input=inclusive",)
    # The inclusive reading is the lower of the two.
    return InputCount.INCLUSIVE, "ambiguous_usage", ()
