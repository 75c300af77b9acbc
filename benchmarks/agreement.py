"""Whether two results are the same."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.harness import DisagreementError

Numbers = Sequence[float] | NDArray[np.float64]

TOLERANCE = 1e-9


def same_frames(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """Raise DisagreementError unless two tables are the same, bit for bit."""
    if list(ours.columns) != list(theirs.columns):
        raise DisagreementError(f"the columns are {list(theirs.columns)}, not {list(ours.columns)}")
    if len(ours) != len(theirs):
        raise DisagreementError(f"there are {len(theirs)} rows, not {len(ours)}")
    for name in ours.columns:
        same_numbers(name, ours[name].to_numpy(), theirs[name].to_numpy(), tolerance=0.0)


def same_numbers(
    what: str, ours: Numbers, theirs: Numbers, *, tolerance: float = TOLERANCE
) -> None:
    """Raise DisagreementError unless numbers are the same, relative to those above 1."""
    one, other = np.atleast_1d(ours), np.atleast_1d(theirs)
    wrong = ~(np.abs(one - other) <= tolerance * np.maximum(1.0, np.abs(one)))
    if wrong.any():
        place = int(np.argmax(wrong))
        raise DisagreementError(
            f"{what} is {float(other[place])!r} in line {place}, not {float(one[place])!r}"
        )
