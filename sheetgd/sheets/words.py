"""A lesson's numbers and choices in words, for the texts of its sheets."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Final

import numpy as np

from sheetgd.descent.loss import LOSSES
from sheetgd.descent.model import LINE, Model
from sheetgd.descent.step import given_columns, step_columns
from sheetgd.engine.error_surface import GRID_SIZES, best_parameters, surface_values
from sheetgd.engine.run import Descent, descend
from sheetgd.expression.derivative import derivative
from sheetgd.expression.excel import Address
from sheetgd.expression.functions import ROUNDING
from sheetgd.expression.numbers import evaluate
from sheetgd.expression.sheet_cells import formula_of
from sheetgd.expression.tree import Symbol
from sheetgd.lesson.lesson import Lesson

LONGEST_LABEL: Final = 14
"""So many characters the name of a column of the data may have to head it."""

_WORD: Final = re.compile(r"[^\W\d]\w*")


def fillings(lesson: Lesson) -> Mapping[str, str]:
    """Return what texts may mention in braces, and the words for it.

    {x} and {y} are what these columns are called where the data comes from, {inputs} what formulas
    call the inputs, {columns} tells what they are; {model} is
    the formula, {parameters} their names, {derivatives} those of the derivatives;
    {aim} says what is looked for, {dots} what the chart of the fit shows;
    {loss} a row's loss and {metric} the metric's name; {new_parameters} tells where these stand;
    {explanation}, {batch_explanation},
    {optimizer_explanation}, {loss_explanation}, {metric_explanation} tell what the choices do.
    """
    method = lesson.step
    y_pred, y = Symbol("y_pred"), Symbol("y")
    return {
        "x": listed([each.name for each in lesson.data.inputs]),
        "y": lesson.data.y_name,
        "inputs": listed(method.model.inputs),
        "columns": _columns_explanation(lesson),
        "aim": _aim(lesson),
        "dots": _dots(lesson),
        "model": method.model.text,
        "parameters": listed(method.model.parameters),
        "derivatives": listed([f"de/d{name}" for name in method.model.parameters]),
        "new_parameters": "the line new below the last row"
        if lesson.by_epoch
        else "those that begin with new_",
        "loss": method.loss_function.words
        or str(formula_of(method.loss_function.named.error(y_pred, y))),
        "metric": lesson.metric_name,
        "loss_explanation": method.loss_function.summary,
        "metric_explanation": method.metric_function.summary,
        "explanation": method.gradient_rule.text,
        "batch_explanation": _batch_explanation(lesson),
        "optimizer_explanation": _step_explanation(lesson),
    }


def data_labels(lesson: Lesson) -> Mapping[str, str]:
    """Return the headings of columns of the data: their own names, made one word.

    Where a published page is mirrored, and where a name is too long or means something else in
    the sheet, they are x and y.

    >>> lesson = Lesson(x=(1, 2), y=(3, 5), x_name="floor area", y_name="price")
    >>> data_labels(lesson), data_labels(lesson.changed(y_name="m"))["y"]
    ({'x': 'floor_area', 'y': 'price'}, 'y')
    """
    method = lesson.step
    columns = [*given_columns(method.model), *(each.name for each in step_columns(method))]
    taken = {"row", "order", "nudge", "learn", "rows", *columns}
    inputs = method.model.inputs
    labels = {**dict(zip(inputs, inputs, strict=True)), "y": "y"}
    if lesson.display.metric_label is not None:
        return labels
    names = [("y", lesson.data.y_name)]
    if len(inputs) == 1:
        names.insert(0, (inputs[0], lesson.data.x_name))
    for header, name in names:
        word = re.sub(r"\W+", "_", name).strip("_")
        others = {each.casefold() for each in (*taken, *labels.values()) if each != header}
        fits = _WORD.fullmatch(word) and len(word) <= LONGEST_LABEL
        if fits and word.casefold() not in others:
            labels[header] = word
    return labels


MEANINGS = {
    "epoch": "The pass through the data.",
    "row": "The place in the pass.",
    "order": "Which row of the data is taken here.",
    "data x": "The input of this row of the data.",
    "data y": "The output that was observed.",
    "x": "The input of the row that is taken here.",
    "y": "The output that was observed.",
    "logit": "What the prediction is the sigmoid of: below 0 it is below a half.",
    "y_pred": "What the model with this row's parameters predicts.",
    **{loss.column: loss.meaning for loss in LOSSES.values()},
    "in_batch": "The row's place in its batch.",
    "ends": "1 in the last row of a batch, where a step is made, else 0.",
    "t": "How many steps have been made.",
    "rate": "The learning rate of this pass, by the schedule.",
    "watched": "The metric held that this pass begins with.",
    "lowest": "The lowest it has been after an epoch.",
    "waits": "For how many epochs it has not been lower.",
}
PARAMETER_MEANINGS = {
    "{p}": "{p} before this row's step: what the row above ends with.",
    "err_{p}1": "The row's loss with {p} nudged up.",
    "de/d{p}": "The partial derivative by {p}: how fast the row's loss changes when {p} moves "
    "and nothing else does.",
    "dL/d{p}": "The slope of the penalised loss by {p}: with the penalty's pull towards 0.",
    "sum_{p}": "The derivatives by {p}, added up since the batch began.",
    "g_{p}": "Their mean: at the batch's end it is what the gradient says of {p}.",
    "v_{p}": "What the optimiser remembers of the gradients by {p}.",
    "s_{p}": "What the optimiser remembers of the squared gradients by {p}.",
    "h_{p}": "The highest s_{p} so far.",
    "new_{p}": "{p} after the step.",
}


def plain_meaning(model: Model, header: str) -> str:
    """Say what a step column holds that is not one of a parameter's."""
    inputs = model.inputs
    if header in model.hidden:
        return MEANINGS.get(header, f"{header}, a column of the model.")
    if header.startswith("de/d") and (moved := header.removeprefix("de/d")) in model.columns:
        return (
            f"How fast the row's loss changes when {moved} moves, and with it all that is computed "
            "from it."
        )
    alike = dict.fromkeys(inputs, "x") | {f"data {name}": "data x" for name in inputs}
    return MEANINGS.get(alike.get(header, header), header)


