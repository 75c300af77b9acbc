"""The gradient page: three derivatives side by side, and where each comes to rest."""

import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sheetgd.descent.model import model_of
from sheetgd.descent.stationary_point import (
    determinant,
    forward_shift,
    has_stationary_point,
    normal_equations,
    solution,
    steady_determinant,
)
from sheetgd.engine.error_surface import (
    best_parameters,
    mean_slopes,
    row_slopes,
    stationary_points_of,
)
from sheetgd.engine.run import descend
from sheetgd.expression.derivative import at_zero
from sheetgd.expression.excel import Address, Formula
from sheetgd.expression.tree import Expression, Number, Operation, Symbol
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson, usual_texts
from sheetgd.sheets.cells import Cell
from sheetgd.sheets.sheet import Page
from tests import plain
from tests.judges.test_engines import MAIN
from tests.judges.test_method_workbooks import LESSONS
from tests.support import built, engines
from tests.support.built import expected_values
from tests.support.each_engine import ENGINES
from tests.support.engines import Engine, Place, assert_close, differences
from tests.support.given import lesson_of

TITLE, NUDGE = "Gradient", ("Gradient", "C4")
ORIGINAL = shipped_lesson("original")
X, Y = ORIGINAL.data.x, ORIGINAL.data.y


def gradient_page(lesson: Lesson) -> Page:
    return built.page(lesson, TITLE)


@cache
def original_cells() -> dict[str, Cell]:
    return {str(cell.address): cell for cell in gradient_page(ORIGINAL).all_cells()}


def value(address: str) -> Any:  # noqa: ANN401  numbers and texts
    return original_cells()[address].value


def test_the_three_derivatives_are_those_of_the_plain_reference() -> None:
    _, log = plain.descend(X, Y, (1, 1), learn=1e-4, nudge=0.01, epochs=5, gradient="forward")
    m, b = log[5]["m"], log[5]["b"]
    totals = [0.0] * 6
    for place, (x, y) in enumerate(zip(X, Y, strict=True)):
        row, miss = 10 + place, m * x + b - y
        up_m, down_m = ((m + 0.01) * x + b - y) ** 2, ((m - 0.01) * x + b - y) ** 2
        up_b, down_b = (m * x + b + 0.01 - y) ** 2, (m * x + b - 0.01 - y) ** 2
        expected = [
            (up_m - miss**2) / 0.01, (up_m - down_m) / 0.02, 2 * miss * x,
            (up_b - miss**2) / 0.01, (up_b - down_b) / 0.02, 2 * miss,
        ]  # fmt: skip
        assert value(f"B{row}") == place + 1
        assert [value(f"{column}{row}") for column in "CDEF"] == pytest.approx(
            [x, y, m * x + b, miss**2]
        )
        found = [value(f"{column}{row}") for column in "GHILMN"]
        assert found == pytest.approx(expected, abs=1e-7)
        # A forward difference of a square has the nudge times the square of the slope too much.
        assert value(f"J{row}") == pytest.approx(0.01 * x * x, abs=1e-8)
        assert value(f"O{row}") == pytest.approx(0.01, abs=1e-8)
        assert [value(f"{column}{row}") for column in "KP"] == pytest.approx([0, 0], abs=1e-9)
        totals = [one + other for one, other in zip(totals, expected, strict=True)]
    assert value("B30") == "mean of all 20 rows"
    means = [value(f"{column}30") for column in "GHILMN"]
    assert means == pytest.approx([each / 20 for each in totals], abs=1e-8)


def test_what_is_nothing_but_rounding_is_said_to_be_nearly_0() -> None:
    rules = {
        str(rule.block): rule.formula
        for rule in gradient_page(ORIGINAL).conditions
        if rule.effect.value == "nearly zero"
    }
    assert rules["J10:K30"] == "IF(ISNUMBER(J10),ABS(J10)<0.00005,FALSE)"
    assert len(rules) == 3


