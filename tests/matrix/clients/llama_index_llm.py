"""LlamaIndex's models of OpenAI and Anthropic."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

from llama_index.core.base.llms.types import CacheControl, CachePoint, ImageBlock, TextBlock
from llama_index.core.llms import ChatMessage
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.llms.anthropic import Anthropic
from llama_index.llms.openai import OpenAI, OpenAIResponses
from pydantic import BaseModel

from tests.matrix import clients
from tests.matrix.answers import asked

CHAT: Final = "openai.chat"
RESPONSES: Final = "openai.responses"
EMBEDDINGS: Final = "openai.embeddings"
MESSAGES: Final = "anthropic.messages"
HELD: Final[list[Any]] = []
"""Asynchronous clients, which nobody closes: once forgotten they would close their connections in whatever loop runs then."""


class City(BaseModel):
    """What a structured answer tells."""

    city: str
    people: int


def _tide_table(harbour: str, day: str) -> str:
    return f"{harbour} {day}: high at six"


TIDE_TABLE: Final = FunctionTool.from_defaults(fn=_tide_table, name=clients.TOOL, description=clients.TOOL_TELLS)


def _model(api: str, case: str, base: str, retries: int) -> Any:  # noqa: ANN401 - one of three kinds
    more = {"model": asked(api, case), "api_key": "none", "max_retries": retries, **MODELS.get((api, case), {})}
    if api == MESSAGES:
        return Anthropic(base_url=base, max_tokens=4096, **more)
    return (OpenAIResponses if api == RESPONSES else OpenAI)(api_base=base, **more)


def _chat(model: Any, case: str, prompt: str, *, parts: Any = (), system: Any = (), **more: Any) -> Any:  # noqa: ANN401 - as the library
    if case == "tools":
        return model.chat_with_tools([TIDE_TABLE], user_msg=prompt)
    if case == "structured":
        return model.structured_predict(City, PromptTemplate(prompt))
    messages = [ChatMessage(role="user", blocks=[*parts, TextBlock(text=prompt)])]
    if system:
        messages = [ChatMessage(role="system", blocks=system), *messages]
    method = model.stream_chat if case in clients.STREAMS else model.achat if case == "async" else model.chat
    return method(messages, **more)


def _opened(api: str, case: str) -> clients.Open:
    return lambda base, retries: partial(_chat, _model(api, case, base, retries), case)


def _asynchronous(api: str, base: str) -> None:
    model = _model(api, "async", base, 0)
    HELD.append(model)
    asyncio.run(_awaited(partial(_chat, model, "async", clients.PROMPT)))


async def _awaited(ask: Callable[[], Awaitable[Any]]) -> None:
    await ask()


def _embedder(base: str) -> OpenAIEmbedding:
    return OpenAIEmbedding(model=asked(EMBEDDINGS, "embeddings"), api_base=base, api_key="none", max_retries=0)


def _embed(base: str) -> None:
    _embedder(base).get_text_embedding(clients.PROMPT)


def _embed_asynchronously(base: str) -> None:
    embedder = _embedder(base)
    HELD.append(embedder)
    asyncio.run(_awaited(partial(embedder.aget_text_embedding, clients.PROMPT)))


def _kept(lifetime: str) -> dict[str, Any]:
    return {"system": [TextBlock(text=clients.PREFIX), CachePoint(cache_control=CacheControl(type="ephemeral", ttl=lifetime))]}


USAGE: Final = {"stream_options": {"include_usage": True}}
CACHES: Final = {"prompt_cache_key": "kettles"}
IMAGE: Final = {"parts": [ImageBlock(image=clients.PNG_BYTES, image_mimetype="image/png")]}
EFFORT: Final = {"reasoning_options": {"effort": "medium"}}
THINKS: Final = {"thinking_dict": {"type": "enabled", "budget_tokens": 2048}}
MODELS: Final[Mapping[tuple[str, str], Mapping[str, Any]]] = {
    (RESPONSES, "reasoning"): EFFORT,
    (RESPONSES, "reasoning_stream"): EFFORT,
    (MESSAGES, "reasoning"): THINKS,
    (MESSAGES, "reasoning_stream"): THINKS,
}
"""What a case's model is made with, beyond its name."""
ANY: Final[clients.Arguments] = {**clients.BARE, "image": IMAGE, "tools": {}, "structured": {}}
ASKED: Final[Mapping[str, clients.Arguments]] = {
    CHAT: {
        **ANY,
        "stream": USAGE,
        "stream_closed": USAGE,
        "stream_no_usage": {},
        "cache_read": CACHES,
        "cache_write": CACHES,
        "cache_stream": {**USAGE, **CACHES},
        "reasoning": {"reasoning_effort": "medium"},
        "reasoning_stream": {**USAGE, "reasoning_effort": "medium"},
        "tier": {"service_tier": "flex"},
    },
    RESPONSES: {
        **ANY,
        **{case: {} for case in ("stream", "stream_closed", "reasoning", "reasoning_stream")},
        "cache_read": CACHES,
        "cache_write": CACHES,
        "cache_stream": CACHES,
        "tier": {"service_tier": "priority"},
    },
    MESSAGES: {
        **ANY,
        **{case: {} for case in ("stream", "stream_closed", "reasoning", "reasoning_stream")},
        "cache_read": _kept("5m"),
        "cache_write_5m": _kept("5m"),
        "cache_write_1h": _kept("1h"),
        "cache_stream": _kept("1h"),
        "tier": {"service_tier": "auto"},
    },
}
REQUESTS: Final[clients.Requests] = {
    **{key: made for api, cases in ASKED.items() for key, made in clients.requests(api, partial(_opened, api), cases).items()},
    **{(api, "async"): partial(_asynchronous, api) for api in ASKED},
    (EMBEDDINGS, "embeddings"): _embed,
    (EMBEDDINGS, "error"): _embed,
    (EMBEDDINGS, "async"): _embed_asynchronously,
}
BATCHLESS: Final = {"batch": "the library makes no batches at the provider", "embeddings": clients.ELSEWHERE}
LIFELESS: Final = dict.fromkeys(("cache_write_5m", "cache_write_1h"), clients.NO_LIFETIME)
CANNOT: Final[clients.Reasons] = clients.cannot(
    REQUESTS,
    {
        CHAT: {**LIFELESS, **BATCHLESS, "audio": "the library refuses a model that it does not know, as this one that speaks"},
        RESPONSES: {**LIFELESS, **BATCHLESS, "stream_no_usage": clients.USAGE_ALWAYS, "audio": clients.NO_AUDIO},
        MESSAGES: {
            **BATCHLESS,
            "embeddings": "the provider has no embeddings",
            "stream_no_usage": clients.USAGE_ALWAYS,
            "cache_write": clients.LIFETIMES,
            "audio": clients.NO_AUDIO,
        },
        EMBEDDINGS: {"...": clients.EMBEDS},
    },
)
