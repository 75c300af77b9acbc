"""Addresses and values of cells: a row and a column, and what a cell can show.

It is all that the writing side and the reading side have in common.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

MAX_ROWS: Final = 1_048_576
MAX_COLUMNS: Final = 16_384

LONGEST_TEXT: Final = 32_767
"""The most characters that a cell may hold."""

_NUMBERED: Final = re.compile(r"([a-z]+)([0-9]+)")
_READ_OTHERWISE: Final = re.compile(
    r"(?:[a-z]+[0-9]+|r|c|rc|true|false)$|(?:r|c|rc)[0-9]", re.IGNORECASE
)
_ADDRESS: Final = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})")


class ErrorValue(StrEnum):
    """An error as a spreadsheet shows it in place of a number."""

    NOT_AVAILABLE = "#N/A"
    NUMBER = "#NUM!"
    DIVISION = "#DIV/0!"
    VALUE = "#VALUE!"
    REFERENCE = "#REF!"
    NAME = "#NAME?"
    NULL = "#NULL!"


Value = float | int | str | bool | ErrorValue | None


@dataclass(frozen=True, order=True, slots=True)
class Address:
    """A cell's place in a sheet: row and column, both counted from 1.

    >>> str(Address(90, 2)), Address.parse("$M$84")
    ('B90', Address(row=84, column=13))
    """

    row: int
    column: int

    def __init__(self, row: int, column: int) -> None:
        """Fill the slots: a book has tens of thousands, and a frozen record's own way is slow."""
        _set_row(self, row)
        _set_column(self, column)

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read an address such as ``B90`` or ``$M$84``; ValueError if it is none.

        >>> Address.parse("AA1")
        Address(row=1, column=27)
        """
        match = _ADDRESS.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a cell address")
        column = 0
        for letter in match[1].upper():
            column = column * 26 + ord(letter) - ord("A") + 1
        return cls(int(match[2]), column)

    @property
    def letters(self) -> str:
        """The column's letters.

        >>> Address(1, 28).letters
        'AB'
        """
        return _letters(self.column)

    def moved(self, down: int = 0, right: int = 0) -> "Address":
        """Return the address some rows down and columns to the right."""
        return Address(self.row + down, self.column + right)

    def __str__(self) -> str:
        return f"{_letters(self.column)}{self.row}"


_set_row, _set_column = (Address.__dict__[each].__set__ for each in ("row", "column"))


@cache
def _letters(column: int) -> str:
    """Spell a column in letters; remembered, for it is asked for again and again."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def text_length(text: str) -> int:
    r"""Count a text's characters as a spreadsheet does: those beyond the first 65,536 twice.

    >>> text_length("error_sq"), text_length("\N{GRINNING FACE}")
    (8, 2)
    """
    return len(text) if text.isascii() else len(text) + sum(each > "\uffff" for each in text)


def named_in_sheets(setting: str) -> str:
    """Return what sheets call a setting: never what a program could read as a cell's address.

    >>> named_in_sheets("beta1"), named_in_sheets("learn"), named_in_sheets("start_c1")
    ('beta_1', 'learn', 'start_c1')
    """
    numbered = _NUMBERED.fullmatch(setting)
    return setting if numbered is None else f"{numbered[1]}_{numbered[2]}"


def reads_otherwise(name: str) -> bool:
    """Tell whether some program takes a name for a cell, a row, a column or a truth.

    Excel refuses names that are an address, and those that begin like one by numbers: R1C1, R, C,
    C1_x. Others know more columns than Excel does.

    >>> [reads_otherwise(each) for each in ("c1_start", "start_c1", "beta1", "R", "rate_1")]
    [True, False, True, True, False]
    """
    return _READ_OTHERWISE.match(name) is not None
