"""The OpenAI library at OpenAI and Azure, and at others who speak its API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from openai import AsyncAzureOpenAI, AsyncOpenAI, AzureOpenAI, OpenAI
from pydantic import BaseModel

from tests.matrix import clients
from tests.matrix.answers import asked

PARSES: Final = "parse"
"""The argument that sends a request through the library's method for typed answers."""


class City(BaseModel):
    """What a structured answer tells."""

    city: str
    people: int


def _client(api: str, base: str, retries: int, *, waits: bool = False) -> Any:  # noqa: ANN401 - one of four kinds
    if api == "azure.chat":
        azure = AsyncAzureOpenAI if waits else AzureOpenAI
        return azure(azure_endpoint=base, api_key="none", api_version="2025-04-01-preview", max_retries=retries)
    return (AsyncOpenAI if waits else OpenAI)(base_url=base, api_key="none", max_retries=retries)


def _asked(prompt: object) -> list[dict[str, Any]]:
    return [{"role": "user", "content": prompt}]


def _chat(client: Any, api: str, case: str, prompt: str, *, parts: object = (), **more: Any) -> Any:  # noqa: ANN401 - as the library
    content: Any = [{"type": "text", "text": prompt}, *parts] if parts else prompt
    method = client.chat.completions.create
    if PARSES in more:
        kept = client.chat.completions if hasattr(client.chat.completions, PARSES) else client.beta.chat.completions
        method, more = kept.parse, more[PARSES]
    return method(model=asked(api, case), messages=_asked(content), **more)


def _response(client: Any, api: str, case: str, prompt: str, *, parts: object = (), **more: Any) -> Any:  # noqa: ANN401 - as the library
    content: Any = [{"type": "input_text", "text": prompt}, *parts] if parts else prompt
    method = client.responses.create
    if PARSES in more:
        method, more = client.responses.parse, more[PARSES]
    return method(model=asked(api, case), input=_asked(content), **more)


def _embedding(client: Any, api: str, case: str, prompt: str) -> Any:  # noqa: ANN401 - as the library
    return client.embeddings.create(model=asked(api, case), input=prompt, encoding_format="float")


METHODS: Final = {"openai.responses": _response, "openai.embeddings": _embedding}
ENDPOINTS: Final = {"openai.responses": "/v1/responses", "azure.chat": "/chat/completions"}


def _opened(api: str, case: str) -> clients.Open:
    return lambda base, retries: partial(METHODS.get(api, _chat), _client(api, base, retries), api, case)


def _asynchronous(api: str, base: str) -> None:
    async def ask() -> None:
        async with _client(api, base, 0, waits=True) as client:
            await METHODS.get(api, _chat)(client, api, "async", clients.PROMPT)

    asyncio.run(ask())


def _batch(api: str, base: str) -> None:
    client = _client(api, base, 0)
    url = ENDPOINTS.get(api, "/v1/chat/completions")
    body = {"model": asked(api, "batch"), "input" if api == "openai.responses" else "messages": _asked(clients.PROMPT)}
    line = json.dumps({"custom_id": "one", "method": "POST", "url": url, "body": body})
    held = client.files.create(file=("requests.jsonl", line.encode()), purpose="batch")
    begun = client.batches.create(input_file_id=held.id, endpoint=url, completion_window="24h")
    done = client.batches.retrieve(begun.id)
    assert json.loads(client.files.content(done.output_file_id).text)["custom_id"] == "one"


