"""Under which names a model of the package is written."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

from tools.import_genai_prices.package import Model, PackageProvider
from tools.import_genai_prices.written import Written

_HERE: Final = Path(__file__).parent
_REGIONAL: Final = "regional."
"""The package's own word for every Bedrock profile of one region or geography."""


@dataclass(frozen=True, slots=True)
class Named:
    """Which entries and aliases a model becomes."""

    models: Sequence[str]
    """The exact names under which its rates are written: one, or each hand-written model that the package lumps together."""
    aliases: Mapping[str, Sequence[str]]
    """Further names, by the model that they mean."""
    prefixes: Sequence[str]


@cache
def providers() -> Mapping[str, Mapping[str, Any]]:
    """By the package's provider id: our key, every spelling of the provider, and whose rates hold for a model that it lacks."""
    held: Mapping[str, Mapping[str, Any]] = json.loads((_HERE / "providers.json").read_text(encoding="utf-8"))
    return held


@cache
def _more() -> Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]:
    """Real names that the package matches by a pattern only, by provider and model; and the families that are open."""
    held: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]] = json.loads((_HERE / "names.json").read_text(encoding="utf-8"))
    return held


def named(provider: PackageProvider, model: Model, written: Written, day: date, is_other: Callable[[str], bool]) -> Named:
    """The names of a model. Only those that the package takes for it: of two models that match, its first wins.

    What the hand-written file names, and the package takes for the model by a pattern, counts among them. `is_other` says of a
    hand-written model whether its rates are others: then it lends its name to none.
    """
    more = _more().get(provider.id, {})
    prefixes = more.get("prefixes", {}).get(model.id, ())
    given = [model.id, *model.exact, *more.get("names", {}).get(model.id, ()), *written.every_name]
    names: dict[str, str] = {}
    for name in given:
        taken = provider.find(name.replace(_REGIONAL, "us.", 1) if name.startswith(_REGIONAL) else name)
        if (taken is model or (taken is None and name == model.id)) and name not in prefixes:
            names.setdefault(name.lower(), name)
    targets = {name: target for name in names.values() if (target := written.target(name, day)) is not None}
    unknown = [name for name in names.values() if name not in targets]
    models = list(dict.fromkeys(targets.values()))
    fitting = {name: target for name, target in targets.items() if not is_other(target)}
    if not fitting:
        return Named([*models, *unknown[:1]], {unknown[0]: unknown[1:]} if unknown[1:] else {}, prefixes)
    aliases: dict[str, list[str]] = defaultdict(list)
    for name in unknown:
        aliases[_closest(name, fitting, targets.get(model.id), written)].append(name)
    return Named(models, aliases, prefixes)


def _closest(name: str, targets: Mapping[str, str], own: str | None, written: Written) -> str:
    """Of the models that the package lumps together, the one whose name begins most like this one."""

    def likeness(known: str) -> tuple[int, float, bool, str]:
        target, pair = targets[known], (_words(name), _words(known))
        alike = SequenceMatcher(None, "-".join(pair[0]), "-".join(pair[1])).ratio()
        begins = sum(1 for _ in takewhile(lambda words: words[0] == words[1], zip(*pair, strict=False)))
        return begins, alike, target == own, written.begins(target)

    return targets[max(targets, key=likeness)]


def _words(name: str) -> list[str]:
    return name.lower().replace(".", "-").split("-")
