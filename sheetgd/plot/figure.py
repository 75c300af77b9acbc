"""Whole pictures: panels arranged, a legend for all, and the file's bytes."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.gridspec import GridSpec, SubplotSpec
from matplotlib.lines import Line2D
from matplotlib.text import Text

from sheetgd.errors import printable
from sheetgd.plot.panels import (
    draw_curves,
    draw_fit,
    draw_heat,
    draw_surface,
    draw_valley,
    house_style,
    put_title,
    shortened,
)
from sheetgd.plot.scene import ErrorSurface, Run
from sheetgd.version import MAKER

WIDTH, DOTS_PER_INCH = 9.0, 160
_HEIGHTS: Final = {"all": 8.2, "surface": 6.6, "heat": 5.8, "curves": 5.0, "fit": 5.4}
_VALLEYS_ACROSS, _LEGEND_COLUMNS = 3, 5
_LONGEST_TITLE = 80

# What a file would tell of the hour is left out, and of the program that it is this one.
_METADATA: Final[Mapping[str, Mapping[str, str | None]]] = {
    "png": {"Software": MAKER},
    "svg": {"Date": None, "Creator": MAKER},
}


def still_picture(
    file_format: str, kind: str, runs: Sequence[Run], land: ErrorSurface | None
) -> bytes:
    """Draw a picture and return the file's bytes.

    Args:
        file_format: ``png`` or ``svg``.
        kind: as `picture_figure` takes it.
        runs: the lesson's runs.
        land: the landscape, for the kinds that show one.
    """
    stream = BytesIO()
    with quiet_style():
        finished_picture(kind, runs, land).savefig(
            stream, format=file_format, dpi=DOTS_PER_INCH, metadata=dict(_METADATA[file_format])
        )
    return stream.getvalue()


@contextmanager
def quiet_style() -> Iterator[None]:
    """Draw in the house's style, and say nothing of what cannot be drawn."""
    # What is too large to be a number is not drawn.
    with house_style(), warnings.catch_warnings(), np.errstate(all="ignore"):
        # Of letters that the font lacks `missing_letters` tells.
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        yield


def finished_picture(kind: str, runs: Sequence[Run], land: ErrorSurface | None) -> Figure:
    """Draw a picture whose texts are shown as they are; the settings are those of `picture_figure`.

    To be called in `quiet_style`.
    """
    figure = picture_figure(kind, runs, land)
    _make_plain(figure)
    return figure


def _make_plain(figure: Figure) -> None:
    """Show the texts of a lesson as they are: nothing in them is a formula or a control code."""
    for artist in figure.findobj(Text):
        assert isinstance(artist, Text)  # noqa: S101  that is what has been looked for
        # The labels of ticks, which may hold a formula, come only when the picture is drawn.
        if text := artist.get_text():
            artist.set_parse_math(False)
            artist.set_text("\n".join(map(printable, text.split("\n"))))


def missing_letters(runs: Sequence[Run]) -> str:
    """Return the letters of a lesson's texts that the font has no picture of, each once."""
    lesson = runs[0].descent.lesson
    texts = (
        lesson.display.title,
        *lesson.data.named,
        lesson.data.y_name,
        lesson.model.text,
        lesson.metric_name,
    )
    with house_style():
        drawable = get_font(findfont(FontProperties())).get_charmap()
    letters = dict.fromkeys("".join((*texts, *(run.label for run in runs))))
    return "".join(each for each in letters if each.isprintable() and ord(each) not in drawable)


def picture_figure(kind: str, runs: Sequence[Run], land: ErrorSurface | None) -> Figure:
    """Draw the picture as a matplotlib figure, which belongs to no window.

    Args:
        kind: ``surface``, ``heat``, ``curves``, ``fit``, or ``all`` of them.
        runs: the lesson's runs.
        land: the landscape, for the kinds that show one.
    """
    figure = Figure(figsize=(WIDTH, _HEIGHTS[kind]), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    rows = GridSpec(2, 2, figure=figure, height_ratios=(1.15, 1))
    if kind == "all":
        lesson = runs[0].descent.lesson
        title = shortened(f"{lesson.display.title}: y = {lesson.model.text}", _LONGEST_TITLE)
        figure.suptitle(title, x=0.01, ha="left")
        places = _places(rows, land)
    else:
        places = {kind: GridSpec(1, 1, figure=figure)[0]}
    handles: list[Line2D] = []
    for panel, place in places.items():
        if panel == "curves":
            handles += draw_curves(figure.add_subplot(place), runs)
        elif panel == "fit":
            handles += draw_fit(figure.add_subplot(place), runs)
        elif land is not None:
            handles += _draw_error_surface(figure, place, panel, land)
    different = {str(each.get_label()): each for each in handles}
    figure.legend(
        handles=list(different.values()),
        loc="outside lower center",
        ncols=min(len(different), _LEGEND_COLUMNS),
    )
    return figure


def _places(rows: GridSpec, land: ErrorSurface | None) -> dict[str, SubplotSpec]:
    """Return where each panel stands in the picture of all."""
    below = {"curves": rows[1, 0], "fit": rows[1, 1]}
    if land is not None and len(land.names) == 1:
        return {"surface": rows[0, :], **below}
    return {"surface": rows[0, 0], "heat": rows[0, 1], **below}


def _draw_error_surface(
    figure: Figure, place: SubplotSpec, kind: str, land: ErrorSurface
) -> list[Line2D]:
    if not np.isfinite(land.heights).any():
        put_title(figure.add_subplot(place), f"No {land.metric_name} near here is a number")
        return []
    if len(land.names) == 1:
        return _draw_valleys(figure, place, land)
    if kind == "surface":
        return draw_surface(figure.add_subplot(place, projection="3d"), land)
    return draw_heat(figure.add_subplot(place), land)


def _draw_valleys(figure: Figure, place: SubplotSpec, land: ErrorSurface) -> list[Line2D]:
    """Draw a panel for each run: on one curve they would lie on each other."""
    across = min(len(land.ways), _VALLEYS_ACROSS)
    grid = place.subgridspec(-(-len(land.ways) // across), across)
    handles: list[Line2D] = []
    for number, way in enumerate(land.ways):
        handles += draw_valley(figure.add_subplot(grid[divmod(number, across)]), land, way)
    return handles
