"""A published figure to what one count costs: `2.50`, `$0.0025 / 1K tokens`, `0.111 per hour`, `50% of $3 / MTok`."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from otel_llm_cost.money import DIGITS, UNITS, units_of
from otel_llm_cost.usage import COMPONENTS, Component

_DECIMAL: Final = r"(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,3})?"
_FIGURE: Final = re.compile(
    rf"(?:[A-Z]{{3}}\s*|[$€£¥]\s*)?(?P<amount>{_DECIMAL})(?:\s*(?:USD|EUR|GBP|CNY))?"
    rf"(?P<per>\s*(?:/|per\b)\s*(?P<many>{_DECIMAL})?\s*(?:(?P<times>K|M|B|thousand|million)\b)?\s*(?P<unit>[a-z][a-z ]*)?)?",
    re.IGNORECASE,
)
_DERIVED: Final = re.compile(rf"(?P<factor>{_DECIMAL})\s*(?P<how>%\s*of|x\s*of|x|×)\s*(?P<figure>.+)")  # noqa: RUF001 - as pages print it
_TIMES: Final = {"k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000, "b": 1_000_000_000}
_MANY: Final = {"mtok": ("token", 1_000_000), "ktok": ("token", 1_000), "mchar": ("character", 1_000_000)}
_SECONDS: Final = {"hour": 3600, "minute": 60, "min": 60, "second": 1, "sec": 1, "h": 3600, "s": 1}
_WORDS: Final = {
    "token": "token", "tok": "token", "character": "character", "char": "character", "image": "image", "page": "page",
    "search": "search", "searche": "search", "query": "search", "querie": "search", "call": "call", "message": "message",
    "request": "request",
}  # fmt: skip
_LEAST_WITHOUT_UNIT: Final = 1000
"""`10 / 1,000` is ten per thousand; `1/2` may be a half."""
_COUNTED_AS: Final = {
    "search": {"search", "call", "request"},
    "call": {"call", "request"},
    "request": {"request", "call", "search"},
}


def rate_units(rate: str, component: str) -> int:
    """The money units (`otel_llm_cost.money`) of one count at a rate: a decimal in the component's own unit, or one with its unit.

    Raises ValueError. A rate by the hour or minute has no finite decimal by the second: it is rounded to 1e-30.
    """
    known = COMPONENTS[component]
    try:
        return units_of(rate, per=known.priced_per * known.scale)
    except ValueError:
        if not re.search(r"/|per", rate):
            raise
    exact: Fraction = figure_of(rate, component) * UNITS
    units = round(exact)
    # Nothing that costs is rounded to what is free.
    if exact.denominator != 1 and (known.unit != "second" or exact.denominator % 3 or not units):
        raise ValueError(f"finer than 1e-{DIGITS}: {rate!r}")
    if units > UNITS**2:
        raise ValueError(f"an amount beyond any bill: {rate!r}")
    return units


def figure_of(figure: str, component: str) -> Fraction:
    """What one count costs by a figure as it is printed at its source, exactly. Raises ValueError for what is no figure."""
    if figure.strip().lower() in {"free", "free of charge"}:
        return Fraction(0)
    derived = _DERIVED.fullmatch(figure.strip())
    if derived is not None:
        factor = _number(derived["factor"], figure) / (100 if derived["how"].startswith("%") else 1)
        return factor * figure_of(derived["figure"], component)
    found = _FIGURE.fullmatch(figure.strip())
    if found is None:
        raise ValueError(f"not a figure: {figure!r}")
    known = COMPONENTS[component]
    amount = _number(found["amount"], figure)
    many = _number(found["many"], figure) if found["many"] else Fraction(1)
    many *= _TIMES.get((found["times"] or "").lower(), 1)
    if found["per"] is None:
        return amount / (known.priced_per * known.scale)
    if not many or (many < _LEAST_WITHOUT_UNIT and not (found["times"] or found["unit"])):
        raise ValueError(f"not a figure: {figure!r}")
    return amount / (many * _counts(found["unit"], known, figure))


def _counts(unit: str | None, known: Component, figure: str) -> int:
    """How many counts the unit of a figure is."""
    if unit is None:
        return known.scale
    word = unit.lower().split()[-1].removesuffix("s") or unit.lower()
    if known.unit == "second" and (seconds := _SECONDS.get(word or "s")) is not None:
        return seconds * known.scale
    if word in _MANY and _MANY[word][0] == known.unit:
        return _MANY[word][1]
    named = _WORDS.get(word)
    if named is not None and named in _COUNTED_AS.get(known.unit, {known.unit}):
        return known.scale
    raise ValueError(f"a figure per {unit!r} is not one for {known.unit}s: {figure!r}")


def _number(text: str, figure: str) -> Fraction:
    try:
        return Fraction(text.replace(",", ""))
    except ValueError:
        raise ValueError(f"not a figure: {figure!r}") from None
