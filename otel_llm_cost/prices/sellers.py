"""A model for which nobody names the seller."""

from __future__ import annotations

from collections.abc import Sequence

from otel_llm_cost.prices.model import ModelPrices
from otel_llm_cost.prices.quote import Quote
from otel_llm_cost.usage import Usage


class Sellers:
    """All who sell a model: its price where they agree on it."""

    def __init__(self, models: Sequence[ModelPrices], own: ModelPrices | None = None) -> None:
        """`own` is a user's own price that names no seller: where it has all rates, no seller is asked."""
        self.models = tuple(models)
        self._own = own
        self.is_known = any(model.is_known for model in self.models)
        self.first = min((model.first for model in self.models if model.first is not None), default=None)
        ends = [model.last for model in self.models]
        self.last = None if None in ends else max((end for end in ends if end is not None), default=None)

    def quote(
        self, at_unix_nano: int, tier: str | None, usage: Usage, region: str | None = None, end_unix_nano: int | None = None
    ) -> Quote | None:
        """The rates of all who sell it then; None where they differ."""
        if self._own is not None:
            quote = self._own.quote(at_unix_nano, tier, usage, region, end_unix_nano)
            if not quote.missing:
                return quote
        quotes = [model.quote(at_unix_nano, tier, usage, region, end_unix_nano) for model in self.models]
        sold = [quote for quote in quotes if quote.latest is not None] or quotes
        first = sold[0]
        agreed = all(_price(quote) == _price(first) for quote in sold)
        return first if agreed else None


def _price(quote: Quote) -> tuple[object, ...]:
    return quote.rates, quote.missing, quote.currency, quote.each_call, quote.at_least, quote.committed
