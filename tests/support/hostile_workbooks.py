"""Workbooks that are meant to do harm, one by one, and what the commands make of them.

`python -m tests.support.hostile_workbooks` makes each of them, gives it to every command that
reads workbooks, and prints how long that took, how much memory, and what was said.
"""

import gc
import json
import os
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from io import BytesIO, StringIO
from itertools import groupby, repeat
from operator import itemgetter
from pathlib import Path
from typing import Final
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile, ZipInfo

SECONDS: Final = 10
MEBIBYTES: Final = 500
COMMANDS: Final = ("compare", "against", "data")
ALL: Final = (*COMMANDS, "template")

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET = "xl/worksheets/sheet1.xml"
_STYLES, _STRINGS, _BOOK = "xl/styles.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
_TYPES, _LINKS = "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
_THEME, _CORE = "xl/theme/theme1.xml", "docProps/core.xml"
_USUAL = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c><c r="B1" t="s"><v>0</v></c></row>'
    '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><f>A2*2</f><v>2</v></c></row>'
    '<row r="3"><c r="A3"><v>2</v></c><c r="B3" s="0"><v>4</v></c></row>'
)
Content = str | bytes | Sequence[str | bytes]
"""What a part holds; pieces are for parts too large to be made in one."""


@dataclass(frozen=True)
class Hostile:
    """A file that is meant to do harm.

    Attributes:
        write: writes it.
        harmless: whether it does none and can be read as any other; None where programs
            may differ.
        suffix: what its name ends with.
        commands: the commands it is given to.
    """

    write: Callable[[Path], object]
    harmless: bool | None = False
    suffix: str = ".xlsx"
    commands: Sequence[str] = COMMANDS


KINDS: Final[dict[str, Hostile]] = {}


def _kind(name: str, write: Callable[[Path], object], **more: object) -> None:
    assert name not in KINDS
    KINDS[name] = Hostile(write, **more)  # type: ignore[arg-type]  # passed on as given


def parts(
    rows: Content = _USUAL,
    *,
    before: str = "",
    after: str = "",
    styles: str = "",
    strings: Content = "<si><t>y</t></si>",
    names: str = "",
    sheets: int = 1,
    overrides: str = "",
    relationships: str = "",
) -> dict[str, Content]:
    """The parts of a workbook with the page that `compare` looks for, in their order."""
    listed = "".join(
        f'<sheet name="{title}" sheetId="{n}" r:id="rId{n}"/>'
        for n, title in enumerate(["As published", *(f"S{n}" for n in range(2, sheets + 1))], 1)
    )
    targets = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        for n in range(1, sheets + 1)
    )
    return {
        _TYPES: f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/{_BOOK}" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/{_SHEET}" ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/{_STYLES}" ContentType="{_TYPE}.styles+xml"/>'
        f'<Override PartName="/{_STRINGS}" ContentType="{_TYPE}.sharedStrings+xml"/>'
        f"{overrides}</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="{_BOOK}"/>'
        "</Relationships>",
        _BOOK: f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets>'
        f"<definedNames>{names}</definedNames></workbook>",
        _LINKS: f'<Relationships xmlns="{_PACKAGE}/relationships">{targets}'
        f'<Relationship Id="s" Type="{_OFFICE}/styles" Target="styles.xml"/>'
        f'<Relationship Id="t" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        f"{relationships}</Relationships>",
        _STYLES: f'<styleSheet xmlns="{_MAIN}">{styles or _styles()}</styleSheet>',
        _STRINGS: [f'<sst xmlns="{_MAIN}">', *_pieces(strings), "</sst>"],
        _SHEET: [
            f'<worksheet xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{before}<sheetData>',
            *_pieces(rows),
            f"</sheetData>{after}</worksheet>",
        ],
        _THEME: '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"/>',
        _CORE: f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties"/>',
    }


def _styles(
    fonts: str = "", formats: str = "", named: str = "", looks: str = "", differences: str = ""
) -> str:
    return (
        f"<numFmts>{formats}</numFmts><fonts><font/>{fonts}</fonts>"
        "<fills><fill><patternFill/></fill></fills><borders><border/></borders>"
        '<cellStyleXfs><xf numFmtId="164"/></cellStyleXfs>'
        f'<cellXfs><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>{looks}</cellXfs>'
        f"<cellStyles>{named}</cellStyles><dxfs>{differences}</dxfs>"
    )


