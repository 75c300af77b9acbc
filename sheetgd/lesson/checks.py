"""What a value of a lesson may be: its kind and range, and what it must fit together with.

Each check raises LessonError with the fact and the fix. The names of settings in a message are
given to the error, too, so that the command line can call them by its flags.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from numbers import Real
from operator import index
from typing import Any, Final, Generic, NoReturn, TypeVar

import numpy as np

from sheetgd.descent.gradient import GRADIENT_RULES
from sheetgd.descent.loss import LOSSES
from sheetgd.descent.metric import METRICS
from sheetgd.descent.model import Model
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.descent.step import Step, given_columns, settings_of, step_columns
from sheetgd.errors import LessonError, did_you_mean
from sheetgd.expression.address import named_in_sheets, text_length
from sheetgd.expression.functions import FloatArray

AUTO: Final = "auto"
"""What is given in place of a learning rate or a difference step that is to be chosen."""

ALL_ROWS: Final = "all"
"""The batch of all rows."""

DEFAULT_PATIENCE: Final = 5

LEAST_RATE_EPOCHS: Final = 2
"""Whether an epoch takes back what the one before did needs two of them."""

MOST_SHOWN: Final = 60

_V_co = TypeVar("_V_co", covariant=True)


class FrozenMapping(Mapping[str, _V_co], Generic[_V_co]):
    """A mapping that does not change, so that what holds it can be compared, hashed and pickled.

    >>> FrozenMapping({"beta": 0.9}), FrozenMapping({"beta": 0.9}) == {"beta": 0.9}
    ({'beta': 0.9}, True)
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, _V_co] | None = None) -> None:
        """Copy the items."""
        self._items = dict(items or {})

    def __getitem__(self, name: str) -> _V_co:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)


EMPTY: Final[FrozenMapping[Any]] = FrozenMapping()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of value.

    Attributes:
        called: what messages call it: it must be ... .
        validated: the value as the lesson keeps it; raises ValueError for what is not of the kind.
        schema: the same as a JSON Schema, for editors of templates.
        reads: how the command line reads it: as a number, as a whole number, as a text, or,
            where it is a flag, not at all.
    """

    called: str
    validated: Callable[[Any], Any]
    schema: Mapping[str, Any]
    reads: str = "text"


def is_number(value: object) -> bool:
    """Tell whether a value is a number: NumPy's are, and a truth is none.

    >>> is_number(2), is_number(True), is_number("2"), is_number(float("nan"))
    (True, False, False, True)
    """
    return isinstance(value, Real | Decimal) and not isinstance(value, bool)


def as_float(value: Any) -> float:  # noqa: ANN401  a number of any type
    """Return a number as a float; infinite where it is a whole number beyond all floats.

    >>> as_float(3), as_float(-(10**400))
    (3.0, -inf)
    """
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _number(*, above: float = -math.inf, least: float = -math.inf) -> Callable[[Any], float]:
    def validated(value: object) -> float:
        if not is_number(value):
            raise ValueError
        found = as_float(value)
        if not (math.isfinite(found) and found > above and found >= least):
            raise ValueError
        return found

    return validated


def number_above(bound: float) -> Kind:
    """Return the kind of numbers above a bound."""
    return Kind(
        called=f"a number above {bound:g}",
        validated=_number(above=bound),
        schema={"type": "number", "exclusiveMinimum": bound},
        reads="number",
    )


def number_from(least: float) -> Kind:
    """Return the kind of numbers that are so large or larger."""
    return Kind(
        called=f"a number, {least:g} or more",
        validated=_number(least=least),
        schema={"type": "number", "minimum": least},
        reads="number",
    )


def whole_from(least: int) -> Kind:
    """Return the kind of whole numbers that are so large or larger."""

    def validated(value: object) -> int:
        return _whole(value, least)

    return Kind(
        called=f"a whole number, {least} or more",
        validated=validated,
        schema={"type": "integer", "minimum": least},
        reads="whole",
    )


def _whole(value: Any, least: int | None = None) -> int:  # noqa: ANN401  of any type
    if isinstance(value, bool) or type(value).__name__ in {"bool_", "bool"}:
        raise ValueError
    try:
        found = index(value)
    except TypeError:
        raise ValueError from None
    if least is not None and found < least:
        raise ValueError
    return found


def typed(kind: type) -> Callable[[Any], Any]:
    """Return what keeps values of a type as they are, and refuses others."""

    def validated(value: object) -> object:
        if not isinstance(value, kind):
            raise ValueError  # noqa: TRY004  every kind refuses in the same way
        return value

    return validated


def _flag(value: object) -> bool:
    if isinstance(value, bool) or type(value).__name__ in {"bool_", "bool"}:
        return bool(value)
    raise ValueError


def sequence(each: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what makes a tuple of a list, an array or a Series, each value of a kind."""

    def validated(values: Any) -> tuple[Any, ...]:  # noqa: ANN401  of any type
        if isinstance(values, str | bytes | Mapping | set | frozenset):
            raise ValueError  # noqa: TRY004  every kind refuses in the same way
        listed = getattr(values, "tolist", None)
        try:
            return tuple(map(each, listed() if listed is not None else values))
        except TypeError:
            raise ValueError from None

    return validated


