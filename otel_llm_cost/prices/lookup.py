"""A name to its rows: a user's own of every way to read it, over the shipped ones of the closest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeVar

from otel_llm_cost.prices.model import ModelPrices
from otel_llm_cost.prices.provider import Provider
from otel_llm_cost.prices.quote import Quote
from otel_llm_cost.prices.row import COMMITTED, Factor, Reach, Row, Term
from otel_llm_cost.prices.sellers import Sellers
from otel_llm_cost.prices.shipped import Shipped
from otel_llm_cost.prices.spelling import Reading, readings
from otel_llm_cost.usage import Usage

if TYPE_CHECKING:
    # What reads a user's own prices is not loaded where there are none.
    from otel_llm_cost.prices.files.own import OwnAlias, OwnPrices

_MAX_NAMES: Final = 10_000
_T = TypeVar("_T", bound=Term)


@dataclass(slots=True)
class _Reached:
    """What a name reaches."""

    rows: list[Row] = field(default_factory=list)
    factors: list[Factor] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    region: str | None = None
    is_borrowed: bool = False


class Lookup:
    """Which rows each name reaches; what was found, and what was not, is remembered."""

    def __init__(self, shipped: Shipped, own: Iterable[OwnPrices] = (), version: str | None = None) -> None:
        self.shipped = shipped
        self.version = version if version is not None else shipped.version
        self.own = tuple(own)
        self._own_sellers = frozenset(entry.provider for held in self.own for entry in held.prices if entry.provider)
        self._found: dict[tuple[str, str], ModelPrices | Sellers | None] = {}

    def quote(
        self,
        provider: str,
        model: str,
        at_unix_nano: int,
        tier: str | None,
        usage: Usage,
        region: str | None = None,
        end_unix_nano: int | None = None,
    ) -> Quote | str:
        """The rates for a usage at an instant, or the reason why there are none."""
        prices = self._found.get((provider, model)) or self.model(provider, model)
        if prices is None:
            named = provider.lower()
            return "unknown_model" if named in self.shipped.names or named in self._own_sellers else "unknown_provider"
        quote = prices.quote(at_unix_nano, tier, usage, region, end_unix_nano)
        if quote is None:
            return "ambiguous_provider"
        if quote.latest is None:
            if not prices.is_known:
                return "unknown_model"
            if prices.first is not None and at_unix_nano < prices.first:
                return "before_first_price"
            if prices.last is not None and at_unix_nano >= prices.last:
                return "after_last_price"
        return quote

    def model(self, provider: str, name: str) -> ModelPrices | Sellers | None:
        """The rows that a model's name reaches; None where the table has none."""
        key, found = (provider, name), self._found
        try:
            return found[key]
        except KeyError:
            model = self._find(provider.lower(), name)
            if len(found) >= _MAX_NAMES:
                found.clear()
            # Into what was there when the search began: prices added meanwhile have begun another.
            found[key] = model
            return model

    def _find(self, named: str, model: str) -> ModelPrices | Sellers | None:
        provider = self.shipped.names.get(named, named)
        asked = list(readings(provider, model, self._key_of))
        read = self._meant(asked)
        if not read:
            return None
        # A price of the user's for the deployment itself comes before what it stands for.
        found = self._named(read, model, also=asked if read is not asked else [])
        if provider or (found is not None and any(row.provider for row in found.rows)):
            return found
        # Nobody names the seller: a user's own price of any provider is over those of all who sell it.
        for reading in read:
            keys = self._sellers_of(reading.name) if not reading.provider else ()
            sold = [self._named(_at(key, reading, read), model, f"provider={key}") for key in keys]
            models = [one for one in sold if one is not None]
            if models:
                return models[0] if len(models) == 1 and found is None else Sellers(models, found)
        return found

    def _meant(self, read: list[Reading]) -> list[Reading]:
        """The readings of what a name of the user's stands for, in its place."""
        for reading in read:
            for held in self.own:
                meant = held.models.get(reading.name) if reading.assumed is None else None
                if meant is not None:
                    others = readings(meant.provider or reading.provider, meant.model, self._key_of)
                    return [other._replace(region=other.region or reading.region) for other in others]
        return read

    def _key_of(self, name: str) -> str | None:
        return self.shipped.key_of(name) or (name if name in self._own_sellers else None)

    def _sellers_of(self, name: str) -> list[str]:
        return list(dict.fromkeys([*self.shipped.sellers_of(name), *(key for held in self.own for key in held.sellers_of(name))]))

    def _named(
        self, read: list[Reading], shown: str, assumed: str | None = None, also: Iterable[Reading] = ()
    ) -> ModelPrices | None:
        """The rows of the first reading that has any, with a user's own of every reading over them."""
        reached = self._reached(read, shown, also)
        for reading, alias in self._aliases(read):
            # Within its dates a user's alias stands in place of what is shipped under the name.
            meant = self._reached(list(readings(reading.provider, alias.of, self._key_of)), shown)
            reached.rows = [*_outside(reached.rows, alias), *_within(meant.rows, alias)]
            reached.factors = [*_outside(reached.factors, alias), *_within(meant.factors, alias)]
            reached.assumed = [*reached.assumed, *(said for said in meant.assumed if said not in reached.assumed)]
        if not reached.rows:
            return None
        said = ([assumed] if assumed else []) + reached.assumed
        return ModelPrices(
            reached.rows[0].currency,
            reached.rows,
            reached.factors,
            region=reached.region,
            assumed=tuple(dict.fromkeys(said)),
            is_borrowed=reached.is_borrowed,
        )

    def _aliases(self, read: list[Reading]) -> Iterator[tuple[Reading, OwnAlias]]:
        """A user's aliases of the closest reading that has any."""
        for reading in read:
            held = [alias for own in self.own for alias in own.aliases.get(reading.name, ())]
            found = [alias for alias in held if alias.provider in {None, reading.provider}]
            if found and reading.assumed is None:
                yield from ((reading, alias) for alias in found)
                return

    def _reached(self, read: list[Reading], shown: str, also: Iterable[Reading] = ()) -> _Reached:
        """What the readings reach, a user's aliases apart."""
        shipped, reading, provider = self._shipped_rows(read, shown)
        reached = _Reached(region=next((other.region for other in read if other.region is not None), None))
        # A user's price of an undated name is none of a snapshot that the table has.
        near = read[: read.index(reading) + 1] if reading is not None and _is_close(shipped) else read
        near = [*(other for other in also if other.assumed is None), *near]
        near += [other for other in read if other.assumed is None and other not in near]
        reached.rows = list(self._own_rows(near, shown, reached.assumed))
        seller = reached.rows[0].provider if reached.rows else read[0].provider if read else ""
        if shipped and reading is not None and provider is not None and not self._is_hidden(near):
            if provider.key != reading.provider:
                reached.assumed.append(f"provider={provider.key}")
                reached.is_borrowed = True
            elif read[0].provider != reading.provider and (read[0].provider or self._sellers_of(read[0].name)):
                # The span names one seller and the model's name another, or others sell it under all of this name.
                reached.assumed.append(f"provider={provider.key}")
            if reading.assumed and reading.assumed not in reached.assumed:
                reached.assumed.append(reading.assumed)
            reached.region, seller = reading.region, reading.provider
            # A seller's own: those of whose prices it has may be on other regions and tiers.
            reached.factors = (self.shipped.provider(seller) or provider).factors(reading.name, shown)
            reached.rows += shipped
        reached.factors += _once(
            factor
            for other in near
            if other.provider == seller
            for held in self.own
            for factor in held.factors_on(other.provider, other.name, shown)
        )
        return reached

    def _own_rows(self, read: list[Reading], shown: str, assumed: list[str]) -> Iterator[Row]:
        """A user's own rows; each entry's as the closest reading reaches it."""
        seen: set[object] = set()
        for place, reading in enumerate(read):
            found = [row for held in self.own for row in held.rows(reading.provider, reading.name, shown, is_rewritten=place > 0)]
            new = [row for row in found if (row.path, row.place) not in seen]
            seen |= {(row.path, row.place) for row in found}
            if new and reading.assumed and reading.assumed not in assumed:
                assumed.append(reading.assumed)
            yield from new

    def _shipped_rows(self, read: list[Reading], shown: str) -> tuple[list[Row], Reading | None, Provider | None]:
        """The shipped rows of the first reading that has any: at its seller's, then at those whose prices the seller has."""
        at = self.shipped.provider
        sellers = [(reading, at(reading.provider)) for reading in read]
        others = [(reading, at(key)) for reading, seller in sellers if seller is not None for key in seller.falls_back]
        beside: tuple[list[Row], Reading | None, Provider | None] = [], None, None
        for reading, provider in (*sellers, *others):
            # A name as it stands is shown as it was asked for; one that was read otherwise as the table has it.
            name = shown if reading is read[0] else reading.name
            rows = provider.rows(reading.name, name) if provider is not None else []
            if _is_close(rows):
                return rows, reading, provider
            if rows and beside[1] is None:
                beside = rows, reading, provider
        return beside

    def _is_hidden(self, read: list[Reading]) -> bool:
        return any(held.hides_shipped(reading.provider, reading.name) for held in self.own for reading in read)


def _at(key: str, reading: Reading, read: list[Reading]) -> list[Reading]:
    """A reading and the others that name no seller, at one."""
    others = [other._replace(provider=key) for other in read if not other.provider and other is not reading]
    return [reading._replace(provider=key), *others]


def _is_close(rows: Iterable[Row]) -> bool:
    """Whether anything but a pattern for committed capacity reached them."""
    return any(row.reach is not Reach.PATTERN or row.component != COMMITTED for row in rows)


def _once(factors: Iterable[Factor]) -> list[Factor]:
    return list({(factor.path, factor.place): factor for factor in reversed(list(factors))}.values())


def _within(terms: Iterable[_T], alias: OwnAlias) -> Iterator[_T]:
    return (held for term in terms if (held := term.within(alias.start, alias.until)) is not None)


def _outside(terms: Iterable[_T], alias: OwnAlias) -> Iterator[_T]:
    """The terms while an alias does not hold; a user's own always."""
    for term in terms:
        if term.is_own:
            yield term
            continue
        if term.start < alias.start:
            yield replace(term, until=alias.start if term.until is None else min(term.until, alias.start))
        if alias.until is not None and (term.until is None or alias.until < term.until):
            yield replace(term, start=max(term.start, alias.until))
