"""`LLMCostInstrumentor`: on and off, twice, and before there is a provider to attach to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from fractions import Fraction
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final

import pytest
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.util._once import Once

from otel_llm_cost.instrumentor import LLMCostInstrumentor
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.processor import CostSpanProcessor
from tests.conftest import PARENT, TABLE, Metrics, call, usd

AMOUNT: Final = "gen_ai.usage.cost.amount"
STATUS: Final = "llm_cost.status"


class Program:
    """An application with providers of its own, that makes LLM calls."""

    def __init__(self) -> None:
        self.reader = InMemoryMetricReader()
        self.meter_provider = MeterProvider([self.reader], shutdown_on_exit=False)
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.exporter = InMemorySpanExporter()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))

    @property
    def providers(self) -> dict[str, Any]:
        return {"tracer_provider": self.provider, "meter_provider": self.meter_provider}

    def chat(self, tokens_in: int = 1009, tokens_out: int = 101, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Makes one call; what its span says."""
        with self.provider.get_tracer(PARENT).start_as_current_span("chat", attributes=call("m", tokens_in, tokens_out, **more)):
            pass
        return dict(self.exporter.get_finished_spans()[-1].attributes or {})

    def metrics(self) -> Metrics:
        return Metrics(self.reader.get_metrics_data())

    def calls(self) -> dict[str, int]:
        return self.metrics().by("llm_cost.calls", STATUS)

    def shut_down(self) -> None:
        self.provider.shutdown()
        self.meter_provider.shutdown()


@pytest.fixture
def make_program() -> Iterator[Callable[[], Program]]:
    made: list[Program] = []

    def make() -> Program:
        made.append(Program())
        return made[-1]

    yield make
    for program in made:
        program.shut_down()


@pytest.fixture
def program(make_program: Callable[[], Program]) -> Program:
    return make_program()


@pytest.fixture(autouse=True)
def instrumentor(monkeypatch: pytest.MonkeyPatch) -> LLMCostInstrumentor:
    """A new one: the base class keeps one for the whole process."""
    for name, value in {"_instance": None, "_processor": None, "_provider": None, "_warned": False}.items():
        monkeypatch.setattr(LLMCostInstrumentor, name, value)
    return LLMCostInstrumentor()


@pytest.fixture
def globals_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a program that has not set its providers yet; undone after the test."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", Once())
    monkeypatch.setattr(metrics._internal, "_METER_PROVIDER", None)
    monkeypatch.setattr(metrics._internal, "_METER_PROVIDER_SET_ONCE", Once())
    monkeypatch.setattr(metrics._internal, "_PROXY_METER_PROVIDER", metrics._internal._ProxyMeterProvider())


def cost(tokens_in: int, tokens_out: int) -> float:
    return float(usd("m", input=tokens_in, output=tokens_out))


# On and off ---------------------------------------------------------------------------------------------------------------------
def test_it_prices_the_spans_of_the_provider_it_is_given(instrumentor: LLMCostInstrumentor, program: Program) -> None:
    instrumentor.instrument(**program.providers, table=TABLE)
    assert program.chat(1009, 101)[AMOUNT] == cost(1009, 101)
    assert program.calls() == {"priced": 1}
    assert program.metrics().total("llm_cost.spend") == cost(1009, 101)


def test_without_a_table_it_takes_the_shipped_one(instrumentor: LLMCostInstrumentor, program: Program) -> None:
    instrumentor.instrument(**program.providers)
    assert program.chat()["llm_cost.table"] == PriceTable.shipped().version


@pytest.mark.parametrize(("strict", "status"), [(False, "priced"), (True, "partial")])
def test_strict_is_passed_on(instrumentor: LLMCostInstrumentor, program: Program, *, strict: bool, status: str) -> None:
    instrumentor.instrument(**program.providers, table=TABLE, strict=strict)
    reasoning = {"gen_ai.usage.reasoning.output_tokens": 53}
    assert program.chat(1009, 101, **reasoning)[STATUS] == status


