"""Spans of the Vercel AI SDK, versions 4 to 7. Every count is another prime, and what is expected is worked out here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from otel_llm_cost.call import Sighting
from otel_llm_cost.conventions.reader import Reader

START = 1_767_225_600_000_000_000
NAN = float("nan")
META = "ai.response.providerMetadata"


def show(attributes: Mapping[str, Any], scope: str = "ai", *, failed: bool = False) -> Sighting | None:
    reader = Reader(scope)
    look = reader.look(attributes)
    return reader.read(look, START, failed=failed) if look is not None else None


def seen(attributes: Mapping[str, Any], scope: str = "ai", *, failed: bool = False) -> Sighting:
    sighting = show(attributes, scope, failed=failed)
    assert sighting is not None
    return sighting


def used(attributes: Mapping[str, Any], scope: str = "ai", *, failed: bool = False) -> tuple[dict[str, int], str | None]:
    call = seen(attributes, scope, failed=failed).call
    return call.usage.by_component(), call.doubt


def chat(provider: str, model: str, operation: str = "ai.generateText.doGenerate") -> dict[str, Any]:
    """What every version writes of a chat, but for its usage."""
    return {
        "operation.name": f"{operation} fn",
        "ai.operationId": operation,
        "ai.model.provider": provider,
        "ai.model.id": model,
        "ai.response.id": "answer-7",
        "ai.response.model": f"{model}-dated",
        "gen_ai.system": provider,
        "gen_ai.request.model": model,
        "gen_ai.response.id": "answer-7",
        "gen_ai.response.model": f"{model}-dated",
    }


def meta(**providers: object) -> dict[str, str]:
    return {META: json.dumps(providers)}


def counted_4(given: float, made: float) -> dict[str, Any]:
    """Usage under the names of version 4, which 5 and 6 still use for objects."""
    return {
        "ai.usage.promptTokens": given,
        "ai.usage.completionTokens": made,
        "gen_ai.usage.input_tokens": given,
        "gen_ai.usage.output_tokens": made,
    }


def counted_5(given: float, made: float, *, cached: float | None = None, reasoning: float | None = None) -> dict[str, Any]:
    """Usage under the names of version 5's streams."""
    counts = {
        "ai.usage.inputTokens": given,
        "ai.usage.outputTokens": made,
        "ai.usage.totalTokens": given + made,
        "ai.usage.cachedInputTokens": cached,
        "ai.usage.reasoningTokens": reasoning,
        "gen_ai.usage.input_tokens": given,
        "gen_ai.usage.output_tokens": made,
    }
    return {name: count for name, count in counts.items() if count is not None}


def counted_6(given: int, made: int, *, cached: int = 0, written: int = 0, reasoning: int = 0) -> dict[str, Any]:
    """Usage under the names of version 6, which has the older ones beside its own."""
    return counted_5(given, made, cached=cached, reasoning=reasoning) | {
        "ai.usage.inputTokenDetails.noCacheTokens": given - cached - written,
        "ai.usage.inputTokenDetails.cacheReadTokens": cached,
        "ai.usage.inputTokenDetails.cacheWriteTokens": written,
        "ai.usage.outputTokenDetails.textTokens": made - reasoning,
        "ai.usage.outputTokenDetails.reasoningTokens": reasoning,
    }


