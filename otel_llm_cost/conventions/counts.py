"""Overlapping counts, as spans state them, to disjoint ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import compress
from operator import itemgetter, sub
from typing import Any, Final, NamedTuple, TypeAlias

from otel_llm_cost.conventions.providers import COUNTS_CACHE_INSIDE, THOUGHTS_BESIDE
from otel_llm_cost.conventions.scope_table import TOTAL, InputCount, ReasoningCount
from otel_llm_cost.conventions.scopes import Reading
from otel_llm_cost.usage import COMPONENTS, MAX_COUNT

Counts: TypeAlias = dict[str, int]
OLDER: Final = "~"
"""Ends the key of a count that was read under a spelling from before the conventions said what includes what."""
RENAMED: Final = "'"
"""Ends the key of one that the conventions have since renamed, and that means the same."""

Disjoint: TypeAlias = tuple[tuple[str, ...], tuple[int, ...], str | None, tuple[str, ...]]
"""Components, counts, the reason for doubt, and what was assumed."""

_ABOUT_CACHE: Final = frozenset({"input", "cache_read", "cache_write"})
_INTEGERS: Final = {int}

_PARTS: Final = {
    "input": (("input", 1),),
    "input_audio": (("input_audio", 1), ("input", -1)),
    "input_image": (("input_image", 1), ("input", -1)),
    "input_video": (("input_video", 1), ("input", -1)),
    "cache_read": (("cache_read", 1), ("input", -1)),
    "cache_read_audio": (("cache_read_audio", 1), ("cache_read", -1), ("input_audio", -1), ("input", 1)),
    "cache_write": (("cache_write", 1), ("input", -1)),
    "cache_write_5m": (("cache_write_5m", 1), ("cache_write", -1)),
    "cache_write_1h": (("cache_write_1h", 1), ("cache_write", -1)),
    "output": (("output", 1),),
    "reasoning": (("reasoning", 1), ("output", -1)),
    "output_audio": (("output_audio", 1), ("output", -1)),
    "output_image": (("output_image", 1), ("output", -1)),
    "output_video": (("output_video", 1), ("output", -1)),
    "input_seconds": (("input_seconds", COMPONENTS["input_seconds"].scale),),
    "web_searches": (("web_searches", 1),),
}
"""What each count, stated inclusively, adds to the disjoint components, and what it takes out of wider ones."""

_CACHE_BESIDE: Final = {"cache_read": (("cache_read", 1),), "cache_write": (("cache_write", 1),)}
"""The same where the input is stated without the cached tokens."""
_REASONING_BESIDE: Final = {"reasoning": (("reasoning", 1),)}
"""The same where the output is stated without the reasoning."""
_BY_DECISION: Final = {
    (False, False): _PARTS,
    (True, False): _PARTS | _CACHE_BESIDE,
    (False, True): _PARTS | _REASONING_BESIDE,
    (True, True): _PARTS | _CACHE_BESIDE | _REASONING_BESIDE,
}


EVIDENCE: Final = ("uncached", "unreasoned", "untooled", "tool_input")
"""Counts of a part: the input without the cached tokens, the output without the reasoning, the prompt without what tools added, and
that. They only tell what the whole includes."""


def current(names: tuple[str, ...], counting: InputCount) -> tuple[str, ...]:
    """The names under their current spelling, where they have no other on the span and are read no differently for it."""
    other = (OLDER, RENAMED) if counting is not InputCount.UNKNOWN else (RENAMED,)
    meant = [name.rstrip(OLDER + RENAMED) for name in names]
    return tuple(
        name if meant.count(base) > 1 or not name.endswith(other) else base for name, base in zip(names, meant, strict=True)
    )


def picker(places: tuple[Any, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Like `itemgetter`, but always to a tuple."""
    if not places:
        return lambda _: ()
    if len(places) == 1:
        return lambda held: (held[places[0]],)
    return itemgetter(*places)