IMAGE: Final = f"data:image/png;base64,{clients.PNG}"
STREAM: Final = {"stream": True, "stream_options": {"include_usage": True}}
CHAT: Final[clients.Arguments] = {
    **clients.BARE,
    "stream": STREAM,
    "stream_closed": STREAM,
    "stream_no_usage": {"stream": True},
    "cache_read": {"prompt_cache_key": "kettles"},
    "reasoning": {"reasoning_effort": "medium"},
    "reasoning_stream": {**STREAM, "reasoning_effort": "medium"},
    "image": {"parts": [{"type": "image_url", "image_url": {"url": IMAGE}}]},
    "tools": {"tools": [clients.FUNCTION]},
    "structured": {PARSES: {"response_format": City}},
}
OPENAI: Final[clients.Arguments] = {
    **CHAT,
    "cache_write": {"prompt_cache_key": "kettles"},
    "cache_stream": {**STREAM, "prompt_cache_key": "kettles"},
    "audio": {
        "modalities": ["text", "audio"],
        "audio": {"voice": "alloy", "format": "wav"},
        "parts": [{"type": "input_audio", "input_audio": {"data": clients.WAV, "format": "wav"}}],
    },
    "tier": {"service_tier": "flex"},
}
THINKS: Final = {"reasoning": {"effort": "medium"}}
RESPONSES: Final[clients.Arguments] = {
    **clients.BARE,
    "stream": {"stream": True},
    "stream_closed": {"stream": True},
    "cache_read": {"prompt_cache_key": "kettles"},
    "cache_write": {"prompt_cache_key": "kettles"},
    "cache_stream": {"stream": True, "prompt_cache_key": "kettles"},
    "reasoning": THINKS,
    "reasoning_stream": {"stream": True, **THINKS},
    "image": {"parts": [{"type": "input_image", "image_url": IMAGE, "detail": "auto"}]},
    "tools": {"tools": [{"type": "function", **clients.FUNCTION["function"], "strict": False}]},
    "structured": {PARSES: {"text_format": City}},
    "tier": {"service_tier": "priority"},
}


def _without(arguments: clients.Arguments, *cases: str, **more: Mapping[str, Any]) -> clients.Arguments:
    return {case: argument for case, argument in arguments.items() if case not in cases} | more


ASKED: Final[Mapping[str, clients.Arguments]] = {
    "openai.chat": OPENAI,
    "openai.responses": RESPONSES,
    "openai.embeddings": {"embeddings": {}, "error": {}},
    "azure.chat": {**CHAT, "tier": {"service_tier": "priority"}},
    "deepseek.chat": _without(CHAT, "image", structured={"response_format": {"type": "json_object"}}),
    "openrouter.chat": _without(OPENAI, "stream_no_usage", "tier", "audio"),
}
REQUESTS: Final[clients.Requests] = {
    **{key: made for api, cases in ASKED.items() for key, made in clients.requests(api, partial(_opened, api), cases).items()},
    **{(api, "async"): partial(_asynchronous, api) for api in ASKED},
    **{(api, "batch"): partial(_batch, api) for api in ("openai.chat", "openai.responses", "azure.chat")},
}
LIFELESS: Final = dict.fromkeys(("cache_write_5m", "cache_write_1h"), clients.NO_LIFETIME)
WRITELESS: Final = dict.fromkeys(("cache_write", "cache_write_5m", "cache_write_1h", "cache_stream"), clients.NO_WRITES)
CANNOT: Final[clients.Reasons] = clients.cannot(
    REQUESTS,
    {
        "openai.chat": {**LIFELESS, "embeddings": clients.ELSEWHERE},
        "openai.responses": {
            **LIFELESS,
            "embeddings": clients.ELSEWHERE,
            "stream_no_usage": clients.USAGE_ALWAYS,
            "audio": clients.NO_AUDIO,
        },
        "openai.embeddings": {"...": clients.EMBEDS},
        "azure.chat": {
            **dict.fromkeys(WRITELESS, "the deployment's model bills nothing for writing into its cache"),
            "embeddings": clients.ELSEWHERE,
            "audio": "asked for as at OpenAI, of a deployment of another model",
        },
        "deepseek.chat": {
            **WRITELESS,
            "embeddings": "the provider has no embeddings",
            "audio": clients.NO_AUDIO,
            "image": "none but an experimental model takes images",
            "tier": "the provider has one tier",
            "batch": "the provider has no batches",
        },
        "openrouter.chat": {
            **LIFELESS,
            "stream_no_usage": clients.USAGE_ALWAYS,
            "embeddings": clients.ELSEWHERE,
            "audio": "counted as at OpenAI; the answer tells the cost of all",
            "tier": "asked for as at OpenAI; the answer tells the cost of all",
            "batch": "the provider takes a batch's requests in the body; the library sends a file",
        },
    },
)
