"""One column: an instrumentation, or several at once, and the clients that it sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

BELOW_ROOT: Final = "@root"


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    environment: str
    """Its lock file: requirements/matrix/<environment>.txt."""
    packages: tuple[str, ...]
    """Whose versions name it."""
    instrument: tuple[str, ...]
    """`module:Class` of an instrumentor, or `module:function` that is given the tracer provider."""
    clients: tuple[str, ...]
    """Modules of tests/matrix/clients; with BELOW_ROOT after it, all requests are made below a span of the application's."""
    variables: Mapping[str, str] = field(default_factory=dict)


WITHOUT_NATIVE: Mapping[str, str] = {"ANTHROPIC_OPEN_TELEMETRY": "false"}
"""Without the Anthropic SDK's own tracing."""
