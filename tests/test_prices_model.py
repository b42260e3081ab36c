"""The quote: which row is in force, to the nanosecond, the token and the tier; what is inherited, and what never is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from otel_llm_cost.call import unix_nano
from otel_llm_cost.prices import model as prices_model
from otel_llm_cost.prices.checks.check import check_provider
from otel_llm_cost.prices.files.file import PriceFile
from otel_llm_cost.prices.model import ModelPrices
from otel_llm_cost.prices.provider import Provider
from otel_llm_cost.usage import COMPONENTS, Usage

if TYPE_CHECKING:
    from otel_llm_cost.prices.quote import Quote

Entry = dict[str, Any]

MILLION = 1_000_000


def nano(year: int, month: int, day: int, hour: int = 0) -> int:
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp()) * 1_000_000_000


JAN, FEB, MAR = (nano(2025, month, 1) for month in (1, 2, 3))


def entry(rates: dict[str, str], start: str = "2025-01-01", **parts: Any) -> Entry:  # noqa: ANN401 - JSON
    """`tier` and `above` are its conditions; the rest stands as it is."""
    when = {key: parts.pop(name) for name, key in (("tier", "tier"), ("above", "prompt_above")) if name in parts}
    return {"model": "m", "from": start, "rates": rates, "source": "page"} | ({"when": when} if when else {}) | parts


def provider_of(*entries: Entry, **parts: Any) -> Provider:  # noqa: ANN401 - JSON
    document = {
        "provider": "acme",
        "names": ["acme"],
        "currency": "USD",
        "sources": {"page": {"url": "https://acme.example/prices", "read": "2025-03-01"}},
        "prices": entries,
    }
    provider = Provider([PriceFile(json.dumps(document | parts), "acme.json")])
    check_provider(provider)
    return provider


def prices_of(*entries: Entry) -> ModelPrices:
    rows = provider_of(*entries).rows("m", "m")
    assert rows
    return ModelPrices("USD", rows)


def rates_of(quote: Quote) -> dict[str, str | None]:
    """The published rate of each component; None where there is none."""
    return {name: row.rate if row is not None else None for name, row in zip(quote.components, quote.rows, strict=True)}


def rate(prices: ModelPrices, at: int = FEB, tier: str | None = None, /, **counts: int) -> dict[str, str | None]:
    return rates_of(prices.quote(at, tier, Usage(**counts)))


# Time -----------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("entries", "at", "expected"),
    [
        pytest.param([entry({"input": "5"}, "2025-02-01")], FEB - 1, None, id="from-a-nanosecond-before"),
        pytest.param([entry({"input": "5"}, "2025-02-01")], FEB, "5", id="from-inclusive"),
        pytest.param([entry({"input": "5"}, until="2025-02-01")], FEB - 1, "5", id="until-a-nanosecond-before"),
        pytest.param([entry({"input": "5"}, until="2025-02-01")], FEB, None, id="until-exclusive"),
        pytest.param(
            [entry({"input": "5"}), entry({"input": "3"}, "2025-02-01")], FEB - 1, "5", id="the-older-to-the-last-nanosecond"
        ),
        pytest.param([entry({"input": "5"}), entry({"input": "3"}, "2025-02-01")], FEB, "3", id="the-newer-from-its-start"),
        pytest.param([entry({"input": "3"}, "2025-02-01"), entry({"input": "5"})], FEB, "3", id="the-newer-wherever-it-stands"),
        pytest.param(
            [entry({"input": "5"}), entry({"input": "3"}, "2025-02-01", until="2025-03-01")],
            MAR - 1,
            "3",
            id="a-promotion-to-its-end",
        ),
        pytest.param(
            [entry({"input": "5"}), entry({"input": "3"}, "2025-02-01", until="2025-03-01")],
            MAR,
            "5",
            id="after-it-the-older-again",
        ),
        pytest.param(
            [entry({"input": "5"}, "2025-01-31T16:00:00-08:00")], FEB - 1, None, id="an-instant-in-its-zone-a-nanosecond-before"
        ),
        pytest.param([entry({"input": "5"}, "2025-01-31T16:00:00-08:00")], FEB, "5", id="an-instant-in-its-zone"),
    ],
)
def test_from_is_inclusive_and_until_exclusive(entries: list[Entry], at: int, expected: str | None) -> None:
    assert rate(prices_of(*entries), at, input=7) == {"input": expected}


def test_each_component_has_its_own_dates() -> None:
    prices = prices_of(entry({"input": "5", "output": "15"}), entry({"input": "3"}, "2025-02-01"))
    assert rate(prices, FEB - 1, input=7, output=11) == {"input": "5", "output": "15"}
    assert rate(prices, FEB, input=7, output=11) == {"input": "3", "output": "15"}


@pytest.mark.parametrize(
    ("entries", "first", "last"),
    [
        pytest.param([entry({"input": "5"}, "2025-02-01"), entry({"output": "5"})], JAN, None, id="no-end"),
        pytest.param(
            [entry({"input": "5"}, until="2025-02-01"), entry({"output": "5"}, until="2025-03-01")], JAN, MAR, id="the-latest-end"
        ),
        pytest.param([entry({"input": "5"}, until="2025-02-01"), entry({"output": "5"})], JAN, None, id="one-has-no-end"),
    ],
)
def test_when_the_first_begins_and_the_last_ends(entries: list[Entry], first: int, last: int | None) -> None:
    prices = prices_of(*entries)
    assert (prices.first, prices.last) == (first, last)


# Conditions -----------------------------------------------------------------------------------------------------------------------
TIERED = (
    entry({"input": "2", "cache_read": "0.20", "output": "10"}),
    entry({"input": "3", "output": "14"}, above=200),
    entry({"input": "7", "cache_read": "0.70", "output": "23"}, above=500),
    entry({"input": "1", "output": "5"}, tier="batch"),
    entry({"input": "1.50", "output": "8"}, tier="batch", above=200),
)


@pytest.mark.parametrize(
    ("tier", "counts", "expected"),
    [
        pytest.param("standard", {"input": 200, "output": 11}, {"input": "2", "output": "10"}, id="200-tokens"),
        pytest.param("standard", {"input": 201, "output": 11}, {"input": "3", "output": "14"}, id="201-tokens"),
        pytest.param("standard", {"input": 500, "output": 11}, {"input": "3", "output": "14"}, id="500-tokens"),
        pytest.param("standard", {"input": 501, "output": 11}, {"input": "7", "output": "23"}, id="501-tokens"),
        pytest.param("standard", {"input": 1, "output": 90_000}, {"input": "2", "output": "10"}, id="the-answer-is-no-prompt"),
        pytest.param(
            "standard",
            {"input": 101, "cache_read": 99, "output": 11},
            {"input": "2", "cache_read": "0.20", "output": "10"},
            id="reads-200",
        ),
        pytest.param(
            "standard",
            {"input": 101, "cache_read": 100, "output": 11},
            {"input": "3", "cache_read": "0.20", "output": "14"},
            id="reads-201-keep-a-rate-that-no-threshold-changes",
        ),
        pytest.param(
            "standard",
            {"input": 401, "cache_read": 100, "output": 11},
            {"input": "7", "cache_read": "0.70", "output": "23"},
            id="reads-501",
        ),
        pytest.param("batch", {"input": 200, "output": 11}, {"input": "1", "output": "5"}, id="batch-200"),
        pytest.param("batch", {"input": 201, "output": 11}, {"input": "1.50", "output": "8"}, id="batch-201"),
        pytest.param("batch", {"input": 501, "output": 11}, {"input": "1.50", "output": "8"}, id="batch-501-stays-in-its-tier"),
        pytest.param("flex", {"input": 200, "output": 11}, {"input": None, "output": None}, id="an-unknown-tier-has-no-rate"),
        pytest.param("Batch", {"input": 200, "output": 11}, {"input": None, "output": None}, id="a-tier-is-not-guessed"),
        pytest.param("", {"input": 200}, {"input": None}, id="an-empty-tier-is-not-the-standard"),
    ],
)
def test_the_whole_request_moves_with_its_prompt_and_its_tier(
    tier: str, counts: dict[str, int], expected: dict[str, str | None]
) -> None:
    assert rate(prices_of(*TIERED), FEB, tier, **counts) == expected


@pytest.mark.parametrize("component", [name for name, component in COMPONENTS.items() if component.prompt])
def test_every_kind_of_prompt_token_counts_to_its_size(component: str) -> None:
    prices = prices_of(entry({component: "2", "output": "3"}), entry({component: "5", "output": "7"}, above=200))
    assert rate(prices, output=11, **{component: 200}) == {component: "2", "output": "3"}
    assert rate(prices, output=11, **{component: 201}) == {component: "5", "output": "7"}


def test_a_threshold_of_0_holds_for_any_prompt_and_not_for_none() -> None:
    prices = prices_of(entry({"output": "3"}), entry({"output": "7"}, above=0))
    assert rate(prices, output=11) == {"output": "3"}
    assert rate(prices, output=11, input=1)["output"] == "7"


def test_a_threshold_has_dates_as_every_row_has() -> None:
    prices = prices_of(entry({"input": "3"}), entry({"input": "6"}, "2025-02-01", above=200, until="2025-03-01"))
    assert rate(prices, FEB - 1, input=201) == {"input": "3"}
    assert rate(prices, FEB, input=201) == {"input": "6"}
    assert rate(prices, MAR - 1, input=201) == {"input": "6"}
    assert rate(prices, MAR, input=201) == {"input": "3"}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        pytest.param(
            [entry({"input": "5"}, "2025-02-01"), entry({"input": "3"}, above=100)], "3", id="more-conditions-over-a-newer-start"
        ),
        pytest.param(
            [entry({"input": "5"}, "2025-02-01", above=50), entry({"input": "3"}, above=100)],
            "3",
            id="larger-threshold-over-a-newer-start",
        ),
        pytest.param(
            [entry({"input": "5"}, above=100), entry({"input": "3"}, "2025-02-01", above=100)],
            "3",
            id="newer-start-under-one-threshold",
        ),
        pytest.param([entry({"input": "3"}), entry({"input": "5"}, above=1000)], "3", id="a-threshold-that-is-not-reached"),
    ],
)
def test_which_row_wins(entries: list[Entry], expected: str) -> None:
    assert rate(prices_of(*entries), FEB, input=101) == {"input": expected}
    assert rate(prices_of(*reversed(entries)), FEB, input=101) == {"input": expected}


# The tier that nobody names -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("entries", "at", "assumed"),
    [
        pytest.param([entry({"input": "2"})], FEB, (), id="one-tier-only"),
        pytest.param([entry({"input": "2"}), entry({"input": "3"}, above=50)], FEB, (), id="a-threshold-is-no-tier"),
        pytest.param([entry({"input": "2"}), entry({"input": "1"}, tier="batch")], FEB, ("tier=standard",), id="another-tier"),
        pytest.param(
            [entry({"input": "2"}), entry({"output": "1"}, tier="batch")],
            FEB,
            ("tier=standard",),
            id="another-tier-of-another-component",
        ),
        pytest.param([entry({"input": "2"}), entry({"input": "1"}, "2025-02-01", tier="batch")], FEB - 1, (), id="not-yet"),
        pytest.param(
            [entry({"input": "2"}), entry({"input": "1"}, "2025-02-01", tier="batch")], FEB, ("tier=standard",), id="from-its-start"
        ),
        pytest.param([entry({"input": "2"}), entry({"input": "1"}, tier="batch", until="2025-02-01")], FEB, (), id="no-longer"),
    ],
)
def test_the_standard_tier_is_assumed_where_there_is_another_at_that_instant(
    entries: list[Entry], at: int, assumed: tuple[str, ...]
) -> None:
    prices = prices_of(*entries)
    silent, named = prices.quote(at, None, Usage(input=7)), prices.quote(at, "standard", Usage(input=7))
    assert silent.assumed == assumed
    assert named.assumed == ()
    assert rates_of(silent) == rates_of(named) == {"input": "2"}


# Inheritance ----------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rates", "component", "expected", "assumed"),
    [
        pytest.param({"output": "5"}, "reasoning", "5", ("reasoning=output",), id="reasoning-is-billed-as-output"),
        pytest.param({"output": "5", "reasoning": "9"}, "reasoning", "9", (), id="reasoning-has-its-own"),
        pytest.param({"output": "5", "reasoning": "0"}, "reasoning", "0", (), id="reasoning-is-free"),
        pytest.param({"input": "5"}, "reasoning", None, (), id="reasoning-not-as-input"),
        pytest.param({"input": "5"}, "cache_read", "5", ("cache_read=input",), id="a-read-is-billed-as-input"),
        pytest.param({"input": "5", "cache_read": "0.5"}, "cache_read", "0.5", (), id="a-read-has-its-own"),
        pytest.param({"output": "5", "cache_write": "7", "input_audio": "9"}, "cache_read", None, (), id="a-read-as-input-only"),
        pytest.param(
            {"input_audio": "9"}, "cache_read_audio", "9", ("cache_read_audio=input_audio",), id="an-audio-read-is-billed-as-audio"
        ),
        pytest.param({"input": "5", "cache_read": "0.5"}, "cache_read_audio", None, (), id="an-audio-read-not-as-text"),
    ],
)
def test_what_is_billed_at_a_wider_rate(
    rates: dict[str, str], component: str, expected: str | None, assumed: tuple[str, ...]
) -> None:
    quote = prices_of(entry(rates)).quote(FEB, None, Usage(**{component: 7}))
    assert rates_of(quote) == {component: expected}
    assert quote.assumed == assumed
    assert quote.missing == ((component,) if expected is None else ())


@pytest.mark.parametrize("component", [name for name in COMPONENTS if name not in {"input", "output", "reasoning", "cache_read"}])
def test_nothing_else_takes_the_text_rates(component: str) -> None:
    quote = prices_of(entry({"input": "3", "output": "15", "cache_read": "0.3"})).quote(
        FEB, None, Usage(input=7, **{component: 11})
    )
    assert quote.missing == (component,)
    assert rates_of(quote) == {"input": "3", component: None}
    assert dict(zip(quote.components, quote.rates, strict=True))[component] == 0


@pytest.mark.parametrize("component", ["cache_write", "cache_write_5m", "cache_write_1h"])
def test_no_cache_write_takes_another_writes_rate(component: str) -> None:
    others = {name: "7" for name in ("cache_write", "cache_write_5m", "cache_write_1h") if name != component}
    assert rate(prices_of(entry(others)), **{component: 11}) == {component: None}


def test_a_rate_is_inherited_within_its_tier_and_its_threshold() -> None:
    prices = prices_of(
        entry({"input": "2", "output": "10", "cache_read": "0.2", "reasoning": "20"}),
        entry({"input": "1", "output": "5"}, tier="batch"),
        entry({"input": "1.5", "output": "8"}, tier="batch", above=200),
    )
    assert rate(prices, FEB, "batch", cache_read=200, reasoning=7) == {"cache_read": "1", "reasoning": "5"}
    assert rate(prices, FEB, "batch", cache_read=201, reasoning=7) == {"cache_read": "1.5", "reasoning": "8"}


def test_an_inherited_rate_changes_with_the_rate_that_it_is() -> None:
    prices = prices_of(entry({"output": "10"}), entry({"output": "8"}, "2025-02-01"))
    assert rate(prices, FEB - 1, reasoning=7) == {"reasoning": "10"}
    assert rate(prices, FEB, reasoning=7) == {"reasoning": "8"}


def test_assumptions_stand_in_the_order_of_the_components_and_the_tier_last() -> None:
    prices = prices_of(entry({"input": "2", "output": "10"}), entry({"input": "1"}, tier="batch"))
    quote = prices.quote(FEB, None, Usage(reasoning=3, cache_read=5, input=7, output=11))
    assert quote.assumed == ("cache_read=input", "reasoning=output", "tier=standard")


@pytest.mark.parametrize(
    ("covers", "component", "expected", "assumed"),
    [
        pytest.param({"input_image": "input"}, "input_image", "3", ("input_image=input",), id="an-image-as-text"),
        pytest.param({"input_audio": "input"}, "input_audio", "3", ("input_audio=input",), id="audio-where-the-row-says-so"),
        pytest.param(
            {"cache_write": "cache_write_5m"}, "cache_write", "4", ("cache_write=cache_write_5m",), id="a-write-of-no-stated-life"
        ),
        pytest.param({"cache_write": "cache_write_5m"}, "cache_write_1h", None, (), id="what-is-not-named-is-not-covered"),
        pytest.param(
            {"cache_read": "cache_write_5m"}, "cache_read", "4", ("cache_read=cache_write_5m",), id="over-what-is-inherited"
        ),
        pytest.param({"output": "input"}, "output", "15", (), id="not-over-a-rate-of-its-own"),
    ],
)
def test_a_row_covers_what_it_says(covers: dict[str, str], component: str, expected: str | None, assumed: tuple[str, ...]) -> None:
    quote = prices_of(entry({"input": "3", "cache_write_5m": "4", "output": "15"}, covers=covers)).quote(
        FEB, None, Usage(**{component: 7})
    )
    assert rates_of(quote) == {component: expected}
    assert quote.assumed == assumed


def test_what_a_row_covers_moves_with_it() -> None:
    covers = {"input_image": "input"}
    prices = prices_of(
        entry({"input": "3"}, covers=covers),
        entry({"input": "6"}, above=200, covers=covers),
        entry({"input": "1"}, tier="batch"),
        entry({"input": "2"}, "2025-02-01", covers=covers),
    )
    assert rate(prices, FEB - 1, input_image=200) == {"input_image": "3"}
    assert rate(prices, FEB, input_image=200) == {"input_image": "2"}
    assert rate(prices, FEB, input_image=201) == {"input_image": "6"}
    assert rate(prices, FEB, "batch", input_image=7) == {"input_image": None}


@pytest.mark.parametrize(
    "newer",
    [
        pytest.param(entry({"input": "2"}, "2025-01-15"), id="a-newer-rate"),
        pytest.param(entry({"input": "6"}, above=5), id="a-threshold"),
    ],
)
def test_a_rate_that_another_has_replaced_covers_nothing_any_more(newer: Entry) -> None:
    prices = prices_of(entry({"input": "3"}, covers={"input_image": "input"}), newer)
    assert rate(prices, FEB, input_image=7)["input_image"] != "3"


# The quote ------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("counts", "price"),
    [
        pytest.param({"input": 7, "output": 11, "cache_read": 13}, "acme/m@2025-01-20", id="the-latest"),
        pytest.param({"input": 7, "output": 11}, "acme/m@2025-01-10", id="of-the-rows-used-only"),
        pytest.param({"output": 11}, "acme/m@2025-01-01", id="the-only-one"),
        pytest.param({"input_audio": 11}, None, id="no-row"),
    ],
)
def test_the_price_is_named_after_the_latest_row(counts: dict[str, int], price: str | None) -> None:
    rows = entry({"output": "15"}), entry({"input": "5"}, "2025-01-10"), entry({"cache_read": "1"}, "2025-01-20")
    quote = prices_of(*rows).quote(FEB, None, Usage(**counts))
    assert quote.price == price
    assert (quote.latest.name if quote.latest is not None else None) == price


@pytest.mark.parametrize(
    ("newer", "tier", "counts", "ends"),
    [
        pytest.param([], None, {"input": 7}, {"input": None}, id="no-end"),
        pytest.param([entry({"input": "3"}, "2025-03-01")], None, {"input": 7}, {"input": MAR}, id="superseded"),
        pytest.param(
            [entry({"output": "3"}, "2025-03-01")],
            None,
            {"input": 7, "output": 11},
            {"input": None, "output": MAR},
            id="each-its-own",
        ),
        pytest.param([entry({"output": "3"}, "2025-03-01")], None, {"reasoning": 7}, {"reasoning": MAR}, id="what-it-inherits"),
        pytest.param(
            [entry({"reasoning": "3"}, "2025-03-01")], None, {"reasoning": 7}, {"reasoning": MAR}, id="by-a-rate-of-its-own-at-last"
        ),
        pytest.param(
            [entry({"input": "3"}, "2025-03-01", tier="batch")], None, {"input": 7}, {"input": None}, id="not-by-another-tier"
        ),
        pytest.param(
            [entry({"input": "3"}, "2025-03-01", above=7)], None, {"input": 7}, {"input": None}, id="not-below-a-threshold"
        ),
        pytest.param([entry({"input": "3"}, "2025-03-01", above=6)], None, {"input": 7}, {"input": MAR}, id="above-a-threshold"),
        pytest.param(
            [entry({"input": "3"}, "2025-01-15", until="2025-03-01")],
            None,
            {"input": 7},
            {"input": MAR},
            id="the-end-of-a-promotion",
        ),
        pytest.param([entry({"input": "3"}, "2025-01-15")], None, {"input": 7}, {"input": None}, id="superseded-before"),
        pytest.param([], "batch", {"input": 7}, {"input": None}, id="no-rate-never-ends"),
        pytest.param([entry({"input": "1"}, "2025-03-01", tier="batch")], "batch", {"input": 7}, {"input": MAR}, id="no-rate-ends"),
    ],
)
def test_a_rate_holds_until_its_row_ends_or_another_supersedes_it(
    newer: list[Entry], tier: str | None, counts: dict[str, int], ends: dict[str, int | None]
) -> None:
    prices = prices_of(entry({"input": "5", "output": "15"}), *newer)
    quote = prices.quote(FEB, tier, Usage(**counts))
    assert prices.until(quote, tier, FEB) == ends


@pytest.mark.parametrize(
    ("counts", "latest"),
    [
        pytest.param({"cache_read": 7, "output": 11}, "cache_read", id="the-first"),
        pytest.param({"input": 7, "output": 11, "reasoning": 13}, "input", id="the-inputs"),
        pytest.param({"output": 11, "web_searches": 3}, "output", id="not-an-older-one"),
    ],
)
def test_of_several_that_start_together_the_inputs_is_the_latest_or_else_the_first(counts: dict[str, int], latest: str) -> None:
    prices = prices_of(entry({"web_searches": "0.01"}, "2024-01-01"), entry({"input": "2", "cache_read": "1", "output": "3"}))
    quote = prices.quote(FEB, None, Usage(**counts))
    assert quote.latest is not None
    assert quote.latest.component == latest


@pytest.mark.parametrize(
    ("rates", "counts", "free"),
    [
        pytest.param({"input": "0", "output": "0"}, {"input": 7, "output": 11}, True, id="every-rate-is-zero"),
        pytest.param({"input": "0", "output": "1"}, {"input": 7, "output": 11}, False, id="one-is-not"),
        pytest.param({"input": "0", "output": "1"}, {"input": 7}, True, id="of-those-used"),
        pytest.param({"input": "0"}, {"output": 7}, False, id="no-rate-is-not-free"),
    ],
)
def test_free_is_an_explicit_zero(rates: dict[str, str], counts: dict[str, int], *, free: bool) -> None:
    assert prices_of(entry(rates)).quote(FEB, None, Usage(**counts)).free is free


@pytest.mark.parametrize(
    ("rates", "counts", "saved"),
    [
        pytest.param({"input": "3", "cache_read": "0.30"}, {"input": 7, "cache_read": 11}, {"cache_read": 270}, id="a-read-saves"),
        pytest.param(
            {"input": "3", "cache_write_5m": "3.75"}, {"cache_write_5m": 7}, {"cache_write_5m": -75}, id="a-write-costs-more"
        ),
        pytest.param(
            {"input_audio": "9", "input": "3", "cache_read_audio": "2"},
            {"cache_read_audio": 7},
            {"cache_read_audio": 700},
            id="audio",
        ),
        pytest.param({"input": "3", "output": "15"}, {"input": 7, "output": 11}, None, id="nothing-cached"),
        pytest.param({"input": "3"}, {"cache_read": 7}, None, id="a-read-at-the-input-rate-saves-nothing"),
        pytest.param({"cache_read": "0.30"}, {"cache_read": 7}, None, id="the-uncached-rate-is-not-known"),
    ],
)
def test_what_a_cached_token_saves(rates: dict[str, str], counts: dict[str, int], saved: dict[str, int] | None) -> None:
    """In cents per million."""
    quote = prices_of(entry(rates)).quote(FEB, None, Usage(**counts))
    cent_per_million = 10**30 // (100 * MILLION)
    found = None if quote.savings is None else dict(zip(quote.components, quote.savings, strict=True))
    expected = None if saved is None else {name: saved.get(name, 0) * cent_per_million for name in quote.components}
    assert found == expected


# The cache of quotes --------------------------------------------------------------------------------------------------------------
def test_one_quote_serves_all_calls_of_an_era_a_size_a_tier_and_a_set_of_components() -> None:
    prices = prices_of(*TIERED, entry({"input": "9"}, "2025-03-01"))
    first = prices.quote(FEB, "standard", Usage(input=7, output=11))
    assert prices.quote(MAR - 1, "standard", Usage(input=200, output=90_000)) is first
    others = [
        prices.quote(MAR, "standard", Usage(input=7, output=11)),
        prices.quote(FEB, "standard", Usage(input=201, output=11)),
        prices.quote(FEB, "batch", Usage(input=7, output=11)),
        prices.quote(FEB, None, Usage(input=7, output=11)),
        prices.quote(FEB, "standard", Usage(input=7)),
    ]
    assert first not in others
    assert len(set(map(id, others))) == len(others)


def test_names_of_tiers_that_nobody_has_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prices_model, "_MAX_QUOTES", 5)
    prices = prices_of(*TIERED)
    for number in range(23):
        assert prices.quote(FEB, f"tier-{number}", Usage(input=7)).missing == ("input",)
        assert rate(prices, FEB, "batch", input=7) == {"input": "1"}
    assert len(prices._quotes) <= 5


def test_a_models_own_rate_wins_over_one_that_its_name_reaches_as_an_alias() -> None:
    provider = provider_of(
        entry({"input": "1"}, "2024-01-01", model="a"),
        entry({"input": "9", "output": "27"}, "2024-06-01", model="b"),
        aliases=[{"alias": "a", "of": "b", "from": "2024-07-01", "source": "page"}],
    )
    model = ModelPrices("USD", provider.rows("a", "a"))
    at = unix_nano(datetime(2024, 8, 1, tzinfo=UTC))
    assert [row and row.rate for row in model.quote(at, None, Usage(input=7, output=5)).rows] == ["1", "27"]


@pytest.mark.parametrize(
    ("tier", "prompt", "rates"),
    [
        pytest.param("standard", 101, ["6", "30"], id="standard-moves"),
        pytest.param("batch", 100, ["1.50", "7.50"], id="batch-below"),
        pytest.param("batch", 101, [None, "7.50"], id="batch-above-does-not-say-for-input"),
        pytest.param("flex", 101, ["4", "7"], id="flex-says"),
    ],
)
def test_a_tiers_rate_that_names_no_size_is_for_short_prompts_where_the_standard_rate_moves(
    tier: str, prompt: int, rates: list[str | None]
) -> None:
    prices = prices_of(
        entry({"input": "3", "output": "15"}),
        entry({"input": "6", "output": "30"}, above=100),
        entry({"input": "1.50", "output": "7.50"}, tier="batch"),
        entry({"output": "7.50"}, tier="batch", above=100),
        entry({"input": "2", "output": "7"}, tier="flex"),
        entry({"input": "4", "output": "7"}, tier="flex", above=100),
    )
    quote = prices.quote(FEB, tier, Usage(input=prompt, output=5))
    assert [row and row.rate for row in quote.rows] == rates
