"""Comparing with the original: what is equal, what is not, and what is said of it."""

import errno
import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from sheetgd import compare
from sheetgd.compare import (
    WHY_FINITE_DIFFERENCES_DIFFER,
    Comparison,
    Outcome,
    compare_tables,
    compare_with_published,
    compare_workbook,
)
from sheetgd.compare.locate import Key, is_reconstructed, locate, published
from sheetgd.errors import RecalculationError, WorkbookError
from sheetgd.expression.excel import Address, ErrorValue, Value
from sheetgd.original import PublishedCell, display_decimals
from sheetgd.sheets.cells import Cell
from tests.support.sheets import (
    STEP_HEADERS,
    Sheet,
    as_cells,
    at,
    original_sheet,
    our_sheet,
    place,
    save_csv,
    save_raw_workbook,
    save_workbook,
    sheet_xml,
    with_column_before,
    with_row_before,
)

PAGE = "As published"
TEXT = "a text, not a number"
BLOCKS = {
    "data": 10,
    "labels": 5,
    "prediction": 10,
    "squared_error": 15,
    "rmse_grid": 88,
    "controls": 9,
    "descent": 132,
}


def compared(sheet: Sheet) -> Comparison:
    return compare_with_published(as_cells(sheet))


def against(tmp_path: Path, ours: Sheet, theirs: Sheet | Path) -> Comparison:
    """Our page in a workbook, compared with a file of the original."""
    file = theirs if isinstance(theirs, Path) else tmp_path / "original.xlsx"
    if not isinstance(theirs, Path):
        save_workbook(file, {"Original": theirs})
    return compare_workbook(save_workbook(tmp_path / "ours.xlsx", {PAGE: ours}), file)


def a_unit_off(cell: PublishedCell) -> float:
    """A number that is displayed otherwise than a published one, by one in its last digit."""
    return round(cell.number + 0.1**cell.decimals, cell.decimals)


def test_our_sheet_is_the_same_cell_by_cell() -> None:
    comparison = compared(our_sheet())
    assert comparison.same
    assert comparison.differences == ()
    assert {name: counts.equal for name, counts in comparison.blocks.items()} == BLOCKS
    assert comparison.total.to_json_dict() == {
        "compared": 269,
        "equal": 269,
        "different": 0,
        "missing_in_workbook": 0,
        "missing_in_original": 0,
        "not_published": 108,
    }
    assert comparison.blocks["descent"].not_published == 108


@pytest.mark.parametrize("key", published(), ids=lambda key: f"{key.table} {key.index} {key.field}")
def test_each_published_cell_that_changes_is_reported_alone(key: Key) -> None:
    cell = published()[key]
    sheet = our_sheet()
    sheet[place(cell)] = a_unit_off(cell)
    comparison = compared(sheet)
    assert not comparison.same
    (difference,) = comparison.differences
    assert difference.kind is Outcome.DIFFERENT
    assert (difference.sheet, difference.address) == (PAGE, str(place(cell)))
    assert difference.table == cell.table
    assert difference.label.startswith(cell.field)
    assert (difference.expected, difference.found) == (cell.displayed, a_unit_off(cell))
    assert comparison.blocks[cell.table].different == 1
    assert comparison.total.equal == 268


def test_label_tells_field_and_row() -> None:
    sheet = our_sheet() | {at("M94"): 1, at("L33"): 1, at("C46"): 1}
    labels = {(each.table, each.label) for each in compared(sheet).differences}
    assert labels == {("descent", "new_b, row 5"), ("labels", "rmse"), ("rmse_grid", "m=1 b=0")}


@pytest.mark.parametrize(
    ("address", "value", "equal"),
    [
        ("F90", 39.35, True),
        ("F90", 39.449999999, True),
        ("F90", 39.45, False),
        ("F90", 39.349999999, False),
        ("M94", 25.1495, True),
        ("M94", 25.14949, False),
        ("I90", -9.499, True),
        ("I90", -8.5, True),
        ("I90", -9.5, False),
        ("L27", 1296, True),
        ("E85", 0.00014, True),
        ("E85", 0.00015, False),
    ],
)
def test_full_precision_is_rounded_as_the_original_displays_it(
    address: str,
    value: float,
    equal: bool,  # noqa: FBT001  pytest passes parameters by name
) -> None:
    assert compared(our_sheet() | {at(address): value}).same is equal


