"""From when each rate of the newest release holds: by the package's own dates, else by the releases that carry it unchanged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from tools.import_genai_prices.conditions import Key, changes, stated, takes_place
from tools.import_genai_prices.package import Data, Model, PackageProvider
from tools.import_genai_prices.units import amount


@dataclass(frozen=True, slots=True)
class Span:
    """One rate between two days."""

    key: Key
    rate: str
    start: date
    until: date | None
    """Where the list that follows lacks it; a rate that another supersedes has none."""
    release: str
    """The version of the release that it is read from."""
    page: str | None
    """The price page that this release names."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A rate as the newest release states it, before its start is known."""

    rate: str | None
    start: date | None
    until: date | None


class History:
    """The releases that are read, the oldest first."""

    def __init__(self, releases: Sequence[Data]) -> None:
        self._releases = releases
        self.newest = releases[-1]
        self.today = self.newest.release.day
        self.days = {data.release.version: data.release.day for data in releases}
        self._stated: dict[tuple[str, str, str, date], Mapping[Key, str]] = {}

    def spans(self, provider: PackageProvider, model: Model) -> Iterator[Span]:
        """Every rate that the newest release states of a model."""
        lists = {day: self.stated(self.newest, provider, model, day) for day in (date.min, *model.days)}
        carriers = _Carriers(self, provider.id, model)
        spans: list[Span] = []
        for key in dict.fromkeys(key for rates in lists.values() for key in rates):
            days = changes(model, key)
            starts = zip([None, *days], [*days, None], strict=True)
            spans += _joined(key, [_Stretch(lists[start or date.min].get(key), start, end) for start, end in starts], carriers)
        for span in spans:
            begun = max(day for day in lists if day <= span.start)
            places = [other for other in lists[begun] if takes_place(other, span.key)]
            start = max((_known(spans, other, span.start) for other in places), default=span.start)
            if span.until is None or start < span.until:
                yield replace(span, start=start)

    def stated(self, data: Data, provider: PackageProvider, model: Model, day: date) -> Mapping[Key, str]:
        """What a release states of a model on a day."""
        asked = (data.release.version, provider.id, model.id, day)
        if asked not in self._stated:
            self._stated[asked] = stated(provider, model, day)
        return self._stated[asked]

    def carriers(self, provider: str, model: Model) -> list[tuple[Data, PackageProvider, Model] | None]:
        """The model in each release, the newest first; None where it has none."""
        found: list[tuple[Data, PackageProvider, Model] | None] = []
        for data in reversed(self._releases):
            held = data.providers.get(provider)
            same = held.same(model) if held is not None else None
            found.append((data, held, same) if held is not None and same is not None else None)
        return found


class _Carriers:
    """Which releases carry a rate of one model."""

    def __init__(self, history: History, provider: str, model: Model) -> None:
        self._history = history
        self._provider = provider
        self._model = model

    @cached_property
    def _found(self) -> list[tuple[Data, PackageProvider, Model] | None]:
        return self._history.carriers(self._provider, self._model)

    def first(self, key: Key, held: _Stretch) -> Span | None:
        """An undated rate from the earliest release on from which each one carries it; None where none did while it held."""
        first: Span | None = None
        for found in self._found:
            day = found[0].release.day if found is not None else None
            if day is not None and held.until is not None and day >= held.until:
                continue
            if found is None or day is None or not self._says(found, key, held, day):
                break
            first = _span(found, key, held, day)
        return first

    def dated(self, key: Key, held: _Stretch, start: date) -> Span:
        """A dated rate, from the earliest release on from which each one dates it so."""
        newest = self._found[0]
        assert newest is not None  # noqa: S101 - the model is the newest release's
        span = _span(newest, key, held, start)
        for found in self._found:
            if found is None or start not in found[2].days or not self._says(found, key, held, start):
                break
            span = _span(found, key, held, start)
        return span

    def _says(self, found: tuple[Data, PackageProvider, Model], key: Key, held: _Stretch, day: date) -> bool:
        rate = self._history.stated(*found, day).get(key)
        return rate is not None and held.rate is not None and amount(rate) == amount(held.rate)


def _known(spans: Sequence[Span], key: Key, day: date) -> date:
    """The day itself where a rate is known then, else that on which it is known first: the wider one would be charged before."""
    held = sorted(span.start for span in spans if span.key == key)
    return day if not held or held[0] <= day else held[0]


def _span(found: tuple[Data, PackageProvider, Model], key: Key, held: _Stretch, start: date) -> Span:
    data, provider, model = found
    return Span(key, held.rate or "", start, held.until, data.release.version, provider.page(model))


def _joined(key: Key, stretches: Sequence[_Stretch], carriers: _Carriers) -> Iterator[Span]:
    """The spans of one rate: a stretch that goes on at the same rate is no new one."""
    spans: list[Span] = []
    for held in stretches:
        if held.rate is None:
            continue
        span = carriers.first(key, held) if held.start is None else carriers.dated(key, held, held.start)
        if span is None:
            continue
        last = spans[-1] if spans else None
        if last is not None and last.until == span.start:
            if amount(last.rate) == amount(span.rate):
                spans[-1] = replace(last, until=span.until)
                continue
            spans[-1] = replace(last, until=None)
        spans.append(span)
    yield from spans
