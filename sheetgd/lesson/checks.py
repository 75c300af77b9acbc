"""Checks of a lesson: that its settings fit together, and that its data are finite numbers.

Each check raises LessonError with the fact and the fix. The names of settings in a message are
given to the error, too, so that the command line can call them by its flags.
"""

import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from sheetgd.descent.gradient import biases
from sheetgd.descent.loss import LOSSES
from sheetgd.descent.model import Model, X
from sheetgd.descent.schedule import SCHEDULES, schedule_setting
from sheetgd.descent.step import (
    COUNT,
    Step,
    given_columns,
    remembered_columns,
    row_slopes,
    settings_of,
    started,
    step_columns,
)
from sheetgd.errors import LessonError, did_you_mean
from sheetgd.expression.excel import (
    LONGEST_FORMULA,
    Address,
    Formula,
    named_in_sheets,
    text_length,
)
from sheetgd.expression.numbers import FloatArray
from sheetgd.expression.sheet_cells import cell, compared, formula_of, total_where
from sheetgd.expression.tree import Expression, Symbol
from sheetgd.lesson.values import (
    BY_EPOCHS,
    BY_ROWS,
    Expected,
    FrozenMapping,
    as_float,
    is_number,
    shown,
)

if TYPE_CHECKING:
    from sheetgd.lesson.fields import Training

LONGEST_TITLE = 22
"""A sheet's title has at most 31 characters, and some are added to these."""

LONGEST_NAME = 255
"""So many characters a title and the names of x and y may have, which charts show, too."""

LONGEST_LABEL = 40
LONGEST_PARAMETER = 100
"""So many characters a parameter's name may have: names of cells are made of it."""

_FAR, _FIRST = Address(99_999, 27), Address(10, 27)
"""Cells as far down and to the right as those of a run and of the data may stand."""

_LABEL = re.compile(r"[^\W\d_][\w .()/%^-]*")
_READ_AS_CHARACTER = re.compile(r"_x[0-9a-f]{4}_", re.IGNORECASE)
MOST_RUNS = 51
"""Runs of a lesson: itself and its variants."""
_RESERVED_TITLE = "history"
"""Excel keeps it for itself."""

OTHER_NAMES = (
    "epoch", "row", "rows", "order", "epochs", "clicks", "epochs_run", "capacity", "tolerance",
    "patience", "learn", "nudge", "batch", "loss", "best", "waited", "stop", "note", "verdict",
)  # fmt: skip
"""Names of settings, columns and cells that a sheet has besides a step's."""


def check_grid(grid: Sequence[Sequence[float]], parameters: Sequence[str]) -> None:
    """Refuse a grid that has not a side for each parameter, or too many values."""
    sides = [*map(len, grid)]
    fits = len(sides) == len(parameters) and all(each in range(1, 101) for each in sides)
    if sides and not fits:
        raise LessonError(
            f"grid has {counted(len(sides), 'side')}: give one each for "
            f"{', '.join(parameters)}, of 1 to 100 values, not {', '.join(map(str, sides))}"
        )


def check_capacity(capacity: int, epochs: int, clicks: int) -> None:
    """Refuse a capacity that has no room for what is run."""
    if capacity < epochs * clicks:
        raise LessonError(
            f"capacity {capacity} has no room for epochs {epochs} x clicks {clicks}: make "
            f"capacity at least {epochs * clicks}",
            *("capacity", "epochs", "clicks"),
        )


_AROUND, _LONGEST_NOTE = len("IF(AA99999=0,,rows)"), 800
"""So many characters stand around a sum, and in the note of an epoch besides what it sums up."""


@lru_cache(maxsize=256)
def lengths_of_epoch(step: Step, rows: int) -> tuple[int, int]:
    """Count the characters of the formulas of a row an epoch; a cell takes 8,192.

    Returns:
        Those of the longest sum over all rows, and of a note that looks at all derivatives.

    >>> lengths_of_epoch(Step(gradient="analytic"), 20), lengths_of_epoch(Step(), 20)
    ((135, 1051), (236, 1272))
    """
    far = Formula.cell(_FAR, fixed_column=True)
    cells: dict[str, Expression] = dict.fromkeys(step.model.parameters, cell(far))
    column = Formula.range(_FIRST, _FIRST.moved(down=rows - 1), sheet="Rows")
    cells |= dict.fromkeys((*step.model.inputs, "y"), cell(column))
    for name in ("nudge", *step.loss_function.hyper):
        cells[name] = Symbol(name + " " * LONGEST_TITLE)
    try:
        slopes = row_slopes(step, cells)
        summed = (total_where(compared(each, "<>", 0) * 1, cells["y"]) for each in slopes)
        lengths = [len(str(formula_of(each))) + _AROUND for each in summed]
        return max(lengths), sum(lengths) + _LONGEST_NOTE
    except LessonError:
        # One that would be too long to print is too long for a cell.
        return LONGEST_FORMULA + 1, LONGEST_FORMULA + 1


