"""`OTEL_TRACES_EXPORTER=llm_cost` under `opentelemetry-instrument`, where no processor of ours is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.real_program import (
    AMOUNT,
    CHAT_PLAIN,
    HAIKU,
    MESSAGE_COSTS,
    MINI,
    NOBODYS,
    ONE_CALL,
    OPENAI_COSTS,
    ROOT_MESSAGE,
    STATUS,
    UNPRICED,
    Run,
    run,
    run_over_grpc,
)

pytestmark = pytest.mark.real

COST: Final = float(OPENAI_COSTS["chat-plain"])
BY_EXPORTER: Final = {"OTEL_TRACES_EXPORTER": "llm_cost", "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "llm_cost, anthropic"}


@pytest.mark.parametrize("over", [run, run_over_grpc], ids=["http", "grpc"])
def test_the_last_call_arrives_with_its_cost_and_is_in_the_metrics(tmp_path: Path, over: object) -> None:
    """The program ends at once: its spans are exported at exit, where the metrics come first."""
    assert callable(over)
    got: Run = over(tmp_path, ONE_CALL, CHAT_PLAIN, **BY_EXPORTER)
    (span,) = got.named("chat-plain")
    assert (span.attributes[AMOUNT], span.attributes[STATUS]) == (COST, "priced")
    assert got.by("llm_cost.calls", STATUS) == {"priced": 1}
    assert got.total("llm_cost.spend") == pytest.approx(COST, rel=1e-12)
    assert got.total("gen_ai.client.operation.cost") == pytest.approx(COST, rel=1e-9)
    assert got.errors == ""


def test_beside_our_instrumentor_each_call_is_counted_once(tmp_path: Path) -> None:
    got = run(tmp_path, ONE_CALL, CHAT_PLAIN, **BY_EXPORTER | {"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "anthropic"})
    assert got.named("chat-plain")[0].attributes[AMOUNT] == COST
    assert got.by("llm_cost.calls", STATUS) == {"priced": 1}
    assert got.total("llm_cost.spend") == pytest.approx(COST, rel=1e-12)
    assert got.errors == ""


def test_a_call_without_a_price_is_counted(tmp_path: Path) -> None:
    got = run(tmp_path, ONE_CALL.replace(MINI, NOBODYS), UNPRICED, **BY_EXPORTER)
    assert got.named("chat-nobodys")[0].attributes[STATUS] == "unpriced"
    assert got.by("llm_cost.calls", STATUS) == {"unpriced": 1}


MESSAGE: Final = f"""
    import anthropic

    anthropic.Anthropic().messages.create(model="{HAIKU}", max_tokens=9, messages=[{{"role": "user", "content": "?"}}])
"""


def test_a_call_that_the_sdk_and_the_instrumentation_see_is_counted_once(tmp_path: Path) -> None:
    got = run(tmp_path, MESSAGE, ROOT_MESSAGE, **BY_EXPORTER | {"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "llm_cost"})
    assert sorted(str(span.attributes[STATUS]) for span in got.named("message-root")) == ["duplicate", "priced"]
    assert got.by("llm_cost.calls", STATUS) == {"priced": 1, "duplicate": 1}
    assert got.total("llm_cost.spend") == pytest.approx(float(MESSAGE_COSTS["message-root"]), rel=1e-12)


def test_the_spans_go_where_they_are_told_to(tmp_path: Path) -> None:
    got = run(tmp_path, ONE_CALL, CHAT_PLAIN, OTEL_LLM_COST_EXPORTER="console", **BY_EXPORTER)
    assert got.spans == []
    assert f'"{AMOUNT}": {COST}' in got.output
    assert got.by("llm_cost.calls", STATUS) == {"priced": 1}


def test_where_there_is_no_such_exporter_it_is_said_and_the_program_works(tmp_path: Path) -> None:
    got = run(tmp_path, ONE_CALL, CHAT_PLAIN, OTEL_LLM_COST_EXPORTER="nobodys", **BY_EXPORTER)
    assert "answered: One." in got.output
    assert "OTEL_LLM_COST_EXPORTER: no span exporter 'nobodys' to hand spans to" in got.errors
