"""Two panels of lines: the figure by epoch, and the model against the data."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from sheetgd.checks import counted
from sheetgd.colours import GREY, INK
from sheetgd.display import far_apart
from sheetgd.drawing.style import (
    MOST_DOTS,
    drawable,
    halo,
    handle,
    put_title,
    run_look,
)
from sheetgd.lesson import Lesson
from sheetgd.pages.words import listed
from sheetgd.runs import Run
from sheetgd.surface import best_parameters

if TYPE_CHECKING:
    from sheetgd.maths.quantity import FloatArray

FIT_POINTS = 201
"""A curve is drawn through so many points from the smallest x to the largest."""

_HEADROOM = 3.0
"""Where some runs diverge, the picture goes so many times as high as the others."""

_FARTHEST_END = 1e306
"""What is between an axis's ends, and room beside them, has to be a number as well."""

_FARTHEST = 2.0
"""A curve is followed so many times the data's height above and below them."""

_START_LOOK: Final[Mapping[str, Any]] = {
    "color": f"#{GREY}",
    "linestyle": (0, (4, 3)),
    "linewidth": 1.6,
}
_BEST_LOOK: Final[Mapping[str, Any]] = {
    "color": f"#{INK}",
    "linestyle": (0, (1, 2)),
    "linewidth": 1.4,
}
_DATA_LOOK: Final[Mapping[str, Any]] = {
    "linestyle": "none", "marker": "o", "markersize": 5.5, "color": f"#{INK}",
}  # fmt: skip
_RECONSTRUCTED_LOOK: Final = {**_DATA_LOOK, "markerfacecolor": "white"}


def draw_curves(axes: Axes, runs: Sequence[Run]) -> list[Line2D]:
    """The figure by epoch, a line for each run, on a logarithmic axis where they are far apart.

    Args:
        axes: where to draw.
        runs: the runs.

    Returns:
        What the legend is to show.
    """
    name = runs[0].descent.lesson.metric_name
    lines = [drawable(np.array(run.descent.metric_values)) for run in runs]
    for place, (run, figures) in enumerate(zip(runs, lines, strict=True)):
        dots: dict[str, Any] = (
            {"marker": "o", "markersize": 3.5} if len(figures) <= MOST_DOTS else {}
        )
        axes.plot(figures, **run_look(place), **dots, path_effects=halo(), label=run.label)
    calm = [each for run, each in zip(runs, lines, strict=True) if run.divergence is None]
    shown, quiet = (np.concatenate([*each, []]) for each in (lines, calm))
    shown, quiet = (each[np.isfinite(each)] for each in (shown, quiet))
    top = _HEADROOM * float(quiet.max(initial=0.0)) or math.inf
    if far_apart(shown[shown <= top]):
        axes.set_yscale("log")
    if len(calm) < len(runs) and top < shown.max(initial=0.0):
        # matplotlib would still make room for what flies off, below as well as above.
        lowest = float(shown.min()) if axes.get_yscale() == "log" else 0.0
        axes.set_ylim(lowest / _HEADROOM, top)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("epoch")
    axes.set_ylabel(name)
    put_title(axes, f"{name} by epoch", "; ".join(filter(None, map(_ending, runs))))
    return [handle(run.label, run_look(place)) for place, run in enumerate(runs)]


def _ending(run: Run) -> str:
    """How a run ends, if not just with its last epoch."""
    if run.divergence is not None:
        return f"{run.label} diverges ({run.divergence.ending}) at epoch {run.divergence.epoch}"
    stop = run.descent.stop
    return "" if stop is None else f"{run.label} stops at epoch {stop.epoch}"


