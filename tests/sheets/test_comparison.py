"""Comparison: a lesson and its variants side by side."""

from tests.support.shipped import book, page


def test_five_optimisers_one_page_each_and_one_chart_for_all() -> None:
    titles = [each.title for each in book("optimisers").pages if not each.hidden]
    assert titles[:8] == [
        "Gradient Descent", "Play", "Guide", "Momentum", "Adagrad", "RMSprop", "Adam", "Comparison",
    ]  # fmt: skip
    (chart,) = page("optimisers", "Comparison").charts
    names = [series.name for series in chart.series]
    assert names == ["Plain", "Momentum", "Adagrad", "RMSprop", "Adam"]
