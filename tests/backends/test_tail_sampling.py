"""The Collector keeps expensive and failed traces; the metrics know of every call."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Final

import pytest

from tests.backends.programs import Jaeger, Prometheus, collector, jaeger, prometheus, wait_for
from tests.backends.received import assert_increases, assert_sums, wait_for_ledger
from tests.backends.spending import CACHED, DEAR, EURO, FAILED, PLAIN, ROOT, UNKNOWN, Call, spender

CONFIG: Final = ROOT / "collector-config" / "collector" / "tail-sampling.yaml"
AT: Final = Call("dear-1", 73, 1)
THRESHOLD: Final = "0.0524"
CALLS: Final = tuple(
    replace(call, name=name)
    for name, call in {
        "plain": PLAIN,
        "failed": FAILED,
        "at": AT,
        "above": Call("dear-1", 73, 2),
        "cached": CACHED,
        "dear": DEAR,
        "euro": EURO,
        "unknown": UNKNOWN,
        "last": Call("dear-1", 1013, 103),
    }.items()
)


def kept(backend: Jaeger, metrics: Prometheus, share: str) -> set[str]:
    """The names of the traces that are stored, once all have been decided on and the metrics have arrived."""
    env = {
        "JAEGER_OTLP": backend.address,
        "PROMETHEUS_OTLP": metrics.otlp_http,
        "EXPENSIVE": THRESHOLD,
        "SHARE_PERCENT": share,
        "DECISION_WAIT": "100ms",
    }
    with collector(CONFIG, env=env) as gateway:
        with spender(gateway.otlp_http, OTEL_RESOURCE_ATTRIBUTES="service.instance.id=one") as program:
            program.spend(*CALLS)
            program.terminate()

        def names() -> set[str]:
            return {span["operationName"] for trace in backend.traces("spender") for span in trace["spans"]}

        wait_for(lambda: "last" in names(), "the last trace in Jaeger", backend, gateway)
        wait_for_ledger(metrics, {"one": CALLS}, gateway)
        # What has been decided on is sent before it ends.
        gateway.stop()
        return names()


@pytest.mark.parametrize("share", ["0", "100"])
def test_expensive_and_failed_traces_are_kept_and_a_share_of_the_rest(share: str) -> None:
    assert float(AT.cost) == float(THRESHOLD)
    wanted = {call.name for call in CALLS if call.cost > Fraction(THRESHOLD) or call.error or share == "100"}
    with jaeger() as backend, prometheus("otlp: {promote_resource_attributes: [service.name]}") as metrics:
        assert kept(backend, metrics, share) == wanted
        assert_sums(metrics, {"one": CALLS})
        assert_increases(metrics, {"one": CALLS})
