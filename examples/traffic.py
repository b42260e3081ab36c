"""Calls to stand-ins for OpenAI and Anthropic, now and then, for ever: what a stack of dashboards needs to show anything.

    python -m examples.traffic [--calls N] [--every SECONDS]

The clients and their instrumentations are the real ones; no key and no network are needed, and nothing is paid. Where the costs go
is what the standard variables say: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME and the others.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import count, cycle
from typing import Any

import anthropic
import openai
from opentelemetry.instrumentation.genai.anthropic import AnthropicInstrumentor
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

import otel_llm_cost
from examples.demo.provider import Provider
from examples.demo.replies import REPLIES, Reply


class EndlessProvider(Provider):
    """Gives the replies again and again, each under a new id, as providers do."""

    def __init__(self) -> None:
        super().__init__(())
        self.calls = 0
        self._numbers = count(1)
        self._turns = {key: cycle([reply for reply in REPLIES if _key(reply) == key]) for key in map(_key, REPLIES)}

    def reply_to(self, path: str, request: dict[str, Any]) -> Reply | None:
        """The next reply to a request for this path and model."""
        self.calls += 1
        turn = self._turns.get((path, request.get("model"), request.get("stream") is True))
        if turn is None:
            return None
        reply = next(turn)
        return reply if reply.id is None else replace(reply, body={**reply.body, "id": f"{reply.id}-{next(self._numbers)}"})


def _key(reply: Reply) -> tuple[str, object, bool]:
    return reply.path, reply.asked, reply.streams


def run(provider: EndlessProvider, calls: int | None, every: float) -> None:
    """The scenarios of `examples/assistant.py` in turn, until this many calls were made."""
    # The clients that it makes read these.
    os.environ |= {
        "OPENAI_API_KEY": "not-a-key",
        "OPENAI_BASE_URL": f"{provider.url}/v1",
        "ANTHROPIC_API_KEY": "not-a-key",
        "ANTHROPIC_BASE_URL": provider.url,
        "NO_PROXY": ",".join(filter(None, (os.environ.get("NO_PROXY"), "127.0.0.1"))),
    }
    from examples import assistant  # noqa: PLC0415 - it makes its clients when it is imported

    for scenario in cycle(assistant.SCENARIOS):
        try:
            said = scenario()
        except (openai.APIError, anthropic.APIError) as error:
            said = f"{type(error).__name__}: {error}"
        print(f"{scenario.__name__:<22} {said}", flush=True)
        if calls is not None and provider.calls >= calls:
            return
        time.sleep(every * random.uniform(0.5, 1.5))  # noqa: S311 - nothing secret


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until it is told to stop; SIGTERM ends it with the last call's cost sent."""
    parser = argparse.ArgumentParser(prog="python -m examples.traffic", description="LLM calls to stand-ins, now and then.")
    parser.add_argument("--calls", type=int, metavar="N", help="end after about so many calls; by default never")
    parser.add_argument("--every", type=float, default=5, metavar="SECONDS", help="the mean pause between two; by default 5")
    options = parser.parse_args(arguments)
    otel_llm_cost.configure()
    OpenAIInstrumentor().instrument()
    AnthropicInstrumentor().instrument()
    with EndlessProvider() as provider:
        run(provider, options.calls, options.every)
    return 0


if __name__ == "__main__":
    sys.exit(main())
