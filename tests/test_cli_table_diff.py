"""`otel-llm-cost table diff`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from conftest import Ran

import otel_llm_cost.prices
from otel_llm_cost.prices.bundle import Bundle

Command = Callable[..., Ran]
Entry = dict[str, Any]

WRITER: Entry = {"model": "writer", "from": "2026-01-01", "rates": {"input": "2.50", "output": "10"}, "source": "page"}


def write(path: Path, prices: list[Entry], **more: object) -> Path:
    document = {
        "provider": "acme",
        "names": ["acme"],
        "currency": "USD",
        "sources": {"page": {"url": "https://acme.example/prices", "read": "2026-11-01"}},
        "prices": prices,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document | more))
    return path


def diff(command: Command, old: Path | str, new: Path | str) -> tuple[int, list[tuple[str, ...]]]:
    ran = command("table", "diff", old, new, "--json")
    changes = ran.json["changes"]
    assert {kind: ran.json[kind] for kind in ("added", "removed", "changed")} == {
        kind: sum(change["change"] == kind for change in changes) for kind in ("added", "removed", "changed")
    }
    return ran.code, [
        tuple(change[key] for key in ("change", "model", "component", "conditions", "old", "new")) for change in changes
    ]


def test_the_same(command: Command, tmp_path: Path) -> None:
    one = write(tmp_path / "a.json", [WRITER])
    # Otherwise written, and the source and a note are no price.
    other = write(
        tmp_path / "b.json",
        [WRITER | {"rates": {"input": "2.5"}, "note": "as before"}, WRITER | {"rates": {"output": "10.00 per 1M"}}],
        sources={"page": {"url": "https://acme.example/new-page", "read": "2026-11-02"}},
    )
    assert diff(command, one, other) == (0, [])
    assert command("table", "diff", one, other).out == "0 added, 0 removed, 0 changed\n"


def test_added_removed_and_changed(command: Command, tmp_path: Path) -> None:
    batch = {"model": "writer", "from": "2026-01-01", "when": {"tier": "batch"}, "rates": {"input": "1.25"}, "source": "page"}
    old = write(tmp_path / "a.json", [WRITER, batch])
    new = write(tmp_path / "b.json", [WRITER | {"rates": {"input": "2", "output": "10", "cache_read": "0.25"}}])
    code, changes = diff(command, old, new)
    assert code == 1
    assert set(changes) == {
        ("added", "writer", "cache_read", "", None, "0.25 per 1M tokens"),
        ("changed", "writer", "input", "", "2.50 per 1M tokens", "2 per 1M tokens"),
        ("removed", "writer", "input", "tier batch", "1.25 per 1M tokens", None),
    }
    lines = [" ".join(line.split()) for line in command("table", "diff", old, new).out.splitlines()]
    assert "~ acme writer input 2026-01-01 2.50 per 1M tokens 2 per 1M tokens" in lines
    assert "- acme writer input tier batch 2026-01-01 1.25 per 1M tokens" in lines
    assert "+ acme writer cache_read 2026-01-01 0.25 per 1M tokens" in lines
    assert lines[-1] == "1 added, 1 removed, 1 changed"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"until": "2026-06-01"}, "10 per 1M tokens, until 2026-06-01", id="until"),
        pytest.param({"covers": {"reasoning": "output"}}, "10 per 1M tokens, covers reasoning", id="covers"),
        pytest.param({"instant": "end"}, "10 per 1M tokens, by the call's end", id="instant"),
        pytest.param({"currency": "EUR"}, "10 EUR per 1M tokens", id="currency"),
        pytest.param({"at_least": {"output": "5"}}, "10 per 1M tokens, at least 5", id="at least"),
    ],
)
def test_what_changes_beside_the_rate(command: Command, tmp_path: Path, change: Entry, expected: str) -> None:
    entry = WRITER | {"rates": {"output": "10"}}
    code, changes = diff(command, write(tmp_path / "a.json", [entry]), write(tmp_path / "b.json", [entry | change]))
    assert (code, changes) == (1, [("changed", "writer", "output", "", "10 per 1M tokens", expected)])


def test_another_start_is_another_row(command: Command, tmp_path: Path) -> None:
    entry = WRITER | {"rates": {"output": "10"}}
    later = entry | {"from": "2026-02-01"}
    code, changes = diff(command, write(tmp_path / "a.json", [entry]), write(tmp_path / "b.json", [later]))
    assert (code, [change[0] for change in changes]) == (1, ["removed", "added"])


def test_factors_and_aliases(command: Command, tmp_path: Path) -> None:
    old = write(
        tmp_path / "a.json",
        [WRITER],
        factors=[{"factor": "0.5", "from": "2026-01-01", "when": {"tier": "batch"}, "source": "page"}],
        aliases=[{"alias": "best", "of": "writer", "from": "2026-01-01"}],
    )
    new = write(
        tmp_path / "b.json",
        [WRITER],
        factors=[{"factor": "0.6", "from": "2026-01-01", "when": {"tier": "batch"}, "source": "page"}],
        aliases=[{"alias": "best", "of": "writer", "from": "2026-01-01", "until": "2026-09-01"}],
    )
    assert diff(command, old, new)[1] == [
        ("changed", "all models", "factor (tier)", "tier batch", "x 0.5", "x 0.6"),
        ("changed", "best", "alias", "", "writer", "writer, until 2026-09-01"),
    ]


def test_a_users_file_against_a_providers(command: Command, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[[price]]\nprovider = "acme"\nmodel = "writer"\nfrom = 2026-01-01\ninput = 2.50\noutput = 11\n'
        '[hosts]\n"gpu:80" = "acme"\n[models]\nprod = "writer"\n'
    )
    assert diff(command, write(tmp_path / "a.json", [WRITER]), own) == (
        1,
        [
            ("changed", "writer", "output", "", "10 per 1M tokens", "11 per 1M tokens"),
            ("added", "gpu:80", "host", "", None, "acme"),
            ("added", "prod", "deployment", "", None, "writer"),
        ],
    )


def test_the_shipped_table_and_a_folder(command: Command, tmp_path: Path) -> None:
    (package,) = otel_llm_cost.prices.__path__
    for part in ("data", "imported"):
        copytree(Path(package) / part, tmp_path / "table" / part)
    assert diff(command, "shipped", "table") == (0, [])
    write(tmp_path / "table" / "data" / "acme.json", [WRITER])
    assert diff(command, "shipped", "table")[1] == [
        ("added", "writer", "input", "", None, "2.50 per 1M tokens"),
        ("added", "writer", "output", "", None, "10 per 1M tokens"),
    ]


def test_a_bundle(command: Command, tmp_path: Path) -> None:
    one = write(tmp_path / "a.json", [WRITER])
    bundle = tmp_path / "bundle.json"
    bundle.write_text(Bundle("bundle.json", {"acme": "acme"}, {"acme": [json.loads(one.read_text())]}).text())
    assert diff(command, one, bundle) == (0, [])


@pytest.mark.parametrize("name", ["none.json", "none.toml", "broken.toml", "broken.json", "empty"])
def test_trouble(command: Command, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.toml").write_text('[[price]]\nmodel = "m"\ninput = "x"\n')
    (tmp_path / "broken.json").write_text("{")
    ran = command("table", "diff", "shipped", name)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(name)