@pytest.mark.parametrize(
    "value", ["39.4", "nothing", True, ErrorValue.NUMBER, float("inf"), float("nan")]
)
def test_what_is_no_number_is_different(value: Value) -> None:
    comparison = compared(our_sheet() | {at("F90"): value})
    (difference,) = comparison.differences
    assert (difference.kind, difference.address) == (Outcome.DIFFERENT, "F90")
    assert difference.note == (TEXT if value == "39.4" else "")


def test_true_is_not_one() -> None:
    (difference,) = compared(our_sheet() | {at("K23"): True}).differences
    assert difference.label == "m_guess"


def test_formula_without_a_result_is_different_from_a_number() -> None:
    cells = as_cells(our_sheet())
    cells[at("L33")] = Cell(at("L33"), None, "SQRT(SUM(L27:L31))")
    (difference,) = compare_with_published(cells).differences
    assert difference.to_text() == (
        "different: As published, L33: labels rmse: expected 125, found nothing"
    )


@pytest.mark.parametrize("field", ["b_start", "rmse", "m_guess"])
def test_cell_that_is_gone_is_missing_in_the_workbook(field: str) -> None:
    cell = published()[Key("controls", 0, field)]
    sheet = our_sheet()
    del sheet[place(cell)]
    comparison = compared(sheet)
    (difference,) = comparison.differences
    assert difference.kind is Outcome.MISSING_IN_WORKBOOK
    assert (difference.sheet, difference.address) == ("the published copy", f"row {cell.row}")
    assert (difference.expected, difference.found) == (cell.displayed, None)
    assert comparison.total.missing_in_workbook == 1
    assert comparison.total.compared == 268


def test_table_that_is_gone_is_missing_cell_by_cell() -> None:
    comparison = compared(our_sheet() | {at("G89"): "square"})
    assert comparison.blocks["descent"].missing_in_workbook == 132
    assert len(comparison.differences) == 132
    assert not comparison.same


def test_row_beyond_the_reconstructed_ones_is_missing_in_the_original() -> None:
    more: Sheet = {Address(110, column): 1 for column in range(2, 14)}
    comparison = compared(our_sheet() | more)
    assert {each.kind for each in comparison.differences} == {Outcome.MISSING_IN_ORIGINAL}
    assert [each.label for each in comparison.differences] == [
        f"{name}, row 21" for name in STEP_HEADERS
    ]
    assert comparison.total.not_published == 108
    assert comparison.total.equal == 269
    assert not comparison.same


def test_row_that_another_table_has_too_many_is_missing_in_the_original() -> None:
    sheet = with_row_before(our_sheet(), 14) | {at("J14"): 22, at("K14"): 74}
    comparison = compared(sheet)
    assert [(each.kind, each.label, each.found) for each in comparison.differences] == [
        (Outcome.MISSING_IN_ORIGINAL, "x, row 6", 22),
        (Outcome.MISSING_IN_ORIGINAL, "y, row 6", 74),
    ]


def test_columns_and_rows_of_one_s_own_do_not_matter() -> None:
    assert compared(with_row_before(with_column_before(our_sheet(), 9), 30 + 4)).same


@pytest.mark.parametrize("sheet", [{}, {at("A1"): "Gradient Descent", at("B2"): 7}])
def test_nothing_compared_is_not_the_same(sheet: Sheet) -> None:
    comparison = compared(sheet)
    assert not comparison.same
    assert comparison.total.missing_in_workbook == 269
    assert "nothing to compare" in comparison.to_text()
    nothing = compare_tables({}, {})
    assert not nothing.same
    assert nothing.differences == ()
    assert "nothing to compare" in nothing.to_text()


