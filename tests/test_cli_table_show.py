"""`otel-llm-cost table show`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Ran, seeded

from otel_llm_cost.cli.table.history import history
from otel_llm_cost.prices.files.own import OwnPrices
from otel_llm_cost.prices.model import ModelPrices
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.usage import Usage

Command = Callable[..., Ran]


def seller(ran: Ran, provider: str) -> dict[str, Any]:
    assert ran.code == 0
    (found,) = [held for held in ran.json["sellers"] if held["provider"] == provider]
    return dict(found)


def rates(held: dict[str, Any], component: str, **conditions: object) -> list[tuple[str | None, str | None, str]]:
    """From, until and rate of a component under exactly these conditions."""
    found = [rate for rate in held["rates"] if rate["component"] == component and rate["conditions"] == conditions]
    return [(rate["from"], rate["until"], rate["rate"]) for rate in found]


def test_the_history_of_a_name_that_moved(command: Command) -> None:
    held = seller(command("table", "show", "gpt-4o", "--provider", "openai", "--json"), "openai")
    # As published: $5 and $15 for gpt-4o-2024-05-13; $2.50, $1.25 cached and $10 for gpt-4o-2024-08-06, which the name means since
    # 2024-10-02; half of it in a batch.
    assert rates(held, "input") == [
        ("2024-05-13T00:00:00Z", "2024-10-02T00:00:00Z", "5.00"),
        ("2024-10-02T00:00:00Z", None, "2.50"),
    ]
    assert rates(held, "cache_read") == [("2024-10-02T00:00:00Z", None, "1.25")]
    assert [rate for *_, rate in rates(held, "output")] == ["15.00", "10.00"]
    assert [rate for *_, rate in rates(held, "output", tier="batch")] == ["5.00"]
    means = [(name["of"], name["from"], name["until"]) for name in held["names"] if name["name"] == "gpt-4o"]
    assert means == [
        ("gpt-4o-2024-05-13", "2024-05-13T00:00:00Z", "2024-10-02T00:00:00Z"),
        ("gpt-4o-2024-08-06", "2024-10-02T00:00:00Z", None),
    ]


def test_every_rate_has_its_source(command: Command) -> None:
    held = seller(command("table", "show", "gpt-4o", "--provider", "openai", "--json"), "openai")
    for rate in held["rates"]:
        assert rate["source"]["url"].startswith("https://")
        assert len(rate["source"]["read"]) == len("2026-11-22")
        assert rate["imported"] == (rate["source"]["package"] is not None)
        assert not rate["own"]
    assert {rate["imported"] for rate in held["rates"]} == {True, False}


@pytest.mark.parametrize("name", ["GPT-4o", "openai/gpt-4o", "models/gpt-4o", "gpt-4o@default"])
def test_any_spelling_that_prices_a_call(command: Command, name: str) -> None:
    held = seller(command("table", "show", name, "--provider", "openai", "--json"), "openai")
    assert [rate for *_, rate in rates(held, "input")] == ["5.00", "2.50"]
    assert held["read_as"] == (None if name == "GPT-4o" else "gpt-4o")


def test_a_snapshot_says_which_names_reach_it(command: Command) -> None:
    held = seller(command("table", "show", "gpt-4o-2024-08-06", "--provider", "openai", "--json"), "openai")
    expected = {"name": "gpt-4o", "of": "gpt-4o-2024-08-06", "from": "2024-10-02T00:00:00Z", "until": None}
    assert [name for name in held["names"] if name["name"] == "gpt-4o"] == [expected]


def test_all_who_sell_it_where_nobody_is_named(command: Command) -> None:
    sellers = [held["provider"] for held in command("table", "show", "gpt-4o", "--json").json["sellers"]]
    assert {"openai", "github-copilot"} <= set(sellers)
    assert len(sellers) == len(set(sellers))


def test_a_user_replaces_what_is_named_while_it_holds(command: Command, tmp_path: Path) -> None:
    (tmp_path / "llm-prices.toml").write_text(
        '[[price]]\nmodel = "gpt-4o"\nprovider = "openai"\nfrom = 2026-06-01\nuntil = 2026-09-01\ninput = "2.00"\n'
        'source = "contract 17"\nnote = "negotiated"\n'
    )
    ran = command("table", "show", "gpt-4o", "--provider", "openai", "--at", "2026-07-01", "--json")
    held = seller(ran, "openai")
    assert rates(held, "input")[1:] == [
        ("2024-10-02T00:00:00Z", "2026-06-01T00:00:00Z", "2.50"),
        ("2026-06-01T00:00:00Z", "2026-09-01T00:00:00Z", "2.00"),
        ("2026-09-01T00:00:00Z", None, "2.50"),
    ]
    in_force = {
        rate["component"]: (rate["rate"], rate["own"]) for rate in held["rates"] if rate["in_force"] and not rate["conditions"]
    }
    assert in_force["input"] == ("2.00", True)
    assert in_force["output"] == ("10.00", False)
    text = command("table", "show", "gpt-4o", "--provider", "openai", "--at", "2026-07-01").out
    (line,) = [line for line in text.splitlines() if "yours" in line]
    assert line.split()[:4] == ["*", "input", "2026-06-01", "2026-09-01"]
    assert "yours, llm-prices.toml: price[0]" in line
    assert "] contract 17\n" in text
    assert "note: standard from 2026-06-01: negotiated\n" in text


def test_what_is_never_in_force_any_more_says_what_took_its_place(command: Command, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[[price]]\nmodel = "gpt-4o"\nprovider = "openai"\ninput = "2.00"\n')
    held = seller(command("table", "show", "gpt-4o", "--provider", "openai", "--prices", own, "--json"), "openai")
    shipped = [rate for rate in held["rates"] if rate["component"] == "input" and not rate["conditions"] and not rate["own"]]
    assert [(rate["replaced_by"], rate["in_force"]) for rate in shipped] == [("own:openai/gpt-4o", False)] * 2
    # The batch tier is another price, which the user's row says nothing of.
    assert rates(held, "input", tier="batch")[-1][2] == "1.25"
    text = command("table", "show", "gpt-4o", "--provider", "openai", "--prices", own).out
    assert f"replaced by {own}: price[0]" in text


def test_a_region_of_several_is_replaced_only_by_what_holds_in_all_of_them(command: Command, tmp_path: Path) -> None:
    row = '[[price]]\nprovider = "acme"\nmodel = "m"\ninput = "{}"\nfrom = {}\nwhen = {{ region = {} }}\n'
    (tmp_path / "llm-prices.toml").write_text(
        row.format(1, "2026-01-01", '["eu", "us"]')
        + row.format(2, "2026-02-01", '"eu"')
        + row.format(3, "2026-03-01", '["us", "eu", "jp"]')
    )
    held = seller(command("table", "show", "m", "--json"), "acme")
    assert [(rate["rate"], rate["until"]) for rate in held["rates"]] == [
        ("2", "2026-03-01T00:00:00Z"),
        ("1", "2026-03-01T00:00:00Z"),
        ("3", None),
    ]


OWN = """
[sources]
page = { url = "https://acme.example/prices", read = 2026-11-01 }
[sources.release]
url = "https://github.com/acme/prices"
read = 2026-10-01
package = "acme-prices 1.2"
page = "https://acme.example/p"

