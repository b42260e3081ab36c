"""What was spent in the current day, week and month of UTC, as PromQL, which has no calendar.

A period is made of tiles: its past days, the past hours of today, the past minutes of this hour. A subquery's steps are multiples
of its resolution since 1970, so that those of a day are UTC's midnights. Each tile gets the number of its hour, day, week or month
as a label, and those of the current one are added up.
"""

from __future__ import annotations

from textwrap import indent
from typing import Final, NamedTuple

from tools.rules.increase import DAY, HOUR, MINUTE, Increase, Tile, total

_DAYS: Final = "floor({} / 86400)"
_HOURS: Final = "floor({} / 3600)"
# 1970 began on a Thursday; weeks begin on Monday.
_WEEKS: Final = "floor(({} + 3 * 86400) / 604800)"
_MONTHS: Final = "month({})"


class Tiles(NamedTuple):
    """Tiles of one width, and the number of the period for which they are added up."""

    tile: Tile
    reach: str
    number: str
    comment: str


_MINUTES: Final = Tiles(MINUTE, "1h", _HOURS, "the past minutes of this hour")
_TODAY: Final = (Tiles(HOUR, "1d", _DAYS, "the past hours of today"), _MINUTES)
PERIODS: Final = {
    "day": _TODAY,
    "week": (Tiles(DAY, "7d", _WEEKS, "the past days of this week"), *_TODAY),
    "month": (Tiles(DAY, "31d", _MONTHS, "the past days of this month"), *_TODAY),
}


def to_date(period: str, by: tuple[str, ...], counter: str, increase: Increase) -> str:
    """What a counter grew by since the beginning of a period, until the last full minute."""
    # The numbers of days, hours, weeks and months are never the same, so that no part hides another.
    parts = "\nor\n".join(_sum(tiles, by, counter, increase) for tiles in PERIODS[period])
    return f"sum by ({', '.join(by)}) (\n{indent(parts, '  ')}\n)"


def _sum(tiles: Tiles, by: tuple[str, ...], counter: str, increase: Increase) -> str:
    current = f'count_values("calendar", {tiles.number.format("vector(time())")})'
    # A tile ends where the next begins: a second earlier it is still in its own period.
    own = f'count_values("calendar", {tiles.number.format("vector(time() - 1)")})'
    return f"""\
# {tiles.comment}
sum_over_time(
  (
{indent(total(by, counter, tiles.tile, increase), "    ")}
    * on () group_left (calendar)
      {own}
  )[{tiles.reach}:{tiles.tile}]
)
  and on (calendar)
    {current}"""


FORECAST: Final = """\
# the length of the month by what has passed of it
  * scalar(
      days_in_month() * 86400 / ((day_of_month() - 1) * 86400 + vector(time()) % 86400)
    )"""
