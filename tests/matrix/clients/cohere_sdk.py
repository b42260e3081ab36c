"""Cohere's library at its second API."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Final

import cohere

from tests.matrix import clients
from tests.matrix.answers import asked

CHAT: Final = "cohere.chat"
EMBED: Final = "cohere.embed"


def _chat(client: Any, retries: int, case: str, prompt: str, parts: Any = (), **more: Any) -> Any:  # noqa: ANN401 - as the library
    content: Any = [*parts, {"type": "text", "text": prompt}] if parts else prompt
    messages = [{"role": "user", "content": content}]
    method = client.chat_stream if case in clients.STREAMS else client.chat
    return method(model=asked(CHAT, case), messages=messages, request_options={"max_retries": retries}, **more)


def _embed(client: Any, retries: int, case: str, prompt: str) -> Any:  # noqa: ANN401 - as the library
    model = asked(EMBED, case)
    how = {"input_type": "search_query", "embedding_types": ["float"], "request_options": {"max_retries": retries}}
    return client.embed(model=model, texts=[prompt], **how)


def _opened(method: clients.Ask, case: str) -> clients.Open:
    return lambda base, retries: partial(method, cohere.ClientV2(api_key="none", base_url=base), retries, case)


def _asynchronous(method: clients.Ask, base: str) -> None:
    async def ask() -> None:
        async with cohere.AsyncClientV2(api_key="none", base_url=base) as client:
            await method(client, 0, "async", clients.PROMPT)

    asyncio.run(ask())


THINKS: Final = {"thinking": {"type": "enabled", "token_budget": 2048}}
IMAGE: Final = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{clients.PNG}"}}
REQUESTS: Final[clients.Requests] = {
    **clients.requests(
        CHAT,
        partial(_opened, _chat),
        {
            **clients.BARE,
            "stream": {},
            "stream_closed": {},
            "cache_read": {},
            "cache_stream": {},
            "reasoning": THINKS,
            "reasoning_stream": THINKS,
            "image": {"parts": [IMAGE]},
            "tools": {"tools": [clients.FUNCTION]},
            "structured": {"response_format": {"type": "json_object", "json_schema": clients.CITY}},
        },
    ),
    **clients.requests(EMBED, partial(_opened, _embed), {"embeddings": {}, "error": {}}),
    (CHAT, "async"): partial(_asynchronous, _chat),
    (EMBED, "async"): partial(_asynchronous, _embed),
}
CANNOT: Final[clients.Reasons] = clients.cannot(
    REQUESTS,
    {
        CHAT: {
            **dict.fromkeys(("cache_write", "cache_write_5m", "cache_write_1h"), clients.NO_WRITES),
            "stream_no_usage": clients.USAGE_ALWAYS,
            "audio": clients.NO_AUDIO,
            "embeddings": clients.ELSEWHERE,
            "tier": "the API has no tiers; its priority only orders what waits",
            "batch": "a batch reads and writes datasets at the provider; no call of the library gives its answers",
        },
        EMBED: {"...": clients.EMBEDS},
    },
)
