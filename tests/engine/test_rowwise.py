"""A run row by row is what the columns of its step say, to the bit."""

import itertools
import math
import random
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from sheetgd.descent.model import model_of
from sheetgd.descent.step import Step
from sheetgd.engine import rowwise
from sheetgd.engine.rowwise import Rowwise, logs_at_rates, loop_of
from sheetgd.engine.run import descend
from sheetgd.expression.python import MATHEMATICS, power_of
from sheetgd.lesson.lesson import Lesson
from tests.support.bits import bits
from tests.support.given import lesson_of
from tests.support.slowly import slowly

LINE: dict[str, Any] = {"x": (1.0, 2.5, -0.7, 4.0, 3.3), "y": (3.1, 5.2, 1.0, 9.0, 8.1)}
SCHEDULED: list[dict[str, Any]] = [
    {"schedule": "StepLR", "schedule_parameters": {"step_size": 2, "gamma": 0.3}},
    {"schedule": "ExponentialLR", "schedule_parameters": {"gamma": 0.7}, "optimizer": "adam"},
    {"schedule": "CosineAnnealingLR", "schedule_parameters": {"T_max": 3}, "shuffle": 2},
    {"schedule": "ReduceLROnPlateau", "learn": 0.09, "gradient": "analytic"},
    {"schedule": "ReduceLROnPlateau", "schedule_parameters": {"patience": 1}, "learn": 0.09,
     "gradient": "swapped", "batch": 2, "optimizer": "momentum"},
    {"schedule": "ReduceLROnPlateau", "learn": 0.09, "validation": "every 3",
     "gradient": "analytic"},
]  # fmt: skip
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
    run, slow = descend(lesson, 6), slowly(lesson, 7)
    assert run.columns.keys() == slow.columns.keys()
    for name, values in slow.columns.items():
        assert bits(run.columns[name]) == bits(values), name
    assert [bits(state) for state in run.states] == [bits(state) for state in slow.states]


@pytest.mark.parametrize("choices", SCHEDULED, ids=lambda each: each["schedule"])
def test_a_scheduled_loop_is_what_the_columns_say(choices: dict[str, Any]) -> None:
    lesson = lesson_of(**LINE, **{"learn": 0.02, **choices})
    run, slow = descend(lesson, 9), slowly(lesson, 10)
    for name, values in slow.columns.items():
        assert bits(run.columns[name]) == bits(values), name
    assert bits(run.learning_rates) == bits(slow.columns["rate"][:: lesson.n_rows])
    assert len(set(run.learning_rates)) > 2
    parts, whole = Rowwise(lesson, 10), Rowwise(lesson, 10).log(10)
    assert np.array_equal(np.concatenate([parts.log(3), parts.log(7)], axis=1), whole)


ENDING: list[tuple[str, dict[str, Any]]] = [
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
            "x": (0, 1e200, 0),
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
]

"""Runs whose numbers end in infinities, or in none."""


@pytest.mark.parametrize(("model", "choices"), ENDING)
def test_where_numbers_end_the_loop_goes_on_as_the_columns_say(
    model: str, choices: dict[str, Any]
) -> None:
    lesson = lesson_of(**{**LINE, "model": model, **choices})
    run, slow = descend(lesson, 60), slowly(lesson, 61)
    for name, values in slow.columns.items():
        assert bits(run.columns[name]) == bits(values), name
    ends = [value for values in slow.columns.values() for value in values]
    assert not all(map(math.isfinite, ends)), "it was to show where numbers end"


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have every loop compiled; what others compiled is forgotten, and so is this."""
    pytest.importorskip("numba")
    rowwise.loop_of.cache_clear()
    monkeypatch.setattr(rowwise, "WORTH_COMPILING", 0)
    yield
    rowwise.loop_of.cache_clear()


def same_to_the_bit(lesson: Lesson, epochs: int) -> None:
    """Fail unless a compiled run says what the columns say, and its log what Python's says."""
    run, slow = descend(lesson, epochs), slowly(lesson, epochs + 1)
    for name, values in slow.columns.items():
        assert bits(run.columns[name]) == bits(values), name
    log = Rowwise(lesson, epochs + 1).log(epochs + 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rowwise, "compiler", lambda: None)
        plain = Rowwise(lesson, epochs + 1).log(epochs + 1)
    for ours, theirs in zip(log.tolist(), plain.tolist(), strict=True):
        assert bits(ours) == bits(theirs)
    logged = rowwise.logged_of(lesson.step)
    if lesson.held_out is not None:
        return
    loop = loop_of(lesson.step, (), logged, shuffled=lesson.method.shuffle is not None)
    assert ("compiled" in vars(loop)) is (lesson.method.gradient != "swapped")


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize(
    "choices",
    [
        *CHOICES[::101],
        *SCHEDULED[2:4],
        SCHEDULED[5],
        *(pytest.param(each, marks=pytest.mark.slow) for each in CHOICES[::37]),
    ],
    ids=lambda each: "-".join(map(str, each.values())),
)
def test_compiled_the_loop_says_the_same_to_the_bit(choices: dict[str, Any]) -> None:
    same_to_the_bit(lesson_of(**LINE, **{"learn": 0.01, **choices}), 6)


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize(
    ("model", "choices"),
    [
        *ENDING[:4],
        *(pytest.param(*each, marks=pytest.mark.slow) for each in ENDING[4:]),
    ],
)
def test_compiled_numbers_end_where_they_do_in_python(model: str, choices: dict[str, Any]) -> None:
    same_to_the_bit(lesson_of(**{**LINE, "model": model, **choices}), 60)


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"optimizer": "adam", "batch": 2},
        {"loss": "mae", "shuffle": 3},
        {"model": "w*max(0, a*x + b) + c", "gradient": "analytic"},
        {"gradient": "swapped"},
        {"schedule": "CosineAnnealingLR", "schedule_parameters": {"T_max": 7}},
        {"schedule": "ReduceLROnPlateau"},
    ],
    ids=str,
)
def test_side_by_side_every_rate_has_the_run_it_has_alone(choices: dict[str, Any]) -> None:
    lesson = lesson_of(**LINE, **{"learn": 0.01, **choices})
    rates = (1e-3, 0.02, 0.3, 5.0, 1e150)
    found = logs_at_rates(lesson, rates, 40)
    for lane, rate in enumerate(rates):
        alone = Rowwise(lesson.with_settings({"learning_rate": rate}), 41).log(41)
        of_alone = [*alone[: len(found) - 1], alone[rowwise.HELD_AT]]
        for ours, theirs in zip(found[:, :, lane].tolist(), of_alone, strict=True):
            assert bits(ours) == bits(theirs)


