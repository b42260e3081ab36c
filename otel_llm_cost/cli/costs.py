"""What a call cost, in words and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from otel_llm_cost.call import Call, instant_text
from otel_llm_cost.cli.output import say, say_table
from otel_llm_cost.cli.wording import day_text, factor_text, instant_or_none, own_unit, per_own_unit, rate_and_unit, rate_text
from otel_llm_cost.cost import WITH_PRICE, Cost, Reason
from otel_llm_cost.money import text_of
from otel_llm_cost.prices.model import ModelPrices
from otel_llm_cost.prices.quote import Quote
from otel_llm_cost.prices.row import COMMITTED, Factor, Row
from otel_llm_cost.prices.sellers import Sellers
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.usage import COMPONENTS

_FEE: Final = "requests"


def cost_json(call: Call, cost: Cost, table: PriceTable) -> dict[str, Any]:
    """A cost as `--json` has it."""
    quote, ends = cost.quote, _ends(call, cost.quote, table)
    latest = quote.latest if quote is not None else None
    return {
        "status": cost.status.value,
        "amount": _money(cost.amount),
        "known_amount": _money(cost.known_amount),
        "currency": cost.currency,
        "components": {name: text_of(units) for name, units in zip(cost.components, cost.parts, strict=True)},
        "price": cost.price,
        "effective_from": instant_or_none(latest.start) if latest is not None else None,
        "effective_until": instant_or_none(min((end for end in ends.values() if end is not None), default=None)),
        "source": _source(latest),
        "rows": _rows(quote, ends) if quote is not None else {},
        "reason": str(cost.reason) if cost.reason is not None else None,
        "assumed": list(cost.assumed),
        "table": table.version,
    }


def _rows(quote: Quote, ends: Mapping[str, int | None]) -> dict[str, dict[str, Any]]:
    """The row that prices each component."""
    rows: dict[str, dict[str, Any]] = {}
    for place, (component, row) in enumerate(zip(quote.components, quote.rows, strict=True)):
        if row is None:
            continue
        rate, unit = rate_and_unit(row) if row.component != COMMITTED else (None, None)
        rows[component] = {
            "row": row.name,
            "rate": rate,
            "per": unit,
            "from": instant_or_none(row.start),
            "until": instant_or_none(ends.get(component)),
            "source": _source(row),
            "factors": [_factor(factor) for factor in quote.factors[place]],
        }
        if quote.at_least and quote.at_least[place]:
            rows[component]["at_least"] = _counted(component, quote.at_least[place])
    return rows


def _factor(factor: Factor) -> dict[str, Any]:
    return {"row": factor.name, "factor": factor.text, "kind": factor.kind, "source": _source(factor)}


def say_cost(call: Call, cost: Cost, table: PriceTable) -> None:
    """Prints a cost, and what makes it."""
    quote, ends = cost.quote, _ends(call, cost.quote, table)
    asked = f"{call.provider} {call.model}".strip()
    say(f"{asked} at {instant_text(call.at_unix_nano)}: {amount_text(cost)} ({cost.status})")
    if cost.reason is not None:
        say(f"reason   {cost.reason}")
        found = table.model(call.provider, call.model)
        if isinstance(found, Sellers) and cost.reason == Reason.AMBIGUOUS_PROVIDER:
            say(f"sellers  {', '.join(sorted({model.rows[0].provider for model in found.models}))}")
    lines = _lines(call, cost, quote, ends) if quote is not None else []
    if quote is not None and lines:
        say()
        say_table(("component", "count", "rate", "factors", "amount", "since", "until"), lines)
        say()
        say(f"price    {cost.price}")
        if quote.latest is not None:
            say(f"source   {_source(quote.latest) or quote.latest.where}")
    if cost.assumed:
        say(f"assumed  {', '.join(cost.assumed)}")
    say(f"table    {table.version}")


def _lines(call: Call, cost: Cost, quote: Quote, ends: Mapping[str, int | None]) -> list[tuple[str, ...]]:
    amounts = dict(zip(cost.components, cost.parts, strict=True))
    counts = call.usage.by_component()
    lines: list[tuple[str, ...]] = []
    for place, (component, row) in enumerate(zip(quote.components, quote.rows, strict=True)):
        if row is None:
            continue
        least = quote.at_least[place] if quote.at_least else 0
        count = _counted(component, counts[component])
        lines.append(
            (
                component,
                f"{count}, billed as {_counted(component, least)}" if least > counts[component] else count,
                rate_text(row),
                ", ".join(factor_text(factor) for factor in quote.factors[place]),
                text_of(amounts[component]) if component in amounts else "-",
                day_text(row.start),
                day_text(ends.get(component)),
            )
        )
    if quote.each_call and _FEE in amounts:
        fee = f"{per_own_unit(quote.each_call, _FEE)} per {own_unit(_FEE)}"
        lines.append((_FEE, "1", fee, "", text_of(amounts[_FEE]), "", ""))
    return lines


def _counted(component: str, count: int) -> str:
    """A count in the component's unit: seconds are counted in microseconds."""
    scale = COMPONENTS[component].scale
    return str(count) if scale == 1 else format(Decimal(count).scaleb(1 - len(str(scale))), "f").rstrip("0").rstrip(".")


def amount_text(cost: Cost) -> str:
    """The amount, or what is known of it."""
    if cost.amount is not None:
        return f"{_money(cost.amount)} {cost.currency}"
    if cost.known_amount:
        return f"at least {_money(cost.known_amount)} {cost.currency}"
    return "no price per call" if cost.status in WITH_PRICE else "unknown"


def _money(amount: Decimal | None) -> str | None:
    return format(amount, "f") if amount is not None else None


def _source(term: Row | Factor | None) -> str | None:
    return term.source.url if term is not None and term.source is not None else None


def _ends(call: Call, quote: Quote | None, table: PriceTable) -> dict[str, int | None]:
    """When each component's rate stops being in force."""
    if quote is None or quote.latest is None:
        return {}
    found = table.model(call.provider, call.model)
    models = [found] if isinstance(found, ModelPrices) else [] if found is None else found.models
    for model in models:
        if any(row is quote.latest for row in model.rows):
            return model.until(quote, call.tier, call.at_unix_nano, call.region, call.end_unix_nano)
    return {}
