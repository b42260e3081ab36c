"""Langfuse's model definitions: `/api/public/models` and the repository's `default-model-prices.json`; US dollars a unit.

Fields as https://js.reference.langfuse.com/interfaces/_langfuse_core.Model.html has them, usage keys as in
https://github.com/langfuse/langfuse/blob/main/worker/src/constants/default-model-prices.json, both read 2026-11-22.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from otel_llm_cost.call import tier_of
from otel_llm_cost.interchange.document import Place, read_json
from otel_llm_cost.interchange.entries import Entry, Imported, Notes, Refused, Written, covering, day_of, rates_of, undated
from otel_llm_cost.interchange.history import PriceList, Span, exact_cost, gaps, history, lists, note_unsaid, number_text

_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "input": (
        "input", "input_tokens", "input_text", "input_text_tokens", "input_modality_1", "prompt_token_count", "promptTokenCount",
    ),
    "input_audio": ("input_audio_tokens", "input_audio"),
    "input_image": ("input_image_tokens", "input_image"),
    "input_video": ("input_video_tokens", "input_video"),
    "cache_read": (
        "input_cached_tokens", "input_cache_read", "cache_read_input_tokens", "cached_content_token_count",
        "input_cached_text_tokens",
    ),
    "cache_read_audio": ("input_cached_audio_tokens",),
    "cache_read_image": ("input_cached_image_tokens",),
    "cache_write": ("input_cache_creation", "cache_creation_input_tokens", "input_cache_write"),
    "cache_write_5m": ("input_cache_creation_5m",),
    "cache_write_1h": ("input_cache_creation_1h",),
    "output": (
        "output", "output_tokens", "output_text", "output_text_tokens", "output_modality_1", "candidates_token_count",
        "candidatesTokenCount",
    ),
    "reasoning": ("output_reasoning", "output_reasoning_tokens", "thoughts_token_count", "thoughtsTokenCount"),
    "output_audio": ("output_audio_tokens", "output_audio"),
    "output_image": ("output_image_tokens", "output_image"),
    "web_searches": ("web_search_queries", "webSearchQueries", "grounding_queries", "groundingQueries"),
}  # fmt: skip
_COMPONENT: Final = {key: component for component, keys in _KEYS.items() for key in keys}
_UNITS: Final = {
    "TOKENS": {},
    "CHARACTERS": {"input": "input_characters", "output": "output_characters"},
    "SECONDS": {"input": "input_seconds", "output": "output_seconds"},
    "MILLISECONDS": {"input": "input_seconds", "output": "output_seconds"},
    "IMAGES": {"input": "input_images", "output": "output_images"},
    "REQUESTS": {"input": "requests", "total": "requests"},
}
_MORE_THAN: Final = {"gt": 0, "gte": 1}
_PROMPT_KEYS: Final = ("input", "input_cached_tokens", "input_cache_read", "input_cache_creation")
_IGNORED_CASE: Final = "(?i)"


def read(text: str, *, as_of: str | None, name: str) -> Imported:
    """The model definitions. One without `startDate` starts when it was last changed, else at `as_of`."""
    root = read_json(text, name=name)
    made, notes = Imported(), Notes()
    made.refused.extend(root.document.repetitions())
    rows = root if isinstance(root.value, list) else root.get("data")
    for place in rows.items() if rows is not None else [root]:
        try:
            made.entries.extend(_entries(place, as_of, notes))
        except Refused as refusal:
            made.refused.append(refusal)
    if made.entries:
        made.notes.append(
            "Patterns are searched for without regard to case; Langfuse prices models of any provider by them, and so does this"
        )
    made.notes.extend(notes.lines())
    return made


def _entries(place: Place, as_of: str | None, notes: Notes) -> list[Entry]:
    pattern, label = place.need("matchPattern"), place.need("modelName").text()
    text = pattern.text().removeprefix(_IGNORED_CASE)
    try:
        re.compile(text)
    except re.error as error:
        raise pattern.refuse(f"no regular expression: {error}") from None
    since = _since(place, as_of, notes, label)
    held = place.get("unit")
    unit = held.text() if held is not None else "TOKENS"
    if unit not in _UNITS:
        raise place.refuse(f"no component for a price per {unit}")
    common: Entry = {"regex": text, "from": since}
    made = []
    shadowed: dict[str, int] = {}
    for conditions, prices in _tiers(place):
        rates = _rates(prices, _UNITS[unit], 1000 if unit == "MILLISECONDS" else 1, notes, label)
        if not rates:
            notes.add("No price: not imported", label)
            continue
        for when in _whens(conditions):
            above, tier = when.get("prompt_above", -1), when.get("tier", "")
            if above >= shadowed.get(tier, above + 1):
                raise prices.refuse("a tier that another one, tried before it, hides")
            shadowed[tier] = above
            entry = common | ({"when": when} if when else {}) | {"rates": rates_of(rates)}
            if prices.get("total") is not None or prices.get("totalPrice") is not None:
                entry["covers"] = covering(entry["rates"])
            made.append(entry | {"currency": "USD", "note": label})
    if len(made) > 1:
        notes.add("Tiers: what one for large prompts does not price is priced here as in the default one", label)
    return made


def _since(place: Place, as_of: str | None, notes: Notes, label: str) -> str:
    start = place.get("startDate")
    dated = start or place.get("updatedAt")
    if dated is None:
        return undated(as_of, name=place.document.name)
    if start is None:
        notes.add("No startDate: Langfuse prices every call by it, here only those since it was last changed", label)
    try:
        return day_of(dated.text())
    except ValueError:
        raise dated.refuse(f"not an instant: {dated.text()!r}") from None


def _tiers(place: Place) -> list[tuple[Place | None, Place]]:
    """Conditions and prices, in the order in which they are tried; the default last."""
    tiers = place.get("pricingTiers")
    if tiers is None or not tiers.value:
        flat = place.get("prices")
        return [(None, flat if flat is not None else place)]
    ordered = sorted(tiers.items(), key=lambda tier: (bool(tier.need("isDefault").value), tier.need("priority").count()))
    if sum(bool(tier.need("isDefault").value) for tier in ordered) != 1:
        raise tiers.refuse("not one default tier")
    return [(None if tier.need("isDefault").value else tier.need("conditions"), tier.need("prices")) for tier in ordered]


def _rates(prices: Place, units: Mapping[str, str], times: int, notes: Notes, label: str) -> dict[str, int]:
    """Money units by component; a price is for one unit of `times` that the component has."""
    rates: dict[str, int] = {}
    flat = {"inputPrice": "input", "outputPrice": "output", "totalPrice": "total"}
    is_flat = prices.get("modelName") is not None
    for key, held in prices.members():
        if is_flat and key not in flat:
            continue
        said = flat[key] if is_flat else key
        price = (held if not isinstance(held.value, dict) else held.need("price")).units() * times
        components = [units[said]] if said in units else [] if units else [_COMPONENT.get(said, said)]
        if said == "total" and not units:
            # One price for all tokens, of prompt and answer.
            components = ["input", "output"]
        if not components or (components[0] not in _KEYS and components[0] not in units.values()):
            notes.add(f"No component for the usage key {said}: not imported", label)
            continue
        for component in components:
            if rates.setdefault(component, price) != price:
                raise held.refuse(f"another price for {component} than another key of this tier has")
    return rates


def _whens(conditions: Place | None) -> list[dict[str, Any]]:
    """Our conditions, one for each of the tiers that are named. Raises Refused."""
    whens: list[dict[str, Any]] = [{}]
    for condition in conditions.items() if conditions is not None else ():
        pattern, operator = condition.get("usageDetailPattern"), condition.need("operator").text()
        if pattern is not None:
            whole = condition.get("caseSensitive")
            flags = 0 if whole is not None and whole.value is True else re.IGNORECASE
            matched = [bool(re.search(pattern.text(), key, flags)) for key in (*_PROMPT_KEYS, "output", "output_reasoning")]
            if operator not in _MORE_THAN or matched != [True] * len(_PROMPT_KEYS) + [False] * 2:
                raise condition.refuse("no condition but a prompt larger than so many tokens")
            above = condition.need("value").count() - _MORE_THAN[operator]
            whens = [when | {"prompt_above": max(above, when.get("prompt_above", above))} for when in whens]
        elif condition.need("key").text() in {"service_tier", "serviceTier"} and operator == "in":
            tiers = [tier_of(value.text()) for value in condition.need("values").items()]
            whens = [when | ({"tier": tier} if tier not in {None, "standard"} else {}) for when in whens for tier in tiers]
        else:
            raise condition.refuse(f"no condition for the attribute {condition.need('key').text()!r}")
    return whens


def write(entries: Iterable[Entry], *, at: str | None) -> Written:
    """Every dated price, as a list of model definitions. All dates are written, whatever `at`."""
    del at
    notes, models = Notes(), list[dict[str, Any]]()
    spans = history(entries)
    for follow in lists(spans):
        for prices in follow:
            standard = prices.standard
            if standard is None or standard.committed or standard.currency != "USD":
                notes.add("No standard rates in USD: not written", prices.first.label)
                continue
            if standard.provider is not None:
                notes.add("Langfuse knows no providers: written for any", standard.label)
            note_unsaid(standard, notes)
            models.append(_model(prices, standard, notes))
    for span in gaps(spans):
        notes.add("Ends without another price: Langfuse goes on with it", span.label)
    return Written(number_text(json.dumps(models, indent=2)) + "\n", notes.lines())


def _model(prices: PriceList, standard: Span, notes: Notes) -> dict[str, Any]:
    tiers = [_tier("Standard", [], _prices(standard.rates, standard, notes))]
    special = [span for span in prices.spans if span.when]
    for span in sorted(special, key=lambda span: (-len(span.when), -span.when.get("prompt_above", 0))):
        conditions = _conditions(span.when)
        if conditions is None:
            notes.add(f"Langfuse has no condition for {', '.join(sorted(span.when))}: not written", span.label)
            continue
        tier = span.when.get("tier")
        base = next((other for other in prices.spans if other.when == ({"tier": tier} if tier else {})), span)
        named = ", ".join(f"{key} {value}" for key, value in span.when.items())
        tiers.append(_tier(named, conditions, _prices({**base.rates, **span.rates}, span, notes), priority=len(tiers)))
    return {
        "modelName": standard.text,
        "matchPattern": _IGNORED_CASE + standard.pattern,
        "startDate": standard.since if prices.start is None else _iso(prices),
        "unit": "TOKENS",
        "pricingTiers": tiers,
    }


def _iso(prices: PriceList) -> str | None:
    return Span(None, "", "", (), {}, "", prices.start, None).since


def _tier(named: str, conditions: list[dict[str, Any]], prices: dict[str, str], *, priority: int = 0) -> dict[str, Any]:
    return {"name": named, "isDefault": not conditions, "priority": priority, "conditions": conditions, "prices": prices}


def _conditions(when: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    if set(when) - {"tier", "prompt_above"} or when.get("tier") == "any":
        return None
    conditions: list[dict[str, Any]] = []
    if "prompt_above" in when:
        conditions.append({"usageDetailPattern": "input", "operator": "gt", "value": when["prompt_above"], "caseSensitive": False})
    if "tier" in when:
        conditions.append({"source": "model_parameters", "key": "service_tier", "operator": "in", "values": [when["tier"]]})
    return conditions


def _prices(rates: Mapping[str, str], span: Span, notes: Notes) -> dict[str, str]:
    # What is billed here at another component's rate has to be said there.
    filled = {**rates}
    for component, wider in (("cache_read", "input"), ("reasoning", "output")):
        if wider in filled:
            filled.setdefault(component, filled[wider])
    prices: dict[str, str] = {}
    for component, rate in filled.items():
        cost = exact_cost(rate, component)
        if component not in _KEYS or cost is None:
            notes.add(f"No usage key for {component} of a model by tokens: not written", span.label)
        else:
            prices |= dict.fromkeys(_KEYS[component], cost)
    return prices
