"""OpenLLMetry (traceloop)."""

from __future__ import annotations

from collections.abc import Mapping

from tests.matrix.columns.column import WITHOUT_NATIVE, Column

_PACKAGE = "opentelemetry-instrumentation-"
_MODULE = "opentelemetry.instrumentation."
_VARIABLES = {**WITHOUT_NATIVE, "TRACELOOP_TRACE_CONTENT": "false"}


def _column(named: str, instrumentor: str, *clients: str, environment: str = "current") -> Column:
    packages = (f"{_PACKAGE}{named.replace('_', '-')}",)
    instrument = (f"{_MODULE}{named}:{instrumentor}",)
    return Column(environment, packages, instrument, clients, _VARIABLES)


COLUMNS: Mapping[str, Column] = {
    "openllmetry-openai": _column("openai", "OpenAIInstrumentor", "openai_sdk"),
    "openllmetry-openai-0.40": _column("openai", "OpenAIInstrumentor", "openai_sdk", environment="openllmetry-0.40"),
    "openllmetry-openai-0.52": _column("openai", "OpenAIInstrumentor", "openai_sdk", environment="openllmetry-0.52"),
    "openllmetry-anthropic": _column("anthropic", "AnthropicInstrumentor", "anthropic_sdk"),
    "openllmetry-anthropic-0.40": _column("anthropic", "AnthropicInstrumentor", "anthropic_sdk", environment="openllmetry-0.40"),
    "openllmetry-anthropic-0.52": _column("anthropic", "AnthropicInstrumentor", "anthropic_sdk", environment="openllmetry-0.52"),
    "openllmetry-bedrock": _column("bedrock", "BedrockInstrumentor", "bedrock_boto"),
    "openllmetry-google": _column("google_generativeai", "GoogleGenerativeAiInstrumentor", "google_genai_sdk"),
    "openllmetry-groq": _column("groq", "GroqInstrumentor", "groq_sdk"),
    "openllmetry-ollama": _column("ollama", "OllamaInstrumentor", "ollama_sdk"),
    "openllmetry-cohere": _column("cohere", "CohereInstrumentor", "cohere_sdk", environment="openllmetry-sdks"),
    "openllmetry-mistral": _column("mistralai", "MistralAiInstrumentor", "mistral_sdk", environment="openllmetry-sdks"),
    "openllmetry-langchain": _column("langchain", "LangchainInstrumentor", "langchain_chat"),
    "openllmetry-openai-agents": _column("openai_agents", "OpenAIAgentsInstrumentor", "openai_agents_run"),
    # Of OpenAI's models it leaves the chat to the OpenAI instrumentation.
    "openllmetry-llamaindex": Column(
        "openllmetry-llamaindex",
        (f"{_PACKAGE}llamaindex", f"{_PACKAGE}openai"),
        (f"{_MODULE}openai:OpenAIInstrumentor", f"{_MODULE}llamaindex:LlamaIndexInstrumentor"),
        ("llama_index_llm",),
        _VARIABLES,
    ),
}