def listed(names: Sequence[str]) -> str:
    """List names in a sentence.

    >>> listed(["m"]), listed(["m", "b"]), listed(["a", "b", "c"])
    ('m', 'm and b', 'a, b and c')
    """
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def both(first: Address, last: Address) -> str:
    """Name some cells below each other, in words.

    >>> both(Address(84, 6), Address(85, 6)), both(Address(84, 6), Address(86, 6))
    ('F84 and F85', 'F84 to F86')
    """
    if first == last:
        return str(first)
    return f"{first} {'and' if last.row == first.row + 1 else 'to'} {last}"


def _aim(lesson: Lesson) -> str:
    if lesson.data.further:
        return (
            f"Some choice of {listed(lesson.model.parameters)} comes closer to your rows than "
            "others do."
        )
    kind = "straight line" if lesson.model == LINE else "curve"
    return f"Somewhere a {kind} runs through your points as well as any of its kind can."


def _dots(lesson: Lesson) -> str:
    if lesson.data.further:
        return (
            f"Each dot is a row: across, {lesson.data.y_name} as it was observed, upwards what the "
            "model says of it, now and at the start. On the straight line both would be the same."
        )
    return (
        "The dots are the data, the dashed line is what the model says at the start, the other "
        "what it says now."
    )


def _step_explanation(lesson: Lesson) -> str:
    """Say what a step does with the derivatives, a schedule and a penalty included."""
    method, sentences = lesson.step, [lesson.step.optimizer_rule.text]
    if method.schedule_rule.varies:
        sentences.append(
            f"The schedule {method.schedule_rule.name} makes of learn another rate for each epoch, "
            f"which the log shows: {method.schedule_rule.summary}."
        )
    if method.penalized:
        pull = "l_2 times the parameter" if lesson.method.l2 else "l_1 with the parameter's sign"
        pull += " plus l_1 with its sign" if lesson.method.l2 and lesson.method.l1 else ""
        sentences.append(
            f"A penalty pulls {listed(method.penalized)} towards 0: what is stepped by is the "
            f"derivative plus {pull}, together dL/d."
        )
    return " ".join(sentences)


