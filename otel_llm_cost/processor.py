"""The span processor: puts the cost on each LLM span before it ends, and posts it to the ledger."""

from __future__ import annotations

import os
import sys
from collections.abc import Hashable, Mapping
from threading import get_ident, main_thread
from time import time_ns
from typing import Final
from weakref import WeakMethod

from opentelemetry.context import Context
from opentelemetry.metrics import MeterProvider, get_meter_provider
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanLimits, SpanProcessor
from opentelemetry.trace import SpanContext, StatusCode

from otel_llm_cost.attributes import Attributes, SpanAttributes, keep_told
from otel_llm_cost.call import Sighting
from otel_llm_cost.conventions.semconv import read_span
from otel_llm_cost.cost import Cost, price_call
from otel_llm_cost.guard import ATTRIBUTE_LIMIT, Guard
from otel_llm_cost.ledger.entry import Entry
from otel_llm_cost.ledger.once import Once
from otel_llm_cost.ledger.totals import Totals
from otel_llm_cost.metrics import CostMetrics, has_amount
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.recognise import billed_operation, looks_like_call, makes_calls, never_calls
from otel_llm_cost.settings import strict_from_environment
from otel_llm_cost.span_end import SpanEnd
from otel_llm_cost.version import VERSION

SCOPE: Final = "otel_llm_cost"
_SKIP, _UNKNOWN, _LIKELY = 0, 1, 2


