"""The data of a lesson: its input columns, where they come from, and what formulas call them."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from keyword import iskeyword
from random import Random
from statistics import NormalDist
from typing import Any, cast

import numpy as np

from sheetgd.descent.loss import LOSSES, METRICS, SCORES
from sheetgd.descent.model import LOGIT, Model, X, classifying, model_of
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.descent.scaling import NO_SCALE, SCALES, scaled
from sheetgd.descent.schedule import SCHEDULES, schedule_setting
from sheetgd.descent.step import OF_THE_ROW, RATE, WATCHED, Step
from sheetgd.errors import LessonError
from sheetgd.expression.numbers import FloatArray
from sheetgd.expression.parser import FUNCTIONS, PI
from sheetgd.lesson.checks import OTHER_NAMES, as_numbers, counted
from sheetgd.lesson.fields import EVERY, OF_DATA, Inputs, Numbers
from sheetgd.lesson.values import NUMBERS, TEXT, TEXTS, Kind, by_name_of, shown
from sheetgd.reading.columns import Categories, Column, Data
from sheetgd.reading.conversion import Frame, from_frame


@dataclass(frozen=True, slots=True)
class Arrays:
    """The data rows as arrays, as the model reads them.

    Attributes:
        inputs: the columns of the inputs, scaled if they are to be.
        y: the outputs.
        scaling: what was taken from each input, and what the rest was divided by; nothing where
            the inputs are as they were given.
    """

    inputs: tuple[FloatArray, ...]
    y: FloatArray
    scaling: tuple[tuple[float, float], ...] = ()

    def scaled(self, inputs: Sequence[FloatArray]) -> list[FloatArray]:
        """Scale other columns as the inputs are."""
        if not self.scaling:
            return list(inputs)
        every = zip(inputs, self.scaling, strict=True)
        return [
            scaled(values, *(np.full(values.shape, each) for each in how)) for values, how in every
        ]


def arrays_of(data: Data, scale: str) -> Arrays:
    """Return the data as arrays, the inputs scaled in a way.

    >>> arrays_of(Data((1.0, 5.0), (2.0, 3.0)), "standard").inputs[0].tolist()
    [-1.0, 1.0]
    """
    inputs, y = tuple(np.array(each.values) for each in data.inputs), np.array(data.y)
    if scale == NO_SCALE:
        return Arrays(inputs, y)
    way = SCALES[scale]
    with np.errstate(all="ignore"):
        scaling = tuple((float(way.centre[1](x)), float(way.spread[1](x))) for x in inputs)
        found = Arrays(inputs, y, scaling)
        return replace(found, inputs=tuple(found.scaled(inputs)))


def check_rows(data: Data) -> None:
    """Refuse columns of different lengths, data without rows, and marks of rows that are not there.

    Raises:
        LessonError: for any of these.
    """
    y, several = data.y, bool(data.further)
    for each in data.inputs:
        if len(each.values) != len(y):
            raise LessonError(
                f"{each.name if several else 'x'} has {len(each.values)} values and y has "
                f"{len(y)}: each row needs {'all' if several else 'both'}",
                *("x", "y"),
            )
    if not y:
        raise LessonError("the data has no rows: at least one is needed")
    beyond = [row for row in data.reconstructed if row > len(y)]
    if beyond:
        raise LessonError(
            f"reconstructed names row {min(beyond)}: there are only {counted(len(y), 'row')}"
        )


def parted(
    data: Data, validation: float | str | tuple[bool, ...] | None, seed: int
) -> tuple[Data, Data | None]:
    """Part the rows that steps are made by from those that are held back.

    A share is drawn, as many rows as scikit-learn takes: the next whole number.

    Raises:
        LessonError: when no row would be left on one of the two sides.

    >>> data = Data((1.0, 2.0, 3.0, 4.0, 5.0), (2.0, 4.0, 6.0, 8.0, 10.0))
    >>> taken, held_out = parted(data, "every 2", 0)
    >>> taken.x, held_out.x, parted(data, 0.25, 1)[1].x
    ((1.0, 3.0, 5.0), (2.0, 4.0), (1.0, 4.0))
    """
    if validation is None:
        return data, None
    rows = len(data.y)
    if isinstance(validation, tuple):
        if len(validation) != rows:
            raise LessonError(
                f"validation has {len(validation)} marks for {counted(rows, 'row')}: give one each",
                "validation",
            )
        held = {row for row, mark in enumerate(validation, start=1) if mark}
    elif isinstance(validation, str):
        step = int(validation.removeprefix(EVERY))
        held = set(range(step, rows + 1, step))
    else:
        held = set(next(orders(rows, seed))[: math.ceil(validation * rows)])
    if not 0 < len(held) < rows:
        asked = "" if isinstance(validation, tuple) else f" {shown(validation)}"
        raise LessonError(
            f"validation{asked} holds back {len(held)} of {counted(rows, 'row')}: it "
            "takes one at least, and leaves one at least for steps",
            "validation",
        )
    return _only(data, [row for row in range(1, rows + 1) if row not in held]), _only(
        data, sorted(held)
    )


def _only(data: Data, rows: Sequence[int]) -> Data:
    """Return some of the rows, counted from 1."""

    def taken(values: Sequence[float]) -> tuple[float, ...]:
        return tuple(values[row - 1] for row in rows)

    return replace(
        data,
        x=taken(data.x),
        y=taken(data.y),
        further=tuple(replace(each, values=taken(each.values)) for each in data.further),
        reconstructed=frozenset(
            place for place, row in enumerate(rows, 1) if row in data.reconstructed
        ),
    )


_TAKEN = {
    "y", "y_pred", PI, *FUNCTIONS, *OTHER_NAMES, *OF_THE_ROW, *METRICS, *SCORES, LOGIT,
    *(each.column for each in LOSSES.values()),
    *(name for each in OPTIMIZERS.values() for name in each.hyper),
    *(name for each in LOSSES.values() for name in each.hyper),
    *(schedule_setting(name).lower() for each in SCHEDULES.values() for name in each.parameters),
    RATE, WATCHED, "lowest", "waits", "l1", "l2",
}  # fmt: skip
"""What an input column cannot be called in a formula."""


MOST_INPUTS = 50
"""The most input columns of a lesson."""


def input_columns(
    x: Any,  # noqa: ANN401  of any type
    names: object = None,
) -> tuple[Column, ...]:
    """Return the columns of the inputs: one of them, or several.

    Args:
        x: numbers; or for several columns a mapping of names to numbers, a DataFrame, or an array
            of the shape (n, columns).
        names: what the columns of an array are called, or the only one.

    Raises:
        LessonError: when they are none of these, or are not called differently.

    >>> [each.name for each in input_columns({"area": [70, 90], "rooms": [3, 4]})]
    ['area', 'rooms']
    >>> input_columns(np.array([[70, 3], [90, 4]]), ["area", "rooms"])[1].values
    (3.0, 4.0)
    """
    several = isinstance(x, np.ndarray) and x.ndim == 2 and x.shape[1] > 1  # noqa: PLR2004  a table
    if several:
        given = names if isinstance(names, list | tuple) else None
        called = [f"x{place}" for place in range(1, x.shape[1] + 1)] if given is None else given
        if len(called) != x.shape[1]:
            raise LessonError(
                f"x has {x.shape[1]} columns, and x_name {counted(len(called), 'name')}: give one "
                "each",
                *("x", "x_name"),
            )
        columns = list(zip(called, x.T, strict=True))
    elif hasattr(x, "items") and not isinstance(x, str) and not hasattr(x, "to_list"):
        columns = [(str(name), values) for name, values in x.items()]
    else:
        return (Column(str(names or X), as_numbers("x", x)),)
    if not columns:
        raise LessonError("x has no columns: give one or more, each with a name", "x")
    if len(columns) > MOST_INPUTS:
        raise LessonError(
            f"x has {len(columns)} columns: at most {MOST_INPUTS} are accepted, as a sheet has a "
            "parameter, a derivative and a step for each; choose among them",
            "x",
        )
    found = tuple(Column(str(name), as_numbers(str(name), values)) for name, values in columns)
    twice = [name for name, count in Counter(each.name for each in found).items() if count > 1]
    if twice:
        raise LessonError(f"x has two columns that are called {twice[0]!r}: rename one", "x")
    return found


def symbols_of(names: Sequence[str]) -> tuple[str, ...]:
    """Return what formulas call the input columns: x, or each by its name as a formula can hold it.

    >>> symbols_of(["floor area"]), symbols_of(["floor area (m2)", "rooms", "order"])
    (('x',), ('floor_area_m2', 'rooms', 'x_order'))
    """
    if len(names) == 1:
        return (X,)
    found: list[str] = []
    for place, name in enumerate(names, start=1):
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
        word = re.sub(r"\W+", "_", plain).strip("_") or f"x{place}"
        if word[0].isdigit() or word.lower() in _TAKEN or iskeyword(word):
            word = f"x_{word}"
        taken = {*_TAKEN, *(each.lower() for each in found)}
        numbered = (f"{word}_{number}" for number in range(2, len(names) + 2))
        found.append(next(each for each in (word, *numbered) if each.lower() not in taken))
    return tuple(found)


def data_settings(data: Data) -> dict[str, Any]:
    """Return the settings that data give a lesson."""
    found = {name: getattr(data, name) for name in ("x", "y", *OF_DATA)}
    if data.further:
        found["x"] = data.named
    return {**found, "validation": data.marks} if data.marks else found


def given_numbers(
    x: Inputs | str | Sequence[str] | None, y: Numbers | str | None
) -> Mapping[str, Any]:
    """Return the numbers that are given without data."""
    for name, values in (("x", x), ("y", y)):
        if values is None or isinstance(values, str):
            raise LessonError(
                f"{name} is {values!r}: give numbers, or a DataFrame and the name of its column"
            )
    return {"x": x, "y": y}


def columns_of(
    data: Frame | Data,
    x: Inputs | str | Sequence[str] | None,
    y: Numbers | str | None,
    categories: Categories,
    marks: str | None,
) -> Data:
    """Return the columns of the data that are named; `marks` is that of the rows held back."""
    if isinstance(data, Data):
        if x is not None or y is not None or categories or marks is not None:
            raise LessonError(
                "these data have their columns already: leave x, y, categories and the column of "
                "validation out; read_data takes them"
            )
        return data
    several = isinstance(x, list | tuple) and all(isinstance(each, str) for each in x)
    if not (x is None or several or isinstance(x, str)):
        raise LessonError("x holds numbers, but there are data: give names of its columns")
    if not (y is None or isinstance(y, str)):
        raise LessonError("y holds numbers, but there are data: give a column's name")
    return from_frame(
        data, cast("Sequence[str] | None", x), y, categories=categories, validation=marks
    )


TEXT_OR_TEXTS = Kind(
    called="a name, or a list of names",
    validated=lambda value: value if isinstance(value, str) else TEXTS.validated(value),
    schema={"anyOf": [TEXT.schema, TEXTS.schema]},
)


NUMBERS_OR_COLUMNS = Kind(
    called="a list of numbers, or such a list for each input column",
    validated=lambda value: (
        by_name_of(NUMBERS.validated)(value)
        if isinstance(value, Mapping)
        else NUMBERS.validated(value)
    ),
    schema={"anyOf": [NUMBERS.schema, {"type": "object", "additionalProperties": NUMBERS.schema}]},
)


TEXTS_OF_COLUMNS = Kind(
    called="the values of columns of texts by the columns' names",
    validated=by_name_of(TEXTS.validated),
    schema={"type": "object", "additionalProperties": TEXTS.schema},
)


def normal_numbers(count: int, seed: int) -> tuple[float, ...]:
    """Numbers from the standard normal distribution N(0, 1).

    >>> [round(number, 4) for number in normal_numbers(3, seed=1)]
    [-1.106, 1.0255, 0.7185]
    """
    generator = Random(seed)  # noqa: S311  a lesson's start is no secret
    smallest = 2.0**-53
    return tuple(NormalDist().inv_cdf(generator.random() or smallest) for _ in range(count))


def orders(rows: int, seed: int) -> Iterator[tuple[int, ...]]:
    """Random orders of the rows 1 to `rows`, one after another for ever.

    >>> drawn = orders(4, seed=1)
    >>> next(drawn), next(drawn)
    ((1, 4, 3, 2), (2, 1, 3, 4))
    """
    generator = Random(seed)  # noqa: S311  an order of rows is no secret
    while True:
        keys = [generator.random() for _ in range(rows)]
        yield tuple(row + 1 for row in sorted(range(rows), key=keys.__getitem__))


def with_logit(model: Model, loss: str, metric: str) -> Model:
    """Return the model with a column for its logit, where a loss or a metric goes by that."""
    judged = METRICS[metric].loss if metric in METRICS else loss
    shows = LOSSES[judged].of_logit and model.ends_in_sigmoid
    return classifying(model) if LOSSES[loss].of_logit or shows else model


def notes_of(step: Step, asked: str, names: Sequence[str]) -> Iterator[str]:
    """Yield what formulas call columns, that a sigmoid was added, and what a score does not judge.

    Args:
        step: the choices.
        asked: the model that was asked for.
        names: what the input columns are called.
    """
    model = step.model
    for name, symbol in zip(names, model.inputs, strict=True):
        if symbol not in {name, X}:
            yield f"formulas call the column {name!r} {symbol}"
    if model.name != model_of(asked, model.inputs).name:
        yield f"with log-loss a model ends in sigmoid, so this is {model.name}"
    if step.score is not None:
        yield step.score.note(step.metric_function.name)


def check_classes(step: Step, y: Sequence[float]) -> None:
    """Refuse what is not 0 or 1 where there are two classes, and a model without a sigmoid."""
    asked = next((each for each in (step.loss, step.metric) if each in _OF_CLASSES), None)
    if asked is None:
        return
    what = "loss" if asked == step.loss else "metric"
    if asked != "accuracy" and not step.model.ends_in_sigmoid:
        raise LessonError(
            f"the metric {asked} is for models that end in sigmoid: write sigmoid(...) around the "
            f"model {step.model.name}, or take the loss {asked}, which adds it",
            *("metric", "model"),
        )
    other = next((row for row, each in enumerate(y, start=1) if each not in {0.0, 1.0}), None)
    if other is not None:
        raise LessonError(
            f"the {what} {asked} is for two classes: y must be 0 or 1, and in row {other} it is "
            f"{y[other - 1]:g}; write 0 and 1, or choose another {what}",
            *("y", what),
        )


_OF_CLASSES = {"log-loss", "accuracy"}
"""The losses and metrics for y that is 0 or 1."""
