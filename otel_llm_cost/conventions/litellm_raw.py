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
from otel_llm_cost.conventions.usage_objects import details_at, gemini_answer_details_at

_PROVIDERS: Final = (
    "None", "anthropic", "azure", "azure_ai", "bedrock", "cohere", "deepseek", "fireworks_ai", "groq", "mistral", "openai",
    "openrouter", "perplexity", "together_ai", "xai",
)  # fmt: skip
"""As LiteLLM names them; `None` of what is not chat."""
_GOOGLES: Final = ("gemini", "vertex_ai")
_GOOGLE_USAGES: Final = tuple(f"llm.{name}.usageMetadata" for name in _GOOGLES)
_USAGES: Final = tuple(f"llm.{name}.usage" for name in _PROVIDERS)
_ALL_USAGES: Final = (*_USAGES, *_GOOGLE_USAGES)
_COUNTS: Final = {
    "prompt_tokens": "input",
    "input_tokens": "input",
    "completion_tokens": "output",
    "output_tokens": "output",
    "total_tokens": TOTAL,
}
_GOOGLE_COUNTS: Final = {"promptTokenCount": "input", "candidatesTokenCount": "output", "totalTokenCount": TOTAL}
_MADE: Final = (
    *(f"{usage}/{name}" for usage in _USAGES for name in ("completion_tokens", "output_tokens")),
    *(f"{usage}/promptTokenCount" for usage in _GOOGLE_USAGES),
)


def _operation(attributes: Mapping[str, object]) -> str | None:
    if not any(name in attributes for name in _MODELS) or not any(usage in attributes for usage in _ALL_USAGES):
        return None
    return "chat" if any(name in attributes for name in _MADE) else "embeddings"


def _provider(attributes: Mapping[str, object]) -> str | None:
    return next((name.split(".")[1] for name in _ALL_USAGES[1:] if name in attributes), None)


def _of_all(name: str, providers: Iterable[str] = _PROVIDERS) -> tuple[str, ...]:
    return tuple(f"llm.{provider}.{name}" for provider in providers)


_MODELS: Final = (*_of_all("model"), *_of_all("modelVersion", _GOOGLES))


LITELLM_RAW: Final = Convention(
    name="LiteLLM, the provider's answer",
    counts={
        **{f"{usage}/{at}": f"{count}{RENAMED}" for usage in _USAGES for at, count in _COUNTS.items()},
        **{name: count for usage in _USAGES for name, count in details_at(usage).items()},
        **{f"{usage}/{at}": f"{count}{RENAMED}" for usage in _GOOGLE_USAGES for at, count in _GOOGLE_COUNTS.items()},
        **{name: count for usage in _GOOGLE_USAGES for name, count in gemini_answer_details_at(usage).items()},
    },
    operation=_operation,
    provider=(),
    provider_by=_provider,
    request_model=(),
    response_model=_MODELS,
    tier=(
        *_of_all("service_tier"),
        "llm.anthropic.usage/service_tier",
        *(f"{usage}/serviceTier" for usage in _GOOGLE_USAGES),
    ),
    response_id=(*_of_all("id"), *_of_all("responseId", _GOOGLES)),
    scope="litellm",
    apart="litellm/raw",
    holds_cache=False,
    marks=tuple(f"{usage}/toolUsePromptTokenCount" for usage in _GOOGLE_USAGES),
    pointed=_ALL_USAGES,
)
