"""Langfuse's own spans: the usage is the text of a JSON object, whose names depend on who wrote it.

Read 2026-11-22 in langfuse 5.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from otel_llm_cost.conventions.convention import Convention
from otel_llm_cost.conventions.counts import RENAMED
from otel_llm_cost.conventions.scope_table import TOTAL
from otel_llm_cost.conventions.usage_objects import details_at

MARK: Final = "langfuse.observation.type"

_OPERATIONS: Final = {"generation": "chat", "embedding": "embeddings"}
_USAGE: Final = "langfuse.observation.usage_details"
_PARAMETERS: Final = "langfuse.observation.model.parameters"
_NAMES: Final = {
    "prompt_tokens": "input",
    "input_tokens": "input",
    "input": "input",
    "completion_tokens": "output",
    "output_tokens": "output",
    "output": "output",
    "input_cache_read": "cache_read",
    "input_cache_creation": "cache_write",
    "output_reasoning": "reasoning",
}


def _operation(attributes: Mapping[str, object]) -> str | None:
    kind = attributes.get(MARK)
    return _OPERATIONS.get(kind) if isinstance(kind, str) else None


LANGFUSE: Final = Convention(
    name="Langfuse",
    counts={
        **{f"{_USAGE}/{name}": f"{count}{RENAMED}" for name, count in _NAMES.items()},
        **details_at(_USAGE),
        f"{_USAGE}/total_tokens": TOTAL,
    },
    operation=_operation,
    provider=(),
    request_model=(),
    response_model=(),
    model=("langfuse.observation.model.name",),
    request_tier=(f"{_PARAMETERS}/service_tier",),
    deciding=(MARK,),
    holds_cache=False,
    pointed=(_USAGE, _PARAMETERS),
)
