"""`make bench`: what we cost, as ratios of medians. Absolute times differ from machine to machine; ratios hardly."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import pyperf

HERE = Path(__file__).parent
SDK = "import opentelemetry.sdk.trace, opentelemetry.sdk.metrics"


def medians(script: str) -> dict[str, float]:
    """The median seconds of each benchmark of a pyperf script."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "results.json"
        subprocess.run([sys.executable, HERE / script, "--quiet", "-o", output], check=True, stdout=subprocess.DEVNULL)
        return {bench.get_name(): bench.median() for bench in pyperf.BenchmarkSuite.load(str(output)).get_benchmarks()}


def import_milliseconds(statement: str) -> float:
    """How long a fresh interpreter takes for an import."""
    program = f"import time; begun = time.perf_counter(); {statement}; print(time.perf_counter() - begun)"
    return float(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout) * 1e3


def main() -> None:
    """Runs all, and prints the table."""
    pricing, spans = medians("pricing.py"), medians("spans.py")
    bare, theirs = spans["bare span"], pricing["genai_prices.calc_price"]
    # Taken in turns, so that the machine's moods meet both.
    imports = [(import_milliseconds(SDK), import_milliseconds(f"{SDK}, otel_llm_cost")) for _ in range(15)]
    added = statistics.median(ours - alone for alone, ours in imports)

    below = "LLM span below an agent's"

    def over_bare(name: str) -> float:
        return (spans[f"{name}, with us"] - spans[name]) / bare

    rows = [
        (
            "price_call, against genai_prices.calc_price",
            f"{theirs / pricing['price_call']:.0f} x faster",
            "20",
        ),
        ("price_call, against the same arithmetic by hand", f"{pricing['price_call'] / pricing['by hand']:.2f} x", "2.5 x"),
        ("added to an LLM span, in bare spans", f"{over_bare('LLM span'):.2f}", "1.0"),
        ("added to an LLM span below an agent's, in bare spans", f"{over_bare(below):.2f}", "1.0"),
        ("added to a span of a known other scope", f"{spans['span of a known other scope, with us'] / bare - 1:.1%}", "5%"),
        ("added to a span of an unknown scope", f"{spans['span of an unknown scope, with us'] / bare - 1:.1%}", "20%"),
        ("added to the import of the SDK", f"{added:.0f} ms", "40 ms"),
    ]
    print(f"{'':52}  {'measured':>12}  {'goal':>6}")
    for name, measured, goal in rows:
        print(f"{name:52}  {measured:>12}  {goal:>6}")
    print(f"\na bare span here: {bare * 1e6:.1f} us; price_call: {pricing['price_call'] * 1e6:.2f} us")


if __name__ == "__main__":
    main()
