"""The parts of a shell as they come into a file: one spelling, one date, the schema's order."""

import re
from datetime import UTC, datetime
from xml.etree.ElementTree import canonicalize

from sheetgd.version import MAKER

TIMELESS = datetime(2020, 1, 1, tzinfo=UTC)
"""Stands where a file would record its date, so that the same input gives the same bytes."""

_DATE = TIMELESS.strftime("%Y-%m-%dT%H:%M:%SZ")
_MODIFIED = re.compile(r"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
_PROPERTIES = re.compile(r"(<Properties[^>]*>).*(</Properties>)", re.DOTALL)
_APPLICATION = f"<Application>Microsoft Excel Compatible / {MAKER}</Application>"
"""It begins as openpyxl has it since 3.1.4, for there are programs that go by that."""

_FONT = re.compile(r"(?<=<font>).*?(?=</font>)")
_PIECE = re.compile(r"<(\w+)[^>]*></\1>")
_IN_A_FONT = (
    "b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz",
    "color", "name", "family", "charset", "scheme",
)  # fmt: skip
"""What a font may consist of, in the order in which Office's own schema has it."""


def settled(name: str, content: bytes) -> bytes:
    """A part as it is kept: the same whichever openpyxl wrote it, and when.

    >>> settled("xl/theme.xml", b"<a ><c  y='1' x='2'/></a>").decode().splitlines()[1]
    '<a><c x="2" y="1"></c></a>'
    """
    if name.endswith(".bin"):
        return content
    # One spelling: openpyxl writes other bytes where lxml is installed than where it is not.
    text = canonicalize(content.decode())
    match name:
        case "docProps/core.xml":
            text = _MODIFIED.sub(rf"\g<1>{_DATE}\g<2>", text)
        case "docProps/app.xml":
            text = _PROPERTIES.sub(rf"\g<1>{_APPLICATION}\g<2>", text)
        case "xl/styles.xml":
            text = _FONT.sub(_in_order, text)
    return b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + text.encode()


def _in_order(font: re.Match[str]) -> str:
    """The pieces of a font as a strict reader expects them."""
    pieces = sorted(_PIECE.finditer(font[0]), key=lambda piece: _IN_A_FONT.index(piece[1]))
    return "".join(piece[0] for piece in pieces)
