"""Span attributes of the GenAI semantic conventions, of every spelling, to what a span shows of a call."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_llm_cost.call import Sighting, Told
from otel_llm_cost.conventions import reader as semconv
from otel_llm_cost.conventions.reader import Reader
from otel_llm_cost.conventions.semconv import SEMCONV
from otel_llm_cost.usage import MAX_COUNT, Usage

START = 1_767_225_600_000_000_000
CHAT: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.usage.input_tokens": 997,
    "gen_ai.usage.output_tokens": 499,
}
INCLUSIVE = "opentelemetry.instrumentation.genai.openai"
EXCLUSIVE = "openlit.instrumentation.anthropic"
UNKNOWN = "my.application"


def show(attributes: Mapping[str, Any], scope: str = INCLUSIVE, *, failed: bool = False) -> Sighting | None:
    """What a fresh reader sees on a span."""
    reader = Reader(scope)
    look = reader.look(attributes)
    return reader.read(look, START, failed=failed) if look is not None else None


def seen(attributes: Mapping[str, Any], scope: str = INCLUSIVE, *, failed: bool = False) -> Sighting:
    sighting = show(attributes, scope, failed=failed)
    assert sighting is not None
    return sighting


def used(attributes: Mapping[str, Any], scope: str = INCLUSIVE, *, failed: bool = False) -> tuple[dict[str, int], str | None]:
    call = seen(attributes, scope, failed=failed).call
    return call.usage.by_component(), call.doubt


def without(attributes: dict[str, Any], *names: str) -> dict[str, object]:
    return {name: value for name, value in attributes.items() if name not in names}


def test_a_span_shows_its_call() -> None:
    sighting = seen(CHAT | {"gen_ai.response.id": "chatcmpl-7", "server.address": "api.openai.com", "error.type": "late"})
    kind, call = sighting.kind, sighting.call
    assert call._asdict() == {
        "provider": "openai",
        "model": "gpt-4o-2024-08-06",
        "at_unix_nano": START,
        "usage": Usage(input=997, output=499),
        "tier": None,
        "doubt": None,
        "assumed": (),
        "told": None,
        "region": "global",
        "end_unix_nano": None,
        "untold": (),
    }
    assert (kind.provider, kind.model, kind.operation) == ("openai", "gpt-4o-2024-08-06", "chat")
    assert (kind.request_model, kind.response_model) == ("gpt-4o", "gpt-4o-2024-08-06")
    assert (kind.tier, kind.server_address, kind.usage_source) == (None, "api.openai.com", "span")
    assert sighting.response_id == "chatcmpl-7"
    assert dict(zip(sighting.stated, sighting.values, strict=True)) == {"input": 997, "output": 499}
    # Only a failed call has an error.
    assert sighting.error_type is None


@pytest.mark.parametrize(
    ("host", "region"),
    [
        pytest.param("api.openai.com", "global", id="everywhere"),
        pytest.param("eu.api.openai.com", "eu", id="europe"),
        pytest.param("bedrock-runtime.eu-central-1.amazonaws.com", "eu-central-1", id="a-region-of-aws"),
        pytest.param("api.anthropic.com", None, id="a-host-that-does-not-say"),
        pytest.param("localhost", None, id="an-unknown-host"),
        pytest.param(None, None, id="no-host"),
    ],
)
def test_the_region_is_that_of_the_host(host: str | None, region: str | None) -> None:
    sighting = seen(CHAT | ({"server.address": host} if host is not None else {}))
    assert (sighting.kind.region, sighting.call.region) == (region, region)


def test_a_call_knows_when_it_ended() -> None:
    reader = Reader(INCLUSIVE)
    look = reader.look(CHAT)
    assert look is not None
    call = reader.read(look, START, START + 7, failed=False).call
    assert (call.at_unix_nano, call.end_unix_nano) == (START, START + 7)


# The attribute, what is told with it (every count another prime), and the counts that it makes.
SPELLINGS = {
    "gen_ai.usage.input_tokens": (983, {"input": 983, "output": 499}),
    "gen_ai.usage.output_tokens": (491, {"input": 997, "output": 491}),
    "gen_ai.usage.cache_read.input_tokens": (401, {"input": 596, "cache_read": 401, "output": 499}),
    "gen_ai.usage.cache_write.input_tokens": (307, {"input": 690, "cache_write": 307, "output": 499}),
    "gen_ai.usage.cache_creation.input_tokens": (307, {"input": 690, "cache_write": 307, "output": 499}),
    "gen_ai.usage.reasoning.output_tokens": (211, {"input": 997, "output": 288, "reasoning": 211}),
    "gen_ai.usage.audio.input_tokens": (101, {"input": 896, "input_audio": 101, "output": 499}),
    "gen_ai.usage.image.input_tokens": (107, {"input": 890, "input_image": 107, "output": 499}),
    "gen_ai.usage.video.input_tokens": (113, {"input": 884, "input_video": 113, "output": 499}),
    "gen_ai.usage.audio.output_tokens": (103, {"input": 997, "output": 396, "output_audio": 103}),
    "gen_ai.usage.image.output_tokens": (109, {"input": 997, "output": 390, "output_image": 109}),
    "anthropic.usage.cache_creation.ephemeral_5m_input_tokens": (131, {"input": 866, "cache_write_5m": 131, "output": 499}),
    "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": (137, {"input": 860, "cache_write_1h": 137, "output": 499}),
    "gen_ai.usage.prompt_tokens": (977, {"input": 977, "output": 499}),
    "llm.usage.prompt_tokens": (971, {"input": 971, "output": 499}),
    "gen_ai.usage.completion_tokens": (487, {"input": 997, "output": 487}),
    "llm.usage.completion_tokens": (479, {"input": 997, "output": 479}),
    "gen_ai.usage.cache_read_input_tokens": (397, {"input": 600, "cache_read": 397, "output": 499}),
    "gen_ai.usage.cached_tokens": (389, {"input": 608, "cache_read": 389, "output": 499}),
    "gen_ai.usage.cached_input_tokens": (383, {"input": 614, "cache_read": 383, "output": 499}),
    "gen_ai.usage.input_cached_tokens": (379, {"input": 618, "cache_read": 379, "output": 499}),
    "gen_ai.usage.cache_write_input_tokens": (313, {"input": 684, "cache_write": 313, "output": 499}),
    "gen_ai.usage.cache_creation_input_tokens": (311, {"input": 686, "cache_write": 311, "output": 499}),
    "gen_ai.usage.reasoning_tokens": (223, {"input": 997, "output": 276, "reasoning": 223}),
    "llm.usage.reasoning_tokens": (227, {"input": 997, "output": 272, "reasoning": 227}),
    "gen_ai.usage.thinking_tokens": (229, {"input": 997, "output": 270, "reasoning": 229}),
    "gen_ai.usage.video.output_tokens": (127, {"input": 997, "output": 372, "output_video": 127}),
}
# Read in tests of their own.
OTHERS = {
    "gen_ai.usage.audio.cache_read.input_tokens",
    "anthropic.usage.compaction.input_tokens",
    "gen_ai.usage.total_tokens",
    "llm.usage.total_tokens",
    "mistral_ai.request.total_tokens",
}
REPLACED = {"input": "gen_ai.usage.input_tokens", "output": "gen_ai.usage.output_tokens"}


def test_every_spelling_is_read_here() -> None:
    assert SPELLINGS.keys() | OTHERS == SEMCONV.counts.keys()


@pytest.mark.parametrize("name", SPELLINGS)
def test_each_spelling_is_read(name: str) -> None:
    count, held = SPELLINGS[name]
    instead = REPLACED.get(SEMCONV.counts[name].rstrip("~'"))
    assert used(without(CHAT, *([instead] if instead is not None else [])) | {name: count}) == (held, None)


@pytest.mark.parametrize("name", SPELLINGS)
def test_what_is_stated_is_compared_under_the_current_names(name: str) -> None:
    count, _ = SPELLINGS[name]
    instead = REPLACED.get(SEMCONV.counts[name].rstrip("~'"))
    sighting = seen(without(CHAT, *([instead] if instead is not None else [])) | {name: count})
    stated = dict(zip(sighting.stated, sighting.values, strict=True))
    assert stated[SEMCONV.counts[name].rstrip("~'")] == count
    assert {"input", "output"} <= stated.keys()


def test_cached_audio_is_in_both_and_counted_once() -> None:
    audio = {
        "gen_ai.usage.audio.input_tokens": 101,
        "gen_ai.usage.cache_read.input_tokens": 401,
        "gen_ai.usage.audio.cache_read.input_tokens": 61,
    }
    assert used(CHAT | audio) == ({"input": 556, "input_audio": 40, "cache_read": 340, "cache_read_audio": 61, "output": 499}, None)


def test_a_compaction_beside_the_usage_leaves_a_doubt() -> None:
    assert used(CHAT | {"anthropic.usage.compaction.input_tokens": 503}) == ({"input": 997, "output": 499}, "incomplete_usage")


@pytest.mark.parametrize(
    ("current", "older"),
    [
        pytest.param("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", id="input"),
        pytest.param("gen_ai.usage.input_tokens", "llm.usage.prompt_tokens", id="input-of-openllmetry"),
        pytest.param("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", id="output"),
        pytest.param("gen_ai.usage.output_tokens", "llm.usage.completion_tokens", id="output-of-openllmetry"),
        pytest.param("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens", id="cache-read"),
        pytest.param("gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation_input_tokens", id="cache-write"),
        pytest.param(
            "gen_ai.usage.cache_write.input_tokens",
            "gen_ai.usage.cache_creation.input_tokens",
            id="cache-write-before-it-was-renamed",
        ),
        pytest.param("gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens", id="cache-creation"),
        pytest.param("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens", id="reasoning"),
    ],
)
def test_of_two_spellings_the_current_one_is_read_in_any_order(current: str, older: str) -> None:
    rest = without(CHAT, current)
    expected = used(rest | {current: 229})
    assert used(rest | {current: 229, older: 233}) == expected
    assert used(rest | {older: 233, current: 229}) == expected


def test_the_scope_decides_what_an_input_holds() -> None:
    cached = CHAT | {"gen_ai.provider.name": "anthropic", "gen_ai.usage.cache_read.input_tokens": 401}
    assert used(cached, INCLUSIVE) == ({"input": 596, "cache_read": 401, "output": 499}, None)
    assert used(cached, EXCLUSIVE) == ({"input": 997, "cache_read": 401, "output": 499}, None)
    assert used(cached, UNKNOWN) == ({"input": 596, "cache_read": 401, "output": 499}, None)
    assert seen(cached, INCLUSIVE).call.assumed == seen(cached, EXCLUSIVE).call.assumed == ()
    assert seen(cached, UNKNOWN).call.assumed == ("input=inclusive",)


def test_the_provider_decides_where_names_are_older() -> None:
    older = {
        "gen_ai.system": "Anthropic",
        "llm.request.type": "chat",
        "gen_ai.request.model": "claude-2",
        "gen_ai.usage.prompt_tokens": 997,
        "gen_ai.usage.completion_tokens": 499,
        "gen_ai.usage.cache_read_input_tokens": 401,
    }
    held = {"input": 596, "cache_read": 401, "output": 499}
    assert used(older, UNKNOWN) == (held, "ambiguous_usage")
    assert used(older | {"gen_ai.system": "OpenAI"}, UNKNOWN) == (held, None)
    # The OpenAI client at another provider's host: that provider's way of counting.
    assert used(older | {"gen_ai.system": "OpenAI", "server.address": "api.anthropic.com"}, UNKNOWN) == (held, "ambiguous_usage")


@pytest.mark.parametrize(
    ("changed", "model"),
    [
        pytest.param({}, "gpt-4o-2024-08-06", id="the-response-says"),
        pytest.param({"gen_ai.response.model": None}, "gpt-4o", id="none-in-the-response"),
        pytest.param({"gen_ai.response.model": ""}, "gpt-4o", id="empty-in-the-response"),
        pytest.param({"gen_ai.response.model": 7}, "gpt-4o", id="a-number-in-the-response"),
        pytest.param({"gen_ai.response.model": ("gpt-4o-2024-08-06",)}, "gpt-4o", id="a-list-in-the-response"),
        pytest.param({"gen_ai.request.model": None}, "gpt-4o-2024-08-06", id="none-in-the-request"),
        pytest.param({"gen_ai.request.model": None, "gen_ai.response.model": None}, "", id="neither"),
        pytest.param({"gen_ai.response.model": "GPT-4o"}, "GPT-4o", id="a-name-stays-as-it-is"),
    ],
)
def test_the_models_name_is_the_responses_before_the_requests(changed: dict[str, Any], model: str) -> None:
    call = seen(CHAT | changed).call
    assert call.model == model
    assert call.provider == "openai"


def test_without_a_response_model_the_request_is_priced() -> None:
    sighting = seen(without(CHAT, "gen_ai.response.model"))
    assert (sighting.call.model, sighting.kind.request_model, sighting.kind.response_model) == ("gpt-4o", "gpt-4o", None)


@pytest.mark.parametrize(
    ("changed", "provider"),
    [
        pytest.param({}, "openai", id="provider-name"),
        pytest.param({"gen_ai.system": "anthropic"}, "openai", id="before-system"),
        pytest.param({"gen_ai.provider.name": None, "gen_ai.system": "xai"}, "x_ai", id="system"),
        pytest.param({"gen_ai.provider.name": "", "gen_ai.system": "xai"}, "x_ai", id="system-for-an-empty-name"),
        pytest.param({"server.address": "api.deepseek.com"}, "deepseek", id="host"),
        pytest.param({"server.address": "localhost"}, "openai", id="loopback"),
        pytest.param({"server.address": 7}, "openai", id="a-number-for-a-host"),
        pytest.param({"gen_ai.provider.name": ("openai",)}, "", id="a-list"),
        pytest.param({"gen_ai.provider.name": None}, "", id="nobody"),
    ],
)
def test_who_is_asked(changed: dict[str, Any], provider: str) -> None:
    assert seen(CHAT | changed).call.provider == provider


@pytest.mark.parametrize(
    ("attributes", "tier"),
    [
        pytest.param({}, None, id="nobody-says"),
        pytest.param({"openai.response.service_tier": "default"}, "standard", id="openai-default"),
        pytest.param({"openai.response.service_tier": "flex"}, "flex", id="openai-flex"),
        pytest.param({"openai.response.service_tier": "Priority"}, "priority", id="capitals"),
        pytest.param({"openai.response.service_tier": "auto"}, None, id="auto-is-what-was-asked-for"),
        pytest.param({"gen_ai.openai.response.service_tier": "priority"}, "priority", id="older-openai"),
        pytest.param({"anthropic.response.service_tier": "standard"}, "standard", id="anthropic-standard"),
        pytest.param({"anthropic.response.service_tier": "batch"}, "batch", id="anthropic-batch"),
        pytest.param({"openai.response.service_tier": "unheard-of"}, "unheard-of", id="unheard-of-stays"),
        pytest.param({"openai.request.service_tier": "flex"}, "flex", id="the-request-where-nobody-says-what-served"),
        pytest.param({"gen_ai.openai.request.service_tier": "flex"}, "flex", id="and-an-older-one"),
        pytest.param({"openai.request.service_tier": "auto"}, None, id="a-request-that-leaves-it-open"),
        pytest.param(
            {"openai.request.service_tier": "flex", "openai.response.service_tier": "default"}, "standard", id="the-response-does"
        ),
        pytest.param({"openai.response.service_tier": ""}, None, id="empty"),
        pytest.param({"openai.response.service_tier": None}, None, id="none"),
        pytest.param({"openai.response.service_tier": 7}, None, id="number"),
        pytest.param({"openai.response.service_tier": ("flex",)}, None, id="list"),
        pytest.param({"openai.response.service_tier": {"tier": "flex"}}, None, id="map"),
    ],
)
def test_the_service_tier_is_the_one_that_served(attributes: dict[str, Any], tier: str | None) -> None:
    sighting = seen(CHAT | attributes)
    assert sighting.call.tier == tier
    assert sighting.kind.tier == tier


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("chatcmpl-7", "chatcmpl-7", id="text"),
        pytest.param("", None, id="empty"),
        pytest.param(7, None, id="number"),
        pytest.param(("chatcmpl-7",), None, id="list"),
        pytest.param(None, None, id="none"),
    ],
)
def test_a_response_id_is_a_text(value: object, expected: str | None) -> None:
    assert seen(CHAT | {"gen_ai.response.id": value}).response_id == expected


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        pytest.param(
            {"gen_ai.usage.cost.amount": 0.25, "gen_ai.usage.cost.currency": "EUR"},
            Told(0.25, "EUR", "local"),
            id="by-the-application",
        ),
        pytest.param(
            {"gen_ai.usage.cost.amount": 0.25, "gen_ai.usage.cost.currency": "USD", "gen_ai.usage.cost.source": "provider"},
            Told(0.25, "USD", "provider"),
            id="by-the-provider",
        ),
        pytest.param({"gen_ai.usage.cost.amount": 0.25}, Told(0.25, None, "local"), id="without-a-currency"),
        pytest.param(
            {"gen_ai.usage.cost.amount": 0, "gen_ai.usage.cost.currency": ""}, Told(0, None, "local"), id="an-empty-currency"
        ),
        pytest.param(
            {"gen_ai.usage.cost.amount": 1, "gen_ai.usage.cost.currency": 7}, Told(1, None, "local"), id="a-number-for-a-currency"
        ),
        pytest.param({"gen_ai.usage.cost.amount": "0.25"}, Told("0.25", None), id="a-text-is-passed-on-to-be-refused"),  # type: ignore[arg-type]
        pytest.param(
            {"gen_ai.usage.cost.amount": 0.25, "gen_ai.usage.cost.source": "guess"}, Told(0.25, None, "local"), id="another-source"
        ),
        # Names under which others write estimates of theirs.
        pytest.param({"gen_ai.usage.cost": 0.25, "gen_ai.usage.cost.currency": "USD"}, None, id="openlit"),
        pytest.param({"operation.cost": 0.25}, None, id="logfire"),
        pytest.param({"llm.cost.total": 0.25}, None, id="openinference"),
    ],
)
def test_a_cost_that_the_span_tells(attributes: dict[str, Any], told: Told | None) -> None:
    call = seen(CHAT | attributes).call
    assert call.told == told
    assert call.usage == Usage(input=997, output=499)


NO_COUNTS = [
    pytest.param(-1, id="negative"),
    pytest.param(float("nan"), id="nan"),
    pytest.param(float("inf"), id="infinite"),
    pytest.param(401.0, id="float"),
    pytest.param(2**63, id="beyond-64-bits"),
    pytest.param(True, id="true"),
    pytest.param(False, id="false"),
    pytest.param("401", id="digits"),
    pytest.param("", id="empty-text"),
    pytest.param(b"401", id="bytes"),
    pytest.param((401,), id="list"),
    pytest.param((), id="empty-list"),
    pytest.param({"tokens": 401}, id="map"),
    pytest.param(Decimal(401), id="decimal"),
]


@pytest.mark.parametrize("scope", [INCLUSIVE, EXCLUSIVE, UNKNOWN])
@pytest.mark.parametrize("wrong", NO_COUNTS)
@pytest.mark.parametrize(
    "name", ["gen_ai.usage.input_tokens", "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.completion_tokens"]
)
def test_a_value_that_is_no_count_makes_the_usage_invalid(name: str, wrong: object, scope: str) -> None:
    sighting = seen(CHAT | {name: wrong}, scope)
    assert (sighting.call.usage, sighting.call.doubt) == (Usage(), "invalid_usage")
    # What cannot be counted cannot be compared with another span's.
    assert (sighting.stated, sighting.values) == ((), ())


@pytest.mark.parametrize("name", sorted(SEMCONV.counts))
def test_every_count_is_checked(name: str) -> None:
    assert used(CHAT | {name: "7"}) == ({}, "invalid_usage")


@pytest.mark.parametrize("wrong", NO_COUNTS)
def test_a_failed_call_with_a_value_that_is_no_count_is_invalid_too(wrong: object) -> None:
    assert used(CHAT | {"gen_ai.usage.input_tokens": wrong}, failed=True) == ({}, "invalid_usage")


def test_the_largest_count_is_read() -> None:
    assert used(CHAT | {"gen_ai.usage.input_tokens": MAX_COUNT}) == ({"input": MAX_COUNT, "output": 499}, None)


@pytest.mark.parametrize("scope", [INCLUSIVE, EXCLUSIVE, UNKNOWN])
def test_a_count_of_none_is_missing(scope: str) -> None:
    assert used(CHAT | {"gen_ai.usage.cache_read.input_tokens": None}, scope) == ({"input": 997, "output": 499}, None)
    assert used(CHAT | {"gen_ai.usage.output_tokens": None}, scope) == ({"input": 997}, "no_usage")


@pytest.mark.parametrize(
    ("changed", "held", "doubt"),
    [
        pytest.param({"gen_ai.usage.cache_read.input_tokens": 1009}, {}, "contradictory_usage", id="more-cached-than-input"),
        pytest.param({"gen_ai.usage.reasoning.output_tokens": 503}, {}, "contradictory_usage", id="more-reasoning-than-output"),
        pytest.param(
            {"gen_ai.usage.cache_read.input_tokens": 997}, {"cache_read": 997, "output": 499}, None, id="all-of-it-cached"
        ),
    ],
)
def test_counts_that_contradict_each_other(changed: dict[str, Any], held: dict[str, int], doubt: str | None) -> None:
    assert used(CHAT | changed) == (held, doubt)
    assert used(CHAT | changed, failed=True) == (held, doubt)


@pytest.mark.parametrize("operation", ["chat", "text_completion", "generate_content", "completion"])
@pytest.mark.parametrize(
    ("missing", "held"),
    [
        pytest.param(["gen_ai.usage.output_tokens"], {"input": 997}, id="output"),
        pytest.param(["gen_ai.usage.input_tokens"], {"output": 499}, id="input"),
        pytest.param(["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"], {}, id="both"),
    ],
)
def test_an_answer_needs_both_its_counts(operation: str, missing: list[str], held: dict[str, int]) -> None:
    attributes = without(CHAT, *missing) | {"gen_ai.operation.name": operation}
    assert used(attributes) == (held, "no_usage")
    assert used(attributes, failed=True) == (held, "error")


@pytest.mark.parametrize("operation", ["embeddings", "embedding", "rerank"])
def test_what_has_no_answer_needs_no_output(operation: str) -> None:
    attributes = without(CHAT, "gen_ai.usage.output_tokens") | {"gen_ai.operation.name": operation}
    assert used(attributes) == ({"input": 997}, None)
    assert used(without(attributes, "gen_ai.usage.input_tokens")) == ({}, "no_usage")
    assert used(without(attributes, "gen_ai.usage.input_tokens"), failed=True) == ({}, "error")


@pytest.mark.parametrize("scope", [INCLUSIVE, EXCLUSIVE, UNKNOWN])
def test_counts_of_zero_are_no_usage(scope: str) -> None:
    assert used(CHAT | {"gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0}, scope) == ({}, "no_usage")
    assert used(CHAT | {"gen_ai.usage.output_tokens": 0}, scope) == ({"input": 997}, None)


@pytest.mark.parametrize(
    ("attributes", "error"),
    [
        pytest.param({"error.type": "timeout"}, "timeout", id="named"),
        pytest.param({}, "_OTHER", id="by-the-status-alone"),
        pytest.param({"error.type": 500}, "_OTHER", id="a-number"),
        pytest.param({"error.type": ""}, "_OTHER", id="empty"),
        pytest.param({"error.type": {"code": 500}}, "_OTHER", id="map"),
    ],
)
def test_a_failed_call_names_its_error_and_is_priced_by_what_it_used(attributes: dict[str, Any], error: str) -> None:
    sighting = seen(CHAT | attributes, failed=True)
    assert sighting.error_type == error
    assert (sighting.call.usage, sighting.call.doubt) == (Usage(input=997, output=499), None)


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"http.request.method": "POST"}, id="http"),
        pytest.param(CHAT | {"gen_ai.operation.name": "invoke_agent"}, id="agent"),
        pytest.param(CHAT | {"gen_ai.operation.name": "execute_tool"}, id="tool"),
        pytest.param(CHAT | {"gen_ai.operation.name": 7}, id="an-operation-of-another-type"),
    ],
)
def test_a_span_that_is_no_call_shows_none(attributes: Mapping[str, object]) -> None:
    assert show(attributes) is None


def test_one_reader_tells_apart_what_differs() -> None:
    reader = Reader(INCLUSIVE)

    def kind_of(attributes: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a Kind or None
        look = reader.look(attributes)
        return look.kind if look is not None else None

    first = kind_of(CHAT)
    assert kind_of(CHAT | {"gen_ai.usage.input_tokens": 7}) is first
    assert kind_of(CHAT | {"gen_ai.response.model": "gpt-4o-2024-11-20"}).model == "gpt-4o-2024-11-20"
    assert kind_of(CHAT | {"gen_ai.provider.name": "x_ai"}).provider == "x_ai"
    assert kind_of(CHAT | {"gen_ai.operation.name": "invoke_agent"}) is None
    assert kind_of(CHAT | {"gen_ai.operation.name": "text_completion"}).operation == "text_completion"
    assert kind_of(CHAT) is first


def test_a_usage_is_never_taken_from_the_span_before() -> None:
    reader = Reader(INCLUSIVE)
    for count in (997, 0, 991, "7", 983):
        attributes = CHAT | {"gen_ai.usage.input_tokens": count}
        look = reader.look(attributes)
        assert look is not None
        fresh = seen(attributes)
        again = reader.read(look, START, failed=False)
        assert again.call == fresh.call
        assert (again.stated, again.values) == (fresh.stated, fresh.values)


WHO = [
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.system",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "server.address",
    "openai.response.service_tier",
    "anthropic.response.service_tier",
    "gen_ai.openai.response.service_tier",
    "llm.request.type",
]


@pytest.mark.parametrize("name", WHO)
def test_each_attribute_of_a_kind_tells_kinds_apart(name: str) -> None:
    # Without an operation's name the older attributes decide.
    base = (
        CHAT
        if name not in {"gen_ai.system", "llm.request.type"}
        else without(CHAT, "gen_ai.operation.name", "gen_ai.provider.name")
    )
    values = ["api.x.ai", "api.groq.com"] if name == "server.address" else ["chat", "embedding"]
    reader = Reader(INCLUSIVE)
    for value in values * 2:
        attributes = base | {"gen_ai.system": "openai"} | {name: value}
        look = reader.look(attributes)
        fresh = Reader(INCLUSIVE).look(attributes)
        assert look is not None
        assert fresh is not None
        shown = [(each.kind.provider, each.kind.model, each.kind.operation, each.kind.tier) for each in (look, fresh)]
        assert shown[0] == shown[1]


class Model(StrEnum):
    """Programs name their models so, and OpenTelemetry keeps the member as the attribute's value."""

    GPT_4O = "gpt-4o-2024-08-06"


