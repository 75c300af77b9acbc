"""The lower half of Gradient: where forward differences are stationary, and how far off."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sheetgd.descent.gradient import mean_of_ways
from sheetgd.descent.stationary_point import (
    forward_shift,
    normal_equations,
    solution,
    steady_determinant,
)
from sheetgd.engine.error_surface import StationaryPoints, mean_slopes, stationary_points_of
from sheetgd.expression.excel import Address, ErrorValue, Formula
from sheetgd.sheets.cells import Block, Look, shown
from sheetgd.sheets.section import Section
from sheetgd.sheets.sheet import (
    Chart,
    ChartKind,
    Condition,
    Draft,
    Drawn,
    Series,
    nearly_zero,
    too_wide,
)

FACTORS = (0.01, 0.1, 1.0, 10.0, 100.0)
"""The nudges whose stationary points are listed, as multiples of the page's own."""

POINTS = 21
"""The curves are drawn through so many points from the smallest x to the largest."""

HEADER_HEIGHT = 32.0
"""The height of headers of two lines, in points."""

_DRAWN = {"nudge": 1.0, "10 x nudge": 10.0, "100 x nudge": 100.0}
_POINT_HEADERS = (
    "best fit", "forward rests at", "off by", "forward there", "central there",
    "closed form there",
)  # fmt: skip
_DETERMINANT = "determinant"


