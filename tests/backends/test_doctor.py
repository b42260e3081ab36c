"""What the doctor says of a real Collector, asked in the right way and in wrong ones."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.backends.programs import Collector, collector
from tests.backends.spending import ROOT

# It takes traces only.
CONFIG: Final = ROOT / "collector-config" / "collector" / "jaeger.yaml"


@pytest.fixture(scope="module")
def gateway() -> Iterator[Collector]:
    with collector(CONFIG, env={"JAEGER_OTLP": "127.0.0.1:1"}) as running:
        yield running


def said(endpoint: str, protocol: str, folder: Path) -> list[str]:
    """The lines about endpoints, traces first."""
    programs = Path(sys.executable).parent
    own = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    done = subprocess.run(  # noqa: S603 - our own command
        [programs / "opentelemetry-instrument", programs / "otel-llm-cost", "doctor"],
        env={**own, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol, "NO_PROXY": "127.0.0.1"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    return [line for line in done.stdout.split("endpoint\n")[1].split("\n\n")[0].splitlines() if "->" not in line]


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_what_it_takes_is_well_and_what_it_has_no_pipeline_for_is_not(gateway: Collector, protocol: str, tmp_path: Path) -> None:
    endpoint = gateway.otlp_grpc if protocol == "grpc" else gateway.otlp_http
    traces, metrics = said(endpoint, protocol, tmp_path)
    assert traces.endswith("takes an empty export")
    assert ("answers 404" in metrics) if protocol != "grpc" else ("takes no metrics (UNIMPLEMENTED)" in metrics)


def test_its_grpc_port_asked_by_http_is_said_to_be_one(gateway: Collector, tmp_path: Path) -> None:
    for line in said(gateway.otlp_grpc, "http/protobuf", tmp_path):
        assert line.endswith("does not speak HTTP/1.1: it is a gRPC port, and is asked by HTTP")


def test_its_http_port_asked_by_grpc_is_said_to_be_one(gateway: Collector, tmp_path: Path) -> None:
    for line in said(gateway.otlp_http, "grpc", tmp_path):
        assert line.endswith("speaks HTTP/1.1, and is asked by gRPC")
