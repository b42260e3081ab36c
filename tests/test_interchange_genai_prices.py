"""genai-prices' data to entries and back."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_llm_cost.interchange import genai_prices
from otel_llm_cost.interchange.entries import Entry, Imported

DAY = "2026-11-20"
MODEL: dict[str, Any] = {
    "id": "our-model",
    "name": "Our Model",
    "match": {"or": [{"equals": "our-model-v1"}, {"equals": "Our-Model"}, {"starts_with": "our-model-2"}]},
    "prices": {"input_mtok": 3, "cache_write_mtok": 3.75, "output_mtok": 15},
}


def provider(*models: object, **further: object) -> dict[str, object]:
    return {"id": "us", "name": "Us", "api_pattern": "https://us", "models": models, **further}


def read(*models: object, as_of: str | None = DAY, **further: object) -> Imported:
    return genai_prices.read(json.dumps([provider(*models, **further)]), as_of=as_of, name="data.json")


def priced(prices: object, **further: object) -> dict[str, Any]:
    return {**MODEL, "match": {"equals": "our-model"}, "prices": prices, **further}


def windows(made: Imported) -> list[tuple[str, str | None, dict[str, Any], dict[str, str]]]:
    return [(entry["from"], entry.get("until"), entry.get("when", {}), entry["rates"]) for entry in made.entries]


def test_a_model_says_what_it_says_in_genai_prices() -> None:
    made = read(MODEL, pricing_urls=["https://us.example/pricing"])
    held = {
        "provider": "us",
        "from": DAY,
        "rates": {"input": "3", "cache_write": "3.75", "output": "15"},
        "covers": {"cache_write_5m": "cache_write"},
        "currency": "USD",
        "source": {"url": "https://us.example/pricing", "read": DAY},
    }
    assert made.entries == [
        {"model": "Our-Model", "aliases": ["our-model-v1"], **held},
        {"prefix": "our-model-2", **held},
    ]
    assert not made.refused


@pytest.mark.parametrize(
    ("key", "price", "rates"),
    [
        ("cache_read_mtok", 0.3, {"cache_read": "0.3"}),
        ("cache_audio_read_mtok", 0.3, {"cache_read_audio": "0.3"}),
        ("cache_write_1h_mtok", 6, {"cache_write_1h": "6"}),
        ("output_reasoning_mtok", 20, {"reasoning": "20"}),
        ("output_citation_mtok", 2, {"citations": "2"}),
        ("input_mchars", 22, {"input_characters": "22"}),
        ("requests_kcount", 5, {"requests": "0.005"}),
        ("web_searches_kcount", 10, {"web_searches": "0.01"}),
        ("storage_searches_kcount", 2.5, {"file_searches": "0.0025"}),
        ("input_text_messages_kcount", 4, {"messages": "0.004"}),
        ("input_document_kpages", 1, {"input_pages": "0.001"}),
        ("input_annotated_document_kpages", 3, {"annotated_pages": "0.003"}),
        ("audio_hours", 0.111, {"input_seconds": "0.111 per hour"}),
        ("output_audio_hours", 0.36, {"output_seconds": "0.36 per hour"}),
    ],
)
def test_each_key_is_the_price_of_its_component(key: str, price: float, rates: dict[str, str]) -> None:
    made = read(priced({key: price}))
    assert [entry["rates"] for entry in made.entries] == [rates]


def test_tiers_are_conditions_on_the_whole_request() -> None:
    made = read(priced({"input_mtok": {"base": 3, "tiers": [{"start": 200000, "price": 6}]}, "output_mtok": 15}))
    assert windows(made) == [
        (DAY, None, {}, {"input": "3", "output": "15"}),
        (DAY, None, {"prompt_above": 200_000}, {"input": "6"}),
    ]


def test_dated_prices_follow_each_other_and_each_ends_where_the_next_begins() -> None:
    prices = [
        {"prices": {"input_mtok": {"base": 3, "tiers": [{"start": 200000, "price": 6}]}}},
        {"constraint": {"start_date": "2026-03-13"}, "prices": {"input_mtok": 4}},
        {"constraint": {"start_date": "2027-01-01"}, "prices": {"input_mtok": 5}},
    ]
    assert windows(read(priced(prices), as_of="2026-01-01")) == [
        ("2026-01-01", "2026-03-13", {}, {"input": "3"}),
        ("2026-01-01", "2026-03-13", {"prompt_above": 200_000}, {"input": "6"}),
        ("2026-03-13", "2027-01-01", {}, {"input": "4"}),
        ("2027-01-01", None, {}, {"input": "5"}),
    ]
    late = read(priced(prices), as_of=DAY)
    # What ended before the day from which anything is known has no start.
    assert [start for start, *_ in windows(late)] == ["2026-03-13", "2027-01-01"]
    assert any("ended before" in note for note in late.notes)


def test_the_day_on_which_a_model_was_checked_comes_before_as_of() -> None:
    assert read(priced({"input_mtok": 3}, prices_checked="2026-05-01")).entries[0]["from"] == "2026-05-01"


def test_a_price_without_a_date_needs_one_and_a_dated_one_does_not() -> None:
    made = read(priced({"input_mtok": 3}), as_of=None)
    assert "--as-of" in made.refused[0].problem
    dated = [{"constraint": {"start_date": "2026-03-13"}, "prices": {"input_mtok": 4}}]
    assert [start for start, *_ in windows(read(priced(dated), as_of=None))] == ["2026-03-13"]


def test_hours_hold_whatever_the_date_and_windows_of_one_price_are_one_row() -> None:
    peak = {"input_mtok": 2}
    prices = [
        {"prices": {"input_mtok": 1}},
        {"constraint": {"start_time": "01:00:00+00:00", "end_time": "04:00:00+00:00"}, "prices": peak},
        {"constraint": {"start_time": "14:00:00+08:00", "end_time": "18:00:00+08:00"}, "prices": peak},
    ]
    assert windows(read(priced(prices))) == [
        (DAY, None, {}, {"input": "1"}),
        (DAY, None, {"hours": "01:00-04:00,06:00-10:00"}, {"input": "2"}),
    ]


def test_variants_are_tiers_with_the_standard_price_for_what_they_do_not_state() -> None:
    prices = [
        {"prices": {"input_mtok": 2, "output_mtok": 8, "web_searches_kcount": 10}},
        {"constraint": {"start_date": "2027-01-01"}, "prices": {"input_mtok": 4, "output_mtok": 8}},
    ]
    variants = [
        {"when": {"service_tier": "default"}, "prices": {}},
        {"when": {"processing": "batch"}, "constraint": {"start_date": "2026-10-12"}, "prices": {"input_mtok": 1}},
    ]
    made = read(priced(prices, price_variants=variants), as_of="2026-06-01")
    assert [held for held in windows(made) if held[2]] == [
        ("2026-10-12", "2027-01-01", {"tier": "batch"}, {"input": "1", "output": "8", "web_searches": "0.01"}),
        ("2027-01-01", None, {"tier": "batch"}, {"input": "1", "output": "8"}),
    ]
    assert not made.refused


@pytest.mark.parametrize(
    "variant",
    [{"route": "us/eu"}, {"search_type": "fast"}, {"service_tier": "flex", "speed": "fast"}, {"service_tier": "default"}],
    ids=str,
)
def test_a_variant_that_cannot_be_said_is_refused_and_the_standard_price_stays(variant: dict[str, str]) -> None:
    made = read(priced({"input_mtok": 2}, price_variants=[{"when": variant, "prices": {"input_mtok": 1}}]))
    assert [refusal.place for refusal in made.refused] == ["[0].models[0].price_variants[0]"]
    assert windows(made) == [(DAY, None, {}, {"input": "2"})]


def test_an_empty_price_is_unknown_not_free() -> None:
    made = read(priced({}), priced({"input_mtok": 0}, id="free", match={"equals": "free"}))
    assert [entry["rates"] for entry in made.entries] == [{"input": "0"}]
    assert any("says $0" in note and "us/our-model" in note for note in made.notes)


@pytest.mark.parametrize(
    ("match", "kind", "names", "others"),
    [
        ({"contains": "nova-pro"}, "glob", ["us.nova-pro-v1"], ["nova-lite"]),
        ({"ends_with": "-latest"}, "glob", ["a-latest"], ["latest-a"]),
        ({"regex": r"^our-\d$"}, "regex", ["our-1"], ["your-1"]),
        ({"and": [{"starts_with": "our"}, {"regex": "^(?!.*-tts)"}]}, "regex", ["our-1"], ["our-tts", "my-our"]),
        ({"and": [{"contains": "x"}, {"or": [{"equals": "axb"}, {"ends_with": "c"}]}]}, "regex", ["axb", "1xc"], ["axbd", "abc"]),
        ({"contains": "a*b"}, "regex", ["xa*bx"], ["aab"]),
    ],
    ids=str,
)
def test_a_clause_means_the_same_names(match: dict[str, Any], kind: str, names: list[str], others: list[str]) -> None:
    (entry,) = read({**MODEL, "match": match}).entries
    pattern = entry[kind].replace("*", ".*") + "$" if kind == "glob" else entry[kind]
    found = re.match if kind == "glob" else re.search
    assert all(found(pattern, name) for name in names)
    assert not any(found(pattern, name) for name in others)


def test_of_one_clause_the_earlier_model_is_taken() -> None:
    made = read(priced({"input_mtok": 1}), priced({"input_mtok": 2}, id="later"))
    assert [entry["rates"] for entry in made.entries] == [{"input": "1"}]
    assert any("earlier model" in note for note in made.notes)


def test_whisper_at_groq_is_billed_for_ten_seconds_at_least_as_genai_prices_does() -> None:
    model = priced({"audio_hours": 0.111, "input_audio_hours": 0.111}, id="whisper-large-v3", match={"equals": "whisper-large-v3"})
    made = genai_prices.read(json.dumps([{**provider(model), "id": "groq"}]), as_of=DAY, name="f")
    assert (made.entries[0]["rates"], made.entries[0]["at_least"]) == ({"input_seconds": "0.111 per hour"}, {"input_seconds": "10"})


@pytest.mark.parametrize(
    ("changed", "problem", "place"),
    [
        ({"prices": {"input_mtok": 0.18000000000000002}}, "significant digits", "prices.input_mtok"),
        ({"prices": {"input_mtok": -1}}, "not a price", "prices.input_mtok"),
        ({"prices": {"input_mtok": 1, "input_text_mtok": 2}}, "another price for input", "prices.input_text_mtok"),
        ({"prices": []}, "empty list of prices", "prices"),
        ({"match": {"sounds_like": "x"}}, "no such clause", "match"),
        ({"match": {"regex": "("}}, "no regular expression", "match.regex"),
        ({"prices": [{"constraint": {"start_date": "soon"}, "prices": {}}]}, "not a day", "prices[0].constraint.start_date"),
        (
            {"prices": [{"constraint": {"start_time": "01:00:30", "end_time": "02:00:00"}, "prices": {}}]},
            "hours to the second",
            "prices[0].constraint.start_time",
        ),
    ],
    ids=str,
)
def test_a_model_that_cannot_be_said_is_refused_with_its_place(changed: dict[str, Any], problem: str, place: str) -> None:
    made = read({**MODEL, **changed}, priced({"input_mtok": 7}, id="b", match={"equals": "b"}))
    (refusal,) = made.refused
    assert problem in refusal.problem
    assert refusal.place == f"[0].models[0].{place}"
    assert [entry["model"] for entry in made.entries] == ["b"]


def test_a_provider_that_is_none_is_refused_and_the_others_stay() -> None:
    made = genai_prices.read(json.dumps([7, {"id": "x"}, provider(MODEL)]), as_of=DAY, name="f")
    assert [refusal.place for refusal in made.refused] == ["[0]", "[1]"]
    assert len(made.entries) == 2


def test_a_unit_without_a_component_is_noted() -> None:
    made = read(priced({"input_mtok": 1, "code_executions_kcount": 30}))
    assert any("code_executions_kcount" in note for note in made.notes)
    assert made.entries[0]["rates"] == {"input": "1"}


def test_what_genai_prices_cannot_say_is_noted() -> None:
    text, notes = genai_prices.write(
        [
            {"model": "m", "provider": "us", "rates": {"input": "3", "input_images": "0.01"}},
            {"model": "m", "provider": "us", "when": {"hours": "01:00-02:00"}, "rates": {"input": "1"}},
            {"model": "m", "provider": "us", "when": {"tier": "flex", "prompt_above": 9}, "rates": {"input": "1"}},
            {"model": "m", "provider": "us", "when": {"tier": "batch"}, "rates": {"web_searches": "0.01"}},
            {"model": "n", "provider": "us", "from": "2026-02-01T12:00:00Z", "rates": {"input": "3"}},
            {"model": "o", "rates": {"input": "3"}},
            {"glob": "*q?*", "provider": "us", "rates": {"input_seconds": "0.36 per hour"}},
            {"glob": "*r*", "provider": "us", "rates": {"input": "3"}},
        ],
        at=None,
    )
    (written,) = json.loads(text)
    # A tier of which only the rate for large prompts is known is not one at the standard rate for small ones.
    assert written["models"][0]["price_variants"] == [{"when": {"processing": "batch"}, "prices": {"web_searches_kcount": 10}}]
    assert [(model["match"], model["prices"]) for model in written["models"]] == [
        ({"equals": "m"}, {"input_mtok": 3}),
        ({"regex": "(?i)^.*q..*$"}, {"audio_hours": 0.36}),
        ({"contains": "r"}, {"input_mtok": 3}),
    ]
    said = "\n".join(notes)
    for part in (
        "No price key for input_images",
        "such condition together",
        "has days only",
        "of a named provider",
        "takes the standard",
    ):
        assert part in said


RATE = st.decimals(min_value=0, max_value=1000, places=6).map(lambda rate: format(rate.normalize() + 0, "f"))
RATES = st.fixed_dictionaries({"input": RATE, "output": RATE, "cache_read": RATE, "web_searches": RATE})
DAYS = st.dates(min_value=date(2022, 1, 1), max_value=date(2026, 1, 1)).map(str)
WHENS = st.fixed_dictionaries(
    {}, optional={"tier": st.sampled_from(["batch", "flex"]), "prompt_above": st.sampled_from([128_000, 200_000])}
)


@given(st.dictionaries(DAYS, RATES, min_size=1, max_size=4), st.lists(st.tuples(WHENS, RATES), max_size=4))
def test_what_is_written_is_read_again(
    steps: dict[str, dict[str, str]], conditional: list[tuple[dict[str, Any], dict[str, str]]]
) -> None:
    first = min(steps)
    entries: list[Entry] = [{"model": "m", "provider": "us", "from": day, "rates": rates} for day, rates in steps.items()]
    whens = {json.dumps(when, sort_keys=True): (when, rates) for when, rates in conditional if when}
    # A tier's rates for large prompts are said beside its rates for small ones.
    whens = {key: held for key, held in whens.items() if "tier" not in held[0] or json.dumps({"tier": held[0]["tier"]}) in whens}
    entries += [{"model": "m", "provider": "us", "from": first, "when": when, "rates": rates} for when, rates in whens.values()]
    made = genai_prices.read(genai_prices.write(entries, at=None).text, as_of=None, name="f")
    assert not made.refused
    for when, rates in [({}, steps[max(steps)]), *whens.values()]:
        latest = [entry for entry in made.entries if entry.get("when", {}) == when and "until" not in entry]
        assert [entry["rates"] for entry in latest] == [rates]
    read_again = [(entry["from"], entry["rates"]) for entry in made.entries if "when" not in entry]
    changes = [
        (day, steps[day]) for place, day in enumerate(sorted(steps)) if not place or steps[day] != steps[sorted(steps)[place - 1]]
    ]
    assert read_again == changes
