"""Laws of gradient descent that hold for all data: units, mirrors, orders, limits, lowest points.

Scaling by a power of two rounds nothing, so such laws are held to the last bit.
"""

import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sheetgd.descent.gradient import three_ways
from sheetgd.descent.loss import LOSSES
from sheetgd.engine.error_surface import best_parameters, grid_of, surface_values
from sheetgd.engine.run import Descent, descend
from sheetgd.engine.stability import largest_stable_rate
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.values import ALL_ROWS
from tests import reference
from tests.support.given import lesson_of
from tests.support.kinds import ALL_KINDS, kind_of
from tests.support.lessons import LINEAR, SMOOTH, UNSCALED, lessons, numbers, tame

EPOCHS = st.integers(0, 5)
UNITS = st.integers(-20, 20).map(lambda each: 2.0**each)
TRUE_RULES = ("forward", "central", "analytic")
SYMMETRIC_RULES = ("central", "analytic")
SMALL = 2.0**-52


def scaled(values: Sequence[float], by: float) -> list[float]:
    return [value * by for value in values]


def assert_scaled(
    one: Descent, other: Descent, parameters: Sequence[float], metrics: float
) -> None:
    """Fail unless the other run has the same numbers times these, to the last bit."""
    for ours, theirs in zip(one.states, other.states, strict=True):
        assert [a * b for a, b in zip(ours, parameters, strict=True)] == list(theirs)
    assert scaled(one.metric_values_pass, metrics) == list(other.metric_values_pass)
    assert scaled(one.metric_values, metrics) == list(other.metric_values)


# --- units


@given(lesson=lessons(kinds=LINEAR, gradients=TRUE_RULES), epochs=EPOCHS, unit=UNITS)
def test_the_unit_of_y_is_that_of_the_parameters(lesson: Lesson, epochs: int, unit: float) -> None:
    """Errors, squared, have the unit twice, so plain steps go well with the same rate.

    Of absolute errors the slope has no unit, and a step that is divided by the size of the
    gradient has none: there the rate has that of the parameters.
    """
    run = tame(descend(lesson, epochs))
    changes: dict[str, Any] = {}
    if lesson.method.loss == "mae" or lesson.method.optimizer not in UNSCALED:
        changes["learn"] = lesson.training.learning_rate * unit
    if lesson.method.loss == "mse" and "eps" in lesson.method.hyperparameters:
        changes["hyperparameters"] = {
            **lesson.method.hyperparameters,
            "eps": lesson.method.hyperparameters["eps"] * unit,
        }
    other = lesson.replaced(
        y=scaled(lesson.data.y, unit), start=scaled(lesson.training.start, unit), guess=(),
        nudge=lesson.training.difference_step * unit, **changes,
    )  # fmt: skip
    metrics = unit**2 if lesson.method.metric == "mse" else unit
    assert_scaled(run, descend(other, epochs), [unit] * len(lesson.training.start), metrics)


@given(lesson=lessons(kinds=["weight"], gradients=TRUE_RULES), epochs=EPOCHS, unit=UNITS)
def test_the_unit_of_x_is_one_below_the_slope(lesson: Lesson, epochs: int, unit: float) -> None:
    run = tame(descend(lesson, epochs))
    steps = unit**2 if lesson.method.optimizer in UNSCALED else unit
    hyper = dict(lesson.method.hyperparameters)
    if "eps" in hyper:
        hyper["eps"] *= unit
    other = lesson.replaced(
        x=scaled(lesson.data.x, unit), start=scaled(lesson.training.start, 1 / unit), guess=(),
        nudge=lesson.training.difference_step / unit,
        learn=lesson.training.learning_rate / steps, hyperparameters=hyper,
    )  # fmt: skip
    assert_scaled(run, descend(other, epochs), [1 / unit], 1.0)


@pytest.mark.parametrize("steps", [1.0, 2.0, 4.0])
def test_one_rate_cannot_follow_the_unit_of_x_where_there_is_an_intercept(steps: float) -> None:
    lesson = lesson_of(x=(1, 2, 4), y=(3, 4, 9), start=(1, 1), gradient="analytic", learn=0.02)
    other = lesson.replaced(
        x=scaled(lesson.data.x, 2),
        start=(0.5, 1),
        learn=lesson.training.learning_rate / steps,
    )
    (m, b), (other_m, other_b) = descend(lesson, 3).states[-1], descend(other, 3).states[-1]
    assert abs(2 * other_m - m) + abs(other_b - b) > 0.01


