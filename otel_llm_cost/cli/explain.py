"""`otel-llm-cost explain`: how the attributes of spans became counts, and the counts money."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from otel_llm_cost.call import Call, instant_text
from otel_llm_cost.cli import arguments
from otel_llm_cost.cli.costs import amount_text, cost_json, say_cost
from otel_llm_cost.cli.file_costs import FileCost, changes, cost_of
from otel_llm_cost.cli.file_once import Duplicate, duplicates_in
from otel_llm_cost.cli.output import complain, say, say_json
from otel_llm_cost.cli.steps import as_json, brief, convention_text, say_line, say_steps, steps_json
from otel_llm_cost.cli.tables import add_prices, table_of
from otel_llm_cost.cli.wording import instant_or_none
from otel_llm_cost.cost import WITH_PRICE, Cost, Status, price_call
from otel_llm_cost.names import COST_AMOUNT, TABLE
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.settings import strict_from_environment
from otel_llm_cost.span_files.file import FORMATS, STANDARD_INPUT, spans_of_file
from otel_llm_cost.span_files.shown import SpanFileError

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "explain",
        help="say how a span's attributes became counts and money",
        description="Says of each span in a file how its attributes became counts, the counts money, and by which rule. Read is "
        f"{FORMATS}. Exits 0 where every call in the file has a price, 3 where one has none or only in part, 2 for a mistake in "
        "the call, the file or a price file.",
    )
    parser.add_argument("span", metavar="SPAN.json", help=f"a file of spans; {STANDARD_INPUT} for standard input")
    parser.add_argument(
        "--scope",
        type=_scope,
        default=("", ""),
        metavar="NAME[@VERSION]",
        help="the instrumentation scope of spans whose file names none, as the console exporter's does",
    )
    parser.add_argument("--strict", action="store_true", help="let nothing be assumed (default: OTEL_LLM_COST_STRICT)")
    add_prices(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=_run)


def _scope(text: str) -> tuple[str, str]:
    """`opentelemetry.instrumentation.openai_v2@2.3b0`; a name may begin with `@`."""
    name, at, version = text.rpartition("@")
    return (name, version) if at and name else (text, "")


def _run(given: Namespace) -> int:
    try:
        spans = spans_of_file(given.span)
    except SpanFileError as error:
        complain(str(error))
        return 2
    table, now = table_of(given), arguments.now()
    strict = given.strict or strict_from_environment()
    found = [cost_of(span, given.scope, table, now, strict=strict) for span in spans]
    duplicates = duplicates_in(found)
    if given.json:
        shown = [_document(one, found, duplicates, place, table) for place, one in enumerate(found)]
        say_json({"file": given.span, "table": table.version, "spans": shown})
    else:
        for place, one in enumerate(found):
            if place and (one.cost is not None or found[place - 1].cost is not None):
                say()
            _say(found, duplicates, place, table, strict=strict)
    open_ones = [one for place, one in enumerate(found) if one.cost is not None and place not in duplicates]
    return 0 if all(one.cost is not None and one.cost.status in WITH_PRICE for one in open_ones) else 3


def _say(found: list[FileCost], duplicates: dict[int, Duplicate], place: int, table: PriceTable, *, strict: bool) -> None:
    one = found[place]
    span, steps = one.span, one.steps
    name = f"{span.name}, {span.place}" if span.name is not None else span.place
    if steps.sighting is None or one.cost is None:
        say(f"{name}: no call: {steps.no_call} ({convention_text(steps)})")
        _say_changes(one, table, is_duplicate=False)
        return
    say(name)
    scope = f"{one.scope} {one.version}".strip()
    say_line("scope", scope or "not named: --scope NAME@VERSION does")
    if span.start_unix_nano is None and span.end_unix_nano is None:
        say_line("began", f"nobody says when: priced as of now, {instant_text(one.at_unix_nano)}")
    else:
        say_line("began", instant_text(steps.sighting.call.at_unix_nano))
    if steps.sighting.error_type is not None:
        say_line("failed", steps.sighting.error_type)
    say_steps(steps)
    say()
    duplicate = duplicates.get(place)
    if steps.is_header:
        say("duplicate: it only begins a call, whose usage comes on another span")
    elif duplicate is not None:
        other = duplicate.counted_on
        on = "another span of the same call" if other is None else found[other].span.name or found[other].span.place
        say(f"duplicate: its call is counted on {on}")
    else:
        _say_cost(steps.sighting.call, one.cost, table, strict=strict)
    _say_changes(one, table, is_duplicate=duplicate is not None and not duplicate.is_late)


def _say_cost(call: Call, cost: Cost, table: PriceTable, *, strict: bool) -> None:
    if call.told is None:
        say_cost(call, cost, table)
        return
    if cost.status is Status.REPORTED:
        say(f"{amount_text(cost)} ({cost.status}), told by {COST_AMOUNT}; without that:")
    else:
        say(f"{amount_text(cost)} ({cost.status}): {cost.reason} of {COST_AMOUNT}; without that:")
    ours = call._replace(told=None)
    say_cost(ours, price_call(ours, table, strict=strict), table)


def _say_changes(one: FileCost, table: PriceTable, *, is_duplicate: bool) -> None:
    changed = list(changes(one, table, is_duplicate=is_duplicate))
    if changed:
        say()
        of_table = one.carried.get(TABLE)
        say(f"The span carries another finding{f', of table {of_table}' if of_table is not None else ''}:")
    for name, carried, computed in changed:
        was = brief(carried) if carried is not None else "not there"
        say(f"  {name}: {was}, now {brief(computed) if computed is not None else 'not there'}")


def _document(
    one: FileCost, found: list[FileCost], duplicates: dict[int, Duplicate], place: int, table: PriceTable
) -> dict[str, Any]:
    """A span as `--json` has it."""
    span, duplicate = one.span, duplicates.get(place)
    other = duplicate.counted_on if duplicate is not None else None
    call = one.steps.sighting.call if one.steps.sighting is not None else None
    return {
        "place": span.place,
        "name": span.name,
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "scope": one.scope or None,
        "version": one.version or None,
        "start": instant_or_none(span.start_unix_nano),
        "end": instant_or_none(span.end_unix_nano),
        "priced_as_of": instant_text(call.at_unix_nano if call is not None else one.at_unix_nano),
        **steps_json(one.steps),
        "duplicate": duplicate is not None,
        "counted_on": found[other].span.place if other is not None else None,
        "cost": cost_json(call, one.cost, table) if call is not None and one.cost is not None else None,
        "carried_table": as_json(one.carried.get(TABLE)),
        "changes": [
            {"attribute": name, "carried": as_json(carried), "now": as_json(computed)}
            for name, carried, computed in changes(one, table, is_duplicate=duplicate is not None and not duplicate.is_late)
        ],
    }
