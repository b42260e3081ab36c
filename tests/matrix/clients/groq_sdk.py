"""The Groq library."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Any, Final

from groq import AsyncGroq, Groq

from tests.matrix import clients
from tests.matrix.answers import asked

API: Final = "groq.chat"


def _chat(client: Any, case: str, prompt: str, parts: Any = (), **more: Any) -> Any:  # noqa: ANN401 - as the library
    content: Any = [*parts, {"type": "text", "text": prompt}] if parts else prompt
    return client.chat.completions.create(model=asked(API, case), messages=[{"role": "user", "content": content}], **more)


def _opened(case: str) -> clients.Open:
    return lambda base, retries: partial(_chat, Groq(base_url=base, api_key="none", max_retries=retries), case)


def _asynchronous(base: str) -> None:
    async def ask() -> None:
        async with AsyncGroq(base_url=base, api_key="none", max_retries=0) as client:
            await _chat(client, "async", clients.PROMPT)

    asyncio.run(ask())


def _batch(base: str) -> None:
    client = Groq(base_url=base, api_key="none", max_retries=0)
    body = {"model": asked(API, "batch"), "messages": [{"role": "user", "content": clients.PROMPT}]}
    line = json.dumps({"custom_id": "one", "method": "POST", "url": "/v1/chat/completions", "body": body})
    held = client.files.create(file=("requests.jsonl", line.encode()), purpose="batch")
    begun = client.batches.create(input_file_id=held.id, endpoint="/v1/chat/completions", completion_window="24h")
    done = client.batches.retrieve(begun.id)
    assert json.loads(client.files.content(done.output_file_id).text())["custom_id"] == "one"


STREAM: Final = {"stream": True}
THINKS: Final = {"reasoning_effort": "medium"}
SCHEMA: Final = {"type": "json_schema", "json_schema": {"name": "city", "schema": clients.CITY, "strict": True}}
IMAGE: Final = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{clients.PNG}"}}
REQUESTS: Final[clients.Requests] = {
    **clients.requests(
        API,
        _opened,
        {
            **clients.BARE,
            "stream": STREAM,
            "stream_closed": STREAM,
            "cache_read": {},
            "reasoning": THINKS,
            "reasoning_stream": {**STREAM, **THINKS},
            "image": {"parts": [IMAGE]},
            "tools": {"tools": [clients.FUNCTION]},
            "structured": {"response_format": SCHEMA},
            "tier": {"service_tier": "flex"},
        },
    ),
    (API, "async"): _asynchronous,
    (API, "batch"): _batch,
}
CANNOT: Final[clients.Reasons] = clients.cannot(
    REQUESTS,
    {
        API: {
            **dict.fromkeys(("cache_write", "cache_write_5m", "cache_write_1h", "cache_stream"), clients.NO_WRITES),
            "stream_no_usage": clients.USAGE_ALWAYS,
            "audio": clients.NO_AUDIO,
            "embeddings": clients.ELSEWHERE,
        }
    },
)
