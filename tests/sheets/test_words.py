"""What a sheet says beside its controls and its data: each sentence only where it holds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ironcalc
import pytest

from sheetgd.descent.model import model_of
from sheetgd.descent.rate_verdict import NO_RUN
from sheetgd.engine.run import descend
from sheetgd.expression.excel import Address, named_in_sheets
from sheetgd.lesson.fields import by_name
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson, usual_texts
from sheetgd.lesson.values import Variant
from sheetgd.sheets.book import base_section
from sheetgd.sheets.words import plain_meaning
from sheetgd.xlsx.write import build_workbook
from tests.judges.test_engines import MAIN, PUBLISHED
from tests.judges.test_method_workbooks import BASE, main_names
from tests.support import built, engines
from tests.support.built import expected_values
from tests.support.each_engine import QUICK_ENGINES, each_engine
from tests.support.engines import Engine, Place, Result
from tests.support.given import lesson_of

ORIGINAL = engines.LIGHT.replaced(published=None, capacity=20, rate_epochs=4, rates=(1e-5, 1e-4))


@pytest.fixture(scope="module")
def small_workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small") / "small.xlsx"
    build_workbook(ORIGINAL, path)
    return path


SETTINGS, RUN, ROWS = "B83", "G87", "B88"
THEN = " Nothing is run until then."
NOT_DONE = "Nothing can be told: a setting of one of the two is to be put right first."

# What is typed into the original's first page, and what it says over the settings.
TYPED: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, ""),
    "epochs 2.5": ({"E84": 2.5}, f"epochs: type a whole number, 0 or more.{THEN}"),
    "epochs negative": ({"E84": -3}, f"epochs: type a whole number, 0 or more.{THEN}"),
    "epochs blank": ({"E84": None}, f"epochs: type a whole number, 0 or more.{THEN}"),
    "epochs text": ({"E84": "ten"}, f"epochs is text: type a whole number, 0 or more.{THEN}"),
    "epochs 0": ({"E84": 0}, ""),
    "clicks 2.5": ({"E86": 2.5}, f"clicks: type a whole number, 0 or more.{THEN}"),
    "clicks negative": ({"E86": -1}, f"clicks: type a whole number, 0 or more.{THEN}"),
    "clicks blank": ({"E86": None}, f"clicks: type a whole number, 0 or more.{THEN}"),
    "clicks text": ({"E86": "1"}, f"clicks is text: type a whole number, 0 or more.{THEN}"),
    "learn blank": ({"E85": None}, f"learn: type a number above 0.{THEN}"),
    "learn 0": ({"E85": 0}, f"learn: type a number above 0.{THEN}"),
    "learn with a comma": (
        {"E85": "0,0001"}, f"learn is text: type a number above 0, decimals like 0.5.{THEN}",
    ),
    "learn an error": ({"E85": "=1/0"}, f"learn: type a number above 0.{THEN}"),
    "nudge blank": ({"E87": None}, f"nudge: type a number above 0.{THEN}"),
    "nudge text": (
        {"E87": "0,01"}, f"nudge is text: type a number above 0, decimals like 0.5.{THEN}",
    ),
    "start blank": (
        {"F84": None}, f"start: type a number in F84 and F85, decimals like 0.5.{THEN}",
    ),
    "start text": (
        {"F85": "1,5"}, f"start: type a number in F84 and F85, decimals like 0.5.{THEN}",
    ),
    "two at once": (
        {"E84": None, "E85": None}, f"epochs: type a whole number, 0 or more.{THEN}",
    ),
}  # fmt: skip


def on(sheet: str, changes: Mapping[str, Any]) -> dict[Place, Any]:
    return {(sheet, address): value for address, value in changes.items()}


@each_engine("name", TYPED, libreoffice={"learn with a comma", "clicks blank"})
def test_a_wrong_setting_stops_everything_and_is_named(
    small_workbook: Path, engine: Engine, name: str
) -> None:
    changes, word = TYPED[name]
    found = engine(small_workbook, on(MAIN, changes))
    assert found[MAIN, SETTINGS] == word
    if not word:
        assert found[MAIN, "J84"] != "#N/A"
        return
    assert found[MAIN, "M85"] == 0
    assert found[MAIN, RUN] == found[MAIN, "G82"] == ""
    assert found["Run data", "F4"] == NO_RUN
    assert found[MAIN, "B1"] == word
    assert {found["Epochs", f"H{row}"] for row in range(6, 27)} == {""}
    # Where several errors meet, LibreOffice shows another one of them than the others do.
    errors = {"#N/A", "#NUM!", "#VALUE!"} if engine is engines.libreoffice else {"#N/A"}
    log = [found["Epochs", f"{column}{row}"] for row in range(6, 27) for column in "CDF"]
    # Where only the epochs cannot be counted, there is the start; else no half-run number anywhere.
    counted = name.split(maxsplit=1)[0] not in {"epochs", "clicks"}
    start = [] if counted else [1.0, 1.0, pytest.approx(227.382937)]
    assert [found[MAIN, "J84"], found[MAIN, "J85"]] == (start[:2] or ["#N/A"] * 2)
    assert log[: len(start)] == start
    assert set(log[len(start) :]) <= errors
    verdicts = [found["Learning rates", f"C{row}"] for row in range(8, 11)]
    assert on_page(found, "Steps", "GKN") <= errors or not counted
    # The other rates are run, whatever learn is; without a rate of its own a run has no verdict.
    assert on_page(found, "Rates steps", "EFG") <= errors or name.split(maxsplit=1)[0] in RATES_RUN
    if counted:
        assert set(verdicts[:2]) <= errors
        assert verdicts[2] in errors | {""}
    else:
        assert verdicts == ["still falling"] * 3


RATES_RUN = {"epochs", "clicks", "learn", "two"}
"""What is typed into these is not what runs at other rates are computed from."""


def on_page(found: Mapping[Place, Result], sheet: str, letters: str) -> set[Result]:
    """What some columns of a page's table hold."""
    cells = {
        value for (title, address), value in found.items()
        if title == sheet and address[0] in letters and not address[1].isalpha()
        and int(address[1:]) > 5
    }  # fmt: skip
    assert cells, sheet
    return cells


