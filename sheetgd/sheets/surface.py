"""Surface: the metric over two parameters as a map, as lines and in three dimensions.

On the map is the path of the descent; `sheetgd.sheets.heat_map` has its blocks. Charts and outlines
are drawn from a hidden page: the map's metrics stand there once more, the last ones repeated past
the steps that are asked for, so that lines end where the map does; and the path of the descent,
with the cell of the map that each epoch ends in.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Final

from sheetgd.expression.excel import LONGEST_LITERAL, Address, Formula, Value
from sheetgd.expression.sheet_cells import (
    cell,
    cells,
    compared,
    if_error,
    index,
    match,
    minimum,
    not_available,
    when,
)
from sheetgd.expression.tree import Expression, Leaf
from sheetgd.lesson.values import SIDES
from sheetgd.sheets.cells import Block, Look
from sheetgd.sheets.heat_map import ACROSS, DOWN, TITLE, HeatMap, nearest_place
from sheetgd.sheets.heat_map import TITLE as MAP
from sheetgd.sheets.printing import printed
from sheetgd.sheets.run_data import run_block, run_values
from sheetgd.sheets.section import Section
from sheetgd.sheets.sheet import (
    Accepts,
    Chart,
    ChartKind,
    Condition,
    Draft,
    Drawn,
    Effect,
    Input,
    Page,
    Series,
    even_widths,
    too_wide,
)
from sheetgd.sheets.words import WHOLE

DATA: Final = "Surface data"

PATH_CELLS: Final = "path_cells"
"""The defined name of the cells that tell where on the map the path has been."""

ROW_UNIT: Final = 1000
"""A cell of the map is numbered by its row times this, and its column."""

_GRID: Final = Address(6, 3)
_PATH_HEADERS: Final = ("epoch", "down", "along", "cell")
_WIDTH = 11.0


@dataclass(frozen=True)
class SurfaceData:
    """The cells of the page, for a map."""

    heat_map: HeatMap

    @property
    def grid(self) -> Block:
        """The metrics of the map, with none left out."""
        down, across = self.heat_map.capacity
        return Block(_GRID, _GRID.moved(down=down, right=across))

    @property
    def path(self) -> Block:
        """The epochs, the two parameters, and the cell of the map that is nearest."""
        first = Address(_GRID.row, self.grid.last.column + 3)
        last = first.moved(down=self.heat_map.section.lesson.capacity, right=len(_PATH_HEADERS) - 1)
        return Block(first, last)

    @property
    def along(self) -> Block:
        """The values along the top of the grid."""
        return Block(
            *(self._side_cell(ACROSS, each) for each in (0, self.heat_map.capacity[ACROSS]))
        )

    def row(self, down: int) -> Block:
        """Return a row of the grid."""
        first = _GRID.moved(down=down)
        return Block(first, Address(first.row, self.grid.last.column))

    @staticmethod
    def name(side: int) -> Address:
        """Return the cell that says which parameter a side stands for."""
        return _GRID.moved(down=-1, right=-1) if side == DOWN else _GRID.moved(down=-2)

    def lowest(self, side: int) -> Expression:
        """Return the value along a side at the map's lowest cell; where there is none, an error."""
        ends, last = (self._least, self._side_cell), self.heat_map.capacity[side]
        least, along = (
            self.draft.over(Block(end(side, 0), end(side, last)), sheet=DATA) for end in ends
        )
        return if_error(index(along, match(minimum(least), least)), not_available())

    @cached_property
    def draft(self) -> Draft:
        """The cells."""
        draft, heat_map = Draft(), self.heat_map
        number_format = heat_map.section.formats.metric
        draft.title("B1", f"What the page {MAP} is drawn from")
        draft.put(Address(_GRID.row - 3, 2), "The map, its last values repeated", Look.HEADING)
        down, across = (range(capacity + 1) for capacity in heat_map.capacity)
        for side, numbers in enumerate((down, across)):
            draft.show(self.name(side), heat_map.name(side, sheet=TITLE), Look.HEADER)
            for number in numbers:
                place, shown = self._side_cell(side, number), self._side(draft, side, number)
                draft.show(place, shown, Look.HEADER)
        for row, column in product(down, across):
            metric, place = self._metric(draft, row, column), _GRID.moved(row, column)
            draft.show(place, metric, Look.RESULT, number_format)
        lines = [self.row(row) for row in down], [self.grid.column(column) for column in across]
        for side, blocks in enumerate(lines):
            place = self._least(side, -1)
            draft.put(place, "lowest", Look.HEADER)
            for number, block in enumerate(blocks):
                least = minimum(draft.over(block))
                draft.show(self._least(side, number), least, Look.RESULT, number_format)
        self._put_path(draft)
        return draft

    def page(self) -> Page:
        """Make the page."""
        return Page(
            title=DATA,
            widths=even_widths(_WIDTH, self.path.last.column),
            cells=tuple(self.draft.cells),
            heights=self.draft.heights,
            names={PATH_CELLS: self.path.column(3)},
            hidden=True,
        )

    # The map once more

    @staticmethod
    def _side_cell(side: int, number: int) -> Address:
        right, down = (-1, number) if side == DOWN else (number, -1)
        return _GRID.moved(down=down, right=right)

    def _least(self, side: int, number: int) -> Address:
        """Return the cell of the least metric in a row or a column."""
        if side == DOWN:
            return Address(_GRID.row + number, self.grid.last.column + 1)
        return Address(self.grid.last.row + 1, _GRID.column + number)

    def _side(self, draft: Draft, side: int, number: int) -> Expression:
        """Return a value along a side: past the last step that one again."""
        there = self.heat_map.side_leaf(side, number)
        if number == 0:
            return there
        return when(compared(there, "=", ""), draft.at(self._side_cell(side, number - 1)), there)

    def _metric(self, draft: Draft, down: int, right: int) -> Expression:
        """Return a metric of the map: past the last step the one before."""
        there: Expression = self.heat_map.metric_leaf(down, right)
        for side, number, up, left in ((ACROSS, right, 0, 1), (DOWN, down, 1, 0)):
            if number:
                beyond = compared(self.heat_map.side_leaf(side, number), "=", "")
                there = when(beyond, draft.at(_GRID.moved(down - up, right - left)), there)
        return there

    # The path

    @property
    def _in_log(self) -> bool:
        """Whether the log has the path already: its lines, and both parameters."""
        return self.heat_map.section.by_epoch and not self.heat_map.chooses

    def path_series(self) -> Series:
        """Return the path of the descent, to be drawn."""
        section, path = self.heat_map.section, self.path
        sheet, x, values = DATA, path.column(1), path.column(2)
        if self._in_log:
            sheet = section.run_on
            x, values = (
                run_block(section, self.heat_map.names[which]) for which in self.heat_map.pair
            )
        return Series(sheet=sheet, name="path", x=x, values=values, drawn=Drawn.BOTH)

    def _put_path(self, draft: Draft) -> None:
        first = self.path.first
        draft.put(first.moved(down=-3), "The path of the descent", Look.HEADING)
        for right, header in enumerate(_PATH_HEADERS):
            if right == len(_PATH_HEADERS) - 1 or not self._in_log:
                draft.put(first.moved(down=-1, right=right), header, Look.HEADER)
        for line in range(self.heat_map.section.lesson.capacity + 1):
            self._put_line(draft, line)

    def _put_line(self, draft: Draft, line: int) -> None:
        heat_map, place = self.heat_map, self.path.first.moved(down=line)
        section = heat_map.section
        epoch = run_block(section, "epoch").first.moved(down=line)
        there = cell(epoch, self._run["epoch"][line], sheet=section.run_on)
        numbers, state = [], self._state(line)
        if not self._in_log:
            draft.show(place, there, Look.RESULT, WHOLE)
        for side, which in enumerate(heat_map.pair):
            if self._in_log:
                name = heat_map.names[which]
                at = run_block(section, name).first.moved(down=line)
                leaf = cell(at, self._run[name][line], sheet=section.run_on)
            else:
                taken, shape = heat_map.taken(side, state), section.formats.parameters[which]
                leaf = draft.show(place.moved(right=1 + side), taken, Look.RESULT, shape)
            numbers.append(nearest_place(leaf, *heat_map.extent(side, sheet=TITLE)))
        code = if_error(numbers[DOWN] * float(ROW_UNIT) + numbers[ACROSS], 0)
        draft.show(place.moved(right=len(_PATH_HEADERS) - 1), code, Look.RESULT)

    @cached_property
    def _run(self) -> Mapping[str, Sequence[Value]]:
        section, names = self.heat_map.section, self.heat_map.names
        return {header: run_values(section, header) for header in ("epoch", *names)}

    def _state(self, line: int) -> Leaf:
        """Return the parameters of a line of the run, as a row of cells."""
        section, names = self.heat_map.section, self.heat_map.names
        first, last = (
            run_block(section, name).first.moved(down=line) for name in (names[0], names[-1])
        )
        values = [self._run[name][line] for name in names]
        return cells(Formula.range(first, last, fixed=False, sheet=section.run_on), values)


