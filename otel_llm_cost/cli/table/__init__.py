"""`otel-llm-cost table`: the price table itself."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING, Final

from otel_llm_cost.cli.table import at, check, diff, export_prices, import_prices, search, show, update

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_COMMANDS: Final = (show, at, search, check, diff, import_prices, export_prices, update)


def add(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Adds the group."""
    parser = commands.add_parser("table", help="look into the price table, check it, compare and change it")
    group = parser.add_subparsers(dest="table_command", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add(group)
