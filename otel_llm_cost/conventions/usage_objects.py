"""The details in a provider's own usage object, where an attribute holds the whole of it.

The object's own input and output are not read: the convention's counts beside it say what they include, and details are the same
in both. Shapes as of 2026-11-22: OpenAI chat completions and responses (and all that speak like them), Anthropic messages, Gemini.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from otel_llm_cost.call import Told
from otel_llm_cost.conventions.counts import RENAMED

_DETAILS: Final = {
    "cached_tokens": "cache_read",
    "cache_write_tokens": "cache_write",
    "cache_creation_tokens": "cache_write",
    "audio_tokens": "input_audio",
}
_MADE_DETAILS: Final = {
    "reasoning_tokens": "reasoning",
    "thinking_tokens": "reasoning",
    "audio_tokens": "output_audio",
}
_POINTERS: Final = {
    **{f"{part}_tokens_details/{name}": count for part in ("prompt", "input") for name, count in _DETAILS.items()},
    **{f"{part}_tokens_details/{name}": count for part in ("completion", "output") for name, count in _MADE_DETAILS.items()},
    "prompt_tokens_details/cache_creation_token_details/ephemeral_5m_input_tokens": "cache_write_5m",
    "prompt_tokens_details/cache_creation_token_details/ephemeral_1h_input_tokens": "cache_write_1h",
    "cache_read_input_tokens": "cache_read",
    "cache_creation_input_tokens": "cache_write",
    "cache_creation/ephemeral_5m_input_tokens": "cache_write_5m",
    "cache_creation/ephemeral_1h_input_tokens": "cache_write_1h",
    "prompt_audio_seconds": "input_seconds",
    "server_tool_use/web_search_requests": "web_searches",
}


_GEMINI: Final = {
    "prompt_tokens_details/*modality=AUDIO/token_count": "input_audio",
    "prompt_tokens_details/*modality=IMAGE/token_count": "input_image",
    "prompt_tokens_details/*modality=VIDEO/token_count": "input_video",
    "cache_tokens_details/*modality=AUDIO/token_count": "cache_read_audio",
    "candidates_tokens_details/*modality=AUDIO/token_count": "output_audio",
    "candidates_tokens_details/*modality=IMAGE/token_count": "output_image",
    "candidates_tokens_details/*modality=VIDEO/token_count": "output_video",
    "cached_content_token_count": "cache_read",
    "thoughts_token_count": "reasoning",
}
"""As the google-genai client names them."""
_LANGCHAIN: Final = {
    f"{part}_token_details/{tier}{name}": count
    for tier in ("", "flex_", "priority_")
    for part, names in (
        (
            "input",
            {
                "cache_read": "cache_read",
                "cache_creation": "cache_write",
                "ephemeral_5m_input_tokens": "cache_write_5m",
                "ephemeral_1h_input_tokens": "cache_write_1h",
                "audio": "input_audio",
            },
        ),
        ("output", {"reasoning": "reasoning", "audio": "output_audio"}),
    )
    for name, count in names.items()
}
"""LangChain puts the tier before the names of OpenAI's details."""


def told_names(place: str) -> tuple[str, ...]:
    """What `told_at` looks at."""
    return tuple(f"{place}/{name}" for name in ("cost", "cost_details/upstream_inference_cost", "is_byok"))


def told_at(attributes: Mapping[str, object], place: str) -> Told | None:
    """OpenRouter's own bill: it alone has the provider's cost beside its own, which is the user's where the key is."""
    cost, upstream, is_byok = map(attributes.get, told_names(place))
    if not isinstance(cost, int | float) or not isinstance(upstream, int | float):
        return None
    amount = Decimal(repr(cost)) + (Decimal(repr(upstream)) if is_byok is True else 0)
    return Told(amount, "USD", "provider")


def details_at(place: str) -> dict[str, str]:
    """JSON pointers to the details of a usage object at this place, with what they count."""
    return {f"{place}/{pointer}": f"{count}{RENAMED}" for pointer, count in _POINTERS.items()}


def gemini_details_at(place: str) -> dict[str, str]:
    """The same of a usage object of the google-genai client."""
    return {f"{place}/{pointer}": f"{count}{RENAMED}" for pointer, count in _GEMINI.items()}


def gemini_answer_details_at(place: str) -> dict[str, str]:
    """The same of a usage object as Gemini sends it."""
    return {f"{place}/{_camel(pointer)}": f"{count}{RENAMED}" for pointer, count in _GEMINI.items()}


def _camel(pointer: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), pointer)


def langchain_details_at(place: str) -> dict[str, str]:
    """The same of LangChain's own `usage_metadata`."""
    return {f"{place}/{pointer}": f"{count}{RENAMED}" for pointer, count in _LANGCHAIN.items()}


def langchain_details_in(place: str, part: str) -> dict[str, str]:
    """Those of the input or of the output alone."""
    prefix = f"{part}_token_details/"
    return {f"{place}/{at.removeprefix(prefix)}": f"{count}{RENAMED}" for at, count in _LANGCHAIN.items() if at.startswith(prefix)}
