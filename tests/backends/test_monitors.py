"""The recordings by the names of hand-made monitors, of a real program; latency from what the Collector makes of its spans."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from tests.backends.programs import Prometheus, collector, prometheus, wait_for
from tests.backends.rules import SHIPPED
from tests.backends.spending import CACHED, DEAR, EURO, FAILED, PLAIN, UNKNOWN, spender

COLLECTOR: Final = """
receivers: {{otlp: {{protocols: {{http: {{endpoint: "${{env:LISTEN_OTLP_HTTP}}"}}}}}}}}
connectors:
  span_metrics:
    histogram: {{unit: s}}
    dimensions: [{{name: gen_ai.provider.name}}, {{name: gen_ai.response.model}}]
    metrics_flush_interval: 200ms
exporters: {{otlp_http: {{endpoint: "{prometheus}"}}}}
service:
  pipelines:
    traces: {{receivers: [otlp], exporters: [span_metrics]}}
    metrics: {{receivers: [otlp, span_metrics], exporters: [otlp_http]}}
"""
CALLS: Final = (PLAIN, CACHED, DEAR, DEAR, EURO, UNKNOWN, FAILED)


def by(backend: Prometheus, metric: str, *labels: str) -> dict[tuple[str, ...], float]:
    return {tuple(found[label] for label in labels): value for found, value in backend.query(metric) if found["provider"] == "acme"}


def test_the_names_of_monitors(tmp_path: Path) -> None:
    rules = tmp_path / "monitors.yaml"
    rules.write_text((SHIPPED / "rules" / rules.name).read_text("utf-8").replace("interval: 1m", "interval: 1s"), encoding="utf-8")
    config = f"rule_files: [{rules}]\notlp: {{promote_resource_attributes: [service.name]}}"
    with prometheus(config) as backend, collector(COLLECTOR.format(prometheus=backend.otlp_http), "0.155") as gateway:
        with spender(gateway.otlp_http) as program:
            program.spend(*CALLS)
            program.terminate()
        requests = Counter((call.model, "error" if call.error else "success") for call in CALLS)
        wait_for(
            lambda: by(backend, "llm_api_requests_total", "model", "status") == requests,
            f"the requests {requests}",
            backend,
            gateway,
            state=lambda: by(backend, "llm_api_requests_total", "model", "status"),
        )
        priced = [call for call in CALLS if call.currency == "USD" and call.is_priced]
        usd = {(model,): sum(call.cost for call in priced if call.model == model) for model in {call.model for call in priced}}
        assert by(backend, "llm_api_cost_usd_total", "model") == {
            model: pytest.approx(float(total)) for model, total in usd.items()
        }
        tokens: Counter[tuple[str, str]] = Counter()
        for call in CALLS:
            if call.input is not None and call.output is not None:
                tokens[call.model, "input"] += call.input
                tokens[call.model, "output"] += call.output
        assert by(backend, "llm_api_tokens_total", "model", "type") == tokens
        # A call that failed has no response model, and no latency here.
        answered = Counter((call.model,) for call in CALLS if not call.error)
        wait_for(
            lambda: by(backend, "llm_api_latency_seconds_count", "model") == answered,
            f"the latencies of {answered}",
            backend,
            gateway,
            state=lambda: backend.query("llm_api_latency_seconds_count"),
        )
        infinite = by(backend, 'llm_api_latency_seconds_bucket{le="+Inf"}', "model")
        assert infinite == answered
        assert all(value > 0 for value in by(backend, "llm_api_latency_seconds_sum", "model").values())
