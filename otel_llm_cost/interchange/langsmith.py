"""LangSmith's model price map: `/api/v1/model-price-map`; US dollars a token, with a breakdown by token type.

Fields as its API has them (https://docs.langchain.com/langsmith/smith-api/model-price-map/create-a-model-price.md), token types as
langsmith 0.15.0 counts them (https://github.com/langchain-ai/langsmith-sdk), both read 2026-11-22.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from otel_llm_cost.call import instant_text
from otel_llm_cost.interchange.document import Place, read_json
from otel_llm_cost.interchange.entries import Entry, Imported, Notes, Refused, Written, cost_units, covering, day_of, rates_of
from otel_llm_cost.interchange.history import PriceList, gaps, history, lists, note_unsaid
from otel_llm_cost.money import text_of

_PROMPT: Final = {
    "": "input",
    "cache_read": "cache_read",
    "cache_creation": "cache_write",
    "ephemeral_5m_input_tokens": "cache_write_5m",
    "ephemeral_1h_input_tokens": "cache_write_1h",
    "audio": "input_audio",
    "image": "input_image",
    "video": "input_video",
}
_COMPLETION: Final = {
    "": "output",
    "reasoning": "reasoning",
    "audio": "output_audio",
    "image": "output_image",
    "video": "output_video",
}
_SIDES: Final = {"prompt": _PROMPT, "completion": _COMPLETION}
_TYPE: Final = re.compile(r"(?:(?P<tier>priority|flex)(?:_|$))?(?P<kind>.*?)_?(?P<above>over_200k)?")
_ABOVE: Final = 200_000
_FIELDS: Final = {f"{side}_cost{details}" for side in _SIDES for details in ("", "_details")} | {
    "id", "tenant_id", "name", "start_time", "match_path", "match_pattern", "provider", "created_at", "updated_at",
}  # fmt: skip
_MATCH_PATH: Final = ["model", "model_name", "model_id", "model_path", "endpoint_name"]
_Prices = dict[tuple[str | None, bool], dict[str, int]]
"""By tier and whether above 200,000 tokens, by component."""


def read(text: str, *, as_of: str | None, name: str) -> Imported:
    """The rows of a price map. One without `start_time` holds always, as there."""
    del as_of
    root = read_json(text, name=name)
    made, notes = Imported(), Notes()
    made.refused.extend(root.document.repetitions())
    for place in root.items() if isinstance(root.value, list) else [root]:
        try:
            made.entries.extend(_entries(place, notes))
        except Refused as refusal:
            made.refused.append(refusal)
    if made.entries:
        made.notes.append("Patterns are searched for without regard to case")
        made.notes.append("LangSmith bills a token type without a price of its own as its side's, and so do these rows")
    made.notes.extend(notes.lines())
    return made


def _entries(place: Place, notes: Notes) -> list[Entry]:
    for key, held in place.members():
        if key not in _FIELDS:
            raise held.refuse("a field of which this import does not know the meaning")
    pattern, named, provider, start = place.need("match_pattern"), place.get("name"), place.get("provider"), place.get("start_time")
    label = named.text() if named is not None else pattern.text()
    try:
        re.compile(pattern.text())
    except re.error as error:
        raise pattern.refuse(f"no regular expression: {error}") from None
    path = place.get("match_path")
    if path is not None and path.value != _MATCH_PATH:
        notes.add("A match path of its own: here the model that the call names is matched", label)
    prices: _Prices = {(None, False): {}}
    for side, components in _SIDES.items():
        prices[None, False][components[""]] = place.need(f"{side}_cost").units()
        details = place.get(f"{side}_cost_details")
        for kind, held in details.members() if details is not None else ():
            _detail(kind, held, components, prices)
    common: Entry = {"regex": pattern.text()}
    if provider is not None:
        common["provider"] = provider.text()
    if start is not None:
        common["from"] = _since(start)
    if any(above for _, above in prices):
        notes.add("Over 200k: LangSmith bills so only the tokens above, here the whole request moves, as its provider bills", label)
    return [common | _priced(prices, tier, above=above) | {"note": label} for tier, above in prices]


def _detail(kind: str, held: Place, components: Mapping[str, str], prices: _Prices) -> None:
    said = _TYPE.fullmatch(kind)
    component = components.get(said["kind"]) if said is not None else None
    if said is None or component is None or (not said["tier"] and not said["above"] and component in {"input", "output"}):
        raise held.refuse(f"no component for the token type {kind!r}")
    prices.setdefault((said["tier"], bool(said["above"])), {})[component] = held.units()


def _priced(prices: _Prices, tier: str | None, *, above: bool) -> Entry:
    held = prices[tier, above] if tier is None or above else prices[None, False] | prices[tier, above]
    when: dict[str, Any] = ({"tier": tier} if tier else {}) | ({"prompt_above": _ABOVE} if above else {})
    rates = rates_of(held)
    return ({"when": when} if when else {}) | {"rates": rates, "covers": covering(rates), "currency": "USD"}


def _since(start: Place) -> str:
    text = start.text()
    try:
        return day_of(text if "T" not in text or re.search(r"(Z|[+-]\d\d:?\d\d)$", text) else f"{text}Z")
    except ValueError:
        raise start.refuse(f"not an instant: {text!r}") from None


def write(entries: Iterable[Entry], *, at: str | None) -> Written:
    """Every dated price, as a list of requests to create it. All dates are written, whatever `at`."""
    del at
    notes, rows = Notes(), list[dict[str, Any]]()
    spans = history(entries)
    for follow in lists(spans):
        last: dict[str, Any] | None = None
        for prices in follow:
            row = _row(prices, notes)
            if row is not None and (last is None or {**row, "start_time": last["start_time"]} != last):
                rows.append(row)
                last = row
    for span in gaps(spans):
        notes.add("Ends without another price: LangSmith goes on with it", span.label)
    return Written(json.dumps(rows, indent=2) + "\n", notes.lines())


def _row(prices: PriceList, notes: Notes) -> dict[str, Any] | None:
    standard = prices.standard
    if standard is None or standard.committed or standard.currency != "USD" or not {"input", "output"} <= set(standard.rates):
        notes.add("No standard rates in USD for input and output: not written", prices.first.label)
        return None
    note_unsaid(standard, notes, covers_all=True)
    costs: dict[str, str] = {}
    details: dict[str, dict[str, str]] = {side: {} for side in _SIDES}
    for span in prices.spans:
        tier, above = span.when.get("tier"), span.when.get("prompt_above")
        if set(span.when) - {"tier", "prompt_above"} or tier not in {None, "priority", "flex"} or above not in {None, _ABOVE}:
            notes.add(f"LangSmith has no condition for {json.dumps(span.when)}: not written", span.label)
            continue
        if above is not None:
            notes.add("Above 200,000 tokens: LangSmith bills so only the tokens above", span.label)
        for component, rate in span.rates.items():
            units = cost_units(rate, component)
            side, kind = _kind_of(component)
            if kind is None or units is None:
                notes.add(f"No token type for {component}: not written", span.label)
            elif kind or span.when:
                said = "_".join(part for part in (tier, kind, "over_200k" if above is not None else None) if part)
                details[side][said] = text_of(units)
            else:
                costs[f"{side}_cost"] = text_of(units)
    start = None if prices.start is None else instant_text(prices.start)
    return {
        "name": standard.text,
        "start_time": start,
        "match_path": _MATCH_PATH,
        "match_pattern": standard.pattern,
        **costs,
        **{f"{side}_cost_details": held or None for side, held in details.items()},
        "provider": standard.provider,
    }


def _kind_of(component: str) -> tuple[str, str | None]:
    for side, components in _SIDES.items():
        for kind, known in components.items():
            if known == component:
                return side, kind
    return "", None
