"""What this process has set up: the providers, and the way of spans and metrics out of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from opentelemetry import metrics, trace

from otel_llm_cost.doctor import internals
from otel_llm_cost.exporter import CostSpanExporter
from otel_llm_cost.processor import CostSpanProcessor


class Route(NamedTuple):
    """A span processor, and where it hands spans on to."""

    processor: Any
    exporter: Any = None
    """What sends them; None where the processor exports nothing."""
    pricing: CostSpanExporter | None = None
    """Ours, around that."""


class Setup(NamedTuple):
    """What is looked at."""

    tracer_provider: Any
    meter_provider: Any
    routes: tuple[Route, ...]
    readers: tuple[Any, ...]
    environment: Mapping[str, str]
    is_auto: bool
    """Whether `opentelemetry-instrument`, or what works like it, started this process."""

    @property
    def has_sdk(self) -> bool:
        """Whether the tracer provider takes span processors."""
        return hasattr(self.tracer_provider, "add_span_processor")

    @property
    def processors(self) -> list[CostSpanProcessor]:
        """Ours."""
        return [route.processor for route in self.routes if isinstance(route.processor, CostSpanProcessor)]

    @property
    def pricing_exporters(self) -> list[CostSpanExporter]:
        """Ours."""
        return [route.pricing for route in self.routes if route.pricing is not None]

    def named(self, *variables: str) -> str | None:
        """The first of these variables that is set."""
        return next((name for name in variables if self.environment.get(name, "").strip()), None)

    def value(self, *variables: str) -> str:
        """What the first of these variables that is set says."""
        name = self.named(*variables)
        return self.environment[name].strip() if name is not None else ""


def of_this_process(environment: Mapping[str, str] = os.environ) -> Setup:
    """What the global providers hold."""
    return setup_of(trace.get_tracer_provider(), metrics.get_meter_provider(), environment)


def setup_of(tracer_provider: object, meter_provider: object, environment: Mapping[str, str] = os.environ) -> Setup:
    """What two providers hold."""
    routes = tuple(_route(processor) for processor in internals.span_processors(tracer_provider))
    readers = tuple(internals.metric_readers(meter_provider))
    return Setup(tracer_provider, meter_provider, routes, readers, environment, _is_auto())


def _route(processor: object) -> Route:
    exporter, pricing = internals.exporter_of(processor), None
    while isinstance(exporter, CostSpanExporter):
        pricing, exporter = exporter, exporter.delegate
    return Route(processor, exporter, pricing)


def _is_auto() -> bool:
    """It puts a `sitecustomize` of its own before all others."""
    held = getattr(sys.modules.get("sitecustomize"), "__file__", None)
    return held is not None and Path(held).parent.name == "auto_instrumentation"
