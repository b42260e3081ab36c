"""Hours, weekdays and holidays by the clock of a zone: midnights, summer time, half-hour zones; and what is remembered of a day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from otel_llm_cost.prices import clock as prices_clock
from otel_llm_cost.prices.clock import DAY_NANOS, Clock, Clocks, hours_of, weekdays_of, zone_of

NANO = 1_000_000_000


def at(text: str, zone: str = "UTC", *, fold: int = 0) -> int:
    """An instant by the clock of a zone, in nanoseconds."""
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return int(local.astimezone(UTC).timestamp()) * NANO


def clock(hours: str = "", weekdays: str = "", zone: str = "UTC", holidays: tuple[str, ...] = ()) -> Clock:
    return Clock(
        hours_of(hours) if hours else (),
        weekdays_of(weekdays) if weekdays else frozenset(),
        zone,
        frozenset(map(date.fromisoformat, holidays)),
    )


# Reading --------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "windows"),
    [
        pytest.param("09:00-17:30", ((540, 1050),), id="one"),
        pytest.param("01:00-04:00,22:00-06:00", ((60, 240), (1320, 360)), id="two-one-past-midnight"),
        pytest.param("01:00-04:00, 06:00-10:00", ((60, 240), (360, 600)), id="a-blank-between"),
        pytest.param("00:00-24:00", ((0, 1440),), id="the-whole-day"),
        pytest.param("23:59-00:00", ((1439, 0),), id="the-last-minute"),
    ],
)
def test_hours(text: str, windows: tuple[tuple[int, int], ...]) -> None:
    assert hours_of(text) == windows


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("9:00-17:00", id="one-digit"),
        pytest.param("09:00", id="no-end"),
        pytest.param("09:00-09:00", id="no-time-at-all"),
        pytest.param("09:60-10:00", id="no-such-minute"),
        pytest.param("09:00-10:60", id="no-such-minute-at-the-end"),
        pytest.param("24:00-01:00", id="begins-at-24"),
        pytest.param("09:00-24:01", id="ends-after-24"),
        pytest.param("09:00-25:00", id="no-such-hour"),
        pytest.param("09:00-10:00,", id="a-comma-too-many"),
        pytest.param("09:00-10:00;11:00-12:00", id="semicolon"),
        pytest.param("9am-5pm", id="words"),
    ],
)
def test_what_are_no_hours(text: str) -> None:
    with pytest.raises(ValueError, match="no hours such as 09:00-17:30"):
        hours_of(text)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        pytest.param("mon", {0}, id="one"),
        pytest.param("mon-fri", {0, 1, 2, 3, 4}, id="a-range"),
        pytest.param("sat,sun", {5, 6}, id="two"),
        pytest.param("sat-mon", {5, 6, 0}, id="over-the-end-of-the-week"),
        pytest.param("fri-thu", {0, 1, 2, 3, 4, 5, 6}, id="round-the-week"),
        pytest.param("mon-wed,sat", {0, 1, 2, 5}, id="a-range-and-one"),
        pytest.param("Mon - Fri, SUN", {0, 1, 2, 3, 4, 6}, id="blanks-and-case"),
        pytest.param("tue-tue", {1}, id="a-range-of-one"),
    ],
)
def test_weekdays(text: str, days: set[int]) -> None:
    assert weekdays_of(text) == days


@pytest.mark.parametrize("text", ["", "mo", "monday", "mon-", "-fri", "mon-fri-sun", "mon fri", "mon,,fri", "1-5"])
def test_what_are_no_weekdays(text: str) -> None:
    with pytest.raises(ValueError, match="no weekdays such as mon-fri"):
        weekdays_of(text)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "utc+1", "Europe"])
def test_what_is_no_zone(name: str) -> None:
    with pytest.raises(ValueError, match="no such time zone"):
        zone_of(name)


# Hours ----------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("held", "instant", "zone", "holds"),
    [
        pytest.param(clock("09:00-17:30"), "2026-03-02T09:00", "UTC", True, id="from-inclusive"),
        pytest.param(clock("09:00-17:30"), "2026-03-02T17:30", "UTC", False, id="until-exclusive"),
        pytest.param(clock("22:00-06:00"), "2026-03-02T22:00", "UTC", True, id="past-midnight-from"),
        pytest.param(clock("22:00-06:00"), "2026-03-02T00:00", "UTC", True, id="past-midnight-at-midnight"),
        pytest.param(clock("22:00-06:00"), "2026-03-02T06:00", "UTC", False, id="past-midnight-until"),
        pytest.param(clock("20:00-24:00"), "2026-03-03T00:00", "UTC", False, id="24:00-is-the-end-of-the-day"),
        pytest.param(clock("20:00-00:00"), "2026-03-03T00:00", "UTC", False, id="00:00-is-the-same-end"),
        pytest.param(clock("00:00-24:00"), "2026-03-03T00:00", "UTC", True, id="the-whole-day"),
        pytest.param(clock("16:30-00:30", zone="Asia/Kolkata"), "2026-03-02T16:30", "Asia/Kolkata", True, id="half-hour-zone"),
        pytest.param(clock("16:30-00:30", zone="Asia/Kolkata"), "2026-03-02T11:00", "UTC", True, id="half-hour-zone-in-utc"),
        pytest.param(clock("09:00-10:00", zone="Asia/Kathmandu"), "2026-03-02T03:15", "UTC", True, id="quarter-hour-zone"),
        pytest.param(clock("01:00-04:00", "", "America/New_York"), "2026-03-02T06:00", "UTC", True, id="winter-in-new-york"),
        pytest.param(clock("01:00-04:00", "", "America/New_York"), "2026-07-02T05:00", "UTC", True, id="summer-in-new-york"),
        # Days.
        pytest.param(clock(weekdays="sat,sun"), "2026-03-07T00:00", "UTC", True, id="saturday-from-midnight"),
        pytest.param(clock(weekdays="sat,sun"), "2026-03-09T00:00", "UTC", False, id="until-monday-midnight"),
        pytest.param(
            clock(weekdays="sat", zone="Asia/Tokyo"), "2026-03-06T15:00", "UTC", True, id="saturday-in-tokyo-is-friday-in-utc"
        ),
        pytest.param(
            clock(weekdays="sat", zone="Asia/Tokyo"), "2026-03-07T15:00", "UTC", False, id="sunday-in-tokyo-is-saturday-in-utc"
        ),
        pytest.param(clock("22:00-06:00", "fri"), "2026-03-06T22:00", "UTC", True, id="friday-night"),
        pytest.param(clock("22:00-06:00", "fri"), "2026-03-07T00:00", "UTC", False, id="past-midnight-it-is-saturday"),
        pytest.param(clock("22:00-06:00", "fri"), "2026-03-06T05:59:59", "UTC", True, id="friday-before-dawn"),
        # Holidays.
        pytest.param(clock(weekdays="mon-fri", holidays=("2026-10-01",)), "2026-10-01T00:00", "UTC", False, id="a-holiday-begins"),
        pytest.param(clock(weekdays="mon-fri", holidays=("2026-10-01",)), "2026-10-02T00:00", "UTC", True, id="a-holiday-ends"),
        pytest.param(
            clock(weekdays="mon-fri", zone="Asia/Shanghai", holidays=("2026-10-01",)),
            "2026-09-30T16:00",
            "UTC",
            False,
            id="a-holiday-begins-by-its-zone",
        ),
        pytest.param(
            clock("09:00-17:00", holidays=("2026-10-01",)), "2026-10-01T09:00", "UTC", False, id="a-holiday-without-weekdays"
        ),
    ],
)
def test_a_clock_holds_to_the_nanosecond(held: Clock, instant: str, zone: str, *, holds: bool) -> None:
    """What it changes to at its edges: what is inside lasts to the nanosecond before the edge."""
    assert held.holds_at(at(instant, zone)) is holds
    assert Clocks([held]).holding(at(instant, zone)) == (holds,)


@pytest.mark.parametrize(
    ("held", "edge", "before", "after"),
    [
        pytest.param(clock("09:00-17:30"), at("2026-03-02T09:00"), False, True, id="the-hours-begin"),
        pytest.param(clock("09:00-17:30"), at("2026-03-02T17:30"), True, False, id="the-hours-end"),
        pytest.param(clock("20:00-24:00"), at("2026-03-03T00:00"), True, False, id="midnight"),
        pytest.param(clock(weekdays="sat,sun"), at("2026-03-07T00:00"), False, True, id="the-weekend-begins"),
        pytest.param(clock(weekdays="sat,sun"), at("2026-03-09T00:00"), True, False, id="the-weekend-ends"),
        pytest.param(
            clock(weekdays="sat,sun", zone="Asia/Kolkata"), at("2026-03-06T18:30"), False, True, id="the-weekend-begins-in-india"
        ),
        pytest.param(
            clock(weekdays="thu", holidays=("2026-10-01",)), at("2026-10-01T00:00"), False, False, id="a-holiday-takes-the-day"
        ),
        # Europe: on 2026-03-29, 02:00 becomes 03:00 (01:00 UTC); on 2026-10-25, 03:00 becomes 02:00 again (01:00 UTC).
        pytest.param(
            clock("02:00-04:00", zone="Europe/Berlin"), at("2026-03-29T01:00"), False, True, id="the-hour-that-is-left-out"
        ),
        pytest.param(clock("02:00-04:00", zone="Europe/Berlin"), at("2026-03-29T02:00"), True, False, id="one-hour-of-two-is-left"),
        pytest.param(clock("02:30-02:45", zone="Europe/Berlin"), at("2026-03-29T01:00"), False, False, id="hours-that-never-come"),
        pytest.param(
            clock("02:00-03:00", zone="Europe/Berlin"), at("2026-10-25T00:00"), False, True, id="the-hour-that-comes-twice"
        ),
        pytest.param(clock("02:00-03:00", zone="Europe/Berlin"), at("2026-10-25T01:00"), True, True, id="the-second-time"),
        pytest.param(clock("02:00-03:00", zone="Europe/Berlin"), at("2026-10-25T02:00"), True, False, id="after-the-second-time"),
        pytest.param(clock("02:30-03:00", zone="Europe/Berlin"), at("2026-10-25T01:00"), True, False, id="back-before-it-began"),
        pytest.param(clock("02:30-03:00", zone="Europe/Berlin"), at("2026-10-25T01:30"), False, True, id="and-again"),
        # Lord Howe Island puts its clock on by half an hour: on 2026-10-04, 02:00 becomes 02:30 (15:30 UTC the day before).
        pytest.param(
            clock("02:15-02:45", zone="Australia/Lord_Howe"), at("2026-10-03T15:30"), False, True, id="half-an-hour-is-left-out"
        ),
        pytest.param(
            clock("02:15-02:45", zone="Australia/Lord_Howe"), at("2026-10-03T15:45"), True, False, id="a-quarter-of-it-is-left"
        ),
    ],
)
def test_a_clock_changes_at_its_edge_and_not_a_nanosecond_before(held: Clock, edge: int, *, before: bool, after: bool) -> None:
    remembered = Clocks([held])
    for instant, holds in ((edge - 1, before), (edge, after)):
        assert held.holds_at(instant) is holds
        assert remembered.holding(instant) == (holds,)


# What is remembered of a day ------------------------------------------------------------------------------------------------------
ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "Asia/Shanghai", "Asia/Kolkata", "Asia/Kathmandu"),
    *("Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Kiritimati", "America/St_Johns", "Africa/Casablanca", "America/Havana"),
)
MINUTE = st.integers(0, 23).flatmap(lambda hour: st.sampled_from([0, 1, 15, 30, 45, 59]).map(lambda minute: hour * 60 + minute))


@st.composite
def clocks(draw: st.DrawFn) -> Clock:
    windows = [pair for pair in draw(st.lists(st.tuples(MINUTE, MINUTE | st.just(1440)), max_size=3)) if pair[0] != pair[1]]
    return Clock(
        tuple(windows),
        draw(st.frozensets(st.integers(0, 6), max_size=5)),
        draw(st.sampled_from(ZONES)),
        draw(st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=3)),
    )


# Where clocks change and days begin, somewhere; and any instant of 2026.
INSTANTS = st.integers(at("2026-01-01T00:00"), at("2027-01-01T00:00")) | st.builds(
    lambda day, quarter, more: at("2026-01-01T00:00") + day * DAY_NANOS + quarter * 900 * NANO + more,
    st.sampled_from([0, 66, 67, 86, 87, 93, 94, 95, 275, 276, 277, 296, 297, 303, 304, 305]) | st.integers(0, 364),
    st.integers(0, 95),
    st.integers(-1, 1),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(clocks(), min_size=1, max_size=3), st.lists(INSTANTS, min_size=1, max_size=8))
def test_what_is_remembered_of_a_day_is_what_each_clock_says(held: list[Clock], instants: list[int]) -> None:
    remembered = Clocks(held)
    for instant in instants:
        assert remembered.holding(instant) == tuple(one.holds_at(instant) for one in held)


@settings(max_examples=150, deadline=None)
@given(clocks(), INSTANTS)
def test_a_clock_holds_by_what_a_wall_clock_shows(held: Clock, instant: int) -> None:
    local = datetime.fromtimestamp(instant // NANO, UTC).astimezone(ZoneInfo(held.zone))
    minute = local.hour * 60 + local.minute
    in_hours = not held.hours or any(
        minute in {*range(begin, end)} if begin < end else minute not in {*range(end, begin)} for begin, end in held.hours
    )
    in_days = (not held.weekdays or local.weekday() in held.weekdays) and local.date() not in held.holidays
    assert held.holds_at(instant) == (in_hours and in_days)


@settings(max_examples=100, deadline=None)
@given(clocks(), INSTANTS)
def test_the_next_change_is_the_first(held: Clock, instant: int) -> None:
    remembered = Clocks([held])
    change = remembered.next_change(instant, 2)
    end = change if change is not None else (instant // DAY_NANOS + 2) * DAY_NANOS
    assert all(held.holds_at(one) == held.holds_at(instant) for one in range(instant, end, 300 * NANO))
    assert held.holds_at(end - 1) == held.holds_at(instant)
    if change is not None:
        assert held.holds_at(change) != held.holds_at(instant)


def test_days_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prices_clock, "_MAX_DAYS", 5)
    remembered = Clocks([clock("09:00-17:00")])
    for day in range(23):
        assert remembered.holding(at("2026-01-01T09:00") + day * DAY_NANOS) == (True,)
    assert len(remembered._days) <= 5


def test_before_the_epoch_too() -> None:
    held = clock("09:00-17:00")
    assert [held.holds_at(at("1969-12-31T09:00") + more) for more in (-1, 0)] == [False, True]
    assert [Clocks([held]).holding(at("1969-12-31T09:00") + more) for more in (-1, 0)] == [(False,), (True,)]
