"""OpenInference, the conventions of Arize Phoenix.

Read 2026-11-22: https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from otel_llm_cost.call import Told
from otel_llm_cost.conventions.convention import Convention
from otel_llm_cost.conventions.counts import RENAMED
from otel_llm_cost.conventions.scope_table import TOTAL
from otel_llm_cost.conventions.usage_objects import details_at, gemini_details_at, langchain_details_at, told_at, told_names
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
_NOTHING_ASKED: Final = "llm.invocation_parameters/"
_BACKGROUND: Final = "output.value/background"
_PREPARED: Final = "output.value/messages/0"


def _told(attributes: Mapping[str, object]) -> Told | None:
    return told_at(attributes, "output.value/usage")


def _of_kind(attributes: Mapping[str, object]) -> str | None:
    kind = attributes.get(MARK)
    return OPENINFERENCE_CALLS.get(kind.upper()) if isinstance(kind, str) else None


def _of_llama_index(attributes: Mapping[str, object]) -> str | None:
    # A helper that only makes the request's arguments has a span like a call's.
    return None if attributes.get(_PREPARED) is not None else _operation(attributes)


def _of_langchain(attributes: Mapping[str, object]) -> str | None:
    # Whatever has "agent" in its name is an agent, a model, too; agents themselves have no counts.
    if attributes.get(MARK) == "AGENT" and "llm.token_count.prompt" in attributes:
        return "chat"
    return _operation(attributes)


def _operation(attributes: Mapping[str, object]) -> str | None:
    # Tokens that are only counted are a span of this kind, too.
    return None if attributes.get(_COUNTED) is not None else _of_kind(attributes)


def _of_openai(attributes: Mapping[str, object]) -> str | None:
    # Its every request is a span of this kind: an answer that is fetched again, unless its call was made in the background, and a
    # batch that is handed in, which has neither a model nor counts.
    if _NOTHING_ASKED in attributes and _BACKGROUND not in attributes:
        return None
    is_call = any(name in attributes for name in _MODELS) or "llm.token_count.prompt" in attributes
    return _operation(attributes) if is_call else None


OPENINFERENCE: Final = Convention(
    name="OpenInference",
    counts={
        "llm.token_count.prompt": "input",
        "llm.token_count.completion": "output",
        "llm.token_count.total": TOTAL,
        "llm.token_count.prompt_details.cache_read": "cache_read",
        "llm.token_count.prompt_details.cache_write": "cache_write",
        "llm.token_count.prompt_details.cache_input": f"cache_read{RENAMED}",
        "llm.token_count.prompt_details.audio": "input_audio",
        "llm.token_count.completion_details.reasoning": "reasoning",
        "llm.token_count.completion_details.audio": "output_audio",
        **details_at("output.value/usage"),
        **details_at("output.value/data/usage"),
        **details_at("output.value/0/usage"),
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
    deciding=(MARK,),
    marks=(
        *told_names("output.value/usage"),
        "output.value/usage/input_tokens",
        "llm.invocation_parameters/stream",
        _NOTHING_ASKED,
        _COUNTED,
        _BACKGROUND,
        _PREPARED,
    ),
    holds_cache=False,
    told=_told,
    pointed=("llm.invocation_parameters", "embedding.invocation_parameters", "output.value"),
)
OPENINFERENCE_AGENTS: Final = OPENINFERENCE._replace(
    name="OpenInference of the OpenAI Agents SDK",
    operation=_of_kind,
    tier=("llm.invocation_parameters/service_tier", *OPENINFERENCE.tier),
    response_id=("llm.invocation_parameters/id", "output.value/0/output/0/provider_data/response_id"),
)
"""Its parameters are those of the response."""
OPENINFERENCE_OPENAI: Final = OPENINFERENCE._replace(
    name="OpenInference of OpenAI's client",
    operation=_of_openai,
    request_tier=("llm.invocation_parameters/service_tier",),
)
OPENINFERENCE_LLAMA_INDEX: Final = OPENINFERENCE._replace(
    name="OpenInference of LlamaIndex",
    operation=_of_llama_index,
)
OPENINFERENCE_BEDROCK: Final = OPENINFERENCE._replace(name="OpenInference of Bedrock", tier=())
"""The tier in a body is its maker's; Amazon's is in a header."""
OPENINFERENCE_LANGCHAIN: Final = OPENINFERENCE._replace(name="OpenInference of LangChain", operation=_of_langchain)
OPENINFERENCE_LITELLM: Final = OPENINFERENCE._replace(
    name="OpenInference of LiteLLM",
    provider_before_slash=("embedding.invocation_parameters/model", "llm.invocation_parameters/model", "llm.model_name"),
)
