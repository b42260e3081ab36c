"""`otel-llm-cost table import`: another project's prices into a price file of one's own."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from otel_llm_cost.cli.arguments import instant
from otel_llm_cost.cli.output import complain, say, say_json
from otel_llm_cost.cli.table.formats import FORMATS
from otel_llm_cost.cli.tables import HERE
from otel_llm_cost.interchange.entries import MATCHES, Imported, Refused, day_of
from otel_llm_cost.interchange.history import Span
from otel_llm_cost.prices.checks.check_own import check_own, ties_of_own
from otel_llm_cost.prices.files.added import replace, text_of_entry
from otel_llm_cost.prices.files.own import OwnPrices, read_own
from otel_llm_cost.prices.files.toml import document_of, entry_of, plain
from otel_llm_cost.prices.place import Place
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.settings import price_files_from_environment

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction

_LITERAL: Final = r"(?:[\w/:@ -]|\\[^\w\s|])+"
_WHOLE_NAMES: Final = re.compile(
    rf"(?:\(\?i\))?\^(?P<open>\((?:\?:)?)?(?P<names>{_LITERAL}(?(open)(?:\|{_LITERAL})*|))(?(open)\)|)\$", re.ASCII
)
_ESCAPED: Final = re.compile(r"\\(.)")
_KINDS: Final = ("price", "factor", "alias")


@dataclass
class _Result:
    """What of an import is written, and what is not."""

    taken: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {kind: [] for kind in _KINDS})
    refused: list[dict[str, Any]] = field(default_factory=list)
    there: int = 0
    """Those that the file has already."""

    def refuse(self, name: str, place: str, problem: str, line: int | None = None, column: int | None = None) -> None:
        self.refused.append({"file": name, "line": line, "column": column, "place": place, "problem": problem})

    def text(self) -> str:
        """As TOML."""
        return "\n".join(text_of_entry(entry, kind) for kind in _KINDS for entry in self.taken[kind])


def add(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "import",
        help="bring another project's prices into a price file of your own",
        description="Reads another project's price table and appends its rows to a price file of yours. What means something else "
        "there than here is said on standard error, and so is each row that cannot be said here. Nothing is written that would "
        "not load. Exits 0 where all rows came, 1 where some were refused, 2 for a mistake in the call.",
    )
    parser.add_argument("file", metavar="FILE", help="the table; - for standard input")
    parser.add_argument("--from", dest="format", required=True, choices=sorted(FORMATS), help="whose table it is")
    parser.add_argument(
        "--as-of", type=_instant, metavar="DAY", help="from when on its rows without a date hold; needed where it has no dates"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--into", type=Path, default=HERE, metavar="FILE", help=f"the file to append to (default: {HERE})")
    where.add_argument("--output", choices=["-"], help="print the rows, and write nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=lambda given: _run(given, parser))


def _run(given: Namespace, parser: ArgumentParser) -> int:
    name = "standard input" if given.file == "-" else given.file
    try:
        text = sys.stdin.read() if given.file == "-" else Path(given.file).read_text("utf-8")
        read = FORMATS[given.format].read(text, as_of=given.as_of, name=name)
    except OSError as error:
        parser.error(f"{name}: {error.strerror or error}")
    except UnicodeDecodeError:
        parser.error(f"{name}: not UTF-8")
    except Refused as refusal:
        parser.error(str(refusal))
    into: Path | None = None if given.output else given.into
    held = _text_of(into) if into is not None else ""
    table = PriceTable.base()
    result = _chosen(read, held, str(into or name), name, table)
    for note in read.notes:
        complain(f"note: {note}")
    for refused in result.refused:
        complain(f"refused: {_refusal_text(refused)}")
    if into is not None and result.text():
        _append(into, held, f"# From {given.format}: {name!a}\n{result.text()}", table)
    _report(given, result, read.notes, into)
    return 1 if result.refused else 0


def _report(given: Namespace, result: _Result, notes: Sequence[str], into: Path | None) -> None:
    if given.json:
        prices, factors, aliases = (result.taken[kind] for kind in _KINDS)
        say_json({
            "prices": prices, "factors": factors, "aliases": aliases, "already_there": result.there,
            "refused": result.refused, "notes": list(notes), "into": str(into) if into is not None else None,
        })  # fmt: skip
        return
    if into is None:
        for line in result.text().splitlines():
            say(line)
    counts = [_counted(len(held), kind) for kind, held in result.taken.items() if held or kind == "price"]
    counts += [f"{result.there} already there"] if result.there else []
    counts += [f"{len(result.refused)} refused"] if result.refused else []
    complain(f"{'read' if into is None else f'into {into}'}: {', '.join(counts)}")


def _chosen(read: Imported, held: str, path: str, name: str, table: PriceTable) -> _Result:
    """The rows that the file has not yet, and that it can hold. Raises PriceFileError where it cannot be used without them."""
    result = _Result()
    for refusal in read.refused:
        result.refuse(refusal.name, refusal.place, refusal.problem, refusal.line, refusal.column)
    check_own([OwnPrices.of_text(held, path, table.key_of)], table.all_models())
    document = document_of(held, path)
    for kind, entries in zip(_KINDS, (read.entries, read.factors, read.aliases), strict=True):
        there = {_said(entry) for entry in document.get(kind, [])}
        for entry in map(_as_names, entries):
            if _said(entry) in there:
                result.there += 1
            else:
                result.taken[kind].append(entry)
    # Two that would win equally may come to light only when what is wrong with one of them is mended.
    while wrong := _wrong(result, document, path, table):
        for kind in _KINDS:
            kept = []
            for place, entry in enumerate(result.taken[kind]):
                if (kind, place) not in wrong:
                    kept.append(entry)
                elif "glob" in entry:
                    # Globs clash over names that nobody has; regular expressions over known ones only.
                    kept.append(_as_regex(entry))
                else:
                    result.refuse(name, _label(entry), wrong[kind, place])
            result.taken[kind] = kept
    return result


def _wrong(result: _Result, document: Mapping[str, Any], path: str, table: PriceTable) -> dict[tuple[str, int], str]:
    """Which of the rows the file cannot hold, and why."""
    wrong: dict[tuple[str, int], str] = {}

    def refuse(place: Place, problem: str) -> None:
        kind = str(place[0])
        wrong.setdefault((kind, int(place[1]) - len(document.get(kind, []))), problem)

    whole = {**document, **{kind: [*document.get(kind, []), *held] for kind, held in result.taken.items()}}
    own = OwnPrices(path, whole, table.key_of, refuse)
    if not wrong:
        for error in ties_of_own([own], table.all_models()):
            kind, _, rest = error.place.partition("[")
            refuse((kind, rest.partition("]")[0]), error.problem)
    return wrong


def _append(into: Path, held: str, added: str, table: PriceTable) -> None:
    """Checks the whole, beside the user's other files, before it writes. Raises PriceFileError, also where it cannot write."""
    text = _joined(held, added)
    own = OwnPrices.of_text(text, str(into), table.key_of)
    paths = [*map(Path, price_files_from_environment()), *([HERE] if HERE.exists() else [])]
    others = {path.resolve(): path for path in paths if path.resolve() != into.resolve()}
    check_own([*(read_own(path, table.key_of) for path in others.values()), own], table.all_models())
    try:
        replace(into, text)
    except OSError as error:
        raise PriceFileError(str(into), "", f"cannot be written: {error.strerror or error}") from None


