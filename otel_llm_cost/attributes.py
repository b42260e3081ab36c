"""A cost to the attributes on its span."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias

from otel_llm_cost import names
from otel_llm_cost.cost import WITH_AMOUNT, Cost, Status
from otel_llm_cost.money import UNITS

Attributes: TypeAlias = dict[str, str | float | bool | tuple[str, ...]]

_LEAST_REACHED: Final = names.REACHED[0][1]


class Template:
    """The attributes that all calls of a series have in common, to be filled with the amounts of one."""

    __slots__ = ("amount", "common", "components")

    def __init__(self, cost: Cost, usage_source: str, table_version: str) -> None:
        common: Attributes = {
            names.STATUS: cost.status.value,
            names.TABLE: table_version,
            names.USAGE_SOURCE: usage_source,
        }
        if cost.reason is not None:
            common[names.REASON] = str(cost.reason)
        if cost.price is not None and cost.status is not Status.REPORTED:
            common[names.PRICE] = cost.price
        if cost.assumed:
            common[names.ASSUMED] = cost.assumed
        has_amount = cost.status in WITH_AMOUNT
        if cost.currency is not None and (has_amount or cost.status is Status.PARTIAL):
            common[names.COST_CURRENCY] = cost.currency
        if has_amount and cost.currency is not None:
            common[names.COST_SOURCE] = cost.source
        self.common = common
        self.amount = names.COST_AMOUNT if has_amount else names.KNOWN_AMOUNT
        self.components = tuple(names.COMPONENT_AMOUNT[name] for name in cost.components)

    def filled(self, units: int | None, parts: Iterable[int], local_units: int | None = None) -> Attributes:
        """The attributes of a call that cost `units`, of which each component `parts`; ours beside a told one is `local_units`."""
        written = self.common.copy()
        if units is None:
            return written
        written[self.amount] = units / UNITS
        for name, part in zip(self.components, parts):  # noqa: B905 - of one length, and on the span's path
            if part:
                written[name] = part / UNITS
        if units >= _LEAST_REACHED:
            written.update((name, True) for name, least in names.REACHED if units >= least)
        if local_units is not None:
            written[names.LOCAL_AMOUNT] = local_units / UNITS
        return written


def of_duplicate(usage_source: str, table_version: str) -> Attributes:
    """The attributes of a span whose call is counted on another span: no cost."""
    return {names.STATUS: Status.DUPLICATE.value, names.TABLE: table_version, names.USAGE_SOURCE: usage_source}


def keep_told(written: Attributes, held: Mapping[str, object]) -> Attributes:
    """Without the cost attributes that the application set itself: what was told stays as it was."""
    told = (names.COST_AMOUNT, names.COST_CURRENCY, names.COST_SOURCE)
    return {name: value for name, value in written.items() if name not in told or held.get(name) is None}
