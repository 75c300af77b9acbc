"""Play data: the hidden sheet of the step that comes next, and the digits it is told with.

Both are needed for sentences in which the sum is right as it is written, so that one can follow it
with a pocket calculator.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from sheetgd.descent.step import ENDS, gradient_column
from sheetgd.expression.excel import Address
from sheetgd.expression.functions import absolute, power
from sheetgd.expression.sheet_cells import (
    Given,
    all_of,
    any_of,
    cell,
    compared,
    constant,
    decimal_power,
    if_error,
    index,
    is_number,
    joined,
    match,
    maximum,
    minimum,
    not_available,
    rounded,
    told,
    value_of,
    when,
)
from sheetgd.expression.tree import Expression, Leaf, Number
from sheetgd.sheets.cells import Look
from sheetgd.sheets.epoch_rows import once_in_pass
from sheetgd.sheets.rates_factors import HOW_LONG, PLAY_DATA, REACHED
from sheetgd.sheets.rows import COMPLETE
from sheetgd.sheets.section import PLAY, Section
from sheetgd.sheets.sheet import Draft, Page

TITLE: Final = PLAY_DATA

MOST_PARAMETERS: Final = 8
"""So many parameters' steps are shown."""

_ROW: Final = Address(4, 3)
_HOW_LONG: Final = Address(5, 3)
_OF_ROW: Final = Address(5, 5)
_FIRST: Final = Address(8, 2)
_WORDS: Final = _FIRST.moved(down=MOST_PARAMETERS + 2)
_HEADERS: Final = (
    "parameter", "old", "derivative", "step", "new", "first decimals", "at most", "decimals",
    "the derivative's", "error", "nudged error", "at most", "decimals",
)  # fmt: skip
(
    OLD, DERIVATIVE, STEP, NEW, _ABOUT, _MOST, DECIMALS, _SLOPE_DECIMALS,
    _ERROR, _NUDGED, _MOST_OF_ERROR, ERROR_DECIMALS,
) = range(1, len(_HEADERS))  # fmt: skip
_WIDTH = 18.0

_TRIED: Final = _WORDS.moved(right=3)

_FIRST_TRIED, _AT_MOST, _OFF_DECIMALS, _DIGITS = (
    "decimals tried first", "at most", "decimals", "digits of parameters",
)  # fmt: skip

_FEWER: Final = 4
"""With so many digits a number is told at which a sentence ends."""

_DIGITS_TRIED: Final = range(6, 14)
"""With so many digits parameters are put into the model, until it gives what is told."""

_SHOWN_OF_STEP: Final = 3
"""A step is told with one digit more than this."""

_WITHIN: Final = 0.45
"""So much of the last digit a result may be off; ties, at one half, are left to chance nowhere."""

_QUOTIENT_WITHIN: Final = 0.49
"""A quotient may be off a little more: more decimals above it bring it no nearer."""

_TRIES: Final = 6
"""With so many numbers of decimals a sum is tried; by chance three of four are right as they are
written."""

_LONGEST_EQUATION: Final = 120
"""So many characters the model, the same with numbers and what stands between take at most."""

_USUAL_NUMBER: Final = 9
"""So many characters a number takes in it."""

NAME: Final = re.compile(r"(?<![\w.])[^\W\d]\w*")
"""A name in a model's formula."""

_SURE: Final = 14
"""So many digits of a number every program tells, and computes, alike."""

_AS_TYPED: Final = 12
"""With so many digits x and y are told: as they were typed in, without an error of rounding."""

_ALL_DIGITS: Final = 15
"""With so many a number is told that is rounded already."""

_MOST_PASSED_OVER: Final = 20
"""In a shuffled pass so many rows that are not complete may stand before the first that is."""

_NONE: Final = "none"
"""What stands in place of a number of digits where with none a sum is right as it is written."""


