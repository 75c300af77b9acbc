"""What the shipped lessons tell in numbers, computed anew by loops that are spelt out here.

Each section of docs/student.md on a lesson, and each text of its template, has its numbers here, in
their order. Of sheetgd only the data, the order of shuffled rows and the start that a seed draws
are taken; `confirmed` compares a run with the loops.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sheetgd.engine.run import Descent, descend
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson

Numbers = Callable[[], Sequence[float]]
Array = NDArray[np.float64]
Slopes = Callable[[Array, float, Array], Array]
"""The slopes of a row's loss by each parameter: of its inputs, its y, and the parameters."""
Predict = Callable[[Array, Array], float]


def line(x: Array, p: Array) -> float:
    return float(p[:-1] @ x + p[-1])


def line_slopes(x: Array, y: float, p: Array) -> Array:
    return 2 * (line(x, p) - y) * np.append(x, 1.0)


def rows_of(lesson: Lesson) -> tuple[Array, Array]:
    """The inputs of each row, and its y."""
    inputs = np.array([each.values for each in lesson.data.inputs], dtype=float).T
    return inputs, np.array(lesson.data.y, dtype=float)


def walk(
    lesson: Lesson, slopes: Slopes, epochs: int, orders: Sequence[Sequence[int]] | None = None
) -> list[Array]:
    """The parameters after each epoch, by plain steps."""
    inputs, ys = rows_of(lesson)
    size, rate = lesson.batch_size, lesson.training.learning_rate
    p = np.array(lesson.training.start, dtype=float)
    states = [p]
    for epoch in range(epochs):
        order = list(range(len(ys))) if orders is None else [each - 1 for each in orders[epoch]]
        for first in range(0, len(order), size):
            batch = order[first : first + size]
            p = p - rate * sum(slopes(inputs[row], ys[row], p) for row in batch) / len(batch)
        states.append(p)
    return states


def rmse(lesson: Lesson, predict: Predict, p: Array) -> float:
    inputs, ys = rows_of(lesson)
    misses = [predict(x, p) - y for x, y in zip(inputs, ys, strict=True)]
    return float(np.sqrt(np.mean(np.square(misses))))


def confirmed(lesson: Lesson, predict: Predict, slopes: Slopes, epochs: int) -> Descent:
    """A run whose parameters and rmse are those of the loops."""
    run = descend(lesson, epochs)
    orders = None
    if lesson.method.shuffle is not None:
        n, order = lesson.n_rows, list(run.order)
        orders = [order[k * n : (k + 1) * n] for k in range(epochs)]
    found = walk(lesson, slopes, epochs, orders)
    for epoch, p in enumerate(found):
        assert run.states[epoch] == pytest.approx(list(p), rel=1e-9, abs=1e-12)
        assert run.metric_values[epoch] == pytest.approx(rmse(lesson, predict, p), rel=1e-9)
    return run


def pages(name: str, **changes: Any) -> dict[str, Lesson]:  # noqa: ANN401  as `Lesson.changed`
    """A lesson and its variants by their titles, each with the same changes."""
    lesson = shipped_lesson(name)
    found = {lesson.display.label: lesson}
    found |= {each.title: lesson.varied(each) for each in lesson.display.variants}
    return {title: each.changed(**changes) for title, each in found.items()}


# Batches


@cache
def batches(rate: float = 0.03) -> Mapping[str, Descent]:
    return {
        title: confirmed(lesson, line, line_slopes, 60)
        for title, lesson in pages("batches", learning_rate=rate).items()
    }


def batches_told() -> list[float]:
    one, _, _, shuffled = runs = list(batches().values())
    assert list(batches()) == ["One row", "Five rows", "All rows", "One row, shuffled"]
    early = [run.metric_values[5] for run in runs]
    assert early[0] < early[3] < early[1] < early[2]
    late = [run.metric_values[50] for run in runs]
    assert late[1] < late[2] < late[3] < late[0]
    # In a fixed order it stands still beside the best line, in a random one it never does.
    best = np.polyfit(*rows_of_line("batches"), 1)
    assert one.states[50] == pytest.approx(one.states[60], abs=1e-9)
    assert abs(one.states[60][0] - best[0]) > 0.5
    moves = [abs(shuffled.states[k + 1][0] - shuffled.states[k][0]) for k in range(20, 60)]
    assert min(moves) > 1e-3
    assert {shuffled.states[k][0] > best[0] for k in range(20, 60)} == {True, False}
    lesson = pages("batches")["All rows"]
    assert walk(lesson, line_slopes, 1000)[-1] == pytest.approx(best, rel=1e-9)
    table = [[*run.states[50], run.metric_values[50]] for run in runs]
    slow = [run.metric_values[50] for run in batches(0.005).values()]
    assert slow[3] < late[3]
    assert slow[3] < slow[0] < min(slow[1:3])
    asked = [5, 50, 5, 10, 2, 1, *early, 50, *(each for row in table for each in row)]
    return [*asked, *best, 0.005, 50, slow[3], late[3], *slow[1:3], 10]


