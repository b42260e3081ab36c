"""The steps from a span's attributes to its counts, in words and as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

from otel_llm_cost.cli.output import say, say_table
from otel_llm_cost.conventions.explained import Explained, Fate, Formula, Stated
from otel_llm_cost.conventions.scope_table import InputCount, ReasoningCount

_MOST: Final = 48
"""Characters of a value that are shown."""
_WIDTH: Final = 12
_LABELS: Final = {
    "operation": "call",
    "provider": "provider",
    "model": "model",
    "request_model": "asked for",
    "tier": "tier",
    "region": "region",
    "response_id": "response id",
}
_FATES: Final = {
    Fate.READ: "",
    Fate.SAME: "says the same",
    Fate.SUPERSEDED: "not read",
    Fate.REFUSED: "is no count",
    Fate.CONTRADICTS: "contradicts the one above",
    Fate.UNPROVEN: "not read: not the provider's count",
    Fate.EMPTY: "is empty",
}
_INPUT: Final = {
    InputCount.INCLUSIVE: "input holds the cached tokens",
    InputCount.EXCLUSIVE: "input leaves the cached tokens out",
    InputCount.UNKNOWN: "whether input holds the cached tokens is not known",
}
_REASONING: Final = {
    ReasoningCount.INSIDE: "output holds the reasoning",
    ReasoningCount.BESIDE: "output leaves the reasoning out",
    ReasoningCount.UNKNOWN: "whether output holds the reasoning is not known",
}


def say_line(label: str, text: str) -> None:
    """Prints a labelled line."""
    say(f"{label.ljust(_WIDTH)}  {text}")


def say_steps(steps: Explained) -> None:
    """Prints how a call's attributes became counts."""
    say_line("convention", convention_text(steps))
    for field, label in _LABELS.items():
        given = steps.fields.get(field)
        if given is not None and not (field == "request_model" and given == steps.fields.get("model")):
            by = " and ".join(given.attributes)
            say_line(label, f"{given.value}, by {by}" if by else given.value)
    lines = [
        *((one.attribute, brief(one.value), one.counts, _fate_text(one, steps)) for one in steps.stated),
        *((name, brief(value), "", "not read") for name, value in steps.unread.items()),
    ]
    if lines:
        say()
        say_table(("attribute", "value", "counts", "note"), lines)
    say()
    for label, text in _reading_lines(steps):
        say_line(label, text)
    for formula in steps.formulas:
        say_line(formula.component, _formula_text(formula))


def convention_text(steps: Explained) -> str:
    """`OpenInference, by openinference.span.kind`."""
    if steps.convention_by is None:
        return steps.convention
    return f"{steps.convention}, by {'its scope' if steps.convention_by == 'scope' else steps.convention_by}"


def brief(value: object) -> str:
    """A value as JSON, cut where it is long."""
    text = json.dumps(as_json(value), ensure_ascii=False)
    return text if len(text) <= _MOST else f"{text[:_MOST]}..."


def as_json(value: object) -> Any:  # noqa: ANN401 - any attribute's
    """An attribute's value, as JSON can have it."""
    if value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, list | tuple):
        return [as_json(element) for element in value]
    if isinstance(value, Mapping):
        return {str(name): as_json(element) for name, element in value.items()}
    return repr(value)


def steps_json(steps: Explained) -> dict[str, Any]:
    """The steps as `--json` has them."""
    reading, decision, sighting = steps.reading, steps.decision, steps.sighting
    return {
        "convention": {"name": steps.convention, "by": steps.convention_by},
        "no_call": steps.no_call,
        "fields": {name: {"value": given.value, "attributes": list(given.attributes)} for name, given in steps.fields.items()},
        "counts": [
            {"attribute": one.attribute, "value": as_json(one.value), "counts": one.counts, "fate": one.fate.value}
            for one in steps.stated
        ],
        "not_read": {name: as_json(value) for name, value in steps.unread.items()},
        "reading": None
        if reading is None
        else {
            "row": reading.row,
            "input": reading.input.value,
            "reasoning": reading.reasoning.value,
            "counts_as_text": reading.has_text,
            "unproven": list(reading.unproven),
        },
        "decision": None
        if decision is None
        else {
            "input": "exclusive" if decision.is_cache_beside else "inclusive",
            "reasoning": "beside" if decision.is_reasoning_beside else "inside",
        },
        "components": [
            {
                "component": formula.component,
                "count": formula.result,
                "terms": [{"count": name, "value": sign * count} for sign, name, count in formula.terms],
            }
            for formula in steps.formulas
        ],
        "doubt": sighting.call.doubt if sighting is not None else None,
        "assumed": list(sighting.call.assumed) if sighting is not None else [],
    }


def _fate_text(one: Stated, steps: Explained) -> str:
    if one.fate is Fate.READ and steps.decision is not None and not one.is_billed:
        return "no component of its own"
    read = [other.attribute for other in steps.stated if other.counts == one.counts and other.fate is Fate.READ]
    if one.fate is Fate.SUPERSEDED and read:
        return f"not read: {read[0]} is"
    return _FATES[one.fate]


def _reading_lines(steps: Explained) -> list[tuple[str, str]]:
    reading, decision = steps.reading, steps.decision
    lines: list[tuple[str, str]] = []
    if reading is not None:
        known_by = f"as known of {reading.row}" if reading.row is not None else "the scope is not one that is known"
        lines.append(("reading", f"{known_by}: {_INPUT[reading.input]}, {_REASONING[reading.reasoning]}"))
    if reading is not None and decision is not None:
        stated = {one.counts for one in steps.stated}
        has_cache = any(name.startswith("cache_") for name in stated)
        if reading.input is InputCount.UNKNOWN and has_cache:
            lines.append(("decided", _INPUT[_input_of(steps)] + _because(steps)))
        is_beside = reading.reasoning is ReasoningCount.BESIDE
        if "reasoning" in stated and decision.is_reasoning_beside != is_beside and decision.is_reasoning_beside:
            lines.append(("decided", f"{_REASONING[ReasoningCount.BESIDE]}: the counts leave no other reading"))
    sighting = steps.sighting
    if sighting is not None and sighting.call.doubt is not None:
        lines.append(("doubt", sighting.call.doubt))
    if sighting is not None and sighting.call.assumed:
        lines.append(("assumed", ", ".join(sighting.call.assumed)))
    return lines


def _input_of(steps: Explained) -> InputCount:
    is_beside = steps.decision is not None and steps.decision.is_cache_beside
    return InputCount.EXCLUSIVE if is_beside else InputCount.INCLUSIVE


def _because(steps: Explained) -> str:
    decision = steps.decision
    if decision is None:
        return ""
    if decision.is_cache_beside:
        return ": the counts leave no other reading"
    if decision.doubt is not None:
        return ", the lower of two readings: nothing says which is right"
    if decision.assumed:
        return ": assumed, since these names, or this provider, count so"
    return ": nothing was cached"


def _formula_text(formula: Formula) -> str:
    """`= 608: input 1009 - cache_read 401`."""
    words: list[str] = []
    for sign, name, count in formula.terms:
        words += ["+" if sign > 0 else "-", f"{name} {count}"]
    said = " ".join(words[1:] if words[0] == "+" else words)
    return f"{formula.result} = {said}"
