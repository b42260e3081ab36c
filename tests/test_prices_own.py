"""A user's own price files: every key, what each does to a price, and how everything that is wrong is refused, at its place."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from otel_llm_cost.call import Call, instant_of
from otel_llm_cost.cost import Cost, price_call
from otel_llm_cost.money import UNITS
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.prices.shipped import Shipped, of_package
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.usage import Usage

TODAY: Final = "2026-11-22"
MILLION: Final = 10**6

# Published rates in US dollars per million tokens.
GPT_4O: Final = {"input": "2.50", "output": "10", "cache_read": "1.25"}
GPT_4O_MAY: Final = {"input": "5", "output": "15"}
GPT_4O_BATCH: Final = {"input": "1.25", "output": "5"}
MINI: Final = {"input": "0.15", "output": "0.60", "cache_read": "0.075"}


@cache
def shipped() -> Shipped:
    return of_package()


@pytest.fixture
def table_of(tmp_path: Path) -> Callable[..., PriceTable]:
    """The shipped table with files over it."""

    def make(*texts: str) -> PriceTable:
        paths = [tmp_path / f"prices-{place}.toml" for place, _ in enumerate(texts)]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text, "utf-8")
        return PriceTable(shipped()).with_own(paths)

    return make


TableOf = Callable[..., PriceTable]


def cost_of(table: PriceTable, model: str, provider: str = "openai", at: str = TODAY, **more: object) -> Cost:
    """`input=…`, and `tier`, `region`, `end` as a call has them."""
    tier, region, end = (more.pop(name, None) for name in ("tier", "region", "end"))
    usage = Usage(**{name: count for name, count in more.items() if isinstance(count, int)})
    call = Call(
        provider,
        model,
        instant_of(at),
        usage,
        tier=None if tier is None else str(tier),
        region=None if region is None else str(region),
        end_unix_nano=None if end is None else instant_of(str(end)),
    )
    return price_call(call, table)


def amount(cost: Cost) -> Fraction:
    """Exactly, of a cost that is settled."""
    assert cost.reason is None, cost
    assert cost.units is not None
    return Fraction(cost.units, UNITS)


def usd(rates: dict[str, str], **counts: int) -> Fraction:
    return sum((Fraction(rates[name]) * count / MILLION for name, count in counts.items()), Fraction(0))


def entry(text: str = "input = 1", model: str = 'model = "m"') -> str:
    return f"[[price]]\n{model}\n{text}\n"


# Rates --------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("written", "rate"),
    [
        pytest.param("0.1", Fraction(1, 10), id="a-number"),
        pytest.param('"0.1"', Fraction(1, 10), id="in-quotes"),
        pytest.param("3", Fraction(3), id="an-integer"),
        pytest.param("1_000", Fraction(1000), id="an-integer-with-underscores"),
        pytest.param("0", Fraction(0), id="free"),
        pytest.param("1e-3", Fraction(1, 1000), id="an-exponent"),
        pytest.param("0.123456789012345", Fraction("0.123456789012345"), id="fifteen-digits"),
        pytest.param('"0.1234567890123456789"', Fraction("0.1234567890123456789"), id="more-digits-in-quotes"),
        pytest.param("9007199254740993", Fraction(9007199254740993), id="an-integer-that-no-double-is"),
        pytest.param('"0.0025 per 1K"', Fraction("2.5"), id="per-thousand"),
        pytest.param('"$2.50 / 1M tokens"', Fraction("2.5"), id="as-a-page-prints-it"),
    ],
)
def test_a_rate_is_the_decimal_that_is_written(table_of: TableOf, written: str, rate: Fraction) -> None:
    for text in (f"input = {written}", f"rates = {{ input = {written} }}", f"[price.rates]\ninput = {written}"):
        assert amount(cost_of(table_of(entry(text)), "m", input=7)) == rate * 7 / MILLION


@pytest.mark.parametrize(
    ("text", "counts", "expected"),
    [
        pytest.param("input_seconds = 0.006", {"input_seconds": 10}, Fraction("0.06"), id="seconds"),
        pytest.param('input_seconds = "0.36 per hour"', {"input_seconds": 10}, Fraction("0.001"), id="hours"),
        pytest.param("output_images = 0.04", {"output_images": 3}, Fraction("0.12"), id="images"),
        pytest.param("input_pages = 0.001", {"input_pages": 7}, Fraction("0.007"), id="pages"),
        pytest.param('web_searches = "10 per 1K"', {"web_searches": 7}, Fraction("0.07"), id="searches"),
        pytest.param("tool_calls = 0.0025", {"tool_calls": 2}, Fraction("0.005"), id="tool-calls"),
        pytest.param("input_characters = 15", {"input_characters": 1000}, Fraction("0.015"), id="characters"),
        pytest.param("input = 1\nrequests = 0.01", {"input": 1000}, Fraction("0.011"), id="a-fee-of-every-call"),
        pytest.param(
            'input_seconds = 0.5\nat_least = { input_seconds = "10" }', {"input_seconds": 3}, Fraction(5), id="at-least-as-text"
        ),
        pytest.param("input_seconds = 0.5\nat_least = { input_seconds = 10 }", {"input_seconds": 3}, Fraction(5), id="at-least"),
        pytest.param('input = 1\ncovers = { cache_write = "input" }', {"cache_write": 1000}, Fraction("0.001"), id="covers"),
    ],
)
def test_every_unit_can_be_priced(table_of: TableOf, text: str, counts: dict[str, Any], expected: Fraction) -> None:
    assert amount(cost_of(table_of(entry(text)), "m", **counts)) == expected


def test_reasoning_and_cached_reads_fall_to_their_own_and_nothing_else_does(table_of: TableOf) -> None:
    table = table_of(entry("input = 3\noutput = 5"))
    cost = cost_of(table, "m", "acme", input=11, cache_read=13, output=17, reasoning=19)
    assert amount(cost) == Fraction(3 * (11 + 13) + 5 * (17 + 19), MILLION)
    assert set(cost.assumed) == {"cache_read=input", "reasoning=output"}
    assert cost_of(table, "m", "acme", cache_write=7).reason == "no_rate:cache_write"


# Which models -------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("named", "meant", "not_meant"),
    [
        ('model = "acme-1"', ["acme-1", "ACME-1"], ["acme-12", "my-acme-1", "acme"]),
        ('model = "ACME-1"', ["acme-1", "Acme-1"], ["acme-10"]),
        ('prefix = "acme-"', ["acme-1", "ACME-x"], ["acme", "my-acme-1"]),
        ('glob = "acme-*-?"', ["acme-x-1", "Acme-x-y-2"], ["acme-1", "acme-x-12"]),
        ('regex = "^acme-[0-9]+$"', ["acme-1", "ACME-22"], ["acme-x", "acme-1b"]),
        ('regex = "-mini$"', ["acme-mini"], ["acme-mini-2"]),
        ('model = "a"\naliases = ["acme-1", "Acme-2"]', ["a", "acme-1", "ACME-2"], ["acme-3"]),
        ('prefix = "a."\naliases = ["acme-1"]', ["a.1", "acme-1"], ["acme-10"]),
    ],
)
def test_an_entry_means_these_models_and_no_others(table_of: TableOf, named: str, meant: list[str], not_meant: list[str]) -> None:
    table = table_of(entry("input = 7", named))
    for model in meant:
        assert amount(cost_of(table, model, "acme", input=13)) == Fraction(7 * 13, MILLION)
    for model in not_meant:
        assert cost_of(table, model, "acme", input=13).reason == "unknown_provider"


def test_without_a_provider_it_holds_at_any_with_one_there_only(table_of: TableOf) -> None:
    table = table_of(entry('input = 1\nprovider = "azure"', 'model = "m"') + entry("input = 2"))
    rates = {"azure.ai.openai": 1, "Azure_OpenAI": 1, "az.ai.openai": 1, "openai": 2, "acme": 2, "": 2, "litellm": 2}
    for provider, rate in rates.items():
        assert amount(cost_of(table, "m", provider, input=MILLION)) == rate, provider


def test_one_model_at_two_providers_is_two_prices(table_of: TableOf) -> None:
    table = table_of(entry('input = 1\nprovider = "openai"') + entry('input = 2\nprovider = "acme"'))
    assert amount(cost_of(table, "m", "openai", input=MILLION)) == 1
    assert amount(cost_of(table, "m", "acme", input=MILLION)) == 2
    assert cost_of(table, "n", "acme", input=1).reason == "unknown_model"


def test_a_provider_of_ones_own_is_known_by_the_names_that_gateways_make(table_of: TableOf) -> None:
    table = table_of(entry('input = 7\nprovider = "acme"'))
    for provider, model in (("acme", "m"), ("acme", "acme/m"), ("", "acme/m"), ("litellm", "acme/M"), ("", "acme:m")):
        assert amount(cost_of(table, model, provider, input=13)) == Fraction(7 * 13, MILLION), (provider, model)
    only_seller = cost_of(table, "m", "", input=13)
    assert (amount(only_seller), only_seller.assumed) == (Fraction(7 * 13, MILLION), ("provider=acme",))


@pytest.mark.parametrize("name", ["models/gpt-4o", "openai/gpt-4o", "GPT-4o"])
def test_an_entry_is_found_by_every_way_to_write_its_model(table_of: TableOf, name: str) -> None:
    assert amount(cost_of(table_of(entry("input = 7", 'model = "gpt-4o"')), name, input=13)) == Fraction(7 * 13, MILLION)


@pytest.mark.parametrize("named", ['model = "gpt-4o"', 'regex = "^gpt-4o$"'])
def test_an_undated_name_is_none_of_the_snapshots_that_the_table_knows(table_of: TableOf, named: str) -> None:
    cost = cost_of(table_of(entry("input = 7\noutput = 7\nonly = true", named)), "gpt-4o-2024-05-13", input=13, output=17)
    assert amount(cost) == usd(GPT_4O_MAY, input=13, output=17)


def test_a_snapshot_that_nobody_knows_is_read_as_its_undated_name_and_that_is_said(table_of: TableOf) -> None:
    cost = cost_of(table_of(entry("input = 7", 'model = "acme-9"')), "acme-9-2027-01-31", "acme", input=13)
    assert (amount(cost), cost.assumed) == (Fraction(7 * 13, MILLION), ("model=acme-9",))


# Time ---------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "start",
    [
        "2026-03-01",
        '"2026-03-01"',
        "2026-03-01T00:00:00Z",
        '"2026-03-01T00:00:00Z"',
        "2026-03-01T01:00:00+01:00",
        "2026-02-28 19:00:00-05:00",
    ],
)
def test_from_is_inclusive_and_until_is_not(table_of: TableOf, start: str) -> None:
    table = table_of(entry(f"input = 7\nfrom = {start}\nuntil = 2026-04-01"))
    assert cost_of(table, "m", "acme", "2026-02-28T23:59:59.999999Z", input=1).reason == "before_first_price"
    for at in ("2026-03-01T00:00:00Z", "2026-03-31T23:59:59.999999Z"):
        assert amount(cost_of(table, "m", "acme", at, input=1)) == Fraction(7, MILLION)
    assert cost_of(table, "m", "acme", "2026-04-01", input=1).reason == "after_last_price"


def test_without_from_it_holds_at_every_instant(table_of: TableOf) -> None:
    table = table_of(entry("input = 7") + entry("input = 9\nfrom = 2026-01-01"))
    for at, rate in (("1970-01-01", 7), ("2025-12-31T23:59:59.999999Z", 7), ("2026-01-01", 9), ("2200-01-01", 9)):
        assert amount(cost_of(table, "m", "acme", at, input=1)) == Fraction(rate, MILLION)
    assert cost_of(table, "m", "acme", "2025-01-01", input=1).price == "own:acme/m"
    assert cost_of(table, "m", "acme", input=1).price == "own:acme/m@2026-01-01"


def test_the_end_of_the_call_can_choose(table_of: TableOf) -> None:
    table = table_of(entry("input = 7") + entry('input = 9\nfrom = 2026-01-01\ninstant = "end"'))
    for end, rate in (("2026-01-01T00:00:01Z", 9), ("2025-12-31T23:59:59Z", 7)):
        assert amount(cost_of(table, "m", "acme", "2025-12-31T23:59:58Z", end=end, input=1)) == Fraction(rate, MILLION)


# Over the shipped prices --------------------------------------------------------------------------------------------------------
def test_it_replaces_the_shipped_rates_of_the_components_that_it_names_and_no_other(table_of: TableOf) -> None:
    table = table_of(entry("output = 7", 'model = "gpt-4o"\nprovider = "openai"'))
    cost = cost_of(table, "gpt-4o", input=1009, cache_read=401, output=101)
    assert amount(cost) == usd({**GPT_4O, "output": "7"}, input=1009, cache_read=401, output=101)
    assert amount(cost_of(table, "gpt-4o", tier="batch", input=1009, output=101)) == usd(GPT_4O_BATCH, input=1009, output=101)
    assert amount(cost_of(table, "gpt-4o-mini", input=1009, output=101)) == usd(MINI, input=1009, output=101)


def test_a_rate_that_covers_a_component_names_it_too(table_of: TableOf) -> None:
    named = '[[price]]\nprovider = "openai"\nmodel = "gpt-4o"\ninput = 2\n'
    covering = table_of(named + 'covers = { cache_read = "input" }\n')
    assert amount(cost_of(covering, "gpt-4o", input=1009, cache_read=103)) == Fraction(2 * (1009 + 103), MILLION)
    assert cost_of(covering, "gpt-4o", input=1009, cache_read=103).assumed == ("cache_read=input", "tier=standard")
    # Without it the shipped rate of cached reads stays.
    expected = Fraction(2 * 1009, MILLION) + usd(GPT_4O, cache_read=103)
    assert amount(cost_of(table_of(named), "gpt-4o", input=1009, cache_read=103)) == expected


def test_outside_its_dates_the_shipped_rate_holds(table_of: TableOf) -> None:
    table = table_of(entry("input = 7\nfrom = 2026-01-01\nuntil = 2026-02-01", 'model = "gpt-4o"'))
    for at, rate in (("2025-12-31", "2.50"), ("2026-01-31", "7"), ("2026-02-01", "2.50")):
        assert amount(cost_of(table, "gpt-4o", at=at, input=MILLION)) == Fraction(rate)


def test_only_hides_the_models_other_shipped_rates(table_of: TableOf) -> None:
    table = table_of(entry("input = 7\nonly = true", 'model = "gpt-4o"'))
    assert amount(cost_of(table, "gpt-4o", input=13)) == Fraction(7 * 13, MILLION)
    assert cost_of(table, "gpt-4o", input=13, output=1).reason == "no_rate:output"
    assert cost_of(table, "models/gpt-4o", output=1).reason == "no_rate:output"
    assert cost_of(table, "gpt-4o", tier="batch", input=13).reason == "no_rate:input"
    assert amount(cost_of(table, "gpt-4o-mini", input=13)) == usd(MINI, input=13)


def test_only_with_a_provider_hides_there_only(table_of: TableOf) -> None:
    table = table_of(entry('input = 7\nonly = true\nprovider = "acme"', 'model = "gpt-4o"'))
    assert amount(cost_of(table, "gpt-4o", output=13)) == usd(GPT_4O, output=13)
    assert cost_of(table, "gpt-4o", "acme", output=13).reason == "no_rate:output"


def test_where_nobody_names_the_provider_a_partial_price_of_ones_own_is_over_the_sellers(table_of: TableOf) -> None:
    table = table_of(entry("input = 7", 'model = "grok-4"'))
    # xAI alone sells it: $3 and $15 per million.
    cost = cost_of(table, "grok-4", "", input=13, output=17)
    assert (amount(cost), cost.assumed) == (Fraction(7 * 13 + 15 * 17, MILLION), ("provider=x_ai",))
    own = cost_of(table_of(entry("input = 7", 'model = "gpt-4o"')), "gpt-4o", "", input=13)
    assert (amount(own), own.assumed, own.price) == (Fraction(7 * 13, MILLION), (), "own:gpt-4o")


def test_the_closer_name_wins_whatever_the_order(table_of: TableOf) -> None:
    entries = [
        entry("input = 1", 'regex = "gpt-4o.*long-and-longer"'),
        entry("input = 2", 'prefix = "gpt-"'),
        entry("input = 3", 'prefix = "gpt-4o-x"'),
        entry("input = 4", 'model = "other"\naliases = ["gpt-4o-xy"]'),
        entry("input = 5", 'model = "gpt-4o-xyz"'),
    ]
    expected = {"gpt-9": 2, "gpt-4o-xx": 3, "gpt-4o-xy": 4, "gpt-4o-xyz": 5, "my gpt-4o long-and-longer": 1}
    for texts in (entries, entries[::-1]):
        table = table_of("".join(texts))
        for model, rate in expected.items():
            assert amount(cost_of(table, model, input=MILLION)) == rate, model


# Conditions ---------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("when", "holds", "does_not"),
    [
        ('{ tier = "batch" }', {"tier": "batch"}, {}),
        ('{ tier = "BATCH" }', {"tier": "batch"}, {"tier": "flex"}),
        ('{ tier = "any" }', {"tier": "flex"}, None),
        ("{ prompt_above = 100 }", {"input": 101}, {"input": 100}),
        ('{ region = "eu" }', {"region": "eu"}, {"region": "eu-west-1"}),
        ('{ region = ["us", "EU-*"] }', {"region": "eu-west-1"}, {"region": "ap-south-1"}),
        ('{ hours = "22:00-06:00" }', {"at": "2026-11-20T05:59:59Z"}, {"at": "2026-11-20T06:00:00Z"}),
        ('{ weekdays = "sat,sun" }', {"at": "2026-11-21"}, {"at": "2026-11-20T23:59:59Z"}),
        (
            '{ weekdays = "mon-fri", zone = "Europe/Berlin", holidays = [2026-12-25] }',
            {"at": "2026-12-24T22:59:59Z"},
            {"at": "2026-12-24T23:00:00Z"},
        ),
        ('{ tier = "batch", region = "eu" }', {"tier": "batch", "region": "eu"}, {"tier": "batch"}),
    ],
)
def test_a_condition_holds_or_does_not(
    table_of: TableOf, when: str, holds: dict[str, Any], does_not: dict[str, Any] | None
) -> None:
    dotted = "".join(f"when.{part.strip()}\n" for part in when.strip("{ }").split(", ")) if "[" not in when else f"when = {when}"
    for text in (f"when = {when}", dotted):
        table = table_of(entry(f"input = 7\n{text}"))
        assert amount(cost_of(table, "m", "acme", **{"input": 200, **holds})) == Fraction(
            7 * int(str(holds.get("input", 200))), MILLION
        )
        if does_not is not None:
            assert cost_of(table, "m", "acme", **{"input": 200, **does_not}).reason == "no_rate:input"


def test_committed_has_no_price_per_call(table_of: TableOf) -> None:
    table = table_of(entry("committed = true", 'glob = "ptu-*"'))
    cost = cost_of(table, "ptu-1", "azure", input=7)
    assert (str(cost.status), cost.amount) == ("committed", None)


# Factors ------------------------------------------------------------------------------------------------------------------------
def factor(text: str) -> str:
    return f"[[factor]]\n{text}\n"


@pytest.mark.parametrize("written", ["0.85", '"0.85"'])
def test_a_discount_multiplies_every_rate_between_its_dates(table_of: TableOf, written: str) -> None:
    table = table_of(factor(f'provider = "openai"\nfactor = {written}\nfrom = 2026-01-01\nuntil = 2026-02-01'))
    full = usd(GPT_4O, input=1009, cache_read=401, output=101)
    for at, share in (("2025-12-31", "1"), ("2026-01-01", "0.85"), ("2026-01-31", "0.85"), ("2026-02-01", "1")):
        assert amount(cost_of(table, "gpt-4o", at=at, input=1009, cache_read=401, output=101)) == full * Fraction(share)


@pytest.mark.parametrize(
    ("provider", "model"),
    [("openai", "gpt-4o-mini"), ("openai", "models/gpt-4o-mini"), ("", "openai/gpt-4o-mini"), ("litellm", "openai/gpt-4o-mini")],
)
@pytest.mark.parametrize("named", ["", 'model = "gpt-4o-mini"\n', 'prefix = "gpt-4o"\n', 'glob = "*-mini"\n'])
def test_a_discount_holds_under_every_name_of_the_model(table_of: TableOf, named: str, provider: str, model: str) -> None:
    table = table_of(factor(f'provider = "openai"\n{named}factor = 0.5'))
    assert amount(cost_of(table, model, provider, input=1009)) == usd(MINI, input=1009) / 2


def test_a_discount_is_not_anothers(table_of: TableOf) -> None:
    table = table_of(factor('provider = "openai"\nfactor = 0.5') + factor('provider = "anthropic"\nfactor = 0.9'))
    # Claude Sonnet 4.5 is $3 per million, through a gateway's OpenAI client too.
    for provider, model in (("anthropic", "claude-sonnet-4-5"), ("openai", "anthropic/claude-sonnet-4-5")):
        assert amount(cost_of(table, model, provider, input=1000)) == Fraction(3 * 1000, MILLION) * Fraction("0.9")
    assert amount(cost_of(table, "gpt-4o", "azure", input=1000)) == usd(GPT_4O, input=1000)


def test_a_factor_on_some_components_leaves_the_others(table_of: TableOf) -> None:
    table = table_of(factor('factor = 0.5\ncomponents = ["output"]'))
    assert amount(cost_of(table, "gpt-4o", input=1009, output=101)) == usd(GPT_4O, input=1009) + usd(GPT_4O, output=101) / 2


def test_factors_of_one_name_do_not_multiply_those_of_several_do(table_of: TableOf) -> None:
    general, closer = factor('factor = 0.9\nprovider = "openai"'), factor('factor = 0.5\nprovider = "openai"\nmodel = "gpt-4o"')
    assert amount(cost_of(table_of(general + closer), "gpt-4o", input=MILLION)) == Fraction("2.50") / 2
    assert amount(cost_of(table_of(general + closer), "gpt-4o-mini", input=MILLION)) == Fraction("0.15") * Fraction("0.9")
    named = table_of(general + closer + 'name = "pilot"\n')
    assert amount(cost_of(named, "gpt-4o", input=MILLION)) == Fraction("2.50") / 2 * Fraction("0.9")


def test_an_explicit_batch_rate_is_not_halved_again(table_of: TableOf) -> None:
    table = table_of(
        entry("input = 8\noutput = 10") + entry('input = 3\nwhen.tier = "batch"') + factor('factor = 0.5\nwhen.tier = "batch"')
    )
    assert amount(cost_of(table, "m", "acme", tier="batch", input=MILLION)) == 3
    assert amount(cost_of(table, "m", "acme", tier="batch", output=MILLION)) == 5
    assert amount(cost_of(table, "m", "acme", input=MILLION)) == 8


# Aliases, deployments, hosts ----------------------------------------------------------------------------------------------------
def alias(text: str) -> str:
    return f"[[alias]]\n{text}\n"


def test_an_alias_moves_with_its_dates(table_of: TableOf) -> None:
    table = table_of(
        alias('alias = "Our-Model"\nof = "gpt-4o-2024-05-13"\nprovider = "openai"\nfrom = 2026-01-01\nuntil = 2026-02-01')
        + alias('alias = "our-model"\nof = "GPT-4o-mini"\nprovider = "openai"\nfrom = 2026-02-01')
    )
    for at, rates in (("2026-01-01", GPT_4O_MAY), ("2026-01-31", GPT_4O_MAY), ("2026-02-01", MINI)):
        assert amount(cost_of(table, "our-model", at=at, input=1009, output=101)) == usd(rates, input=1009, output=101)
    assert cost_of(table, "our-model", "anthropic", input=1).reason == "unknown_model"
    assert cost_of(table, "our-model", "acme", input=1).reason == "unknown_provider"


def test_an_alias_of_a_shipped_name_stands_in_its_place_within_its_dates(table_of: TableOf) -> None:
    table = table_of(alias('alias = "gpt-4o"\nof = "gpt-4o-2024-05-13"\nfrom = 2026-01-01\nuntil = 2026-02-01'))
    for at, rates in (("2025-12-31", GPT_4O), ("2026-01-01", GPT_4O_MAY), ("2026-02-01", GPT_4O)):
        assert amount(cost_of(table, "gpt-4o", at=at, input=1009, output=101)) == usd(rates, input=1009, output=101)


def test_an_alias_takes_the_factors_of_its_model_along(table_of: TableOf) -> None:
    table = table_of(alias('alias = "ours"\nof = "m"') + entry("input = 8") + factor('factor = 0.5\nmodel = "m"'))
    assert amount(cost_of(table, "ours", "acme", input=MILLION)) == 4
    # Residency in the US costs 1.1 of $5 for Opus 4.6.
    shipped_factor = table_of(alias('alias = "ours"\nof = "claude-opus-4-6"'))
    assert amount(cost_of(shipped_factor, "ours", "anthropic", region="us", input=1000)) == Fraction("5.5") * 1000 / MILLION


def test_an_alias_of_ones_own_model_has_its_prices(table_of: TableOf) -> None:
    table = table_of(alias('alias = "ours"\nof = "m"') + entry("input = 8") + entry("input = 9\nfrom = 2026-01-01"))
    assert amount(cost_of(table, "ours", "acme", input=MILLION)) == 9
    assert amount(cost_of(table, "ours", "acme", "2025-01-01", input=MILLION)) == 8


ARN: Final = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc"
SONNET: Final = "anthropic.claude-sonnet-4-5-20250929-v1:0"


@pytest.mark.parametrize(
    ("provider", "model", "expected"),
    [
        ("azure.ai.openai", "prod-chat", "0.15"),
        ("azure", "PROD-CHAT", "0.15"),
        ("litellm", "azure/prod-chat", "0.15"),
        ("acme", "summaries", "2.50"),
        ("aws.bedrock", ARN, "3.30"),
        ("litellm", f"bedrock/{ARN}", "3.30"),
        ("aws.bedrock", ARN.replace("abc", "global"), "3"),
    ],
)
def test_a_deployment_is_what_the_user_says_it_is(table_of: TableOf, provider: str, model: str, expected: str) -> None:
    table = table_of(f"""
        [models]
        prod-chat = "gpt-4o-mini"
        summaries = {{ model = "gpt-4o", provider = "openai" }}
        "{ARN}" = "{SONNET}"
        "{ARN.replace("abc", "global")}" = "global.{SONNET}"
    """)
    assert amount(cost_of(table, model, provider, input=1009)) == Fraction(expected) * 1009 / MILLION


def test_a_deployment_that_nobody_names_is_unknown(table_of: TableOf) -> None:
    table = table_of('[models]\nprod-chat = "gpt-4o-mini"')
    for provider, model in (("azure", "prod-chat-2"), ("azure", "prod"), ("aws.bedrock", ARN)):
        assert cost_of(table, model, provider, input=1).reason == "unknown_model"


def test_hosts_are_a_providers_by_name_or_by_price(table_of: TableOf) -> None:
    table = table_of(
        '[hosts]\n"Gateway.internal" = "gcp.gemini"\n'
        '[[price]]\nmodel = "m"\nprovider = "Self-Hosted"\nhosts = ["GPU-7:8000", "gpu-8"]\ninput = 1'
    )
    assert table.hosts == {"gateway.internal": "gcp.gemini", "gpu-7:8000": "self-hosted", "gpu-8": "self-hosted"}


def test_of_two_files_that_name_a_host_or_deployment_the_first_is_right(table_of: TableOf) -> None:
    table = table_of(
        '[hosts]\n"h" = "openai"\n[models]\nd = "gpt-4o-mini"',
        '[hosts]\n"h" = "groq"\n[models]\nd = "gpt-4o"\n"gpt-4o-mini" = "gpt-4o"',
    )
    assert table.hosts == {"h": "openai"}
    assert amount(cost_of(table, "d", input=MILLION)) == Fraction("0.15")


# Currency, sources, several files -----------------------------------------------------------------------------------------------
def test_a_file_and_an_entry_have_a_currency(table_of: TableOf) -> None:
    table = table_of('currency = "EUR"\n' + entry() + entry('input = 2\ncurrency = "GBP"', 'model = "n"'))
    assert [cost_of(table, model, "acme", input=1).currency for model in ("m", "n")] == ["EUR", "GBP"]


def test_two_currencies_are_never_one_cost(table_of: TableOf) -> None:
    table = table_of(entry('input = 2\ncurrency = "EUR"', 'model = "gpt-4o"'))
    assert cost_of(table, "gpt-4o", input=1).currency == "EUR"
    mixed = cost_of(table, "gpt-4o", input=1, output=1)
    assert (mixed.reason, mixed.amount) == ("mixed_currencies", None)


def test_sources_are_a_url_a_table_or_named(table_of: TableOf) -> None:
    table = table_of(
        '[sources]\npage = { url = "https://acme.example", read = 2026-11-01 }\n'
        + entry('input = 1\nsource = "page"', 'model = "a"')
        + entry('input = 1\nsource = "https://b.example"', 'model = "b"')
        + entry('input = 1\nsource = { url = "https://c.example", read = "2026-11-02" }', 'model = "c"')
        + entry("input = 1", 'model = "d"')
    )
    sources = [row.source for entry in table.own[0].prices for row in table.own[0].rows_of(entry)]
    shown = [(source.url, source.read) if source is not None else None for source in sources]
    assert shown == [("https://acme.example", "2026-11-01"), ("https://b.example", ""), ("https://c.example", "2026-11-02"), None]


def test_several_files_stand_together(table_of: TableOf) -> None:
    table = table_of(entry("input = 1", 'model = "a"'), entry("input = 2", 'model = "b"'), "", "# nothing\n")
    assert [amount(cost_of(table, model, "acme", input=MILLION)) for model in ("a", "b")] == [1, 2]
    assert table.version != PriceTable(shipped()).version


def test_a_byte_order_mark_and_line_ends_of_windows_are_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_bytes(b"\xef\xbb\xbf" + entry("input = 7").replace("\n", "\r\n").encode())
    assert amount(cost_of(PriceTable(shipped()).with_own([path]), "m", "acme", input=1)) == Fraction(7, MILLION)


# What is refused ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        pytest.param("a = [", 1, 1, "", id="syntax-at-the-end"),
        pytest.param("\n\na = 1 2", 3, 7, "", id="syntax"),
        pytest.param("[[price]]\nmodel = 'a'\nmodel = 'b'\n", 3, 12, "", id="a-key-twice"),
        pytest.param("a = " + "[" * 5000, 1, 1, "too deep", id="too-deep"),
        pytest.param(entry("input = " + "1" * 5000), 3, 1, "too many digits", id="an-endless-integer"),
        pytest.param(entry("input = 1e99999999999999999999"), 3, 1, "too many digits", id="an-endless-exponent"),
        pytest.param(entry("input = 1e9999999"), 3, 1, "beyond any bill", id="a-great-exponent"),
        pytest.param(entry("input = 1e-9999999"), 3, 1, "finer than 1e-30", id="a-small-exponent"),
        pytest.param("\n" + entry("inptu = 1"), 4, 1, "unknown: inptu", id="no-component"),
        pytest.param(entry("output = 1\n  input = 'abc'"), 4, 3, "not a decimal number", id="no-rate"),
        pytest.param(entry("rates = { output = 1, input = 'abc' }"), 3, 23, "not a decimal number", id="no-rate-within"),
        pytest.param(entry("[price.rates]\noutput = 1\ninput = ''"), 5, 1, "not a decimal number", id="no-rate-below"),
        pytest.param(entry("input = true"), 3, 1, "a rate is", id="a-rate-that-is-true"),
        pytest.param(entry("input = -1"), 3, 1, "negative", id="negative"),
        pytest.param(entry("input = inf"), 3, 1, "no decimal", id="inf"),
        pytest.param(entry("input = nan"), 3, 1, "no decimal", id="nan"),
        pytest.param(entry("input = 0.30000000000000004"), 3, 1, "rounding error", id="a-floats-error"),
        pytest.param(entry("rates = { input = 0.30000000000000004 }"), 3, 11, "rounding error", id="a-floats-error-within"),
        pytest.param(entry("rates = { input = inf }"), 3, 11, "no decimal", id="inf-within"),
        pytest.param(entry("input = 1\nrates = { input = 2 }"), 3, 1, "stands in the entry and in its rates", id="a-rate-twice"),
        pytest.param(entry("input = [1]"), 3, 1, "a rate is", id="a-rate-that-is-a-list"),
        pytest.param(entry(""), 1, 1, "'rates' is missing", id="no-rates"),
        pytest.param(entry("rates = 5"), 1, 1, "'rates'", id="rates-that-are-a-number"),
        pytest.param("[[price]]\ninput = 1\n", 1, 1, "one of model, prefix, glob and regex", id="no-model"),
        pytest.param(entry("input = 1\nprefix = 'm'"), 1, 1, "one of model, prefix, glob and regex", id="two-models"),
        pytest.param("[[price]]\nmodel = ''\ninput = 1\n", 1, 1, "one of model", id="an-empty-model"),
        pytest.param("[[price]]\nmodel = 5\ninput = 1\n", 1, 1, "as text", id="a-model-that-is-a-number"),
        pytest.param("[[price]]\nregex = '('\ninput = 1\n", 2, 1, "no regular expression", id="no-regex"),
        pytest.param(entry("input = 1\nfrom = 2026-01-01T00:00:00"), 4, 1, "zone", id="a-naive-instant"),
        pytest.param(entry("input = 1\nuntil = '2026-01-01T00:00:00'"), 4, 1, "zone", id="a-naive-instant-as-text"),
        pytest.param(entry("input = 1\nfrom = 07:32:00"), 4, 1, "neither a day", id="a-time"),
        pytest.param(entry("input = 1\nfrom = 2026"), 4, 1, "neither a day", id="a-year"),
        pytest.param(entry("input = 1\nfrom = 'soon'"), 4, 1, "neither a day", id="no-instant"),
        pytest.param(entry("input = 1\nfrom = 2026-02-01\nuntil = 2026-02-01"), 1, 1, "ends before it begins", id="no-time"),
        pytest.param(entry("input = 1\nwhen = 'batch'"), 4, 1, "not an object", id="when-that-is-text"),
        pytest.param(entry("input = 1\nwhen = { tier = 'batch', zon = 'x' }"), 4, 26, "unknown: zon", id="no-condition"),
        pytest.param(entry("input = 1\n[price.when]\ntier = 'batch'\nday = 1"), 6, 1, "unknown: day", id="no-condition-below"),
        pytest.param(entry("input = 1\nwhen = { hours = '9-17' }"), 4, 1, "hours", id="no-hours"),
        pytest.param(entry("input = 1\nwhen = { weekdays = 'someday' }"), 4, 1, "weekdays", id="no-weekdays"),
        pytest.param(entry("input = 1\nwhen = { hours = '09:00-17:00', zone = 'Mars/X' }"), 4, 1, "zone", id="no-zone"),
        pytest.param(entry("input = 1\nwhen = { zone = 'UTC' }"), 4, 1, "one of hours and weekdays", id="a-zone-alone"),
        pytest.param(entry("input = 1\nwhen = { prompt_above = -1 }"), 4, 1, "prompt_above", id="below-no-tokens"),
        pytest.param(entry("input = 1\nwhen = { region = 5 }"), 4, 10, "region", id="no-region"),
        pytest.param(entry("input = 1\ncurrency = 'usd'"), 4, 1, "no currency code", id="no-currency"),
        pytest.param(entry("input = 1\nonly = 'yes'"), 4, 1, "true or false", id="only-yes"),
        pytest.param(entry("input = 1\nprovider = ''"), 4, 1, "is text", id="an-empty-provider"),
        pytest.param(entry("input = 1\nprovider = 5"), 4, 1, "is text", id="a-provider-that-is-a-number"),
        pytest.param(entry("input = 1\nid = 5"), 4, 1, "is text", id="an-id-that-is-a-number"),
        pytest.param(entry("input = 1\nnote = 5"), 4, 1, "is text", id="a-note-that-is-a-number"),
        pytest.param(entry("input = 1\naliases = 'n'"), 4, 1, "list of texts", id="aliases-that-are-text"),
        pytest.param(entry("input = 1\nhosts = [5]\nprovider = 'p'"), 4, 1, "list of texts", id="hosts-that-are-numbers"),
        pytest.param(entry("input = 1\nhosts = ['h']"), 4, 1, "need a provider", id="hosts-without-provider"),
        pytest.param(entry("input = 1\nsource = { url = 'u' }"), 4, 1, "'read' is missing", id="a-source-without-a-day"),
        pytest.param(entry("input = 1\ncommitted = true"), 4, 1, "no rates", id="committed-at-a-rate"),
        pytest.param(entry("input = 1\ninstant = 'middle'"), 4, 1, "start or end", id="no-instant-of-the-call"),
        pytest.param(entry("input = 1\nfigures = { input = '$3' }"), 4, 13, "is not the rate", id="a-figure-that-is-not-the-rate"),
        pytest.param(entry("input = 1\ncovers = { cache_write = 'output' }"), 1, 1, "covers", id="covers-by-no-rate"),
        pytest.param(entry("input = 1\nat_least = { input_seconds = '1.5' }"), 4, 1, "number", id="at-least-a-half"),
        pytest.param("note = 'x'\n\n[[prices]]\nmodel = 'm'\ninput = 1\n", 3, 1, "unknown: prices", id="no-such-part"),
        pytest.param("price = 5", 1, 1, "is written [[price]]", id="price-that-is-a-number"),
        pytest.param("[price]\nmodel = 'm'\ninput = 1", 1, 1, "is written [[price]]", id="one-price"),
        pytest.param("price = [5]", 1, 1, "is no table", id="prices-that-are-numbers"),
        pytest.param("checked = 5", 1, 1, "a day such as", id="checked-on-no-day"),
        pytest.param("[sources]\n\na = { url = 'u', read = 'yesterday' }", 3, 1, "no day", id="read-on-no-day"),
        pytest.param("sources = 5", 1, 1, "is no table", id="sources-that-are-a-number"),
        pytest.param(factor("factor = 1.5\nfactors = 2"), 3, 1, "unknown: factors", id="no-key-of-a-factor"),
        pytest.param(factor("model = 'm'"), 1, 1, "is a decimal", id="no-factor"),
        pytest.param(factor("factor = inf"), 2, 1, "is a decimal", id="an-infinite-factor"),
        pytest.param(factor("factor = -0.5"), 2, 1, "is a decimal", id="a-negative-factor"),
        pytest.param(factor("factor = 0.8500000000000001"), 2, 1, "is a decimal", id="a-factor-of-a-float"),
        pytest.param(factor("factor = 0.5\ncomponents = ['inptu']"), 3, 1, "list of components", id="a-factor-on-nothing"),
        pytest.param(alias("alias = 'a'"), 1, 1, "alias and of", id="an-alias-of-nothing"),
        pytest.param(alias("alias = 'a'\nof = 'b'\nprovider = 5"), 1, 1, "alias and of", id="an-alias-at-a-number"),
        pytest.param(alias("alias = 'a'\nof = 'b'\nfrom = 2026-01-01T00:00:00"), 4, 1, "zone", id="an-alias-from-a-naive-instant"),
        pytest.param(
            alias("alias = 'a'\nof = 'b'\nfrom = 2026-02-01\nuntil = 2026-01-01"), 1, 1, "ends before", id="an-alias-of-no-time"
        ),
        pytest.param("[models]\nd = 5", 2, 1, "names a model", id="a-deployment-of-a-number"),
        pytest.param("[models]\nd = { model = 'm', provder = 'p' }", 2, 1, "names a model", id="no-key-of-a-deployment"),
        pytest.param('[hosts]\n"h:80" = 5', 2, 1, "names the provider", id="a-host-of-a-number"),
    ],
)
def test_what_is_wrong_is_refused_at_its_place(
    table_of: TableOf, tmp_path: Path, text: str, line: int, column: int, said: str
) -> None:
    with pytest.raises(PriceFileError) as refused:
        table_of(text)
    assert (refused.value.line, refused.value.column) == (line, column), refused.value
    path = tmp_path / "prices-0.toml"
    assert refused.value.path == str(path)
    assert str(refused.value).startswith(f"{path}:{line}:{column}: ")
    assert said in refused.value.problem
    assert len(str(refused.value)) < 500


EXCLUSIVE: Final = [
    pytest.param(entry(), entry("input = 2"), "price[1]", "input", id="one-name"),
    pytest.param(entry(), entry("input = 2", 'model = "M"'), "price[1]", "input", id="one-name-in-another-case"),
    pytest.param(entry(), entry("input = 1"), "price[1]", "input", id="at-one-rate"),
    pytest.param(
        entry("input = 1\nfrom = 2026-01-01"),
        entry("input = 2\nfrom = 2026-01-01T01:00:00+01:00"),
        "price[1]",
        "input",
        id="one-start",
    ),
    pytest.param(
        entry("input = 1", 'model = "a"\naliases = ["z"]'),
        entry("input = 2", 'model = "b"\naliases = ["Z"]'),
        "price[1]",
        "input",
        id="one-alias",
    ),
    pytest.param(entry("input = 1", 'prefix = "ab"'), entry("input = 2", 'prefix = "AB"'), "price[1]", "input", id="one-prefix"),
    pytest.param(
        entry("input = 1", 'glob = "ab-*"'), entry("input = 2", 'glob = "*-cd"'), "price[1]", "input", id="globs-that-share-a-name"
    ),
    pytest.param(
        entry("input = 1", 'regex = "^gpt-4o-.*"'),
        entry("input = 2", 'regex = "^gpt-.*ni$"'),
        "price[1]",
        "input",
        id="regexes-that-share-a-shipped-name",
    ),
    pytest.param(
        entry('input = 1\nwhen.region = "eu-*"'),
        entry('input = 2\nwhen.region = "eu-west-*"'),
        "price[1]",
        "input",
        id="regions-that-meet",
    ),
    pytest.param(
        entry('input = 1\nwhen.hours = "08:00-12:00"'),
        entry('input = 2\nwhen.hours = "11:00-13:00"'),
        "price[1]",
        "input",
        id="hours-that-meet",
    ),
    pytest.param(factor("factor = 0.5"), factor("factor = 0.9"), "factor[1]", "discount", id="two-discounts"),
    pytest.param(
        factor('factor = 0.5\nprefix = "gpt-4"'),
        factor('factor = 0.9\nprefix = "gpt-4"'),
        "factor[1]",
        "discount",
        id="two-discounts-on-a-prefix",
    ),
    pytest.param(
        factor('factor = 0.5\nglob = "gpt-*"'),
        factor('factor = 0.9\nglob = "*mini"'),
        "factor[1]",
        "discount",
        id="two-discounts-on-globs",
    ),
    pytest.param(
        alias('alias = "x"\nof = "gpt-4o"'), alias('alias = "X"\nof = "gpt-4o-mini"'), "alias[1]", "'X'", id="one-alias-of-two"
    ),
    pytest.param(
        alias('alias = "x"\nof = "gpt-4o"'),
        alias('alias = "x"\nof = "gpt-4o-mini"\nprovider = "openai"'),
        "alias[1]",
        "'x'",
        id="one-alias-of-two-at-one",
    ),
]


@pytest.mark.parametrize(("one", "other", "place", "said"), EXCLUSIVE)
def test_two_that_would_win_equally_are_refused_naming_both(
    table_of: TableOf, tmp_path: Path, one: str, other: str, place: str, said: str
) -> None:
    with pytest.raises(PriceFileError, match=r"equally|at once") as refused:
        table_of(one + other)
    path, first = tmp_path / "prices-0.toml", place.replace("1", "0")
    assert (refused.value.line, refused.value.column, refused.value.place) == (one.count("\n") + 1, 1, place)
    assert f"{path}: {first}" in refused.value.problem
    assert f"{path}: {place}" in refused.value.problem
    assert said in refused.value.problem
    with pytest.raises(PriceFileError) as refused:
        table_of(one, other)
    assert (refused.value.path, refused.value.line) == (str(tmp_path / "prices-1.toml"), 1)
    assert f"{path}: {first}" in refused.value.problem
    assert f"{tmp_path / 'prices-1.toml'}: {first}" in refused.value.problem


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(entry('input = 1\nprovider = "openai"') + entry('input = 2\nprovider = "azure"'), id="two-providers"),
        pytest.param(entry() + entry('input = 2\nprovider = "azure"'), id="a-provider-and-any"),
        pytest.param(entry() + entry("output = 2"), id="two-components"),
        pytest.param(entry() + entry('input = 2\nwhen.tier = "batch"'), id="two-tiers"),
        pytest.param(entry() + entry("input = 2\nfrom = 2026-01-01"), id="a-newer-one"),
        pytest.param(entry("input = 1\nuntil = 2026-01-01") + entry("input = 2\nfrom = 2026-01-01"), id="one-after-the-other"),
        pytest.param(
            entry('input = 1\nwhen.weekdays = "mon-fri"') + entry('input = 2\nwhen.weekdays = "sat,sun"'), id="other-days"
        ),
        pytest.param(entry("input = 1", 'glob = "ab-*"') + entry("input = 2", 'glob = "cd-*"'), id="globs-that-share-nothing"),
        pytest.param(
            factor('factor = 0.5\nprovider = "openai"') + factor('factor = 0.9\nprovider = "anthropic"'), id="two-discounts"
        ),
        pytest.param(
            factor('factor = 0.5\nprefix = "gpt"') + factor('factor = 0.9\nprefix = "o-1"'), id="discounts-on-two-prefixes"
        ),
        pytest.param(factor('factor = 0.5\nname = "a"') + factor("factor = 0.9"), id="two-names"),
        pytest.param(
            alias('alias = "x"\nof = "gpt-4o"\nuntil = 2026-01-01') + alias('alias = "x"\nof = "gpt-4o-mini"\nfrom = 2026-01-01'),
            id="an-alias-that-moves",
        ),
        pytest.param(
            alias('alias = "x"\nof = "gpt-4o"\nprovider = "openai"')
            + alias('alias = "x"\nof = "claude-opus-4-5"\nprovider = "anthropic"'),
            id="an-alias-at-two-providers",
        ),
    ],
)
def test_where_one_would_win_nothing_is_refused(table_of: TableOf, text: str) -> None:
    table_of(text)


def test_what_no_load_can_see_is_never_a_price(table_of: TableOf) -> None:
    table = table_of(entry("input = 1", 'regex = "acme-[ab].*"') + entry("input = 2", 'regex = "acme-[bc].*"'))
    assert cost_of(table, "acme-b", "acme", input=1).reason == "ambiguous_price:input"
    assert amount(cost_of(table, "acme-c", "acme", input=MILLION)) == 2


@pytest.mark.parametrize("kind", ["missing", "a-folder", "not-utf-8", "not-readable"])
def test_a_file_that_cannot_be_read_is_a_price_file_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    path = tmp_path / "prices.toml"
    if kind == "a-folder":
        path.mkdir()
    elif kind == "not-utf-8":
        path.write_bytes(b"note = '\xff'")
    elif kind == "not-readable":
        path.write_text("")
        monkeypatch.setattr(Path, "stat", _refused)
    with pytest.raises(PriceFileError, match=r"cannot be read|not UTF-8") as refused:
        PriceTable(shipped()).with_own([path])
    assert refused.value.path == str(path)


def _refused(_: Path) -> object:
    raise PermissionError(errno.EACCES, "Permission denied")


# The environment ----------------------------------------------------------------------------------------------------------------
@pytest.fixture
def default(monkeypatch: pytest.MonkeyPatch) -> Callable[..., PriceTable]:
    def make(**environment: str) -> PriceTable:
        for name in ("PRICES", "MODELS", "HOSTS", "TABLE"):
            monkeypatch.delenv(f"OTEL_LLM_COST_{name}", raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(f"OTEL_LLM_COST_{name}", value)
        return PriceTable.default.__wrapped__()

    return make


def test_the_environment_names_files_deployments_and_hosts(default: TableOf, tmp_path: Path) -> None:
    for name, rate in (("a", 1), ("b", 2)):
        (tmp_path / f"{name}.toml").write_text(entry(f"input = {rate}", f'model = "{name}"'))
    paths = os.pathsep.join([f"{tmp_path / 'a.toml'} ", "", f" {tmp_path / 'b.toml'}\n"])
    table = default(
        PRICES=paths, MODELS=f" prod-chat = gpt-4o-mini, {ARN}={SONNET},,", HOSTS="gpu-7:8000=ollama,Gateway.internal=gcp.gemini"
    )
    assert [amount(cost_of(table, model, "acme", input=MILLION)) for model in ("a", "b")] == [1, 2]
    assert amount(cost_of(table, "prod-chat", "azure", input=MILLION)) == Fraction("0.15")
    assert amount(cost_of(table, ARN, "aws.bedrock", input=1000)) == Fraction("3.3") / 1000
    assert table.hosts == {"gpu-7:8000": "ollama", "gateway.internal": "gcp.gemini"}


def test_the_environment_comes_before_the_files(default: TableOf, tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text('[models]\nd = "gpt-4o"\n[hosts]\nh = "groq"')
    table = default(PRICES=str(path), MODELS="d=gpt-4o-mini", HOSTS="h=openai")
    assert amount(cost_of(table, "d", input=MILLION)) == Fraction("0.15")
    assert table.hosts == {"h": "openai"}


@pytest.mark.parametrize("name", ["MODELS", "HOSTS"])
@pytest.mark.parametrize("wrong", ["prod-chat", "=gpt-4o", "prod-chat=", "a=b,c"])
def test_what_is_no_list_of_pairs_is_refused(default: TableOf, name: str, wrong: str) -> None:
    with pytest.raises(PriceFileError, match=f"OTEL_LLM_COST_{name}: not of the form name=value"):
        default(**{name: wrong})


def test_without_any_of_it_the_table_is_the_shipped_one(default: TableOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "llm-prices.toml").write_text(entry("input = 7", 'model = "gpt-4o"'))
    monkeypatch.chdir(tmp_path)
    table = default(PRICES=" ")
    assert table.version == PriceTable(shipped()).version
    assert amount(cost_of(table, "gpt-4o", input=MILLION)) == Fraction("2.50")
    assert table.query_costs() == []


def test_the_version_is_of_the_content(table_of: TableOf, default: TableOf) -> None:
    versions = [
        PriceTable(shipped()).version,
        table_of(entry("input = 1")).version,
        table_of(entry("input = 2")).version,
        table_of(entry("input = 1"), entry("input = 1", 'model = "n"')).version,
        default(MODELS="a=b").version,
        default(MODELS="a=c").version,
        default(HOSTS="a=b").version,
    ]
    assert len(set(versions)) == len(versions)
    assert table_of(entry("input = 1")).version == versions[1]
