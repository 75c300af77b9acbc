"""The largest stable learning rate, against runs below and above it."""

import numpy as np
import pytest

from sheetgd.descent import descend
from sheetgd.lesson import Lesson
from sheetgd.stability import advice, largest_stable_rate


def random_lesson(seed: int, **settings: object) -> Lesson:
    random = np.random.default_rng(seed)
    x = random.normal(size=9)
    y = 2 * x - 1 + random.normal(size=9)
    given = {"gradient": "exact", "start": (), "seed": seed, **settings}
    return Lesson(x=x.tolist(), y=y.tolist(), **given)  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("batch", [1, 4, "all"])
@pytest.mark.parametrize("optimizer", ["plain", "momentum", "momentum-averaged"])
@pytest.mark.parametrize("model", ["line", "quadratic"])
def test_runs_settle_below_and_grow_above(
    seed: int, batch: int | str, optimizer: str, model: str
) -> None:
    lesson = random_lesson(seed, batch=batch, optimizer=optimizer, model=model)
    rate = largest_stable_rate(lesson)
    assert rate is not None
    below = descend(lesson.changed(learn=0.96 * rate), 600)
    above = descend(lesson.changed(learn=1.04 * rate), 600)
    assert below.divergence == ()
    # Steps in every row settle into a round of their own, which may be wide.
    assert below.metric_values_pass[-1] <= 1.01 * max(below.metric_values_pass[300:400])
    assert above.metric_values_pass[-1] > 1e3 * below.metric_values_pass[-1]


def test_full_batches_have_the_textbook_s_rate() -> None:
    lesson = random_lesson(1, batch="all", model="quadratic")
    x = np.array(lesson.x)
    jacobian = np.stack([x * x, x, np.ones_like(x)], axis=1)
    hessian = 2 * jacobian.T @ jacobian / len(x)
    expected = 2 / np.linalg.eigvalsh(hessian)[-1]
    assert largest_stable_rate(lesson) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    "settings",
    [
        {"loss": "mae"},
        {"model": "a*exp(b*x)"},
        {"optimizer": "adam"},
        {"shuffle": 1},
        {"gradient": "published"},
    ],
)
def test_it_is_not_claimed_where_it_is_not_known(settings: dict[str, object]) -> None:
    assert largest_stable_rate(random_lesson(1, **settings)) is None


def test_data_that_leave_a_direction_open_have_none() -> None:
    assert largest_stable_rate(Lesson(x=(2, 2, 2), y=(1, 2, 3))) is None
    assert largest_stable_rate(Lesson(x=(0, 0), y=(1, 2), model="w*x")) is None
    many = Lesson(x=range(2001), y=range(2001))
    assert largest_stable_rate(many) is None
    assert largest_stable_rate(many.changed(batch="all")) is not None


def test_advice_is_given_only_where_it_is_needed() -> None:
    lesson = random_lesson(2, batch="all")
    rate = largest_stable_rate(lesson)
    assert rate is not None
    assert advice(lesson.changed(learn=rate * 0.99)) is None
    warning = advice(lesson.changed(learn=rate * 1.01))
    assert warning is not None
    assert "must diverge" in warning
    suggested = float(warning.rpartition(" ")[2])
    assert 0.8 * rate < suggested < rate
