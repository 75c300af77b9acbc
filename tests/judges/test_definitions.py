"""Every definition comes to the same as a number, as a tree over cells, and in other programs."""

import math
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np
import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

from sheetgd.descent.rate_verdict import Verdict
from sheetgd.expression import numbers, sheet_cells, sheet_functions
from sheetgd.expression.excel import LONGEST_FORMULA, ErrorValue
from sheetgd.expression.numbers import FloatArray
from sheetgd.expression.sheet_cells import column_of, constant, formula_of, value_of
from sheetgd.expression.tree import Expression, Leaf, Operation, Symbol
from sheetgd.xlsx.xml import needs_array
from tests.support import engines
from tests.support.definitions import (
    CASES,
    GIVEN,
    NO_QUANTITIES,
    Drawn,
    NoNumberError,
    Sheet,
    definitions,
    flat,
    within,
)
from tests.support.each_engine import ENGINES
from tests.support.engines import Engine, Result
from tests.support.judges import GNUMERIC, gnumeric

TURNS = 24
SHARE = 1e-9
"""So far apart may two numbers be, as a part of the largest number they are made of."""

PAGE = "Formulas"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:E[-+]?\d+)?")


@cache
def drawn() -> tuple[Sheet, list[tuple[str, Expression]]]:
    """All cases, drawn several times: the cells they read, and the expressions by name."""
    sheet, found = Sheet(), []
    for name, case in CASES.items():
        for turn in range(TURNS):
            trees = map(constant, flat(case(Drawn(name, turn, sheet))))
            found += [(f"{name} {turn}", each) for each in trees]
    return sheet, found


def test_every_definition_has_a_case() -> None:
    names = {name for name, _ in definitions()}
    assert names - CASES.keys() - NO_QUANTITIES.keys() == set(), "see tests.support.definitions"
    assert (CASES.keys() | NO_QUANTITIES.keys()) - names == set()
    assert not CASES.keys() & NO_QUANTITIES.keys()


def test_every_operation_occurs() -> None:
    known = {*numbers.ON_ARRAYS, *sheet_functions.FUNCTIONS, *sheet_cells._LAZY}  # noqa: SLF001  all there are
    seen = {
        each.function
        for _, tree in drawn()[1]
        for each in within(tree)
        if isinstance(each, Operation)
    }
    assert known - seen == set()


def test_every_verdict_occurs() -> None:
    found = {value_of(tree) for name, tree in drawn()[1] if ".rate_verdict " in name}
    assert set(map(str, Verdict)) <= found


def test_programs_compute_all_but_a_few() -> None:
    trees = [tree for _, tree in drawn()[1]]
    for engine in (engines.formualizer, engines.ironcalc, engines.libreoffice, gnumeric):
        assert sum(beyond(engine, tree) for tree in trees) < 0.25 * len(trees)
    assert sum(isinstance(value_of(tree), ErrorValue) for tree in trees) < 0.4 * len(trees)


def test_each_case_calls_what_it_is_named_after() -> None:
    for name, found in definitions():
        code = getattr(getattr(found, "__wrapped__", found), "__code__", None)
        if name in NO_QUANTITIES or code is None:
            continue
        if hasattr(found, "cache_clear"):
            found.cache_clear()
        called: set[CodeType] = set()

        def note(frame: FrameType, *_: object, called: set[CodeType] = called) -> None:
            called.add(frame.f_code)

        before = sys.getprofile()
        sys.setprofile(note)
        try:
            CASES[name](Drawn(name, 0, Sheet()))
        finally:
            sys.setprofile(before)
        assert code in called, name


def alone(value: Any) -> list[Any]:  # noqa: ANN401  whatever a tree comes to
    """The values of a range, or the one of a cell."""
    if hasattr(value, "dtype"):
        return list(value.tolist()) if value.ndim else [float(value)]
    return list(value) if isinstance(value, tuple) else [value]


def numbers_in(value: Any) -> Iterator[float]:  # noqa: ANN401  whatever a tree comes to
    for each in alone(value):
        if isinstance(each, float | int) and not isinstance(each, bool) and math.isfinite(each):
            yield abs(each)


def largest(tree: Expression) -> float:
    return max((size for each in within(tree) for size in numbers_in(value_of(each))), default=0.0)