class CostSpanProcessor(SpanProcessor):
    """Prices LLM spans: `provider.add_span_processor(CostSpanProcessor())`, before or after the exporter's processor.

    Each span of a billed call gets its cost in the attributes of docs/contract.md just before it ends, sampled or recorded only.
    Metrics go to `meter_provider`, by default the global one. Not for spans that already ended: use `price_call`.
    """

    def __init__(
        self, *, table: PriceTable | None = None, meter_provider: MeterProvider | None = None, strict: bool | None = None
    ) -> None:
        """`table` defaults to the shipped one, `strict` to `OTEL_LLM_COST_STRICT`."""
        self.table = table if table is not None else PriceTable.shipped()
        self.strict = strict if strict is not None else strict_from_environment()
        self.enabled = True
        self.guard = Guard()
        self._totals = Totals()
        self._once = Once(self._count, self._count_duplicate)
        self._attributes = SpanAttributes(self.table.version)
        self._scopes: dict[str, int] = {}
        meter = (meter_provider if meter_provider is not None else get_meter_provider()).get_meter(SCOPE, VERSION)
        self._metrics = CostMetrics(
            meter,
            snapshot=self._totals.snapshot,
            errors=self.guard.counts,
            before_collection=self._release,
            table=lambda: (self.table.version, self.table.checked_unix_nano),
        )
        _renew_in_forked_child(self)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        scope = span.instrumentation_scope
        name = scope.name if scope is not None else ""
        kind = self._scopes.get(name)
        if kind is None:
            kind = self._classify(name)
        if kind is _SKIP or not self.enabled:
            return
        try:
            self._watch(span, kind)
        except Exception as error:  # noqa: BLE001 - nothing of ours reaches the application
            self.guard.failed("on_start", error)

    def on_end(self, span: ReadableSpan) -> None:
        once = self._once
        if not once.traces and not once.held:
            return
        try:
            context, parent = span.context, span.parent
            if context is not None:
                once.span_ended(context.trace_id, context.span_id, is_local_root=parent is None or parent.is_remote)
        except Exception as error:  # noqa: BLE001
            self.guard.failed("on_end", error)

    def ending(self, span: Span, end_time: int, hook: SpanEnd) -> None:
        """A watched span is about to end: prices it where it is a call's."""
        try:
            attributes = span.attributes
            held = attributes.copy() if attributes else {}  # type: ignore[attr-defined] # a mappingproxy
            operation = billed_operation(held) if held else None
            if operation is not None or hook.given is not None:
                self._settle(span, end_time, hook, held, operation)
            elif hook.begun:
                self._once.withdraw(span.context.trace_id, span.context.span_id, hook.lane)
        except Exception as error:  # noqa: BLE001
            self.guard.failed("end", error)

    def shutdown(self) -> None:
        """Counts what still waits. Metrics may be collected after it."""
        self.force_flush()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Counts what still waits for another span of its call."""
        try:
            self._once.release(None)
        except Exception as error:  # noqa: BLE001
            self.guard.failed("force_flush", error)
        return True

    def price(self, sighting: Sighting) -> Cost:
        """The cost of a call, by this processor's table and strictness."""
        return price_call(sighting.call, self.table, strict=self.strict)

    def write(self, span: Span, written: Attributes, held: Mapping[str, object]) -> None:
        """Sets attributes, unless the span has no room: an SDK span at its limit would drop the application's oldest."""
        if held.keys() & written.keys():
            written = keep_told(written, held)
        room = _attribute_limit(span)
        if room is not None and len(held) + len(written) > room:
            self.guard.limit(ATTRIBUTE_LIMIT, "a span is at its attribute limit: its cost is in the metrics, not on the span")
            return
        span.set_attributes(written)

    def _classify(self, scope: str) -> int:
        kind = _SKIP if never_calls(scope) else _LIKELY if makes_calls(scope) else _UNKNOWN
        if len(self._scopes) < 10_000:
            self._scopes[scope] = kind
        return kind

    def _watch(self, span: Span, kind: int) -> None:
        if isinstance(span.__dict__.get("end"), SpanEnd):
            # Another processor of ours has it.
            return
        hook = SpanEnd(span, self)
        if kind is _LIKELY or ((held := span.attributes) and looks_like_call(held)):
            context, parent = span.context, span.parent
            hook.lane = _lane() if parent is None else None
            hook.begun = True
            self._once.begin(context.trace_id, context.span_id, _local(parent), hook.lane)
        hook.install()

    def _settle(self, span: Span, end: int, hook: SpanEnd, held: Mapping[str, object], operation: str | None) -> None:
        scope, context, parent, start = span.instrumentation_scope, span.context, span.parent, span.start_time or end
        scope_name = scope.name if scope is not None else ""
        sighting: Sighting | None = hook.given
        if sighting is None:
            failed = "error.type" in held or span.status.status_code is StatusCode.ERROR
            sighting = read_span(held, operation or "", scope_name, start, failed=failed)
        cost = self.price(sighting)
        lane = hook.lane if hook.begun else _lane() if parent is None else None
        entry = Entry(sighting, cost, scope_name, context.trace_id, context.span_id, _local(parent), start, end, lane, context)
        verdict = self._once.settle(entry, begun=hook.begun)
        if verdict == "hold":
            key, is_new = self._totals.begin(entry)
            if is_new:
                self._metrics.begin(key)
        if verdict == "duplicate":
            self.write(span, self._attributes.of_duplicate(sighting.usage_source), held)
        else:
            self.write(span, self._attributes.of(cost, sighting.usage_source), held)

    def _count(self, entry: Entry) -> None:
        key, is_new = self._totals.post(entry)
        if is_new:
            self._metrics.begin(key)
        if has_amount(key) and entry.cost.units is not None:
            self._metrics.record(key, entry.cost.units, entry.context)

    def _count_duplicate(self, entry: Entry) -> None:
        key, is_new = self._totals.post_duplicate(entry)
        if is_new:
            self._metrics.begin(key)

    def _release(self) -> None:
        # At exit the meter provider collects for the last time before the tracer provider shuts down: nothing waits any longer.
        self._once.release(time_ns() if main_thread().is_alive() else None)

    def _renew_after_fork(self) -> None:
        for held in (self.guard, self._once, self._totals, self._metrics):
            held.renew_after_fork()


def _local(parent: SpanContext | None) -> int | None:
    """The id of a parent in this process."""
    return None if parent is None or parent.is_remote else parent.span_id


def _lane() -> Hashable:
    """The thread, and the asyncio task where one runs."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or asyncio._get_running_loop() is None:  # noqa: SLF001 - current_task raises where no loop runs, which is slow
        return get_ident()
    task = asyncio.current_task()
    return get_ident(), id(task)


def _attribute_limit(span: Span) -> int | None:
    """How many attributes a span may have. The SDK has no public way to ask."""
    limits = getattr(span, "_limits", None)
    return limits.max_span_attributes if isinstance(limits, SpanLimits) else None


def _renew_in_forked_child(processor: CostSpanProcessor) -> None:
    renew = WeakMethod(processor._renew_after_fork)  # noqa: SLF001

    def after_in_child() -> None:
        held = renew()
        if held is not None:
            held()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=after_in_child)
