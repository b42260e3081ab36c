"""Which convention a span follows: by its instrumentation scope, else by the attributes it has."""

from __future__ import annotations

from typing import Final

from otel_llm_cost.conventions import langfuse, litellm, openinference, vercel
from otel_llm_cost.conventions.convention import Convention
from otel_llm_cost.conventions.langsmith import LANGSMITH
from otel_llm_cost.conventions.litellm_raw import LITELLM_RAW
from otel_llm_cost.conventions.logfire import LOGFIRE
from otel_llm_cost.conventions.openlit import OPENLIT
from otel_llm_cost.conventions.openllmetry import OPENLLMETRY_LLAMAINDEX, OPENLLMETRY_OPENAI
from otel_llm_cost.conventions.pydantic_ai import PYDANTIC_AI
from otel_llm_cost.conventions.scopes import MARKS
from otel_llm_cost.conventions.semconv import SEMCONV

_BY_SCOPE: Final = (
    ("gen_ai", vercel.VERCEL_SEMCONV),
    ("langsmith", LANGSMITH),
    ("openlit.instrumentation.openai", OPENLIT),
    ("openinference.instrumentation.bedrock", openinference.OPENINFERENCE_BEDROCK),
    ("openinference.instrumentation.litellm", openinference.OPENINFERENCE_LITELLM),
    ("openinference.instrumentation.langchain", openinference.OPENINFERENCE_LANGCHAIN),
    ("openinference.instrumentation.llama_index", openinference.OPENINFERENCE_LLAMA_INDEX),
    ("openinference.instrumentation.openai_agents", openinference.OPENINFERENCE_AGENTS),
    ("openinference.instrumentation.openai", openinference.OPENINFERENCE_OPENAI),
    ("opentelemetry.instrumentation.openai.v1", OPENLLMETRY_OPENAI),
    ("opentelemetry.instrumentation.llamaindex", OPENLLMETRY_LLAMAINDEX),
    ("logfire.anthropic", LOGFIRE),
    ("logfire.openai", LOGFIRE),
    ("pydantic-ai", PYDANTIC_AI),
)
"""Libraries that say more than the convention they follow."""
_BY_ATTRIBUTE: Final = (
    (openinference.MARK, openinference.OPENINFERENCE),
    (vercel.MARK, vercel.VERCEL),
    (litellm.MARK, litellm.LITELLM),
    (langfuse.MARK, langfuse.LANGFUSE),
)
"""What only the spans of one convention have. LiteLLM's callback writes on the application's own span, too."""


LOOKED_AT: Final = (
    MARKS
    | {"gen_ai.usage.cost.amount"}
    | {
        name
        for convention in (SEMCONV, LITELLM_RAW, *(held for _, held in (*_BY_SCOPE, *_BY_ATTRIBUTE)))
        for name in (*convention.counts, *convention.who, *convention.response_id, *convention.marks, *convention.pointed)
    }
)
"""The names that make a difference to how a span is read."""


def convention_of(names: frozenset[str], scope: str) -> Convention:
    """The convention of a span of this scope that has these attributes."""
    if scope == "litellm":
        return litellm.LITELLM if names.isdisjoint(LITELLM_RAW.pointed) else LITELLM_RAW
    for prefix, convention in _BY_SCOPE:
        if scope.startswith(prefix):
            return convention
    return next((convention for mark, convention in _BY_ATTRIBUTE if mark in names), SEMCONV)
