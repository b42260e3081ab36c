"""Exact running totals: integers, whatever the order, the threads and the buffer's size."""

from __future__ import annotations

from threading import Thread

import pytest
from conftest import TABLE, seeded

from otel_llm_cost.call import Call, Kind, Sighting, Told
from otel_llm_cost.cost import Cost, Status, price_call
from otel_llm_cost.ledger import totals as module
from otel_llm_cost.ledger.totals import Posting, Series, Totals
from otel_llm_cost.money import UNITS, units_of
from otel_llm_cost.usage import Usage

AT = 1_735_689_600_000_000_000
KIND = Kind("acme", "m", "chat", "m", "m")


def sighting(usage: Usage, *, kind: Kind = KIND, told: Told | None = None, error: str | None = None) -> Sighting:
    return Sighting(kind, Call("acme", kind.model, AT, usage, told=told), None, (), (), error)


def posting(totals: Totals, seen: Sighting) -> Posting:
    cost = price_call(seen.call, TABLE)
    told = cost.parts if cost.status is Status.REPORTED else ()
    return Posting(totals.series(seen, cost), seen.call.usage.counts, told, cost.units, None)


def begun(series: Series) -> Series:
    series.is_begun = True
    return series


def test_counts_add_up_and_the_money_is_their_product_with_the_rates() -> None:
    totals = Totals()
    for usage in (Usage(input=1009, output=101), Usage(input=7, output=11)):
        one = posting(totals, sighting(usage))
        begun(one.series)
        assert totals.post(one)
    totals.fold()
    (series,) = totals.snapshot()
    assert (series.calls, series.counts) == (2, [1009 + 7, 101 + 11])
    assert series.key.paid == ("input", "output")
    assert series.parts == [(1009 + 7) * units_of("3", per=10**6), (101 + 11) * units_of("15", per=10**6)]
    assert series.savings == 0


def test_a_told_cost_adds_up_as_told() -> None:
    totals = Totals()
    for amount in (0.37, 0.41):
        one = posting(totals, sighting(Usage(input=1009, output=101), told=Told(amount, "EUR")))
        begun(one.series)
        totals.post(one)
    totals.fold()
    (series,) = totals.snapshot()
    assert (series.key.currency, series.key.paid, series.key.quote) == ("EUR", ("unsplit",), None)
    assert series.parts == [units_of("0.78")]
    assert series.counts == [2 * 1009, 2 * 101]


def test_savings_are_what_cached_tokens_would_have_cost_uncached_less_what_they_cost() -> None:
    totals = Totals()
    one = posting(totals, sighting(Usage(input=7, cache_read=307, cache_write=211, cache_write_1h=13, output=11)))
    begun(one.series)
    totals.post(one)
    totals.fold()
    (series,) = totals.snapshot()
    rates = {name: units_of(rate, per=10**6) for name, rate in (("in", "3"), ("read", "0.30"), ("write", "3.75"), ("1h", "6"))}
    assert series.savings == 307 * (rates["in"] - rates["read"]) + 211 * (rates["in"] - rates["write"]) + 13 * (
        rates["in"] - rates["1h"]
    )


def test_what_was_posted_is_in_no_snapshot_before_it_is_folded() -> None:
    totals = Totals()
    one = posting(totals, sighting(Usage(input=7, output=11)))
    begun(one.series)
    totals.post(one)
    assert [series.calls for series in totals.snapshot()] == [0]
    assert totals.fold() == [one]
    assert totals.fold() == []
    assert [series.calls for series in totals.snapshot()] == [1]


def test_a_snapshot_does_not_change() -> None:
    totals = Totals()
    one = posting(totals, sighting(Usage(input=7, output=11)))
    begun(one.series)
    totals.post(one)
    totals.fold()
    (before,) = totals.snapshot()
    totals.post(one)
    totals.fold()
    assert (before.calls, before.counts) == (1, [7, 11])


