"""The same workbook with two macros and the buttons that start them.

The workbook needs neither; they are for those who want to click. pyOpenVBA writes the
project, into the shell, before the rows are streamed in.
"""

import re
import tempfile
import zipfile
from collections.abc import Iterator
from html import escape
from io import BytesIO
from pathlib import Path

from sheetgd.cells import Address
from sheetgd.colours import BLUE
from sheetgd.errors import OutputError
from sheetgd.packaged import macro_file
from sheetgd.pages.book import Book
from sheetgd.pages.page import Button
from sheetgd.workbook.styles import FONT

MODULE = "SheetGD"
"""What the module of the macros is called."""

_PLAIN = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_WITH_MACROS = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_DRAWING = re.compile(rb'Target="/?(xl/drawings/drawing\d+\.xml)"')
_FIRST_ID = 1001
"""Shapes count from here, far above the charts of a sheet."""

_SPACE = 40_000
"""How far a button stays away from the edges of its first cell, in EMU."""

_TO = (780_000, 170_000)
"""How far it reaches into its last cell, which is a little wider and higher."""


def with_macros(archive: bytes, book: Book) -> bytes:
    """A shell's archive with the macros and with the buttons of the book's pages.

    Raises:
        OutputError: when pyOpenVBA is not installed.
    """
    try:
        from pyopenvba import ExcelFile  # type: ignore[import-untyped]  # noqa: PLC0415  it has no types, and is optional
    except ImportError:
        raise OutputError(
            "--macros needs pyOpenVBA, which is not installed: pip install 'sheetgd[macros]'"
        ) from None
    with tempfile.TemporaryDirectory(prefix="sheetgd-") as place:
        plain, done = Path(place) / "plain.xlsm", Path(place) / "done.xlsm"
        plain.write_bytes(_with_buttons(archive, book))
        file = ExcelFile(plain)
        file.add_vba_project()
        file.vba_project().add_module(MODULE, macro_source())
        file.save(done)
        file.close()
        return done.read_bytes()


def macro_source() -> str:
    """The macros, in Visual Basic, with the line ends that it is kept with."""
    return "\r\n".join(macro_file().read_text(encoding="utf-8").splitlines()) + "\r\n"


def _with_buttons(archive: bytes, book: Book) -> bytes:
    """The archive marked as one that may hold macros, with the buttons drawn."""
    buffer = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(archive)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        parts = {name: source.read(name) for name in source.namelist()}
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(_PLAIN, _WITH_MACROS)
        for number, page in enumerate(book.pages, start=1):
            if not page.buttons:
                continue
            # A page with buttons has a chart, and with it a drawing.
            links = parts[f"xl/worksheets/_rels/sheet{number}.xml.rels"]
            found = _DRAWING.search(links)
            assert found is not None  # noqa: S101  see above
            drawing = found[1].decode()
            head, end, tail = parts[drawing].rpartition(b"</")
            shapes = "".join(_shapes(page.buttons)).encode()
            parts[drawing] = head + shapes + end + tail
        for name, content in parts.items():
            target.writestr(name, content)
    return buffer.getvalue()


def _shapes(buttons: tuple[Button, ...]) -> Iterator[str]:
    """The drawn buttons: shapes that start a macro when they are clicked."""
    for number, button in enumerate(buttons, start=_FIRST_ID):
        first, last = button.area.first, button.area.last
        yield (
            '<xdr:twoCellAnchor xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/'
            'spreadsheetDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
            f'editAs="oneCell"><xdr:from>{_corner(first, _SPACE, _SPACE)}</xdr:from>'
            f"<xdr:to>{_corner(last, *_TO)}</xdr:to>"
            f'<xdr:sp macro="[0]!{escape(button.macro)}" textlink=""><xdr:nvSpPr>'
            f'<xdr:cNvPr id="{number}" name="{escape(button.label)}"/><xdr:cNvSpPr/></xdr:nvSpPr>'
            '<xdr:spPr><a:prstGeom prst="roundRect"><a:avLst/></a:prstGeom>'
            f'<a:solidFill><a:srgbClr val="{BLUE}"/></a:solidFill><a:ln><a:noFill/></a:ln>'
            '</xdr:spPr><xdr:txBody><a:bodyPr anchor="ctr" lIns="0" tIns="0" rIns="0" bIns="0"/>'
            '<a:lstStyle/><a:p><a:pPr algn="ctr"/><a:r><a:rPr lang="en-GB" sz="1100" b="1">'
            '<a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill>'
            f'<a:latin typeface="{FONT}"/></a:rPr>'
            f"<a:t>{escape(button.label)}</a:t></a:r></a:p></xdr:txBody></xdr:sp>"
            "<xdr:clientData/></xdr:twoCellAnchor>"
        )


def _corner(address: Address, right: int, down: int) -> str:
    """A corner of an anchor: a cell, and how far from its upper left corner."""
    return (
        f"<xdr:col>{address.column - 1}</xdr:col><xdr:colOff>{right}</xdr:colOff>"
        f"<xdr:row>{address.row - 1}</xdr:row><xdr:rowOff>{down}</xdr:rowOff>"
    )