def test_a_shift_of_x_is_no_shift_of_the_intercept() -> None:
    lesson = lesson_of(x=(1, 2, 4), y=(3, 4, 9), start=(1, 1), gradient="analytic", learn=0.02)
    other = lesson.replaced(x=(2, 3, 5), start=(1, 0))
    (m, b), (other_m, other_b) = descend(lesson, 3).states[-1], descend(other, 3).states[-1]
    assert descend(lesson, 0).metric_values == descend(other, 0).metric_values
    assert abs(other_m - m) + abs(other_b + other_m - b) > 0.01


# --- mirrors


@given(lesson=lessons(kinds=LINEAR, gradients=SYMMETRIC_RULES), epochs=EPOCHS)
def test_mirrored_data_have_a_mirrored_descent(lesson: Lesson, epochs: int) -> None:
    # NumPy's powers of x and -x can differ in their last bit; those of a sheet do not.
    run = tame(descend(lesson, epochs))
    upside_down = lesson.replaced(
        y=scaled(lesson.data.y, -1), start=scaled(lesson.training.start, -1), guess=()
    )
    assert_scaled(run, descend(upside_down, epochs), [-1.0] * len(lesson.training.start), 1.0)
    # Of the powers of x, those with odd exponents change their sign.
    signs = list(kind_of(lesson).partials(-1.0, lesson.training.start))
    start = [sign * each for sign, each in zip(signs, lesson.training.start, strict=True)]
    sideways = lesson.replaced(x=scaled(lesson.data.x, -1), start=start, guess=())
    assert_scaled(run, descend(sideways, epochs), signs, 1.0)


# --- the order of rows


FULL = lessons(
    kinds=SMOOTH,
    losses=["mse"],
    metrics=["rmse", "mse", "mae"],
    gradients=TRUE_RULES,
    batches=st.just(ALL_ROWS),
    # Where noise is divided by its own size, the last bit decides where a step goes.
    least_eps=1e-4,
    shuffled=False,
)


def assert_close(one: Descent, other: Descent) -> None:
    """Fail unless two runs tell the same but for rounding; the metrics of a pass may not."""
    for ours, theirs in ((one.states, other.states), (one.metric_values, other.metric_values)):
        assert np.array(theirs) == pytest.approx(np.array(ours), rel=1e-8, abs=1e-8)


@given(lesson=FULL, epochs=EPOCHS, generator=st.randoms(use_true_random=False))
def test_a_full_batch_does_not_mind_the_order_of_its_rows(
    lesson: Lesson, epochs: int, generator: random.Random
) -> None:
    run = tame(descend(lesson, epochs))
    rows = list(zip(lesson.data.x, lesson.data.y, strict=True))
    generator.shuffle(rows)
    x, y = zip(*rows, strict=True)
    assert_close(run, descend(lesson.replaced(x=x, y=y), epochs))
    assert_close(run, descend(lesson.replaced(shuffle=generator.randrange(1000)), epochs))


@given(lesson=FULL, epochs=EPOCHS, times=st.integers(2, 4))
def test_a_full_batch_does_not_mind_rows_that_stand_there_again(
    lesson: Lesson, epochs: int, times: int
) -> None:
    run = tame(descend(lesson, epochs))
    again = lesson.replaced(x=[*lesson.data.x] * times, y=[*lesson.data.y] * times)
    assert_close(run, descend(again, epochs))
    batches = again.replaced(batch=lesson.n_rows)
    assert descend(batches, 0).states == run.states[:1]
    if lesson.method.optimizer != "sgd":
        return
    # A batch that is all of the data, so many times an epoch, is so many epochs.
    last = tame(descend(lesson, epochs * times)).states[-1]
    assert descend(batches, epochs).states[-1] == pytest.approx(last, rel=1e-8, abs=1e-8)


# --- optimisers that become each other


