"""How the counts of a span include each other: measured, by instrumentation scope and version, provider and API."""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import Final, NamedTuple

from otel_llm_cost.conventions.providers import COUNTS_REASONING_BESIDE

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


class Reading(NamedTuple):
    """How the counts of a call's span are to be read."""

    input: InputCount = InputCount.UNKNOWN
    reasoning: ReasoningCount = ReasoningCount.UNKNOWN
    has_text: bool = False
    """Whether counts may be written as text or as doubles."""
    unproven: tuple[str, ...] = ()
    """Counts that stand on the span and are not the provider's."""
    doubt: str | None = None
    """Why the counts are not all that is billed."""
    assumed: tuple[str, ...] = ()
    """What the instrumentation never tells."""
    row: str | None = None
    """The scope by which this is known; None where it is not."""


class _Row(NamedTuple):
    scope: str
    """A scope's name begins with this."""
    input: InputCount
    reasoning: ReasoningCount = ReasoningCount.AS_PROVIDER
    provider: str = ""
    """Only of calls to this provider,"""
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


_IN, _OUT, _OPEN = InputCount.INCLUSIVE, InputCount.EXCLUSIVE, InputCount.UNKNOWN
_INSIDE, _BESIDE = ReasoningCount.INSIDE, ReasoningCount.BESIDE
_OTEL: Final = "opentelemetry.instrumentation"
_OPENINFERENCE: Final = "openinference.instrumentation"
_OPENLIT: Final = "openlit.instrumentation"
_CACHE_READ: Final = "gen_ai.usage.cache_read.input_tokens"
_LS_PROVIDER: Final = "traceloop.association.properties.ls_provider"
_PARAMETERS: Final = "llm.invocation_parameters"
_BY_OPENLIT: Final = "telemetry.sdk.name"
_REASON: Final = "llm.finish_reason"
_PROMPT_CACHE_READ: Final = "llm.token_count.prompt_details.cache_read"
_FINISH: Final = "gen_ai.response.finish_reasons"
_NONE: Final = "-"
"""No span has this."""
_CACHING: Final = r"anthropic|nova"
_GUESSED: Final = r"cohere\.command|mistral"
_NO_CACHE: Final = ("input=uncached",)
_ALL: Final = ("input", "output", "reasoning", TOTAL)
_WITH_CACHE: Final = ("input", "reasoning", TOTAL)
_MADE: Final = ("output", "reasoning", TOTAL)
"""A stream that was left early states the output of its first event."""

