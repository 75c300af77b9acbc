"""Throwing strings at the formulas of users: ``python -m tests.support.formula_fuzz 100000``.

Each is taken all the way: read as a model, made a lesson, computed, and compared with two other
readings of it; every so manieth lesson is run and built as well. Anything but a number or one
clear line that refuses it is a failure.
"""

import math
import random
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sheetgd.descent.gradient import GRADIENT_RULES
from sheetgd.descent.model import MOST_PARAMETERS, Model, model_of
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.engine.run import descend
from sheetgd.engine.sweep import advice
from sheetgd.errors import LessonError
from sheetgd.xlsx.write import build_workbook
from tests.support.arithmetic import NoNumberError, mathematics, spreadsheet
from tests.support.formula_strings import formula_strings
from tests.support.given import lesson_of

LONGEST_REFUSAL = 1600
_TOLERANCE = 1e-9
_NAMED = {"line": "m*x + b", "quadratic": "a*x^2 + b*x + c", "cubic": "a*x^3 + b*x^2 + c*x + d"}


@dataclass
class Tally:
    """What became of the strings."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, str]] = field(default_factory=list)
    slowest: float = 0.0
    slowest_text: str = ""


def fuzz(seed: int, count: int, *, run_every: int = 5, build_every: int = 100) -> Tally:
    """Throw so many strings; what does anything unforeseen is among the failures.

    Args:
        seed: the seed of the strings.
        count: how many.
        run_every: of the lessons that are accepted, how many there are to one that is run.
        build_every: the same, to one that is built.
    """
    tally, generator = Tally(), random.Random(seed)  # noqa: S311  choices for a test
    accepted = 0
    for text in formula_strings(seed, count):
        began = time.process_time()
        try:
            outcomes = [judged(text, generator)]
            accepted += 1
            run, build = accepted % run_every == 0, accepted % build_every == 0
            outcomes += whole_chain(text, generator, run=run, build=build)
        except LessonError as error:
            check_refusal(error)
            outcomes = ["refused as a formula"]
        except Exception as error:  # noqa: BLE001  whatever it is, it should not be
            tally.failures.append((text, f"{type(error).__name__}: {error}"))
            outcomes = ["FAILED"]
        tally.counts.update(outcomes)
        seconds = time.process_time() - began
        if seconds > tally.slowest:
            tally.slowest, tally.slowest_text = seconds, text
    return tally


def judged(text: str, generator: random.Random) -> str:
    """Read a string and compare what it comes to; raises LessonError where it is refused."""
    model = model_of(text)
    assert 1 <= len(model.parameters) <= MOST_PARAMETERS
    assert all(each.isascii() and each.isidentifier() for each in model.parameters)
    compared = 0
    for _ in range(3):
        values = [generator.uniform(-2, 2) for _ in model.parameters]
        compared += compare(text, model, generator.uniform(-3, 3), values)
    return "accepted, and compared" if compared else "accepted, no number to compare"


def compare(text: str, model: Model, x: float, values: Sequence[float]) -> bool:
    """Whether there is a number, which is then the same in three readings."""
    found = model.predict([x], values)
    assert isinstance(found, float), (text, found)
    cells = {"x": x, **dict(zip(model.parameters, values, strict=True))}
    try:
        in_sheet = spreadsheet(model.text, cells)
    except NoNumberError:
        return False
    same(in_sheet, found, text)
    meant = _NAMED.get(model.name, text if not model.name.startswith("polynomial") else model.text)
    formula = meant.split("=", 1)[-1]
    same(mathematics(formula, cells), found, text)
    return True


def same(one: float, other: float, text: str) -> None:
    assert math.isclose(one, other, rel_tol=_TOLERANCE, abs_tol=1e-12), (text, one, other)


def check_refusal(error: LessonError) -> None:
    """A refusal is one line that can be printed, as it was written and not only as it is shown."""
    (line,) = error.args
    assert line.isprintable(), line
    assert len(line) <= LONGEST_REFUSAL, len(line)


def whole_chain(text: str, generator: random.Random, *, run: bool, build: bool) -> list[str]:
    """Make a lesson of a model that was accepted, run it and build it; what came of it."""
    rows = max(3, len(model_of(text).parameters))
    done = []
    try:
        lesson = lesson_of(
            x=[generator.uniform(-3, 3) for _ in range(rows)],
            y=[generator.uniform(-3, 3) for _ in range(rows)],
            model=text,
            gradient=generator.choice(sorted(set(GRADIENT_RULES) - {"swapped"})),
            optimizer=generator.choice(sorted(OPTIMIZERS)),
            batch=1 if generator.random() < 0.5 else "all",
            learn=0.001,
            epochs=1,
            capacity=2,
        )
        done.append("became a lesson")
        if run:
            assert len(descend(lesson, 2).metric_values_pass) == 3
            advice(lesson)
            done.append("run")
        if build:
            with tempfile.TemporaryDirectory() as folder:
                build_workbook(lesson, Path(folder) / "fuzzed.xlsx")
            done.append("built")
    except LessonError as error:
        check_refusal(error)
        done.append("refused as a lesson" if not done else "refused as a workbook")
    return done


def main() -> None:
    """Throw as many strings as the command names, and print what became of them."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    warnings.simplefilter("error")
    tally = fuzz(seed, count)
    lines = [f"{number:>9,} {outcome}" for outcome, number in sorted(tally.counts.items())]
    lines += [f"FAILED: {text!r}: {said}" for text, said in tally.failures]
    lines.append(f"slowest: {tally.slowest:.2f} s of CPU: {tally.slowest_text!r}")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.exit(bool(tally.failures))


if __name__ == "__main__":
    main()
