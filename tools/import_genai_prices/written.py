"""The prices written by hand, which always win: what they know of a name, and of a rate."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

from otel_llm_cost.prices.files.figure import figure_of
from tools.import_genai_prices.conditions import Key

_ANY_TIER = "any"
_PLAIN = {"tier", "prompt_above", "region"}


class Written:
    """One provider's file of hand-written prices."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._entries: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self._aliases: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self.names: Sequence[str] = document.get("names", [])
        self.falls_back: Sequence[str] = document.get("falls_back", [])
        for entry in document.get("prices", []):
            if "model" in entry:
                self._entries[entry["model"].lower()].append(entry)
        for alias in document.get("aliases", []):
            given = alias["alias"]
            for name in given if isinstance(given, list) else [given]:
                self._aliases[name.lower()].append(alias)

    @classmethod
    def of(cls, path: Path) -> Self:
        """The file's, or nothing where there is none."""
        return cls(json.loads(path.read_text(encoding="utf-8")) if path.exists() else {})

    @property
    def every_name(self) -> list[str]:
        """Its models and aliases."""
        return [*self._entries, *self._aliases]

    def target(self, name: str, day: date) -> str | None:
        """The hand-written model that a name means on a day, else the one that it meant last; None for a name that nobody wrote."""
        lowered = name.lower()
        if lowered in self._entries:
            return str(self._entries[lowered][0]["model"])
        windows = sorted(self._aliases.get(lowered, ()), key=lambda alias: alias.get("from", ""))
        begun = [alias for alias in windows if alias.get("from", "") <= day.isoformat()]
        return str((begun or windows)[-1]["of"]) if windows else None

    def begins(self, model: str) -> str:
        """The day of a model's first rate."""
        return min(str(entry["from"]) for entry in self._entries[model.lower()])

    def covered(self, model: str) -> list[str]:
        """The narrower tokens that the model's newest standard list bills at the input rate."""
        lists = [
            entry for entry in self._entries.get(model.lower(), ()) if "when" not in entry and "input" in entry.get("rates", {})
        ]
        newest: Mapping[str, Any] = max(lists, key=lambda entry: str(entry["from"]), default={})
        return [narrower for narrower, wider in newest.get("covers", {}).items() if wider == "input"]

    def knows(self, model: str, key: Key) -> bool:
        """Whether any row says what the rate is, was or will be. An end that was written by hand is kept, too."""
        return any(True for _ in self._rows(model, key))

    def rate(self, model: str, key: Key, day: date) -> tuple[str, Fraction] | None:
        """The rate in force on a day, as written and for one count."""
        held = [
            (entry["from"], rate, component)
            for entry, rate, component in self._rows(model, key)
            if entry["from"] <= day.isoformat() and ("until" not in entry or entry["until"] > day.isoformat())
        ]
        return (max(held)[1], figure_of(*max(held)[1:])) if held else None

    def _rows(self, model: str, key: Key) -> Iterator[tuple[Mapping[str, Any], str, str]]:
        for entry in self._entries.get(model.lower(), ()):
            when = entry.get("when", {})
            fits = when.get("tier", "") in {key.tier, _ANY_TIER} and when.get("prompt_above", -1) == key.above
            if not fits or when.get("region", "") != key.region or set(when) - _PLAIN:
                continue
            rates, covers = entry.get("rates", {}), entry.get("covers", {})
            component = key.component if key.component in rates else covers.get(key.component)
            if component in rates:
                yield entry, rates[component], component