def _pieces(content: Content) -> Sequence[str | bytes]:
    return [content] if isinstance(content, str | bytes) else content


def save(
    contents: Mapping[str, Content],
    path: Path,
    *,
    method: int = ZIP_DEFLATED,
    only: str = "",
    more: Sequence[tuple[str, bytes]] = (),
) -> Path:
    """Write the archive; `only` one part is compressed by another method, or all are."""
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in contents.items():
            info = ZipInfo(name)
            info.compress_type = method if only in {"", name} else ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=True) as target:
                for piece in _pieces(content):
                    target.write(piece.encode() if isinstance(piece, str) else piece)
        for name, data in more:
            archive.writestr(name, data)
    return path


def _workbook(path: Path, **given: object) -> None:
    made = {name: value() if callable(value) else value for name, value in given.items()}
    save(parts(**made), path)  # type: ignore[arg-type]  # passed on as given


def _made(name: str, *, harmless: bool | None = False, **given: object) -> None:
    """A kind that is a workbook of odd parts; what is large is made when it is needed."""
    _kind(name, partial(_workbook, **given), harmless=harmless)  # type: ignore[arg-type]  # the same


def _with(contents: Mapping[str, Content], path: Path) -> None:
    save({**parts(), **contents}, path)


def _many(text: str, times: int) -> list[str]:
    """A text many times over, in pieces that are the same object."""
    in_one = max(1, 2**16 // len(text))
    return [text * in_one] * (times // in_one) + [text * (times % in_one)]


def _numbered(text: str, times: int) -> str:
    return "".join(text.replace("#", str(n)) for n in range(1, times + 1))


def _in(tag: str, inside: str) -> str:
    return f"<{tag}>{inside}</{tag}>"


def _rule(ranges: str) -> str:
    rule = '<cfRule type="expression" priority="1"><formula>1</formula></cfRule>'
    return f'<conditionalFormatting sqref="{ranges}">{rule}</conditionalFormatting>'


def _cell(inside: str, more: str = "", at: str = "A1") -> str:
    return f'<row r="1"><c r="{at}"{more}>{inside}</c></row>'


# Archives.


def _patched(path: Path, *changes: tuple[bytes, int, bytes]) -> None:
    """A workbook in whose headers something is changed: after a signature, at an offset."""
    save(parts(), path)
    content = bytearray(path.read_bytes())
    for signature, offset, new in changes:
        place = content.rfind(signature) + offset
        content[place : place + len(new)] = new
    path.write_bytes(content)


def _of_sheet(path: Path, offset: int, new: bytes) -> None:
    """A workbook with something changed in the directory's entry of the sheet."""
    save(parts(), path)
    content = bytearray(path.read_bytes())
    place = content.rfind(_SHEET.encode()) - 46 + offset
    content[place : place + len(new)] = new
    path.write_bytes(content)


def _overlapping(path: Path) -> None:
    """Hundreds of parts of 2 MiB that share one stream, each of which is a valid file.

    Each stream begins with the header of the next as a stored block, and goes on in it.
    """
    base = save(parts(), path).read_bytes()
    start = base.index(b"PK\x01\x02")
    rows = f'<worksheet xmlns="{_MAIN}"><sheetData>{"<row/>" * 350_000}</sheetData></worksheet>'
    unpacked = rows.encode()
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    stream, quoted = packer.compress(unpacked) + packer.flush(), b""
    found: list[tuple[bytes, bytes, int]] = []
    for number in range(300):
        name = f"xl/worksheets/s{number}.xml".encode()
        unpacked = quoted + unpacked
        sizes = struct.pack("<3I", zlib.crc32(unpacked), len(stream), len(unpacked))
        head = struct.pack("<4s5H", b"PK\x03\x04", 20, 0, 8, 0, 33) + sizes
        quoted = head + struct.pack("<2H", len(name), 0) + name
        found.append((name, sizes, len(quoted + stream)))
        last = quoted + stream
        length = len(quoted)
        stream = struct.pack("<B2H", 0, length, length ^ 0xFFFF) + last
    end = start + len(last)
    directory = base[start : base.index(b"PK\x05\x06")] + b"".join(
        struct.pack("<4s6H", b"PK\x01\x02", 20, 20, 0, 8, 0, 33)
        + sizes
        + struct.pack("<5H2I", len(name), 0, 0, 0, 0, 0, end - back)
        + name
        for name, sizes, back in found
    )
    count = len(parts()) + len(found)
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(directory), end, 0)
    path.write_bytes(base[:start] + last + directory + tail)


def _entries(path: Path, count: int, extra: int = 0) -> None:
    """A workbook among many empty parts."""
    with ZipFile(save(parts(), path), "a") as archive:
        for n in range(count):
            info = ZipInfo(f"xl/media/{n}")
            info.comment = b" " * extra
            archive.writestr(info, b"")


def _nested(path: Path) -> None:
    inner = BytesIO()
    with ZipFile(inner, "w", ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(2**24))
    for _ in range(5):
        outer = BytesIO()
        with ZipFile(outer, "w", ZIP_DEFLATED) as archive:
            for n in range(16):
                archive.writestr(f"{n}.zip", inner.getvalue())
        inner = outer
    path.write_bytes(inner.getvalue())


def _doubled(path: Path) -> None:
    import warnings  # noqa: PLC0415  zipfile warns of what is meant here

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        save(parts(), path, more=[(_SHEET, b"<worksheet/>")])


_SPACES = [b" " * 2**20] * 64
_kind("one part of 64 MiB of blanks", partial(_workbook, rows=[_USUAL, *_SPACES]))
_kind("shared texts of 64 MiB of blanks", partial(_workbook, strings=_SPACES))
for _part in (_TYPES, _BOOK, _LINKS, _STYLES):
    _kind(f"64 MiB of blanks in {_part}", partial(_with, {_part: _SPACES}))
    _kind(
        f"64 MiB of elements in {_part}",
        partial(_with, {_part: ["<a>", *_many("<b/>", 2**24), "</a>"]}),
    )
_kind("20,000 empty parts", partial(_entries, count=20_000))
_kind("long comments of 300 parts", partial(_entries, count=300, extra=65_000), harmless=True)
_kind("overlapping parts that are not read", _overlapping, harmless=True)
_kind("archives in archives", _nested)
_kind("one name twice", _doubled)
_kind("a part locked with a password", partial(_of_sheet, offset=8, new=b"\x01\x00"))
_kind("compressed by LZMA", partial(save, parts(), method=ZIP_LZMA))
_kind("compressed by bzip2", partial(save, parts(), method=ZIP_BZIP2))
_kind("one part compressed by LZMA", partial(save, parts(), method=ZIP_LZMA, only=_SHEET))
for _method in (9, 12, 93, 99):
    _kind(
        f"compression method {_method}",
        partial(_of_sheet, offset=10, new=struct.pack("<H", _method)),
    )
_kind("a size too small", partial(_of_sheet, offset=24, new=struct.pack("<I", 100)))
_kind(
    "a size too large", partial(_of_sheet, offset=24, new=struct.pack("<I", 2**31)), harmless=None
)
_kind(
    "a packed size too large",
    partial(_of_sheet, offset=20, new=struct.pack("<I", 2**31)),
    harmless=None,
)
_kind(
    "a size in fields that are missing",
    partial(_of_sheet, offset=24, new=b"\xff" * 4),
    harmless=None,
)
_kind("a wrong checksum", partial(_of_sheet, offset=16, new=b"abcd"))
_kind("an offset beyond the end", partial(_of_sheet, offset=42, new=b"\xff\xff\xff\x7f"))
_kind("a name that is not UTF-8", partial(_of_sheet, offset=46, new=b"\xff\xfe\x00"))
_kind(
    "a directory beyond the end",
    lambda path: _patched(path, (b"PK\x05\x06", 16, b"\xff\xff\xff\x7f")),
)
_kind("a directory of no size", lambda path: _patched(path, (b"PK\x05\x06", 12, bytes(4))))
_kind(
    "names that lead out of the folder",
    lambda path: save(parts(), path, more=[("../../evil.xml", b"<a/>"), ("/etc/evil", b"x")]),
    harmless=True,
)
_kind(
    "a sheet that is outside",
    partial(
        _with,
        {_LINKS: str(parts()[_LINKS]).replace("worksheets/sheet1.xml", "../../../etc/passwd")},
    ),
)
_kind("stored and with fields of 64 bits", partial(save, parts(), method=ZIP_STORED), harmless=True)

# XML.

_LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a0 "lolololololololol">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    + "]>"
)
_ENTITIES = {
    "a billion laughs": (_LAUGHS, "&a11;"),
    "an entity of 100 KB, often": (f'<!DOCTYPE a [<!ENTITY q "{"q" * 100_000}">]>', "&q;" * 20_000),
    "a file as an entity": ('<!DOCTYPE a [<!ENTITY q SYSTEM "file:///etc/passwd">]>', "&q;"),
    "a definition from the net": ('<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">', ""),
}


