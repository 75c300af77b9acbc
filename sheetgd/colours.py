"""The plain colours of sheets, charts and pictures, as hexadecimal RGB."""

from typing import Final

INK, BLUE, GREY, RED = "1F2933", "1F4E79", "7B8794", "B00020"
GRID_LINE = "D9DEE4"

# Chart lines: apart in brightness as well as in hue, for readers who see no red or no green.
PALETTE: Final = (BLUE, "C44E00", "009E73", "8E3B7E", "0F7FBF", "A87900", "000000", GREY)

# A row of colours for lines that follow one another.
SHADES: Final = (BLUE, "7FA7C9", "E8A27C", "A33B1E")

# Blue to red through near white: readers who see no red or no green can tell them apart.
HEAT_GOOD, HEAT_MIDDLE, HEAT_BAD = "6FA8DC", "FBF7E9", "E58368"
