"""The page in a real Chromium and a real Firefox, opened from disk, as a student clicks."""

import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sheetgd.cli.arguments import lesson_of as lesson_named
from sheetgd.cli.main import parse
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson, shipped_names
from sheetgd.sheets.cells import BLUE, HEAT_BAD, HEAT_GOOD, HEAT_MIDDLE, INK
from sheetgd.web.page import notebook_view, page_of
from tests.support.browser import BROWSERS, Browser
from tests.support.given import lesson_of
from tests.support.hostile_texts import MARKUP
from tests.support.programs import check_marked

Show = Callable[..., Browser]

LEFT, RIGHT, TOP, BOTTOM = 52, 10, 8, 32
"""The margins of a picture, as charts.js has them."""

THREE = "x,y\n1,3\n2,5.5\n3,7\n"

ENTER, LEFT_ARROW, RIGHT_ARROW, UP_ARROW, INSERT, DELETE, PAGE_DOWN = (
    "\ue007", "\ue012", "\ue014", "\ue013", "\ue016", "\ue017", "\ue00f",
)  # fmt: skip


@pytest.fixture(
    scope="module",
    params=[pytest.param(each, marks=pytest.mark.engines(each)) for each in BROWSERS],
)
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A browser of each kind, for all tests here."""
    with BROWSERS[request.param]() as found:
        found.resize(1366, 768)
        yield found


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    """Open the page of a lesson; at the end nothing was said on the console or asked for."""
    check_marked()

    def shown(lesson: Lesson | str, address: str = "") -> Browser:
        path = tmp_path / "lesson.html"
        made = shipped_lesson(lesson) if isinstance(lesson, str) else lesson
        path.write_text(page_of(made), encoding="utf-8")
        browser.go("about:blank")
        browser.go(path.as_uri() + address)
        browser.settle()
        return browser

    yield shown
    assert browser.said() == []


def state(browser: Browser) -> dict[str, Any]:
    """Where the run stands."""
    found: dict[str, Any] = browser.run("return window.lesson.state()")
    return found


def parameters(browser: Browser) -> list[float]:
    """The m and the b of the run."""
    return [state(browser)["parameters"][name] for name in ("m", "b")]


def place(browser: Browser, picture: str, across: float, up: float) -> tuple[float, float]:
    """Where on the screen a share of a picture's axes is."""
    browser.middle(picture)
    left, top, width, height = browser.run(
        "const box = document.getElementById(arguments[0]).getBoundingClientRect();"
        "return [box.left, box.top, box.width, box.height]",
        picture,
    )
    x = left + LEFT + across * (width - LEFT - RIGHT)
    return x, top + TOP + (1 - up) * (height - TOP - BOTTOM)


def focus(browser: Browser, name: str) -> None:
    """Put the focus on what has an id."""
    browser.run("document.getElementById(arguments[0]).focus()", name)


def data(browser: Browser) -> list[list[float]]:
    """The page's data as its address has them."""
    found = browser.wait("new URLSearchParams(location.hash.slice(1)).get('data')")
    columns: list[list[float]] = json.loads(found)
    return columns


@pytest.mark.parametrize("name", shipped_names())
def test_every_lesson_is_shown(show: Show, name: str) -> None:
    browser = show(name)
    browser.click("epoch")
    browser.click("step")
    assert state(browser)["epoch"] > 0
    painted = "[...document.querySelectorAll('canvas')].every((each) => new Set(each.getContext("
    painted += "'2d').getImageData(0, 0, each.width, each.height).data).size > 3)"
    browser.wait(painted)
    assert browser.run("return document.getElementById('table').tBodies[0].rows.length") > 2
    assert browser.run("return performance.getEntriesByType('resource').length") == 0


def test_the_colours_are_those_of_the_sheets(show: Show) -> None:
    browser = show("original")
    wanted = {"ink": INK, "good": HEAT_GOOD, "middle": HEAT_MIDDLE, "bad": HEAT_BAD, "run-0": BLUE}
    for name, colour in wanted.items():
        script = "return getComputedStyle(document.documentElement).getPropertyValue(arguments[0])"
        assert browser.run(script, f"--{name}").strip() == f"#{colour.lower()}"


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080), (360, 740)])
@pytest.mark.parametrize("name", ["original", "optimisers", "xor", "overfitting"])
def test_everything_fits(show: Show, name: str, width: int, height: int) -> None:
    browser = show(name)
    browser.resize(width, height)
    inner, whole, lowest = browser.run(
        "return [innerWidth, document.documentElement.scrollWidth,"
        "document.getElementById('controls').getBoundingClientRect().bottom + scrollY]"
    )
    assert whole <= inner
    if width > 1000:
        assert lowest <= height
    browser.resize(1366, 768)


