"""Reading a page as people have it: in a workbook, as CSV or TSV, or as a web page.

The last two hold the displayed TEXT of each cell, which alone tells how many decimals were shown.
Web pages are taken apart here: the standard library's parser takes minutes for tags without an end.
"""

import csv
import html
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Literal

from sheetgd.errors import WorkbookError
from sheetgd.expression.excel import MAX_COLUMNS, Address
from sheetgd.files import MOST_BYTES, MOST_PAGE, OLD_OFFICE, ZIP, open_file, read_file
from sheetgd.reading.archive import PAGE, TooMuchError
from sheetgd.reading.opendocument import read_cells
from sheetgd.reading.text import encoding_of
from sheetgd.reading.workbook import (
    ERRORS,
    WORKBOOK_SUFFIXES,
    Cells,
    OpenWorkbook,
    StoredCell,
    opened,
)

_ACCEPTED: Final = "an Excel workbook (.xlsx) or .ods, CSV, TSV or a web page (.html) is accepted"
WEB_SUFFIXES: Final = frozenset((".html", ".htm"))
_MIMETYPE: Final = 100
"""The first bytes of an OpenDocument file, which say what it is."""
_DELIMITERS: Final = ",;\t"
_QUOTED: Final = re.compile(r'"[^"]*"')
# Each alternative also ends where the text does, so that no character is looked at again.
_MARKUP: Final = re.compile(
    r"<!--.*?(?:-->|\Z)|<[!?][^>]*+(?:>|\Z)|<(script|style)\b.*?(?:</\1[^>]*+|\Z)"
    r"""|<(/?)([a-z][^\s/>]*+)((?:=\s*+"[^"]*+(?:"|\Z)|=\s*+'[^']*+(?:'|\Z)|[^>])*+)>?""",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE: Final = re.compile(r"""([^\s=/"']++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s>]*+))?""")
_LONG_NUMBER: Final = re.compile("&#x?[0-9a-f]{9,}", re.IGNORECASE)
_ENDS_ROW: Final = frozenset(("tr", "thead", "tbody", "tfoot", "table"))
_MOST: Final = {"colspan": 1000, "rowspan": 65534}
"""How much a cell may span: HTML takes what is more for as much."""

_WebCell = tuple[list[str], int, int]


def read_sheets(path: Path) -> dict[str, Cells]:
    """Read the pages of a file, which is known by its content.

    Args:
        path: a workbook, a CSV file separated by commas, semicolons or tabs, or a web page.

    Returns:
        For each sheet by its title, the cells that are not empty; a table of a web page is a
        sheet. Values are those that `read_workbook` returns; of CSV and web pages displayed
        TEXT, such as ``1,296`` or ``25.150``, or an `ErrorValue`. Sheets that are too long
        for a page, as logs can be, are left out, unless there is no other.

    Raises:
        WorkbookError: when there is no such file, when it is none of these, or holds more
            than is read.
    """
    suffix = path.suffix.lower()
    with open_file(path, WorkbookError, most=MOST_BYTES, accepted=_ACCEPTED) as stream:
        beginning = stream.read(_MIMETYPE)
        if beginning.startswith(ZIP) and (b".opendocument." in beginning or suffix == ".ods"):
            return read_cells(path, stream)
        if beginning.startswith((*ZIP, OLD_OFFICE)) or suffix in WORKBOOK_SUFFIXES:
            with opened(path, stream, PAGE, _ACCEPTED) as workbook:
                return _pages(workbook)
    content = read_file(path, WorkbookError, most=MOST_PAGE, accepted=_ACCEPTED)
    if not content:
        raise WorkbookError(f"{path}: the file is empty; {_ACCEPTED}")
    text = _text(path, content)
    if suffix in WEB_SUFFIXES or text.lstrip().startswith("<"):
        return _web_sheets(path, text)
    return {path.stem: _csv_cells(path, text)}


def _pages(workbook: OpenWorkbook) -> dict[str, Cells]:
    """Return the cells of the sheets that are not too long."""
    pages: dict[str, Cells] = {}
    too_much: TooMuchError | None = None
    for title in workbook.titles:
        try:
            pages[title] = workbook.read(title).cells
        except TooMuchError as error:
            too_much = error
    if too_much is not None and not any(pages.values()):
        raise too_much
    return pages


def _text(path: Path, content: bytes) -> str:
    """Read a text; what cannot be read of it is a replacement character."""
    text = content.decode(encoding_of(content), errors="replace").removeprefix("\ufeff")
    if "\0" in text:
        raise WorkbookError(f"{path}: this is no text, for it holds zeros; {_ACCEPTED}")
    return text


def _cells(texts: Iterable[tuple[Address, str]]) -> Cells:
    return {address: StoredCell(address, ERRORS.get(text, text)) for address, text in texts if text}


def _csv_cells(path: Path, text: str, *, quoted: bool = True) -> Cells:
    """Read the cells of a CSV file."""
    # The delimiter that stands in the most lines: each row of an exported sheet has it.
    lines = _QUOTED.sub("", text).splitlines()
    delimiter = max(_DELIMITERS, key=lambda each: sum(each in line for line in lines))
    # Only the csv module may split lines: a quoted text can hold line ends of its own.
    source = io.StringIO(text, newline="")
    mode: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    reader = csv.reader(source, delimiter=delimiter, strict=True, quoting=mode)
    try:
        return _cells(
            (Address(row, column), field.strip())
            for row, fields in enumerate(reader, start=1)
            for column, field in enumerate(fields, start=1)
        )
    except csv.Error as error:
        if delimiter == "\t" and quoted:
            # Google Sheets writes quotes in .tsv as they are.
            return _csv_cells(path, text, quoted=False)
        raise WorkbookError(f"{path}: line {reader.line_num} is not CSV ({error})") from None


def _web_sheets(path: Path, text: str) -> dict[str, Cells]:
    """Read the tables of a web page; their cells stand where a browser shows them."""
    texts: dict[int, dict[Address, str]] = {}
    # Of a cell that goes on in the next rows, by its column: the column after it, and its last
    # row. So a span costs the same however much it says.
    spans: dict[int, tuple[int, int]] = {}
    last = row = passed = 0
    for table, part, line in _web_rows(text):
        if table not in texts:
            texts[table], row = {}, 0
        if part != last:
            spans, last = {}, part
        column, row = 1, row + 1
        for pieces, across, down in line:
            while (span := spans.get(column, (0, 0)))[1] >= row:
                column, passed = span[0], passed + 1
            if down > 1:
                spans[column] = (column + across, row + down - 1)
            texts[table][Address(row, column)] = " ".join("".join(pieces).split())
            column, passed = column + across, passed + 1
        if passed > PAGE.all_cells:
            raise TooMuchError(
                f"{path}: its tables have more than {PAGE.all_cells:,} cells; save the sheet alone"
            )
    filled = [cells for each in texts.values() if (cells := _cells(each.items()))]
    if not filled:
        raise WorkbookError(
            f"{path}: this web page holds no table with cells; open the published sheet itself in "
            "a browser and save that page, or download the sheet as .xlsx or .csv"
        )
    titles = [path.stem] if len(filled) == 1 else [f"table {n}" for n in range(1, len(filled) + 1)]
    return dict(zip(titles, filled, strict=True))


def _web_rows(text: str) -> Iterator[tuple[int, int, list[_WebCell]]]:
    """Yield the rows of tables, each with the numbers of its table and of its part of that."""
    table = part = end = 0
    inside = published = False
    row: list[_WebCell | None] | None = None
    pieces: list[str] | None = None
    for found in _MARKUP.finditer(text + "</table>"):
        name, opening = (found[3] or "").lower(), not found[2]
        if pieces is not None:
            # A number of thousands of digits stands for no character.
            before = _LONG_NUMBER.sub("", text[end : found.start()])
            pieces.append(html.unescape(before) + " " * (name == "br"))
        end = found.end()
        if name in ("td", "th") and inside:
            pieces = None
            row = [] if row is None and opening else row
            if row is not None and opening and len(row) < MAX_COLUMNS:
                row.append(cell := _web_cell(name, found[4], published=published))
                pieces = None if cell is None else cell[0]
        elif name in _ENDS_ROW:
            # The line under frozen rows is drawn as a row, and the letters of columns are one.
            if row is not None and (len(row) <= 1 or any(row)):
                yield table, part, [cell for cell in row if cell is not None]
            row = [] if name == "tr" and opening and inside else None
            pieces, part = None, part + (name != "tr")
        if name == "table":
            table, inside = table + 1, opening
            published = "waffle" in _attributes(found[4]).get("class", "").split()


def _web_cell(name: str, tag: str, *, published: bool) -> _WebCell | None:
    """Begin a cell; None for one that Google Sheets has drawn around those of the sheet."""
    attributes = _attributes(tag)
    if (name == "th" and published) or "freezebar-cell" in attributes.get("class", "").split():
        return None
    spans = []
    for which, most in _MOST.items():
        digits = re.match(r"\s*([0-9]{1,9})", attributes.get(which, "1"))
        number = int(digits[1]) if digits else 1
        # rowspan=0 means all the rows that follow.
        spans.append(min(number, most) or (most if which == "rowspan" else 1))
    return [], spans[0], spans[1]


def _attributes(text: str) -> dict[str, str]:
    """Return the attributes of a tag that are used."""
    return {
        found[1].lower(): (found[2] or "").strip("\"'")
        for found in _ATTRIBUTE.finditer(text)
        if found[1].lower() in ("class", *_MOST)
    }
