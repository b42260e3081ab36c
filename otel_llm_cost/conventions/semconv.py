"""The OpenTelemetry GenAI semantic conventions, current and older spellings, to a `Sighting`.

Read 2026-11-22: https://github.com/open-telemetry/semantic-conventions-genai (docs/gen-ai/gen-ai-spans.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, Literal, NamedTuple

from otel_llm_cost.call import Call, Kind, Sighting, Told, kind_of, tier_of
from otel_llm_cost.conventions.counts import OLDER, RENAMED, Counts, Disjoint, Plan, current, disjoint, picker
from otel_llm_cost.conventions.hosts import host_of
from otel_llm_cost.conventions.providers import own_host, provider_of
from otel_llm_cost.conventions.scopes import InputCount, input_count
from otel_llm_cost.recognise import billed_operation
from otel_llm_cost.usage import COMPONENTS, MAX_COUNT, Usage

_COUNTS: Final = {
    "gen_ai.usage.input_tokens": "input",
    "gen_ai.usage.output_tokens": "output",
    "gen_ai.usage.cache_read.input_tokens": "cache_read",
    "gen_ai.usage.cache_write.input_tokens": "cache_write",
    "gen_ai.usage.cache_creation.input_tokens": f"cache_write{RENAMED}",
    "gen_ai.usage.reasoning.output_tokens": "reasoning",
    "gen_ai.usage.audio.input_tokens": "input_audio",
    "gen_ai.usage.image.input_tokens": "input_image",
    "gen_ai.usage.video.input_tokens": "input_video",
    "gen_ai.usage.audio.cache_read.input_tokens": "cache_read_audio",
    "gen_ai.usage.audio.output_tokens": "output_audio",
    "gen_ai.usage.image.output_tokens": "output_image",
    "anthropic.usage.cache_creation.ephemeral_5m_input_tokens": "cache_write_5m",
    "anthropic.usage.cache_creation.ephemeral_1h_input_tokens": "cache_write_1h",
    "anthropic.usage.compaction.input_tokens": "compaction",
    "gen_ai.usage.prompt_tokens": f"input{OLDER}",
    "llm.usage.prompt_tokens": f"input{OLDER}",
    "gen_ai.usage.completion_tokens": f"output{OLDER}",
    "llm.usage.completion_tokens": f"output{OLDER}",
    "gen_ai.usage.cache_read_input_tokens": f"cache_read{OLDER}",
    "gen_ai.usage.cache_creation_input_tokens": f"cache_write{OLDER}",
    "gen_ai.usage.reasoning_tokens": f"reasoning{OLDER}",
}
"""Attribute to count. Where two spellings of one count stand on a span, the current one is read."""
_PLACE: Final = {name: place for place, name in enumerate((*COMPONENTS, "compaction"))}

COST_AMOUNT: Final = "gen_ai.usage.cost.amount"

_NEEDS_OUTPUT: Final = frozenset({"chat", "text_completion", "generate_content", "completion"})


_WHO: Final = (
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.system",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "server.address",
    "server.port",
    "openai.response.service_tier",
    "anthropic.response.service_tier",
    "gen_ai.openai.response.service_tier",
    "llm.request.type",
    "traceloop.span.kind",
)
"""What the kind of a call is made of."""

_MAX_KINDS: Final = 4096
_MAX_SHAPES: Final = 1024


class Look(NamedTuple):
    """The first look at a span that is a call's."""

    kind: Kind
    shape: Shape
    values: tuple[object, ...]
    """The counts that `shape.stated` names, unchecked."""


class Reader:
    """Reads the spans of one instrumentation scope.

    An instrumentation writes the same few sets of attributes again and again, so what a set means is worked out once.
    """

    def __init__(self, scope: str, hosts: Mapping[str, str] | None = None) -> None:
        """`hosts` are the user's: the provider that is asked at each."""
        self._hosts = hosts or {}
        self._counting = input_count(scope)
        self.shapes: dict[tuple[str, ...], Shape] = {}

    def look(self, attributes: Mapping[str, Any]) -> Look | None:
        """The first look at a finished span; None where it is no call. Never raises for an attribute of any type."""
        names = tuple(attributes)
        shape = self.shapes.get(names) or self._learn(names)
        who = shape.pick_who(attributes)
        try:
            kind = shape.kinds[who]
        except (KeyError, TypeError):  # TypeError: a value that cannot be a key, so of a type that is no name
            kind = shape.learn(who, attributes, self._hosts)
        if kind is None:
            return None
        return Look(kind, shape, shape.pick_counts(attributes))

    def read(
        self, look: Look, attributes: Mapping[str, Any], start_unix_nano: int, end_unix_nano: int | None = None, *, failed: bool
    ) -> Sighting:
        """What a finished span shows of a call. Never raises for an attribute of any type."""
        kind, shape, stated_values = look
        stated, values, (components, counts, doubt, assumed) = _counted(shape.stated, stated_values, self._counting, kind.provider)
        needs_output = kind.operation in _NEEDS_OUTPUT
        if doubt is None and (not components or "input" not in stated or (needs_output and "output" not in stated)):
            doubt = "error" if failed else "no_usage"
        call = Call(
            kind.provider,
            kind.model,
            start_unix_nano,
            Usage.of_counts(components, counts),
            kind.tier,
            doubt,
            assumed,
            _told(attributes) if shape.is_told else None,
            kind.region,
            end_unix_nano,
        )
        return Sighting(
            kind,
            call,
            response_id(attributes),
            stated,
            values,
            (_text(attributes.get("error.type")) or "_OTHER") if failed else None,
        )

    def _learn(self, names: tuple[str, ...]) -> Shape:
        shape = Shape(names, self._counting)
        if len(self.shapes) < _MAX_SHAPES:
            self.shapes[names] = shape
        return shape


