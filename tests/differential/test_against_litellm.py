"""Every rate of litellm's price map beside ours on its release's day: agreed, or reviewed, or contested, or said to be another's.

The map comes from a wheel of a pinned version, kept outside the checkout (tools/litellm_prices.py).
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from compared import REVIEWED, Compared, Reviewed, count_text
from litellm_side import DAY, cases

from otel_llm_cost import prices
from otel_llm_cost.prices.table import PriceTable
from tools import litellm_prices

TITLE = f"against litellm {litellm_prices.VERSION}, every model of a seller that we know, on its day"
IMPORTED = Path(prices.__file__).parent / "imported"


@pytest.fixture(scope="module")
def compared(request: pytest.FixtureRequest) -> Compared:
    try:
        models = litellm_prices.price_map()
    except (subprocess.CalledProcessError, OSError) as error:
        pytest.skip(f"litellm {litellm_prices.VERSION} is not at hand, and no index to bring it from: {type(error).__name__}")
    held = Compared(PriceTable.shipped(), Reviewed.read("litellm"), rounded=True, all_known=False)
    for case in cases(models, held.table):
        held.add(case)
    request.config.pluginmanager.register(_Summary(held), "against-litellm")
    return held


def test_every_rate_is_ours_or_reviewed_or_contested(compared: Compared) -> None:
    assert sorted(f"{case}, ours {count_text(ours, case.component)}" for case, ours in compared.differing) == []


def test_no_review_is_stale(compared: Compared) -> None:
    assert compared.reviewed.stale == []


def test_nothing_is_contested_that_is_not(compared: Compared) -> None:
    """Each contested rate of an imported file is one that litellm contradicts still."""
    marked = {
        (f"imported/{path.name}", place, component)
        for path in IMPORTED.glob("*.json")
        for place, entry in enumerate(json.loads(path.read_text(encoding="utf-8"))["prices"])
        for component in entry.get("contested", ())
    }
    # A fee that depends on what no span shows is contested by the package itself.
    fees = {place for place in marked if place[0] == "imported/perplexity.json" and place[2] == "requests"}
    assert marked - compared.contested - fees == set()
    assert len(marked) > 300


def test_it_compared_them_all(compared: Compared) -> None:
    assert len(compared.models) > 1400
    assert compared.counts["comparisons"] > 8000
    assert DAY.date().isoformat() == litellm_prices.RELEASED


def test_every_review_names_its_page() -> None:
    entries = json.loads(REVIEWED.read_text(encoding="utf-8"))
    assert [entry for entry in entries if not re.match(r"https://\S+$", entry["page"]) or not entry["why"]] == []
    places = [json.dumps({key: entry[key] for key in entry if key not in {"page", "why"}}, sort_keys=True) for entry in entries]
    assert len(set(places)) == len(places)


class _Summary:
    def __init__(self, held: Compared) -> None:
        self._held = held

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in self._held.lines(TITLE):
            terminalreporter.write_line(line)
