"""Expressions by chance, of what formulas of users have."""

import random
from collections.abc import Sequence

from sheetgd.expression.tree import Expression, Number, Operation, Symbol

NAMES = ("x", "a", "b", "c")
ONE = ("exp", "ln", "sqrt", "abs", "sin", "cos", "tanh", "sigmoid", "softplus", "negative")
TWO = ("+", "-", "*", "/", "^", "max", "min")


def random_expression(
    generator: random.Random, depth: int, *, choices: Sequence[str] = ()
) -> Expression:
    def operand() -> Expression:
        return random_expression(generator, depth - 1, choices=choices)

    if depth == 0 or generator.random() < 0.15:
        if generator.random() < 0.25:
            return Number(generator.choice((0.5, 1.0, 2.0, 3.0)))
        return Symbol(generator.choice(NAMES))
    if choices and generator.random() < 0.2:
        function = generator.choice(choices)
        count = 1 if function == "sign" else 4
        return Operation(function, tuple(operand() for _ in range(count)))
    if generator.random() < 0.4:
        return Operation(generator.choice(ONE), (operand(),))
    return Operation(generator.choice(TWO), (operand(), operand()))
