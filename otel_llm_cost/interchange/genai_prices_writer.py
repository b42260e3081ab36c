"""Our entries as genai-prices' data."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

from otel_llm_cost.call import instant_text
from otel_llm_cost.interchange.entries import Entry, Notes, Written
from otel_llm_cost.interchange.genai_prices_keys import key_of
from otel_llm_cost.interchange.history import PriceList, Span, exact_cost, gaps, history, lists, note_unsaid, number_text

_CLAUSES: Final = {"model": "equals", "prefix": "starts_with", "regex": "regex"}
_WILD: Final = re.compile(r"[*?\[]")
_NOBODY: Final = "(?!)"
"""A pattern of URLs that matches none: whose they are is not known here."""
_DAY: Final = 10


def day_text(at_unix_nano: int) -> str:
    """An instant as text."""
    return instant_text(at_unix_nano)


def write(entries: Iterable[Entry]) -> Written:
    """The entries of each provider, with all their dates."""
    notes = Notes()
    providers: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    spans = history(entries)
    for follow in lists(spans):
        first = follow[0].first
        if first.provider is None or first.currency != "USD" or any(span.committed for prices in follow for span in prices.spans):
            notes.add("Not rates in USD of a named provider: not written", first.label)
            continue
        model = _model(follow, notes)
        if model is not None:
            providers[first.provider].append(model)
    for span in gaps(spans):
        notes.add("Ends without another price: genai-prices goes on with it", span.label)
    data = [
        {"id": provider, "name": provider, "api_pattern": _NOBODY, "models": models}
        for provider, models in sorted(providers.items())
    ]
    return Written(number_text(json.dumps(data, indent=1)) + "\n", notes.lines())


def _model(follow: list[PriceList], notes: Notes) -> dict[str, Any] | None:
    first = follow[0].first
    steps: list[dict[str, Any]] = []
    variants: list[dict[str, Any]] = []
    for prices in follow:
        constraint = _constraint(prices, notes)
        if constraint is None:
            continue
        standard = _said(prices, None, notes)
        step = constraint | {"prices": standard}
        if standard and (not steps or steps[-1]["prices"] != standard):
            steps.append(step)
        tiers = dict.fromkeys(span.when["tier"] for span in prices.spans if "tier" in span.when)
        said_of = {tier: said for tier in tiers if tier != "any" and (said := _said(prices, tier, notes))}
        variants += [{"when": _context(tier), **constraint, "prices": said} for tier, said in said_of.items()]
        if any(set(standard) - set(said) for said in said_of.values()):
            notes.add("A tier without a rate for each standard one: genai-prices takes the standard one", first.label)
        for span in prices.spans:
            note_unsaid(span, notes, covers_all=True)
            if set(span.when) - {"tier", "prompt_above"} or span.when.get("tier") == "any":
                named = ", ".join(sorted(span.when))
                notes.add(f"genai-prices has no such condition together with a date: {named}: not written", span.label)
    if not steps:
        notes.add("No standard rates that can be said: not written", first.label)
        return None
    if "constraint" in steps[0]:
        notes.add("genai-prices takes the first price before its start too", first.label)
    is_plain = len(steps) == 1 and "constraint" not in steps[0]
    model = {"id": first.text, "match": _match(first), "prices": steps[0]["prices"] if is_plain else steps}
    # The first variant wins there: the newest comes first.
    return model | ({"price_variants": variants[::-1]} if variants else {})


def _constraint(prices: PriceList, notes: Notes) -> dict[str, Any] | None:
    if prices.start is None:
        return {}
    start = instant_text(prices.start)
    if not start.endswith("T00:00:00Z"):
        notes.add("Begins within a day, and genai-prices has days only: not written", prices.first.label)
        return None
    return {"constraint": {"start_date": start[:_DAY]}}


def _said(prices: PriceList, tier: str | None, notes: Notes) -> dict[str, Any]:
    """The prices of a tier: numbers, or numbers by the size of the prompt."""
    by_size: dict[int | None, Mapping[str, str]] = {}
    label = prices.first.label
    for span in prices.spans:
        if span.when.get("tier") == tier and set(span.when) <= {"tier", "prompt_above"}:
            by_size[span.when.get("prompt_above")] = span.rates
    made: dict[str, Any] = {}
    for component, rate in by_size.get(None, {}).items():
        priced = _number(component, rate)
        if priced is None:
            notes.add(f"No price key for {component} at {rate}: not written", label)
            continue
        key, base = priced
        sized = [(above, _number(component, rates[component])) for above, rates in by_size.items() if above and component in rates]
        tiers = [{"start": above, "price": number[1]} for above, number in sorted(sized, key=lambda item: item[0]) if number]
        made[key] = {"base": base, "tiers": tiers} if tiers else base
    for above, rates in by_size.items():
        if above is not None and set(rates) - set(by_size.get(None, {})):
            notes.add("A rate for large prompts without one for small ones: not written", label)
    return made


def _number(component: str, rate: str) -> tuple[str, str] | None:
    found = key_of(component)
    if found is None:
        return None
    if rate.endswith(" per hour"):
        # Said by the hour there too.
        return found[0], exact_cost(rate.removesuffix(" per hour"), "requests") or ""
    number = exact_cost(rate, component, times=found[1])
    return None if number is None else (found[0], number)


def _context(tier: str) -> dict[str, str]:
    return {"processing": tier} if tier == "batch" else {"service_tier": tier}


def _match(span: Span) -> dict[str, Any]:
    if span.kind == "model" and span.names:
        return {"or": [{"equals": name} for name in (span.text, *span.names)]}
    if span.kind in _CLAUSES:
        return {_CLAUSES[span.kind]: span.text}
    inner = span.text.strip("*")
    if span.text.startswith("*") and inner and not _WILD.search(inner):
        return {"contains" if span.text.endswith("*") else "ends_with": inner}
    return {"regex": f"(?i){span.pattern}"}
