"""The verdict on a learning rate: the textbook's parabola, by hand, and in three engines."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from sheetgd.maths.judgement import (
    Verdict,
    judged,
    moves_squared,
    moves_taken_on,
    swing,
    where_numbers,
)

from sheetgd.cells import Address
from sheetgd.maths.formula import Formula
from tests.support.each_engine import ENGINES
from tests.support.engines import Engine

TEXTBOOK = {
    0.01: Verdict.TOO_LOW, 0.3: Verdict.GOOD, 0.6: Verdict.GOOD, 0.9: Verdict.BOUNCING,
    1.0: Verdict.BOUNCING, 1.1: Verdict.DIVERGING,
}  # fmt: skip
EPOCHS = 10


def path(rate: float) -> list[float]:
    """w on the parabola w^2 after each epoch: each multiplies it by 1 - 2*rate."""
    return [-1.5 * (1 - 2 * rate) ** epoch for epoch in range(EPOCHS + 1)]


def judge_all(paths: dict[float, list[float]]) -> dict[float, Verdict]:
    ends = {rate: way[-1] ** 2 for rate, way in paths.items()}
    best = min(ends, key=lambda rate: ends[rate])
    found = {}
    for rate, way in paths.items():
        w = np.array(way)
        on = float(moves_taken_on(w[:-2], w[1:-1], w[2:]))
        squared = float(moves_squared(w[:-2], w[1:-1]))
        found[rate] = judged(
            rate=rate, start=2.25, half=way[EPOCHS // 2] ** 2, last=ends[rate],
            taken_back=swing([on], [squared]), best=ends[best], best_rate=best,
        )  # fmt: skip
    return found


def test_the_parabola_is_judged_as_a_teacher_would() -> None:
    assert judge_all({rate: path(rate) for rate in TEXTBOOK}) == TEXTBOOK


@pytest.mark.parametrize("rate", [0.01, 0.3, 0.6, 0.9, 1.0, 1.1])
def test_on_the_parabola_the_swing_is_the_epoch_s_own_factor(rate: float) -> None:
    w = np.array(path(rate))
    on, squared = moves_taken_on(w[:-2], w[1:-1], w[2:]), moves_squared(w[:-2], w[1:-1])
    assert swing([float(on)], [float(squared)]) == pytest.approx(1 - 2 * rate)


def test_a_way_of_three_parameters_by_hand() -> None:
    # The moves are (1, 0, 2), (-1, 0, 2) and (1, 0, 0).
    ways = np.array([[0, 1, 0, 1], [5, 5, 5, 5], [0, 2, 4, 4]], dtype=float)
    on = [float(moves_taken_on(way[:-2], way[1:-1], way[2:])) for way in ways]
    squared = [float(moves_squared(way[:-2], way[1:-1])) for way in ways]
    assert on == [-1 - 1, 0, 4]
    assert squared == [2, 0, 8]
    assert swing(on, squared) == 2 / 10


def test_their_formulas_in_words() -> None:
    p, q = (Formula.range(Address(2, c), Address(9, c), fixed=False) for c in (1, 2))
    assert str(moves_squared(p, q)) == "SUMPRODUCT((B2:B9-A2:A9)^2)"
    loss = Formula.name("loss")
    assert str(where_numbers([loss, 2.0], "fine", "lost")) == 'IF(COUNT(loss,2)=2,"fine","lost")'


BASE: dict[str, float] = {
    "rate": 0.1, "start": 100.0, "half": 60.0, "last": 20.0, "taken_back": 0.5, "best": 10.0,
    "best_rate": 0.2,
}  # fmt: skip
CASES: dict[str, tuple[dict[str, float], Verdict]] = {
    "short of the best and below it": ({}, Verdict.TOO_LOW),
    "short of the best and above it": ({"rate": 0.3}, Verdict.BOUNCING),
    "just enough": ({"last": 19.0}, Verdict.GOOD),
    "enough and above": ({"last": 12.0, "rate": 0.3}, Verdict.GOOD),
    "takes much back": ({"last": 12.0, "taken_back": -0.26}, Verdict.BOUNCING),
    "takes a little back": ({"last": 12.0, "taken_back": -0.25}, Verdict.GOOD),
    "ends above the start": ({"last": 101.0}, Verdict.DIVERGING),
    "above the start, no lower than half way": ({"last": 101, "half": 101}, Verdict.DIVERGING),
    "above the start, but coming down": ({"last": 101.0, "half": 150.0}, Verdict.BOUNCING),
    "does not move": (
        {"last": 100.0, "half": 100.0, "best": 100.0, "taken_back": 0.0}, Verdict.GOOD,
    ),
    "a trifle above the start by rounding": (
        {"last": 100.00000000001, "half": 100, "best": 100, "taken_back": 0.0}, Verdict.GOOD,
    ),
    "above the start by just less than a billionth": (
        {"last": 100.00000009, "half": 100, "best": 100, "taken_back": 0.0}, Verdict.GOOD,
    ),
    "above the start by just more than a billionth": (
        {"last": 100.00000011, "half": 100, "best": 100, "taken_back": 0.0}, Verdict.DIVERGING,
    ),
}  # fmt: skip
LOST = {
    "no last figure": ("last", "=1/0"),
    "no number on the way": ("half", "=SQRT(-1)"),
    "no swing": ("taken_back", "no number"),
}


@pytest.mark.parametrize("name", CASES)
def test_each_rule(name: str) -> None:
    changes, verdict = CASES[name]
    assert judged(**{**BASE, **changes}) == verdict


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("name", ["last", "half", "taken_back"])
def test_what_is_no_number_diverges(name: str, value: float) -> None:
    assert judged(**{**BASE, name: value}) == Verdict.DIVERGING


def write_cases(file: Path) -> None:
    """A sheet with the cases' numbers in columns, and the verdict's formula over them."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Cases"
    rows: list[dict[str, Any]] = [{**BASE, **changes} for changes, _ in CASES.values()]
    rows += [{**BASE, name: value} for name, value in LOST.values()]
    for down, numbers in enumerate(rows, start=1):
        cells = {}
        for right, (name, number) in enumerate(numbers.items(), start=1):
            sheet.cell(down, right, number)
            cells[name] = Formula.cell(Address(down, right))
        sheet.cell(down, 10, f"={judged(**cells)}")
    # A way that bounces, and one that stands still.
    for column, way in ((12, path(0.9)), (13, [7.0] * (EPOCHS + 1))):
        for down, w in enumerate(way, start=1):
            sheet.cell(down, column, w)
        before, here, after = (
            Formula.range(Address(1 + start, column), Address(EPOCHS - 1 + start, column))
            for start in range(3)
        )
        formula = swing([moves_taken_on(before, here, after)], [moves_squared(before, here)])
        sheet.cell(column - 11, 14, f"={formula}")
    sheet.cell(3, 14, f"={where_numbers([Formula.cell(Address(1, 1))], 'yes', 'no')}")
    book.save(file)


