"""Which row wins, pair by pair; what multiplies it; and what no rate says: committed capacity, fees, least counts, doubts.

Expected money is counts times published rates, in Fractions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_llm_cost.call import Call
from otel_llm_cost.cost import Cost, Status, price_call
from otel_llm_cost.prices.checks.check import check_provider
from otel_llm_cost.prices.clock import Clock
from otel_llm_cost.prices.files.file import PriceFile
from otel_llm_cost.prices.model import ModelPrices
from otel_llm_cost.prices.provider import Provider
from otel_llm_cost.prices.row import Conditions, Reach, Row, Term
from otel_llm_cost.prices.shipped import Shipped
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.usage import Usage

if TYPE_CHECKING:
    from otel_llm_cost.prices.quote import Quote

Document = dict[str, Any]
M = 10**6
PER: Final[Mapping[str, int]] = {
    "input": M, "output": M, "cache_read": M, "reasoning": M, "input_image": M,
    "input_seconds": 1, "web_searches": 1, "requests": 1, "searches": 1,
}  # fmt: skip
"""How many units the published rates below are for."""


def nano(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


NOW = nano("2026-03-02T12:00")  # a Monday


def entry(rates: dict[str, str] | None = None, start: str = "2026-01-01", **parts: Any) -> Document:  # noqa: ANN401 - JSON
    """`when` takes the conditions; without rates it is committed."""
    what: Document = {"rates": rates} if rates is not None else {"committed": True}
    named: Document = {} if parts.keys() & {"prefix", "glob", "regex"} else {"model": "m"}
    return named | {"from": start, "source": "page"} | what | parts


def factor(value: str, start: str = "2026-01-01", **parts: Any) -> Document:  # noqa: ANN401 - JSON
    return {"factor": value, "from": start, "source": "page"} | parts


def provider_of(*prices: Document, **parts: Any) -> Provider:  # noqa: ANN401 - JSON
    document = {
        "provider": "acme",
        "names": ["acme"],
        "currency": "USD",
        "sources": {"page": {"url": "https://acme.example/prices", "read": "2026-03-01"}},
        "prices": prices,
    }
    return Provider([PriceFile(json.dumps(document | parts), "acme.json")])


def table_of(*prices: Document, **parts: Any) -> PriceTable:  # noqa: ANN401 - JSON
    provider = provider_of(*prices, **parts)
    check_provider(provider)
    return PriceTable(Shipped("test", date(2026, 3, 1), {"acme": "acme"}, lambda _: provider))


def price(table: PriceTable, counts: Mapping[str, Any], *, at: int = NOW, model: str = "m", **more: Any) -> Cost:  # noqa: ANN401 - a call's
    return price_call(Call("acme", model, at, Usage(**counts), **more), table)


def money(**counts_and_rates: tuple[int | str, str]) -> dict[str, Fraction]:
    """What each component costs: its count times its published rate."""
    return {name: Fraction(count) * Fraction(rate) / PER[name] for name, (count, rate) in counts_and_rates.items()}


def parts_of(cost: Cost) -> dict[str, Fraction]:
    return {name: Fraction(amount) for name, amount in cost.component_amounts.items()}


def is_priced_at(cost: Cost, expected: dict[str, Fraction], assumed: tuple[str, ...] = ()) -> bool:
    assert (cost.status, cost.reason) == (Status.PRICED, None)
    assert parts_of(cost) == expected
    assert cost.amount is not None
    assert Fraction(cost.amount) == sum(expected.values())
    assert cost.assumed == assumed
    return True


# Which row wins -------------------------------------------------------------------------------------------------------------------
ALWAYS_OPEN = Clock(((0, 1440),))
BASE = Row(
    component="input", rate="1", units=1, currency="USD", provider="acme", model="m", start=0, since=0, until=None, source=None,
    when=Conditions("standard", 10, ("eu-*",)), reach=Reach.PREFIX, length=3, names_provider=False, is_own=False,
)  # fmt: skip
"""A row that holds for the calls below, and ranks low in everything."""


HIGHER: Final[Mapping[str, Mapping[str, Any]]] = {
    "own": {"is_own": True},
    "provider": {"names_provider": True},
    "reach": {"reach": Reach.ALIAS},
    "length": {"length": 7},
    "conditions": {"clock": ALWAYS_OPEN},
    "prompt": {"prompt_above": 20},
    "region": {"regions": ("eu-west-1",)},
    "newest": {"since": 1},
}
"""What makes a row rank higher in one thing, the first to count first."""
RANKS = tuple(HIGHER)


def higher(row: Row, rank: str) -> Row:
    """The row, ranking higher in one thing."""
    if rank in {"conditions", "prompt", "region"}:
        return replace(row, when=replace(row.when, **HIGHER[rank]))
    return replace(row, **HIGHER[rank])


def rates_in_both_orders(one: Row, other: Row) -> list[Row | None]:
    usage = Usage(input=21)
    return [ModelPrices("USD", rows).quote(NOW, None, usage, "eu-west-1").rows[0] for rows in permutations((one, other))]


@pytest.mark.parametrize("rank", RANKS)
def test_of_two_rows_the_higher_wins(rank: str) -> None:
    lower, upper = BASE, replace(higher(BASE, rank), units=2)
    assert rates_in_both_orders(lower, upper) == [upper, upper]


@pytest.mark.parametrize(
    ("first", "second"), [pytest.param(*pair, id=f"{pair[0]}-over-{pair[1]}") for pair in combinations(RANKS, 2)]
)
def test_of_two_rows_that_each_rank_higher_in_something_the_first_thing_counts(first: str, second: str) -> None:
    winner, loser = replace(higher(BASE, first), units=2), higher(BASE, second)
    assert rates_in_both_orders(winner, loser) == [winner, winner]


@pytest.mark.parametrize("rank", RANKS[:-1])
def test_one_thing_counts_over_all_that_come_after_it(rank: str) -> None:
    winner, loser = replace(higher(BASE, rank), units=2), BASE
    for later in RANKS[RANKS.index(rank) + 1 :]:
        loser = higher(loser, later)
    assert rates_in_both_orders(winner, loser) == [winner, winner]


@pytest.mark.parametrize(
    ("nearer", "farther"),
    [pytest.param(*pair, id="-over-".join(one.name for one in pair)) for pair in combinations(sorted(Reach, reverse=True), 2)],
)
def test_the_closer_name_wins(nearer: Reach, farther: Reach) -> None:
    winner, loser = replace(BASE, reach=nearer, units=2), replace(BASE, reach=farther)
    assert rates_in_both_orders(winner, loser) == [winner, winner]


def test_every_rank_is_tested_here() -> None:
    assert len(BASE.rank) + 1 == len(RANKS), "narrowness is two"
    ranks = [higher(BASE, rank).rank for rank in RANKS]
    assert len(set(ranks)) == len(RANKS)
    assert all(rank > BASE.rank for rank in ranks)
    assert ranks == sorted(ranks, reverse=True)


@settings(deadline=None)
@given(st.sets(st.sampled_from(RANKS)), st.sets(st.sampled_from(RANKS)))
def test_the_first_thing_in_which_two_rows_differ_decides(one: set[str], other: set[str]) -> None:
    rows = []
    for units, things in enumerate((one, other), 1):
        row = replace(BASE, units=units)
        for thing in things:
            row = higher(row, thing)
        rows.append(row)
    differ = [thing for thing in RANKS if (thing in one) != (thing in other)]
    if differ:
        winner = rows[0] if differ[0] in one else rows[1]
        assert rates_in_both_orders(rows[0], rows[1]) == [winner, winner]


@pytest.mark.parametrize(
    ("prices", "model", "rate"),
    [
        pytest.param([entry({"input": "1"}, prefix="m-"), entry({"input": "2"}, model="m-1")], "m-1", "2", id="exact-over-prefix"),
        pytest.param([entry({"input": "1"}, prefix="m-"), entry({"input": "2"}, prefix="m-1")], "m-11", "2", id="longer-prefix"),
        pytest.param(
            [entry({"input": "1"}, glob="m-?1*"), entry({"input": "2"}, prefix="m")], "m-11", "2", id="prefix-over-a-longer-glob"
        ),
        pytest.param([entry({"input": "1"}, glob="m-*"), entry({"input": "2"}, glob="m-*1")], "m-11", "2", id="longer-glob"),
        pytest.param(
            [entry({"input": "1"}, regex="^m"), entry({"input": "2"}, glob="m-1?")], "m-11", "2", id="glob-over-a-shorter-regex"
        ),
        pytest.param(
            [entry({"input": "1"}, glob="*"), entry({"input": "2"}, regex="m-\\d+")], "m-11", "2", id="regex-over-a-shorter-glob"
        ),
        pytest.param([entry({"input": "2"}, prefix="M-")], "m-11", "2", id="a-prefix-has-no-case"),
        pytest.param([entry({"input": "2"}, regex="^M-")], "m-11", "2", id="a-regex-has-no-case"),
        pytest.param([entry({"input": "2"}, glob="M-??")], "M-11", "2", id="a-glob-has-no-case"),
    ],
)
def test_names_are_matched_the_closest_first(prices: list[Document], model: str, rate: str) -> None:
    for held in (prices, prices[::-1]):
        assert is_priced_at(price(table_of(*held), {"input": 7}, model=model), money(input=(7, rate)))


@pytest.mark.parametrize(
    ("prices", "model"),
    [
        pytest.param([entry({"input": "2"}, prefix="m-")], "m", id="shorter-than-the-prefix"),
        pytest.param([entry({"input": "2"}, glob="m-?")], "m-11", id="a-glob-is-the-whole-name"),
        pytest.param([entry({"input": "2"}, glob="-1*")], "m-11", id="a-glob-begins-with-the-name"),
        pytest.param([entry({"input": "2"}, regex="^1")], "m-11", id="an-anchored-regex"),
    ],
)
def test_what_a_pattern_does_not_mean(prices: list[Document], model: str) -> None:
    assert price(table_of(*prices), {"input": 7}, model=model).reason == "unknown_model"


def test_an_alias_wins_over_a_pattern_and_not_over_the_models_own() -> None:
    prices = [
        entry({"input": "1", "output": "2", "cache_read": "3"}, prefix="latest"),
        entry({"input": "4", "output": "5"}, model="m-2"),
    ]
    prices.append(entry({"input": "6"}, model="latest"))
    table = table_of(*prices, aliases=[{"alias": "latest", "of": "m-2"}])
    cost = price(table, {"input": 7, "output": 11, "cache_read": 13}, model="latest")
    assert is_priced_at(cost, money(input=(7, "6"), output=(11, "5"), cache_read=(13, "3")))


# Conditions -----------------------------------------------------------------------------------------------------------------------
def rate_of(quote: Quote) -> str | None:
    (row,) = quote.rows
    return row.rate if row is not None else None


REGIONAL = (
    entry({"input": "1"}),
    entry({"input": "2"}, when={"region": "global"}),
    entry({"input": "3"}, when={"region": "eu-*"}),
    entry({"input": "4"}, when={"region": ["eu-west-1", "us"]}),
)


@pytest.mark.parametrize(
    ("prices", "region", "rate", "assumed"),
    [
        pytest.param(REGIONAL, None, "2", ("region=global",), id="nobody-says"),
        pytest.param(REGIONAL, "global", "2", (), id="global"),
        pytest.param(REGIONAL, "ap-1", "1", (), id="a-region-without-a-rate"),
        pytest.param(REGIONAL, "eu-north-1", "3", (), id="a-region-by-its-prefix"),
        pytest.param(REGIONAL, "eu-west-1", "4", (), id="a-region-by-its-name"),
        pytest.param(REGIONAL, "us", "4", (), id="another-of-the-names"),
        pytest.param(REGIONAL[:1], None, "1", (), id="no-regions"),
        pytest.param(REGIONAL[:1], "eu-west-1", "1", (), id="a-region-of-no-account"),
        pytest.param((REGIONAL[0], REGIONAL[2]), None, "1", ("region=global",), id="nobody-says-and-no-global-rate"),
        pytest.param(
            (REGIONAL[0], REGIONAL[3] | {"until": "2026-03-01"}), None, "1", (), id="nobody-says-and-the-regions-have-ended"
        ),
    ],
)
def test_a_region_has_its_rate(prices: tuple[Document, ...], region: str | None, rate: str, assumed: tuple[str, ...]) -> None:
    assert is_priced_at(price(table_of(*prices), {"input": 7}, region=region), money(input=(7, rate)), assumed)


def test_a_region_without_a_rate_is_unpriced_where_only_regions_have_one() -> None:
    table = table_of(*REGIONAL[1:])
    assert price(table, {"input": 7}, region="ap-1").reason == "no_rate:input"
    assert price(table, {"input": 7}).status is Status.PRICED


def test_the_region_that_a_name_names_holds_unless_the_call_names_another() -> None:
    provider = provider_of(*REGIONAL)
    prices = ModelPrices("USD", provider.rows("m", "m"), region="us")
    assert rate_of(prices.quote(NOW, None, Usage(input=7))) == "4"
    assert prices.quote(NOW, None, Usage(input=7)).assumed == ()
    assert rate_of(prices.quote(NOW, None, Usage(input=7), "eu-north-1")) == "3"


NIGHT = {"hours": "22:00-06:00"}
WORKDAYS = {"weekdays": "mon-fri", "holidays": "ignored"}
WEEKEND = {"weekdays": "sat,sun", "holidays": "ignored"}
TIMED = (
    entry({"input": "5"}),
    entry({"input": "3"}, when=NIGHT | WORKDAYS),
    entry({"input": "2"}, when=WEEKEND),
    entry({"input": "1"}, when=NIGHT | WEEKEND),
)


@pytest.mark.parametrize(
    ("instant", "rate"),
    [
        pytest.param("2026-03-02T12:00", "5", id="a-working-day"),
        pytest.param("2026-03-02T22:00", "3", id="a-working-night"),
        pytest.param("2026-03-07T12:00", "2", id="a-saturday"),
        pytest.param("2026-03-07T22:00", "1", id="a-saturday-night"),
    ],
)
def test_hours_and_weekdays_have_their_rates(instant: str, rate: str) -> None:
    table = table_of(*TIMED)
    # Twice, and another instant between: what is remembered is of its own hour.
    for _ in range(2):
        assert is_priced_at(price(table, {"input": 7}, at=nano(instant)), money(input=(7, rate)))
        price(table, {"input": 7}, at=nano("2026-03-07T23:00"))


@pytest.mark.parametrize(
    ("edge", "before", "after"),
    [
        pytest.param("2026-03-02T22:00", "5", "3", id="the-night-begins"),
        pytest.param("2026-03-03T06:00", "3", "5", id="the-night-ends"),
        pytest.param("2026-03-07T00:00", "3", "1", id="the-weekend-begins"),
        pytest.param("2026-03-07T06:00", "1", "2", id="a-saturday-morning"),
        pytest.param("2026-03-09T00:00", "1", "3", id="the-weekend-ends"),
    ],
)
def test_hours_change_to_the_nanosecond(edge: str, before: str, after: str) -> None:
    table = table_of(*TIMED)
    for at, rate in ((nano(edge) - 1, before), (nano(edge), after)):
        assert is_priced_at(price(table, {"input": 7}, at=at), money(input=(7, rate)))


def test_until_looks_ahead_by_the_clock() -> None:
    prices = ModelPrices("USD", provider_of(*TIMED[:2]).rows("m", "m"))
    quote = prices.quote(NOW, None, Usage(input=7))
    assert prices.until(quote, None, NOW) == {"input": nano("2026-03-02T22:00")}
    at_night = prices.quote(nano("2026-03-02T23:00"), None, Usage(input=7))
    assert prices.until(at_night, None, nano("2026-03-02T23:00")) == {"input": nano("2026-03-03T06:00")}


BY_END = (entry({"input": "5"}, instant="end"), entry({"input": "3"}, "2026-03-02", instant="end", when={"hours": "12:00-18:00"}))


@pytest.mark.parametrize(
    ("start", "end", "rate", "assumed"),
    [
        pytest.param("2026-03-02T11:59", "2026-03-02T12:00", "3", (), id="begins-before-and-ends-at-it"),
        pytest.param("2026-03-02T17:59", "2026-03-02T18:00", "5", (), id="begins-within-and-ends-after"),
        pytest.param("2026-03-01T17:59", "2026-03-02T12:00", "3", (), id="begins-before-the-row-does"),
        pytest.param("2026-03-02T12:00", None, "3", ("instant=start",), id="nobody-says-when-it-ended"),
        pytest.param("2026-03-02T11:59", None, "5", ("instant=start",), id="nobody-says-when-it-ended-before"),
    ],
)
def test_the_end_of_a_call_chooses_where_the_row_says_so(start: str, end: str | None, rate: str, assumed: tuple[str, ...]) -> None:
    ended = nano(end) if end is not None else None
    table = table_of(*BY_END)
    for _ in range(2):
        cost = price(table, {"input": 7}, at=nano(start), end_unix_nano=ended)
        assert is_priced_at(cost, money(input=(7, rate)), assumed)


def test_the_end_to_the_nanosecond_and_the_start_of_rows_beside_it() -> None:
    table = table_of(*BY_END, entry({"output": "7"}), entry({"output": "9"}, "2026-03-02T12:00:00Z"))
    noon = nano("2026-03-02T12:00")
    for start, end, rates in ((-2, -1, "5 7"), (-1, 0, "3 7"), (0, 1, "3 9")):
        cost = price(table, {"input": 7, "output": 11}, at=noon + start, end_unix_nano=noon + end)
        one, other = rates.split()
        assert is_priced_at(cost, money(input=(7, one), output=(11, other)))


# Tiers ----------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("tier", "rate", "assumed"),
    [
        pytest.param(None, "1", ("tier=standard",), id="nobody-says"),
        pytest.param("standard", "1", (), id="standard"),
        pytest.param("batch", "1", (), id="batch"),
        pytest.param("gold", "1", (), id="a-tier-that-nobody-knows"),
    ],
)
def test_a_rate_for_any_tier_holds_in_every_tier(tier: str | None, rate: str, assumed: tuple[str, ...]) -> None:
    table = table_of(entry({"web_searches": rate}, when={"tier": "any"}), entry({"input": "3"}, when={"tier": "batch"}))
    assert is_priced_at(price(table, {"web_searches": 7}, tier=tier), money(web_searches=(7, rate)), assumed)


def test_a_tiers_own_rate_wins_over_that_for_any_tier() -> None:
    table = table_of(entry({"input": "1"}, when={"tier": "any"}), entry({"input": "3"}, when={"tier": "batch"}))
    assert is_priced_at(price(table, {"input": 7}, tier="batch"), money(input=(7, "3")))
    assert is_priced_at(price(table, {"input": 7}, tier="flex"), money(input=(7, "1")))


# Factors --------------------------------------------------------------------------------------------------------------------------
HALF_IN_BATCH = factor("0.5", when={"tier": "batch"})


@pytest.mark.parametrize(
    ("prices", "factors", "tier", "rates"),
    [
        pytest.param([entry({"input": "3", "output": "15"})], [HALF_IN_BATCH], "batch", ("1.5", "7.5"), id="half-in-its-tier"),
        pytest.param([entry({"input": "3", "output": "15"})], [HALF_IN_BATCH], "standard", ("3", "15"), id="not-in-another"),
        pytest.param(
            [entry({"input": "3", "output": "15"}), entry({"input": "2"}, when={"tier": "batch"})],
            [HALF_IN_BATCH],
            "batch",
            ("2", "7.5"),
            id="not-on-a-rate-of-the-tier",
        ),
        pytest.param(
            [entry({"input": "3", "output": "15"}, "2026-02-01"), entry({"input": "2"}, when={"tier": "batch"})],
            [HALF_IN_BATCH],
            "batch",
            ("2", "7.5"),
            id="not-on-an-older-rate-of-the-tier",
        ),
        pytest.param(
            [
                entry({"input": "3", "output": "15"}),
                entry({"input": "4"}, when={"region": "global"}),
                entry({"input": "2"}, when={"tier": "batch"}),
            ],
            [HALF_IN_BATCH],
            "batch",
            ("2", "7.5"),
            id="the-tiers-rate-over-a-standard-one-with-as-many-conditions",
        ),
        pytest.param(
            [entry({"input": "3", "output": "15"})],
            [HALF_IN_BATCH | {"components": ["input"]}],
            "batch",
            ("1.5", None),
            id="of-one-component",
        ),
        pytest.param(
            [entry({"input": "3"}), entry({"output": "9"}, when={"tier": "any"})],
            [HALF_IN_BATCH],
            "batch",
            ("1.5", "4.5"),
            id="on-a-rate-for-any-tier",
        ),
    ],
)
def test_a_factor_of_a_tier_is_on_the_standard_rates(
    prices: list[Document], factors: list[Document], tier: str, rates: tuple[str, str | None]
) -> None:
    cost = price(table_of(*prices, factors=factors), {"input": 7, "output": 11}, tier=tier, region="global")
    expected = {
        name: (count, rate) for name, count, rate in zip(("input", "output"), (7, 11), rates, strict=True) if rate is not None
    }
    assert parts_of(cost) == money(**expected)
    assert cost.status is (Status.PRICED if len(expected) == 2 else Status.PARTIAL)
    assert cost.reason == (None if len(expected) == 2 else "no_rate:output")


def test_a_factor_of_a_tier_keeps_to_the_size_of_the_prompt() -> None:
    """A tier's rate that names no size is for short prompts; the factor is on the standard rate that moved."""
    table = table_of(
        entry({"input": "3"}),
        entry({"input": "6"}, when={"prompt_above": 100}),
        entry({"input": "1"}, when={"tier": "batch"}),
        factors=[HALF_IN_BATCH],
    )
    assert is_priced_at(price(table, {"input": 100}, tier="batch"), money(input=(100, "1")))
    assert is_priced_at(price(table, {"input": 101}, tier="batch"), money(input=(101, "3")))


