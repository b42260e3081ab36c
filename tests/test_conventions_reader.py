"""What holds of reading a span, whoever made it: every convention and every scope of the table, with attributes of any kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_llm_cost.call import Sighting
from otel_llm_cost.conventions import langfuse, litellm, openinference, openllmetry, vercel
from otel_llm_cost.conventions.convention import Convention
from otel_llm_cost.conventions.counts import OLDER, RENAMED
from otel_llm_cost.conventions.langsmith import LANGSMITH
from otel_llm_cost.conventions.litellm_raw import LITELLM_RAW
from otel_llm_cost.conventions.logfire import LOGFIRE
from otel_llm_cost.conventions.openlit import OPENLIT
from otel_llm_cost.conventions.pydantic_ai import PYDANTIC_AI
from otel_llm_cost.conventions.reader import COST_AMOUNT, Reader
from otel_llm_cost.conventions.scope_table import ROWS
from otel_llm_cost.conventions.semconv import SEMCONV
from otel_llm_cost.conventions.spoken import _BY_ATTRIBUTE, _BY_SCOPE, convention_of
from otel_llm_cost.usage import COMPONENTS, MAX_COUNT

START = 1_767_225_600_000_000_000
CHAT: dict[str, Any] = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o"}
LLM: dict[str, Any] = {openinference.MARK: "LLM", "llm.model_name": "gpt-4o", "llm.provider": "openai"}


class Spoken(NamedTuple):
    """A convention, a scope and what makes a span of it a call."""

    convention: Convention
    scope: str
    call: dict[str, Any]


SPOKEN = [
    Spoken(SEMCONV, "my.application", CHAT),
    Spoken(openinference.OPENINFERENCE, "openinference.instrumentation.anthropic", LLM),
    Spoken(openinference.OPENINFERENCE_AGENTS, "openinference.instrumentation.openai_agents", LLM),
    Spoken(openinference.OPENINFERENCE_BEDROCK, "openinference.instrumentation.bedrock", LLM),
    Spoken(openinference.OPENINFERENCE_LANGCHAIN, "openinference.instrumentation.langchain", LLM),
    Spoken(openinference.OPENINFERENCE_LITELLM, "openinference.instrumentation.litellm", LLM),
    Spoken(openinference.OPENINFERENCE_LLAMA_INDEX, "openinference.instrumentation.llama_index", LLM),
    Spoken(openinference.OPENINFERENCE_OPENAI, "openinference.instrumentation.openai", LLM),
    Spoken(openllmetry.OPENLLMETRY_LLAMAINDEX, "opentelemetry.instrumentation.llamaindex", CHAT),
    Spoken(openllmetry.OPENLLMETRY_OPENAI, "opentelemetry.instrumentation.openai.v1", CHAT | {"gen_ai.openai.api_base": ""}),
    Spoken(OPENLIT, "openlit.instrumentation.openai", CHAT),
    Spoken(LOGFIRE, "logfire.anthropic", CHAT),
    Spoken(PYDANTIC_AI, "pydantic-ai", CHAT),
    Spoken(litellm.LITELLM, "litellm", CHAT | {litellm.MARK: "openai/gpt-4o"}),
    Spoken(
        LITELLM_RAW,
        "litellm",
        {"llm.openai.model": "gpt-4o", "llm.openai.usage": "{'prompt_tokens': 997, 'completion_tokens': 499}"},
    ),
    Spoken(LANGSMITH, "langsmith", CHAT | {"langsmith.span.kind": "llm"}),
    Spoken(langfuse.LANGFUSE, "langfuse-sdk", {langfuse.MARK: "generation", "langfuse.observation.model.name": "gpt-4o"}),
    Spoken(vercel.VERCEL, "ai", {vercel.MARK: "ai.generateText.doGenerate", "gen_ai.system": "openai.chat"}),
    Spoken(vercel.VERCEL_SEMCONV, "gen_ai", CHAT),
]
SCOPES = sorted({row.scope for row in ROWS} | {"", "my.application", "opentelemetry.instrumentation.botocore.bedrock-runtime"})
VERSIONS = ["", "0", "9999", "not.one", *sorted({text for row in ROWS for text in (row.since, row.before) if text})]
MARKS = sorted({name for row in ROWS for name in (row.having, row.proof) if name})


def is_of(scope: str, mark: str) -> bool:
    """Whether a row of the table asks for this of spans of this scope."""
    return any(scope.startswith(row.scope) and mark in {row.having, row.proof} for row in ROWS)


BY_NAME = pytest.mark.parametrize("spoken", SPOKEN, ids=lambda spoken: spoken.convention.name)


def show(attributes: Mapping[str, Any], scope: str, version: str = "", *, failed: bool = False) -> Sighting | None:
    """What a fresh reader sees on a span."""
    reader = Reader(scope, version=version)
    look = reader.look(attributes)
    return reader.read(look, START, START + 7, failed=failed) if look is not None else None


def shown(sighting: Sighting | None) -> object:
    """A sighting as it compares: what was told may be no number."""
    if sighting is None:
        return None
    stated = dict(zip(sighting.stated, sighting.values, strict=True))
    return sighting.kind, sighting.call._replace(told=None), sighting.response_id, stated, sighting.error_type


def test_every_convention_is_read_here() -> None:
    known = {SEMCONV.name, LITELLM_RAW.name, *(convention.name for _, convention in (*_BY_SCOPE, *_BY_ATTRIBUTE))}
    assert {spoken.convention.name for spoken in SPOKEN} == known
    # What to look for in the JSON of a span is remembered by a convention's name.
    pointing = {id(convention): convention.name for _, convention in (*_BY_SCOPE, *_BY_ATTRIBUTE) if convention.pointed}
    assert len(set(pointing.values())) == len(pointing)


@BY_NAME
def test_a_span_is_read_by_the_convention_that_it_follows(spoken: Spoken) -> None:
    assert convention_of(frozenset(spoken.call), spoken.scope) is spoken.convention
    assert show(spoken.call, spoken.scope) is not None
    assert show({}, spoken.scope) is None
    assert show({"http.request.method": "POST"}, spoken.scope) is None


@BY_NAME
def test_each_count_of_a_convention_is_one_of_ours(spoken: Spoken) -> None:
    evidence = {"total", "compaction", "tool_input", "uncached", "unreasoned", "untooled"}
    assert {count.rstrip(OLDER + RENAMED) for count in spoken.convention.counts.values()} <= COMPONENTS.keys() | evidence
    # Names that point into an attribute point into one that is looked into.
    pointed = {name.partition("/")[0] for name in [*spoken.convention.counts, *spoken.convention.who] if "/" in name}
    assert pointed <= set(spoken.convention.pointed)


MARKED = sorted({(spoken.scope, mark) for spoken in SPOKEN for mark in MARKS if "/" in mark and is_of(spoken.scope, mark)})


@pytest.mark.parametrize(("scope", "mark"), MARKED)
def test_what_the_table_looks_for_inside_an_attribute_is_found_there(scope: str, mark: str) -> None:
    attribute, *steps = mark.split("/")
    document: object = "there"
    for step in reversed(steps):
        document = {step: document}
    attributes = {attribute: json.dumps(document)}
    assert any(spoken.convention.unfold(attributes).get(mark) == "there" for spoken in SPOKEN if spoken.scope == scope)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 1000) | st.floats() | st.sampled_from(["", "401", "flex", "gpt-4o", "x"]),
    lambda below: st.lists(below, max_size=2) | st.dictionaries(st.sampled_from(["a", "0"]), below, max_size=2),
    max_leaves=4,
)
# Neither 0 nor 1: they are one key with false and true.
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, -1) | st.integers(2, 2000),
    st.integers(MAX_COUNT - 2, MAX_COUNT + 2),
    st.floats(2, 2000) | st.sampled_from([float("nan"), float("inf"), -0.5, 1e300]),
    st.sampled_from(["", "0", "401", "chat", "AGENT", "openai", "x_ai", "flex", "{}", "{'a': 1}", b"401"]),
    st.sampled_from([Decimal(401), Decimal("NaN"), Decimal("sNaN"), object()]),
)
ANYTHING = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=2),
    st.tuples(SCALARS),
    st.dictionaries(st.just("a"), SCALARS),
    st.tuples(st.just({"a": 1})),
)


def nested(leaves: Mapping[str, object]) -> dict[str, Any]:
    """A document that has these values where pointers without their attribute point."""
    document: dict[str, Any] = {}
    for pointer, value in leaves.items():
        *steps, last = pointer.split("/")
        branch = document
        for step in steps:
            below = branch.setdefault(step, {})
            branch = below if isinstance(below, dict) else {}
        branch[last] = value
    return document


def spans_of(spoken: Spoken, values: st.SearchStrategy[Any], inside: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Attributes that the convention knows, with these values on the span and inside its documents."""
    convention = spoken.convention
    names = sorted({*convention.counts, *convention.who, *convention.response_id, *convention.marks})
    flat = [*(name for name in names if "/" not in name), *convention.pointed, *(name for name in MARKS if "/" not in name)]
    others = [COST_AMOUNT, "gen_ai.usage.cost.currency", "error.type", "duration", "logfire.span_type"]
    strategies = [st.dictionaries(st.sampled_from([*flat, *others]), values, max_size=8)]
    for attribute in convention.pointed:
        pointers = [name.removeprefix(f"{attribute}/") for name in names if name.startswith(f"{attribute}/")]
        if pointers:
            leaves = st.dictionaries(st.sampled_from(pointers), inside, max_size=5)
            notation: st.SearchStrategy[Callable[[object], str]] = st.sampled_from([json.dumps, repr])
            written = st.builds(lambda held, write: write(nested(held)), leaves, notation)
            strategies.append(st.dictionaries(st.just(attribute), written, max_size=1))
    return st.tuples(*strategies).map(lambda parts: {name: value for part in parts for name, value in part.items()})


