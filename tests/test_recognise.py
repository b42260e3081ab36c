"""Which spans are LLM calls: by their scope, by what they say at the start, by what they say at the end."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_llm_cost.conventions.scope_table import ROWS, InputCount
from otel_llm_cost.conventions.scopes import reading
from otel_llm_cost.recognise import _LLM_PREFIXES, _OTHERS, billed_operation, looks_like_call, makes_calls, never_calls

BILLED = ["chat", "text_completion", "generate_content", "embeddings"]
# https://github.com/open-telemetry/semantic-conventions-genai, docs/gen-ai/gen-ai-spans.md, read 2026-11-22: the other operations.
NEVER_BILLED = [
    "create_agent",
    "create_memory_store",
    "delete_memory",
    "execute_tool",
    "fetch_response",
    "invoke_agent",
    "invoke_workflow",
    "plan",
    "retrieval",
    "search_memory",
]
USED = {
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 101,
    "gen_ai.usage.output_tokens": 103,
}
# What spans carried before `gen_ai.operation.name` (semantic conventions 1.27), under a scope that nobody knows.
OLDER = {
    "gen_ai.system": "openai",
    "gen_ai.request.model": "gpt-4",
    "gen_ai.usage.prompt_tokens": 107,
    "gen_ai.usage.completion_tokens": 109,
}


def without(attributes: Mapping[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in attributes.items() if name not in names}


@pytest.mark.parametrize("operation", BILLED)
def test_a_billed_operation_is_a_call_whatever_else_the_span_says(operation: str) -> None:
    assert billed_operation({"gen_ai.operation.name": operation}) == operation
    assert billed_operation(USED | {"gen_ai.operation.name": operation}) == operation
    assert looks_like_call({"gen_ai.operation.name": operation})


@pytest.mark.parametrize("operation", NEVER_BILLED)
def test_what_contains_calls_or_fetches_them_is_never_a_call(operation: str) -> None:
    # Agents repeat the usage of the calls that they contain, and model and provider with it.
    held = USED | OLDER | {"gen_ai.operation.name": operation, "llm.request.type": "chat", "gen_ai.usage.cost.amount": 0.5}
    assert billed_operation(held) is None
    assert not looks_like_call(held)


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param("", id="empty"),
        pytest.param("CHAT", id="capitals"),
        pytest.param("chatter", id="longer"),
        pytest.param("chat gpt-4o", id="a-span-name"),
        pytest.param(True, id="true"),
        pytest.param(7, id="number"),
        pytest.param(float("nan"), id="nan"),
        pytest.param(("chat",), id="in-a-list"),
    ],
)
def test_an_operation_that_is_none_of_the_billed_ones_is_no_call(operation: object) -> None:
    held = USED | {"gen_ai.operation.name": operation}
    assert billed_operation(held) is None
    assert not looks_like_call(held)


@pytest.mark.parametrize("operation", [pytest.param({"chat": 1}, id="map"), pytest.param(({"chat": 1},), id="list-of-maps")])
def test_an_operation_that_cannot_be_a_key_is_no_call(operation: object) -> None:
    # Newer SDKs take maps as values.
    held = USED | {"gen_ai.operation.name": operation}
    assert billed_operation(held) is None
    assert not looks_like_call(held)


@pytest.mark.parametrize(
    ("attributes", "operation"),
    [
        pytest.param(OLDER, "chat", id="prompt-and-completion-tokens"),
        pytest.param(without(OLDER, "gen_ai.usage.completion_tokens"), "chat", id="one-count-is-enough"),
        pytest.param(
            {"gen_ai.system": "openai", "gen_ai.response.model": "gpt-4-0613", "gen_ai.usage.input_tokens": 107},
            "chat",
            id="response-model-and-input-tokens",
        ),
        pytest.param(without(USED, "gen_ai.usage.input_tokens"), "chat", id="provider-name-without-operation"),
        pytest.param(
            {"gen_ai.system": "Anthropic", "gen_ai.request.model": "claude-2", "llm.usage.total_tokens": 211},
            "chat",
            id="total-only",
        ),
        pytest.param(
            {"gen_ai.provider.name": "openrouter", "gen_ai.request.model": "m", "gen_ai.usage.cost.amount": 0.5},
            "chat",
            id="told-cost",
        ),
        pytest.param({"gen_ai.system": "OpenAI", "llm.request.type": "chat"}, "chat", id="openllmetry-chat"),
        pytest.param(OLDER | {"llm.request.type": "completion"}, "completion", id="openllmetry-completion"),
        pytest.param(OLDER | {"llm.request.type": "embedding"}, "embedding", id="openllmetry-embedding"),
        pytest.param(OLDER | {"llm.request.type": "rerank"}, "rerank", id="openllmetry-rerank"),
        pytest.param(OLDER | {"llm.request.type": 7}, "chat", id="a-request-type-of-another-type"),
        pytest.param(OLDER | {"llm.request.type": "unknown"}, "chat", id="openllmetry-unknown-with-usage"),
        pytest.param({"gen_ai.system": "OpenAI", "llm.request.type": "unknown"}, None, id="openllmetry-unknown-without"),
        pytest.param(without(OLDER, "gen_ai.system"), None, id="nobody-is-asked"),
        pytest.param(without(OLDER, "gen_ai.request.model"), None, id="no-model"),
        pytest.param(
            without(OLDER, "gen_ai.usage.prompt_tokens", "gen_ai.usage.completion_tokens"), None, id="no-usage-may-be-a-framework"
        ),
        pytest.param(OLDER | {"gen_ai.operation.name": None}, "chat", id="an-operation-of-none-is-missing"),
        pytest.param({"http.request.method": "POST", "server.address": "api.openai.com"}, None, id="http"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_older_spans_are_known_by_model_and_usage(attributes: Mapping[str, object], operation: str | None) -> None:
    assert billed_operation(attributes) == operation


@pytest.mark.parametrize("kind", ["workflow", "task", "agent", "tool"])
def test_what_a_framework_says_is_something_else_is_no_call(kind: str) -> None:
    assert billed_operation(OLDER | {"llm.request.type": "chat", "traceloop.span.kind": kind}) is None


def test_a_framework_cannot_deny_an_operation_that_the_span_names() -> None:
    assert billed_operation(USED | {"gen_ai.operation.name": "chat", "traceloop.span.kind": "task"}) == "chat"


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        pytest.param({"gen_ai.system": "openai"}, True, id="system"),
        pytest.param({"gen_ai.provider.name": "openai"}, True, id="provider"),
        pytest.param({"gen_ai.request.model": "gpt-4o"}, True, id="model"),
        pytest.param({"gen_ai.operation.name": "invoke_agent", "gen_ai.provider.name": "openai"}, False, id="agent-with-provider"),
        pytest.param({"openinference.span.kind": "CHAIN"}, False, id="another-convention"),
        pytest.param({"http.request.method": "POST"}, False, id="http"),
        pytest.param({}, False, id="nothing"),
    ],
)
def test_what_may_become_a_call_is_seen_at_the_start(attributes: Mapping[str, object], *, expected: bool) -> None:
    assert looks_like_call(attributes) is expected


@pytest.mark.parametrize(
    "scope",
    [
        # Each of these was on a span of a released package (facts/opentelemetry.md section 5).
        "com.anthropic.sdk.python",
        "com.anthropic.sdk.python.bedrock",
        "logfire.anthropic",
        "logfire.openai",
        "openinference.instrumentation.anthropic",
        "openinference.instrumentation.openai",
        "openlit.instrumentation.anthropic",
        "openlit.instrumentation.openai",
        "opentelemetry.instrumentation.anthropic",
        "opentelemetry.instrumentation.genai.anthropic",
        "opentelemetry.instrumentation.genai.openai",
        "opentelemetry.instrumentation.google_genai",
        "opentelemetry.instrumentation.openai.v1",
        "opentelemetry.instrumentation.openai_v2",
        "pydantic-ai",
    ],
)
def test_scopes_that_make_calls(scope: str) -> None:
    assert makes_calls(scope)
    assert not never_calls(scope)


@pytest.mark.parametrize(
    "scope",
    [
        "opentelemetry.instrumentation.asgi",
        "opentelemetry.instrumentation.fastapi",
        "opentelemetry.instrumentation.httpx",
        "opentelemetry.instrumentation.psycopg2",
        "opentelemetry.instrumentation.redis",
        "opentelemetry.instrumentation.requests",
        "opentelemetry.instrumentation.sqlalchemy",
    ],
)
def test_scopes_that_never_make_calls(scope: str) -> None:
    assert never_calls(scope)
    assert not makes_calls(scope)


@pytest.mark.parametrize(
    "scope",
    [
        pytest.param("", id="unnamed"),
        pytest.param("my.application", id="an-application"),
        # Makes spans of Bedrock calls among those of S3.
        pytest.param("opentelemetry.instrumentation.botocore", id="botocore"),
        pytest.param("opentelemetry.instrumentation.httpx.openai", id="an-extension-of-a-known-one"),
        pytest.param("opentelemetry.instrumentation.http", id="the-beginning-of-a-known-one"),
    ],
)
def test_of_other_scopes_nothing_is_known(scope: str) -> None:
    assert not never_calls(scope)
    assert not makes_calls(scope)


def test_no_scope_is_known_both_to_make_calls_and_never_to() -> None:
    assert [scope for scope in _OTHERS if makes_calls(scope)] == []
    assert [prefix for prefix in _LLM_PREFIXES if never_calls(prefix)] == []


def test_a_scope_whose_counts_are_known_is_known_to_make_calls() -> None:
    assert {row.scope for row in ROWS if not makes_calls(row.scope)} == {"ai", "gen_ai"}  # from JavaScript, never in this process


def installed(scope: str) -> Path | None:
    """The module of a scope, where its package is here; contrib's instrumentations name their tracers after their modules."""
    try:
        spec = importlib.util.find_spec(scope)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec is not None and spec.origin is not None else None


