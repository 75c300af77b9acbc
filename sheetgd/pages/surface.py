"""The surface page: the error over two parameters as a map, as lines and in three dimensions.

On the map is the path of the descent; `sheetgd.pages.terrain` has its blocks.
"""

import math

from sheetgd.cells import Address, Look
from sheetgd.maths.formula import LONGEST_LITERAL, Formula
from sheetgd.pages.axes import ACROSS, DOWN, TITLE
from sheetgd.pages.block import Block
from sheetgd.pages.chart import Chart, ChartKind, Drawn, Series
from sheetgd.pages.page import (
    Accepts,
    Condition,
    Draft,
    Effect,
    Input,
    Page,
    too_wide,
)
from sheetgd.pages.paper import printed
from sheetgd.pages.section import Section
from sheetgd.pages.surfacedata import PATH_CELLS, ROW_UNIT, SurfaceData
from sheetgd.pages.surfacedata import TITLE as DATA
from sheetgd.pages.terrain import Terrain
from sheetgd.view import SIDES

WIDTH, SIDE_WIDTH = 9.0, 14.0
_CHART_ROWS = 22
_TURNS = {(0, -1): 30, (0, 0): 330, (-1, -1): 150, (-1, 0): 210}
"""By how many degrees a surface is turned to have a corner of the map in front."""

_START, _HERE = "\N{WHITE CIRCLE}", "\N{BLACK CIRCLE}"
_MARKS = f"Outlined: the cells that the path has been in.  {_START} the start  {_HERE} guess now"
_HELD = " The other parameters are held at the present guess; choose the two in the yellow cells."


def has_surface(section: Section) -> bool:
    """Whether the lesson has two parameters to look at."""
    return len(section.lesson.form.parameters) >= SIDES


def surface_page(section: Section) -> tuple[Page, Page]:
    """The map with the path on it and the charts, and the page that they are drawn from."""
    draft, terrain = Draft(), Terrain(section)
    data = SurfaceData(terrain)
    heat, right = terrain.heat, max(terrain.heat.last.column, 19)
    draft.title("B1", f"The surface: {section.lesson.metric_name} over two parameters")
    text = section.text("landscape") + (_HELD if terrain.chooses else "")
    width = SIDE_WIDTH + (right - 2) * WIDTH
    draft.paragraph(f"B3:{Address(3, right)}", text, width)
    terrain.put_axes(draft)
    terrain.put_heat(draft)
    draft.put(Address(heat.last.row + 1, 2), _MARKS, Look.NOTE)
    if terrain.chooses:
        _put_warning(draft, terrain)
    for side in (DOWN, ACROSS):
        draft.show(terrain.axis(side, "lowest"), data.lowest(side), Look.RESULT)
    page = Page(
        title=TITLE,
        widths={"A": 2.0, "B": SIDE_WIDTH}
        | {Address(1, column).letters: WIDTH for column in range(3, right + 1)},
        cells=tuple(draft.cells),
        heights=draft.heights | {terrain.axis(-1, "side").row: 32.0},
        merged=tuple(draft.merged),
        inputs=_inputs(terrain),
        heat_map=heat,
        conditions=(
            *marks_of_path(heat, section.display.figure),
            *_too_wide(terrain),
        ),
        charts=(_path_chart(data), _slices_chart(data), _surface_chart(data)),
        landscape=True,
        tab="ED7D31",
    )
    return printed(page, [(1,), (terrain.charts_row - 1,)]), data.page()


def _put_warning(draft: Draft, terrain: Terrain) -> None:
    """A word where the same parameter is chosen twice."""
    one, other = (Formula.cell(terrain.axis(side, "name")) for side in (DOWN, ACROSS))
    place = terrain.axis(ACROSS, "side").moved(down=1)
    words = "Choose two different parameters."
    formula = Formula.call("IF", one.compared("=", other), words, "")
    draft.text(f"{place}:{place.moved(right=4)}", "", Look.WARNING, formula)


def marks_of_path(heat: Block, number_format: str) -> list[Condition]:
    """Mark in a map where the descent is now, where it began, and where it has been.

    Args:
        heat: the cells of the map; those past its last step hold an empty text.
        number_format: how the numbers in marked cells are shown; an empty text shows none.
    """
    first = Formula.cell(heat.first)
    row = Formula.call("ROW", first) - (heat.first.row - 1)
    column = Formula.call("COLUMN", first) - (heat.first.column - 1)
    here, path = row * ROW_UNIT + column, Formula.name(PATH_CELLS)
    used, conditions = first.compared("<>", ""), []
    last = Formula.call("ROWS", path)
    for number, mark in ((last, _HERE), (Formula.literal(1), _START)):
        there = Formula.call("INDEX", path, number).compared("=", here)
        formula = Formula.call("AND", used, there)
        marked = f'"{mark} "{number_format}' if number_format else f'"{mark}"'
        conditions.append(Condition(heat, str(formula), Effect.OUTLINE, marked))
    visited = Formula.call("AND", used, Formula.call("COUNTIF", path, here).compared(">", 0))
    return [*conditions, Condition(heat, str(visited), Effect.OUTLINE)]


