"""Charts as they are written: what programs need to draw them right."""

import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pytest

from sheetgd.build import build_workbook
from sheetgd.colours import BLUE, PALETTE, SHADES
from sheetgd.template import shipped_lesson

C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


@pytest.fixture(scope="module")
def workbooks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Some lessons' workbooks."""
    folder = tmp_path_factory.mktemp("charts")
    found = {}
    for name in ("parabola", "optimisers", "quadratic", "dosage"):
        lesson = shipped_lesson(name)
        if name == "dosage":
            lesson = lesson.changed(capacity=20, epochs=10, clicks=2, rate_epochs=5)
        else:
            lesson = lesson.changed(rate_epochs=5)
        found[name] = folder / f"{name}.xlsx"
        build_workbook(lesson, found[name])
    return found


@pytest.fixture(scope="module")
def charts(workbooks: dict[str, Path]) -> dict[str, list[ET.Element]]:
    """Their charts."""
    found = {}
    for name, path in workbooks.items():
        with zipfile.ZipFile(path) as archive:
            parts = sorted(each for each in archive.namelist() if "charts/chart" in each)
            found[name] = [
                ET.fromstring(archive.read(part))  # noqa: S314  we wrote it ourselves
                for part in parts
            ]
    return found


def every(charts: dict[str, list[ET.Element]]) -> list[ET.Element]:
    return [chart for some in charts.values() for chart in some]


def flat(charts: dict[str, list[ET.Element]]) -> list[ET.Element]:
    """All charts but the surfaces, which have no lines, no points and no legend."""
    return [chart for chart in every(charts) if not list(chart.iter(f"{C}surface3DChart"))]


def names_of(chart: ET.Element) -> list[str | None]:
    """What the series are called, where a text and no cell says it."""
    return [name.text for tx in chart.iter(f"{C}tx") for name in tx.findall(f"{C}v")]


def texts_of(chart: ET.Element) -> list[str | None]:
    return [text.text for text in chart.iter(f"{A}t")]


def test_no_line_is_smoothed_and_all_stop_at_the_first_missing_value(
    charts: dict[str, list[ET.Element]],
) -> None:
    assert len(flat(charts)) > 20
    for chart in flat(charts):
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
    for chart in flat(charts):
        series, legends = list(chart.iter(f"{C}ser")), list(chart.iter(f"{C}legend"))
        assert len(legends) == (len(series) > 1)


def test_every_series_stores_the_numbers_of_its_cells_for_both_axes(
    charts: dict[str, list[ET.Element]], workbooks: dict[str, Path]
) -> None:
    for name, path in workbooks.items():
        book = openpyxl.load_workbook(path, data_only=True)
        for chart in charts[name]:
            drawn = 0
            for series in chart.iter(f"{C}ser"):
                x, y = [
                    ref for ref in series.iter(f"{C}numRef") if ref.find(f"{C}numCache") is not None
                ]
                assert cached(x) == pytest.approx(in_cells(book, x), rel=1e-14)
                assert cached(y) == pytest.approx(in_cells(book, y), rel=1e-14)
                counts = [next(ref.iter(f"{C}ptCount")).attrib["val"] for ref in (x, y)]
                assert int(counts[0]) == int(counts[1]) > 0
                assert cached(x)
                drawn += len(cached(y))
            # A verdict that no rate has leaves its own series empty, but not the chart.
            assert drawn


def cached(ref: ET.Element) -> dict[int, float]:
    """The numbers that a chart stores of a range, by their place in it."""
    return {
        int(point.attrib["idx"]): float(point.findtext(f"{C}v") or "")
        for point in ref.iter(f"{C}pt")
    }


