"""What a call cost, and why where it is not known: statuses, reasons, `price_call`."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from operator import mul
from typing import Final, Literal, NamedTuple

from otel_llm_cost.call import Call, Told
from otel_llm_cost.money import decimal_of, units_of_told
from otel_llm_cost.prices.quote import Quote
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.usage import COMPONENTS, UNSPLIT, Usage


class Status(StrEnum):
    """What is known of a call's cost (docs/contract.md)."""

    PRICED = "priced"
    FREE = "free"
    REPORTED = "reported"
    COMMITTED = "committed"
    PARTIAL = "partial"
    UNPRICED = "unpriced"
    DUPLICATE = "duplicate"


class Reason(StrEnum):
    """Why a cost is partial or unpriced. `no_rate` and `ambiguous_price` are written with the component: `no_rate:input_audio`."""

    UNKNOWN_MODEL = "unknown_model"
    UNKNOWN_PROVIDER = "unknown_provider"
    BEFORE_FIRST_PRICE = "before_first_price"
    AFTER_LAST_PRICE = "after_last_price"
    NO_USAGE = "no_usage"
    AMBIGUOUS_PROVIDER = "ambiguous_provider"
    AMBIGUOUS_PRICE = "ambiguous_price"
    MIXED_CURRENCIES = "mixed_currencies"
    AMBIGUOUS_USAGE = "ambiguous_usage"
    INCOMPLETE_USAGE = "incomplete_usage"
    CONTRADICTORY_USAGE = "contradictory_usage"
    INVALID_USAGE = "invalid_usage"
    NO_RATE = "no_rate"
    NO_CURRENCY = "no_currency"
    INVALID_AMOUNT = "invalid_amount"
    STRICT = "strict"
    ERROR = "error"
    INTERNAL_ERROR = "internal_error"


# In Python 3.11 a member of an enum takes a third of a microsecond to look up.
_PRICED: Final = Status.PRICED
_FREE: Final = Status.FREE
_OF_ALL: Final = frozenset({"amount", "tier", "region", "model", "provider", "instant"})
"""What is assumed of every rate of a call."""
_FEE: Final = "requests"
_new: Final = tuple.__new__

WITH_PRICE: Final = frozenset({Status.PRICED, Status.FREE, Status.REPORTED, Status.COMMITTED})
"""Statuses of a call whose cost is settled."""
WITH_AMOUNT: Final = frozenset({Status.PRICED, Status.FREE, Status.REPORTED})
"""Statuses that have an amount."""


class Cost(NamedTuple):
    """The cost of one call. Amounts are exact; money in integers of 1e-30 (`units`, `parts`) is what is added up."""

    status: Status
    reason: str | None = None
    currency: str | None = None
    units: int | None = None
    """The amount where the status has one; for a `partial`, the known part."""
    components: tuple[str, ...] = ()
    parts: tuple[int, ...] = ()
    """The known units of each of `components`."""
    quote: Quote | None = None
    """The rates that made it, or, for a cost that was told, that made `local_units`."""
    assumed: tuple[str, ...] = ()
    source: Literal["provider", "local"] = "local"
    local_units: int | None = None
    """What we make of a call whose cost was told to us."""
    is_product: bool = True
    """Whether `parts` are the counts times the rates of `quote`, and no more."""

    @property
    def amount(self) -> Decimal | None:
        """The exact cost in `currency`; None unless priced, free or reported."""
        return decimal_of(self.units) if self.units is not None and self.status in WITH_AMOUNT else None

    @property
    def known_amount(self) -> Decimal | None:
        """The exact known part of a `partial` cost, its lower bound; None else."""
        return decimal_of(self.units) if self.units is not None and self.status is Status.PARTIAL else None

    @property
    def component_amounts(self) -> dict[str, Decimal]:
        """The exact cost of each known component."""
        return {name: decimal_of(units) for name, units in zip(self.components, self.parts, strict=True)}

    @property
    def price(self) -> str | None:
        """The price row in force: `openai/gpt-4o@2024-10-02`."""
        return self.quote.price if self.quote is not None else None


def price_call(call: Call, table: PriceTable, *, strict: bool = False) -> Cost:
    """The cost of a call at the price in force when it ran.

    Never guesses: what cannot be known is `partial` or `unpriced`, with a reason. With `strict`, a cost that rests on anything in
    `assumed` is `partial` too. For calls that you make by hand; spans are priced by `CostSpanProcessor`.
    """
    provider, model, at_unix_nano, usage, tier, doubt, assumed, told, region, end_unix_nano, untold = call
    components, counts, _ = usage
    if told is None and doubt is None and components and not untold and not strict:
        quote = table.lookup.quote(provider, model, at_unix_nano, tier, usage, region, end_unix_nano)
        if quote.__class__ is Quote and quote.is_plain:
            parts = tuple(map(mul, counts, quote.rates))
            # As Cost(...) does, without its function call.
            return _new(
                Cost,
                (
                    _FREE if quote.free else _PRICED,
                    None,
                    quote.currency,
                    sum(parts),
                    components,
                    parts,
                    quote,
                    quote.assumed + assumed if assumed else quote.assumed,
                    "local",
                    None,
                    True,
                ),
            )
    return _told_or_in_doubt(call, table, strict=strict)


