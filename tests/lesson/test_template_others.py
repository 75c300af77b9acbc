"""Templates from others: what cannot be is refused in a line, and no data of elsewhere are read."""

import re
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest

import sheetgd
from sheetgd.cli.main import main
from sheetgd.errors import LessonError
from sheetgd.lesson.template import shipped_lesson, shipped_template
from sheetgd.lesson.values import Expected
from sheetgd.reading.columns import Data
from tests.support.commands import refused

DATA = "[data]\nx = [1, 2, 3]\ny = [2, 4, 6]\n"
ORIGINAL = shipped_template("original").read_text(encoding="utf-8")
USUAL = {"what": "'a'", "column": "'m'", "epoch": 1, "value": 1, "decimals": 1}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def with_expected(**changes: object) -> str:
    """Return a template with a known number; None leaves a key out."""
    keys = {**USUAL, **changes}.items()
    lines = (f"{key} = {value}\n" for key, value in keys if value is not None)
    return f"{DATA}[[expected]]\n{''.join(lines)}"


def with_tolerance(tolerance: object) -> str:
    return with_expected(decimals=None, tolerance=tolerance)


REFUSED = {
    "an epoch before the start": (with_expected(epoch=-1), "expected 1.epoch is -1: it must be"),
    "a row before the first": (with_expected(row=-1), "expected 1.row is -1: it must be"),
    "an epoch past the capacity": (with_expected(epoch=51), "epoch 51; there is room for 50"),
    "an epoch of many digits": (with_expected(epoch=10**80), "epoch is a whole number beyond"),
    "a later epoch": (
        with_expected(value=None, values=[1] * 60), "'a': epoch 51; there is room for 50",
    ),
    "a row past the last": (with_expected(row=4), "'a': row 4; the last is 3"),
    "a later row": (with_expected(row=3, value=None, values=[1, 2]), "row 4; the last is 3"),
    "an infinite number": (with_expected(value="inf"), "expected 1.value is inf"),
    "no number": (with_expected(value="nan"), "expected 1.value is nan"),
    "a negative tolerance": (with_tolerance(-1), "expected 1.tolerance is -1: .*, 0 or more"),
    "a tolerance that is none": (with_tolerance("nan"), "expected 1.tolerance is nan"),
    "decimals far to the left": (with_expected(decimals=-400), "expected 1.decimals is -400"),
    "no side": (f"{DATA}[grid]\nm = []\nb = [1]\n", "1 to 100 values, not 0, 1$"),
    "no top": (f"{DATA}[grid]\nm = [1]\nb = []\n", "1 to 100 values, not 1, 0$"),
    "a large grid": (
        f"{DATA}[grid]\nm = {[*range(3000)]}\nb = {[*range(300)]}\n", "100 values, not 3000, 300",
    ),
    "published, of other rows": (f"{DATA}[published]\nepochs = 3\n", r"\[published\] is for the"),
    "findings of other rows": (f"{DATA}[published]\nfindings = ['a']\n", r"\[published\] is for"),
    "published, nothing": (f"{DATA}[published]\n", r"\[published\] is for the line and the rows"),
    "findings only": (
        ORIGINAL.partition("[published]")[0] + "[published]\nfindings = ['a']\n", "leave .* out",
    ),
    "published, of another model": (
        ORIGINAL.replace('"line"', '"m*x + b + 0*x"'), r"\[published\] is for the line",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "says"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_at_once(
    capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    Path("t.toml").write_text(text)
    for command in ("run", "build"):
        started = perf_counter()
        said = refused(capsys, command, "t.toml")
        assert perf_counter() - started < 2
        assert said.startswith("sheetgd: t.toml: ")
        assert re.search(says, said), said


@pytest.mark.parametrize(
    "change",
    [
        ("sample = 5", "sample = 9"),
        ("b = [0, 3,", "b = [1, 4,"),
        ('gradient = "forward"', 'gradient = "forward"\nbatch_size = "all"'),
        ('gradient = "forward"', 'gradient = "forward"\noptimizer = "adam"'),
    ],
)
def test_a_page_without_the_published_cells_is_refused(
    capsys: pytest.CaptureFixture[str], change: tuple[str, str]
) -> None:
    Path("t.toml").write_text(ORIGINAL.replace(*change))
    assert "published is for the page of the lesson original" in refused(capsys, "build", "t.toml")


@pytest.mark.parametrize("change", [{"epoch": -1}, {"row": -1}, {"row": 4}])
def test_a_known_number_that_cannot_be_is_refused_in_python(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    known = {"what": "a", "column": "m", "epoch": 0, "value": 1.0, "tolerance": 1.0}
    lesson = shipped_lesson("_own", Data((1, 2, 3), (1, 2, 3)))
    lesson = lesson.changed(expected=(Expected(**{**known, **change}),))
    with pytest.raises(LessonError, match=r"expected 'a': (epoch|row) "):
        lesson.build(tmp_path / "book.xlsx")


def test_what_can_be_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    for text in (with_expected(decimals=400), with_expected(decimals=-2), with_tolerance(0)):
        path.write_text(text)
        assert len(sheetgd.read_template(path).display.expected) == 1
    # With room for fewer epochs there is nothing to check.
    lesson = sheetgd.read_template(path).replaced(capacity=5)
    assert "Check" in lesson.build(tmp_path / "one.xlsx").pages
    path.write_text(with_expected(epoch=40))
    lesson = sheetgd.read_template(path).replaced(capacity=5)
    assert "Check" not in lesson.build(tmp_path / "none.xlsx").pages


def test_with_other_data_a_template_has_nothing_of_its_own_rows() -> None:
    lesson = shipped_lesson("original", Data((1, 2), (2, 5))).display
    assert (lesson.published, lesson.expected, lesson.grid, lesson.rates) == (None, (), (), ())


OUTSIDE = {
    "above": "../d.csv", "elsewhere": "{outside}/d.csv", "through its own folder": "in/../../d.csv",
    "through a link": "link.csv", "in a linked folder": "linked/d.csv",
    "nowhere": "../none.csv", "of the system": "/etc/hostname",
}  # fmt: skip


@pytest.fixture
def template(tmp_path: Path) -> Path:
    folder = tmp_path / "of others"
    (folder / "in").mkdir(parents=True)
    for place in (tmp_path, folder, folder / "in"):
        (place / "d.csv").write_text("a,b\n1,2\n2,4\n3,7\n")
    (folder / "link.csv").symlink_to(tmp_path / "d.csv")
    (folder / "linked").symlink_to(tmp_path)
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    return folder / "t.toml"


@pytest.mark.parametrize("name", OUTSIDE.values(), ids=OUTSIDE)
def test_data_outside_of_its_folder_are_read_only_where_that_is_allowed(
    capsys: pytest.CaptureFixture[str], template: Path, name: str
) -> None:
    name = name.format(outside=template.parent.parent)
    template.write_text(f"[data]\ncsv = '{name}'\n")
    with pytest.raises(LessonError, match=r"is not in the template's folder: .*allow_outside=True"):
        sheetgd.read_template(template)
    assert refused(capsys, "run", str(template)).endswith("or say --allow-outside")
    if name.endswith(("none.csv", "hostname")):
        return
    assert sheetgd.read_template(template, allow_outside=True).n_rows == 3
    assert main(["run", str(template), "--allow-outside", "-q"]) == 0


@pytest.mark.parametrize("name", ["d.csv", "in/d.csv", "in/../d.csv", "linked/of others/d.csv"])
def test_data_in_its_folder_are_read(template: Path, name: str) -> None:
    template.write_text(f"[data]\ncsv = '{name}'\n")
    assert sheetgd.read_template(template).n_rows == 3


@pytest.mark.parametrize("name", ["", "a\\u0000b", "loop.csv", "n" * 5000])
def test_a_name_that_no_file_can_have_is_refused(
    capsys: pytest.CaptureFixture[str], template: Path, name: str
) -> None:
    template.write_text(f'[data]\ncsv = "{name}"\n')
    assert "data.csv: " in refused(capsys, "run", str(template))


FILES = {
    "thousands": (b"a;b\n1.000;2\n2.500;4\n", "thousands = '.'", (1000, 2500)),
    "decimal": (b"a;b\n1.000;2\n2.500;4\n", "decimal = '.'", (1, 2.5)),
    "delimiter": (b"a/b\n1/2\n2/4\n", "delimiter = '/'", (1, 2)),
    "encoding": ("größe,b\n1,2\n2,4\n".encode("utf-16-le"), "encoding = 'utf-16-le'", (1, 2)),
    "missing": (b"a,b\n1,2\n,3\n2,4\n", "missing = 'drop'", (1, 2)),
    "skip": (b"5,6\na,b\n1,2\n2,4\n", "skip = 1", (1, 2)),
    "header": (b"5,6\na,b\n1,2\n2,4\n", "header = 2", (1, 2)),
    "no header": (b"1,2\n2,4\n", "header = false", (1, 2)),
    "range": (b"a,b\n1,2\n2,4\n9,9\n", "range = '1:3'", (1, 2)),
}


@pytest.mark.parametrize(("content", "key", "x"), FILES.values(), ids=FILES)
def test_a_template_says_how_its_data_file_is_read(
    template: Path, content: bytes, key: str, x: tuple[float, ...]
) -> None:
    (template.parent / "d.txt").write_bytes(content)
    template.write_text(f"[data]\ncsv = 'd.txt'\n{key}\n")
    assert sheetgd.read_template(template).data.x == x


def test_a_template_reads_a_sheet_of_a_workbook(template: Path) -> None:
    from openpyxl import Workbook  # noqa: PLC0415  the only test that writes one

    book = Workbook()
    for title in ("first", "second"):
        sheet = book.create_sheet(title)
        for row in (("a", "b"), (1, 2), (2, 4), (len(title), 5)):
            sheet.append(row)
    book.save(template.parent / "d.xlsx")
    template.write_text("[data]\ncsv = 'd.xlsx'\nsheet = 'second'\nrange = 'A1:B4'\n")
    assert sheetgd.read_template(template).data.x == (1, 2, 6)
