"""Run data: what charts read of a run ends where the run does."""

import pytest

from sheetgd.lesson.template import shipped_names
from tests.support import built


@pytest.mark.parametrize("name", shipped_names())
def test_lines_end_where_the_run_ends(name: str) -> None:
    lesson = built.SHORT[name]
    run = lesson.epochs_run
    assert run < lesson.capacity
    pages = {page.title: page for page in built.book(lesson).pages}
    drawn = 0
    for page in pages.values():
        for chart in page.charts:
            if not chart.title.endswith(" by epoch") or page.title == "Two descents":
                continue
            for series in chart.series:
                x, values = (
                    pages[series.sheet].values_of(block) for block in (series.x, series.values)
                )
                assert len(x) == len(values) > run
                lasts = int(float(str(max(x, key=lambda each: float(str(each))))))
                assert x == [float(min(line, lasts)) for line in range(len(x))]
                assert lasts <= run or page.title in {"As published", "Epochs as published"}
                assert values[lasts:] == values[lasts : lasts + 1] * len(values[lasts:])
                drawn += 1
    # The first page's, that of Play, of the log, and of each variant.
    assert drawn >= 3 + len(lesson.display.variants)
