"""The searches of docs/dashboards.md, typed into a real Jaeger."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from otel_llm_cost import CostSpanProcessor
from otel_llm_cost.prices.table import PriceTable
from tests.backends.programs import Jaeger, jaeger, wait_for

PAGE: Final = (Path(__file__).parents[2] / "docs" / "dashboards.md").read_text(encoding="utf-8")
TYPED: Final = re.findall(r"^\| [^|]+ \| `(llm_cost\.[^`]+)` \|$", PAGE, re.MULTILINE)
FOUND: Final = {
    "llm_cost.ge_0_1=true": {"0.137", "1.5"},
    "llm_cost.ge_1=true": {"1.5"},
    "llm_cost.status=unpriced": {"unknown"},
    "llm_cost.reason=unknown_model": {"unknown"},
    "llm_cost.ge_0_1=true gen_ai.response.model=gpt-4o": {"0.137"},
}
"""The names of the spans, by what is typed."""
CALLS: Final = (("0.0035", "gpt-4o"), ("0.137", "gpt-4o"), ("1.5", "gpt-4.1"), ("unknown", "gpt-nobodys"))


@pytest.fixture(scope="module")
def fed() -> Iterator[Jaeger]:
    with jaeger() as server:
        provider = TracerProvider(resource=Resource.create({"service.name": "shop"}), shutdown_on_exit=False)
        provider.add_span_processor(CostSpanProcessor(table=PriceTable.shipped()))
        provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{server.otlp_http}/v1/traces")))
        tracer = provider.get_tracer("opentelemetry.instrumentation.genai.openai")
        for amount, model in CALLS:
            asked = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.response.model": model}
            told = {"gen_ai.usage.cost.amount": amount, "gen_ai.usage.cost.currency": "USD"}
            counts = {"gen_ai.usage.input_tokens": 503, "gen_ai.usage.output_tokens": 53}
            with tracer.start_as_current_span(amount, attributes=asked | counts) as span:
                if amount != "unknown":
                    span.set_attributes(told | {"gen_ai.usage.cost.amount": float(amount)})
        provider.shutdown()
        wait_for(lambda: len(server.traces("shop")) == len(CALLS), "the calls in Jaeger", server)
        yield server


def test_every_search_of_the_page_is_tried() -> None:
    assert set(TYPED) == set(FOUND)
    (api,) = re.findall(r"tags=(\{.*?\})'", PAGE)
    assert json.loads(api) == {"llm_cost.ge_0_1": "true"}


@pytest.mark.parametrize("typed", FOUND)
def test_a_search_finds_its_calls(fed: Jaeger, typed: str) -> None:
    tags = dict(part.split("=", 1) for part in typed.split())
    assert {span["operationName"] for trace in fed.traces("shop", tags) for span in trace["spans"]} == FOUND[typed]
