"""Runs of a page's own script by Node."""

import json
import math
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from sheetgd.descent.rate_verdict import NOT_RUN
from sheetgd.engine.run import Descent
from sheetgd.lesson.lesson import Lesson
from sheetgd.web.page import page_of
from tests.support.programs import required

SCRIPT = Path(__file__).with_suffix(".js")
EXACT = 0.0
ROUNDED = 1e-12

needs_node = pytest.mark.skipif(
    shutil.which("node") is None and not required(), reason="Node is not installed"
)
"""For scripts that need no package of npm's."""

_NUMBERS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def run_in_node(lesson: Lesson, jobs: Sequence[Mapping[str, Any]]) -> list[Any]:
    """What Node says of each job, with the page of a lesson.

    A job has `settings` and `epochs`, or a `script`: a function of (run, Descent, lesson, program).
    """
    with tempfile.TemporaryDirectory() as folder:
        page, given = Path(folder, "page.html"), Path(folder, "jobs.json")
        page.write_text(page_of(lesson), encoding="utf-8")
        given.write_text(json.dumps(list(jobs)), encoding="utf-8")
        done = subprocess.run(
            ["node", SCRIPT, page, given], capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    found: list[Any] = _numbers(json.loads(done.stdout, parse_int=float))
    return found


def _numbers(value: Any) -> Any:  # noqa: ANN401  whatever JSON has
    if isinstance(value, list):
        return [_numbers(each) for each in value]
    if isinstance(value, dict):
        return {name: _numbers(each) for name, each in value.items()}
    return _NUMBERS.get(value, value) if isinstance(value, str) else value


def differences(
    found: Mapping[str, Any], run: Descent, share: float, near: Descent | None = None
) -> list[str]:
    """What differs of a run: by more than a share of the largest number before it diverges.

    A share of 0 asks for the very same bits, to the end. A run that goes over corners may part from
    any other at the last digit: what it may differ by is ten times as much as one of the engine's
    does, that starts as near, and where the engine's own two have parted it is asked no more.
    """
    columns, own = _columns(run), _columns(run)
    names = run.lesson.model.parameters
    own |= dict(zip(names, zip(*found["parameters"], strict=True), strict=True))
    own |= {name: found[name] for name in ("held", "passing", "validation")}
    bound = 1000 * run.metric_values[0] if share else math.inf
    first = next((at for at, each in enumerate(run.metric_values) if not each <= bound), None)
    last = len(run.metric_values) if first is None or not share else first
    others = columns if near is None else _columns(near)
    last = min(last, *(_parted(columns[name], others[name]) for name in columns))
    said = []
    for name, values in columns.items():
        most = share * max(map(abs, values[:last]), default=0.0)
        for at, (one, other, apart) in enumerate(
            zip(own[name][:last], values[:last], others[name][:last], strict=True)
        ):
            most = max(most, 10 * abs(other - apart)) if near is not None else most
            if not _alike(one, other, most):
                said.append(f"{name} in epoch {at}: {one!r}, not {other!r}")
    verdict = NOT_RUN if run.verdict is None else str(run.verdict)
    if last >= len(run.metric_values) and found["state"]["verdict"] != verdict:
        said.append(f"verdict: {found['state']['verdict']}, not {verdict}")
    if len(found["held"]) != len(run.metric_values):
        said.append(f"{len(found['held'])} lines")
    return said


def _parted(values: Sequence[float], others: Sequence[float]) -> int:
    """The first epoch in which two runs of the engine are apart by more than a millionth."""
    scale = max((abs(each) for each in values if math.isfinite(each)), default=0.0)
    pairs = enumerate(zip(values, others, strict=True))
    apart = (at for at, (one, other) in pairs if abs(one - other) > 1e-6 * scale)
    return next(apart, len(values) or sys.maxsize)


def _columns(run: Descent) -> dict[str, Sequence[float]]:
    names = run.lesson.model.parameters
    return {
        **dict(zip(names, zip(*run.states, strict=True), strict=True)),
        "held": run.metric_values,
        "passing": run.metric_values_pass,
        "validation": run.validation_values,
    }


def _alike(one: float, other: float, most: float) -> bool:
    return one == other or (one != one and other != other) or abs(one - other) <= most  # noqa: PLR0124  NaN
