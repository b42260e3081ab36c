"""`otel-llm-cost table diff`: what one set of prices says otherwise than another."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from otel_llm_cost.cli.output import say, say_json, say_table
from otel_llm_cost.cli.table.rows import About, Said, said_in

if TYPE_CHECKING:
    from argparse import _SubParsersAction


class Change(NamedTuple):
    """One row that was added, removed or changed."""

    about: About
    old: Said | None
    new: Said | None

    @property
    def kind(self) -> str:
        return "added" if self.old is None else "removed" if self.new is None else "changed"


def add(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "diff",
        help="what one price file says otherwise than another",
        description="Compares rows by provider, model, component, conditions and first instant, and factors, aliases, hosts and "
        "deployments by their names. Sources and notes are not compared. Exits 0 where both say the same, 1 where they differ, 2 "
        "where one cannot be read.",
    )
    what = "`shipped`, a user's .toml, a provider's .json, a folder of such, or a bundle"
    parser.add_argument("old", metavar="A", help=what)
    parser.add_argument("new", metavar="B", help="as A")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_run)


def _run(given: Namespace) -> int:
    changes = list(_changes(said_in(given.old), said_in(given.new)))
    count = {kind: sum(change.kind == kind for change in changes) for kind in ("added", "removed", "changed")}
    if given.json:
        say_json({"changes": [_json(change) for change in changes], **count})
    else:
        lines = [_line(change) for change in changes]
        if lines:
            say_table(("", "provider", "model", "component", "conditions", "from", "old", "new"), lines)
            say()
        say(", ".join(f"{number} {kind}" for kind, number in count.items()))
    return 1 if changes else 0


def _changes(old: dict[About, list[Said]], new: dict[About, list[Said]]) -> Iterator[Change]:
    for about in sorted({*old, *new}):
        before, after = old.get(about, []), new.get(about, [])
        gone = [said for said in before if said.exact not in {other.exact for other in after}]
        come = [said for said in after if said.exact not in {other.exact for other in before}]
        yield from (Change(about, one, other) for one, other in zip(gone, come, strict=False))
        yield from (Change(about, one, None) for one in gone[len(come) :])
        yield from (Change(about, None, other) for other in come[len(gone) :])


def _json(change: Change) -> dict[str, object]:
    about = change.about
    return {
        "change": change.kind,
        "provider": about.provider,
        "model": about.model,
        "component": about.what,
        "conditions": about.conditions,
        "from": about.since,
        "old": _said(change.old) or None,
        "new": _said(change.new) or None,
    }


def _line(change: Change) -> tuple[str, ...]:
    sign = {"added": "+", "removed": "-", "changed": "~"}[change.kind]
    return sign, *change.about, _said(change.old), _said(change.new)


def _said(said: Said | None) -> str:
    return ", ".join((said.value, *said.beside)) if said is not None else ""
