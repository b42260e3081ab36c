"""A user's own prices: entries from TOML files and from code, over the shipped table. docs/own-prices.md shows the format."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from otel_llm_cost.prices.files.entry import Asked, EntryReader, source_of
from otel_llm_cost.prices.files.toml import check_numbers, day_of, document_of, entry_of, plain, where_in
from otel_llm_cost.prices.match import Match
from otel_llm_cost.prices.place import Place, text_of_place
from otel_llm_cost.prices.report import PriceFileError, Report
from otel_llm_cost.prices.row import Factor, Reach, Row, Source

_PARTS: Final = frozenset({"currency", "checked", "note", "sources", "price", "factor", "alias", "hosts", "models"})
_ALIAS: Final = frozenset({"alias", "of", "provider", "from", "until", "note"})
_MOST_BYTES: Final = 64 << 20

KeyOf = Callable[[str], str]
"""The table's key of a provider's name."""


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """A price or a factor, checked."""

    id: str
    match: Match | None
    provider: str | None
    """The table's key; None: of any provider."""
    names: tuple[str, ...]
    """Further names, in lower case."""
    given: Mapping[str, Any]
    place: Place
    only: bool = False

    def means(self, name: str) -> bool:
        """Whether it is about a model, by its name in lower case."""
        return name in self.names or (self.match is not None and self.match.matches(name))


@dataclass(frozen=True, slots=True)
class OwnAlias:
    """A name of a model between two instants."""

    name: str
    of: str
    provider: str | None
    start: int
    until: int | None
    place: Place


class Deployment(NamedTuple):
    """What a name of the user's means: a deployment, an inference profile."""

    model: str
    provider: str | None


