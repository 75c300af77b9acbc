"""What a picture shows: the runs of a lesson, and the error surface around them.

The surface is the lesson's metric over one parameter or two, over all rows of the data; of a model
with more, the others are held where the descent has come to.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np

from sheetgd.descent.rate_verdict import Divergence
from sheetgd.engine.error_surface import best_parameters, metric_at, most_sensitive
from sheetgd.engine.log import Stop
from sheetgd.engine.run import Descent, descend
from sheetgd.errors import LessonError
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.values import check_choice
from sheetgd.sheets.book import AS_PUBLISHED

if TYPE_CHECKING:
    from sheetgd.expression.numbers import FloatArray


@dataclass(frozen=True, slots=True)
class Run:
    """A descent, what it is called beside others, and how much of it is shown.

    Attributes:
        label: what it is called.
        descent: what is run.
        until: after how many epochs it is looked at; None for the end.
    """

    label: str
    descent: Descent
    until: int | None = None

    @property
    def epochs(self) -> int:
        """After how many epochs it is looked at."""
        return self.descent.epochs if self.until is None else min(self.until, self.descent.epochs)

    @property
    def states(self) -> Sequence[tuple[float, ...]]:
        """The parameters after each epoch so far."""
        return self.descent.states[: self.epochs + 1]

    @property
    def metric_values(self) -> Sequence[float]:
        """The metric held after each epoch so far."""
        return self.descent.metric_values[: self.epochs + 1]

    @property
    def divergence(self) -> Divergence | None:
        """The first way in which it diverges, if it has done so."""
        first = next(iter(self.descent.divergence), None)
        return None if first is None or first.epoch > self.epochs else first

    @property
    def stop(self) -> Stop | None:
        """Where a stop rule has ended it, if one has."""
        stop = self.descent.stop
        return None if stop is None or stop.epoch > self.epochs else stop

    @property
    def calm(self) -> int:
        """How many of its states, from the start on, come before it diverges."""
        return len(self.states) if self.divergence is None else max(1, self.divergence.epoch)


def runs_of(lesson: Lesson) -> tuple[Run, ...]:
    """Run a lesson, its variants and its published section, as far as each asks for.

    >>> from sheetgd.lesson.template import shipped_lesson
    >>> [run.label for run in runs_of(shipped_lesson("original"))]
    ['The lesson', 'As published']
    """
    labelled = [(lesson.display.label, lesson)]
    labelled += [(variant.title, lesson.varied(variant)) for variant in lesson.display.variants]
    if lesson.display.published is not None:
        labelled.append((AS_PUBLISHED, lesson.display.published))
    return tuple(Run(label, descend(each)) for label, each in labelled)


POINTS = {1: 301, 2: 61}
"""How many values are looked at along each side, by the number of parameters."""

DRAWABLE = 1e100
"""What is larger than this is not drawn: a picture would compute with its square."""

_AT_ONCE = 4_000_000
"""The most errors, of rows at points, that are held in memory at a time."""

_MARGIN = 0.16
"""There is so much to either side of what must be seen, as a share of its width."""

_CEILING = 4.0
"""How many times the height of the highest start a slope is followed."""

Point = tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Way:
    """A run's path over the error surface.

    Attributes:
        place: which of the runs it is, counted from 0.
        run: the run.
        points: where it stands after epoch 0, 1, ..., as long as it is in the picture.
        heights: how high the landscape is there.
    """

    place: int
    run: Run
    points: Sequence[Point]
    heights: Sequence[float]

    @property
    def left(self) -> int | None:
        """The epoch at which it has left the picture; None where it has not."""
        shown = len(self.points)
        return shown if shown < len(self.run.states) else None

    @property
    def steps(self) -> tuple[Sequence[Point], Sequence[float]]:
        """The points so far, and their heights."""
        end = self.run.epochs + 1
        return self.points[:end], self.heights[:end]


@dataclass(frozen=True, kw_only=True)
class ErrorSurface:
    """An error surface and the paths over it.

    Attributes:
        metric_name: what the height is called.
        names: the parameters along its sides.
        held: the values of the others.
        sides: the values along its sides.
        heights: the metric at each point of the grid, by the first parameter, then the
            second; NaN where it is none.
        ceiling: heights above it are only said to be above it.
        best: the point with the least squares, and the height there; None where there is
            none.
        ways: the runs that walk in it, those of the same model.
    """

    metric_name: str
    names: tuple[str, ...]
    held: Mapping[str, float]
    sides: tuple["FloatArray", ...]
    heights: "FloatArray"
    ceiling: float
    best: tuple[Point, float] | None
    ways: tuple[Way, ...]

    def until(self, epoch: int) -> "ErrorSurface":
        """Return the same surface with the paths as they are after so many epochs."""
        ways = [replace(way, run=replace(way.run, until=epoch)) for way in self.ways]
        return replace(self, ways=tuple(ways))


def chosen_parameters(lesson: Lesson, over: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return the parameters that the surface is over: those asked for, or `most_sensitive`.

    Raises:
        LessonError: when the model has no such two parameters.

    >>> chosen_parameters(Lesson(x=(1, 2, 3), y=(3, 5, 7)))
    ('m', 'b')
    """
    parameters = lesson.model.parameters
    if over is None:
        return most_sensitive(lesson)
    for name in over:
        check_choice("over", name, parameters)
    if len(over) != len(set(over)) or len(over) != min(2, len(parameters)):
        wanted = "its only parameter" if len(parameters) == 1 else "two different parameters"
        raise LessonError(
            f"over is {' '.join(over)}: a landscape of this model is over {wanted}; choose from "
            f"{', '.join(parameters)}"
        )
    return tuple(over)


