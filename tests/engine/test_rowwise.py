"""A run row by row is what the columns of its step say, to the bit."""

import itertools
import math
from typing import Any

import numpy as np
import pytest

from sheetgd.descent.model import model_of
from sheetgd.descent.step import Step
from sheetgd.engine import rowwise as literal
from sheetgd.engine import rowwise as walk
from sheetgd.engine.run import descend
from tests.support.bits import bits
from tests.support.given import lesson_of
from tests.support.slowly import slowly

LINE: dict[str, Any] = {"x": (1.0, 2.5, -0.7, 4.0, 3.3), "y": (3.1, 5.2, 1.0, 9.0, 8.1)}
OPTIMIZERS = ("sgd", "momentum", "momentum-ema", "adagrad", "rmsprop", "adam")


CHOICES = [
    dict(zip(("model", "loss", "gradient", "batch", "optimizer", "shuffle"), each, strict=True))
    for each in itertools.product(
        ("line", "quadratic", "w*x", "a*exp(k*x)", "a*max(x - b, 0)", "a/(x + b)"),
        ("mse", "mae"),
        ("forward", "central", "analytic", "swapped"),
        (1, 2, "all"),
        OPTIMIZERS,
        (None, 4),
    )
]


@pytest.mark.parametrize(
    "choices", CHOICES[::11], ids=lambda each: "-".join(map(str, each.values()))
)
def test_the_compiled_loop_is_what_the_columns_say(choices: dict[str, Any]) -> None:
    lesson = lesson_of(**LINE, learn=0.01, **choices)
    run, slow = descend(lesson, 6, exact=True), slowly(lesson, 7)
    assert run.columns.keys() == slow.columns.keys()
    for name, values in slow.columns.items():
        assert bits(run.columns[name]) == bits(values), name
    assert [bits(state) for state in run.states] == [bits(state) for state in slow.states]


@pytest.mark.parametrize(
    ("model", "choices"),
    [
        ("line", {"learn": 5.0, "gradient": "analytic"}),
        ("a*exp(k*x)", {"learn": 3.0}),
        ("a*exp(k*x)", {"learn": 30.0, "gradient": "analytic", "optimizer": "adam"}),
        ("a/(x + b)", {"learn": 0.5, "start": (1.0, -1.5), "nudge": 0.5}),
        ("ln(a + 2)*x + b", {"learn": 70.0, "start": (1.0, 1.0)}),
        ("sqrt(a)*x + b", {"learn": 0.9, "start": (0.5, 1.0), "gradient": "analytic"}),
        (
            "line",
            {
                "optimizer": "adagrad",
                "hyperparameters": {"eps": 0.0},
                "x": (0, 0, 0),
                "y": (0, 1, 0),
            },
        ),
        ("x^k + b", {"x": (-2.0, 1.0, 3.0), "y": (1.0, 2.0, 3.0), "start": (2.0, 0.0)}),
        ("b + 0.5^(a*a)", {"start": (1.0, 1.0), "learn": 1e149, "y": (1e9, 2e9, 0, 1, 3)}),
        *(
            (model, {"start": (1.0, 0.1), "gradient": "analytic", "learn": 10.0})
            for model in (
                "a + exp(-exp(k*x))",
                "a*tanh(exp(k*x))",
                "max(a, -exp(k*x))",
                "min(20*a, exp(k*x))",
                "a/exp(k*x)",
                "a*0.5^exp(k*x)",
                "exp(k*x)^(-1) + a",
                "a*abs(exp(k*x))",
            )
        ),
    ],
)
def test_where_numbers_end_the_loop_goes_on_as_the_columns_say(
    model: str, choices: dict[str, Any]
) -> None:
    lesson = lesson_of(**{**LINE, "model": model, **choices})
    run, slow = descend(lesson, 60, exact=True), slowly(lesson, 61)
    for name, values in slow.columns.items():
        assert bits(run.columns[name]) == bits(values), name
    ends = [value for values in slow.columns.values() for value in values]
    assert not all(map(math.isfinite, ends)), "it was to show where numbers end"


def test_the_loop_holds_no_text_of_the_user() -> None:
    source, _ = literal._Source(  # noqa: SLF001  it is what is looked at
        Step(model=model_of("alpha*exp(import_*x) + exec_")), (), careful=False
    ).written()
    assert not any(word in source for word in ("alpha", "import_", "exec_"))


def test_an_epoch_that_changes_nothing_is_repeated() -> None:
    lesson = lesson_of(x=(1, 2, 3), y=(3, 5, 7), start=(2, 1), gradient="analytic", learn=0.01)
    passes = walk.RowwiseRun(lesson, exact=True).passes(1000)
    out = {"m": np.empty(3000), "new_b": np.empty(3000)}
    passes.fill(out)
    assert set(out["m"]) == {2.0}
    assert set(out["new_b"]) == {1.0}
