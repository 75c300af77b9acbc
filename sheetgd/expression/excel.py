"""Addresses and formulas of cells, and how each operation of a tree is printed.

A `Formula` is printed text; what it refers to moves when it is filled down.

>>> m, x = (Formula.cell(Address.parse(a)) for a in ("D90", "B90"))
>>> product = PRINTED["*"](m, x)
>>> str(product), product.filling().down(3)
('D90*B90', 'D93*B93')
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum, StrEnum
from functools import cache, lru_cache, partial, reduce
from typing import Final

from sheetgd.errors import LessonError

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
        column, remainder = divmod(column - 1, 26)
        letters = chr(ord("A") + remainder) + letters
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
    """Tell whether some program takes a name for a cell, a row, a column, TRUE or FALSE.

    Excel refuses names that are an address, and those that begin like one by numbers: R1C1, R, C,
    C1_x. Others know more columns than Excel does.

    >>> [reads_otherwise(each) for each in ("c1_start", "start_c1", "beta1", "R", "rate_1")]
    [True, False, True, True, False]
    """
    return _READ_OTHERWISE.match(name) is not None


MOST_DIGITS = 1e15
"""Whole numbers below this are written out; a spreadsheet keeps fifteen digits."""


_LEAST_WRITTEN_OUT, _MOST_WRITTEN_OUT = 1e-30, 1e30
"""Beyond these a constant would have more zeros than anybody counts: it has a power of ten."""

LONGEST_FORMULA = 8192
"""The most characters that a formula of a spreadsheet may have."""

LONGEST_LITERAL = 255
"""The most characters that a text within a formula may have."""

_WORDS_READ_OTHERWISE = ("R", "C", "RC", "TRUE", "FALSE")
"""Words that stand for a row, a column, a cell or a truth."""


class Binding(IntEnum):
    """How tightly a formula's outermost operator holds its operands together."""

    COMPARISON = 0
    ADDITIVE = 1
    MULTIPLICATIVE = 2
    POWER = 3
    ATOM = 4


@dataclass(frozen=True, slots=True)
class Reference:
    """A cell or a range, as a formula names it.

    `last` makes it a range; `fixed_row` and `fixed_column` put a dollar before the row
    and the column; `sheet` names another sheet. Filling down moves rows that are not fixed.
    """

    first: Address
    last: Address | None = None
    fixed_row: bool = False
    fixed_column: bool = False
    sheet: str = ""

    def __init__(
        self,
        first: Address,
        last: Address | None = None,
        fixed_row: bool = False,  # noqa: FBT001, FBT002  the same
        fixed_column: bool = False,  # noqa: FBT001, FBT002  the same
        sheet: str = "",
    ) -> None:
        """Fill the slots: see `Address`."""
        _set_first(self, first)
        _set_last(self, last)
        _set_fixed_row(self, fixed_row)
        _set_fixed_column(self, fixed_column)
        _set_sheet(self, sheet)

    def moving(self) -> tuple[str, tuple[int, ...]]:
        """Split the text around each row that filling down moves; return it with these rows.

        >>> Reference(Address(2, 3), sheet="As published").moving()
        ("'As published'!C%s", (2,))
        """
        if self.fixed_row:
            return str(self).replace("%", "%%"), ()
        column = "$" if self.fixed_column else ""
        text = f"{sheet_prefix(self.sheet).replace('%', '%%')}{column}{self.first.letters}%s"
        if self.last is None:
            return text, (self.first.row,)
        return f"{text}:{column}{self.last.letters}%s", (self.first.row, self.last.row)

    def __str__(self) -> str:
        column, row = "$" if self.fixed_column else "", "$" if self.fixed_row else ""
        text = f"{sheet_prefix(self.sheet)}{column}{self.first.letters}{row}{self.first.row}"
        if self.last is None:
            return text
        return f"{text}:{column}{self.last.letters}{row}{self.last.row}"


_set_first, _set_last, _set_fixed_row, _set_fixed_column, _set_sheet = (
    Reference.__dict__[each].__set__
    for each in ("first", "last", "fixed_row", "fixed_column", "sheet")
)


@cache
def sheet_prefix(sheet: str) -> str:
    """Write what stands before an address on another sheet: its title, quoted if need be.

    >>> sheet_prefix("Steps"), sheet_prefix("A1")
    ('Steps!', "'A1'!")
    """
    if not sheet:
        return ""
    plain = sheet.isascii() and sheet.isalpha() and sheet.upper() not in _WORDS_READ_OTHERWISE
    quoted = sheet if plain else "'" + sheet.replace("'", "''") + "'"
    return f"{quoted}!"


