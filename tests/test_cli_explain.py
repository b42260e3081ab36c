"""`otel-llm-cost explain`: what it finds is what the processor writes."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal as D
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import NATIVE, OPENLLMETRY, PARENT, TABLE, UNKNOWN, Ran, Telemetry, call
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan
from test_conventions_explained import NAMES
from test_span_files import otlp

from otel_llm_cost.cli.file_costs import FileCost, changes, cost_of
from otel_llm_cost.cli.file_once import duplicates_in
from otel_llm_cost.span_files.file import spans_of_text

MILLION = 1_000_000
GPT_4O = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.usage.input_tokens": 1009,
    "gen_ai.usage.cache_read.input_tokens": 401,
    "gen_ai.usage.output_tokens": 103,
}
SPAN = {
    "name": "chat gpt-4o",
    "scope": "opentelemetry.instrumentation.genai.openai",
    "version": "1.3b0",
    "start": "2026-07-01T09:00:00Z",
    "end": "2026-07-01T09:00:02Z",
    "attributes": GPT_4O,
}


@pytest.fixture
def explained(command: Callable[..., Ran], tmp_path: Path) -> Callable[..., Ran]:
    """Explains a document, or a file's text."""

    def run(document: object, *arguments: str) -> Ran:
        text = document if isinstance(document, str) else json.dumps(document)
        (tmp_path / "SPAN.json").write_text(text)
        return command("explain", "SPAN.json", *arguments)

    return run


def found_in(text: str, *, scope: str = "", strict: bool = False) -> list[FileCost]:
    return [cost_of(span, (scope, ""), TABLE, 0, strict=strict) for span in spans_of_text(text, "SPAN.json")]


def test_a_span_is_explained_to_the_last_digit(explained: Callable[..., Ran]) -> None:
    ran = explained(SPAN, "--json")
    (span,) = ran.json["spans"]
    # gpt-4o-2024-08-06: $2.50 in, $1.25 cached, $10 out.
    parts = {"input": D(608) * D("2.50") / MILLION, "cache_read": D(401) * D("1.25") / MILLION, "output": D(103) * 10 / MILLION}
    assert ran.code == 0
    assert {name: D(amount) for name, amount in span["cost"]["components"].items()} == parts
    assert D(span["cost"]["amount"]) == sum(parts.values())
    assert span["reading"]["row"] == "opentelemetry.instrumentation.genai"
    assert span["decision"] == {"input": "inclusive", "reasoning": "inside"}
    assert span["components"][0] == {
        "component": "input",
        "count": 608,
        "terms": [{"count": "input", "value": 1009}, {"count": "cache_read", "value": -401}],
    }
    assert span["fields"]["model"] == {"value": "gpt-4o-2024-08-06", "attributes": ["gen_ai.response.model"]}
    assert (span["start"], span["priced_as_of"], span["duplicate"], span["changes"]) == (
        "2026-07-01T09:00:00Z",
        "2026-07-01T09:00:00Z",
        False,
        [],
    )


def test_in_words(explained: Callable[..., Ran]) -> None:
    more = {"gen_ai.usage.cache_read_input_tokens": 401, "gen_ai.request.max_tokens": 4}
    lines = [" ".join(line.split()) for line in explained(SPAN | {"attributes": GPT_4O | more}).out.splitlines()]
    for line in (
        "chat gpt-4o, SPAN.json",
        "scope opentelemetry.instrumentation.genai.openai 1.3b0",
        "began 2026-07-01T09:00:00Z",
        "call chat, by gen_ai.operation.name",
        "model gpt-4o-2024-08-06, by gen_ai.response.model",
        "asked for gpt-4o, by gen_ai.request.model",
        "gen_ai.usage.cache_read_input_tokens 401 cache_read not read: gen_ai.usage.cache_read.input_tokens is",
        "gen_ai.request.max_tokens 4 not read",
        "input 608 = input 1009 - cache_read 401",
        "openai gpt-4o-2024-08-06 at 2026-07-01T09:00:00Z: 0.00305125 USD (priced)",
    ):
        assert line in lines


