"""Programs that send spans only: the Collector makes the metrics of the costs on them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Final

import pytest

from tests.backends.programs import Collector, Prometheus, collector, jaeger, prometheus, wait_for
from tests.backends.spending import ALL, DEAR, EURO, FAILED, PLAIN, ROOT, Call, spender

CONFIG: Final = ROOT / "collector-config" / "collector" / "spans-to-metrics.yaml"
FIRST: Final = ALL
SECOND: Final = (PLAIN, DEAR, EURO, FAILED)


def by(backend: Prometheus, metric: str, *labels: str) -> dict[tuple[str, ...], float]:
    found = backend.query(f"sum by ({','.join(labels)}) ({metric})")
    return {tuple(series.get(label, "") for label in labels): value for series, value in found}


def spend_of(calls: tuple[Call, ...]) -> dict[tuple[str, ...], Fraction]:
    spend: dict[tuple[str, ...], Fraction] = {}
    for call in calls:
        if call.cost:
            key = call.model, call.currency, "unsplit"
            spend[key] = spend.get(key, Fraction(0)) + call.cost
    return spend


def send_test_span(gateway: Collector) -> None:
    """The doctor's, which is no call."""
    programs = Path(sys.executable).parent
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": gateway.otlp_http, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}
    done = subprocess.run(  # noqa: S603 - our own command
        [programs / "opentelemetry-instrument", programs / "otel-llm-cost", "doctor", "--send"],
        env={**os.environ, **endpoint, "OTEL_METRICS_EXPORTER": "none", "OTEL_SERVICE_NAME": "spender", "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "exported; it costs nothing" in done.stdout, done.stdout + done.stderr


def test_spend_calls_and_cost_per_call_are_those_of_the_spans_of_all_processes() -> None:
    made = FIRST + SECOND
    calls = Counter(call.status for call in made)
    priced = Counter((call.model,) for call in made if call.is_priced)
    with (
        jaeger() as traces,
        prometheus("otlp: {promote_resource_attributes: [service.name]}") as backend,
        collector(CONFIG, "0.155", {"JAEGER_OTLP": traces.address, "PROMETHEUS_OTLP": backend.otlp_http}) as gateway,
    ):
        send_test_span(gateway)
        for process in (FIRST, SECOND):
            with spender(gateway.otlp_http, OTEL_METRICS_EXPORTER="none") as program:
                program.spend(*process)
                program.terminate()

        def counted() -> dict[tuple[str, ...], float]:
            return by(backend, "llm_cost_calls_total", "llm_cost_status", "llm_cost_reason")

        wait_for(lambda: counted() == calls, f"calls: {calls}", backend, gateway, state=counted)
        assert by(backend, "llm_cost_spend_total", "gen_ai_response_model", "gen_ai_usage_cost_currency", "llm_cost_component") == {
            labels: pytest.approx(float(spend), rel=1e-12) for labels, spend in spend_of(made).items()
        }
        assert by(backend, "gen_ai_client_operation_cost_count", "gen_ai_response_model") == priced
        assert by(backend, 'gen_ai_client_operation_cost_bucket{le="1.024"}', "gen_ai_response_model") == {
            (model,): sum(call.is_priced and call.model == model and call.cost <= Fraction("1.024") for call in made)
            for (model,) in priced
        }
        assert by(backend, "llm_cost_calls_total", "service_name").keys() == {("spender",)}
