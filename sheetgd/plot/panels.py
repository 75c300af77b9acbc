"""The panels of a picture: the error surface with the paths on it, the metric by epoch, the fit."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize, TwoSlopeNorm
from matplotlib.lines import Line2D
from matplotlib.patheffects import AbstractPathEffect, Normal, Stroke
from matplotlib.ticker import MaxNLocator

from sheetgd.engine.error_surface import best_parameters
from sheetgd.lesson.checks import counted
from sheetgd.lesson.lesson import Lesson
from sheetgd.plot.scene import DRAWABLE, ErrorSurface, Run, Way
from sheetgd.sheets.cells import GREY, GRID_LINE, HEAT_BAD, HEAT_GOOD, HEAT_MIDDLE, INK, PALETTE
from sheetgd.sheets.words import far_apart, listed

if TYPE_CHECKING:
    from sheetgd.expression.numbers import FloatArray

_LEVELS = (0.02, 0.08, 0.18, 0.32, 0.5, 0.68, 0.84, 0.95)
"""Contour lines stand where so large a share of the heights is lower."""

_VIEW_FROM_ABOVE = 38
_MOST_HELD = 4


def draw_surface(axes: Any, land: ErrorSurface) -> list[Line2D]:  # noqa: ANN401  3-D axes are untyped
    """Draw the error surface in three dimensions, seen from where it is lowest.

    Args:
        axes: 3-D axes.
        land: a landscape over two parameters.

    Returns:
        What the legend is to show.
    """
    heights = np.where(land.heights <= land.ceiling, land.heights, np.nan)
    across, along = np.meshgrid(*land.sides, indexing="ij")
    # Else matplotlib hides lines behind the surface that they lie on.
    axes.computed_zorder = False
    axes.plot_surface(
        across,
        along,
        heights,
        cmap=heat_colours(),
        norm=heat_scale(land.heights, land.ceiling),
        rcount=len(land.sides[0]),
        ccount=len(land.sides[1]),
        edgecolor=(0, 0, 0, 0.08),
        linewidth=0.3,
        zorder=1,
    )
    for way in land.ways:
        points, walked = way.steps
        _put_way(axes, way, [*zip(*points, strict=True), walked])
    if land.best is not None:
        point, height = land.best
        axes.plot(*([value] for value in (*point, height)), **BEST_LOOK, zorder=6)
    axes.view_init(elev=_VIEW_FROM_ABOVE, azim=_azimuth(land.heights))
    axes.set_xlabel(land.names[0], labelpad=6)
    axes.set_ylabel(land.names[1], labelpad=6)
    axes.set_box_aspect((1, 1, 0.72), zoom=0.9)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color((1, 1, 1, 0))
        # More numbers would stand on each other; the title says what is upwards.
        axis.set_major_locator(MaxNLocator(5))
    put_title(axes, f"{land.metric_name} for every {listed(land.names)}", _held(land))
    return _legend(land)


def _azimuth(heights: "FloatArray") -> float:
    """Choose the corner to look from: the lowest, behind which nothing hides."""
    corners = {
        -135.0: heights[0, 0],
        135.0: heights[0, -1],
        -45.0: heights[-1, 0],
        45.0: heights[-1, -1],
    }
    lowest = min(corners, key=lambda turn: np.nan_to_num(corners[turn], nan=math.inf))
    # Not quite from the corner, lest the box looks flat.
    return lowest + 12


def draw_heat(axes: Axes, land: ErrorSurface) -> list[Line2D]:
    """Draw the error surface from above: blue is good, red is bad.

    Args:
        axes: where to draw.
        land: a landscape over two parameters.

    Returns:
        What the legend is to show.
    """
    first, second = land.sides
    scale = heat_scale(land.heights, land.ceiling)
    mesh = axes.pcolormesh(
        first, second, land.heights.T, cmap=heat_colours(), norm=scale, rasterized=True
    )
    solid = land.heights[np.isfinite(land.heights)]
    levels = sorted({float(each) for each in np.quantile(solid, _LEVELS)})
    if levels[0] < levels[-1]:
        axes.contour(
            first, second, land.heights.T, levels=levels, colors=f"#{INK}", linewidths=0.6,
            alpha=0.35,
        )  # fmt: skip
    for way in land.ways:
        _put_way(axes, way, [*zip(*way.steps[0], strict=True)])
    if land.best is not None:
        point, _ = land.best
        axes.plot(*([value] for value in point), **BEST_LOOK, zorder=6)
    bar = axes.figure.colorbar(
        mesh, ax=axes, extend="max" if math.isfinite(land.ceiling) else "neither", pad=0.02
    )
    bar.set_label(land.metric_name)
    bar.outline.set_visible(False)
    axes.grid(visible=False)
    axes.set_xlabel(land.names[0])
    axes.set_ylabel(land.names[1])
    axes.set_xlim(first[0], first[-1])
    axes.set_ylim(second[0], second[-1])
    put_title(axes, "The way down, from above", _held(land))
    return _legend(land)


def draw_valley(axes: Axes, land: ErrorSurface, way: Way) -> list[Line2D]:
    """Draw the error over one parameter, a curve, and one run's steps on it.

    Args:
        axes: where to draw.
        land: a landscape over one parameter.
        way: the run's way through it.

    Returns:
        What the legend is to show.
    """
    (side,) = land.sides
    axes.plot(side, land.heights, color=f"#{INK}", linewidth=1.2, zorder=1)
    points, walked = way.steps
    _put_way(axes, way, [[value for (value,) in points], walked])
    if land.best is not None:
        (value,), height = land.best
        axes.plot([value], [height], **BEST_LOOK, zorder=2.5)
    axes.set_xlim(side[0], side[-1])
    solid = land.heights[np.isfinite(land.heights)]
    high = float(min(solid.max(), land.ceiling)) if solid.size else 1.0
    low = float(solid.min()) if solid.size else 0.0
    if low < high:
        axes.set_ylim(low - (high - low) * 0.06, high)
    axes.set_xlabel(land.names[0])
    axes.set_ylabel(land.metric_name)
    put_title(axes, way.run.label, _parting([way]))
    return _legend(land)


def _put_way(axes: Any, way: Way, points: Sequence[Sequence[float]]) -> None:  # noqa: ANN401  plain axes or 3-D
    """Draw a run's path: a line with a dot for each epoch, its start and where it stands now."""
    dots = {"marker": "o", "markersize": 3.5} if len(way.points) <= MOST_DOTS else {}
    look = run_look(way.place)
    axes.plot(*points, **look, **dots, path_effects=halo(), label=way.run.label, zorder=3)
    axes.plot(*([each[0]] for each in points), **start_look(way.place), zorder=4)
    if way.left is None:
        axes.plot(*([each[-1]] for each in points), **now_look(way.place), zorder=5)


