"""Damaged files of data: refused in one line, or read as an independent reader reads them.

For ten minutes: SHEETGD_FUZZ_SECONDS=600 pytest -n 0 -m slow tests/test_messy_fuzz.py
(SHEETGD_FUZZ_SEED=2, say, takes other damages; each has a number and comes again with it).
"""

import csv
import gzip
import io
import math
import os
import random
import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET
from zipfile import BadZipFile, ZipFile

import pytest
from openpyxl import load_workbook

from sheetgd import Data, SheetgdError, read_data
from tests import test_messy_text, test_messy_workbooks
from tests.support.messy import Messy

SECONDS = float(os.environ.get("SHEETGD_FUZZ_SECONDS", "20"))
SEED = os.environ.get("SHEETGD_FUZZ_SEED", "1")
LONGEST: Final = 10.0

Cell = float | str | None
"""A number that is spelt plainly, a text (which may stand for anything), or nothing."""

ERROR: Final = "#"
ANYTHING: Final = "*"
PIECES: Final = (
    *(mark.encode() for mark in ',;\t|" \n\r.-+()%$#€\u2212\xa0/:eE0123456789'),
    *(
        b"\0",
        b"\xff",
        b"\x1a",
        b"\xfe\xff",
        b"NA",
        b"Total",
        b"1e999",
        b"1.000",
        b'"1,474"',
        b"nan",
    ),
)


def damaged(chance: random.Random, content: bytes, other: bytes) -> bytes:
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        content = chance.choice(DAMAGES)(chance, content, other)
    return content


def _span(chance: random.Random, content: bytes) -> tuple[int, int]:
    start = chance.randrange(len(content) + 1)
    return start, min(len(content), start + chance.choice((1, 1, 2, 5, 40, 400)))


def _flip(chance: random.Random, content: bytes, _: bytes) -> bytes:
    at, end = _span(chance, content)
    end = min(end, at + 1)
    return (
        content[:at]
        + bytes(each ^ 1 << chance.randrange(8) for each in content[at:end])
        + content[end:]
    )


def _delete(chance: random.Random, content: bytes, _: bytes) -> bytes:
    start, end = _span(chance, content)
    return content[:start] + content[end:]


def _repeat(chance: random.Random, content: bytes, _: bytes) -> bytes:
    start, end = _span(chance, content)
    return content[:end] + content[start:end] * chance.choice((1, 2, 50)) + content[end:]


def _insert(chance: random.Random, content: bytes, _: bytes) -> bytes:
    start, _end = _span(chance, content)
    return content[:start] + chance.choice(PIECES) + content[start:]


def _replace_digit(chance: random.Random, content: bytes, _: bytes) -> bytes:
    places = [found.start() for found in re.finditer(rb"\d", content)] or [0]
    at = chance.choice(places)
    return content[:at] + chance.choice(PIECES) + content[at + 1 :]


def _cut(chance: random.Random, content: bytes, _: bytes) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _lines(chance: random.Random, content: bytes, other: bytes) -> bytes:
    lines = content.splitlines(keepends=True) or [b""]
    at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(5):
        case 0:
            lines.insert(to, lines.pop(at))
        case 1:
            lines.insert(to, lines[at])
        case 2:
            lines.pop(at)
        case 3:
            lines[at], lines[to] = lines[to], lines[at]
        case _:
            lines.insert(to, chance.choice(other.splitlines(keepends=True) or [b""]))
    return b"".join(lines)


DAMAGES: Final[Sequence[Callable[[random.Random, bytes, bytes], bytes]]] = (
    _flip,
    _delete,
    _repeat,
    _insert,
    _insert,
    _replace_digit,
    _replace_digit,
    _cut,
    _lines,
    _lines,
    _lines,
    _lines,
)


def damaged_file(chance: random.Random, content: bytes, other: bytes) -> bytes:
    """Damage a file, mostly within what it packs: else its checksum would tell."""
    if chance.random() < 0.8:
        if content.startswith(b"\x1f\x8b"):
            with_damage = damaged(chance, unzipped(content) or b"", other[:2000])
            return gzip.compress(with_damage, 1)
        if content.startswith(b"PK"):
            return _damaged_zip(chance, content)
    return damaged(chance, content, other[:2000])


