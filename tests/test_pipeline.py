"""`configure()`: one line, and the cost of the last call arrives, over HTTP and gRPC, at exit and at SIGTERM."""

from __future__ import annotations

import json
import logging
import os
import signal
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Final

import pytest

from examples.demo.loopback import Loopback
from otel_llm_cost.pipeline import configure
from tests.real_program import (
    CHAT_PLAIN,
    PLAIN,
    WITHOUT_ANTHROPIC,
    Run,
    configured,
    run,
    run_over_grpc,
    run_to,
    the_call,
)


# At exit and at SIGTERM ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("over", [run, run_over_grpc], ids=["http", "grpc"])
def test_the_last_call_arrives_at_exit(tmp_path: Path, over: object) -> None:
    assert callable(over)
    got: Run = over(tmp_path, configured(), CHAT_PLAIN, by=PLAIN, OTEL_SERVICE_NAME="shop")
    assert the_call(got).service == "shop"
    assert (got.output, got.errors) == ("", "")


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("over", [run, run_over_grpc], ids=["http", "grpc"])
def test_the_last_call_arrives_at_sigterm(tmp_path: Path, over: object) -> None:
    assert callable(over)
    ends = configured(then="os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)")
    got: Run = over(tmp_path, ends, CHAT_PLAIN, by=PLAIN, returns=-signal.SIGTERM)
    the_call(got)


class Listener(Loopback):
    """Keeps the path of each request, and one of its headers."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str | None]] = []
        super().__init__(_Hears)


class _Hears(BaseHTTPRequestHandler):
    owner: Listener

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.owner.heard.append((self.path, self.headers["x-key"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_what_only_the_exporter_prices_is_in_the_metrics_at_sigterm(tmp_path: Path) -> None:
    ends = configured(then="os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)")
    by_exporter = {"OTEL_TRACES_EXPORTER": "llm_cost", "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "llm_cost"}
    the_call(run(tmp_path, ends, CHAT_PLAIN, by=PLAIN, returns=-signal.SIGTERM, **by_exporter))


# What it is given ---------------------------------------------------------------------------------------------------------------
def test_what_it_is_given_wins_over_the_variables_and_leaves_them_as_they_were(tmp_path: Path) -> None:
    with Listener() as receiver:
        given = f'configure(endpoint="{receiver.url}", protocol="http/protobuf", headers={{"x-key": "a b,c=d"}})'
        shows = 'print({name: value for name, value in os.environ.items() if name.startswith("OTEL_EXPORTER")})'
        elsewhere = "http://127.0.0.1:1"
        environment = {
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{elsewhere}/v1/traces",
            "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "grpc",
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "x-key=theirs",
        }
        output, errors = run_to(tmp_path, configured(given, then=shows), [CHAT_PLAIN], elsewhere, environment, by=PLAIN)
    assert sorted(receiver.heard) == [("/v1/metrics", "a b,c=d"), ("/v1/traces", "a b,c=d")]
    assert errors == ""
    assert json.loads(output.replace("'", '"')).items() >= environment.items()


WRONG: Final = {
    "no scheme": ({"endpoint": "localhost:4318"}, "endpoint: not a URL such as http://localhost:4318"),
    "no host": ({"endpoint": "http:///v1"}, "endpoint: not a URL"),
    "another scheme": ({"endpoint": "ftp://localhost"}, "endpoint: not a URL"),
    "no port": ({"endpoint": "http://localhost:port"}, "endpoint: Port could not be cast"),
    "no protocol": ({"protocol": "http/json"}, "protocol: 'http/json' is neither"),
    "no header's name": ({"headers": {"x key": "secret"}}, "headers: not the name of a header with a text: 'x key'$"),
    "no text": ({"headers": {"x-key": 7}}, "headers: not the name of a header with a text: 'x-key'$"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_argument_is_an_error_that_names_it_and_shows_no_key(wrong: str) -> None:
    given, message = WRONG[wrong]
    with pytest.raises(ValueError, match=f"^{message}") as raised:
        configure(**given)  # type: ignore[arg-type]
    assert "secret" not in str(raised.value)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set up."""
    monkeypatch.setattr("otel_llm_cost.pipeline._set_up", lambda: None)
    monkeypatch.setenv("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "llm_cost")
    monkeypatch.setattr("otel_llm_cost.pipeline.flush_telemetry_at_sigterm", lambda *_: None)


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(
    ("given", "warns"),
    [
        ({"endpoint": "http://localhost:4317"}, True),
        ({"endpoint": "http://localhost:4318"}, False),
        ({"endpoint": "http://localhost:4318", "protocol": "grpc"}, True),
        ({"endpoint": "localhost:4317", "protocol": "grpc"}, False),
        ({"endpoint": "https://collector.example", "protocol": "grpc"}, False),
    ],
)
def test_the_port_of_the_other_protocol_is_warned_of(
    given: dict[str, str], caplog: pytest.LogCaptureFixture, *, warns: bool
) -> None:
    with caplog.at_level(logging.WARNING):
        configure(**given)  # type: ignore[arg-type]
    assert ("by convention" in caplog.text) == warns


# Where something is there already -----------------------------------------------------------------------------------------------
def test_under_opentelemetry_instrument_each_call_is_counted_once(tmp_path: Path) -> None:
    got = run(
        tmp_path,
        configured('configure(endpoint="http://127.0.0.1:1")').replace("OpenAIInstrumentor().instrument()", ""),
        CHAT_PLAIN,
        **WITHOUT_ANTHROPIC,
    )
    the_call(got)
    assert "a tracer provider is set already" in got.errors


def test_called_twice_each_call_is_counted_once(tmp_path: Path) -> None:
    got = run(tmp_path, configured("configure(); otel_llm_cost.configure()"), CHAT_PLAIN, by=PLAIN)
    the_call(got)
    assert got.errors == ""


def test_a_price_file_that_cannot_be_used_is_raised(tmp_path: Path) -> None:
    got = run(tmp_path, configured(), by=PLAIN, returns=1, OTEL_LLM_COST_PRICES="none.toml")
    assert "PriceFileError: none.toml" in got.errors


def test_an_exporter_that_is_not_installed_is_named(tmp_path: Path) -> None:
    got = run(tmp_path, configured(), by=PLAIN, returns=1, OTEL_TRACES_EXPORTER="nobodys")
    assert "nobodys" in got.errors
    assert "pip install 'otel-llm-cost[otlp]'" in got.errors
