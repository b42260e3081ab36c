"""The span processor: puts the cost on each LLM span before it ends, and posts it to the ledger."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Mapping
from threading import get_ident
from typing import Any, Final, NamedTuple
from weakref import ReferenceType, ref

from opentelemetry.context import Context
from opentelemetry.metrics import MeterProvider
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import StatusCode

from otel_llm_cost.accounts import Accounts
from otel_llm_cost.attributes import Attributes, Template, keep_told, of_duplicate
from otel_llm_cost.call import Sighting, Told
from otel_llm_cost.claim import entry_of, is_settled, lane, local_id
from otel_llm_cost.conventions.reader import Look, Reader
from otel_llm_cost.cost import WITH_AMOUNT, Cost, Reason, Status, price_call
from otel_llm_cost.guard import ATTRIBUTE_LIMIT
from otel_llm_cost.ledger.totals import Posting
from otel_llm_cost.names import COST_AMOUNT
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.recognise import LATE, LATE_MODULES, looks_like_call, makes_calls, never_calls
from otel_llm_cost.repeated import Repeat, learn, repeat
from otel_llm_cost.settings import strict_from_environment
from otel_llm_cost.span_end import SpanEnd, has_room, hook_end

_SLACK_NS: Final = 1_000_000_000
_FIRST, _SECOND, _THIRD = LATE_MODULES
_MAX_SCOPES: Final = 10_000
_MAX_LATE: Final = 1024
# In Python 3.11 a member of an enum takes a third of a microsecond to look up.
_ERROR: Final = StatusCode.ERROR


class _Scope(NamedTuple):
    """What is known of an instrumentation scope."""

    name: str
    version: str | None
    reader: Reader
    makes_calls: bool


_OTHER: Final = _Scope("", None, Reader(""), makes_calls=False)
"""A scope whose spans are never calls."""


class CostSpanProcessor(SpanProcessor):
    """Prices LLM spans: `provider.add_span_processor(CostSpanProcessor())`, before or after the exporter's processor.

    Each span of a billed call gets its cost in the attributes of docs/contract.md just before it ends, sampled or recorded only.
    Metrics go to `meter_provider`, by default the global one. Not for spans that already ended: use `price_call`.
    """

    def __init__(
        self, *, table: PriceTable | None = None, meter_provider: MeterProvider | None = None, strict: bool | None = None
    ) -> None:
        """`table` defaults to the shipped one with the prices that the environment names, `strict` to `OTEL_LLM_COST_STRICT`.

        Raises PriceFileError where such a price file cannot be used.
        """
        self.table = table if table is not None else PriceTable.default()
        self.strict = strict if strict is not None else strict_from_environment()
        self.enabled = True
        self.accounts = Accounts.of(meter_provider, self.table)
        self._guard = self.accounts.guard
        self._once = self.accounts.once
        self._late: dict[int, None] = {}
        """Spans of calls that were told of late, below which another of their scope may follow."""
        self._scopes: dict[Hashable, _Scope] = {}
        self._readers: list[ReferenceType[Reader]] = []
        self.table.at_change(self._prices_changed)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the SDK's signature
        try:
            made_by = span.instrumentation_scope
            try:
                scope = self._scopes[made_by.name]  # type: ignore[union-attr]
            except (KeyError, TypeError, AttributeError):  # not seen before; no name; no scope
                scope = self._classify(getattr(made_by, "name", ""), made_by)
            if scope is _OTHER or not self.enabled:
                return
            if scope.version != made_by.version:  # type: ignore[union-attr] # it has a name
                scope = self._classify((scope.name, made_by.version), made_by)  # type: ignore[union-attr]
            hook = hook_end(span, self, scope)
            if hook is not None and (
                scope.makes_calls
                or ((held := span.attributes) and looks_like_call(held))
                # Beside another call below a remote parent: once that one has ended, only this span keeps their trace.
                or ((parent := span.parent) is not None and parent.is_remote)
            ):
                context, parent = span.context, span.parent
                if not self._once.is_late and (_FIRST in sys.modules or _SECOND in sys.modules or _THIRD in sys.modules):
                    self._once.is_late = True
                if parent is None:
                    hook.group = self._once.begin_root(lane(), get_ident())
                else:
                    hook.group = self._once.begin(context.trace_id, context.span_id, local_id(parent))
        except Exception as error:  # noqa: BLE001 - nothing of ours reaches the application
            self._guard.failed("on_start", error)

    def on_end(self, span: ReadableSpan) -> None:
        once = self._once
        if not once.traces and not once.held:
            return
        try:
            context, parent = span.context, span.parent
            group = once.traces.get(context.trace_id)
            # Logfire's log of a stream, which has no duration, says that its parent is elsewhere, and it is not.
            is_local_root = parent is None or (parent.is_remote and span.start_time != span.end_time)
            if once.held or (group is not None and (is_local_root or group.is_over)):
                once.span_ended(context.trace_id, context.span_id, is_local_root=is_local_root)
        except Exception as error:  # noqa: BLE001 - as above
            self._guard.failed("on_end", error)

    def ending(self, span: Span, end_time: int, hook: SpanEnd) -> None:
        """A watched span is about to end: prices it where it is a call's."""
        try:
            attributes = span.attributes
            held = attributes.copy() if attributes is not None else {}  # type: ignore[attr-defined] # a mappingproxy
            if not held and hook.group is None and hook.given is None:
                return
            told, reader = hook.given, hook.scope.reader
            if isinstance(told, Sighting):
                self._settle(span, end_time, hook, held, told)
                return
            failed = "error.type" in held or span.status.status_code is _ERROR
            start, context = span.start_time or end_time, span.context
            known = repeat(reader, held, start, context) if not failed and told is None else None
            if known is not None:
                group = hook.group
                # The group of a root is a lane, which has a thread.
                is_lone = group is not None and group.thread == get_ident()
                if not is_lone or not self.accounts.settle_alone(context.trace_id, group, known.posting):
                    self._settle_repeated(span, end_time, hook, held, known)
                    return
                hook.group = None
                self._write(span, known.written, held)
                return
            look = reader.look(held)
            if look is None:
                self._withdraw(span, hook)
                return
            if self._gives_way(span, hook, look, failed=failed):
                self.accounts.count_duplicate(look.kind)
                self._write(span, of_duplicate(look.kind.usage_source, self.table.version), held)
                return
            given = reader.read(look, start, end_time, failed=failed)
            if isinstance(told, Told):
                given = given._replace(call=given.call._replace(told=told))
            self._settle(span, end_time, hook, held, given, look)
        except Exception as error:  # noqa: BLE001 - as above
            self._withdraw(span, hook)
            self._guard.failed("end", error)

    def shutdown(self) -> None:
        """Counts what still waits. Metrics may be collected after it."""
        self.force_flush()

    def force_flush(self, timeout_millis: int = 30000) -> bool:  # noqa: ARG002 - the SDK's signature
        """Counts what still waits for another span of its call."""
        try:
            self._once.release(None)
        except Exception as error:  # noqa: BLE001 - as above
            self._guard.failed("force_flush", error)
        return True

    def price(self, sighting: Sighting) -> Cost:
        """The cost of a call, by this processor's table and strictness. Never raises."""
        try:
            return price_call(sighting.call, self.table, strict=self.strict)
        except Exception as error:  # noqa: BLE001 - as above
            self._guard.failed("price", error)
            return Cost(Status.UNPRICED, Reason.INTERNAL_ERROR)

    def _classify(self, key: object, made_by: InstrumentationScope | None) -> _Scope:
        """What is known under a key: a name, for the version that was seen first, or a name and another version."""
        name = getattr(made_by, "name", None)
        if not isinstance(name, str) or not isinstance(key, Hashable):
            return _OTHER
        # Into what is there now: prices that change meanwhile begin another, with other hosts.
        scopes = self._scopes
        if key in scopes:
            return scopes[key]
        scope, version = _OTHER, getattr(made_by, "version", None)
        if not never_calls(name):
            scope = _Scope(name, version, Reader(name, self.table.hosts, version or ""), makes_calls(name))
        if len(scopes) < _MAX_SCOPES:
            scopes[key] = scope
            self._readers.append(ref(scope.reader))
        return scope

    def _prices_changed(self) -> None:
        """What was remembered of scopes, their hosts and prices is of before."""
        self._scopes = {}
        # Those of spans that are open still, too.
        for reference in list(self._readers):
            reader = reference()
            if reader is None:
                self._readers.remove(reference)
            else:
                reader.forget()

    def _settle_repeated(self, span: Span, end: int, hook: SpanEnd, held: dict[str, Any], known: Repeat) -> None:
        """Counts a call like one before, once, and writes on its span."""
        posting, written, kind, shape, values = known
        identity = kind, shape.id_in(held), shape.stated, values, True
        group, hook.group = hook.group, None
        if self.accounts.settle(entry_of(span, end, group, hook.scope.name, identity, posting)) == "duplicate":
            written = of_duplicate(kind.usage_source, self.table.version)
        self._write(span, written, held)

    def _settle(
        self,
        span: Span,
        end: int,
        hook: SpanEnd,
        held: dict[str, Any],
        given: Sighting,
        look: Look | None = None,
    ) -> None:
        """Prices a call, counts it once, and writes on its span."""
        version = self.table.version
        cost, kind = self.price(given), given.kind
        if self.table.version != version:
            # Prices changed meanwhile: once more, so that the version is that of the price.
            version, cost = self.table.version, self.price(given)
        series = self.accounts.totals.series(given, cost)
        template = Template(cost, kind.usage_source, version)
        if look is not None:
            learn(look.shape, kind, cost, series, template)
            if self.table.version != version:
                # Prices changed while this call was priced: what is remembered may be of before.
                look.shape.memo.clear()
        units = cost.units if cost.status in WITH_AMOUNT else None
        told = () if cost.is_product else cost.parts
        posting = Posting(series, given.call.usage.counts, told, units, span.context)
        identity = kind, given.response_id, given.stated, given.values, is_settled(cost, given)
        group, hook.group = hook.group, None
        scope = hook.scope.name
        apart = look.shape.convention.apart if look is not None else None
        entry = entry_of(span, end, group, apart or scope, identity, posting)
        entry.is_late = scope in LATE
        if entry.is_late and apart is None:
            self._late[entry.span_id] = None
            if len(self._late) > _MAX_LATE:
                self._late.pop(next(iter(list(self._late))), None)
        if look is not None and look.ends_another:
            # The time is measured from the headers on, and not by the spans' clock.
            entry.start, entry.ends_another = given.call.at_unix_nano - _SLACK_NS, True
        if self.accounts.settle(entry) == "duplicate":
            written = of_duplicate(kind.usage_source, self.table.version)
        else:
            written = template.filled(cost.units, cost.parts, cost.local_units)
        self._write(span, written, held)

    def _gives_way(self, span: Span, hook: SpanEnd, look: Look, *, failed: bool) -> bool:
        """Whether another span of its scope stands for its call: one that is to come, or one that was there before."""
        if look.is_header and not failed:
            if hook.group is not None:
                self._once.began(span.context.trace_id, hook.group, span.context.span_id)
                hook.group = None
            return True
        if look.shape.convention.apart is not None and span.parent is not None and span.parent.span_id in self._late:
            self._withdraw(span, hook)
            return True
        return False

    def _withdraw(self, span: Span, hook: SpanEnd) -> None:
        if hook.group is not None:
            self._once.withdraw(hook.group, span.context.span_id)
            hook.group = None

    def _write(self, span: Span, written: Attributes, held: Mapping[str, object]) -> None:
        """Sets attributes, unless the span has no room: an SDK span at its limit would drop the application's oldest."""
        if COST_AMOUNT in held:
            written = keep_told(written, held)
        if not has_room(span, len(held) + len(written)):
            self._guard.limit(ATTRIBUTE_LIMIT, "a span is at its attribute limit: its cost is in the metrics, not on the span")
            self.accounts.leave_unwritten(span.context.trace_id, span.context.span_id)
            return
        span.set_attributes(written)
