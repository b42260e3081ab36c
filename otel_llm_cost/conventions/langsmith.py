"""LangSmith's export to OpenTelemetry: the semantic conventions, with details as the text of a Python mapping.

Read 2026-11-22 in langsmith 0.15.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from otel_llm_cost.conventions.semconv import SEMCONV
from otel_llm_cost.conventions.usage_objects import langchain_details_in

_KIND: Final = "langsmith.span.kind"
_OPERATIONS: Final = {"llm": "chat", "embedding": "embeddings"}
_INPUT: Final = "gen_ai.usage.input_token_details"
_OUTPUT: Final = "gen_ai.usage.output_token_details"


def _operation(attributes: Mapping[str, object]) -> str | None:
    kind = attributes.get(_KIND)
    return _OPERATIONS.get(kind) if isinstance(kind, str) else None


LANGSMITH: Final = SEMCONV._replace(
    name="LangSmith",
    counts={**SEMCONV.counts, **langchain_details_in(_INPUT, "input"), **langchain_details_in(_OUTPUT, "output")},
    operation=_operation,
    # What the wrapper says; the other is guessed from the model's name.
    provider=("langsmith.metadata.ls_provider", *SEMCONV.provider),
    tier=("gen_ai.response.service_tier", *SEMCONV.tier),
    deciding=(_KIND,),
    pointed=(_INPUT, _OUTPUT),
)
