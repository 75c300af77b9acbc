"""Extremes: what is far too large, far too small, all alike, far too long or far from ASCII.

`python -m tests.support.extremes` tries more of them, and those that take minutes.
"""

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sheetgd.cli.main import main
from sheetgd.engine.automatic import unit_advice
from sheetgd.engine.error_surface import metric_at
from sheetgd.engine.run import descend
from sheetgd.errors import LessonError
from sheetgd.expression.excel import MAX_COLUMNS, MAX_ROWS, Address
from sheetgd.expression.functions import (
    divided,
    exponential,
    larger,
    power,
    sigmoid,
    sign,
    smaller,
    softplus,
    tanh,
)
from sheetgd.expression.numbers import ON_ARRAYS, on_numbers
from sheetgd.expression.parser import parse_formula
from sheetgd.xlsx.write import check_build
from tests.support.engines import (
    Place,
    Result,
    assert_close,
    formualizer,
    formula_cells,
    libreoffice,
    stored_values,
)
from tests.support.extremes import CHOICES, DATA, names, written, wrong
from tests.support.given import lesson_of
from tests.support.programs import needs_libreoffice
from tests.support.slowly import slowly

ROOT = Path(__file__).parent.parent
QUICK = {"perfect", "lost in rounding"}
BESIDE_TWO = math.nextafter(2.0, 3.0)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(each) if each in QUICK else pytest.param(each, marks=pytest.mark.slow)
        for each in DATA
    ],
)
def test_no_data_ends_in_a_traceback_or_a_warning(data: str, tmp_path: Path) -> None:
    path = written(tmp_path, DATA[data])
    # Each data meets every choice in the long run of the script, and here a third of them.
    for choices in CHOICES[len(data) % 3 :: 3]:
        for command in (["run", "--json"], ["run", "--steps"], ["sweep", "--no-workbook"]):
            arguments = [*command, "--data", str(path), *choices]
            assert wrong(arguments) is None, arguments


@pytest.mark.slow
@pytest.mark.parametrize("data", ["one point", "same x", "huge", "largest", "tiny", "least"])
def test_no_data_keeps_a_workbook_from_being_built(data: str, tmp_path: Path) -> None:
    path = written(tmp_path, DATA[data])
    output = ["-o", str(tmp_path / "book.xlsx"), "--capacity", "5"]
    assert wrong(["build", "--data", str(path), "--model", "w*x", *output]) is None


@pytest.mark.parametrize("data", ["largest", "same x"])
def test_there_is_a_picture_of_everything(data: str, tmp_path: Path) -> None:
    path = written(tmp_path, DATA[data])
    output = ["-o", str(tmp_path / "picture.png")]
    assert wrong(["picture", "--data", str(path), "--model", "w*x", *output]) is None


def test_one_point_is_enough_for_one_parameter(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, [(2.0, 6.0)])
    assert main(["run", "--data", str(path), "--learn", "0.1"]) == 0
    assert "the data has 1 row and the model 2 parameters" in capsys.readouterr().err
    assert main(["run", "--data", str(path), "--model", "w*x", "--learn", "0.1", "-q"]) == 0
    captured = capsys.readouterr()
    assert "w 2.9" in captured.out
    assert "parameters" not in captured.err


# What is made of an overflow: the numbers of Python and NumPy would go on as if nothing had been.
LOST: dict[str, tuple[Callable[[Any], Any], list[float]]] = {
    "/": (lambda value: divided(1.0, value), [math.inf, -math.inf]),
    "^": (lambda value: power(value, -1.0), [math.inf, -math.inf]),
    "exp": (exponential, [-math.inf]),
    "sign": (sign, [math.inf, -math.inf]),
    "tanh": (tanh, [math.inf, -math.inf]),
    "sigmoid": (sigmoid, [math.inf, -math.inf]),
    "softplus": (softplus, [math.inf, -math.inf]),
    "max": (lambda value: larger(value, 3.0 * (value == value)), [-math.inf]),  # noqa: PLR0124  an array, if that is one
    "min": (lambda value: smaller(value, 3.0 * (value == value)), [math.inf]),  # noqa: PLR0124  the same
}


@pytest.mark.parametrize("name", sorted({*ON_ARRAYS} - {"remainder"}))
def test_no_operation_makes_a_number_of_an_infinity(name: str) -> None:
    operands = 4 if name.startswith("when") else 2 if name in "+-*/^maxmin" else 1
    for place in range(min(operands, 2)):
        for infinity in (math.inf, -math.inf):
            values = [1.5] * operands
            values[place] = infinity
            with np.errstate(all="ignore"):
                arrays = on_numbers(name)(*(np.array([each]) for each in values))
            assert not math.isfinite(on_numbers(name)(*values))
            assert not np.isfinite(arrays).any()


