"""The published Google Sheet that sheetgd began as: its cells, as it displays them.

The 269 numeric cells that its published copy shows (rows 1 to 100) are packaged as
``published_cells.csv``, each as displayed. `decimals` is the sheet's number formats. It may import
`sheetgd.errors` and nothing else of sheetgd.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class PublishedCell:
    """A cell of the published copy.

    Attributes:
        table: the block it belongs to, such as ``rmse_grid``.
        row: its row in the sheet.
        field: what it is: a column's header, a label, or ``m=1 b=0`` in the grid.
        displayed: its text, such as ``1,296``.
    """

    table: str
    row: int
    field: str
    displayed: str

    @property
    def number(self) -> float:
        """The displayed number.

        >>> PublishedCell("squared_error", 27, "(y_pred-y)^2", "1,296").number
        1296.0
        """
        return float(self.displayed.replace(",", ""))

    @property
    def decimals(self) -> int:
        """How many decimals it is displayed with.

        >>> PublishedCell("descent", 94, "new_b", "25.150").decimals
        3
        """
        return len(self.displayed.partition(".")[2])


@cache
def published_cells() -> tuple[PublishedCell, ...]:
    """All 269 published cells, in the order of the sheet.

    >>> len(published_cells()), published_cells()[-1].displayed
    (269, '25.231')
    """
    text = (files(__package__) / "published_cells.csv").read_text(encoding="utf-8")
    return tuple(
        PublishedCell(line["table"], int(line["row"]), line["field"], line["displayed"])
        for line in csv.DictReader(text.splitlines())
    )


@cache
def display_decimals(table: str, field: str) -> int:
    """How many decimals the original displays a field with: the most that it shows anywhere.

    A field that was not published, such as another value of m in the grid, is displayed
    as the rest of its table.

    >>> display_decimals("descent", "new_b"), display_decimals("descent", "y_pred")
    (3, 1)
    >>> display_decimals("rmse_grid", "m=9 b=1")
    0
    """
    cells = [cell for cell in published_cells() if cell.table == table]
    same_field = [cell for cell in cells if cell.field == field]
    return max((cell.decimals for cell in same_field or cells), default=0)
