"""Whether the tests see it when one operator, number or condition of the code is another.

``python -m tests.support.mutants`` runs the tests of every module named in `TESTS` against each
of its mutants (`tests.support.mutations`) and tells those that no test notices;
``... sheetgd/descent/loss.py`` only this module's. A mutant may survive that changes no number: it
stands in tests/data/mutants.toml, with the reason. The run fails where another one survives, and
where one of these is killed or gone.

Each mutant has a process of its own, forked from one that has imported whatever is not ours. It
imports the changed module in the place of the real one; no file is written. Tests run until the
first that fails. One that takes several times as long as the tests do without a change counts as
killed: it would run for ever.
"""

import ast
import doctest
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import os
import resource
import sys
import time
import tomllib
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path
from types import CodeType

import pytest

from tests.support.mutations import Mutant, mutants_of

ROOT = Path(__file__).resolve().parents[2]
ACCEPTED = ROOT / "tests" / "data" / "mutants.toml"
TIMES, SECONDS = 4, 10
"""The limit of a mutant's CPU time: so many times what the tests take, and so much more."""
MEMORY = 8 * 2**30
OURS = ("sheetgd", "tests")
CHOICE = ["--doctest-modules", "--import-mode=importlib", "-k", "not libreoffice"]
QUIET = ["-x", "-q", "-p", "no:cacheprovider", "--noconftest", "-o", "addopts="]

_MATHS = "sheetgd/maths"
_FIRST = [_MATHS, "tests/test_rules.py", "tests/test_reference.py"]
_STEP = [*_FIRST, "tests/test_calculus.py", "tests/test_methods.py"]
_BOUNDS = " ".join(
    f"tests/test_formula_fuzz.py::test_{name}"
    for name in (
        "python_warns_of_nothing",
        "what_is_beyond_bounds_is_refused",
        "max_within_max_is_refused_before_it_fills_the_memory",
    )
)
_FORMULA = [
    *_FIRST,
    "tests/test_quantity.py",
    "tests/test_infinity.py",
    "tests/test_kink.py",
    "tests/test_notation.py",
    "tests/test_calculus.py",
    _BOUNDS,
]
_WHERE_NUMBERS_END = (
    "tests/test_engine.py::test_where_numbers_end_the_loop_goes_on_as_the_columns_say"
)
_AFFINE = [
    *_FIRST,
    "tests/test_engine.py::test_which_steps_are_affine",
    "tests/test_engine.py::test_whole_epochs_agree_with_rows",
]
_RESTING = " ".join(
    f"tests/test_gradient_page.py::test_{name}"
    for name in (
        "models_with_a_resting_point_are_known",
        "the_resting_point_of_any_linear_model",
        "one_parameter_rests_half_a_nudge_below",
        "where_all_x_are_alike_there_is_no_best_line",
        "the_formulas_of_the_sums",
        "determinants_are_those_of_numpy",
        "a_determinant_is_0_below_a_trillionth_of_its_diagonal",
    )
)
_VERDICT = [_MATHS, "tests/test_rate_verdict.py"]
# It takes most of the time of its file, and the others see what it sees.
_EACH_CELL = "tests/test_compare.py::test_each_published_cell_that_changes_is_reported_alone"
TESTS: dict[str, list[str]] = {
    f"{_MATHS}/gradient.py": [*_STEP, "tests/test_published.py"],
    f"{_MATHS}/optimizer.py": [*_STEP, "tests/test_descent.py"],
    f"{_MATHS}/loss.py": _STEP,
    f"{_MATHS}/model.py": _FORMULA,
    f"{_MATHS}/quantity.py": [*_FORMULA, *_VERDICT],
    f"{_MATHS}/infinity.py": ["tests/test_infinity.py", *_FORMULA, _WHERE_NUMBERS_END],
    f"{_MATHS}/kink.py": [f"{_MATHS}/kink.py", "tests/test_kink.py", *_STEP],
    f"{_MATHS}/metric.py": _STEP,
    f"{_MATHS}/step.py": [*_STEP, "tests/test_descent.py"],
    f"{_MATHS}/calculus.py": _FORMULA,
    f"{_MATHS}/affinity.py": _AFFINE,
    f"{_MATHS}/evaluation.py": _FORMULA,
    f"{_MATHS}/expression.py": _FORMULA,
    f"{_MATHS}/spectrum.py": [_MATHS, "tests/test_spectrum.py"],
    f"{_MATHS}/resting.py": [_MATHS, _RESTING],
    f"{_MATHS}/divergence.py": _VERDICT,
    f"{_MATHS}/rate_verdict.py": _VERDICT,
    f"{_MATHS}/worksheet.py": [*_VERDICT, "tests/test_worksheet.py"],
    f"{_MATHS}/chance.py": [*_FIRST, "tests/test_descent.py"],
    "sheetgd/engine/run.py": ["tests/test_descent.py", "tests/test_methods.py"],
    "sheetgd/compare/compare.py": [f"tests/test_compare.py --deselect {_EACH_CELL}"],
    f"{_MATHS}/formula.py": [*_FORMULA, "tests/test_formulas.py"],
    f"{_MATHS}/notation.py": _FORMULA,
    f"{_MATHS}/tracing.py": _AFFINE,
    f"{_MATHS}/degree.py": [_MATHS, "tests/test_calculus.py"],
    f"{_MATHS}/grid.py": [_MATHS, "tests/test_kink.py"],
    f"{_MATHS}/least_squares.py": [_MATHS, "tests/test_published.py"],
    f"{_MATHS}/saddle.py": [_MATHS, "tests/test_stability.py"],
    f"{_MATHS}/stopping.py": [_MATHS, "tests/test_descent.py"],
}
"""The tests of each module, those that fail soonest first; its own doctests come before them."""


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads a module from a tree instead of its file."""

    tree: ast.Module

    def get_code(self, fullname: str) -> CodeType:
        """Return the compiled tree."""
        return compile(self.tree, self.get_filename(fullname), "exec")


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one module in a tree."""

    def __init__(self, module: str, tree: ast.Module) -> None:
        self.name = module.removesuffix(".py").replace("/", ".")
        self.loader = _Loader(self.name, str(ROOT / module))
        self.loader.tree = tree

    def find_spec(
        self,
        fullname: str,
        path: object = None,  # noqa: ARG002  its place is known
        target: object = None,  # noqa: ARG002  the same
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the module's spec; None of any other."""
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, loader=self.loader)


