"""Agents of pydantic-ai, each of which makes one request to a model."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import Any, Final

from anthropic import AsyncAnthropic
from google import genai
from google.genai import types
from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, BinaryContent, DeferredToolRequests, ExternalToolset, NativeOutput, PromptedOutput, ToolDefinition
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai import OpenAIProvider

from tests.matrix import clients
from tests.matrix.answers import asked

CHAT: Final = "openai.chat"
RESPONSES: Final = "openai.responses"
MESSAGES: Final = "anthropic.messages"
GENERATE: Final = "gemini.generate"


class City(BaseModel):
    """What a structured answer tells."""

    city: str
    people: int


def _openai(base: str, retries: int) -> OpenAIProvider:
    return OpenAIProvider(openai_client=AsyncOpenAI(base_url=base, api_key="none", max_retries=retries))


def _model(api: str, case: str, base: str, retries: int) -> Any:  # noqa: ANN401 - one of four
    name = asked(api, case)
    if api == MESSAGES:
        client = AsyncAnthropic(base_url=base, api_key="none", max_retries=retries)
        return AnthropicModel(name, provider=AnthropicProvider(anthropic_client=client))
    if api == GENERATE:
        again = types.HttpRetryOptions(attempts=retries + 1, initial_delay=0.01, jitter=0.01)
        options = types.HttpOptions(base_url=base, retry_options=again)
        return GoogleModel(name, provider=GoogleProvider(client=genai.Client(api_key="none", vertexai=False, http_options=options)))
    return (OpenAIResponsesModel if api == RESPONSES else OpenAIChatModel)(name, provider=_openai(base, retries))


async def _run(agent: Agent[Any, Any], case: str, prompt: Any) -> None:  # noqa: ANN401 - text, and what is beside it
    if case not in clients.STREAMS:
        await agent.run(prompt)
        return
    async with agent.run_stream(prompt) as answer:
        count = 0
        async for _ in answer.stream_text(delta=True, debounce_by=None):
            count += 1
            if case == "stream_closed" and count == 2:
                break


def _asked(api: str, case: str, base: str, retries: int, prompt: str, *parts: Any, **more: Any) -> None:  # noqa: ANN401 - the agent's
    # Without a limit, Anthropic's answer is streamed though nobody asks for a stream.
    settings = {"max_tokens": 4096, **more.pop("settings", {})}
    more.setdefault("system_prompt", ())

    async def ask() -> None:
        agent: Agent[Any, Any] = Agent(_model(api, case, base, retries), model_settings=settings, **more)
        await _run(agent, case, [prompt, *parts] if parts else prompt)

    asyncio.run(ask())


def _opened(api: str, case: str) -> clients.Open:
    def opened(base: str, retries: int) -> clients.Ask:
        def ask(prompt: str, *, parts: tuple[Any, ...] = (), **more: Any) -> tuple[Any, ...]:  # noqa: ANN401 - the agent's
            _asked(api, case, base, retries, prompt, *parts, **more)
            return ()

        return ask

    return opened


def _request(api: str, case: str, more: dict[str, Any]) -> clients.Request:
    opened = _opened(api, case)

    def made(base: str) -> None:
        ask = opened(base, int(case == "retry"))
        if case in clients.ROUNDS:
            clients.ROUNDS[case](ask)
        else:
            ask(clients.PROMPT, **more)

    return made


TOOL: Final = ToolDefinition(name=clients.TOOL, description=clients.TOOL_TELLS, parameters_json_schema=clients.TOOL_TAKES)
IMAGE: Final = BinaryContent(data=clients.PNG_BYTES, media_type="image/png")
SOUND: Final = BinaryContent(data=clients.WAV_BYTES, media_type="audio/wav")
ALL: Final[dict[str, dict[str, Any]]] = {
    **{case: dict(arguments) for case, arguments in clients.BARE.items()},
    "stream": {},
    "stream_closed": {},
    "async": {},
    "cache_read": {},
    "cache_stream": {},
    "image": {"parts": (IMAGE,)},
    # The application answers the call later, so that there is one request.
    "tools": {"output_type": [str, DeferredToolRequests], "toolsets": [ExternalToolset([TOOL])]},
    "structured": {"output_type": NativeOutput(City)},
}


def _cases(thinks: dict[str, Any], **more: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {**ALL, "reasoning": {"settings": thinks}, "reasoning_stream": {"settings": thinks}, **more}


def _kept(lifetime: str) -> dict[str, Any]:
    return {"system_prompt": clients.PREFIX, "settings": {"anthropic_cache_instructions": lifetime}}


KEYED: Final = {"settings": {"openai_prompt_cache_key": "kettles"}}
CACHED: Final = {"settings": {"google_cached_content": "cachedContents/tarvik1"}}
ASKED: Final = {
    CHAT: _cases(
        {"openai_reasoning_effort": "medium"},
        cache_read=KEYED,
        cache_write=KEYED,
        cache_stream=KEYED,
        tier={"settings": {"openai_service_tier": "flex"}},
    ),
    RESPONSES: _cases(
        {"openai_reasoning_effort": "medium"},
        cache_read=KEYED,
        cache_write=KEYED,
        cache_stream=KEYED,
        tier={"settings": {"openai_service_tier": "priority"}},
    ),
    MESSAGES: _cases(
        {"anthropic_thinking": {"type": "enabled", "budget_tokens": 2048}},
        cache_read=_kept("5m"),
        cache_write_5m=_kept("5m"),
        cache_write_1h=_kept("1h"),
        cache_stream=_kept("1h"),
        structured={"output_type": PromptedOutput(City)},
        tier={"settings": {"anthropic_service_tier": "auto"}},
    ),
    GENERATE: _cases(
        {"google_thinking_config": {"include_thoughts": True, "thinking_budget": 2048}},
        cache_read=CACHED,
        cache_stream=CACHED,
        audio={"parts": (SOUND,)},
        tier={"settings": {"google_service_tier": "flex"}},
    ),
}
DRAINS: Final = version("pydantic-ai-slim").startswith("1.")
"""Before 2, leaving a stream reads it to its end."""
REQUESTS: Final[clients.Requests] = {
    (api, case): _request(api, case, more)
    for api, cases in ASKED.items()
    for case, more in cases.items()
    if not (DRAINS and case == "stream_closed")
}
DRAINED: Final = {"stream_closed": "the library reads the stream to its end when the application leaves it"} if DRAINS else {}
NO_BATCH: Final = "an agent asks at once"
LIFELESS: Final = dict.fromkeys(("cache_write_5m", "cache_write_1h"), clients.NO_LIFETIME)
CANNOT: Final[clients.Reasons] = clients.cannot(
    REQUESTS,
    {
        CHAT: {
            **LIFELESS,
            **DRAINED,
            "stream_no_usage": "the library always asks for usage",
            "embeddings": clients.ELSEWHERE,
            "audio": "an agent takes no spoken answer",
            "batch": NO_BATCH,
        },
        RESPONSES: {
            **LIFELESS,
            **DRAINED,
            "stream_no_usage": clients.USAGE_ALWAYS,
            "embeddings": clients.ELSEWHERE,
            "audio": clients.NO_AUDIO,
            "batch": NO_BATCH,
        },
        MESSAGES: {
            **DRAINED,
            "cache_write": clients.LIFETIMES,
            "stream_no_usage": clients.USAGE_ALWAYS,
            "embeddings": "the provider has no embeddings",
            "audio": clients.NO_AUDIO,
            "batch": NO_BATCH,
        },
        GENERATE: {
            **DRAINED,
            **dict.fromkeys(("cache_write", "cache_write_5m", "cache_write_1h"), clients.NO_WRITES),
            "stream_no_usage": clients.USAGE_ALWAYS,
            "embeddings": clients.ELSEWHERE,
            "batch": NO_BATCH,
        },
    },
)
