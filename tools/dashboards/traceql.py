"""`python -m tools.dashboards.traceql`: puts Grafana's TraceQL parser beside the backends' programs. Needs npm."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tools.backends.versions import cache

PACKAGES: Final = ("@grafana/lezer-traceql@1.0.0", "@lezer/lr@1.4.12", "@lezer/common@1.5.5")


def folder() -> Path:
    """Where it is."""
    return cache() / "traceql"


def is_installed() -> bool:
    """In this version."""
    try:
        return (folder() / "installed").read_text(encoding="utf-8") == " ".join(PACKAGES)
    except OSError:
        return False


def main() -> int:
    """0 where it is there."""
    npm = shutil.which("npm")
    if is_installed():
        print("TraceQL parser: is there")
        return 0
    if npm is None:
        print("TraceQL parser: npm was not found; install Node.js (https://nodejs.org)", file=sys.stderr)
        return 1
    folder().mkdir(parents=True, exist_ok=True)
    (folder() / "package.json").write_text("{}", encoding="utf-8")
    # --ignore-scripts: a parser has nothing to run when it is installed.
    options = ("--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--save-exact")
    done = subprocess.run([npm, "install", *options, *PACKAGES], cwd=folder(), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        print(f"TraceQL parser: npm failed\n{done.stderr}", file=sys.stderr)
        return 1
    (folder() / "installed").write_text(" ".join(PACKAGES), encoding="utf-8")
    print(f"TraceQL parser: installed in {folder()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
