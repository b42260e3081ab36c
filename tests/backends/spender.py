"""The program under test: for each line on stdin a span of an LLM call, made by hand; it ends with stdin, or by SIGTERM."""

from __future__ import annotations

import json
import sys
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode


def main() -> None:
    if "--configure" in sys.argv:
        import otel_llm_cost  # noqa: PLC0415 - under opentelemetry-instrument nothing of ours is in the program

        otel_llm_cost.configure()
    tracer = trace.get_tracer("opentelemetry.instrumentation.genai.openai")
    for line in sys.stdin:
        make(tracer, json.loads(line))
        print("made", flush=True)  # noqa: T201 - the test waits for it


def make(tracer: trace.Tracer, call: dict[str, Any]) -> None:
    asked = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "acme", "gen_ai.request.model": call["model"]}
    with tracer.start_as_current_span(call["name"], kind=SpanKind.CLIENT, attributes=asked) as span:
        if call["error"] is not None:
            span.set_attribute("error.type", call["error"])
            span.set_status(Status(StatusCode.ERROR))
            return
        span.set_attributes(
            {
                "gen_ai.response.model": call["model"],
                "gen_ai.usage.input_tokens": call["input"],
                "gen_ai.usage.output_tokens": call["output"],
                "gen_ai.usage.cache_read.input_tokens": call["cached"],
            }
        )


if __name__ == "__main__":
    main()
