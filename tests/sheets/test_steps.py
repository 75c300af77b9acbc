"""Steps: what is marked as reconstructed, and what is printed."""

import pytest

from sheetgd.lesson.template import shipped_lesson
from sheetgd.sheets.cells import Look
from sheetgd.sheets.section import STEPS_ROW
from tests.support.shipped import book, page
from tests.support.shipped import page as page_of


@pytest.mark.parametrize("name", ["original", "quadratic", "optimisers"])
def test_reconstructed_data_are_marked_wherever_they_stand(name: str) -> None:
    lesson = shipped_lesson(name)
    rebuilt = {lesson.data.x[row - 1] for row in lesson.data.reconstructed}
    assert rebuilt
    marked = {Look.RECONSTRUCTED, Look.RECONSTRUCTED_RESULT}
    for each in book(name).pages:
        if each.table is None:
            continue
        columns = {column.header: column for column in each.table.columns}
        if "x" not in columns:
            # A log that is the computation.
            continue
        for index in range(each.table.length):
            row = index % lesson.n_rows + 1
            for header in ("x", "y"):
                style = columns[header].row_styles.get(index, columns[header].style)
                assert (style.look in marked) == (row in lesson.data.reconstructed), each.title
        # On a main page a note stands beside them, too.
        if not each.title.lower().removesuffix(" as published").endswith(("steps", "rows")):
            notes = [str(value) for value in columns[""].part(0, each.table.length).values if value]
            assert len(notes) == len(lesson.data.reconstructed)
            assert all("reconstructed" in note for note in notes)
    guide = [str(cell.value) for cell in page(name, "Guide").cells]
    assert any("What is reconstructed" in text for text in guide)


def test_of_the_steps_the_epochs_run_are_printed() -> None:
    lesson = shipped_lesson("original")
    page = page_of("original", "Steps")
    ran = lesson.epochs_run * lesson.n_rows
    assert [block.last.row for block in page.printed] == [STEPS_ROW + ran - 1]
