"""Rates epochs: the metric at each learning rate after every epoch."""

from sheetgd.descent.rate_verdict import Verdict
from sheetgd.expression.excel import Value
from sheetgd.lesson.template import shipped_lesson
from sheetgd.sheets.cells import Block
from sheetgd.sheets.rates_steps import LOG, TITLE
from sheetgd.sheets.sheet import Drawn, Page
from tests.support import built

ORIGINAL = shipped_lesson("original")


EPOCHS, FIRST, TOP = 25, 8, 9


def values_of(page: Page) -> dict[str, Value]:
    return {str(cell.address): cell.value for cell in page.all_cells()}


def test_the_line_of_the_present_rate_is_the_lesson_s_own_log() -> None:
    lesson = ORIGINAL.changed(clicks=10)
    book = {page.title: page for page in built.book(lesson).pages}
    own = [values_of(book[LOG])[f"K{TOP + epoch}"] for epoch in range(EPOCHS + 1)]
    log = values_of(book["Epochs"])
    assert log["F5"] == "root_sse"
    assert own == [log[f"F{6 + epoch}"] for epoch in range(EPOCHS + 1)]


def test_charts_draw_at_most_eight_rates_and_nothing_out_of_proportion() -> None:
    lesson = shipped_lesson("parabola").changed(rates=[0.01 * each for each in range(1, 26)] + [3])
    book = {page.title: page for page in built.book(lesson).pages}
    by_epoch, by_rate = book[TITLE].charts
    assert (by_epoch.log_y, by_epoch.log_x, by_rate.log_x, by_rate.log_y) == (
        True, False, True, True
    )  # fmt: skip
    assert len(by_epoch.series) == 9
    assert [each.drawn for each in by_epoch.series] == [Drawn.LINE] * 8 + [Drawn.DASHED]
    drawn = [book[LOG].values_of(each.values) for each in by_epoch.series]
    assert drawn[0][0] == 2.25
    numbers = [each for column in drawn for each in column if isinstance(each, float)]
    assert max(numbers) <= 2250
    assert min(numbers) >= 2.25e-9
    # The factor of 3 is 1 - 2*3 = -5, and 2.25*25^3 is beyond the bound, 1000 times the start's.
    assert drawn[7] == [2.25, 56.25, 1406.25, *["#N/A"] * 8]
    ends = [book[LOG].values_of(each.values) for each in by_rate.series]
    assert len({each.colour for each in by_rate.series}) == len(by_rate.series) == len(Verdict)
    names = [str(book[LOG].values_of(Block.cell(each.name))[0]) for each in by_rate.series]  # type: ignore[arg-type]  # a cell
    assert names == [str(each) for each in Verdict]
    shown = [[value for value in column if value != "#N/A"] for column in zip(*ends, strict=True)]
    assert [len(each) for each in shown] == [1] * 26
    # The last one flies off; it is shown at the edge.
    assert ends[names.index("diverging")][-1] == 2250
