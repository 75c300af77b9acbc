"""The hidden page that the surface page's charts and outlines are drawn from.

The map's figures stand here once more, the last ones repeated past the steps that are asked for, so
that lines end where the map does; and the path of the descent, with the cell of the map that each
epoch ends in.
"""

from dataclasses import dataclass
from typing import Final

from sheetgd.cells import Address, Look
from sheetgd.display import WHOLE
from sheetgd.maths.expression import Expression, Leaf
from sheetgd.maths.formula import Formula
from sheetgd.maths.grid import nearest_place
from sheetgd.maths.worksheet import (
    cell,
    cells,
    compared,
    if_error,
    index,
    match,
    minimum,
    not_available,
    value_of,
    when,
)
from sheetgd.pages.axes import ACROSS, DOWN
from sheetgd.pages.axes import TITLE as MAP
from sheetgd.pages.block import Block
from sheetgd.pages.page import Draft, Page
from sheetgd.pages.run import run_block, run_values
from sheetgd.pages.terrain import Terrain

TITLE: Final = "Surface data"

PATH_CELLS: Final = "path_cells"
"""The defined name of the cells that tell where on the map the path has been."""

ROW_UNIT: Final = 1000
"""A cell of the map is numbered by its row times this, and its column."""

_GRID: Final = Address(6, 3)
_PATH_HEADERS: Final = ("epoch", "down", "along", "cell")
_WIDTH = 11.0


