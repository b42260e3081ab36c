"""OpenRouter's `/api/v1/models`: US dollars for one token, request, image or search, in quotes; no dates.

Fields as https://openrouter.ai/docs/client-sdks/typescript/models/publicpricing.md and
pricingoverride.md have them, read 2026-11-22.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from otel_llm_cost.call import instant_of
from otel_llm_cost.interchange.document import Place, read_json
from otel_llm_cost.interchange.entries import FIVE_MINUTES, Entry, Imported, Notes, Refused, Written, cost_units, rates_of, undated
from otel_llm_cost.interchange.history import Span, history, in_force, note_unsaid
from otel_llm_cost.money import text_of

_PROVIDER: Final = "openrouter"
_URL: Final = "https://openrouter.ai/api/v1/models"
_COMPONENTS: Final = {
    "prompt": "input",
    "completion": "output",
    "request": "requests",
    "image": "input_images",
    "image_token": "input_image",
    "image_output": "output_images",
    "audio": "input_audio",
    "audio_output": "output_audio",
    "input_audio_cache": "cache_read_audio",
    "web_search": "web_searches",
    "internal_reasoning": "reasoning",
    "input_cache_read": "cache_read",
    "input_cache_write": "cache_write",
    "input_cache_write_1h": "cache_write_1h",
}
_KEYS: Final = {component: key for key, component in _COMPONENTS.items()}
_CONDITIONS: Final = {"min_prompt_tokens", "utc_start", "utc_end"}
_DYNAMIC: Final = "-1"


def read(text: str, *, as_of: str | None, name: str) -> Imported:
    """The models of an answer. Raises Refused where nobody says from when on its prices hold."""
    root = read_json(text, name=name)
    made, notes = Imported(), Notes()
    since = undated(as_of, name=name)
    made.refused.extend(root.document.repetitions())
    rows = root if isinstance(root.value, list) else root.need("data")
    for place in rows.items():
        try:
            made.entries.extend(list(_entries(place, since, notes)))
        except Refused as refusal:
            made.refused.append(refusal)
    made.notes.append(f"OpenRouter's prices have no dates ('created' is the model's): all hold from {since} on")
    made.notes.extend(notes.lines())
    return made


def _entries(place: Place, since: str, notes: Notes) -> Iterator[Entry]:
    model, pricing = place.need("id").text(), place.need("pricing")
    if any(held.value == _DYNAMIC for _, held in pricing.members()):
        raise pricing.refuse("its price is that of the model to which a call is routed (-1)")
    discount = pricing.get("discount")
    if discount is not None and discount.number():
        raise discount.refuse("a discount, of which nobody says whether the prices beside it have it")
    prices = _prices(pricing, notes, model)
    if not any(prices.values()):
        notes.add("A price of 0: imported as free", model)
    elif prices.get("reasoning") == 0 and prices.get("output"):
        # Answers that are thought are billed as answers.
        notes.add("internal_reasoning of 0: OpenRouter bills reasoning as output then, and so does this", model)
        del prices["reasoning"]
    slug = place.get("canonical_slug")
    names = [slug.text()] if slug is not None and slug.value != model else []
    yield _entry(model, names, since, {}, prices)
    overrides = pricing.get("overrides")
    for number, override in enumerate(overrides.items() if overrides is not None else ()):
        if number:
            notes.add("Several overrides: where more than one holds, this table's rule says which, not their order", model)
        yield _entry(model, names, since, _when(override), _prices(override, notes, model))


def _prices(pricing: Place, notes: Notes, model: str) -> dict[str, int]:
    prices: dict[str, int] = {}
    for key, held in pricing.members():
        if key in _COMPONENTS:
            prices[_COMPONENTS[key]] = held.units()
        elif key not in _CONDITIONS | {"discount", "overrides"}:
            notes.add(f"No component for {key}: not imported", model)
    return prices


def _entry(model: str, names: list[str], since: str, when: dict[str, Any], prices: dict[str, int]) -> Entry:
    entry: Entry = {"model": model, "provider": _PROVIDER} | ({"aliases": names} if names else {}) | {"from": since}
    if when:
        entry["when"] = when
    entry["rates"] = rates_of(prices)
    if "cache_write" in prices:
        entry["covers"] = dict(FIVE_MINUTES)
    return entry | {"currency": "USD", "source": {"url": _URL, "read": since[:10]}}


def _when(override: Place) -> dict[str, Any]:
    when: dict[str, Any] = {}
    above, begin, end = (override.get(key) for key in ("min_prompt_tokens", "utc_start", "utc_end"))
    if above is not None:
        # Strictly greater, says its schema, though it is called a minimum.
        when["prompt_above"] = above.count()
    if begin is not None and end is not None:
        when["hours"] = f"{_clock(begin)}-{_clock(end)}"
    elif begin is not None or end is not None:
        raise override.refuse("half a window of hours")
    if not when:
        raise override.refuse("an override under no condition that is known")
    return when


def _clock(place: Place) -> str:
    hour, minute = divmod(place.count(), 100)
    if hour > 24 or minute > 59:  # noqa: PLR2004 - a clock
        raise place.refuse(f"not an hour: {place.value}")
    return f"{hour % 24:02}:{minute:02}"


def write(entries: Iterable[Entry], *, at: str | None) -> Written:
    """The prices in force at an instant. Raises ValueError where there is none."""
    if at is None:
        raise ValueError("OpenRouter's prices have no dates: an instant is needed")
    notes = Notes()
    notes.add("OpenRouter's prices have no dates: those in force are written", at)
    table: dict[str, dict[str, Any]] = {}
    later: list[tuple[str, Span]] = []
    for span in in_force(history(entries), instant_of(at)):
        if span.kind != "model" or span.committed or span.currency != "USD":
            notes.add("Not rates in USD for an exact name: not written", span.label)
            continue
        note_unsaid(span, notes)
        named = span.text if span.provider in {None, _PROVIDER} else f"{span.provider}/{span.text}"
        if span.when:
            later.append((named, span))
        elif not {"input", "output"} <= set(span.rates):
            notes.add("No rate for input or output, and OpenRouter has both: not written", span.label)
        else:
            table[named] = {"id": named} | ({"canonical_slug": span.names[0]} if span.names else {})
            table[named]["pricing"] = _pricing(span, notes)
    for named, span in sorted(later, key=lambda item: (len(item[1].when), item[1].when.get("prompt_above", 0))):
        conditions = _override(span)
        if named not in table or conditions is None:
            notes.add(f"No override for {json.dumps(span.when)}: not written", span.label)
        else:
            table[named]["pricing"].setdefault("overrides", []).append(conditions | _pricing(span, notes))
    return Written(json.dumps({"data": list(table.values())}, indent=2) + "\n", notes.lines())


def _pricing(span: Span, notes: Notes) -> dict[str, str]:
    prices = {}
    for component, rate in span.rates.items():
        units = cost_units(rate, component)
        if component not in _KEYS or units is None:
            notes.add(f"No price for {component}: not written", span.label)
        else:
            prices[_KEYS[component]] = text_of(units)
    return prices


def _override(span: Span) -> dict[str, Any] | None:
    if (
        set(span.when) - {"prompt_above", "hours", "zone"}
        or span.when.get("zone", "UTC") != "UTC"
        or "," in span.when.get("hours", "")
    ):
        return None
    conditions: dict[str, Any] = {}
    if "prompt_above" in span.when:
        conditions["min_prompt_tokens"] = span.when["prompt_above"]
    if "hours" in span.when:
        begin, end = span.when["hours"].split("-")
        conditions |= {"utc_start": int(begin.replace(":", "")), "utc_end": int(end.replace(":", ""))}
    return conditions
