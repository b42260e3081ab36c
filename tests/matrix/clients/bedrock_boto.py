"""Amazon's botocore at Bedrock: the converse API, and Claude's own body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import boto3
from botocore.config import Config

from tests.matrix import clients
from tests.matrix.answers import asked

CONVERSE: Final = "bedrock.converse"
INVOKE: Final = "bedrock.invoke"


def _client(base: str, retries: int) -> Any:  # noqa: ANN401 - made at run time
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=base,
        region_name="us-east-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",  # noqa: S106 - none
        config=Config(retries={"total_max_attempts": retries + 1, "mode": "standard"}),
    )


def _converse(client: Any, case: str, prompt: str, parts: Any = (), **more: Any) -> Any:  # noqa: ANN401 - as the library
    messages = [{"role": "user", "content": [*parts, {"text": prompt}]}]
    method = client.converse_stream if case in clients.STREAMS else client.converse
    answer = method(modelId=asked(CONVERSE, case), messages=messages, **more)
    return answer["stream"] if case in clients.STREAMS else answer


def _invoke(client: Any, case: str, prompt: str, parts: Any = (), arguments: Mapping[str, Any] = {}, **more: Any) -> Any:  # noqa: ANN401 - as the library
    content = [*parts, {"type": "text", "text": prompt}]
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": content}],
        **more,
    }
    method = client.invoke_model_with_response_stream if case in clients.STREAMS else client.invoke_model
    answer = method(modelId=asked(INVOKE, case), body=json.dumps(body), contentType="application/json", **arguments)
    return answer["body"] if case in clients.STREAMS else json.loads(answer["body"].read())


def _opened(method: clients.Ask, case: str) -> clients.Open:
    return lambda base, retries: partial(method, _client(base, retries), case)


def _point(lifetime: str) -> dict[str, Any]:
    return {"system": [{"text": clients.PREFIX}, {"cachePoint": {"type": "default", "ttl": lifetime}}]}


def _kept(lifetime: str) -> dict[str, Any]:
    return {"system": [{"type": "text", "text": clients.PREFIX, "cache_control": {"type": "ephemeral", "ttl": lifetime}}]}


SPEC: Final = {"name": clients.TOOL, "description": clients.TOOL_TELLS, "inputSchema": {"json": clients.TOOL_TAKES}}
SHAPE: Final = {"type": "json_schema", "structure": {"jsonSchema": {"name": "city", "schema": json.dumps(clients.CITY)}}}
THINKS: Final = {"thinking": {"type": "enabled", "budget_tokens": 2048}}
CLAUDE_IMAGE: Final = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": clients.PNG}}
CLAUDE_TOOL: Final = {"name": clients.TOOL, "description": clients.TOOL_TELLS, "input_schema": clients.TOOL_TAKES}
TIER: Final = "flex"
REQUESTS: Final[clients.Requests] = {
    **clients.requests(
        CONVERSE,
        partial(_opened, _converse),
        {
            **clients.BARE,
            "stream": {},
            "stream_closed": {},
            "cache_read": _point("5m"),
            "cache_write_5m": _point("5m"),
            "cache_write_1h": _point("1h"),
            "cache_stream": _point("1h"),
            "reasoning": {"additionalModelRequestFields": THINKS},
            "reasoning_stream": {"additionalModelRequestFields": THINKS},
            "image": {"parts": [{"image": {"format": "png", "source": {"bytes": clients.PNG_BYTES}}}]},
            "tools": {"toolConfig": {"tools": [{"toolSpec": SPEC}]}},
            "structured": {"outputConfig": {"textFormat": SHAPE}},
            "tier": {"serviceTier": {"type": TIER}},
        },
    ),
    **clients.requests(
        INVOKE,
        partial(_opened, _invoke),
        {
            **clients.BARE,
            "stream": {},
            "stream_closed": {},
            "cache_read": _kept("5m"),
            "cache_write_5m": _kept("5m"),
            "cache_write_1h": _kept("1h"),
            "cache_stream": _kept("1h"),
            "reasoning": THINKS,
            "reasoning_stream": THINKS,
            "image": {"parts": [CLAUDE_IMAGE]},
            "tools": {"tools": [CLAUDE_TOOL]},
            "structured": {"output_config": {"format": {"type": "json_schema", "schema": clients.CITY}}},
            "tier": {"arguments": {"serviceTier": TIER}},
        },
    ),
}
REASONS: Final = {
    "stream_no_usage": clients.USAGE_ALWAYS,
    "cache_write": clients.LIFETIMES,
    "audio": "the model neither hears nor speaks",
    "embeddings": "other models of the provider, through invoke_model with bodies of their own",
    "batch": "a batch is a job of another AWS service (bedrock), which writes its answers to S3",
    "async": "botocore has no asynchronous client",
}
CANNOT: Final[clients.Reasons] = clients.cannot(REQUESTS, {CONVERSE: REASONS, INVOKE: REASONS})