class Operation(StrEnum):
    CHAT = "chat"


class Provider(StrEnum):
    OPENAI = "openai"


def test_a_member_of_a_text_enum_is_the_text_that_it_is() -> None:
    named = CHAT | {
        "gen_ai.response.model": Model.GPT_4O,
        "gen_ai.operation.name": Operation.CHAT,
        "gen_ai.provider.name": Provider.OPENAI,
    }
    assert seen(named).call == seen(CHAT).call


@pytest.mark.parametrize("first", [pytest.param(Model.GPT_4O, id="member"), pytest.param("gpt-4o-2024-08-06", id="text")])
def test_what_one_span_says_does_not_change_what_the_next_one_means(first: str) -> None:
    # A member and its text are one key of a dictionary.
    reader = Reader(INCLUSIVE)
    reader.look(CHAT | {"gen_ai.response.model": first})
    look = reader.look(CHAT)
    assert look is not None
    assert look.kind.model == look.kind.response_model == "gpt-4o-2024-08-06"


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(semconv, "_MAX_KINDS", 5)
    monkeypatch.setattr(semconv, "_MAX_SHAPES", 3)
    reader = Reader(INCLUSIVE)
    for number in range(11):
        attributes = CHAT | {"gen_ai.response.model": f"model-{number}"}
        for _ in range(2):
            look = reader.look(attributes)
            assert look is not None
            assert look.kind.model == f"model-{number}"
    (shape,) = reader.shapes.values()
    assert len(shape.kinds) == 5
    for number in range(11):
        attributes = CHAT | {f"my.attribute.{number}": number}
        look = reader.look(attributes)
        assert look is not None
        assert reader.read(look, START, failed=False).call.usage == Usage(input=997, output=499)
    assert len(reader.shapes) == 3


