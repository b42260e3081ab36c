"""Spans that LangSmith exports. Every count is another prime, and what is expected is worked out here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from otel_llm_cost.call import Sighting
from otel_llm_cost.conventions.reader import Reader

START = 1_767_225_600_000_000_000
INPUT, OUTPUT = "gen_ai.usage.input_token_details", "gen_ai.usage.output_token_details"
CHAT: dict[str, Any] = {
    "langsmith.span.kind": "llm",
    "langsmith.metadata.ls_provider": "anthropic",
    "gen_ai.operation.name": "chat",
    "gen_ai.system": "langchain",
    "gen_ai.request.model": "claude",
    "gen_ai.response.model": "claude-dated",
    "gen_ai.response.id": "msg-7",
    "gen_ai.usage.input_tokens": 997,
    "gen_ai.usage.output_tokens": 499,
    "gen_ai.usage.total_tokens": 1496,
}


def show(attributes: Mapping[str, Any]) -> Sighting | None:
    reader = Reader("langsmith")
    look = reader.look(attributes)
    return reader.read(look, START, failed=False) if look is not None else None


def seen(attributes: Mapping[str, Any]) -> Sighting:
    sighting = show(attributes)
    assert sighting is not None
    return sighting


def used(attributes: Mapping[str, Any]) -> tuple[dict[str, int], str | None]:
    call = seen(attributes).call
    return call.usage.by_component(), call.doubt


def test_a_span_shows_its_call() -> None:
    sighting = seen(CHAT | {"gen_ai.response.service_tier": "priority"})
    call = sighting.call
    # Whose it is says the wrapper; the system is guessed.
    assert (call.provider, call.model, call.tier, call.assumed) == ("anthropic", "claude-dated", "priority", ())
    assert sighting.response_id == "msg-7"
    assert used(CHAT) == ({"input": 997, "output": 499}, None)


@pytest.mark.parametrize(
    ("kind", "operation", "billed"),
    [
        pytest.param("llm", "chat", "chat", id="model"),
        pytest.param("embedding", "embeddings", "embeddings", id="embedding"),
        # It names these as calls, too.
        pytest.param("prompt", "chat", None, id="prompt"),
        pytest.param("retriever", "embeddings", None, id="retriever"),
        pytest.param("chain", "chain", None, id="chain"),
        pytest.param("tool", "execute_tool", None, id="tool"),
        pytest.param(None, "chat", None, id="none"),
        pytest.param(("llm",), "chat", None, id="list"),
        pytest.param({"a": "llm"}, "chat", None, id="map"),
    ],
)
def test_which_spans_are_calls(kind: object, operation: str, billed: str | None) -> None:
    sighting = show(CHAT | {"langsmith.span.kind": kind, "gen_ai.operation.name": operation})
    assert (sighting.kind.operation if sighting is not None else None) == billed


@pytest.mark.parametrize(
    ("details", "held"),
    [
        pytest.param(
            {INPUT: "{'cache_read': 401, 'cache_creation': 307}"},
            {"input": 289, "cache_read": 401, "cache_write": 307, "output": 499},  # 997 - 401 - 307
            id="cache",
        ),
        pytest.param(
            {INPUT: "{'cache_read': 401, 'ephemeral_5m_input_tokens': 131, 'ephemeral_1h_input_tokens': 137}"},
            {"input": 328, "cache_read": 401, "cache_write_5m": 131, "cache_write_1h": 137, "output": 499},  # 997 - 401 - 131 - 137
            id="times-to-live",
        ),
        pytest.param(
            {INPUT: "{'audio': 101}", OUTPUT: "{'audio': 103, 'reasoning': 211}"},
            {"input": 896, "input_audio": 101, "output": 185, "reasoning": 211, "output_audio": 103},  # 499 - 103 - 211
            id="audio-and-reasoning",
        ),
        pytest.param(
            {INPUT: "{'priority_cache_read': 401, 'priority': 596}", OUTPUT: "{'priority_reasoning': 211, 'priority': 288}"},
            {"input": 596, "cache_read": 401, "output": 288, "reasoning": 211},
            id="of-a-tier",
        ),
        pytest.param({INPUT: "{}", OUTPUT: "{}"}, {"input": 997, "output": 499}, id="none"),
        pytest.param({INPUT: "", OUTPUT: "cut {'rea"}, {"input": 997, "output": 499}, id="no-mapping"),
    ],
)
def test_details_are_the_text_of_a_mapping(details: dict[str, str], held: dict[str, int]) -> None:
    assert used(CHAT | details) == (held, None)


def test_a_detail_that_is_no_count_makes_the_usage_invalid() -> None:
    for wrong in (-1, 4.5, "many", True, [401]):
        assert used(CHAT | {INPUT: repr({"cache_read": wrong})}) == ({}, "invalid_usage")


def test_more_cached_than_input_contradicts_it() -> None:
    assert used(CHAT | {INPUT: "{'cache_read': 1009}"}) == ({}, "contradictory_usage")