@dataclass(frozen=True)
class SurfaceData:
    """Where the page has what, for a map."""

    terrain: Terrain

    @property
    def grid(self) -> Block:
        """The figures of the map, with none left out."""
        down, across = self.terrain.room
        return Block(_GRID, _GRID.moved(down=down, right=across))

    @property
    def path(self) -> Block:
        """The epochs, the two parameters, and the cell of the map that is nearest."""
        first = Address(_GRID.row, self.grid.last.column + 3)
        last = first.moved(down=self.terrain.section.lesson.room, right=len(_PATH_HEADERS) - 1)
        return Block(first, last)

    @property
    def along(self) -> Block:
        """The values along the top of the grid."""
        return Block(*(self._side_cell(ACROSS, each) for each in (0, self.terrain.room[ACROSS])))

    def row(self, down: int) -> Block:
        """A row of the grid."""
        first = _GRID.moved(down=down)
        return Block(first, Address(first.row, self.grid.last.column))

    @staticmethod
    def name(side: int) -> Address:
        """The cell that says which parameter a side stands for."""
        return _GRID.moved(down=-1, right=-1) if side == DOWN else _GRID.moved(down=-2)

    def lowest(self, side: int) -> Expression:
        """The value along a side at the map's lowest cell; where there is none, an error."""
        last = self.terrain.room[side]
        least = cells(
            Formula.range(self._least(side, 0), self._least(side, last), sheet=TITLE),
            [value_of(self._least_of(side, number)) for number in range(last + 1)],
        )
        ends = (self._side_cell(side, number) for number in (0, last))
        along = cells(
            Formula.range(*ends, sheet=TITLE),
            [value_of(self._side(side, number)) for number in range(last + 1)],
        )
        found = index(along, match(minimum(least), least))
        return if_error(found, not_available())

    def page(self) -> Page:
        """The page."""
        draft = Draft()
        section = self.terrain.section
        draft.title("B1", f"What the page {MAP} is drawn from")
        draft.put(Address(_GRID.row - 3, 2), "The map, its last values repeated", Look.HEADING)
        for side in (DOWN, ACROSS):
            draft.show(self.name(side), self.terrain.name_leaf(side), Look.HEADER)
            for number in range(self.terrain.room[side] + 1):
                draft.show(self._side_cell(side, number), self._side(side, number), Look.HEADER)
                draft.show(
                    self._least(side, number),
                    self._least_of(side, number),
                    Look.RESULT,
                    section.display.figure,
                )
        for down in range(self.terrain.room[DOWN] + 1):
            for right in range(self.terrain.room[ACROSS] + 1):
                draft.show(
                    _GRID.moved(down=down, right=right),
                    self._figure(down, right),
                    Look.RESULT,
                    section.display.figure,
                )
        for side in (DOWN, ACROSS):
            place = self._least(side, 0)
            before = place.moved(down=-1) if side == DOWN else place.moved(right=-1)
            draft.put(before, "lowest", Look.HEADER)
        self._put_path(draft)
        return Page(
            title=TITLE,
            widths={"A": 2.0}
            | {
                Address(1, column).letters: _WIDTH for column in range(2, self.path.last.column + 1)
            },
            cells=tuple(draft.cells),
            heights=draft.heights,
            names={PATH_CELLS: self.path.column(3)},
            hidden=True,
        )

    # The map once more

    @staticmethod
    def _side_cell(side: int, number: int) -> Address:
        right, down = (-1, number) if side == DOWN else (number, -1)
        return _GRID.moved(down=down, right=right)

    def _least(self, side: int, number: int) -> Address:
        """The cell of the least figure in a row or a column."""
        if side == DOWN:
            return Address(_GRID.row + number, self.grid.last.column + 1)
        return Address(self.grid.last.row + 1, _GRID.column + number)

    def _side(self, side: int, number: int) -> Expression:
        """A value along a side: past the last step that one again."""
        there = self.terrain.side_leaf(side, number)
        if number == 0:
            return there
        return when(compared(there, "=", ""), self._side_leaf(side, number - 1), there)

    def _side_leaf(self, side: int, number: int) -> Leaf:
        shown = self.terrain.sides[side][min(number, self.terrain.steps[side])]
        return cell(Formula.cell(self._side_cell(side, number)), shown)

    def _figure(self, down: int, right: int) -> Expression:
        """A figure of the map: past the last step the one before."""
        there: Expression = self.terrain.figure_leaf(down, right)
        if right:
            side = self.terrain.side_leaf(ACROSS, right)
            there = when(compared(side, "=", ""), self._figure_leaf(down, right - 1), there)
        if down:
            side = self.terrain.side_leaf(DOWN, down)
            there = when(compared(side, "=", ""), self._figure_leaf(down - 1, right), there)
        return there

    def _figure_leaf(self, down: int, right: int) -> Leaf:
        inside = (min(down, self.terrain.steps[DOWN]), min(right, self.terrain.steps[ACROSS]))
        value = self.terrain.figure_leaf(*inside).value
        return cell(Formula.cell(_GRID.moved(down=down, right=right)), value)

    def _least_of(self, side: int, number: int) -> Expression:
        """The least figure in a row or a column."""
        down, right = self.terrain.room
        places = (
            [(number, each) for each in range(right + 1)]
            if side == DOWN
            else [(each, number) for each in range(down + 1)]
        )
        ends = (_GRID.moved(down=row, right=column) for row, column in (places[0], places[-1]))
        return minimum(
            cells(Formula.range(*ends), [self._figure_leaf(*each).value for each in places])
        )

    # The path

    def _put_path(self, draft: Draft) -> None:
        first = self.path.first
        draft.put(first.moved(down=-3), "The path of the descent", Look.HEADING)
        for right, header in enumerate(_PATH_HEADERS):
            draft.put(first.moved(down=-1, right=right), header, Look.HEADER)
        for line in range(self.terrain.section.lesson.room + 1):
            self._put_line(draft, line)

    def _put_line(self, draft: Draft, line: int) -> None:
        terrain, place = self.terrain, self.path.first.moved(down=line)
        section = terrain.section
        epoch = Formula.cell(run_block(section, "epoch").first.moved(down=line), sheet=section.run)
        draft.show(place, cell(epoch, run_values(section, "epoch")[line]), Look.RESULT, WHOLE)
        numbers = []
        state = self._state(line)
        for side, which in enumerate(terrain.pair):
            taken = terrain.taken(side, state)
            leaf = draft.show(
                place.moved(right=1 + side), taken, Look.RESULT, section.display.parameters[which]
            )
            numbers.append(nearest_place(leaf, *terrain.extent_leaves(side)))
        code = if_error(numbers[DOWN] * float(ROW_UNIT) + numbers[ACROSS], 0)
        draft.show(place.moved(right=len(_PATH_HEADERS) - 1), code, Look.RESULT)

    def _state(self, line: int) -> Leaf:
        """The parameters of a line of the run, as a row of cells."""
        section, names = self.terrain.section, self.terrain.names
        first, last = (
            run_block(section, name).first.moved(down=line) for name in (names[0], names[-1])
        )
        values = [run_values(section, name)[line] for name in names]
        return cells(Formula.range(first, last, fixed=False, sheet=section.run), values)
