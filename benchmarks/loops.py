"""Plain Python loops over rows, as one writes them without thinking of speed.

They share no code with the library, and spell the arithmetic out in the order in which a
sheet's cells have it, so that they say bit for bit what its formulas say.
"""

from math import sqrt

import pandas as pd

from benchmarks.problem import (
    ADAM_LEARN,
    LEARN,
    NET_LEARN,
    NET_START,
    NUDGE,
    START,
    STEP_HEADERS,
    Points,
    numbered,
)

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8


def line(data: Points, epochs: int) -> pd.DataFrame:
    """Trace every row of every epoch with all its columns, by forward differences."""
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


def adam(data: Points, epochs: int) -> pd.DataFrame:
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


def absolute(data: Points, epochs: int) -> pd.DataFrame:
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


def net(data: Points, epochs: int) -> pd.DataFrame:
    """Trace every row of a net of two ReLUs, with derivatives by the chain rule."""
    w1, a1, b1, w2, a2, b2, c = NET_START
    steps = []
    for _ in range(epochs):
        for x, y in zip(data.x_list, data.y_list, strict=True):
            in1, in2 = a1 * x + b1, a2 * x + b2
            out1, out2 = max(0.0, in1), max(0.0, in2)
            y_pred = w1 * out1 + w2 * out2 + c
            error = y_pred - y
            slope = 2.0 * error
            de_dw1, de_dw2 = slope * out1, slope * out2
            de_da1 = slope * (w1 * x) if in1 > 0 else 0.0
            de_db1 = slope * w1 if in1 > 0 else 0.0
            de_da2 = slope * (w2 * x) if in2 > 0 else 0.0
            de_db2 = slope * w2 if in2 > 0 else 0.0
            before = (x, y, w1, a1, b1, w2, a2, b2, c, y_pred, error * error)
            w1, a1, b1 = w1 - NET_LEARN * de_dw1, a1 - NET_LEARN * de_da1, b1 - NET_LEARN * de_db1
            w2, a2, b2 = w2 - NET_LEARN * de_dw2, a2 - NET_LEARN * de_da2, b2 - NET_LEARN * de_db2
            c -= NET_LEARN * slope
            moved = (de_dw1, w1, de_da1, a1, de_db1, b1, de_dw2, w2, de_da2, a2, de_db2, b2)
            steps.append((*before, *moved, slope, c))
    names = ("w1", "a1", "b1", "w2", "a2", "b2", "c")
    headers = ["x", "y", *names, "y_pred", "error_sq"]
    headers += [header for name in names for header in (f"de/d{name}", f"new_{name}")]
    return numbered(pd.DataFrame(steps, columns=headers), len(data.x), epochs)
