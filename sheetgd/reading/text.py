"""Text with a table in it, such as CSV: its encoding, what parts its cells, and its lines."""

import codecs
import csv
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from sheetgd.errors import DataError
from sheetgd.files import MOST_TEXT
from sheetgd.reading.grid import BLANK_LEAVES_OPEN, Grid
from sheetgd.reading.number import ways_of

# Where two divide the lines equally well, or none does, the one that stands first is taken.
_DELIMITERS: Final = ",;\t| "
_BY_NAME: Final = {"tab": "\t", r"\t": "\t", "space": " "}
_LINES_TRIED: Final = 1000
_LINE: Final = re.compile(r"[^\r\n]*+(?:\r\n?|\n)|[^\r\n]++")
_LONGEST_LINE: Final = 2**20
_MOST_CELLS: Final = 5_000_000
_GZIP: Final = b"\x1f\x8b"
_SEP: Final = re.compile(r'"?sep=(.|\\t)"?\s*?(\r\n?|\n|$)', re.IGNORECASE)
_RULE: Final = re.compile(r"(:?[-=+]{2,}[-=+:]*|:-:?|-:)?")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OPEN_MARKS: Final = {",": "", " ": BLANK_LEAVES_OPEN}
"""Which marks of numbers a delimiter leaves open, where not both."""

_Line = tuple[int, list[str]]


def unpacked(source: str, content: bytes) -> bytes:
    """Return what was compressed with gzip; other content as it is.

    Raises:
        DataError: when it is damaged, or longer than is read.
    """
    if not content.startswith(_GZIP):
        return content
    found = b""
    try:
        while content and len(found) <= MOST_TEXT:
            inflater = zlib.decompressobj(wbits=31)
            found += inflater.decompress(content, MOST_TEXT + 1 - len(found))
            if not inflater.eof and len(found) <= MOST_TEXT:
                raise DataError(f"{source}: the .gz file ends too early; download it again")
            # A file may have been packed in several pieces; zeros may fill a tape's last block.
            content = inflater.unused_data.lstrip(b"\0")
    except zlib.error as error:
        raise DataError(f"{source}: this is a damaged .gz file ({error})") from None
    if len(found) > MOST_TEXT:
        raise DataError(f"{source}: unpacked, it is longer than {MOST_TEXT // 2**20} MiB")
    return found


@dataclass(frozen=True, slots=True)
class Text:
    """A text, and what parts the cells of its lines.

    Attributes:
        source: what messages call the file.
        text: what it holds.
        encoding: its encoding.
        delimiter: what parts cells.
    """

    source: str
    text: str
    encoding: str
    delimiter: str

    @property
    def is_plain(self) -> bool:
        """Whether each line is a row, each delimiter parts two cells, and each digit is a byte."""
        ascii_digits = self.encoding in {"utf-8", "cp1252", "latin-1"}
        return ascii_digits and self.delimiter in _DELIMITERS[:-1] and '"' not in self.text

    def grid(self, lines: range | None = None) -> Grid:
        """Return the cells of some lines, or of all.

        Raises:
            DataError: when a line is not CSV, or there is more than is read.
        """
        try:
            found = list(_lines(self, self.delimiter, last=lines[-1] if lines else None))
        except csv.Error as error:
            raise DataError(f"{self.source}: {error}") from None
        found = [each for each in found if lines is None or each[0] in lines]
        return Grid(
            source=self.source,
            rows=[cells for _, cells in found],
            numbers=[number for number, _ in found],
            notes=() if self.encoding == "utf-8" else (f"the text is {self.encoding}",),
            open_marks=_OPEN_MARKS.get(self.delimiter, ".,"),
            one=", or say with delimiter=... what separates them",
        )


def read_text(source: str, content: bytes, encoding: str | None, delimiter: str | None) -> Text:
    """Read a text, and find out what parts its cells, unless that is given.

    Raises:
        DataError: when it is not text in this encoding, or no text at all.
    """
    given = None if delimiter is None else _BY_NAME.get(delimiter, delimiter)
    if given is not None and (len(given) != 1 or given in '"\r\n\0'):
        raise DataError(f"delimiter={delimiter!r} is not known: give one character, tab or space")
    text, chosen = _decoded(source, content, encoding)
    if said := _SEP.match(text):
        # Its line end stays, so that lines have the numbers which an editor shows.
        text = text[said.start(2) :]
        given = given or _BY_NAME.get(said[1], said[1])
    read = Text(source, text, chosen, given or "")
    return (
        read if given else replace(read, delimiter=max(_DELIMITERS, key=partial(_agreement, read)))
    )


