"""Lessons and templates: what is accepted, and what is said of the rest."""

import math
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest

from sheetgd.engine.error_surface import grid_of, surface_table
from sheetgd.errors import DataError, LessonError
from sheetgd.lesson.template import read_template, shipped_lesson
from sheetgd.reading.data_file import read_csv
from sheetgd.sheets.words import formats_of
from tests.support.given import lesson_of

ORIGINAL = shipped_lesson("original")


def test_the_original_lesson() -> None:
    assert ORIGINAL.n_rows == 20
    assert ORIGINAL.data.reconstructed == frozenset(range(12, 21))
    assert all(y == 2 * x + 30 for x, y in zip(ORIGINAL.data.x, ORIGINAL.data.y, strict=True))
    assert ORIGINAL.data.x[:5] == (7, 9, 28, 30, 50)
    assert (
        ORIGINAL.training.epochs,
        ORIGINAL.training.clicks,
        ORIGINAL.training.learning_rate,
        ORIGINAL.training.difference_step,
    ) == (5, 1, 1e-4, 0.01)
    assert ORIGINAL.display.published is not None
    assert ORIGINAL.display.published.epochs_run == 15
    assert len(ORIGINAL.display.findings) == 6


def test_a_lesson_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        ORIGINAL.training.learning_rate = 1.0  # type: ignore[misc]  # that is the test


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"x": (1, 2, 3)}, "x has 3 values and y has 20"),
        ({"x": (), "y": ()}, "no rows: at least one is needed"),
        ({"y": (math.nan,) * 20}, "value 1 is nan"),
        ({"start": (1,)}, "start has 1 value: give one each for m, b"),
        ({"guess": (1, 2, 3)}, "guess has 3 values"),
        ({"learning_rate": math.inf}, "learning_rate is inf"),
        ({"difference_step": -1}, "difference_step is -1"),
        ({"difference_step": 10**400}, "difference_step is 1000"),
        ({"start": (1, -(10**400))}, "start: value 2 is -inf"),
        ({"epochs": 2.5}, "epochs is 2.5"),
        ({"clicks": True}, "clicks is True"),
        ({"sample": 0}, "sample is 0"),
        ({"gradient": "centrl"}, "did you mean central?"),
        ({"capacity": 4}, "make capacity at least 5"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(LessonError, match=says):
        ORIGINAL.replaced(**changes)


TEMPLATE = """
[training]
start = { m = 1, b = 1 }
[data]
x = [1, 2, 3]
y = [2, 4, 6]
"""


def with_line(line: str) -> str:
    """Return the template with a line more of training."""
    return TEMPLATE.replace("[training]\n", f"[training]\n{line}\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("learn = ", "not a TOML file"),
        (TEMPLATE.replace("start", "strat"), "key 'strat' that is not known.*did you mean start"),
        (TEMPLATE.replace("x =", "z ="), r"\[data\] has a key 'z'"),
        (TEMPLATE.replace("m = 1", "n = 1"), "start names 'n', which is no parameter"),
        (TEMPLATE.replace("m = 1, ", ""), "start has no m: it needs m, b"),
        (
            TEMPLATE.replace("[1, 2, 3]", '"1 2 3"'),
            "data.x is '1 2 3': it must be a list of numbers",
        ),
        (
            TEMPLATE.replace("[1, 2, 3]", '[1, "2", 3]'),
            r"data.x is \[1, '2', 3\]: it must be a list of numbers",
        ),
        (
            TEMPLATE.replace("b = 1", f"b = {10**400}"),
            "start.b is 1000.*: it must be a finite number",
        ),
        (with_line("epochs = 2.5"), "training.epochs is 2.5: it must be a whole number"),
        (with_line("learning_rate = true"), "training.learning_rate is True: it must be a number"),
        ("[method]\nmodel = 'lin'\n" + TEMPLATE, "model 'lin' is not known.*did you mean line"),
        ("[method]\ngradient = 'analitic'\n" + TEMPLATE, "did you mean analytic"),
        ("[training]\nstart = { m = 1, b = 1 }", r"there is no \[data\]"),
        (TEMPLATE + "[grid]\nm = [1]\nb = [2]\nover = 'some'", "grid.over 'some'"),
        (TEMPLATE + "[published]\nepoch = 3", r"\[published\] has a key 'epoch'"),
    ],
)
def test_a_faulty_template_is_named_with_its_fault(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(LessonError, match=says) as caught:
        read_template(path)
    assert "mine.toml" in str(caught.value)


def test_a_template_of_one_s_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[display]\ntitle = 'Mine'\n" + with_line("learning_rate = 0.1"))
    lesson = read_template(path)
    assert (lesson.display.title, lesson.training.learning_rate, lesson.data.x) == (
        "Mine",
        0.1,
        (1, 2, 3),
    )
    with pytest.raises(LessonError, match="there is no such file"):
        read_template(tmp_path / "none.toml")


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,10\n2,20\n",
        "\ufeffa,b\r\n1,10\r\n\r\n2,20\r\n",
        "b;c;a\n10;x;1\n20;y;2\n",
        "a\tb\n1\t10\n2\t20\n",
        ' a , "b"\n 1 , 1e1\n2,2E+1\n',
    ],
)
def test_csv_files_as_programs_write_them(tmp_path: Path, text: str) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(text.encode())
    data = read_csv(path, "a", "b")
    assert (data.x, data.y) == ((1, 2), (10, 20))


