"""The part of the rates page on the largest stable rate: where it comes from, and the rate."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sheetgd.cells import Address, Look
from sheetgd.maths.expression import Expression, Leaf
from sheetgd.maths.formula import Formula
from sheetgd.maths.quantity import total
from sheetgd.maths.spectrum import STABLE_BELOW, largest_eigenvalue
from sheetgd.maths.worksheet import cell, constant, if_error, minimum, not_available, value_of
from sheetgd.pages.block import Block
from sheetgd.pages.epochfactor import EpochFactors
from sheetgd.pages.page import Condition, Draft, nothing_where_missing
from sheetgd.pages.section import Section
from sheetgd.stability import largest_stable_rate

_COLUMN = 7
_TEXT_WIDTH = 6 * 11.5
_DIGITS, _MOST_DECIMALS = 5, 8
_MOST_LINES = 6

NO_OVERSHOOT: Final = "at smaller rates no row overshoots"
NO_GROWTH: Final = "at smaller rates no step makes its row's error larger"
AT_ONCE: Final = "largest stable rate with all rows in one batch"
AS_BUILT: Final = "largest stable rate, as built"
SHARE: Final = "learn now, as a part of it"


def _rate_format(rate: object) -> str:
    """A number format with five digits of a rate of this size; a tiny one has a power of ten.

    >>> _rate_format(0.0014397), _rate_format(1.0), _rate_format(3e-7)
    ('0.0000000', '0.0000', '0.0000E+00')
    """
    if not isinstance(rate, float) or not 0 < rate < math.inf:
        return "0.00000"
    decimals = _DIGITS - 1 - math.floor(math.log10(rate))
    if decimals > _MOST_DECIMALS:
        return "0.0000E+00"
    return "0." + "0" * max(decimals, 1)


@dataclass(frozen=True)
class Stable:
    """The largest stable rate, as far as live formulas can name it.

    Attributes:
        section: the lesson's section.
        factors: the epoch factors, whose sheet holds what it follows from.
        row: the row of the page where it begins.
    """

    section: Section
    factors: EpochFactors
    row: int

    @cached_property
    def _built(self) -> float | None:
        """What the library makes of the data as they are."""
        return largest_stable_rate(self.section.lesson)

    @property
    def _at_once(self) -> bool:
        """Whether the rate of all rows in one batch is worked out live."""
        return self.factors.has_page and self.factors.one_batch

    @cached_property
    def _text(self) -> str:
        """The key of the text that tells where the rate comes from."""
        if not self.factors.known:
            return "no_stable"
        if self.factors.shuffled:
            return "stable_shuffled"
        if self._at_once:
            return "stable_batch"
        return "stable_rows" if self.factors.live else "stable_built"

    def put(self, draft: Draft) -> None:
        """Place it."""
        draft.put(Address(self.row, 2), "The largest stable rate", Look.HEADING)
        row = self.row + 1
        draft.paragraph(f"B{row}:G{row}", self.section.text(self._text), _TEXT_WIDTH)
        lines = _Lines(draft, self._place(0))
        rate = None
        if self._at_once:
            rate = lines.rate(AT_ONCE, self._of_one_batch(lines))
        elif self.factors.live:
            bound = minimum(self.factors.column("own bound"))
            lines.rate(NO_GROWTH, 2 * lines.rate(NO_OVERSHOOT, bound))
        whole = self.section.lesson.batch_size == self.section.lesson.rows
        if self._built is not None and not (self._at_once and whole):
            rate = lines.built(AS_BUILT, self._built)
        if rate is not None:
            learn = cell(self.section.name("learn"), self.section.lesson.learn)
            lines.show(SHARE, if_error(learn / rate, not_available()), "0.0000")

    def _of_one_batch(self, lines: "_Lines") -> Expression:
        """H, its largest eigenvalue, and the rate by it."""
        lesson = self.section.lesson
        entries = {place: lines.show(label, shown) for place, label, shown in self._curvatures()}
        every = range(len(lesson.form.parameters))
        matrix = [[entries[min(one, other), max(one, other)] for other in every] for one in every]
        eigenvalue = lines.show("largest eigenvalue of H", largest_eigenvalue(matrix))
        settings = {
            name: cell(self.section.name(name), value) for name, value in lesson.settings.items()
        }
        below = constant(STABLE_BELOW[lesson.optimizer](settings))
        return if_error(below / eigenvalue, not_available())

    def _curvatures(self) -> Iterator[tuple[tuple[int, int], str, Expression]]:
        """The entries of H = 2/n * J'J, each once."""
        names = self.section.lesson.form.parameters
        columns = [self.factors.column(f"dy/d{name}") for name in names]
        rows = total(self.factors.column("counts"))
        for one, name in enumerate(names):
            for other in range(one, len(names)):
                label = f"H, {name}" + (f" and {names[other]}" if other > one else "")
                yield (one, other), label, 2 * total(columns[one] * columns[other]) / rows

    def _place(self, down: int) -> Address:
        return Address(self.row + 2 + down, _COLUMN)

    def conditions(self) -> Iterator[Condition]:
        """What is not available is grey."""
        yield nothing_where_missing(Block(self._place(0), self._place(_MOST_LINES)))


@dataclass
class _Lines:
    """Numbers with their labels, placed one below the other."""

    draft: Draft
    place: Address

    def show(self, label: str, shown: Expression, shape: str = "General") -> Leaf:
        """Place a number that follows from others."""
        return self.draft.show(self._next(label), shown, Look.RESULT, shape)

    def rate(self, label: str, shown: Expression) -> Leaf:
        """Place a rate that does."""
        shape = _rate_format(value_of(shown))
        return self.draft.show(self._next(label), shown, Look.KEY_RESULT, shape)

    def built(self, label: str, rate: float) -> Leaf:
        """Place a rate that was worked out when the workbook was built."""
        place = self.draft.put(self._next(label), rate, Look.KEY_RESULT, _rate_format(rate))
        return cell(Formula.cell(place), rate)

    def _next(self, label: str) -> Address:
        place = self.place
        self.draft.put(place.moved(right=-1), label, Look.LABEL)
        self.place = place.moved(down=1)
        return place
