"""Runs the matrix: `python -m tests.matrix [COLUMN ...]`, all columns by default, and writes docs/matrix.md.

With `--check` it writes nothing: it fails where the page is not made from what is in the tree, and runs one column (or those that
are named) again and compares.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.matrix import page
from tests.matrix.columns import COLUMNS
from tests.matrix.columns.column import Column
from tests.matrix.judge import Review, judged, review_of, reviews, traces_of

ROOT: Final = Path(__file__).resolve().parents[2]
LOCKS: Final = ROOT / "requirements" / "matrix"
RESULTS: Final = Path(__file__).with_name("results.json")
PAGE: Final = ROOT / "docs" / "matrix.md"
CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "otel-llm-cost" / "matrix"

_MADE_FROM: Final = (
    "requirements/matrix/*.txt",
    "tests/matrix/**/*.py",
    "tests/matrix/*.toml",
)
"""What decides the outcome of a cell, besides what the processor is made of."""
_PROCESSOR: Final = "otel_llm_cost.processor"
_PRICES: Final = "otel_llm_cost.prices"
"""Whose rates have tests of their own; the matrix has a price file of its own."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs what is asked for. Exits 1 where a cell is not what it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.matrix")
    parser.add_argument("columns", nargs="*", metavar="COLUMN", help=f"of {', '.join(COLUMNS)}")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--dry-run", action="store_true", help="write neither results nor page")
    parser.add_argument("--raw", type=Path, metavar="FOLDER", help="keep what each column's run saw")
    given = parser.parse_args(arguments)
    if unknown := [name for name in given.columns if name not in COLUMNS]:
        parser.error(f"no such column: {', '.join(unknown)}")
    results: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    stated = made_from()
    if given.check and results.get("made_from") != stated:
        print("docs/matrix.md was made from other lock files, fixtures or tables: run `make matrix`", file=sys.stderr)
        return 1
    columns = given.columns or ([_today(stated)] if given.check else list(COLUMNS))
    faults: list[str] = []
    outcomes: dict[str, Any] = {}
    all_reviews = reviews()
    used: set[Review] = set()
    for name in columns:
        print(f"{name} ...", flush=True)
        outcomes[name], found = column(name, COLUMNS[name], all_reviews, used, given.raw)
        faults += found
    if set(columns) == set(COLUMNS):
        unused = [review for review in all_reviews if review not in used]
        faults += [f"no cell needs this review: {review.columns} {review.cells} {review.outcome}" for review in unused]
    if given.check:
        if PAGE.read_text("utf-8") != page.written(results):
            faults.append("docs/matrix.md is not what results.json makes")
        faults += [
            f"{name}/{cell}: {outcome}, but docs/matrix.md has {results['columns'][name]['cells'].get(cell)}"
            for name, held in outcomes.items()
            for cell, outcome in held["cells"].items()
            if results["columns"][name]["cells"].get(cell) != outcome
        ]
        faults += [
            f"{name}/{cell}: in docs/matrix.md, but no longer run"
            for name, held in outcomes.items()
            for cell in results["columns"][name]["cells"].keys() - held["cells"].keys()
        ]
    elif not given.dry_run:
        held = {**results.get("columns", {}), **outcomes}
        results = {"made_from": stated, "columns": {name: held[name] for name in COLUMNS if name in held}}
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
        PAGE.write_text(page.written(results), "utf-8")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def column(
    name: str, given: Column, all_reviews: list[Review], used: set[Review], raw: Path | None = None
) -> tuple[dict[str, Any], list[str]]:
    """A column's cells by name, and what is wrong with them. Adds the reviews that it needed to `used`."""
    seen = _run(name, given)
    if raw is not None:
        raw.mkdir(parents=True, exist_ok=True)
        (raw / f"{name}.json").write_text(json.dumps(seen, indent=1), "utf-8")
    cells: dict[str, Any] = {}
    faults: list[str] = []
    by_name = {f"{cell['client']}/{cell['api']}/{cell['case']}": cell for cell in seen["cells"]}
    for cell in judged(seen):
        review = None
        if cell.outcome != "exact":
            review = review_of(name, cell, all_reviews)
            if review is None:
                faults.append(f"{name}/{cell.name}: {cell.outcome} ({cell.detail}): not reviewed")
            else:
                used.add(review)
                traces = list(traces_of(by_name[cell.name], review))
                faults += [f"{name}/{cell.name}: said to be on no span, and is: {trace}" for trace in traces]
        cells[cell.name] = [cell.outcome, review.kind, review.why] if review is not None else [cell.outcome]
    for missing, why in seen["cannot"].items():
        cells[missing] = ["not applicable", "request", why]
    return {"versions": seen["versions"], "cells": dict(sorted(cells.items()))}, faults


def _run(name: str, given: Column) -> Mapping[str, Any]:
    python = _environment(given.environment)
    out = CACHE / f"{name}-{os.getpid()}.json"
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "PYTHON"))}
    subprocess.run(  # noqa: S603 - our own
        [python, "-m", "tests.matrix.run", name, out],
        check=True,
        cwd=ROOT,
        env={**variables, **given.variables, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore"},
        timeout=600,
    )
    held: Mapping[str, Any] = json.loads(out.read_text("utf-8"))
    out.unlink()
    return held


def _environment(name: str) -> Path:
    """The Python of an environment that holds exactly its lock file; made once, outside the checkout."""
    lock = LOCKS / f"{name}.txt"
    folder = CACHE / f"{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    python = folder / "bin" / "python"
    ready = folder / ".ready"
    if not ready.exists():
        uv = Path(sys.executable).with_name("uv")
        _quietly([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder])
        _quietly([uv, "pip", "sync", "--quiet", "--python", python, lock])
        ready.touch()
    return python


def _quietly(command: Iterable[str | Path]) -> None:
    subprocess.run([str(part) for part in command], check=True)  # noqa: S603 - our own


def made_from() -> str:
    """A hash of all that decides the outcome of a cell."""
    digest = hashlib.sha256()
    for path in sorted({*_imported_by(_PROCESSOR, set()), *(path for pattern in _MADE_FROM for path in ROOT.glob(pattern))}):
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _imported_by(module: str, seen: set[str]) -> set[Path]:
    """The file of a module of ours, and of those that it imports."""
    path = ROOT / Path(*module.split(".")).with_suffix(".py")
    if module in seen or not path.exists() or not module.startswith("otel_llm_cost.") or module.startswith(_PRICES):
        return set()
    seen.add(module)
    nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    named = {node.module or "" for node in nodes} | {f"{node.module}.{alias.name}" for node in nodes for alias in node.names}
    return {path}.union(*(_imported_by(name, seen) for name in named))


def _today(stated: str) -> str:
    """The column that is run again: another one for each state of the tree."""
    return list(COLUMNS)[int(stated, 16) % len(COLUMNS)]


if __name__ == "__main__":
    raise SystemExit(main())
