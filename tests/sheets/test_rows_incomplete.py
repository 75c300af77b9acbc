"""Rows of the data without an x or a y: the sheet computes as though they were not there.

What is expected is what the library says of the complete rows alone.
"""

from collections.abc import Iterator, Sequence

import pytest

from sheetgd.engine import rowwise as walk
from sheetgd.engine import run as trajectory
from sheetgd.expression.excel import Address
from sheetgd.lesson.data import orders
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.values import Variant
from sheetgd.sheets.book import base_section
from sheetgd.sheets.rates_steps import TITLE
from tests.judges.test_engines import MAIN
from tests.judges.test_method_workbooks import BASE, SHIPPED, cells_beyond, pinned
from tests.support import built, engines
from tests.support.built import expected_values
from tests.support.each_engine import each_engine
from tests.support.engines import Engine, Place, Result, assert_close

ORIGINAL = engines.LIGHT.replaced(rates=(1e-5, 1e-4, 3e-4))
EIGHT = BASE.changed(x=(*BASE.data.x, 1.9), y=(*BASE.data.y, 4.2))
QUADRATIC = SHIPPED["quadratic"].replaced(
    capacity=12, clicks=1, expected=(), variants=(), rate_epochs=5
)
VARIANTS = (Variant(title="Adam", changes={"optimizer": "adam", "learn": 0.1, "batch": 3}),)
NOT_COMPARED = ("ublished", "teps", "Rows", "factors", "Check")
GRADIENT = "Gradient"
NEXT_ROW, NEXT_WORD = ("Play data", "C4"), ("Play", "B18")
LEGEND_ROW = 13
"""Below this the page of the learning rates tells of the data as they were built."""

# A lesson, and the rows of its data, counted from 0, that are not complete.
CASES: dict[str, tuple[Lesson, Sequence[int]]] = {
    "original": (ORIGINAL, [6]),
    "several": (ORIGINAL, [5, 6, 12, 19]),
    "quadratic, all rows at once": (QUADRATIC, [11]),
    "adam, batches of three": (
        EIGHT.changed(optimizer="adam", batch=3, gradient="analytic", metric="rmse"), [6],
    ),
    "first of a batch, first of all": (EIGHT.changed(batch=3, optimizer="adam"), [0, 3]),
    "a batch that is empty": (EIGHT.changed(batch=2, optimizer="momentum"), [2, 3]),
    "last of all": (EIGHT.changed(batch=3, optimizer="rmsprop"), [7]),
    "the last batch full without it": (EIGHT.changed(batch=3, optimizer="adagrad"), [5, 7]),
    "shuffled": (EIGHT.changed(shuffle=5, optimizer="momentum", metric="mse"), [2]),
    "shuffled batches": (EIGHT.changed(shuffle=5, batch=3, optimizer="adam"), [2, 7]),
    "mae": (EIGHT.changed(loss="mae", metric="mae", gradient="central"), [5]),
    "a stop": (EIGHT.changed(min_delta=0.05, patience=2, clicks=3), [5]),
    "all rows": (EIGHT.changed(batch="all", gradient="analytic", optimizer="adam"), [2, 7]),
    "one weight": (EIGHT.changed(model="w*x", batch="all", panels=(0, 2)), [6]),
    "logarithm": (
        EIGHT.changed(x=(1, 2, 3, 4, 5, 6, 7, 8), model="a*ln(x) + b", gradient="analytic"), [5, 6],
    ),
    "variants": (EIGHT.changed(variants=VARIANTS), [5]),
}  # fmt: skip
LIBREOFFICE = {"original", "all rows", "shuffled batches", "logarithm"}


def without(lesson: Lesson, rows: Sequence[int]) -> Lesson:
    """The lesson with its other rows only."""
    left = [row for row in range(lesson.n_rows) if row not in rows]
    x, y = ([values[row] for row in left] for values in (lesson.data.x, lesson.data.y))
    return lesson.replaced(x=x, y=y, reconstructed=())


