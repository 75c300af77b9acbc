"""The epoch factor and the largest stable rate, against exact fractions and against runs."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest

import sheetgd
from sheetgd.engine.run import descend
from sheetgd.engine.stability import (
    SHUFFLED_EPOCHS,
    epoch_factor,
    is_stable,
    largest_stable_rate,
    shuffled_factor,
)
from sheetgd.engine.sweep import advice, suggested_rate
from sheetgd.lesson.data import orders
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson, shipped_names
from tests.support.given import lesson_of

ORIGINAL = shipped_lesson("original")


def on(x: Sequence[float], **settings: object) -> Lesson:
    given = {"gradient": "analytic", "y": [2 * each + 30 for each in x], **settings}
    return lesson_of(x=list(x), **given)  # type: ignore[arg-type]  # by name


def exactly_stable(partials: Sequence[Sequence[Fraction]], rate: Fraction, batch: int) -> bool:
    """Whether an epoch at this rate shrinks every direction that the data move, in fractions.

    With one or two parameters. An eigenvalue 1 - z is within the unit circle where
    |z|^2 < 2*Re(z); of two of them that is said by the sum s and the product p of the z.
    """
    count = len(partials[0])
    left = [[Fraction(int(one == other)) for other in range(count)] for one in range(count)]
    for first in range(0, len(partials), batch):
        rows = partials[first : first + batch]
        seen = [[sum(row[k] * left[k][j] for k in range(count)) for j in range(count)]
                for row in rows]  # fmt: skip
        left = [
            [left[i][j] - 2 * rate / len(rows)
             * sum(row[i] * each[j] for row, each in zip(rows, seen, strict=True))
             for j in range(count)]
            for i in range(count)
        ]  # fmt: skip
    moved = [[Fraction(int(i == j)) - left[i][j] for j in range(count)] for i in range(count)]
    total = sum(moved[i][i] for i in range(count))
    alike = all(row[0] * other[-1] == row[-1] * other[0] for row in partials for other in partials)
    if count == 1 or alike:
        return 0 < total < 2
    product = moved[0][0] * moved[1][1] - moved[0][1] * moved[1][0]
    return 0 < product < total and 4 - 2 * total + product > 0


def partials_of(x: Sequence[float], model: str) -> list[list[Fraction]]:
    columns = {"line": (1, 0), "w*x": (1,), "a*x^2+b": (2, 0), "b+a*x": (0, 1), "w": (0,)}
    return [[Fraction(each) ** power for power in columns[model]] for each in x]


KEPLER = np.linspace(4e11, 2e12, 14).tolist()
UNIX_DAYS = [1.7e9 + 86400 * day for day in range(20)]
UNIX_SECONDS = [1.7e9 + 3600 * hour for hour in range(10)]
FAR = [float(each) for each in range(45292, 45299)]

EXACT: dict[str, tuple[Sequence[float], str, int | str]] = {
    "x alike": ([3.0] * 5, "line", 1),
    "x alike, all at once": ([3.0] * 5, "line", "all"),
    "twenty alike": ([5.0] * 20, "line", 1),
    "two rows": ([1.0, 3.0], "w*x", 1),
    "original": (ORIGINAL.data.x, "line", 1),
    "original in fours": (ORIGINAL.data.x, "line", 4),
    "original in sevens, six left over": (ORIGINAL.data.x, "line", 7),
    "original at once": (ORIGINAL.data.x, "line", "all"),
    "far from 0": (FAR, "line", 1),
    "far from 0, at once": (FAR, "line", "all"),
    "1e7": ([1e7, 2e7, 3e7], "line", 1),
    "1e7 at once": ([1e7, 2e7, 3e7], "line", "all"),
    "3e6": ([3e6, 6e6, 9e6], "line", 1),
    "3e6 at once": ([3e6, 6e6, 9e6], "line", "all"),
    "unix times": (UNIX_DAYS, "line", 1),
    "unix times at once": (UNIX_DAYS, "line", "all"),
    "hours of unix time": (UNIX_SECONDS, "line", 1),
    "1e12": (KEPLER, "line", 1),
    "1e12 at once": (KEPLER, "line", "all"),
    "1e12, squared": (KEPLER, "a*x^2+b", 1),
    "1e100": ([1e100, 2e100, 3e100], "line", 1),
    "1e-9": ([1e-9, 2e-9, -3e-9], "line", 1),
    "both signs": ([-3.0, 1.0, 0.2, 5.0, 2.0, -1.0], "line", 1),
    "the other order": ([-3.0, 1.0, 0.2, 5.0, 2.0, -1.0], "b+a*x", 2),
    "a mean": ([1.0, 5.0, 2.0], "w", 1),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", EXACT)
def test_every_smaller_rate_is_stable_and_the_next_larger_is_not_in_fractions(name: str) -> None:
    x, model, batch = EXACT[name]
    found = largest_stable_rate(on(x, model=model, batch=batch))
    assert found is not None
    largest, partials = Fraction(found), partials_of(x, model)
    size = len(x) if batch == "all" else int(batch)
    assert not exactly_stable(partials, largest * (1 + Fraction(1, 10**9)), size)
    assert exactly_stable(partials, largest * (1 - Fraction(1, 10**9)), size)
    for part in range(1, 150):
        assert exactly_stable(partials, largest * Fraction(part, 150), size)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30))
def test_the_first_crossing_of_random_rows_is_found_in_fractions(seed: int) -> None:
    random = np.random.default_rng(seed)
    count = int(random.integers(2, 9))
    x = (random.normal(size=count) * 10.0 ** random.uniform(-1.5, 1.5, count)).tolist()
    found = largest_stable_rate(on(x))
    assert found is not None
    largest, partials = Fraction(found), partials_of(x, "line")
    assert not exactly_stable(partials, largest * (1 + Fraction(1, 10**8)), 1)
    for part in range(1, 400):
        assert exactly_stable(partials, largest * Fraction(part, 400), 1)


@pytest.mark.parametrize(
    ("x", "settings", "rate"),
    [
        ([3] * 5, {}, 0.1),
        ([3] * 5, {"batch": "all"}, 0.1),
        ([5] * 20, {}, 1 / 26),
        (FAR, {"batch": "all"}, 4.874e-10),
        ([1e7, 2e7, 3e7], {"batch": "all"}, 2.142857e-15),
        ([3e6, 6e6, 9e6], {"batch": "all"}, 2.38e-14),
        (KEPLER, {"batch": "all"}, 5.9307e-25),
        # w*x by x = 1 and x = 3: (1 - 2*r)*(1 - 18*r) is -1 where 36*r^2 - 20*r + 2 is 0.
        ([1, 3], {"model": "w*x"}, (20 - 112**0.5) / 72),
        (ORIGINAL.data.x, {}, 0.00144),
    ],
    ids=str,
)
def test_rates_known_by_hand(x: Sequence[float], settings: dict[str, object], rate: float) -> None:
    assert largest_stable_rate(on(x, **settings)) == pytest.approx(rate, rel=5e-4)


def test_rows_of_the_size_of_1e12_whose_squares_have_the_mean_they_need() -> None:
    # 2 / (2 * mean of the squares), to a part in 1e24: any 14 rows from 4e11 to 2e12 with it.
    x = [4e11, *[5.5e11] * 12, 2e12]
    squares = sum(Fraction(each) ** 2 for each in x) / 14
    assert largest_stable_rate(on(x, batch="all")) == pytest.approx(float(1 / squares), rel=1e-12)


def test_a_parameter_that_says_the_same_as_another_changes_nothing() -> None:
    both = on(range(1, 7), model="a*x + b*x + c")
    # Along a and b together x counts twice in the square: that is a line in sqrt(2)*x.
    single = on([2**0.5 * each for each in range(1, 7)])
    assert largest_stable_rate(both) == pytest.approx(largest_stable_rate(single), rel=1e-9)
    assert largest_stable_rate(both) == pytest.approx(0.033563, rel=1e-4)
    run = descend(both.changed(learn=0.033, start=(1, 1, 1)), 4000)
    assert run.divergence == ()
    assert run.metric_values[-1] < 1e-3 * run.metric_values[0]
    assert descend(both.changed(learn=0.034, start=(1, 1, 1)), 4000).divergence


def brute_radius(lesson: Lesson, rate: float) -> float:
    """The spectral radius in the parameters' own coordinates, within the row space of the data."""
    x = np.array(lesson.data.x)
    columns = {"line": [x, x**0], "quadratic": [x * x, x, x**0], "a*x + b*x + c": [x, x, x**0]}
    jacobian = np.stack(columns[lesson.method.model], axis=1)
    _, lengths, right = np.linalg.svd(jacobian)
    basis = right[: int(np.sum(lengths > 1e-10 * lengths[0]))].T
    beta = lesson.method.hyperparameters.get("beta", 0.0)
    share = 1 - beta if lesson.method.optimizer == "momentum-ema" else 1.0
    count = jacobian.shape[1]
    whole = np.eye(2 * count)
    for first in range(0, len(x), lesson.batch_size):
        rows = jacobian[first : first + lesson.batch_size]
        hessian = 2 * rows.T @ rows / len(rows)
        velocity = np.hstack([share * hessian, beta * np.eye(count)])
        place = np.hstack([np.eye(count), np.zeros((count, count))]) - rate * velocity
        whole = np.vstack([place, velocity]) @ whole
    both = np.kron(np.eye(2), basis)
    return float(np.abs(np.linalg.eigvals(both.T @ whole @ both)).max())


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 4, "all"])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "momentum-ema"])
@pytest.mark.parametrize("model", ["line", "quadratic", "a*x + b*x + c"])
@pytest.mark.parametrize("alike", [False, True])
def test_the_factor_is_the_spectral_radius_where_something_moves(
    batch: int | str, optimizer: str, model: str, *, alike: bool
) -> None:
    random = np.random.default_rng(4)
    x = [0.7] * 9 if alike else random.normal(size=9).tolist()
    lesson = on(x, batch=batch, optimizer=optimizer, model=model)
    largest = largest_stable_rate(lesson)
    assert largest is not None
    for share in (0.03, 0.5, 0.97, 1.03, 2.5):
        rate = share * largest
        factor, expected = epoch_factor(lesson, rate), brute_radius(lesson, rate)
        assert factor == pytest.approx(expected, rel=1e-6, abs=1e-6)
        assert is_stable(lesson, rate) == (expected < 1)
    assert brute_radius(lesson, largest) == pytest.approx(1, abs=1e-6)
    for part in range(1, 200):
        assert brute_radius(lesson, largest * part / 200) < 1


