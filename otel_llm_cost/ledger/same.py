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


def is_told_by(one: Entry, other: Entry) -> bool:
    """Whether ids or counts tell that two spans show one call, and not only that nothing speaks against it."""
    if one.response_id is not None and one.response_id == other.response_id:
        return True
    return not {*one.stated}.isdisjoint(other.stated)


def says_nothing(entry: Entry) -> bool:
    """Whether a span states neither model nor id nor counts."""
    return not entry.values and entry.response_id is None and not _names(entry.kind)


def _same_model(one: Kind, other: Kind) -> bool:
    mine, theirs = one.response_model, other.response_model
    if mine is not None and theirs is not None:
        if _bare(mine) == _bare(theirs):
            return True
        # Where an instrumentation knows no response's model, it may write the request's.
        if mine != one.request_model and theirs != other.request_model:
            return False
    if one.request_model is not None and other.request_model is not None:
        return _bare(one.request_model) == _bare(other.request_model)
    return bool(_names(one) & _names(other))


def _names(kind: Kind) -> set[str]:
    return {_bare(name) for name in (kind.model, kind.request_model, kind.response_model) if name}


def _bare(name: str) -> str:
    """Without the vendor before it, which some instrumentations cut off."""
    return name.rpartition("/")[2]


def is_around(entry: Entry, other: Entry) -> bool:
    """Whether a span is only another one of its scope's around the call."""
    if not entry.nests or other.parent_id != entry.span_id:
        return False
    return same_counts(entry, other) if entry.values else entry.kind.operation == other.kind.operation
