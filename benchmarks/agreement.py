"""Whether two results are the same."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.harness import DisagreementError

Numbers = Sequence[float] | NDArray[np.float64]

TOLERANCE = 1e-9


def same_frames(ours: pd.DataFrame, theirs: pd.DataFrame, *, exact: bool = False) -> None:
    """Raise DisagreementError unless two tables have the same columns and values.

    Args:
        ours: a table.
        theirs: another.
        exact: bit for bit; otherwise up to 1e-9, relative to numbers above 1.
    """
    if list(ours.columns) != list(theirs.columns):
        raise DisagreementError(f"the columns are {list(theirs.columns)}, not {list(ours.columns)}")
    if len(ours) != len(theirs):
        raise DisagreementError(f"there are {len(theirs)} rows, not {len(ours)}")
    for name in ours.columns:
        same_numbers(name, ours[name].to_numpy(), theirs[name].to_numpy(), exact=exact)


def same_logs(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """Check epoch logs as `same_frames` does, without our column of the metric held."""
    if "rmse" not in ours.columns:
        raise DisagreementError("our log lacks rmse")
    same_frames(ours.drop(columns="rmse"), theirs)


def same_numbers(what: str, ours: Numbers, theirs: Numbers, *, exact: bool = False) -> None:
    """Raise DisagreementError unless numbers are the same, up to 1e-9 or bit for bit."""
    one, other = np.atleast_1d(ours), np.atleast_1d(theirs)
    limit = 0.0 if exact else TOLERANCE * np.maximum(1.0, np.abs(one))
    wrong = ~(np.abs(one - other) <= limit)
    if wrong.any():
        place = int(np.argmax(wrong))
        raise DisagreementError(
            f"{what} is {float(other[place])!r} in line {place}, not {float(one[place])!r}"
        )
