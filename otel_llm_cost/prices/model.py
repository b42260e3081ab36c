"""All rows of one model, and the quote that they give for an instant, a tier, a prompt size and a set of components."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from otel_llm_cost.call import STANDARD
from otel_llm_cost.prices.row import Row
from otel_llm_cost.usage import Usage

BILLED_AS: Final = {"reasoning": "output", "cache_read": "input", "cache_read_audio": "input_audio"}
"""Narrower tokens that every provider bills at the wider rate where it publishes no rate of their own."""

_UNCACHED: Final = {"cache_read_audio": "input_audio"} | dict.fromkeys(
    ("cache_read", "cache_write", "cache_write_5m", "cache_write_1h"), "input"
)

_NEVER: Final = (-(2**63), 2**63)
_MAX_QUOTES: Final = 4096


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
    """The row with the latest start among those used."""
    free: bool
    """Every rate is an explicit zero."""
    price: str | None
    """The name of the price on the span: `provider/model@` the latest start."""
    era: tuple[int, int]
    """The instants between which it is the same: inclusive, exclusive."""
    sizes: tuple[int, int]
    """The prompt sizes between which it is the same: exclusive, inclusive."""
    savings: tuple[int, ...] | None
    """What each count would have cost more had it not been cached (less, where writing costs more); None where nothing is cached or
    the uncached rate is not known."""


class ModelPrices:
    """The rows that one name reaches. `quote` is on the span's path: a bisect and a dictionary."""

    def __init__(self, currency: str, rows: Iterable[Row]) -> None:
        self.currency = currency
        self.rows = sorted(rows, key=lambda row: (row.start, row.component))
        self.first = min((row.start for row in self.rows), default=None)
        ends = [row.until for row in self.rows]
        self.last = None if None in ends else max((end for end in ends if end is not None), default=None)
        self._instants = sorted({row.start for row in self.rows} | {row.until for row in self.rows if row.until is not None})
        self._thresholds = sorted({row.when.prompt_above for row in self.rows if row.when.prompt_above >= 0})
        self._quotes: dict[tuple[int, int, str | None, tuple[str, ...]], Quote] = {}

    def quote(self, at_unix_nano: int, tier: str | None, usage: Usage) -> Quote:
        """The rates in force. `tier` None means that nobody said, which is read as the standard tier."""
        components, _, prompt_tokens = usage
        era = bisect_right(self._instants, at_unix_nano)
        size = bisect_left(self._thresholds, prompt_tokens)
        key = (era, size, tier, components)
        quote = self._quotes.get(key)
        if quote is None:
            if len(self._quotes) >= _MAX_QUOTES:
                self._quotes.clear()
            instants, sizes = (_NEVER[0], *self._instants, _NEVER[1]), (-1, *self._thresholds, _NEVER[1])
            between, within = (instants[era], instants[era + 1]), (sizes[size], sizes[size + 1])
            quote = self._quotes[key] = self._find(tier, components, between, within)
        return quote

    def until(self, quote: Quote, tier: str | None) -> dict[str, int | None]:
        """When each component's rate stops being the one in force, because it ends or a newer one supersedes it.

        Not for the span's path.
        """
        ends: dict[str, int | None] = {}
        for component, row in zip(quote.components, quote.rows, strict=True):
            later = (instant for instant in self._instants if instant >= quote.era[1])
            ends[component] = next(
                (
                    instant
                    for instant in later
                    if _row_for(component, _held([held for held in self.rows if held.holds_at(instant)], tier, quote.sizes[0]))[0]
                    is not row
                ),
                None,
            )
        return ends

    def _find(self, tier: str | None, components: tuple[str, ...], era: tuple[int, int], sizes: tuple[int, int]) -> Quote:
        in_force = [row for row in self.rows if row.holds_at(era[0])]
        held = _held(in_force, tier, sizes[0])
        found = [_row_for(component, held) for component in components]
        rows = tuple(row for row, _ in found)
        used = [row for row in rows if row is not None]
        assumed = [said for _, said in found if said is not None]
        if tier is None and any(row.when.tier != STANDARD for row in in_force):
            assumed.append(f"tier={STANDARD}")
        inputs = [row for component, row in zip(components, rows, strict=True) if row is not None and component == "input"]
        latest = max(used, key=lambda row: (row.start, row in inputs), default=None)
        return Quote(
            currency=self.currency,
            components=components,
            rates=tuple(row.units if row is not None else 0 for row in rows),
            rows=rows,
            missing=tuple(component for component, row in zip(components, rows, strict=True) if row is None),
            assumed=tuple(assumed),
            latest=latest,
            free=bool(used) and all(row.units == 0 for row in used),
            price=latest.name if latest is not None else None,
            era=era,
            sizes=sizes,
            savings=_savings(rows, components, held),
        )


def _held(in_force: list[Row], tier: str | None, above: int) -> list[Row]:
    """The rows whose conditions hold, of those in force.

    Where the standard rate of a component moves with the size of the prompt, a tier's rate that names no size is for short prompts:
    what the tier costs beyond is not known.
    """
    wanted = STANDARD if tier is None else tier
    fitting = [row for row in in_force if row.when.prompt_above <= above]
    held = [row for row in fitting if row.when.tier == wanted]
    if wanted == STANDARD:
        return held
    moved = {row.component for row in fitting if row.when.tier == STANDARD and row.when.prompt_above >= 0}
    moved -= {row.component for row in held if row.when.prompt_above >= 0}
    return [row for row in held if row.component not in moved]


def _savings(rows: tuple[Row | None, ...], components: tuple[str, ...], held: list[Row]) -> tuple[int, ...] | None:
    saved = []
    for component, row in zip(components, rows, strict=True):
        uncached = _row_for(_UNCACHED[component], held)[0] if component in _UNCACHED else row
        if row is None or uncached is None:
            return None
        saved.append(uncached.units - row.units)
    return tuple(saved) if any(saved) else None


def _row_for(component: str, held: list[Row]) -> tuple[Row | None, str | None]:
    """The row that prices a component, the narrowest first, and what was assumed where it is another component's."""
    winners: dict[str, Row] = {}
    for row in held:
        best = winners.get(row.component)
        if best is None or row.rank > best.rank:
            winners[row.component] = row
    if component in winners:
        return winners[component], None
    wider = max((row for row in winners.values() if component in row.covers), key=lambda row: row.rank, default=None)
    if wider is None:
        wider = winners.get(BILLED_AS.get(component, ""))
    return wider, f"{component}={wider.component}" if wider is not None else None