def _columns_explanation(lesson: Lesson) -> str:
    data = lesson.data
    if not data.further:
        return (
            "Each row pairs an input x with the output y that was observed for it: x is the column "
            f"{data.x_name} of your data, y its column {data.y_name}"
        )
    return ". ".join(
        [
            (
                f"Each row pairs the inputs {listed(lesson.model.inputs)} with the output y that "
                f"was observed for them, the column {data.y_name} of your data"
            ),
            *(f"{note[0].upper()}{note[1:]}" for note in lesson.notes),
        ]
    )


def _batch_explanation(lesson: Lesson) -> str:
    shuffled = (
        ""
        if lesson.method.shuffle is None
        else " In every epoch the rows come in another order, drawn once and shown in the column "
        "order."
    )
    if not lesson.step.batched:
        return (
            "A step is made after every row, and the next row starts from the new values."
            + shuffled
        )
    size = (
        "All rows are one batch"
        if lesson.batch_size == lesson.n_rows
        else f"{lesson.batch_size} rows make a batch"
    )
    if lesson.by_epoch:
        return (
            f"{size}: their derivatives are added up (sum) and divided by their number (mean, g), "
            "in the lines below the last row, and a step is made by that mean." + shuffled
        )
    size += ", unless you change the cell batch"
    return (
        f"{size}: the derivatives of a batch are added up (sum) "
        "and divided by their number (g), and only in its last row, where ends is 1, a step is "
        "made by that mean." + shuffled
    )


MOST_DECIMALS = 12


WHOLE = "0"
SCALED = "0.0000"
"""How scaled inputs are shown."""


SCIENTIFIC = "0.000E+00"


POWER = "0.00E+00"
"""For what has no room in any other format."""


_SHORT_POWER = "0.0E+00"
"""With a mark before it, it still fits the narrow columns of the error grid."""


_LARGEST_IN_GRID = 1e7
"""Larger values are too long for the narrow columns of the error grid."""


_MOST_DIGITS = 7
"""So many digits fit all columns, with a sign and a point."""


_MOST_IN_GRID = 6


_SMALL = 0.001
"""Numbers below it, with more decimals than there is room for, are shown by powers of ten."""


_MOVING_DIGITS, _BEST_DIGITS, _FEWEST_DIGITS = 3, 6, 3


_LONG = 1e6


