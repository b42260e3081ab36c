"""Langfuse's model definitions to entries and back."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_llm_cost.interchange import langfuse
from otel_llm_cost.interchange.entries import Imported, Refused

STANDARD = {
    "name": "Standard",
    "isDefault": True,
    "priority": 0,
    "conditions": [],
    "prices": {
        "input": 3e-06,
        "input_cached_tokens": 0.3e-6,
        "input_cache_read": 3e-07,
        "output": 15e-6,
        "output_reasoning": 2e-05,
    },
}
MODEL: dict[str, Any] = {
    "id": "m",
    "modelName": "our-model",
    "matchPattern": "(?i)^(openai/)?(our-model)$",
    "startDate": "2026-03-01T00:00:00.000Z",
    "createdAt": "2026-02-01T00:00:00.000Z",
    "updatedAt": "2026-04-01T12:30:00.000Z",
    "pricingTiers": [STANDARD],
}


def usage(value: object, operator: str = "gt", pattern: str = "(input|prompt|cached)") -> dict[str, object]:
    return {"usageDetailPattern": pattern, "operator": operator, "value": value, "caseSensitive": False}


def service(*values: str, key: str = "service_tier") -> dict[str, object]:
    return {"source": "model_parameters", "key": key, "operator": "in", "values": list(values)}


def tier(priority: int, price: float, *conditions: dict[str, object]) -> dict[str, object]:
    return {"name": str(priority), "isDefault": False, "priority": priority, "conditions": conditions, "prices": {"input": price}}


def read(*models: object, as_of: str | None = None) -> Imported:
    return langfuse.read(json.dumps(list(models)), as_of=as_of, name="models.json")


def test_a_model_says_what_it_says_in_langfuse() -> None:
    made = read(MODEL)
    assert made.entries == [
        {
            "regex": "^(openai/)?(our-model)$",
            "from": "2026-03-01",
            "rates": {"input": "3", "cache_read": "0.3", "output": "15", "reasoning": "20"},
            "currency": "USD",
            "note": "our-model",
        }
    ]
    assert not made.refused


def test_a_price_without_a_start_starts_when_it_was_last_changed_else_as_of_a_day() -> None:
    unstarted = {**MODEL, "startDate": None}
    assert read(unstarted).entries[0]["from"] == "2026-04-01T12:30:00Z"
    unchanged = {key: held for key, held in unstarted.items() if key != "updatedAt"}
    assert read(unchanged, as_of="2026-11-20").entries[0]["from"] == "2026-11-20"
    assert "--as-of" in read(unchanged).refused[0].problem


def test_the_answer_of_the_api_is_read_too() -> None:
    flat = {key: held for key, held in MODEL.items() if key != "pricingTiers"}
    nested = {**flat, "prices": {"input": {"price": 3e-06}, "output": {"price": 15e-06}}}
    old = {**flat, "inputPrice": 3e-06, "outputPrice": 15e-06, "totalPrice": None}
    for model in (nested, old):
        made = langfuse.read(json.dumps({"data": [model], "meta": {"page": 1}}), as_of=None, name="f")
        assert [entry["rates"] for entry in made.entries] == [{"input": "3", "output": "15"}]


def test_a_total_price_is_that_of_every_token() -> None:
    for prices in ({"pricingTiers": [{**STANDARD, "prices": {"total": 1e-07}}]}, {"pricingTiers": [], "totalPrice": 1e-07}):
        made = read({**MODEL, **prices})
        assert made.entries[0]["rates"] == {"input": "0.1", "output": "0.1"}
        assert made.entries[0]["covers"]["cache_write"] == "input"


@pytest.mark.parametrize(
    ("unit", "price", "rates"),
    [
        ("CHARACTERS", 0.000015, {"input_characters": "15"}),
        ("SECONDS", 0.0001, {"input_seconds": "0.0001"}),
        ("MILLISECONDS", 0.0000001, {"input_seconds": "0.0001"}),
        ("IMAGES", 0.04, {"input_images": "0.04"}),
        ("REQUESTS", 0.005, {"requests": "0.005"}),
    ],
)
def test_a_price_is_per_its_unit(unit: str, price: float, rates: dict[str, str]) -> None:
    made = read({**MODEL, "unit": unit, "pricingTiers": [{**STANDARD, "prices": {"input": price}}]})
    assert made.entries[0]["rates"] == rates


@pytest.mark.parametrize(
    ("conditions", "whens"),
    [
        ([usage(200_000)], [{"prompt_above": 200_000}]),
        ([usage(200_000, pattern="^input")], [{"prompt_above": 200_000}]),
        ([usage(200_000, "gte", "input")], [{"prompt_above": 199_999}]),
        ([usage(200_000, "lt")], None),
        ([usage(200_000, pattern=".*")], None),
        ([usage(200_000, pattern="output")], None),
        ([service("flex")], [{"tier": "flex"}]),
        ([service("priority", "fast")], [{"tier": "priority"}, {"tier": "fast"}]),
        ([service("flex"), usage(272_000)], [{"tier": "flex", "prompt_above": 272_000}]),
        ([service("eu", key="region")], None),
    ],
    ids=str,
)
def test_a_tiers_conditions_are_ours_or_refused(conditions: list[dict[str, object]], whens: list[dict[str, object]] | None) -> None:
    made = read({**MODEL, "pricingTiers": [STANDARD, tier(1, 6e-06, *conditions)]})
    if whens is None:
        assert (len(made.refused), made.entries) == (1, [])
    else:
        assert [entry.get("when") for entry in made.entries] == [*whens, None]
        assert made.entries[0]["rates"] == {"input": "6"}


def test_the_tier_that_is_tried_first_must_not_hide_another() -> None:
    wide, narrow = usage(128_000), usage(200_000)
    assert len(read({**MODEL, "pricingTiers": [STANDARD, tier(1, 6e-06, narrow), tier(2, 5e-06, wide)]}).entries) == 3
    hidden = read({**MODEL, "pricingTiers": [STANDARD, tier(1, 5e-06, wide), tier(2, 6e-06, narrow)]})
    assert "hides" in hidden.refused[0].problem
    assert not hidden.entries


@pytest.mark.parametrize(
    ("prices", "problem"),
    [
        ({"input": 3e-06, "input_tokens": 4e-06}, "another price for input"),
        ({"input": 0.30000000000000004e-5}, "significant digits"),
    ],
)
def test_prices_that_are_none_are_refused(prices: dict[str, float], problem: str) -> None:
    made = read({**MODEL, "pricingTiers": [{**STANDARD, "prices": prices}]})
    assert problem in made.refused[0].problem
    assert made.refused[0].place.startswith("[0].pricingTiers[0].prices.input")


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"matchPattern": "(?i)(gpt"}, "no regular expression"),
        ({"unit": "PIXELS"}, "no component for a price per PIXELS"),
        ({"startDate": "soon"}, "not an instant"),
        ({"pricingTiers": [STANDARD, {**STANDARD, "priority": 1}]}, "not one default tier"),
    ],
    ids=str,
)
def test_a_model_that_cannot_be_said_is_refused(changed: dict[str, object], problem: str) -> None:
    made = read({**MODEL, **changed}, {**MODEL, "modelName": "other"})
    assert [problem in refusal.problem for refusal in made.refused] == [True]
    assert [entry["note"] for entry in made.entries] == ["other"]


def test_a_usage_key_of_ones_own_has_no_component_and_is_noted() -> None:
    made = read({**MODEL, "pricingTiers": [{**STANDARD, "prices": {"input": 3e-06, "guard_units": 1e-03}}]})
    assert made.entries[0]["rates"] == {"input": "3"}
    assert any("guard_units" in note for note in made.notes)


def test_what_is_no_list_of_models_is_refused() -> None:
    with pytest.raises(Refused, match="not JSON"):
        langfuse.read("modelName: x", as_of=None, name="f")


def test_what_langfuse_cannot_say_is_noted() -> None:
    text, notes = langfuse.write(
        [
            {"model": "m", "provider": "p", "rates": {"input": "3", "output": "5", "messages": "0.004"}},
            {"model": "m", "provider": "p", "when": {"hours": "01:00-04:00"}, "rates": {"input": "1"}},
            {"model": "m", "provider": "p", "when": {"tier": "flex"}, "rates": {"input": "2"}},
            {"model": "c", "provider": "p", "committed": True},
            {"model": "u", "until": "2026-02-01", "rates": {"input": "3"}},
        ],
        at=None,
    )
    model, ended = json.loads(text)
    assert ended["matchPattern"] == "(?i)^(u)$"
    assert (model["matchPattern"], model["startDate"]) == ("(?i)^(m)$", None)
    standard, flex = model["pricingTiers"]
    # What is billed here at another's rate has to be stated there.
    assert standard["prices"]["output_reasoning"] == 0.000005
    assert standard["prices"]["input_cached_tokens"] == 0.000003
    assert flex["conditions"] == [{"source": "model_parameters", "key": "service_tier", "operator": "in", "values": ["flex"]}]
    said = "\n".join(notes)
    for part in (
        "no condition for hours",
        "No usage key for messages",
        "knows no providers",
        "No standard rates",
        "goes on with it",
    ):
        assert part in said


RATE = st.decimals(min_value=0, max_value=1000, places=6).map(lambda rate: format(rate.normalize() + 0, "f"))
SIDES = st.fixed_dictionaries({"input": RATE, "output": RATE, "cache_read": RATE, "reasoning": RATE})


@given(st.dates(min_value=date(2022, 1, 1)).map(str), SIDES, st.dictionaries(st.sampled_from([128_000, 200_000, 272_000]), SIDES))
def test_what_is_written_is_read_again(day: str, standard: dict[str, str], sized: dict[int, dict[str, str]]) -> None:
    entries: list[dict[str, Any]] = [{"regex": "^x", "from": day, "rates": standard}]
    entries += [{"regex": "^x", "from": day, "when": {"prompt_above": above}, "rates": rates} for above, rates in sized.items()]
    made = langfuse.read(langfuse.write(entries, at=None).text, as_of=None, name="f")
    assert not made.refused
    read_again = {entry.get("when", {}).get("prompt_above"): (entry["from"], entry["rates"]) for entry in made.entries}
    assert read_again == {None: (day, standard)} | {above: (day, rates) for above, rates in sized.items()}
