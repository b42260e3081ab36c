"""What the import tool does with rates that another source contradicts, and with rates whose narrower ones are known later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from tools.import_genai_prices.conditions import Key, takes_place
from tools.import_genai_prices.contested import listed, mark

TODAY = date(2026, 11, 10)
BATCH = {"tier": "batch"}


def entries() -> list[dict[str, Any]]:
    return [
        {"model": "M", "from": "2026-01-05", "rates": {"input": "2", "output": "9"}, "source": "a"},
        {"model": "M", "from": "2026-06-05", "rates": {"input": "3"}, "source": "b"},
        {"model": "M", "from": "2026-06-05", "when": BATCH, "rates": {"input": "1.5"}, "source": "c"},
        {"model": "M", "from": "2026-12-01", "rates": {"input": "4"}, "source": "d"},
        {"model": "other", "from": "2026-01-05", "rates": {"input": "7"}, "source": "a"},
    ]


def marked(*items: Mapping[str, Any]) -> list[dict[str, Any]]:
    held = entries()
    mark(held, items, TODAY)
    return held


def contested(held: list[dict[str, Any]]) -> list[tuple[str, str, list[str]]]:
    return [(entry["model"], entry["source"], entry["contested"]) for entry in held if "contested" in entry]


def test_the_entry_in_force_is_marked() -> None:
    held = marked({"model": "m", "component": "input", "ours": "3"}, {"model": "m", "component": "output", "ours": "9"})
    assert contested(held) == [("M", "a", ["output"]), ("M", "b", ["input"])]


def test_a_tier_is_marked_by_itself() -> None:
    assert contested(marked({"model": "m", "component": "input", "tier": "batch", "ours": "1.5"})) == [("M", "c", ["input"])]


def test_a_region_is_an_entry_of_its_own_at_the_same_rate() -> None:
    region = {"region": ["us-gov-east-1"]}
    items = [{"model": "m", "component": name, "ours": ours, **region} for name, ours in (("input", "3"), ("output", "9"))]
    held = marked(*items)
    (new,) = [entry for entry in held if entry.get("when") == region]
    assert (new["from"], new["rates"], new["contested"]) == ("2026-11-10", {"input": "3", "output": "9"}, ["input", "output"])
    assert contested(held) == [("m", "b", ["input", "output"])]


def test_a_component_without_a_rate_is_an_entry_at_what_is_charged() -> None:
    held = marked({"model": "m", "component": "cache_read", "ours": "3"})
    assert held[-1]["rates"] == {"cache_read": "3"}
    assert held[-1]["contested"] == ["cache_read"]
    assert "when" not in held[-1]


def test_a_name_that_shares_its_rates_gets_them_again() -> None:
    held = marked({"model": "m", "as": "eu.m", "component": "input", "ours": "3"})
    assert [entry["rates"] for entry in held if entry["model"] == "eu.m"] == [entry["rates"] for entry in entries()[:4]]
    assert contested(held) == [("eu.m", "b", ["input"])]


def test_a_model_that_the_file_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="not in the file: n"):
        marked({"model": "n", "component": "input", "ours": "3"})


def test_the_list_says_who_contradicts_and_what_stands() -> None:
    items = [item for held in listed().values() for item in held]
    assert items
    assert all(
        {"model", "component", "ours", "theirs", "against"} <= set(item) and item["ours"] != item["theirs"] for item in items
    )


@pytest.mark.parametrize(
    ("narrower", "wider", "does"),
    [
        pytest.param(Key("cache_read"), Key("input"), True, id="cached"),
        pytest.param(Key("input", 200_000), Key("input"), True, id="larger"),
        pytest.param(Key("reasoning"), Key("output"), True, id="reasoning"),
        pytest.param(Key("input"), Key("input", 200_000), False, id="smaller"),
        pytest.param(Key("cache_read", tier="batch"), Key("input"), False, id="another-tier"),
        pytest.param(Key("output"), Key("input"), False, id="another"),
        pytest.param(Key("input"), Key("input"), False, id="itself"),
    ],
)
def test_what_is_charged_in_place_of_a_rate(narrower: Key, wider: Key, does: bool) -> None:  # noqa: FBT001
    assert takes_place(narrower, wider) is does
