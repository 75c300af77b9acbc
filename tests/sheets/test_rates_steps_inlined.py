"""Compact step tables: every lesson's runs, computed by three engines, also in other words."""

from dataclasses import replace
from pathlib import Path

import pytest

from sheetgd.engine.run import descend
from sheetgd.expression.excel import Address
from sheetgd.expression.sheet_cells import cell, formula_of, value_of
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson
from sheetgd.sheets.book import Book, base_section
from sheetgd.sheets.cells import Look
from sheetgd.sheets.rates_steps import FIRST_ROW, InlinedSteps, Run, epochs_that_fit, inlined_page
from sheetgd.sheets.sheet import Draft, Page
from sheetgd.xlsx.write import write_workbook
from tests.judges.test_method_workbooks import LESSONS, sums_functions
from tests.support import built, engines
from tests.support.each_engine import each_engine
from tests.support.engines import Engine, Place, Result, assert_close, differences
from tests.support.given import lesson_of

RATES, COMPACT = "Rates", "Compact"
EPOCHS = 12
"""More than the lessons' workbooks have room for."""

CASES = {
    **LESSONS,
    "as published": LESSONS["true rmse"].changed(gradient="swapped"),
    "two kinds of error": LESSONS["true rmse"].changed(
        loss="mae", metric="mse", gradient="analytic"
    ),
}


def compact(lesson: Lesson, rates: tuple[float, ...], epochs: int = EPOCHS) -> InlinedSteps:
    """A run for each learning rate, which stands in a cell, and beside them the lesson's own."""
    section = base_section(lesson)
    names = {name: section.named(name) for name in lesson.settings}
    start = [section.named(f"start_{name}") for name in lesson.model.parameters]
    runs = [
        Run(
            label=f"rate {number}",
            descent=descend(lesson.replaced(learn=rate), epochs, through=True),
            settings={**names, "learn": cell(Address(number, 1), rate, fixed=True, sheet=RATES)},
            start=start,
        )
        for number, rate in enumerate(rates, start=1)
    ]
    own = Run(
        label="own", descent=descend(lesson, epochs, through=True), settings=names, start=start
    )
    return InlinedSteps(sheet=COMPACT, section=section, runs=(*runs, own))


def rates_page(steps: InlinedSteps) -> Page:
    """The rates, and under them each run's metric held and its parameters after each epoch."""
    draft, held_of = Draft(), steps.section.metric_held
    for number, run in enumerate(steps.runs):
        draft.put(Address(1 + number, 1), run.lesson.training.learning_rate, Look.INPUT)
        for epoch in range(steps.epochs + 1):
            place = Address(10 + epoch, 1 + number * (1 + len(run.start)))
            states = [
                draft.show(
                    place.moved(right=1 + which), steps.state(number, which, epoch), Look.RESULT
                )
                for which in range(len(run.start))
            ]
            held = draft.show(place, held_of(states), Look.RESULT)
            assert [state.value for state in states] == [*run.descent.states[epoch]]
            assert held.value == pytest.approx(run.descent.metric_values[epoch], rel=1e-12)
    return Page(title=RATES, widths={}, cells=tuple(draft.cells))


def workbook_of(steps: InlinedSteps, path: Path) -> dict[Place, Result]:
    """Write a workbook with the table, and return what its cells hold."""
    pages = (
        inlined_page(steps, title="Compact steps", note="Side by side."),
        rates_page(steps),
    )
    book = built.book(steps.section.lesson.replaced(variants=(), panels=(), expected=()))
    write_workbook(Book(title=book.title, pages=(*book.pages, *pages)), path)
    return stored(*pages)


def stored(*pages: Page) -> dict[Place, Result]:
    found: dict[Place, Result] = {}
    for page in pages:
        for each in page.all_cells():
            if each.formula is not None:
                value = each.value
                assert isinstance(value, float | str), value
                found[page.title, str(each.address)] = (
                    value if isinstance(value, float) else str(value)
                )
    return found


