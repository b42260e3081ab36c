"""Every configuration in collector-config/collector/: the real Collector loads it, and what it takes arrives where it says."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from examples.demo.loopback import Loopback
from examples.demo.otlp import last_points, points_of, spans_of
from tests.backends.programs import Collector, Jaeger, Prometheus, binary, collector, get, jaeger, prometheus, wait_for
from tests.backends.spending import DEAR, PARTIAL, PLAIN, ROOT, UNKNOWN, spender

FOLDER: Final = ROOT / "collector-config" / "collector"
CONFIGURATIONS: Final = sorted(FOLDER.glob("*.yaml"))
CALLS: Final = (PLAIN, DEAR, UNKNOWN, PARTIAL)
SPEND: Final = float(sum((call.cost for call in CALLS), Fraction(0)))
KEY: Final = "Bearer not-a-key"
MORE: Final = {"tail-sampling": {"DECISION_WAIT": "100ms", "SHARE_PERCENT": "0"}}
"""What is set in the environment of a configuration, so that the test need not wait, and nothing is left to chance."""
SPANS_ONLY: Final = ("spans-to-metrics",)
CONNECTORS: Final = {"signal_to_metrics"}
SERVING: Final = {"prometheus", "health_check"}
"""Exporters and extensions that listen."""


class Backends(NamedTuple):
    """Where a configuration may send to."""

    jaeger: Jaeger
    tempo: Jaeger
    """Stands in for Tempo, which cannot be built here: it takes OTLP over gRPC too."""
    prometheus: Prometheus
    receiver: Receiver
    """Stands in for any backend with a key."""

    @property
    def environment(self) -> dict[str, str]:
        return {
            "JAEGER_OTLP": self.jaeger.address,
            "TEMPO_OTLP": self.tempo.address,
            "PROMETHEUS_OTLP": self.prometheus.otlp_http,
            "BACKEND_OTLP": self.receiver.url,
            "BACKEND_AUTHORIZATION": KEY,
        }


class Receiver(Loopback):
    """Takes OTLP over HTTP, from those who have the key."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        super().__init__(_Handler)