def _too_wide(terrain: Terrain) -> list[Condition]:
    display = terrain.section.display
    conditions: list[Condition] = []
    formats = [display.figure] * (terrain.heat.last.column - terrain.heat.first.column + 1)
    conditions += too_wide(terrain.heat, formats, WIDTH)
    for side, which in enumerate(terrain.pair):
        ends = terrain.axis(side, "start"), terrain.axis(side, "now")
        conditions += too_wide(Block(*ends), [display.parameters[which]] * 2, WIDTH)
    return conditions


def _inputs(terrain: Terrain) -> tuple[Input, ...]:
    inputs = [
        Input(
            Block.cell(terrain.axis(side, "steps")),
            Accepts.COUNTING,
            "Steps",
            f"Into how many steps this side is parted, up to {most}.",
            most=most,
        )
        for side, most in enumerate(terrain.room)
    ]
    if terrain.chooses:
        sides = Block(terrain.axis(DOWN, "name"), terrain.axis(ACROSS, "name"))
        message = "Which parameter goes along this side. The others are held at the guess."
        names = terrain.names
        # What is chosen from stands in the rule itself, where there is no more room.
        if len(",".join(names)) <= LONGEST_LITERAL:
            inputs.append(Input(sides, Accepts.LISTED, "Parameter", message, listed=names))
    message = "Where this side of the map begins or ends."
    return (*inputs, Input(terrain.ends_block, Accepts.NUMBER, "Range", message))


def _area(terrain: Terrain, number: int) -> Block:
    """The area of one of three charts beside each other."""
    first = Address(terrain.charts_row, 2 + number * 6)
    return Block(first, first.moved(down=_CHART_ROWS - 1, right=5))


def _path_chart(data: SurfaceData) -> Chart:
    """The path over the two parameters, with the best point that the sheet knows."""
    terrain, path = data.terrain, data.path
    series = [
        Series(sheet=DATA, name="path", x=path.column(1), values=path.column(2), drawn=Drawn.BOTH)
    ]
    marks = [("start", "start", 7), ("now", "now", 1)]
    goal = ("lowest cell", "lowest") if terrain.best is None else ("least squares", "best")
    for name, field, colour in (*marks, (*goal, 2)):
        x, values = (Block.cell(terrain.axis(side, field)) for side in (DOWN, ACROSS))
        series.append(
            Series(sheet=TITLE, name=name, x=x, values=values, drawn=Drawn.MARK, colour=colour)
        )
    return Chart(
        area=_area(terrain, 0),
        title="The path",
        x_title=data.name(DOWN),
        y_title=data.name(ACROSS),
        series=tuple(series),
        kind=ChartKind.SCATTER,
    )


def _lines(data: SurfaceData) -> tuple[Series, ...]:
    """A series for each row of the map, from blue to red."""
    last = data.terrain.room[DOWN]
    return tuple(
        Series(
            sheet=DATA,
            name=data.grid.first.moved(down=down, right=-1),
            x=data.along,
            values=data.row(down),
            drawn=Drawn.LINE,
            shade=down / last,
        )
        for down in range(last + 1)
    )


def _slices_chart(data: SurfaceData) -> Chart:
    terrain = data.terrain
    name = terrain.names[terrain.pair[DOWN]]
    title = "Slices" if terrain.chooses else f"Slices: a line for each {name}"
    return Chart(
        area=_area(terrain, 1),
        title=title,
        x_title=data.name(ACROSS),
        y_title=terrain.section.lesson.metric_name,
        series=_lines(data),
        kind=ChartKind.SCATTER,
    )


def _surface_chart(data: SurfaceData) -> Chart:
    terrain = data.terrain
    return Chart(
        area=_area(terrain, 2),
        title="The surface",
        x_title=data.name(ACROSS),
        y_title=terrain.section.lesson.metric_name,
        z_title=data.name(DOWN),
        series=_lines(data),
        kind=ChartKind.SURFACE,
        turn=_turn(terrain),
    )


def _turn(terrain: Terrain) -> int:
    """By how much to turn the surface so that its lowest corner is in front.

    LibreOffice draws it as columns, and high ones in front would hide the valley.
    """

    def height(corner: tuple[int, int]) -> float:
        down, across = corner
        value = float(terrain.figures[down][across])
        return value if math.isfinite(value) else math.inf

    return _TURNS[min(_TURNS, key=height)]