@pytest.mark.engines
def test_two_descents_are_not_told_of_runs_that_there_are_not() -> None:
    told = built.workbook(shipped_lesson("two-descents").changed(capacity=15))
    # "After 160 epochs it is the lowest so far" was said of a walk that never moved.
    found = engines.formualizer(told, on(MAIN, {"E85": None}))
    assert found["Two descents", "B4"] == NOT_DONE
    assert [found["Two descents", f"B{row}"] for row in range(5, 8)] == [""] * 3
    # What was published is a page of its own, and runs on.
    assert found[PUBLISHED, SETTINGS] == ""
    assert found[PUBLISHED, "M85"] == 15
    other = engines.formualizer(told, on(PUBLISHED, {"E87": None}))
    assert other["Two descents", "B4"] == NOT_DONE
    assert other[MAIN, SETTINGS] == ""
    assert other[PUBLISHED, SETTINGS] == f"nudge: type a number above 0.{THEN}"


@pytest.mark.parametrize("engine", QUICK_ENGINES)
def test_settings_of_other_methods_and_of_variants(tmp_path: Path, engine: Engine) -> None:
    lesson = BASE.changed(
        optimizer="adam", batch=3, min_delta=0.01, patience=3,
        variants=(Variant(title="Slow", changes={"learn": 0.001}),),
    )  # fmt: skip
    path = tmp_path / "adam.xlsx"
    build_workbook(lesson, path)
    names = main_names(lesson)
    over = str(names["problem"])
    slow = next(page for page in built.book(lesson).pages if page.title == "Slow").names
    over_slow = str(slow["problem_slow"])
    words = {
        ("batch", 2.5): "batch: type a whole number, 1 or more.",
        ("batch", None): "batch: type a whole number, 1 or more.",
        ("beta1", 1): "beta_1: type a number from 0 to below 1.",
        ("beta2", "0,9"): "beta_2 is text: type a number from 0 to below 1, decimals like 0.5.",
        ("eps", -1): "eps: type a number, 0 or more.",
        ("tolerance", "x"): "tolerance is text: type a number, 0 or more, decimals like 0.5.",
        ("patience", 0): "patience: type a whole number, 1 or more.",
    }
    for (name, value), word in words.items():
        found = engine(path, {(MAIN, str(names[named_in_sheets(name)])): value})
        assert found[MAIN, over] == word + THEN
        assert found[MAIN, str(names["epochs_run"])] == 0
        other = f"Look at the page {MAIN}: something there is to be put right."
        assert found["Slow", over_slow] == other
        assert found["Slow", str(slow["epochs_run_slow"])] == 0
        # How many epochs are run does not matter to the steps.
        stops = name in {"tolerance", "patience"}
        assert found["Slow steps", "E5"] == (1.0 if stops else "#N/A")
    found = engine(path, {("Slow", str(slow["learn_slow"])): None})
    assert found["Slow", over_slow] == "learn: type a number above 0." + THEN
    assert found[MAIN, over] == ""


