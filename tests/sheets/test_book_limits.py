"""What a workbook cannot hold is refused before it is written."""

import pytest

from sheetgd.errors import LessonError
from sheetgd.expression.excel import LONGEST_FORMULA, LONGEST_TEXT, Address
from sheetgd.sheets.book import check_pages
from sheetgd.sheets.cells import Cell
from sheetgd.sheets.sheet import Page

A1 = Address(1, 1)
FACE = "\N{GRINNING FACE}"


def page(title: str, *cells: Cell, names: tuple[str, ...] = ()) -> Page:
    return Page(title=title, widths={}, cells=cells, names=dict.fromkeys(names, A1))


def test_what_just_fits() -> None:
    check_pages(
        [
            page("Steps", Cell(A1, "a" * LONGEST_TEXT), Cell(A1, FACE * (LONGEST_TEXT // 2))),
            page("Log", Cell(A1, 0.0, "1" * LONGEST_FORMULA), names=("learn", "m" * 255)),
        ]
    )


@pytest.mark.parametrize(
    ("pages", "says"),
    [
        ([page("Steps"), page("STEPS")], "two pages .* 'Steps'.*another title"),
        (
            [page("Steps", names=("learn",)), page("Log", names=("Learn",))],
            "two cells .* learn: give",
        ),
        ([page("Steps", names=("1st",))], "no cell can be called '1st'"),
        ([page("Steps", names=("größe",))], "no cell can be called 'größe'"),
        ([page("Steps", names=("m" * 256,))], "no cell can be called"),
        ([page("Steps", names=("C1_start",))], "take the name C1_start for a cell"),
        ([page("Steps", names=("beta1",))], "take the name beta1 for a cell"),
        ([page("Steps", names=("a_x0041_b",))], "a character's number in the name a_x0041_b"),
        ([page("Steps", Cell(A1, "a" * (LONGEST_TEXT + 1)))], "Steps .* 32,768 characters in A1"),
        # Beyond the first 65,536, a character counts twice.
        ([page("Log", Cell(A1, FACE * (LONGEST_TEXT // 2 + 1)))], "Log .* 32,768 characters in A1"),
        (
            [page("Log", Cell(A1, 0.0, "1" * (LONGEST_FORMULA + 1)))],
            "Log .* formula of 8,193 characters in A1",
        ),
    ],
)
def test_what_does_not_fit_is_refused(pages: list[Page], says: str) -> None:
    with pytest.raises(LessonError, match=says):
        check_pages(pages)
