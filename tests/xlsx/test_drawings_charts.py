"""Charts as they are written: what programs need to draw them right."""

import zipfile
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from sheetgd.expression.excel import Address
from sheetgd.lesson.values import View
from sheetgd.sheets.cells import BLUE, PALETTE, SHADES, Block, Cell
from sheetgd.sheets.sheet import Chart, ChartKind, Page, Series
from sheetgd.xlsx.drawings import native_chart
from tests.support import built
from tests.support.given import lesson_of

C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


@pytest.fixture(scope="module")
def workbooks() -> dict[str, Path]:
    """Some lessons' workbooks."""
    names = ("parabola", "optimisers", "quadratic", "dosage")
    return {name: built.workbook(built.SHORT[name]) for name in names}


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


@pytest.mark.slow
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
    # One for each way down on the page Curve, and one on the page Play.
    assert len(tangents) == 4
    for chart in tangents:
        assert len(list(chart.iter(f"{C}ser"))) == 3
        dashes = [each.attrib["val"] for each in chart.iter(f"{A}prstDash")]
        assert dashes.count("dash") == 1
        # Labels stand at the edge, not at 0 in the middle.
        assert {each.attrib["val"] for each in chart.iter(f"{C}tickLblPos")} == {"low"}


def test_many_epochs_are_numbers_along_the_axis(charts: dict[str, list[ET.Element]]) -> None:
    logs = [
        each
        for each in charts["dosage"]
        if any((text or "").endswith(" by epoch") for text in texts_of(each))
    ]
    assert logs
    assert all(list(each.iter(f"{C}scatterChart")) for each in logs)


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
    assert {("'Surface data'!$B$5", "a"), ("'Surface data'!$C$4", "b")} <= set(titles)


def test_letters_have_sizes_of_their_own(charts: dict[str, list[ET.Element]]) -> None:
    for chart in every(charts):
        (title,) = chart.findall(f"{C}chart/{C}title")
        assert sizes(title) == {("1200", "1")}
        axes = [each for each in chart.iter() if each.tag in {f"{C}valAx", f"{C}catAx"}]
        for axis in axes:
            assert sizes(next(axis.iter(f"{C}title"))) == {("1000", "1")}
            assert sizes(axis.find(f"{C}txPr")) == {("900", "0")}
        for legend in chart.iter(f"{C}legend"):
            assert sizes(legend) == {("900", "0")}


def sizes(part: ET.Element | None) -> set[tuple[str, str]]:
    """The sizes of a part's letters, and whether they are bold."""
    assert part is not None
    found = [each for kind in ("rPr", "defRPr") for each in part.iter(f"{A}{kind}")]
    return {(each.attrib["sz"], each.attrib["b"]) for each in found}


@pytest.mark.parametrize(
    ("most", "number_format"),
    [
        (0.0, "General"),
        (5e-8, "0.0E+00;-0.0E+00;0"),
        (0.05, "General"),
        (-30.0, "General"),
        (999_999.0, "General"),
        (2e6, "0.0E+00;-0.0E+00;0"),
    ],
)
def test_labels_of_an_axis_are_short_whatever_their_size(most: float, number_format: str) -> None:
    cells = [
        Cell(Address(row, column), value, None)
        for row, value in enumerate((0.0, most / 2, most), start=1)
        for column in (1, 2)
    ]
    page = Page(title="Numbers", widths={}, cells=tuple(cells))
    line = Series(
        sheet="Numbers", name="a line", x=Block.parse("A1:A3"), values=Block.parse("B1:B3")
    )
    workbook = Workbook()
    workbook.create_sheet("Numbers")
    area = Block.parse("D1:H9")
    chart = Chart(area=area, title="Title", x_title="x", y_title="y", series=(line,))
    native = native_chart(chart, workbook, {"Numbers": page})
    assert native.x_axis.numFmt.formatCode == native.y_axis.numFmt.formatCode == number_format
    logarithmic = native_chart(replace(chart, log_x=True, log_y=True), workbook, {"Numbers": page})
    for axis in (logarithmic.x_axis, logarithmic.y_axis):
        assert axis.numFmt.formatCode == "[<0.01]0E+00;[<100000]General;0E+00"


def test_a_legend_writes_small_rates_with_a_power_of_ten(workbooks: dict[str, Path]) -> None:
    sheet = openpyxl.load_workbook(workbooks["quadratic"], data_only=True)["Rates epochs"]
    small = [
        cell.number_format
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, float) and cell.value == 1e-07
    ]
    assert "[<0.001]0.0##E+00;General" in small


@pytest.mark.parametrize(
    ("slopes", "turn"),
    [((1, 1), 330), ((1, -1), 30), ((-1, 1), 210), ((-1, -1), 150)],
)
def test_a_surface_is_turned_until_its_lowest_corner_is_in_front(
    slopes: tuple[int, int], turn: int
) -> None:
    # With the best fit beyond a corner of the map, that corner is the lowest.
    ends = {1: (0.0, 3.0), -1: (-3.0, 0.0)}
    down, across = slopes
    lesson = lesson_of(
        x=(-1.0, 0.0, 1.0), y=(0.0, 0.0, 0.0), epochs=1, capacity=2,
        surface=View(ranges={"m": ends[down], "b": ends[across]}),
    )  # fmt: skip
    page = next(page for page in built.book(lesson).pages if page.title == "Surface")
    (chart,) = (each for each in page.charts if each.kind is ChartKind.SURFACE)
    assert chart.turn == turn
