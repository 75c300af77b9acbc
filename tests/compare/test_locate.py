"""Finding the original's tables by their labels, however people have changed the sheet."""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from sheetgd.compare.locate import Key, displayed_number, is_reconstructed, locate, published
from sheetgd.expression.excel import Address, ErrorValue
from sheetgd.original import published_cells
from sheetgd.sheets.cells import Cell
from tests.support.sheets import (
    STEP_HEADERS,
    Sheet,
    as_cells,
    at,
    moved,
    original_sheet,
    our_sheet,
    place,
    with_column_before,
    with_row_before,
)

TABLES = ["data", "labels", "prediction", "squared_error", "rmse_grid", "controls", "descent"]
# The rows before which a line can be added without tearing a table from its header.
SEAMS = [
    1,
    2,
    8,
    14,
    15,
    16,
    17,
    23,
    24,
    25,
    26,
    32,
    33,
    34,
    44,
    45,
    54,
    55,
    83,
    84,
    85,
    86,
    88,
    89,
]


def located(sheet: Sheet) -> dict[Key, Cell]:
    return locate(as_cells(sheet))


def values(found: Mapping[Key, Cell]) -> dict[Key, object]:
    return {key: cell.value for key, cell in found.items()}


PUBLISHED = {key: cell.number for key, cell in published().items()}


def test_published_cells_have_a_key_each() -> None:
    keys = published()
    assert len(keys) == 269
    assert tuple(keys.values()) == published_cells()
    assert keys[Key("data", 4, "y")].row == 13
    assert keys[Key("rmse_grid", 7, "m=8 b=30")].displayed == "394"
    assert {key.index for key in keys if key.table in ("labels", "controls")} == {0}
    assert max(key.index for key in keys if key.table == "descent") == 10


def test_original_is_found_where_it_stands() -> None:
    found = located(original_sheet())
    assert {key: cell.address for key, cell in found.items()} == {
        key: place(cell) for key, cell in published().items()
    }
    assert values(found) == PUBLISHED


def test_displayed_text_is_found_as_numbers_are() -> None:
    found = located(original_sheet(displayed=True))
    assert values(found) == {key: cell.displayed for key, cell in published().items()}


def test_our_own_page_has_nine_rows_more_and_no_confusion() -> None:
    found = located(our_sheet())
    extra = {key for key in found if key not in PUBLISHED}
    assert {key: found[key].value for key in PUBLISHED} == PUBLISHED
    assert extra == {
        Key("descent", index, name) for index in range(11, 20) for name in STEP_HEADERS
    }
    assert all(is_reconstructed(key) for key in extra)
    assert not any(is_reconstructed(key) for key in PUBLISHED)
    assert found[Key("descent", 19, "new_b")].address == at("M109")


@pytest.mark.parametrize("column", range(1, 16))
def test_columns_can_be_added(column: int) -> None:
    sheet = with_column_before(our_sheet(), column)
    assert values(located(sheet)) == values(located(our_sheet()))


@pytest.mark.parametrize("row", SEAMS)
def test_rows_can_be_added(row: int) -> None:
    sheet = with_row_before(our_sheet(), row)
    assert values(located(sheet)) == values(located(our_sheet()))


def test_column_of_row_numbers_can_be_added() -> None:
    numbers: Sheet = {Address(row, 1): row for row in range(1, 115)}
    assert values(located(numbers | our_sheet())) == values(located(our_sheet()))


def test_everything_can_be_moved() -> None:
    sheet = moved(our_sheet(), lambda address: address.moved(down=7, right=30))
    assert values(located(sheet)) == values(located(our_sheet()))


def test_small_tables_can_be_moved_on_their_own() -> None:
    sheet = moved(
        original_sheet(),
        lambda address: address.moved(right=8) if 17 <= address.row <= 24 else address,
    )
    assert values(located(sheet)) == PUBLISHED


def test_small_tables_can_stand_side_by_side() -> None:
    lifted = {range(17, 25): (-9, 3), range(26, 34): (-18, 6)}

    def beside(address: Address) -> Address:
        for rows, (down, right) in lifted.items():
            if address.row in rows and address.column > 9:
                return address.moved(down=down, right=right)
        return address

    assert values(located(moved(original_sheet(), beside))) == PUBLISHED


