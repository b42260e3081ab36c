"""The spans of one instrumentation scope to `Sighting`s, whichever convention they follow.

An instrumentation writes the same few sets of attributes again and again, so what a set means is worked out once.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from math import isnan
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import urlsplit

from otel_llm_cost.call import STANDARD, Call, Kind, Sighting, Told, kind_of, tier_of
from otel_llm_cost.conventions.convention import ADDRESS, PORT, Convention, first_text, text_of
from otel_llm_cost.conventions.counts import EVIDENCE, OLDER, RENAMED, Counts, Disjoint, Plan, current, disjoint, picker
from otel_llm_cost.conventions.hosts import host_of
from otel_llm_cost.conventions.providers import TELLS_COST, own_host, provider_of
from otel_llm_cost.conventions.scope_table import MAKES_OUTPUT, TOTAL
from otel_llm_cost.conventions.scopes import Reading, reading
from otel_llm_cost.conventions.spoken import LOOKED_AT, convention_of
from otel_llm_cost.usage import COMPONENTS, MAX_COUNT, Usage

COST_AMOUNT: Final = "gen_ai.usage.cost.amount"
COMPACTION: Final = "compaction"
"""A count of what was billed outside the usage. A span that has it knows more of its call than others."""

_PLACE: Final = {name: place for place, name in enumerate((*COMPONENTS, *EVIDENCE, COMPACTION, TOTAL))}
_MAX_KINDS: Final = 4096
_MAX_SHAPES: Final = 1024
_MAX_DURATION: Final = 86_400.0


class Who(NamedTuple):
    """Whose call it is, and how its counts are to be read."""

    kind: Kind
    reading: Reading
    is_planned: bool
    """Whether it is read as its shape's plan reads."""


class Look(NamedTuple):
    """The first look at a span that is a call's."""

    who: Who
    shape: Shape
    values: tuple[object, ...]
    """The counts that `shape.stated` names, unchecked."""
    attributes: Mapping[str, Any]
    """The span's, with what the JSON among them holds."""

    @property
    def kind(self) -> Kind:
        return self.who.kind

    @property
    def ends_another(self) -> bool:
        """Whether it has no duration of its own, since another span began the call."""
        duration = self.shape.convention.duration
        return duration is not None and duration in self.attributes

    @property
    def is_header(self) -> bool:
        """Whether it only begins a call whose usage comes on another span, unless it failed."""
        is_header = self.shape.convention.is_header
        return is_header is not None and is_header(self.attributes)