def batches_expected() -> list[float]:
    lesson = shipped_lesson("batches")
    (x, *_), (y, *_) = rows_of_line("batches")
    m, b = lesson.training.start
    miss = m * x + b - y
    # An epoch of ten steps is one linear map and a shift; this is the point that it leaves alone.
    turn, shift = np.eye(2), np.zeros(2)
    for each, goal in zip(*rows_of_line("batches"), strict=True):
        column = np.array([each, 1.0])
        factor = np.eye(2) - 0.06 * np.outer(column, column)
        turn, shift = factor @ turn, factor @ shift + 0.06 * goal * column
    rests = np.linalg.solve(np.eye(2) - turn, shift)
    return [miss**2, 2 * miss * x, m - 0.03 * 2 * miss * x, float(rests[0])]


def rows_of_line(name: str) -> tuple[Array, Array]:
    inputs, ys = rows_of(shipped_lesson(name))
    return inputs[:, 0], ys


# Neurons


def neurons(x: Array, p: Array) -> float:
    a1, b1, a2, b2, w1, w2, c = p
    return float(w1 * max(0, a1 * x[0] + b1) + w2 * max(0, a2 * x[0] + b2) + c)


def neuron_slopes(x: Array, y: float, p: Array) -> Array:
    a1, b1, a2, b2, w1, w2, _ = p
    z1, z2 = a1 * x[0] + b1, a2 * x[0] + b2
    back = 2 * (neurons(x, p) - y)
    by_1, by_2 = back * w1 * (z1 > 0), back * w2 * (z2 > 0)
    by_w = [back * max(0, z1), back * max(0, z2)]
    return np.array([by_1 * x[0], by_1, by_2 * x[0], by_2, *by_w, back])


@cache
def neuron_runs() -> Mapping[str, Descent]:
    return {
        title: confirmed(lesson, neurons, neuron_slopes, 40)
        for title, lesson in pages("neurons").items()
    }


def first_neuron_row() -> tuple[float, float, float, list[float]]:
    """The first row's hidden columns and prediction at the start, and its slopes."""
    lesson = shipped_lesson("neurons")
    inputs, ys = rows_of(lesson)
    p = np.array(lesson.training.start)
    h1, h2 = (max(0.0, p[k] * inputs[0][0] + p[k + 1]) for k in (0, 2))
    return h1, h2, neurons(inputs[0], p), list(neuron_slopes(inputs[0], ys[0], p))


def neurons_told() -> list[float]:
    x, y = rows_of_line("neurons")
    h1, h2, y_pred, slopes = first_neuron_row()
    back = 2 * (y_pred - y[0])
    assert [slope == 0 for slope in slopes] == [False, False, True, True, False, True, False]
    two, twins, dead = neuron_runs().values()
    assert list(neuron_runs()) == ["Two neurons", "Twins", "One is dead"]
    for state in twins.states:
        assert state[:2] == state[2:4]
        assert state[4] == state[5]
    assert {state[2:4] for state in dead.states} == {(1, -9)}
    assert {state[5] for state in dead.states} == {1}
    rmses = [run.metric_values[30] for run in (two, twins, dead)]
    woken = pages("neurons")["Twins"].changed(start=(1, 1, -1, 1, 1, 1, 0))
    apart = confirmed(woken, neurons, neuron_slopes, 30).metric_values[30]
    assert apart < min(rmses[1:]) / 2
    # A straight line through the points is nearly flat, and wrong everywhere.
    slope, level = np.polyfit(x, y, 1)
    assert abs(slope) < 0.05
    assert min(abs(slope * x + level - y)) > 0.5
    asked = [0, x[0], y[0], h1, h2, y_pred]
    told = [back, slopes[4], back, h1, back, slopes[0], back, x[0], slopes[1], slopes[6]]
    return [*asked, *told, 0, 30, *rmses, -9, -1, 30, apart]


def neurons_expected() -> list[float]:
    h1, h2, y_pred, slopes = first_neuron_row()
    y = shipped_lesson("neurons").data.y[0]
    return [h1, h2, 2 * (y_pred - y), slopes[4], slopes[0], slopes[2]]


# Valleys