WIDTH, SIDE_WIDTH = 10.0, 14.0
_CHART_ROWS = 22
_TURNS = {(0, 1): 30, (0, 0): 330, (1, 1): 150, (1, 0): 210}
"""By how many degrees a surface is turned to have a corner of the map in front."""

_START, _HERE = "\N{WHITE CIRCLE}", "\N{BLACK CIRCLE}"
_MARKS = f"Outlined: the cells that the path has been in.  {_START} the start  {_HERE} guess now"
_HELD = " The other parameters are held at the present guess; choose the two in the yellow cells."


def has_surface(section: Section) -> bool:
    """Tell whether the lesson has two parameters to look at."""
    return len(section.lesson.model.parameters) >= SIDES


def surface_page(heat_map: HeatMap) -> tuple[Page, Page]:
    """Make the page of the map, the path on it and the charts; and the page they are drawn from."""
    draft, section = Draft(), heat_map.section
    data = SurfaceData(heat_map)
    heat, right = heat_map.heat, max(heat_map.heat.last.column, 19)
    draft.title("B1", f"The surface: {section.lesson.metric_name} over two parameters")
    text = section.text("map") + (_HELD if heat_map.chooses else "")
    width = SIDE_WIDTH + (right - 2) * WIDTH
    draft.paragraph(f"B3:{Address(3, right)}", text, width)
    draft.put(Address(heat.last.row + 1, 2), _MARKS, Look.NOTE)
    if heat_map.chooses:
        _put_warning(draft, heat_map)
    for side in (DOWN, ACROSS):
        draft.show(heat_map.axis(side, "lowest"), data.lowest(side), Look.RESULT)
    page = Page(
        title=TITLE,
        widths={"A": 2.0, "B": SIDE_WIDTH}
        | {Address(1, column).letters: WIDTH for column in range(3, right + 1)},
        cells=(*heat_map.draft.cells, *draft.cells),
        heights=draft.heights | {heat_map.axis(-1, "side").row: 32.0},
        merged=(*heat_map.draft.merged, *draft.merged),
        inputs=_inputs(heat_map),
        heat_map=heat,
        conditions=(
            *marks_of_path(heat, section.formats.metric),
            *_too_wide(heat_map),
        ),
        charts=(_path_chart(data), _slices_chart(data), _surface_chart(data)),
        landscape=True,
        tab="ED7D31",
    )
    return printed(page, [(1,), (heat_map.charts_row - 1,)]), data.page()


