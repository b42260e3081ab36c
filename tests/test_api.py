"""The public API and the shape of the package."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import otel_llm_cost

ROOT = Path(otel_llm_cost.__file__).parent


def test_public_names() -> None:
    assert otel_llm_cost.__all__ == [
        "Call",
        "Cost",
        "CostSpanExporter",
        "CostSpanProcessor",
        "LLMCostInstrumentor",
        "PriceFileError",
        "PriceTable",
        "Reason",
        "Status",
        "Usage",
        "__version__",
        "configure",
        "price_call",
        "record_call",
    ]
    assert all(getattr(otel_llm_cost, name).__doc__ for name in otel_llm_cost.__all__)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="Nothing"):
        _ = otel_llm_cost.Nothing


def test_it_is_typed() -> None:
    assert (ROOT / "py.typed").exists()


def test_metrics_use_the_api_only() -> None:
    tree = ast.parse((ROOT / "metrics.py").read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    assert any(name.startswith("opentelemetry.metrics") for name in imported)
    assert not any(name.startswith("opentelemetry.sdk") for name in imported)


def test_no_module_is_two_rooms() -> None:
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in ROOT.rglob("*.py")}
    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_import_opens_nothing() -> None:
    """No socket, and no price file: those are read at the first LLM span."""
    program = """
import sys
seen = []
def hook(event, arguments):
    path = str(arguments[0]) if arguments else ""
    if event.startswith("socket.") or (event == "open" and path.endswith(".json") and "otel_llm_cost" in path):
        seen.append((event, str(arguments[:1])))
sys.addaudithook(hook)
import otel_llm_cost
otel_llm_cost.LLMCostInstrumentor
sys.exit(f"at import: {seen}" if seen else 0)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