def random_lesson(seed: int, **settings: object) -> Lesson:
    random = np.random.default_rng(seed)
    x = random.normal(size=9)
    y = 2 * x - 1 + random.normal(size=9)
    given = {"gradient": "analytic", "start": (), "seed": seed, **settings}
    return lesson_of(x=x.tolist(), y=y.tolist(), **given)  # type: ignore[arg-type]  # by name


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("batch", [1, 4, "all"])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "momentum-ema"])
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


@pytest.mark.parametrize("gradient", ["forward", "central", "analytic"])
def test_a_rate_above_the_largest_may_be_stable_again(gradient: str) -> None:
    lesson = ORIGINAL.changed(gradient=gradient, learn=0.00193)
    largest = largest_stable_rate(lesson)
    assert largest is not None
    assert largest < 0.00193
    assert is_stable(lesson)
    assert advice(lesson) is None
    if gradient != "forward":
        assert descend(lesson, 5000).states[-1] == pytest.approx((2, 30), abs=1e-6)
    unstable = lesson.changed(learn=0.0016)
    assert is_stable(unstable) is False
    assert advice(unstable) is not None
    assert descend(unstable, 5000).divergence


def test_a_rate_far_above_the_largest_may_be_there_after_one_epoch() -> None:
    lesson = lesson_of(x=(1, 3), y=(2, 6), model="w*x", gradient="analytic", learn=0.5)
    assert largest_stable_rate(lesson) == pytest.approx(0.1307916)
    assert epoch_factor(lesson) == pytest.approx(0, abs=1e-12)
    assert advice(lesson) is None
    assert descend(lesson, 1).states[-1] == (2.0,)
    assert advice(lesson.changed(learn=0.2)) is not None


