"""Which instrumentations count the cached tokens inside their input, as measured."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from otel_llm_cost.conventions.scope_table import ROWS, TOTAL, InputCount, ReasoningCount, Row
from otel_llm_cost.conventions.scopes import Reading, _is_about, _reading, reading

INCLUSIVE, EXCLUSIVE, UNKNOWN = InputCount.INCLUSIVE, InputCount.EXCLUSIVE, InputCount.UNKNOWN
INSIDE, BESIDE, EITHER = ReasoningCount.INSIDE, ReasoningCount.BESIDE, ReasoningCount.UNKNOWN


@pytest.mark.parametrize(
    ("scope", "counting"),
    [
        # facts/opentelemetry.md section 5: of Anthropic's 100 input, 40 cache read and 30 cache written these state 170,
        pytest.param("com.anthropic.sdk.python", INCLUSIVE, id="anthropic-sdk"),
        pytest.param("com.anthropic.sdk.python.bedrock", INCLUSIVE, id="anthropic-sdk-on-bedrock"),
        pytest.param("com.anthropic.sdk.python.vertex", INCLUSIVE, id="anthropic-sdk-on-vertex"),
        pytest.param("opentelemetry.instrumentation.genai.anthropic", INCLUSIVE, id="otel-genai-anthropic"),
        pytest.param("opentelemetry.instrumentation.anthropic", INCLUSIVE, id="openllmetry-anthropic"),
        pytest.param("logfire.anthropic", INCLUSIVE, id="logfire-anthropic"),
        pytest.param("pydantic-ai", INCLUSIVE, id="pydantic-ai"),
        # of OpenAI's prompt of 100, of which 40 cached, these state 100,
        pytest.param("opentelemetry.instrumentation.genai.openai", INCLUSIVE, id="otel-genai-openai"),
        pytest.param("opentelemetry.instrumentation.openai_v2", INCLUSIVE, id="otel-openai-v2"),
        pytest.param("opentelemetry.instrumentation.openai.v1", INCLUSIVE, id="openllmetry-openai"),
        pytest.param("openlit.instrumentation.openai", INCLUSIVE, id="openlit-openai"),
        pytest.param("logfire.openai", INCLUSIVE, id="logfire-openai"),
        pytest.param("opentelemetry.instrumentation.google_genai", INCLUSIVE, id="otel-google-genai"),
        # and this one states Anthropic's own 100.
        pytest.param("openlit.instrumentation.anthropic", EXCLUSIVE, id="openlit-anthropic"),
        pytest.param("", UNKNOWN, id="unnamed"),
        pytest.param("my.application", UNKNOWN, id="an-application"),
        pytest.param("openlit", UNKNOWN, id="openlit-itself"),
        pytest.param("openlit.instrumentation.bedrock", EXCLUSIVE, id="openlit-bedrock"),
        pytest.param("opentelemetry.instrumentation.openai", UNKNOWN, id="openllmetry-openai-before-1.0"),
        pytest.param("opentelemetry.instrumentation.bedrock", EXCLUSIVE, id="openllmetry-bedrock"),
        pytest.param("opentelemetry.instrumentation.genai.bedrock", EXCLUSIVE, id="otel-genai-bedrock"),
        pytest.param("opentelemetry.instrumentation.botocore.bedrock-runtime", EXCLUSIVE, id="otel-botocore"),
        pytest.param("Pydantic-AI", UNKNOWN, id="capitals-are-another-scope"),
        pytest.param("x.pydantic-ai", UNKNOWN, id="a-known-one-at-the-end"),
    ],
)
def test_how_an_instrumentation_counts_its_input(scope: str, counting: InputCount) -> None:
    assert reading(scope).input is counting


ALL = ("input", "output", "reasoning", TOTAL)
GIVEN = ("input", "reasoning", TOTAL)
MADE = ("output", "reasoning", TOTAL)
HEARD = ("input_audio", "output_audio")
WRITTEN = ("cache_write", *HEARD)
CACHED = ("cache_read", *WRITTEN)
BOTH = ("cache_read", "cache_write")
SEEN = ("input_image", "input_video", "output_image", *HEARD)
CLIENT, OVER = ("provider=openai",), ("output=overstated",)
MISSING = "incomplete_usage"
LITE = "litellm"
V2 = "litellm.cost.total"
V2_STREAM = "litellm.request.streaming"
CACHE_READ = "gen_ai.usage.cache_read.input_tokens"
STREAM, FINISH = "gen_ai.request.stream", "gen_ai.response.finish_reasons"
TEXT, REASON, BODY = "output.value", "llm.finish_reason", "output.value/usage/input_tokens"
PROMPT_READ = "llm.token_count.prompt_details.cache_read"
META, USAGE, SAID = "ai.response.providerMetadata", "metadata.usage_object", "gen_ai.output.messages/0"


class Case(NamedTuple):
    """A span's scope and what else decides, with how its counts are read."""

    scope: str
    how: Reading
    asked: dict[str, Any]
    names: frozenset[str]

    @property
    def version(self) -> str:
        return str(self.asked.get("version", ""))


