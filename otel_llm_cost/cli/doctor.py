"""`otel-llm-cost doctor`: why a call has no cost, or its cost does not arrive."""

from __future__ import annotations

import importlib
import sys
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, Final

from otel_llm_cost.call import unix_nano
from otel_llm_cost.cli import arguments
from otel_llm_cost.cli.output import complain, say, say_json
from otel_llm_cost.version import VERSION

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from otel_llm_cost.doctor import Examination, Finding

_WIDTH: Final = 4


def add(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "doctor",
        help="say why a call has no cost, or why its cost does not arrive",
        description="Run it as `opentelemetry-instrument otel-llm-cost doctor`, with your program's environment. Says whether the "
        "cost is put on spans, and why not; by which sampler, processors and exporters spans and metrics leave; whether each OTLP "
        "endpoint takes an empty export; which instrumentations there are, and how their counts are read; which prices are used. "
        "Every line that is not well says what to do. Exits 0 where all is well, 3 where something is not, 2 for a mistake in the "
        "call.",
    )
    parser.add_argument("--send", action="store_true", help="also export one test span, which costs nothing and is counted nowhere")
    parser.add_argument(
        "--import",
        dest="module",
        metavar="MODULE",
        help="import this module first, for programs that set OpenTelemetry up in code",
    )
    parser.add_argument("--today", type=arguments.day, metavar="DAY", help="the day by which the table is old; default: today")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=_run)


def _run(given: Namespace) -> int:
    # Only this command needs what is behind it.
    from otel_llm_cost.doctor import examine  # noqa: PLC0415
    from otel_llm_cost.doctor.setup import of_this_process  # noqa: PLC0415
    from otel_llm_cost.doctor.silence import close  # noqa: PLC0415

    if given.module is not None and not _imported(given.module):
        return 2
    setup = of_this_process()
    now = arguments.now() if given.today is None else unix_nano(datetime.combine(given.today, time(), UTC))
    found = examine(setup, now, send=given.send)
    if given.json:
        say_json(_json(found))
    else:
        _say(found)
    close(setup)
    return 0 if found.is_well else 3


def _imported(module: str) -> bool:
    # Where `python` would look, and where console scripts do not.
    sys.path.insert(0, "")
    try:
        importlib.import_module(module)
    except Exception as error:  # noqa: BLE001 - it is the user's
        complain(f"--import {module}: {type(error).__name__}: {error}")
        return False
    return True


def _say(found: Examination) -> None:
    topic = None
    for finding in found.findings:
        if finding.topic != topic:
            if topic is not None:
                say()
            say(finding.topic)
            topic = finding.topic
        _say_one(finding)
    count = sum(not finding.is_well for finding in found.findings)
    say()
    say("all is well" if not count else f"{count} {'is' if count == 1 else 'are'} not well")


def _say_one(finding: Finding) -> None:
    say(f"  {finding.state:<{_WIDTH}}  {finding.text}")
    if finding.todo is not None:
        say(f"  {'':<{_WIDTH}}  -> {finding.todo}")


def _json(found: Examination) -> dict[str, Any]:
    return {
        "version": VERSION,
        "well": found.is_well,
        "trace_id": found.trace_id,
        "findings": [finding._asdict() for finding in found.findings],
    }
