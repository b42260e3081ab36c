"""Runs `examples/assistant.py` under `opentelemetry-instrument` against stand-ins, and prints and checks what arrives."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from examples.demo import report
from examples.demo.check import Check, compare
from examples.demo.provider import Provider
from examples.demo.receiver import Receiver
from examples.demo.replies import REPLIES

PROGRAM: Final = Path("examples/assistant.py")
ROOT: Final = Path(__file__).resolve().parents[2]
SECONDS: Final = 120
_TAKEN_OUT: Final = ("OTEL_", "OPENAI_", "ANTHROPIC_", "ASSISTANT_")

YOUR_OWN: Final = """
The same from your own program, with your own keys and to your own backend: no line of code, five variables.

  export OPENAI_API_KEY=...  ANTHROPIC_API_KEY=...
  export OTEL_EXPORTER_OTLP_ENDPOINT=https://otlp.example.com      # any OTLP backend or collector
  export OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20..."   # if it asks for one
  export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf                 # or grpc, the default
  opentelemetry-instrument python examples/assistant.py
"""


def main() -> int:
    """0 where everything that arrived is as it was written by hand; 1 where not, or where the program did not run."""
    with Provider() as provider, Receiver() as receiver:
        _title(f"THE PROGRAM: opentelemetry-instrument python {PROGRAM}")
        print(f"No key, no network: {provider.url} stands in for OpenAI and Anthropic, {receiver.endpoint} for your backend.\n")
        if (problem := _run(provider.url, receiver.endpoint)) is not None:
            print(f"\nFAILED: {problem}")
            return 1
        spans, points = receiver.spans(), receiver.metric_points()
        _title(f"TRACES: {len(spans)} spans, as received over OTLP")
        _print(report.trees(spans))
        _title("BY MODEL, from the metrics")
        _print(report.table(points))
        _title("METRICS, as received over OTLP: the last point of each series")
        _print(report.metrics(points))
        _title(f"CHECK: {receiver.size()} bytes received, against the costs written by hand in examples/demo/replies.py")
        checks = [*compare(spans, points, provider.served), _complete(provider, receiver)]
        return _verdict(checks)


def _run(provider_url: str, endpoint: str) -> str | None:
    """Runs the program. Returns what went wrong, if anything did."""
    command = Path(sys.executable).with_name("opentelemetry-instrument")
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            [command, sys.executable, PROGRAM],
            cwd=ROOT,
            env=_environment(os.environ, provider_url, endpoint),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return f"{command} is not there; `make demo` installs it"
    except subprocess.TimeoutExpired:
        return f"{PROGRAM} did not end within {SECONDS} s"
    for line in (done.stdout + done.stderr).splitlines():
        print(line if len(line) <= report.WIDTH else f"{line[: report.WIDTH - 1]}…")
    return f"{PROGRAM} ended with exit code {done.returncode}" if done.returncode else None


def _environment(own: Mapping[str, str], provider_url: str, endpoint: str) -> dict[str, str]:
    """The caller's environment, without what would send the program elsewhere."""
    kept = {name: value for name, value in own.items() if not name.startswith(_TAKEN_OUT) and not name.lower().endswith("_proxy")}
    return kept | {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_SERVICE_NAME": "assistant",
        "OTEL_TRACES_EXPORTER": "otlp",
        "OPENAI_API_KEY": "not-a-key",
        "OPENAI_BASE_URL": f"{provider_url}/v1",
        "ANTHROPIC_API_KEY": "not-a-key",
        "ANTHROPIC_BASE_URL": provider_url,
        # A proxy of the operating system's settings does not reach the loopback interface either.
        "NO_PROXY": "127.0.0.1",
        "PYTHONIOENCODING": "utf-8",
    }


def _complete(provider: Provider, receiver: Receiver) -> Check:
    check = Check(
        "every reply asked for, every export accepted", f"{len(provider.served)} replies, {len(receiver.received)} exports"
    )
    check.differences.extend(f"nobody asked for {reply.id or reply.asked}" for reply in REPLIES if reply not in provider.served)
    check.differences.extend(f"an unexpected request: {request}" for request in provider.unexpected)
    check.differences.extend(f"an export was refused: {why}" for why in receiver.refused)
    return check


def _verdict(checks: Iterable[Check]) -> int:
    differences = []
    for check in checks:
        print(f"{'WRONG' if check.differences else 'ok':<7}{check.what:<46}{check.value}")
        differences.extend(check.differences)
    for difference in differences:
        print(f"DIFFERS: {difference}")
    if differences:
        return 1
    print(YOUR_OWN, end="")
    return 0


def _title(text: str) -> None:
    print(f"\n{text}\n{'─' * report.WIDTH}")


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):
        # The trees need more than a terminal's old code page.
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(main())