@pytest.mark.parametrize(
    ("table", "field", "decimals"),
    [
        *[("descent", name, 3) for name in ("m", "b", "new_m", "new_b")],
        *[("descent", name, 0) for name in ("x", "y", "error_sq", "err_m1", "de/dm", "de/db")],
        ("descent", "y_pred", 1),
        ("controls", "m_guess", 3),
        ("controls", "b_guess", 3),
        ("controls", "learn", 4),
        ("controls", "rmse", 0),
        ("rmse_grid", "m=1 b=0", 0),
        ("rmse_grid", "m=1.5 b=0", 0),
        ("descent", "not there", 3),
        ("not there", "x", 0),
    ],
)
def test_display_decimals(table: str, field: str, decimals: int) -> None:
    assert display_decimals(table, field) == decimals


def test_against_the_original_itself_in_a_workbook(tmp_path: Path) -> None:
    comparison = against(tmp_path, our_sheet(), our_sheet())
    assert comparison.same
    assert comparison.total.compared == 269 + 108
    assert comparison.total.not_published == 0
    assert comparison.original == "original.xlsx (Original)"


@pytest.mark.parametrize(
    ("address", "ours", "theirs", "equal"),
    [
        ("F90", 39.35, 39.449, True),
        ("F90", 39.35, 39.45, False),
        ("L90", -63.5, -64.4, True),
        ("L90", -63.4, -63.6, False),
        ("M105", 25.1234, 25.1230, True),
        ("M105", 25.1234, 25.1236, False),
        ("D46", 121.4, 120.6, True),
        ("L33", ErrorValue.DIVISION, ErrorValue.DIVISION, True),
        ("L33", ErrorValue.DIVISION, ErrorValue.NUMBER, False),
        ("L33", 125, ErrorValue.NUMBER, False),
        ("L33", ErrorValue.NUMBER, 125, False),
        ("F95", "n/a", "n/a", True),
        ("F95", 1, True, False),
    ],
)
def test_numbers_in_full_precision_are_both_rounded(
    tmp_path: Path,
    address: str,
    ours: Value,
    theirs: Value,
    equal: bool,  # noqa: FBT001  pytest passes parameters by name
) -> None:
    comparison = against(
        tmp_path, our_sheet() | {at(address): ours}, our_sheet() | {at(address): theirs}
    )
    assert comparison.same is equal
    if not equal:
        (difference,) = comparison.differences
        assert difference.address == address
        assert (difference.expected, difference.found) == (theirs, ours)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_against_a_csv_export(tmp_path: Path, delimiter: str) -> None:
    displayed = with_column_before(original_sheet(displayed=True), 4)
    file = save_csv(tmp_path / "export.csv", displayed, delimiter=delimiter, encoding="utf-8-sig")
    assert against(tmp_path, original_sheet(), file).same
    ours = our_sheet()
    comparison = against(tmp_path, ours | {at("M94"): 25.1495}, file)
    assert {each.kind for each in comparison.differences} == {Outcome.MISSING_IN_ORIGINAL}
    assert comparison.total.equal == 269
    assert comparison.total.missing_in_original == 108


@pytest.mark.parametrize(
    ("text", "found", "equal"),
    [
        ("39.4", 39.44, True),
        ("39.44", 39.44, True),
        ("39.44", 39.4, False),
        ("39", 39.4, True),
        ("3.9E+1", 39.4, True),
        ("39.4400000000001", 39.36, True),
        ("39.4400000000001", 39.46, False),
        ("39.440000000001", 39.36, False),
        ("0.00000000000000001", 1e15, False),
        ("0.00000000000000001", 2e-17, True),
        ("#N/A", 39.4, False),
    ],
)
def test_displayed_text_is_compared_at_its_own_decimals(
    tmp_path: Path,
    text: str,
    found: float,
    equal: bool,  # noqa: FBT001  pytest passes parameters by name
) -> None:
    displayed = original_sheet(displayed=True) | {at("F90"): text}
    file = save_csv(tmp_path / "export.csv", displayed)
    assert against(tmp_path, original_sheet() | {at("F90"): found}, file).same is equal


def test_with_a_file_nothing_is_tolerated(tmp_path: Path) -> None:
    comparison = against(tmp_path, our_sheet(), original_sheet())
    assert comparison.total.missing_in_original == 108
    assert not comparison.same
    comparison = against(tmp_path, original_sheet(), our_sheet())
    assert comparison.total.missing_in_workbook == 108
    (first, *_) = comparison.differences
    assert (first.sheet, first.address) == ("original.xlsx (Original)", "B101")


