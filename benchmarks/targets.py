"""Every target, in one place: what is missed makes `python -m benchmarks` end with exit code 1."""

from collections.abc import Mapping

from benchmarks.harness import Target

# What people feel, beside the workbook of version 0.2.0.
OPENING = Target(0.8, within=True)
EDIT = Target(0.4, within=True)
QUICK = 0.15
"""An edit that takes so many seconds or less is quick enough, whatever it took before."""

FORMULAS = 36_000
WORKBOOK_MB = 0.9
OUTPUTS_MB = 6.0

# The command, beside `import openpyxl` and a Python that does nothing.
BUILD = Target(3.0, within=True)
HELP = Target(2.5, within=True)

# With numba.
TRACES = ((1000, 1000), (100_000, 10), (1_000_000, 1))
"""Rows and epochs of full traces."""
TRACE = Target(1.3, within=True)
"""Beside C."""
LOG = Target(1.1, within=True)
"""Beside numba written by hand, as are sweeps."""
SWEEPS = ((1000, 100, 100), (20, 100, 1000))
"""Rows, epochs and rates of sweeps."""
SWEEP = Target(1.0)
SKLEARN = Target(1.0)
TORCH = Target(1000.0)
LOG_GROWTH = 1.1

# Without, beside the plain loop.
INTERPRETED = Target(4.0)
INTERPRETED_LONG = Target(2.0)
"""Of methods whose loop computes nearly every column."""
INTERPRETED_SHORT = Target(1.0)

# Workbooks.
PANDAS: Mapping[str, Target] = {
    "formulas and values": Target(9.0),
    "formulas alone": Target(20.0),
    "values alone": Target(12.0),
}
STREAMING = Target(5.0)
LONG_WORKBOOK_MB = 16.0

# A lesson of two classes: 700 rows, ten columns, 100 epochs.
CLASSES_MB: Mapping[str, float | None] = {"analytic": 1.0, "forward": None}
"""By the gradient rule: a finite difference also shows each row's nudged losses."""
CLASSES_SECONDS = 1.0

# The page: without data, and at 60 frames a second, of which a clock may show a little less.
PAGE_KB = 250.0
FRAME_MS = 17.0
