"""Charts as they are written: what programs need to draw them right."""

import zipfile
from xml.etree import ElementTree as ET

import pytest

from sheetgd.build import build_workbook
from sheetgd.template import shipped_lesson
from sheetgd.colours import PALETTE

C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[ET.Element]]:
    """The charts of some lessons' workbooks."""
    folder = tmp_path_factory.mktemp("charts")
    found = {}
    for name in ("parabola", "optimisers", "quadratic", "dosage"):
        lesson = shipped_lesson(name)
        if name == "dosage":
            lesson = lesson.changed(capacity=100, epochs=50, clicks=2)
        path = folder / f"{name}.xlsx"
        build_workbook(lesson, path)
        with zipfile.ZipFile(path) as archive:
            parts = sorted(each for each in archive.namelist() if "charts/chart" in each)
            found[name] = [
                ET.fromstring(archive.read(part))  # noqa: S314  we wrote it ourselves
                for part in parts
            ]
    return found


def every(charts: dict[str, list[ET.Element]]) -> list[ET.Element]:
    return [chart for some in charts.values() for chart in some]


def test_no_line_is_smoothed_and_all_stop_at_the_first_missing_value(
    charts: dict[str, list[ET.Element]],
) -> None:
    assert len(every(charts)) > 20
    for chart in every(charts):
        assert {each.attrib["val"] for each in chart.iter(f"{C}dispBlanksAs")} == {"span"}
        series = list(chart.iter(f"{C}ser"))
        assert series
        for each in series:
            assert [smooth.attrib["val"] for smooth in each.iter(f"{C}smooth")] == ["0"]
        for style in chart.iter(f"{C}scatterStyle"):
            assert style.attrib["val"] == "lineMarker"
        for axis in chart.iter(f"{C}delete"):
            assert axis.attrib["val"] == "0"


def test_a_legend_stands_where_there_is_more_than_one_line(
    charts: dict[str, list[ET.Element]],
) -> None:
    for chart in every(charts):
        series, legends = list(chart.iter(f"{C}ser")), list(chart.iter(f"{C}legend"))
        assert len(legends) == (len(series) > 1)


def test_every_series_stores_its_values_for_both_axes(
    charts: dict[str, list[ET.Element]],
) -> None:
    for chart in every(charts):
        for series in chart.iter(f"{C}ser"):
            caches = list(series.iter(f"{C}numCache"))
            assert len(caches) == 2
            counts = [int(count.attrib["val"]) for count in series.iter(f"{C}ptCount")]
            assert counts[0] == counts[1] > 1
            assert all(list(cache.iter(f"{C}pt")) for cache in caches)


def test_markers_are_filled_and_lines_are_coloured(charts: dict[str, list[ET.Element]]) -> None:
    colours = set()
    for chart in every(charts):
        for series in chart.iter(f"{C}ser"):
            (symbol,) = (each.attrib["val"] for each in series.iter(f"{C}symbol"))
            fills = [each.attrib["val"] for each in series.iter(f"{A}srgbClr")]
            assert len(fills) >= (1 if symbol == "none" else 2)
            colours |= set(fills)
    assert colours <= set(PALETTE)
    assert len(set(PALETTE)) == 8


def test_five_lines_in_one_chart_on_a_logarithmic_axis(
    charts: dict[str, list[ET.Element]],
) -> None:
    (chart,) = (each for each in charts["optimisers"] if len(list(each.iter(f"{C}ser"))) == 5)
    assert [each.attrib["val"] for each in chart.iter(f"{C}logBase")] in (["10"], ["10.0"])
    names = [next(iter(series.iter(f"{C}v"))).text for series in chart.iter(f"{C}ser")]
    assert names == ["Plain", "Momentum", "Adagrad", "RMSprop", "Adam"]


def test_the_parabola_has_curve_steps_and_a_dashed_tangent(
    charts: dict[str, list[ET.Element]],
) -> None:
    scatters = [each for each in charts["parabola"] if list(each.iter(f"{C}scatterChart"))]
    assert len(scatters) == 3
    for chart in scatters:
        assert len(list(chart.iter(f"{C}ser"))) == 3
        dashes = [each.attrib["val"] for each in chart.iter(f"{A}prstDash")]
        assert dashes.count("dash") == 1
        # Labels stand at the edge, not at 0 in the middle.
        assert {each.attrib["val"] for each in chart.iter(f"{C}tickLblPos")} == {"low"}


def test_many_epochs_are_numbers_along_the_axis(charts: dict[str, list[ET.Element]]) -> None:
    assert all(list(each.iter(f"{C}scatterChart")) for each in charts["dosage"])
    assert any(list(each.iter(f"{C}lineChart")) for each in charts["quadratic"])
