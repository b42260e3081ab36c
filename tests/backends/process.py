"""One real program as a process: its ports, its log, its end; and waiting for what it does."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

import pytest

from tools.backends.versions import backend_of, is_built, path_of

T = TypeVar("T")
LOOPBACK: Final = "127.0.0.1"
PATIENCE: Final = 60.0
"""Seconds until something that should come is given up: far more than it takes."""
TAIL: Final = 40

_opener: Final = build_opener(ProxyHandler({}))
_held: Final[list[socket.socket]] = []


def binary(name: str) -> Path:
    """The program, or the test is skipped."""
    if not is_built(backend_of(name)):
        pytest.skip(missing(name))
    return path_of(name)


def missing(name: str) -> str:
    """Why a test cannot run, and what to do."""
    return f"{name} {backend_of(name).version} is not built: run `make backends`"


def free_port() -> int:
    """Asked of the OS, and held for this process: a server may listen on it, stop and come back, and nobody else is given it."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((LOOPBACK, 0))
    _held.append(held)
    port: int = held.getsockname()[1]
    return port


@atexit.register
def _release() -> None:
    for held in _held:
        held.close()


def get(url: str, **parameters: str) -> str:
    """The body; an OSError where the answer is not a success."""
    try:
        with _opener.open(f"{url}?{urlencode(parameters)}" if parameters else url, timeout=PATIENCE) as answer:
            body: bytes = answer.read()
    except HTTPError as error:
        error.close()
        raise
    return body.decode()


def get_json(url: str, **parameters: str) -> Any:  # noqa: ANN401 - whatever the program answers
    return json.loads(get(url, **parameters))


def wait_for(condition: Callable[[], T], what: str, *programs: Program, state: Callable[[], object] | None = None) -> T:
    """What `condition` gives, once that is true; it is asked again and again, and may fail to connect meanwhile.

    The failure names `what`, the last answer (or what `state` says), and the end of each program's log.
    """
    last: object = None
    until = time.monotonic() + PATIENCE
    while True:
        try:
            found = condition()
        except OSError as error:
            last = error
        else:
            if found:
                return found
            last = found
        if time.monotonic() > until:
            break
        time.sleep(0.05)
    if state is not None:
        last = state()
    logs = "".join(f"\n--- {program.name}\n{program.tail()}" for program in programs)
    pytest.fail(f"waited in vain for {what}; the last state: {last!r}{logs}")


class Program:
    """One process, its log, and its ports and data, which it keeps when it is started again."""

    def __init__(
        self, name: str, command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.command = [str(part) for part in command]
        self.folder = folder
        self.environment = dict(environment)
        self.log_file = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    def is_ready(self) -> bool:
        raise NotImplementedError

    @property
    def log(self) -> str:
        """Of all its lives."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    @property
    def log_now(self) -> str:
        """Since it was started last."""
        return self.log_file.read_bytes()[self._log_start :].decode(errors="replace")

    def tail(self) -> str:
        return "\n".join(self.log.splitlines()[-TAIL:])

    def start(self) -> None:
        """Returns when it is ready."""
        assert self._process is None, f"{self.name} runs already"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
        with self.log_file.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(  # noqa: S603 - a program that we built
                self.command, cwd=self.folder, env=clean | self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_for(self._ready_or_dead, f"{self.name} to be ready", self)
        if self._process.poll() is not None:
            code = self._process.returncode
            self._process = None
            pytest.fail(f"{self.name} ended with exit code {code}:\n{self.tail()}")

    def _ready_or_dead(self) -> bool:
        assert self._process is not None
        return self._process.poll() is not None or self.is_ready()

    def stop(self) -> None:
        """SIGTERM, and waits; does nothing where it does not run."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Without warning, as by a power cut."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            pytest.fail(f"{self.name} did not end:\n{self.tail()}")


P = TypeVar("P", bound=Program)


@contextmanager
def running(make: Callable[[Path], P]) -> Iterator[P]:
    """Makes a program in a folder of its own, starts it, and ends it whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="backends-"))
    try:
        program = make(folder)
        try:
            program.start()
            yield program
        finally:
            program.stop()
    finally:
        shutil.rmtree(folder)