def resting_by_hand(nudge: float) -> tuple[float, float]:
    """The zero of the mean forward difference, found without any of our formulas.

    The mean is linear in m and b: three values give its line, and two lines their crossing.
    """

    def mean(m: float, b: float) -> list[float]:
        dm = db = 0.0
        for x, y in zip(X, Y, strict=True):
            here = (m * x + b - y) ** 2
            dm += (((m + nudge) * x + b - y) ** 2 - here) / nudge / len(X)
            db += ((m * x + b + nudge - y) ** 2 - here) / nudge / len(X)
        return [dm, db]

    at_0, by_m, by_b = (np.array(mean(*point)) for point in ((0, 0), (1, 0), (0, 1)))
    m, b = np.linalg.solve(np.array([by_m - at_0, by_b - at_0]).T, -at_0)
    return float(m), float(b)


@pytest.mark.parametrize("nudge", [0.001, 0.01, 0.3, 5.0])
def test_forward_differences_rest_where_their_mean_is_0(nudge: float) -> None:
    found = stationary_points_of(ORIGINAL)
    assert found.best == pytest.approx((2, 30), rel=1e-12)
    assert found.forward(nudge) == pytest.approx(resting_by_hand(nudge), rel=1e-6)
    for forward, central, exact in mean_slopes(ORIGINAL, found.forward(nudge), nudge):
        assert forward == pytest.approx(0, abs=1e-6)
        assert central == pytest.approx(exact, abs=1e-6)
        assert exact < -nudge / 2


def test_the_resting_point_stands_on_the_page() -> None:
    assert [value(f"{column}36") for column in "IJK"] == pytest.approx(
        [2, 1.9836125, -0.0163875], abs=1e-7
    )
    assert [value(f"{column}37") for column in "IJK"] == pytest.approx(
        [30, 30.3252089, 0.3252089], abs=1e-7
    )
    m, b = resting_by_hand(0.01)
    held = math.sqrt(sum((m * x + b - y) ** 2 for x, y in zip(X, Y, strict=True)))
    assert value("J38") == pytest.approx(held, rel=1e-6)
    assert value("I38") == pytest.approx(0, abs=1e-9)


def test_full_batch_descent_comes_to_rest_there() -> None:
    lesson = lesson_of(
        x=(1, 2, 4), y=(3, 5, 6), start=(0, 0), batch="all", nudge=0.2, learn=0.08
    )  # fmt: skip
    found = stationary_points_of(lesson)
    assert descend(lesson, 2000).states[-1] == pytest.approx(found.forward(0.2), rel=1e-9)
    central = descend(lesson.changed(gradient="central"), 2000).states[-1]
    assert central == pytest.approx(found.best, rel=1e-9)
    assert abs(found.shift(0.2)[1]) > 0.1


def test_row_by_row_descent_comes_to_rest_close_by() -> None:
    steps, log = plain.descend(
        X, Y, (1, 1), learn=1e-4, nudge=0.01, epochs=20_000, gradient="forward"
    )
    end = log[-1]
    assert (round(end["m"], 4), round(end["b"], 3)) == (1.9840, 30.314)
    assert round(end["root_sse"], 5) == 0.93499
    m, b = stationary_points_of(ORIGINAL).forward(0.01)
    # As near as steps of this size come, and nearer than the best fit by far.
    assert (end["m"], end["b"]) == pytest.approx((m, b), rel=5e-4)
    assert abs(end["b"] - b) < 0.05 * abs(b - 30)
    assert steps[-1]["epoch"] == 20_001


@pytest.mark.parametrize(
    ("model", "linear"),
    [
        ("line", True), ("quadratic", True), ("w*x", True), ("a*sin(x) + b*x^2 + 7", True),
        ("2*a + b*x - 3*x", True), ("cubic", False), ("a*exp(k*x)", False), ("abs(a)*x", False),
    ],
)  # fmt: skip
def test_models_with_a_resting_point_are_known(model: str, linear: bool) -> None:  # noqa: FBT001  a case
    form = model_of(model)
    assert has_stationary_point(form, "mse") is linear
    assert not has_stationary_point(form, "mae")


@pytest.mark.parametrize(
    "model", ["line", "quadratic", "w*x", "a*sin(x) + b*x^2 + 7", "2*a + b*x - 3*x"]
)
def test_the_resting_point_of_any_linear_model(model: str) -> None:
    x, y = (-1.0, -0.6, 0.1, 0.3, 0.8, 1.2, 1.5), (2.1, 1.4, 0.9, 0.7, 1.3, 2.2, 3.4)
    lesson = lesson_of(x=x, y=y, model=model)
    found = stationary_points_of(lesson)
    assert found.best == pytest.approx(best_parameters(lesson), rel=1e-8)
    columns = lesson.model.jacobian(np.array(x), lesson.training.start)
    products = columns.T @ columns
    shift = -0.05 * np.linalg.solve(products, np.diag(products))
    assert found.shift(0.1) == pytest.approx(shift, rel=1e-9)
    for forward, _, _ in mean_slopes(lesson, found.forward(0.1), 0.1):
        assert forward == pytest.approx(0, abs=1e-9)