def swing(x: Array, p: Array) -> float:
    return float(np.sin(p[0] * x[0]))


def swing_slopes(x: Array, y: float, p: Array) -> Array:
    return np.array([2 * (swing(x, p) - y) * x[0] * np.cos(p[0] * x[0])])


def swing_loss(w: float) -> float:
    x, y = rows_of_line("valley")
    return float(np.mean((np.sin(w * x) - y) ** 2))


def level_ground(w: float) -> float:
    """Where the slope of the loss is 0 near a w, by Newton's method."""
    x, y = rows_of_line("valley")
    for _ in range(50):
        miss, turn = np.sin(w * x) - y, x * np.cos(w * x)
        w -= float(np.sum(miss * turn) / np.sum(turn**2 - miss * x**2 * np.sin(w * x)))
    return w


@cache
def swing_run(start: float) -> Descent:
    lesson = shipped_lesson("valley").changed(start=(start,), metric="rmse")
    return confirmed(lesson, swing, swing_slopes, 30)


def valley_told() -> list[float]:
    starts = [lesson.training.start[0] for lesson in pages("valley").values()]
    table = [
        [start, swing_run(start).states[30][0], swing_run(start).metric_values[30] ** 2]
        for start in starts
    ]
    for start, end, loss in table:
        assert end == pytest.approx(level_ground(end), abs=0.003)
        assert loss == pytest.approx(swing_loss(end))
        assert loss < swing_loss(start)
    low = min(table, key=lambda each: each[2])
    assert low is table[0]
    near = [swing_run(start).states[30][0] for start in (0.3, 0.35)]
    assert near == pytest.approx([table[1][1], table[0][1]], abs=0.01)
    hill = level_ground(0.32)
    assert 0.3 < hill < 0.35
    assert swing_loss(hill) > max(swing_loss(hill - 0.05), swing_loss(hill + 0.05))
    return [
        30,
        *(each for row in table for each in row),
        1,
        0.2,
        0.5,
        0.3,
        near[0],
        0.35,
        near[1],
        hill,
        swing_loss(hill),
    ]


def valley_expected() -> list[float]:
    best = level_ground(1)
    return [swing_loss(0.5), best, swing_loss(best)]


# Exclusive or


def net(count: int, bend: Callable[[float], float]) -> Predict:
    """A net of one hidden layer over two inputs, its parameters in the order of the columns."""

    def predict(x: Array, p: Array) -> float:
        hidden = [bend(p[3 * k] * x[0] + p[3 * k + 1] * x[1] + p[3 * k + 2]) for k in range(count)]
        return float(p[3 * count : 4 * count] @ hidden + p[4 * count])

    return predict


def net_slopes(
    count: int, bend: Callable[[float], float], steep: Callable[[float], float]
) -> Slopes:
    def slopes(x: Array, y: float, p: Array) -> Array:
        back = 2 * (net(count, bend)(x, p) - y)
        found: list[float] = []
        said: list[float] = []
        for k in range(count):
            z = float(p[3 * k] * x[0] + p[3 * k + 1] * x[1] + p[3 * k + 2])
            by_z = back * p[3 * count + k] * steep(z)
            found += [by_z * x[0], by_z * x[1], by_z]
            said.append(back * bend(z))
        return np.array([*found, *said, back])

    return slopes


BENDS: Mapping[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "relu": (lambda z: max(0.0, z), lambda z: float(z > 0)),
    "tanh": (lambda z: float(np.tanh(z)), lambda z: float(1 - np.tanh(z) ** 2)),
}


@cache
def xor_run(seed: int, count: int = 2, bend: str = "relu") -> Descent:
    lesson = pages("xor")["Net, seed 14"].changed(seed=seed, model=f"net {count} {bend}")
    bent, steep = BENDS[bend]
    return confirmed(lesson, net(count, bent), net_slopes(count, bent, steep), 100)


def xor_ends() -> list[float]:
    """The rmse after 100 epochs of one layer, and of the pages, whose starts are their seeds'."""
    found = pages("xor")
    for title, lesson in found.items():
        told = re.search(r"seed (\d+)", title)
        assert told is None or lesson.training.seed == int(told[1])
    layer = confirmed(found["One layer"], line, line_slopes, 100)
    assert layer.states[100] == pytest.approx((0, 0, 0.5), abs=1e-2)
    runs = [xor_run(14), xor_run(2), xor_run(3), xor_run(1, 3, "tanh")]
    for lesson, run in zip(list(found.values())[1:], runs, strict=True):
        assert lesson.training.start == run.lesson.training.start
    return [layer.metric_values[100], *(run.metric_values[100] for run in runs)]


