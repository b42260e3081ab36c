"""LiteLLM, which asks any provider in OpenAI's words and reports of a call when it is over, from a thread of its own."""

from __future__ import annotations

import time
from functools import partial
from typing import Any, Final

import litellm

from tests.matrix import clients
from tests.matrix.answers import asked
from tests.matrix.clients.openai_sdk import City

CHAT: Final = "openai.chat"
RESPONSES: Final = "openai.responses"
EMBEDDINGS: Final = "openai.embeddings"
MESSAGES: Final = "anthropic.messages"
GENERATE: Final = "gemini.generate"
EMBED: Final = "gemini.embed"
REPORTED: Final = 0.4
"""Seconds after which the report of a call has been made."""

litellm.suppress_debug_info = True
litellm.drop_params = True


def named(api: str, case: str) -> str:
    """The model's name with the provider's before it."""
    return f"{api.partition('.')[0]}/{asked(api, case)}"


def arguments(api: str, case: str, base: str, retries: int, prompt: str, parts: Any = (), **more: Any) -> dict[str, Any]:  # noqa: ANN401 - as the library
    """What a call is given."""
    given = {"model": named(api, case), "api_base": base, "api_key": "none", "max_retries": retries, **more}
    if api in {EMBEDDINGS, EMBED, RESPONSES}:
        return {**given, "input": [prompt] if api != RESPONSES else prompt}
    system = given.pop("system", ())
    content = [*parts, {"type": "text", "text": prompt}] if parts else prompt
    return {**given, "messages": [*system, {"role": "user", "content": content}]}


def leave(stream: Any) -> None:  # noqa: ANN401 - the library's
    """Two events, and no more."""
    events = iter(stream)
    for _ in range(2):
        next(events)
    inner = getattr(stream, "completion_stream", stream)
    if hasattr(inner, "close"):
        inner.close()


METHODS: Final = {RESPONSES: "responses", EMBEDDINGS: "embedding", EMBED: "embedding"}


def _ask(api: str, case: str, base: str, retries: int, prompt: str, **more: Any) -> None:  # noqa: ANN401 - as the library
    method = getattr(litellm, METHODS.get(api, "completion"))
    answer = method(**arguments(api, case, base, retries, prompt, **more))
    if case == "stream_closed":
        leave(answer)
    elif case in clients.STREAMS:
        for _ in answer:
            pass
    # Within the caller's span, as in an application that goes on.
    time.sleep(REPORTED)


def _opened(api: str, case: str, base: str, retries: int) -> clients.Ask:
    return partial(_ask, api, case, base, retries)


def _request(api: str, case: str, more: dict[str, Any], base: str) -> None:
    ask = _opened(api, case, base, int(case == "retry"))
    try:
        if case in clients.ROUNDS:
            clients.ROUNDS[case](ask)
        else:
            ask(clients.PROMPT, **more)
    finally:
        if case == "error":
            time.sleep(REPORTED)


IMAGE: Final = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{clients.PNG}"}}
SOUND: Final = {"type": "input_audio", "input_audio": {"data": clients.WAV, "format": "wav"}}
STREAM: Final = {"stream": True, "stream_options": {"include_usage": True}}
THINKS: Final = {"reasoning_effort": "medium"}
SIMPLE: Final[dict[str, dict[str, Any]]] = {
    **{case: {} for case in clients.BARE if case != "retry"},
    "stream": STREAM,
    "stream_closed": STREAM,
    "cache_read": {},
    "cache_stream": STREAM,
    "reasoning": THINKS,
    "reasoning_stream": {**STREAM, **THINKS},
    "image": {"parts": [IMAGE]},
    "tools": {"tools": [clients.FUNCTION]},
    "structured": {"response_format": City},
}


def _kept(lifetime: str) -> list[dict[str, Any]]:
    text = {"type": "text", "text": clients.PREFIX, "cache_control": {"type": "ephemeral", "ttl": lifetime}}
    return [{"role": "system", "content": [text]}]


def _flat(cases: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """As the responses API takes it."""
    return {case: {name: value for name, value in more.items() if name == "stream"} for case, more in cases.items()}


VECTORS: Final[dict[str, dict[str, Any]]] = {"embeddings": {}, "error": {}}
ASKED: Final[dict[str, dict[str, dict[str, Any]]]] = {
    CHAT: {
        **{case: more for case, more in SIMPLE.items() if case != "tools"},
        "retry": {},
        "stream_no_usage": {"stream": True},
        "cache_write": {},
        "audio": {"parts": [SOUND], "modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}},
        "tier": {"service_tier": "flex"},
    },
    RESPONSES: {
        **_flat({case: more for case, more in SIMPLE.items() if case not in {"image", "tools", "structured"}}),
        "cache_write": {},
        "tools": {"tools": [{"type": "function", **clients.FUNCTION["function"]}]},
        "tier": {"service_tier": "priority"},
    },
    EMBEDDINGS: VECTORS,
    MESSAGES: {
        **SIMPLE,
        "cache_read": {"system": _kept("5m")},
        "cache_write_5m": {"system": _kept("5m")},
        "cache_write_1h": {"system": _kept("1h")},
        "cache_stream": {**STREAM, "system": _kept("1h")},
        "tier": {"service_tier": "auto"},
    },
    GENERATE: {**SIMPLE, "audio": {"parts": [SOUND]}, "tier": {"service_tier": "flex"}},
    EMBED: VECTORS,
}
REQUESTS: Final[clients.Requests] = {
    (api, case): partial(_request, api, case, more) for api, cases in ASKED.items() for case, more in cases.items()
}
LIFELESS: Final = dict.fromkeys(("cache_write_5m", "cache_write_1h"), clients.NO_LIFETIME)
ALWAYS: Final = {
    "async": "asked by litellm_acompletion",
    "batch": "asked by the providers' own libraries",
}
RETRIES: Final = "each attempt that the library makes is a call of its own"
NO_CASE: Final = dict.fromkeys(("image", "structured"), "counted as in openai.chat")
REASONS: Final = {
    CHAT: {
        **LIFELESS,
        **ALWAYS,
        "embeddings": clients.ELSEWHERE,
        "tools": "with tools the library asks the Responses API for this model",
    },
    RESPONSES: {
        **LIFELESS,
        **ALWAYS,
        **NO_CASE,
        "retry": RETRIES,
        "stream_no_usage": clients.USAGE_ALWAYS,
        "embeddings": clients.ELSEWHERE,
        "audio": clients.NO_AUDIO,
    },
    EMBEDDINGS: {**ALWAYS, "...": clients.EMBEDS},
    MESSAGES: {
        **ALWAYS,
        "cache_write": clients.LIFETIMES,
        "stream_no_usage": clients.USAGE_ALWAYS,
        "audio": clients.NO_AUDIO,
        "embeddings": "the provider has no embeddings",
        "retry": RETRIES,
    },
    GENERATE: {
        **dict.fromkeys(("cache_write", "cache_write_5m", "cache_write_1h"), clients.NO_WRITES),
        **ALWAYS,
        "stream_no_usage": clients.USAGE_ALWAYS,
        "embeddings": clients.ELSEWHERE,
        "retry": RETRIES,
    },
    EMBED: {**ALWAYS, "...": clients.EMBEDS},
}
CANNOT: Final[clients.Reasons] = clients.cannot(REQUESTS, REASONS)
