"""Several instrumentations at once: one call is counted once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.matrix.columns.column import BELOW_ROOT, WITHOUT_NATIVE, Column
from tests.matrix.columns.others import LITELLM

_GENAI: Final = "opentelemetry.instrumentation.genai"
_OPENLLMETRY: Final = "opentelemetry.instrumentation"
_OPENINFERENCE: Final = "openinference.instrumentation"
_SETUPS: Final = "tests.matrix.setups"
_OTEL_OPENAI: Final = (f"{_GENAI}.openai:OpenAIInstrumentor", "opentelemetry-instrumentation-genai-openai")
_OPENLLMETRY_OPENAI: Final = (f"{_OPENLLMETRY}.openai:OpenAIInstrumentor", "opentelemetry-instrumentation-openai")
_OPENINFERENCE_OPENAI: Final = (f"{_OPENINFERENCE}.openai:OpenAIInstrumentor", "openinference-instrumentation-openai")
_OTEL_LANGCHAIN: Final = (f"{_GENAI}.langchain:LangChainInstrumentor", "opentelemetry-instrumentation-genai-langchain")
_OPENLLMETRY_LANGCHAIN: Final = (f"{_OPENLLMETRY}.langchain:LangchainInstrumentor", "opentelemetry-instrumentation-langchain")
_OPENINFERENCE_LANGCHAIN: Final = (f"{_OPENINFERENCE}.langchain:LangChainInstrumentor", "openinference-instrumentation-langchain")


def _together(
    client: str, *instrumentations: tuple[str, str], environment: str = "current", variables: Mapping[str, str] = WITHOUT_NATIVE
) -> Column:
    """Instrumentors and the packages that name them."""
    return Column(
        environment,
        tuple(dict.fromkeys(package for _, package in instrumentations)),
        tuple(path for path, _ in instrumentations if path),
        (client, f"{client}{BELOW_ROOT}"),
        variables,
    )


def _native(path: str, package: str, client: str = "anthropic_sdk", environment: str = "current") -> Column:
    """Beside the Anthropic library's own tracing."""
    return _together(client, ("", "anthropic"), (path, package), environment=environment, variables={})


def _litellm(**variables: str) -> Column:
    litellm = (f"{_SETUPS}:litellm", "litellm")
    return _together("litellm_completion", litellm, _OTEL_OPENAI, environment="litellm", variables={**LITELLM, **variables})


COLUMNS: Mapping[str, Column] = {
    "anthropic-native+otel-anthropic": _native(
        f"{_GENAI}.anthropic:AnthropicInstrumentor", "opentelemetry-instrumentation-genai-anthropic"
    ),
    "anthropic-native+openllmetry-anthropic": _native(
        f"{_OPENLLMETRY}.anthropic:AnthropicInstrumentor", "opentelemetry-instrumentation-anthropic"
    ),
    "anthropic-native+openinference-anthropic": _native(
        f"{_OPENINFERENCE}.anthropic:AnthropicInstrumentor", "openinference-instrumentation-anthropic"
    ),
    "anthropic-native+logfire-anthropic": _native(f"{_SETUPS}:logfire_anthropic", "logfire"),
    "anthropic-native+logfire-5.4-anthropic": _native(f"{_SETUPS}:logfire_anthropic", "logfire", environment="logfire-5.4"),
    "anthropic-native+openlit-anthropic": _native(f"{_SETUPS}:openlit", "openlit", environment="openlit-new"),
    "anthropic-native+pydantic-ai": _native(f"{_SETUPS}:pydantic_ai", "pydantic-ai-slim", "pydantic_ai_agent"),
    "openinference-openai+otel-openai": _together("openai_sdk", _OPENINFERENCE_OPENAI, _OTEL_OPENAI),
    "openllmetry-openai+openinference-openai+otel-openai": _together(
        "openai_sdk", _OPENLLMETRY_OPENAI, _OPENINFERENCE_OPENAI, _OTEL_OPENAI
    ),
    "logfire-openai+otel-openai": _together("openai_sdk", (f"{_SETUPS}:logfire_openai", "logfire"), _OTEL_OPENAI),
    "otel-langchain+otel-openai": _together("langchain_chat", _OTEL_LANGCHAIN, _OTEL_OPENAI),
    "otel-langchain+openinference-openai": _together("langchain_chat", _OTEL_LANGCHAIN, _OPENINFERENCE_OPENAI),
    "openllmetry-langchain+openllmetry-openai": _together("langchain_chat", _OPENLLMETRY_LANGCHAIN, _OPENLLMETRY_OPENAI),
    "openllmetry-langchain+otel-openai": _together("langchain_chat", _OPENLLMETRY_LANGCHAIN, _OTEL_OPENAI),
    "openinference-langchain+openinference-openai": _together("langchain_chat", _OPENINFERENCE_LANGCHAIN, _OPENINFERENCE_OPENAI),
    "openinference-langchain+otel-openai": _together("langchain_chat", _OPENINFERENCE_LANGCHAIN, _OTEL_OPENAI),
    "otel-openai-agents+otel-openai": _together(
        "openai_agents_run",
        (f"{_GENAI}.openai_agents:OpenAIAgentsInstrumentor", "opentelemetry-instrumentation-genai-openai-agents"),
        _OTEL_OPENAI,
    ),
    "openllmetry-openai-agents+otel-openai": _together(
        "openai_agents_run",
        (f"{_OPENLLMETRY}.openai_agents:OpenAIAgentsInstrumentor", "opentelemetry-instrumentation-openai-agents"),
        _OTEL_OPENAI,
    ),
    "openinference-openai-agents+otel-openai": _together(
        "openai_agents_run",
        (f"{_OPENINFERENCE}.openai_agents:OpenAIAgentsInstrumentor", "openinference-instrumentation-openai-agents"),
        _OTEL_OPENAI,
    ),
    "litellm-legacy+otel-openai": _litellm(),
    "litellm-legacy-span+otel-openai": _litellm(USE_OTEL_LITELLM_REQUEST_SPAN="true"),
}
