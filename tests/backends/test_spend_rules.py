"""The recorded spend equals the exact ledger: of real programs, and of five weeks in which everything befalls a counter."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Final

import pytest

from tests.backends.history import NEAR, at, blocks, spent
from tests.backends.process import LOOPBACK
from tests.backends.programs import Prometheus, free_port, prometheus, wait_for
from tests.backends.received import wait_for_ledger
from tests.backends.rules import ANCHORED, OLDER, TO_DATE, copied, loaded, rule
from tests.backends.spending import CACHED, DEAR, EURO, FAILED, PLAIN, UNKNOWN, Call, spender

EXACT: Final = 1e-9
CLOSE: Final = 0.01
FORMS: Final = [(ANCHORED, None), (OLDER, "")]
MOMENTS: Final = {
    "a Thursday": at("2026-11-26", "15:37:20"),
    "the last second of a Sunday": at("2026-11-29", "23:59:59"),
    "a Monday, the month's last day": at("2026-11-30", "00:20:00"),
    "the month's last minute": at("2026-11-30", "23:59:30"),
    "the month's end": at("2026-12-01"),
    "the first minute": at("2026-12-01", "00:00:30"),
    "the second minute": at("2026-12-01", "00:01:00"),
    "after the night": at("2026-12-01", "10:00:10"),
}


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    data = blocks(tmp_path_factory.mktemp("past"))
    with prometheus("", ["--storage.tsdb.retention.time=400d"], data) as backend:
        yield backend


def asked(backend: Prometheus, expression: str, moment: int) -> dict[tuple[str, str], float]:
    """By service and currency."""
    found = backend.query(expression, time=str(moment))
    return {(labels["service_name"], labels["gen_ai_usage_cost_currency"]): value for labels, value in found}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
@pytest.mark.parametrize("period", ["day", "week", "month"])
@pytest.mark.parametrize("form", [ANCHORED, OLDER])
def test_the_past(past: Prometheus, form: str, period: str, moment: int) -> None:
    """Births, with a zero sample and without, restarts, resets, ends, an outage over midnight and one over a weekend."""
    found, wanted = asked(past, rule(form, TO_DATE, period), moment), spent(period, moment)
    # A series that has ended is told for three days more: nothing was spent by it.
    assert {key: value for key, value in found.items() if key not in wanted and value} == {}
    near = NEAR if form == OLDER else frozenset()
    for key, exact in wanted.items():
        assert found[key] == pytest.approx(float(exact), rel=CLOSE if key[0] in near else EXACT, abs=1e-12), key


@pytest.mark.parametrize("form", [ANCHORED, OLDER])
def test_the_last_hour_of_the_past(past: Prometheus, form: str) -> None:
    moment = at("2026-11-30", "08:45:00")
    found = asked(past, rule(form, "currency_service:llm_cost_spend:increase1h"), moment)
    wanted = spent("hour", moment)
    # The weekend without Prometheus ended in this hour: its money is seen now.
    assert wanted["weekend", "USD"] > 10 * wanted["steady", "USD"]
    for key, exact in wanted.items():
        assert found[key] == pytest.approx(float(exact), rel=CLOSE if key[0] in NEAR else EXACT, abs=1e-12), key


def feed(backend: Prometheus) -> list[Call]:
    """Three processes, one of which comes back under its old identity; new series in each; and a restart of Prometheus."""
    spent_by: dict[str, list[Call]] = {}
    with spender(backend.otlp_http, OTEL_RESOURCE_ATTRIBUTES="service.instance.id=one") as one:
        one.spend(PLAIN, CACHED, FAILED, DEAR)
        one.terminate()
    spent_by["one"] = one.calls
    wait_for_ledger(backend, spent_by)
    with spender(backend.otlp_http, OTEL_RESOURCE_ATTRIBUTES="service.instance.id=two") as two:
        two.spend(PLAIN, UNKNOWN)
        spent_by["two"] = two.calls
        wait_for_ledger(backend, spent_by)
        backend.stop()
        two.spend(EURO)
        backend.start()
        wait_for_ledger(backend, spent_by)
        two.spend(DEAR)
        two.terminate()
    wait_for_ledger(backend, spent_by)
    before = [call for calls in spent_by.values() for call in calls]
    with spender(backend.otlp_http, OTEL_RESOURCE_ATTRIBUTES="service.instance.id=one") as again:
        again.spend(PLAIN)
        again.terminate()
    # A reset of the series of input tokens and output tokens of this model.
    spent_by["again"] = again.calls
    wanted = float(PLAIN.costs["input"])
    newest = (
        'last_over_time(llm_cost_spend_total{instance="one", gen_ai_response_model="writer-1", llm_cost_component="input"}[1h])'
    )
    wait_for(lambda: [value for _, value in backend.query(newest)] == [wanted], "the restarted process's money", backend)
    return before + again.calls


def by_currency(calls: list[Call]) -> dict[str, Fraction]:
    totals: dict[str, Fraction] = {}
    for call in calls:
        if call.cost:
            totals[call.currency] = totals.get(call.currency, Fraction(0)) + call.cost
    return totals


def wait_for_an_hour_of_the_day() -> None:
    """Not through midnight: what was spent today would be spent yesterday."""
    if (left := 86400 - time.time() % 86400) < 300:
        time.sleep(left + 1)


def test_real_programs(tmp_path: Path) -> None:
    """Without data nothing is recorded; then what the programs spent, in both forms, the older on a Prometheus without features."""
    wait_for_an_hour_of_the_day()
    with ExitStack() as stack:
        backends = {
            form: stack.enter_context(
                prometheus(
                    copied(tmp_path / form, form, f"{LOOPBACK}:{free_port()}"),
                    **({} if features is None else {"features": features}),
                )
            )
            for form, features in FORMS
        }
        for backend in backends.values():
            loaded(backend)
            assert backend.query('{__name__=~"currency.*"}') == []
        spent_in = {form: by_currency(feed(backend)) for form, backend in backends.items()}
        # What was spent in this minute is told when it is over.
        time.sleep(60 - time.time() % 60)
        for form, backend in backends.items():
            exact = {(period, currency): total for currency, total in spent_in[form].items() for period in ("day", "week", "month")}
            assert {currency for _, currency in exact} == {"USD", "EUR"}
            tolerance = EXACT if form == ANCHORED else CLOSE
            wanted = {key: pytest.approx(float(total), rel=tolerance) for key, total in exact.items()}

            def found(backend: Prometheus = backend) -> dict[tuple[str, str], float]:
                recorded = backend.query("currency:llm_cost_spend:to_date")
                return {(labels["period"], labels["gen_ai_usage_cost_currency"]): value for labels, value in recorded}

            wait_for(lambda found=found, wanted=wanted: found() == wanted, f"{form} to record {wanted}", backend, state=found)
            last_hour = {
                labels["gen_ai_usage_cost_currency"]: value for labels, value in backend.query("currency:llm_cost_spend:increase1h")
            }
            assert last_hour == {currency: pytest.approx(float(total), rel=tolerance) for currency, total in spent_in[form].items()}