def test_a_folder_is_no_data(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="this is a folder"):
        read_csv(tmp_path)


def test_number_formats_follow_the_size_of_the_data() -> None:
    display = formats_of(ORIGINAL)
    assert (display.prediction, display.squared, display.derivative, display.metric) == (
        "#,##0.0", "#,##0", "#,##0", "#,##0"
    )  # fmt: skip
    assert display.parameters == ("0.000", "0.000")
    small = formats_of(lesson_of(x=(1, 2, 3), y=(1e-4, 2.1e-4, 2.9e-4), start=(0, 0)))
    assert small.parameters[0] == "0.00E+00"
    assert small.prediction == "0.00E+00"
    large = formats_of(lesson_of(x=(1, 2, 3), y=(1e7, 2e7, 3e7), start=(0, 0)))
    assert large.prediction == large.squared == "#,##0"


@pytest.mark.parametrize(
    ("x", "y", "start"),
    [
        ((1, 2, 3), (30, 50, 70), (0, 0)),
        ((1, 2, 3), (2, 4, 6), (2, 0)),
        ((1, 2, 3), (-1e6, 3e6, 2e6), (5, 5)),
        ((1e-3, 2e-3, 4e-3), (1e-5, 5e-5, 2e-5), (0, 0)),
        ((3, 3, 3), (1, 2, 3), (1, 1)),
    ],
)
def test_a_chosen_grid_is_round_and_holds_start_and_best(
    x: tuple[float, ...], y: tuple[float, ...], start: tuple[float, float]
) -> None:
    lesson = lesson_of(x=x, y=y, start=start)
    down, across = grid_of(lesson)
    assert (len(down), len(across)) == (8, 11)
    for side, value in zip((down, across), start, strict=True):
        assert list(side) == sorted(set(side))
        assert side[0] <= value <= side[-1]
        assert max(len(f"{each:.12g}".lstrip("-")) for each in side) <= 10
    if len(set(x)) > 1:
        table = surface_table(lesson)
        assert table.shape == (8, 11)
        assert (table.index.name, table.columns.name) == ("m", "b")
        slope = sum((a - sum(x) / 3) * (b - sum(y) / 3) for a, b in zip(x, y, strict=True))
        slope /= sum((a - sum(x) / 3) ** 2 for a in x)
        assert down[0] <= slope <= down[-1]
