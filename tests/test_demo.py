"""`make demo`: it runs, what it prints is right, and it fails when an amount is not what was written by hand."""

from __future__ import annotations

import gzip
import http.client
import os
import re
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

for needed in (
    "anthropic",
    "openai",
    "opentelemetry.distro",
    "opentelemetry.proto",
    "opentelemetry.instrumentation.genai.anthropic",
):
    pytest.importorskip(needed)

from google.rpc.status_pb2 import Status  # noqa: E402
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest  # noqa: E402
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span  # noqa: E402

from examples.demo.check import compare  # noqa: E402
from examples.demo.otlp import Point, last_points  # noqa: E402
from examples.demo.otlp import Span as ReceivedSpan  # noqa: E402
from examples.demo.receiver import METRICS, TRACES, Receiver  # noqa: E402
from examples.demo.replies import REPLIES, Reply  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
TOTAL = "0.055767040"


@cache
def demo() -> subprocess.CompletedProcess[str]:
    # What a developer may have set: none of it may reach the program.
    own = {"OTEL_SDK_DISABLED": "true", "HTTP_PROXY": "http://127.0.0.1:9", "OPENAI_BASE_URL": "http://127.0.0.1:9"}
    return subprocess.run(
        [sys.executable, "-m", "examples.demo"],
        cwd=ROOT,
        env=os.environ | own,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=180,
        check=False,
    )


def lines_with(*parts: str) -> list[str]:
    return [line for line in demo().stdout.splitlines() if all(part in line for part in parts)]


def test_the_demo_ends_well() -> None:
    done = demo()
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 120


def test_the_totals_by_spans_by_spend_and_by_histogram_are_the_one_written_by_hand() -> None:
    assert sum(reply.cost for reply in REPLIES if reply.cost is not None) == Decimal(TOTAL)
    for what in ("gen_ai.usage.cost.amount", "llm_cost.spend", "gen_ai.client.operation.cost"):
        assert lines_with("ok ", what, f"{TOTAL} USD")
    assert lines_with("total  ", f"{TOTAL} USD")


def test_a_call_that_two_instrumentations_see_is_counted_once() -> None:
    assert len(lines_with("chat claude-", "duplicate", "counted on anthropic.messages.create")) == 4
    assert len(lines_with("anthropic.messages.create", "priced", "USD")) == 3


def test_a_model_without_a_price_has_a_reason_and_no_cost() -> None:
    (tree,) = lines_with("chat gpt-4o-mini-acme")
    assert re.search(r"unpriced +unknown_model$", tree)
    assert all("USD" not in line for line in lines_with("gpt-4o-mini-acme"))


def test_the_agents_calls_stand_under_one_root() -> None:
    output = demo().stdout
    agent = output[output.index("invoke_agent weather") :]
    assert re.match(
        r"invoke_agent weather.* 0\.000228000 USD  in 2 calls\n(.*\n){1,2} +├─ execute_tool weather\n +└─ chat gpt-4.1-mini", agent
    )


def test_it_says_how_to_send_the_same_to_a_backend_of_ones_own() -> None:
    names = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "OPENAI_API_KEY", "ANTHROPIC_API_KEY")
    assert all(f"{name}=" in demo().stdout for name in names)
    assert demo().stdout.endswith("opentelemetry-instrument python examples/assistant.py\n")


# The comparison -----------------------------------------------------------------------------------------------------------------
PRICED = REPLIES[0]
UNPRICED = next(reply for reply in REPLIES if reply.reason == "unknown_model")


def span_of(reply: Reply, **changes: object) -> ReceivedSpan:
    attributes: dict[str, object] = {"gen_ai.response.id": reply.id, "gen_ai.request.model": reply.asked}
    if reply.cost is None:
        attributes |= {"llm_cost.status": "unpriced", "llm_cost.reason": reply.reason}
    else:
        attributes |= {
            "llm_cost.status": "priced",
            "gen_ai.usage.cost.amount": float(reply.cost),
            "gen_ai.usage.cost.currency": "USD",
        }
    kept = {name: value for name, value in (attributes | changes).items() if value is not None}
    return ReceivedSpan("assistant", "scope", "0a", "0b", None, f"chat {reply.asked}", 1, 2, failed=False, attributes=kept)


def point(metric: str, value: float, *, cumulative: bool = True, **attributes: object) -> Point:
    return Point(metric, "", "sum", cumulative=cumulative, monotonic=True, attributes=attributes, start=1, time=2, value=value)


def points_of(reply: Reply) -> list[Point]:
    usd = {"gen_ai.usage.cost.currency": "USD"}
    return [
        point("llm_cost.spend", float(reply.cost or 0), **usd),
        point("gen_ai.client.operation.cost", float(reply.cost or 0), **usd),
        point("llm_cost.calls", 1, **{"llm_cost.status": "priced"}),
    ]


def differences(spans: list[ReceivedSpan], points: list[Point], *replies: Reply) -> list[str]:
    return [difference for check in compare(spans, points, replies) for difference in check.differences]


def test_what_agrees_has_no_differences() -> None:
    assert differences([span_of(PRICED)], points_of(PRICED), PRICED) == []


def test_an_amount_that_is_not_the_one_written_by_hand_is_named() -> None:
    assert PRICED.cost is not None
    wrong = replace(PRICED, cost=PRICED.cost * (1 + Decimal("1e-8")))
    found = differences([span_of(PRICED)], points_of(PRICED), wrong)
    assert found[0] == f"chatcmpl-plain costs 0.00014355 USD, and should cost {wrong.cost} USD"
    assert len(found) == 4


