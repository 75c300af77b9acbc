"""Fit: the curve against the data, and after chosen epochs."""

from tests.support.shipped import page


def test_four_panels_of_the_fit() -> None:
    fit = page("quadratic", "Fit")
    assert [chart.title for chart in fit.charts[1:]] == [f"Panel {each}" for each in (1, 2, 3, 4)]
    data, *curves = fit.charts[0].series
    assert data.name == "data"
    assert {series.sheet for series in curves} == {"Fit data"}
    values = {str(cell.address): cell.value for cell in page("quadratic", "Fit data").cells}
    assert [values[str(series.name)] for series in curves] == ["now", "start"]
