"""Sets up what is no instrumentor of the usual kind, as its documentation tells. A column's environment has what it names."""

from __future__ import annotations

import tempfile
from pathlib import Path

from opentelemetry.sdk.trace import TracerProvider


def openlit(_: TracerProvider) -> None:
    """OpenLIT takes the global provider. Its own price list is empty, since it would fetch one."""
    import openlit as library  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        prices = Path(folder) / "prices.json"
        prices.write_text("{}", "utf-8")
        library.init(disable_metrics=True, disable_events=True, pricing_json=str(prices))


def logfire(provider: TracerProvider) -> None:
    """Logfire makes a provider of its own, which takes the processors of the given one."""
    import logfire as library  # noqa: PLC0415

    processors = provider._active_span_processor._span_processors
    library.configure(send_to_logfire=False, console=False, metrics=False, additional_span_processors=processors)


def logfire_openai(provider: TracerProvider) -> None:
    """Logfire's instrumentation of the OpenAI library."""
    import logfire as library  # noqa: PLC0415

    logfire(provider)
    library.instrument_openai()


def logfire_anthropic(provider: TracerProvider) -> None:
    """Logfire's instrumentation of the Anthropic library."""
    import logfire as library  # noqa: PLC0415

    logfire(provider)
    library.instrument_anthropic()


def pydantic_ai(provider: TracerProvider) -> None:
    """All agents, with what is the default."""
    from pydantic_ai import Agent, InstrumentationSettings  # noqa: PLC0415

    Agent.instrument_all(InstrumentationSettings(tracer_provider=provider))


def litellm(_: TracerProvider) -> None:
    """LiteLLM's callback takes the global provider."""
    import litellm as library  # noqa: PLC0415

    library.callbacks = ["otel"]


def litellm_v2(provider: TracerProvider) -> None:
    """LiteLLM's next callback, at a provider that is not its own."""
    import litellm as library  # noqa: PLC0415
    from litellm.integrations.otel.logger import OpenTelemetryV2  # noqa: PLC0415

    library.callbacks = [OpenTelemetryV2(tracer_provider=provider)]
