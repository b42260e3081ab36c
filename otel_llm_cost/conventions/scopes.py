"""Whether an instrumentation's input count holds the cached tokens: measured, by instrumentation scope."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import Final


class InputCount(Enum):
    """How `gen_ai.usage.input_tokens` relates to the cache counts beside it."""

    INCLUSIVE = "inclusive"
    EXCLUSIVE = "exclusive"
    UNKNOWN = "unknown"


_BY_PREFIX: Final = (
    ("com.anthropic.sdk.python", InputCount.INCLUSIVE),  # anthropic 2.12: adds the cache counts itself
    ("logfire.anthropic", InputCount.INCLUSIVE),  # 5.2
    ("logfire.openai", InputCount.INCLUSIVE),
    ("openlit.instrumentation.anthropic", InputCount.EXCLUSIVE),  # 1.45: passes Anthropic's own count on
    ("openlit.instrumentation.openai", InputCount.INCLUSIVE),
    ("opentelemetry.instrumentation.anthropic", InputCount.INCLUSIVE),  # OpenLLMetry 0.62
    ("opentelemetry.instrumentation.genai", InputCount.INCLUSIVE),  # 1.3b0
    ("opentelemetry.instrumentation.google_genai", InputCount.INCLUSIVE),
    ("opentelemetry.instrumentation.openai.v1", InputCount.INCLUSIVE),  # OpenLLMetry 0.62
    ("opentelemetry.instrumentation.openai_v2", InputCount.INCLUSIVE),
    ("pydantic-ai", InputCount.INCLUSIVE),
)


@lru_cache(maxsize=1024)
def input_count(scope: str) -> InputCount:
    """How spans of this instrumentation scope count their input."""
    return next((counts for prefix, counts in _BY_PREFIX if scope.startswith(prefix)), InputCount.UNKNOWN)
