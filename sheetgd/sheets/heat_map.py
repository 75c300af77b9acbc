"""The map of the metric over two parameters: its two sides and its cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from sheetgd.descent.stationary_point import normal_equations, solution, steady_determinant
from sheetgd.engine.error_surface import metric_at, most_sensitive, ranges_of
from sheetgd.expression.excel import Address, Formula, Value
from sheetgd.expression.functions import ROUNDING, Q, divided, floored
from sheetgd.expression.sheet_cells import cell, cells, index, match
from sheetgd.expression.tree import Expression, Leaf
from sheetgd.sheets.cells import Block, Look, shown
from sheetgd.sheets.controls import best_leaf
from sheetgd.sheets.section import Section
from sheetgd.sheets.sheet import Draft
from sheetgd.sheets.words import WHOLE

_HALF: Final = 0.5 + ROUNDING
"""What lies halfway between two places belongs to the upper one, however it was rounded."""


def along(first: Q, last: Q, steps: Q | float, place: int) -> Q:
    """Compute first + (last - first) * place / steps: the value at a place, counted from 0.

    >>> [along(1.0, 3.0, 4.0, place) for place in range(5)]
    [1.0, 1.5, 2.0, 2.5, 3.0]
    """
    return first + (last - first) * place / steps


def nearest_place(value: Q, first: Q, last: Q, steps: Q) -> Q:
    """Return the place, from 1, whose value is nearest; below 1 or above steps + 1 outside.

    NaN, or ``#DIV/0!``, where the side has no length.

    >>> nearest_place(1.7, 1.0, 3.0, 4.0), nearest_place(9.0, 1.0, 3.0, 4.0)
    (2.0, 17.0)
    """
    return floored(divided(value - first, (last - first) / steps) + _HALF) + 1


TITLE = "Surface"
AXES_ROW = 6
DOWN, ACROSS = 0, 1
_SIDES = ("down the side", "along the top")
_AXIS_HEADERS = (
    "side", "name", "from", "to", "steps", "start", "now", "lowest cell",
    "least squares",
)  # fmt: skip
_FIELDS = ("side", "name", "low", "high", "steps", "start", "now", "lowest",
           "best")  # fmt: skip
_RANGE_HEADERS = ("parameter", "from", "to", "start", "now", "down", "along", "held at")


def fixed(address: Address) -> Formula:
    """Refer to a cell that stays in place wherever the formula is filled to."""
    return Formula.cell(address, fixed_row=True, fixed_column=True)


@dataclass(frozen=True)
class Axes:
    """The sides of the map, and the tables at the top of the page that say what they are.

    Attributes:
        section: the lesson's section.
    """

    section: Section

    @property
    def names(self) -> tuple[str, ...]:
        """The model's parameters."""
        return self.section.lesson.model.parameters

    @property
    def chooses(self) -> bool:
        """Whether the reader chooses which two of the parameters are shown."""
        return len(self.names) > len(_SIDES)

    @cached_property
    def pair(self) -> tuple[int, int]:
        """Which parameters are shown, down and across."""
        over = self.section.lesson.display.surface.over or most_sensitive(self.section.lesson)
        down, across = (self.names.index(name) for name in over)
        return down, across

    @cached_property
    def ends(self) -> tuple[tuple[float, float], ...]:
        """From where to where each parameter goes."""
        return ranges_of(self.section.lesson, self.section.descent.states)

    @cached_property
    def steps(self) -> tuple[int, int]:
        """Into how many steps the two sides are divided."""
        down, across = self.section.lesson.display.surface.steps
        return down, across

    @property
    def capacity(self) -> tuple[int, int]:
        """For how many steps there is room."""
        return self.section.lesson.display.surface.capacity

    @cached_property
    def sides(self) -> tuple[list[float], list[float]]:
        """The values along the two sides."""
        down, across = (
            [along(*self.ends[which], float(steps), place) for place in range(steps + 1)]
            for which, steps in zip(self.pair, self.steps, strict=True)
        )
        return down, across

    @property
    def state(self) -> tuple[float, ...]:
        """The parameters after the epochs that are run."""
        return self.section.descent.states[self.section.epochs_run]

    def axis(self, side: int, field: str) -> Address:
        """Return a cell of an axis by what it holds."""
        return Address(AXES_ROW + side, 2 + _FIELDS.index(field))

    def _range(self, which: int, header: str) -> Address:
        """Return a cell of the table of all parameters."""
        row = AXES_ROW + 5 + which
        return Address(row, 2 + _RANGE_HEADERS.index(header))

    @property
    def ends_row(self) -> int:
        """The last row of these tables."""
        return self._range(len(self.names) - 1, "from").row if self.chooses else AXES_ROW + 1

    def put_axes(self, draft: Draft) -> None:
        """Put the two parameters that are shown, from where to where, and where the descent is."""
        for right, header in enumerate(_AXIS_HEADERS):
            if header != "least squares" or self.best is not None:
                draft.put(Address(AXES_ROW - 1, 2 + right), header, Look.HEADER)
        for side, which in enumerate(self.pair):
            self._put_axis(draft, side, which)
        if self.chooses:
            self._put_ranges(draft)

    def _put_axis(self, draft: Draft, side: int, which: int) -> None:
        section, number_format = self.section, self.section.formats.parameters[which]
        start, now = section.lesson.training.start[which], self.state[which]
        chosen = Look.INPUT if self.chooses else Look.RESULT
        draft.put(self.axis(side, "side"), _SIDES[side], Look.LABEL)
        draft.put(self.axis(side, "name"), self.names[which], chosen)
        draft.put(self.axis(side, "steps"), self.steps[side], Look.INPUT, WHOLE)
        for field, value, end in (("low", self.ends[which][0], "from"),
                                  ("high", self.ends[which][1], "to")):  # fmt: skip
            if self.chooses:
                place, formula = self.axis(side, field), self._chosen(side, end)
                draft.put(place, value, Look.RESULT, formula=formula)
            else:
                draft.put(self.axis(side, field), value, Look.INPUT)
        for field, value in (("start", start), ("now", now)):
            formula = section.name(f"{field}_{self.names[which]}")
            formula = self._chosen(side, field) if self.chooses else formula
            place = self.axis(side, field)
            draft.put(place, shown(value), Look.RESULT, number_format, formula=formula)
        if self.best is not None:
            best = self.best[which]
            draft.show(self.axis(side, "best"), best, Look.RESULT, section.formats.best[which])

    def extent(self, side: int) -> tuple[Formula, Formula, Formula]:
        """Return where a side begins and ends, and in how many steps."""
        low, high, steps = (fixed(self.axis(side, each)) for each in ("low", "high", "steps"))
        return low, high, steps

    def _leaf(self, side: int, field: str, value: Value) -> Leaf:
        """Return a cell of an axis, as other sheets read it."""
        place = self.axis(side, field)
        formula = Formula.cell(place, fixed_row=True, fixed_column=True, sheet=TITLE)
        return cell(formula, value)

    def extent_leaves(self, side: int) -> tuple[Leaf, Leaf, Leaf]:
        """Return where a side begins and ends, and in how many steps, as other sheets read it."""
        low, high = self.ends[self.pair[side]]
        return (
            self._leaf(side, "low", low),
            self._leaf(side, "high", high),
            self._leaf(side, "steps", float(self.steps[side])),
        )

    def name_leaf(self, side: int) -> Leaf:
        """Return which parameter is on a side, as other sheets read it."""
        return self._leaf(side, "name", self.names[self.pair[side]])

    def taken(self, side: int, each: Leaf) -> Expression:
        """Choose, of a row of cells, one for each parameter, that of the parameter on a side."""
        which = self.pair[side]
        if not self.chooses:
            return index(each, which + 1)
        ends = (self._range(number, "parameter") for number in (0, len(self.names) - 1))
        names = cells(Formula.range(*ends, sheet=TITLE), self.names)
        return index(each, match(self.name_leaf(side), names))

    def _every(self, header: str) -> Formula:
        """Return a column of the table of all parameters."""
        return Formula.range(self._range(0, header), self._range(len(self.names) - 1, header))

    def number_of(self, side: int) -> Formula:
        """Return which of the parameters is chosen for a side, counted from 1."""
        return Formula.call("MATCH", fixed(self.axis(side, "name")), self._every("parameter"), 0)

    def _chosen(self, side: int, header: str) -> Formula:
        """Return what that table says of the parameter that is chosen for a side."""
        return Formula.call("INDEX", self._every(header), self.number_of(side))

    @property
    def ends_block(self) -> Block:
        """The inputs that say from where to where."""
        if self.chooses:
            return Block(self._range(0, "from"), self._range(len(self.names) - 1, "to"))
        return Block(self.axis(DOWN, "low"), self.axis(ACROSS, "high"))

    def _put_ranges(self, draft: Draft) -> None:
        """Put all parameters: their ranges, and whether they are on a side or held."""
        for header in _RANGE_HEADERS:
            draft.put(self._range(-1, header), header, Look.HEADER)
        for which, name in enumerate(self.names):
            number_format = self.section.formats.parameters[which]
            place = draft.put(self._range(which, "parameter"), name, Look.LABEL)
            for header, value in zip(("from", "to"), self.ends[which], strict=True):
                draft.put(self._range(which, header), value, Look.INPUT)
            values = {"start": self.section.lesson.training.start[which], "now": self.state[which]}
            for header, value in values.items():
                formula = self.section.name(f"{header}_{name}")
                cell = self._range(which, header)
                draft.put(cell, shown(value), Look.RESULT, number_format, formula=formula)
            on = []
            for side, header in enumerate(("down", "along")):
                is_there = fixed(self.axis(side, "name")).compared("=", Formula.cell(place))
                formula = Formula.call("IF", is_there, 1, 0)
                cell = self._range(which, header)
                draft.put(cell, int(self.pair[side] == which), Look.RESULT, WHOLE, formula=formula)
                on.append(Formula.cell(cell))
            now = Formula.cell(self._range(which, "now"))
            draft.put(
                self._range(which, "held at"),
                0 if which in self.pair else shown(self.state[which]),
                Look.RESULT,
                number_format,
                formula=Formula.call("IF", (on[0] + on[1]).compared("=", 0), now, 0),
            )

    def point(self, down: Formula, across: Formula) -> list[Formula]:
        """Return the model's parameters at a point of the grid."""
        if not self.chooses:
            return [down if which == self.pair[DOWN] else across for which in (0, 1)]
        return [
            fixed(self._range(which, "held at"))
            + fixed(self._range(which, "down")) * down
            + fixed(self._range(which, "along")) * across
            for which in range(len(self.names))
        ]

    @cached_property
    def best(self) -> Sequence[Expression] | None:
        """The best fit, where formulas can compute it."""
        section, lesson = self.section, self.section.lesson
        if section.has_best:
            return [best_leaf(section, which, sheet=section.main) for which in (0, 1)]
        if self.chooses or not lesson.model.linear:
            return None
        x, y, rows = section.data_leaves()
        matrix, right = normal_equations(lesson.model, x, y, section.used.summed, rows)
        return solution(matrix, right, steady_determinant(matrix))


