"""The part of the rates page on the largest stable rate: where it comes from, and the rate."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sheetgd.cells import Address, ErrorValue, Look
from sheetgd.maths.formula import Formula
from sheetgd.maths.quantity import divided
from sheetgd.maths.resting import normal_equations
from sheetgd.maths.spectrum import STABLE_BELOW, largest_eigenvalue
from sheetgd.pages.block import Block
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import Condition, Draft, Page, grey_where_missing
from sheetgd.pages.section import Section
from sheetgd.pages.squaring import Squaring
from sheetgd.pages.stablesearch import MOST_PARAMETERS, MOST_ROWS, Search
from sheetgd.stability import has_epoch_factor, largest_stable_rate

if TYPE_CHECKING:
    from sheetgd.maths.quantity import FloatArray

_COLUMN = 7
_TEXT_WIDTH = 6 * 11.5
_DIGITS, _MOST_DECIMALS = 5, 10


def _rate_format(rate: float) -> str:
    """A number format with five digits of a rate of this size; a tiny one has a power of ten.

    >>> _rate_format(0.0014397), _rate_format(1.0), _rate_format(3e-7)
    ('0.0000000', '0.0000', '0.0000E+00')
    """
    decimals = _DIGITS - 1 - math.floor(math.log10(rate)) if 0 < rate < math.inf else _DIGITS
    if decimals > _MOST_DECIMALS:
        return "0.0000E+00"
    return "0." + "0" * max(decimals, 1)


@dataclass(frozen=True, kw_only=True)
class _Line:
    """A number with its label; without a formula it is as it was when the workbook was built."""

    label: str
    value: float
    formula: Formula | None
    error: ErrorValue = ErrorValue.DIVISION
    look: Look = Look.RESULT
    number_format: str = "General"


@dataclass(frozen=True)
class Stable:
    """The largest stable rate, as far as live formulas can name it.

    Which formulas there are follows from the lesson's choices and the number of its rows. Where
    all rows may be one batch a short formula gives it; where each row makes a step of its own, a
    search does, for few rows and parameters.

    Attributes:
        section: the lesson's section.
        row: the row of the page where it begins.
    """

    section: Section
    row: int

    @property
    def _one_batch(self) -> bool:
        """Whether all rows may be one batch."""
        return self.section.lesson.method.batched or self.section.lesson.rows == 1

    @cached_property
    def _search(self) -> Search | None:
        lesson = self.section.lesson
        searched = (
            has_epoch_factor(lesson)
            and not self._one_batch
            and lesson.optimizer == "plain"
            and len(lesson.form.parameters) <= MOST_PARAMETERS
            and lesson.rows <= MOST_ROWS
        )
        return Search(self.section) if searched else None

    @cached_property
    def _squaring(self) -> Squaring | None:
        lesson = self.section.lesson
        many = len(lesson.form.parameters) > MOST_PARAMETERS
        if not (has_epoch_factor(lesson) and self._one_batch and many):
            return None
        return Squaring(self.section, *self._curvature)

    @cached_property
    def _curvature(self) -> "tuple[FloatArray, list[list[Any]]]":
        """H = 2/n * J'J: its numbers and its formulas."""
        import numpy as np  # noqa: PLC0415  `sheetgd --help` does without NumPy

        section, lesson = self.section, self.section.lesson
        used = section.used
        numbers, _ = normal_equations(lesson.form, np.array(lesson.x), np.array(lesson.y))
        formulas, _ = normal_equations(
            lesson.form, used.x, used.y, summed=used.summed, rows=used.count
        )
        return (
            np.array([[2 * float(each) / lesson.rows for each in line] for line in numbers]),
            [[2 * each / used.count for each in line] for line in formulas],
        )

    @cached_property
    def _built(self) -> float | None:
        """What the library makes of the data as they are."""
        return largest_stable_rate(self.section.lesson)

    @cached_property
    def _text(self) -> str:
        """The key of the text that tells where the rate comes from."""
        if not has_epoch_factor(self.section.lesson):
            return "no_stable"
        if self._one_batch:
            return "stable_batch"
        if self._search is not None:
            return "stable_rows"
        return "no_stable" if self._built is None else "stable_built"

    @cached_property
    def _lines(self) -> list[_Line]:
        if not has_epoch_factor(self.section.lesson):
            return []
        lines: list[_Line] = []
        if self._one_batch:
            lines += self._batch_lines()
        elif self._search is not None:
            lines += self._row_lines(self._search)
        live = bool(lines) and shown(lines[-1].value) == lines[-1].value
        if lines:
            lines.append(self._share(lines[-1], len(lines) - 1))
        if self._built is not None and not live:
            label = "largest stable rate for data, batch and settings as built"
            lines.append(
                _Line(
                    label=label,
                    value=self._built,
                    formula=None,
                    number_format=_rate_format(self._built),
                )
            )
        return lines

    def _batch_lines(self) -> list[_Line]:
        """H, its largest eigenvalue, and the rate by it."""
        section, lesson = self.section, self.section.lesson
        names, (numbers, formulas) = lesson.form.parameters, self._curvature
        lines: list[_Line] = []
        if self._squaring is None:
            every = range(len(names))
            places = [(one, other) for one in every for other in every[one:]]
            lines += [
                _Line(
                    label=f"H, {names[one]} and {names[other]}"
                    if one != other
                    else f"H, {names[one]}",
                    value=float(numbers[one][other]),
                    formula=formulas[one][other],
                    error=ErrorValue.NUMBER,
                )
                for one, other in places
            ]
            cells = {place: self._cell(down) for down, place in enumerate(places)}
            every_cell = [
                [cells[min(one, other), max(one, other)] for other in every] for one in every
            ]
            eigenvalue, wrong = float(largest_eigenvalue(numbers.tolist())), ErrorValue.NUMBER
            formula = largest_eigenvalue(every_cell)
        else:
            eigenvalue, formula = self._squaring.eigenvalue, self._squaring.eigenvalue_cell
            wrong = self._squaring.error
        label = "largest eigenvalue of H"
        lines.append(_Line(label=label, value=eigenvalue, formula=formula, error=wrong))
        settings = {name: section.name(name) for name in lesson.settings}
        below = STABLE_BELOW[lesson.optimizer]
        value = divided(float(below(lesson.settings)), eigenvalue)
        rate = below(settings) / self._cell(len(lines) - 1)
        error = ErrorValue.NUMBER if eigenvalue else ErrorValue.DIVISION
        if lesson.method.batched:
            whole = section.name("batch").compared(">=", section.name("rows"))
            rate = Formula.call("IF", whole, rate, Formula.call("NA"))
            if lesson.batch_size < lesson.rows:
                value, error = float("nan"), ErrorValue.NOT_AVAILABLE
        label = "largest stable rate" + (" of all rows at once" if lesson.method.batched else "")
        lines.append(self._rate_line(label, value, rate, error))
        return lines

    def _row_lines(self, search: Search) -> list[_Line]:
        """The rate that is found by trial, and the one below which nothing can go wrong."""
        missing = ErrorValue.NOT_AVAILABLE
        return [
            _Line(
                label="below this no single row overshoots",
                value=search.bound,
                formula=search.bound_cell,
                error=missing,
                number_format=_rate_format(search.bound),
            ),
            self._rate_line("largest stable rate", search.rate, search.rate_cell, missing),
        ]

    @staticmethod
    def _rate_line(label: str, value: float, formula: Formula, error: ErrorValue) -> _Line:
        return _Line(
            label=label, value=value, formula=formula, error=error, look=Look.KEY_RESULT,
            number_format=_rate_format(value),
        )  # fmt: skip

    def _share(self, rate: _Line, down: int) -> _Line:
        """The lesson's own rate, measured by that."""
        return _Line(
            label="learn now, as a part of it",
            value=divided(self.section.lesson.learn, rate.value),
            formula=self.section.name("learn") / self._cell(down),
            error=rate.error,
            number_format="0.0000",
        )

    def _place(self, down: int) -> Address:
        return Address(self.row + 2 + down, _COLUMN)

    def _cell(self, down: int) -> Formula:
        return Formula.cell(self._place(down))

    def put(self, draft: Draft) -> None:
        """Place it."""
        draft.put(Address(self.row, 2), "The largest stable rate", Look.HEADING)
        row = self.row + 1
        draft.paragraph(f"B{row}:G{row}", self.section.text(self._text), _TEXT_WIDTH)
        for down, line in enumerate(self._lines):
            place = self._place(down)
            draft.put(place.moved(right=-1), line.label, Look.LABEL)
            draft.put(
                place, shown(line.value, line.error), line.look, line.number_format,
                formula=line.formula,
            )  # fmt: skip

    def conditions(self) -> Iterator[Condition]:
        """What is not available is grey."""
        if self._lines:
            block = Block(self._place(0), self._place(len(self._lines) - 1))
            yield grey_where_missing(block)

    def page(self) -> Page | None:
        """The sheet of the search, if there is one."""
        source = self._search or self._squaring
        return None if source is None else source.page()
