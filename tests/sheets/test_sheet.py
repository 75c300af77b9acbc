"""What a sheet consists of: rules for what is too wide, and the room that texts take."""

from sheetgd.sheets.cells import Block
from sheetgd.sheets.sheet import Effect, too_wide


def test_the_rule_for_wide_numbers_has_a_decimal_bound() -> None:
    (rule,) = too_wide(Block.parse("C9:D12"), ["0.00", "0.00"], 12.0)
    assert rule.formula == "IF(ISNUMBER(C9),ABS(C9)>=100000000,FALSE)"
    assert rule.effect is Effect.SCIENTIFIC
