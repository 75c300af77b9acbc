"""What a workbook file holds, read from its XML alone; no text in it may be more than text."""

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_IN_QUOTES = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*\"""")
_QUOTED = re.compile("'(?:[^']|'')*'!")
_UNQUOTED = re.compile(r"([^\s'!(),+*/&<>=^:;-]+)!(?![/?])")
_IN_THE_BOOK = re.compile(r"'(?:[^']|'')+'![A-Z]+[1-9]\d*|\w+![A-Z]+[1-9]\d*")
"""A cell of a sheet of the same workbook, as links name it."""

_CHARACTER = re.compile(r"_x([0-9A-Fa-f]{4})_")
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FORMULAS = ("f", "formula", "formula1", "formula2", "definedName")
LONGEST_LITERAL, LONGEST_FORMULA, HIGHEST_ROW = 255, 8192, 409.5


def units(text: str) -> int:
    """The length of a text as spreadsheets count it."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def as_kept(text: str) -> str:
    """The text as a file keeps it: line ends are one character, what XML cannot hold is U+FFFD."""
    return _UNWRITABLE.sub("\ufffd", re.sub("\r\n?", "\n", text))


def as_read(stored: str) -> str:
    """What a spreadsheet program makes of a stored text."""
    return _CHARACTER.sub(lambda found: chr(int(found[1], 16)), stored)


@dataclass(frozen=True)
class Content:
    """The formulas of a file by their places, without their texts, and the texts of its cells."""

    formulas: Mapping[tuple[str, str], str]
    texts: Mapping[tuple[str, str], str]


def read_harmless(path: Path) -> Content:
    """Read a workbook's XML; fails where a part is broken, links anywhere or is beyond a limit."""
    formulas: dict[tuple[str, str], str] = {}
    texts: dict[tuple[str, str], str] = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            assert "externalLink" not in name, name
            if name.endswith(".bin"):
                continue
            root = ET.fromstring(archive.read(name))  # noqa: S314  our own file
            _check_links(name, root)
            for place, text in _formulas(root):
                formulas[name, place] = _without_texts(text)
            for cell in root.iter(f"{MAIN}c"):
                if cell.get("t") in {"inlineStr", "str"}:
                    found = cell.findtext(f"{MAIN}is/{MAIN}t" if cell.get("t") == "inlineStr"
                                          else f"{MAIN}v")  # fmt: skip
                    texts[name, cell.attrib["r"]] = as_read(found or "")
                else:
                    # Nothing else than a number, a truth or an error stands in a cell.
                    assert cell.get("t") in {None, "b", "e"}, cell.attrib
            _check_limits(name, root)
    return Content(formulas, texts)


def _check_links(name: str, root: ET.Element) -> None:
    for each in root.iter():
        if str(each.tag).lower().endswith("}hyperlink"):
            # A place in the workbook itself: a file or an address would have an id.
            assert set(each.attrib) == {"ref", "location", "display"}, (name, each.attrib)
            assert _IN_THE_BOOK.fullmatch(each.attrib["location"]), (name, each.attrib)
        else:
            assert "hyperlink" not in str(each.tag).lower().removesuffix("}hyperlinks"), name
        if str(each.tag).endswith("}Relationship"):
            assert each.get("TargetMode") != "External", each.attrib
            assert "hyperlink" not in each.attrib["Type"].lower(), each.attrib
            assert ":" not in each.attrib["Target"], each.attrib


def _formulas(root: ET.Element) -> Iterator[tuple[str, str]]:
    """The formulas of a part, each with its place."""
    for cell in root.iter(f"{MAIN}c"):
        if cell.find(f"{MAIN}f") is not None:
            yield cell.attrib["r"], cell.findtext(f"{MAIN}f") or ""
    others = [each for each in root.iter() if str(each.tag).split("}")[-1] in _FORMULAS[1:]]
    others += [each for each in root.iter() if str(each.tag).endswith("chart}f")]
    for number, each in enumerate(others):
        yield f"{each.tag} {number} {each.get('name', '')}", each.text or ""


def _without_texts(formula: str) -> str:
    """A formula with each of its texts left out; fails where one is too long, or not closed."""
    quoted = [each[0] for each in _IN_QUOTES.finditer(formula)]
    for text in quoted:
        if text.startswith('"'):
            assert units(text[1:-1].replace('""', '"')) <= LONGEST_LITERAL, formula
    assert '"' not in _IN_QUOTES.sub("", formula), formula
    rest = _IN_QUOTES.sub(lambda found: found[0] if found[0].startswith("'") else '""', formula)
    assert len(formula) <= LONGEST_FORMULA
    assert not _CHARACTER.search(formula), formula
    for title in _UNQUOTED.findall(_QUOTED.sub("", rest)):
        # Anything else might be read as a cell, a row or a truth.
        assert title.isascii(), formula
        assert title.isalpha(), formula
        assert title.upper() not in {"R", "C", "RC", "TRUE", "FALSE"}, formula
    return rest


def _check_limits(name: str, root: ET.Element) -> None:
    for each in root.iter():
        for attribute, most in (("promptTitle", 32), ("prompt", 255), ("errorTitle", 32),
                                ("error", 255)):  # fmt: skip
            assert units(as_read(each.get(attribute, ""))) <= most, (name, each.attrib)
        if each.tag == f"{MAIN}row":
            assert float(each.get("ht", 0)) <= HIGHEST_ROW, (name, each.attrib)
        if each.tag == f"{MAIN}sheet":
            assert 1 <= units(each.attrib["name"]) <= 31
            assert not set(each.attrib["name"]) & set("[]:*?/\\'"), each.attrib
        if each.tag == f"{MAIN}t":
            assert units(as_read(each.text or "")) <= 32_767
