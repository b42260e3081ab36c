"""The command line: one file a command."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from otel_llm_cost.cli import price
from otel_llm_cost.version import VERSION


def main(arguments: Sequence[str] | None = None) -> int:
    """`otel-llm-cost`. Exits 2 where the call is a mistake."""
    parser = argparse.ArgumentParser(prog="otel-llm-cost", description="What LLM calls cost, at the price in force when they ran.")
    parser.add_argument("--version", action="version", version=VERSION)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    price.add(commands)
    given = parser.parse_args(arguments)
    return int(given.run(given))
