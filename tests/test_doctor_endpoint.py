"""What the doctor says of endpoints: real exporters, and real servers that are wrong in one way each."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

for needed in ("cryptography", "grpc", "opentelemetry.exporter.otlp.proto.grpc", "opentelemetry.exporter.otlp.proto.http"):
    pytest.importorskip(needed)

import grpc  # noqa: E402
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics  # noqa: E402
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans  # noqa: E402
from opentelemetry.exporter.otlp.proto.http import Compression  # noqa: E402
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetrics  # noqa: E402
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans  # noqa: E402
from opentelemetry.sdk.metrics import MeterProvider  # noqa: E402
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: E402
from opentelemetry.sdk.trace import TracerProvider  # noqa: E402
from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: E402

from examples.demo.receiver import METRICS, TRACES, Receiver  # noqa: E402
from otel_llm_cost.doctor import endpoint  # noqa: E402
from otel_llm_cost.doctor.answer import Answer, Outcome, ask  # noqa: E402
from otel_llm_cost.doctor.endpoint import shown  # noqa: E402
from otel_llm_cost.doctor.finding import Finding, State  # noqa: E402
from otel_llm_cost.doctor.internals import Otlp, otlp_of  # noqa: E402
from otel_llm_cost.doctor.setup import setup_of  # noqa: E402
from tests.real_program import grpc_receiver  # noqa: E402
from tests.receivers import (  # noqa: E402
    Answering,
    closing_server,
    greeting_server,
    grpc_server,
    nobody,
    self_signed,
    silent_server,
    tls_alert_server,
)

Exporter = HttpSpans | HttpMetrics | GrpcSpans | GrpcMetrics
NO_NAME: Final = ".".join(["x" * 60] * 5)
"""Longer than any host's, so that no name server is asked."""
SECRETS: Final = ("tell-nobody", "secret", "hunter2")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("OTEL_") or "proxy" in name.lower() or name in {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}:
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls") / "both.pem")


def answer_to(exporter: Exporter, signal: str = "traces", seconds: float = 5) -> Answer:
    otlp = otlp_of(exporter, signal)
    assert otlp is not None
    try:
        return ask(otlp, seconds)
    finally:
        exporter.shutdown()


# Receivers that take it ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip, Compression.Deflate])
def test_an_empty_export_of_spans_is_taken_over_http(compression: Compression) -> None:
    with Receiver() as receiver:
        exporter = HttpSpans(f"{receiver.endpoint}{TRACES}", compression=compression)
        assert answer_to(exporter) == Answer(Outcome.TAKEN, "200")
        assert receiver.received == [(TRACES, b"")]


def test_an_empty_export_of_metrics_is_taken_over_http() -> None:
    with Receiver() as receiver:
        assert answer_to(HttpMetrics(f"{receiver.endpoint}{METRICS}"), "metrics") == Answer(Outcome.TAKEN, "200")
        assert receiver.received == [(METRICS, b"")]


def test_an_empty_export_is_taken_over_grpc() -> None:
    with grpc_receiver() as (url, traces, metrics):
        assert answer_to(GrpcSpans(url)).outcome is Outcome.TAKEN
        assert answer_to(GrpcMetrics(url), "metrics").outcome is Outcome.TAKEN
        assert [len(request.resource_spans) for request in traces] == [0]
        assert [len(request.resource_metrics) for request in metrics] == [0]


def test_a_certificate_that_is_named_is_trusted(certificate: Path) -> None:
    with Answering(200, certificate) as server:
        assert answer_to(HttpSpans(server.url, certificate_file=str(certificate))).outcome is Outcome.TAKEN


# And those that do not ----------------------------------------------------------------------------------------------------------
@contextmanager
def answering(status: int) -> Iterator[str]:
    with Answering(status) as server:
        yield server.url


@contextmanager
def at(url: str) -> Iterator[str]:
    yield url


