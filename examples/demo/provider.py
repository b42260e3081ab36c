"""A stand-in for api.openai.com and api.anthropic.com on the loopback interface. It answers from `replies.py`."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from threading import Lock
from typing import Any

from examples.demo.loopback import Loopback
from examples.demo.replies import REPLIES, Reply
from examples.demo.shapes import openai_error, server_sent


class Provider(Loopback):
    """Gives each reply once, to the first request for its path and model, streamed or not: `with Provider() as provider: ...`."""

    def __init__(self, replies: tuple[Reply, ...] = REPLIES) -> None:
        self.served: list[Reply] = []
        self.unexpected: list[str] = []
        """Requests that had no reply."""
        self._waiting = list(replies)
        self._lock = Lock()
        super().__init__(_Handler)

    def reply_to(self, path: str, request: dict[str, Any]) -> Reply | None:
        """Takes the first reply that fits a request."""
        model, streams = request.get("model"), request.get("stream") is True
        with self._lock:
            for reply in self._waiting:
                if (reply.path, reply.asked, reply.streams) == (path, model, streams):
                    self._waiting.remove(reply)
                    self.served.append(reply)
                    return reply
            self.unexpected.append(f"{path} for {model}{', streamed' if streams else ''}")
            return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: Provider

    def do_POST(self) -> None:
        try:
            request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        except ValueError:
            request = {}
        reply = self.owner.reply_to(self.path, request)
        if reply is None:
            self._send(404, "application/json", json.dumps(openai_error("no reply is left", param="model", code="none")).encode())
        elif reply.streams:
            self._send(200, "text/event-stream; charset=utf-8", server_sent(reply.path, reply.body))
        else:
            self._send(reply.status, "application/json", json.dumps(reply.body).encode())

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: the report is what is read."""
