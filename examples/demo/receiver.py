"""An OTLP/HTTP receiver on the loopback interface. It keeps the bytes that it received, and answers from nothing else."""

from __future__ import annotations

import zlib
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from threading import Lock
from typing import Final

from google.protobuf.message import DecodeError, Message
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest, ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse

from examples.demo.loopback import Loopback
from examples.demo.otlp import Point, Span, points_of, spans_of

TRACES: Final = "/v1/traces"
METRICS: Final = "/v1/metrics"
MAX_BYTES: Final = 64 * 1024 * 1024
_PROTOBUF: Final = "application/x-protobuf"
_SIGNALS: Final[dict[str, tuple[type[Message], type[Message]]]] = {
    TRACES: (ExportTraceServiceRequest, ExportTraceServiceResponse),
    METRICS: (ExportMetricsServiceRequest, ExportMetricsServiceResponse),
}


class Receiver(Loopback):
    """`with Receiver() as receiver:`, and an exporter that sends `http/protobuf` to `receiver.endpoint`."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        """Path and body of each request that was accepted, in order; a compressed body as it was before."""
        self.refused: list[str] = []
        """Why requests were not."""
        self._lock = Lock()
        super().__init__(_Handler)

    @property
    def endpoint(self) -> str:
        """For `OTEL_EXPORTER_OTLP_ENDPOINT`: the exporters add the path of their signal."""
        return self.url

    def spans(self) -> list[Span]:
        """Every span, in the order of arrival."""
        return [span for body in self._bodies(TRACES) for span in spans_of(ExportTraceServiceRequest.FromString(body))]

    def metric_points(self) -> list[Point]:
        """Every data point, in the order of arrival: of a cumulative series the last one counts."""
        return [point for body in self._bodies(METRICS) for point in points_of(ExportMetricsServiceRequest.FromString(body))]

    def size(self) -> int:
        """How many bytes were received."""
        return sum(len(body) for _, body in self.received)

    def accept(self, path: str, body: bytes) -> None:
        """Keeps a body that was decoded once."""
        with self._lock:
            self.received.append((path, body))

    def _bodies(self, path: str) -> list[bytes]:
        with self._lock:
            return [body for received, body in self.received if received == path]


class _RefusedError(Exception):
    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: Receiver

    def do_POST(self) -> None:
        try:
            body = self._body()
            answer = self._read(body)
        except _RefusedError as refused:
            self.owner.refused.append(f"{refused.status.value} {self.path}: {refused}")
            # The specification of OTLP: the body of a refusal is a Status with a message for people.
            self.close_connection = True
            self._send(refused.status, Status(message=str(refused)))
            return
        self.owner.accept(self.path, body)
        self._send(HTTPStatus.OK, answer)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            raise _RefusedError(HTTPStatus.LENGTH_REQUIRED, "a Content-Length is needed")
        if int(length) > MAX_BYTES:
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {MAX_BYTES} bytes")
        # Read before anything is refused, so that the client is not cut off while it still writes.
        body = self.rfile.read(int(length))
        if self.path not in _SIGNALS:
            raise _RefusedError(HTTPStatus.NOT_FOUND, f"no such path; one of {', '.join(_SIGNALS)}")
        content_type = self.headers.get_content_type()
        if content_type != _PROTOBUF:
            raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the content type is {content_type}, not {_PROTOBUF}")
        encoding = self.headers.get("Content-Encoding", "identity").lower()
        if encoding == "gzip":
            return _unzipped(body)
        if encoding != "identity":
            raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the content encoding is {encoding}, not gzip")
        return body

    def _read(self, body: bytes) -> Message:
        request, response = _SIGNALS[self.path]
        try:
            request.FromString(body)
        except DecodeError as error:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, f"the body is no {request.DESCRIPTOR.name}: {error}") from error
        return response()

    def _send(self, status: HTTPStatus, message: Message) -> None:
        body = message.SerializeToString()
        self.send_response(status)
        self.send_header("Content-Type", _PROTOBUF)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: what was refused is in `Receiver.refused`."""


def _unzipped(body: bytes) -> bytes:
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = unzip.decompress(body, MAX_BYTES)
    except zlib.error as error:
        raise _RefusedError(HTTPStatus.BAD_REQUEST, f"the body is no gzip: {error}") from error
    if unzip.unconsumed_tail:
        raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {MAX_BYTES} bytes when unzipped")
    if not unzip.eof or unzip.unused_data:
        raise _RefusedError(HTTPStatus.BAD_REQUEST, "the body is no gzip: it ends too early or too late")
    return plain
