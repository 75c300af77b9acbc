"""Which formulas are to be written as array formulas.

Within SUMPRODUCT all spreadsheets compute ``+ - * / ^`` and comparisons of ranges element by
element. Of a function such as EXP or IF some take a single cell of the range there, without saying
so: Gnumeric of most, Excel of IF. In an array formula all of them take every cell.
"""

import re
from typing import Final

_SUMS: Final = "SUMPRODUCT("
_OF_ONE: Final = (
    "EXP|LN|LOG10|SQRT|ABS|SIGN|SIN|COS|TANH|INT|MOD|ROUND|IF|IFERROR|NOT|ISNUMBER|ISERROR"
)
"""The functions of single numbers that formulas use; others take a range as a whole."""

_CALL_OF_ONE: Final = re.compile(rf"\b(?:{_OF_ONE})\(")
_PIECE: Final = re.compile(
    r"""
    "(?:[^"]|"")*" | '(?:[^']|'')*'  # a text or the title of a sheet
    | (?P<range>\$?[A-Z]{1,3}\$?\d+:\$?[A-Z]{1,3}\$?\d+)
    | (?P<open>(?P<function>[A-Z][A-Z0-9.]*)?\()
    | (?P<close>\))
    """,
    re.VERBOSE,
)


def needs_array(formula: str) -> bool:
    """Tell whether a formula sums up what a function of single numbers makes of a range.

    >>> needs_array("SUMPRODUCT((A1*B1:B9)^2)"), needs_array("SUMPRODUCT(EXP(A1*B1:B9)^2)")
    (False, True)
    >>> needs_array("SQRT(SUMPRODUCT((EXP(A1)*B1:B9)^2)/COUNT(B1:B9))")
    False
    """
    start = formula.find(_SUMS)
    # Few formulas get past this.
    if start < 0 or _CALL_OF_ONE.search(formula, start) is None:
        return False
    around: list[str] = []
    for piece in _PIECE.finditer(formula):
        if piece["open"] is not None:
            around.append(piece["function"] or "")
        elif piece["close"] is not None:
            around.pop()
        elif piece["range"] is not None and _taken_one_by_one(around):
            return True
    return False


def _taken_one_by_one(around: list[str]) -> bool:
    """Whether a function of single numbers stands between a range and the sum around it."""
    single = False
    for function in reversed(around):
        if _CALL_OF_ONE.fullmatch(f"{function}("):
            single = True
        elif function:
            return single and function == _SUMS[:-1]
    return False