def _text(content: Content) -> str:
    return "".join(str(piece) for piece in _pieces(content))


def _entity(path: Path, part: str, kind: str) -> None:
    declared, used = _ENTITIES[kind]
    text = _text(parts()[part])
    at = text.index(">") + 1
    save({**parts(), part: declared + text[:at] + used + text[at:]}, path)


for _part in (_TYPES, _BOOK, _LINKS, _STYLES, _STRINGS, _SHEET, _THEME, _CORE):
    for _name in _ENTITIES if _part in {_SHEET, _BOOK} else list(_ENTITIES)[:1]:
        # The last two are not read at all.
        _kind(
            f"{_name} in {_part}",
            partial(_entity, part=_part, kind=_name),
            harmless=_part in {_THEME, _CORE},
        )


def _encoded(path: Path, part: str, encoding: str, declared: str, before: str = "") -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>{before}{_text(parts()[part])}'
    save({**parts(), part: text.encode(encoding)}, path)


for _part in (_BOOK, _SHEET):
    _kind(
        f"UTF-16 in {_part}",
        partial(_encoded, part=_part, encoding="utf-16", declared="UTF-16"),
        harmless=True,
    )
    _kind(
        f"laughs in UTF-16 in {_part}",
        partial(_encoded, part=_part, encoding="utf-16", declared="UTF-16", before=_LAUGHS),
    )
    for _encoding in ("UTF-7", "UTF-32", "cp037", "idna"):
        _coding = "utf-8" if _encoding == "idna" else _encoding
        _kind(
            f"{_encoding} in {_part}",
            partial(_encoded, part=_part, encoding=_coding, declared=_encoding),
        )