def test_whether_a_rate_is_stable_is_told_where_the_factor_is_all_but_1() -> None:
    lesson = on(KEPLER)
    largest = largest_stable_rate(lesson)
    assert largest is not None
    assert epoch_factor(lesson, largest / 10) == 1
    assert is_stable(lesson, largest / 10)
    assert is_stable(lesson, largest * 1.001) is False


def test_full_batches_have_the_textbook_s_rate() -> None:
    lesson = random_lesson(1, batch="all", model="quadratic")
    x = np.array(lesson.data.x)
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
        {"gradient": "swapped"},
    ],
)
def test_it_is_not_claimed_where_it_is_not_known(settings: dict[str, object]) -> None:
    lesson = random_lesson(1, learn=1e9, **settings)
    assert largest_stable_rate(lesson) is None
    assert epoch_factor(lesson) is None
    assert is_stable(lesson) is None
    assert advice(lesson) is None


def test_data_that_move_nothing_have_none_and_long_data_only_a_factor() -> None:
    assert largest_stable_rate(lesson_of(x=(0, 0), y=(1, 2), model="w*x")) is None
    assert epoch_factor(lesson_of(x=(0, 0), y=(1, 2), model="w*x")) is None
    many = lesson_of(x=range(2001), y=range(2001))
    assert largest_stable_rate(many) is None
    assert is_stable(many.changed(learn=1e-8))
    assert is_stable(many.changed(learn=1e-5)) is False
    warning = advice(many.changed(learn=1e-5))
    assert warning is not None
    assert "is stable" not in warning
    assert "; try" not in warning
    assert ". try" in warning
    assert largest_stable_rate(many.changed(batch="all")) is not None


