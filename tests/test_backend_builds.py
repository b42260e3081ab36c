"""`python -m tools.backends`: what it makes is whole and of the right version, or is not there."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.backends import __main__ as backends
from tools.backends.recipes import CannotBuildError
from tools.backends.versions import (
    BACKENDS,
    COLLECTOR,
    COLLECTOR_MORE,
    HERE,
    JAEGER,
    PROMETHEUS,
    Backend,
    backend_of,
    is_built,
    path_of,
    stamp_of,
)

Recipe = Callable[[Backend, Path], None]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OTEL_LLM_COST_BACKENDS", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> Callable[[Recipe], None]:
    """Puts one in place of all."""
    return lambda made_by: monkeypatch.setattr(backends, "RECIPES", dict.fromkeys(BACKENDS, made_by))


def scripts(says: str) -> Recipe:
    """Programs that say this for their version."""

    def make(backend: Backend, folder: Path) -> None:
        for binary in backend.binaries:
            (folder / binary).write_text(f"#!/bin/sh\necho version {says or backend.version}\n", "utf-8")
            (folder / binary).chmod(0o755)

    return make


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_what_was_made_is_not_made_again(recipe: Callable[[Recipe], None], capsys: pytest.CaptureFixture[str]) -> None:
    recipe(scripts(""))
    assert backends.main([]) == 0
    assert all(is_built(backend) for backend in BACKENDS)
    recipe(scripts("another"))
    capsys.readouterr()
    assert backends.main([]) == 0
    assert capsys.readouterr().out.count("is there") == len(BACKENDS)


def test_another_version_is_made_anew(recipe: Callable[[Recipe], None]) -> None:
    recipe(scripts(""))
    assert backends.main(["jaeger"]) == 0
    assert not is_built(JAEGER._replace(version="9.9.9"))
    path_of("jaeger").unlink()
    assert not is_built(JAEGER)
    assert backends.main(["jaeger"]) == 0
    assert is_built(JAEGER)


def test_a_changed_manifest_is_another_version() -> None:
    first, second = (Backend("1", "v1", ("a",), manifest) for manifest in ("otelcol-0.155.yaml", "otelcol-0.161.yaml"))
    assert first.fingerprint != second.fingerprint


@pytest.mark.parametrize("backend", [COLLECTOR, COLLECTOR_MORE], ids=lambda backend: backend.version)
def test_a_manifest_is_of_its_collector_s_version(backend: Backend) -> None:
    modules = re.findall(r"gomod: (\S+) (\S+)", (HERE / backend.manifest).read_text("utf-8"))
    assert modules
    # What is stable in the Collector has a version line of its own.
    stable = f"v1.{int(backend.version.split('.')[1]) - 94}.0"
    for module, version in modules:
        assert version == (stable if "/confmap/" in module else backend.module), module
    assert backend.module == f"v{backend.version}"
    assert backend.binaries == (f"otelcol-{backend.version.rpartition('.')[0]}",)


def test_an_interrupted_build_leaves_nothing(recipe: Callable[[Recipe], None], cache: Path) -> None:
    def interrupted(backend: Backend, folder: Path) -> None:
        scripts("")(backend, folder)
        raise KeyboardInterrupt

    recipe(interrupted)
    with pytest.raises(KeyboardInterrupt):
        backends.main(["prometheus"])
    assert files(cache) == set()
    assert not is_built(PROMETHEUS)


def test_a_build_that_is_interrupted_between_its_binaries_is_made_again(recipe: Callable[[Recipe], None]) -> None:
    recipe(scripts(""))
    assert backends.main(["prometheus"]) == 0
    stamp_of(PROMETHEUS).unlink()
    assert not is_built(PROMETHEUS)


def test_a_program_of_another_version_is_not_kept(
    recipe: Callable[[Recipe], None], cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe(scripts("0.0.1"))
    assert backends.main(["jaeger"]) == 1
    assert files(cache) == set()
    assert f"jaeger is not version {JAEGER.version}; it says: version 0.0.1" in capsys.readouterr().err


def test_the_others_are_made_where_one_cannot_be(recipe: Callable[[Recipe], None], capsys: pytest.CaptureFixture[str]) -> None:
    def without_one(backend: Backend, folder: Path) -> None:
        if backend is JAEGER:
            raise CannotBuildError("a reason")
        scripts("")(backend, folder)

    recipe(without_one)
    assert backends.main([]) == 1
    assert [backend for backend in BACKENDS if not is_built(backend)] == [JAEGER]
    assert f"jaeger {JAEGER.version}: a reason" in capsys.readouterr().err


def test_without_go_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert backends.main([]) == 1
    told = capsys.readouterr().err
    assert told.count("go was not found; install Go 1.26 or newer") == len(BACKENDS) - 1
    assert "apt-get was not found" in told


def test_a_name_of_no_program_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert backends.main(["tempo"]) == 2
    assert capsys.readouterr().err.startswith("no backend has a binary 'tempo'; there are: ")


@pytest.mark.parametrize("backend", BACKENDS, ids=lambda backend: backend.binaries[0])
def test_each_binary_is_found_by_its_name(backend: Backend) -> None:
    assert {backend_of(binary) for binary in backend.binaries} == {backend}