def _damaged_zip(chance: random.Random, content: bytes) -> bytes:
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except (BadZipFile, zlib.error, NotImplementedError, OSError):
        return damaged(chance, content, b"")
    name = chance.choice(
        [*parts, *(name for name in parts if "sheet" in name or "content" in name)]
    )
    # The tags of XML are its lines.
    text = parts[name].replace(b"><", b">\n<")
    parts[name] = damaged(chance, text, text).replace(b">\n<", b"><")
    stream = io.BytesIO()
    with ZipFile(stream, "w") as archive:
        for part, packed in parts.items():
            archive.writestr(part, packed)
    return stream.getvalue()


def unzipped(content: bytes) -> bytes | None:
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        return None


def plain(text: str, *, comma: bool) -> Cell:
    """Read a cell whose number is spelt beyond doubt; `comma`: it stands between the cells."""
    text = text.strip(" \t\r\n\f\v\xa0")
    if not text:
        return None
    if re.fullmatch(r"[+-]?\d{1,300}", text):
        return float(text)
    if re.fullmatch(r"[+-]?\d+\.\d+([eE][+-]?\d{1,2})?" if comma else _SURE, text):
        return float(text.replace(",", "."))
    return text


_SURE: Final = r"[+-]?(0[.,]\d+|\d+[.,](\d{1,2}|\d{4,}))([eE][+-]?\d{1,2})?"
_FOOTER: Final = re.compile(
    r"\W*(grand|sub)?\W*(total|sum|average|avg|mean|median|gesamt|mittelwert|durchschnitt|insgesamt|sd$)",
    re.IGNORECASE,
)
_ENCODINGS: Final = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1")


def text_tables(content: bytes, options: Mapping[str, Any]) -> Iterator[list[list[Cell]]]:
    """Yield what a text may hold, by each encoding and delimiter that it can have."""
    if content.startswith(b"\x1f\x8b"):
        content = unzipped(content) or b""
    for each in _asked(options, "encoding") or _ENCODINGS:
        try:
            text = content.decode(each).removeprefix("\ufeff")
        except UnicodeError:
            continue
        if "\0" in text:
            continue
        text = re.sub(r'\A"?sep=.{1,3}(\r\n?|\n)', "", text)
        for mark in _asked(options, "delimiter") or ",;\t| ":
            lines = io.StringIO(re.sub(r"[ \t]+", " ", text) if mark == " " else text, newline="")
            try:
                rows = list(
                    csv.reader(_physical(lines.getvalue()), delimiter=mark, skipinitialspace=True)
                )
            except csv.Error:
                continue
            yield [
                []
                if row and re.match(r"\s*(#.|% |//)|%$", row[0])
                else [
                    plain(cell, comma=mark == "," and not options.keys() & {"decimal", "thousands"})
                    for cell in row
                    if cell or mark != " "
                ]
                for row in rows
            ]


def _asked(options: Mapping[str, Any], name: str) -> list[str]:
    return [options[name]] if name in options else []


def _physical(text: str) -> list[str]:
    return re.findall(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+", text)


def workbook_tables(content: bytes) -> Iterator[list[list[Cell]]]:
    """Yield the sheets of an .xlsx or .ods file."""
    with ZipFile(io.BytesIO(content)) as archive:
        if "content.xml" in archive.namelist():
            yield from _ods_tables(archive.read("content.xml"))
            return
    with ZipFile(io.BytesIO(content)) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if "worksheets/" in name]
        if any(map(_UNSOUND.search, sheets)):
            return
    for sheet in load_workbook(io.BytesIO(content), data_only=True).worksheets:
        rows = sheet.iter_rows(max_row=min(sheet.max_row, 2000), max_col=min(sheet.max_column, 30))
        yield [
            [ERROR if cell.data_type == "e" else _stored(cell.value) for cell in row]
            for row in rows
        ]


# Of a cell with two values, or of an unknown kind, each reader makes something else.
_UNSOUND: Final = re.compile(rb'</v>[^<]*<v>| t="(?!(n|s|str|b|e|inlineStr|d)")')