def test_who_gives_the_scope(explained: Callable[..., Ran]) -> None:
    cached = {"gen_ai.usage.cache_read_input_tokens": 401}
    held = {name: value for name, value in GPT_4O.items() if "cache_read" not in name} | cached
    document = {"attributes": held | {"gen_ai.provider.name": "anthropic", "gen_ai.response.model": "claude-sonnet-4-5"}}

    def input_of(*arguments: str) -> tuple[int, str | None]:
        (span,) = explained(document, *arguments, "--json").json["spans"]
        assert span["version"] == ("1.45" if "@1.45" in "".join(arguments) else None)
        return span["components"][0]["count"], span["doubt"]

    assert input_of() == (608, "ambiguous_usage")
    assert input_of("--scope", "openlit.instrumentation.anthropic@1.45") == (1009, None)
    assert input_of("--scope", "opentelemetry.instrumentation.anthropic") == (608, None)
    assert input_of("--scope", "@acme/client") == (608, "ambiguous_usage")
    # What the file says wins.
    document["scope"] = "opentelemetry.instrumentation.anthropic"  # type: ignore[assignment]
    assert input_of("--scope", "openlit.instrumentation.anthropic") == (608, None)


def test_exit_codes(explained: Callable[..., Ran], command: Callable[..., Ran]) -> None:
    unknown = SPAN | {"attributes": GPT_4O | {"gen_ai.response.model": "gpt-none", "gen_ai.request.model": "gpt-none"}}
    no_call = SPAN | {"attributes": {"gen_ai.operation.name": "invoke_agent"}}
    assert explained(SPAN).code == 0
    assert explained(unknown).code == 3
    assert explained([SPAN, unknown, no_call]).code == 3
    assert explained([SPAN, no_call]).code == 0
    assert explained(SPAN, "--strict").code == 3
    for ran in (
        explained("{"),
        explained([]),
        command("explain", "none.json"),
        command("explain"),
        explained(SPAN, "--prices", "no.toml"),
    ):
        assert ran.code == 2
        assert ran.out == ""
    assert command("explain", "none.json").err == "none.json: cannot be read: No such file or directory\n"
    assert explained('{"a": 1,\n"b": }').err == "SPAN.json:2:6: not JSON: Expecting value\n"


def test_what_is_no_call_takes_one_line(explained: Callable[..., Ran]) -> None:
    agent = {"attributes": {"gen_ai.operation.name": "invoke_agent", "gen_ai.usage.input_tokens": 9}, "name": "agent"}
    http = {"attributes": {"http.request.method": "GET"}, "scope": "opentelemetry.instrumentation.httpx"}
    assert explained([agent, http]).out.splitlines() == [
        "agent, SPAN.json: [0]: no call: gen_ai.operation.name is invoke_agent (OpenTelemetry GenAI semantic conventions)",
        "SPAN.json: [1]: no call: spans of this scope are never calls (OpenTelemetry GenAI semantic conventions)",
    ]


def test_where_nobody_says_when(explained: Callable[..., Ran]) -> None:
    ran = explained(GPT_4O)
    assert ran.code == 0
    assert "nobody says when: priced as of now, 20" in ran.out
    assert "not named: --scope NAME@VERSION does" in ran.out


def test_prices_of_ones_own(explained: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[[price]]\nprovider = "openai"\nmodel = "gpt-4o-2024-08-06"\ninput = "1000"\n')
    (span,) = explained(SPAN, "--prices", "own.toml", "--json").json["spans"]
    assert D(span["cost"]["components"]["input"]) == D("0.608")


def test_a_told_cost(explained: Callable[..., Ran]) -> None:
    told = {"gen_ai.usage.cost.amount": 0.5, "gen_ai.usage.cost.currency": "USD"}
    ran = explained(SPAN | {"attributes": GPT_4O | told})
    assert ran.code == 0
    assert "0.5 USD (reported), told by gen_ai.usage.cost.amount; without that:" in ran.out
    assert ": 0.00305125 USD (priced)" in ran.out
    ran = explained(SPAN | {"attributes": GPT_4O | {"gen_ai.usage.cost.amount": 0.5}})
    assert ran.code == 3
    assert "unknown (partial): no_currency of gen_ai.usage.cost.amount; without that:" in ran.out


def test_standard_input(command: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(json.dumps(SPAN).encode())))
    assert command("explain", "-").out.startswith("chat gpt-4o, standard input\n")


