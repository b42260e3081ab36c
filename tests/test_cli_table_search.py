"""`otel-llm-cost table search`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from conftest import Ran

Command = Callable[..., Ran]

OWN = """
[models]
prod-chat = { model = "gpt-4o", provider = "openai" }

[[price]]
provider = "acme"
glob = "acme-writer-*"
input = "1"

[[price]]
model = "acme-1"
input = "1"
aliases = ["the-acme"]

[[alias]]
alias = "acme-best"
of = "acme-1"
from = 2026-02-01
until = 2026-03-01
"""


def test_models_and_aliases_with_who_sells_them(command: Command) -> None:
    ran = command("table", "search", "GPT-4o-2024", "--json")
    found = {(held["name"], held["provider"]) for held in ran.json["found"]}
    assert ran.code == 0
    assert {("gpt-4o-2024-05-13", "openai"), ("gpt-4o-2024-08-06", "openai")} <= found
    assert all("gpt-4o-2024" in name for name, _ in found)


def test_an_alias_says_what_it_means_and_when(command: Command) -> None:
    found = [held for held in command("table", "search", "gpt-4o", "--json").json["found"] if held["name"] == "gpt-4o"]
    means = [(held["of"], held["from"], held["until"]) for held in found if held["provider"] == "openai"]
    assert means == [
        ("gpt-4o-2024-05-13", "2024-05-13T00:00:00Z", "2024-10-02T00:00:00Z"),
        ("gpt-4o-2024-08-06", "2024-10-02T00:00:00Z", None),
    ]
    assert any(held["provider"] == "github-copilot" and held["of"] is None for held in found)


def test_a_model_whose_name_later_became_another_models(command: Command) -> None:
    found = command("table", "search", "deepseek-v4-flash", "--json").json["found"]
    held = [(name["of"], name["from"]) for name in found if (name["name"], name["provider"]) == ("deepseek-v4-flash", "deepseek")]
    # Since 2026-09-10 it is served by deepseek-flash; until then it had rates of its own.
    assert held == [(None, None), ("deepseek-flash", "2026-09-10T00:00:00Z")]


def test_names_of_ones_own(command: Command, tmp_path: Path) -> None:
    (tmp_path / "llm-prices.toml").write_text(OWN)
    out = [" ".join(line.split()) for line in command("table", "search", "acme").out.splitlines()]
    assert out == [
        "name provider means from until whose",
        "acme-1 any yours, llm-prices.toml",
        "acme-best any acme-1 2026-02-01 2026-03-01 yours, llm-prices.toml",
        "acme-writer-* acme (a glob) yours, llm-prices.toml",
        "the-acme any acme-1 yours, llm-prices.toml",
    ]
    assert "prod-chat openai gpt-4o yours, llm-prices.toml" in " ".join(command("table", "search", "PROD-ch").out.split())


def test_none(command: Command) -> None:
    ran = command("table", "search", "nobody-9")
    assert (ran.code, ran.out) == (1, "")
    assert "no model's name contains 'nobody-9'" in ran.err
    assert command("table", "search", "nobody-9", "--json").json["found"] == []
