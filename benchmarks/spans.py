"""A span from start to end, with and without our processor. A pyperf script."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any

import pyperf
from libraries import LIBRARIES
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Tracer, set_span_in_context

from otel_llm_cost import CostSpanProcessor

LLM = "opentelemetry.instrumentation.genai.openai"
AT_START = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "server.address": "api.openai.com",
    "server.port": 443,
}
LATER = {
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.usage.input_tokens": 1009,
    "gen_ai.usage.output_tokens": 101,
    "gen_ai.usage.cache_read.input_tokens": 401,
    "gen_ai.response.finish_reasons": ["stop"],
    "openai.response.service_tier": "default",
}
BETWEEN_COLLECTIONS = 2000
"""Spans between two collections, which happen off the clock: in a program they happen off the caller's thread."""


def bare(tracer: Tracer) -> Callable[[], None]:
    """A span without attributes."""

    def run() -> None:
        tracer.start_span("span").end()

    return run


def llm_root(tracer: Tracer) -> Callable[[], None]:
    """An LLM call's span on its own."""

    def run() -> None:
        span = tracer.start_span("chat gpt-4o", attributes=AT_START)
        span.set_attributes(LATER)  # type: ignore[arg-type]
        span.end()

    return run


def llm_child(tracer: Tracer) -> Callable[[], None]:
    """An LLM call's span below an agent's that stays open."""
    agent = set_span_in_context(tracer.start_span("invoke_agent", attributes={"gen_ai.operation.name": "invoke_agent"}))

    def run() -> None:
        span = tracer.start_span("chat gpt-4o", agent, attributes=AT_START)
        span.set_attributes(LATER)  # type: ignore[arg-type]
        span.end()

    return run


def of_library(attributes: Mapping[str, Any]) -> Callable[[Tracer], Callable[[], None]]:
    """A library's span of a call on its own, with another count each time."""
    at_start = dict(list(attributes.items())[:3])
    counted = "llm.token_count.prompt" if "llm.token_count.prompt" in attributes else "gen_ai.usage.input_tokens"

    def make(tracer: Tracer) -> Callable[[], None]:
        counts = itertools.count(1009)

        def run() -> None:
            span = tracer.start_span("chat", attributes=at_start)
            span.set_attributes({**attributes, counted: next(counts)})
            span.end()

        return run

    return make


def main() -> None:
    """Runs them."""
    runner = pyperf.Runner(processes=7, values=3, warmups=1)
    reader = InMemoryMetricReader()
    with_us = TracerProvider()
    with_us.add_span_processor(CostSpanProcessor(meter_provider=MeterProvider([reader])))
    without = TracerProvider()

    def bench(
        name: str, provider: TracerProvider, scope: str, make: Callable[[Tracer], Callable[[], None]], version: str = ""
    ) -> None:
        run = make(provider.get_tracer(scope, version))

        def timed(loops: int) -> float:
            total = 0.0
            for begun in range(0, loops, BETWEEN_COLLECTIONS):
                count = min(BETWEEN_COLLECTIONS, loops - begun)
                start = time.perf_counter()
                for _ in range(count):
                    run()
                total += time.perf_counter() - start
                reader.get_metrics_data()
            return total

        runner.bench_time_func(name, timed)

    bench("bare span", without, "app", bare)
    bench("span of a known other scope, with us", with_us, "opentelemetry.instrumentation.requests", bare)
    bench("span of an unknown scope, with us", with_us, "app", bare)
    bench("LLM span", without, LLM, llm_root)
    bench("LLM span, with us", with_us, LLM, llm_root)
    bench("LLM span below an agent's", without, LLM, llm_child)
    bench("LLM span below an agent's, with us", with_us, LLM, llm_child)
    for name, (scope, version, attributes) in LIBRARIES.items():
        bench(name, without, scope, of_library(attributes), version)
        bench(f"{name}, with us", with_us, scope, of_library(attributes), version)


if __name__ == "__main__":
    main()
