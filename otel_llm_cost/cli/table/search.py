"""`otel-llm-cost table search`: models and aliases by a part of their names."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from otel_llm_cost.cli.output import complain, say_json, say_table
from otel_llm_cost.cli.tables import add_prices, table_of
from otel_llm_cost.cli.wording import day_text, instant_or_none
from otel_llm_cost.prices.row import ALWAYS
from otel_llm_cost.prices.table import PriceTable

if TYPE_CHECKING:
    from argparse import _SubParsersAction


class Found(NamedTuple):
    """A name with prices."""

    name: str
    provider: str
    of: str = ""
    """The model that it means, for an alias."""
    start: int = ALWAYS
    until: int | None = None
    path: str = ""
    """The user's file in which it stands."""


def add(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "search",
        help="models by a part of their names",
        description="Lists every model and alias whose name contains a text, whoever sells it. Exits 1 where there is none.",
    )
    parser.add_argument("text", help="without regard to case")
    add_prices(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_run)


def _run(given: Namespace) -> int:
    table = table_of(given)
    text = given.text.lower()
    found = sorted({*_shipped(table, text), *_own(table, text)}, key=lambda held: (held.name, held.provider, held.start, held.of))
    if given.json:
        names = [
            {
                "name": held.name,
                "provider": held.provider or None,
                "of": held.of or None,
                "from": instant_or_none(held.start),
                "until": instant_or_none(held.until),
                "file": held.path or None,
            }
            for held in found
        ]
        say_json({"found": names, "table": table.version})
    elif found:
        lines = [
            (held.name, held.provider or "any", held.of, _day(held.start), _day(held.until), held.path and f"yours, {held.path}")
            for held in found
        ]
        say_table(("name", "provider", "means", "from", "until", "whose"), lines)
    else:
        complain(f"no model's name contains {given.text!r}")
    return 0 if found else 1


def _shipped(table: PriceTable, text: str) -> Iterator[Found]:
    for name in table.all_models():
        if text not in name:
            continue
        for key in table.sellers_of(name):
            provider = table.provider(key)
            files = provider.files if provider is not None else ()
            windows = [window for file in files for window in file.windows(name)]
            yield from (Found(name, key, window.of, window.start, window.until) for window in windows)
            if not windows or any(name in file.models for file in files):
                yield Found(name, key)


def _own(table: PriceTable, text: str) -> Iterator[Found]:
    for own in table.own:
        for entry in own.prices:
            if entry.match is None:
                continue
            kind = "" if entry.match.kind == "model" else f"(a {entry.match.kind})"
            names = {entry.match.text: kind, **dict.fromkeys(entry.names, entry.match.text)}
            yield from (Found(name, entry.provider or "", of, path=own.path) for name, of in names.items() if text in name.lower())
        for alias in (alias for held in own.aliases.values() for alias in held):
            if text in alias.name.lower():
                yield Found(alias.name.lower(), alias.provider or "", alias.of, alias.start, alias.until, own.path)
        for name, meant in own.models.items():
            if text in name:
                yield Found(name, meant.provider or "", meant.model, path=own.path)


def _day(at: int | None) -> str:
    shown = day_text(at)
    return "" if shown == "-" else shown