@pytest.mark.parametrize(
    ("factors", "of_rate"),
    [
        pytest.param([factor("0.9")], "0.9", id="on-everything"),
        pytest.param([factor("0.9"), factor("0.8", model="m")], "0.8", id="of-one-kind-the-closest"),
        pytest.param([factor("0.9", model="m"), factor("0.8", prefix="m")], "0.9", id="an-exact-name-over-a-prefix"),
        pytest.param([factor("0.9", prefix="m"), factor("0.8", glob="m*")], "0.9", id="a-prefix-over-a-glob"),
        pytest.param([factor("0.9", "2026-02-01"), factor("0.8")], "0.9", id="of-one-kind-the-newest"),
        pytest.param([factor("0.9", "2026-03-03"), factor("0.8")], "0.8", id="not-one-to-come"),
        pytest.param([factor("0.9", until="2026-03-02"), factor("0.8", "2025-01-01")], "0.8", id="not-one-that-has-ended"),
        pytest.param([factor("0.9"), factor("0.8", name="contract")], "0.72", id="two-kinds-multiply"),
        pytest.param([factor("0.9"), factor("1.1", when={"region": "eu"})], "0.99", id="a-discount-and-a-region-multiply"),
        pytest.param(
            [factor("0.9"), factor("1.1", when={"region": "eu"}), factor("0.5", when={"tier": "batch"})],
            "0.495",
            id="three-kinds-multiply",
        ),
        pytest.param([factor("0.9", name="a"), factor("0.8", name="a", when={"region": "eu"})], "0.8", id="one-name-is-one-kind"),
        pytest.param([factor("1.1", when={"region": "us"})], "1", id="not-of-another-region"),
        pytest.param([factor("0.9", when={"prompt_above": 7})], "1", id="not-of-a-longer-prompt"),
        pytest.param([factor("0.9", when={"prompt_above": 6})], "0.9", id="of-a-long-prompt"),
        pytest.param([factor("0.9", when={"hours": "12:00-13:00"})], "0.9", id="of-its-hours"),
        pytest.param([factor("0.9", when={"hours": "13:00-14:00"})], "1", id="not-of-other-hours"),
        pytest.param([factor("0.9", components=["output"])], "1", id="not-of-another-component"),
        pytest.param([factor("0.9", model="m-2")], "1", id="not-of-another-model"),
        pytest.param([factor("0")], "0", id="nothing"),
        pytest.param([factor("0.333333")], "0.333333", id="six-places"),
        pytest.param([factor("100")], "100", id="a-hundred-times"),
    ],
)
def test_factors_multiply_the_rate(factors: list[Document], of_rate: str) -> None:
    tier = "batch" if any(one.get("when", {}).get("tier") for one in factors) else "standard"
    for held in (factors, factors[::-1]):
        cost = price(
            table_of(entry({"input": "3"}), entry({"input": "9"}, model="m-2"), factors=held), {"input": 7}, tier=tier, region="eu"
        )
        assert parts_of(cost) == {"input": 7 * Fraction(3) / M * Fraction(of_rate)}
        assert cost.status is Status.PRICED


