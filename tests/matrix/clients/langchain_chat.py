"""LangChain's models of OpenAI and Anthropic."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from itertools import count
from typing import Any, Final

from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel

from tests.matrix import clients
from tests.matrix.answers import asked

CHAT: Final = "openai.chat"
RESPONSES: Final = "openai.responses"
EMBEDDINGS: Final = "openai.embeddings"
TURNS: Final = count(60)
"""Timeouts: the library keeps an HTTP client for each, which cannot be used in a second event loop."""
MESSAGES: Final = "anthropic.messages"


class City(BaseModel):
    """What a structured answer tells."""

    city: str
    people: int


def _model(api: str, case: str, base: str, retries: int, **more: Any) -> Any:  # noqa: ANN401 - one of two kinds
    at = {"model": asked(api, case), "base_url": base, "api_key": "none", "max_retries": retries}
    if api == MESSAGES:
        return ChatAnthropic(**at, max_tokens=4096, **more)
    # Told which API to use: the library chooses by the model's name.
    return ChatOpenAI(**at, use_responses_api=api == RESPONSES, stream_usage=case != "stream_no_usage", **more)


def _messages(prompt: str, system: Any, parts: Any) -> list[Any]:  # noqa: ANN401 - as the library
    content = [*parts, {"type": "text", "text": prompt}] if parts else prompt
    return [*([SystemMessage(content=system)] if system else ()), HumanMessage(content=content)]


def _chat(
    model: Any,  # noqa: ANN401 - of two kinds
    case: str,
    prompt: str,
    *,
    system: Any = (),  # noqa: ANN401 - as the library
    parts: Any = (),  # noqa: ANN401 - as the library
    arguments: Mapping[str, Any] = {},
) -> Any:  # noqa: ANN401 - as the library
    if case == "tools":
        model = model.bind_tools([clients.FUNCTION])
    elif case == "structured":
        model = model.with_structured_output(City, method="json_schema")
    method = model.stream if case in clients.STREAMS else model.ainvoke if case == "async" else model.invoke
    return method(_messages(prompt, system, parts), **arguments)


def _opened(api: str, case: str) -> clients.Open:
    more = MODELS.get((api, case), {})
    return lambda base, retries: partial(_chat, _model(api, case, base, retries, **more), case)


def _asynchronous(api: str, base: str) -> None:
    async def ask() -> None:
        await _chat(_model(api, "async", base, 0, timeout=next(TURNS)), "async", clients.PROMPT)

    asyncio.run(ask())


def _embedder(base: str) -> OpenAIEmbeddings:
    # Without a look at the tokens: it would fetch a vocabulary.
    return OpenAIEmbeddings(
        model=asked(EMBEDDINGS, "embeddings"),
        base_url=base,
        api_key="none",
        max_retries=0,
        timeout=next(TURNS),
        check_embedding_ctx_length=False,
    )


def _embed(base: str) -> None:
    _embedder(base).embed_query(clients.PROMPT)


def _embed_asynchronously(base: str) -> None:
    async def ask() -> None:
        await _embedder(base).aembed_query(clients.PROMPT)

    asyncio.run(ask())


def _kept(lifetime: str) -> dict[str, Any]:
    return {"system": [{"type": "text", "text": clients.PREFIX, "cache_control": {"type": "ephemeral", "ttl": lifetime}}]}


CACHES: Final = {"arguments": {"prompt_cache_key": "kettles"}}
IMAGE: Final = {"parts": [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{clients.PNG}"}}]}
AUDIO: Final = {"parts": [{"type": "input_audio", "input_audio": {"data": clients.WAV, "format": "wav"}}]}
EFFORT: Final = {"reasoning": {"effort": "medium"}}
THINKS: Final = {"thinking": {"type": "enabled", "budget_tokens": 2048}}
MODELS: Final[Mapping[tuple[str, str], Mapping[str, Any]]] = {
    (CHAT, "reasoning"): {"reasoning_effort": "medium"},
    (CHAT, "reasoning_stream"): {"reasoning_effort": "medium"},
    (CHAT, "audio"): {"model_kwargs": {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}},
    (CHAT, "tier"): {"service_tier": "flex"},
    (RESPONSES, "reasoning"): EFFORT,
    (RESPONSES, "reasoning_stream"): EFFORT,
    (RESPONSES, "tier"): {"service_tier": "priority"},
    (MESSAGES, "reasoning"): THINKS,
    (MESSAGES, "reasoning_stream"): THINKS,
}
"""What a case's model is made with, beyond its name."""
ANY: Final[clients.Arguments] = {
    **clients.BARE,
    **{case: {} for case in ("stream", "stream_closed", "reasoning", "reasoning_stream", "tools", "structured")},
    "image": IMAGE,
}
OPENAI: Final[clients.Arguments] = {
    **ANY,
    "cache_read": CACHES,
    "cache_write": CACHES,
    "cache_stream": CACHES,
    "tier": {},
}
ASKED: Final[Mapping[str, clients.Arguments]] = {
    CHAT: {**OPENAI, "stream_no_usage": {}, "audio": AUDIO},
    RESPONSES: OPENAI,
    MESSAGES: {
        **ANY,
        "cache_read": _kept("5m"),
        "cache_write_5m": _kept("5m"),
        "cache_write_1h": _kept("1h"),
        "cache_stream": _kept("1h"),
        "tier": {"arguments": {"service_tier": "auto"}},
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
        CHAT: {**LIFELESS, **BATCHLESS},
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
