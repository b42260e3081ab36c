"""Exact money: what is read, what is refused, and that nothing is rounded on the way."""

from __future__ import annotations

from decimal import Decimal, Inexact, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_llm_cost.money import DIGITS, UNITS, decimal_of, text_of, units_of, units_of_told

# Not 10**30 by name only: the unit is part of what the ledger adds up.
ONE = 1_000_000_000_000_000_000_000_000_000_000
LONG = 12345678901234567890123456789012345678901234567891


def test_a_unit_is_1e_30_of_a_currency() -> None:
    assert ONE == UNITS
    assert DIGITS == 30


@pytest.mark.parametrize(
    ("amount", "per", "units"),
    [
        pytest.param("0", 1, 0, id="zero"),
        pytest.param("-0", 1, 0, id="minus-zero"),
        pytest.param("1", 1, ONE, id="one"),
        pytest.param("2.50", 1_000_000, 2_500_000_000_000_000_000_000_000, id="a-rate-per-million"),
        pytest.param("0.0001", 1, 100_000_000_000_000_000_000_000_000, id="a-rate-per-second"),
        pytest.param("1e-30", 1, 1, id="the-finest-amount"),
        pytest.param("1e-24", 1_000_000, 1, id="the-finest-rate-per-million"),
        pytest.param("0.000000000000000000000000000003", 3, 1, id="divided-by-three-without-a-rest"),
        pytest.param("1E+3", 1, 1000 * ONE, id="with-an-exponent"),
        pytest.param("1e30", 1, ONE * ONE, id="the-largest-power-of-ten"),
        pytest.param(Decimal("19.997"), 1, 19_997 * ONE // 1000, id="a-decimal"),
        pytest.param("12345678901234567890.123456789012345678901234567891", 1, LONG, id="fifty-digits"),
    ],
)
def test_a_published_decimal_is_read_exactly(amount: str | Decimal, per: int, units: int) -> None:
    assert units_of(amount, per=per) == units


@pytest.mark.parametrize(
    ("amount", "per", "why"),
    [
        pytest.param("", 1, "not a decimal number", id="empty"),
        pytest.param("two", 1, "not a decimal number", id="a-word"),
        pytest.param("$2.50", 1, "not a decimal number", id="with-a-sign-of-currency"),
        pytest.param("2,50", 1, "not a decimal number", id="with-a-comma"),
        pytest.param("nan", 1, "not a finite number", id="nan"),
        pytest.param("sNaN", 1, "not a finite number", id="signalling-nan"),
        pytest.param("inf", 1, "not a finite number", id="infinite"),
        pytest.param("-Infinity", 1, "not a finite number", id="minus-infinite"),
        pytest.param("-0.01", 1, "a negative amount", id="negative"),
        pytest.param("-1e-30", 1, "a negative amount", id="hardly-negative"),
        pytest.param("1e31", 1, "beyond any bill", id="too-large"),
        pytest.param("1e-31", 1, "finer than 1e-30", id="too-fine"),
        pytest.param("1.0000000000000000000000000000001", 1, "finer than 1e-30", id="a-last-place-too-fine"),
        pytest.param("1e-25", 1_000_000, "finer than 1e-30", id="too-fine-per-million"),
        pytest.param("1", 3, "finer than 1e-30", id="a-third"),
    ],
)
def test_what_is_no_exact_amount_is_refused(amount: str, per: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        units_of(amount, per=per)


def test_an_amount_of_more_digits_than_a_context_holds_is_refused_and_not_rounded() -> None:
    with pytest.raises(ValueError, match="finer than 1e-30"):
        units_of("1." + "0" * 450 + "1")


@pytest.mark.parametrize(
    ("amount", "units"),
    [
        pytest.param(0.1, ONE // 10, id="a-float-is-the-decimal-it-prints"),
        pytest.param(1e-7, ONE // 10_000_000, id="a-small-float"),
        pytest.param(3, 3 * ONE, id="an-int"),
        pytest.param(0.0, 0, id="zero"),
        pytest.param(-0.0, 0, id="minus-zero"),
        pytest.param(Decimal("0.0035"), 35 * ONE // 10_000, id="a-decimal"),
        pytest.param(Decimal("0.5e-30"), 0, id="half-to-even-down"),
        pytest.param(Decimal("1.5e-30"), 2, id="half-to-even-up"),
        pytest.param(Decimal("1.4e-30"), 1, id="below-half"),
        pytest.param(Decimal("0.6e-30"), 1, id="above-half"),
        pytest.param(Decimal("9e30"), 9 * ONE * ONE, id="the-largest"),
    ],
)
def test_a_told_amount_is_read_as_it_prints(amount: float | Decimal, units: int) -> None:
    assert units_of_told(amount) == units


@pytest.mark.parametrize(
    "amount",
    [
        pytest.param(True, id="bool"),
        pytest.param("0.1", id="str"),
        pytest.param(None, id="none"),
        pytest.param([1], id="list"),
        pytest.param(float("nan"), id="nan"),
        pytest.param(float("inf"), id="infinite"),
        pytest.param(float("-inf"), id="minus-infinite"),
        pytest.param(Decimal("NaN"), id="decimal-nan"),
        pytest.param(Decimal("sNaN"), id="decimal-signalling-nan"),
        pytest.param(-0.01, id="negative"),
        pytest.param(-1, id="negative-int"),
        pytest.param(Decimal("-1e-40"), id="hardly-negative"),
        pytest.param(1e31, id="too-large"),
    ],
)
def test_what_is_no_amount_told_is_refused(amount: float) -> None:
    with pytest.raises(ValueError, match=r"not an? (number|amount)"):
        units_of_told(amount)


@pytest.mark.parametrize(
    ("units", "text"),
    [
        pytest.param(0, "0", id="zero"),
        pytest.param(1, "0.000000000000000000000000000001", id="one-unit"),
        pytest.param(ONE, "1", id="one"),
        pytest.param(100 * ONE, "100", id="no-exponent-for-hundreds"),
        pytest.param(5 * ONE // 2, "2.5", id="no-trailing-zeros"),
        pytest.param(4_350 * ONE // 10**9, "0.00000435", id="a-small-call"),
        pytest.param(ONE * ONE * ONE + 1, "1" + "0" * 60 + "." + "0" * 29 + "1", id="ninety-digits"),
    ],
)
def test_units_are_written_exactly_without_an_exponent(units: int, text: str) -> None:
    assert text_of(units) == text
    assert decimal_of(units).as_tuple() == Decimal(text).as_tuple()


def test_the_threads_own_decimal_context_changes_nothing() -> None:
    with localcontext() as context:
        context.prec = 2
        context.traps[Inexact] = True
        assert units_of("1.23456789") == 123_456_789 * ONE // 10**8
        assert units_of_told(1.23456789) == 123_456_789 * ONE // 10**8
        assert text_of(123_456_789 * ONE // 10**8) == "1.23456789"
        with pytest.raises(ValueError, match="not a decimal number"):
            units_of("two")


@given(st.integers(min_value=0, max_value=10**61 - 1))
def test_written_and_read_again_it_is_the_same(units: int) -> None:
    assert units_of(text_of(units)) == units
    assert Fraction(decimal_of(units)) == Fraction(units, ONE)


@given(st.decimals(min_value=0, max_value=10**9, places=24), st.sampled_from([1, 1_000_000]))
def test_units_are_the_exact_quotient(amount: Decimal, per: int) -> None:
    assert Fraction(units_of(str(amount), per=per), ONE) == Fraction(str(amount)) / per


@given(st.floats(min_value=0, max_value=1e30))
def test_a_told_float_is_at_most_half_a_unit_away(amount: float) -> None:
    assert abs(Fraction(units_of_told(amount), ONE) - Fraction(repr(amount))) <= Fraction(1, 2 * ONE)
