"""Reading a formula that somebody wrote, such as ``a*x^2 + b*x + c``.

Python's own parser takes the text apart, nothing is ever run: what is not on the short
list of things a formula may hold is refused.
"""

import ast
import math
import re
import sys
import unicodedata
import warnings
from collections.abc import Callable, Mapping
from keyword import iskeyword

from sheetgd.errors import LessonError, did_you_mean
from sheetgd.expression import functions as quantity
from sheetgd.expression.functions import divided, power
from sheetgd.expression.tree import Expression, Number, Symbol

FUNCTIONS: Mapping[str, Callable[..., Expression]] = {
    "exp": quantity.exponential,
    "ln": quantity.logarithm,
    "sqrt": quantity.root,
    "abs": quantity.absolute,
    "sin": quantity.sine,
    "cos": quantity.cosine,
    "tanh": quantity.tanh,
    "max": quantity.larger,
    "min": quantity.smaller,
    "relu": quantity.relu,
    "sigmoid": quantity.sigmoid,
    "softplus": quantity.softplus,
    "step": quantity.step,
}
"""The functions that a formula may call."""

PI = "pi"
"""The one constant that has a name."""

LONGEST = 500
"""The most characters that a user's formula may have."""

DEEPEST = 40
"""So deep its parentheses, functions and operators may be nested; a sheet allows 64.

Terms of one sum count as one level, and so do factors of one product.
"""

_ACCEPTED = f"use numbers, names, + - * / ^, parentheses and {', '.join(FUNCTIONS)}"
_PYTHONS_OWN = re.compile(
    r"(?<!\w)(?:0[xob]\w*|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?_\w*)", re.IGNORECASE
)
"""Numbers as nobody but Python writes them: 0x10, 1_000."""

_SIGNS: Mapping[str, str] = {
    **dict.fromkeys("\u00d7\u00b7\u22c5\u2219\u2217\u2022", "*"),
    **dict.fromkeys("\u00f7\u2215\u2044", "/"),
    **dict.fromkeys("\u2212\u2013\u2014", "-"),
    "\u221a": "sqrt(...)",
}
"""How signs of mathematics are typed: times, divided by, minus and the root."""

_OTHER_FUNCTIONS: Mapping[str, str] = {
    "log": "ln(...), or ln(...)/ln(10) for the logarithm to base 10",
    "log10": "ln(...)/ln(10)",
    "log2": "ln(...)/ln(2)",
    "logistic": "sigmoid(...)",
    "expit": "sigmoid(...)",
    "heaviside": "step(...)",
    "pow": "a^b in place of pow(a, b)",
    "power": "a^b in place of power(a, b)",
    "square": "(...)^2",
    "cbrt": "(...)^(1/3)",
    "tan": "sin(...)/cos(...)",
    "sinh": "(exp(...) - exp(-...))/2",
    "cosh": "(exp(...) + exp(-...))/2",
}
"""Functions that are not known by these names, and how they are written."""

_ARGUMENTS = {"max": 2, "min": 2}
_LEVELS = {"sigmoid": 3, "softplus": 4}
"""How many levels deeper a sheet's formula gets by a function, if not one."""

_OPERATORS: Mapping[type[ast.operator], Callable[[Expression, Expression], Expression]] = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: divided,
    ast.Pow: power,
}


def parse_formula(text: str) -> Expression:
    """Parse a formula into an expression.

    Powers are written ``^`` (or ``**``), bind tighter than a leading minus and chain to
    the right, as in mathematics: ``-x^2`` is -(x^2). ``pi`` is the number.

    Raises:
        LessonError: when the text is not such a formula; the message says what is wrong.

    >>> from sheetgd.expression.numbers import evaluate
    >>> evaluate(parse_formula("-x^2 + 3*sqrt(4)"), ("x",), (2.0,))
    2.0
    """
    formula = re.sub(r"^\s*y\s*=(?!=)", "", text).strip()
    if not formula:
        raise LessonError(f"model {text[:LONGEST]!r} is empty: write a formula such as m*x + b")
    if len(formula) > LONGEST:
        raise LessonError(
            f"the model's formula has {len(formula):,} characters: at most {LONGEST} are accepted"
        )
    if not formula.isascii() or not formula.isprintable():
        strange = next(each for each in formula if not (each.isascii() and each.isprintable()))
        raise LessonError(f"model {formula!r} holds {strange!r}: {_in_place_of(strange)}")
    if (found := _PYTHONS_OWN.search(formula)) is not None:
        raise LessonError(f"model {formula!r} holds the number {found[0]}: write it in decimals")
    if "#" in formula:
        raise LessonError(f"model {formula!r} holds '#': leave out what is no formula")
    try:
        return _expression(_tree(formula), formula, 1)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise LessonError(_what_is_wrong(formula)) from None


def _tree(formula: str) -> ast.expr:
    """Parse a formula with Python's own parser."""
    with warnings.catch_warnings():
        # Python warns of what is refused here anyway, such as 1if or "a"(x).
        warnings.simplefilter("ignore")
        return ast.parse(formula.replace("^", "**"), mode="eval").body


