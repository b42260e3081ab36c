"""The rates for one set of components, and which row wins each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import Final

from otel_llm_cost.call import STANDARD
from otel_llm_cost.prices.row import ANY_TIER, COMMITTED, Factor, Row

BILLED_AS: Final = {
    "reasoning": "output",
    "cache_read": "input",
    "cache_read_audio": "input_audio",
    "cache_read_image": "input_image",
    "cache_read_video": "input_video",
}
"""Narrower tokens that every provider bills at the wider rate where it publishes no rate of their own."""

_UNCACHED: Final = BILLED_AS | dict.fromkeys(("cache_write", "cache_write_5m", "cache_write_1h"), "input")
_EACH_CALL: Final = "requests"
"""What every call has one of."""


@dataclass(frozen=True, slots=True, eq=False)
class Quote:
    """The rates for one set of components: a cost is their dot product with the counts."""

    currency: str
    components: tuple[str, ...]
    rates: tuple[int, ...]
    """Units per count, in the order of `components`; 0 where `rows` has None."""
    rows: tuple[Row | None, ...]
    missing: tuple[str, ...]
    """Components without a rate."""
    assumed: tuple[str, ...]
    latest: Row | None
    """The row with the latest start among those used, a user's own before shipped ones."""
    free: bool
    """Every rate is an explicit zero."""
    price: str | None
    """The name of the price on the span: `provider/model@` the latest start."""
    era: tuple[int, int]
    """The instants between which it is the same: inclusive, exclusive; empty where hours or the call's end choose the price."""
    sizes: tuple[int, int]
    """The prompt sizes between which it is the same: exclusive, inclusive."""
    savings: tuple[int, ...] | None
    """What each count would have cost more had it not been cached (less, where writing costs more); None where nothing is cached or
    the uncached rate is not known."""
    factors: tuple[tuple[Factor, ...], ...] = ()
    """What multiplied each of the rates."""
    doubt: str | None = None
    """Why it is no price at all, though there are rates: a reason of `otel_llm_cost.cost.Reason`."""
    committed: bool = False
    """No call has a price: capacity that is paid for otherwise."""
    at_least: tuple[int, ...] = ()
    """The least count of each component that is billed; empty where none has one."""
    each_call: int = 0
    """Units of the fee that every call costs by itself."""
    is_plain: bool = True
    """Nothing is missing, in doubt, committed or beside the dot product."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The rows and factors whose conditions hold for a call."""

    rows: Sequence[Row]
    factors: Sequence[Factor]
    tier: str
    apart: frozenset[str] = frozenset()
    """Components with a standard rate of their own of which it is not said what the tier makes of it."""

    @classmethod
    def of(cls, in_force: Iterable[Row], factors: Iterable[Factor], tier: str | None, above: int, region: str | None) -> Terms:
        """Those of the rows and factors in force, for a tier (None is the standard one), a prompt size and a region."""
        wanted = STANDARD if tier is None else tier
        fitting = [row for row in in_force if row.when.prompt_above <= above and row.when.in_region(region)]
        held_factors = [
            factor
            for factor in factors
            if factor.when.tier in {wanted, ANY_TIER, STANDARD}
            and factor.when.prompt_above <= above
            and factor.when.in_region(region)
        ]
        held = [row for row in fitting if row.when.tier in {wanted, ANY_TIER}]
        if wanted == STANDARD:
            return cls(held, held_factors, wanted)
        # Where a shipped standard rate moves with the size of the prompt, a tier's rate that names no size is for short prompts:
        # what the tier costs beyond is not known.
        moved = {row.component for row in fitting if row.when.tier == STANDARD and row.when.prompt_above >= 0 and not row.is_own}
        moved -= {row.component for row in held if row.when.prompt_above >= 0}
        held = [row for row in held if row.is_own or row.when.tier == ANY_TIER or row.component not in moved]
        # A factor on the tier is said of the standard rates, where the tier has none of its own.
        own = {row.component for row in held if row.when.tier == wanted}
        for_tier = [factor for factor in held_factors if factor.when.tier == wanted]
        standard = [row for row in fitting if row.when.tier == STANDARD and row.component not in own]
        admitted = [row for row in standard if any(factor.applies_to(row) for factor in for_tier)]
        apart = frozenset(row.component for row in standard if row not in admitted) if admitted else frozenset[str]()
        return cls([*held, *admitted], held_factors, wanted, apart)

    def row_for(self, component: str) -> tuple[Row | None, str | None]:
        """The row that prices a component, the narrowest first, and what was assumed where it is another component's."""
        winner = self._best(row for row in self.rows if row.component in {component, COMMITTED})
        winners = [self._best(row for row in self.rows if row.component == name) for name in {row.component for row in self.rows}]
        wider = self._best(row for row in winners if row is not None and component in row.covers)
        # A user's rate that covers a component names it too, and so replaces a shipped one.
        if winner is not None and not (wider is not None and wider.is_own and not winner.is_own):
            return winner, None
        if wider is None and component in BILLED_AS and component not in self.apart:
            wider = self._best(row for row in self.rows if row.component == BILLED_AS[component])
        return wider, f"{component}={wider.component}" if wider is not None else None

    def is_tied(self, component: str, winner: Row) -> bool:
        """Whether another row that would win the component equally has another rate, or its factor another value."""
        named = {component, winner.component, COMMITTED}
        equal = (row for row in self.rows if row.component in named and row.rank == winner.rank)
        if any((row.units, row.currency) != (winner.units, winner.currency) for row in equal if row is not winner):
            return True
        best = {factor.kind: factor for factor in self.factors_on(winner)}
        beside = (factor for factor in self._factors_on(winner) if factor.rank == best[factor.kind].rank)
        return any(factor.factor != best[factor.kind].factor for factor in beside)

    def factors_on(self, row: Row) -> tuple[Factor, ...]:
        """What multiplies a rate: of each kind the factor that ranks highest."""
        best: dict[str, Factor] = {}
        for factor in self._factors_on(row):
            if factor.kind not in best or factor.rank > best[factor.kind].rank:
                best[factor.kind] = factor
        return tuple(best.values())

    def _factors_on(self, row: Row) -> Iterator[Factor]:
        # A factor that names no tier multiplies in every tier.
        return (factor for factor in self.factors if factor.applies_to(row))

    def units_of(self, row: Row) -> int:
        """The rate of a row with its factors, to the nearest 1e-30."""
        factors = self.factors_on(row)
        return round(Fraction(row.units) * prod(factor.factor for factor in factors)) if factors else row.units

    def _best(self, rows: Iterable[Row]) -> Row | None:
        return max(rows, key=lambda row: row.rank, default=None)


