"""Warnings of ours: whom they point at, and how the command line shows them."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from types import FunctionType

import pytest

import sheetgd
from sheetgd import cli, errors
from sheetgd.errors import warn


def test_a_warning_of_ours_can_be_told_from_all_others() -> None:
    assert issubclass(sheetgd.SheetgdWarning, UserWarning)
    with pytest.warns(sheetgd.SheetgdWarning, match="^two lines$"):
        warn("two\nlines")
    with warnings.catch_warnings():
        warnings.simplefilter("error", sheetgd.SheetgdWarning)
        with pytest.raises(sheetgd.SheetgdWarning, match="an error if asked for"):
            warn("an error if asked for")


def test_a_warning_names_the_line_that_called_sheetgd(monkeypatch: pytest.MonkeyPatch) -> None:
    def within(*_: object) -> None:
        warn("from deep within")

    lesson = sheetgd.Lesson(x=(1, 2), y=(3, 5))
    monkeypatch.setattr("sheetgd.lesson.check_texts", FunctionType(within.__code__, vars(errors)))
    with pytest.warns(sheetgd.SheetgdWarning) as caught:
        (lesson.changed(learn=0.01), replace(lesson, learn=0.02))
    assert len(caught) == 2
    assert {(each.filename, each.lineno) for each in caught} == {
        (__file__, within.__code__.co_firstlineno + 6)
    }


@pytest.fixture
def command_warns(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Have the command `lessons` do something else."""

    def replaced(what: Callable[[], None]) -> None:
        def command(_: object) -> int:
            what()
            return 0

        monkeypatch.setattr(cli, "_COMMANDS", {"lessons": command})

    return replaced


def test_the_command_line_shows_a_warning_as_one_line(
    capsys: pytest.CaptureFixture[str],
    command_warns: Callable[[Callable[[], None]], None],
) -> None:
    def what() -> None:
        for text in ("the same \x1b[2J", "the same \x1b[2J", "another"):
            warn(text)

    command_warns(what)
    assert cli.main(["lessons"]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "sheetgd: warning: the same \\x1b[2J",
        "sheetgd: warning: another",
    ]


def test_the_command_line_leaves_other_warnings_alone(
    capsys: pytest.CaptureFixture[str],
    command_warns: Callable[[Callable[[], None]], None],
) -> None:
    command_warns(lambda: warnings.warn("not of ours", UserWarning, stacklevel=1))
    with pytest.raises(UserWarning, match="not of ours"):
        cli.main(["lessons"])
    with pytest.warns(UserWarning, match="not of ours"):
        assert cli.main(["lessons"]) == 0
    assert capsys.readouterr().err == ""
