"""OpenRouter's models to entries and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_llm_cost.interchange import openrouter
from otel_llm_cost.interchange.entries import Imported, Refused

PRICING: dict[str, Any] = {
    "prompt": "0.000003",
    "completion": "0.000015",
    "request": "0",
    "image": "0.0048",
    "web_search": "0.01",
    "internal_reasoning": "0",
    "input_cache_read": "0.0000003",
    "input_cache_write": "0.00000375",
    "input_cache_write_1h": "0.000006",
}


def model(pricing: object, **further: object) -> dict[str, object]:
    return {"id": "us/our-model", "name": "Us: Our Model", "created": 1740441600, "pricing": pricing, **further}


def read(*models: object, as_of: str | None = "2026-11-20") -> Imported:
    return openrouter.read(json.dumps({"data": models}), as_of=as_of, name="models.json")


def test_a_model_says_what_it_says_at_openrouter() -> None:
    made = read(model(PRICING, canonical_slug="us/our-model-20250224"))
    assert made.entries == [
        {
            "model": "us/our-model",
            "provider": "openrouter",
            "aliases": ["us/our-model-20250224"],
            "from": "2026-11-20",
            "rates": {
                "input": "3",
                "cache_read": "0.3",
                "cache_write": "3.75",
                "cache_write_1h": "6",
                "output": "15",
                "input_images": "0.0048",
                "web_searches": "0.01",
                "requests": "0",
            },
            "covers": {"cache_write_5m": "cache_write"},
            "currency": "USD",
            "source": {"url": "https://openrouter.ai/api/v1/models", "read": "2026-11-20"},
        }
    ]
    # A price of 0 for thinking is none of its own: it is billed as answers are.
    assert any("internal_reasoning" in note for note in made.notes)


def test_a_free_model_is_free() -> None:
    made = read(model({"prompt": "0", "completion": "0", "internal_reasoning": "0"}))
    assert made.entries[0]["rates"] == {"input": "0", "output": "0", "reasoning": "0"}
    assert any("imported as free" in note for note in made.notes)


def test_a_price_that_depends_on_the_routing_is_refused_not_negative() -> None:
    made = read(model({"prompt": "-1", "completion": "-1"}), model(PRICING))
    assert "routed" in made.refused[0].problem
    assert made.refused[0].place == "data[0].pricing"
    assert len(made.entries) == 1


def test_a_discount_may_be_in_the_prices_or_not_and_is_refused() -> None:
    made = read(model({**PRICING, "discount": 0.25}), model({**PRICING, "discount": 0}))
    assert [refusal.place for refusal in made.refused] == ["data[0].pricing.discount"]
    assert len(made.entries) == 1


def test_overrides_are_conditions() -> None:
    overrides = [
        {"min_prompt_tokens": 200000, "prompt": "0.000006", "completion": "0.0000225"},
        {"utc_start": 1630, "utc_end": 30, "prompt": "0.0000015"},
    ]
    made = read(model({**PRICING, "overrides": overrides}))
    assert [(entry.get("when"), entry["rates"]) for entry in made.entries[1:]] == [
        ({"prompt_above": 200_000}, {"input": "6", "output": "22.5"}),
        ({"hours": "16:30-00:30"}, {"input": "1.5"}),
    ]


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ({"prompt": "0.1"}, "no condition that is known"),
        ({"utc_start": 100, "prompt": "0.1"}, "half a window"),
        ({"utc_start": 100, "utc_end": 475, "prompt": "0.1"}, "not an hour"),
        ({"min_prompt_tokens": 1.5, "prompt": "0.1"}, "not a whole number"),
    ],
)
def test_an_override_that_cannot_be_said_refuses_its_model(override: object, problem: str) -> None:
    made = read(model({**PRICING, "overrides": [override]}))
    assert problem in made.refused[0].problem
    assert not made.entries


def test_nobody_says_from_when_on_prices_hold() -> None:
    with pytest.raises(Refused, match="--as-of"):
        read(model(PRICING), as_of=None)


def test_what_openrouter_cannot_say_is_noted() -> None:
    entries: list[dict[str, Any]] = [
        {
            "model": "a/m",
            "provider": "openrouter",
            "from": "2026-01-01",
            "until": "2026-02-01",
            "rates": {"input": "1", "output": "1"},
        },
        {"model": "a/m", "provider": "openrouter", "from": "2026-02-01", "rates": {"input": "2", "output": "4", "messages": "1"}},
        {"model": "a/m", "provider": "openrouter", "when": {"tier": "flex"}, "rates": {"input": "1"}},
        {"glob": "*x", "provider": "openrouter", "rates": {"input": "2", "output": "4"}},
        {"model": "e", "provider": "openai", "rates": {"input": "2"}},
        {"model": "f", "provider": "openai", "rates": {"input": "0.5", "output": "1"}},
    ]
    text, notes = openrouter.write(entries, at="2026-02-01T00:00:00Z")
    assert json.loads(text) == {
        "data": [
            {"id": "a/m", "pricing": {"prompt": "0.000002", "completion": "0.000004"}},
            {"id": "openai/f", "pricing": {"prompt": "0.0000005", "completion": "0.000001"}},
        ]
    }
    said = "\n".join(notes)
    for part in (
        'No override for {"tier": "flex"}',
        "for an exact name",
        "OpenRouter has both",
        "No price for messages",
        "no dates",
    ):
        assert part in said
    before, _ = openrouter.write(entries, at="2026-01-31T23:59:59Z")
    assert json.loads(before)["data"][0]["pricing"] == {"prompt": "0.000001", "completion": "0.000001"}


def test_an_instant_is_needed_to_write() -> None:
    with pytest.raises(ValueError, match="an instant is needed"):
        openrouter.write([], at=None)


RATE = st.decimals(min_value="0.000001", max_value=1000, places=6).map(lambda rate: format(rate.normalize() + 0, "f"))
RATES = st.fixed_dictionaries(
    {"input": RATE, "output": RATE},
    optional=dict.fromkeys(
        ["cache_read", "cache_write", "cache_write_1h", "reasoning", "input_audio", "web_searches", "requests"], RATE
    ),
)


@given(
    st.dictionaries(st.sampled_from(["a/m", "b", "c:free"]), RATES, min_size=1),
    st.dictionaries(st.sampled_from([1, 200_000]), RATES),
)
def test_what_is_written_is_read_again(models: dict[str, dict[str, str]], sized: dict[int, dict[str, str]]) -> None:
    entries: list[dict[str, Any]] = [{"model": named, "provider": "openrouter", "rates": rates} for named, rates in models.items()]
    first = next(iter(models))
    entries += [
        {"model": first, "provider": "openrouter", "when": {"prompt_above": above}, "rates": rates}
        for above, rates in sized.items()
    ]
    made = openrouter.read(openrouter.write(entries, at="2026-11-20").text, as_of="2026-11-20", name="f")
    assert not made.refused
    read_again = {(entry["model"], entry.get("when", {}).get("prompt_above")): entry["rates"] for entry in made.entries}
    expected = {(named, None): rates for named, rates in models.items()} | {(first, above): rates for above, rates in sized.items()}
    assert read_again == expected
