"""All rows that one name reaches, and the quote that they give for a call."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Final

from otel_llm_cost.call import STANDARD
from otel_llm_cost.prices.clock import Clocks
from otel_llm_cost.prices.quote import Quote, Terms, quote_of
from otel_llm_cost.prices.row import COMMITTED, Factor, Reach, Row, Term
from otel_llm_cost.usage import Usage

_NEVER: Final = (-(2**63), 2**63)
_NO_ERA: Final = (0, 0)
_MAX_QUOTES: Final = 4096
DEFAULT_REGION: Final = "global"
_MAX_CHANGES: Final = 64
_SOVEREIGN: Final = ("us-gov", "cn-")
"""Regions of clouds apart, whose prices are others than those of the rest of the world."""


class ModelPrices:
    """The rows that one name reaches. `quote` is on the span's path: a bisect and a dictionary."""

    def __init__(
        self,
        currency: str,
        rows: Iterable[Row],
        factors: Iterable[Factor] = (),
        *,
        region: str | None = None,
        assumed: tuple[str, ...] = (),
        is_borrowed: bool = False,
    ) -> None:
        """`region` is the one that the name itself names; `assumed` what was taken for granted in reaching the rows.

        Borrowed rows are another seller's, whose regions are others.
        """
        self.currency = currency
        self.rows = sorted(rows, key=lambda row: (row.start, row.component))
        self.factors = sorted(factors, key=lambda factor: factor.start)
        self.region = region
        self.assumed = assumed
        self._is_borrowed = is_borrowed
        known = [row for row in self.rows if row.reach is not Reach.PATTERN or row.component != COMMITTED]
        self.is_known = bool(known)
        """Whether anything but a pattern for committed capacity means the name."""
        self.first = min((row.start for row in known), default=None)
        ends = [row.until for row in known]
        self.last = None if None in ends else max((end for end in ends if end is not None), default=None)
        terms: list[Term] = [*self.rows, *self.factors]
        self._instants = sorted({term.start for term in terms} | {term.until for term in terms if term.until is not None})
        self._thresholds = sorted({term.when.prompt_above for term in terms if term.when.prompt_above >= 0})
        self._clocks = Clocks(sorted({term.when.clock for term in terms if term.when.clock is not None}, key=repr))
        self._by_end = any(term.by_end for term in terms)
        self._is_moving = self._by_end or bool(self._clocks.clocks)
        self._regional = any(term.when.regions for term in terms)
        self._quotes: dict[tuple[object, ...], Quote] = {}

    def quote(
        self, at_unix_nano: int, tier: str | None, usage: Usage, region: str | None = None, end_unix_nano: int | None = None
    ) -> Quote:
        """The rates in force. `tier` and `region` None mean that nobody said, which is read as the standard tier, anywhere."""
        components, _, prompt_tokens = usage
        era = bisect_right(self._instants, at_unix_nano)
        size = bisect_left(self._thresholds, prompt_tokens)
        key: tuple[object, ...] = (era, size, tier, region, components)
        if self._is_moving:
            key += self._moving(at_unix_nano, end_unix_nano)
        quote = self._quotes.get(key)
        if quote is None:
            if len(self._quotes) >= _MAX_QUOTES:
                self._quotes.clear()
            quote = self._quotes[key] = self._find(at_unix_nano, end_unix_nano, tier, region, usage)
        return quote

    def until(
        self, quote: Quote, tier: str | None, at_unix_nano: int, region: str | None = None, end_unix_nano: int | None = None
    ) -> dict[str, int | None]:
        """When each component's rate stops being the one in force: it ends, a newer one supersedes it, or the clock moves on.

        Looks as far as the rows do, and a week ahead by the clock. Not for the span's path.
        """
        ended = end_unix_nano if end_unix_nano is not None else at_unix_nano
        changes = {instant for instant in self._instants if instant > at_unix_nano}
        change: int | None = at_unix_nano
        while change is not None and self._clocks.clocks and len(changes) < _MAX_CHANGES:
            change = self._clocks.next_change(change)
            if change is not None:
                changes.add(change)
        ends: dict[str, int | None] = dict.fromkeys(quote.components)
        for instant in sorted(changes):
            terms = self._terms(instant, ended + instant - at_unix_nano, tier, region, quote.sizes[0])
            for component, row in zip(quote.components, quote.rows, strict=True):
                if ends[component] is None and terms.row_for(component)[0] is not row:
                    ends[component] = instant
        return ends

    def _moving(self, at: int, ended: int | None) -> tuple[object, ...]:
        if not self._by_end:
            return self._clocks.holding(at)
        end = at if ended is None else ended
        return ended is None, bisect_right(self._instants, end), self._clocks.holding(at), self._clocks.holding(end)

    def _terms(self, at: int, ended: int, tier: str | None, region: str | None, above: int) -> Terms:
        def in_force(term: Term) -> bool:
            instant = ended if term.by_end else at
            clock = term.when.clock
            return term.holds_at(instant) and (clock is None or clock.holds_at(instant))

        rows, factors = [row for row in self.rows if in_force(row)], [factor for factor in self.factors if in_force(factor)]
        return Terms.of(rows, factors, tier, above, region or self.region or (DEFAULT_REGION if self._regional else None))

    def _find(self, at: int, ended: int | None, tier: str | None, region: str | None, usage: Usage) -> Quote:
        components, _, prompt_tokens = usage
        region = region.lower() if region is not None else None
        size = bisect_left(self._thresholds, prompt_tokens)
        sizes = (-1, *self._thresholds, _NEVER[1])[size : size + 2]
        era = bisect_right(self._instants, at)
        between = _NO_ERA if self._is_moving else (_NEVER[0], *self._instants, _NEVER[1])[era : era + 2]
        terms = self._terms(at, at if ended is None else ended, tier, region, sizes[0])
        said = list(self.assumed)
        in_force = [term for term in (*self.rows, *self.factors) if term.holds_at(at)]
        if tier is None and any("tier" in term.when.stated for term in in_force):
            said.append(f"tier={STANDARD}")
        named = region or self.region
        regional = [term for term in in_force if term.when.regions]
        is_priced_there = named is not None and any(term.when.in_region(named) for term in regional)
        is_sovereign = named is not None and named.startswith(_SOVEREIGN) and not is_priced_there
        is_elsewhere = is_sovereign or (self._is_borrowed and named not in {None, DEFAULT_REGION})
        if is_elsewhere or (named is None and regional):
            said.append(f"region={DEFAULT_REGION}")
        if self._by_end and ended is None:
            said.append("instant=start")
        return quote_of(terms, components, (between[0], between[1]), (sizes[0], sizes[1]), said, self.currency)
