"""A thousand hostile texts, by every way in: kept as texts or refused in one line, never more."""

import csv
import io
import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import openpyxl
import pandas as pd
import pytest

import sheetgd
from sheetgd import errors as plaintext
from sheetgd.cli.main import main
from sheetgd.engine.run import descend
from sheetgd.engine.sweep import sweep
from sheetgd.errors import SheetgdError
from sheetgd.expression.excel import Address
from sheetgd.lesson import checks
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import read_template, usual_texts
from sheetgd.lesson.values import Expected, Variant
from sheetgd.plot.picture import draw_picture
from sheetgd.reading.conversion import from_frame
from sheetgd.reading.data_file import read_csv
from sheetgd.reading.recalculate import recalculate
from sheetgd.sheets import section as sections
from sheetgd.sheets.book import Book
from sheetgd.sheets.cells import Block, Cell, Look, Style
from sheetgd.sheets.sheet import Accepts, Chart, ChartKind, Input, Page, Prompt, Series
from sheetgd.xlsx import xml as spelling
from sheetgd.xlsx.write import build_workbook, write_workbook
from tests.support.given import lesson_of
from tests.support.harmless import Content, as_kept, as_read, read_harmless, units
from tests.support.hostile_texts import (
    CHARACTERS,
    FORMULAS,
    HOW_MANY,
    MARKUP,
    TITLES,
    hostile_texts,
)
from tests.support.programs import needs_libreoffice

TEXTS = hostile_texts()
ALL = os.environ.get("SHEETGD_HOSTILE") == "all"
"""Build a workbook for every text, not for some: that takes minutes."""
SMALL: Mapping[str, Any] = {"x": (1, 2, 3), "y": (2, 4, 7), "start": (0, 0), "capacity": 2}
_COMPUTED = re.compile(r"[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")


def lesson(**changes: Any) -> Lesson:  # noqa: ANN401  any attribute of a lesson
    return lesson_of(**{**SMALL, "epochs": 1, **changes})


def refusal(error: SheetgdError) -> str:
    """What an error says, which is one line to be printed."""
    said = str(error)
    assert said
    assert said.isprintable()
    assert len(said) <= plaintext.LONGEST_MESSAGE
    return said


def accepted(
    make: Callable[[str], Any], texts: tuple[str, ...] = TEXTS
) -> Iterator[tuple[str, Any]]:
    """The texts that are taken, each with what is made of it; the others are refused in a line."""
    for text in texts:
        try:
            yield text, make(text)
        except SheetgdError as error:
            refusal(error)


def known(text: str) -> Expected:
    return Expected(what=text, column="m", epoch=0, value=0.0, tolerance=0.0)


def test_there_are_a_thousand_of_them() -> None:
    assert len(set(TEXTS)) == len(TEXTS) >= HOW_MANY
    assert all(each in TEXTS for each in (*FORMULAS, *MARKUP, *CHARACTERS, *TITLES))


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> Content:
    """The same workbook without any hostile text in it."""
    path = tmp_path_factory.mktemp("harmless") / "plain.xlsx"
    build_workbook(lesson(expected=[known("m")]), path)
    return read_harmless(path)


