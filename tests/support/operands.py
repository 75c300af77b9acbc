"""How far apart two programs may be in a cell: as far as the rounding of its operands goes.

Of a difference of two nearly equal numbers only the last digits are left, and there programs
differ: they add up in another order, or take another power. The bound for a cell is a share of the
largest number that its formula reads, and never a number of its own, so that data of 1E-9 are
judged as strictly as others.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeGuard

import openpyxl
from openpyxl.worksheet.formula import ArrayFormula

from sheetgd.expression.excel import Address
from tests.support.engines import Place, Result

SHARE = 1e-9
"""Of the largest operand."""

_REFERENCE = re.compile(
    r"(?:(?P<sheet>'(?:[^']|'')+'|[A-Za-z]+)!)?"
    r"\$?(?P<first>[A-Z]{1,3}\$?\d+)(?::\$?(?P<last>[A-Z]{1,3}\$?\d+))?(?![\w(])"
)
_NAME = re.compile(r"(?<![\w!'$])[A-Za-z_][A-Za-z0-9_]*(?![\w(!'])")
_TEXT = re.compile(r'"(?:[^"]|"")*"')
_LONG_NUMBER = re.compile(r"-?\d*\.\d{17,}")


@dataclass(frozen=True)
class Operands:
    """A workbook's formulas, and what its cells hold.

    Attributes:
        path: the workbook.
        values: what a program computes for its formula cells.
        changes: what is typed into others.
    """

    path: Path
    values: Mapping[Place, Result]
    changes: Mapping[Place, object]

    @cached_property
    def _cells(self) -> tuple[dict[Place, str], dict[Place, object], dict[str, Place]]:
        book, formulas, held = openpyxl.load_workbook(self.path, read_only=True), {}, {}
        for page in book.worksheets:
            for row in page.iter_rows():
                for cell in row:
                    if cell.data_type == "f":
                        formula = cell.value
                        text = formula.text if isinstance(formula, ArrayFormula) else formula
                        formulas[page.title, cell.coordinate] = _TEXT.sub("", str(text))
                    elif cell.value is not None:
                        held[page.title, cell.coordinate] = cell.value
        names = {
            name: (title, address.replace("$", ""))
            for name, defined in book.defined_names.items()
            for title, address in defined.destinations
        }
        book.close()
        return formulas, held | dict(self.changes) | dict(self.values), names

    def largest(self, place: Place) -> float:
        """The largest number, sign aside, that the formula in a cell reads, or comes to."""
        formulas, held, names = self._cells
        formula, title = formulas[place], place[0]
        read = [place]
        for found in _REFERENCE.finditer(formula):
            sheet = (found["sheet"] or title).strip("'").replace("''", "'")
            first = Address.parse(found["first"])
            last = Address.parse(found["last"] or found["first"])
            read += [
                (sheet, str(Address(row, column)))
                for row in range(first.row, last.row + 1)
                for column in range(first.column, last.column + 1)
            ]
        read += [names[name] for name in _NAME.findall(formula) if name in names]
        held_there = [held.get(each) for each in read]
        return max((abs(each) for each in held_there if _is_number(each)), default=0.0)

    def apart(self, found: Mapping[Place, Result]) -> list[tuple[Place, Result, Result]]:
        """The cells in which another program is apart by more than the bound."""
        return [
            (place, self.values.get(place), found.get(place))
            for place in sorted(self.values.keys() | found.keys())
            if place not in found
            or place not in self.values
            or not self._alike(place, self.values[place], found[place])
        ]

    def _alike(self, place: Place, one: Result, other: Result) -> bool:
        if _is_number(one) and _is_number(other):
            difference = abs(one - other)
            # The operands are looked up only where they are needed.
            return difference <= SHARE * abs(one) or difference <= SHARE * self.largest(place)
        if isinstance(one, str) and isinstance(other, str):
            return _told(one) == _told(other)
        return one is other


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _told(text: str) -> str:
    """A text as most write it: Gnumeric joins 0.01 to it as 0.0099999999999999999998."""
    return _LONG_NUMBER.sub(lambda found: f"{float(found[0]):.15g}", text)
