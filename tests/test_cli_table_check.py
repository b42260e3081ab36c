"""`otel-llm-cost table check`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Ran

from otel_llm_cost.prices.bundle import Bundle

Command = Callable[..., Ran]

CLEAN = """checked = 2026-11-01
[sources]
page = { url = "https://acme.example/prices", read = 2026-11-01 }

[[price]]
provider = "acme"
model = "writer"
input = "2.50"
output = "10"
source = "page"
"""
SHIPPED: dict[str, Any] = {
    "provider": "acme",
    "names": ["acme"],
    "currency": "USD",
    "sources": {
        "page": {"url": "https://acme.example/prices", "read": "2026-11-01"},
        "release": {"url": "https://github.com/acme/prices", "read": "2026-11-01", "package": "acme-prices 1.2"},
    },
    "prices": [
        {
            "model": "writer",
            "from": "2026-01-01",
            "rates": {"input": "2.50", "output": "10"},
            "figures": {"input": "$0.0025 / 1K tokens"},
            "source": "page",
        },
        {"model": "writer", "from": "2026-02-01", "rates": {"cache_read": "0.25"}, "source": "release"},
    ],
    "aliases": [{"alias": "best", "of": "writer"}],
}


def check(command: Command, tmp_path: Path, text: str, *more: str) -> Ran:
    path = tmp_path / "own.toml"
    path.write_text(text)
    return command("table", "check", "own.toml", "--today", "2026-11-22", *more)


def check_shipped(command: Command, tmp_path: Path, document: dict[str, Any], *more: str) -> Ran:
    """One member of an object or list stands on a line of its own."""
    (tmp_path / "acme.json").write_text(json.dumps(document, indent=1))
    return command("table", "check", "acme.json", "--today", "2026-11-22", *more)


def found(ran: Ran, level: str = "error") -> list[tuple[int, int, str]]:
    return [(held["line"], held["column"], held["problem"]) for held in ran.json["findings"] if held["level"] == level]


def test_a_clean_file(command: Command, tmp_path: Path) -> None:
    ran = check(command, tmp_path, CLEAN, "--json", "--strict")
    assert (ran.code, ran.json["findings"]) == (0, [])
    assert {name: count for name, count in ran.json["counts"].items() if count} == {
        "files": 1,
        "models": 1,
        "rows": 2,
        "by_hand": 2,
    }
    assert ran.json["today"] == "2026-11-22"


@pytest.mark.parametrize(
    ("entry", "line", "column", "problem"),
    [
        pytest.param('input = "cheap"', 3, 1, "not a decimal number: 'cheap'", id="schema: no decimal"),
        pytest.param('input = "1"\nrate = "1"', 4, 1, "unknown: rate", id="schema: unknown"),
        pytest.param('input = "1"\nfrom = 2026-05-01\nuntil = 2026-04-01', 1, 1, "ends before it begins", id="schema: dates"),
        pytest.param('input = "1"\nwhen = { hours = "9-5" }', 4, 1, "no hours such as 09:00-17:30: '9-5'", id="schema: hours"),
        pytest.param("input = 0.30000000000000004", 3, 1, "is the rounding error of a float", id="a float that is no decimal"),
        pytest.param(
            'input = "2.50"\nfigures = { input = "$0.025 / 1K tokens" }', 4, 13, "is not the rate '2.50'", id="another figure"
        ),
        pytest.param(
            'input = "1"\n[[price]]\nmodel = "m"\ninput = "2"', 4, 1, "two rows for input would win equally", id="equal winners"
        ),
        pytest.param(
            'input = "1"\nfrom = 2026-01-01\nuntil = 2026-06-01\n[[price]]\nmodel = "m"\ninput = "2"\nfrom = 2026-01-01',
            6,
            1,
            "two rows for input would win equally",
            id="overlap",
        ),
    ],
)
def test_an_error_says_where(command: Command, tmp_path: Path, entry: str, line: int, column: int, problem: str) -> None:
    text = f'[[price]]\nmodel = "m"\n{entry}\n'
    ran = check(command, tmp_path, text, "--json")
    assert ran.code == 1
    (error,) = found(ran)
    assert problem in error[2]
    assert error[:2] == (line, column)
    # As editors and CI read it.
    assert f"own.toml:{line}:{column}: error: " in check(command, tmp_path, text).out


def test_every_error_not_the_first(command: Command, tmp_path: Path) -> None:
    ran = check(command, tmp_path, '[[price]]\nmodel = "a"\ninput = "x"\n\n[[price]]\nmodel = "b"\noutput = "y"\n', "--json")
    assert [error[0] for error in found(ran)] == [3, 7]


def test_what_is_no_toml(command: Command, tmp_path: Path) -> None:
    ran = check(command, tmp_path, "[[price]]\nmodel = \n", "--json")
    assert ran.code == 1
    assert [error[:2] for error in found(ran)] == [(2, 9)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(CLEAN.replace('source = "page"\n', ""), "has no source", id="no source"),
        pytest.param(CLEAN.replace("checked = 2026-11-01", ""), "does not say when it was last checked", id="never checked"),
        pytest.param(
            CLEAN.replace("2026-11-01", "2026-05-01"), "was last checked on 2026-05-01, 205 days ago", id="checked long ago"
        ),
        pytest.param(
            CLEAN + 'from = 2026-01-01\nuntil = 2026-02-01\n[[price]]\nprovider = "acme"\nmodel = "writer"\nfrom = 2026-03-01\n'
            'input = "3"\nsource = "page"\n',
            "no input rate from 2026-02-01T00:00:00Z until 2026-03-01T00:00:00Z",
            id="a gap",
        ),
    ],
)
def test_a_warning_is_no_failure_unless_strict(command: Command, tmp_path: Path, text: str, problem: str) -> None:
    ran = check(command, tmp_path, text, "--json")
    assert ran.code == 0
    assert found(ran) == []
    assert any(problem in warning[2] for warning in found(ran, "warning"))
    assert all(line is not None and column is not None for line, column, _ in found(ran, "warning"))
    assert check(command, tmp_path, text, "--strict").code == 1


def test_no_gap_where_another_row_holds_meanwhile(command: Command, tmp_path: Path) -> None:
    later = '\n[[price]]\nprovider = "acme"\nmodel = "writer"\nfrom = {}\nuntil = {}\ninput = "3"\noutput = "3"\nsource = "page"\n'
    text = CLEAN + "from = 2026-01-01\nuntil = 2026-06-01\n" + later.format("2026-02-01", "2026-03-01")
    ran = check(command, tmp_path, text + later.format("2026-04-01", "2026-05-01"), "--json")
    assert ran.json["findings"] == []


def test_today_fixes_the_clock(command: Command, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(CLEAN)
    codes = [command("table", "check", "own.toml", "--strict", "--today", day).code for day in ("2027-04-30", "2027-05-01")]
    # 180 days after 2026-11-01.
    assert codes == [0, 1]


def test_two_files_that_contradict_each_other(command: Command, tmp_path: Path) -> None:
    for name, rate in (("one.toml", "1"), ("two.toml", "2")):
        (tmp_path / name).write_text(f'# a line\n[[price]]\nmodel = "m"\ninput = "{rate}"\n')
    ran = command("table", "check", "one.toml", "two.toml", "--json")
    (error,) = found(ran)
    assert (ran.code, error[:2]) == (1, (2, 1))
    assert "one.toml" in error[2]
    assert "two.toml" in error[2]
    assert command("table", "check", "one.toml", "one.toml").code == 0


def test_a_providers_file(command: Command, tmp_path: Path) -> None:
    ran = check_shipped(command, tmp_path, SHIPPED, "--json", "--strict")
    assert (ran.code, ran.json["findings"]) == (0, [])
    expected = {
        "files": 1,
        "providers": 1,
        "models": 1,
        "aliases": 1,
        "sources": 2,
        "rows": 3,
        "by_hand": 2,
        "with_figure": 1,
        "imported": 1,
    }
    assert {name: count for name, count in ran.json["counts"].items() if count} == expected
    out = check_shipped(command, tmp_path, SHIPPED).out
    assert [" ".join(line.split()) for line in out.splitlines()][6:] == [
        "rows 3",
        "rows by hand, from a page 2",
        "rows by hand that show the figure as printed 1",
        "rows imported from a package release 1",
        "errors 0",
        "warnings 0",
    ]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param({"rates": {"input": 2.5}}, "a rate is a decimal in quotes, not 2.5", id="a number"),
        pytest.param({"figures": {"input": "$3 / 1M tokens"}}, "the figure '$3 / 1M tokens' is not the rate '2.50'", id="figure"),
        pytest.param({"source": "hearsay"}, "no such source: 'hearsay'", id="source"),
        pytest.param({"when": {"colour": "red"}}, "unknown: colour", id="condition"),
        pytest.param({"when": {"weekdays": "mon-fri"}}, "weekdays need holidays", id="holidays"),
    ],
)
def test_an_error_in_a_providers_file(command: Command, tmp_path: Path, change: dict[str, Any], problem: str) -> None:
    first, second = SHIPPED["prices"]
    document = SHIPPED | {"prices": [first | change, second]}
    ran = check_shipped(command, tmp_path, document, "--json")
    assert ran.code == 1
    lines = (tmp_path / "acme.json").read_text().splitlines()
    key = next(iter(change))
    for line, _, _ in found(ran):
        assert line >= next(number for number, text in enumerate(lines, 1) if f'"{key}"' in text or '"prices"' in text)
    assert any(problem in error[2] for error in found(ran))


def test_a_providers_gap_and_age_are_warnings(command: Command, tmp_path: Path) -> None:
    first, second = SHIPPED["prices"]
    until = first | {"until": "2026-03-01"}
    again = first | {"from": "2026-04-01"}
    ran = check_shipped(command, tmp_path, SHIPPED | {"prices": [until, second, again]}, "--json")
    assert ran.code == 0
    assert [warning[2] for warning in found(ran, "warning")] == [
        f"no {component} rate from 2026-03-01T00:00:00Z until 2026-04-01T00:00:00Z" for component in ("input", "output")
    ]
    (tmp_path / "acme.json").write_text(json.dumps(SHIPPED))
    ran = command("table", "check", "acme.json", "--today", "2028-01-01", "--json")
    assert all("was last checked on 2026-11-01" in warning[2] for warning in found(ran, "warning"))
    assert len(found(ran, "warning")) == 2


def test_what_is_no_json(command: Command, tmp_path: Path) -> None:
    (tmp_path / "acme.json").write_text('{\n "provider": }')
    ran = command("table", "check", "acme.json", "--json")
    assert ran.code == 1
    assert [error[:2] for error in found(ran)] == [(2, 14)]


def test_an_imported_file_is_read_with_the_one_by_hand(command: Command, tmp_path: Path) -> None:
    first, second = SHIPPED["prices"]
    for folder, prices, aliases in (("data", [first], []), ("imported", [second | {"model": "other"}], SHIPPED["aliases"])):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "acme.json").write_text(json.dumps(SHIPPED | {"prices": prices, "aliases": aliases}))
    # The alias means a model that only the other file has.
    ran = command("table", "check", "imported/acme.json", "--json")
    assert (ran.code, ran.json["findings"], ran.json["counts"]["rows"]) == (0, [], 1)
    # What is wrong with the other file is that one's.
    (tmp_path / "data" / "acme.json").write_text(
        json.dumps(SHIPPED | {"prices": [first | {"rates": {"input": "x"}}], "aliases": []})
    )
    assert command("table", "check", "imported/acme.json", "--json").json["findings"] == []
    assert command("table", "check", "data/acme.json").code == 1


def bundle(tmp_path: Path, document: dict[str, Any]) -> Path:
    """A bundle of one provider, as `table export` writes it."""
    path = tmp_path / "bundle.json"
    path.write_text(Bundle("bundle.json", {"acme": "acme"}, {"acme": [document]}).text())
    return path


def test_a_bundle(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bundle(tmp_path, SHIPPED)
    ran = command("table", "check", path, "--today", "2026-11-22", "--json")
    assert (ran.code, ran.json["findings"]) == (0, [])
    assert [ran.json["counts"][name] for name in ("files", "providers", "rows", "imported")] == [1, 1, 3, 1]
    text = path.read_text().replace('"2.50"', '"x"').replace('"0.25"', '"y"')
    path.write_text(text)
    lines = [number for number, line in enumerate(text.splitlines(), 1) if '"x"' in line or '"y"' in line]
    ran = command("table", "check", "bundle.json", "--json")
    errors = [(held["path"], held["line"], held["place"]) for held in ran.json["findings"] if held["level"] == "error"]
    assert errors == [
        ("bundle.json", lines[0], "providers.acme[0].prices[0].rates.input"),
        ("bundle.json", lines[1], "providers.acme[0].prices[1].rates.cache_read"),
    ]
    # The one in use is checked where none is named.
    monkeypatch.setenv("OTEL_LLM_COST_TABLE", "bundle.json")
    ran = command("table", "check", "--json")
    assert {held["path"] for held in ran.json["findings"] if held["level"] == "error"} == {"bundle.json"}


@pytest.mark.parametrize(
    "text",
    [
        '{"format": "other"}',
        '{"format": "otel-llm-cost prices 1", "names": [], "providers": {}}',
        b'{"format": "\xff"}'.decode("latin1"),
    ],
)
def test_what_is_no_bundle(command: Command, tmp_path: Path, text: str) -> None:
    (tmp_path / "bundle.json").write_text(text, encoding="latin1")
    ran = command("table", "check", "bundle.json", "--json")
    assert (ran.code, ran.json["errors"]) == (1, 1)


def test_without_a_file_the_shipped_table_and_the_users(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "llm-prices.toml").write_text('[[price]]\nmodel = "m"\ninput = "x"\n')
    (tmp_path / "env.toml").write_text('[[price]]\nmodel = "m"\noutput = "y"\n')
    monkeypatch.setenv("OTEL_LLM_COST_PRICES", "env.toml")
    ran = command("table", "check", "--today", "2026-11-22", "--json")
    assert ran.code == 1
    errors = [(held["path"], held["line"]) for held in ran.json["findings"] if held["level"] == "error"]
    assert errors == [("env.toml", 3), ("llm-prices.toml", 3)]
    counts = ran.json["counts"]
    assert counts["rows"] == counts["by_hand"] + counts["imported"]
    assert counts["providers"] >= 47
    assert 0 < counts["with_figure"] <= counts["by_hand"]


def test_what_the_environment_says_wrong(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_LLM_COST_MODELS", "prod-chat")
    ran = command("table", "check", "--json")
    assert ran.code == 1
    assert [held["path"] for held in ran.json["findings"] if held["level"] == "error"] == ["OTEL_LLM_COST_MODELS"]


@pytest.mark.parametrize("name", ["none.toml", "none.json", "."])
def test_trouble(command: Command, name: str) -> None:
    ran = command("table", "check", name)
    assert (ran.code, ran.out) == (2, "")
    assert "cannot be read" in ran.err