def case(
    scope: str,
    counting: InputCount,
    reasoning: ReasoningCount = INSIDE,
    *names: str,
    how: dict[str, Any] | None = None,
    **asked: str,
) -> Case:
    return Case(scope, Reading(counting, reasoning, **(how or {})), asked, frozenset(names))


OTEL, INFERENCE, LIT = "opentelemetry.instrumentation", "openinference.instrumentation", "openlit.instrumentation"
BOTOCORE, HANDLER = f"{OTEL}.botocore.bedrock-runtime", "opentelemetry.util.genai.handler"
CLAUDE = "us.anthropic.claude-sonnet-4-5"

CASES = [
    case("com.anthropic.sdk.python", INCLUSIVE),
    case("com.anthropic.sdk.python.bedrock", INCLUSIVE, provider="aws.bedrock", version="2.12.0"),
    case("mistralai_sdk_tracer", INCLUSIVE, INSIDE, "gen_ai.usage.prompt_tokens", how={"unproven": GIVEN}),
    case("mistralai_sdk_tracer", INCLUSIVE, how={"untold": ("input_seconds",)}),
    # OpenTelemetry
    case(BOTOCORE, EXCLUSIVE, api="InvokeModel", model="cohere.command-r", how={"unproven": ALL}),
    case(BOTOCORE, EXCLUSIVE, api="InvokeModelWithResponseStream", model="mistral.mistral-7b", how={"unproven": ALL}),
    case(BOTOCORE, EXCLUSIVE, api="InvokeModel", model=CLAUDE, version="0.66b2", how={"doubt": MISSING}),
    case(BOTOCORE, EXCLUSIVE, api="Converse", model=CLAUDE, version="0.66b0"),
    case(BOTOCORE, EXCLUSIVE, api="Converse", model=CLAUDE),
    case(BOTOCORE, EXCLUSIVE, api="Converse", model=CLAUDE, version="0.65b0", how={"doubt": MISSING}),
    case(BOTOCORE, EXCLUSIVE, api="ConverseStream", model="amazon.nova-pro", version="0.60b1", how={"doubt": MISSING}),
    case(BOTOCORE, EXCLUSIVE, api="Converse", model="meta.llama3", version="0.65b0"),
    case(f"{OTEL}.genai.anthropic", INCLUSIVE, INSIDE, STREAM, how={"unproven": MADE}),
    case(f"{OTEL}.genai.anthropic", INCLUSIVE, INSIDE, STREAM, FINISH),
    case(f"{OTEL}.genai.anthropic", INCLUSIVE),
    case(f"{OTEL}.genai.bedrock", EXCLUSIVE),
    case(f"{OTEL}.genai.openai", INCLUSIVE, api="responses", version="1.2b0"),
    case(f"{OTEL}.genai.openai", INCLUSIVE, version="1.2b0", how={"untold": WRITTEN}),
    case(f"{OTEL}.genai.openai", INCLUSIVE, version="1.3b0"),
    case(f"{OTEL}.genai.openai", INCLUSIVE),
    case(f"{OTEL}.genai.openai", INCLUSIVE, BESIDE, provider="x_ai", api="chat_completions"),
    case(f"{OTEL}.genai.openai", INCLUSIVE, INSIDE, provider="x_ai", api="responses"),
    case(f"{OTEL}.genai.openai", INCLUSIVE, EITHER, provider="x_ai"),
    case(f"{OTEL}.genai.langchain", INCLUSIVE),
    case(f"{OTEL}.google_genai", INCLUSIVE, INSIDE, STREAM, how={"unproven": MADE}),
    case(f"{OTEL}.google_genai", INCLUSIVE, INSIDE, STREAM, FINISH, version="1.2b0"),
    case(f"{OTEL}.google_genai", INCLUSIVE, version="1.3b0", how={"untold": ("input_video",)}),
    case(f"{OTEL}.google_genai", INCLUSIVE, version="0.6b0", how={"unproven": ALL}),
    case(f"{OTEL}.google_genai", INCLUSIVE, version="0.7b0", how={"doubt": MISSING, "untold": ("cache_read",)}),
    case(f"{OTEL}.google_genai", INCLUSIVE, version="1.1b1", how={"doubt": MISSING, "untold": ("cache_read",)}),
    case(f"{OTEL}.openai_v2", INCLUSIVE, how={"untold": CACHED}),
    *(
        each
        for provider in ("gcp.gemini", "gcp.vertex_ai")
        for each in (
            case(HANDLER, INCLUSIVE, EITHER, STREAM, provider=provider, how={"unproven": MADE, "untold": SEEN}),
            case(HANDLER, INCLUSIVE, EITHER, provider=provider, how={"untold": SEEN}),
        )
    ),
    case(HANDLER, INCLUSIVE, INSIDE, STREAM, provider="anthropic", how={"unproven": MADE}),
    case(HANDLER, INCLUSIVE, INSIDE, "server.address", provider="openai", how={"untold": CACHED}),
    case(HANDLER, INCLUSIVE, provider="openai", how={"untold": CACHED, "assumed": CLIENT}),
    case(HANDLER, INCLUSIVE, provider="anthropic"),
    # OpenLLMetry
    case(f"{OTEL}.anthropic", EXCLUSIVE, version="0.31.4", how={"unproven": ALL}),
    case(f"{OTEL}.anthropic", EXCLUSIVE, version="0.32.2", how={"doubt": MISSING}),
    case(f"{OTEL}.anthropic", EXCLUSIVE, version="0.33.3", how={"doubt": MISSING}),
    case(f"{OTEL}.anthropic", INCLUSIVE, version="0.33.4"),
    case(f"{OTEL}.anthropic", INCLUSIVE, INSIDE, "llm.is_streaming", version="0.53.4", how={"assumed": OVER}),
    case(f"{OTEL}.anthropic", INCLUSIVE, INSIDE, "llm.is_streaming", version="0.54.0"),
    case(f"{OTEL}.anthropic", INCLUSIVE, INSIDE, "gen_ai.is_streaming", version="0.62.4", how={"assumed": OVER}),
    case(f"{OTEL}.bedrock", EXCLUSIVE, INSIDE, CACHE_READ, model=CLAUDE),
    case(f"{OTEL}.bedrock", EXCLUSIVE, model=CLAUDE, how={"doubt": MISSING}),
    case(f"{OTEL}.bedrock", EXCLUSIVE, model="meta.llama3"),
    case(f"{OTEL}.cohere", INCLUSIVE, how={"has_text": True}),
    case(f"{OTEL}.google_generativeai", INCLUSIVE, version="0.21.5", how={"untold": SEEN}),
    case(f"{OTEL}.groq", INCLUSIVE, version="0.61.0", how={"untold": ("cache_read",)}),
    case(f"{OTEL}.groq", INCLUSIVE, version="0.62.0"),
    case(f"{OTEL}.groq", INCLUSIVE),
    case(
        f"{OTEL}.langchain",
        INCLUSIVE,
        INSIDE,
        "traceloop.association.properties.ls_provider",
        provider="openai",
        how={"unproven": ALL, "untold": HEARD},
    ),
    case(f"{OTEL}.langchain", INCLUSIVE, INSIDE, "gen_ai.response.id", provider="anthropic", how={"untold": ("cache_write",)}),
    case(f"{OTEL}.langchain", INCLUSIVE, provider="anthropic", how={"untold": HEARD}),
    case(f"{OTEL}.llamaindex", EXCLUSIVE, provider="anthropic"),
    case(f"{OTEL}.llamaindex", INCLUSIVE, provider="openai", version="0.61.0", how={"untold": CACHED}),
    case(f"{OTEL}.llamaindex", INCLUSIVE, provider="openai", version="0.62.0", how={"untold": WRITTEN}),
    case(f"{OTEL}.mistralai", INCLUSIVE, version="0.61.0", how={"untold": ("cache_read", "input_seconds")}),
    case(f"{OTEL}.mistralai", INCLUSIVE, version="0.62.0", how={"untold": ("input_seconds",)}),
    case(f"{OTEL}.mistralai", INCLUSIVE, how={"untold": ("input_seconds",)}),
    case(f"{OTEL}.openai.v1", INCLUSIVE, version="0.38.12", how={"untold": CACHED}),
    case(f"{OTEL}.openai.v1", INCLUSIVE, version="0.39.0", how={"untold": WRITTEN}),
    case(f"{OTEL}.openai.v1", INCLUSIVE, how={"untold": WRITTEN}),
    case(f"{OTEL}.openai_agents", INCLUSIVE, INSIDE, "gen_ai.system", how={"untold": CACHED}),
    case(f"{OTEL}.openai_agents", INCLUSIVE, version="0.62.4", how={"untold": WRITTEN}),
    case(f"{OTEL}.vertexai", INCLUSIVE, how={"untold": ("cache_read", *SEEN)}),
    case(f"{OTEL}.writer", INCLUSIVE),
    # OpenInference
    case(f"{INFERENCE}.anthropic", INCLUSIVE, INSIDE, TEXT, version="1.1.1", how={"unproven": MADE}),
    case(f"{INFERENCE}.anthropic", INCLUSIVE, INSIDE, TEXT, REASON, version="3.1.0"),
    case(f"{INFERENCE}.anthropic", INCLUSIVE, INSIDE, TEXT, version="1.0.0"),
    case(f"{INFERENCE}.anthropic", EXCLUSIVE, INSIDE, "llm.invocation_parameters/stream", version="0.1.20", how={"doubt": MISSING}),
    case(f"{INFERENCE}.anthropic", INCLUSIVE, version="0.1.14"),
    case(f"{INFERENCE}.anthropic", EXCLUSIVE, version="0.1.13", how={"doubt": MISSING}),
    case(f"{INFERENCE}.bedrock", INCLUSIVE, INSIDE, "llm.system", BODY, how={"unproven": MADE}),
    case(f"{INFERENCE}.bedrock", INCLUSIVE, INSIDE, "llm.system", BODY, REASON, version="0.1.50"),
    case(f"{INFERENCE}.bedrock", INCLUSIVE, INSIDE, "llm.system", BODY, version="0.1.49"),
    case(f"{INFERENCE}.bedrock", INCLUSIVE, INSIDE, "llm.system", REASON, version="0.1.61", how={"untold": BOTH}),
    case(f"{INFERENCE}.bedrock", INCLUSIVE, INSIDE, "llm.system", version="0.1.18", how={"untold": BOTH}),
    case(f"{INFERENCE}.bedrock", EXCLUSIVE, INSIDE, "llm.system", version="0.1.17", how={"doubt": MISSING}),
    case(f"{INFERENCE}.bedrock", INCLUSIVE, version="0.1.60"),
    case(f"{INFERENCE}.bedrock", EXCLUSIVE, version="0.1.59"),
    case(f"{INFERENCE}.bedrock", EXCLUSIVE, version="0.1.39"),
    case(f"{INFERENCE}.bedrock", EXCLUSIVE, version="0.1.34", how={"doubt": MISSING}),
    case(f"{INFERENCE}.google_adk", INCLUSIVE),
    case(f"{INFERENCE}.google_genai", INCLUSIVE, INSIDE, TEXT, version="1.4.14", how={"unproven": MADE}),
    case(f"{INFERENCE}.google_genai", INCLUSIVE, INSIDE, TEXT, REASON),
    case(f"{INFERENCE}.google_genai", INCLUSIVE, version="0.1.16"),
    case(f"{INFERENCE}.google_genai", INCLUSIVE, version="0.1.15", how={"unproven": ("input",)}),
    case(f"{INFERENCE}.google_genai", INCLUSIVE, version="0.1.12", how={"unproven": ("input",)}),
    case(f"{INFERENCE}.google_genai", INCLUSIVE, version="0.1.10"),
    case(f"{INFERENCE}.groq", INCLUSIVE),
    case(f"{INFERENCE}.langchain", INCLUSIVE, INSIDE, TEXT, version="0.1.55"),
    case(f"{INFERENCE}.langchain", INCLUSIVE, version="0.1.55", how={"untold": ("cache_write",)}),
    case(f"{INFERENCE}.langchain", UNKNOWN, version="0.1.54"),
    case(f"{INFERENCE}.litellm", INCLUSIVE, provider="gcp.gemini", operation="embeddings", how={"unproven": ALL}),
    case(f"{INFERENCE}.litellm", INCLUSIVE, provider="gcp.gemini", how={"untold": SEEN}),
    case(f"{INFERENCE}.litellm", INCLUSIVE, INSIDE, TEXT, provider="openai", how={"unproven": ALL, "untold": ("cache_write",)}),
    case(f"{INFERENCE}.litellm", INCLUSIVE, INSIDE, TEXT, PROMPT_READ, provider="openai", how={"untold": ("cache_write",)}),
    case(f"{INFERENCE}.litellm", INCLUSIVE, provider="openai", how={"untold": ("cache_write",)}),
    case(f"{INFERENCE}.litellm", INCLUSIVE, provider="anthropic", how={"untold": SEEN}),
    case(f"{INFERENCE}.llama_index", INCLUSIVE, INSIDE, PROMPT_READ, TEXT, provider="openai", how={"untold": ("cache_write",)}),
    case(f"{INFERENCE}.llama_index", INCLUSIVE, INSIDE, TEXT, provider="openai", how={"unproven": GIVEN}),
    case(f"{INFERENCE}.llama_index", INCLUSIVE, provider="anthropic", version="4.2.1"),
    case(f"{INFERENCE}.llama_index", UNKNOWN, provider="anthropic", version="4.2.0"),
    case(f"{INFERENCE}.mistralai", INCLUSIVE, INSIDE, "output.value/id"),
    case(f"{INFERENCE}.mistralai", INCLUSIVE, INSIDE, "output.value/data/id"),
    case(f"{INFERENCE}.mistralai", INCLUSIVE, how={"untold": ("cache_read", "input_seconds")}),
    case(f"{INFERENCE}.openai_agents", INCLUSIVE, INSIDE, TEXT, "output.value/0/usage/input_tokens_details/cached_tokens"),
    case(f"{INFERENCE}.openai_agents", INCLUSIVE, INSIDE, TEXT, how={"unproven": GIVEN}),
    case(f"{INFERENCE}.openai_agents", INCLUSIVE, INSIDE, TEXT, PROMPT_READ),
    case(f"{INFERENCE}.openai", INCLUSIVE),
    case(f"{INFERENCE}.vertexai", INCLUSIVE),
    # OpenLIT
    *(
        each
        for name, counting, reasoning, more in (
            ("anthropic", EXCLUSIVE, INSIDE, {}),
            ("bedrock", EXCLUSIVE, INSIDE, {}),
            ("google_ai_studio", INCLUSIVE, BESIDE, {"untold": SEEN}),
            ("groq", INCLUSIVE, INSIDE, {}),
            ("openai", INCLUSIVE, INSIDE, {"untold": HEARD}),
        )
        for each in (
            # Without a usage it guesses.
            case(f"{LIT}.{name}", counting, reasoning, "telemetry.sdk.name", how={"unproven": ALL} | more),
            case(f"{LIT}.{name}", counting, reasoning, "telemetry.sdk.name", CACHE_READ, how=more),
            case(f"{LIT}.{name}", counting, reasoning, how=more),
        )
    ),
    case(f"{LIT}.cohere", INCLUSIVE, how={"has_text": True}),
    case(f"{LIT}.litellm", INCLUSIVE),
    case(f"{LIT}.mistral", INCLUSIVE),
    case(f"{LIT}.vertexai", INCLUSIVE, BESIDE),
    # Logfire
    case("logfire.anthropic", INCLUSIVE, INSIDE, "logfire.span_type", version="5.3.0", how={"unproven": MADE}),
    case("logfire.anthropic", INCLUSIVE, INSIDE, "logfire.span_type", FINISH, version="5.4.0"),
    case("logfire.anthropic", INCLUSIVE, INSIDE, "logfire.span_type", version="5.2.0"),
    case("logfire.anthropic", INCLUSIVE, INSIDE, f"{SAID}/role", version="5.2.0", how={"unproven": MADE}),
    case("logfire.anthropic", INCLUSIVE, INSIDE, f"{SAID}/role", f"{SAID}/finish_reason", version="5.2.0"),
    case("logfire.anthropic", INCLUSIVE, INSIDE, f"{SAID}/role", version="4.31.0", how={"unproven": MADE}),
    case("logfire.anthropic", INCLUSIVE, INSIDE, f"{SAID}/role", version="5.3.0"),
    case("logfire.anthropic", INCLUSIVE, version="4.31.0"),
    case("logfire.anthropic", EXCLUSIVE, version="4.30.0"),
    case("logfire.openai", INCLUSIVE, INSIDE, "gen_ai.usage.raw", how={"assumed": CLIENT}),
    case("logfire.openai", INCLUSIVE, how={"assumed": CLIENT, "untold": CACHED}),
    # pydantic-ai
    case("pydantic-ai", INCLUSIVE, INSIDE, "model_request_parameters", version="2.0.0", how={"unproven": MADE}),
    case("pydantic-ai", INCLUSIVE, INSIDE, "model_request_parameters", FINISH, version="2.68.0"),
    case("pydantic-ai", INCLUSIVE, INSIDE, "model_request_parameters", version="1.107.0"),
    case("pydantic-ai", EXCLUSIVE, provider="anthropic", version="0.1.8", how={"doubt": MISSING}),
    case("pydantic-ai", INCLUSIVE, provider="anthropic", version="0.1.9"),
    case("pydantic-ai", EXCLUSIVE, provider="aws.bedrock", version="1.39.1", how={"doubt": MISSING}),
    case("pydantic-ai", INCLUSIVE, provider="aws.bedrock", version="1.40.0"),
    case("pydantic-ai", INCLUSIVE, BESIDE, provider="gcp.gemini", version="0.7.5"),
    case("pydantic-ai", INCLUSIVE, BESIDE, provider="gcp.vertex_ai", version="0.7.5"),
    case("pydantic-ai", INCLUSIVE, provider="gcp.gemini", version="0.7.6"),
    case("pydantic-ai", INCLUSIVE, provider="openai", version="1.107.0", how={"untold": ("cache_write",)}),
    case("pydantic-ai", INCLUSIVE, provider="openai", version="2.0.0"),
    case("pydantic-ai", INCLUSIVE, provider="openai"),
    # Others
    case("gcp.vertex.agent", INCLUSIVE),
    case("langfuse-sdk", EXCLUSIVE, BESIDE, "langfuse.observation.usage_details/input_cache_read"),
    case("langfuse-sdk", INCLUSIVE),
    case("langsmith", INCLUSIVE),
    case(LITE, INCLUSIVE, provider="gcp.gemini", operation="embeddings", how={"unproven": ALL, "has_text": True}),
    case(LITE, EXCLUSIVE, INSIDE, "llm.anthropic.usage", provider="anthropic"),
    *(
        row
        for name, provider in (("gemini", "gcp.gemini"), ("vertex_ai", "gcp.vertex_ai"))
        for usage in (f"llm.{name}.usageMetadata",)
        for row in (
            case(
                "litellm", INCLUSIVE, BESIDE, usage, f"{usage}/toolUsePromptTokenCount", provider=provider, how={"doubt": MISSING}
            ),
            case(LITE, INCLUSIVE, BESIDE, usage, provider=provider),
        )
    ),
    case(LITE, INCLUSIVE, INSIDE, USAGE, f"{USAGE}/total_tokens", provider="openai", how={"has_text": True, "unproven": ALL}),
    case(
        LITE,
        INCLUSIVE,
        INSIDE,
        USAGE,
        f"{USAGE}/total_tokens",
        f"{USAGE}/prompt_tokens_details/cached_tokens",
        provider="openai",
        how={"has_text": True},
    ),
    case(LITE, INCLUSIVE, INSIDE, USAGE, f"{USAGE}/total_tokens", provider="anthropic", how={"has_text": True}),
    case(LITE, INCLUSIVE, INSIDE, USAGE, provider="openai", how={"has_text": True, "untold": CACHED}),
    case(LITE, INCLUSIVE, INSIDE, V2, V2_STREAM, provider="openai", how={"unproven": ALL, "has_text": True, "untold": SEEN}),
    case(LITE, INCLUSIVE, INSIDE, V2, V2_STREAM, CACHE_READ, provider="openai", how={"has_text": True, "untold": SEEN}),
    case(LITE, INCLUSIVE, INSIDE, V2, V2_STREAM, provider="gcp.gemini", how={"has_text": True, "untold": SEEN}),
    case(LITE, INCLUSIVE, INSIDE, V2, how={"has_text": True, "untold": SEEN}),
    case(LITE, INCLUSIVE, how={"has_text": True, "untold": CACHED}),
    case(f"{OTEL}.ag2", EXCLUSIVE, provider="anthropic"),
    case(f"{OTEL}.ag2", EXCLUSIVE, provider="aws.bedrock"),
    case(f"{OTEL}.ag2", INCLUSIVE, BESIDE, provider="gcp.gemini"),
    case(f"{OTEL}.ag2", INCLUSIVE, provider="openai"),
    # Vercel AI SDK
    case("ai", INCLUSIVE, INSIDE, "ai.usage.inputTokenDetails.noCacheTokens", how={"has_text": True}),
    case("ai", EXCLUSIVE, INSIDE, f"{META}/anthropic/cacheReadInputTokens", how={"has_text": True}),
    case("ai", UNKNOWN, INSIDE, f"{META}/google/usageMetadata/promptTokenCount", provider="gcp.gemini", how={"has_text": True}),
    case("ai", UNKNOWN, INSIDE, "ai.usage.reasoningTokens", provider="gcp.gemini", how={"has_text": True, "untold": BOTH}),
    case("ai", UNKNOWN, provider="gcp.gemini", how={"has_text": True, "doubt": MISSING}),
    case("ai", UNKNOWN, provider="gcp.vertex_ai", how={"has_text": True, "doubt": MISSING}),
    case("ai", UNKNOWN, provider="openai", how={"has_text": True, "untold": BOTH}),
    case("gen_ai", INCLUSIVE, how={"has_text": True}),
    # Nobody's
    case("", UNKNOWN),
    case("ai.mine", UNKNOWN),
    case("gen_ai.mine", UNKNOWN),
    case("my.application", UNKNOWN, BESIDE, provider="x_ai", api="chat_completions"),
    case("my.application", UNKNOWN, INSIDE, provider="x_ai", api="responses"),
    case("my.application", UNKNOWN, EITHER, provider="x_ai"),
]


