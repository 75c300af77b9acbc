"""The sample workbook and its pictures: ``python -m tests.support.samples`` makes them anew.

Pictures need LibreOffice and poppler. Each carries a stamp, the digest of the workbook it
shows, by which a test sees whether it is still true.
"""

import hashlib
import re
import struct
import subprocess
import tempfile
import zipfile
import zlib
from pathlib import Path

from sheetgd.build import build_workbook
from sheetgd.template import shipped_lesson

OUTPUTS = Path(__file__).resolve().parents[2] / "outputs"
WORKBOOK = OUTPUTS / "gradient_descent.xlsx"
STAMP = b"sheetgd-workbook"
DOTS_PER_INCH = 110

# Which printed page shows what: the sheet, which of its pages, and how much of that page's height.
PICTURES = {
    "mirror.png": ("Gradient Descent", 0, 0.68),
    "descent.png": ("Gradient Descent", 1, 0.74),
    "log.png": ("Epochs as published", 0, 0.86),
    "check.png": ("Check", 0, 0.5),
}


def build_sample(path: Path) -> None:
    """Build the workbook that the sample is."""
    build_workbook(shipped_lesson("original"), path, force=True)


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


def draw(workbook: Path, folder: Path) -> None:
    """Print the workbook with LibreOffice and keep the pages that are shown."""
    with tempfile.TemporaryDirectory() as place:
        profile = f"-env:UserInstallation={(Path(place) / 'profile').as_uri()}"
        command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", place]
        subprocess.run([*command, str(workbook)], check=True, capture_output=True)
        pdf = Path(place) / f"{workbook.stem}.pdf"
        pages = _pages(pdf)
        for name, (sheet, which, part) in PICTURES.items():
            number = pages[sheet][which]
            size = subprocess.run(
                ["pdfinfo", "-f", number, "-l", number, pdf],
                check=True, capture_output=True, text=True,
            ).stdout  # fmt: skip
            found = re.search(r"size:\s+([\d.]+) x ([\d.]+)", size)
            assert found is not None
            width, height = (float(each) * DOTS_PER_INCH / 72 for each in found.groups())
            box = ["-x", 0, "-y", 0, "-W", round(width), "-H", round(height * part)]
            target = folder / name
            page = ["-f", number, "-l", number, "-r", DOTS_PER_INCH, *box]
            drawing = ["pdftoppm", "-png", "-singlefile", *page, pdf, target.with_suffix("")]
            subprocess.run([str(each) for each in drawing], check=True)
            stamp(target, digest(workbook))


def _pages(pdf: Path) -> dict[str, list[str]]:
    """The numbers of the printed pages of each sheet, which their footers name."""
    text = subprocess.run(
        ["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True, text=True
    ).stdout
    found: dict[str, list[str]] = {}
    for number, page in enumerate(text.rstrip("\f").split("\f"), start=1):
        footer = page.strip().splitlines()[-1]
        sheet = re.sub(r"\s+\d+ / \d+$", "", footer).strip()
        found.setdefault(sheet, []).append(str(number))
    return found


if __name__ == "__main__":
    build_sample(WORKBOOK)
    draw(WORKBOOK, OUTPUTS)
