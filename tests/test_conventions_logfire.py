"""Spans of Logfire's instrumentations. Every count is another prime, and what is expected is worked out here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from otel_llm_cost.call import Sighting
from otel_llm_cost.conventions.reader import Look, Reader

START = 1_767_225_600_000_000_000
OPENAI, ANTHROPIC = "logfire.openai", "logfire.anthropic"
RAW = "gen_ai.usage.raw"
CHAT: dict[str, Any] = {
    "logfire.span_type": "span",
    "logfire.msg": "Chat Completion with 'gpt-4o'",
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.system": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-dated",
    "gen_ai.response.id": "chatcmpl-7",
    "gen_ai.response.finish_reasons": '["stop"]',
    "gen_ai.usage.input_tokens": 997,
    "gen_ai.usage.output_tokens": 499,
    "operation.cost": 0.0123,
}
CLAUDE = CHAT | {"gen_ai.provider.name": "anthropic", "gen_ai.system": "anthropic", "gen_ai.response.id": "msg-7"}
HEADER = {
    name: CHAT[name]
    for name in ("logfire.span_type", "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.system", "gen_ai.request.model")
}


def look(attributes: Mapping[str, Any], scope: str = OPENAI, version: str = "5.4.0") -> tuple[Reader, Look | None]:
    reader = Reader(scope, version=version)
    return reader, reader.look(attributes)


def seen(attributes: Mapping[str, Any], scope: str = OPENAI, version: str = "5.4.0", *, failed: bool = False) -> Sighting:
    reader, first = look(attributes, scope, version)
    assert first is not None
    return reader.read(first, START, failed=failed)


def used(attributes: Mapping[str, Any], scope: str = OPENAI, version: str = "5.4.0") -> tuple[dict[str, int], str | None]:
    call = seen(attributes, scope, version).call
    return call.usage.by_component(), call.doubt


def without(attributes: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if name not in names}


def raw(**usage: object) -> dict[str, str]:
    return {RAW: json.dumps(usage)}


def test_a_span_shows_its_call() -> None:
    sighting = seen(CHAT)
    call = sighting.call
    assert (call.provider, call.model, call.tier, call.doubt, call.assumed) == (
        "openai",
        "gpt-4o-dated",
        None,
        None,
        ("provider=openai",),
    )
    assert call.usage.by_component() == {"input": 997, "output": 499}
    assert sighting.response_id == "chatcmpl-7"
    # Its own estimate is no cost that was told.
    assert call.told is None


CHAT_RAW = raw(
    prompt_tokens=997,
    completion_tokens=499,
    total_tokens=1496,
    prompt_tokens_details={"cached_tokens": 401, "cache_write_tokens": 31, "audio_tokens": 0},
    completion_tokens_details={"reasoning_tokens": 211, "audio_tokens": 103, "accepted_prediction_tokens": 0},
)
RESPONSES_RAW = raw(
    input_tokens=997,
    output_tokens=499,
    input_tokens_details={"cached_tokens": 401, "cache_write_tokens": 31},
    output_tokens_details={"reasoning_tokens": 211},
)


@pytest.mark.parametrize("version", ["5.4.0", "5.2.0", "4.30", ""])
def test_openais_details_are_in_its_own_usage(version: str) -> None:
    # 997 - 401 - 31, 499 - 211 - 103
    held = {"input": 565, "cache_read": 401, "cache_write": 31, "output": 185, "reasoning": 211, "output_audio": 103}
    components, doubt = used(CHAT | CHAT_RAW, OPENAI, version)
    assert (components, doubt) == (held, None)
    assert used(CHAT | RESPONSES_RAW, OPENAI, version)[0] == {
        "input": 565,
        "cache_read": 401,
        "cache_write": 31,
        "output": 288,
        "reasoning": 211,
    }


ANTHROPIC_RAW = raw(
    # The provider's own input, which the cache stands beside.
    input_tokens=61,
    output_tokens=499,
    output_tokens_details={"thinking_tokens": 211},
    cache_read_input_tokens=401,
    cache_creation_input_tokens=268,
    cache_creation={"ephemeral_5m_input_tokens": 131, "ephemeral_1h_input_tokens": 137},
    server_tool_use={"web_search_requests": 3, "web_fetch_requests": 0},
    service_tier="priority",
)
ANTHROPIC_HELD = {
    "input": 61,
    "cache_read": 401,
    "cache_write_5m": 131,
    "cache_write_1h": 137,
    "output": 288,
    "reasoning": 211,
    "web_searches": 3,
}


@pytest.mark.parametrize(
    ("version", "given"),
    [
        pytest.param("5.4.0", 61 + 401 + 268, id="newest"),
        pytest.param("5.2.0", 61 + 401 + 268, id="before-details"),
        pytest.param("4.31", 61 + 401 + 268, id="first-inclusive"),
        pytest.param("", 61 + 401 + 268, id="without-a-version"),
        pytest.param("4.30", 61, id="last-exclusive"),
    ],
)
def test_anthropics_input_holds_the_cache_since_4_31(version: str, given: int) -> None:
    attributes = CLAUDE | ANTHROPIC_RAW | {"gen_ai.usage.input_tokens": given}
    assert used(attributes, ANTHROPIC, version) == (ANTHROPIC_HELD, None)
    sighting = seen(attributes, ANTHROPIC, version)
    assert (sighting.call.tier, sighting.call.assumed) == ("priority", ())
    stated = dict(zip(sighting.stated, sighting.values, strict=True))
    assert (stated["input"], stated["cache_read"], stated["cache_write"]) == (730, 401, 268)


def test_attributes_of_its_own_and_the_raw_usage_are_one() -> None:
    both = CHAT | CHAT_RAW | {"gen_ai.usage.cache_read.input_tokens": 401, "gen_ai.usage.cache_creation.input_tokens": 31}
    assert used(both) == used(CHAT | CHAT_RAW)


@pytest.mark.parametrize(
    ("changed", "version", "doubt"),
    [
        pytest.param({}, "5.4.0", None, id="finished"),
        pytest.param({"gen_ai.response.finish_reasons": None}, "5.4.0", None, id="named-though-empty"),
        pytest.param(None, "5.4.0", "no_usage", id="left-early"),
        pytest.param(None, "5.3", "no_usage", id="left-early-in-the-first-that-tells"),
        # Nothing tells it from a finished one.
        pytest.param(None, "5.2.0", None, id="left-early-in-the-last-that-does-not"),
        pytest.param(None, "", "no_usage", id="without-a-version"),
    ],
)
def test_the_output_of_a_stream_that_was_left_early_is_that_of_its_start(
    changed: dict[str, Any] | None, version: str, doubt: str | None
) -> None:
    log = CLAUDE | {"logfire.span_type": "log", "duration": 1.5}
    log = without(log, "gen_ai.response.finish_reasons") if changed is None else log | changed
    held = {"input": 997} if doubt is not None else {"input": 997, "output": 499}
    assert used(log, ANTHROPIC, version) == (held, doubt)


@pytest.mark.parametrize(
    ("attributes", "is_header"),
    [
        pytest.param(HEADER, True, id="headers-alone"),
        pytest.param(HEADER | {"gen_ai.operation.name": "text_completion"}, True, id="of-a-completion"),
        pytest.param(HEADER | {"gen_ai.operation.name": "embeddings"}, False, id="embeddings-are-not-streamed"),
        pytest.param(HEADER | {"logfire.span_type": "log"}, False, id="the-log"),
        pytest.param(without(HEADER, "logfire.span_type"), False, id="of-another-type"),
        pytest.param(HEADER | {"gen_ai.response.id": "chatcmpl-7"}, False, id="a-whole-answer"),
        pytest.param(HEADER | {"gen_ai.usage.input_tokens": 997}, False, id="with-its-usage"),
        pytest.param(CHAT, False, id="plain"),
        pytest.param(HEADER | {"logfire.span_type": {"a": "span"}}, False, id="a-map-for-a-type"),
    ],
)
def test_a_stream_begins_with_a_span_that_has_no_usage(attributes: dict[str, Any], is_header: bool) -> None:  # noqa: FBT001 - of the table
    _, first = look(attributes)
    assert first is not None
    assert first.is_header is is_header
    _, first = look(attributes, "opentelemetry.instrumentation.genai.openai")
    assert first is not None
    assert first.is_header is False


@pytest.mark.parametrize(
    ("seconds", "started"),
    [
        pytest.param(1.5, -1_500_000_000, id="seconds"),
        pytest.param(0.25, -250_000_000, id="less-than-one"),
        pytest.param(0.0, 0, id="none"),
        pytest.param(-1.5, 0, id="negative"),
        pytest.param(1e9, 0, id="more-than-a-day"),
        pytest.param(float("nan"), 0, id="no-number"),
        pytest.param(float("inf"), 0, id="infinite"),
        pytest.param("1.5", 0, id="text"),
        pytest.param(None, 0, id="nothing"),
        pytest.param((1.5,), 0, id="list"),
    ],
)
def test_a_log_says_how_long_the_stream_took(seconds: object, started: int) -> None:
    attributes = CHAT | {"logfire.span_type": "log", "duration": seconds}
    reader, first = look(attributes)
    assert first is not None
    assert reader.read(first, START, START, failed=False).call.at_unix_nano == START + started
    # A span that began before that is believed.
    assert reader.read(first, START - 9_000_000_000, START, failed=False).call.at_unix_nano == START - 9_000_000_000
    # Elsewhere the attribute is the application's.
    reader, first = look(attributes, "my.application")
    assert first is not None
    assert reader.read(first, START, START, failed=False).call.at_unix_nano == START


@pytest.mark.parametrize("text", ["", "{", "null", "[]", "7", '{"prompt_tokens_details": null}', 7, None, {"cached_tokens": 401}])
def test_a_raw_usage_that_says_nothing(text: object) -> None:
    assert used(CHAT | {RAW: text}) == ({"input": 997, "output": 499}, None)


@pytest.mark.parametrize("wrong", [-1, 401.0, "401", True, [401], {"a": 401}])
def test_a_raw_count_is_an_integer(wrong: object) -> None:
    assert used(CHAT | raw(prompt_tokens_details={"cached_tokens": wrong})) == ({}, "invalid_usage")


def test_more_cached_than_input_contradicts_it() -> None:
    assert used(CHAT | raw(prompt_tokens_details={"cached_tokens": 1009})) == ({}, "contradictory_usage")