@given(lesson=lessons(optimizers=["sgd"]), epochs=EPOCHS)
def test_without_memory_every_momentum_is_a_plain_step(lesson: Lesson, epochs: int) -> None:
    run = tame(descend(lesson, epochs))
    for name in ("momentum", "momentum-ema"):
        other = descend(lesson.changed(optimizer=name, hyperparameters={"beta": 0.0}), epochs)
        assert other.states == run.states
        assert other.metric_values_pass == run.metric_values_pass


@given(lesson=lessons(optimizers=["rmsprop"], least_eps=1e-7), epochs=EPOCHS)
def test_without_memory_adam_is_rmsprop(lesson: Lesson, epochs: int) -> None:
    lesson = lesson.replaced(hyperparameters={**lesson.method.hyperparameters, "rho": 0.0})
    eps = lesson.method.hyperparameters["eps"]
    other = lesson.changed(
        optimizer="adam", hyperparameters={"beta1": 0.0, "beta2": 0.0, "eps": eps}
    )
    assert descend(other, epochs).states == tame(descend(lesson, epochs)).states


@given(
    lesson=lessons(optimizers=["momentum"], losses=["mse"], kinds=SMOOTH, gradients=TRUE_RULES),
    epochs=EPOCHS,
)
def test_averaged_momentum_is_momentum_at_a_smaller_rate(lesson: Lesson, epochs: int) -> None:
    beta = lesson.method.hyperparameters["beta"]
    rate = lesson.training.learning_rate / (1 - beta)
    other = lesson.changed(optimizer="momentum-ema", hyperparameters={"beta": beta}, learn=rate)
    assert_close(tame(descend(lesson, epochs)), descend(other, epochs))


# --- gradients


@given(
    name=st.sampled_from(LINEAR), x=numbers(), y=numbers(), nudge=st.sampled_from([0.5, 0.01]),
    values=st.lists(numbers(2.0), min_size=5, max_size=5),
)  # fmt: skip
def test_how_far_a_nudge_is_off_where_the_error_is_a_parabola(
    name: str, x: float, y: float, nudge: float, values: list[float]
) -> None:
    """By nudge times the square of the partial, and the central difference not at all."""
    kind = ALL_KINDS[name]
    values = values[: len(kind.start)]
    partials = kind.partials(x, values)
    reach = sum((abs(p) + nudge) * abs(j) for p, j in zip(values, partials, strict=True)) + abs(y)
    rounding = 64 * SMALL * reach**2 / nudge + SMALL
    for which, partial in enumerate(partials):
        forward, central, exact = ways(name, "mse", (x, y), values, nudge)[which]
        assert exact == pytest.approx(2 * (kind.predict(x, values) - y) * partial, abs=rounding)
        assert abs(central - exact) <= rounding
        assert abs(forward - exact - nudge * partial**2) <= rounding


@given(
    name=st.sampled_from(SMOOTH), loss=st.sampled_from(["mse", "mae", "huber"]), x=numbers(2.0),
    y=numbers(), values=st.lists(numbers(1.0), min_size=5, max_size=5),
)  # fmt: skip
def test_differences_come_to_the_closed_form_as_the_nudge_shrinks(
    name: str, loss: str, x: float, y: float, values: list[float]
) -> None:
    kind, nudge = ALL_KINDS[name], 1 / 256
    values = values[: len(kind.start)]
    miss = kind.predict(x, values) - y
    # At a hit the absolute error has a corner, and no derivative.
    assume(loss == "mse" or abs(miss) > 0.5)
    # At 1 the curve of Huber's error bends.
    assume(loss != "huber" or abs(abs(miss) - 1) > 0.5)
    wide, narrow = (ways(name, loss, (x, y), values, each) for each in (nudge, nudge / 2))
    slope = {
        "mse": 2 * miss, "mae": math.copysign(1.0, miss), "huber": min(max(miss, -1.0), 1.0),
    }[loss]  # fmt: skip
    for which, partial in enumerate(kind.partials(x, values)):
        exact = wide[which][2]
        assert exact == narrow[which][2]
        assert exact == pytest.approx(slope * partial, rel=1e-9, abs=1e-12)
        off, closer = (abs(each[which][1] - exact) for each in (wide, narrow))
        # A half of the nudge leaves a half of a forward difference's error, a quarter of a
        # central one's: what is left of both is of the next order.
        assert 2 * narrow[which][0] - wide[which][0] == pytest.approx(exact, rel=1e-2, abs=1e-2)
        extrapolated = (4 * narrow[which][1] - wide[which][1]) / 3
        assert extrapolated == pytest.approx(exact, rel=1e-6, abs=1e-6)
        assert closer <= max(0.26 * off, 1e-6 * (1 + abs(exact)))