def _stored(value: object) -> Cell:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if value is None or isinstance(value, str):
        return plain(value or "", comma=False)
    return ANYTHING


def _ods_tables(xml: bytes) -> Iterator[list[list[Cell]]]:
    root = ET.fromstring(xml)  # noqa: S314  a file of ours, damaged
    for table in _within(root, "table"):
        rows: list[list[Cell]] = []
        for row in _within(table, "table-row"):
            cells: list[Cell] = []
            for cell in row:
                if not _local(cell.tag).endswith("table-cell"):
                    continue
                given = {_local(name): value for name, value in cell.items()}
                found = plain("".join(cell.itertext()), comma=False)
                if given.get("value-type") in {"date", "time", "boolean"}:
                    found = ANYTHING
                elif "value" in given:
                    found = float(given["value"])
                cells += [found] * min(int(given.get("number-columns-repeated", "1")), 30)
            given = {_local(name): value for name, value in row.items()}
            rows += [cells] * min(int(given.get("number-rows-repeated", "1")), 2000)
        yield rows


def _local(name: str) -> str:
    # Some programs go by the names alone, whatever the namespace.
    return name.rsplit("}", maxsplit=1)[-1]


def _within(element: ET.Element, name: str) -> Iterator[ET.Element]:
    return (each for each in element.iter() if _local(each.tag) == name)


def agrees(table: list[list[Cell]], data: Data, *, drop: bool, cut: bool) -> bool:
    """Whether the rows of Data are those of two columns of the table, none changed or lost.

    `drop`: rows with a missing value may be; `cut`: only some lines were asked for.
    """
    table = [row for row in table if any(cell is not None for cell in row)]
    width = max(map(len, table), default=0)
    rows = [row + [None] * (width - len(row)) for row in table]
    used = [i for i in range(width) if any(row[i] is not None for row in rows)]
    return any(
        _aligned([(row[i], row[j], _is_footer(row)) for row in rows], data, drop=drop, cut=cut)
        for i in used
        for j in used
        if i != j
    )


def _is_footer(row: list[Cell]) -> bool:
    return any(isinstance(cell, str) and _FOOTER.match(cell) for cell in row)


def _aligned(rows: list[tuple[Cell, Cell, bool]], data: Data, *, drop: bool, cut: bool) -> bool:
    """Whether one can go down the rows and meet all that was found, leaving out what may be."""
    found = list(zip(data.x, data.y, strict=True))
    names = (plain(data.x_name, comma=True), plain(data.y_name, comma=True))
    # How many have been met so far. What stands above and below the table may be left out
    # where that is said, but below it nothing that is a row of numbers.
    above, below = "above" in data.read, "below" in data.read
    reached = {0}
    for x, y, footer in rows:
        numbers = _is_number(x) + _is_number(y)
        may_miss = footer or numbers == 0 or (drop and numbers == 1)
        reached = {
            at + step
            for at in reached
            for step in (0, 1)
            if (
                at < len(found) and _fits(x, found[at][0]) and _fits(y, found[at][1])
                if step
                else may_miss
                or (at == 0 and (above or numbers == 1 or (x, y) == names))
                or (at == len(found) and below and not _is_row(x, y))
                or (cut and at in {0, len(found)})
            )
        }
    return len(found) in reached


def _is_row(x: Cell, y: Cell) -> bool:
    return isinstance(x, float) and isinstance(y, float)


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, float) or (cell is not None and bool(_BEGINS.match(cell)))


_BEGINS: Final = re.compile(r"[\s($€£+\u2212-]*\d")
_DATE: Final = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([T ].*)?|\d+:.*")


def _fits(cell: Cell, number: float) -> bool:
    """Whether a cell may have become this number: one in other words has its digits, too."""
    if isinstance(cell, float) or cell is None or cell in {ERROR, ANYTHING}:
        return cell in {number, ANYTHING}
    if _DATE.fullmatch(cell.strip()):
        return True
    # What is more than digits and marks may be one of two classes.
    if number in {0, 1} and not _MARKED.fullmatch(cell):
        return True
    return "e" in cell.lower() or math.isclose(
        _digits(cell), _digits(f"{Decimal(repr(number)):f}"), rel_tol=1e-12
    )


