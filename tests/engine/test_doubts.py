"""Formulas and data that are hardly meant as they are: what is said of each, and of which none."""

import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

import sheetgd
from sheetgd.cli.main import main
from sheetgd.engine.doubts import doubts_of
from sheetgd.errors import LessonError, SheetgdWarning
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson, shipped_names
from sheetgd.reading.conversion import from_frame
from sheetgd.xlsx.write import build_workbook
from tests.support.built import expected_values
from tests.support.commands import refused
from tests.support.each_engine import each_engine
from tests.support.engines import Engine, Place, Result, assert_close
from tests.support.given import lesson_of


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def said(model: str, *columns: str, x: Sequence[float] = (1, 2, 4, 7, 8)) -> list[str]:
    """What is warned of for data of some rows."""
    return list(doubts_of(lesson_of(x=x, y=[2 * each for each in x], model=model), columns))


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("a", "does not use x, so its prediction is the same in every row"),
        ("a + b", "does not use x"),
        ("a*x^2 + bx + c", r"bx is one parameter here: if a product is meant, write b\*x"),
        ("a*e^(-b*x)", r"e is a parameter here.*write exp\(\.\.\.\)"),
        ("a*step(w*x) + b", r"its derivative is 0 and no descent can learn w: write sigmoid\("),
        ("step(w*x + b)", "no descent can learn w or b: write sigmoid"),
        ("a*x - a*x + b", r"of a\*x - a\*x \+ b does not change with a: leave that parameter out"),
        ("(a + b)*x", r"no data can determine a and b in \(a \+ b\)\*x"),
        ("w2*w1*x", "no data can determine w2 and w1"),
        ("a*x + b*rooms", "rooms is a column of the data, but in the model a parameter"),
    ],
)
def test_a_formula_that_is_hardly_meant_is_warned_of(model: str, says: str) -> None:
    (line,) = said(model, "area", "rooms", "a", "b")
    assert re.search(says, line)


@pytest.mark.parametrize(
    "model",
    [
        "line", "cubic", "polynomial 0", "polynomial 20", "a*x + b", "a*exp(b*x) + c",
        "max(a*x, b)", "a*x^e + b", "min(a, b)*x", "a*max(x - 1000, 0) + b",
        "a*tanh(b*x + c) + d", "a*step(x - 3) + b", "a*sigmoid(b*x)", "e^2*x + b",
        "a*x^4 + b*x^3 + c*x^2 + d*x + e",
    ],
)  # fmt: skip
def test_a_formula_that_can_be_meant_is_not_warned_of(model: str) -> None:
    x = [each / 7 for each in range(1, 30)]
    assert said(model, "a", "b", x=x) == []


def test_a_constant_model_of_a_constant_x_is_not_warned_of() -> None:
    assert said("w", x=(3, 3, 3)) == []
    assert len(said("w", x=(3, 3, 4))) == 1


def test_the_shipped_lessons_are_meant() -> None:
    for name in shipped_names():
        assert list(doubts_of(shipped_lesson(name))) == []


HOUSES = "area,rooms,price\n50,2,100\n70,3,150\n90,2,170\n"


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (
            "a*area+b",
            "does not use x: write x instead of area, for area is the column that becomes x",
        ),
        ("a*rooms+b", "write x instead of rooms.*which x='rooms' would make x"),
        ("a*price+b", "price is the column that becomes y, which the model predicts"),
    ],
)
def test_a_column_in_place_of_x_is_refused_with_the_fix(
    capsys: pytest.CaptureFixture[str], model: str, says: str
) -> None:
    Path("houses.csv").write_text(HOUSES)
    given = ["--data", "houses.csv", "--x", "area", "--y", "price", "--model", model]
    assert re.search(says.replace("x='rooms'", "--x rooms"), refused(capsys, "run", *given))
    frame = {"area": [50, 70, 90], "rooms": [2, 3, 2], "price": [100, 150, 170]}
    with pytest.raises(LessonError, match=says):
        sheetgd.Lesson(frame, x="area", y="price", model=model)


