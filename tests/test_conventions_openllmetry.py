"""Spans of OpenLLMetry's instrumentations. Every count is another prime, and what is expected is worked out here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from otel_llm_cost.call import Sighting
from otel_llm_cost.conventions.reader import Reader

START = 1_767_225_600_000_000_000
NEWEST = "0.62.4"
CHAT: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-dated",
    "gen_ai.response.id": "chatcmpl-7",
    "gen_ai.usage.input_tokens": 997,
    "gen_ai.usage.output_tokens": 499,
    "gen_ai.usage.total_tokens": 1496,
    "gen_ai.usage.cache_read.input_tokens": 401,
}
HELD = {"input": 596, "cache_read": 401, "output": 499}  # 997 - 401
BESIDE = {"input": 997, "cache_read": 401, "output": 499}
OPENAI = "openai.v1"


def show(attributes: Mapping[str, Any], name: str = OPENAI, version: str = NEWEST, *, failed: bool = False) -> Sighting | None:
    reader = Reader(f"opentelemetry.instrumentation.{name}", version=version)
    look = reader.look(attributes)
    return reader.read(look, START, failed=failed) if look is not None else None


def seen(attributes: Mapping[str, Any], name: str = OPENAI, version: str = NEWEST) -> Sighting:
    sighting = show(attributes, name, version)
    assert sighting is not None
    return sighting


def used(attributes: Mapping[str, Any], name: str = OPENAI, version: str = NEWEST) -> tuple[dict[str, int], str | None]:
    call = seen(attributes, name, version).call
    return call.usage.by_component(), call.doubt


def without(attributes: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if name not in names}


@pytest.mark.parametrize(
    ("name", "provider", "held"),
    [
        pytest.param(OPENAI, "openai", HELD, id="openai"),
        pytest.param("anthropic", "anthropic", HELD, id="anthropic"),
        pytest.param("google_generativeai", "gcp.gen_ai", HELD, id="gemini"),
        pytest.param("vertexai", "Google", HELD, id="vertex"),
        pytest.param("groq", "groq", HELD, id="groq"),
        pytest.param("mistralai", "MistralAI", HELD, id="mistral"),
        pytest.param("langchain", "openai", HELD, id="langchain"),
        pytest.param("langchain", "anthropic", HELD, id="langchain-on-anthropic"),
        pytest.param("openai_agents", "openai", HELD, id="openai-agents"),
        pytest.param("writer", "writer", HELD, id="writer"),
        pytest.param("llamaindex", "openai", HELD, id="llama-index"),
        # These pass the response's own counts on.
        pytest.param("llamaindex", "anthropic_llm", BESIDE, id="llama-index-on-anthropic"),
        pytest.param("bedrock", "aws.bedrock", BESIDE, id="bedrock"),
    ],
)
def test_whose_input_holds_the_cache(name: str, provider: str, held: dict[str, int]) -> None:
    attributes = CHAT | {"gen_ai.provider.name": provider}
    assert used(attributes, name) == (held, None)
    assert seen(attributes, name).call.assumed == ()


@pytest.mark.parametrize(
    ("version", "held", "doubt"),
    [
        pytest.param(NEWEST, HELD, None, id="newest"),
        pytest.param("0.33.4", HELD, None, id="since"),
        pytest.param("", HELD, None, id="without-a-version"),
        # Before that the cache was nowhere; these read what an instrumentation beside it may have added.
        pytest.param("0.33.3", BESIDE, "incomplete_usage", id="before"),
    ],
)
def test_anthropics_input_holds_the_cache_since_0_33_4(version: str, held: dict[str, int], doubt: str | None) -> None:
    attributes = without(CHAT, "gen_ai.usage.total_tokens") | {"gen_ai.provider.name": "anthropic"}
    assert used(attributes, "anthropic", version) == (held, doubt)


def test_anthropics_older_counts_are_its_own() -> None:
    older = {
        "gen_ai.system": "Anthropic",
        "llm.request.type": "completion",
        "gen_ai.request.model": "claude",
        "gen_ai.usage.prompt_tokens": 997,
        "gen_ai.usage.completion_tokens": 499,
        "llm.usage.total_tokens": 1496,
    }
    assert used(older, "anthropic", "0.31.4") == ({}, "no_usage")
    assert used(older, "anthropic", "0.32.2") == ({"input": 997, "output": 499}, "incomplete_usage")
    assert used(older, "anthropic", "0.40.14") == ({"input": 997, "output": 499}, None)


def test_anthropics_streams_state_some_tokens_too_many() -> None:
    streamed = CHAT | {"gen_ai.provider.name": "anthropic", "gen_ai.is_streaming": True}
    assert seen(streamed, "anthropic").call.assumed == ("output=overstated",)
    assert used(streamed, "anthropic") == (HELD, None)


@pytest.mark.parametrize(
    "older",
    [
        pytest.param({"gen_ai.usage.prompt_tokens": 997, "gen_ai.usage.completion_tokens": 499}, id="gen_ai"),
        pytest.param({"llm.usage.prompt_tokens": 997, "llm.usage.completion_tokens": 499}, id="llm"),
        pytest.param({"gen_ai.usage.prompt_tokens": 997, "gen_ai.usage.output_tokens": 499}, id="a-mix"),
    ],
)
def test_older_names_are_read_as_the_scope_says(older: dict[str, int]) -> None:
    attributes = {
        "gen_ai.system": "OpenAI",
        "llm.request.type": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.cache_read_input_tokens": 401,
    }
    assert used(attributes | older, OPENAI, "0.47.5") == (HELD, None)
    assert seen(attributes | older, OPENAI, "0.47.5").call.assumed == ()


@pytest.mark.parametrize("name", ["gen_ai.usage.reasoning_tokens", "llm.usage.reasoning_tokens"])
def test_reasoning_is_inside_the_output(name: str) -> None:
    assert used(CHAT | {name: 211}) == ({"input": 596, "cache_read": 401, "output": 288, "reasoning": 211}, None)


@pytest.mark.parametrize("total", ["gen_ai.usage.total_tokens", "llm.usage.total_tokens"])
@pytest.mark.parametrize("name", ["google_generativeai", "vertexai"])
def test_geminis_thoughts_are_in_the_total_alone(name: str, total: str) -> None:
    gemini = without(CHAT, "gen_ai.usage.total_tokens") | {"gen_ai.provider.name": "gcp.gen_ai"}
    assert used(gemini | {total: 997 + 499 + 211}, name) == (HELD, "incomplete_usage")
    assert used(gemini | {total: 1496}, name) == (HELD, None)


@pytest.mark.parametrize("value", [997.0, 997, "997"])
def test_cohere_states_billed_units_as_doubles(value: object) -> None:
    cohere = {
        "gen_ai.system": "Cohere",
        "llm.request.type": "chat",
        "gen_ai.request.model": "command",
        "gen_ai.usage.prompt_tokens": value,
        "gen_ai.usage.completion_tokens": 499.0,
        "llm.usage.total_tokens": 1496.0,
    }
    assert used(cohere, "cohere") == ({"input": 997, "output": 499}, None)
    assert used(cohere | {"gen_ai.usage.prompt_tokens": 997.5}, "cohere") == ({}, "invalid_usage")
    assert used(cohere, "groq") == ({}, "invalid_usage")


@pytest.mark.parametrize(
    ("name", "changed", "is_call"),
    [
        pytest.param(OPENAI, {}, True, id="openai"),
        # A response that is fetched again: its span has no request.
        pytest.param(OPENAI, {"gen_ai.request.model": None}, False, id="openai-fetched-again"),
        pytest.param("openai_agents", {"gen_ai.request.model": None}, True, id="agents-name-the-response-alone"),
        pytest.param("langchain", {"traceloop.workflow.name": "w"}, True, id="langchain"),
        pytest.param("langchain", {"gen_ai.operation.name": "invoke_agent"}, False, id="langchain-workflow"),
        pytest.param("langchain", {"gen_ai.operation.name": "execute_task"}, False, id="langchain-task"),
        pytest.param("llamaindex", {"traceloop.span.kind": "task"}, True, id="llama-index-task-with-a-usage"),
        pytest.param("openai_agents", {"gen_ai.operation.name": "handoff"}, False, id="agents-handoff"),
        pytest.param("crewai", {"gen_ai.operation.name": "invoke_agent"}, False, id="crewai-sums-up"),
    ],
)
def test_which_spans_are_calls(name: str, changed: dict[str, Any], is_call: bool) -> None:  # noqa: FBT001 - of the table
    assert (show(CHAT | changed, name) is not None) is is_call


def test_only_the_llama_index_task_that_has_the_usage_is_a_call() -> None:
    outer = {"gen_ai.operation.name": "chat", "traceloop.span.kind": "workflow", "gen_ai.request.model": None}
    assert show(outer, "llamaindex") is None
    assert used(outer | {"gen_ai.usage.input_tokens": 997, "gen_ai.usage.output_tokens": 499}, "llamaindex") == (
        {"input": 997, "output": 499},
        None,
    )


def test_a_decorated_function_is_no_call() -> None:
    decorated = without(CHAT, "gen_ai.operation.name") | {"traceloop.span.kind": "workflow"}
    reader = Reader("traceloop.tracer")
    assert reader.look(decorated) is None
    assert reader.look(without(decorated, "traceloop.span.kind")) is not None


@pytest.mark.parametrize(
    ("base", "provider"),
    [
        pytest.param("https://api.openai.com/v1/", "openai", id="openai"),
        pytest.param("https://api.deepseek.com", "deepseek", id="deepseek"),
        pytest.param("https://api.groq.com/openai/v1/", "groq", id="groq"),
        pytest.param("http://localhost:8000/v1", "openai", id="loopback"),
        pytest.param("http://[::1", "openai", id="no-url"),
        pytest.param("http://host:port/", "openai", id="no-port"),
        pytest.param("api.deepseek.com", "openai", id="no-scheme"),
        pytest.param("", "openai", id="empty"),
        pytest.param(7, "openai", id="number"),
        pytest.param(None, "openai", id="none"),
    ],
)
def test_who_is_asked_stands_in_the_clients_url(base: object, provider: str) -> None:
    assert seen(CHAT | {"gen_ai.openai.api_base": base}).call.provider == provider


def test_a_host_that_the_user_names_is_found_in_the_clients_url() -> None:
    reader = Reader(f"opentelemetry.instrumentation.{OPENAI}", {"localhost:8000": "deepseek"}, NEWEST)
    for base, provider in (("http://localhost:8000/v1", "deepseek"), ("http://localhost:8001/v1", "openai")):
        look = reader.look(CHAT | {"gen_ai.openai.api_base": base})
        assert look is not None
        assert look.kind.provider == provider


@pytest.mark.parametrize(
    ("provider", "model"),
    [("langchain", "gpt-4o"), ("mistral_ai", "mistral-large"), ("together_ai", "llama"), ("openai", "gpt-4o")],
)
def test_langchain_says_whose_model_it_is(provider: str, model: str) -> None:
    attributes = CHAT | {"gen_ai.provider.name": provider, "gen_ai.response.model": model}
    assert (seen(attributes, "langchain").call.provider, seen(attributes, "langchain").call.model) == (provider, model)


LS = "traceloop.association.properties.ls_provider"


def test_openais_details_are_lost_under_a_tier_of_langchains() -> None:
    # Its own span of OpenAI's has the count, if only 0; under a tier it has none, and neither the tier.
    assert used(CHAT | {LS: "openai"}, "langchain") == (HELD, None)
    assert used(CHAT | {LS: "openai", "gen_ai.usage.cache_read.input_tokens": 0}, "langchain") == (
        {"input": 997, "output": 499},
        None,
    )
    lost = without(CHAT, "gen_ai.usage.cache_read.input_tokens") | {LS: "openai"}
    assert used(lost, "langchain") == ({}, "no_usage")
    # Of others nothing is known to be lost.
    assert used(lost | {"gen_ai.provider.name": "mistral_ai"}, "langchain") == ({"input": 997, "output": 499}, None)


def test_what_langchain_wrote_to_anthropics_cache_is_not_told_of_a_whole_answer() -> None:
    claude = CHAT | {"gen_ai.provider.name": "anthropic", "gen_ai.usage.cache_creation.input_tokens": 0}
    assert seen(claude, "langchain").call.untold == ("cache_write",)
    # A stream, which has no id, tells it.
    assert "cache_write" not in seen(without(claude, "gen_ai.response.id"), "langchain").call.untold


def test_bedrocks_streams_do_not_tell_what_was_cached() -> None:
    claude = CHAT | {"gen_ai.provider.name": "aws.bedrock", "gen_ai.response.model": "anthropic.claude"}
    assert used(claude, "bedrock") == (BESIDE, None)
    lost = without(claude, "gen_ai.usage.cache_read.input_tokens")
    assert used(lost, "bedrock") == ({"input": 997, "output": 499}, "incomplete_usage")
    assert used(lost | {"gen_ai.response.model": "meta.llama"}, "bedrock") == ({"input": 997, "output": 499}, None)


def test_a_value_of_none_is_missing() -> None:
    nones = {"openai.request.service_tier": None, "gen_ai.usage.reasoning_tokens": None, "gen_ai.usage.total_tokens": None}
    assert used(CHAT | nones) == (HELD, None)
    assert seen(CHAT | nones).call.tier is None


def test_a_stream_without_usage_of_mistrals_says_0() -> None:
    zeros = {"gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0, "gen_ai.usage.total_tokens": 0}
    attributes = without(CHAT, "gen_ai.usage.cache_read.input_tokens") | zeros | {"gen_ai.provider.name": "mistral_ai"}
    assert used(attributes, "mistralai") == ({}, "no_usage")


def test_more_cached_than_input() -> None:
    more = CHAT | {"gen_ai.usage.cache_read.input_tokens": 1009, "gen_ai.usage.total_tokens": None}
    assert used(more) == ({}, "contradictory_usage")
    assert used(more | {"gen_ai.provider.name": "aws.bedrock"}, "bedrock") == (
        {"input": 997, "cache_read": 1009, "output": 499},
        None,
    )
    # Whoever calls the SDK's own reporting says what its input holds: nobody knows.
    reader = Reader("traceloop.tracer")
    look = reader.look(more)
    assert look is not None
    assert reader.read(look, START, failed=False).call.usage.by_component() == {"input": 997, "cache_read": 1009, "output": 499}