_kind(
    "laughs after 100 KB of blanks",
    partial(_with, {_BOOK: "<!--" + " " * 10**5 + "-->" + _LAUGHS + "<a>&a11;</a>"}),
)
_deep = "<a>" * 100_000 + "</a>" * 100_000
_made("elements nested deep in the sheet", after=_deep)
_made("elements nested deep in a row", rows=f'<row r="1">{_deep}</row>')
_made("elements nested deep in the styles", styles=_deep)
_made("elements nested deep in the texts", strings=f"<si>{_deep}</si>")
_made("elements nested deep in the names", names=_deep)
_made("styles within styles", styles=lambda: "<extLst><ext>" * 20_000 + "</ext></extLst>" * 20_000)

# Cells.

_ = ["x" * 2**20] * 100
_made(
    "a text of 100 MiB",
    rows=['<row r="1"><c r="A1" t="inlineStr"><is><t>', *_, "</t></is></c></row>"],
)
_made(
    "a number of 100 MiB", rows=['<row r="1"><c r="A1"><v>', *["9" * 2**20] * 100, "</v></c></row>"]
)
_made(
    "a formula of 100 MiB",
    rows=['<row r="1"><c r="A1"><f>', *["1+1" * 2**19] * 60, "</f></c></row>"],
)
_made("a shared text of 100 MiB", strings=["<si><t>", *_, "</t></si>"])
_made("an attribute of 100 MiB", rows=['<row r="1" a="', *_, '"/>'])
_made("a comment of 100 MiB", rows=["<!--", *_, "-->", _USUAL])
_made("an instruction of 100 MiB", rows=["<?a ", *_, "?>", _USUAL])
_made("a number of a million digits", rows=lambda: _cell(f"<v>{'9' * 200_000}</v>"))
_made(
    "4,000 texts of 200 KB",
    rows=lambda: _many(f'<row><c t="str"><v>{"x" * 200_000}</v></c></row>', 4000),
)
_made("a million shared texts", strings=_many("<si><t>a</t></si>", 1_000_000))
_made(
    "a shared text of a million runs", strings=["<si>", *_many("<r><t>a</t></r>", 10**6), "</si>"]
)
_made("a claim of a million rows", before='<dimension ref="A1:XFD1048576"/>', harmless=True)
_made("a claim of nonsense", before='<dimension ref="ZZZZ99999999:A0"/>', harmless=True)
_made("ten million rows", rows=_many("<row/>", 10_000_000))
_made("six million empty cells", rows=_many("<row>" + "<c/>" * 1000 + "</row>", 6000))
_made("six million empty cells in one row", rows=["<row>", *_many("<c/>", 6_000_000), "</row>"])
_made("a million elements of no meaning", after=lambda: "<a/>" * 1_000_000)
_made("a million elements of no meaning in a row", rows=["<row>", *_many("<a/>", 10**6), "</row>"])
_made(
    "100,000 rows with a cell at the right end",
    rows=lambda: _numbered('<row r="#"><c r="XFD#"><v>1</v></c></row>', 100_000),
)
_made(
    "a cell in the last row",
    rows=f'{_USUAL}<row r="1048576"><c r="Z1048576"><v>1</v></c></row>',
    harmless=None,
)
_made("a row of number 1048577", rows='<row r="1048577"/>')
_made("a row of number 10^12", rows=f'<row r="{10**12}"><c r="A1"><v>1</v></c></row>')
_made("a row of number 1e300", rows='<row r="1e300"><c r="A1"><v>1</v></c></row>')
_made("a row of number inf", rows='<row r="inf"><c r="A1"><v>1</v></c></row>')
_made("a row of number -1", rows='<row r="-1"><c r="A1"><v>1</v></c></row>', harmless=None)
_made("a row of 5,000 digits", rows='<row r="' + "1" * 5000 + '"/>')
_made("a cell ZZZZ99999999", rows=_cell("<v>1</v>", at="ZZZZ99999999"))
_made("a cell A99999999999", rows=_cell("<v>1</v>", at="A99999999999"))
_made("a cell ZZZ1", rows=_cell("<v>1</v>", at="ZZZ1"))
_made("a cell A0", rows=_cell("<v>1</v>", at="A0"), harmless=None)
_made("a shared text of number 99", rows=_cell("<v>99</v>", ' t="s"'))
_made("a style of number 10^9", rows=_cell("<v>1</v>", f' s="{10**9}"'), harmless=None)
_made("a date of nonsense", rows=_cell("<v>2020-99-99T99</v>", ' t="d"'))
_made(
    "merged over the whole sheet",
    after='<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>',
    harmless=True,
)
_made(
    "200,000 merged ranges",
    after=lambda: _in("mergeCells", _numbered('<mergeCell ref="A#:B#"/>', 200_000)),
)
_made(
    "200,000 rules",
    after=lambda: _rule("A1") * 60_000,
)
_made(
    "a rule for 30,000 ranges",
    after=lambda: _rule(_numbered("A# ", 30_000)),
    harmless=True,
)
_made(
    "a rule for a million ranges",
    after=lambda: _rule(_numbered("A# ", 1_000_000)),
)
_made(
    "200,000 links in cells",
    after=lambda: _in("hyperlinks", '<hyperlink ref="A1"/>' * 200_000),
)
_made("200,000 columns", before=lambda: _in("cols", '<col min="1" max="16384"/>' * 200_000))
_f = "A1+" * 2700 + "A1"
_made(
    "a long formula that many cells share",
    rows=lambda: [
        f'<row r="1"><c r="A1"><f t="shared" ref="A1:A9" si="0">{_f}</f></c></row>',
        _numbered('<row r="#"><c r="A#"><f t="shared" si="0"/></c></row>', 40_000),
    ],
)
_made(
    "many long formulas to share",
    rows=_many(f'<row><c r="A1"><f t="shared" ref="A1" si="#">{_f}</f></c></row>', 3000),
)
_made("formulas that reach out", rows=_USUAL[: _USUAL.index('<row r="2"')] + "".join(
    f'<row r="{row}"><c r="A{row}"><v>{row}</v></c>'
    f'<c r="B{row}"><f>{formula}</f><v>{row}</v></c></row>'
    for row, formula in enumerate((
        "'http://127.0.0.1:9/[a.xlsx]S'!A1", '_xlfn.WEBSERVICE("http://127.0.0.1:9/")',
        'DDE("cmd","/C calc","A1")', "cmd|'/C calc'!A0", 'HYPERLINK("http://127.0.0.1:9/","x")',
        "[1]S!A1", 'CALL("Kernel32","WinExec","JCJ","calc",0)',
    ), start=2)), harmless=True)  # fmt: skip

