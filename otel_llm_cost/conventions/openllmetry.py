"""OpenLLMetry (traceloop): the semantic conventions of many versions, and where its spans differ from them.

Read 2026-11-22 in version 0.62.4, each instrumentation run, and in older wheels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from otel_llm_cost.conventions.semconv import SEMCONV
from otel_llm_cost.recognise import FRAMEWORK, billed_operation, has_usage

_STREAMING: Final = "llm.is_streaming"
_OPERATION: Final = frozenset({"gen_ai.operation.name", "llm.request.type"})


def _task_operation(attributes: Mapping[str, object]) -> str | None:
    # LlamaIndex's tasks are named as calls; only the one that has the usage is one, or the one of an embedding.
    is_call = attributes.get("gen_ai.operation.name") == "embeddings" or has_usage(attributes)
    if FRAMEWORK in attributes and not is_call:
        return None
    return billed_operation(attributes)


def _response_operation(attributes: Mapping[str, object]) -> str | None:
    # A response that is fetched again has the usage of the call that made it, and no request's model.
    if attributes.get("gen_ai.request.model") is None:
        return None
    # Before 0.55 a response names no operation, and without a usage only this tells it from what is none.
    is_older_response = _STREAMING in attributes and not _OPERATION.intersection(attributes)
    return billed_operation(attributes) or ("chat" if is_older_response else None)


OPENLLMETRY_LLAMAINDEX: Final = SEMCONV._replace(name="OpenLLMetry of LlamaIndex", operation=_task_operation)
OPENLLMETRY_OPENAI: Final = SEMCONV._replace(
    name="OpenLLMetry of OpenAI's client",
    operation=_response_operation,
    url=("gen_ai.openai.api_base",),
)
