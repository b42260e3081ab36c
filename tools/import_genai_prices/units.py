"""The package's price keys as our components, and rates in the unit of the package."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

PRICE_KEYS: Final = {
    "input_mtok": ("input", ""),
    "output_mtok": ("output", ""),
    "cache_read_mtok": ("cache_read", ""),
    "cache_write_mtok": ("cache_write", ""),
    "cache_write_5m_mtok": ("cache_write_5m", ""),
    "cache_write_1h_mtok": ("cache_write_1h", ""),
    "input_audio_mtok": ("input_audio", ""),
    "output_audio_mtok": ("output_audio", ""),
    "cache_audio_read_mtok": ("cache_read_audio", ""),
    "input_image_mtok": ("input_image", ""),
    "output_image_mtok": ("output_image", ""),
    "cache_image_read_mtok": ("cache_read_image", ""),
    "input_video_mtok": ("input_video", ""),
    "output_video_mtok": ("output_video", ""),
    "cache_video_read_mtok": ("cache_read_video", ""),
    "output_reasoning_mtok": ("reasoning", ""),
    "output_citation_mtok": ("citations", ""),
    "input_mchars": ("input_characters", ""),
    "audio_hours": ("input_seconds", " per hour"),
    "input_audio_hours": ("input_seconds", " per hour"),
    "output_audio_hours": ("output_seconds", " per hour"),
    "input_document_kpages": ("input_pages", " per 1K"),
    "input_annotated_document_kpages": ("annotated_pages", " per 1K"),
    "web_searches_kcount": ("web_searches", " per 1K"),
    "storage_searches_kcount": ("file_searches", " per 1K"),
    "rerank_searches_kcount": ("searches", " per 1K"),
    "input_text_messages_kcount": ("messages", " per 1K"),
    "requests_kcount": ("requests", " per 1K"),
}
"""A whole audio session (`audio_hours`) is counted in input seconds, as transcribed audio is."""

ORDER: Final = {component: place for place, (component, _) in enumerate(PRICE_KEYS.values())}
_MANY: Final = {"": 1, "per 1K": 1_000, "per hour": 3_600}


def amount(rate: str) -> Fraction:
    """What one of the component's own unit costs."""
    number, _, unit = rate.partition(" ")
    return Fraction(number) / _MANY[unit]