def test_the_buttons(show: Show) -> None:
    browser = show("original")
    begun = state(browser)
    said = "return document.getElementById('status').textContent"
    assert browser.run(said) == "0 epochs run: m 1, b 1, root_sse held 227.4: not run yet"
    browser.click("step")
    stepped = state(browser)
    assert (stepped["epoch"], stepped["row"]) == (0, 1)
    assert stepped["parameters"] != begun["parameters"]
    browser.click("epoch")
    assert (state(browser)["epoch"], state(browser)["row"]) == (1, 0)
    browser.click("back")
    assert state(browser) == stepped
    browser.click("back")
    assert state(browser) == begun
    browser.click("epoch")
    ended = state(browser)
    browser.click("reset")
    assert state(browser) == begun
    browser.click("back")
    assert state(browser) == ended


def test_the_page_tells_the_numbers_of_the_engine(show: Show) -> None:
    browser = show("original")
    run = shipped_lesson("original").run()
    for epoch in range(1, 6):
        browser.run("window.lesson.epoch()")
        assert parameters(browser) == list(run.states[epoch][:2])


@pytest.mark.parametrize(("name", "shown"), [("original", "block"), ("neurons", "none")])
def test_a_stable_range_is_marked_where_one_is_known(show: Show, name: str, shown: str) -> None:
    mark = "return getComputedStyle(document.getElementById('stable-range')).display"
    assert show(name).run(mark) == shown


def test_run_and_pause(show: Show) -> None:
    browser = show("original")
    browser.choose("speed", "60 epoch")
    browser.click("run")
    browser.wait("window.lesson.state().epoch > 20")
    browser.click("run")
    paused = state(browser)
    browser.settle()
    assert state(browser) == paused
    assert browser.run("return location.hash").startswith("#epoch=")


def test_every_choice_begins_a_new_run_that_back_undoes(show: Show) -> None:
    browser = show("original")
    browser.click("epoch")
    before = state(browser)
    choices = {
        "rate-slider": "-3.5", "optimizer": "adam", "gradient": "analytic", "loss": "mae",
        "batch_size": "all", "order": "shuffled", "learning_rate": "0.02", "difference_step": "0.1",
        "seed": "3",
    }  # fmt: skip
    for name, value in choices.items():
        browser.choose(name, value)
        assert state(browser)["epoch"] == 0
    hash_ = browser.run("return location.hash")
    for wanted in ("optimizer=adam", "loss=mae", "batch_size=all", "learning_rate=0.02", "seed=3"):
        assert wanted in hash_
    browser.click("epoch")
    for _ in range(len(choices) + 1):
        browser.click("back")
    assert state(browser) == before


def test_what_is_no_number_is_not_taken(show: Show) -> None:
    browser = show("original")
    browser.click("epoch")
    before = state(browser)
    browser.choose("learning_rate", "")
    assert browser.run("return document.getElementById('learning_rate').matches(':invalid')")
    assert state(browser) == before


def test_a_point_is_dragged_added_and_removed(show: Show) -> None:
    lesson = Lesson(x=(0, 5, 10), y=(0, 4, 10), learning_rate=0.001, start=(0, 0))
    browser = show(lesson)
    # The axes go 8 % beyond the data on each side.
    share = 0.08 / 1.16
    browser.press(
        [place(browser, "data", 0.5, share + 0.4 / 1.16), place(browser, "data", 0.6, 0.7)]
    )
    x, y = data(browser)
    assert (x[0], x[2], y[0], y[2]) == (0, 10, 0, 10)
    assert (x[1], y[1]) == pytest.approx((6.16, 7.32), abs=0.06)
    browser.click("back")
    assert "data" not in browser.run("return location.hash")
    browser.click("epoch")
    fresh = lesson.run().states[1]
    assert parameters(browser) == [*fresh]
    browser.click("back")
    browser.press(
        [place(browser, "data", 0.5, share + 0.4 / 1.16), place(browser, "data", 0.6, 0.7)]
    )
    browser.press([place(browser, "data", 0.3, 0.8)])
    x, y = data(browser)
    assert (x[3], y[3]) == pytest.approx((2.68, 8.48), abs=0.06)
    browser.click("remove")
    assert len(data(browser)[0]) == 3
    for _ in range(3):
        browser.click("back")
    assert "data" not in browser.run("return location.hash")