@pytest.mark.parametrize(
    ("when", "more"),
    [
        pytest.param({"region": "eu"}, {"region": "eu"}, id="region"),
        pytest.param({"prompt_above": 5}, {}, id="prompt-size"),
        pytest.param({"hours": "12:00-13:00"}, {}, id="hours"),
        pytest.param({"weekdays": "mon", "holidays": "ignored"}, {}, id="weekdays"),
        pytest.param({"tier": "batch"}, {"tier": "batch"}, id="tier"),
    ],
)
def test_a_rate_that_states_a_condition_takes_no_factor_of_that_condition(when: Document, more: dict[str, str]) -> None:
    given: dict[str, Any] = {"tier": "standard", "region": "eu"} | more
    with_rate = table_of(entry({"input": "3"}), entry({"input": "4"}, when=when), factors=[factor("0.5", when=when)])
    assert is_priced_at(price(with_rate, {"input": 7}, **given), money(input=(7, "4")))
    without = table_of(entry({"input": "3"}), factors=[factor("0.5", when=when)])
    assert is_priced_at(price(without, {"input": 7}, **given), money(input=(7, "1.5")))


def test_a_factor_that_names_no_tier_multiplies_in_every_tier() -> None:
    table = table_of(entry({"input": "3"}), entry({"input": "2"}, when={"tier": "batch"}), factors=[factor("0.9")])
    assert is_priced_at(price(table, {"input": 7}, tier="standard"), money(input=(7, "2.7")))
    assert is_priced_at(price(table, {"input": 7}, tier="batch"), money(input=(7, "1.8")))
    # It makes no rate where the tier has none.
    assert price(table, {"input": 7}, tier="flex").reason == "no_rate:input"


