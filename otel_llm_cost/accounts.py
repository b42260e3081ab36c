"""The ledger and its metrics together: each call once into the totals, each series started in the metrics at its first sight."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Lock, main_thread
from time import time_ns
from typing import Any, Final
from weakref import WeakKeyDictionary, WeakMethod, WeakValueDictionary

from opentelemetry.metrics import MeterProvider, get_meter_provider

from otel_llm_cost.call import Kind
from otel_llm_cost.guard import SERIES_LIMIT, Guard
from otel_llm_cost.ledger.entry import Entry
from otel_llm_cost.ledger.group import Group
from otel_llm_cost.ledger.once import Once, Verdict
from otel_llm_cost.ledger.totals import Posting, Totals
from otel_llm_cost.metrics import CostMetrics
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.version import VERSION

SCOPE: Final = "otel_llm_cost"
_MAX_UNWRITTEN: Final = 4096


class Accounts:
    """What has been spent, as one meter provider reports it. Processors that share the provider share the accounts."""

    def __init__(self, meter_provider: MeterProvider) -> None:
        """Not for direct use: `Accounts.of`."""
        self.guard = Guard()
        self.totals = Totals()
        self.meter_provider = meter_provider
        self._tables: dict[int, PriceTable] = {}
        self.exporting = Lock()
        """Held by an exporter that prices spans: two exporters get the same span."""
        self.exported: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
        """What an exporter has dealt with: spans that had no cost, and the same with it."""
        self.unwritten: dict[tuple[int, int], None] = {}
        """Spans, by trace and id, that are counted and had no room for their cost. The oldest are forgotten."""
        self.before_last: list[Callable[[], object]] = []
        """Called at exit, before the last collection."""
        self.once = Once(lambda entry: self._post(entry.posting), lambda entry: self.count_duplicate(entry.kind))
        self._metrics = CostMetrics(
            meter_provider.get_meter(SCOPE, VERSION),
            totals=self.totals,
            errors=self.guard.counts,
            before_collection=self._release,
            tables=lambda: {table.version: table.checked_unix_nano for table in self._tables.values()},
        )
        self.guard.at_first = self._metrics.begin_error
        _call_in_forked_child(WeakMethod(self._renew_after_fork))

    @classmethod
    def of(cls, meter_provider: MeterProvider | None, table: PriceTable) -> Accounts:
        """Those of a meter provider, by default the global one, which reports the age of `table` too."""
        provider = meter_provider if meter_provider is not None else get_meter_provider()
        # By identity, and as long as the provider lives: its instruments can be made once only.
        with _lock:
            accounts = _by_provider.get(id(provider)) or _made_before(provider)
            if accounts is None:
                accounts = _by_provider[id(provider)] = cls(provider)
            accounts._tables = {**accounts._tables, id(table): table}
            return accounts

    def settle_alone(self, trace_id: int, lane: Group, posting: Posting) -> bool:
        """Counts a root's call where nothing is related to it: the common case. False where `settle` must decide."""
        if not self.once.alone(trace_id, lane):
            return False
        if not posting.series.is_begun or not self.totals.post(posting):
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
            if self.totals.overflowed:
                self.guard.limit(SERIES_LIMIT, "more models than metrics can tell apart: further ones are added up as _OTHER")
            self._metrics.begin(series)
            if posting.units is not None:
                # The first record of a series starts it, so it cannot wait for a collection.
                self._metrics.record(series, posting.units, posting.context)
                posting = posting._replace(units=None)
        if not self.totals.post(posting):
            self.totals.add(posting)
            if posting.units is not None:
                self._metrics.record(series, posting.units, posting.context)

    def count_duplicate(self, kind: Kind) -> None:
        """Counts a span whose call is counted on another."""
        self._post(Posting(self.totals.series_of_duplicates(kind), (), (), None, None))

    def leave_unwritten(self, trace_id: int, span_id: int) -> None:
        """A span is counted, and its cost does not stand on it."""
        self.unwritten[trace_id, span_id] = None
        if len(self.unwritten) > _MAX_UNWRITTEN:
            self.unwritten.pop(next(iter(list(self.unwritten))), None)

    def _release(self) -> None:
        if main_thread().is_alive():
            self.once.release(time_ns())
            return
        # At exit the meter provider collects for the last time before the tracer provider shuts down: nothing waits any longer.
        for call in self.before_last:
            call()
        self.once.release(None)

    def _renew_after_fork(self) -> None:
        self.exporting = Lock()
        self.guard.renew_after_fork()
        self.once.renew_after_fork()
        self.totals.renew_after_fork()
        self._metrics.renew_after_fork()


_lock = Lock()
_by_provider: WeakValueDictionary[int, Accounts] = WeakValueDictionary()


def _made_before(provider: MeterProvider) -> Accounts | None:
    """Those made before this global provider was set: a proxy stood for it, whose instruments have become those of this one."""
    return next(
        (held for held in _by_provider.values() if getattr(held.meter_provider, "_real_meter_provider", None) is provider), None
    )


def _call_in_forked_child(method: WeakMethod[Callable[[], None]]) -> None:
    def after_in_child() -> None:
        held = method()
        if held is not None:
            held()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=after_in_child)
