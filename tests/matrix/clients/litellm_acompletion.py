"""LiteLLM's asynchronous functions, which report of a call from a task of the same loop."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Final

import litellm

from tests.matrix import clients
from tests.matrix.clients import litellm_completion as sync

METHODS: Final = {sync.RESPONSES: "aresponses", sync.EMBEDDINGS: "aembedding", sync.EMBED: "aembedding"}


async def _ask(api: str, case: str, base: str, prompt: str, **more: Any) -> None:  # noqa: ANN401 - as the library
    method = getattr(litellm, METHODS.get(api, "acompletion"))
    try:
        answer = await method(**sync.arguments(api, case, base, int(case == "retry"), prompt, **more))
        if case in clients.STREAMS:
            count = 0
            async for _ in answer:
                count += 1
                if case == "stream_closed" and count == 2:
                    if hasattr(answer, "aclose"):
                        await answer.aclose()
                    break
    finally:
        await asyncio.sleep(sync.REPORTED)


def _request(api: str, case: str, more: dict[str, Any], base: str) -> None:
    asyncio.run(_made(api, case, more, base))


async def _made(api: str, case: str, more: dict[str, Any], base: str) -> None:
    ask = partial(_ask, api, case, base)
    if case == "several":
        with clients.one_root():
            await asyncio.gather(ask(f"{clients.PROMPT} answer-1"), ask(f"{clients.PROMPT} answer-2"))
            await ask(f"{clients.PROMPT} answer-3")
    elif case == "same":
        with clients.one_root():
            await ask(clients.PROMPT)
            await ask(clients.PROMPT)
            await asyncio.gather(ask(clients.PROMPT), ask(clients.PROMPT))
    else:
        await ask(clients.PROMPT, **more)


REQUESTS: Final[clients.Requests] = {
    **{(api, case): partial(_request, api, case, more) for api, cases in sync.ASKED.items() for case, more in cases.items()},
    **{(api, "async"): partial(_request, api, "async", {}) for api in sync.ASKED},
}
CANNOT: Final[clients.Reasons] = clients.cannot(
    REQUESTS, {api: {case: why for case, why in reasons.items() if case != "async"} for api, reasons in sync.REASONS.items()}
)
