"""Which programs, in which versions, and where they are kept. Tests and compose.yaml take the versions from here."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final, NamedTuple

HERE: Final = Path(__file__).parent


class Backend(NamedTuple):
    """One source, one or more binaries of it."""

    version: str
    """As its own releases and images call it."""
    module: str
    """The version of its Go module, or of its Debian package's upstream."""
    binaries: tuple[str, ...]
    manifest: str = ""
    """A file here that says what is built into it."""

    @property
    def fingerprint(self) -> str:
        """Changes when what is built changes."""
        manifest = (HERE / self.manifest).read_bytes() if self.manifest else b""
        return f"{self.version} {self.module} {hashlib.sha256(manifest).hexdigest()[:16]}"


COLLECTOR: Final = Backend("0.161.0", "v0.161.0", ("otelcol-0.161",), "otelcol-0.161.yaml")
# Some components are in the module proxy at this version, and not at a newer one.
COLLECTOR_MORE: Final = Backend("0.155.0", "v0.155.0", ("otelcol-0.155",), "otelcol-0.155.yaml")
JAEGER: Final = Backend("2.13.0", "v1.76.0", ("jaeger",))
PROMETHEUS: Final = Backend("3.8.0", "v0.308.0", ("prometheus", "promtool"))
ALERTMANAGER: Final = Backend("0.25.0", "0.25.0", ("alertmanager", "amtool"))

BACKENDS: Final = (ALERTMANAGER, COLLECTOR, COLLECTOR_MORE, JAEGER, PROMETHEUS)


def cache() -> Path:
    """Outside the checkout, so that it outlives one."""
    named = os.environ.get("OTEL_LLM_COST_BACKENDS")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "otel-llm-cost" / "backends"


def path_of(binary: str) -> Path:
    """Where a binary is, once it is built."""
    return cache() / "bin" / binary


def stamp_of(backend: Backend) -> Path:
    """Written last: what stands beside it is whole."""
    return cache() / "built" / backend.binaries[0]


def is_built(backend: Backend) -> bool:
    """In this version, with these components."""
    try:
        built = stamp_of(backend).read_text(encoding="utf-8")
    except OSError:
        return False
    return built == backend.fingerprint and all(path_of(binary).is_file() for binary in backend.binaries)


def backend_of(binary: str) -> Backend:
    """The backend that a binary belongs to; ValueError where there is none."""
    for backend in BACKENDS:
        if binary in backend.binaries:
            return backend
    known = ", ".join(name for backend in BACKENDS for name in backend.binaries)
    raise ValueError(f"no backend has a binary {binary!r}; there are: {known}")