@dataclass(frozen=True)
class StationarySection:
    """Where the lower half's tables stand, and what they compute.

    Attributes:
        section: the lesson's section.
        nudge: the page's own nudge, its value and its name.
        row: the row of the headers of the sums and of the stationary points.
        drawn: the row of the headers of what the chart is drawn from.
        width: how wide the page's columns are.
    """

    section: Section
    nudge: tuple[float, Formula]
    row: int
    drawn: int
    width: float

    @cached_property
    def found(self) -> StationaryPoints:
        """The numbers."""
        return stationary_points_of(self.section.lesson)

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters."""
        return self.section.lesson.model.parameters

    @property
    def last_row(self) -> int:
        """The last row of these tables, above what the chart is drawn from."""
        return self.row + len(self.names) + 1

    @property
    def printed_row(self) -> int:
        """The last row that is printed: further down are only numbers that the chart shows."""
        return self.drawn + len(FACTORS)

    def _sum(self, line: int, place: int) -> Address:
        """Return the cell of a sum; those of B stand behind those of A."""
        return Address(self.row + 1 + line, 3 + place)

    def _matrix(self) -> list[list[Formula]]:
        every = range(len(self.names))
        return [[_fixed(self._sum(line, place)) for place in every] for line in every]

    @property
    def _divisor(self) -> Formula:
        return _fixed(self._sum(len(self.names), 0))

    def _point(self, which: int, right: int) -> Address:
        """Return the cell of a parameter's best value, or one to its right."""
        return Address(self.row + 1 + which, 9 + right)

    def _along(self) -> Block:
        """Return the x of the curves."""
        first = Address(self.drawn + 1, 9)
        return Block(first, first.moved(down=POINTS - 1))

    @property
    def drawable(self) -> bool:
        """Whether there are curves to draw: all x may be alike."""
        return min(self.section.lesson.data.x) < max(self.section.lesson.data.x)

    def shown(self, value: float) -> float | ErrorValue:
        """Return a value, or what a sheet shows where all x are alike and no fit is the best."""
        return shown(value, ErrorValue.NUMBER if self.found.divisor else ErrorValue.DIVISION)

    def put(self, draft: Draft) -> None:
        """Place the tables."""
        self._put_sums(draft)
        self._put_points(draft)
        self._put_metrics(draft)
        self._put_nudges(draft)
        if self.drawable:
            self._put_curves(draft)

    def _put_sums(self, draft: Draft) -> None:
        """Put the sums that the best fit and the shift follow from."""
        used = self.section.used
        matrix, right = normal_equations(
            self.section.lesson.model, used.x, used.y, summed=used.summed, rows=used.count
        )
        draft.put(Address(self.row, 2), "sums", Look.HEADER)
        for place, header in enumerate((*self.names, "with y")):
            draft.put(Address(self.row, 3 + place), header, Look.HEADER)
        for line, name in enumerate(self.names):
            draft.put(Address(self.row + 1 + line, 2), name, Look.LABEL)
            values = (*self.found.matrix[line], self.found.right[line])
            for place, formula in enumerate((*matrix[line], right[line])):
                draft.put(
                    self._sum(line, place), self.shown(values[place]), Look.RESULT, formula=formula
                )
        corner = self._sum(len(self.names), 0)
        draft.put(corner.moved(right=-1), _DETERMINANT, Look.LABEL)
        divisor = steady_determinant(self._matrix())
        draft.put(corner, self.found.divisor, Look.RESULT, formula=divisor)

    def _put_points(self, draft: Draft) -> None:
        """Put the best fit, where forward differences rest, and the gradients there."""
        matrix, found, every = self._matrix(), self.found, range(len(self.names))
        right = [_fixed(self._sum(line, len(self.names))) for line in every]
        best = solution(matrix, right, self._divisor)
        shift = forward_shift(matrix, self.nudge[1], self._divisor)
        stationary = [Formula.cell(self._point(which, 1)) for which in every]
        lesson = self.section.lesson
        used = self.section.used
        cells = {**dict(zip(self.names, stationary, strict=True)), "nudge": self.nudge[1]}
        slopes = mean_of_ways(
            lesson.model, lesson.step.loss_function, used.x, used.y, cells, mean=used.mean
        )
        there = mean_slopes(lesson, found.forward(self.nudge[0]), self.nudge[0])
        for place, header in enumerate(_POINT_HEADERS):
            draft.put(Address(self.row, 9 + place), header, Look.HEADER)
        draft.put(Address(self.row, 8), None, Look.HEADER)
        draft.heights[self.row] = HEADER_HEIGHT
        for which, name in enumerate(self.names):
            draft.put(Address(self.row + 1 + which, 8), name, Look.LABEL)
            moved = Formula.cell(self._point(which, 0)) + Formula.cell(self._point(which, 2))
            shown_here = [
                (found.best[which], best[which]),
                (found.forward(self.nudge[0])[which], moved),
                (found.shift(self.nudge[0])[which], shift[which]),
                *zip(there[which], slopes[which], strict=True),
            ]
            for place, (value, formula) in enumerate(shown_here):
                look = Look.KEY_RESULT if place == 1 else Look.RESULT
                draft.put(
                    self._point(which, place),
                    self.shown(value),
                    look,
                    self._formats(which)[place],
                    formula=formula,
                )

    def _formats(self, which: int) -> list[str]:
        formats = self.section.formats
        fine = formats.parameters[which]
        fine += "0" * ("E" not in fine)
        return [fine, fine, fine, *[formats.difference] * 3]

    def _put_metrics(self, draft: Draft) -> None:
        """Put the metric at the best fit and at the stationary point."""
        label = self.section.lesson.metric_name
        place = self._point(len(self.names), 0)
        draft.put(place.moved(right=-1), label, Look.LABEL)
        for right, state in enumerate((self.found.best, self.found.forward(self.nudge[0]))):
            at = [Formula.cell(self._point(which, right)) for which in range(len(self.names))]
            self._put_metric_at(draft, place.moved(right=right), state, at)

    def _put_metric_at(
        self, draft: Draft, place: Address, state: Sequence[float], at: Sequence[Formula]
    ) -> None:
        """Put the metric with the parameters held at a point."""
        lesson, method = self.section.lesson, self.section.lesson.step
        used = self.section.used
        errors = method.metric_loss.of_row(lesson.model, used.x, used.y, at)
        value = method.metric_function.of(
            [
                method.metric_loss.of_row(lesson.model, x, y, state)
                for x, y in zip(lesson.data.x, lesson.data.y, strict=True)
            ],
            lesson.n_rows,
        )
        draft.put(
            place,
            self.shown(value),
            Look.RESULT,
            self.section.formats.log,
            formula=used.metric(method.metric_function, errors),
        )

    def _put_nudges(self, draft: Draft) -> None:
        """Put where forward differences rest for smaller and for larger nudges."""
        label = self.section.lesson.metric_name
        for right, header in enumerate(("nudge", *self.names, label)):
            draft.put(Address(self.drawn, 2 + right), header, Look.HEADER)
        matrix = self._matrix()
        for down, factor in enumerate(FACTORS, start=1):
            place = Address(self.drawn + down, 2)
            nudge, state = self.nudge[0] * factor, self.found.forward(self.nudge[0] * factor)
            formula = self.nudge[1] * factor
            draft.put(place, nudge, Look.RESULT, formula=formula)
            shifts = forward_shift(matrix, Formula.cell(place), self._divisor)
            for which, shift in enumerate(shifts):
                draft.put(
                    place.moved(right=1 + which),
                    self.shown(state[which]),
                    Look.RESULT,
                    self._formats(which)[0],
                    formula=_fixed(self._point(which, 0)) + shift,
                )
            at = [Formula.cell(place.moved(right=1 + each)) for each in range(len(self.names))]
            self._put_metric_at(draft, place.moved(right=1 + len(self.names)), state, at)

    def _put_curves(self, draft: Draft) -> None:
        """Put the best curve and those of some nudges, point by point."""
        model, lesson = self.section.lesson.model, self.section.lesson
        x = self.section.used.column("x")
        ends = Formula.call("MIN", x), Formula.call("MAX", x)
        low, high = min(lesson.data.x), max(lesson.data.x)
        states = [
            self.found.best,
            *(self.found.forward(self.nudge[0] * each) for each in _DRAWN.values()),
        ]
        rows = [self.row, *(self.drawn + 1 + FACTORS.index(each) for each in _DRAWN.values())]
        first = self._along().first
        words = "What the chart is drawn from: its first lines are printed."
        draft.put(first.moved(down=-2), words, Look.NOTE)
        for right, header in enumerate((self.section.data_label("x"), "best fit", *_DRAWN)):
            draft.put(first.moved(down=-1, right=right), header, Look.HEADER)
        for point in range(POINTS):
            place, share = first.moved(down=point), point / (POINTS - 1)
            along = low + (high - low) * share
            draft.put(place, along, Look.RESULT, formula=ends[0] + (ends[1] - ends[0]) * share)
            for right, (state, row) in enumerate(zip(states, rows, strict=True), start=1):
                at = [
                    _fixed(self._point(which, 0) if right == 1 else Address(row, 3 + which))
                    for which in range(len(self.names))
                ]
                draft.put(
                    place.moved(right=right),
                    self.shown(model.predict(along, state)),
                    Look.RESULT,
                    self.section.formats.prediction,
                    formula=model.predict(Formula.cell(place, fixed_column=True), at),
                )

    def conditions(self) -> list[Condition]:
        """Mark what is nearly 0, or too wide."""
        count_of = len(self.names)
        there = Block(self._point(0, 3), self._point(count_of - 1, 5))
        found = [nearly_zero(there, self.section.formats.difference)]
        points = Block(self._point(0, 0), self._point(0, 5))
        for which in range(count_of):
            line = Block(points.first.moved(down=which), points.last.moved(down=which))
            found += too_wide(line, self._formats(which), self.width)
        below = Address(self.drawn + 1, 3)
        nudged = Block(below, below.moved(down=len(FACTORS) - 1, right=count_of - 1))
        formats = [self._formats(which)[0] for which in range(count_of)]
        found += too_wide(nudged, formats, self.width)
        curves = self._along().first.moved(right=1)
        block = Block(curves, curves.moved(down=POINTS - 1, right=len(_DRAWN)))
        formats = [self.section.formats.prediction] * (1 + len(_DRAWN))
        return [*found, *too_wide(block, formats, self.width)]

    def chart(self, sheet: str, area: Block) -> Chart:
        """Chart the data, the best curve, and where forward differences rest with larger nudges."""
        section, along = self.section, self._along()
        data = [section.main_column(section.data_header(name)) for name in ("x", "y")]
        first, last = section.layout.step, section.last_step_row
        points = [Block(Address(first, column), Address(last, column)) for column in data]
        lines = [
            Series(
                sheet=sheet,
                name=name,
                x=along,
                values=Block(along.first.moved(right=right), along.last.moved(right=right)),
                drawn=Drawn.DASHED if right == 1 else Drawn.LINE,
                colour=colour,
            )
            for right, (name, colour) in enumerate(
                zip(("best fit", *_DRAWN), (6, 2, 5, 1), strict=True), start=1
            )
        ]
        dots = Series(
            sheet=section.main, name="data", x=points[0], values=points[1], drawn=Drawn.POINTS
        )
        return Chart(
            area=area,
            title="Where forward differences come to rest",
            x_title=section.lesson.data.x_name,
            y_title=section.lesson.data.y_name,
            series=(dots, *lines),
            kind=ChartKind.SCATTER,
        )


def _fixed(address: Address) -> Formula:
    return Formula.cell(address, fixed_row=True, fixed_column=True)
