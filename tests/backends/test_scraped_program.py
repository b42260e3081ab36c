"""OTEL_METRICS_EXPORTER=prometheus: Prometheus scrapes the program itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backends.programs import free_port, prometheus
from tests.backends.received import assert_sums, wait_for_ledger
from tests.backends.spending import CACHED, DEAR, EURO, FAILED, PLAIN, UNKNOWN, spender

pytest.importorskip("opentelemetry.exporter.prometheus")


@pytest.mark.parametrize("configures", [True, False], ids=["configure", "opentelemetry-instrument"])
def test_the_series_of_each_process_equal_its_ledger(tmp_path: Path, *, configures: bool) -> None:
    port = free_port()
    target = f"127.0.0.1:{port}"
    told = {
        "OTEL_METRICS_EXPORTER": "prometheus",
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_EXPORTER_PROMETHEUS_HOST": "127.0.0.1",
        "OTEL_EXPORTER_PROMETHEUS_PORT": str(port),
    }
    config = tmp_path / "prometheus.yaml"
    config.write_text(
        f"""
scrape_configs:
  - job_name: spender
    scrape_interval: 100ms
    scrape_timeout: 100ms
    static_configs: [{{targets: ["{target}"]}}]
""",
        encoding="utf-8",
    )
    with prometheus(config) as backend:
        with spender(configures=configures, **told) as one:
            one.spend(PLAIN, CACHED, EURO)
            wait_for_ledger(backend, {target: one.calls})
            one.spend(FAILED, PLAIN)
            wait_for_ledger(backend, {target: one.calls})
            assert_sums(backend, {target: one.calls})
            one.terminate() if configures else one.finish()
        # It starts again at 0: what it spends is less than what was there before, and so a counter's reset.
        with spender(configures=configures, **told) as two:
            two.spend(CACHED, EURO, FAILED, DEAR, UNKNOWN)
            wait_for_ledger(backend, {target: two.calls})
            assert_sums(backend, {target: two.calls})
            two.terminate() if configures else two.finish()
        ((_, resets),) = backend.query('max(resets(llm_cost_spend_total{llm_cost_component="input"}[1h]))')
        assert resets == 1
