"""Langfuse's own spans. Every count is another prime, and what is expected is worked out here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from otel_llm_cost.call import Sighting
from otel_llm_cost.conventions.reader import Reader

START = 1_767_225_600_000_000_000
PREFIX = "langfuse.observation"


def observation(**usage: object) -> dict[str, Any]:
    return {
        f"{PREFIX}.type": "generation",
        f"{PREFIX}.model.name": "gpt-4o-dated",
        f"{PREFIX}.model.parameters": '{"temperature": 1, "service_tier": "priority", "max_tokens": "Infinity"}',
        f"{PREFIX}.usage_details": json.dumps(usage),
    }


def show(attributes: Mapping[str, Any]) -> Sighting | None:
    reader = Reader("langfuse-sdk", version="5.0.4")
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
    sighting = seen(observation(prompt_tokens=997, completion_tokens=499, total_tokens=1496))
    call = sighting.call
    # Nobody says whose model it is.
    assert (call.provider, call.model, call.doubt) == ("", "gpt-4o-dated", None)
    # The parameters are the request's, or the response's.
    assert (call.tier, call.assumed) == ("priority", ("tier=priority",))
    assert call.usage.by_component() == {"input": 997, "output": 499}
    assert (sighting.response_id, call.told) == (None, None)


@pytest.mark.parametrize(
    ("kind", "billed"),
    [
        ("generation", "chat"),
        ("embedding", "embeddings"),
        *((name, None) for name in ("span", "agent", "tool", "chain", "retriever", "evaluator", "guardrail", "event", "", None, 7)),
        ({"a": "generation"}, None),
    ],
)
def test_which_spans_are_calls(kind: object, billed: str | None) -> None:
    sighting = show(observation(input=997) | {f"{PREFIX}.type": kind})
    assert (sighting.kind.operation if sighting is not None else None) == billed


@pytest.mark.parametrize(
    ("usage", "held"),
    [
        pytest.param(
            {
                "prompt_tokens": 997,
                "completion_tokens": 499,
                "total_tokens": 1496,
                "prompt_tokens_details": {"cached_tokens": 401, "cache_write_tokens": 31},
                "completion_tokens_details": {"reasoning_tokens": 211},
            },
            {"input": 565, "cache_read": 401, "cache_write": 31, "output": 288, "reasoning": 211},
            id="openais-chat",
        ),
        pytest.param(
            {
                "input_tokens": 997,
                "output_tokens": 499,
                "input_tokens_details": {"cached_tokens": 401},
                "output_tokens_details": {"reasoning_tokens": 211},
            },
            {"input": 596, "cache_read": 401, "output": 288, "reasoning": 211},
            id="openais-responses",
        ),
        pytest.param(
            # LangChain's callback takes the parts out of the whole.
            {"input": 997, "output": 499, "input_cache_read": 401, "input_cache_creation": 307, "output_reasoning": 211},
            {"input": 997, "cache_read": 401, "cache_write": 307, "output": 499, "reasoning": 211},
            id="langchains-parts",
        ),
    ],
)
def test_the_names_depend_on_who_wrote_them(usage: dict[str, object], held: dict[str, int]) -> None:
    assert used(observation(**usage)) == (held, None)


def test_embeddings_have_one_count() -> None:
    assert used(observation(input=997) | {f"{PREFIX}.type": "embedding"}) == ({"input": 997}, None)


@pytest.mark.parametrize("text", ["", "{}", "null", "[997]", "{", 7, None])
def test_without_a_usage_there_is_none(text: object) -> None:
    assert used(observation() | {f"{PREFIX}.usage_details": text}) == ({}, "no_usage")


def test_what_the_user_wrote_is_checked() -> None:
    for wrong in (-1, 4.5, "many", True):
        assert used(observation(input=wrong, output=499)) == ({}, "invalid_usage")
    assert used(observation(prompt_tokens=997, input=991, output=499)) == ({}, "contradictory_usage")
