"""The lesson: data, model, gradient rule and settings, checked once, then frozen."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType

from sheetgd.errors import LessonError
from sheetgd.maths.gradient import GRADIENT_RULES, GradientRule
from sheetgd.maths.model import LINE, Model

DEFAULT_CAPACITY = 50
COMFORTABLE_STEPS = 100_000
"""Without a capacity asked for, a workbook is built for at most so many step rows."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """Everything a descent and its workbook follow from.

    Attributes:
        title: the heading of the main page.
        x: the inputs, one a data row.
        y: the outputs, one a data row.
        x_name: what x is called in the data it came from.
        y_name: what y is called there.
        model: how a prediction follows from x and the parameters.
        start: the parameters' values before the first epoch, in the model's order.
        guess: the parameters that the worked example in the upper half starts with.
        learn: the learning rate.
        nudge: how far finite differences move a parameter.
        epochs: epochs a click of Run Epoch runs.
        clicks: how often Run Epoch has been clicked; epochs * clicks epochs are run.
        capacity: for how many epochs a workbook has room; None chooses.
        gradient: the gradient rule, by its name.
        grid: for each parameter, the values along its side of the error grid.
        grid_over_all: whether that grid sums over all rows or over the sample.
        sample: how many of the first rows the worked example shows.
        reconstructed: data rows, counted from 1, that are a reconstruction.
        published: the same lesson as it was published, if its cells can be compared.
        texts: the explaining texts by their keys.
        findings: what the published lesson does that its own text does not say.

    Raises:
        LessonError: when a value is out of its range; the message names both.

    >>> lesson = Lesson(x=(1, 2), y=(3, 5), start=(0, 0))
    >>> lesson.epochs_run, lesson.room, lesson.gradient
    (5, 50, 'forward')
    """

    x: Sequence[float]
    y: Sequence[float]
    start: Sequence[float]
    guess: Sequence[float] = ()
    title: str = "Gradient Descent"
    x_name: str = "x"
    y_name: str = "y"
    model: Model = LINE
    learn: float = 0.0001
    nudge: float = 0.01
    epochs: int = 5
    clicks: int = 1
    capacity: int | None = None
    gradient: str = "forward"
    grid: Sequence[Sequence[float]] = ()
    grid_over_all: bool = True
    sample: int = 5
    reconstructed: frozenset[int] = frozenset()
    published: "Lesson | None" = None
    texts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    findings: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Check every value and settle the types."""
        parameters = self.model.parameters
        settled = {
            "x": _numbers("x", self.x),
            "y": _numbers("y", self.y),
            "start": _numbers("start", self.start),
            "guess": _numbers("guess", self.guess or self.start),
            "grid": tuple(_numbers("grid", side) for side in self.grid),
            "learn": _positive("learn", "the learning rate", self.learn),
            "nudge": _positive("nudge", "the nudge", self.nudge),
        }
        # A frozen dataclass lets its own constructor settle types in no other way.
        for name, value in settled.items():
            object.__setattr__(self, name, value)
        if len(self.x) != len(self.y):
            raise LessonError(
                f"x has {len(self.x)} values and y has {len(self.y)}: each row needs both"
            )
        if len(self.x) < len(parameters):
            raise LessonError(
                f"the data has {_counted(len(self.x), 'row')}: a {self.model.name} with "
                f"{len(parameters)} parameters needs at least {len(parameters)} rows"
            )
        for name in ("start", "guess"):
            if len(getattr(self, name)) != len(parameters):
                raise LessonError(
                    f"{name} has {_counted(len(getattr(self, name)), 'value')}: give one each "
                    f"for {', '.join(parameters)}"
                )
        _whole("epochs", self.epochs, 0)
        _whole("clicks", self.clicks, 0)
        _whole("sample", self.sample, 1)
        check_choice("gradient", self.gradient, GRADIENT_RULES)
        if self.capacity is not None:
            _whole("capacity", self.capacity, 1)
            if self.capacity < self.epochs_run:
                raise LessonError(
                    f"capacity {self.capacity} has no room for epochs {self.epochs} x clicks "
                    f"{self.clicks}: make capacity at least {self.epochs_run}"
                )

    @property
    def rule(self) -> GradientRule:
        """The gradient rule that `gradient` names."""
        return GRADIENT_RULES[self.gradient]

    @property
    def rows(self) -> int:
        """How many data rows there are."""
        return len(self.x)

    @property
    def shown(self) -> int:
        """How many rows the worked example shows: the sample, or all if there are fewer."""
        return min(self.sample, self.rows)

    @property
    def epochs_run(self) -> int:
        """How many epochs have been run: epochs * clicks."""
        return self.epochs * self.clicks

    @property
    def room(self) -> int:
        """The capacity: as asked for, else 50, fewer for long data so that files stay light."""
        if self.capacity is not None:
            return self.capacity
        comfortable = min(DEFAULT_CAPACITY, COMFORTABLE_STEPS // self.rows - 1)
        return max(comfortable, self.epochs_run, 1)


def check_choice(name: str, value: str, accepted: Mapping[str, object]) -> None:
    """Raise LessonError unless the value is one of the accepted names; suggest the nearest."""
    if value in accepted:
        return
    raise LessonError(
        f"{name} {value!r} is not known: choose from {', '.join(accepted)}"
        f"{did_you_mean(value, accepted)}"
    )


def did_you_mean(value: str, accepted: Iterable[str]) -> str:
    """The end of a message: the accepted name nearest to what was found, if any is near.

    >>> did_you_mean("foward", ["forward", "central"]), did_you_mean("x", ["forward"])
    ('; did you mean forward?', '')
    """
    near = get_close_matches(value, accepted, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _numbers(name: str, values: Sequence[float]) -> tuple[float, ...]:
    numbers = tuple(float(value) for value in values)
    for position, number in enumerate(numbers, start=1):
        if not math.isfinite(number):
            raise LessonError(f"{name}: value {position} is {number}; only finite numbers will do")
    return numbers


def _positive(name: str, meaning: str, value: float) -> float:
    if not (math.isfinite(value) and value > 0):
        raise LessonError(f"{name} is {value}: {meaning} must be a number above 0")
    return float(value)


def _whole(name: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise LessonError(f"{name} is {value!r}: it must be a whole number, {least} or more")
