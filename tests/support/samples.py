"""The samples: pictures of every shipped lesson, the workbooks of some, and a page.

``python -m tests.support.samples`` makes them anew; ``... parabola dosage`` only these.
Pictures of sheets need LibreOffice and poppler, those of its window what `tests.support.windows`
names, drawings matplotlib. Each picture carries a
stamp, the digest of what it shows, by which a test sees whether it is still true.
"""

import hashlib
import re
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from sheetgd.lesson.template import shipped_lesson, shipped_names
from sheetgd.plot.picture import draw_picture
from sheetgd.sheets.cells import GREY, GRID_LINE, HEAT_BAD, HEAT_GOOD, HEAT_MIDDLE, INK, PALETTE
from sheetgd.web.page import page_of, write_page
from sheetgd.xlsx.write import build_workbook
from tests.support.browser import chromium
from tests.support.windows import take_pictures

ROOT = Path(__file__).resolve().parents[2]
OUTPUTS = ROOT / "outputs"
STAMP = b"sheetgd-workbook"
DOTS_PER_INCH = 110


@dataclass(frozen=True)
class Picture:
    """What a picture shows: a lesson's sheet, which of its printed pages, and how much of that."""

    lesson: str
    sheet: str
    page: int
    height: float


PICTURES = {
    "mirror.png": Picture("original", "Gradient Descent", 0, 0.68),
    "descent.png": Picture("original", "Gradient Descent", 1, 0.74),
    "log.png": Picture("original", "Epochs as published", 0, 0.86),
    "surface.png": Picture("original", "Surface", 0, 0.7),
    "charts.png": Picture("original", "Surface", 1, 0.55),
    "rates.png": Picture("original", "Learning rates", 0, 0.78),
    "gradient.png": Picture("original", "Gradient", 0, 0.92),
    "story.png": Picture("two-descents", "Two descents", 0, 0.95),
    "check.png": Picture("original", "Check", 0, 0.5),
    "parabola_curve.png": Picture("parabola", "Curve", 0, 0.52),
    "quadratic_fit.png": Picture("quadratic", "Fit", 1, 0.9),
    "dosage_surface.png": Picture("dosage", "Surface", 0, 0.7),
    "optimisers_comparison.png": Picture("optimisers", "Comparison", 0, 0.56),
    "batches_comparison.png": Picture("batches", "Comparison", 0, 0.41),
    "neurons_fit.png": Picture("neurons", "Fit", 0, 0.73),
    "valley_comparison.png": Picture("valley", "Comparison", 0, 0.43),
    "xor_comparison.png": Picture("xor", "Comparison", 0, 0.39),
    "houses_fit.png": Picture("houses", "Fit", 0, 0.73),
    "overfitting_fit.png": Picture("overfitting", "Fit", 1, 0.57),
    "outlier_comparison.png": Picture("outlier", "Comparison", 0, 0.62),
    "pass-fail_fit.png": Picture("pass-fail", "Fit", 0, 0.55),
    "scaled_comparison.png": Picture("scaled", "Comparison", 0, 0.43),
    "species_fit.png": Picture("species", "Fit", 0, 0.63),
}

WORKBOOKS = (
    "original", "parabola", "quadratic", "dosage", "houses", "pass-fail", "scaled", "valley",
)  # fmt: skip
"""The lessons whose workbooks are kept: of each kind one, so that all stays small."""

SCREENS = {
    "page-1366.png": ("original", 1366, 768),
    "page-360.png": ("original", 360, 740),
    "page-1920.png": ("optimisers", 1920, 1080),
}
"""What a browser shows of a lesson's page after some epochs, in a window of a width and height."""

PAGES = ("original",)
"""The lessons whose pages for the browser are kept."""

WINDOWS = {
    "first_page.png": ("original", 0),
    "play.png": ("original", 1),
    "play_quadratic.png": ("quadratic", 1),
}
"""What a window of 1366 x 768 shows: a lesson's sheet, by its place."""


def sample(lesson: str) -> Path:
    """Where the workbook of a lesson is."""
    return OUTPUTS / f"{'gradient_descent' if lesson == 'original' else lesson}.xlsx"


