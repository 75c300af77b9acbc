"""Expressions printed as Python: statements on floats, for a loop, or on arrays, for whole columns.

The statements on floats raise no error and ask for nothing that a compiler would do otherwise:
what has no answer, and what would make a number of an infinity, is NaN by a condition that stands
in the expression itself. So they say the same bit for bit, interpreted and compiled. Squares are
products, a power of a half is a root and one of -1 a quotient; any other exponent is a variable,
for compilers have shorter ways to a power whose exponent they see, and these round otherwise.
"""

import math
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sheetgd.expression.tree import Expression, Number, Operation, Symbol

_HIGHEST: Final = math.log(sys.float_info.max)
"""The exponential of a larger number is beyond all numbers."""


def power_of(primitive: Callable[[float, float], float]) -> Callable[[float, float], float]:
    """Return the power of floats as `sheetgd.expression.functions.raised` has it.

    Args:
        primitive: the power of finite numbers; where there is none, NaN or an infinity.
    """
    nan, inf = math.nan, math.inf

    def power(base: float, exponent: float) -> float:
        if exponent == 2.0:  # noqa: PLR2004  the square
            return base * base
        if abs(base) == inf or abs(exponent) == inf:
            return nan
        if exponent == 0.5:  # noqa: PLR2004  the root
            return math.sqrt(base) if base >= 0.0 else nan
        if base == 0.0 and exponent < 0.0:
            return nan
        if exponent == -1.0:
            return 1.0 / base
        # Where it overflows, the sign is lost: an error is an error.
        found = primitive(base, exponent)
        return inf if abs(found) == inf else found

    return power


def safely_raised(base: float, exponent: float) -> float:
    """Raise a number to a power; infinity where it overflows, NaN where there is none."""
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan


MATHEMATICS: Final[Mapping[str, Any]] = {
    "nan": math.nan,
    "inf": math.inf,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "sin": math.sin,
    "cos": math.cos,
    "tanh": math.tanh,
    "pow": math.pow,
    "floor": math.floor,
    "abs": abs,
    "float": float,
    "len": len,
    "range": range,
    "power": power_of(safely_raised),
    "__builtins__": {},
}
"""All that the statements on floats, and the loops around them, find of Python."""

_EXACT: Final = frozenset(
    {"+", "-", "*", "/", "negative", "sqrt", "abs", "sign", "max", "min", "remainder"}
    | {"when=", "when>="}
)

_ON_FLOATS: Final = {
    "+": "({0}+{1})",
    "-": "({0}-{1})",
    "*": "({0}*{1})",
    "negative": "(-{0})",
    "abs": "abs({0})",
    "sqrt": "(sqrt({0}) if {0}>=0.0 else nan)",
    "ln": "(log({0}) if {0}>0.0 else nan)",
    "exp": f"(exp({{0}}) if -inf<{{0}}<={_HIGHEST!r} else inf if {{0}}-{{0}}==0.0 else nan)",
    "sin": "(sin({0}) if {0}-{0}==0.0 else nan)",
    "cos": "(cos({0}) if {0}-{0}==0.0 else nan)",
    "tanh": "(tanh({0}) if {0}-{0}==0.0 else nan)",
    "sigmoid": "((1.0+tanh({0}/2.0))/2.0 if {0}-{0}==0.0 else nan)",
    "softplus": "(({0} if {0}>0.0 else 0.0)+log(1.0+exp(-abs({0}))) if {0}-{0}==0.0 else nan)",
    "sign": "((1.0 if {0}>0.0 else -1.0 if {0}<0.0 else 0.0) if {0}-{0}==0.0 else nan)",
    "root": "(sqrt({0}) if 0.0<={0}<inf else nan)",
    "floor": "(float(floor({0})) if {0}-{0}==0.0 else {0})",
    "remainder": "({0}%{1} if {1}!=0.0 else nan)",
    "max": "({1} if {1}>{0} else {0})",
    "min": "({1} if {1}<{0} else {0})",
    "when=": "({2} if {0}=={1} else {3})",
    "when>=": "({2} if {0}>={1} else {3})",
}
"""How each operation is written; an operand that stands there twice has a variable."""

_DIVIDES: Final = "{0}!=0.0 and {0}-{0}==0.0"
_COMPARING: Final = frozenset({"max", "min", "when=", "when>="})
OPERATORS: Final = ("+", "-", "*", "negative")
"""Operations that are Python's own, on quantities of any kind."""


