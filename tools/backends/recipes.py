"""How each program is made, in an empty folder: the binaries stand in it afterwards. Needs `go`, or `apt-get` and `dpkg`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tools.backends.versions import ALERTMANAGER, COLLECTOR, COLLECTOR_MORE, HERE, JAEGER, PROMETHEUS, Backend

SMALL: Final = "-s -w"


class CannotBuildError(Exception):
    """What is missing, and what to do."""


def collector(backend: Backend, folder: Path) -> None:
    """By the OpenTelemetry Collector builder, from the manifest beside this file."""
    builder = f"go.opentelemetry.io/collector/cmd/builder@{backend.module}"
    sources = folder / "sources"
    manifest = folder / "manifest.yaml"
    text = (HERE / backend.manifest).read_text(encoding="utf-8")
    manifest.write_text(text.replace("\ndist:\n", f"\ndist:\n  output_path: {sources}\n"), encoding="utf-8")
    try:
        _go(folder, "run", builder, f"--config={manifest}", "--skip-compilation")
    except CannotBuildError:
        # Its last step, `go mod tidy`, asks for modules of tests only, and some of those are not to be had. The build needs none.
        if not (sources / "go.mod").is_file():
            raise
    _go(sources, "build", "-mod=mod", "-trimpath", f"-ldflags={SMALL}", "-o", str(folder / backend.binaries[0]), ".")


def jaeger(backend: Backend, folder: Path) -> None:
    """Its go.mod replaces a module, so `go install` refuses it: it is built as a dependency, under its own go.mod and go.sum."""
    module = "github.com/jaegertracing/jaeger"
    found = json.loads(_go(folder, "mod", "download", "-json", f"{module}@{backend.module}"))
    source = Path(found["Dir"])
    for name in ("go.mod", "go.sum"):
        (folder / name).write_bytes((source / name).read_bytes())
    _go(folder, "mod", "edit", "-module=backends/jaeger", f"-require={module}@{backend.module}")
    version = f"-X {module}/internal/version.latestVersion=v{backend.version}"
    _go(folder, "build", "-mod=mod", "-trimpath", f"-ldflags={SMALL} {version}", "-o", "jaeger", f"{module}/cmd/jaeger")


def prometheus(backend: Backend, folder: Path) -> None:
    """And promtool, which shares nearly all of its packages."""
    module = "github.com/prometheus/prometheus"
    commands = [f"{module}/cmd/{binary}" for binary in backend.binaries]
    _go(folder, "mod", "init", "backends/prometheus")
    _go(folder, "get", *(f"{command}@{backend.module}" for command in commands))
    version = f"-X github.com/prometheus/common/version.Version={backend.version}"
    _go(folder, "build", "-mod=mod", "-trimpath", f"-ldflags={SMALL} {version}", "-o", f"{folder}/", *commands)


def alertmanager(backend: Backend, folder: Path) -> None:
    """From Debian's package, unpacked without being installed: its module holds no web interface, and does not build without."""
    for needed in ("apt-get", "dpkg"):
        if shutil.which(needed) is None:
            raise CannotBuildError(
                f"{needed} was not found: Alertmanager {backend.version} is taken from Debian's package prometheus-alertmanager. "
                "On other systems the tests that need it are skipped"
            )
    try:
        _run(folder, {}, "apt-get", "download", "prometheus-alertmanager")
    except CannotBuildError as error:
        raise CannotBuildError(f"{error}\nwhere the package is not found, run `apt-get update` as root first") from None
    (package,) = folder.glob("prometheus-alertmanager_*.deb")
    _run(folder, {}, "dpkg", "-x", package.name, "unpacked")
    for binary, name in zip(backend.binaries, ("prometheus-alertmanager", "amtool"), strict=True):
        shutil.copy2(folder / "unpacked" / "usr" / "bin" / name, folder / binary)


RECIPES: Final[Mapping[Backend, Callable[[Backend, Path], None]]] = {
    ALERTMANAGER: alertmanager,
    COLLECTOR: collector,
    COLLECTOR_MORE: collector,
    JAEGER: jaeger,
    PROMETHEUS: prometheus,
}


def _go(folder: Path, *arguments: str) -> str:
    if shutil.which("go") is None:
        raise CannotBuildError("go was not found; install Go 1.26 or newer (https://go.dev/doc/install) and put it on the PATH")
    # A workspace or flags of the user's own would change what is built.
    return _run(folder, {"GOWORK": "off", "GOFLAGS": "", "CGO_ENABLED": "0"}, "go", *arguments)


def _run(folder: Path, environment: Mapping[str, str], *command: str) -> str:
    done = subprocess.run(  # noqa: S603 - the commands stand above
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        told = "\n".join((done.stdout + done.stderr).splitlines()[-30:])
        raise CannotBuildError(f"`{' '.join(command)}` failed in {folder} with exit code {done.returncode}:\n{told}")
    return done.stdout