@pytest.mark.slow
def test_long_data_are_joined_in_pieces_to_the_same_factor() -> None:
    random = np.random.default_rng(7)
    x = random.normal(size=300_001).tolist()
    lesson = lesson_of(x=x, y=x, gradient="analytic", learn=1e-6)
    product = np.eye(2)
    for each in x:
        row = np.array([each, 1.0])
        product -= 2e-6 * np.outer(row, row @ product)
    assert epoch_factor(lesson) == pytest.approx(np.abs(np.linalg.eigvals(product)).max(), rel=1e-9)


def houses() -> Lesson:
    random = np.random.default_rng(3)
    feet = random.uniform(500, 4000, 60).round()
    price = (150 * feet + 50_000 + random.normal(0, 20_000, 60)).round(-2)
    return lesson_of(x=feet.tolist(), y=price.tolist())


def held(lesson: Lesson, rate: float, epochs: int) -> list[float]:
    return list(descend(lesson.changed(learn=rate), epochs, through=True).metric_values)


def test_the_rate_that_a_warning_suggests_does_not_end_worse_than_the_start() -> None:
    lesson = houses()
    largest = largest_stable_rate(lesson)
    assert largest is not None
    # Nine tenths of the largest stable rate are stable, and of no use.
    stable = held(lesson, 0.9 * largest, 25)
    assert stable[-1] > 2 * stable[0]
    warning = advice(lesson)
    assert warning is not None
    rate = float(warning.rpartition("try ")[2])
    figures = held(lesson, rate, 25)
    assert max(figures) == figures[0]
    assert figures[-1] < figures[0] / 2
    (trial,) = sheetgd.sweep(lesson, (rate,)).trials
    assert trial.verdict is not None
    assert trial.verdict.good


@pytest.mark.parametrize("name", shipped_names())
@pytest.mark.parametrize("seed", [None, 5])
def test_suggestions_are_good_for_every_lesson(name: str, seed: int | None) -> None:
    lesson = shipped_lesson(name)
    lesson = lesson if seed is None else lesson.changed(seed=seed)
    rate = suggested_rate(lesson)
    assert rate is not None
    trial = sheetgd.sweep(lesson, (rate,)).trials[0]
    figures = held(lesson, rate, len(trial.metric_values) - 1)
    assert max(figures) == figures[0] > figures[-1]
    assert trial.verdict is not None
    assert trial.verdict.good


def test_a_perfect_start_gets_no_suggestion() -> None:
    lesson = lesson_of(x=(1, 2), y=(3, 5), start=(2, 1), gradient="analytic", learn=9)
    warning = advice(lesson)
    assert warning is not None
    assert "try" not in warning


