"""Scaled inputs: as others scale them, in the data's units, and how fast they are learned."""

import math
import random
from typing import Any

import numpy as np
import pytest

from sheetgd.descent.model import model_of
from sheetgd.descent.scaling import SCALES, in_data_units
from sheetgd.engine.chosen import chosen_words
from sheetgd.engine.error_surface import best_parameters
from sheetgd.engine.run import descend
from sheetgd.engine.stability import epoch_factor, epochs_needed, largest_stable_rate, quickest_rate
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson
from sheetgd.lesson.values import AUTO
from tests.support.given import lesson_of

AREA = (70.0, 90.0, 120.0, 50.0, 64.0, 81.0)
ROOMS = (3.0, 4.0, 5.0, 2.0, 3.0, 1.0)
PRICE = (200.5, 250.1, 330.0, 150.0, 171.0, 190.0)
HOUSES = lesson_of(
    x={"area": AREA, "rooms": ROOMS}, y=PRICE, learn=0.1, batch="all", gradient="analytic"
)


def spread(values: tuple[float, ...], less: int) -> float:
    """The standard deviation in plain sums."""
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((each - mean) ** 2 for each in values) / (len(values) - less))


@pytest.mark.parametrize(
    ("scale", "centres", "spreads"),
    [
        ("standard", (475 / 6, 3.0), (spread(AREA, 0), spread(ROOMS, 0))),
        ("sample", (475 / 6, 3.0), (spread(AREA, 1), spread(ROOMS, 1))),
        ("minmax", (50.0, 1.0), (70.0, 4.0)),
    ],
)
def test_columns_are_scaled_as_they_say(
    scale: str, centres: tuple[float, ...], spreads: tuple[float, ...]
) -> None:
    arrays = HOUSES.changed(scale=scale).arrays
    assert [each for each, _ in arrays.scaling] == pytest.approx(centres, rel=1e-14)
    assert [each for _, each in arrays.scaling] == pytest.approx(spreads, rel=1e-14)
    for values, found, centre, width in zip(
        (AREA, ROOMS), arrays.inputs, centres, spreads, strict=True
    ):
        expected = [(each - centre) / width for each in values]
        assert found.tolist() == pytest.approx(expected, rel=1e-13, abs=1e-15)


def test_scikit_learn_scales_alike() -> None:
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    table = np.array([AREA, ROOMS]).T
    for scale, way in (("standard", "StandardScaler"), ("minmax", "MinMaxScaler")):
        theirs = getattr(preprocessing, way)().fit_transform(table)
        ours = np.array(HOUSES.changed(scale=scale).arrays.inputs).T
        assert ours == pytest.approx(theirs, rel=1e-13, abs=1e-15)


def test_a_column_that_does_not_vary_is_0() -> None:
    lesson = lesson_of(x={"u": (3, 3, 3), "v": (1, 2, 3)}, y=(1, 2, 4), scale="standard")
    assert lesson.arrays.inputs[0].tolist() == [0, 0, 0]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("model", ["linear", "a*area + b*rooms", "exp(a)*area - rooms/b + c"])
def test_both_units_predict_the_same(scale: str, model: str) -> None:
    lesson = HOUSES.changed(scale=scale, model=model, start=(), learning_rate=0.01)
    generator = random.Random(3)  # noqa: S311  no secret
    state = [generator.uniform(0.5, 2) for _ in lesson.model.parameters]
    found = in_data_units(lesson.model, state, *zip(*lesson.arrays.scaling, strict=True))
    assert found is not None
    (one, other), constant = found
    ours = lesson.model.predict(lesson.arrays.inputs, [np.full(6, each) for each in state])
    plain = [one * area + other * rooms + constant for area, rooms in zip(AREA, ROOMS, strict=True)]
    assert np.asarray(ours).tolist() == pytest.approx(plain, rel=1e-12)
    run = descend(lesson.changed(start=state), 0)
    assert run.predict({"area": AREA, "rooms": ROOMS}).tolist() == pytest.approx(plain, rel=1e-12)


def test_a_model_that_is_not_linear_in_its_inputs_has_no_other_units() -> None:
    assert in_data_units(model_of("a*x^2 + b"), [1.0, 2.0], [3.0], [4.0]) is None
    run = descend(HOUSES.changed(scale="standard", model="a*area*rooms + b", start=()), 1)
    assert run.in_data_units is None
    assert descend(HOUSES, 1).in_data_units is None