ANY_SPAN = {spoken.convention.name: spans_of(spoken, ANYTHING, JSON) for spoken in SPOKEN}
SCOPED = st.sampled_from(SPOKEN).flatmap(
    lambda spoken: st.tuples(
        st.just(spoken), st.sampled_from([spoken.scope, spoken.scope, *SCOPES]), st.sampled_from(VERSIONS), st.booleans()
    )
)


@given(SCOPED, st.data())
def test_nothing_on_a_span_makes_a_reader_raise_and_no_span_changes_the_next(
    scoped: tuple[Spoken, str, str, bool], data: st.DataObject
) -> None:
    spoken, scope, version, failed = scoped
    spans = data.draw(st.lists(ANY_SPAN[spoken.convention.name], min_size=1, max_size=3))
    reader = Reader(scope, version=version)
    for attributes in [each | base for each in spans for base in ({}, spoken.call)] * 2:
        look = reader.look(attributes)
        again = reader.read(look, START, START + 7, failed=failed) if look is not None else None
        assert isinstance(look is not None and look.is_header, bool)
        assert shown(again) == shown(show(attributes, scope, version, failed=failed))


@given(SCOPED, st.data())
def test_the_order_of_attributes_says_nothing(scoped: tuple[Spoken, str, str, bool], data: st.DataObject) -> None:
    spoken, scope, version, failed = scoped
    attributes = data.draw(ANY_SPAN[spoken.convention.name]) | spoken.call
    turned = dict(data.draw(st.permutations(list(attributes.items()))))
    first, second = (show(each, scope, version, failed=failed) for each in (attributes, turned))
    assert shown(first) == shown(second)
    if first is not None and second is not None:
        # Calls that use the same components are then alike to whoever remembers them.
        assert first.call.usage.components == second.call.usage.components


