"""Whether the tests see it when one operator, number or condition of the code is another.

``python -m tests.support.mutants`` runs the tests of every module of the maths against each of its
mutants (`tests.support.mutations`) and tells those that no test notices; ``make mutants`` does the
same, and ``... sheetgd/descent/loss.py`` only this module's, or any other's. A mutant may survive
that changes no number: it stands in tests/data/mutants.toml, with the reason. The run fails where
another one survives, and where one of these is killed or gone.

Each mutant has a process of its own, forked from one that has imported whatever is not ours. It
imports the changed module in the place of the real one; no file is written. Tests run until the
first that fails. One that takes several times as long as the tests do without a change counts as
killed: it would run for ever.

Two tools were tried in its place, on sheetgd/descent/optimizer.py with the same tests. This one
makes 167 mutants there, and takes 63 s of CPU. mutmut 3.8 makes 114 and takes 78 s; cosmic-ray 8.7
makes 374, and took 17 s of a busy machine for each of the nine that were timed. mutmut leaves alone
what is in no function, and functions with decorators: a third of our mutants in these two rooms
(1109 of 3818), all tables of optimisers and functions among them. And it forks when everything of
ours is imported, so it cannot judge what runs at the import or is cached: a call that lacks an
argument survived, as did 200 more of the 229 that have the quickest tests.
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
import shlex
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
CHOICE = ["--doctest-modules", "--import-mode=importlib", "-m", "not engines and not slow"]
QUIET = ["-x", "-q", "-p", "no:cacheprovider", "--noconftest", "-o", "addopts="]

_QUICK = (
    "tests/descent/test_optimizer.py tests/descent/test_step.py tests/descent/test_gradient.py "
    "tests/descent/test_loss.py tests/descent/test_model.py tests/test_reference.py"
)
_STEPS = (
    "tests/expression/test_derivative.py tests/engine/test_run_methods.py "
    "tests/lesson/test_checks.py"
)
MATHS = {
    "sheetgd/descent": [
        "sheetgd/descent sheetgd/expression",
        _QUICK,
        _STEPS,
    ],
    "sheetgd/expression": [
        "sheetgd/expression sheetgd/descent",
        _QUICK,
        "tests/expression --ignore=tests/expression/test_excel_portable.py",
        "tests/sheets/test_book_formulas.py",
        _STEPS,
    ],
}
"""The tests of a room of the maths: those that fail soonest first, each line in one go."""

_VERDICTS = "tests/descent/test_rate_verdict.py"
ALSO = {
    "sheetgd/expression/excel.py": [
        "tests/documents/test_numbers.py -k thresholds",
        "tests/reading/test_workbook.py",
        f"{_VERDICTS} -k 'an_error_to_measure or no_number_any_more'",
    ],
    "sheetgd/descent/gradient.py": ["tests/original/test_original.py"],
    "sheetgd/descent/loss.py": [
        "tests/engine/test_run.py",
        "tests/engine/test_log.py -k 'patience or stop'",
    ],
    "sheetgd/descent/model.py": [
        "tests/expression/test_parser.py",
        "tests/lesson/test_lesson.py",
        "tests/lesson/test_template.py -k 'faulty'",
    ],
    "sheetgd/descent/optimizer.py": ["tests/engine/test_run.py", "tests/lesson/test_fields.py"],
    "sheetgd/descent/stationary_point.py": [
        "tests/engine/test_error_surface.py",
        "tests/sheets/test_stationary_point.py -k 'resting or best_line'",
        "tests/engine/test_stability.py",
    ],
    "sheetgd/descent/step.py": [
        "tests/engine/test_run.py",
        "tests/engine/test_rowwise.py -k 'columns_say'",
    ],
    "sheetgd/expression/functions.py": [
        _VERDICTS,
        "tests/documents/test_numbers.py -k thresholds",
        "tests/engine/test_rowwise.py -k 'end_the_loop'",
    ],
    "sheetgd/expression/sheet_cells.py": [_VERDICTS],
    "sheetgd/expression/sheet_functions.py": [_VERDICTS],
}
"""What else looks at a module from another room."""


def checks_of(module: str) -> list[str]:
    """The tests of a module: what its room has, and before that, those named after it.

    >>> checks_of("sheetgd/cli/script.py")
    ['tests/cli/test_script.py']
    """
    path = Path(module)
    room = path.parent.name
    name = room if path.stem == "__init__" else path.stem
    named = sorted((ROOT / "tests" / room).glob(f"test_{name}*.py"))
    return [
        *(each.relative_to(ROOT).as_posix() for each in named),
        *MATHS.get(path.parent.as_posix(), []),
        *ALSO.get(module, []),
    ]


def modules() -> list[str]:
    """The modules of the maths."""
    paths = (path for room in MATHS for path in sorted((ROOT / room).glob("*.py")))
    return [path.relative_to(ROOT).as_posix() for path in paths if path.stem != "__init__"]


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
    runs = (pytest.main([*QUIET, *CHOICE, *shlex.split(each)]) for each in checks_of(module))
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
        for each in checks_of(module):
            pytest.main([*QUIET, *CHOICE, "--collect-only", *shlex.split(each)])
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
    for module in sys.argv[1:] or modules():
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
