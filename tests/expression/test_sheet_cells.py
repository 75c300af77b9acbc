"""The tree whose leaves are cells: what it comes to is what other engines compute from its text."""

import math
import random
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetgd.descent.loss import METRICS
from sheetgd.descent.rate_verdict import best_mark, rate_verdict
from sheetgd.expression.excel import Address, ErrorValue, Formula, Value
from sheetgd.expression.functions import (
    absolute,
    count,
    divided,
    root,
    square,
    total,
    when_at_least,
    when_equal,
)
from sheetgd.expression.sheet_cells import (
    all_of,
    any_of,
    cell,
    cells,
    column_of,
    compared,
    count_if,
    failed,
    formula_of,
    if_error,
    index,
    is_number,
    joined,
    match,
    maximum,
    minimum,
    rounded,
    told,
    unplaced,
    value_of,
    when,
)
from sheetgd.expression.sheet_functions import is_error
from sheetgd.expression.tree import Expression, Number, Symbol
from sheetgd.sheets.cells import Look
from sheetgd.sheets.sheet import Draft
from tests.support import engines
from tests.support.each_engine import ENGINES

ROWS: list[tuple[Value, ...]] = [
    (3.0, 1.5, "good"),
    (-7.25, 1e-7, "diverging"),
    (0.0, 98.0, "good"),
    (1e6, 2.0, "bouncing"),
]
BLANK, WORD = Address(1, 5), Address(2, 5)


def column(right: int) -> Expression:
    first, last = Address(1, right), Address(len(ROWS), right)
    return cells(Formula.range(first, last), [row[right - 1] for row in ROWS])


def at(row: int, right: int) -> Expression:
    return cell(Formula.cell(Address(row, right)), ROWS[row - 1][right - 1])


def trees() -> list[Expression]:
    one, other, words = column(1), column(2), column(3)
    a, b, zero = at(1, 1), at(2, 1), at(3, 1)
    blank = cell(Formula.cell(BLANK), None)
    word = cell(Formula.cell(WORD), "three")
    wrong, negative = divided(a, zero), root(b)
    return [
        # What is not chosen may be an error; what is compared may not.
        when_equal(zero, 0, a, wrong), when_equal(a, 0, 1, wrong), when_at_least(a, b, a, wrong),
        when_at_least(wrong, b, a, b), when_equal(zero, wrong, a, b),
        minimum(one), maximum(one, 7), total(one), count(one), count(words), total(square(one - a)),
        total(one * other), divided(total(one), count(one)), wrong, negative, a + wrong,
        blank + 1, word + 1, minimum(words), compared(a, ">", b), compared(wrong, ">", b),
        compared(at(1, 3), "=", "GOOD"), compared(blank, "=", 0), compared(word, ">", 5),
        when(compared(a, ">=", b), "up", wrong), when(compared(a, "<", b), 1, wrong),
        when(wrong, 1, 2), all_of(compared(a, ">", 0), compared(b, ">", 0)),
        any_of(compared(a, ">", 0), compared(b, ">", 0)), any_of(wrong, compared(a, ">", 0)),
        if_error(wrong, "none"), if_error(a, wrong), failed(wrong),
        failed(a), is_number(a), is_number(word), is_number(blank), is_number(wrong),
        match(zero, one), match(5, one), index(words, 2), index(one, match(minimum(one), one)),
        count_if(words, "good"), count_if(one, ">0"), rounded(b, 1), rounded(at(4, 1), -3),
        joined("m is ", a, ", b is ", b, "."), joined("bad: ", wrong), told(a), told(b, 2),
        told(at(2, 2), 3), told(at(1, 1) * 0.0001), told(zero), told(wrong),
        told(at(4, 1) * 1e9, 4), -a, absolute(b) * 0.00001, square(a) - 2,
    ]  # fmt: skip


def written(found: list[Expression], path: Path) -> dict[engines.Place, engines.Result]:
    """A workbook with a formula for each tree, and what the trees come to."""
    draft = Draft()
    for row, tree in enumerate(found, start=1):
        draft.show(Address(row, 8), tree, Look.RESULT)
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "Sheet"
    for row, line in enumerate(ROWS, start=1):
        for right, value in enumerate(line, start=1):
            page.cell(row, right, value)
    page[str(WORD)] = "three"
    for each in draft.cells:
        page[str(each.address)] = f"={each.formula}"
    book.save(path)
    return {("Sheet", str(each.address)): plain(each.value) for each in draft.cells}


