"""litellm's price map to entries and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_llm_cost.interchange import litellm
from otel_llm_cost.interchange.entries import Imported, Refused

DAY = "2026-11-20"
CHAT: dict[str, Any] = {
    "input_cost_per_token": 3e-06,
    "output_cost_per_token": 1.5e-05,
    "litellm_provider": "us",
    "max_input_tokens": 200000,
    "mode": "chat",
    "supports_vision": True,
}


def read(row: object = None, /, *, as_of: str | None = DAY, named: str = "us/our-model", **rows: object) -> Imported:
    return litellm.read(json.dumps({named: row, **rows} if row else rows), as_of=as_of, name="prices.json")


def whens(made: Imported) -> list[tuple[dict[str, Any], dict[str, str]]]:
    return [(entry.get("when", {}), entry["rates"]) for entry in made.entries]


def test_a_row_says_what_it_says_in_litellm() -> None:
    made = read({**CHAT, "source": "https://us.example/pricing", "cache_creation_input_token_cost": 3.75e-06})
    assert made.entries == [
        {
            "model": "our-model",
            "provider": "us",
            "from": DAY,
            "rates": {"input": "3", "cache_write": "3.75", "output": "15"},
            "covers": {"cache_write_5m": "cache_write"},
            "currency": "USD",
            "source": {"url": "https://us.example/pricing", "read": DAY},
        }
    ]
    assert not made.refused


@pytest.mark.parametrize(
    ("key", "price", "rates"),
    [
        ("cache_read_input_token_cost", 3e-07, {"cache_read": "0.3"}),
        ("cache_creation_input_token_cost_above_1hr", 6e-06, {"cache_write_1h": "6"}),
        ("input_cost_per_audio_token", 0.00004, {"input_audio": "40"}),
        ("output_cost_per_reasoning_token", 2e-05, {"reasoning": "20"}),
        ("output_cost_per_image_token", 3e-05, {"output_image": "30"}),
        ("input_cost_per_character", 1.5e-05, {"input_characters": "15"}),
        ("input_cost_per_second", 0.0001, {"input_seconds": "0.0001"}),
        ("output_cost_per_image", 0.04, {"output_images": "0.04"}),
        ("ocr_cost_per_page", 0.001, {"input_pages": "0.001"}),
        ("annotation_cost_per_page", 0.003, {"annotated_pages": "0.003"}),
        ("input_cost_per_query", 0.002, {"searches": "0.002"}),
        ("input_cost_per_request", 0.005, {"requests": "0.005"}),
        ("citation_cost_per_token", 2e-06, {"citations": "2"}),
        (
            "search_context_cost_per_query",
            {"search_context_size_low": 0.01, "search_context_size_high": 0.01},
            {"web_searches": "0.01"},
        ),
    ],
)
def test_each_key_is_the_price_of_its_component(key: str, price: object, rates: dict[str, str]) -> None:
    made = read({"litellm_provider": "us", "mode": "chat", key: price})
    assert [entry["rates"] for entry in made.entries] == [rates]
    assert not made.refused


def test_a_query_of_a_search_engine_is_a_web_search() -> None:
    made = read({"litellm_provider": "us", "mode": "search", "input_cost_per_query": 0.008})
    assert made.entries[0]["rates"] == {"web_searches": "0.008"}


def test_sizes_and_tiers_are_conditions() -> None:
    made = read(
        {
            **CHAT,
            "cache_read_input_token_cost": 3e-07,
            "input_cost_per_token_above_200k_tokens": 6e-06,
            "input_cost_per_token_batches": 1.5e-06,
            "input_cost_per_token_priority": 5e-06,
            "input_cost_per_token_above_200k_tokens_priority": 1e-05,
        }
    )
    assert whens(made) == [
        ({}, {"input": "3", "cache_read": "0.3", "output": "15"}),
        ({"prompt_above": 200_000}, {"input": "6"}),
        # A batch bills cached tokens as its input where it states nothing else.
        ({"tier": "batch"}, {"input": "1.5"}),
        # A service tier takes the standard price for what it does not state.
        ({"tier": "priority"}, {"input": "5", "cache_read": "0.3", "output": "15"}),
        ({"tier": "priority", "prompt_above": 200_000}, {"input": "10"}),
    ]
    assert any("as litellm takes it" in note for note in made.notes)


def test_the_threshold_of_xai_is_the_first_size_at_the_higher_price() -> None:
    made = read({**CHAT, "litellm_provider": "xai", "input_cost_per_token_above_128k_tokens": 6e-06}, named="xai/grok")
    assert made.entries[1]["when"] == {"prompt_above": 127_999}
    written = json.loads(litellm.write(made.entries, at=DAY).text)
    assert written["xai/grok"]["input_cost_per_token_above_128k_tokens"] == 6e-06


def test_ranges_are_sizes() -> None:
    ranges = [
        {"range": [0, 256000.0], "input_cost_per_token": 5e-08, "output_cost_per_token": 4e-07},
        {"range": [256000.0, 1000000.0], "input_cost_per_token": 2.5e-07, "output_cost_per_token": 2e-06},
    ]
    made = read({"litellm_provider": "us", "mode": "chat", "tiered_pricing": ranges})
    assert whens(made) == [({}, {"input": "0.05", "output": "0.4"}), ({"prompt_above": 256_000}, {"input": "0.25", "output": "2"})]


@pytest.mark.parametrize(
    ("zone", "hours", "days"),
    [(None, "16:30-00:30", [6, "sun"]), ("Asia/Shanghai", "00:30-08:30", [6, 7])],
    ids=["utc", "eight-hours-ahead"],
)
def test_off_peak_hours_are_hours_on_the_clock_of_their_weekdays(zone: str | None, hours: str, days: list[object]) -> None:
    block = {
        "input_cost_per_token": 1.5e-06,
        "hours_utc": "01:00-02:00",
        "windows": [{"hours_utc": ["16:30-00:30"], "weekdays": days}, {"hours_utc": "00:00-00:00", "weekdays": [1]}],
        "weekday_timezone": zone,
    }
    made = read({**CHAT, "off_peak_pricing": block})
    said = {"zone": zone or "UTC", "holidays": "ignored"}
    assert [when for when, rates in whens(made) if rates == {"input": "1.5"}] == [
        {"hours": "01:00-02:00"},
        {"hours": hours, "weekdays": "sat,sun", **said},
        {"weekdays": "mon", **said},
    ]
    assert any("holidays" in note for note in made.notes)


def test_multipliers_are_factors() -> None:
    made = read(
        {
            **CHAT,
            "regional_processing_uplift_multiplier_eu": 1.1,
            "regional_endpoint_uplift_multiplier": 1.1,
            "provider_specific_entry": {"fast": 2.0, "schema": "v2"},
        }
    )
    assert [(factor["when"], factor["factor"]) for factor in made.factors] == [
        ({"region": "eu"}, "1.1"),
        ({"region": "*"}, "1.1"),
        ({"region": "global"}, "1"),
        ({"tier": "fast"}, "2"),
    ]
    assert all((factor["model"], factor["provider"], factor["from"]) == ("our-model", "us", DAY) for factor in made.factors)
    assert "web_searches" not in made.factors[0]["components"]


def test_the_region_in_a_name_is_a_condition() -> None:
    made = read({**CHAT, "litellm_provider": "bedrock_converse"}, named="bedrock/eu-west-1/their.model-v1:0")
    (entry,) = made.entries
    assert (entry["provider"], entry["model"], entry["when"]) == ("bedrock", "their.model-v1:0", {"region": "eu-west-1"})
    assert list(json.loads(litellm.write(made.entries, at=DAY).text)) == ["bedrock/eu-west-1/their.model-v1:0"]


def test_0_is_free_and_absent_is_unknown_and_both_are_noted() -> None:
    free = {"litellm_provider": "us", "input_cost_per_token": 0.0, "output_cost_per_token": 0}
    made = read(a=free, b={**free, "output_cost_per_token": None}, c={"litellm_provider": "us", "mode": "chat"})
    assert [(entry["model"], entry["rates"]) for entry in made.entries] == [
        ("a", {"input": "0", "output": "0"}),
        ("b", {"input": "0"}),
    ]
    assert any("imported as free" in note and "(2: a, b)" in note for note in made.notes)
    assert any(note == "No price: not imported (1: c)" for note in made.notes)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"input_cost_per_pixel": 1e-08, "output_cost_per_token": 0.0}, "input_cost_per_pixel"),
        ({"output_cost_per_second": 0.1, "output_cost_per_second_1080p": 0.2}, "output_cost_per_second_1080p"),
        ({"input_cost_per_token": 2.5000000000000002e-06 + 1e-20}, "significant digits"),
        ({"input_cost_per_token": "3e-06 USD"}, "not a number"),
        ({"input_cost_per_token": 3e-06, "provider_specific_entry": {"moon": 2}}, "whose condition is not known"),
        ({"input_cost_per_token_cache_hit": 1e-07, "cache_read_input_token_cost": 2e-07}, "another price for cache_read"),
        ({"tiered_pricing": [{"range": [0, 9], "input_cost_per_token": 1e-06, "input_cost_per_pixel": 1e-06}]}, "price of a range"),
        (
            {"input_cost_per_token": 2e-06, "tiered_pricing": [{"range": [0, 9], "input_cost_per_token": 1e-06}]},
            "another price for input",
        ),
        ({"tiered_pricing": [{"range": [], "input_cost_per_token": 1e-06}]}, "without a beginning"),
        ({"tiered_pricing": [{"input_cost_per_query": 0.1, "max_results_range": [0, 9]}]}, "tiered_pricing without a range"),
        (
            {"off_peak_pricing": {"hours_utc": "01:00-02:00", "input_cost_per_pixel": 1e-06}, "input_cost_per_token": 3e-06},
            "off-peak price",
        ),
        (
            {"off_peak_pricing": {"windows": [{"hours_utc": "01:00-02:00", "weekdays": [8]}]}, "input_cost_per_token": 3e-06},
            "not a weekday",
        ),
        ({"off_peak_pricing": {"weekday_timezone": "Mars/Crater"}, "input_cost_per_token": 3e-06}, "no such time zone"),
        ({"off_peak_pricing": {"hours_utc": "all day", "input_cost_per_token": 1e-06}, "input_cost_per_token": 3e-06}, "not hours"),
        (
            {
                "input_cost_per_token": 3e-06,
                "off_peak_pricing": {
                    "windows": [{"hours_utc": "01:00-02:00", "weekdays": [1]}],
                    "weekday_timezone": "Europe/Berlin",
                    "input_cost_per_token": 1e-06,
                },
            },
            "whose clocks change",
        ),
    ],
    ids=str,
)
def test_a_row_that_cannot_be_said_is_refused_whole_with_its_place(row: dict[str, object], problem: str) -> None:
    made = read(**{"our-model": {"litellm_provider": "us", "mode": "chat", **row}, "other": CHAT})
    (refusal,) = made.refused
    assert problem in refusal.problem
    assert refusal.place.startswith('["our-model"]')
    assert [entry["model"] for entry in made.entries] == ["other"]
    assert not made.factors


def test_a_row_without_a_provider_is_refused_and_the_others_stay() -> None:
    made = read(a={"input_cost_per_token": 1e-06}, b=7, c=CHAT)
    assert [(refusal.place, refusal.problem) for refusal in made.refused] == [
        ("a", "has no 'litellm_provider'"),
        ("b", "not an object"),
    ]
    assert [entry["model"] for entry in made.entries] == ["c"]


def test_capacity_by_the_second_is_no_price_of_a_call() -> None:
    made = read({"litellm_provider": "bedrock", "input_cost_per_second": 0.01}, named="bedrock/us-east-1/1-month-commitment/m")
    assert "capacity" in made.refused[0].problem


def test_0_beside_a_price_that_cannot_be_said_is_not_free() -> None:
    made = read(
        {"litellm_provider": "us", "input_cost_per_pixel": 1e-08, "input_cost_per_token": 0.0, "output_cost_per_image": 0.04}
    )
    assert made.entries[0]["rates"] == {"output_images": "0.04"}


def test_two_rows_of_one_name_keep_their_names() -> None:
    made = read(**{"our-model": CHAT, "us/our-model": {**CHAT, "input_cost_per_token": 4e-06}})
    assert [(entry["model"], entry["rates"]["input"]) for entry in made.entries] == [("our-model", "3"), ("us/our-model", "4")]


def test_a_name_that_stands_twice_is_refused() -> None:
    text = f'{{"a": {json.dumps(CHAT)}, "a": {json.dumps(CHAT)}}}'
    assert [refusal.problem for refusal in litellm.read(text, as_of=DAY, name="f").refused] == ["'a' stands twice in one object"]


def test_the_rows_that_are_no_models_are_left_out() -> None:
    made = read(sample_spec={"input_cost_per_token": 0.0}, fallback_generalizations={"rules": []})
    assert (made.entries, made.refused) == ([], [])


def test_nobody_says_from_when_on_prices_hold() -> None:
    with pytest.raises(Refused, match="--as-of"):
        read(CHAT, as_of=None)


def test_searches_by_the_size_of_their_context_and_free_ones_are_noted() -> None:
    sizes = {"search_context_size_low": 0.005, "search_context_size_high": 0.012}
    made = read({**CHAT, "search_context_cost_per_query": sizes, "search_free_requests": {"count": 1500}})
    assert made.entries[0]["rates"] == {"input": "3", "output": "15"}
    assert any("size of their context" in note for note in made.notes)
    assert any("none is free" in note for note in made.notes)


def test_web_searches_are_written_for_every_size_of_context() -> None:
    text = litellm.write([{"model": "m", "provider": "us", "rates": {"input": "1", "web_searches": "0.01"}}], at=DAY).text
    held = json.loads(text)["us/m"]["search_context_cost_per_query"]
    assert held == {"search_context_size_low": 0.01, "search_context_size_medium": 0.01, "search_context_size_high": 0.01}


def test_what_litellm_cannot_say_is_noted() -> None:
    entries: list[dict[str, Any]] = [
        {"model": "m", "provider": "us", "from": "2026-01-01", "rates": {"input": "3"}},
        {"model": "m", "provider": "us", "from": "2026-02-01", "rates": {"input": "2", "input_seconds": "0.111 per hour"}},
        {"model": "m", "provider": "us", "when": {"region": "eu"}, "rates": {"input": "2.2"}},
        {"model": "n", "provider": "us", "committed": True},
        {"model": "o", "rates": {"input": "1"}},
        {"prefix": "p", "provider": "us", "rates": {"input": "1"}},
    ]
    text, notes = litellm.write(entries, at="2026-02-01")
    assert json.loads(text) == {"us/m": {"litellm_provider": "us", "input_cost_per_token": 0.000002}}
    assert '"input_cost_per_token": 0.000002' in text
    said = "\n".join(notes)
    for part in (
        "conditions region",
        "Committed",
        "Not an exact name of a named provider",
        "No key for input_seconds",
        "have no dates",
    ):
        assert part in said
    assert json.loads(litellm.write(entries, at="2026-01-31T23:59:59Z").text)["us/m"]["input_cost_per_token"] == 0.000003


def test_an_instant_is_needed_to_write() -> None:
    with pytest.raises(ValueError, match="an instant is needed"):
        litellm.write([], at=None)


RATE = st.decimals(min_value="0.000001", max_value=1000, places=6).map(lambda rate: format(rate.normalize() + 0, "f"))
COMPONENTS = [
    "input",
    "output",
    "cache_read",
    "cache_write",
    "cache_write_1h",
    "reasoning",
    "input_audio",
    "output_image",
    "citations",
]
RATES = st.dictionaries(st.sampled_from(COMPONENTS), RATE, min_size=1)
WHENS = st.fixed_dictionaries(
    {},
    optional={
        "tier": st.sampled_from(["batch", "flex", "ultrafast"]),
        "prompt_above": st.sampled_from([199_999, 200_000, 272_000]),
    },
)


@given(st.lists(st.tuples(st.sampled_from(["a", "us/b", "c@1"]), WHENS, RATES), min_size=1, max_size=8))
def test_what_is_written_is_read_again(said: list[tuple[str, dict[str, Any], dict[str, str]]]) -> None:
    rates_of = {(model, json.dumps(when, sort_keys=True)): (when, rates) for model, when, rates in said}
    entries = [{"model": model, "provider": "us", "when": when, "rates": rates} for (model, _), (when, rates) in rates_of.items()]
    made = litellm.read(litellm.write(entries, at=DAY).text, as_of=DAY, name="f")
    assert not made.refused
    read_again = {(entry["model"], json.dumps(entry.get("when", {}), sort_keys=True)): entry["rates"] for entry in made.entries}
    assert set(read_again) == set(rates_of)
    for key, (_, rates) in rates_of.items():
        # A service tier gains the standard price of what it does not state.
        assert {component: rate for component, rate in read_again[key].items() if component in rates} == rates
