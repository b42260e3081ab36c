"""Spans of OpenLIT. Every count is another prime, and what is expected is worked out here."""

from __future__ import annotations

from typing import Any

import pytest

from otel_llm_cost.call import Call
from otel_llm_cost.conventions.reader import Reader

START = 1_767_225_600_000_000_000
CHAT: dict[str, Any] = {
    "telemetry.sdk.name": "openlit",
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5",
    "gen_ai.response.model": "gpt-5-dated",
    "gen_ai.usage.input_tokens": 997,
    "gen_ai.usage.output_tokens": 499,
    "gen_ai.usage.cache_read.input_tokens": 401,
    "gen_ai.usage.cost": 0.0123,
}


def called(attributes: dict[str, Any], name: str = "openai") -> Call:
    reader = Reader(f"openlit.instrumentation.{name}")
    look = reader.look(attributes)
    assert look is not None
    return reader.read(look, START, failed=False).call


def used(attributes: dict[str, Any], name: str = "openai") -> tuple[dict[str, int], str | None]:
    call = called(attributes, name)
    return call.usage.by_component(), call.doubt


@pytest.mark.parametrize(
    ("name", "provider", "held"),
    [
        # 997 - 401, 499 - 211
        pytest.param("openai", "openai", {"input": 596, "cache_read": 401, "output": 288, "reasoning": 211}, id="openai"),
        pytest.param("groq", "groq", {"input": 596, "cache_read": 401, "output": 288, "reasoning": 211}, id="groq"),
        pytest.param("anthropic", "anthropic", {"input": 997, "cache_read": 401, "output": 288, "reasoning": 211}, id="anthropic"),
        pytest.param("bedrock", "aws.bedrock", {"input": 997, "cache_read": 401, "output": 288, "reasoning": 211}, id="bedrock"),
        pytest.param("google_ai_studio", "gemini", {"input": 596, "cache_read": 401, "output": 499, "reasoning": 211}, id="gemini"),
    ],
)
def test_where_cache_and_reasoning_are(name: str, provider: str, held: dict[str, int]) -> None:
    attributes = CHAT | {"gen_ai.provider.name": provider, "gen_ai.usage.reasoning_tokens": 211}
    assert used(attributes, name) == (held, None)
    assert called(attributes, name).assumed == ()
    # Its own estimate is no cost that was told.
    assert called(attributes, name).told is None


@pytest.mark.parametrize("name", ["openai", "anthropic", "bedrock", "google_ai_studio", "groq"])
def test_half_the_length_of_a_text_is_no_count(name: str) -> None:
    guessed = {name: value for name, value in CHAT.items() if name != "gen_ai.usage.cache_read.input_tokens"}
    assert used(guessed, name) == ({}, "no_usage")
    # Embeddings are not guessed, and neither is what a span of another's says.
    assert used(guessed | {"gen_ai.operation.name": "embeddings"}, name)[1] is None
    assert used({name: value for name, value in guessed.items() if name != "telemetry.sdk.name"}, name)[1] is None


@pytest.mark.parametrize(
    ("attributes", "tier"),
    [
        pytest.param({}, "priority", id="chat"),
        pytest.param({"gen_ai.request.stream": True}, "priority", id="chat-stream"),
        pytest.param({"openai.api.type": "responses"}, "priority", id="responses"),
        pytest.param({"openai.api.type": "responses", "gen_ai.request.stream": False}, "priority", id="responses-whole"),
        # Of these it always says the default.
        pytest.param({"openai.api.type": "responses", "gen_ai.request.stream": True}, None, id="responses-stream"),
        pytest.param({"openai.response.service_tier": "auto"}, None, id="auto-is-none"),
    ],
)
def test_the_tier_of_a_stream_of_responses_is_not_told(attributes: dict[str, Any], tier: str | None) -> None:
    assert called(CHAT | {"openai.response.service_tier": "priority"} | attributes).tier == tier