def xor_told() -> list[float]:
    ends = xor_ends()
    relu, tanh = (
        [xor_run(seed, count, bend).metric_values[100] for seed in range(20)]
        for count, bend in ((2, "relu"), (3, "tanh"))
    )
    learnt = [seed for seed, end in enumerate(relu) if end < 0.1]
    nothing = sum(abs(end - 0.5) < 1e-3 for end in relu)
    half = xor_run(2).passed(101)["y_pred"]
    assert half[0] == half[2] == pytest.approx(0.51, abs=0.005)
    assert [abs(half[1] - 1) < 0.02, abs(half[3]) < 0.02] == [True, True]
    assert xor_run(3).passed(101)["h1"] == xor_run(3).passed(101)["h2"] == [0, 0, 0, 0]
    table = [number for pair in zip((14, 2, 3, 1), ends[1:], strict=True) for number in pair]
    told = [14, 2, half[0], 3, 100, 20, 0, 19, len(learnt), nothing, 100]
    return [100, 100, ends[0], *table, *told, sum(end < 0.1 for end in tanh)]


def xor_expected() -> list[float]:
    # From w1 = 1 and nothing else two of the four rows are off by 1.
    return [float(np.sqrt(2 / 4)), 0.5, 0.5]


# Scaled inputs


def with_scaled(lesson: Lesson) -> tuple[Predict, Slopes]:
    """A line of the inputs less their mean, divided by their standard deviation over n."""
    inputs, _ = rows_of(lesson)
    middle, spread = inputs.mean(axis=0), inputs.std(axis=0)
    return (
        lambda x, p: line((x - middle) / spread, p),
        lambda x, y, p: line_slopes((x - middle) / spread, y, p),
    )


@cache
def scaled_runs(rate: float = 0.4) -> tuple[Descent, Descent]:
    scaled, bare = pages("scaled").values()
    return (
        confirmed(scaled.changed(learning_rate=rate), *with_scaled(scaled), 25),
        confirmed(bare, line, line_slopes, 25),
    )


def scaled_told() -> list[float]:
    run, bare = scaled_runs()
    x, _ = rows_of_line("scaled")
    for one, two in pairwise(run.metric_values[:9]):
        assert two == pytest.approx(one / 5, rel=1e-6)
    at_once, _ = scaled_runs(0.5)
    assert at_once.metric_values[1] == pytest.approx(0, abs=1e-10)
    assert largest_rates()[1] < 2 * bare.lesson.training.learning_rate
    m, b = run.states[25]
    own = [m / x.std(), b - m * x.mean() / x.std()]
    assert own == pytest.approx([2, 30], abs=1e-9)
    table = [
        [epoch, run.metric_values[epoch], bare.metric_values[epoch]] for epoch in (0, 1, 2, 5, 10)
    ]
    return [10, *(each for row in table for each in row), m, b, x.mean(), x.std(), *own, 0.4, 0.5]


def largest_rates() -> tuple[float, float]:
    """Two over the largest eigenvalue of the second derivatives, of the scaled x and of x."""
    x, _ = rows_of_line("scaled")
    found = []
    for column in ((x - x.mean()) / x.std(), x):
        columns = np.c_[column, np.ones(len(x))]
        found.append(2 / float(np.linalg.eigvalsh(2 / len(x) * columns.T @ columns)[-1]))
    return found[0], found[1]


def scaled_expected() -> list[float]:
    x, y = rows_of_line("scaled")
    return [0.8 * float(y.mean()), 2 * float(x.std()), float(y.mean())]


# Houses


def piece(x: Array) -> Array:
    """The inputs with the area in pieces of 20 square metres."""
    return np.array([x[0] / 20, x[1]])


@cache
def house_runs() -> Mapping[str, Descent]:
    found = {}
    for title, lesson in pages("houses").items():
        predict: Predict = line
        slopes: Slopes = line_slopes
        if title == "Standardised":
            predict, slopes = with_scaled(lesson)
        if title == "Other units":
            predict = lambda x, p: line(piece(x), p)  # noqa: E731  as short as the line itself
            slopes = lambda x, y, p: line_slopes(piece(x), y, p)  # noqa: E731
        found[title] = confirmed(lesson, predict, slopes, 60)
    return found


def best_house_line() -> tuple[Array, float]:
    """The weights with the least squares, and the rmse that they have."""
    inputs, prices = rows_of(shipped_lesson("houses"))
    columns = np.c_[inputs, np.ones(len(prices))]
    best: Array = np.linalg.lstsq(columns, prices, rcond=None)[0].astype(np.float64)
    return best, float(np.sqrt(np.mean((columns @ best - prices) ** 2)))