def _put_warning(draft: Draft, heat_map: HeatMap) -> None:
    """Put a word where the same parameter is chosen twice."""
    one, other = (heat_map.name(side, fixed=False) for side in (DOWN, ACROSS))
    place = heat_map.axis(ACROSS, "side").moved(down=1)
    words = when(compared(one, "=", other), "Choose two different parameters.", "")
    draft.tell(Block(place, place.moved(right=4)), words)


def marks_of_path(heat: Block, number_format: str) -> list[Condition]:
    """Mark in a map where the descent is now, where it began, and where it has been.

    Args:
        heat: the cells of the map; those past its last step hold an empty text.
        number_format: how the numbers in marked cells are shown; an empty text shows none.
    """
    first, path, rows, columns = heat.first, PATH_CELLS, heat.first.row - 1, heat.first.column - 1
    here = f"(ROW({first})-{rows})*{ROW_UNIT}+(COLUMN({first})-{columns})"
    conditions = []
    for number, mark in ((f"ROWS({path})", _HERE), ("1", _START)):
        there = f'AND({first}<>"",INDEX({path},{number})={here})'
        marked = f'"{mark} "{number_format}' if number_format else f'"{mark}"'
        conditions.append(Condition(heat, there, Effect.OUTLINE, marked))
    visited = f'AND({first}<>"",COUNTIF({path},{here})>0)'
    return [*conditions, Condition(heat, visited, Effect.OUTLINE)]


