"""Every attribute and metric that we write: the contract with dashboards, alerts and searches (docs/contract.md).

The `gen_ai.*` names follow the open proposal of the semantic conventions
(https://github.com/open-telemetry/semantic-conventions-genai/pull/443, read 2026-11-22).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from otel_llm_cost.money import UNITS
from otel_llm_cost.usage import COMPONENTS, UNSPLIT

# On a span ----------------------------------------------------------------------------------------------------------------------
COST_AMOUNT: Final = "gen_ai.usage.cost.amount"
COST_CURRENCY: Final = "gen_ai.usage.cost.currency"
COST_SOURCE: Final = "gen_ai.usage.cost.source"
STATUS: Final = "llm_cost.status"
REASON: Final = "llm_cost.reason"
PRICE: Final = "llm_cost.price"
TABLE: Final = "llm_cost.table"
ASSUMED: Final = "llm_cost.assumed"
USAGE_SOURCE: Final = "llm_cost.usage_source"
KNOWN_AMOUNT: Final = "llm_cost.known_amount"
LOCAL_AMOUNT: Final = "llm_cost.local.amount"
COMPONENT_AMOUNT: Final = {name: f"llm_cost.component.{name}.amount" for name in (*COMPONENTS, UNSPLIT)}
TEST: Final = "llm_cost.test"
REACHED: Final = (
    ("llm_cost.ge_0_01", UNITS // 100),
    ("llm_cost.ge_0_1", UNITS // 10),
    ("llm_cost.ge_1", UNITS),
    ("llm_cost.ge_10", UNITS * 10),
)
"""True where the amount reached is at least so many units, else absent: Jaeger searches by equality only."""

# On a metric --------------------------------------------------------------------------------------------------------------------
PROVIDER: Final = "gen_ai.provider.name"
MODEL: Final = "gen_ai.response.model"
REQUEST_MODEL: Final = "gen_ai.request.model"
OPERATION: Final = "gen_ai.operation.name"
SERVER_ADDRESS: Final = "server.address"
ERROR_TYPE: Final = "error.type"
COMPONENT: Final = "llm_cost.component"
ERROR_KIND: Final = "llm_cost.error.kind"


@dataclass(frozen=True, slots=True)
class Metric:
    """One instrument."""

    name: str
    kind: Literal["histogram", "counter", "updowncounter", "gauge"]
    unit: str
    prometheus: str
    description: str


OPERATION_COST: Final = Metric(
    "gen_ai.client.operation.cost", "histogram", "{cost}", "gen_ai_client_operation_cost", "Cost of one GenAI client operation."
)
OPERATION_COST_BUCKETS: Final = (0.001, 0.004, 0.016, 0.064, 0.256, 1.024, 4.096, 16.384, 65.536)
SPEND: Final = Metric("llm_cost.spend", "counter", "{cost}", "llm_cost_spend_total", "Money spent, by currency and component.")
TOKENS: Final = Metric("llm_cost.tokens", "counter", "{token}", "llm_cost_tokens_total", "Tokens used, each in one component.")
CALLS: Final = Metric("llm_cost.calls", "counter", "{call}", "llm_cost_calls_total", "Calls, by what is known of their cost.")
CACHE_SAVINGS: Final = Metric(
    "llm_cost.cache.savings",
    "updowncounter",
    "{cost}",
    "llm_cost_cache_savings",
    "What cached tokens would have cost uncached, less what they cost.",
)
TABLE_AGE: Final = Metric(
    "llm_cost.table.age", "gauge", "s", "llm_cost_table_age_seconds", "Time since the price rows were last checked."
)
ERRORS: Final = Metric(
    "llm_cost.errors", "counter", "{error}", "llm_cost_errors_total", "Failures of otel-llm-cost and limits that it hit."
)

METRICS: Final = (OPERATION_COST, SPEND, TOKENS, CALLS, CACHE_SAVINGS, TABLE_AGE, ERRORS)