_LOG_FROM = 50.0
"""Figures that are apart by more than this factor are drawn on a logarithmic axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberFormats:
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
    metric: str
    key: str
    example: str
    log: str
    columns: Mapping[str, str] = field(default_factory=dict)

    def column(self, name: str) -> str:
        """Return the format of a step column by its header; x and y are shown as they are."""
        by_name = {
            "y_pred": self.prediction,
            **{
                loss.column: self.squared if loss.squared else self.absolute
                for loss in LOSSES.values()
            },
            **dict.fromkeys(("row", "order", "in_batch", "ends", "t", "waits"), WHOLE),
            **dict.fromkeys(("watched", "lowest"), self.log),
            "rate": "General",
        }
        beginnings = {
            "err_": self.nudged,
            **dict.fromkeys(("s_", "h_"), SCIENTIFIC),
            **dict.fromkeys(("de/d", "dL/d", "sum_", "g_", "v_"), self.derivative),
        }
        if name in self.columns:
            return self.columns[name]
        begun = (each for start, each in beginnings.items() if name.startswith(start))
        return by_name.get(name) or next(begun, self.data)


def formats_of(lesson: Lesson, run: Descent | None = None) -> NumberFormats:
    """Choose the formats for a lesson: four or five significant digits, whatever the unit.

    Where no published page is mirrored, they are made for the numbers of the run: parameters have
    decimals enough to show how they move from row to row.

    Args:
        lesson: the lesson.
        run: its run over the whole capacity; None makes it.

    >>> from sheetgd.lesson.template import shipped_lesson
    >>> formats = formats_of(shipped_lesson("original"))
    >>> formats.prediction, formats.squared, formats.parameters
    ('#,##0.0', '#,##0', ('0.000', '0.000'))
    """
    size = _size_of_y(lesson)
    best = [value if math.isfinite(value) else 0.0 for value in best_parameters(lesson)]
    shared = _decimals(5, max(map(abs, (*best, *lesson.training.start)), default=1.0))
    parameters = [shared] * len(lesson.model.parameters)
    for position, value in enumerate(best):
        parameters[position] = max(shared, _decimals(3, abs(value)) if value else 0)
    metric = lesson.step.metric_function
    slope = _size_of_derivatives(lesson, size)
    size_of_metric = size * size if lesson.step.metric_loss.squared and not metric.rooted else size
    squared = _format("#,##0", _decimals(5, size * size))
    absolute = _format("#,##0", _decimals(5, size))
    # The name of one of several inputs may begin like that of another column.
    apart = lesson.model.inputs if lesson.data.further or lesson.arrays.scaling else ()
    inputs = dict.fromkeys(apart, SCALED if lesson.arrays.scaling else "General")
    usual = NumberFormats(
        data="General",
        columns={**inputs, **dict.fromkeys((f"data {name}" for name in inputs), "General")},
        parameters=tuple(_format("0", decimals) for decimals in parameters),
        best=tuple(
            # 2 and 30 are shown as such; what is not a short number like them, as a parameter.
            "General" if _is_short(value) else _format("0", each)
            for value, each in zip(best, parameters, strict=True)
        ),
        prediction=_format("#,##0", _decimals(4, size)),
        squared=squared,
        absolute=absolute,
        nudged=squared if LOSSES[lesson.method.loss].squared else absolute,
        derivative=_format("#,##0", _decimals(5, slope)),
        difference=_open_format("#,##0", _decimals(9, slope)),
        metric=_grid_format(size_of_metric),
        key=_grid_format(size_of_metric),
        example=squared,
        log=_format("#,##0", _decimals(7, size_of_metric)),
    )
    if lesson.display.metric_label is not None:
        return usual
    run = descend(lesson, lesson.capacity, through=True) if run is None else run
    return _fitted(usual, run)


def _with_more_digits(number_format: str) -> str:
    """Return a format, or powers of ten where it has more decimals than there is room for.

    >>> _with_more_digits("#,##0.00"), _with_more_digits("#,##0.0000000000")
    ('#,##0.00', '0.00E+00')
    """
    return POWER if len(number_format.partition(".")[2]) > _MOST_DIGITS else number_format


def _fitted_grid(lesson: Lesson, usual: str) -> str:
    """Choose the format of the metrics in the error grid, beside each other."""
    if len(lesson.model.parameters) not in GRID_SIZES:
        return usual
    found = [value for line in surface_values(lesson) for value in line]
    sizes = [value for value in found if 0 < value < math.inf]
    if not sizes:
        return usual
    decimals = _decimals(3, median(sizes))
    fits = decimals + _before_point(max(sizes)) <= _MOST_IN_GRID
    return _format("#,##0", decimals) if fits else _SHORT_POWER


def _is_short(value: float) -> bool:
    """Tell whether a number has at most two decimals, and is no longer than those of the data.

    >>> _is_short(30.0), _is_short(0.25), _is_short(1.119092237), _is_short(107375891.0)
    (True, True, False, False)
    """
    short = float(f"{round(value, 2):.{_BEST_DIGITS}g}")
    return abs(value) < _LONG and math.isclose(value, short, rel_tol=ROUNDING)


def _fitted(usual: NumberFormats, run: Descent) -> NumberFormats:
    """Replace the usual formats by those made for the pass that the first page shows."""
    lesson = run.lesson
    numbers = run.passed(min(lesson.epochs_run, run.epochs) + 1)
    moving = [
        _moving_format(numbers[name], numbers[f"new_{name}"]) for name in lesson.model.parameters
    ]
    once = ("dL/d", "sum_", "g_", "v_") if lesson.by_epoch else ()
    columns = {
        # What stands once for all rows is what the last one comes to.
        name: _fitting("#,##0", values[-1:] if name.startswith(once) else values, 4)
        for name, values in numbers.items()
        if name.startswith(("error_", "err_", "de/d", "dL/d", "sum_", "g_", "v_"))
        or name in lesson.model.hidden
    }
    prediction = _fitting("#,##0", lesson.data.y, 4, apart=True)
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
        derivative=_with_more_digits(usual.derivative),
        difference=_with_more_digits(usual.difference),
        metric=_fitted_grid(lesson, usual.metric),
        key=_fitting("#,##0", run.metric_values, 4, least=True),
        log=_fitting("#,##0", run.metric_values, 5, least=True),
        columns={**usual.columns, **columns},
    )


def _moving_format(values: Sequence[float], moved: Sequence[float]) -> str | None:
    """Choose the format that shows how a parameter moves; None where too little to be seen.

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
    places = _MOST_DIGITS - _before_point(largest)
    if decimals <= places:
        return _format("0", decimals)
    if largest < _SMALL:
        return POWER
    return _format("0", places) if decimals < places + _MOVING_DIGITS else None


