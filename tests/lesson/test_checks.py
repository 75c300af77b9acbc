"""What the values of a lesson must fit together with: what is refused, and with which words."""

import pytest

from sheetgd.engine.run import descend
from sheetgd.errors import LessonError
from sheetgd.lesson.values import Variant
from tests.support.given import lesson_of

X = (-1.0, -0.6, 0.1, 0.3, 0.8, 1.2, 1.5)
Y = (2.1, 1.4, 0.9, 0.7, 1.3, 2.2, 3.4)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"loss": "hinge"}, "choose from mse, mae, huber"),
        ({"metric": "rsme"}, "did you mean rmse"),
        ({"optimizer": "adm"}, "did you mean adam"),
        ({"batch": 0}, "batch_size is 0"),
        ({"batch": 8}, "there are only 7 rows; use all"),
        ({"batch": "al"}, "batch_size is 'al'"),
        ({"optimizer": "adagrad", "hyperparameters": {"beta": 0.9}}, "it has only eps"),
        ({"hyperparameters": {"beta": 0.9}}, "it has none"),
        (
            {"hyperparameters": {"delta": 2}},
            "of the loss huber, and the loss is mse",
        ),
        ({"loss": "huber", "hyperparameters": {"delta": 0}}, "delta is 0.0: it must be .* above 0"),
        ({"optimizer": "momentum", "hyperparameters": {"beta": 1.5}}, "from 0 to below 1"),
        ({"optimizer": "adam", "hyperparameters": {"eps": -1}}, "0 or more"),
        ({"optimizer_state": {"v_m": 1}}, "the optimiser sgd remembers nothing"),
        ({"optimizer": "momentum", "optimizer_state": {"v_x": 1}}, "v_m, v_b; did you mean v_m"),
        (
            {"optimizer": "adam", "optimizer_state": {"s_m": -1}},
            "s_m is -1: it must be a number, 0",
        ),
        ({"optimizer": "adam", "optimizer_state": {"t": 0.5}}, "t is 0.5: it must be a whole"),
        ({"validation": 1}, "validation is 1: it must be a share above 0 and below 1"),
        ({"validation": "every 1"}, "whole number, 2 or more"),
        ({"validation": "half"}, "validation is 'half'"),
        ({"validation": "every 99"}, "holds back 0 of"),
        ({"l2": 0.1, "penalize": ["n"]}, "penalize names 'n', which is no parameter"),
        ({"penalize": ["m"]}, "penalize is for l2 or l1"),
        ({"model": "w", "l1": 0.1}, "every parameter of w stands alone as a summand"),
        ({"l2": -1}, "l2 is -1: it must be a number, 0 or more"),
        ({"schedule": "StepLR"}, "needs step_size: give schedule_parameters={'step_size': ...}"),
        ({"schedule": "step"}, "did you mean StepLR"),
        ({"schedule_parameters": {"gamma": 1}}, "the schedule constant: it has none"),
        (
            {"schedule": "StepLR", "schedule_parameters": {"step_size": 1.5}},
            "step_size is 1.5: it must be a whole number, 1 or more",
        ),
        (
            {"schedule": "ReduceLROnPlateau", "schedule_parameters": {"factor": 1}},
            "factor is 1: it must be a number from 0 to below 1",
        ),
        ({"optimizer": "nag"}, "did you mean nesterov"),
        ({"min_delta": -1}, "min_delta is -1"),
        ({"patience": 0}, "patience is 0"),
        ({"panels": (99,)}, "make capacity at least 99"),
        ({"grid": ((1, 2),)}, "grid has 1 side"),
        ({"model": "ln(x) + c"}, "no value in row 1"),
        ({"model": "learn*x"}, "cannot be called learn"),
        ({"model": "t*x", "optimizer": "adam"}, "cannot be called t"),
        ({"model": "rows*x"}, "cannot be called rows"),
        ({"model": "m*x + M"}, "capitals make no difference"),
        ({"model": "m*x + v_m", "optimizer": "momentum"}, "v_m"),
        ({"model": "error_sq*x"}, "cannot be called error_sq"),
        ({"model": "a*x + new_a"}, "new_a"),
        ({"model": "epochs*x"}, "cannot be called epochs"),
        ({"variants": (Variant(title="a/b", changes={}),)}, "cannot name a sheet"),
        ({"variants": (Variant(title="The lesson", changes={}),)}, "two variants are called"),
    ],
)
def test_what_is_wrong_is_said(settings: dict[str, object], says: str) -> None:
    with pytest.raises(LessonError, match=says):
        lesson_of(x=X, y=Y, **settings)  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize("model", ["t*x", "v_m*x", "E1*x + R1C1", "a1*x + b2", "pi2*x"])
def test_names_that_mean_nothing_else_are_fine(model: str) -> None:
    assert descend(lesson_of(x=X, y=Y, model=model), 1).epochs == 1


def test_a_start_and_a_seed_of_the_library() -> None:
    drawn = lesson_of(x=(1, 2), y=(3, 5), seed=7)
    assert lesson_of(x=(1, 2), y=(3, 5), seed=7, start=drawn.training.start) == drawn
    with pytest.raises(LessonError, match="seed 7 draws a start at random, and a start is given"):
        lesson_of(x=(1, 2), y=(3, 5), seed=7, start=(0, 0))
    assert drawn.changed(start=(0, 0)).training.seed is None
    assert (
        drawn.changed(seed=8).training.start
        == lesson_of(x=(1, 2), y=(3, 5), seed=8).training.start
        != drawn.training.start
    )
    with pytest.raises(LessonError, match="patience 3 goes with min_delta"):
        lesson_of(x=(1, 2), y=(3, 5), patience=3)
    patient = lesson_of(x=(1, 2), y=(3, 5), min_delta=0.1, patience=3)
    assert patient.changed(learn=0.1).training.patience == 3
    assert patient.changed(min_delta=None).training.patience == 5