@pytest.mark.parametrize(
    ("operation", "billed"),
    [
        pytest.param("ai.generateText.doGenerate", "chat", id="text"),
        pytest.param("ai.streamText.doStream", "chat", id="text-stream"),
        pytest.param("ai.generateObject.doGenerate", "chat", id="object"),
        pytest.param("ai.streamObject.doStream", "chat", id="object-stream"),
        pytest.param("ai.embed.doEmbed", "embeddings", id="embed"),
        pytest.param("ai.embedMany.doEmbed", "embeddings", id="embed-many"),
        pytest.param("ai.rerank.doRerank", "rerank", id="rerank"),
        # Above each call stands a span that has the usage again, of the last step or of all of them.
        pytest.param("ai.generateText", None, id="all-steps"),
        pytest.param("ai.streamText", None, id="all-steps-streamed"),
        pytest.param("ai.generateObject", None, id="around-an-object"),
        pytest.param("ai.streamObject", None, id="around-an-object-stream"),
        pytest.param("ai.embed", None, id="around-an-embed"),
        pytest.param("ai.embedMany", None, id="around-many"),
        pytest.param("ai.rerank", None, id="around-a-rerank"),
        pytest.param("ai.toolCall", None, id="tool"),
        pytest.param("ai.unheardOf.doGenerate", None, id="unheard-of"),
        pytest.param("", None, id="empty"),
        pytest.param(7, None, id="number"),
        pytest.param(("ai.embed.doEmbed",), None, id="list"),
        pytest.param({"a": "ai.embed.doEmbed"}, None, id="map"),
        pytest.param(None, None, id="none"),
    ],
)
def test_which_spans_are_calls(operation: object, billed: str | None) -> None:
    sighting = show(chat("openai.chat", "gpt-4o") | counted_4(997, 499) | {"ai.operationId": operation})
    assert (sighting.kind.operation if sighting is not None else None) == billed


def test_a_span_shows_its_call() -> None:
    sighting = seen(chat("openai.chat", "gpt-4o") | counted_4(997, 499))
    call, kind = sighting.call, sighting.kind
    assert (call.provider, call.model, call.tier, call.doubt) == ("openai", "gpt-4o-dated", None, None)
    assert (kind.request_model, kind.response_model, kind.usage_source) == ("gpt-4o", "gpt-4o-dated", "span")
    assert sighting.response_id == "answer-7"
    assert dict(zip(sighting.stated, sighting.values, strict=True)) == {"input": 997, "output": 499}


@pytest.mark.parametrize(
    ("named", "provider"),
    [
        pytest.param("openai.chat", "openai", id="openai"),
        pytest.param("openai.responses", "openai", id="openai-responses"),
        pytest.param("openai.completion", "openai", id="openai-completion"),
        pytest.param("openai.embedding", "openai", id="openai-embedding"),
        pytest.param("anthropic.messages", "anthropic", id="anthropic"),
        pytest.param("google.generative-ai", "gcp.gemini", id="gemini"),
        pytest.param("google.vertex.chat", "gcp.vertex_ai", id="vertex"),
        pytest.param("google-vertex", "gcp.vertex_ai", id="vertex-of-6"),
        pytest.param("amazon-bedrock", "aws.bedrock", id="bedrock"),
        pytest.param("azure.chat", "azure.ai.openai", id="azure"),
        pytest.param("azure-openai.responses", "azure.ai.openai", id="azure-of-4"),
        pytest.param("mistral.chat", "mistral_ai", id="mistral"),
        pytest.param("xai.chat", "x_ai", id="xai"),
        pytest.param("deepseek.chat", "deepseek", id="deepseek"),
        pytest.param("groq.chat", "groq", id="groq"),
        pytest.param("cohere.chat", "cohere", id="cohere"),
        pytest.param("openrouter", "openrouter", id="openrouter"),
        pytest.param("my.own", "my.own", id="anything-else-stays"),
    ],
)
def test_who_is_asked_is_named_with_the_api_behind_it(named: str, provider: str) -> None:
    attributes = chat(named, "m") | counted_4(997, 499)
    assert seen(attributes).call.provider == provider
    # Embeddings have the SDK's own name alone.
    embed = {"ai.operationId": "ai.embed.doEmbed", "ai.model.provider": named, "ai.model.id": "m", "ai.usage.tokens": 997}
    assert seen(embed).call.provider == provider


