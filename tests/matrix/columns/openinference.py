"""OpenInference (Arize)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.matrix.columns.column import WITHOUT_NATIVE, Column
from tests.matrix.columns.others import LITELLM

MASKED: Final = {
    "OPENINFERENCE_HIDE_INPUTS": "true",
    "OPENINFERENCE_HIDE_OUTPUTS": "true",
    "OPENINFERENCE_HIDE_LLM_INVOCATION_PARAMETERS": "true",
}
"""As those set it who may export no contents."""


def _column(
    environment: str,
    library: str,
    instrumentor: str,
    *clients: str,
    variables: Mapping[str, str] = WITHOUT_NATIVE,
) -> Column:
    module = f"openinference.instrumentation.{library.replace('-', '_')}"
    return Column(environment, (f"openinference-instrumentation-{library}",), (f"{module}:{instrumentor}",), clients, variables)


COLUMNS: Mapping[str, Column] = {
    "openinference-openai": _column("current", "openai", "OpenAIInstrumentor", "openai_sdk"),
    "openinference-openai-masked": _column("current", "openai", "OpenAIInstrumentor", "openai_sdk", variables=MASKED),
    "openinference-anthropic": _column("current", "anthropic", "AnthropicInstrumentor", "anthropic_sdk"),
    "openinference-google-genai": _column("current", "google-genai", "GoogleGenAIInstrumentor", "google_genai_sdk"),
    "openinference-bedrock": _column("current", "bedrock", "BedrockInstrumentor", "bedrock_boto"),
    "openinference-groq": _column("current", "groq", "GroqInstrumentor", "groq_sdk"),
    "openinference-mistral": _column("current", "mistralai", "MistralAIInstrumentor", "mistral_sdk"),
    "openinference-langchain": _column("current", "langchain", "LangChainInstrumentor", "langchain_chat"),
    "openinference-openai-agents": _column("current", "openai-agents", "OpenAIAgentsInstrumentor", "openai_agents_run"),
    "openinference-llama-index": _column("llama-index", "llama-index", "LlamaIndexInstrumentor", "llama_index_llm"),
    "openinference-litellm": _column(
        "litellm", "litellm", "LiteLLMInstrumentor", "litellm_completion", "litellm_acompletion", variables=LITELLM
    ),
    "openinference-anthropic-0.1": _column("openinference-old", "anthropic", "AnthropicInstrumentor", "anthropic_sdk"),
    "openinference-bedrock-0.1.59": _column("openinference-old", "bedrock", "BedrockInstrumentor", "bedrock_boto"),
}