class _Handler(BaseHTTPRequestHandler):
    owner: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        allowed = self.headers["Authorization"] == KEY
        if allowed:
            self.owner.received.append((self.path, body))
        self.send_response(200 if allowed else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


# What is asked of each exporter: the amounts of the calls on their spans, or the whole spend ------------------------------------
def amounts_in(backend: Jaeger, service: str) -> list[float]:
    tags = [tag for trace in backend.traces(service) for span in trace["spans"] for tag in span["tags"]]
    return sorted(tag["value"] for tag in tags if tag["key"] == "gen_ai.usage.cost.amount")


def spend_in(backend: Prometheus, service: str) -> float | None:
    found = backend.query(f'sum(llm_cost_spend_total{{service_name="{service}"}})')
    return found[0][1] if found else None


def amounts_at(receiver: Receiver) -> list[float]:
    bodies = [ExportTraceServiceRequest.FromString(body) for path, body in receiver.received if path == "/v1/traces"]
    spans = [span for body in bodies for span in spans_of(body)]
    return sorted(float(str(span.attributes[name])) for span in spans for name in span.attributes if name.endswith("cost.amount"))


def spend_at(receiver: Receiver) -> float:
    bodies = [ExportMetricsServiceRequest.FromString(body) for path, body in receiver.received if path == "/v1/metrics"]
    points = last_points(point for body in bodies for point in points_of(body))
    return sum(point.value for point in points if point.metric == "llm_cost.spend")


def spend_scraped(gateway: Collector, service: str) -> float:
    lines = [line for line in get(f"http://{gateway.scrape}/metrics").splitlines() if line.startswith("llm_cost_spend_total{")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if f'service_name="{service}"' in line)


def looks(backends: Backends, gateway: Collector, service: str) -> dict[tuple[str, str], Callable[[], object]]:
    """By pipeline and exporter."""
    return {
        ("traces", "otlp_grpc/jaeger"): lambda: amounts_in(backends.jaeger, service),
        ("traces", "otlp_grpc/tempo"): lambda: amounts_in(backends.tempo, service),
        ("traces", "otlp_http/backend"): lambda: amounts_at(backends.receiver),
        ("metrics", "otlp_http/backend"): lambda: spend_at(backends.receiver),
        ("metrics", "otlp_http/prometheus"): lambda: spend_in(backends.prometheus, service),
        ("metrics", "prometheus"): lambda: spend_scraped(gateway, service),
    }


@contextmanager
def started() -> Iterator[Backends]:
    with (
        jaeger() as traces,
        jaeger() as tempo,
        prometheus("otlp: {promote_resource_attributes: [service.name]}") as metrics,
        Receiver() as receiver,
    ):
        yield Backends(traces, tempo, metrics, receiver)


@pytest.fixture(scope="module")
def backends() -> Iterator[Backends]:
    with started() as running:
        yield running


def version_of(configuration: Path) -> str:
    """The Collector that it says it was run with."""
    (version,) = re.findall(r"Run with Collector (0\.\d+)", configuration.read_text(encoding="utf-8"))
    return str(version)


def read(configuration: Path) -> Any:  # noqa: ANN401 - as the Collector reads it
    program = binary(f"otelcol-{version_of(configuration)}")
    done = subprocess.run(  # noqa: S603 - a program that we built
        [program, "print-config", "--format=json", f"--config={configuration}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


by_name: Final = pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=lambda path: path.stem)


@by_name
def test_it_is_valid_as_it_stands(configuration: Path) -> None:
    """With no variable set."""
    program = binary(f"otelcol-{version_of(configuration)}")
    done = subprocess.run([program, "validate", f"--config={configuration}"], capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, done.stderr) == (0, "")


@by_name
def test_memory_is_limited_first_and_data_are_batched_last(configuration: Path) -> None:
    pipelines = read(configuration)["service"]["pipelines"]
    assert pipelines
    for name, pipeline in pipelines.items():
        assert (pipeline["processors"][0], pipeline["processors"][-1]) == ("memory_limiter", "batch"), name


@by_name
def test_it_listens_on_the_loopback_interface_unless_told_otherwise(configuration: Path) -> None:
    document = read(configuration)
    served = [protocol["endpoint"] for protocol in document["receivers"]["otlp"]["protocols"].values()]
    for components in (document["exporters"], document["extensions"] or {}):
        served += [components[name]["endpoint"] for name in SERVING & components.keys()]
    assert len(served) >= 2
    assert {endpoint.split(":")[0] for endpoint in served} == {"127.0.0.1"}


@by_name
def test_data_go_through_it_to_where_they_should(configuration: Path, backends: Backends) -> None:
    service = configuration.stem
    env = backends.environment | MORE.get(service, {})
    pipelines = read(configuration)["service"]["pipelines"]
    kept = sorted(float(call.cost) for call in CALLS if call.is_priced and (service != "tail-sampling" or call is DEAR))
    with collector(configuration, version_of(configuration), env) as gateway:
        metrics_exporter = "none" if service in SPANS_ONLY else "otlp"
        with spender(gateway.otlp_http, OTEL_SERVICE_NAME=service, OTEL_METRICS_EXPORTER=metrics_exporter) as program:
            program.spend(*CALLS)
            program.terminate()
        look = looks(backends, gateway, service)
        # A connector is a pipeline's exporter and another's receiver.
        sent = [(signal, to) for signal, way in pipelines.items() for to in way["exporters"] if to not in CONNECTORS]
        assert sent
        for signal, to in sent:
            wait_for_value(look[signal, to], pytest.approx(SPEND, rel=1e-12) if signal == "metrics" else kept, to, gateway)
        assert "deprecated" not in gateway.log.lower()


def wait_for_value(ask: Callable[[], object], wanted: object, of: str, gateway: Collector) -> None:
    wait_for(lambda: ask() == wanted, f"{wanted} by {of}", gateway, state=ask)