def test_powers_are_the_same_interpreted_compiled_and_on_arrays() -> None:
    numba = pytest.importorskip("numba")
    draw = random.Random(7)  # noqa: S311  no secret
    numbers = [0.0, -0.0, 1.0, 2.0, 0.5, -1.0, -2.0, 3.0, math.inf, -math.inf, math.nan, 1e300]
    numbers += [draw.uniform(-5, 5) * 10 ** draw.randint(-3, 3) for _ in range(100)]
    pairs = list(itertools.product(numbers, numbers))
    bases, exponents = [one for one, _ in pairs], [other for _, other in pairs]

    def powers(bases: Any, exponents: Any, power: Any, found: Any) -> None:  # noqa: ANN401  arrays
        for at in range(len(found)):
            found[at] = power(bases[at], exponents[at])

    primitive = numba.njit(lambda base, exponent: base**exponent)
    found, power = np.empty(len(bases)), numba.njit(power_of(primitive))
    numba.njit(powers)(np.array(bases), np.array(exponents), power, found)
    plain = list(map(MATHEMATICS["power"], bases, exponents))
    assert bits(found.tolist()) == bits(plain)
    assert bits(list(map(power, bases, exponents))) == bits(plain)


@pytest.mark.parametrize(("there", "rows"), [(True, 10**9), (True, 10), (False, 10**9)])
def test_only_long_runs_are_compiled_and_only_with_numba(
    monkeypatch: pytest.MonkeyPatch, *, there: bool, rows: int
) -> None:
    monkeypatch.setattr(rowwise, "compiler", lambda: max if there else None)
    rowwise.loop_of.cache_clear()
    assert loop_of(Step()).worth_compiling(rows) is (there and rows > 10)
    assert not loop_of(Step(gradient="swapped")).worth_compiling(rows)


def test_the_loop_holds_no_text_of_the_user() -> None:
    source = loop_of(Step(model=model_of("alpha*exp(import_*x) + exec_"))).source
    assert not any(word in source for word in ("alpha", "import_", "exec_"))


def test_an_epoch_that_changes_nothing_is_repeated() -> None:
    lesson = lesson_of(x=(1, 2, 3), y=(3, 5, 7), start=(2, 1), gradient="analytic", learn=0.01)
    out = {"m": np.empty((1000, 3)), "new_b": np.empty((1000, 3))}
    Rowwise(lesson, 1000).trace(1000, out)
    assert {*out["m"].ravel()} == {2.0}
    assert {*out["new_b"].ravel()} == {1.0}
    assert (
        loop_of(lesson.step).interpreted(
            1000, [2.0, 1.0], [[1.0, 2.0, 3.0], [3.0, 5.0, 7.0]], None, [0.01], (), (), ()
        )
        == 1
    )


def test_a_numba_that_does_not_start_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    rowwise.compiler.cache_clear()
    assert rowwise.compiler() is None
    rowwise.compiler.cache_clear()
