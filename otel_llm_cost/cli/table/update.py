"""`otel-llm-cost table update`: newer prices into a bundle, without a new release of this package."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from otel_llm_cost.cli.output import say, say_json, say_table
from otel_llm_cost.cli.wording import conditions_text, day_text, factor_text, rate_text
from otel_llm_cost.prices.bundle import Bundle, bundle_of, bundle_of_text, read_bundle
from otel_llm_cost.prices.files.added import replace
from otel_llm_cost.prices.merge import Change, Merged, merge
from otel_llm_cost.prices.report import PriceFileError
from otel_llm_cost.prices.row import Factor, Row, Term
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.settings import TABLE, table_from_environment

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_MOST_SHOWN: Final = 20
_HOW: Final = {"added": "added", "replaced": "replaced", "kept": "kept: ours was checked later"}


def add(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "update",
        help="take newer prices from a bundle",
        description="Merges a bundle (`table export --to otel-llm-cost`) into another, row by row: of two rows for the same, the "
        "one checked later stays. All of it is checked before anything is written. Your own price files are not touched, and "
        f"nothing is fetched but the URL that is given. {TABLE} names the bundle that is used. Exits 0, or 2 where one cannot be.",
    )
    parser.add_argument("source", metavar="FILE|URL", help="the bundle: a file, or an https URL")
    parser.add_argument("--into", type=Path, metavar="PATH", help=f"the bundle to write (default: that of {TABLE})")
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and write nothing")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=lambda given: _run(given, parser))


def _run(given: Namespace, parser: ArgumentParser) -> int:
    named = table_from_environment()
    into: Path | None = given.into or (Path(named) if named is not None else None)
    if into is None and not given.dry_run:
        parser.error(f"say where the bundle is kept, with --into or {TABLE}")
    # What fetches is loaded by this command alone.
    from otel_llm_cost.cli.table.fetch import text_of  # noqa: PLC0415

    incoming = bundle_of_text(text_of(given.source), given.source)
    is_there = into is not None and into.exists()
    base = read_bundle(into) if into is not None and is_there else _shipped()
    merged = merge(base, incoming)
    is_written = not given.dry_run and into is not None and (not is_there or merged.bundle.version != base.version)
    if is_written and into is not None:
        try:
            replace(into, merged.bundle.text())
        except OSError as error:
            raise PriceFileError(str(into), "", f"cannot be written: {error.strerror or error}") from None
    if given.json:
        say_json(_json(merged, base, incoming, into if is_written else None))
    else:
        _say(merged, base, incoming)
        if is_written:
            say(f"written to {into}")
            if named is None or into is None or Path(named).resolve() != into.resolve():
                say(f"it is used where {TABLE} names it")
        else:
            say("nothing is written")
    return 0


def _shipped() -> Bundle:
    table = PriceTable.shipped()
    providers = {key: table.provider(name) for name, key in table.provider_names.items() if key}
    held = [provider for _, provider in sorted(providers.items()) if provider is not None]
    return bundle_of(table.provider_names, held, "the shipped prices")


def _say(merged: Merged, base: Bundle, incoming: Bundle) -> None:
    for how, said in _HOW.items():
        changes = [change for change in merged.changes if change.how == how]
        if changes:
            say(f"{said} ({len(changes)})")
            say_table(
                ("provider", "model", "what", "conditions", "from", "here", "there"),
                [_line(each) for each in changes[:_MOST_SHOWN]],
            )
            if len(changes) > _MOST_SHOWN:
                say(f"and {len(changes) - _MOST_SHOWN} more: --json has all")
            say()
    count = Counter(change.how for change in merged.changes)
    say(
        f"{count['added']} added, {count['replaced']} replaced, {count['kept']} kept because ours was checked later, "
        f"{merged.same} the same, {merged.only_here} only here"
    )
    say(f"{base.path} {base.version}, {incoming.path} {incoming.version}: {merged.bundle.version}")


def _json(merged: Merged, base: Bundle, incoming: Bundle, written: Path | None) -> dict[str, Any]:
    header = ("provider", "model", "what", "conditions", "from", "here", "there")
    changes = [{"how": change.how} | dict(zip(header, _line(change), strict=True)) for change in merged.changes]
    return {
        "base": base.version,
        "incoming": incoming.version,
        "version": merged.bundle.version,
        "written": str(written) if written is not None else None,
        "changes": changes,
        "same": merged.same,
        "only_here": merged.only_here,
    }


def _line(change: Change) -> tuple[str, ...]:
    term = change.new if isinstance(change.new, Term) else change.old
    if not isinstance(term, Row | Factor):
        return change.provider, str(term), "alias", "", "", "", ""
    what = term.component if isinstance(term, Row) else f"factor ({term.kind})"
    about = (change.provider, term.model or "all models", what, conditions_text(term.when), day_text(term.start))
    return *about, _value(change.old), _value(change.new)


def _value(term: Row | Factor | str | None) -> str:
    """The rate or factor, until when, and when it was checked."""
    if not isinstance(term, Row | Factor):
        return ""
    value = rate_text(term) if isinstance(term, Row) else factor_text(term)
    until = f" until {day_text(term.until)}" if term.until is not None else ""
    read = f", read {term.source.read}" if term.source is not None else ""
    return value + until + read
