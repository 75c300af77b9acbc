"""One step of the descent: the columns of a data row, in the order they are computed.

This is the one definition of a step. The engine calls each column with numbers, a
worksheet with references to the row's own cells, a caption with the names of the
columns:

>>> from sheetgd.maths.formula import Formula
>>> from sheetgd.maths.gradient import GRADIENT_RULES
>>> from sheetgd.maths.model import LINE
>>> columns = step_columns(LINE, GRADIENT_RULES["forward"])
>>> row = {"x": 7.0, "y": 44.0, "m": 1.0, "b": 1.0, "learn": 0.0001, "nudge": 0.01}
>>> for column in columns:
...     row[column.name] = column.compute(row)
>>> row["y_pred"], row["error_sq"], round(row["new_m"], 6)
(8.0, 1296.0, 1.050351)
>>> words = {name: Formula.name(name) for name in row}
>>> str(columns[3].compute(words))
'(err_m1-error_sq)/nudge'
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sheetgd.maths.gradient import GradientRule, nudged_error
from sheetgd.maths.loss import squared_error
from sheetgd.maths.model import Model
from sheetgd.maths.optimiser import plain_step
from sheetgd.maths.quantity import Q


class Compute(Protocol):
    """A column's cell from the cells of its row that are already there."""

    def __call__(self, cells: Mapping[str, Q]) -> Q:
        """Return the cell's number, or its formula."""
        ...


@dataclass(frozen=True, slots=True)
class Column:
    """A computed column: its header and how a row's cell follows from the others."""

    name: str
    compute: Compute


def given_columns(model: Model) -> tuple[str, ...]:
    """The columns a row starts with: the data and the parameters before the step."""
    return ("x", "y", *model.parameters)


def step_columns(model: Model, rule: GradientRule) -> tuple[Column, ...]:
    """The computed columns of a step: y_pred, error_sq, then three for each parameter.

    The three are the nudged error err_p1, the derivative de/dp and the new value new_p.
    """

    def y_pred(cells: Mapping[str, Q]) -> Q:
        return model.predict(cells["x"], [cells[name] for name in model.parameters])

    def error_sq(cells: Mapping[str, Q]) -> Q:
        return squared_error(cells["y_pred"], cells["y"])

    columns = [Column("y_pred", y_pred), Column("error_sq", error_sq)]
    for which, name in enumerate(model.parameters):
        columns += _parameter_columns(model, rule, which, name)
    return tuple(columns)


def _parameter_columns(
    model: Model, rule: GradientRule, which: int, name: str
) -> tuple[Column, Column, Column]:
    def nudged(cells: Mapping[str, Q]) -> Q:
        values = [cells[parameter] for parameter in model.parameters]
        raised = cells[name] + cells["nudge"]
        return nudged_error(model, cells["x"], cells["y"], values, which=which, moved=raised)

    def derivative(cells: Mapping[str, Q]) -> Q:
        return rule.derivative(model, cells, which)

    def new(cells: Mapping[str, Q]) -> Q:
        return plain_step(cells[name], cells[f"de/d{name}"], cells["learn"])

    return (
        Column(f"err_{name}1", nudged),
        Column(f"de/d{name}", derivative),
        Column(f"new_{name}", new),
    )
