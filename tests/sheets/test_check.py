"""Check: figures that are published or known are met."""

import pytest

import sheetgd
from sheetgd.errors import LessonError
from sheetgd.lesson.template import shipped_lesson
from sheetgd.sheets.book import book_of
from tests.support.shipped import page


@pytest.mark.parametrize(
    "name", ["parabola", "quadratic", pytest.param("dosage", marks=pytest.mark.slow)]
)
def test_every_known_figure_is_met(name: str) -> None:
    check = page(name, "Check")
    values = {str(cell.address): cell.value for cell in check.cells}
    assert values["C5"] == values["G5"] == len(shipped_lesson(name).display.expected) > 1
    assert values["E5"] == 0


DOSAGE, QUADRATIC = shipped_lesson("dosage"), shipped_lesson("quadratic")


def test_known_figures_of_a_column_that_never_was_are_still_refused() -> None:
    wrong = DOSAGE.changed(
        expected=[sheetgd.Expected(what="w", column="q", epoch=0, value=0, tolerance=0)]
    )
    for lesson in (wrong, wrong.changed(epochs=2)):
        with pytest.raises(LessonError, match="names a column 'q' that is not there"):
            book_of(lesson.changed(rate_epochs=2, variants=(), capacity=2, epochs=2))
