"""Is this span an LLM call? By its instrumentation scope, and by its attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

BILLED_OPERATIONS: Final = frozenset(
    {
        "chat",
        "text_completion",
        "generate_content",
        "embeddings",
        "completion",
        "embedding",
        "rerank",
        "image_generation",
        "speech",
        "transcription",
    }
)
"""Operations that a provider bills by themselves. Agents, workflows, tools and fetched responses are never priced: what they
contain is."""

OPENINFERENCE_CALLS: Final = {"LLM": "chat", "EMBEDDING": "embeddings", "RERANKER": "rerank"}
"""The kinds of OpenInference's spans that are calls."""

_OTHERS: Final = frozenset(
    f"opentelemetry.instrumentation.{name}"
    for name in (
        "aio_pika", "aiohttp_client", "aiohttp_server", "aiokafka", "aiopg", "asgi", "asyncio", "asyncpg", "boto", "boto3sqs",
        "cassandra", "celery", "click", "confluent_kafka", "dbapi", "django", "elasticsearch", "falcon", "fastapi", "flask", "grpc",
        "httpx", "jinja2", "kafka", "logging", "mysql", "mysqlclient", "pika", "psycopg", "psycopg2", "pymemcache", "pymongo",
        "pymssql", "pymysql", "pyramid", "redis", "remoulade", "requests", "sqlalchemy", "sqlite3", "starlette", "system_metrics",
        "threading", "tornado", "tortoiseorm", "urllib", "urllib3", "wsgi",
    )
)  # fmt: skip

_LLM_PREFIXES: Final = (
    "agent_framework",
    "com.anthropic.sdk.python",
    "gcp.vertex.agent",
    "langfuse",
    "langsmith",
    "litellm",
    "logfire.anthropic",
    "logfire.openai",
    "mistralai",
    "openinference.instrumentation",
    "openlit",
    "opentelemetry.instrumentation.ag2",
    "opentelemetry.instrumentation.alephalpha",
    "opentelemetry.instrumentation.anthropic",
    "opentelemetry.instrumentation.bedrock",
    "opentelemetry.instrumentation.botocore.bedrock",
    "opentelemetry.instrumentation.cohere",
    "opentelemetry.instrumentation.crewai",
    "opentelemetry.instrumentation.genai",
    "opentelemetry.instrumentation.google_gen",
    "opentelemetry.instrumentation.groq",
    "opentelemetry.instrumentation.haystack",
    "opentelemetry.instrumentation.langchain",
    "opentelemetry.instrumentation.llamaindex",
    "opentelemetry.instrumentation.mistralai",
    "opentelemetry.instrumentation.ollama",
    "opentelemetry.instrumentation.openai",
    "opentelemetry.instrumentation.replicate",
    "opentelemetry.instrumentation.sagemaker",
    "opentelemetry.instrumentation.together",
    "opentelemetry.instrumentation.transformers",
    "opentelemetry.instrumentation.vertexai",
    "opentelemetry.instrumentation.watsonx",
    "opentelemetry.instrumentation.writer",
    "opentelemetry.util.genai",
    "otel_llm_cost",
    "pydantic-ai",
    "strands",
)


LATE: Final = frozenset({"langsmith", "litellm"})
"""Scopes whose spans are made after the call, in another thread and perhaps another trace."""
LATE_MODULES: Final = (
    "langchain_core.tracers.base",
    "litellm.integrations.opentelemetry",
    "langsmith._internal.otel._otel_exporter",
)
"""What makes them, once it is loaded; and LangChain, whose spans its instrumentations do not make current."""
NESTING: Final = frozenset({"gcp.vertex.agent", "gen_ai", "openinference.instrumentation.llama_index"})
"""Scopes that put a span around the one that has the counts, of the same operation."""


def never_calls(scope: str) -> bool:
    """Whether spans of this instrumentation scope are known not to be LLM calls (HTTP, databases, queues)."""
    return scope in _OTHERS


def makes_calls(scope: str) -> bool:
    """Whether this instrumentation scope is known to make spans of LLM calls."""
    return scope.startswith(_LLM_PREFIXES)


def looks_like_call(attributes: Mapping[str, object]) -> bool:
    """Whether attributes known at a span's start say that it is, or may become, an LLM call."""
    operation = attributes.get("gen_ai.operation.name")
    if operation is not None:
        return isinstance(operation, str) and operation in BILLED_OPERATIONS
    if "openinference.span.kind" in attributes:
        return attributes["openinference.span.kind"] in OPENINFERENCE_CALLS
    return "gen_ai.system" in attributes or "gen_ai.provider.name" in attributes or "gen_ai.request.model" in attributes


FRAMEWORK: Final = "traceloop.span.kind"
"""What OpenLLMetry calls a span that is a workflow's, a task's, an agent's or a tool's."""
_FRAMES: Final = frozenset({FRAMEWORK, "gen_ai.agent.name"})
_WHO: Final = frozenset({"gen_ai.system", "gen_ai.provider.name", "llm.vendor"})
_MODELS: Final = frozenset({"gen_ai.request.model", "gen_ai.response.model", "llm.request.model", "llm.response.model"})
_USAGE: Final = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.prompt_tokens",
    "gen_ai.usage.completion_tokens",
    "llm.usage.total_tokens",
    "llm.usage.prompt_tokens",
    "llm.usage.completion_tokens",
    "gen_ai.usage.cost.amount",
)


def billed_operation(attributes: Mapping[str, object]) -> str | None:
    """The operation of a finished span that is an LLM call; None where it is none.

    Conventions older than `gen_ai.operation.name` are known by a model and a usage, unless a framework says that the span is
    something else.
    """
    operation = attributes.get("gen_ai.operation.name")
    if operation is not None:
        return str.__str__(operation) if isinstance(operation, str) and operation in BILLED_OPERATIONS else None
    if _WHO.isdisjoint(attributes) or not _FRAMES.isdisjoint(attributes):
        return None
    kind = attributes.get("llm.request.type")
    if isinstance(kind, str) and kind in BILLED_OPERATIONS:
        return kind
    return "chat" if not _MODELS.isdisjoint(attributes) and has_usage(attributes) else None


def has_usage(attributes: Mapping[str, object]) -> bool:
    """Whether a finished span states a usage, or a cost, under a name of the semantic conventions."""
    return any(name in attributes for name in _USAGE)
