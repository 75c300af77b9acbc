"""The buttons for Google Sheets, clicked; and the command that prints them.

Node runs the very file that ships, against a fake SpreadsheetApp with a real workbook
behind it. The cells that it changed then go into a fresh copy of the workbook, an engine
recomputes that, and what it shows must be the library's descent of so many epochs.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest

from sheetgd.cli.main import main
from sheetgd.cli.script import script_file
from sheetgd.engine.run import descend
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import shipped_lesson
from sheetgd.lesson.values import Variant
from sheetgd.sheets.book import AS_PUBLISHED, MAIN, base_section
from sheetgd.xlsx.write import build_workbook
from tests.support.engines import Place, Result, formualizer, libreoffice
from tests.support.fake_sheets import Message, chosen, defined_names, play
from tests.support.given import lesson_of
from tests.support.node import needs_node
from tests.support.programs import needs_libreoffice

SCRIPT = Path(str(script_file()))
RUN, RUN_N, RESET = "Run Epoch", "Run N Epochs...", "Reset"
LESSON = lesson_of(
    x=(1, 2, 3, 4), y=(3, 5.1, 6.9, 9.2), learn=0.01, epochs=5, clicks=1, capacity=18
)  # fmt: skip
VARIED = LESSON.changed(
    variants=(
        Variant(title="Follows", changes={"learn": 0.02}),
        Variant(title="Own clicks", changes={"clicks": 2}),
    )
)
STOPPING = LESSON.changed(min_delta=0.05, patience=1, epochs=2, capacity=30)

Built = Callable[[Lesson], Path]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Builds the workbook of a lesson, once."""
    folder, paths = tmp_path_factory.mktemp("uploaded"), dict[int, Path]()

    def build(lesson: Lesson) -> Path:
        if id(lesson) not in paths:
            paths[id(lesson)] = folder / f"{len(paths)}.xlsx"
            build_workbook(lesson, paths[id(lesson)])
        return paths[id(lesson)]

    return build


def ok(*typed: object) -> list[tuple[str, str]]:
    """These texts typed into one prompt after the other, and OK."""
    return [("OK", str(text)) for text in typed]


def by_name(workbook: Path, changes: Mapping[Place, float | str]) -> dict[str, float | str]:
    """The changed cells by their names."""
    names = {place: name for name, place in defined_names(workbook).items()}
    return {names[place]: value for place, value in changes.items()}


def places(workbook: Path, values: Mapping[str, float | str]) -> dict[Place, float | str]:
    """Named cells by their places."""
    names = defined_names(workbook)
    return {names[name]: value for name, value in values.items()}


def assert_reached(
    epochs: int,
    lesson: Lesson,
    workbook: Path,
    found: Mapping[Place, Result],
    *,
    page: str = MAIN,
    suffix: str = "",
) -> None:
    """A page of the workbook, as an engine found it, must show the descent of so many epochs."""
    names = defined_names(workbook)
    shown = [found[names[f"{name}{suffix}"]] for name in ("epochs_run", "now_m", "now_b")]
    shown.append(found[page, str(base_section(lesson).metric_cell)])
    run = descend(lesson, epochs, through=True)
    # Where published cells are mirrored, the metric is theirs: the one of a pass.
    mirrored = lesson.display.metric_label is not None
    metric = (run.metric_values_pass if mirrored else run.metric_values)[epochs]
    expected = [epochs, *run.states[epochs], metric]
    assert shown == pytest.approx(expected, rel=1e-9, abs=1e-9)


CLICKS: dict[str, tuple[Sequence[str], Sequence[object], int, dict[str, float]]] = {
    "one click": ([RUN], [], 10, {"clicks": 2}),
    "several clicks": ([RUN, RUN], [], 15, {"clicks": 3}),
    "clicks beyond the capacity": ([RUN] * 3, [], 18, {"clicks": 4}),
    "a click too many": ([RUN] * 5, [], 18, {"clicks": 4}),
    "as many as clicks run": ([RUN_N], [10], 15, {"clicks": 3}),
    "7 where a click runs 5": ([RUN_N], [7], 12, {"epochs": 1, "clicks": 12}),
    "7 and a click": ([RUN_N, RUN], [7], 13, {"epochs": 1, "clicks": 13}),
    "1 and 2": ([RUN_N, RUN_N], [1, 2], 8, {"epochs": 1, "clicks": 8}),
    "exactly the capacity": ([RUN_N], [13], 18, {"epochs": 1, "clicks": 18}),
    "far too many": ([RUN_N], ["9" * 400], 18, {"epochs": 1, "clicks": 18}),
    "reset": ([RESET], [], 0, {"clicks": 0}),
    "reset and a click": ([RUN, RESET, RUN], [], 5, {"clicks": 1}),
    "reset and 7": ([RESET, RUN_N], [" 7 "], 7, {"epochs": 1, "clicks": 7}),
}