def _text_of(into: Path) -> str:
    if not into.exists():
        return ""
    try:
        return into.read_text("utf-8")
    except OSError as error:
        raise PriceFileError(str(into), "", f"cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise PriceFileError(str(into), f"byte {error.start}", "not UTF-8") from None


def _joined(held: str, added: str) -> str:
    return f"{held.rstrip(chr(10))}\n\n{added}" if held.strip() else added


def _counted(number: int, kind: str) -> str:
    return f"{number} {kind}" if number == 1 else f"{number} {kind}{'e' if kind.endswith('s') else ''}s"


def _said(entry: Mapping[str, Any]) -> str:
    """What tells an entry from another, however it is written."""
    return json.dumps(entry_of(plain(entry)), sort_keys=True, default=str)


def _as_regex(entry: Mapping[str, Any]) -> dict[str, Any]:
    pattern = Span(None, "glob", entry["glob"], (), {}, "", None, None).pattern
    return {"regex" if key == "glob" else key: pattern if key == "glob" else value for key, value in entry.items()}


def _as_names(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry whose regular expression spells out whole names, with these names: they are found at once, and never clash."""
    found = _WHOLE_NAMES.fullmatch(entry.get("regex", ""))
    if found is None or "aliases" in entry:
        return dict(entry)
    first, *others = (_ESCAPED.sub(r"\1", name) for name in found["names"].split("|"))
    named = {"model": first} | ({"aliases": others} if others else {})
    return named | {key: value for key, value in entry.items() if key != "regex"}


def _label(entry: Mapping[str, Any]) -> str:
    named = next((str(entry[key]) for key in (*MATCHES, "alias") if key in entry), "every model")
    return f"{entry['provider']}/{named}" if "provider" in entry else named


def _refusal_text(refusal: Mapping[str, Any]) -> str:
    where = refusal["file"] if refusal["line"] is None else f"{refusal['file']}:{refusal['line']}:{refusal['column']}"
    return ": ".join(part for part in (where, refusal["place"], refusal["problem"]) if part)


def _instant(text: str) -> str:
    instant(text)
    try:
        return day_of(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"neither a day nor an instant with a zone: {text!r}") from None
