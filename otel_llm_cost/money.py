"""Exact money: integers of 1e-30 of a currency, from the published decimal to the edge.

The unit is far below any published rate (a token of $0.01 per million is 1e-8), so that rates, products and sums are plain
integer arithmetic. Where OpenTelemetry takes a double, `units / UNITS` is the nearest one: integers divide correctly rounded.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Self

DIGITS = 30
UNITS = 10**DIGITS
"""Units in one of a currency."""

# A Context of our own: the application may have changed the thread's.
_MOST_DIGITS = 300
_EXACT = Context(prec=_MOST_DIGITS + 100, rounding=ROUND_HALF_EVEN)


def units_of(amount: str | Decimal, *, per: int = 1) -> int:
    """The units in `amount` / `per`, exactly.

    Raises ValueError where `amount` is no finite decimal number, is negative, or needs more than 30 decimal places.
    """
    try:
        number = Decimal(amount)
    except (InvalidOperation, TypeError, ValueError):
        raise ValueError(f"not a decimal number: {amount!r}") from None
    if not number.is_finite():
        raise ValueError(f"not a finite number: {amount!r}")
    if number < 0:
        raise ValueError(f"a negative amount: {amount!r}")
    if number and number.adjusted() > DIGITS:
        raise ValueError(f"an amount beyond any bill: {amount!r}")
    if number and number.adjusted() < -_MOST_DIGITS:
        raise ValueError(f"finer than 1e-{DIGITS}: {amount!r} per {per}")
    if len(number.as_tuple().digits) > _MOST_DIGITS:
        raise ValueError(f"finer than 1e-{DIGITS}: more than {_MOST_DIGITS} digits")
    scaled = number.scaleb(DIGITS, _EXACT)
    units, rest = divmod(int(scaled), per)
    if rest or int(scaled) != scaled:
        raise ValueError(f"finer than 1e-{DIGITS}: {amount!r} per {per}")
    return units


def units_of_told(amount: float | Decimal) -> int:
    """The units in a cost that was told to us as a number, read as the decimal that it prints, rounded half-even to 1e-30.

    Raises ValueError where it is not finite or is negative.
    """
    if isinstance(amount, bool) or not isinstance(amount, int | float | Decimal):
        raise ValueError(f"not a number: {amount!r}")  # noqa: TRY004 - one error for the caller to catch
    number = Decimal(repr(amount)) if isinstance(amount, float) else Decimal(amount)
    if not number.is_finite() or number < 0 or number.adjusted() > DIGITS:
        raise ValueError(f"not an amount of money: {amount!r}")
    return int(number.scaleb(DIGITS, _EXACT).to_integral_value(ROUND_HALF_EVEN, _EXACT))


def decimal_of(units: int) -> Decimal:
    """The exact decimal, without trailing zeros or an exponent."""
    number = Decimal(units).scaleb(-DIGITS, _EXACT).normalize(_EXACT)
    return number.quantize(Decimal(1), context=_EXACT) if number.as_tuple().exponent > 0 else number  # type: ignore[operator]


def text_of(units: int) -> str:
    """The exact decimal as text, never in scientific notation."""
    return format(decimal_of(units), "f")


class ExactDouble(float):
    """The double nearest to an amount, which adds up exactly with its like.

    The SDK adds up what instruments are given, as doubles, and a sum of doubles drifts. It adds these with `+` too, so the sum of
    any of them, in any order and over any collections, is the double nearest to the exact sum.
    """

    __slots__ = ("units",)
    units: int

    def __new__(cls, units: int) -> Self:
        """From units of 1e-30."""
        double = super().__new__(cls, units / UNITS)
        double.units = units
        return double

    def __add__(self, other: float) -> float:
        if type(other) is ExactDouble:
            return ExactDouble(self.units + other.units)
        return self if other == 0 else float(self) + other

    __radd__ = __add__

    def __reduce__(self) -> tuple[type[ExactDouble], tuple[int]]:
        return ExactDouble, (self.units,)
