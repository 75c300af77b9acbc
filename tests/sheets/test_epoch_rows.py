"""A row an epoch: full batches whose log is the computation, against rows, references and engines.

Every formula cell is recalculated by four engines, untouched and after inputs change; the numbers
are those of the layout with a row a step, and those of the plain reference.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sheetgd.cli.main import main
from sheetgd.descent.rate_verdict import NOT_RUN
from sheetgd.errors import LessonError
from sheetgd.expression.excel import LONGEST_FORMULA
from sheetgd.expression.sheet_cells import value_of
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson
from sheetgd.lesson.values import Expected, Variant
from sheetgd.sheets.book import about_formulas, base_section, book_of
from sheetgd.sheets.check import DIFFERENT, SAME
from sheetgd.sheets.epoch_rows import pass_totals
from sheetgd.sheets.run_data import notes
from sheetgd.sheets.words import fillings
from tests import reference
from tests.judges.test_engines import MAIN
from tests.judges.test_method_workbooks import BASE, judged, main_names, pinned, typed_as
from tests.support import built, engines
from tests.support.as_built import assert_follows
from tests.support.built import expected_values
from tests.support.each_engine import each_engine
from tests.support.engines import Engine, Place, Result, assert_close
from tests.support.given import lesson_of
from tests.support.judges import GNUMERIC
from tests.support.programs import needs_libreoffice

ALL = BASE.changed(batch="all")
LATER = (
    Expected(what="y_pred", column="y_pred", epoch=1, row=3, value=9, tolerance=0.1),
    Expected(what="sum", column="sum_b", epoch=1, row=3, value=9, tolerance=0.1),
    Expected(what="mean", column="g_b", epoch=2, row=7, value=9, tolerance=0.1),
    Expected(what="moved", column="new_b", epoch=2, row=7, value=9, tolerance=0.1),
    Expected(what="not moved", column="new_b", epoch=2, row=6, value=9, tolerance=0.1),
    Expected(what="not run", column="m", epoch=5, value=9, tolerance=0.1),
)
LESSONS: dict[str, Lesson] = {
    "closed form": ALL.changed(gradient="analytic", panels=(0, 2, 6)),
    "central": ALL.changed(gradient="central", model="quadratic", seed=3),
    "swapped": ALL.changed(gradient="swapped"),
    "absolute": ALL.changed(loss="mae", metric="mae", gradient="analytic"),
    "relu": ALL.changed(
        model="w*max(0, a*x + b) + abs(c - x)", gradient="analytic", start=(0.5, 1, 0.2, 0.3)
    ),
    "exponential": ALL.changed(model="a*exp(-k*x)", gradient="analytic", optimizer="momentum"),
    "logistic": ALL.changed(model="c*sigmoid(w*x + b)", gradient="analytic"),
    "two columns": lesson_of(
        x={"area": (1, 2, 3, 1.5, 2.5, 0.5, 1.2), "rooms": (1, 3, 2, 2, 1, 1, 3)},
        y=(2.1, 4, 5, 3, 4, 1, 3.3),
        model="w1*area + w2*rooms + b",
        batch="all",
        learn=0.05,
        gradient="analytic",
        epochs=2,
        clicks=2,
        capacity=7,
    ),
    "StepLR": ALL.changed(
        schedule="StepLR", schedule_parameters={"step_size": 2, "gamma": 0.5}, metric="mse"
    ),
    "penalised": ALL.changed(gradient="analytic", l2=0.1, l1=0.05, optimizer="adam", learn=0.1),
    "backprop": ALL.changed(
        gradient="backprop",
        model="h1 = max(0, a*x + c); y_pred = w*h1 + b",
        start=(0.5, 0.3, 1, 0.2),
    ),
    "plateau": ALL.changed(schedule="ReduceLROnPlateau", learn=0.35, clicks=3),
    "adam": ALL.changed(optimizer="adam", learn=0.1),
    "resumed": ALL.changed(optimizer="adam", learn=0.1, optimizer_state={"v_m": 0.5, "t": 3}),
    "stops": ALL.changed(min_delta=0.05, patience=2, clicks=3, learn=0.15),
    "diverges": ALL.changed(
        gradient="analytic",
        learn=1.9,
        nudge=0.5,
        stop_diverging=True,
        min_delta=0.01,
        patience=9,
        clicks=3,
    ),
    "variants": ALL.changed(
        variants=(
            Variant(title="Adam", changes={"optimizer": "adam", "learn": 0.1}),
            Variant(title="Row by row", changes={"batch": 1}),
        ),
        compared=("de/dm", "g_m"),
        expected=LATER,
    ),
    "one weight": ALL.changed(model="w*x", panels=(0, 2)),
}


def typed(lesson: Lesson) -> tuple[dict[Place, float | str], Lesson]:
    """Changes to all inputs, and the lesson that they make."""
    changes: dict[str, Any] = {
        "learn": lesson.training.learning_rate * 0.75,
        "clicks": 1,
        "epochs": 3,
        "start": [value + 0.125 for value in lesson.training.start],
    }
    if "nudge" in main_names(lesson):
        changes["nudge"] = 0.01
    if lesson.training.min_delta is not None:
        changes |= {"tolerance": 0.2, "patience": 1}
    points = {(lesson.n_rows - 1, "y"): 2.5}
    if lesson.model.inputs == ("x",):
        points[1, "x"] = -0.75
    return typed_as(lesson, changes, points)


# LibreOffice computes all of them after changes.
@pytest.mark.engines
@each_engine("name", LESSONS, libreoffice=(), ironcalc=LESSONS)
def test_every_formula_cell(engine: Engine, name: str) -> None:
    lesson = pinned(LESSONS[name])
    assert lesson.by_epoch
    assert_close(*judged(lesson, engine, built.workbook(lesson), {}))


@pytest.mark.engines
@each_engine("name", LESSONS, libreoffice=LESSONS, ironcalc=LESSONS)
def test_every_formula_cell_after_all_inputs_change(engine: Engine, name: str) -> None:
    lesson = pinned(LESSONS[name])
    places, changed = typed(lesson)
    expected, found = judged(changed, engine, built.workbook(lesson), places)
    assert_follows(expected, found, lesson, changed)


@pytest.mark.engines
@pytest.mark.parametrize("engine", [GNUMERIC])
@pytest.mark.parametrize("name", LESSONS)
def test_gnumeric_computes_every_log(engine: Engine, name: str) -> None:
    lesson = pinned(LESSONS[name])
    places, changed = typed(lesson)
    for changes, asked in (({}, lesson), (places, changed)):
        found = engine(built.workbook(lesson), changes)
        logs = {"Epochs", "Rates epochs"}
        expected = {at: value for at, value in expected_values(asked).items() if at[0] in logs}
        assert_close(expected, {place: found[place] for place in expected})


def log_of(lesson: Lesson, values: Mapping[Place, Result], run: int) -> list[list[float]]:
    """The parameters and the metric of the epochs that are run, as an engine has them."""
    section = base_section(lesson)
    headers = (*lesson.model.parameters, lesson.metric_name)
    return [
        [float(str(values["Epochs", str(section.log_cell(each, epoch))])) for each in headers]
        for epoch in range(run + 1)
    ]


@needs_libreoffice
@pytest.mark.parametrize("name", ["closed form", "adam", "absolute", "relu", "logistic"])
def test_both_layouts_agree(name: str) -> None:
    lesson, logs = pinned(LESSONS[name]), {}
    for layout in ("epochs", "rows"):
        asked = lesson.replaced(layout=layout)
        assert asked.by_epoch == (layout == "epochs")
        titles = [page.title for page in built.book(asked).pages]
        assert ("Steps" in titles) == ("Rates steps" in titles) == (layout == "rows")
        places, changed = typed(asked)
        found = engines.libreoffice(built.workbook(asked), places)
        logs[layout] = log_of(asked, found, changed.epochs_run)
    for one, other in zip(logs["epochs"], logs["rows"], strict=True):
        assert one == pytest.approx(other, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", "rmsprop"])
@pytest.mark.parametrize("gradient", ["forward", "central", "analytic"])
def test_the_log_is_the_plain_reference(optimizer: str, gradient: str) -> None:
    lesson = ALL.changed(optimizer=optimizer, gradient=gradient, learn=0.05)
    section = base_section(lesson)
    steps, log = reference.descend(
        lesson.data.x, lesson.data.y, lesson.training.start, batch=lesson.n_rows,
        predict=lambda x, values: values[0] * x + values[1], names=("m", "b"),
        partials=lambda x, _: (x, 1.0),
        optimizer=optimizer, gradient=gradient, learn=0.05, nudge=0.003,
        hyper=dict(lesson.method.hyperparameters), epochs=lesson.epochs_run,
    )  # fmt: skip
    ends = steps[lesson.n_rows - 1 :: lesson.n_rows]
    for epoch, line in enumerate(log):
        for name in ("m", "b"):
            assert value_of(section.on_log(name, epoch)) == pytest.approx(line[name], rel=1e-12)
            slope = value_of(section.on_log(f"g_{name}", epoch))
            if epoch < len(ends):
                assert slope == pytest.approx(ends[epoch][f"g_{name}"], rel=1e-9, abs=1e-9)


def test_the_log_of_the_dosage_is_what_torch_computes() -> None:
    torch = pytest.importorskip("torch")
    lesson = shipped_lesson("dosage")
    section = base_section(lesson)
    x, y = (torch.tensor(each, dtype=torch.float64) for each in (lesson.data.x, lesson.data.y))
    given = torch.tensor(lesson.training.start, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([given], lr=lesson.training.learning_rate)
    for epoch in range(lesson.capacity + 1):
        optimizer.zero_grad()
        loss = ((given[0] * x + given[1] - y) ** 2).mean()
        loss.backward()
        expected = [*given.tolist(), loss.item(), *given.grad.tolist()]
        found = [value_of(section.on_log(name, epoch)) for name in ("m", "b", "mse", "g_m", "g_b")]
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-12)
        optimizer.step()


def test_a_note_where_every_derivative_is_0_and_none_where_only_their_mean_is() -> None:
    dead = base_section(
        lesson_of(
            batch="all",
            gradient="analytic",
            x=(1, 2, 3),
            y=(1, 2, 3),
            model="max(0, w*x)",
            start=(-1,),
            capacity=5,
        )
    )
    assert "nothing moves" in str(notes(dead)[0])
    # The derivatives by w are 8, 0 and -8 here: their mean is 0, and the fit is poor.
    even = base_section(
        lesson_of(
            batch="all",
            gradient="analytic",
            x=(-1, 0, 1),
            y=(4, 9, 4),
            model="w*x",
            start=(0,),
            capacity=4,
            epochs=2,
            clicks=1,
        )
    )
    assert value_of(even.on_log("g_w", 0)) == 0
    assert notes(even) == [""] * 5


@pytest.mark.engines
@pytest.mark.parametrize("engine", [engines.ironcalc, engines.formualizer])
def test_the_note_in_cells_tells_these_apart(engine: Engine) -> None:
    for y, start, said in (((1, 2, 3), -1, True), ((4, 9, 4), 0, False)):
        x, model = ((1, 2, 3), "max(0, w*x)") if said else ((-1, 0, 1), "w*x")
        lesson = lesson_of(
            x=x, y=y, model=model, start=(start,), batch="all", gradient="analytic", capacity=4,
            epochs=2, rates=(0.1,), learn=0.1,
        )  # fmt: skip
        section = base_section(lesson)
        found = engine(built.workbook(lesson), {})
        noted = str(found["Epochs", str(section.log_cell("note", 1))])
        assert ("nothing moves" in noted) == said
        assert said or noted in {"", "None"}


@pytest.mark.engines
@pytest.mark.parametrize("engine", [engines.ironcalc, engines.formualizer])
def test_where_a_note_has_no_room_columns_count(engine: Engine) -> None:
    model = " + ".join(f"a{each}*max(0, c{each}*x - {each})" for each in range(1, 9))
    for far, said in ((-1.0, True), (0.5, False)):
        lesson = lesson_of(
            x=(1, 2, 3), y=(1, 2, 3), model=model, start=(1, far) * 8, batch="all", learn=0.01,
            gradient="forward", capacity=2, epochs=1, rates=(0.1,),
        )  # fmt: skip
        section = base_section(lesson)
        assert len(section.moving) == 16
        expected = expected_values(lesson)
        found = engine(built.workbook(lesson), {})
        logged = {place: value for place, value in expected.items() if place[0] == "Epochs"}
        assert_close(logged, {place: found[place] for place in logged})
        noted = str(found["Epochs", str(section.log_cell("note", 0))])
        assert ("nothing moves" in noted) == said


@pytest.mark.parametrize("name", LESSONS)
def test_what_the_next_pass_comes_to_stands_once_below_its_rows(name: str) -> None:
    lesson = pinned(LESSONS[name])
    section = base_section(lesson)
    page = next(page for page in book_of(lesson).pages if page.title == section.main)
    assert page.table is not None
    repeated = {*lesson.model.parameters, "in_batch", "ends", "t", "rate"}
    headers = {column.header for column in page.table.columns}
    assert not headers & repeated
    assert not [each for each in headers if each.startswith(("sum_", "g_", "new_", "v_", "s_"))]
    # The engine's own pass goes through the rows; its last one comes to the same.
    passed = section.descent.passed(section.epochs_run + 1)
    totals = pass_totals(section)
    values = {cell.address: cell.value for cell in page.cells}
    places = set()
    for header, total in totals.items():
        assert total.place.row > page.table.last_row
        assert values[total.place] == pytest.approx(passed[header][-1], rel=1e-12, abs=1e-15)
        places.add(total.place)
    moved = {f"new_{parameter}" for parameter in lesson.model.parameters}
    assert {*totals} >= moved | {f"sum_{each}" for each in lesson.model.parameters}
    assert len(places) == len(totals)


def test_what_is_not_run_yet_is_said_on_the_page_of_known_numbers() -> None:
    for clicks, words in ((0, {NOT_RUN}), (2, {DIFFERENT, NOT_RUN})):
        lesson = LESSONS["variants"].replaced(clicks=clicks)
        page = built.page(lesson, "Check")
        found = {cell.value for cell in page.cells if cell.address.column == 9}
        assert found & {SAME, DIFFERENT, NOT_RUN} == words


def test_the_batch_is_no_input_where_all_rows_are_one() -> None:
    for layout, inputs in (("rows", 1), ("auto", 0)):
        lesson = ALL.replaced(layout=layout)
        page, cell = built.page(lesson, MAIN), str(base_section(lesson).setting("batch"))
        assert sum(str(each.block) == cell for each in page.inputs) == inputs
        told = fillings(lesson)["batch_explanation"]
        assert ("unless you change the cell batch" in told) == bool(inputs)


def test_a_row_an_epoch_is_refused_where_an_epoch_has_several_steps() -> None:
    several: list[dict[str, Any]] = [{"batch": 3}, {"batch": 1}, {"shuffle": 1}]
    for changes in several:
        with pytest.raises(LessonError, match="make batch_size all and leave shuffle out"):
            ALL.changed(layout="epochs", **changes)
        assert not ALL.changed(**changes).by_epoch
    assert ALL.changed(layout="epochs").by_epoch


def test_a_sum_that_fills_no_cell_takes_rows_or_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = " + ".join(f"a{each}*max(0, b{each} + c{each}*x)" for each in range(1, 17))
    long = ALL.changed(model=model, gradient="analytic", loss="mae")
    assert not long.by_epoch
    with pytest.raises(LessonError, match=r"layout epochs sums up .* take layout rows"):
        book_of(long.replaced(layout="epochs"))
    data = tmp_path / "data.csv"
    data.write_text("x,y\n1,2\n2,3\n3,5\n", encoding="utf-8")
    asked = ["build", "--data", str(data), "--model", model, "--batch-size", "all"]
    asked += ["--loss", "mae", "--gradient", "analytic", "--layout"]
    assert main([*asked, "epochs", "-o", str(tmp_path / "book.xlsx")]) == 2
    assert str(LONGEST_FORMULA // 1000) in capsys.readouterr().err


def test_workbooks_of_full_batches_are_small(tmp_path: Path) -> None:
    rows = [round(5 + 0.177 * row, 3) for row in range(97)]
    long = lesson_of(
        x=rows, y=[1.2 * x - 3.9 + (x * 37) % 5 for x in rows], batch="all", gradient="analytic",
        learn=0.005, epochs=1500,
    )  # fmt: skip
    for name, lesson, most in (
        ("dosage", shipped_lesson("dosage"), 30_000),
        ("long", long, 40_000),
    ):
        path = tmp_path / f"{name}.xlsx"
        lesson.build(path)
        count = sum(page.count_formulas() for page in built.book(lesson).pages)
        assert count <= most
        assert path.stat().st_size <= 1_500_000
        assert count * 0.7 < about_formulas(lesson) < count * 1.05