class Reader:
    """Reads the spans of one instrumentation scope."""

    def __init__(self, scope: str, hosts: Mapping[str, str] | None = None, version: str = "") -> None:
        """`hosts` are the user's: the provider that is asked at each. `version` is the instrumentation's."""
        self.scope = scope
        self.version = version
        self._hosts = hosts or {}
        self.shapes: dict[tuple[str, ...], Shape] = {}
        self._by_looks: dict[tuple[str, ...], Shape] = {}

    def look(self, attributes: Mapping[str, Any]) -> Look | None:
        """The first look at a finished span; None where it is no call. Never raises for an attribute of any type."""
        names = tuple(attributes)
        shape = self.shapes.get(names) or self._learn(names)
        if shape.convention.pointed and shape.points:
            unfolded = shape.convention.unfold(attributes)
            if len(unfolded) > len(attributes):
                attributes, names = unfolded, tuple(unfolded)
                shape = self.shapes.get(names) or self._learn(names)
        asked = shape.pick_who(attributes)
        try:
            who = shape.kinds[asked]
        except (KeyError, TypeError):  # TypeError: a value that cannot be a key, so of a type that is no name
            who = shape.learn(asked, attributes, self._hosts)
        return Look(who, shape, shape.pick_counts(attributes), attributes) if who is not None else None

    def read(self, look: Look, start_unix_nano: int, end_unix_nano: int | None = None, *, failed: bool) -> Sighting:
        """What a finished span shows of a call. Never raises for an attribute of any type."""
        who, shape, stated_values, attributes = look
        kind = who.kind
        found = counted(shape.stated, stated_values, has_text=who.reading.has_text)
        read: Disjoint = (
            disjoint(found, who.reading, kind.provider, holds_cache=shape.convention.holds_cache)
            if isinstance(found, dict)
            else ((), (), found, ())
        )
        components, counts, doubt, assumed = read
        stated: Counts = found if isinstance(found, dict) else {}
        if shape.convention.duration is not None and end_unix_nano is not None:
            start_unix_nano = _start(start_unix_nano, end_unix_nano, attributes.get(shape.convention.duration))
        needs_output = kind.operation in MAKES_OUTPUT
        lacks = not components or "input" not in stated or (needs_output and "output" not in stated)
        if lacks and (doubt is None or doubt == who.reading.doubt):
            doubt = "error" if failed else "no_usage"
        told = self._told(shape, attributes)
        if told is None and kind.provider in TELLS_COST:
            assumed = (*assumed, "amount=listed")
        call = Call(
            kind.provider,
            kind.model,
            start_unix_nano,
            Usage.of_counts(components, counts),
            kind.tier,
            doubt,
            assumed,
            told,
            kind.region,
            end_unix_nano,
            who.reading.untold,
        )
        return Sighting(
            kind,
            call,
            shape.id_in(attributes),
            tuple(stated),
            tuple(stated.values()),
            (text_of(attributes.get("error.type")) or "_OTHER") if failed else None,
        )

    def _told(self, shape: Shape, attributes: Mapping[str, object]) -> Told | None:
        if shape.is_told:
            return _told(attributes)
        return shape.convention.told(attributes) if shape.points and shape.convention.told is not None else None

    def _learn(self, names: tuple[str, ...]) -> Shape:
        # Conversations of every length have names of their own, which mean nothing here.
        looked_at = tuple(name for name in names if name in LOOKED_AT)
        shape = self._by_looks.get(looked_at) or Shape(looked_at, self.scope, self.version)
        if len(self._by_looks) < _MAX_SHAPES:
            self._by_looks[looked_at] = shape
        if len(self.shapes) < _MAX_SHAPES:
            self.shapes[names] = shape
        return shape

    def forget(self) -> None:
        """Forgets all that was worked out."""
        self.shapes.clear()
        self._by_looks.clear()