OVER_HTTP: Final[dict[str, tuple[Callable[[Path], Any], str, Outcome]]] = {
    "refused": (lambda _: at(f"http://{nobody()}"), "", Outcome.NOBODY_LISTENS),
    "no such host": (lambda _: at(f"http://{NO_NAME}:4318"), "", Outcome.NO_SUCH_HOST),
    "no scheme": (lambda _: at(f"{nobody()}/v1/traces"), "", Outcome.BAD_URL),
    "302": (lambda _: answering(302), "", Outcome.REDIRECTED),
    "400": (lambda _: answering(400), "", Outcome.REFUSED_EMPTY),
    "401": (lambda _: answering(401), "", Outcome.UNAUTHENTICATED),
    "403": (lambda _: answering(403), "", Outcome.FORBIDDEN),
    "404": (lambda _: answering(404), "", Outcome.NOT_FOUND),
    "415": (lambda _: answering(415), "", Outcome.NOT_PROTOBUF),
    "418": (lambda _: answering(418), "", Outcome.FAILED),
    "503": (lambda _: answering(503), "", Outcome.BUSY),
    "gRPC port": (lambda _: grpc_server(), "http://", Outcome.SPEAKS_HTTP_2),
    "no TLS": (lambda _: grpc_server(), "https://", Outcome.NO_TLS),
    "TLS port": (lambda pem: grpc_server(certificate=pem), "http://", Outcome.CLOSED),
    "TLS port that says so": (lambda _: tls_alert_server(), "http://", Outcome.WANTS_TLS),
    "not trusted": (lambda pem: grpc_server(certificate=pem), "https://", Outcome.CERTIFICATE),
    "silent": (lambda _: silent_server(), "http://", Outcome.TIMED_OUT),
}


def _patience(outcome: Outcome) -> float:
    return 0.3 if outcome is Outcome.TIMED_OUT else 20


@pytest.mark.parametrize("name", OVER_HTTP)
def test_what_goes_wrong_over_http_is_told_apart(name: str, certificate: Path) -> None:
    server, scheme, outcome = OVER_HTTP[name]
    with server(certificate) as place:
        assert answer_to(HttpSpans(f"{scheme}{place}"), seconds=_patience(outcome)).outcome is outcome


OVER_GRPC: Final[dict[str, tuple[Callable[[Path], Any], str, Outcome]]] = {
    "refused": (lambda _: at(f"http://{nobody()}"), "", Outcome.NOBODY_LISTENS),
    "no such host": (lambda _: at(f"http://{NO_NAME}:4317"), "", Outcome.NO_SUCH_HOST),
    "with a password": (lambda _: at(f"http://me:hunter2@{nobody()}"), "", Outcome.NO_SUCH_HOST),
    "unauthenticated": (lambda _: grpc_server(grpc.StatusCode.UNAUTHENTICATED), "http://", Outcome.UNAUTHENTICATED),
    "forbidden": (lambda _: grpc_server(grpc.StatusCode.PERMISSION_DENIED), "http://", Outcome.FORBIDDEN),
    "unavailable": (lambda _: grpc_server(grpc.StatusCode.UNAVAILABLE), "http://", Outcome.BUSY),
    "internal": (lambda _: grpc_server(grpc.StatusCode.INTERNAL), "http://", Outcome.FAILED),
    "no OTLP": (lambda _: grpc_server(), "http://", Outcome.NOT_OTLP),
    "HTTP port": (lambda _: answering(200), "", Outcome.SPEAKS_HTTP_1),
    "no TLS": (lambda _: grpc_server(), "https://", Outcome.NO_TLS),
    "TLS port": (lambda pem: grpc_server(certificate=pem), "http://", Outcome.CLOSED),
    "not trusted": (lambda pem: grpc_server(certificate=pem), "https://", Outcome.CERTIFICATE),
    "silent": (lambda _: silent_server(), "http://", Outcome.TIMED_OUT),
}


