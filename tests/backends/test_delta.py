"""A program that sends deltas, to Prometheus, which takes none: through the Collector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from tests.backends.programs import Collector, Prometheus, collector, prometheus, wait_for
from tests.backends.received import assert_increases, assert_sums
from tests.backends.spending import CACHED, DEAR, EURO, FAILED, PLAIN, ROOT, UNKNOWN, Call, spender

COLLECTOR: Final = ROOT / "collector-config" / "collector"
PROMETHEUS: Final = "otlp: {promote_resource_attributes: [service.name]}"
DELTA: Final = {"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta", "OTEL_TRACES_EXPORTER": "none"}
BY_PROCESS: Final = "sum by (instance) (last_over_time(llm_cost_calls_total[1h]))"


def wait_for_calls(backend: Prometheus, made: Mapping[str, Sequence[Call]], gateway: Collector) -> None:
    """Until as many calls of each process have arrived as it made."""

    def arrived() -> dict[str, float]:
        return {labels["instance"]: count for labels, count in backend.query(BY_PROCESS)}

    wanted = {process: len(calls) for process, calls in made.items()}
    wait_for(lambda: arrived() == wanted, f"calls: {wanted}", backend, gateway, state=arrived)


def test_deltas_add_up_to_the_ledger() -> None:
    config = COLLECTOR / "delta.yaml"
    with prometheus(PROMETHEUS) as backend, collector(config, env={"PROMETHEUS_OTLP": backend.otlp_http}) as gateway:
        with spender(gateway.otlp_http, **DELTA, OTEL_RESOURCE_ATTRIBUTES="service.instance.id=one") as one:
            made = {"one": one.calls}
            for call in (PLAIN, CACHED, DEAR, FAILED):
                # Each in a delta of its own.
                one.spend(call)
                wait_for_calls(backend, made, gateway)
            one.spend(EURO, UNKNOWN)
            one.terminate()
        with spender(gateway.otlp_http, **DELTA, OTEL_RESOURCE_ATTRIBUTES="service.instance.id=two") as two:
            made["two"] = two.calls
            two.spend(DEAR, PLAIN)
            two.terminate()
        wait_for_calls(backend, made, gateway)
        assert_sums(backend, made)
        assert_increases(backend, made)


def test_prometheus_takes_none() -> None:
    with prometheus(PROMETHEUS) as backend, spender(backend.otlp_http, **DELTA) as program:
        program.spend(PLAIN)
        wait_for(lambda: "Failed to export metrics" in program.log, "a refusal", backend, state=lambda: program.log)
        assert backend.query(BY_PROCESS) == []
