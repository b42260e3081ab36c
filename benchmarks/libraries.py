"""What the spans of some libraries look like: as in 2026-11, with made-up values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

_USAGE: Final = {
    "completion_tokens": 101,
    "prompt_tokens": 1009,
    "total_tokens": 1110,
    "completion_tokens_details": {
        "accepted_prediction_tokens": 0,
        "audio_tokens": 0,
        "reasoning_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
    "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 401},
}
_ID, _MODEL, _ANSWERED = "chatcmpl-1", "gpt-4o", "gpt-4o-2024-08-06"
_CHAT: Final = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": _MODEL,
    "gen_ai.response.model": _ANSWERED,
    "gen_ai.response.id": _ID,
    "gen_ai.usage.input_tokens": 1009,
    "gen_ai.usage.output_tokens": 101,
}


def _answer(length: int) -> str:
    """A response as JSON of this length."""
    message: dict[str, Any] = {"content": "", "refusal": None, "role": "assistant", "annotations": []}
    answer = {
        "id": _ID,
        "choices": [{"finish_reason": "stop", "index": 0, "logprobs": None, "message": message}],
        "created": 1795305600,
        "model": _ANSWERED,
        "object": "chat.completion",
        "service_tier": "default",
        "system_fingerprint": None,
        "usage": _USAGE,
    }
    message["content"] = "kettles whistle, " * ((length - len(json.dumps(answer))) // 17)
    return json.dumps(answer)


def openinference(length: int) -> dict[str, Any]:
    """OpenInference's span of a chat whose answer is this long."""
    return {
        "llm.provider": "openai",
        "llm.system": "openai",
        "input.value": json.dumps({"model": _MODEL, "messages": [{"role": "user", "content": "How many?"}]}),
        "input.mime_type": "application/json",
        "output.value": _answer(length),
        "output.mime_type": "application/json",
        "llm.invocation_parameters": json.dumps({"model": _MODEL, "temperature": 0}),
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": "How many?",
        "llm.model_name": _ANSWERED,
        "llm.token_count.total": 1110,
        "llm.token_count.prompt": 1009,
        "llm.token_count.completion": 101,
        "llm.token_count.prompt_details.cache_read": 401,
        "llm.token_count.prompt_details.audio": 0,
        "llm.token_count.completion_details.reasoning": 0,
        "llm.token_count.completion_details.audio": 0,
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": "Seven.",
        "llm.finish_reason": "stop",
        "openinference.span.kind": "LLM",
    }


LIBRARIES: Final[Mapping[str, tuple[str, str, Mapping[str, Any]]]] = {
    "OpenInference, 1 kB": ("openinference.instrumentation.openai", "0.1.66", openinference(1_000)),
    "OpenInference, 20 kB": ("openinference.instrumentation.openai", "0.1.66", openinference(20_000)),
    "Logfire": (
        "logfire.openai",
        "5.4.0",
        {
            **_CHAT,
            "gen_ai.system": "openai",
            "request_data": json.dumps({"model": _MODEL}),
            "async": False,
            "logfire.msg_template": "Chat Completion with {request_data[model]!r}",
            "logfire.msg": "Chat Completion with 'gpt-4o'",
            "logfire.tags": ["LLM"],
            "logfire.span_type": "span",
            "gen_ai.usage.cache_read.input_tokens": 401,
            "gen_ai.usage.raw": json.dumps(_USAGE),
            "gen_ai.response.finish_reasons": '["stop"]',
        },
    ),
    "LiteLLM": (
        "litellm",
        "",
        {
            **{f"metadata.user_api_key_{number}": "" for number in range(20)},
            "metadata.usage_object": str(_USAGE),
            "litellm.provider.model": f"openai/{_MODEL}",
            "gen_ai.cost.total_cost": 0.012,
            **_CHAT,
            "gen_ai.system": "openai",
            "llm.request.type": "completion",
            "llm.is_streaming": "False",
            "gen_ai.openai.response.service_tier": "default",
            "gen_ai.usage.total_tokens": 1110,
            "gen_ai.response.finish_reasons": '["stop"]',
        },
    ),
    "OpenLLMetry": (
        "opentelemetry.instrumentation.openai.v1",
        "0.62.4",
        {
            **_CHAT,
            "gen_ai.is_streaming": False,
            "gen_ai.openai.api_base": "https://api.openai.com/v1/",
            "gen_ai.response.finish_reasons": ["stop"],
            "openai.response.service_tier": "default",
            "gen_ai.usage.total_tokens": 1110,
            "gen_ai.usage.cache_read.input_tokens": 401,
            "gen_ai.usage.reasoning_tokens": 0,
        },
    ),
}
"""By name: the instrumentation's scope, its version, and the attributes of a span."""
