"""Other projects' price tables, by the name that commands give them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from otel_llm_cost.interchange import genai_prices, langfuse, langsmith, litellm, openrouter, weave
from otel_llm_cost.interchange.entries import Entry, Imported, Written


class Format(Protocol):
    """Reads a table, and writes one."""

    def read(self, text: str, *, as_of: str | None, name: str) -> Imported:
        """Raises Refused where the whole of it cannot be read."""

    def write(self, entries: Iterable[Entry], *, at: str | None) -> Written:
        """Raises ValueError for want of an instant."""


FORMATS: Final[Mapping[str, Format]] = {
    "genai-prices": genai_prices,
    "litellm": litellm,
    "langfuse": langfuse,
    "openrouter": openrouter,
    "weave": weave,
    "langsmith": langsmith,
}