def test_a_series_that_has_not_begun_is_in_no_snapshot() -> None:
    totals = Totals()
    totals.series(sighting(Usage(input=7, output=11)), Cost(Status.UNPRICED, "no_usage"))
    assert totals.snapshot() == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(sighting(Usage(input=7, output=11)), sighting(Usage(input=7)), id="components"),
        pytest.param(sighting(Usage(input=7, output=11)), sighting(Usage(input=7, output=11), error="timeout"), id="error-type"),
        pytest.param(
            sighting(Usage(input=7), told=Told(1.0, "USD")), sighting(Usage(input=7), told=Told(1.0, "EUR")), id="currency"
        ),
        pytest.param(
            sighting(Usage(input=7), told=Told(1.0, "USD")),
            sighting(Usage(input=7), told=Told(1.0, "USD", "provider")),
            id="source",
        ),
        pytest.param(
            sighting(Usage(input=7), told=Told(1.0, "USD")),
            sighting(Usage(input=7), told=Told(1.0, "USD", components={"input": 1.0})),
            id="breakdown",
        ),
        pytest.param(
            sighting(Usage(input=7, output=11)), sighting(Usage(input=7, output=11), kind=Kind("acme", "small", "chat")), id="model"
        ),
    ],
)
def test_unlike_calls_are_in_series_of_their_own(one: Sighting, other: Sighting) -> None:
    totals = Totals()
    assert posting(totals, one).series is posting(totals, one).series
    assert posting(totals, one).series is not posting(totals, other).series


def test_duplicates_have_a_series_without_money_or_tokens() -> None:
    totals = Totals()
    series = totals.series_of_duplicates(KIND)
    assert series is totals.series_of_duplicates(KIND)
    assert (series.key.status, series.key.used, series.key.paid, series.parts) == (Status.DUPLICATE, (), (), [])


def test_a_full_buffer_says_so_and_what_it_refuses_is_added_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_POSTED", 3)
    totals = Totals()
    one = posting(totals, sighting(Usage(input=7, output=11)))
    begun(one.series)
    posted = [totals.post(one) for _ in range(5)]
    assert posted == [True, True, True, False, False]
    for _ in range(posted.count(False)):
        totals.add(one)
    assert [series.calls for series in totals.snapshot()] == [2]
    assert len(totals.fold()) == 3
    assert [(series.calls, series.counts) for series in totals.snapshot()] == [(5, [35, 55])]
    # There is room again.
    assert totals.post(one)


def test_a_forked_child_drops_what_its_parent_posted_and_keeps_what_it_folded() -> None:
    totals = Totals()
    one = posting(totals, sighting(Usage(input=7, output=11)))
    begun(one.series)
    totals.post(one)
    totals.fold()
    totals.post(one)
    totals.renew_after_fork()
    assert totals.fold() == []
    assert [series.calls for series in totals.snapshot()] == [1]


@pytest.mark.parametrize("room", [10**6, 17], ids=["room", "overflow"])
def test_nothing_is_lost_between_threads(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    monkeypatch.setattr(module, "MAX_POSTED", room)
    totals = Totals()
    folded: list[Posting] = []
    added_at_once: list[int] = []
    threads, calls = 8, 2000

    def work(seed: int) -> None:
        dice = seeded(seed)
        for number in range(calls):
            one = posting(totals, sighting(Usage(input=dice.randrange(1, 100), output=seed + 1)))
            begun(one.series)
            if not totals.post(one):
                totals.add(one)
                added_at_once.append(1)
            if number % 101 == 0:
                folded.extend(totals.fold())

    workers = [Thread(target=work, args=(seed,)) for seed in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    folded.extend(totals.fold())
    (series,) = totals.snapshot()
    dices = [seeded(seed) for seed in range(threads)]
    tokens_in = sum(dice.randrange(1, 100) for dice in dices for _ in range(calls))
    assert series.calls == threads * calls
    assert series.counts == [tokens_in, calls * sum(range(1, threads + 1))]
    assert len(folded) + len(added_at_once) == threads * calls
    assert (len(added_at_once) > 0) is (room == 17)


def test_totals_do_not_round_where_doubles_would() -> None:
    totals = Totals()
    for amount in (Told(10**12, "USD"), *[Told(1e-12, "USD")] * 3):
        one = posting(totals, sighting(Usage(input=7), told=amount))
        begun(one.series)
        totals.post(one)
    totals.fold()
    (series,) = totals.snapshot()
    assert series.parts == [10**12 * UNITS + 3 * units_of("0.000000000001")]
