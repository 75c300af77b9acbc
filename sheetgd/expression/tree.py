"""Expressions: the operators of Python build a tree that calculus can work on.

An `Expression` stands where a number would stand. So a function written for numbers, called
with symbols, returns the tree of what it computes:

>>> m, x, b = map(Symbol, "mxb")
>>> list((m * x + b).symbols())
['m', 'x', 'b']

`sheetgd.expression.numbers` computes such a tree, `sheetgd.expression.derivative`
differentiates it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sheetgd.expression.excel import Formula

_NO_NAMES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Expression:
    """Something computed from numbers and symbols; see `Number`, `Symbol`, `Operation`."""

    def __add__(self, other: "float | Expression") -> "Expression":
        return Operation("+", (self, lifted(other)))

    def __radd__(self, other: float) -> "Expression":
        return lifted(other) + self

    def __sub__(self, other: "float | Expression") -> "Expression":
        return Operation("-", (self, lifted(other)))

    def __rsub__(self, other: float) -> "Expression":
        return lifted(other) - self

    def __mul__(self, other: "float | Expression") -> "Expression":
        return Operation("*", (self, lifted(other)))

    def __rmul__(self, other: float) -> "Expression":
        return lifted(other) * self

    def __truediv__(self, other: "float | Expression") -> "Expression":
        return Operation("/", (self, lifted(other)))

    def __rtruediv__(self, other: float) -> "Expression":
        return lifted(other) / self

    def __neg__(self) -> "Expression":
        return Operation("negative", (self,))

    def symbols(self) -> Iterator[str]:
        """Yield the symbols' names as they stand from left to right, each as often as it stands."""
        yield from ()

    @property
    def names(self) -> frozenset[str]:
        """The names of its symbols, each once."""
        return _NO_NAMES


@dataclass(frozen=True, slots=True)
class Number(Expression):
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Text(Expression):
    """A constant text."""

    value: str


@dataclass(frozen=True, slots=True, eq=False)
class Leaf(Expression):
    """A cell or a range of a sheet, which knows what it holds.

    Attributes:
        formula: how formulas refer to it.
        value: a cell's value, or the tuple of a range's.
    """

    formula: Formula
    value: Any

    def __init__(self, formula: Formula, value: Any) -> None:  # noqa: ANN401  whatever a cell holds
        """Fill the slots: see `sheetgd.expression.excel.Address`."""
        _set_formula(self, formula)
        _set_value(self, value)


_set_formula, _set_value = (Leaf.__dict__[each].__set__ for each in ("formula", "value"))


@dataclass(frozen=True, slots=True)
class Symbol(Expression):
    """What a number will stand for: x, y or a parameter."""

    name: str

    @property
    def names(self) -> frozenset[str]:
        """Its name."""
        return frozenset((self.name,))

    def symbols(self) -> Iterator[str]:
        """Yield its name."""
        yield self.name


class _OnASheet:
    """The value and formula of an operation as a cell, kept once found: trees share subtrees."""

    __slots__ = ("printed", "shown")
    printed: Formula
    shown: Any


@dataclass(frozen=True, slots=True)
class Operation(_OnASheet, Expression):
    """A function of other expressions, by its name in `sheetgd.expression.functions`."""

    function: str
    operands: tuple[Expression, ...]
    _names: frozenset[str] = field(init=False, repr=False, compare=False)

    def __init__(self, function: str, operands: tuple[Expression, ...]) -> None:
        """Gather the names once: they are asked for at every level of long formulas."""
        _set_function(self, function)
        _set_operands(self, operands)
        names = _NO_NAMES
        for each in operands:
            # By type, for trees of cells are many, and have none.
            kind = type(each)
            if kind is Operation or kind is Symbol:
                own = each.names
                names = names | own if names else own
        _set_names(self, names)

    def keep(self, what: str, found: Any) -> Any:  # noqa: ANN401  a cell's value, or its formula
        """Keep what it comes to on a sheet, ``shown`` or ``printed``, and return it."""
        object.__setattr__(self, what, found)
        return found

    @property
    def names(self) -> frozenset[str]:
        """The names of its operands' symbols."""
        return self._names

    @property
    def is_square(self) -> bool:
        """Whether it is the square of its first operand.

        >>> Operation("^", (Symbol("x"), Number(2.0))).is_square
        True
        """
        return self.function == "^" and self.operands[1] == Number(2.0)

    def symbols(self) -> Iterator[str]:
        """Yield the names of its operands' symbols."""
        left: list[Expression] = [self]
        while left:
            each = left.pop()
            if isinstance(each, Operation):
                left.extend(reversed(each.operands))
            else:
                yield from each.symbols()


_set_function, _set_operands, _set_names = (
    Operation.__dict__[each].__set__ for each in ("function", "operands", "_names")
)


def written_with(tree: Expression, instead: Mapping[Expression, Expression]) -> Expression:
    """Write an expression with what stands for parts of it already.

    Args:
        tree: the expression.
        instead: what to write in place of which parts of it, the largest first.

    >>> x, y = Symbol("x"), Symbol("y")
    >>> half = Operation("/", (x, Number(2.0)))
    >>> tree = Operation("-", (half, y))
    >>> written_with(tree, {half: Symbol("h")}) == Operation("-", (Symbol("h"), y))
    True
    """
    if not instead or not isinstance(tree, Operation):
        return tree
    if tree in instead:
        return instead[tree]
    operands = tuple(written_with(each, instead) for each in tree.operands)
    alike = all(one is other for one, other in zip(operands, tree.operands, strict=True))
    return tree if alike else Operation(tree.function, operands)


def lifted(value: float | Expression) -> Expression:
    """Return a number as an expression; an expression stays as it is."""
    return value if isinstance(value, Expression) else Number(float(value))
