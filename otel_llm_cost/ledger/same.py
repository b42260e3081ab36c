"""Whether two spans show one call, as far as what they say goes."""

from __future__ import annotations

from otel_llm_cost.call import STATED, Kind
from otel_llm_cost.ledger.entry import Entry


def same_call(one: Entry, other: Entry) -> bool:
    """By their ids or, where one has none, by their models and counts."""
    if one.response_id is not None and other.response_id is not None:
        return one.response_id == other.response_id
    return _same_model(one.kind, other.kind) and same_counts(one, other)


def same_counts(one: Entry, other: Entry) -> bool:
    """Whether all counts that both spans know are the same."""
    mine, theirs = dict(zip(one.stated, one.values, strict=True)), dict(zip(other.stated, other.values, strict=True))
    return all(name not in mine or name not in theirs or mine[name] == theirs[name] for name in STATED)


def _same_model(one: Kind, other: Kind) -> bool:
    if one.response_model is not None and other.response_model is not None:
        return one.response_model == other.response_model
    if one.request_model is not None and other.request_model is not None:
        return one.request_model == other.request_model
    mine, theirs = {one.model, one.request_model, one.response_model}, {other.model, other.request_model, other.response_model}
    return bool(mine & theirs - {None, ""})


def is_around(entry: Entry, other: Entry) -> bool:
    """Whether a span without counts is only another one of its scope's around the call."""
    return entry.nests and not entry.values and other.parent_id == entry.span_id and entry.kind.operation == other.kind.operation
