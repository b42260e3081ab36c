"""`opentelemetry-instrument python program.py`: what leaves a real program, with nothing of ours in it, over real OTLP."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from fractions import Fraction
from pathlib import Path
from typing import Final

import pytest

from otel_llm_cost.prices.table import PriceTable
from tests.real_program import (
    AMOUNT,
    CHAT_PLAIN,
    CHAT_STREAM,
    CHILD_MESSAGE,
    CHILD_STREAM,
    EMBEDDING,
    EMBEDDING_COST,
    HAIKU,
    MESSAGE_COSTS,
    MINI,
    NOBODYS,
    ONE_CALL,
    OPENAI_COSTS,
    ROOT_MESSAGE,
    ROOT_STREAM,
    SMALL,
    STATUS,
    UNPRICED,
    WITHOUT_ANTHROPIC,
    Run,
    money,
    run,
    run_over_grpc,
    usd,
)


def install(folder: Path, module: str, **entry_points: str) -> dict[str, str]:
    """Makes a distribution with entry points, group to `name = object`; the environment that has it installed."""
    (folder / "stranger.py").write_text(textwrap.dedent(module), "utf-8")
    info = folder / "stranger-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text("".join(f"[{group}]\n{line}\n" for group, line in entry_points.items()), "utf-8")
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))}


# Everything on ------------------------------------------------------------------------------------------------------------------
EVERYTHING: Final = f"""
    import anthropic
    import openai
    from opentelemetry import trace

    asked = [{{"role": "user", "content": "?"}}]
    client, claude, tracer = openai.OpenAI(), anthropic.Anthropic(), trace.get_tracer("program")


    def message():
        claude.messages.create(model="{HAIKU}", max_tokens=9, messages=asked)


    client.chat.completions.create(model="{MINI}", messages=asked)
    for _ in client.chat.completions.create(model="{MINI}", messages=asked, stream=True, stream_options={{"include_usage": True}}):
        pass
    client.embeddings.create(model="{SMALL}", input="?")

    message()
    with claude.messages.stream(model="{HAIKU}", max_tokens=9, messages=asked) as stream:
        stream.get_final_message()
    with tracer.start_as_current_span("agent"):
        message()
        for _ in claude.messages.create(model="{HAIKU}", max_tokens=9, messages=asked, stream=True):
            pass

    # The program ends while this span is open: it is never exported.
    with trace.use_span(tracer.start_span("never ended"), end_on_exit=False):
        client.chat.completions.create(model="{NOBODYS}", messages=asked)
