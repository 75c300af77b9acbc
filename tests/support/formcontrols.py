"""What a workbook's parts say of its form controls, and where they contradict each other.

Excel tells a control in four places, and repairs or refuses a file in which these differ; a
validator of schemas sees each place by itself. What must hold was read off workbooks that Excel
saved.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
XDR = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
X14 = "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/main}"
A14 = "{http://schemas.microsoft.com/office/drawing/2010/main}"
VML, EXCEL = "{urn:schemas-microsoft-com:vml}", "{urn:schemas-microsoft-com:office:excel}"
SHELL = "{urn:schemas-microsoft-com:office:office}"

ATTRIBUTES = ["objectType", "dx", "fmlaLink", "horiz", "inc", "max", "min", "page", "val"]
CLIENT = [
    "MoveWithCells", "SizeWithCells", "Anchor", "Locked", "PrintObject", "FmlaLink", "Val", "Min",
    "Max", "Inc", "Page", "Horiz", "Dx", "NoThreeD",
]  # fmt: skip
AFTER_ROWS = ["drawing", "legacyDrawing", "AlternateContent", "tableParts", "extLst"]
NUMBERS = {"val": "Val", "min": "Min", "max": "Max", "inc": "Inc", "page": "Page", "dx": "Dx"}
USUAL = {"min": "0", "inc": "1", "horiz": "0"}
LONGEST_NAME, LARGEST, BLOCK, EMU, POINTS = 32, 30_000, 1024, 9525, 0.75
VML_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
CONTROL_TYPE = "application/vnd.ms-excel.controlproperties+xml"


class Told(NamedTuple):
    """A control: its sheet's part, its name, and its own part's attributes."""

    sheet: str
    name: str
    said: dict[str, str]


class Parts:
    """The parts of a workbook."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            self.held = {name: archive.read(name) for name in archive.namelist()}
        self.types = {
            each.attrib.get("PartName", each.attrib.get("Extension")): each.attrib["ContentType"]
            for each in self.root("[Content_Types].xml")
        }

    def root(self, name: str) -> ET.Element:
        return ET.fromstring(self.held[name])  # noqa: S314  our own file

    def relations(self, sheet: str) -> dict[str, tuple[str, str]]:
        """The parts that a sheet is related to: the kind and the name of each, by their ids."""
        name = f"xl/worksheets/_rels/{sheet}.rels"
        if name not in self.held:
            return {}
        return {
            each.attrib["Id"]: (
                each.attrib["Type"].rpartition("/")[2],
                each.attrib["Target"].removeprefix("/"),
            )
            for each in self.root(name)
        }

    def sheets(self) -> list[str]:
        return [
            name.rpartition("/")[2]
            for name in self.held
            if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)
        ]


def controls_of(path: Path) -> list[Told]:
    """The controls of a workbook, sheet by sheet."""
    parts = Parts(path)
    found = []
    for sheet in parts.sheets():
        relations = parts.relations(sheet)
        for control in parts.root(f"xl/worksheets/{sheet}").iter(f"{MAIN}control"):
            own = relations[control.attrib[f"{OFFICE}id"]][1]
            found.append(Told(sheet, control.attrib["name"], dict(parts.root(own).attrib)))
    return found


def faults(path: Path) -> list[str]:
    """Return what contradicts what, or breaks Excel's own ways, in a workbook's controls."""
    parts = Parts(path)
    blocks: list[int] = []
    found = []
    for sheet in parts.sheets():
        if b"<control " in parts.held[f"xl/worksheets/{sheet}"]:
            found += [f"{sheet}: {each}" for each in _of_sheet(parts, sheet, blocks)]
    if len(blocks) > len(set(blocks)):
        found.append("a block of shape ids belongs to two sheets")
    return found


