"""What a port speaks that closes the connection on whoever asks it otherwise: TLS, HTTP/2, or something else.

The Collector's gRPC port closes on HTTP/1.1 without a word; so do many TLS ports on what is no TLS.
"""

from __future__ import annotations

import ssl
from socket import create_connection
from typing import Final
from urllib.parse import urlsplit

from otel_llm_cost.doctor.answer import Outcome

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
"""How a client of HTTP/2 begins, with empty settings (RFC 9113, section 3.4)."""
_KIND: Final = 3
_SETTINGS: Final = 4
"""The kind of the frame with which a server answers that, and where in it its kind stands."""


def spoken_at(url: str, seconds: float) -> Outcome:
    """What is wrong with asking a URL without TLS, and, where that is it, by HTTP/1.1; CLOSED where neither is. Never raises."""
    parts = urlsplit(url if "://" in url else f"//{url}")
    try:
        place = parts.hostname or "", parts.port or 80
    except ValueError:
        return Outcome.CLOSED
    if _speaks_tls(place, seconds):
        return Outcome.WANTS_TLS
    return Outcome.SPEAKS_HTTP_2 if _speaks_http_2(place, seconds) else Outcome.CLOSED


def _speaks_tls(place: tuple[str, int], seconds: float) -> bool:
    # Nothing is sent to it but a greeting: who it is makes no difference here.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with create_connection(place, seconds) as plain, context.wrap_socket(plain, server_hostname=place[0]):
            return True
    except (OSError, ValueError):
        return False


def _speaks_http_2(place: tuple[str, int], seconds: float) -> bool:
    try:
        with create_connection(place, seconds) as plain:
            plain.sendall(_PREFACE)
            return plain.recv(9)[_KIND : _KIND + 1] == bytes((_SETTINGS,))
    except OSError:
        return False
