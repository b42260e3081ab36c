"""litellm's `model_prices_and_context_window.json`: a price a key, for one token, image, second ...; no dates.

Keys and their meaning as litellm 1.109.1 reads them (https://github.com/BerriAI/litellm, read 2026-11-22).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from otel_llm_cost.call import instant_of
from otel_llm_cost.interchange import litellm_keys as keys
from otel_llm_cost.interchange.document import Place, read_json
from otel_llm_cost.interchange.entries import FIVE_MINUTES, Entry, Imported, Notes, Refused, Written, rates_of, undated
from otel_llm_cost.interchange.history import Span, exact_cost, history, in_force, note_unsaid, number_text

_REGION: Final = re.compile(r"(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)/(?P<model>.+)")
_COMMITMENT: Final = re.compile(r"(^|/)\d+-month-commitment/")
_NO_MODELS: Final = {"sample_spec", "fallback_generalizations"}
_INCLUSIVE: Final = {"xai"}
"""Providers whose long-prompt rates litellm begins at the threshold, not above it."""


@dataclass
class _Row:
    """One model, while it is read."""

    place: Place
    name: str
    provider: str
    model: str
    mode: object
    region: str | None = None
    prices: dict[tuple[str | None, int | None], dict[str, int]] = field(default_factory=dict)
    """By tier and threshold, by component."""
    left: list[str] = field(default_factory=list)
    """Prices for which there is no component, other than 0."""


def read(text: str, *, as_of: str | None, name: str) -> Imported:
    """The entries of a price map. Raises Refused where it is none, or nobody says from when on its prices hold."""
    root = read_json(text, name=name)
    made, notes = Imported(), Notes()
    since = undated(as_of, name=name)
    models = {named: place for named, place in root.members() if named not in _NO_MODELS}
    made.refused.extend(root.document.repetitions())
    sold: Counter[tuple[str, str]] = Counter()
    for named, place in models.items():
        with suppress(Refused):
            sold[keys.model_of(named, keys.provider_of(place))] += 1
    for named, place in models.items():
        try:
            provider, model = keys.model_of(named, keys.provider_of(place))
            if model != named and sold[provider, model] > 1:
                # Two rows would have one name: the one with the provider in it keeps it.
                model = named
            row = _Row(place, named, provider, model, mode.value if (mode := place.get("mode")) is not None else None)
            entries, factors = list(_entries(row, since, notes)), list(_factors(row, since, notes))
            made.entries.extend(entries)
            made.factors.extend(factors if entries else ())
        except Refused as refusal:
            made.refused.append(refusal)
    made.notes.append(f"litellm's prices have no dates: all hold from {since} on")
    made.notes.extend(notes.lines())
    return made


def _entries(row: _Row, since: str, notes: Notes) -> Iterator[Entry]:
    if _COMMITMENT.search(row.name):
        raise row.place.refuse("a price for capacity by the second, which is no price of a call")
    if row.provider.startswith("bedrock") and (placed := _REGION.fullmatch(row.model)):
        row.region, row.model = placed["region"], placed["model"]
    _collect(row, notes)
    _collect_tiers(row)
    _drop_varying(row)
    _drop_zeros(row, notes)
    if any(row.prices.values()):
        yield from _conditional(row, since, notes)
        yield from _off_peak(row, since, notes)
    elif row.left:
        raise row.place.refuse(f"its price is by {', '.join(dict.fromkeys(row.left))}: there is no such component or condition")
    else:
        notes.add("No price: not imported", row.name)


def _conditional(row: _Row, since: str, notes: Notes) -> Iterator[Entry]:
    for price in sorted(set(row.left)):
        notes.add(f"No component or condition for {price}: not imported", row.name)
    standard = row.prices.get((None, None), {})
    if any(units == 0 for units in standard.values()):
        notes.add("A price of 0: imported as free, though litellm also writes 0 for what it does not know", row.name)
    for (tier, above), prices in sorted(row.prices.items(), key=lambda item: (item[0][0] or "", item[0][1] or 0)):
        held = prices
        if tier in keys.FALLS_BACK and above is None:
            if set(standard) - set(prices):
                notes.add("A tier without a price of its own for each component: the standard one, as litellm takes it", row.name)
            held = standard | prices
        when: dict[str, Any] = {} if tier is None else {"tier": tier}
        if above is not None:
            when["prompt_above"] = above - 1 if row.provider in _INCLUSIVE else above
        yield from _entry(row, since, when, held)


def _entry(row: _Row, since: str, when: dict[str, Any], prices: Mapping[str, int]) -> Iterator[Entry]:
    if not prices:
        return
    said = when | ({"region": row.region} if row.region else {})
    entry: Entry = {"model": row.model, "provider": row.provider, "from": since}
    if said:
        entry["when"] = said
    entry["rates"] = rates_of(prices)
    if "cache_write" in prices and "cache_write_5m" not in prices:
        entry["covers"] = dict(FIVE_MINUTES)
    entry["currency"] = "USD"
    source = row.place.get("source")
    if source is not None:
        entry["source"] = {"url": source.text(), "read": since[:10]}
    yield entry


def _collect(row: _Row, notes: Notes) -> None:
    for key, place in row.place.members():
        price = keys.price_of(key, row.mode)
        if price is not None:
            held = row.prices.setdefault((price.tier, price.above), {})
            units = place.units()
            if held.setdefault(price.component, units) != units:
                raise place.refuse(f"another price for {price.component} than another key of this model has")
        elif key == "search_context_cost_per_query":
            sizes = {size.units() for _, size in place.members()}
            if len(sizes) == 1:
                row.prices.setdefault((None, None), {}).setdefault("web_searches", sizes.pop())
            elif sizes:
                notes.add("No condition for the price of web searches by the size of their context: not imported", row.name)
        elif key in keys.SPECIAL:
            continue
        elif keys.is_price(key) and (isinstance(place.value, dict | list) or place.units()):
            row.left.append(key)


def _collect_tiers(row: _Row) -> None:
    """`tiered_pricing`: each range of prompt sizes its prices; the whole request moves."""
    tiers = row.place.get("tiered_pricing")
    for tier in tiers.items() if tiers is not None else ():
        bounds = tier.get("range")
        if bounds is None:
            row.left.append("tiered_pricing without a range of tokens")
            continue
        begins = next(bounds.items(), None)
        if begins is None:
            raise bounds.refuse("a range without a beginning")
        begin = begins.count()
        held = row.prices.setdefault((None, begin or None), {})
        for key, place in tier.members():
            price = keys.price_of(key)
            if price is None and keys.is_price(key):
                raise place.refuse("no component for a price of a range")
            if price is not None and held.setdefault(price.component, place.units()) != place.units():
                raise place.refuse(f"another price for {price.component} than the model has")


def _drop_varying(row: _Row) -> None:
    """A price of seconds or images that depends on a size has no one rate."""
    for base in {base for key in row.left if (base := keys.varies(key)) is not None and row.place.get(base) is not None}:
        price = keys.price_of(base)
        row.left.append(base)
        for prices in row.prices.values():
            prices.pop(price.component if price is not None else "", None)


def _drop_zeros(row: _Row, notes: Notes) -> None:
    """Beside a price that cannot be imported, 0 says how the model is not billed, not that it is free."""
    standard = row.prices.get((None, None), {})
    if row.left and standard and not any(standard.values()):
        row.prices.clear()
    elif row.left and any(units == 0 for units in standard.values()):
        notes.add("A price of 0 beside one that is not imported: left out", row.name)
        row.prices[None, None] = {component: units for component, units in standard.items() if units}


def _off_peak(row: _Row, since: str, notes: Notes) -> Iterator[Entry]:
    block = row.place.get("off_peak_pricing")
    if block is None:
        return
    prices: dict[str, int] = {}
    for key, place in block.members():
        price = keys.price_of(key)
        if price is not None:
            prices[price.component] = place.units()
        elif keys.is_price(key):
            raise place.refuse("no component for an off-peak price")
    for when in keys.off_peak_windows(block):
        if "weekdays" in when:
            notes.add("Off-peak by weekday: litellm knows no holidays, so they are ignored", row.name)
        yield from _entry(row, since, when, prices)


def _factors(row: _Row, since: str, notes: Notes) -> Iterator[dict[str, Any]]:
    for key, place in row.place.members():
        multiplied = [(key, place)]
        if key == "provider_specific_entry":
            multiplied = [(f"{key}.{part}", held) for part, held in place.members() if not isinstance(held.value, str)]
        for part, held in multiplied:
            for when, factor in keys.factors_of(part, held):
                yield {
                    "model": row.model,
                    "provider": row.provider,
                    "from": since,
                    "factor": factor,
                    "components": list(keys.TOKENS),
                    "when": when,
                }
    if row.place.get("search_free_requests") is not None:
        notes.add("Free web searches a day: a rate here is for each search, none is free", row.name)


def write(entries: Iterable[Entry], *, at: str | None) -> Written:
    """The prices in force at an instant. Raises ValueError where there is none."""
    if at is None:
        raise ValueError("litellm's prices have no dates: an instant is needed")
    notes, table = Notes(), dict[str, dict[str, Any]]()
    notes.add("litellm's prices have no dates: those in force are written", at)
    for span in in_force(history(entries), instant_of(at)):
        if span.kind != "model" or not span.provider:
            notes.add("Not an exact name of a named provider: not written", span.label)
            continue
        provider = keys.written_provider(span.provider)
        region, when = _region(provider, span.when)
        suffix = keys.suffix_of(when, is_inclusive=provider in _INCLUSIVE)
        if suffix is None or span.currency != "USD" or span.committed:
            notes.add(f"{_why_not(span)}: not written", span.label)
            continue
        note_unsaid(span, notes)
        if span.when.get("tier") in keys.FALLS_BACK:
            notes.add("A tier: litellm takes the standard price of what it does not state", span.label)
        # The provider always, though the name may begin with it: two models of one name are two rows.
        named = f"{provider}/{region}{span.text}"
        row = table.setdefault(named, {"litellm_provider": provider})
        for component, rate in span.rates.items():
            key, cost = keys.key_of(component, suffix), exact_cost(rate, component)
            if key is None or cost is None:
                notes.add(f"No key for {component}{' under this condition' if suffix else ''}: not written", span.label)
            elif key == "search_context_cost_per_query":
                row[key] = {f"search_context_size_{size}": cost for size in ("low", "medium", "high")}
            else:
                row[key] = cost
    return Written(number_text(json.dumps(table, indent=2)) + "\n", notes.lines())


def _region(provider: str, when: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """What names of Bedrock models say of a region, and the other conditions."""
    region = when.get("region")
    if not provider.startswith("bedrock") or not isinstance(region, str) or not _REGION.fullmatch(f"{region}/model"):
        return "", when
    return f"{region}/", {key: held for key, held in when.items() if key != "region"}


def _why_not(span: Span) -> str:
    if span.committed:
        return "Committed capacity"
    return "Not in USD" if span.currency != "USD" else f"No key for the conditions {', '.join(sorted(span.when))}"