DIVERGES = "The run diverges, from epoch {} on. Type a smaller learn, such as {}."


def after(lesson: Lesson, **changes: Any) -> Lesson:  # noqa: ANN401  settings
    return lesson.of({**lesson.by_name(), **by_name(changes)})


@pytest.mark.parametrize("engine", QUICK_ENGINES)
@pytest.mark.parametrize("learn", [0.0144, 0.05, 0.003, 1e150])
def test_a_diverging_run_says_so_and_what_to_type(
    small_workbook: Path, engine: Engine, learn: float
) -> None:
    lesson = after(ORIGINAL, learn=learn, clicks=4)
    (first, *_) = descend(lesson).divergence
    found = engine(small_workbook, on(MAIN, {"E85": learn, "E86": 4}))
    suggested = {0.0144: "0.00144", 0.05: "0.005", 0.003: "0.0003", 1e150: "1E149"}[learn]
    assert found[MAIN, RUN] == DIVERGES.format(first.epoch, suggested)
    assert expected_values(lesson)[MAIN, RUN] == found[MAIN, RUN]


@pytest.mark.parametrize("engine", QUICK_ENGINES)
def test_a_run_that_is_worse_than_its_start_says_so(small_workbook: Path, engine: Engine) -> None:
    changes = {"E85": 0.00143, "E86": 4}
    lesson = after(ORIGINAL, learn=0.00143, clicks=4)
    values = descend(lesson).metric_values
    found = engine(small_workbook, on(MAIN, changes))
    assert values[0] < values[-1]
    assert found[MAIN, RUN] == (
        f"The root_sse held is {values[-1]:.0f}, above the start's {values[0]:.0f}. Type a smaller "
        "learn, such as 0.000143."
    )
    assert engine(small_workbook, on(MAIN, {"E86": 4}))[MAIN, RUN] == ""


@pytest.mark.parametrize("engine", QUICK_ENGINES)
def test_a_run_that_stands_still_says_so(tmp_path: Path, engine: Engine) -> None:
    alive = lesson_of(
        x=(1, 2, 3), y=(1, 2, 3), model="max(0, a*x)", start=(0.5,), learn=0.1, epochs=4
    )
    path = tmp_path / "dead.xlsx"
    build_workbook(alive, path)
    place = (MAIN, f"G{base_section(alive).layout.beyond}")
    start = main_names(alive)["start_a"]
    assert engine(path, {})[place] == expected_values(alive)[place] == ""
    # Below 0 the model is 0 whatever a is.
    assert engine(path, {(MAIN, str(start)): -1})[place] == (
        "Nothing moves from epoch 0 on: every derivative is 0. Type another start or a larger "
        "nudge."
    )