UNHASHABLE = [
    pytest.param({"a": 1}, id="map"),
    pytest.param([1], id="list"),
    pytest.param(({"a": 1},), id="list-of-maps"),
    pytest.param(((1, {"a": 1}),), id="list-of-lists-of-maps"),
]


@pytest.mark.parametrize("value", UNHASHABLE)
@pytest.mark.parametrize("name", SEMCONV.who)
def test_a_value_that_cannot_be_a_key_is_no_name(name: str, value: object) -> None:
    sighting = show(CHAT | {name: value})
    # An operation that is none makes no call; a framework's word does not count beside the operation.
    assert (sighting is None) is (name == "gen_ai.operation.name")
    if sighting is not None:
        assert sighting.call.usage == Usage(input=997, output=499)
        assert sighting.call.model == ("gpt-4o" if name == "gen_ai.response.model" else "gpt-4o-2024-08-06")


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 1000),
    st.integers(),
    st.floats(),
    st.sampled_from(["chat", "openai", "gpt-4o", "flex", "USD", "", "401", b"401", Model.GPT_4O, Operation.CHAT]),
)
ANYTHING = st.one_of(
    SCALARS, st.lists(SCALARS, max_size=2), st.tuples(SCALARS), st.dictionaries(st.just("a"), SCALARS), st.tuples(st.just({"a": 1}))
)
NAMED = st.sampled_from(
    [*SEMCONV.who, *SEMCONV.counts, "gen_ai.response.id", "gen_ai.usage.cost.amount", "gen_ai.usage.cost.currency", "error.type"]
)


