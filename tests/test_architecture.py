"""The house's own rules: imports point down, openpyxl stays at the edge, names are sorted."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import sheetgd

PACKAGE = Path(sheetgd.__file__).parent

# From the ground up: a module may import from its own storey's list only what stands before it.
STOREYS = [
    ["version", "plaintext", "errors", "content", "nearest", "cells", "colours", "packaged"],
    ["maths.formula", "maths.expression", "maths.infinity", "maths.quantity",
     "maths.evaluation", "maths.sheet_functions", "maths.worksheet", "maths.kink", "maths.calculus",
     "maths.notation", "maths.model", "maths.loss", "maths.metric", "maths.gradient",
     "maths.optimizer", "maths.step", "maths.incomplete", "maths.grid", "maths.stopping",
     "maths.chance", "maths.tracing", "maths.determined", "maths.degree", "maths.affinity",
     "maths.least_squares", "maths.saddle", "maths.resting", "maths.divergence",
     "maths.rate_verdict", "maths.spectrum"],
    ["divergence", "checks", "choosable", "schema", "numerals", "data", "delimited", "view",
     "expected", "changes", "lesson", "doubts", "template", "original"],
    ["engine.arrays", "engine.literal", "engine.passes", "engine.walk",
     "engine.maps", "engine.blocks", "engine.drift", "engine.log", "engine.epochs",
     "engine.course", "engine.many", "engine.falling", "engine.epochmap", "descent", "surface",
     "bestfit", "nudge", "auto", "choose", "display", "stability", "magnitude", "slopes", "ranges",
     "rates", "sweeping", "suggestion"],
    ["pages.numbers", "pages.block", "pages.chart", "pages.longtable", "pages.page", "pages.paper",
     "pages.layout", "pages.limits", "pages.words", "pages.used", "pages.section",
     "pages.settings", "pages.verdict", "pages.run", "pages.status", "pages.log", "pages.example",
     "pages.steps", "pages.inlined", "pages.study", "pages.epochfactor", "pages.howlong",
     "pages.state", "pages.controls", "pages.clicking",
     "pages.main", "pages.check", "pages.known", "pages.comparison", "pages.playdata",
     "pages.curve", "pages.fit", "pages.axes", "pages.terrain", "pages.surfacedata",
     "pages.surface", "pages.play",
     "pages.sentence", "pages.walks", "pages.story",
     "pages.rest", "pages.slopes", "pages.ratelog",
     "pages.stable", "pages.rates", "pages.guide",
     "pages.book"],
    ["workbook.files", "workbook.text", "workbook.parts", "workbook.styles", "workbook.charts",
     "workbook.shell", "workbook.controls",
     "workbook.elementwise", "workbook.spelling", "workbook.filled", "workbook.rows",
     "workbook.writer",
     "workbook.bounds", "workbook.archive", "workbook.reader", "workbook.table",
     "workbook.disarmed", "workbook.recalculate"],
    ["build", "size", "sources", "locate", "compare", "runs", "landscape", "drawing.style",
     "drawing.ground", "drawing.lines", "drawing.figure", "picture"],
    ["api", "", "options", "terminal", "progress", "texttable", "textchart", "jsontext", "report",
     "sweepreport", "parser", "cli", "__main__"],
]  # fmt: skip
RANK = {f"sheetgd.{name}".rstrip("."): (storey, place)
        for storey, names in enumerate(STOREYS) for place, name in enumerate(names)}  # fmt: skip
PACKAGES = {f"sheetgd.{name}" for name in ("drawing", "engine", "maths", "pages", "workbook")}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        yield name, ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            module = node.module or ""
            for alias in node.names:
                # A module may be imported whole, from the package it is in.
                inner = f"{module}.{alias.name}"
                yield inner if inner in RANK else module


MODULES = dict(modules())


def test_every_module_has_its_storey() -> None:
    assert set(MODULES) - PACKAGES == set(RANK)


@pytest.mark.parametrize("name", sorted(set(MODULES) - PACKAGES - {"sheetgd"}))
def test_imports_point_down(name: str) -> None:
    ours = [each for each in imports(MODULES[name]) if each.split(".")[0] == "sheetgd"]
    # The version and the lazily imported names stand on top; only the command line looks there.
    wrong = [each for each in ours if RANK[each] >= RANK[name]]
    assert not wrong


def test_the_package_knows_neither_tests_nor_benchmarks() -> None:
    for name, tree in MODULES.items():
        assert not {each.split(".")[0] for each in imports(tree)} & {"tests", "benchmarks"}, name


def test_packages_hold_no_code() -> None:
    for name in PACKAGES:
        (only,) = MODULES[name].body
        assert isinstance(only, ast.Expr), f"{name} is a docstring and nothing else"


def test_openpyxl_stays_in_the_workbook_package() -> None:
    users = {
        name
        for name, tree in MODULES.items()
        if any(each.split(".")[0] == "openpyxl" for each in imports(tree))
    }
    assert users
    assert all(name.startswith("sheetgd.workbook.") for name in users)


def test_matplotlib_stays_in_the_drawing_package() -> None:
    users = {
        name
        for name, tree in MODULES.items()
        if any(each.split(".")[0] == "matplotlib" for each in imports(tree))
    }
    assert users
    assert all(name.startswith("sheetgd.drawing.") for name in users)


def test_pandas_is_only_used_for_tables() -> None:
    users = {
        name
        for name, tree in MODULES.items()
        if any(each.split(".")[0] == "pandas" for each in imports(tree))
    }
    assert users == {"sheetgd.api", "sheetgd.descent", "sheetgd.surface", "sheetgd.sweeping"}


def test_no_module_is_longer_than_600_lines() -> None:
    long = {
        path.name: lines
        for folder in (PACKAGE, PACKAGE.parent / "benchmarks")
        for path in folder.rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 600
    }
    assert not long


def test_exports_are_sorted_and_exist() -> None:
    assert sheetgd.__all__ == sorted(sheetgd.__all__)
    for name in sheetgd.__all__:
        assert getattr(sheetgd, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        sheetgd.nonsense  # noqa: B018  that is the test
