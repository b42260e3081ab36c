"""Cohere's second chat API, and its embeddings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from tests.matrix.answers.answer import ARGUMENTS, CITY, ID, PIECES, TEXT, THOUGHTS, TOOL, Answer, Json

MODEL: Final = "command-a-03-2025"
THINKING: Final = "command-a-reasoning-08-2025"
SEEING: Final = "command-a-vision-07-2025"
EMBEDDING: Final = "embed-v4.0"


def usage(
    given: int, made: int, tokens: tuple[int, int], *, cached: int = 0, thought: int | None = None, seen: int | None = None
) -> Json:
    """What is billed, and what was processed, which is more; the cached and the thought are within the latter."""
    processed = {"input_tokens": tokens[0], "output_tokens": tokens[1]}
    if thought is not None:
        processed["reasoning_tokens"] = thought
    if seen is not None:
        processed["image_tokens"] = seen
    return {"billed_units": {"input_tokens": given, "output_tokens": made}, "tokens": processed, "cached_tokens": cached}


def _text(text: str = TEXT) -> Json:
    return {"type": "text", "text": text}


THOUGHT: Final[Json] = {"type": "thinking", "thinking": "".join(THOUGHTS)}
CALL: Final[Json] = {
    "id": f"{TOOL}_tarvik1",
    "type": "function",
    "function": {"name": TOOL, "arguments": json.dumps(ARGUMENTS)},
}


def _whole(used: Json, *content: Json) -> Answer:
    message = {"role": "assistant", "content": list(content) or [_text()]}
    return Answer(body={"id": ID, "message": message, "finish_reason": "COMPLETE", "usage": used})


def _called(used: Json) -> Answer:
    message = {"role": "assistant", "tool_plan": "I will look at the tides.", "tool_calls": [CALL]}
    return Answer(body={"id": ID, "message": message, "finish_reason": "TOOL_CALL", "usage": used})


def _stream(used: Json, *, thinks: bool = False) -> Answer:
    blocks: list[tuple[str, Sequence[str]]] = [("text", PIECES)]
    if thinks:
        blocks.insert(0, ("thinking", THOUGHTS))
    begun = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    events: list[Json] = [{"id": ID, "type": "message-start", "delta": {"message": begun}}]
    for index, (kind, pieces) in enumerate(blocks):
        start = {"message": {"content": {"type": kind, kind: ""}}}
        events.append({"type": "content-start", "index": index, "delta": start})
        deltas = [{"message": {"content": {kind: piece}}} for piece in pieces]
        events += [{"type": "content-delta", "index": index, "delta": delta} for delta in deltas]
        events.append({"type": "content-end", "index": index})
    return Answer(events=[*events, {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": used}}])


def _failed(status: int, message: str) -> Answer:
    return Answer(status, {"id": ID, "message": message})


def _vectors(given: int) -> Answer:
    body = {
        "id": ID,
        "texts": ["kettles"],
        "embeddings": {"float": [[0.015625, -0.03125, 0.0625, 0.125]]},
        "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": given, "image_tokens": 0}},
        "response_type": "embeddings_by_type",
    }
    return Answer(body=body)


CHAT: Final[Mapping[str, list[Answer]]] = {
    "plain": [_whole(usage(2_179, 2_203, (21_149, 9_199)))],
    "stream": [_stream(usage(2_207, 2_213, (21_157, 9_203)))],
    "stream_closed": [_stream(usage(2_221, 2_237, (21_163, 9_209)))],
    "cache_read": [_whole(usage(2_239, 2_243, (21_169, 9_221), cached=9_227))],
    "cache_stream": [_stream(usage(2_251, 2_267, (21_179, 9_239), cached=9_241))],
    "reasoning": [_whole(usage(2_269, 2_273, (21_187, 9_257), thought=2_281), THOUGHT, _text())],
    "reasoning_stream": [_stream(usage(2_287, 2_293, (21_191, 9_277), thought=2_297), thinks=True)],
    "image": [_whole(usage(9_281, 2_309, (21_193, 9_283), seen=2_311))],
    "tools": [_called(usage(2_333, 2_339, (21_211, 9_293)))],
    "structured": [_whole(usage(2_341, 2_347, (21_221, 9_311)), _text(CITY))],
    "error": [_failed(400, "invalid request: a kettle is no message")],
    "async": [_whole(usage(2_351, 2_357, (21_227, 9_319)))],
    "several": [
        _whole(usage(2_371, 2_377, (21_247, 9_323))),
        _whole(usage(2_381, 2_383, (21_269, 9_337), cached=9_341)),
        _whole(usage(2_389, 2_393, (21_277, 9_343))),
    ],
    "same": [_whole(usage(2_399, 2_411, (21_283, 9_349)))],
    "retry": [_failed(500, "the kettle boiled over"), _whole(usage(2_417, 2_423, (21_313, 9_371)))],
}
EMBED: Final[Mapping[str, list[Answer]]] = {
    "embeddings": [_vectors(2_437)],
    "error": [_failed(400, "invalid request: a kettle has no vector")],
    "async": [_vectors(2_441)],
}