def computed(engine: Engine, path: Path, changes: dict[Place, float | str]) -> dict[Place, Result]:
    found = engine(path, changes)
    if engine is engines.ironcalc:
        # It calls a power that is too large a division by zero.
        found = {place: "#NUM!" if value == "#DIV/0!" else value for place, value in found.items()}
    return {place: value for place, value in found.items() if place[0] in {RATES, COMPACT}}


def without_functions_of_ranges(
    cells: dict[Place, Result], steps: InlinedSteps, engine: Engine
) -> dict[Place, Result]:
    """The cells but for metrics that sum a function of a range, which two engines cannot."""
    formulas = {str(cell.address): cell.formula or "" for cell in rates_page(steps).cells}
    beyond = {(RATES, address) for address, formula in formulas.items() if sums_functions(formula)}
    if engine is engines.libreoffice:
        return cells
    return {place: value for place, value in cells.items() if place not in beyond}


@each_engine(
    "name",
    CASES,
    libreoffice={"shuffled batches", "as published", "two kinds of error", "rmsprop", "averaged"},
    ironcalc={"shuffled batches", "as published", "absolute", "a formula", "adagrad", "stops"},
)
def test_every_cell_of_every_kind_of_run(tmp_path: Path, engine: Engine, name: str) -> None:
    lesson = CASES[name].replaced(variants=(), panels=(), expected=())
    path = tmp_path / "compact.xlsx"
    steps = compact(lesson, (lesson.training.learning_rate / 2, lesson.training.learning_rate / 5))
    expected = workbook_of(steps, path)
    # Data, runs, and what another page reads of them.
    assert len(expected) > lesson.n_rows * (EPOCHS + 1) * 5
    found = computed(engine, path, {})
    assert_close(
        without_functions_of_ranges(expected, steps, engine),
        without_functions_of_ranges(found, steps, engine),
    )


@each_engine(
    "name",
    ["shuffled batches", "as published", "rmsprop", "averaged"],
    libreoffice=(),
    ironcalc={"shuffled batches", "as published"},
)
def test_rates_can_be_changed(tmp_path: Path, engine: Engine, name: str) -> None:
    lesson = CASES[name].replaced(variants=(), panels=(), expected=())
    path, other = tmp_path / "compact.xlsx", tmp_path / "other.xlsx"
    workbook_of(
        compact(lesson, (lesson.training.learning_rate / 2, lesson.training.learning_rate / 5)),
        path,
    )
    expected = workbook_of(
        compact(lesson, (lesson.training.learning_rate / 2, lesson.training.learning_rate / 3)),
        other,
    )
    assert_close(
        expected, computed(engine, path, {(RATES, "A2"): lesson.training.learning_rate / 3})
    )


@pytest.mark.engines
def test_an_altered_operator_is_found(tmp_path: Path) -> None:
    lesson = CASES["shuffled batches"]
    steps = compact(lesson, (lesson.training.learning_rate / 2,))
    path = tmp_path / "compact.xlsx"
    expected = workbook_of(steps, path)
    page = inlined_page(steps, title="", note="")
    cell = list(page.all_cells())[-1]
    assert cell.formula is not None
    altered = "=" + "*".join(cell.formula.rsplit("/", 1))
    found = computed(engines.formualizer, path, {(COMPACT, str(cell.address)): altered})
    assert [place for place, _, _ in differences(expected, found)] == [(COMPACT, str(cell.address))]


