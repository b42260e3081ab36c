"""`python -m tools.dashboards.picture`: draws docs/dashboard.png from the answers of a real Prometheus to the panels' queries.

The traffic is made up, and its instants are set; everything else is real: our processor prices each call, the SDK collects,
Prometheus 3.8 receives over OTLP and answers the queries of llm-cost.json. Needs `make backends` and matplotlib.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.request import ProxyHandler, Request, build_opener

from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind, Status, StatusCode

from otel_llm_cost import CostSpanProcessor
from tests.backends.process import get_json
from tests.backends.programs import Prometheus, prometheus
from tools.dashboards.built import documents, filled, panels, queries
from tools.dashboards.drawing import Answers, draw

PAGE: Final = Path(__file__).parents[2] / "docs" / "dashboard.png"
NOW: Final = datetime(2026, 11, 20, 17, tzinfo=UTC)
MONTH: Final = datetime(2026, 11, 1, tzinfo=UTC)
SHOWN: Final = timedelta(hours=12)
STEP: Final = 600
"""Seconds."""


class Habit(NamedTuple):
    """What one service asks of one model: how often in ten minutes, and with how many tokens."""

    service: str
    provider: str
    model: str
    calls: float
    input: int
    output: int
    cached: float = 0.0


HABITS: Final = (
    Habit("support-chat", "anthropic", "claude-sonnet-4-5", 9, 5200, 640, 0.6),
    Habit("support-chat", "openai", "gpt-4o-mini", 22, 1500, 210),
    Habit("code-review", "anthropic", "claude-opus-4-5", 3, 14000, 1700, 0.5),
    Habit("code-review", "openai", "gpt-4.1", 4, 8000, 900, 0.3),
    Habit("nightly-summaries", "google", "gemini-2.5-flash", 18, 9000, 420),
    Habit("search", "openai", "gpt-4.1-mini", 30, 1900, 120),
    Habit("search", "openai", "acme-embedder", 1, 700, 10),
    Habit("code-review", "mistral_ai", "codestral-next", 0.5, 3000, 300),
)
FAILING: Final = 0.012
NIGHT: Final = range(1, 4)
WEEKEND: Final = (5, 6)


class Program:
    """One service: its providers, and the instant at which it began."""

    def __init__(self, service: str) -> None:
        self.reader = InMemoryMetricReader()
        self.meters = MeterProvider([self.reader], resource=Resource.create({"service.name": service, "service.instance.id": "1"}))
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(CostSpanProcessor(meter_provider=self.meters))
        self.tracer = self.tracers.get_tracer("opentelemetry.instrumentation.genai.openai")
        self.begun: dict[tuple[str, bytes], int] = {}
        """When each series was first seen, in the time of the picture."""

    def call(self, habit: Habit, chance: random.Random) -> None:
        asked = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": habit.provider, "gen_ai.request.model": habit.model}
        with self.tracer.start_as_current_span("chat", kind=SpanKind.CLIENT, attributes=asked) as span:
            if chance.random() < FAILING:
                span.set_status(Status(StatusCode.ERROR))
                return
            size = chance.lognormvariate(0, 0.5)
            given = round(habit.input * size)
            span.set_attributes(
                {
                    "gen_ai.response.model": habit.model,
                    "gen_ai.usage.input_tokens": given,
                    "gen_ai.usage.output_tokens": round(habit.output * chance.lognormvariate(0, 0.6)),
                    "gen_ai.usage.cache_read.input_tokens": round(given * habit.cached * chance.random()),
                }
            )

    def export(self, server: Prometheus, at: int) -> None:
        """Its metrics as if it were `at`, in nanoseconds."""
        data = self.reader.get_metrics_data()
        if data is None:
            return
        request = encode_metrics(data)
        for metric, point in _points(request):
            key = metric.name, b"".join(sorted(one.SerializeToString() for one in point.attributes))
            point.time_unix_nano = at
            point.start_time_unix_nano = self.begun.setdefault(key, at - 60 * 10**9)
            for exemplar in getattr(point, "exemplars", ()):
                exemplar.time_unix_nano = at - 10**9
        headers = {"Content-Type": "application/x-protobuf"}
        address = f"{server.otlp_http}/v1/metrics"
        with build_opener(ProxyHandler({})).open(Request(address, request.SerializeToString(), headers)) as answer:  # noqa: S310 - loopback
            answer.read()


def _points(request: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - protobuf's
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in getattr(metric, metric.WhichOneof("data")).data_points:
                    yield metric, point


def busy(habit: Habit, at: datetime) -> float:
    """How much of its usual traffic a service has at an hour."""
    if habit.service == "nightly-summaries":
        return 1.0 if at.hour in NIGHT else 0.0
    by_day = 0.2 + 0.8 * max(0.0, math.sin(math.pi * (at.hour + at.minute / 60 - 5) / 16))
    return by_day * (0.4 if at.weekday() in WEEKEND else 1.0)


def feed(server: Prometheus) -> None:
    """The month until now: what is shown minute by minute, what was before hour by hour."""
    chance = random.Random(7)  # noqa: S311 - the same picture each time
    programs = {habit.service: Program(habit.service) for habit in HABITS}
    at = MONTH
    while at <= NOW:
        minutes = 1 if at >= NOW - SHOWN - timedelta(hours=1) else 60
        for habit in HABITS:
            expected = habit.calls / 10 * minutes * busy(habit, at)
            for _ in range(int(expected) + (chance.random() < expected % 1)):
                programs[habit.service].call(habit, chance)
        for program in programs.values():
            program.export(server, int(at.timestamp()) * 10**9)
        at += timedelta(minutes=minutes)
    for program in programs.values():
        program.tracers.shutdown()
        program.meters.shutdown()


def ask(server: Prometheus) -> Answers:
    """Each query of each panel, with its answer."""
    end, range_ = int(NOW.timestamp()), int(SHOWN.total_seconds())
    midnight = NOW.replace(hour=0)
    own = {"now/d": int((NOW - midnight).total_seconds()), "now/M": int((NOW - MONTH).total_seconds())}
    document = documents()["llm-cost"]
    relative = {panel["title"]: own[panel["timeFrom"]] for panel in panels(document) if "timeFrom" in panel}
    found: Answers = {}
    for query in queries(document):
        if query.source != "prometheus":
            continue
        over = relative.get(query.title, range_)
        values = {
            "__range": f"{over}s",
            "__range_s": str(over),
            "__interval": f"{STEP}s",
            "__rate_interval": f"{STEP + 60}s",
            "currency": "USD",
            "service": ".*",
            "group": "service_name",
        }
        text = filled(query.text, values)
        if query.is_instant:
            answer = get_json(f"{server.url}/api/v1/query", query=text, time=str(end))
        else:
            start = end - range_ + STEP
            answer = get_json(f"{server.url}/api/v1/query_range", query=text, start=str(start), end=str(end), step=str(STEP))
            if query.title.startswith("Cost per call") and query.ref == "A":
                dots = get_json(f"{server.url}/api/v1/query_exemplars", query=text, start=str(start), end=str(end))
                found["exemplars"] = [one for series in dots["data"] for one in series["exemplars"]]
        found[f"{filled(query.title, values)} {query.ref}"] = answer["data"]["result"]
    return found


def main() -> int:
    """Writes the picture."""
    with prometheus("otlp: {promote_resource_attributes: [service.name]}") as server:
        feed(server)
        answers = ask(server)
    when = f"{NOW - SHOWN:%d %B %Y, %H:%M} to {NOW:%H:%M} UTC"
    heading = f"{when}. Made-up traffic; the figures are Prometheus' answers to the panels' queries"
    draw(answers, heading, PAGE)
    print(f"wrote {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