# The structure of the workbook.

_made("100,000 names", names=lambda: _numbered('<definedName name="n#">1</definedName>', 100_000))
_made(
    "a printed area of 200 KB",
    names=lambda: (
        '<definedName name="_xlnm.Print_Area" localSheetId="0">'
        f"{'$A$1:$B$2,' * 20_000}</definedName>"
    ),
)
_made("10,000 sheets", sheets=10_000)
_made(
    "1,900 sheets that reach far down",
    sheets=1900,
    rows='<row r="1048576"><c r="A1048576"><v>1</v></c></row>',
    harmless=None,
)
_made("100 sheets of 30,000 rows", sheets=100, rows=_many("<row><c><v>1</v></c></row>", 30_000))
_made(
    "1,000 sheets too long to read", sheets=1000, rows=_many("<row><c><v>1</v></c></row>", 60_000)
)
_made(
    "100,000 looks of cells",
    styles=lambda: _styles(
        looks=_numbered('<xf numFmtId="#" fontId="0" fillId="0" borderId="0"/>', 100_000)
    ),
)
_made(
    "40,000 looks of cells",
    styles=lambda: _styles(
        looks=_numbered('<xf numFmtId="#" fontId="0" fillId="0" borderId="0"/>', 40_000)
    ),
    harmless=True,
)
_made(
    "100,000 fonts", styles=lambda: _styles(fonts=_numbered("<font><sz val='#'/></font>", 100_000))
)
_made(
    "100,000 differences of style",
    styles=lambda: _styles(differences="<dxf><font/></dxf>" * 100_000),
)
_made(
    "20,000 named styles and number formats",
    styles=lambda: _styles(
        named=_numbered('<cellStyle name="n#" xfId="0"/>', 20_000),
        formats=_numbered('<numFmt numFmtId="#" formatCode="0.#"/>', 20_000),
    ),
)
_made(
    "900 named styles and 1,000 number formats",
    styles=lambda: _styles(
        named=_numbered('<cellStyle name="n#" xfId="0"/>', 900),
        formats=_numbered('<numFmt numFmtId="#" formatCode="0.#"/>', 1000),
    ),
    harmless=True,
)
_made(
    "100,000 types of content",
    overrides=lambda: _numbered('<Override PartName="/x#" ContentType="a"/>', 100_000),
)
_made(
    "100,000 relationships",
    relationships=lambda: _numbered('<Relationship Id="x#" Type="a" Target="b"/>', 100_000),
)
_kind(
    "a sheet that is the workbook itself",
    partial(_with, {_LINKS: str(parts()[_LINKS]).replace("worksheets/sheet1.xml", "workbook.xml")}),
    harmless=None,
)
_kind(
    "a sheet that is the shared texts",
    partial(
        _with, {_LINKS: str(parts()[_LINKS]).replace("worksheets/sheet1.xml", "sharedStrings.xml")}
    ),
    harmless=None,
)
_kind(
    "a sheet that is a chart",
    partial(_with, {_LINKS: str(parts()[_LINKS]).replace('/worksheet"', '/chartsheet"')}),
)
for _name, _part in {
    "vbaProject": "xl/vbaProject.bin",
    "externalLink": "xl/externalLinks/externalLink1.xml",
    "oleObject": "xl/embeddings/oleObject1.bin",
}.items():
    _more = f'<Relationship Id="v" Type="{_OFFICE}/{_name}" Target="/{_part}"/>'
    _kind(
        f"with {_part}",
        partial(_with, {**parts(relationships=_more), _part: "<externalLink/>"}),
        harmless=True,
    )

