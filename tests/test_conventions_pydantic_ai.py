"""Spans of pydantic-ai. Every count is another prime, and what is expected is worked out here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from otel_llm_cost.call import Sighting
from otel_llm_cost.conventions.pydantic_ai import PYDANTIC_AI
from otel_llm_cost.conventions.reader import Reader
from otel_llm_cost.conventions.semconv import SEMCONV

START = 1_767_225_600_000_000_000
NEWEST = "2.68.0"
DETAILS = "gen_ai.usage.details"
CHAT: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.system": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-dated",
    "gen_ai.response.id": "chatcmpl-7",
    "gen_ai.response.finish_reasons": ("stop",),
    "model_request_parameters": "{}",
    "gen_ai.usage.input_tokens": 997,
    "gen_ai.usage.output_tokens": 499,
    "operation.cost": 0.0123,
}


def show(attributes: Mapping[str, Any], version: str = NEWEST, *, failed: bool = False) -> Sighting | None:
    reader = Reader("pydantic-ai", version=version)
    look = reader.look(attributes)
    return reader.read(look, START, failed=failed) if look is not None else None


def seen(attributes: Mapping[str, Any], version: str = NEWEST) -> Sighting:
    sighting = show(attributes, version)
    assert sighting is not None
    return sighting


def used(attributes: Mapping[str, Any], version: str = NEWEST) -> tuple[dict[str, int], str | None]:
    call = seen(attributes, version).call
    return call.usage.by_component(), call.doubt


def without(attributes: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if name not in names}


def details(**counts: object) -> dict[str, object]:
    return {f"{DETAILS}.{name}": count for name, count in counts.items()}


# The detail, what is told with it (every count another prime), and the counts that it makes.
NAMES = {
    "reasoning_tokens": (211, {"input": 997, "output": 288, "reasoning": 211}),
    "thinking_tokens": (223, {"input": 997, "output": 276, "reasoning": 223}),
    "thoughts_tokens": (227, {"input": 997, "output": 272, "reasoning": 227}),
    "cache_read_tokens": (401, {"input": 596, "cache_read": 401, "output": 499}),
    "cache_write_tokens": (307, {"input": 690, "cache_write": 307, "output": 499}),
    "cached_tokens": (397, {"input": 600, "cache_read": 397, "output": 499}),
    "cached_content_tokens": (389, {"input": 608, "cache_read": 389, "output": 499}),
    "cache_read_input_tokens": (383, {"input": 614, "cache_read": 383, "output": 499}),
    "cache_creation_input_tokens": (311, {"input": 686, "cache_write": 311, "output": 499}),
    "input_audio_tokens": (101, {"input": 896, "input_audio": 101, "output": 499}),
    "audio_prompt_tokens": (97, {"input": 900, "input_audio": 97, "output": 499}),
    "image_prompt_tokens": (107, {"input": 890, "input_image": 107, "output": 499}),
    "video_prompt_tokens": (113, {"input": 884, "input_video": 113, "output": 499}),
    "output_audio_tokens": (103, {"input": 997, "output": 396, "output_audio": 103}),
    "audio_candidates_tokens": (89, {"input": 997, "output": 410, "output_audio": 89}),
    "image_candidates_tokens": (109, {"input": 997, "output": 390, "output_image": 109}),
    "web_search_requests": (3, {"input": 997, "output": 499, "web_searches": 3}),
    "ephemeral_5m_input_tokens": (131, {"input": 866, "cache_write_5m": 131, "output": 499}),
    "ephemeral_1h_input_tokens": (137, {"input": 860, "cache_write_1h": 137, "output": 499}),
}
# Parts of parts, read in a test of their own.
OTHERS = {"cache_audio_read_tokens", "audio_cache_tokens"}


def test_every_detail_is_read_here() -> None:
    own = PYDANTIC_AI.counts.keys() - SEMCONV.counts.keys()
    assert {name.removeprefix(f"{DETAILS}.") for name in own} == NAMES.keys() | OTHERS


@pytest.mark.parametrize("name", NAMES)
def test_each_detail_is_read(name: str) -> None:
    count, held = NAMES[name]
    assert used(CHAT | details(**{name: count})) == (held, None)
    assert seen(CHAT | details(**{name: count})).call.assumed == ()


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_cached_audio_is_in_both_and_counted_once(name: str) -> None:
    audio = details(input_audio_tokens=101, cache_read_tokens=401, **{name: 61})
    # Text that is not cached: 997 - 401 - (101 - 61).
    held = {"input": 556, "input_audio": 40, "cache_read": 340, "cache_read_audio": 61, "output": 499}
    assert used(CHAT | audio) == (held, None)


def test_an_attribute_of_the_conventions_comes_before_a_detail() -> None:
    cached = {"gen_ai.usage.cache_read.input_tokens": 401}
    assert used(CHAT | cached | details(cache_read_tokens=401, cached_tokens=401)) == (
        {"input": 596, "cache_read": 401, "output": 499},
        None,
    )
    assert used(CHAT | cached | details(cache_read_tokens=409)) == ({"input": 596, "cache_read": 401, "output": 499}, None)


def test_two_details_of_one_count_that_differ_contradict_each_other() -> None:
    assert used(CHAT | details(cache_read_tokens=401, cached_tokens=409)) == ({}, "contradictory_usage")
    assert used(CHAT | details(cache_read_tokens=401, cached_tokens=401))[1] is None


def test_anthropics_hour_is_part_of_what_was_written() -> None:
    claude = CHAT | {"gen_ai.provider.name": "anthropic", "gen_ai.usage.cache_creation.input_tokens": 268}
    # 997 - 268, 268 - 137
    held = {"input": 729, "cache_write": 131, "cache_write_1h": 137, "output": 499}
    assert used(claude | details(cache_write_tokens=268, ephemeral_1h_input_tokens=137)) == (held, None)


@pytest.mark.parametrize(
    ("attributes", "billed"),
    [
        pytest.param(CHAT, "chat", id="chat"),
        pytest.param(CHAT | {"gen_ai.operation.name": "embeddings"}, "embeddings", id="embeddings"),
        pytest.param(CHAT | {"gen_ai.operation.name": "invoke_agent"}, None, id="agent"),
        # Before 1.80 an agent's span has no operation, and the sum of its run.
        pytest.param(
            {"agent_name": "a", "model_name": "gpt-4o", "gen_ai.usage.input_tokens": 997},
            None,
            id="older-agent",
        ),
        pytest.param({"gen_ai.aggregated_usage.input_tokens": 997, "gen_ai.agent.name": "a"}, None, id="agent-of-2"),
        pytest.param({"gen_ai.tool.name": "t", "gen_ai.operation.name": "execute_tool"}, None, id="tool"),
    ],
)
def test_which_spans_are_calls(attributes: dict[str, Any], billed: str | None) -> None:
    sighting = show(attributes)
    assert (sighting.kind.operation if sighting is not None else None) == billed


CACHED = details(cache_read_tokens=401, cache_write_tokens=307)


@pytest.mark.parametrize(
    ("provider", "version", "is_inside"),
    [
        pytest.param("anthropic", "0.1.8", False, id="anthropic-before"),
        pytest.param("anthropic", "0.1.9", True, id="anthropic-since"),
        pytest.param("anthropic", "", True, id="anthropic-without-a-version"),
        pytest.param("bedrock", "1.39.9", False, id="bedrock-before"),
        pytest.param("bedrock", "1.40", True, id="bedrock-since"),
        pytest.param("bedrock", "", True, id="bedrock-without-a-version"),
        pytest.param("openai", "0.1.0", True, id="openai-always"),
        pytest.param("google-gla", "0.1.0", True, id="gemini-always"),
    ],
)
def test_whose_input_holds_the_cache(provider: str, version: str, is_inside: bool) -> None:  # noqa: FBT001 - of the table
    attributes = without(CHAT, "gen_ai.provider.name") | {"gen_ai.system": provider} | CACHED
    # 997 - 401 - 307
    held = {"input": 289 if is_inside else 997, "cache_read": 401, "cache_write": 307, "output": 499}
    assert used(attributes, version)[0] == held


@pytest.mark.parametrize(
    ("version", "held"),
    [
        pytest.param("0.7.5", {"input": 997, "output": 499, "reasoning": 211}, id="beside-the-output"),
        pytest.param("0.7.6", {"input": 997, "output": 288, "reasoning": 211}, id="inside-it"),
        pytest.param(NEWEST, {"input": 997, "output": 288, "reasoning": 211}, id="inside-it-today"),
        pytest.param("", {"input": 997, "output": 288, "reasoning": 211}, id="without-a-version"),
    ],
)
def test_where_geminis_thoughts_are(version: str, held: dict[str, int]) -> None:
    attributes = without(CHAT, "gen_ai.provider.name") | {"gen_ai.system": "google-gla"} | details(thoughts_tokens=211)
    assert used(attributes, version) == (held, None)
    sighting = seen(attributes, version)
    stated = dict(zip(sighting.stated, sighting.values, strict=True))
    assert stated["output"] == held["output"] + 211


@pytest.mark.parametrize(
    ("missing", "version", "held", "doubt"),
    [
        pytest.param((), NEWEST, {"input": 596, "cache_read": 401, "output": 499}, None, id="finished"),
        pytest.param(
            ("gen_ai.response.finish_reasons",), NEWEST, {"input": 596, "cache_read": 401}, "no_usage", id="left-early-since-2"
        ),
        pytest.param(("gen_ai.response.finish_reasons",), "2.0.0", {"input": 596, "cache_read": 401}, "no_usage", id="in-2"),
        # Older ones read a stream to its end before they leave it.
        pytest.param(
            ("gen_ai.response.finish_reasons",), "1.20.0", {"input": 596, "cache_read": 401, "output": 499}, None, id="before-2"
        ),
        # A span that is made by hand, so named.
        pytest.param(
            ("gen_ai.response.finish_reasons", "model_request_parameters"),
            NEWEST,
            {"input": 596, "cache_read": 401, "output": 499},
            None,
            id="not-its-own",
        ),
    ],
)
def test_the_output_of_a_stream_that_was_left_early_is_that_of_its_start(
    missing: tuple[str, ...], version: str, held: dict[str, int], doubt: str | None
) -> None:
    attributes = without(CHAT, *missing) | details(cache_read_tokens=401)
    assert used(attributes, version) == (held, doubt)


def test_embeddings_have_no_reason_to_finish() -> None:
    attributes = without(CHAT, "gen_ai.response.finish_reasons", "gen_ai.usage.output_tokens")
    assert used(attributes | {"gen_ai.operation.name": "embeddings"}) == ({"input": 997}, None)


@pytest.mark.parametrize("wrong", [-1, 401.0, "401", True, (401,)])
def test_a_detail_is_an_integer(wrong: object) -> None:
    assert used(CHAT | details(cache_read_tokens=wrong)) == ({}, "invalid_usage")


def test_more_cached_than_input_contradicts_it() -> None:
    assert used(CHAT | details(cache_read_tokens=1009)) == ({}, "contradictory_usage")
    assert used(CHAT | details(reasoning_tokens=503)) == ({}, "contradictory_usage")


def test_its_own_estimate_is_no_cost_that_was_told() -> None:
    assert seen(CHAT).call.told is None


@pytest.mark.parametrize(
    ("named", "provider"),
    [("bedrock", "aws.bedrock"), ("google", "gcp.gemini"), ("google-gla", "gcp.gemini"), ("google-vertex", "gcp.vertex_ai")],
)
def test_who_is_asked(named: str, provider: str) -> None:
    assert seen(without(CHAT, "gen_ai.provider.name") | {"gen_ai.system": named}).call.provider == provider
