"""Ollama's chat on the user's own machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.matrix.answers.answer import ARGUMENTS, CITY, DAY, PIECES, TEXT, THOUGHTS, TOOL, Answer, Json

MODEL: Final = "qwen3:8b"


def usage(prompt: int, made: int) -> Json:
    """What stands in the last event; what was thought is within what was made."""
    return {
        "done": True,
        "done_reason": "stop",
        "total_duration": 1_897_385_624,
        "load_duration": 8_631_208,
        "prompt_eval_count": prompt,
        "prompt_eval_duration": 313_560_000,
        "eval_count": made,
        "eval_duration": 1_577_990_000,
    }


def _event(message: Json, used: Json | None = None) -> Json:
    said = {"role": "assistant", "content": "", **message}
    return {"model": MODEL, "created_at": DAY, "message": said, **({"done": False} if used is None else used)}


def _whole(used: Json, text: str = TEXT, **message: object) -> Answer:
    return Answer(body=_event({"content": text, **message}, used))


def _stream(used: Json, *, thinks: bool = False) -> Answer:
    thoughts = [_event({"thinking": piece}) for piece in THOUGHTS] if thinks else []
    return Answer(events=[*thoughts, *(_event({"content": piece}) for piece in PIECES), _event({}, used)])


CALLS: Final = [{"function": {"name": TOOL, "arguments": ARGUMENTS}}]
CHAT: Final[Mapping[str, list[Answer]]] = {
    "plain": [_whole(usage(21_673, 3_011))],
    "stream": [_stream(usage(21_683, 3_019))],
    "stream_closed": [_stream(usage(21_701, 3_023))],
    "reasoning": [_whole(usage(21_713, 3_037), thinking="".join(THOUGHTS))],
    "reasoning_stream": [_stream(usage(21_727, 3_041), thinks=True)],
    "image": [_whole(usage(21_737, 3_049))],
    "tools": [_whole(usage(21_739, 3_061), "", tool_calls=CALLS)],
    "structured": [_whole(usage(21_751, 3_067), CITY)],
    "error": [Answer(400, {"error": "a kettle is no message"})],
    "async": [_whole(usage(21_757, 3_079))],
    "several": [_whole(usage(21_767, 3_083)), _whole(usage(21_773, 3_089)), _whole(usage(21_787, 3_109))],
    "same": [_whole(usage(21_799, 3_119))],
    "retry": [Answer(500, {"error": "the kettle boiled over"}), _whole(usage(21_803, 3_121))],
}
