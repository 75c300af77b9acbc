"""All 269 published cells from the engine, without any page: one test for each row."""

from itertools import groupby

import pytest

from sheetgd.engine.error_surface import best_parameters, surface_table
from sheetgd.engine.run import descend
from sheetgd.expression.functions import rounded
from sheetgd.lesson.template import shipped_lesson
from sheetgd.original import PublishedCell, published_cells
from tests import plain

ORIGINAL = shipped_lesson("original")
assert ORIGINAL.display.published is not None
LESSON = ORIGINAL.display.published
RUN = descend(LESSON)
NEXT = RUN.passed(16)
SURFACE = surface_table(LESSON)
TABLE_STARTS = {"data": 9, "prediction": 18, "squared_error": 27, "descent": 90}
SINGLE = {
    "m_actual": best_parameters(LESSON)[0],
    "b_actual": best_parameters(LESSON)[1],
    "epochs": LESSON.training.epochs,
    "learn": LESSON.training.learning_rate,
    "m_start": LESSON.training.start[0],
    "b_start": LESSON.training.start[1],
}


def example(cell: PublishedCell, row: int) -> float:
    """A number of the worked example in the upper half."""
    y_pred = LESSON.model.predict([LESSON.data.x[row]], LESSON.display.guess)
    miss = y_pred - LESSON.data.y[row]
    values = {
        "x": LESSON.data.x[row],
        "y": LESSON.data.y[row],
        "y_pred": y_pred,
        "(y_pred-y)^2": miss * miss,
    }
    return values[cell.field]


def single(cell: PublishedCell) -> float:
    """A number with a label of its own."""
    if cell.field == "rmse" and cell.table == "labels":
        guess = (LESSON.display.guess[0], LESSON.display.guess[1])
        _, log = plain.descend(
            LESSON.data.x[:5],
            LESSON.data.y[:5],
            guess,
            learn=1,
            nudge=1,
            epochs=0,
            gradient="analytic",
        )
        return log[0]["root_sse"]
    if cell.field == "rmse":
        return RUN.metric_values_pass[-1]
    if cell.field in {"m_guess", "b_guess"}:
        at = RUN.states[-1] if cell.table == "controls" else LESSON.display.guess
        return at["mb".index(cell.field[0])]
    return SINGLE[cell.field]


def engine_value(cell: PublishedCell) -> float:
    row = cell.row - TABLE_STARTS.get(cell.table, 0)
    if cell.table == "descent":
        return NEXT[cell.field][row]
    if cell.table == "rmse_grid":
        m, b = (float(part.partition("=")[2]) for part in cell.field.split())
        found: float = SURFACE.to_dict()[b][m]
        return found
    if cell.table in TABLE_STARTS:
        return example(cell, row)
    return single(cell)


def rows() -> list[tuple[str, list[PublishedCell]]]:
    grouped = groupby(published_cells(), key=lambda cell: f"{cell.table}-{cell.row}")
    return [(name, list(cells)) for name, cells in grouped]


@pytest.mark.parametrize(("name", "cells"), [pytest.param(*row, id=row[0]) for row in rows()])
def test_published_row(name: str, cells: list[PublishedCell]) -> None:
    for cell in cells:
        shown = rounded(float(engine_value(cell)), cell.decimals)
        assert f"{shown:,.{cell.decimals}f}" == cell.displayed, (name, cell.field)


def test_the_rows_hold_all_269_cells() -> None:
    assert sum(len(cells) for _, cells in rows()) == 269