def _what_is_wrong(formula: str) -> str:
    glued = re.search(r"(?<![\w.])(\d[\d.]*)\s*([A-Za-z_(])|(\))\s*([\w(])", formula)
    if glued is not None:
        left, right = (glued[1], glued[2]) if glued[1] else (glued[3], glued[4])
        hint = f"write {left}*{right} where {left}{right} stands, if a product is meant"
    elif (taken := next(filter(iskeyword, re.findall(r"[A-Za-z_]\w*", formula)), None)) is not None:
        hint = f"{taken} cannot be a name; choose another"
    elif formula.count("(") != formula.count(")"):
        hint = f"{formula.count('(')} parentheses open and {formula.count(')')} close"
    else:
        hint = f"something is missing or too much; {_ACCEPTED}"
    return f"model {formula!r} is not a formula: {hint}"


def _expression(node: ast.expr, formula: str, depth: int) -> Expression:
    if depth > DEEPEST:
        raise LessonError(
            f"the model's formula is nested deeper than {DEEPEST} levels: simplify it"
        )
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return _number(value, formula)
        case ast.Name(id=name):
            return _name(name, formula)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_expression(operand, formula, depth + 1)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _expression(operand, formula, depth + 1)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            goes_on = isinstance(left, ast.BinOp) and _chained(left.op, op)
            first = _expression(left, formula, depth if goes_on else depth + 1)
            return _OPERATORS[type(op)](first, _expression(right, formula, depth + 1))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _call(name, arguments, formula, depth)
        case ast.Call(func=ast.Constant() | ast.BinOp()):
            raise LessonError(f"model {formula!r}: write * between the factors of {_shown(node)}")
    raise LessonError(f"model {formula!r}: {_shown(node)} is not accepted: {_ACCEPTED}")


def _chained(one: ast.operator, other: ast.operator) -> bool:
    """Tell whether two operators stand in one sum, or in one product."""
    chains = (ast.Add, ast.Sub), (ast.Mult, ast.Div)
    return any(isinstance(one, chain) and isinstance(other, chain) for chain in chains)


def _number(value: float, formula: str) -> Number:
    if value > sys.float_info.max:
        raise LessonError(f"model {formula!r} holds a number that is too large")
    return Number(float(value))


def _in_place_of(strange: str) -> str:
    """Say what to type in place of a character that no formula holds."""
    folded = unicodedata.normalize("NFKC", strange)
    name = unicodedata.name(strange, "")
    if strange in _SIGNS:
        return f"write {_SIGNS[strange]} in its place"
    if unicodedata.decomposition(strange).startswith("<super>") and folded.isascii():
        return f"write ^{folded} in its place"
    if folded.isascii() and folded.isprintable():
        return f"write {folded if folded.strip() else 'a plain space'} in its place"
    hint = f"write {name.rpartition(' ')[2].lower()} in its place; " if "GREEK" in name else ""
    return (
        f"{hint}names are made of the letters a to z, digits and _, which every spreadsheet "
        "program takes in a name"
    )


def _name(name: str, formula: str) -> Expression:
    """Resolve a name: x, a parameter or pi."""
    if name == PI:
        return Number(math.pi)
    lower = name.lower()
    if lower in {PI, "x"} and name != lower:
        raise LessonError(f"model {formula!r}: write {lower} in place of {name}")
    if lower in FUNCTIONS:
        raise LessonError(f"model {formula!r}: {lower} is a function: write {lower}(...)")
    if lower in _OTHER_FUNCTIONS:
        raise LessonError(
            f"model {formula!r}: {name} is no parameter's name, as it is a function elsewhere: "
            f"write {_OTHER_FUNCTIONS[lower]}"
        )
    return Symbol(name)


def _call(name: str, arguments: list[ast.expr], formula: str, depth: int) -> Expression:
    if name not in FUNCTIONS:
        raise LessonError(
            f"model {formula!r}: {name} is not a function that is known: {_instead(name)}"
        )
    expected = _ARGUMENTS.get(name, 1)
    if len(arguments) != expected:
        raise LessonError(
            f"model {formula!r}: {name} takes {expected} value{'s' * (expected > 1)}, "
            f"and here it has {len(arguments)}"
        )
    within = depth + _LEVELS.get(name, 1)
    return FUNCTIONS[name](*(_expression(each, formula, within) for each in arguments))


def _instead(name: str) -> str:
    """Say what to write in place of a function that is not known."""
    if name.lower() in FUNCTIONS:
        return f"write {name.lower()}"
    if name.lower() in _OTHER_FUNCTIONS:
        return f"write {_OTHER_FUNCTIONS[name.lower()]}"
    near = did_you_mean(name, FUNCTIONS)
    product = "" if near else f"; write {name}*(...) if a product is meant"
    return f"choose from {', '.join(FUNCTIONS)}{near}{product}"


def _shown(node: ast.expr) -> str:
    return ast.unparse(node).replace("**", "^")
