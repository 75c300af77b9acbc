"""The shell of a workbook: inputs, notes, rules, names, filters and paper, as they are written."""

from pathlib import Path

import openpyxl
import pytest

from sheetgd.expression.excel import Address
from sheetgd.lesson.template import shipped_lesson
from sheetgd.sheets.book import book_of
from sheetgd.sheets.printing import content
from sheetgd.xlsx.write import build_workbook
from tests.support.given import lesson_of
from tests.xlsx.test_write import sheet

ORIGINAL = shipped_lesson("original")


@pytest.fixture(scope="module")
def formulas(workbook: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(workbook)


def charts(book: openpyxl.Workbook, title: str) -> list[object]:
    found: list[object] = vars(sheet(book, title))["_charts"]
    return found


INPUTS = ("K23", "K24", "B46", "B53", "C45", "M45", "E84", "E85", "E86", "E87", "F84", "F85",
          "B90", "C109")  # fmt: skip


def test_inputs_look_alike_are_unlocked_and_validated(formulas: openpyxl.Workbook) -> None:
    page = sheet(formulas, "Gradient Descent")
    looks = set()
    for place in INPUTS:
        cell = page[place]
        rules = [rule for rule in page.data_validations.dataValidation if place in rule.sqref]
        assert len(rules) == 1, place
        assert rules[0].type in {"decimal", "whole"}
        assert rules[0].showErrorMessage
        assert rules[0].prompt
        assert not cell.protection.locked, place
        assert not str(cell.value).startswith("="), place
        looks.add((cell.font.color.rgb, cell.font.name))
    assert len(looks) == 1
    assert page["L33"].protection.locked
    assert page["L33"].font.color.rgb not in {look[0] for look in looks}


def test_messages_fit_what_excel_allows(formulas: openpyxl.Workbook) -> None:
    books = [formulas]
    for gradient in ("central", "analytic"):
        for page in book_of(ORIGINAL.replaced(gradient=gradient)).pages:
            for prompt in page.prompts:
                assert len(prompt.title) <= 32
                assert len(prompt.message) <= 255
    rules = [
        rule for book in books for page in book for rule in page.data_validations.dataValidation
    ]
    assert len(rules) > 60
    for rule in rules:
        assert len(rule.promptTitle or "") <= 32
        assert len(rule.prompt or "") <= 255


def test_headers_of_quantities_tell_their_formula(formulas: openpyxl.Workbook) -> None:
    for title, header_row, first in (("Gradient Descent", 89, 2), ("Steps", 4, 3)):
        page = sheet(formulas, title)
        # Over x, y, m and b the first page tells of the rows.
        captions = [page.cell(header_row - 1, first + column).value for column in range(4, 12)]
        assert captions == [
            "m*x+b", "(y_pred-y)^2", "((m+nudge)*x+b-y)^2",
            "(err_m1-error_sq)/nudge", "m-learn*de/dm", "(m*x+(b+nudge)-y)^2",
            "(err_b1-error_sq)/nudge", "b-learn*de/db",
        ]  # fmt: skip
        for column in range(12):
            place = page.cell(header_row, first + column).coordinate
            assert any(place in rule.sqref for rule in page.data_validations.dataValidation)


def test_heat_map_and_outline(formulas: openpyxl.Workbook) -> None:
    page = sheet(formulas, "Gradient Descent")
    kinds = {
        (str(block.sqref), rule.type)
        for block in page.conditional_formatting
        for rule in block.rules
    }
    assert ("C46:M53", "colorScale") in kinds
    assert ("C46:M53", "expression") in kinds


def test_frozen_filtered_and_charted(formulas: openpyxl.Workbook) -> None:
    assert sheet(formulas, "Steps").freeze_panes == "A5"
    assert sheet(formulas, "Steps").auto_filter.ref == "A4:N1024"
    assert sheet(formulas, "Epochs").freeze_panes == "A6"
    for title in ("Gradient Descent", "As published", "Epochs", "Epochs as published"):
        assert len(charts(formulas, title)) == 1


EIGHT = "+".join(f"w{place}*x^{place}" for place in range(1, 9))


@pytest.mark.slow
def test_only_hidden_pages_are_printed_on_several_sheets_side_by_side(
    tmp_path: Path,
) -> None:
    path = tmp_path / "wide.xlsx"
    lesson = shipped_lesson("quadratic").changed(capacity=10, rate_epochs=2)
    build_workbook(lesson, path)
    book = openpyxl.load_workbook(path)
    for page in book_of(lesson).pages:
        written = book[page.title]
        # A4 across leaves some 11 inches, upright 7.5; a character takes some 0.073.
        shown = (page.printed[0] if page.printed else content(page)).last.column
        letters = [Address(1, column).letters for column in range(1, shown + 1)]
        inches = 0.073 * sum(page.widths.get(each, 8.43) for each in letters)
        sheets = written.page_setup.fitToWidth or 0
        assert (11 if page.landscape else 7.5) * sheets / inches > 0.39, page.title
        assert (written.print_title_cols is not None) == (sheets > 1), page.title
        assert sheets == 1 or page.hidden, page.title
    wide = lesson_of(x=range(40), y=range(40), model=EIGHT, capacity=1, epochs=1)
    build_workbook(wide, tmp_path / "wider.xlsx")
    wider = openpyxl.load_workbook(tmp_path / "wider.xlsx")
    assert wider["Gradient Descent"].page_setup.fitToWidth == 2
    assert wider["Play"].page_setup.fitToWidth == 1


def test_defined_names_point_at_their_cells(formulas: openpyxl.Workbook) -> None:
    expected = {
        "learn": "$E$85", "nudge": "$E$87", "epochs": "$E$84", "clicks": "$E$86",
        "epochs_run": "$M$85", "start_m": "$F$84", "start_b": "$F$85",
        "now_m": "$J$84", "now_b": "$J$85", "guess_m": "$K$23", "guess_b": "$K$24",
    }  # fmt: skip
    for name, place in expected.items():
        assert formulas.defined_names[name].attr_text == f"'Gradient Descent'!{place}"
        assert formulas.defined_names[f"{name}_published"].attr_text == f"'As published'!{place}"
    assert formulas.defined_names["capacity"].attr_text == "Epochs!$C$3"