def _held(land: ErrorSurface) -> str:
    notes = [f"{name} = {value:.4g}" for name, value in land.held.items()]
    if len(notes) > _MOST_HELD:
        notes = [*notes[: _MOST_HELD - 1], f"{len(notes) - _MOST_HELD + 1} more"]
    held = f"with {listed(notes)}" if notes else ""
    return "; ".join(filter(None, [held, _parting(land.ways)]))


def _parting(ways: Sequence[Way]) -> str:
    """Say which of the runs leave the picture, and when."""
    return "; ".join(
        f"{way.run.label} leaves the picture after epoch {way.left - 1}"
        for way in ways
        if way.left is not None
    )


def _so_far(runs: Sequence[Run]) -> str:
    """Say after how many epochs runs are shown; some may have ended before others."""
    epochs = {run.epochs for run in runs}
    return f"after {'up to ' if len(epochs) > 1 else ''}{counted(max(epochs), 'epoch')}"


def _best_label(lesson: Lesson) -> str:
    return "the best fit" if lesson.step.classifies else "least squares"


def _legend(land: ErrorSurface) -> list[Line2D]:
    best = (
        []
        if land.best is None
        else [handle(_best_label(land.ways[0].run.descent.lesson), BEST_LOOK)]
    )
    return [
        *(handle(way.run.label, run_look(way.place)) for way in land.ways),
        handle("start", start_look(0)),
        handle(_so_far([way.run for way in land.ways]), now_look(0)),
        *best,
    ]


