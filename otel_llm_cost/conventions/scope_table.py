"""How instrumentations count: a row for each, by scope and version, provider, API, model and what the span has.

Measured 2026-11-22 with the newest versions run against a loopback provider, and read in older ones. The first row that is about a
span holds.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

MAKES_OUTPUT: Final = frozenset(
    {"chat", "text_completion", "generate_content", "completion", "image_generation", "speech", "transcription"}
)
"""Operations whose bill needs an output count."""
TOTAL: Final = "total"
"""The count of all that is billed in tokens. Nothing is taken from it: it only tells which reading can be right."""


class InputCount(Enum):
    """How the input count relates to the cache counts beside it."""

    INCLUSIVE = "inclusive"
    EXCLUSIVE = "exclusive"
    UNKNOWN = "unknown"


class ReasoningCount(Enum):
    """How the output count relates to the reasoning count beside it."""

    INSIDE = "inside"
    BESIDE = "beside"
    UNKNOWN = "unknown"
    AS_PROVIDER = "as the provider"
    """The instrumentation passes the provider's own counts on."""


class Row(NamedTuple):
    """What is known of the spans that fit all of its conditions."""

    scope: str
    """A scope's name begins with this."""
    input: InputCount
    reasoning: ReasoningCount = ReasoningCount.AS_PROVIDER
    operation: str = ""
    """Only of this operation,"""
    provider: str = ""
    """only of calls to this provider,"""
    api: str = ""
    """to an API of it that begins with this,"""
    model: str = ""
    """to a model whose name this is found in, as a regular expression."""
    having: str = ""
    """Only of spans that have this attribute, as the real ones of a kind do."""
    since: str = ""
    before: str = ""
    """Versions of the instrumentation, as its scope names them."""
    has_text: bool = False
    proof: str = ""
    """A chat without this attribute states counts that are not the provider's:"""
    unproven: tuple[str, ...] = ()
    doubt: str | None = None
    assumed: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()


_IN, _OUT, _OPEN = InputCount.INCLUSIVE, InputCount.EXCLUSIVE, InputCount.UNKNOWN
_INSIDE, _BESIDE, _EITHER = ReasoningCount.INSIDE, ReasoningCount.BESIDE, ReasoningCount.UNKNOWN
_OTEL: Final = "opentelemetry.instrumentation"
_HANDLER: Final = "opentelemetry.util.genai.handler"
_OPENINFERENCE: Final = "openinference.instrumentation"
_OPENLIT: Final = "openlit.instrumentation"
_CACHE_READ: Final = "gen_ai.usage.cache_read.input_tokens"
_LS_PROVIDER: Final = "traceloop.association.properties.ls_provider"
_SYSTEM: Final = "llm.system"
_TEXT: Final = "output.value"
_BODY: Final = "output.value/usage/input_tokens"
_STREAMED: Final = "llm.invocation_parameters/stream"
_BY_OPENLIT: Final = "telemetry.sdk.name"
_REASON: Final = "llm.finish_reason"
_PROMPT_CACHE_READ: Final = "llm.token_count.prompt_details.cache_read"
_STREAM: Final = "gen_ai.request.stream"
_FINISH: Final = "gen_ai.response.finish_reasons"
_HOST: Final = "server.address"
_CLIENT: Final = ("provider=openai",)
"""The client's maker, whatever the host that is asked."""
_SAID: Final = "gen_ai.output.messages/0/role"
_SAID_ALL: Final = "gen_ai.output.messages/0/finish_reason"
_USAGE: Final = "metadata.usage_object"
_USAGE_READ: Final = f"{_USAGE}/total_tokens"
_USAGE_CACHED: Final = f"{_USAGE}/prompt_tokens_details/cached_tokens"
_OVERSTATED: Final = ("output=overstated",)
_NONE: Final = "-"
"""No span has this."""
_CACHING: Final = r"anthropic|claude|nova"
_GUESSED: Final = r"cohere\.command|mistral"
_AUDIO: Final = ("input_audio", "output_audio")
_WRITTEN_OR_HEARD: Final = ("cache_write", *_AUDIO)
_CACHED_OR_HEARD: Final = ("cache_read", *_WRITTEN_OR_HEARD)
_CACHE: Final = ("cache_read", "cache_write")
_MODALITIES: Final = ("input_image", "input_video", "output_image", *_AUDIO)
_ALL: Final = ("input", "output", "reasoning", TOTAL)
_WITH_CACHE: Final = ("input", "reasoning", TOTAL)
_MADE: Final = ("output", "reasoning", TOTAL)
"""A stream that was left early states the output of its first event."""

