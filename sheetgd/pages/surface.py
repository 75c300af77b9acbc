"""The surface page: the error over two parameters as a map, as lines and in three dimensions.

On the map is the path of the descent; `sheetgd.pages.terrain` has its blocks.
"""

import math

from sheetgd.cells import Address, ErrorValue, Look
from sheetgd.display import WHOLE
from sheetgd.maths.formula import LONGEST_LITERAL, Formula
from sheetgd.maths.grid import nearest_place
from sheetgd.pages.axes import ACROSS, DOWN, fixed
from sheetgd.pages.block import Block
from sheetgd.pages.chart import Chart, ChartKind, Drawn, Series
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import (
    Accepts,
    Condition,
    Draft,
    Effect,
    Input,
    Page,
    grey_where_missing,
    too_wide,
)
from sheetgd.pages.section import Section
from sheetgd.pages.terrain import GRID_COLUMN, Terrain
from sheetgd.view import SIDES

TITLE = "Surface"
WIDTH, SIDE_WIDTH = 9.0, 14.0
_CHART_ROWS = 22
_START, _HERE = "\N{WHITE CIRCLE}", "\N{BLACK CIRCLE}"
_MARKS = f"Outlined: the cells that the path has been in.  {_START} the start  {_HERE} guess now"
_HELD = " The other parameters are held at the present guess; choose the two in the yellow cells."


def has_surface(section: Section) -> bool:
    """Whether the lesson has two parameters to look at."""
    return len(section.lesson.form.parameters) >= SIDES


def surface_page(section: Section) -> Page:
    """The map with the path on it, the charts, and what they are drawn from."""
    draft, terrain = Draft(), Terrain(section)
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
    terrain.put_chart_blocks(draft)
    path, places = _put_path(draft, terrain)
    terrain.put_visits(draft, places, path.without_left(3))
    return Page(
        title=TITLE,
        widths={"A": 2.0, "B": SIDE_WIDTH}
        | {Address(1, column).letters: WIDTH for column in range(3, right + 1)},
        cells=tuple(draft.cells),
        heights=draft.heights | {terrain.axis(-1, "side").row: 32.0},
        merged=tuple(draft.merged),
        inputs=_inputs(terrain),
        heat_map=heat,
        conditions=(
            *_marks(terrain),
            grey_where_missing(terrain.slices),
            grey_where_missing(path),
            *_too_wide(terrain, path),
        ),
        charts=(_path_chart(terrain, path), _slices_chart(terrain), _surface_chart(terrain)),
        breaks=(terrain.charts_row - 2, terrain.charts_row + _CHART_ROWS),
        landscape=True,
        tab="ED7D31",
    )


def _put_warning(draft: Draft, terrain: Terrain) -> None:
    """A word where the same parameter is chosen twice."""
    one, other = (Formula.cell(terrain.axis(side, "name")) for side in (DOWN, ACROSS))
    place = terrain.axis(ACROSS, "side").moved(down=1)
    words = "Choose two different parameters."
    formula = Formula.call("IF", one.compared("=", other), words, "")
    draft.text(f"{place}:{place.moved(right=4)}", "", Look.WARNING, formula)


def _put_path(draft: Draft, terrain: Terrain) -> tuple[Block, list[tuple[float, float]]]:
    """The two parameters after each epoch, and the cell of the map that is nearest."""
    section, first = terrain.section, Address(terrain.path_row, 2)
    names = [terrain.names[which] for which in terrain.pair]
    draft.put(first.moved(down=-2), "The path of the descent", Look.HEADING)
    for right, header in enumerate(("epoch", *names, "down", "along")):
        named = {1: DOWN, 2: ACROSS}
        formula = Formula.cell(terrain.axis(named[right], "name")) if right in named else None
        draft.put(first.moved(down=-1, right=right), header, Look.HEADER, formula=formula)
    places = []
    for epoch, state in enumerate(section.descent.states):
        ran = epoch <= section.epochs_run
        draft.put(first.moved(down=epoch), epoch, Look.RESULT, WHOLE)
        found = []
        for side, which in enumerate(terrain.pair):
            place = first.moved(down=epoch, right=1 + side)
            logged = [section.on_log(name, epoch) for name in terrain.names]
            draft.put(
                place,
                shown(state[which]) if ran else ErrorValue.NOT_AVAILABLE,
                Look.RESULT,
                section.display.parameters[which],
                formula=_chosen(terrain, side, logged),
            )
            low, high = terrain.ends[which]
            nearest = nearest_place(state[which], low, high, float(terrain.steps[side]))
            found.append(nearest if ran and math.isfinite(nearest) else 0.0)
            nearest_cell = nearest_place(Formula.cell(place), *terrain.extent(side))
            formula = Formula.call("IFERROR", nearest_cell, 0)
            # The general format has room for the places of a run that flies off, too.
            draft.put(place.moved(right=SIDES), found[side], Look.RESULT, formula=formula)
        places.append((found[DOWN], found[ACROSS]))
    return Block(first, first.moved(down=len(places) - 1, right=4)), places


