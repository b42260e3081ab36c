"""What was found, and what to do where it is not well."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """How well it is."""

    OK = "ok"
    NOTE = "note"
    """Not a fault, but worth knowing."""
    WARN = "warn"
    """Some costs are missing, wrong or lost."""
    BAD = "bad"
    """No costs, or they arrive nowhere."""


class Finding(NamedTuple):
    """One thing that was looked at."""

    topic: str
    state: State
    text: str
    todo: str | None = None

    @property
    def is_well(self) -> bool:
        return self.state in {State.OK, State.NOTE}


def ok(topic: str, text: str) -> Finding:
    """All is well."""
    return Finding(topic, State.OK, text)


def note(topic: str, text: str, todo: str | None = None) -> Finding:
    """Worth knowing, and may be as it should be."""
    return Finding(topic, State.NOTE, text, todo)


def warn(topic: str, text: str, todo: str) -> Finding:
    """Something is missing, wrong or lost."""
    return Finding(topic, State.WARN, text, todo)


def bad(topic: str, text: str, todo: str) -> Finding:
    """Nothing works until this is mended."""
    return Finding(topic, State.BAD, text, todo)