@dataclass(frozen=True)
class NextStep:
    """The step that comes next, on this page."""

    section: Section
    _found: dict[tuple[str, int], Expression] = field(default_factory=dict)

    @property
    def plain(self) -> bool:
        """Whether a step is the learning rate times the derivative."""
        return self.section.lesson.method.optimizer == "sgd"

    @property
    def nudged(self) -> bool:
        """Whether a plain step goes by a forward difference of a single row's loss."""
        method = self.section.lesson.step
        return (
            self.section.lesson.method.gradient == "forward"
            and self.plain
            and not (method.batched or method.penalized)
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters whose steps are shown."""
        return self.section.lesson.model.parameters[:MOST_PARAMETERS]

    @property
    def inputs(self) -> tuple[str, ...]:
        """What the model calls the input columns."""
        return self.section.lesson.model.inputs

    @property
    def row(self) -> Leaf:
        """Which row of the pass that comes next makes the step; an error where none does."""
        return self._there(_ROW, self._row)

    @cached_property
    def _row(self) -> Expression:
        section = self.section
        if section.lesson.step.batched:
            return match(1, self.column(ENDS))
        if section.lesson.method.shuffle is None:
            return match(1, section.used.column(COMPLETE))
        found, x = not_available(), self.column(self.inputs[0])
        for row in reversed(range(1, 1 + min(section.lesson.n_rows, _MOST_PASSED_OVER))):
            found = when(is_number(index(x, float(row))), float(row), found)
        return found

    @cached_property
    def _once(self) -> Mapping[str, Leaf]:
        return once_in_pass(self.section)

    def column(self, header: str) -> Leaf:
        """Return a column of the pass that comes next, on the main page."""
        return self.section.main_range(header, sheet=self.section.main)

    def of_row(self, header: str) -> Expression:
        """Return what that row holds in a column, or what stands once for all rows."""
        if header in self._once:
            return self._once[header]
        return index(self.column(header), self._here(_ROW, self._row))

    def setting(self, name: str) -> Expression:
        """Return a setting of the lesson, by its name; learn is the present rate."""
        if name == "learn" and self.section.lesson.step.schedule_rule.varies:
            return self.section.in_log(name)
        return self.section.named(name)

    @property
    def error(self) -> str:
        """The column of the loss that steps go by."""
        return self.section.lesson.step.loss_function.column

    def number(self, name: str, which: int) -> Leaf:
        """Return what this page has of a parameter, for others."""
        return self._there(self._place(name, which), self.shown_at(name, which))

    def _number(self, name: str, which: int) -> Leaf:
        return self._here(self._place(name, which), self.shown_at(name, which))

    def _place(self, name: str, which: int) -> Address:
        return _FIRST.moved(down=self.names.index(name), right=which)

    @staticmethod
    def _there(place: Address, held: Expression) -> Leaf:
        """Return a cell of this page, for others."""
        return cell(place, value_of(held), fixed=True, sheet=TITLE)

    @staticmethod
    def _here(place: Address, held: Expression) -> Leaf:
        """Return a cell of this page, for itself: shorter."""
        return cell(place, value_of(held), fixed=True)

    def shown_at(self, name: str, which: int) -> Expression:
        """Return what the cell holds, as an expression."""
        if (name, which) not in self._found:
            computing = (
                self._old, self._derivative, self._step, self._new, self._about, self._most,
                self._decimals, self._slope_decimals, self._error, self._nudged,
                self._most_of_error, self._error_decimals,
            )  # fmt: skip
            self._found[name, which] = computing[which - 1](name)
        return self._found[name, which]

    def _old(self, name: str) -> Expression:
        return self.of_row(name)

    def _derivative(self, name: str) -> Expression:
        return self.of_row(gradient_column(self.section.lesson.step, name))

    def _step(self, name: str) -> Expression:
        if self.plain:
            return self.setting("learn") * self._number(name, DERIVATIVE)
        return self.of_row(f"new_{name}") - self._number(name, OLD)

    def _new(self, name: str) -> Expression:
        return self.of_row(f"new_{name}")

    def _about(self, name: str) -> Expression:
        """Compute the decimals with which the step has a few digits."""
        first = decimal_power(absolute(self._number(name, STEP)))
        return if_error(maximum(_SHOWN_OF_STEP - first, 0), _SHOWN_OF_STEP)

    def _most(self, name: str) -> Expression:
        return _most_decimals(self._number(name, OLD), self._number(name, NEW))

    def _derivative_decimals(self, name: str, decimals: Given) -> Expression:
        """Compute the derivative's decimals from which derivative times learn comes out right."""
        about = self._number(name, _ABOUT)
        # A rate such as 0.05 makes a tie of every second product that has one digit more.
        more = when(compared(decimals, ">", about + 1), 2, 1)
        found = maximum(about, decimals) + decimal_power(self.setting("learn")) + more
        return minimum(maximum(found, 0), _most_decimals(self._number(name, DERIVATIVE)))

    def _decimals(self, name: str) -> Expression:
        old, derivative, step, new = (
            self._number(name, which) for which in (OLD, DERIVATIVE, STEP, NEW)
        )

        def right(decimals: Expression) -> Expression:
            if not self.plain:
                ends = rounded(old, decimals) + rounded(step, decimals)
                return _near(ends, rounded(new, decimals), decimals)
            places = self._derivative_decimals(name, decimals)
            written = rounded(derivative, places)
            ends = rounded(old, decimals) - self.setting("learn") * written
            return all_of(_near(ends, rounded(new, decimals), decimals), compared(places, ">=", 0))

        return _first_right(self._number(name, _ABOUT), self._number(name, _MOST), right)

    def _slope_decimals(self, name: str) -> Expression:
        return if_error(self._derivative_decimals(name, self._number(name, DECIMALS)), _NONE)

    def _error(self, name: str) -> Expression:
        del name
        return self.of_row(self.error) if self.nudged else joined("")

    def _nudged(self, name: str) -> Expression:
        return self.of_row(f"err_{name}1") if self.nudged else joined("")

    def _most_of_error(self, name: str) -> Expression:
        if not self.nudged:
            return joined("")
        return _most_decimals(self._number(name, _ERROR), self._number(name, _NUDGED))

    def _error_decimals(self, name: str) -> Expression:
        if not self.nudged:
            return joined("")
        nudge, wanted = self.setting("nudge"), self._number(name, _SLOPE_DECIMALS)
        error, moved = (self._number(name, which) for which in (_ERROR, _NUDGED))

        def right(decimals: Expression) -> Expression:
            change = rounded(moved, decimals) - rounded(error, decimals)
            slope = rounded(self._number(name, DERIVATIVE), wanted)
            return _near(change / nudge, slope, wanted, _QUOTIENT_WITHIN)

        first = maximum(wanted - decimal_power(nudge) + 1, 0)
        return _first_right(first, self._number(name, _MOST_OF_ERROR), right)

    # What the model says of the row

    @property
    def told_of_row(self) -> bool:
        """Whether a single row makes the step, so that it can be told of."""
        return not self.section.lesson.step.batched

    def _fact(self, name: str) -> Leaf:
        """Return what this page has of the row."""
        facts = self._facts
        place = _OF_ROW.moved(right=list(facts).index(name))
        return self._here(place, facts[name]())

    @cached_property
    def _facts(self) -> Mapping[str, Callable[[], Expression]]:
        """How each fact is computed: those of the row, then the digits to tell them with."""
        return {
            "y": lambda: self.of_row("y"),
            "y_pred": lambda: self.of_row("y_pred"),
            "error": lambda: self.of_row(self.error),
            _FIRST_TRIED: self._off_first,
            _AT_MOST: lambda: _most_decimals(self._fact("y"), self._fact("y_pred")),
            _OFF_DECIMALS: self._off_decimals,
            _DIGITS: self._digits,
        }

    @property
    def _off(self) -> Expression:
        return absolute(self._fact("y_pred") - self._fact("y"))

    def _off_first(self) -> Expression:
        # Where the prediction is right there is no such number.
        first = _FEWER - 1 - decimal_power(self._off)
        return if_error(maximum(first, 0), _SURE)

    def _off_decimals(self) -> Expression:
        """Compute the decimals that the prediction and its distance from y are told with."""
        y, y_pred, error = (self._fact(each) for each in ("y", "y_pred", "error"))
        loss = self.section.loss()

        def right(decimals: Expression) -> Expression:
            off = rounded(self._off, decimals)
            apart = absolute(rounded(y_pred, decimals) - _in_digits(y, _AS_TYPED))
            fits = compared(rounded(apart, decimals), "=", off)
            if loss.of_logit:
                # What it costs does not follow from how far off it is.
                return fits
            costs = _in_digits(loss.error(off, constant(0)), _FEWER)
            return all_of(
                fits,
                any_of(compared(off, "=", 0), compared(costs, "=", _in_digits(error, _FEWER))),
            )

        return _first_right(self._fact(_FIRST_TRIED), self._fact(_AT_MOST), right)

    def _digits(self) -> Expression:
        """Compute the parameters' digits with which the model gives the prediction that is told."""
        decimals = self._fact(_OFF_DECIMALS)
        found: Expression = constant(_NONE)
        for digits in reversed(_DIGITS_TRIED if self.can_be_filled else ()):
            pred = self._trial(digits, "y_pred")
            right = _near(pred, rounded(self._fact("y_pred"), decimals), decimals)
            found = when(if_error(right, 0), float(digits), found)
        return found

    @property
    def can_be_filled(self) -> bool:
        """Whether the model with numbers for names is short enough to be told."""
        model = self.section.lesson.model
        if not self.told_of_row or model.hidden or len(model.parameters) > len(self.names):
            return False
        numbers = sum(1 for each in NAME.findall(model.text) if each in {*self.inputs, *self.names})
        return len(model.text) * 2 + numbers * _USUAL_NUMBER <= _LONGEST_EQUATION

    @property
    def _trial_headers(self) -> tuple[str, ...]:
        return (*self.inputs, *self.names, "y_pred")

    def _trial(self, digits: int, header: str) -> Leaf:
        """Return a number of the row in some digits, or what the model makes of these."""
        place = _TRIED.moved(
            down=digits - _DIGITS_TRIED[0], right=1 + self._trial_headers.index(header)
        )
        return self._here(place, self._trials[digits, header])

    @cached_property
    def _trials(self) -> Mapping[tuple[int, str], Expression]:
        found: dict[tuple[int, str], Expression] = {}
        for digits in _DIGITS_TRIED:
            for name in (*self.inputs, *self.names):
                kept = _AS_TYPED if name in self.inputs else digits
                found[digits, name] = _in_digits(self.of_row(name), kept)
            places = [
                self._here(
                    _TRIED.moved(down=digits - _DIGITS_TRIED[0], right=1 + right),
                    found[digits, name],
                )
                for right, name in enumerate((*self.inputs, *self.names))
            ]
            found[digits, "y_pred"] = self.section.lesson.model.predict(
                places[: len(self.inputs)], places[len(self.inputs) :]
            )
        return found

    # How the numbers are written

    @cached_property
    def words(self) -> dict[str, Expression]:
        """The numbers as the sentences have them, by what they are."""
        found = {"learn": told(self.setting("learn"), _ALL_DIGITS)}
        if self.nudged:
            found["nudge"] = told(self.setting("nudge"), _ALL_DIGITS)
        if self.told_of_row:
            found |= self._words_of_row()
        for name in self.names:
            found |= self._words_of(name)
        return {what: if_error(word, "") for what, word in found.items()}

    def _words_of_row(self) -> dict[str, Expression]:
        y, y_pred, decimals = (self._fact(each) for each in ("y", "y_pred", _OFF_DECIMALS))
        off = rounded(self._off, decimals)
        high = when(compared(y_pred, ">", y), " too high", " too low")
        right = compared(off, "=", 0)
        found = {
            **{name: told(self.of_row(name), _AS_TYPED) for name in self.inputs},
            "y": told(y, _AS_TYPED),
            "y_pred": _written(y_pred, decimals),
            "off": when(right, "just right", joined(told(off, _ALL_DIGITS), high)),
            "error": when(right, "0", told(self._fact("error"), _FEWER)),
        }
        if self.can_be_filled:
            for name in (*self.inputs, *self.names):
                value = self.of_row(name)
                digits = _AS_TYPED if name in self.inputs else self._fact(_DIGITS)
                word: Expression = told(value, digits)
                word = when(compared(value, "<", 0), joined("(", word, ")"), word)
                found[filled(name)] = when(is_number(self._fact(_DIGITS)), word, "")
        return found

    def _words_of(self, name: str) -> dict[str, Expression]:
        decimals, slope = self._number(name, DECIMALS), self._number(name, DERIVATIVE)
        found = {
            f"old {name}": _written(self._number(name, OLD), decimals),
            f"new {name}": _written(self._number(name, NEW), decimals),
        }
        if self.plain:
            found[f"slope by {name}"] = _written(slope, self._number(name, _SLOPE_DECIMALS))
        else:
            found[f"slope by {name}"] = told(slope, _FEWER)
            found[f"step of {name}"] = _written(absolute(self._number(name, STEP)), decimals)
        if self.nudged:
            places = self._number(name, ERROR_DECIMALS)
            found[f"loss by {name}"] = _written(self._number(name, _ERROR), places)
            found[f"nudged {name}"] = _written(self._number(name, _NUDGED), places)
        return found

    def word(self, what: str) -> Leaf:
        """Return one of them, by its cell on this page; empty where nothing can be said."""
        return self._there(self._word_place(what), self.words[what])

    def _word_place(self, what: str) -> Address:
        return _WORDS.moved(down=list(self.words).index(what), right=1)

    def page(self, how_long: Expression | None) -> Page:
        """Make the page.

        Args:
            how_long: the sentence on how long the learning rate takes, if there is one.
        """
        draft = Draft()
        if how_long is not None:
            draft.put(_HOW_LONG.moved(right=-1), "how long it takes", Look.LABEL)
            draft.show(_HOW_LONG, how_long, Look.ENTRY)
            if self.section.text("reached"):
                draft.put(REACHED.moved(right=-1), "where it is reached", Look.LABEL)
                draft.put(REACHED, self.section.text("reached"), Look.ENTRY)
        draft.title("B1", "The step that comes next")
        draft.put(
            "B2",
            f"The numbers of the sentences on the page {PLAY}, and with how many decimals "
            "they are told, so that the sums are right as they are written.",
            Look.NOTE,
        )
        if not self.section.by_epoch:
            draft.put(_ROW.moved(right=-1), "row", Look.LABEL)
            draft.show(_ROW, self._row, Look.RESULT)
        if self.told_of_row:
            self._put_row(draft)
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

    def _put_row(self, draft: Draft) -> None:
        """Put what there is of the row, and the trials."""
        for right, name in enumerate(self._facts):
            place = _OF_ROW.moved(right=right)
            draft.put(place.moved(down=-1), name, Look.HEADER)
            draft.show(place, self._facts[name](), Look.RESULT)
        if not self.can_be_filled:
            return
        for right, header in enumerate(("digits", *self._trial_headers)):
            draft.put(_TRIED.moved(down=-1, right=right), header, Look.HEADER)
        for down, digits in enumerate(_DIGITS_TRIED):
            draft.put(_TRIED.moved(down=down), digits, Look.LABEL)
            for right, header in enumerate(self._trial_headers, start=1):
                place = _TRIED.moved(down=down, right=right)
                draft.show(place, self._trials[digits, header], Look.RESULT)


def filled(name: str) -> str:
    """Return what the number is called that is put into the model for a name."""
    return f"{name} in the model"


def _written(value: Expression, decimals: Expression) -> Expression:
    """Write a number with these decimals; nothing where there is no such number of them."""
    return when(is_number(decimals), told(rounded(value, decimals), _ALL_DIGITS), "")


def _in_digits(value: Expression, digits: int) -> Expression:
    """Round a number to the digits it is told in; 0 is 0 in any."""
    return if_error(rounded(value, digits - 1 - decimal_power(absolute(value))), value)


def _most_decimals(*values: Expression) -> Expression:
    """Compute the decimals that give the largest of some numbers all the digits that are sure."""
    size = absolute(values[0])
    for value in values[1:]:
        size = maximum(size, absolute(value))
    return if_error(_SURE - 1 - decimal_power(size), _SURE)


def _near(
    found: Expression, written: Expression, decimals: Expression, within: float = _WITHIN
) -> Expression:
    """Tell whether a result rounds to what is written, and is no tie that might be rounded away."""
    unit: Expression = power(Number(10.0), -decimals)
    return compared(absolute(found - written), "<", within * unit)


def _first_right(
    first: Expression, most: Expression, right: Callable[[Expression], Expression]
) -> Expression:
    """Return the first number of decimals with which a sum is right as it is written, if any is.

    Tries begin at the first, or at the most, and go up to the most, and down again from there.
    """
    found: Expression = constant(_NONE)
    for more in reversed(range(_TRIES)):
        up = minimum(first, most) + more if more else minimum(first, most)
        tried = maximum(most - absolute(up - most), 0)
        found = when(right(tried), tried, found)
    return if_error(when(compared(most, ">=", 0), found, _NONE), _NONE)
