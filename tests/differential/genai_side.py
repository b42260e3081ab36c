"""What the installed genai-prices states: every rate of every model under each of its names, at days and in contexts of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

from compared import Case, count_rate
from genai_prices import types
from genai_prices.data import providers
from genai_prices.units import _get_registry

from otel_llm_cost.call import unix_nano
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.usage import COMPONENTS

Context = tuple[str, str] | None
RELEASED: Final = date(2026, 11, 10)
NOON: Final = datetime.combine(RELEASED, time(12), UTC)
_SHOWN: Final = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "cache_write_5m_mtok": "cache_write_5m",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "input_audio",
    "output_audio_mtok": "output_audio",
    "cache_audio_read_mtok": "cache_read_audio",
    "input_image_mtok": "input_image",
    "output_image_mtok": "output_image",
    "cache_image_read_mtok": "cache_read_image",
    "input_video_mtok": "input_video",
    "output_video_mtok": "output_video",
    "output_reasoning_mtok": "reasoning",
    "output_citation_mtok": "citations",
    "input_mchars": "input_characters",
    "input_text_messages_kcount": "messages",
    "audio_hours": "input_seconds",
    "input_audio_hours": "input_seconds",
    "output_audio_hours": "output_seconds",
    "input_document_kpages": "input_pages",
    "input_annotated_document_kpages": "annotated_pages",
    "rerank_searches_kcount": "searches",
    "web_searches_kcount": "web_searches",
    "storage_searches_kcount": "file_searches",
    "requests_kcount": "requests",
}
"""Their price keys as our components: written here again, so that a mistake of the import tool is none of the test's."""
_TIERS: Final = {
    ("processing", "batch"): "batch",
    ("service_tier", "flex"): "flex",
    ("service_tier", "priority"): "priority",
    ("service_tier", "fast"): "fast",
    ("service_tier", "default"): "standard",
    ("speed", "fast"): "fast",
}
_REGIONS: Final = {("route", "mistral/eu"): "eu"}
_NOT_OURS: Final = {("search_type", "fast"), ("search_type", "web")}
"""A kind of search is no condition of ours."""


@dataclass(frozen=True, slots=True)
class Called:
    """A model of theirs under one name."""

    provider: types.Provider
    spelled: str
    """The provider as the call names it."""
    name: str
    model: types.ModelInfo
    is_own: bool
    """Whether the provider has it itself; else it sells another's."""
    is_again: bool
    """Whether it was called by another name of the provider before, or is another provider's: the release's day is enough."""


class _Held:
    """Equal to all: what a cache does not look at."""

    def __init__(self, model: types.ModelInfo) -> None:
        self.model = model

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0


def called(table: PriceTable) -> Iterator[Called]:
    """Each model by its id, each name that they give in full and each of ours, at its provider by id and by our first name."""
    keys = json.loads((Path(__file__).parents[2] / "tools" / "import_genai_prices" / "providers.json").read_text(encoding="utf-8"))
    by_id = {provider.id: provider for provider in providers}
    for provider in providers:
        spelled = dict.fromkeys((keys[provider.id]["names"][0], keys[provider.id]["key"], provider.id))
        ours = table.provider(provider.id)
        for seller in (provider, *(by_id[key] for key in provider.fallback_model_providers or ())):
            names = {name.lower(): name for model in seller.models for name in (model.id, *_exact(model.match))}
            names |= {name: name for name in (ours.names if ours is not None and seller is provider else ()) if name not in names}
            for name in names.values():
                found = provider.find_model(name, all_providers=providers)
                if found is None and seller is provider:
                    found = next((model for model in provider.models if model.id == name), None)
                if found is not None:
                    is_own = any(found is model for model in provider.models)
                    for place, spelling in enumerate(spelled):
                        yield Called(provider, spelling, name, found, is_own, is_again=place > 0 or not is_own)


def contexts(held: Called, at: datetime) -> list[Context]:
    """None, and those in which a provider states other rates of its own model by then."""
    given: dict[Context, None] = {None: None}
    if held.is_own:
        for variant in held.model.price_variants or ():
            (context,) = variant.when.items()
            if context not in _NOT_OURS and (variant.constraint is None or variant.constraint.active(at)):
                given[context] = None
    return list(given)