@given(
    st.lists(st.dictionaries(NAMED, ANYTHING), min_size=1, max_size=4),
    st.sampled_from([INCLUSIVE, EXCLUSIVE, UNKNOWN]),
    st.booleans(),
)
def test_nothing_on_a_span_makes_a_reader_raise_and_no_span_changes_the_next(
    spans: list[dict[str, object]],
    scope: str,
    failed: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    reader = Reader(scope)
    for attributes in (each | base for each in spans for base in ({}, {"gen_ai.operation.name": "chat"})):
        look = reader.look(attributes)
        again = reader.read(look, START, failed=failed) if look is not None else None
        fresh = show(attributes, scope, failed=failed)
        assert (again is None) is (fresh is None)
        if again is None or fresh is None:
            continue
        assert all(0 < count <= MAX_COUNT for count in again.call.usage.counts)
        assert again.call._replace(told=None) == fresh.call._replace(told=None)
        assert (again.stated, again.values, again.error_type, again.response_id) == (
            fresh.stated,
            fresh.values,
            fresh.error_type,
            fresh.response_id,
        )


def test_the_order_of_attributes_says_nothing() -> None:
    cached = CHAT | {"gen_ai.usage.cache_read.input_tokens": 401, "gen_ai.usage.reasoning.output_tokens": 211}
    held = {"input": 596, "cache_read": 401, "output": 288, "reasoning": 211}
    assert used(cached) == used(dict(reversed(cached.items()))) == (held, None)


def test_an_unknown_scope_says_what_tier_was_asked_for() -> None:
    call = seen(CHAT | {"openai.request.service_tier": "flex"}, UNKNOWN).call
    assert (call.tier, call.assumed) == ("flex", ("tier=flex",))
