"""`examples/traffic.py`: what it spends arrives, also where it is told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

for needed in (
    "anthropic",
    "openai",
    "opentelemetry.exporter.otlp.proto.http",
    "opentelemetry.instrumentation.genai.anthropic",
    "opentelemetry.instrumentation.genai.openai",
    "opentelemetry.proto",
):
    pytest.importorskip(needed)

from examples.demo.otlp import Point, last_points  # noqa: E402
from examples.demo.receiver import Receiver  # noqa: E402
from examples.demo.replies import REPLIES, Reply  # noqa: E402

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 120


@contextmanager
def traffic(receiver: Receiver, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The program, sending to a receiver; ended in any case."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_") and not name.endswith("_PROXY")}
    program = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "examples.traffic", *arguments],
        cwd=ROOT,
        env=own
        | {
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_METRIC_EXPORT_INTERVAL": "3600000",  # what arrives was flushed
            "OTEL_BSP_SCHEDULE_DELAY": "3600000",
            "OTEL_SERVICE_NAME": "traffic",
            # Of a developer's own: the stand-ins are asked all the same.
            "OPENAI_BASE_URL": "http://127.0.0.1:9",
            "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
            "HTTP_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "127.0.0.1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    try:
        yield program
    finally:
        program.kill()
        program.communicate()


def spent(points: Iterable[Point]) -> Decimal:
    return sum((Decimal(point.value) for point in points if point.metric == "llm_cost.spend"), Decimal(0))


def counted(points: Iterable[Point]) -> Counter[str]:
    """`llm_cost.calls` by status and reason."""
    calls: Counter[str] = Counter()
    for point in points:
        if point.metric == "llm_cost.calls" and point.value:
            parts = (point.attributes.get(name) for name in ("llm_cost.status", "llm_cost.reason"))
            calls[" ".join(str(part) for part in parts if part)] += int(point.value)
    return calls


def costs(replies: Iterable[Reply]) -> Decimal:
    """As written by hand beside each reply."""
    return sum((reply.cost for reply in replies if reply.cost is not None), Decimal(0))


def test_two_rounds_cost_twice_what_is_written_beside_the_replies() -> None:
    with Receiver() as receiver, traffic(receiver, "--calls", str(2 * len(REPLIES)), "--every", "0") as program:
        said, _ = program.communicate(timeout=SECONDS)
        assert program.returncode == 0, said
        points = last_points(receiver.metric_points())
        spans = receiver.spans()
    assert spent(points) == pytest.approx(2 * costs(REPLIES), rel=Decimal("1e-9"))
    wanted = Counter("priced" if reply.reason is None else f"unpriced {reply.reason}" for reply in (*REPLIES, *REPLIES))
    calls = counted(points)
    duplicates = calls.pop("duplicate")
    assert calls == wanted
    assert sum(span.attributes.get("llm_cost.status") == "duplicate" for span in spans) == duplicates
    assert {span.service for span in spans} == {"traffic"}
    ids = [span.attributes.get("gen_ai.response.id") for span in spans if "gen_ai.usage.cost.amount" in span.attributes]
    assert max(Counter(filter(None, ids)).values()) == 1
    components = {point.attributes["llm_cost.component"] for point in points if point.metric == "llm_cost.spend" and point.value}
    assert components == {"input", "output", "reasoning", "cache_read", "cache_write_5m", "cache_write_1h"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that a program can heed")
def test_told_to_stop_it_sends_the_last_calls_cost() -> None:
    with Receiver() as receiver, traffic(receiver, "--every", "3600") as program:
        assert program.stdout is not None
        first = program.stdout.readline()
        assert first.startswith("plain_chat "), first + program.stdout.read()
        assert receiver.received == []
        program.send_signal(signal.SIGTERM)
        said, _ = program.communicate(timeout=SECONDS)
        assert program.returncode in {0, -signal.SIGTERM, 128 + signal.SIGTERM}, said
        assert "Traceback" not in said
        points = last_points(receiver.metric_points())
        spans = receiver.spans()
    assert spent(points) == pytest.approx(costs(REPLIES[:1]), rel=Decimal("1e-9"))
    assert counted(points) == {"priced": 1}
    assert [span.attributes.get("llm_cost.status") for span in spans] == ["priced"]
