"""The parts of a shell as they come into a file: one spelling, one date, the schema's order."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from xml.parsers.expat import ParserCreate

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

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
_XML = "http://www.w3.org/XML/1998/namespace"
_PREFIXES = {DRAWING: "xdr"}
"""The namespaces that get a prefix: ExcelJS opens no workbook whose drawings have none."""

_SPECIAL = re.compile('[&<>"\t\n\r]')
_IN_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"})
_IN_ATTRIBUTE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"}
)


def settled(name: str, content: bytes) -> bytes:
    """A part as it is kept: the same whichever openpyxl wrote it, and when.

    >>> settled("xl/theme.xml", b"<a ><c  y='1' x='2'/></a>").decode().splitlines()[1]
    '<a><c x="2" y="1"></c></a>'
    """
    # One spelling: openpyxl writes other bytes where lxml is installed than where it is not.
    text = canonical(content)
    match name:
        case "docProps/core.xml":
            text = _MODIFIED.sub(rf"\g<1>{_DATE}\g<2>", text)
        case "docProps/app.xml":
            text = _PROPERTIES.sub(rf"\g<1>{_APPLICATION}\g<2>", text)
        case "xl/styles.xml":
            text = _FONT.sub(_in_order, text)
    return (DECLARATION + text).encode()


def canonical(content: bytes) -> str:
    """Spell XML as the standard C14N 2.0 has it, but for the prefix of drawings.

    `xml.etree.ElementTree.canonicalize` does so, too, in three times the time. This is for
    elements, attributes and text: openpyxl writes nothing else.

    >>> canonical(b"<a xmlns='u' xmlns:n='v'><b n:x='2' y='&lt;'/></a>")
    '<a xmlns="u"><b xmlns:n="v" y="&lt;" n:x="2"></b></a>'
    """
    pieces: list[str] = []
    write = pieces.append
    scopes = [{"": "", "xml": _XML}]
    known: dict[str, tuple[str, str, str]] = {}
    tags: list[str] = []

    def start(name: str, attributes: list[str]) -> None:
        scope = scopes[-1]
        if name not in known:
            known[name] = _spelt(name)
        tag, prefix, space = known[name]
        new = {} if scope.get(prefix) == space else {prefix: space}
        written = ""
        for key, value in _in_pairs(attributes) if attributes else ():
            if " " in key:
                key, prefix, space = _spelt(key)  # noqa: PLW2901  as it is written
                if scope.get(prefix) != space:
                    new[prefix] = space
            text = value.translate(_IN_ATTRIBUTE) if _SPECIAL.search(value) else value
            written += f' {key}="{text}"'
        if new:
            scope = scope | new
            written = "".join(map(_declared, sorted(new.items()))) + written
        scopes.append(scope)
        tags.append(tag)
        write(f"<{tag}{written}>")

    def end(_name: str) -> None:
        scopes.pop()
        write(f"</{tags.pop()}>")

    def characters(text: str) -> None:
        write(text.translate(_IN_TEXT) if _SPECIAL.search(text) else text)

    parser = ParserCreate(namespace_separator=" ")
    parser.namespace_prefixes = parser.ordered_attributes = parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    parser.Parse(content, True)  # noqa: FBT003  its only spelling
    return "".join(pieces)


def _in_pairs(attributes: list[str]) -> Iterable[tuple[str, str]]:
    """Names and values, those without a namespace first, by their names."""
    pairs = zip(attributes[::2], attributes[1::2], strict=True)
    if len(attributes) == 2:  # noqa: PLR2004  a single one
        return pairs
    return sorted(pairs, key=lambda pair: (" " in pair[0], pair[0]))


def _spelt(name: str) -> tuple[str, str, str]:
    """A name as it is written, its prefix, and its namespace; expat has the namespace first."""
    space, _, local = name.partition(" ")
    if not local:
        return name, "", ""
    local, _, prefix = local.partition(" ")
    prefix = _PREFIXES.get(space, prefix)
    return f"{prefix}:{local}" if prefix else local, prefix, space


def _declared(namespace: tuple[str, str]) -> str:
    prefix, space = namespace
    return f' xmlns:{prefix}="{space}"' if prefix else f' xmlns="{space}"'


def _in_order(font: re.Match[str]) -> str:
    """The pieces of a font as a strict reader expects them."""
    pieces = sorted(_PIECE.finditer(font[0]), key=lambda piece: _IN_A_FONT.index(piece[1]))
    return "".join(piece[0] for piece in pieces)
