"""The judges themselves: what the engines and the comparison say of a file written by hand."""

import os
import re
import sys
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName

from sheetgd.errors import RecalculationError
from sheetgd.reading import recalculate as recalculation
from sheetgd.reading.recalculate import recalculate
from tests.support import engines
from tests.support.each_engine import ENGINES
from tests.support.engines import Engine, Place, Result, assert_close, formualizer
from tests.support.programs import missing, needs_libreoffice

FIRST, SECOND = "First page", "Second page"


@pytest.fixture
def stale(tmp_path: Path) -> Path:
    """A workbook in which every stored result is wrong."""
    book = openpyxl.Workbook()
    book.worksheets[0].title = FIRST
    book.create_sheet(SECOND)
    count = "=COUNTIF('First page'!A1:B1,\"word\")"
    book[FIRST].append((2, "word", "=A1*10", '=B1&"s"', "=A1>2"))
    book[SECOND].append(("='First page'!C1+1", 5, "=IF(B1>4,B1,NA())", count))
    plain, path = tmp_path / "plain.xlsx", tmp_path / "stale.xlsx"
    book.save(plain)
    stored = 0
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content, times = re.subn(rb"<v ?/>|<v></v>", b"<v>999</v>", source.read(name))
            target.writestr(name, content)
            stored += times
    assert stored == 6
    return path


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (20, "words", False, 21, 5, 1)),
        (
            {(FIRST, "A1"): 3.5, (FIRST, "B1"): "a < b & c", (SECOND, "B1"): 1},
            (35, "a < b & cs", True, 36, "#N/A", 0),
        ),
        ({(FIRST, "B1"): ""}, (20, "s", False, 21, 5, 0)),
        ({(FIRST, "A1"): "=SUM(1,2)"}, (30, "words", True, 31, 5, 1)),
        ({(FIRST, "C1"): "=A1+100"}, (102, "words", False, 103, 5, 1)),
    ],
    ids=["none", "numbers and texts", "an empty text", "a formula", "another formula"],
)
def test_stored_results_are_not_trusted(
    stale: Path,
    engine: Engine,
    changes: Mapping[Place, float | str],
    expected: tuple[Result, ...],
) -> None:
    before = stale.read_bytes()
    places = [(FIRST, "C1"), (FIRST, "D1"), (FIRST, "E1")]
    places += [(SECOND, "A1"), (SECOND, "C1"), (SECOND, "D1")]
    found = engine(stale, changes)
    assert_close(dict(zip(places, expected, strict=True)), found, tolerance=0)
    assert {type(value) for value in found.values()} <= {float, str, bool}
    assert stale.read_bytes() == before


KINDS: dict[str, Result] = {
    "=NA()": "#N/A",
    "=1/0": "#DIV/0!",
    "=SQRT(-1)": "#NUM!",
    "=1E308*10": "#NUM!",
    "=SUMSQ(1E200,1)": "#NUM!",
    '="a"+1': "#VALUE!",
    "=unheard_of+1": "#NAME?",
    '="a"&"b"': "ab",
    '=""': "",
    "=1<2": True,
    "=1>2": False,
    '=IF(1>2,1,"no")': "no",
    "=ROUND(2.5,0)": 3,
    "=ROUND(1.0005,3)": 1.001,
    "=ROUND(-0.5,0)": -1,
    "=-2^2": 4,
    "=step*3": 0.75,
    "=SUM(several)": 6,
    "=INDEX(several,2)": 2,
    "=SUMPRODUCT((several*step-several)^2)": 7.875,
}
# LibreOffice computes it as an "invalid argument", which it can save only as this.
SAVED_BY_LIBREOFFICE = {"=SQRT(-1)": "#VALUE!"}


@pytest.mark.parametrize("engine", ENGINES)
def test_errors_texts_truths_and_names(tmp_path: Path, engine: Engine) -> None:
    book = openpyxl.Workbook()
    inputs = book.create_sheet("The inputs")
    for address, value in {"A1": 0.25, "B1": 1, "B2": 2, "B3": 3}.items():
        inputs[address] = value
    names = {"step": "'The inputs'!$A$1", "several": "'The inputs'!$B$1:$B$3"}
    for name, reference in names.items():
        book.defined_names[name] = DefinedName(name, attr_text=reference)
    page = book.create_sheet("A page")
    for row, formula in enumerate(KINDS, start=1):
        page.cell(row, 2, formula)
    path = tmp_path / "kinds.xlsx"
    book.save(path)
    computed = engine(path, {})
    kinds = KINDS | (SAVED_BY_LIBREOFFICE if engine is engines.libreoffice else {})
    places = [("A page", f"B{row}") for row in range(1, len(KINDS) + 1)]
    assert_close(dict(zip(places, kinds.values(), strict=True)), computed)


@pytest.mark.parametrize("place", [("First page", "A9"), ("No page", "A1"), ("First page", "")])
def test_a_change_of_nothing_fails(stale: Path, tmp_path: Path, place: Place) -> None:
    with pytest.raises(AssertionError, match=r"is there 0 times|no sheet 'No page'"):
        engines.change(stale, tmp_path / "changed.xlsx", {place: 1})


