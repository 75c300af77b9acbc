"""Formulas and data that are hardly meant as they are: what is said of each, and of which none."""

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

import sheetgd
from sheetgd.cli.main import main
from sheetgd.descent.model import model_of, undetermined
from sheetgd.errors import LessonError, SheetgdWarning
from sheetgd.lesson.lesson import doubts_of
from sheetgd.lesson.template import shipped_lesson, shipped_names
from sheetgd.xlsx.write import build_workbook
from tests.cli.test_main import refused
from tests.support.built import expected_values
from tests.support.each_engine import each_engine
from tests.support.engines import Engine, Place, Result, assert_close
from tests.support.given import lesson_of


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("x\u00b2*a", r"holds '\u00b2': write \^2 in its place"),
        ("a*x\u2075", r"holds '\u2075': write \^5 in its place"),
        ("a\u00d7x", r"holds '\u00d7': write \* in its place"),
        ("a\u00b7x", r"write \* in its place"),
        ("a\u00f7x", "write / in its place"),
        ("a*x \u2212 b", "write - in its place"),
        ("a*x\u00a0+ b", "write a plain space in its place"),
        ("\u221a(x)*a", r"write sqrt\(\.\.\.\) in its place"),
        ("\u03c0*a*x", "write pi in its place"),
        ("\u03b8*x", "write theta in its place; names are made of the letters a to z"),
        ("a*\uff58", "write x in its place"),
        ("\u0416*x", "names are made of the letters a to z"),
        ("PI*a*x", "write pi in place of PI"),
        ("a*X + b", "write x in place of X"),
        ("a*Exp(x)", "Exp is not a function that is known: write exp$"),
        ("a*EXP", r"write exp\(\.\.\.\)"),
        ("a*log(x)", r"log is not a function that is known: write ln\(\.\.\.\), or ln"),
        ("a*log10(x)", r"write ln\(\.\.\.\)/ln\(10\)"),
        ("a*log*x", r"log is no parameter's name.*write ln"),
        ("a*sigmoid(b*x)", r"write 1/\(1 \+ exp\(-\.\.\.\)\)"),
        ("a*sigmoid*x", r"sigmoid is no parameter's name"),
        ("a*relu(x)", r"write max\(0, \.\.\.\)"),
        ("a*pow(x, 2)", r"write a\^b"),
        ("a*tan(x)", r"write sin\(\.\.\.\)/cos\(\.\.\.\)"),
        ("a(x + 1)", r"a is not a function that is known: .*write a\*\(\.\.\.\) if a product"),
        ("ax + b", r"does not use x, for ax is one name: write a\*x where ax stands"),
        ("xa", r"write x\*a where xa stands"),
        ("sigmoid", r"'sigmoid' is not known: write a/\(1 \+ exp\(-b\*\(x - c\)\)\)"),
        ("Linear", "'linear' is not known: write line$"),
        ("log", r"write a\*ln\(x\) \+ b"),
        ("exponential", r"write a\*exp\(b\*x\)"),
        ("parabola", "write quadratic"),
        ("mean", "write polynomial 0"),
        ("polynomial -1", "polynomial and its degree, a whole number from 0 to 20"),
        ("polynomial 2.5", "polynomial and its degree"),
        ("polynomial(3)", "polynomial and its degree"),
        ("polynomial of degree 3", "polynomial and its degree"),
        ("polynomial 21", "whole number up to 20"),
    ],
)
def test_a_formula_that_is_refused_is_told_the_fix(formula: str, says: str) -> None:
    with pytest.raises(LessonError, match=says):
        model_of(formula)


WRITTEN: Sequence[tuple[str, Callable[[float], float]]] = (
    ("a*1/(1 + exp(-x))", lambda x: 1 / (1 + np.exp(-x))),
    ("a*ln(x)/ln(10)", np.log10),
    ("a*sin(x)/cos(x)", np.tan),
    ("a*(exp(x) - exp(-x))/2", np.sinh),
    ("a*(exp(x) + exp(-x))/2", np.cosh),
    ("a*ln(1 + exp(x))", lambda x: np.logaddexp(0, x)),
    ("a*x^(1/3)", np.cbrt),
)


@pytest.mark.parametrize(("formula", "function"), WRITTEN)
def test_what_the_fixes_say_is_right(formula: str, function: Callable[[float], float]) -> None:
    for x in (0.3, 1.0, 2.5):
        assert model_of(formula).predict(x, (1.0,)) == pytest.approx(function(x), rel=1e-14)


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
        "a*tanh(b*x + c) + d", "e^2*x + b", "a*x^4 + b*x^3 + c*x^2 + d*x + e",
    ],
)  # fmt: skip
def test_a_formula_that_can_be_meant_is_not_warned_of(model: str) -> None:
    x = [each / 7 for each in range(1, 30)]
    assert said(model, "a", "b", x=x) == []


def test_a_constant_model_of_a_constant_x_is_not_warned_of() -> None:
    assert said("w", x=(3, 3, 3)) == []
    assert len(said("w", x=(3, 3, 4))) == 1


@pytest.mark.parametrize(
    ("formula", "names", "moved"),
    [
        ("(a + b)*x", ("a", "b"), lambda a, b: (a + 0.5, b - 0.5)),
        ("a*b*x", ("a", "b"), lambda a, b: (a * 3, b / 3)),
        ("a*exp(b*x + c)", ("a", "c"), lambda a, b, c: (a * np.e, b, c - 1)),
        ("a*ln(b*x) + c", ("b", "c"), lambda a, b, c: (a, b * np.e, c - a)),
        ("exp(a + x) + b*exp(x)", ("a", "b"), lambda a, b: (a + 1, b - np.exp(a) * (np.e - 1))),
        ("w*max(0, a*x + b)", ("w", "a", "b"), lambda w, a, b: (w / 2, a * 2, b * 2)),
        ("sin(a)^2 + cos(a)^2 + b*x", ("a",), lambda a, b: (a + 1, b)),
        ("(a*x + b)/(c*x + d)", ("a", "b", "c", "d"), lambda *each: [2 * one for one in each]),
    ],
)
def test_what_no_data_can_determine_does_not_change_the_prediction(
    formula: str, names: tuple[str, ...], moved: Callable[..., Sequence[float]]
) -> None:
    model = model_of(formula)
    assert undetermined(model) == (names,)
    start = [0.7 + 0.2 * place for place, _ in enumerate(model.parameters)]
    changed = moved(*start)
    assert {
        name
        for name, one, other in zip(model.parameters, start, changed, strict=True)
        if one != other
    } == set(names)
    for x in (0.5, 1.25, 4.0):
        assert model.predict(x, changed) == pytest.approx(model.predict(x, start), rel=1e-12)


@pytest.mark.parametrize(
    "formula",
    ["a*exp(b*x) + c*exp(d*x)", "a*sin(b*x + c) + d", "a*(x - b)^2 + c", "a^x*b", "abs(a*x + b)"],
)
def test_what_data_can_determine_is_so_by_other_arithmetic(formula: str) -> None:
    model = model_of(formula)
    start = np.array([0.7 + 0.3 * place for place, _ in enumerate(model.parameters)])
    x = np.linspace(0.2, 3, 40)
    step = 1e-6
    columns = [
        (model.predict(x, list(start + step * unit)) - model.predict(x, list(start - step * unit)))
        / (2 * step)
        for unit in np.eye(len(start))
    ]
    assert np.linalg.matrix_rank(np.array(columns), tol=1e-5) == len(start)
    assert undetermined(model) == ()


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