def row_an_epoch(layout: str, step: Step, rows: int, *, whole: bool) -> bool:
    """Tell whether a workbook has a row for every epoch, and not for every step.

    Args:
        layout: what is asked for.
        step: the choices of the step.
        rows: how many rows the data have.
        whole: whether all of them are one batch, in their own order.

    >>> [row_an_epoch("auto", Step(batched=True), 20, whole=each) for each in (False, True)]
    [False, True]
    """
    if layout == BY_EPOCHS and not (whole and step.batched):
        raise LessonError(
            f"layout {layout} has a row for every epoch, so all rows must make one step together, "
            "in their own order: make batch_size all and leave shuffle out, or take layout rows",
            *("layout", "batch_size", "shuffle"),
        )
    if layout == BY_ROWS or not (whole and step.batched):
        return False
    return layout == BY_EPOCHS or lengths_of_epoch(step, rows)[0] <= LONGEST_FORMULA


def refuse_patience(patience: int) -> NoReturn:
    """Refuse a patience without a smallest improvement."""
    raise LessonError(
        f"patience {patience} goes with min_delta: it says for how many epochs the metric may get "
        "no better before the run stops; give min_delta, too, such as 0.001, or leave patience out",
        *("patience", "min_delta"),
    )


def check_start(
    start: Sequence[float], seed: int | None, drawn: Callable[[], Sequence[float]]
) -> None:
    """Refuse a start together with a seed that draws another."""
    if seed is not None and tuple(start) != tuple(drawn()):
        raise LessonError(
            f"seed {seed} draws a start at random, and a start is given: leave out one of the two",
            "seed",
        )


def check_uses_x(model: Model, x: str, y: str, columns: Sequence[str] = ()) -> None:
    """Refuse a formula without x in which a column of the data seems to stand for it.

    Args:
        model: the model.
        x: what the column is called that becomes x.
        y: what the one is called that becomes y.
        columns: what all columns are called, where that is known.
    """
    if model.inputs != (X,) or X in model.expression.names:
        return
    for name in model.parameters:
        hint = {
            **dict.fromkeys(columns, f"a column of the data, which x={name!r} would make x"),
            y: "the column that becomes y, which the model predicts",
            x: "the column that becomes x",
        }.get(name)
        if hint is not None:
            raise LessonError(
                f"model {model.name!r} does not use x: write x instead of {name}, for {name} is "
                f"{hint}"
            )


def as_numbers(name: str, values: Any) -> tuple[float, ...]:  # noqa: ANN401  of any type
    """Return numbers in a list, an array or a column of any library as floats.

    Args:
        name: what messages call them.
        values: a list, a NumPy array of the shape (n,) or (n, 1), a Series of pandas or polars, a
            column of pyarrow, or anything else that numbers come out of in an order.

    Raises:
        LessonError: when they are none of these, or one of them is not a finite number; the
            message names the first such value, counted from 1.

    >>> as_numbers("x", np.array([[1], [2]]))
    (1.0, 2.0)
    """
    listed = _listed(name, values)
    if all(type(each) is float for each in listed):
        # As it is nearly always: all are looked at once.
        numbers = tuple(listed)
    else:
        numbers = tuple(
            as_float(value) if is_number(value) else _refused(name, place, value)
            for place, value in enumerate(listed, start=1)
        )
    if all(map(math.isfinite, numbers)):
        return numbers
    for place, number in enumerate(numbers, start=1):
        if not math.isfinite(number):
            raise LessonError(
                f"{name}: value {place} is {number}; only finite numbers will do", name
            )
    return numbers


def _listed(name: str, values: Any) -> list[Any]:  # noqa: ANN401  of any type
    """Return the values of a list, an array or a column, of Python's own types where possible."""
    if isinstance(values, str | bytes | bytearray | memoryview | Mapping | set | frozenset):
        raise LessonError(
            f"{name} is {_kind_of(values)}: give numbers in a list, an array or a Series", name
        )
    if isinstance(values, np.ndarray):
        if values.ndim == 2 and values.shape[1] == 1:  # noqa: PLR2004  a column
            values = values[:, 0]
        if values.ndim != 1:
            raise LessonError(
                f"{name} has the shape {values.shape}: give one column, of the shape (n,) or "
                "(n, 1)",
                name,
            )
        if values.dtype.kind not in "iufO":
            raise LessonError(f"{name} holds {values.dtype}: give numbers", name)
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(values, method):
            found: list[Any] = getattr(values, method)()
            return found
    try:
        return list(values)
    except TypeError:
        raise LessonError(
            f"{name} is {_kind_of(values)}: give numbers in a list, an array or a Series", name
        ) from None