@needs_node
@pytest.mark.parametrize("case", CLICKS)
@pytest.mark.engines
def test_as_many_epochs_are_run_as_clicked(built: Built, case: str) -> None:
    labels, typed, epochs, changed = CLICKS[case]
    workbook = built(LESSON)
    seen = play(SCRIPT, workbook, chosen(*labels), answers=ok(*typed))
    assert by_name(workbook, seen.changes) == changed
    assert_reached(epochs, LESSON, workbook, formualizer(workbook, seen.changes))


@needs_node
@needs_libreoffice
def test_libreoffice_agrees(built: Built) -> None:
    workbook = built(LESSON)
    seen = play(SCRIPT, workbook, chosen(RUN, RUN_N), answers=ok(4))
    assert_reached(14, LESSON, workbook, libreoffice(workbook, seen.changes))


@needs_node
def test_the_menu_and_the_functions_for_drawings(built: Built) -> None:
    functions = [{"called": name} for name in ("runEpoch", "reset", "runNEpochs")]
    drawn = play(SCRIPT, built(LESSON), functions, answers=ok(7))
    assert drawn.menus == {"sheetgd": {RUN: "runEpoch", RUN_N: "runNEpochs", RESET: "reset"}}
    menu = play(SCRIPT, built(LESSON), chosen(RUN, RESET, RUN_N), answers=ok(7))
    assert menu == drawn
    assert by_name(built(LESSON), drawn.changes) == {"clicks": 7, "epochs": 1}


@pytest.mark.slow
@needs_node
@pytest.mark.parametrize("epochs", [0, 1, 4, 6, 7])
def test_any_number_is_run_exactly(built: Built, epochs: int) -> None:
    workbook, numbers = built(LESSON), range(1, 18)
    seen = play(
        SCRIPT,
        workbook,
        [click for _ in numbers for click in chosen(RESET, RUN_N)],
        answers=ok(*numbers),
        typed=places(workbook, {"epochs": epochs, "clicks": 2}),
    )
    # The count in a message is the cell epochs_run as the engine computes it.
    each, told = epochs, [text for kind, title, text in seen.messages if title == "Run N Epochs"]
    for number, text in zip(numbers, told[1::2], strict=True):
        assert text.startswith(f"{MAIN}: {number} epoch{'s' * (number > 1)} run in all."), text
        divisor = math.gcd(each, number)
        assert (f"epochs is now {divisor} (it was {each})" in text) == (divisor != each)
        each = divisor


@needs_node
def test_messages_say_what_a_reader_needs(built: Built) -> None:
    def last(*labels: str, typed: object = "") -> Message:
        return play(SCRIPT, built(LESSON), chosen(*labels), answers=ok(typed)).last

    assert last(RUN) == ("toast", "Run Epoch", f"{MAIN}: 10 epochs run in all.")
    kind, title, text = last(RUN_N, typed=7)
    assert (kind, title) == ("toast", "Run N Epochs")
    assert "12 epochs run in all" in text
    assert "epochs is now 1 (it was 5) and clicks 12" in text
    assert "a click of Run Epoch runs 1" in text
    kind, _, text = last(RUN, RUN, RUN)
    assert kind == "toast"
    assert "18 epochs run in all. There is no room for more" in text
    assert "no room for more" in last(RUN_N, typed=14).text
    assert "no room" not in last(RUN_N, typed=13).text
    kind, _, text = last(RUN, RUN, RUN, RUN)
    assert kind == "alert"
    assert "room for 18 epochs here, and all have been run" in text
    assert "For more, a new workbook with more room is needed." in text
    kind, _, text = last(RESET)
    assert kind == "toast"
    assert "clicks is 0. epochs stays 5" in text


@needs_node
def test_a_double_click_counts_once(built: Built) -> None:
    workbook = built(LESSON)
    seen = play(SCRIPT, workbook, chosen(RUN, twice=True))
    assert by_name(workbook, seen.changes) == {"clicks": 2}
    assert [message.text.split(".")[0] for message in seen.messages] == [
        "The last click is still at work",
        f"{MAIN}: 10 epochs run in all",
    ]


@needs_node
@pytest.mark.parametrize("typed", ["abc", "-1", "2.5", "0", "", "1e1", "1,000", "0x10", "7 8"])
def test_bad_input(built: Built, typed: str) -> None:
    seen = play(SCRIPT, built(LESSON), chosen(RUN_N), answers=ok(typed))
    text = f'"{typed}" is not a number of epochs: give a whole number, 1 or more.'
    assert seen.last == ("alert", "Run N Epochs", text)
    assert seen.changes == {}