def quote_of(
    terms: Terms, components: tuple[str, ...], era: tuple[int, int], sizes: tuple[int, int], assumed: Iterable[str], currency: str
) -> Quote:
    """The rates of these terms for these components."""
    found = [terms.row_for(component) for component in components]
    rows = tuple(row for row, _ in found)
    used = [row for row in rows if row is not None]
    missing = tuple(component for component, row in zip(components, rows, strict=True) if row is None)
    said = [text for _, text in found if text is not None]
    priced = {component: row for component, row in zip(components, rows, strict=True) if row is not None}
    said += [*(f"contested={component}" for component, row in priced.items() if row.is_contested), *assumed]
    fee = terms.row_for(_EACH_CALL)[0] if used and _EACH_CALL not in components else None
    if used and all(row.is_own for row in used):
        # What was taken for granted in reaching the shipped rows is of no account.
        sellers = {row.provider for row in used}
        said = [text for text in said if not text.startswith("provider=") or text.removeprefix("provider=") in sellers]
    latest = max(used, key=lambda row: (row.is_own, row.start, row is priced.get("input")), default=None)
    tied = next((name for name, row in (priced | ({_EACH_CALL: fee} if fee else {})).items() if terms.is_tied(name, row)), None)
    currencies = {row.currency for row in [*used, *([fee] if fee is not None else [])] if row.units or row.component == COMMITTED}
    doubt = f"ambiguous_price:{tied}" if tied is not None else "mixed_currencies" if len(currencies) > 1 else None
    committed = bool(used) and all(row.component == COMMITTED for row in used) and not missing
    each_call = terms.units_of(fee) if fee is not None and fee.component == _EACH_CALL else 0
    if each_call and fee is not None and fee.is_contested:
        said = [*said, f"contested={_EACH_CALL}"]
    # The least is of the component that states it: one that inherits the rate comes beside it.
    least = tuple(
        row.at_least if row is not None and row.component == name else 0 for name, row in zip(components, rows, strict=True)
    )
    return Quote(
        currency=next(iter(currencies), used[0].currency if used else currency),
        components=components,
        rates=tuple(terms.units_of(row) if row is not None else 0 for row in rows),
        rows=rows,
        missing=missing,
        assumed=tuple(said),
        latest=latest,
        free=bool(used) and not committed and not each_call and all(row.units == 0 for row in used),
        price=latest.name if latest is not None else None,
        era=era,
        sizes=sizes,
        savings=_savings(terms, rows, components),
        factors=tuple(terms.factors_on(row) if row is not None else () for row in rows),
        doubt=doubt,
        committed=committed,
        at_least=least if any(least) else (),
        each_call=each_call,
        is_plain=not (missing or doubt or committed or each_call or any(least)),
    )


def _savings(terms: Terms, rows: tuple[Row | None, ...], components: tuple[str, ...]) -> tuple[int, ...] | None:
    saved = []
    for component, row in zip(components, rows, strict=True):
        uncached = terms.row_for(_UNCACHED[component])[0] if component in _UNCACHED and component != "reasoning" else row
        if row is None or uncached is None:
            return None
        saved.append(terms.units_of(uncached) - terms.units_of(row))
    return tuple(saved) if any(saved) else None
