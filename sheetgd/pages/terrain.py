"""The blocks of the surface page: the map, and what the charts are drawn from."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sheetgd.cells import Address, ErrorValue, Look, Value
from sheetgd.display import WHOLE
from sheetgd.maths.formula import Formula
from sheetgd.maths.grid import along
from sheetgd.maths.quantity import total
from sheetgd.pages.axes import ACROSS, DOWN, Axes, fixed
from sheetgd.pages.block import Block
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import Draft
from sheetgd.surface import figures_at

GRID_COLUMN = 3
"""The map's first column; the values of its side stand before it."""

_BEYOND_SIDE = ""
"""What cells show past the steps that are asked for: an empty text."""


@dataclass(frozen=True)
class Terrain(Axes):
    """The map over these sides, and where its copies for the charts stand."""

    @cached_property
    def figures(self) -> list[list[float]]:
        """The figure at each point of the grid."""
        import numpy as np  # noqa: PLC0415  `sheetgd --help` does without NumPy

        points = [np.array(value) for value in self.state]
        down, across = self.pair
        points[down] = np.array(self.sides[DOWN])[:, np.newaxis]
        points[across] = np.array(self.sides[ACROSS])[np.newaxis, :]
        found: list[list[float]] = figures_at(self.section.lesson, points).tolist()
        return found

    # Where things stand

    @property
    def top(self) -> int:
        """The row over the heat map that names what goes along its top."""
        return self.ends_row + 3

    @property
    def heat(self) -> Block:
        """The cells of the heat map."""
        return self._block(self.top + 2)

    def _block(self, row: int) -> Block:
        first = Address(row, GRID_COLUMN)
        down, across = self.room
        return Block(first, first.moved(down=down, right=across))

    @property
    def charts_row(self) -> int:
        """The first row of the charts."""
        return self.heat.last.row + 4

    def _lower(self, number: int) -> Block:
        """One of the blocks below the charts."""
        below = self.charts_row + 24
        return self._block(below + 3 + number * (self.room[DOWN] + 5))

    @property
    def slices(self) -> Block:
        """The heat map once more, with ``#N/A`` where lines shall stop."""
        return self._lower(0)

    @property
    def solid(self) -> Block:
        """The heat map once more, its last values repeated where there are no more."""
        return self._lower(1)

    @property
    def visits(self) -> Block:
        """For how many epochs the descent is in each cell."""
        return self._lower(2)

    @property
    def path_row(self) -> int:
        """The row of the start in the table of the path."""
        return self.visits.last.row + 5

    # What is put there

    def put_heat(self, draft: Draft) -> None:
        """The heat map, with the values of its two sides."""
        section, lesson, heat = self.section, self.section.lesson, self.heat
        self._put_sides(draft, heat, named=True)
        used = section.used
        side = Formula.cell(heat.first.moved(right=-1), fixed_column=True)
        for right in range(self.room[ACROSS] + 1):
            first = heat.first.moved(right=right)
            top = Formula.cell(first.moved(down=-1), fixed_row=True)
            point = self.point(side, top)
            errors = lesson.method.figure_loss.of_row(lesson.form, used.x, used.y, point)
            figure = used.metric(lesson.method.figure, errors)
            out = [each.compared("=", _BEYOND_SIDE) for each in (side, top)]
            filling = Formula.call("IF", Formula.call("OR", *out), _BEYOND_SIDE, figure).filling()
            for down in range(self.room[DOWN] + 1):
                draft.put(
                    first.moved(down=down),
                    self._figure(down, right, _BEYOND_SIDE),
                    Look.GRID,
                    section.display.figure,
                    formula=filling.down(down),
                )

    def _figure(self, down: int, right: int, otherwise: Value) -> Value:
        inside = down <= self.steps[DOWN] and right <= self.steps[ACROSS]
        return shown(self.figures[down][right]) if inside else otherwise

    def _put_sides(self, draft: Draft, block: Block, *, named: bool = False) -> None:
        """The values along a block's sides: the heat map computes them, others follow it."""
        for side in (DOWN, ACROSS):
            for number in range(self.room[side] + 1):
                place = self.side_cell(block, side, number)
                inside = number <= self.steps[side]
                value: Value = self.sides[side][number] if inside else _BEYOND_SIDE
                formula = Formula.cell(self.side_cell(self.heat, side, number))
                if named:
                    low, high, steps = self.extent(side)
                    beyond = Formula.literal(number).compared(">", steps)
                    formula = Formula.call(
                        "IF", beyond, _BEYOND_SIDE, along(low, high, steps, number)
                    )
                draft.put(place, value, Look.HEADER, formula=formula)
        if named:
            self._put_names(draft, block)

    def _put_names(self, draft: Draft, block: Block) -> None:
        down, across = (self.names[which] for which in self.pair)
        corner = Address(block.first.row - 1, GRID_COLUMN - 1)
        draft.put(corner, down, Look.HEADER, formula=Formula.cell(self.axis(DOWN, "name")))
        over = Block(corner.moved(down=-1, right=1), Address(corner.row - 1, block.last.column))
        name = Formula.cell(self.axis(ACROSS, "name"))
        draft.text(str(over), across, Look.HEADER, formula=name)

    @staticmethod
    def side_cell(block: Block, side: int, number: int) -> Address:
        """The cell of a value along a block's side."""
        if side == DOWN:
            return block.first.moved(down=number, right=-1)
        return block.first.moved(down=-1, right=number)

    def put_chart_blocks(self, draft: Draft) -> None:
        """The heat map once more for the lines, and once more for the surface."""
        titles = (
            (self.slices, "The slices: #N/A ends a line"),
            (self.solid, "The surface: past the last step its last values go on"),
            (self.visits, "For how many epochs the descent is in each cell"),
        )
        for block, title in titles:
            draft.put(block.first.moved(down=-2, right=-1), title, Look.HEADING)
        self._put_sides(draft, self.slices)
        self._put_sides(draft, self.solid)
        for down in range(self.room[DOWN] + 1):
            for right in range(self.room[ACROSS] + 1):
                self._put_copies(draft, down, right)
            self._put_least(draft, DOWN, down)
        for right in range(self.room[ACROSS] + 1):
            self._put_least(draft, ACROSS, right)
        for side in (DOWN, ACROSS):
            self._put_lowest(draft, side)

    def _put_copies(self, draft: Draft, down: int, right: int) -> None:
        heat, number_format = self.heat, self.section.display.figure
        source = Formula.cell(heat.first.moved(down=down, right=right))
        empty = source.compared("=", _BEYOND_SIDE)
        draft.put(
            self.slices.first.moved(down=down, right=right),
            self._figure(down, right, ErrorValue.NOT_AVAILABLE),
            Look.RESULT,
            number_format,
            formula=Formula.call("IF", empty, Formula.call("NA"), source),
        )
        steps = [fixed(self.axis(side, "steps")) for side in (DOWN, ACROSS)]
        nearest = [
            Formula.call("MIN", number, step) + 1
            for number, step in zip((down, right), steps, strict=True)
        ]
        inside = min(down, self.steps[DOWN]), min(right, self.steps[ACROSS])
        draft.put(
            self.solid.first.moved(down=down, right=right),
            self._figure(*inside, None),
            Look.RESULT,
            number_format,
            formula=Formula.call("INDEX", Formula.range(heat.first, heat.last), *nearest),
        )

    def _least(self, side: int, number: int) -> Address:
        """The cell of the least figure along a row or a column, behind the slices."""
        across, down = self.slices.last.column + 1, self.slices.last.row + 1
        place = self.side_cell(self.slices, side, number)
        return Address(place.row, across) if side == DOWN else Address(down, place.column)

    def _line(self, side: int, number: int) -> tuple[Block, list[float]]:
        """A row or a column of the heat map, and its figures."""
        first, last = self.heat.first, self.heat.last
        if side == DOWN:
            row = first.row + number
            block = Block(Address(row, first.column), Address(row, last.column))
            return block, self.figures[number] if number <= self.steps[DOWN] else []
        column = first.column + number
        block = Block(Address(first.row, column), Address(last.row, column))
        inside = number <= self.steps[ACROSS]
        return block, [line[number] for line in self.figures] if inside else []

    def _put_least(self, draft: Draft, side: int, number: int) -> None:
        block, figures = self._line(side, number)
        place = self._least(side, number)
        if number == 0:
            before = place.moved(down=-1) if side == DOWN else place.moved(right=-1)
            draft.put(before, "lowest", Look.HEADER)
        empty = Formula.cell(self.side_cell(self.slices, side, number)).compared("=", _BEYOND_SIDE)
        least = Formula.call("MIN", Formula.range(block.first, block.last))
        draft.put(
            place,
            shown(_least_of(figures)) if figures else _BEYOND_SIDE,
            Look.RESULT,
            self.section.display.figure,
            formula=Formula.call("IF", empty, _BEYOND_SIDE, least),
        )

    def _put_lowest(self, draft: Draft, side: int) -> None:
        """The value of a side at the lowest cell of the heat map."""
        last = self.room[side]
        least = Formula.range(self._least(side, 0), self._least(side, last))
        ends = (self.side_cell(self.slices, side, number) for number in (0, last))
        where = Formula.call("MATCH", Formula.call("MIN", least), least, 0)
        found = Formula.call("INDEX", Formula.range(*ends), where)
        leasts = [_least_of(self._line(side, number)[1]) for number in range(self.steps[side] + 1)]
        known = all(map(math.isfinite, leasts))
        place = leasts.index(min(leasts)) if known else 0
        draft.put(
            self.axis(side, "lowest"),
            self.sides[side][place] if known else ErrorValue.NOT_AVAILABLE,
            Look.RESULT,
            formula=Formula.call("IFERROR", found, Formula.call("NA")),
        )

    def put_visits(self, draft: Draft, places: Sequence[tuple[float, float]], path: Block) -> None:
        """How often the path is in each cell.

        Args:
            draft: the page.
            places: where the path is after each epoch, down and across.
            path: the cells of the same.
        """
        block = self.visits
        for along_side in (DOWN, ACROSS):
            for number in range(self.room[along_side] + 1):
                draft.put(self.side_cell(block, along_side, number), number + 1, Look.HEADER, WHOLE)
        downs, rights = (path.column(number) for number in (DOWN, ACROSS))
        side = Formula.cell(self.side_cell(block, DOWN, 0), fixed_column=True)
        in_row = Formula.range(downs.first, downs.last).compared("=", side)
        counts = Counter(places)
        for right in range(self.room[ACROSS] + 1):
            top = Formula.cell(self.side_cell(block, ACROSS, right), fixed_row=True)
            in_column = Formula.range(rights.first, rights.last).compared("=", top)
            filling = total(in_row * in_column).filling()
            for down in range(self.room[DOWN] + 1):
                draft.put(
                    block.first.moved(down=down, right=right),
                    counts[down + 1, right + 1],
                    Look.RESULT,
                    WHOLE,
                    formula=filling.down(down),
                )


def _least_of(figures: Sequence[float]) -> float:
    """The least figure; NaN where one of them is none, for a sheet shows an error then."""
    return min(figures) if figures and all(map(math.isfinite, figures)) else math.nan
