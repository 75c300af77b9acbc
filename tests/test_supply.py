"""What sheetgd stands on and what it reaches for: its packages, no network, no hidden code."""

import ast
import json
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from sheetgd.cli.main import build_parser
from tests.support.command_reference import subcommands
from tests.support.lowest import DEVELOPMENT, lowest, requirements
from tests.support.markdown import ROOT, links
from tests.support.packages import PARTS, check_source, check_wheel, files_of
from tests.support.programs import needs_libreoffice
from tests.support.samples import sample
from tests.test_architecture import imports, trees

SECURITY = ROOT / "SECURITY.md"
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

THIRD_PARTY = {
    "numpy", "openpyxl", "pandas", "python_calamine", "rich", "matplotlib", "mpl_toolkits", "numba",
    "PIL",
}  # fmt: skip
REACHING_OUT = {
    "asyncio", "cgi", "ctypes", "dbm", "ftplib", "http", "imaplib", "marshal", "mmap",
    "multiprocessing", "nntplib", "pickle", "poplib", "pty", "runpy", "shelve", "smtplib",
    "socket", "socketserver", "ssl", "telnetlib", "urllib", "webbrowser", "xmlrpc",
}  # fmt: skip
"""What a program needs for the network, for objects that are code, or for another's memory."""

RUNS_CODE = {
    "eval", "exec", "compile", "__import__", "import_module", "Popen", "system", "popen",
    "execv", "execve", "spawnv", "posix_spawn", "fork", "load_module", "exec_module", "read_pickle",
    "to_pickle", "literal_eval",
}  # fmt: skip
ALLOWED = {
    # The loop of a step, spelt from the columns' own expressions: no text of a user's is in it.
    ("sheetgd.engine.rowwise", "exec"),
    ("sheetgd.engine.rowwise", "compile"),
    # The same on arrays.
    ("sheetgd.expression.numbers", "exec"),
    ("sheetgd.expression.numbers", "compile"),
    # The public names are imported when they are first asked for, from a table of their homes;
    # and a command's module when it is called, by the name that its parser knows.
    ("sheetgd", "import_module"),
    ("sheetgd.cli.main", "import_module"),
    # LibreOffice, for --recalculate.
    ("sheetgd.reading.recalculate", "Popen"),
}