def test_what_is_billed_at_a_wider_rate_takes_the_factors_of_that_rate() -> None:
    table = table_of(entry({"output": "3"}), factors=[factor("0.5", components=["output"])])
    assert is_priced_at(price(table, {"reasoning": 7}), money(reasoning=(7, "1.5")), ("reasoning=output",))


def test_a_factor_of_a_model_holds_for_its_alias_within_the_aliass_dates() -> None:
    aliases = [
        {"alias": "latest", "of": "m", "from": "2026-02-01", "until": "2026-03-01"},
        {"alias": "latest", "of": "m-2", "from": "2026-03-01"},
    ]
    table = table_of(entry({"input": "3"}), entry({"input": "4"}, model="m-2"), aliases=aliases, factors=[factor("0.5", model="m")])
    moved = nano("2026-03-01")
    assert is_priced_at(price(table, {"input": 7}, model="latest", at=moved - 1), money(input=(7, "1.5")))
    assert is_priced_at(price(table, {"input": 7}, model="latest", at=moved), money(input=(7, "4")))


def test_a_factor_on_everything_is_on_an_alias_once() -> None:
    table = table_of(
        entry({"input": "3"}), aliases=[{"alias": "latest", "of": "m"}], factors=[factor("0.5"), factor("0.9", name="more")]
    )
    assert is_priced_at(price(table, {"input": 7}, model="latest"), money(input=(7, "1.35")))