# Version 4: names of its own, details in the provider's metadata alone.
def test_version_4_openai_counts_inside() -> None:
    details = meta(openai={"cachedPromptTokens": 401, "reasoningTokens": 211, "acceptedPredictionTokens": 0})
    attributes = chat("openai.chat", "gpt-4o") | details | counted_4(997, 499)
    # 997 - 401, 499 - 211
    assert used(attributes) == ({"input": 596, "cache_read": 401, "output": 288, "reasoning": 211}, None)
    assert seen(attributes).call.assumed == ("input=inclusive",)


@pytest.mark.parametrize("given", [997, 7], ids=["less-cached-than-input", "more-cached-than-input"])
def test_version_4_anthropic_counts_beside(given: int) -> None:
    details = meta(anthropic={"cacheCreationInputTokens": 307, "cacheReadInputTokens": 401})
    attributes = chat("anthropic.messages", "claude") | details | counted_4(given, 499)
    assert used(attributes) == ({"input": given, "cache_read": 401, "cache_write": 307, "output": 499}, None)
    sighting = seen(attributes)
    assert sighting.call.assumed == ()
    # Compared with other spans of the call as an input that holds the cache.
    stated = dict(zip(sighting.stated, sighting.values, strict=True))
    assert (stated["input"], stated["output"]) == (given + 401 + 307, 499)


@pytest.mark.parametrize("operation", ["ai.embed.doEmbed", "ai.embedMany.doEmbed"])
def test_embeddings_of_every_version_have_one_count(operation: str) -> None:
    attributes = {"ai.operationId": operation, "ai.model.provider": "openai.embedding", "ai.model.id": "m", "ai.usage.tokens": 997}
    assert used(attributes) == ({"input": 997}, None)
    sighting = seen(attributes)
    assert (sighting.call.model, sighting.kind.response_model, sighting.response_id) == ("m", None, None)


# What is missing is no number in JavaScript.
@pytest.mark.parametrize(
    ("counts", "held", "doubt"),
    [
        pytest.param(counted_4(NAN, NAN), {}, "no_usage", id="a-stream-without-usage-of-4"),
        pytest.param(counted_4(997, NAN), {"input": 997}, "no_usage", id="no-output"),
        pytest.param(counted_4(NAN, 499), {"output": 499}, "no_usage", id="no-input"),
        pytest.param(counted_5(997, 499, cached=NAN, reasoning=NAN), {"input": 997, "output": 499}, None, id="no-details"),
        pytest.param(
            counted_5(997, 499) | {"ai.usage.totalTokens": NAN}, {"input": 997, "output": 499}, None, id="a-total-that-is-none"
        ),
        pytest.param({}, {}, "no_usage", id="a-stream-without-usage-of-5"),
    ],
)
def test_no_number_is_unknown_and_never_0(counts: dict[str, Any], held: dict[str, int], doubt: str | None) -> None:
    attributes = chat("openai.chat", "gpt-4o", "ai.streamText.doStream") | counts
    assert used(attributes) == (held, doubt)
    assert used(attributes, failed=True) == (held, "error" if doubt else None)


def test_embeddings_without_a_number_have_no_usage() -> None:
    embed = {"ai.operationId": "ai.embed.doEmbed", "ai.model.provider": "google.generative-ai", "ai.model.id": "m"}
    assert used(embed | {"ai.usage.tokens": NAN}) == ({}, "no_usage")
    assert used(embed) == ({}, "no_usage")