@needs_node
@pytest.mark.parametrize("button", ["CANCEL", "CLOSE"])
def test_no_answer(built: Built, button: str) -> None:
    seen = play(SCRIPT, built(LESSON), chosen(RUN_N), answers=[(button, "7")])
    assert [message.kind for message in seen.messages] == ["prompt"]
    assert seen.changes == {}


@needs_node
@pytest.mark.parametrize("name", ["epochs", "clicks", "capacity", "epochs_run"])
def test_missing_names(built: Built, name: str) -> None:
    seen = play(SCRIPT, built(LESSON), chosen(RUN, RUN_N), answers=ok(3), without=[name])
    for title, message in zip(("Run Epoch", "Run N Epochs"), seen.messages[::2], strict=True):
        assert message[:2] == ("alert", title)
        assert f"No cell of this spreadsheet is named {name}." in message.text
        assert "sheetgd" in message.text
    assert seen.changes == {}


@needs_node
def test_another_spreadsheet_altogether(built: Built) -> None:
    workbook = built(LESSON)
    seen = play(SCRIPT, workbook, chosen(RUN, RESET), without=list(defined_names(workbook)))
    assert [message.kind for message in seen.messages] == ["alert", "alert"]
    assert seen.changes == {}


@needs_node
@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"clicks": "abc"}, 'clicks is "abc": it must be a whole number, 0 or more'),
        ({"clicks": -1}, 'clicks is "-1"'),
        ({"epochs": 2.5}, 'epochs is "2.5"'),
        ({"capacity": "=1/0"}, 'capacity is "#'),
        ({"epochs": 0}, "epochs is 0, so a click runs nothing"),
        ({"clicks": "=1+1"}, "which is yours to change"),
    ],
)
def test_cells_that_cannot_be_clicked(
    built: Built, typed: dict[str, float | str], says: str
) -> None:
    seen = play(SCRIPT, built(LESSON), chosen(RUN), typed=places(built(LESSON), typed))
    assert seen.last[:2] == ("alert", "Run Epoch")
    assert says in seen.last.text
    assert seen.changes == {}


@needs_node
@pytest.mark.engines
def test_reset_mends_clicks(built: Built) -> None:
    workbook = built(LESSON)
    typed = places(workbook, {"clicks": "abc"})
    seen = play(SCRIPT, workbook, chosen(RESET), typed=typed)
    assert by_name(workbook, seen.changes) == {"clicks": 0}
    assert_reached(0, LESSON, workbook, formualizer(workbook, typed | seen.changes))


@needs_node
@pytest.mark.engines
def test_a_descent_that_stops_by_itself(built: Built) -> None:
    workbook, stop = built(STOPPING), descend(STOPPING, 30).stop
    assert stop is not None
    assert 2 < stop.epoch < 30
    # So many clicks ask for more than the stop allows; the next one is refused.
    clicks = stop.epoch // STOPPING.training.epochs + 1
    seen = play(SCRIPT, workbook, chosen(*[RUN] * clicks, RUN_N), answers=ok(3))
    refused = [message for message in seen.messages if message.kind == "alert"]
    assert len(refused) == 2
    for message in refused:
        assert f"stopped by itself after {stop.epoch} epochs" in message.text
    assert by_name(workbook, seen.changes) == {"clicks": clicks}
    assert_reached(stop.epoch, STOPPING, workbook, formualizer(workbook, seen.changes))
    seen = play(SCRIPT, workbook, chosen(RUN_N), answers=ok(20))
    assert seen.last.kind == "toast"
    assert f"{stop.epoch} epochs run in all. There the descent stopped" in seen.last.text


@needs_node
@pytest.mark.parametrize(
    ("active", "labels", "typed", "epochs", "changed"),
    [
        (AS_PUBLISHED, [RUN, RUN], [], 25, {"clicks_published": 5}),
        (AS_PUBLISHED, [RUN_N], [7], 22, {"epochs_published": 1, "clicks_published": 22}),
        ("Epochs as published", [RESET, RUN_N], [10], 10, {"clicks_published": 2}),
        (AS_PUBLISHED, [RESET], [], 0, {"clicks_published": 0}),
    ],
)
@pytest.mark.engines
def test_the_page_as_published_has_clicks_of_its_own(  # noqa: PLR0917  a table's columns
    workbook: Path,
    active: str,
    labels: list[str],
    typed: list[int],
    epochs: int,
    changed: dict[str, float],
) -> None:
    seen = play(SCRIPT, workbook, chosen(*labels), answers=ok(*typed), active=active)
    assert by_name(workbook, seen.changes) == changed
    assert seen.last.text.startswith(f"{AS_PUBLISHED}: ")
    original = shipped_lesson("original")
    assert original.display.published is not None
    found = formualizer(workbook, seen.changes)
    assert_reached(5, original, workbook, found)
    at = {"page": AS_PUBLISHED, "suffix": "_published"}
    assert_reached(epochs, original.display.published, workbook, found, **at)