def _refused(name: str, place: int, value: object) -> NoReturn:
    raise LessonError(f"{name}: value {place} is {_kind_of(value)}, and no number", name)


def _kind_of(value: object) -> str:
    """Return what a value is, as a message says it."""
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return "missing"
    if isinstance(value, bool | str | int | float):
        return shown(value)
    return f"a {type(value).__name__}"


def in_order(
    name: str,
    values: Any,  # noqa: ANN401  of any type
    parameters: Sequence[str],
) -> tuple[float, ...]:
    """Return a number for each parameter, in the model's order; none where none are given.

    Args:
        name: what messages call them.
        values: numbers in that order, numbers by the names of the parameters, or the number of a
            model's only parameter.
        parameters: the parameters in the model's order.

    Raises:
        LessonError: when one is missing, or no number.

    >>> in_order("start", {"b": 2, "m": 1}, ("m", "b")), in_order("start", 5, ("w",))
    ((1.0, 2.0), (5.0,))
    """
    if is_number(values):
        return as_numbers(name, [values])
    if not isinstance(values, Mapping):
        return as_numbers(name, values)
    for given in values:
        if given not in parameters:
            raise LessonError(
                f"{name} names {given!r}, which is no parameter: it needs {', '.join(parameters)}"
                f"{did_you_mean(str(given), parameters)}",
                name,
            )
    found = []
    for parameter in parameters:
        if parameter not in values:
            raise LessonError(f"{name} has no {parameter}: it needs {', '.join(parameters)}", name)
        value = values[parameter]
        if not is_number(value) or not math.isfinite(as_float(value)):
            raise LessonError(
                f"{name}.{parameter} is {shown(value)}: it must be a finite number", name
            )
        found.append(as_float(value))
    return tuple(found)


_RANGES: Mapping[str, tuple[str, Callable[[float], bool]]] = {
    **dict.fromkeys(
        ("step_size", "T_max"),
        ("a whole number, 1 or more", lambda value: value >= 1 and value == int(value)),
    ),
    "patience": ("a whole number, 0 or more", lambda value: value >= 0 and value == int(value)),
    "gamma": ("a number above 0", lambda value: value > 0),
    **dict.fromkeys(("eta_min", "min_lr"), ("a number, 0 or more", lambda value: value >= 0)),
    **dict.fromkeys(
        ("factor", "threshold"), ("a number from 0 to below 1", lambda value: 0 <= value < 1)
    ),
}
"""What the parameters of schedules must be."""


def check_schedule(schedule: str, given: Mapping[str, float]) -> dict[str, float]:
    """Return a schedule's parameters: those given, and the usual values of the others."""
    usual = SCHEDULES[schedule].parameters
    for name, value in given.items():
        if name not in usual:
            has = f"has only {', '.join(usual)}" if usual else "has none"
            raise LessonError(
                f"{name} is not a parameter of the schedule {schedule}: it {has}"
                f"{did_you_mean(name, list(usual))}",
                "schedule_parameters",
            )
        kind, fits = _RANGES[name]
        if not fits(value):
            raise LessonError(
                f"schedule_parameters.{name} is {value:g}: it must be {kind}",
                "schedule_parameters",
            )
    found = {**usual, **given}
    for name, number in found.items():
        if number is None:
            raise LessonError(
                f"the schedule {schedule} needs {name}: give schedule_parameters={{'{name}': ...}}",
                "schedule_parameters",
            )
    return {name: float(value) for name, value in found.items() if value is not None}


def check_hyperparameters(step: Step, given: Mapping[str, float]) -> dict[str, float]:
    """Return the hyperparameters of a step: those given, and the usual values of the others."""
    own = step.optimizer_rule.hyper
    defaults = {**own, **step.loss_function.hyper, **step.metric_loss.hyper}
    for name, value in given.items():
        having = [each.name for each in LOSSES.values() if name in each.hyper]
        if name not in defaults and having:
            raise LessonError(
                f"{name} is a hyperparameter of the loss {having[0]}, and the loss is {step.loss}: "
                "take that loss, or leave it out",
                *(name, "loss"),
            )
        if name not in defaults:
            has = f"has only {', '.join(own)}" if own else "has none"
            raise LessonError(
                f"{name} is not a hyperparameter of the optimiser {step.optimizer}: it {has}", name
            )
        least, most, accepted = hyperparameter_bounds(name)
        if not least <= value < most:
            raise LessonError(f"{name} is {value}: it must be a number {accepted}", name)
    return {**defaults, **{name: as_float(value) for name, value in given.items()}}


