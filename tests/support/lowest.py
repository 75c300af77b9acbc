"""The lowest versions that pyproject.toml allows, for pip to be held to.

``python -m tests.support.lowest`` prints them, those to build with included.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?(?:[>=]=([0-9][0-9.]*)(?:,<[0-9.]+)?)?")
DEVELOPMENT = {"bench", "dev", "docs"}
"""Extras for which the newest versions will do."""


def requirements() -> list[str]:
    """What it takes to build sheetgd, to run it and to test it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = settings["project"]
    extras = project["optional-dependencies"]
    tested = (extras[name] for name in extras if name not in DEVELOPMENT)
    return [*settings["build-system"]["requires"], *project["dependencies"],
            *chain.from_iterable(tested)]  # fmt: skip


def lowest(required: Iterable[str]) -> Iterator[str]:
    """Each requirement with its lowest version only.

    >>> list(lowest(["numpy>=1.26", "openpyxl>=3.1.3,<3.2", "sheetgd[plot]", "ironcalc==0.9.1"]))
    ['numpy==1.26', 'openpyxl==3.1.3', 'ironcalc==0.9.1']
    >>> list(lowest(["pandas"]))
    Traceback (most recent call last):
    ValueError: pandas: say the lowest version that will do
    """
    for requirement in required:
        found = _REQUIREMENT.fullmatch(requirement)
        if found is not None and found[1] == "sheetgd":
            continue
        if found is None or found[2] is None:
            raise ValueError(f"{requirement}: say the lowest version that will do")
        yield f"{found[1]}=={found[2]}"


if __name__ == "__main__":
    print("\n".join(lowest(requirements())))  # noqa: T201  that is what it is for