@pytest.mark.parametrize("scope", sorted(scope for scope in _OTHERS if installed(scope) is not None) or [None])
def test_installed_instrumentations_name_their_tracers_after_their_modules(scope: str | None) -> None:
    if scope is None:
        pytest.skip("no such instrumentation is installed")
    path = installed(scope)
    assert path is not None
    named = re.findall(r"get_tracer\(\s*(\S+?),", path.read_text(encoding="utf-8"))
    assert named
    assert set(named) == {"__name__"}


@pytest.mark.parametrize(
    ("package", "file", "named", "scope"),
    [
        pytest.param(
            "opentelemetry-instrumentation-genai-openai",
            "opentelemetry/instrumentation/genai/openai/__init__.py",
            "instrumentation_scope_name=__package__",
            "opentelemetry.instrumentation.genai.openai",
            id="genai-openai",
        ),
        pytest.param(
            "opentelemetry-instrumentation-genai-anthropic",
            "opentelemetry/instrumentation/genai/anthropic/__init__.py",
            "instrumentation_scope_name=__package__",
            "opentelemetry.instrumentation.genai.anthropic",
            id="genai-anthropic",
        ),
        pytest.param(
            "anthropic",
            "anthropic/_tracing.py",
            'INSTRUMENTATION_SCOPE = "com.anthropic.sdk.python"',
            "com.anthropic.sdk.python",
            id="anthropic-sdk",
        ),
    ],
)
def test_installed_llm_instrumentations_name_their_tracers_as_is_known(package: str, file: str, named: str, scope: str) -> None:
    try:
        path = Path(str(metadata.distribution(package).locate_file(file)))
    except metadata.PackageNotFoundError:
        pytest.skip(f"{package} is not installed")
    assert named in path.read_text(encoding="utf-8")
    assert makes_calls(scope)
    assert reading(scope).input is InputCount.INCLUSIVE


def test_a_span_of_the_httpx_instrumentation_has_the_scope_that_is_skipped() -> None:
    instrumentation: Any = pytest.importorskip("opentelemetry.instrumentation.httpx")
    httpx: Any = pytest.importorskip("httpx2")
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(204))) as client:
        instrumentation.HTTPX2ClientInstrumentor.instrument_client(client, tracer_provider=provider)
        client.get("http://localhost/")
    (span,) = exporter.get_finished_spans()
    assert span.instrumentation_scope is not None
    assert never_calls(span.instrumentation_scope.name)
