"""The keys of litellm's price map, and what each is the price of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from otel_llm_cost.interchange.document import Place
from otel_llm_cost.usage import COMPONENTS

_COMPONENTS: Final = {
    "input_cost_per_token": "input",
    "input_cost_per_audio_token": "input_audio",
    "input_cost_per_image_token": "input_image",
    "input_cost_per_video_token": "input_video",
    "cache_read_input_token_cost": "cache_read",
    "input_cost_per_token_cache_hit": "cache_read",
    "cache_read_input_audio_token_cost": "cache_read_audio",
    "cache_read_input_image_token_cost": "cache_read_image",
    "cache_creation_input_token_cost": "cache_write",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
    "output_cost_per_token": "output",
    "output_cost_per_reasoning_token": "reasoning",
    "citation_cost_per_token": "citations",
    "output_cost_per_audio_token": "output_audio",
    "output_cost_per_image_token": "output_image",
    "output_cost_per_video_token": "output_video",
    "input_cost_per_character": "input_characters",
    "output_cost_per_character": "output_characters",
    "input_cost_per_second": "input_seconds",
    "input_cost_per_audio_per_second": "input_seconds",
    "output_cost_per_second": "output_seconds",
    "output_cost_per_video_per_second": "output_seconds",
    "input_cost_per_image": "input_images",
    "output_cost_per_image": "output_images",
    "ocr_cost_per_page": "input_pages",
    "annotation_cost_per_page": "annotated_pages",
    "input_cost_per_query": "searches",
    "input_cost_per_text_message": "messages",
    "input_cost_per_request": "requests",
}
_KEYS: Final = {component: key for key, component in reversed(_COMPONENTS.items())}
_KEYS["web_searches"] = "search_context_cost_per_query"
TOKENS: Final = tuple(component for component, known in COMPONENTS.items() if known.unit == "token")
_SUFFIXED: Final = {*TOKENS, "input_pages", "annotated_pages"}
_TIERS: Final = {"batches": "batch", "flex": "flex", "priority": "priority", "balanced": "balanced", "ultrafast": "ultrafast"}
_SUFFIX: Final = re.compile(rf"(?:_above_(?P<above>\d+)(?P<kilo>k?)_tokens)?(?:_(?P<tier>{'|'.join(_TIERS)}))?")
FALLS_BACK: Final = {"flex", "priority", "balanced", "ultrafast"}
"""Tiers for which litellm takes a standard price where they have none of their own."""
SPECIAL: Final = {"tiered_pricing", "off_peak_pricing"}
_UPLIFT: Final = "regional_processing_uplift_multiplier_"
_ANYWHERE: Final = "regional_endpoint_uplift_multiplier"
_ONE_OF: Final = {
    "bedrock_converse": "bedrock",
    "cohere_chat": "cohere",
    "azure_text": "azure",
    "text-completion-openai": "openai",
    "text-completion-codestral": "codestral",
    "text-completion-inception": "inception",
    "fireworks_ai-embedding-models": "fireworks_ai",
}
_WRITTEN: Final = {
    "aws.bedrock": "bedrock",
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure_ai",
    "gcp.gemini": "gemini",
    "gcp.vertex_ai": "vertex_ai",
    "mistral_ai": "mistral",
    "x_ai": "xai",
    "moonshot_ai": "moonshot",
    "ibm.watsonx.ai": "watsonx",
}
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW: Final = re.compile(r"\s*(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)\s*")


class Price(NamedTuple):
    """What a key is the price of."""

    component: str
    tier: str | None
    above: int | None


def price_of(key: str, mode: object = None) -> Price | None:
    """What a key is the price of, per one, for a model of a mode; None where there is no component or condition for it."""
    base = next((known for known in sorted(_COMPONENTS, key=len, reverse=True) if key.startswith(known)), None)
    suffix = _SUFFIX.fullmatch(key[len(base) :]) if base is not None else None
    if base is None or suffix is None:
        return None
    above = int(suffix["above"]) * (1000 if suffix["kilo"] else 1) if suffix["above"] else None
    component = "web_searches" if mode == "search" and base == "input_cost_per_query" else _COMPONENTS[base]
    return Price(component, _TIERS.get(suffix["tier"]) if suffix["tier"] else None, above)


def varies(key: str) -> str | None:
    """The key of seconds or images of which this one is the price at another size."""
    return next((base for base, component in _COMPONENTS.items() if component not in TOKENS and key.startswith(f"{base}_")), None)


def is_price(key: str) -> bool:
    """Whether a key is a price at all."""
    return ("cost" in key or "pricing" in key) and "multiplier" not in key and "dbu" not in key


def key_of(component: str, suffix: str) -> str | None:
    """The key of a component's price under the conditions of `suffix_of`."""
    key = _KEYS.get(component)
    return None if key is None or (suffix and component not in _SUFFIXED) else key + suffix


