"""Everything that price files say, each thing under what it is about: what `table diff` compares."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from otel_llm_cost.cli.wording import conditions_text, day_text, rate_text
from otel_llm_cost.prices.bundle import read_bundle
from otel_llm_cost.prices.checks.check import all_rows
from otel_llm_cost.prices.files.file import PriceFile
from otel_llm_cost.prices.files.own import OwnPrices, read_own
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.prices.row import COMMITTED, Factor, Reach, Row, Term
from otel_llm_cost.prices.table import PriceTable

SHIPPED = "shipped"
_HOW = {Reach.PREFIX: "prefix ", Reach.PATTERN: "pattern "}


class About(NamedTuple):
    """What something is said about."""

    provider: str
    model: str
    what: str
    """A component, or `factor`, `alias`, `host`, `deployment`."""
    conditions: str
    since: str


class Said(NamedTuple):
    """What is said."""

    value: str
    """The rate, the factor, what an alias means."""
    exact: tuple[object, ...]
    """By which two are the same, however they are written."""
    beside: tuple[str, ...]
    """What else is said, in words."""


def said_in(name: str) -> dict[About, list[Said]]:
    """What `shipped`, a file, a bundle or a folder of files says. Raises PriceFileError."""
    said: dict[About, list[Said]] = {}
    for about, value in _all(name):
        said.setdefault(about, []).append(value)
    for values in said.values():
        values.sort(key=repr)
    return said


def _all(name: str) -> Iterator[tuple[About, Said]]:
    table, path = PriceTable.shipped(), Path(name)
    if name == SHIPPED:
        for key in table.providers:
            provider = table.provider(key)
            for file in provider.files if provider is not None else ():
                yield from _of_file(file)
    elif path.is_dir():
        paths = sorted(file for file in path.rglob("*.json") if file.name not in {"index.json", "models.json"})
        if not paths:
            raise PriceFileError(name, "", "no price files are in this folder")
        for file_path in paths:
            yield from _of_file(PriceFile(_read(file_path), str(file_path)))
    elif path.suffix == ".json":
        text = _read(path)
        bundle = read_bundle(path) if is_bundle(text) else None
        files = [PriceFile(text, name)] if bundle is None else [file for key in bundle.keys for file in bundle.provider(key).files]
        for file in files:
            yield from _of_file(file)
    else:
        yield from _of_own(read_own(path, table.key_of))


def _of_file(file: PriceFile) -> Iterator[tuple[About, Said]]:
    yield from _rows(all_rows(file))
    yield from _factors(file.all_factors())
    for alias in file.aliases:
        for window in file.windows(alias):
            about = About(file.provider, alias, "alias", "", day_text(window.start))
            yield about, Said(window.of, (window.of, window.until), _until(window.until))


def _of_own(own: OwnPrices) -> Iterator[tuple[About, Said]]:
    for entry in own.prices:
        yield from _rows(own.rows_of(entry))
        of = entry.match.text if entry.match is not None else ""
        only = ("only",) if entry.only else ()
        for name in entry.names:
            yield About(entry.provider or "any", name, "alias", "", "-"), Said(of, (of, None), only)
    yield from _factors(own.all_factors())
    for alias in (alias for held in own.aliases.values() for alias in held):
        about = About(alias.provider or "any", alias.name.lower(), "alias", "", day_text(alias.start))
        yield about, Said(alias.of, (alias.of, alias.until), _until(alias.until))
    for host, provider in own.hosts.items():
        yield About("any", host, "host", "", "-"), Said(provider, (provider,), ())
    for name, meant in own.models.items():
        yield About(meant.provider or "any", name, "deployment", "", "-"), Said(meant.model, (meant,), ())


def _rows(rows: Iterable[Row]) -> Iterator[tuple[About, Said]]:
    for row in rows:
        covers = (f"covers {', '.join(row.covers)}",) if row.covers else ()
        least = (f"at least {row.at_least}",) if row.at_least else ()
        exact = (row.units, row.currency, row.component == COMMITTED, row.until, *sorted(row.covers), row.at_least, row.by_end)
        beside = (*_until(row.until), *covers, *least, *(("by the call's end",) if row.by_end else ()))
        yield _about(row, row.component), Said(rate_text(row), exact, beside)


def _factors(factors: Iterable[Factor]) -> Iterator[tuple[About, Said]]:
    for factor in factors:
        components = sorted(factor.components) if factor.components is not None else []
        exact = (factor.factor, factor.until, *components, factor.by_end)
        on = (f"on {', '.join(components)}",) if components else ()
        yield _about(factor, f"factor ({factor.kind})"), Said(f"x {factor.text}", exact, (*_until(factor.until), *on))


def _about(term: Term, what: str) -> About:
    model = f"{_HOW.get(term.reach, '')}{term.model}" if term.model else "all models"
    return About(term.provider or "any", model, what, conditions_text(term.when), day_text(term.start))


def _until(until: int | None) -> tuple[str, ...]:
    return (f"until {day_text(until)}",) if until is not None else ()


def is_bundle(text: bytes) -> bool:
    """Whether a JSON text is a bundle of price files, not one of them."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and "format" in document


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PriceFileError(str(path), "", f"cannot be read: {error.strerror or error}") from None
