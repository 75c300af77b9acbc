"""The lower half of Gradient: where forward differences are stationary, and how far off."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sheetgd.descent.gradient import mean_of_ways
from sheetgd.descent.stationary_point import (
    forward_shift,
    normal_equations,
    solution,
    steady_determinant,
)
from sheetgd.expression.excel import Address
from sheetgd.expression.sheet_cells import maximum, minimum
from sheetgd.expression.tree import Expression, Leaf
from sheetgd.sheets.cells import Block, Look
from sheetgd.sheets.section import Section
from sheetgd.sheets.sheet import (
    Chart,
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


@dataclass(frozen=True)
class StationarySection:
    """Where the lower half's tables stand, and what they compute.

    Attributes:
        section: the lesson's section.
        draft: the page's cells.
        nudge: the page's own nudge.
        row: the row of the headers of the sums and of the stationary points.
        drawn: the row of the headers of what the chart is drawn from.
        width: how wide the page's columns are.
    """

    section: Section
    draft: Draft
    nudge: Leaf
    row: int
    drawn: int
    width: float
    best: list[Leaf] = field(default_factory=list)

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

    def _point(self, which: int, right: int) -> Address:
        """Return the cell of a parameter's best value, or one to its right."""
        return Address(self.row + 1 + which, 9 + right)

    def _along(self) -> Block:
        """Return the x of the curves."""
        first = Address(self.drawn + 1, 9)
        return Block(first, first.moved(down=POINTS - 1))

    @property
    def drawable(self) -> bool:
        """Whether there are curves to draw: all x may be alike, or there are several."""
        data = self.section.lesson.data
        return not data.further and min(data.x) < max(data.x)

    def put(self) -> None:
        """Place the tables."""
        matrix, right, divisor = self._put_sums()
        at = self._put_points(matrix, right, divisor)
        nudged = self._put_nudges(matrix, divisor)
        if self.drawable:
            self._put_curves([self.best, *nudged])
        self._put_metrics(at)

    def _put_sums(self) -> tuple[list[list[Leaf]], list[Leaf], Leaf]:
        """Put the sums that the best fit and the shift follow from."""
        draft, used = self.draft, self.section.used
        matrix, right = normal_equations(
            self.section.lesson.model, used.inputs, used.y, used.summed, used.count
        )
        draft.put(Address(self.row, 2), "sums", Look.HEADER)
        draft.headers(Address(self.row, 3), (*self.names, "with y"))
        lines: list[list[Leaf]] = []
        for line, name in enumerate(self.names):
            draft.put(Address(self.row + 1 + line, 2), name, Look.LABEL)
            sums = enumerate((*matrix[line], right[line]))
            lines.append(
                [draft.show(self._sum(line, place), each, Look.RESULT) for place, each in sums]
            )
        corner = self._sum(len(self.names), 0)
        squares = [line[:-1] for line in lines]
        divisor = draft.labelled(corner, "determinant", steady_determinant(squares))
        return squares, [line[-1] for line in lines], divisor

    def _put_points(
        self, matrix: list[list[Leaf]], right: list[Leaf], divisor: Leaf
    ) -> list[list[Leaf]]:
        """Put the best fit, where forward differences rest, and the gradients there."""
        draft, lesson, section = self.draft, self.section.lesson, self.section
        draft.headers(Address(self.row, 8), (None, *_POINT_HEADERS))
        draft.heights[self.row] = HEADER_HEIGHT
        found = zip(
            solution(matrix, right, divisor),
            forward_shift(matrix, self.nudge, divisor),
            strict=True,
        )
        for which, (best, shift) in enumerate(found):
            draft.put(Address(self.row + 1 + which, 8), self.names[which], Look.LABEL)
            self.best.append(self._put_point(which, 0, best))
            self._put_point(which, 2, shift)
            one, other = (draft.at(self._point(which, right)) for right in (0, 2))
            self._put_point(which, 1, one + other, Look.KEY_RESULT)
        points = [
            [draft.at(self._point(which, right)) for which in range(len(self.names))]
            for right in (0, 1)
        ]
        used = section.used
        slopes = mean_of_ways(
            lesson.model,
            lesson.step.loss_function,
            used.inputs,
            used.y,
            {**dict(zip(self.names, points[1], strict=True)), "nudge": self.nudge},
            mean=used.mean,
        )
        for which, ways in enumerate(slopes):
            for place, slope in enumerate(ways, start=3):
                self._put_point(which, place, slope)
        return points

    def _put_point(
        self, which: int, right: int, found: Expression, look: Look = Look.RESULT
    ) -> Leaf:
        shape = self._formats(which)[right]
        return self.draft.show(self._point(which, right), found, look, shape)

    def _formats(self, which: int) -> list[str]:
        formats = self.section.formats
        fine = formats.parameters[which]
        fine += "0" * ("E" not in fine)
        return [fine, fine, fine, *[formats.difference] * 3]

    def _put_metrics(self, points: Sequence[Sequence[Leaf]]) -> None:
        """Put the metric at the best fit and at the stationary point."""
        label = self.section.lesson.metric_name
        place = self._point(len(self.names), 0)
        self.draft.put(place.moved(right=-1), label, Look.LABEL)
        for right, at in enumerate(points):
            self._put_metric_at(place.moved(right=right), at)

    def _put_metric_at(self, place: Address, at: Sequence[Leaf]) -> None:
        """Put the metric with the parameters held at a point."""
        held = self.section.metric_held(at)
        self.draft.show(place, held, Look.RESULT, self.section.formats.log)

    def _put_nudges(self, matrix: list[list[Leaf]], divisor: Leaf) -> list[list[Leaf]]:
        """Put where forward differences rest for smaller and for larger nudges."""
        draft, label = self.draft, self.section.lesson.metric_name
        draft.headers(Address(self.drawn, 2), ("nudge", *self.names, label))
        points: dict[float, list[Leaf]] = {}
        for down, factor in enumerate(FACTORS, start=1):
            place = Address(self.drawn + down, 2)
            draft.show(place, self.nudge * factor, Look.RESULT)
            shifts = forward_shift(matrix, draft.at(place), divisor)
            points[factor] = [
                draft.show(
                    place.moved(right=1 + which),
                    self.best[which] + shift,
                    Look.RESULT,
                    self._formats(which)[0],
                )
                for which, shift in enumerate(shifts)
            ]
            every = range(1, 1 + len(self.names))
            stationary = [draft.at(place.moved(right=right)) for right in every]
            self._put_metric_at(place.moved(right=1 + len(self.names)), stationary)
        return [points[factor] for factor in _DRAWN.values()]

    def _put_curves(self, states: Sequence[Sequence[Leaf]]) -> None:
        """Put the best curve and those of some nudges, point by point."""
        draft, section, model = self.draft, self.section, self.section.lesson.model
        x = section.used.as_typed("x")
        first = self._along().first
        words = "What the chart is drawn from: its first lines are printed."
        draft.put(first.moved(down=-2), words, Look.NOTE)
        draft.headers(first.moved(down=-1), (section.data_label("x"), "best fit", *_DRAWN))
        for point in range(POINTS):
            place, share = first.moved(down=point), point / (POINTS - 1)
            along = minimum(x) + (maximum(x) - minimum(x)) * share
            draft.show(place, along, Look.RESULT)
            here = section.used.scaled("x", draft.at(place, fixed_column=True))
            for right, state in enumerate(states, start=1):
                predicted = model.predict([here], state)
                shape = section.formats.prediction
                draft.show(place.moved(right=right), predicted, Look.RESULT, shape)

    def conditions(self) -> list[Condition]:
        """Mark what is nearly 0, or too wide."""
        count_of = len(self.names)
        there = Block(self._point(0, 3), self._point(count_of - 1, 5))
        found = [nearly_zero(there, self.section.formats.difference)]
        points = Block(self._point(0, 0), self._point(0, 5))
        for which in range(count_of):
            found += too_wide(points.moved(down=which), self._formats(which), self.width)
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
                values=along.moved(right=right),
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
        )
