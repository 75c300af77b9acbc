"""How numbers are shown: decimals from the size of the data, and when an axis is logarithmic."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from sheetgd.descent import Descent, descend
from sheetgd.lesson import Lesson
from sheetgd.maths.calculus import derivative
from sheetgd.maths.evaluation import evaluate
from sheetgd.maths.expression import Symbol
from sheetgd.maths.loss import LOSSES
from sheetgd.surface import GRID_SIZES, best_parameters, surface_values

MOST_DECIMALS = 12
WHOLE = "0"
SCIENTIFIC = "0.000E+00"
POWER = "0.00E+00"
"""For what has no room in any other format."""

_SHORT_POWER = "0.0E+00"
"""With a mark before it, it still fits the narrow columns of the error grid."""

_LARGEST_IN_GRID = 1e7
"""Larger figures are too long for the narrow columns of the error grid."""

_ROOM = 7
"""So many digits fit all columns, with a sign and a point."""

_ROOM_IN_GRID = 6

_SMALL = 0.001
"""Numbers below it, with more decimals than there is room for, are shown by powers of ten."""

_MOVING_DIGITS, _BEST_DIGITS, _FEWEST_DIGITS = 3, 6, 3
_LONG = 1e6

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
    key: str
    example: str
    log: str
    columns: Mapping[str, str] = field(default_factory=dict)

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
        if name in self.columns:
            return self.columns[name]
        begun = (each for start, each in beginnings.items() if name.startswith(start))
        return by_name.get(name) or next(begun, self.data)


def display_of(lesson: Lesson, run: Descent | None = None) -> Display:
    """The formats for a lesson: four or five digits that count, whatever the unit.

    Where no published page is mirrored, they are made for the numbers of the run: parameters have
    decimals enough to show how they move from row to row.

    Args:
        lesson: the lesson.
        run: its run over the whole capacity; None makes it.

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
    usual = Display(
        data="General",
        parameters=tuple(_format("0", decimals) for decimals in parameters),
        best=tuple(
            # 2 and 30 are shown as such; what is not a short number like them, as a parameter.
            "General" if _is_short(value) else _format("0", each)
            for value, each in zip(best, parameters, strict=True)
        ),
        prediction=_format("#,##0", _decimals(4, size)),
        squared=squared,
        absolute=absolute,
        nudged=squared if lesson.loss == "mse" else absolute,
        derivative=_format("#,##0", _decimals(5, slope)),
        difference=_open_format("#,##0", _decimals(9, slope)),
        figure=_grid_format(figure),
        key=_grid_format(figure),
        example=squared,
        log=_format("#,##0", _decimals(7, figure)),
    )
    if lesson.metric_label is not None:
        return usual
    run = descend(lesson, lesson.room, through=True) if run is None else run
    return _fitted(usual, run)


def _with_room(number_format: str) -> str:
    """A format, or powers of ten where it has more decimals than there is room for.

    >>> _with_room("#,##0.00"), _with_room("#,##0.0000000000")
    ('#,##0.00', '0.00E+00')
    """
    return POWER if len(number_format.partition(".")[2]) > _ROOM else number_format


def _fitted_grid(lesson: Lesson, usual: str) -> str:
    """The format of the metrics in the error grid, beside each other."""
    if len(lesson.form.parameters) not in GRID_SIZES:
        return usual
    found = [value for line in surface_values(lesson) for value in line]
    sizes = [value for value in found if 0 < value < math.inf]
    if not sizes:
        return usual
    decimals = _decimals(3, median(sizes))
    fits = decimals + _before_point(max(sizes)) <= _ROOM_IN_GRID
    return _format("#,##0", decimals) if fits else _SHORT_POWER


def _is_short(value: float) -> bool:
    """Whether a number has no more than two decimals, and is no longer than those of the data.

    >>> _is_short(30.0), _is_short(0.25), _is_short(1.119092237), _is_short(107375891.0)
    (True, True, False, False)
    """
    short = float(f"{round(value, 2):.{_BEST_DIGITS}g}")
    return abs(value) < _LONG and math.isclose(value, short, rel_tol=1e-9)