_ROWS: Final = (
    # SDKs that trace themselves
    _Row("com.anthropic.sdk.python", _IN, _INSIDE),  # anthropic 2.12 adds the cache counts itself
    _Row("mistralai_sdk_tracer", _IN),  # mistralai 1.12
    # OpenTelemetry, 1.3b0 and what its older wheels say
    _Row(
        f"{_OTEL}.botocore.bedrock", _OUT, api="InvokeModel", model=r"cohere\.command|mistral", proof=_NONE, unproven=_ALL
    ),  # a guess
    _Row(f"{_OTEL}.botocore.bedrock", _OUT, api="InvokeModel", model=_CACHING, doubt="incomplete_usage"),  # without the cache
    _Row(f"{_OTEL}.botocore.bedrock", _OUT, _INSIDE, since="0.66"),
    _Row(f"{_OTEL}.botocore.bedrock", _OUT, _INSIDE, model=_CACHING, doubt="incomplete_usage"),
    _Row(f"{_OTEL}.botocore.bedrock", _OUT, _INSIDE),
    _Row(f"{_OTEL}.genai.anthropic", _IN, _INSIDE, having="gen_ai.request.stream", proof=_FINISH, unproven=_MADE),
    _Row(f"{_OTEL}.genai.anthropic", _IN, _INSIDE),
    _Row(f"{_OTEL}.genai.bedrock", _OUT, _INSIDE),  # the provider's own count, under the conventions' names
    _Row(f"{_OTEL}.genai", _IN),
    _Row(f"{_OTEL}.google_genai", _IN, _INSIDE, since="1.2"),
    _Row(f"{_OTEL}.google_genai", _IN, _INSIDE, before="0.7", proof=_NONE, unproven=_ALL),  # sums over a stream's chunks
    _Row(f"{_OTEL}.google_genai", _IN, _INSIDE, before="1.2", doubt="incomplete_usage"),  # without the thoughts
    _Row(f"{_OTEL}.openai_v2", _IN, assumed=_NO_CACHE),
    _Row("opentelemetry.util.genai.handler", _IN, ReasoningCount.UNKNOWN, provider="gcp.gemini"),  # who uses it is not said
    _Row("opentelemetry.util.genai.handler", _IN, ReasoningCount.UNKNOWN, provider="gcp.vertex_ai"),
    _Row("opentelemetry.util.genai.handler", _IN),
    # OpenLLMetry, 0.62.4 and what its older wheels say
    _Row(f"{_OTEL}.anthropic", _OUT, _INSIDE, before="0.33.4"),
    _Row(f"{_OTEL}.anthropic", _IN, _INSIDE),
    _Row(f"{_OTEL}.bedrock", _OUT, _INSIDE),  # both APIs pass the provider's own count on
    _Row(f"{_OTEL}.cohere", _IN, has_text=True),  # billed units, as doubles
    _Row(f"{_OTEL}.google_generativeai", _IN),  # thoughts are in the total alone
    _Row(f"{_OTEL}.groq", _IN),
    # LangChain's own counts; under a tier it renames OpenAI's details, which are then lost, and the tier with them
    _Row(f"{_OTEL}.langchain", _IN, provider="openai", having=_LS_PROVIDER, proof=_CACHE_READ, unproven=_ALL),
    _Row(f"{_OTEL}.langchain", _IN),
    _Row(f"{_OTEL}.llamaindex", _OUT, _INSIDE, provider="anthropic"),  # the response's own counts
    _Row(f"{_OTEL}.llamaindex", _IN),
    _Row(f"{_OTEL}.mistralai", _IN),
    _Row(f"{_OTEL}.openai.v1", _IN),
    _Row(f"{_OTEL}.openai_agents", _IN, since="0.40"),
    _Row(f"{_OTEL}.openai_agents", _IN, assumed=_NO_CACHE),  # OpenTelemetry's of before, without a version
    _Row(f"{_OTEL}.vertexai", _IN),  # as google_generativeai
    _Row(f"{_OTEL}.writer", _IN),
    # OpenInference: each package's own version
    _Row(f"{_OPENINFERENCE}.anthropic", _IN, _INSIDE, since="1.1", having=_PARAMETERS, proof=_REASON, unproven=_MADE),
    _Row(f"{_OPENINFERENCE}.anthropic", _IN, _INSIDE, since="0.1.14"),
    _Row(f"{_OPENINFERENCE}.anthropic", _OUT, _INSIDE, before="0.1.14"),
    # Claude through InvokeModel
    _Row(f"{_OPENINFERENCE}.bedrock", _IN, _INSIDE, having="llm.system", since="0.1.50", proof=_REASON, unproven=_MADE),
    _Row(f"{_OPENINFERENCE}.bedrock", _IN, _INSIDE, having="llm.system", since="0.1.18"),
    _Row(f"{_OPENINFERENCE}.bedrock", _IN, _INSIDE, since="0.1.60"),
    _Row(f"{_OPENINFERENCE}.bedrock", _OUT, _INSIDE, before="0.1.60"),
    _Row(f"{_OPENINFERENCE}.google_adk", _IN, _INSIDE),
    _Row(f"{_OPENINFERENCE}.google_genai", _IN, _INSIDE, since="0.1.16", having=_PARAMETERS, proof=_REASON, unproven=_MADE),
    _Row(f"{_OPENINFERENCE}.google_genai", _IN, _INSIDE, since="0.1.16"),
    _Row(f"{_OPENINFERENCE}.google_genai", _IN, _INSIDE, since="0.1.11", proof=_NONE, unproven=("input",)),  # holds the cache twice
    _Row(f"{_OPENINFERENCE}.google_genai", _IN, _INSIDE, before="0.1.11"),
    _Row(f"{_OPENINFERENCE}.groq", _IN),
    _Row(f"{_OPENINFERENCE}.langchain", _IN, since="0.1.55"),
    _Row(f"{_OPENINFERENCE}.litellm", _IN, _INSIDE),
    _Row(
        f"{_OPENINFERENCE}.llama_index", _IN, provider="openai", having=_PARAMETERS, proof=_PROMPT_CACHE_READ, unproven=_WITH_CACHE
    ),
    _Row(f"{_OPENINFERENCE}.llama_index", _IN, _INSIDE, since="4.2.1"),
    _Row(f"{_OPENINFERENCE}.mistralai", _IN),
    _Row(f"{_OPENINFERENCE}.openai_agents", _IN, having=_PARAMETERS, proof=_PROMPT_CACHE_READ, unproven=_WITH_CACHE),
    _Row(f"{_OPENINFERENCE}.openai", _IN),
    _Row(f"{_OPENINFERENCE}.vertexai", _IN),  # thoughts are in the total alone
    # OpenLIT, 1.45, whose scopes have no version: without a usage it writes half the text's length
    _Row(f"{_OPENLIT}.anthropic", _OUT, _INSIDE, having=_BY_OPENLIT, proof=_CACHE_READ, unproven=_ALL),
    _Row(f"{_OPENLIT}.anthropic", _OUT, _INSIDE),
    _Row(f"{_OPENLIT}.bedrock", _OUT, _INSIDE, having=_BY_OPENLIT, proof=_CACHE_READ, unproven=_ALL),
    _Row(f"{_OPENLIT}.bedrock", _OUT, _INSIDE),
    _Row(f"{_OPENLIT}.cohere", _IN, has_text=True),
    _Row(f"{_OPENLIT}.google_ai_studio", _IN, _BESIDE, having=_BY_OPENLIT, proof=_CACHE_READ, unproven=_ALL),
    _Row(f"{_OPENLIT}.google_ai_studio", _IN, _BESIDE),
    _Row(f"{_OPENLIT}.groq", _IN, having=_BY_OPENLIT, proof=_CACHE_READ, unproven=_ALL),
    _Row(f"{_OPENLIT}.groq", _IN),
    _Row(f"{_OPENLIT}.litellm", _IN, _INSIDE),
    _Row(f"{_OPENLIT}.mistral", _IN),
    _Row(f"{_OPENLIT}.openai", _IN, having=_BY_OPENLIT, proof=_CACHE_READ, unproven=_ALL),
    _Row(f"{_OPENLIT}.openai", _IN),
    _Row(f"{_OPENLIT}.vertexai", _IN, _BESIDE),
    # Logfire
    _Row("logfire.anthropic", _IN, _INSIDE, since="5.3", having="logfire.span_type", proof=_FINISH, unproven=_MADE),
    _Row("logfire.anthropic", _IN, _INSIDE, since="4.31"),
    _Row("logfire.anthropic", _OUT, _INSIDE, before="4.31"),
    _Row("logfire.openai", _IN),
    # pydantic-ai
    _Row("pydantic-ai", _IN, _INSIDE, since="2", having="model_request_parameters", proof=_FINISH, unproven=_MADE),
    _Row("pydantic-ai", _OUT, _INSIDE, provider="anthropic", before="0.1.9"),
    _Row("pydantic-ai", _OUT, _INSIDE, provider="aws.bedrock", before="1.40"),
    _Row("pydantic-ai", _IN, _BESIDE, provider="gcp.gemini", before="0.7.6"),
    _Row("pydantic-ai", _IN, _INSIDE),
    # Others
    _Row("gcp.vertex.agent", _IN, _INSIDE),  # google-adk 2.13
    _Row("langfuse-sdk", _IN, has_text=True),  # 5.0, as OpenAI's client counts
    _Row("langsmith", _IN),  # 0.15
    _Row("litellm", _IN, _INSIDE, has_text=True),  # 1.106: for every provider; what is missing is an empty text
    _Row(f"{_OTEL}.ag2", _OUT, _INSIDE, provider="anthropic"),  # 1.2
    _Row(f"{_OTEL}.ag2", _OUT, _INSIDE, provider="aws.bedrock"),
    _Row(f"{_OTEL}.ag2", _IN, _BESIDE, provider="gcp.gemini"),
    _Row(f"{_OTEL}.ag2", _IN),
    # Vercel AI SDK: its scopes have no version, but 6 has these details, and 7 another scope
    _Row("ai", _IN, _INSIDE, having="ai.usage.inputTokenDetails.noCacheTokens", has_text=True),
    _Row("ai", _OUT, _INSIDE, having="ai.response.providerMetadata/anthropic/cacheReadInputTokens", has_text=True),
    _Row("ai", _OPEN, has_text=True),
    _Row("gen_ai", _IN, _INSIDE, has_text=True),
)
"""Measured 2026-11-22 with the newest versions, and read in older ones. The first row that is about a span holds."""
_WHOLE: Final = frozenset({"ai", "gen_ai"})
"""Scopes that are so named, whole."""
_MARKS: Final = frozenset(name for row in _ROWS for name in (row.having, row.proof) if name)


