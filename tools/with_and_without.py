"""Builds the wheel, and runs examples/hello.py under `opentelemetry-instrument` in a clean environment, without it and with it.

Exits 1 unless the installed wheel, and nothing else, put the right cost on the span and the metrics.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from examples.demo.otlp import Span  # noqa: E402 - found by the line above
from examples.demo.provider import Provider  # noqa: E402
from examples.demo.receiver import Receiver  # noqa: E402
from examples.demo.replies import Reply  # noqa: E402
from examples.demo.shapes import chat, chat_usage  # noqa: E402

REQUIREMENTS = ("openai", "opentelemetry-distro", "opentelemetry-exporter-otlp", "opentelemetry-instrumentation-genai-openai")
# gpt-4o-mini, $0.15 in and $0.60 out per million tokens, 1,009 in and 211 out.
COST = (1009 * Decimal("0.15") + 211 * Decimal("0.60")) / 1_000_000
REPLY = Reply(
    "/v1/chat/completions",
    "gpt-4o-mini",
    chat("chatcmpl-hello", "gpt-4o-mini-2024-07-18", chat_usage(1009, 211), text="Hello."),
    COST,
)


def main() -> int:
    """The command."""
    with tempfile.TemporaryDirectory() as folder:
        wheels, environment = Path(folder) / "wheels", Path(folder) / "environment"
        _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels))
        wheel = next(wheels.glob("*.whl"))
        _run(sys.executable, "-m", "venv", str(environment))
        _install(environment, *REQUIREMENTS, "--constraint", str(ROOT / "requirements" / "dev.txt"))
        without = _spans(environment, folder)
        _install(environment, str(wheel), "--constraint", str(ROOT / "requirements" / "dev.txt"))
        with_us = _spans(environment, folder)
        command = str(environment / "bin" / "otel-llm-cost")
        print(_run(command, "price", "--provider", "openai", "--model", "gpt-4o-mini", "--input", "1").strip(), end="\n\n")
    ours = ("llm_cost.", "gen_ai.usage.cost.")
    too_early = [span for span in without if any(name.startswith(ours) for name in span.attributes)]
    found = [span.attributes.get("gen_ai.usage.cost.amount") for span in with_us if span.name.startswith("chat ")]
    right = not too_early and found == [float(COST)]
    print(f"{wheel.name}: {'one span priced right, by the wheel alone' if right else f'WRONG: {found}, not [{COST}]'}")
    return 0 if right else 1


def _spans(environment: Path, folder: str) -> list[Span]:
    """Runs the program, prints what arrived, and returns it."""
    with Provider((REPLY,)) as provider, Receiver() as receiver:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "SSL_CERT_FILE"}}
        variables = {
            "OPENAI_API_KEY": "not-a-key",
            "OPENAI_BASE_URL": f"{provider.url}/v1",
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        }
        binaries = environment / "bin"
        program = str(ROOT / "examples" / "hello.py")
        _run(str(binaries / "opentelemetry-instrument"), str(binaries / "python"), program, env=kept | variables, cwd=folder)
        spans = receiver.spans()
        metrics = sorted({point.metric for point in receiver.metric_points()})
    print("$ opentelemetry-instrument python examples/hello.py")
    for span in spans:
        print(span.name)
        for name, value in span.attributes.items():
            if name.startswith(("gen_ai.usage", "gen_ai.response.model", "llm_cost.")):
                print(f"    {name} = {value}")
    print("metrics:", *metrics, end="\n\n")
    return spans


def _install(environment: Path, *what: str) -> None:
    _run(str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what)


def _run(*command: str, env: dict[str, str] | None = None, cwd: str | Path = ROOT) -> str:
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, check=False, timeout=600)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