@pytest.mark.parametrize("engine", ENGINES)
def test_formulas_say_what_the_numbers_say(tmp_path: Path, engine: Engine) -> None:
    file = tmp_path / "cases.xlsx"
    write_cases(file)
    found = engine(file, {})
    verdicts = [str(verdict) for _, verdict in CASES.values()] + ["diverging"] * len(LOST)
    assert [found["Cases", f"J{row}"] for row in range(1, len(verdicts) + 1)] == verdicts
    assert found["Cases", "N1"] == pytest.approx(-0.8)
    assert (found["Cases", "N2"], found["Cases", "N3"]) == (0, "yes")


def test_an_altered_rule_is_seen(tmp_path: Path) -> None:
    file, altered = tmp_path / "cases.xlsx", tmp_path / "altered.xlsx"
    write_cases(file)
    book = openpyxl.load_workbook(file)
    changed = 0
    for row in range(1, len(CASES) + 1):
        cell = book["Cases"].cell(row, 10)
        text = str(cell.value)
        cell.value = text.replace("(-0.25)", "(-0.27)").replace("0.9*", "0.8*")
        changed += cell.value != text
    book.save(altered)
    assert changed == len(CASES)
    one, other = (ENGINES[0].values[0](each, {}) for each in (file, altered))  # type: ignore[operator]  # an engine
    wrong = {name for row, name in enumerate(CASES, start=1)
             if one["Cases", f"J{row}"] != other["Cases", f"J{row}"]}  # fmt: skip
    assert wrong == {
        "short of the best and below it", "short of the best and above it", "takes much back"
    }  # fmt: skip
