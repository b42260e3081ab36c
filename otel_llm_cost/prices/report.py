"""What is wrong with a price file: raised at once where it is used, gathered where it is checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from otel_llm_cost.prices.place import Place

Report: TypeAlias = Callable[[Place, str], None]
"""Takes what is wrong, and where. May raise."""


class PriceFileError(ValueError):
    """A price file that cannot be used. `place` says where in it, `line` and `column` too where the text has them."""

    def __init__(self, path: str, place: str, problem: str, line: int | None = None, column: int | None = None) -> None:
        where = f"{path}:{line}:{column}" if line is not None else path
        super().__init__(f"{where}: {place}: {problem}" if place else f"{where}: {problem}")
        self.path = path
        self.place = place
        self.problem = problem
        self.line = line
        self.column = column

    def __reduce__(self) -> tuple[Any, ...]:
        return PriceFileError, (self.path, self.place, self.problem, self.line, self.column)