def test_differences_in_reconstructed_rows_say_so(tmp_path: Path) -> None:
    theirs = our_sheet() | {at("B101"): 33, at("B100"): 41}
    comparison = against(tmp_path, our_sheet(), theirs)
    published_row, our_row = comparison.differences
    assert (published_row.address, published_row.note) == ("B100", "")
    assert our_row.address == "B101"
    assert our_row.to_text().endswith("expected 33, found 101.125 (our row is a reconstruction)")


def test_every_key_of_either_side_is_looked_at() -> None:
    ours = locate(as_cells(our_sheet()))
    for key in ours:
        fewer = {each: cell for each, cell in ours.items() if each != key}
        (difference,) = compare_tables(fewer, ours).differences
        assert difference.kind is Outcome.MISSING_IN_WORKBOOK
        (difference,) = compare_tables(ours, fewer).differences
        assert difference.kind is Outcome.MISSING_IN_ORIGINAL


def test_sheet_with_most_of_the_original_is_taken(tmp_path: Path) -> None:
    notes: Sheet = {at("A1"): "rmse", at("B1"): 125}
    part = {address: value for address, value in our_sheet().items() if address.row < 60}
    steps = {address: value for address, value in our_sheet().items() if address.row > 87}
    for row in range(110, 500):
        steps |= {Address(row, column): 1 for column in range(2, 14)}
    file = save_workbook(
        tmp_path / "file.xlsx",
        {"Notes": notes, "Part": part, "Steps": steps, "Mine": our_sheet(), "Empty": {}},
    )
    assert against(tmp_path, our_sheet(), file).original == "file.xlsx (Mine)"


def test_page_as_published_is_taken_from_a_workbook_of_ours(tmp_path: Path) -> None:
    other = our_sheet() | {at("M94"): 1}
    file = save_workbook(tmp_path / "file.xlsx", {"Gradient Descent": other, PAGE: our_sheet()})
    assert against(tmp_path, our_sheet(), file).same


def test_file_without_a_table_is_refused(tmp_path: Path) -> None:
    file = save_workbook(tmp_path / "file.xlsx", {"One": {at("A1"): 7}, "Two": {}})
    with pytest.raises(WorkbookError, match=r"file\.xlsx: no table .* \(One, Two\)"):
        against(tmp_path, our_sheet(), file)


def test_original_without_any_sheet_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "read_sheets", lambda _: {})
    with pytest.raises(WorkbookError, match="no table of the original was found"):
        against(tmp_path, our_sheet(), original_sheet())


def test_workbook_without_the_page_is_refused(tmp_path: Path) -> None:
    path = save_workbook(tmp_path / "mine.xlsx", {"Gradient Descent": {}, "Guide": {}})
    with pytest.raises(
        WorkbookError, match=r"only Gradient Descent, Guide; .*build the lesson original"
    ):
        compare_workbook(path)


def test_workbook_that_is_none_is_refused(tmp_path: Path) -> None:
    path = save_csv(tmp_path / "page.csv", our_sheet())
    with pytest.raises(WorkbookError, match=r"page\.csv: this is no workbook"):
        compare_workbook(path)
    with pytest.raises(WorkbookError, match="there is no such file"):
        compare_workbook(tmp_path / "none.xlsx")


def with_formulas(sheet: Sheet) -> Sheet:
    """The sheet with formulas in its step table, as openpyxl saves them: without results."""
    formulas: Sheet = {
        address: f"={value}" for address, value in sheet.items() if address.row >= 90
    }
    return sheet | formulas


def test_formulas_without_results_are_refused(tmp_path: Path) -> None:
    path = save_workbook(tmp_path / "mine.xlsx", {PAGE: with_formulas(our_sheet())})
    with pytest.raises(WorkbookError, match=r"mine\.xlsx: .*no stored results.*recalculate=True"):
        compare_workbook(path)
    file = save_workbook(tmp_path / "file.xlsx", {"Original": with_formulas(our_sheet())})
    with pytest.raises(WorkbookError, match=r"file\.xlsx: .*no stored results") as caught:
        against(tmp_path, our_sheet(), file)
    assert "recalculate" not in str(caught.value)