@pytest.mark.parametrize("engine", QUICK_ENGINES)
def test_words_on_the_rows(small_workbook: Path, engine: Engine) -> None:
    one = "Row 94 is incomplete: it counts nowhere. Type a number for x and for y there, "
    two = "Rows 94 and 101 are incomplete: they count nowhere. Type numbers for x and y there, "
    four = (
        "4 rows are incomplete (the first is row 90, the last row 109): they count nowhere. Type "
        "numbers for x and y there, "
    )
    end = "decimals like 0.5."
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, ""),
        ({"C94": None}, one + end),
        ({"C94": "13,5"}, one + end),
        ({"B94": None, "C94": None}, one + end),
        ({"C94": "=NA()"}, one + end),
        ({"C94": None, "B101": ""}, two + end),
        ({"B90": None, "C94": None, "C101": "x", "C109": None}, four + end),
    ]
    for changes, word in cases:
        assert engine(small_workbook, on(MAIN, changes))[MAIN, ROWS] == word


@pytest.mark.engines
def test_the_worked_example_passes_over_a_row(small_workbook: Path) -> None:
    found = engines.formualizer(small_workbook, on(MAIN, {"C94": None}))
    x, y = (values[:4] for values in (ORIGINAL.data.x, ORIGINAL.data.y))
    errors = [(a + 1 - b) ** 2 for a, b in zip(x, y, strict=True)]
    assert found[MAIN, "L33"] == pytest.approx(sum(errors) ** 0.5, rel=1e-12)
    assert [found[MAIN, place] for place in ("J13", "K13", "J22", "K22", "J31", "L31")] == [""] * 6
    # y = 2x + 30 in all other rows: the 26.858 is gone.
    assert found[MAIN, "K14"] == pytest.approx(2, abs=1e-12)
    assert found[MAIN, "K15"] == pytest.approx(30, abs=1e-9)
    grid = sum((1 * a + 0 - b) ** 2 for a, b in zip(x, y, strict=True)) ** 0.5
    assert found[MAIN, "C46"] == pytest.approx(grid, rel=1e-12)
    # The row's own line of the next pass.
    assert [found[MAIN, f"{letter}94"] for letter in "FGHIKL"] == [""] * 6
    assert found[MAIN, "J94"] == found[MAIN, "D94"] == found[MAIN, "D95"]


class Edited:
    """The workbook in a program that puts rows in and deletes them, as people do."""

    def __init__(self, path: Path, folder: Path) -> None:
        copy = folder / "edited.xlsx"
        engines.change(path, copy, {})
        self.model = ironcalc.load_from_xlsx(str(copy))
        self.titles = [sheet["name"] for sheet in self.model.get_worksheets_properties()]

    def value(self, address: str, sheet: str = MAIN) -> object:
        place = Address.parse(address)
        return self.model.get_cell_value(self.titles.index(sheet), place.row, place.column)


@pytest.fixture
def edited(small_workbook: Path, tmp_path: Path) -> Edited:
    return Edited(small_workbook, tmp_path)


HOLDS = "This workbook holds 20 rows of data: "
ANOTHER = "for another number of rows build a new workbook."


@pytest.mark.engines
def test_a_row_put_in_between_counts_nowhere_and_that_is_said(edited: Edited) -> None:
    before = edited.value("J84")
    edited.model.insert_rows(0, 95, 1)
    edited.model.set_user_input(0, 95, 2, "11")
    edited.model.set_user_input(0, 95, 3, "52")
    edited.model.evaluate()
    assert edited.value("J84") == before
    assert edited.value(ROWS) == (
        f"{HOLDS}a row that was put in between counts nowhere. Undo that and type over the rows "
        f"that are there; {ANOTHER}"
    )


