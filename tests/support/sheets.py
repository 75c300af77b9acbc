"""Sheets laid out as the original is, built from the published cells alone.

Nothing of the pages or of the writer is used, so that reading, locating and comparing are
tested against files of another hand.
"""

import csv
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZipFile

from openpyxl import Workbook

from sheetgd.expression.excel import Address, Value
from sheetgd.original import PublishedCell, published_cells
from sheetgd.sheets.cells import Cell

Sheet = dict[Address, Value]

STEP_HEADERS = (
    "x", "y", "m", "b", "y_pred", "error_sq", "err_m1", "de/dm", "new_m", "err_b1",
    "de/db", "new_b",
)  # fmt: skip
STEP_ROW = 90
LAST_PUBLISHED_ROW = 100
LAST_ROW = 109
_COLUMNS = {
    "data": {"x": "J", "y": "K"},
    "labels": dict.fromkeys(("m_actual", "b_actual", "m_guess", "b_guess"), "K") | {"rmse": "L"},
    "prediction": {"x": "J", "y_pred": "K"},
    "squared_error": {"y": "J", "y_pred": "K", "(y_pred-y)^2": "L"},
    "rmse_grid": {
        f"m={m} b={b}": "CDEFGHIJKLM"[b // 3] for m in range(1, 9) for b in range(0, 31, 3)
    },
    "controls": {
        "epochs": "E", "learn": "E", "m_start": "F", "b_start": "F", "m_actual": "I",
        "b_actual": "I", "m_guess": "J", "b_guess": "J", "rmse": "M",
    },
    "descent": dict(zip(STEP_HEADERS, "BCDEFGHIJKLM", strict=True)),
}  # fmt: skip
_LABELS = {
    "B2": "Gradient Descent",
    "B8": "The data, one row for each x and y. m and b are what we look for.",
    "J8": "x", "K8": "y", "J14": "m_actual", "J15": "b_actual",
    "J17": "x", "K17": "y_pred", "J23": "m_guess", "J24": "b_guess",
    "J26": "y", "K26": "y_pred", "L26": "(y_pred-y)^2", "K33": "rmse",
    "B44": "m", "B55": "The Descent",
    "I83": "actual", "J83": "guess",
    "D84": "epochs", "D85": "learn", "H84": "m", "H85": "b", "L84": "rmse",
    "F88": "(mx+b)", "G88": "(mx+b-y)^2", "I88": "2(mx+b-y)", "L88": "2x(mx+b-y)",
}  # fmt: skip
_OUR_EXTRAS: dict[str, Value] = {
    "C44": "b", "F83": "start", "D86": "clicks", "E86": 3, "D87": "nudge", "E87": 0.01,
    "L85": "epochs run", "M85": 15, "N101": "reconstructed",
}  # fmt: skip


def at(text: str) -> Address:
    return Address.parse(text)


def place(cell: PublishedCell) -> Address:
    """Where a published cell stands in these sheets."""
    return at(f"{_COLUMNS[cell.table][cell.field]}{cell.row}")


def original_sheet(*, displayed: bool = False) -> Sheet:
    """The original as published; numbers, or the texts that are displayed."""
    sheet: Sheet = {at(address): text for address, text in _LABELS.items()}
    for column, header in enumerate(STEP_HEADERS, start=2):
        sheet[Address(STEP_ROW - 1, column)] = header
    edges = {Address(45, 3 + step): 3 * step for step in range(11)}
    edges |= {Address(45 + m, 2): m for m in range(1, 9)}
    for address, number in edges.items():
        sheet[address] = str(number) if displayed else number
    for cell in published_cells():
        sheet[place(cell)] = cell.displayed if displayed else cell.number
    return sheet


def our_sheet() -> Sheet:
    """The page of a workbook of ours: more labels, and the nine rows that are not published."""
    sheet = original_sheet() | {at(address): value for address, value in _OUR_EXTRAS.items()}
    for row in range(LAST_PUBLISHED_ROW + 1, LAST_ROW + 1):
        for column in range(2, 14):
            sheet[Address(row, column)] = row + column / 16
    return sheet


def moved(sheet: Sheet, where: Callable[[Address], Address]) -> Sheet:
    return {where(address): value for address, value in sheet.items()}


def with_column_before(sheet: Sheet, column: int) -> Sheet:
    return moved(sheet, lambda address: address.moved(right=int(address.column >= column)))


def with_row_before(sheet: Sheet, row: int) -> Sheet:
    return moved(sheet, lambda address: address.moved(down=int(address.row >= row)))


def as_cells(sheet: Sheet) -> dict[Address, Cell]:
    return {address: Cell(address, value) for address, value in sheet.items()}


def save_workbook(path: Path, sheets: Mapping[str, Sheet]) -> Path:
    """Write sheets with openpyxl; texts that begin with ``=`` become formulas without results."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for title, sheet in sheets.items():
        worksheet = workbook.create_sheet(title)
        for address, value in sheet.items():
            worksheet[str(address)] = value
    workbook.save(path)
    return path


def save_csv(path: Path, sheet: Sheet, *, delimiter: str = ",", encoding: str = "utf-8") -> Path:
    """Write a sheet as spreadsheets export it: each row as wide as the widest."""
    height = max(address.row for address in sheet)
    width = max(address.column for address in sheet)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    for row in range(1, height + 1):
        writer.writerow([sheet.get(Address(row, column), "") for column in range(1, width + 1)])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def sheet_xml(cells: Mapping[Address, Cell]) -> str:
    """The rows of a sheet of numbers and texts in which formulas have their results."""
    rows: dict[int, str] = {}
    for cell in sorted(cells.values(), key=lambda cell: cell.address):
        kind = ' t="str"' if isinstance(cell.value, str) else ""
        formula = "" if cell.formula is None else f"<f>{escape(cell.formula)}</f>"
        value = "" if cell.value is None else f"<v>{escape(str(cell.value))}</v>"
        xml = f'<c r="{cell.address}"{kind}>{formula}{value}</c>'
        rows[cell.address.row] = rows.get(cell.address.row, "") + xml
    lines = "".join(f'<row r="{row}">{xml}</row>' for row, xml in rows.items())
    return f"<sheetData>{lines}</sheetData>"


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def save_raw_workbook(path: Path, sheets: Mapping[str, str]) -> Path:
    """Write a workbook from the XML of its rows, for what openpyxl does not write itself."""
    numbered = list(enumerate(sheets.items(), start=1))
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for n, _ in numbered
    )
    listed = "".join(
        f'<sheet name="{title}" sheetId="{n}" r:id="rId{n}"/>' for n, (title, _) in numbered
    )
    targets = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n, _ in numbered
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f"{overrides}</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f"{targets}</Relationships>",
    }
    for n, (_, xml) in numbered:
        parts[f"xl/worksheets/sheet{n}.xml"] = f'<worksheet xmlns="{_MAIN}">{xml}</worksheet>'
    with ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path