def _best_format(value: float) -> str:
    """Choose the format of one number: six digits of it, fewer where there is no room.

    >>> _best_format(1.119092237), _best_format(9.5123e-5), _best_format(9.5123e-7)
    ('0.00000', '0.00E+00', '0.00E+00')
    """
    places = _MOST_DIGITS - _before_point(abs(value))
    found = (_decimals(digits, abs(value)) for digits in range(_BEST_DIGITS, _FEWEST_DIGITS, -1))
    fitting = next((decimals for decimals in found if decimals <= max(places, 0)), None)
    return POWER if fitting is None else _format("0", fitting)


def _fitting(
    whole: str, values: Sequence[float], digits: int, *, apart: bool = False, least: bool = False
) -> str:
    """Choose the format that shows this many digits of the numbers of a column.

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
    places = _MOST_DIGITS - _before_point(max(sizes))
    if decimals <= max(places, 0):
        return _format(whole, decimals)
    return POWER if max(sizes) < _SMALL else _format(whole, max(places, 0))


def _before_point(size: float) -> int:
    """Count the digits that a number of this size has before the point."""
    return max(1, math.floor(math.log10(size)) + 1) if 0 < size < math.inf else 1


def far_apart(values: Iterable[float]) -> bool:
    """Tell whether metrics differ so much that small ones would lie on the axis.

    >>> far_apart([3.0, 100.0]), far_apart([1.0, 100.0, math.inf]), far_apart([0.0, 100.0])
    (False, True, False)
    """
    finite = [each for each in values if math.isfinite(each)]
    return bool(finite) and min(finite) > 0 and max(finite) > _LOG_FROM * min(finite)


def _size_of_y(lesson: Lesson) -> float:
    """Return the largest y; where all are 0, the largest that the start predicts."""
    rows = zip(*(each.values for each in lesson.data.inputs), strict=True)
    predicted = (lesson.model.predict(row, lesson.training.start) for row in rows)
    largest = max(map(abs, lesson.data.y)) or max(map(abs, predicted))
    return largest if math.isfinite(largest) else 1.0


def _size_of_derivatives(lesson: Lesson, size: float) -> float:
    """Return how large a derivative is where a prediction misses by as much as the largest y."""
    inputs = [np.array(each.values) for each in lesson.data.inputs]
    partials = abs(lesson.model.jacobian(inputs, lesson.training.start))
    finite = partials[np.isfinite(partials)]
    bound = lesson.step.loss_function.bound(lesson.settings)
    loss = bound.error(Symbol("y_pred"), Symbol("y"))
    slope = evaluate(derivative(loss, "y_pred"), ("y_pred", "y"), (size, 0.0))
    return slope * (float(finite.max()) if finite.size else 1.0)


def _decimals(digits: int, size: float) -> int:
    """Return the decimals that leave this many digits of a number of this size.

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


def _grid_format(size_of_metric: float) -> str:
    """Choose the format of metrics of this size in the error grid."""
    decimals = _decimals(3, size_of_metric)
    small = decimals > MOST_DECIMALS
    return (
        _SHORT_POWER if small or size_of_metric >= _LARGEST_IN_GRID else _format("#,##0", decimals)
    )


def _open_format(whole: str, decimals: int) -> str:
    """Make a format with decimals for what is far smaller, but without zeros at the end.

    >>> _open_format("0", 4), _open_format("0", 0)
    ('0.0###', '0')
    """
    if decimals > MOST_DECIMALS:
        return POWER
    return _format(whole, min(decimals, 1)) + "#" * (decimals - 1)