def test_the_factors_of_a_rate_are_said() -> None:
    table = table_of(
        entry({"input": "3", "output": "9"}), factors=[factor("0.9"), factor("1.1", when={"region": "eu"}, components=["output"])]
    )
    quote = price(table, {"input": 7, "output": 11}, region="eu").quote
    assert quote is not None
    assert [[(one.kind, one.text) for one in held] for held in quote.factors] == [
        [("discount", "0.9")],
        [("discount", "0.9"), ("region", "1.1")],
    ]


@settings(deadline=None)
@given(
    st.decimals(0, 10**4, places=9),
    st.lists(st.decimals(0, 3, places=6), min_size=1, max_size=3),
    st.integers(1, 10**12),
)
def test_a_rate_times_its_factors_is_exact_or_the_nearest_unit(rate: Any, factors: list[Any], count: int) -> None:  # noqa: ANN401 - decimals
    held = [factor(format(one, "f"), name=f"kind {place}") for place, one in enumerate(factors)]
    cost = price(table_of(entry({"input": format(rate, "f")}), factors=held), {"input": count})
    exact = Fraction(str(rate)) / M
    for one in factors:
        exact *= Fraction(str(one))
    assert cost.units is not None
    # One count costs the nearest 1e-30; a million million of them no more than that many halves away.
    assert abs(cost.units - count * exact * 10**30) <= Fraction(count, 2)
    if (exact * 10**30).denominator == 1:
        assert cost.units == count * exact * 10**30


