"""What the dashboards take for a counter's growth, where it is hard: births, gaps, resets; asked of a real Prometheus."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality

from tests.backends.programs import FEATURES, Prometheus, prometheus
from tools.dashboards.queries import anchored, unanchored

DAY: Final = 24 * 60


class Case(NamedTuple):
    """A counter's values by minute, and what it grew by in the minutes (start, end]."""

    id: str
    values: dict[int, float]
    start: int
    end: int
    grown: float | None
    born: float | None = 0.5
    """The minute at which it was 0, as its points tell; None where they do not."""
    roughly: bool = False
    """To 1 %, in the older form."""


def rising(start: int, end: int, at: float = 0.0, by: float = 0.25) -> dict[int, float]:
    """A value a minute, from `start` to `end`."""
    return {minute: at + by * (minute - start + 1) for minute in range(start, end + 1)}


CASES: Final = (
    Case("born within", rising(1, 10), 0, 10, 2.5),
    Case("born within, one point", {5: 7.5}, 4, 6, 7.5, born=4.5),
    Case("born within, and its points do not tell when", rising(3, 10, at=4.0), 0, 10, 6.0, born=None),
    Case("born within, with one point that does not tell when", {5: 7.5}, 4, 6, 7.5, born=None),
    Case("known before, and its points do not tell when", rising(1, 10), 5, 10, 1.25, born=None),
    Case("known before", rising(1, 10), 5, 10, 1.25),
    Case("nothing new", dict.fromkeys(range(1, 11), 3.0), 5, 10, 0.0),
    Case("the window begins in a gap", rising(1, 10) | rising(41, 60, at=50.0), 30, 60, 50.0 + 20 * 0.25 - 2.5),
    Case("a narrow window at the end of a gap", rising(1, 10) | rising(41, 60, at=50.0), 40, 41, 50.25 - 2.5),
    Case("a gap within the window", rising(1, 10) | rising(41, 60, at=50.0), 5, 60, 50.0 + 20 * 0.25 - 1.25),
    Case("nothing in the window", rising(1, 10) | rising(41, 60, at=50.0), 20, 30, None),
    Case("begun anew in a gap", rising(1, 10) | rising(41, 60), 30, 60, 5.0),
    Case("begun anew in the window", rising(1, 700) | rising(701, DAY), 60, DAY, 640 * 0.25 + (DAY - 700) * 0.25, roughly=True),
    Case("born and begun anew in it", rising(1, 700) | rising(701, DAY), 0, DAY, DAY * 0.25, roughly=True),
)


class Fed(NamedTuple):
    """A Prometheus that holds each case's counter, as `c<number>_total`, and the instant of minute 0."""

    prometheus: Prometheus
    grown: Callable[[str, str], str]
    exact: bool
    zero: int


@pytest.fixture(scope="module", params=["anchored", "unanchored"])
def fed(request: pytest.FixtureRequest) -> Iterator[Fed]:
    exact = request.param == "anchored"
    zero = int(time.time()) - (DAY + 60) * 60
    # Points of the past, in the order of the cases and not of time.
    config = "storage: {tsdb: {out_of_order_time_window: 30h}}"
    with prometheus(config, features=FEATURES if exact else "") as server:
        for minute in sorted({minute for case in CASES for minute in case.values}):
            _send(server, zero, minute)
        yield Fed(server, anchored if exact else unanchored, exact, zero)


def _send(server: Prometheus, zero: int, minute: int) -> None:
    request = ExportMetricsServiceRequest()
    scope = request.resource_metrics.add().scope_metrics.add()
    for number, case in enumerate(CASES):
        if minute in case.values:
            metric = scope.metrics.add(name=f"c{number}")
            metric.sum.is_monotonic = True
            metric.sum.aggregation_temporality = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
            metric.sum.data_points.add(
                as_double=case.values[minute],
                start_time_unix_nano=int((zero + case.born * 60) * 10**9) if case.born is not None else 0,
                time_unix_nano=(zero + minute * 60) * 10**9,
            )
    headers = {"Content-Type": "application/x-protobuf"}
    with build_opener(ProxyHandler({})).open(
        Request(f"{server.otlp_http}/v1/metrics", request.SerializeToString(), headers)  # noqa: S310 - loopback
    ) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.id for case in CASES])
def test_growth(fed: Fed, number: int) -> None:
    case = CASES[number]
    expression = fed.grown(f"c{number}_total", f"{(case.end - case.start) * 60}s")
    found = fed.prometheus.query(expression, time=str(fed.zero + case.end * 60))
    if case.grown is None:
        assert found == []
        return
    ((_, grown),) = found
    assert grown == pytest.approx(case.grown, rel=0.01 if case.roughly and not fed.exact else 1e-12)


@pytest.mark.parametrize("minutes", [1, 5, 60])
def test_windows_side_by_side_add_up(fed: Fed, minutes: int) -> None:
    (number,) = [number for number, case in enumerate(CASES) if case.id == "a gap within the window"]
    expression = fed.grown(f"c{number}_total", f"{minutes * 60}s")
    ends = range(minutes, 60 + 1, minutes)
    found = [value for end in ends for _, value in fed.prometheus.query(expression, time=str(fed.zero + end * 60))]
    assert sum(found) == pytest.approx(CASES[number].values[60], rel=1e-12)
