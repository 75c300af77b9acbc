"""What sheetgd costs beside other ways of doing the same work: ``python -m benchmarks``."""

import os

# One thread each, so that nobody wins by taking the other cores; read when NumPy is imported.
for _name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA"):
    os.environ[f"{_name}_NUM_THREADS"] = "1"