def _too_wide(heat_map: HeatMap) -> list[Condition]:
    number_formats = heat_map.section.formats
    conditions: list[Condition] = []
    formats = [number_formats.metric] * (heat_map.heat.last.column - heat_map.heat.first.column + 1)
    conditions += too_wide(heat_map.heat, formats, WIDTH)
    for side, which in enumerate(heat_map.pair):
        ends = heat_map.axis(side, "start"), heat_map.axis(side, "now")
        conditions += too_wide(Block(*ends), [number_formats.parameters[which]] * 2, WIDTH)
        if heat_map.best is not None:
            best = Block.cell(heat_map.axis(side, "best"))
            # Eight digits and a sign are as wide as the column in LibreOffice, without its margins.
            conditions += too_wide(best, [number_formats.best[which]], WIDTH - 2)
    return conditions


def _inputs(heat_map: HeatMap) -> tuple[Input, ...]:
    inputs = [
        Input(
            Block.cell(heat_map.axis(side, "steps")),
            Accepts.COUNTING,
            "Steps",
            f"Into how many steps this side is parted, up to {most}.",
            most=most,
        )
        for side, most in enumerate(heat_map.capacity)
    ]
    if heat_map.chooses:
        sides = Block(heat_map.axis(DOWN, "name"), heat_map.axis(ACROSS, "name"))
        message = "Which parameter goes along this side. The others are held at the guess."
        names = heat_map.names
        # What is chosen from stands in the rule itself, where there is no more room.
        if len(",".join(names)) <= LONGEST_LITERAL:
            inputs.append(Input(sides, Accepts.LISTED, "Parameter", message, listed=names))
    message = "Where this side of the map begins or ends."
    return (*inputs, Input(heat_map.ends_block, Accepts.NUMBER, "Range", message))


def _area(heat_map: HeatMap, number: int) -> Block:
    """Return the area of one of three charts beside each other."""
    first = Address(heat_map.charts_row, 2 + number * 6)
    return Block(first, first.moved(down=_CHART_ROWS - 1, right=5))


def _path_chart(data: SurfaceData) -> Chart:
    """Chart the path over the two parameters, with the best point that the sheet knows."""
    heat_map = data.heat_map
    series = [data.path_series()]
    marks = [("start", "start", 7), ("now", "now", 1)]
    goal = ("lowest cell", "lowest") if heat_map.best is None else ("least squares", "best")
    for name, field, colour in (*marks, (*goal, 2)):
        x, values = (Block.cell(heat_map.axis(side, field)) for side in (DOWN, ACROSS))
        series.append(
            Series(sheet=TITLE, name=name, x=x, values=values, drawn=Drawn.MARK, colour=colour)
        )
    return Chart(
        area=_area(heat_map, 0),
        title="The path",
        x_title=data.name(DOWN),
        y_title=data.name(ACROSS),
        series=tuple(series),
    )


def _lines(data: SurfaceData) -> tuple[Series, ...]:
    """Make a series for each row of the map, from blue to red."""
    last = data.heat_map.capacity[DOWN]
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
    heat_map = data.heat_map
    name = heat_map.names[heat_map.pair[DOWN]]
    title = "Slices" if heat_map.chooses else f"Slices: a line for each {name}"
    return Chart(
        area=_area(heat_map, 1),
        title=title,
        x_title=data.name(ACROSS),
        y_title=heat_map.section.lesson.metric_name,
        series=_lines(data),
    )


def _surface_chart(data: SurfaceData) -> Chart:
    heat_map = data.heat_map
    return Chart(
        area=_area(heat_map, 2),
        title="The surface",
        x_title=data.name(ACROSS),
        y_title=heat_map.section.lesson.metric_name,
        z_title=data.name(DOWN),
        series=_lines(data),
        kind=ChartKind.SURFACE,
        turn=_turn(heat_map),
    )


def _turn(heat_map: HeatMap) -> int:
    """Choose by how much to turn the surface so that its lowest corner is in front.

    LibreOffice draws it as columns, and high ones in front would hide the valley.
    """

    def height(corner: tuple[int, int]) -> float:
        down, across = (steps * at for steps, at in zip(heat_map.steps, corner, strict=True))
        value = heat_map.metric_leaf(down, across).value
        return value if isinstance(value, float) else math.inf

    return _TURNS[min(_TURNS, key=height)]
