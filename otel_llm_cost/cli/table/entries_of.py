"""The prices of a table as entries, for other formats: of each name what is in force, a user's own over the shipped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from otel_llm_cost.cli.table.history import Stretch, history
from otel_llm_cost.cli.wording import conditions_json, instant_or_none, source_json
from otel_llm_cost.interchange.entries import Entry, Notes
from otel_llm_cost.prices.checks.check import all_rows
from otel_llm_cost.prices.match import Match
from otel_llm_cost.prices.model import ModelPrices
from otel_llm_cost.prices.provider import Provider
from otel_llm_cost.prices.row import COMMITTED, Reach, Row
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.usage import COMPONENTS


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a table is wanted; None: all."""

    provider: str | None = None
    """The table's key."""
    model: str | None = None
    """In lower case."""
    at_unix_nano: int | None = None

    def is_provider(self, key: str | None) -> bool:
        """Whether a provider is; one of no name is any."""
        return self.provider is None or key in {None, self.provider}

    def is_model(self, match: Match) -> bool:
        """Whether a model is, by what names it."""
        return self.model is None or match.matches(self.model)


def entries_of(table: PriceTable, wanted: Wanted, notes: Notes) -> Iterator[Entry]:
    """The entries of each exact name, then those of prefixes and patterns, and of any provider."""
    for (key, name), spelled in _names(table, wanted).items():
        model = table.model(key, name)
        if isinstance(model, ModelPrices):
            for factor in model.factors:
                notes.add(f"A factor ({factor.kind}): not written, and the rates are those without it", f"{key}/{spelled}")
            yield from _of_rows(model.rows, {"model": spelled, "provider": key}, wanted)
    for key in table.providers:
        if wanted.is_provider(key):
            yield from _of_patterns(table.provider(key), wanted)
    for own in table.own:
        for held in own.prices:
            match = held.match
            if match is None or (match.reach is Reach.EXACT and held.provider is not None):
                continue
            if wanted.is_provider(held.provider) and (wanted.model is None or held.means(wanted.model)):
                common: Entry = {match.kind: held.given[match.kind]}
                common |= {"provider": held.provider} if held.provider is not None else {}
                common |= {"aliases": held.given["aliases"]} if held.names else {}
                yield from _of_rows(own.rows_of(held), common, wanted)


def _of_patterns(provider: Provider | None, wanted: Wanted) -> Iterator[Entry]:
    for file in provider.files if provider is not None else ():
        named = {place: {match.kind: entry[match.kind]} for match, place, entry in file.patterns() if wanted.is_model(match)}
        for row in all_rows(file):
            if row.reach is not Reach.EXACT and _place(row) in named:
                yield from _of_rows([row], {**named[_place(row)], "provider": file.provider}, wanted)


def _names(table: PriceTable, wanted: Wanted) -> dict[tuple[str, str], str]:
    """Every exact name at a named provider, in lower case, and how it is written."""
    found: dict[tuple[str, str], str] = {}
    for key in table.providers:
        provider = table.provider(key)
        for document in (file.parsed(None) for file in provider.files) if provider is not None else ():
            written = [entry["model"] for entry in document["prices"] if "model" in entry]
            for alias in document.get("aliases", []):
                written += alias["alias"] if isinstance(alias["alias"], list) else [alias["alias"]]
            found.update(((key, name.lower()), name) for name in written)
    for own in table.own:
        for held in own.prices:
            if held.provider is not None and held.match is not None:
                written = list(held.given.get("aliases", []))
                written += [held.given["model"]] if "model" in held.given else []
                found.update(((held.provider, name.lower()), name) for name in written)
        for alias in (alias for aliases in own.aliases.values() for alias in aliases):
            keys = [alias.provider] if alias.provider is not None else [key for key in table.providers if (key, alias.of) in found]
            found.update(((key, alias.name.lower()), alias.name) for key in keys)
        found.update(((meant.provider, name), name) for name, meant in own.models.items() if meant.provider is not None)
    return {
        (key, name): written
        for (key, name), written in sorted(found.items())
        if wanted.is_provider(key) and wanted.model in {None, name}
    }


def _of_rows(rows: Iterable[Row], common: Mapping[str, Any], wanted: Wanted) -> list[Entry]:
    """An entry for all that begins, ends and is conditioned alike."""
    entries: dict[tuple[object, ...], Entry] = {}
    held = list(rows)
    priced = {row.component for row in held}
    for stretch in history(held):
        row, at = stretch.row, wanted.at_unix_nano
        if stretch.replaced_by is not None or (at is not None and not stretch.holds_at(at)):
            continue
        if row.component == COMMITTED and row.reach is Reach.PATTERN and "model" in common:
            continue
        key = (row.component == COMMITTED, stretch.start, stretch.until, row.when, row.currency, row.by_end, row.source)
        entry = entries.get(key)
        if entry is None:
            entry = entries[key] = {**common, **_head(stretch)}
        if row.component == COMMITTED:
            entry["committed"] = True
            continue
        entry.setdefault("rates", {})[row.component] = row.rate
        if "cache_write" in row.covers and "cache_write" not in priced:
            # Most formats have one rate for cache writes, however long they last.
            entry["rates"]["cache_write"] = row.rate
        if row.covers:
            entry.setdefault("covers", {}).update(dict.fromkeys(row.covers, row.component))
        if row.at_least:
            entry.setdefault("at_least", {})[row.component] = str(Decimal(row.at_least) / COMPONENTS[row.component].scale)
    return list(entries.values())


def _head(stretch: Stretch) -> Entry:
    row = stretch.row
    head: Entry = {}
    for key, at in (("from", stretch.start), ("until", stretch.until)):
        text = instant_or_none(at)
        if text is not None:
            head[key] = text.removesuffix("T00:00:00Z")
    when = conditions_json(row.when)
    if len(when.get("region", ())) == 1:
        when["region"] = when["region"][0]
    if when:
        head["when"] = when
    if row.by_end:
        head["instant"] = "end"
    source = source_json(row.source)
    if source is not None:
        head["source"] = {key: value for key, value in source.items() if value is not None}
    return head | {"currency": row.currency}


def _place(row: Row) -> int:
    return int(row.place[1])
