"""The table of settings: what follows from it, and what must say the same."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from sheetgd.cli.main import build_parser
from sheetgd.errors import LessonError
from sheetgd.lesson.changes import Changes, Settings
from sheetgd.lesson.fields import ALIASES, CALLED_ELSEWHERE, SETTINGS, TABLES, by_name
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.values import Variant
from tests.support.command_reference import subcommands
from tests.support.given import lesson_of
from tests.support.markdown import ROOT


def test_the_types_of_arguments_are_those_of_the_settings() -> None:
    names = {*SETTINGS, *ALIASES}
    assert Settings.__annotations__.keys() == names
    assert Changes.__annotations__.keys() == names | {"x", "y"}
    # What another name takes is what the name takes.
    for alias, name in ALIASES.items():
        assert Settings.__annotations__[alias] == Settings.__annotations__[name]


@pytest.mark.parametrize("table", TABLES)
def test_a_record_has_the_settings_of_its_part(table: str) -> None:
    own = {name: each.default for name, each in SETTINGS.items() if each.table == table}
    record = TABLES[table]()
    assert own == {name: getattr(record, name) for name in own}
    assert TABLES[table].__annotations__.keys() - own.keys() <= {"chosen"}


def flags(command: str) -> dict[str, argparse.Action]:
    """Return what a command takes, by its flags."""
    parser = subcommands(build_parser())[command]
    return {flag: action for action in parser._actions for flag in action.option_strings}  # noqa: SLF001  argparse has no other way


@pytest.mark.parametrize("name", [name for name, each in SETTINGS.items() if each.metavar])
def test_a_setting_with_a_metavar_is_an_option_under_its_flag_and_aliases(name: str) -> None:
    setting = SETTINGS[name]
    commands = [each for each in map(flags, ("run", "build")) if setting.flag in each]
    assert commands
    for options in commands:
        action = options[setting.flag]
        assert (action.dest, action.help) == (name, setting.help)
        assert {f"--{alias}" for alias in setting.aliases} < {*action.option_strings}
        assert {*action.option_strings} == {setting.flag, *(f"--{a}" for a in setting.aliases)}


def test_every_other_setting_is_no_option() -> None:
    options = {**flags("run"), **flags("build")}
    assert not [
        each.flag for each in SETTINGS.values() if not each.metavar and each.flag in options
    ]


@pytest.mark.parametrize("alias", ALIASES)
def test_another_name_says_the_same_but_not_beside_the_first(alias: str) -> None:
    name = ALIASES[alias]
    assert by_name({alias: 2}) == {name: 2}
    given = {"x": (1, 2), "y": (2, 4)}
    assert Lesson.of({**given, alias: 2}) == Lesson.of({**given, name: 2})
    with pytest.raises(LessonError, match=f"{alias} is another name of {name}, and both"):
        by_name({name: 1, alias: 2})


@pytest.mark.parametrize("name", CALLED_ELSEWHERE)
def test_what_a_setting_is_called_elsewhere_is_answered(name: str) -> None:
    assert name not in {*SETTINGS, *ALIASES}
    with pytest.raises(LessonError) as caught:
        by_name({name: 1})
    assert str(caught.value) == f"a lesson has no setting {name!r}: write {CALLED_ELSEWHERE[name]}"


@pytest.mark.slow
def test_a_type_checker_refuses_a_misspelt_setting(tmp_path: Path) -> None:
    path = tmp_path / "misspelt.py"
    path.write_text(
        "import sheetgd\n"
        "lesson = sheetgd.Lesson(x=[1, 2], y=[2, 4], learning_rate=0.1)\n"
        "sheetgd.Lesson(x=[1, 2], y=[2, 4], learning_rat=0.1)\n"
        "lesson.changed(epoch=3)\n"
        "lesson.replaced(batch_size=None)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "--cache-dir", tmp_path, path],
        cwd=ROOT, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    errors = [line.partition("misspelt.py:")[2] for line in done.stdout.splitlines()]
    found = [line for line in errors if ": error: " in line]
    assert [line.partition(":")[0] for line in found] == ["3", "4", "5"], done.stdout
    assert "learning_rat" in found[0]
    assert '"epoch"' in found[1]


X = (-1.0, -0.6, 0.1, 0.3, 0.8, 1.2, 1.5)
Y = (2.1, 1.4, 0.9, 0.7, 1.3, 2.2, 3.4)


def test_a_change_lets_go_of_what_hung_on_the_old() -> None:
    lesson = lesson_of(
        x=X, y=Y, start=(1, 2), guess=(3, 4), optimizer="adam", hyperparameters={"eps": 0.1},
        metric_label="mine", capacity=7, grid=((1, 2), (3, 4)),
    )  # fmt: skip
    assert dict(lesson.changed(optimizer="rmsprop").method.hyperparameters) == {
        "rho": 0.9,
        "eps": 1e-8,
    }
    assert lesson.changed(metric="mse").metric_name == "mse"
    other = lesson.changed(model="quadratic")
    assert (other.training.start, other.display.guess, other.display.grid) == (
        (1, 1, 1),
        (1, 1, 1),
        (),
    )
    assert lesson.changed(learn=1).display.guess == (3, 4)
    assert lesson.changed(epochs=30).capacity == 30
    assert lesson.changed(seed=1).training.start == lesson_of(x=X, y=Y, seed=1).training.start
    assert lesson.varied(Variant(title="v", changes={"learn": 5})).training.learning_rate == 5
