"""Mistral's chat completions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from tests.matrix.answers.answer import (
    ARGUMENTS,
    CITY,
    CREATED,
    ID,
    PIECES,
    RETRY_SOON,
    TEXT,
    THOUGHTS,
    TOOL,
    Answer,
    Json,
    jsonl,
)
from tests.matrix.answers.chat_completions import chunk, completion, deltas

MODEL: Final = "mistral-medium-2508"
THINKING: Final = "magistral-medium-2509"
HEARING: Final = "voxtral-small-2507"


def usage(
    prompt: int, made: int, *, cached: int = 0, heard: int = 0, seconds: int | None = None, tier: str | None = "standard"
) -> Json:
    """The prompt holds what was cached; what was heard stands beside it and is billed by the second."""
    return {
        "prompt_audio_seconds": seconds,
        "prompt_tokens": prompt,
        "total_tokens": prompt + made + heard,
        "completion_tokens": made,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": heard},
        "service_tier": tier,
    }


def _own(answer: Answer) -> Answer:
    """With an id as Mistral's are."""
    if answer.body is not None:
        return replace(answer, body={**answer.body, "id": ID})
    return replace(answer, events=[{**event, "id": ID} for event in answer.events or ()])


def _whole(used: Json, model: str = MODEL, text: Any = TEXT, **message: Any) -> Answer:  # noqa: ANN401 - text or parts of it
    finish = "tool_calls" if "tool_calls" in message else "stop"
    return _own(completion(used, model, text, message={"tool_calls": None, **message}, finish=finish))


def _stream(used: Json, model: str = MODEL, *, thinks: bool = False) -> Answer:
    """The last event has the last piece, the end and the usage."""
    pieces: list[Any] = list(PIECES)
    if thinks:
        pieces = [*([_thought(piece)] for piece in THOUGHTS), *pieces]
    held = deltas(pieces)
    events = [chunk(model, delta) for delta in held[:-1]]
    return _own(Answer(events=[*events, chunk(model, held[-1], "stop", usage=used)]))


def _thought(text: str) -> Json:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}


REASONED: Final = [_thought("".join(THOUGHTS)), {"type": "text", "text": TEXT}]
CALLS: Final = [{"id": "tarvik123", "function": {"name": TOOL, "arguments": json.dumps(ARGUMENTS)}, "index": 0}]


def _failed(status: int, kind: str, message: str) -> Answer:
    body = {"object": "error", "message": message, "type": kind, "param": None, "code": "1500"}
    return Answer(status, body, headers=RETRY_SOON if status >= 500 else {})


def _batch(used: Json) -> list[Answer]:
    uploaded = {
        "id": "6f1d4a52-7a0e-4c38-9f0c-2b7a1d9e5c41",
        "object": "file",
        "bytes": 512,
        "created_at": CREATED,
        "filename": "requests.jsonl",
        "purpose": "batch",
        "sample_type": "batch_request",
        "source": "upload",
        "num_lines": 1,
    }
    made = {
        "id": "0c6b0a0e-4a45-4a0c-8f67-95b0f4a4f6d2",
        "object": "batch",
        "input_files": [uploaded["id"]],
        "metadata": None,
        "endpoint": "/v1/chat/completions",
        "model": MODEL,
        "agent_id": None,
        "output_file": None,
        "error_file": None,
        "errors": [],
        "status": "QUEUED",
        "created_at": CREATED,
        "total_requests": 1,
        "completed_requests": 0,
        "succeeded_requests": 0,
        "failed_requests": 0,
        "started_at": None,
        "completed_at": None,
    }
    ended = {
        **made,
        "output_file": "b1b3a0f7-3f6a-4d9d-8d58-7f0a3c2e9b10",
        "status": "SUCCESS",
        "completed_requests": 1,
        "succeeded_requests": 1,
        "started_at": CREATED + 60,
        "completed_at": CREATED + 180,
    }
    line = {"id": f"batch-{ID}", "custom_id": "one", "response": {"status_code": 200, "body": _whole(used).body}, "error": None}
    return [
        Answer(body=uploaded, asked=r"^POST .*/files$"),
        jsonl(line, asked=r"^GET .*/files/.*/content$"),
        Answer(body=made, asked=r"^POST .*/batch/jobs$"),
        Answer(body=ended, asked=r"^GET .*/batch/jobs/"),
    ]


CHAT: Final[Mapping[str, list[Answer]]] = {
    "plain": [_whole(usage(21_517, 2_797))],
    "stream": [_stream(usage(21_521, 2_801))],
    "stream_closed": [_stream(usage(21_523, 2_803))],
    "cache_read": [_whole(usage(21_529, 2_819, cached=2_833))],
    "cache_stream": [_stream(usage(21_557, 2_837, cached=2_843))],
    "reasoning": [_whole(usage(21_559, 2_851), THINKING, REASONED)],
    "reasoning_stream": [_stream(usage(21_563, 2_857), THINKING, thinks=True)],
    "audio": [_whole(usage(21_569, 2_861, heard=2_879, seconds=2_887), HEARING)],
    "image": [_whole(usage(21_577, 2_897))],
    "tools": [_whole(usage(21_587, 2_903), text="", tool_calls=CALLS)],
    "structured": [_whole(usage(21_589, 2_909), text=CITY)],
    "tier": [_whole(usage(21_599, 2_917, cached=2_927, tier="priority"))],
    "batch": _batch(usage(21_601, 2_939, tier=None)),
    "error": [_failed(400, "invalid_request_error", "A kettle is no message.")],
    "async": [_whole(usage(21_611, 2_953))],
    "several": [_whole(usage(21_613, 2_957)), _whole(usage(21_617, 2_963, cached=2_969)), _whole(usage(21_647, 2_971))],
    "same": [_whole(usage(21_649, 2_999))],
    "retry": [_failed(500, "internal_server_error", "The kettle boiled over."), _whole(usage(21_661, 3_001))],
}
