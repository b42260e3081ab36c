"""One shipped price file: a provider's entries and aliases, as JSON. docs/prices.md shows the format."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from otel_llm_cost.prices.files.entry import Asked, EntryReader, is_day, source_of
from otel_llm_cost.prices.match import Match
from otel_llm_cost.prices.place import Place, in_json, text_of_place, twice_in_json
from otel_llm_cost.prices.report import PriceFileError, Report
from otel_llm_cost.prices.row import ALWAYS, Factor, Reach, Row, Source

_PARTS: Final = frozenset(
    {"provider", "names", "falls_back", "currency", "checked", "sources", "prices", "factors", "aliases", "note"}
)
_WIDER: Final = frozenset({"prefix", "glob", "regex"})
_ALIAS: Final = frozenset({"alias", "of", "from", "until", "source"})
_Entries = list[tuple[int, Mapping[str, Any]]]


class Window(NamedTuple):
    """Between which instants an alias means a model."""

    of: str
    start: int
    until: int | None
    place: Place


class PriceFile:
    """The entries of one file, read when a model is first asked for."""

    def __init__(self, text: str | bytes, path: str) -> None:
        """Raises PriceFileError where the text is no JSON or lacks its main parts."""
        self.path = path
        self._text = text
        document = self.parsed(None)
        self.provider: str = self._need(document, "provider", str)
        if unknown := sorted(set(document) - _PARTS):
            raise PriceFileError(path, "top level", f"unknown: {', '.join(unknown)}")
        self.names: list[str] = self._texts(document, "names")
        self.falls_back: list[str] = self._texts(document, "falls_back") if "falls_back" in document else []
        self.currency: str = self._need(document, "currency", str)
        self.checked: str | None = self._day(document, "checked") if "checked" in document else None
        self.raw_sources: dict[str, object] = self._need(document, "sources", dict)
        self._exact: dict[str, _Entries] = defaultdict(list)
        self._wider: list[tuple[Match, int, Mapping[str, Any]]] = []
        for place, entry in enumerate(self._need(document, "prices", list)):
            name = entry.get("model") if isinstance(entry, dict) else None
            if isinstance(name, str) and name and _WIDER.isdisjoint(entry):
                self._exact[name.lower()].append((place, entry))
            else:
                match = self.reader(self._raise).match(entry, ("prices", place)) if isinstance(entry, dict) else None
                if match is None:
                    self._raise(("prices", place), "not an object")
                else:
                    self._wider.append((match, place, entry))
        self._factors: list[tuple[Match | None, int, Mapping[str, Any]]] = []
        for place, entry in enumerate(self._need({"factors": [], **document}, "factors", list)):
            if not isinstance(entry, dict):
                self._raise(("factors", place), "not an object")
            self._factors.append((self.reader(self._raise).match(entry, ("factors", place), needed=False), place, entry))
        self._aliases: dict[str, _Entries] = defaultdict(list)
        for place, alias in enumerate(self._need({"aliases": [], **document}, "aliases", list)):
            given = alias.get("alias") if isinstance(alias, dict) else None
            for name in given if isinstance(given, list) else [given]:
                if not isinstance(name, str) or not name:
                    self._raise(("aliases", place), "'alias' is missing or neither text nor a list of texts")
                self._aliases[str(name).lower()].append((place, alias))

    @property
    def models(self) -> list[str]:
        """Every exact name with rates of its own, in lower case; aliases apart."""
        return list(self._exact)

    @property
    def aliases(self) -> list[str]:
        return list(self._aliases)

    def exact(self, name: str, shown: str, reach: Reach = Reach.EXACT, report: Report | None = None) -> Iterator[Row]:
        """The rows of a name of its own."""
        entries = self._exact.get(name)
        if entries:
            reader, asked = self.reader(report), Asked(self.provider, shown, reach)
            for place, entry in entries:
                yield from reader.rows(entry, ("prices", place), asked)

    def wider(self, name: str, shown: str, report: Report | None = None) -> Iterator[Row]:
        """The rows of the prefixes and patterns that mean a name."""
        for match, place, entry in self._wider:
            if match.matches(name):
                asked = Asked(self.provider, shown, match.reach, match.length)
                yield from self.reader(report).rows(entry, ("prices", place), asked)

    def factors(self, name: str, shown: str) -> Iterator[Factor]:
        """The factors on a name's rates."""
        for match, place, entry in self._factors:
            if match is None or match.matches(name):
                yield from self._factor(match, place, entry, shown, None)

    def all_factors(self, report: Report | None = None) -> Iterator[Factor]:
        """Every factor."""
        for match, place, entry in self._factors:
            yield from self._factor(match, place, entry, match.text if match is not None else "", report)

    def _factor(
        self, match: Match | None, place: int, entry: Mapping[str, Any], shown: str, report: Report | None
    ) -> Iterator[Factor]:
        asked = Asked(self.provider, shown, match.reach if match else Reach.PATTERN, match.length if match else 0)
        factor = self.reader(report).factor(entry, ("factors", place), asked)
        if factor is not None:
            yield factor

    def windows(self, name: str, report: Report | None = None) -> Iterator[Window]:
        """What a name means as an alias, and when."""
        report = report or self._raise
        for number, alias in self._aliases.get(name, ()):
            place: Place = ("aliases", number)
            if unknown := sorted(set(alias) - _ALIAS):
                report(place, f"unknown: {', '.join(unknown)}")
            is_dated = "from" in alias or "until" in alias
            window = self.reader(report).window(alias, place, needed=is_dated) if is_dated else (ALWAYS, None)
            target = alias.get("of")
            if not isinstance(target, str):
                report(place, f"an alias of a model without rates: {target!r}")
            elif window is not None:
                yield Window(target.lower(), *window, place)

    def patterns(self) -> list[tuple[Match, int, Mapping[str, Any]]]:
        """Every entry that names its models by a prefix or a pattern."""
        return self._wider

    def sources(self, report: Report | None = None) -> dict[str, Source]:
        read = ((key, source_of(given, ("sources", key), report or self._raise)) for key, given in self.raw_sources.items())
        return {key: source for key, source in read if source is not None}

    def reader(self, report: Report | None = None) -> EntryReader:
        """What makes rows of this file's entries; by default it raises at the first that is wrong."""
        report = report or self._raise
        sources = _Lazily(self.raw_sources, report)
        return EntryReader(path=self.path, currency=self.currency, sources=sources, is_own=False, report=report)

    def parsed(self, hook: Callable[[list[tuple[str, Any]]], dict[str, Any]] | None) -> dict[str, Any]:
        """The document. Raises PriceFileError where the text is no JSON."""
        try:
            return json.loads(self._text, object_pairs_hook=hook)  # type: ignore[no-any-return] # `_need` sees to it
        except json.JSONDecodeError as error:
            raise PriceFileError(self.path, "", error.msg, error.lineno, error.colno) from None
        except UnicodeDecodeError as error:
            raise PriceFileError(self.path, f"byte {error.start}", "not UTF-8") from None

    def check_keys(self) -> None:
        """Raises PriceFileError where an object has a key twice: JSON's reader keeps the last and says nothing."""
        twice = twice_in_json(self._text if isinstance(self._text, str) else self._text.decode())
        if twice is not None:
            raise PriceFileError(self.path, "", f"{twice[0]!r} stands twice in one object", *twice[1:])

    def where(self, place: Place) -> tuple[int, int]:
        """The line and column of a place."""
        return in_json(self._text if isinstance(self._text, str) else self._text.decode(), place)

    def _raise(self, place: Place, problem: str) -> None:
        raise PriceFileError(self.path, text_of_place(place), problem, *self.where(place))

    def _need(self, held: object, key: str, kind: type) -> Any:  # noqa: ANN401 - JSON
        if not isinstance(held, dict) or not isinstance(held.get(key), kind):
            raise PriceFileError(self.path, "top level", f"{key!r} is missing or not a {kind.__name__}")
        return held[key]

    def _day(self, document: Mapping[str, Any], key: str) -> str:
        day: str = self._need(document, key, str)
        if not is_day(day):
            self._raise((key,), f"is no day: {day!r}")
        return day

    def _texts(self, document: Mapping[str, Any], key: str) -> list[str]:
        texts: list[str] = self._need(document, key, list)
        if not all(isinstance(text, str) for text in texts):
            self._raise((key,), "is a list of texts")
        return texts


class _Lazily(dict[str, Source]):
    """Sources, each read when a row cites it."""

    def __init__(self, raw: Mapping[str, object], report: Report) -> None:
        self._raw = raw
        self._report = report

    def __contains__(self, key: object) -> bool:
        return key in self._raw

    def __getitem__(self, key: str) -> Source:
        source = source_of(self._raw[key], ("sources", key), self._report)
        return source if source is not None else Source("", "")