COUNT = st.one_of(st.integers(0, 30), st.integers(0, 30), st.integers(0, 10**6), st.just(None))
COUNTED_SPAN = {spoken.convention.name: spans_of(spoken, COUNT, COUNT) for spoken in SPOKEN}
TOKENS = {name for name, component in COMPONENTS.items() if component.unit == "token"}


def stated_by(spoken: Spoken, attributes: Mapping[str, Any], *counts: str) -> set[int]:
    """All that the span itself says of a count, under whatever name."""
    unfolded = spoken.convention.unfold(attributes)
    return {
        unfolded[name]
        for name, count in spoken.convention.counts.items()
        if count.rstrip(OLDER + RENAMED) in counts and type(unfolded.get(name)) is int
    }


@given(SCOPED, st.data())
def test_every_token_is_in_one_component(scoped: tuple[Spoken, str, str, bool], data: st.DataObject) -> None:
    spoken, scope, version, failed = scoped
    attributes = data.draw(COUNTED_SPAN[spoken.convention.name]) | spoken.call
    if convention_of(frozenset(attributes), scope) is not spoken.convention:
        scope = spoken.scope
    sighting = show(attributes, scope, version, failed=failed)
    if sighting is None:
        return
    usage = sighting.call.usage
    held, stated = usage.by_component(), dict(zip(sighting.stated, sighting.values, strict=True))
    assert all(0 < count <= MAX_COUNT for count in usage.counts)
    assert list(held) == [name for name in COMPONENTS if name in held]
    if not held or not {"input", "output"} <= stated.keys():
        return
    # What is stated holds what was found beside it: so much is billed.
    tokens = sum(count for name, count in held.items() if name in TOKENS)
    assert tokens == stated["input"] + stated["output"]
    assert held.get("reasoning", 0) <= stated["output"]
    assert held.get("cache_read", 0) + held.get("cache_write", 0) <= stated["input"]
    # And it is what the span says, with what stood beside it or without.
    cached, reasoning = stated.get("cache_read", 0) + stated.get("cache_write", 0), stated.get("reasoning", 0)
    tools = {0, *stated_by(spoken, attributes, "tool_input")}
    given_ = stated_by(spoken, attributes, "input")
    assert stated["input"] in {count + beside + tool for count in given_ for beside in (0, cached) for tool in tools}
    assert stated["output"] in {count + beside for count in stated_by(spoken, attributes, "output") for beside in (0, reasoning)}


