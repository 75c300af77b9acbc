"""The hidden page of the step that comes next: its numbers, and the digits they are told with.

Both are needed for sentences in which the sum is right as it is written, so that one can follow it
with a pocket calculator.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from sheetgd.cells import Address, Look
from sheetgd.maths.expression import Expression, Leaf, Number
from sheetgd.maths.formula import Formula
from sheetgd.maths.quantity import absolute, power
from sheetgd.maths.step import ENDS
from sheetgd.maths.worksheet import (
    cell,
    cells,
    compared,
    decimal_power,
    if_error,
    index,
    joined,
    match,
    maximum,
    rounded,
    told,
    value_of,
    when,
)
from sheetgd.pages.howlong import HOW_LONG
from sheetgd.pages.numbers import shown
from sheetgd.pages.page import Draft, Page
from sheetgd.pages.section import PLAY, Section

TITLE: Final = "Play data"

MOST_PARAMETERS: Final = 8
"""So many parameters' steps are shown."""

_ROW: Final = Address(4, 3)
_HOW_LONG: Final = Address(5, 3)
_FIRST: Final = Address(8, 2)
_WORDS: Final = _FIRST.moved(down=MOST_PARAMETERS + 2)
_HEADERS: Final = (
    "parameter", "old", "derivative", "step", "new", "decimals tried first", "decimals",
    "nudged error", "its decimals",
)  # fmt: skip
OLD, DERIVATIVE, STEP, NEW, _ABOUT, DECIMALS, NUDGED, ERROR_DECIMALS = range(1, len(_HEADERS))
_WIDTH = 14.0

_DIGITS, _FEWER = 7, 4
"""With so many digits numbers are told that a sum goes on from, and with so many its end."""

_SHOWN_OF_STEP: Final = 3
"""A step is told with one digit more than this."""

_WITHIN: Final = 0.45
"""So much of the last digit a result may be off; ties, at one half, are left to chance nowhere."""

_TRIES: Final = 6
"""With so many numbers of decimals, each one more, a sum is tried; by chance three of four are
right as they are written."""