FIT_POINTS = 201
"""How many points a curve is drawn through, from the smallest x to the largest."""

_HEADROOM = 3.0
"""Where some runs diverge, how many times as high as the others the picture goes."""

_FARTHEST_END = 1e306
"""What is between an axis's ends, and room beside them, has to be a number as well."""

_FARTHEST = 2.0
"""How many times the data's height a curve is followed above and below them."""

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
    """Draw the metric by epoch, a line for each run, on a logarithmic axis where need be.

    Args:
        axes: where to draw.
        runs: the runs.

    Returns:
        What the legend is to show.
    """
    name = runs[0].descent.lesson.metric_name
    lines = [drawable(np.array(run.metric_values)) for run in runs]
    for place, (run, metrics) in enumerate(zip(runs, lines, strict=True)):
        dots: dict[str, Any] = (
            {"marker": "o", "markersize": 3.5} if len(run.descent.states) <= MOST_DOTS else {}
        )
        axes.plot(metrics, **run_look(place), **dots, path_effects=halo(), label=run.label)
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
    notes = "; ".join(filter(None, map(_ending, runs)))
    put_title(axes, f"{name} by epoch, {_so_far(runs)}", notes)
    return [handle(run.label, run_look(place)) for place, run in enumerate(runs)]


def _ending(run: Run) -> str:
    """Say how a run ends, if not just with its last epoch."""
    if run.divergence is not None:
        return f"{run.label} diverges ({run.divergence.ending}) at epoch {run.divergence.epoch}"
    return "" if run.stop is None else f"{run.label} stops at epoch {run.stop.epoch}"


def draw_fit(axes: Axes, runs: Sequence[Run]) -> list[Line2D]:
    """Draw the data, and the model at the start, now, and at its best.

    Of several input columns there is no curve: each row's prediction stands over what was observed.

    Args:
        axes: where to draw.
        runs: the runs; those of another model or with other data have their curve, too.

    Returns:
        What the legend is to show.
    """
    lesson, states = runs[0].descent.lesson, runs[0].states
    several = bool(lesson.data.further)
    x = [*lesson.arrays.inputs] if several else [_along(lesson)]
    across = lesson.arrays.y if several else x[0]
    dots: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 4} if several else {}
    start = _curve(lesson, x, states[0])
    best = _curve(lesson, x, best_parameters(lesson))
    panels = [epoch for epoch in lesson.display.panels if 0 < epoch < len(states) - 1]
    between = [_curve(lesson, x, states[epoch]) for epoch in panels]
    now = [_curve(run.descent.lesson, x, run.states[-1]) for run in runs]
    axes.plot(across, best, **{**_BEST_LOOK, **dots}, label=_best_label(lesson), zorder=2)
    axes.plot(across, start, **{**_START_LOOK, **dots}, label="start", zorder=2)
    passing = run_look(0) | {"linewidth": 1.0, "alpha": 0.55}
    for epoch, curve in zip(panels, between, strict=True):
        axes.plot(across, curve, **(passing | dots), label=f"after epoch {epoch}", zorder=2.5)
    for place, (run, curve) in enumerate(zip(runs, now, strict=True)):
        look = run_look(place) | dots
        axes.plot(across, curve, **look, path_effects=halo(), label=run.label, zorder=3)
    data = _put_right_ones(axes, lesson) if several else _put_data(axes, lesson)
    axes.set_ylim(*_limits(lesson, [start, best, *between, *now]))
    y_name = lesson.data.y_name
    axes.set_xlabel(f"{y_name}, observed" if several else lesson.data.x_name)
    axes.set_ylabel(f"{y_name}, predicted" if several else y_name)
    put_title(axes, *_fit_title(runs))
    return [
        *(handle(run.label, run_look(place)) for place, run in enumerate(runs)),
        *data,
        handle("the fit at the start", _START_LOOK),
        *([handle(f"after epoch {listed([str(e) for e in panels])}", passing)] if panels else []),
        *([handle(f"of {_best_label(lesson)}", _BEST_LOOK)] if np.isfinite(best).any() else []),
    ]


