"""OpenAI's Agents library: each call is a run of an agent that asks its model once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner, function_tool
from openai import AsyncOpenAI
from openai.types.shared import Reasoning
from pydantic import BaseModel

from tests.matrix import clients
from tests.matrix.answers import asked

CHAT: Final = "openai.chat"
RESPONSES: Final = "openai.responses"
KINDS: Final = {CHAT: OpenAIChatCompletionsModel, RESPONSES: OpenAIResponsesModel}


class City(BaseModel):
    """What a structured answer tells."""

    city: str
    people: int


def _tide_table(harbour: str, day: str) -> str:
    return f"{harbour} {day}: high at six"


TIDE_TABLE: Final = function_tool(_tide_table, name_override=clients.TOOL, description_override=clients.TOOL_TELLS)


async def _asked(api: str, case: str, base: str, retries: int, prompt: Any) -> None:  # noqa: ANN401 - as the library
    settings = ModelSettings(include_usage=True if case in clients.STREAMS and case != "stream_no_usage" else None)
    async with AsyncOpenAI(base_url=base, api_key="none", max_retries=retries) as client:
        agent: Agent[None] = Agent(
            name="kettle",
            model=KINDS[api](model=asked(api, case), openai_client=client),
            model_settings=settings.resolve(SETTINGS.get((api, case))),
            tools=[TIDE_TABLE] if case == "tools" else [],
            tool_use_behavior="stop_on_first_tool",
            output_type=City if case == "structured" else None,
        )
        if case not in clients.STREAMS:
            await Runner.run(agent, prompt)
            return
        run = Runner.run_streamed(agent, prompt)
        seen = 0
        async for event in run.stream_events():
            seen += event.type == "raw_response_event"
            if case == "stream_closed" and seen == 2:
                run.cancel()


def _opened(api: str, case: str) -> clients.Open:
    """Each call in a loop of its own."""

    def opened(base: str, retries: int) -> clients.Ask:
        def ask(prompt: str, parts: Any = ()) -> tuple[()]:  # noqa: ANN401 - as the library
            content = [{"type": "input_text", "text": prompt}, *parts]
            asyncio.run(_asked(api, case, base, retries, [{"role": "user", "content": content}] if parts else prompt))
            return ()

        return ask

    return opened


def _closed(api: str, base: str) -> None:
    _opened(api, "stream_closed")(base, 0)(clients.PROMPT)


SETTINGS: Final[Mapping[tuple[str, str], ModelSettings]] = {
    **{
        (api, case): ModelSettings(reasoning=Reasoning(effort="medium"))
        for api in KINDS
        for case in ("reasoning", "reasoning_stream")
    },
    (CHAT, "tier"): ModelSettings(extra_args={"service_tier": "flex"}),
    (RESPONSES, "tier"): ModelSettings(extra_args={"service_tier": "priority"}),
}
IMAGE: Final = {"parts": [{"type": "input_image", "image_url": f"data:image/png;base64,{clients.PNG}", "detail": "auto"}]}
BOTH: Final[clients.Arguments] = {
    **clients.BARE,
    **{case: {} for case in ("stream", "cache_read", "cache_write", "cache_stream", "reasoning")},
    **{case: {} for case in ("reasoning_stream", "tools", "structured", "tier")},
    "image": IMAGE,
}
ASKED: Final[Mapping[str, clients.Arguments]] = {CHAT: {**BOTH, "stream_no_usage": {}}, RESPONSES: BOTH}
REQUESTS: Final[clients.Requests] = {
    **{key: made for api, cases in ASKED.items() for key, made in clients.requests(api, partial(_opened, api), cases).items()},
    **{(api, "stream_closed"): partial(_closed, api) for api in ASKED},
}
NOT: Final = {
    **dict.fromkeys(("cache_write_5m", "cache_write_1h"), clients.NO_LIFETIME),
    "embeddings": clients.ELSEWHERE,
    "batch": "the library makes no batches",
    "async": "all calls of the library are asynchronous",
}
CANNOT: Final[clients.Reasons] = clients.cannot(
    REQUESTS,
    {
        CHAT: {**NOT, "audio": "the library takes no audio"},
        RESPONSES: {**NOT, "audio": clients.NO_AUDIO, "stream_no_usage": clients.USAGE_ALWAYS},
    },
)
