"""OpenAI's Responses API."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from tests.matrix.answers.answer import ARGUMENTS, CITY, CREATED, ID, PIECES, TEXT, TOOL, Answer, Json
from tests.matrix.answers.chat_completions import batch, failed, overloaded
from tests.matrix.answers.openai import MODEL, WRITING


def usage(given: int, made: int, *, cached: int = 0, written: int = 0, reasoning: int = 0) -> Json:
    """The input holds what was cached and written, the output what was thought."""
    details: Json = {"cached_tokens": cached, "cache_write_tokens": written}
    if written:
        details["cache_write_tokens_details"] = {"ttl_30m_tokens": written, "ttl_12h_tokens": 0}
    return {
        "input_tokens": given,
        "input_tokens_details": details,
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": given + made,
    }


def _message(text: str = TEXT) -> Json:
    content = [{"type": "output_text", "annotations": [], "logprobs": [], "text": text}]
    return {"id": f"msg_{ID}", "type": "message", "status": "completed", "role": "assistant", "content": content}


THOUGHT: Final[Json] = {"id": f"rs_{ID}", "type": "reasoning", "summary": []}
CALL: Final[Json] = {
    "id": f"fc_{ID}",
    "type": "function_call",
    "status": "completed",
    "arguments": json.dumps(ARGUMENTS),
    "call_id": f"call_{ID}",
    "name": TOOL,
}
FUNCTION: Final[Json] = {
    "type": "function",
    "name": TOOL,
    "description": "When the water is high.",
    "parameters": {"type": "object", "properties": {name: {"type": "string"} for name in ARGUMENTS}},
    "strict": False,
}
SCHEMA: Final[Json] = {
    "type": "json_schema",
    "name": "city",
    "description": None,
    "schema": {"type": "object", "properties": {"city": {"type": "string"}, "people": {"type": "integer"}}},
    "strict": False,
}


def _response(
    used: Json | None,
    model: str = MODEL,
    output: Sequence[Json] | None = None,
    *,
    tier: str = "default",
    status: str = "completed",
    tools: Sequence[Json] = (),
    shape: Json | None = None,
) -> Json:
    return {
        "id": f"resp_{ID}",
        "object": "response",
        "created_at": CREATED,
        "completed_at": CREATED + 2 if status == "completed" else None,
        "status": status,
        "background": False,
        "billing": {"payer": "developer"},
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "max_tool_calls": None,
        "model": model,
        "output": [_message()] if output is None else list(output),
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt_cache_key": None,
        "prompt_cache_retention": None,
        "reasoning": {"effort": "medium", "summary": None},
        "safety_identifier": None,
        "service_tier": tier,
        "store": True,
        "temperature": 1.0,
        "text": {"format": shape or {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": list(tools),
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": used,
        "user": None,
        "metadata": {},
    }


def _whole(used: Json, model: str = MODEL, output: Sequence[Json] | None = None, tier: str = "default") -> Answer:
    return Answer(body=_response(used, model, output, tier=tier))


def _stream(used: Json, model: str = MODEL, *, thinks: bool = False) -> Answer:
    message = _message()
    place = {"item_id": message["id"], "output_index": int(thinks), "content_index": 0}
    item = {"output_index": int(thinks)}
    begun = _response(None, model, (), tier="auto", status="in_progress")
    events: list[Json] = [
        {"type": "response.created", "response": begun},
        {"type": "response.in_progress", "response": begun},
    ]
    if thinks:
        events += [
            {"type": "response.output_item.added", "output_index": 0, "item": THOUGHT},
            {"type": "response.output_item.done", "output_index": 0, "item": THOUGHT},
        ]
    part = message["content"][0]
    events += [
        {"type": "response.output_item.added", **item, "item": {**message, "status": "in_progress", "content": []}},
        {"type": "response.content_part.added", **place, "part": {**part, "text": ""}},
        *({"type": "response.output_text.delta", **place, "delta": piece, "logprobs": []} for piece in PIECES),
        {"type": "response.output_text.done", **place, "text": TEXT, "logprobs": []},
        {"type": "response.content_part.done", **place, "part": part},
        {"type": "response.output_item.done", **item, "item": message},
        {"type": "response.completed", "response": _response(used, model, [*([THOUGHT] if thinks else ()), message])},
    ]
    return Answer(events=[{**event, "sequence_number": place} for place, event in enumerate(events)])


def _called(used: Json) -> Answer:
    return Answer(body=_response(used, MODEL, [CALL], tools=[FUNCTION]))


def _structured(used: Json) -> Answer:
    return Answer(body=_response(used, MODEL, [_message(CITY)], shape=SCHEMA))


BATCHED: Final = usage(20_593, 9_109, cached=1_579, reasoning=1_583)
RESPONSES: Final[Mapping[str, list[Answer]]] = {
    "plain": [_whole(usage(20_599, 1_597))],
    "stream": [_stream(usage(20_611, 1_601))],
    "stream_closed": [_stream(usage(20_627, 1_607))],
    "cache_read": [_whole(usage(20_639, 1_609, cached=1_613))],
    "cache_write": [_whole(usage(20_641, 1_619, written=1_621), WRITING)],
    "cache_stream": [_stream(usage(20_663, 1_627, cached=1_637, written=1_657), WRITING)],
    "reasoning": [_whole(usage(20_681, 9_127, reasoning=1_663), output=[THOUGHT, _message()])],
    "reasoning_stream": [_stream(usage(20_693, 9_133, reasoning=1_667), thinks=True)],
    "image": [_whole(usage(20_707, 1_669))],
    "tools": [_called(usage(20_717, 1_693))],
    "structured": [_structured(usage(20_719, 1_697))],
    "tier": [_whole(usage(20_731, 9_137, cached=1_699, reasoning=1_709), tier="priority")],
    "batch": batch("/v1/responses", BATCHED, MODEL, _response(BATCHED)),
    "error": [failed("Kettles cannot respond.", "invalid_request_error")],
    "async": [_whole(usage(20_743, 1_721))],
    "several": [
        _whole(usage(20_747, 1_723)),
        _whole(usage(20_749, 1_733, cached=1_741)),
        _whole(usage(20_753, 9_151, reasoning=1_747)),
    ],
    "same": [_whole(usage(20_759, 1_753))],
    "retry": [overloaded(), _whole(usage(20_771, 1_759))],
}
