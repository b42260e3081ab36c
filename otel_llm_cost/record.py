"""A call that nobody instruments, or whose cost the application knows."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final, Literal

from opentelemetry import trace
from opentelemetry.trace import SpanKind

from otel_llm_cost.accounts import SCOPE
from otel_llm_cost.call import STATED, Call, Sighting, Told, kind_of, tier_of, unix_nano
from otel_llm_cost.cost import Cost, Reason, Status, price_call
from otel_llm_cost.handed_over import HANDED_OVER
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.processor import CostSpanProcessor
from otel_llm_cost.recognise import BILLED_OPERATIONS, looks_like_call
from otel_llm_cost.settings import strict_from_environment
from otel_llm_cost.span_end import has_room, hook_of
from otel_llm_cost.usage import Usage
from otel_llm_cost.version import VERSION

_log = logging.getLogger("otel_llm_cost")

_INCLUDED: Final = {
    "gen_ai.usage.input_tokens": (
        "input", "input_audio", "input_image", "input_video", "cache_read", "cache_read_audio", "cache_write", "cache_write_5m",
        "cache_write_1h",
    ),
    "gen_ai.usage.output_tokens": ("output", "reasoning", "output_audio", "output_image"),
    "gen_ai.usage.cache_read.input_tokens": ("cache_read", "cache_read_audio"),
    "gen_ai.usage.cache_write.input_tokens": ("cache_write", "cache_write_5m", "cache_write_1h"),
    "gen_ai.usage.reasoning.output_tokens": ("reasoning",),
}  # fmt: skip
"""The conventions' counts, which include each other, as sums of ours, which do not; in the order of `STATED`."""


def record_call(
    *,
    provider: str,
    model: str,
    usage: Usage | Mapping[str, float | Decimal] | None = None,
    at: datetime | int | None = None,
    amount: float | Decimal | None = None,
    currency: str | None = None,
    components: Mapping[str, float | Decimal] | None = None,
    source: Literal["provider", "local"] = "local",
    operation: str = "chat",
    tier: str | None = None,
    region: str | None = None,
    response_id: str | None = None,
    span: trace.Span | None = None,
    tracer_provider: trace.TracerProvider | None = None,
) -> Cost:
    """Puts a call and its cost on a span, and counts it; returns the cost.

    The span is `span`, else the current one where that is an LLM call's that is still open, else a new one. Once it ends, the
    processor counts the call. `usage` holds disjoint counts (`Usage`); `at` is the call's start, now by default;
    `region` is where it was served, as the provider names it.

    Where the provider, a gateway or you know the cost, give `amount` and `currency` (ISO 4217), and `components` if you know the
    parts: it is kept as it is, and marked `reported`.

    Never raises: what cannot be read is logged, and the call is counted as `unpriced`, with the reason `invalid_usage`.
    """
    try:
        sighting = _sighting(provider, model, usage, at, amount, currency, components, source, operation, tier, region, response_id)
        return _record(sighting, span, tracer_provider, is_backdated=at is not None and sighting.call.doubt is None)
    except Exception as error:  # noqa: BLE001 - the application's call must not fail for its accounting
        _log.warning("record_call: %s: %s; the call is not counted", type(error).__name__, error)
        return Cost(Status.UNPRICED, Reason.INVALID_USAGE)