def test_a_changed_cell_keeps_its_style(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.title = "R&D <1>"
    page["A1"], page["B1"], page["C1"] = 1, "two\nlines", None
    for address in ("A1", "B1", "C1"):
        page[address].number_format = "0.000"
    path, changed = tmp_path / "styled.xlsx", tmp_path / "changed.xlsx"
    book.save(path)
    changes: dict[Place, float | str] = {
        ("R&D <1>", "A1"): "one", ("R&D <1>", "B1"): 2, ("R&D <1>", "C1"): "=1+2",
    }  # fmt: skip
    engines.change(path, changed, changes)
    cells = openpyxl.load_workbook(changed)["R&D <1>"][1]
    assert [cell.value for cell in cells] == ["one", 2, "=1+2"]
    assert {cell.number_format for cell in cells} == {"0.000"}


@pytest.mark.parametrize(
    ("expected", "actual", "message"),
    [
        ({}, {}, "nothing to compare"),
        ({("s", "A1"): 1.0}, {}, "1 of 1 cells differ:\ns!A1: expected 1.0, found None"),
        ({}, {("s", "A1"): 1.0}, "1 of 1 cells differ:\ns!A1: expected None, found 1.0"),
        ({}, {("s", "A1"): None}, "1 of 1 cells"),
        ({("s", "A1"): 1.0}, {("s", "A1"): 1.0 + 2e-9}, "1 of 1 cells"),
        ({("s", "A1"): 1e6}, {("s", "A1"): 1e6 + 2e-3}, "1 of 1 cells"),
        ({("s", "A1"): 1.0}, {("s", "A1"): True}, "1 of 1 cells"),
        ({("s", "A1"): 1.0}, {("s", "A1"): "1"}, "1 of 1 cells"),
        ({("s", "A1"): 1.0}, {("s", "A1"): float("inf")}, "1 of 1 cells"),
        ({("s", "A1"): float("nan")}, {("s", "A1"): float("nan")}, "1 of 1 cells"),
        ({("s", "A1"): "#N/A"}, {("s", "A1"): "#NUM!"}, "expected '#N/A', found '#NUM!'"),
    ],
)
def test_a_difference_is_found(
    expected: Mapping[Place, Result], actual: Mapping[Place, Result], message: str
) -> None:
    with pytest.raises(AssertionError) as caught:
        assert_close(expected, actual)
    assert message in str(caught.value)


def test_at_most_ten_differences_are_listed() -> None:
    places = [("s", f"A{row}") for row in range(1, 31)]
    with pytest.raises(AssertionError) as caught:
        assert_close(dict.fromkeys(places, 1.0), dict.fromkeys(places[:20], 2.0) | {places[20]: 1})
    assert str(caught.value).startswith("29 of 30 cells differ:\n")
    assert str(caught.value).count("expected") == 10


def test_what_is_close_passes() -> None:
    expected: dict[Place, Result] = {("s", "A1"): 1e6, ("s", "A2"): 0.0, ("s", "A3"): 3}
    assert_close(expected, {("s", "A1"): 1e6 + 9e-4, ("s", "A2"): 9e-10, ("s", "A3"): 3.0})


@pytest.mark.parametrize(
    ("found", "ci", "skipped"),
    [(None, None, True), (None, "true", False), ("soffice", None, False), (None, "false", True)],
)
def test_tests_are_skipped_without_libreoffice_but_not_in_ci(
    monkeypatch: pytest.MonkeyPatch, found: str | None, ci: str | None, *, skipped: bool
) -> None:
    monkeypatch.setattr(recalculation, "find_libreoffice", lambda: found)
    monkeypatch.delenv("CI", raising=False)
    if ci is not None:
        monkeypatch.setenv("CI", ci)
    assert missing(needs_libreoffice.args) == (
        "LibreOffice is not installed on this machine" if skipped else None
    )


def test_an_engine_is_for_tests_that_are_marked(stale: Path) -> None:
    with pytest.raises(AssertionError, match="is marked `engines`"):
        formualizer(stale, {})


def test_recalculating_without_libreoffice(
    stale: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recalculation, "find_libreoffice", lambda: None)
    with pytest.raises(RecalculationError, match=r"needs LibreOffice.*install it"):
        recalculate(stale, tmp_path / "out.xlsx")


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_a_libreoffice_that_writes_nothing(
    stale: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "soffice"
    program.write_text("#!/bin/sh\necho no filter\n")
    program.chmod(0o755)
    monkeypatch.setattr(recalculation, "find_libreoffice", lambda: str(program))
    with pytest.raises(RecalculationError, match=r"could not recalculate it \(no filter\); check"):
        recalculate(stale, tmp_path / "out.xlsx")


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_a_time_out_ends_all_that_was_started(
    stale: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, pipe, started = (tmp_path / name for name in ("soffice", "pipe", "started"))
    os.mkfifo(pipe)
    program.write_text(f'#!/bin/sh\nsleep 600 >"{pipe}" &\ntouch "{started}"\nwait\n')
    program.chmod(0o755)
    monkeypatch.setattr(recalculation, "find_libreoffice", lambda: str(program))
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(RecalculationError, match="did not finish within 1 seconds"):
            recalculate(stale, tmp_path / "out.xlsx", timeout=1)
        assert started.exists()
        assert _is_closed(reader)
    finally:
        os.close(reader)
    assert not (tmp_path / "out.xlsx").exists()


def _is_closed(reader: int) -> bool:
    """Whether no process holds the other end of a pipe, now or soon."""
    for _ in range(100):
        try:
            return os.read(reader, 1) == b""
        except BlockingIOError:
            time.sleep(0.05)
    return False