def plain(value: Value) -> engines.Result:
    if isinstance(value, ErrorValue):
        return str(value)
    return value if isinstance(value, bool | str) or value is None else float(value)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_tree_comes_to_what_its_formula_does(engine: engines.Engine, tmp_path: Path) -> None:
    path = tmp_path / "trees.xlsx"
    expected = written(trees(), path)
    found = engine(path, {})
    if engine is engines.libreoffice:
        # It saves the root of a negative number as #VALUE!: see the engine's docstring.
        found = {
            place: "#NUM!" if expected[place] == "#NUM!" and value == "#VALUE!" else value
            for place, value in found.items()
        }
    engines.assert_close(expected, found)


@pytest.mark.engines
def test_a_wrong_formula_is_found(tmp_path: Path) -> None:
    path = tmp_path / "trees.xlsx"
    place = "Sheet", "H1"
    expected = written(trees(), path)
    found = engines.ironcalc(path, {place: "=MAX(A1:A4)"})
    assert [each[0] for each in engines.differences(expected, found)] == [place]


@given(st.floats(-1e300, 1e300), st.integers(2, 9))
def test_a_told_number_reads_back_as_itself_but_for_its_digits(value: float, digits: int) -> None:
    text = value_of(told(value, digits))
    assert abs(float(text) - value) <= abs(value) * 0.5 * 10.0 ** (1 - digits) * (1 + 1e-9)


def test_small_constants_are_written_out() -> None:
    assert str(formula_of(compared(cell(Formula.name("a"), 1.0), "<", 1e-9))) == "a<0.000000001"


def test_what_stands_in_many_places_is_computed_and_printed_once() -> None:
    tree = Number(2.0) * 3.0
    assert value_of(tree) == 6.0
    assert formula_of(tree) is formula_of(tree)
    for _ in range(60):  # one by one that would be 2^60 differences
        tree = tree - tree
    assert value_of(tree) == 0.0


def test_a_cell_that_is_only_referred_to_is_printed_and_never_computed() -> None:
    here = cell(Formula.cell(Address(2, 3), fixed_column=True))
    there = cells(Formula.range(Address(2, 1), Address(9, 1)))
    assert str(formula_of(here * total(there))) == "$C2*SUM($A$2:$A$9)"
    for unknown in (here + 1, total(there)):
        with pytest.raises(AssertionError):
            value_of(unknown)


def test_a_symbol_is_printed_as_its_name() -> None:
    assert str(formula_of(square(Symbol("y_pred") - Symbol("y")))) == "(y_pred-y)^2"


@pytest.mark.parametrize("name", METRICS)
def test_a_column_has_in_each_row_what_a_cell_there_has(name: str) -> None:
    """Verdicts, for they choose, compare, and pass errors on; of numbers and of what is none."""
    draw = random.Random(name)  # noqa: S311  no secret
    given = ("start", "scale", "half", "later", "last", "highest", "ratio")
    rows = [{each: math.exp(draw.gauss(0, 1.5)) for each in given} for _ in range(300)]
    for row in rows:
        row["ratio"] = draw.uniform(-2, 2)
        row["highest"] = max(row.values()) * draw.choice([1, 1, 1, 2000])
        if draw.random() < 0.3:
            row[draw.choice(given)] = draw.choice([0.0, math.inf, -math.inf, math.nan])
    word = rate_verdict(METRICS[name], **{each: Symbol(each) for each in given})
    columns = {each: np.array([row[each] for row in rows]) for each in given}
    found = column_of(word, columns).tolist()
    alone = [
        value_of(rate_verdict(METRICS[name], **{each: unplaced(row[each]) for each in given}))
        for row in rows
    ]
    assert found == [ErrorValue.NUMBER if is_error(each) else each for each in alone]
    assert len({*found}) > 4
    # Texts and numbers in one column, beside a range that stays.
    ends = unplaced([2.0, 1.0, 7.0])
    mixed = {"end": np.array([1.0, "", 2.0, math.nan], dtype=object)}
    assert column_of(best_mark(ends, Symbol("end")), mixed).tolist()[:3] == ["best", "", ""]
