"""What a call costs: each status with its reason, and that the money is exact for any usage and any rows."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_llm_cost.call import Call, Told
from otel_llm_cost.cost import Cost, Reason, Status, price_call
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.usage import COMPONENTS, MAX_COUNT, Usage

Document = dict[str, Any]


def nano(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp()) * 1_000_000_000


FEB = nano(2025, 2, 1)
M = Decimal(1_000_000)


def table_of(prices: list[Document], aliases: tuple[Document, ...] = ()) -> PriceTable:
    document = {
        "provider": "acme",
        "names": ["acme"],
        "currency": "USD",
        "sources": {"page": {"url": "https://acme.example/prices", "read": "2025-03-01"}},
        "prices": [{"source": "page"} | entry for entry in prices],
        "aliases": [{"source": "page"} | alias for alias in aliases],
    }
    return PriceTable.of_texts([json.dumps(document)], version="test", checked=date(2025, 3, 1))


RATES = {"input": "2.50", "cache_read": "1.25", "output": "10.00", "web_searches": "0.01", "input_seconds": "0.0001"}
TABLE = table_of(
    [
        {"model": "m", "from": "2025-01-01", "rates": RATES},
        {"model": "tiered", "from": "2025-01-01", "rates": {"input": "3", "output": "15"}},
        {"model": "tiered", "from": "2025-01-01", "rates": {"input": "1.50"}, "when": {"tier": "batch"}},
        {"model": "free", "from": "2025-01-01", "rates": {"input": "0", "output": "0"}},
        {"model": "ended", "from": "2025-01-01", "until": "2025-01-15", "rates": {"input": "1"}},
        {"model": "half-free", "from": "2025-01-01", "rates": {"input": "0", "output": "7"}},
    ]
)


def call(model: str = "m", /, provider: str = "acme", at: int = FEB, **counts: Any) -> Call:  # noqa: ANN401 - counts of any type
    return Call(provider, model, at, Usage(**counts))


def told(amount: Any, currency: str | None = "USD", **more: Any) -> Told:  # noqa: ANN401 - what callers give
    return Told(amount, currency, **more)


def adds_up(cost: Cost) -> bool:
    known = cost.amount if cost.amount is not None else cost.known_amount
    return known is not None and sum(map(Fraction, cost.component_amounts.values())) == Fraction(known)


# Priced ---------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("priced", "components"),
    [
        pytest.param(call(input=601), {"input": 601 * Decimal("2.50") / M}, id="one-component"),
        pytest.param(
            call(input=601, cache_read=401, output=101),
            {"input": 601 * Decimal("2.50") / M, "cache_read": 401 * Decimal("1.25") / M, "output": 101 * Decimal("10.00") / M},
            id="three",
        ),
        pytest.param(
            call(output=101, reasoning=53),
            {"output": 101 * Decimal("10.00") / M, "reasoning": 53 * Decimal("10.00") / M},
            id="reasoning-beside-output",
        ),
        pytest.param(call(web_searches=3), {"web_searches": 3 * Decimal("0.01")}, id="searches-cost-per-one"),
        pytest.param(
            call(input_seconds=Decimal("61.000007")),
            {"input_seconds": Decimal("61.000007") * Decimal("0.0001")},
            id="seconds-to-the-microsecond",
        ),
        pytest.param(
            call("half-free", input=7, output=11),
            {"input": Decimal(0), "output": 11 * Decimal(7) / M},
            id="one-component-of-two-is-free",
        ),
        pytest.param(call(input=MAX_COUNT), {"input": (2**63 - 1) * Decimal("2.50") / M}, id="the-largest-count"),
    ],
)
def test_a_cost_is_the_sum_of_counts_times_rates(priced: Call, components: dict[str, Decimal]) -> None:
    cost = price_call(priced, TABLE)
    assert (cost.status, cost.reason, cost.currency, cost.source) == (Status.PRICED, None, "USD", "local")
    assert cost.component_amounts == components
    assert cost.amount == sum(components.values())
    assert (cost.known_amount, cost.local_units) == (None, None)
    assert cost.price == f"acme/{priced.model}@2025-01-01"


@pytest.mark.parametrize(
    ("asked", "assumed"),
    [
        pytest.param(call(input=7), (), id="nothing"),
        pytest.param(call(reasoning=7), ("reasoning=output",), id="an-inherited-rate"),
        pytest.param(call("tiered", input=7), ("tier=standard",), id="the-tier"),
        pytest.param(call(input=7)._replace(assumed=("cache_write=5m",)), ("cache_write=5m",), id="in-reading-the-usage"),
        pytest.param(
            call("tiered", cache_read=7)._replace(assumed=("said",)),
            ("cache_read=input", "tier=standard", "said"),
            id="all-of-them",
        ),
    ],
)
def test_what_was_assumed_is_said(asked: Call, assumed: tuple[str, ...]) -> None:
    cost = price_call(asked, TABLE)
    assert cost.status is Status.PRICED
    assert cost.assumed == assumed


def test_a_named_tier_is_priced_at_its_own_rate() -> None:
    cost = price_call(call("tiered", input=601)._replace(tier="batch"), TABLE)
    assert cost.amount == 601 * Decimal("1.50") / M
    assert cost.assumed == ()


def test_an_explicit_zero_is_free_and_not_unknown() -> None:
    cost = price_call(call("free", input=601, output=101), TABLE)
    assert (cost.status, cost.reason, cost.amount, cost.currency) == (Status.FREE, None, Decimal(0), "USD")
    assert cost.component_amounts == {"input": Decimal(0), "output": Decimal(0)}
    assert cost.price == "acme/free@2025-01-01"


# Not priced -----------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("strict", [pytest.param(False, id="lenient"), pytest.param(True, id="strict")])
@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        pytest.param(call(provider="acm", input=7), "unknown_provider", id="unknown-provider"),
        pytest.param(call("m-2", input=7), "unknown_model", id="unknown-model"),
        pytest.param(call(at=nano(2025, 1, 1) - 1, input=7), "before_first_price", id="before-the-first-price"),
        pytest.param(call("ended", input=7), "after_last_price", id="after-the-last-price"),
        pytest.param(call(), "no_usage", id="no-usage"),
        pytest.param(call("m-2"), "no_usage", id="no-usage-before-an-unknown-model"),
        pytest.param(call()._replace(doubt=Reason.INVALID_USAGE), "invalid_usage", id="no-usage-for-a-reason"),
        pytest.param(
            call("m-2", input=7)._replace(doubt=Reason.AMBIGUOUS_USAGE), "unknown_model", id="unknown-model-before-a-doubt"
        ),
        pytest.param(call(cache_write=7), "no_rate:cache_write", id="no-rate"),
        pytest.param(call(output_audio=7, input_audio=11), "no_rate:input_audio", id="no-rate-names-the-first-component"),
        pytest.param(call(input=7)._replace(tier="flex"), "no_rate:input", id="no-rate-in-this-tier"),
        pytest.param(call("free", input_audio=7), "no_rate:input_audio", id="no-rate-is-not-free"),
        pytest.param(
            call(input_audio=7)._replace(doubt=Reason.AMBIGUOUS_USAGE), "no_rate:input_audio", id="no-rate-before-a-doubt"
        ),
    ],
)
def test_what_cannot_be_priced_says_why_and_has_no_amount(asked: Call, reason: str, *, strict: bool) -> None:
    cost = price_call(asked, TABLE, strict=strict)
    assert (cost.status, cost.reason) == (Status.UNPRICED, reason)
    assert (cost.amount, cost.known_amount, cost.units, cost.component_amounts, cost.currency) == (None, None, None, {}, None)


INPUT, OUTPUT = 601 * Decimal("2.50") / M, 101 * Decimal("10.00") / M


@pytest.mark.parametrize(
    ("asked", "reason", "known"),
    [
        pytest.param(call(input=601, cache_write=7), "no_rate:cache_write", {"input": INPUT}, id="a-component-without-rate"),
        pytest.param(
            call(input=601, input_audio=7, output=101, output_audio=11),
            "no_rate:input_audio",
            {"input": INPUT, "output": OUTPUT},
            id="two-without-rate",
        ),
        pytest.param(
            call("tiered", input=601, output=101)._replace(tier="batch"),
            "no_rate:output",
            {"input": 601 * Decimal("1.50") / M},
            id="a-tier-that-lacks-one",
        ),
        pytest.param(
            call(input=601, output=101)._replace(doubt=Reason.CONTRADICTORY_USAGE),
            "contradictory_usage",
            {"input": INPUT, "output": OUTPUT},
            id="a-doubt",
        ),
        pytest.param(
            call(input=601, cache_write=7)._replace(doubt=Reason.AMBIGUOUS_USAGE),
            "no_rate:cache_write",
            {"input": INPUT},
            id="no-rate-before-a-doubt",
        ),
        pytest.param(
            call("free", input=7, input_audio=11), "no_rate:input_audio", {"input": Decimal(0)}, id="the-known-part-is-free"
        ),
    ],
)
def test_a_partial_cost_has_a_lower_bound_and_no_amount(asked: Call, reason: str, known: dict[str, Decimal]) -> None:
    cost = price_call(asked, TABLE)
    assert (cost.status, cost.reason, cost.currency, cost.amount) == (Status.PARTIAL, reason, "USD", None)
    assert cost.component_amounts == known
    assert cost.known_amount == sum(known.values())


# Strict ---------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("asked", "known"),
    [
        pytest.param(call(input=601, reasoning=7), {"input": INPUT}, id="an-inherited-rate"),
        pytest.param(call(reasoning=7), None, id="nothing-but-an-inherited-rate"),
        pytest.param(call("tiered", input=601, output=7), None, id="the-tier-leaves-nothing-known"),
        pytest.param(
            call(input=601, output=101)._replace(assumed=("output=all",)),
            {"input": INPUT},
            id="in-reading-the-usage-of-one-component",
        ),
    ],
)
def test_strict_makes_what_was_assumed_partial(asked: Call, known: dict[str, Decimal] | None) -> None:
    assert price_call(asked, TABLE).status is Status.PRICED
    cost = price_call(asked, TABLE, strict=True)
    assert (cost.status, cost.reason, cost.amount) == (Status.PARTIAL, "strict", None)
    assert cost.component_amounts == (known or {})
    assert cost.known_amount == (sum(known.values()) if known is not None else None)
    assert cost.assumed == price_call(asked, TABLE).assumed


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(call(input=601, output=101), id="one-tier"),
        pytest.param(call("tiered", input=601)._replace(tier="standard"), id="a-tier-that-was-named"),
        pytest.param(call("free", input=601), id="free"),
        pytest.param(call(input=7)._replace(told=told(0.25)), id="told"),
    ],
)
def test_strict_changes_nothing_where_nothing_was_assumed(asked: Call) -> None:
    assert price_call(asked, TABLE, strict=True) == price_call(asked, TABLE)


def test_a_reason_that_is_known_goes_before_strict() -> None:
    cost = price_call(call(input=601, reasoning=7, input_audio=11), TABLE, strict=True)
    assert (cost.status, cost.reason) == (Status.PARTIAL, "no_rate:input_audio")
    assert cost.component_amounts == {"input": INPUT}


# Told -----------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("given", "amount", "components"),
    [
        pytest.param(told(0.1), Decimal("0.1"), {"unsplit": Decimal("0.1")}, id="a-float-without-breakdown"),
        pytest.param(told(0), Decimal(0), {"unsplit": Decimal(0)}, id="nothing-was-charged"),
        pytest.param(
            told(Decimal("0.000000000000000000000000000001")),
            Decimal("1e-30"),
            {"unsplit": Decimal("1e-30")},
            id="a-decimal-is-exact",
        ),
        pytest.param(
            told(0.3, components={"input": 0.1, "output": 0.2}),
            Decimal("0.3"),
            {"input": Decimal("0.1"), "output": Decimal("0.2")},
            id="a-full-breakdown",
        ),
        pytest.param(
            told(0.7, components={"input": 0.1, "output": 0.2}),
            Decimal("0.7"),
            {"input": Decimal("0.1"), "output": Decimal("0.2"), "unsplit": Decimal("0.4")},
            id="the-rest-is-unsplit",
        ),
        pytest.param(told(0.5, components={}), Decimal("0.5"), {"unsplit": Decimal("0.5")}, id="an-empty-breakdown"),
    ],
)
def test_a_told_cost_is_reported_unmodified(given: Told, amount: Decimal, components: dict[str, Decimal]) -> None:
    cost = price_call(call(input=601)._replace(told=given), TABLE)
    assert (cost.status, cost.reason, cost.currency) == (Status.REPORTED, None, "USD")
    assert (cost.amount, cost.known_amount) == (amount, None)
    assert cost.component_amounts == components
    assert adds_up(cost)


def test_components_that_exceed_the_amount_by_a_floats_hair_are_kept_as_they_are() -> None:
    given = told(0.3, components={"input": 0.1 + 0.2})
    cost = price_call(call(input=7)._replace(told=given), TABLE)
    assert (cost.status, cost.amount) == (Status.REPORTED, Decimal("0.3"))
    assert cost.component_amounts == {"input": Decimal("0.30000000000000004")}


@pytest.mark.parametrize("source", ["provider", "local"])
def test_who_told_it_is_kept(source: Any) -> None:  # noqa: ANN401 - a Literal
    assert price_call(call()._replace(told=told(1, source=source)), TABLE).source == source
    assert price_call(call()._replace(told=told(-1, source=source)), TABLE).source == source
    assert price_call(call()._replace(told=told(1, None, source=source)), TABLE).source == source


@pytest.mark.parametrize(
    ("asked", "units"),
    [
        pytest.param(call(input=601, output=101), 601 * 25 * 10**23 + 101 * 10**25, id="a-known-model"),
        pytest.param(call("free", input=601), 0, id="a-free-model"),
        pytest.param(call("m-2", input=601), None, id="an-unknown-model"),
        pytest.param(call(input=601, input_audio=7), None, id="a-component-without-rate"),
        pytest.param(call(), None, id="no-usage"),
        pytest.param(call(input=601)._replace(doubt=Reason.AMBIGUOUS_USAGE), None, id="a-doubt"),
    ],
)
def test_ours_stands_beside_a_told_cost_where_it_is_known(asked: Call, units: int | None) -> None:
    cost = price_call(asked._replace(told=told(0.5)), TABLE)
    assert (cost.status, cost.amount, cost.local_units) == (Status.REPORTED, Decimal("0.5"), units)
    assert cost.price == (f"acme/{asked.model}@2025-01-01" if units is not None else None)


def test_ours_does_not_stand_beside_another_currency() -> None:
    cost = price_call(call(input=601)._replace(told=told(0.5, "EUR")), TABLE)
    assert (cost.status, cost.currency, cost.amount, cost.local_units, cost.quote) == (
        Status.REPORTED,
        "EUR",
        Decimal("0.5"),
        None,
        None,
    )


def test_what_ours_assumed_is_said_beside_a_told_cost() -> None:
    asked = call(reasoning=7)._replace(told=told(0.5), assumed=("said",))
    assert price_call(asked, TABLE).assumed == ("reasoning=output", "said")
    assert price_call(asked._replace(model="m-2"), TABLE).assumed == ()


@pytest.mark.parametrize("currency", [pytest.param(None, id="none"), pytest.param("", id="empty")])
def test_an_amount_without_a_currency_is_partial_and_nothing_is_known(currency: str | None) -> None:
    cost = price_call(call(input=601)._replace(told=told(0.5, currency)), TABLE)
    assert (cost.status, cost.reason) == (Status.PARTIAL, "no_currency")
    assert (cost.amount, cost.known_amount, cost.units, cost.component_amounts) == (None, None, None, {})


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(told(-0.01), id="negative"),
        pytest.param(told(Decimal("-1e-40")), id="hardly-negative"),
        pytest.param(told(float("nan")), id="nan"),
        pytest.param(told(Decimal("sNaN")), id="signalling-nan"),
        pytest.param(told(float("inf")), id="infinite"),
        pytest.param(told(1e31), id="beyond-any-bill"),
        pytest.param(told(True), id="bool"),  # noqa: FBT003 - an amount that is none
        pytest.param(told("0.5"), id="str"),
        pytest.param(told(None), id="none"),
        pytest.param(told([0.5]), id="list"),
        pytest.param(told("0.5", None), id="str-without-currency"),
        pytest.param(told(0.5, components={"input": -0.1}), id="a-negative-component"),
        pytest.param(told(0.5, components={"input": "0.1"}), id="a-component-that-is-a-string"),
        pytest.param(told(0.5, components={"inptu": 0.1}), id="an-unknown-component"),
        pytest.param(told(0.5, components={"input": 0.3, "output": 0.3}), id="components-that-exceed-it"),
        pytest.param(told(0.5, components={"input": 0.5000000001}), id="components-that-exceed-it-by-more-than-a-hair"),
        pytest.param(told(0, components={"input": Decimal("1e-30")}), id="components-of-nothing"),
    ],
)
def test_what_is_no_amount_is_partial_and_nothing_is_known(given: Told) -> None:
    cost = price_call(call(input=601)._replace(told=given), TABLE)
    assert (cost.status, cost.reason) == (Status.PARTIAL, "invalid_amount")
    assert (cost.amount, cost.known_amount, cost.units, cost.component_amounts) == (None, None, None, {})


# Committed, in doubt, and what is beside the rates --------------------------------------------------------------------------------
MORE = table_of(
    [
        {"model": "m", "from": "2025-01-01", "rates": {"input": "2.50", "requests": "0.005"}},
        {"model": "least", "from": "2025-01-01", "rates": {"input_seconds": "0.0001"}, "at_least": {"input_seconds": "10"}},
        {"model": "bought", "from": "2025-01-01", "committed": True},
        {"model": "scaled", "from": "2025-01-01", "rates": {"input": "3"}},
        {"model": "scaled", "from": "2025-01-01", "committed": True, "when": {"tier": "scale"}},
        {"model": "mixed", "from": "2025-01-01", "rates": {"input": "3"}},
        {"model": "mixed", "from": "2025-01-01", "rates": {"output": "9"}, "currency": "EUR"},
        {"model": "said", "from": "2025-01-01", "rates": {"input": "3", "output": "9"}, "contested": ["output"]},
    ]
)
FEE = Decimal("0.005")


@pytest.mark.parametrize(
    ("asked", "strict", "status", "reason"),
    [
        pytest.param(call("bought", input=7), False, Status.COMMITTED, None, id="bought"),
        pytest.param(call("bought", input=7, input_audio=3), True, Status.COMMITTED, None, id="bought-and-strict"),
        pytest.param(call("scaled", input=7)._replace(tier="scale"), True, Status.COMMITTED, None, id="in-its-tier"),
        pytest.param(call("scaled", input=7)._replace(tier="standard"), True, Status.PRICED, None, id="not-in-another"),
        pytest.param(call("scaled", input=7), True, Status.PARTIAL, "strict", id="nobody-says-the-tier"),
        pytest.param(call("bought"), False, Status.UNPRICED, "no_usage", id="no-usage"),
        pytest.param(
            call("bought", input=7)._replace(doubt=Reason.AMBIGUOUS_USAGE), False, Status.COMMITTED, None, id="whatever-the-usage"
        ),
        pytest.param(call("mixed", input=7, output=3), False, Status.UNPRICED, "mixed_currencies", id="two-currencies"),
        pytest.param(call("mixed", input=7, output=3), True, Status.UNPRICED, "mixed_currencies", id="two-currencies-and-strict"),
        pytest.param(
            call("mixed", input=7, input_audio=5, output=3), False, Status.UNPRICED, "mixed_currencies", id="two-currencies-first"
        ),
        pytest.param(call("mixed", input=7), True, Status.PRICED, None, id="one-of-two-currencies"),
    ],
)
def test_what_has_no_price_per_call_has_no_amount(asked: Call, status: Status, reason: str | None, *, strict: bool) -> None:
    cost = price_call(asked, MORE, strict=strict)
    assert (cost.status, cost.reason) == (status, reason)
    assert (cost.amount is None) == (status is not Status.PRICED)
    assert cost.known_amount is None


def test_where_sellers_differ_there_is_no_price_until_one_is_named() -> None:
    texts = [
        json.dumps(
            {
                "provider": name,
                "names": [name],
                "currency": "USD",
                "sources": {"page": {"url": "https://acme.example/prices", "read": "2025-03-01"}},
                "prices": [{"model": "m", "from": "2025-01-01", "rates": {"input": rate}, "source": "page"}],
            }
        )
        for name, rate in (("acme", "2.50"), ("other", "2"))
    ]
    table = PriceTable.of_texts(texts, version="test", checked=date(2025, 3, 1))
    cost = price_call(call(provider="", input=601), table)
    assert (cost.status, cost.reason, cost.amount) == (Status.UNPRICED, "ambiguous_provider", None)
    assert price_call(call(input=601), table).amount == INPUT


def test_a_fee_is_a_component_of_its_own_after_the_others() -> None:
    cost = price_call(call(input=601), MORE)
    assert cost.components == ("input", "requests")
    assert (cost.amount, cost.component_amounts) == (INPUT + FEE, {"input": INPUT, "requests": FEE})
    assert not cost.is_product


@pytest.mark.parametrize(
    ("asked", "strict", "reason", "known"),
    [
        pytest.param(call(input=601, cache_write=7), False, "no_rate:cache_write", {"input": INPUT, "requests": FEE}, id="no-rate"),
        pytest.param(
            call(input=601)._replace(doubt=Reason.AMBIGUOUS_USAGE),
            False,
            "ambiguous_usage",
            {"input": INPUT, "requests": FEE},
            id="a-doubt",
        ),
        pytest.param(
            call(input=601, cache_read=7), True, "strict", {"input": INPUT, "requests": FEE}, id="strict-of-one-component"
        ),
        pytest.param(call(input=601)._replace(assumed=("tier=standard",)), True, "strict", {}, id="strict-of-all"),
    ],
)
def test_a_fee_is_known_where_the_call_is(asked: Call, reason: str, known: dict[str, Decimal], *, strict: bool) -> None:
    cost = price_call(asked, MORE, strict=strict)
    assert (cost.status, cost.reason, cost.amount) == (Status.PARTIAL, reason, None)
    assert cost.component_amounts == known
    assert cost.known_amount == (sum(known.values()) if known else None)


def test_a_contested_rate_is_not_known_to_a_strict_reader() -> None:
    asked = call("said", input=7, output=11)
    assert price_call(asked, MORE).assumed == ("contested=output",)
    cost = price_call(asked, MORE, strict=True)
    assert (cost.status, cost.reason) == (Status.PARTIAL, "strict")
    assert cost.component_amounts == {"input": 7 * Decimal(3) / M}


@pytest.mark.parametrize(
    ("asked", "local"),
    [
        pytest.param(call(input=601), INPUT + FEE, id="with-its-fee"),
        pytest.param(call("least", input_seconds=3), 10 * Decimal("0.0001"), id="for-at-least-so-much"),
        pytest.param(call("bought", input=7), None, id="committed"),
        pytest.param(call("mixed", input=7, output=3), None, id="two-currencies"),
    ],
)
def test_what_stands_beside_a_told_cost(asked: Call, local: Decimal | None) -> None:
    cost = price_call(asked._replace(told=told(0.5)), MORE)
    assert (cost.status, cost.amount) == (Status.REPORTED, Decimal("0.5"))
    assert cost.local_units == (int(local * 10**30) if local is not None else None)


# Exact for any usage and any rows -------------------------------------------------------------------------------------------------
# The evaluator below reads the published strings and dates itself: it shares no code with the library.
DAY_NANO = 86_400 * 10**9
FIRST_DAY = date(2025, 1, 1)
DAYS = 12
PROMPT = (
    *("input", "input_audio", "input_image", "input_video"),
    *("cache_read", "cache_read_audio", "cache_read_image", "cache_read_video"),
    *("cache_write", "cache_write_5m", "cache_write_1h"),
)
ANSWER = ("output", "reasoning", "citations", "output_audio", "output_image", "output_video")
SECONDS = ("input_seconds", "output_seconds")
SINGLE = (
    *("input_images", "output_images", "input_pages", "annotated_pages"),
    *("web_searches", "file_searches", "searches", "tool_calls", "messages", "requests"),
)
# What one published rate is for, in counts: a million tokens or characters; a second, which is counted in microseconds; one.
MILLIONS = (*PROMPT, *ANSWER, "input_characters", "output_characters", *SECONDS)
PER = dict.fromkeys(MILLIONS, 10**6) | dict.fromkeys(SINGLE, 1)
WIDER = {
    "reasoning": "output",
    "cache_read": "input",
    "cache_read_audio": "input_audio",
    "cache_read_image": "input_image",
    "cache_read_video": "input_video",
}


@dataclass(frozen=True)
class Line:
    """One published line, in days since FIRST_DAY."""

    component: str
    rate: str
    start: int
    end: int | None
    tier: str | None
    above: int | None


@dataclass(frozen=True)
class Case:
    lines: tuple[Line, ...]
    covers: dict[str, str]
    alias: tuple[int, int | None] | None
    """The days on which another name reaches the model; None where it is asked for by its own."""
    counts: dict[str, int]
    nano_of_day: int
    """Since FIRST_DAY, in nanoseconds."""
    tier: str | None


def text_of_day(day: int) -> str:
    return (FIRST_DAY + timedelta(days=day)).isoformat()


def document_of(case: Case) -> tuple[list[Document], tuple[Document, ...]]:
    entries = []
    for line in case.lines:
        when = {"tier": line.tier, "prompt_above": line.above}
        entry: Document = {"model": "m", "from": text_of_day(line.start), "rates": {line.component: line.rate}}
        entry["when"] = {name: value for name, value in when.items() if value is not None}
        entry["covers"] = {narrow: wide for narrow, wide in case.covers.items() if wide == line.component}
        entries.append(entry | ({"until": text_of_day(line.end)} if line.end is not None else {}))
    if case.alias is None:
        return entries, ()
    start, end = case.alias
    alias = {"alias": "other", "of": "m", "from": text_of_day(start)} | ({"until": text_of_day(end)} if end is not None else {})
    return entries, (alias,)


def rate_by_hand(case: Case, component: str) -> str | None:
    """The published rate of a component: of the lines that hold, more conditions, the larger threshold, the newest."""
    at = case.nano_of_day
    if case.alias is not None and not (case.alias[0] * DAY_NANO <= at and (case.alias[1] is None or at < case.alias[1] * DAY_NANO)):
        return None
    prompt = sum(count for name, count in case.counts.items() if name in PROMPT)
    best: tuple[tuple[int, int, int], str] | None = None
    standard_moves = False
    for line in case.lines:
        if line.component != component:
            continue
        if at < line.start * DAY_NANO or (line.end is not None and at >= line.end * DAY_NANO):
            continue
        if line.above is not None and prompt <= line.above:
            continue
        standard_moves |= (line.tier or "standard") == "standard" and line.above is not None
        if (line.tier or "standard") != (case.tier or "standard"):
            continue
        key = (line.above is not None, -1 if line.above is None else line.above, line.start)
        if best is None or key > best[0]:
            best = (key, line.rate)
    if best is not None and standard_moves and not best[0][0]:
        # The standard rate moved with the size of the prompt, and the tier does not say where to.
        return None
    return best[1] if best is not None else None


def costs_by_hand(case: Case) -> dict[str, Fraction | None]:
    """What each component costs; None where it has no rate."""
    costs: dict[str, Fraction | None] = {}
    for component, count in case.counts.items():
        rate = rate_by_hand(case, component)
        if rate is None and component in case.covers:
            rate = rate_by_hand(case, case.covers[component])
        if rate is None and component in WIDER:
            rate = rate_by_hand(case, WIDER[component])
        costs[component] = None if rate is None else count * Fraction(rate) / PER[component]
    fee = rate_by_hand(case, "requests")
    if fee is not None and "requests" not in costs and any(cost is not None for cost in costs.values()) and Fraction(fee):
        # Every call is one request, said or not.
        costs["requests"] = Fraction(fee)
    return costs


@st.composite
def rates(draw: st.DrawFn, component: str) -> str:
    """A decimal as one would publish it, as fine as 30 places per count allow."""
    places = draw(st.integers(0, 30 - len(str(PER[component])) + 1))
    digits = draw(st.integers(0, 10 ** draw(st.integers(1, 20))))
    text = str(digits).rjust(places + 1, "0")
    return f"{text[:-places]}.{text[-places:]}" if places else text


SIZES = st.sampled_from([0, 7, 100, 1000])


@st.composite
def lines(draw: st.DrawFn) -> Line:
    component = draw(st.sampled_from(list(PER)))
    start = draw(st.integers(0, DAYS - 1))
    return Line(
        component,
        draw(rates(component)),
        start,
        draw(st.none() | st.integers(start + 1, DAYS)),
        draw(st.sampled_from([None, None, None, "standard", "batch", "flex"])),
        draw(st.none() | SIZES),
    )


@st.composite
def counts_by_component(draw: st.DrawFn) -> dict[str, int]:
    """Near a threshold, or any."""
    names = draw(st.lists(st.sampled_from(list(PER)), min_size=1, max_size=6, unique=True))
    near = st.builds(lambda size, more: max(1, size + more), SIZES, st.integers(-1, 1))
    return {name: draw(near | st.integers(1, MAX_COUNT)) for name in names}


@st.composite
def cases(draw: st.DrawFn) -> Case:
    counts = draw(counts_by_component())
    # Most lines are of what is counted, or of what it is billed as: else almost every call would lack a rate.
    wanted = {*counts, *(WIDER[name] for name in counts if name in WIDER)}
    given = draw(st.lists(lines(), min_size=1, max_size=12))
    tier = draw(st.sampled_from([None, None, "standard", "batch", "flex", "gold"]))
    base = [Line(name, draw(rates(name)), 0, None, tier, None) for name in sorted(wanted) if draw(st.integers(0, 9))]
    # Two lines that would win equally are refused; of such keep the first.
    unique = {(line.component, line.start, line.tier or "standard", line.above): line for line in [*given, *base][::-1]}
    named = draw(st.integers(0, 2)) > 0
    start = draw(st.integers(0, 3))
    edge = draw(st.sampled_from([line.start for line in given] + [line.end for line in given if line.end is not None]))
    return Case(
        lines=tuple(unique.values()),
        covers=draw(st.sampled_from([{}, {"cache_write": "cache_write_5m", "input_image": "input", "input_audio": "input"}])),
        alias=None if named else (start, draw(st.none() | st.integers(start + 1, DAYS))),
        counts=counts,
        nano_of_day=draw(
            st.sampled_from([edge * DAY_NANO - 1, edge * DAY_NANO, edge * DAY_NANO + 1]) | st.integers(0, DAYS * DAY_NANO)
        ),
        tier=tier,
    )


def usage_of(case: Case) -> Usage:
    given: dict[str, int | Decimal] = dict(case.counts)
    given |= {name: Decimal(f"{case.counts[name]}e-6") for name in SECONDS if name in given}
    return Usage(**given)


def price(case: Case) -> Cost:
    entries, aliases = document_of(case)
    name = "m" if case.alias is None else "other"
    return price_call(
        Call("acme", name, nano(2025, 1, 1) + case.nano_of_day, usage_of(case), case.tier), table_of(entries, aliases)
    )


def test_the_evaluator_knows_every_component() -> None:
    assert set(PER) == set(COMPONENTS)


@settings(max_examples=600, deadline=None)
@given(cases())
def test_any_cost_is_the_one_worked_out_in_fractions(case: Case) -> None:
    by_hand = costs_by_hand(case)
    known = {name: cost for name, cost in by_hand.items() if cost is not None}
    cost = price(case)
    assert {name: Fraction(amount) for name, amount in cost.component_amounts.items()} == known
    if len(known) == len(by_hand):
        assert cost.amount is not None
        assert Fraction(cost.amount) == sum(known.values())
        # Free is told by the rate, and a count is never 0.
        assert cost.status is (Status.PRICED if any(known.values()) else Status.FREE)
        assert adds_up(cost)
    elif known:
        assert (cost.status, cost.amount) == (Status.PARTIAL, None)
        assert cost.known_amount is not None
        assert Fraction(cost.known_amount) == sum(known.values())
        assert cost.reason in {f"no_rate:{name}" for name, part in by_hand.items() if part is None}
    else:
        assert (cost.status, cost.amount, cost.known_amount) == (Status.UNPRICED, None, None)
        assert cost.reason in {"unknown_model", "before_first_price", "after_last_price", *(f"no_rate:{name}" for name in by_hand)}


def test_the_property_prices_most_of_what_it_makes() -> None:
    """It could else pass by pricing nothing."""
    statuses: list[Status] = []

    @settings(max_examples=200, deadline=None, database=None, derandomize=True)
    @given(cases())
    def collect(case: Case) -> None:
        statuses.append(price(case).status)

    collect()
    shares = {status: statuses.count(status) / len(statuses) for status in Status}
    assert shares[Status.PRICED] > 0.2
    assert shares[Status.PARTIAL] > 0.05
    assert shares[Status.UNPRICED] > 0.05


@given(cases(), st.integers(1, 1000))
def test_a_cost_does_not_depend_on_what_was_priced_before(case: Case, more: int) -> None:
    """Quotes are kept: of two calls on one table, neither may get the other's."""
    entries, aliases = document_of(replace(case, alias=None))
    table = table_of(entries, aliases)
    larger = replace(case, alias=None, counts={name: min(count + more, MAX_COUNT) for name, count in case.counts.items()})
    later = replace(case, alias=None, nano_of_day=case.nano_of_day + DAY_NANO)
    for one in (replace(case, alias=None), larger, later, replace(case, alias=None)):
        call_of_one = Call("acme", "m", nano(2025, 1, 1) + one.nano_of_day, usage_of(one), one.tier)
        assert price_call(call_of_one, table) == price_call(call_of_one, table)
        assert price_call(call_of_one, table).component_amounts == price(one).component_amounts


@given(
    st.dictionaries(st.sampled_from(list(COMPONENTS)), st.decimals(0, 10**6, places=9), max_size=4),
    st.decimals(0, 10**6, places=9),
)
def test_the_parts_of_a_told_cost_add_up_to_it(parts: dict[str, Decimal], rest: Decimal) -> None:
    amount = sum(parts.values(), rest)
    cost = price_call(call()._replace(told=told(amount, components=parts)), TABLE)
    assert (cost.status, cost.amount) == (Status.REPORTED, amount)
    assert adds_up(cost)
    assert {name: part for name, part in cost.component_amounts.items() if name != "unsplit"} == parts
