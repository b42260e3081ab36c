"""What the doctor says of the price table and of a user's own files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import TABLE
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider

from otel_llm_cost.cli import main
from otel_llm_cost.doctor import prices
from otel_llm_cost.doctor.finding import Finding, State
from otel_llm_cost.doctor.setup import Setup, setup_of
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.processor import CostSpanProcessor

DAY = 86_400 * 10**9
CHECKED = PriceTable.shipped().checked_unix_nano
GOOD = '[[price]]\nprovider = "acme"\nmodel = "writer-1"\ninput = "0.35"\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("OTEL_LLM_COST_")]:
        monkeypatch.delenv(name)
    PriceTable.default.cache_clear()
    yield tmp_path
    PriceTable.default.cache_clear()


def set_up(*processors: CostSpanProcessor) -> Setup:
    provider = TracerProvider(shutdown_on_exit=False)
    for processor in processors:
        provider.add_span_processor(processor)
    return setup_of(provider, MeterProvider(shutdown_on_exit=False))


def look(days: int = 0) -> list[Finding]:
    return prices.findings(set_up(), CHECKED + days * DAY)


@pytest.mark.parametrize(("days", "state"), [(0, State.OK), (1, State.OK), (60, State.OK), (61, State.WARN), (400, State.WARN)])
def test_a_table_grows_old(days: int, state: State) -> None:
    (found,) = look(days)
    assert found.state is state
    assert found.text.startswith(f"table {PriceTable.shipped().version}, checked {days} day{'' if days == 1 else 's'} ago")
    assert ("otel-llm-cost table update" in (found.todo or "")) == (state is State.WARN)


def test_a_clock_that_is_behind_makes_no_negative_age() -> None:
    assert "checked 0 days ago" in look(-3)[0].text


def test_a_file_of_your_own_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "own.toml"
    path.write_text(GOOD)
    monkeypatch.setenv("OTEL_LLM_COST_PRICES", str(path))
    assert (State.OK, f"{path}: 1 price of your own") in [(one.state, one.text) for one in look()]


def test_each_file_that_is_wrong_is_told_with_its_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good, broken, missing = folder / "good.toml", folder / "broken.toml", folder / "missing.toml"
    good.write_text(GOOD)
    broken.write_text(GOOD + 'outptu = "1"\n')
    monkeypatch.setenv("OTEL_LLM_COST_PRICES", os.pathsep.join(map(str, (good, broken, missing))))
    wrong = [one for one in look() if one.state is State.BAD]
    assert [one.text.partition(": ")[0] for one in wrong] == [f"{broken}:5:1", str(missing)]
    assert [str(one.todo).split()[:4] for one in wrong] == [
        ["otel-llm-cost", "table", "check", str(path)] for path in (broken, missing)
    ]


def test_two_files_that_are_right_by_themselves_can_be_wrong_together(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [folder / "a.toml", folder / "b.toml"]
    for path, rate in zip(paths, ("0.35", "0.36"), strict=True):
        path.write_text(GOOD.replace("0.35", rate))
    monkeypatch.setenv("OTEL_LLM_COST_PRICES", os.pathsep.join(map(str, paths)))
    (wrong,) = [one for one in look() if one.state is State.BAD]
    assert "none of your own prices is used" in wrong.text


@pytest.mark.parametrize("name", ["OTEL_LLM_COST_MODELS", "OTEL_LLM_COST_HOSTS"])
def test_a_variable_that_is_no_list(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "prod-chat")
    (wrong,) = [one for one in look() if one.state is State.BAD]
    assert wrong.text.startswith(f"{name}: not of the form name=value")


def test_a_bundle_that_cannot_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "prices.json").write_text("{}")
    monkeypatch.setenv("OTEL_LLM_COST_TABLE", "prices.json")
    (wrong,) = [one for one in look() if one.state is State.BAD]
    assert wrong.text.startswith("OTEL_LLM_COST_TABLE: prices.json")
    assert "the shipped prices are used" in wrong.text


def test_a_bundle_that_is_used_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table", "export", "--to", "otel-llm-cost", "--output", str(folder / "prices.json")]) == 0
    capsys.readouterr()
    monkeypatch.setenv("OTEL_LLM_COST_TABLE", "prices.json")
    assert "OTEL_LLM_COST_TABLE names prices.json, which is used in place of the shipped table" in [one.text for one in look()]


def test_a_file_that_only_the_command_line_reads(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "llm-prices.toml").write_text(GOOD)
    (found,) = [one for one in look() if one.state is State.NOTE]
    assert f"OTEL_LLM_COST_PRICES={folder.resolve() / 'llm-prices.toml'}" in str(found.todo)
    monkeypatch.setenv("OTEL_LLM_COST_PRICES", "llm-prices.toml")
    assert [one for one in look() if one.state is State.NOTE] == []


@pytest.mark.parametrize(
    ("name", "todo"),
    [("OTEL_LLM_COST_PRICE", "OTEL_LLM_COST_PRICES may be meant"), ("OTEL_LLM_COST_XYZZY", "one of OTEL_LLM_COST_")],
)
def test_a_variable_that_nobody_reads(name: str, todo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "own.toml")
    (found,) = [one for one in look() if one.state is State.WARN]
    assert found.text.startswith(name)
    assert str(found.todo).startswith(todo)


@pytest.mark.parametrize(
    "setting",
    [lambda: set_up(CostSpanProcessor(meter_provider=NoOpMeterProvider(), strict=True)), None],
    ids=["in code", "by variable"],
)
def test_strict_is_told(setting: Callable[[], Setup] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any("strict" in one.text for one in look())
    if setting is None:
        monkeypatch.setenv("OTEL_LLM_COST_STRICT", "true")
    found = prices.findings(set_up() if setting is None else setting(), CHECKED)
    assert [one.state for one in found if one.text.startswith("strict")] == [State.NOTE]


def test_the_prices_that_the_program_was_given_are_those_told() -> None:
    found = prices.findings(set_up(CostSpanProcessor(table=TABLE, meter_provider=NoOpMeterProvider())), TABLE.checked_unix_nano)
    assert found[0].text.startswith(f"table {TABLE.version}, checked 0 days ago")
    assert found[1].text.startswith("the program was given other prices")