def house_curvatures() -> Array:
    """The eigenvalues of the second derivatives of the mean loss."""
    inputs, prices = rows_of(shipped_lesson("houses"))
    columns = np.c_[inputs, np.ones(len(prices))]
    return np.linalg.eigvalsh(2 / len(prices) * columns.T @ columns)


def houses_told() -> list[float]:
    crawling, diverging, other, alike = house_runs().values()
    assert list(house_runs()) == [
        "As they are", "A little too large", "Other units", "Standardised"
    ]  # fmt: skip
    assert alike.metric_values[20] == pytest.approx(best_house_line()[1], rel=1e-3)
    best, least = best_house_line()
    flat, _, steep = house_curvatures()
    rates = [run.lesson.training.learning_rate for run in (crawling, diverging, other)]
    border = 2 / steep
    assert rates[0] < border < rates[1]
    assert diverging.metric_values[60] > 1000**0.5 * diverging.metric_values[0]
    assert all(one < two for one, two in pairwise(diverging.metric_values))
    first = houses_expected()
    m, w2, b = crawling.states[60]
    # In each of these epochs what is left along the flattest direction shrinks by so little that
    # a hundred thousand of them leave more than half of it, and a million next to nothing.
    assert (1 - rates[0] * flat) ** 100_000 > 0.5
    assert (1 - rates[0] * flat) ** 1_000_000 < 0.01
    w1 = other.states[60][0] / 20
    assert m - best[0] > 0.7
    assert abs(w1 - best[0]) < 0.1
    ends = [run.metric_values[60] for run in (crawling, other)]
    asked = [0, *first[:2], first[0] / first[1], *(rows_of(crawling.lesson)[0][0])]
    told = [60, m, w2, b, *best, ends[0], least, rates[1], rates[0], border]
    ended = [60, ends[1], ends[0], rates[2], rates[2] / rates[0]]
    return [*asked, *told, *ended, 10, alike.metric_values[10]]


def houses_expected() -> list[float]:
    inputs, prices = rows_of(shipped_lesson("houses"))
    slopes = line_slopes(inputs[0], prices[0], np.zeros(3))
    return [*slopes[:2], float(np.sqrt(np.mean(prices**2)))]


# Overfitting


def curve(x: Array, p: Array) -> float:
    return float(np.polyval(p, x[0]))


def curve_slopes(l2: float) -> Slopes:
    """The slopes of a row's loss and a penalty on all parameters but the last."""

    def slopes(x: Array, y: float, p: Array) -> Array:
        powers = x[0] ** np.arange(len(p))[::-1]
        found: Array = 2 * (curve(x, p) - y) * powers
        return found + l2 * np.append(p[:-1], 0.0)

    return slopes


@cache
def overfitting_runs() -> Mapping[str, Descent]:
    return {
        title: confirmed(lesson, curve, curve_slopes(lesson.method.l2), 120)
        for title, lesson in pages("overfitting").items()
    }


def held_back(run: Descent) -> list[float]:
    """The rmse of every second row after each epoch, which is what the run says it is."""
    whole = run.lesson.whole
    x, y = np.array(whole.x)[1::2], np.array(whole.y)[1::2]
    assert list(run.lesson.data.x) == list(whole.x[::2])
    found = [float(np.sqrt(np.mean((np.polyval(p, x) - y) ** 2))) for p in run.states]
    assert found == pytest.approx(list(run.validation_values), rel=1e-9)
    return found


def overfitting_told() -> list[float]:
    free, punished, straight = overfitting_runs().values()
    assert list(overfitting_runs()) == ["Degree nine", "With a penalty", "A straight line"]
    told = [(run.metric_values, held_back(run)) for run in (free, punished, straight)]
    learnt, kept = told[0]
    assert all(one > two for one, two in pairwise(learnt))
    lowest = int(np.argmin(kept))
    assert all(one < two for one, two in pairwise(kept[lowest:]))
    ends = [(seen[100], unseen[100]) for seen, unseen in told]
    assert ends[0][0] < min(ends[1][0], ends[2][0])
    assert ends[0][1] > 1.5 * max(ends[1][1], ends[2][1])
    largest = [max(map(abs, run.states[100])) for run in (free, punished)]
    assert largest[0] > 1.5 * largest[1]
    asked = [100, learnt[0], learnt[100], kept[0], lowest, kept[lowest], kept[100]]
    table = [number for pair in ends for number in pair]
    return [*asked, 100, *table, punished.lesson.method.l2, *reversed(largest)]


