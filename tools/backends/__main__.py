"""`python -m tools.backends [BINARY …]`: makes what is missing, or in another version; by default everything."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from tools.backends.recipes import RECIPES, CannotBuildError
from tools.backends.versions import BACKENDS, Backend, backend_of, cache, is_built, path_of, stamp_of


def make(backend: Backend) -> None:
    """In a folder that goes away; the binaries come out of it whole, and the stamp last."""
    stamp_of(backend).unlink(missing_ok=True)
    path_of("").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache(), prefix="build-") as folder:
        RECIPES[backend](backend, Path(folder))
        for binary in backend.binaries:
            made = Path(folder, binary)
            check_version(made, backend)
            made.replace(path_of(binary))
    stamp_of(backend).parent.mkdir(exist_ok=True)
    stamp_of(backend).write_text(backend.fingerprint, encoding="utf-8")


def check_version(binary: Path, backend: Backend) -> None:
    """Asks the program itself."""
    argument = "version" if binary.name == "jaeger" else "--version"
    done = subprocess.run([binary, argument], capture_output=True, text=True, check=False)  # noqa: S603
    if backend.version not in done.stdout + done.stderr:
        raise CannotBuildError(f"{binary.name} is not version {backend.version}; it says: {(done.stdout + done.stderr).strip()}")


def main(names: Sequence[str]) -> int:
    """0 where everything asked for is there, 1 where something could not be made, 2 for a name that no program has."""
    try:
        wanted = list(dict.fromkeys(backend_of(name) for name in names)) or list(BACKENDS)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"The programs are kept in {cache()} (OTEL_LLM_COST_BACKENDS names another folder).", flush=True)
    failed = False
    for backend in wanted:
        title = f"{' and '.join(backend.binaries)} {backend.version}"
        if is_built(backend):
            print(f"{title}: is there", flush=True)
            continue
        print(f"{title}: making it, which takes minutes the first time ...", flush=True)
        began = time.monotonic()
        try:
            make(backend)
        except CannotBuildError as error:
            failed = True
            print(f"{title}: {error}", file=sys.stderr, flush=True)
        else:
            print(f"{title}: made in {time.monotonic() - began:.0f} s", flush=True)
    return 1 if failed else 0


def _stop(number: int, _frame: FrameType | None) -> None:
    # Unlike the signal's own way, this leaves no half-made folder behind.
    sys.exit(128 + number)


if __name__ == "__main__":
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, _stop)
    sys.exit(main(sys.argv[1:]))
