"""What the environment says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

STRICT: Final = "OTEL_LLM_COST_STRICT"
DISABLED_INSTRUMENTATIONS: Final = "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS"


def strict_from_environment(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a cost that rests on an assumption is `partial`: `OTEL_LLM_COST_STRICT=true`, as OpenTelemetry reads booleans."""
    return environment.get(STRICT, "").strip().lower() == "true"
