"""How an entry names its models: exactly, by a prefix, a glob or a regular expression; without regard to case."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from typing import Final, Self

from otel_llm_cost.prices.row import Reach

_REACH: Final = {"model": Reach.EXACT, "prefix": Reach.PREFIX, "glob": Reach.PATTERN, "regex": Reach.PATTERN}


@dataclass(frozen=True, slots=True)
class Match:
    """Which names an entry means."""

    kind: str
    """`model`, `prefix`, `glob` or `regex`."""
    text: str
    """In lower case, but for a regular expression."""
    pattern: re.Pattern[str] | None = None

    @classmethod
    def of(cls, kind: str, text: str) -> Self:
        """Raises ValueError for a regular expression that is none."""
        if kind == "regex":
            return cls(kind, text, _compiled(text))
        lowered = text.lower()
        return cls(kind, lowered, _compiled(r"\A" + translate(lowered)) if kind == "glob" else None)

    @property
    def reach(self) -> Reach:
        """How close it is to a name that it matches."""
        return _REACH[self.kind]

    @property
    def length(self) -> int:
        """Of two prefixes or patterns the longer wins."""
        return 0 if self.kind == "model" else len(self.text)

    def matches(self, name: str) -> bool:
        """Whether it means a name, in lower case. A regular expression is searched for: anchor it to match a whole name."""
        if self.pattern is not None:
            return self.pattern.search(name) is not None
        return name.startswith(self.text) if self.kind == "prefix" else name == self.text


@lru_cache(maxsize=4096)
def _compiled(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}: {text!r}") from None