def hyperparameter_bounds(name: str) -> tuple[float, float, str]:
    """Return from where to below where a hyperparameter may be, and that in words."""
    return _OF_HYPERPARAMETERS.get(name, (0.0, 1.0, "from 0 to below 1"))


_OF_HYPERPARAMETERS: Mapping[str, tuple[float, float, str]] = {
    "eps": (0.0, math.inf, "0 or more"),
    "delta": (sys.float_info.min, math.inf, "above 0"),
}
"""The bounds of those that are no shares."""


def check_optimizer_state(step: Step, given: Mapping[str, float]) -> dict[str, float]:
    """Return what the optimiser remembers at the start, all of it; nothing where none is given."""
    names = remembered_columns(step)
    for name, value in given.items():
        if name not in names:
            has = f"remembers {', '.join(names)}" if names else "remembers nothing"
            raise LessonError(
                f"optimizer_state names {name}: the optimiser {step.optimizer} {has}"
                f"{did_you_mean(name, names)}",
                "optimizer_state",
            )
        count, squares = name == COUNT, name.partition("_")[0] in "sh"
        if (count and value != int(value)) or (value < 0 and (count or squares)):
            kind = "a whole number, 0 or more" if count else "a number, 0 or more"
            raise LessonError(
                f"optimizer_state.{name} is {value:g}: it must be {kind}", "optimizer_state"
            )
    return {name: as_float(given.get(name, 0.0)) for name in names} if given else {}


def penalized_by(model: Model, penalty: float, named: Sequence[str]) -> tuple[str, ...]:
    """Return the parameters that a penalty takes: those named, else all but the biases."""
    for name in named:
        if name not in model.parameters:
            raise LessonError(
                f"penalize names {name!r}, which is no parameter: choose from "
                f"{', '.join(model.parameters)}{did_you_mean(str(name), model.parameters)}",
                "penalize",
            )
    if not penalty:
        if named:
            raise LessonError("penalize is for l2 or l1: give one of them, too", "penalize")
        return ()
    taken = named or [name for name in model.parameters if name not in biases(model)]
    if not taken:
        raise LessonError(
            f"every parameter of {model.name} stands alone as a summand, and l2 and l1 leave those "
            f"out: name one with penalize, such as {model.parameters[0]}",
            *("l2", "l1", "penalize"),
        )
    return tuple(name for name in model.parameters if name in taken)


def checked_by_name(step: Step, training: "Training") -> dict[str, Any]:
    """Return what a training has by name: all of it, the usual values for what is not given."""
    return {
        "schedule_parameters": FrozenMapping(
            check_schedule(training.schedule, training.schedule_parameters)
        ),
        "optimizer_state": FrozenMapping(check_optimizer_state(step, training.optimizer_state)),
    }


def settings_by_name(training: "Training") -> dict[str, float]:
    """Return the same as the step's columns read it."""
    rates, state = training.schedule_parameters, training.optimizer_state
    return {
        **{schedule_setting(name): value for name, value in rates.items()},
        **{started(name): value for name, value in state.items()},
    }


def check_predictions(model: Model, inputs: Sequence[FloatArray], start: Sequence[float]) -> None:
    """Raise LessonError where a model has no value at the start."""
    rows = len(inputs[0])
    with np.errstate(all="ignore"):
        found = model.predict(inputs, [np.full(rows, value) for value in start])
    none = np.flatnonzero(np.isnan(np.broadcast_to(found, rows)))
    if none.size:
        row = int(none[0])
        here = zip(model.inputs, (each[row] for each in inputs), strict=True)
        place, values = (
            ", ".join(f"{name} = {value:g}" for name, value in named)
            for named in (here, zip(model.parameters, start, strict=True))
        )
        raise LessonError(
            f"model {model.name} has no value in row {row + 1}, {place}, at the start "
            f"({values}): change the start or leave the row out"
        )


