"""Exact running totals by series."""

from __future__ import annotations

from collections import deque
from operator import add, mul
from threading import Lock
from typing import Any, Final, NamedTuple

from otel_llm_cost.call import Kind, Sighting, kind_of
from otel_llm_cost.cost import Cost, Status
from otel_llm_cost.prices.quote import Quote

MAX_POSTED: Final = 16_384
"""Calls that wait to be folded; one that finds no room is added at once."""
MAX_SERIES: Final = 10_000
"""Series of which each has its model; calls beyond them are added up under the model `_OTHER`."""
OTHER: Final = "_OTHER"


class SeriesKey(NamedTuple):
    """What calls that are added up have in common."""

    kind: Kind
    error_type: str | None
    status: Status
    reason: str | None
    currency: str | None
    source: str
    used: tuple[str, ...]
    """Components of the counts."""
    paid: tuple[str, ...]
    """Components of the money."""
    quote: Quote | None
    """The rates, where the money is their product with the counts; None where it was told."""
    assumed: tuple[str, ...]


class Series:
    """The totals of one key: calls, counts by component and, where the money was told, money by component."""

    __slots__ = ("calls", "counts", "is_begun", "key", "told")

    def __init__(self, key: SeriesKey) -> None:
        self.key = key
        self.is_begun = False
        """Whether its points have started; one that only duplicates would fall into never does."""
        self.calls = 0
        self.counts = [0] * len(key.used)
        self.told = [0] * len(key.paid) if key.quote is None else []

    def copy(self) -> Series:
        other = Series(self.key)
        other.calls, other.counts, other.told = self.calls, self.counts, self.told
        return other

    @property
    def parts(self) -> list[int]:
        """The money by component, in units of `otel_llm_cost.money`: the counts add up under one rate."""
        key = self.key
        if key.quote is None:
            return self.told
        money = dict(zip(key.used, map(mul, self.counts, key.quote.rates), strict=True))
        return [money[name] for name in key.paid]

    @property
    def savings(self) -> int:
        """What the cached tokens would have cost more had they not been cached."""
        quote = self.key.quote
        return sum(map(mul, self.counts, quote.savings)) if quote is not None and quote.savings is not None else 0


class Posting(NamedTuple):
    """One call on its way into the totals."""

    series: Series
    counts: tuple[int, ...]
    told: tuple[int, ...]
    """Money by component, where it was told to us."""
    units: int | None
    """The amount that the histogram still has to hear of."""
    context: Any
    """The span's context, for an exemplar."""


class Totals:
    """Adds up calls. Safe under threads; integers only, so the order of additions does not matter.

    `post` only appends; whoever reads folds what was appended into the totals.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._series: dict[tuple[object, ...], Series] = {}
        self._posted: deque[Posting] = deque()
        self.overflowed = False
        """Whether there were more series than are kept."""

    def series(self, sighting: Sighting, cost: Cost) -> Series:
        """The series of a call."""
        status = cost.status
        key = (
            sighting.kind,
            sighting.error_type,
            status,
            cost.reason,
            cost.currency,
            cost.source,
            sighting.call.usage.components,
            cost.components,
            cost.quote if cost.is_product else None,
            cost.assumed,
        )
        return self._series.get(key) or self._new(key)

    def series_of_duplicates(self, kind: Kind) -> Series:
        """The series of spans of calls that are counted on other spans."""
        key = SeriesKey(kind, None, Status.DUPLICATE, None, None, "local", (), (), None, ())
        return self._series.get(key) or self._new(key)

    def post(self, posting: Posting) -> bool:
        """Has a call wait to be folded. False where too many do: it is then for `add`."""
        if len(self._posted) < MAX_POSTED:
            self._posted.append(posting)
            return True
        return False

    def add(self, posting: Posting) -> None:
        """Counts a call at once."""
        with self._lock:
            _add(posting)

    def fold(self) -> list[Posting]:
        """Adds up what was posted, and returns it."""
        with self._lock:
            folded = [self._posted.popleft() for _ in range(len(self._posted))]
            for posting in folded:
                _add(posting)
        return folded

    def snapshot(self) -> list[Series]:
        """A copy of all series as folded, consistent with each other."""
        with self._lock:
            return [series.copy() for series in self._series.values() if series.is_begun]

    def renew_after_fork(self) -> None:
        """In a forked child: what was posted before is the parent's."""
        self._lock = Lock()
        self._posted.clear()

    def _new(self, key: tuple[object, ...]) -> Series:
        made = SeriesKey(*key)  # type: ignore[arg-type]
        with self._lock:
            if len(self._series) >= MAX_SERIES:
                made = made._replace(
                    kind=kind_of(made.kind.provider, OTHER, made.kind.operation), error_type=made.error_type and OTHER
                )
                self.overflowed = True
            return self._series.setdefault(made, Series(made))


def _add(posting: Posting) -> None:
    series = posting.series
    series.calls += 1
    series.counts = list(map(add, series.counts, posting.counts))
    series.told = list(map(add, series.told, posting.told))
