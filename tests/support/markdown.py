"""Markdown: a document's blocks, links, headings, and the options it names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
DOCS = ROOT / "docs"

_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
_OUR_PROGRAM = re.compile(r"(?:\S*/)?sheetgd$")


@dataclass(frozen=True, slots=True)
class Fenced:
    """A fenced block.

    Attributes:
        language: the first word after the fence.
        about: the rest of that line.
        text: what the block holds.
        line: the line of the document that the fence stands in, counted from 1.
        follows: whether nothing but blank lines parts it from the block before.
    """

    language: str
    about: str
    text: str
    line: int
    follows: bool = False


def documents() -> list[Path]:
    """The README and whatever else there is in docs."""
    return [README, *sorted(DOCS.glob("**/*.md"))]


def name_of(document: Path) -> str:
    """What a document is called in the names and messages of tests."""
    return document.relative_to(ROOT).as_posix()


def fenced_blocks(text: str) -> list[Fenced]:
    """The fenced blocks of a document."""
    found, end = [], None
    for each in _FENCE.finditer(text):
        language, _, about = each[1].strip().partition(" ")
        follows = end is not None and not text[end : each.start()].strip()
        line = text.count("\n", 0, each.start()) + 1
        found.append(Fenced(language, about.strip(), each[2], line, follows))
        end = each.end()
    return found


def prose(text: str) -> str:
    """A document without its fenced blocks."""
    return _FENCE.sub("", text)


def links(text: str) -> list[str]:
    """What a document links to and which pictures it shows, outside of code."""
    return _LINK.findall(_SPAN.sub("", prose(text)))


def commands(text: str) -> Iterator[str]:
    """The commands that a document names: those of its shell blocks, and its code in sentences."""
    pieces = [each.text.replace("\\\n", " ") for each in fenced_blocks(text) if
              each.language == "sh"]  # fmt: skip
    pieces += _SPAN.findall(prose(text))
    for piece in pieces:
        for line in re.split(r"\n|&&|\|\|?|;", piece):
            if line.strip():
                yield line.strip()


def options_named(text: str) -> Iterator[tuple[str, str]]:
    """The options of sheetgd that a document names, each with its command if that is named, too.

    Those of other programs, in commands that begin with another word, are passed over.
    """
    for command in commands(text):
        words = command.split()
        if words[0].startswith("--") or _OUR_PROGRAM.match(words[0]):
            given = next((each for each in words[1:] if not each.startswith("-")), "")
            used = given if _OUR_PROGRAM.match(words[0]) else ""
            yield from ((used, option) for option in _OPTION.findall(command))
        elif words[1:3] == ["-m", "sheetgd"]:
            yield from ((words[3], option) for option in _OPTION.findall(command))
    others = [each.text for each in fenced_blocks(text) if each.language != "sh"]
    for piece in (*others, _SPAN.sub("", prose(text))):
        yield from (("", option) for option in _OPTION.findall(piece))


def escaped(text: str) -> str:
    """A text in which Markdown takes nothing for a mark but the code in it."""
    parts = re.split(r"(`+[^`]*`+)", text)
    return "".join(
        "`" + part.strip("`") + "`" if place % 2 else re.sub(r"([*_<\[])", r"\\\1", part)
        for place, part in enumerate(parts)
    )
