"""A real program with real SDK clients, whose provider and OTLP backend are on this machine: what leaves it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import pytest

for needed in (
    "anthropic",
    "grpc",
    "openai",
    "opentelemetry.distro",
    "opentelemetry.exporter.otlp.proto.grpc",
    "opentelemetry.instrumentation.genai.anthropic",
    "opentelemetry.instrumentation.genai.openai",
    "opentelemetry.proto",
):
    pytest.importorskip(needed)

import grpc  # noqa: E402
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics_pb2  # noqa: E402
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as metrics_grpc  # noqa: E402
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as trace_pb2  # noqa: E402
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as trace_grpc  # noqa: E402

from examples.demo import shapes  # noqa: E402
from examples.demo.otlp import Point, Span, last_points, points_of, spans_of  # noqa: E402
from examples.demo.provider import Provider  # noqa: E402
from examples.demo.receiver import Receiver  # noqa: E402
from examples.demo.replies import Reply  # noqa: E402

AMOUNT: Final = "gen_ai.usage.cost.amount"
STATUS: Final = "llm_cost.status"
CHAT, EMBEDDINGS, MESSAGES = "/v1/chat/completions", "/v1/embeddings", "/v1/messages"
MINI, SMALL, HAIKU, NOBODYS = "gpt-4o-mini-2024-07-18", "text-embedding-3-small", "claude-haiku-4-5-20251001", "gpt-4o-mini-acme"

RATES: Final = {
    MINI: {"input": "0.15", "cache_read": "0.075", "output": "0.60"},
    SMALL: {"input": "0.02"},
    HAIKU: {"input": "1", "cache_read": "0.10", "cache_write_5m": "1.25", "cache_write_1h": "2", "output": "5"},
}
"""Published rates of November 2026, in US dollars per million tokens."""


def usd(model: str, **counts: int) -> Fraction:
    return sum((count * Fraction(RATES[model][name]) / 10**6 for name, count in counts.items()), Fraction(0))


# What the provider answers, and what each answer costs. Every count is another prime.
CHAT_PLAIN: Final = Reply(
    CHAT, MINI, shapes.chat("chat-plain", MINI, shapes.chat_usage(1009, 101, cached=401), text="One."), cost=None
)
CHAT_STREAM: Final = Reply(
    CHAT, MINI, shapes.chat("chat-stream", MINI, shapes.chat_usage(2003, 211), text="One two."), cost=None, streams=True
)
EMBEDDING: Final = Reply(EMBEDDINGS, SMALL, shapes.embeddings(SMALL, 307, [[0.5, 0.25]]), cost=None)
UNPRICED: Final = Reply(CHAT, NOBODYS, shapes.chat("chat-nobodys", NOBODYS, shapes.chat_usage(3001, 307), text="One."), cost=None)


def message(name: str, uncached: int, output: int, read: int, write_5m: int, write_1h: int, *, streams: bool) -> Reply:
    usage = shapes.message_usage(uncached, output, read=read, write_5m=write_5m, write_1h=write_1h)
    return Reply(MESSAGES, HAIKU, shapes.message(name, HAIKU, usage, text="One two."), cost=None, streams=streams)


ROOT_MESSAGE: Final = message("message-root", 503, 53, 709, 11, 13, streams=False)
ROOT_STREAM: Final = message("stream-root", 521, 59, 719, 17, 19, streams=True)
CHILD_MESSAGE: Final = message("message-child", 541, 61, 727, 23, 29, streams=False)
CHILD_STREAM: Final = message("stream-child", 547, 67, 733, 31, 37, streams=True)

OPENAI_COSTS: Final = {
    "chat-plain": usd(MINI, input=1009 - 401, cache_read=401, output=101),
    "chat-stream": usd(MINI, input=2003, output=211),
}
EMBEDDING_COST: Final = usd(SMALL, input=307)
MESSAGE_COSTS: Final = {
    "message-root": usd(HAIKU, input=503, output=53, cache_read=709, cache_write_5m=11, cache_write_1h=13),
    "stream-root": usd(HAIKU, input=521, output=59, cache_read=719, cache_write_5m=17, cache_write_1h=19),
    "message-child": usd(HAIKU, input=541, output=61, cache_read=727, cache_write_5m=23, cache_write_1h=29),
    "stream-child": usd(HAIKU, input=547, output=67, cache_read=733, cache_write_5m=31, cache_write_1h=37),
}

ONE_CALL: Final = f"""
    import openai

    with openai.OpenAI() as client:
        answer = client.chat.completions.create(model="{MINI}", messages=[{{"role": "user", "content": "?"}}])
    print("answered:", answer.choices[0].message.content)
