"""Distributions of OpenTelemetry other than its own: each in an environment of its own, with ours installed beside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from examples.demo.otlp import last_points
from examples.demo.receiver import Receiver
from tests.real_program import AMOUNT, CHAT_PLAIN, ONE_CALL, OPENAI_COSTS, run_to
from tools.backends.versions import cache

ROOT: Final = Path(__file__).resolve().parents[2]
COST: Final = float(OPENAI_COSTS["chat-plain"])
# Elastic's default sampler, the SDK's experimental composite one, takes away what a span is started with: its operation and model.
SAMPLER: Final = {"OTEL_TRACES_SAMPLER": "parentbased_always_on"}
DOORS: Final = {
    "processor": {},
    "exporter": {"OTEL_TRACES_EXPORTER": "llm_cost", "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "llm_cost"},
}


@pytest.fixture(scope="module", params=["aws", "elastic", "splunk"])
def environment(request: pytest.FixtureRequest) -> Path:
    """The programs of an environment with a distribution, our package and an instrumented client."""
    lock = ROOT / "requirements" / "distros" / f"{request.param}.txt"
    folder = cache() / "distros" / f"{request.param}-{sys.version_info.major}.{sys.version_info.minor}"
    uv, python = Path(sys.executable).with_name("uv"), folder / "bin" / "python"
    if not python.exists():
        _run(uv, "venv", "--quiet", "--python", sys.executable, folder)
    _run(uv, "pip", "sync", "--quiet", "--python", python, lock)
    _run(uv, "pip", "install", "--quiet", "--no-deps", "--python", python, "--editable", ROOT)
    return folder / "bin"


@pytest.mark.parametrize("door", DOORS)
def test_the_last_call_arrives_with_its_cost_and_is_in_the_metrics(environment: Path, door: str, tmp_path: Path) -> None:
    by = (str(environment / "opentelemetry-instrument"), str(environment / "python"))
    with Receiver() as receiver:
        said = {"OTEL_SERVICE_NAME": "shop", **SAMPLER, **DOORS[door]}
        _, errors = run_to(tmp_path, ONE_CALL, [CHAT_PLAIN], receiver.endpoint, said, by=by)
        (span,) = [span for span in receiver.spans() if span.attributes.get("gen_ai.response.id") == "chat-plain"]
        points = receiver.metric_points()
    assert span.attributes[AMOUNT] == COST
    # Elastic's asks for deltas.
    points = [point for point in points if not point.cumulative] + last_points(point for point in points if point.cumulative)
    assert sum(point.value for point in points if point.metric == "llm_cost.calls") == 1
    assert sum(point.value for point in points if point.metric == "llm_cost.spend") == pytest.approx(COST, rel=1e-9)
    assert errors == ""


def _run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, timeout=300)  # noqa: S603 - uv, into the cache
