"""Which prices a command uses: the shipped ones, and over them the user's files."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Final

from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.settings import price_files_from_environment

HERE: Final = Path("llm-prices.toml")
"""Found in the working directory."""


def add_prices(parser: ArgumentParser) -> None:
    """Adds the flag by which a command is given price files."""
    parser.add_argument(
        "--prices",
        action="append",
        default=[],
        metavar="FILE",
        help="a price file of your own, beside those of OTEL_LLM_COST_PRICES and ./llm-prices.toml; may be repeated",
    )


def table_of(given: Namespace) -> PriceTable:
    """The prices that a command uses. Raises PriceFileError."""
    table = PriceTable.default()
    named = _resolved(price_files_from_environment())
    beside = [path for path in own_files(given) if path.resolve() not in named]
    return table.with_own(beside) if beside else table


def own_files(given: Namespace) -> list[Path]:
    """The user's files in use, each once."""
    paths = [Path(path) for path in price_files_from_environment()]
    if HERE.exists():
        paths.append(HERE)
    paths += [Path(path) for path in given.prices]
    return list({path.resolve(): path for path in reversed(paths)}.values())[::-1]


def _resolved(paths: tuple[str, ...]) -> set[Path]:
    return {Path(path).resolve() for path in paths}