@pytest.mark.parametrize("name", OVER_GRPC)
def test_what_goes_wrong_over_grpc_is_told_apart(name: str, certificate: Path) -> None:
    server, scheme, outcome = OVER_GRPC[name]
    with server(certificate) as place:
        assert answer_to(GrpcSpans(f"{scheme}{place}"), seconds=_patience(outcome)).outcome is outcome


def test_a_certificate_file_that_is_not_there() -> None:
    with Answering(200) as server:
        url = server.url.replace("http", "https")
        assert answer_to(HttpSpans(url, certificate_file="/nowhere/ca.pem")).outcome is Outcome.NO_FILE


# What is said of it -------------------------------------------------------------------------------------------------------------
@contextmanager
def said_of(
    spans: HttpSpans | GrpcSpans | None = None, metrics: HttpMetrics | None = None, **variables: str
) -> Iterator[list[Finding]]:
    tracers = TracerProvider(shutdown_on_exit=False)
    readers = [] if metrics is None else [PeriodicExportingMetricReader(metrics, export_interval_millis=3_600_000)]
    meters = MeterProvider(readers, shutdown_on_exit=False)
    if spans is not None:
        tracers.add_span_processor(SimpleSpanProcessor(spans))
    try:
        yield endpoint.findings(setup_of(tracers, meters, variables))
    finally:
        for exporter in (spans, metrics):
            if exporter is not None:
                exporter.shutdown()
        tracers.shutdown()


def test_each_exporter_is_asked_and_named() -> None:
    with Receiver() as receiver:
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint}
        with said_of(HttpSpans(f"{receiver.endpoint}{TRACES}"), HttpMetrics(f"{receiver.endpoint}{METRICS}"), **variables) as found:
            assert [one.state for one in found] == [State.OK, State.OK]
            for one, path in zip(found, (TRACES, METRICS), strict=True):
                assert f"http/protobuf to {receiver.endpoint}{path}, by OTEL_EXPORTER_OTLP_ENDPOINT: takes" in one.text


def test_an_endpoint_that_the_variables_do_not_name_is_said_to_come_from_elsewhere() -> None:
    with (
        Receiver() as receiver,
        said_of(HttpSpans(f"{receiver.endpoint}{TRACES}"), OTEL_EXPORTER_OTLP_ENDPOINT="http://x:1") as found,
    ):
        assert "as set in code or by a file" in found[0].text


@pytest.mark.parametrize(
    ("variable", "path", "todo"),
    [
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "", "it has to end with /v1/traces"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "/x/v1/traces", "is used as it stands: look up the path"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "/v1/traces", "is the part before /v1/traces, which is added to it"),
    ],
)
def test_what_to_do_about_a_path_goes_by_the_variable(variable: str, path: str, todo: str) -> None:
    with Answering(404) as server, said_of(HttpSpans(server.url + path), **{variable: server.url}) as (found,):
        assert found.state is State.BAD
        assert variable in (found.todo or "")
        assert todo in (found.todo or "")


CLOSING: Final[dict[str, tuple[Callable[[Path], Any], str]]] = {
    "TLS": (lambda pem: grpc_server(certificate=pem), "wants TLS"),
    "HTTP/2": (lambda _: greeting_server(), "it is a gRPC port, and is asked by HTTP"),
    "neither": (lambda _: closing_server(), "closes the connection without an answer"),
}


@pytest.mark.parametrize("name", CLOSING)
def test_of_a_port_that_closes_the_connection_it_is_found_out_what_it_speaks(name: str, certificate: Path) -> None:
    server, said = CLOSING[name]
    with server(certificate) as place, said_of(HttpSpans(f"http://{place}/v1/traces")) as (found,):
        assert found.state is State.BAD
        assert said in found.text


def test_of_a_tls_port_that_is_asked_by_grpc_too(certificate: Path) -> None:
    with grpc_server(certificate=certificate) as place, said_of(GrpcSpans(f"http://{place}")) as (found,):
        assert "wants TLS" in found.text
        assert "https://" in (found.todo or "")