@needs_node
@pytest.mark.parametrize("active", ["Steps", "Check", "Steps as published"])
@pytest.mark.engines
def test_other_pages_click_the_first(workbook: Path, active: str) -> None:
    seen = play(SCRIPT, workbook, chosen(RUN), active=active)
    assert by_name(workbook, seen.changes) == {"clicks": 2}
    assert_reached(10, shipped_lesson("original"), workbook, formualizer(workbook, seen.changes))


@needs_node
@pytest.mark.engines
def test_variants_follow_the_first_page_or_have_clicks_of_their_own(built: Built) -> None:
    workbook = built(VARIED)
    click = partial(play, SCRIPT, workbook)
    for active in ("Follows", "Follows epochs"):
        seen = click(chosen(RUN_N), answers=ok(7), active=active)
        assert by_name(workbook, seen.changes) == {"epochs": 1, "clicks": 12}
    follows = descend(VARIED.varied(VARIED.display.variants[0]), 12)
    shown = formualizer(workbook, seen.changes)[defined_names(workbook)["now_m_follows"]]
    assert shown == pytest.approx(follows.states[12][0], rel=1e-9)
    seen = click(chosen(RUN), active="Own clicks")
    assert by_name(workbook, seen.changes) == {"clicks_own_clicks_3": 3}
    # Its epochs follow the first page's, and are not to be cut loose from there.
    seen = click(chosen(RUN_N), answers=ok(7), active="Own clicks")
    assert seen.last.kind == "alert"
    assert "epochs on the page Own clicks would have to become 1" in seen.last.text
    assert seen.changes == {}


BROKEN = {
    "clicks": ("clicks + 1 }", "clicks + 2 }"),
    "the product": ("clicks: total / each", "clicks: total"),
    "the divisor": ("divisor_(epochs, total)", "epochs"),
    "the capacity": ("Math.min(wanted, capacity)", "wanted"),
    "the page": ("this.suffix = own[1]", "this.suffix = ''"),
    "the lock": ("lock.tryLock(100)", "true"),
    "giving back the lock": ("lock.releaseLock()", "lock.toString()"),
    "the check of input": ("!/^[0-9]+$/.test(typed)", "false"),
    "the menu": ('"runEpoch")', '"runEpochs")'),
    "a name": ("book.getRangeByName", "book.getNamedRange"),
}


@needs_node
@pytest.mark.parametrize("part", BROKEN)
@pytest.mark.engines
def test_a_broken_script_is_found_out(
    built: Built, workbook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    text, (right, wrong) = SCRIPT.read_text(encoding="utf-8"), BROKEN[part]
    assert text.count(right) == 1
    broken = tmp_path / "broken.gs"
    broken.write_text(text.replace(right, wrong), encoding="utf-8")
    monkeypatch.setitem(globals(), "SCRIPT", broken)

    def checks() -> None:
        for case in ("several clicks", "as many as clicks run", "reset and 7", "far too many"):
            test_as_many_epochs_are_run_as_clicked(built, case)
        test_bad_input(built, "2.5")
        test_the_page_as_published_has_clicks_of_its_own(
            workbook, AS_PUBLISHED, [RUN, RUN], [], 25, {"clicks_published": 5}
        )

    with pytest.raises(AssertionError):
        checks()


def test_the_script_can_be_pasted_anywhere() -> None:
    text = SCRIPT.read_bytes()
    assert text.isascii()
    assert b"\r" not in text
    assert b"@OnlyCurrentDoc" in text


def test_script_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["script"]) == 0
    assert capsys.readouterr().out == SCRIPT.read_text(encoding="utf-8")


def test_script_writes_it_and_replaces_nothing_unasked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "kept" / "Code.gs"
    given = ["script", "-o", str(path)]
    assert main(given) == 0
    assert capsys.readouterr().out.splitlines()[0] == str(path)
    assert path.read_bytes() == SCRIPT.read_bytes()
    assert main(given) == 0
    path.write_text("a teacher's own buttons")
    capsys.readouterr()
    assert main(given) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert "--force" in line
    assert path.read_text() == "a teacher's own buttons"
    assert [each.name for each in path.parent.iterdir()] == ["Code.gs"]
    assert main([*given, "--force"]) == 0
    assert path.read_bytes() == SCRIPT.read_bytes()
    assert main(["script", "-o", str(tmp_path)]) == 2
    assert "folder" in capsys.readouterr().err


def test_the_script_is_no_lesson(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lessons", "--json"]) == 0
    names = [lesson["name"] for lesson in json.loads(capsys.readouterr().out)]
    assert names == sorted(names)
    assert "sheetgd" not in names
    assert main(["build", "sheetgd"]) == 2