def test_step_columns_can_be_in_another_order_with_others_between() -> None:
    sheet = moved(
        original_sheet(),
        lambda a: Address(a.row, 60 - 3 * a.column) if a.row >= 89 and a.column > 1 else a,
    )
    sheet[Address(89, 40)] = "my note"
    sheet[Address(93, 40)] = 12345
    assert values(located(sheet)) == PUBLISHED


def test_column_added_to_a_table_does_not_make_it_another() -> None:
    sheet = original_sheet() | {at("L8"): "y_pred", at("L9"): 8, at("L10"): 10}
    assert values(located(sheet)) == PUBLISHED


def test_header_that_is_there_twice_counts_where_it_is_first() -> None:
    sheet = original_sheet() | {at("P89"): "x", at("P90"): 1, at("Q89"): "new_b", at("Q90"): 2}
    assert values(located(sheet)) == PUBLISHED


def test_label_of_the_controls_used_further_up_does_not_move_them() -> None:
    notes: Sheet = {at("B38"): "epochs", at("C38"): 99, at("B39"): "learn", at("C39"): 98}
    assert values(located(original_sheet() | notes)) == PUBLISHED


def test_case_and_blanks_in_labels_do_not_matter() -> None:
    sheet = {
        address: f" {value.upper()[0]} {value.upper()[1:]}\N{NO-BREAK SPACE}"
        if isinstance(value, str)
        else value
        for address, value in our_sheet().items()
    }
    assert values(located(sheet)) == values(located(our_sheet()))


@pytest.mark.parametrize("column", "CGM")
def test_heading_of_the_grid_can_be_anywhere_in_its_row(column: str) -> None:
    sheet = original_sheet()
    sheet[at(f"{column}44")] = sheet.pop(at("B44"))
    assert values(located(sheet)) == PUBLISHED


def test_other_cells_with_the_letter_m_are_no_grid() -> None:
    sheet = original_sheet() | {at("A3"): "m", at("I8"): "m", at("A50"): "m", at("O90"): "m"}
    assert values(located(sheet)) == PUBLISHED


def test_grid_of_other_values_is_found_under_them() -> None:
    sheet = original_sheet() | {at("B47"): 2.5, at("D45"): -3}
    found = located(sheet)
    assert found[Key("rmse_grid", 1, "m=2.5 b=-3")].address == at("D47")
    assert Key("rmse_grid", 1, "m=2 b=3") not in found
    assert len([key for key in found if key.table == "rmse_grid"]) == 88


def test_grid_row_whose_m_is_missing_keeps_the_others_in_place() -> None:
    sheet = original_sheet()
    del sheet[at("B46")]
    found = located(sheet)
    assert found[Key("rmse_grid", 0, "m=? b=0")].address == at("C46")
    assert found[Key("rmse_grid", 1, "m=2 b=0")].address == at("C47")


def test_controls_are_no_grid() -> None:
    sheet = {a: v for a, v in original_sheet().items() if a.row not in range(45, 54)}
    sheet |= {at("A85"): 1, at("A86"): 2}
    assert not [key for key in located(sheet) if key.table == "rmse_grid"]


def test_grid_of_one_value_of_b_is_no_grid() -> None:
    sheet = {
        a: v for a, v in original_sheet().items() if a.row not in range(45, 54) or a.column < 4
    }
    assert not [key for key in located(sheet) if key.table == "rmse_grid"]


@pytest.mark.parametrize(
    ("table", "label"),
    [
        ("data", "K8"),
        ("prediction", "J17"),
        ("squared_error", "L26"),
        ("rmse_grid", "B44"),
        *[("descent", f"{letter}89") for letter in "BCDEFGHIJKLM"],
    ],
)
def test_table_without_a_header_is_absent_and_the_others_are_not(table: str, label: str) -> None:
    sheet = our_sheet()
    sheet[at(label)] = "something else"
    found = located(sheet)
    assert values(found) == {
        key: value for key, value in values(located(our_sheet())).items() if key.table != table
    }