_MARKED: Final = re.compile(r"[\d.,;'\u2019()+\u2212\s$€£%-]*")


def _digits(text: str) -> float:
    return float("0." + re.sub(r"\D", "", text).strip("0"))


def fault(path: Path, case: Messy) -> str | None:
    """What is wrong with how a file is read, if anything is."""
    begun = time.monotonic()
    data: Data | None
    try:
        data = read_data(path, **case.options)
    except SheetgdError as error:
        text = str(error)
        if len(text) > 2000 or len(text.splitlines()) != 1:
            return f"{len(text.splitlines())} lines, {len(text)} characters: {text[:300]}"
        data = None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a panic of Rust is no Exception
        return f"{type(error).__name__}: {error}"
    if time.monotonic() - begun > LONGEST:
        return f"it took {time.monotonic() - begun:.0f} s"
    return None if data is None else _changed(path.read_bytes(), data, case)


def _changed(content: bytes, data: Data, case: Messy) -> str | None:
    options = case.options
    if data.further:
        return None
    try:
        tables = (
            [*workbook_tables(content)]
            if content.startswith(b"PK")
            else [*text_tables(content, options)]
        )
    except Exception:  # noqa: BLE001  the other reader is not asked what it cannot read
        return None
    cut = bool(options.keys() & {"skip", "header", "block"})
    drop = options.get("missing") == "drop"
    # Of .xls there is no other reader, and openpyxl finds nothing where XML has another name;
    # of long tables it reads the beginning.
    filled = [any(map(any, table)) for table in tables]
    if content.startswith(b"\xd0\xcf\x11\xe0") or not filled or len(data.x) > 1900:
        return None
    if content.startswith(b"PK") and not all(filled):
        return None
    if any(agrees(table, data, drop=drop, cut=cut) for table in tables):
        return None
    return f"read otherwise: {data.x[:9]}, {data.y[:9]}; {data.read}"


@pytest.mark.slow
def test_damaged_files(tmp_path: Path) -> None:
    cases = [*test_messy_text.CASES, *test_messy_workbooks.CASES]
    seeds: list[tuple[Messy, bytes]] = []
    for case in cases:
        content = case.write(tmp_path).read_bytes()
        # A bomb is a bomb; what is said of it is tested elsewhere.
        if len(content) < 100_000:
            seeds.append((case, content))
    faults: list[str] = []
    until = time.monotonic() + SECONDS
    number = 0
    # Unless more is asked for, always the same ones, on a fast machine, too.
    most = math.inf if "SHEETGD_FUZZ_SECONDS" in os.environ else 10_000
    while time.monotonic() < until and len(faults) < 20 and number < most:
        number += 1
        chance = random.Random(f"{SEED}-{number}")  # noqa: S311  the same damages each time
        case, content = chance.choice(seeds)
        path = tmp_path / f"{number}" / case.file
        path.parent.mkdir()
        path.write_bytes(damaged_file(chance, content, chance.choice(seeds)[1]))
        said = fault(path, case)
        if said is None:
            path.unlink()
            path.parent.rmdir()
        else:
            faults.append(f"{number} ({case.label}, {case.options}): {said}: {path}")
    assert not faults, f"{len(faults)} of {number}:\n" + "\n".join(faults)


def test_each_file_as_it_is(tmp_path: Path) -> None:
    """The independent reader agrees with the right answers, or it would prove nothing."""
    for case in [*test_messy_text.CASES, *test_messy_workbooks.CASES]:
        if case.x is None:
            continue
        content = case.write(tmp_path).read_bytes()
        x, y = case.x, case.y
        assert _changed(content, Data(x, y, *case.names), case) is None, case.label
        if case.label in {"plain", "total", "german", "nist", "utf-16-le", "gz", "euros", "ods"}:
            wrong = [
                (x, (*y[:-1], y[-1] + 1)),
                (x, (2 * y[0], *y[1:])),
                (x[:-1], y[:-1]),
                (x[1:], y[1:]),
            ]
            for each in wrong:
                assert _changed(content, Data(*each, *case.names), case), (case.label, each)
