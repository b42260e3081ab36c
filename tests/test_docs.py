"""What the pages show can be used as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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
