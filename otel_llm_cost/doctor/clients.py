"""Libraries that call LLMs, and what puts their calls on spans."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final, NamedTuple


class Client(NamedTuple):
    """A library that calls LLMs, as it is installed."""

    name: str
    """Of its distribution."""
    provider: str
    """Whom it asks mostly, as `gen_ai.provider.name`; empty for one that asks any."""
    install: str
    """The distribution that instruments it; empty where it is enough what it does itself."""
    targets: tuple[str, ...]
    """How modules that instrument it end."""
    switch: str = ""
    """What its user has to do, in the program, to have its spans."""
    is_framework: bool = False
    """Whether it calls by the other clients."""


class Native(NamedTuple):
    """A library that puts its own calls on spans."""

    name: str
    scope: str
    part: str
    """The file or folder of it that does."""
    off: str
    """The variable that switches it off, by `false`."""


CLIENTS: Final = (
    Client("openai", "openai", "opentelemetry-instrumentation-genai-openai", ("openai", "openai_v2")),
    Client("anthropic", "anthropic", "opentelemetry-instrumentation-genai-anthropic", ("anthropic",)),
    Client("google-genai", "gcp.gemini", "openinference-instrumentation-google-genai", ("google_genai", "google_generativeai")),
    Client("mistralai", "mistral_ai", "openinference-instrumentation-mistralai", ("mistralai",)),
    Client("cohere", "cohere", "opentelemetry-instrumentation-cohere", ("cohere",)),
    Client("groq", "groq", "openinference-instrumentation-groq", ("groq",)),
    Client("ollama", "ollama", "opentelemetry-instrumentation-ollama", ("ollama",)),
    Client("litellm", "", "openinference-instrumentation-litellm", ("litellm",), 'litellm.callbacks = ["otel"]'),
    Client("langchain-core", "", "openinference-instrumentation-langchain", ("langchain",), is_framework=True),
    Client("llama-index-core", "", "openinference-instrumentation-llama-index", ("llama_index", "llamaindex"), is_framework=True),
    Client(
        "openai-agents",
        "openai",
        "opentelemetry-instrumentation-genai-openai-agents",
        ("openai_agents", "openai_agents_v2"),
        is_framework=True,
    ),
    Client("pydantic-ai-slim", "", "", ("pydantic_ai",), "Agent.instrument_all()"),
    Client("openlit", "", "", ("openlit",), "openlit.init()"),
    Client(
        "logfire",
        "",
        "",
        ("logfire",),
        "logfire.instrument_openai() and the like, and after logfire.configure() LLMCostInstrumentor().instrument()",
    ),
)
"""Those whose spans docs/instrumentations.md tells of, and which call by themselves."""
PLATFORMS: Final[Mapping[str, str]] = {"bedrock": "aws.bedrock", "botocore": "aws.bedrock", "vertexai": "gcp.vertex_ai"}
"""How modules end that instrument a platform's client, which not only calls LLMs, and whom that asks."""
NATIVE: Final = (
    Native("anthropic", "com.anthropic.sdk.python", "anthropic/lib/_tracing", "ANTHROPIC_OPEN_TELEMETRY"),
    Native("mistralai", "mistralai_sdk_tracer", "mistralai/extra/observability", ""),
)


def installed(name: str) -> Distribution | None:
    """A distribution by its name; None where it is not installed."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def has_part(found: Distribution, part: str) -> bool:
    """Whether a distribution brings a file or a folder, told without importing it."""
    return Path(str(found.locate_file(part))).exists()