def page(lesson: str) -> Path:
    """Where the page of a lesson is."""
    return sample(lesson).with_suffix(".html")


def drawing(lesson: str) -> Path:
    """Where the picture is that ``sheetgd picture`` draws of a lesson."""
    return sample(lesson).with_suffix(".png")


def drawing_stamp(workbook_digest: str) -> str:
    """What a drawing is stamped with: the numbers, by the workbook, colours, and the drawing code.

    matplotlib's own bytes differ from version to version.
    """
    sources = sorted((ROOT / "sheetgd" / "plot").glob("*.py"))
    colours = (GREY, GRID_LINE, HEAT_BAD, HEAT_GOOD, HEAT_MIDDLE, INK, PALETTE)
    found = hashlib.sha256(f"{workbook_digest} {colours}".encode())
    for source in sources:
        found.update(source.read_bytes())
    return found.hexdigest()


def build_lesson(lesson: str, path: Path) -> None:
    """Build the workbook of a lesson."""
    build_workbook(shipped_lesson(lesson), path, force=True, compress="small")


def digest(workbook: Path) -> str:
    """A digest of a workbook's parts, whatever they are compressed with."""
    found = hashlib.sha256()
    with zipfile.ZipFile(workbook) as archive:
        for name in archive.namelist():
            found.update(name.encode() + b"\0" + archive.read(name))
    return found.hexdigest()


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a PNG file: their types and contents."""
    found, place = [], 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        found.append((png[place + 4 : place + 8], png[place + 8 : place + 8 + length]))
        place += length + 12
    return found


def stamp_of(picture: Path) -> str:
    """The digest that a picture is stamped with."""
    for kind, content in chunks(picture.read_bytes()):
        if kind == b"tEXt" and content.startswith(STAMP + b"\0"):
            return content.partition(b"\0")[2].decode()
    return ""


def stamp(picture: Path, text: str) -> None:
    """Stamp a picture, before its last chunk."""
    png = picture.read_bytes()
    content = b"tEXt" + STAMP + b"\0" + text.encode()
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    picture.write_bytes(png[:-12] + chunk + png[-12:])


def show(workbook: Path, lesson: str, folder: Path) -> None:
    """Take pictures of LibreOffice's window with a lesson's workbook."""
    wanted = {sheet: folder / name for name, (of, sheet) in WINDOWS.items() if of == lesson}
    if not wanted:
        return
    take_pictures(workbook, wanted)
    for picture in wanted.values():
        _fewer_colours(picture)
        stamp(picture, digest(workbook))


def page_digest(lesson: str) -> str:
    """A digest of a lesson's page."""
    return hashlib.sha256(page_of(shipped_lesson(lesson)).encode()).hexdigest()


def show_page(lesson: str, place: Path, folder: Path) -> None:
    """Take pictures of a lesson's page in Chromium, with all its runs some epochs on."""
    wanted = {name: size for name, (of, *size) in SCREENS.items() if of == lesson}
    if not wanted:
        return
    write_page(shipped_lesson(lesson), place / "page.html", force=True)
    with chromium() as browser:
        for name, (width, height) in wanted.items():
            browser.resize(width, height)
            browser.go("about:blank")
            browser.go((place / "page.html").as_uri() + "#race=1&epoch=30&row=3")
            browser.wait("surface.done && !dirty.size")
            browser.settle()
            (folder / name).write_bytes(browser.picture())
            _fewer_colours(folder / name, 160)
            stamp(folder / name, page_digest(lesson))


def _fewer_colours(picture: Path, colours: int = 64) -> None:
    """Keep the colours that come nearest to all of them, which takes a quarter of the room."""
    with Image.open(picture) as image:
        few = image.convert("RGB").quantize(
            colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE, kmeans=2
        )
        few.save(picture, optimize=True)


