"""Cells and blocks as spreadsheets write them."""

from sheetgd.expression.excel import Address
from sheetgd.sheets.cells import Block, Cell


def test_blocks_and_cells_read_as_spreadsheets_write_them() -> None:
    assert str(Block.parse("E86")) == "E86"
    assert Cell(Address.parse("b2"), 1.0).address == Address(2, 2)
