"""The Vercel AI SDK's own spans, of versions 4 to 7, as they arrive from JavaScript.

Read 2026-11-22 in `ai` 4, 5, 6 and 7, each run against OpenAI's, Anthropic's and Google's providers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from otel_llm_cost.conventions.convention import Convention
from otel_llm_cost.conventions.counts import RENAMED
from otel_llm_cost.conventions.scope_table import TOTAL
from otel_llm_cost.conventions.semconv import SEMCONV
from otel_llm_cost.conventions.usage_objects import details_at

MARK: Final = "ai.operationId"

_OPERATIONS: Final = {
    "ai.generateText.doGenerate": "chat",
    "ai.streamText.doStream": "chat",
    "ai.generateObject.doGenerate": "chat",
    "ai.streamObject.doStream": "chat",
    "ai.embed.doEmbed": "embeddings",
    "ai.embedMany.doEmbed": "embeddings",
    "ai.rerank.doRerank": "rerank",
}
"""The calls to the provider. The spans above them have the sum over their steps."""
_META: Final = "ai.response.providerMetadata"


_DETAILS: Final = {
    f"{_META}/openai/cachedPromptTokens": f"cache_read{RENAMED}",
    f"{_META}/openai/reasoningTokens": f"reasoning{RENAMED}",
    f"{_META}/openai/usage/cacheWriteTokens": f"cache_write{RENAMED}",
    f"{_META}/anthropic/cacheReadInputTokens": f"cache_read{RENAMED}",
    f"{_META}/anthropic/cacheCreationInputTokens": f"cache_write{RENAMED}",
    **details_at(f"{_META}/anthropic/usage"),
    f"{_META}/bedrock/usage/cacheReadInputTokens": f"cache_read{RENAMED}",
    f"{_META}/bedrock/usage/cacheWriteInputTokens": f"cache_write{RENAMED}",
    f"{_META}/google/usageMetadata/cachedContentTokenCount": f"cache_read{RENAMED}",
    f"{_META}/google/usageMetadata/thoughtsTokenCount": f"reasoning{RENAMED}",
    f"{_META}/google/usageMetadata/candidatesTokenCount": "unreasoned",
    f"{_META}/google/usageMetadata/promptTokenCount": "untooled",
    f"{_META}/google/usageMetadata/toolUsePromptTokenCount": "tool_input",
    f"{_META}/anthropic/usage/input_tokens": "uncached",
    "ai.usage.inputTokenDetails.noCacheTokens": "uncached",
    "ai.usage.outputTokenDetails.reasoningTokens": "reasoning",
}


def _operation(attributes: Mapping[str, object]) -> str | None:
    called = attributes.get(MARK)
    return _OPERATIONS.get(called) if isinstance(called, str) else None


VERCEL: Final = Convention(
    name="Vercel AI SDK",
    scope="ai",
    counts={
        "ai.usage.inputTokens": "input",
        "ai.usage.outputTokens": "output",
        "ai.usage.totalTokens": TOTAL,
        "ai.usage.inputTokenDetails.cacheReadTokens": "cache_read",
        "ai.usage.inputTokenDetails.cacheWriteTokens": "cache_write",
        "ai.usage.cachedInputTokens": f"cache_read{RENAMED}",
        "ai.usage.reasoningTokens": f"reasoning{RENAMED}",
        "ai.usage.promptTokens": f"input{RENAMED}",
        "ai.usage.completionTokens": f"output{RENAMED}",
        "ai.usage.tokens": f"input{RENAMED}",
        "gen_ai.usage.input_tokens": f"input{RENAMED}",
        "gen_ai.usage.output_tokens": f"output{RENAMED}",
        **_DETAILS,
    },
    operation=_operation,
    provider=("gen_ai.system", "ai.model.provider"),
    request_model=("gen_ai.request.model", "ai.model.id"),
    response_model=("gen_ai.response.model", "ai.response.model"),
    tier=(f"{_META}/openai/serviceTier", f"{_META}/anthropic/usage/service_tier", f"{_META}/google/serviceTier"),
    response_id=("gen_ai.response.id", "ai.response.id"),
    deciding=(MARK,),
    holds_cache=False,
    pointed=(_META,),
)
VERCEL_SEMCONV: Final = SEMCONV._replace(
    name="Vercel AI SDK 7",
    counts={**SEMCONV.counts, **_DETAILS},
    tier=(*SEMCONV.tier, *VERCEL.tier),
    pointed=(_META,),
)
"""Its spans by the semantic conventions, to which options add its own details."""
