"""The zero-code door: the `llm_cost` entry point of `opentelemetry-instrument`, and the same by hand."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any, cast

from opentelemetry import trace
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor  # type: ignore[attr-defined] # the module is untyped
from opentelemetry.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider

from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.processor import CostSpanProcessor

_log = logging.getLogger("otel_llm_cost")

_HOW = (
    "set an OpenTelemetry SDK tracer provider first and then call LLMCostInstrumentor().instrument(), "
    "or call provider.add_span_processor(CostSpanProcessor())"
)


class LLMCostInstrumentor(BaseInstrumentor):  # type: ignore[misc] # the base class is untyped
    """Adds the cost to every LLM span of a tracer provider.

    `instrument(tracer_provider=…, meter_provider=…, table=…, strict=…)`; all default to the global providers, the shipped table and
    the environment. Without an SDK tracer provider it warns, says what to do, and can be called again.
    """

    _processor: CostSpanProcessor | None = None
    _provider: TracerProvider | None = None
    _warned = False

    def instrumentation_dependencies(self) -> Collection[str]:
        """None: it reads the spans of whatever instrumentation there is."""
        return ()

    def instrument(self, **kwargs: Any) -> None:  # noqa: ANN401 - the base class's signature
        """Attaches. Raises TypeError for an unknown argument, PriceFileError for a price file that cannot be used.

        Under `opentelemetry-instrument` that and all else is logged; the shipped prices are used where the user's own cannot be.
        """
        # The loader checks dependencies itself, and says so. An exception would stop the instrumentations that come after ours.
        by_loader = "skip_dep_check" in kwargs
        try:
            if by_loader and kwargs.get("table") is None:
                kwargs["table"] = _default_or_shipped()
            super().instrument(**kwargs)
        except Exception:
            if not by_loader:
                raise
            _log.exception("otel-llm-cost could not attach: no cost is recorded")
        if self._processor is None or not self._processor.enabled:
            self._is_instrumented_by_opentelemetry = False

    def _instrument(self, **kwargs: Any) -> None:  # noqa: ANN401
        kwargs.pop("auto_instrumentation", None)
        self._attach(**kwargs)

    def _attach(
        self,
        *,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        table: PriceTable | None = None,
        strict: bool | None = None,
    ) -> None:
        provider = tracer_provider if tracer_provider is not None else trace.get_tracer_provider()
        if not hasattr(provider, "add_span_processor"):
            if not self._warned:
                _log.warning("no cost is recorded: %s takes no span processors; %s", type(provider).__name__, _HOW)
            LLMCostInstrumentor._warned = True
            return
        is_as_before = table is None or (self._processor is not None and table is self._processor.table)
        is_as_before = is_as_before and meter_provider is None and strict is None
        if self._processor is not None and self._provider is provider and is_as_before:
            # The SDK cannot take a processor off: the one from before goes on.
            self._processor.enabled = True
            return
        self._provider = cast("TracerProvider", provider)
        self._processor = CostSpanProcessor(table=table, meter_provider=meter_provider, strict=strict)
        self._provider.add_span_processor(self._processor)

    def _uninstrument(self, **_: Any) -> None:  # noqa: ANN401
        if self._processor is not None:
            self._processor.enabled = False


def _default_or_shipped() -> PriceTable:
    try:
        return PriceTable.default()
    except PriceFileError as error:
        _log.error("%s: the shipped prices are used, without your own", error)
        return PriceTable.shipped()