def test_points_by_keyboard(show: Show) -> None:
    browser = show(Lesson(x=(0, 5, 10), y=(0, 4, 10), learning_rate=0.001, start=(0, 0)))
    focus(browser, "data")
    browser.type(PAGE_DOWN, RIGHT_ARROW, UP_ARROW)
    x, y = data(browser)
    assert (x[1], y[1]) == pytest.approx((5.116, 4.116))
    browser.type(INSERT)
    assert len(data(browser)[0]) == 4
    browser.type(DELETE)
    assert data(browser) == [x, y]
    browser.click("back")
    assert len(data(browser)[0]) == 4


def test_the_focus_stays_where_one_types(show: Show) -> None:
    browser = show("neurons")
    wanted = {"#row-values input": "warmth", "#start input": "a1", "#upwards": ""}
    for place_, name in wanted.items():
        browser.run(f"document.querySelector('{place_}').focus()")
        browser.type("\ue015" if place_ == "#upwards" else UP_ARROW, ENTER)
        browser.settle()
        active = f"return document.activeElement.matches('{place_}') && document.activeElement.name"
        assert browser.run(active) == name, place_
    x, _ = data(browser)
    assert x[0] == -2
    assert state(browser)["parameters"]["a1"] == 0
    # Nothing is no number.
    browser.run("document.querySelector('#row-values input').focus()")
    browser.run(
        "const it = document.activeElement; it.value = ''; it.dispatchEvent(new Event('change'))"
    )
    assert browser.run("return document.activeElement.matches(':invalid')")
    assert data(browser)[0] == x


def test_the_pictures_say_where_they_stand(show: Show) -> None:
    browser = show("original")
    said = "return document.getElementById(arguments[0]).getAttribute('aria-valuetext')"
    focus(browser, "data")
    browser.type(PAGE_DOWN)
    assert browser.run(said, "data") == "Row 2 of 20: x 9, y 48"
    focus(browser, "map")
    first = browser.run(said, "map")
    browser.type(LEFT_ARROW)
    assert browser.run(said, "map") != first
    assert browser.run(said, "map").startswith("m 1.94, b 15: ")


def test_the_map_chooses_the_start(show: Show) -> None:
    browser = show("original")
    browser.click("epoch")
    browser.press([place(browser, "map", 0.5, 0.5)])
    assert state(browser)["epoch"] == 0
    assert parameters(browser) == pytest.approx([2, 15], abs=0.2)
    browser.hover(place(browser, "map", 0.25, 0.25))
    assert browser.run("return document.getElementById('here').textContent").startswith("m 1.2")
    focus(browser, "map")
    browser.type(LEFT_ARROW, ENTER)
    assert state(browser)["parameters"]["m"] < 1.3


def test_the_keyboard(show: Show) -> None:
    browser = show("original")
    browser.run("document.activeElement.blur()")
    begun = state(browser)
    browser.type("e", "s", "s", "b")
    assert (state(browser)["epoch"], state(browser)["row"]) == (1, 1)
    browser.type("0")
    assert state(browser) == begun
    focus(browser, "epoch")
    browser.type(ENTER)
    assert state(browser)["epoch"] == 1
    seen = browser.run(
        "return [...document.querySelectorAll('button, input, select, canvas')]"
        ".filter((each) => !each.closest('[hidden]') && !each.hidden && !("
        "each.labels?.length || each.ariaLabel || each.textContent.trim())).map((each) => each.id)"
    )
    assert seen == []


