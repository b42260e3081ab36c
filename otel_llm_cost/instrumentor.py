"""The zero-code door: the `llm_cost` entry point of `opentelemetry-instrument`, and the same by hand."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from opentelemetry import trace
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor  # type: ignore[attr-defined] # the module is untyped
from opentelemetry.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider

from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.processor import CostSpanProcessor
from otel_llm_cost.settings import flushes_at_sigterm
from otel_llm_cost.termination import flush_telemetry_at_sigterm

_log = logging.getLogger("otel_llm_cost")

_HOW = (
    "set an OpenTelemetry SDK tracer provider first and then call LLMCostInstrumentor().instrument(), "
    "or call provider.add_span_processor(CostSpanProcessor())"
)


@dataclass(frozen=True, slots=True)
class Options:
    """What `instrument` takes besides objects, as `instrumentation/development.python.llm_cost` of an `OTEL_CONFIG_FILE` has it."""

    strict: bool | None = None
    prices: list[str] | str | None = None
    table: str | None = None
    models: dict[str, str] | None = None
    hosts: dict[str, str] | None = None


class LLMCostInstrumentor(BaseInstrumentor):  # type: ignore[misc] # the base class is untyped
    """Adds the cost to every LLM span of a tracer provider.

    `instrument(tracer_provider=…, meter_provider=…, table=…, strict=…, prices=…, models=…, hosts=…)`; all default to the global
    providers, the shipped table and the environment. `table` is a `PriceTable`, or the path of a bundle as in
    `OTEL_LLM_COST_TABLE`; `prices` are the paths of price files in place of those of `OTEL_LLM_COST_PRICES`, `models` and `hosts`
    mappings in place of those of `OTEL_LLM_COST_MODELS` and `_HOSTS`. Without an SDK tracer provider it warns, says what to do, and
    can be called again.
    """

    configuration = Options
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
        if by_loader and flushes_at_sigterm():
            flush_telemetry_at_sigterm(lambda: self.processor)
        if by_loader and self.is_instrumented_by_opentelemetry:
            # By the options of OTEL_CONFIG_FILE, before the loader came.
            return
        try:
            if by_loader and kwargs.get("table") is None:
                kwargs["table"] = PriceTable.default_or_shipped()
            super().instrument(**kwargs)
        except Exception:
            if not by_loader:
                raise
            _log.exception("otel-llm-cost could not attach: no cost is recorded")
        if self._processor is None or not self._processor.enabled:
            self._is_instrumented_by_opentelemetry = False

    @property
    def processor(self) -> CostSpanProcessor | None:
        """The processor that is attached; None where there is none, or where it is switched off."""
        return self._processor if self._processor is not None and self._processor.enabled else None

    def _instrument(self, **kwargs: Any) -> None:  # noqa: ANN401
        kwargs.pop("auto_instrumentation", None)
        self._attach(**kwargs)

    def _attach(
        self,
        *,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        table: PriceTable | str | Path | None = None,
        strict: bool | None = None,
        prices: Sequence[str | Path] | str | Path | None = None,
        models: Mapping[str, str] | None = None,
        hosts: Mapping[str, str] | None = None,
    ) -> None:
        if strict is not None and not isinstance(strict, bool):
            raise TypeError(f"strict: neither true nor false: {strict!r}")
        provider = tracer_provider if tracer_provider is not None else trace.get_tracer_provider()
        if not hasattr(provider, "add_span_processor"):
            if not self._warned:
                _log.warning("no cost is recorded: %s takes no span processors; %s", type(provider).__name__, _HOW)
            LLMCostInstrumentor._warned = True
            return
        if any(given is not None for given in (prices, models, hosts)) or isinstance(table, str | Path):
            table = PriceTable.given(table, prices, models, hosts)
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
