"""Mistral's library."""

from __future__ import annotations

import asyncio
import inspect
import json
from functools import partial
from typing import Any, Final

from pydantic import BaseModel

from tests.matrix import clients
from tests.matrix.answers import asked

try:
    from mistralai.client import Mistral
    from mistralai.client.utils import BackoffStrategy, RetryConfig
except ImportError:  # before 2.0
    from mistralai import Mistral
    from mistralai.utils import BackoffStrategy, RetryConfig

API: Final = "mistral.chat"
PARSES: Final = "response_format"
"""The argument of the library's method for typed answers."""


class City(BaseModel):
    """What a structured answer tells."""

    city: str
    people: int


def _client(base: str, retries: int) -> Mistral:
    again = RetryConfig("backoff" if retries else "none", BackoffStrategy(10, 20, 1.5, 5000), retry_connection_errors=False)
    return Mistral(api_key="none", server_url=base, retry_config=again)


def _asked(prompt: str, parts: Any = ()) -> list[dict[str, Any]]:  # noqa: ANN401 - as the library
    return [{"role": "user", "content": [*parts, {"type": "text", "text": prompt}] if parts else prompt}]


def _chat(client: Mistral, case: str, prompt: str, parts: Any = (), **more: Any) -> Any:  # noqa: ANN401 - as the library
    chat = client.chat
    method = chat.parse if PARSES in more else chat.stream if case in clients.STREAMS else chat.complete
    return method(model=asked(API, case), messages=_asked(prompt, parts), **more)


def _opened(case: str) -> clients.Open:
    return lambda base, retries: partial(_chat, _client(base, retries), case)


def _asynchronous(base: str) -> None:
    async def ask() -> None:
        async with _client(base, 0) as client:
            await client.chat.complete_async(model=asked(API, "async"), messages=_asked(clients.PROMPT))

    asyncio.run(ask())


def _batch(base: str) -> None:
    client = _client(base, 0)
    line = json.dumps({"custom_id": "one", "body": {"messages": _asked(clients.PROMPT)}}).encode()
    held = client.files.upload(file={"file_name": "requests.jsonl", "content": line}, purpose="batch")
    jobs = client.batch.jobs
    begun = jobs.create(input_files=[held.id], model=asked(API, "batch"), endpoint="/v1/chat/completions")
    done = jobs.get(job_id=begun.id)
    assert json.loads(client.files.download(file_id=done.output_file).read())["custom_id"] == "one"


THINKS: Final = {"prompt_mode": "reasoning"}
HAS_TIER: Final = "service_tier" in inspect.signature(Mistral(api_key="none").chat.complete).parameters
IMAGE: Final = {"type": "image_url", "image_url": f"data:image/png;base64,{clients.PNG}"}
REQUESTS: Final[clients.Requests] = {
    **clients.requests(
        API,
        _opened,
        {
            **clients.BARE,
            "stream": {},
            "stream_closed": {},
            "cache_read": {},
            "cache_stream": {},
            "reasoning": THINKS,
            "reasoning_stream": THINKS,
            "audio": {"parts": [{"type": "input_audio", "input_audio": clients.WAV}]},
            "image": {"parts": [IMAGE]},
            "tools": {"tools": [clients.FUNCTION]},
            "structured": {PARSES: City},
            **({"tier": {"service_tier": "auto"}} if HAS_TIER else {}),
        },
    ),
    (API, "async"): _asynchronous,
    (API, "batch"): _batch,
}
CANNOT: Final[clients.Reasons] = clients.cannot(
    REQUESTS,
    {
        API: {
            **dict.fromkeys(("cache_write", "cache_write_5m", "cache_write_1h"), clients.NO_WRITES),
            "stream_no_usage": clients.USAGE_ALWAYS,
            "embeddings": clients.ELSEWHERE,
            **({} if HAS_TIER else {"tier": "this version of the library has no tiers"}),
        }
    },
)
