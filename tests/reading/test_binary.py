"""Workbooks in Excel's binary formats, written here record by record, and by other programs."""

import json
import struct
import subprocess
import zlib
from base64 import b64decode
from pathlib import Path

import pytest

from sheetgd.reading.binary import _shared_texts
from tests.reading.test_spreadsheet import READ, VALUES
from tests.support.data_files import Rows, book
from tests.support.grids import archive, grid_of, refused, shown
from tests.support.programs import needs_libreoffice

_FILES = json.loads((Path(__file__).parents[1] / "data" / "old_workbooks.json").read_text())
OLD = {name: zlib.decompress(b64decode(text)) for name, text in _FILES.items()}
T: Rows = [["x", "y"], [1, 10.5], [2, 20.5], [3, 30.5]]


@pytest.mark.parametrize("name", ["plain.xls", "plain.xlsb", "short_cells.xlsb"])
def test_a_plain_table(name: str) -> None:
    assert shown(grid_of(OLD[name])) == T


@pytest.mark.parametrize("end", ["xls", "xlsb"])
def test_errors_and_hidden_sheets(end: str) -> None:
    assert shown(grid_of(OLD[f"error.{end}"]))[2][1] == "the error #DIV/0!"
    assert grid_of(OLD[f"hidden.{end}"]).notes == ("hidden sheet 'Old' was passed over",)
    assert refused(OLD[f"long.{end}"][:6000])


def test_hidden_rows_and_dates_of_libreoffice() -> None:
    assert "hidden row" in grid_of(OLD["hidden_rows.xls"]).notes[0]
    assert "datetime" in str(grid_of(OLD["dates.xls"]).rows[1][0].__class__)


def test_passwords() -> None:
    assert "protected with a password" in refused(OLD["locked.xls"])
    assert "protected with a password" in refused(OLD["locked.xlsx"])


def test_texts_run_on_from_one_record_into_the_next() -> None:
    head = struct.pack("<II", 3, 3)
    first = head + struct.pack("<HB", 2, 0) + b"ab" + struct.pack("<HB", 4, 0) + b"cd"
    second = b"\x01" + "ef".encode("utf-16-le") + struct.pack("<HBHI", 1, 12, 1, 2) + b"g" + b"1234"
    assert list(_shared_texts([first, second, b"56"])) == ["ab", "cdef", "g"]
    with pytest.raises(IndexError):
        list(_shared_texts([first]))


def record(kind: int, *values: object, form: str = "") -> bytes:
    data = struct.pack(f"<{form}", *values)
    return struct.pack("<HH", kind, len(data)) + data


