"""Instants: how a call's time is read and written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_llm_cost.call import Call, instant_text, unix_nano
from otel_llm_cost.usage import Usage

SECOND = 1_000_000_000
# 20 days of 86400 s after 2025-01-01, which is 1735689600 s after the epoch (date -u -d 2025-01-01 +%s).
JANUARY_21 = (1_735_689_600 + 20 * 86_400) * SECOND


@pytest.mark.parametrize(
    ("at", "nano"),
    [
        pytest.param(datetime(1970, 1, 1, tzinfo=UTC), 0, id="epoch"),
        pytest.param(datetime(2025, 1, 21, tzinfo=UTC), JANUARY_21, id="utc"),
        pytest.param(datetime(2025, 1, 21, 5, 30, tzinfo=timezone(timedelta(hours=5, minutes=30))), JANUARY_21, id="east"),
        pytest.param(datetime(2025, 1, 20, 16, tzinfo=timezone(timedelta(hours=-8))), JANUARY_21, id="west-the-day-before"),
        pytest.param(datetime(2025, 1, 21, 1, tzinfo=ZoneInfo("Europe/Berlin")), JANUARY_21, id="named-zone"),
        pytest.param(datetime(2025, 1, 20, 23, 59, 59, 999_999, tzinfo=UTC), JANUARY_21 - 1000, id="a-microsecond-before"),
        pytest.param(datetime(2025, 1, 21, 0, 0, 0, 7, tzinfo=UTC), JANUARY_21 + 7000, id="microseconds-are-exact"),
        pytest.param(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), -1000, id="before-the-epoch"),
        pytest.param(datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), 253_402_300_799_999_999_000, id="the-last"),
        pytest.param(JANUARY_21 + 1, JANUARY_21 + 1, id="nanoseconds-as-they-are"),
    ],
)
def test_an_instant_is_nanoseconds_since_the_epoch(at: datetime | int, nano: int) -> None:
    assert unix_nano(at) == nano


def test_the_two_passes_of_an_hour_that_a_zone_repeats_are_an_hour_apart() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first, second = (datetime(2025, 10, 26, 2, 30, tzinfo=berlin, fold=fold) for fold in (0, 1))
    assert unix_nano(second) - unix_nano(first) == 3600 * SECOND


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="an instant needs a time zone"):
        unix_nano(datetime(2025, 1, 21))  # noqa: DTZ001 - that is what is refused


@pytest.mark.parametrize(
    ("nano", "text"),
    [
        pytest.param(0, "1970-01-01T00:00:00Z", id="epoch"),
        pytest.param(JANUARY_21, "2025-01-21T00:00:00Z", id="no-fraction-where-there-is-none"),
        pytest.param(JANUARY_21 - SECOND, "2025-01-20T23:59:59Z", id="a-second-before"),
        pytest.param(JANUARY_21 + 7000, "2025-01-21T00:00:00.000007Z", id="microseconds"),
        pytest.param(JANUARY_21 + 7999, "2025-01-21T00:00:00.000007Z", id="nanoseconds-are-cut"),
        pytest.param(JANUARY_21 - 1, "2025-01-20T23:59:59.999999Z", id="a-nanosecond-before-is-still-before"),
    ],
)
def test_an_instant_is_written_in_utc(nano: int, text: str) -> None:
    assert instant_text(nano) == text


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_read_and_written_is_the_same(at: datetime) -> None:
    assert datetime.fromisoformat(instant_text(unix_nano(at))) == at


def test_a_call_has_no_tier_no_doubt_and_no_cost_unless_told() -> None:
    call = Call("acme", "m", JANUARY_21, Usage(input=7))
    assert (call.tier, call.doubt, call.assumed, call.told) == (None, None, (), None)
    assert call == Call("acme", "m", JANUARY_21, Usage(input=7))
    assert call != Call("acme", "m", JANUARY_21 + 1, Usage(input=7))
