"""The columns of a step as expressions: what each computes, read off by calling it with symbols.

>>> from sheetgd.maths.formula import Formula
>>> from sheetgd.maths.evaluation import evaluate
>>> found = column_expressions(Method(gradient="exact"))
>>> names = tuple(dict.fromkeys(found["new_m"].symbols()))
>>> str(evaluate(found["new_m"], names, [Formula.name(each) for each in names]))
'm-learn*de/dm'
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from sheetgd.maths.expression import Expression, Symbol
from sheetgd.maths.step import Method, before, given_columns, settings_of, step_columns

ROW, ROWS = "row", "rows"
"""The row's place in its pass, counted from 1, and how many rows there are."""


@lru_cache(maxsize=256)
def column_expressions(method: Method) -> Mapping[str, Expression]:
    """Each computed column by its name, in symbols of the other cells that it reads.

    The symbols are the names of the row's columns and of the settings, `ROW` and `ROWS`, and
    `before` of what is carried on from row to row.
    """
    columns = step_columns(method)
    names = [*given_columns(method.model), *settings_of(method), ROW, ROWS]
    names += [before(column.name) for column in columns if column.carried]
    cells: dict[str, Expression] = {name: Symbol(name) for name in names}
    found = {}
    for column in columns:
        found[column.name] = column.compute(cells)
        cells[column.name] = Symbol(column.name)
    return found


@lru_cache(maxsize=256)
def state_columns(method: Method) -> Mapping[str, str]:
    """What a row takes over from the one before: the cell it starts from, and the column it was.

    >>> dict(state_columns(Method(optimizer="momentum")))["last v_m"]
    'v_m'
    >>> list(state_columns(Method()).items())
    [('m', 'new_m'), ('b', 'new_b')]
    """
    carried = {before(each.name): each.name for each in step_columns(method) if each.carried}
    return {name: f"new_{name}" for name in method.model.parameters} | carried


def needed_for(wanted: Iterable[str], columns: Mapping[str, Expression]) -> list[str]:
    """The columns that have to be computed to get some of them, in the order of the step.

    >>> needed_for(["de/db"], column_expressions(Method(gradient="exact")))
    ['de/db']
    """
    found, seeking = set(), list(wanted)
    while seeking:
        name = seeking.pop()
        if name in columns and name not in found:
            found.add(name)
            seeking.extend(columns[name].symbols())
    return [name for name in columns if name in found]
