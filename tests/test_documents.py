"""The documents are true: what they tell you to do works, and what they name is there."""

from collections import Counter
from pathlib import Path

import pytest

import sheetgd
from sheetgd.cli import build_parser
from tests.support.command_reference import options, subcommands
from tests.support.documents import API, COMMANDS, MADE
from tests.support.markdown import (
    DOCS,
    README,
    anchors,
    broken_links,
    documents,
    links,
    name_of,
    unknown_options,
)
from tests.support.walkthrough import follow

ALL = documents()
PARSER = build_parser()
NOT_INDEXED = {DOCS / "README.md"}

every_document = pytest.mark.parametrize("document", ALL, ids=name_of)


@every_document
def test_what_a_document_tells_to_do_works(tmp_path: Path, document: Path) -> None:
    follow(document, tmp_path)


@every_document
def test_links_lead_somewhere(document: Path) -> None:
    assert not broken_links(document)


@every_document
def test_options_that_a_document_names_are_there(document: Path) -> None:
    assert not unknown_options(document.read_text(encoding="utf-8"), PARSER)


@pytest.mark.parametrize("document", MADE, ids=name_of)
def test_what_is_made_from_the_code_is_up_to_date(document: Path) -> None:
    made = MADE[document]()
    assert document.read_text(encoding="utf-8") == made, "run: python -m tests.support.documents"


def test_every_command_and_option_is_in_the_command_reference() -> None:
    text = COMMANDS.read_text(encoding="utf-8")
    commands = subcommands(PARSER)
    assert {"build", "run", "lessons", "new", "compare"} <= set(commands)
    for name, command in commands.items():
        section = text.partition(f"\n## sheetgd {name}\n")[2].partition("\n## ")[0]
        assert section, name
        for option in options(command) - {"-h", "--help"}:
            assert f"`{option}" in section, (name, option)


def test_every_public_name_is_in_the_api_reference() -> None:
    there = anchors(API.read_text(encoding="utf-8"))
    assert {name.lower() for name in sheetgd.__all__} <= there


def test_the_index_lists_every_document_and_the_readme_points_to_all_of_them() -> None:
    index = DOCS / "README.md"
    listed = Counter(links(index.read_text(encoding="utf-8")))
    pages = [each for each in ALL if each not in {README, index}]
    assert len(pages) >= 4
    for page in pages:
        assert listed[page.relative_to(DOCS).as_posix()] == 1, page
    shown = links(README.read_text(encoding="utf-8"))
    assert {name_of(page) for page in (index, *pages)} <= set(shown)