# What is beside the rates ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        pytest.param({"input": 7}, money(input=(7, "3"), requests=(1, "0.005")), id="every-call-is-a-request"),
        pytest.param({"input": 7, "requests": 1}, money(input=(7, "3"), requests=(1, "0.005")), id="said-or-not"),
        pytest.param({"input": 7, "requests": 5}, money(input=(7, "3"), requests=(5, "0.005")), id="five-that-were-said"),
        pytest.param({"requests": 5}, money(requests=(5, "0.005")), id="nothing-but-requests"),
    ],
)
def test_a_fee_for_each_request_is_in_the_cost(counts: dict[str, int], expected: dict[str, Fraction]) -> None:
    assert is_priced_at(price(table_of(entry({"input": "3", "requests": "5 per 1K"})), counts), expected)


def test_a_fee_has_its_factors_and_its_conditions() -> None:
    table = table_of(
        entry({"input": "3", "requests": "0.005"}),
        entry({"requests": "0.009"}, when={"prompt_above": 100}),
        factors=[factor("0.5")],
    )
    assert is_priced_at(price(table, {"input": 100}), money(input=(100, "1.5"), requests=(1, "0.0025")))
    assert is_priced_at(price(table, {"input": 101}), money(input=(101, "1.5"), requests=(1, "0.0045")))


def test_a_fee_makes_nothing_known_that_is_not() -> None:
    table = table_of(entry({"input": "3", "requests": "0.005"}))
    cost = price(table, {"input_image": 7})
    assert (cost.status, cost.reason, cost.component_amounts) == (Status.UNPRICED, "no_rate:input_image", {})
    partial = price(table, {"input": 7, "input_image": 7})
    assert (partial.status, partial.reason) == (Status.PARTIAL, "no_rate:input_image")
    assert parts_of(partial) == money(input=(7, "3"), requests=(1, "0.005"))


def test_what_is_free_but_for_its_fee_is_not_free() -> None:
    free, fee = entry({"input": "0"}), entry({"input": "0", "requests": "0.005"})
    assert price(table_of(free), {"input": 7}).status is Status.FREE
    assert is_priced_at(price(table_of(fee), {"input": 7}), money(input=(7, "0"), requests=(1, "0.005")))
    gratis = price(table_of(entry({"input": "0", "requests": "0"})), {"input": 7})
    assert (gratis.status, gratis.amount) == (Status.FREE, Decimal(0))


@pytest.mark.parametrize(
    ("seconds", "billed"),
    [
        pytest.param("0.000001", "10", id="a-microsecond"),
        pytest.param("9.999999", "10", id="a-microsecond-less"),
        pytest.param("10", "10", id="ten-seconds"),
        pytest.param("10.000001", "10.000001", id="a-microsecond-more"),
    ],
)
def test_a_call_is_billed_for_at_least_so_much(seconds: str, billed: str) -> None:
    table = table_of(entry({"input_seconds": "0.36 per hour", "output": "3"}, at_least={"input_seconds": "10"}))
    cost = price(table, {"input_seconds": Decimal(seconds), "output": 7})
    expected = {"input_seconds": Fraction(billed) * Fraction("0.36") / 3600, "output": Fraction(7 * 3, M)}
    assert parts_of(cost) == expected
    assert cost.status is Status.PRICED
    # Nothing of it, nothing billed.
    assert is_priced_at(price(table, {"output": 7}), money(output=(7, "3")))


def test_a_least_count_of_tokens() -> None:
    table = table_of(entry({"input": "3"}, at_least={"input": "1000"}))
    for count, billed in ((1, 1000), (1000, 1000), (1001, 1001)):
        assert is_priced_at(price(table, {"input": count}), money(input=(billed, "3")))


