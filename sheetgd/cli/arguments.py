"""The arguments that several commands share, and the lesson that they ask for."""

import argparse
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from sheetgd.descent.model import model_of
from sheetgd.engine.automatic import fitted
from sheetgd.engine.sweep import rates_of
from sheetgd.errors import LessonError, OutputError, warn
from sheetgd.lesson.checks import check_uses_x
from sheetgd.lesson.lesson import LEAST_RATE_EPOCHS, Lesson, Variant, doubts_of
from sheetgd.lesson.parts import AUTO, CHOOSABLE, with_pending
from sheetgd.lesson.template import (
    TEMPLATE_SUFFIX,
    own_lesson,
    read_template,
    shipped_template,
    usual_texts,
)
from sheetgd.reading.columns import Data
from sheetgd.reading.data_file import read_data

DEFAULT_FOLDER = "outputs"
DEFAULT_WORKBOOK = Path(DEFAULT_FOLDER, "gradient_descent.xlsx")
DEFAULT_LESSON = "original"

_HYPERPARAMETERS = ("beta", "rho", "beta1", "beta2", "eps")
_CHANGES = (
    "model", "loss", "metric", "gradient", "batch", "shuffle", "optimizer", "learn", "nudge",
    "start", "seed", "epochs", "clicks", "capacity", "tolerance", "patience", "stop_diverging",
    "rates", "rate_epochs",
)  # fmt: skip
_ABOUT_DATA = ("x", "y", "sheet", "block", "delimiter", "decimal")


def add_lesson_options(parser: argparse.ArgumentParser, *, rates: bool = False) -> None:
    """Add the arguments that choose and change a lesson, for every command that takes one.

    Args:
        parser: the command's.
        rates: whether the command takes several learning rates, and the epochs of each.
    """
    parser.add_argument(
        "lesson",
        nargs="?",
        metavar="LESSON",
        help="a shipped lesson (see `sheetgd lessons`) or a template file (default: original)",
    )
    data = parser.add_argument_group("data of your own")
    data.add_argument(
        "--data", type=path_of, metavar="FILE", help="a CSV file or an .xlsx workbook"
    )
    data.add_argument("--x", metavar="NAME", help="the column that becomes x")
    data.add_argument("--y", metavar="NAME", help="the column that becomes y")
    data.add_argument("--sheet", metavar="NAME", help="the workbook's sheet (default: the first)")
    data.add_argument("--range", dest="block", metavar="B2:C21", help="the sheet's cells")
    data.add_argument("--delimiter", metavar="CHARACTER", help="what parts the columns of a CSV")
    data.add_argument("--decimal", metavar="CHARACTER", help="its decimal point or comma")
    data.add_argument(
        "--no-header", action="store_true", help="the first line holds numbers, not names"
    )
    choices = parser.add_argument_group("choices")
    choices.add_argument(
        "--model",
        metavar="MODEL",
        help='line, quadratic, cubic, "polynomial 4", or a formula such as "a*exp(b*x) + c"',
    )
    choices.add_argument(
        "--loss",
        metavar="LOSS",
        help="what steps are to lower: mse (squared error of a row) or mae",
    )
    choices.add_argument(
        "--metric", metavar="METRIC", help="what an epoch is judged by: rmse, mse, mae or root_sse"
    )
    choices.add_argument(
        "--gradient",
        metavar="RULE",
        help="how derivatives are found: forward, central, exact or published",
    )
    choices.add_argument(
        "--batch", type=_batch, metavar="N", help="rows to a step: 1, any number, or all"
    )
    choices.add_argument(
        "--shuffle", type=whole, metavar="SEED", help="a random order of the rows in every epoch"
    )
    choices.add_argument(
        "--optimizer",
        metavar="NAME",
        help="plain, momentum, momentum-averaged, adagrad, rmsprop or adam",
    )
    for name in _HYPERPARAMETERS:
        choices.add_argument(f"--{name}", type=number, metavar="V", help="of the optimiser")
    _add_settings(parser, rates=rates)


