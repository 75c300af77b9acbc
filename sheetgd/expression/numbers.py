"""Computing an expression with floats, with arrays, or with expressions again.

Where arithmetic has no answer (a division by zero, the logarithm of a negative number), a number
becomes NaN, where it overflows, infinite: a spreadsheet shows an error in both cases. What is made
of an error is an error, too. Left to themselves, Python and NumPy say that 1/(1 + exp(1000)) is 0
and that tanh of an infinity is 1, where a spreadsheet shows errors, as EXP(1000) is one already. So
nothing here makes a number of an infinity.

What an operation is on floats is printed from the table of `sheetgd.expression.python`; here is
what it is on arrays.
"""

import math
import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, partial
from typing import Any, Final, TypeVar

import numpy as np

from sheetgd.expression.python import MATHEMATICS, OPERATORS, Statements
from sheetgd.expression.tree import Expression, Number, Operation, Symbol, lifted

FloatArray = np.ndarray[Any, np.dtype[np.float64]]
"""An array of floats of any shape."""

Q = TypeVar("Q", float, FloatArray, Expression)
"""A quantity: a float, an array of floats, or an expression."""

_Evaluator = Callable[[Sequence[Any]], Any]


def _unless_infinite(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function of arrays return NaN where one of them is infinite."""

    def careful(*values: Any) -> Any:  # noqa: ANN401  what the function takes
        found, infinite = function(*values), [np.isinf(value) for value in values]
        if not any(each.any() for each in infinite):
            return found
        return np.where(np.logical_or.reduce(np.broadcast_arrays(*infinite)), math.nan, found)

    return careful


def _quotient(dividend: Any, divisor: Any) -> Any:  # noqa: ANN401  arrays or numbers
    wrong = np.equal(divisor, 0.0) | np.isinf(divisor)
    found = np.divide(dividend, divisor)
    return np.where(wrong, math.nan, found) if wrong.any() else found


def _raised(base: Any, exponent: Any) -> Any:  # noqa: ANN401  the same
    if isinstance(exponent, float | int) and exponent in _SHORT_POWERS:
        return _SHORT_POWERS[exponent](base)
    return _unless_infinite(np.power)(base, exponent)


_SHORT_POWERS: Final[Mapping[float, Callable[..., Any]]] = {
    2.0: lambda base: base * base,
    0.5: _unless_infinite(np.sqrt),
    -1.0: lambda base: _quotient(1.0, base),
}


def _chosen(holds: Callable[..., Any]) -> Callable[..., Any]:
    def choose(one: Any, other: Any, then: Any, otherwise: Any) -> Any:  # noqa: ANN401  the same
        found = np.where(holds(one, other), then, otherwise)
        numbers = np.isfinite(one) & np.isfinite(other)
        return found if numbers.all() else np.where(numbers, found, math.nan)

    return choose


ON_ARRAYS: Final[Mapping[str, Callable[..., Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "negative": operator.neg,
    "/": _quotient,
    "^": _raised,
    "sqrt": np.sqrt,
    "exp": _unless_infinite(np.exp),
    "ln": np.log,
    "abs": np.abs,
    "sign": _unless_infinite(np.sign),
    "sin": np.sin,
    "cos": np.cos,
    "tanh": _unless_infinite(np.tanh),
    "sigmoid": _unless_infinite(lambda value: (1.0 + np.tanh(value / 2.0)) / 2.0),
    "softplus": _unless_infinite(
        lambda value: np.maximum(value, 0.0) + np.log(1.0 + np.exp(-np.abs(value)))
    ),
    "max": _unless_infinite(np.maximum),
    "min": _unless_infinite(np.minimum),
    "floor": np.floor,
    "remainder": np.mod,
    "when=": _chosen(np.equal),
    "when>=": _chosen(np.greater_equal),
}
"""Every operation on arrays, by its name."""


@cache
def on_numbers(function: str) -> Callable[..., Any]:
    """Return the function of an operation on floats, or on arrays.

    >>> on_numbers("/")(1.0, 0.0), on_numbers("sqrt")(4.0)
    (nan, 2.0)
    >>> on_numbers("/")(1.0, np.array([4.0, np.inf])).tolist()
    [0.25, nan]
    """
    on_arrays = ON_ARRAYS[function]
    if function in OPERATORS:
        return on_arrays
    on_floats = _on_floats(function)

    def computed(*values: Any) -> Any:  # noqa: ANN401  floats or arrays
        alone = all(isinstance(each, float | int) for each in values)
        return on_floats(*values) if alone else on_arrays(*values)

    return computed


def _on_floats(function: str) -> Callable[..., float]:
    """Print an operation as a function of floats."""
    names = [f"operand {at}" for at in range(_OPERANDS.get(function, 1))]
    operation = Operation(function, tuple(map(Symbol, names)))
    made = Statements([operation])
    made.put("found", operation)
    given = ", ".join(map(made.variable, names))
    lines = [*made.lines, f"return {made.variable('found')}"]
    source = "\n    ".join([f"def compute({given}):", *lines])
    made_of = dict(MATHEMATICS)
    # All that is in it is of the printer's own table.
    exec(compile(source, f"<{function}>", "exec"), made_of)  # noqa: S102  see above
    compute: Callable[..., float] = made_of["compute"]
    return compute


_OPERANDS: Final = {
    **dict.fromkeys(("/", "^", "max", "min", "remainder"), 2),
    **dict.fromkeys(("when=", "when>="), 4),
}
"""How many operands an operation has, if not one."""


def applied(name: str, *values: "Q | float") -> Q:
    """Apply an operation, by its name, to quantities of any kind.

    >>> applied("sqrt", 2.25), applied("sqrt", Symbol("x")).function
    (1.5, 'sqrt')
    """
    given: Any = values
    if any(isinstance(each, Expression) for each in given):
        given = Operation(name, tuple(map(lifted, given)))
    else:
        given = on_numbers(name)(*given)
    result: Q = given
    return result


class Program:
    """An expression made ready to be computed for many rows.

    Args:
        expression: what to compute.
        names: the symbols that it may hold, in the order in which their values are given.

    >>> line = Program(Symbol("m") * Symbol("x") + Symbol("b"), ("x", "m", "b"))
    >>> line((7.0, 2.0, 30.0))
    44.0
    """

    def __init__(self, expression: Expression, names: tuple[str, ...]) -> None:
        """Keep the expression: nothing is prepared before it is needed."""
        self.expression = expression
        self.names = names
        self._evaluators: dict[type, _Evaluator] = {}

    def __call__(self, values: Sequence[Q]) -> Q:
        """Evaluate the expression with values that are all of one kind."""
        kind = Expression if isinstance(values[-1], Expression) else float
        if kind not in self._evaluators:
            lift = lifted if kind is Expression else float
            self._evaluators[kind] = _evaluator(self.expression, self.names, lift)
        result: Q = self._evaluators[kind](values)
        return result

    def read(self, cells: Mapping[str, Q]) -> Q:
        """Evaluate the expression with the cells that are named like its symbols."""
        return self([cells[name] for name in self.names])


def program_of(expression: Expression) -> Program:
    """Make an expression ready to be computed from its own symbols, in the order they occur.

    >>> program_of(Symbol("m") * Symbol("x")).names
    ('m', 'x')
    """
    return Program(expression, tuple(dict.fromkeys(expression.symbols())))


def evaluate(expression: Expression, names: tuple[str, ...], values: Sequence[Q]) -> Q:
    """Evaluate an expression this once: see `Program`.

    >>> evaluate(Symbol("m") * Symbol("x"), ("x", "m"), (7.0, 2.0))
    14.0
    """
    return Program(expression, names)(values)


def _evaluator(
    expression: Expression, names: tuple[str, ...], lift: Callable[[float], Any]
) -> _Evaluator:
    """Build a function of the symbols' values; `lift` makes a quantity of a constant."""
    if isinstance(expression, Number):
        number = lift(expression.value)
        return lambda _: number
    if isinstance(expression, Symbol):
        return operator.itemgetter(names.index(expression.name))
    assert isinstance(expression, Operation)  # noqa: S101  there is no other kind
    operands = [_evaluator(operand, names, lift) for operand in expression.operands]
    function = ON_ARRAYS[expression.function]
    if expression.function not in OPERATORS:
        function = partial(applied, expression.function)
    if len(operands) == 1:
        (only,) = operands
        return lambda values: function(only(values))
    if len(operands) == 2:  # noqa: PLR2004  the usual case, and the fastest
        first, second = operands
        return lambda values: function(first(values), second(values))
    return lambda values: function(*[operand(values) for operand in operands])


class _OnArrays(Statements):
    """Statements on arrays: what is one number for all of them is computed as such."""

    def _called(self, expression: Operation) -> str:
        number = list(ON_ARRAYS).index(expression.function)
        return f"f{number}({', '.join(map(self._text, expression.operands))})"


class Filler:
    """Computes columns on arrays.

    Args:
        columns: what each computes, in their order; a symbol that is the name of a column before
            it stands for that column.
        fixed: the symbols that stand for one number each; the others stand for arrays.

    Attributes:
        given: the symbols whose numbers or arrays it needs.

    >>> m, x = Symbol("m"), Symbol("x")
    >>> fill, out = Filler({"p": m * x, "q": Symbol("p") * 2.0}, {"m"}), {"q": np.empty(2)}
    >>> fill({"m": 3.0, "x": np.array([1.0, 2.0])}, out)
    >>> fill.given, out["q"].tolist()
    (('m', 'x'), [6.0, 12.0])
    """

    def __init__(self, columns: Mapping[str, Expression], fixed: Collection[str] = ()) -> None:
        """Print the statements."""
        made = _OnArrays(columns.values(), fixed)
        for name, expression in columns.items():
            made.put(name, expression)
        read = dict.fromkeys(name for each in columns.values() for name in each.symbols())
        self.given = tuple(name for name in read if name not in columns)
        self._columns = tuple(columns)
        given = (f"{made.variable(name)} = cells[{at}]" for at, name in enumerate(self.given))
        filled = (
            f"if out[{at}] is not None: out[{at}][...] = {made.variable(name)}"
            for at, name in enumerate(columns)
        )
        lines = ["def fill(cells, out):", *given, *made.before, *made.lines, *filled, "pass"]
        names = {f"f{number}": on_numbers(each) for number, each in enumerate(ON_ARRAYS)}
        # As in a loop, nothing of a user's text is in the source.
        exec(compile("\n    ".join(lines), "<columns>", "exec"), names)  # noqa: S102  see above
        self._fill = names["fill"]

    def __call__(self, cells: Mapping[str, Any], out: Mapping[str, FloatArray]) -> None:
        """Fill arrays, by the names of columns, from numbers and arrays by their symbols."""
        self._fill([cells[name] for name in self.given], [out.get(each) for each in self._columns])