def overfitting_expected() -> list[float]:
    lesson = shipped_lesson("overfitting")
    (_, ys), lowest = rows_of(lesson), int(np.argmin(held_back(overfitting_runs()["Degree nine"])))
    assert (lowest, len(ys)) == (lesson.display.expected[-1].epoch, 11)
    states = walk(lesson, curve_slopes(0), lowest)
    return [
        float(np.sqrt(np.mean(ys**2))), 0.5 * 2 / 11 * float(np.sum(ys)),
        rmse(lesson, curve, states[lowest]),
    ]  # fmt: skip


# One point far out


def pulled(pull: Callable[[float], float]) -> Slopes:
    """The slopes of a line's row by how hard its error pulls."""
    return lambda x, y, p: pull(line(x, p) - y) * np.append(x, 1.0)


PULLS: Mapping[str, Callable[[float], float]] = {
    "Squares": lambda error: 2 * error,
    "Absolute": lambda error: float(np.sign(error)) if abs(error) > 1e-9 else 0.0,
    "Huber": lambda error: min(1.0, max(-1.0, error)),
}


@cache
def outlier_runs() -> Mapping[str, Descent]:
    found = pages("outlier")
    for title, lesson in found.items():
        assert lesson.metric_name == "mae", title
    return {
        title: confirmed(lesson.changed(metric="rmse"), line, pulled(PULLS[title]), 120)
        for title, lesson in found.items()
    }


def outlier_told() -> list[float]:
    x, y = rows_of_line("outlier")
    squares, absolute, huber = outlier_runs().values()
    with_it, without = np.polyfit(x, y, 1), np.polyfit(x[:-1], y[:-1], 1)
    mended = np.polyfit(x, [*y[:-1], 10], 1)
    ends = [run.states[100] for run in (squares, absolute, huber)]
    assert ends[0] == pytest.approx(with_it, abs=1e-6)
    # The two others stay near the line of the eight.
    assert max(abs(end[0] - without[0]) for end in ends[1:]) < 0.2
    misses = [abs(end[0] * x[-1] + end[1] - y[-1]) for end in ends]
    assert misses[0] < min(misses[1:])
    # Where only sides count the walk keeps rocking; by squares, and by Huber's loss, it does not.
    rocking = [
        max(abs(run.states[k + 1][0] - run.states[k][0]) for k in range(110, 119))
        for run in outlier_runs().values()
    ]
    assert rocking[1] > 0.05
    assert max(rocking[0], rocking[2]) < 0.001
    table = [number for end in ends for number in end]
    pulls = [abs(pull(-misses[place])) for place, pull in enumerate(PULLS.values())]
    y_mended = [*y[:-1], 10.0]
    moved = [
        confirmed(lesson.changed(y=y_mended, metric="rmse"), line, pulled(PULLS[title]), 100)
        for title, lesson in pages("outlier").items()
    ]
    assert moved[0].states[100] == pytest.approx(mended, abs=1e-6)
    shifts = [abs(run.states[100][0] - end[0]) for run, end in zip(moved, ends, strict=True)]
    assert shifts[0] > 4 * max(shifts[1:])
    asked = [y[-1], 10, 100, *without, *table]
    told = [misses[0], pulls[0], pulls[1], 1, 10, *mended]
    return [*asked, *told, *(run.states[100][0] for run in moved[1:])]


def outlier_expected() -> list[float]:
    x, y = rows_of_line("outlier")
    m = float(np.sum((x - x.mean()) * (y - y.mean())) / np.sum((x - x.mean()) ** 2))
    assert np.sum(y) == 72
    assert m == pytest.approx(127 / 60)
    return [y[-1] ** 2, 2 * (0 - y[-1]) * x[-1], m, y.mean() - m * x.mean()]


# Pass or fail


def chance(x: Array, p: Array) -> float:
    return float(1 / (1 + np.exp(-line(x, p))))


def chance_slopes(x: Array, y: float, p: Array) -> Array:
    return (chance(x, p) - y) * np.append(x, 1.0)


def chance_slopes_by_squares(x: Array, y: float, p: Array) -> Array:
    q = chance(x, p)
    return 2 * (q - y) * q * (1 - q) * np.append(x, 1.0)


def log_loss(lesson: Lesson, p: Array) -> float:
    inputs, ys = rows_of(lesson)
    q = np.array([chance(x, p) for x in inputs])
    return float(-np.mean(ys * np.log(q) + (1 - ys) * np.log(1 - q)))


