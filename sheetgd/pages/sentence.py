"""Sentences that follow the sheet: a text with numbers in it, and the formula that says it."""

import math
from dataclasses import dataclass

from sheetgd.maths.formula import Formula, literal_texts
from sheetgd.maths.quantity import rounded

_MOST = 1e9
"""A number of this size or beyond is told in words."""

_BEYOND = "beyond all bounds"


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a cell says now, and the formula that says it whatever the numbers are."""

    text: str
    formula: Formula


def said(*pieces: "str | Sentence") -> Sentence:
    """Texts and other sentences strung together.

    >>> now = number(2.0, Formula.name("now_m"), 1)
    >>> sentence = said("m is ", now, ".")
    >>> sentence.text, str(sentence.formula)[:30]
    ('m is 2.', '"m is "&IFERROR(IF(ABS(now_m)<')
    """
    parts = [part for piece in pieces for part in _parts(piece)]
    return Sentence(
        "".join(part.text for part in parts), Formula.joined(*(part.formula for part in parts))
    )


def number(value: float, formula: Formula, decimals: int) -> Sentence:
    """A number as a sentence has it: rounded, and in words where there is none any more.

    >>> number(9.4679, Formula.name("lowest"), 1).text, number(30.0, Formula.name("b"), 1).text
    ('9.5', '30')
    """
    near = Formula.call("ABS", formula).compared("<", _MOST)
    told = Formula.call("IF", near, rounded(formula, decimals), _BEYOND)
    text = _BEYOND
    if math.isfinite(value) and abs(value) < _MOST:
        digits = f"{rounded(float(value), decimals):.{max(decimals, 0)}f}"
        text = digits.rstrip("0").rstrip(".") if "." in digits else digits
        text = "0" if text == "-0" else text
    return Sentence(text, Formula.call("IFERROR", told, _BEYOND))


def either(holds: bool, condition: Formula, one: Sentence, other: Sentence) -> Sentence:  # noqa: FBT001  it is what the condition comes to
    """One of two sentences, as a condition holds or not; the other where it is an error.

    >>> either(True, Formula.name("up"), said("It rises."), said("It falls.")).text
    'It rises.'
    """
    formula = Formula.call("IF", condition, one.formula, other.formula)
    return Sentence((one if holds else other).text, Formula.call("IFERROR", formula, other.formula))


def _parts(piece: str | Sentence) -> list[Sentence]:
    """A piece of a sentence, cut where a text is longer than a formula may hold."""
    if isinstance(piece, Sentence):
        return [piece]
    return [Sentence(text, Formula.literal(text)) for text in literal_texts(piece)]
