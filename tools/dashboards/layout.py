"""Where panels stand: rows of sections, each on a grid of 24 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import GridPos, Panel, RowPanel


class Placed(NamedTuple):
    """A panel, and where it stands in its section."""

    x: int
    y: int
    width: int
    height: int
    panel: Builder[Panel]


class Section(NamedTuple):
    """Panels below a title, once for each value of a variable where one is named."""

    title: str
    repeat: str | None
    panels: tuple[Placed, ...]


def laid_out(sections: Iterable[Section]) -> Iterator[Panel | RowPanel]:
    """In reading order, each with a number of its own."""
    top = number = 0
    for section in sections:
        number += 1
        row = RowPanel(id_val=number, title=section.title, collapsed=False, grid_pos=GridPos(h=1, w=24, x=0, y=top), panels=[])
        row.repeat = section.repeat
        yield row
        for placed in sorted(section.panels, key=lambda placed: (placed.y, placed.x)):
            number += 1
            panel = placed.panel.build()
            panel.id_val = number
            panel.grid_pos = GridPos(h=placed.height, w=placed.width, x=placed.x, y=top + 1 + placed.y)
            yield panel
        top += 1 + max(placed.y + placed.height for placed in section.panels)
