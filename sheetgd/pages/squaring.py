"""The sheet that finds the largest eigenvalue of three parameters and more.

A symmetric matrix, squared over and over, keeps the direction of its largest eigenvalue alone.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from sheetgd.cells import Address, ErrorValue, Look
from sheetgd.maths.formula import Formula
from sheetgd.maths.quantity import divided, total
from sheetgd.maths.spectrum import squared_matrix
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import Draft, Page
from sheetgd.pages.section import Section
from sheetgd.pages.stablesearch import SHEET

if TYPE_CHECKING:
    from sheetgd.maths.quantity import FloatArray

_SQUARINGS: Final = 12
"""The second largest eigenvalue counts with its ratio to the largest to the power of 2^12."""

_FIRST = Address(5, 3)
_WIDTH = 13.0


@dataclass(frozen=True)
class Squaring:
    """The squarings of a matrix H.

    Attributes:
        section: the lesson's section.
        values: H.
        formulas: its entries.
    """

    section: Section
    values: "FloatArray"
    formulas: list[list[Formula]]

    @cached_property
    def _squares(self) -> "list[FloatArray]":
        """H divided by its trace, and then square after square."""
        import numpy as np  # noqa: PLC0415  `sheetgd --help` does without NumPy

        with np.errstate(all="ignore"):
            found = [divided(self.values, total(np.diag(self.values)))]
            for _ in range(_SQUARINGS):
                last = found[-1]
                lines = [
                    [squared_matrix(one, other, last.ravel()) for other in last] for one in last
                ]
                found.append(np.array(lines))
        return found

    @property
    def error(self) -> ErrorValue:
        """What is shown where there is none: H is 0, or too large."""
        return ErrorValue.NUMBER if self.values.any() else ErrorValue.DIVISION

    @property
    def eigenvalue(self) -> float:
        """The largest eigenvalue: H's mean in the direction that is left."""
        return float(total((self.values * self._squares[-1]).ravel()))

    @property
    def eigenvalue_cell(self) -> Formula:
        """The cell of that."""
        return Formula.cell(self._end, sheet=SHEET)

    @property
    def _end(self) -> Address:
        return _FIRST.moved(down=self._down(_SQUARINGS + 2))

    def _down(self, block: int) -> int:
        """Where a matrix begins; H itself is block 0, H over its trace is 1."""
        return block * (len(self.values) + 1)

    def _cell(self, block: int, one: int, other: int) -> Address:
        return _FIRST.moved(down=self._down(block) + one, right=other)

    def _range(self, block: int, line: int | None = None) -> Formula:
        last = len(self.values) - 1
        first, end = (0, last) if line is None else (line, line)
        return Formula.range(self._cell(block, first, 0), self._cell(block, end, last))

    def page(self) -> Page:
        """The sheet."""
        draft, every = Draft(), range(len(self.values))
        draft.title("B1", "The largest eigenvalue, by squaring")
        draft.put("B2", self.section.text("squaring"), Look.NOTE)
        for which, name in enumerate(self.section.lesson.form.parameters):
            draft.put(_FIRST.moved(down=-1, right=which), name, Look.HEADER)
        diagonal = [
            Formula.cell(self._cell(0, each, each), fixed_row=True, fixed_column=True)
            for each in every
        ]
        trace = diagonal[0]
        for each in diagonal[1:]:
            trace = trace + each
        for block, values in enumerate((self.values, *self._squares)):
            names = ("H", "H / trace")
            text = names[block] if block < len(names) else f"square {block - 1}"
            draft.put(self._cell(block, 0, -1), text, Look.LABEL)
            for one in every:
                for other in every:
                    if block == 0:
                        formula = self.formulas[one][other]
                    elif block == 1:
                        formula = Formula.cell(self._cell(0, one, other)) / trace
                    else:
                        last = block - 1
                        formula = squared_matrix(
                            self._range(last, one), self._range(last, other), self._range(last)
                        )
                    draft.put(
                        self._cell(block, one, other),
                        shown(values[one][other], self.error),
                        Look.RESULT,
                        formula=formula,
                    )
        draft.put(self._end.moved(right=-1), "largest eigenvalue", Look.LABEL)
        draft.put(
            self._end, shown(self.eigenvalue, self.error), Look.KEY_RESULT,
            formula=total(self._range(0) * self._range(_SQUARINGS + 1)),
        )  # fmt: skip
        last = _FIRST.column + len(self.values)
        return Page(
            title=SHEET,
            widths={"A": 2.0, "B": 20.0}
            | {Address(1, column).letters: _WIDTH for column in range(3, last + 1)},
            cells=tuple(draft.cells),
            heights=draft.heights,
            landscape=True,
        )
