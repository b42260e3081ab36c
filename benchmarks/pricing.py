"""Pricing one call with every condition in play: ours, by hand, and by genai-prices. A pyperf script."""

from __future__ import annotations

from datetime import UTC, datetime

import genai_prices
import pyperf

from otel_llm_cost import Call, Cost, PriceTable, Status, Usage, price_call
from otel_llm_cost.call import unix_nano

AT = datetime(2026, 1, 15, 12, tzinfo=UTC)
MODEL = "claude-sonnet-4-5"
"""Has dated rates, a tier above 200,000 tokens that ended on a day, and batch rates."""
UNCACHED, CACHED, OUTPUT = 6007, 240_007, 503

ON_A_MONDAY = datetime(2026, 11, 16, 2, tzinfo=UTC)
"""In DeepSeek's peak hours, which weekdays have."""


def main() -> None:
    """Runs them."""
    runner = pyperf.Runner(processes=7, values=3, warmups=1)
    table = PriceTable.shipped()
    call = Call("anthropic", MODEL, unix_nano(AT), Usage(input=UNCACHED, cache_read=CACHED, output=OUTPUT), tier="standard")
    ours = price_call(call, table)
    quote = ours.quote
    components, priced = ours.components, Status.PRICED
    # $6, $0.60 and $22.50 per million tokens, in units of 1e-30.
    input_rate, cached_rate, output_rate = 6 * 10**24, 6 * 10**23, 225 * 10**23

    def by_hand() -> Cost:
        parts = (UNCACHED * input_rate, CACHED * cached_rate, OUTPUT * output_rate)
        return Cost(priced, None, "USD", sum(parts), components, parts, quote, ())

    if by_hand() != ours:
        raise SystemExit(f"by hand: {by_hand()}, ours: {ours}")
    usage = genai_prices.Usage(input_tokens=UNCACHED + CACHED, cache_read_tokens=CACHED, output_tokens=OUTPUT)
    theirs = genai_prices.calc_price(usage, MODEL, provider_id="anthropic", genai_request_timestamp=AT)
    if theirs.total_price != ours.amount:
        # They have this model's tier without its dates: the work is the same, the answer need not be.
        print(f"genai-prices says {theirs.total_price}, we say {ours.amount}")

    at, clocked = unix_nano(ON_A_MONDAY), Usage(input=UNCACHED, cache_read=CACHED, output=OUTPUT)
    peak = Call("deepseek", "deepseek-chat", at, clocked, "standard", end_unix_nano=at + 9 * 10**9)
    regional = Call("openai", "gpt-5.4", at, Usage(input=UNCACHED, cache_read=CACHED, output=OUTPUT), "flex", region="eu")
    for one in (peak, regional):
        if price_call(one, table).status is not Status.PRICED:
            raise SystemExit(f"not priced: {one}")

    runner.bench_func("price_call", price_call, call, table)
    runner.bench_func("price_call, by hours and weekdays", price_call, peak, table)
    runner.bench_func("price_call, by tier and region", price_call, regional, table)
    runner.bench_func("by hand", by_hand)
    runner.bench_func(
        "genai_prices.calc_price",
        lambda: genai_prices.calc_price(usage, MODEL, provider_id="anthropic", genai_request_timestamp=AT),
    )


if __name__ == "__main__":
    main()