def calls(tree: ast.AST) -> Iterable[str]:
    """The last names of all that is called, and of regular expressions' own `compile` none."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)):
                yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr="compile")):
                pass
            case ast.Call(func=ast.Attribute(attr=name)):
                yield name


def test_no_module_can_reach_the_network_or_unpickle() -> None:
    for name, tree in trees().items():
        tops = {each.split(".")[0] for each in imports(tree)}
        assert not tops & REACHING_OUT, name
        assert tops - {"sheetgd"} <= sys.stdlib_module_names | THIRD_PARTY, name
        assert ("subprocess" in tops) == (name == "sheetgd.reading.recalculate"), name


def test_code_is_run_in_the_named_places_only() -> None:
    found = {(name, call) for name, tree in trees().items() for call in calls(tree)}
    assert {(name, call) for name, call in found if call in RUNS_CODE} == ALLOWED


def test_such_calls_would_be_found() -> None:
    source = "import re\nre.compile('a')\neval('1')\nos.system('ls')\nbuiltins.exec('1')"
    assert set(calls(ast.parse(source))) == {"eval", "system", "exec"}


def cut_off() -> list[str]:
    """What runs a command where there is no network at all, if this system can do that."""
    command = ["unshare", "--map-root-user", "--net"]
    if shutil.which(command[0]) is None:
        return []
    tried = subprocess.run([*command, "true"], capture_output=True, check=False)
    return command if tried.returncode == 0 else []


def offline(*commands: list[str], cwd: Path) -> dict[str, Any]:
    """What becomes of commands that are watched, and cut off where that can be done."""
    watched = [sys.executable, "-m", "tests.support.offline", json.dumps(commands)]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(cwd)}
    done = subprocess.run(
        [*cut_off(), *watched],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


COMMANDS = [
    ["build", "parabola"],
    ["build", "parabola", "-o", "plain.xlsx"],
    ["run", "--epochs", "3", "--csv", "log.csv"],
    ["sweep", "parabola", "--epochs", "5"],
    ["picture", "parabola", "-o", "parabola.svg"],
    ["page", "parabola", "-o", "parabola.html"],
    ["lessons"],
    ["new", "tea"],
    ["build", "tea.toml", "--data", "own.csv"],
    ["script", "-o", "buttons.gs"],
    ["compare", str(sample("original"))],
]


@pytest.mark.slow
def test_every_command_works_without_a_network_and_starts_nothing(tmp_path: Path) -> None:
    assert {command[0] for command in COMMANDS} == set(subcommands(build_parser()))
    (tmp_path / "own.csv").write_text("x,y\n1,3\n2,5\n3,7\n", encoding="utf-8")
    found = offline(*COMMANDS, cwd=tmp_path)
    assert found["codes"] == [0] * len(COMMANDS)
    assert found["refused"] == []
    assert set(found["started"]) <= {"fc-list"}


@needs_libreoffice
def test_recalculating_starts_libreoffice_and_nothing_else(tmp_path: Path) -> None:
    found = offline(["compare", str(sample("original")), "--recalculate"], cwd=tmp_path)
    assert found["codes"] == [0]
    assert found["refused"] == []
    assert len(found["started"]) == 1
    assert found["started"][0] in {"soffice", "libreoffice"}


REACHES = [
    "import socket; socket.create_connection(('127.0.0.1', 9))",
    "import socket; socket.getaddrinfo('example.org', 80)",
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')",
    "import http.client; http.client.HTTPConnection('127.0.0.1', 9).request('GET', '/')",
    "import os; os.system('true')",
    "import os; os.execv('/bin/true', ['true'])",
    "import subprocess; subprocess.run(['/bin/true'])",
    "import pickle, pathlib; pickle.loads(pickle.dumps(pathlib.Path('a')))",
]


def test_what_must_not_happen_is_refused_and_told() -> None:
    code = "from tests.support.offline import Watch\nwatch = Watch()\n"
    for place, each in enumerate(REACHES, start=1):
        code += f"try:\n    {each}\nexcept Exception:\n    pass\n"
        code += f"assert len(watch.refused) >= {place}, {each!r}\n"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_requirement_has_a_lowest_version() -> None:
    held = list(lowest(requirements()))
    names = [each.partition("==")[0] for each in held]
    assert len(names) == len(set(names))
    assert {"numpy", "openpyxl", "pandas", "rich", "matplotlib", "hatchling"} <= set(names)
    assert set(SETTINGS["project"]["optional-dependencies"]) >= DEVELOPMENT


def test_ci_holds_pip_to_them() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "tests.support.lowest" in script
    assert "tests.support.packages" in script


def packed(folder: Path, checkout: set[str]) -> tuple[Path, Path]:
    """A wheel and a source distribution as they should be, made by hand."""
    about = "sheetgd-0.1.dist-info"
    files = {name for name in checkout if name.startswith("sheetgd/")}
    files |= {f"sheetgd/{name}" for name in checkout if name.startswith("templates/")}
    rest = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    wheel, source = folder / "a.whl", folder / "a.tar.gz"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in files | {f"{about}/{name}" for name in rest}:
            archive.writestr(name, "License-Expression: MIT\nLicense-File: LICENSE\n")
    with tarfile.open(source, "w:gz") as archive:
        for name in checkout | {"PKG-INFO"}:
            archive.addfile(tarfile.TarInfo(f"sheetgd-0.1/{name}"))
    return wheel, source


def test_a_package_with_too_much_or_too_little_is_found(tmp_path: Path) -> None:
    checkout = files_of(ROOT)
    assert {".ci/run", "SECURITY.md", "README.md", "sheetgd/cli/main.py"} <= checkout
    wheel, source = packed(tmp_path, checkout)
    check_wheel(wheel, checkout)
    check_source(source, checkout)
    with pytest.raises(AssertionError):
        check_source(source, checkout | {"docs/new.md"})
    with pytest.raises(AssertionError):
        check_wheel(wheel, checkout | {"sheetgd/new.py"})
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("tests/test_api.py", "")
    with pytest.raises(AssertionError):
        check_wheel(wheel, checkout)


def test_the_source_distribution_is_told_of_every_part() -> None:
    told = set(SETTINGS["tool"]["hatch"]["build"]["targets"]["sdist"]["include"])
    pages = {"/README.md", "/CHANGELOG.md", "/CONTRIBUTING.md", "/LICENSE", "/SECURITY.md"}
    tools = {"/Makefile", "/.pre-commit-config.yaml", "/biome.json", "/mkdocs.yml"}
    assert {f"/{part}" for part in PARTS} | pages | tools == told


def test_the_security_page_names_tests_that_exist() -> None:
    text = SECURITY.read_text(encoding="utf-8")
    named = {each for each in links(text) if each.startswith("tests/")}
    assert not [each for each in named if not (ROOT / each).is_file()]
    assert {"tests/test_supply.py", "tests/judges/test_applications.py"} <= named
    assert "SECURITY.md" in links((ROOT / "README.md").read_text(encoding="utf-8"))
