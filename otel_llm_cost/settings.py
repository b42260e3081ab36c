"""What the environment says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

STRICT: Final = "OTEL_LLM_COST_STRICT"
PRICES: Final = "OTEL_LLM_COST_PRICES"
TABLE: Final = "OTEL_LLM_COST_TABLE"
MODELS: Final = "OTEL_LLM_COST_MODELS"
HOSTS: Final = "OTEL_LLM_COST_HOSTS"
EXPORTER: Final = "OTEL_LLM_COST_EXPORTER"
SIGTERM: Final = "OTEL_LLM_COST_FLUSH_AT_SIGTERM"


def strict_from_environment(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a cost that rests on an assumption is `partial`: `OTEL_LLM_COST_STRICT=true`, as OpenTelemetry reads booleans."""
    return _is_true(STRICT, environment)


def flushes_at_sigterm(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether SIGTERM flushes under `opentelemetry-instrument`: `OTEL_LLM_COST_FLUSH_AT_SIGTERM=true`."""
    return _is_true(SIGTERM, environment)


def price_files_from_environment(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The paths of a user's own price files: `OTEL_LLM_COST_PRICES`, apart as `PATH` has them."""
    return tuple(path.strip() for path in environment.get(PRICES, "").split(os.pathsep) if path.strip())


def table_from_environment(environment: Mapping[str, str] = os.environ) -> str | None:
    """The path of a bundle of prices to use in place of the shipped ones: `OTEL_LLM_COST_TABLE`."""
    return environment.get(TABLE, "").strip() or None


def exporter_from_environment(environment: Mapping[str, str] = os.environ) -> str:
    """The name of the exporter that the spans go to which `OTEL_TRACES_EXPORTER=llm_cost` prices: `OTEL_LLM_COST_EXPORTER`."""
    return environment.get(EXPORTER, "").strip() or "otlp"


def pairs_from_environment(name: str, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`prod-chat=gpt-4o,other=gpt-4o-mini`. Raises ValueError for what is no such list."""
    pairs = {}
    for part in environment.get(name, "").split(","):
        if part.strip():
            # What is mapped may hold an equals sign; what it is mapped to does not.
            key, equals, value = part.strip().rpartition("=")
            if not equals or not key.strip() or not value.strip():
                raise ValueError(f"not of the form name=value: {part.strip()!r}")
            pairs[key.strip()] = value.strip()
    return pairs


def _is_true(name: str, environment: Mapping[str, str]) -> bool:
    return environment.get(name, "").strip().lower() == "true"