@pytest.mark.parametrize("name", LOST)
def test_what_is_made_of_an_overflow_is_none(name: str) -> None:
    function, values = LOST[name]
    for value in values:
        assert math.isnan(function(value))
        few = function(np.array([value, 1.0]))
        assert math.isnan(few[0])
        assert few[1] == function(1.0)


OVERFLOWS = {
    "the state of RMSprop": lesson_of(
        x=(1e160, 2e160), y=(1.0, 2.0), loss="mae", optimizer="rmsprop", gradient="analytic"
    ),
    "the sign of an error": lesson_of(
        x=(1e200, 1e-200), y=(0.0, 1e300), start=(1e200, 1.0), loss="mae", gradient="analytic"
    ),
    "a sigmoid, later": lesson_of(
        x=(1.0, 2.0, 3.0), y=(-900.0, 1.0, 1.0), model="1/(1+exp(-(a*x+b)))", learn=1e4,
        epochs=40, gradient="analytic",
    ),
    "a bell, later": lesson_of(
        x=(1.0, 2.0), y=(1.0, 2.0), model="a+exp(-(b*b))", start=(1.0, 1.0), learn=1e200
    ),
    "twice the nudge": lesson_of(x=(1.0, 2.0), y=(3.0, 5.0), gradient="central", nudge=1e308),
}  # fmt: skip


@pytest.mark.parametrize("name", OVERFLOWS)
def test_an_overflow_goes_on_through_the_run(name: str) -> None:
    """Row by row, at once, and column by column: each says the same of every number."""
    lesson = OVERFLOWS[name]
    passes = 3
    plain = slowly(lesson, passes)
    run = descend(lesson, passes - 1)
    found = np.array(run.states[:passes])
    np.testing.assert_array_equal(np.isfinite(found), np.isfinite(plain.states))
    table = run.steps_table()
    for column in plain.columns.keys() & set(table):
        there = np.isfinite(plain.columns[column][: len(table)])
        np.testing.assert_array_equal(np.isfinite(table[column]), there, column)
    assert any(not np.isfinite(values).all() for values in plain.columns.values())


def _stored(path: Path) -> dict[Place, Result]:
    return stored_values(path, formula_cells(path))


def _built(tmp_path: Path, rows: Sequence[tuple[float, float]], choices: Sequence[str]) -> Path:
    path = tmp_path / "book.xlsx"
    given = ["--data", str(written(tmp_path, rows)), *choices, "--capacity", "4", "--epochs", "4"]
    assert main(["build", *given, "-o", str(path), "--force"]) == 0
    return path


def _of(cells: Mapping[Place, Result], pages: Sequence[str]) -> dict[Place, Result]:
    return {place: value for place, value in cells.items() if place[0] in pages}


@pytest.mark.parametrize(
    "choices",
    [
        ("--loss", "mae", "--optimizer", "rmsprop"),
        ("--optimizer", "adam", "--batch", "2"),
        ("--loss", "mae", "--optimizer", "adagrad", "--gradient", "analytic"),
        ("--optimizer", "momentum", "--gradient", "central"),
    ],
)
@pytest.mark.engines
def test_an_overflow_is_stored_as_another_engine_computes_it(
    tmp_path: Path, choices: tuple[str, ...]
) -> None:
    path = _built(tmp_path, DATA["huge"], choices)
    pages = ("Gradient Descent", "Epochs", "Steps", "Rates epochs", "Rates steps")
    stored = _of(_stored(path), pages)
    # formualizer's SLOPE has an error of its own for what is too large.
    stored = {
        place: value for place, value in stored.items() if value != "" and "K1" not in place[1]
    }
    computed = formualizer(path, {})
    assert "#NUM!" in stored.values()
    assert_close(stored, {place: computed[place] for place in stored})


def _map_side(stored: Mapping[Place, Result]) -> dict[Place, float]:
    """Changes that hold the map's side at the numbers that are stored.

    LibreOffice takes a sum that is nearly 0 for 0: times such an x, a side of 3e-17 is a great
    deal.
    """
    return {
        place: value
        for place, value in stored.items()
        if place[0] == "Surface" and place[1].startswith("B") and isinstance(value, float)
    }


def _all_but_cancelled(stored: Mapping[Place, Result]) -> list[Place]:
    """The cells that LibreOffice computes as others do.

    On the page Gradient it shows #NUM! for what SUMPRODUCT makes of any error. In the map's line
    of a slope of 2.0000000000000004, where the data have 2, it takes the errors for 0.
    """
    lines = {
        (sheet, Address.parse(address).row)
        for (sheet, address), value in stored.items()
        if value == BESIDE_TWO
    }
    return [
        (sheet, address)
        for sheet, address in stored
        if sheet != "Gradient" and (sheet, Address.parse(address).row) not in lines
    ]


