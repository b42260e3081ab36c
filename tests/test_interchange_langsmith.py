"""LangSmith's model price map to entries and back."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_llm_cost.interchange import langsmith
from otel_llm_cost.interchange.entries import Imported

ROW = {
    "id": "6f1c0a52-0000-4000-8000-000000000000",
    "name": "our model",
    "start_time": "2026-03-01T00:00:00Z",
    "match_path": ["model", "model_name", "model_id", "model_path", "endpoint_name"],
    "match_pattern": "^(our-model)$",
    "prompt_cost": "0.000003",
    "completion_cost": "0.000015",
    "prompt_cost_details": {
        "cache_read": "0.0000003",
        "ephemeral_5m_input_tokens": "0.00000375",
        "ephemeral_1h_input_tokens": 6e-06,
    },
    "completion_cost_details": {"reasoning": "0.00002"},
    "provider": "our-provider",
}


def read(*rows: object) -> Imported:
    return langsmith.read(json.dumps(list(rows)), as_of=None, name="map.json")


def test_a_row_says_what_it_says_in_langsmith() -> None:
    made = read(ROW)
    (entry,) = made.entries
    covers = entry.pop("covers")
    assert entry == {
        "regex": "^(our-model)$",
        "provider": "our-provider",
        "from": "2026-03-01",
        "rates": {
            "input": "3",
            "cache_read": "0.3",
            "cache_write_5m": "3.75",
            "cache_write_1h": "6",
            "output": "15",
            "reasoning": "20",
        },
        "currency": "USD",
        "note": "our model",
    }
    # A token type without a price of its own is billed as its side's.
    assert (covers["input_audio"], covers["cache_write"], covers["output_image"]) == ("input", "input", "output")
    assert not made.refused


def test_a_row_without_a_start_holds_always() -> None:
    made = read({**ROW, "start_time": None, "provider": None})
    assert "from" not in made.entries[0]
    assert "provider" not in made.entries[0]


def test_a_start_without_a_zone_is_utc() -> None:
    assert read({**ROW, "start_time": "2026-03-01T06:00:00"}).entries[0]["from"] == "2026-03-01T06:00:00Z"


def test_a_tier_has_its_own_prices_and_the_standard_ones_for_the_rest() -> None:
    details = {"cache_read": "0.0000003", "priority": "0.000006", "priority_cache_read": "0.0000006"}
    made = read({**ROW, "prompt_cost_details": details, "completion_cost_details": {"priority": "0.00003"}})
    (standard, priority) = made.entries
    assert standard["rates"] == {"input": "3", "cache_read": "0.3", "output": "15"}
    assert (priority["when"], priority["rates"]) == ({"tier": "priority"}, {"input": "6", "cache_read": "0.6", "output": "30"})


def test_over_200k_moves_the_whole_request_here_and_a_note_says_so() -> None:
    made = read({**ROW, "prompt_cost_details": {"over_200k": "0.000006", "cache_read_over_200k": "0.0000006"}})
    assert [(entry.get("when"), entry["rates"]) for entry in made.entries] == [
        (None, {"input": "3", "output": "15", "reasoning": "20"}),
        ({"prompt_above": 200_000}, {"input": "6", "cache_read": "0.6"}),
    ]
    assert any("only the tokens above" in note for note in made.notes)


@pytest.mark.parametrize(
    ("changed", "problem", "place"),
    [
        ({"prompt_cost": None}, "has no 'prompt_cost'", "[1]"),
        ({"completion_cost": 1.5000000000000002e-05}, "significant digits", "[1].completion_cost"),
        ({"match_pattern": "(gpt"}, "no regular expression", "[1].match_pattern"),
        (
            {"prompt_cost_details": {"tool_use": "1"}},
            "no component for the token type 'tool_use'",
            "[1].prompt_cost_details.tool_use",
        ),
        ({"min_tokens": 200000}, "does not know the meaning", "[1].min_tokens"),
        ({"start_time": "soon"}, "not an instant", "[1].start_time"),
    ],
)
def test_a_row_that_cannot_be_said_is_refused_whole(changed: dict[str, object], problem: str, place: str) -> None:
    made = read(ROW, {**ROW, **changed})
    (refusal,) = made.refused
    assert problem in refusal.problem
    assert refusal.place == place
    assert len(made.entries) == 1


def test_a_match_path_of_its_own_is_noted() -> None:
    assert any("match path" in note for note in read({**ROW, "match_path": ["endpoint_name"]}).notes)


def test_what_langsmith_cannot_say_is_noted() -> None:
    text, notes = langsmith.write(
        [
            {"model": "m.1", "rates": {"input": "3", "output": "5", "input_seconds": "0.36 per hour"}},
            {"model": "m.1", "when": {"tier": "batch"}, "rates": {"input": "1", "output": "2"}},
            {"model": "m.1", "when": {"tier": "flex"}, "rates": {"input": "2"}},
            {"model": "e", "rates": {"input": "3"}},
            {"model": "u", "until": "2026-02-01", "rates": {"input": "3", "output": "5"}},
        ],
        at=None,
    )
    rows = json.loads(text)
    assert [(row["match_pattern"], row["prompt_cost"], row["start_time"]) for row in rows] == [
        (r"^(m\.1)$", "0.000003", None),
        ("^(u)$", "0.000003", None),
    ]
    assert rows[0]["prompt_cost_details"] == {"flex": "0.000002"}
    said = "\n".join(notes)
    for part in ('no condition for {"tier": "batch"}', "No token type for input_seconds", "No standard rates", "goes on with it"):
        assert part in said


RATE = st.decimals(min_value=0, max_value=1000, places=6).map(lambda rate: format(rate.normalize() + 0, "f"))
DETAILS = st.fixed_dictionaries(
    {"input": RATE, "output": RATE}, optional=dict.fromkeys(["cache_read", "cache_write_1h", "reasoning"], RATE)
)


@given(st.dictionaries(st.one_of(st.none(), st.dates(min_value=date(2022, 1, 1)).map(str)), DETAILS, min_size=1, max_size=4))
def test_what_is_written_is_read_again(prices: dict[str | None, dict[str, str]]) -> None:
    entries = [{"regex": "^x", "rates": rates} | ({"from": day} if day else {}) for day, rates in prices.items()]
    made = langsmith.read(langsmith.write(entries, at=None).text, as_of=None, name="f")
    assert not made.refused
    read_again = {entry.get("from"): entry["rates"] for entry in made.entries}
    held: dict[str, str] = {}
    for day in sorted(prices, key=lambda day: day or ""):
        # A newer price list supersedes an older one component by component.
        changed = held | prices[day]
        if changed != held:
            assert read_again.pop(day) == changed
        held = changed
    assert not read_again