@pytest.mark.engines
def test_a_row_typed_below_counts_nowhere_and_that_is_said(edited: Edited) -> None:
    edited.model.set_user_input(0, 110, 2, "11")
    edited.model.set_user_input(0, 110, 3, "52")
    edited.model.evaluate()
    assert edited.value(ROWS) == (
        f"{HOLDS}what stands below row 109 counts nowhere. Type over the rows above; {ANOTHER}"
    )


@pytest.mark.engines
def test_a_row_put_in_below_counts_nowhere_and_that_is_said(edited: Edited) -> None:
    edited.model.insert_rows(0, 110, 1)
    edited.model.set_user_input(0, 110, 2, "11")
    edited.model.evaluate()
    assert str(edited.value(ROWS)).startswith(f"{HOLDS}what stands below row 109 counts nowhere.")


@pytest.mark.engines
def test_a_deleted_row_is_told(edited: Edited) -> None:
    edited.model.delete_rows(0, 95, 1)
    edited.model.evaluate()
    assert edited.value(ROWS) == (
        f"{HOLDS}rows were deleted. Undo that, and clear cells instead; {ANOTHER}"
    )


@pytest.mark.engines
def test_rows_put_in_above_move_the_numbers_in_the_sentence(edited: Edited) -> None:
    edited.model.insert_rows(0, 56, 2)
    edited.model.set_user_input(0, 96, 3, "")
    edited.model.evaluate()
    assert str(edited.value("B90")).startswith("Row 96 is incomplete")


@pytest.mark.parametrize(
    ("x", "intro", "fit"),
    [
        (
            (1, 2, 3),
            "Somewhere a straight line runs through your points",
            "The dots are the data, the",
        ),
        (
            {"area": (1, 2, 3), "rooms": (3, 1, 2)},
            "Some choice of w1, w2 and b comes closer to your rows",
            "Each dot is a row: across, y as it was observed",
        ),
    ],
)
def test_the_usual_texts_are_those_of_one_column_or_of_several(
    x: Any,  # noqa: ANN401  numbers, or columns of them
    intro: str,
    fit: str,
) -> None:
    section = base_section(Lesson(x=x, y=(1, 2, 4), texts=usual_texts()))
    assert section.text("intro").startswith(intro)
    assert section.text("fit").startswith(fit)


@pytest.mark.parametrize("model", ["line", "h = max(0, a*x + b); y_pred = w*h + c"])
def test_a_column_s_words_are_its_own_and_not_its_derivative_s(model: str) -> None:
    said = {name: plain_meaning(model_of(model), name) for name in ("y_pred", "de/dy_pred", "h")}
    assert said["y_pred"] == "What the model with this row's parameters predicts."
    assert "moves" in said["de/dy_pred"]
    assert "moves" not in said["h"]


def test_what_is_looked_for_is_no_straight_line_where_it_bends() -> None:
    lesson = Lesson(x=(1, 2, 3), y=(1, 2, 4), model="quadratic", texts=usual_texts())
    assert base_section(lesson).text("intro").startswith("Somewhere a curve runs")


def test_the_first_page_names_a_schedule_and_a_penalty_only_where_there_is_one() -> None:
    def said(**settings: Any) -> str:  # noqa: ANN401  a lesson's settings
        lesson = Lesson(x=(1, 2, 3), y=(1, 2, 4), lr=0.1, texts=usual_texts(), **settings)
        return base_section(lesson).text("descent")

    plain = said()
    assert "schedule" not in plain
    assert "penalty" not in plain
    assert "The schedule StepLR makes of learn another rate" in said(
        schedule="StepLR", schedule_parameters={"step_size": 2}
    )
    assert "A penalty pulls m towards 0: what is stepped by is the derivative plus l_2" in said(
        l2=1
    )
    assert "l_1 with the parameter's sign" in said(l1=1)
    assert "l_2 times the parameter plus l_1 with its sign" in said(l1=1, l2=1)
