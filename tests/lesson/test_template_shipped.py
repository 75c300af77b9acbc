"""The shipped lessons: figures published for them, typed in again."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from sheetgd.engine.error_surface import best_parameters, most_sensitive
from sheetgd.engine.run import descend
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson, shipped_names
from tests.support.given import lesson_of
from tests.support.shipped import book

DATA = Path(__file__).parents[1] / "data"


def rows_of(name: str) -> tuple[list[float], list[float]]:
    with (DATA / name).open(newline="", encoding="utf-8") as stream:
        _, *rows = csv.reader(stream)
    return [float(row[0]) for row in rows], [float(row[1]) for row in rows]


@pytest.mark.parametrize(
    ("name", "file"),
    [("quadratic", "quadratic_time_speed.csv"), ("dosage", "alzheimers_dosage.csv")],
)
def test_the_data_are_those_of_the_publication(name: str, file: str) -> None:
    lesson = shipped_lesson(name)
    assert (list(lesson.data.x), list(lesson.data.y)) == rows_of(file)


def test_the_quadratic_gives_its_ten_losses_and_the_gradient() -> None:
    run = descend(shipped_lesson("quadratic"), 10)
    assert run.metric_values_pass[0] == pytest.approx(679.2726, abs=2e-4)
    first = run.passed(1)
    for name, value in (("g_a", -6668.8774), ("g_b", -434.5187), ("g_c", -42.9623)):
        assert first[name][-1] == pytest.approx(value, abs=3e-3)
    losses = [
        358.8021240234375, 298.157470703125, 286.67987060546875, 284.50604248046875,
        284.09283447265625, 284.0128173828125, 283.9958190917969, 283.9906921386719,
        283.9879150390625, 283.98553466796875,
    ]  # fmt: skip
    assert run.metric_values_pass[1:] == pytest.approx(losses, abs=3e-4)


def test_the_dosage_gives_every_printed_digit() -> None:
    lesson = shipped_lesson("dosage")
    run = descend(lesson, 1001)
    first, second = run.passed(1), run.passed(2)
    predictions = [f"{value:.1f}" for value in first["y_pred"]]
    assert predictions == ["0.1", "1.0", "1.9", "2.8", "3.7", "4.6", "5.5", "6.4"]
    assert run.metric_values_pass[0] == pytest.approx(19.6755, abs=5.0001e-5)
    assert first["g_m"][-1] == pytest.approx(36.3050, abs=5e-5)
    assert first["g_b"][-1] == pytest.approx(6.2650, abs=5e-5)
    assert second["m"][0] == pytest.approx(0.5369, abs=5.0001e-5)
    assert second["b"][0] == pytest.approx(0.0374, abs=5.0001e-5)
    assert run.metric_values_pass[1] == pytest.approx(8.5722, abs=5e-5)
    assert run.states[1001] == pytest.approx((-0.4681258499622345, 1.7542961835861206), abs=2e-8)
    assert best_parameters(lesson) == pytest.approx((-0.46928571, 1.76), abs=5e-9)


def test_the_dosage_finds_the_same_derivatives_in_three_ways() -> None:
    lesson = shipped_lesson("dosage")
    exact, forward, central = (
        descend(each, 0).passed(1)
        for each in (lesson, *(lesson.varied(variant) for variant in lesson.display.variants))
    )
    for name in ("de/dm", "de/db"):
        assert central[name] == pytest.approx(exact[name], rel=1e-9, abs=1e-9)
        factor = [x * x if name == "de/dm" else 1 for x in lesson.data.x]
        biased = [value + 0.01 * f for value, f in zip(exact[name], factor, strict=True)]
        assert forward[name] == pytest.approx(biased, rel=1e-9, abs=1e-9)


def test_the_parabola_under_its_learning_rates() -> None:
    lesson = shipped_lesson("parabola")
    assert descend(lesson, 0).metric_values_pass == [2.25]
    ways = {
        rate: [state[0] for state in descend(lesson.changed(learn=rate), 12).states]
        for rate in (0.02, 0.3, 0.9, 1.0, 1.05)
    }
    assert ways[0.02][1] == pytest.approx(-1.44)
    assert abs(ways[0.3][12]) < 1e-4
    signs = [value > 0 for value in ways[0.9]]
    assert signs == [False, True] * 6 + [False]
    assert all(abs(b) < abs(a) for a, b in zip(ways[0.9], ways[0.9][1:], strict=False))
    assert ways[1.0] == [-1.5, 1.5] * 6 + [-1.5]
    assert all(abs(b) > abs(a) for a, b in zip(ways[1.05], ways[1.05][1:], strict=False))
    (slope,) = descend(lesson.changed(start=(3,)), 0).passed(1)["de/dw"]
    assert slope == 6


@pytest.mark.parametrize("name", shipped_names())
def test_every_lesson_says_what_it_is(name: str) -> None:
    lesson = shipped_lesson(name)
    assert 20 < len(lesson.display.summary) < 110
    assert len(lesson.display.texts["intro"]) > 100


def test_two_descents_is_a_lesson_of_its_own() -> None:
    titles = [each.title for each in book("two-descents").pages if not each.hidden]
    assert "Two descents" in titles
    assert "Two descents" not in [each.title for each in book("original").pages]
    own, usual = shipped_lesson("two-descents"), shipped_lesson("original")
    assert (own.data.x, own.data.y, own.training.start, own.training.learning_rate) == (
        usual.data.x,
        usual.data.y,
        usual.training.start,
        usual.training.learning_rate,
    )
    assert own.display.two_descents
    assert not usual.display.two_descents
    root = Path(__file__).parents[2]
    for document in ("README.md", "docs/student.md"):
        assert "two-descents" in (root / document).read_text("utf-8"), document


def cost_alone(lesson: Lesson, best: Sequence[float], which: int) -> float:
    """The mean squared error of a quadratic with one parameter where it starts."""
    a, b, c = (lesson.training.start[each] if each == which else best[each] for each in range(3))
    errors = [a * x * x + b * x + c - y for x, y in zip(lesson.data.x, lesson.data.y, strict=True)]
    return sum(error * error for error in errors) / len(errors)


@pytest.mark.parametrize(
    ("start", "two"),
    [((3, -1, 9), ("a", "c")), ((5, 9, 0.5), ("a", "b")), ((1.2, 9, 9), ("b", "c"))],
)
def test_a_surface_is_over_the_two_parameters_whose_start_costs_most(
    start: tuple[float, ...], two: tuple[str, str]
) -> None:
    x = (-2.0, -1.0, 0.0, 1.0, 2.0)
    # The best fit is exact: a = 1, b = -2, c = 0.5.
    lesson = lesson_of(x=x, y=[e * e - 2 * e + 0.5 for e in x], model="quadratic", start=start)
    costs = [cost_alone(lesson, (1, -2, 0.5), which) for which in range(3)]
    highest = sorted(sorted(range(3), key=lambda which: -costs[which])[:2])
    assert tuple("abc"[which] for which in highest) == two
    assert most_sensitive(lesson) == two


def test_a_surface_of_two_parameters_is_over_both() -> None:
    assert most_sensitive(lesson_of(x=(1, 2, 3), y=(3, 5, 7), start=(2, 9))) == ("m", "b")