def draw_fit(axes: Axes, runs: Sequence[Run]) -> list[Line2D]:
    """The data, and the model at the start, now, and at its best.

    Args:
        axes: where to draw.
        runs: the runs; those of another model or with other data have their curve, too.

    Returns:
        What the legend is to show.
    """
    lesson, states = runs[0].descent.lesson, runs[0].descent.states
    x = _along(lesson)
    start = _curve(lesson, x, states[0])
    best = _curve(lesson, x, best_parameters(lesson))
    panels = [epoch for epoch in lesson.panels if 0 < epoch < len(states) - 1]
    between = [_curve(lesson, x, states[epoch]) for epoch in panels]
    now = [_curve(run.descent.lesson, x, run.descent.states[-1]) for run in runs]
    axes.plot(x, best, **_BEST_LOOK, label="least squares", zorder=2)
    axes.plot(x, start, **_START_LOOK, label="start", zorder=2)
    passing = run_look(0) | {"linewidth": 1.0, "alpha": 0.55}
    for epoch, curve in zip(panels, between, strict=True):
        axes.plot(x, curve, **passing, label=f"after epoch {epoch}", zorder=2.5)
    for place, (run, curve) in enumerate(zip(runs, now, strict=True)):
        axes.plot(x, curve, **run_look(place), path_effects=halo(), label=run.label, zorder=3)
    data = _put_data(axes, lesson)
    axes.set_ylim(*_limits(lesson, [start, best, *between, *now]))
    axes.set_xlabel(lesson.x_name)
    axes.set_ylabel(lesson.y_name)
    put_title(axes, *_fit_title(runs))
    return [
        *(handle(run.label, run_look(place)) for place, run in enumerate(runs)),
        *data,
        handle("the fit at the start", _START_LOOK),
        *([handle(f"after epoch {listed([str(e) for e in panels])}", passing)] if panels else []),
        *([handle("of least squares", _BEST_LOOK)] if np.isfinite(best).any() else []),
    ]


def _fit_title(runs: Sequence[Run]) -> tuple[str, str]:
    epochs = [run.descent.epochs for run in runs]
    if len(set(epochs)) == 1:
        return f"The fit after {counted(epochs[0], 'epoch')}", ""
    told = [f"{run.label} after {counted(run.descent.epochs, 'epoch')}" for run in runs]
    return "The fit", ", ".join(told)


def _along(lesson: Lesson) -> "FloatArray":
    low, high = _ends(lesson.x)
    # A single x has room to either side.
    aside = (high - low) * 0.03 or 1.0
    return np.linspace(low - aside, high + aside, FIT_POINTS)


def _ends(values: Sequence[float]) -> tuple[float, float]:
    """The least and the largest of some values, as far as an axis can reach."""
    return max(min(values), -_FARTHEST_END), min(max(values), _FARTHEST_END)


def _reachable(value: float) -> bool:
    return abs(value) <= _FARTHEST_END


def _curve(lesson: Lesson, x: "FloatArray", state: Sequence[float]) -> "FloatArray":
    with np.errstate(all="ignore"):
        predicted = lesson.form.predict(x, [np.full(x.shape, each) for each in state])
    return drawable(predicted)


def _put_data(axes: Axes, lesson: Lesson) -> list[Line2D]:
    """The data's points, those of a reconstruction hollow; returns what the legend shows."""
    handles = []
    for label, look, wanted in (
        ("data", _DATA_LOOK, False),
        ("data, a reconstruction", _RECONSTRUCTED_LOOK, True),
    ):
        rows = [row for row in range(lesson.rows) if (row + 1 in lesson.reconstructed) == wanted]
        rows = [row for row in rows if _reachable(lesson.x[row]) and _reachable(lesson.y[row])]
        if rows:
            x, y = ([values[row] for row in rows] for values in (lesson.x, lesson.y))
            axes.plot(x, y, **look, label=label, zorder=4)
            handles.append(handle(label, look))
    return handles


def _limits(lesson: Lesson, curves: Sequence["FloatArray"]) -> tuple[float, float]:
    """From the lowest to the highest of data and curves, but not too far from the data."""
    low, high = _ends(lesson.y)
    reach = _FARTHEST * ((high - low) or max(abs(high), 1.0))
    every = np.concatenate(curves)
    solid = every[np.isfinite(every)]
    lowest = min(low, max(low - reach, float(solid.min(initial=low))))
    highest = max(high, min(high + reach, float(solid.max(initial=high))))
    margin = (highest - lowest) * 0.05 or reach / 2
    return lowest - margin, highest + margin
