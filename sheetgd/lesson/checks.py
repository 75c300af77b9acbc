"""Checks of a lesson's values: each raises LessonError with the fact and the fix."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sheetgd.descent.model import Model
from sheetgd.descent.step import Method, given_columns, settings_of, step_columns
from sheetgd.errors import LessonError, did_you_mean
from sheetgd.expression.address import named_in_sheets, text_length

if TYPE_CHECKING:
    from typing import NoReturn

    from sheetgd.expression.functions import FloatArray


ALL_ROWS = "all"
"""The batch of all rows."""

USUAL_PATIENCE = 5

LONGEST_TITLE = 22
"""A sheet's title has at most 31 characters, and some are added to these."""

LONGEST_NAME = 255
"""So many characters a title and the names of x and y may have, which charts show, too."""

LONGEST_LABEL = 40
LONGEST_PARAMETER = 100
"""So many characters a parameter's name may have: names of cells are made of it."""

_LABEL = re.compile(r"[^\W\d_][\w .()/%^-]*")
_READ_AS_CHARACTER = re.compile(r"_x[0-9a-f]{4}_", re.IGNORECASE)
_RESERVED_TITLE = "history"
"""Excel keeps it for itself."""

_OTHER_NAMES = (
    "epoch", "row", "rows", "order", "epochs", "clicks", "epochs_run", "capacity", "tolerance",
    "patience", "learn", "nudge", "batch", "loss", "best", "waited", "stop", "note", "verdict",
)  # fmt: skip


def check_choice(name: str, value: object, accepted: Iterable[str]) -> None:
    """Raise LessonError unless the value is one of the accepted names; suggest the nearest."""
    names = list(accepted)
    if value in names:
        return
    raise LessonError(
        f"{name} {value!r} is not known: choose from {', '.join(names)}"
        f"{did_you_mean(str(value), names)}"
    )


def check_whole(name: str, value: object, least: int) -> int:
    """The value, if it is a whole number that is large enough."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise LessonError(f"{name} is {value!r}: it must be a whole number, {least} or more")
    return value


def check_batch(batch: int | str, rows: int) -> None:
    """Refuse a batch that is no number of rows, or more of them than there are."""
    if check_whole("batch", batch, 1) > rows:
        raise LessonError(
            f"batch is {batch}: there are only {counted(rows, 'row')}; use {ALL_ROWS}"
        )


def check_capacity(capacity: int, epochs: int, clicks: int) -> None:
    """Refuse a capacity that has no room for what is run."""
    if check_whole("capacity", capacity, 1) < epochs * clicks:
        raise LessonError(
            f"capacity {capacity} has no room for epochs {epochs} x clicks {clicks}: make "
            f"capacity at least {epochs * clicks}"
        )


def check_tolerance(tolerance: float | None, patience: int) -> None:
    """Refuse a tolerance that is no number, and a patience that has nothing to wait for."""
    if tolerance is not None and not 0 <= tolerance < math.inf:
        raise LessonError(f"tolerance is {tolerance}: it must be a number, 0 or more")
    if tolerance is None and patience != USUAL_PATIENCE:
        refuse_patience(patience)


def refuse_patience(patience: int) -> "NoReturn":
    """Refuse a patience without a tolerance."""
    raise LessonError(
        f"patience {patience} is for a tolerance: it says for how many epochs the loss may get no "
        "better before the run stops; give tolerance, too, such as 0.001, or leave patience out"
    )


def check_start(
    start: Sequence[float], seed: int | None, drawn: Callable[[], Sequence[float]]
) -> None:
    """Refuse a start together with a seed that draws another."""
    if seed is not None and tuple(start) != tuple(drawn()):
        raise LessonError(
            f"seed {seed} draws a start at random, and a start is given: leave out one of the two"
        )


def check_uses_x(model: Model, x: str, y: str, columns: Sequence[str] = ()) -> None:
    """Refuse a formula without x in which a column of the data seems to stand for it.

    Args:
        model: the model.
        x: what the column is called that becomes x.
        y: what the one is called that becomes y.
        columns: what all columns are called, where that is known.
    """
    if "x" in model.expression.names:
        return
    for name in model.parameters:
        hint = {
            **dict.fromkeys(columns, f"a column of the data, which --x {name} would make x"),
            y: "the column that becomes y, which the model predicts",
            x: "the column that becomes x",
        }.get(name)
        if hint is not None:
            raise LessonError(
                f"model {model.name!r} does not use x: write x instead of {name}, for {name} is "
                f"{hint}"
            )


def as_float(value: float) -> float:
    """The value as a float; infinite where it is a whole number beyond all floats.

    >>> as_float(3), as_float(-(10**400))
    (3.0, -inf)
    """
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def check_positive(name: str, meaning: str, value: float) -> float:
    """The value as a float, if it is above 0."""
    number = as_float(value)
    if not (math.isfinite(number) and number > 0):
        raise LessonError(f"{name} is {number}: {meaning} must be a number above 0")
    return number


def check_numbers(name: str, values: Sequence[float]) -> tuple[float, ...]:
    """The values as floats, if all are finite."""
    numbers = tuple(map(as_float, values))
    if all(map(math.isfinite, numbers)):
        return numbers
    for position, number in enumerate(numbers, start=1):
        if not math.isfinite(number):
            raise LessonError(f"{name}: value {position} is {number}; only finite numbers will do")
    return numbers


def check_hyperparameters(
    optimizer: str, defaults: Mapping[str, float], given: Mapping[str, float]
) -> dict[str, float]:
    """An optimiser's hyperparameters: those given, and the usual values of the others."""
    for name, value in given.items():
        if name not in defaults:
            has = f"has only {', '.join(defaults)}" if defaults else "has none"
            raise LessonError(
                f"{name} is not a hyperparameter of the optimiser {optimizer}: it {has}"
            )
        most = math.inf if name == "eps" else 1.0
        if not 0 <= value < most:
            accepted = "0 or more" if name == "eps" else "from 0 to below 1"
            raise LessonError(f"{name} is {value}: it must be a number {accepted}")
    return {**defaults, **{name: as_float(value) for name, value in given.items()}}