def counted(count: int, noun: str) -> str:
    """Write a count with its noun.

    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{count} {noun}" + ("" if count == 1 else "s")


def read_as_character(name: str) -> bool:
    """Whether spreadsheet programs may read a character's number in a name.

    >>> read_as_character("_x0041_"), read_as_character("new_x")
    (True, False)
    """
    return _READ_AS_CHARACTER.search(name) is not None


def check_texts(names: Mapping[str, str], label: str | None) -> None:
    """Refuse names of a lesson that are too long, or that mean something to a spreadsheet.

    Args:
        names: the lesson's texts that titles are made of, by the attributes that hold them.
        label: what the metric is called. It heads columns, also of CSV files, where a text
            that begins with one of = + - @ would be computed.
    """
    for attribute, name in names.items():
        if text_length(name) > LONGEST_NAME:
            raise LessonError(
                f"{attribute} has {text_length(name):,} characters: at most {LONGEST_NAME} are "
                "accepted"
            )
    if label is None:
        return
    fits = text_length(label) <= LONGEST_LABEL and _LABEL.fullmatch(label)
    if label and (not fits or read_as_character(label)):
        raise LessonError(
            f"metric_label {label[: 2 * LONGEST_LABEL]!r} cannot head a column: use up to "
            f"{LONGEST_LABEL} letters, digits, spaces and . ( ) / % ^ - _, a letter first"
        )


def check_titles(titles: Sequence[str]) -> None:
    """Refuse titles that no sheet can have, and more than a workbook should have."""
    if len(titles) > MOST_RUNS:
        raise LessonError(
            f"the lesson has {len(titles) - 1:,} variants: at most {MOST_RUNS - 1} are accepted, "
            "for each has sheets of its own; a sweep compares more"
        )
    for place, title in enumerate(titles):
        fits = 1 <= text_length(title) <= LONGEST_TITLE and title.isprintable()
        if not fits or set(title) & set("[]:*?/\\'") or read_as_character(title):
            raise LessonError(
                f"the title {title[: 2 * LONGEST_TITLE]!r} cannot name a sheet: use 1 to "
                f"{LONGEST_TITLE} characters that can be seen, and none of [ ] : * ? / \\ '"
            )
        if title.lower() == _RESERVED_TITLE:
            raise LessonError(f"no sheet can be called {title!r} in Excel: choose another title")
        if title.lower() in (other.lower() for other in titles[:place]):
            raise LessonError(f"two variants are called {title!r}: give them different titles")


def check_names(step: Step, metric: str) -> None:
    """Refuse parameters whose names, or what comes of them, mean something else already."""
    parameters = step.model.parameters
    for name in (*parameters, *step.model.hidden):
        # Names of cells end with it, or go on with a variant's title: start_m, start_m_adam.
        if len(name) > LONGEST_PARAMETER or read_as_character(f"_{name}_"):
            raise LessonError(
                f"a parameter cannot be called {name[:LONGEST_PARAMETER]}: use up to "
                f"{LONGEST_PARAMETER} characters, and nothing like x0041 between two _, in which "
                "spreadsheet programs read a character's number"
            )
    headers = [*given_columns(step.model), *(column.name for column in step_columns(step))]
    tables = (f"{metric}_{ending}" for ending in ("held", "lowest", "lowest_epoch"))
    settings = settings_of(step)
    others = {*settings, *map(named_in_sheets, settings), *OTHER_NAMES, *tables}
    used = Counter(name.lower() for name in (*headers, *others, metric))
    for name in (*parameters, *step.model.hidden):
        made = [name, *(header for header in headers if header.endswith(f"_{name}"))]
        taken = [each for each in made if used[each.lower()] > 1]
        kind = "parameter" if name in parameters else "column"
        if taken:
            raise LessonError(
                f"model {step.model.name}: a {kind} cannot be called {name}, for {taken[0]} "
                "is the name of something else in the sheet (capitals make no difference); "
                "choose another name"
            )
    if used[metric.lower()] > 1:
        raise LessonError(
            f"metric_label {metric!r} is the name of something else in the sheet; choose another"
        )


def check_expected(expected: Sequence[Expected], capacity: int, rows: int) -> None:
    """Refuse numbers that are known of epochs or rows that there are not."""
    for each in expected:
        for name, number, most in (("epoch", each.epoch, capacity), ("row", each.row, rows)):
            if not 0 <= number <= most:
                fits = f"there is room for {most}" if name == "epoch" else f"the last is {most}"
                raise LessonError(f"expected {shown(each.what)}: {name} {shown(number)}; {fits}")


def still_expected(expected: Sequence[Expected], before: Step, now: Step) -> tuple[Expected, ...]:
    """Return the known numbers whose columns are still there in a lesson of the same steps."""
    gone = _columns(before) - _columns(now)
    return tuple(each for each in expected if (bool(each.row), each.column) not in gone)


def _columns(step: Step) -> set[tuple[bool, str]]:
    """Return the columns of the steps, with True, and those that not every log has."""
    steps = (*given_columns(step.model), *(each.name for each in step_columns(step)))
    return {(False, step.metric_function.name), *((True, name) for name in steps)}
