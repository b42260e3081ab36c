"""`otel-llm-cost table at`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Ran

Command = Callable[..., Ran]

OWN = """
[[price]]
provider = "acme"
model = "writer"
from = 2026-01-01
input = "2.50"
output = "10"
web_searches = "10 per 1K"

[[price]]
provider = "acme"
model = "writer"
from = 2026-01-01
input = "5"
when = { prompt_above = 200_000 }

[[price]]
provider = "acme"
model = "maler"
currency = "EUR"
from = 2026-02-01
output_images = "0.04"
aliases = ["painter"]

[[price]]
provider = "acme"
model = "hosted"
from = 2026-02-01
committed = true

[[factor]]
provider = "acme"
factor = "1.1"
components = ["input", "output"]
when = { region = "eu" }

[[alias]]
alias = "best"
of = "writer"
provider = "acme"
from = 2026-03-01
"""


def of(ran: Ran, model: str) -> list[dict[str, Any]]:
    return [rates for rates in ran.json["rates"] if rates["model"] == model]


def rate(ran: Ran, model: str, component: str) -> str:
    (rates,) = of(ran, model)
    return str(rates["rates"][component]["rate"])


def test_on_both_sides_of_a_price_change(command: Command) -> None:
    before = command("table", "at", "2024-10-01T23:59:59Z", "--provider", "openai", "--json")
    after = command("table", "at", "2024-10-02", "--provider", "openai", "--json")
    # gpt-4o-2024-05-13: $5 and $15; gpt-4o-2024-08-06: $2.50, $1.25 cached, $10.
    assert of(before, "gpt-4o")[0]["rates"] == {
        "input": {"rate": "5.00", "per": "1M tokens"},
        "output": {"rate": "15.00", "per": "1M tokens"},
    }
    assert [rate(after, "gpt-4o", name) for name in ("input", "cache_read", "output")] == ["2.50", "1.25", "10.00"]
    assert of(after, "gpt-4o")[0]["price"] == "openai/gpt-4o@2024-10-02"
    # o1 came on 2024-12-17.
    assert of(after, "o1") == []
    assert after.json["without_rates"] > 0


def test_a_tier(command: Command) -> None:
    ran = command("table", "at", "2025-03-01", "--provider", "openai", "--tier", "batch", "--json")
    assert [rate(ran, "gpt-4o", name) for name in ("input", "output")] == ["1.25", "5.00"]


def test_all_providers_where_none_is_named(command: Command) -> None:
    ran = command("table", "at", "2026-11-01", "--json")
    providers = {rates["provider"] for rates in ran.json["rates"]}
    assert {"openai", "anthropic", "google"} <= providers
    assert len(ran.json["rates"]) > 500


def test_prices_of_ones_own(command: Command, tmp_path: Path) -> None:
    (tmp_path / "llm-prices.toml").write_text(OWN)
    ran = command("table", "at", "2026-02-15", "--provider", "acme", "--json")
    small, large = of(ran, "writer")
    assert (small["prompt_above"], small["rates"]["input"]["rate"]) == (None, "2.50")
    assert (large["prompt_above"], large["rates"]["input"]["rate"], large["rates"]["output"]["rate"]) == (200_000, "5", "10")
    assert small["rates"]["web_searches"] == {"rate": "0.01", "per": "search"}
    (painter,) = of(ran, "painter")
    assert (painter["currency"], painter["rates"]) == ("EUR", {"output_images": {"rate": "0.04", "per": "image"}})
    (hosted,) = of(ran, "hosted")
    assert (hosted["committed"], hosted["rates"]) == (True, {})
    assert of(ran, "best") == []
    assert ran.json["without_rates"] == 1


def test_factors_are_in_the_rates(command: Command, tmp_path: Path) -> None:
    (tmp_path / "llm-prices.toml").write_text(OWN)
    ran = command("table", "at", "2026-03-15", "--provider", "acme", "--region", "EU", "--json")
    small, _ = of(ran, "best")
    # 2.50 and 10, +10 %.
    assert (small["rates"]["input"]["rate"], small["rates"]["output"]["rate"]) == ("2.75", "11")
    assert small["factors"] == {"input": ["1.1"], "output": ["1.1"]}


def test_a_price_for_any_provider_stands_with_each(command: Command, tmp_path: Path) -> None:
    (tmp_path / "llm-prices.toml").write_text(
        '[[price]]\nmodel = "gpt-4o-2024-08-06"\ninput = "2.25"\n[[price]]\nmodel = "mine"\ninput = "1"\n'
    )
    ran = command("table", "at", "2026-11-01", "--json")
    assert rate(ran, "gpt-4o-2024-08-06", "input") == "2.25"
    assert rate(ran, "gpt-4o-2024-08-06", "output") == "10.00"
    assert [rates["provider"] for rates in of(ran, "mine")] == [""]


def test_a_size_of_prompt_at_which_nothing_changes_is_no_line(command: Command, tmp_path: Path) -> None:
    (tmp_path / "llm-prices.toml").write_text(
        '[[price]]\nmodel = "mine"\nprovider = "acme"\ninput = "1"\n'
        '[[price]]\nmodel = "mine"\nprovider = "acme"\ninput = "2"\nwhen = { tier = "batch", prompt_above = 1000 }\n'
    )
    assert len(of(command("table", "at", "2026-11-01", "--provider", "acme", "--json"), "mine")) == 1
    batch = command("table", "at", "2026-11-01", "--provider", "acme", "--tier", "batch", "--json")
    assert [(rates["prompt_above"], rates["rates"]["input"]["rate"]) for rates in of(batch, "mine")] == [(1000, "2")]


def test_text(command: Command, tmp_path: Path) -> None:
    (tmp_path / "llm-prices.toml").write_text(OWN)
    ran = command("table", "at", "2026-02-15", "--provider", "acme", "--region", "eu")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert lines[0] == "acme at 2026-02-15T00:00:00Z, tier standard, region eu: per 1M tokens, if not said otherwise"
    assert lines[2] == "model prompt input output currency factors further"
    assert "hosted committed: no price per call" in lines
    assert "maler EUR output_images 0.04 per image" in lines
    assert "writer 2.75 11 x 1.1 web_searches 0.01 per search" in lines
    assert "writer > 200000 5.5 11 x 1.1 web_searches 0.01 per search" in lines
    assert "1 more names had no price then" in lines


@pytest.mark.parametrize(("provider", "said"), [("nobody", "no prices are known of the provider 'nobody'"), ("openai", "")])
def test_nothing_had_a_price_then(command: Command, provider: str, said: str) -> None:
    ran = command("table", "at", "1999-01-01", "--provider", provider)
    assert ran.code == 1
    assert said in ran.err


def test_a_mistake(command: Command) -> None:
    ran = command("table", "at", "yesterday")
    assert (ran.code, ran.out) == (2, "")
    assert "neither a day nor an instant with a zone: 'yesterday'" in ran.err