@pytest.mark.parametrize(
    ("given", "held", "doubt"),
    [
        pytest.param(997.0, {"input": 997, "output": 499}, None, id="whole-double"),
        pytest.param("997", {"input": 997, "output": 499}, None, id="digits"),
        pytest.param(997.5, {}, "invalid_usage", id="broken-double"),
        pytest.param(-997.0, {}, "invalid_usage", id="negative-double"),
        pytest.param(float("inf"), {}, "invalid_usage", id="infinite"),
        pytest.param(1e30, {}, "invalid_usage", id="beyond-64-bits"),
        pytest.param("997.0", {}, "invalid_usage", id="text-of-a-double"),
        pytest.param("many", {}, "invalid_usage", id="text"),
        pytest.param("٩٩٧", {}, "invalid_usage", id="digits-of-another-script"),
        pytest.param("9" * 19, {}, "invalid_usage", id="digits-that-may-be-beyond-64-bits"),
        pytest.param(True, {}, "invalid_usage", id="true"),
        pytest.param((997,), {}, "invalid_usage", id="list"),
    ],
)
@pytest.mark.parametrize("scope", ["ai", "gen_ai"])
def test_numbers_of_javascript(given: object, held: dict[str, int], doubt: str | None, scope: str) -> None:
    attributes: dict[str, Any] = chat("openai.chat", "gpt-4o") | {"gen_ai.operation.name": "chat"}
    attributes |= {"gen_ai.usage.input_tokens": given, "gen_ai.usage.output_tokens": 499.0}
    assert used(attributes, scope) == (held, doubt)


def test_one_count_under_two_names_is_one_only_if_both_agree() -> None:
    attributes = chat("openai.chat", "gpt-4o") | counted_4(997, 499)
    assert used(attributes | {"gen_ai.usage.input_tokens": 997.0}) == ({"input": 997, "output": 499}, None)
    assert used(attributes | {"gen_ai.usage.input_tokens": 991}) == ({}, "contradictory_usage")


# Version 5: streams have newer names; the metadata has what they leave out.
def test_version_5_openai_stream() -> None:
    details = meta(openai={"responseId": "resp-7", "serviceTier": "priority", "usage": {"cacheWriteTokens": 307}})
    attributes = chat("openai.responses", "gpt-5", "ai.streamText.doStream")
    attributes |= details | counted_5(997, 499, cached=401, reasoning=211)
    # 997 - 401 - 307, 499 - 211
    assert used(attributes) == ({"input": 289, "cache_read": 401, "cache_write": 307, "output": 288, "reasoning": 211}, None)
    call = seen(attributes).call
    assert (call.tier, call.assumed) == ("priority", ("input=inclusive",))


def raw_anthropic(given: int, made: int) -> dict[str, object]:
    """The provider's own usage, which counts the cache beside the input."""
    return {
        "input_tokens": given,
        "output_tokens": made,
        "output_tokens_details": {"thinking_tokens": 211},
        "cache_read_input_tokens": 401,
        "cache_creation_input_tokens": 268,
        "cache_creation": {"ephemeral_5m_input_tokens": 131, "ephemeral_1h_input_tokens": 137},
        "service_tier": "batch",
        "server_tool_use": {"web_search_requests": 3, "web_fetch_requests": 0},
    }


CLAUDE = {"cache_read": 401, "cache_write_5m": 131, "cache_write_1h": 137, "output": 288, "reasoning": 211, "web_searches": 3}


@pytest.mark.parametrize(
    "counts",
    [
        pytest.param(counted_4(61, 499), id="text"),
        pytest.param(counted_5(61, 499, cached=401), id="stream"),
    ],
)
def test_version_5_anthropic_with_more_cached_than_input(counts: dict[str, Any]) -> None:
    details = meta(anthropic={"usage": raw_anthropic(61, 499), "cacheCreationInputTokens": 268, "stopSequence": None})
    attributes = chat("anthropic.messages", "claude") | details | counts
    assert used(attributes) == ({"input": 61} | CLAUDE, None)
    assert seen(attributes).call.tier == "batch"


@pytest.mark.parametrize("counts", [counted_4(997, 499), counted_5(997, 499, cached=401)], ids=["text", "stream"])
def test_version_5_anthropic_is_read_by_the_providers_own_input(counts: dict[str, Any]) -> None:
    # The input is the provider's, which the cache stands beside.
    details = meta(anthropic={"usage": raw_anthropic(997, 499), "cacheCreationInputTokens": 268})
    attributes = chat("anthropic.messages", "claude") | details | counts
    assert used(attributes) == ({"input": 997} | CLAUDE, None)
    assert seen(attributes).call.assumed == ()
    # Without it, both readings can be right.
    without = {name: value for name, value in raw_anthropic(997, 499).items() if name != "input_tokens"}
    assert used(attributes | meta(anthropic={"usage": without}))[1] == "ambiguous_usage"