def reading(
    scope: str,
    version: str = "",
    provider: str = "",
    api: str | None = None,
    model: str = "",
    names: frozenset[str] = frozenset(),
    *,
    is_chat: bool = True,
) -> Reading:
    """How spans of this instrumentation scope that have these attributes count a call to a model at a provider's API."""
    return _reading(scope, version, provider, api, model, names & _MARKS, is_chat)


@lru_cache(maxsize=4096)
def _reading(
    scope: str,
    version: str,
    provider: str,
    api: str | None,
    model: str,
    marks: frozenset[str],
    is_chat: bool,  # noqa: FBT001 - a cache's key
) -> Reading:
    row = next((row for row in _ROWS if _is_about(row, scope, version, provider, api or "", model, marks)), None)
    if row is None:
        return Reading(reasoning=_as_provider(provider, api))
    reasoning = row.reasoning if row.reasoning is not ReasoningCount.AS_PROVIDER else _as_provider(provider, api)
    unproven = row.unproven if is_chat and row.proof and row.proof not in marks else ()
    return Reading(row.input, reasoning, row.has_text, unproven, row.doubt, row.assumed, row.scope)


def _is_about(row: _Row, scope: str, version: str, provider: str, api: str, model: str, marks: frozenset[str]) -> bool:
    is_named = scope == row.scope if row.scope in _WHOLE else scope.startswith(row.scope)
    if not is_named or (row.provider and row.provider != provider) or (row.having and row.having not in marks):
        return False
    if not api.startswith(row.api) or (row.model and re.search(row.model, model) is None):
        return False
    if not row.since and not row.before:
        return True
    here = _release(version)
    if not here:
        return not row.before  # nobody says which, so it is read as the newest that is known
    return _release(row.since) <= here and (not row.before or here < _release(row.before))


def _release(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with: (1, 3) of 1.3b0."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found is not None else ()


def _as_provider(provider: str, api: str | None) -> ReasoningCount:
    if provider not in COUNTS_REASONING_BESIDE:
        return ReasoningCount.INSIDE
    beside_in = COUNTS_REASONING_BESIDE[provider]
    if api is None:
        return ReasoningCount.UNKNOWN
    return ReasoningCount.BESIDE if api in beside_in else ReasoningCount.INSIDE
