"""What a program under test spends: its calls, what they cost by the published rates, and the program as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, TypeAlias

from tests.backends.process import PATIENCE, wait_for

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent.parent
PRICES: Final = HERE / "prices.toml"

RATES: Final[Mapping[str, Mapping[str, str]]] = {
    "writer-1": {"input": "2.5", "cache_read": "0.25", "output": "10"},
    "dear-1": {"input": "700", "output": "1300"},
    "euro-1": {"input": "0.3", "output": "1.1"},
    "half-1": {"input": "7"},
}
"""Per million tokens, as in prices.toml."""
CURRENCIES: Final[Mapping[str, str]] = {"euro-1": "EUR"}

Series: TypeAlias = "tuple[tuple[str, str], ...]"
"""Labels and their values, in order."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call; `input` holds the cached tokens, as the conventions say. Without counts it failed before it was answered."""

    model: str
    input: int | None = None
    output: int | None = None
    cached: int = 0
    error: str | None = None
    name: str = "chat"

    @property
    def is_priced(self) -> bool:
        """Whether all of its cost is known."""
        return bool(self.counts) and self.counts.keys() <= RATES.get(self.model, {}).keys()

    @property
    def status(self) -> tuple[str, str]:
        """And the reason; none where the cost is known."""
        if self.is_priced:
            return "priced", ""
        if self.error:
            return "unpriced", "error"
        if self.model not in RATES:
            return "unpriced", "unknown_model"
        (unknown,) = self.counts.keys() - RATES[self.model].keys()
        return "partial", f"no_rate:{unknown}"

    @property
    def counts(self) -> dict[str, int]:
        """Disjoint, by component, without zeros."""
        counts = {"input": (self.input or 0) - self.cached, "cache_read": self.cached, "output": self.output or 0}
        return {component: count for component, count in counts.items() if count}

    @property
    def costs(self) -> dict[str, Fraction]:
        """Exactly, by component, as far as they are known."""
        rates = RATES.get(self.model, {})
        counts = {component: count for component, count in self.counts.items() if component in rates}
        return {component: count * Fraction(rates[component]) / 10**6 for component, count in counts.items()}

    @property
    def cost(self) -> Fraction:
        return sum(self.costs.values(), Fraction(0))

    @property
    def currency(self) -> str:
        return CURRENCIES.get(self.model, "USD")


# Every count is another prime.
PLAIN: Final = Call("writer-1", 1009, 101)
CACHED: Final = Call("writer-1", 2003, 211, cached=401)
DEAR: Final = Call("dear-1", 907, 877)
EURO: Final = Call("euro-1", 503, 53)
UNKNOWN: Final = Call("nobodys-1", 307, 31)
FAILED: Final = Call("writer-1", error="timeout")
PARTIAL: Final = Call("half-1", 1511, 151)
ALL: Final = (PLAIN, CACHED, DEAR, EURO, UNKNOWN, FAILED, PARTIAL)


class Ledger:
    """The exact totals of calls, by the labels that their series have in Prometheus."""

    def __init__(self, calls: Iterable[Call]) -> None:
        self.spend: Counter[Series] = Counter()
        self.tokens: Counter[Series] = Counter()
        self.calls: Counter[Series] = Counter()
        for call in calls:
            own = {"gen_ai_response_model": call.model}
            status, reason = call.status
            for component, cost in call.costs.items():
                labels = {"llm_cost_component": component, "gen_ai_usage_cost_currency": call.currency, "llm_cost_status": status}
                self.spend[series(own | labels)] += cost  # type: ignore[assignment] # a Counter of fractions
            for component, count in call.counts.items():
                self.tokens[series(own | {"llm_cost_component": component})] += count
            because = {"llm_cost_reason": reason} if reason else {}
            self.calls[series(own | because | {"llm_cost_status": status})] += 1

    def doubles(self) -> dict[str, dict[Series, float]]:
        """Every series' value, the double nearest to the exact total, by the metric's name in Prometheus."""
        return {
            "llm_cost_spend_total": {labels: float(total) for labels, total in self.spend.items()},
            "llm_cost_tokens_total": {labels: float(total) for labels, total in self.tokens.items()},
            "llm_cost_calls_total": {labels: float(total) for labels, total in self.calls.items()},
        }


