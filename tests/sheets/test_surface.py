"""The surface page: its numbers, the path on the map, and what is typed into its cells."""

import math
from itertools import pairwise, product
from pathlib import Path

import openpyxl
import pytest
from openpyxl.formula.translate import Translator

from sheetgd.engine.run import descend
from sheetgd.expression.excel import Address, ErrorValue
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson, shipped_names
from sheetgd.lesson.values import View
from sheetgd.sheets.book import base_section
from sheetgd.sheets.heat_map import TITLE, HeatMap
from sheetgd.sheets.section import PLAY
from sheetgd.sheets.sheet import Accepts, ChartKind, Page
from sheetgd.sheets.surface import DATA, ROW_UNIT, SurfaceData
from tests.judges.test_engines import MAIN
from tests.support import built
from tests.support.built import expected_values
from tests.support.each_engine import ENGINES
from tests.support.engines import Engine, Place, assert_close, formualizer
from tests.support.given import lesson_of

ORIGINAL = shipped_lesson("original")
CUBIC = lesson_of(
    x=(-1.0, -0.4, 0.3, 0.9, 1.4), y=(2.0, 1.1, 0.6, 1.9, 4.0), model="quadratic", learn=0.02,
    epochs=4, capacity=6, surface=View(ranges={"a": (0, 3), "b": (-1, 2), "c": (-2, 2)}),
)  # fmt: skip


def page_of(lesson: Lesson) -> Page:
    return built.page(lesson, TITLE)


def values_of(lesson: Lesson) -> dict[str, object]:
    return {str(cell.address): cell.value for cell in page_of(lesson).all_cells()}


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped_names())
def test_every_lesson_of_two_parameters_or_more_has_the_page(name: str) -> None:
    lesson = shipped_lesson(name).changed(capacity=4, epochs=1, clicks=0, rate_epochs=3, panels=())
    there = any(page.title == TITLE for page in built.book(lesson).pages)
    assert there == (len(lesson.model.parameters) > 1)


def test_a_cell_of_the_map_is_the_figure_over_all_rows() -> None:
    values = values_of(ORIGINAL)
    assert (values["B14"], values["H11"]) == (1.0, 7.5)
    squares = [
        (1.0 * x + 7.5 - y) ** 2 for x, y in zip(ORIGINAL.data.x, ORIGINAL.data.y, strict=True)
    ]
    assert values["H14"] == pytest.approx(math.sqrt(sum(squares)), rel=1e-12)


def test_the_others_are_held_at_the_present_guess() -> None:
    values = values_of(CUBIC)
    _, _, c = descend(CUBIC).states[-1]
    assert c != CUBIC.training.start[2]
    rows = zip(CUBIC.data.x, CUBIC.data.y, strict=True)
    squares = [(3 * x * x + 2 * x + c - y) ** 2 for x, y in rows]
    heat_map = HeatMap(base_section(CUBIC))
    assert values[str(heat_map.heat.last)] == pytest.approx(math.sqrt(sum(squares) / 5), rel=1e-12)


def test_the_marks_are_where_the_descent_is() -> None:
    lesson = ORIGINAL.replaced(clicks=9, learn=0.0004)
    heat_map, states = HeatMap(base_section(lesson)), descend(lesson).states

    def nearest(value: float, low: float, high: float, steps: int) -> int:
        places = [low + (high - low) * place / steps for place in range(steps + 1)]
        return min(range(steps + 1), key=lambda place: abs(places[place] - value))

    # Rows and columns of the map are counted from 1.
    wanted = [
        ROW_UNIT * (1 + nearest(m, 0.5, 3.5, 12)) + 1 + nearest(b, -5, 35, 16) for m, b in states
    ]
    path = built.page(lesson, DATA).values_of(SurfaceData(heat_map).path.column(3))
    assert len(path) == lesson.capacity + 1 > len(states)
    assert path == [*wanted, *wanted[-1:] * (len(path) - len(wanted))]
    assert len(set(wanted)) > 3


@pytest.mark.engines
def test_the_conditions_mark_these_cells(tmp_path: Path) -> None:
    """Each rule's formula, put into a cell for one cell of the map, as a program shifts it."""
    lesson = ORIGINAL.replaced(published=None, rate_epochs=2)
    path = built.workbook(lesson)
    page, heat_map = page_of(lesson), HeatMap(base_section(lesson))
    rules = [each for each in page.conditions if each.block == heat_map.heat][:3]
    assert [rule.number_format is not None for rule in rules] == [True, True, False]
    cells = {"here": (10, 2), "start": (2, 2), "elsewhere": (5, 9)}
    found = {}
    for name, (down, right) in cells.items():
        to = str(heat_map.heat.first.moved(down, right))
        texts = [
            Translator(f"={rule.formula}", origin=str(heat_map.heat.first)).translate_formula(to)
            for rule in rules
        ]
        places = [str(heat_map.axis(0, "best").moved(right=1 + each)) for each in range(3)]
        book = openpyxl.load_workbook(path)
        for place, text in zip(places, texts, strict=True):
            book[TITLE][place] = text
        copy = tmp_path / f"{name}.xlsx"
        book.save(copy)
        results = formualizer(copy, {})
        found[name] = [results[TITLE, place] for place in places]
    assert found == {
        "here": [True, False, True],
        "start": [False, True, True],
        "elsewhere": [False, False, False],
    }


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("lesson", [ORIGINAL, CUBIC], ids=["line", "three parameters"])
def test_ranges_steps_and_choice_are_live(engine: Engine, lesson: Lesson) -> None:
    # Of runs that diverge engines share no digits.
    lesson = lesson.replaced(
        rates=[lesson.training.learning_rate * factor for factor in (0.1, 0.5, 1.0)]
    )
    path = built.workbook(lesson)
    heat_map = HeatMap(base_section(lesson))
    changes: dict[Place, float | str] = {
        (TITLE, str(heat_map.axis(0, "steps"))): 5, (TITLE, str(heat_map.axis(1, "steps"))): 7,
    }  # fmt: skip
    first = heat_map.ends_block.first
    ranges = {**lesson.display.surface.ranges, lesson.model.parameters[0]: (-0.5, 4.5)}
    changes |= {(TITLE, str(first)): -0.5, (TITLE, str(first.moved(right=1))): 4.5}
    over = lesson.model.parameters[:2]
    if heat_map.chooses:
        over = ("c", "a")
        for side, name in enumerate(over):
            changes[TITLE, str(heat_map.axis(side, "name"))] = name
    changed = lesson.replaced(surface=View(over=over, ranges=ranges, steps=(5, 7)))
    expected = expected_values(changed)
    # The sentences tell of the parameters that were chosen when it was built.
    kept = expected_values(lesson)
    told = [(PLAY, f"B{row}") for row in range(20, 24)]
    assert " nudged by " in str(kept[told[0]])
    expected |= {place: kept[place] for place in told}
    assert_close(expected, engine(path, changes))
    assert "" in expected.values()