"""


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Run:
    replies = (CHAT_PLAIN, CHAT_STREAM, EMBEDDING, ROOT_MESSAGE, ROOT_STREAM, CHILD_MESSAGE, CHILD_STREAM, UNPRICED)
    return run(tmp_path_factory.mktemp("everything"), EVERYTHING, *replies)


def test_it_has_nothing_to_say(everything: Run) -> None:
    assert everything.errors == ""


@pytest.mark.parametrize("response_id", OPENAI_COSTS)
def test_each_openai_call_arrives_with_its_cost(everything: Run, response_id: str) -> None:
    (span,) = everything.named(response_id)
    assert span.scope.startswith("opentelemetry.instrumentation.genai")
    assert span.attributes[AMOUNT] == float(OPENAI_COSTS[response_id])
    assert span.attributes["gen_ai.usage.cost.currency"] == "USD"
    assert span.attributes[STATUS] == "priced"


def test_an_embedding_arrives_with_its_cost(everything: Run) -> None:
    (span,) = [span for span in everything.spans if span.attributes.get("gen_ai.operation.name") == "embeddings"]
    assert span.attributes[AMOUNT] == float(EMBEDDING_COST)


@pytest.mark.parametrize("response_id", MESSAGE_COSTS)
def test_a_call_that_the_sdk_and_the_instrumentation_see_is_counted_once(everything: Run, response_id: str) -> None:
    spans = {str(span.attributes[STATUS]): span for span in everything.named(response_id)}
    assert len(everything.named(response_id)) == 2
    assert set(spans) == {"priced", "duplicate"}
    # The SDK's own, which tells the lifetimes of cache writes apart, ends first.
    assert spans["priced"].scope == "com.anthropic.sdk.python"
    assert spans["priced"].attributes[AMOUNT] == float(MESSAGE_COSTS[response_id])
    assert not any(name.startswith("gen_ai.usage.cost") for name in spans["duplicate"].attributes)
    names = {span.span_id: span.name for span in everything.spans}
    assert (names.get(spans["duplicate"].parent_id or "") == "agent") == response_id.endswith("child")


def test_the_metrics_of_the_last_call_arrive_at_exit(everything: Run) -> None:
    costs = {**OPENAI_COSTS, **MESSAGE_COSTS, "embedding": EMBEDDING_COST}
    assert everything.by("llm_cost.calls", STATUS) == {"priced": len(costs), "duplicate": len(MESSAGE_COSTS), "unpriced": 1}
    assert everything.total("llm_cost.spend") == pytest.approx(money(costs.values()), rel=1e-12)
    assert everything.total("gen_ai.client.operation.cost") == pytest.approx(money(costs.values()), rel=1e-9)
    assert everything.by("llm_cost.tokens", "llm_cost.component") == {
        "input": 1009 - 401 + 2003 + 307 + 503 + 521 + 541 + 547 + 3001,
        "output": 101 + 211 + 53 + 59 + 61 + 67 + 307,
        "cache_read": 401 + 709 + 719 + 727 + 733,
        "cache_write_5m": 11 + 17 + 23 + 31,
        "cache_write_1h": 13 + 19 + 29 + 37,
    }


def test_a_call_without_a_price_below_a_span_that_never_ends_is_counted(everything: Run) -> None:
    (span,) = everything.named("chat-nobodys")
    assert "never ended" not in {span.name for span in everything.spans}
    assert (span.attributes[STATUS], span.attributes["llm_cost.reason"]) == ("unpriced", "unknown_model")
    (point,) = [point for point in everything.points if point.attributes.get("llm_cost.reason") == "unknown_model"]
    assert (point.metric, point.value) == ("llm_cost.calls", 1)


def test_only_inference_spans_have_anything_of_ours(everything: Run) -> None:
    (agent,) = [span for span in everything.spans if span.name == "agent"]
    assert agent.attributes == {}


# Twice, and over gRPC -----------------------------------------------------------------------------------------------------------
TWICE: Final = f"""
    from opentelemetry import trace
    from otel_llm_cost import CostSpanProcessor, LLMCostInstrumentor

    trace.get_tracer_provider().add_span_processor(CostSpanProcessor())
    LLMCostInstrumentor().instrument()
    {ONE_CALL}
"""


def test_loaded_twice_each_call_is_counted_once_and_arrives_over_grpc(tmp_path: Path) -> None:
    got = run_over_grpc(tmp_path, TWICE, CHAT_PLAIN, **WITHOUT_ANTHROPIC)
    (span,) = [span for span in got.spans if STATUS in span.attributes]
    assert span.attributes[AMOUNT] == float(OPENAI_COSTS["chat-plain"])
    assert got.by("llm_cost.calls", STATUS) == {"priced": 1}
    assert got.total("llm_cost.spend") == pytest.approx(float(OPENAI_COSTS["chat-plain"]), rel=1e-12)


# SIGTERM ------------------------------------------------------------------------------------------------------------------------
@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("flushes", ["true", "false"])
def test_at_sigterm_the_last_call_arrives_where_that_is_asked_for(tmp_path: Path, flushes: str) -> None:
    ends = ONE_CALL + "\n    import os, signal, time; os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)\n"
    said = {"OTEL_LLM_COST_FLUSH_AT_SIGTERM": flushes, **WITHOUT_ANTHROPIC}
    got = run(tmp_path, ends, CHAT_PLAIN, returns=-signal.SIGTERM, **said)
    assert got.by("llm_cost.calls", STATUS) == ({"priced": 1} if flushes == "true" else {})
    assert len(got.named("chat-plain")) == (flushes == "true")


# Switched off, in part or whole -------------------------------------------------------------------------------------------------
def test_disabled_by_name_nothing_of_ours_is_left(tmp_path: Path) -> None:
    got = run(tmp_path, ONE_CALL, CHAT_PLAIN, OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="anthropic, llm_cost")
    (span,) = got.named("chat-plain")
    assert span.attributes["gen_ai.usage.input_tokens"] == 1009
    assert "gen_ai.client.operation.duration" in {point.metric for point in got.points}
    assert got.ours() == set()
    assert got.errors == ""


def test_without_metrics_the_span_has_its_cost(tmp_path: Path) -> None:
    got = run(tmp_path, ONE_CALL, CHAT_PLAIN, OTEL_METRICS_EXPORTER="none", **WITHOUT_ANTHROPIC)
    (span,) = got.named("chat-plain")
    assert span.attributes[AMOUNT] == float(OPENAI_COSTS["chat-plain"])
    assert got.points == []
    assert got.errors == ""


def test_without_traces_the_call_is_counted(tmp_path: Path) -> None:
    got = run(tmp_path, ONE_CALL, CHAT_PLAIN, OTEL_TRACES_EXPORTER="none", **WITHOUT_ANTHROPIC)
    assert got.spans == []
    assert got.by("llm_cost.calls", STATUS) == {"priced": 1}
    assert got.total("llm_cost.spend") == pytest.approx(float(OPENAI_COSTS["chat-plain"]), rel=1e-12)
    assert got.errors == ""


def test_with_the_sdk_disabled_the_program_works(tmp_path: Path) -> None:
    got = run(tmp_path, ONE_CALL, CHAT_PLAIN, OTEL_SDK_DISABLED="true", **WITHOUT_ANTHROPIC)
    assert got.output == "answered: One.\n"
    assert (got.spans, got.points, got.errors) == ([], [], "")


# No provider of the SDK ---------------------------------------------------------------------------------------------------------
LATER: Final = f"""
    import os
    import openai
    from opentelemetry import metrics, trace
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from otel_llm_cost import LLMCostInstrumentor

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())]))
    # As the warning said.
    LLMCostInstrumentor().instrument()
    {ONE_CALL}
