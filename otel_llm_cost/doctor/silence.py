"""While the doctor looks, exporters do not talk in between; and afterwards they send nothing and retry nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from opentelemetry._logs import get_logger_provider

from otel_llm_cost.doctor import internals
from otel_llm_cost.doctor.setup import Setup


class _Kept(logging.Handler):
    def __init__(self, kept: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._kept = kept

    def emit(self, record: logging.LogRecord) -> None:
        self._kept.append(record.getMessage())


@contextmanager
def silence() -> Iterator[list[str]]:
    """Keeps what OpenTelemetry logs, in place of having it printed."""
    log = logging.getLogger("opentelemetry")
    kept: list[str] = []
    handler, before = _Kept(kept), log.propagate
    log.addHandler(handler)
    log.propagate = False
    try:
        yield kept
    finally:
        log.removeHandler(handler)
        log.propagate = before


def close(setup: Setup) -> None:
    """Ends what has been set up, for a process that ends too: at exit nothing is exported, and nobody waits for a retry."""
    logs = get_logger_provider()
    holders: list[Any] = [*(route.processor for route in setup.routes), *setup.readers, *internals.log_processors(logs)]
    with silence():
        # First what sends, so that the rest has nothing to wait for.
        for exporter in map(internals.exporter_of, holders):
            _shut_down(exporter)
        for provider in (setup.meter_provider, setup.tracer_provider, logs):
            _shut_down(provider)


def _shut_down(held: Any) -> None:  # noqa: ANN401 - any that can be
    shut_down = getattr(held, "shutdown", None)
    if shut_down is not None:
        with suppress(Exception):  # what cannot be closed is left as it is
            shut_down()