@pytest.mark.engines
def test_the_map_follows_clicks_where_it_is_tied_to_the_guess() -> None:
    path = built.workbook(CUBIC)
    names = built.page(CUBIC, MAIN).names
    found = formualizer(path, {(MAIN, str(names["clicks"])): 0})
    assert_close(expected_values(CUBIC.replaced(clicks=0)), found)


def test_the_least_squares_point_is_the_best_of_other_linear_models_too() -> None:
    lesson = lesson_of(x=(0, 1, 2, 3), y=(1.1, 1.9, 5.2, 9.8), model="a*x^2 + c", learn=0.001)
    heat_map, values = HeatMap(base_section(lesson)), values_of(lesson)
    squares = [x**4 for x in lesson.data.x], [x**2 for x in lesson.data.x]
    # The normal equations by hand: sum x^4 a + sum x^2 c = sum x^2 y, sum x^2 a + n c = sum y.
    n, right = (
        4,
        (
            sum(x * x * y for x, y in zip(lesson.data.x, lesson.data.y, strict=True)),
            sum(lesson.data.y),
        ),
    )
    divisor = sum(squares[0]) * n - sum(squares[1]) ** 2
    a = (right[0] * n - sum(squares[1]) * right[1]) / divisor
    c = (sum(squares[0]) * right[1] - sum(squares[1]) * right[0]) / divisor
    best = [values[str(heat_map.axis(side, "best"))] for side in (0, 1)]
    assert best == [pytest.approx(a), pytest.approx(c)]


def test_the_lowest_cell_is_the_lowest() -> None:
    values, heat_map = values_of(CUBIC), HeatMap(base_section(CUBIC))
    down, across = (range(steps + 1) for steps in heat_map.steps)
    at = min(product(down, across), key=lambda place: heat_map.metric_leaf(*place).value)
    assert [values[str(heat_map.axis(side, "lowest"))] for side in (0, 1)] == [
        heat_map.side_leaf(side, at[side]).value for side in (0, 1)
    ]


def test_a_map_with_holes_has_no_lowest_cell() -> None:
    lesson = lesson_of(
        x=(1, 2, 3), y=(1, 2, 2.5), model="a*ln(k*x)", learn=0.01, start=(1, 1),
        surface=View(ranges={"a": (0, 2), "k": (-1, 3)}),
    )  # fmt: skip
    values, heat_map = values_of(lesson), HeatMap(base_section(lesson))
    assert values[str(heat_map.heat.first)] is ErrorValue.NUMBER
    assert values[str(heat_map.axis(0, "lowest"))] is ErrorValue.NOT_AVAILABLE
    assert heat_map.best is None


def test_charts() -> None:
    path, slices, surface = page_of(ORIGINAL).charts
    assert [chart.kind for chart in (path, slices, surface)] == [
        ChartKind.SCATTER, ChartKind.SCATTER, ChartKind.SURFACE,
    ]  # fmt: skip
    assert [series.name for series in path.series] == ["path", "start", "now", "least squares"]
    assert len(slices.series) == len(surface.series) == 13
    areas = [chart.area for chart in (path, slices, surface)]
    assert all(one.last.column < other.first.column for one, other in pairwise(areas))
    covered = range(areas[0].first.row, areas[0].last.row + 1)
    assert not any(cell.address.row in covered for cell in page_of(ORIGINAL).cells)


def test_inputs_say_what_they_take() -> None:
    inputs = {str(each.block): each for each in page_of(CUBIC).inputs}
    lists = [each for each in inputs.values() if each.accepts is Accepts.LISTED]
    assert [each.listed for each in lists] == [("a", "b", "c")]
    assert {each.most for each in inputs.values()} == {None, 12, 16}


def test_a_finer_map_has_more_cells() -> None:
    fine = ORIGINAL.replaced(surface=View(steps=(20, 24)))
    heat = page_of(fine).heat_map
    assert heat is not None
    assert (heat.last.row - heat.first.row, heat.last.column - heat.first.column) == (20, 24)
    assert Address(1, 1) not in [cell.address for cell in page_of(fine).cells]
