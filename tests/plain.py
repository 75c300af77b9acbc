"""A plain reference: gradient descent on a line, spelt out, importing nothing of ours."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from math import sqrt

# The original's columns.
HEADERS = ["x", "y", "m", "b", "y_pred", "error_sq"]
HEADERS += ["err_m1", "de/dm", "new_m", "err_b1", "de/db", "new_b"]


def half_up(value: float, decimals: int) -> float:
    step = Decimal(10) ** -decimals
    return float(Decimal(repr(value)).quantize(step, rounding=ROUND_HALF_UP))


def descend(
    xs: Sequence[float],
    ys: Sequence[float],
    start: tuple[float, float] = (1, 1),
    *,
    learn: float = 0.0001,
    nudge: float = 0.01,
    epochs: int,
    gradient: str = "forward",
) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """The steps of epochs + 1 passes, and the log from epoch 0; the settings are the original's.

    A line of the log holds the root of the sum of the squared errors, with m and b held as they
    are after that epoch, and of the next pass, in which they move on.
    """
    m, b = start
    steps: list[dict[str, float]] = []
    log: list[dict[str, float]] = []
    for epoch in range(epochs + 1):
        line = {"epoch": epoch, "m": m, "b": b, "learn": learn}
        held = 0.0
        for x, y in zip(xs, ys, strict=True):
            held += (m * x + b - y) * (m * x + b - y)
        running = 0.0
        for row, (x, y) in enumerate(zip(xs, ys, strict=True), start=1):
            y_pred = m * x + b
            error_sq = (y_pred - y) * (y_pred - y)
            err_m1 = ((m + nudge) * x + b - y) * ((m + nudge) * x + b - y)
            err_b1 = (m * x + (b + nudge) - y) * (m * x + (b + nudge) - y)
            if gradient == "forward":
                dm = (err_m1 - error_sq) / nudge
                db = (err_b1 - error_sq) / nudge
            elif gradient == "central":
                low_m = ((m - nudge) * x + b - y) * ((m - nudge) * x + b - y)
                low_b = (m * x + (b - nudge) - y) * (m * x + (b - nudge) - y)
                dm = (err_m1 - low_m) / (2 * nudge)
                db = (err_b1 - low_b) / (2 * nudge)
            elif gradient == "analytic":
                dm = 2 * (y_pred - y) * x
                db = 2 * (y_pred - y)
            else:
                dm = 2 * (y_pred - y)
                db = 2 * (y_pred - y) * x
            new_m = m - learn * dm
            new_b = b - learn * db
            values = (x, y, m, b, y_pred, error_sq, err_m1, dm, new_m, err_b1, db, new_b)
            steps.append({"epoch": epoch + 1, "row": row} | dict(zip(HEADERS, values, strict=True)))
            running += error_sq
            m, b = new_m, new_b
        log.append(line | {"root_sse": sqrt(held), "root_sse_pass": sqrt(running)})
        if gradient == "swapped":
            m, b = half_up(m, 3), half_up(b, 3)
    return steps, log
