"""The command line: one file a command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from otel_llm_cost.cli import doctor, explain, price, table
from otel_llm_cost.cli.output import complain
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.version import VERSION


def parser() -> argparse.ArgumentParser:
    """Every command and flag."""
    made = argparse.ArgumentParser(prog="otel-llm-cost", description="What LLM calls cost, at the price in force when they ran.")
    made.add_argument("--version", action="version", version=VERSION)
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    price.add(commands)
    explain.add(commands)
    table.add(commands)
    doctor.add(commands)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """`otel-llm-cost`. Exits 2 where the call is a mistake, or a price file cannot be used."""
    given = parser().parse_args(arguments)
    try:
        code = int(given.run(given))
        sys.stdout.flush()
    except PriceFileError as error:
        complain(str(error))
        return 2
    except BrokenPipeError:
        # Whoever read has enough: what is left to write goes nowhere, and the interpreter's last flush does not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code
