"""Expressions printed as JavaScript: functions of numbered slots, for a page.

Each expression becomes one function ``v => ...``. What a symbol stands for is read from the slot
that has its name, so no name of a user's gets into the text. The operators are JavaScript's own;
every other operation is called by its name in ``sheetgd/web/functions.js``, which computes it as
`sheetgd.expression.python` does: what has no answer is NaN, and so is an error of a sheet. The
order of operations is kept, so the numbers are Python's, but for the last digit of the functions
that each system's library rounds in its own way, such as exp.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sheetgd.expression.python import operations_of
from sheetgd.expression.tree import Expression, Number, Operation, Symbol, Text

_OPERATORS: Final[Mapping[str, str]] = {
    "+": "({0}+{1})",
    "-": "({0}-{1})",
    "*": "({0}*{1})",
    "negative": "(-{0})",
}

CALLED: Final[Mapping[str, str]] = {
    **{name: name for name in ("exp", "ln", "sin", "cos", "tanh", "sigmoid", "softplus", "abs")},
    **{name: name for name in ("sqrt", "sign", "floor", "remainder", "max", "min")},
    **{name: name for name in ("rounded", "log10", "joined", "when")},
    "/": "quotient",
    "^": "power",
    "when=": "whenEqual",
    "when>=": "whenAtLeast",
    "=": "isEqual",
    "<>": "isOther",
    "<": "isBelow",
    "<=": "isAtMost",
    ">": "isAbove",
    ">=": "isAtLeast",
    "all_of": "allOf",
    "any_of": "anyOf",
    "if_error": "ifError",
    "is_error": "isError",
    "is_number": "isNumber",
    "minimum": "lowest",
    "maximum": "highest",
}
"""What the page's script calls each operation that is no operator."""

OVER_ROWS: Final = ("total", "count", "minimum", "maximum", "squared_deviations")
"""What is taken over all rows, not over some values of one: see `Functions.over_rows`."""


@dataclass(frozen=True, slots=True)
class Functions:
    """The functions that are printed, each once, and the slots that they read.

    >>> functions = Functions()
    >>> functions.number(Symbol("m") * Symbol("x") + 1), functions.number(Symbol("m") * 1.5)
    (0, 1)
    >>> functions.slots, functions.texts
    (['m', 'x'], ['v=>((v[0]*v[1])+1)', 'v=>(v[0]*1.5)'])
    """

    _slots: dict[str, int] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)
    _found: dict[Expression, int] = field(default_factory=dict)

    @property
    def slots(self) -> list[str]:
        """The names, in the order of their slots."""
        return list(self._slots)

    @property
    def texts(self) -> list[str]:
        """The functions, in the order of their numbers."""
        return list(self._numbers)

    def slot(self, name: str) -> int:
        """Return the slot of a name; the next free one if it has none."""
        return self._slots.setdefault(name, len(self._slots))

    def number(self, expression: Expression) -> int:
        """Return the place of an expression's function among all."""
        if expression not in self._found:
            text = f"v=>{_body(expression, self)}"
            self._found[expression] = self._numbers.setdefault(text, len(self._numbers))
        return self._found[expression]

    def over_rows(self, expression: Expression) -> list[list[int]]:
        """Return how an expression is computed in which something is taken over all rows.

        Returns:
            In order: a slot, the function of a row, and in the place of `OVER_ROWS` what is taken
            of its values. The last is the whole: its slot and its function alone.

        >>> functions = Functions()
        >>> y, rows = Symbol("y"), Symbol("rows")
        >>> functions.over_rows(Operation("total", (y,)) / rows)
        [[1, 0, 0], [3, 1]]
        >>> functions.slots[1], functions.texts
        ('total 0', ['v=>v[0]', 'v=>quotient(v[1],v[2])'])
        """
        found: list[list[int]] = []
        whole = self._without_rows(expression, found)
        number = self.number(whole)
        return [*found, [self.slot(f"whole {number}"), number]]

    def _without_rows(self, tree: Expression, found: list[list[int]]) -> Expression:
        """Put a symbol in the place of all that is taken over rows."""
        if not isinstance(tree, Operation):
            return tree
        operands = tuple(self._without_rows(each, found) for each in tree.operands)
        if tree.function not in OVER_ROWS or len(operands) > 1:
            return Operation(tree.function, operands)
        kind, number = OVER_ROWS.index(tree.function), self.number(operands[0])
        name = f"{tree.function} {number}"
        step = [self.slot(name), number, kind]
        if step not in found:
            found.append(step)
        return Symbol(name)


def literal(value: float | str) -> str:
    r"""Write a constant; nothing in a text ends a script.

    >>> print(literal(2.0), literal(-1e-08), literal("a</b>"))
    2 (-1e-08) "a\u003c/b>"
    """
    if isinstance(value, str):
        return json.dumps(value).replace("<", "\\u003c")
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"({'-' if value < 0 else ''}Infinity)"
    text = repr(float(value)).removesuffix(".0")
    return f"({text})" if text.startswith("-") else text


def _body(expression: Expression, functions: Functions) -> str:
    """Write what a function returns; what stands there twice is computed once before it."""
    uses = Counter(operations_of([expression]))
    names: dict[Expression, str] = {}
    lines: list[str] = []

    def text(tree: Expression) -> str:
        if isinstance(tree, Number | Text):
            return literal(tree.value)
        if isinstance(tree, Symbol):
            return f"v[{functions.slot(tree.name)}]"
        assert isinstance(tree, Operation)  # noqa: S101  cells are on sheets
        if tree in names:
            return names[tree]
        written = _operation(tree.function, [text(each) for each in _operands(tree)], tree)
        if uses[tree] > 1:
            name = names[tree] = f"c{len(names)}"
            lines.append(f"const {name}={written};")
            return name
        return written

    whole = text(expression)
    return f"{{{''.join(lines)}return {whole}}}" if lines else whole


def _operands(tree: Operation) -> tuple[Expression, ...]:
    return tree.operands[:1] if tree.is_square else tree.operands


def _operation(function: str, operands: Sequence[str], tree: Operation) -> str:
    if tree.is_square:
        return f"square({operands[0]})"
    if function in _OPERATORS:
        return _OPERATORS[function].format(*operands)
    return f"{CALLED[function]}({','.join(operands)})"
