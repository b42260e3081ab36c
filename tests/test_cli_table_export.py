"""`otel-llm-cost table export`."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from conftest import Ran

from otel_llm_cost.call import Call, instant_of
from otel_llm_cost.cli.table.formats import FORMATS
from otel_llm_cost.cost import price_call
from otel_llm_cost.prices.bundle import Bundle
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.usage import Usage

Command = Callable[..., Ran]

ACME: dict[str, Any] = {
    "provider": "acme",
    "names": ["acme", "acme.chat"],
    "currency": "USD",
    "sources": {"page": {"url": "https://acme.example/pricing", "read": "2026-11-01"}},
    "prices": [
        {"model": "Writer-1", "from": "2026-01-01", "rates": {"input": "3", "output": "15"}, "source": "page"},
        {"model": "Writer-1", "from": "2026-06-01", "rates": {"input": "2"}, "source": "page"},
        {
            "model": "Writer-1",
            "from": "2026-06-01",
            "when": {"tier": "batch"},
            "rates": {"input": "1", "output": "7.5"},
            "source": "page",
        },
        {"model": "writer-2", "from": "2026-10-01", "rates": {"input": "4", "output": "20"}, "source": "page"},
        {"prefix": "reader-", "from": "2026-01-01", "rates": {"input": "1", "output": "2"}, "source": "page"},
    ],
    "aliases": [
        {"alias": "writer", "of": "writer-1", "from": "2026-01-01", "until": "2026-10-01"},
        {"alias": "writer", "of": "writer-2", "from": "2026-10-01"},
    ],
}
DAY = "2026-07-01"


@pytest.fixture(autouse=True)
def _acme(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table in use is ours."""
    del command
    Path("b.json").write_text(Bundle("b", {"acme": "acme", "acme.chat": "acme"}, {"acme": [ACME]}).text())
    monkeypatch.setenv("OTEL_LLM_COST_TABLE", "b.json")


def export(command: Command, name: str, *more: str | Path) -> Any:  # noqa: ANN401 - JSON
    ran = command("table", "export", "--to", name, *more)
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def test_litellm_has_what_is_in_force_on_a_day(command: Command) -> None:
    table = export(command, "litellm", "--at", DAY)
    assert set(table) == {"acme/Writer-1", "acme/writer"}
    assert (table["acme/writer"]["input_cost_per_token"], table["acme/writer"]["output_cost_per_token"]) == (2e-06, 1.5e-05)
    assert export(command, "litellm", "--at", "2026-10-02")["acme/writer"]["input_cost_per_token"] == 4e-06


def test_weave_has_every_date_and_every_name(command: Command) -> None:
    rows = {(row["llm_id"], row["effective_date"][:10]): row["prompt_token_cost"] for row in export(command, "weave")}
    assert rows == {
        ("Writer-1", "2026-01-01"): 3e-06,
        ("Writer-1", "2026-06-01"): 2e-06,
        ("writer", "2026-01-01"): 3e-06,
        ("writer", "2026-06-01"): 2e-06,
        ("writer", "2026-10-01"): 4e-06,
        ("writer-2", "2026-10-01"): 4e-06,
    }


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_what_is_exported_and_imported_again_prices_as_before(command: Command, name: str, tmp_path: Path) -> None:
    at = "2026-10-05"
    assert command("table", "export", "--to", name, "--output", "out.json").code == 0
    ran = command("table", "import", "--from", name, "out.json", "--into", "again.toml", "--as-of", at)
    assert ran.code == 0, ran.err
    table = PriceTable.base().with_own([tmp_path / "again.toml"])
    assert table.own[0].prices
    for model in ("writer-1", "writer-2", "writer"):
        provider = "openrouter" if name == "openrouter" else "acme"
        asked = f"acme/{model}" if name == "openrouter" else model
        call = Call(provider, asked, instant_of("2026-11-23"), Usage(input=1_000_000, output=1_000_000))
        wanted = {"writer-1": D(17), "writer-2": D(24), "writer": D(24)}[model]
        cost = price_call(call, table)
        assert (cost.amount, str(cost.price).startswith("own:")) == (wanted, True)


def test_what_cannot_be_said_is_listed(command: Command) -> None:
    ran = command("table", "export", "--to", "weave")
    assert "note: Weave has no condition for tier: not written" in ran.err
    assert "note: Not an exact name: not written (1: acme/reader-)" in ran.err
    said = command("table", "export", "--to", "weave", "--json").json
    assert len(said["table"]) == 6
    assert any("tier" in note for note in said["notes"])


def test_a_users_own_rates_are_over_the_shipped_ones(command: Command) -> None:
    Path("llm-prices.toml").write_text(
        '[[price]]\nmodel = "writer-1"\ninput = 9\n'
        '[[price]]\nmodel = "mine"\nprovider = "house"\nfrom = 2026-01-01\ninput = 1\noutput = 2\n'
        '[[price]]\nmodel = "anyones"\nfrom = 2026-01-01\ninput = 1\noutput = 2\n'
    )
    table = export(command, "litellm", "--at", DAY)
    assert table["acme/Writer-1"]["input_cost_per_token"] == 9e-06
    assert table["acme/Writer-1"]["output_cost_per_token"] == 1.5e-05
    assert "house/mine" in table
    assert [row["provider_id"] for row in export(command, "weave", "--model", "anyones")] == ["default"]


def test_a_factor_is_named_and_not_applied(command: Command) -> None:
    Path("llm-prices.toml").write_text('[[factor]]\nmodel = "writer-1"\nfactor = "0.9"\n')
    ran = command("table", "export", "--to", "weave", "--model", "writer-1")
    assert "note: A factor (discount): not written, and the rates are those without it (1: acme/Writer-1)" in ran.err


def test_less_than_all(command: Command) -> None:
    assert {row["llm_id"] for row in export(command, "weave", "--model", "WRITER-2")} == {"writer-2"}
    assert {row["llm_id"] for row in export(command, "weave", "--provider", "acme.chat", "--at", DAY)} == {"Writer-1", "writer"}
    langsmith = export(command, "langsmith", "--model", "reader-7")
    assert [row["match_pattern"] for row in langsmith] == ["^reader\\-"]
    for more in (("--provider", "nobody"), ("--model", "nothing"), ("--at", "2020-01-01")):
        ran = command("table", "export", "--to", "weave", *more)
        assert (ran.code, ran.out) == (1, "")


def test_a_bundle_is_the_table_and_leaves_the_users_prices_out(command: Command) -> None:
    Path("llm-prices.toml").write_text('[[price]]\nmodel = "mine"\ninput = 9\n')
    ran = command("table", "export", "--to", "otel-llm-cost")
    assert ran.out == Path("b.json").read_text()
    assert "llm-prices.toml: your own prices are not in a bundle" in ran.err
    for more in (("--at", DAY), ("--model", "writer")):
        assert command("table", "export", "--to", "otel-llm-cost", *more).code == 2


def test_a_file_that_cannot_be_written_is_said(command: Command) -> None:
    ran = command("table", "export", "--to", "weave", "--output", "none/out.json")
    assert (ran.code, ran.out) == (2, "")
    assert "none/out.json: cannot be written" in ran.err
