"""What the pages show can be used as it stands."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from otel_llm_cost.cli import main
from otel_llm_cost.prices.checks.check_own import check_own
from otel_llm_cost.prices.files.own import OwnPrices
from otel_llm_cost.prices.table import PriceTable

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"```toml\n(.*?)```", re.DOTALL)
TOML = [(page.name, block) for page in sorted(DOCS.glob("*.md")) for block in BLOCK.findall(page.read_text("utf-8"))]


@pytest.mark.parametrize(("page", "block"), TOML, ids=[f"{page}-{place}" for place, (page, _) in enumerate(TOML)])
def test_a_price_file_that_is_shown_is_one(page: str, block: str) -> None:
    own = OwnPrices.of_text(block, page, PriceTable.shipped().key_of)
    check_own([own])
    assert own.prices or own.hosts


def test_there_is_one_to_show() -> None:
    assert "own-prices.md" in {page for page, _ in TOML}


def test_the_rows_are_as_many_as_the_page_says(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(DOCS)
    assert main(["table", "check", "--json", "--today", "2026-11-22"]) == 0
    counts = json.loads(capsys.readouterr().out)["counts"]
    said = re.search(r"^`otel-llm-cost table check` counts: (.*)$", (DOCS / "prices.md").read_text("utf-8"), re.MULTILINE)
    assert said is not None
    numbers = [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", said[1].split(". The history")[0])]
    assert numbers == [counts[name] for name in ("providers", "rows", "by_hand", "with_figure", "imported")]
