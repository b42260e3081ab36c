"""A cost to the attributes on its span."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from otel_llm_cost import names
from otel_llm_cost.cost import WITH_AMOUNT, Cost, Status
from otel_llm_cost.money import UNITS, nearest_double

Attributes: TypeAlias = dict[str, str | float | bool | tuple[str, ...]]

_MAX_TEMPLATES: Final = 4096
_LEAST_REACHED: Final = names.REACHED[0][1]


class SpanAttributes:
    """Writes costs as attributes. What calls at one price have in common is made once."""

    def __init__(self, table_version: str) -> None:
        self._table = table_version
        self._templates: dict[tuple[object, ...], Attributes] = {}

    def of(self, cost: Cost, usage_source: str) -> Attributes:
        """The attributes of a cost that counts."""
        key = (cost.quote, cost.status, cost.reason, cost.assumed, cost.source, cost.currency, usage_source)
        template = self._templates.get(key)
        if template is None:
            if len(self._templates) >= _MAX_TEMPLATES:
                self._templates.clear()
            template = self._templates[key] = self._template(cost, usage_source)
        written = template.copy()
        units = cost.units
        if units is None:
            return written
        written[names.COST_AMOUNT if cost.status in WITH_AMOUNT else names.KNOWN_AMOUNT] = units / UNITS
        component_amount = names.COMPONENT_AMOUNT
        for component, part in zip(cost.components, cost.parts, strict=True):
            if part:
                written[component_amount[component]] = part / UNITS
        if cost.local_units is not None:
            written[names.LOCAL_AMOUNT] = nearest_double(cost.local_units)
        if units >= _LEAST_REACHED:
            written.update((name, True) for name, least in names.REACHED if units >= least)
        return written

    def of_duplicate(self, usage_source: str) -> Attributes:
        """The attributes of a span whose call is counted on another span: no cost."""
        return {names.STATUS: Status.DUPLICATE.value, names.TABLE: self._table, names.USAGE_SOURCE: usage_source}

    def _template(self, cost: Cost, usage_source: str) -> Attributes:
        written: Attributes = {names.STATUS: cost.status.value, names.TABLE: self._table, names.USAGE_SOURCE: usage_source}
        if cost.reason is not None:
            written[names.REASON] = str(cost.reason)
        if cost.price is not None and cost.status is not Status.REPORTED:
            written[names.PRICE] = cost.price
        if cost.assumed:
            written[names.ASSUMED] = cost.assumed
        if cost.status in WITH_AMOUNT and cost.currency is not None:
            written[names.COST_CURRENCY] = cost.currency
            written[names.COST_SOURCE] = cost.source
        return written


def keep_told(written: Attributes, held: Mapping[str, object]) -> Attributes:
    """Without the cost attributes that the application set itself: what was told stays as it was."""
    told = (names.COST_AMOUNT, names.COST_CURRENCY, names.COST_SOURCE)
    return {name: value for name, value in written.items() if name not in told or name not in held}