def literal_texts(text: str) -> list[str]:
    r"""Cut a text into literals that each fit into a formula.

    >>> [len(each) for each in literal_texts("m" * 300)], literal_texts("")
    ([255, 45], [''])
    >>> [len(each) for each in literal_texts("\N{GRINNING FACE}" * 300)]
    [127, 127, 46]
    """
    # Characters beyond the first 65,536 count twice.
    most = LONGEST_LITERAL if text.isascii() or max(text) <= "\uffff" else LONGEST_LITERAL // 2
    return [text[cut : cut + most] for cut in range(0, len(text), most)] or [""]


def _number(value: float) -> str:
    if abs(value) < MOST_DIGITS and value == int(value):
        return repr(int(value))
    if _LEAST_WRITTEN_OUT <= abs(value) < _MOST_WRITTEN_OUT:
        return format(Decimal(repr(value)), "f")
    return repr(value).upper()


@dataclass(frozen=True, slots=True)
class Filling:
    """A formula's text with places for the rows that move when it is filled down.

    Made once for a column, it writes the column's cells quickly, however many there are.
    """

    text: str
    rows: tuple[int, ...]

    def down(self, by: int) -> str:
        """Write the formula as it reads this many rows further down.

        >>> Formula.cell(Address(90, 4), fixed_column=True).filling().down(3)
        '$D93'
        """
        return self.text % tuple([row + by for row in self.rows])


ONE_BY_ONE: Final = frozenset(
    (
        "EXP", "LN", "LOG10", "SQRT", "ABS", "SIGN", "SIN", "COS", "TANH", "INT", "MOD", "ROUND",
        "IF", "IFERROR", "NOT", "ISNUMBER", "ISERROR",
    )
)  # fmt: skip
"""The functions of single numbers that formulas use; others take a range as a whole."""

_PARENTHESES: Final = re.compile(r'"(?:[^"]|"")*"|([A-Z][A-Z0-9.]*)?(\()|(\))')

_MAY_FAIL: Final = re.compile(r"/(?!\d)|\b(?:EXP|LN|LOG10|SQRT)\(|\^(?!\d+(?![\d.]))")
"""What has no answer for some numbers, or overflows."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A spreadsheet formula as it is printed.

    `parts` are text and references in turn, `binding` tells where parentheses are needed.
    Powers and negations always get their own: in a spreadsheet a leading minus binds tighter
    than ``^``, and ``^`` chains leftwards. Operands keep the order they were written in, so
    that a spreadsheet rounds as Python does.
    """

    parts: tuple[str | Reference, ...]
    binding: Binding = Binding.ATOM

    def __init__(self, parts: tuple[str | Reference, ...], binding: Binding = Binding.ATOM) -> None:
        """Fill the slots: see `Address`."""
        _set_parts(self, parts)
        _set_binding(self, binding)

    @classmethod
    def cell(
        cls,
        address: Address,
        *,
        fixed_row: bool = False,
        fixed_column: bool = False,
        sheet: str = "",
    ) -> "Formula":
        """Refer to one cell.

        >>> str(Formula.cell(Address(46, 2), fixed_column=True))
        '$B46'
        """
        return cls((Reference(address, None, fixed_row, fixed_column, sheet),))

    @classmethod
    def range(
        cls, first: Address, last: Address, *, fixed: bool = True, sheet: str = ""
    ) -> "Formula":
        """Refer to a block of cells, in place for good unless `fixed` is false."""
        return cls((Reference(first, last, fixed, fixed, sheet),))

    @classmethod
    def name(cls, name: str) -> "Formula":
        """Refer to a defined name, or to a column's header where a formula is shown in words."""
        return cls((name,))

    @classmethod
    def literal(cls, value: float | str) -> "Formula":
        """Write a constant as formulas do.

        A text longer than one may be there is strung together from several. A number is written
        without a power of ten, which not every program reads in a formula; pi, of which Excel
        reads fifteen digits only, by its name.

        >>> str(Formula.literal(-2)), str(Formula.literal(1e-9)), str(Formula.literal('a "b" c'))
        ('(-2)', '0.000000001', '"a ""b"" c"')
        """
        if isinstance(value, str):
            texts = [cls(('"' + each.replace('"', '""') + '"',)) for each in literal_texts(value)]
            return texts[0] if len(texts) == 1 else _joined(*texts)
        return _literal(value)

    @property
    def many(self) -> bool:
        """Whether it computes with ranges, so that it stands for many numbers at once."""
        return any(isinstance(part, Reference) and part.last is not None for part in self.parts)

    @property
    def one_by_one(self) -> bool:
        """Whether it is computed for each cell of a range, and not for a range as a whole.

        >>> column = Formula.range(Address(1, 2), Address(5, 2))
        >>> column.one_by_one, called("ABS", column).one_by_one, called("SUM", column).one_by_one
        (True, True, False)
        """
        around: list[bool] = []
        for part in self.parts if self.many else ():
            if isinstance(part, Reference):
                if part.last is not None and not any(around):
                    return True
                continue
            for function, opens, closes in _PARENTHESES.findall(part):
                if opens:
                    around.append(bool(function) and function not in ONE_BY_ONE)
                elif closes:
                    around.pop()
        return False

    @property
    def is_row(self) -> bool:
        """Whether it is a range of several cells within one row."""
        match self.parts:
            case (Reference(first=first, last=Address(row=row, column=column)),):
                return first.row == row and first.column < column
        return False

    def within(self, at_least: int) -> tuple[str | Reference, ...]:
        """Return the parts, in parentheses unless they bind at least this tightly."""
        return self.parts if self.binding >= at_least else ("(", *self.parts, ")")

    def filling(self) -> Filling:
        """Return the formula's text, ready to be filled down: see `Filling`."""
        text: list[str] = []
        rows: list[int] = []
        for part in self.parts:
            if isinstance(part, str):
                text.append(part.replace("%", "%%"))
            else:
                piece, moving = part.moving()
                text.append(piece)
                rows += moving
        return Filling("".join(text), tuple(rows))

    def __str__(self) -> str:
        return "".join(map(str, self.parts))


