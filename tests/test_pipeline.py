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
    AMOUNT,
    CHAT_PLAIN,
    MINI,
    OPENAI_COSTS,
    PLAIN,
    STATUS,
    WITHOUT_ANTHROPIC,
    Receiver,
    Run,
    Span,
    run,
    run_over_grpc,
    run_to,
)

COST: Final = float(OPENAI_COSTS["chat-plain"])
GIVEN_NOTHING: Final = "configure()"


def program(configured: str = GIVEN_NOTHING, *, then: str = "") -> str:
    """A program that makes one call, and then ends at once."""
    return f"""
    import os
    import signal
    import time
    import openai
    import otel_llm_cost
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

    otel_llm_cost.{configured}
    OpenAIInstrumentor().instrument()
    with openai.OpenAI() as client:
        client.chat.completions.create(model="{MINI}", messages=[{{"role": "user", "content": "?"}}])
    {then}
"""


def the_call(got: Run) -> Span:
    """The call's span, when all that is to arrive of it has."""
    (span,) = got.named("chat-plain")
    assert span.attributes[AMOUNT] == COST
    assert got.by("llm_cost.calls", STATUS) == {"priced": 1}
    assert got.total("llm_cost.spend") == pytest.approx(COST, rel=1e-12)
    return span


# At exit and at SIGTERM ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("over", [run, run_over_grpc], ids=["http", "grpc"])
def test_the_last_call_arrives_at_exit(tmp_path: Path, over: object) -> None:
    assert callable(over)
    got: Run = over(tmp_path, program(), CHAT_PLAIN, by=PLAIN, OTEL_SERVICE_NAME="shop")
    assert the_call(got).service == "shop"
    assert (got.output, got.errors) == ("", "")


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("over", [run, run_over_grpc], ids=["http", "grpc"])
def test_the_last_call_arrives_at_sigterm(tmp_path: Path, over: object) -> None:
    assert callable(over)
    ends = program(then="os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)")
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
    ends = program(then="os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)")
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
        output, errors = run_to(tmp_path, program(given, then=shows), [CHAT_PLAIN], elsewhere, environment, by=PLAIN)
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


# The standard variables keep their meaning --------------------------------------------------------------------------------------
def test_the_sampler_is_the_one_that_is_named(tmp_path: Path) -> None:
    got = run(tmp_path, program(), CHAT_PLAIN, by=PLAIN, OTEL_TRACES_SAMPLER="always_off")
    assert got.spans == []
    shows = "from opentelemetry import trace; print(trace.get_tracer_provider().sampler.get_description())"
    named = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25"}
    got = run(tmp_path, program(then=shows), CHAT_PLAIN, by=PLAIN, **named)
    assert "TraceIdRatioBased{0.25}" in got.output


def test_no_exporter_is_none(tmp_path: Path) -> None:
    got = run(tmp_path, program(), CHAT_PLAIN, by=PLAIN, OTEL_TRACES_EXPORTER="none")
    assert got.spans == []
    assert got.by("llm_cost.calls", STATUS) == {"priced": 1}


def test_with_the_sdk_disabled_the_program_works(tmp_path: Path) -> None:
    got = run(tmp_path, program(), CHAT_PLAIN, by=PLAIN, OTEL_SDK_DISABLED="true")
    assert (got.spans, got.points, got.errors) == ([], [], "")


def test_switched_off_by_name_there_is_telemetry_without_cost(tmp_path: Path) -> None:
    got = run(tmp_path, program(), CHAT_PLAIN, by=PLAIN, OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="x, llm_cost")
    assert len(got.named("chat-plain")) == 1
    assert got.ours() == set()


def test_deltas_add_up(tmp_path: Path) -> None:
    with Receiver() as receiver:
        environment = {"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta"}
        flushes = "from opentelemetry import metrics; metrics.get_meter_provider().force_flush()"
        run_to(tmp_path, program(then=flushes), [CHAT_PLAIN], receiver.endpoint, environment, by=PLAIN)
        points = [point for point in receiver.metric_points() if point.metric in ("llm_cost.spend", "llm_cost.calls")]
    assert not any(point.cumulative for point in points)
    assert sum(point.value for point in points if point.metric == "llm_cost.spend") == pytest.approx(COST, rel=1e-9)
    assert sum(point.value for point in points if point.metric == "llm_cost.calls") == 1


SCRAPED: Final = """
    import urllib.request
    text = urllib.request.urlopen("http://localhost:" + os.environ["OTEL_EXPORTER_PROMETHEUS_PORT"] + "/metrics").read().decode()
    print("\\n".join(line for line in text.splitlines() if line.startswith("llm_cost_")))
"""


