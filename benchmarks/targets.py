"""Every target, in one place: what is missed makes `python -m benchmarks` end with exit code 1.

What has no target is measured and shown all the same; the README says why it has none.
"""

from collections.abc import Mapping

from benchmarks.harness import Target

# What people feel, beside the workbook of version 0.2.0.
OPENING = Target(0.8, within=True)
EDIT = Target(0.4, within=True)
QUICK = 0.15
"""An edit that takes so many seconds or less is quick enough, whatever it took before."""

FORMULAS = 36_000
WORKBOOK_MB = 0.9
OUTPUTS_MB = 8.0
APART = ("dosage.xlsx",)
"""What is not counted in the size of outputs/."""

# The command, beside `import openpyxl` and a Python that does nothing.
BUILD = Target(3.0, within=True)
HELP = Target(2.5, within=True)

TRACE: Mapping[tuple[int, int], tuple[Target | None, Target | None]] = {
    (1000, 1000): (Target(60.0), Target(1.5, within=True)),
    (100_000, 10): (None, None),
    (1_000_000, 1): (None, None),
}
"""The full trace by rows and epochs: beside the plain loop, and beside compiled ones."""

SHORT_TRACE = Target(1.0)
LITERAL_TRACE = Target(3.5)
ABSOLUTE_TRACE = Target(4.0)
ADAM_TRACE = None

LOG: Mapping[tuple[int, int], tuple[Target | None, Target | None]] = {
    (1000, 1000): (Target(150.0), None),
    (20, 100_000): (None, None),
    (100_000, 10): (None, Target(1.2)),
}
"""The epoch log, in the same way."""

LONG_LOG_SECONDS = 2.0
LONG_LOG_GROWTH = 1.1
TORCH = Target(20_000.0)
SKLEARN = None
SWEEP: Mapping[tuple[int, int, int], Target | None] = {
    (1000, 100, 100): Target(6.0),
    (20, 100, 1000): None,
}
"""Sweeps by rows, epochs and rates."""

PANDAS: Mapping[str, Target] = {
    "formulas and values": Target(9.0),
    "formulas alone": Target(20.0),
    "values alone": Target(12.0),
}
STREAMING = Target(5.0)
LONG_WORKBOOK_MB = 16.0

GROWTH = 15.0
"""Ten times the work may take so many times as long: linear, with room for a cache's end."""
