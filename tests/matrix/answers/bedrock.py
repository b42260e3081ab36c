"""Amazon Bedrock: the converse API, and Claude's own body through invoke."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.matrix.answers import anthropic
from tests.matrix.answers.answer import ARGUMENTS, CITY, ID, PIECES, TEXT, THOUGHTS, TOOL, Answer, Json

SIGNATURE: Final = "c3RlYW0="
TIER: Final = "flex"


def usage(given: int, made: int, *, read: int = 0, written_5m: int = 0, written_1h: int = 0) -> Json:
    """What was read and written stands beside the input."""
    written = written_5m + written_1h
    lifetimes = [{"ttl": ttl, "inputTokens": count} for ttl, count in (("5m", written_5m), ("1h", written_1h)) if count]
    return {
        "inputTokens": given,
        "outputTokens": made,
        "totalTokens": given + made + read + written,
        "cacheReadInputTokens": read,
        "cacheReadInputTokenCount": read,
        "cacheWriteInputTokens": written,
        "cacheWriteInputTokenCount": written,
        **({"cacheDetails": lifetimes} if lifetimes else {}),
        "serverToolUsage": {},
    }


THOUGHT: Final[Json] = {"reasoningContent": {"reasoningText": {"text": "".join(THOUGHTS), "signature": SIGNATURE}}}
CALL: Final[Json] = {"toolUse": {"toolUseId": f"tooluse_{ID}", "name": TOOL, "input": ARGUMENTS}}


def _whole(used: Json, *content: Json, stop: str = "end_turn", tier: str | None = None) -> Answer:
    message = {"role": "assistant", "content": list(content) or [{"text": TEXT}]}
    body: Json = {"output": {"message": message}, "stopReason": stop, "usage": used, "metrics": {"latencyMs": 731}}
    if tier is not None:
        body["serviceTier"] = {"type": tier}
    return Answer(body=body)


def _stream(used: Json, *, thinks: bool = False) -> Answer:
    blocks: list[Sequence[Json]] = [[{"text": piece} for piece in PIECES]]
    if thinks:
        thoughts: list[Json] = [{"reasoningContent": {"text": piece}} for piece in THOUGHTS]
        blocks.insert(0, [*thoughts, {"reasoningContent": {"signature": SIGNATURE}}])
    events: list[Json] = [{"messageStart": {"role": "assistant", "p": "abcd"}}]
    for index, deltas in enumerate(blocks):
        place = {"contentBlockIndex": index, "p": "abcdefgh"}
        events += [{"contentBlockDelta": {**place, "delta": delta}} for delta in deltas]
        events.append({"contentBlockStop": place})
    events.append({"messageStop": {"stopReason": "end_turn", "p": "abc"}})
    events.append({"metadata": {"usage": used, "metrics": {"latencyMs": 731}, "p": "abcde"}})
    return Answer(events=events)


def _failed(status: int, kind: str, message: str) -> Answer:
    return Answer(status, {"message": message}, headers={"x-amzn-errortype": f"{kind}:http://internal.amazon.com/coral/"})


CONVERSE: Final[Mapping[str, list[Answer]]] = {
    "plain": [_whole(usage(20_773, 1_229))],
    "stream": [_stream(usage(20_789, 1_777))],
    "stream_closed": [_stream(usage(20_807, 1_783))],
    "cache_read": [_whole(usage(20_809, 1_787, read=1_789))],
    "cache_write_5m": [_whole(usage(20_849, 1_801, written_5m=1_811))],
    "cache_write_1h": [_whole(usage(20_857, 1_823, written_1h=1_831))],
    "cache_stream": [_stream(usage(20_873, 1_847, read=1_861, written_1h=1_867))],
    "reasoning": [_whole(usage(20_879, 1_871), THOUGHT, {"text": TEXT})],
    "reasoning_stream": [_stream(usage(20_887, 1_873), thinks=True)],
    "image": [_whole(usage(20_897, 1_877))],
    "tools": [_whole(usage(20_899, 1_879), CALL, stop="tool_use")],
    "structured": [_whole(usage(20_903, 1_889), {"text": CITY})],
    "tier": [_whole(usage(20_921, 1_901, read=1_907), tier=TIER)],
    "error": [_failed(400, "ValidationException", "The kettle is malformed.")],
    "several": [
        _whole(usage(20_929, 1_913)),
        _whole(usage(20_939, 1_931, read=1_933)),
        _whole(usage(20_947, 1_949, written_5m=1_951)),
    ],
    "same": [_whole(usage(20_959, 1_973))],
    "retry": [_failed(500, "InternalServerException", "The kettle boiled over."), _whole(usage(20_963, 1_979))],
}


# Claude's own body --------------------------------------------------------------------------------------------------------------
def _claude(given: int, made: int, **more: Any) -> Json:  # noqa: ANN401 - counts
    used = anthropic.usage(given, made, **more)
    return {name: count for name, count in used.items() if name not in {"inference_geo", "server_tool_use"}}


def _metrics(used: Json) -> Json:
    return {
        "inputTokenCount": used["input_tokens"],
        "outputTokenCount": used["output_tokens"],
        "invocationLatency": 731,
        "firstByteLatency": 211,
        "cacheReadInputTokenCount": used["cache_read_input_tokens"],
        "cacheWriteInputTokenCount": used["cache_creation_input_tokens"],
    }


def _message(used: Json, *content: Json, stop: str = "end_turn", tier: str | None = None) -> Answer:
    headers = {
        "x-amzn-bedrock-input-token-count": str(used["input_tokens"]),
        "x-amzn-bedrock-output-token-count": str(used["output_tokens"]),
        "x-amzn-bedrock-cache-read-input-token-count": str(used["cache_read_input_tokens"]),
        "x-amzn-bedrock-cache-write-input-token-count": str(used["cache_creation_input_tokens"]),
        "x-amzn-bedrock-invocation-latency": "731",
        **({"x-amzn-bedrock-service-tier": tier} if tier is not None else {}),
    }
    body = {**anthropic.message(used, content or None, stop=stop), "id": f"msg_bdrk_{ID}"}
    return Answer(body=body, headers=headers)


def _messages(begun: int, *counts: int, thinks: bool = False, **more: int) -> Answer:
    used = _claude(*counts, **more)
    events = anthropic.events(used, begun, thinks=thinks)
    started: dict[str, Any] = {**events[0], "message": {**events[0]["message"], "id": f"msg_bdrk_{ID}"}}
    held = [started, *(event for event in events[1:-1] if event["type"] != "ping")]
    return Answer(events=[*held, {**events[-1], "amazon-bedrock-invocationMetrics": _metrics(used)}])


INVOKE: Final[Mapping[str, list[Answer]]] = {
    "plain": [_message(_claude(20_981, 1_987))],
    "stream": [_messages(1_993, 20_983, 9_157)],
    "stream_closed": [_messages(1_997, 21_001, 9_161)],
    "cache_read": [_message(_claude(21_011, 1_999, read=2_003))],
    "cache_write_5m": [_message(_claude(21_013, 2_011, written_5m=2_017))],
    "cache_write_1h": [_message(_claude(21_017, 2_027, written_1h=2_029))],
    "cache_stream": [_messages(2_039, 21_019, 9_173, read=2_053, written_1h=2_063)],
    "reasoning": [_message(_claude(21_023, 9_181, thought=2_069), anthropic.THOUGHT, {"type": "text", "text": TEXT})],
    "reasoning_stream": [_messages(2_081, 21_031, 9_187, thought=2_083, thinks=True)],
    "image": [_message(_claude(21_059, 2_087))],
    "tools": [_message(_claude(21_061, 2_089), anthropic.CALL, stop="tool_use")],
    "structured": [_message(_claude(21_067, 2_099), {"type": "text", "text": CITY})],
    "tier": [_message(_claude(21_089, 2_111, read=2_113), tier=TIER)],
    "error": [_failed(400, "ValidationException", "messages: a kettle is no message")],
    "several": [
        _message(_claude(21_101, 2_129)),
        _message(_claude(21_107, 2_131, read=2_137)),
        _message(_claude(21_121, 2_141, written_5m=2_143)),
    ],
    "same": [_message(_claude(21_139, 2_153))],
    "retry": [_failed(500, "InternalServerException", "The kettle boiled over."), _message(_claude(21_143, 2_161))],
}
