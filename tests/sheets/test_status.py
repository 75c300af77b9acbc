"""The first row of the pages: the verdict there is the library's, live, and red where it is bad.

And the hidden page that it is read from: the log as far as it has run, which charts are drawn from.
"""

from typing import Any

import pytest

from sheetgd.descent.rate_verdict import NO_RUN, NOT_RUN, Verdict
from sheetgd.engine.run import descend
from sheetgd.lesson.fields import by_name
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_names
from sheetgd.lesson.values import Variant
from sheetgd.plot.scene import runs_of
from sheetgd.sheets.run_data import VERDICT
from sheetgd.sheets.section import PLAY, PROBLEM
from sheetgd.sheets.sheet import Condition, Effect, Page
from tests.judges.test_engines import MAIN
from tests.judges.test_method_workbooks import main_names
from tests.support import built, engines
from tests.support.each_engine import each_engine
from tests.support.engines import Engine, Place, Result, assert_close
from tests.support.given import lesson_of

# Without momentum an epoch multiplies the distance from the best weight by 1 - 28/3 learn.
LESSON = lesson_of(
    x=(1, 2, 3), y=(2, 4, 6.5), model="w*x", batch="all", optimizer="momentum",
    hyperparameters={"beta": 0.0},
    gradient="analytic", metric="mse", start=(0,), learn=0.05 * 3 / 28, epochs=10, clicks=1,
    capacity=12, rate_epochs=2, variants=(Variant(title="Far", changes={"learn": 3 * 3 / 28}),),
)  # fmt: skip
FAR = "Far"
RUN = "Run data"
STATUS = "B1"
MOVE_RATIO: Place = (RUN, "C10")
JUDGE: Place = (PLAY, STATUS)
"""A cell that is given another formula, to see what a program makes of it."""

FULL, NO_MORE = "more than there is room for", ", more do not fit"
# What is typed into the workbook, and the verdict on the run that it makes.
CASES: dict[str, tuple[dict[str, float], str]] = {
    "untouched": ({}, Verdict.STILL_FALLING),
    "growing": ({"learn": 3 * 3 / 28}, Verdict.DIVERGING),
    "beyond all numbers": ({"learn": 1e200}, Verdict.DIVERGING),
    "away from the start": ({"learn": 2.0001 * 3 / 28}, Verdict.WORSE),
    "past the bottom and up": ({"learn": 0.01, "beta": 0.95}, Verdict.RISING),
    "to and fro": ({"learn": 1.8 * 3 / 28}, Verdict.BOUNCING),
    "no move": ({"learn": 1e-13}, Verdict.UNCHANGED),
    "at the bottom": ({"learn": 0.7 * 3 / 28}, Verdict.LEVELLED_OFF),
    "after one epoch": ({"epochs": 1}, Verdict.STILL_FALLING),
    FULL: ({"clicks": 9}, Verdict.STILL_FALLING),
    "no epoch": ({"clicks": 0}, NOT_RUN),
}
BAD = {Verdict.DIVERGING, Verdict.WORSE, Verdict.RISING, Verdict.BOUNCING}


def changed(typed: dict[str, float]) -> Lesson:
    """The lesson with other settings."""
    settings: dict[str, Any] = dict(typed)
    if settings.get("clicks", 0) > 1:
        settings |= {"epochs": LESSON.capacity, "clicks": 1}
    if "beta" in settings:
        settings["hyperparameters"] = {"beta": settings.pop("beta")}
    return LESSON.of({**LESSON.by_name(), **by_name(settings)})


def cells_typed(typed: dict[str, Any]) -> dict[Place, float | str]:
    names = main_names(LESSON)
    return {(MAIN, str(names[name])): value for name, value in typed.items()}


def red_rule(page: Page) -> Condition:
    """The rule that makes the first row red."""
    (rule,) = (
        each
        for each in page.conditions
        if each.effect is Effect.RED and str(each.block.first) == STATUS
    )
    return rule


def verdict_cell(suffix: str = "") -> Place:
    title = RUN if not suffix else f"{FAR} run data"
    return title, str(built.named(LESSON, title, VERDICT + suffix))