def _chosen(terrain: Terrain, side: int, each: list[Formula]) -> Formula:
    """Of one number for each parameter that of the parameter on a side."""
    if not terrain.chooses:
        return each[terrain.pair[side]]
    return Formula.call("CHOOSE", terrain.number_of(side), *each)


def _marks(terrain: Terrain) -> list[Condition]:
    """Where the descent is now, where it began, and where it has been."""
    heat, visits = terrain.heat, terrain.visits
    side = Formula.cell(terrain.side_cell(visits, DOWN, 0), fixed_column=True)
    top = Formula.cell(terrain.side_cell(visits, ACROSS, 0), fixed_row=True)
    used = Formula.cell(heat.first).compared("<>", "")
    conditions = []
    for field, mark in (("now_place", _HERE), ("start_place", _START)):
        marked = f'"{mark} "{terrain.section.display.figure}'
        at = [
            place.compared("=", fixed(terrain.axis(which, field)))
            for which, place in ((DOWN, side), (ACROSS, top))
        ]
        there = str(Formula.call("AND", used, *at))
        conditions.append(Condition(heat, there, Effect.OUTLINE, marked))
    visited = Formula.call("AND", used, Formula.cell(visits.first).compared(">", 0))
    return [*conditions, Condition(heat, str(visited), Effect.OUTLINE)]


def _too_wide(terrain: Terrain, path: Block) -> list[Condition]:
    display = terrain.section.display
    conditions: list[Condition] = []
    for block in (terrain.heat, terrain.slices, terrain.solid):
        formats = [display.figure] * (block.last.column - block.first.column + 1)
        conditions += too_wide(block, formats, WIDTH)
    points = path.without_left(1)
    formats = [display.parameters[which] for which in terrain.pair]
    conditions += too_wide(Block(points.first, points.column(1).last), formats, WIDTH)
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


def _path_chart(terrain: Terrain, path: Block) -> Chart:
    """The path over the two parameters, with the best point that the sheet knows."""
    series = [
        Series(sheet=TITLE, name="path", x=path.column(1), values=path.column(2), drawn=Drawn.BOTH)
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
        x_title=terrain.axis(DOWN, "name"),
        y_title=terrain.axis(ACROSS, "name"),
        series=tuple(series),
        kind=ChartKind.SCATTER,
    )


def _lines(terrain: Terrain, block: Block) -> tuple[Series, ...]:
    """A series for each row of a block, from blue to red."""
    last = terrain.room[DOWN]
    x = Block(*(terrain.side_cell(block, ACROSS, number) for number in (0, terrain.room[ACROSS])))
    return tuple(
        Series(
            sheet=TITLE,
            name=terrain.side_cell(block, DOWN, down),
            x=x,
            values=Block(
                Address(block.first.row + down, GRID_COLUMN),
                Address(block.first.row + down, block.last.column),
            ),
            drawn=Drawn.LINE,
            shade=down / last,
        )
        for down in range(last + 1)
    )


def _slices_chart(terrain: Terrain) -> Chart:
    name = terrain.names[terrain.pair[DOWN]]
    title = "Slices" if terrain.chooses else f"Slices: a line for each {name}"
    return Chart(
        area=_area(terrain, 1),
        title=title,
        x_title=terrain.axis(ACROSS, "name"),
        y_title=terrain.section.lesson.metric_name,
        series=_lines(terrain, terrain.slices),
        kind=ChartKind.SCATTER,
    )


def _surface_chart(terrain: Terrain) -> Chart:
    return Chart(
        area=_area(terrain, 2),
        title="The surface",
        x_title=terrain.axis(ACROSS, "name"),
        y_title=terrain.section.lesson.metric_name,
        z_title=terrain.axis(DOWN, "name"),
        series=_lines(terrain, terrain.solid),
        kind=ChartKind.SURFACE,
    )
