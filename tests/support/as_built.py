"""What a workbook shows as built, and labels so: it does not follow when inputs change.

`tests.sheets.test_rates_factors` has what these cells hold.
"""

from collections.abc import Mapping

from sheetgd.lesson.lesson import Lesson
from sheetgd.sheets.learning_rates import AS_BUILT
from sheetgd.sheets.rates_steps import FIRST_RATE, TITLE
from tests.support import built
from tests.support.engines import Place, Result, assert_close


def as_built(lesson: Lesson) -> set[Place]:
    """The cells that a label beside or above them says are as built, and what is part of them."""
    places: set[Place] = set()
    for page in built.book(lesson).pages:
        if page.title != TITLE:
            continue
        labelled = {cell.address.row for cell in page.cells if cell.value == AS_BUILT}
        # Below it stands what part of it the present rate is.
        rows = labelled | {row + 1 for row in labelled}
        columns = {
            cell.address.column
            for cell in page.cells
            if cell.address.row == FIRST_RATE.row - 1 and str(cell.value).endswith(", as built")
        }
        places |= {
            (page.title, str(cell.address))
            for cell in page.cells
            if cell.address.row in rows
            or (cell.address.column in columns and cell.address.row >= FIRST_RATE.row)
        }
    return places


def assert_follows(
    expected: Mapping[Place, Result], found: Mapping[Place, Result], *lessons: Lesson
) -> None:
    """Fail unless all cells are the same but for those that are as built in one of the lessons."""
    apart = set().union(*map(as_built, lessons))
    kept, seen = (
        {place: value for place, value in side.items() if place not in apart}
        for side in (expected, found)
    )
    assert_close(kept, seen)
