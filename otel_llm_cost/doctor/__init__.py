"""Why a call has no cost, or its cost does not arrive: what is loaded, set up, answered, installed and priced, and what to do.

Only this opens a socket, and only when it is asked to look.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from otel_llm_cost.doctor import endpoint, instrumentations, loading, pipeline, prices, trial
from otel_llm_cost.doctor.finding import Finding, State, bad
from otel_llm_cost.doctor.setup import Setup
from otel_llm_cost.doctor.silence import silence

__all__ = ["Examination", "Finding", "State", "examine"]


class Examination(NamedTuple):
    """All that was found."""

    findings: tuple[Finding, ...]
    trace_id: str | None = None
    """Of the test span, in hexadecimal."""

    @property
    def is_well(self) -> bool:
        return all(finding.is_well for finding in self.findings)


def examine(setup: Setup, now_unix_nano: int, *, send: bool = False) -> Examination:
    """Looks at everything, and with `send` has one test span exported. Never raises. By `now_unix_nano` the table is old."""
    found: list[Finding] = []
    trace_id: str | None = None
    with silence() as logged:
        found += _looked(loading.TOPIC, lambda: loading.findings(setup))
        found += _looked(pipeline.TRACES, lambda: pipeline.findings(setup))
        found += _looked(endpoint.TOPIC, lambda: endpoint.findings(setup))
        found += _looked(instrumentations.TOPIC, lambda: instrumentations.findings(setup))
        found += _looked(prices.TOPIC, lambda: prices.findings(setup, now_unix_nano))
        faults = [finding.topic for finding in found if finding.state is State.BAD]
        if send and (loading.TOPIC in faults or endpoint.TOPIC in faults):
            found.append(bad(trial.TOPIC, "not sent: it would not arrive", f"see {faults[0]}, above"))
        elif send:
            del logged[:]
            tried: list[str | None] = []

            def send_one() -> list[Finding]:
                held, sent = trial.findings(setup, logged)
                tried.append(sent)
                return held

            found += _looked(trial.TOPIC, send_one)
            trace_id = next(iter(tried), None)
    return Examination(tuple(found), trace_id)


def _looked(topic: str, look: Callable[[], list[Finding]]) -> Iterator[Finding]:
    """What a look finds, also where the look itself fails."""
    try:
        yield from look()
    except Exception as error:  # noqa: BLE001 - what is looked at may be anything
        last = traceback.extract_tb(error.__traceback__)[-1]
        text = f"cannot be looked at: {type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"
        yield bad(topic, text, "report it as an error in otel-llm-cost, with the versions above")
