"""`make bench`: what we cost, as ratios of medians. Absolute times differ from machine to machine; ratios hardly."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import pyperf

from benchmarks.libraries import LIBRARIES

HERE = Path(__file__).parent
SDK = "import opentelemetry.sdk.trace, opentelemetry.sdk.metrics"


PEERS = Path(os.environ.get("OTEL_LLM_COST_PEERS", ".venv-peers")) / "bin" / "python"
"""The interpreter that has litellm, which needs an environment of its own."""


def medians(script: str, python: str | Path = sys.executable) -> dict[str, float]:
    """The median seconds of each benchmark of a pyperf script."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "results.json"
        subprocess.run([python, HERE / script, "--quiet", "-o", output], check=True, stdout=subprocess.DEVNULL)
        return {bench.get_name(): bench.median() for bench in pyperf.BenchmarkSuite.load(str(output)).get_benchmarks()}


def import_milliseconds(statement: str) -> float:
    """How long a fresh interpreter takes for an import."""
    program = f"import time; begun = time.perf_counter(); {statement}; print(time.perf_counter() - begun)"
    return float(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout) * 1e3


FIRST_USE = """
import resource, sys, time
from otel_llm_cost import Call, PriceTable, Usage, price_call
table, usage, kib = PriceTable.shipped(), Usage(input=7, output=5), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
spent = []
for provider in sys.argv[1:]:
    begun = time.perf_counter()
    price_call(Call(provider, MODELS.get(provider, "none"), 1_790_000_000 * 10**9, usage), table)
    spent.append(time.perf_counter() - begun)
print(max(spent) * 1e3, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - kib) / 1024)
"""


def first_use(*providers: str) -> tuple[float, float]:
    """Milliseconds of the slowest first use among providers, in a fresh interpreter, and the MiB that all of them take."""
    models = {"openai": "gpt-4o", "anthropic": "claude-sonnet-4-5", "google": "gemini-2.5-pro", "openrouter": "openai/gpt-4o"}
    program = f"MODELS = {models!r}\n{FIRST_USE}"
    printed = subprocess.run([sys.executable, "-c", program, *providers], check=True, capture_output=True, text=True).stdout
    milliseconds, mib = printed.split()
    return float(milliseconds), float(mib)


def main() -> None:
    """Runs all, and prints the table."""
    pricing, spans, names = medians("pricing.py"), medians("spans.py"), medians("names.py")
    litellm = medians("litellm_peer.py", PEERS)["litellm.cost_per_token"]
    of_unknown = names["unknown, 100000, seen"] / names["known, 100000, seen"]
    bare, theirs = spans["bare span"], pricing["genai_prices.calc_price"]
    slowest = max(pricing[name] for name in pricing if name.startswith("price_call"))
    # Taken in turns, so that the machine's moods meet both.
    imports = [(import_milliseconds(SDK), import_milliseconds(f"{SDK}, otel_llm_cost")) for _ in range(15)]
    added = statistics.median(ours - alone for alone, ours in imports)

    below = "LLM span below an agent's"
    first = statistics.median(first_use("openai", "anthropic", "google", "openrouter", "aws.bedrock")[0] for _ in range(5))
    memory = statistics.median(first_use("openai", "anthropic", "google")[1] for _ in range(5))

    def of_sizes(kind: str, seen: str) -> float:
        return names[f"{kind}, 100000, {seen}"] / names[f"{kind}, 2300, {seen}"]

    def over_bare(name: str) -> float:
        return (spans[f"{name}, with us"] - spans[name]) / bare

    rows = [
        (
            "price_call, against genai_prices.calc_price",
            f"{theirs / pricing['price_call']:.0f} x faster",
            "20",
        ),
        (
            "price_call in its slowest case, against the same",
            f"{theirs / slowest:.0f} x faster",
            "20",
        ),
        ("the same, against litellm.cost_per_token", f"{litellm / slowest:.0f} x faster", "20"),
        ("a known name in 100,000 models, to one in 2,300", f"{of_sizes('known', 'seen'):.2f} x", "1"),
        ("an unknown one", f"{of_sizes('unknown', 'seen'):.2f} x", "1"),
        ("a known name never seen before", f"{of_sizes('known', 'new'):.2f} x", "1"),
        ("an unknown one", f"{of_sizes('unknown', 'new'):.2f} x", "1"),
        ("an unknown name to a known one, in 100,000", f"{of_unknown:.2f} x", "1"),
        ("first use of a provider, the slowest of five", f"{first:.0f} ms", "20 ms"),
        ("resident memory of three providers", f"{memory:.1f} MiB", "10 MiB"),
        ("price_call, against the same arithmetic by hand", f"{pricing['price_call'] / pricing['by hand']:.2f} x", "2.5 x"),
        ("added to an LLM span, in bare spans", f"{over_bare('LLM span'):.2f}", "1.0"),
        ("added to an LLM span below an agent's, in bare spans", f"{over_bare(below):.2f}", "1.0"),
        *((f"added to a span of {library}, in bare spans", f"{over_bare(library):.2f}", "-") for library in LIBRARIES),
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
