"""A file's text or a URL's: the only thing that is ever fetched, and only where a command is given its URL."""

from __future__ import annotations

from http.client import HTTPException, HTTPMessage
from ipaddress import ip_address
from pathlib import Path
from time import monotonic
from typing import IO, Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from otel_llm_cost.prices.bundle import MOST_BYTES
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.version import VERSION

_SILENCE: Final = 30.0
"""So many seconds without a byte are too many."""
_MOST_SECONDS: Final = 300.0
_CHUNK: Final = 1 << 16


def text_of(source: str) -> str:
    """Raises PriceFileError where it cannot be read, and for a URL that is neither https nor of this machine."""
    held = _fetched(source) if "://" in source else _read(Path(source))
    try:
        return held.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PriceFileError(source, f"byte {error.start}", "not UTF-8") from None


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return _bounded(file, str(path))
    except OSError as error:
        raise PriceFileError(str(path), "", f"cannot be read: {error.strerror or error}") from None


def _fetched(url: str) -> bytes:
    _check(url)
    request = Request(url, headers={"User-Agent": f"otel-llm-cost/{VERSION}", "Accept": "application/json"})  # noqa: S310 - checked
    try:
        with _opener(url).open(request, timeout=_SILENCE) as answer:
            held = _bounded(answer, url)
            if answer.length:
                raise PriceFileError(url, "", f"cannot be fetched: it ended {answer.length} bytes early")
            return held
    except HTTPError as error:
        raise PriceFileError(url, "", f"cannot be fetched: {error.code} {error.reason}") from None
    except (OSError, HTTPException, ValueError) as error:
        if isinstance(error, PriceFileError):
            raise
        raise PriceFileError(url, "", f"cannot be fetched: {getattr(error, 'reason', None) or error}") from None


def _bounded(file: IO[bytes], name: str) -> bytes:
    chunks, size, until = list[bytes](), 0, monotonic() + _MOST_SECONDS
    while chunk := file.read(_CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        if size > MOST_BYTES:
            raise PriceFileError(name, "", f"is larger than {MOST_BYTES >> 20} MiB")
        if monotonic() > until:
            raise PriceFileError(name, "", f"cannot be fetched: not there after {_MOST_SECONDS:.0f} seconds")
    return b"".join(chunks)


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise PriceFileError(url, "", "is no URL") from None
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))):
        raise PriceFileError(url, "", "is fetched over https only; over http from this machine alone")


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _opener(url: str) -> OpenerDirector:
    is_near = _is_this_machine(urlsplit(url).hostname or "")
    return build_opener(_Redirects, *([ProxyHandler({})] if is_near else []))


class _Redirects(HTTPRedirectHandler):
    """Follows to where a URL might have pointed at once."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        _check(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)
