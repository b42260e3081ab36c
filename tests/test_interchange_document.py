"""JSON texts whose values know where they stand; rates from prices; price lists from entries."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from decimal import Decimal
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_llm_cost.interchange import genai_prices, langfuse, langsmith, litellm, openrouter, weave
from otel_llm_cost.interchange.document import read_json
from otel_llm_cost.interchange.entries import Entry, Refused, cost_units, covering, rate_of, undated
from otel_llm_cost.interchange.history import exact_cost, gaps, history, in_force, lists, number_text
from otel_llm_cost.money import UNITS
from otel_llm_cost.usage import COMPONENTS

JAN, FEB, MAR = (1767225600 * 10**9, 1769904000 * 10**9, 1772323200 * 10**9)
"""The first of each in 2026."""


def test_a_value_knows_its_place_line_and_column() -> None:
    root = read_json('{\n "models": [\n  {"id": "a"},\n  {"id": "b",\n   "per token": 7}\n ]\n}', name="f.json")
    model = list(root.need("models").items())[1]
    refusal = model.need("per token").refuse("no")
    assert (refusal.place, refusal.line, refusal.column) == ('models[1]["per token"]', 5, 17)
    assert str(refusal) == 'f.json:5:17: models[1]["per token"]: no'
    assert str(model.refuse("no")) == "f.json:4:3: models[1]: no"


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [('{"a": 1,}', 1, 9), ('{\n"a" 1}', 2, 5), ("", 1, 1)],
    ids=["comma", "colon", "empty"],
)
def test_what_is_no_json_is_refused_with_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(Refused, match="not JSON") as raised:
        read_json(text, name="f.json")
    assert raised.value.line == line
    # CPython 3.13 and newer point at the comma, older ones behind it.
    assert raised.value.column in {column, column - 1}


def test_not_a_number_is_no_json() -> None:
    with pytest.raises(Refused, match="NaN"):
        read_json('{"a": NaN}', name="f.json")


def test_numbers_keep_their_digits() -> None:
    assert read_json("[0.1, 1e-7, 3]", name="f").value == [Decimal("0.1"), Decimal("1E-7"), 3]


@pytest.mark.parametrize(
    ("price", "problem"),
    [
        ("2.5000000000000002e-06", "more than 15 significant digits"),
        ("0.30000000000000004", "more than 15 significant digits"),
        ("-1", "not a price"),
        ("true", "not a number"),
        ('"free"', "not a number"),
        ('"1_000"', "not a number"),
        ('" 3"', "not a number"),
        ("[1]", "not a number"),
        ("1e-31", "finer than"),
        ("1e99999", "beyond any bill"),
    ],
)
def test_what_is_no_price_is_refused_by_name(price: str, problem: str) -> None:
    row = read_json(f'{{"input": {price}}}', name="f").need("input")
    with pytest.raises(Refused, match=problem) as raised:
        row.units()
    assert raised.value.place == "input"


def test_a_count_is_a_number_of_tokens_that_exist() -> None:
    for number in ("1.5", "1e99999"):
        with pytest.raises(Refused, match="whole number"):
            read_json(f'{{"value": {number}}}', name="f").need("value").count()
    assert read_json('{"value": 2.56e5}', name="f").need("value").count() == 256_000


def test_a_day_that_is_none_is_refused_before_any_row() -> None:
    with pytest.raises(Refused, match="--as-of"):
        undated("yesterday", name="f")


def test_fifteen_digits_are_a_price() -> None:
    assert read_json("[1.23456789012345e-06]", name="f").value == [Decimal("0.00000123456789012345")]
    assert next(read_json("[1.23456789012345e-06]", name="f").items()).units() == 1_234_567_890_123_450_000_000_000


@pytest.mark.parametrize(
    ("component", "price", "rate"),
    [
        ("input", "0.0000025", "2.5"),
        ("input", "2.5e-06", "2.5"),
        ("output", "1e-05", "10"),
        ("input_characters", "0.000015", "15"),
        ("input_seconds", "0.0001", "0.0001"),
        ("web_searches", "0.01", "0.01"),
        ("input_pages", "0.001", "0.001"),
    ],
)
def test_a_price_for_one_becomes_a_rate_in_the_components_unit(component: str, price: str, rate: str) -> None:
    units = next(read_json(f"[{price}]", name="f").items()).units()
    assert rate_of(component, units) == rate
    assert cost_units(rate, component) == units


@pytest.mark.parametrize(
    ("rate", "component", "cost"),
    [
        ("0.36 per hour", "input_seconds", "0.0001"),
        ("10 per 1K", "web_searches", "0.01"),
        ("6 per minute", "input_seconds", "0.1"),
        ("2.50", "input", "0.0000025"),
        ("0.111 per hour", "input_seconds", None),
        ("$3 / MTok", "input", None),
    ],
)
def test_a_rate_becomes_what_one_costs_where_that_is_a_decimal(rate: str, component: str, cost: str | None) -> None:
    said = exact_cost(rate, component)
    assert (None if said is None else number_text(f'"\\ue000{said[1:]}"')) == cost


def test_a_newer_entry_supersedes_component_by_component() -> None:
    entries: list[Entry] = [
        {"model": "m", "from": "2026-01-01", "rates": {"input": "3", "output": "5", "cache_read": "1"}},
        {"model": "m", "from": "2026-02-01", "rates": {"input": "2"}},
        {"model": "m", "from": "2026-01-01", "until": "2026-03-01", "when": {"tier": "batch"}, "rates": {"input": "1"}},
    ]
    spans = history(entries)
    assert [(span.start, span.until, dict(span.rates)) for span in spans if not span.when] == [
        (JAN, FEB, {"input": "3", "output": "5", "cache_read": "1"}),
        (FEB, None, {"input": "2", "output": "5", "cache_read": "1"}),
    ]
    assert [dict(span.rates) for span in in_force(spans, FEB) if not span.when] == [
        {"input": "2", "output": "5", "cache_read": "1"}
    ]
    assert [dict(span.rates) for span in in_force(spans, FEB - 1) if not span.when] == [
        {"input": "3", "output": "5", "cache_read": "1"}
    ]
    assert [(span.when, span.until) for span in gaps(spans)] == [({"tier": "batch"}, MAR)]


def test_price_lists_follow_each_other_at_every_change() -> None:
    entries: list[Entry] = [
        {"model": "m", "rates": {"input": "3"}},
        {"model": "m", "from": "2026-02-01", "when": {"tier": "batch"}, "rates": {"input": "1"}},
    ]
    (follow,) = lists(history(entries))
    assert [(prices.start, len(prices.spans)) for prices in follow] == [(None, 1), (FEB, 2)]


@pytest.mark.parametrize(
    ("entry", "names", "others"),
    [
        ({"model": "gpt-4.1"}, ["gpt-4.1"], ["gpt-4x1", "gpt-4.1-mini"]),
        ({"model": "a", "aliases": ["b"]}, ["a", "b"], ["ab"]),
        ({"prefix": "gpt-4."}, ["gpt-4.1"], ["gpt-4x", "my-gpt-4.1"]),
        ({"glob": "*nova-?ro*"}, ["us.nova-pro-v1"], ["nova-ro"]),
        ({"regex": "^gpt"}, ["gpt-4"], ["a-gpt"]),
    ],
)
def test_a_match_becomes_a_pattern_that_means_the_same_names(entry: Entry, names: list[str], others: list[str]) -> None:
    (span,) = history([entry | {"rates": {"input": "1"}}])
    assert all(re.search(span.pattern, name) for name in names)
    assert not any(re.search(span.pattern, name) for name in others)


def test_covering_is_by_the_nearest_price_that_is_stated() -> None:
    covers = covering({"input": "1", "output": "1", "cache_write": "1", "input_audio": "1"})
    assert covers["cache_write_5m"] == "cache_write"
    assert covers["input_image"] == "input"
    assert covers["cache_read_audio"] == "input"
    assert covers["output_audio"] == "output"
    assert not {"input_audio", "cache_read", "reasoning", "web_searches"} & set(covers)


def test_a_million_units_are_not_rounded() -> None:
    assert rate_of("input", 1) == "0." + "0" * 23 + "1"
    assert cost_units("1", "requests") == UNITS


def test_a_price_that_is_repeated_is_not_another() -> None:
    entries: list[Entry] = [
        {"model": "m", "from": "2026-01-01", "rates": {"input": "3"}},
        {"model": "m", "from": "2026-02-01", "rates": {"input": "3"}},
        {"model": "m", "from": "2026-03-01", "rates": {"input": "2"}},
    ]
    assert [(span.start, span.until) for span in history(entries)] == [(JAN, MAR), (MAR, None)]
    (follow,) = lists(history(entries))
    assert [(prices.start, prices.until) for prices in follow] == [(JAN, MAR), (MAR, None)]


@pytest.mark.parametrize(
    ("written", "extras", "said"),
    [
        (langfuse, {"covers": {"cache_write": "input"}}, "billed at another's rate"),
        (weave, {"at_least": {"input_seconds": "10"}}, "at least so much"),
        (langsmith, {"instant": "end"}, "call's end"),
        (genai_prices, {"instant": "end"}, "call's end"),
        (litellm, {"instant": "end"}, "call's end"),
        (openrouter, {"instant": "end"}, "call's end"),
    ],
)
def test_what_no_format_has_a_place_for_is_noted(written: ModuleType, extras: Entry, said: str) -> None:
    entry = {"model": "m", "provider": "openrouter", "rates": {"input": "3", "output": "5"}, **extras}
    assert any(said in note for note in written.write([entry], at="2026-11-20").notes)


WORDS = st.sampled_from(
    [
        "id", "models", "match", "equals", "or", "prices", "constraint", "start_date", "tiers", "base", "price_variants", "when",
        "data", "pricing", "prompt", "completion", "overrides", "min_prompt_tokens", "costs", "results", "llm_id", "input",
        "prompt_token_cost", "completion_token_cost", "effective_date", "modelName", "matchPattern", "pricingTiers", "isDefault",
        "priority", "conditions", "unit", "TOKENS", "match_pattern", "prompt_cost", "completion_cost", "prompt_cost_details",
        "litellm_provider", "mode", "input_cost_per_token", "tiered_pricing", "range", "off_peak_pricing", "hours_utc", "windows",
        "search_context_cost_per_query", "provider_specific_entry", "2026-03-01", "(", "0.5", "-1",
    ]
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 300_000), st.floats(allow_nan=False), WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=25,
)


@pytest.mark.parametrize("module", [genai_prices, langfuse, langsmith, litellm, openrouter, weave])
@settings(max_examples=150, deadline=None)
@given(value=VALUES, as_of=st.sampled_from([None, "2026-11-20"]))
def test_whatever_a_file_holds_it_is_read_or_refused(module: ModuleType, value: object, as_of: str | None) -> None:
    with suppress(Refused):
        made = module.read(json.dumps(value), as_of=as_of, name="f")
        assert all(COMPONENTS.keys() >= entry["rates"].keys() for entry in made.entries)
        # What was read can be written, by whichever format.
        assert json.loads(module.write(made.entries, at="2026-11-20").text) is not None