def raw_gemini(given: int, cached: int, answered: int, thought: int, **more: int) -> dict[str, object]:
    usage = {
        "promptTokenCount": given,
        "cachedContentTokenCount": cached,
        "candidatesTokenCount": answered,
        "thoughtsTokenCount": thought,
        "totalTokenCount": given + answered + thought + sum(more.values()),
    }
    return {"google": {"usageMetadata": usage | more}}


def test_version_5_gemini_leaves_its_thoughts_out_of_the_output() -> None:
    attributes = chat("google.generative-ai", "gemini") | meta(**raw_gemini(997, 401, 499, 211))
    held = {"input": 596, "cache_read": 401, "output": 499, "reasoning": 211}
    assert used(attributes | counted_4(997, 499)) == (held, None)
    total = {"ai.usage.totalTokens": 997 + 499 + 211}
    assert used(attributes | counted_5(997, 499, cached=401, reasoning=211) | total) == (held, None)
    # Tokens of tools are in the total alone.
    total = {"ai.usage.totalTokens": 997 + 499 + 211 + 13}
    assert used(attributes | counted_5(997, 499, cached=401, reasoning=211) | total) == (held, "incomplete_usage")


def test_version_4_gemini_does_not_tell_its_thoughts() -> None:
    attributes = chat("google.generative-ai", "gemini") | meta(google={"groundingMetadata": None}) | counted_4(997, 499)
    assert used(attributes) == ({"input": 997, "output": 499}, "incomplete_usage")
    # Another's answers have nothing that would be missing.
    assert used(chat("groq.chat", "llama") | counted_4(997, 499)) == ({"input": 997, "output": 499}, None)


def test_version_6_gemini_leaves_out_what_tools_gave() -> None:
    details = meta(**raw_gemini(997, 401, 288, 211, toolUsePromptTokenCount=13))
    attributes = chat("google.generative-ai", "gemini") | details
    # 997 - 401 + 13, 499 - 211
    held = {"input": 609, "cache_read": 401, "output": 288, "reasoning": 211}
    assert used(attributes | counted_6(997, 499, cached=401, reasoning=211)) == (held, None)
    # Version 7 has them in its input.
    assert used(attributes | counted_6(1010, 499, cached=401, reasoning=211)) == (held, None)


def test_thoughts_that_are_in_the_total_beside_the_output() -> None:
    attributes = chat("google.generative-ai", "gemini") | counted_5(997, 499, reasoning=211)
    assert used(attributes) == ({"input": 997, "output": 288, "reasoning": 211}, None)
    assert used(attributes | {"ai.usage.totalTokens": 997 + 499 + 211}) == ({"input": 997, "output": 499, "reasoning": 211}, None)


# Version 6 says what of the input was cached, and counts inside for every provider.
def test_version_6_openai() -> None:
    attributes = chat("openai.chat", "gpt-4o") | counted_6(997, 499, cached=401, written=307, reasoning=211)
    assert used(attributes) == ({"input": 289, "cache_read": 401, "cache_write": 307, "output": 288, "reasoning": 211}, None)
    assert seen(attributes).call.assumed == ()


def test_version_6_anthropic() -> None:
    details = meta(anthropic={"usage": raw_anthropic(61, 499), "cacheCreationInputTokens": 268})
    given = 61 + 401 + 268
    attributes = chat("anthropic.messages", "claude") | details | counted_6(given, 499, cached=401, written=268, reasoning=211)
    assert used(attributes) == ({"input": 61} | CLAUDE, None)
    assert (seen(attributes).call.tier, seen(attributes).call.assumed) == ("batch", ())


