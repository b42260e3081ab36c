"""How the counts of a span include each other, by its instrumentation scope and version, provider and API."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from otel_llm_cost.conventions.providers import COUNTS_REASONING_BESIDE
from otel_llm_cost.conventions.scope_table import MAKES_OUTPUT, ROWS, InputCount, ReasoningCount, Row


class Reading(NamedTuple):
    """How the counts of a call's span are to be read."""

    input: InputCount = InputCount.UNKNOWN
    reasoning: ReasoningCount = ReasoningCount.UNKNOWN
    has_text: bool = False
    """Whether counts may be written as text or as doubles."""
    unproven: tuple[str, ...] = ()
    """Counts that stand on the span and are not the provider's."""
    doubt: str | None = None
    """Why the counts are not all that is billed."""
    assumed: tuple[str, ...] = ()
    """What the instrumentation is known to get wrong by little."""
    untold: tuple[str, ...] = ()
    """Components that the instrumentation never tells."""
    row: str | None = None
    """The scope by which this is known; None where it is not."""


_WHOLE: Final = frozenset({"ai", "gen_ai"})
"""Scopes that are so named, whole."""
MARKS: Final = frozenset(name for row in ROWS for name in (row.having, row.proof) if name)


def reading(
    scope: str,
    version: str = "",
    provider: str = "",
    api: str | None = None,
    model: str = "",
    names: frozenset[str] = frozenset(),
    operation: str = "chat",
) -> Reading:
    """How spans of this instrumentation scope that have these attributes count a call to a model at a provider's API."""
    return _reading(scope, version, provider, api, model, names & MARKS, operation)


@lru_cache(maxsize=4096)
def _reading(
    scope: str,
    version: str,
    provider: str,
    api: str | None,
    model: str,
    marks: frozenset[str],
    operation: str,
) -> Reading:
    row = next(
        (
            row
            for row in ROWS
            if _is_about(row, scope, version, provider, api or "", model, marks, operation) and row.operation in {"", operation}
        ),
        None,
    )
    if row is None:
        return Reading(reasoning=_as_provider(provider, api))
    reasoning = row.reasoning if row.reasoning is not ReasoningCount.AS_PROVIDER else _as_provider(provider, api)
    unproven = row.unproven if row.proof and row.proof not in marks and (row.operation or operation in MAKES_OUTPUT) else ()
    return Reading(row.input, reasoning, row.has_text, unproven, row.doubt, row.assumed, row.untold, row.scope)


def _is_about(
    row: Row, scope: str, version: str, provider: str, api: str, model: str, marks: frozenset[str], operation: str = "chat"
) -> bool:
    is_named = scope == row.scope if row.scope in _WHOLE else scope.startswith(row.scope)
    if (
        not is_named
        or row.operation not in {"", operation}
        or row.provider not in {"", provider}
        or (row.having and row.having not in marks)
        or not api.startswith(row.api)
        or (row.model and re.search(row.model, model) is None)
    ):
        return False
    if not row.since and not row.before:
        return True
    here = _release(version)
    if not here:
        return not row.before  # nobody says which, so it is read as the newest that is known
    return _release(row.since) <= here and (not row.before or here < _release(row.before))


def _release(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with: (1, 3) of 1.3b0."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found is not None else ()


def _as_provider(provider: str, api: str | None) -> ReasoningCount:
    if provider not in COUNTS_REASONING_BESIDE:
        return ReasoningCount.INSIDE
    beside_in = COUNTS_REASONING_BESIDE[provider]
    if api is None:
        return ReasoningCount.UNKNOWN
    return ReasoningCount.BESIDE if api in beside_in else ReasoningCount.INSIDE