[models]
prod = { model = "writer-2", provider = "acme" }

[[alias]]
alias = "writer"
of = "writer-2"
provider = "acme"
from = 2026-02-01

[[price]]
provider = "acme"
model = "writer-2"
from = 2026-01-01
input = "3"
output = "15"
source = "page"
figures = { input = "$0.003 / 1K tokens" }
contested = ["output"]
aliases = ["writer-two"]

[[price]]
provider = "acme"
model = "writer-2"
from = 2026-05-01
input = "2"
source = "release"

[[price]]
provider = "acme"
model = "writer-2"
from = 2026-05-01
input = "1"
when = { hours = "22:00-06:00", weekdays = "mon-fri", zone = "Europe/Berlin", prompt_above = 1000, region = "eu" }

[[price]]
provider = "acme"
prefix = "writer-"
committed = true
when = { tier = "reserved" }
note = "bought by the month"

[[factor]]
provider = "acme"
factor = "0.5"
components = ["input"]
when = { tier = "batch" }
"""


def test_one_row_supersedes_another_and_conditions_are_shown(command: Command, tmp_path: Path) -> None:
    (tmp_path / "llm-prices.toml").write_text(OWN)
    held = seller(command("table", "show", "writer-2", "--provider", "acme", "--json"), "acme")
    assert rates(held, "input") == [("2026-01-01T00:00:00Z", "2026-05-01T00:00:00Z", "3"), ("2026-05-01T00:00:00Z", None, "2")]
    by_night = {
        "prompt_above": 1000,
        "region": ["eu"],
        "weekdays": "mon-fri",
        "hours": "22:00-06:00",
        "zone": "Europe/Berlin",
    }
    assert rates(held, "input", **by_night) == [("2026-05-01T00:00:00Z", None, "1")]
    assert rates(held, "committed", tier="reserved") == [(None, None, None)]
    first, second = [rate for rate in held["rates"] if rate["component"] == "input"][:2]
    assert (first["figure"], first["imported"], first["source"]["url"]) == (
        "$0.003 / 1K tokens",
        False,
        "https://acme.example/prices",
    )
    assert (second["imported"], second["source"]["package"], second["source"]["page"]) == (
        True,
        "acme-prices 1.2",
        "https://acme.example/p",
    )
    assert [rate["contested"] for rate in held["rates"] if rate["component"] == "output"] == [True]
    (factor,) = held["factors"]
    assert (factor["factor"], factor["components"], factor["conditions"]) == ("0.5", ["input"], {"tier": "batch"})
    assert {(name["name"], name["from"]) for name in held["names"]} == {("writer", "2026-02-01T00:00:00Z"), ("writer-two", None)}


def test_by_the_clock_of_its_zone_a_row_is_in_force_or_not(command: Command, tmp_path: Path) -> None:
    (tmp_path / "llm-prices.toml").write_text(OWN)

    def is_in_force(at: str) -> bool:
        held = seller(command("table", "show", "writer-2", "--at", at, "--json"), "acme")
        (night,) = [rate for rate in held["rates"] if "hours" in rate["conditions"]]
        return bool(night["in_force"])

    # 21:00 UTC is 23:00 in Berlin in summer; 2026-07-03 is a Friday.
    assert [is_in_force(f"2026-07-0{day}T21:00:00Z") for day in (2, 3, 4)] == [True, True, False]
    assert not is_in_force("2026-07-02T12:00:00Z")


def test_the_same_as_text(command: Command, tmp_path: Path) -> None:
    (tmp_path / "llm-prices.toml").write_text(OWN)
    lines = [line.split() for line in command("table", "show", "prod").out.splitlines()]
    words = [" ".join(line) for line in lines]
    assert words[0] == "acme prod"
    assert "prod writer-2 - -" in words
    assert "input 2026-01-01 2026-05-01 3 per 1M tokens $0.003 / 1K tokens yours, llm-prices.toml: price[0] [1]" in words
    assert any(line.startswith("* output 2026-01-01 - 15 per 1M tokens, contested") for line in words)
    night = "prompt above 1000, region eu, mon-fri 22:00-06:00 Europe/Berlin"
    assert any(night in line for line in words)
    assert "[1] https://acme.example/prices read 2026-11-01" in words
    assert "[2] imported from acme-prices 1.2 of 2026-10-01, https://github.com/acme/prices, citing https://acme.example/p" in words
    assert "x 0.5 (tier) input tier batch - - yours, llm-prices.toml: factor[0]" in words
    assert "note: tier reserved: bought by the month" in words
    assert words[-1] == f"table {command('table', 'show', 'prod', '--json').json['table']}"


def test_a_model_that_nobody_knows(command: Command) -> None:
    ran = command("table", "show", "nobody-9", "--provider", "openai")
    assert (ran.code, ran.out) == (1, "")
    assert "no openai prices are known for 'nobody-9'" in ran.err
    ran = command("table", "show", "nobody-9", "--json")
    assert (ran.code, ran.json["sellers"]) == (1, [])


def test_a_broken_file_says_where(command: Command, tmp_path: Path) -> None:
    (tmp_path / "llm-prices.toml").write_text('[[price]]\nmodel = "m"\ninput = "cheap"\n')
    ran = command("table", "show", "gpt-4o")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("llm-prices.toml:3:1: ")


def test_control_characters_are_shown_not_sent(command: Command, tmp_path: Path) -> None:
    (tmp_path / "llm-prices.toml").write_text('[[price]]\nmodel = "m"\ninput = "1"\nnote = "red \\u001b[31m\\nthen a line"\n')
    out = command("table", "show", "m").out
    assert "\x1b" not in out
    assert "red \\x1b[31m\\nthen a line\n" in out


def test_a_terminal_gets_a_drawn_table(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = command("table", "show", "gpt-4o", "--provider", "openai").out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    drawn = command("table", "show", "gpt-4o", "--provider", "openai").out
    assert "─" not in plain
    assert "─" in drawn
    assert {"gpt-4o-2024-05-13", "2024-10-02"} <= set(drawn.split())


def test_in_a_pipe_nothing_that_draws_is_loaded() -> None:
    program = "import sys; from otel_llm_cost.cli import main; main(['table', 'search', 'gpt-4o']); print('rich' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize("seed", range(20))
def test_what_wins_is_always_shown_as_in_force(seed: int) -> None:
    """The history against the lookup itself, at random rows."""
    chance = seeded(seed)
    entries = []
    for number, start in enumerate(chance.sample(range(1, 20), 8)):
        when = {key: value for key, value in (("tier", "batch"), ("prompt_above", 100), ("region", "eu")) if chance.random() < 0.3}
        entry: dict[str, Any] = {"model": "m", "input": str(number + 1), "from": f"2026-01-{start:02}", "when": when}
        if chance.random() < 0.5:
            entry["until"] = f"2026-01-{start + chance.randrange(1, 9):02}"
        if chance.random() < 0.3:
            entry = {"prefix": "m"} | {key: value for key, value in entry.items() if key != "model"}
        entries.append(entry)
    own = OwnPrices("own", json.loads(json.dumps({"price": entries})), PriceTable.shipped().key_of, lambda *_: None)
    model = ModelPrices("USD", own.rows("acme", "m", "m"))
    stretches = history(model.rows)
    for day in range(31):
        at = (1_767_225_600 + day * 86_400) * 10**9
        holding = [stretch.row.when for stretch in stretches if stretch.holds_at(at)]
        assert len(holding) == len(set(holding))
        for tier, region, tokens in (("standard", None, 5), ("batch", "eu", 5), ("batch", None, 500), ("standard", "eu", 500)):
            (winner,) = model.quote(at, tier, Usage(input=tokens), region).rows
            shown = [stretch.row.units for stretch in stretches if stretch.holds_at(at)]
            assert winner is None or winner.units in shown