def test_formula_that_shows_nothing_does_not_mean_that_results_are_missing(tmp_path: Path) -> None:
    cells = as_cells(our_sheet())
    cells[at("G87")] = Cell(at("G87"), None, 'IF(E84*E86>50,"too many","")')
    cells[at("L33")] = Cell(at("L33"), 125.34, "SQRT(SUM(L27:L31))")
    path = save_raw_workbook(tmp_path / "mine.xlsx", {PAGE: sheet_xml(cells)})
    assert compare_workbook(path).same
    cells[at("L33")] = Cell(at("L33"), None, "SQRT(SUM(L27:L31))")
    save_raw_workbook(path, {PAGE: sheet_xml(cells)})
    with pytest.raises(WorkbookError, match="no stored results"):
        compare_workbook(path)


def test_recalculated_copy_is_compared_and_the_workbook_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[Path, Path]] = []

    def fake(path: Path, into: Path) -> None:
        calls.append((path, into))
        save_workbook(into, {PAGE: our_sheet() | {at("M84"): 18}})

    monkeypatch.setattr(compare, "recalculate_workbook", fake)
    path = save_workbook(tmp_path / "mine.xlsx", {PAGE: with_formulas(our_sheet())})
    before = path.read_bytes()
    (difference,) = compare_workbook(path, recalculate=True).differences
    assert (difference.address, difference.found) == ("M84", 18)
    ((source, copy),) = calls
    assert source == path
    assert not copy.parent.exists()
    assert path.read_bytes() == before


def test_recalculation_that_fails_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, into: Path) -> None:
        raise RecalculationError(f"{path} not into {into}")

    monkeypatch.setattr(compare, "recalculate_workbook", fail)
    path = save_workbook(tmp_path / "mine.xlsx", {PAGE: our_sheet()})
    assert compare_workbook(path).same
    with pytest.raises(RecalculationError):
        compare_workbook(path, recalculate=True)


