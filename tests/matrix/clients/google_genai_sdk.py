"""Google's genai library at the Gemini API."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Final

from google import genai
from google.genai import types
from pydantic import BaseModel

from tests.matrix import clients
from tests.matrix.answers import asked

GENERATE: Final = "gemini.generate"
EMBED: Final = "gemini.embed"


class City(BaseModel):
    """What a structured answer tells."""

    city: str
    people: int


def _client(base: str, retries: int) -> genai.Client:
    again = types.HttpRetryOptions(attempts=retries + 1, initial_delay=0.01, jitter=0.01)
    return genai.Client(api_key="none", vertexai=False, http_options=types.HttpOptions(base_url=base, retry_options=again))


def _generate(client: genai.Client, case: str, prompt: str, parts: Any = (), **config: Any) -> Any:  # noqa: ANN401 - as the library
    models = client.models
    method = models.generate_content_stream if case in clients.STREAMS else models.generate_content
    contents: Any = [*parts, prompt] if parts else prompt
    return method(model=asked(GENERATE, case), contents=contents, config=types.GenerateContentConfig(**config))


def _embed(client: genai.Client, case: str, prompt: str) -> Any:  # noqa: ANN401 - as the library
    return client.models.embed_content(model=asked(EMBED, case), contents=prompt)


def _opened(method: clients.Ask, case: str) -> clients.Open:
    return lambda base, retries: partial(method, _client(base, retries), case)


def _asynchronous(api: str, base: str) -> None:
    async def ask() -> None:
        models = _client(base, 0).aio.models
        method = models.embed_content if api == EMBED else models.generate_content
        await method(model=asked(api, "async"), contents=clients.PROMPT)

    asyncio.run(ask())


def _batch(base: str) -> None:
    client = _client(base, 0)
    contents = [{"role": "user", "parts": [{"text": clients.PROMPT}]}]
    begun = client.batches.create(model=asked(GENERATE, "batch"), src=[{"contents": contents}])
    done = client.batches.get(name=begun.name)
    assert done.dest.inlined_responses


TOOL: Final = {"name": clients.TOOL, "description": clients.TOOL_TELLS, "parameters_json_schema": clients.TOOL_TAKES}
THINKS: Final = {"thinking_config": {"include_thoughts": True, "thinking_budget": 2048}}
KEPT: Final = {"cached_content": "cachedContents/tarvik1"}
REQUESTS: Final[clients.Requests] = {
    **clients.requests(
        GENERATE,
        partial(_opened, _generate),
        {
            **clients.BARE,
            "stream": {},
            "stream_closed": {},
            "cache_read": KEPT,
            "cache_stream": KEPT,
            "reasoning": THINKS,
            "reasoning_stream": THINKS,
            "audio": {"parts": [types.Part.from_bytes(data=clients.WAV_BYTES, mime_type="audio/wav")]},
            "image": {"parts": [types.Part.from_bytes(data=clients.PNG_BYTES, mime_type="image/png")]},
            "tools": {"tools": [{"function_declarations": [TOOL]}]},
            "structured": {"response_mime_type": "application/json", "response_schema": City},
            "tier": {"service_tier": "flex"},
        },
    ),
    **clients.requests(EMBED, partial(_opened, _embed), {"embeddings": {}, "error": {}}),
    (GENERATE, "batch"): _batch,
    (GENERATE, "async"): partial(_asynchronous, GENERATE),
    (EMBED, "async"): partial(_asynchronous, EMBED),
}
CANNOT: Final[clients.Reasons] = clients.cannot(
    REQUESTS,
    {
        GENERATE: {
            **dict.fromkeys(("cache_write", "cache_write_5m", "cache_write_1h"), clients.NO_WRITES),
            "stream_no_usage": clients.USAGE_ALWAYS,
            "embeddings": clients.ELSEWHERE,
        },
        EMBED: {"...": clients.EMBEDS},
    },
)