def errors_in(tree: Expression) -> set[str]:
    """The errors that an expression meets: of several, programs show one or another."""
    values = [value for each in within(tree) for value in alone(value_of(each))]
    endless = {"#NUM!" for each in values if isinstance(each, float) and not math.isfinite(each)}
    return endless | {str(each) for each in values if isinstance(each, ErrorValue)}


NAMED_OTHERWISE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    # It saves what it calls an invalid argument, as of a root or of a place beyond a range, as
    # #VALUE!, and calls whatever is no number in a range that is squared #NUM!.
    "libreoffice": {
        "#VALUE!": ("#NUM!", "#REF!"),
        "#NUM!": ("#VALUE!", "#DIV/0!", "#N/A"),
    },
    # It calls a power that is too large a division by zero.
    "ironcalc": {"#DIV/0!": ("#NUM!",)},
    "formualizer": {"#SPILL!": ("#VALUE!",)},
    "gnumeric": {"#REF!": ("#VALUE!",)},
}
"""What each program shows for which other errors."""


def in_digits(text: str) -> str:
    """A text with the numbers in it as most write them: 3E-90 is also written 3E-090, or out."""
    return NUMBER.sub(lambda found: f"{float(found[0]):.15g}", text)


def operations(tree: Expression, *functions: str) -> Iterator[tuple[Any, list[Any]]]:
    """What operations within an expression come to, and their operands."""
    for each in within(tree):
        if isinstance(each, Operation) and each.function in functions:
            yield value_of(each), list(map(value_of, each.operands))


def beyond(engine: Engine, tree: Expression) -> bool:
    """Whether a program is known not to compute an expression as spreadsheets do."""
    if any(
        size > 1e9 for _, each in operations(tree, "sin", "cos") for size in numbers_in(each[0])
    ):
        # An angle so large has hardly a digit that tells where in a turn it is.
        return True
    for _, (*compared, then, otherwise) in operations(tree, "when>=", "when="):
        # Over ranges both ways of a choice are computed, and one that overflows spoils the other.
        ways = [each for way in (then, otherwise) for each in alone(way)]
        numbers = [each for each in ways if isinstance(each, float)]
        lost = any(isinstance(each, ErrorValue) for each in ways)
        lost = lost or not all(map(math.isfinite, numbers))
        if lost and any(len(alone(each)) > 1 for each in compared):
            return True
    tiny = any(0 < size < 1e-12 for each in within(tree) for size in numbers_in(value_of(each)))
    if engine is gnumeric:
        # It computes in more digits, and with numbers that others know no more.
        return tiny or largest(tree) > 1e14 or "#NUM!" in errors_in(tree)
    if engine is engines.formualizer:
        # It knows functions of a range, such as ABS, in no formula, finds a tiny number at 0, and
        # has a slope where the squares are too large.
        lost = any(found is ErrorValue.NUMBER for found, _ in operations(tree, "slope"))
        place = tiny and any(operations(tree, "match"))
        return lost or place or needs_array(str(formula_of(tree)))
    if engine is engines.ironcalc:
        # It takes tiny numbers for 0 where it compares, and an OR or AND ends at the first
        # condition that decides it, whatever error comes after. What overflows is no
        # error before a cell holds it.
        decided = operations(tree, "any_of", "all_of")
        bounded = operations(tree, "tanh", "sigmoid", "sign", "when>=", "when=")
        given = (each for _, values in bounded for one in values for each in alone(one))
        endless = any(
            each is ErrorValue.NUMBER or (isinstance(each, float) and not math.isfinite(each))
            for each in given
        )
        wrong = any(isinstance(found, ErrorValue) for found, _ in decided)
        return tiny or endless or wrong
    # A power too small to be a number is an error in LibreOffice.
    powers = operations(tree, "^")
    return any(0 in alone(found) and 0 not in alone(base) for found, (base, _) in powers)


def alike(one: Result, other: Result, tree: Expression, engine: str) -> bool:
    """Whether a tree's value is that of another program, the same error included."""
    if isinstance(one, str) and one.startswith("#") and isinstance(other, str):
        known = errors_in(tree)
        return bool(known & {other, *NAMED_OTHERWISE[engine].get(other, ())})
    if isinstance(one, str) and isinstance(other, str):
        return in_digits(one) == in_digits(other)
    if isinstance(one, bool | str) or isinstance(other, bool | str) or one is None or other is None:
        return one == other and type(one) is type(other)
    return abs(one - other) <= SHARE * largest(tree)


