"""Every rate of the installed genai-prices beside ours: agreed, or reviewed, or contested; and no call that only we cannot price.

What disagrees is mended, or is an entry of reviewed.json with the page that proves us right.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

import pytest

pytest.importorskip("genai_prices")

from compared import Case, Compared, Reviewed, count_text, is_close
from genai_prices import __version__
from genai_side import NOON, RELEASED, Called, Context, called, cases, condition, contexts, instants, primes, total

from otel_llm_cost.call import Call, instant_of, unix_nano
from otel_llm_cost.cost import price_call
from otel_llm_cost.money import UNITS
from otel_llm_cost.prices.table import PriceTable
from otel_llm_cost.usage import Usage

TITLE = f"against genai-prices {__version__}, every model, name, tier and change that it states"


@pytest.fixture(scope="module")
def compared(request: pytest.FixtureRequest) -> Compared:
    held = Compared(PriceTable.shipped(), Reviewed.read("genai-prices"))
    for model in called(held.table):
        for at in instants(model):
            for context in contexts(model, at):
                found = list(cases(model, at, context))
                agreed = [held.add(case) for case in found]
                if at == NOON and not model.is_again and all(agreed):
                    _add_total(held, model, at, context, found)
    request.config.pluginmanager.register(_Summary(held), "against-genai-prices")
    return held


def test_every_rate_is_ours_or_reviewed_or_contested(compared: Compared) -> None:
    assert sorted(f"{case}, ours {count_text(ours, case.component)}" for case, ours in compared.differing) == []


def test_on_the_day_of_the_release_nothing_is_unpriced_by_us_alone(compared: Compared) -> None:
    since = instant_of(RELEASED.isoformat())
    late = [f"{reason}: {case}" for reason, found in compared.unpriced.items() for case in found if case.at_unix_nano >= since]
    assert sorted(late) == []


def test_every_total_is_ours_where_the_rates_are(compared: Compared) -> None:
    assert compared.counts["totals"] > 2000
    assert compared.wrong_totals == []


def test_no_review_is_stale(compared: Compared) -> None:
    assert compared.reviewed.stale == []


def test_it_compared_them_all(compared: Compared) -> None:
    assert len(compared.models) > 3000
    assert compared.counts["comparisons"] > 80_000


class _Summary:
    def __init__(self, held: Compared) -> None:
        self._held = held

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in self._held.lines(TITLE):
            terminalreporter.write_line(line)


def _add_total(held: Compared, model: Called, at: datetime, context: Context, found: list[Case]) -> None:
    """Compares what all components together cost, each with a count of its own."""
    counts = primes([case.component for case in found if case.above < 0])
    if not counts:
        return
    tier, region = condition(context)
    usage = Usage(**{name: count for name, count in counts.items() if name != "requests"})
    cost = price_call(Call(model.spelled, model.name, unix_nano(at), usage, tier, region=region), held.table)
    theirs = total(model, at, context, counts)
    held.counts["totals"] += 1
    if cost.units is None or not is_close(Fraction(cost.units, UNITS), theirs):
        held.wrong_totals.append(f"{model.spelled}/{model.name} ({tier}): theirs {theirs}, ours {cost.units}, {cost.reason}")
