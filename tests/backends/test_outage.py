"""Who receives is gone for longer than anyone tries again: what is cumulative is whole afterwards."""

from __future__ import annotations

from typing import Final

import pytest

from tests.backends.programs import collector, prometheus, wait_for
from tests.backends.received import assert_increases, assert_sums, wait_for_ledger
from tests.backends.spending import CACHED, DEAR, EURO, PLAIN, ROOT, UNKNOWN, spender

CONFIG: Final = ROOT / "collector-config" / "collector" / "prometheus-otlp.yaml"
PROMETHEUS: Final = "otlp: {promote_resource_attributes: [service.name]}"
DROPPED: Final = {"http/protobuf": "Failed to export metrics batch", "grpc": "Failed to export metrics to"}
"""What the Python exporters say of a batch that they give up."""
HASTE: Final = ("max_elapsed_time=300ms", "initial_interval=100ms", "max_interval=100ms")
ONE: Final = {"OTEL_RESOURCE_ATTRIBUTES": "service.instance.id=one", "OTEL_TRACES_EXPORTER": "none"}


@pytest.mark.parametrize("protocol", DROPPED)
def test_the_collector_is_down_for_longer_than_the_program_tries_again(protocol: str) -> None:
    with prometheus(PROMETHEUS) as backend, collector(CONFIG, env={"PROMETHEUS_OTLP": backend.otlp_http}) as gateway:
        endpoint = gateway.otlp_grpc if protocol == "grpc" else gateway.otlp_http
        with spender(endpoint, protocol, OTEL_EXPORTER_OTLP_TIMEOUT="1", **ONE) as program:
            program.spend(PLAIN)
            wait_for_ledger(backend, {"one": program.calls}, gateway)
            assert DROPPED[protocol] not in program.log
            gateway.stop()
            program.spend(PLAIN, DEAR)
            wait_for(lambda: program.log.count(DROPPED[protocol]) >= 2, "two batches to be dropped", state=lambda: program.log)
            program.spend(CACHED, EURO, UNKNOWN)
            wait_for(lambda: program.log.count(DROPPED[protocol]) >= 3, "a third", state=lambda: program.log)
            gateway.start()
            wait_for_ledger(backend, {"one": program.calls}, gateway)
            program.terminate()
        assert_sums(backend, {"one": program.calls})
        assert_increases(backend, {"one": program.calls})


def test_prometheus_is_down_for_longer_than_the_collector_tries_again() -> None:
    haste = [f"--set=exporters.otlp_http/prometheus.retry_on_failure.{setting}" for setting in HASTE]
    with prometheus(PROMETHEUS) as backend, collector(CONFIG, env={"PROMETHEUS_OTLP": backend.otlp_http}, args=haste) as gateway:
        with spender(gateway.otlp_http, **ONE) as program:
            program.spend(PLAIN)
            wait_for_ledger(backend, {"one": program.calls}, gateway)
            backend.stop()
            program.spend(PLAIN, DEAR)
            wait_for(lambda: gateway.log.count("Dropping data") >= 2, "two batches to be dropped", gateway)
            program.spend(CACHED, EURO, UNKNOWN)
            wait_for(lambda: gateway.log.count("Dropping data") >= 4, "two more", gateway)
            backend.start()
            wait_for_ledger(backend, {"one": program.calls}, gateway)
            program.terminate()
        assert_sums(backend, {"one": program.calls})
        assert_increases(backend, {"one": program.calls})
