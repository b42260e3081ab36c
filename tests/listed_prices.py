"""What a call costs by the price files alone: they are read here as plain JSON, and nothing of ours takes part in it.

Written from docs/prices.md and docs/own-prices.md; what recorded exchanges are measured by.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import cache
from math import prod
from pathlib import Path
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

FOLDER: Final = Path(__file__).resolve().parents[1] / "otel_llm_cost" / "prices"

Json: TypeAlias = dict[str, Any]

EXACT: Final = 3
ALIAS: Final = 2
PREFIX: Final = 1
PATTERN: Final = 0
PROVIDER: Final = -1
"""A factor on all that a provider sells."""

WIDER: Final = {"reasoning": "output", "cache_read": "input", "cache_read_audio": "input_audio"}
PER_MILLION: Final = re.compile(r"(input|output|cache|reasoning|citations)(?!.*(seconds|images|pages))")
"""Components whose bare rate is for a million."""
OTHER_UNITS: Final = {"hour": 3600, "minute": 60, "second": 1, "1K": 1000, "1M": 10**6}
COMMITTED: Final = "committed"
STANDARD: Final = "standard"
ANY: Final = "any"


class NoBillError(Exception):
    """The bill cannot be known; why, and what part of it is."""

    def __init__(self, reason: str, known: Fraction | None = None) -> None:
        super().__init__(reason)
        self.known = known


@dataclass(frozen=True, slots=True)
class Asked:
    """What chooses among a model's prices."""

    start: datetime
    end: datetime
    tier: str = STANDARD
    region: str | None = None
    prompt: int = 0


@dataclass(frozen=True, slots=True)
class Held:
    """An entry or a factor that holds, and how it was reached."""

    rank: tuple[object, ...]
    entry: Json

    @property
    def when(self) -> Json:
        return dict(self.entry.get("when", {}))

    @property
    def tier(self) -> str:
        return str(self.when.get("tier", STANDARD))

    @property
    def stated(self) -> set[str]:
        return {name for name in self.when if name not in {"zone", "holidays"} and self.when[name] != ANY}


@cache
def listed(key: str) -> Json:
    """The prices, factors, aliases and names of a provider: both files as one."""
    both: Json = {"prices": [], "factors": [], "aliases": [], "names": [], "falls_back": []}
    for folder in ("data", "imported"):
        path = FOLDER / folder / f"{key}.json"
        if path.exists():
            file = json.loads(path.read_text("utf-8"))
            for part in both:
                both[part] += file.get(part, [])
    return both


@cache
def sellers() -> dict[str, str]:
    """Every name of a provider to its key."""
    keys = {path.stem for folder in ("data", "imported") for path in (FOLDER / folder).glob("*.json")}
    return {name: key for key in sorted(keys) for name in (key, *listed(key)["names"])}


def price(key: str, names: Sequence[str], asked: Asked, counts: Counter[str]) -> Fraction:
    """The sum for these counts, by the first of the names that the provider has, or else one whose prices it has too."""
    held, factors = _reached(key, names, asked)
    rated = {name: _rated(name, held) for name in counts}
    if not any(rated.values()):
        raise NoBillError(_reason(key, names, asked) or f"no_rate:{next(iter(counts))}")
    amounts = []
    for name, found in rated.items():
        if found is not None:
            least = int(found[0].entry.get("at_least", {}).get(name, 0))
            amounts.append(max(counts[name], least) * _rate(*found, factors))
    fee = _rated("requests", held)
    if fee is not None:
        amounts.append(_rate(*fee, factors))
    missing = [name for name, found in rated.items() if found is None]
    if missing:
        raise NoBillError(f"no_rate:{missing[0]}", sum(amounts, Fraction(0)))
    if all(found is not None and found[1] == COMMITTED for found in rated.values()):
        raise NoBillError(COMMITTED)
    if not any(_rate(*found, factors) for found in (*rated.values(), fee) if found is not None):
        raise NoBillError("free")
    return sum(amounts, Fraction(0))


