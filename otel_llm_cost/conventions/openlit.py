"""OpenLIT: the semantic conventions, with a tier that is not always the response's.

Read 2026-11-22 in openlit 1.45.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from otel_llm_cost.conventions.semconv import SEMCONV

_API: Final = "openai.api.type"
_STREAM: Final = "gen_ai.request.stream"


def _is_tier_told(attributes: Mapping[str, object]) -> bool:
    # Of a stream of responses it always says that the default tier served.
    return not (attributes.get(_API) == "responses" and attributes.get(_STREAM) is True)


OPENLIT: Final = SEMCONV._replace(name="OpenLIT", is_tier_told=_is_tier_told, deciding=(*SEMCONV.deciding, _STREAM))