def suffix_of(when: Mapping[str, Any], *, is_inclusive: bool) -> str | None:
    """How keys say conditions; None where they cannot. Inclusive is a threshold at which the price already holds."""
    if set(when) - {"tier", "prompt_above"}:
        return None
    tier = next((said for said, tier in _TIERS.items() if tier == when.get("tier")), None)
    if "tier" in when and tier is None:
        return None
    above = when.get("prompt_above")
    above = above + 1 if above is not None and is_inclusive else above
    size = "" if above is None else f"_above_{above // 1000}k_tokens" if above % 1000 == 0 else f"_above_{above}_tokens"
    return size + (f"_{tier}" if tier else "")


def provider_of(place: Place) -> str:
    """Whose price a row is: `vertex_ai-language-models` and its like are one provider. Raises Refused."""
    named = place.need("litellm_provider").text()
    return _ONE_OF.get(named, "vertex_ai" if named.startswith("vertex_ai-") else named)


def written_provider(provider: str) -> str:
    """What litellm calls a provider."""
    return _WRITTEN.get(provider, provider)


def model_of(name: str, provider: str) -> tuple[str, str]:
    """Provider and model of a row: its name, without the provider where it begins with that."""
    return provider, name.removeprefix(f"{provider}/")


def factors_of(key: str, place: Place) -> Iterator[tuple[dict[str, Any], str]]:
    """The conditions and factors of a multiplier; none for any other key."""
    kind, _, part = key.partition(".")
    if key.startswith(_UPLIFT):
        yield {"region": key.removeprefix(_UPLIFT)}, _factor(place)
    elif key == _ANYWHERE:
        # Anywhere but on the global endpoint.
        yield {"region": "*"}, _factor(place)
        yield {"region": "global"}, "1"
    elif kind == "provider_specific_entry" and part == "fast":
        yield {"tier": "fast"}, _factor(place)
    elif kind == "provider_specific_entry" and part == "us":
        yield {"region": "us"}, _factor(place)
    elif kind == "provider_specific_entry" or "multiplier" in key:
        raise place.refuse("a multiplier whose condition is not known")


def _factor(place: Place) -> str:
    return format(place.number().normalize(), "f")


def off_peak_windows(block: Place) -> Iterator[dict[str, Any]]:
    """The conditions under which an off-peak block holds: hours of any day, and hours of some weekdays. Raises Refused."""
    flat = block.get("hours_utc")
    if flat is not None:
        yield {"hours": _hours(flat, 0)} if _hours(flat, 0) else {}
    zone_place = block.get("weekday_timezone")
    zone = zone_place.text() if zone_place is not None else "UTC"
    shift = _shift(zone, zone_place or block)
    windows = block.get("windows")
    for window in windows.items() if windows is not None else ():
        hours, days = _hours(window.need("hours_utc"), shift), window.get("weekdays")
        when: dict[str, Any] = {"hours": hours} if hours else {}
        if days is not None:
            when |= {"weekdays": ",".join(_day(day) for day in days.items()), "zone": zone, "holidays": "ignored"}
        yield when


def _day(place: Place) -> str:
    number = place.value
    if isinstance(number, str) and number[:3].lower() in _DAYS:
        return number[:3].lower()
    if isinstance(number, int) and 1 <= number <= len(_DAYS):
        return _DAYS[number - 1]
    raise place.refuse(f"not a weekday: {number!r}")


def _hours(place: Place, shift: int) -> str:
    """Windows of UTC as ours, on a clock that is so many minutes ahead; none where they are the whole day."""
    texts = [place.text()] if isinstance(place.value, str) else [item.text() for item in place.items()]
    windows = []
    for text in texts:
        found = _WINDOW.fullmatch(text)
        if found is None:
            raise place.refuse(f"not hours: {text!r}")
        begin, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
        if begin == end:
            return ""
        begin, end = ((minute + shift) % 1440 for minute in (begin, end))
        windows.append(f"{begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}")
    return ",".join(windows)


def _shift(zone: str, place: Place) -> int:
    """How many minutes a zone is ahead of UTC. Raises Refused for one that puts its clocks forward and back."""
    try:
        known = ZoneInfo(zone)
    except (ValueError, ZoneInfoNotFoundError):
        raise place.refuse(f"no such time zone: {zone!r}") from None
    weeks = (datetime(2020, 1, 1, tzinfo=UTC) + timedelta(weeks=week) for week in range(1040))
    offsets = {instant.astimezone(known).utcoffset() for instant in weeks}
    if len(offsets) != 1:
        raise place.refuse(f"hours of UTC on the weekdays of {zone}, whose clocks change")
    return int((offsets.pop() or timedelta()) / timedelta(minutes=1))