@lru_cache(maxsize=1024)
def _literal(value: float) -> Formula:
    """Write a number; few of them stand in thousands of formulas."""
    if value == math.pi:
        return Formula(("PI()",))
    text = _number(value)
    return Formula((f"({text})" if value < 0 else text,))


_set_parts, _set_binding = (Formula.__dict__[each].__set__ for each in ("parts", "binding"))


def called(name: str, *operands: Formula) -> Formula:
    """Print a call of one of the spreadsheet's functions.

    >>> str(called("SUM", Formula.range(Address(1, 2), Address(5, 2)), Formula.name("m")))
    'SUM($B$1:$B$5,m)'
    """
    parts = [part for operand in operands for part in (",", *operand.parts)]
    return Formula((f"{name}(", *parts[1:], ")"))


def _infix(sign: str, binding: Binding) -> Callable[[Formula, Formula], Formula]:
    # The right operand needs parentheses at equal binding, too: a+(b+c) rounds
    # differently from a+b+c, and a-(b-c) is another number altogether.
    return lambda one, other: Formula(
        (*one.within(binding), sign, *other.within(binding + 1)), binding
    )


def _compared(sign: str) -> Callable[[Formula, Formula], Formula]:
    return lambda one, other: Formula(
        (*one.within(Binding.ADDITIVE), sign, *other.within(Binding.ADDITIVE)), Binding.COMPARISON
    )


def _power(base: Formula, exponent: Formula) -> Formula:
    # A leading minus binds tighter than the sign, and the sign chains leftwards.
    return Formula((*base.within(Binding.ATOM), "^", *exponent.within(Binding.ATOM)), Binding.POWER)


def _negative(value: Formula) -> Formula:
    # Of the minus before a range some programs take a single cell, also in a sum.
    minus = "(0-" if value.many else "(-"
    return Formula((minus, *value.within(Binding.ATOM), ")"))


def _joined(*texts: Formula) -> Formula:
    parts = [part for text in texts for part in ("&", *text.within(Binding.ADDITIVE))]
    return Formula(tuple(parts[1:]), Binding.COMPARISON)


_ZERO, _TIMES, _MINUS = (
    _literal(0.0),
    _infix("*", Binding.MULTIPLICATIVE),
    _infix("-", Binding.ADDITIVE),
)


def _absolute(value: Formula) -> Formula:
    # Of a range some programs take a single cell in ABS; comparisons all of them take one by one.
    if not value.one_by_one:
        return called("ABS", value)
    positive = _grouped(_compared(">")(value, _ZERO))
    either = _TIMES(_grouped(_MINUS(_TIMES(_literal(2.0), positive), _literal(1.0))), value)
    return _not_too_long(either, "absolute values")


def _sign(value: Formula) -> Formula:
    if not value.one_by_one:
        return called("SIGN", value)
    above, below = (_grouped(_compared(sign)(value, _ZERO)) for sign in (">", "<"))
    return _not_too_long(_MINUS(above, below), "signs")