def condition(context: Context) -> tuple[str | None, str | None]:
    """The tier and the region of a context."""
    return (_TIERS.get(context), _REGIONS.get(context)) if context is not None else (None, None)


def instants(held: Called) -> list[datetime]:
    """The release's day, days around it, and both sides of every change that the model states."""
    return [NOON] if held.is_again else _instants(id(held.model), _Held(held.model))


@cache
def _instants(_: int, held: _Held) -> list[datetime]:
    model = held.model
    days = [RELEASED - timedelta(1), RELEASED, date(2026, 12, 1), date(2027, 1, 1)]
    found = {datetime.combine(day, time(12), UTC) for day in days}
    stated = [price.constraint for price in model.prices] if isinstance(model.prices, list) else []
    stated += [variant.constraint for variant in model.price_variants or ()]
    for constraint in stated:
        if isinstance(constraint, types.StartDateConstraint):
            start = datetime.combine(constraint.start_date, time(), UTC)
            found |= {start, start - timedelta(microseconds=1)}
        elif isinstance(constraint, types.TimeOfDateConstraint):
            for day in (RELEASED, date(2026, 11, 14)):
                found |= {datetime.combine(day, at, UTC) for at in (constraint.start_time, constraint.end_time)}
                found |= {datetime.combine(day, constraint.start_time, UTC) + timedelta(minutes=30)}
    return sorted(found)


def cases(held: Called, at: datetime, context: Context) -> Iterator[Case]:
    """Every rate that they state for a call."""
    tier, region = condition(context)
    for component, sizes in _rates(held.model, at, context).items():
        for above, rate in sizes.items():
            yield Case(held.spelled, held.name, component, unix_nano(at), rate, tier, above, region)


def _rates(model: types.ModelInfo, at: datetime, context: Context) -> Mapping[str, Mapping[int, Fraction]]:
    return _of_price(id(model), at, context, _Held(model))


@cache
def _of_price(_: int, at: datetime, context: Context, held: _Held) -> Mapping[str, Mapping[int, Fraction]]:
    price = held.model.get_prices(at, dict([context]) if context is not None else None)
    rates: dict[str, dict[int, Fraction]] = {}
    for key, stated in price.__dict__.items():
        if stated is None:
            continue
        component, per = _SHOWN[key], _get_registry().unit_for_price_key(key).per
        is_one = isinstance(stated, Decimal)
        sizes = {-1: stated} if is_one else {-1: stated.base} | {tier.start: tier.price for tier in stated.tiers}
        rates[component] = {above: count_rate(Fraction(rate) / per, component) for above, rate in sizes.items()}
    return rates


def total(held: Called, at: datetime, context: Context, counts: Mapping[str, int]) -> Fraction:
    """What they charge for disjoint counts."""
    usage: dict[str, int] = {}
    registry = _get_registry()
    shown = {component: key for key, component in reversed(_SHOWN.items())}
    for component, count in counts.items():
        unit = registry.unit_for_price_key(shown[component])
        if held.model.get_prices(at).__dict__.get("input_audio_hours") is not None and component == "input_seconds":
            unit = registry.unit_for_price_key("input_audio_hours")
        for key in (unit.usage_key, *registry.ancestor_usage_keys(unit.usage_key)):
            usage[key] = usage.get(key, 0) + count
    usage.pop("requests", None)
    with localcontext(prec=60):
        said = held.model.calc_price(
            types.Usage(**usage),
            held.provider,
            genai_request_timestamp=at,
            price_context=dict([context]) if context is not None else None,
        )
    return Fraction(said.total_price)


def primes(components: list[str]) -> dict[str, int]:
    """A count of its own for each component: no swapped or doubled one has the same sum."""
    numbers = (1009, 2003, 3001, 4001, 5003, 6007, 7001, 8009, 9001, 10007, 11003, 12007, 13001, 14009)
    order = [name for name in COMPONENTS if name in components]
    return dict(zip(order, numbers, strict=False))


def _exact(match: object) -> Iterator[str]:
    if isinstance(match, types.ClauseEquals):
        yield match.equals
    elif isinstance(match, types.ClauseOr):
        for part in match.or_:
            yield from _exact(part)
