"""One release's data, read without running it: every release is a Python module of constructor calls on literals."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final, NamedTuple

from tools.import_genai_prices.releases import Release
from tools.import_genai_prices.units import PRICE_KEYS, amount

_CALL: Final = "()"
_URL: Final = re.compile(r"https?://[^\s)\"'`,;]+")


class Rate(NamedTuple):
    """Which rate of a model: its component, and the prompt size above which it holds."""

    component: str
    above: int = -1


@dataclass(frozen=True, slots=True)
class PriceList:
    """All rates of a model from a day on; without a day, from before the package knows."""

    start: date | None
    rates: Mapping[Rate, str]


@dataclass(frozen=True, slots=True)
class Variant:
    """Rates in place of a list's, for calls of one context (`processing: batch`)."""

    context: tuple[str, str]
    start: date | None
    rates: Mapping[Rate, str]


@dataclass(frozen=True, eq=False)
class Model:
    """One model as a release has it."""

    id: str
    match: Mapping[str, Any]
    lists: Sequence[PriceList]
    variants: Sequence[Variant]
    comment: str
    is_clocked: bool
    """Prices by the time of day, which the package cannot date."""
    sessions: bool
    """Priced by the time of the session, not by the audio of one direction."""

    @cached_property
    def exact(self) -> list[str]:
        """The names that the release gives in full."""
        return list(_exact(self.match))

    @cached_property
    def days(self) -> list[date]:
        """The days on which the release has a rate change."""
        starts = {held.start for held in self.lists} | {variant.start for variant in self.variants}
        return sorted(day for day in starts if day is not None)

    def standard(self, day: date) -> Mapping[Rate, str]:
        """The rates in force: the last list that has begun."""
        begun = [held.rates for held in self.lists if held.start is None or held.start <= day]
        return begun[-1] if begun else {}


@dataclass(frozen=True, eq=False)
class PackageProvider:
    """One provider as a release has it."""

    id: str
    models: Sequence[Model]
    comment: str
    pages: Sequence[str]
    by_name: dict[str, Model] = field(default_factory=dict)
    found: dict[str, Model | None] = field(default_factory=dict)

    def find(self, name: str) -> Model | None:
        """The model that the package takes a name for: the first that matches."""
        lowered = name.lower()
        if lowered not in self.found:
            self.found[lowered] = next((model for model in self.models if _matches(model.match, lowered)), None)
        return self.found[lowered]

    def same(self, model: Model) -> Model | None:
        """The model of this release that is a newer release's: by its id, else by a name that both give in full."""
        return next((self.by_name[name.lower()] for name in (model.id, *model.exact) if name.lower() in self.by_name), None)

    def page(self, model: Model) -> str | None:
        """The price page that the release names."""
        named = [url.rstrip(".:") for url in _URL.findall(model.comment)]
        return next((url for url in named if "pric" in url), self.pages[0] if self.pages else None)


@dataclass(frozen=True, eq=False)
class Data:
    """One release's data."""

    release: Release
    providers: Mapping[str, PackageProvider]


def read(release: Release, text: str) -> Data:
    """The data of a release. Raises ValueError for what is not a list of literal constructor calls."""
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.target.id == "providers":
            return Data(release, {held["id"]: _provider(held) for held in _value(statement.value)})
    raise ValueError(f"no providers in {release.version}")


def _value(node: ast.expr | None) -> Any:  # noqa: ANN401, PLR0911 - literals of every kind
    match node:
        case ast.Constant(value):
            return value
        case ast.List(items) | ast.Tuple(items):
            return [_value(item) for item in items]
        case ast.Dict(keys, values):
            return {_value(key): _value(value) for key, value in zip(keys, values, strict=True)}
        case ast.Call(ast.Name("Decimal"), [text]):
            return _value(text)
        case ast.Call(ast.Attribute(attr="date"), arguments):
            return date(*map(_value, arguments))
        case ast.Call(called, _, named):
            return {_CALL: ast.unparse(called)} | {held.arg: _value(held.value) for held in named}
        case ast.Attribute():
            return ast.unparse(node)
    raise ValueError(f"neither a literal nor a call: {ast.dump(node)[:80] if node else node}")


def _provider(held: Mapping[str, Any]) -> PackageProvider:
    models = [_model(model) for model in held["models"]]
    provider = PackageProvider(held["id"], models, held.get("price_comments") or "", held.get("pricing_urls") or [])
    for model in models:
        provider.by_name.setdefault(model.id.lower(), model)
    for model in models:
        for name in model.exact:
            provider.by_name.setdefault(name.lower(), model)
    return provider


def _model(held: Mapping[str, Any]) -> Model:
    given = held["prices"] if isinstance(held["prices"], list) else [held]
    constraints = [price.get("constraint") or {} for price in given]
    variants = [
        Variant(_context(variant["when"]), (variant.get("constraint") or {}).get("start_date"), _rates(variant["prices"]))
        for variant in held.get("price_variants") or ()
    ]
    return Model(
        id=held["id"],
        match=held["match"],
        lists=[
            PriceList(constraint.get("start_date"), _rates(price["prices"]))
            for price, constraint in zip(given, constraints, strict=True)
        ],
        variants=variants,
        comment=held.get("price_comments") or "",
        is_clocked=any("start_time" in constraint for constraint in constraints),
        sessions=any("audio_hours" in price["prices"] and "input_audio_hours" not in price["prices"] for price in given),
    )


def _context(when: Mapping[str, str]) -> tuple[str, str]:
    if len(when) != 1:
        raise ValueError(f"a variant of more than one condition: {when}")
    return next(iter(when.items()))


def _rates(prices: Mapping[str, Any]) -> dict[Rate, str]:
    rates: dict[Rate, str] = {}
    for key, price in prices.items():
        if key == _CALL or price is None:
            continue
        component, unit = PRICE_KEYS[key]
        sizes = [(-1, price)]
        if isinstance(price, Mapping):
            sizes = [(-1, price["base"]), *((tier["start"], tier["price"]) for tier in price["tiers"])]
        for above, number in sizes:
            rate = number + unit
            if amount(rates.setdefault(Rate(component, above), rate)) != amount(rate):
                raise ValueError(f"two rates for {component}: {prices}")
    return rates


def _exact(match: Mapping[str, Any]) -> Sequence[str]:
    if "equals" in match:
        return [match["equals"]]
    return [name for part in match.get("or_", ()) for name in _exact(part)]


def _matches(match: Mapping[str, Any], name: str) -> bool:  # noqa: PLR0911 - one return a kind of clause
    match match:
        case {"or_": parts}:
            return any(_matches(part, name) for part in parts)
        case {"and_": parts}:
            return all(_matches(part, name) for part in parts)
        case {"equals": text}:
            return bool(name == text.lower())
        case {"starts_with": text}:
            return name.startswith(str(text).lower())
        case {"ends_with": text}:
            return name.endswith(str(text).lower())
        case {"contains": text}:
            return str(text).lower() in name
        case {"regex": text}:
            return re.search(str(text), name) is not None
    raise ValueError(f"no such clause: {match}")
