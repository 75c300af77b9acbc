"""What is said of a large workbook before it is made, and what is refused; interrupted builds."""

import signal
from pathlib import Path

import pytest

from sheetgd.cli.main import main
from sheetgd.errors import LessonError
from sheetgd.lesson.template import shipped_lesson, shipped_names
from sheetgd.sheets.book import SLOW_FORMULAS, about_formulas, book_of, slowness
from tests.support import built
from tests.support.given import lesson_of
from tests.support.screens import in_terminal, needs_a_terminal, seen

ORIGINAL, TWO_DESCENTS = map(shipped_lesson, ("original", "two-descents"))
CASES = {
    **{name: shipped_lesson(name) for name in shipped_names()},
    "rates": ORIGINAL.changed(rates=(0.0001, 0.0002, 0.0003), rate_epochs=70),
    "adam": lesson_of(x=range(30), y=range(30), optimizer="adam", batch=5),
}


@pytest.mark.parametrize("name", [*built.SHIPPED, "rates", "adam"])
def test_the_estimate_is_near_the_book(name: str) -> None:
    lesson = CASES[name]
    formulas = sum(page.count_formulas() for page in built.book(lesson).pages)
    # The small pages, some hundreds of formulas each, are left out of the estimate.
    assert formulas - 10_000 < about_formulas(lesson) < formulas * 1.05


def test_the_default_workbook_is_as_small_as_decided() -> None:
    counts = {page.title: page.count_formulas() for page in built.book(ORIGINAL).pages}
    assert counts["Steps"] == 51 * 20 * 12 + 1
    assert counts["Steps as published"] == 51 * 20 * 5
    assert counts["Rates steps"] == 26 * 20 * (2 + 8 * 2)
    assert sum(counts.values()) < 36_000
    told = {page.title: page.count_formulas() for page in built.book(TWO_DESCENTS).pages}
    assert told["Two descents steps"] == 161 * 20 * (2 + 2 * 2)
    assert "Rates steps" not in told


def test_no_word_on_a_lesson_that_is_shipped() -> None:
    for name in shipped_names():
        assert slowness(shipped_lesson(name), "") is None


def test_a_slow_workbook_is_told_of_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class BegunError(Exception):
        pass

    def begun(*_: object, **__: object) -> None:
        raise BegunError

    monkeypatch.setattr("sheetgd.xlsx.write.book_of", begun)
    monkeypatch.setattr("sheetgd.cli.sweep.sweep", begun)
    output = ["-o", str(tmp_path / "book.xlsx")]
    build = ["build", "--capacity", "1500", *output]
    rates = ["sweep", "--learn", "1e-6:1e-3:25", "--epochs", "500", *output]
    for command, option in ((build, "--capacity"), (rates, "--no-workbook")):
        with pytest.raises(BegunError):
            main(command)
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("sheetgd: the workbook will have about ")
        assert "seconds" in line
        assert option in line
        with pytest.raises(BegunError):
            main([*command, "--quiet"])
        assert capsys.readouterr().err == ""
    with pytest.raises(BegunError):
        main(["build", *output])
    assert capsys.readouterr().err == ""
    assert about_formulas(ORIGINAL.changed(capacity=1500)) > SLOW_FORMULAS


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["build", "--capacity", "60000"], "a worksheet holds 1,048,576"),
        (["sweep", "--learn", "1e-6:1e-3:300", "--epochs", "900"], "opens too slowly"),
    ],
)
def test_what_does_not_fit_is_refused_before_any_epoch_is_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    says: str,
) -> None:
    def run(*_: object, **__: object) -> None:
        pytest.fail("an epoch was run")

    monkeypatch.setattr("sheetgd.engine.run.Trajectory.log", property(run))
    monkeypatch.setattr("sheetgd.cli.sweep.sweep", run)
    path = tmp_path / "book.xlsx"
    assert main([*arguments, "--quiet", "-o", str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line
    assert list(tmp_path.iterdir()) == []


def test_too_many_rates_in_a_lesson_are_refused_before_any_epoch_is_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(*_: object, **__: object) -> None:
        pytest.fail("an epoch was run")

    monkeypatch.setattr("sheetgd.engine.run.Trajectory.log", property(run))
    lesson = ORIGINAL.changed(rates=tuple(each / 1e6 for each in range(1, 300)), rate_epochs=900)
    with pytest.raises(LessonError, match="opens too slowly"):
        book_of(lesson)


@pytest.mark.slow
@needs_a_terminal
def test_a_build_interrupted_in_the_midst_of_its_rows_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "there" / "book.xlsx"
    given = ("build", "--capacity", "900", "-o", str(path))
    code, sent = in_terminal(*given, interrupt_at="%")
    assert code == 128 + signal.SIGINT
    assert "row " in sent
    assert "Traceback" not in sent
    assert seen(sent) == [""]
    assert not path.parent.exists()
