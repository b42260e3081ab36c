"""One row of the table: one rate, for one model and component, in a window of time, under conditions."""

from __future__ import annotations

from dataclasses import dataclass

from otel_llm_cost.call import STANDARD, instant_text


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rate is published: a page, or the release of a data package that was read."""

    url: str
    read: str
    """The day on which it was read, `YYYY-MM-DD`."""
    package: str | None = None
    """For an imported rate, the package release that holds it."""
    page: str | None = None
    """For an imported rate, the page that the package names."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must hold for a row, AND-ed."""

    tier: str = STANDARD
    prompt_above: int = -1
    """The prompt has more tokens than this; the whole request then moves to this rate. -1: any prompt."""

    @property
    def met(self) -> int:
        """How many conditions a row states: of two rows that hold, the one that states more wins."""
        return (self.tier != STANDARD) + (self.prompt_above >= 0)


@dataclass(frozen=True, slots=True)
class Row:
    """One rate."""

    provider: str
    model: str
    """The name that reaches it: a model's own, or an alias within the alias's dates."""
    component: str
    rate: str
    """As published: currency per million tokens, or per second, request or search."""
    units: int
    """The same per count, in units of `otel_llm_cost.money`."""
    start: int
    """Nanoseconds since the epoch, inclusive: the rate's own, or the alias's where that is later."""
    since: int
    """The rate's own start: of two rates the newer wins."""
    until: int | None
    """Exclusive; None where the row has no end."""
    when: Conditions
    source: Source
    covers: tuple[str, ...] = ()
    """Narrower components that the provider bills at this rate."""
    is_alias: bool = False
    """Whether an alias reaches it. A model's own rate wins over one that its name reaches as an alias."""

    @property
    def name(self) -> str:
        """How spans and the command line name it: `openai/gpt-4o@2024-10-02`."""
        return f"{self.provider}/{self.model}@{instant_text(self.start).removesuffix('T00:00:00Z')}"

    def holds_at(self, at_unix_nano: int) -> bool:
        return self.start <= at_unix_nano and (self.until is None or at_unix_nano < self.until)

    @property
    def rank(self) -> tuple[bool, int, int, int]:
        """Of the rows that hold, the greatest wins: exact over alias, more conditions, the larger threshold, the newest start."""
        return (not self.is_alias, self.when.met, self.when.prompt_above, self.since)
