"""The counts that a command is given: inclusive, as the semantic conventions define them, to disjoint ones."""

from __future__ import annotations

import argparse
from argparse import ArgumentParser, Namespace
from decimal import Decimal, InvalidOperation
from typing import Final

from otel_llm_cost.cli import arguments
from otel_llm_cost.usage import COMPONENTS, Usage

FLAGS: Final = (
    "input", "cache_read", "cache_write", "cache_write_1h", "input_audio", "input_image", "input_video",
    "output", "reasoning", "output_audio", "web_searches",
)  # fmt: skip
"""Components with a flag of their own; `--count` takes every other."""

_Counts = dict[str, int | Decimal]
_WIDER: Final = {
    "cache_read": ("input",),
    "cache_write": ("input",),
    "cache_write_5m": ("cache_write",),
    "cache_write_1h": ("cache_write",),
    "input_audio": ("input",),
    "input_image": ("input",),
    "input_video": ("input",),
    "cache_read_audio": ("cache_read", "input_audio"),
    "cache_read_image": ("cache_read", "input_image"),
    "cache_read_video": ("cache_read", "input_video"),
    "reasoning": ("output",),
    "output_audio": ("output",),
    "output_image": ("output",),
    "output_video": ("output",),
}
"""Each narrower count, and those that include it."""


def add_counts(parser: ArgumentParser) -> None:
    """Adds the flags."""
    for name in FLAGS:
        parser.add_argument(flag_of(name), type=arguments.count, metavar="N", help=COMPONENTS[name].unit + "s")
    parser.add_argument(
        "--count",
        action="append",
        default=[],
        type=_named,
        metavar="NAME=N",
        help="any other component by its name, such as input_pages=12 or input_seconds=61.5; may be repeated",
    )


def usage_of(given: Namespace, parser: ArgumentParser) -> tuple[Usage, tuple[str, ...]]:
    """The usage, and what was assumed in reading it. Exits 2 where the counts contradict each other."""
    counts: _Counts = {name: count for name in FLAGS if (count := getattr(given, name)) is not None}
    for name, count in given.count:
        if name in counts:
            parser.error(f"argument --count: {name} is given twice")
        counts[name] = count
    for name in counts:
        _check_within(name, counts, parser)
    if "cache_write_1h" in counts and "cache_write_5m" not in counts:
        # Where one lifetime is told, the rest has the other; where none is, the table's default is assumed, and said to be.
        counts["cache_write_5m"] = counts["cache_write"] - counts["cache_write_1h"]
    held = _disjoint(counts)
    for name, count in held.items():
        if count < 0:
            inside = _names([other for other in counts if name in _WIDER.get(other, ())])
            parser.error(f"argument {flag_of(name)}: {counts[name]} is less than the {counts[name] - count} of {inside}")
    is_unclear = "input_audio" in counts and "cache_read" in counts and "cache_read_audio" not in counts
    try:
        return Usage(**held), ("cache_read=text",) if is_unclear else ()
    except ValueError as error:
        parser.error(f"argument --count: {error}")


def _check_within(name: str, counts: _Counts, parser: ArgumentParser) -> None:
    """Exits 2 where a count is not within those that include it."""
    for wider in _WIDER.get(name, ()):
        if wider not in counts:
            parser.error(
                f"argument {flag_of(name)}: counts tokens that {flag_of(wider)} includes, and {flag_of(wider)} is not given"
            )
        if counts[name] > counts[wider]:
            parser.error(
                f"argument {flag_of(name)}: {counts[name]} is more than the {counts[wider]} of {flag_of(wider)}, which includes it"
            )


def _disjoint(counts: _Counts) -> _Counts:
    """Takes every narrower count out of the wider ones; what is left may be negative."""
    held = dict(counts)
    for name, count in counts.items():
        wider_ones = _WIDER.get(name, ())
        for wider in wider_ones:
            held[wider] -= count
        if len(wider_ones) > 1:
            # It stands in two counts, and would be taken twice out of the one that includes both.
            held["input"] += count
    return held


def _names(components: list[str]) -> str:
    return " and ".join(dict.fromkeys(flag_of(name) for name in components)) + ", which it includes"


def flag_of(name: str) -> str:
    """The flag by which a component's count is given."""
    return f"--{name.replace('_', '-')}" if name in FLAGS else f"--count {name}"


def _named(text: str) -> tuple[str, int | Decimal]:
    name, _, number = text.partition("=")
    name = name.strip().replace("-", "_")
    if name not in COMPONENTS:
        raise argparse.ArgumentTypeError(f"no such component: {name!r}; one of {', '.join(COMPONENTS)}")
    if name in FLAGS:
        raise argparse.ArgumentTypeError(f"{name} has a flag of its own: {flag_of(name)}")
    try:
        counted = Decimal(number.strip())
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"not a number of {COMPONENTS[name].unit}s: {number!r}") from None
    if not counted.is_finite() or counted < 0:
        raise argparse.ArgumentTypeError(f"not a number of {COMPONENTS[name].unit}s: {number!r}")
    return name, counted