def run(module: str, tree: ast.Module, limit: int | None = None) -> tuple[str, float]:
    """Run the tests of a module in a process of its own, with its tree as it is now.

    Returns:
        What came of it: survived, killed or timed out; and the seconds of CPU that it took.
    """
    child = os.fork()
    if not child:
        code = 1
        try:
            code = _tested(module, tree, limit)
        finally:
            os._exit(code)
    _, status, used = os.wait4(child, 0)
    if os.WIFSIGNALED(status):
        ending = "timed out"
    else:
        ending = "killed" if os.WEXITSTATUS(status) else "survived"
    return ending, used.ru_utime + used.ru_stime


def _tested(module: str, tree: ast.Module, limit: int | None) -> int:
    _silence()
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    finder = _Finder(module, tree)
    sys.meta_path.insert(0, finder)
    # One file after the other: most mutants need not wait until all are collected.
    if doctest.testmod(importlib.import_module(finder.name), optionflags=doctest.ELLIPSIS).failed:
        return 1
    runs = (pytest.main([*QUIET, *CHOICE, *each.split()]) for each in TESTS[module])
    return next(filter(None, runs), 0)


def _silence() -> None:
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)


def warm_up(module: str) -> None:
    """Import what the tests of a module import, and forget what is ours.

    So a mutant imports our modules anew and nothing else.
    """
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    with redirect_stdout(io.StringIO()):
        pytest.main([*QUIET, *CHOICE, "--collect-only", *" ".join(TESTS[module]).split()])
    for name in [each for each in sys.modules if each.partition(".")[0] in OURS]:
        del sys.modules[name]
    gc.collect()
    gc.freeze()


def survivors(module: str) -> tuple[list[Mutant], Counter[str], float]:
    """Run all mutants of a module: those that survive, how all of them ended, and the CPU time."""
    source = (ROOT / module).read_text()
    tree = ast.parse(source)
    warm_up(module)
    ending, base = run(module, tree)
    if ending != "survived":
        raise SystemExit(f"{module}: its tests fail as it is")
    limit = int(TIMES * base) + SECONDS
    found, endings, seconds = [], Counter[str](), base
    for mutant in mutants_of(tree, source):
        if mutant.prose:
            endings["words"] += 1
            continue
        mutant.apply()
        ending, used = run(module, tree, limit)
        mutant.undo()
        endings[ending] += 1
        seconds += used
        if ending == "survived":
            found.append(mutant)
            print(f"  {module}:{mutant.line}: {mutant.name}", flush=True)
    return found, endings, seconds


def main() -> int:
    """Run the modules that the command names, or all."""
    accepted = tomllib.loads(ACCEPTED.read_text()) if ACCEPTED.exists() else {}
    wrong = 0
    for module in sys.argv[1:] or TESTS:
        started = time.monotonic()
        found, endings, seconds = survivors(module)
        kinds = accepted.get(module, {})
        reasons = {name: kind for kind, names in kinds.items() for name in names}
        names = {mutant.name for mutant in found}
        new, gone = names - reasons.keys(), reasons.keys() - names
        for name in sorted(new):
            print(f"NEW {module}: {name}")
        for name in sorted(gone):
            print(f"GONE {module}: {name}")
        wrong += len(new) + len(gone)
        ended = ", ".join(f"{number} {ending}" for ending, number in sorted(endings.items()))
        print(
            f"{module}: {sum(endings.values())} mutants: {ended}; {seconds:.0f} s of CPU, "
            f"{time.monotonic() - started:.0f} s",
            flush=True,
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
