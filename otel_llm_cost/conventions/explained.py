"""How one span's attributes became counts, step by step, as values.

Every step is found by the functions that read spans (`Reader`, `counted`, `decide`). What an attribute did is found by asking them
again with another value in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import combinations
from typing import Any, Final, NamedTuple, Self

from otel_llm_cost.call import Sighting
from otel_llm_cost.conventions.counts import OLDER, RENAMED, Counts, Decision, decide, disjoint
from otel_llm_cost.conventions.reader import COST_AMOUNT, Look, Reader, Shape, counted
from otel_llm_cost.conventions.scopes import Reading
from otel_llm_cost.conventions.spoken import convention_of
from otel_llm_cost.recognise import never_calls
from otel_llm_cost.usage import COMPONENTS

_OTHER: Final = "another-value"
_OPERATION: Final = "operation"
_OF_KIND: Final = (_OPERATION, "provider", "model", "request_model", "response_model", "tier", "region", "server_address")
_LIKE_USAGE: Final = ("token", "usage", "cost")
_TOLD: Final = (COST_AMOUNT, "gen_ai.usage.cost.currency", "gen_ai.usage.cost.source")


class Fate(StrEnum):
    """What became of an attribute that states a count."""

    READ = "read"
    SAME = "same"
    """It says what another says that was read."""
    SUPERSEDED = "superseded"
    """A newer spelling stands beside it."""
    REFUSED = "refused"
    """It is no count."""
    CONTRADICTS = "contradicts"
    """Another says something else of the same count."""
    UNPROVEN = "unproven"
    """It is not known to be the provider's."""
    EMPTY = "empty"


class Given(NamedTuple):
    """A value, and the attributes that give it; several where it needs them all, or where they agree."""

    value: str
    attributes: tuple[str, ...]


class Stated(NamedTuple):
    """An attribute that states a count."""

    attribute: str
    value: object
    counts: str
    """What it counts, as `otel_llm_cost.conventions.counts` calls it."""
    fate: Fate
    is_billed: bool
    """Whether it makes or moves a component; else it only tells which reading can be right."""


class Formula(NamedTuple):
    """How a component was made of the stated counts."""

    component: str
    terms: tuple[tuple[int, str, int], ...]
    """Sign, name and count."""
    result: int
    """Negative where the counts contradict each other."""


class Explained(NamedTuple):
    """All steps from a span's attributes to its `Sighting`."""

    convention: str
    convention_by: str | None
    """`scope`, or the attribute by which the convention is known; None for what is taken where nothing else is known."""
    no_call: str | None
    """Why the span is no call's; None where it is one's."""
    fields: Mapping[str, Given]
    """What says whose call it is: `operation`, `provider`, `model`, ..."""
    stated: tuple[Stated, ...]
    unread: Mapping[str, object]
    """Attributes that look like usage, and are not read."""
    reading: Reading | None = None
    decision: Decision | None = None
    """None where the counts could not be taken as they stand."""
    formulas: tuple[Formula, ...] = ()
    sighting: Sighting | None = None
    is_header: bool = False
    """Whether it only begins a call whose usage comes on another span."""
    ends_another: bool = False
    """Whether it ends a call that another span began."""
    apart: str | None = None
    """What it is told from others of its scope by, where the scope puts two spans on a call."""


def explain(
    attributes: Mapping[str, Any],
    scope: str,
    version: str,
    start_unix_nano: int,
    end_unix_nano: int | None,
    *,
    failed: bool,
    hosts: Mapping[str, str] | None = None,
) -> Explained:
    """Never raises for an attribute of any type. `failed` is whether the span's status is an error."""
    reader = Reader(scope, hosts, version)
    look = reader.look(attributes)
    # The one that was learned last: of what the JSON among the attributes holds, too.
    shape = look.shape if look is not None else list(reader.shapes.values())[-1]
    convention = shape.convention
    held = convention.unfold(attributes)
    by = _convention_by(shape, held, scope)
    if look is None or never_calls(scope):
        why = "spans of this scope are never calls" if never_calls(scope) else _why_no_call(shape, held)
        return Explained(convention.name, by, why, {}, (), {})
    known = {*convention.counts, *convention.who, *convention.response_id, *convention.pointed, *_TOLD}
    unread = {
        name: value for name, value in attributes.items() if name not in known and any(part in name.lower() for part in _LIKE_USAGE)
    }
    failed = failed or "error.type" in held
    sighting = reader.read(look, start_unix_nano, end_unix_nano, failed=failed)
    reading = look.who.reading
    found = counted(shape.stated, look.values, has_text=reading.has_text)
    decision: Decision | None = None
    tagged: Counts = {}
    if isinstance(found, dict):
        tagged = {name: _Tagged(name, count) for name, count in found.items()}
        disjoint(kept := dict(tagged), reading, look.kind.provider, holds_cache=convention.holds_cache)
        # It leaves out what is not proven.
        tagged = {name: count for name, count in tagged.items() if name.rstrip(OLDER + RENAMED) in kept}
        decision = decide(tagged, reading, look.kind.provider, holds_cache=convention.holds_cache)
    return Explained(
        convention.name,
        by,
        None,
        _fields(look, held, hosts or {}),
        _stated(shape, held, decision, tagged, has_text=reading.has_text),
        unread,
        reading,
        decision,
        tuple(_formulas(tagged, decision)) if decision is not None else (),
        sighting,
        look.is_header and not failed,
        look.ends_another,
        shape.convention.apart,
    )


