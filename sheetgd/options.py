"""The options of the command line that choose and change a lesson."""

import argparse
import os
import re

from sheetgd.errors import LessonError, OutputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from sheetgd.lesson import Lesson

_HYPERPARAMETERS = ("beta", "rho", "beta1", "beta2", "eps")
_CHANGES = (
    "model", "loss", "metric", "gradient", "batch", "shuffle", "optimizer", "learn", "nudge",
    "start", "seed", "epochs", "clicks", "capacity", "tolerance", "patience", "stop_diverging",
    "rates", "rate_epochs",
)  # fmt: skip
_ABOUT_DATA = ("x", "y", "sheet", "block", "delimiter", "decimal")


def add_lesson_options(parser: argparse.ArgumentParser, *, rates: bool = False) -> None:
    """What a lesson is chosen and changed by, for every command that takes one.

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


def lesson_of(options: argparse.Namespace) -> "Lesson":
    """The lesson that the options ask for."""
    from sheetgd.choose import chosen_lesson  # noqa: PLC0415  --help answers without the library

    about_data = {name: getattr(options, name) for name in _ABOUT_DATA}
    data = None
    if options.data is not None:
        from sheetgd.sources import read_data  # noqa: PLC0415  the same

        data = read_data(options.data, **about_data, header=not options.no_header)
    elif options.no_header or any(each is not None for each in about_data.values()):
        raise LessonError(
            "--x, --y, --sheet, --range, --delimiter, --decimal and --no-header tell how to read a "
            "data file: give it with --data FILE"
        )
    given = {name: getattr(options, name, None) for name in _CHANGES}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if "rates" in changes:
        from sheetgd.rates import rates_of  # noqa: PLC0415  the same

        auto = changes["rates"].strip() == "auto"
        changes["rates"] = () if auto else rates_of(changes["rates"])
    hyper = {name: getattr(options, name) for name in _HYPERPARAMETERS}
    hyper = {name: value for name, value in hyper.items() if value is not None}
    if hyper:
        changes["hyper"] = hyper
    # All others tell of a lesson's variants, too.
    alone = options.command == "run" or getattr(options, "no_workbook", False)
    return chosen_lesson(options.lesson, data, changes, alone=alone)


def path_of(text: str) -> "Path":
    """The path of a file."""
    from pathlib import Path  # noqa: PLC0415  --help names no file

    return Path(text)


def target_of(text: str) -> "Path":
    """The path of a file to write, or argparse's error where it can only be a folder's."""
    if os.path.basename(text) in {"", os.curdir, os.pardir}:  # noqa: PTH119  a Path forgets that its text ended in a slash
        raise argparse.ArgumentTypeError(f"{text!r} is not the name of a file")
    return path_of(text)


def number(text: str) -> float:
    """A number, or argparse's error."""
    try:
        return float(text)
    except ValueError:
        point = text.replace(",", ".", 1)
        hint = f": write {point}" if re.fullmatch(r"-?\d*\.?\d+", point) else ""
        raise argparse.ArgumentTypeError(f"{text!r} is not a number{hint}") from None


def _number_or_auto(text: str) -> float | str:
    return text if text == "auto" else number(text)


def whole(text: str) -> int:
    """A whole number, or argparse's error."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def _some_epochs(text: str) -> int:
    epochs = whole(text)
    if epochs < 2:  # noqa: PLR2004  see LEAST_RATE_EPOCHS, which would take the library to read
        raise argparse.ArgumentTypeError(f"{text!r} is too few: rates are compared over 2 or more")
    return epochs


def _batch(text: str) -> int | str:
    try:
        return text if text == "all" else int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'{text!r} is not a whole number or "all"') from None
