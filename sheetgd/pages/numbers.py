"""Numbers of the engine as a spreadsheet shows them."""

import math

from sheetgd.cells import ErrorValue


def shown(value: float, error: ErrorValue = ErrorValue.NUMBER) -> float | ErrorValue:
    """The value as a cell holds it: what is not a number becomes an error value.

    A spreadsheet has neither infinity nor NaN. Where Python's arithmetic reaches them, its
    formulas show ``#NUM!``, or ``#DIV/0!`` where they divide by zero.

    >>> shown(2.5), shown(math.inf)
    (2.5, <ErrorValue.NUMBER: '#NUM!'>)
    """
    return float(value) if math.isfinite(value) else error
