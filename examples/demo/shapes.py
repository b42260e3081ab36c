"""The shape of the providers' answers: OpenAI chat completions, responses and embeddings, Anthropic messages; JSON and events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
CREATED = 1_790_000_000
"""Some instant: no client looks at it."""


def chat(reply_id: str, model: str, usage: Json, *, text: str | None = None, tool_calls: list[Json] | None = None) -> Json:
    """An OpenAI chat completion."""
    message: Json = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
    if tool_calls:
        message["tool_calls"] = tool_calls
    return {
        "id": reply_id,
        "object": "chat.completion",
        "created": CREATED,
        "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls" if tool_calls else "stop"}],
        "usage": usage,
        "service_tier": "default",
        "system_fingerprint": "fp_demo",
    }


def chat_usage(prompt: int, completion: int, *, cached: int = 0, reasoning: int = 0) -> Json:
    """OpenAI counts cached tokens inside the prompt and reasoning inside the completion."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def chat_events(body: Json) -> Iterator[Json]:
    """The same completion as a stream with `include_usage`: the last chunk has the usage and no choice."""
    head = {key: body[key] for key in ("id", "created", "model", "service_tier", "system_fingerprint")}
    head["object"] = "chat.completion.chunk"

    def chunk(delta: Json, finish: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**head, "choices": [choice], "usage": None}

    yield chunk({"role": "assistant", "content": "", "refusal": None})
    for word in _words(body["choices"][0]["message"]["content"]):
        yield chunk({"content": word})
    yield chunk({}, "stop")
    yield {**head, "choices": [], "usage": body["usage"]}


def response(reply_id: str, model: str, usage: Json, *, text: str) -> Json:
    """An OpenAI response of a reasoning model."""
    content = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {
        "id": reply_id,
        "object": "response",
        "created_at": CREATED,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": model,
        "output": [
            {"id": f"rs_{reply_id}", "type": "reasoning", "summary": []},
            {"id": f"msg_{reply_id}", "type": "message", "role": "assistant", "status": "completed", "content": [content]},
        ],
        "parallel_tool_calls": True,
        "reasoning": {"effort": "low", "summary": None},
        "service_tier": "default",
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "metadata": {},
        "usage": usage,
    }


def response_usage(prompt: int, output: int, *, reasoning: int) -> Json:
    """The responses API's names for the same counts."""
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": prompt + output,
    }


def embeddings(model: str, tokens: int, vectors: list[list[float]]) -> Json:
    """OpenAI embeddings: the one answer that has no id."""
    return {
        "object": "list",
        "data": [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)],
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def message(reply_id: str, model: str, usage: Json, *, text: str) -> Json:
    """An Anthropic message."""
    return {
        "id": reply_id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": usage,
    }


def message_usage(uncached: int, output: int, *, read: int = 0, write_5m: int = 0, write_1h: int = 0) -> Json:
    """Anthropic counts cached tokens beside the input."""
    return {
        "input_tokens": uncached,
        "cache_creation_input_tokens": write_5m + write_1h,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": write_5m, "ephemeral_1h_input_tokens": write_1h},
        "output_tokens": output,
        "service_tier": "standard",
    }


def message_events(body: Json) -> Iterator[Json]:
    """The same message as a stream: it starts with one token of output, and its `message_delta` has the final count."""
    usage = body["usage"]
    started = {**body, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    yield {"type": "message_start", "message": started}
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    yield {"type": "ping"}
    for word in _words(body["content"][0]["text"]):
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}}
    yield {"type": "content_block_stop", "index": 0}
    final = {key: usage[key] for key in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")}
    yield {"type": "message_delta", "delta": {"stop_reason": body["stop_reason"], "stop_sequence": None}, "usage": final}
    yield {"type": "message_stop"}


def openai_error(text: str, *, param: str, code: str) -> Json:
    """How OpenAI says that a request is wrong."""
    return {"error": {"message": text, "type": "invalid_request_error", "param": param, "code": code}}


def anthropic_error(text: str) -> Json:
    """How Anthropic says it."""
    return {"type": "error", "error": {"type": "invalid_request_error", "message": text}, "request_id": "req_demo"}


def server_sent(path: str, body: Json) -> bytes:
    """A body as the event stream of its API."""
    if path == "/v1/messages":
        return b"".join(_event(data, data["type"]) for data in message_events(body))
    return b"".join(map(_event, chat_events(body))) + b"data: [DONE]\n\n"


def _event(data: Mapping[str, Any], name: str | None = None) -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data)}\n\n".encode()


def _words(text: str) -> Iterable[str]:
    words = text.split(" ")
    return [words[0], *(f" {word}" for word in words[1:])]