def best_chances(lesson: Lesson) -> Array:
    """The parameters with the least log loss, by Newton's method."""
    inputs, ys = rows_of(lesson)
    columns = np.c_[inputs, np.ones(len(ys))]
    p = np.zeros(columns.shape[1])
    for _ in range(50):
        q = 1 / (1 + np.exp(-columns @ p))
        p = p + np.linalg.solve((columns.T * (q * (1 - q))) @ columns, columns.T @ (ys - q))
    return p


@cache
def chance_runs(name: str, epochs: int) -> Mapping[str, tuple[Descent, list[float]]]:
    """The runs of a lesson with two classes, and their log losses."""
    found = {}
    for title, lesson in pages(name).items():
        slopes = chance_slopes_by_squares if lesson.method.loss == "mse" else chance_slopes
        run = confirmed(lesson.changed(metric="rmse"), chance, slopes, epochs)
        losses = [log_loss(lesson, np.array(state)) for state in run.states]
        assert losses == pytest.approx(descend(lesson, epochs).metric_values, rel=1e-9)
        found[title] = run, losses
    return found


def pass_fail_told() -> list[float]:
    (run, losses), (_, squares) = chance_runs("pass-fail", 200).values()
    best = best_chances(run.lesson)
    m, b = run.states[100]
    inputs, ys = rows_of(run.lesson)
    chances = [chance(np.array([hours]), np.array([m, b])) for hours in (2, 6)]
    right = sum(
        (chance(x, np.array([m, b])) > 0.5) == (y == 1) for x, y in zip(inputs, ys, strict=True)
    )
    assert losses[100] < squares[100]
    later = next(epoch for epoch, loss in enumerate(losses) if loss < squares[200])
    sure = -np.log(0.01)
    asked = [0, 0.99, losses[0], sure, 100, 2, 6]
    told = [m, b, -b / m, 2, chances[0], 6, chances[1], right]
    best_told = [*best, -best[1] / best[0], log_loss(run.lesson, best)]
    return [*asked, *told, len(ys), *best_told, 100, losses[100], squares[100], later, 200]


def pass_fail_expected() -> list[float]:
    x, y = rows_of_line("pass-fail")
    assert np.sum((y - 0.5) * x) == 3
    return [float(np.log(2)), 0.5 * float(np.mean((y - 0.5) * x)), 0.5 * float(np.mean(y - 0.5))]


# Two species


def standardised(lesson: Lesson) -> Callable[[Array], Array]:
    """What becomes of a row's inputs in a lesson: nothing, or their standard scores."""
    inputs, _ = rows_of(lesson)
    if lesson.method.scale == "none":
        return lambda x: x
    middle, spread = inputs.mean(axis=0), inputs.std(axis=0)
    return lambda x: (x - middle) / spread


def chances_of(read: Callable[[Array], Array]) -> tuple[Predict, Slopes]:
    """The probabilities and their log loss's slopes, of inputs that are read so."""
    return (lambda x, p: chance(read(x), p), lambda x, y, p: chance_slopes(read(x), y, p))


@cache
def species_runs() -> Mapping[str, tuple[Descent, list[float], list[int]]]:
    """The runs of both pages, their log losses, and how many rows are told right."""
    found = {}
    for title, lesson in pages("species").items():
        read, (inputs, ys) = standardised(lesson), rows_of(lesson)
        run = confirmed(lesson.changed(metric="rmse"), *chances_of(read), 100)
        losses, right = [], []
        for state in run.states:
            q = np.array([chance(read(x), np.array(state)) for x in inputs])
            losses.append(float(-np.mean(ys * np.log(q) + (1 - ys) * np.log(1 - q))))
            right.append(int(np.sum((q > 0.5) == (ys == 1))))
        assert losses == pytest.approx(descend(lesson, 100).metric_values, rel=1e-9)
        found[title] = run, losses, right
    return found


def species_told() -> list[float]:
    (run, losses, right), (_, slow, slow_right) = species_runs().values()
    assert list(species_runs()) == ["Standardised", "In cm"]
    ys = rows_of(run.lesson)[1]
    assert [int(np.sum(ys == kind)) for kind in (0, 1)] == [25, 25]
    best = best_chances(pages("species")["In cm"])
    least = log_loss(pages("species")["In cm"], best)
    w1, w2, _ = run.states[100]
    assert right[5] == right[100]
    asked = [25, 0, 5, right[5], len(ys), losses[5], 100, losses[100], w1, w2, least]
    return [*asked, 100, slow[100], slow_right[100], len(ys), losses[1]]


