"""LiteLLM's OpenTelemetry callback: the semantic conventions, and the whole usage as the text of a Python mapping.

Read 2026-11-22 in litellm 1.106.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Final

from otel_llm_cost.conventions.counts import RENAMED
from otel_llm_cost.conventions.semconv import SEMCONV
from otel_llm_cost.conventions.usage_objects import details_at

MARK: Final = "litellm.provider.model"
_USAGE: Final = "metadata.usage_object"
_OPERATION: Final = "gen_ai.operation.name"
_TYPE: Final = "litellm.call_type"
_ID: Final = "gen_ai.response.id"

_OPERATIONS: Final = {
    "anthropic_messages": "chat",
    "chat": "chat",
    "completion": "chat",
    "embedding": "embeddings",
    "embeddings": "embeddings",
    "image_generation": "image_generation",
    "rerank": "rerank",
    "responses": "chat",
    "speech": "speech",
    "text_completion": "text_completion",
    "transcription": "transcription",
}
"""LiteLLM's own names of calls, which an `a` before them makes asynchronous."""


_TOLD: Final = frozenset({MARK, "gen_ai.request.model", "gen_ai.response.model"})


def _operation(attributes: Mapping[str, object]) -> str | None:
    # A span that tells only of the request, below the call's, has none of these.
    if _TOLD.isdisjoint(attributes):
        return None
    # Without a name, content capture is off.
    named = attributes.get(_OPERATION) or attributes.get(_TYPE) or attributes.get("llm.request.type") or "chat"
    if not isinstance(named, str):
        return None
    return _OPERATIONS.get(named) or _OPERATIONS.get(named.removeprefix("a"))


_MADE_UP: Final = re.compile(r"chatcmpl-[0-9a-f]{8}-")
_WRAPPED: Final = re.compile(r"resp_(bGl0ZWxsbT[A-Za-z0-9_+/=-]+)")
"""`litellm:` in base 64."""


def _unwrapped(response_id: object) -> dict[str, str] | None:
    """What LiteLLM wraps into the id of a response: who was asked, and the provider's own id."""
    wrapped = _WRAPPED.fullmatch(response_id) if isinstance(response_id, str) else None
    if wrapped is None:
        return None
    try:
        told = base64.b64decode(wrapped[1] + "==", altchars=b"-_").decode()
    except ValueError:
        return {}
    named = (part.partition(":") for part in told.removeprefix("litellm:").split(";"))
    return {name: value for name, _, value in named if value not in {"", "None"}}


def _id_of(response_id: str) -> str | None:
    """The provider's own id: LiteLLM makes some up, and wraps others."""
    told = _unwrapped(response_id)
    if told is not None:
        return told.get("response_id")
    return None if _MADE_UP.match(response_id) else response_id


LITELLM: Final = SEMCONV._replace(
    name="LiteLLM",
    scope="litellm",
    id_of=_id_of,
    counts={
        **SEMCONV.counts,
        **details_at(_USAGE),
        # OpenAI's own is 0: it bills images as text.
        f"{_USAGE}/prompt_tokens_details/image_tokens": f"input_image{RENAMED}",
    },
    operation=_operation,
    # A stream of the Responses API names it nowhere else.
    provider=(*SEMCONV.provider, f"{_ID}/custom_llm_provider"),
    provider_before_slash=(MARK,),
    tier=(*SEMCONV.tier, f"{_USAGE}/service_tier"),
    deciding=(_OPERATION, _TYPE, "llm.request.type"),
    url=("hidden_params/api_base",),
    marks=(f"{_USAGE}/total_tokens",),
    pointed=(_USAGE, "hidden_params", _ID),
    unwrap={_ID: _unwrapped},
)
