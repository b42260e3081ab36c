"""What commands print: tables, drawn in a terminal and aligned in a pipe; one JSON document where that is asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

Line = Sequence[str]


def say(text: str = "") -> None:
    """Prints a line; what the output cannot show, and what would move the cursor, is escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    print(_shown(text).encode(encoding, "backslashreplace").decode(encoding))  # noqa: T201 - a command prints


def say_json(document: object) -> None:
    """Prints a document."""
    print(json.dumps(document, indent=2))  # noqa: T201 - a command prints


def complain(text: str) -> None:
    """Prints to standard error what is wrong."""
    print(_shown(text), file=sys.stderr)  # noqa: T201 - a command prints


def say_table(header: Line, lines: Sequence[Line]) -> None:
    """Prints a table. Columns without anything in them are left out."""
    kept = [place for place in range(len(header)) if any(line[place] for line in lines)]
    shown = [[_shown(line[place]) for place in kept] for line in (header, *lines)]
    if sys.stdout.isatty():
        _draw(shown)
        return
    widths = [max(len(line[column]) for line in shown) for column in range(len(kept))]
    for line in shown:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _draw(lines: Sequence[Line]) -> None:
    """Draws a table in the terminal."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - needs a terminal
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False)
    for place, title in enumerate(lines[0]):
        # Amounts, days and names stay whole; what has words in it gives way.
        table.add_column(title, overflow="fold", no_wrap=not any(" " in line[place] for line in lines[1:]))
    for line in lines[1:]:
        table.add_row(*(Text(cell) for cell in line))
    Console(file=sys.stdout).print(table)


def _shown(text: str) -> str:
    """A text in one line, without control characters: price files hold anything."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
