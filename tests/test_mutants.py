"""What makes mutants, on a few lines: what is changed, what is not, and that it is put back."""

import ast
import tomllib
from typing import Any

from tests.support import mutants
from tests.support.mutations import mutants_of

SOURCE = '''
"""Words."""

def share(part: float, whole: float = 1.0, *, summary="no number") -> float:
    """More words."""
    if whole <= 0 and part:
        raise ValueError("nothing to share")
    return abs(part - whole) / whole
'''


def values(tree: ast.Module) -> tuple[float, float]:
    names: dict[str, Any] = {}
    exec(compile(tree, "source", "exec"), names)  # noqa: S102  the source above
    return names["share"](3.0, 4.0), names["share"](0.0, 2.0)


def test_each_mutant_is_one_change_that_is_taken_back() -> None:
    tree = ast.parse(SOURCE)
    before = ast.dump(tree)
    names = set()
    for mutant in mutants_of(tree, SOURCE):
        assert ast.dump(tree) == before
        mutant.apply()
        assert ast.dump(tree) != before
        compile(tree, "source", "exec")
        mutant.undo()
        names.add(mutant.name)
    changes = {name.rpartition(":: ")[2].rpartition(": ")[2] for name in names}
    assert {
        "LtE -> Lt", "LtE -> Gt", "0 -> 1", "1.0 -> 2.0", "1.0 -> 0", "Sub -> Add", "Div -> Mult",
        "part - whole -> whole - part",
    } <= changes  # fmt: skip
    assert not any("words" in change.lower() or "float" in change for change in changes)


def test_a_changed_operator_changes_a_number() -> None:
    tree = ast.parse(SOURCE)
    assert values(tree) == (0.25, 1.0)
    (mutant,) = (each for each in mutants_of(tree, SOURCE) if each.name.endswith("Sub -> Add"))
    mutant.apply()
    assert values(tree) == (1.75, 1.0)
    mutant.undo()
    assert values(tree) == (0.25, 1.0)


def test_messages_are_told_apart_and_equal_names_get_a_number() -> None:
    mutants = mutants_of(ast.parse("x = 1 + 1\nraise ValueError('no')\n"), "x = 1 + 1\nraise\n")
    assert [mutant.name for mutant in mutants if mutant.prose] == [": raise: 'no' -> 'XXno'"]
    assert [mutant.name for mutant in mutants if mutant.line == 1] == [
        ": x = 1 + 1: 1 -> 2", ": x = 1 + 1: 1 -> 0", ": x = 1 + 1: Add -> Sub",
        ": x = 1 + 1: 1 -> 2 (2)", ": x = 1 + 1: 1 -> 0 (2)",
    ]  # fmt: skip


def test_what_may_survive_is_still_a_mutant() -> None:
    for module, kinds in tomllib.loads(mutants.ACCEPTED.read_text(encoding="utf-8")).items():
        source = (mutants.ROOT / module).read_text(encoding="utf-8")
        there = {each.name for each in mutants_of(ast.parse(source), source)}
        assert not [name for names in kinds.values() for name in names if name not in there], module


def test_every_module_of_the_maths_has_tests_that_exist() -> None:
    modules = mutants.modules()
    assert {"sheetgd/descent/step.py", "sheetgd/expression/tree.py"} <= set(modules)
    assert mutants.ALSO.keys() <= set(modules)
    named = {
        each for module in modules for line in mutants.checks_of(module) for each in line.split()
    }
    paths = {each.removeprefix("--ignore=") for each in named if "/" in each}
    assert len(paths) > 10
    assert not [each for each in paths if not (mutants.ROOT / each).exists()]
