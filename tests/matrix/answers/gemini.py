"""Google's Gemini API: generated content and embeddings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.matrix.answers.answer import ARGUMENTS, CITY, DAY, ID, PIECES, TEXT, THOUGHTS, TOOL, Answer, Json

MODEL: Final = "gemini-2.5-flash"
SIGNATURE: Final = "c3RlYW0="


def _modalities(**counts: int) -> list[Json]:
    return [{"modality": name.upper(), "tokenCount": count} for name, count in counts.items() if count]


def usage(
    prompt: int,
    made: int,
    *,
    cached: int = 0,
    thought: int = 0,
    heard: int = 0,
    seen: int = 0,
    tier: str = "standard",
) -> Json:
    """The prompt holds what was cached, heard and seen; what was thought stands beside the candidates."""
    held: Json = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": made,
        "totalTokenCount": prompt + made + thought,
        "promptTokensDetails": _modalities(text=prompt - heard - seen, audio=heard, image=seen),
        "serviceTier": tier,
    }
    if cached:
        held |= {"cachedContentTokenCount": cached, "cacheTokensDetails": _modalities(text=cached)}
    if thought:
        held["thoughtsTokenCount"] = thought
    return held


def _candidate(parts: Sequence[Json], finish: str | None = "STOP") -> Json:
    ended = {} if finish is None else {"finishReason": finish}
    return {"content": {"parts": list(parts), "role": "model"}, **ended, "index": 0}


THOUGHT: Final[Json] = {"text": "".join(THOUGHTS), "thought": True}
CALL: Final[Json] = {"functionCall": {"name": TOOL, "args": ARGUMENTS}, "thoughtSignature": SIGNATURE}


def _body(used: Json, parts: Sequence[Json], finish: str | None = "STOP") -> Json:
    return {"candidates": [_candidate(parts, finish)], "usageMetadata": used, "modelVersion": MODEL, "responseId": ID}


def _whole(used: Json, *parts: Json) -> Answer:
    return Answer(body=_body(used, parts or [{"text": TEXT}]), headers={"x-gemini-service-tier": used["serviceTier"]})


def _stream(steps: Sequence[int], prompt: int, made: int, **more: Any) -> Answer:  # noqa: ANN401 - counts and the tier
    """Every event tells the usage so far; `steps` is how much of the text there was at each before the last."""
    pieces: list[Json] = [{"text": piece} for piece in PIECES]
    if "thought" in more:
        pieces = [*({"text": piece, "thought": True} for piece in THOUGHTS), *pieces]
    counts = [*steps, made]
    if len(counts) != len(pieces):
        raise ValueError(f"{len(pieces) - 1} steps are needed")
    ends = [None] * len(steps) + ["STOP"]
    events = [_body(usage(prompt, count, **more), [piece], end) for piece, count, end in zip(pieces, counts, ends, strict=True)]
    return Answer(events=events, headers={"x-gemini-service-tier": "standard"})


def _failed(code: int, status: str, message: str) -> Answer:
    return Answer(code, {"error": {"code": code, "message": message, "status": status}})


def _batch(used: Json) -> list[Answer]:
    kind = "type.googleapis.com/google.ai.generativelanguage.v1main"
    name = "batches/tarvik1"
    made = {
        "@type": f"{kind}.GenerateContentBatch",
        "model": f"models/{MODEL}",
        "displayName": "kettles",
        "createTime": DAY,
        "updateTime": DAY,
        "batchStats": {"requestCount": "1", "pendingRequestCount": "1"},
        "state": "BATCH_STATE_PENDING",
        "name": name,
    }
    inlined = {"inlinedResponses": {"inlinedResponses": [{"response": _body(used, [{"text": TEXT}])}]}}
    ended = {
        **made,
        "endTime": "2026-11-22T00:03:00Z",
        "batchStats": {"requestCount": "1", "successfulRequestCount": "1"},
        "state": "BATCH_STATE_SUCCEEDED",
        "output": inlined,
    }
    response = {"@type": f"{kind}.GenerateContentBatchOutput", **inlined}
    return [
        Answer(body={"name": name, "metadata": made}, asked=r"^POST .*:batchGenerateContent$"),
        Answer(body={"name": name, "metadata": ended, "done": True, "response": response}, asked=r"^GET .*/batches/"),
    ]


def _vectors(prompt: int) -> Answer:
    used = {"promptTokenCount": prompt, "promptTokenDetails": _modalities(text=prompt)}
    return Answer(body={"embeddings": [{"values": [0.015625, -0.03125, 0.0625, 0.125]}], "usageMetadata": used})


GENERATE: Final[Mapping[str, list[Answer]]] = {
    "plain": [_whole(usage(21_317, 2_447))],
    "stream": [_stream((2_459, 2_467, 2_473, 2_477), 21_319, 9_377)],
    "stream_closed": [_stream((2_503, 2_521, 2_531, 2_539), 21_323, 9_391)],
    "cache_read": [_whole(usage(21_341, 2_543, cached=2_549))],
    "cache_stream": [_stream((2_551, 2_557, 2_579, 2_591), 21_347, 9_397, cached=2_593)],
    "reasoning": [_whole(usage(21_377, 2_609, thought=2_617), THOUGHT, {"text": TEXT})],
    "reasoning_stream": [_stream((2_621, 2_633, 2_647, 2_657, 2_659, 2_663, 2_671), 21_379, 9_403, thought=2_677)],
    "audio": [_whole(usage(21_383, 2_683, heard=2_687))],
    "image": [_whole(usage(21_391, 2_689, seen=2_693))],
    "tools": [_whole(usage(21_397, 2_699), CALL)],
    "structured": [_whole(usage(21_401, 2_707), {"text": CITY})],
    "tier": [_whole(usage(21_407, 2_711, cached=2_713, thought=2_719, tier="flex"))],
    "batch": _batch(usage(21_419, 2_729, tier="batch")),
    "error": [_failed(400, "INVALID_ARGUMENT", "A kettle is no content.")],
    "async": [_whole(usage(21_433, 2_731))],
    "several": [
        _whole(usage(21_467, 2_741)),
        _whole(usage(21_481, 2_749, cached=2_753)),
        _whole(usage(21_487, 2_767, thought=2_777)),
    ],
    "same": [_whole(usage(21_491, 2_789))],
    "retry": [_failed(500, "INTERNAL", "The kettle boiled over."), _whole(usage(21_493, 2_791))],
}
EMBED: Final[Mapping[str, list[Answer]]] = {
    "embeddings": [_vectors(21_499)],
    "error": [_failed(400, "INVALID_ARGUMENT", "A kettle has no vector.")],
    "async": [_vectors(21_503)],
}