TEXT = Kind(called="a text", validated=typed(str), schema={"type": "string"})
MAYBE_TEXT = Kind(
    called="a text",
    validated=lambda value: value if value is None else typed(str)(value),
    schema={"type": "string"},
)
NUMBER = Kind(called="a number", validated=_number(), schema={"type": "number"}, reads="number")
WHOLE = Kind(called="a whole number", validated=_whole, schema={"type": "integer"}, reads="whole")
FLAG = Kind(called="true or false", validated=_flag, schema={"type": "boolean"}, reads="flag")
NUMBERS = Kind(
    called="a list of numbers",
    validated=sequence(_number()),
    schema={"type": "array", "items": {"type": "number"}},
)
TEXTS = Kind(
    called="a list of texts",
    validated=sequence(typed(str)),
    schema={"type": "array", "items": {"type": "string"}},
)
RATES = Kind(
    called="a list of numbers above 0",
    validated=sequence(_number(above=0)),
    schema={"type": "array", "items": {"type": "number", "exclusiveMinimum": 0}},
)
EPOCHS = Kind(
    called="a list of whole numbers, 0 or more",
    validated=sequence(lambda value: _whole(value, 0)),
    schema={"type": "array", "items": {"type": "integer", "minimum": 0}},
)


def maybe(kind: Kind) -> Kind:
    """Return a kind of value that may be left out, by None."""
    return Kind(
        called=kind.called,
        validated=lambda value: None if value is None else kind.validated(value),
        schema=kind.schema,
        reads=kind.reads,
    )


def _rows(value: Any) -> frozenset[int]:  # noqa: ANN401  of any type
    if isinstance(value, str | bytes | Mapping):
        raise ValueError  # noqa: TRY004  every kind refuses in the same way
    try:
        return frozenset(_whole(each, 1) for each in value)
    except TypeError:
        raise ValueError from None


def _by_name(each: Callable[[Any], Any]) -> Callable[[Any], FrozenMapping[Any]]:
    def validated(values: object) -> FrozenMapping[Any]:
        if not isinstance(values, Mapping) or not all(isinstance(name, str) for name in values):
            raise ValueError
        return FrozenMapping({name: each(value) for name, value in values.items()})

    return validated


def _unchanged(value: Any) -> Any:  # noqa: ANN401  of any type
    return value


_ABOVE_0 = number_above(0)
RATE = Kind(
    called=f'{_ABOVE_0.called}, or "{AUTO}"',
    validated=lambda value: AUTO if value == AUTO else _ABOVE_0.validated(value),
    schema={"anyOf": [_ABOVE_0.schema, {"const": AUTO}]},
    reads="number or auto",
)
ROWS = Kind(
    called="row numbers, counted from 1",
    validated=_rows,
    schema={"anyOf": [{"type": "boolean"}, {"type": "array", "items": {"type": "integer"}}]},
)
ROWS_OR_ALL = Kind(
    called="true or a list of row numbers",
    validated=lambda value: value if isinstance(value, bool) else sequence(_whole)(value),
    schema=ROWS.schema,
)
NUMBERS_BY_NAME = Kind(
    called="numbers by their names",
    validated=_by_name(_number()),
    schema={"type": "object", "additionalProperties": {"type": "number"}},
)
TEXTS_BY_NAME = Kind(
    called="texts by their names",
    validated=_by_name(typed(str)),
    schema={"type": "object", "additionalProperties": {"type": "string"}},
)


def _by_parameter(value: Any) -> Any:  # noqa: ANN401  of any type
    # What the parameters are the model says, and the lesson itself puts them in its order.
    if isinstance(value, bool | str | bytes | set | frozenset) or value is None:
        raise ValueError
    if isinstance(value, Mapping):
        return FrozenMapping(value)
    return tuple(value) if isinstance(value, list) else value


BY_PARAMETER = Kind(
    called="a number for each parameter",
    validated=_by_parameter,
    schema={"anyOf": [NUMBERS_BY_NAME.schema, NUMBERS.schema, NUMBER.schema]},
    reads="numbers",
)
SIDES = Kind(called="a list of numbers for each parameter", validated=_unchanged, schema={})
RECORD = Kind(called="a record", validated=_unchanged, schema={})
RECORDS = Kind(called="a list of records", validated=tuple, schema={})


def _batch(value: object) -> int | str:
    return ALL_ROWS if value == ALL_ROWS else _whole(value, 1)