@pytest.mark.parametrize(
    ("label", "lost"),
    [
        ("J15", {("labels", "b_actual")}),
        ("J24", {("labels", "b_guess")}),
        ("K33", {("labels", "rmse")}),
        ("L84", {("controls", "rmse")}),
        ("D84", {("controls", "epochs"), ("controls", "m_start")}),
        ("D85", {("controls", "learn"), ("controls", "b_start")}),
        ("H84", {("controls", "m_actual"), ("controls", "m_guess")}),
        ("H85", {("controls", "b_actual"), ("controls", "b_guess")}),
        (
            "I83",
            {("controls", f"{name}_{stand}") for name in "mb" for stand in ("actual", "guess")},
        ),
    ],
)
def test_value_without_its_label_is_absent(label: str, lost: set[tuple[str, str]]) -> None:
    sheet = original_sheet()
    del sheet[at(label)]
    missing = PUBLISHED.keys() - located(sheet).keys()
    assert {(key.table, key.field) for key in missing} == lost
    assert not located(sheet).keys() - PUBLISHED.keys()


def test_number_right_below_a_table_without_its_label_is_a_row_too_many() -> None:
    sheet = original_sheet()
    del sheet[at("J14")]
    found = located(sheet)
    assert PUBLISHED.keys() - found.keys() == {Key("labels", 0, "m_actual")}
    assert found.keys() - PUBLISHED.keys() == {Key("data", 5, "y")}


@pytest.mark.parametrize("table", TABLES)
def test_each_empty_cell_is_one_missing_key(table: str) -> None:
    """Not so for epochs and learn, whose start values would take their places."""
    for key, cell in published().items():
        if key.table == table and key.field not in ("epochs", "learn"):
            sheet = original_sheet()
            del sheet[place(cell)]
            assert values(located(sheet)) == {k: v for k, v in PUBLISHED.items() if k != key}


def test_errors_and_texts_in_a_table_are_found() -> None:
    sheet = our_sheet()
    changed = {
        "J10": "oops",
        "K20": ErrorValue.DIVISION,
        "B95": "oops",
        "M84": ErrorValue.NUMBER,
        "F85": ErrorValue.NAME,
    }
    for address, value in changed.items():
        sheet[at(address)] = value
    by_place = {str(cell.address): cell.value for cell in located(sheet).values()}
    assert {address: by_place[address] for address in changed} == changed
    assert located(sheet).keys() == located(our_sheet()).keys()


def test_formula_without_a_stored_result_is_found() -> None:
    cells = as_cells(original_sheet())
    cells[at("L33")] = Cell(at("L33"), None, "SQRT(SUM(L27:L31))")
    assert locate(cells)[Key("labels", 0, "rmse")] == cells[at("L33")]


def test_log_that_the_original_keeps_below_is_no_part_of_the_steps() -> None:
    log: Sheet = {Address(row, column): 0.5 for row in (110, 111) for column in range(1, 5)}
    headed: Sheet = {at("B112"): "m", at("C112"): "b", at("D112"): "learn", at("E112"): "rmse"}
    sheet = our_sheet() | log | headed
    assert values(located(sheet)) == values(located(our_sheet()))


def test_labels_and_values_below_a_table_are_no_rows_of_it() -> None:
    sheet = original_sheet()
    for row in (14, 15, 23, 24):
        label, value = sheet.pop(Address(row, 10)), sheet.pop(Address(row, 11))
        sheet |= {Address(row, 9): label, Address(row, 10): value}
    assert values(located(sheet)) == PUBLISHED


def test_sheet_without_the_tables_has_nothing() -> None:
    assert located({}) == {}
    assert located({at("A1"): "a title", at("B2"): 7, at("C3"): None, at("D4"): ""}) == {}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", "7"),
        ("-64", "-64"),
        ("\N{MINUS SIGN}9", "-9"),
        ("+3", "3"),
        (" 25.150 ", "25.150"),
        ("1,296", "1296"),
        ("12,054,087.686", "12054087.686"),
        (".5", ".5"),
        ("5.", "5"),
        ("1.03E+08", "1.03E+8"),
    ],
)
def test_displayed_numbers(text: str, number: str) -> None:
    found = displayed_number(text)
    assert found is not None
    assert found == Decimal(number)
    assert found.as_tuple().exponent == Decimal(number).as_tuple().exponent


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ".",
        "-",
        "m",
        "1,29",
        "1,2966",
        "12 96",
        "1.2.3",
        "1_000",
        "0x1",
        "nan",
        "inf",
        "5%",
    ],
)
def test_texts_that_display_no_number(text: str) -> None:
    assert displayed_number(text) is None
