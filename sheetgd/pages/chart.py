"""What a chart shows, as records: its series, and the cells that they are drawn from."""

from dataclasses import dataclass
from enum import StrEnum

from sheetgd.cells import Address
from sheetgd.pages.block import Block


class ChartKind(StrEnum):
    """What runs along a chart's x axis."""

    SCATTER = "numbers, by their size"
    SURFACE = "categories; the series stand one behind the other"


class Drawn(StrEnum):
    """How a series is drawn."""

    LINE = "a line"
    POINTS = "points"
    BOTH = "a line with points"
    DASHED = "a thin dashed line"
    MARK = "one large point"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A line or the points of a chart.

    Attributes:
        sheet: the sheet that its cells are on.
        name: what the legend calls it: a text, or the cell on that sheet that says it.
        x: a column or a row of cells along the x axis.
        values: as many cells to be drawn over them.
        drawn: how it is drawn.
        colour: its place in the palette.
        shade: instead, its place between 0 and 1 in a row of colours from blue to red.
    """

    sheet: str
    name: str | Address
    x: Block
    values: Block
    drawn: Drawn = Drawn.BOTH
    colour: int = 0
    shade: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart over the cells of an area; with several series it has a legend.

    Either axis may be logarithmic, the x axis of a scatter chart only. An axis is called by a
    text or by what a cell of the first series' sheet says; `z_title` is for what the series
    of a surface stand for, and by `turn` degrees it is turned: at 30 the last category of the
    first series is in front, at 150 that of the last series.
    """

    area: Block
    title: str
    x_title: str | Address
    y_title: str | Address
    series: tuple[Series, ...]
    kind: ChartKind = ChartKind.SCATTER
    log_y: bool = False
    z_title: str | Address = ""
    turn: int = 30
    log_x: bool = False
