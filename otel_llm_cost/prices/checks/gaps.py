"""Times without a rate: one ends, and the next of the same model, component and conditions begins later."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from otel_llm_cost.call import instant_text
from otel_llm_cost.prices.row import Row


def gaps(rows: Iterable[Row]) -> Iterator[tuple[Row, str]]:
    """Each row that begins after a gap, and what there is to say of it."""
    by_rate: dict[object, list[Row]] = defaultdict(list)
    for row in rows:
        by_rate[row.provider, row.model, row.reach, row.length, row.component, row.when].append(row)
    for held in by_rate.values():
        held.sort(key=lambda row: row.start)
        end: int | None = held[0].start
        for row in held:
            if end is not None and end < row.start:
                yield row, f"no {row.component} rate from {instant_text(end)} until {instant_text(row.start)}"
            end = None if end is None or row.until is None else max(end, row.until)