def test_committed_capacity_has_no_price() -> None:
    table = table_of(entry({"input": "3"}), entry(glob="*", when={"tier": "provisioned"}), entry(model="m-2"))
    ways: list[dict[str, Any]] = [{"tier": "provisioned"}, {"model": "m-2"}]
    for asked in ways:
        cost = price(table, {"input": 7, "output": 11}, **asked)
        assert (cost.status, cost.reason, cost.amount, cost.units) == (Status.COMMITTED, None, None, None)
        assert (cost.component_amounts, cost.known_amount) == ({}, None)
        assert cost.price == f"acme/{asked.get('model', 'm')}@2026-01-01"
    assert is_priced_at(price(table, {"input": 7}), money(input=(7, "3")), ("tier=standard",))


def test_committed_capacity_is_committed_in_any_component_and_not_before_its_start() -> None:
    table = table_of(entry(None, "2026-03-02"))
    edge = nano("2026-03-02")
    for counts in ({"input": 7}, {"output": 11, "input_image": 3}, {"web_searches": 1}, {"requests": 1}):
        assert price(table, counts, at=edge).status is Status.COMMITTED
        assert price(table, counts, at=edge - 1).reason == "before_first_price"


@pytest.mark.parametrize(
    ("at", "model", "reason"),
    [
        pytest.param(NOW, "m-2", "unknown_model", id="a-model-that-nobody-knows"),
        pytest.param(nano("2026-01-15"), "m", "before_first_price", id="before-the-first"),
        pytest.param(nano("2026-04-01"), "m", "after_last_price", id="after-the-last"),
    ],
)
def test_a_pattern_for_committed_capacity_makes_no_model_known(at: int, model: str, reason: str) -> None:
    held = entry({"input": "3"}, "2026-02-01", until="2026-03-31")
    table = table_of(held, entry(None, "2025-01-01", glob="*", when={"tier": "provisioned"}))
    assert price(table, {"input": 7}, at=at, model=model).reason == reason
    assert price(table, {"input": 7}, at=at, model=model, tier="provisioned").status is Status.COMMITTED


def test_a_rate_that_another_source_contradicts_is_used_and_said() -> None:
    table = table_of(entry({"input": "3", "output": "15"}, contested=["output"]))
    assert is_priced_at(price(table, {"input": 7}), money(input=(7, "3")))
    cost = price(table, {"input": 7, "output": 11})
    assert is_priced_at(cost, money(input=(7, "3"), output=(11, "15")), ("contested=output",))
    assert is_priced_at(price(table, {"reasoning": 5}), money(reasoning=(5, "15")), ("reasoning=output", "contested=reasoning"))


# What is no price -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("euros", "status", "currency"),
    [
        pytest.param("2", Status.UNPRICED, None, id="two-currencies"),
        pytest.param("0", Status.PRICED, "USD", id="nothing-has-no-currency"),
    ],
)
def test_a_cost_has_one_currency(euros: str, status: Status, currency: str | None) -> None:
    table = table_of(entry({"input": "3"}), entry({"web_searches": euros}, currency="EUR"))
    cost = price(table, {"input": 7, "web_searches": 1})
    assert (cost.status, cost.currency) == (status, currency)
    assert cost.reason == ("mixed_currencies" if currency is None else None)
    assert price(table, {"input": 7}).currency == "USD"
    assert price(table, {"web_searches": 1}).currency == "EUR"


def test_a_fee_in_another_currency_is_a_second_currency() -> None:
    table = table_of(entry({"input": "3"}), entry({"requests": "0.005"}, currency="EUR"))
    assert price(table, {"input": 7}).reason == "mixed_currencies"


# Two regular expressions of one length whose names no check can foresee.
TWINS = {"regex": "^m-[0-9]+$"}, {"regex": "^m-[1-8]+$"}


@pytest.mark.parametrize("backwards", [pytest.param(False, id="one-first"), pytest.param(True, id="other-first")])
@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        pytest.param({"input": "3"}, {"input": "4"}, "ambiguous_price:input", id="two-rates"),
        pytest.param({"input": "3"}, {"input": "3.0"}, None, id="one-rate-twice"),
        pytest.param({"input": "3"}, {"output": "4"}, None, id="another-component"),
        pytest.param({"input": "3", "requests": "1"}, {"requests": "2"}, "ambiguous_price:requests", id="two-fees"),
        pytest.param({"input": "3"}, None, "ambiguous_price:input", id="a-rate-and-committed-capacity"),
    ],
)
def test_what_would_win_equally_at_another_rate_is_no_price(
    one: dict[str, str], other: dict[str, str] | None, reason: str | None, *, backwards: bool
) -> None:
    prices = [entry(one, **TWINS[0]), entry(other, **TWINS[1])]
    cost = price(table_of(*(prices[::-1] if backwards else prices)), {"input": 7}, model="m-12")
    assert cost.reason == reason
    assert cost.status is (Status.PRICED if reason is None else Status.UNPRICED)
    assert (cost.amount is None) == (reason is not None)


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        pytest.param("0.9", "0.8", "ambiguous_price:input", id="two-factors"),
        pytest.param("0.9", "0.90", None, id="one-factor-twice"),
    ],
)
def test_two_factors_of_one_kind_that_rank_equally_are_no_price(one: str, other: str, reason: str | None) -> None:
    factors = [factor(one, **TWINS[0]), factor(other, **TWINS[1])]
    table = table_of(entry({"input": "3"}, prefix="m-"), factors=factors)
    assert price(table, {"input": 7}, model="m-12").reason == reason
    assert is_priced_at(price(table, {"input": 7}, model="m-90"), money(input=(7, "2.7")))