# What is no workbook.


def _bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _archive(path: Path, *names: str) -> None:
    with ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "<a/>")


def _cut(path: Path, share: float) -> None:
    whole = save(parts(), path).read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])


_OLD = bytes.fromhex("d0cf11e0a1b11ae1")
for _name, _start in {
    "protected with a password": _OLD + bytes(10**6) + "EncryptedPackage".encode("utf-16-le"),
    "an .xls file": _OLD + bytes(10**6),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(1000),
    "a PDF": b"%PDF-1.7\n" + bytes(1000),
    "nothing": b"",
    "two letters": b"PK",
    "the end of an archive alone": b"PK\x05\x06" + bytes(18),
    "rubbish": bytes(range(256)) * 40,
    "rubbish like an archive": b"PK\x03\x04" + bytes(range(256)) * 40,
}.items():
    _kind(_name, partial(_bytes, content=_start))
_kind("an .ods file", lambda path: _archive(path, "mimetype", "content.xml"))
_kind("a .docx file", lambda path: _archive(path, _TYPES, "word/document.xml"))
_kind("an .xlsb file", lambda path: _archive(path, _TYPES, "xl/workbook.bin"))
for _share in (0.02, 0.5, 0.99):
    _kind(f"cut off after {_share:.0%}", partial(_cut, share=_share))


