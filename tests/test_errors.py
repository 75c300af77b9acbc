"""Warnings of ours: whom they point at, and how the command line shows them."""

import warnings
from collections.abc import Callable
from types import FunctionType

import pytest

import sheetgd
from sheetgd import errors
from sheetgd.cli import main as cli
from sheetgd.engine import run as descent
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
    monkeypatch.setattr(
        "sheetgd.lesson.lesson.check_texts", FunctionType(within.__code__, vars(errors))
    )
    with pytest.warns(sheetgd.SheetgdWarning) as caught:
        (lesson.changed(learn=0.01), lesson.replaced(learn=0.02))
    assert len(caught) == 2
    assert {(each.filename, each.lineno) for each in caught} == {
        (__file__, within.__code__.co_firstlineno + 8)
    }


@pytest.fixture
def command_warns(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Have the command `lessons` do something else."""

    def replaced(what: Callable[[], None]) -> None:
        def command(_: object) -> int:
            what()
            return 0

        monkeypatch.setattr("sheetgd.cli.lessons.run", command)

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


def test_a_run_that_diverges_warns_once_when_its_log_is_looked_at() -> None:
    lesson = sheetgd.shipped_lesson("original").changed(learn=0.01)
    assert issubclass(sheetgd.DivergenceWarning, sheetgd.SheetgdWarning)
    run = lesson.run()
    with pytest.warns(sheetgd.DivergenceWarning) as caught:
        found = (run.states, run.divergence, run.epochs_table(), run.metric_values)
    assert all(len(each) > 0 for each in found)
    (one,) = caught
    assert one.filename == __file__
    advice = "take a smaller learning_rate than 0.01"
    assert str(one.message) == f"the run {run.divergence[0]}; {advice}"


def test_a_start_that_is_no_number_is_not_the_rate_s_fault() -> None:
    lesson = sheetgd.shipped_lesson("original").changed(start=(1e200, 1), gradient="analytic")
    with pytest.warns(sheetgd.DivergenceWarning, match="at epoch 0: .*; take another start$"):
        assert lesson.run(3).divergence


def test_a_run_that_only_rises_warns_too() -> None:
    lesson = sheetgd.Lesson(x=(1, 2, 3), y=(1, 2, 3), model="w*x", start=(0,), batch="all",
                            gradient="analytic", learn=0.21449)  # fmt: skip
    run = lesson.run(20)
    with pytest.warns(sheetgd.DivergenceWarning, match=r"diverges \(rising\)"):
        assert run.verdict is sheetgd.Verdict.DIVERGING


def test_a_run_that_does_not_diverge_and_runs_within_do_not_warn() -> None:
    lesson = sheetgd.shipped_lesson("original")
    assert lesson.run().divergence == ()
    # Some of the rates that these compare diverge.
    trials = sheetgd.sweep(lesson, [1e-4, 0.1], epochs=30).trials
    assert trials[1].verdict is sheetgd.Verdict.DIVERGING
    assert descent.descend(lesson.changed(learn=0.01)).divergence


def test_the_command_line_tells_of_a_diverging_run_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "original", "--learn", "0.01", "--epochs", "30"]) == 0
    out, err = capsys.readouterr()
    assert (out + err).count("diverges (") == 1
    assert "take a smaller" not in out + err