def _entries(key: str, part: str, name: str) -> Iterator[tuple[tuple[int, int], Json, Json | None]]:
    """Those that mean a name: how closely, and by which alias."""
    file, name = listed(key), name.lower()
    aliases = [alias for alias in file["aliases"] if name in _lower(alias["alias"])]
    for entry in file[part]:
        if "model" in entry:
            model = entry["model"].lower()
            if model == name:
                yield (EXACT, 0), entry, None
            else:
                yield from (((ALIAS, 0), entry, alias) for alias in aliases if alias["of"].lower() == model)
        elif "prefix" in entry:
            if name.startswith(entry["prefix"].lower()):
                yield (PREFIX, len(entry["prefix"])), entry, None
        elif "glob" in entry:
            if fnmatchcase(name, entry["glob"].lower()):
                yield (PATTERN, len(entry["glob"])), entry, None
        elif "regex" in entry:
            if re.search(entry["regex"], name, re.IGNORECASE):
                yield (PATTERN, len(entry["regex"])), entry, None
        else:
            yield (PROVIDER, 0), entry, None


def _lower(names: str | list[str]) -> set[str]:
    return {name.lower() for name in ([names] if isinstance(names, str) else names)}


def _places(key: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for place in (key, *listed(key)["falls_back"]):
        yield from ((place, name) for name in names)


def _is_model(key: str, name: str) -> bool:
    """Whether anything but a pattern for committed capacity means it."""
    return any(reach[0] != PATTERN or not entry.get(COMMITTED) for reach, entry, _ in _entries(key, "prices", name))


def _reached(key: str, names: Sequence[str], asked: Asked) -> tuple[list[Held], list[Held]]:
    place, name = next((found for found in _places(key, names) if _is_model(*found)), (key, names[0]))
    held = list(_holding(place, "prices", name, asked))
    # Those of the seller itself, whosever the prices are.
    terms = _holding(key, "factors", name, asked)
    factors = [term for term in terms if term.tier in {asked.tier, ANY, STANDARD}]
    fitting = [entry for entry in held if entry.tier in {asked.tier, ANY}]
    if asked.tier != STANDARD:
        # A tier's rate that names no size is for short prompts, where the standard rate moves with the size.
        moved = _components(entry for entry in held if entry.tier == STANDARD and "prompt_above" in entry.when)
        moved -= _components(entry for entry in fitting if "prompt_above" in entry.when)
        fitting = [entry if entry.tier == ANY else _only(entry, lambda name: name not in moved) for entry in fitting]
        own = _components(entry for entry in fitting if entry.tier == asked.tier)
        named = [factor for factor in factors if factor.tier == asked.tier]
        for entry in (entry for entry in held if entry.tier == STANDARD):
            # The standard rates hold in a tier on which there is a factor.
            fitting.append(
                _only(entry, lambda name, on=entry: name not in own and any(_multiplies(one, on, name) for one in named))
            )
    return fitting, factors


def _components(held: Iterable[Held]) -> set[str]:
    return {name for entry in held for name in entry.entry.get("rates", {})}


def _only(held: Held, is_wanted: Callable[[str], bool]) -> Held:
    rates = {name: rate for name, rate in held.entry.get("rates", {}).items() if is_wanted(name)}
    return Held(held.rank, {**held.entry, "rates": rates})


def _holding(key: str, part: str, name: str, asked: Asked) -> Iterator[Held]:
    entries = list(_entries(key, part, name))
    if part == "factors":
        # What multiplies a model's rates multiplies them under its other names too.
        for alias in (alias for alias in listed(key)["aliases"] if name.lower() in _lower(alias["alias"])):
            entries += [(reach, entry, alias) for reach, entry, _ in _entries(key, part, alias["of"])]
    for reach, entry, by in entries:
        if _holds(entry, by, asked):
            yield Held(_rank(reach, entry), entry)


def _rank(reach: tuple[int, int], entry: Json) -> tuple[object, ...]:
    when = Held((), entry)
    regions = [when.when["region"]] if isinstance(when.when.get("region"), str) else when.when.get("region", [])
    in_full = bool(regions) and not any(region.endswith("*") for region in regions)
    return *reach, len(when.stated), when.when.get("prompt_above", -1), in_full, _instant(entry["from"])


def _holds(entry: Json, alias: Json | None, asked: Asked) -> bool:
    at = asked.end if entry.get("instant") == "end" else asked.start
    when = entry.get("when", {})
    if asked.prompt <= when.get("prompt_above", -1) or not all(_within(term, at) for term in (entry, alias or {})):
        return False
    if "region" in when:
        wanted = [when["region"]] if isinstance(when["region"], str) else when["region"]
        if asked.region is None or not any(fnmatchcase(asked.region, region.lower()) for region in wanted):
            return False
    return _by_clock(when, at)


def _within(term: Json, at: datetime) -> bool:
    return ("from" not in term or _instant(term["from"]) <= at) and ("until" not in term or at < _instant(term["until"]))


def _by_clock(when: Json, at: datetime) -> bool:
    if not {"hours", "weekdays"} & set(when):
        return True
    there = at.astimezone(ZoneInfo(when.get("zone", "UTC")))
    if "weekdays" in when:
        days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        spans = [part.partition("-") for part in when["weekdays"].split(",")]
        if not any(days.index(first) <= there.weekday() <= days.index(last or first) for first, _, last in spans):
            return False
        if when["holidays"] != "ignored" and there.date().isoformat() in when["holidays"]:
            return False
    hours = [[time.fromisoformat(text) for text in part.split("-")] for part in when.get("hours", "00:00-00:00").split(",")]
    now = there.time()
    return any(first <= now < last if first < last else now >= first or now < last for first, last in hours)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def _best(held: Iterable[Held]) -> Held | None:
    return max(held, key=lambda entry: entry.rank, default=None)


def _rated(component: str, held: list[Held]) -> tuple[Held, str] | None:
    """The entry that rates a component, and the component whose rate it takes."""
    own = _best(entry for entry in held if component in entry.entry.get("rates", {}) or entry.entry.get(COMMITTED))
    if own is not None:
        return own, COMMITTED if own.entry.get(COMMITTED) else component
    covers = []
    for wider in {name for entry in held for name in entry.entry.get("rates", {})}:
        best = _best(entry for entry in held if wider in entry.entry.get("rates", {}))
        if best is not None and best.entry.get("covers", {}).get(component) == wider:
            covers.append((best, wider))
    if covers:
        return max(covers, key=lambda cover: cover[0].rank)
    return _rated(WIDER[component], held) if component in WIDER else None


def _rate(held: Held, component: str, factors: list[Held]) -> Fraction:
    """For one."""
    if component == COMMITTED:
        return Fraction(0)
    amount, _, unit = held.entry["rates"][component].partition(" per ")
    one = OTHER_UNITS[unit] if unit else 10**6 if PER_MILLION.match(component) else 1
    kinds: dict[str, Held] = {}
    for factor in sorted(factors, key=lambda factor: factor.rank):
        if _multiplies(factor, held, component):
            kinds[factor.entry.get("name") or ",".join(sorted(factor.stated)) or "discount"] = factor
    return Fraction(amount) / one * prod(Fraction(factor.entry["factor"]) for factor in kinds.values())


def _multiplies(factor: Held, held: Held, component: str) -> bool:
    return component in factor.entry.get("components", [component]) and not factor.stated & held.stated


def _reason(key: str, names: Sequence[str], asked: Asked) -> str | None:
    """Why there is no rate at all."""
    place, name = next((found for found in _places(key, names) if _is_model(*found)), (None, ""))
    if place is None:
        return "unknown_model"
    entries = list(_entries(place, "prices", name))
    windows = [(entry, alias or {}) for reach, entry, alias in entries if reach[0] != PATTERN or not entry.get(COMMITTED)]
    starts = [max(_instant(term["from"]) for term in window if "from" in term) for window in windows]
    if asked.start < min(starts):
        return "before_first_price"
    ends = [min((_instant(term["until"]) for term in window if "until" in term), default=None) for window in windows]
    return "after_last_price" if all(end is not None and end <= asked.start for end in ends) else None
