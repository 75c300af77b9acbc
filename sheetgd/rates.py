"""Learning rates to be compared: written as a range, or chosen from the data, and for how long."""

import math
from itertools import pairwise
from typing import Final

from sheetgd.auto import chosen_rate, rate_scale
from sheetgd.cells import MAX_COLUMNS
from sheetgd.choosable import Auto
from sheetgd.errors import LessonError
from sheetgd.lesson import DEFAULT_CAPACITY, LEAST_RATE_EPOCHS, Lesson
from sheetgd.maths.step import OF_THE_ROW, lasting_columns, step_columns

DIGITS: Final = 4
"""Rates in between are rounded to so many digits, so that what is shown is what is run."""

MOST_FORMULAS: Final = 600_000
"""A workbook with more than this in its sheets of rates opens too slowly to be of use."""

_OTHER_COLUMNS = 32
"""Beside those of the rates: margins, epochs, and what charts are drawn from."""

_COMFORTABLE_CELLS, _MOST_CELLS, _FEW_EPOCHS = 11_000, 22_000, 10
"""Unless epochs are asked for, the steps of all rates take at most so many cells.

For the sake of ten epochs, which tell more than fewer, they may take twice as many.
"""

_ROUND = 5
"""Epochs that are fewer for the cells' sake are a multiple of this."""

_AROUND_CHOSEN = (0.001, 0.01, 0.1, 0.4, 1.0, 2.5)
_BEYOND, _BEYOND_SCALE = 50.0, 10.0
"""The last of the rates is so many times the chosen one, and so far beyond the data's scale."""
_FORMS = "write LOW:HIGH:COUNT, such as 1e-6:1e-2:25, or rates with commas, such as 0.01,0.1"


def rates_of(text: str) -> tuple[float, ...]:
    """Read learning rates: a range spaced evenly on a log scale, or a list.

    Args:
        text: ``LOW:HIGH:COUNT``, both ends included; or rates with commas between them.

    Returns:
        The rates. The ends of a range are as they are written, those in between rounded to
        four digits (to more where the range is so narrow that they would be the same).

    Raises:
        LessonError: when it is neither, or a rate is not above 0.

    >>> rates_of("0.001:1:4"), rates_of("0.1, 0.25"), rates_of("1e-2:1e-1:3")
    ((0.001, 0.01, 0.1, 1.0), (0.1, 0.25), (0.01, 0.03162, 0.1))
    """
    parts = text.split(":")
    if len(parts) == 1:
        return tuple(_rate(text, each) for each in text.split(","))
    if len(parts) != 3:  # noqa: PLR2004  low, high, count
        raise LessonError(f"learn {text!r} is neither a range nor a list: {_FORMS}")
    low, high = _rate(text, parts[0]), _rate(text, parts[1])
    count = int(parts[2]) if parts[2].strip().isdecimal() else 0
    if count < 2:  # noqa: PLR2004  a range has two ends
        raise LessonError(
            f"learn {text!r}: {parts[2].strip()!r} is no count of rates; it must be a whole "
            "number, 2 or more"
        )
    if not low < high:
        raise LessonError(f"learn {text!r}: the first rate must be below the second; swap them")
    for digits in range(DIGITS, 18):
        # By logarithms, as the quotient of very far ends may be beyond all numbers.
        step = (math.log(high) - math.log(low)) / (count - 1)
        between = [
            _rounded(math.exp(math.log(low) + step * each), digits) for each in range(1, count - 1)
        ]
        found = (low, *between, high)
        if all(one < other for one, other in pairwise(found)):
            return found
    raise LessonError(f"learn {text!r}: {count} rates do not fit in between; ask for fewer")