def ways(
    name: str, loss: str, point: tuple[float, float], values: Sequence[float], nudge: float
) -> list[tuple[float, ...]]:
    """For each parameter the derivative of a row's error, found in three ways."""
    kind, (x, y) = ALL_KINDS[name], point
    model = lesson_of(x=[0.0] * 5, y=[0.0] * 5, model=kind.text).model
    row_loss = LOSSES[loss]
    cells = dict(zip(model.parameters, values, strict=True)) | {"x": x, "y": y, "nudge": nudge}
    cells |= row_loss.hyper
    cells[row_loss.column] = row_loss.bound(cells).of_row(model, [x], y, values)
    return [three_ways(model, row_loss, cells, which) for which in range(len(values))]


# --- lowest points


def squares(lesson: Lesson, parameters: Sequence[float]) -> float:
    """The sum of the squared errors, as the plain reference predicts."""
    kind = kind_of(lesson)
    misses = [
        kind.predict(x, parameters) - y for x, y in zip(lesson.data.x, lesson.data.y, strict=True)
    ]
    return reference.metric_value("root_sse", misses) ** 2


@given(
    lesson=lessons(kinds=LINEAR), away=st.lists(numbers(1.0), min_size=5, max_size=5),
    closeness=st.sampled_from([1.0, 1e-3]),
)  # fmt: skip
def test_no_point_is_lower_than_the_best_parameters(
    lesson: Lesson, away: list[float], closeness: float
) -> None:
    best = best_parameters(lesson)
    assume(all(map(math.isfinite, best)) and max(map(abs, best)) < 1e4)
    neighbour = [p + closeness * d for p, d in zip(best, away, strict=False)]
    lowest, other = squares(lesson, best), squares(lesson, neighbour)
    size = 1 + squares(lesson, [0.0] * len(best))
    assert lowest <= other + 1e-12 * size


@given(
    lesson=lessons(
        kinds=LINEAR, losses=["mse"], metrics=["mse"], gradients=SYMMETRIC_RULES,
        batches=st.just(ALL_ROWS), optimizers=["sgd"], shuffled=False,
    ),
    share=st.floats(0.01, 0.99),
    epochs=st.integers(1, 40),
)  # fmt: skip
def test_full_batches_below_the_largest_stable_rate_go_downhill_only(
    lesson: Lesson, share: float, epochs: int
) -> None:
    largest = largest_stable_rate(lesson)
    assume(largest is not None)
    assert largest is not None
    run = descend(lesson.changed(learn=share * largest), epochs)
    size = 1 + squares(lesson, [0.0] * len(lesson.training.start)) / lesson.n_rows
    for before, after in zip(run.metric_values[:-1], run.metric_values[1:], strict=True):
        assert after <= before + 1e-9 * size
    assert run.divergence == ()


@given(lesson=lessons(kinds=[name for name, kind in ALL_KINDS.items() if len(kind.start) <= 2]))
def test_the_error_grid_is_the_figure_at_every_point(lesson: Lesson) -> None:
    kind, sides = kind_of(lesson), grid_of(lesson)
    across = [(each,) for each in sides[1]] if len(sides) > 1 else [()]
    for first, line in zip(sides[0], surface_values(lesson), strict=True):
        for others, value in zip(across, line, strict=True):
            misses = [
                kind.predict(x, (first, *others)) - y
                for x, y in zip(lesson.data.x, lesson.data.y, strict=True)
            ]
            expected = reference.metric_value(lesson.method.metric, misses)
            assert value == pytest.approx(expected, rel=1e-9, abs=1e-12)
