"""A user's TOML: read with its decimals as they are written, and its values as the entries of a price file have them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from otel_llm_cost.money import DIGITS
from otel_llm_cost.prices.place import Place, in_toml
from otel_llm_cost.prices.report import PriceFileError, Report
from otel_llm_cost.usage import COMPONENTS

MOST_DIGITS: Final = 15
"""A double holds so many decimal digits: a number with more was not written by hand."""


def document_of(text: str, path: str) -> dict[str, Any]:
    """Raises PriceFileError where the text is no TOML."""
    try:
        # Editors of Windows begin a file with a mark that is no TOML.
        return tomllib.loads(text.removeprefix("\ufeff"), parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(path, text, str(error)) from None
    except (ValueError, ArithmeticError, RecursionError):
        raise PriceFileError(path, "", "a number of too many digits, or tables too deep in each other", *_longest(text)) from None


def where_in(text: str, place: Place) -> tuple[int, int]:
    """The line and column of a place: a rate may stand in its entry or in the entry's `rates`."""
    found = in_toml(text, place)
    flat = tuple(step for step in place if step != "rates")
    return found if flat == place or found != in_toml(text, place[: place.index("rates")]) else in_toml(text, flat)


def entry_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as a user writes it, rates beside the rest, as the shipped files have it."""
    held: dict[str, Any] = plain(given)
    rates = {key: held.pop(key) for key in list(held) if key in COMPONENTS}
    if rates:
        held["rates"] = {**held.get("rates", {}), **rates} if isinstance(held.get("rates", {}), dict) else rates
    if isinstance(held.get("rates"), dict):
        held["rates"] = {key: _text(rate) for key, rate in held["rates"].items()}
    if "factor" in held:
        held["factor"] = _text(held["factor"])
    if isinstance(held.get("at_least"), dict):
        held["at_least"] = {key: _text(count) for key, count in held["at_least"].items()}
    return held


def plain(given: Any) -> Any:  # noqa: ANN401 - what TOML has
    """TOML's values as JSON has them: days and instants as text."""
    if isinstance(given, Mapping):
        return {key: plain(value) for key, value in given.items()}
    if isinstance(given, list):
        return [plain(value) for value in given]
    return given.isoformat() if isinstance(given, date | datetime) else given


def _text(number: object) -> object:
    """A number as its decimal text."""
    if isinstance(number, bool) or not isinstance(number, int | Decimal):
        return number
    if isinstance(number, int) or not number.is_finite() or abs(number.adjusted()) > DIGITS:
        return str(number)
    return format(number, "f")


def check_numbers(given: Mapping[str, Any], place: Place, report: Report) -> None:
    """Reports rates that are no decimals or that only a float's rounding error makes, and those that stand in an entry twice."""
    inner = given.get("rates")
    for steps, rates in (((), given), (("rates",), inner if isinstance(inner, Mapping) else {})):
        for key, number in rates.items():
            if key not in COMPONENTS:
                continue
            if steps and key in given:
                report((*place, key), "stands in the entry and in its rates")
            elif isinstance(number, Decimal):
                _check_number(number, (*place, *steps, key), report)


def day_of(document: Mapping[str, Any], key: str, report: Report) -> str | None:
    """A day, as text."""
    given = document.get(key)
    try:
        return date.fromisoformat(str(given)).isoformat() if given is not None else None
    except ValueError:
        report((key,), f"is a day such as 2026-11-22: {given}")
        return None


def _check_number(number: Decimal, place: Place, report: Report) -> None:
    if not number.is_finite():
        report(place, f"is no decimal: {number}")
    elif number and number.adjusted() < -DIGITS:
        report(place, f"finer than 1e-{DIGITS}: {number}")
    elif len(number.as_tuple().digits) > MOST_DIGITS:
        report(place, f"is the rounding error of a float, not a price: {number}; write it in quotes if it is meant")


def _syntax_error(path: str, text: str, message: str) -> PriceFileError:
    problem, _, where = message.rpartition(" (at ")
    words = where.rstrip(")").replace(",", "").split()
    if len(words) == 4 and words[0] == "line":  # noqa: PLR2004 - "line 3 column 7"
        return PriceFileError(path, "", problem, int(words[1]), int(words[3]))
    return PriceFileError(path, "", problem or message, text.count("\n") + 1, 1)


def _longest(text: str) -> tuple[int, int]:
    lines = text.split("\n")
    return max(range(len(lines)), key=lambda number: len(lines[number])) + 1, 1