@pytest.mark.parametrize("given", [61, 997], ids=["less-input-than-cached", "more-input-than-cached"])
def test_version_6_objects_are_read_by_the_providers_own_input(given: int) -> None:
    # They have the older names, and none of the details.
    details = meta(anthropic={"usage": raw_anthropic(given, 499), "cacheCreationInputTokens": 268})
    attributes = chat("anthropic.messages", "claude", "ai.generateObject.doGenerate") | details | counted_4(given + 401 + 268, 499)
    assert used(attributes) == ({"input": given} | CLAUDE, None)
    assert seen(attributes).call.assumed == ()


def test_version_6_anthropic_without_outputs_has_no_times_to_live() -> None:
    # recordOutputs: false leaves the metadata out.
    attributes = chat("anthropic.messages", "claude") | counted_6(61 + 401 + 268, 499, cached=401, written=268, reasoning=211)
    assert used(attributes) == ({"input": 61, "cache_read": 401, "cache_write": 268, "output": 288, "reasoning": 211}, None)


def test_version_6_gemini_holds_its_thoughts() -> None:
    usage = {"promptTokenCount": 997, "candidatesTokenCount": 288, "thoughtsTokenCount": 211, "cachedContentTokenCount": 401}
    details = meta(google={"usageMetadata": usage | {"totalTokenCount": 1496}, "serviceTier": "flex"})
    attributes = chat("google.generative-ai", "gemini") | details | counted_6(997, 499, cached=401, reasoning=211)
    assert used(attributes) == ({"input": 596, "cache_read": 401, "output": 288, "reasoning": 211}, None)
    assert seen(attributes).call.tier == "flex"


def test_version_6_bedrock() -> None:
    details = meta(bedrock={"usage": {"cacheReadInputTokens": 401, "cacheWriteInputTokens": 307}})
    attributes = chat("amazon-bedrock", "claude") | details | counted_6(997, 499, cached=401, written=307)
    assert used(attributes) == ({"input": 289, "cache_read": 401, "cache_write": 307, "output": 499}, None)


@pytest.mark.parametrize("operation", ["ai.generateText.doGenerate", "ai.streamText.doStream", "ai.streamObject.doStream"])
def test_more_cached_than_the_input_of_version_6_contradicts_it(operation: str) -> None:
    counts = counted_6(997, 499, cached=401) | {"ai.usage.inputTokenDetails.cacheReadTokens": 1009}
    assert used(chat("openai.chat", "gpt-4o", operation) | counts) == ({}, "contradictory_usage")


# Version 7 follows the conventions, under a scope of its own.
V7 = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.request.model": "claude",
    "gen_ai.response.model": "claude-dated",
    "gen_ai.response.id": "msg-7",
    "gen_ai.usage.input_tokens": 997,
    "gen_ai.usage.output_tokens": 499,
    "gen_ai.usage.cache_read.input_tokens": 401,
    "gen_ai.usage.cache_creation.input_tokens": 307,
}


def test_version_7_counts_inside() -> None:
    assert used(V7, "gen_ai") == ({"input": 289, "cache_read": 401, "cache_write": 307, "output": 499}, None)
    assert seen(V7, "gen_ai").call.assumed == ()
    assert seen(V7, "gen_ai").response_id == "msg-7"
    assert used(V7 | {"gen_ai.usage.input_tokens": 7}, "gen_ai") == ({}, "contradictory_usage")


def test_version_7_tells_more_where_it_is_asked_to() -> None:
    # Objects leave the write out; what was not cached tells it.
    bare = {name: value for name, value in V7.items() if name != "gen_ai.usage.cache_creation.input_tokens"}
    parts = {"ai.usage.inputTokenDetails.noCacheTokens": 289, "ai.usage.outputTokenDetails.reasoningTokens": 211}
    held = {"input": 289, "cache_read": 401, "cache_write": 307, "output": 288, "reasoning": 211}
    assert used(bare | parts, "gen_ai") == (held, None)
    given = {"gen_ai.usage.input_tokens": 61 + 401 + 268, "gen_ai.usage.cache_creation.input_tokens": 268}
    assert used(V7 | given | meta(anthropic={"usage": raw_anthropic(61, 499)}), "gen_ai") == ({"input": 61} | CLAUDE, None)
    assert seen(V7 | given | meta(anthropic={"usage": raw_anthropic(61, 499)}), "gen_ai").call.tier == "batch"


