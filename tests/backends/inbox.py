"""Where alerts arrive: a mail server that asks for TLS and a password, and a webhook as Slack's, both on loopback."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.backends.process import LOOPBACK

USER: Final = b"llm-cost@example.com"
PASSWORD: Final = b"correct horse"


class Mailbox:
    """The mails that were delivered."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    def about(self, text: str) -> list[EmailMessage]:
        """Those that hold a text."""
        return [mail for mail in self.mails if text in body(mail)]


def body(mail: EmailMessage) -> str:
    """Its plain text."""
    part = mail.get_body(("plain",))
    assert part is not None
    text: str = part.get_content()
    return text


def _authenticate(_: SMTP, __: Session, ___: Envelope, ____: str, data: Any) -> AuthResult:  # noqa: ANN401 - as the mechanism has it
    return AuthResult(success=data == LoginPassword(USER, PASSWORD))


@contextmanager
def mail_server(port: int, certificates: Path) -> Iterator[Mailbox]:
    """It takes mail only over TLS and after a login; `certificates` gets the authority that vouches for it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(certificates)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(LOOPBACK).configure_cert(context)
    box = Mailbox()
    server = Controller(
        box,
        hostname=LOOPBACK,
        port=port,
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=_authenticate,
        # Its prompts are not those that Alertmanager waits for. PLAIN is left.
        auth_exclude_mechanism=["LOGIN"],
    )
    server.start()
    try:
        yield box
    finally:
        server.stop()


@contextmanager
def webhook(port: int) -> Iterator[list[dict[str, Any]]]:
    """What was posted to it."""
    posted: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((LOOPBACK, port), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield posted
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
