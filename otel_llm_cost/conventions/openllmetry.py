"""OpenLLMetry (traceloop): the semantic conventions of many versions, and where its spans differ from them.

Read 2026-11-22 in version 0.62.4, each instrumentation run, and in older wheels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from otel_llm_cost.conventions.semconv import SEMCONV
from otel_llm_cost.recognise import billed_operation, has_usage

_STREAMING: Final = "llm.is_streaming"
_OPERATION: Final = frozenset({"gen_ai.operation.name", "llm.request.type"})
_SPAN_KIND: Final = "traceloop.span.kind"


def _operation(attributes: Mapping[str, object]) -> str | None:
    # LlamaIndex's tasks are named as calls; only the one that has the usage is one.
    is_embedding = attributes.get("gen_ai.operation.name") == "embeddings"
    if _SPAN_KIND in attributes and not is_embedding and not has_usage(attributes):
        return None
    return billed_operation(attributes)


def _response_operation(attributes: Mapping[str, object]) -> str | None:
    # A response that is fetched again has the usage of the call that made it, and no request's model.
    if attributes.get("gen_ai.request.model") is None:
        return None
    # Before 0.55 a response names no operation, and without a usage only this tells it from what is none.
    is_older_response = _STREAMING in attributes and not _OPERATION.intersection(attributes)
    return billed_operation(attributes) or ("chat" if is_older_response else None)


OPENLLMETRY: Final = SEMCONV._replace(
    name="OpenLLMetry",
    operation=_operation,
)
OPENLLMETRY_OPENAI: Final = OPENLLMETRY._replace(
    name="OpenLLMetry of OpenAI's client",
    operation=_response_operation,
    url=("gen_ai.openai.api_base",),
)