def test_the_warning_says_what_is_so_at_this_rate_and_what_below_the_other() -> None:
    lesson = random_lesson(2, batch="all")
    rate = largest_stable_rate(lesson)
    assert rate is not None
    assert advice(lesson.changed(learn=rate * 0.99)) is None
    warning = advice(lesson.changed(learn=rate * 1.01))
    assert warning is not None
    factor = epoch_factor(lesson, rate * 1.01)
    assert factor is not None
    words = (
        "diverges from almost every start: at this rate an epoch multiplies the distance from the "
        f"stationary point by {factor:.4g}. Every rate below"
    )
    assert words in warning
    told = float(warning.partition("Every rate below ")[2].split()[0])
    assert rate * 0.98 < told <= rate
    assert warning.endswith(f"is stable; try {suggested_rate(lesson):g}")
    assert "by more than any number." in (advice(ORIGINAL.changed(learn=1e300)) or "")
    assert "by a little more than 1." in (advice(lesson.changed(learn=rate * 1.000001)) or "")


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
@pytest.mark.parametrize("batch", [1, 2, 4])
def test_shuffled_rows_have_the_mean_factor_of_their_orders(batch: int, optimizer: str) -> None:
    x = [-1.0, 0.3, 2.0, 1.1, -0.4, 0.9, 1.5]
    lesson = on(x, shuffle=3, batch=batch, optimizer=optimizer)
    assert epoch_factor(lesson) is None
    beta = lesson.method.hyperparameters.get("beta", 0.0)
    largest = largest_stable_rate(lesson.changed(shuffle=None, batch=batch))
    assert largest is not None
    found = []
    for rate in (0.02 * largest, 0.5 * largest, 3 * largest):
        whole, drawn = np.eye(4), orders(len(x), 3)
        for _ in range(SHUFFLED_EPOCHS):
            order = next(drawn)
            for first in range(0, len(x), batch):
                rows = np.array([[x[row - 1], 1.0] for row in order[first : first + batch]])
                hessian = 2 * rows.T @ rows / len(rows)
                velocity = np.hstack([hessian, beta * np.eye(2)])
                place = np.eye(2, 4) - rate * velocity
                whole = np.vstack([place, velocity]) @ whole
        radius = np.abs(np.linalg.eigvals(whole)).max() ** (1 / SHUFFLED_EPOCHS)
        assert shuffled_factor(lesson, rate) == pytest.approx(radius, rel=1e-7)
        found.append(radius)
    assert found[0] < 1 < found[2]


def test_the_order_makes_no_difference_in_a_batch_of_all_rows() -> None:
    for optimizer in ("sgd", "momentum"):
        lesson = on(ORIGINAL.data.x, batch="all", optimizer=optimizer)
        shuffled = lesson.changed(shuffle=4)
        assert largest_stable_rate(shuffled) == largest_stable_rate(lesson)
        assert epoch_factor(shuffled, 0.001) == epoch_factor(lesson, 0.001)
        assert shuffled_factor(shuffled, 0.001) is None


def test_shuffled_factors_beyond_all_numbers() -> None:
    lesson = on(ORIGINAL.data.x, shuffle=4)
    assert shuffled_factor(lesson, 1e200) == float("inf")
    exact = lesson_of(x=(1, 1), y=(2, 2), model="w*x", shuffle=1)
    assert shuffled_factor(exact, 0.5) == 0
    assert shuffled_factor(lesson.changed(loss="mae"), 0.1) is None
    assert shuffled_factor(lesson.changed(shuffle=None), 0.1) is None


def test_columns_of_very_different_sizes_make_no_warning() -> None:
    lesson = lesson_of(
        x=(1 / 3, 0, 0, 1), y=(0, 0, 0, 0), model="cubic", batch="all", gradient="central",
    )  # fmt: skip
    partials = np.vander(np.array(lesson.data.x), 4)
    largest = np.linalg.eigvalsh(2 / 4 * partials.T @ partials)[-1]
    assert largest_stable_rate(lesson) == pytest.approx(2 / largest, rel=1e-12)


def test_no_factor_is_named_where_a_schedule_changes_the_rate() -> None:
    lesson = on((1, 3), learn=0.05)
    other = lesson.changed(schedule="ExponentialLR", schedule_parameters={"gamma": 0.5})
    for find in (epoch_factor, is_stable, largest_stable_rate):
        assert find(lesson) is not None
        assert find(other) is None
    assert shuffled_factor(lesson.changed(shuffle=1), 0.05) is not None
    assert shuffled_factor(other.changed(shuffle=1), 0.05) is None
    # Steps that shrink fast enough end where steps of the first size would not.
    assert advice(lesson.changed(learn=0.5)) is not None
    assert advice(other.changed(learn=0.5)) is None


def test_a_rate_chosen_under_a_schedule_suits_the_runs_that_have_it() -> None:
    plain = Lesson(x=(1, 3, 2), y=(2, 6, 9), model="w*x", gradient="analytic", batch_size="all")
    scheduled = plain.changed(schedule="ExponentialLR", schedule_parameters={"gamma": 0.6})
    assert scheduled.training.learning_rate > plain.training.learning_rate
    other = scheduled.changed(learning_rate=scheduled.training.learning_rate / 2)
    assert descend(scheduled, 40).metric_value <= descend(other, 40).metric_value
