"""Quantities are exact decimals with at most three places (R6)."""

from decimal import Decimal, InvalidOperation

PLACES = 3
LARGEST_QUANTITY = Decimal(10) ** 12
ZERO = Decimal(0)


class QuantityError(ValueError):
    """Something was given as a quantity that is none; the text says what is allowed."""


def quantity(value: object) -> Decimal:
    """Read a quantity in units from an int, a Decimal or a decimal string; refuse floats, NaN and a fourth place."""
    if type(value) is int and 0 <= value <= LARGEST_QUANTITY:
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise QuantityError(f"found {type(value).__name__}; allowed: a number or a decimal string")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise QuantityError("found text that is not a number; allowed: a number or a decimal string") from None
    if not number.is_finite():
        raise QuantityError(f"found {number}; allowed: a finite number")
    if number < 0:
        raise QuantityError(f"found {plain(number)}; allowed: 0 or more")
    if number > LARGEST_QUANTITY:
        raise QuantityError("found a number above 1 000 000 000 000; allowed: at most that")
    if -_exponent(number.normalize()) > PLACES:
        raise QuantityError(f"found {number}; allowed: at most {PLACES} decimal places")
    return number.normalize() + ZERO if number else ZERO


def plain(number: Decimal) -> str:
    """Write a quantity without exponent and without trailing zeros: `40`, `2.5`."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