@needs_libreoffice
@pytest.mark.parametrize(
    ("data", "choices"),
    [
        ("huge", ("--loss", "mae", "--optimizer", "rmsprop")),
        ("same x", ("--batch", "all", "--gradient", "central", "--optimizer", "adam")),
    ],
)
def test_libreoffice_computes_what_is_stored(
    tmp_path: Path, data: str, choices: tuple[str, ...]
) -> None:
    path = _built(tmp_path, DATA[data], choices)
    stored = _stored(path)
    computed = libreoffice(path, _map_side(stored))
    compared = _all_but_cancelled(stored)
    assert {"Surface", "Surface data", "Play"} <= {sheet for sheet, _ in compared}
    assert_close(
        {place: stored[place] for place in compared}, {place: computed[place] for place in compared}
    )


def test_an_overflow_is_shown_as_in_a_sheet_and_its_epoch_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, [(1.0, 2.0), (2.0, 4.0), (30.0, 61.0)])
    run = ["run", "--data", str(path), "--learn", "10", "--epochs", "30", "--gradient", "analytic"]
    assert main(run) == 0
    shown = capsys.readouterr().out
    assert "#NUM!" in shown
    assert "nan" not in shown
    header, *lines = (line.split() for line in shown.splitlines())
    held = header.index("rmse")
    first = next(int(line[0]) for line in lines if line[held] == "#NUM!")
    assert f"diverges (non-finite) at epoch {first}: a number is too large" in shown
    assert main([*run, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    missing = [line["epoch"] for line in told["log"] if line["rmse"] is None]
    assert missing[0] == first
    assert {"ending": "non-finite", "epoch": first}.items() <= told["divergence"][-1].items()


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        ((1e151, 1.0), (1.0, 2.0), "x reaches 1e+151"),
        ((1.0, 2.0), (1.0, -1e308), "y reaches 1e+308"),
        ((1e-151, 0.0), (1.0, 2.0), "x reaches only 1e-151"),
        ((1.0, 2.0), (5e-324, 0.0), "y reaches only 4.94066e-324"),
    ],
)
def test_a_unit_that_cannot_go_well_is_told(
    x: tuple[float, float], y: tuple[float, float], said: str
) -> None:
    advice = unit_advice(lesson_of(x=x, y=y))
    assert advice is not None
    assert advice.startswith(said)


def test_other_units_are_no_matter() -> None:
    assert unit_advice(lesson_of(x=(1e140, 1e-300), y=(0.0, 0.0))) is None
    assert unit_advice(lesson_of(x=(1e-140, 1e-300), y=(1e100, 0.0))) is None


class BegunError(Exception):
    """The work has begun."""


