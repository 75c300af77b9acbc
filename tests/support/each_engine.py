"""Tests that every engine takes, and which of their cases LibreOffice takes as well."""

import os
from collections.abc import Collection, Iterable

import pytest

from tests.support import engines
from tests.support.programs import needs_libreoffice

QUICK_ENGINES = [
    pytest.param(engines.formualizer, id="formualizer", marks=pytest.mark.engines),
    pytest.param(engines.ironcalc, id="ironcalc", marks=pytest.mark.engines),
]
_LIBREOFFICE = pytest.param(engines.libreoffice, id="libreoffice", marks=needs_libreoffice)
ENGINES = [*QUICK_ENGINES, _LIBREOFFICE]

WHOLE = "SHEETGD_EVERY_WORKBOOK" in os.environ
"""Whether what takes longest is tested, too."""


def each_engine(
    name: str,
    cases: Iterable[str],
    *,
    libreoffice: Collection[str],
    ironcalc: Collection[str] | None = None,
) -> pytest.MarkDecorator:
    """Give a test, as ``engine`` and ``name``, every case with every engine.

    LibreOffice takes five times as long as the others: it gets the cases that are named, which
    should together hold what all the others do; and all of them where SHEETGD_EVERY_WORKBOOK is
    set. IronCalc gets those that are named, or else every other one: one quick engine finds a wrong
    formula, the second what the first does not compute, or computes in a way of its own.
    """
    known = list(cases)
    some = {"libreoffice": libreoffice, "ironcalc": known[::2] if ironcalc is None else ironcalc}
    for named in some.values():
        assert set(named) <= set(known), set(named) - set(known)
    return pytest.mark.parametrize(
        ("engine", name),
        [
            pytest.param(*engine.values, case, id=f"{case}-{engine.id}", marks=engine.marks)
            # One case after the other, so that its workbook is built once.
            for case in known
            for engine in ENGINES
            if WHOLE or case in some.get(str(engine.id), known)
        ],
    )
