"""What checks the documents can fail: each check, on a document that is wrong in one way."""

import argparse
from pathlib import Path

import pytest

from sheetgd.cli.main import build_parser
from sheetgd.lesson.template import read_template
from tests.support.command_reference import command_reference, unknown_options
from tests.support.markdown import commands, fenced_blocks
from tests.support.walkthrough import follow, install_and_test, with_fragment

LESSON = "[data]\nx = [1, 2, 3]\ny = [2, 4, 6]\n"


def document(tmp_path: Path, *blocks: tuple[str, str]) -> Path:
    path = tmp_path / "page.md"
    text = "\n".join(f"\n```{about}\n{inside}\n```\n" for about, inside in blocks)
    path.write_text(f"# Page\n{text}", encoding="utf-8")
    return path


def followed(tmp_path: Path, *blocks: tuple[str, str]) -> dict[str, int]:
    folder = tmp_path / "folder"
    folder.mkdir()
    return dict(follow(document(tmp_path, *blocks), folder))


@pytest.mark.parametrize(
    ("blocks", "says"),
    [
        ([("sh", "sheetgd buld")], "exit code 2"),
        ([("sh", "false\ntrue")], "exit code 1"),
        ([("sh", "false | cat")], "exit code 1"),
        ([("sh exit 2", "true")], "exit code 0"),
        ([("sh", "echo Traceback")], "Traceback"),
        ([("sh", "echo one"), ("text", "two")], "it prints"),
        ([("sh", "printf 'one\\ntwo\\n'"), ("text", "one")], "it prints"),
        ([("sh", "printf 'one\\ntwo\\n'"), ("text", "...\ntwo\nthree")], "it prints"),
        ([("sh", "python3 -m venv here")], "README's own commands"),
        ([("bash", "true")], "call it sh"),
        ([("python", "1 / 0")], "division by zero"),
        ([("python", "print(1)"), ("text", "2")], "it prints"),
        ([("pycon", ">>> 1 + 1\n3")], "Expected"),
        ([("pycon", "1 + 1")], "no >>>"),
        ([("toml", "lern = 1\n" + LESSON)], r"did you mean learning_rate in \[training\]"),
        ([("toml", "[training]\nlearning_rate = 1")], r"there is no \[data\]"),
        ([("toml fragmnt", "[training]")], "what is 'fragmnt'"),
        ([("toml fragment", "[surface]\nover = ['a', 'z']")], "surface 'z' is not known"),
        (
            [
                (
                    "toml",
                    "[training]\nepochs = 1\n"
                    + LESSON
                    + "[[expected]]\nwhat = 'm'\ncolumn = 'm'\nepoch = 0\n"
                    "value = 2\ndecimals = 1",
                )
            ],
            "other figures",
        ),
        ([("csv", "x,y")], "say what the file is called"),
    ],
)
def test_what_does_not_work_is_noticed(
    tmp_path: Path, blocks: list[tuple[str, str]], says: str
) -> None:
    with pytest.raises(AssertionError, match=says) as caught:
        followed(tmp_path, *blocks)
    assert str(caught.value).startswith("page.md, line ")


@pytest.mark.slow
def test_what_works_is_done_in_order_and_in_one_folder(tmp_path: Path) -> None:
    done = followed(
        tmp_path,
        ("csv own.csv", "x,y\n1,3\n2,5\n3,7"),
        ("toml own.toml", "[display]\ncapacity = 5\n[data]\ncsv = 'own.csv'"),
        ("sh", "sheetgd run own.toml --quiet --learn 0.01 --epochs 1\nls own.toml"),
        ("text", "...\nown.toml"),
        ("sh exit 2", "sheetgd run none.toml"),
        ("python", "from pathlib import Path\nprint(Path('own.csv').is_file())"),
        ("text", "True"),
        ("pycon", ">>> Path('own.toml').is_file()\nTrue\n>>> here = 2"),
        ("python", "assert here == 2"),
        ("toml fragment", "[training]\nlearning_rate = 0.1\n[display]\ncapacity = 20"),
        ("js", "neither run nor read"),
        ("sh", install_and_test()[0].strip()),
    )
    assert done == {"csv": 1, "toml": 2, "sh": 3, "text": 2, "python": 2, "pycon": 1}


def test_a_text_apart_from_what_ran_is_no_output() -> None:
    page = "```sh\ntrue\n```\n\n```text\na\n```\n\nWords.\n\n```text\nb\n```\n"
    assert [each.follows for each in fenced_blocks(page)] == [False, True, False]
    assert [each.line for each in fenced_blocks(page)] == [1, 5, 11]


def test_a_fragment_takes_the_place_of_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        with_fragment(
            '[method]\nmodel = "line"\n[training]\nlearning_rate = 1e-3\n'
            '[texts]\nintro = "\\"Mine\\" {y}"'
        )
    )
    lesson = read_template(path)
    assert (lesson.method.model, lesson.training.learning_rate, lesson.training.start) == (
        "line",
        0.001,
        (1, 1),
    )
    assert lesson.display.texts["intro"] == '"Mine" {y}'
    assert (lesson.method.optimizer, lesson.data.x_name) == ("adam", "minutes")


def test_options_that_are_not_there_are_noticed() -> None:
    parser = build_parser()
    page = (
        "Say --nonsense, or `--epoch 3`, or `sheetgd compare --clicks`; but `--clicks 2` and\n"
        "`soffice --headless` are well, and so is `sheetgd run --help`, a--b and ---.\n\n"
        "```sh\nsheetgd run --capacity 3 && other --strange\npython -m sheetgd new --json\n"
        "sheetgd build \\\n  --lern 2\n```\n\n```text\n--said\n```\n"
    )
    wrong = {"--nonsense", "--epoch", "--clicks", "--capacity", "--json", "--lern", "--said"}
    assert unknown_options(page, parser) == wrong
    assert "other --strange" in list(commands(page))


def test_the_command_reference_follows_the_parser() -> None:
    parser = argparse.ArgumentParser(prog="tool", description="A tool.")
    many = parser.add_subparsers(metavar="COMMAND")
    one = many.add_parser("one", help="do one", description="Do | one.")
    one.add_argument("what", nargs="*", help="of these")
    group = one.add_argument_group("ways")
    group.add_argument("--way", choices=["up", "down"], default="up", help="a|b (%(default)s)")
    either = one.add_mutually_exclusive_group()
    either.add_argument("-a", action="store_true", help="100%% a*b* `a*b`")
    either.add_argument("--size", type=int, nargs="+", metavar="N", help="many")
    text = command_reference(parser)
    for line in (
        "- [`tool one`](#tool-one): do one",
        "tool one [what ...] [OPTIONS]",
        "| `[what ...]` | of these |",
        r"| `--way WAY` | a\|b (up) (`up`, `down`) |",
        r"| `-a` | 100% a\*b\* `a*b` |",
        "| `--size N ...` | many |",
        "Of `-a` and `--size`, one at most.",
    ):
        assert f"\n{line}\n" in text, line
    assert "--help" not in text.partition("## tool one")[2]