def series(labels: Mapping[str, str]) -> Series:
    return tuple(sorted(labels.items()))


LABELS: Final[Mapping[str, tuple[str, ...]]] = {
    "llm_cost_spend_total": ("gen_ai_response_model", "gen_ai_usage_cost_currency", "llm_cost_component", "llm_cost_status"),
    "llm_cost_tokens_total": ("gen_ai_response_model", "llm_cost_component"),
    "llm_cost_calls_total": ("gen_ai_response_model", "llm_cost_reason", "llm_cost_status"),
}
"""Those of them that tell a ledger's series apart."""


class Spender:
    """The program under test. It makes the calls that it is told of, and ends when it is told to."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *, configures: bool) -> None:
        self.calls: list[Call] = []
        self._answers = folder / "answers"
        self._errors = folder / "errors"
        program = [sys.executable, "-m", "tests.backends.spender", *(["--configure"] if configures else [])]
        instrument = [] if configures else [str(Path(sys.executable).with_name("opentelemetry-instrument"))]
        own = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_") and "proxy" not in name.lower()}
        settings = {
            "OTEL_LOGS_EXPORTER": "none",
            "OTEL_SERVICE_NAME": "spender",
            "OTEL_METRIC_EXPORT_INTERVAL": "200",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            "OTEL_LLM_COST_PRICES": str(PRICES),
            "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "anthropic,openai,httpx,httpx2,requests,urllib,urllib3,system_metrics",
            "PYTHONUNBUFFERED": "1",
        }
        with self._answers.open("wb") as answers, self._errors.open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - the test's own program
                [*instrument, *program],
                cwd=ROOT,
                env=own | settings | dict(environment),
                stdin=subprocess.PIPE,
                stdout=answers,
                stderr=errors,
            )

    @property
    def log(self) -> str:
        """What it and its exporters say on stderr."""
        return self._errors.read_text(encoding="utf-8", errors="replace")

    def spend(self, *calls: Call) -> None:
        """Returns when they have been made."""
        assert self._process.stdin is not None
        for call in calls:
            self._process.stdin.write(f"{json.dumps(asdict(call))}\n".encode())
        self._process.stdin.flush()
        self.calls += calls
        wait_for(self._has_spent_or_ended, f"{len(self.calls)} calls to be made; the program says {self.log}")
        assert self._process.poll() is None, self.log

    def _has_spent_or_ended(self) -> bool:
        return self._process.poll() is not None or len(self._answers.read_bytes().splitlines()) >= len(self.calls)

    def terminate(self) -> None:
        """SIGTERM, as a container engine sends it."""
        self._process.send_signal(signal.SIGTERM)
        self._wait((0, -signal.SIGTERM, 128 + signal.SIGTERM))

    def finish(self) -> None:
        """It ends by itself."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._wait((0,))

    def _wait(self, codes: tuple[int, ...]) -> None:
        assert self._process.stdin is not None
        code = self._process.wait(PATIENCE)
        self._process.stdin.close()
        assert code in codes, f"exit code {code}: {self.log}"

    def end(self) -> None:
        """Whatever its state."""
        assert self._process.stdin is not None
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()


@contextmanager
def spender(
    endpoint: str = "", protocol: str = "http/protobuf", *, configures: bool = True, **environment: str
) -> Iterator[Spender]:
    """The program, sending to an OTLP endpoint, set up by `configure` or by `opentelemetry-instrument`."""
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol} if endpoint else {}
    with tempfile.TemporaryDirectory(prefix="spender-") as folder:
        program = Spender(Path(folder), told | environment, configures=configures)
        try:
            yield program
        finally:
            program.end()
