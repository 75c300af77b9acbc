"""Plain Python loops over rows, as one writes them without thinking of speed.

They share no code with the library, and spell the arithmetic out in the order in which a
sheet's cells have it, so that they say bit for bit what its formulas say.
"""

from math import sqrt
from typing import Any

import pandas as pd

from benchmarks.problem import (
    LEARN,
    NUDGE,
    START,
    STEP_HEADERS,
    Points,
    log_frame,
    numbered,
)

Numbers = Any
"""Lists in Python's hands, arrays in numba's: the log's loop is the same for both."""

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8
ADAM_LEARN = 0.05


def trace(data: Points, epochs: int) -> pd.DataFrame:
    """Trace every row of every epoch with all its columns: forward differences, row by row."""
    m, b = START
    steps = []
    for _ in range(epochs):
        for x, y in zip(data.x_list, data.y_list, strict=True):
            y_pred = m * x + b
            error = y_pred - y
            error_sq = error * error
            above = (m + NUDGE) * x + b - y
            err_m1 = above * above
            de_dm = (err_m1 - error_sq) / NUDGE
            new_m = m - LEARN * de_dm
            above = m * x + (b + NUDGE) - y
            err_b1 = above * above
            de_db = (err_b1 - error_sq) / NUDGE
            new_b = b - LEARN * de_db
            steps.append((x, y, m, b, y_pred, error_sq, err_m1, de_dm, new_m, err_b1, de_db, new_b))
            m, b = new_m, new_b
    return numbered(pd.DataFrame(steps, columns=STEP_HEADERS), len(data.x), epochs)


def log(data: Points, epochs: int) -> pd.DataFrame:
    """Log the parameters after each epoch and the rmse of the next, nothing else."""
    columns: list[list[float]] = [[0.0] * (epochs + 1) for _ in range(3)]
    run_log(data.x_list, data.y_list, START[0], START[1], LEARN, NUDGE, *columns)
    return log_frame(columns, LEARN)


def run_log(  # noqa: PLR0917  numba and C are called by position
    xs: Numbers,
    ys: Numbers,
    m: float,
    b: float,
    learn: float,
    nudge: float,
    ms: Numbers,
    bs: Numbers,
    rmses: Numbers,
) -> None:
    """Fill the log's columns, a line for each epoch and its pass."""
    rows = len(xs)
    for epoch in range(len(ms)):
        ms[epoch], bs[epoch] = m, b
        summed = 0.0
        for row in range(rows):
            x, y = xs[row], ys[row]
            error = m * x + b - y
            error_sq = error * error
            above_m = (m + nudge) * x + b - y
            above_b = m * x + (b + nudge) - y
            m -= learn * ((above_m * above_m - error_sq) / nudge)
            b -= learn * ((above_b * above_b - error_sq) / nudge)
            summed += error_sq
        rmses[epoch] = sqrt(summed / rows)


def run_trace(  # noqa: PLR0917  the same
    xs: Numbers, ys: Numbers, m: float, b: float, learn: float, nudge: float, columns: Numbers
) -> None:
    """Fill an array of the twelve columns, each in one piece."""
    rows = len(xs)
    for step in range(columns.shape[1]):
        x, y = xs[step % rows], ys[step % rows]
        y_pred = m * x + b
        error = y_pred - y
        error_sq = error * error
        above_m = (m + nudge) * x + b - y
        err_m1 = above_m * above_m
        de_dm = (err_m1 - error_sq) / nudge
        above_b = m * x + (b + nudge) - y
        err_b1 = above_b * above_b
        de_db = (err_b1 - error_sq) / nudge
        columns[0, step], columns[1, step], columns[2, step], columns[3, step] = x, y, m, b
        columns[4, step], columns[5, step], columns[6, step] = y_pred, error_sq, err_m1
        columns[7, step], columns[9, step], columns[10, step] = de_dm, err_b1, de_db
        m -= learn * de_dm
        b -= learn * de_db
        columns[8, step], columns[11, step] = m, b


def adam_trace(data: Points, epochs: int) -> pd.DataFrame:
    """Trace every row under Adam, with derivatives by forward differences."""
    m, b = START
    v_m = s_m = v_b = s_b = t = 0.0
    steps = []
    for _ in range(epochs):
        for x, y in zip(data.x_list, data.y_list, strict=True):
            y_pred = m * x + b
            error = y_pred - y
            error_sq = error * error
            t += 1
            rest1, rest2 = 1 - BETA1**t, 1 - BETA2**t
            above = (m + NUDGE) * x + b - y
            err_m1 = above * above
            de_dm = (err_m1 - error_sq) / NUDGE
            v_m = BETA1 * v_m + (1 - BETA1) * de_dm
            s_m = BETA2 * s_m + (1 - BETA2) * (de_dm * de_dm)
            new_m = m - ADAM_LEARN * (v_m / rest1) / (sqrt(s_m / rest2) + EPS)
            above = m * x + (b + NUDGE) - y
            err_b1 = above * above
            de_db = (err_b1 - error_sq) / NUDGE
            v_b = BETA1 * v_b + (1 - BETA1) * de_db
            s_b = BETA2 * s_b + (1 - BETA2) * (de_db * de_db)
            new_b = b - ADAM_LEARN * (v_b / rest1) / (sqrt(s_b / rest2) + EPS)
            moved_m = (err_m1, de_dm, v_m, s_m, new_m)
            steps.append(
                (x, y, m, b, y_pred, error_sq, t, *moved_m, err_b1, de_db, v_b, s_b, new_b)
            )
            m, b = new_m, new_b
    headers = [*STEP_HEADERS[:6], "t", "err_m1", "de/dm", "v_m", "s_m", "new_m"]
    headers += ["err_b1", "de/db", "v_b", "s_b", "new_b"]
    return numbered(pd.DataFrame(steps, columns=headers), len(data.x), epochs)


def absolute_trace(data: Points, epochs: int) -> pd.DataFrame:
    """Trace every row under the absolute error, with derivatives by forward differences."""
    m, b = START
    steps = []
    for _ in range(epochs):
        for x, y in zip(data.x_list, data.y_list, strict=True):
            y_pred = m * x + b
            error = y_pred - y
            error_abs = abs(error)
            err_m1 = abs((m + NUDGE) * x + b - y)
            de_dm = (err_m1 - error_abs) / NUDGE
            new_m = m - LEARN * de_dm
            err_b1 = abs(m * x + (b + NUDGE) - y)
            de_db = (err_b1 - error_abs) / NUDGE
            new_b = b - LEARN * de_db
            before = (x, y, m, b, y_pred, error * error, error_abs)
            steps.append((*before, err_m1, de_dm, new_m, err_b1, de_db, new_b))
            m, b = new_m, new_b
    headers = [*STEP_HEADERS[:6], "error_abs", *STEP_HEADERS[6:]]
    return numbered(pd.DataFrame(steps, columns=headers), len(data.x), epochs)
