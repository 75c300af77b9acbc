"""Rates factors: the epoch factor of each learning rate, and how many epochs a rate needs.

The factor says how an epoch multiplies the distance from the stationary point. The sheet finds it
by example: it starts a distance of 1 away in one parameter, goes through the rows with a rate, and
sees how far away it ends. See `sheetgd.descent.stationary_point`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np

from sheetgd.descent.stability import epochs_at_factor
from sheetgd.descent.stationary_point import (
    moves_too,
    one_shrinks,
    own_bound,
    radius_of_one,
    radius_of_two,
    squared_norm,
    two_shrink,
)
from sheetgd.engine.stability import epoch_factor, is_stable, shuffled_factor
from sheetgd.expression.excel import Address, Formula, Value
from sheetgd.expression.functions import floored, root, square, squared_deviations, total
from sheetgd.expression.numbers import FloatArray, evaluate
from sheetgd.expression.sheet_cells import (
    Given,
    all_of,
    cell,
    cells,
    compared,
    constant,
    if_error,
    is_number,
    joined,
    maximum,
    not_available,
    rounded,
    told,
    value_of,
    when,
)
from sheetgd.expression.tree import Expression, Leaf
from sheetgd.lesson.lesson import Lesson
from sheetgd.sheets.cells import Block, Look
from sheetgd.sheets.rates_steps import FACTOR, TITLE, Study
from sheetgd.sheets.rows import COMPLETE, in_sums
from sheetgd.sheets.run_data import NO_NUMBER
from sheetgd.sheets.section import Section
from sheetgd.sheets.sheet import Draft, Page, even_widths, too_wide

SHEET: Final = "Rates factors"

CONVERGES, STAYS, DOES_NOT = "converges", "stays near", "does not"

MOST_PARAMETERS: Final = 2
"""Of so many, the eigenvalues can be written out."""

_WIDTH = 12.0
_HEAD = 4
_FIRST = 10
FACTOR_FORMAT: Final = "[<1000]0.000000;0.00E+00"
_BOUNDS, _SHORT = "0.0000E+00", "0.0000"
_HEADER_HEIGHT = 32.0
_LARGE = 1e9
_DIGITS = 12


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """The columns of the rows, as they are so far: the leaf of each cell, by its header."""

    first: Address
    headers: Sequence[str]
    leaves: dict[str, list[Leaf]] = field(default_factory=dict)

    def place(self, header: str, row: int) -> Address:
        return self.first.moved(down=row, right=self.headers.index(header))

    def put(self, draft: Draft, header: str, shown: Expression | float, look: Look) -> Leaf:
        """Place the next cell of a column."""
        column = self.leaves.setdefault(header, [])
        place = self.place(header, len(column))
        column.append(draft.show(place, shown, look, _shape(header)))
        return column[-1]

    def column(self, header: str, rows: int | None = None, sheet: str = "") -> Leaf:
        """Return a column, or its first rows."""
        held = self.leaves[header][:rows]
        last = self.place(header, len(held) - 1)
        formula = Formula.range(self.place(header, 0), last, sheet=sheet)
        return cells(formula, _as_range([each.value for each in held]))


def _shape(header: str) -> str:
    """Return the number format of a column."""
    if header == "own bound":
        return _BOUNDS
    return _SHORT if header == "orthogonal" or header.startswith("error ") else "General"


def _as_range(values: Sequence[Value]) -> "Sequence[Value] | FloatArray":
    """Convert numbers to an array, which is computed with at once."""
    if not all(isinstance(each, float | int) for each in values):
        return values

    return np.array(values, dtype=np.float64)


class EpochFactors:
    """The epoch factors of a study's rates: live, as built, or none.

    Attributes:
        study: the rates and their runs.
        exist: whether there are such factors.
        live: whether they follow the sheet's cells.
        rows: the columns of the rows' partials; None where nothing is made of them.
    """

    def __init__(self, study: Study) -> None:
        """Work the factors out."""
        lesson = study.section.lesson
        self.study = study
        self.shuffled = shuffled_factor(lesson, lesson.training.learning_rate) is not None
        fixed = epoch_factor(lesson) is not None
        self.exist = fixed or self.shuffled
        few = fixed and len(lesson.model.parameters) <= MOST_PARAMETERS
        self.live = few and lesson.method.optimizer == "sgd" and lesson.method.shuffle is None
        self.one_batch = lesson.step.batched or lesson.n_rows == 1
        self.rows = _Rows(first=Address(_FIRST, 2), headers=self._headers) if few else None
        self._draft = Draft()
        if self.rows is not None and (self.live or self.one_batch):
            self._put_rows(self.rows)
            if self.live:
                for number in study.every:
                    self._put_rate(self.rows, number)

    @property
    def _lesson(self) -> Lesson:
        return self.study.section.lesson

    @property
    def _names(self) -> Sequence[str]:
        return self._lesson.model.parameters

    @cached_property
    def _partials(self) -> Sequence[str]:
        return [f"dy/d{name}" for name in self._names]

    @cached_property
    def _starts(self) -> Sequence[str]:
        """The columns of the partials in whose directions the distance of 1 lies."""
        return self._partials if len(self._names) == 1 else [self._partials[0], "orthogonal"]

    @property
    def _batched(self) -> bool:
        return self._lesson.step.batched

    @cached_property
    def _headers(self) -> Sequence[str]:
        batched = ["batch no.", "2 / rows"] if self._batched else []
        if self._whole:
            batched = ["2 / rows"]
        orthogonal = ["orthogonal"] if len(self._names) > 1 else []
        errors = [
            self._errors(number, which)
            for number in (self.study.every if self.live else ())
            for which in range(1 if self._whole else len(self._names))
        ]
        return ["row", "counts", *self._partials, *orthogonal, "own bound", *batched, *errors]

    @property
    def _whole(self) -> bool:
        """Whether all rows are one batch, so that each sees the whole distance at every rate."""
        return self.study.section.by_epoch

    def _errors(self, number: int, which: int) -> str:
        return f"error {number} {which}"

    def _put_rows(self, rows: _Rows) -> None:
        """Put what each row is made of, and the second partial orthogonal to the first."""
        section, draft = self.study.section, self._draft
        lesson, look = self._lesson, Look.RESULT
        for row in range(lesson.n_rows):
            inputs = [section.used.cell(in_sums(name), row) for name in lesson.model.inputs]
            complete = section.used.cell(COMPLETE, row)
            counts = rows.put(draft, "counts", complete, look)
            # Batches are made up of complete rows.
            before = rows.leaves["row"][-1] if row else 0
            rows.put(draft, "row", counts + before, look)
            own = []
            for header, partial in zip(self._partials, lesson.model.partials, strict=True):
                found = constant(evaluate(partial, lesson.model.inputs, inputs))
                own.append(rows.put(draft, header, when(compared(counts, "=", 1), found, 0), look))
            bound = when(compared(squared_norm(own), ">", 0), own_bound(own), "")
            rows.put(draft, "own bound", bound, look)
            if self._whole:
                rows.put(draft, "2 / rows", 2 / maximum(1, section.named("rows")), look)
            elif self._batched:
                batch = section.named("batch")
                number = floored((rows.leaves["row"][-1] - 1) / batch) + 1
                rows.put(draft, "batch no.", number, look)
        if self._batched and not self._whole:
            for own_batch in rows.leaves["batch no."]:
                same = compared(rows.column("batch no."), "=", own_batch)
                counted = total(same * rows.column("counts"))
                rows.put(draft, "2 / rows", 2 / maximum(1, counted), look)
        self._put_lean(rows)

    def _put_lean(self, rows: _Rows) -> None:
        """Put the second partial without what it shares with the first."""
        draft, partials = self._draft, [rows.column(each) for each in self._partials]
        at = self._place("counts", 0).moved(right=1)
        squares = draft.labelled(at, "sum of squares", total(square(partials[0])))
        moved: Expression = when(compared(squares, ">", 0), 1, 0)
        if len(partials) > 1:
            one, other = partials
            lean = when(compared(squares, ">", 0), total(one * other) / squares, 0)
            self._lean = draft.labelled(at.moved(down=1), "share of the first", lean)
            for first, second in zip(*(rows.leaves[each] for each in self._partials), strict=True):
                rows.put(draft, "orthogonal", second - self._lean * first, Look.RESULT)
            left = total(square(rows.column("orthogonal")))
            moved += when(moves_too(left, total(square(other))), 1, 0)
        self._moved = draft.labelled(at.moved(down=2), "directions moved", moved)

    def _place(self, header: str, down: int) -> Address:
        column = Address(_FIRST, 2).moved(right=self._headers.index(header))
        return Address(_HEAD + down, column.column)

    def _put_rate(self, rows: _Rows, number: int) -> None:
        """Put the errors that the rows see at a rate, and what they come to."""
        draft, given = self._draft, self.study.rate(number)
        first = self._errors(number, 0)
        rate = draft.show(
            self._place(first, 0), when(is_number(given), given, 0), Look.HEADER, "General"
        )
        for which, start in enumerate(() if self._whole else self._starts):
            header = self._errors(number, which)
            for row in range(self._lesson.n_rows):
                seen = rows.leaves[start][row] - self._seen(rows, header, row, rate)
                rows.put(draft, header, seen, Look.RESULT)
        seen_by = self._starts if self._whole else [self._errors(number, n) for n in self._each]
        sums = [
            [self._weighed(rows, line, each) for each in seen_by]
            for line in dict.fromkeys([*self._partials, *self._starts])
        ]
        step = rate if self._batched else 2 * rate
        trace = sums[0][0]
        determinant = None
        if len(self._names) > 1:
            (one, other), (lines, beside), (left, right) = sums
            trace = one + beside + self._lean * lines
            place = self._place(first, 2)
            determinant = draft.show(
                place, square(step) * (one * right - other * left), Look.RESULT
            )
        traced = draft.show(self._place(first, 1), step * trace, Look.RESULT)
        self._put_result(number, traced, determinant)

    def _put_result(self, number: int, trace: Leaf, determinant: Leaf | None) -> None:
        """Put the factor of a rate, and what it means."""
        draft, first = self._draft, self._errors(number, 0)
        factor, shrinks = radius_of_one(trace), one_shrinks(trace)
        if determinant is not None:
            two = compared(self._moved, "=", MOST_PARAMETERS)
            factor = when(two, radius_of_two(trace, determinant), factor)
            shrinks = when(two, two_shrink(trace, determinant), shrinks)
        # Where the data move nothing there is no factor.
        none = compared(self._moved, "=", 0)
        factor, word = (
            when(none, not_available(), if_error(each, NO_NUMBER))
            for each in (factor, when(shrinks, CONVERGES, DOES_NOT))
        )
        draft.show(self._place(first, 3), factor, Look.KEY_RESULT, FACTOR_FORMAT)
        draft.show(self._place(first, 4), word, Look.VERDICT)

    @property
    def _each(self) -> range:
        return range(len(self._names))

    def _seen(self, rows: _Rows, header: str, row: int, rate: Expression) -> Expression:
        """Compute what the steps of the rows before have taken away of a row's error."""
        if row == 0:
            return constant(0)
        errors = rows.column(header, row)
        parts: list[Any] = []
        for partial in self._partials:
            column = rows.column(partial, row) * errors
            if self._batched:
                own = rows.leaves["batch no."][row]
                before = compared(rows.column("batch no.", row), "<", own)
                column = before * rows.column("2 / rows", row) * column
            parts.append(rows.leaves[partial][row] * total(column))
        summed: Expression = parts[0] if len(parts) == 1 else parts[0] + parts[1]
        return rate * summed if self._batched else 2 * rate * summed

    def _weighed(self, rows: _Rows, partials: str, errors: str) -> Any:  # noqa: ANN401  a tree
        """Sum partials times errors, each with the weight of its batch."""
        product = rows.column(partials) * rows.column(errors)
        return total(rows.column("2 / rows") * product if self._batched else product)

    def factor(self, number: int) -> Expression:
        """Return the epoch factor at a rate, as the front page shows it."""
        if self.live:
            return self._if_given(number, self._result(number, 3))
        factor = self._built(number)
        small = factor < _LARGE
        return self._as_built(
            number, float(f"{factor:.{_DIGITS}g}") if small else f"over {_LARGE:,.0f}"
        )

    def converges(self, number: int) -> Expression:
        """Say in a word whether a run at a rate converges."""
        if self.live:
            return self._if_given(number, self._result(number, 4))
        if self.shuffled:
            stays = self._built(number) < 1
            return self._as_built(number, STAYS if stays else DOES_NOT)
        stable = is_stable(self._lesson, self.study.rate(number).value)
        return self._as_built(number, CONVERGES if stable else DOES_NOT)

    def _built(self, number: int) -> float:
        """Return the factor at a rate as the workbook was built with it."""
        factor_of = shuffled_factor if self.shuffled else epoch_factor
        factor = factor_of(self._lesson, self.study.rate(number).value)
        assert factor is not None  # noqa: S101  it is known
        return factor

    def _as_built(self, number: int, told: float | str) -> Expression:
        """Return what holds for the rate that the workbook was built with; nothing for another."""
        rate = self.study.rate(number)
        same = compared(rate, "=", float(rate.value))
        return self._if_given(number, when(same, told, ""))

    def _if_given(self, number: int, found: Expression) -> Expression:
        return when(is_number(self.study.rate(number)), found, "")

    def _result(self, number: int, down: int) -> Leaf:
        """Return what the sheet says of a rate, as another sheet refers to it."""
        place = self._place(self._errors(number, 0), down)
        return self._draft.at(place, fixed=True, sheet=SHEET)

    def column(self, header: str) -> Leaf:
        """Return a column of the rows, as another sheet refers to it."""
        assert self.rows is not None  # noqa: S101  whoever asks knows that it is there
        return self.rows.column(header, sheet=SHEET)

    @property
    def has_page(self) -> bool:
        """Whether there is a sheet."""
        return bool(self._draft.cells)

    def page(self) -> Page | None:
        """Make the sheet."""
        if self.rows is None or not self.has_page:
            return None
        draft = self._draft
        draft.title("B1", f"{TITLE}: epoch factors")
        draft.put("B2", self.study.section.text("factors"), Look.NOTE)
        self._put_headers(self.rows)
        first, last = self.rows.first, self.rows.place(self._headers[-1], self._lesson.n_rows - 1)
        shapes = [_shape(header) for header in self._headers]
        return Page(
            title=SHEET,
            widths=even_widths(_WIDTH, last.column),
            cells=tuple(draft.cells),
            heights=draft.heights | {_FIRST - 1: _HEADER_HEIGHT},
            conditions=tuple(too_wide(Block(first, last), shapes, _WIDTH)),
            frozen=first,
            landscape=True,
            header_row=_FIRST - 1,
        )

    def _put_headers(self, rows: _Rows) -> None:
        draft = self._draft
        for header in self._headers:
            text = header
            if header.startswith("error ") and self._whole:
                continue
            if header.startswith("error "):
                text = f"row's error, {self._names[int(header[-1])]} off by 1"
            draft.put(rows.place(header, -1), text, Look.HEADER)
        if self.live:
            before = self._place(self._errors(0, 0), 0).moved(right=-1)
            for down, text in enumerate(("learn", "trace", "determinant", "factor")):
                if text != "determinant" or len(self._names) > 1:
                    draft.put(before.moved(down=down), text, Look.LABEL)


