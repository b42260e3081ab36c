"""`otel-llm-cost table show`: the names of a model, and its whole history with sources."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from otel_llm_cost.cli import arguments
from otel_llm_cost.cli.output import complain, say, say_json, say_table
from otel_llm_cost.cli.table.history import Stretch, history
from otel_llm_cost.cli.tables import add_prices, table_of
from otel_llm_cost.cli.wording import (
    conditions_json,
    conditions_text,
    day_text,
    factor_text,
    instant_or_none,
    rate_and_unit,
    rate_text,
    source_json,
    source_text,
)
from otel_llm_cost.prices.model import ModelPrices
from otel_llm_cost.prices.row import COMMITTED, Factor, Row
from otel_llm_cost.prices.spelling import readings
from otel_llm_cost.prices.table import PriceTable

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_HOW = ("pattern", "prefix", "alias", "exact")


class Name(NamedTuple):
    """A name that means a model between two instants."""

    name: str
    of: str
    start: int | None
    until: int | None
    path: str


def add(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "show",
        help="a model's names, and its whole history with sources",
        description="Shows every name that reaches a model's rates, and every rate that it ever had here: of which component, "
        "under which conditions, from when until when, and where it was read. Exits 1 where nothing is known of the model.",
    )
    parser.add_argument("model", help="by any name that spans report: dated, prefixed, an ARN, a deployment of yours")
    parser.add_argument("--provider", default="", help=f"{arguments.PROVIDER_HELP}; default: all who sell it")
    parser.add_argument(
        "--at", type=arguments.instant, metavar="INSTANT", help="marks what is in force then, with a zone, or a day; default: now"
    )
    add_prices(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_run)


def _run(given: Namespace) -> int:
    table = table_of(given)
    at = given.at if given.at is not None else arguments.now()
    sold = list(_sold(table, given.provider.lower(), given.model))
    if given.json:
        sellers = [_seller_json(table, key, given.model, model, at) for key, model in sold]
        say_json({"model": given.model, "sellers": sellers, "table": table.version})
    for place, (key, model) in enumerate(sold if not given.json else []):
        if place:
            say()
        _say_seller(table, key, given.model, model, at)
    if not sold:
        whose = f"no {given.provider} prices are" if given.provider else "no prices are"
        complain(f"{whose} known for {given.model!r}: `table search` finds models by a part of their names")
        return 1
    if not given.json:
        say()
        say(f"table    {table.version}")
    return 0


def _sold(table: PriceTable, provider: str, name: str) -> Iterator[tuple[str, ModelPrices]]:
    """Who sells a model, and its rows there."""
    keys = [provider] if provider else _sellers(table, name)
    found = {id(model): (key, model) for key in keys if isinstance(model := table.model(key, name), ModelPrices)}
    for key, model in found.values():
        if model.is_known:
            yield table.key_of(key) if key else key, model


def _sellers(table: PriceTable, name: str) -> list[str]:
    """The keys of all who sell a model by this name, and of those whose prices a user has; an empty one for any."""
    deployed = [own.models[name.lower()] for own in table.own if name.lower() in own.models]
    provider, meant = (deployed[0].provider or "", deployed[0].model) if deployed else ("", name)
    keys: list[str] = []
    for reading in readings(provider, meant, lambda key: table.provider_names.get(key) or None):
        keys += [reading.provider] if reading.provider else table.sellers_of(reading.name)
        for own in table.own:
            keys += [entry.provider for entry in own.prices if entry.provider is not None and entry.means(reading.name)]
    return list(dict.fromkeys(keys)) or [""]


def _read_as(asked: str, model: ModelPrices) -> str | None:
    """The name under which the table has the model, where it is spelled otherwise."""
    return next((row.model for row in model.rows if not row.is_own and row.model.lower() != asked.lower()), None)


def _names(table: PriceTable, key: str, asked: str, model: ModelPrices) -> list[Name]:
    """Every other name that reaches the same rates."""
    deployed = {own.path: own.models[asked.lower()].model for own in table.own if asked.lower() in own.models}
    names = {Name(asked.lower(), of, None, None, path): None for path, of in deployed.items()}
    reached = {asked.lower(), *deployed.values(), *(row.model.lower() for row in model.rows)}
    for seller in dict.fromkeys([key, *(row.provider for row in model.rows)]):
        provider = table.provider(seller)
        windows = [
            Name(alias, window.of, window.start, window.until, file.path)
            for file in (provider.files if provider is not None else ())
            for alias in file.aliases
            for window in file.windows(alias)
        ]
        meant = {name.of for name in windows if name.name in reached} | reached
        names |= dict.fromkeys(name for name in windows if name.of in meant or name.name in meant)
    for own in table.own:
        for alias in (alias for held in own.aliases.values() for alias in held):
            if alias.provider in {None, key} and reached & {alias.name.lower(), alias.of}:
                names[Name(alias.name.lower(), alias.of, alias.start, alias.until, own.path)] = None
        for entry in own.prices:
            if entry.match is not None and entry.provider in {None, key} and any(map(entry.means, reached)):
                names |= dict.fromkeys(Name(name, entry.match.text, None, None, own.path) for name in entry.names)
    return sorted(names, key=lambda name: (name.name, name.start or 0, name.of))


def _seller_json(table: PriceTable, key: str, asked: str, model: ModelPrices, at: int) -> dict[str, Any]:
    return {
        "provider": key,
        "read_as": _read_as(asked, model),
        "names": [
            {"name": name.name, "of": name.of, "from": instant_or_none(name.start), "until": instant_or_none(name.until)}
            for name in _names(table, key, asked, model)
        ],
        "region": model.region,
        "assumed": list(model.assumed),
        "rates": [_rate_json(stretch, at) for stretch in history(model.rows)],
        "factors": [_factor_json(factor) for factor in model.factors],
    }


def _rate_json(stretch: Stretch, at: int) -> dict[str, Any]:
    row = stretch.row
    rate, unit = rate_and_unit(row) if row.component != COMMITTED else (None, None)
    return {
        "component": row.component,
        "conditions": conditions_json(row.when),
        "from": instant_or_none(stretch.start),
        "until": instant_or_none(stretch.until),
        "rate": rate,
        "per": unit,
        "currency": row.currency,
        "row": row.name,
        "reach": _HOW[row.reach],
        "own": row.is_own,
        "in_force": stretch.holds_at(at),
        "replaced_by": stretch.replaced_by.name if stretch.replaced_by is not None else None,
        "imported": row.source is not None and row.source.package is not None,
        "source": source_json(row.source),
        "figure": row.figure,
        "contested": row.is_contested,
        "covers": list(row.covers),
        "instant": "end" if row.by_end else "start",
        "note": row.note or None,
        "file": row.where,
    }


def _factor_json(factor: Factor) -> dict[str, Any]:
    return {
        "kind": factor.kind,
        "factor": factor.text,
        "components": sorted(factor.components) if factor.components is not None else None,
        "conditions": conditions_json(factor.when),
        "from": instant_or_none(factor.start),
        "until": instant_or_none(factor.until),
        "own": factor.is_own,
        "source": source_json(factor.source),
        "note": factor.note or None,
        "file": factor.where,
    }


def _say_seller(table: PriceTable, key: str, asked: str, model: ModelPrices, at: int) -> None:
    read_as = _read_as(asked, model)
    said = [f"read as {read_as}"] if read_as else []
    said += [f"region {model.region}"] if model.region else []
    said += [f"assumed {', '.join(model.assumed)}"] if model.assumed else []
    say(", ".join([f"{key or 'any provider'} {asked}", *said]))
    names = _names(table, key, asked, model)
    if names:
        say()
        say_table(("name", "means", "from", "until"), [(n.name, n.of, day_text(n.start), day_text(n.until)) for n in names])
    stretches = history(model.rows)
    cited: dict[str, int] = {}
    lines = [_line(stretch, cited, at) for stretch in stretches]
    say()
    say_table(("", "component", "conditions", "from", "until", "rate", "as printed", "whose", "by", "source"), lines)
    factors = [_factor_line(factor, cited) for factor in model.factors]
    if factors:
        say()
        say_table(("factor", "components", "conditions", "from", "until", "whose", "source"), factors)
    notes = _notes([*(stretch.row for stretch in stretches), *model.factors])
    if cited or notes:
        say()
    for text, number in cited.items():
        say(f"[{number}] {text}")
    for note in notes:
        say(f"note: {note}")


def _line(stretch: Stretch, cited: dict[str, int], at: int) -> tuple[str, ...]:
    row = stretch.row
    rate = f"{rate_text(row)}, contested" if row.is_contested else rate_text(row)
    return (
        "*" if stretch.holds_at(at) else "",
        row.component,
        ", ".join([*([text] if (text := conditions_text(row.when)) else []), *(["by the call's end"] if row.by_end else [])]),
        day_text(stretch.start),
        day_text(stretch.until) if stretch.replaced_by is None else f"replaced by {stretch.replaced_by.where}",
        rate,
        row.figure or "",
        f"yours, {row.where}" if row.is_own else "",
        _HOW[row.reach] if row.length else "",
        _cited(row, cited),
    )


def _factor_line(factor: Factor, cited: dict[str, int]) -> tuple[str, ...]:
    return (
        factor_text(factor),
        ", ".join(sorted(factor.components)) if factor.components is not None else "all",
        conditions_text(factor.when),
        day_text(factor.start),
        day_text(factor.until),
        f"yours, {factor.where}" if factor.is_own else "",
        _cited(factor, cited),
    )


def _cited(term: Row | Factor, cited: dict[str, int]) -> str:
    """The number of a source."""
    return f"[{cited.setdefault(source_text(term.source), len(cited) + 1)}]" if term.source is not None else ""


def _notes(terms: Sequence[Row | Factor]) -> list[str]:
    """Each note once, with whose it is."""
    said: dict[str, None] = {}
    for term in terms:
        if term.note:
            since = "" if day_text(term.start) == "-" else f" from {day_text(term.start)}"
            said[f"{conditions_text(term.when) or 'standard'}{since}: {term.note}"] = None
    return list(said)
