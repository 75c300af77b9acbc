"""The landscape of the errors and the ways through it: as a surface, a heat map, a curve."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from sheetgd.colours import INK
from sheetgd.drawing.style import (
    BEST_LOOK,
    MOST_DOTS,
    halo,
    handle,
    heat_colours,
    heat_scale,
    now_look,
    put_title,
    run_look,
    start_look,
)
from sheetgd.landscape import Landscape, Way
from sheetgd.pages.words import listed

if TYPE_CHECKING:
    from sheetgd.maths.quantity import FloatArray

_LEVELS = (0.02, 0.08, 0.18, 0.32, 0.5, 0.68, 0.84, 0.95)
"""Contour lines stand where so large a share of the heights is lower."""

_VIEW_FROM_ABOVE = 38
_MOST_HELD = 4


def draw_surface(axes: Any, land: Landscape) -> list[Line2D]:  # noqa: ANN401  3-D axes are untyped
    """The landscape in three dimensions, seen from where it is lowest.

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
        points = [*zip(*way.points, strict=True), way.heights]
        _put_way(axes, way, points)
    if land.best is not None:
        point, height = land.best
        axes.plot(*([value] for value in (*point, height)), **BEST_LOOK, zorder=6)
    axes.view_init(elev=_VIEW_FROM_ABOVE, azim=_azimuth(land.heights))
    axes.set_xlabel(land.names[0], labelpad=6)
    axes.set_ylabel(land.names[1], labelpad=6)
    axes.set_zlabel(land.figure, labelpad=8)
    axes.set_box_aspect((1, 1, 0.72), zoom=0.9)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color((1, 1, 1, 0))
    put_title(axes, f"{land.figure} for every {listed(land.names)}", _held(land))
    return _legend(land)


def _azimuth(heights: "FloatArray") -> float:
    """The corner of the landscape to look from: the lowest, behind which nothing hides."""
    corners = {
        -135.0: heights[0, 0],
        135.0: heights[0, -1],
        -45.0: heights[-1, 0],
        45.0: heights[-1, -1],
    }
    lowest = min(corners, key=lambda turn: np.nan_to_num(corners[turn], nan=math.inf))
    # Not quite from the corner, lest the box looks flat.
    return lowest + 12


def draw_heat(axes: Axes, land: Landscape) -> list[Line2D]:
    """The landscape from above: blue is good, red is bad.

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
        _put_way(axes, way, [*zip(*way.points, strict=True)])
    if land.best is not None:
        point, _ = land.best
        axes.plot(*([value] for value in point), **BEST_LOOK, zorder=6)
    bar = axes.figure.colorbar(
        mesh, ax=axes, extend="max" if math.isfinite(land.ceiling) else "neither", pad=0.02
    )
    bar.set_label(land.figure)
    bar.outline.set_visible(False)
    axes.grid(visible=False)
    axes.set_xlabel(land.names[0])
    axes.set_ylabel(land.names[1])
    axes.set_xlim(first[0], first[-1])
    axes.set_ylim(second[0], second[-1])
    put_title(axes, "The way down, from above", _held(land))
    return _legend(land)


def draw_valley(axes: Axes, land: Landscape, way: Way) -> list[Line2D]:
    """The landscape of one parameter, a curve, and one run's steps on it.

    Args:
        axes: where to draw.
        land: a landscape over one parameter.
        way: the run's way through it.

    Returns:
        What the legend is to show.
    """
    (side,) = land.sides
    axes.plot(side, land.heights, color=f"#{INK}", linewidth=1.2, zorder=1)
    _put_way(axes, way, [[value for (value,) in way.points], way.heights])
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
    axes.set_ylabel(land.figure)
    put_title(axes, way.run.label, _parting([way]))
    return _legend(land)


def _put_way(axes: Any, way: Way, points: Sequence[Sequence[float]]) -> None:  # noqa: ANN401  plain axes or 3-D
    """A run's way: a line with a dot for each epoch, its start and where it stands now."""
    dots = {"marker": "o", "markersize": 3.5} if len(way.points) <= MOST_DOTS else {}
    look = run_look(way.place)
    axes.plot(*points, **look, **dots, path_effects=halo(), label=way.run.label, zorder=3)
    axes.plot(*([each[0]] for each in points), **start_look(way.place), zorder=4)
    if way.left is None:
        axes.plot(*([each[-1]] for each in points), **now_look(way.place), zorder=5)


def _held(land: Landscape) -> str:
    notes = [f"{name} = {value:.4g}" for name, value in land.held.items()]
    if len(notes) > _MOST_HELD:
        notes = [*notes[: _MOST_HELD - 1], f"{len(notes) - _MOST_HELD + 1} more"]
    held = f"with {listed(notes)}" if notes else ""
    return "; ".join(filter(None, [held, _parting(land.ways)]))


def _parting(ways: Sequence[Way]) -> str:
    """Which of the runs leave the picture, and when."""
    return "; ".join(
        f"{way.run.label} leaves the picture after epoch {way.left - 1}"
        for way in ways
        if way.left is not None
    )


def _legend(land: Landscape) -> list[Line2D]:
    best = [] if land.best is None else [handle("least squares", BEST_LOOK)]
    return [
        *(handle(way.run.label, run_look(way.place)) for way in land.ways),
        handle("start", start_look(0)),
        handle("now", now_look(0)),
        *best,
    ]
