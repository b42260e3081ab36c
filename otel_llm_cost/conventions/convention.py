"""What a convention calls things, and how a call is known by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from otel_llm_cost.call import Told
from otel_llm_cost.conventions.documents import find, parsed, pointer_tree

ADDRESS: Final = "server.address"
PORT: Final = "server.port"


class Convention(NamedTuple):
    """The attribute names of one convention. Where several mean the same, the first one that is there is read.

    A name with a `/` in it points into the attribute before the first `/` (`otel_llm_cost.conventions.documents`).
    """

    name: str
    counts: Mapping[str, str]
    """Attribute to count (`otel_llm_cost.conventions.counts`)."""
    operation: Callable[[Mapping[str, object]], str | None]
    """What is billed, from a finished span's attributes; None where the span is no call's."""
    provider: tuple[str, ...]
    request_model: tuple[str, ...]
    response_model: tuple[str, ...]
    provider_by: Callable[[Mapping[str, object]], str | None] | None = None
    """Who is asked, where no attribute names the provider, but the attributes' own names do."""
    provider_before_slash: tuple[str, ...] = ()
    """Attributes that have the provider before their first slash, where none names it by itself."""
    model: tuple[str, ...] = ()
    """A name that may be the request's or the response's."""
    tier: tuple[str, ...] = ()
    """The tier that served the call,"""
    is_tier_told: Callable[[Mapping[str, object]], bool] | None = None
    """Whether the tier on the span is the response's, where that is not sure;"""
    request_tier: tuple[str, ...] = ()
    """and the one that was asked for."""
    api: tuple[str, ...] = ()
    """Which of a provider's APIs was asked, where they count differently."""
    url: tuple[str, ...] = ()
    """Where the host that was asked stands inside a URL."""
    region: tuple[str, ...] = ()
    response_id: tuple[str, ...] = ()
    deciding: tuple[str, ...] = ()
    """Whose values `operation` looks at besides. Which attributes are there, it may always look at."""
    scope: str | None = None
    """The scope as which its spans are read, whosever they are."""
    apart: str | None = None
    """What its spans are told from others of their scope by, where the scope puts two spans on a call."""
    id_of: Callable[[str], str | None] | None = None
    """The provider's own id in what is said to be the response's; None where it is made up."""
    holds_cache: bool = True
    """Whether the convention itself says that the input includes the cached tokens."""
    is_header: Callable[[Mapping[str, object]], bool] | None = None
    """Whether a span that did not fail only begins a call whose usage comes on another span of the same scope."""
    duration: str | None = None
    """An attribute that says how many seconds a span stands for that has no duration of its own."""
    told: Callable[[Mapping[str, object]], Told | None] | None = None
    """The cost that the provider's response tells, where its text holds it."""
    marks: tuple[str, ...] = ()
    """What `told` and the table of scopes look at besides."""
    pointed: tuple[str, ...] = ()
    """Attributes into which names point,"""
    unwrap: Mapping[str, Callable[[object], object]] = MappingProxyType({})
    """and how those of them are read that hold no JSON."""

    @property
    def who(self) -> tuple[str, ...]:
        """All attributes that make up the kind of a call."""
        fields = (
            self.provider,
            self.request_model,
            self.response_model,
            self.model,
            self.tier,
            self.request_tier,
            self.api,
            self.url,
            self.region,
            self.deciding,
        )
        return tuple(dict.fromkeys([*(name for names in fields for name in names), *self.provider_before_slash, ADDRESS, PORT]))

    def unfold(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        """The attributes with what the JSON among them holds, by pointer; an object without members has one to nothing."""
        tree = _TREES.get(self.name)
        if tree is None:
            tree = _TREES[self.name] = pointer_tree([*self.counts, *self.who, *self.response_id, *self.marks])
        unfolded = dict(attributes)
        for name in self.pointed:
            document = self.unwrap.get(name, parsed)(attributes.get(name))
            if document == {}:
                unfolded[f"{name}/"] = True
            elif document is not None and name in tree:
                find(document, tree[name], unfolded)
        return unfolded


_TREES: Final[dict[str, dict[str, Any]]] = {}


def text_of(value: object) -> str | None:
    """A text that is one; None for anything else."""
    # A member of a text enum is its text.
    return str.__str__(value) if isinstance(value, str) and value else None


def first_text(attributes: Mapping[str, object], names: tuple[str, ...]) -> str | None:
    """The first of these attributes that is a text."""
    for name in names:
        found = text_of(attributes.get(name))
        if found is not None:
            return found
    return None