def species_expected() -> list[float]:
    lesson = pages("species")["Standardised"]
    read, (inputs, ys) = standardised(lesson), rows_of(lesson)
    pull = 2 * np.mean(
        [(y - 0.5) * np.append(read(x), 1) for x, y in zip(inputs, ys, strict=True)], axis=0
    )
    return [float(np.log(2)), float(pull[0]), float(pull[2])]


# The loop in PyTorch


def gathered(epochs: int) -> list[tuple[float, float, float, float]]:
    """The original's m and b after each row, and what gathers where gradients are not reset."""
    x, y = rows_of_line("original")
    m, b, by_m, by_b = 1.0, 1.0, 0.0, 0.0
    found = []
    for _ in range(epochs):
        for each, goal in zip(x, y, strict=True):
            miss = m * each + b - goal
            by_m, by_b = by_m + 2 * miss * each, by_b + 2 * miss
            m, b = m - 0.0001 * by_m, b - 0.0001 * by_b
            found.append((m, b, by_m, by_b))
    return found


def torch_told() -> list[float]:
    lesson = shipped_lesson("original").changed(gradient="analytic", metric="rmse")
    m, b = confirmed(lesson, line, line_slopes, 5).states[5]
    (_, _, first, _), (_, _, second, _) = gathered(1)[:2]
    x, y = rows_of_line("original")
    one, *_ = gathered(1)
    alone = 2 * (one[0] * x[1] + one[1] - y[1]) * x[1]
    assert second == pytest.approx(first + alone)
    ends = gathered(5)[-1]
    return [m, b, first, alone, second, 5, ends[0], ends[1]]


SECTIONS: Mapping[str, Numbers] = {
    "One row, five, or all": batches_told,
    "Two neurons": neurons_told,
    "Many valleys": valley_told,
    "Either, but not both": xor_told,
    "Houses": houses_told,
    "Too good to be true": overfitting_told,
    "One point far out": outlier_told,
    "Pass or fail": pass_fail_told,
    "A few epochs": scaled_told,
    "Two species": species_told,
    "The same loop in PyTorch": torch_told,
}
"""The numbers of the sections of docs/student.md on lessons of their own."""

EXPECTED: Mapping[str, Numbers] = {
    "batches": batches_expected,
    "houses": houses_expected,
    "neurons": neurons_expected,
    "outlier": outlier_expected,
    "overfitting": overfitting_expected,
    "pass-fail": pass_fail_expected,
    "scaled": scaled_expected,
    "species": species_expected,
    "valley": valley_expected,
    "xor": xor_expected,
}
"""What the pages Check compare with, of each of these lessons."""

TEXTS: Mapping[tuple[str, str], Numbers] = {
    ("batches", "comparison"): lambda: [0.005],
    # What the prices were made of, and the piece of the other units.
    ("houses", "intro"): lambda: [2, 15, 20],
    ("houses", "descent"): lambda: [20],
    # The degrees are the story's; what is cut off is below 0.
    ("neurons", "intro"): lambda: [0, 0, 15, 5],
    ("neurons", "prediction"): lambda: [0, 0],
    ("neurons", "descent"): lambda: [1, 1, 0],
    ("neurons", "comparison"): lambda: [-1],
    # What the points were made of, and what a penalty pulls towards.
    ("overfitting", "intro"): lambda: [2],
    ("overfitting", "descent"): lambda: [0],
    # The slip of the pen, and what it should be.
    ("outlier", "intro"): lambda: [rows_of_line("outlier")[1][-1], 10],
    # Yes and no, and the probabilities between.
    ("pass-fail", "intro"): lambda: [1, 0, 0, 1],
    ("pass-fail", "prediction"): lambda: [0, 1, 0],
    ("pass-fail", "error"): lambda: [1, 0, 1],
    # The line of the original, and the rates of the text on steps.
    ("scaled", "intro"): lambda: [30, 0],
    ("scaled", "descent"): lambda: [0, 1, 0.4, 0.5],
    # The two classes, the year of the publication, the plants of each.
    ("species", "intro"): lambda: [0, 1, 1936, 25],
    ("species", "data"): lambda: [0, 1],
    ("species", "prediction"): lambda: [0],
    ("species", "descent"): lambda: [0],
    ("valley", "intro"): lambda: [round(level_ground(1))],
    # The rule: 1 where one is up, a sum of 0 or 2, w1 and w2 and twice b.
    ("xor", "intro"): lambda: [1],
    ("xor", "prediction"): lambda: [1, 2, 2, 0, 2],
    ("xor", "descent"): lambda: [14, 2, 3],
    ("xor", "comparison"): lambda: list(shipped_lesson("xor").data.y),
}
"""Those of the texts of these lessons; a text that is not here has none."""