ROWS: Final = (
    # SDKs that trace themselves
    Row("com.anthropic.sdk.python", _IN, _INSIDE),  # anthropic 2.12 adds the cache counts itself
    Row("mistralai_sdk_tracer", _IN, having="gen_ai.usage.prompt_tokens", proof=_NONE, unproven=_WITH_CACHE),  # 1.12 tells no cache
    Row("mistralai_sdk_tracer", _IN, untold=("input_seconds",)),  # mistralai 3.7
    # OpenTelemetry, 1.3b0 and what its older wheels say
    Row(f"{_OTEL}.botocore.bedrock", _OUT, api="InvokeModel", model=_GUESSED, proof=_NONE, unproven=_ALL),  # a guess
    Row(f"{_OTEL}.botocore.bedrock", _OUT, api="InvokeModel", model=_CACHING, doubt="incomplete_usage"),  # without the cache
    Row(f"{_OTEL}.botocore.bedrock", _OUT, _INSIDE, since="0.66"),
    Row(f"{_OTEL}.botocore.bedrock", _OUT, _INSIDE, model=_CACHING, doubt="incomplete_usage"),
    Row(f"{_OTEL}.botocore.bedrock", _OUT, _INSIDE),
    Row(f"{_OTEL}.genai.anthropic", _IN, _INSIDE, having=_STREAM, proof=_FINISH, unproven=_MADE),
    Row(f"{_OTEL}.genai.anthropic", _IN, _INSIDE),
    Row(f"{_OTEL}.genai.bedrock", _OUT, _INSIDE),  # the provider's own count, under the conventions' names
    Row(f"{_OTEL}.genai.openai", _IN, api="responses"),
    Row(f"{_OTEL}.genai.openai", _IN, before="1.3", untold=_WRITTEN_OR_HEARD),
    Row(f"{_OTEL}.genai", _IN),
    Row(f"{_OTEL}.google_genai", _IN, _INSIDE, since="1.2", having=_STREAM, proof=_FINISH, unproven=_MADE),
    Row(f"{_OTEL}.google_genai", _IN, _INSIDE, since="1.2", untold=("input_video",)),
    Row(f"{_OTEL}.google_genai", _IN, _INSIDE, before="0.7", proof=_NONE, unproven=_ALL),  # sums over a stream's chunks
    Row(f"{_OTEL}.google_genai", _IN, _INSIDE, before="1.2", doubt="incomplete_usage", untold=("cache_read",)),  # no thoughts
    Row(f"{_OTEL}.openai_v2", _IN, untold=_CACHED_OR_HEARD),
    # Before 1.2 of all of them, under the one scope of what they share
    *(
        row
        for provider in ("gcp.gemini", "gcp.vertex_ai")
        for row in (
            Row(_HANDLER, _IN, _EITHER, provider=provider, having=_STREAM, proof=_FINISH, unproven=_MADE, untold=_MODALITIES),
            Row(_HANDLER, _IN, _EITHER, provider=provider, untold=_MODALITIES),
        )
    ),
    Row(_HANDLER, _IN, _INSIDE, provider="anthropic", having=_STREAM, proof=_FINISH, unproven=_MADE),
    Row(_HANDLER, _IN, provider="openai", having=_HOST, untold=_CACHED_OR_HEARD),
    Row(_HANDLER, _IN, provider="openai", untold=_CACHED_OR_HEARD, assumed=_CLIENT),
    Row(_HANDLER, _IN),
    # OpenLLMetry, 0.62.4 and what its older wheels say
    Row(f"{_OTEL}.anthropic", _OUT, _INSIDE, before="0.32", proof=_NONE, unproven=_ALL),  # counted by itself
    Row(f"{_OTEL}.anthropic", _OUT, _INSIDE, before="0.33.4", doubt="incomplete_usage"),  # without the cache
    # Its streams add the first event's output, some tokens, to the last's, which holds it
    Row(f"{_OTEL}.anthropic", _IN, _INSIDE, having="gen_ai.is_streaming", assumed=_OVERSTATED),
    Row(f"{_OTEL}.anthropic", _IN, _INSIDE, having="llm.is_streaming", before="0.54", assumed=_OVERSTATED),
    Row(f"{_OTEL}.anthropic", _IN, _INSIDE),
    Row(f"{_OTEL}.bedrock", _OUT, _INSIDE, having=_CACHE_READ),  # both APIs pass the provider's own count on
    Row(f"{_OTEL}.bedrock", _OUT, _INSIDE, model=_CACHING, doubt="incomplete_usage"),  # InvokeModel's streams, and before 0.62
    Row(f"{_OTEL}.bedrock", _OUT, _INSIDE),
    Row(f"{_OTEL}.cohere", _IN, has_text=True),  # billed units, as doubles
    Row(f"{_OTEL}.google_generativeai", _IN, untold=_MODALITIES),  # thoughts are in the total alone
    Row(f"{_OTEL}.groq", _IN, before="0.62", untold=("cache_read",)),
    Row(f"{_OTEL}.groq", _IN),
    # LangChain's own counts; under a tier it renames OpenAI's details, which are then lost, and the tier with them
    Row(f"{_OTEL}.langchain", _IN, provider="openai", having=_LS_PROVIDER, proof=_CACHE_READ, unproven=_ALL, untold=_AUDIO),
    # Of a whole answer it says that nothing was written to the cache, where the API tells the lifetimes
    Row(f"{_OTEL}.langchain", _IN, provider="anthropic", having="gen_ai.response.id", untold=("cache_write",)),
    Row(f"{_OTEL}.langchain", _IN, untold=_AUDIO),
    Row(f"{_OTEL}.llamaindex", _OUT, _INSIDE, provider="anthropic"),  # the response's own counts
    Row(f"{_OTEL}.llamaindex", _IN, before="0.62", untold=_CACHED_OR_HEARD),
    Row(f"{_OTEL}.llamaindex", _IN, untold=_WRITTEN_OR_HEARD),
    Row(f"{_OTEL}.mistralai", _IN, before="0.62", untold=("cache_read", "input_seconds")),
    Row(f"{_OTEL}.mistralai", _IN, untold=("input_seconds",)),
    Row(f"{_OTEL}.openai.v1", _IN, before="0.39", untold=_CACHED_OR_HEARD),
    Row(f"{_OTEL}.openai.v1", _IN, untold=_WRITTEN_OR_HEARD),
    Row(f"{_OTEL}.openai_agents", _IN, having="gen_ai.system", untold=_CACHED_OR_HEARD),  # OpenTelemetry's of before
    Row(f"{_OTEL}.openai_agents", _IN, untold=_WRITTEN_OR_HEARD),
    Row(f"{_OTEL}.vertexai", _IN, untold=("cache_read", *_MODALITIES)),  # as google_generativeai
    Row(f"{_OTEL}.writer", _IN),
    # OpenInference: each package's own version
    Row(f"{_OPENINFERENCE}.anthropic", _IN, _INSIDE, since="1.1", having=_TEXT, proof=_REASON, unproven=_MADE),
    Row(f"{_OPENINFERENCE}.anthropic", _IN, _INSIDE, since="1"),
    Row(
        f"{_OPENINFERENCE}.anthropic", _OUT, _INSIDE, before="1", having=_STREAMED, doubt="incomplete_usage"
    ),  # streams leave the cache out
    Row(f"{_OPENINFERENCE}.anthropic", _IN, _INSIDE, since="0.1.14"),
    Row(f"{_OPENINFERENCE}.anthropic", _OUT, _INSIDE, before="0.1.14", doubt="incomplete_usage"),
    # Claude through InvokeModel
    # Claude through InvokeModel, of whose streams only the text has the cache; then Converse
    Row(f"{_OPENINFERENCE}.bedrock", _IN, _INSIDE, since="0.1.50", having=_BODY, proof=_REASON, unproven=_MADE),
    Row(f"{_OPENINFERENCE}.bedrock", _IN, _INSIDE, since="0.1.18", having=_BODY),
    Row(f"{_OPENINFERENCE}.bedrock", _IN, _INSIDE, since="0.1.18", having=_SYSTEM, untold=_CACHE),
    Row(f"{_OPENINFERENCE}.bedrock", _IN, _INSIDE, since="0.1.60"),
    Row(f"{_OPENINFERENCE}.bedrock", _OUT, _INSIDE, since="0.1.39", before="0.1.60"),
    Row(f"{_OPENINFERENCE}.bedrock", _OUT, _INSIDE, before="0.1.39", doubt="incomplete_usage"),
    Row(f"{_OPENINFERENCE}.google_adk", _IN, _INSIDE),
    Row(f"{_OPENINFERENCE}.google_genai", _IN, _INSIDE, since="0.1.16", having=_TEXT, proof=_REASON, unproven=_MADE),
    Row(f"{_OPENINFERENCE}.google_genai", _IN, _INSIDE, since="0.1.16"),
    Row(f"{_OPENINFERENCE}.google_genai", _IN, _INSIDE, since="0.1.11", proof=_NONE, unproven=("input",)),  # holds the cache twice
    Row(f"{_OPENINFERENCE}.google_genai", _IN, _INSIDE, before="0.1.11"),
    Row(f"{_OPENINFERENCE}.groq", _IN),
    Row(f"{_OPENINFERENCE}.langchain", _IN, since="0.1.55", having=_TEXT),
    Row(f"{_OPENINFERENCE}.langchain", _IN, since="0.1.55", untold=("cache_write",)),
    Row(f"{_OPENINFERENCE}.litellm", _IN, operation="embeddings", provider="gcp.gemini", proof=_NONE, unproven=_ALL),
    Row(
        f"{_OPENINFERENCE}.litellm",
        _IN,
        provider="openai",
        having=_TEXT,
        proof=_PROMPT_CACHE_READ,
        unproven=_ALL,
        untold=("cache_write",),
    ),
    Row(f"{_OPENINFERENCE}.litellm", _IN, provider="openai", untold=("cache_write",)),
    Row(f"{_OPENINFERENCE}.litellm", _IN, _INSIDE, untold=_MODALITIES),
    Row(f"{_OPENINFERENCE}.llama_index", _IN, provider="openai", having=_PROMPT_CACHE_READ, untold=("cache_write",)),
    Row(f"{_OPENINFERENCE}.llama_index", _IN, provider="openai", having=_TEXT, proof=_NONE, unproven=_WITH_CACHE),
    Row(f"{_OPENINFERENCE}.llama_index", _IN, _INSIDE, since="4.2.1"),
    Row(f"{_OPENINFERENCE}.mistralai", _IN, having="output.value/id"),  # the cache is in the text alone
    Row(f"{_OPENINFERENCE}.mistralai", _IN, having="output.value/data/id"),
    Row(f"{_OPENINFERENCE}.mistralai", _IN, untold=("cache_read", "input_seconds")),
    Row(f"{_OPENINFERENCE}.openai_agents", _IN, having="output.value/0/usage/input_tokens_details/cached_tokens"),
    Row(f"{_OPENINFERENCE}.openai_agents", _IN, having=_TEXT, proof=_PROMPT_CACHE_READ, unproven=_WITH_CACHE),
    Row(f"{_OPENINFERENCE}.openai", _IN),
    Row(f"{_OPENINFERENCE}.vertexai", _IN),  # thoughts are in the total alone
    # OpenLIT, 1.45, whose scopes have no version: without a usage it writes half the text's length
    Row(f"{_OPENLIT}.anthropic", _OUT, _INSIDE, having=_BY_OPENLIT, proof=_CACHE_READ, unproven=_ALL),
    Row(f"{_OPENLIT}.anthropic", _OUT, _INSIDE),
    Row(f"{_OPENLIT}.bedrock", _OUT, _INSIDE, having=_BY_OPENLIT, proof=_CACHE_READ, unproven=_ALL),
    Row(f"{_OPENLIT}.bedrock", _OUT, _INSIDE),
    Row(f"{_OPENLIT}.cohere", _IN, has_text=True),
    Row(f"{_OPENLIT}.google_ai_studio", _IN, _BESIDE, having=_BY_OPENLIT, proof=_CACHE_READ, unproven=_ALL, untold=_MODALITIES),
    Row(f"{_OPENLIT}.google_ai_studio", _IN, _BESIDE, untold=_MODALITIES),
    Row(f"{_OPENLIT}.groq", _IN, having=_BY_OPENLIT, proof=_CACHE_READ, unproven=_ALL),
    Row(f"{_OPENLIT}.groq", _IN),
    Row(f"{_OPENLIT}.litellm", _IN, _INSIDE),
    Row(f"{_OPENLIT}.mistral", _IN),
    Row(f"{_OPENLIT}.openai", _IN, having=_BY_OPENLIT, proof=_CACHE_READ, unproven=_ALL, untold=_AUDIO),
    Row(f"{_OPENLIT}.openai", _IN, untold=_AUDIO),
    Row(f"{_OPENLIT}.vertexai", _IN, _BESIDE),
    # Logfire
    Row("logfire.anthropic", _IN, _INSIDE, since="5.3", having="logfire.span_type", proof=_FINISH, unproven=_MADE),
    Row("logfire.anthropic", _IN, _INSIDE, since="4.31", before="5.3", having=_SAID, proof=_SAID_ALL, unproven=_MADE),
    Row("logfire.anthropic", _IN, _INSIDE, since="4.31"),
    Row("logfire.anthropic", _OUT, _INSIDE, before="4.31"),
    Row("logfire.openai", _IN, having="gen_ai.usage.raw", assumed=_CLIENT),
    Row("logfire.openai", _IN, assumed=_CLIENT, untold=_CACHED_OR_HEARD),  # before 4.30
    # pydantic-ai
    Row("pydantic-ai", _IN, _INSIDE, since="2", having="model_request_parameters", proof=_FINISH, unproven=_MADE),
    Row("pydantic-ai", _OUT, _INSIDE, provider="anthropic", before="0.1.9", doubt="incomplete_usage"),
    Row("pydantic-ai", _OUT, _INSIDE, provider="aws.bedrock", before="1.40", doubt="incomplete_usage"),
    Row("pydantic-ai", _IN, _BESIDE, provider="gcp.gemini", before="0.7.6"),
    Row("pydantic-ai", _IN, _BESIDE, provider="gcp.vertex_ai", before="0.7.6"),
    Row("pydantic-ai", _IN, _INSIDE, provider="openai", before="2", untold=("cache_write",)),
    Row("pydantic-ai", _IN, _INSIDE),
    # Others
    Row("gcp.vertex.agent", _IN, _INSIDE),  # google-adk 2.13
    Row("langfuse-sdk", _OUT, _BESIDE, having="langfuse.observation.usage_details/input_cache_read"),  # 5.0 under LangChain: parts
    Row("langfuse-sdk", _IN),  # as OpenAI's client counts
    Row("langsmith", _IN),  # 0.15
    # Its embeddings of Gemini, and its streams without a usage, are counted by itself
    Row("litellm", _IN, operation="embeddings", provider="gcp.gemini", proof=_NONE, unproven=_ALL, has_text=True),
    # The provider's own answers
    Row("litellm", _OUT, _INSIDE, having="llm.anthropic.usage"),
    *(
        row
        for name in ("gemini", "vertex_ai")
        for usage in (f"llm.{name}.usageMetadata",)
        for row in (
            # What tools added to the prompt is beside it
            Row("litellm", _IN, _BESIDE, having=f"{usage}/toolUsePromptTokenCount", doubt="incomplete_usage"),
            Row("litellm", _IN, _BESIDE, having=usage),
        )
    ),
    Row("litellm", _IN, provider="openai", having=_USAGE_READ, proof=_USAGE_CACHED, unproven=_ALL, has_text=True),
    Row("litellm", _IN, _INSIDE, having=_USAGE_READ, has_text=True),  # 1.106; what is missing is an empty text
    # Its second version tells the cache; where it counted a stream itself, it tells none
    Row(
        "litellm",
        _IN,
        _INSIDE,
        provider="openai",
        having="litellm.request.streaming",
        proof=_CACHE_READ,
        unproven=_ALL,
        has_text=True,
        untold=_MODALITIES,
    ),
    Row("litellm", _IN, _INSIDE, having="litellm.cost.total", has_text=True, untold=_MODALITIES),
    Row("litellm", _IN, _INSIDE, has_text=True, untold=_CACHED_OR_HEARD),
    Row(f"{_OTEL}.ag2", _OUT, _INSIDE, provider="anthropic"),  # 1.2
    Row(f"{_OTEL}.ag2", _OUT, _INSIDE, provider="aws.bedrock"),
    Row(f"{_OTEL}.ag2", _IN, _BESIDE, provider="gcp.gemini"),
    Row(f"{_OTEL}.ag2", _IN),
    # Vercel AI SDK: its scopes have no version, but 6 has these details, and 7 another scope
    Row("ai", _IN, _INSIDE, having="ai.usage.inputTokenDetails.noCacheTokens", has_text=True),
    Row("ai", _OUT, _INSIDE, having="ai.response.providerMetadata/anthropic/cacheReadInputTokens", has_text=True),
    Row("ai", _OPEN, having="ai.response.providerMetadata/google/usageMetadata/promptTokenCount", has_text=True),
    Row("ai", _OPEN, having="ai.usage.reasoningTokens", has_text=True, untold=_CACHE),
    Row("ai", _OPEN, provider="gcp.gemini", has_text=True, doubt="incomplete_usage"),  # 4 leaves the thoughts out
    Row("ai", _OPEN, provider="gcp.vertex_ai", has_text=True, doubt="incomplete_usage"),
    Row("ai", _OPEN, has_text=True, untold=_CACHE),
    Row("gen_ai", _IN, _INSIDE, has_text=True),
)
