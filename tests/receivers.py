"""What exporters send to in tests, where it is no OTLP receiver, or one that refuses."""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from ipaddress import IPv4Address
from pathlib import Path
from socket import create_server
from socketserver import BaseRequestHandler, TCPServer
from threading import Thread
from typing import Final

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from examples.demo.loopback import Loopback

HOST: Final = "127.0.0.1"


class Answering(Loopback):
    """An HTTP server that answers each request with one status, over TLS where it is given a certificate."""

    def __init__(self, status: int, certificate: Path | None = None) -> None:
        self.status = status
        self.asked: list[dict[str, str]] = []
        """The headers of each request, their names in lower case."""
        super().__init__(_Handler)
        self._scheme = "http" if certificate is None else "https"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    @property
    def url(self) -> str:
        return super().url.replace("http", self._scheme, 1)


class _Handler(BaseHTTPRequestHandler):
    owner: Answering

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.owner.asked.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(self.owner.status)
        self.send_header("Location", "https://elsewhere.example/?key=secret")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def grpc_server(code: grpc.StatusCode | None = None, certificate: Path | None = None) -> Iterator[str]:
    """A gRPC server: one that knows no OTLP, or that ends each call with a status code. Its host and port."""

    class Ending(grpc.GenericRpcHandler):
        def service(self, _details: object) -> grpc.RpcMethodHandler | None:
            if code is None:
                return None

            def end(_request: object, context: grpc.ServicerContext) -> None:
                context.abort(code, "key=secret")

            return grpc.unary_unary_rpc_method_handler(end)

    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2), handlers=(Ending(),))
    if certificate is not None:
        key, _, chain = certificate.read_text().partition("-----BEGIN CERT")
        held = grpc.ssl_server_credentials([(key.encode(), f"-----BEGIN CERT{chain}".encode())])
        port = server.add_secure_port(f"{HOST}:0", held)
    else:
        port = server.add_insecure_port(f"{HOST}:0")
    server.start()
    try:
        yield f"{HOST}:{port}"
    finally:
        server.stop(None).wait()


@contextmanager
def tls_alert_server() -> Iterator[str]:
    """Answers whatever it is sent with a TLS alert, as some TLS servers do. Its host and port."""

    class Alerting(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(b"\x15\x03\x01\x00\x02\x02\x46")

    with TCPServer((HOST, 0), Alerting) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"{HOST}:{server.server_address[1]}"
        server.shutdown()


@contextmanager
def greeting_server() -> Iterator[str]:
    """Closes the connection on all but HTTP/2, as gRPC servers in Go do. Its host and port."""

    class Greeting(BaseRequestHandler):
        def handle(self) -> None:
            if self.request.recv(65536).startswith(b"PRI * HTTP/2.0"):
                self.request.sendall(bytes((0, 0, 0, 4, 0, 0, 0, 0, 0)))

    with TCPServer((HOST, 0), Greeting) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"{HOST}:{server.server_address[1]}"
        server.shutdown()


@contextmanager
def closing_server() -> Iterator[str]:
    """Closes each connection. Its host and port."""
    with TCPServer((HOST, 0), _Closing) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"{HOST}:{server.server_address[1]}"
        server.shutdown()


class _Closing(BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(65536)


@contextmanager
def silent_server() -> Iterator[str]:
    """Takes connections and says nothing. Its host and port."""
    with create_server((HOST, 0)) as server:
        yield f"{HOST}:{server.getsockname()[1]}"


def nobody() -> str:
    """A host and port at which nobody listens."""
    with create_server((HOST, 0)) as server:
        return f"{HOST}:{server.getsockname()[1]}"


def self_signed(path: Path) -> Path:
    """A key and the certificate of 127.0.0.1 that it signed itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(HOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + certificate.public_bytes(pem))
    return path