class OwnPrices:
    """What one file, or the program, says."""

    def __init__(self, path: str, document: Mapping[str, Any], key_of: KeyOf, report: Report, content: bytes = b"") -> None:
        self.path = path
        self._text = content
        self.checked: str | None = None
        self.prices: list[OwnEntry] = []
        self.factors: list[OwnEntry] = []
        self._by_name: dict[str, list[OwnEntry]] = defaultdict(list)
        self._wider: list[OwnEntry] = []
        self.aliases: dict[str, list[OwnAlias]] = defaultdict(list)
        self.hosts: dict[str, str] = {}
        """The provider as it is named here: spans and metrics show it."""
        self.models: dict[str, Deployment] = {}
        self._key_of = key_of
        self._currency = document.get("currency", "USD")
        self._sources: dict[str, Source] = {}
        self._read(document, report)

    @classmethod
    def of_text(cls, text: str, path: str, key_of: KeyOf, report: Report | None = None) -> OwnPrices:
        """Reads TOML. Raises PriceFileError at the first thing that is wrong, unless `report` takes it."""

        def fail(place: Place, problem: str) -> None:
            raise PriceFileError(path, text_of_place(place), problem, *where_in(text, place))

        return cls(path, document_of(text, path), key_of, report or fail, text.encode())

    @property
    def content(self) -> bytes:
        """What a table's version is made of: a file's text; else all that is said, but for the ids that each program makes."""
        if self._text:
            return self._text
        entries = [{key: value for key, value in entry.given.items() if key != "id"} for entry in (*self.prices, *self.factors)]
        said = [entries, self.hosts, {name: [*meant] for name, meant in self.models.items()}]
        return json.dumps(said, sort_keys=True, default=str).encode()

    def where(self, place: Place) -> tuple[int, int] | tuple[None, None]:
        """The line and column of a place; None where there is no text."""
        return where_in(self._text.decode(), place) if self._text else (None, None)

    def sellers_of(self, name: str) -> list[str]:
        """The providers that an entry names for a model of exactly this name."""
        return [entry.provider for entry in self._by_name.get(name, ()) if entry.provider]

    def rows(self, provider: str, name: str, shown: str, *, is_rewritten: bool = False) -> Iterator[Row]:
        """The rows that a name, in lower case, reaches at a provider. A rewritten name reaches an exact entry as an alias does."""
        for entry in self._meant(name):
            asked = self._asked(entry, provider, name, shown, is_rewritten=is_rewritten)
            if asked is not None:
                yield from self._reader(_never).rows(entry.given, entry.place, asked)

    def rows_of(self, entry: OwnEntry, name: str = "") -> Iterator[Row]:
        """All rows of one entry."""
        match = entry.match
        reach = match.reach if match is not None and (not name or match.matches(name)) else Reach.ALIAS
        asked = Asked(entry.provider or "", name or (match.text if match is not None else ""), reach, match.length if match else 0)
        yield from self._reader(_never).rows(entry.given, entry.place, asked)

    def factor_of(self, entry: OwnEntry) -> Factor | None:
        """The factor of one entry."""
        match = entry.match
        named = (match.text, match.reach, match.length) if match is not None else ("", Reach.PATTERN, 0)
        return self._reader(_never).factor(entry.given, entry.place, Asked(entry.provider or "", *named))

    def all_factors(self) -> Iterator[Factor]:
        """Every factor."""
        return (factor for entry in self.factors if (factor := self.factor_of(entry)) is not None)

    def factors_on(self, provider: str, name: str, shown: str) -> Iterator[Factor]:
        """The factors on a name's rates."""
        for entry in self.factors:
            asked = self._asked(entry, provider, name, shown)
            if asked is not None:
                factor = self._reader(_never).factor(entry.given, entry.place, asked)
                if factor is not None:
                    yield factor

    def hides_shipped(self, provider: str, name: str) -> bool:
        """Whether an entry with `only` means this name."""
        return any(entry.only and self._asked(entry, provider, name, name) is not None for entry in self._meant(name))

    def _meant(self, name: str) -> Iterator[OwnEntry]:
        """The prices that may mean a name."""
        yield from self._by_name.get(name, ())
        yield from (entry for entry in self._wider if name not in entry.names)

    def _asked(self, entry: OwnEntry, provider: str, name: str, shown: str, *, is_rewritten: bool = False) -> Asked | None:
        if entry.provider is not None and entry.provider != provider:
            return None
        match = entry.match
        if match is None:
            return Asked(provider, shown, Reach.PATTERN)
        if match.matches(name):
            reach = Reach.ALIAS if is_rewritten and match.reach is Reach.EXACT else match.reach
            return Asked(provider, shown, reach, match.length)
        return Asked(provider, shown, Reach.ALIAS) if name in entry.names else None

    def _reader(self, report: Report) -> EntryReader:
        return EntryReader(path=self.path, currency=self._currency, sources=self._sources, is_own=True, report=report)

    def _read(self, document: Mapping[str, Any], report: Report) -> None:
        for key in sorted(set(document) - _PARTS):
            report((key, 0) if isinstance(document[key], list) else (key,), f"unknown: {key}")
        self.checked = day_of(document, "checked", report)
        sources = self._table(document, "sources", report)
        self._sources = {
            key: source for key, given in sources.items() if (source := source_of(plain(given), ("sources", key), report))
        }
        for place, given in enumerate(self._list(document, "price", report)):
            self._read_price(given, ("price", place), report)
        for place, given in enumerate(self._list(document, "factor", report)):
            entry = self._entry(given, ("factor", place), report, needs_name=False)
            if entry is not None:
                self.factors.append(entry)
                self._reader(report).factor(entry.given, entry.place, Asked(entry.provider or "", ""))
        for place, given in enumerate(self._list(document, "alias", report)):
            self._read_alias(given, ("alias", place), report)
        for host, provider in self._table(document, "hosts", report).items():
            if not isinstance(provider, str) or not provider:
                report(("hosts", host), "names the provider that is asked at this host")
            else:
                self.hosts[host.lower()] = provider.lower()
        for name, given in self._table(document, "models", report).items():
            deployment = self.deployment(given)
            if deployment is None:
                report(("models", name), "names a model, as text or as a table of model and provider")
            else:
                self.models[name.lower()] = deployment

    def deployment(self, given: object) -> Deployment | None:
        """`gpt-4o`, or a table of model and provider."""
        held = {"model": given} if isinstance(given, str) else given
        if not isinstance(held, Mapping) or set(held) - {"model", "provider"} or not isinstance(held.get("model"), str):
            return None
        provider = held.get("provider")
        if not held["model"] or not (provider is None or isinstance(provider, str)):
            return None
        return Deployment(held["model"].lower(), self._key_of(provider) if provider else None)

    def _read_price(self, given: object, place: Place, report: Report) -> None:
        entry = self._entry(given, place, report, needs_name=True)
        if entry is None:
            return
        self.prices.append(entry)
        is_exact = entry.match is not None and entry.match.reach is Reach.EXACT
        for name in {*entry.names, entry.match.text if is_exact and entry.match else ""} - {""}:
            self._by_name[name].append(entry)
        if not is_exact:
            self._wider.append(entry)
        for _ in self._reader(report).rows(entry.given, place, Asked(entry.provider or "", "")):
            pass
        for host in entry.given.get("hosts", []):
            if entry.provider is None:
                report((*place, "hosts"), "need a provider: whose prices these are")
            elif isinstance(host, str):
                self.hosts[host.lower()] = entry.given["provider"].lower()

    def _entry(self, given: object, place: Place, report: Report, *, needs_name: bool) -> OwnEntry | None:
        if not isinstance(given, Mapping):
            report(place, "is no table")
            return None
        check_numbers(given, place, report)
        held = entry_of(given)
        match = self._reader(report).match(held, place, needed=needs_name)
        provider, only, names = held.get("provider"), held.get("only", False), held.get("aliases", [])
        for key in ("id", "provider"):
            if key in held and not (isinstance(held[key], str) and held[key]):
                report((*place, key), f"is text: {held[key]!r}")
        if not isinstance(only, bool):
            report((*place, "only"), f"is true or false: {only!r}")
        for key in ("aliases", "hosts"):
            if not isinstance(held.get(key, []), list) or not all(isinstance(name, str) for name in held.get(key, [])):
                report((*place, key), "is a list of texts")
                return None
        if match is None and needs_name:
            return None
        return OwnEntry(
            id=str(held.get("id", "")),
            match=match,
            provider=self._key_of(provider) if isinstance(provider, str) and provider else None,
            names=tuple(name.lower() for name in names),
            given=held,
            place=place,
            only=only is True,
        )

    def _read_alias(self, given: object, place: Place, report: Report) -> None:
        held = plain(given)
        named = {"provider": "", **held} if isinstance(held, Mapping) else {}
        if set(named) - _ALIAS or not all(isinstance(named.get(key), str) for key in ("alias", "of", "provider")):
            report(place, "an alias has alias and of, as text, and may have provider, from, until and note")
            return
        window = self._reader(report).window(held, place, needed=False)
        if window is not None:
            provider = self._key_of(held["provider"]) if held.get("provider") else None
            self.aliases[held["alias"].lower()].append(OwnAlias(held["alias"], held["of"].lower(), provider, *window, place))

    def _table(self, document: Mapping[str, Any], key: str, report: Report) -> Mapping[str, Any]:
        held = document.get(key, {})
        if not isinstance(held, Mapping):
            report((key,), "is no table")
        return held if isinstance(held, Mapping) else {}

    def _list(self, document: Mapping[str, Any], key: str, report: Report) -> Sequence[Any]:
        held = document.get(key, [])
        if not isinstance(held, list):
            report((key,), f"is written [[{key}]]")
        return held if isinstance(held, list) else []


def read_own(path: Path, key_of: KeyOf) -> OwnPrices:
    """Reads a user's file. Raises PriceFileError where it cannot be read or used."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise PriceFileError(str(path), "", f"is larger than {_MOST_BYTES >> 20} MiB")
        return OwnPrices.of_text(path.read_text("utf-8"), str(path), key_of)
    except OSError as error:
        raise PriceFileError(str(path), "", f"cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise PriceFileError(str(path), f"byte {error.start}", "not UTF-8") from None


def _never(place: Place, problem: str) -> None:
    """Entries were checked when they were read: what is wrong was said then."""
