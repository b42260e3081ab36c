"""What a release states of a model on a day, by rate and condition: its standard list, and its variants as tiers and regions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple

from otel_llm_cost.prices.quote import BILLED_AS
from tools.import_genai_prices.package import Model, PackageProvider, Rate, Variant

_CONTEXTS: Final = {
    ("processing", "batch"): {"tier": "batch"},
    ("service_tier", "flex"): {"tier": "flex"},
    ("service_tier", "priority"): {"tier": "priority"},
    ("service_tier", "fast"): {"tier": "fast"},
    ("speed", "fast"): {"tier": "fast"},
    ("route", "mistral/eu"): {"region": "eu"},
}
_REDUNDANT: Final = {("service_tier", "default"), ("search_type", "web")}
"""Variants without rates: what they name is the standard."""
_INEXPRESSIBLE: Final = {("search_type", "fast")}
"""A kind of search is no condition of ours; its rate is left out."""

_CACHED: Final = ("cache_read", "cache_read_audio", "cache_read_image")
_KEPT: Final = (
    ("cached input keeps the standard rate", "batch", _CACHED),
    ("context caching stays at the standard rate", "batch", _CACHED),
    ('context caching is "Same as Standard"', "batch", _CACHED),
    ("has no published batch rate, so it stays at the standard price", "batch", ("web_searches",)),
    ("The Batch table lists the same rates as standard", "batch", None),
)
"""What a comment says, of which tier, and which components (None: all) it leaves at the standard rate there."""
FEES: Final = frozenset({"web_searches", "file_searches"})
"""What is paid for each use of a tool: a tier of the model is none of the tool, and the package keeps the fee there."""
_FREE: Final = (("output tokens are free", "output"), ("output free", "output"), ("output is free", "output"))
"""What a comment says, in lower case, and the component that nothing is charged for; the package leaves it out."""


class Key(NamedTuple):
    """One rate under its conditions."""

    component: str
    above: int = -1
    tier: str = ""
    region: str = ""

    @property
    def when(self) -> dict[str, str]:
        """The tier or region."""
        return {name: held for name, held in (("tier", self.tier), ("region", self.region)) if held}


def stated(provider: PackageProvider, model: Model, day: date) -> Mapping[Key, str]:
    """The rates that a release states for a day. What a variant lacks is stated for tools, or where a comment says so."""
    standard = model.standard(day)
    rates = {Key(*rate): text for rate, text in standard.items()}
    for phrase, component in _FREE:
        if phrase in model.comment.lower():
            rates.setdefault(Key(component), "0")
    for variant in model.variants:
        condition = condition_of(variant)
        if condition is None or (variant.start is not None and variant.start > day):
            continue
        given = dict(variant.rates)
        for rate in standard:
            if all(rate.component != other.component for other in variant.rates) and _keeps(provider, model, condition, rate):
                given[rate] = standard[rate]
        for rate, text in given.items():
            rates.setdefault(Key(*rate, condition.get("tier", ""), condition.get("region", "")), text)
    return rates


def takes_place(key: Key, of: Key) -> bool:
    """Whether one rate is charged in place of another that would hold too: of narrower tokens, or of larger prompts."""
    if key[2:] != of[2:]:
        return False
    return (key.component == of.component and key.above > of.above) or (
        BILLED_AS.get(key.component) == of.component and key.above == of.above
    )


def changes(model: Model, key: Key) -> list[date]:
    """The days on which a release changes what it says of one rate."""
    variants = [variant for variant in model.variants if condition_of(variant) == key.when]
    days = {variant.start for variant in variants}
    if not key.when or all(key.component != rate.component for variant in variants for rate in variant.rates):
        days |= {held.start for held in model.lists}
    return sorted(day for day in days if day is not None)


def condition_of(variant: Variant) -> dict[str, str] | None:
    """The condition of a variant; None where it states nothing of ours. Raises KeyError for a context that nobody has looked at."""
    if variant.context in _REDUNDANT and not variant.rates:
        return None
    return None if variant.context in _INEXPRESSIBLE else _CONTEXTS[variant.context]


def _keeps(provider: PackageProvider, model: Model, condition: Mapping[str, str], rate: Rate) -> bool:
    if rate.component in FEES and "tier" in condition:
        return True
    return any(
        phrase in comment and tier == condition.get("tier") and (components is None or rate.component in components)
        for phrase, tier, components in _KEPT
        for comment in (model.comment, provider.comment)
    )
