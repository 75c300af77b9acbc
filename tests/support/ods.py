"""Small .ods files, written by hand: what a program may leave in them is seen in full."""

import datetime as dt
import io
from zipfile import ZipFile

from tests.support.data_files import Rows

_ODS = "urn:oasis:names:tc:opendocument:xmlns"
_ODS_NAMES = " ".join(
    f'xmlns:{name}="{_ODS}:{name}:1.0"' for name in ("office", "table", "text", "style")
)


def cell(value: object, more: str = "") -> str:
    """A cell of an .ods file."""
    match value:
        case None:
            return "<table:table-cell/>"
        case bool():
            kind = f'"boolean" office:boolean-value="{str(value).lower()}"'
        case int() | float():
            kind = f'"float" office:value="{value}"'
        case dt.date():
            kind = f'"date" office:date-value="{value}"'
        case dt.time():
            kind = f'"time" office:time-value="{value:PT%HH%MM%SS}"'
        case _:
            kind = '"string"'
    return (
        f"<table:table-cell office:value-type={kind} {more}>"
        f"<text:p>{value}</text:p></table:table-cell>"
    )


def line(*xml: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(xml)}</table:table-row>"


def table(*lines: str, name: str = "Data", style: str = "") -> str:
    return f'<table:table table:name="{name}" {style}>{"".join(lines)}</table:table>'


def lines(rows: Rows) -> list[str]:
    return [line(*map(cell, row)) for row in rows]


def ods(*tables: str, manifest: str = "") -> bytes:
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    stream = io.BytesIO()
    with ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr(
            "content.xml",
            f"<office:document-content {_ODS_NAMES}><office:automatic-styles>"
            '<style:style style:name="off" style:family="table">'
            '<style:table-properties table:display="false"/></style:style>'
            "</office:automatic-styles><office:body><office:spreadsheet>"
            f"{''.join(tables)}</office:spreadsheet></office:body></office:document-content>",
        )
        archive.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{_ODS}:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
            '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml">'
            f"{manifest}</manifest:file-entry></manifest:manifest>",
        )
    return stream.getvalue()
