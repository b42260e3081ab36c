"""Logfire's instrumentations of provider clients: the semantic conventions, and the provider's own usage beside them.

Read 2026-11-22 in logfire 5.2 and 5.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from otel_llm_cost.call import Told
from otel_llm_cost.conventions.semconv import SEMCONV
from otel_llm_cost.conventions.usage_objects import details_at, told_at, told_names
from otel_llm_cost.recognise import billed_operation

_RAW: Final = "gen_ai.usage.raw"
_SPAN_TYPE: Final = "logfire.span_type"
_ANSWERED: Final = frozenset({"gen_ai.usage.input_tokens", "gen_ai.output.messages", "response_data"})
"""What a whole answer has, of one version or another."""
_STREAMED: Final = frozenset({"chat", "text_completion"})


def _is_header(attributes: Mapping[str, object]) -> bool:
    """A stream's first span ends with the headers: its usage is on the log that follows its end. A whole answer has an id."""
    return (
        attributes.get(_SPAN_TYPE) == "span"
        and attributes.get("gen_ai.operation.name") in _STREAMED
        and "gen_ai.response.id" not in attributes
        and _ANSWERED.isdisjoint(attributes)
    )


def _operation(attributes: Mapping[str, object]) -> str | None:
    # Of a request to another URL, such as a batch's, it names no operation.
    return None if "url" in attributes and "gen_ai.operation.name" not in attributes else billed_operation(attributes)


def _told(attributes: Mapping[str, object]) -> Told | None:
    return told_at(attributes, _RAW)


LOGFIRE: Final = SEMCONV._replace(
    name="Logfire",
    counts={**SEMCONV.counts, **details_at(_RAW)},
    deciding=(*SEMCONV.deciding, "url"),
    tier=(*SEMCONV.tier, f"{_RAW}/service_tier"),
    operation=_operation,
    is_header=_is_header,
    told=_told,
    marks=(*told_names(_RAW), "gen_ai.output.messages/0/role", "gen_ai.output.messages/0/finish_reason"),
    duration="duration",
    pointed=(_RAW, "gen_ai.output.messages"),
)
