"""The map of the metric over two parameters: its two sides and its cells."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from sheetgd.descent.stationary_point import normal_equations, solution, steady_determinant
from sheetgd.engine.error_surface import most_sensitive, ranges_of
from sheetgd.expression.excel import Address
from sheetgd.expression.functions import ROUNDING, absolute, divided, floored, when_at_least
from sheetgd.expression.numbers import Q
from sheetgd.expression.sheet_cells import (
    any_of,
    compared,
    index,
    match,
    when,
)
from sheetgd.expression.tree import Expression, Leaf
from sheetgd.sheets.cells import Block, Look
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


def tick(first: Q, last: Q, steps: Q, place: int) -> Q:
    """Compute the value at a place along a side; what rounding leaves of nothing is 0.

    >>> along(-0.2, 2.2, 12.0, 1), tick(-0.2, 2.2, 12.0, 1)
    (2.7...e-17, 0.0)
    """
    value = along(first, last, steps, place)
    return when_at_least(absolute(value), (last - first) / steps * ROUNDING, value, 0.0)


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


GRID_COLUMN = 3
"""The map's first column; the values of its side stand before it."""

_BEYOND_SIDE = ""
"""What cells show past the steps that are asked for: an empty text."""


@dataclass(frozen=True)
class HeatMap:
    """The map, and the tables at the top of the page that say what its sides are.

    Attributes:
        section: the lesson's section.
        draft: their cells.
    """

    section: Section
    draft: Draft = field(default_factory=Draft, init=False)

    def __post_init__(self) -> None:
        """Place the cells: what reads the map finds their values there."""
        for right, header in enumerate(_AXIS_HEADERS):
            if header != "least squares" or self.best is not None:
                self.draft.put(Address(AXES_ROW - 1, 2 + right), header, Look.HEADER)
        chosen = Look.INPUT if self.chooses else Look.RESULT
        for side, which in enumerate(self.pair):
            self.draft.put(self.axis(side, "side"), _SIDES[side], Look.LABEL)
            self.draft.put(self.axis(side, "name"), self.names[which], chosen)
            self.draft.put(self.axis(side, "steps"), self.steps[side], Look.INPUT, WHOLE)
        if self.chooses:
            self._put_ranges()
        for side, which in enumerate(self.pair):
            self._put_axis(side, which)
        self._put_heat()

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

    def _put_axis(self, side: int, which: int) -> None:
        """Put from where to where a side goes, and where the descent is on it."""
        draft, section = self.draft, self.section
        places = self.axis(side, "low"), self.axis(side, "high")
        for place, header, end in zip(places, ("from", "to"), self.ends[which], strict=True):
            if self.chooses:
                draft.show(place, self._chosen(side, header), Look.RESULT)
            else:
                draft.put(place, end, Look.INPUT)
        number_format = section.formats.parameters[which]
        for header in ("start", "now"):
            named = section.named(f"{header}_{self.names[which]}")
            found = self._chosen(side, header) if self.chooses else named
            draft.show(self.axis(side, header), found, Look.RESULT, number_format)
        if self.best is not None:
            best = self.best[which]
            draft.show(self.axis(side, "best"), best, Look.RESULT, section.formats.best[which])

    def _every(self, header: str, *, sheet: str = "") -> Leaf:
        """Return a column of the table of all parameters."""
        ends = self._range(0, header), self._range(len(self.names) - 1, header)
        return self.draft.over(Block(*ends), sheet=sheet)

    def extent(self, side: int, *, sheet: str = "") -> tuple[Leaf, Leaf, Leaf]:
        """Return where a side begins and ends, and in how many steps."""
        low, high, steps = (
            self.draft.at(self.axis(side, each), fixed=True, sheet=sheet)
            for each in ("low", "high", "steps")
        )
        return low, high, steps

    def name(self, side: int, *, fixed: bool = True, sheet: str = "") -> Leaf:
        """Return which parameter is on a side."""
        return self.draft.at(self.axis(side, "name"), fixed=fixed, sheet=sheet)

    def taken(self, side: int, each: Leaf) -> Expression:
        """Choose, of a row of cells, one for each parameter, that of the parameter on a side."""
        if not self.chooses:
            return index(each, self.pair[side] + 1)
        names = self._every("parameter", sheet=TITLE)
        return index(each, match(self.name(side, sheet=TITLE), names))

    def _chosen(self, side: int, header: str) -> Expression:
        """Return what that table says of the parameter that is chosen for a side."""
        return index(self._every(header), match(self.name(side), self._every("parameter")))

    @property
    def ends_block(self) -> Block:
        """The inputs that say from where to where."""
        if self.chooses:
            return Block(self._range(0, "from"), self._range(len(self.names) - 1, "to"))
        return Block(self.axis(DOWN, "low"), self.axis(ACROSS, "high"))

    def _put_ranges(self) -> None:
        """Put all parameters: their ranges, and whether they are on a side or held."""
        draft = self.draft
        for header in _RANGE_HEADERS:
            draft.put(self._range(-1, header), header, Look.HEADER)
        for which, name in enumerate(self.names):
            number_format = self.section.formats.parameters[which]
            there = draft.at(draft.put(self._range(which, "parameter"), name, Look.LABEL))
            for header, end in zip(("from", "to"), self.ends[which], strict=True):
                draft.put(self._range(which, header), end, Look.INPUT)
            for header in ("start", "now"):
                named = self.section.named(f"{header}_{name}")
                draft.show(self._range(which, header), named, Look.RESULT, number_format)
            for side, header in enumerate(("down", "along")):
                on = when(compared(self.name(side), "=", there), 1, 0)
                draft.show(self._range(which, header), on, Look.RESULT, WHOLE)
            down, along, now = (
                draft.at(self._range(which, header)) for header in ("down", "along", "now")
            )
            held = when(compared(down + along, "=", 0), now, 0)
            draft.show(self._range(which, "held at"), held, Look.RESULT, number_format)

    @cached_property
    def _shares(self) -> list[list[Leaf]]:
        """Whether each parameter is on a side, and what it is held at: for every cell the same."""
        return [
            [
                self.draft.at(self._range(which, header), fixed=True)
                for header in _RANGE_HEADERS[-3:]
            ]
            for which in range(len(self.names))
        ]

    def _point(self, down: Expression, across: Expression) -> list[Expression]:
        """Return the model's parameters at a point of the grid."""
        if not self.chooses:
            return [down if which == self.pair[DOWN] else across for which in (0, 1)]
        return [
            held + is_down * down + is_across * across for is_down, is_across, held in self._shares
        ]

    @cached_property
    def best(self) -> Sequence[Expression] | None:
        """The best fit, where formulas can compute it."""
        section, lesson = self.section, self.section.lesson
        if section.has_best:
            return [best_leaf(section, which, sheet=section.main) for which in (0, 1)]
        if self.chooses or not lesson.model.linear:
            return None
        used = section.used
        matrix, right = normal_equations(lesson.model, used.inputs, used.y, used.summed, used.count)
        return solution(matrix, right, steady_determinant(matrix))

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

    def _put_heat(self) -> None:
        """Put the heat map, with the values of its two sides."""
        draft, block = self.draft, self.heat
        for side in (DOWN, ACROSS):
            low, high, steps = self.extent(side)
            for number in range(self.capacity[side] + 1):
                beyond, value = compared(number, ">", steps), tick(low, high, steps, number)
                place = self.side_cell(block, side, number)
                draft.show(place, when(beyond, _BEYOND_SIDE, value), Look.HEADER)
        corner = Address(block.first.row - 1, GRID_COLUMN - 1)
        draft.show(corner, self.name(DOWN, fixed=False), Look.HEADER)
        over = Block(corner.moved(down=-1, right=1), Address(corner.row - 1, block.last.column))
        draft.tell(over, self.name(ACROSS, fixed=False), Look.HEADER)
        down, across = (range(capacity + 1) for capacity in self.capacity)
        sides = [draft.at(self.side_cell(block, DOWN, row), fixed_column=True) for row in down]
        for column in across:
            top = draft.at(self.side_cell(block, ACROSS, column), fixed_row=True)
            metrics, place = (
                [self._metric(side, top) for side in sides],
                block.first.moved(right=column),
            )
            draft.fill(place, metrics, Look.GRID, self.section.formats.metric)

    def _metric(self, side: Leaf, top: Leaf) -> Expression:
        beyond = any_of(*(compared(each, "=", _BEYOND_SIDE) for each in (side, top)))
        return when(beyond, _BEYOND_SIDE, self.section.metric_held(self._point(side, top)))

    @staticmethod
    def side_cell(block: Block, side: int, number: int) -> Address:
        """Return the cell of a value along a block's side."""
        if side == DOWN:
            return block.first.moved(down=number, right=-1)
        return block.first.moved(down=-1, right=number)

    def side_leaf(self, side: int, number: int) -> Leaf:
        """Return a value along a side of the map, as other sheets read it."""
        return self.draft.at(self.side_cell(self.heat, side, number), sheet=TITLE)

    def metric_leaf(self, down: int, right: int) -> Leaf:
        """Return a metric of the map, as other sheets read it."""
        return self.draft.at(self.heat.first.moved(down=down, right=right), sheet=TITLE)