def error_surface_of(runs: Sequence[Run], over: Sequence[str] | None = None) -> ErrorSurface:
    """Survey the landscape of some runs, the first of which is the lesson's own.

    It is wide enough for all the ways of runs that do not diverge and for the point of
    least squares, and for the lesson's own up to where it diverges. Other runs that
    diverge are shown as far as they stay in there.

    Args:
        runs: what `runs_of` says.
        over: the parameters along its sides; None takes the two with the dearest start.

    Raises:
        LessonError: when the model has no such two parameters.
    """
    lesson, present = runs[0].descent.lesson, runs[0].descent.states[-1]
    parameters = lesson.model.parameters
    names = chosen_parameters(lesson, over)
    shown = [parameters.index(name) for name in names]
    held = {
        name: value for name, value in zip(parameters, present, strict=True) if name not in names
    }
    walkers = [(place, run) for place, run in enumerate(runs) if _same_land(run, runs[0])]
    visited = [_seen(run.descent.states, shown) for _, run in walkers]
    found = best_parameters(lesson, held)
    best = tuple(found[each] for each in shown)
    wanted = [*_worth_seeing(walkers, visited), *([best] if _drawable(best) else [])]
    sides = _sides(wanted, POINTS[len(names)])
    land = _Land(lesson, names, held)
    ways = []
    for (place, run), states in zip(walkers, visited, strict=True):
        points = list(takewhile(lambda point: _within(point, sides), states))
        ways.append(Way(place=place, run=run, points=points, heights=land.heights(points)))
    heights = land.over(sides)
    return ErrorSurface(
        metric_name=lesson.metric_name,
        names=names,
        held=held,
        sides=sides,
        heights=heights,
        ceiling=_ceiling(heights, ways),
        best=(best, land.heights([best])[0]) if _drawable(best) else None,
        ways=tuple(ways),
    )


def _same_land(run: Run, other: Run) -> bool:
    """Tell whether two runs see the same errors at the same parameters."""
    one, two = run.descent.lesson, other.descent.lesson
    return (one.model, one.data.inputs, one.data.y) == (two.model, two.data.inputs, two.data.y)


def _seen(states: Sequence[Point], shown: Sequence[int]) -> list[Point]:
    """Reduce the states to the parameters that are shown."""
    return [tuple(state[each] for each in shown) for state in states]


def _worth_seeing(
    walkers: Sequence[tuple[int, Run]], visited: Sequence[Sequence[Point]]
) -> Iterator[Point]:
    """Yield the points that must be in the picture."""
    for (place, run), points in zip(walkers, visited, strict=True):
        yield points[0]
        if place == 0 or run.divergence is None:
            yield from filter(_drawable, points[: run.calm])


def _drawable(point: Point) -> bool:
    return all(abs(value) <= DRAWABLE for value in point)


def _sides(points: Sequence[Point], count: int) -> tuple["FloatArray", ...]:
    """Return values along each parameter, with all the points well inside."""
    sides = []
    for values in zip(*points, strict=True):
        low, high = min(values), max(values)
        # Where nothing moves, the picture shows some way around it.
        margin = (high - low) * _MARGIN or max(abs(high), 1.0) / 2
        sides.append(np.linspace(low - margin, high + margin, count))
    return tuple(sides)


def _within(point: Point, sides: Sequence["FloatArray"]) -> bool:
    return all(side[0] <= value <= side[-1] for value, side in zip(point, sides, strict=True))


def _ceiling(heights: "FloatArray", ways: Sequence[Way]) -> float:
    """Choose how high the picture goes: where a slope rises on and on, not to its very top."""
    solid = heights[np.isfinite(heights)]
    if not solid.size:
        return math.inf
    walked = [height for way in ways for height in way.heights if math.isfinite(height)]
    enough = _CEILING * max([float(np.median(solid)), *walked])
    return enough if enough < solid.max() else math.inf


@dataclass(frozen=True)
class _Land:
    """The metric of a lesson, by the parameters that are shown."""

    lesson: Lesson
    names: Sequence[str]
    held: Mapping[str, float]

    def heights(self, points: Sequence[Point]) -> list[float]:
        """Return the heights at some points."""
        found: list[float] = self._at(
            [np.array(values) for values in zip(*points, strict=True)]
        ).tolist()
        return found

    def over(self, sides: Sequence["FloatArray"]) -> "FloatArray":
        """Return the heights over all points of the grid."""
        first, *others = np.meshgrid(*sides, indexing="ij", sparse=True)
        size = self.lesson.n_rows * math.prod(len(side) for side in sides)
        strips = np.array_split(first, min(len(first), size // _AT_ONCE + 1))
        return np.concatenate([self._at([strip, *others]) for strip in strips])

    def _at(self, points: Sequence["FloatArray"]) -> "FloatArray":

        parameters = dict(zip(self.names, points, strict=True))
        parameters |= {name: np.array(value) for name, value in self.held.items()}
        metrics = metric_at(
            self.lesson, [parameters[name] for name in self.lesson.model.parameters]
        )
        return np.where(np.abs(metrics) <= DRAWABLE, metrics, np.nan)
