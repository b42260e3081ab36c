"""Finding a model by its name, in tables of 2,300 and of 100,000 models: known or not, seen before or new. A pyperf script."""

from __future__ import annotations

import json
from datetime import date

import pyperf

from otel_llm_cost import Usage
from otel_llm_cost.call import instant_of
from otel_llm_cost.prices.files.file import PriceFile
from otel_llm_cost.prices.lookup import Lookup
from otel_llm_cost.prices.provider import Provider
from otel_llm_cost.prices.shipped import Shipped

SIZES = (2_300, 100_000)
ASKED = 500
"""Different names in a run."""


def shipped(size: int) -> Shipped:
    """A table of so many models, four rates each."""
    rates = {"input": "2.5", "cache_read": "0.25", "cache_write": "3.125", "output": "10"}
    prices = [{"model": f"model-{number}", "from": "2025-01-01", "rates": rates, "source": "page"} for number in range(size)]
    page = {"url": "https://acme.example/prices", "read": "2026-11-22"}
    document = {"provider": "acme", "names": ["acme"], "currency": "USD", "sources": {"page": page}, "prices": prices}
    held = Provider([PriceFile(json.dumps(document), "acme.json")])
    return Shipped("test", date(2026, 11, 22), {"acme": "acme"}, lambda _: held)


def main() -> None:
    """Runs them."""
    runner = pyperf.Runner(processes=3, values=3, warmups=1)
    at, usage = instant_of("2026-11-22"), Usage(input=6007, cache_read=401, output=503)
    for size in SIZES:
        held = shipped(size)
        step = size // ASKED
        known = [f"model-{number * step}" for number in range(ASKED)]
        unknown = [f"model-{number * step}-of-another" for number in range(ASKED)]
        seen = Lookup(held)

        def look(lookup: Lookup, names: list[str]) -> None:
            for name in names:
                lookup.quote("acme", name, at, None, usage)

        for kind, names in (("known", known), ("unknown", unknown)):
            look(seen, names)
            runner.bench_func(f"{kind}, {size}, seen", look, seen, names, inner_loops=ASKED)
            runner.bench_func(f"{kind}, {size}, new", lambda held=held, names=names: look(Lookup(held), names), inner_loops=ASKED)


if __name__ == "__main__":
    main()
