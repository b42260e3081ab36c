"""`configure()` and the standard variables and configuration file, which keep their meaning."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Final

import pytest

from tests.real_program import (
    AMOUNT,
    CHAT_COST,
    CHAT_PLAIN,
    MINI,
    PLAIN,
    STATUS,
    WITHOUT_ANTHROPIC,
    Receiver,
    Run,
    configured,
    run,
    run_to,
    the_call,
)

pytestmark = pytest.mark.real


# The standard variables keep their meaning --------------------------------------------------------------------------------------
def test_the_sampler_is_the_one_that_is_named(tmp_path: Path) -> None:
    got = run(tmp_path, configured(), CHAT_PLAIN, by=PLAIN, OTEL_TRACES_SAMPLER="always_off")
    assert got.spans == []
    shows = "from opentelemetry import trace; print(trace.get_tracer_provider().sampler.get_description())"
    named = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25"}
    got = run(tmp_path, configured(then=shows), CHAT_PLAIN, by=PLAIN, **named)
    assert "TraceIdRatioBased{0.25}" in got.output


def test_no_exporter_is_none(tmp_path: Path) -> None:
    got = run(tmp_path, configured(), CHAT_PLAIN, by=PLAIN, OTEL_TRACES_EXPORTER="none")
    assert got.spans == []
    assert got.by("llm_cost.calls", STATUS) == {"priced": 1}


def test_with_the_sdk_disabled_the_program_works(tmp_path: Path) -> None:
    got = run(tmp_path, configured(), CHAT_PLAIN, by=PLAIN, OTEL_SDK_DISABLED="true")
    assert (got.spans, got.points, got.errors) == ([], [], "")


def test_switched_off_by_name_there_is_telemetry_without_cost(tmp_path: Path) -> None:
    got = run(tmp_path, configured(), CHAT_PLAIN, by=PLAIN, OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="x, llm_cost")
    assert len(got.named("chat-plain")) == 1
    assert got.ours() == set()


def test_deltas_add_up(tmp_path: Path) -> None:
    with Receiver() as receiver:
        environment = {"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "delta"}
        flushes = "from opentelemetry import metrics; metrics.get_meter_provider().force_flush()"
        run_to(tmp_path, configured(then=flushes), [CHAT_PLAIN], receiver.endpoint, environment, by=PLAIN)
        points = [point for point in receiver.metric_points() if point.metric in ("llm_cost.spend", "llm_cost.calls")]
    assert not any(point.cumulative for point in points)
    assert sum(point.value for point in points if point.metric == "llm_cost.spend") == pytest.approx(CHAT_COST, rel=1e-9)
    assert sum(point.value for point in points if point.metric == "llm_cost.calls") == 1


SCRAPED: Final = """
    import urllib.request
    text = urllib.request.urlopen("http://localhost:" + os.environ["OTEL_EXPORTER_PROMETHEUS_PORT"] + "/metrics").read().decode()
    print("\\n".join(line for line in text.splitlines() if line.startswith("llm_cost_")))
"""


def test_metrics_can_be_scraped(tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.exporter.prometheus")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_PORT": str(port)}
    got = run(tmp_path, configured() + SCRAPED, CHAT_PLAIN, by=PLAIN, **environment)
    money = [float(line.rpartition(" ")[2]) for line in got.output.splitlines() if line.startswith("llm_cost_spend_total{")]
    assert sum(money) == pytest.approx(CHAT_COST, rel=1e-12)
    assert got.named("chat-plain")[0].attributes[AMOUNT] == CHAT_COST


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
    assert has_our_options(run(tmp_path, configured(then=SHOWS_STRICT), CHAT_PLAIN, by=PLAIN, OTEL_CONFIG_FILE=path))


def test_a_configuration_file_has_our_options_with_no_code(tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.configuration")
    path = declared(tmp_path, '{prices: ["FOLDER/own.toml"], strict: true}')
    code = configured(then=SHOWS_STRICT).replace("otel_llm_cost.configure()", "").replace("OpenAIInstrumentor().instrument()", "")
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
    the_call(run(tmp_path, configured(), CHAT_PLAIN, by=PLAIN, **said))


WRONG_OPTIONS: Final = {"perhaps": "{strict: perhaps}", "none.toml": "{prices: [FOLDER/none.toml]}", "pricing": "{pricing: x}"}


@pytest.mark.parametrize("named", WRONG_OPTIONS)
def test_a_wrong_option_is_said_and_the_calls_are_priced(tmp_path: Path, named: str) -> None:
    pytest.importorskip("opentelemetry.configuration")
    got = run(tmp_path, configured(), CHAT_PLAIN, by=PLAIN, OTEL_CONFIG_FILE=declared(tmp_path, WRONG_OPTIONS[named]))
    the_call(got)
    assert "'llm_cost'" in got.errors
    assert named in got.errors
