"""What an LLM call cost, at the price in force when it ran, on its own OpenTelemetry span."""

from otel_llm_cost.call import Call
from otel_llm_cost.cost import Cost, Reason, Status, price_call
from otel_llm_cost.instrumentor import LLMCostInstrumentor
from otel_llm_cost.prices.file import PriceFileError
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.processor import CostSpanProcessor
from otel_llm_cost.record import record_call
from otel_llm_cost.usage import Usage
from otel_llm_cost.version import VERSION as __version__

__all__ = [
    "Call",
    "Cost",
    "CostSpanProcessor",
    "LLMCostInstrumentor",
    "PriceFileError",
    "PriceTable",
    "Reason",
    "Status",
    "Usage",
    "__version__",
    "price_call",
    "record_call",
]