def test_attributes_of_any_text_stay_in_their_lines(explained: Callable[..., Ran]) -> None:
    held = GPT_4O | {"gen_ai.usage.output_tokens": "a\x1b[2J\nb", "token\nx": "\ud800", "gen_ai.response.model": "m\nn"}
    ran = explained(SPAN | {"attributes": held, "name": "n\x1b[2Jm"})
    assert ran.code == 3
    assert "\x1b" not in ran.out
    assert "\nx" not in ran.out
    assert explained(SPAN | {"attributes": held | {"usage": float("nan")}}, "--json").json["spans"][0]["not_read"]["usage"] == "nan"


def test_what_the_span_carries_already(telemetry: Telemetry, explained: Callable[..., Ran]) -> None:
    with telemetry.tracer().start_as_current_span("chat", attributes=call()):
        pass
    (found,) = found_in(json.dumps(otlp(telemetry.spans)))
    assert found.carried["llm_cost.status"] == "priced"
    assert "gen_ai.usage.cost.amount" not in found.attributes
    assert list(changes(found, TABLE, is_duplicate=False)) == []
    ran = explained(otlp(telemetry.spans))
    # The shipped table has no such provider.
    assert "The span carries another finding, of table 2025-03-01" in ran.out
    assert '  llm_cost.status: "priced", now "unpriced"\n' in ran.out
    assert ran.code == 3


def test_a_list_that_a_backend_made_a_text(telemetry: Telemetry) -> None:
    with telemetry.tracer(UNKNOWN).start_as_current_span("chat", attributes=call(**{"gen_ai.usage.cache_read.input_tokens": 7})):
        pass
    (span,) = telemetry.spans
    held = {name: list(value) if isinstance(value, tuple) else value for name, value in (span.attributes or {}).items()}
    assert held["llm_cost.assumed"] == ["input=inclusive"]
    (found,) = found_in(json.dumps({"start": span.start_time, "attributes": held | {"llm_cost.assumed": '["input=inclusive"]'}}))
    assert list(changes(found, TABLE, is_duplicate=False)) == []


def statuses(spans: Sequence[ReadableSpan]) -> list[object]:
    return [(span.attributes or {}).get("llm_cost.status") for span in spans]


def both(telemetry: Telemetry, outer: str, inner: str, attributes: dict[str, Any], narrower: dict[str, Any]) -> None:
    with (
        telemetry.tracer(UNKNOWN).start_as_current_span("work"),
        telemetry.tracer(outer).start_as_current_span("outer", attributes=attributes),
        telemetry.tracer(inner).start_as_current_span("inner", attributes=narrower),
    ):
        pass


@pytest.mark.parametrize(
    ("attributes", "narrower"),
    [
        (call(response_id="r"), call(response_id="r")),
        (call(), call()),
        (call(tokens_in=7), call()),
        (call(response_id="r"), call(response_id="s")),
        (call(), call(tokens_out=None, response_id=None)),
        (call(), call(model="unknown")),
        (call(tokens_in=None, response_id="r"), call(response_id="r")),
        (call(model="m"), call(model="embed", operation="embeddings")),
    ],
)
@pytest.mark.parametrize("scopes", [(PARENT, NATIVE), (OPENLLMETRY, NATIVE), (PARENT, PARENT), (UNKNOWN, PARENT)])
def test_one_call_is_counted_once_as_by_the_processor(
    telemetry: Telemetry, scopes: tuple[str, str], attributes: dict[str, Any], narrower: dict[str, Any]
) -> None:
    both(telemetry, *scopes, attributes, narrower)
    telemetry.processor.force_flush()
    found = found_in(json.dumps(otlp(telemetry.spans)))
    duplicates = duplicates_in(found)
    for place, one in enumerate(found):
        duplicate = duplicates.get(place)
        is_written = duplicate is not None and not duplicate.is_late
        assert list(changes(one, TABLE, is_duplicate=is_written)) == [], one.span.name
    counted = [one for place, one in enumerate(found) if one.cost is not None and place not in duplicates]
    by_processor = telemetry.calls()
    assert by_processor.get("duplicate", 0) == len(duplicates)
    assert sum(by_processor.values()) - len(duplicates) == len(counted)


