"""The providers on this machine: every API and case answers what `answers` says, at a URL of its own."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Final, Self
from unittest import mock

from tests.matrix.answers import ANSWERS, BASE, ID, Answer, Json
from tests.matrix.framing import CONTENT_TYPES, NDJSON, framed, framing

HOSTS: Final[Mapping[str, str]] = {
    "openai.chat": "api.openai.com",
    "openai.responses": "api.openai.com",
    "openai.embeddings": "api.openai.com",
    "anthropic.messages": "api.anthropic.com",
    "gemini.generate": "generativelanguage.googleapis.com",
    "gemini.embed": "generativelanguage.googleapis.com",
    "bedrock.converse": "bedrock-runtime.us-east-1.amazonaws.com",
    "bedrock.invoke": "bedrock-runtime.us-east-1.amazonaws.com",
    "mistral.chat": "api.mistral.ai",
    "cohere.chat": "api.cohere.com",
    "cohere.embed": "api.cohere.com",
    "groq.chat": "api.groq.com",
    "ollama.chat": "localhost",
    "deepseek.chat": "api.deepseek.com",
    "openrouter.chat": "openrouter.ai",
    "azure.chat": "my-resource.openai.azure.com",
}
PATHS: Final[Mapping[str, str]] = {
    "openai.chat": "/v1",
    "openai.responses": "/v1",
    "openai.embeddings": "/v1",
    "openrouter.chat": "/api/v1",
}
"""What a client's base URL ends with; the other clients add the whole path."""

BETWEEN: Final = 0.002
"""Between the events of any stream: it takes longer than what an instrumentation does when it is over."""
PAUSE: Final = 0.03
"""Between the events of a stream that is closed, and before answers that are to overlap."""
OVERLAPPING: Final = {"several", "same"}
ASKED_FOR_USAGE: Final = {"openai.chat", "azure.chat"}
"""Their streams tell usage only to those who ask for it."""
REQUEST_IDS: Final = ("x-request-id", "request-id", "x-amzn-requestid")


def base(api: str, case: str, port: int) -> str:
    """The base URL for a client: the provider's own host, which `loopback` leads here."""
    return f"http://{HOSTS[api]}:{port}/{api}/{case}{PATHS.get(api, '')}"


@contextmanager
def loopback() -> Iterator[None]:
    """Every name is this machine, and no proxy stands between."""
    find = socket.getaddrinfo

    def here(host: object, *more: Any, **named: Any) -> Any:  # noqa: ANN401, ARG001 - as the function that it stands for
        return find("127.0.0.1", *more, **named)

    proxies = [name for name in os.environ if name.lower().endswith("_proxy")]
    with mock.patch.object(socket, "getaddrinfo", here), mock.patch.dict(os.environ):
        for name in proxies:
            del os.environ[name]
        os.environ["NO_PROXY"] = "*"
        yield


class Provider:
    """A server of all the answers while the context holds: `with Provider() as provider: base(api, case, provider.port)`."""

    def __init__(self) -> None:
        self._asked: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"provider": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, api: str, case: str, asked: str, request: str) -> Answer | None:
        """The one for this request; `asked` is its method and path."""
        answers = ANSWERS.get((api, case), [])
        if any(one.asked for one in answers):
            return next((one for one in answers if re.search(one.asked, asked)), None)
        if not answers:
            return None
        named = re.search(r"answer-(\d+)", request)
        with self._lock:
            place = self._asked[api, case]
            self._asked[api, case] += 1
        return answers[(int(named[1]) - 1 if named else place) % len(answers)]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that goes away is one of the cases."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    provider: ClassVar[Provider]

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        request = self._request()
        path = self.path.partition("?")[0]
        api, _, rest = path.lstrip("/").partition("/")
        case, _, rest = rest.partition("/")
        answer = self.provider.answer(api, case, f"{self.command} /{rest}", request)
        if answer is None:
            answer = Answer(404, {"error": {"message": f"the harness has no answer for {api} {case} {rest}", "type": "missing"}})
        if case in OVERLAPPING:
            time.sleep(PAUSE)
        fresh = uuid.uuid4().hex
        stands = {ID: fresh, BASE: f"http://{self.headers['Host']}/{api}/{case}"}
        self.send_response(answer.status)
        for name in REQUEST_IDS:
            self.send_header(name, fresh)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.events is None:
            self._send_body(answer, stands)
        else:
            self._send_events(api, case, answer, request, stands)

    def _request(self) -> str:
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            held = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                held += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            held = self.rfile.read(int(self.headers.get("content-length") or 0))
        return held.decode(errors="replace")

    def _send_body(self, answer: Answer, stands: Mapping[str, str]) -> None:
        body = _written(answer.body, stands).encode()
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_events(self, api: str, case: str, answer: Answer, request: str, stands: Mapping[str, str]) -> None:
        how = framing(api, answer)
        if "content-type" not in answer.headers:
            self.send_header("content-type", CONTENT_TYPES[how])
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        events = [json.loads(_written(event, stands)) for event in answer.events or ()]
        if api in ASKED_FOR_USAGE and how != NDJSON and not re.search(r'"include_usage"\s*:\s*true', request):
            events = [_untold(event) for event in events if not event.get("usage")]
        for held in framed(api, answer, events):
            self._send_chunk(held)
            time.sleep(PAUSE if case == "stream_closed" else BETWEEN)
        self.wfile.write(b"0\r\n\r\n")

    def _send_chunk(self, held: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(held), held))
        self.wfile.flush()


def _untold(event: Json) -> Json:
    return {name: value for name, value in event.items() if name != "usage"}


def _written(body: object, stands: Mapping[str, str]) -> str:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    for name, value in stands.items():
        text = text.replace(name, value)
    return text