def test_metrics_can_be_scraped(tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.exporter.prometheus")
    import socket  # noqa: PLC0415

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_PORT": str(port)}
    got = run(tmp_path, program() + SCRAPED, CHAT_PLAIN, by=PLAIN, **environment)
    money = [float(line.rpartition(" ")[2]) for line in got.output.splitlines() if line.startswith("llm_cost_spend_total{")]
    assert sum(money) == pytest.approx(COST, rel=1e-12)
    assert got.named("chat-plain")[0].attributes[AMOUNT] == COST


DECLARED: Final = """
file_format: "1.0"
resource: {attributes: [{name: service.name, value: declared}]}
tracer_provider:
  processors: [{batch: {exporter: {otlp_http: {endpoint: "${OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces"}}}}]
meter_provider:
  readers: [{periodic: {exporter: {otlp_http: {endpoint: "${OTEL_EXPORTER_OTLP_ENDPOINT}/v1/metrics"}}}}]
instrumentation/development:
  python:
    llm_cost: """
OWN: Final = f'[[price]]\nmodel = "{MINI}"\nprovider = "openai"\ninput = 7\ncache_read = 3\noutput = 11\n'
OWN_COST: Final = ((1009 - 401) * 7 + 401 * 3 + 101 * 11) / 10**6


def declared(folder: Path, options: str) -> str:
    """A configuration file with these options of ours."""
    (folder / "own.toml").write_text(OWN, "utf-8")
    path = folder / "otel.yaml"
    path.write_text(DECLARED + options.replace("FOLDER", str(folder)), "utf-8")
    return str(path)


SHOWS_STRICT: Final = "print(otel_llm_cost.LLMCostInstrumentor().processor.strict)"


def has_our_options(got: Run) -> bool:
    (span,) = got.named("chat-plain")
    assert (span.attributes[AMOUNT], span.service) == (pytest.approx(OWN_COST, rel=1e-12), "declared")
    assert got.by("llm_cost.calls", STATUS) == {"priced": 1}
    assert got.total("llm_cost.spend") == pytest.approx(OWN_COST, rel=1e-12)
    return got.output == "True\n"


def test_a_configuration_file_has_our_options(tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.configuration")
    path = declared(tmp_path, '{prices: ["FOLDER/own.toml"], strict: true}')
    assert has_our_options(run(tmp_path, program(then=SHOWS_STRICT), CHAT_PLAIN, by=PLAIN, OTEL_CONFIG_FILE=path))


def test_a_configuration_file_has_our_options_with_no_code(tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.configuration")
    path = declared(tmp_path, '{prices: ["FOLDER/own.toml"], strict: true}')
    code = program(then=SHOWS_STRICT).replace("otel_llm_cost.configure()", "").replace("OpenAIInstrumentor().instrument()", "")
    got = run(tmp_path, code, CHAT_PLAIN, OTEL_CONFIG_FILE=path, **WITHOUT_ANTHROPIC)
    assert has_our_options(got)
    assert "otel_llm_cost" not in got.errors


def test_a_configuration_file_may_name_our_exporter(tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.configuration")
    path = Path(declared(tmp_path, "{}"))
    otlp_http = 'otlp_http: {endpoint: "${OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces"}'
    text = path.read_text("utf-8")
    assert otlp_http in text
    path.write_text(text.replace(otlp_http, "llm_cost: {}"), "utf-8")
    said = {"OTEL_CONFIG_FILE": str(path), "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "llm_cost"}
    the_call(run(tmp_path, program(), CHAT_PLAIN, by=PLAIN, **said))


WRONG_OPTIONS: Final = {"perhaps": "{strict: perhaps}", "none.toml": "{prices: [FOLDER/none.toml]}", "pricing": "{pricing: x}"}


@pytest.mark.parametrize("named", WRONG_OPTIONS)
def test_a_wrong_option_is_said_and_the_calls_are_priced(tmp_path: Path, named: str) -> None:
    pytest.importorskip("opentelemetry.configuration")
    got = run(tmp_path, program(), CHAT_PLAIN, by=PLAIN, OTEL_CONFIG_FILE=declared(tmp_path, WRONG_OPTIONS[named]))
    the_call(got)
    assert "'llm_cost'" in got.errors
    assert named in got.errors


# Where something is there already -----------------------------------------------------------------------------------------------
def test_under_opentelemetry_instrument_each_call_is_counted_once(tmp_path: Path) -> None:
    got = run(
        tmp_path,
        program('configure(endpoint="http://127.0.0.1:1")').replace("OpenAIInstrumentor().instrument()", ""),
        CHAT_PLAIN,
        **WITHOUT_ANTHROPIC,
    )
    the_call(got)
    assert "a tracer provider is set already" in got.errors


def test_called_twice_each_call_is_counted_once(tmp_path: Path) -> None:
    got = run(tmp_path, program("configure(); otel_llm_cost.configure()"), CHAT_PLAIN, by=PLAIN)
    the_call(got)
    assert got.errors == ""


def test_a_price_file_that_cannot_be_used_is_raised(tmp_path: Path) -> None:
    got = run(tmp_path, program(), by=PLAIN, returns=1, OTEL_LLM_COST_PRICES="none.toml")
    assert "PriceFileError: none.toml" in got.errors


def test_an_exporter_that_is_not_installed_is_named(tmp_path: Path) -> None:
    got = run(tmp_path, program(), by=PLAIN, returns=1, OTEL_TRACES_EXPORTER="nobodys")
    assert "nobodys" in got.errors
    assert "pip install 'otel-llm-cost[otlp]'" in got.errors
