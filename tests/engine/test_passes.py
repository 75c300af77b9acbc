"""Passes over the data on arrays have the bits of those on floats."""

import math
import random

import numpy as np
import pytest

from sheetgd.engine.passes import ArrayProgram, same_on_arrays
from sheetgd.expression.numbers import evaluate
from sheetgd.expression.tree import Expression, Number, Operation, Symbol
from tests.support.bits import bits


def expressions(generator: random.Random, depth: int) -> Expression:
    if depth == 0:
        return generator.choice(
            [Symbol("x"), Symbol("y"), Symbol("s"), Number(generator.uniform(-3, 3))]
        )
    function = generator.choice(["+", "-", "*", "/", "^", "negative", "abs", "max", "when>="])
    count = {"negative": 1, "abs": 1, "when>=": 4}.get(function, 2)
    operands = tuple(expressions(generator, depth - 1) for _ in range(count))
    return Operation(function, (operands[0], Number(2.0)) if function == "^" else operands)


@pytest.mark.parametrize("seed", range(60))
def test_arrays_give_the_bits_of_floats(seed: int) -> None:
    generator = random.Random(seed)  # noqa: S311  nothing is kept secret
    columns = {"p": expressions(generator, 3)}
    columns["q"] = Operation("+", (Symbol("p"), expressions(generator, 3)))
    x, y = ([generator.uniform(-2, 2) for _ in range(50)] for _ in range(2))
    assert same_on_arrays(columns.values())
    program = ArrayProgram(columns, ["q", "p"], ["s"])
    out = {"q": np.empty(50), "p": np.empty(50)}
    with np.errstate(all="ignore"):
        program({"x": np.array(x), "y": np.array(y), "s": 1.25}, out)
    for place in range(50):
        cells = (x[place], y[place], 1.25)
        p = evaluate(columns["p"], ("x", "y", "s"), cells)
        q = evaluate(columns["q"], ("x", "y", "s", "p"), (*cells, p))
        found = [float(out[name][place]) for name in ("p", "q")]
        for one, other in zip((p, q), found, strict=True):
            assert bits([one]) == bits([other]) or (math.isnan(one) and math.isnan(other))