# Scopes whose counts may be written as text or as doubles, by how they were seen to be.
WRITTEN = {
    "opentelemetry.instrumentation.cohere",
    "openlit.instrumentation.cohere",
    "litellm",
    "ai",
    "gen_ai",
}


@pytest.mark.parametrize("written", ["401", 401.0])
@pytest.mark.parametrize("scope", SCOPES)
def test_texts_and_doubles_are_counts_only_where_they_are_known_to_be_written(scope: str, written: object) -> None:
    attributes: dict[str, Any]
    for spoken in SPOKEN:
        if convention_of(frozenset(spoken.call), scope) is not spoken.convention or "/" in next(iter(spoken.convention.counts)):
            continue
        names = {
            count: name
            for name, count in spoken.convention.counts.items()
            if count in {"input", "output", "cache_read"} and "/" not in name
        }
        attributes = spoken.call | {names["input"]: 997, names["output"]: 499, names["cache_read"]: written}
        sighting = show(attributes, scope)
        assert sighting is not None
        is_written = scope in WRITTEN or spoken.convention.scope in WRITTEN
        assert (sighting.call.doubt == "invalid_usage") is not is_written, spoken.convention.name
        assert (sighting.stated == ()) is not is_written


@BY_NAME
def test_a_count_is_checked_wherever_it_stands(spoken: Spoken) -> None:
    for name in spoken.convention.counts:
        attribute, slash, pointer = name.partition("/")
        for wrong in (-1, 2**63, 4.5, "many", [401], True):
            value = json.dumps(nested({pointer: wrong})) if slash else wrong
            sighting = show(spoken.call | {attribute: value}, spoken.scope)
            # OpenInference of LlamaIndex and Anthropic's counting of tokens have such members: those are no calls.
            if sighting is not None:
                assert sighting.call.doubt == "invalid_usage", (name, wrong)
                assert sighting.call.usage.components == ()


def test_what_is_remembered_of_one_scope_is_bounded() -> None:
    reader = Reader("ai")
    for number in range(1100):
        look = reader.look({vercel.MARK: "ai.embed.doEmbed", "ai.usage.tokens": 997, f"own.{number}": 7})
        assert look is not None
    assert len(reader.shapes) == 1024