def read(each: Case, **asked: str) -> Reading:
    return reading(each.scope, names=each.names | {"an.attribute"}, **each.asked | asked)


@pytest.mark.parametrize("each", CASES, ids=lambda each: "-".join([each.scope, *each.asked.values(), *sorted(each.names)]))
def test_how_each_kind_of_span_is_read(each: Case) -> None:
    how = read(each)
    assert how._replace(row=None) == each.how
    assert (how.row is None) is (each.how.input is UNKNOWN and each.scope != "ai")


UNPROVEN = [each for each in CASES if each.how.unproven and "operation" not in each.asked]


@pytest.mark.parametrize("each", UNPROVEN, ids=lambda each: f"{each.scope}-{each.version}")
def test_only_what_makes_an_answer_needs_a_proof(each: Case) -> None:
    for operation in ("text_completion", "generate_content", "completion"):
        assert read(each, operation=operation)._replace(row=None) == each.how
    for operation in ("embeddings", "rerank"):
        assert read(each, operation=operation)._replace(row=None) == each.how._replace(unproven=())


def test_each_row_is_read_by_some_span() -> None:
    def place(each: Case) -> int | None:
        asked = {"operation": "chat", **dict.fromkeys(("version", "provider", "api", "model"), "")} | each.asked
        return next((at for at, row in enumerate(ROWS) if _is_about(row, each.scope, marks=each.names, **asked)), None)

    reached = {place(each) for each in CASES}
    assert [row for at, row in enumerate(ROWS) if at not in reached] == []


