"""The XML of a workbook: rows at once are what single cells are, and array formulas."""

import re
import zipfile
from pathlib import Path

import pytest

from sheetgd.xlsx.write import build_workbook
from sheetgd.xlsx.xml import needs_array
from tests.expression.test_excel_portable import DECAY, LESSONS
from tests.support import built
from tests.support.engines import formula_cells


@pytest.mark.parametrize(
    ("formula", "array"),
    [
        ("SUMPRODUCT((A1*B1:B9+C1)^2,D1:D9)", False),
        ("SUMPRODUCT((B1:B9>0)*B1:B9)", False),
        ("SQRT(SUMPRODUCT((EXP(A1)*B1:B9)^2)/COUNT(B1:B9))", False),
        ("IF(OR($B18=\"\",C$17=\"\"),\"\",SQRT(SUMPRODUCT((A1*'E (x)'!B1:B9)^2)))", False),
        ("SUMPRODUCT(EXP(SUM(B1:B9))*C1:C9)", False),
        ("SUMPRODUCT(ABS(SUMPRODUCT(B1:B9,C1:C9)-D1)*C1:C9)", False),
        ("SUMPRODUCT(EXP(A1*B1:B9)^2)", True),
        ("SUMPRODUCT(2*(LN(1+(A1*'E (x)'!$B$1:$B$9))-1))", True),
        ("IF(A1<1,SQRT(SUMPRODUCT(ABS(B1:B9-C1:C9),D1:D9)),NA())", True),
        ("SUMPRODUCT(IF(B1:B9>=C1,1,0)*D1:D9)", True),
        ("EXP(SUM(B1:B9))+ABS(B1:B9)", False),
    ],
)  # fmt: skip
def test_which_formulas_are_array_formulas(formula: str, array: bool) -> None:  # noqa: FBT001  a case's answer
    assert needs_array(formula) == array


@pytest.fixture(scope="module")
def decay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("portable") / "decay.xlsx"
    build_workbook(DECAY, path)
    return path


def test_array_formulas_are_single_cells_and_never_merged(decay: Path) -> None:
    arrays = 0
    for page in built.book(DECAY).pages:
        merged = {str(block.first) for block in page.merged}
        for each in page.all_cells():
            if each.formula is not None and needs_array(each.formula):
                arrays += 1
                # Excel has none in merged cells.
                assert str(each.address) not in merged
    with zipfile.ZipFile(decay) as archive:
        text = "".join(
            archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name
        )
    found = re.findall(r'<c r="([A-Z]+\d+)"[^>]*><f t="array" ref="([A-Z]+\d+)">', text)
    assert len(found) == text.count('t="array"') == arrays > 50
    assert all(place == reference for place, reference in found)


def test_array_formulas_count_as_formulas(decay: Path) -> None:
    pages = built.book(DECAY).pages
    assert len(formula_cells(decay)) == sum(page.count_formulas() for page in pages)


def test_no_array_formula_stands_in_merged_cells_of_any_lesson() -> None:
    for lesson in LESSONS.values():
        for page in built.book(lesson).pages:
            merged = {block.first for block in page.merged}
            assert not any(
                each.address in merged and needs_array(each.formula or "") for each in page.cells
            )
