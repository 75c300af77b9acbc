"""Reading the data rows of a lesson from a file of any kind that is known."""

from pathlib import Path
from typing import Final

from sheetgd.data import Data
from sheetgd.delimited import read_csv
from sheetgd.errors import DataError

WORKBOOK_SUFFIXES: Final = (".xlsx", ".xlsm")


def read_data(
    path: Path,
    x: str | None = None,
    y: str | None = None,
    *,
    delimiter: str | None = None,
    decimal: str | None = None,
    header: bool = True,
    sheet: str | None = None,
    block: str | None = None,
) -> Data:
    """Read two columns of a workbook (.xlsx or .xlsm) or, whatever it is called, a CSV file.

    Args:
        path: the file; its name's end tells which of the two it is.
        x: the column that becomes x, by its name or its number; None as `read_csv` says.
        y: the same for y.
        delimiter: of a CSV file, the character between cells; None finds it out.
        decimal: of a CSV file, the decimal mark; None finds it out.
        header: whether the first line holds names.
        sheet: of a workbook, the sheet's title; None takes the first.
        block: of a workbook, the range that is read, such as ``B2:C21``; None reads all.

    Returns:
        The two columns.

    Raises:
        DataError: when an option is not for this kind of file, and as `read_csv` and
            `sheetgd.workbook.table.read_xlsx` say.
    """
    if path.suffix.lower() in WORKBOOK_SUFFIXES:
        _refuse(path, "a CSV file, and this is a workbook", delimiter=delimiter, decimal=decimal)
        from sheetgd.workbook.table import read_xlsx  # noqa: PLC0415  CSV needs no openpyxl

        return read_xlsx(path, x, y, sheet=sheet, block=block, header=header)
    _refuse(path, f"a workbook ({' or '.join(WORKBOOK_SUFFIXES)})", sheet=sheet, range=block)
    return read_csv(path, x, y, delimiter=delimiter, decimal=decimal, header=header)


def _refuse(path: Path, kind: str, **options: str | None) -> None:
    """Raise DataError if an option is given that another kind of file has."""
    for name, value in options.items():
        if value is not None:
            raise DataError(f"{path}: --{name} is for {kind}; leave it out")
