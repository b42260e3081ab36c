"""Calls with all that can become of their cost, what they cost by the published rates, and a program that makes them in batches."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from tests.backends.process import PATIENCE

ROOT: Final = Path(__file__).parents[2]
PRICES: Final = Path(__file__).with_name("paced_prices.toml")
RATES: Final = {
    "m": {"input": "3", "output": "15", "cache_read": "0.30"},
    "small": {"input": "0.15", "output": "0.60"},
    "half-known": {"input": "7"},
    "gratis": {"input": "0", "output": "0"},
    "e": {"input": "2", "output": "9"},
}
"""Per million tokens, as in paced_prices.toml."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call. Counts are disjoint; the cost is told where `told` says so."""

    model: str
    input: int = 0
    output: int = 0
    cache_read: int = 0
    provider: str = "acme"
    currency: str = "USD"
    told: str | None = None
    status: str = "priced"
    reason: str | None = None
    twice: bool = False
    full: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """By component, without zeros."""
        found = {"input": self.input, "output": self.output, "cache_read": self.cache_read}
        return {component: count for component, count in found.items() if count}

    @property
    def spent(self) -> Fraction:
        """What is known of it; of a partial cost the known part."""
        if self.told is not None:
            return Fraction(self.told)
        rates = RATES.get(self.model, {})
        return sum((count * Fraction(rates[name]) / 10**6 for name, count in self.counts.items() if name in rates), Fraction(0))

    @property
    def cost(self) -> Fraction | None:
        """None where it is not wholly known."""
        return self.spent if self.status in {"priced", "free", "reported"} else None

    @property
    def savings(self) -> Fraction:
        """What the cached tokens would have cost uncached, less what they cost."""
        if not self.cache_read:
            return Fraction(0)
        return self.cache_read * (Fraction(RATES[self.model]["input"]) - Fraction(RATES[self.model]["cache_read"])) / 10**6

    @property
    def as_line(self) -> dict[str, Any]:
        attributes: dict[str, Any] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": self.provider,
            "gen_ai.request.model": self.model,
        }
        if self.reason != "error":
            attributes |= {
                "gen_ai.response.model": self.model,
                "gen_ai.usage.input_tokens": self.input + self.cache_read,
                "gen_ai.usage.output_tokens": self.output,
            }
        if self.cache_read:
            attributes["gen_ai.usage.cache_read.input_tokens"] = self.cache_read
        if self.told is not None:
            attributes |= {"gen_ai.usage.cost.amount": float(self.told), "gen_ai.usage.cost.currency": self.currency}
        return {"attributes": attributes, "failed": self.reason == "error", "twice": self.twice, "full": self.full}


# Every count is another prime.
PLAIN: Final = Call("m", 100_003, 10_007)
CACHED: Final = Call("m", 2003, 3001, cache_read=400_009)
SMALL: Final = Call("small", 503, 101)
EURO: Final = Call("e", 50_021, 5003, provider="euro-acme", currency="EUR")
TOLD: Final = Call("big", 307, 31, told="0.0625", status="reported")
FREE: Final = Call("gratis", 701, 71, status="free")
PARTIAL: Final = Call("half-known", 907, 97, status="partial", reason="no_rate:output")
UNKNOWN: Final = Call("nobodys", 601, 61, status="unpriced", reason="unknown_model")
FAILED: Final = Call("m", status="unpriced", reason="error")
TWICE: Final = replace(PLAIN, input=1009, output=211, twice=True)
FULL: Final = replace(SMALL, input=509, output=103, full=True)


class Paced:
    """The program: it exports when a batch has been made, and at no other time."""

    def __init__(self, endpoint: str, service: str) -> None:
        own = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_") and "proxy" not in name.lower()}
        own |= {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_SERVICE_NAME": service, "OTEL_LLM_COST_PRICES": str(PRICES)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.backends.paced_program"],
            cwd=ROOT,
            env=own,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def make(self, calls: Sequence[Call]) -> list[str]:
        """The calls' traces; their metrics are received when this returns."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([call.as_line for call in calls]) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or '{"exported": false}')
        assert answer["exported"], "the program ended, or what it exported was refused"
        traces: list[str] = answer["traces"]
        return traces

    def finish(self) -> None:
        """It ends by itself."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        assert self._process.wait(PATIENCE) == 0
        self._process.stdout.close()

    def end(self) -> None:
        """Whatever its state."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def paced(endpoint: str, service: str) -> Iterator[Paced]:
    """The program, sending to an OTLP endpoint."""
    program = Paced(endpoint, service)
    try:
        yield program
    finally:
        program.end()
