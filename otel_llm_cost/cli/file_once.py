"""Which spans of a file show a call that another span of it shows, too: the ledger's rule, in the order in which they ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias, cast

from otel_llm_cost.claim import is_settled
from otel_llm_cost.cli.file_costs import FileCost
from otel_llm_cost.ended_span import events
from otel_llm_cost.ledger.entry import Entry
from otel_llm_cost.ledger.group import Group
from otel_llm_cost.ledger.once import Once
from otel_llm_cost.ledger.same import is_around, same_call
from otel_llm_cost.ledger.totals import Posting
from otel_llm_cost.recognise import LATE, NESTING, looks_like_call, makes_calls
from otel_llm_cost.span_files.shown import SpanShown

_Key: TypeAlias = tuple[str, str | None, str | None]
"""Process, trace and span."""


class Duplicate(NamedTuple):
    """A span whose call is counted on another one."""

    counted_on: int | None
    """That one's place, where only one can be it."""
    is_late: bool
    """Whether this was found after it had ended: such a span carries what was found of it alone."""


class _Settled(NamedTuple):
    """What the ledger made of the spans of one process."""

    entries: dict[int, Entry]
    """By place."""
    duplicates: dict[int, bool]
    """Each with whether it is late."""


def duplicates_in(found: Sequence[FileCost]) -> dict[int, Duplicate]:
    """The spans whose call is counted on another span of the file, by place."""
    verdicts = {place: Duplicate(None, is_late=False) for place, one in enumerate(found) if one.steps.is_header}
    verdicts |= _repeated_below(found)
    processes: dict[str, dict[_Key, int]] = {}
    for place, one in enumerate(found):
        if one.span.trace_id is not None and one.span.span_id is not None and place not in verdicts:
            # A span that was written twice is one.
            processes.setdefault(one.span.process, {}).setdefault(_key(one.span), place)
    for places in processes.values():
        verdicts |= _verdicts(_settle(found, places))
    by_key = {_key(found[place].span): verdict for place, verdict in verdicts.items()}
    return {
        place: verdicts[place] if place in verdicts else by_key[_key(one.span)]
        for place, one in enumerate(found)
        if place in verdicts or (one.span.span_id is not None and _key(one.span) in by_key)
    }


def _repeated_below(found: Sequence[FileCost]) -> dict[int, Duplicate]:
    """Spans with what the one above them, of their scope, says of the same call."""
    calls = {_key(one.span): place for place, one in enumerate(found) if one.steps.sighting is not None and one.steps.apart is None}
    above = {place: calls.get(_parent_key(one.span)) for place, one in enumerate(found) if one.steps.apart is not None}
    return {
        place: Duplicate(parent, is_late=False)
        for place, parent in above.items()
        if parent is not None and found[parent].scope == found[place].scope
    }


def _verdicts(settled: _Settled) -> dict[int, Duplicate]:
    """Each duplicate, with the span that is counted in its place."""
    related: dict[object, list[int]] = {}
    for place, entry in settled.entries.items():
        if place not in settled.duplicates:
            for key in _related(entry):
                related.setdefault(key, []).append(place)
    verdicts: dict[int, Duplicate] = {}
    for place, is_late in settled.duplicates.items():
        entry = settled.entries[place]
        others = {other: settled.entries[other] for key in _related(entry) for other in related.get(key, ())}
        same = [
            other
            for other, counted in others.items()
            if (counted.scope != entry.scope or is_around(entry, counted))
            and counted.start < entry.end
            and entry.start < counted.end
            and same_call(counted, entry)
        ]
        verdicts[place] = Duplicate(same[0] if len(same) == 1 else None, is_late)
    return verdicts


def _related(entry: Entry) -> list[object]:
    return [entry.trace_id] if entry.response_id is None else [entry.trace_id, entry.response_id]


def _settle(found: Sequence[FileCost], places: Mapping[_Key, int]) -> _Settled:
    """Has the ledger see the spans of a process begin and end."""
    ids: dict[object, int] = {}
    by_id: dict[int, int] = {}
    settled = _Settled({}, {})
    once = Once(count=lambda _: None, duplicate=lambda entry: settled.duplicates.update({by_id[entry.span_id]: True}))
    once.is_late = any(found[place].scope in LATE for place in places.values())
    groups: dict[int, Group] = {}
    windows = ((place, *_window(found[place])) for place in places.values())
    for _, is_end, _, place in events(windows, lambda child: _place_above(found[child].span, places)):
        one = found[place]
        span = one.span
        trace, span_id = ids.setdefault(span.trace_id, len(ids) + 1), ids.setdefault(_key(span), len(ids) + 1)
        parent = ids.setdefault(_parent_key(span), len(ids) + 1) if span.parent_id is not None else None
        by_id[span_id] = place
        if not is_end:
            if makes_calls(one.scope) or looks_like_call(one.attributes):
                groups[place] = once.begin(trace, span_id, parent)
            continue
        group = groups.pop(place, None)
        entry = _entry(one, trace, span_id, parent, group)
        if entry is not None:
            settled.entries[place] = entry
            if once.settle(entry) == "duplicate":
                settled.duplicates[place] = False
        elif group is not None:
            once.withdraw(group, span_id)
        once.span_ended(trace, span_id, is_local_root=parent is None)
    once.release(None)
    return settled


def _entry(one: FileCost, trace: int, span_id: int, parent: int | None, group: Group | None) -> Entry | None:
    sighting, cost = one.steps.sighting, one.cost
    if sighting is None or cost is None or one.steps.is_header:
        return None
    identity = sighting.kind, sighting.response_id, sighting.stated, sighting.values, is_settled(cost, sighting)
    # Nothing is posted.
    posting = cast("Posting", None)
    start, end = sighting.call.at_unix_nano, _window(one)[1]
    scope = one.steps.apart or one.scope
    entry = Entry(*identity, posting, scope, trace, span_id, parent, start, end, group, is_root=False)
    entry.is_late, entry.nests = one.scope in LATE, one.scope in NESTING
    return entry


def _key(span: SpanShown) -> _Key:
    return span.process, span.trace_id, span.span_id


def _parent_key(span: SpanShown) -> _Key:
    return span.process, span.trace_id, span.parent_id


def _place_above(span: SpanShown, places: Mapping[_Key, int]) -> int | None:
    return places.get(_parent_key(span)) if span.parent_id is not None else None


def _window(one: FileCost) -> tuple[int, int]:
    end = one.span.end_unix_nano
    return one.at_unix_nano, end if end is not None else one.at_unix_nano
