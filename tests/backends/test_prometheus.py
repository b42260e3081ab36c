"""Program to Prometheus, straight and through the Collector: the sums equal the exact ledger, through restarts of everyone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.backends.programs import Collector, Prometheus, collector, prometheus
from tests.backends.received import assert_increases, assert_sums, wait_for_ledger
from tests.backends.spending import ALL, CACHED, DEAR, EURO, FAILED, PARTIAL, PLAIN, ROOT, UNKNOWN, Call, Spender, spender

COLLECTOR: Final = ROOT / "collector-config" / "collector"
CONFIG: Final = "otlp: {promote_resource_attributes: [service.name]}"
OTHER: Final = Call("writer-1", 1013, 103)
LAST: Final = Call("dear-1", 13, 17)


@contextmanager
def process(name: str, endpoint: str, protocol: str = "http/protobuf", *, configures: bool = True) -> Iterator[Spender]:
    """A program with an identity that the test knows."""
    told = {"OTEL_RESOURCE_ATTRIBUTES": f"service.instance.id={name}"}
    with spender(endpoint, protocol, configures=configures, **told) as program:
        yield program


@pytest.mark.parametrize("configures", [True, False], ids=["configure", "opentelemetry-instrument"])
def test_straight(*, configures: bool) -> None:
    """Prometheus takes no traces: the program's log says so, and its money arrives."""
    with prometheus(CONFIG) as backend:
        with process("one", backend.otlp_http, configures=configures) as one:
            one.spend(*ALL)
            one.terminate() if configures else one.finish()
        spent = {"one": one.calls}
        wait_for_ledger(backend, spent)
        with process("two", backend.otlp_http, configures=configures) as two:
            two.spend(OTHER)
            spent["two"] = two.calls
            wait_for_ledger(backend, spent)
            backend.stop()
            two.spend(DEAR, EURO)
            backend.start()
            wait_for_ledger(backend, spent)
            two.spend(LAST)
            two.terminate() if configures else two.finish()
        wait_for_ledger(backend, spent)
        assert_sums(backend, spent)
        assert_increases(backend, spent)


def through_restarts(backend: Prometheus, gateway: Collector, protocol: str) -> dict[str, list[Call]]:
    """Two processes, of which the second lives through a restart of the Collector and one of Prometheus; both end by SIGTERM."""
    endpoint = gateway.otlp_grpc if protocol == "grpc" else gateway.otlp_http
    with process("one", endpoint, protocol) as one:
        one.spend(PLAIN, CACHED, FAILED)
        one.terminate()
    spent = {"one": one.calls}
    wait_for_ledger(backend, spent, gateway)
    with process("two", endpoint, protocol) as two:
        two.spend(OTHER, UNKNOWN, PARTIAL)
        spent["two"] = two.calls
        wait_for_ledger(backend, spent, gateway)
        gateway.stop()
        two.spend(DEAR)
        gateway.start()
        two.spend(EURO)
        wait_for_ledger(backend, spent, gateway)
        backend.stop()
        two.spend(CACHED)
        backend.start()
        wait_for_ledger(backend, spent, gateway)
        two.spend(LAST)
        two.terminate()
    wait_for_ledger(backend, spent, gateway)
    return spent


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_through_the_collector_by_otlp(protocol: str) -> None:
    with (
        prometheus(CONFIG) as backend,
        collector(COLLECTOR / "prometheus-otlp.yaml", env={"PROMETHEUS_OTLP": backend.otlp_http}) as gateway,
    ):
        spent = through_restarts(backend, gateway, protocol)
        assert_sums(backend, spent)
        assert_increases(backend, spent)


def test_through_the_collector_scraped(tmp_path: Path) -> None:
    config = tmp_path / "prometheus.yaml"
    with collector(COLLECTOR / "prometheus-scraped.yaml", "0.155") as gateway:
        config.write_text(
            f"""
scrape_configs:
  - job_name: collector
    honor_labels: true
    scrape_interval: 100ms
    scrape_timeout: 100ms
    static_configs: [{{targets: ["{gateway.scrape}"]}}]
""",
            encoding="utf-8",
        )
        with prometheus(config) as backend:
            spent = through_restarts(backend, gateway, "http/protobuf")
            assert_sums(backend, spent)
            assert_increases(backend, spent)
            for labels, _ in backend.query("last_over_time(llm_cost_calls_total[1h])"):
                assert labels["service_name"] == "spender"
