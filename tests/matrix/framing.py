"""How each API writes a stream's events as bytes."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tests.matrix.answers import Answer, Json
from tests.matrix.answers.answer import FILE

SSE: Final = "sse"
NAMED_SSE: Final = "named_sse"
NDJSON: Final = "ndjson"
CONVERSE: Final = "converse"
INVOKE: Final = "invoke"

FRAMINGS: Final[Mapping[str, str]] = {
    "openai.responses": NAMED_SSE,
    "anthropic.messages": NAMED_SSE,
    "cohere.chat": NAMED_SSE,
    "bedrock.converse": CONVERSE,
    "bedrock.invoke": INVOKE,
    "ollama.chat": NDJSON,
}
CONTENT_TYPES: Final[Mapping[str, str]] = {
    SSE: "text/event-stream; charset=utf-8",
    NAMED_SSE: "text/event-stream; charset=utf-8",
    NDJSON: "application/x-ndjson",
    CONVERSE: "application/vnd.amazon.eventstream",
    INVOKE: "application/vnd.amazon.eventstream",
}
DONE: Final = b"data: [DONE]\n\n"
ENDED: Final = {"openai.chat", "azure.chat", "mistral.chat", "cohere.chat", "groq.chat", "deepseek.chat", "openrouter.chat"}
"""Their streams say so when they end."""
BEGIN: Final[Mapping[str, bytes]] = {"openrouter.chat": b": OPENROUTER PROCESSING\n\n"}
"""What comes before the first event."""
_STRING: Final = 7


def framing(api: str, answer: Answer) -> str:
    """A file of JSON lines is one whatever the API."""
    return NDJSON if answer.headers == FILE else FRAMINGS.get(api, SSE)


def framed(api: str, answer: Answer, events: Iterable[Json]) -> Iterator[bytes]:
    """The bytes of a stream, event by event."""
    how = framing(api, answer)
    streams = how != NDJSON
    if streams and api in BEGIN:
        yield BEGIN[api]
    for event in events:
        yield frame(how, event)
    if streams and api in ENDED:
        yield DONE


def frame(how: str, event: Json) -> bytes:
    """One event's bytes. An event of a named kind has it in `type`; one of Bedrock's converse is its only key."""
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    if how == NDJSON:
        return text + b"\n"
    if how == NAMED_SSE:
        return b"event: %b\ndata: %b\n\n" % (event["type"].encode(), text)
    if how == CONVERSE:
        ((kind, payload),) = event.items()
        return message(kind, json.dumps(payload).encode())
    if how == INVOKE:
        return message("chunk", json.dumps({"bytes": base64.b64encode(text).decode()}).encode())
    return b"data: %b\n\n" % text


def message(kind: str, payload: bytes) -> bytes:
    """One message of an AWS event stream: lengths, their checksum, headers, payload, checksum of all."""
    named = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", _STRING, len(value)) + value.encode()
        for name, value in named.items()
    )
    lengths = struct.pack(">II", len(headers) + len(payload) + 16, len(headers))
    whole = lengths + struct.pack(">I", zlib.crc32(lengths)) + headers + payload
    return whole + struct.pack(">I", zlib.crc32(whole))