def _sighting(
    provider: str,
    model: str,
    usage: Usage | Mapping[str, float | Decimal] | None,
    at: datetime | int | None,
    amount: float | Decimal | None,
    currency: str | None,
    components: Mapping[str, float | Decimal] | None,
    source: Literal["provider", "local"],
    operation: str,
    tier: str | None,
    region: str | None,
    response_id: str | None,
) -> Sighting:
    if operation not in BILLED_OPERATIONS:
        raise ValueError(f"operation {operation!r} is none that is billed by itself: one of {', '.join(sorted(BILLED_OPERATIONS))}")
    told = Told(amount, currency, source, components) if amount is not None else None
    now, doubt = unix_nano(datetime.now().astimezone()), None
    try:
        used = usage if isinstance(usage, Usage) else Usage(**(usage or {}))
        start = unix_nano(at) if at is not None else now
    except (TypeError, ValueError) as error:
        _log.warning("record_call: %s; the call is counted as unpriced", error)
        used, start, doubt = Usage(), now, Reason.INVALID_USAGE.value
    stated, values = (STATED, tuple(_inclusive(used))) if used or told is None else ((), ())
    served = tier_of(tier)
    kind = kind_of(provider, model, operation, model, model, served, None, "app", region)
    call = Call(provider, model, start, used, served, doubt, (), told, region)
    return Sighting(kind, call, response_id, stated, values)


def _record(
    sighting: Sighting, given: trace.Span | None, tracer_provider: trace.TracerProvider | None, *, is_backdated: bool
) -> Cost:
    call = sighting.call
    span = given if given is not None else _open_call(trace.get_current_span(), sighting)
    made = None
    if span is None:
        tracer = trace.get_tracer(SCOPE, VERSION, tracer_provider)
        start = call.at_unix_nano if is_backdated else None
        made = span = tracer.start_span(f"{sighting.kind.operation} {call.model}", kind=SpanKind.CLIENT, start_time=start)
    try:
        hook = hook_of(span)
        held = getattr(span, "attributes", None) or {}
        missing = {name: value for name, value in _identity(sighting).items() if name not in held}
        if span.is_recording() and has_room(span, len(held) + len(missing)):
            span.set_attributes(missing)
        processor = getattr(hook, "owner", None)
        # A span that states its usage itself keeps it beside a cost that was told.
        handed = sighting if call.usage or call.told is None or made is not None else call.told
        if hook is not None and isinstance(processor, CostSpanProcessor):
            hook.given = handed
            return processor.price(sighting)
        if span.is_recording():
            HANDED_OVER.give(span.get_span_context(), handed)
            exporting = HANDED_OVER.pricer(tracer_provider)
            if exporting is not None:
                return exporting.price(sighting)
        _log.warning("record_call: no CostSpanProcessor sees this span: the cost is returned, and stands in no metric")
        return price_call(call, _default_or_shipped(), strict=strict_from_environment())
    finally:
        if made is not None:
            made.end(call.at_unix_nano if is_backdated else None)


# A file that cannot be used is named once.
_default_or_shipped = cache(PriceTable.default_or_shipped)


def _open_call(current: trace.Span, sighting: Sighting) -> trace.Span | None:
    """The current span where it is this call's: a request handler's, an agent's or another call's span is not."""
    held, hook = getattr(current, "attributes", None), hook_of(current)
    if not held or not current.is_recording() or not looks_like_call(held):
        return None
    if (hook is not None and hook.given is not None) or HANDED_OVER.has(current):
        return None
    models = {held.get("gen_ai.request.model"), held.get("gen_ai.response.model")} - {None}
    operation = held.get("gen_ai.operation.name", sighting.kind.operation)
    return current if operation == sighting.kind.operation and (not models or sighting.call.model in models) else None


def _identity(sighting: Sighting) -> dict[str, Any]:
    """The conventions' attributes of the call."""
    call = sighting.call
    written: dict[str, Any] = {
        "gen_ai.operation.name": sighting.kind.operation,
        "gen_ai.provider.name": call.provider,
        "gen_ai.request.model": call.model,
        "gen_ai.response.model": call.model,
    }
    if sighting.response_id is not None:
        written["gen_ai.response.id"] = sighting.response_id
    written.update((name, total) for name, total in zip(_INCLUDED, _inclusive(call.usage), strict=True) if total)
    return written


def _inclusive(usage: Usage) -> list[int]:
    """The conventions' counts, in the order of `_INCLUDED`."""
    counts = usage.by_component()
    return [sum(counts.get(component, 0) for component in included) for included in _INCLUDED.values()]