def xls(*records: bytes, version: int = 0x600) -> bytes:
    """A compound file of five sectors and more: its table, its folder, the workbook."""
    begin, end = record(0x809, version, 5, 0, 0, form="HHHH"), record(0x0A)
    title = b"\x04Data" if version < 0x600 else b"\x04\x00Data"
    head = len(begin) + 4 + 6 + len(title) + len(end)
    sheet = struct.pack("<IBB", head, 0, 0) + title
    stream = (
        begin + struct.pack("<HH", 0x85, len(sheet)) + sheet + end + begin + b"".join(records) + end
    )
    stream = stream.ljust(4096, b"\0")
    used = range(2, 2 + len(stream) // 512)
    table = [0xFFFFFFFD, 0xFFFFFFFE, *(each + 1 for each in used[:-1]), 0xFFFFFFFE]
    header = bytearray(512)
    header[:8] = bytes.fromhex("d0cf11e0a1b11ae1")
    struct.pack_into("<HH", header, 30, 9, 6)
    struct.pack_into("<I", header, 48, 1)
    struct.pack_into("<II", header, 68, 0xFFFFFFFE, 0)
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    folder = bytearray(512)
    for at, name, start, size in (
        (0, "Root Entry", 0xFFFFFFFE, 0),
        (128, "Workbook", 2, len(stream)),
    ):
        text = name.encode("utf-16-le")
        folder[at : at + len(text)] = text
        struct.pack_into("<H", folder, at + 64, len(text) + 2)
        struct.pack_into("<II", folder, at + 116, start, size)
    return (
        bytes(header)
        + struct.pack("<128I", *table, *[0xFFFFFFFF] * (128 - len(table)))
        + bytes(folder)
        + stream
    )


def result(*value: int) -> bytes:
    return record(0x06, 0, 0, 0, bytes(value), form="HHH8s")


@pytest.mark.parametrize(
    ("records", "row"),
    [
        ([record(0x203, 0, 0, 0, 2.5, form="HHHd")], [2.5]),
        ([record(0xBD, 0, 1, 0, 5 << 2 | 2, 0, 25 << 2 | 3, 2, form="HHHIHIH")], [5, 0.25]),
        ([record(0x205, 0, 0, 0, 0x2A, 1, form="HHHBB")], ["the error #N/A"]),
        ([record(0x205, 0, 0, 0, 1, 0, form="HHHBB")], [True]),
        ([result(0, 0, 0, 0, 0, 0, 0xFF, 0xFF), record(0x207, 2, 0, b"ab", form="HB2s")], ["ab"]),
        ([result(1, 0, 1, 0, 0, 0, 0xFF, 0xFF)], [True]),
        ([result(2, 0, 7, 0, 0, 0, 0xFF, 0xFF)], ["the error #DIV/0!"]),
        ([result(0, 0, 0, 0, 0, 0, 0xF0, 0xFF)], ["a formula without a stored number"]),
        ([record(0x204, 0, 0, 0, 1, 1, b"\xac\x20", form="HHHHB2s")], ["€"]),
    ],
)  # fmt: skip
def test_records(records: list[bytes], row: list[object]) -> None:
    assert shown(grid_of(xls(*records))) == [row]


def test_an_older_file_has_other_texts() -> None:
    label = record(0x204, 0, 0, 0, 1, b"\x80", form="HHHH1s")
    assert shown(grid_of(xls(label, version=0x500))) == [["€"]]


def test_an_xlsb_of_few_records() -> None:
    def each(kind: int, data: bytes) -> bytes:
        number = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
        return number + bytes([len(data)]) + data

    def wide(text: str) -> bytes:
        return struct.pack("<I", len(text)) + text.encode("utf-16-le")

    row = struct.pack("<IIHBB", 0, 0, 0, 0, 0x10)
    cells = [
        each(0, row), each(9, struct.pack("<IId", 0, 1, 45413.5)),
        each(13, struct.pack("<II", 0, 6)), each(11, struct.pack("<IIB", 3, 0, 7)),
        each(62, struct.pack("<IIB", 5, 0, 0) + wide("rich")),
        each(4, struct.pack("<IIB", 6, 0, 1)), each(1, struct.pack("<II", 7, 0)),
    ]  # fmt: skip
    styles = each(44, struct.pack("<H", 170) + wide("yyyy")) + each(617, b"\2\0\0\0")
    styles += b"".join(each(47, struct.pack("<HH", 0, form)) for form in (0, 170)) + each(618, b"")
    kind = "x/relationships"
    content = archive(
        {
            "xl/workbook.bin": each(153, b"\1\0\0\0")
            + each(156, struct.pack("<II", 0, 1) + wide("a") + wide("D")),
            "xl/_rels/workbook.bin.rels": f'<R><r Id="a" Type="{kind}/worksheet" Target="s.bin"/>'
            f'<r Id="b" Type="{kind}/styles" Target="/xl/t.bin"/></R>',
            "xl/s.bin": b"".join(cells),
            "xl/t.bin": styles,
        }
    )  # fmt: skip
    grid = grid_of(content)
    assert [str(cell) for cell in shown(grid)[0]] == [
        "2028-05-02 12:00:00", "1.0", "None", "the error #DIV/0!", "None", "rich", "True",
    ]  # fmt: skip
    assert grid.notes == ("1 hidden row is read, too",)


@needs_libreoffice
@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_what_libreoffice_saves(tmp_path: Path, kind: str) -> None:
    path = book(tmp_path, {"Data": [*VALUES[:2], VALUES[2][:4]]})
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        kind,
        "--outdir",
        str(tmp_path),
        str(path),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=100)
    found, expected = shown(grid_of(tmp_path / f"book.{kind}")), [*READ[:2], READ[2][:4]]
    dates = [str(each).removesuffix(" 00:00:00") for each in found[1]]
    assert dates == [str(each) for each in expected[1]]
    assert found[0][:3] == expected[0][:3]
    assert found[2] == pytest.approx(expected[2]) or found[2][3] == expected[2][3]
