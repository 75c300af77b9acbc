"""How long a learning rate takes, and why, as a sentence that follows the sheet."""

from typing import Final

from sheetgd.cells import Address
from sheetgd.maths.expression import Expression, Leaf
from sheetgd.maths.formula import Formula
from sheetgd.maths.quantity import floored, root, square
from sheetgd.maths.worksheet import (
    Given,
    all_of,
    cell,
    compared,
    if_error,
    is_number,
    joined,
    log10,
    rounded,
    told,
    value_of,
    when,
)
from sheetgd.pages.epochfactor import EpochFactors
from sheetgd.pages.section import Section
from sheetgd.pages.study import FACTOR, TITLE

HOW_LONG: Final = "how_long"
"""The defined name of the cell that holds the sentence."""

PLAY_DATA: Final = "Play data"
REACHED: Final = Address(6, 3)
"""The page and the cell that hold the text on where the end is within reach."""

LEFT: Final = 0.01
"""The part of the way that is left in the end: the sentence says 1 %."""

_ALL: Final = 12
"""With so many digits the rate is told: as it is typed."""

_NEARLY_ALL: Final = 0.9999
"""Where more than that is left, and rounding would call it 100 %, what an epoch takes is told."""

_STEEP: Final = 10.0
"""A valley so many times as steep across as along is told to be so."""


def how_long(section: Section, factors: EpochFactors | None) -> Expression | None:
    """Return the sentence, where a live epoch factor of the lesson's own rate is known.

    An epoch leaves the part f of what is left of the way, n epochs f^n: for 1 % it takes
    n = ln(0.01) / ln(f), rounded up.
    """
    if factors is None or not factors.live:
        return None
    own = factors.study.every[-1]
    place = Formula.cell(
        factors.study.place(own, FACTOR), fixed_row=True, fixed_column=True, sheet=TITLE
    )
    factor = cell(place, value_of(factors.factor(own)))
    epochs = _epochs(factor)
    capacity = cell(section.name("capacity"), section.lesson.room)
    learn = told(cell(section.name("learn"), section.lesson.learn), _ALL)
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
        epochs, " epochs to come within 1 %", far,
    )  # fmt: skip
    one = joined("With learn at ", learn, " a single epoch leaves next to nothing of the way.")
    away = joined("With learn at ", learn, " the steps do not come to rest: make learn smaller.")
    found = when(compared(factor, ">=", 1), away, when(compared(factor, "<", LEFT), one, long))
    return when(all_of(section.ready, is_number(factor)), if_error(found, ""), "")


def reached(section: Section) -> Leaf:
    """The lesson's text on where the end of the way is within reach, by the cell that holds it."""
    place = Formula.cell(REACHED, fixed_row=True, fixed_column=True, sheet=PLAY_DATA)
    return cell(place, section.text("reached"))


def _epochs(factor: Expression) -> Expression:
    """After how many epochs that much is left; a share of nearly 1 takes nearly for ever."""
    # Not minus the INT of minus it: some programs cut off the decimals of numbers below 0.
    needed = log10(LEFT) / log10(factor)
    return floored(needed) + when(compared(floored(needed), "<", needed), 1, 0)


def _valley(section: Section) -> list[Given]:
    """How much steeper the valley of a line's squared error is across than along.

    These are the two eigenvalues of the mean's second derivatives, whose sum is Sxx + n and whose
    product n times the sum of (x - mean)^2, all divided by n.
    """
    lesson, used = section.lesson, section.used
    if lesson.form.name != "line" or lesson.loss != "mse":
        return []
    x, _, rows = section.data_leaves()
    squares, sums = used.summed(square(x)), used.summed(x)
    apart = used.summed(square(x - sums / rows)) * rows
    steep = (squares + rows + root(square(squares - rows) + 4.0 * square(sums))) / 2.0
    ratio = square(steep) / apart
    words = joined(
        " Why so many: the valley is ", rounded(ratio, 0), " times as steep across as along, and "
        "steps small enough for the one are tiny for the other."
    )  # fmt: skip
    return [if_error(when(compared(ratio, ">", _STEEP), words, ""), "")]


def how_long_leaf(section: Section, word: Expression | None) -> Leaf | None:
    """The sentence by its name, for the pages that show it."""
    return None if word is None else cell(section.name(HOW_LONG), value_of(word))