def _decoded(source: str, content: bytes, encoding: str | None) -> tuple[str, str]:
    """Return the text and its encoding."""
    chosen = encoding or encoding_of(content)
    try:
        text = content.decode(chosen).removeprefix("\ufeff")
    except LookupError:
        raise DataError(
            f"{source}: encoding={encoding!r} is not known: give one of Python's, such as cp1252"
        ) from None
    except (UnicodeError, ValueError) as error:
        at = f" (byte {error.start} is not text)" if isinstance(error, UnicodeDecodeError) else ""
        raise DataError(
            f"{source}: not a text in {chosen}{at}; name its encoding with encoding=..., or save "
            "it as CSV UTF-8"
        ) from None
    if "\0" in text:
        raise DataError(
            f"{source}: neither text nor a workbook (it holds binary zeros); save it as CSV UTF-8"
        )
    if text.lstrip()[:200].lower().startswith(("<!doctype", "<html", "<?xml", "<table")):
        raise DataError(
            f"{source}: this is a web page or other XML; save the table as CSV or as a workbook"
        )
    return text, chosen


def encoding_of(content: bytes) -> str:
    """Find an encoding by the content."""
    for mark, name in _BOMS:
        if content.startswith(mark):
            return name
    # Digits and marks of a text in UTF-16 have a zero before or after them.
    even, odd = content[:4096:2].count(0), content[1:4096:2].count(0)
    if 3 * max(even, odd) > len(content[:4096:2]) and 9 * min(even, odd) < max(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    for name in ("utf-8", "cp1252"):
        with suppress(UnicodeDecodeError):
            content.decode(name)
            return name
    return "latin-1"


def _agreement(text: Text, delimiter: str) -> tuple[int, float]:
    """Count the lines with equally many cells, two at least, and the share of numbers in them."""
    lines: list[list[str]] = []
    # What is wrong with a line is said when the delimiter is known.
    with suppress(DataError, csv.Error):
        every = [cells for _, cells in _lines(text, delimiter, strict=False, last=_LINES_TRIED)]
        # Comments may be more than the rows.
        lines.extend([cells for cells in every if not cells[0].startswith("#")] or every)
    # Prose above a table has no numbers, or not as many.
    rows = [cells for cells in lines if len(cells) > 1 and any(map(ways_of, cells))]
    counts = Counter(map(len, lines))
    count = max({len(cells) for cells in rows or lines}, key=lambda each: counts[each], default=0)
    if count < 2 or (not rows and 2 * counts[count] < len(lines)):  # noqa: PLR2004  a table
        return 0, 0
    numbers = [bool(ways_of(cell)) for cells in rows if len(cells) == count for cell in cells]
    return counts[count], sum(numbers) / max(len(numbers), 1)


def _lines(
    read: Text, delimiter: str, *, strict: bool = True, last: int | None = None
) -> Iterator[_Line]:
    """Yield the lines that are not blank, each with its number in the file and its cells."""
    source = read.source
    blank = delimiter == " "
    waiting = 0

    def physical() -> Iterator[str]:
        # One record may be many lines long, for a quoted text can hold line ends of its own.
        nonlocal waiting
        for found in _LINE.finditer(read.text):
            waiting += found.end() - found.start()
            if waiting > _LONGEST_LINE:
                raise DataError(
                    f"{source}: line {reader.line_num + 1} is longer than {_LONGEST_LINE:,} "
                    "characters, so this is no table of numbers"
                )
            yield found[0].replace("\t", " ") if blank else found[0]

    reader = csv.reader(physical(), delimiter=delimiter, skipinitialspace=not blank, strict=strict)
    total = before = 0
    try:
        for fields in reader:
            waiting, before = 0, reader.line_num
            if last is not None and reader.line_num > last:
                return
            total += len(fields)
            if total > _MOST_CELLS:
                raise DataError(
                    f"{source}: it has more than {_MOST_CELLS:,} cells; keep the two columns needed"
                )
            # Blank space counts once, however much of it there is.
            cells = [field.strip() for field in fields if field or not blank]
            # A rule, as below the names of a table in Markdown, is no row.
            if any(cells) and not all(map(_RULE.fullmatch, cells)):
                yield reader.line_num, cells
    except csv.Error as error:
        raise csv.Error(f"line {before + 1} is not CSV ({error})") from None