HOW_LONG: Final = "how_long"
"""The defined name of the cell that holds the sentence."""

PLAY_DATA: Final = "Play data"
REACHED: Final = Address(6, 3)
"""The page and the cell that hold the text on where the end is within reach."""

_ALL: Final = 12
"""With so many digits the rate is told: as it is typed."""

_NEARLY_ALL: Final = 0.9999
"""Where more than that is left, and rounding would call it 100 %, what an epoch takes is told."""

_STEEP: Final = 10.0
"""A valley so many times as steep across as along is told to be so."""


def how_long(section: Section, factors: EpochFactors | None) -> Expression | None:
    """Return the sentence, where a live epoch factor of the lesson's own rate is known.

    How many epochs it takes is `epochs_at_factor`.
    """
    if factors is None or not factors.live:
        return None
    own = factors.study.every[-1]
    place, value = factors.study.place(own, FACTOR), value_of(factors.factor(own))
    factor = cell(place, value, fixed=True, sheet=TITLE)
    epochs = epochs_at_factor(factor)
    capacity, learn = section.named("capacity"), told(section.named("learn"), _ALL)
    # Some programs drop a space at the end of a text that is computed.
    after: list[Given] = [" ", reached(section)] if section.text("reached") else []
    far: Given = when(
        compared(epochs, ">", capacity),
        joined(
            ", and there is room for ", capacity, " here.", *_valley(section),
            *after,
        ),
        ".",
    )  # fmt: skip
    share = when(
        compared(factor, ">", _NEARLY_ALL),
        joined("takes ", told((1.0 - factor) * 100.0, 3), " % off"),
        joined("leaves ", told(factor * 100.0, 5), " % of"),
    )
    long = joined(
        "With learn at ", learn, " an epoch ", share, " what is left of the way. So it takes ",
        epochs, " epochs to come within 1 %", far, *_without_scaling(section),
    )  # fmt: skip
    one = joined(
        "With learn at ", learn, " a single epoch leaves next to nothing of the way.",
        *_without_scaling(section),
    )  # fmt: skip
    away = joined("With learn at ", learn, " the steps do not come to rest: make learn smaller.")
    found = when(compared(factor, ">=", 1), away, when(compared(epochs, "=", 1), one, long))
    return when(all_of(section.ready, is_number(factor)), if_error(found, ""), "")


