"""The records that a lesson is made of, and what hangs on them when they change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from statistics import NormalDist
from types import MappingProxyType
from typing import Any, Final

from sheetgd.descent.step import Method, given_columns, step_columns
from sheetgd.errors import LessonError
from sheetgd.lesson.checks import (
    USUAL_PATIENCE,
    check_choice,
    check_numbers,
    check_whole,
    refuse_patience,
)

AUTO: Final = "auto"
"""What is given in place of a learning rate or a nudge that is to be chosen."""

CHOOSABLE: Final = ("learn", "nudge")


class Auto(StrEnum):
    """How a setting that follows from the data was found."""

    PENDING = "to be chosen"
    CHOSEN = "chosen"
    SMALLEST = "the smallest tried"


def with_pending(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a lesson with what is ``auto`` noted as still to be chosen.

    >>> with_pending({"learn": "auto", "epochs": 3})
    {'epochs': 3, 'auto': {'learn': <Auto.PENDING: 'to be chosen'>}}
    """
    asked = [name for name in CHOOSABLE if settings.get(name) == AUTO]
    rest = {name: value for name, value in settings.items() if name not in asked}
    if asked:
        rest["auto"] = {**settings.get("auto", {}), **dict.fromkeys(asked, Auto.PENDING)}
    return rest


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

    over: Sequence[str] = ()
    ranges: Mapping[str, Sequence[float]] = field(default_factory=lambda: MappingProxyType({}))
    steps: Sequence[int] = USUAL_STEPS

    def check(self, parameters: Sequence[str]) -> None:
        """Raise LessonError unless the view suits a model of these parameters."""
        for name in (*self.over, *self.ranges):
            check_choice("surface", name, parameters)
        if (self.over and len({*self.over}) != len(self.over)) or len(self.over) not in {0, SIDES}:
            raise LessonError(
                f"surface.over names {', '.join(self.over)}: it needs two different parameters"
            )
        for name, ends in self.ranges.items():
            check_numbers(f"surface.{name}", ends)
            if len(ends) != SIDES or not ends[0] < ends[1]:
                raise LessonError(
                    f"surface.{name} is {list(ends)}: give two numbers, the lower one first"
                )
        if len(self.steps) != SIDES:
            raise LessonError(
                f"surface.steps is {list(self.steps)}: give two, for the side and the top"
            )
        for steps in self.steps:
            if check_whole("surface.steps", steps, 1) > MOST_STEPS:
                raise LessonError(f"surface.steps is {steps}: more than {MOST_STEPS} do not fit")

    @property
    def room(self) -> tuple[int, int]:
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


def still_known(expected: Sequence[Expected], before: Method, now: Method) -> tuple[Expected, ...]:
    """The known numbers whose columns are still there in a lesson that makes the same steps.

    Args:
        expected: the numbers.
        before: the choices of a step that they are known for.
        now: those of the lesson now.
    """
    gone = _columns(before) - _columns(now)
    return tuple(each for each in expected if (bool(each.row), each.column) not in gone)


def _columns(method: Method) -> set[tuple[bool, str]]:
    """The columns of the steps, with True, and those of the log that are not always there."""
    steps = (*given_columns(method.model), *(each.name for each in step_columns(method)))
    return {(False, method.figure.label), *((True, name) for name in steps)}


_HANGING: Mapping[str, Mapping[str, Any]] = {
    "model": {"start": (), "guess": (), "grid": (), "view": View(), "rates": ()},
    "loss": {"rates": ()},
    "batch": {"rates": ()},
    "optimizer": {"hyper": {}, "rates": ()},
    "metric": {"metric_label": None},
    "seed": {"start": ()},
    "start": {"seed": None},
    "epochs": {"clicks": 1},
}
"""For each value that may change, what others are without it."""

_SAID_ANEW = "epochs"
"""So many again, without clicks, are another number."""


def let_go(old: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The values that follow from changes without being among them.

    Args:
        old: all of a lesson's values by name.
        changes: those that are to change.

    Raises:
        LessonError: for patience without a tolerance.

    >>> known = {"guess": (1,), "start": (2,), "tolerance": None, "capacity": 50}
    >>> let_go(known | {"epochs": 5, "clicks": 7}, {"epochs": 60})
    {'clicks': 1, 'patience': 5, 'capacity': 60}
    """
    found: dict[str, Any] = {}
    for name, value in changes.items():
        if name in _HANGING and (name == _SAID_ANEW or value != old[name]):
            found |= _HANGING[name]
    if old["guess"] == old["start"]:
        found["guess"] = ()
    if changes.get("tolerance", old["tolerance"]) is None:
        if "patience" in changes:
            refuse_patience(changes["patience"])
        found["patience"] = USUAL_PATIENCE
    if old["capacity"] is not None and "capacity" not in changes:
        asked = {"epochs": old["epochs"], "clicks": old["clicks"], **found, **changes}
        found["capacity"] = max(old["capacity"], asked["epochs"] * asked["clicks"])
    return found


def normal_numbers(count: int, seed: int) -> tuple[float, ...]:
    """Numbers from the standard normal distribution N(0, 1).

    >>> [round(number, 4) for number in normal_numbers(3, seed=1)]
    [-1.106, 1.0255, 0.7185]
    """
    chance = Random(seed)  # noqa: S311  a lesson's start is no secret
    smallest = 2.0**-53
    return tuple(NormalDist().inv_cdf(chance.random() or smallest) for _ in range(count))


def orders(rows: int, seed: int) -> Iterator[tuple[int, ...]]:
    """Random orders of the rows 1 to `rows`, one after another for ever.

    >>> drawn = orders(4, seed=1)
    >>> next(drawn), next(drawn)
    ((1, 4, 3, 2), (2, 1, 3, 4))
    """
    chance = Random(seed)  # noqa: S311  an order of rows is no secret
    while True:
        keys = [chance.random() for _ in range(rows)]
        yield tuple(row + 1 for row in sorted(range(rows), key=keys.__getitem__))
