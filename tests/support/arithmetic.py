"""Formulas computed by another hand: a parser for mathematics, and one for spreadsheets.

They share nothing with the package. In a spreadsheet a leading minus binds tighter than ^,
and ^ chains leftwards; in mathematics it is the other way round.
"""

import math
import operator
import re
from collections.abc import Callable, Mapping

_NUMBER = r"\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?"
_TOKEN = re.compile(rf"\s*(?:({_NUMBER})|(\w+)|(\*\*|[<>]=?|.))")
_FUNCTIONS: Mapping[str, tuple[int, Callable[..., float]]] = {
    "exp": (1, math.exp),
    "ln": (1, math.log),
    "sqrt": (1, math.sqrt),
    "abs": (1, abs),
    "sin": (1, math.sin),
    "cos": (1, math.cos),
    "tanh": (1, math.tanh),
    "max": (2, max),
    "min": (2, min),
    "relu": (1, lambda value: value if value > 0 else 0.0),
    "sigmoid": (1, lambda value: 1 / (1 + math.exp(-value))),
    "softplus": (1, lambda value: math.log1p(math.exp(value))),
    "step": (1, lambda value: 1.0 if value > 0 else 0.0),
}
_COMPARISONS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


class NoNumberError(ArithmeticError):
    """Somewhere on the way there was no finite number."""


def mathematics(formula: str, values: Mapping[str, float]) -> float:
    """What a formula comes to as a person means it."""
    return _Reader(formula, values, sheet=False).whole()


def spreadsheet(formula: str, values: Mapping[str, float]) -> float:
    """What a formula comes to in a spreadsheet whose cells are named."""
    return _Reader(formula, values, sheet=True).whole()


class _Reader:
    def __init__(self, formula: str, values: Mapping[str, float], *, sheet: bool) -> None:
        self.tokens: list[tuple[str, str]] = [
            ("number" if number else "name" if name else "mark", number or name or mark)
            for number, name, mark in _TOKEN.findall(formula.strip())
        ]
        self.place, self.values, self.sheet = 0, values, sheet

    def whole(self) -> float:
        result = self.sum()
        assert self.place == len(self.tokens), self.tokens[self.place :]
        return result

    def next(self, *marks: str) -> str | None:
        """The next token, taken if it is one of these marks."""
        if self.place < len(self.tokens):
            kind, text = self.tokens[self.place]
            if kind == "mark" and text in marks:
                self.place += 1
                return text
        return None

    def needed(self, mark: str) -> None:
        assert self.next(mark), f"{mark} is missing"

    def sum(self) -> float:
        result = self.product()
        while sign := self.next("+", "-"):
            other = self.product()
            result = _finite(result + other if sign == "+" else result - other)
        return result

    def product(self) -> float:
        result = self.signed()
        while sign := self.next("*", "/"):
            other = self.signed()
            if sign == "/" and other == 0:
                raise NoNumberError
            result = _finite(result * other if sign == "*" else result / other)
        return result

    def signed(self) -> float:
        """In mathematics -x^2 is -(x^2)."""
        if self.sheet:
            return self.power()
        if sign := self.next("+", "-"):
            result = self.signed()
            return -result if sign == "-" else result
        return self.power()

    def power(self) -> float:
        if not self.sheet:
            base = self.atom()
            return _power(base, self.signed()) if self.next("^", "**") else base
        base = self.tight()
        while self.next("^"):
            base = _power(base, self.tight())
        return base

    def tight(self) -> float:
        """In a spreadsheet -x^2 is (-x)^2."""
        if sign := self.next("+", "-"):
            result = self.tight()
            return -result if sign == "-" else result
        return self.atom()

    def atom(self) -> float:
        if self.next("("):
            result = self.sum()
            self.needed(")")
            return result
        kind, text = self.tokens[self.place]
        self.place += 1
        if kind == "number":
            return _finite(float(text))
        assert kind == "name", text
        name = text.lower() if self.sheet else text
        if name == "pi" and (not self.sheet or self.next("(")):
            if self.sheet:
                self.needed(")")
            return math.pi
        if name in _FUNCTIONS and self.next("("):
            return self.called(name)
        if self.sheet and name == "if" and self.next("("):
            return self.chosen()
        return self.values[text]

    def chosen(self) -> float:
        """What IF comes to, whose condition is a comparison."""
        one = self.sum()
        sign = self.next(*_COMPARISONS)
        assert sign is not None
        other = self.sum()
        self.needed(",")
        then = self.sum()
        self.needed(",")
        otherwise = self.sum()
        self.needed(")")
        return then if _COMPARISONS[sign](one, other) else otherwise

    def called(self, name: str) -> float:
        count, function = _FUNCTIONS[name]
        arguments = [self.sum()]
        # As in Python, a comma may follow the last one.
        while self.next(","):
            if self.tokens[self.place][1] != ")":
                arguments.append(self.sum())
        self.needed(")")
        assert len(arguments) == count
        try:
            return _finite(function(*arguments))
        except (ValueError, OverflowError):
            raise NoNumberError from None


def _power(base: float, exponent: float) -> float:
    try:
        return _finite(math.pow(base, exponent))
    except (ValueError, OverflowError):
        raise NoNumberError from None


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise NoNumberError
    return float(value)