def reached(section: Section) -> Leaf:
    """Return the lesson's text on where the end of the path is within reach, by its cell."""
    return cell(REACHED, section.text("reached"), fixed=True, sheet=PLAY_DATA)


def _valley(section: Section) -> list[Given]:
    """Say how much steeper the valley of a line's squared error is across than along.

    These are the two eigenvalues of the mean's second derivatives, whose sum is Sxx + n and whose
    product n times the sum of (x - mean)^2, all divided by n.
    """
    lesson, used = section.lesson, section.used
    if lesson.model.name != "line" or lesson.method.loss != "mse":
        return []
    (x,), rows = used.inputs, used.count
    sums = used.summed(x)
    ratio = _steepness(sums, used.summed(square(x - sums / rows)), rows, used.summed(square(x)))
    words = joined(
        " Why so many: the valley is ", rounded(ratio, 0), " times as steep across as along, and "
        "steps small enough for the one are tiny for the other."
    )  # fmt: skip
    return [if_error(when(compared(ratio, ">", _STEEP), words, ""), "")]


def _steepness(
    sums: Expression, apart: Expression, rows: Expression, squares: Expression
) -> Expression:
    """Compute how many times a line's valley is as steep across as along.

    Args:
        sums: Sx, the sum of x.
        apart: the sum of (x - mean)^2.
        rows: n, how many there are.
        squares: Sxx, the sum of x^2.
    """
    steep = (squares + rows + root(square(squares - rows) + 4.0 * square(sums))) / 2.0
    return square(steep) / (apart * rows)


def _without_scaling(section: Section) -> list[Given]:
    """Say how steep the valley would be if the input were not scaled."""
    lesson, used = section.lesson, section.used
    if not lesson.arrays.scaling or lesson.model.name != "line" or lesson.method.loss != "mse":
        return []
    x, rows = used.as_typed(lesson.model.inputs[0]), used.count
    sums, apart = total(x), squared_deviations(x)
    ratio = _steepness(sums, apart, rows, apart + square(sums) / rows)
    words = joined(
        " Without scaling the valley would be ", rounded(ratio, 0),
        " times as steep across as along.",
    )  # fmt: skip
    return [if_error(when(compared(ratio, ">", _STEEP), words, ""), "")]


def how_long_leaf(section: Section, word: Expression | None) -> Leaf | None:
    """Return the sentence by its name, for the pages that show it."""
    return None if word is None else section.named(HOW_LONG, value_of(word))
