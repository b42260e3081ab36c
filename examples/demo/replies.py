"""What the stand-in for the providers answers, and what each answer costs: written by hand, checked by nobody but the reader.

A cost is the sum of tokens times the published price for a million of them, in USD, as in force in November 2026:

    OpenAI      gpt-4o-mini             input 0.15                                             output  0.60
                gpt-4.1                 input 2.00   cache read 0.50                           output  8.00
                gpt-4.1-mini            input 0.40                                             output  1.60
                gpt-6.1-sol             input 2.00                                             output 10.00, reasoning included
                text-embedding-3-small  input 0.02
    Anthropic   claude-haiku-4-5        input 1.00                                             output  5.00
                claude-sonnet-5-5       input 2.00   cache read 0.10   write 2.50 (5 m), 4.00 (1 h)   output 10.00

The counts are different primes, so that no token can hide behind another. When a provider changes a price, change it here too.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal as D  # noqa: N817 - the sums below are to be read
from typing import Final

from examples.demo.shapes import (
    Json,
    anthropic_error,
    chat,
    chat_usage,
    embeddings,
    message,
    message_usage,
    openai_error,
    response,
    response_usage,
)

CURRENCY: Final = "USD"
_MILLION: Final = 1_000_000
_CHAT, _RESPONSES, _EMBEDDINGS, _MESSAGES = "/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/messages"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, and what the call is to cost."""

    path: str
    asked: str
    """The model that the request names."""
    body: Json
    cost: D | None
    """In USD; None where the call has no price."""
    reason: str | None = None
    """Why it has none."""
    streams: bool = False
    status: int = 200

    @property
    def id(self) -> str | None:
        """The response id; embeddings and errors have none."""
        reply_id = self.body.get("id")
        return reply_id if isinstance(reply_id, str) else None


REPLIES: Final = (
    # plain_chat
    Reply(
        _CHAT,
        "gpt-4o-mini",
        chat(
            "chatcmpl-plain",
            "gpt-4o-mini-2024-07-18",
            chat_usage(601, 89),
            text="Air scatters the short blue waves of sunlight more than the long red ones.",
        ),
        cost=(601 * D("0.15") + 89 * D("0.60")) / _MILLION,
    ),
    # stream
    Reply(
        _CHAT,
        "gpt-4o-mini",
        chat("chatcmpl-stream", "gpt-4o-mini-2024-07-18", chat_usage(211, 37), text="One, two, three, four, five."),
        cost=(211 * D("0.15") + 37 * D("0.60")) / _MILLION,
        streams=True,
    ),
    # claude_stream
    Reply(
        _MESSAGES,
        "claude-haiku-4-5",
        message(
            "msg_stream",
            "claude-haiku-4-5-20251001",
            message_usage(67, 53),
            text="Numbers fall like rain\nthirty days to pay it all\nthe ink never dries",
        ),
        cost=(67 * D("1.00") + 53 * D("5.00")) / _MILLION,
        streams=True,
    ),
    # cached_prompt: the first question finds nothing in the cache, the second 5987 tokens
    Reply(
        _CHAT,
        "gpt-4.1",
        chat("chatcmpl-cache-1", "gpt-4.1-2025-04-14", chat_usage(6067, 41), text="16 days."),
        cost=(6067 * D("2.00") + 41 * D("8.00")) / _MILLION,
    ),
    Reply(
        _CHAT,
        "gpt-4.1",
        chat("chatcmpl-cache-2", "gpt-4.1-2025-04-14", chat_usage(5987 + 103, 47, cached=5987), text="Form R-8."),
        cost=(103 * D("2.00") + 5987 * D("0.50") + 47 * D("8.00")) / _MILLION,
    ),
    # claude_cache: the first question writes both blocks, the second reads them
    Reply(
        _MESSAGES,
        "claude-sonnet-5-5",
        message("msg_cache_write", "claude-sonnet-5-5", message_usage(29, 59, write_5m=431, write_1h=6133), text="At noon."),
        cost=(29 * D("2.00") + 431 * D("2.50") + 6133 * D("4.00") + 59 * D("10.00")) / _MILLION,
    ),
    Reply(
        _MESSAGES,
        "claude-sonnet-5-5",
        message("msg_cache_read", "claude-sonnet-5-5", message_usage(31, 61, read=6563), text="Within 18 days."),
        cost=(31 * D("2.00") + 6563 * D("0.10") + 61 * D("10.00")) / _MILLION,
    ),
    # reasoning: 113 tokens that are read, 1009 that are not
    Reply(
        _RESPONSES,
        "gpt-6.1-sol",
        response(
            "resp_reasoning",
            "gpt-6.1-sol",
            response_usage(83, 113 + 1009, reasoning=1009),
            text="Yes: no prime up to 88 divides it.",
        ),
        cost=(83 * D("2.00") + 113 * D("10.00") + 1009 * D("10.00")) / _MILLION,
    ),
    # embedding
    Reply(
        _EMBEDDINGS,
        "text-embedding-3-small",
        embeddings(
            "text-embedding-3-small", 17, [[0.5, -0.5, 0.5, -0.5, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.6, 0.8, 0.0, 0.0]]
        ),
        cost=17 * D("0.02") / _MILLION,
    ),
    # agent
    Reply(
        _CHAT,
        "gpt-4.1-mini",
        chat(
            "chatcmpl-agent-1",
            "gpt-4.1-mini-2025-04-14",
            chat_usage(127, 23),
            tool_calls=[{"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Bergen"}'}}],
        ),
        cost=(127 * D("0.40") + 23 * D("1.60")) / _MILLION,
    ),
    Reply(
        _CHAT,
        "gpt-4.1-mini",
        chat("chatcmpl-agent-2", "gpt-4.1-mini-2025-04-14", chat_usage(179, 43), text="Yes, it rains until the evening."),
        cost=(179 * D("0.40") + 43 * D("1.60")) / _MILLION,
    ),
    # model_without_a_price
    Reply(
        _CHAT,
        "gpt-4o-mini-acme",
        chat("chatcmpl-acme", "gpt-4o-mini-acme", chat_usage(71, 19), text="I am a model that no price list knows."),
        cost=None,
        reason="unknown_model",
    ),
    # rejected
    Reply(
        _CHAT,
        "gpt-4o-mini",
        openai_error(
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 9 instead.",
            param="temperature",
            code="decimal_above_max_value",
        ),
        cost=None,
        reason="error",
        status=400,
    ),
    # claude_rejected
    Reply(
        _MESSAGES,
        "claude-haiku-4-5",
        anthropic_error("messages: at least one message is required"),
        cost=None,
        reason="error",
        status=400,
    ),
)
"""In the order of `examples/assistant.py`."""