def test_one_parameter_rests_half_a_nudge_below() -> None:
    lesson = lesson_of(x=(1.0, 2.0, 4.0), y=(3.0, 5.0, 9.0), model="w*x")
    assert stationary_points_of(lesson).shift(0.5) == pytest.approx((-0.25,))


@pytest.mark.parametrize("x", [(2.0, 2.0, 2.0), (0.1, 0.1, 0.1)])
def test_where_all_x_are_alike_there_is_no_best_line(x: tuple[float, ...]) -> None:
    lesson = lesson_of(x=x, y=(1.0, 2.0, 4.0))
    found = stationary_points_of(lesson)
    assert found.divisor == 0
    assert all(math.isnan(each) for each in (*found.best, *found.shift(0.01)))
    values = [cell.value for cell in gradient_page(lesson).all_cells()]
    assert values.count("#DIV/0!") > 10


def test_the_formulas_of_the_sums() -> None:
    x, y = (Formula.range(Address(2, c), Address(9, c), fixed=False) for c in (1, 2))
    matrix, right = normal_equations(model_of("line"), x, y)
    assert [str(each) for each in (*matrix[0], *matrix[1], *right)] == [
        "SUMPRODUCT(A2:A9*A2:A9)", "SUM(A2:A9)", "SUM(A2:A9)", "COUNT(A2:A9)",
        "SUMPRODUCT(A2:A9*B2:B9)", "SUM(B2:B9)",
    ]  # fmt: skip
    squares, _ = normal_equations(model_of("quadratic"), x, y)
    assert str(squares[0][1]) == "SUMPRODUCT(A2:A9^2*A2:A9)"
    names = [[Formula.name(letter) for letter in line] for line in ("ab", "cd")]
    assert str(determinant(names)) == "a*d-b*c"
    right = [Formula.name("u"), Formula.name("v")]
    solved = solution(names, right, Formula.name("det"))
    assert [str(each) for each in solved] == ["(u*d-b*v)/det", "(a*v-u*c)/det"]
    assert str(forward_shift(names, Formula.name("h"), Formula.name("det"))[0]) == (
        "(-(h/2))*((a*d-b*d)/det)"
    )


@pytest.mark.parametrize(("part", "flat"), [(1.5e-12, False), (0.5e-12, True)])
def test_a_determinant_is_0_below_a_trillionth_of_its_diagonal(part: float, flat: bool) -> None:  # noqa: FBT001  a case
    beside = 6 * math.sqrt(1 - part)  # so that 4*9 - beside^2 is 36*part
    found = steady_determinant([[4.0, beside], [beside, 9.0]])
    assert found == (0 if flat else pytest.approx(36 * part, rel=1e-2, abs=0))


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_determinants_are_those_of_numpy(size: int) -> None:
    matrix = np.random.default_rng(size).normal(size=(size, size))
    assert determinant(matrix.tolist()) == pytest.approx(float(np.linalg.det(matrix)))


@pytest.mark.parametrize(
    ("model", "left"),
    [("line", Number(0.0)), ("a*x + 5", Number(5.0)), ("b - a*x/3", Number(0.0)),
     ("sin(x) - (-a)", Operation("sin", (Symbol("x"),)))],
)  # fmt: skip
def test_what_is_left_of_a_model_without_its_parameters(model: str, left: Expression) -> None:
    form = model_of(model)
    assert at_zero(form.expression, form.parameters) == left


NUDGED: dict[str, Lesson] = {
    "original": ORIGINAL.changed(published=None),
    "three parameters": LESSONS["all rows"],
    "no nudge of its own": LESSONS["adagrad"],
    "a formula": LESSONS["a formula"],
    "absolute": LESSONS["absolute"],
    "shuffled": LESSONS["shuffled"],
    "long": lesson_of(
        x=[0.1 * row for row in range(25)], y=[0.3 * row + row % 3 for row in range(25)],
        learn=0.01, capacity=3, epochs=2,
    ),
}  # fmt: skip