def in_cells(book: openpyxl.Workbook, ref: ET.Element) -> dict[int, float]:
    """The same from the cells."""
    sheet, _, block = (ref.findtext(f"{C}f") or "").rpartition("!")
    found = book[sheet.strip("'")][block.replace("$", "")]
    rows = found if isinstance(found, tuple) else ((found,),)
    values = [cell.value for row in rows for cell in row]
    return {
        place: float(value)
        for place, value in enumerate(values)
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def test_markers_are_filled_and_lines_are_coloured(charts: dict[str, list[ET.Element]]) -> None:
    colours = set()
    for chart in flat(charts):
        shaded = len(list(chart.iter(f"{C}ser"))) > len(PALETTE)
        for series in chart.iter(f"{C}ser"):
            (symbol,) = (each.attrib["val"] for each in series.iter(f"{C}symbol"))
            fills = [each.attrib["val"] for each in series.iter(f"{A}srgbClr")]
            assert len(fills) >= (1 if symbol == "none" else 2)
            colours |= set() if shaded else set(fills)
    assert colours <= set(PALETTE)
    assert len(set(PALETTE)) == 8


def test_five_lines_in_one_chart_on_a_logarithmic_axis(
    charts: dict[str, list[ET.Element]],
) -> None:
    (chart,) = (each for each in charts["optimisers"] if "Momentum" in names_of(each))
    assert [each.attrib["val"] for each in chart.iter(f"{C}logBase")] in (["10"], ["10.0"])
    names = [next(iter(series.iter(f"{C}v"))).text for series in chart.iter(f"{C}ser")]
    assert names == ["Plain", "Momentum", "Adagrad", "RMSprop", "Adam"]


def test_the_parabola_has_curve_steps_and_a_dashed_tangent(
    charts: dict[str, list[ET.Element]],
) -> None:
    tangents = [each for each in charts["parabola"] if "tangent" in names_of(each)]
    # One for each run, and the first once more on the page Play.
    assert len(tangents) == 3 + 1
    for chart in tangents:
        assert len(list(chart.iter(f"{C}ser"))) == 3
        dashes = [each.attrib["val"] for each in chart.iter(f"{A}prstDash")]
        assert dashes.count("dash") == 1
        # Labels stand at the edge, not at 0 in the middle.
        assert {each.attrib["val"] for each in chart.iter(f"{C}tickLblPos")} == {"low"}


def test_epochs_are_numbers_along_the_axis(charts: dict[str, list[ET.Element]]) -> None:
    logs = [
        each
        for each in every(charts)
        if any((text or "").endswith(" by epoch") for text in texts_of(each))
    ]
    assert len(logs) > 12
    assert all(list(each.iter(f"{C}scatterChart")) for each in logs)
    assert not [each for each in every(charts) if list(each.iter(f"{C}lineChart"))]


def test_a_surface_has_three_axes_and_its_rows_are_shaded_from_blue_to_red(
    charts: dict[str, list[ET.Element]],
) -> None:
    surfaces = [each for each in every(charts) if list(each.iter(f"{C}surface3DChart"))]
    assert surfaces
    for chart in surfaces:
        axes = [list(chart.iter(f"{C}{kind}")) for kind in ("catAx", "valAx", "serAx")]
        assert [len(found) for found in axes] == [1, 1, 1]
        assert all(axis.find(f"{C}delete").attrib["val"] == "0" for (axis,) in axes)  # type: ignore[union-attr]  # a missing one fails as well
        fills = [next(each.iter(f"{A}srgbClr")).attrib["val"] for each in chart.iter(f"{C}ser")]
        assert fills[0] == BLUE
        assert fills[-1] == SHADES[-1]
        assert len(set(fills)) == len(fills) == 13
        assert not list(chart.iter(f"{C}legend"))


def test_an_axis_may_be_called_by_a_cell(charts: dict[str, list[ET.Element]]) -> None:
    titles = [
        (ref.findtext(f"{C}f"), ref.findtext(f"{C}strCache/{C}pt/{C}v"))
        for chart in charts["quadratic"]
        for axis in (f"{C}valAx", f"{C}catAx")
        for found in chart.iter(axis)
        for ref in found.iter(f"{C}strRef")
    ]
    assert ("'Surface data'!$B$5", "a") in titles
    assert ("'Surface data'!$C$4", "b") in titles
