"""What came of an empty export: which of the things that go wrong on the way did."""

from __future__ import annotations

import errno
import re
import ssl
from collections.abc import Iterator
from enum import Enum, auto
from http.client import BadStatusLine, RemoteDisconnected
from socket import gaierror
from typing import Final, NamedTuple

from opentelemetry.instrumentation.utils import suppress_instrumentation

from otel_llm_cost.doctor.internals import Otlp

SECONDS: Final = 5.0
"""How long an endpoint may take to answer. Exporters wait for 10, and then try again."""


class Outcome(Enum):
    """What an endpoint made of an empty export."""

    TAKEN = auto()
    REDIRECTED = auto()
    UNAUTHENTICATED = auto()
    FORBIDDEN = auto()
    NOT_FOUND = auto()
    NOT_OTLP = auto()
    NOT_PROTOBUF = auto()
    REFUSED_EMPTY = auto()
    BUSY = auto()
    FAILED = auto()
    NOBODY_LISTENS = auto()
    NO_SUCH_HOST = auto()
    UNREACHABLE = auto()
    TIMED_OUT = auto()
    SPEAKS_HTTP_1 = auto()
    SPEAKS_HTTP_2 = auto()
    WANTS_TLS = auto()
    NO_TLS = auto()
    CERTIFICATE = auto()
    TLS = auto()
    CLOSED = auto()
    PROXY = auto()
    BAD_URL = auto()
    NO_FILE = auto()
    OTHER = auto()


class Answer(NamedTuple):
    """An outcome, and what it is known by: a status or the name of an error, never its text, which may quote a key."""

    outcome: Outcome
    by: str = ""


_STATUS: Final = {
    400: Outcome.REFUSED_EMPTY,
    401: Outcome.UNAUTHENTICATED,
    403: Outcome.FORBIDDEN,
    404: Outcome.NOT_FOUND,
    405: Outcome.NOT_FOUND,
    407: Outcome.PROXY,
    415: Outcome.NOT_PROTOBUF,
    429: Outcome.BUSY,
    502: Outcome.BUSY,
    503: Outcome.BUSY,
    504: Outcome.BUSY,
}
_CODES: Final = {
    "DEADLINE_EXCEEDED": Outcome.TIMED_OUT,
    "PERMISSION_DENIED": Outcome.FORBIDDEN,
    "RESOURCE_EXHAUSTED": Outcome.BUSY,
    "UNAUTHENTICATED": Outcome.UNAUTHENTICATED,
    "UNIMPLEMENTED": Outcome.NOT_OTLP,
}
_DETAILS: Final = (
    (r"http1\.x|parsing HTTP/2", Outcome.SPEAKS_HTTP_1),
    (r"onnection refused", Outcome.NOBODY_LISTENS),
    (r"resolving|DNS|name resolution", Outcome.NO_SUCH_HOST),
    (r"CERTIFICATE_VERIFY_FAILED", Outcome.CERTIFICATE),
    (r"WRONG_VERSION_NUMBER", Outcome.NO_TLS),
    (r"(?i)(tls|ssl) handshake|SSL_ERROR", Outcome.TLS),
    (r"(?i)socket closed|connection reset", Outcome.CLOSED),
    (r"(?i)timed out|timeout", Outcome.TIMED_OUT),
    (r"(?i)unreachable|no route", Outcome.UNREACHABLE),
)
"""How gRPC tells what became of a connection."""
_UNREACHABLE: Final = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH})
_BAD_URLS: Final = frozenset({"InvalidProxyURL", "InvalidSchema", "InvalidURL", "LocationParseError", "MissingSchema"})


def ask(otlp: Otlp, seconds: float = SECONDS) -> Answer:
    """Sends an empty export, which OTLP has a receiver accept. Never raises."""
    try:
        with suppress_instrumentation():
            status = otlp.ask(seconds)
    except Exception as error:  # noqa: BLE001 - whatever a client, a proxy or a session of the user's own raises
        return _of_code(error) if hasattr(error, "code") and hasattr(error, "details") else _of_error(error)
    return _of_status(status)


def _of_status(status: int) -> Answer:
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP's
        return Answer(Outcome.TAKEN, str(status))
    if 300 <= status < 400:  # noqa: PLR2004
        return Answer(Outcome.REDIRECTED, str(status))
    return Answer(_STATUS.get(status, Outcome.FAILED), str(status))


def _of_code(error: Exception) -> Answer:
    """Of gRPC."""
    code = str(getattr(error.code(), "name", ""))  # type: ignore[attr-defined] # as was asked before
    if code in _CODES:
        return Answer(_CODES[code], code)
    details = str(error.details() or "")  # type: ignore[attr-defined]
    if code == "UNAVAILABLE":
        return Answer(next((outcome for sign, outcome in _DETAILS if re.search(sign, details)), Outcome.BUSY), code)
    return Answer(Outcome.FAILED, code)


def _of_error(error: BaseException) -> Answer:
    for cause in _causes(error):
        outcome = _outcome_of(cause)
        if outcome is not None:
            return Answer(outcome, type(cause).__name__)
    return Answer(Outcome.OTHER, type(error).__name__)


def _outcome_of(error: BaseException) -> Outcome | None:  # noqa: PLR0911 - one a kind
    name = type(error).__name__
    if name == "ProxyError":
        return Outcome.PROXY
    if name in _BAD_URLS:
        return Outcome.BAD_URL
    if isinstance(error, gaierror):
        return Outcome.NO_SUCH_HOST
    if isinstance(error, ConnectionRefusedError):
        return Outcome.NOBODY_LISTENS
    if isinstance(error, ssl.SSLError):
        return _of_tls(error)
    # A RemoteDisconnected is a BadStatusLine and a ConnectionResetError, too.
    if isinstance(error, BadStatusLine) and not isinstance(error, RemoteDisconnected):
        line = str(error.args[0] if error.args else "").lstrip("'\"")
        return Outcome.WANTS_TLS if line.startswith(("\x15\x03", "\\x15\\x03")) else Outcome.SPEAKS_HTTP_2
    if isinstance(error, ConnectionError) and type(error).__module__ in {"builtins", "http.client"}:
        return Outcome.CLOSED
    if isinstance(error, TimeoutError) or "Timeout" in name:
        return Outcome.TIMED_OUT
    if isinstance(error, OSError) and error.errno in _UNREACHABLE:
        return Outcome.UNREACHABLE
    return Outcome.NO_FILE if isinstance(error, OSError) and _is_about_file(error) else None


def _of_tls(error: ssl.SSLError) -> Outcome:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Outcome.CERTIFICATE
    # OpenSSL's names for an answer that is no TLS.
    return Outcome.NO_TLS if error.reason in {"WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG"} else Outcome.TLS


def _is_about_file(error: OSError) -> bool:
    return isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError) or "invalid path" in str(error)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and all that it was raised for; clients wrap one into another, as a cause, a reason or an argument."""
    left, seen = [error], set[int]()
    while left:
        one = left.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        within = (getattr(one, "reason", None), *one.args, one.__cause__, one.__context__)
        left.extend(each for each in within if isinstance(each, BaseException))