def _add_settings(parser: argparse.ArgumentParser, *, rates: bool) -> None:
    group = parser.add_argument_group("settings")
    if rates:
        group.add_argument(
            "--learn",
            dest="rates",
            metavar="LOW:HIGH:COUNT",
            help="learning rates, evenly spaced on a log scale; or some with commas between them "
            "(default: the lesson's, or eight that suit the data, as with auto)",
        )
    else:
        group.add_argument(
            "--learn",
            type=_number_or_auto,
            metavar="RATE",
            help="learning rate, or auto, which data of your own have by default: the best of some",
        )
    group.add_argument(
        "--nudge",
        type=_number_or_auto,
        metavar="H",
        help="step of finite differences, or auto, which data of your own have by default",
    )
    group.add_argument(
        "--start",
        type=number,
        nargs="+",
        metavar="V",
        help="where the descent starts: one number for each parameter",
    )
    group.add_argument(
        "--seed",
        type=whole,
        metavar="SEED",
        help="start at random, from N(0, 1), with this seed; instead of --start",
    )
    if rates:
        group.add_argument(
            "--epochs",
            dest="rate_epochs",
            type=_some_epochs,
            metavar="N",
            help="epochs to run at each rate, 2 or more (default: the lesson's, or up to 50)",
        )
        return
    group.add_argument(
        "--epochs",
        type=whole,
        metavar="N",
        help="how many epochs to run; with --clicks: so many for each click of Run Epoch",
    )
    group.add_argument(
        "--clicks",
        type=whole,
        metavar="N",
        help="how often Run Epoch has been clicked (default: the lesson's; with --epochs: once)",
    )
    group.add_argument(
        "--tolerance",
        type=number,
        metavar="T",
        help="stop when the metric has not got better by more than this",
    )
    group.add_argument(
        "--patience",
        type=whole,
        metavar="N",
        help="with --tolerance: for so many epochs (default: 5)",
    )
    group.add_argument(
        "--stop-diverging", action="store_true", default=None, help="stop when the run diverges"
    )


def check_together(options: argparse.Namespace) -> None:
    """Refuse an option that another one given with it leaves without effect."""
    given = vars(options)
    no_workbook = given.get("no_workbook", False)
    if no_workbook and options.output is not None:
        raise OutputError(f"{options.output}: --no-workbook writes none; leave out one of the two")
    if no_workbook and options.compress != "fast":
        raise OutputError(
            "--compress is for a workbook, and --no-workbook writes none: leave it out"
        )
    # These write nothing unless they are told where.
    asked = {"run": "csv", "script": "output", "sweep": "csv" if no_workbook else ""}
    file = asked.get(options.command)
    if file and options.force and given[file] is None:
        raise OutputError(f"--force is for a file, and none is written: name it with --{file}")
    if given.get("steps") and options.quiet and options.csv is None:
        raise OutputError(
            "--steps is for a table, and --quiet prints none: leave out one of the two, or keep "
            "the table with --csv FILE"
        )


def lesson_of(options: argparse.Namespace) -> Lesson:
    """Return the lesson that the options ask for."""
    about_data = {name: getattr(options, name) for name in _ABOUT_DATA}
    data = None
    if options.data is not None:
        data = read_data(options.data, **about_data, header=not options.no_header)
    elif options.no_header or any(each is not None for each in about_data.values()):
        raise LessonError(
            "--x, --y, --sheet, --range, --delimiter, --decimal and --no-header tell how to read a "
            "data file: give it with --data FILE"
        )
    given = {name: getattr(options, name, None) for name in _CHANGES}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if "rates" in changes:
        auto = changes["rates"].strip() == "auto"
        changes["rates"] = () if auto else rates_of(changes["rates"])
    hyper = {name: getattr(options, name) for name in _HYPERPARAMETERS}
    hyper = {name: value for name, value in hyper.items() if value is not None}
    if hyper:
        changes["hyper"] = hyper
    # All others tell of a lesson's variants, too.
    alone = options.command == "run" or getattr(options, "no_workbook", False)
    return chosen_lesson(options.lesson, data, changes, alone=alone)


