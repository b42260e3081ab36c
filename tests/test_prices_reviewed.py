"""What reviews of the table found wrong, and is right now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from conftest import Telemetry, call

from otel_llm_cost.call import Call, instant_of
from otel_llm_cost.cost import Cost, Status, price_call
from otel_llm_cost.money import UNITS
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.usage import Usage

AT = instant_of("2026-11-20")
OPUS = "anthropic.claude-opus-4-5-20251101-v1:0"


def cost(provider: str, model: str, tier: str | None = "standard", region: str | None = None, **counts: int) -> Cost:
    return price_call(Call(provider, model, AT, Usage(**counts), tier, region=region), PriceTable.shipped())


def test_a_price_of_the_deployment_itself_comes_before_what_it_stands_for(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(
        '[[price]]\nprovider = "azure.ai.openai"\nmodel = "ptu-chat"\ncommitted = true\n'
        '[[price]]\nprovider = "azure.ai.openai"\nmodel = "prod"\ninput = 1\n'
        '[models]\nptu-chat = "gpt-4o"\nprod = "gpt-4o"\n'
    )
    table = PriceTable.shipped().with_own([path])
    ptu, prod = (price_call(Call("azure", name, AT, Usage(input=1009), "standard"), table) for name in ("ptu-chat", "prod"))
    assert ptu.status is Status.COMMITTED
    assert (Fraction(prod.units or 0, UNITS), prod.assumed) == (Fraction(1009, 10**6), ())


def test_what_a_factor_on_the_tier_makes_of_cached_tokens_is_not_known_where_they_have_a_rate_of_their_own() -> None:
    batch = cost("aws.bedrock", f"us.{OPUS}", "batch", input=1009, cache_read=103)
    assert (batch.status, batch.reason) == (Status.PARTIAL, "no_rate:cache_read")
    # $5.50 per million tokens in a region, half of it in the batch tier.
    assert Fraction(batch.units or 0, UNITS) == Fraction("5.50") / 2 * 1009 / 10**6


@pytest.mark.parametrize("name", [OPUS, f"us.{OPUS}", f"arn:aws:bedrock:us-east-1:1:inference-profile/us.{OPUS}"])
def test_a_name_that_only_bedrock_gives_needs_no_provider(name: str) -> None:
    found = cost("", name, input=1009)
    assert Fraction(found.units or 0, UNITS) == Fraction("5.50") * 1009 / 10**6


@pytest.mark.parametrize(
    "name", [f"bedrock/us-gov-west-1/{OPUS}", f"arn:aws-cn:bedrock:cn-north-1::foundation-model/{OPUS}", f"us-gov.{OPUS}"]
)
def test_a_cloud_apart_is_said_to_be_priced_as_elsewhere(name: str) -> None:
    assert "region=global" in cost("", name, input=7).assumed or "contested=input" in cost("", name, input=7).assumed


def test_where_others_sell_it_under_all_of_the_name_the_seller_is_assumed() -> None:
    assert "provider=openai" in cost("", "openai/gpt-oss-120b", input=7).assumed


def test_a_span_that_was_open_at_two_changes_has_the_last_price(
    make_telemetry: Callable[..., Telemetry],
) -> None:
    table = PriceTable.of_texts([], version="none", checked=date(2026, 11, 22))
    table.add_cost("m", input=1, output=2, start=0)
    telemetry = make_telemetry(table=table).attach()
    tracer = telemetry.tracer()
    spans = [tracer.start_span("chat", attributes=call("m", 1000, 100)) for _ in range(3)]
    table.add_cost("m", input=3, output=6, start=10**9)
    spans[0].end()
    table.add_cost("m", input=7, output=14, start=2 * 10**9)
    spans[1].end()
    spans[2].end()
    amounts = [(span.attributes or {})["gen_ai.usage.cost.amount"] for span in telemetry.spans]
    assert amounts == [float(Fraction(1000 * rate + 100 * 2 * rate, 10**6)) for rate in (3, 7, 7)]


def test_a_fee_that_depends_on_what_no_span_shows_is_contested_and_not_known_to_a_strict_reader() -> None:
    asked = Call("perplexity", "sonar", instant_of("2026-09-01"), Usage(input=1009, output=101), "standard")
    # $1 per million tokens either way, and $12 per 1,000 requests, the highest of the fees.
    tokens = Fraction(1009 + 101, 10**6)
    plain, strict = (price_call(asked, PriceTable.shipped(), strict=is_strict) for is_strict in (False, True))
    assert (Fraction(plain.units or 0, UNITS), plain.assumed) == (tokens + Fraction(12, 1000), ("contested=requests",))
    assert (strict.status, strict.reason, Fraction(strict.units or 0, UNITS)) == (Status.PARTIAL, "strict", tokens)
