"""The documents are true: what they tell you to do works, and what they name is there."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sheetgd.cli.main import build_parser
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.lesson import template as schema
from sheetgd.lesson.fields import TABLES
from sheetgd.lesson.template import shipped_lesson, usual_texts
from sheetgd.lesson.values import CHOICES
from sheetgd.sheets.book import Book, base_section
from sheetgd.sheets.section import Section
from sheetgd.sheets.words import fillings
from tests.support import built
from tests.support.command_reference import (
    COMMANDS,
    command_reference,
    options,
    subcommands,
    unknown_options,
)
from tests.support.markdown import DOCS, README, ROOT, documents, links, name_of
from tests.support.walkthrough import follow

ALL = documents()
PARSER = build_parser()
TEACHER, SHEETS = DOCS / "teacher.md", DOCS / "google-sheets.md"

every_document = pytest.mark.parametrize("document", ALL, ids=name_of)


@pytest.mark.slow
@every_document
def test_what_a_document_tells_to_do_works(tmp_path: Path, document: Path) -> None:
    follow(document, tmp_path)


@every_document
def test_options_that_a_document_names_are_there(document: Path) -> None:
    assert not unknown_options(document.read_text(encoding="utf-8"), PARSER)


def test_the_command_reference_is_up_to_date() -> None:
    made = command_reference(PARSER)
    told = "run: python -m tests.support.command_reference"
    assert COMMANDS.read_text(encoding="utf-8") == made, told


def test_every_command_and_option_is_in_the_command_reference() -> None:
    text = COMMANDS.read_text(encoding="utf-8")
    commands = subcommands(PARSER)
    assert {"build", "run", "lessons", "new", "compare"} <= set(commands)
    for name, command in commands.items():
        section = text.partition(f"\n## sheetgd {name}\n")[2].partition("\n## ")[0]
        assert section, name
        for option in options(command) - {"-h", "--help"}:
            assert f"`{option}" in section, (name, option)


def test_the_index_lists_every_document_and_the_readme_points_to_all_of_them() -> None:
    index = DOCS / "README.md"
    listed = Counter(links(index.read_text(encoding="utf-8")))
    pages = [each for each in ALL if each not in {README, index}]
    assert len(pages) >= 4
    for page in pages:
        assert listed[page.relative_to(DOCS).as_posix()] == 1, page
    shown = links(README.read_text(encoding="utf-8"))
    assert {name_of(page) for page in (index, *pages)} <= set(shown)


def test_every_key_of_a_template_is_explained_to_teachers() -> None:
    text = TEACHER.read_text(encoding="utf-8")
    known = {key for table in TABLES for key in schema.settings_of_part(table)}
    for part in (schema.DATA, schema.DATA_FILE, schema.PUBLISHED, schema.EXPECTED):
        known |= part.keys() - {"texts"}
    known |= {key for each in OPTIMIZERS.values() for key in each.hyper} | {"over", "steps"}
    known |= {"findings", *usual_texts()}
    assert len(known) > 50
    assert not {key for key in known if f"`{key}`" not in text}
    assert not {key for key in schema.PARTS if not re.search(rf"`(\[+{key}\]+|{key})`", text)}


@pytest.mark.parametrize("document", ["docs/teacher.md", "docs/tour.md", "docs/maths.md"])
@pytest.mark.parametrize("choice", CHOICES)
def test_every_loss_metric_rule_and_optimiser_is_written_about(choice: str, document: str) -> None:
    # Formulas write an underscore with a backslash before it.
    text = (ROOT / document).read_text(encoding="utf-8").replace("\\_", "_")
    missing = [each for each in CHOICES[choice].names if not re.search(rf"\b{each}\b", text)]
    assert not missing


def test_teachers_are_told_of_every_word_in_braces_and_of_no_other() -> None:
    told = set(re.findall(r"`\{(\w+)\}`", TEACHER.read_text(encoding="utf-8")))
    lesson = shipped_lesson("original")
    places = re.findall(r"\{(\w+)\}", Section.explained.__doc__ or "")
    assert {"epochs_run", "data_row"} <= set(places)
    assert {*fillings(lesson), *places} <= told
    choices: list[dict[str, Any]] = [
        {"batch": "all", "optimizer": "momentum", "min_delta": 0.1},
        {"gradient": "analytic"},
    ]
    sections = [base_section(lesson.changed(**each)) for each in choices]
    filled = {
        word for word in told for each in sections if "{" not in each.explained(f"{{{word}}}")
    }
    assert told <= filled


def functions_of(book: Book) -> set[str]:
    """The spreadsheet functions that a workbook's cells and conditional formats call."""
    texts = [cell.formula for page in book.pages for cell in page.all_cells() if cell.formula]
    texts += [each.formula for page in book.pages for each in page.conditions]
    return {name for text in texts for name in re.findall(r"([A-Z][A-Z0-9.]*)\(", text)}


@pytest.mark.parametrize("lesson", ["original", "parabola", "quadratic"])
def test_the_functions_that_the_page_on_google_sheets_lists_are_all_that_there_are(
    lesson: str,
) -> None:
    found = re.search(r"`(ABS [A-Z0-9 ]+)`", SHEETS.read_text(encoding="utf-8"))
    assert found is not None
    used = functions_of(built.book(shipped_lesson(lesson)))
    assert "INDEX" in used
    assert used <= set(found[1].split())