"""


def test_a_program_that_sets_its_provider_later_is_warned_and_does_what_the_warning_says(tmp_path: Path) -> None:
    got = run(tmp_path, LATER, CHAT_PLAIN, OTEL_PYTHON_CONFIGURATOR="absent", **WITHOUT_ANTHROPIC)
    assert got.output == "answered: One.\n"
    assert got.errors.count("no cost is recorded") == 1
    assert "LLMCostInstrumentor().instrument()" in got.errors
    (span,) = got.named("chat-plain")
    assert span.attributes[AMOUNT] == float(OPENAI_COSTS["chat-plain"])
    assert got.by("llm_cost.calls", STATUS) == {"priced": 1}


def test_with_a_foreign_provider_the_program_works_and_is_warned_once(tmp_path: Path) -> None:
    foreign = """
        from opentelemetry import trace

        class Foreign(trace.TracerProvider):
            def get_tracer(self, *args, **kwargs):
                return trace.NoOpTracer()
    """
    installed = install(tmp_path, foreign, opentelemetry_tracer_provider="foreign = stranger:Foreign") | WITHOUT_ANTHROPIC
    got = run(tmp_path, ONE_CALL, CHAT_PLAIN, OTEL_PYTHON_CONFIGURATOR="absent", OTEL_PYTHON_TRACER_PROVIDER="foreign", **installed)
    assert got.output == "answered: One.\n"
    assert got.errors.count("no cost is recorded: Foreign") == 1
    assert (got.spans, got.points) == ([], [])


# When we fail -------------------------------------------------------------------------------------------------------------------
BREAKS_OURS: Final = """
    from importlib.metadata import entry_points
    from opentelemetry.instrumentation.auto_instrumentation import _load
    from otel_llm_cost.prices.table import PriceTable

    def unreadable():
        raise OSError("the shipped prices cannot be read")

    def ours_first(**selected):
        return sorted(entry_points(**selected), key=lambda point: point.name != "llm_cost")

    def prepare():
        PriceTable.default = PriceTable.shipped = staticmethod(unreadable)
        _load.entry_points = ours_first