def check_predictions(
    model: Model, x: "Sequence[float] | FloatArray", start: Sequence[float]
) -> None:
    """Raise LessonError where a model has no value at the start; an array is looked at at once."""
    for row, prediction in enumerate(_predictions(model, x, start), start=1):
        if math.isnan(prediction):
            named = zip(model.parameters, start, strict=True)
            values = ", ".join(f"{name} = {value:g}" for name, value in named)
            raise LessonError(
                f"model {model.name} has no value in row {row}, x = {x[row - 1]:g}, at the start "
                f"({values}): change the start or leave the row out"
            )


def _predictions(
    model: Model, x: "Sequence[float] | FloatArray", start: Sequence[float]
) -> Iterable[float]:
    if isinstance(x, tuple | list):
        return (model.predict(each, start) for each in x)

    with np.errstate(all="ignore"):
        found = model.predict(np.asarray(x), [np.full(len(x), value) for value in start])
    numbers: list[float] = np.broadcast_to(found, len(x)).tolist()
    return numbers


def counted(count: int, noun: str) -> str:
    """A count with its noun.

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
        label: what the figure is called. It heads columns, also of CSV files, where a text
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
    """Refuse titles that no sheet can have."""
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


def check_names(method: Method, figure: str) -> None:
    """Refuse parameters whose names, or what comes of them, mean something else already."""
    parameters = method.model.parameters
    for name in parameters:
        # Names of cells end with it, or go on with a variant's title: start_m, start_m_adam.
        if len(name) > LONGEST_PARAMETER or read_as_character(f"_{name}_"):
            raise LessonError(
                f"a parameter cannot be called {name[:LONGEST_PARAMETER]}: use up to "
                f"{LONGEST_PARAMETER} characters, and nothing like x0041 between two _, in which "
                "spreadsheet programs read a character's number"
            )
    headers = [*given_columns(method.model), *(column.name for column in step_columns(method))]
    tables = (f"{figure}_{ending}" for ending in ("held", "lowest", "lowest_epoch"))
    settings = settings_of(method)
    others = {*settings, *map(named_in_sheets, settings), *_OTHER_NAMES, *tables}
    used = Counter(name.lower() for name in (*headers, *others, figure))
    for name in parameters:
        made = [name, *(header for header in headers if header.endswith(f"_{name}"))]
        taken = [each for each in made if used[each.lower()] > 1]
        if taken:
            raise LessonError(
                f"model {method.model.name}: a parameter cannot be called {name}, for {taken[0]} "
                "is the name of something else in the sheet (capitals make no difference); "
                "choose another name"
            )
    if used[figure.lower()] > 1:
        raise LessonError(
            f"metric_label {figure!r} is the name of something else in the sheet; choose another"
        )
