"""One row of the table: one rate, or one factor on rates, for the models that it names, in a window of time, under conditions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from fractions import Fraction
from typing import Final, Self

from otel_llm_cost.call import STANDARD, instant_text
from otel_llm_cost.prices.clock import Clock
from otel_llm_cost.prices.place import Place, text_of_place

ALWAYS: Final = -(2**63)
"""The start of a row without one: a user's own."""
ANY_TIER: Final = "any"
COMMITTED: Final = "committed"
"""In place of a component: capacity that is paid for otherwise, so that no call has a price."""


class Reach(IntEnum):
    """How a row names a model, the closest last: of two that hold, the closer wins."""

    PATTERN = 0
    PREFIX = 1
    ALIAS = 2
    EXACT = 3


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rate is published: a page, or the release of a data package that was read."""

    url: str
    read: str
    """The day on which it was read or released, `YYYY-MM-DD`; empty where nobody says."""
    package: str | None = None
    """For an imported rate, the package release that holds it."""
    page: str | None = None
    """For an imported rate, the page that the package names."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must hold for a row, AND-ed."""

    tier: str = STANDARD
    """`any` holds in every tier."""
    prompt_above: int = -1
    """The prompt has more tokens than this; the whole request then moves to this rate. -1: any prompt."""
    regions: tuple[str, ...] = ()
    """One of these, or with `*` at the end one that begins so. None: any region."""
    clock: Clock | None = None

    @property
    def stated(self) -> tuple[str, ...]:
        """The names of the conditions that a row states: of two rows that hold, the one that states more wins."""
        held = {
            "tier": self.tier not in {STANDARD, ANY_TIER},
            "prompt_above": self.prompt_above >= 0,
            "region": bool(self.regions),
            "hours": self.clock is not None and bool(self.clock.hours),
            "weekdays": self.clock is not None and bool(self.clock.weekdays),
        }
        return tuple(name for name, is_stated in held.items() if is_stated)

    def in_region(self, region: str | None) -> bool:
        """Whether a call served there meets the condition; nobody's saying where meets none."""
        return not self.regions or (region is not None and any(_names(wanted, region) for wanted in self.regions))

    @property
    def narrowness(self) -> tuple[int, bool]:
        """Of rows that state as many conditions, the one for larger prompts wins, then one that names its regions in full."""
        return self.prompt_above, bool(self.regions) and not any(wanted.endswith("*") for wanted in self.regions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """What rates and factors have in common."""

    provider: str
    model: str
    """The name that was asked for: a model's own, an alias within the alias's dates, or one that a pattern matches."""
    start: int
    """Nanoseconds since the epoch, inclusive: the row's own, or the alias's where that is later."""
    since: int
    """The row's own start: of two rows the newer wins."""
    until: int | None
    """Exclusive; None where the row has no end."""
    when: Conditions
    source: Source | None
    by_end: bool = False
    """Whether the call's end chooses the price; else its start."""
    reach: Reach = Reach.EXACT
    length: int = 0
    """How much of the name a prefix or pattern spells out."""
    names_provider: bool = True
    is_own: bool = False
    """Whether it is the user's; else it is shipped."""
    path: str = ""
    place: Place = ()
    """Where it stands: in which file, and where in it."""
    note: str = ""

    @property
    def name(self) -> str:
        """How spans and the command line name it: `openai/gpt-4o@2024-10-02`; a user's own begins with `own:`."""
        since = "" if self.start == ALWAYS else f"@{instant_text(self.start).removesuffix('T00:00:00Z')}"
        provider = f"{self.provider}/" if self.provider else ""
        return f"{'own:' if self.is_own else ''}{provider}{self.model}{since}"

    @property
    def where(self) -> str:
        """For messages: `llm-prices.toml: price[2]`."""
        return f"{self.path}: {text_of_place(self.place)}"

    def holds_at(self, at_unix_nano: int) -> bool:
        return self.start <= at_unix_nano and (self.until is None or at_unix_nano < self.until)

    @property
    def rank(self) -> tuple[bool, bool, Reach, int, int, tuple[int, bool], int]:
        """Of the rows that hold, the greatest wins (docs/prices.md).

        The user's over the shipped; a named provider; the closer name, the longer; more conditions; the narrower; the newest start.
        """
        when = self.when
        return self.is_own, self.names_provider, self.reach, self.length, len(when.stated), when.narrowness, self.since

    def within(self, start: int, until: int | None) -> Self | None:
        """The row within an alias's dates; None where they do not meet."""
        begins = max(self.start, start)
        ends = min((end for end in (self.until, until) if end is not None), default=None)
        if ends is not None and ends <= begins:
            return None
        return replace(self, start=begins, until=ends, reach=min(self.reach, Reach.ALIAS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Term):
    """One rate."""

    component: str
    rate: str
    """Per million tokens or characters, else per second, image, page, search ...; or with its unit, `0.36 per hour`."""
    figure: str | None = None
    """As it is printed at the source, where that is not the rate itself."""
    units: int
    """The same per count, in units of `otel_llm_cost.money`."""
    currency: str
    covers: tuple[str, ...] = ()
    """Narrower components that the provider bills at this rate."""
    at_least: int = 0
    """A call is billed for at least so many counts."""
    is_contested: bool = False
    """Whether another source has another figure, and no page proves either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor(Term):
    """What multiplies the rate that wins, unless that rate itself states a condition that the factor states."""

    kind: str
    """Factors of one kind do not multiply each other: the one that ranks highest counts."""
    factor: Fraction
    text: str
    """As published."""
    components: frozenset[str] | None
    """None: all."""

    def applies_to(self, row: Row) -> bool:
        """Whether it multiplies this rate."""
        if self.components is not None and row.component not in self.components:
            return False
        return not set(self.when.stated) & set(row.when.stated)


def _names(wanted: str, region: str) -> bool:
    return region.startswith(wanted[:-1]) if wanted.endswith("*") else region == wanted
