"""Where in a file something stands: a path of keys and positions to a line and a column, in JSON and in TOML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, TypeAlias

Place: TypeAlias = tuple[str | int, ...]
"""`("prices", 3, "rates", "input")`."""

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_TOKEN: Final = re.compile(r'(?P<key>"(?:[^"\\]|\\.)*")(?=\s*:)|"(?:[^"\\]|\\.)*"|[{}\[\]]')
_DECODER: Final = json.JSONDecoder()
_HEADER: Final = re.compile(r"\s*\[(\[)?\s*([^\[\]]+?)\s*\]")
_KEY: Final = re.compile(r"""(?:"(?P<quoted>[^"]*)"|'(?P<plain>[^']*)'|(?P<bare>[A-Za-z0-9_-]+))\s*[.=]""")
_QUOTES: Final = re.compile(r'"""|' + r"'''")


def text_of_place(place: Place) -> str:
    """`prices[3].rates.input`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).lstrip(".")


def in_json(text: str, place: Place) -> tuple[int, int]:
    """The line and column of a place, or of the nearest that exists around it."""
    at = _skip(text, 0)
    for step in place:
        inner = _member(text, at, step)
        if inner is None:
            break
        at = inner
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _member(text: str, at: int, step: str | int) -> int | None:
    """Where a member of the object or list at `at` begins: an object's at its key."""
    if text[at : at + 1] not in ("{[" if isinstance(step, str) else "["):
        # The step before stopped at a key: its value follows.
        _, at = _DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
    wanted = "{" if isinstance(step, str) else "["
    if text[at : at + 1] != wanted:
        return None
    at, count = _skip(text, at + 1), 0
    while text[at : at + 1] not in ("}", "]", ""):
        key, after = _DECODER.raw_decode(text, at)
        if step == (key if wanted == "{" else count):
            return at
        if wanted == "{":
            _, after = _DECODER.raw_decode(text, _skip(text, _skip(text, after) + 1))
        at, count = _skip(text, after), count + 1
        at = _skip(text, at + 1) if text[at : at + 1] == "," else at
    return None


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found is not None else at


def twice_in_json(text: str) -> tuple[str, int, int] | None:
    """The first key that stands twice in one object, and the line and column of the second; None where none does."""
    held: list[set[str] | None] = []
    for token in _TOKEN.finditer(text):
        shown = token[0]
        if shown in "{[":
            held.append(set() if shown == "{" else None)
        elif shown in "}]":
            held.pop()
        elif token["key"] is not None and held and (keys := held[-1]) is not None:
            key = json.loads(token["key"])
            if key in keys:
                return key, text.count("\n", 0, token.start()) + 1, token.start() - text.rfind("\n", 0, token.start())
            keys.add(key)
    return None


def in_toml(text: str, place: Place) -> tuple[int, int]:
    """The line and column of a place, or of the nearest that exists around it."""
    lines = list(_lines(text))
    begin, depth = 0, 0
    counts: dict[str, int] = {}
    for number, (line, in_string) in enumerate(lines):
        header = None if in_string else _HEADER.match(line)
        if header is None:
            continue
        name = header[2].replace('"', "").replace("'", "")
        if header[1]:
            counts[name] = counts.get(name, -1) + 1
        steps: list[str | int] = []
        for part in name.split("."):
            steps.append(part)
            if part in counts:
                steps.append(counts[part])
        if place[: len(steps)] == tuple(steps) and len(steps) > depth:
            begin, depth = number, len(steps)
    key = _key_after(lines, begin, place[depth:], is_top=depth == 0)
    if key is None and place[depth : depth + 1] == ("rates",):
        # Users write rates beside the rest.
        key = _key_after(lines, begin, place[depth + 1 :], is_top=False)
    row, column = key or (begin, _column_of(lines[begin][0]) if depth else 1)
    return row + 1, column


def _key_after(lines: list[tuple[str, bool]], begin: int, steps: Place, *, is_top: bool) -> tuple[int, int] | None:
    """Where a key of a table stands, or what it holds; None where it does not."""
    first = begin if is_top else begin + 1
    if not steps:
        return None
    for number in range(first, len(lines)):
        line, in_string = lines[number]
        if in_string:
            continue
        if _HEADER.match(line):
            break
        stripped = line.lstrip()
        found = _KEY.match(stripped)
        if found is None or steps[0] not in found.groups():
            continue
        column = _column_of(line)
        for step in steps[1:]:
            inner = next((key for key in _KEY.finditer(line, column) if step in key.groups()), None)
            if inner is None:
                break
            column = inner.start() + 1
        return number, column
    return None


def _column_of(line: str) -> int:
    return len(line) - len(line.lstrip()) + 1


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it begins within a string of several lines."""
    within: str | None = None
    for line in text.replace("\r\n", "\n").split("\n"):
        yield line, within is not None
        for quotes in _QUOTES.findall(line):
            if within is None:
                within = quotes
            elif within == quotes:
                within = None
