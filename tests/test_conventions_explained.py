"""The steps by which attributes become counts, said as they are taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_llm_cost.conventions.explained import Explained, Fate, Given, explain
from otel_llm_cost.conventions.litellm import LITELLM
from otel_llm_cost.conventions.openinference import OPENINFERENCE
from otel_llm_cost.conventions.pydantic_ai import PYDANTIC_AI
from otel_llm_cost.conventions.reader import Reader
from otel_llm_cost.conventions.semconv import SEMCONV
from otel_llm_cost.conventions.vercel import VERCEL
from otel_llm_cost.recognise import never_calls

START = 1_782_896_400_000_000_000
KNOWN = "opentelemetry.instrumentation.genai.anthropic"
EXCLUSIVE = "openlit.instrumentation.anthropic"
UNKNOWN = "acme.client"
CHAT: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.request.model": "m",
    "gen_ai.response.model": "m-2",
    "gen_ai.usage.input_tokens": 1009,
    "gen_ai.usage.output_tokens": 101,
}


def steps(attributes: Mapping[str, Any], scope: str = KNOWN, **more: Any) -> Explained:  # noqa: ANN401
    return explain(attributes, scope, "", START, None, failed=False, **more)


def fates(found: Explained) -> dict[str, Fate]:
    return {one.attribute: one.fate for one in found.stated}


def formulas(found: Explained) -> dict[str, str]:
    return {
        formula.component: " ".join(f"{sign * count:+d} {name}" for sign, name, count in formula.terms) + f" = {formula.result}"
        for formula in found.formulas
    }


def test_a_call_is_told_step_by_step() -> None:
    cached = {"gen_ai.usage.cache_read.input_tokens": 401, "gen_ai.usage.cache_creation.input_tokens": 307}
    found = steps(CHAT | cached | {"gen_ai.response.id": "r", "gen_ai.request.max_tokens": 4, "cost.center": "x", "user": "y"})
    assert (found.convention, found.convention_by, found.no_call) == (SEMCONV.name, None, None)
    assert found.fields == {
        "operation": Given("chat", ("gen_ai.operation.name",)),
        "provider": Given("anthropic", ("gen_ai.provider.name",)),
        "model": Given("m-2", ("gen_ai.response.model",)),
        "request_model": Given("m", ("gen_ai.request.model",)),
        "response_model": Given("m-2", ("gen_ai.response.model",)),
        "response_id": Given("r", ("gen_ai.response.id",)),
    }
    assert set(fates(found).values()) == {Fate.READ}
    assert found.unread == {"gen_ai.request.max_tokens": 4, "cost.center": "x"}
    assert found.reading is not None
    assert found.reading.row is not None
    assert KNOWN.startswith(found.reading.row)
    assert formulas(found) == {
        "input": "+1009 input -401 cache_read -307 cache_write = 301",
        "cache_read": "+401 cache_read = 401",
        "cache_write": "+307 cache_write = 307",
        "output": "+101 output = 101",
    }


def test_a_scope_that_leaves_the_cache_out() -> None:
    found = steps(CHAT | {"gen_ai.usage.cache_read.input_tokens": 401}, EXCLUSIVE)
    assert formulas(found)["input"] == "+1009 input = 1009"
    assert found.decision is not None
    assert found.decision.is_cache_beside


def test_an_unknown_scope() -> None:
    found = steps(CHAT | {"gen_ai.usage.cache_read_input_tokens": 401}, UNKNOWN)
    assert found.reading is not None
    assert found.reading.row is None
    assert found.decision is not None
    assert found.decision.doubt == "ambiguous_usage"
    assert found.sighting is not None
    assert found.sighting.call.doubt == "ambiguous_usage"


def test_what_became_of_each_count() -> None:
    read, older = "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"
    assert fates(steps(CHAT | {read: 401, older: 402}))[older] is Fate.SUPERSEDED
    assert fates(steps(CHAT | {read: 401, older: 402}, UNKNOWN))[read] is Fate.READ
    assert fates(steps(CHAT | {older: 402}, UNKNOWN))[older] is Fate.READ
    assert fates(steps(CHAT | {read: "401"}))[read] is Fate.REFUSED
    assert fates(steps(CHAT | {read: None}))[read] is Fate.EMPTY
    totals = {"llm.usage.total_tokens": 1110, "gen_ai.usage.total_tokens": 1110}
    assert sorted(fates(steps(CHAT | totals))[name] for name in totals) == [Fate.READ, Fate.SAME]
    assert Fate.CONTRADICTS in fates(steps(CHAT | totals | {"gen_ai.usage.total_tokens": 7})).values()
    (total,) = [one for one in steps(CHAT | {"gen_ai.usage.total_tokens": 1110}).stated if one.counts == "total"]
    assert not total.is_billed
    assert steps(CHAT | {read: "401"}).decision is None


def test_counts_that_are_not_the_providers() -> None:
    # OpenLIT writes half the text's length where a response has no usage.
    found = steps(CHAT | {"telemetry.sdk.name": "openlit"}, EXCLUSIVE)
    assert fates(found) == {"gen_ai.usage.input_tokens": Fate.UNPROVEN, "gen_ai.usage.output_tokens": Fate.UNPROVEN}
    assert found.formulas == ()
    assert found.sighting is not None
    assert found.sighting.call.doubt == "no_usage"


def test_counts_that_contradict_each_other_are_shown_so() -> None:
    found = steps(CHAT | {"gen_ai.usage.cache_read.input_tokens": 2003})
    assert formulas(found)["input"] == "+1009 input -2003 cache_read = -994"
    assert found.sighting is not None
    assert found.sighting.call.doubt == "contradictory_usage"


def test_what_gave_a_value() -> None:
    # The host says the same as the name: both give it. Where they differ, the host does.
    assert steps(CHAT | {"server.address": "api.anthropic.com"}).fields["provider"] == Given(
        "anthropic", ("gen_ai.provider.name", "server.address")
    )
    host = CHAT | {"gen_ai.provider.name": "openai", "server.address": "api.anthropic.com"}
    assert steps(host).fields["provider"] == Given("anthropic", ("server.address",))
    own = CHAT | {"server.address": "llm.acme.example"}
    assert steps(own, hosts={"llm.acme.example": "acme"}).fields["provider"] == Given("acme", ("server.address",))
    older = {"gen_ai.system": "openai", "gen_ai.request.model": "m", "gen_ai.usage.prompt_tokens": 3}
    assert steps(older).fields["operation"] == Given("chat", tuple(older))
    assert steps(CHAT | {"openai.response.service_tier": "Flex"}).fields["tier"] == Given("flex", ("openai.response.service_tier",))


def test_what_says_which_convention_it_is() -> None:
    found = steps({"openinference.span.kind": "LLM", "llm.provider": "openai", "llm.token_count.prompt": 7}, UNKNOWN)
    assert (found.convention, found.convention_by) == (OPENINFERENCE.name, "openinference.span.kind")
    assert (steps(CHAT, "pydantic-ai").convention, steps(CHAT, "pydantic-ai").convention_by) == (PYDANTIC_AI.name, "scope")


def test_json_in_an_attribute_is_told_by_pointer() -> None:
    raw = '{"input_tokens_details": {"cached_tokens": 401}}'
    found = steps(CHAT | {"gen_ai.usage.raw": raw}, "logfire.openai")
    assert fates(found)["gen_ai.usage.raw/input_tokens_details/cached_tokens"] is Fate.READ
    assert found.unread == {}
    assert formulas(found)["input"] == "+1009 input -401 cache_read = 608"


@pytest.mark.parametrize(
    ("attributes", "scope", "why"),
    [
        (CHAT, "opentelemetry.instrumentation.httpx", "spans of this scope are never calls"),
        (CHAT | {"gen_ai.operation.name": "invoke_agent"}, UNKNOWN, "gen_ai.operation.name is invoke_agent"),
        ({"gen_ai.operation.name": "execute_tool"}, KNOWN, "gen_ai.operation.name is execute_tool"),
        ({"http.request.method": "GET"}, UNKNOWN, "it names no provider and no model and no usage"),
        ({"gen_ai.system": "openai", "gen_ai.request.model": "m"}, UNKNOWN, "it names no usage"),
        ({"gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 1}, UNKNOWN, "it names no provider"),
        (
            {"gen_ai.system": "openai", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 1, "traceloop.span.kind": "task"},
            UNKNOWN,
            "traceloop.span.kind is task",
        ),
        ({"openinference.span.kind": "CHAIN", "llm.token_count.prompt": 3}, UNKNOWN, "openinference.span.kind is CHAIN"),
        ({"openinference.span.kind": "LLM"}, "openinference.instrumentation.openai", "it names no model"),
        ({"ai.operationId": "ai.generateText", "ai.usage.inputTokens": 3}, UNKNOWN, "ai.operationId is ai.generateText"),
        ({}, UNKNOWN, "it names no provider and no model and no usage"),
    ],
)
def test_why_a_span_is_no_call(attributes: dict[str, Any], scope: str, why: str) -> None:
    found = steps(attributes, scope)
    assert found.no_call == why
    assert found.sighting is None


MARKS = ("telemetry.sdk.name", "gen_ai.request.stream", "gen_ai.response.finish_reasons", "llm.invocation_parameters")
NAMES = sorted(
    {
        name
        for convention in (SEMCONV, OPENINFERENCE, VERCEL, LITELLM, PYDANTIC_AI)
        for name in (*convention.counts, *convention.who, *convention.response_id, "error.type", "gen_ai.usage.cost.amount", *MARKS)
        if "/" not in name
    }
)
VALUES = (
    st.integers(-1, 50)
    | st.sampled_from(["chat", "openai", "x_ai", "anthropic", "m", "LLM", "api.x.ai", "12", "", "chat_completions", "{}", "[1]"])
    | st.none()
    | st.booleans()
    | st.floats()
    | st.lists(st.integers(), max_size=2)
    | st.dictionaries(st.text(max_size=2), st.integers(), max_size=1)
)
SCOPES = (
    "",
    KNOWN,
    EXCLUSIVE,
    UNKNOWN,
    "pydantic-ai",
    "logfire.openai",
    "openinference.instrumentation.openai_agents",
    "ai",
    "litellm",
)


@given(
    base=st.sampled_from([{}, CHAT]),
    attributes=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8),
    scope=st.sampled_from([*SCOPES, "opentelemetry.instrumentation.httpx"]),
    failed=st.booleans(),
)
def test_what_is_explained_is_what_is_read(
    base: dict[str, Any],
    attributes: dict[str, Any],
    scope: str,
    failed: bool,  # noqa: FBT001 - hypothesis gives it
) -> None:
    held = base | attributes
    found = explain(held, scope, "", START, START + 7, failed=failed)
    reader = Reader(scope)
    look = reader.look(held)
    if look is None or never_calls(scope):
        assert found.no_call
        assert found.sighting is None
        return
    assert found.no_call is None
    assert repr(found.sighting) == repr(reader.read(look, START, START + 7, failed=failed or "error.type" in held))
    assert found.sighting is not None
    call = found.sighting.call
    if call.doubt != "contradictory_usage" and found.decision is not None:
        assert {formula.component: formula.result for formula in found.formulas if formula.result} == call.usage.by_component()
    for formula in found.formulas:
        assert formula.result == sum(sign * count for sign, _, count in formula.terms)
    if call.doubt == "invalid_usage":
        assert Fate.REFUSED in fates(found).values()
    assert {one.attribute for one in found.stated} <= {*held}
    assert all(given.attributes for field, given in found.fields.items() if field in {"provider", "model", "operation"})
    assert not {one.attribute for one in found.stated} & found.unread.keys()