def test_a_template_s_column_in_place_of_x_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        "[method]\nmodel = 'a*area + b'\n[data]\nx_name = 'area'\nx = [1, 2, 3]\ny = [1, 2, 4]\n"
    )
    with pytest.raises(LessonError, match="write x instead of area"):
        sheetgd.read_template(path)


def test_the_command_line_warns_in_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--model", "(a+b)*x", "--epochs", "0"]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("sheetgd: warning: no data can determine a and b in (a+b)*x")


def test_the_library_warns_once_and_goes_on() -> None:
    with pytest.warns(SheetgdWarning, match="no data can determine a and b"):
        lesson = sheetgd.Lesson(x=(1, 2, 3), y=(2, 4, 6), model="(a+b)*x", gradient="analytic")
    assert lesson.n_rows == 3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SheetgdWarning)
        run = lesson.changed(epochs=300, learn=0.01).run()
    assert sum(run.states[-1]) == pytest.approx(2, abs=1e-6)


def test_fewer_rows_than_parameters_are_warned_of_and_taken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("one.csv").write_text("x,y\n2,7\n")
    assert main(["run", "--data", "one.csv", "--learn", "0.05", "--epochs", "60", "--json"]) == 0
    captured = capsys.readouterr()
    (line,) = (each for each in captured.err.splitlines() if "warning" in each)
    assert "the data has 1 row and the model 2 parameters: many choices" in line
    assert "give 2 rows or more" in line
    # Whatever of them the descent ends at, it goes through the point.
    with pytest.warns(SheetgdWarning, match="1 row and the model 3 parameters"):
        lesson = sheetgd.Lesson(x=(2,), y=(7,), model="quadratic", learn=0.02, epochs=200)
    a, b, c = lesson.run().states[-1]
    assert 4 * a + 2 * b + c == pytest.approx(7, abs=0.03)
    assert list(doubts_of(lesson_of(x=(2, 3), y=(7, 8)))) == []
    with pytest.raises(LessonError, match="no rows: at least one is needed"):
        lesson_of(x=(), y=())


FEW = {
    "one row, two parameters": lesson_of(
        x=(2,), y=(7,), start=(0, 0.5), learn=0.03, rates=(0.01, 0.02)
    ),
    "two rows, three parameters": lesson_of(
        x=(1, 2), y=(7, 8), model="quadratic", batch="all", gradient="analytic", learn=0.02
    ),
}


@each_engine("name", FEW, libreoffice=["two rows, three parameters"])
def test_a_workbook_of_fewer_rows_than_parameters(
    tmp_path: Path, engine: Engine, name: str
) -> None:
    lesson = FEW[name].changed(capacity=6, epochs=3, rate_epochs=2)
    path = tmp_path / "few.xlsx"
    build_workbook(lesson, path)
    assert_close(_any_error(expected_values(lesson)), _any_error(engine(path, {})))


def _any_error(cells: Mapping[Place, Result]) -> dict[Place, Result]:
    """The cells with errors of one kind: engines say in two ways that none is the best."""
    return {
        place: "an error" if str(value) in {"#DIV/0!", "#NUM!"} else value
        for place, value in cells.items()
    }


def test_classes_that_are_fitted_by_squares_are_warned_of() -> None:
    data = from_frame({"hours": (1, 2, 3, 4), "passed": ("no", "yes", "no", "yes")})
    with pytest.warns(SheetgdWarning) as found:
        Lesson(data=data)
    assert [str(each.message) for each in found] == [
        (
            "passed is one of two classes, no or yes: the loss log-loss is made for that, and the "
            "predictions are then probabilities"
        )
    ]
    assert not [*doubts_of(Lesson(data=data, loss="log-loss"))]
    assert not [*doubts_of(Lesson(x=(1, 2, 3, 4), y=(0, 1, 0, 1)))]