"""


def test_when_we_cannot_start_the_instrumentations_after_us_do(tmp_path: Path) -> None:
    installed = install(tmp_path, BREAKS_OURS, opentelemetry_pre_instrument="breaks_ours = stranger:prepare") | WITHOUT_ANTHROPIC
    got = run(tmp_path, ONE_CALL, CHAT_PLAIN, **installed)
    assert got.output == "answered: One.\n"
    (span,) = got.named("chat-plain")
    assert span.attributes["gen_ai.usage.input_tokens"] == 1009
    assert got.ours() == set()
    assert got.errors.count("otel-llm-cost could not attach") == 1
    assert "the shipped prices cannot be read" in got.errors
    assert "Failed to auto initialize" not in got.errors


# Before anything is asked -------------------------------------------------------------------------------------------------------
IMPORTS: Final = """
    import sys

    seen = []

    def watch(event, arguments):
        if event.startswith(("socket.connect", "socket.getaddrinfo", "socket.bind", "subprocess.", "os.fork", "urllib.")):
            seen.append(event)
        if event == "open" and isinstance(arguments[0], str) and arguments[0].endswith(".json"):
            seen.append(arguments[0])

    sys.addaudithook(watch)
    import otel_llm_cost
    for name in otel_llm_cost.__all__:
        getattr(otel_llm_cost, name)
    print("at import:", seen)
    otel_llm_cost.PriceTable.shipped()
    print("the index:", [name.replace("\\\\", "/").rpartition("/")[2] for name in seen])
    otel_llm_cost.PriceTable.shipped().provider("anthropic")
    print("a provider:", [name.replace("\\\\", "/").rpartition("/")[2] for name in seen])
"""


def test_importing_us_opens_no_socket_and_reads_no_prices(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(textwrap.dedent(IMPORTS), "utf-8")
    done = subprocess.run([sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == [
        "at import: []",
        "the index: ['index.json']",
        # What is written by hand, and what is imported.
        "a provider: ['index.json', 'anthropic.json', 'anthropic.json']",
    ]


# Prices of one's own ------------------------------------------------------------------------------------------------------------
OWN: Final = f'[[price]]\nmodel = "{MINI}"\nprovider = "openai"\noutput = 7\n\n[models]\n"{NOBODYS}" = "{MINI}"\n'


def test_ones_own_prices_are_over_the_shipped_ones(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN, "utf-8")
    got = run(tmp_path, ONE_CALL, CHAT_PLAIN, OTEL_LLM_COST_PRICES=str(tmp_path / "own.toml"), **WITHOUT_ANTHROPIC)
    (span,) = got.named("chat-plain")
    assert span.attributes[AMOUNT] == float(usd(MINI, input=1009 - 401, cache_read=401) + Fraction(7) * 101 / 10**6)
    assert str(span.attributes["llm_cost.table"]) != PriceTable.shipped().version
    assert got.total("llm_cost.spend") == pytest.approx(span.attributes[AMOUNT], rel=1e-12)
    assert got.errors == ""


def test_a_deployment_of_the_environment_is_the_model_that_it_names(tmp_path: Path) -> None:
    program = ONE_CALL.replace(MINI, NOBODYS)
    got = run(tmp_path, program, UNPRICED, OTEL_LLM_COST_MODELS=f"{NOBODYS}={MINI}", **WITHOUT_ANTHROPIC)
    (span,) = got.named("chat-nobodys")
    assert span.attributes[AMOUNT] == float(usd(MINI, input=3001, output=307))
    assert got.errors == ""


def test_a_broken_price_file_is_said_once_and_the_shipped_prices_hold(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN.replace("output", "  outptu"), "utf-8")
    got = run(tmp_path, ONE_CALL, CHAT_PLAIN, OTEL_LLM_COST_PRICES=str(path), **WITHOUT_ANTHROPIC)
    (span,) = got.named("chat-plain")
    assert span.attributes[AMOUNT] == float(OPENAI_COSTS["chat-plain"])
    assert span.attributes["llm_cost.table"] == PriceTable.shipped().version
    assert got.by("llm_cost.calls", STATUS) == {"priced": 1}
    assert got.output == "answered: One.\n"
    assert got.errors.count(f"{path}:4:3: ") == 1
    assert got.errors.count("outptu") == got.errors.count("unknown: outptu") + 1 == 2
    assert "Traceback" not in got.errors


def test_a_price_file_in_the_working_directory_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "llm-prices.toml").write_text(OWN, "utf-8")
    got = run(tmp_path, ONE_CALL, CHAT_PLAIN, **WITHOUT_ANTHROPIC)
    (span,) = got.named("chat-plain")
    assert span.attributes[AMOUNT] == float(OPENAI_COSTS["chat-plain"])
    assert got.errors == ""