FITTING = tuple(each for each in TEXTS if each and units(each) <= 32_767)
ACCEPTED_TITLES = ("A1", "R1C1", "TRUE", "a!b", "RC", "C", "a$b", "#REF!", "\u00c4", "\U0001f600",
                   "=1+1", "-1", "&A", "x0041", "a;b", "%s", '"=1+1', "{x}")  # fmt: skip


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook with every text that fits into a cell, and variants with hostile titles."""
    path = tmp_path_factory.mktemp("crowded") / "crowded.xlsx"
    variants = [
        Variant(title=each, changes={"learn": 0.001})
        for each in ACCEPTED_TITLES[: 18 if ALL else 4]
    ]
    long = dict.fromkeys(usual_texts(), "word " * 5000)
    hostile = lesson(expected=list(map(known, FITTING)), variants=variants, texts=long)
    build_workbook(hostile, path)
    return path


def test_every_text_stays_a_text_in_its_cell(crowded: Path) -> None:
    content = read_harmless(crowded)
    assert set(map(as_kept, FITTING)) <= set(content.texts.values())
    assert len(FITTING) > 980
    # A text is no formula: where the texts stand, there is none.
    hostile = set(map(as_kept, FITTING)) - {"Steps", "Guide", "1"}
    computed = {text for place, text in content.texts.items() if place in content.formulas}
    assert not hostile & computed, sorted(hostile & computed)


@needs_libreoffice
def test_libreoffice_reads_every_text_and_computes_no_other_cell(
    crowded: Path, tmp_path: Path
) -> None:
    computed = tmp_path / "computed.xlsx"
    recalculate(crowded, computed)
    ours = openpyxl.load_workbook(crowded, data_only=True)
    theirs = openpyxl.load_workbook(computed, data_only=True)
    assert theirs.sheetnames == ours.sheetnames
    texts = read_harmless(crowded).texts
    (check,) = (f"xl/worksheets/sheet{place}.xml"
                for place, title in enumerate(ours.sheetnames, 1) if title == "Check")  # fmt: skip
    for (part, address), text in texts.items():
        # LibreOffice 7.4 reads two escapes that share a mark as one, which Excel does not.
        if part == check and text and "_x005F_x" not in text:
            # What LibreOffice read as _x0041_ it writes so, and openpyxl reads it so; other
            # characters, such as line ends, it may write by their numbers.
            found = str(theirs["Check"][address].value)
            assert text in {found, as_read(found)}, (address, text)
    before, after = (_formulas_and_values(book) for book in (crowded, computed))
    assert before.keys() == after.keys()
    errors = {place for place, value in after.items() if str(value).startswith(("#", "Err"))}
    assert errors <= {place for place, value in before.items() if str(value).startswith("#")}


def _formulas_and_values(path: Path) -> dict[tuple[str, str], object]:
    """The values of the cells that hold a formula."""
    formulas, values = (openpyxl.load_workbook(path, data_only=each) for each in (False, True))
    return {
        (sheet.title, cell.coordinate): values[sheet.title][cell.coordinate].value
        for sheet in formulas.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def page_of(texts: tuple[str, ...]) -> Page:
    """A page with the texts wherever a page has texts."""
    series = Series(sheet="Page", name="y", x=Block.parse("A1:A2"), values=Block.parse("A1:A2"))
    return Page(
        title="Page",
        widths={"A": 10.0},
        cells=(Cell(Address(1, 1), 1.0), Cell(Address(2, 1), 2.0),
               *(Cell(Address(row, 2), text, None, Style(Look.TEXT))
                 for row, text in enumerate(texts, start=1) if units(text) <= 32_767)),
        prompts=tuple(Prompt(Address(row, 2), text, text) for row, text in enumerate(texts, 1)),
        inputs=tuple(Input(Block.cell(Address(row, 3)), Accepts.NUMBER, text, text)
                     for row, text in enumerate(texts, 1)),
        charts=tuple(
            Chart(area=Block.parse("D1:H9"), title=text, x_title=text, y_title=text,
                  kind=ChartKind.SCATTER,
                  series=(series, Series(sheet="Page", name=text, x=series.x, values=series.x)))
            for text in texts if units(text) <= checks.LONGEST_NAME
        ),
    )  # fmt: skip


def test_texts_of_messages_and_charts_stay_texts(tmp_path: Path) -> None:
    path = tmp_path / "page.xlsx"
    shown = TEXTS if ALL else TEXTS[::6]
    write_workbook(Book(title="\ud800\0", pages=(page_of(shown),)), path)
    content = read_harmless(path)
    formulas = {text for (part, _), text in content.formulas.items() if "chart" in part}
    assert formulas == {"'Page'!$A$1:$A$2"}
    assert not [place for part, place in content.formulas if "sheet" in part and place[0] in "ABC"]
    charts = [name for name in _parts(path) if "charts/chart" in name]
    assert len(charts) == sum(units(text) <= checks.LONGEST_NAME for text in shown)
    for text, name in zip((each for each in shown if units(each) <= 255), charts, strict=True):
        told = "".join(each.text or "" for each in _chart(path, name).iter() if _is(each, "t"))
        assert told == 3 * as_kept(text).replace("\n", ""), text


def _parts(path: Path) -> list[str]:
    import zipfile  # noqa: PLC0415  here alone

    with zipfile.ZipFile(path) as archive:
        return sorted(archive.namelist(), key=lambda name: (len(name), name))


def _chart(path: Path, name: str) -> ET.Element:
    import zipfile  # noqa: PLC0415  here alone

    with zipfile.ZipFile(path) as archive:
        return ET.fromstring(archive.read(name))  # noqa: S314  our own file


def _is(element: ET.Element, name: str) -> bool:
    return str(element.tag).endswith("}" + name)


def _without_print_areas(content: Content) -> dict[tuple[str, str], str]:
    """The formulas of a file but for what is printed, which follows how far a title reaches."""
    return {
        place: formula
        for place, formula in content.formulas.items()
        if not place[1].endswith("Print_Area")
    }


NAMES = ("title", "x_name", "y_name")
BUILT = TEXTS if ALL else ("=1+1", "{y}\x1b[31m_x0041_", '"', "\U0001f600" * 120)


@pytest.mark.slow
@pytest.mark.parametrize("text", BUILT)
def test_a_name_changes_no_formula_of_a_workbook(
    harmless: Content, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "named.xlsx"
    texts = {"intro": "{x} {y}"}
    try:
        named = lesson(**dict.fromkeys(NAMES, text), texts=texts, expected=[known(text)])
        build_workbook(named, path)
    except SheetgdError as error:
        refusal(error)
        return
    content = read_harmless(path)
    assert _without_print_areas(content) == _without_print_areas(harmless)
    assert {as_kept(text), as_kept(f"{text} {text}")} <= set(content.texts.values())


@pytest.mark.parametrize("attribute", [*NAMES, "label", "summary", "metric_label"])
def test_an_attribute_takes_a_text_or_refuses_it(attribute: str) -> None:
    taken = [text for text, _ in accepted(lambda text: lesson(**{attribute: text}))]
    assert taken
    if attribute in NAMES:
        assert all(units(each) <= checks.LONGEST_NAME for each in taken)
        assert sum(units(each) > checks.LONGEST_NAME for each in TEXTS) + len(taken) == len(TEXTS)


def test_sheets_are_called_what_sheets_can_be_called() -> None:
    def titled(text: str) -> Lesson:
        return lesson(variants=[Variant(title=text, changes={"learn": 0.1})])

    taken = [text for text, _ in accepted(titled)]
    assert {"A1", "R1C1", "TRUE", "-1", "a!b"} <= set(taken)
    refused = set(TEXTS) - set(taken)
    assert {"History", "_x0041_", "a:b", "\u202e", "\0", "a\nb", "x" * 23, ""} <= refused
    assert all(each.isprintable() and units(each) <= 22 for each in taken)


def test_no_text_of_a_csv_file_is_computed() -> None:
    tables = [
        table.to_csv(index=False)
        for _, made in accepted(lambda text: lesson(metric_label=text))
        for table in (descend(made).epochs_table(), descend(made).steps_table(),
                      sweep(made, (0.01, 0.1), 2).table())
    ]  # fmt: skip
    assert len(tables) > 20
    for text in tables:
        for delimiter in ",;\t":
            for row in csv.reader(io.StringIO(text), delimiter=delimiter):
                for cell in row:
                    assert not _COMPUTED.match(cell) or _is_number(cell.split(",")[0]), cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("way", ["csv", "workbook", "frame"])
def test_headers_of_data_become_names(tmp_path: Path, way: str) -> None:
    def named(text: str) -> str:
        if way == "frame":
            return from_frame({text: [1.0], "other": [2.0]}, x=text, y="other").x_name
        if way == "csv":
            path = tmp_path / "data.csv"
            table = io.StringIO(newline="")
            csv.writer(table).writerows([[text, "y"], [1, 2]])
            path.write_bytes(table.getvalue().encode(errors="surrogatepass"))
            return read_csv(path, x="1", y="2", delimiter=",", encoding="utf-8").x_name
        book = openpyxl.Workbook()
        book.worksheets[0].append(["", "y"])
        book.worksheets[0].append([1, 2])
        # A text, even if it begins with =.
        book.worksheets[0].cell(1, 1).value = as_kept(text)
        book.worksheets[0].cell(1, 1).data_type = "s"
        book.save(tmp_path / "data.xlsx")
        return read_csv(tmp_path / "data.xlsx", x="1", y="2").x_name

    few = (*MARKUP[::4], *FORMULAS[::4], *CHARACTERS[::9])
    texts = {"frame": TEXTS, "csv": TEXTS if ALL else TEXTS[::5], "workbook": few}[way]
    found = list(accepted(named, texts))
    assert len(found) > 0.8 * len(texts)
    for text, name in found:
        # Without a name a column has a number.
        assert _seen(name) == _seen(text) or (not _seen(text) and name == "1")


def _seen(name: str) -> str:
    """A name without what headers of files do not keep: blank space, and what XML cannot hold."""
    return as_kept("".join(as_read(name).replace("\ufeff", "").split()))


def _toml(text: str) -> str:
    return '"' + "".join(f"\\U{ord(each):08x}" for each in text) + '"'


TEMPLATE = """{top}
[display]
{display}
[method]
{method}
[data]
x = [1, 2, 3]
y = [2, 4, 7]
{data}
[texts]
{texts}
[[variants]]
title = "other"
learning_rate = 0.1
{variant}
[[expected]]
column = "m"
epoch = 0
value = 0
decimals = 3
{expected}
"""
KEYS = (
    "display title", "display summary", "display label", "display metric_label", "method model",
    "method loss", "method optimizer", "data x_name", "data y_name", "texts intro", "texts figure",
    "texts differ", "variant metric_label", "variant model", "expected what", "display compared",
    "data csv", "texts KEY", "top KEY",
)  # fmt: skip


@pytest.mark.slow
def test_a_template_takes_a_text_or_refuses_it(tmp_path: Path) -> None:
    path = tmp_path / "hostile.toml"
    writable = [text for text in TEXTS if not re.search("[\ud800-\udfff]", text)]
    counts = dict.fromkeys(KEYS, 0)
    for number, text in enumerate(writable):
        for turn in range(len(KEYS) if ALL else 1):
            place = KEYS[(number + 7 * turn) % len(KEYS)]
            part, key = place.split()
            value = f"[{_toml(text)}]" if key == "compared" else _toml(text)
            line = f"{_toml(text)} = 1" if key == "KEY" else f"{key} = {value}"
            parts = dict.fromkeys(("top", "display", "method", "data", "texts", "variant"), "")
            parts["expected"] = 'what = "m"'
            parts[part] = line
            path.write_text(TEMPLATE.format(**parts), encoding="utf-8")
            try:
                read_template(path)
            except SheetgdError as error:
                refusal(error)
            else:
                counts[place] += 1
    assert not counts["texts KEY"] + counts["top KEY"] + counts["data csv"]
    assert counts["texts intro"] > 40


COMMANDS: Mapping[str, tuple[str, ...]] = {
    "model": ("run", "-q", "--model", "@"),
    "lesson": ("run", "-q", "@"),
    "data": ("run", "-q", "--data", "@"),
    "column": ("run", "-q", "--data", "data.csv", "--x", "@", "--y", "y"),
    "delimiter": ("run", "-q", "--data", "data.csv", "--delimiter", "@"),
    "number": ("run", "-q", "--learn", "@"),
    "unknown": ("run", "-q", "--nothing", "@"),
    "output": ("build", "-o", "@"),
    "parameter": ("picture", "--over", "m", "@"),
    "compared": ("compare", "@"),
}


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_terminal_gets_nothing_to_obey(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data.csv").write_text("x,y\n1,2\n2,4\n3,7\n", encoding="utf-8")
    texts = TEXTS if ALL else (*FORMULAS[::6], *MARKUP[::8], *CHARACTERS)
    for text in texts:
        arguments = [each.replace("@", text) for each in COMMANDS[command]]
        code = _exit_code(arguments)
        said = capsys.readouterr()
        assert code in {0, 2}, (text, said)
        for line in (said.out + said.err).split("\n"):
            assert line.isprintable(), (text, line)
        assert said.err.count("\n") <= 2, said.err


def _exit_code(arguments: list[str]) -> int:
    try:
        return main(arguments)
    except SystemExit as ended:
        return int(ended.code or 0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["\x1b[31m.xlsx", "a\nb.xlsx", "\u202exslx.xlsx", "\udc80.xlsx"])
def test_the_name_of_a_file_is_printed_with_escapes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["build", "parabola", "-o", name]) == 0
    out = capsys.readouterr().out
    assert all(line.isprintable() for line in out.split("\n"))
    assert out.split("\n")[0] == plaintext.printable(name)
    assert Path(name).is_file()


def test_a_notebook_shows_texts() -> None:
    shown = sheetgd.Lesson(
        pd.DataFrame({"<script>1</script>": [1, 2], "<b>": [1, 2]}),
        x="<script>1</script>",
        y="<b>",
        title="<img src=x onerror=alert(1)>",
    )
    html = shown._repr_html_()
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;img" in html


def test_pictures_show_texts_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "picture.svg"
    hostile = lesson(
        title="$\\frac$ <script>alert(1)</script> --> ]]>",
        x_name="\x1b[2J\0\ud800 \u4f60 \U0001f600",
        y_name="$x_1$ $ & \n\t",
        variants=[Variant(title="_a $\u4f60$", changes={"learn": 0.1})],
    )
    draw_picture(hostile, path)
    root = ET.fromstring(path.read_bytes())  # noqa: S314  our own file
    assert not [each for each in root.iter() if _is(each, "script") or _is(each, "a")]


def fails(check: Callable[[], object]) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            check()
        except (AssertionError, ET.ParseError):
            return True
    return False


@pytest.mark.slow
def test_the_checks_would_see_it(
    harmless: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each guard taken away in turn: what it keeps out is noticed."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet["A1"].hyperlink = "http://example.com"
    book.save(tmp_path / "linked.xlsx")
    assert fails(lambda: read_harmless(tmp_path / "linked.xlsx"))

    def named(text: str) -> Content:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.xlsx"
        build_workbook(lesson(title=text, texts={"intro": text}, expected=[known(text)]), path)
        return read_harmless(path)

    assert as_kept("_x0041_") in named("_x0041_").texts.values()
    with monkeypatch.context() as without:
        without.setattr(spelling, "stored", lambda text: text)
        assert "_x0041_" not in named("_x0041_").texts.values()
        assert named("</t></is><f>1+1</f><is><t>").formulas != harmless.formulas
        assert fails(lambda: named("<b"))
    with monkeypatch.context() as without:
        without.setattr(sections, "_BRACES", re.compile("(m)"))
        assert "{y}" not in named("x m").texts.values()
