"""What a span of a file is found to cost."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from otel_llm_cost import names
from otel_llm_cost.attributes import Template, keep_told, of_duplicate
from otel_llm_cost.conventions.explained import Explained, explain
from otel_llm_cost.cost import Cost, Status, price_call
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.span_files.shown import SpanShown

_OURS: Final = "llm_cost."
_COST: Final = (names.COST_AMOUNT, names.COST_CURRENCY, names.COST_SOURCE)
_COMPUTED: Final = frozenset({Status.PRICED.value, Status.FREE.value})
"""Statuses of which the amount on the span is ours, not one that was told. Of a partial cost, the currency is."""


class FileCost(NamedTuple):
    """A span of a file, and all that is found of it."""

    span: SpanShown
    scope: str
    version: str
    at_unix_nano: int
    attributes: Mapping[str, Any]
    """Without those that we wrote before."""
    carried: Mapping[str, Any]
    """Those that we wrote before."""
    steps: Explained
    cost: Cost | None
    """None where it is no call."""


def cost_of(span: SpanShown, scope: tuple[str, str], table: PriceTable, now: int, *, strict: bool) -> FileCost:
    """What a span is found to cost. `scope` is the name and version of one that names none, `now` the instant of one without."""
    name, version = (span.scope, span.version or "") if span.scope else scope
    held, carried = _without_ours(span.attributes)
    at = next((at for at in (span.start_unix_nano, span.end_unix_nano) if at is not None), now)
    steps = explain(held, name, version, at, span.end_unix_nano, failed=span.failed, hosts=table.hosts)
    cost = price_call(steps.sighting.call, table, strict=strict) if steps.sighting is not None else None
    return FileCost(span, name, version, at, held, carried, steps, cost)


def changes(found: FileCost, table: PriceTable, *, is_duplicate: bool) -> Iterator[tuple[str, object, object]]:
    """Where the span already carries our attributes: each that would be another now, as it is and as it would be."""
    if not found.carried:
        return
    now = _written(found, table, is_duplicate=is_duplicate)
    for name in dict.fromkeys((*found.carried, *now)):
        carried, computed = found.carried.get(name), now.get(name)
        if isinstance(computed, tuple) and isinstance(carried, str):
            carried = _listed(carried)
        if carried != computed and name != names.TABLE:
            yield name, carried, computed


def _without_ours(attributes: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    status = attributes.get(names.STATUS)
    is_computed = status in _COMPUTED or (status == Status.PARTIAL.value and names.COST_AMOUNT not in attributes)
    carried = {name: value for name, value in attributes.items() if name.startswith(_OURS) or (is_computed and name in _COST)}
    return {name: value for name, value in attributes.items() if name not in carried}, carried


def _written(found: FileCost, table: PriceTable, *, is_duplicate: bool) -> Mapping[str, object]:
    """What the processor would write on the span."""
    cost, sighting = found.cost, found.steps.sighting
    if cost is None or sighting is None:
        return {}
    source = sighting.kind.usage_source
    if is_duplicate:
        return of_duplicate(source, table.version)
    written = Template(cost, source, table.version).filled(cost.units, cost.parts, cost.local_units)
    return keep_told(written, found.attributes) if names.COST_AMOUNT in found.attributes else written


def _listed(text: str) -> object:
    """A list that a backend keeps as text."""
    try:
        held = json.loads(text)
    except ValueError:
        return text
    return tuple(held) if isinstance(held, list) else text
