"""The chat completions format, which OpenAI's and several other APIs answer in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from tests.matrix.answers.answer import ARGUMENTS, CREATED, ID, PIECES, RETRY_SOON, TEXT, TOOL, Answer, Json, jsonl

CALL: Final = {
    "id": f"call_{ID}",
    "type": "function",
    "function": {"name": TOOL, "arguments": json.dumps(ARGUMENTS)},
}


def completion(
    usage: Json,
    model: str,
    text: str | None = TEXT,
    *,
    message: Json | None = None,
    finish: str = "stop",
    **more: Any,  # noqa: ANN401 - JSON
) -> Answer:
    """A whole chat completion; `message` is what its message has besides, `more` what the top level has."""
    said = {"role": "assistant", "content": text, **(message or {})}
    body = {
        "id": f"chatcmpl-{ID}",
        "object": "chat.completion",
        "created": CREATED,
        "model": model,
        "choices": [{"index": 0, "message": said, "logprobs": None, "finish_reason": finish}],
        "usage": usage,
        **more,
    }
    return Answer(body=body)


def calling(usage: Json, model: str, *, message: Json | None = None, **more: Any) -> Answer:  # noqa: ANN401 - JSON
    """A chat completion that calls a tool."""
    return completion(usage, model, None, message={**(message or {}), "tool_calls": [CALL]}, finish="tool_calls", **more)


def deltas(pieces: Iterable[str] = PIECES, key: str = "content", role: Json | None = None) -> list[Json]:
    """What a stream's chunks add: the role, the pieces, nothing."""
    return [{"role": "assistant", "content": "", **(role or {})}, *({key: piece} for piece in pieces)]


def chunk(model: str, delta: Json | None, finish: str | None = None, **more: Any) -> Json:  # noqa: ANN401 - JSON
    """One event of a stream; without a delta it has no choice."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
    return {
        "id": f"chatcmpl-{ID}",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": model,
        "choices": choices,
        **more,
    }


def failed(message: str, kind: str, status: int = 400, code: str | None = None) -> Answer:
    return Answer(status, {"error": {"message": message, "type": kind, "param": None, "code": code}})


def overloaded() -> Answer:
    """What a client that retries gets first."""
    body = {"error": {"message": "The kettle boiled over; ask again.", "type": "server_error", "param": None, "code": None}}
    return Answer(500, body, headers=RETRY_SOON)


def batch(endpoint: str, usage: Json, model: str, done: Json) -> list[Answer]:
    """Upload, create, poll and download; `done` is the body of the one request's answer."""
    held = {
        "id": "batch_tarvik1",
        "object": "batch",
        "endpoint": endpoint,
        "model": model,
        "errors": None,
        "input_file_id": "file-tarvik-in",
        "completion_window": "24h",
        "status": "validating",
        "output_file_id": None,
        "error_file_id": None,
        "created_at": CREATED,
        "in_progress_at": None,
        "expires_at": CREATED + 86_400,
        "finalizing_at": None,
        "completed_at": None,
        "failed_at": None,
        "expired_at": None,
        "cancelling_at": None,
        "cancelled_at": None,
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "metadata": None,
    }
    completed = {
        **held,
        "status": "completed",
        "output_file_id": "file-tarvik-out",
        "in_progress_at": CREATED + 60,
        "finalizing_at": CREATED + 120,
        "completed_at": CREATED + 180,
        "request_counts": {"total": 1, "completed": 1, "failed": 0},
        "usage": usage,
    }
    uploaded = {
        "id": "file-tarvik-in",
        "object": "file",
        "bytes": 512,
        "created_at": CREATED,
        "expires_at": None,
        "filename": "requests.jsonl",
        "purpose": "batch",
        "status": "processed",
        "status_details": None,
    }
    line = {
        "id": f"batch_req_{ID}",
        "custom_id": "one",
        "response": {"status_code": 200, "request_id": f"req_{ID}", "body": done},
        "error": None,
    }
    return [
        Answer(body=uploaded, asked=r"^POST .*/files$"),
        jsonl(line, asked=r"^GET .*/files/.*/content$"),
        Answer(body=held, asked=r"^POST .*/batches$"),
        Answer(body=completed, asked=r"^GET .*/batches/"),
    ]
