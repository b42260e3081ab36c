"""What the application said of calls on spans that no processor sees, kept for the exporter that will price them."""

from __future__ import annotations

from typing import Any, Final, Protocol
from weakref import ReferenceType, ref

from opentelemetry.trace import SpanContext, TracerProvider, get_tracer_provider

from otel_llm_cost.call import Sighting, Told
from otel_llm_cost.cost import Cost

_MOST: Final = 4096


class Pricer(Protocol):
    """Who will price the spans."""

    def price(self, sighting: Sighting) -> Cost:
        """The cost of a call."""


class HandedOver:
    """By trace and span; the oldest are forgotten."""

    def __init__(self) -> None:
        self._given: dict[tuple[int, int], Sighting | Told] = {}
        self._pricers: dict[ReferenceType[Any], TracerProvider | None] = {}

    def expect(self, pricer: Pricer, provider: TracerProvider | None) -> None:
        """An exporter prices the spans of a tracer provider, by default the global one, as long as `pricer` lives."""
        self._pricers[ref(pricer, lambda gone: self._pricers.pop(gone, None))] = provider

    def pricer(self, provider: TracerProvider | None) -> Pricer | None:
        """Who prices the spans of a tracer provider; None where nobody is known to."""
        asked = provider or get_tracer_provider()
        served = (held() for held, of in list(self._pricers.items()) if (of or get_tracer_provider()) is asked)
        return next((pricer for pricer in served if pricer is not None), None)

    def give(self, context: SpanContext, given: Sighting | Told) -> None:
        """Keeps it, where there is any exporter that may ask."""
        if not self._pricers:
            return
        self._given[context.trace_id, context.span_id] = given
        if len(self._given) > _MOST:
            self._given.pop(next(iter(list(self._given))), None)

    def of(self, context: SpanContext) -> Sighting | Told | None:
        """What was said of a span; several exporters may ask."""
        return self._given.get((context.trace_id, context.span_id))

    def has(self, span: Any) -> bool:  # noqa: ANN401 - any span
        """Whether a span's call has been told of."""
        context = span.get_span_context()
        return (context.trace_id, context.span_id) in self._given


HANDED_OVER: Final = HandedOver()
