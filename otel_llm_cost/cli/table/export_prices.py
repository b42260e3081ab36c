"""`otel-llm-cost table export`: the table in use, as another project's."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from otel_llm_cost.call import instant_text
from otel_llm_cost.cli import arguments
from otel_llm_cost.cli.output import complain, say_json
from otel_llm_cost.cli.table.entries_of import Wanted, entries_of
from otel_llm_cost.cli.table.formats import FORMATS
from otel_llm_cost.cli.tables import add_prices, table_of
from otel_llm_cost.interchange.entries import Notes, Written
from otel_llm_cost.prices.bundle import bundle_of
from otel_llm_cost.prices.files.added import replace
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.prices.table import PriceTable

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_OURS: Final = "otel-llm-cost"
_UNDATED: Final = frozenset({"litellm", "openrouter"})


def add(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "export",
        help="write the prices in use as another project's table",
        description="Writes the prices in use, yours over the shipped ones, in the format of another project. What it cannot say "
        f"is listed on standard error. {_OURS} is a bundle of the shipped price files, for `table update` and OTEL_LLM_COST_TABLE. "
        "Exits 0, or 1 where there is nothing to write.",
    )
    parser.add_argument("--to", dest="format", required=True, choices=[_OURS, *sorted(FORMATS)], help="whose format")
    parser.add_argument(
        "--at",
        type=arguments.instant,
        metavar="INSTANT",
        help="only what is in force then: a day, or an instant with a zone; default: all dates, and now where the format has none",
    )
    parser.add_argument("--provider", help=f"{arguments.PROVIDER_HELP}; default: all")
    parser.add_argument("--model", help="only what this name reaches")
    parser.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    parser.add_argument("--json", action="store_true", help="print one JSON object, with the table and the notes in it")
    add_prices(parser)
    parser.set_defaults(run=lambda given: _run(given, parser))


def _run(given: Namespace, parser: ArgumentParser) -> int:
    if given.format == _OURS and (given.at is not None or given.model is not None):
        parser.error(f"--to {_OURS} writes whole price files: --at and --model do not go with it")
    table = table_of(given)
    key = table.key_of(given.provider) if given.provider is not None else None
    written = _bundle(table, key) if given.format == _OURS else _foreign(table, key, given)
    if written is None:
        complain("there are no such prices")
        return 1
    if given.output is not None:
        try:
            replace(given.output, written.text)
        except OSError as error:
            raise PriceFileError(str(given.output), "", f"cannot be written: {error.strerror or error}") from None
    if given.json:
        document = json.loads(written.text) if given.output is None else None
        say_json({"output": str(given.output) if given.output else None, "table": document, "notes": written.notes})
        return 0
    if given.output is None:
        print(written.text, end="")  # noqa: T201 - a command prints
    for note in written.notes:
        complain(f"note: {note}")
    return 0


def _bundle(table: PriceTable, only: str | None) -> Written | None:
    names = {name: key for name, key in table.provider_names.items() if only is None or key == only}
    sold = {key: table.provider(name) for name, key in names.items() if key}
    providers = [provider for _, provider in sorted(sold.items()) if provider is not None]
    if not providers:
        return None
    notes = [f"{own.path}: your own prices are not in a bundle: share the file itself" for own in table.own]
    return Written(bundle_of(names, providers).text(), notes)


def _foreign(table: PriceTable, only: str | None, given: Namespace) -> Written | None:
    at = given.at if given.at is not None or given.format not in _UNDATED else arguments.now()
    notes = Notes()
    wanted = Wanted(only, given.model.lower() if given.model is not None else None, at)
    entries = list(entries_of(table, wanted, notes))
    if not entries:
        return None
    said = instant_text(at).removesuffix("T00:00:00Z") if at is not None else None
    written = FORMATS[given.format].write(entries, at=said)
    return Written(written.text, [*notes.lines(), *written.notes])
