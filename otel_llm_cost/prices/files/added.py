"""Prices that the program itself adds: an entry made of arguments, and its keeping in a user's file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from otel_llm_cost.call import instant_text, unix_nano
from otel_llm_cost.prices.files.toml import MOST_DIGITS, document_of, plain
from otel_llm_cost.prices.place import in_toml, text_of_place
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.usage import COMPONENTS

Amount = str | int | float | Decimal
ADDED: Final = "add_cost"
"""What stands in messages where a file's path would."""


def new_entry(
    model: str,
    rates: Mapping[str, Amount],
    *,
    match: str,
    provider: str | None,
    start: datetime | date | int | None,
    until: datetime | date | int | None,
    **more: Any,  # noqa: ANN401 - what an entry may say besides
) -> dict[str, Any]:
    """An entry as a price file has it, with an id of its own. Without a start it begins now.

    Raises TypeError for a component that does not exist, ValueError for a rate that is no decimal.
    """
    entry: dict[str, Any] = {"id": uuid4().hex, match: model}
    if provider is not None:
        entry["provider"] = provider
    entry["from"] = _instant(start if start is not None else datetime.now().astimezone())
    if until is not None:
        entry["until"] = _instant(until)
    if unknown := [name for name in rates if name not in COMPONENTS]:
        raise TypeError(f"no such component: {unknown[0]!r}; one of {', '.join(COMPONENTS)}")
    entry["rates"] = {name: _decimal(name, rate) for name, rate in rates.items()}
    entry.update((name, plain(value)) for name, value in more.items() if value)
    return entry


def text_of_entry(entry: Mapping[str, Any], kind: str = "price") -> str:
    """An entry as TOML, its rates beside the rest."""
    flat = {key: value for key, value in entry.items() if key != "rates"} | entry.get("rates", {})
    return "\n".join([f"[[{kind}]]", *(f"{_key(key)} = {_value(value)}" for key, value in flat.items())]) + "\n"


def keep(entry: Mapping[str, Any], path: Path, check: Callable[[str], object]) -> None:
    """Appends an entry to a user's file, which is made where there is none; atomic. Raises PriceFileError, OSError.

    `check` gets the text before it is written, and raises where no table may be made of it.
    """
    held = _text_of(path)
    document_of(held, str(path))
    line = "\r\n" if "\r\n" in held else "\n"
    apart = "" if not held or held.endswith(line * 2) else line if held.endswith(line) else line * 2
    text = f"{held}{apart}{text_of_entry(entry).replace(chr(10), line)}"
    check(text)
    replace(path, text)


def forget(entry_id: str, path: Path) -> bool:
    """Takes the entry of an id out of a user's file; atomic. False where it does not stand there."""
    text = _text_of(path)
    left = without(entry_id, text, str(path))
    if left != text:
        replace(path, left)
    return left != text


def without(entry_id: str, text: str, path: str) -> str:
    """A file's text without the entry of an id. Raises PriceFileError where what else stands there cannot be kept."""
    entries = _prices(text, path)
    place = next((place for place, entry in enumerate(entries) if isinstance(entry, dict) and entry.get("id") == entry_id), None)
    if place is None:
        return text
    lines = text.splitlines(keepends=True)
    first = in_toml(text, ("price", place))[0] - 1
    last = in_toml(text, ("price", place, "id"))[0]
    while last < len(lines) and lines[last].strip() and not lines[last].lstrip().startswith(("[", "#")):
        last += 1
    while last < len(lines) and not lines[last].strip():
        last += 1
    left = "".join(lines[:first] + lines[last:])
    try:
        is_cut = document_of(left, path) == _with_prices(document_of(text, path), entries[:place] + entries[place + 1 :])
    except PriceFileError:
        is_cut = False
    if not is_cut:
        where = text_of_place(("price", place))
        raise PriceFileError(path, where, "cannot be taken out by itself: take it out by hand", first + 1, 1)
    return left


def replace(path: Path, text: str) -> None:
    """Writes a file so that a reader finds the old text or the new one; a link stays a link. Raises OSError."""
    path = path.resolve()
    beside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with beside.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
        if path.exists():
            beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _text_of(path: Path) -> str:
    """With its line ends as they are."""
    try:
        return path.read_bytes().decode() if path.exists() else ""
    except UnicodeDecodeError as error:
        raise PriceFileError(str(path), f"byte {error.start}", "not UTF-8") from None


def _prices(text: str, path: str) -> list[Any]:
    held = document_of(text, path).get("price", [])
    return held if isinstance(held, list) else []


def _with_prices(document: dict[str, Any], prices: list[Any]) -> dict[str, Any]:
    rest = {key: value for key, value in document.items() if key != "price"}
    return rest | ({"price": prices} if prices else {})


def _instant(given: datetime | date | int) -> str:
    if isinstance(given, date) and not isinstance(given, datetime):
        return given.isoformat()
    return instant_text(unix_nano(given))


def _decimal(name: str, rate: Amount) -> str:
    if isinstance(rate, bool) or not isinstance(rate, str | int | float | Decimal):
        raise ValueError(f"{name}: not a decimal: {rate!r}")  # noqa: TRY004 - a caller has one error to catch
    if isinstance(rate, str):
        return rate
    number = Decimal(repr(rate)) if isinstance(rate, float) else Decimal(rate)
    if not number.is_finite():
        raise ValueError(f"{name}: not a decimal: {rate!r}")
    if isinstance(rate, float) and len(number.as_tuple().digits) > MOST_DIGITS:
        raise ValueError(f"{name}: the rounding error of a float, not a price: {rate!r}; give a Decimal or text if it is meant")
    return format(number, "f")


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else json.dumps(key)


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(inner) for inner in value) + "]"
    # JSON's text is TOML's, but for the delete character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
