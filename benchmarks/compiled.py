"""Loops that are compiled: those written by hand by numba, one in C by whatever compiler there is.

What compiling takes is never measured.
"""

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.harness import MissingPeerError, imported
from benchmarks.problem import (
    LEARN,
    NUDGE,
    START,
    STEP_HEADERS,
    Floats,
    Points,
    log_frame,
    step_frame,
)

Work = Callable[[Points, int], pd.DataFrame]
"""From data and a number of epochs to the table."""

Log = Callable[[Floats, Floats, float, Floats], None]
"""A function of `benchmarks.byhand`."""

# Neither may the compiler reorder sums nor fuse a product with a sum: both round otherwise.
_FLAGS = ("-O2", "-shared", "-fPIC", "-ffp-contract=off")
_COMPILERS = ("cc", "gcc", "clang")


@lru_cache
def compiled(log: Log) -> Log:
    """Compile a log written by hand; its first call does it."""
    made: Log = imported("numba").njit(log)
    return made


def numba_log(log: Log, state: Sequence[str], learn: float) -> Work:
    """Make an epoch log by numba."""
    run = compiled(log)

    def work(data: Points, epochs: int) -> pd.DataFrame:
        columns = np.empty((len(state) + 2, epochs + 1))
        run(data.x, data.y, learn, columns)
        return log_frame(state, columns, learn)

    return work


@lru_cache(maxsize=1)
def c_loop() -> ctypes.CDLL:
    """Compile the loop of peers.c."""
    compiler = next(filter(None, map(shutil.which, _COMPILERS)), None)
    if compiler is None:
        raise MissingPeerError("there is no C compiler")
    source = Path(__file__).with_name("peers.c")
    with tempfile.TemporaryDirectory(prefix="sheetgd-", ignore_cleanup_errors=True) as place:
        library = Path(place) / "peers.so"
        command = [compiler, *_FLAGS, "-o", str(library), str(source)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise MissingPeerError(f"{compiler} cannot compile peers.c: {done.stderr.strip()}")
        return ctypes.CDLL(str(library))


def c_trace() -> Work:
    """Make the full trace in C."""
    library = c_loop()

    def work(data: Points, epochs: int) -> pd.DataFrame:
        columns = np.empty((len(STEP_HEADERS), len(data.x) * epochs))
        sizes = map(ctypes.c_ssize_t, (len(data.x), epochs))
        numbers = map(ctypes.c_double, (*START, LEARN, NUDGE))
        library.run_trace(_pointer(data.x), _pointer(data.y), *sizes, *numbers, _pointer(columns))
        return step_frame(columns, len(data.x), epochs)

    return work


def _pointer(values: Floats) -> ctypes.c_void_p:
    return ctypes.c_void_p(values.ctypes.data)
