"""A copy of a workbook that only computes: without macros, links, pictures and whatever else.

LibreOffice fetches a picture that a workbook links to, however its profile is set, and tells
whoever sent the file that it was opened. What is not there cannot be fetched or run.
"""

from pathlib import Path
from typing import Final
from xml.etree.ElementTree import fromstring, tostring
from zipfile import ZIP_STORED, ZipFile

from sheetgd.content import open_file
from sheetgd.errors import WorkbookError
from sheetgd.workbook.archive import MOST_BYTES, Archive, damage_reported
from sheetgd.workbook.bounds import RECALCULATED

_KEPT: Final = ("officeDocument", "worksheet", "sharedStrings", "styles", "theme", "table")
"""What parts may be to each other: the rest of a relationship's type is its namespace."""

_PARTS: Final = (".xml", ".rels")


def disarmed_copy(path: Path, into: Path) -> None:
    """Copy the parts of a workbook that its formulas need.

    Args:
        path: an .xlsx file, which stays as it is.
        into: the file to write.

    Raises:
        WorkbookError: when there is no such file, when it is no workbook or holds more than
            can be recalculated.
    """
    with (
        open_file(path, WorkbookError, most=MOST_BYTES, accepted="give a workbook") as stream,
        damage_reported(path),
        Archive(stream, RECALCULATED) as archive,
        ZipFile(into, "w", ZIP_STORED) as copy,
    ):
        archive.check_everything()
        for part in archive.infolist():
            if not part.filename.endswith(_PARTS):
                continue
            with copy.open(part.filename, "w") as target:
                if part.filename.endswith(".rels"):
                    target.write(_kept(b"".join(archive.pieces(part))))
                else:
                    target.writelines(archive.pieces(part))


def _kept(relationships: bytes) -> bytes:
    """A list of relationships without those that lead out of the file or to what is left out."""
    root = fromstring(relationships)  # noqa: S314  it declares no entities, as has been checked
    for each in list(root):
        outside = each.get("TargetMode", "Internal") != "Internal"
        if outside or each.get("Type", "").rpartition("/")[2] not in _KEPT:
            root.remove(each)
    text: bytes = tostring(root, "utf-8", xml_declaration=True)
    return text