def _fit_title(runs: Sequence[Run]) -> tuple[str, str]:
    epochs = [run.epochs for run in runs]
    if len(set(epochs)) == 1:
        return f"The fit after {counted(epochs[0], 'epoch')}", ""
    told = [f"{run.label} after {counted(run.epochs, 'epoch')}" for run in runs]
    return "The fit", ", ".join(told)


def _along(lesson: Lesson) -> "FloatArray":
    low, high = _ends(lesson.data.x)
    # A single x has room to either side.
    aside = (high - low) * 0.03 or 1.0
    return np.linspace(low - aside, high + aside, FIT_POINTS)


def _ends(values: Sequence[float]) -> tuple[float, float]:
    """Return the least and the largest of some values, as far as an axis can reach."""
    return max(min(values), -_FARTHEST_END), min(max(values), _FARTHEST_END)


def _reachable(value: float) -> bool:
    return abs(value) <= _FARTHEST_END


def _curve(lesson: Lesson, x: Sequence["FloatArray"], state: Sequence[float]) -> "FloatArray":
    with np.errstate(all="ignore"):
        predicted = lesson.model.predict(x, [np.full(x[0].shape, each) for each in state])
    return drawable(predicted)


def _put_right_ones(axes: Axes, lesson: Lesson) -> list[Line2D]:
    """Draw the line on which predictions are right; return what the legend shows."""
    ends = _ends(lesson.data.y)
    look: dict[str, Any] = {"color": f"#{GREY}", "linewidth": 1.0}
    axes.plot(ends, ends, **look, label="just right", zorder=1)
    return [handle("just right", look)]


def _put_data(axes: Axes, lesson: Lesson) -> list[Line2D]:
    """Draw the data's points, reconstructed ones hollow; return what the legend shows."""
    handles = []
    for label, look, wanted in (
        ("data", _DATA_LOOK, False),
        ("data, a reconstruction", _RECONSTRUCTED_LOOK, True),
    ):
        rows = [
            row for row in range(lesson.n_rows) if (row + 1 in lesson.data.reconstructed) == wanted
        ]
        rows = [
            row for row in rows if _reachable(lesson.data.x[row]) and _reachable(lesson.data.y[row])
        ]
        if rows:
            x, y = ([values[row] for row in rows] for values in (lesson.data.x, lesson.data.y))
            axes.plot(x, y, **look, label=label, zorder=4)
            handles.append(handle(label, look))
    return handles


def _limits(lesson: Lesson, curves: Sequence["FloatArray"]) -> tuple[float, float]:
    """Return the limits around data and curves, but not too far from the data."""
    low, high = _ends(lesson.data.y)
    reach = _FARTHEST * ((high - low) or max(abs(high), 1.0))
    every = np.concatenate(curves)
    solid = every[np.isfinite(every)]
    lowest = min(low, max(low - reach, float(solid.min(initial=low))))
    highest = max(high, min(high + reach, float(solid.max(initial=high))))
    margin = (highest - lowest) * 0.05 or reach / 2
    return lowest - margin, highest + margin


LINE_WIDTH: Final = 2.0


MOST_DOTS = 60
"""A way of more epochs is a line without a dot for each."""