def test_the_span_that_is_counted_is_named(telemetry: Telemetry, explained: Callable[..., Ran]) -> None:
    both(telemetry, PARENT, NATIVE, GPT_4O, GPT_4O)
    ran = explained(otlp(telemetry.spans), "--json")
    inner, outer, work = sorted(ran.json["spans"], key=lambda span: span["name"])
    assert (inner["duplicate"], outer["duplicate"], work["duplicate"]) == (False, True, False)
    assert outer["counted_on"] == inner["place"]
    assert (work["cost"], work["no_call"]) == (None, "it names no provider and no model and no usage")
    assert "duplicate: its call is counted on inner" in explained(otlp(telemetry.spans)).out


def test_a_span_that_only_begins_a_call(telemetry: Telemetry) -> None:
    """Logfire's first span of a stream; its second says when the call began."""
    first = call(tokens_in=None, tokens_out=None) | {"logfire.span_type": "span"}
    tracer = telemetry.tracer("logfire.openai")
    for attributes in (first, call() | {"duration": 0.5, "logfire.span_type": "log"}):
        with tracer.start_as_current_span("chat", attributes=attributes):
            pass
    telemetry.processor.force_flush()
    found = found_in(json.dumps(otlp(telemetry.spans)))
    duplicates = duplicates_in(found)
    assert statuses(telemetry.spans) == ["duplicate", "priced"]
    assert list(duplicates) == [0]
    assert [list(changes(one, TABLE, is_duplicate=place in duplicates)) for place, one in enumerate(found)] == [[], []]


def test_a_span_that_was_written_twice_is_one(telemetry: Telemetry) -> None:
    both(telemetry, PARENT, NATIVE, call(), call())
    text = json.dumps(otlp(telemetry.spans))
    found = found_in(f"{text}\n{text}")
    assert len(found) == 6
    assert [found[place].span.name for place in duplicates_in(found)] == ["outer", "outer"]


VALUES = (
    st.integers(-1, 5000)
    | st.sampled_from(["chat", "acme", "m", "small", "half-known", "LLM", "12", "", "USD", "provider", "batch"])
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.lists(st.integers(), max_size=2)
)
TOLD = call() | {"gen_ai.usage.cost.amount": 0.25, "gen_ai.usage.cost.currency": "USD"}
SCOPES = (PARENT, NATIVE, OPENLLMETRY, UNKNOWN, "openlit.instrumentation.anthropic", "pydantic-ai", "logfire.openai", "ai")


def test_what_is_found_is_what_the_processor_writes(telemetry: Telemetry) -> None:
    """Status, amount, components, reason, price and what was assumed, for whatever stands on the span."""
    kinds: set[object] = set()

    @given(
        base=st.sampled_from([{}, TOLD, call(), call("half-known"), call("small", operation="embeddings")]),
        attributes=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6),
        scope=st.sampled_from([*SCOPES, "opentelemetry.instrumentation.httpx"]),
    )
    @settings(max_examples=300, deadline=None)
    def check(base: dict[str, Any], attributes: dict[str, Any], scope: str) -> None:
        telemetry.exporter.clear()
        with telemetry.tracer(scope).start_as_current_span("any", attributes=base | attributes):
            pass
        (span,) = telemetry.spans
        (found,) = found_in(span.to_json(), scope=scope)
        assert ("llm_cost.status" in found.carried) == (found.cost is not None)
        assert list(changes(found, TABLE, is_duplicate=False)) == []
        kinds.update(statuses([span]))

    check()
    assert kinds >= {None, "priced", "partial", "unpriced", "reported"}