def test_the_address_brings_it_back(show: Show) -> None:
    browser = show("original")
    browser.choose("optimizer", "momentum")
    browser.choose("learning_rate", "0.00002")
    focus(browser, "data")
    browser.type(UP_ARROW)
    for _ in range(3):
        browser.click("epoch")
    browser.click("step")
    wanted = state(browser)
    address = browser.run("return location.hash")
    assert state(show("original", address)) == wanted
    browser.choose("optimizer", "adam")
    browser.back()
    browser.settle()
    assert state(browser) == wanted
    assert state(show("original", "#epoch=x&data=[1&start={}&loss=none"))["epoch"] == 0


def test_a_cell_explains_itself(show: Show) -> None:
    browser = show("original")
    browser.run("document.querySelector('[data-at=\"0 4\"]').focus()")
    browser.settle()
    said = "return document.getElementById('formula').textContent"
    assert "y_pred = m*x+b = 1*7+1 = 8" in browser.run(said)
    browser.type("\ue015")
    assert browser.run(said).startswith("Row 2: y_pred = m*x+b = ")


def test_all_runs_race(show: Show) -> None:
    browser = show("optimisers")
    browser.click("race")
    begun = state(browser)
    for _ in range(3):
        browser.click("epoch")
    browser.choose("which", "4")
    variant = shipped_lesson("optimisers")
    adam = variant.varied(variant.display.variants[3]).run()
    assert parameters(browser) == pytest.approx(list(adam.states[3][:2]), rel=1e-12)
    browser.choose("which", "0")
    for _ in range(3):
        browser.click("back")
    assert state(browser) == begun


def test_what_is_saved(show: Show) -> None:
    browser = show("original")
    browser.click("epoch")
    browser.run(
        "window.kept = []; URL.createObjectURL = (blob) => {"
        "blob.text().then((text) => kept.push(text)); return '#'; };"
    )
    for at, name in enumerate(["save-log", "save-steps", "save-data"]):
        browser.run("document.getElementById(arguments[0]).click()", name)
        browser.wait(f"window.kept.length > {at}")
    log, steps, table = browser.run("return window.kept")
    assert log.startswith("epoch,m,b,")
    assert len(log.splitlines()) == 3
    assert steps.startswith("row,x,y,m,b,y_pred,")
    assert table.splitlines()[:2] == ["x,y", "7,44"]


def command(browser: Browser) -> list[str]:
    """The words of the command that the page gives for a workbook."""
    browser.settle()
    return shlex.split(browser.run("return document.getElementById('command').textContent"))