def test_headers_are_named_and_never_shown() -> None:
    with Answering(401) as server:
        url = server.url.replace("//", "//me:hunter2@") + "/v1/traces?api-key=tell-nobody"
        headers = {"Authorization": "Bearer tell-nobody", "x-tenant": "tell-nobody"}
        with said_of(HttpSpans(url, headers=headers), OTEL_EXPORTER_OTLP_TRACES_HEADERS="authorization=Bearer tell-nobody") as (
            found,
        ):
            assert server.asked[0]["authorization"].startswith(("Bearer", "Basic"))
            assert "with the headers authorization, x-tenant" in found.text
            assert f"{server.url}/v1/traces?…" in found.text
            assert "OTEL_EXPORTER_OTLP_TRACES_HEADERS" in (found.todo or "")
            assert not any(secret in f"{found}" for secret in SECRETS)


def test_the_headers_of_grpc_are_named_and_never_shown() -> None:
    with grpc_server(grpc.StatusCode.UNAUTHENTICATED) as place:
        exporter = GrpcSpans(f"http://{place}", headers={"authorization": "Bearer tell-nobody"})
        with said_of(exporter, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{place}") as (found,):
            assert "with the header authorization" in found.text
            assert f"grpc to http://{place}, by OTEL_EXPORTER_OTLP_ENDPOINT" in found.text
            assert not any(secret in f"{found}" for secret in SECRETS)


def test_a_proxy_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    with Answering(403) as proxy:
        value = proxy.url.replace("//", "//me:hunter2@")
        monkeypatch.setenv("http_proxy", value)
        with said_of(HttpSpans("http://collector.invalid:4318/v1/traces"), http_proxy=value) as (found,):
            assert len(proxy.asked) == 1
            assert "by the proxy of http_proxy" in found.text
            assert "NO_PROXY" in (found.todo or "")
            assert "hunter2" not in f"{found}"


def test_a_proxy_that_does_not_lead_there_is_said_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with Answering(200) as proxy:  # and knows no CONNECT
        monkeypatch.setenv("https_proxy", proxy.url)
        with said_of(HttpSpans("https://collector.invalid/v1/traces"), https_proxy=proxy.url) as (found,):
            assert "the proxy does not lead there" in found.text
            assert "NO_PROXY" in (found.todo or "")


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.TAKEN], ids=lambda one: one.name)
@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_of_all_that_goes_wrong_there_is_said_what_to_do(outcome: Outcome, protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "ask", lambda _: Answer(outcome, "401"))
    with said_of(GrpcSpans("http://x:1") if protocol == "grpc" else HttpSpans("http://x:1")) as (found,):
        assert found.state in {State.WARN, State.BAD}
        assert found.todo
        assert "{" not in found.text + found.todo


@pytest.mark.parametrize(
    ("raised", "answer"),
    [
        (RuntimeError("tell-nobody"), Answer(Outcome.OTHER, "RuntimeError")),
        (OSError(errno.EHOSTUNREACH, "tell-nobody"), Answer(Outcome.UNREACHABLE, "OSError")),
    ],
    ids=["unknown", "unreachable"],
)
def test_whatever_a_client_raises_is_an_answer(raised: Exception, answer: Answer) -> None:
    def ask_it(_: float) -> int:
        raise raised

    assert ask(Otlp("traces", "grpc", "x", (), ask_it)) == answer


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://me:hunter2@x.example:4318/v1/traces?k=secret#secret", "https://x.example:4318/v1/traces?…"),
        ("me:hunter2@x.example:4317", "x.example:4317"),
        ("http://[::1]:4318/v1/traces", "http://[::1]:4318/v1/traces"),
    ],
)
def test_a_url_is_shown_without_what_may_be_secret(url: str, said: str) -> None:
    assert shown(url) == said