@pytest.mark.parametrize(("said", "status"), [("true", "partial"), ("TRUE", "partial"), ("false", "priced"), ("1", "priced")])
def test_without_strict_the_environment_decides(
    said: str, status: str, instrumentor: LLMCostInstrumentor, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_LLM_COST_STRICT", said)
    instrumentor.instrument(**program.providers, table=TABLE)
    assert program.chat(1009, 101, **{"gen_ai.usage.reasoning.output_tokens": 53})[STATUS] == status


def test_spans_after_uninstrument_are_untouched(instrumentor: LLMCostInstrumentor, program: Program) -> None:
    instrumentor.instrument(**program.providers, table=TABLE)
    program.chat(1009, 101)
    instrumentor.uninstrument()
    assert program.chat(2003, 211) == call("m", 2003, 211)
    assert program.calls() == {"priced": 1}
    assert program.metrics().total("llm_cost.spend") == cost(1009, 101)


def test_what_waits_when_it_is_switched_off_is_still_counted(instrumentor: LLMCostInstrumentor, program: Program) -> None:
    instrumentor.instrument(**program.providers, table=TABLE)
    with program.provider.get_tracer("app").start_as_current_span("agent"):
        program.chat(1009, 101, **{"gen_ai.response.model": "of-nobody"})
        instrumentor.uninstrument()
    assert program.calls() == {"unpriced": 1}


def test_on_again_on_the_same_provider_each_call_is_counted_once(
    instrumentor: LLMCostInstrumentor, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: program.provider)
    instrumentor.instrument(meter_provider=program.meter_provider, table=TABLE)
    program.chat(1009, 101)
    instrumentor.uninstrument()
    program.chat(2003, 211)
    instrumentor.instrument()
    assert program.chat(4001, 401)[AMOUNT] == cost(4001, 401)
    assert program.calls() == {"priced": 2}
    assert program.metrics().total("llm_cost.spend") == pytest.approx(cost(5010, 502), rel=1e-12)


def test_on_again_with_arguments_the_metrics_go_on_too(instrumentor: LLMCostInstrumentor, program: Program) -> None:
    for tokens in (1009, 2003, 4001):
        instrumentor.instrument(**program.providers, table=TABLE, strict=False)
        assert program.chat(tokens, 101)[AMOUNT] == cost(tokens, 101)
        instrumentor.uninstrument()
    assert program.calls() == {"priced": 3}
    assert program.metrics().total("llm_cost.spend") == pytest.approx(cost(7013, 303), rel=1e-12)


def test_on_again_with_another_strictness_that_one_holds(instrumentor: LLMCostInstrumentor, program: Program) -> None:
    reasoning = {"gen_ai.usage.reasoning.output_tokens": 53}
    for strict, status in ((True, "partial"), (False, "priced")):
        instrumentor.instrument(**program.providers, table=TABLE, strict=strict)
        assert program.chat(1009, 101, **reasoning)[STATUS] == status
        instrumentor.uninstrument()


def test_on_again_on_another_provider_the_first_stays_untouched(
    instrumentor: LLMCostInstrumentor, make_program: Callable[[], Program]
) -> None:
    first, second = make_program(), make_program()
    instrumentor.instrument(**first.providers, table=TABLE)
    instrumentor.uninstrument()
    instrumentor.instrument(**second.providers, table=TABLE)
    assert first.chat(1009, 101) == call("m", 1009, 101)
    assert second.chat(2003, 211)[AMOUNT] == cost(2003, 211)
    assert (first.calls(), second.calls()) == ({}, {"priced": 1})


# Twice --------------------------------------------------------------------------------------------------------------------------
def test_twice_does_nothing_twice(instrumentor: LLMCostInstrumentor, program: Program) -> None:
    instrumentor.instrument(**program.providers, table=TABLE)
    LLMCostInstrumentor().instrument(**program.providers, table=TABLE)
    assert program.chat(1009, 101)[AMOUNT] == cost(1009, 101)
    assert program.calls() == {"priced": 1}
    ((point,), tokens) = program.metrics().points("gen_ai.client.operation.cost"), program.metrics().total("llm_cost.tokens")
    assert (point.count, point.sum, tokens) == (1, cost(1009, 101), 1110)


@pytest.mark.parametrize("ours_first", [True, False])
def test_beside_a_processor_of_the_programs_own_each_call_is_counted_once(
    instrumentor: LLMCostInstrumentor, program: Program, caplog: pytest.LogCaptureFixture, *, ours_first: bool
) -> None:
    def add() -> None:
        program.provider.add_span_processor(CostSpanProcessor(table=TABLE, meter_provider=program.meter_provider))

    steps: list[Callable[[], None]] = [lambda: instrumentor.instrument(**program.providers, table=TABLE), add]
    for step in steps if ours_first else reversed(steps):
        step()
    for tokens in (1009, 2003):
        assert program.chat(tokens, 101)[AMOUNT] == cost(tokens, 101)
    assert program.calls() == {"priced": 2}
    assert program.metrics().total("llm_cost.spend") == pytest.approx(cost(3012, 202), rel=1e-12)
    # Two processors on one meter provider: nothing that the operator has to do.
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_processors_of_two_providers_share_a_meter_provider(make_program: Callable[[], Program]) -> None:
    first, second = make_program(), make_program()
    for program in (first, second):
        program.provider.add_span_processor(CostSpanProcessor(table=TABLE, meter_provider=first.meter_provider))
    first.chat(1009, 101)
    second.chat(2003, 211)
    assert first.calls() == {"priced": 2}
    assert first.metrics().total("llm_cost.spend") == pytest.approx(cost(3012, 312), rel=1e-12)


# Nothing to attach to -----------------------------------------------------------------------------------------------------------
class Foreign(trace.TracerProvider):
    """Somebody's own, which takes no span processors."""

    def get_tracer(self, *_: object, **__: object) -> trace.Tracer:
        return trace.NoOpTracer()


@pytest.mark.parametrize("provider", [trace.NoOpTracerProvider(), trace.ProxyTracerProvider(), Foreign()], ids=repr)
def test_a_provider_without_processors_is_warned_of_once_and_can_be_replaced(
    provider: trace.TracerProvider, instrumentor: LLMCostInstrumentor, program: Program, caplog: pytest.LogCaptureFixture
) -> None:
    instrumentor.instrument(tracer_provider=provider)
    instrumentor.instrument(tracer_provider=provider)
    (warning,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert (warning.name, warning.levelname) == ("otel_llm_cost", "WARNING")
    for said in (type(provider).__name__, "LLMCostInstrumentor().instrument()", "add_span_processor(CostSpanProcessor())"):
        assert said in warning.getMessage()
    assert not instrumentor.is_instrumented_by_opentelemetry
    instrumentor.instrument(**program.providers, table=TABLE)
    assert program.chat(1009, 101)[AMOUNT] == cost(1009, 101)
    assert program.calls() == {"priced": 1}


@pytest.mark.usefixtures("globals_unset")
def test_before_the_program_sets_its_providers_it_warns_and_works_when_called_again(
    instrumentor: LLMCostInstrumentor, program: Program, caplog: pytest.LogCaptureFixture
) -> None:
    instrumentor.instrument(table=TABLE)
    assert len(caplog.records) == 1
    trace.set_tracer_provider(program.provider)
    metrics.set_meter_provider(program.meter_provider)
    instrumentor.instrument(table=TABLE)
    assert program.chat(1009, 101)[AMOUNT] == cost(1009, 101)
    assert program.calls() == {"priced": 1}
    assert len(caplog.records) == 1


@pytest.mark.usefixtures("globals_unset")
def test_metrics_reach_a_meter_provider_that_is_set_later(instrumentor: LLMCostInstrumentor, program: Program) -> None:
    instrumentor.instrument(tracer_provider=program.provider, table=TABLE)
    metrics.set_meter_provider(program.meter_provider)
    program.chat(1009, 101)
    assert program.calls() == {"priced": 1}


def test_without_any_metrics_the_span_has_its_cost(instrumentor: LLMCostInstrumentor, program: Program) -> None:
    instrumentor.instrument(tracer_provider=program.provider, meter_provider=metrics.NoOpMeterProvider(), table=TABLE)
    assert program.chat(1009, 101)[AMOUNT] == cost(1009, 101)


def test_switching_off_what_was_never_on_does_nothing(instrumentor: LLMCostInstrumentor, program: Program) -> None:
    instrumentor.uninstrument()
    assert program.chat(1009, 101) == call("m", 1009, 101)


# Mistakes -----------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("wrong", [{"pricing": "file.json"}, {"tracer": None}, {"Table": TABLE}], ids=repr)
def test_an_unknown_argument_is_an_error_and_attaches_nothing(
    wrong: dict[str, Any], instrumentor: LLMCostInstrumentor, program: Program
) -> None:
    with pytest.raises(TypeError, match=next(iter(wrong))):
        instrumentor.instrument(**program.providers, **wrong)
    assert program.chat(1009, 101) == call("m", 1009, 101)
    instrumentor.instrument(**program.providers, table=TABLE)
    assert program.chat(2003, 211)[AMOUNT] == cost(2003, 211)


def test_in_code_a_table_that_cannot_be_read_is_raised(
    instrumentor: LLMCostInstrumentor, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable() -> PriceTable:
        raise OSError("no index")

    monkeypatch.setattr(PriceTable, "default", staticmethod(unreadable))
    with pytest.raises(OSError, match="no index"):
        instrumentor.instrument(**program.providers)
    assert not instrumentor.is_instrumented_by_opentelemetry


# The door -----------------------------------------------------------------------------------------------------------------------
def test_it_is_the_entry_point_that_the_environment_switches_off_by_name() -> None:
    (door,) = [point for point in entry_points(group="opentelemetry_instrumentor") if point.load() is LLMCostInstrumentor]
    assert door.name == "llm_cost"
    assert list(LLMCostInstrumentor().instrumentation_dependencies()) == []


# Prices of one's own ------------------------------------------------------------------------------------------------------------
BROKEN: Final = '# Acme\n[[price]]\nmodel = "m"\n  inptu = 3\n'
OWN: Final = '[[price]]\nmodel = "m"\nprovider = "acme"\ninput = 7\noutput = 11\n'


@pytest.fixture
def own_prices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A price file that the environment names."""
    for name in ("TABLE", "MODELS", "HOSTS"):
        monkeypatch.delenv(f"OTEL_LLM_COST_{name}", raising=False)
    path = tmp_path / "prices.toml"
    monkeypatch.setenv("OTEL_LLM_COST_PRICES", str(path))
    PriceTable.default.cache_clear()
    yield path
    PriceTable.default.cache_clear()


def own_cost(tokens_in: int, tokens_out: int) -> float:
    return float((Fraction(7) * tokens_in + Fraction(11) * tokens_out) / 10**6)


def test_in_code_a_broken_price_file_is_raised_with_its_place(
    instrumentor: LLMCostInstrumentor, program: Program, own_prices: Path
) -> None:
    own_prices.write_text(BROKEN)
    for attach in (lambda: instrumentor.instrument(**program.providers), CostSpanProcessor):
        with pytest.raises(PriceFileError, match="unknown: inptu") as refused:
            attach()
        error = refused.value
        assert (error.path, error.line, error.column) == (str(own_prices), 4, 3)
        assert str(error).startswith(f"{own_prices}:4:3: ")
    assert not instrumentor.is_instrumented_by_opentelemetry
    assert program.chat(1009, 101) == call("m", 1009, 101)
    own_prices.write_text(OWN)
    instrumentor.instrument(**program.providers)
    assert program.chat(1009, 101)[AMOUNT] == own_cost(1009, 101)


@pytest.mark.parametrize("text", [None, "price = [", OWN + OWN, "\udcff"], ids=["missing", "no-toml", "two-that-win", "not-utf-8"])
def test_whatever_is_wrong_with_a_price_file_is_one_error(
    instrumentor: LLMCostInstrumentor, program: Program, own_prices: Path, text: str | None
) -> None:
    if text is not None:
        own_prices.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(PriceFileError) as refused:
        instrumentor.instrument(**program.providers)
    assert refused.value.path == str(own_prices)


@pytest.mark.parametrize("name", ["MODELS", "HOSTS"])
def test_a_broken_mapping_is_raised_by_its_name(
    instrumentor: LLMCostInstrumentor, program: Program, own_prices: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    own_prices.write_text(OWN)
    monkeypatch.setenv(f"OTEL_LLM_COST_{name}", "prod-chat")
    with pytest.raises(PriceFileError, match=f"OTEL_LLM_COST_{name}: "):
        instrumentor.instrument(**program.providers)


def test_a_table_that_is_given_asks_no_environment(instrumentor: LLMCostInstrumentor, program: Program, own_prices: Path) -> None:
    own_prices.write_text(BROKEN)
    instrumentor.instrument(**program.providers, table=TABLE)
    assert program.chat(1009, 101)[AMOUNT] == cost(1009, 101)


@pytest.mark.parametrize("text", [BROKEN, OWN + OWN, None], ids=["unknown-key", "two-that-win", "missing"])
def test_under_zero_code_a_broken_price_file_is_logged_once_and_the_shipped_prices_hold(
    instrumentor: LLMCostInstrumentor, program: Program, own_prices: Path, caplog: pytest.LogCaptureFixture, text: str | None
) -> None:
    if text is not None:
        own_prices.write_text(text)
    instrumentor.instrument(**program.providers, skip_dep_check=True)
    # GPT-4o mini costs $0.15 and $0.60.
    named = {"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o-mini", "gen_ai.response.model": "gpt-4o-mini"}
    for _ in range(2):
        assert program.chat(1009, 101, **named)[AMOUNT] == float((Fraction("0.15") * 1009 + Fraction("0.60") * 101) / 10**6)
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert (record.name, record.levelname) == ("otel_llm_cost", "ERROR")
    assert str(own_prices) in record.getMessage()
    assert record.exc_info is None


def test_under_zero_code_ones_own_prices_are_used_and_the_program_can_add_to_them(
    instrumentor: LLMCostInstrumentor, program: Program, own_prices: Path
) -> None:
    own_prices.write_text(OWN)
    instrumentor.instrument(**program.providers, skip_dep_check=True)
    assert program.chat(1009, 101)[AMOUNT] == own_cost(1009, 101)
    cost_id = PriceTable.default().add_cost("m", provider="acme", input=1, output=0)
    assert program.chat(1009, 101)[AMOUNT] == float(Fraction(1009, 10**6))
    PriceTable.default().purge_costs([cost_id])
    assert program.chat(1009, 101)[AMOUNT] == own_cost(1009, 101)


def test_a_file_in_the_working_directory_is_not_read(
    instrumentor: LLMCostInstrumentor, program: Program, own_prices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OTEL_LLM_COST_PRICES")
    (own_prices.parent / "llm-prices.toml").write_text(OWN)
    monkeypatch.chdir(own_prices.parent)
    instrumentor.instrument(**program.providers)
    assert program.chat(1009, 101)["llm_cost.reason"] == "unknown_provider"
