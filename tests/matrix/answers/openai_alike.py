"""Groq, DeepSeek and OpenRouter, which answer as OpenAI does, each with counts of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from tests.matrix.answers.answer import CITY, ID, PIECES, THOUGHTS, Answer, Json
from tests.matrix.answers.chat_completions import batch, calling, chunk, completion, deltas, failed, overloaded

GROQ: Final = "openai/gpt-oss-120b"
GROQ_SEEING: Final = "meta-llama/llama-4-scout-17b-16e-instruct"
DEEPSEEK: Final = "deepseek-v4-flash"
OPENROUTER: Final = "anthropic/claude-4.6-sonnet-20260217"


# Groq ---------------------------------------------------------------------------------------------------------------------------
def _groq_usage(prompt: int, made: int, *, cached: int = 0, thought: int = 0) -> Json:
    held: Json = {
        "queue_time": 0.171,
        "prompt_tokens": prompt,
        "prompt_time": 0.013,
        "completion_tokens": made,
        "completion_time": 0.139,
        "total_tokens": prompt + made,
        "total_time": 0.152,
    }
    if cached:
        held["prompt_tokens_details"] = {"cached_tokens": cached}
    if thought:
        held["completion_tokens_details"] = {"reasoning_tokens": thought}
    return held


GROQ_MORE: Final[Json] = {"system_fingerprint": "fp_tarvik", "usage_breakdown": None, "x_groq": {"id": f"req_{ID}", "seed": 7}}


def _groq(used: Json, model: str = GROQ, tier: str = "on_demand", **more: Any) -> Answer:  # noqa: ANN401 - JSON
    return completion(used, model, service_tier=tier, **GROQ_MORE, **more)


def _groq_stream(used: Json, *, thinks: bool = False) -> Answer:
    """The last event tells the usage twice, asked for or not."""
    head, *rest = deltas()
    thoughts = [{"reasoning": piece, "channel": "analysis"} for piece in THOUGHTS] if thinks else []
    named = {"system_fingerprint": "fp_tarvik"}
    request = {"id": f"req_{ID}"}
    events = [chunk(GROQ, head, **named, x_groq={**request, "seed": 7})]
    events += [chunk(GROQ, delta, **named) for delta in (*thoughts, *rest)]
    events.append(chunk(GROQ, {}, "stop", **named, x_groq={**request, "usage": used}, usage=used))
    return Answer(events=events)


GROQ_BATCHED: Final = _groq_usage(21_817, 3_137)
GROQ_CHAT: Final[Mapping[str, list[Answer]]] = {
    "plain": [_groq(_groq_usage(21_821, 3_163))],
    "stream": [_groq_stream(_groq_usage(21_839, 3_167))],
    "stream_closed": [_groq_stream(_groq_usage(21_841, 3_169))],
    "cache_read": [_groq(_groq_usage(21_851, 3_181, cached=3_187))],
    "reasoning": [_groq(_groq_usage(21_859, 9_419, thought=3_191), message={"reasoning": "".join(THOUGHTS)})],
    "reasoning_stream": [_groq_stream(_groq_usage(21_863, 9_421, thought=3_203), thinks=True)],
    "image": [_groq(_groq_usage(21_871, 3_209), GROQ_SEEING)],
    "tools": [calling(_groq_usage(21_881, 3_217), GROQ, service_tier="on_demand", **GROQ_MORE)],
    "structured": [_groq(_groq_usage(21_893, 3_221), text=CITY)],
    "tier": [_groq(_groq_usage(21_911, 9_431, cached=3_229, thought=3_251), tier="flex")],
    "batch": batch("/v1/chat/completions", GROQ_BATCHED, GROQ, _groq(GROQ_BATCHED).body or {}),
    "error": [failed("A kettle is no message.", "invalid_request_error")],
    "async": [_groq(_groq_usage(21_929, 3_253))],
    "several": [
        _groq(_groq_usage(21_937, 3_257)),
        _groq(_groq_usage(21_943, 3_259, cached=3_271)),
        _groq(_groq_usage(21_961, 9_433, thought=3_299)),
    ],
    "same": [_groq(_groq_usage(21_977, 3_301))],
    "retry": [overloaded(), _groq(_groq_usage(21_991, 3_307))],
}


# DeepSeek -----------------------------------------------------------------------------------------------------------------------
def _deepseek_usage(prompt: int, made: int, *, cached: int = 0, thought: int | None = None) -> Json:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": made,
        "total_tokens": prompt + made,
        "prompt_tokens_details": {"cached_tokens": cached},
        **({} if thought is None else {"completion_tokens_details": {"reasoning_tokens": thought}}),
        "prompt_cache_hit_tokens": cached,
        "prompt_cache_miss_tokens": prompt - cached,
    }


def _own(answer: Answer, identity: str = ID) -> Answer:
    if answer.body is not None:
        return replace(answer, body={**answer.body, "id": identity})
    return replace(answer, events=[{**event, "id": identity} for event in answer.events or ()])


def _deepseek(used: Json, **more: Any) -> Answer:  # noqa: ANN401 - JSON
    return _own(completion(used, DEEPSEEK, system_fingerprint="fp_tarvik", **more))


def _deepseek_stream(used: Json, *, thinks: bool = False, asked: bool = True) -> Answer:
    """The last event has the end and the usage, which is told to those who did not ask, too."""
    held = deltas()
    if thinks:
        thoughts: Sequence[Json] = [{"content": None, "reasoning_content": piece} for piece in THOUGHTS]
        held = [{**held[0], "reasoning_content": ""}, *thoughts, *({**delta, "reasoning_content": None} for delta in held[1:])]
    named = {"system_fingerprint": "fp_tarvik"}
    untold = {"usage": None} if asked else {}
    events = [chunk(DEEPSEEK, delta, **named, **untold) for delta in held]
    return _own(Answer(events=[*events, chunk(DEEPSEEK, {"content": ""}, "stop", **named, usage=used)]))


DEEPSEEK_CHAT: Final[Mapping[str, list[Answer]]] = {
    "plain": [_deepseek(_deepseek_usage(21_997, 3_313))],
    "stream": [_deepseek_stream(_deepseek_usage(22_003, 3_319))],
    "stream_closed": [_deepseek_stream(_deepseek_usage(22_013, 3_323))],
    "stream_no_usage": [_deepseek_stream(_deepseek_usage(22_277, 3_607), asked=False)],
    "cache_read": [_deepseek(_deepseek_usage(22_027, 3_329, cached=3_331))],
    "reasoning": [_deepseek(_deepseek_usage(22_031, 9_437, thought=3_343), message={"reasoning_content": "".join(THOUGHTS)})],
    "reasoning_stream": [_deepseek_stream(_deepseek_usage(22_037, 9_439, thought=3_347), thinks=True)],
    "tools": [_own(calling(_deepseek_usage(22_039, 3_359), DEEPSEEK, system_fingerprint="fp_tarvik"))],
    "structured": [_deepseek(_deepseek_usage(22_051, 3_361), text=CITY)],
    "error": [failed("A kettle is no message.", "invalid_request_error", code="invalid_request_error")],
    "async": [_deepseek(_deepseek_usage(22_063, 3_371))],
    "several": [
        _deepseek(_deepseek_usage(22_067, 3_373)),
        _deepseek(_deepseek_usage(22_073, 3_389, cached=3_391)),
        _deepseek(_deepseek_usage(22_079, 9_461, thought=3_407)),
    ],
    "same": [_deepseek(_deepseek_usage(22_091, 3_413))],
    "retry": [overloaded(), _deepseek(_deepseek_usage(22_093, 3_433))],
}


# OpenRouter ---------------------------------------------------------------------------------------------------------------------
def _openrouter_usage(cost: float, prompt: int, made: int, *, cached: int = 0, written: int = 0, thought: int = 0) -> Json:
    """With what the call cost, which is the bill."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": made,
        "total_tokens": prompt + made,
        "cost": cost,
        "is_byok": False,
        "prompt_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written, "audio_tokens": 0, "video_tokens": 0},
        "cost_details": {
            "upstream_inference_cost": cost,
            "upstream_inference_prompt_cost": round(cost / 4, 9),
            "upstream_inference_completions_cost": round(cost * 3 / 4, 9),
        },
        "completion_tokens_details": {"reasoning_tokens": thought, "image_tokens": 0, "audio_tokens": 0},
    }


