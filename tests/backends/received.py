"""What Prometheus holds, beside the exact ledger."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

import pytest

from tests.backends.programs import Program, Prometheus, wait_for
from tests.backends.spending import LABELS, Call, Ledger, Series, series

Totals: TypeAlias = "dict[str, dict[Series, float]]"
"""By metric and series."""


def received(prometheus: Prometheus) -> dict[str, Totals]:
    """The newest value of every series, by process; also of processes that ended."""
    found: dict[str, Totals] = {}
    for metric, names in LABELS.items():
        for labels, value in prometheus.query(f"last_over_time({metric}[1h])"):
            totals = found.setdefault(labels["instance"], {name: {} for name in LABELS})[metric]
            key = series({name: labels[name] for name in names if name in labels})
            assert key not in totals, f"two series of one process that only other labels tell apart: {labels}"
            totals[key] = value
    return found


def expected(calls: Mapping[str, Sequence[Call]]) -> dict[str, Totals]:
    """The same, from what each process spent."""
    return {instance: Ledger(made).doubles() for instance, made in calls.items()}


def wait_for_ledger(prometheus: Prometheus, calls: Mapping[str, Sequence[Call]], *others: Program) -> None:
    """Until every series of every process is the double nearest to its exact total, and there is no other."""
    wanted = expected(calls)
    wait_for(
        lambda: received(prometheus) == wanted,
        f"the ledger {wanted}",
        prometheus,
        *others,
        state=lambda: received(prometheus),
    )


def assert_sums(prometheus: Prometheus, calls: Mapping[str, Sequence[Call]]) -> None:
    """What a user adds up: spend by currency, tokens and calls, over all processes."""
    made = [call for process in calls.values() for call in process]
    spend: dict[str, Fraction] = {}
    for call in made:
        if call.cost:
            spend[call.currency] = spend.get(call.currency, Fraction(0)) + call.cost
    by_currency = prometheus.query("sum by (gen_ai_usage_cost_currency) (last_over_time(llm_cost_spend_total[1h]))")
    assert {labels["gen_ai_usage_cost_currency"]: value for labels, value in by_currency} == {
        currency: pytest.approx(float(total), rel=1e-12) for currency, total in spend.items()
    }
    ((_, tokens),) = prometheus.query("sum(last_over_time(llm_cost_tokens_total[1h]))")
    assert tokens == sum(sum(call.counts.values()) for call in made)
    ((_, counted),) = prometheus.query("sum(last_over_time(llm_cost_calls_total[1h]))")
    assert counted == len(made)


def assert_increases(prometheus: Prometheus, calls: Mapping[str, Sequence[Call]], selector: str = "anchored") -> None:
    """Spend over a window that holds the births of all series, as `increase` has it with start times."""
    made = [call for process in calls.values() for call in process]
    for currency in {call.currency for call in made if call.cost}:
        query = f'sum(increase(llm_cost_spend_total{{gen_ai_usage_cost_currency="{currency}"}}[1h] {selector}))'
        ((_, spent),) = prometheus.query(query)
        assert math.isclose(spent, float(sum(call.cost for call in made if call.currency == currency)), rel_tol=1e-9)
