"""Each program as `compose.yaml` starts it: its flags, variables and mounted configurations, with the paths in the checkout."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

import pytest

pytest.importorskip("yaml")

from examples.demo.replies import CURRENCY, REPLIES
from tests.backends.process import LOOPBACK, Program, binary, free_port, get, running, wait_for
from tests.backends.programs import Collector, Jaeger, collector, get_json, jaeger
from tests.compose_file import ROOT, Service, services

SERVICES: Final = services()
UNKNOWN_FEATURE: Final = "Unknown option for --enable-feature"


def in_checkout(service: Service, text: str, folder: Path) -> str:
    """A flag with the container's paths as paths here: what is mounted in the checkout, what is a volume in a folder."""
    for path in sorted(map(str, service.paths), key=len, reverse=True):
        if path in text:
            place = service.in_checkout(PurePosixPath(path)) or folder / path.lstrip("/")
            return text.replace(path, str(place))
    return text


class Composed(Program):
    """One service as a process, which says that it is ready at a path of its HTTP port."""

    def __init__(self, name: str, folder: Path, more: tuple[str, ...] = ()) -> None:
        service = SERVICES[name]
        port = free_port()
        self.url = f"http://{LOOPBACK}:{port}"
        flags = [in_checkout(service, flag, folder) for flag in service.command]
        command = [binary(name), *flags, f"--web.listen-address={LOOPBACK}:{port}", *more]
        super().__init__(name, command, folder, dict(service.environment))

    def is_ready(self) -> bool:
        return bool(get(f"{self.url}/-/ready"))

    def ask(self, expression: str) -> dict[tuple[str, ...], float]:
        """Of Prometheus: the values of an instant query, by the values of their labels."""
        found = get_json(f"{self.url}/api/v1/query", query=expression)["data"]["result"]
        return {tuple(series["metric"].values()): float(series["value"][1]) for series in found}


def long_flags(program: Path) -> set[str]:
    """What a program's help names."""
    told = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)  # noqa: S603 - a program that we built
    names = re.findall(r"--(\[no-\])?([\w.-]+)", told.stdout + told.stderr)
    return {name for _, name in names} | {f"no-{name}" for no, name in names if no}


@pytest.mark.parametrize(
    ("service", "program"),
    [("collector", "otelcol-0.161"), ("jaeger", "jaeger"), ("prometheus", "prometheus"), ("alertmanager", "alertmanager")],
)
def test_each_flag_is_one_that_the_program_has(service: str, program: str) -> None:
    known = long_flags(binary(program))
    assert "config" in known or "config.file" in known
    said = [flag.removeprefix("--").partition("=")[0] for flag in SERVICES[service].command]
    assert [flag for flag in said if flag not in known] == []


@pytest.mark.parametrize(("more", "unknown"), [((), 0), (("--enable-feature=no-such-feature",), 1)], ids=["compose", "a wrong one"])
def test_prometheus_starts_with_the_rules_and_knows_each_feature(more: tuple[str, ...], unknown: int) -> None:
    with running(lambda folder: Composed("prometheus", folder, more)) as prometheus:
        assert prometheus.log.count(UNKNOWN_FEATURE) == unknown, prometheus.log
        assert '"health"' in wait_for(lambda: get(f"{prometheus.url}/api/v1/rules"), "rules", prometheus)


def test_the_health_check_of_prometheus_tells_whether_it_is_ready() -> None:
    check, *arguments = SERVICES["prometheus"].said["healthcheck"]["test"][1:]
    assert check == "promtool"
    assert arguments[-1] == "--url=http://127.0.0.1:9090"
    with running(lambda folder: Composed("prometheus", folder)) as prometheus:
        command = [binary(check), *arguments[:-1], f"--url={prometheus.url}"]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603
        prometheus.stop()
        assert subprocess.run(command, capture_output=True, check=False).returncode == 1  # noqa: S603


def test_alertmanager_starts() -> None:
    with running(lambda folder: Composed("alertmanager", folder)) as alertmanager:
        assert "config" in get(f"{alertmanager.url}/api/v2/status")


@contextmanager
def gateway(**elsewhere: str) -> Iterator[Collector]:
    """The Collector, with its variables but where it listens."""
    service = SERVICES["collector"]
    (flag,) = service.command
    config = service.mounts[PurePosixPath(flag.removeprefix("--config="))]
    said = {name: value for name, value in service.environment.items() if not name.startswith("LISTEN_")}
    with collector(config, env=said | elsewhere) as started:
        yield started


def amounts(store: Jaeger) -> list[float]:
    """The costs on the spans that a store holds."""
    tags = [tag for trace in store.traces("traffic") for span in trace["spans"] for tag in span["tags"]]
    return [tag["value"] for tag in tags if tag["key"] == "gen_ai.usage.cost.amount"]


def test_the_demos_costs_arrive_by_way_of_the_collector_in_prometheus_and_on_the_traces() -> None:
    """Everything that compose starts, but Grafana, and with a Jaeger in Tempo's place."""
    traffic = SERVICES["traffic"]
    priced = [reply.cost for reply in REPLIES if reply.cost is not None]
    with jaeger() as traces, jaeger() as tempo, running(lambda folder: Composed("prometheus", folder)) as metrics:
        otlp = f"{metrics.url}/api/v1/otlp"
        with gateway(JAEGER_OTLP=traces.address, TEMPO_OTLP=tempo.address, PROMETHEUS_OTLP=otlp) as between:
            own = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
            done = subprocess.run(  # noqa: S603 - our own program
                [sys.executable, "-m", "examples.traffic", "--calls", str(len(REPLIES)), "--every", "0"],
                cwd=ROOT,
                env=own | traffic.environment | {"OTEL_EXPORTER_OTLP_ENDPOINT": between.otlp_http, "NO_PROXY": LOOPBACK},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            calls = 'sum by (service_name) (llm_cost_calls_total{llm_cost_status!="duplicate"})'
            wait_for(lambda: metrics.ask(calls) == {("traffic",): len(REPLIES)}, "calls in Prometheus", metrics, between)
            spend = metrics.ask("sum by (gen_ai_usage_cost_currency) (llm_cost_spend_total)")
            assert spend == {(CURRENCY,): pytest.approx(float(sum(priced)), rel=1e-9)}
            for store in (traces, tempo):
                wait_for(lambda store=store: len(amounts(store)) == len(priced), "spans with costs", store, between)
                assert sorted(amounts(store)) == pytest.approx(sorted(map(float, priced)), rel=1e-12)


def test_jaeger_reads_the_variable_that_says_where_it_listens() -> None:
    program = binary("jaeger").read_bytes()
    assert [name for name in SERVICES["jaeger"].environment if f"${{env:{name}".encode() not in program] == []
