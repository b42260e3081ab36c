"""What litellm's price map states: one price of every model, without a date, by tier and prompt size."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from compared import Case

from otel_llm_cost.call import unix_nano
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.usage import COMPONENTS

DAY: Final = datetime(2026, 11, 12, 12, tzinfo=UTC)
"""The release's day, a Thursday, at an hour that nobody calls a peak."""
PEAK: Final = DAY.replace(hour=2)
_SHOWN: Final = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
    "input_cost_per_audio_token": "input_audio",
    "output_cost_per_audio_token": "output_audio",
    "cache_read_input_audio_token_cost": "cache_read_audio",
    "input_cost_per_image_token": "input_image",
    "output_cost_per_image_token": "output_image",
    "cache_read_input_image_token_cost": "cache_read_image",
    "input_cost_per_video_token": "input_video",
    "output_cost_per_video_token": "output_video",
    "output_cost_per_reasoning_token": "reasoning",
    "citation_cost_per_token": "citations",
    "input_cost_per_character": "input_characters",
    "output_cost_per_character": "output_characters",
    "input_cost_per_second": "input_seconds",
    "output_cost_per_second": "output_seconds",
    "input_cost_per_image": "input_images",
    "output_cost_per_image": "output_images",
    "input_cost_per_query": "searches",
    "input_cost_per_request": "requests",
    "ocr_cost_per_page": "input_pages",
    "annotation_cost_per_page": "annotated_pages",
}
_SEARCHES: Final = "search_context_cost_per_query"
_TIERS: Final = {"batches": "batch", "flex": "flex", "priority": "priority"}
_CONDITIONED: Final = re.compile(r"(?P<key>.+?)(?:_above_(?P<above>\d+)k_tokens)?(?:_(?P<tier>batches|flex|priority))?")
_COMMITMENT: Final = "-commitment/"
"""Provisioned capacity: paid by the hour, not by the call."""


def cases(models: Mapping[str, Mapping[str, Any]], table: PriceTable) -> Iterator[Case]:
    """Every rate of every model whose seller we know."""
    for name, stated in models.items():
        seller = stated.get("litellm_provider", "")
        if seller not in table.provider_names or not table.provider_names[seller] or _COMMITMENT in name:
            continue
        off_peak = stated.get("off_peak_pricing", {})
        yield from _rates(seller, name, stated, PEAK if off_peak else DAY)
        yield from _rates(seller, name, off_peak, DAY)


def _rates(seller: str, name: str, stated: Mapping[str, Any], at: datetime) -> Iterator[Case]:
    for key, rate in stated.items():
        found = _CONDITIONED.fullmatch(key)
        component = _SHOWN.get(found["key"]) if found is not None else None
        if key == _SEARCHES and isinstance(rate, dict) and len(set(rate.values())) == 1:
            component, rate = "web_searches", next(iter(rate.values()))  # noqa: PLW2901 - the one fee of every context size
        if component is None or found is None or isinstance(rate, bool) or not isinstance(rate, int | float):
            continue
        exact = Fraction(Decimal(repr(rate))) / COMPONENTS[component].scale
        above = int(found["above"]) * 1000 if found["above"] else -1
        yield Case(seller, name, component, unix_nano(at), exact, _TIERS.get(found["tier"] or ""), above)
