"""Templates: what they may hold, and what is said of everything else."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from sheetgd.cli.arguments import chosen_lesson
from sheetgd.errors import LessonError
from sheetgd.lesson import template as schema
from sheetgd.lesson.fields import SETTINGS, TABLES
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import new_template, read_template, shipped_lesson, shipped_names
from sheetgd.lesson.values import CHOICES, Kind
from sheetgd.reading.columns import Data
from sheetgd.xlsx.write import build_workbook
from tests.support import built
from tests.support.given import lesson_of

DATA = "[data]\nx = [1, 2, 3]\ny = [2, 4, 6]\n"
PARTS: Mapping[str, tuple[str, Mapping[str, Kind], str]] = {
    **{table: (table, schema.settings_of_part(table), DATA) for table in TABLES},
    "data": ("data", schema.DATA, ""),
    "published": ("published", schema.PUBLISHED, DATA),
    "variants 1": ("[variants]", schema.VARIANT, DATA),
    "expected 1": ("[expected]", schema.EXPECTED, DATA),
}
WRONG = {
    "a text": "5", "true or false": '"no"', "a table": "3", "a list of texts": "[1]",
    "true or a list of row numbers": '"some"', "texts by their names": "3",
}  # fmt: skip
"""What is not of a kind, by what messages call it; of all others, a text."""
KEYS = [(part, key) for part, (_, kinds, _) in PARTS.items() for key in kinds]


def read(tmp_path: Path, text: str) -> Lesson:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return read_template(path)


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(LessonError) as caught:
        read(tmp_path, text)
    said = str(caught.value)
    assert said.startswith(f"{tmp_path / 'mine.toml'}: ")
    assert "\n" not in said
    return said


def with_key(part: str, line: str) -> str:
    heading, _, rest = PARTS[part]
    title = "title = 'Another'\n" if part.startswith("variants") and "title" not in line else ""
    return f"[{heading}]\n{title}{line}\n{rest}"


@pytest.mark.parametrize(("part", "key"), KEYS)
def test_a_value_of_the_wrong_kind_is_named(tmp_path: Path, part: str, key: str) -> None:
    kind = PARTS[part][1][key]
    said = refusal(tmp_path, with_key(part, f"{key} = {WRONG.get(kind.called, 'false')}"))
    if key in CHOICES:
        assert f"{key} False is not known: choose from {', '.join(CHOICES[key].names)}" in said
    else:
        assert f"{part}.{key} is " in said
        assert said.endswith(f"it must be {kind.called}")


def test_what_a_text_was_called_is_answered_with_its_name(tmp_path: Path) -> None:
    said = refusal(tmp_path, f'{DATA}[texts]\nlandscape = "Look."\n')
    assert said.endswith("[texts] has a key 'landscape' that is not known: write map")


@pytest.mark.parametrize(("part", "key"), KEYS)
def test_a_misspelt_key_is_named_with_the_nearest(tmp_path: Path, part: str, key: str) -> None:
    said = refusal(tmp_path, with_key(part, f"{key}q = 1"))
    assert f"a key '{key}q' that is not known" in said
    assert f"[{part}] has" in said or not part
    assert "accepted are" in said
    if len(key) > 2:
        assert "did you mean" in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("learn = ", "not a TOML file"),
        ("", r"there is no \[data\]"),
        ("[data]\nx = [1]\n", r"\[data\] has no y"),
        (DATA + "[training.start]\nm = 1\n", "start has no b: it needs m, b"),
        (DATA + "[training.start]\nm = 1\nb = 'x'\n", "start.b is 'x': it must be a finite number"),
        (DATA + "[display.guess]\nm = 1\nc = 1\n", "guess names 'c', which is no parameter"),
        (DATA + "[grid]\nm = [1]\n", r"\[grid\] has no b"),
        (DATA + "[grid]\nm = [1]\nb = [1]\nover = 'sampl'\n", "did you mean sample"),
        (DATA + "[surface]\nc = [1, 2]\n", r"\[surface\] has a key 'c'"),
        (DATA + "[surface]\nm = [2, 1]\n", "surface.m is .*: give two numbers, the lower one"),
        (DATA + "[surface]\nover = ['m', 'q']\n", "surface 'q' is not known"),
        (DATA + "[surface]\nsteps = [4, 2.5]\n", "surface.steps is .*: it must be a list of whole"),
        (DATA + "[texts]\nintor = 'x'\n", "did you mean intro"),
        (DATA + "[texts]\nintro = 3\n", "texts.intro is 3"),
        (DATA + "[method.hyperparameters]\nbeta = 0.9\n", "beta is not a hyperparameter"),
        (DATA + "[[variants]]\nlearning_rate = 1\n", r"\[variants 1\] has no title"),
        (DATA + "[[expected]]\nwhat = 'a'\ncolumn = 'm'\n", r"\[expected 1\] has no epoch"),
        (
            DATA + "[[expected]]\nwhat = 'a'\ncolumn = 'm'\nepoch = 0\ndecimals = 1\n",
            "either value or values",
        ),
        (
            DATA + "[[expected]]\nwhat = 'a'\ncolumn = 'm'\nepoch = 0\nvalue = 1\n",
            "either decimals or tolerance",
        ),
        (DATA + "reconstructed = [4]\n", "names row 4: there are only 3 rows"),
        ("[method]\noptimizer = 'adamm'\n" + DATA, "did you mean adam"),
        ("[method]\nmodel = 'a*x + '\n" + DATA, "something is missing"),
        ("[method]\nbatch_size = 'al'\n" + DATA, "batch_size is 'al'"),
        (
            "[display]\nmetric_label = 'stop'\n[training]\nmin_delta = 1\n" + DATA,
            "'stop' is the name",
        ),
        ("[data]\ncsv = 'none.csv'\n", "data.csv: .*none.csv: there is no such file"),
        ("[data]\ncsv = 'none.csv'\nz = 'a'\n", r"\[data\] has a key 'z'"),
        ("a = " + "[" * 3000 + "]" * 3000, "not a TOML file"),
    ],
)
def test_what_else_is_refused(tmp_path: Path, text: str, says: str) -> None:
    assert re.search(says, refusal(tmp_path, text)), says


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(LessonError, match=r"no such file|this is a folder"):
            read_template(path)
    (tmp_path / "latin.toml").write_bytes(b"title = '\xe9'")
    with pytest.raises(LessonError, match="cannot be read"):
        read_template(tmp_path / "latin.toml")


def test_data_in_a_file_beside_the_template(tmp_path: Path) -> None:
    (tmp_path / "measured.csv").write_text("1,5;2\n2,5;4\n3;6\n")
    text = "[data]\ncsv = 'measured.csv'\ndelimiter = ';'\ndecimal = ','\nheader = false\n"
    lesson = read(tmp_path, text + "reconstructed = true\n")
    assert (lesson.data.x, lesson.data.y) == ((1.5, 2.5, 3), (2, 4, 6))
    assert lesson.data.reconstructed == {1, 2, 3}


def test_figures_that_follow_one_another(tmp_path: Path) -> None:
    figure = "[[expected]]\nwhat = 'a'\ncolumn = 'm'\nepoch = 2\nvalues = [1, 2]\ntolerance = 0.5\n"
    lesson = read(tmp_path, DATA + figure + figure.replace("epoch", "row = 2\nepoch"))
    found = [(each.epoch, each.row, each.value, each.tolerance) for each in lesson.display.expected]
    assert found == [(2, 0, 1, 0.5), (3, 0, 2, 0.5), (2, 2, 1, 0.5), (2, 3, 2, 0.5)]


def test_a_figure_of_a_column_that_is_not_there(tmp_path: Path) -> None:
    figure = "[[expected]]\nwhat = 'a'\ncolumn = 'mm'\nepoch = 2\nvalue = 1\ntolerance = 0.5\n"
    lesson = read(tmp_path, DATA + figure)
    with pytest.raises(LessonError, match="names a column 'mm'"):
        build_workbook(lesson, tmp_path / "book.xlsx")
    assert not (tmp_path / "book.xlsx").exists()


def test_what_the_surface_shows(tmp_path: Path) -> None:
    lesson = read(tmp_path, DATA + "[surface]\nover = ['b', 'm']\nb = [0, 9]\nsteps = [3, 4]\n")
    view = lesson.display.surface
    assert (*view.over, *view.steps, *view.ranges["b"]) == ("b", "m", 3, 4, 0, 9)
    assert "m" not in view.ranges


def test_a_seed_in_place_of_a_start(tmp_path: Path) -> None:
    assert (
        read(tmp_path, "[training]\nseed = 3\n" + DATA).training.start
        == lesson_of(x=(1, 2), y=(1, 2), seed=3).training.start
    )


def test_texts_that_are_left_out_are_the_usual_ones(tmp_path: Path) -> None:
    lesson = read(tmp_path, DATA + "[texts]\nintro = ' Mine '\n")
    usual = shipped_lesson("_own", Data((1, 2), (1, 2), "x", "y")).display.texts
    assert lesson.display.texts == {**usual, "intro": "Mine"}


def test_the_new_template_reads_and_every_setting_it_mentions_is_accepted(tmp_path: Path) -> None:
    text = new_template()
    lesson = read(tmp_path, text)
    pages = built.book(lesson).pages
    assert [page.title for page in pages if not page.hidden] == [
        "Gradient Descent", "Play", "Guide", "Epochs", "Fit", "Surface", "Learning rates",
        "Gradient", "Steps",
    ]  # fmt: skip
    assert {page.title for page in pages if page.hidden} == {
        "Play data", "Fit data", "Surface data", "Rates epochs", "Rates steps", "Rows", "Run data",
    }  # fmt: skip
    mentioned = re.findall(r"^# (\w+) = (.*?)(?:  #.*| # how.*)?$", text, re.MULTILINE)
    top = [(key, value) for key, value in mentioned if key in SETTINGS]
    assert len(top) > 10
    for key, value in top:
        if key in {"title", "optimizer", "learning_rate", "hyperparameters", "reconstructed"}:
            continue
        table = SETTINGS[key].table
        rest = re.sub(r"^start = .*\n", "", text, flags=re.MULTILINE) if key == "seed" else text
        asked = rest.replace(f"[{table}]\n", f"[{table}]\n{key} = {value}\n", 1)
        if key == "penalize":
            asked = asked.replace("[method]\n", "[method]\nl2 = 0.1\n")
        if key == "patience":
            asked = asked.replace("[training]\n", "[training]\nmin_delta = 0.1\n")
        lesson = read(tmp_path, asked)
        assert getattr(getattr(lesson, table), key) is not None
    named = set(re.findall(r"^(?:# )?(\w+) = ", text, re.MULTILINE))
    left = {"metric_label", "guess", "summary", "label", "two_descents", "compared"}
    assert {name for table in TABLES for name in schema.settings_of_part(table)} - left <= named


def test_commented_parts_of_the_new_template_work(tmp_path: Path) -> None:
    text = new_template()
    for part in (r"\[surface\]", r"\[\[variants\]\]", r"\[\[expected\]\]"):
        found = re.search(rf"^# {part}\n(# .*\n)+", text, re.MULTILINE)
        assert found is not None
        text = text.replace(found[0], re.sub("^# ", "", found[0], flags=re.MULTILINE))
    lesson = read(tmp_path, text)
    assert len(lesson.display.variants) == len(lesson.display.expected) == 1
    assert tuple(lesson.display.surface.over) == ("a", "h")
    assert "Check" in [page.title for page in built.book(lesson).pages]


def test_names_of_lessons() -> None:
    assert shipped_names() == [
        "batches", "dosage", "houses", "neurons", "optimisers", "original", "outlier",
        "overfitting", "parabola", "pass-fail", "quadratic", "scaled",
        "species", "two-descents", "valley", "xor",
    ]  # fmt: skip
    with pytest.raises(LessonError, match="did you mean quadratic"):
        shipped_lesson("quadratc")


def test_a_chosen_lesson(tmp_path: Path) -> None:
    assert chosen_lesson(None).display.title == "Gradient Descent"
    assert chosen_lesson("dosage").n_rows == 8
    path = tmp_path / "mine.toml"
    path.write_text(DATA)
    assert chosen_lesson(str(path)).n_rows == 3
    rows = Data((1, 2, 3, 4), (1, 2, 3, 5), "a", "b")
    own = chosen_lesson("dosage", rows, {"learn": 0.5})
    assert (own.n_rows, own.data.x_name, own.training.learning_rate, own.display.expected) == (
        4,
        "a",
        0.5,
        (),
    )
    assert len(own.display.variants) == 2
    assert chosen_lesson("original", rows).display.published is None
    assert chosen_lesson(None, rows).display.texts["data"].count("{model}") == 1


def test_another_model_lets_go_of_what_was_about_the_old_one() -> None:
    lesson = chosen_lesson("original", None, {"model": "quadratic", "learn": 1e-8})
    assert (lesson.display.published, lesson.display.grid, lesson.display.findings) == (
        None,
        (),
        (),
    )
    assert lesson.training.start == (1, 1, 1)
    assert len(lesson.data.reconstructed) == 9
    same = chosen_lesson("original", None, {"model": "m*x + b"})
    assert same.model.parameters == ("m", "b")


TEMPLATE = """
[training]
start = { m = 1, b = 1 }
[data]
x = [1, 2, 3]
y = [2, 4, 6]
"""


def with_line(line: str) -> str:
    """Return the template with a line more of training."""
    return TEMPLATE.replace("[training]\n", f"[training]\n{line}\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("learn = ", "not a TOML file"),
        (TEMPLATE.replace("start", "strat"), "key 'strat' that is not known.*did you mean start"),
        (TEMPLATE.replace("x =", "z ="), r"\[data\] has a key 'z'"),
        (TEMPLATE.replace("m = 1", "n = 1"), "start names 'n', which is no parameter"),
        (TEMPLATE.replace("m = 1, ", ""), "start has no m: it needs m, b"),
        (
            TEMPLATE.replace("[1, 2, 3]", '"1 2 3"'),
            "data.x is '1 2 3': it must be a list of numbers",
        ),
        (
            TEMPLATE.replace("[1, 2, 3]", '[1, "2", 3]'),
            r"data.x is \[1, '2', 3\]: it must be a list of numbers",
        ),
        (
            TEMPLATE.replace("b = 1", f"b = {10**400}"),
            "start.b is 1000.*: it must be a finite number",
        ),
        (with_line("epochs = 2.5"), "training.epochs is 2.5: it must be a whole number"),
        (with_line("learning_rate = true"), "training.learning_rate is True: it must be a number"),
        ("[method]\nmodel = 'lin'\n" + TEMPLATE, "model 'lin' is not known.*did you mean line"),
        ("[method]\ngradient = 'analitic'\n" + TEMPLATE, "did you mean analytic"),
        ("[training]\nstart = { m = 1, b = 1 }", r"there is no \[data\]"),
        (TEMPLATE + "[grid]\nm = [1]\nb = [2]\nover = 'some'", "grid.over 'some'"),
        (TEMPLATE + "[published]\nepoch = 3", r"\[published\] has a key 'epoch'"),
    ],
)
def test_a_faulty_template_is_named_with_its_fault(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(LessonError, match=says) as caught:
        read_template(path)
    assert "mine.toml" in str(caught.value)


def test_a_template_of_one_s_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[display]\ntitle = 'Mine'\n" + with_line("learning_rate = 0.1"))
    lesson = read_template(path)
    assert (lesson.display.title, lesson.training.learning_rate, lesson.data.x) == (
        "Mine",
        0.1,
        (1, 2, 3),
    )
    with pytest.raises(LessonError, match="there is no such file"):
        read_template(tmp_path / "none.toml")


ORIGINAL = shipped_lesson("original").data
ROWS_OF_THE_ORIGINAL = f"[data]\nx = {[*ORIGINAL.x]}\ny = {[*ORIGINAL.y]}\n"


def test_a_variant_and_a_published_part_count_their_own_epochs(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        f"[training]\nepochs = 4\nclicks = 3\n{ROWS_OF_THE_ORIGINAL}"
        "[published]\nepochs = 5\n[[variants]]\ntitle = 'other'\nepochs = 6\n"
        "[[variants]]\ntitle = 'more'\nclicks = 2\n"
    )
    lesson = read_template(path)
    assert lesson.display.published is not None
    runs = [lesson, lesson.display.published, *map(lesson.varied, lesson.display.variants)]
    assert [each.epochs_run for each in runs] == [12, 5, 6, 8]


def test_a_start_in_a_template_takes_the_place_of_a_seed_above_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    data = ROWS_OF_THE_ORIGINAL
    path.write_text(f"[training]\nseed = 4\n{data}[published]\nstart = {{ m = 1, b = 2 }}\n")
    lesson = read_template(path)
    assert lesson.display.published is not None
    assert (
        lesson.training.seed,
        lesson.display.published.training.seed,
        lesson.display.published.training.start,
    ) == (4, None, (1, 2))
    path.write_text(f"[training]\nseed = 4\nstart = {{ m = 1, b = 2 }}\n{data}")
    with pytest.raises(LessonError, match="leave out one of the two"):
        read_template(path)


COLUMNS = '[data]\ny = [3, 4, 9]\n[data.x]\n"floor area" = [1, 2, 3]\nrooms = [2, 1, 5]\n'


def test_several_columns_in_a_template_and_in_its_file(tmp_path: Path) -> None:
    lesson = read(tmp_path, COLUMNS)
    assert lesson.data.named == {"floor area": (1, 2, 3), "rooms": (2, 1, 5)}
    assert lesson.model.inputs == ("floor_area", "rooms")
    (tmp_path / "d.csv").write_text("a,b,kind,y\n1,2,u,3\n2,1,v,4\n3,5,u,9\n", encoding="utf-8")
    part = '[data]\ncsv = "d.csv"\nx = ["a", "kind"]\ny = "y"\ncategories = { kind = ["v", "u"] }\n'
    lesson = read(tmp_path, part)
    assert lesson.data.named == {"a": (1, 2, 3), "kind_u": (1, 0, 1)}
    assert lesson.notes == ("kind_u is 1 where kind is u, else 0",)


def test_a_model_of_columns_in_a_part_of_its_own(tmp_path: Path) -> None:
    columns = '[model]\nh = "max(0, a*rooms + b*floor_area)"\ny_pred = "w*h + c"\n'
    lesson = read(tmp_path, columns + COLUMNS)
    assert list(lesson.model.columns) == ["h", "y_pred"]
    assert lesson.model.parameters == ("a", "b", "w", "c")
    # Columns that start alike would stay alike.
    assert lesson.training.seed == 0
    assert len(set(lesson.training.start)) == 4


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ('[model]\nh = "a*x"\n', "model has no y_pred|needs y_pred|y_pred"),
        ('[model]\ny_pred = "w*h"\nh = "a*x"\n', r"\[model\] ends with h: put y_pred last"),
        (
            '[method]\nmodel = "line"\n[model]\ny_pred = "a*x"\n',
            r"there is a \[model\], and model in \[method\]: leave out one of the two",
        ),
        ("[model]\ny_pred = 3\n", "model"),
    ],
)
def test_a_part_that_is_no_model(tmp_path: Path, part: str, told: str) -> None:
    assert re.search(told, refusal(tmp_path, part + DATA))