@pytest.mark.parametrize("operation", ["invoke_agent", "agent_step", "execute_tool", "decide"])
def test_version_7_sums_its_steps_in_spans_that_are_no_calls(operation: str) -> None:
    assert show(V7 | {"gen_ai.operation.name": operation}, "gen_ai") is None


def test_a_scope_that_only_begins_so_is_another() -> None:
    # Of it nobody knows that its input holds the cache, or that its numbers may be doubles.
    assert seen(V7, "gen_ai.mine").call.assumed == ("input=inclusive",)
    assert used(V7 | {"gen_ai.usage.output_tokens": 499.0}, "gen_ai.mine") == ({}, "invalid_usage")


def test_a_tracer_of_the_users_gives_the_spans_another_scope() -> None:
    attributes = chat("openai.chat", "gpt-4o") | counted_4(997.0, 499.0) | {"ai.usage.totalTokens": NAN}
    assert used(attributes, "my.application") == ({"input": 997, "output": 499}, None)


# The metadata is JSON, or it is not there.
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("{", id="broken"),
        pytest.param("null", id="null"),
        pytest.param("[]", id="list"),
        pytest.param("7", id="number"),
        pytest.param('"text"', id="text"),
        pytest.param('{"openai": null}', id="nothing-of-the-provider"),
        pytest.param('{"openai": {"cachedPromptTokens": null}}', id="no-count"),
        pytest.param('{"google": {"groundingMetadata": null, "safetyRatings": null}}', id="gemini-of-4"),
        pytest.param('{"openai": {"cachedPromptTokens": 401}', id="cut-off"),
        pytest.param(7, id="not-a-text"),
        pytest.param(b'{"openai": {"cachedPromptTokens": 401}}', id="bytes"),
        pytest.param({"openai": {"cachedPromptTokens": 401}}, id="map"),
    ],
)
def test_metadata_that_says_nothing(text: object) -> None:
    attributes = chat("openai.chat", "gpt-4o") | counted_5(997, 499) | {META: text}
    assert used(attributes) == ({"input": 997, "output": 499}, None)


@pytest.mark.parametrize(
    ("value", "doubt"),
    [
        pytest.param(401, None, id="integer"),
        pytest.param(401.0, None, id="double"),
        pytest.param("401", None, id="digits"),
        pytest.param(401.5, "invalid_usage", id="broken"),
        pytest.param(-1, "invalid_usage", id="negative"),
        pytest.param([401], "invalid_usage", id="list"),
        pytest.param({"a": 401}, "invalid_usage", id="map"),
        pytest.param(True, "invalid_usage", id="true"),
    ],
)
def test_a_count_inside_the_metadata_is_checked(value: object, doubt: str | None) -> None:
    attributes = chat("openai.chat", "gpt-4o") | counted_4(997, 499) | meta(openai={"cachedPromptTokens": value})
    assert used(attributes) == ({"input": 596, "cache_read": 401, "output": 499} if doubt is None else {}, doubt)


def test_a_count_on_the_span_and_inside_the_metadata_is_one() -> None:
    attributes = chat("openai.chat", "gpt-4o") | counted_5(997, 499, cached=401) | meta(openai={"cachedPromptTokens": 409})
    # Two other names of one count that differ: neither can be believed.
    assert used(attributes) == ({}, "contradictory_usage")
    details = {"ai.usage.inputTokenDetails.noCacheTokens": 596, "ai.usage.inputTokenDetails.cacheReadTokens": 401}
    same = meta(openai={"cachedPromptTokens": 401})
    assert used(attributes | same | details) == ({"input": 596, "cache_read": 401, "output": 499}, None)
