"""How numbers are shown: decimals from the size of the data, and when an axis is logarithmic."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from sheetgd.lesson import Lesson
from sheetgd.maths.calculus import derivative
from sheetgd.maths.evaluation import evaluate
from sheetgd.maths.expression import Symbol
from sheetgd.maths.loss import LOSSES
from sheetgd.surface import best_parameters

MOST_DECIMALS = 12
WHOLE = "0"
SCIENTIFIC = "0.000E+00"
POWER = "0.00E+00"
"""For what has no room in any other format."""

_SHORT_POWER = "0.0E+00"
"""With a mark before it, it still fits the narrow columns of the error grid."""

_LARGEST_IN_GRID = 1e7
"""Larger figures are too long for the narrow columns of the error grid."""

_LOG_FROM = 50.0
"""Figures that are apart by more than this factor are drawn on a logarithmic axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """Number formats of a lesson's pages.

    For the original's data they are the original's own: three decimals for m and b,
    one for y_pred, whole numbers with thousands separated for the rest.
    """

    data: str
    parameters: tuple[str, ...]
    prediction: str
    squared: str
    absolute: str
    nudged: str
    derivative: str
    difference: str
    best: tuple[str, ...]
    figure: str
    log: str

    def column(self, name: str) -> str:
        """The format of a step column by its header; x and y are shown as they are."""
        by_name = {
            "y_pred": self.prediction,
            LOSSES["mse"].column: self.squared,
            LOSSES["mae"].column: self.absolute,
            **dict.fromkeys(("row", "order", "in_batch", "ends", "t"), WHOLE),
        }
        beginnings = {
            "err_": self.nudged,
            "s_": SCIENTIFIC,
            **dict.fromkeys(("de/d", "sum_", "g_", "v_"), self.derivative),
        }
        begun = (each for start, each in beginnings.items() if name.startswith(start))
        return by_name.get(name) or next(begun, self.data)


def display_of(lesson: Lesson) -> Display:
    """The formats for a lesson: four or five digits that count, whatever the unit.

    >>> from sheetgd.template import shipped_lesson
    >>> display = display_of(shipped_lesson("original"))
    >>> display.prediction, display.squared, display.parameters
    ('#,##0.0', '#,##0', ('0.000', '0.000'))
    """
    size = _size_of_y(lesson)
    best = [value if math.isfinite(value) else 0.0 for value in best_parameters(lesson)]
    shared = _decimals(5, max(map(abs, (*best, *lesson.start)), default=1.0))
    parameters = [shared] * len(lesson.form.parameters)
    for position, value in enumerate(best):
        parameters[position] = max(shared, _decimals(3, abs(value)) if value else 0)
    metric = lesson.method.figure
    slope = _size_of_derivatives(lesson, size)
    figure = size * size if metric.loss == "mse" and not metric.rooted else size
    squared = _format("#,##0", _decimals(5, size * size))
    absolute = _format("#,##0", _decimals(5, size))
    return Display(
        data="General",
        parameters=tuple(_format("0", decimals) for decimals in parameters),
        best=tuple(
            # 2 and 30 are shown as such; what is not a short number like them, as a parameter.
            "General" if math.isclose(value, round(value, 2), rel_tol=1e-9) else _format("0", each)
            for value, each in zip(best, parameters, strict=True)
        ),
        prediction=_format("#,##0", _decimals(4, size)),
        squared=squared,
        absolute=absolute,
        nudged=squared if lesson.loss == "mse" else absolute,
        derivative=_format("#,##0", _decimals(5, slope)),
        difference=_open_format("#,##0", _decimals(9, slope)),
        figure=_grid_format(figure),
        log=_format("#,##0", _decimals(7, figure)),
    )


def far_apart(figures: Iterable[float]) -> bool:
    """Whether figures differ so much that small ones would lie on the axis.

    >>> far_apart([3.0, 100.0]), far_apart([1.0, 100.0, math.inf]), far_apart([0.0, 100.0])
    (False, True, False)
    """
    finite = [each for each in figures if math.isfinite(each)]
    return bool(finite) and min(finite) > 0 and max(finite) > _LOG_FROM * min(finite)


def _size_of_y(lesson: Lesson) -> float:
    """The largest y; where all are 0, the largest that the start predicts."""
    predicted = (lesson.form.predict(x, lesson.start) for x in lesson.x)
    largest = max(map(abs, lesson.y)) or max(map(abs, predicted))
    return largest if math.isfinite(largest) else 1.0


def _size_of_derivatives(lesson: Lesson, size: float) -> float:
    """How large a derivative is where a prediction misses by as much as the largest y."""
    names = ("x", *lesson.form.parameters)
    partials = [
        abs(evaluate(partial, names, [x, *lesson.start]))
        for partial in lesson.form.partials
        for x in lesson.x
    ]
    loss = lesson.method.row_loss.error(Symbol("y_pred"), Symbol("y"))
    slope = evaluate(derivative(loss, "y_pred"), ("y_pred", "y"), (size, 0.0))
    return slope * max((each for each in partials if math.isfinite(each)), default=1.0)


def _decimals(digits: int, size: float) -> int:
    """The decimals that leave so many digits of a number of this size.

    Where that is more than a format takes, it is one too many.
    """
    if not 0 < size < math.inf:
        return 0
    before_point = math.floor(math.log10(size)) + 1
    return min(max(digits - before_point, 0), MOST_DECIMALS + 1)


def _format(whole: str, decimals: int) -> str:
    if decimals > MOST_DECIMALS:
        return POWER
    return whole + ("." + "0" * decimals if decimals else "")


def _grid_format(figure: float) -> str:
    """The format of figures of this size in the error grid."""
    decimals = _decimals(3, figure)
    small = decimals > MOST_DECIMALS
    return _SHORT_POWER if small or figure >= _LARGEST_IN_GRID else _format("#,##0", decimals)


def _open_format(whole: str, decimals: int) -> str:
    """A format with decimals enough for what is far smaller, but without zeros at the end.

    >>> _open_format("0", 4), _open_format("0", 0)
    ('0.0###', '0')
    """
    if decimals > MOST_DECIMALS:
        return POWER
    return _format(whole, min(decimals, 1)) + "#" * (decimals - 1)