def _told_or_in_doubt(call: Call, table: PriceTable, *, strict: bool) -> Cost:
    if call.told is not None:
        return _reported(call, call.told, table)
    if not call.usage.components:
        return Cost(Status.UNPRICED, call.doubt or Reason.NO_USAGE)
    quote = _quote(call, table)
    if isinstance(quote, str):
        return Cost(Status.UNPRICED, quote)
    if quote.doubt is not None:
        return Cost(Status.UNPRICED, quote.doubt, quote=quote, assumed=quote.assumed + call.assumed)
    if call.untold:
        call = call._replace(assumed=call.assumed + tuple(_untold(call, table)))
    return _doubtful(call, quote, strict=strict)


def _untold(call: Call, table: PriceTable) -> Iterator[str]:
    """What of the untold is assumed not to have been used: that for which the model has a rate of its own."""
    for name in call.untold:
        if name not in call.usage.components:
            quote = _quote(call._replace(usage=Usage.of_counts((name,), (1,))), table)
            if isinstance(quote, Quote) and not quote.missing and not _takes_wider(name, quote):
                yield f"{name}=0"


def _quote(call: Call, table: PriceTable) -> Quote | str:
    return table.quote(call.provider, call.model, call.at_unix_nano, call.tier, call.usage, call.region, call.end_unix_nano)


def _takes_wider(name: str, quote: Quote) -> bool:
    """Whether a component has no rate of its own, but that of the count in which it would be."""
    return f"{name}=input" in quote.assumed or f"{name}=output" in quote.assumed


def _doubtful(call: Call, quote: Quote, *, strict: bool) -> Cost:
    """Where a rate is missing, the usage is in doubt, or nothing may be assumed."""
    assumed = quote.assumed + call.assumed
    reason = f"{Reason.NO_RATE}:{quote.missing[0]}" if quote.missing else call.doubt
    # What an inherited rate priced is not known to a strict reader; a tier or region that nobody named leaves no rate at all.
    doubted = {_doubted(said) for said in assumed} if strict else set[str]()
    if reason is None and doubted:
        reason = Reason.STRICT
    if quote.committed and not doubted:
        return Cost(Status.COMMITTED, quote=quote, assumed=assumed)
    known = [
        (name, units)
        for name, units, row in zip(quote.components, _parts(call.usage, quote), quote.rows, strict=True)
        if row is not None and name not in doubted and not doubted & _OF_ALL
    ]
    if quote.each_call and _FEE not in doubted and not doubted & _OF_ALL:
        known.append((_FEE, quote.each_call))
    is_product = not quote.each_call and not quote.at_least
    components, parts = tuple(name for name, _ in known), tuple(units for _, units in known)
    if reason is None:
        return Cost(
            Status.FREE if quote.free else Status.PRICED,
            None,
            quote.currency,
            sum(parts),
            components,
            parts,
            quote,
            assumed,
            is_product=is_product,
        )
    if not known and not (doubted and len(quote.missing) < len(quote.components)):
        return Cost(Status.UNPRICED, reason, quote=quote, assumed=assumed)
    units = sum(parts) if known else None
    return Cost(Status.PARTIAL, reason, quote.currency, units, components, parts, quote, assumed, is_product=is_product)


def _doubted(said: str) -> str:
    """What an assumption is about: a component, or one of `_OF_ALL`."""
    what, _, taken = said.partition("=")
    if taken == "0":
        # What was not told would be in the wider count.
        return "output" if what.startswith("output") else "input"
    return taken if what == "contested" else what


def _parts(usage: Usage, quote: Quote) -> Iterator[int]:
    """What each component costs."""
    counts = map(max, usage.counts, quote.at_least) if quote.at_least else usage.counts
    return map(mul, counts, quote.rates)


def _reported(call: Call, told: Told, table: PriceTable) -> Cost:
    """A cost that was told wins, unmodified; ours stands beside it."""
    try:
        units = units_of_told(told.amount)
        components, parts = _breakdown(told, units)
    except ValueError:
        return Cost(Status.PARTIAL, Reason.INVALID_AMOUNT, source=told.source)
    if not told.currency:
        return Cost(Status.PARTIAL, Reason.NO_CURRENCY, source=told.source)
    usage = call.usage
    quote = _quote(call, table) if usage and call.doubt is None else None
    is_known = isinstance(quote, Quote) and not (quote.missing or quote.doubt or quote.committed)
    local = quote if isinstance(quote, Quote) and is_known and quote.currency == told.currency else None
    return Cost(
        Status.REPORTED,
        None,
        told.currency,
        units,
        components,
        parts,
        local,
        local.assumed + call.assumed if local is not None else (),
        told.source,
        sum(_parts(usage, local)) + local.each_call if local is not None else None,
        is_product=False,
    )


def _breakdown(told: Told, units: int) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The told components; what they leave of the amount is `unsplit`. Raises ValueError where they exceed it or do not exist."""
    named = {name: units_of_told(amount) for name, amount in (told.components or {}).items()}
    if unknown := [name for name in named if name not in COMPONENTS]:
        raise ValueError(f"no such component: {unknown[0]!r}")
    rest = units - sum(named.values())
    # Components told as floats may add up to a hair more than their sum told as a float.
    if rest < 0 and -rest * 10**12 > units:
        raise ValueError("the components exceed the amount")
    if rest > 0 or not named:
        named[UNSPLIT] = rest
    return tuple(named), tuple(named.values())
