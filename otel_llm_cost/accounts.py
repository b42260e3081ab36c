"""The ledger and its metrics together: each call once into the totals, each series started in the metrics at its first sight."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import main_thread
from time import time_ns
from weakref import WeakMethod

from opentelemetry.metrics import Meter

from otel_llm_cost.guard import Guard
from otel_llm_cost.ledger.entry import Entry
from otel_llm_cost.ledger.once import Group, Once, Verdict
from otel_llm_cost.ledger.totals import Posting, Totals
from otel_llm_cost.metrics import CostMetrics
from otel_llm_cost.prices.table import PriceTable


class Accounts:
    """What has been spent, as one processor sees it."""

    def __init__(self, meter: Meter, guard: Guard, table: PriceTable) -> None:
        self.totals = Totals()
        self.once = Once(lambda entry: self._post(entry.posting), self._post_duplicate)
        self._metrics = CostMetrics(
            meter,
            totals=self.totals,
            errors=guard.counts,
            before_collection=self._release,
            table=lambda: (table.version, table.checked_unix_nano),
        )
        _call_in_forked_child(WeakMethod(self._renew_after_fork))

    def settle_alone(self, trace_id: int, lane: Group, posting: Posting) -> bool:
        """Counts a root's call where nothing is related to it: the common case. False where `settle` must decide."""
        if not self.once.alone(trace_id, lane):
            return False
        self._post(posting)
        return True

    def settle(self, entry: Entry) -> Verdict:
        """Counts a call, unless another span of it is counted, or may yet be."""
        verdict = self.once.settle(entry)
        if verdict == "hold" and not entry.posting.series.is_begun:
            self._metrics.begin(entry.posting.series)
        return verdict

    def _post(self, posting: Posting) -> None:
        series = posting.series
        if not series.is_begun:
            self._metrics.begin(series)
            if posting.units is not None:
                # The first record of a series starts it, so it cannot wait for a collection.
                self._metrics.record(series, posting.units, posting.context)
                posting = posting._replace(units=None)
        if not self.totals.post(posting) and posting.units is not None:
            self._metrics.record(series, posting.units, posting.context)

    def _post_duplicate(self, entry: Entry) -> None:
        self._post(Posting(self.totals.series_of_duplicates(entry.kind), (), (), None, None))

    def _release(self) -> None:
        # At exit the meter provider collects for the last time before the tracer provider shuts down: nothing waits any longer.
        self.once.release(time_ns() if main_thread().is_alive() else None)

    def _renew_after_fork(self) -> None:
        self.once.renew_after_fork()
        self.totals.renew_after_fork()
        self._metrics.renew_after_fork()


def _call_in_forked_child(method: WeakMethod[Callable[[], None]]) -> None:
    def after_in_child() -> None:
        held = method()
        if held is not None:
            held()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=after_in_child)
