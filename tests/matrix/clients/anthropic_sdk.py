"""The Anthropic library."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Final

from anthropic import Anthropic, AsyncAnthropic
from pydantic import BaseModel

from tests.matrix import clients
from tests.matrix.answers import asked

API: Final = "anthropic.messages"
PARSES: Final = "output_format"
"""The argument of the library's method for typed answers."""


class City(BaseModel):
    """What a structured answer tells."""

    city: str
    people: int


def _body(case: str, prompt: str, parts: object = (), **more: Any) -> dict[str, Any]:  # noqa: ANN401 - as the library
    content: Any = [*parts, {"type": "text", "text": prompt}] if parts else prompt
    return {"model": asked(API, case), "max_tokens": 4096, "messages": [{"role": "user", "content": content}], **more}


def _message(client: Any, case: str, prompt: str, **more: Any) -> Any:  # noqa: ANN401 - as the library
    method = client.messages.parse if PARSES in more else client.messages.create
    return method(**_body(case, prompt, **more))


def _opened(case: str) -> clients.Open:
    return lambda base, retries: partial(_message, Anthropic(base_url=base, api_key="none", max_retries=retries), case)


def _asynchronous(base: str) -> None:
    async def ask() -> None:
        async with AsyncAnthropic(base_url=base, api_key="none", max_retries=0) as client:
            await _message(client, "async", clients.PROMPT)

    asyncio.run(ask())


def _batch(base: str) -> None:
    batches = Anthropic(base_url=base, api_key="none", max_retries=0).messages.batches
    begun = batches.create(requests=[{"custom_id": "one", "params": _body("batch", clients.PROMPT)}])
    assert batches.retrieve(begun.id).processing_status == "ended"
    assert [line.custom_id for line in batches.results(begun.id)] == ["one"]


def _kept(lifetime: str) -> dict[str, Any]:
    return {"system": [{"type": "text", "text": clients.PREFIX, "cache_control": {"type": "ephemeral", "ttl": lifetime}}]}


THINKS: Final = {"thinking": {"type": "enabled", "budget_tokens": 2048}}
IMAGE: Final = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": clients.PNG}}
REQUESTS: Final[clients.Requests] = {
    **clients.requests(
        API,
        _opened,
        {
            **clients.BARE,
            "stream": {"stream": True},
            "stream_closed": {"stream": True},
            "cache_read": _kept("5m"),
            "cache_write_5m": _kept("5m"),
            "cache_write_1h": _kept("1h"),
            "cache_stream": {"stream": True, **_kept("1h")},
            "reasoning": THINKS,
            "reasoning_stream": {"stream": True, **THINKS},
            "image": {"parts": [IMAGE]},
            "tools": {"tools": [{"name": clients.TOOL, "description": clients.TOOL_TELLS, "input_schema": clients.TOOL_TAKES}]},
            "structured": {PARSES: City},
            "tier": {"service_tier": "auto"},
        },
    ),
    (API, "async"): _asynchronous,
    (API, "batch"): _batch,
}
CANNOT: Final[clients.Reasons] = clients.cannot(
    REQUESTS,
    {
        API: {
            "stream_no_usage": clients.USAGE_ALWAYS,
            "cache_write": clients.LIFETIMES,
            "audio": clients.NO_AUDIO,
            "embeddings": "the provider has no embeddings",
        }
    },
)