def test_no_room_to_recalculate_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(path: Path, into: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path), None, str(into))

    path = save_workbook(tmp_path / "mine.xlsx", {PAGE: our_sheet()})
    monkeypatch.setattr(compare, "recalculate_workbook", fill)
    with pytest.raises(RecalculationError, match=r"mine\.xlsx: .*No space left.*make room"):
        compare_workbook(path, recalculate=True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(RecalculationError, match=r"mine\.xlsx: .*No such file.*TMPDIR"):
        compare_workbook(path, recalculate=True)


def block_lines(text: str) -> Mapping[str, list[str]]:
    lines = [line.split() for line in text.splitlines() if line]
    return {words[0]: words[1:] for words in lines if words[0] in {*BLOCKS, "total"}}


def test_one_equal_cell_is_enough_to_be_the_same() -> None:
    (key, cell), *_ = locate(as_cells(our_sheet())).items()
    comparison = compare_tables({key: cell}, {key: cell})
    assert comparison.total.compared == 1
    assert comparison.same


def test_a_reconstructed_cell_that_both_sides_have_is_compared() -> None:
    found = locate(as_cells(our_sheet()))
    key = next(key for key in found if is_reconstructed(key) and key.field == "y_pred")
    expected = {**found, key: replace(found[key], value=-1.0)}
    comparison = compare_tables(found, expected, tolerate_reconstructed=True)
    assert [each.label for each in comparison.differences] == [f"y_pred, row {key.index + 1}"]
    assert comparison.total.not_published == 0


def test_text_of_a_comparison_that_is_the_same() -> None:
    text = compared(our_sheet()).to_text()
    lines = text.splitlines()
    assert lines[0] == 'The page "As published" compared with the published copy'
    assert lines[-1] == WHY_FINITE_DIFFERENCES_DIFFER
    assert lines[-3].startswith("The same. 269 cells compared: 269 equal, 0 different;")
    assert "108 more are not published" in lines[-3]
    table = lines[2:11]
    assert [part.strip() for part in table[0].split("  ") if part] == [
        "block", "compared", "equal", "different", "missing in workbook", "missing in original",
        "not published",
    ]  # fmt: skip
    assert len({len(line) for line in table}) == 1
    assert block_lines(text) == {
        **{name: [str(n), str(n), *"0000"] for name, n in BLOCKS.items() if name != "descent"},
        "descent": ["132", "132", "0", "0", "0", "108"],
        "total": ["269", "269", "0", "0", "0", "108"],
    }


def test_text_has_a_line_for_each_difference() -> None:
    sheet = our_sheet() | {at("M94"): 25.1, at("F90"): "39.4", at("L33"): "text", at("E84"): 6}
    del sheet[at("M84")]
    text = compared(sheet).to_text()
    start = text.index("\n\n", text.index("total")) + 2
    *lines, summary = text[start:].splitlines()[:7]
    gone = "missing in workbook: the published copy"
    assert lines == [
        f"{gone}, row 33: labels rmse: expected 125, found nothing",
        "different: As published, E84: controls epochs: expected 5, found 6",
        f"{gone}, row 84: controls rmse: expected 17, found nothing",
        f"different: As published, F90: descent y_pred, row 1: expected 39.4, found 39.4 ({TEXT})",
        "different: As published, M94: descent new_b, row 5: expected 25.150, found 25.1",
        "",
    ]
    assert summary.startswith(
        "NOT THE SAME. 267 cells compared: 264 equal, 3 different; "
        "2 missing in workbook, 0 missing in original. 108 more are not published"
    )


def test_a_line_shows_a_value_as_a_sheet_would() -> None:
    y: Sheet = {
        at("C90"): 0.1 + 0.2,
        at("C91"): ErrorValue.NUMBER,
        at("C92"): "eight",
        at("C93"): 7,
    }
    lines = [each.to_text() for each in compared(our_sheet() | y).differences]
    assert [line.rpartition("found ")[2] for line in lines[-4:]] == ["0.3", "#NUM!", "'eight'", "7"]


def test_notes_stand_side_by_side(tmp_path: Path) -> None:
    theirs = original_sheet()
    ours = our_sheet() | {at("F105"): "39.4"}
    notes = {each.note for each in against(tmp_path, ours, theirs).differences}
    assert f"our row is a reconstruction; {TEXT}" in notes


def test_reason_is_one_line_in_words_of_its_own() -> None:
    assert "\n" not in WHY_FINITE_DIFFERENCES_DIFFER
    assert all(word in WHY_FINITE_DIFFERENCES_DIFFER for word in ("de/dm", "swapped", "displayed"))


def test_json_holds_the_whole_report() -> None:
    sheet = our_sheet() | {at("M94"): 25.1, at("L33"): ErrorValue.NUMBER}
    report = json.loads(json.dumps(compared(sheet).to_json_dict(), allow_nan=False))
    assert report["same"] is False
    assert (report["sheet"], report["original"]) == (PAGE, "the published copy")
    assert report["total"]["different"] == 2
    assert report["blocks"]["descent"] == {
        "compared": 132,
        "equal": 131,
        "different": 1,
        "missing_in_workbook": 0,
        "missing_in_original": 0,
        "not_published": 108,
    }
    assert report["differences"] == [
        {
            "kind": "different",
            "sheet": "As published",
            "address": "L33",
            "table": "labels",
            "label": "rmse",
            "expected": "125",
            "found": "#NUM!",
            "note": "",
        },
        {
            "kind": "different",
            "sheet": "As published",
            "address": "M94",
            "table": "descent",
            "label": "new_b, row 5",
            "expected": "25.150",
            "found": 25.1,
            "note": "",
        },
    ]
    assert report["note"] == WHY_FINITE_DIFFERENCES_DIFFER


def test_a_text_among_numbers_is_equal_to_itself() -> None:
    cells = locate(as_cells(our_sheet()))
    key = next(iter(cells))
    mixed = {**cells, key: replace(cells[key], value="7")}
    assert compare_tables(mixed, mixed).same
    # In a CSV file all are texts, and a number is what should meet them.
    alone = {key: mixed[key]}
    assert not compare_tables(alone, alone).same