def _fitted(usual: Display, run: Descent) -> Display:
    """The formats with those made for the pass that the first page shows in place of the usual."""
    lesson = run.lesson
    numbers = run.passed(min(lesson.epochs_run, run.epochs) + 1)
    moving = [
        _moving_format(numbers[name], numbers[f"new_{name}"]) for name in lesson.form.parameters
    ]
    columns = {
        name: _fitting("#,##0", values, 4)
        for name, values in numbers.items()
        if name.startswith(("error_", "err_", "de/d", "sum_", "g_", "v_"))
    }
    prediction = _fitting("#,##0", lesson.y, 4, apart=True)
    return replace(
        usual,
        parameters=tuple(
            each or other for each, other in zip(moving, usual.parameters, strict=True)
        ),
        best=tuple(
            each if each == "General" else _best_format(value)
            for value, each in zip(best_parameters(lesson), usual.best, strict=True)
        ),
        prediction=prediction,
        example=prediction,
        derivative=_with_room(usual.derivative),
        difference=_with_room(usual.difference),
        figure=_fitted_grid(lesson, usual.figure),
        key=_fitting("#,##0", run.metric_values, 4, least=True),
        log=_fitting("#,##0", run.metric_values, 5, least=True),
        columns=columns,
    )


def _moving_format(values: Sequence[float], moved: Sequence[float]) -> str | None:
    """The format that shows how a parameter moves; None where that is too little to be seen.

    >>> _moving_format([1.0, 1.00004], [1.00004, 1.0001]), _moving_format([70.1], [71.3])
    ('0.000000', '0.00')
    >>> _moving_format([1e-9, 2.3e-9], [2.3e-9, 1.7e-9]), _moving_format([1.0], [1.0])
    ('0.00E+00', None)
    """
    moves = [abs(after - before) for before, after in zip(values, moved, strict=True)]
    moves = [each for each in moves if 0 < each < math.inf]
    if not moves:
        return None
    decimals = _decimals(_MOVING_DIGITS, median(moves))
    largest = median(map(abs, filter(math.isfinite, values)))
    room = _ROOM - _before_point(largest)
    if decimals <= room:
        return _format("0", decimals)
    if largest < _SMALL:
        return POWER
    return _format("0", room) if decimals < room + _MOVING_DIGITS else None


def _best_format(value: float) -> str:
    """The format of one number: six digits of it, fewer where there is no room.

    >>> _best_format(1.119092237), _best_format(9.5123e-5), _best_format(9.5123e-7)
    ('0.00000', '0.00E+00', '0.00E+00')
    """
    room = _ROOM - _before_point(abs(value))
    found = (_decimals(digits, abs(value)) for digits in range(_BEST_DIGITS, _FEWEST_DIGITS, -1))
    fitting = next((decimals for decimals in found if decimals <= max(room, 0)), None)
    return POWER if fitting is None else _format("0", fitting)


def _fitting(
    whole: str, values: Sequence[float], digits: int, *, apart: bool = False, least: bool = False
) -> str:
    """The format that shows so many digits of the numbers of a column.

    Args:
        whole: the format of whole numbers.
        values: the numbers.
        digits: how many digits half of them have at least.
        apart: whether these are digits of how far the numbers are apart, if that is less.
        least: whether all of them have so many, and not half.

    >>> _fitting("0", [1.119092237], 6), _fitting("#,##0", [8.4e9, 2.1e10], 4)
    ('0.00000', '#,##0')
    """
    sizes = [abs(value) for value in values if math.isfinite(value) and value]
    if not sizes:
        return whole
    size = min(sizes) if least else median(sizes)
    decimals = _decimals(digits, size)
    if apart:
        spread = max(values) - min(values)
        decimals = max(decimals, _decimals(digits - 1, spread))
    room = _ROOM - _before_point(max(sizes))
    if decimals <= max(room, 0):
        return _format(whole, decimals)
    return POWER if max(sizes) < _SMALL else _format(whole, max(room, 0))


def _before_point(size: float) -> int:
    """How many digits a number of this size has before the point."""
    return max(1, math.floor(math.log10(size)) + 1) if 0 < size < math.inf else 1


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
