"""Anthropic's messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from tests.matrix.answers.answer import (
    ARGUMENTS,
    BASE,
    CITY,
    DAY,
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

MODEL: Final = "claude-sonnet-4-5-20250929"
SIGNATURE: Final = "c3RlYW0="


def usage(
    given: int,
    made: int,
    *,
    read: int = 0,
    written_5m: int = 0,
    written_1h: int = 0,
    thought: int = 0,
    tier: str = "standard",
) -> Json:
    """What was read and written stands beside the input, what was thought within the output."""
    return {
        "input_tokens": given,
        "cache_creation_input_tokens": written_5m + written_1h,
        "cache_read_input_tokens": read,
        "cache_creation": {"ephemeral_5m_input_tokens": written_5m, "ephemeral_1h_input_tokens": written_1h},
        "output_tokens": made,
        "output_tokens_details": {"thinking_tokens": thought},
        "service_tier": tier,
        "inference_geo": "not_available",
        "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
    }


def _text(text: str = TEXT) -> Json:
    return {"type": "text", "text": text}


THOUGHT: Final[Json] = {"type": "thinking", "thinking": "".join(THOUGHTS), "signature": SIGNATURE}
CALL: Final[Json] = {"type": "tool_use", "id": f"toolu_{ID}", "name": TOOL, "input": ARGUMENTS}


def message(used: Json, content: Sequence[Json] | None = None, model: str = MODEL, stop: str | None = "end_turn") -> Json:
    """A message as Anthropic and Bedrock have it."""
    return {
        "model": model,
        "id": f"msg_{ID}",
        "type": "message",
        "role": "assistant",
        "content": [_text()] if content is None else list(content),
        "stop_reason": stop,
        "stop_sequence": None,
        "stop_details": None,
        "usage": used,
    }


def events(used: Json, begun: int, model: str = MODEL, *, thinks: bool = False) -> list[Json]:
    """A stream: the first event tells the prompt's counts and what output was begun, the last but one revises them."""
    first = {name: count for name, count in used.items() if name not in {"output_tokens_details", "server_tool_use"}}
    told = (
        "input_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "output_tokens",
        "output_tokens_details",
        "server_tool_use",
    )
    last = {name: used[name] for name in told if name in used}
    blocks: list[tuple[Json, list[Json]]] = [(_text(""), [{"type": "text_delta", "text": piece} for piece in PIECES])]
    if thinks:
        thoughts = [{"type": "thinking_delta", "thinking": piece} for piece in THOUGHTS]
        start = {"type": "thinking", "thinking": "", "signature": ""}
        blocks.insert(0, (start, [*thoughts, {"type": "signature_delta", "signature": SIGNATURE}]))
    held: list[Json] = [{"type": "message_start", "message": message({**first, "output_tokens": begun}, (), model, None)}]
    for index, (start, pieces) in enumerate(blocks):
        held.append({"type": "content_block_start", "index": index, "content_block": start})
        if not index:
            held.append({"type": "ping"})
        held += [{"type": "content_block_delta", "index": index, "delta": piece} for piece in pieces]
        held.append({"type": "content_block_stop", "index": index})
    ended = {"stop_reason": "end_turn", "stop_sequence": None, "stop_details": None}
    return [*held, {"type": "message_delta", "delta": ended, "usage": last}, {"type": "message_stop"}]


def _whole(used: Json, *content: Json, stop: str = "end_turn") -> Answer:
    return Answer(body=message(used, content or None, stop=stop))


def _stream(used: Json, begun: int, *, thinks: bool = False) -> Answer:
    return Answer(events=events(used, begun, thinks=thinks))


def _failed(status: int, kind: str, text: str) -> Answer:
    body = {"type": "error", "error": {"type": kind, "message": text}, "request_id": f"req_{ID}"}
    return Answer(status, body, headers=RETRY_SOON if status >= 500 else {})


def _batch(used: Json) -> list[Answer]:
    made: Json = {
        "id": "msgbatch_tarvik1",
        "type": "message_batch",
        "processing_status": "in_progress",
        "request_counts": {"processing": 1, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0},
        "ended_at": None,
        "created_at": DAY,
        "expires_at": "2026-11-23T00:00:00Z",
        "archived_at": None,
        "cancel_initiated_at": None,
        "results_url": None,
    }
    ended = {
        **made,
        "processing_status": "ended",
        "request_counts": {**made["request_counts"], "processing": 0, "succeeded": 1},
        "ended_at": "2026-11-22T00:03:00Z",
        "results_url": f"{BASE}/v1/messages/batches/msgbatch_tarvik1/results",
    }
    line = {"custom_id": "one", "result": {"type": "succeeded", "message": message(used)}}
    return [
        Answer(body=made, asked=r"^POST .*/messages/batches"),
        jsonl(line, asked=r"^GET .*/results"),
        Answer(body=ended, asked=r"^GET .*/messages/batches/"),
    ]


MESSAGES: Final[Mapping[str, list[Answer]]] = {
    "plain": [_whole(usage(20_011, 1_009))],
    "stream": [_stream(usage(20_021, 9_001), 1_013)],
    "stream_closed": [_stream(usage(20_023, 9_007), 1_019)],
    "cache_read": [_whole(usage(20_029, 1_021, read=1_031))],
    "cache_write_5m": [_whole(usage(20_047, 1_033, written_5m=1_039))],
    "cache_write_1h": [_whole(usage(20_051, 1_049, written_1h=1_051))],
    "cache_stream": [_stream(usage(20_063, 9_011, read=1_061, written_1h=1_063), 1_069)],
    "reasoning": [_whole(usage(20_071, 9_013, thought=1_087), THOUGHT, _text())],
    "reasoning_stream": [_stream(usage(20_089, 9_029, thought=1_091), 1_093, thinks=True)],
    "image": [_whole(usage(20_101, 1_097))],
    "tools": [_whole(usage(20_107, 1_103), CALL, stop="tool_use")],
    "structured": [_whole(usage(20_113, 1_109), _text(CITY))],
    "tier": [_whole(usage(20_117, 1_117, read=1_123, tier="priority"))],
    "batch": _batch(usage(20_123, 1_129, read=1_151, tier="batch")),
    "error": [_failed(400, "invalid_request_error", "messages: a kettle is no message")],
    "async": [_whole(usage(20_129, 1_153))],
    "several": [
        _whole(usage(20_143, 1_163)),
        _whole(usage(20_147, 1_171, read=1_181)),
        _whole(usage(20_149, 1_187, written_5m=1_193)),
    ],
    "same": [_whole(usage(20_161, 1_201))],
    "retry": [_failed(500, "api_error", "The kettle boiled over."), _whole(usage(20_173, 1_213))],
}
