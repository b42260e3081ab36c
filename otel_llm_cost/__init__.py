"""What an LLM call cost, at the price in force when it ran, on its own OpenTelemetry span."""

from typing import TYPE_CHECKING

from otel_llm_cost.call import Call
from otel_llm_cost.cost import Cost, Reason, Status, price_call
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.processor import CostSpanProcessor
from otel_llm_cost.record import record_call
from otel_llm_cost.usage import Usage
from otel_llm_cost.version import VERSION as __version__  # noqa: N811 - the name that Python's tools look for

if TYPE_CHECKING:
    from otel_llm_cost.exporter import CostSpanExporter
    from otel_llm_cost.instrumentor import LLMCostInstrumentor
    from otel_llm_cost.pipeline import configure

__all__ = [
    "Call",
    "Cost",
    "CostSpanExporter",
    "CostSpanProcessor",
    "LLMCostInstrumentor",
    "PriceFileError",
    "PriceTable",
    "Reason",
    "Status",
    "Usage",
    "__version__",
    "configure",
    "price_call",
    "record_call",
]


def __getattr__(name: str) -> object:
    # What these import takes tens of milliseconds, which a program that adds the processor itself need not pay.
    if name == "LLMCostInstrumentor":
        from otel_llm_cost.instrumentor import LLMCostInstrumentor  # noqa: PLC0415

        return LLMCostInstrumentor
    if name == "CostSpanExporter":
        from otel_llm_cost.exporter import CostSpanExporter  # noqa: PLC0415

        return CostSpanExporter
    if name == "configure":
        from otel_llm_cost.pipeline import configure  # noqa: PLC0415

        return configure
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
