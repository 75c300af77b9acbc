"""What a sheet consists of: rules for what is too wide, and cells of one expression each."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from sheetgd import sheets
from sheetgd.expression.excel import Address
from sheetgd.expression.sheet_cells import compared, value_of, when
from sheetgd.sheets.cells import Block, Cell, Look
from sheetgd.sheets.sheet import Draft, Effect, too_wide

MODULES = sorted(Path(next(iter(sheets.__path__))).glob("*.py"))

FROM_ONE_TREE = {"Draft.show", "Draft.fill", "Draft._place", "LongTable.rows"}
"""What makes a cell's value and its formula from one expression, or hands both on."""


def test_the_rule_for_wide_numbers_has_a_decimal_bound() -> None:
    (rule,) = too_wide(Block.parse("C9:D12"), ["0.00", "0.00"], 12.0)
    assert rule.formula == "IF(ISNUMBER(C9),ABS(C9)>=100000000,FALSE)"
    assert rule.effect is Effect.SCIENTIFIC


def takers_of_formulas() -> dict[str, int]:
    """Where among its arguments each maker of a cell takes a formula."""
    makers = {"Cell": Cell, **{name: each for name, each in vars(Draft).items() if callable(each)}}
    parameters = {
        name: [each for each in inspect.signature(maker).parameters if each != "self"]
        for name, maker in makers.items()
    }
    return {name: each.index("formula") for name, each in parameters.items() if "formula" in each}


def given_both(source: str) -> Iterator[str]:
    """Yield the functions that give a cell a formula beside a value, once for each such call."""
    takers = takers_of_formulas()

    def walk(node: ast.AST, place: str) -> Iterator[str]:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            place = f"{place}.{node.name}".removeprefix(".")
        if isinstance(node, ast.Call):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else ast.unparse(function)
            formulas = [each.value for each in node.keywords if each.arg == "formula"]
            if name in takers:
                formulas += node.args[takers[name] : takers[name] + 1]
            if any(ast.unparse(each) != "None" for each in formulas):
                yield place
        for each in ast.iter_child_nodes(node):
            yield from walk(each, place)

    yield from walk(ast.parse(source), "")


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_no_cell_is_given_a_value_and_a_formula(module: Path) -> None:
    assert {*given_both(module.read_text(encoding="utf-8"))} <= FROM_ONE_TREE


@pytest.mark.parametrize(
    "call",
    [
        'draft.put("A1", 2.0, Look.RESULT, formula=two)',
        'Draft.text("A1:B1", "two", formula=f"{two}")',
        "Cell(place, 2.0, two, style)",
        "cells.Cell(address=place, value=2.0, formula=two)",
        "draft._place(place, 2.0, two, style)",
    ],
)
def test_such_a_call_is_found(call: str) -> None:
    assert [*given_both(f"def page():\n    {call}")] == ["page"]
    assert {*takers_of_formulas()} == {"Cell", "_place"}


def test_what_makes_cells_from_one_expression_is_what_is_exempt() -> None:
    found = {each for path in MODULES for each in given_both(path.read_text(encoding="utf-8"))}
    assert found == FROM_ONE_TREE


def test_a_placed_cell_is_a_leaf_that_knows_its_value() -> None:
    draft = Draft()
    draft.put("B2", 3.0, Look.INPUT)
    draft.put("B3", 5.0, Look.INPUT)
    b2, b3 = Address(2, 2), Address(3, 2)
    assert [str(each.formula) for each in (draft.at(b2), draft.at(b3, fixed=True))] == [
        "B2", "$B$3",
    ]  # fmt: skip
    assert str(draft.at(b2, fixed_row=True).formula) == "B$2"
    assert str(draft.at(b2, fixed_column=True).formula) == "$B2"
    assert draft.over(Block(b2, b3)).value == (3.0, 5.0)
    assert str(draft.over(Block(b2, b3), fixed=False).formula) == "B2:B3"
    total = draft.show("B4", draft.at(b2) + draft.at(b3), Look.RESULT)
    assert (str(total.formula), total.value) == ("$B$4", 8.0)
    assert draft.cells[-1].formula == "B2+B3"


def test_a_number_that_is_no_expression_has_no_formula() -> None:
    draft = Draft()
    assert draft.show("B2", "start", Look.HEADER).value == "start"
    assert draft.cells[-1].formula is None


def test_filled_cells_have_the_first_formula_moved_down_and_values_of_their_own() -> None:
    draft = Draft()
    column = []
    for row, value in enumerate((3.0, -1.0), start=2):
        above = draft.at(draft.put(Address(row, 1), value, Look.INPUT))
        column.append(when(compared(above, ">", 0), above * 2, ""))
    draft.fill(Address(2, 2), column, Look.RESULT, "0.0")
    assert [(str(each.address), each.formula, each.value) for each in draft.cells[-2:]] == [
        ("B2", 'IF(A2>0,A2*2,"")', 6.0),
        ("B3", 'IF(A3>0,A3*2,"")', ""),
    ]
    assert value_of(column[1]) == ""
