"""What a call used, as disjoint counts: every token stands in exactly one component."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from operator import mul
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, Self

Unit = Literal["token", "character", "second", "image", "page", "search", "call", "message", "request"]


@dataclass(frozen=True, slots=True)
class Component:
    """One kind of thing that providers bill."""

    name: str
    unit: Unit
    prompt: bool
    """Whether it counts towards the size of the prompt that price tiers look at."""
    scale: int
    """How many counts make one unit: seconds are counted in microseconds, so that counts stay integers."""
    priced_per: int
    """How many units a published price is for."""


def _components(unit: Unit, priced_per: int, *names: str, prompt: bool = False, scale: int = 1) -> dict[str, Component]:
    return {name: Component(name, unit, prompt, scale, priced_per) for name in names}


_MILLION: Final = 1_000_000

COMPONENTS: Final[Mapping[str, Component]] = MappingProxyType(
    _components("token", _MILLION, "input", "input_audio", "input_image", "input_video", prompt=True)
    | _components("token", _MILLION, "cache_read", "cache_read_audio", "cache_read_image", "cache_read_video", prompt=True)
    | _components("token", _MILLION, "cache_write", "cache_write_5m", "cache_write_1h", prompt=True)
    | _components("token", _MILLION, "output", "reasoning", "citations", "output_audio", "output_image", "output_video")
    | _components("character", _MILLION, "input_characters", "output_characters")
    | _components("second", 1, "input_seconds", "output_seconds", scale=_MILLION)
    | _components("image", 1, "input_images", "output_images")
    | _components("page", 1, "input_pages", "annotated_pages")
    | _components("search", 1, "web_searches", "file_searches", "searches")
    | _components("call", 1, "tool_calls")
    | _components("message", 1, "messages")
    | _components("request", 1, "requests")
)
"""Every component, in the order in which a `Usage` holds them."""

UNSPLIT: Final = "unsplit"
"""The component of a cost that was told to us without a breakdown. It has no count."""

_ORDER: Final = {name: place for place, name in enumerate(COMPONENTS)}
MAX_COUNT: Final = 2**63 - 1
_PLACES: Final = 30


class _Counts(NamedTuple):
    components: tuple[str, ...]
    counts: tuple[int, ...]
    prompt_tokens: int
    """All tokens of the prompt, cached or not, of every modality: what price tiers by prompt size look at."""


class Usage(_Counts):
    """Disjoint counts by component: `Usage(input=600, cache_read=400, output=100)`.

    `input` is what was billed as uncached text input only; a cached token is in `cache_read` and nowhere else, a reasoning token
    in `reasoning` and nowhere else. Where your source counts inclusively (OpenAI's `prompt_tokens`, the semantic conventions'
    `gen_ai.usage.input_tokens`), subtract first. `input_seconds` takes an int, a float or a Decimal of at most six places.

    Raises TypeError for a component that does not exist, ValueError for a count that is none.
    """

    __slots__ = ()

    def __new__(cls, **counts: float | Decimal) -> Self:
        """From counts by component; those of 0 are left out."""
        held = {name: count for name, given in counts.items() if (count := _count(name, given))}
        ordered = sorted(held, key=_ORDER.__getitem__)
        return cls.of_counts(tuple(ordered), tuple(held[name] for name in ordered))

    @classmethod
    def of_counts(cls, components: tuple[str, ...], counts: tuple[int, ...]) -> Self:
        """From positive counts that are known to be right: no check, for the span's path."""
        return tuple.__new__(cls, (components, counts, sum(map(mul, counts, _in_prompt(components)))))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).of_counts, (self.components, self.counts)

    def by_component(self) -> dict[str, int]:
        """The counts; those of 0 are left out."""
        return dict(zip(self.components, self.counts, strict=True))

    def __bool__(self) -> bool:
        return bool(self.components)


@lru_cache(maxsize=1024)
def _in_prompt(components: tuple[str, ...]) -> tuple[bool, ...]:
    return tuple(COMPONENTS[name].prompt for name in components)


def _count(name: str, given: float | Decimal) -> int:
    component = COMPONENTS.get(name)
    if component is None:
        raise TypeError(f"no such component: {name!r}; one of {', '.join(COMPONENTS)}")
    if isinstance(given, bool) or not isinstance(given, int | float | Decimal):
        raise ValueError(f"{name}: not a count: {given!r}")  # noqa: TRY004 - a caller has one error to catch
    exact = Decimal(repr(given)) if isinstance(given, float) else Decimal(given)
    # Integers only: the thread's decimal Context may round. What is too large or too fine is not worked out at all.
    if exact.is_finite() and (not exact or (exact > 0 and -_PLACES <= exact.adjusted() <= _PLACES)):
        numerator, denominator = exact.as_integer_ratio()
        scaled, rest = divmod(numerator * component.scale, denominator)
        if not rest and scaled <= MAX_COUNT:
            return scaled
    raise ValueError(f"{name}: not a count of {component.unit}s: {given!r}")
