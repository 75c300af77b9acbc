"""What a setting may be: the kinds of values with their ranges, and the records among them.

Random starts and orders of rows are drawn here, too. For one seed they are the same on every
machine and Python: all is drawn through `random.Random.random`, which alone is promised to stay.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from numbers import Real
from operator import index
from typing import Any, Final, Generic, TypeVar

import numpy as np

from sheetgd.descent.gradient import GRADIENT_RULES
from sheetgd.descent.loss import LOSSES, METRICS, SCORES
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.descent.scaling import NO_SCALE, SCALES
from sheetgd.descent.schedule import SCHEDULES
from sheetgd.errors import LessonError, did_you_mean

AUTO: Final = "auto"
"""What is given in place of a learning rate or a difference step that is to be chosen."""

ALL_ROWS: Final = "all"
"""The batch of all rows."""

DEFAULT_PATIENCE: Final = 5

LEAST_RATE_EPOCHS: Final = 2
"""Whether an epoch takes back what the one before did needs two of them."""

MOST_SHOWN: Final = 60

MOST_RATES: Final = 10_000
MOST_WHOLE: Final = 2**53
"""So many learning rates are compared; and up to here, floats hold every whole number."""

_WHOLE_NUMBER = re.compile(r"\s*([+-]?)0*([0-9]+)\s*")

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
    """Tell whether a value is a number: NumPy's are, True and False are not.

    >>> is_number(2), is_number(True), is_number("2"), is_number(float("nan"))
    (True, False, False, True)
    """
    return isinstance(value, Real | Decimal) and not isinstance(value, bool)


def number_of(text: str) -> float:
    """Read a number: ``1_000``, which Python reads, is none, nor is one in digits but 0 to 9."""
    if "_" in text or not text.isascii():
        raise ValueError
    return float(text)


def whole_of(text: str) -> int:
    """Read a whole number; of one with thousands of digits, so many that it is too large."""
    found = _WHOLE_NUMBER.fullmatch(text)
    if found is None:
        raise ValueError
    return int(found[1] + found[2][:4000])


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


def whole_from(least: int) -> Kind:
    """Return the kind of whole numbers that are at least so large."""

    def validated(value: object) -> int:
        return _whole(value, least)

    return Kind(
        called=f"a whole number, {least} or more",
        validated=validated,
        schema={"type": "integer", "minimum": least},
        reads="whole",
    )


def _whole(value: Any, least: int | None = None) -> int:  # noqa: ANN401  of any type
    if isinstance(value, bool | np.bool_):
        raise ValueError  # noqa: TRY004  every kind refuses in the same way
    try:
        found = index(value)
    except TypeError:
        raise ValueError from None
    if abs(found) > MOST_WHOLE or (least is not None and found < least):
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
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise ValueError


def sequence(
    each: Callable[[Any], Any], most: float = math.inf
) -> Callable[[Any], tuple[Any, ...]]:
    """Return what makes a tuple of a list, an array or a Series, each value of a kind."""

    def validated(values: Any) -> tuple[Any, ...]:  # noqa: ANN401  of any type
        if isinstance(values, str | bytes | Mapping | set | frozenset):
            raise ValueError  # noqa: TRY004  every kind refuses in the same way
        if hasattr(values, "__len__") and len(values) > most:
            raise ValueError
        listed = getattr(values, "tolist", None)
        try:
            return tuple(map(each, listed() if listed is not None else values))
        except TypeError:
            raise ValueError from None

    return validated


TEXT = Kind(called="a text", validated=typed(str), schema={"type": "string"})


NUMBER = Kind(called="a number", validated=_number(), schema={"type": "number"}, reads="number")


ABOVE_0 = Kind(
    called="a number above 0",
    validated=_number(above=0),
    schema={"type": "number", "exclusiveMinimum": 0},
    reads="number",
)


FROM_0 = Kind(
    called="a number, 0 or more",
    validated=_number(least=0),
    schema={"type": "number", "minimum": 0},
    reads="number",
)


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
    reads="texts",
)


RATES = Kind(
    called=f"a list of numbers above 0, of no more than {MOST_RATES:,}",
    validated=sequence(_number(above=0), MOST_RATES),
    schema={"type": "array", "items": {"type": "number", "exclusiveMinimum": 0}},
)


EPOCHS = Kind(
    called="a list of whole numbers, 0 or more",
    validated=sequence(lambda value: _whole(value, 0)),
    schema={"type": "array", "items": {"type": "integer", "minimum": 0}},
)


def maybe(kind: Kind) -> Kind:
    """Return a kind of value that may be left out, by None."""
    return replace(kind, validated=lambda value: None if value is None else kind.validated(value))


def _rows(value: Any) -> frozenset[int]:  # noqa: ANN401  of any type
    if isinstance(value, str | bytes | Mapping):
        raise ValueError  # noqa: TRY004  every kind refuses in the same way
    try:
        return frozenset(_whole(each, 1) for each in value)
    except TypeError:
        raise ValueError from None


def by_name_of(each: Callable[[Any], Any]) -> Callable[[Any], FrozenMapping[Any]]:
    """Return what reads values by their names, each of them by a function."""

    def validated(values: object) -> FrozenMapping[Any]:
        if not isinstance(values, Mapping) or not all(isinstance(name, str) for name in values):
            raise ValueError
        return FrozenMapping({name: each(value) for name, value in values.items()})

    return validated


def _unchanged(value: Any) -> Any:  # noqa: ANN401  of any type
    return value


RATE = Kind(
    called=f'{ABOVE_0.called}, or "{AUTO}"',
    validated=lambda value: AUTO if value == AUTO else ABOVE_0.validated(value),
    schema={"anyOf": [ABOVE_0.schema, {"const": AUTO}]},
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
    validated=by_name_of(_number()),
    schema={"type": "object", "additionalProperties": {"type": "number"}},
    reads="numbers by name",
)


TEXTS_BY_NAME = Kind(
    called="texts by their names",
    validated=by_name_of(typed(str)),
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


NUMBERS_OF_SIDES = Kind(
    called="a list of numbers for each parameter",
    validated=lambda value: value if isinstance(value, Mapping) else sequence(_unchanged)(value),
    schema={},
)


RECORD = Kind(called="a record", validated=_unchanged, schema={})


RECORDS = Kind(called="a list of records", validated=sequence(_unchanged), schema={})


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
        alike = {each.lower(): each for each in self.names}
        if text in alike:
            return alike[str(text)]
        hint = self.meant.get(str(text))
        if isinstance(text, str) and (before := text.partition("=")[0]) in self.names:
            hint = f"write {before}, and what follows as a hyperparameter"
        hint = did_you_mean(str(value), self.names) if hint is None else f"; {hint}"
        raise LessonError(
            f"{name} {shown(value)} is not known: choose from {', '.join(self.names)}{hint}", name
        )


def shown(value: object) -> str:
    """Return a value as a message shows it: not in full where it is long."""
    try:
        text = repr(value)
    except ValueError:
        text = "a number of thousands of digits"
    text = text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 3]}..."
    whole = isinstance(value, int) and abs(value) > MOST_WHOLE
    return f"{text} (beyond {MOST_WHOLE:,})" if whole else text


def check_choice(name: str, value: object, accepted: Iterable[str]) -> None:
    """Raise LessonError unless the value is one of the accepted names; suggest the nearest."""
    Choice(names=tuple(accepted)).validated(name, value)


BY_ROWS, BY_EPOCHS = "rows", "epochs"
"""What a run's sheets have a row for: every row of the data in every epoch, or every epoch."""

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
    "metric": Choice(names=(*METRICS, *SCORES), meant={"sse": "did you mean root_sse?"}),
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
            "nag": "did you mean nesterov?",
            "adamw": "did you mean adam, with l2? Decay that is apart from the loss is not here",
        },
    ),
    "scale": Choice(
        names=(NO_SCALE, *SCALES),
        meant={
            "standardise": "did you mean standard?",
            "zscore": "did you mean standard?",
            "normal": "did you mean standard or minmax?",
        },
    ),
    "layout": Choice(names=(AUTO, BY_ROWS, BY_EPOCHS), meant={"steps": "did you mean rows?"}),
    "schedule": Choice(
        names=tuple(SCHEDULES),
        meant={
            "cosine": "did you mean CosineAnnealingLR?",
            "plateau": "did you mean ReduceLROnPlateau?",
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


class Auto(StrEnum):
    """How a setting that follows from the data was found."""

    PENDING = "to be chosen"
    CHOSEN = "chosen"
    SMALLEST = "the smallest tried"


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A lesson once more with some choices changed, to be seen beside the first.

    Attributes:
        title: what tells it from the others, in a word or two.
        changes: the settings of the lesson that differ, by name.
    """

    title: str
    changes: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Keep the changes as they are."""
        object.__setattr__(self, "changes", FrozenMapping(self.changes))


USUAL_STEPS = (12, 16)
MOST_STEPS = 40
SIDES = 2


@dataclass(frozen=True, kw_only=True)
class View:
    """The part of the surface that is shown: the metric over two parameters.

    Attributes:
        over: the parameters down the side and along the top; none: the two with the dearest start.
        ranges: from where to where each parameter goes; those left out are chosen.
        steps: into how many steps the side and the top are parted.
    """

    over: tuple[str, ...] = ()
    ranges: Mapping[str, tuple[float, ...]] = EMPTY
    steps: tuple[int, ...] = USUAL_STEPS

    def __post_init__(self) -> None:
        """Settle the types, so that a view can be compared and hashed."""
        object.__setattr__(self, "over", tuple(self.over))
        ranges = {name: tuple(ends) for name, ends in self.ranges.items()}
        object.__setattr__(self, "ranges", FrozenMapping(ranges))
        object.__setattr__(self, "steps", tuple(self.steps))

    def check(self, parameters: Sequence[str]) -> None:
        """Raise LessonError unless the view suits a model of these parameters."""
        for name in (*self.over, *self.ranges):
            if name not in parameters:
                raise LessonError(
                    f"surface {name!r} is not known: choose from {', '.join(parameters)}"
                    f"{did_you_mean(str(name), parameters)}"
                )
        if (self.over and len({*self.over}) != len(self.over)) or len(self.over) not in {0, SIDES}:
            raise LessonError(
                f"surface.over names {', '.join(self.over)}: it needs two different parameters"
            )
        for name, ends in self.ranges.items():
            if not all(math.isfinite(end) for end in ends):
                raise LessonError(f"surface.{name} is {list(ends)}: only finite numbers will do")
            if len(ends) != SIDES or not ends[0] < ends[1]:
                raise LessonError(
                    f"surface.{name} is {list(ends)}: give two numbers, the lower one first"
                )
        self._check_steps()

    def _check_steps(self) -> None:
        if len(self.steps) != SIDES:
            raise LessonError(
                f"surface.steps is {list(self.steps)}: give two, for the side and the top"
            )
        for steps in self.steps:
            if not isinstance(steps, int) or isinstance(steps, bool) or steps < 1:
                raise LessonError(
                    f"surface.steps is {steps!r}: it must be a whole number, 1 or more"
                )
            if steps > MOST_STEPS:
                raise LessonError(f"surface.steps is {steps}: more than {MOST_STEPS} do not fit")

    @property
    def capacity(self) -> tuple[int, int]:
        """For how many steps the page has room: the usual number at least."""
        down, across = (
            max(steps, usual) for steps, usual in zip(self.steps, USUAL_STEPS, strict=True)
        )
        return down, across


@dataclass(frozen=True, kw_only=True)
class Expected:
    """A number that the lesson is known to give, for the page Check.

    Attributes:
        what: what it is, in words.
        column: a column of the log, or of the steps where `row` names one.
        epoch: how many epochs have been run; of the steps, those of the pass after it.
        row: the row of that pass, counted from 1; 0 is the log's line.
        value: the number.
        tolerance: how far off it may be.
    """

    what: str
    column: str
    epoch: int
    value: float
    tolerance: float
    row: int = 0