def test_a_term_has_a_name_and_a_place() -> None:
    row: Term = provider_of(entry({"input": "3"})).rows("m", "m")[0]
    assert (row.name, row.where) == ("acme/m@2026-01-01", "acme.json: prices[0]")
    assert replace(row, is_own=True).name == "own:acme/m@2026-01-01"


# What is remembered ---------------------------------------------------------------------------------------------------------------
DAY = 86_400 * 10**9
WHENS: Final[tuple[Document, ...]] = (
    *({}, {"tier": "batch"}, {"tier": "any"}, {"prompt_above": 10}, {"region": "eu-*"}, {"region": "us", "prompt_above": 20}),
    *({"hours": "22:00-06:00"}, {"weekdays": "sat,sun", "holidays": "ignored"}, {"hours": "12:00-13:00", "zone": "Asia/Kolkata"}),
    {"tier": "batch", "region": "us"},
)


@st.composite
def held_prices(draw: st.DrawFn) -> ModelPrices:
    """Rows and factors that a check might refuse: what is remembered must be right for these too."""

    def window(place: int) -> Document:
        start = draw(st.integers(1, 9))
        until = draw(st.none() | st.integers(start + 1, 12))
        more = {
            "when": draw(st.sampled_from(WHENS)),
            "instant": draw(st.sampled_from(["start", "start", "end"])),
            "note": str(place),
        }
        return {"from": f"2026-03-{start:02}", **more} | ({"until": f"2026-03-{until:02}"} if until is not None else {})

    components = st.sampled_from(["input", "output", "cache_read", "requests"])
    prices = [entry({draw(components): str(draw(st.integers(0, 9)))}, **window(place)) for place in range(draw(st.integers(1, 7)))]
    factors = [factor(draw(st.sampled_from(["0.5", "0.9", "1.1"])), **window(place)) for place in range(draw(st.integers(0, 3)))]
    provider = provider_of(*prices, factors=factors)
    return ModelPrices("USD", provider.rows("m", "m"), provider.factors("m", "m"))


@st.composite
def asked_of(draw: st.DrawFn) -> tuple[int, str | None, Usage, str | None, int | None]:
    at = nano("2026-03-01") + draw(st.integers(0, 11)) * DAY + draw(st.sampled_from([-1, 0, 1, DAY // 2, DAY // 24 * 7, DAY - 7]))
    counts = {
        name: draw(st.sampled_from([1, 10, 11, 20, 21]))
        for name in draw(st.sets(st.sampled_from(["input", "output", "cache_read"])))
    }
    tier, region = draw(st.sampled_from([None, "standard", "batch", "flex"])), draw(st.sampled_from([None, "eu-1", "us", "ap"]))
    return at, tier, Usage(**counts), region, draw(st.none() | st.sampled_from([1, DAY // 2, DAY]).map(lambda more: at + more))


def shown(quote: Quote) -> tuple[object, ...]:
    rows = tuple(row.note if row is not None else None for row in quote.rows)
    factors = tuple(tuple(one.note for one in held) for held in quote.factors)
    return (
        rows,
        quote.rates,
        factors,
        quote.assumed,
        quote.doubt,
        quote.each_call,
        quote.free,
        quote.price,
        quote.savings,
        quote.sizes,
    )


@settings(max_examples=150, deadline=None)
@given(held_prices(), st.lists(asked_of(), min_size=2, max_size=12))
def test_a_quote_does_not_depend_on_what_was_asked_before(
    held: ModelPrices, calls: list[tuple[int, str | None, Usage, str | None, int | None]]
) -> None:
    for at, tier, usage, region, end in [*calls, *calls]:
        fresh = ModelPrices("USD", held.rows, held.factors)
        remembered = held.quote(at, tier, usage, region, end)
        assert shown(remembered) == shown(fresh.quote(at, tier, usage, region, end))
        if remembered.era[0] < remembered.era[1]:
            # The short cut takes it for every call of its era and size.
            assert remembered.era[0] <= at < remembered.era[1]
            assert remembered.sizes[0] < max(usage.prompt_tokens, 0) <= remembered.sizes[1]


@settings(max_examples=150, deadline=None)
@given(held_prices(), asked_of())
def test_no_other_row_in_force_ranks_higher_than_the_one_that_wins(
    held: ModelPrices, asked: tuple[int, str | None, Usage, str | None, int | None]
) -> None:
    at, tier, usage, region, end = asked
    # What batch has to do with the standard rates is tested above.
    tier = "flex" if tier == "batch" else tier
    quote = held.quote(at, tier, usage, region, end)
    for component, winner in zip(quote.components, quote.rows, strict=True):
        fitting = [row for row in held.rows if row.component == component and holds(row, at, tier, usage, region, end)]
        if fitting:
            assert winner is not None
            assert winner.rank == max(row.rank for row in fitting)
        elif winner is not None:
            # What is billed as its wider kind.
            assert winner.component != component


def holds(row: Row, at: int, tier: str | None, usage: Usage, region: str | None, end: int | None) -> bool:
    """Whether a row holds for a call."""
    when = row.when
    instant = (end if end is not None else at) if row.by_end else at
    where = region or "global"
    return (
        row.start <= instant
        and (row.until is None or instant < row.until)
        and when.tier in {tier or "standard", "any"}
        and usage.prompt_tokens > when.prompt_above
        and (not when.regions or any(where == one or (one[-1] == "*" and where.startswith(one[:-1])) for one in when.regions))
        and (when.clock is None or when.clock.holds_at(instant))
    )
