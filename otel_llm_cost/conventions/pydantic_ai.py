"""pydantic-ai: the semantic conventions, and details under names of its own.

Read 2026-11-22 in pydantic-ai 2.68.
"""

from __future__ import annotations

from typing import Final

from otel_llm_cost.conventions.counts import RENAMED
from otel_llm_cost.conventions.semconv import SEMCONV

_DETAILS: Final = "gen_ai.usage.details"

PYDANTIC_AI: Final = SEMCONV._replace(
    name="pydantic-ai",
    counts={
        **SEMCONV.counts,
        f"{_DETAILS}.reasoning_tokens": f"reasoning{RENAMED}",
        f"{_DETAILS}.thinking_tokens": f"reasoning{RENAMED}",
        f"{_DETAILS}.thoughts_tokens": f"reasoning{RENAMED}",
        f"{_DETAILS}.cache_read_tokens": f"cache_read{RENAMED}",
        f"{_DETAILS}.cache_write_tokens": f"cache_write{RENAMED}",
        f"{_DETAILS}.cached_tokens": f"cache_read{RENAMED}",
        f"{_DETAILS}.cached_content_tokens": f"cache_read{RENAMED}",
        f"{_DETAILS}.cache_read_input_tokens": f"cache_read{RENAMED}",
        f"{_DETAILS}.cache_creation_input_tokens": f"cache_write{RENAMED}",
        f"{_DETAILS}.input_audio_tokens": f"input_audio{RENAMED}",
        f"{_DETAILS}.audio_prompt_tokens": f"input_audio{RENAMED}",
        f"{_DETAILS}.image_prompt_tokens": f"input_image{RENAMED}",
        f"{_DETAILS}.video_prompt_tokens": f"input_video{RENAMED}",
        f"{_DETAILS}.cache_audio_read_tokens": f"cache_read_audio{RENAMED}",
        f"{_DETAILS}.audio_cache_tokens": f"cache_read_audio{RENAMED}",
        f"{_DETAILS}.output_audio_tokens": f"output_audio{RENAMED}",
        f"{_DETAILS}.audio_candidates_tokens": f"output_audio{RENAMED}",
        f"{_DETAILS}.image_candidates_tokens": f"output_image{RENAMED}",
        f"{_DETAILS}.web_search_requests": "web_searches",
        f"{_DETAILS}.ephemeral_5m_input_tokens": "cache_write_5m",
        f"{_DETAILS}.ephemeral_1h_input_tokens": "cache_write_1h",
    },
)
