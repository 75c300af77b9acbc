"""Models of two classes: the best fit, classes that a boundary parts, and where a run ends."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sheetgd.cli.arguments import chosen_lesson
from sheetgd.cli.main import main
from sheetgd.descent.model import boundary, classifying, has_boundary, model_of
from sheetgd.descent.stationary_point import likeliest
from sheetgd.engine.error_surface import best_fit, separable
from sheetgd.engine.run import descend
from sheetgd.errors import LessonError
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import read_template
from sheetgd.reading.conversion import from_frame
from tests import reference
from tests.support.given import lesson_of

# Hours of study and whether the exam was passed: made up, as many courses do.
HOURS = (
    *(0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 1.75, 2.0, 2.25, 2.5),
    *(2.75, 3.0, 3.25, 3.5, 4.0, 4.25, 4.5, 4.75, 5.0, 5.5),
)
PASSED = (0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1)
WIDE = (1.2, 2.1, 0.4, 3.3, 1.9, 2.8, 0.1, 3.9, 2.4, 1.1)
LONG = (0.7, -0.3, 1.5, 0.2, 2.2, 1.1, 0.3, -0.6, 0.9, 1.8)
KIND = (0, 1, 0, 1, 1, 0, 0, 1, 0, 1)
SKLEARN = {
    "hours": (1.5046454369286333, -4.077713462532671),
    "kinds": (1.0090669733731865, 0.22455852191112358, -2.1303428623510263),
}
"""What scikit-learn's LogisticRegression(penalty=None, tol=1e-10) says: slopes, intercept."""


def newton(columns: Sequence[Sequence[float]], y: Sequence[float]) -> list[float]:
    """The best fit by plain Newton, in lists: no code of ours, no linear algebra of NumPy's."""
    rows = [[*row, 1.0] for row in zip(*columns, strict=True)]
    size = len(rows[0])
    w = [0.0] * size
    for _ in range(50):
        gradient = [0.0] * size
        hessian = [[0.0] * size for _ in range(size)]
        for row, target in zip(rows, y, strict=True):
            p = 1 / (1 + math.exp(-sum(a * b for a, b in zip(w, row, strict=True))))
            for i in range(size):
                gradient[i] += (p - target) * row[i]
                for j in range(size):
                    hessian[i][j] += p * (1 - p) * row[i] * row[j]
        system = [[*line, g] for line, g in zip(hessian, gradient, strict=True)]
        for pivot in range(size):
            for other in range(size):
                if other != pivot:
                    factor = system[other][pivot] / system[pivot][pivot]
                    system[other] = [
                        a - factor * b for a, b in zip(system[other], system[pivot], strict=True)
                    ]
        w = [each - system[i][size] / system[i][i] for i, each in enumerate(w)]
    return w


def hours(**settings: object) -> Lesson:
    usual = {"loss": "log-loss", "batch": "all", "gradient": "analytic", "learn": 0.6}
    return lesson_of(x=HOURS, y=PASSED, **{**usual, **settings})  # type: ignore[arg-type]


def test_the_plain_newton_is_right() -> None:
    assert newton([HOURS], PASSED) == pytest.approx(SKLEARN["hours"], abs=1e-7)
    assert newton([WIDE, LONG], KIND) == pytest.approx(SKLEARN["kinds"], abs=1e-7)


def test_it_is_what_scikit_learn_says() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    found = linear.LogisticRegression(penalty=None, tol=1e-10, max_iter=100_000)
    found.fit(np.array([WIDE, LONG]).T, KIND)
    assert [*found.coef_[0], *found.intercept_] == pytest.approx(SKLEARN["kinds"], abs=1e-7)


def test_the_best_fit_is_the_likeliest() -> None:
    arrays = [np.array(each) for each in (WIDE, LONG)]
    model = classifying(model_of("linear", ("u", "v")))
    found = likeliest(model, arrays, np.array(KIND, dtype=float), (0.0, 0.0, 0.0), {})
    assert found == pytest.approx(newton([WIDE, LONG], KIND), rel=1e-9)
    best = best_fit(hours())
    assert best is not None
    assert best.parameters == pytest.approx(newton([HOURS], PASSED), rel=1e-9)
    assert str(best).startswith("best fit: m 1.50465, b -4.07771")


def test_a_parameter_that_is_held_stays() -> None:
    model = classifying(model_of("line"))
    x, y = [np.array(HOURS)], np.array(PASSED, dtype=float)
    m, b = likeliest(model, x, y, (0.0, 0.0), {"b": -4.0})
    assert b == -4.0
    # Where the derivative by the other one is 0.
    p = 1 / (1 + np.exp(-(m * x[0] + b)))
    assert float(((p - y) * x[0]).sum()) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("optimizer", ["sgd", "nesterov"])
def test_a_long_run_ends_at_the_best_fit(optimizer: str) -> None:
    run = descend(hours(optimizer=optimizer, learn=0.3 if optimizer == "sgd" else 0.05), 12_000)
    assert run.states[-1] == pytest.approx(SKLEARN["hours"], abs=1e-6)


