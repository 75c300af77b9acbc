"""The same loops compiled: by numba, and in C by whatever C compiler there is.

What compiling takes is never measured.
"""

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import loops
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

# Neither may the compiler reorder sums nor fuse a product with a sum: both round otherwise.
_FLAGS = ("-O2", "-shared", "-fPIC", "-ffp-contract=off")
_COMPILERS = ("cc", "gcc", "clang")


@lru_cache(maxsize=1)
def numba_loops() -> tuple[Any, Any]:
    """Compile the loops of the trace and of the log by numba; the first call compiles."""
    numba = imported("numba")
    return numba.njit(loops.run_trace), numba.njit(loops.run_log)


@lru_cache(maxsize=1)
def c_loops() -> ctypes.CDLL:
    """Compile the loops of peers.c."""
    compiler = next(filter(None, map(shutil.which, _COMPILERS)), None)
    if compiler is None:
        raise MissingPeerError("there is no C compiler")
    source = Path(__file__).with_name("peers.c")
    with tempfile.TemporaryDirectory(prefix="sheetgd-", ignore_cleanup_errors=True) as place:
        library = Path(place) / "peers.so"
        command = [compiler, *_FLAGS, "-o", str(library), str(source), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise MissingPeerError(f"{compiler} cannot compile peers.c: {done.stderr.strip()}")
        return ctypes.CDLL(str(library))


def numba_trace() -> Work:
    """Make the full trace by numba."""
    run, _ = numba_loops()

    def work(data: Points, epochs: int) -> pd.DataFrame:
        columns = np.empty((len(STEP_HEADERS), len(data.x) * epochs))
        run(data.x, data.y, *START, LEARN, NUDGE, columns)
        return step_frame(columns, len(data.x), epochs)

    return work


def numba_log() -> Work:
    """Make the epoch log by numba."""
    _, run = numba_loops()

    def work(data: Points, epochs: int) -> pd.DataFrame:
        columns = np.empty((3, epochs + 1))
        run(data.x, data.y, *START, LEARN, NUDGE, *columns)
        return log_frame(columns, LEARN)

    return work


def c_trace() -> Work:
    """Make the full trace in C."""
    library = c_loops()

    def work(data: Points, epochs: int) -> pd.DataFrame:
        columns = np.empty((len(STEP_HEADERS), len(data.x) * epochs))
        library.run_trace(*_given(data, epochs), _pointer(columns))
        return step_frame(columns, len(data.x), epochs)

    return work


def c_log() -> Work:
    """Make the epoch log in C."""
    library = c_loops()

    def work(data: Points, epochs: int) -> pd.DataFrame:
        columns = np.empty((3, epochs + 1))
        library.run_log(*_given(data, epochs + 1), *map(_pointer, columns))
        return log_frame(columns, LEARN)

    return work


def _given(data: Points, passes: int) -> list[Any]:
    """Return the arguments with which both functions of peers.c begin."""
    sizes = [ctypes.c_ssize_t(len(data.x)), ctypes.c_ssize_t(passes)]
    numbers = [ctypes.c_double(each) for each in (*START, LEARN, NUDGE)]
    return [_pointer(data.x), _pointer(data.y), *sizes, *numbers]


def _pointer(values: Floats) -> ctypes.c_void_p:
    return ctypes.c_void_p(values.ctypes.data)