def test_the_logit_of_classes_is_told_in_the_data_s_units() -> None:
    lesson = HOUSES.changed(
        y=(0, 1, 1, 0, 0, 1), loss="log-loss", scale="standard", start=(), learning_rate=0.5
    )
    run = descend(lesson, 20)
    units = run.in_data_units
    assert units is not None
    for area, rooms, p in zip(
        AREA, ROOMS, run.predict({"area": AREA, "rooms": ROOMS}), strict=True
    ):
        z = units["area"] * area + units["rooms"] * rooms + units["constant"]
        assert 1 / (1 + math.exp(-z)) == pytest.approx(p, rel=1e-9)
    net = lesson.changed(model="net 2 tanh", start=(), learning_rate=0.1)
    assert descend(net, 1).in_data_units is None


def test_one_scaled_column_reaches_the_best_line_within_two_epochs() -> None:
    original = shipped_lesson("original").changed(
        scale="standard", batch_size="all", gradient="analytic", learning_rate=AUTO
    )
    assert original.training.learning_rate == 0.5
    run = descend(original, 2)
    assert run.in_data_units == pytest.approx({"x": 2.0, "constant": 30.0}, rel=1e-12)
    # Without: the same two epochs at the largest stable rate are far off.
    plain = shipped_lesson("original").changed(batch_size="all", gradient="analytic")
    rate = largest_stable_rate(plain)
    assert rate is not None
    assert abs(descend(plain.changed(learning_rate=0.99 * rate), 2).parameters["b"] - 30) > 25


def test_two_scaled_columns_are_learned_by_their_correlation() -> None:
    lesson = HOUSES.changed(scale="standard", learning_rate=AUTO)
    correlation = float(np.corrcoef(AREA, ROOMS)[0, 1])
    assert lesson.training.learning_rate == 0.5
    assert epoch_factor(lesson) == pytest.approx(abs(correlation), rel=1e-9)
    needed = math.ceil(math.log(0.01) / math.log(abs(correlation)))
    assert epochs_needed(lesson) == needed
    best, start = np.array(best_parameters(lesson)), np.array(lesson.training.start)
    left = np.array(descend(lesson, needed).states[-1]) - best
    assert np.linalg.norm(left) <= 0.0101 * np.linalg.norm(start - best)
    before = np.array(descend(lesson, needed // 2).states[-1]) - best
    assert np.linalg.norm(before) > 0.0101 * np.linalg.norm(start - best)


def test_the_quickest_rate_is_by_both_ends_of_the_spectrum() -> None:
    matrix = np.array([AREA, ROOMS, np.ones(6)]).T
    eigenvalues = np.linalg.eigvalsh(2 * matrix.T @ matrix / 6)
    rate = quickest_rate(HOUSES)
    assert rate == pytest.approx(2 / (eigenvalues[0] + eigenvalues[-1]), rel=1e-6)
    assert rate is not None
    nearby = [abs(1 - rate * factor * eigenvalues).max() for factor in (0.99, 1.0, 1.01)]
    assert nearby[1] == min(nearby)
    for other in (
        HOUSES.changed(batch_size=1),
        HOUSES.changed(optimizer="momentum"),
        HOUSES.changed(loss="mae"),
        HOUSES.changed(l2=0.1),
    ):
        assert quickest_rate(other) is None


def test_scaling_is_advised_where_it_helps_and_only_there() -> None:
    raw: dict[str, Any] = {"x": {"area": AREA, "rooms": ROOMS}, "y": PRICE, "batch_size": "all"}
    words = chosen_words(Lesson(**raw))
    assert words is not None
    assert 'with the inputs scaled: scale="standard"' in words
    scaled = chosen_words(Lesson(**raw, scale="standard"))
    assert scaled is not None
    assert "scale=" not in scaled
    even = chosen_words(Lesson(x=(-1, 0, 1), y=(1, 2, 4), batch_size="all"))
    assert even is not None
    assert "scale=" not in even
    one = chosen_words(Lesson(x=AREA, y=PRICE, batch_size="all", scale="standard"))
    assert one is not None
    assert "about 1 epoch leaves 1 % of the way to the best fit" in one