def test_a_long_run_of_two_columns_ends_there_too() -> None:
    lesson = lesson_of(
        x={"u": WIDE, "v": LONG}, y=KIND, loss="log-loss", batch="all", gradient="analytic",
        learn=0.8,
    )  # fmt: skip
    assert descend(lesson, 8_000).states[-1] == pytest.approx(SKLEARN["kinds"], abs=1e-6)


@pytest.mark.parametrize(
    ("x", "y", "apart"),
    [
        ((1, 2, 3, 4), (0, 0, 1, 1), True),
        ((1, 2, 3, 4), (1, 1, 0, 0), True),
        ((1, 2, 3, 4), (1, 1, 1, 1), True),
        # At 3 there are both, and a steeper curve is better all the same.
        ((1, 2, 3, 3, 4), (0, 0, 0, 1, 1), True),
        ((1, 2, 3, 4), (0, 1, 0, 1), False),
        ((1, 2, 3, 4, 2.5), (0, 0, 1, 1, 0), True),
        ((1, 2, 3, 4, 3.5), (0, 0, 1, 1, 0), False),
        ((1000, 1001, 1002, 1003), (0, 0, 1, 1), True),
        ((1000, 1001, 1002, 1003), (0, 1, 0, 1), False),
    ],
)
def test_where_a_boundary_parts_the_classes_there_is_no_best_fit(
    x: tuple[float, ...],
    y: tuple[float, ...],
    apart: bool,  # noqa: FBT001  a column
) -> None:
    lesson = lesson_of(x=x, y=y, loss="log-loss", learn=0.1)
    assert separable(lesson) == apart
    assert (best_fit(lesson) is None) == apart


def test_a_curve_that_cannot_get_steeper_has_a_best_fit() -> None:
    lesson = lesson_of(
        x=(-2, -1, 1, 2), y=(0, 0, 1, 1), model="tanh(w*x) - 0.1*w^2", loss="log-loss", learn=0.1
    )
    assert not separable(lesson)


def test_the_command_line_names_no_best_fit_where_there_is_none(
    capsys: pytest.CaptureFixture[str], tmp_path: object
) -> None:
    path = f"{tmp_path}/rows.csv"
    choices = ["--data", path, "--loss", "log-loss", "--learning-rate", "0.5", "--epochs", "5"]
    for y, says in (("0011", True), ("0101", False)):
        with open(path, "w", encoding="utf-8") as stream:  # noqa: PTH123  a text
            stream.write("x,y\n" + "".join(f"{x},{each}\n" for x, each in enumerate(y)))
        assert main(["run", *choices, "--quiet"]) == 0
        told = capsys.readouterr().out
        assert ("no best fit: a boundary parts the two classes" in told) == says
        assert ("best fit: m" in told) != says


@pytest.mark.parametrize("logit", [1000.0, -1000.0, 40.0, 0.0])
@pytest.mark.parametrize("gradient", ["forward", "central", "analytic"])
def test_every_number_is_one_far_out(logit: float, gradient: str) -> None:
    lesson = lesson_of(
        x=(1, 1), y=(0, 1), model="w*x", loss="log-loss", metric="log-loss", start=(logit,),
        gradient=gradient, learn=0.1, batch="all",
    )  # fmt: skip
    run = descend(lesson, 2)
    assert all(math.isfinite(each) for values in run.columns.values() for each in values)
    assert run.metric_values[0] == pytest.approx(max(abs(logit) / 2, math.log(2)), rel=1e-12)
    p = 1 / (1 + math.exp(-max(min(logit, 500.0), -500.0)))
    assert run.columns["g_w"][1] == pytest.approx(
        p - 0.5, abs=0.01 if gradient == "forward" else 1e-6
    )


@pytest.mark.parametrize("gradient", ["forward", "central", "analytic"])
@pytest.mark.parametrize(("batch", "optimizer"), [(1, "sgd"), (7, "adam"), (20, "momentum")])
def test_the_engine_agrees_with_the_plain_reference(
    gradient: str, batch: int, optimizer: str
) -> None:
    start, nudge = (0.4, -0.3), 0.003
    lesson = hours(
        gradient=gradient, batch=batch, optimizer=optimizer, start=start, learn=0.05, nudge=nudge
    )
    run = descend(lesson, 5)
    steps, log = reference.descend(
        HOURS,
        PASSED,
        start,
        # For the reference the prediction is the logit.
        predict=lambda x, p: p[0] * x + p[1],
        partials=lambda x, _: (x, 1.0),
        names=("m", "b"),
        loss="log-loss",
        gradient=gradient,
        learn=0.05,
        nudge=nudge,
        batch=batch,
        optimizer=optimizer,
        epochs=5,
    )
    for name, values in run.columns.items():
        if name in {"y_pred", "error_sq"}:
            continue
        expected = [step["y_pred" if name == "logit" else name] for step in steps]
        assert values == pytest.approx(expected, rel=1e-9, abs=1e-9), name
    assert [state[0] for state in run.states] == pytest.approx([line["m"] for line in log])
    for logit, y_pred in zip(run.columns["logit"], run.columns["y_pred"], strict=True):
        assert y_pred == pytest.approx(1 / (1 + math.exp(-logit)), rel=1e-12)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"loss": "log-loss", "y": (0, 1, 2)}, "y must be 0 or 1, and in row 3 it is 2"),
        ({"metric": "accuracy", "y": (0.5, 1, 0)}, "metric accuracy is for two classes"),
        ({"metric": "log-loss"}, r"write sigmoid\(...\) around the model line, or take the loss"),
    ],
)
def test_what_is_no_class_is_refused(settings: dict[str, object], says: str) -> None:
    with pytest.raises(LessonError, match=says):
        lesson_of(**{"x": (1, 2, 3), "y": (0, 1, 1), **settings})  # type: ignore[arg-type]