@pytest.mark.parametrize("version", ["0.1.9", "0.1.9b1", "0.1.9.post1", "0.1.10", "1", "0.2", "", "main", "v0.1.8"])
def test_a_version_is_the_numbers_that_it_begins_with(version: str) -> None:
    # What is no version is as one that is missing: the newest.
    assert reading("pydantic-ai", version, "anthropic").input is INCLUSIVE


@pytest.mark.parametrize("version", ["0.1.8", "0.1.8.9", "0.1", "0", "0.1.8b9", "0.0.99"])
def test_an_older_version_is_one_by_its_numbers(version: str) -> None:
    assert reading("pydantic-ai", version, "anthropic").input is EXCLUSIVE


def test_no_row_is_hidden_by_one_before_it() -> None:
    def is_of_all(row: Row) -> bool:
        return not any((row.operation, row.provider, row.api, row.model, row.having, row.since, row.before))

    hidden = [
        (row.scope, before.scope)
        for place, row in enumerate(ROWS)
        for before in ROWS[:place]
        if row.scope.startswith(before.scope) and before.scope not in {"ai", "gen_ai"} - {row.scope} and is_of_all(before)
    ]
    assert hidden == []
    assert all(row.scope for row in ROWS)
    assert {row.input for row in ROWS} == set(InputCount)


def test_what_is_remembered_of_scopes_is_bounded() -> None:
    most = _reading.cache_info().maxsize
    assert most is not None
    for number in range(most + 7):
        reading(f"scope-{number}")
    assert _reading.cache_info().currsize == most
    assert reading("openlit.instrumentation.anthropic").input is EXCLUSIVE