GRID_COLUMN = 3
"""The map's first column; the values of its side stand before it."""

_BEYOND_SIDE = ""
"""What cells show past the steps that are asked for: an empty text."""


@dataclass(frozen=True)
class HeatMap(Axes):
    """The map over these sides."""

    @cached_property
    def metrics(self) -> list[list[float]]:
        """The metric at each point of the grid."""
        points = [np.array(value) for value in self.state]
        down, across = self.pair
        points[down] = np.array(self.sides[DOWN])[:, np.newaxis]
        points[across] = np.array(self.sides[ACROSS])[np.newaxis, :]
        found: list[list[float]] = metric_at(self.section.lesson, points).tolist()
        return found

    @property
    def top(self) -> int:
        """The row over the heat map that names what goes along its top."""
        return self.ends_row + 3

    @property
    def heat(self) -> Block:
        """The cells of the heat map."""
        first = Address(self.top + 2, GRID_COLUMN)
        down, across = self.capacity
        return Block(first, first.moved(down=down, right=across))

    @property
    def charts_row(self) -> int:
        """The first row of the charts."""
        return self.heat.last.row + 4

    def put_heat(self, draft: Draft) -> None:
        """Put the heat map, with the values of its two sides."""
        section, lesson, heat = self.section, self.section.lesson, self.heat
        self._put_sides(draft, heat)
        used = section.used
        side = Formula.cell(heat.first.moved(right=-1), fixed_column=True)
        for right in range(self.capacity[ACROSS] + 1):
            first = heat.first.moved(right=right)
            top = Formula.cell(first.moved(down=-1), fixed_row=True)
            point = self.point(side, top)
            errors = lesson.step.metric_loss.of_row(lesson.model, used.x, used.y, point)
            here = used.metric(lesson.step.metric_function, errors)
            out = [each.compared("=", _BEYOND_SIDE) for each in (side, top)]
            filling = Formula.call("IF", Formula.call("OR", *out), _BEYOND_SIDE, here).filling()
            for down in range(self.capacity[DOWN] + 1):
                draft.put(
                    first.moved(down=down),
                    self._metric(down, right),
                    Look.GRID,
                    section.formats.metric,
                    formula=filling.down(down),
                )

    def _metric(self, down: int, right: int) -> Value:
        inside = down <= self.steps[DOWN] and right <= self.steps[ACROSS]
        return shown(self.metrics[down][right]) if inside else _BEYOND_SIDE

    def _put_sides(self, draft: Draft, block: Block) -> None:
        """Put the values along the map's sides, and their names."""
        for side in (DOWN, ACROSS):
            for number in range(self.capacity[side] + 1):
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
        """Return the cell of a value along a block's side."""
        if side == DOWN:
            return block.first.moved(down=number, right=-1)
        return block.first.moved(down=-1, right=number)

    def side_leaf(self, side: int, number: int) -> Leaf:
        """Return a value along a side of the map, as other sheets read it."""
        place = Formula.cell(self.side_cell(self.heat, side, number), sheet=TITLE)
        inside = number <= self.steps[side]
        return cell(place, self.sides[side][number] if inside else _BEYOND_SIDE)

    def metric_leaf(self, down: int, right: int) -> Leaf:
        """Return a metric of the map, as other sheets read it."""
        place = Formula.cell(self.heat.first.moved(down=down, right=right), sheet=TITLE)
        return cell(place, self._metric(down, right))