# The log has two columns for each of 9,000 rates and the lesson's own. Of Adam each of 6,000
# rates has three columns of steps beside the shared ones, and the lesson's own has none.
TOO_MUCH = {
    f"1,500,009 rows on the page Steps: a worksheet holds {MAX_ROWS:,}": (
        ["build", "--epochs", "300000"], 5,
    ),
    "rows on the page Steps": (["build", "--capacity", "209714"], 5),
    "opens too slowly": (["sweep", "--epochs", "300000"], 5),
    f"more than 18,002 columns on a page: a worksheet holds {MAX_COLUMNS:,}": (
        ["sweep", "--model", "w*x", "--learn", "1e-9:1e-1:9000", "--epochs", "2"], 1,
    ),
    "more than 18,003 columns on a page": (
        [
            "sweep", "--model", "w*x", "--learn", "1e-9:1e-1:6000", "--epochs", "2",
            "--optimizer", "adam",
        ], 1,
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("said", TOO_MUCH)
def test_what_a_sheet_cannot_hold_is_said_before_any_work(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def begun(*_: object, **__: object) -> None:
        raise BegunError

    arguments, rows = TOO_MUCH[said]
    # A run is begun when something is asked of it.
    for place in ("engine.run.Rowwise", "cli.sweep.sweep"):
        monkeypatch.setattr(f"sheetgd.{place}", begun)
    path = written(tmp_path, [(float(row), 1.0) for row in range(1, rows + 1)])
    output = tmp_path / "book.xlsx"
    assert main([*arguments, "--data", str(path), "-o", str(output)]) == 2
    message = capsys.readouterr().err
    assert said in message
    assert message.count("\n") == 1
    assert not output.exists()
    # The same without so much is begun at once.
    with pytest.raises(BegunError):
        main([arguments[0], "--data", str(path), "--model", "w*x", "-o", str(output)])


@pytest.mark.slow
def test_data_longer_than_a_sheet_is_refused(tmp_path: Path) -> None:
    lesson = lesson_of(x=range(MAX_ROWS), y=range(MAX_ROWS))
    with pytest.raises(LessonError, match=r"1,048,576 rows and the main page would need 1,048,665"):
        check_build(lesson, tmp_path / "book.xlsx")


def test_many_parameters() -> None:
    many = names(80)
    lesson = lesson_of(
        x=range(80), y=range(80), model="+".join(many), epochs=1, learn=1e-6, gradient="analytic"
    )
    assert lesson.model.parameters == tuple(many)
    run = descend(lesson)
    # All of them are one number to the model, and move alike.
    assert len(set(run.states[-1])) == 1
    assert run.states[-1][0] < 1
    # NumPy takes no more than 64 arrays together.
    rms = math.sqrt(sum(row * row for row in range(80)) / 80)
    assert metric_at(lesson, [np.zeros(1)] * 80).tolist() == pytest.approx([rms])


def test_a_long_sum_is_not_deep_and_brackets_are() -> None:
    for formula in ("+".join(names(60)), "*".join(names(60)), "-".join(names(60))):
        parse_formula(formula)
    for formula in ("^".join(["2"] * 60), "a-(" * 45 + "a" + ")" * 45):
        with pytest.raises(LessonError, match="nested deeper than 40"):
            parse_formula(formula)


NAMES = ["Größe (m²)", "价格", "😀 e\N{COMBINING ACUTE ACCENT}", "שלום"]
FORMS = {
    "BOM, CRLF, decimal commas": ("utf-8-sig", "{x};{y}\r\n1,5;2\r\n2,5;4,25\r\n\r\n"),
    "UTF-16 LE, tabs": ("utf-16", "{x}\t{y}\r\n1,5\t2\r\n2,5\t4,25\r\n"),
    "old Mac": ("utf-8", "{x}|{y}\r1.5|2\r2.5|4.25\r"),
    "trailing delimiters": ("utf-8", "{x},{y},\n1.5,2,\n2.5,4.25,\n,,\n \n"),
    "quotes and new lines": ("utf-8", '"{x}",{y}\n"1.5","2"\n2.5,"4.25"\n'),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_names_of_all_kinds_in_files_of_all_kinds(
    form: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    encoding, text = FORMS[form]
    folder = tmp_path / f"a 'b' #1 & 100% {name}"
    folder.mkdir()
    path = folder / f"{name}.csv"
    path.write_bytes(text.format(x=name, y="y").encode(encoding))
    assert main(["run", "--data", str(path), "--x", name, "--json", "--steps"]) == 0
    steps = json.loads(capsys.readouterr().out)["steps"][:2]
    assert [(line["x"], line["y"]) for line in steps] == [(1.5, 2.0), (2.5, 4.25)]


def test_utf_16_of_the_other_end(tmp_path: Path) -> None:
    path = tmp_path / "be.csv"
    path.write_bytes(b"\xfe\xff" + "价格;y\n1,5;2\n2,5;3\n".encode("utf-16-be"))
    assert main(["run", "--data", str(path), "-q"]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_what_an_output_cannot_spell_ends_nothing(encoding: str, tmp_path: Path) -> None:
    folder = tmp_path / "数据 é"
    folder.mkdir()
    written(folder, [(1.0, 2.0), (2.0, 3.0)], name="价格")
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "1"}
    environment["PYTHONPATH"] = str(ROOT)
    data, table = str(folder / "价格.csv"), str(folder / "é.csv")
    for command in (["new", str(folder / "né")], ["run", "--data", data, "--csv", table]):
        done = subprocess.run(
            [sys.executable, "-m", "sheetgd", *command],
            env=environment,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr
        assert b"\\u6570\\u636e" in done.stdout + done.stderr


@needs_libreoffice
@pytest.mark.parametrize("model", ["line", "quadratic"])
def test_rows_too_far_apart_to_be_squared(tmp_path: Path, model: str) -> None:
    rows = [(1e155 * x, 1.0 + x) for x in (1, 2, 4, 7)]
    path = _built(tmp_path, rows, ("--model", model, "--gradient", "analytic", "--batch", "all"))
    found = _stored(path)
    computed = libreoffice(path, _map_side(found))
    assert_close(found, {place: computed[place] for place in found})
    stored = _of(found, ["Learning rates"])
    # H, its largest eigenvalue, the rate, and learn as a part of it.
    assert list(stored.values()).count("#NUM!") >= 4