def _sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 5 * 2**30)


_kind("a folder", Path.mkdir)
_kind("a pipe", os.mkfifo)
_kind("a device without end", lambda path: path.symlink_to("/dev/zero"))
_kind("a link to itself", lambda path: path.symlink_to(path))
_kind("5 GiB of nothing", _sparse)

# Texts: CSV files and templates.


def _lines(path: Path, piece: bytes, times: int) -> None:
    with path.open("wb") as file:
        file.writelines(repeat(piece, times))


_TEXT: Final = ("against", "data")
for _name, _piece, _times in (
    ("a line without end", b"1" * 2**20, 90),
    ("a line of commas without end", b"," * 2**20, 90),
    ("a quoted text without end", b'"' + b"x\n" * 2**19, 60),
    ("a record of quoted line ends", b'"\n",' * 2**18, 60),
    ("200 MiB of lines", b"1,2\n" * 2**18, 200),
    ("quotation marks alone", b'"' * 2**20, 60),
    ("zeros alone", bytes(2**20), 60),
    ("ten million cells", b"1,2,3,4,5,6,7,8,9,0\n" * 1000, 1000),
    ("bytes that are no text", b"\xff\xfe\xfd" * 2**20, 10),
):
    _kind(
        f"{_name}, as CSV",
        partial(_lines, piece=_piece, times=_times),
        suffix=".csv",
        commands=_TEXT,
    )
for _name, _file in {
    name: KINDS[name] for name in ("a folder", "a pipe", "a device without end", "5 GiB of nothing")
}.items():
    _kind(f"{_name}, as CSV", _file.write, suffix=".csv", commands=_TEXT)
    _kind(f"{_name}, as a template", _file.write, suffix=".toml", commands=["template"])
for _name, _template in {
    "a key of 200,000 parts": b"a" + b".a" * 200_000 + b" = 1",
    "a table of 200,000 parts": b"[a" + b".a" * 200_000 + b"]",
    "arrays in arrays": b"x = " + b"[" * 100_000,
    "a template of 60 MiB": b"x = 1 # comment\n" * 2**22,
    "a number of 100,000 digits": b"epochs = " + b"9" * 100_000,
}.items():
    _kind(_name, partial(_bytes, content=_template), suffix=".toml", commands=["template"])


# What the commands make of them.


@dataclass(frozen=True)
class Answer:
    """What a command made of a file.

    Attributes:
        code: its exit code; None when it did not end by itself.
        seconds: how much time of the processor it took.
        mebibytes: how much memory the process had at most.
        said: what it wrote to the error output.
        printed: how many characters it wrote to the output.
    """

    kind: str
    command: str
    size: int
    code: int | None
    seconds: float
    mebibytes: float
    said: str
    printed: int

    def faults(self) -> list[str]:
        """What is not as it should be."""
        hostile = KINDS[self.kind]
        read = {"compare": (0, 1), "against": (0, 1, 2), "data": (0,), "template": (2,)}
        # Data are read where the harm is in what only openpyxl would look at.
        harm = (0, 2) if self.command == "data" else (2,)
        expected = {True: read[self.command], False: harm, None: (0, 1, 2)}[hostile.harmless]
        found = []
        if self.code not in expected:
            found.append(f"ended with {self.code}")
        if self.seconds > SECONDS or self.mebibytes > MEBIBYTES:
            found.append(f"took {self.seconds:.1f} s and {self.mebibytes:.0f} MiB")
        if self.code == 2 and (self.said.count("\n") != 1 or len(self.said) > 2000 or self.printed):
            found.append("did not say one line and nothing else")
        if self.code == 2 and not self.said.startswith("sheetgd: "):
            found.append("is no message of ours")
        return [f"{self.command}: {self.kind}: {each}: {self.said[:300]!r}" for each in found]