def _chosen(sign: str, opposite: str) -> Callable[..., Formula]:
    """Print IF; of ranges, as arithmetic, unless what is not chosen might be an error."""

    def printed(one: Formula, other: Formula, then: Formula, otherwise: Formula) -> Formula:
        condition = _compared(sign)(one, other)
        safe = not any(_MAY_FAIL.search(str(way)) for way in (then, otherwise))
        if not (condition.one_by_one and safe):
            return called("IF", condition, then, otherwise)
        return _either(one, other, ((sign, then), (opposite, otherwise)), "choices")

    return printed


def _either(
    one: Formula, other: Formula, ways: Sequence[tuple[str, Formula]], functions: str
) -> Formula:
    """Print a choice as the sum of both ways, each times 1 or 0, as two values compare."""
    terms = [
        _TIMES(_grouped(_compared(sign)(one, other)), way) for sign, way in ways if way != _ZERO
    ]
    return _not_too_long(reduce(_infix("+", Binding.ADDITIVE), terms or [_ZERO]), functions)


def _grouped(value: Formula) -> Formula:
    return Formula(value.within(Binding.ATOM))


def _one_of_two(name: str, sign: str, other_sign: str) -> Callable[[Formula, Formula], Formula]:
    """Print MAX or MIN; element by element of ranges, of which they take all at once in a sheet."""

    def printed(first: Formula, second: Formula) -> Formula:
        if not (first.one_by_one or second.one_by_one):
            return called(name, first, second)
        return _either(first, second, ((sign, first), (other_sign, second)), "max and min")

    return printed


def _not_too_long(formula: Formula, functions: str) -> Formula:
    """Refuse what fills no cell: each stands there several times, and so does what is within."""
    if len(formula.parts) > LONGEST_FORMULA:
        raise LessonError(
            f"{functions} stand so deep within each other that a formula over all rows would "
            f"have more than {LONGEST_FORMULA:,} characters, which is all that a cell holds; "
            "simplify the model"
        )
    return formula


def _sigmoid(value: Formula) -> Formula:
    over, two = PRINTED["/"], Formula.literal(2)
    return over(PRINTED["+"](Formula.literal(1), called("TANH", over(value, two))), two)


def _softplus(value: Formula) -> Formula:
    power = called("EXP", PRINTED["negative"](called("ABS", value)))
    corner = PRINTED["max"](value, Formula.literal(0))
    plus, one = PRINTED["+"], Formula.literal(1)
    return _not_too_long(plus(corner, called("LN", plus(one, power))), "softplus of softplus")


def _total(values: Formula) -> Formula:
    # Every program evaluates SUMPRODUCT element by element.
    return called("SUM" if len(values.parts) == 1 else "SUMPRODUCT", values)


def _index(among: Formula, place: Formula) -> Formula:
    # INDEX takes the second argument for a row, which only Office forgives of a single row.
    return called("INDEX", among, *([Formula.literal(1)] if among.is_row else []), place)


_NAMES: Final = {
    "all_of": "AND", "any_of": "OR", "cos": "COS", "count": "COUNT",
    "count_filled": "COUNTA", "count_if": "COUNTIF", "exp": "EXP", "floor": "INT",
    "if_error": "IFERROR", "is_error": "ISERROR", "is_number": "ISNUMBER", "ln": "LN",
    "log10": "LOG10", "maximum": "MAX", "minimum": "MIN", "remainder": "MOD",
    "squared_deviations": "DEVSQ",
    "rounded": "ROUND", "sin": "SIN", "slope": "SLOPE", "sqrt": "SQRT",
    "tanh": "TANH", "total_where": "SUMPRODUCT", "when": "IF",
}  # fmt: skip
"""What spreadsheets call the operations that are functions there."""

PRINTED: Final[Mapping[str, Callable[..., Formula]]] = {
    "+": _infix("+", Binding.ADDITIVE),
    "-": _infix("-", Binding.ADDITIVE),
    "*": _infix("*", Binding.MULTIPLICATIVE),
    "/": _infix("/", Binding.MULTIPLICATIVE),
    "^": _power,
    "negative": _negative,
    **{sign: _compared(sign) for sign in ("=", "<>", "<", "<=", ">", ">=")},
    "abs": _absolute,
    "sign": _sign,
    "when=": _chosen("=", "<>"),
    "when>=": _chosen(">=", "<"),
    "max": _one_of_two("MAX", ">=", "<"),
    "min": _one_of_two("MIN", "<=", ">"),
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "joined": _joined,
    "total": _total,
    "index": _index,
    "match": lambda value, among: called("MATCH", value, among, Formula.literal(0)),
    **{operation: partial(called, name) for operation, name in _NAMES.items()},
}
"""How each operation of a tree is printed, from its operands as they are printed."""
