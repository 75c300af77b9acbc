"""The map of the surface page: the metric over two parameters."""

from dataclasses import dataclass
from functools import cached_property

from sheetgd.cells import Address, Look, Value
from sheetgd.maths.expression import Leaf
from sheetgd.maths.formula import Formula
from sheetgd.maths.grid import along
from sheetgd.maths.worksheet import cell
from sheetgd.pages.axes import ACROSS, DOWN, TITLE, Axes
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
    """The map over these sides."""

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

    @property
    def top(self) -> int:
        """The row over the heat map that names what goes along its top."""
        return self.ends_row + 3

    @property
    def heat(self) -> Block:
        """The cells of the heat map."""
        first = Address(self.top + 2, GRID_COLUMN)
        down, across = self.room
        return Block(first, first.moved(down=down, right=across))

    @property
    def charts_row(self) -> int:
        """The first row of the charts."""
        return self.heat.last.row + 4

    def put_heat(self, draft: Draft) -> None:
        """The heat map, with the values of its two sides."""
        section, lesson, heat = self.section, self.section.lesson, self.heat
        self._put_sides(draft, heat)
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
                    self._figure(down, right),
                    Look.GRID,
                    section.display.figure,
                    formula=filling.down(down),
                )

    def _figure(self, down: int, right: int) -> Value:
        inside = down <= self.steps[DOWN] and right <= self.steps[ACROSS]
        return shown(self.figures[down][right]) if inside else _BEYOND_SIDE

    def _put_sides(self, draft: Draft, block: Block) -> None:
        """The values along the map's sides, and their names."""
        for side in (DOWN, ACROSS):
            for number in range(self.room[side] + 1):
                low, high, steps = self.extent(side)
                beyond = Formula.literal(number).compared(">", steps)
                formula = Formula.call("IF", beyond, _BEYOND_SIDE, along(low, high, steps, number))
                value: Value = (
                    self.sides[side][number] if number <= self.steps[side] else _BEYOND_SIDE
                )
                draft.put(self.side_cell(block, side, number), value, Look.HEADER, formula=formula)
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

    def side_leaf(self, side: int, number: int) -> Leaf:
        """A value along a side of the map, as other sheets read it."""
        place = Formula.cell(self.side_cell(self.heat, side, number), sheet=TITLE)
        inside = number <= self.steps[side]
        return cell(place, self.sides[side][number] if inside else _BEYOND_SIDE)

    def figure_leaf(self, down: int, right: int) -> Leaf:
        """A figure of the map, as other sheets read it."""
        place = Formula.cell(self.heat.first.moved(down=down, right=right), sheet=TITLE)
        return cell(place, self._figure(down, right))
