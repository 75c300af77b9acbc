"""How everything in a picture looks: settings, colours, lines and marks."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize, TwoSlopeNorm
from matplotlib.lines import Line2D
from matplotlib.patheffects import AbstractPathEffect, Normal, Stroke

from sheetgd.colours import (
    GREY,
    GRID_LINE,
    HEAT_BAD,
    HEAT_GOOD,
    HEAT_MIDDLE,
    INK,
    PALETTE,
)
from sheetgd.landscape import DRAWABLE

if TYPE_CHECKING:
    from sheetgd.maths.quantity import FloatArray

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
    """The mark of a run's start."""
    colour = run_look(place)["color"]
    return _mark("o", 8, fill="white", edge=colour, width=2.0)


def now_look(place: int) -> dict[str, Any]:
    """The mark of where a run stands now."""
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
    """A white edge, with which a line stands out from any ground."""
    return [Stroke(linewidth=LINE_WIDTH + width, foreground="white"), Normal()]


def heat_colours() -> Colormap:
    """Blue for good to red for bad, as on the sheet's heat map."""
    stops = [f"#{each}" for each in (HEAT_GOOD, HEAT_MIDDLE, HEAT_BAD)]
    return LinearSegmentedColormap.from_list("sheetgd", stops)


def heat_scale(heights: "FloatArray", ceiling: float) -> Normalize:
    """Near white in the middle of the heights, half of which are better: as on the sheet."""
    solid = np.minimum(heights[np.isfinite(heights)], ceiling)
    low, middle, high = (float(each) for each in np.quantile(solid, (0.0, 0.5, 1.0)))
    if low < middle < high:
        return TwoSlopeNorm(vmin=low, vcenter=middle, vmax=high)
    return Normalize(vmin=low, vmax=high)


def handle(label: str, look: Mapping[str, Any]) -> Line2D:
    """A line or a mark as the legend shows it."""
    return Line2D([], [], label=label, **look)


def drawable(values: "FloatArray") -> "FloatArray":
    """The values, with NaN where they are too large to draw."""
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(values) <= DRAWABLE, values, np.nan)


def shortened(text: str, most: int) -> str:
    """A text that has room in so many letters, cut where it has not.

    >>> shortened("a/(x+1)+b/(x+2)", 20), shortened("a/(x+1)+b/(x+2)", 10)
    ('a/(x+1)+b/(x+2)', 'a/(x+1)...')
    """
    return text if len(text) <= most else f"{text[: most - 3]}..."


def put_title(axes: Axes, title: str, note: str = "") -> None:
    """A panel's title, and what there is to say about it in small print below."""
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
