"""OpenLIT, Logfire, pydantic-ai, LiteLLM."""

from __future__ import annotations

from collections.abc import Mapping

from tests.matrix.columns.column import WITHOUT_NATIVE, Column


def _openlit(client: str) -> Column:
    return Column("openlit", ("openlit",), ("tests.matrix.setups:openlit",), (client,), WITHOUT_NATIVE)


def _logfire(environment: str, library: str) -> Column:
    setup = f"tests.matrix.setups:logfire_{library}"
    return Column(environment, ("logfire",), (setup,), (f"{library}_sdk",), WITHOUT_NATIVE)


def _pydantic_ai(environment: str) -> Column:
    setup = "tests.matrix.setups:pydantic_ai"
    return Column(environment, ("pydantic-ai-slim", "genai-prices"), (setup,), ("pydantic_ai_agent",), WITHOUT_NATIVE)


LITELLM: Mapping[str, str] = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_MODE": "PRODUCTION",
    "OPENAI_API_KEY": "none",
    "ANTHROPIC_API_KEY": "none",
    "GEMINI_API_KEY": "none",
}
"""It fetches nothing and reads no files of settings."""


def _litellm(setup: str, **variables: str) -> Column:
    asking = ("litellm_completion", "litellm_acompletion")
    return Column("litellm", ("litellm",), (f"tests.matrix.setups:{setup}",), asking, {**LITELLM, **variables})


COLUMNS: Mapping[str, Column] = {
    "openlit-openai": _openlit("openai_sdk"),
    "openlit-anthropic": _openlit("anthropic_sdk"),
    "openlit-google": _openlit("google_genai_sdk"),
    "openlit-bedrock": _openlit("bedrock_boto"),
    "logfire-openai": _logfire("current", "openai"),
    "logfire-anthropic": _logfire("current", "anthropic"),
    "logfire-5.4-openai": _logfire("logfire-5.4", "openai"),
    "logfire-5.4-anthropic": _logfire("logfire-5.4", "anthropic"),
    "pydantic-ai": _pydantic_ai("current"),
    "pydantic-ai-1.20": _pydantic_ai("pydantic-ai-1"),
    "litellm-legacy": _litellm("litellm"),
    "litellm-legacy-span": _litellm("litellm", USE_OTEL_LITELLM_REQUEST_SPAN="true"),
    "litellm-semconv": _litellm("litellm", OTEL_SEMCONV_STABILITY_OPT_IN="gen_ai_latest_experimental"),
    "litellm-v2": _litellm("litellm_v2", LITELLM_OTEL_V2="true"),
}