def path_of(text: str) -> Path:
    """Take the path of a file."""
    return Path(text)


def target_of(text: str) -> Path:
    """Take the path of a file to write; raise argparse's error where it can only be a folder's."""
    if os.path.basename(text) in {"", os.curdir, os.pardir}:  # noqa: PTH119  a Path forgets that its text ended in a slash
        raise argparse.ArgumentTypeError(f"{text!r} is not the name of a file")
    return path_of(text)


def number(text: str) -> float:
    """Read a number; raise argparse's error for anything else."""
    try:
        return float(text)
    except ValueError:
        point = text.replace(",", ".", 1)
        hint = f": write {point}" if re.fullmatch(r"-?\d*\.?\d+", point) else ""
        raise argparse.ArgumentTypeError(f"{text!r} is not a number{hint}") from None


def _number_or_auto(text: str) -> float | str:
    return text if text == "auto" else number(text)


def whole(text: str) -> int:
    """Read a whole number; raise argparse's error for anything else."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def _some_epochs(text: str) -> int:
    epochs = whole(text)
    if epochs < LEAST_RATE_EPOCHS:
        raise argparse.ArgumentTypeError(f"{text!r} is too few: rates are compared over 2 or more")
    return epochs


def _batch(text: str) -> int | str:
    try:
        return text if text == "all" else int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'{text!r} is not a whole number or "all"') from None


def add_force(parser: argparse.ArgumentParser) -> None:
    """Add ``--force``."""
    parser.add_argument(
        "--force", action="store_true", help="replace a different file that is already there"
    )


def add_compress(parser: argparse.ArgumentParser) -> None:
    """Add ``--compress``."""
    parser.add_argument(
        "--compress",
        default="fast",
        metavar="HOW",
        help="fast, or small: a fifth smaller, and for a long one more than twice the time "
        "(default: fast)",
    )


def add_csv(parser: argparse.ArgumentParser) -> None:
    """Add ``--csv``."""
    parser.add_argument("--csv", type=target_of, metavar="FILE", help="also keep the table as CSV")


def add_quiet(parser: argparse.ArgumentParser, what: str) -> None:
    """Add ``--quiet``, which does what is said."""
    parser.add_argument("-q", "--quiet", action="store_true", help=what)


def add_json(parser: argparse._ActionsContainer, what: str) -> None:
    """Add ``--json``, which prints what is said."""
    parser.add_argument(
        "--json", action="store_true", help=f"print {what} as JSON; infinity and NaN are null"
    )


def name_of(options: argparse.Namespace) -> str:
    """Name a workbook after the data, the lesson, or the one lesson it began with."""
    if options.data is not None:
        return str(options.data.stem)
    if options.lesson in {None, DEFAULT_LESSON}:
        return DEFAULT_WORKBOOK.stem
    return Path(options.lesson).stem


_USUAL_LABEL = "The lesson"

_ABOUT_THE_MODEL: Mapping[str, Any] = {
    "title": "Gradient Descent",
    "published": None,
    "variants": (),
    "compared": (),
    "expected": (),
    "findings": (),
}
"""What of a lesson is about its model, and goes with it."""

_TEXTS_ABOUT: Mapping[str, Sequence[str]] = {
    "error": ("loss", "metric"),
    "descent": ("loss", "gradient", "batch", "shuffle", "optimizer"),
    "comparison": ("loss", "gradient", "batch", "shuffle", "optimizer"),
}
"""Texts of a lesson that speak of its choices; where one is another, the usual texts fit."""


def chosen_lesson(
    which: str | None,
    data: Data | None = None,
    changes: Mapping[str, Any] | None = None,
    *,
    alone: bool = False,
) -> Lesson:
    """Return the lesson that a command asks for.

    Args:
        which: the name of a shipped lesson, or the path of a template (it ends in .toml);
            None is the original, or the lesson for data of one's own if there are any.
        data: data in place of the lesson's own.
        changes: the attributes of the lesson that are to differ; of the hyperparameters,
            those not among them stay, unless the optimiser is another.
        alone: whether the lesson's variants make no difference to what is asked for.

    Returns:
        The lesson; a learning rate and a nudge for data of one's own are chosen unless they are
        given. With other data, what is known and published of the old ones is left out; with
        another model, the texts and pages that were about the old one, too; with other choices
        of a step, the texts that speak of them.

    Raises:
        LessonError: when there is no such lesson, or a change is not acceptable.

    >>> chosen_lesson(None, changes={"model": "quadratic", "learn": 1e-7}).form.text
    'a*x^2+b*x+c'
    """
    given = dict(changes or {})
    if which is None and data is not None:
        lesson = own_lesson(data, given.get("model"))
    else:
        lesson = _unchanged(which or DEFAULT_LESSON, data)
    if "model" in given and model_of(given["model"]) != lesson.form:
        given = {**_ABOUT_THE_MODEL, "texts": usual_texts(), **given}
    if "hyper" in given and given.get("optimizer", lesson.optimizer) == lesson.optimizer:
        given["hyper"] = {**lesson.hyper, **given["hyper"]}
    chosen = lesson.changed(**given)
    chosen = chosen.changed(**_told_otherwise(lesson, chosen))
    _check_used(chosen, given, alone=alone)
    columns = () if data is None else data.columns
    check_uses_x(chosen.form, chosen.x_name, chosen.y_name, columns)
    for doubt in doubts_of(chosen, columns):
        warn(doubt)
    return fitted(chosen)


def _told_otherwise(lesson: Lesson, chosen: Lesson) -> dict[str, Any]:
    """Replace the texts and the label of a lesson that its choices have made untrue."""
    differs = {
        each.name
        for each in fields(Lesson)
        if getattr(lesson, each.name) != getattr(chosen, each.name)
    }
    if "model" in differs:
        return {}
    told: dict[str, Any] = {}
    stale = [key for key, about in _TEXTS_ABOUT.items() if differs.intersection(about)]
    if stale:
        told["texts"] = {**chosen.texts, **{key: usual_texts()[key] for key in stale}}
    # A lesson with variants is called after what they have otherwise.
    parted = {name for variant in chosen.variants for name in variant.changes}
    if "seed" in parted:
        parted.add("start")
    if differs & parted:
        told["label"] = _USUAL_LABEL
    return told


def _check_used(lesson: Lesson, given: Mapping[str, Any], *, alone: bool) -> None:
    """Refuse settings that nothing reads, and warn of one that makes no difference."""
    told = [lesson] if alone else [lesson, *map(lesson.varied, lesson.variants)]
    if "nudge" in given and not any("nudge" in each.settings for each in told):
        raise LessonError(
            f"nudge is for finite differences, and the gradient is {lesson.gradient}: leave it "
            "out, or choose the gradient forward or central"
        )
    if given.get("shuffle") is not None and lesson.batch_size == lesson.rows:
        warn(
            "shuffle makes no difference where all rows make one step: choose a smaller batch, or "
            "leave it out"
        )


def _unchanged(name: str, data: Data | None) -> Lesson:
    path = Path(name) if name.endswith(TEMPLATE_SUFFIX) else shipped_template(name)
    lesson = read_template(path, data)
    if data is None:
        return lesson
    known = {"published": None, "expected": (), "grid": (), "rates": ()}
    lesson = lesson.changed(**known, reconstructed=frozenset())
    return lesson if name.endswith(TEMPLATE_SUFFIX) else _to_be_chosen(lesson)


def _to_be_chosen(lesson: Lesson) -> Lesson:
    """Return a shipped lesson without the rates and the nudge that suit its own data."""
    variants = tuple(
        Variant(
            title=each.title,
            changes=with_pending({**each.changes, **_all_auto(each.changes)}),
        )
        for each in lesson.variants
    )
    return lesson.changed(variants=variants, **dict.fromkeys(CHOOSABLE, AUTO))


def _all_auto(settings: Mapping[str, Any]) -> dict[str, str]:
    return {name: AUTO for name in CHOOSABLE if name in settings}
