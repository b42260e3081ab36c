"""Pricing one call by litellm, in an environment of its own. A pyperf script."""

from __future__ import annotations

import os

import pyperf

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm  # type: ignore[import-not-found,unused-ignore] # in an environment of its own

UNCACHED, CACHED, OUTPUT = 6007, 240_007, 503


def main() -> None:
    """Runs it: a model with rates above 200,000 tokens, most of them cached."""
    runner = pyperf.Runner(processes=3, values=3, warmups=1)

    def price() -> tuple[float, float]:
        prices: tuple[float, float] = litellm.cost_per_token(
            model="claude-sonnet-4-5",
            custom_llm_provider="anthropic",
            prompt_tokens=UNCACHED + CACHED,
            completion_tokens=OUTPUT,
            cache_read_input_tokens=CACHED,
        )
        return prices

    runner.bench_func("litellm.cost_per_token", price)


if __name__ == "__main__":
    main()
