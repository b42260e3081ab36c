"""Rates that another source contradicts, and no page proves: the package's stand, and their entries say so."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

_LIST: Final = Path(__file__).with_name("contested.json")
_CONDITIONS: Final = ("tier", "prompt_above", "region")


@cache
def listed() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The reviewed list, by our provider's key.

    `model` is one of the file; `as` a name that it alone reaches, under which its rates are written again so that the others'
    are not contested. `ours` stands where the file has no such rate: what it charges for the component all the same.
    """
    held: Mapping[str, Sequence[Mapping[str, Any]]] = json.loads(_LIST.read_text(encoding="utf-8"))
    return held


def mark(entries: list[dict[str, Any]], items: Sequence[Mapping[str, Any]], today: date) -> None:
    """Marks what is contested today, and adds the entries that only a condition or a name tells apart."""
    for name in dict.fromkeys(item["as"] for item in items if "as" in item):
        model = next(item["model"] for item in items if item.get("as") == name)
        entries += [{**entry, "model": name} for entry in entries if _is_of(entry, model)]
    for item in items:
        model, component = item.get("as", item["model"]), item["component"]
        when = {condition: item[condition] for condition in _CONDITIONS if condition in item}
        held = [entry for entry in entries if _is_of(entry, model) and _holds(entry, today)]
        own = [entry for entry in held if entry.get("when", {}) == when and component in entry["rates"]]
        if not own:
            own = [_added(entries, held, model, when, item, today)]
        entry = max(own, key=lambda entry: str(entry["from"]))
        marked = {*entry.get("contested", ()), component}
        entry["contested"] = [name for name in entry["rates"] if name in marked]


def _added(
    entries: list[dict[str, Any]],
    held: Sequence[Mapping[str, Any]],
    model: str,
    when: Mapping[str, Any],
    item: Mapping[str, Any],
    today: date,
) -> dict[str, Any]:
    for entry in entries:
        if _is_of(entry, model) and entry.get("when", {}) == when and entry["from"] == today.isoformat() and "added" in entry:
            entry["rates"][item["component"]] = item["ours"]
            return entry
    if not held:
        raise ValueError(f"contested, but not in the file: {model}")
    source = max(held, key=lambda entry: str(entry["from"]))["source"]
    new = {"model": model, "from": today.isoformat()} | ({"when": dict(when)} if when else {})
    entries.append(new | {"rates": {item["component"]: item["ours"]}, "added": True, "source": source})
    return entries[-1]


def _is_of(entry: Mapping[str, Any], model: str) -> bool:
    return str(entry.get("model", "")).lower() == model.lower()


def _holds(entry: Mapping[str, Any], day: date) -> bool:
    return entry["from"] <= day.isoformat() and entry.get("until", "9") > day.isoformat()