GENERATION: Final = f"gen-1795305600-{ID}"
ROUTED: Final[Json] = {"provider": "Anthropic", "service_tier": None, "system_fingerprint": None}


def _openrouter(used: Json, **more: Any) -> Answer:  # noqa: ANN401 - JSON
    message = {"refusal": None, "reasoning": None, **more.pop("message", {})}
    return _own(completion(used, OPENROUTER, message=message, **ROUTED, **more), GENERATION)


def _openrouter_stream(used: Json, *, thinks: bool = False) -> Answer:
    """The event after the end repeats the end and has the usage."""
    held: list[Json] = [{"role": "assistant", "content": piece} for piece in PIECES]
    if thinks:
        held = [*({"role": "assistant", "content": "", "reasoning": piece} for piece in THOUGHTS), *held]
    events = [chunk(OPENROUTER, delta, provider="Anthropic") for delta in held]
    end = chunk(OPENROUTER, {"role": "assistant", "content": ""}, "stop", provider="Anthropic")
    return _own(Answer(events=[*events, end, {**end, "usage": used}]), GENERATION)


OPENROUTER_CHAT: Final[Mapping[str, list[Answer]]] = {
    "plain": [_openrouter(_openrouter_usage(0.0210407, 22_109, 3_449))],
    "stream": [_openrouter_stream(_openrouter_usage(0.0211420, 22_111, 3_457))],
    "stream_closed": [_openrouter_stream(_openrouter_usage(0.0212433, 22_123, 3_461))],
    "cache_read": [_openrouter(_openrouter_usage(0.0213446, 22_129, 3_463, cached=3_467))],
    "cache_write": [_openrouter(_openrouter_usage(0.0214459, 22_133, 3_469, written=3_491))],
    "cache_stream": [_openrouter_stream(_openrouter_usage(0.0215472, 22_147, 3_499, cached=3_511, written=3_517))],
    "reasoning": [
        _openrouter(_openrouter_usage(0.0216485, 22_153, 9_463, thought=3_527), message={"reasoning": "".join(THOUGHTS)})
    ],
    "reasoning_stream": [_openrouter_stream(_openrouter_usage(0.0217498, 22_157, 9_467, thought=3_529), thinks=True)],
    "image": [_openrouter(_openrouter_usage(0.0218511, 22_159, 3_533))],
    "tools": [
        _own(calling(_openrouter_usage(0.0219524, 22_171, 3_539), OPENROUTER, message={"refusal": None}, **ROUTED), GENERATION)
    ],
    "structured": [_openrouter(_openrouter_usage(0.0220537, 22_189, 3_541), text=CITY)],
    "error": [Answer(400, {"error": {"message": "A kettle is no message.", "code": 400}, "user_id": "user_tarvik"})],
    "async": [_openrouter(_openrouter_usage(0.0221550, 22_193, 3_547))],
    "several": [
        _openrouter(_openrouter_usage(0.0222563, 22_229, 3_557)),
        _openrouter(_openrouter_usage(0.0223576, 22_247, 3_559, cached=3_571)),
        _openrouter(_openrouter_usage(0.0224589, 22_259, 9_473, thought=3_581)),
    ],
    "same": [_openrouter(_openrouter_usage(0.0225602, 22_271, 3_583))],
    "retry": [overloaded(), _openrouter(_openrouter_usage(0.0226615, 22_273, 3_593))],
}
