"""OpenAI's chat completions and embeddings, and Azure's chat completions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.matrix.answers.answer import CITY, PIECES, Answer, Json
from tests.matrix.answers.chat_completions import batch, calling, chunk, completion, deltas, failed, overloaded

MODEL: Final = "gpt-5.4-2026-03-05"
WRITING: Final = "gpt-5.6-sol"
"""Of the models that bill for writing into the cache."""
SPEAKING: Final = "gpt-audio-2025-08-28"
EMBEDDING: Final = "text-embedding-3-large"
AZURE: Final = "gpt-4.1-2025-04-14"
FILTERED: Final = {kind: {"filtered": False, "severity": "safe"} for kind in ("hate", "self_harm", "sexual", "violence")}


def usage(
    prompt: int,
    completion: int,
    *,
    cached: int = 0,
    written: int | None = None,
    reasoning: int = 0,
    heard: int = 0,
    spoken: int = 0,
) -> Json:
    """The prompt holds what was cached, written and heard; the completion what was thought and spoken."""
    taken = {"cached_tokens": cached, "audio_tokens": heard}
    if written is not None:
        taken["cache_write_tokens"] = written
    if heard:
        taken |= {"text_tokens": prompt - heard, "image_tokens": 0}
    given = {
        "reasoning_tokens": reasoning,
        "audio_tokens": spoken,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    }
    if spoken:
        given["text_tokens"] = completion - spoken
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": taken,
        "completion_tokens_details": given,
    }


def _chat(used: Json, model: str = MODEL, tier: str = "default", **more: Any) -> Answer:  # noqa: ANN401 - JSON
    message = {"refusal": None, "annotations": [], **more.pop("message", {})}
    return completion(used, model, message=message, service_tier=tier, system_fingerprint=None, **more)


def _stream(used: Json | None, model: str = MODEL, pieces: Sequence[str] = PIECES) -> Answer:
    more: Json = {"service_tier": "default", "system_fingerprint": None, "obfuscation": "qV3tLw"}
    asked = {} if used is None else {"usage": None}
    events = [chunk(model, delta, **more, **asked) for delta in deltas(pieces, role={"refusal": None})]
    events.append(chunk(model, {}, "stop", **more, **asked))
    if used is not None:
        events.append(chunk(model, None, **more, usage=used))
    return Answer(events=events)


def _azure(used: Json, tier: str = "default", **more: Any) -> Answer:  # noqa: ANN401 - JSON
    answer = _chat(used, AZURE, tier, **more)
    body = answer.body or {}
    choices = [{**choice, "content_filter_results": FILTERED} for choice in body["choices"]]
    body |= {"choices": choices, "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": FILTERED}]}
    return answer


def _azure_stream(used: Json | None) -> Answer:
    first = {
        **chunk("", None),
        "id": "",
        "object": "",
        "created": 0,
        "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": FILTERED}],
    }
    return Answer(events=[first, *(_stream(used, AZURE).events or ())])


def _azure_tool(used: Json) -> Answer:
    return calling(used, AZURE, message={"refusal": None, "annotations": []}, service_tier="default", system_fingerprint=None)


def _vectors(prompt: int) -> Answer:
    data = [{"object": "embedding", "index": 0, "embedding": [0.015625, -0.03125, 0.0625, 0.125]}]
    used = {"prompt_tokens": prompt, "total_tokens": prompt}
    return Answer(body={"object": "list", "data": data, "model": EMBEDDING, "usage": used})


SPOKEN: Final = {
    "content": None,
    "audio": {"id": "audio_tarvik", "expires_at": 1_795_309_200, "data": "UklGRgAAAAA=", "transcript": "Good morning."},
}
BATCHED: Final = usage(20_177, 9_413, cached=1_217, reasoning=1_223)
CHAT: Final[Mapping[str, list[Answer]]] = {
    "plain": [_chat(usage(20_183, 1_231))],
    "stream": [_stream(usage(20_201, 1_237))],
    "stream_closed": [_stream(usage(20_219, 1_249))],
    "stream_no_usage": [_stream(None)],
    "cache_read": [_chat(usage(20_231, 1_259, cached=1_277))],
    "cache_write": [_chat(usage(20_233, 1_279, written=1_283), WRITING)],
    "cache_stream": [_stream(usage(20_249, 1_289, cached=1_291, written=1_297), WRITING)],
    "reasoning": [_chat(usage(20_261, 9_041, reasoning=1_301))],
    "reasoning_stream": [_stream(usage(20_269, 9_043, reasoning=1_303))],
    "audio": [_chat(usage(20_287, 9_049, heard=1_307, spoken=1_319), SPEAKING, message=SPOKEN)],
    "image": [_chat(usage(20_297, 1_321))],
    "tools": [calling(usage(20_323, 1_327), MODEL, message={"refusal": None, "annotations": []}, service_tier="default")],
    "structured": [_chat(usage(20_327, 1_361), text=CITY)],
    "tier": [_chat(usage(20_333, 9_059, cached=1_367, reasoning=1_373), tier="flex")],
    "batch": batch("/v1/chat/completions", BATCHED, MODEL, _chat(BATCHED).body or {}),
    "error": [failed("Kettles cannot be counted here.", "invalid_request_error")],
    "async": [_chat(usage(20_341, 1_381))],
    "several": [
        _chat(usage(20_347, 1_399)),
        _chat(usage(20_353, 1_409, cached=1_423)),
        _chat(usage(20_357, 9_067, reasoning=1_427)),
    ],
    "same": [_chat(usage(20_359, 1_429))],
    "retry": [overloaded(), _chat(usage(20_369, 1_433))],
}
EMBEDDINGS: Final[Mapping[str, list[Answer]]] = {
    "embeddings": [_vectors(20_389)],
    "error": [failed("Kettles have no vector here.", "invalid_request_error")],
    "async": [_vectors(20_393)],
}
AZURE_BATCHED: Final = usage(20_399, 1_439, cached=1_447)
AZURE_CHAT: Final[Mapping[str, list[Answer]]] = {
    "plain": [_azure(usage(20_407, 1_451))],
    "stream": [_azure_stream(usage(20_411, 1_453))],
    "stream_closed": [_azure_stream(usage(20_431, 1_459))],
    "stream_no_usage": [_azure_stream(None)],
    "cache_read": [_azure(usage(20_441, 1_471, cached=1_481))],
    "reasoning": [_azure(usage(20_443, 9_091, reasoning=1_483))],
    "reasoning_stream": [_azure_stream(usage(20_477, 9_103, reasoning=1_487))],
    "image": [_azure(usage(20_479, 1_489))],
    "tools": [_azure_tool(usage(20_483, 1_493))],
    "structured": [_azure(usage(20_507, 1_499), text=CITY)],
    "tier": [_azure(usage(20_509, 1_511, cached=1_523), tier="priority")],
    "batch": batch("/chat/completions", AZURE_BATCHED, AZURE, _azure(AZURE_BATCHED).body or {}),
    "error": [failed("No such kettle.", "invalid_request_error", code="BadRequest")],
    "async": [_azure(usage(20_521, 1_531))],
    "several": [_azure(usage(20_533, 1_543)), _azure(usage(20_543, 1_549, cached=1_553)), _azure(usage(20_549, 1_559))],
    "same": [_azure(usage(20_551, 1_567))],
    "retry": [overloaded(), _azure(usage(20_563, 1_571))],
}
