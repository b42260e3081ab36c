"""docs/cli.md tells of every command and flag, and shows what is printed."""

from __future__ import annotations

import re
import shlex
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Ran

from otel_llm_cost.cli import parser

PAGE = (Path(__file__).parents[1] / "docs" / "cli.md").read_text("utf-8")
SHOWN = [
    (command, printed)
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for command, printed in re.findall(r"^\$ otel-llm-cost (.*)\n((?:(?!\$ ).*\n)+)", block, re.MULTILINE)
]
OLD = '[[price]]\nprovider = "acme"\nmodel = "writer-1"\ninput = "0.35"\n'


def commands(of: ArgumentParser) -> Iterator[ArgumentParser]:
    """Each command of a parser that has no further ones."""
    groups = [action for action in of._actions if isinstance(action, _SubParsersAction)]
    if not groups:
        yield of
    for group in groups:
        for inner in group.choices.values():
            yield from commands(inner)


COMMANDS = {command.prog: command for command in commands(parser())}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_flag_is_told_of(name: str) -> None:
    assert f"## {name}\n" in PAGE
    section = PAGE.partition(f"## {name}\n")[2].partition("\n## ")[0]
    before = PAGE.partition("\n## ")[0]
    flags = [flag for action in COMMANDS[name]._actions for flag in action.option_strings if flag not in {"-h", "--help"}]
    assert [flag for flag in flags if not re.search(rf"{flag}\b", section + before)] == []


def test_every_command_has_help() -> None:
    assert len(COMMANDS) >= 6
    assert all(command.description for command in COMMANDS.values())


@pytest.mark.parametrize(("line", "shown"), SHOWN, ids=[line.partition(" --")[0] for line, _ in SHOWN])
def test_what_is_shown_is_printed(line: str, shown: str, command: Callable[..., Ran], tmp_path: Path) -> None:
    """Line by line and in order; `…` stands for what is left out."""
    (own,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (span,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "llm-prices.toml").write_text(own)
    (tmp_path / "SPAN.json").write_text(span)
    (tmp_path / "old.toml").write_text(OLD)
    printed = command(*shlex.split(line)).out
    parts = [re.escape(part) for part in re.split("…", "\n".join(" ".join(text.split()) for text in shown.splitlines()))]
    plain = "\n".join(" ".join(text.split()) for text in printed.splitlines())
    assert re.fullmatch("(?s:.*?)".join(parts), plain)
