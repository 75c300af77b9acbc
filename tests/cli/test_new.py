"""The command new: a template that builds as it stands."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from sheetgd.cli.main import main
from sheetgd.lesson.template import read_template, usual_texts
from tests.support.commands import refused


def test_a_new_template_builds_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "tea"]) == 0
    assert "sheetgd build tea.toml" in capsys.readouterr().out
    assert main(["build", "tea.toml"]) == 0
    assert "outputs/tea.xlsx" in capsys.readouterr().out
    Path("tea.toml").write_text("mine")
    assert "--force" in refused(capsys, "new", "tea")
    assert Path("tea.toml").read_text() == "mine"
    assert main(["new", "more/tea.toml", "--force"]) == 0
    assert Path("more/tea.toml").is_file()


HOUSES = "area,price,kind\n70,200,old\n90,260,new\n50,150,old\n120,330,new\n"
FILES = {
    "two columns": ("60;1,5\n70;2,5\n80;3\n", ["--no-header"]),
    "names": (HOUSES, ["--x", "area", "--y", "price"]),
    "several": (HOUSES, ["--x", "area,kind", "--y", "price"]),
    "categories": (
        HOUSES, ["--x", "kind", "--x", "area", "--y", "price", "--categories", "kind=old,new"],
    ),
    "an odd name": ('"the ""x"" = é",y\n1,2\n2,3\n3,5\n', []),
    "missing": ("a,b\n1,2\n,3\n2,4\n3,5\n", ["--missing", "drop"]),
    "lines": ("a,b\n1,2\n2,4\n3,5\n9,9\n", ["--range", "1:4"]),
    "a line of names": ("5,6\na,b\n1,2\n2,4\n3,7\n", ["--header", "2"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "options"), FILES.values(), ids=FILES)
def test_a_template_for_data_of_one_s_own(
    capsys: pytest.CaptureFixture[str], text: str, options: Sequence[str]
) -> None:
    Path("my houses.csv").write_text(text)
    assert main(["new", "tea", "--data", "my houses.csv", *options]) == 0
    captured = capsys.readouterr()
    assert captured.err.startswith("sheetgd: my houses.csv: read ")
    assert captured.out.endswith("sheetgd build tea.toml\n")
    lesson = read_template("tea.toml")
    assert main(["run", "tea.toml", "--json"]) == 0
    written = json.loads(capsys.readouterr().out)["log"][0]
    assert main(["run", "--data", "my houses.csv", *options, "--epochs", "20", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["log"][0] == written
    assert (lesson.display.title, lesson.method.optimizer, lesson.display.texts["intro"]) == (
        "tea", "sgd", usual_texts()["intro"],
    )  # fmt: skip
    assert lesson.model.linear


def test_data_that_a_new_template_cannot_name(capsys: pytest.CaptureFixture[str]) -> None:
    Path("d.csv").write_text("a,b\n1,2\n2,4\n3,7\n")
    assert main(["new", "in/tea", "--data", "d.csv"]) == 0
    assert capsys.readouterr().out.endswith("sheetgd build in/tea.toml --allow-outside\n")
    assert main(["run", "in/tea.toml", "--allow-outside", "-q"]) == 0
    capsys.readouterr()
    for options, says in (
        (["--data", "-"], "save it in a file first"),
        (["--data", "none.csv"], "there is no such file"),
        (["--y", "b"], "give it with --data FILE"),
    ):
        assert says in refused(capsys, "new", "other", *options)
        assert not Path("other.toml").exists()