def test_a_run_has_the_cells_that_later_rows_read() -> None:
    lesson = shipped_lesson("original")
    steps = compact(lesson, (0.0002,), 3)
    headers = [column.header for column in steps.table.columns]
    assert headers == ["epoch", "row", "x", "y", *["new_m", "new_b"] * 2]
    assert steps.table.length == 4 * 20
    rows = list(steps.table.rows())
    assert rows[0][4].formula == (
        'IF(C6="",start_m,start_m-Rates!$A$1*'
        "((((start_m+nudge)*C6+start_b-D6)^2-(start_m*C6+start_b-D6)^2)/nudge))"
    )
    assert rows[1][4].formula == (
        'IF(C7="",E6,E6-Rates!$A$1*((((E6+nudge)*C7+F6-D7)^2-(E6*C7+F6-D7)^2)/nudge))'
    )
    assert rows[2][4].formula == (
        'IF(C8="",E7,E7-Rates!$A$1*((((E7+nudge)*C8+F7-D8)^2-(E7*C8+F7-D8)^2)/nudge))'
    )


def test_shared_columns_stand_once() -> None:
    steps = compact(CASES["shuffled batches"], (0.1, 0.2), 3)
    headers = [column.header for column in steps.table.columns]
    assert headers[:8] == ["epoch", "row", "order", "x", "y", "in_batch", "ends", "t"]
    assert headers.count("new_m") == 3
    assert headers.count("t") == headers.count("ends") == 1


def test_the_order_of_the_rows_is_that_of_the_steps_page() -> None:
    lesson = CASES["shuffled"]
    steps = compact(lesson, (0.1,))
    page = next(each for each in built.book(lesson).pages if each.title == "Steps")
    assert page.table is not None
    orders = [
        column.part(0, table.length).values
        for table in (page.table, steps.table)
        for column in table.columns
        if column.header == "order"
    ]
    assert len(orders[0]) == 8 * 7
    assert orders[1][: 8 * 7] == orders[0]
    assert orders[0][:7] != orders[0][7:14]


def test_the_published_rule_carries_three_decimals_from_epoch_to_epoch() -> None:
    lesson = CASES["as published"]
    steps = compact(lesson, ())
    for which, start in enumerate(("start_m", "start_b")):
        states = [steps.state(0, which, epoch) for epoch in range(EPOCHS + 1)]
        assert str(formula_of(states[0])) == start
        for epoch in (1, 5, EPOCHS):
            place = Address(FIRST_ROW + 7 * epoch - 1, 5 + which)
            assert str(formula_of(states[epoch])) == f"ROUND(Compact!{place},3)"
            assert value_of(states[epoch]) == round(float(value_of(states[epoch])), 3)


def test_runs_that_differ_in_data_or_epochs_are_refused() -> None:
    lesson = CASES["true rmse"]
    steps = compact(lesson, (0.1,))
    (run, own), other = steps.runs, lesson.replaced(y=(*lesson.data.y[:-1], 9.0))
    moved = replace(own, descent=descend(other, EPOCHS, through=True))
    with pytest.raises(ValueError, match="'own' has other data"):
        replace(steps, runs=(run, moved))
    short = replace(own, descent=descend(lesson, 3, through=True))
    with pytest.raises(ValueError, match="'own' has other epochs"):
        replace(steps, runs=(run, short))
    batched = compact(CASES["batch of three"], (0.1,))
    elsewhere = {**batched.runs[1].settings, "batch": cell(Address(3, 3), 3.0)}
    with pytest.raises(ValueError, match="reads batch from another cell"):
        replace(batched, runs=(batched.runs[0], replace(batched.runs[1], settings=elsewhere)))


def test_the_longest_formula_is_told() -> None:
    steps = compact(CASES["a formula"], (0.1,))
    page = inlined_page(steps, title="", note="")
    real = max(len(cell.formula or "") for cell in page.all_cells())
    # Every kind of row is measured as if it stood last.
    assert 100 < real <= steps.longest < real + 20


def test_long_data_leaves_room_for_fewer_epochs() -> None:
    long = lesson_of(x=range(1000), y=range(1000))
    assert epochs_that_fit(long, 160) == 99
    assert (epochs_that_fit(long, 160) + 1) * 1000 <= 100_000