@pytest.mark.parametrize("name", CASES)
def test_numbers_and_arrays_come_to_what_cells_do(name: str) -> None:
    for turn in range(TURNS):
        with np.errstate(all="ignore"):
            try:
                found = flat(CASES[name](Drawn(name, turn, None)))
            except NoNumberError:
                continue
        trees = [constant(each) for each in flat(CASES[name](Drawn(name, turn, Sheet())))]
        for one, tree in zip(found, trees, strict=True):
            value = value_of(tree)
            plain = value_of(one) if isinstance(one, Expression) else one
            if isinstance(value, ErrorValue):
                assert isinstance(plain, ErrorValue) or not math.isfinite(plain), (name, turn)
            elif isinstance(value, bool | str):
                assert plain == value, (name, turn)
            else:
                assert abs(plain - value) <= SHARE * largest(tree), (name, turn)


def of_a_row(tree: Any, columns: dict[str, FloatArray]) -> Any:  # noqa: ANN401  what a tree holds
    """The same expression with a column in place of each cell that holds a number or an error."""
    if isinstance(tree, Operation):
        return Operation(tree.function, tuple(of_a_row(each, columns) for each in tree.operands))
    if isinstance(tree, Leaf) and isinstance(tree.value, float | ErrorValue):
        number = math.nan if isinstance(tree.value, ErrorValue) else tree.value
        columns[f"column {len(columns)}"] = np.array([number, number])
        return Symbol(f"column {len(columns) - 1}")
    if isinstance(tree, Leaf) and isinstance(tree.value, np.ndarray):
        return Leaf(tree.formula, tuple(tree.value.tolist()))
    return tree


def test_columns_come_to_what_cells_do() -> None:
    wrong, compared = [], 0
    for name, tree in drawn()[1]:
        columns: dict[str, FloatArray] = {}
        # A column is a value a row, so that ranges are for functions only, and not for arithmetic.
        parts = [each for each in within(tree) if isinstance(each, Operation)]
        if any(len(alone(value_of(each))) > 1 for each in parts):
            continue
        found = column_of(of_a_row(tree, columns), columns)
        if not columns:
            continue
        compared += 1
        value = value_of(tree)
        # Truths are 1 and 0 there.
        value = float(value) if isinstance(value, bool) else value
        for each in alone(found):
            one = float(each) if isinstance(each, bool) else each
            lost = isinstance(one, ErrorValue) or engines.plain(one) == "#NUM!"
            if isinstance(value, ErrorValue) or lost:
                same = lost and isinstance(value, ErrorValue)
            else:
                same = alike(engines.plain(value), engines.plain(one), tree, "")
            if not same:
                wrong.append(f"{name}: {value!r}, not {one!r}")
    assert compared > 1000
    assert not wrong, f"{len(wrong)} differ:\n" + "\n".join(wrong[:40])


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A formula for each case, which reads the cells of another sheet; no value is stored."""
    sheet, found = drawn()
    book = openpyxl.Workbook()
    page, given = book.worksheets[0], book.create_sheet(GIVEN)
    page.title = PAGE
    for place, value in sheet.typed().items():
        given.cell(place.row, place.column, value)
    for row, (name, tree) in enumerate(found, start=1):
        formula = str(formula_of(tree))
        assert len(formula) < LONGEST_FORMULA, name
        whole = ArrayFormula(f"A{row}", f"={formula}") if needs_array(formula) else f"={formula}"
        page.cell(row, 1, whole)
    path = tmp_path_factory.mktemp("definitions") / "definitions.xlsx"
    book.save(path)
    return path


@pytest.mark.parametrize("engine", [*ENGINES, GNUMERIC])
def test_other_programs_come_to_what_trees_do(engine: Engine, workbook: Path) -> None:
    found, wrong = engine(workbook, {}), []
    for row, (name, tree) in enumerate(drawn()[1], start=1):
        value = value_of(tree)
        # A formula that leads to a blank cell shows 0.
        value = 0.0 if value is None else value
        expected = str(value) if isinstance(value, ErrorValue) else engines.plain(value)
        other = found[PAGE, f"A{row}"]
        if not beyond(engine, tree) and not alike(expected, other, tree, engine.__name__):
            wrong.append(f"{name}: {expected!r}, not {other!r}: {formula_of(tree)}")
    assert not wrong, f"{len(wrong)} differ:\n" + "\n".join(wrong[:40])