def test_a_wrong_amount_written_by_hand_fails_the_demo(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from examples.demo import __main__ as program  # noqa: PLC0415 - it is a program

    assert PRICED.cost is not None
    monkeypatch.setattr(
        program, "compare", lambda spans, points, served: compare(spans, points, [dearer(reply) for reply in served])
    )
    assert program.main() == 1
    assert f"DIFFERS: chatcmpl-plain costs 0.00014355 USD, and should cost {PRICED.cost * 2} USD" in capsys.readouterr().out


def dearer(reply: Reply) -> Reply:
    return replace(reply, cost=reply.cost * 2) if reply is PRICED and reply.cost is not None else reply


@pytest.mark.parametrize(
    ("span", "reply", "said"),
    [
        (span_of(PRICED, **{"gen_ai.usage.cost.currency": "EUR"}), PRICED, "chatcmpl-plain costs 0.00014355 EUR"),
        (span_of(PRICED, **{"gen_ai.usage.cost.amount": None}), PRICED, "chatcmpl-plain has no cost"),
        (span_of(PRICED, **{"llm_cost.status": "duplicate"}), PRICED, "chatcmpl-plain is counted on 0 spans"),
        (span_of(PRICED, **{"gen_ai.response.id": "other"}), PRICED, "chat gpt-4o-mini is counted, but was never served"),
        (span_of(UNPRICED, **{"gen_ai.usage.cost.amount": 0.0}), UNPRICED, "chatcmpl-acme costs 0.0 None, and should have no cost"),
        (
            span_of(UNPRICED, **{"llm_cost.reason": "error"}),
            UNPRICED,
            "chatcmpl-acme is unpriced because of error, not unknown_model",
        ),
    ],
)
def test_a_span_that_says_something_else_is_named(span: ReceivedSpan, reply: Reply, said: str) -> None:
    assert any(difference.startswith(said) for difference in differences([span], points_of(reply), reply))


def test_a_call_that_is_counted_twice_is_named() -> None:
    twice = [*points_of(PRICED)[:2], point("llm_cost.calls", 2, **{"llm_cost.status": "priced"})]
    found = differences([span_of(PRICED), span_of(PRICED)], twice, PRICED)
    assert "chatcmpl-plain is counted on 2 spans, not on one" in found
    assert "llm_cost.calls: 2 priced, and should be 1" in found
    assert any(difference.startswith("gen_ai.usage.cost.amount, all spans: 0.000287") for difference in found)


def test_the_last_point_of_a_cumulative_series_counts_and_a_delta_is_refused() -> None:
    earlier, later = point("llm_cost.spend", 1.0, model="a"), point("llm_cost.spend", 3.0, model="a")
    assert last_points([earlier, point("llm_cost.spend", 5.0, model="b"), later])[0].value == 3.0
    with pytest.raises(ValueError, match=r"llm_cost\.spend came as a delta"):
        last_points([point("llm_cost.spend", 1.0, cumulative=False)])


# The receiver -------------------------------------------------------------------------------------------------------------------
def export() -> bytes:
    span = Span(trace_id=b"\x01" * 16, span_id=b"\x02" * 8, name="chat")
    return ExportTraceServiceRequest(resource_spans=[ResourceSpans(scope_spans=[ScopeSpans(spans=[span])])]).SerializeToString()


def post(receiver: Receiver, body: bytes, path: str = TRACES, **headers: str) -> tuple[int, str]:
    """The status of an answer, and what it says."""
    connection = http.client.HTTPConnection(receiver.endpoint.removeprefix("http://"), timeout=10)
    try:
        sent = {"Content-Type": "application/x-protobuf"} | {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST", path, body, sent)
        response = connection.getresponse()
        said = response.read()
        return response.status, "" if response.status == 200 else Status.FromString(said).message
    finally:
        connection.close()


def test_the_receiver_keeps_the_bytes_and_reads_them() -> None:
    with Receiver() as receiver:
        assert post(receiver, export()) == (200, "")
        assert receiver.received == [(TRACES, export())]
        assert [(span.name, span.span_id, span.parent_id) for span in receiver.spans()] == [("chat", "02" * 8, None)]
        assert receiver.metric_points() == []


def test_the_receiver_unzips() -> None:
    with Receiver() as receiver:
        assert post(receiver, gzip.compress(export()), Content_Encoding="gzip") == (200, "")
        assert receiver.received == [(TRACES, export())]


@pytest.mark.parametrize(
    ("body", "path", "headers", "status", "said"),
    [
        (b"not protobuf", TRACES, {}, 400, "the body is no ExportTraceServiceRequest"),
        (b"not protobuf", METRICS, {}, 400, "the body is no ExportMetricsServiceRequest"),
        (b"{}", TRACES, {"Content_Type": "application/json"}, 415, "the content type is application/json"),
        (b"not gzip", TRACES, {"Content_Encoding": "gzip"}, 400, "the body is no gzip"),
        (gzip.compress(export())[:-5], TRACES, {"Content_Encoding": "gzip"}, 400, "the body is no gzip: it ends too early"),
        (export(), TRACES, {"Content_Encoding": "zstd"}, 415, "the content encoding is zstd"),
        (export(), "/v1/logs", {}, 404, "no such path"),
        (b"", TRACES, {"Content_Length": "many"}, 411, "a Content-Length is needed"),
        (b"", TRACES, {"Content_Length": str(2**40)}, 413, "more than"),
    ],
)
def test_the_receiver_says_what_is_wrong(body: bytes, path: str, headers: dict[str, str], status: int, said: str) -> None:
    with Receiver() as receiver:
        got, message = post(receiver, body, path, **headers)
        assert (got, message[: len(said)]) == (status, said)
        assert receiver.received == []
        assert len(receiver.refused) == 1
        assert post(receiver, export()) == (200, ""), "it goes on after a refusal"
