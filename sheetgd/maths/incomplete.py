"""Rows whose data are not complete: a sheet passes them over, as though they were not there.

Where x or y is blank, a text or an error, a row takes no step: its error and its derivatives stay
empty, and what goes on to the next row goes on unchanged. Batches are made up of complete rows;
one that is not full when the pass ends makes its step in the pass's last row. So a sheet comes to
what the complete rows alone would give. The library itself refuses such rows, so this concerns
formulas only: in a complete row they come to what `sheetgd.maths.step` says.

>>> from sheetgd.maths.step import Method, step_columns
>>> names = ("x", "y", "m", "b", "learn", "nudge")
>>> cells = {name: Formula.name(name) for name in names}
>>> incomplete = Formula.name("x").compared("=", "")
>>> for column in step_columns(Method())[:4]:
...     cells[column.name] = Formula.name(column.name)
...     print(column.name, guarded(Method(), column, cells, incomplete))
y_pred IF(x="","",m*x+b)
error_sq IF(x="","",(y_pred-y)^2)
err_m1 IF(x="","",((m+nudge)*x+b-y)^2)
de/dm IF(x="","",(err_m1-error_sq)/nudge)
"""

from collections.abc import Mapping

from sheetgd.maths.formula import Formula
from sheetgd.maths.quantity import remainder, when_equal
from sheetgd.maths.step import ENDS, IN_BATCH, Column, Method, before

EMPTY = ""
"""What cells of a row hold that is passed over."""


def guarded(
    method: Method, column: Column, cells: Mapping[str, Formula], incomplete: Formula
) -> Formula:
    """Return the formula of a step's column in a table whose rows may be incomplete.

    Args:
        method: the choices of the step.
        column: the column.
        cells: what the column reads, as for `Column.compute`; `rows` is how many rows a pass
            has, complete or not.
        incomplete: true where the row is to be passed over.
    """
    if column.name == IN_BATCH:
        return _in_batch(cells, incomplete)
    if column.name == ENDS:
        return _ends(cells, incomplete)
    formula = column.compute(cells)
    if column.averages:
        # Before the pass's first complete row there is nothing to take the mean of.
        return when_equal(cells[IN_BATCH], 0, Formula.literal(EMPTY), formula)
    if column.moves and method.batched:
        # It changes only where a batch ends.
        return formula
    unchanged: Formula | str = EMPTY
    if column.moves or column.carried:
        parameter = column.name.removeprefix("new_")
        unchanged = cells[before(column.name)] if column.carried else cells[parameter]
    return Formula.call("IF", incomplete, unchanged, formula)


def unless(incomplete: Formula, formula: Formula) -> Formula:
    """Return the formula of a cell that stays empty in a row that is not complete.

    >>> str(unless(Formula.name("x").compared("=", EMPTY), Formula.name("m") * Formula.name("x")))
    'IF(x="","",m*x)'
    """
    return Formula.call("IF", incomplete, EMPTY, formula)


def carried_in_sheets(column: Column) -> bool:
    """Tell whether a row's formula of a column may read what the row before holds there."""
    return column.carried or column.name == IN_BATCH


def nothing_done_yet(method: Method) -> dict[str, Formula]:
    """Return what the first row of every pass reads from the row before: there is none."""
    return {before(IN_BATCH): Formula.literal(0)} if method.batched else {}


def _in_batch(cells: Mapping[str, Formula], incomplete: Formula) -> Formula:
    """The place in the batch among its complete rows; 0 before the pass's first one."""
    last = cells[before(IN_BATCH)]
    return Formula.call("IF", incomplete, last, remainder(last, cells["batch"]) + 1)


def _ends(cells: Mapping[str, Formula], incomplete: Formula) -> Formula:
    """1 where a step is made: in a batch's last row, or in the pass's for what is left then."""
    full = cells[IN_BATCH].compared("=", cells["batch"])
    last = cells["row"].compared("=", cells["rows"])
    left = Formula.call("MIN", 1, cells[IN_BATCH])
    return Formula.call(
        "IF",
        full,
        Formula.call("IF", incomplete, 0, 1),
        Formula.call("IF", last, left, 0),
    )