def _of_sheet(parts: Parts, sheet: str, blocks: list[int]) -> Iterator[str]:
    name, relations = f"xl/worksheets/{sheet}", parts.relations(sheet)
    root = parts.root(name)
    yield from _sheet_itself(parts.held[name].decode(), root)
    kinds = dict(relations.values())
    if not {"drawing", "vmlDrawing"} <= set(kinds):
        yield "the sheet has no drawing"
        return
    vml, drawing = parts.root(kinds["vmlDrawing"]), parts.root(kinds["drawing"])
    shapes = {each.attrib["id"]: each for each in vml.iter(f"{VML}shape")}
    blocks += {int(each.removeprefix("_x0000_s")) // BLOCK for each in shapes}
    yield from _idmap(vml, shapes)
    held = {
        each.attrib["id"]: (anchor, each)
        for anchor in drawing.iter(f"{XDR}twoCellAnchor")
        for each in anchor.iter(f"{XDR}cNvPr")
    }
    controls = list(root.iter(f"{MAIN}control"))
    if len(controls) != len(shapes):
        yield f"{len(controls)} controls, {len(shapes)} shapes in VML"
    for control in controls:
        number, own = control.attrib["shapeId"], relations[control.attrib[f"{OFFICE}id"]][1]
        if parts.types.get(f"/{own}") != CONTROL_TYPE or parts.types.get("vml") != VML_TYPE:
            yield f"the content type of {own}, or of .vml, is not told"
        if f"_x0000_s{number}" not in shapes or number not in held:
            yield f"{own}: it has no shape or no placeholder with its id"
            continue
        shape, (anchor, placeholder) = shapes[f"_x0000_s{number}"], held[number]
        box = _box(root, shape)
        for each in (
            *_numbers(dict(parts.root(own).attrib), shape),
            *_lies(parts.root(own).attrib, shape, box),
            *_places(control, shape, anchor, box),
            *_words(control, shape, placeholder),
        ):
            yield f"{own}: {each}"


def _sheet_itself(text: str, root: ET.Element) -> Iterator[str]:
    """What must hold in the sheet's own part."""
    start = re.search(r"<worksheet[^>]*>", text)
    assert start
    for prefix in ("r", "xdr", "x14", "mc"):
        if f"xmlns:{prefix}=" not in start[0]:
            yield f"the root does not declare {prefix}"
    order = [each.tag.rpartition("}")[2] for each in root]
    order = order[order.index("sheetData") :]
    if [each for each in order if each in AFTER_ROWS] != [x for x in AFTER_ROWS if x in order]:
        yield f"elements stand in another order: {order}"
    choices = f"{MC}AlternateContent/{MC}Choice/{MAIN}controls/{MC}AlternateContent/{MC}Choice"
    names = [each.attrib["name"] for each in root.findall(f"{choices}/{MAIN}control")]
    if len(names) != len(list(root.iter(f"{MAIN}control"))):
        yield "a control is not offered as a choice"
    if len({each.lower() for each in names}) < len(names):
        yield "two controls have one name"


def _idmap(vml: ET.Element, shapes: Iterable[str]) -> Iterator[str]:
    """Whether the list of blocks is that of the shapes."""
    ids = {int(each.removeprefix("_x0000_s")) // BLOCK for each in shapes}
    (idmap,) = vml.iter(f"{SHELL}idmap")
    if idmap.attrib["data"] != ",".join(map(str, sorted(ids))):
        yield "idmap names other blocks than its shapes have"


def _numbers(said: dict[str, str], shape: ET.Element) -> Iterator[str]:
    """What a control's own part and its shape say of numbers and links."""
    (client,) = shape.iter(f"{EXCEL}ClientData")
    told = {each.tag.removeprefix(EXCEL): each.text or "" for each in client}
    if list(said) != [each for each in ATTRIBUTES if each in said]:
        yield f"attributes stand in another order: {list(said)}"
    if list(told) != [each for each in CLIENT if each in told]:
        yield f"ClientData stands in another order: {list(told)}"
    if (said["objectType"], said["fmlaLink"]) != (client.attrib["ObjectType"], told["FmlaLink"]):
        yield "two kinds or links"
    for one, other in NUMBERS.items():
        if said.get(one, USUAL.get(one)) != told[other]:
            yield f"two numbers for {one}"
        if not (told[other].isdecimal() and 0 <= int(told[other]) <= LARGEST):
            yield f"{one} is {told[other]}"
        if one in USUAL and said.get(one) == USUAL[one]:
            yield f"{one} is told though it is the usual one"
    if not int(told["Min"]) <= int(told["Val"]) <= int(told["Max"]):
        yield "the value lies outside"


def _lies(said: Mapping[str, str], shape: ET.Element, box: tuple[float, ...]) -> Iterator[str]:
    """Whether a scroll bar lies exactly where it is wider than high."""
    lies = said["objectType"] == "Scroll" and box[2] > box[3]
    if (said.get("horiz") == "1", bool(list(shape.iter(f"{EXCEL}Horiz")))) != (lies, lies):
        yield "it lies, or stands, against its measures"


def _places(
    control: ET.Element, shape: ET.Element, drawn: ET.Element, box: tuple[float, ...]
) -> Iterator[str]:
    """What the sheet, the shape and the drawing say of where a control is."""
    (anchor,) = control.iter(f"{MAIN}anchor")
    corners = _corners(anchor, MAIN)
    if corners != _corners(drawn, XDR):
        yield "the drawing has other corners"
    (pixels,) = shape.iter(f"{EXCEL}Anchor")
    assert pixels.text
    if [int(each) for each in pixels.text.split(",")] != [
        number // EMU if place % 2 else number for place, number in enumerate(corners)
    ]:
        yield "the shape has other corners"
    moves, sizes = (anchor.attrib.get(f"{each}WithCells") == "1" for each in ("move", "size"))
    if (moves, sizes) != tuple(
        not list(shape.iter(f"{EXCEL}{each}WithCells")) for each in ("Move", "Size")
    ):
        yield "the flags of the anchor are not the reverse of the shape's"
    kept = {(True, True): None, (True, False): "oneCell"}.get((moves, sizes), "absolute")
    if drawn.attrib.get("editAs") != kept:
        yield "the drawing moves in another way"
    style = dict(each.strip().split(":") for each in shape.attrib["style"].split(";"))
    told = [
        float(style[each].removesuffix("pt")) / POINTS
        for each in ("margin-left", "margin-top", "width", "height")
    ]
    if told != list(box):
        yield f"the style has the box {told}, the anchor {box}"


def _words(control: ET.Element, shape: ET.Element, placeholder: ET.Element) -> Iterator[str]:
    """What they say of its name, its purpose and how it looks."""
    name = control.attrib["name"]
    (about,) = control.iter(f"{MAIN}controlPr")
    if len(name) > LONGEST_NAME or placeholder.attrib["name"] != name:
        yield "the name"
    texts = {about.attrib.get("altText"), shape.attrib.get("alt"), placeholder.attrib.get("descr")}
    if len(texts) > 1 or not all(texts):
        yield "two texts tell what it is for, or none does"
    (spid,) = placeholder.iter(f"{A14}compatExt")
    if spid.attrib["spid"] != shape.attrib["id"] or placeholder.attrib.get("hidden") != "1":
        yield "the placeholder is no hidden one for that shape"
    printed = [each.text for each in shape.iter(f"{EXCEL}PrintObject")]
    if (about.attrib.get("print") == "0") != (printed == ["False"]):
        yield "printed or not"
    if {"stroked", "filled"} & set(shape.attrib) or shape.attrib["type"] != "#_x0000_t201":
        yield "the shape is drawn in another way"


def _corners(anchor: ET.Element, space: str) -> list[int]:
    """The eight numbers of an anchor: column, EMU, row, EMU, and again."""
    found = []
    for corner in ("from", "to"):
        place = anchor.find(f"{space}{corner}")
        assert place is not None
        found += [int(each.text or "") for each in place]
    return found


def _box(sheet: ET.Element, shape: ET.Element) -> tuple[float, ...]:
    """Where an anchor is in pixels, and how large, by the widths and heights in the sheet."""
    widths, heights = {}, {}
    for each in sheet.iter(f"{MAIN}col"):
        pixels = int((256 * float(each.attrib["width"]) + int(128 / 7)) / 256 * 7)
        for column in range(int(each.attrib["min"]), int(each.attrib["max"]) + 1):
            widths[column - 1] = pixels
    for each in sheet.iter(f"{MAIN}row"):
        if "ht" in each.attrib:
            heights[int(each.attrib["r"]) - 1] = round(float(each.attrib["ht"]) / POINTS)
    (anchor,) = shape.iter(f"{EXCEL}Anchor")
    assert anchor.text
    column, right, row, down, last, far, lowest, deep = map(int, anchor.text.split(","))
    left = sum(widths.get(each, 64) for each in range(column)) + right
    top = sum(heights.get(each, 20) for each in range(row)) + down
    across = sum(widths.get(each, 64) for each in range(last)) + far - left
    return left, top, across, sum(heights.get(each, 20) for each in range(lowest)) + deep - top