class Statements:
    """Statements that compute some expressions, while they are being put together.

    Args:
        expressions: all that will be computed: what stands there twice is computed once.
        fixed: the symbols that do not change while the statements are repeated: what is made of
            these alone is computed before.
        finite: the symbols whose numbers are always finite.
        divisors: those of them that are not 0 either.
        bounded: those whose powers of each other are finite.

    >>> m, x, nudge = map(Symbol, ("m", "x", "nudge"))
    >>> found = Statements([m * x / (2 * nudge)], {"nudge"})
    >>> found.put("slope", m * x / (2 * nudge))
    >>> found.before
    ['v3 = (2.0*v2)', 'v4 = (v3 if v3!=0.0 and v3-v3==0.0 else nan)']
    >>> found.lines
    ['v5 = ((v0*v1)/v4)']
    """

    def __init__(
        self,
        expressions: Iterable[Expression],
        fixed: Collection[str] = (),
        finite: Collection[str] = (),
        divisors: Collection[str] = (),
        bounded: Collection[str] = (),
    ) -> None:
        """Count what is computed more than once."""
        self.before: list[str] = []
        self.lines: list[str] = []
        self.constants: dict[str, float] = {}
        self._uses = Counter(operations_of(expressions))
        self._fixed, self._finite, self._divisors = map(frozenset, (fixed, finite, divisors))
        self._bounded = frozenset(bounded)
        self._names: dict[Expression | tuple[str, Expression], str] = {}

    def variable(self, symbol: str) -> str:
        """Return the variable of a symbol; nothing of its own name is in it."""
        return self._names.setdefault(Symbol(symbol), f"v{len(self._names)}")

    def put(self, symbol: str, expression: Expression) -> None:
        """Compute an expression into the variable of a symbol."""
        text = self._text(expression)
        self.lines.append(f"{self.variable(symbol)} = {text}")

    def put_apart(self, expressions: Mapping[str, Expression]) -> list[str]:
        """Compute expressions into the variables of symbols, by lines that stand elsewhere."""
        begun = len(self.lines)
        for symbol, expression in expressions.items():
            self.put(symbol, expression)
        apart = self.lines[begun:]
        del self.lines[begun:]
        return apart

    def _text(self, expression: Expression) -> str:
        """Write an expression; what is needed more than once is computed before it."""
        if isinstance(expression, Number):
            number = float(expression.value)
            return repr(number) if number >= 0 else f"({number!r})"
        if isinstance(expression, Symbol):
            return self.variable(expression.name)
        assert isinstance(expression, Operation)  # noqa: S101  there is no other kind
        if expression in self._names:
            return self._names[expression]
        text = self._operation(expression)
        if self._uses[expression] == 1 and not expression.names <= self._fixed:
            return text
        return self._kept(expression, text, expression)

    def _held(self, expression: Expression) -> str:
        """Write an operand that stands there twice: a variable, or a number."""
        text = self._text(expression)
        if text.isidentifier() or isinstance(expression, Number):
            return text
        return self._kept(expression, text, expression)

    def _kept(
        self, key: Expression | tuple[str, Expression], text: str, expression: Expression
    ) -> str:
        """Compute a text into a variable; before the rest if nothing in its expression changes."""
        name = self._names[key] = f"v{len(self._names)}"
        where = self.before if expression.names <= self._fixed else self.lines
        where.append(f"{name} = {text}")
        return name

    def _operation(self, expression: Operation) -> str:
        if expression.is_square:
            return "({0}*{0})".format(self._held(expression.operands[0]))
        if expression.function in OPERATORS:
            return _ON_FLOATS[expression.function].format(*map(self._text, expression.operands))
        return self._called(expression)

    def _called(self, expression: Operation) -> str:
        """Write an operation that is no operator of Python, or not alike on all floats."""
        function, operands = expression.function, expression.operands
        if function == "^":
            return self._power(expression)
        if function == "/":
            return self._quotient(self._text(operands[0]), operands[1])
        if function in _COMPARING:
            return self._comparing(function, operands)
        return _ON_FLOATS[function].format(*map(self._held, operands))

    def _power(self, expression: Operation) -> str:
        base, exponent = expression.operands
        if exponent == Number(0.5):
            return _ON_FLOATS["root"].format(self._held(base))
        if exponent == Number(-1.0):
            return self._quotient("1.0", base)
        if expression.names and expression.names <= self._bounded:
            one, other = self._held(base), self._held(exponent)
            return f"({one}*{one} if {other}==2.0 else pow({one},{other}))"
        return f"power({self._hidden(base)},{self._hidden(exponent)})"

    def _comparing(self, function: str, operands: Sequence[Expression]) -> str:
        """Write a choice: NaN where what is compared is not finite."""
        compared = list(map(self._held, operands[:2]))
        text = _ON_FLOATS[function].format(*compared, *map(self._text, operands[2:]))
        unsure = [
            f"({each}-{each})"
            for operand, each in zip(operands, compared, strict=False)
            if not isinstance(operand, Number) and operand.names - self._finite
        ]
        return f"({text} if {'+'.join(unsure)}==0.0 else nan)" if unsure else text

    def _quotient(self, dividend: str, divisor: Expression) -> str:
        """Write a division: NaN where the divisor is 0 or infinite."""
        safe = isinstance(divisor, Number) and divisor.value != 0
        safe = safe or (isinstance(divisor, Symbol) and divisor.name in self._divisors)
        if safe:
            return f"({dividend}/{self._text(divisor)})"
        held = self._held(divisor)
        if not divisor.names <= self._fixed:
            # Beside the quotient: in front of it, it would have to be waited for.
            return f"({dividend}/{held} if {_DIVIDES.format(held)} else nan)"
        key = ("divisor", divisor)
        if key not in self._names:
            self._kept(key, f"({held} if {_DIVIDES.format(held)} else nan)", divisor)
        return f"({dividend}/{self._names[key]})"

    def _hidden(self, expression: Expression) -> str:
        """Write a base or an exponent: never a number that a compiler would see."""
        if not isinstance(expression, Number):
            return self._text(expression)
        name = self.variable(f"constant {expression.value!r}")
        self.constants[name] = float(expression.value)
        return name


def operations_of(expressions: Iterable[Expression]) -> Iterator[Operation]:
    """Yield every operation in some expressions, as often as it stands there."""
    for expression in expressions:
        if isinstance(expression, Operation):
            yield expression
            yield from operations_of(expression.operands)


def same_on_arrays(expression: Expression) -> bool:
    """Tell whether arrays give the very bits that floats do: other functions are an ulp off.

    >>> x = Symbol("x")
    >>> same_on_arrays(x * x), same_on_arrays(Operation("exp", (x,)))
    (True, False)
    """
    return all(each.is_square or each.function in _EXACT for each in operations_of([expression]))