def test_the_command_builds_what_is_seen(
    show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = show("original")
    assert command(browser) == ["sheetgd", "build", "original"]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text(THREE, encoding="utf-8")
    changes: list[dict[str, str]] = [
        {"optimizer": "adam", "learning_rate": "0.3"}, {"batch_size": "all", "order": "shuffled"},
        {"loss": "huber", "gradient": "analytic"}, {"seed": "3"},
    ]  # fmt: skip
    for lesson in ("original", "parabola", lesson_of(x=(1, 2, 3), y=(3, 5.5, 7))):
        for changed in changes:
            browser = show(lesson)
            for name, value in changed.items():
                browser.choose(name, value)
            for _ in range(3):
                browser.click("epoch")
            words = command(browser)
            named = isinstance(lesson, str)
            assert words[2] == (lesson if named else "--data"), words
            run = lesson_named(parse(words[1:])).run()
            assert run.parameters == pytest.approx(state(browser)["parameters"], rel=1e-12), words


def test_a_notebook_shows_the_page(browser: Browser, tmp_path: Path) -> None:
    check_marked()
    lesson = shipped_lesson("original")
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><title>A notebook</title>{notebook_view(lesson)}", "utf-8")
    browser.go(path.as_uri())
    browser.enter(0)
    browser.settle()
    browser.run("window.lesson.epoch()")
    browser.settle()
    assert parameters(browser) == [*lesson.run().states[1][:2]]
    browser.enter(None)
    assert browser.said() == []


def test_the_command_of_a_variant_builds_the_variant(
    show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = show("houses")
    monkeypatch.chdir(tmp_path)
    data_ = shipped_lesson("houses").data
    rows = zip(*data_.named.values(), data_.y, strict=True)
    lines = [[*data_.named, data_.y_name], *rows]
    (tmp_path / "data.csv").write_text(
        "".join(f"{','.join(map(str, each))}\n" for each in lines), encoding="utf-8"
    )
    titles = [each.title for each in shipped_lesson("houses").display.variants]
    browser.choose("which", str(1 + titles.index("Standardised")))
    for _ in range(4):
        browser.click("epoch")
    run = lesson_named(parse(command(browser)[1:])).run()
    assert run.parameters == pytest.approx(state(browser)["parameters"], rel=1e-9)


def test_what_is_a_few_last_digits_wide_is_drawn(show: Show) -> None:
    lesson = Lesson(
        x=(8, 9, 10), y=(5, 3.3, 5.2), learning_rate=0.01, batch_size=3, gradient="analytic",
        start=(0.1, 3.6),
    )  # fmt: skip
    browser = show(lesson)
    browser.click("epoch")
    for _ in range(60):
        browser.run("document.getElementById('closer').click()")
    browser.settle()
    assert state(browser)["epoch"] == 1


def test_what_was_added_and_taken_back_is_not_chosen(show: Show) -> None:
    browser = show(Lesson(x=(0, 5, 10), y=(0, 4, 10), learning_rate=0.001, start=(0, 0)))
    assert browser.run("return document.getElementById('back').disabled")
    browser.click("add")
    browser.click("back")
    said = "return document.getElementById('data').getAttribute('aria-valuetext')"
    assert browser.run(said).startswith("Row 3 of 3: ")
    browser.choose("row", "1.5")
    assert browser.run(said).startswith("Row 3 of 3: ")
    assert browser.run("return document.querySelectorAll('#table [tabindex=\"0\"]').length") == 1


def test_the_address_brings_seeds_and_races_back(show: Show) -> None:
    browser = show("original")
    browser.choose("seed", "5")
    browser.click("epoch")
    wanted, words = state(browser), command(browser)
    again = show("original", browser.run("return location.hash"))
    assert (state(again), command(again)) == (wanted, words)
    assert "--seed" in words
    assert again.run("return document.getElementById('seed').value") == "5"
    browser = show("optimisers")
    browser.click("race")
    browser.press([place(browser, "map", 0.5, 0.5)])
    browser.click("epoch")
    starts = "return performance && document.getElementById('which').options.length"
    assert browser.run(starts) == 5
    address = browser.run("return location.hash")
    ends = []
    for _ in range(2):
        found = []
        for which in range(5):
            browser.choose("which", str(which))
            found.append(state(browser)["parameters"])
        ends.append(found)
        browser = show("optimisers", address)
    assert ends[0] == ends[1]


def test_an_address_that_cannot_be_read_is_told(show: Show) -> None:
    browser = show("original", "#data=[1&optimizer=none")
    said = "return document.getElementById('status').textContent"
    assert "Not all of this address" in browser.run(said)
    browser.click("epoch")
    assert "Not all of this address" not in browser.run(said)


def test_paper_has_all_rows(show: Show) -> None:
    x = [each / 100 for each in range(300)]
    browser = show(Lesson(x=x, y=[2 * each + 1 for each in x], learning_rate=0.001))
    shown = "return document.querySelectorAll('#table tbody th').length"
    assert browser.run(shown) < 60
    browser.run("dispatchEvent(new Event('beforeprint'))")
    assert browser.run(shown) == 300
    browser.run("dispatchEvent(new Event('afterprint'))")
    assert browser.run(shown) < 60


def test_hostile_texts_are_texts(show: Show) -> None:
    title = " ".join(MARKUP)[:255]
    lesson = Lesson(
        x=(1, 2, 3), y=(3, 5, 7), learning_rate=0.01, title=title, x_name=MARKUP[15], y_name="<b>y"
    )
    browser = show(lesson)
    assert browser.run("return document.getElementById('title').textContent") == title
    assert browser.run("return document.querySelectorAll('script, b b').length") == 3


def test_a_thousand_rows_are_a_window_of_rows(show: Show) -> None:
    x = [each / 100 for each in range(1000)]
    browser = show(Lesson(x=x, y=[2 * each + 1 for each in x], learning_rate=0.001))
    assert browser.run("return document.getElementById('table').tBodies[0].rows.length") < 60
    browser.run("document.getElementById('scroll').scrollTop = 26 * 500")
    browser.settle()
    assert browser.run("return document.querySelector('[data-at=\"505 0\"]') !== null")
