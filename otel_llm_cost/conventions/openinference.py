"""OpenInference, the conventions of Arize Phoenix.

Read 2026-11-22: https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from otel_llm_cost.call import Told
from otel_llm_cost.conventions.convention import Convention
from otel_llm_cost.conventions.scopes import TOTAL
from otel_llm_cost.conventions.usage_objects import details_at, gemini_details_at, langchain_details_at
from otel_llm_cost.recognise import OPENINFERENCE_CALLS

MARK: Final = "openinference.span.kind"

_MODELS: Final = (
    "llm.response.model_name",
    "llm.request.model_name",
    "llm.model_name",
    "embedding.model_name",
    "reranker.model_name",
    "llm.invocation_parameters/model",
    "embedding.invocation_parameters/model",
)
_LLM_RESULT: Final = "output.value/llm_output"
_MESSAGE: Final = "output.value/generations/0/0/message/kwargs"
"""Where LangChain keeps what the provider told."""
_COUNTED: Final = "output.value/input_tokens"
_COST: Final = "output.value/usage/cost"
_UPSTREAM: Final = "output.value/usage/cost_details/upstream_inference_cost"
_BYOK: Final = "output.value/usage/is_byok"


def _told(attributes: Mapping[str, object]) -> Told | None:
    """OpenRouter's own bill: it alone has the provider's cost beside its own, which is the user's where the key is."""
    cost, upstream = attributes.get(_COST), attributes.get(_UPSTREAM)
    if not isinstance(cost, int | float) or not isinstance(upstream, int | float):
        return None
    amount = Decimal(repr(cost)) + (Decimal(repr(upstream)) if attributes.get(_BYOK) is True else 0)
    return Told(amount, "USD", "provider")


def _operation(attributes: Mapping[str, object]) -> str | None:
    kind = attributes.get(MARK)
    operation = OPENINFERENCE_CALLS.get(kind) if isinstance(kind, str) else None
    if attributes.get(_COUNTED) is not None or (
        attributes.get("llm.invocation_parameters") == "{}" and attributes.get("output.value/background") is not True
    ):
        return None  # tokens that are only counted; an answer that is fetched again, unless its call was made in the background
    # A batch that is handed in is a span of this kind, too: it has neither a model nor counts.
    is_call = any(name in attributes for name in _MODELS) or "llm.token_count.prompt" in attributes
    return operation if is_call else None


OPENINFERENCE: Final = Convention(
    name="OpenInference",
    counts={
        "llm.token_count.prompt": "input",
        "llm.token_count.completion": "output",
        "llm.token_count.total": TOTAL,
        "llm.token_count.prompt_details.cache_read": "cache_read",
        "llm.token_count.prompt_details.cache_write": "cache_write",
        "llm.token_count.prompt_details.audio": "input_audio",
        "llm.token_count.completion_details.reasoning": "reasoning",
        "llm.token_count.completion_details.audio": "output_audio",
        **details_at("output.value/usage"),
        **details_at("output.value/data/usage"),
        **gemini_details_at("output.value/usage_metadata"),
        **details_at(f"{_LLM_RESULT}/token_usage"),
        **details_at(f"{_LLM_RESULT}/usage"),
        **details_at(f"{_MESSAGE}/response_metadata/token_usage"),
        **details_at(f"{_MESSAGE}/response_metadata/usage"),
        **langchain_details_at(f"{_MESSAGE}/usage_metadata"),
    },
    operation=_operation,
    provider=("llm.provider", "llm.system"),
    request_model=("llm.request.model_name", "llm.invocation_parameters/model", "embedding.invocation_parameters/model"),
    response_model=("llm.response.model_name",),
    model=("llm.model_name", "embedding.model_name", "reranker.model_name"),
    tier=(
        "output.value/service_tier",
        "output.value/usage/service_tier",
        "output.value/data/usage/service_tier",
        "output.value/sdk_http_response/headers/x-gemini-service-tier",
        f"{_LLM_RESULT}/service_tier",
        f"{_LLM_RESULT}/usage/service_tier",
        f"{_MESSAGE}/response_metadata/service_tier",
        f"{_MESSAGE}/response_metadata/usage/service_tier",
    ),
    response_id=(
        "output.value/id",
        "output.value/response_id",
        "output.value/data/id",
        f"{_LLM_RESULT}/id",
        f"{_MESSAGE}/response_metadata/id",
    ),
    deciding=(MARK, "llm.token_count.prompt", _COUNTED, "output.value/background"),
    beside=(_COST, _UPSTREAM, _BYOK),
    holds_cache=False,
    told=_told,
    pointed=("llm.invocation_parameters", "embedding.invocation_parameters", "output.value"),
)
OPENINFERENCE_AGENTS: Final = OPENINFERENCE._replace(
    name="OpenInference of the OpenAI Agents SDK",
    tier=("llm.invocation_parameters/service_tier", *OPENINFERENCE.tier),
    response_id=("llm.invocation_parameters/id", *OPENINFERENCE.response_id),
)
"""Its parameters are those of the response."""
OPENINFERENCE_OPENAI: Final = OPENINFERENCE._replace(
    name="OpenInference of OpenAI's client",
    request_tier=("llm.invocation_parameters/service_tier",),
)
