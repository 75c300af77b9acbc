"""How many decimals each kind of number is shown with, from the size of the data."""

import math
from dataclasses import dataclass

from sheetgd.lesson import Lesson
from sheetgd.surface import best_parameters

MOST_DECIMALS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """Number formats of a lesson's pages.

    For the original's data they are the original's own: three decimals for m and b,
    one for y_pred, whole numbers with thousands separated for the rest.
    """

    data: str
    parameters: tuple[str, ...]
    prediction: str
    error: str
    derivative: str
    best: tuple[str, ...]
    figure: str
    log: str

    def column(self, name: str) -> str:
        """The format of a step column by its header; x and y are shown as they are."""
        if name == "y_pred":
            return self.prediction
        if name.startswith("err"):
            return self.error
        if name.startswith("de/d"):
            return self.derivative
        return self.data


def display_of(lesson: Lesson) -> Display:
    """The formats for a lesson: four or five digits that count, whatever the unit.

    >>> from sheetgd.template import shipped_lesson
    >>> display = display_of(shipped_lesson("original"))
    >>> display.prediction, display.error, display.parameters
    ('#,##0.0', '#,##0', ('0.000', '0.000'))
    """
    largest_x = max(map(abs, lesson.x))
    largest_y = max(map(abs, lesson.y))
    best = [value if math.isfinite(value) else 0.0 for value in best_parameters(lesson)]
    shared = _decimals(5, max(map(abs, (*best, *lesson.start)), default=1.0))
    parameters = [shared] * len(lesson.model.parameters)
    for position, value in enumerate(best):
        parameters[position] = max(shared, _decimals(3, abs(value)) if value else 0)
    return Display(
        data="General",
        parameters=tuple(_format("0", decimals) for decimals in parameters),
        best=tuple(
            # 2 and 30 are shown as such; what is not a short number like them, as a parameter.
            "General" if math.isclose(value, round(value, 2), rel_tol=1e-9) else _format("0", each)
            for value, each in zip(best, parameters, strict=True)
        ),
        prediction=_format("#,##0", _decimals(4, largest_y)),
        error=_format("#,##0", _decimals(5, largest_y * largest_y)),
        derivative=_format("#,##0", _decimals(5, 2 * largest_x * largest_y)),
        figure=_format("#,##0", _decimals(3, largest_y)),
        log=_format("#,##0", _decimals(7, largest_y)),
    )


def _decimals(digits: int, size: float) -> int:
    """The decimals that leave so many digits of a number of this size."""
    if not 0 < size < math.inf:
        return 0
    before_point = math.floor(math.log10(size)) + 1
    return min(max(digits - before_point, 0), MOST_DECIMALS)


def _format(whole: str, decimals: int) -> str:
    return whole + ("." + "0" * decimals if decimals else "")
