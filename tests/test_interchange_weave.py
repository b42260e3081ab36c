"""Weave's cost table to entries and back."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_llm_cost.call import instant_of
from otel_llm_cost.interchange import weave
from otel_llm_cost.interchange.entries import Imported

ROW = {
    "llm_id": "our-model",
    "prompt_token_cost": 0.0000025,
    "completion_token_cost": 1e-05,
    "cache_read_input_token_cost": 2.5e-07,
    "cache_creation_input_token_cost": 3.125e-06,
    "effective_date": "2026-03-01T00:00:00Z",
    "provider_id": "default",
    "prompt_token_cost_unit": "USD",
    "completion_token_cost_unit": "USD",
}


def read(rows: object, *, as_of: str | None = None) -> Imported:
    return weave.read(json.dumps(rows), as_of=as_of, name="costs.json")


def test_a_row_says_what_it_says_in_weave() -> None:
    made = read([ROW])
    (entry,) = made.entries
    covers = entry.pop("covers")
    # 0.0000025 a token are 2.5 a million, 1e-05 are 10, 2.5e-07 are 0.25, 3.125e-06 are 3.125.
    assert entry == {
        "model": "our-model",
        "from": "2026-03-01",
        "rates": {"input": "2.5", "cache_read": "0.25", "cache_write": "3.125", "output": "10"},
        "currency": "USD",
    }
    assert (covers["cache_write_1h"], covers["input_audio"], covers["output_audio"]) == ("cache_write", "input", "output")
    assert not made.refused


def test_an_absent_cache_rate_is_0_as_weave_bills_it_and_a_note_says_so() -> None:
    row = {key: held for key, held in ROW.items() if not key.startswith("cache")}
    made = read([row])
    assert made.entries[0]["rates"] == {"input": "2.5", "cache_read": "0", "cache_write": "0", "output": "10"}
    assert any("imported as 0" in note and "our-model" in note for note in made.notes)


def test_a_named_provider_is_kept_and_default_is_any() -> None:
    made = read([ROW, ROW | {"provider_id": "mistral", "llm_id": "other"}, {**ROW, "llm_id": "third", "provider_id": None}])
    assert [entry.get("provider") for entry in made.entries] == [None, "mistral", None]


@pytest.mark.parametrize(
    ("changed", "problem", "place"),
    [
        ({"completion_token_cost_unit": "EUR"}, "units differ, USD and EUR", "[1]"),
        ({"prompt_token_cost_unit": "EUR", "completion_token_cost_unit": None}, "units differ, EUR and USD", "[1]"),
        ({"prompt_token_cost_unit": "tokens", "completion_token_cost_unit": "tokens"}, "no currency: 'tokens'", "[1]"),
        ({"prompt_token_cost": 2.5000000000000002e-06 + 1e-21}, "significant digits", "[1].prompt_token_cost"),
        ({"completion_token_cost": None}, "has no 'completion_token_cost'", "[1]"),
        ({"effective_date": "soon"}, "not a day", "[1].effective_date"),
        ({"effective_date": None}, "say with --as-of", "[1]"),
        ({"image_cost": 1}, "does not know the meaning", "[1].image_cost"),
        ({"prompt_token_cost": -1}, "not a price", "[1].prompt_token_cost"),
    ],
)
def test_a_row_that_cannot_be_said_is_refused_and_the_others_stay(changed: dict[str, object], problem: str, place: str) -> None:
    made = read([ROW, {**ROW, "llm_id": "other", **changed}])
    (refusal,) = made.refused
    assert problem in refusal.problem
    assert (refusal.place, refusal.line) == (place, 1)
    assert [entry["model"] for entry in made.entries] == ["our-model"]


def test_both_units_of_another_currency_are_that_currency() -> None:
    made = read([{**ROW, "prompt_token_cost_unit": "EUR", "completion_token_cost_unit": "EUR"}])
    assert made.entries[0]["currency"] == "EUR"


def test_a_row_without_a_date_starts_as_of_the_day_that_is_said() -> None:
    assert read([{**ROW, "effective_date": None}], as_of="2026-11-20").entries[0]["from"] == "2026-11-20"
    assert read([ROW], as_of="2026-11-20").entries[0]["from"] == "2026-03-01"


@pytest.mark.parametrize("text", ["2026-03-01T06:30:00", "2026-03-01 06:30:00", "2026-03-01T07:30:00+01:00"])
def test_an_instant_without_a_zone_is_utc_as_weaves_server_has_it(text: str) -> None:
    assert read([{**ROW, "effective_date": text}]).entries[0]["from"] == "2026-03-01T06:30:00Z"


def test_every_layout_in_which_weave_has_costs_is_read() -> None:
    expected = read([ROW]).entries
    unnamed = {key: held for key, held in ROW.items() if key != "llm_id"}
    assert read({"results": [ROW]}).entries == expected
    assert read({"project_id": "a/b", "costs": {"our-model": unnamed}}).entries == expected
    lines = f"{json.dumps(ROW)}\n\n{json.dumps({**ROW, 'llm_id': 'b'})}\n"
    assert weave.read(lines, as_of=None, name="f").entries[0] == expected[0]
    checkpoint = {
        "our-model": [
            {
                "provider": "default",
                "input": 0.0000025,
                "output": 0.00001,
                "cache_read_input": 2.5e-07,
                "cache_creation_input": 3.125e-06,
                "created_at": "2026-03-01 00:00:00",
            }
        ]
    }
    assert read(checkpoint).entries == expected


def test_a_refusal_in_json_lines_names_its_line() -> None:
    made = weave.read(f'{json.dumps(ROW)}\n{{"llm_id": "b"}}\n', as_of=None, name="f")
    assert [(refusal.line, refusal.problem) for refusal in made.refused] == [(2, "has no 'prompt_token_cost'")]


def test_two_prices_from_one_instant_are_refused_and_a_repetition_is_not() -> None:
    made = read([ROW, ROW, {**ROW, "prompt_token_cost": 0.000003}])
    assert len(made.entries) == 1
    assert [refusal.place for refusal in made.refused] == ["[2]"]


def test_a_field_that_stands_twice_is_refused() -> None:
    text = json.dumps(ROW)[:-1] + ', "prompt_token_cost": 1}'
    assert "stands twice" in weave.read(f"[{text}]", as_of=None, name="f").refused[0].problem


def test_what_weave_cannot_say_is_noted() -> None:
    text, notes = weave.write(
        [
            {"model": "m", "rates": {"input": "3", "output": "5"}},
            {"model": "m", "when": {"tier": "batch"}, "rates": {"input": "1", "output": "2"}},
            {"prefix": "p", "rates": {"input": "3", "output": "5"}},
            {"model": "e", "rates": {"input": "3"}},
            {"model": "s", "rates": {"input": "3", "output": "5", "web_searches": "0.01"}},
            {"model": "c", "committed": True},
            {"model": "u", "from": "2026-01-01", "until": "2026-02-01", "rates": {"input": "3", "output": "5"}},
        ],
        at=None,
    )
    rows = json.loads(text)
    assert [row["llm_id"] for row in rows] == ["m", "s", "u"]
    # Cached reads without a rate are billed as input here: 3 a million is 0.000003 a token.
    assert rows[0]["cache_read_input_token_cost"] == 0.000003
    assert "cache_creation_input_token_cost" not in rows[0]
    said = "\n".join(notes)
    for part in ("no condition for tier", "Not an exact name", "needs both", "No field for web_searches", "Committed", "goes on"):
        assert part in said


RATE = st.decimals(min_value=0, max_value=1000, places=6).map(lambda rate: format(rate.normalize() + 0, "f"))
DAY = st.dates(min_value=date(2022, 1, 1)).map(str)


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["a", "b.c", "d/e"]), DAY),
        st.fixed_dictionaries({"input": RATE, "output": RATE, "cache_read": RATE, "cache_write": RATE}),
        min_size=1,
        max_size=6,
    )
)
def test_what_is_written_is_read_again(prices: dict[tuple[str, str], dict[str, str]]) -> None:
    entries = [{"model": model, "from": day, "rates": rates} for (model, day), rates in prices.items()]
    made = weave.read(weave.write(entries, at=None).text, as_of=None, name="f")
    assert not made.refused
    read_again = {(entry["model"], entry["from"]): entry["rates"] for entry in made.entries}
    for (model, day), rates in prices.items():
        # One that repeats the price before it is not a price of its own.
        earlier = [key for key in read_again if key[0] == model and instant_of(key[1]) <= instant_of(day)]
        assert read_again[max(earlier, key=lambda key: instant_of(key[1]))] == rates
