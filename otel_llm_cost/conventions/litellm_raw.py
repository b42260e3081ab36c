"""LiteLLM's `raw_gen_ai_request` spans: the provider's own answer, a value an attribute, as the text of Python.

There is one below each call that was not streamed. Where the application has a span of its own, LiteLLM writes what it knows of a
call on that, over what it wrote of the call before: these are then all that is left. Read 2026-11-22 in litellm 1.106.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from otel_llm_cost.conventions.convention import Convention
from otel_llm_cost.conventions.counts import RENAMED
from otel_llm_cost.conventions.scope_table import TOTAL
from otel_llm_cost.conventions.usage_objects import details_at

_PROVIDERS: Final = (
    "None", "anthropic", "azure", "azure_ai", "bedrock", "cohere", "deepseek", "fireworks_ai", "groq", "mistral", "openai",
    "openrouter", "perplexity", "together_ai", "xai",
)  # fmt: skip
"""As LiteLLM names them; `None` of what is not chat."""
_USAGES: Final = tuple(f"llm.{name}.usage" for name in _PROVIDERS)
_COUNTS: Final = {
    "prompt_tokens": "input",
    "input_tokens": "input",
    "completion_tokens": "output",
    "output_tokens": "output",
    "total_tokens": TOTAL,
}
_MADE: Final = (*(f"{usage}/{name}" for usage in _USAGES for name in ("completion_tokens", "output_tokens")),)


def _operation(attributes: Mapping[str, object]) -> str | None:
    # Gemini's answers name no model.
    if not any(name in attributes for name in _of_all("model")) or not any(usage in attributes for usage in _USAGES):
        return None
    return "chat" if any(name in attributes for name in _MADE) else "embeddings"


def _provider(attributes: Mapping[str, object]) -> str | None:
    return next((name.split(".")[1] for name in _USAGES[1:] if name in attributes), None)


def _of_all(name: str, providers: Iterable[str] = _PROVIDERS) -> tuple[str, ...]:
    return tuple(f"llm.{provider}.{name}" for provider in providers)


LITELLM_RAW: Final = Convention(
    name="LiteLLM, the provider's answer",
    counts={
        **{f"{usage}/{at}": f"{count}{RENAMED}" for usage in _USAGES for at, count in _COUNTS.items()},
        **{name: count for usage in _USAGES for name, count in details_at(usage).items()},
    },
    operation=_operation,
    provider=(),
    provider_by=_provider,
    request_model=(),
    response_model=_of_all("model"),
    tier=(*_of_all("service_tier"), "llm.anthropic.usage/service_tier"),
    response_id=_of_all("id"),
    scope="litellm",
    apart="litellm/raw",
    holds_cache=False,
    pointed=_USAGES,
)
