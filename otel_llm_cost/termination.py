"""SIGTERM: what has been counted leaves the process before it ends, as it does at a normal exit."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial
from threading import Thread, current_thread, main_thread
from time import sleep
from types import FrameType
from typing import Final

from opentelemetry import metrics, trace
from opentelemetry.sdk.trace import SpanProcessor

MOST_SECONDS: Final = 8.0
"""For all that is to be flushed: `docker stop` kills after 10."""

_LAST: Final = "force_flush" if os.getpid() == 1 else "shutdown"
"""Of metrics: a shutdown also waits for an export that has just begun. Process 1 goes on, and so do its metrics."""


def flush_telemetry_at_sigterm(processor: Callable[[], SpanProcessor | None]) -> bool:
    """Has SIGTERM flush the processor of then and the global providers. Returns whether it will."""
    # Money first: a backend that is gone may leave no time for the rest. Where an exporter of ours prices spans, it is only in what
    # is sent last.
    spans, money = trace.get_tracer_provider, metrics.get_meter_provider
    parts = (processor, "force_flush"), (money, "force_flush"), (spans, "force_flush"), (money, _LAST)
    return flush_at_sigterm(*(partial(_call, part, method) for part, method in parts))


def flush_at_sigterm(*flushes: Callable[[], object]) -> bool:
    """Has SIGTERM call these, one after the other, and then end the process as it does without us.

    Does nothing where the application has a handler of its own, which ends the program as it likes and so runs what is to be done
    at exit; nor outside the main thread, where Python takes no handlers. Returns whether it is set.
    """
    if os.name != "posix" or current_thread() is not main_thread() or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return False

    def flush() -> None:
        # An exporter may wait for a backend that is gone: one that does not answer must not keep the process.
        worker = Thread(target=_call_all, args=(flushes,), name="otel-llm-cost-flush", daemon=True)
        worker.start()
        worker.join(MOST_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)
        # Process 1 of a container has no such end: it goes on until it is killed, and until then nothing more may be lost.
        while True:
            sleep(1)
            _call_all(flushes)

    def terminate(_signal: int, _frame: FrameType | None) -> None:
        # The next one ends the process at once. The main thread goes on: it may hold a lock that is needed to flush.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        Thread(target=flush, name="otel-llm-cost-sigterm", daemon=True).start()

    signal.signal(signal.SIGTERM, terminate)
    return True


def _call_all(flushes: tuple[Callable[[], object], ...]) -> None:
    for flush in flushes:
        try:
            flush()
        except Exception:  # noqa: BLE001, S112 - the process ends, and the others are still to be called
            continue


def _call(part: Callable[[], object], method: str) -> None:
    call = getattr(part(), method, None)
    if call is not None:
        call()