def answers(kinds: Sequence[str], only: Collection[str] = ALL) -> Iterator[Answer]:
    """What the commands make of files, in another process, which is held in bounds.

    Args:
        kinds: names of `KINDS`.
        only: the commands.
    """
    left = [
        (kind, command) for kind in kinds for command in KINDS[kind].commands if command in only
    ]
    while left:
        arguments = [sys.executable, "-m", "tests.support.hostile_workbooks", "-"]
        asked = json.dumps(left)
        with subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(asked)
            process.stdin.close()
            for line in process.stdout:
                answer = Answer(**json.loads(line))
                assert [answer.kind, answer.command] == list(left.pop(0))
                yield answer
        if left:
            said = f"the process ended with {process.returncode}"
            yield Answer(*left.pop(0), 0, None, SECONDS, 0, said, 0)


def _answers(wanted: Sequence[tuple[str, str]]) -> Iterator[Answer]:
    """Give files to commands, in this process."""

    for kind, pairs in groupby(wanted, key=itemgetter(0)):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"hostile{KINDS[kind].suffix}"
            # Making the file takes memory, too, which is not the command's.
            maker = os.fork()
            if maker == 0:
                KINDS[kind].write(path)
                os._exit(0)
            assert os.waitpid(maker, 0)[1] == 0, kind
            good = save(parts(), Path(folder) / "good.xlsx")
            before = sorted(Path(folder).iterdir())
            gc.collect()
            for _, command in pairs:
                yield _answer(command, kind, path, good)
                assert sorted(Path(folder).iterdir()) == before, "a file was left behind"


def _answer(command: str, kind: str, path: Path, good: Path) -> Answer:
    from sheetgd.cli.main import main  # noqa: PLC0415  see above

    calls = {
        "compare": ["compare", str(path)],
        "against": ["compare", str(good), "--against", str(path)],
        "data": ["run", "--data", str(path), "--epochs", "1", "--quiet"],
        "template": ["run", str(path), "--epochs", "1", "--quiet"],
    }
    size = path.stat().st_size if path.is_file() else 0
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    signal.setitimer(signal.ITIMER_PROF, 3 * SECONDS)
    began = time.process_time()
    with redirect_stdout(StringIO()) as output, redirect_stderr(StringIO()) as errors:
        code = main(calls[command])
    seconds = time.process_time() - began
    signal.setitimer(signal.ITIMER_PROF, 0)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    said, printed = errors.getvalue(), len(output.getvalue())
    return Answer(kind, command, size, code, seconds, int(peak.split()[1]) / 1024, said, printed)


def _show_all() -> None:
    """Print a table of everything."""
    faults = []
    for answer in answers(list(KINDS)):
        shown = f"{answer.code} {answer.seconds:6.2f} s {answer.mebibytes:5.0f} MiB"
        said = " ".join(answer.said.split("/")[-1].split())[:150]
        sys.stdout.write(
            f"{answer.command:8} {answer.size:13,} B  {shown}  {answer.kind}: {said}\n"
        )
        sys.stdout.flush()
        faults += answer.faults()
    sys.stdout.write("\n".join([*faults, f"{len(faults)} faults\n"]))


if __name__ == "__main__":
    if sys.argv[1:]:
        resource.setrlimit(resource.RLIMIT_AS, (6 * 2**30, 6 * 2**30))
        for _given in _answers(json.load(sys.stdin)):
            sys.stdout.write(f"{json.dumps(vars(_given))}\n")
            sys.stdout.flush()
    else:
        _show_all()
