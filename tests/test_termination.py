"""SIGTERM: what is to be flushed is, and the process ends as it would have without us."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Final

import pytest

from otel_llm_cost.termination import flush_at_sigterm

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")

ENDS: Final = -signal.SIGTERM


def ended(folder: Path, program: str) -> tuple[int, list[str]]:
    """Runs a program that sends SIGTERM to itself, or is sent it at each line `now`: how it ended, and what it said."""
    script = folder / "program.py"
    begin = "import os, signal, sys, threading, time\nfrom otel_llm_cost.termination import flush_at_sigterm\n"
    begin += "say = lambda text: print(text, flush=True)\n"
    script.write_text(begin + textwrap.dedent(program), "utf-8")
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, encoding="utf-8") as running:  # noqa: S603 - the test's own
        said = []
        try:
            assert running.stdout is not None
            for line in running.stdout:
                said.append(line.strip())
                if line.strip() == "now":
                    running.send_signal(signal.SIGTERM)
            return running.wait(30), said
        finally:
            running.kill()


def test_all_is_flushed_in_order_and_the_process_dies_of_the_signal(tmp_path: Path) -> None:
    program = """
        flush_at_sigterm(lambda: say("money"), lambda: say("spans"))
        say("now")
        time.sleep(30)
    """
    assert ended(tmp_path, program) == (ENDS, ["now", "money", "spans"])


def test_one_that_fails_does_not_keep_the_others(tmp_path: Path) -> None:
    program = """
        flush_at_sigterm(lambda: 1 / 0, lambda: say("spans"))
        say("now")
        time.sleep(30)
    """
    assert ended(tmp_path, program) == (ENDS, ["now", "spans"])


def test_one_that_never_returns_does_not_keep_the_process(tmp_path: Path) -> None:
    program = """
        import otel_llm_cost.termination
        otel_llm_cost.termination.MOST_SECONDS = 0.1
        flush_at_sigterm(lambda: time.sleep(60), lambda: say("spans"))
        say("now")
        time.sleep(60)
    """
    assert ended(tmp_path, program) == (ENDS, ["now"])


def test_a_lock_that_the_main_thread_holds_is_waited_for(tmp_path: Path) -> None:
    program = """
        lock = threading.Lock()
        def flush():
            with lock:
                say("flushed")
        flush_at_sigterm(flush)
        with lock:
            say("now")
            time.sleep(0.5)
            say("left")
        time.sleep(30)
    """
    assert ended(tmp_path, program) == (ENDS, ["now", "left", "flushed"])


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    program = """
        def flush():
            say("now")
            time.sleep(60)
        flush_at_sigterm(flush)
        say("now")
        time.sleep(60)
    """
    assert ended(tmp_path, program) == (ENDS, ["now", "now"])


def test_threads_that_work_on_do_not_keep_the_process(tmp_path: Path) -> None:
    program = """
        threading.Thread(target=time.sleep, args=(60,)).start()
        flush_at_sigterm(lambda: say("flushed"))
        say("now")
        time.sleep(60)
    """
    assert ended(tmp_path, program) == (ENDS, ["now", "flushed"])


def test_a_delta_that_is_collected_and_not_yet_exported_is_waited_for(tmp_path: Path) -> None:
    program = """
        from opentelemetry import metrics
        from opentelemetry.sdk.metrics import Counter, MeterProvider
        from opentelemetry.sdk.metrics.export import AggregationTemporality, MetricExporter, MetricExportResult
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from otel_llm_cost.termination import flush_telemetry_at_sigterm

        class Exporter(MetricExporter):
            def export(self, data, timeout_millis=0, **more):
                points = [p for r in data.resource_metrics for s in r.scope_metrics for m in s.metrics for p in m.data.data_points]
                say(f"exported {sum(point.value for point in points)}")
                return MetricExportResult.SUCCESS

            def force_flush(self, timeout_millis=0):
                return True

            def shutdown(self, timeout_millis=0, **more):
                pass

        class Slow(PeriodicExportingMetricReader):
            def _receive_metrics(self, *args, **more):
                say("now")
                time.sleep(0.5)
                super()._receive_metrics(*args, **more)

        exporter = Exporter(preferred_temporality={Counter: AggregationTemporality.DELTA})
        metrics.set_meter_provider(MeterProvider([Slow(exporter, export_interval_millis=200)]))
        metrics.get_meter("program").create_counter("spend").add(7)
        flush_telemetry_at_sigterm(lambda: None)
        time.sleep(30)
    """
    code, said = ended(tmp_path, program)
    assert (code, said[:2]) == (ENDS, ["now", "exported 7"])


def test_process_1_of_a_container_which_no_signal_ends_is_flushed_until_it_is_killed(tmp_path: Path) -> None:
    program = """
        flush_at_sigterm(lambda: say("flushed"))
        os.kill = lambda *_: None
        signal.raise_signal(signal.SIGTERM)
        time.sleep(2.5)
        os._exit(7)
    """
    code, said = ended(tmp_path, program)
    assert code == 7
    assert len(said) >= 2
    assert set(said) == {"flushed"}


def test_a_handler_of_the_application_that_comes_later_takes_its_place(tmp_path: Path) -> None:
    program = """
        flush_at_sigterm(lambda: say("flushed"))
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
        say("now")
        time.sleep(30)
    """
    assert ended(tmp_path, program) == (3, ["now"])


@pytest.fixture
def handler_restored() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("handler_restored")
@pytest.mark.parametrize("held", [signal.SIG_IGN, lambda *_: None], ids=["ignored", "a function"])
def test_a_handler_that_is_there_stays(held: signal._HANDLER) -> None:
    signal.signal(signal.SIGTERM, held)
    assert flush_at_sigterm(lambda: None) is False
    assert signal.getsignal(signal.SIGTERM) is held


@pytest.mark.usefixtures("handler_restored")
def test_outside_the_main_thread_nothing_is_set() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    answers: list[bool] = []
    thread = Thread(target=lambda: answers.append(flush_at_sigterm(lambda: None)))
    thread.start()
    thread.join()
    assert answers == [False]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
