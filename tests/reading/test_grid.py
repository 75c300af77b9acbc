"""What messages call the rows and cells of a file."""

from sheetgd.reading.grid import Grid


def test_lines_of_a_text_and_cells_of_a_sheet_are_named() -> None:
    rows = [["x", "y"], ["1", "2"]]
    text = Grid("a.csv", rows, [3, 5])
    assert (text.line(1), text.place(1, 1, "y")) == ("line 5", "line 5, column 'y':")
    sheet = Grid("a.xlsx", rows, [3, 5], left=4, sheet="It's")
    assert sheet.line(1) == 'row 5 of sheet "It\'s"'
    assert sheet.place(1, 1, "y") == "cell 'It''s'!E5 holds"
