"""What each client library asks of a provider, by API and case, with any instrumentation or none.

A client's module tells `REQUESTS`, which make a case's calls at a base URL, and `CANNOT`, which says what it cannot ask, and why.
"""

from __future__ import annotations

import base64
import contextvars
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

from opentelemetry import trace

Request = Callable[[str], None]
Requests = Mapping[tuple[str, str], Request]
Reasons = Mapping[tuple[str, str], str]
Ask = Callable[..., Any]
"""One call: `ask(prompt, **arguments)` gives the answer, or the stream of it."""
Open = Callable[[str, int], Ask]
"""A client at a base URL, which retries so many times."""
Arguments = Mapping[str, Mapping[str, Any]]
"""What a case's request has beyond the model and the prompt, by case."""

STREAMS: Final = ("stream", "stream_closed", "stream_no_usage", "cache_stream", "reasoning_stream")
CASES: Final = (
    "plain",
    *STREAMS,
    "cache_read",
    "cache_write",
    "cache_write_5m",
    "cache_write_1h",
    "reasoning",
    "audio",
    "image",
    "embeddings",
    "tools",
    "structured",
    "tier",
    "batch",
    "error",
    "async",
    "several",
    "same",
    "retry",
)
BARE: Final[Arguments] = {case: {} for case in ("plain", "error", "several", "same", "retry")}

PROMPT: Final = "How many kettles whistle at dawn?"
PREFIX: Final = "Kettles whistle when the tide turns. " * 400
"""Long enough for any provider's cache."""
TOOL: Final = "tide_table"
TOOL_TELLS: Final = "When the water is high."
TOOL_TAKES: Final = {
    "type": "object",
    "properties": {"harbour": {"type": "string"}, "day": {"type": "string"}},
    "required": ["harbour", "day"],
}
FUNCTION: Final = {"type": "function", "function": {"name": TOOL, "description": TOOL_TELLS, "parameters": TOOL_TAKES}}
"""As chat completions and their kin take a tool."""
CITY: Final = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "people": {"type": "integer"}},
    "required": ["city", "people"],
    "additionalProperties": False,
}
PNG: Final = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PNG_BYTES: Final = base64.b64decode(PNG)
WAV: Final = base64.b64encode(
    b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\0\0\0"
).decode()
WAV_BYTES: Final = base64.b64decode(WAV)

NO_LIFETIME: Final = "the API's cache writes have no lifetimes (cache_write stands for them)"
LIFETIMES: Final = "the API's cache writes have lifetimes (cache_write_5m, cache_write_1h)"
NO_WRITES: Final = "the API's answers have no count of tokens written into a cache"
USAGE_ALWAYS: Final = "the API's streams always tell usage"
NO_AUDIO: Final = "the API's messages have no audio"
ELSEWHERE: Final = "embeddings are another API"
EMBEDS: Final = "the API embeds; this is a case of chat"


@contextmanager
def one_root() -> Iterator[None]:
    """A root span of the application's own."""
    with trace.get_tracer("matrix").start_as_current_span("root"):
        yield


def read(case: str, answer: Any) -> None:  # noqa: ANN401 - any library's
    """Take a stream's events to their end, or two of them."""
    if case == "stream_closed":
        close_early(answer)
    elif case in STREAMS:
        for _ in answer:
            pass


def close_early(stream: Any) -> None:  # noqa: ANN401 - any library's
    """As an application does that has seen enough after two events."""
    events = iter(stream)
    for _ in range(2):
        next(events)
    if hasattr(stream, "close"):
        stream.close()
    else:
        stream.__exit__(None, None, None)


def at_once(ask: Ask, *prompts: str) -> None:
    """A thread for each prompt, each within the caller's context."""
    with ThreadPoolExecutor(len(prompts)) as pool:
        calls = [pool.submit(contextvars.copy_context().run, ask, prompt) for prompt in prompts]
    for call in calls:
        call.result()


def several(ask: Ask) -> None:
    """Two calls at the same time and one after them, each with an answer of its own."""
    with one_root():
        at_once(ask, f"{PROMPT} answer-1", f"{PROMPT} answer-2")
        ask(f"{PROMPT} answer-3")


def same(ask: Ask) -> None:
    """Two calls one after the other, then two at the same time, all with the same answer."""
    with one_root():
        ask(PROMPT)
        ask(PROMPT)
        at_once(ask, PROMPT, PROMPT)


ROUNDS: Final[Mapping[str, Callable[[Ask], None]]] = {"several": several, "same": same}


def request(case: str, opened: Open, arguments: Mapping[str, Any]) -> Request:
    """The request of one case: most make one call and read it, some make more."""

    def made(base: str) -> None:
        ask = opened(base, int(case == "retry"))
        if case in ROUNDS:
            ROUNDS[case](ask)
        else:
            read(case, ask(PROMPT, **arguments))

    return made


def requests(api: str, opened: Callable[[str], Open], arguments: Arguments) -> dict[tuple[str, str], Request]:
    """A request for each case in `arguments`; `opened` tells how, by case."""
    return {(api, case): request(case, opened(case), more) for case, more in arguments.items()}


def cannot(made: Requests, reasons: Mapping[str, Mapping[str, str]]) -> dict[tuple[str, str], str]:
    """The reasons by API and case, all cases told: an API's `...` holds for each that has no request and no reason of its own."""
    told = {}
    for api, by_case in reasons.items():
        for case in CASES:
            key = (api, case)
            if key not in made:
                told[key] = by_case[case] if case in by_case else by_case["..."]
            elif case in by_case:
                raise ValueError(f"{api} {case} has a request, and a reason for none")
    if strange := {api for api, _ in made} - set(reasons) or {case for _, case in made} - set(CASES):
        raise ValueError(f"no reasons, or no such case: {strange}")
    return told