class _Tagged(int):
    """A count that knows under which name it was stated, through all renaming."""

    stated_as: str

    def __new__(cls, stated_as: str, count: int) -> Self:
        made = super().__new__(cls, count)
        made.stated_as = stated_as
        return made

    def __add__(self, other: int) -> Self:
        return type(self)(self.stated_as, int(self) + other)


def _convention_by(shape: Shape, held: Mapping[str, Any], scope: str) -> str | None:
    convention = shape.convention
    usual = convention_of(frozenset(), "")
    if convention is usual:
        return None
    if convention_of(frozenset(), scope) is convention:
        return "scope"
    return next((name for name in held if convention_of(frozenset({name}), scope) is convention), None)


def _fields(look: Look, held: Mapping[str, Any], hosts: Mapping[str, str]) -> dict[str, Given]:
    """Each field that has a value, with the attributes of which another value would give another."""
    shape = look.shape
    convention = shape.convention
    said = _said(shape, held, hosts)
    relevant = {*convention.who, *convention.response_id, *shape.counted}
    asked = [name for name in held if name in relevant]
    givers: dict[str, list[str]] = {field: [] for field in said}
    for name in asked:
        now = _said(shape, {**held, name: _OTHER}, hosts)
        without = {other: value for other, value in held.items() if other != name}
        if now.get(_OPERATION) != said[_OPERATION] or convention.operation(without) is None:
            givers[_OPERATION].append(name)
        for field in said:
            if field != _OPERATION and now and now.get(field) != said[field]:
                givers[field].append(name)
    for field in (field for field, names in givers.items() if not names):
        # Several say the same: each of them would do alone.
        kept = givers[_OPERATION]
        givers[field] = [
            name
            for name in asked
            if _said(shape, {**held, **{other: _OTHER for other in asked if other not in (name, *kept)}}, hosts).get(field)
            == said[field]
        ]
    return {field: Given(value, tuple(givers[field])) for field, value in said.items()}


def _said(shape: Shape, held: Mapping[str, Any], hosts: Mapping[str, str]) -> dict[str, str]:
    """What these attributes say of a call; nothing where they are no call's."""
    who = shape.learn(shape.pick_who(held), held, hosts)
    if who is None:
        return {}
    fields = {field: getattr(who.kind, field) for field in _OF_KIND} | {"response_id": shape.id_in(held)}
    return {field: value for field, value in fields.items() if value}


def _why_no_call(shape: Shape, held: Mapping[str, Any]) -> str:
    """By what would make it one: the attributes that it lacks, or those that say what else it is."""
    convention = shape.convention
    lacking: list[tuple[str, tuple[str, ...], object]] = [
        ("provider", convention.provider, _OTHER),
        ("model", (*convention.request_model, *convention.response_model, *convention.model), _OTHER),
        ("usage", tuple(convention.counts), 1),
    ]
    absent = [(what, names[0], value) for what, names, value in lacking if names and held.keys().isdisjoint(names)]
    for size in range(1, len(absent) + 1):
        for added in combinations(absent, size):
            if convention.operation({**held, **{name: value for _, name, value in added}}) is not None:
                return f"it names no {' and no '.join(what for what, _, _ in added)}"
    complete = {**held, **{name: value for _, name, value in absent}}
    deciding = [name for name in convention.deciding if name in held and name not in convention.counts]
    alone = [name for name in deciding if convention.operation({key: value for key, value in complete.items() if key != name})]
    if blamed := alone or deciding:
        return ", ".join(f"{name} is {_shown(held[name])}" for name in blamed)
    return f"it has none of {', '.join(convention.deciding)}" if convention.deciding else "it is none of this convention"


def _shown(value: object) -> str:
    return value if isinstance(value, str) else repr(value)


def _stated(
    shape: Shape, held: Mapping[str, Any], decision: Decision | None, taken: Counts, *, has_text: bool
) -> tuple[Stated, ...]:
    """What became of each attribute that states a count. `taken` are the counts under their current names."""
    values = [held.get(name) for name in shape.counted]
    seen: dict[str, int] = {}
    made: list[Stated] = []
    for attribute, key, value in zip(shape.counted, shape.stated, values, strict=True):
        name = key.rstrip(OLDER + RENAMED)
        alone = counted((key,), (value,), has_text=has_text)
        if isinstance(alone, str):
            fate = Fate.REFUSED
        elif not alone:
            fate = Fate.EMPTY
        elif seen.setdefault(key, alone[key]) != alone[key]:
            fate = Fate.CONTRADICTS
        elif decision is not None and name not in taken:
            fate = Fate.UNPROVEN
        elif decision is not None and getattr(taken.get(name), "stated_as", key) != key:
            fate = Fate.SUPERSEDED
        else:
            fate = Fate.SAME if any(other.counts == name and other.fate is Fate.READ for other in made) else Fate.READ
        made.append(Stated(attribute, value, name, fate, decision is not None and name in decision.parts))
    return tuple(made)


def _formulas(found: Counts, decision: Decision) -> Iterator[Formula]:
    """What the counts add to each component, and take out of it."""
    terms: dict[str, list[tuple[int, str, int]]] = {}
    for name, count in found.items():
        if count and name in decision.parts:
            for component, sign in decision.parts[name]:
                terms.setdefault(component, []).append((sign, name, int(count)))
    for component in sorted(terms, key=list(COMPONENTS).index):
        # What it is made of, then what is taken out of it.
        ordered = tuple(sorted(terms[component], key=lambda term: (-term[0], term[1] != component)))
        yield Formula(component, ordered, sum(sign * count for sign, _, count in ordered))