class Plan:
    """`disjoint` worked out beforehand, for spans that state the same counts and leave nothing to decide."""

    __slots__ = ("_minus", "_total", "names")

    def __init__(self, names: tuple[str, ...]) -> None:
        """`names` are the counts' in the order of the values that `disjoint` gets, the total's last."""
        self._total = (names.index("input"), names.index("output") if "output" in names else -1) if names[-1] == TOTAL else None
        self.names = names = names if self._total is None else names[:-1]
        inner = {name: [other for other in names if (name, -1) in _PARTS[other]] for name in names}
        rounds = max(map(len, inner.values()), default=0)
        # The place of what is taken out of each count, round by round; behind the last value stands a 0.
        self._minus = [
            picker(tuple(names.index(inner[name][turn]) if turn < len(inner[name]) else len(names) for name in names))
            for turn in range(rounds)
        ]

    @staticmethod
    def serves(names: tuple[str, ...], reading: Reading) -> bool:
        """Whether these counts, so stated, need no second look."""
        stated = set(names) - {TOTAL}
        if reading.unproven or reading.doubt:
            return False
        if not stated <= _PARTS.keys() or "cache_read_audio" in stated or len(stated) + (TOTAL in names) < len(names):
            return False
        if stated & {"cache_write_5m", "cache_write_1h"} and "cache_write" not in stated:
            return False
        is_cached = bool(stated & {"cache_read", "cache_write"})
        if is_cached and (reading.input is not InputCount.INCLUSIVE or "input_audio" in stated):
            return False
        if "reasoning" in stated and reading.reasoning is not ReasoningCount.INSIDE:
            return False
        needed = {wider for name in stated for wider, sign in _PARTS[name] if sign < 0}
        return needed <= stated and (TOTAL not in names or "input" in stated)

    def disjoint(self, values: tuple[int, ...]) -> tuple[tuple[str, ...], tuple[int, ...]] | None:
        """Components and counts; None where the values contradict each other or are no counts."""
        if set(map(type, values)) != _INTEGERS or max(values) > MAX_COUNT:
            return None
        if self._total is not None:
            *counted, total = values
            values = tuple(counted)
            given, made = self._total
            if total > values[given] + (values[made] if made >= 0 else 0):
                return None
        padded = (*values, 0)
        counts: Iterable[int] = values
        for places in self._minus:
            counts = map(sub, counts, places(padded))
        held = tuple(counts)
        # A negative count makes a negative component: its own, or that of a negative count inside it.
        least = min(held)
        if least > 0:
            return self.names, held
        if least < 0:
            return None
        return tuple(compress(self.names, held)), tuple(filter(None, held))


class Decision(NamedTuple):
    """How the counts of one span were found to include each other."""

    is_cache_beside: bool
    """Whether the input leaves the cached tokens out."""
    is_reasoning_beside: bool
    """Whether the output leaves the reasoning out."""
    doubt: str | None = None
    assumed: tuple[str, ...] = ()

    @property
    def parts(self) -> Mapping[str, tuple[tuple[str, int], ...]]:
        """What each count adds to the disjoint components, and what it takes out of wider ones."""
        return _BY_DECISION[self.is_cache_beside, self.is_reasoning_beside]


def disjoint(found: Counts, reading: Reading, provider: str, *, holds_cache: bool = True) -> Disjoint:
    """Puts every token in one component. No bucket is ever clamped: counts that contradict each other are said to.

    `found` gets the keys of the current conventions: what was read under an older spelling, and a cache write that only its parts
    tell. Its input and output become those that hold cache and reasoning, so that spans of one call can be compared.
    `holds_cache` is whether the span's convention itself says that the input holds the cached tokens.
    """
    decision = decide(found, reading, provider, holds_cache=holds_cache)
    doubt, assumed, parts = decision.doubt, decision.assumed, decision.parts
    held: dict[str, int] = {}
    for name, count in found.items():
        if count and name in parts:
            for component, sign in parts[name]:
                held[component] = held.get(component, 0) + sign * count
    if held and min(held.values()) <= 0:
        if min(held.values()) < 0:
            return (), (), "contradictory_usage", ()
        held = {name: count for name, count in held.items() if count}
    if decision.is_cache_beside and "input" in found:
        found["input"] += _cached(found)
    if decision.is_reasoning_beside and "output" in found:
        found["output"] += found["reasoning"]
    if found.get("compaction") or (doubt is None and _is_more_billed(found)):
        # Anthropic bills its compaction passes outside the usage, and the span has only their sum; Gemini's OpenAI endpoint
        # leaves the thinking out of all but the total.
        doubt = "incomplete_usage"
    if "input_audio" in held and "cache_read" in held and "cache_read_audio" not in found:
        assumed = (*assumed, "cache_read=text")
    ordered = [name for name in COMPONENTS if name in held]
    return tuple(ordered), tuple(held[name] for name in ordered), doubt, assumed


