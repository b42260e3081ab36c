"""Spans of LiteLLM's OpenTelemetry callback. Every count is another prime, and what is expected is worked out here."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from otel_llm_cost.call import Sighting
from otel_llm_cost.conventions.reader import Reader

START = 1_767_225_600_000_000_000
SCOPE = "litellm"
OPENAI_USAGE = {
    "completion_tokens": 499,
    "prompt_tokens": 997,
    "total_tokens": 1496,
    "completion_tokens_details": {"reasoning_tokens": 211, "audio_tokens": None, "text_tokens": 288},
    "prompt_tokens_details": {
        "cached_tokens": 401,
        "cache_write_tokens": 31,
        "cache_creation_tokens": 31,
        "audio_tokens": None,
        "image_tokens": None,
    },
}
# As of a call with `completion`, content captured.
CHAT: dict[str, Any] = {
    "litellm.provider.model": "openai/gpt-4o",
    "litellm.call_id": "4f8e",
    "llm.request.type": "completion",
    "gen_ai.operation.name": "chat",
    "gen_ai.system": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-dated",
    "gen_ai.response.id": "chatcmpl-7",
    "gen_ai.usage.input_tokens": 997,
    "gen_ai.usage.output_tokens": 499,
    "gen_ai.usage.total_tokens": 1496,
    "gen_ai.cost.total_cost": 0.0414,
    "metadata.usage_object": repr(OPENAI_USAGE),
}


def show(attributes: Mapping[str, Any], scope: str = SCOPE, version: str = "", *, failed: bool = False) -> Sighting | None:
    reader = Reader(scope, version=version)
    look = reader.look(attributes)
    return reader.read(look, START, failed=failed) if look is not None else None


def seen(attributes: Mapping[str, Any], scope: str = SCOPE, *, failed: bool = False) -> Sighting:
    sighting = show(attributes, scope, failed=failed)
    assert sighting is not None
    return sighting


def used(attributes: Mapping[str, Any], scope: str = SCOPE, *, failed: bool = False) -> tuple[dict[str, int], str | None]:
    call = seen(attributes, scope, failed=failed).call
    return call.usage.by_component(), call.doubt


def test_a_span_shows_its_call() -> None:
    sighting = seen(CHAT)
    call, kind = sighting.call, sighting.kind
    assert (call.provider, call.model, call.tier, call.doubt, call.assumed) == ("openai", "gpt-4o-dated", None, None, ())
    # 997 - 401 - 31, 499 - 211
    assert call.usage.by_component() == {"input": 565, "cache_read": 401, "cache_write": 31, "output": 288, "reasoning": 211}
    assert (kind.operation, kind.request_model, kind.response_model) == ("chat", "gpt-4o", "gpt-4o-dated")
    assert sighting.response_id == "chatcmpl-7"
    # What LiteLLM's own price list says is no cost that was told.
    assert call.told is None


def test_anthropics_cache_is_inside_and_has_its_times_to_live() -> None:
    usage = {
        "completion_tokens": 499,
        "prompt_tokens": 997,
        "completion_tokens_details": {"reasoning_tokens": 211},
        "prompt_tokens_details": {
            "cached_tokens": 401,
            "cache_write_tokens": 268,
            "cache_creation_tokens": 268,
            "cache_creation_token_details": {"ephemeral_5m_input_tokens": 131, "ephemeral_1h_input_tokens": 137},
        },
        "server_tool_use": {"web_search_requests": 3},
        "cache_creation_input_tokens": 268,
        "cache_read_input_tokens": 401,
        "service_tier": "priority",
    }
    claude = {"gen_ai.system": "anthropic", "litellm.provider.model": "anthropic/claude", "metadata.usage_object": repr(usage)}
    # 997 - 401 - 131 - 137
    held = {"input": 328, "cache_read": 401, "cache_write_5m": 131, "cache_write_1h": 137, "output": 288, "reasoning": 211}
    assert used(CHAT | claude) == (held | {"web_searches": 3}, None)
    assert seen(CHAT | claude).call.tier == "priority"
    # An attribute of its own comes first.
    assert seen(CHAT | claude | {"gen_ai.openai.response.service_tier": "flex"}).call.tier == "flex"


def test_audio_is_inside_both() -> None:
    usage = {
        "completion_tokens_details": {"reasoning_tokens": 211, "audio_tokens": 103},
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 101},
    }
    # 997 - 101, 499 - 211 - 103
    held = {"input": 896, "input_audio": 101, "output": 185, "reasoning": 211, "output_audio": 103}
    assert used(CHAT | {"metadata.usage_object": repr(usage)}) == (held, None)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{}", id="an-error-has-none"),
        pytest.param("None", id="none"),
        pytest.param("", id="empty"),
        pytest.param(repr(OPENAI_USAGE)[:99], id="cut-by-a-limit-of-attributes"),
        pytest.param("Usage(completion_tokens=499)", id="an-object's-own-words"),
        pytest.param(7, id="number"),
        pytest.param({"prompt_tokens_details": {"cached_tokens": 401}}, id="map"),
    ],
)
def test_without_its_details_the_whole_is_left(text: object) -> None:
    assert used(CHAT | {"metadata.usage_object": text}) == ({"input": 997, "output": 499}, None)


def test_a_detail_that_is_no_count_makes_the_usage_invalid() -> None:
    for wrong in (-1, 4.5, "many", [401], True):
        usage = {"prompt_tokens_details": {"cached_tokens": wrong}}
        assert used(CHAT | {"metadata.usage_object": repr(usage)}) == ({}, "invalid_usage")


@pytest.mark.parametrize(
    ("named", "billed"),
    [
        pytest.param({"gen_ai.operation.name": "chat"}, "chat", id="chat"),
        pytest.param({"gen_ai.operation.name": "acompletion"}, "chat", id="asynchronous"),
        pytest.param({"gen_ai.operation.name": "responses"}, "chat", id="responses"),
        pytest.param({"gen_ai.operation.name": "aresponses"}, "chat", id="asynchronous-responses"),
        pytest.param({"gen_ai.operation.name": "anthropic_messages"}, "chat", id="messages-begin-with-an-a-as-they-are"),
        pytest.param({"gen_ai.operation.name": "embedding"}, "embeddings", id="embedding"),
        pytest.param({"gen_ai.operation.name": "aembedding"}, "embeddings", id="asynchronous-embedding"),
        pytest.param({"gen_ai.operation.name": "embeddings"}, "embeddings", id="embeddings"),
        pytest.param({"gen_ai.operation.name": "atext_completion"}, "text_completion", id="text-completion"),
        pytest.param({"gen_ai.operation.name": "arerank"}, "rerank", id="rerank"),
        pytest.param({"gen_ai.operation.name": "aimage_generation"}, "image_generation", id="image"),
        pytest.param({"gen_ai.operation.name": "aspeech"}, "speech", id="speech"),
        pytest.param({"gen_ai.operation.name": "atranscription"}, "transcription", id="transcription"),
        pytest.param({"gen_ai.operation.name": "aretrieve_batch"}, None, id="no-call"),
        pytest.param({"gen_ai.operation.name": "invoke_agent"}, None, id="agent"),
        pytest.param({"gen_ai.operation.name": 7}, None, id="number"),
        pytest.param({"gen_ai.operation.name": {"a": "chat"}}, None, id="map"),
        # With content capture off, no operation is named.
        pytest.param({"gen_ai.operation.name": None, "litellm.call_type": "aembedding"}, "embeddings", id="by-its-type"),
        pytest.param({"gen_ai.operation.name": "", "llm.request.type": "embedding"}, "embeddings", id="by-the-older-type"),
        pytest.param({"gen_ai.operation.name": None, "llm.request.type": None}, "chat", id="by-nothing"),
    ],
)
def test_what_is_billed(named: dict[str, Any], billed: str | None) -> None:
    sighting = show(CHAT | named)
    assert (sighting.kind.operation if sighting is not None else None) == billed


@pytest.mark.parametrize(
    ("named", "provider"),
    [
        pytest.param({}, "openai", id="by-its-name"),
        pytest.param({"gen_ai.system": "gemini"}, "gcp.gemini", id="gemini"),
        pytest.param({"gen_ai.system": "vertex_ai"}, "gcp.vertex_ai", id="vertex"),
        pytest.param({"gen_ai.system": "bedrock"}, "aws.bedrock", id="bedrock-by-its-name"),
        pytest.param({"gen_ai.system": "azure"}, "azure.ai.openai", id="azure"),
        # Embeddings, responses and messages leave it empty.
        pytest.param({"gen_ai.system": ""}, "openai", id="before-the-slash"),
        pytest.param({"gen_ai.system": "", "litellm.provider.model": "bedrock/us.anthropic.claude"}, "aws.bedrock", id="bedrock"),
        pytest.param(
            {"gen_ai.system": "", "litellm.provider.model": "openrouter/openai/gpt-4o"}, "openrouter", id="before-the-first-slash"
        ),
        pytest.param({"gen_ai.system": "", "litellm.provider.model": "gpt-4o"}, "", id="a-stream-has-no-slash"),
        pytest.param({"gen_ai.system": "", "litellm.provider.model": 7}, "", id="number"),
        pytest.param({"gen_ai.provider.name": "gcp.gemini", "gen_ai.system": "gemini"}, "gcp.gemini", id="version-2-says-it"),
        pytest.param({"server.address": "api.deepseek.com", "server.port": 443}, "deepseek", id="by-the-host-of-version-2"),
    ],
)
def test_who_is_asked(named: dict[str, Any], provider: str) -> None:
    assert seen(CHAT | named).call.provider == provider


@pytest.mark.parametrize(
    ("changed", "held", "doubt"),
    [
        pytest.param({"gen_ai.usage.output_tokens": ""}, {"input": 997}, "no_usage", id="no-output"),
        pytest.param({"gen_ai.usage.input_tokens": ""}, {"output": 499}, "no_usage", id="no-input"),
        pytest.param({"gen_ai.usage.total_tokens": ""}, {"input": 997, "output": 499}, None, id="no-total"),
        pytest.param(
            {"gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0, "gen_ai.usage.total_tokens": 0},
            {},
            "no_usage",
            id="a-stream-without-usage-says-0",
        ),
        pytest.param({"gen_ai.usage.input_tokens": "997"}, {"input": 997, "output": 499}, None, id="digits"),
        pytest.param({"gen_ai.usage.input_tokens": 997.0}, {"input": 997, "output": 499}, None, id="whole-double"),
        pytest.param({"gen_ai.usage.input_tokens": " "}, {}, "invalid_usage", id="a-space"),
        pytest.param({"gen_ai.usage.input_tokens": "None"}, {}, "invalid_usage", id="none-in-words"),
    ],
)
def test_what_is_missing_is_an_empty_text(changed: dict[str, Any], held: dict[str, int], doubt: str | None) -> None:
    assert used(CHAT | {"metadata.usage_object": "{}"} | changed) == (held, doubt)


def test_the_second_shape_writes_its_counts_twice() -> None:
    twice = {"gen_ai.usage.prompt_tokens": 997, "gen_ai.usage.completion_tokens": 499, "gen_ai.usage.cache_read.input_tokens": 401}
    attributes = {name: value for name, value in CHAT.items() if name != "metadata.usage_object"} | twice
    assert used(attributes) == ({"input": 596, "cache_read": 401, "output": 499}, None)


@pytest.mark.parametrize(
    ("told", "held", "doubt"),
    [
        pytest.param({"gen_ai.usage.cache_read.input_tokens": 0}, {"input": 997, "output": 499}, None, id="the-providers"),
        pytest.param({}, {}, "no_usage", id="counted-by-itself"),
    ],
)
def test_a_stream_of_the_second_version_is_openais_where_it_tells_the_cache(
    told: dict[str, Any], held: dict[str, int], doubt: str | None
) -> None:
    attributes = {name: value for name, value in CHAT.items() if name != "metadata.usage_object"}
    streamed = attributes | {"litellm.cost.total": 0.0414, "litellm.request.streaming": True} | told
    assert used(streamed) == (held, doubt)


def test_the_second_version_leaves_audio_and_images_untold() -> None:
    attributes = {name: value for name, value in CHAT.items() if name != "metadata.usage_object"} | {"litellm.cost.total": 0.0414}
    assert {"input_audio", "output_audio", "input_image"} <= set(seen(attributes).call.untold)


def wrapped(provider: str, response_id: str = "resp_9c1f") -> str:
    told = f"litellm:custom_llm_provider:{provider};model_id:None;response_id:{response_id}"
    return f"resp_{base64.b64encode(told.encode()).decode()}"


STREAM = CHAT | {"gen_ai.system": "", "litellm.provider.model": "gpt-5.6-sol", "llm.request.type": "responses"}


@pytest.mark.parametrize(
    ("response_id", "provider", "own"),
    [
        pytest.param(wrapped("openai"), "openai", "resp_9c1f", id="openai"),
        pytest.param(wrapped("azure"), "azure.ai.openai", "resp_9c1f", id="azure"),
        pytest.param(wrapped("None"), "", "resp_9c1f", id="nobody"),
        pytest.param(wrapped("openai", "None"), "openai", None, id="no-id"),
        pytest.param("resp_9c1f", "", "resp_9c1f", id="not-wrapped"),
        pytest.param("resp_bGl0ZWxsbT_", "", None, id="no-text"),
        pytest.param("resp_bGl0ZWxsbTo=", "", None, id="nothing-wrapped"),
        pytest.param("chatcmpl-0123abcd-0000", "", None, id="made-up"),
        pytest.param(7, "", None, id="number"),
    ],
)
def test_who_was_asked_is_wrapped_into_the_id(response_id: object, provider: str, own: str | None) -> None:
    sighting = seen(STREAM | {"gen_ai.response.id": response_id})
    assert (sighting.call.provider, sighting.response_id) == (provider, own)


def test_the_name_of_the_provider_goes_before_the_wrapped_one() -> None:
    assert seen(CHAT | {"gen_ai.response.id": wrapped("azure")}).call.provider == "openai"


def test_more_cached_than_input_contradicts_it() -> None:
    usage = {"prompt_tokens_details": {"cached_tokens": 1009}}
    assert used(CHAT | {"metadata.usage_object": repr(usage)}) == ({}, "contradictory_usage")


def test_it_is_known_by_its_mark_on_a_span_of_the_applications() -> None:
    # Without a tracer's span of its own it writes on the one that is there, whose name and scope are the application's.
    held = {"input": 565, "cache_read": 401, "cache_write": 31, "output": 288, "reasoning": 211}
    assert used(CHAT, "my.application") == (held, None)
    assert (seen(CHAT, "my.application").call.provider, seen(CHAT, "my.application").call.assumed) == ("openai", ())
    # And it writes there as it always does.
    assert used(CHAT | {"gen_ai.usage.total_tokens": ""}, "my.application") == (held, None)
    without_mark = {name: value for name, value in CHAT.items() if name != "litellm.provider.model"}
    assert used(without_mark, "my.application") == ({"input": 997, "output": 499}, None)


# Below each call that was not streamed stands a span with the provider's own answer, a value an attribute.
RAW_OPENAI = {"llm.openai.id": "chatcmpl-7", "llm.openai.model": "gpt-4o-dated", "llm.openai.service_tier": "flex"}
RAW_CLAUDE = {
    "input_tokens": 997,
    "output_tokens": 499,
    "cache_read_input_tokens": 401,
    "cache_creation_input_tokens": 268,
    "cache_creation": {"ephemeral_5m_input_tokens": 131, "ephemeral_1h_input_tokens": 137},
    "service_tier": "priority",
}

GEMINI_USAGE = {
    "promptTokenCount": 997,
    "cachedContentTokenCount": 401,
    "candidatesTokenCount": 499,
    "thoughtsTokenCount": 307,
    "totalTokenCount": 1803,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 786}, {"modality": "IMAGE", "tokenCount": 211}],
    "serviceTier": "flex",
}
RAW_GEMINI = {
    "llm.gemini.modelVersion": "gemini-2.5-flash",
    "llm.gemini.responseId": "g-7",
    "llm.gemini.usageMetadata": repr(GEMINI_USAGE),
}


@pytest.mark.parametrize(
    ("raw", "provider", "held"),
    [
        pytest.param(
            RAW_OPENAI | {"llm.openai.usage": repr(OPENAI_USAGE)},
            "openai",
            {"input": 565, "cache_read": 401, "cache_write": 31, "output": 288, "reasoning": 211},
            id="openai-counts-inside",
        ),
        pytest.param(
            {"llm.anthropic.id": "msg-7", "llm.anthropic.model": "claude", "llm.anthropic.usage": repr(RAW_CLAUDE)},
            "anthropic",
            {"input": 997, "cache_read": 401, "cache_write_5m": 131, "cache_write_1h": 137, "output": 499},
            id="anthropic-counts-the-cache-beside",
        ),
        pytest.param(
            RAW_GEMINI,
            "gcp.gemini",
            {"input": 385, "input_image": 211, "cache_read": 401, "output": 499, "reasoning": 307},
            id="gemini-counts-the-thoughts-beside",
        ),
    ],
)
def test_the_raw_request_has_the_providers_own_counts(raw: dict[str, Any], provider: str, held: dict[str, int]) -> None:
    assert used(raw) == (held, None)
    assert seen(raw).call.provider == provider
    assert seen(raw).kind.operation == "chat"


def test_the_raw_request_names_the_answer() -> None:
    sighting = seen(RAW_OPENAI | {"llm.openai.usage": repr(OPENAI_USAGE)})
    assert (sighting.call.model, sighting.call.tier, sighting.response_id) == ("gpt-4o-dated", "flex", "chatcmpl-7")


def test_geminis_raw_request_names_the_answer() -> None:
    sighting = seen(RAW_GEMINI)
    assert (sighting.call.model, sighting.call.tier, sighting.response_id) == ("gemini-2.5-flash", "flex", "g-7")


def test_what_tools_add_to_geminis_prompt_is_not_counted_in_it() -> None:
    usage = GEMINI_USAGE | {"toolUsePromptTokenCount": 103, "totalTokenCount": 1906}
    assert used(RAW_GEMINI | {"llm.gemini.usageMetadata": repr(usage)})[1] == "incomplete_usage"


@pytest.mark.parametrize("raw", [{}, RAW_OPENAI, {"llm.openai.messages": "[]"}], ids=["stream", "no-usage", "request-alone"])
def test_a_raw_request_without_a_usage_is_no_call(raw: dict[str, Any]) -> None:
    assert show(raw) is None
    # The application's own spans are not looked at so.
    assert show(raw | {"llm.openai.usage": repr(OPENAI_USAGE)}, "my.application") is None
