"""The rule files that are built are those in the tree."""

from __future__ import annotations

import pytest

from tools.rules import __main__ as command


def test_they_are_as_built(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--check"]) == 0, capsys.readouterr().err


def test_a_changed_one_is_found(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    changed = {path: f"{text}# by hand\n" for path, text in command.built().items()}
    monkeypatch.setattr(command, "built", lambda: changed)
    assert command.main(["--check"]) == 1
    assert "spend-anchored.yaml: not as built" in capsys.readouterr().err
