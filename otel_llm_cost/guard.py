"""Where our failures end: logged once a kind, counted, never the application's."""

from __future__ import annotations

import logging
import traceback
from collections import Counter
from collections.abc import Callable
from threading import Lock
from typing import Final

_log = logging.getLogger("otel_llm_cost")

ATTRIBUTE_LIMIT: Final = "attribute_limit"
SERIES_LIMIT: Final = "series_limit"


class Guard:
    """Counts our own failures, and the limits that we hit, by kind."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[str] = Counter()
        self.at_first: Callable[[str], None] = lambda kind: None  # noqa: ARG005
        """Called with each kind when it is first counted."""

    def failed(self, where: str, error: BaseException) -> None:
        """An exception in our code. Its message is not logged: it may quote what the application sent."""
        kind = f"{where}:{type(error).__name__}"
        if self._count(kind):
            _log.error("otel-llm-cost failed in %s; the application is not affected, the cost of this call is not known", kind)
            _log.debug("the first %s was raised at\n%s", kind, "".join(traceback.format_tb(error.__traceback__)))

    def limit(self, kind: str, message: str) -> None:
        """A limit was hit."""
        if self._count(kind):
            _log.warning("%s", message)

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)

    def renew_after_fork(self) -> None:
        self._lock = Lock()

    def _count(self, kind: str) -> bool:
        with self._lock:
            self._counts[kind] += 1
            is_first = self._counts[kind] == 1
        if is_first:
            self.at_first(kind)
        return is_first