def seen(engine: Engine, typed: dict[str, Any], title: str = MAIN) -> dict[Place, Result]:
    """What a program computes after changes, with the rule that makes a page's row red on Play."""
    rule = red_rule(built.page(LESSON, title)).formula
    return engine(built.workbook(LESSON), cells_typed(typed) | {JUDGE: f"={rule}"})


def test_every_verdict_is_met() -> None:
    met = {verdict for _, verdict in CASES.values()}
    assert met == {*Verdict, NOT_RUN}
    assert {each for each in Verdict if not each.good} == BAD


@each_engine("name", CASES, libreoffice={"past the bottom and up", "no epoch"})
def test_the_verdict_is_the_library_s_and_red_where_it_is_bad(engine: Engine, name: str) -> None:
    typed, verdict = CASES[name]
    lesson = changed(typed)
    found = seen(engine, typed)
    assert (descend(lesson).verdict or NOT_RUN) == verdict
    assert found[verdict_cell()] == verdict
    assert str(found[MAIN, STATUS]).endswith(f": {verdict}")
    assert found[JUDGE] is (verdict in BAD)
    # That is said of what is asked for; of the run alone all is as with fewer clicks.
    status = str(found[MAIN, STATUS])
    assert (NO_MORE in status) is (name == FULL)
    found = {**found, (MAIN, STATUS): status.replace(NO_MORE, "")}
    expected, found = (
        {place: each for place, each in side.items() if place[0] == RUN or place == (MAIN, STATUS)}
        for side in (built.expected_values(lesson), found)
    )
    if engine is engines.ironcalc:
        # It calls a square that is too large a division by zero, and takes 1E-17 for 0.
        found = {place: "#NUM!" if value == "#DIV/0!" else value for place, value in found.items()}
        if name == "no move":
            del expected[MOVE_RATIO], found[MOVE_RATIO]
    assert_close(expected, found)


WRONG: dict[str, dict[str, float | str]] = {
    "learn is text": {"learn": "0,01"},
    "learn: below 0": {"learn": -1.0},
    "start: none": {"start_w": ""},
}


@each_engine("name", WRONG, libreoffice=())
def test_a_wrong_setting_comes_first(engine: Engine, name: str) -> None:
    found = seen(engine, WRONG[name])
    told = found[MAIN, str(main_names(LESSON)[PROBLEM])]
    assert isinstance(told, str)
    assert told.startswith(name.partition(" ")[0])
    assert found[MAIN, STATUS] == told
    assert found[JUDGE] is True
    assert found[verdict_cell()] == NO_RUN


@each_engine("name", ["untouched", "at the bottom"], libreoffice=())
def test_a_variant_has_its_own(engine: Engine, name: str) -> None:
    """Its learn is its own: it diverges whatever the first page's is."""
    found = seen(engine, CASES[name][0], FAR)
    suffix = "_far"
    assert found[verdict_cell(suffix)] == Verdict.DIVERGING
    assert str(found[FAR, STATUS]).endswith(": diverging")
    assert found[JUDGE] is True


def test_the_page_play_has_the_same_row() -> None:
    """Its own cell is where the rules are tried out, so it is compared as it is written."""
    main, play = (built.page(LESSON, title) for title in (MAIN, PLAY))
    rows = [
        next(each for each in page.cells if str(each.address) == STATUS) for page in (main, play)
    ]
    assert rows[0].value == rows[1].value
    # On its own sheet the cell of a setting has no sheet's name before it.
    assert str(rows[0].formula).replace(f"'{MAIN}'!", "") == str(rows[1].formula).replace(
        f"'{MAIN}'!", ""
    )
    assert red_rule(main).formula == red_rule(play).formula


@pytest.mark.parametrize("name", shipped_names())
def test_every_run_of_a_shipped_lesson_has_its_verdict(name: str) -> None:
    lesson = built.SHORT[name]
    runs = {run.label: run.descent for run in runs_of(lesson)}
    runs[MAIN] = runs.pop(lesson.display.label)
    assert len(runs) == 1 + len(lesson.display.variants) + (lesson.display.published is not None)
    for title, descent in runs.items():
        (row,) = (each for each in built.page(lesson, title).cells if str(each.address) == STATUS)
        assert str(row.value).endswith(f": {descent.verdict}"), title