class Shape:
    """What one set of attribute names means."""

    def __init__(self, names: tuple[str, ...], scope: str, version: str = "") -> None:
        held = frozenset(names)
        self.convention: Convention = convention_of(held, scope)
        self.points = not held.isdisjoint(self.convention.pointed)
        """Whether there is JSON to look into."""
        # LiteLLM writes on the application's own span, too.
        self._scope, self._version, self._names = self.convention.scope or scope, version, held
        counts = self.convention.counts
        # In one order, whichever the span's: calls that use the same components are then alike.
        self.counted = tuple(
            sorted((name for name in names if name in counts), key=lambda name: _PLACE[counts[name].rstrip(OLDER + RENAMED)])
        )
        """The attributes that are counts."""
        self._reading = reading(self._scope, version, names=held)
        self._is_plain = bool(self.counted) and not self.points and self.convention.duration is None
        self.stated = current(tuple(counts[name] for name in self.counted), self._reading.input)
        self.plan = Plan(self.stated) if self._is_plain and Plan.serves(self.stated, self._reading) else None
        """None where the counts need a closer look each time."""
        self.pick_counts = picker(self.counted)
        self.pick_who = picker(tuple(name for name in self.convention.who if name in held))
        self._id = next((name for name in self.convention.response_id if name in held), None)
        self.is_told = COST_AMOUNT in held
        self.kinds: dict[tuple[object, ...], Who | None] = {}
        self.memo: dict[tuple[Kind, tuple[str, ...]], Any] = {}
        """What the caller remembers of calls of this shape, by their kind and components."""

    def id_in(self, attributes: Mapping[str, object]) -> str | None:
        """The response's id."""
        found = text_of(attributes[self._id]) if self._id is not None else None
        id_of = self.convention.id_of
        return found if found is None or id_of is None else id_of(found)

    def learn(self, asked: tuple[object, ...], attributes: Mapping[str, Any], hosts: Mapping[str, str]) -> Who | None:
        """The kind of call that has these values, remembered; None for what is no call."""
        operation = self.convention.operation(attributes)
        who = self._who(attributes, operation, hosts) if operation is not None else None
        if len(self.kinds) < _MAX_KINDS:
            with suppress(TypeError):  # a value that cannot be a key
                self.kinds[asked] = who
        return who

    def _is_as_planned(self, how: Reading) -> bool:
        return how._replace(row=None, untold=()) == self._reading._replace(row=None, untold=())

    def _who(self, attributes: Mapping[str, object], operation: str, hosts: Mapping[str, str]) -> Who:
        get, names = attributes.get, self.convention
        address, port = text_of(get(ADDRESS)), get(PORT)
        if address is not None and address.count(":") == 1:
            address = address.partition(":")[0]  # mistralai writes the Host header
        if address is None and (url := first_text(attributes, names.url)) is not None:
            address, port = _host_and_port(url)
        own = own_host(hosts, address, port)
        host = host_of(address) if address is not None and own is None else None
        request, response = first_text(attributes, names.request_model), first_text(attributes, names.response_model)
        named = first_text(attributes, names.provider)
        if named is None and names.provider_by is not None:
            named = names.provider_by(attributes)
        if named is None:
            prefixed = (text_of(get(name)) or "" for name in names.provider_before_slash)
            named = next((text.partition("/")[0] for text in prefixed if "/" in text), None)
        is_told = names.is_tier_told is None or names.is_tier_told(attributes)
        tier, asked = tier_of(first_text(attributes, names.tier)) if is_told else None, None
        if tier is None:
            asked = tier_of(first_text(attributes, names.request_tier))
            # What was asked for, where nobody says what was served; the standard tier needs no asking.
            asked = None if asked == STANDARD else asked
        kind = kind_of(
            provider=provider_of(named, address, own),
            model=response or first_text(attributes, names.model) or request or "",
            operation=operation,
            request_model=request,
            response_model=response,
            tier=tier or asked,
            server_address=address,
            region=host.region if host is not None else first_text(attributes, names.region),
        )
        api = first_text(attributes, names.api)
        how = reading(self._scope, self._version, kind.provider, api, kind.model, self._names, operation)
        if asked is not None:
            how = how._replace(assumed=(*how.assumed, f"tier={asked}"))
        return Who(kind, how, self._is_as_planned(how) and kind.provider not in TELLS_COST)


def _start(start_unix_nano: int, end_unix_nano: int, seconds: object) -> int:
    """When a span began that has no duration of its own."""
    if isinstance(seconds, float) and 0 < seconds < _MAX_DURATION:
        return min(start_unix_nano, end_unix_nano - int(seconds * 1_000_000_000))
    return start_unix_nano


def _host_and_port(url: str) -> tuple[str | None, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None, None
    return parts.hostname, port


def counted(stated: tuple[str, ...], values: tuple[object, ...], *, has_text: bool = False) -> Counts | str:
    """The counts that are stated, by name; the reason where one is none, or where two that mean the same differ."""
    found: Counts = {}
    for name, value in zip(stated, values, strict=True):
        count = _integer(value) if has_text else value
        if type(count) is int and 0 <= count <= MAX_COUNT:
            held = found.setdefault(name, count)
            if held != count:
                if held and count:
                    return "contradictory_usage"
                # A 0 under one spelling says less than a count under another: LangChain writes it where it tells the parts.
                found[name] = held or count
        elif count is not None:
            return "invalid_usage"
    return found


def _integer(value: object) -> object:
    """An integer that is written as a text or a double; anything else as it is."""
    if value == "" or (isinstance(value, float) and isnan(value)):  # LiteLLM's and JavaScript's way to say that there is none
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < len(str(MAX_COUNT)):
        return int(value)
    return value


def _told(attributes: Mapping[str, object]) -> Told | None:
    """The cost that the application or its gateway client put on the span."""
    amount = attributes.get(COST_AMOUNT)
    if amount is None:
        return None
    source: Literal["provider", "local"] = "provider" if attributes.get("gen_ai.usage.cost.source") == "provider" else "local"
    # An amount of another type stays what it is: price_call refuses it by name.
    return Told(amount, text_of(attributes.get("gen_ai.usage.cost.currency")), source)  # type: ignore[arg-type]
