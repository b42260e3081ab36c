"""Spans of OpenInference's instrumentations. Every count is another prime, and what is expected is worked out here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from otel_llm_cost.call import Sighting
from otel_llm_cost.conventions.reader import Reader

START = 1_767_225_600_000_000_000
NEWEST = {
    "openai": "0.1.66",
    "anthropic": "3.1.0",
    "bedrock": "0.1.61",
    "google_genai": "1.4.14",
    "mistralai": "2.2.2",
    "groq": "0.1.33",
    "langchain": "0.1.80",
    "llama_index": "4.6.1",
    "litellm": "0.1.51",
    "openai_agents": "2.6.0",
    "vertexai": "0.1.29",
}
CHAT: dict[str, Any] = {
    "openinference.span.kind": "LLM",
    "llm.provider": "openai",
    "llm.system": "openai",
    "llm.model_name": "gpt-4o-dated",
    "llm.invocation_parameters": '{"model": "gpt-4o"}',
    "llm.finish_reason": "stop",
    "llm.token_count.prompt": 997,
    "llm.token_count.completion": 499,
    "llm.token_count.total": 1496,
}
CLAUDE = CHAT | {"llm.provider": "anthropic", "llm.system": "anthropic", "llm.invocation_parameters": '{"model": "claude"}'}
PROMPT, COMPLETION = "llm.token_count.prompt_details", "llm.token_count.completion_details"
CACHED = {f"{PROMPT}.cache_read": 401, f"{PROMPT}.cache_write": 307}


def show(
    attributes: Mapping[str, Any], name: str = "openai", version: str | None = None, *, failed: bool = False
) -> Sighting | None:
    reader = Reader(f"openinference.instrumentation.{name}", version=NEWEST.get(name, "") if version is None else version)
    look = reader.look(attributes)
    return reader.read(look, START, failed=failed) if look is not None else None


def seen(attributes: Mapping[str, Any], name: str = "openai", version: str | None = None, *, failed: bool = False) -> Sighting:
    sighting = show(attributes, name, version, failed=failed)
    assert sighting is not None
    return sighting


def used(attributes: Mapping[str, Any], name: str = "openai", version: str | None = None) -> tuple[dict[str, int], str | None]:
    call = seen(attributes, name, version).call
    return call.usage.by_component(), call.doubt


def without(attributes: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if name not in names}


def answer(**parts: object) -> dict[str, str]:
    return {"output.value": json.dumps(parts)}


def test_a_span_shows_its_call() -> None:
    sighting = seen(CHAT | answer(id="chatcmpl-7", service_tier="priority"))
    call, kind = sighting.call, sighting.kind
    assert (call.provider, call.model, call.tier, call.doubt, call.assumed) == ("openai", "gpt-4o-dated", "priority", None, ())
    assert call.usage.by_component() == {"input": 997, "output": 499}
    assert (kind.operation, kind.request_model, kind.response_model) == ("chat", "gpt-4o", None)
    assert sighting.response_id == "chatcmpl-7"
    assert dict(zip(sighting.stated, sighting.values, strict=True))["input"] == 997


# The attribute, what is told with it (every count another prime), and the counts that it makes.
DETAILS = {
    f"{PROMPT}.cache_read": (401, {"input": 596, "cache_read": 401, "output": 499}),
    f"{PROMPT}.cache_write": (307, {"input": 690, "cache_write": 307, "output": 499}),
    f"{PROMPT}.audio": (101, {"input": 896, "input_audio": 101, "output": 499}),
    f"{COMPLETION}.reasoning": (211, {"input": 997, "output": 288, "reasoning": 211}),
    f"{COMPLETION}.audio": (103, {"input": 997, "output": 396, "output_audio": 103}),
}


@pytest.mark.parametrize("name", DETAILS)
def test_each_detail_is_inside_its_whole(name: str) -> None:
    count, held = DETAILS[name]
    assert used(CHAT | {name: count}) == (held, None)
    assert used(CHAT | {name: 0}) == ({"input": 997, "output": 499}, None)


@pytest.mark.parametrize(
    ("kind", "billed"),
    [
        pytest.param("LLM", "chat", id="llm"),
        pytest.param("EMBEDDING", "embeddings", id="embedding"),
        pytest.param("RERANKER", "rerank", id="reranker"),
        pytest.param("AGENT", None, id="agent"),
        pytest.param("CHAIN", None, id="chain"),
        pytest.param("TOOL", None, id="tool"),
        pytest.param("RETRIEVER", None, id="retriever"),
        pytest.param("GUARDRAIL", None, id="guardrail"),
        pytest.param("EVALUATOR", None, id="evaluator"),
        pytest.param("PROMPT", None, id="prompt"),
        pytest.param("UNKNOWN", None, id="unknown"),
        pytest.param("llm", "chat", id="small-letters"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="none"),
        pytest.param(7, None, id="number"),
        pytest.param(("LLM",), None, id="list"),
        pytest.param({"a": "LLM"}, None, id="map"),
    ],
)
def test_which_spans_are_calls(kind: object, billed: str | None) -> None:
    sighting = show(CHAT | {"openinference.span.kind": kind})
    assert (sighting.kind.operation if sighting is not None else None) == billed


@pytest.mark.parametrize(
    ("attributes", "is_call"),
    [
        pytest.param(CHAT, True, id="asked"),
        # The client's every request is a span of this kind.
        pytest.param(CHAT | {"llm.invocation_parameters": "{}"} | answer(id="resp_7"), False, id="fetched-again"),
        pytest.param(
            CHAT | {"llm.invocation_parameters": "{}"} | answer(id="resp_7", background=True),
            True,
            id="fetched-after-the-background",
        ),
        pytest.param(
            CHAT | {"llm.invocation_parameters": "{}"} | answer(id="resp_7", background=False), False, id="fetched-from-the-front"
        ),
        pytest.param(
            {"openinference.span.kind": "LLM", "llm.system": "openai", "llm.invocation_parameters": '{"endpoint": "/v1/x"}'}
            | answer(id="batch_7", object="batch", usage={"input_tokens": 997, "input_tokens_details": {"cached_tokens": 401}}),
            False,
            id="a-batch",
        ),
        pytest.param(without(CHAT, "llm.invocation_parameters"), True, id="masked-parameters"),
        pytest.param(
            {"openinference.span.kind": "LLM", "llm.invocation_parameters": '{"model": "gpt-4o"}'},
            True,
            id="not-answered",
        ),
    ],
)
def test_which_requests_of_openais_client_are_calls(attributes: dict[str, Any], is_call: bool) -> None:  # noqa: FBT001 - of the table
    assert (show(attributes) is not None) is is_call


def test_what_one_span_says_does_not_change_what_the_next_one_means() -> None:
    reader = Reader("openinference.instrumentation.openai", version=NEWEST["openai"])
    bare = {"llm.invocation_parameters": '{"stop": []}'}
    for _ in range(2):
        assert reader.look(CHAT | {"llm.invocation_parameters": "{}"}) is None
        assert reader.look(CHAT | bare) is not None


def test_parameters_that_are_none_are_a_fetch_in_openais_client_alone() -> None:
    for name in ("langchain", "llama_index", "litellm", "groq"):
        assert show(CHAT | {"llm.invocation_parameters": "{}"}, name) is not None


def test_tokens_that_are_only_counted_are_no_call() -> None:
    counted = {"openinference.span.kind": "LLM", "llm.model_name": "claude", "llm.provider": "anthropic"}
    assert show(counted | answer(input_tokens=997), "anthropic") is None
    assert show(counted | answer(content=[]), "anthropic") is not None


def test_a_langchain_model_that_is_named_an_agent_is_a_call() -> None:
    assert used(CHAT | {"openinference.span.kind": "AGENT"}, "langchain") == ({"input": 997, "output": 499}, None)
    assert show(without(CHAT, "llm.token_count.prompt") | {"openinference.span.kind": "AGENT"}, "langchain") is None
    # Elsewhere an agent's counts are the sum of its calls'.
    for name in ("openai", "smolagents", "claude_agent_sdk"):
        assert show(CHAT | {"openinference.span.kind": "AGENT"}, name) is None


def test_embeddings() -> None:
    embedding = {
        "openinference.span.kind": "EMBEDDING",
        "llm.provider": "openai",
        "embedding.model_name": "text-embedding-3-small",
        "llm.token_count.prompt": 997,
        "llm.token_count.total": 997,
    }
    assert used(embedding) == ({"input": 997}, None)
    assert seen(embedding).call.model == "text-embedding-3-small"
    failed = {"openinference.span.kind": "EMBEDDING", "embedding.invocation_parameters": '{"model": "text-embedding-3-small"}'}
    sighting = seen(failed, failed=True)
    assert (sighting.call.model, sighting.call.doubt, sighting.kind.operation) == ("text-embedding-3-small", "error", "embeddings")


@pytest.mark.parametrize(
    ("named", "provider"),
    [
        pytest.param({}, "openai", id="openai"),
        pytest.param({"llm.provider": "azure"}, "azure.ai.openai", id="azure"),
        pytest.param({"llm.provider": "aws"}, "aws.bedrock", id="aws"),
        pytest.param({"llm.provider": "google"}, "gcp.gemini", id="google"),
        pytest.param({"llm.provider": "mistralai"}, "mistral_ai", id="mistral"),
        pytest.param({"llm.provider": "xai"}, "x_ai", id="xai"),
        pytest.param({"llm.provider": "deepseek"}, "deepseek", id="deepseek"),
        pytest.param({"llm.provider": "amazon_bedrock"}, "aws.bedrock", id="as-langchain-says"),
    ],
)
def test_who_is_asked(named: dict[str, Any], provider: str) -> None:
    assert seen(CHAT | named).call.provider == provider


# Whose prompt holds what is cached, by each package's version.
INSIDE = {"input": 289, "cache_read": 401, "cache_write": 307, "output": 499}  # 997 - 401 - 307
BESIDE = {"input": 997, "cache_read": 401, "cache_write": 307, "output": 499}


@pytest.mark.parametrize(
    ("name", "version", "provider", "held"),
    [
        *(pytest.param(name, version, "openai", INSIDE, id=name) for name, version in NEWEST.items()),
        pytest.param("anthropic", "0.1.14", "anthropic", INSIDE, id="anthropic-since"),
        pytest.param("bedrock", "0.1.60", "aws", INSIDE, id="bedrock-since"),
        pytest.param("bedrock", "0.1.59", "aws", BESIDE, id="bedrock-before"),
        pytest.param("bedrock", "", "aws", INSIDE, id="bedrock-without-a-version"),
        pytest.param("google_genai", "0.1.16", "google", INSIDE, id="google-since"),
        pytest.param("langchain", "0.1.55", "anthropic", INSIDE, id="langchain-since"),
        pytest.param("llama_index", "4.2.1", "anthropic", INSIDE, id="llama-index-since"),
    ],
)
def test_whose_prompt_holds_what_is_cached(name: str, version: str, provider: str, held: dict[str, int]) -> None:
    # Bedrock's own total, without which nothing but the version would tell.
    attributes = without(CHAT, "llm.token_count.total", "llm.system") | CACHED | {"llm.provider": provider}
    assert used(attributes, name, version) == (held, None)
    assert seen(attributes, name, version).call.assumed == ()


def test_a_total_of_before_proves_it_where_no_version_is_known() -> None:
    beside = CHAT | CACHED | {"llm.provider": "anthropic", "llm.token_count.total": 997 + 401 + 307 + 499}
    assert used(beside, "anybodys") == (BESIDE, None)
    # The names alone say nothing of what the prompt holds, and neither does Anthropic, which counts beside.
    assert used(beside | {"llm.token_count.total": 1496}, "anybodys") == (INSIDE, "ambiguous_usage")
    assert used(CHAT | CACHED, "anybodys") == (INSIDE, None)
    assert seen(CHAT | CACHED, "anybodys").call.assumed == ("input=inclusive",)


def test_a_prompt_that_holds_the_cache_twice_is_not_believed() -> None:
    gemini = CHAT | {f"{PROMPT}.cache_read": 401, "llm.provider": "google"}
    assert used(gemini, "google_genai", "0.1.12") == ({"output": 499}, "no_usage")
    assert used(gemini, "google_genai", "0.1.16") == ({"input": 596, "cache_read": 401, "output": 499}, None)


def test_anthropics_older_streams_leave_the_cache_out() -> None:
    asked = {"llm.invocation_parameters": '{"model": "claude", "stream": %s}'}
    for stream, doubt in (("true", "incomplete_usage"), ("false", None)):
        attributes = CLAUDE | {name: value % stream for name, value in asked.items()}
        assert used(attributes, "anthropic", "0.1.20") == ({"input": 997, "output": 499}, doubt)


@pytest.mark.parametrize("name", ["anthropic", "google_genai"])
def test_the_completion_of_a_stream_that_was_left_early_is_not_believed(name: str) -> None:
    left = without(CLAUDE, "llm.finish_reason", "llm.token_count.total") | {f"{PROMPT}.cache_read": 401, "output.value": "hi"}
    assert used(left, name) == ({"input": 596, "cache_read": 401}, "no_usage")
    assert used(left | {"llm.finish_reason": "stop"}, name) == ({"input": 596, "cache_read": 401, "output": 499}, None)


def test_claude_through_invoke_model_says_why_it_finished() -> None:
    answer = json.dumps({"usage": {"input_tokens": 596}})
    claude = CLAUDE | {"llm.provider": "aws", f"{PROMPT}.cache_read": 401, "output.value": answer}
    assert used(claude, "bedrock") == ({"input": 596, "cache_read": 401, "output": 499}, None)
    assert used(without(claude, "llm.finish_reason"), "bedrock") == ({"input": 596, "cache_read": 401}, "no_usage")


# What only the answer says.
RAW_CLAUDE = {
    "input_tokens": 61,
    "output_tokens": 499,
    "cache_read_input_tokens": 401,
    "cache_creation_input_tokens": 268,
    "cache_creation": {"ephemeral_5m_input_tokens": 131, "ephemeral_1h_input_tokens": 137},
    "output_tokens_details": {"thinking_tokens": 211},
    "server_tool_use": {"web_search_requests": 3},
    "service_tier": "batch",
}
# 997 - 401 - 131 - 137, 499 - 211
HELD_CLAUDE = {
    "input": 328,
    "cache_read": 401,
    "cache_write_5m": 131,
    "cache_write_1h": 137,
    "output": 288,
    "reasoning": 211,
    "web_searches": 3,
}


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        pytest.param("anthropic", {"id": "msg-7", "usage": RAW_CLAUDE}, id="anthropic"),
        pytest.param("bedrock", {"id": "msg-7", "usage": RAW_CLAUDE}, id="bedrock"),
        pytest.param("langchain", {"llm_output": {"id": "msg-7", "usage": RAW_CLAUDE}}, id="langchain"),
        pytest.param(
            "langchain",
            {"generations": [[{"message": {"kwargs": {"response_metadata": {"id": "msg-7", "usage": RAW_CLAUDE}}}}]]},
            id="langchain-in-its-message",
        ),
    ],
)
def test_anthropics_own_usage_has_the_times_to_live(name: str, parts: dict[str, object]) -> None:
    attributes = CLAUDE | {f"{PROMPT}.cache_read": 401, f"{PROMPT}.cache_write": 268} | answer(**parts)
    assert used(attributes, name) == (HELD_CLAUDE, None)
    sighting = seen(attributes, name)
    # The tier in a body of Bedrock's is not Amazon's.
    assert (sighting.call.tier, sighting.response_id) == ("batch" if name != "bedrock" else None, "msg-7")


def test_a_stream_of_bedrocks_has_its_cache_in_the_answer_alone() -> None:
    usage = {"input_tokens": 289, "cache_read_input_tokens": 401, "cache_creation_input_tokens": 307, "output_tokens": 499}
    attributes = CLAUDE | {"llm.provider": "aws"} | answer(id="msg-7", usage=usage)
    assert used(attributes, "bedrock") == (INSIDE, None)


@pytest.mark.parametrize("tier", ["flex_", "priority_", ""])
def test_langchain_puts_the_tier_before_openais_details(tier: str) -> None:
    message = {
        "response_metadata": {"service_tier": tier.rstrip("_") or "default", "id": "chatcmpl-7"},
        "usage_metadata": {
            "input_tokens": 997,
            "output_tokens": 499,
            "input_token_details": {f"{tier}cache_read": 401, "audio": 101},
            "output_token_details": {f"{tier}reasoning": 211},
        },
    }
    attributes = CHAT | answer(generations=[[{"message": {"kwargs": message}}]])
    # 997 - 401 - 101
    held = {"input": 495, "input_audio": 101, "cache_read": 401, "output": 288, "reasoning": 211}
    assert used(attributes, "langchain") == (held, None)
    assert seen(attributes, "langchain").call.tier == (tier.rstrip("_") or "standard")


def test_a_0_says_less_than_a_count_of_the_same() -> None:
    # LangChain says that nothing was written to the cache where Anthropic tells the times to live.
    message = {"response_metadata": {"usage": RAW_CLAUDE}, "usage_metadata": {"input_token_details": {"cache_creation": 0}}}
    attributes = CLAUDE | answer(generations=[[{"message": {"kwargs": message}}]])
    assert used(attributes, "langchain") == (HELD_CLAUDE, None)


def test_mistral_has_its_cache_in_the_answer_alone() -> None:
    usage = {"prompt_tokens": 997, "prompt_tokens_details": {"cached_tokens": 401}}
    held = {"input": 596, "cache_read": 401, "output": 499}
    for parts in ({"id": "m-7", "usage": usage}, {"data": {"id": "m-7", "usage": usage}}):
        attributes = CHAT | {"llm.provider": "mistralai"} | answer(**parts)
        assert used(attributes, "mistralai") == (held, None)
        assert seen(attributes, "mistralai").response_id == "m-7"


def test_gemini_says_each_modality_in_its_answer() -> None:
    usage = {
        "prompt_token_count": 997,
        "cached_content_token_count": 401,
        "thoughts_token_count": 211,
        "prompt_tokens_details": [
            {"modality": "TEXT", "token_count": 777},
            {"modality": "IMAGE", "token_count": 107},
            {"modality": "VIDEO", "token_count": 113},
        ],
        "candidates_tokens_details": [{"modality": "IMAGE", "token_count": 109}, {"modality": "AUDIO", "token_count": 103}],
    }
    attributes = CHAT | {"llm.provider": "google"} | answer(response_id="r-7", usage_metadata=usage)
    # 997 - 401 - 107 - 113, 499 - 211 - 109 - 103
    held = {
        "input": 376,
        "input_image": 107,
        "input_video": 113,
        "cache_read": 401,
        "output": 76,
        "reasoning": 211,
        "output_audio": 103,
        "output_image": 109,
    }
    assert used(attributes, "google_genai") == (held, None)
    assert seen(attributes, "google_genai").response_id == "r-7"


def test_vertex_leaves_the_thoughts_to_the_total() -> None:
    attributes = CHAT | {"llm.provider": "google", "llm.system": "vertexai", "llm.token_count.total": 997 + 499 + 211}
    assert used(attributes, "vertexai") == ({"input": 997, "output": 499}, "incomplete_usage")
    assert used(attributes | {"llm.token_count.total": 1496}, "vertexai") == ({"input": 997, "output": 499}, None)


def test_the_agents_sdk_has_the_response_among_its_parameters() -> None:
    parameters = {"id": "resp_7", "model": "gpt-5-dated", "service_tier": "flex"}
    attributes = CHAT | {"llm.invocation_parameters": json.dumps(parameters), f"{PROMPT}.cache_read": 401}
    sighting = seen(attributes, "openai_agents")
    assert (sighting.response_id, sighting.call.tier, sighting.call.assumed) == ("resp_7", "flex", ())
    assert sighting.call.usage.by_component() == {"input": 596, "cache_read": 401, "output": 499}


@pytest.mark.parametrize(
    ("asked", "served", "tier", "assumed"),
    [
        pytest.param("flex", "default", "standard", (), id="the-answer-says"),
        pytest.param("flex", None, "flex", ("tier=flex",), id="what-was-asked-for"),
        pytest.param("auto", None, None, (), id="left-open"),
        pytest.param("default", None, None, (), id="the-standard-needs-no-asking"),
    ],
)
def test_openais_tier(asked: str, served: str | None, tier: str | None, assumed: tuple[str, ...]) -> None:
    parameters = {"llm.invocation_parameters": json.dumps({"model": "gpt-4o", "service_tier": asked})}
    call = seen(CHAT | parameters | (answer(service_tier=served) if served is not None else {})).call
    assert (call.tier, call.assumed) == (tier, assumed)


@pytest.mark.parametrize("text", ["__REDACTED__", "hello", "", "{", "[]", "null", "<groq.Stream object>", 7, None])
def test_a_masked_answer_leaves_the_counts(text: object) -> None:
    attributes = CHAT | {f"{PROMPT}.cache_read": 401, "output.value": text}
    assert used(attributes) == ({"input": 596, "cache_read": 401, "output": 499}, None)
    assert (seen(attributes).call.tier, seen(attributes).response_id) == (None, None)


def test_names_of_the_semantic_conventions_beside_are_copies() -> None:
    both = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "gcp.gen_ai",
        "gen_ai.usage.input_tokens": 991,
        "gen_ai.usage.output_tokens": 491,
    }
    assert used(CHAT | both) == ({"input": 997, "output": 499}, None)
    assert seen(CHAT | both).call.provider == "openai"


def test_its_estimate_is_no_cost_that_was_told() -> None:
    assert seen(CHAT | {"llm.cost.total": 0.0123}, "litellm").call.told is None


@pytest.mark.parametrize("wrong", [-1, 401.0, "401", True, (401,)])
def test_a_count_is_an_integer(wrong: object) -> None:
    assert used(CHAT | {f"{PROMPT}.cache_read": wrong}) == ({}, "invalid_usage")


def test_more_cached_than_prompt() -> None:
    more = CHAT | {f"{PROMPT}.cache_read": 1009, "llm.provider": "anthropic"}
    assert used(more) == ({}, "contradictory_usage")
    # Of an instrumentation that nobody knows it can only stand beside.
    assert used(without(more, "llm.token_count.total"), "anybodys") == ({"input": 997, "cache_read": 1009, "output": 499}, None)