def nudged_values(lesson: Lesson, nudge: float) -> dict[Place, Any]:
    """What the page's formula cells hold when another nudge is typed into it.

    Another lesson's page: one whose nudge is that, standing where this one stands.
    """
    state = descend(lesson, lesson.epochs_run, through=True).states[-1]
    moved = lesson.replaced(nudge=nudge, start=state, seed=None, clicks=0)
    found = expected_values(moved)
    return {place: each for place, each in found.items() if place[0] == TITLE and place != NUDGE}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", NUDGED)
def test_the_page_follows_its_own_nudge(engine: Engine, name: str) -> None:
    lesson = NUDGED[name]
    path = built.workbook(lesson)
    found = {
        place: each
        for place, each in engine(path, {NUDGE: 0.25}).items()
        if place[0] == TITLE and place != NUDGE
    }
    expected = nudged_values(lesson, 0.25)
    assert len(expected) > 80
    assert_close(expected, found)


@pytest.mark.engines
def test_the_nudge_is_that_of_the_first_page_until_another_is_typed(workbook: Path) -> None:
    names = {page.title: page.names for page in built.book(ORIGINAL).pages}
    place = (MAIN, str(names[MAIN]["nudge"]))
    assert engines.formualizer(workbook, {place: 0.5})[NUDGE] == 0.5
    found = engines.formualizer(workbook, {place: 0.5, NUDGE: 0.1})
    assert found[TITLE, "K36"] == pytest.approx(stationary_points_of(ORIGINAL).shift(0.1)[0])


def test_long_data_shows_its_first_rows_and_the_mean_of_all() -> None:
    lesson = NUDGED["long"]
    cells = {str(cell.address): cell for cell in gradient_page(lesson).all_cells()}
    assert cells["B29"].value == 20
    assert cells["B30"].value == "mean of all 25 rows"
    assert (cells["I30"].formula or "").startswith("SUMPRODUCT(2*(now_m*Rows!$E$6:$E$30")
    state = descend(lesson, lesson.epochs_run).states[-1]
    by_hand = sum(
        2 * (state[0] * x + state[1] - y) * x
        for x, y in zip(lesson.data.x, lesson.data.y, strict=True)
    )
    assert cells["I30"].value == pytest.approx(by_hand / 25)


@pytest.mark.parametrize("name", ["absolute", "a formula"])
def test_other_losses_and_models_say_why_no_point_is_named(name: str) -> None:
    page = gradient_page(LESSONS[name].replaced(texts=usual_texts()))
    texts = [cell.value for cell in page.cells if isinstance(cell.value, str)]
    assert any("cannot be written down here" in text for text in texts)
    assert "best fit" not in texts
    assert len(page.charts) == 1
    assert len(gradient_page(ORIGINAL).charts) == 2


@pytest.mark.slow
def test_derivatives_too_long_for_a_cell_have_no_page() -> None:
    def titles(groups: int) -> list[str]:
        group = "(" + "*".join(f"(a*x+{number})" for number in range(10)) + ")"
        model = "*".join([group] * groups)
        lesson = lesson_of(x=(0.1, 0.2), y=(1, 2), model=model, learn=1e-9, capacity=2, epochs=1)
        return [page.title for page in built.book(lesson).pages]

    assert TITLE in titles(1)
    assert TITLE not in titles(6)


def test_a_row_has_the_derivatives_of_its_loss() -> None:
    lesson = LESSONS["absolute"]
    slopes = row_slopes(lesson, 0, (1.0, 0.0), 0.5)
    # y_pred is -1 and y is 2.1: nudged up, m*x goes further down and b up.
    assert slopes == [pytest.approx((1.0, 1.0, 1.0)), pytest.approx((-1.0, -1.0, -1.0))]


@pytest.mark.engines
def test_an_altered_operator_is_found(workbook: Path) -> None:
    formula = original_cells()["G10"].formula
    assert formula is not None
    altered = {(TITLE, "G10"): "=" + formula.replace("+", "-", 1)}
    wrong = differences(expected_values(ORIGINAL), engines.formualizer(workbook, altered))
    # The difference and the means read it.
    assert [place for place, _, _ in wrong] == [
        (TITLE, each) for each in ("G10", "G30", "J10", "J30")
    ]