def response_id(attributes: Mapping[str, Any]) -> str | None:
    """`gen_ai.response.id`."""
    return _text(attributes.get("gen_ai.response.id"))


class Shape:
    """What one set of attribute names means."""

    def __init__(self, names: tuple[str, ...], counting: InputCount) -> None:
        # In one order, whichever the span's: calls that use the same components are then alike.
        counts = tuple(
            sorted((name for name in names if name in _COUNTS), key=lambda name: _PLACE[_COUNTS[name].rstrip(OLDER + RENAMED)])
        )
        self.stated = current(tuple(_COUNTS[name] for name in counts), counting)
        self.plan = Plan(self.stated) if counts and Plan.serves(self.stated, counting) else None
        """None where the counts need a closer look each time."""
        self.pick_counts = picker(counts)
        self.pick_who = picker(tuple(name for name in _WHO if name in names))
        self.is_told = COST_AMOUNT in names
        self.kinds: dict[tuple[object, ...], Kind | None] = {}
        self.memo: dict[tuple[Kind, tuple[str, ...]], Any] = {}
        """What the caller remembers of calls of this shape, by their kind and components."""

    def learn(self, who: tuple[object, ...], attributes: Mapping[str, Any], hosts: Mapping[str, str]) -> Kind | None:
        """The kind of call that has these values, remembered; None for what is no call."""
        operation = billed_operation(attributes)
        kind = _kind(attributes, operation, hosts) if operation is not None else None
        if len(self.kinds) < _MAX_KINDS:
            with suppress(TypeError):  # a value that cannot be a key
                self.kinds[who] = kind
        return kind


def _kind(attributes: Mapping[str, object], operation: str, hosts: Mapping[str, str]) -> Kind:
    get = attributes.get
    address = _text(get("server.address"))
    own = own_host(hosts, address, get("server.port"))
    host = host_of(address) if address is not None and own is None else None
    return kind_of(
        provider=provider_of(get("gen_ai.provider.name") or get("gen_ai.system"), address, own),
        model=_text(get("gen_ai.response.model")) or _text(get("gen_ai.request.model")) or "",
        operation=operation,
        request_model=_text(get("gen_ai.request.model")),
        response_model=_text(get("gen_ai.response.model")),
        tier=tier_of(
            get("openai.response.service_tier")
            or get("anthropic.response.service_tier")
            or get("gen_ai.openai.response.service_tier")
        ),
        server_address=address,
        region=host.region if host is not None else None,
    )


def _counted(
    stated: tuple[str, ...], values: tuple[object, ...], counting: InputCount, provider: str
) -> tuple[tuple[str, ...], tuple[int, ...], Disjoint]:
    """What of the counts is stated, under the current names, and the same as disjoint counts."""
    found: Counts = {}
    for name, value in zip(stated, values, strict=True):
        if type(value) is int and 0 <= value <= MAX_COUNT:
            if found.setdefault(name, value) != value:
                return (), (), ((), (), "contradictory_usage", ())
        elif value is not None:
            return (), (), ((), (), "invalid_usage", ())
    read = disjoint(found, counting, provider)
    return tuple(found), tuple(found.values()), read


def _text(value: object) -> str | None:
    # A member of a text enum is its text.
    return str.__str__(value) if isinstance(value, str) and value else None


def _told(attributes: Mapping[str, object]) -> Told | None:
    """The cost that the application or its gateway client put on the span."""
    amount = attributes.get(COST_AMOUNT)
    if amount is None:
        return None
    source: Literal["provider", "local"] = "provider" if attributes.get("gen_ai.usage.cost.source") == "provider" else "local"
    # An amount of another type stays what it is: price_call refuses it by name.
    return Told(amount, _text(attributes.get("gen_ai.usage.cost.currency")), source)  # type: ignore[arg-type]
