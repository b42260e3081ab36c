"""OpenTelemetry's own instrumentations, and SDKs that trace themselves."""

from __future__ import annotations

from collections.abc import Mapping

from tests.matrix.columns.column import WITHOUT_NATIVE, Column

COLUMNS: Mapping[str, Column] = {
    "otel-openai": Column(
        "current",
        ("opentelemetry-instrumentation-genai-openai",),
        ("opentelemetry.instrumentation.genai.openai:OpenAIInstrumentor",),
        ("openai_sdk",),
    ),
    "otel-anthropic": Column(
        "current",
        ("opentelemetry-instrumentation-genai-anthropic",),
        ("opentelemetry.instrumentation.genai.anthropic:AnthropicInstrumentor",),
        ("anthropic_sdk",),
        WITHOUT_NATIVE,
    ),
    "otel-google-genai": Column(
        "current",
        ("opentelemetry-instrumentation-google-genai",),
        ("opentelemetry.instrumentation.google_genai:GoogleGenAiSdkInstrumentor",),
        ("google_genai_sdk",),
    ),
    "otel-bedrock": Column(
        "current",
        ("opentelemetry-instrumentation-genai-bedrock",),
        ("opentelemetry.instrumentation.genai.bedrock:BedrockInstrumentor",),
        ("bedrock_boto",),
    ),
    "otel-botocore": Column(
        "current",
        ("opentelemetry-instrumentation-botocore",),
        ("opentelemetry.instrumentation.botocore:BotocoreInstrumentor",),
        ("bedrock_boto",),
    ),
    "otel-langchain": Column(
        "current",
        ("opentelemetry-instrumentation-genai-langchain", "langchain-core", "langchain-openai", "langchain-anthropic"),
        ("opentelemetry.instrumentation.genai.langchain:LangChainInstrumentor",),
        ("langchain_chat",),
        WITHOUT_NATIVE,
    ),
    "otel-openai-agents": Column(
        "current",
        ("opentelemetry-instrumentation-genai-openai-agents", "opentelemetry-instrumentation-genai-openai", "openai-agents"),
        (
            "opentelemetry.instrumentation.genai.openai_agents:OpenAIAgentsInstrumentor",
            "opentelemetry.instrumentation.genai.openai:OpenAIInstrumentor",
        ),
        ("openai_agents_run",),
    ),
    "mistral-native": Column("current", ("mistralai",), (), ("mistral_sdk",), {"MISTRAL_SDK_TELEMETRY": "global"}),
    "anthropic-native": Column("current", ("anthropic",), (), ("anthropic_sdk",)),
    "otel-openai-1.2": Column(
        "otel-openai-1.2",
        ("opentelemetry-instrumentation-genai-openai",),
        ("opentelemetry.instrumentation.genai.openai:OpenAIInstrumentor",),
        ("openai_sdk",),
    ),
    "otel-openai-v2": Column(
        "otel-openai-v2",
        ("opentelemetry-instrumentation-openai-v2",),
        ("opentelemetry.instrumentation.openai_v2:OpenAIInstrumentor",),
        ("openai_sdk",),
    ),
    "otel-google-genai-0.7": Column(
        "otel-google-genai-0.7",
        ("opentelemetry-instrumentation-google-genai",),
        ("opentelemetry.instrumentation.google_genai:GoogleGenAiSdkInstrumentor",),
        ("google_genai_sdk",),
    ),
    "otel-openai-1.0": Column(
        "otel-1.0",
        ("opentelemetry-instrumentation-genai-openai",),
        ("opentelemetry.instrumentation.genai.openai:OpenAIInstrumentor",),
        ("openai_sdk",),
    ),
    "otel-anthropic-1.0": Column(
        "otel-1.0",
        ("opentelemetry-instrumentation-genai-anthropic",),
        ("opentelemetry.instrumentation.genai.anthropic:AnthropicInstrumentor",),
        ("anthropic_sdk",),
    ),
    "otel-google-genai-1.0": Column(
        "otel-1.0",
        ("opentelemetry-instrumentation-google-genai",),
        ("opentelemetry.instrumentation.google_genai:GoogleGenAiSdkInstrumentor",),
        ("google_genai_sdk",),
    ),
    "otel-botocore-0.60": Column(
        "otel-botocore-0.60",
        ("opentelemetry-instrumentation-botocore",),
        ("opentelemetry.instrumentation.botocore:BotocoreInstrumentor",),
        ("bedrock_boto",),
    ),
    "otel-openai-agents-v2": Column(
        "otel-openai-agents-v2",
        ("opentelemetry-instrumentation-openai-agents-v2", "openai-agents"),
        ("opentelemetry.instrumentation.openai_agents:OpenAIAgentsInstrumentor",),
        ("openai_agents_run",),
    ),
}