def test_a_sigmoid_that_is_added_is_said() -> None:
    assert hours().notes == ("with log-loss a model ends in sigmoid, so this is sigmoid(m*x+b)",)
    assert hours(model="sigmoid(w*x)").notes == ()
    assert hours(model="1/(1 + exp(-w*x))").notes == ()


def test_the_boundary_is_where_the_prediction_is_the_threshold() -> None:
    model = classifying(model_of("linear", ("u", "v")))
    assert has_boundary(model)
    w = (1.5, -0.5, 0.25)
    for u in (-2.0, 0.0, 3.0):
        v = boundary(model, [u], w, math.log(0.3 / 0.7))
        assert model.predict([u, v], w) == pytest.approx(0.3, rel=1e-12)
    assert not has_boundary(classifying(model_of("a*x^2 + b")))
    assert not has_boundary(classifying(model_of("polynomial 0")))


def test_a_score_is_shown_and_the_loss_judges() -> None:
    run = descend(hours(metric="accuracy", start=(0.0, 0.0)), 40)
    assert run.lesson.metric_name == "log-loss"
    table = run.epochs_table()
    assert list(table.columns)[-3:] == ["log-loss", "log-loss_pass", "accuracy"]
    for (m, b), found in zip(run.states, run.scores, strict=True):
        right = [(m * x + b > 0) == (y == 1) for x, y in zip(HOURS, PASSED, strict=True)]
        assert found == sum(right) / len(right)
    # The loss is lowest in the end; the accuracy has been as high before.
    assert run.lowest == 40
    assert run.scores.index(max(run.scores)) < 40
    assert run.lesson.notes[-1] == "of accuracy more is better: epochs are judged by log-loss"


def test_r2_is_one_less_the_part_that_is_left() -> None:
    x, y = (1.0, 2.0, 3.0, 4.0), (2.0, 4.5, 5.5, 8.5)
    run = descend(lesson_of(x=x, y=y, metric="r2", learn=0.01), 300)
    m, b = run.states[-1]
    left = sum((m * each + b - other) ** 2 for each, other in zip(x, y, strict=True))
    spread = sum((each - sum(y) / 4) ** 2 for each in y)
    assert run.scores[-1] == pytest.approx(1 - left / spread, rel=1e-12)
    assert run.scores[0] < run.scores[-1] < 1
    assert run.metric_values[-1] == pytest.approx(left / 4, rel=1e-12)


def test_log_loss_is_judged_by_itself_unless_a_metric_is_given(tmp_path: Path) -> None:
    columns: Any = {"x": (1, 2, 3, 4), "y": (0, 1, 0, 1)}
    lesson = Lesson(**columns, loss="log-loss")
    assert lesson.metric_name == "log-loss"
    assert lesson.changed(epochs=3).metric_name == "log-loss"
    # A lesson whose loss becomes another is judged as that one is, if it was judged as usual.
    assert lesson.changed(loss="mse").metric_name == "rmse"
    assert Lesson(**columns).changed(loss="log-loss").metric_name == "log-loss"
    sigmoid = Lesson(**columns, loss="log-loss", model="sigmoid(m*x)")
    assert sigmoid.changed(loss="mse").metric_name == "log-loss"
    assert sigmoid.changed(loss="mse", model="line").metric_name == "rmse"
    for other in ("rmse", "accuracy", "mae"):
        given = Lesson(**columns, loss="log-loss", metric=other)
        assert given.method.metric == given.changed(epochs=3).method.metric == other
        assert Lesson(**columns).changed(loss="log-loss", metric=other).method.metric == other
    assert Lesson(**columns, metric="mae").changed(loss="log-loss").method.metric == "mae"
    template = "[method]\nloss = 'log-loss'\n{}[data]\nx = [1, 2, 3]\ny = [0, 1, 0]\n"
    for metric, name in (("", "log-loss"), ("metric = 'mse'\n", "mse")):
        (tmp_path / "t.toml").write_text(template.format(metric))
        assert read_template(tmp_path / "t.toml").metric_name == name
    data = from_frame(columns)
    assert chosen_lesson(None, data, {"loss": "log-loss"}).metric_name == "log-loss"
    assert chosen_lesson(None, data, {"loss": "huber"}).metric_name == "rmse"
