"""The Ollama library."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Final

from ollama import AsyncClient, Client

from tests.matrix import clients
from tests.matrix.answers import asked

API: Final = "ollama.chat"


def _chat(client: Any, case: str, prompt: str, images: Any = (), **more: Any) -> Any:  # noqa: ANN401 - as the library
    message = {"role": "user", "content": prompt, **({"images": images} if images else {})}
    return client.chat(model=asked(API, case), messages=[message], stream=case in clients.STREAMS, **more)


def _opened(case: str) -> clients.Open:
    return lambda base, _retries: partial(_chat, Client(host=base), case)


def _asynchronous(base: str) -> None:
    asyncio.run(_chat(AsyncClient(host=base), "async", clients.PROMPT))


REQUESTS: Final[clients.Requests] = {
    **clients.requests(
        API,
        _opened,
        {
            **{case: more for case, more in clients.BARE.items() if case != "retry"},
            "stream": {},
            "stream_closed": {},
            "reasoning": {"think": True},
            "reasoning_stream": {"think": True},
            "image": {"images": [clients.PNG_BYTES]},
            "tools": {"tools": [clients.FUNCTION]},
            "structured": {"format": clients.CITY},
        },
    ),
    (API, "async"): _asynchronous,
}
NO_CACHE: Final = ("cache_read", "cache_write", "cache_write_5m", "cache_write_1h", "cache_stream")
CANNOT: Final[clients.Reasons] = clients.cannot(
    REQUESTS,
    {
        API: {
            **dict.fromkeys(NO_CACHE, "the API's answers have no count of cached tokens"),
            "stream_no_usage": clients.USAGE_ALWAYS,
            "audio": clients.NO_AUDIO,
            "embeddings": clients.ELSEWHERE,
            "tier": "the server is the user's own: it has one tier",
            "batch": "the server has no batches",
            "retry": "the library does not retry",
        }
    },
)
