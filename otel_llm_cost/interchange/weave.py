"""Weave's cost table: `add_cost` and `query_costs` of its client, and the `cost_checkpoint.json` of its server; per token.

As weave 0.54.0 has them (https://github.com/wandb/weave, read 2026-11-22).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from otel_llm_cost.interchange.document import Document, Place, read_json
from otel_llm_cost.interchange.entries import Entry, Imported, Notes, Refused, Written, covering, day_of, rates_of, undated
from otel_llm_cost.interchange.history import Span, exact_cost, gaps, history, note_unsaid, number_text

_FIELDS: Final = {
    "prompt_token_cost": "input",
    "completion_token_cost": "output",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write",
}
_CHECKPOINT: Final = {"input": "input", "output": "output", "cache_read_input": "cache_read", "cache_creation_input": "cache_write"}
_NEEDED: Final = ("input", "output")
_OTHER: Final = {"id", "llm_id", "provider_id", "effective_date", "prompt_token_cost_unit", "completion_token_cost_unit"} | {
    "provider", "created_at", "created_by", "pricing_level", "pricing_level_id", "project_id",
}  # fmt: skip
_ANYONE: Final = "default"
_CURRENCY: Final = re.compile("[A-Z]{3}")
_ZONED: Final = re.compile(r"(Z|[+-]\d\d:?\d\d)$")


def read(text: str, *, as_of: str | None, name: str) -> Imported:
    """The rows of a cost table: a JSON list, one object a line, a query's answer, a creation's request, or a checkpoint."""
    made, notes = Imported(), Notes()
    as_of = None if as_of is None else undated(as_of, name=name)
    seen: dict[tuple[object, ...], object] = {}
    rows = list(_rows(text, name))
    for document in {id(place.document): place.document for _, place in rows}.values():
        made.refused.extend(document.repetitions())
    for llm_id, place in rows:
        try:
            entry = _entry(llm_id, place, as_of, notes)
            key = (entry["model"].lower(), entry.get("provider"), entry.get("from"))
            if seen.setdefault(key, entry) != entry:
                raise place.refuse(f"another price for {entry['model']} from the same instant on")
        except Refused as refusal:
            made.refused.append(refusal)
        else:
            if seen[key] is entry:
                made.entries.append(entry)
    if made.entries:
        made.notes.append(
            "Weave bills every token of a prompt, of any kind, at one price, and so do these rows; likewise of an answer"
        )
        made.notes.append("Weave prices a call before the first effective date too, at the next price: here it is unpriced")
    made.notes.extend(notes.lines())
    return made


def _rows(text: str, name: str) -> Iterator[tuple[str | None, Place]]:
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and all(line.lstrip().startswith("{") for line in lines):
        for number, line in enumerate(text.splitlines()):
            if line.strip():
                yield None, Document(line, name, first_line=number + 1).root()
        return
    root = read_json(text, name=name)
    if isinstance(root.value, list):
        yield from ((None, row) for row in root.items())
    elif (results := root.get("results")) is not None:
        yield from ((None, row) for row in results.items())
    elif root.get("llm_id") is not None:
        yield None, root
    else:
        costs = root.get("costs") or root
        for llm_id, held in costs.members():
            yield from ((llm_id, row) for row in (held.items() if isinstance(held.value, list) else [held]))


def _entry(llm_id: str | None, place: Place, as_of: str | None, notes: Notes) -> Entry:
    fields = _CHECKPOINT if place.get("input") is not None else _FIELDS
    prices: dict[str, int] = {}
    for key, held in place.members():
        if key in fields:
            prices[fields[key]] = held.units()
        elif key not in _OTHER:
            raise held.refuse("a field of which this import does not know the meaning")
    for key, component in fields.items():
        if component not in prices and component in _NEEDED:
            raise place.refuse(f"has no {key!r}")
    model = llm_id or place.need("llm_id").text()
    if not {"cache_read", "cache_write"} <= set(prices):
        notes.add("No cache rate: Weave bills cached tokens at 0 then, so it is imported as 0", model)
        prices = {"cache_read": 0, "cache_write": 0} | prices
    if not prices["input"] and not prices["output"]:
        notes.add("A price of 0: imported as free", model)
    entry: Entry = {"model": model}
    provider = place.get("provider_id") or place.get("provider")
    if provider is not None and provider.text() != _ANYONE:
        notes.add("Weave keeps a row's provider but prices without it: here the row is for that provider only", model)
        entry["provider"] = provider.text()
    entry["from"] = _since(place, as_of)
    entry["rates"] = rates_of(prices)
    entry["covers"] = covering(entry["rates"])
    entry["currency"] = _currency(place)
    return entry


def _since(place: Place, as_of: str | None) -> str:
    dated = place.get("effective_date") or (place.get("created_at") if place.get("input") is not None else None)
    if dated is None and as_of is None:
        raise place.refuse("has no 'effective_date': say with --as-of from which day on it holds")
    text = dated.text() if dated is not None else str(as_of)
    if (dated is not None and " " in text.strip()) or ("T" in text and not _ZONED.search(text)):
        # Weave's server keeps instants without a zone, in UTC.
        text = text.strip().replace(" ", "T") + ("" if _ZONED.search(text) else "Z")
    try:
        return day_of(text)
    except ValueError:
        raise (dated or place).refuse(f"not a day or an instant: {text!r}") from None


def _currency(place: Place) -> str:
    units = []
    for key in ("prompt_token_cost_unit", "completion_token_cost_unit"):
        held = place.get(key)
        units.append(held.text() if held is not None else "USD")
    if units[0] != units[1]:
        raise place.refuse(f"its units differ, {units[0]} and {units[1]}: a cost has one currency")
    if not _CURRENCY.fullmatch(units[0]):
        raise place.refuse(f"its unit is no currency: {units[0]!r}")
    return units[0]


def write(entries: Iterable[Entry], *, at: str | None) -> Written:
    """Every dated price, as a list of arguments for `add_cost`. All dates are written, whatever `at`."""
    del at
    notes, rows = Notes(), list[dict[str, Any]]()
    spans = history(entries)
    sayable = [span for span in spans if _can_say(span, notes)]
    for span in sayable:
        note_unsaid(span, notes, covers_all=True)
        costs = {key: exact_cost(span.rates[component], component) for key, component in _FIELDS.items() if component in span.rates}
        for component in span.rates:
            if component not in _FIELDS.values():
                notes.add(f"No field for {component}: not written", span.label)
        if None in costs.values():
            notes.add("A rate that is no finite decimal a token: not written", span.label)
            continue
        if "cache_read" not in span.rates:
            notes.add("No rate for cached reads: written as input, at which they are billed here", span.label)
            costs["cache_read_input_token_cost"] = costs["prompt_token_cost"]
        if "cache_write" not in span.rates:
            notes.add("No rate for cache writes, which are unpriced here: Weave bills 0 for them", span.label)
        rows.append(_row(span, costs))
    for span in gaps(sayable):
        notes.add("Ends without another price: Weave goes on with it", span.label)
    return Written(number_text(json.dumps(rows, indent=2)) + "\n", notes.lines())


def _row(span: Span, costs: dict[str, str | None]) -> dict[str, Any]:
    return {
        "llm_id": span.text,
        **costs,
        "prompt_token_cost_unit": span.currency,
        "completion_token_cost_unit": span.currency,
        # A price without a start holds always: before any call.
        "effective_date": span.since or "1970-01-01T00:00:00Z",
        "provider_id": span.provider or _ANYONE,
    }


def _can_say(span: Span, notes: Notes) -> bool:
    if span.committed:
        notes.add("Committed capacity: not written", span.label)
    elif span.kind != "model":
        notes.add("Not an exact name: not written", span.label)
    elif span.when:
        notes.add(f"Weave has no condition for {', '.join(sorted(span.when))}: not written", span.label)
    elif not set(_NEEDED) <= set(span.rates):
        notes.add("No rate for input or output, and Weave needs both: not written", span.label)
    else:
        for name in span.names:
            notes.add("Another name of a row: Weave has one name a row, and this one is not written", f"{span.label} ({name})")
        return True
    return False