# matplotlib's types know the names of all settings one by one.
_SETTINGS: Final[Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so it is the same everywhere
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlecolor": f"#{PALETTE[0]}",
    "axes.edgecolor": f"#{GREY}",
    "axes.labelcolor": f"#{INK}",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": f"#{GRID_LINE}",
    "text.color": f"#{INK}",
    "xtick.color": f"#{INK}",
    "ytick.color": f"#{INK}",
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "figure.titlesize": 13,
    "figure.titleweight": "bold",
    "svg.hashsalt": "sheetgd",
}


# Lines that lie on each other are told apart by these.
_DASHES: Final = ("solid", (0, (5, 2)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)), (0, (8, 2)))


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with these settings whatever the user's are, which come back in the end."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def run_look(place: int) -> dict[str, Any]:
    """Colour and line of a run, the same in every panel."""
    return {
        "color": f"#{PALETTE[place % len(PALETTE)]}",
        "linestyle": _DASHES[place % len(_DASHES)],
        "linewidth": LINE_WIDTH,
    }


def start_look(place: int) -> dict[str, Any]:
    """Return the look of the mark at a run's start."""
    colour = run_look(place)["color"]
    return _mark("o", 8, fill="white", edge=colour, width=2.0)


def now_look(place: int) -> dict[str, Any]:
    """Return the look of the mark where a run stands now."""
    return _mark("o", 9, fill=run_look(place)["color"], edge="white", width=1.2)


BEST_LOOK: Final[Mapping[str, Any]] = {
    "linestyle": "none", "marker": "*", "markersize": 16, "markerfacecolor": "#FFD23F",
    "markeredgecolor": f"#{INK}", "markeredgewidth": 1.0,
}  # fmt: skip


def _mark(marker: str, size: float, *, fill: str, edge: str, width: float) -> dict[str, Any]:
    return {
        "linestyle": "none",
        "marker": marker,
        "markersize": size,
        "markerfacecolor": fill,
        "markeredgecolor": edge,
        "markeredgewidth": width,
    }


def halo(width: float = 2.0) -> list[AbstractPathEffect]:
    """Return a white edge, with which a line stands out from any background."""
    return [Stroke(linewidth=LINE_WIDTH + width, foreground="white"), Normal()]


def heat_colours() -> Colormap:
    """Return the colours from blue for good to red for bad, as on the sheet's heat map."""
    stops = [f"#{each}" for each in (HEAT_GOOD, HEAT_MIDDLE, HEAT_BAD)]
    return LinearSegmentedColormap.from_list("sheetgd", stops)


def heat_scale(heights: "FloatArray", ceiling: float) -> Normalize:
    """Put near white in the middle of the heights, half of which are better: as on the sheet."""
    solid = np.minimum(heights[np.isfinite(heights)], ceiling)
    low, middle, high = (float(each) for each in np.quantile(solid, (0.0, 0.5, 1.0)))
    if low < middle < high:
        return TwoSlopeNorm(vmin=low, vcenter=middle, vmax=high)
    return Normalize(vmin=low, vmax=high)


def handle(label: str, look: Mapping[str, Any]) -> Line2D:
    """Return a line or a mark as the legend shows it."""
    return Line2D([], [], label=label, **look)


def drawable(values: "FloatArray") -> "FloatArray":
    """Return the values, with NaN where they are too large to draw."""
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(values) <= DRAWABLE, values, np.nan)


def shortened(text: str, most: int) -> str:
    """Cut a text that is longer than it may be.

    >>> shortened("a/(x+1)+b/(x+2)", 20), shortened("a/(x+1)+b/(x+2)", 10)
    ('a/(x+1)+b/(x+2)', 'a/(x+1)...')
    """
    return text if len(text) <= most else f"{text[: most - 3]}..."


def put_title(axes: Axes, title: str, note: str = "") -> None:
    """Write a panel's title, and what there is to say about it in small print below."""
    axes.set_title(title, pad=18 if note else 8)
    if note:
        axes.annotate(
            note,
            (0, 1),
            xytext=(0, 5),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=8,
            color=f"#{GREY}",
        )
