"""What the README shows is what is printed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from otel_llm_cost.cli import main
from otel_llm_cost.prices.table import PriceTable

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^\$ otel-llm-cost (price .*)\n((?:(?!\$ |```).*\n)+)", README, re.MULTILINE)


def test_the_readme_shows_a_call_on_both_sides_of_a_price_change() -> None:
    assert len(SHOWN) == 2


@pytest.mark.parametrize(("command", "shown"), SHOWN, ids=["before", "after"])
def test_the_commands_print_what_is_shown(command: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(shlex.split(command)) == 0
    # The table's version changes with any price.
    printed = capsys.readouterr().out.replace(PriceTable.shipped().version, "<version>")
    assert re.sub(r"^table    .*$", "table    <version>", shown, flags=re.MULTILINE) == printed


def test_what_is_linked_is_there() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md"), ROOT / "examples/README.md"]
    pages.append(ROOT / "collector-config/README.md")
    links = [(page, link) for page in pages for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8"))]
    assert len(links) > 5
    assert [f"{page.name}: {link}" for page, link in links if not (page.parent / link).exists()] == []


def test_both_set_up_commands_are_targets() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test"):
        assert f"$ make {target}" in README
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
