"""Options do what they say: alone, together, and whatever lesson they change."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import sheetgd
from sheetgd.cli.arguments import chosen_lesson
from sheetgd.cli.main import main
from sheetgd.descent.gradient import GRADIENT_RULES
from sheetgd.descent.loss import LOSSES, METRICS
from sheetgd.descent.optimizer import OPTIMIZERS
from sheetgd.lesson.fields import by_name
from sheetgd.lesson.template import shipped_lesson, usual_texts
from sheetgd.sheets.book import Book, book_of
from tests.support.commands import refused
from tests.support.each_engine import WHOLE

DOSAGE, QUADRATIC = shipped_lesson("dosage"), shipped_lesson("quadratic")


def answered(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """What a command prints as JSON; nothing is said beside it."""
    assert main([*arguments, "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    found: dict[str, Any] = json.loads(captured.out)
    return found


def test_epochs_are_as_many_as_were_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    # The published run of 1001 steps; the lesson has 7 clicks of 143.
    run = answered(capsys, "run", "dosage", "--epochs", "1001")
    last = run["log"][-1]
    assert last["epoch"] == 1001
    assert last["m"] == pytest.approx(-0.4681258499622345, abs=1e-6)
    assert last["b"] == pytest.approx(1.7542961835861206, abs=1e-6)


@pytest.mark.parametrize(
    ("given", "epochs"),
    [
        ([], 7 * 143),
        (["--epochs", "10"], 10),
        (["--epochs", "10", "--clicks", "3"], 30),
        (["--clicks", "3"], 3 * 143),
        (["--clicks", "0"], 0),
        (["--epochs", "0"], 0),
    ],
)
def test_epochs_and_clicks(
    capsys: pytest.CaptureFixture[str], given: Sequence[str], epochs: int
) -> None:
    assert main(["run", "dosage", *given, "-q"]) == 0
    assert re.search(rf"\bafter {epochs} epochs\b", capsys.readouterr().out)


def test_a_workbook_is_built_with_as_many_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "dosage", "--epochs", "10", "--capacity", "12", "-o", "ten.xlsx"]) == 0
    assert " 10 epochs run, room for 12" in capsys.readouterr().out
    ten = DOSAGE.changed(epochs=10)
    assert (ten.training.epochs, ten.training.clicks, ten.epochs_run) == (10, 1, 10)
    assert DOSAGE.changed(epochs=10, clicks=2).epochs_run == 20
    assert DOSAGE.changed(clicks=2).epochs_run == 286
    assert sheetgd.shipped_lesson("dosage").changed(epochs=10).run().epochs == 10
    # There is room for more than the lesson's, and only where more is asked for.
    assert (DOSAGE.changed(epochs=5000).capacity, ten.capacity) == (5000, 1001)


CHOICES: Sequence[dict[str, Any]] = (
    # The log loss judges models that end in sigmoid only.
    *({"metric": each} for each in METRICS if each != "log-loss"),
    *({"loss": each} for each in LOSSES),
    *({"gradient": each} for each in GRADIENT_RULES),
    *({"batch": each} for each in (1, "all")),
    *({"optimizer": each} for each in OPTIMIZERS),
    {"optimizer": "adam", "learn": 0.01, "hyperparameters": {"beta1": 0.5}},
    {"learn": 3e-6},
    {"seed": 3},
    {"start": ()},
    {"epochs": 2},
    {"clicks": 2},
    {"min_delta": 0.1, "patience": 2},
    {"stop_diverging": True},
    {"model": "quadratic"},
    {"model": "a*exp(b*x)", "start": (1.0, 0.0)},
)


def known_lines(book: Book) -> list[tuple[str, str]]:
    """Each line of the page Check of figures that are known: its column, and how it is."""
    page = next((each for each in book.pages if each.title == "Check"), None)
    if page is None:
        return []
    cells = {str(cell.address): cell.value for cell in page.all_cells()}
    lines = range(8, 1 + max(cell.address.row for cell in page.all_cells()))
    return [(str(cells[f"E{row}"]), str(cells[f"I{row}"])) for row in lines]


@pytest.mark.parametrize(
    "name",
    ["parabola", *(["dosage", "optimisers", "quadratic"] if WHOLE else [])],
)
@pytest.mark.slow
@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_every_choice_builds_with_every_lesson(name: str, choice: dict[str, Any]) -> None:
    changes = dict(choice)
    if name == "parabola" and "model" in choice:
        pytest.skip("its one row is for one parameter")
    if "start" in choice and not choice["start"]:
        changes["start"] = (0.25,) * len(shipped_lesson(name).training.start)
    lesson = chosen_lesson(name, changes=changes).changed(rate_epochs=2)
    lesson = lesson.changed(
        epochs=min(lesson.training.epochs, 11), clicks=min(lesson.training.clicks, 2), capacity=22
    )
    lines = known_lines(book_of(lesson))
    # What is shown as known holds for the lesson as it is.
    assert {match for _, match in lines} <= {"same"}
    # The metric huber has a setting of its own.
    same_steps = set(choice) <= {"metric", "epochs", "clicks"} and "huber" not in choice.values()
    if name != "optimisers":
        assert bool(lines) == (same_steps or _changes_nothing(name, choice)), lines


def _changes_nothing(name: str, choice: dict[str, Any]) -> bool:
    lesson = shipped_lesson(name)
    before = lesson.by_name()
    return (lesson.n_rows == 1 and "batch" in choice) or all(
        before[key] == value for key, value in by_name(choice).items()
    )


@pytest.mark.parametrize(
    ("name", "changes", "columns"),
    [
        ("quadratic", {"metric": "rmse"}, ["g_a", "g_b", "g_c"]),
        ("quadratic", {}, ["mse", "g_a", "g_b", "g_c", *["mse"] * 10]),
        ("dosage", {"metric": "mse"}, ["y_pred"] * 8 + ["mse", "g_m", "g_b", "m", "b", "mse"]),
        ("dosage", {"metric": "mae"}, ["y_pred"] * 8 + ["g_m", "g_b", "m", "b"]),
        ("dosage", {"learn": 0.02}, []),
        ("dosage", {"seed": 3}, []),
        ("dosage", {"nudge": 0.5}, ["y_pred"] * 8 + ["mse", "g_m", "g_b", "m", "b", "mse"]),
    ],
)
def test_known_figures_that_no_longer_apply_are_left_out(
    name: str, changes: dict[str, Any], columns: list[str]
) -> None:
    known = [
        each for each in chosen_lesson(name, changes=changes).display.expected if each.epoch < 1001
    ]
    assert [each.column for each in known] == columns


def test_the_lesson_s_words_follow_its_choices() -> None:
    usual = usual_texts()
    batch = chosen_lesson("dosage", changes={"batch": 1})
    assert "one batch" in DOSAGE.display.texts["descent"]
    assert batch.display.texts["descent"] == usual["descent"]
    assert batch.display.texts["intro"] == DOSAGE.display.texts["intro"]
    original = shipped_lesson("original")
    metric = chosen_lesson("original", changes={"metric": "mae"})
    assert "take the root" in original.display.texts["error"]
    assert metric.display.texts == {**original.display.texts, "error": usual["error"]}
    assert (
        chosen_lesson("original", changes={"learn": 0.0002}).display.texts == original.display.texts
    )
    assert chosen_lesson("dosage", changes={"batch": "all"}).display.texts == DOSAGE.display.texts


@pytest.mark.parametrize(
    ("name", "changes", "label"),
    [
        ("parabola", {"learn": 0.3}, "The lesson"),
        ("parabola", {"learn": 0.02}, "Too low"),
        ("parabola", {"epochs": 3}, "Too low"),
        ("dosage", {"gradient": "central"}, "The lesson"),
        ("dosage", {"learn": 0.3}, "Closed form"),
        ("quadratic", {"start": (1, 2, 3)}, "The lesson"),
        ("quadratic", {"seed": 3}, "The lesson"),
        ("quadratic", {"learn": 1e-6}, "Published start"),
        ("optimisers", {"optimizer": "adam"}, "The lesson"),
    ],
)
def test_a_lesson_is_called_after_what_its_variants_have_otherwise(
    name: str, changes: dict[str, Any], label: str
) -> None:
    assert chosen_lesson(name, changes=changes).display.label == label


def test_hyperparameters_that_are_not_named_stay() -> None:
    path = Path("mine.toml")
    path.write_text(
        "[method]\noptimizer = 'adam'\nhyperparameters = { beta1 = 0.7, beta2 = 0.8 }\n"
        "[data]\nx = [1, 2]\ny = [1, 2]\n"
    )
    changed = chosen_lesson(str(path), changes={"hyperparameters": {"eps": 1e-6}})
    assert dict(changed.method.hyperparameters) == {"beta1": 0.7, "beta2": 0.8, "eps": 1e-6}
    other = chosen_lesson(
        str(path), changes={"optimizer": "momentum", "hyperparameters": {"beta": 0.5}}
    )
    assert dict(other.method.hyperparameters) == {"beta": 0.5}


DATA = "x,y\n1,2\n2,3\n3,5\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("run --seed 1 --start 1 1", "seed 1 draws a start at random, and a start is given"),
        ("run quadratic --start 1 2 3 --seed 7", "leave out one of the two"),
        ("run --patience 3", "--patience 3 goes with --min-delta.*give --min-delta, too"),
        ("run --patience 5", "--patience 5 goes with --min-delta.*give --min-delta, too"),
        ("build --patience 2", "--patience 2 goes with --min-delta"),
        (
            "run dosage --nudge 0.1",
            "--difference-step is for finite differences, and the gradient is analytic",
        ),
        ("sweep dosage --nudge 0.1 --no-workbook", "--difference-step is for finite differences"),
        ("run --beta 0.5", "beta is not a hyperparameter of the optimiser sgd"),
        ("run --optimizer adam --beta 0.5", "it has only beta1, beta2, eps"),
        ("run --x a", "give it with --data FILE"),
        ("run --x=", "give it with --data FILE"),
        ("run --delimiter=", "give it with --data FILE"),
        ("run --decimal=", "give it with --data FILE"),
        ("run --no-header", "give it with --data FILE"),
        ("run --data d.csv --delimiter=", "--delimiter '' is not known: give one character"),
        ("run --data d.csv --decimal=", "--decimal '' is not known"),
        ("run --data d.csv --sheet=", "--sheet is for a workbook"),
        ("run --data d.csv --range A1:B3", "--range is for a workbook"),
        ("run --data d.xlsx --delimiter ;", "--delimiter is for a CSV file"),
        ("run --data d.xlsx --decimal ,", "--decimal is for a CSV file"),
        ("run --data d.csv --x x --y x", "x and y are one column"),
        ("run --steps --quiet", "--quiet prints none: leave out one of the two"),
        ("run --steps --quiet --json", "--quiet prints none: leave out one of the two"),
        ("run --force", "none is written: name it with --csv"),
        ("sweep --no-workbook --force", "none is written: name it with --csv"),
        ("script --force", "none is written: name it with --output"),
        ("sweep --no-workbook --compress small", "--compress is for a workbook"),
        ("sweep --no-workbook -o x.xlsx", "leave out one of the two"),
        ("picture --kind fit --over m b", "over is for the kinds"),
    ],
)
def test_what_would_be_ignored_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: str, says: str
) -> None:
    Path("d.csv").write_text(DATA)
    assert re.search(says, refused(capsys, *arguments.split()))


def test_what_has_something_to_do_is_not_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for given in (
        ["--min-delta", "0.5", "--patience", "2"],
        ["dosage", "--nudge", "0.1", "--gradient", "central", "--epochs", "1"],
        ["--steps", "-q", "--csv", "a.csv", "--epochs", "1"],
        ["--steps", "-q", "--csv", "a.csv", "--epochs", "1", "--force"],
        ["--every", "2", "--quiet"],
    ):
        assert main(["run", *given]) == 0
    # Two of the lesson's variants are by finite differences, and the workbook shows them.
    small = chosen_lesson("dosage", changes={"nudge": 0.1})
    assert [small.varied(each).settings["nudge"] for each in small.display.variants] == [0.1, 0.1]
    assert capsys.readouterr().err == ""


def test_a_shuffle_that_makes_no_difference_is_warned_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(*given: str) -> tuple[str, str]:
        assert main(["run", "dosage", "--epochs", "1", *given]) == 0
        captured = capsys.readouterr()
        return captured.out, captured.err

    plain, _ = run()
    shuffled, said = run("--shuffle", "2")
    assert shuffled == plain
    (line,) = said.splitlines()
    assert line.startswith("sheetgd: warning: shuffle makes no difference")
    assert run("--shuffle", "2", "--batch", "7")[1] == ""


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("-x^2*a+b", "(-(x^2))*a+b"),
        ("-a*x + b", "(-a)*x+b"),
        ("-h*x+q", "(-h)*x+q"),  # -h and -q are options
        ("-q*x+o", "(-q)*x+o"),
        ("-a=", None),
        ("-1e-3*x*a", "(-0.001)*x*a"),
    ],
)
@pytest.mark.parametrize("joined", [False, True])
def test_a_formula_may_begin_with_a_minus(
    capsys: pytest.CaptureFixture[str], formula: str, text: str | None, *, joined: bool
) -> None:
    model = [f"--model={formula}"] if joined else ["--model", formula]
    if text is None:
        assert "is not a formula" in refused(capsys, "run", *model)
        return
    names = sorted({*text} & {*"abhoq"}, key=text.index)
    assert main(["run", *model, "--epochs", "0"]) == 0
    header = capsys.readouterr().out.splitlines()[0].split()
    assert header[1 : 1 + len(names)] == names
    assert (
        chosen_lesson(None, changes={"model": formula}).model.text.replace("(-(0.001))", "(-0.001)")
        == text
    )


@pytest.mark.parametrize(
    ("start", "says"),
    [
        (["-1", "-2"], "-1 -2"),
        (["-1.", "-2.e-1"], "-1 -0.2"),
        (["-1e-3", "-.5"], "-0.001 -0.5"),
        (["-inf", "1"], "value 1 is -inf"),
        (["1", "-nan"], "value 2 is nan"),
        (["-1,5", "2"], "'-1,5' is not a number: write -1.5"),
        (["-1.5.2", "2"], "'-1.5.2' is not a number"),
    ],
)
def test_a_start_of_negative_numbers(
    capsys: pytest.CaptureFixture[str], start: Sequence[str], says: str
) -> None:
    given = ["run", "--epochs", "0", "--start", *start]
    if "is" in says:
        assert says in refused(capsys, *given)
        return
    assert main(given) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[1:3] == says.split()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--learn", "-0.1"], '--learning-rate is -0.1: it must be a number above 0, or "auto"'),
        (["--learn", "-1e-3"], "--learning-rate is -0.001"),
        (["--nudge", "-1"], "--difference-step is -1.0"),
        (["--epochs", "-3"], "epochs is -3"),
        (["--learn", "-x"], "--learn: '-x' is not a number"),
        (["--learn", "--epochs", "3"], "--learn: expected one argument"),
        (["--model", "--epochs", "3"], "argument --model: expected one argument"),
        (["--model", "-q"], "argument --model: expected one argument"),
        (["--model"], "argument --model: expected one argument"),
        (["-z"], "unrecognized arguments: -z (see sheetgd run --help)"),
        (["--optimiser=adam"], "did you mean --optimizer? (see"),
        (["--tolerance", "1"], "; write --min-delta (see"),
        (["--momentum", "0.9"], "; write --optimizer momentum --beta (see"),
        (["--learn", "0,1"], "'0,1' is not a number: write 0.1"),
        (["--csv", "-odd.csv", "--epochs", "-2"], "epochs is -2"),
    ],
)
def test_other_values_that_begin_with_a_minus(
    capsys: pytest.CaptureFixture[str], arguments: Sequence[str], says: str
) -> None:
    assert says in refused(capsys, "run", *arguments)


def test_what_an_optimiser_remembers_is_given_by_its_columns(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ["run", "parabola", "--optimizer", "momentum", "--json", "--epochs", "2"]
    assert main([*options, "--optimizer-state", "v_w=2"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["lesson"]["optimizer_state"] == {"v_w": 2.0}
    assert found["log"][0]["v_w"] == 2
    with pytest.raises(SystemExit):
        main([*options, "--optimizer-state", "v_w"])
    assert "'v_w' is not a name with its number" in capsys.readouterr().err
    assert main([*options, "--optimizer-state", "v_m=2"]) == 2
    assert "the optimiser momentum remembers v_w" in capsys.readouterr().err


def test_rows_are_held_back_and_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["run", "quadratic", "--validation", "0.25", "--epochs", "4", "--restore-best"]
    assert main(options) == 0
    assert re.search(r"val_mse [\d.]+ in the end, lowest [\d.]+ at epoch", capsys.readouterr().out)
    found = answered(capsys, *options)
    assert found["validation"]["name"] == "val_mse"
    assert found["validation"]["last"] == found["log"][-1]["val_mse"]
    assert answered(capsys, "run", "quadratic", "--epochs", "4")["validation"] is None


def test_a_file_of_data_in_the_place_of_a_lesson(capsys: pytest.CaptureFixture[str]) -> None:
    Path("houses.csv").write_text("area,price\n70,200\n90,260\n50,150\n")
    assert main(["build", "houses.csv"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("outputs/houses.xlsx\n")
    (line,) = captured.err.splitlines()
    assert line.startswith(
        "sheetgd: houses.csv is no lesson (see sheetgd lessons), so it is read as with --data: "
    )
    assert main(["run", "--data", "houses.csv", "-q"]) == 0
    asked = capsys.readouterr().out
    assert main(["run", "houses.csv", "-q"]) == 0
    assert capsys.readouterr().out == asked


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("notes.txt", "Dear all,\nthe house is sold, at last, and well.\nBest, A.\n"),
        ("README", "# Houses\n\nWhat they cost.\n"),
        ("houses.csv", "area,price\n70,200\n90,dear\n"),
        ("empty.csv", ""),
        ("none.csv", None),
    ],
)
def test_a_file_that_is_neither_lesson_nor_data(
    capsys: pytest.CaptureFixture[str], name: str, text: str | None
) -> None:
    if text is not None:
        Path(name).write_text(text)
    said = refused(capsys, "run", name)
    assert said.startswith(f"sheetgd: {name} is no lesson (see sheetgd lessons), so it is read as")
    assert f"{name}: " in said.partition("--data: ")[2]
    assert "choose from batches" in refused(capsys, "run", "n" * 5000)
