"""A call like one before: of the same kind, with the same components, under the same price. What they share is worked out once."""

from __future__ import annotations

from operator import mul
from typing import Any

from otel_llm_cost.attributes import Attributes, Template
from otel_llm_cost.conventions.semconv import Look
from otel_llm_cost.cost import WITH_AMOUNT, Cost, Status
from otel_llm_cost.ledger.totals import Posting, Series
from otel_llm_cost.usage import COMPONENTS


class Repeated:
    """Prices the calls that `price_call` would price as it priced one before."""

    __slots__ = ("_ends", "_prompt", "_rates", "_series", "_sized", "_starts", "_template")

    def __init__(self, cost: Cost, series: Series, template: Template) -> None:
        quote = cost.quote
        if quote is None:
            raise ValueError("only what has a quote repeats")
        self._rates = quote.rates
        self._series = series
        self._template = template
        self._starts, self._ends = quote.era
        self._sized = quote.sizes if quote.sizes != (-1, 2**63) else None
        self._prompt = tuple(COMPONENTS[name].prompt for name in quote.components)

    @staticmethod
    def serves(cost: Cost) -> bool:
        """Whether calls like this one repeat: priced by the table, with nothing told, missing or in doubt."""
        return cost.quote is not None and cost.reason is None and cost.status in WITH_AMOUNT and cost.status is not Status.REPORTED

    def price(self, look: Look, at_unix_nano: int, context: Any) -> tuple[Posting, Attributes] | None:  # noqa: ANN401
        """What to post and what to write of a call with the same components; None where it is not like the one before."""
        plain = look.plain
        if plain is None or not self._starts <= at_unix_nano < self._ends:
            return None
        counts = plain[1]
        if self._sized is not None and not self._sized[0] < sum(map(mul, counts, self._prompt)) <= self._sized[1]:
            return None
        parts = tuple(map(mul, counts, self._rates))
        units = sum(parts)
        return Posting(self._series, counts, (), units, context), self._template.filled(units, parts)
