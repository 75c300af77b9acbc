"""What a lesson holds besides its settings: variants, known numbers, a part of the surface.

And numbers drawn at random, the same ones for the same seed on every machine and Python: only
`random.Random.random` is promised never to change, so all is drawn through it.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from statistics import NormalDist
from typing import Any

from sheetgd.errors import LessonError, did_you_mean
from sheetgd.lesson.checks import EMPTY, FrozenMapping


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