def decide(found: Counts, reading: Reading, provider: str, *, holds_cache: bool = True) -> Decision:
    """How a span's counts include each other. `found` gets the keys of the current conventions."""
    if reading.unproven:
        _drop(found, reading.unproven)
    is_made_older = not holds_cache or f"output{OLDER}" in found
    is_older = _rename(found) or not holds_cache
    if "input_seconds" in found:
        # Mistral bills the seconds that were heard: its audio tokens stand beside the prompt's, and in the total.
        found.pop("input_audio", None)
        found.pop(TOTAL, None)
    if "cache_write" not in found and ("cache_write_5m" in found or "cache_write_1h" in found):
        found["cache_write"] = found.get("cache_write_5m", 0) + found.get("cache_write_1h", 0)
    counting, doubt, assumed = reading.input, reading.doubt, reading.assumed
    by_parts = _input_by_parts(found)
    if by_parts is not None:
        counting = by_parts
    elif counting is InputCount.UNKNOWN:
        counting, unsure, taken = _input_of_unknown(found, provider, is_older=is_older)
        doubt, assumed = doubt or unsure, assumed + taken
    is_cache_beside = counting is InputCount.EXCLUSIVE
    how = reading.reasoning
    if reading.row is None and is_made_older and provider in THOUGHTS_BESIDE:
        how = ReasoningCount.UNKNOWN
    is_reasoning_beside, doubt = _reasoning(found, how, doubt, is_cache_beside=is_cache_beside)
    return Decision(is_cache_beside, is_reasoning_beside, doubt, assumed)


def _rename(found: Counts) -> bool:
    """Reads other spellings under their current names, where those are not there too. Whether it read an input that is in doubt."""
    is_read = False
    for name in sorted(name for name in found if name.endswith((OLDER, RENAMED))):
        count, current = found.pop(name), name[:-1]
        if current not in found:
            found[current] = count
            is_read = is_read or (name.endswith(OLDER) and current in _ABOUT_CACHE)
    return is_read


def _drop(found: Counts, unproven: tuple[str, ...]) -> None:
    """Forgets counts that are not the provider's, and with an input or output all that it would include."""
    for name in list(found):
        base = name.rstrip(OLDER + RENAMED)
        within = {"input": ("input", "cache"), "output": ("output", "reasoning")}
        if base in unproven or any(whole in unproven and base.startswith(parts) for whole, parts in within.items()):
            del found[name]


def _is_more_billed(found: Counts) -> bool:
    return "input" in found and "output" in found and found.get(TOTAL, 0) > found["input"] + found["output"]


def _cached(found: Counts) -> int:
    return found.get("cache_read", 0) + found.get("cache_write", 0)


def _input_of_unknown(found: Counts, provider: str, *, is_older: bool) -> tuple[InputCount, str | None, tuple[str, ...]]:
    """Whether an unknown instrumentation's input holds the cached tokens, with the doubt and the assumption that this leaves."""
    cached = _cached(found)
    if not cached:
        return InputCount.INCLUSIVE, None, ()
    if cached > found.get("input", 0) or found.get(TOTAL) == found.get("input", 0) + found.get("output", 0) + cached:
        return InputCount.EXCLUSIVE, None, ()
    if not is_older or provider in COUNTS_CACHE_INSIDE:
        return InputCount.INCLUSIVE, None, ("input=inclusive",)
    # The inclusive reading is the lower of the two.
    return InputCount.INCLUSIVE, "ambiguous_usage", ()


def _input_by_parts(found: Counts) -> InputCount | None:
    """What a count of the uncached input tells: what the input includes, and how much was written to the cache."""
    if "tool_input" in found and "input" in found and found.get("untooled") == found["input"]:
        added = found.pop("tool_input")
        found["input"] += added
        if "uncached" in found:
            found["uncached"] += added
    input_, uncached = found.get("input"), found.get("uncached")
    if input_ is None or uncached is None:
        return None
    if "cache_write" not in found and "cache_read" in found and input_ > uncached + found["cache_read"]:
        found["cache_write"] = input_ - uncached - found["cache_read"]
    if not _cached(found):
        return None
    if input_ == uncached:
        return InputCount.EXCLUSIVE
    return InputCount.INCLUSIVE if input_ == uncached + _cached(found) else None


def _reasoning(found: Counts, counting: ReasoningCount, doubt: str | None, *, is_cache_beside: bool) -> tuple[bool, str | None]:
    """Whether the output leaves the reasoning out, and the doubt."""
    reasoning, output = found.get("reasoning", 0), found.get("output", 0)
    if not reasoning or counting is ReasoningCount.BESIDE:
        return bool(reasoning), doubt
    if (unreasoned := found.get("unreasoned")) is not None and unreasoned in {output, output - reasoning}:
        return unreasoned == output, doubt
    without = found.get("input", 0) + output + (_cached(found) if is_cache_beside else 0)
    if found.get(TOTAL) == without + reasoning:
        return True, doubt
    if counting is ReasoningCount.UNKNOWN:
        # A provider that is known to count it beside in one of its APIs, and nothing says which API this is.
        return (True, doubt) if reasoning > output else (False, doubt or "ambiguous_usage")
    return False, doubt
