"""`otel-llm-cost table import`."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from conftest import Ran

from otel_llm_cost.call import Call, instant_of
from otel_llm_cost.cost import price_call
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.usage import Usage

Command = Callable[..., Ran]
OWN = Path("llm-prices.toml")

WEAVE = {
    "llm_id": "our-model",
    "prompt_token_cost": 0.0000025,
    "completion_token_cost": 1e-05,
    "effective_date": "2026-03-01T00:00:00Z",
}
LITELLM = {
    "acme/writer": {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 3e-6, "output_cost_per_token": 1.5e-5}
}
GENAI_PRICES = [
    {
        "id": provider,
        "models": [{"id": "m", "match": {"equals": "m"}, "prices": {"input_mtok": price}, "prices_checked": "2026-05-01"}],
    }
    for provider, price in (("acme", 1), ("zebra", 2))
]
LANGFUSE = [{"modelName": "m", "matchPattern": "(?i)^(m)$", "startDate": "2026-05-01", "inputPrice": 1e-6, "outputPrice": 2e-6}]
OPENROUTER = {"data": [{"id": "acme/m", "pricing": {"prompt": "0.000001", "completion": "0.000002"}}]}
LANGSMITH = [
    {
        "name": "m",
        "match_pattern": "^m$",
        "prompt_cost": "0.000001",
        "completion_cost": "0.000002",
        "start_time": "2026-05-01T00:00:00Z",
    }
]


def bring(command: Command, document: object, name: str = "weave", *more: str) -> Ran:
    Path("table.json").write_text(json.dumps(document))
    return command("table", "import", "--from", name, "table.json", *more)


def usd(provider: str, model: str, day: str = "2026-06-01", **counts: int) -> D | None:
    table = PriceTable.shipped().with_own([OWN])
    return price_call(Call(provider, model, instant_of(day), Usage(**counts)), table).amount


@pytest.mark.parametrize(
    ("name", "document", "provider", "model", "more", "wanted"),
    [
        ("weave", [WEAVE], "anyone", "our-model", (), D("12.5")),
        ("litellm", LITELLM, "acme", "writer", ("--as-of", "2026-05-01"), D(18)),
        ("genai-prices", GENAI_PRICES, "acme", "m", (), D(1)),
        ("langfuse", LANGFUSE, "anyone", "m", (), D(3)),
        ("openrouter", OPENROUTER, "openrouter", "acme/m", ("--as-of", "2026-05-01"), D(3)),
        ("langsmith", LANGSMITH, "anyone", "m", (), D(3)),
    ],
)
def test_a_table_of_each_project_prices_calls_then(
    command: Command, name: str, document: object, provider: str, model: str, more: tuple[str, ...], wanted: D
) -> None:
    ran = bring(command, document, name, *more)
    assert (ran.code, ran.out) == (0, "")
    assert "into llm-prices.toml: " in ran.err
    counts = {"input": 1_000_000} if name == "genai-prices" else {"input": 1_000_000, "output": 1_000_000}
    assert usd(provider, model, **counts) == wanted


def test_rows_that_cannot_be_said_are_refused_with_their_place_and_the_others_come(command: Command) -> None:
    ran = bring(command, [WEAVE, {**WEAVE, "llm_id": "bad", "prompt_token_cost_unit": "EUR"}])
    assert ran.code == 1
    column = Path("table.json").read_text().rindex("{") + 1
    assert f"refused: table.json:1:{column}: [1]: its units differ, EUR and USD" in ran.err
    assert "note: No cache rate: Weave bills cached tokens at 0 then" in ran.err
    assert "into llm-prices.toml: 1 price, 1 refused" in ran.err
    assert usd("any", "our-model", input=1_000_000) == D("2.5")


def test_what_is_there_stays_and_is_not_brought_twice(command: Command) -> None:
    held = '# mine\n[[price]]\nmodel = "mine"\ninput = 1\n'
    OWN.write_text(held)
    assert bring(command, [WEAVE]).code == 0
    first = OWN.read_text()
    assert first.startswith(held)
    again = bring(command, [WEAVE])
    assert (again.code, OWN.read_text()) == (0, first)
    assert "0 prices, 1 already there" in again.err


def test_rows_of_several_providers_for_one_name_do_not_meet(command: Command) -> None:
    assert bring(command, GENAI_PRICES, "genai-prices").code == 0
    assert (usd("acme", "m", input=1_000_000), usd("zebra", "m", input=1_000_000)) == (D(1), D(2))


def test_a_row_that_would_tie_is_refused_and_the_others_come(command: Command) -> None:
    OWN.write_text('[[price]]\nmodel = "our-model"\nfrom = 2026-03-01\ninput = 1\n')
    ran = bring(command, [WEAVE, {**WEAVE, "llm_id": "other"}])
    assert ran.code == 1
    assert "refused: table.json: our-model: two rows for input would win equally" in ran.err
    assert usd("any", "other", input=1_000_000) == D("2.5")
    assert usd("any", "our-model", input=1_000_000) == D(1)


def test_globs_that_clash_over_names_that_nobody_has_become_regular_expressions(command: Command) -> None:
    models = [
        {"id": name, "match": {"contains": name}, "prices": {"input_mtok": price}, "prices_checked": "2026-05-01"}
        for name, price in (("alpha", 1), ("gamma", 2))
    ]
    assert bring(command, [{"id": "acme", "models": models}], "genai-prices").code == 0
    assert (usd("acme", "an-alpha-1", input=1_000_000), usd("acme", "a-gamma-1", input=1_000_000)) == (D(1), D(2))


@pytest.mark.parametrize("name", ["litellm", "openrouter"])
def test_a_format_without_dates_needs_one(command: Command, name: str) -> None:
    ran = bring(command, LITELLM if name == "litellm" else OPENROUTER, name)
    assert ran.code == 2
    assert "--as-of" in ran.err
    assert not OWN.exists()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--from", "weave", "none.json"), "none.json: No such file"),
        (("--from", "other", "table.json"), "invalid choice: 'other'"),
        (("--from", "weave", "broken.json"), "broken.json:1:2: not JSON"),
        (("--from", "weave", "latin.json"), "latin.json: not UTF-8"),
        (("--from", "weave", "table.json", "--as-of", "soon"), "neither a day nor an instant"),
        (("--from", "weave", "table.json", "--into", "x", "--output", "-"), "not allowed with"),
    ],
)
def test_a_mistake_in_the_call_is_said(command: Command, arguments: tuple[str, ...], problem: str) -> None:
    Path("table.json").write_text("[]")
    Path("broken.json").write_text("{")
    Path("latin.json").write_bytes(b'["\xe9"]')
    ran = command("table", "import", *arguments)
    assert ran.code == 2
    assert problem in ran.err


def test_a_file_that_does_not_load_is_left_alone(command: Command) -> None:
    OWN.write_text('[[price]]\nmodel = "mine"\ninput = "x"\n')
    before = OWN.read_text()
    ran = bring(command, [WEAVE])
    assert ran.code == 2
    assert "llm-prices.toml:3:1: " in ran.err
    assert OWN.read_text() == before


def test_rows_that_tie_with_another_of_the_users_files_are_not_written(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("other.toml").write_text('[[price]]\nmodel = "our-model"\nfrom = 2026-03-01\ninput = 1\n')
    monkeypatch.setenv("OTEL_LLM_COST_PRICES", "other.toml")
    ran = bring(command, [WEAVE])
    assert ran.code == 2
    assert "two rows for input would win equally" in ran.err
    assert not OWN.exists()


def test_a_file_that_the_environment_names_may_be_made(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_LLM_COST_PRICES", "new.toml")
    assert bring(command, [WEAVE], "weave", "--into", "new.toml").code == 0
    assert command("table", "show", "our-model").code == 0


def test_output_prints_and_writes_nothing(command: Command) -> None:
    ran = bring(command, [WEAVE], "weave", "--output", "-")
    assert ran.code == 0
    assert not OWN.exists()
    OWN.write_text(ran.out)
    assert usd("any", "our-model", input=1_000_000) == D("2.5")


def test_json_says_what_came_what_was_refused_and_what_to_know(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps([WEAVE, {"llm_id": "bad"}])))
    ran = command("table", "import", "--from", "weave", "-", "--json")
    said: dict[str, Any] = ran.json
    assert ran.code == 1
    assert [price["model"] for price in said["prices"]] == ["our-model"]
    assert [(refused["file"], refused["place"]) for refused in said["refused"]] == [("standard input", "[1]")]
    assert said["into"] == "llm-prices.toml"
    assert any("Weave bills" in note for note in said["notes"])


def test_a_name_cannot_break_out_of_the_comment_that_says_where_rows_are_from(command: Command) -> None:
    path = Path('x\x7f\n[[price]]\nmodel = "evil".json')
    path.write_text(json.dumps([WEAVE]))
    assert command("table", "import", "--from", "weave", path).code == 0
    assert usd("any", "evil", input=1) is None


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        (r"(?i)^(m\-1|m\.2)$", {"model": "m-1", "aliases": ["m.2"]}),
        (r"^acme/m:1@x$", {"model": "acme/m:1@x"}),
        (r"^(?:m)$", {"model": "m"}),
        (r"^m.1$", {"regex": "^m.1$"}),
        (r"^m|n$", {"regex": "^m|n$"}),
        (r"^(m|)$", {"regex": "^(m|)$"}),
        (r"^m\d$", {"regex": r"^m\d$"}),
        (r"^m", {"regex": "^m"}),
    ],
)
def test_a_regular_expression_that_spells_out_names_becomes_these_names(
    command: Command, pattern: str, wanted: dict[str, Any]
) -> None:
    ran = bring(command, [{**LANGFUSE[0], "matchPattern": pattern}], "langfuse", "--json")
    (price,) = ran.json["prices"]
    assert {key: price[key] for key in ("model", "aliases", "regex") if key in price} == wanted
