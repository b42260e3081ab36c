"""What a counter grew by in a tile (t - w, t], exactly, as PromQL: two forms of the same figure.

Both count a counter that has no sample in the `BEFORE` before its tile from 0, and both find the last sample before the tile
however long ago within that, so that nothing is lost where Prometheus or the Collector was down. A plain `increase()` does neither,
and extrapolates: it says 1.17 of a counter that was seen at 5 and at 6.
"""

from __future__ import annotations

from collections.abc import Callable
from textwrap import indent
from typing import Final, NamedTuple, TypeAlias

Increase: TypeAlias = "Callable[[str, Tile], str]"

BEFORE: Final = 72
"""Hours. A weekend without Prometheus, and longer than the 25 h after which the Collector's deltatocumulative begins again at 0
(`max_stale` in collector-config/collector/delta.yaml)."""


class Tile(NamedTuple):
    """A stretch of time."""

    minutes: int
    reset: int
    """How long before it a counter may fall silent that begins again at 0, and outruns within the tile what it was, in minutes."""

    def __str__(self) -> str:
        return duration(self.minutes)


DAY, HOUR, MINUTE = Tile(24 * 60, BEFORE * 60), Tile(60, 6 * 60), Tile(1, 60)


def duration(minutes: int) -> str:
    """As PromQL writes it, in its largest whole unit."""
    for unit, size in (("d", 24 * 60), ("h", 60)):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


def anchored(counter: str, tile: Tile) -> str:
    """By `anchored`, which knows every reset.

    The increase since a time before the tile, until the tile's end, less that until its start. Both begin at the same sample.
    `increase(x[w] anchored)` alone looks for the last sample before the tile in the 5 minutes before it only.
    """
    before, both = duration(BEFORE * 60), duration(BEFORE * 60 + tile.minutes)
    until_end, until_start = f"increase({counter}[{both}] anchored)", f"increase({counter}[{before}] anchored offset {tile})"
    return f"""\
  {until_end}
    - {until_start}
or
  # begins in this tile: what it grew by since its first sample, and its first sample
  {until_end}
    + last_over_time({counter}[{tile}]) - delta({counter}[{both}] anchored)"""


def older(counter: str, tile: Tile) -> str:
    """For any Prometheus: by the last values before and in the tile, and the highest where the counter was reset between.

    Not exact, but near, where it was reset twice in a tile, or once and has since outrun what it was before: there `increase()`
    extrapolates.
    """
    last, highest, lowest = (f"{function}_over_time({counter}[{tile}])" for function in ("last", "max", "min"))
    resets, reset = f"resets({counter}[{tile}])", duration(tile.reset)
    # A reset between the last sample before the tile and the first in it is in neither of their windows.
    at_start = f"resets({counter}[{duration(tile.reset + tile.minutes)}]) - resets({counter}[{reset}] offset {tile}) > {resets}"
    known = f"(last_over_time({counter}[{duration(BEFORE * 60)}] offset {tile}) unless {at_start})"
    return f"""\
  # one reset: up to the highest, and from 0 to the last
  ({highest} - {known} or {highest})
    + ({last} < {highest})
    and {resets} == 1
or
  # more of them, or one that the counter has outrun
  (increase({counter}[{tile}]) + ({lowest} unless {known}) or increase({counter}[{tile}]))
    and {resets} > 0
or
  {last} - {known} >= 0
or
  # begins in this tile, or again before its first sample in it
  {last}"""


def total(by: tuple[str, ...], counter: str, tile: Tile, increase: Increase) -> str:
    """Over all series, by labels."""
    return f"sum by ({', '.join(by)}) (\n{indent(increase(counter, tile), '  ')}\n)"