@dataclass(frozen=True)
class NextStep:
    """The step that comes next, on this page."""

    section: Section
    _found: dict[tuple[str, int], Expression] = field(default_factory=dict)

    @property
    def plain(self) -> bool:
        """Whether a step is the learning rate times the derivative."""
        return self.section.lesson.optimizer == "plain"

    @property
    def nudged(self) -> bool:
        """Whether the derivative is a forward difference of a single row's loss."""
        return self.section.lesson.gradient == "forward" and not self.section.lesson.method.batched

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters whose steps are shown."""
        return self.section.lesson.form.parameters[:MOST_PARAMETERS]

    @property
    def row(self) -> Leaf:
        """Which row of the pass that comes next makes the step; an error where none does."""
        return self._leaf(_ROW, self._row)

    @cached_property
    def _row(self) -> Expression:
        section = self.section
        if section.lesson.method.batched:
            return match(1, self.column(ENDS))
        complete = cells(section.used.column("complete"), [1] * section.lesson.rows)
        return match(1, complete)

    def column(self, header: str) -> Leaf:
        """A column of the pass that comes next, on the main page."""
        section = self.section
        values = section.descent.passed(section.epochs_run + 1)[header]
        held = [shown(value) for value in values]
        return cells(section.main_range(header, sheet=section.main), held)

    def of_row(self, header: str) -> Expression:
        """What that row holds in a column."""
        return index(self.column(header), self.row)

    def setting(self, name: str) -> Leaf:
        """A setting of the lesson, by its name."""
        return cell(self.section.name(name), self.section.settings[name])

    @property
    def error(self) -> str:
        """The column of the loss that steps go by."""
        return self.section.lesson.method.row_loss.column

    def number(self, name: str, which: int) -> Leaf:
        """What this page has of a parameter."""
        return self._leaf(self.place(name, which), self.shown_at(name, which))

    def place(self, name: str, which: int) -> Address:
        """The cell of it."""
        return _FIRST.moved(down=self.names.index(name), right=which)

    @staticmethod
    def _leaf(place: Address, held: Expression) -> Leaf:
        formula = Formula.cell(place, fixed_row=True, fixed_column=True, sheet=TITLE)
        return cell(formula, value_of(held))

    def shown_at(self, name: str, which: int) -> Expression:
        """What the cell holds, as an expression."""
        if (name, which) not in self._found:
            computing = (
                self._old, self._derivative, self._step, self._new, self._about,
                self._decimals, self._nudged, self._error_decimals,
            )  # fmt: skip
            self._found[name, which] = computing[which - 1](name)
        return self._found[name, which]

    def _old(self, name: str) -> Expression:
        return self.of_row(name)

    def _derivative(self, name: str) -> Expression:
        batched = self.section.lesson.method.batched
        return self.of_row(f"g_{name}" if batched else f"de/d{name}")

    def _step(self, name: str) -> Expression:
        if self.plain:
            return self.setting("learn") * self.number(name, DERIVATIVE)
        return self.of_row(f"new_{name}") - self.number(name, OLD)

    def _new(self, name: str) -> Expression:
        return self.of_row(f"new_{name}")

    def _about(self, name: str) -> Expression:
        """So many decimals that the step has a few digits."""
        first = decimal_power(absolute(self.number(name, STEP)))
        return if_error(maximum(_SHOWN_OF_STEP - first, 0), _SHOWN_OF_STEP)

    def derivative_decimals(self, decimals: Expression) -> Expression:
        """With so many the derivative times learn is right to some decimals and one more."""
        found: Expression = decimals + decimal_power(self.setting("learn")) + 1
        return found

    def _decimals(self, name: str) -> Expression:
        old, derivative, step, new = (
            self.number(name, which) for which in (OLD, DERIVATIVE, STEP, NEW)
        )

        def right(decimals: Expression) -> Expression:
            if self.plain:
                told = rounded(derivative, self.derivative_decimals(decimals))
                ends = rounded(old, decimals) - self.setting("learn") * told
            else:
                ends = rounded(old, decimals) + rounded(step, decimals)
            return _near(ends, rounded(new, decimals), decimals)

        return _first_right(self.number(name, _ABOUT), right)

    def _nudged(self, name: str) -> Expression:
        return self.of_row(f"err_{name}1") if self.nudged else joined("")

    def _error_decimals(self, name: str) -> Expression:
        if not self.nudged:
            return joined("")
        nudge, error, moved = (
            self.setting("nudge"),
            self.of_row(self.error),
            self.number(name, NUDGED),
        )
        wanted = self.derivative_decimals(self.number(name, DECIMALS))

        def right(decimals: Expression) -> Expression:
            change = rounded(moved, decimals) - rounded(error, decimals)
            return _near(change / nudge, rounded(self.number(name, DERIVATIVE), wanted), wanted)

        return _first_right(wanted - decimal_power(nudge) + 1, right)

    # How the row's numbers are written

    @cached_property
    def words(self) -> dict[str, Expression]:
        """The numbers of the row as a sentence has them, by what they are."""
        y, y_pred, error = (self.of_row(each) for each in ("y", "y_pred", self.error))
        high = when(compared(y_pred, ">", y), " too high", " too low")
        off = joined(told(absolute(y_pred - y), _FEWER), high)
        found: dict[str, Expression] = {
            "y": told(y, _DIGITS),
            "y_pred": told(y_pred, _FEWER),
            "off": when(compared(y_pred, "=", y), "just right", off),
            "error": told(error, _FEWER),
        }
        for name in ("x", *self.names):
            value = self.of_row(name)
            number = told(value, _DIGITS)
            found[name] = when(compared(value, "<", 0), joined("(", number, ")"), number)
        for name in self.names:
            found[f"slope by {name}"] = told(self.number(name, DERIVATIVE), _FEWER)
        return {what: if_error(word, "") for what, word in found.items()}

    def word(self, what: str) -> Leaf:
        """One of them, by its cell on this page."""
        return self._leaf(self._word_place(what), self.words[what])

    def _word_place(self, what: str) -> Address:
        return _WORDS.moved(down=list(self.words).index(what), right=1)

    def page(self, how_long: Expression | None) -> Page:
        """The page.

        Args:
            how_long: the sentence on how long the learning rate takes, if there is one.
        """
        draft = Draft()
        if how_long is not None:
            draft.put(_HOW_LONG.moved(right=-1), "how long it takes", Look.LABEL)
            draft.show(_HOW_LONG, how_long, Look.ENTRY)
        draft.title("B1", "The step that comes next")
        draft.put(
            "B2",
            f"The numbers of the sentences on the page {PLAY}, and with how many decimals "
            "they are told, so that the sums are right as they are written.",
            Look.NOTE,
        )
        draft.put(_ROW.moved(right=-1), "row", Look.LABEL)
        draft.show(_ROW, self._row, Look.RESULT)
        for right, header in enumerate(_HEADERS):
            draft.put(_FIRST.moved(down=-1, right=right), header, Look.HEADER)
        for down, name in enumerate(self.names):
            draft.put(_FIRST.moved(down=down), name, Look.LABEL)
            for right in range(1, len(_HEADERS)):
                held = self.shown_at(name, right)
                draft.show(_FIRST.moved(down=down, right=right), held, Look.RESULT)
        for what, word in self.words.items():
            place = self._word_place(what)
            draft.put(place.moved(right=-1), what, Look.LABEL)
            draft.show(place, word, Look.RESULT)
        return Page(
            title=TITLE,
            widths={"A": 2.0}
            | {Address(1, column).letters: _WIDTH for column in range(2, 2 + len(_HEADERS))},
            cells=tuple(draft.cells),
            heights=draft.heights,
            names={} if how_long is None else {HOW_LONG: _HOW_LONG},
            hidden=True,
        )


def _near(found: Expression, told: Expression, decimals: Expression) -> Expression:
    """Tell whether a result rounds to what is told, and is no tie that might be rounded away."""
    tenth: Expression = power(Number(10.0), -decimals)
    return compared(absolute(found - told), "<", _WITHIN * tenth)


def _first_right(first: Expression, right: Callable[[Expression], Expression]) -> Expression:
    """Return the first number of decimals with which a sum is right as it is written."""
    tries: Sequence[Expression] = [first + more if more else first for more in range(_TRIES)]
    found = tries[-1]
    for each in reversed(tries[:-1]):
        found = when(right(each), each, found)
    return if_error(found, first)
