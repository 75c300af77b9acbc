"""What a sheet consists of: rules for what is too wide, and cells of one expression each."""

from sheetgd.expression.excel import Address
from sheetgd.expression.sheet_cells import compared, value_of, when
from sheetgd.sheets.cells import Block, Look
from sheetgd.sheets.sheet import Draft, Effect, too_wide


def test_the_rule_for_wide_numbers_has_a_decimal_bound() -> None:
    (rule,) = too_wide(Block.parse("C9:D12"), ["0.00", "0.00"], 12.0)
    assert rule.formula == "IF(ISNUMBER(C9),ABS(C9)>=100000000,FALSE)"
    assert rule.effect is Effect.SCIENTIFIC


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
