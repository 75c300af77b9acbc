"""The sheet on which the largest stable rate is found where a step is made in every row.

It tries rates. For each stands the product of an epoch's steps, row after row, and by how much
that stretches; first every rate is a fifth larger than the one before, until one stretches, then
what is left in between is halved.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import nan
from typing import Any, Final

from sheetgd.cells import Address, ErrorValue, Look
from sheetgd.display import WHOLE
from sheetgd.maths.evaluation import evaluate
from sheetgd.maths.formula import Filling, Formula
from sheetgd.maths.quantity import divided
from sheetgd.maths.spectrum import after_row, radius, squared_norm
from sheetgd.pages.block import Block
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import Condition, Draft, Page, grey_where_missing, too_wide
from sheetgd.pages.section import Section

SHEET: Final = "Stable rate"

MOST_ROWS: Final = 60
"""The products of more rows would need too many cells."""

MOST_PARAMETERS: Final = 2
"""Of so many the eigenvalues of the product can be written out."""

_FACTOR, _GROWING, _HALVINGS = 1.2, 26, 22
_CERTAIN = 1 - 1e-12
"""A rate so small shrinks every direction, unless the data leave one open."""

_WIDTH = 11.0
_MISSING = ErrorValue.NOT_AVAILABLE
_FIRST = Address(10, 2)
_LOW, _HIGH, _RATE, _RADIUS, _ABOVE, _PRODUCT = range(1, 7)
_RATES, _STRETCH, _FACTORS = "0.00000E+00", "0.000000", "0.0000"


@dataclass(frozen=True, slots=True)
class _Trial:
    """A trial rate, halfway between two others or not, and the product after each row."""

    low: float
    high: float
    rate: float
    products: Sequence[Sequence[Sequence[float]]]

    @property
    def stretch(self) -> float:
        """By how much the whole epoch stretches."""
        return float(radius(self.products[-1]))

    def halved(self) -> tuple[float, float]:
        """Between which rates it begins to stretch."""
        return (self.low, self.rate) if self.stretch > 1 else (self.rate, self.high)


@dataclass(frozen=True)
class Search:
    """The search; the section's model has one parameter or two."""

    section: Section

    @cached_property
    def partials(self) -> list[list[float]]:
        """The partials of each row."""
        lesson = self.section.lesson
        return [
            [float(evaluate(each, ("x",), (x,))) for each in lesson.form.partials] for x in lesson.x
        ]

    @property
    def _places(self) -> range:
        """The places of a line of the product."""
        return range(len(self.partials[0]))

    @cached_property
    def bound(self) -> float:
        """Up to this rate no step stretches anything: 1 / the largest sum of a row's squares."""
        largest: float = max(squared_norm(each) for each in self.partials)
        return divided(1.0, largest)

    @cached_property
    def _growing(self) -> list[_Trial]:
        rates = [self.bound / _FACTOR]
        for _ in range(_GROWING - 1):
            rates.append(rates[-1] * _FACTOR)
        return [self._trial(nan, nan, rate) for rate in rates]

    @cached_property
    def _halving(self) -> list[_Trial]:
        low = high = nan
        stretching = [trial.stretch > 1 for trial in self._growing]
        if self._growing[0].stretch < _CERTAIN and True in stretching:
            over = stretching.index(True)
            low, high = self._growing[over - 1].rate, self._growing[over].rate
        found: list[_Trial] = []
        for _ in range(_HALVINGS):
            found.append(self._trial(low, high, (low + high) / 2))
            low, high = found[-1].halved()
        return found

    def _trial(self, low: float, high: float, rate: float) -> _Trial:
        product: Any = [[float(one == other) for other in self._places] for one in self._places]
        products = []
        for partials in self.partials:
            product = after_row(product, partials, rate)
            products.append(product)
        return _Trial(low, high, rate, products)

    @property
    def rate(self) -> float:
        """The largest rate that was seen not to stretch; NaN where the data leave it open."""
        return self._halving[-1].halved()[0]

    @property
    def rate_cell(self) -> Formula:
        """The cell of that rate."""
        place = _FIRST.moved(down=_GROWING + _HALVINGS, right=_LOW)
        return Formula.cell(place, sheet=SHEET)

    @property
    def bound_cell(self) -> Formula:
        """The cell of the bound."""
        return Formula.cell(self._bound, sheet=SHEET)

    @property
    def _bound(self) -> Address:
        return Address(_FIRST.row - 3, _FIRST.column + _RATE)

    def _column(self, row: int, one: int = 0, other: int = 0) -> int:
        """The column of the product after a data row, line `one` and place `other` of it."""
        count = len(self._places)
        return _FIRST.column + _PRODUCT + (row * count + one) * count + other

    def _partial(self, row: int, which: int) -> Address:
        return Address(_FIRST.row - 4 + which, self._column(row))

    def _norm(self, row: int) -> Address:
        return Address(_FIRST.row - 5, self._column(row))

    def page(self) -> Page:
        """The sheet."""
        draft, header = Draft(), _FIRST.row - 1
        draft.title("B1", "The largest stable rate, found by trial")
        draft.put("B2", self.section.text("search"), Look.NOTE)
        norms = Formula.range(self._norm(0), self._norm(len(self.partials) - 1))
        inverse = 1 / Formula.call("MAX", norms)
        draft.put(self._bound.moved(right=-1), "1 / the largest sum", Look.LABEL)
        draft.put(
            self._bound, shown(self.bound, _MISSING), Look.RESULT, _RATES,
            formula=Formula.call("IFERROR", inverse, Formula.call("NA")),
        )  # fmt: skip
        for right, text in enumerate(("trial", "low", "high", "learn", "stretch", "above 1")):
            draft.put(Address(header, _FIRST.column + right), text, Look.HEADER)
        for row in range(len(self.partials)):
            self._put_head(draft, row)
        for number, trial in enumerate((*self._growing, *self._halving)):
            self._put_trial(draft, number, trial)
        end = _FIRST.moved(down=_GROWING + _HALVINGS)
        draft.put(end, "found", Look.LABEL)
        self._put_bracket(draft, _GROWING + _HALVINGS, self._halving[-1].halved())
        last = self._column(len(self.partials)) - 1
        return Page(
            title=SHEET,
            widths={"A": 2.0}
            | {Address(1, column).letters: _WIDTH for column in range(2, last + 1)},
            cells=tuple(draft.cells),
            heights=draft.heights,
            conditions=(
                grey_where_missing(Block(_FIRST, Address(end.row, last))),
                *self._too_wide(end.row - 1, last),
            ),
            frozen=_FIRST.moved(right=_PRODUCT),
            landscape=True,
            header_row=header,
        )

    def _too_wide(self, row: int, last: int) -> Iterator[Condition]:
        """Large rates stretch beyond all columns."""
        for first, end, number_format in (
            (_RADIUS, _RADIUS, _STRETCH),
            (_PRODUCT, last - _FIRST.column, _FACTORS),
        ):
            block = Block(_FIRST.moved(right=first), Address(row, _FIRST.column + end))
            yield from too_wide(block, [number_format] * (end - first + 1), _WIDTH)

    def _put_head(self, draft: Draft, row: int) -> None:
        """A data row's partials and their squares, over the product after it."""
        section = self.section
        data = Address(section.layout.step + row, section.main_column(section.data_header("x")))
        x = Formula.cell(data, sheet=section.main)
        values, places = self.partials[row], [self._partial(row, each) for each in self._places]
        for which, partial in enumerate(section.lesson.form.partials):
            formula = Formula.literal(evaluate(partial, ("x",), (x,)))
            draft.put(places[which], values[which], Look.RESULT, formula=formula)
        norm = squared_norm([Formula.cell(each) for each in places])
        draft.put(self._norm(row), squared_norm(values), Look.RESULT, formula=norm)
        if row == 0:
            draft.put(self._norm(row).moved(right=-1), "sum of squares", Look.LABEL)
            for which, name in enumerate(section.lesson.form.parameters):
                draft.put(places[which].moved(right=-1), f"dy/d{name}", Look.LABEL)
        for one in self._places:
            for other in self._places:
                place = Address(_FIRST.row - 1, self._column(row, one, other))
                part = f" ({one + 1},{other + 1})" if len(self._places) > 1 else ""
                draft.put(place, f"row {row + 1}{part}", Look.HEADER)

    def _cell(self, number: int, right: int) -> Formula:
        """A cell of a trial's line.

        In every other line there is a dollar in it, for the reason that `sheetgd.pages.steps`
        gives.
        """
        place = _FIRST.moved(down=number, right=right)
        return Formula.cell(place, fixed_column=bool(number % 2))

    def _put_trial(self, draft: Draft, number: int, trial: _Trial) -> None:
        """A line: the trial rate, the product row by row, and what it does."""
        place = _FIRST.moved(down=number)
        draft.put(place, number + 1, Look.RESULT, WHOLE)
        if number < _GROWING:
            last = self._cell(number - 1, _RATE) if number else Formula.cell(self._bound)
            formula = last * _FACTOR if number else last / _FACTOR
            above = self._cell(number, _RADIUS).compared(">", 1)
            draft.put(
                place.moved(right=_ABOVE), int(trial.stretch > 1), Look.RESULT, WHOLE,
                formula=Formula.call("IFERROR", Formula.call("IF", above, 1, 0), 0),
            )  # fmt: skip
        else:
            self._put_bracket(draft, number, (trial.low, trial.high))
            formula = (self._cell(number, _LOW) + self._cell(number, _HIGH)) / 2
        value = shown(trial.rate, _MISSING)
        draft.put(place.moved(right=_RATE), value, Look.RESULT, _RATES, formula=formula)
        fillings = self._fillings[number % 2]
        values = (value for product in trial.products for line in product for value in line)
        for right, (value, filling) in enumerate(zip(values, fillings, strict=True), _PRODUCT):
            draft.put(
                place.moved(right=right), shown(value, _MISSING), Look.RESULT, _FACTORS,
                formula=filling.down(number - number % 2),
            )  # fmt: skip
        draft.put(
            place.moved(right=_RADIUS), shown(trial.stretch, _MISSING), Look.KEY_RESULT, _STRETCH,
            formula=radius(self._product(number, len(self.partials) - 1)),
        )  # fmt: skip

    def _product(self, number: int, row: int) -> list[list[Formula]]:
        """The cells of a trial's product after a data row."""
        return [
            [
                self._cell(number, self._column(row, one, other) - _FIRST.column)
                for other in self._places
            ]
            for one in self._places
        ]

    @cached_property
    def _fillings(self) -> tuple[Sequence[Filling], Sequence[Filling]]:
        """The products of the first two trials, to be filled down to those below them."""
        return self._filling(0), self._filling(1)

    def _filling(self, number: int) -> list[Filling]:
        """The formulas of a trial's products, row after row, from left to right."""
        found: list[Filling] = []
        before: Any = [[int(one == other) for other in self._places] for one in self._places]
        for row in range(len(self.partials)):
            partials = [
                Formula.cell(self._partial(row, each), fixed_row=True) for each in self._places
            ]
            lines = after_row(before, partials, self._cell(number, _RATE))
            found += [formula.filling() for line in lines for formula in line]
            before = self._product(number, row)
        return found

    def _put_bracket(self, draft: Draft, number: int, values: tuple[float, float]) -> None:
        """Between which rates a halving looks, or what the last one leaves."""
        place = _FIRST.moved(down=number)
        for right, value, formula in zip((_LOW, _HIGH), values, self._bracket(number), strict=True):
            draft.put(
                place.moved(right=right), shown(value, _MISSING), Look.RESULT, _RATES,
                formula=formula,
            )  # fmt: skip

    def _bracket(self, number: int) -> tuple[Formula, Formula]:
        if number > _GROWING:
            low, high, rate, stretch = (
                self._cell(number - 1, right) for right in (_LOW, _HIGH, _RATE, _RADIUS)
            )
            above = stretch.compared(">", 1)
            return Formula.call("IF", above, low, rate), Formula.call("IF", above, rate, high)
        last = _FIRST.moved(down=_GROWING - 1)
        rates, above = (
            Formula.range(_FIRST.moved(right=right), last.moved(right=right))
            for right in (_RATE, _ABOVE)
        )
        over = Formula.call("MATCH", 1, above, 0)
        certain = self._cell(0, _RADIUS).compared("<", _CERTAIN)
        low, high = (Formula.call("INDEX", rates, each) for each in (over - 1, over))
        missing = Formula.call("NA")
        return (
            Formula.call("IF", certain, low, missing),
            Formula.call("IF", certain, high, missing),
        )