"""


# Whose SDK takes a second to import, in programs that do not use it.
WITHOUT_ANTHROPIC: Final = {"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "anthropic"}


# The program and its backend ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Run:
    """What came of a program."""

    output: str
    errors: str
    spans: list[Span]
    points: list[Point]

    def named(self, response_id: str) -> list[Span]:
        return [span for span in self.spans if span.attributes.get("gen_ai.response.id") == response_id]

    def total(self, metric: str) -> float:
        return sum(point.value for point in self.points if point.metric == metric)

    def by(self, metric: str, attribute: str) -> dict[str, float]:
        sums: dict[str, float] = {}
        for point in self.points:
            if point.metric == metric:
                key = str(point.attributes.get(attribute))
                sums[key] = sums.get(key, 0) + point.value
        return sums

    def ours(self) -> set[str]:
        """The name of every attribute and metric that only we write."""
        names = {name for span in self.spans for name in span.attributes} | {point.metric for point in self.points}
        return {name for name in names if name.startswith(("llm_cost.", "gen_ai.usage.cost", "gen_ai.client.operation.cost"))}


INSTRUMENTED: Final = (str(Path(sys.executable).with_name("opentelemetry-instrument")), sys.executable)
PLAIN: Final = (sys.executable,)


def run(folder: Path, program: str, *replies: Reply, by: Sequence[str] = INSTRUMENTED, returns: int = 0, **environment: str) -> Run:
    """Runs a program, by default under `opentelemetry-instrument`, its OTLP over HTTP."""
    with Receiver() as receiver:
        output, errors = run_to(folder, program, replies, receiver.endpoint, environment, by=by, returns=returns)
        assert receiver.refused == []
        return Run(output, errors, receiver.spans(), last_points(receiver.metric_points()))


def run_over_grpc(
    folder: Path, program: str, *replies: Reply, by: Sequence[str] = INSTRUMENTED, returns: int = 0, **environment: str
) -> Run:
    """As `run`, its OTLP over gRPC."""
    with grpc_receiver() as (endpoint, traces, metrics):
        environment = {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", **environment}
        output, errors = run_to(folder, program, replies, endpoint, environment, by=by, returns=returns)
    spans = [span for request in traces for span in spans_of(request)]
    return Run(output, errors, spans, last_points([point for request in metrics for point in points_of(request)]))


def run_to(
    folder: Path,
    program: str,
    replies: Sequence[Reply],
    endpoint: str,
    environment: Mapping[str, str],
    *,
    by: Sequence[str] = INSTRUMENTED,
    returns: int = 0,
) -> tuple[str, str]:
    """Runs a program whose backend is elsewhere: what it printed, and its errors."""
    script = folder / "program.py"
    script.write_text(textwrap.dedent(program), "utf-8")
    taken_out = ("OTEL_", "OPENAI_", "ANTHROPIC_")
    own = {name: value for name, value in os.environ.items() if not name.startswith(taken_out) and "proxy" not in name.lower()}
    with Provider(replies) as provider:
        settings = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_LOGS_EXPORTER": "none",
            "OPENAI_API_KEY": "not-a-key",
            "OPENAI_BASE_URL": f"{provider.url}/v1",
            "ANTHROPIC_API_KEY": "not-a-key",
            "ANTHROPIC_BASE_URL": provider.url,
            "NO_PROXY": "127.0.0.1",
        }
        done = subprocess.run(  # noqa: S603 - the test's own program
            [*by, script],
            cwd=folder,
            env={**own, **settings, **environment},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert done.returncode == returns, done.stdout + done.stderr
        assert provider.unexpected == []
        assert len(provider.served) == len(replies)
    return done.stdout, done.stderr


@contextmanager
def grpc_receiver() -> Iterator[
    tuple[str, list[trace_pb2.ExportTraceServiceRequest], list[metrics_pb2.ExportMetricsServiceRequest]]
]:
    """An OTLP/gRPC receiver: its endpoint, and what it has received."""
    traces: list[trace_pb2.ExportTraceServiceRequest] = []
    metrics: list[metrics_pb2.ExportMetricsServiceRequest] = []

    class Traces(trace_grpc.TraceServiceServicer):
        def Export(self, request, context):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202, ARG002, N802
            traces.append(request)
            return trace_pb2.ExportTraceServiceResponse()

    class Metrics(metrics_grpc.MetricsServiceServicer):
        def Export(self, request, context):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202, ARG002, N802
            metrics.append(request)
            return metrics_pb2.ExportMetricsServiceResponse()

    server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
    trace_grpc.add_TraceServiceServicer_to_server(Traces(), server)  # type: ignore[no-untyped-call]
    metrics_grpc.add_MetricsServiceServicer_to_server(Metrics(), server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"http://127.0.0.1:{port}", traces, metrics
    finally:
        server.stop(None).wait()


def money(amounts: Iterable[Fraction]) -> float:
    return float(sum(amounts, Fraction(0)))


CHAT_COST: Final = float(OPENAI_COSTS["chat-plain"])


def configured(by: str = "configure()", *, then: str = "") -> str:
    """A program that makes one call, and then ends at once."""
    return f"""
    import os
    import signal
    import time
    import openai
    import otel_llm_cost
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

    otel_llm_cost.{by}
    OpenAIInstrumentor().instrument()
    with openai.OpenAI() as client:
        client.chat.completions.create(model="{MINI}", messages=[{{"role": "user", "content": "?"}}])
    {then}
"""


def the_call(got: Run) -> Span:
    """The call's span, when all that is to arrive of it has."""
    (span,) = got.named("chat-plain")
    assert span.attributes[AMOUNT] == CHAT_COST
    assert got.by("llm_cost.calls", STATUS) == {"priced": 1}
    assert got.total("llm_cost.spend") == pytest.approx(CHAT_COST, rel=1e-12)
    return span
