"""Calls that a library tells of once more, in a thread of its own."""

from __future__ import annotations

from collections.abc import Mapping
from queue import SimpleQueue
from threading import Condition
from typing import Final, NamedTuple

MOST: Final = 500
"""Calls that may end between a call's end and its being told: fewer than are known again by their ids."""


class Shown(NamedTuple):
    """A call that is told of late, in another trace."""

    number: int
    attributes: Mapping[str, str | int]
    start: int
    end: int


class Late:
    """What is still to be told, of calls that end so far apart at most, however their threads are scheduled."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[Shown | None] = SimpleQueue()
        self._condition = Condition()
        self._open: dict[int, None] = {}
        self._number = 0

    def ending(self) -> int:
        """A call is about to end. Returns its number."""
        with self._condition:
            self._condition.wait_for(lambda: self._number - next(iter(self._open), self._number) < MOST)
            self._number += 1
            self._open[self._number] = None
            return self._number

    def over(self, number: int) -> None:
        """A call has been told, or will not be."""
        with self._condition:
            is_oldest = number == next(iter(self._open))
            del self._open[number]
            if is_oldest:
                self._condition.notify_all()