def draw(workbook: Path, lesson: str, folder: Path) -> None:
    """Print the shown sheets of a lesson's workbook with LibreOffice, and keep the shown pages."""
    pictures = {name: each for name, each in PICTURES.items() if each.lesson == lesson}
    with tempfile.TemporaryDirectory() as place:
        shown, pdf = Path(place) / "shown.xlsx", Path(place) / "shown.pdf"
        _hide_others(workbook, shown, {picture.sheet for picture in pictures.values()})
        profile = f"-env:UserInstallation={(Path(place) / 'profile').as_uri()}"
        command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", place]
        subprocess.run([*command, str(shown)], check=True, capture_output=True)
        pages = _pages(pdf, {picture.sheet for picture in pictures.values()})
        for name, picture in pictures.items():
            number = pages[picture.sheet][picture.page]
            _keep_page(pdf, number, picture.height, folder / name)
            _fewer_colours(folder / name)
            stamp(folder / name, digest(workbook))


def _hide_others(workbook: Path, copy: Path, titles: AbstractSet[str]) -> None:
    """Copy a workbook with all sheets hidden but some: long tables need not be printed."""
    with zipfile.ZipFile(workbook) as source, zipfile.ZipFile(copy, "w") as target:
        for part in source.namelist():
            content = source.read(part)
            if part == "xl/workbook.xml":
                names = re.findall(r'<sheet [^>]*?name="([^"]*)"', content.decode())
                # LibreOffice prints hidden sheets, too, where they have a print area.
                for place, name in enumerate(names):
                    if name not in titles:
                        area = rf'<definedName localSheetId="{place}" name="_xlnm.Print_Area">[^<]*'
                        content = re.sub(f"{area}</definedName>".encode(), b"", content)
                content = re.sub(
                    r'<sheet ([^>]*name="([^"]*)"[^>]*?)state="\w+"',
                    lambda found: (
                        f'<sheet {found[1]}state="{"visible" if found[2] in titles else "hidden"}"'
                    ),
                    content.decode(),
                ).encode()
            target.writestr(part, content)


def _keep_page(pdf: Path, number: str, height: float, target: Path) -> None:
    size = subprocess.run(
        ["pdfinfo", "-f", number, "-l", number, pdf],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    found = re.search(r"size:\s+([\d.]+) x ([\d.]+)", size)
    assert found is not None
    width, length = (float(each) * DOTS_PER_INCH / 72 for each in found.groups())
    box = ["-x", 0, "-y", 0, "-W", round(width), "-H", round(length * height)]
    page = ["-f", number, "-l", number, "-r", DOTS_PER_INCH, *box]
    drawing = ["pdftoppm", "-png", "-singlefile", *page, pdf, target.with_suffix("")]
    subprocess.run([str(each) for each in drawing], check=True)


def _pages(pdf: Path, titles: AbstractSet[str]) -> dict[str, list[str]]:
    """The numbers of the printed pages of each sheet, which their footers name.

    A footer is the last line that begins with a title: a chart may have its numbers below.
    """
    text = subprocess.run(
        ["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True, text=True
    ).stdout
    found: dict[str, list[str]] = {}
    for number, page in enumerate(text.rstrip("\f").split("\f"), start=1):
        beginnings = [line.strip().split("  ")[0] for line in page.splitlines()]
        sheet = next((each for each in reversed(beginnings) if each in titles), "")
        found.setdefault(sheet, []).append(str(number))
    return found


def main() -> None:
    """Make the samples of the lessons that the command names, or of all."""
    with tempfile.TemporaryDirectory() as place:
        for lesson in sys.argv[1:] or shipped_names():
            workbook = sample(lesson) if lesson in WORKBOOKS else Path(place) / f"{lesson}.xlsx"
            build_lesson(lesson, workbook)
            draw(workbook, lesson, OUTPUTS)
            show(workbook, lesson, OUTPUTS)
            show_page(lesson, Path(place), OUTPUTS)
            if lesson in PAGES:
                write_page(shipped_lesson(lesson), page(lesson), force=True)
            draw_picture(shipped_lesson(lesson), drawing(lesson), force=True)
            _fewer_colours(drawing(lesson))
            stamp(drawing(lesson), drawing_stamp(digest(workbook)))


if __name__ == "__main__":
    main()
