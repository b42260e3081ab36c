"""The order in which ended spans began and ended."""

from __future__ import annotations

import pytest

from otel_llm_cost.ended_span import events

# Place, start and end; and the place of each one's parent.
ORDERS = {
    "one after the other": (((0, 1, 2), (1, 3, 4)), {}, ["0 begins", "0 ends", "1 begins", "1 ends"]),
    "a child in its parent": (((0, 2, 3), (1, 1, 4)), {0: 1}, ["1 begins", "0 begins", "0 ends", "1 ends"]),
    "all at one instant": (
        ((0, 5, 5), (1, 5, 5), (2, 5, 5)),
        {0: 1, 1: 2},
        ["2 begins", "1 begins", "0 begins", "0 ends", "1 ends", "2 ends"],
    ),
    "begun at one instant": (((0, 1, 2), (1, 1, 9)), {0: 1}, ["1 begins", "0 begins", "0 ends", "1 ends"]),
    "ended at one instant": (((0, 3, 9), (1, 1, 9)), {0: 1}, ["1 begins", "0 begins", "0 ends", "1 ends"]),
    "ended before it began": (((0, 9, 1),), {}, ["0 begins", "0 ends"]),
    "each the other's parent": (((0, 1, 4), (1, 2, 3)), {0: 1, 1: 0}, ["0 begins", "1 begins", "1 ends", "0 ends"]),
}


@pytest.mark.parametrize("order", ORDERS)
def test_what_happened_is_in_order(order: str) -> None:
    windows, parents, expected = ORDERS[order]
    said = [f"{event.place} {'ends' if event.is_end else 'begins'}" for event in events(windows, parents.get)]
    assert said == expected