def emptied(lesson: Lesson, rows: Sequence[int]) -> dict[Place, str | None]:
    """Changes that leave nothing, a text or an error in one of the cells of these rows."""
    page = built.page(lesson, MAIN)
    assert page.table is not None
    headers = [column.header for column in page.table.columns]
    kinds = (None, "3,5", "=NA()", "=1/0", "=1=1", "")
    found: dict[Place, str | None] = {}
    for number, row in enumerate(rows):
        for at, name in enumerate(("y", "x")):
            header = name if lesson.method.shuffle is None else f"data {name}"
            place = page.table.first.moved(down=row, right=headers.index(header))
            if at == 0 or number % 2:
                found[MAIN, str(place)] = kinds[(number + at) % len(kinds)]
    return found


@pytest.fixture
def left_orders(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Let the library shuffle as the sheet does, which passes rows over in the orders it has."""
    lesson, rows = CASES[request.getfixturevalue("name")]
    left = [row for row in range(lesson.n_rows) if row not in rows]

    def orders_left(number: int, seed: int) -> Iterator[tuple[int, ...]]:
        if number == lesson.n_rows:
            yield from orders(number, seed)
        assert number == len(left)
        for order in orders(lesson.n_rows, seed):
            yield tuple(1 + left.index(row - 1) for row in order if row - 1 in left)

    for module in (trajectory, walk):
        monkeypatch.setattr(module, "orders", orders_left)


def elsewhere(
    lesson: Lesson, rows: Sequence[int], found: dict[Place, Result]
) -> dict[Place, Result]:
    """The cells that stand in one place however many rows there are, on the lesson's own pages."""
    tables = {page.title: page.table for page in built.book(lesson).pages if page.table is not None}
    example = min(rows) < lesson.shown
    descent = base_section(lesson).layout.descent

    # Beyond two parameters and plain steps an epoch's factor is one of the data as built.
    live = (
        len(lesson.training.start) <= 2
        and lesson.method.optimizer == "sgd"
        and lesson.method.shuffle is None
    )

    blank = sorted(
        Address.parse(address).row
        for (sheet, address), value in found.items()
        if sheet == GRADIENT and address.startswith("C") and value == ""
    )

    def moved(sheet: str, place: Address) -> str:
        """Where the cell would be if there were no lines for rows that are not complete."""
        above = sum(row < place.row for row in blank) if sheet == GRADIENT else 0
        return str(place.moved(down=-above))

    def stays(sheet: str, place: Address) -> bool:
        row = place.row
        if sheet == GRADIENT:
            return row not in blank
        if sheet == TITLE and (row >= LEGEND_ROW or (place.letters in "IJ" and not live)):
            return False
        if sheet == MAIN and example and row < descent:
            return False
        if sheet != MAIN and any(word in sheet for word in NOT_COMPARED):
            return False
        if sheet not in tables or row < tables[sheet].first.row - 2:
            return True
        # A log that is the computation has a row an epoch, however many rows the data have.
        return sheet == "Epochs"

    return {
        (sheet, moved(sheet, Address.parse(address))): value
        for (sheet, address), value in found.items()
        if stays(sheet, Address.parse(address))
    }


@pytest.mark.usefixtures("left_orders")
@each_engine("name", CASES, libreoffice=LIBREOFFICE)
def test_the_sheet_is_that_of_the_complete_rows(engine: Engine, name: str) -> None:
    lesson, rows = CASES[name]
    whole = pinned(lesson)
    path = built.workbook(whole)
    beyond = cells_beyond(whole, engine) | cells_beyond(without(whole, rows), engine)
    expected, found = (
        {place: value for place, value in side.items() if place not in beyond}
        for side in (
            elsewhere(whole, rows, expected_values(without(whole, rows))),
            elsewhere(whole, rows, engine(path, emptied(whole, rows))),
        )
    )
    assert len(found) > 500
    if not lesson.by_epoch:
        # The row that makes the next step is counted with those that are passed over.
        number = int(float(str(expected.pop(NEXT_ROW))))
        told = float(str(found.pop(NEXT_ROW)))
        if lesson.method.shuffle is None:
            assert told == 1 + [row for row in range(lesson.n_rows) if row not in rows][number - 1]
    if lesson.step.batched and not lesson.by_epoch:
        words = [str(side.pop(NEXT_WORD)) for side in (expected, found)]
        assert words[1] == words[0].replace(f" row {number} ", f" row {told:.0f} ")
    assert_close(expected, found)
    if engine is engines.formualizer:
        # The run itself is the same to the last bit.
        log = [place for place in found if place[0] == "Epochs" and place[1][0] in "CD"]
        assert [found[place] for place in log] == [expected[place] for place in log] != []
