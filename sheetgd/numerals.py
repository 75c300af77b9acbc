"""Numbers as people write them, with a decimal point or a decimal comma."""

import math
from decimal import ROUND_FLOOR, Decimal


def read_number(text: str, decimal: str) -> float | None:
    """The finite number that a text is with this decimal mark; None if it is none.

    >>> read_number("2,5", ","), read_number("2,5", "."), read_number("inf", ".")
    (2.5, None, None)
    """
    # float() also takes "1_000", which no spreadsheet would have meant as a number.
    if "_" in text or (decimal == "," and "." in text):
        return None
    try:
        number = float(text.replace(decimal, "."))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def decimal_mark(text: str) -> str | None:
    """The decimal mark a number is written with, if any; None for what is no number.

    >>> decimal_mark("2,5"), decimal_mark("25"), decimal_mark("two")
    (',', '', None)
    """
    mark = "," if "," in text else "."
    if read_number(text, mark) is None:
        return None
    return mark if mark in text else ""


def in_digits(value: float, digits: int) -> float:
    """A number above 0 in so many digits, rounded down.

    What is a trifle away from such a number is that number: 0.3 * 0.1, for instance, is 0.03.

    >>> in_digits(0.17999, 2), in_digits(0.3 * 0.1, 2)
    (0.17, 0.03)
    """
    exact = Decimal(f"{value:.12g}")
    unit = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    return float(exact.quantize(unit, rounding=ROUND_FLOOR))