BATCH = Kind(
    called=f'a whole number, 1 or more, or "{ALL_ROWS}"',
    validated=_batch,
    schema={"anyOf": [{"type": "integer", "minimum": 1}, {"const": ALL_ROWS}]},
    reads="batch",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A choice by name.

    Attributes:
        names: the names that are accepted; capitals make no difference.
        meant: names that people bring along, and what they are here.
    """

    names: Sequence[str]
    meant: Mapping[str, str] = field(default_factory=dict)

    def validated(self, name: str, value: object) -> str:
        """Return the name as it is here.

        Raises:
            LessonError: when there is no such choice; it names those that there are.
        """
        if value in self.names:
            return str(value)
        text = value.lower() if isinstance(value, str) else value
        if text in self.names:
            return str(text)
        hint = self.meant.get(str(text))
        hint = did_you_mean(str(value), self.names) if hint is None else f"; {hint}"
        raise LessonError(
            f"{name} {shown(value)} is not known: choose from {', '.join(self.names)}{hint}", name
        )


def shown(value: object) -> str:
    """Return a value as a message shows it."""
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 3]}..."


def check_choice(name: str, value: object, accepted: Iterable[str]) -> None:
    """Raise LessonError unless the value is one of the accepted names; suggest the nearest."""
    Choice(names=tuple(accepted)).validated(name, value)


CHOICES: Mapping[str, Choice] = {
    "loss": Choice(
        names=tuple(LOSSES),
        meant={
            "l1": "l1 is a penalty elsewhere; did you mean the loss mae?",
            "l2": "l2 is a penalty elsewhere; did you mean the loss mse?",
            "sse": "did you mean mse? A step goes by the mean over its rows",
            "rmse": "rmse is a metric; did you mean the loss mse?",
        },
    ),
    "metric": Choice(names=tuple(METRICS), meant={"sse": "did you mean root_sse?"}),
    "gradient": Choice(
        names=tuple(GRADIENT_RULES),
        meant={
            "exact": "did you mean analytic?",
            "autograd": "did you mean analytic?",
            "published": "did you mean swapped?",
            "numerical": "did you mean forward or central?",
        },
    ),
    "optimizer": Choice(
        names=tuple(OPTIMIZERS),
        meant={
            "plain": "did you mean sgd?",
            "gd": "did you mean sgd?",
            "momentum-averaged": "did you mean momentum-ema?",
        },
    ),
}
"""The settings that are choices by name."""


def choice(name: str) -> Kind:
    """Return the kind of the names that a choice has."""
    return Kind(
        called=f"one of {', '.join(CHOICES[name].names)}",
        validated=lambda value: CHOICES[name].validated(name, value),
        schema={"enum": list(CHOICES[name].names)},
    )


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


def check_capacity(capacity: int, epochs: int, clicks: int) -> None:
    """Refuse a capacity that has no room for what is run."""
    if capacity < epochs * clicks:
        raise LessonError(
            f"capacity {capacity} has no room for epochs {epochs} x clicks {clicks}: make "
            f"capacity at least {epochs * clicks}",
            *("capacity", "epochs", "clicks"),
        )


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
    if "x" in model.expression.names:
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


def check_hyperparameters(optimizer: str, given: Mapping[str, float]) -> dict[str, float]:
    """Return an optimiser's hyperparameters: those given, and the usual values of the others."""
    defaults = OPTIMIZERS[optimizer].hyper
    for name, value in given.items():
        if name not in defaults:
            has = f"has only {', '.join(defaults)}" if defaults else "has none"
            raise LessonError(
                f"{name} is not a hyperparameter of the optimiser {optimizer}: it {has}", name
            )
        most = math.inf if name == "eps" else 1.0
        if not 0 <= value < most:
            accepted = "0 or more" if name == "eps" else "from 0 to below 1"
            raise LessonError(f"{name} is {value}: it must be a number {accepted}", name)
    return {**defaults, **{name: as_float(value) for name, value in given.items()}}


def check_predictions(
    model: Model, x: Sequence[float] | FloatArray, start: Sequence[float]
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
    model: Model, x: Sequence[float] | FloatArray, start: Sequence[float]
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


def check_names(step: Step, figure: str) -> None:
    """Refuse parameters whose names, or what comes of them, mean something else already."""
    parameters = step.model.parameters
    for name in parameters:
        # Names of cells end with it, or go on with a variant's title: start_m, start_m_adam.
        if len(name) > LONGEST_PARAMETER or read_as_character(f"_{name}_"):
            raise LessonError(
                f"a parameter cannot be called {name[:LONGEST_PARAMETER]}: use up to "
                f"{LONGEST_PARAMETER} characters, and nothing like x0041 between two _, in which "
                "spreadsheet programs read a character's number"
            )
    headers = [*given_columns(step.model), *(column.name for column in step_columns(step))]
    tables = (f"{figure}_{ending}" for ending in ("held", "lowest", "lowest_epoch"))
    settings = settings_of(step)
    others = {*settings, *map(named_in_sheets, settings), *_OTHER_NAMES, *tables}
    used = Counter(name.lower() for name in (*headers, *others, figure))
    for name in parameters:
        made = [name, *(header for header in headers if header.endswith(f"_{name}"))]
        taken = [each for each in made if used[each.lower()] > 1]
        if taken:
            raise LessonError(
                f"model {step.model.name}: a parameter cannot be called {name}, for {taken[0]} "
                "is the name of something else in the sheet (capitals make no difference); "
                "choose another name"
            )
    if used[figure.lower()] > 1:
        raise LessonError(
            f"metric_label {figure!r} is the name of something else in the sheet; choose another"
        )