def _rate(text: str, part: str) -> float:
    try:
        value = float(part)
    except ValueError:
        raise LessonError(f"learn {text!r}: {part.strip()!r} is not a number; {_FORMS}") from None
    if not 0 < value < math.inf:
        raise LessonError(f"learn {text!r}: a learning rate must be a number above 0, not {value}")
    return value


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def rates_for(lesson: Lesson) -> tuple[float, ...]:
    """The learning rates that a lesson's are compared at: its own, or eight that are chosen.

    These lie around the rate that suits the data (`sheetgd.auto.chosen_rate`), from a thousandth
    of it to far too much, so that several verdicts are among them.

    >>> rates_for(Lesson(x=(0,), y=(0,), model="w", gradient="exact"))
    (0.0005, 0.005, 0.05, 0.2, 0.5, 1.2, 5.6, 25.0)
    """
    if lesson.rates:
        return tuple(lesson.rates)
    rate, how = lesson.learn, lesson.auto.get("learn", Auto.PENDING)
    if how is Auto.PENDING:
        rate, how = chosen_rate(lesson)
    if how is Auto.SMALLEST:
        # It is so small that nothing would be seen to happen at the others, either.
        rate = rate_scale(lesson)
    top = max(_BEYOND * rate, _BEYOND_SCALE * rate_scale(lesson))
    between = math.sqrt(_AROUND_CHOSEN[-1] * rate * top)
    around = [factor * rate for factor in _AROUND_CHOSEN]
    return tuple(_rounded(each, 2) for each in (*around, between, top))


def number_of_rates(lesson: Lesson) -> int:
    """How many these are, told without choosing them.

    >>> number_of_rates(Lesson(x=(1, 2), y=(3, 5)))
    8
    """
    return len(lesson.rates) or len(_AROUND_CHOSEN) + 2


def epochs_for(lesson: Lesson, rates: int) -> int:
    """For how many epochs so many rates are compared.

    Those that the lesson names, else as many as a workbook has comfortable room for: up to 50,
    25 for eight rates over 20 rows, fewer for long data.
    """
    if lesson.rate_epochs is not None:
        return lesson.rate_epochs
    cells = lesson.rows * _cells_of_step(lesson, rates)
    fitting = max(_COMFORTABLE_CELLS // cells, min(_FEW_EPOCHS + 1, _MOST_CELLS // cells)) - 1
    if fitting > _ROUND:
        fitting -= fitting % _ROUND
    return max(0, min(DEFAULT_CAPACITY, lesson.room, fitting))


def sweep_epochs(lesson: Lesson, rates: int) -> int:
    """The same for a sweep that is asked for, which long data do not make shorter."""
    comfortable = epochs_for(lesson, rates)
    if comfortable >= LEAST_RATE_EPOCHS:
        return comfortable
    return max(LEAST_RATE_EPOCHS, min(DEFAULT_CAPACITY, lesson.room))


def _cells_of_step(lesson: Lesson, rates: int) -> int:
    """How many formulas a row of the steps has: x, y, and what the runs share and have."""
    present = {column.name for column in step_columns(lesson.method)}
    shared = present.intersection(OF_THE_ROW)
    own = set(lasting_columns(lesson.method)) - shared
    return 2 + len(shared) + rates * len(own)


def _runs(lesson: Lesson, rates: int, epochs: int) -> int:
    """How many runs have steps beside each other.

    The lesson's own is one of them only where the page of all steps has not enough of it.
    """
    return rates + (epochs > lesson.room)


def formulas_of(lesson: Lesson, rates: int, epochs: int) -> int:
    """About how many formulas the sheets of so many rates and epochs hold.

    >>> formulas_of(Lesson(x=range(20), y=range(20)), 25, 200)
    237984
    """
    steps = lesson.rows * _cells_of_step(lesson, _runs(lesson, rates, epochs))
    by_epoch = (rates + 1) * (2 + len(lesson.form.parameters))
    return (epochs + 1) * (steps + by_epoch)


def check_size(lesson: Lesson, rates: int, epochs: int) -> None:
    """Raise LessonError where the sheets would be too large; nothing is computed."""
    parameters = len(lesson.form.parameters)
    steps = _cells_of_step(lesson, _runs(lesson, rates, epochs))
    columns = max(steps, (rates + 1) * (1 + parameters))
    if columns + _OTHER_COLUMNS > MAX_COLUMNS:
        raise LessonError(
            f"{rates:,} rates would need more than {columns:,} columns on a page: a worksheet "
            f"holds {MAX_COLUMNS:,}; run fewer rates, or add --no-workbook"
        )
    formulas = formulas_of(lesson, rates, epochs)
    if formulas > MOST_FORMULAS:
        raise LessonError(
            f"{rates:,} rates over {epochs:,} epochs of {lesson.rows:,} rows would need about "
            f"{formulas:,} formulas, and a workbook of more than {MOST_FORMULAS:,} opens too "
            "slowly: run fewer epochs or rates, or add --no-workbook"
        )
