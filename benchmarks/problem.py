"""The problem that all contests of the engine solve: a curve through noisy points."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import sheetgd

Floats = NDArray[np.float64]
Choices = Mapping[str, Any]
"""Of a method, as Lesson takes them."""

START = (0.0, 0.0)
NUDGE = 0.01
LEARN = 1e-6
"""So low that every epoch still moves: we repeat one that does not, others compute it again."""

ADAM_LEARN = 0.05
NET_START = (1.0, 1.0, -2.0, 1.0, -1.0, 8.0, 1.0)
NET_LEARN = 1e-4
SIGMOID_START = (30.0, 0.5, 5.0)

LINE: Choices = {"start": START}
CLOSED: Choices = {**LINE, "gradient": "analytic"}
ABSOLUTE: Choices = {**LINE, "loss": "mae"}
ADAM: Choices = {**LINE, "optimizer": "adam", "learn": ADAM_LEARN}
NET: Choices = {
    "model": "w1*max(0, a1*x + b1) + w2*max(0, a2*x + b2) + c",
    "start": NET_START,
    "learn": NET_LEARN,
    "gradient": "analytic",
}
SIGMOID: Choices = {
    "model": "a/(1 + exp(-b*(x - c)))",
    "start": SIGMOID_START,
    "optimizer": "rmsprop",
}

STEP_HEADERS = ("x", "y", "m", "b", "y_pred", "error_sq", "err_m1", "de/dm", "new_m",
                "err_b1", "de/db", "new_b")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Points:
    """The data as each kind of peer likes it best, made before the clock starts."""

    x: Floats
    y: Floats
    x_list: Sequence[float]
    y_list: Sequence[float]


@lru_cache(maxsize=8)
def points(rows: int) -> Points:
    """Draw points around y = 3x + 5, the same ones every time."""
    generator = np.random.default_rng(5)
    x = generator.uniform(0.0, 10.0, rows)
    y = 3.0 * x + 5.0 + generator.normal(0.0, 2.0, rows)
    return Points(x, y, x.tolist(), y.tolist())


def lesson(rows: int, choices: Choices = LINE, **others: Any) -> sheetgd.Lesson:  # noqa: ANN401  as Lesson takes them
    """Make a lesson of this many points; a new one each time, so that it remembers nothing."""
    data = points(rows)
    settings = {"learn": LEARN, "nudge": NUDGE, **choices, **others}
    with warnings.catch_warnings():
        # Many nets fit equally well.
        warnings.simplefilter("ignore", sheetgd.SheetgdWarning)
        return sheetgd.Lesson(x=data.x_list, y=data.y_list, **settings)


def step_frame(columns: Floats, rows: int, epochs: int) -> pd.DataFrame:
    """Make the full trace of an array of its twelve columns, which are not copied."""
    counted = {"epoch": _epochs(rows, epochs), "row": _rows(rows, epochs)}
    named = dict(zip(STEP_HEADERS, columns, strict=True))
    return pd.DataFrame({**counted, **named}, copy=False)


def numbered(frame: pd.DataFrame, rows: int, epochs: int) -> pd.DataFrame:
    """Make the full trace of a DataFrame of its other columns, which gets epoch and row."""
    frame.insert(0, "epoch", _epochs(rows, epochs))
    frame.insert(1, "row", _rows(rows, epochs))
    return frame


def log_frame(state: Iterable[str], columns: Floats, learn: float) -> pd.DataFrame:
    """Make the epoch log of its columns: the state, the rmse held and that of the next pass."""
    *states, rmse, rmse_pass = columns
    named = dict(zip(state, states, strict=True))
    ends = {"learn": learn, "rmse": rmse, "rmse_pass": rmse_pass}
    return pd.DataFrame({"epoch": np.arange(len(rmse)), **named, **ends}, copy=False)


def _epochs(rows: int, epochs: int) -> NDArray[np.int64]:
    return np.repeat(np.arange(1, epochs + 1), rows)


def _rows(rows: int, epochs: int) -> NDArray[np.int64]:
    return np.tile(np.arange(1, rows + 1), epochs)
