"""The arguments that several commands share, and the lesson that they ask for."""

import argparse
import os
import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sheetgd.descent.loss import LOSSES, Loss
from sheetgd.descent.model import model_of
from sheetgd.descent.optimizer import OPTIMIZERS, Optimizer
from sheetgd.engine.doubts import doubts_of
from sheetgd.engine.sweep import rates_of
from sheetgd.errors import DataError, LessonError, OutputError, SheetgdError, warn
from sheetgd.lesson.changes import hyperparameters_left
from sheetgd.lesson.checks import check_uses_x
from sheetgd.lesson.fields import CHOOSABLE, SETTINGS, SHEET_NAMES, Setting, marks_column
from sheetgd.lesson.lesson import Lesson
from sheetgd.lesson.template import (
    TEMPLATE_SUFFIX,
    own_lesson,
    shipped_names,
    shipped_template,
    template_lesson,
    usual_texts,
)
from sheetgd.lesson.values import AUTO, LEAST_RATE_EPOCHS, Variant, number_of, shown, whole_of
from sheetgd.reading.columns import Data
from sheetgd.reading.data_file import read_data

DEFAULT_FOLDER = "outputs"
DEFAULT_WORKBOOK = Path(DEFAULT_FOLDER, "gradient_descent.xlsx")
DEFAULT_LESSON = "original"

_HAVING: Sequence[Optimizer | Loss] = (*OPTIMIZERS.values(), *LOSSES.values())
HYPERPARAMETERS = tuple(dict.fromkeys(name for each in _HAVING for name in each.hyper))
_ABOUT_DATA = (
    "x", "y", "sheet", "block", "delimiter", "decimal", "thousands", "encoding", "missing", "skip",
    "categories",
)  # fmt: skip

_BY_NAME = {each.name for each in SETTINGS.values() if each.kind.reads == "numbers by name"}
"""The settings that are numbers by their names."""

_FLAGS: Mapping[str, str] = {
    "block": "--range", "rates": "--learning-rate", "rate_epochs": "--epochs",
}  # fmt: skip
"""What the command line calls an argument that is not called the same in Python."""


def add_lesson_options(parser: argparse.ArgumentParser, *, rates: bool = False) -> None:
    """Add what a lesson is chosen and changed by, for every command that takes one.

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
    parser.add_argument(
        "--allow-outside", action="store_true", help="let a template's data be outside its folder"
    )
    add_data_options(parser)
    choices = parser.add_argument_group("choices")
    for setting in settings_of("method"):
        add_setting(choices, setting)
    for name in HYPERPARAMETERS:
        having = ", ".join(each.name for each in _HAVING if name in each.hyper)
        choices.add_argument(f"--{name}", type=number, metavar="V", help=f"{name} of {having}")
    group = parser.add_argument_group("settings")
    for setting in settings_of("training"):
        if rates and setting.name in _OF_ONE_RUN:
            continue
        if rates and setting.name in _OF_SEVERAL:
            _add_several(group, setting)
        else:
            add_setting(group, setting)


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add the file of data of one's own, and how it is read."""
    data = parser.add_argument_group("data of your own")
    data.add_argument(
        "--data",
        type=path_of,
        metavar="FILE",
        help="a table as CSV or other text, .gz or not, or a workbook (.xlsx, .xlsm, .xls, .xlsb, "
        ".ods); - reads the standard input",
    )
    data.add_argument(
        "--x",
        metavar="NAME",
        action="append",
        help="the column that becomes x; several with commas between, or --x again for each",
    )
    data.add_argument("--y", metavar="NAME", help="the column that becomes y")
    data.add_argument(
        "--categories",
        metavar="NAME=A,B",
        action="append",
        type=categories_of,
        help="the values of a column of texts: the first is 0, each other one a column of 0 and 1",
    )
    data.add_argument(
        "--sheet", metavar="NAME", help="the workbook's sheet (default: the first that is shown)"
    )
    data.add_argument(
        "--range", dest="block", metavar="B2:C21", help="the sheet's cells; 5:20 are rows or lines"
    )
    data.add_argument("--delimiter", metavar="CHARACTER", help="what parts the columns of a text")
    data.add_argument("--decimal", metavar="CHARACTER", help="the decimal point or comma")
    data.add_argument(
        "--thousands", metavar="CHARACTER", help="the mark between groups of three digits"
    )
    data.add_argument("--encoding", metavar="NAME", help="the encoding of a text, such as cp1252")
    data.add_argument(
        "--missing", metavar="drop", help="leave out the rows in which a value is missing"
    )
    data.add_argument("--skip", type=whole, metavar="N", help="leave out the first lines or rows")
    names = data.add_mutually_exclusive_group()
    names.add_argument("--header", type=whole, metavar="N", help="the line or row with the names")
    names.add_argument(
        "--no-header", action="store_true", help="the first line holds numbers, not names"
    )


_OF_ONE_RUN = ("clicks", "min_delta", "patience", "stop_diverging")
_OF_SEVERAL = ("learning_rate", "epochs")


def _add_several(group: argparse._ActionsContainer, setting: Setting) -> None:
    """Add what stands for a setting where several learning rates are compared."""
    if setting.name == "epochs":
        group.add_argument(
            setting.flag,
            dest="rate_epochs",
            type=_some_epochs,
            metavar="N",
            help="epochs to run at each rate, 2 or more (default: the lesson's, or up to 50)",
        )
        return
    group.add_argument(
        *_flags(setting),
        dest="rates",
        metavar="LOW:HIGH:COUNT",
        help="learning rates, evenly spaced on a log scale; or some with commas between them "
        "(default: the lesson's, or eight that suit the data, as with auto)",
    )


def settings_of(table: str) -> list[Setting]:
    """Return the settings of a record that have an option."""
    return [each for each in SETTINGS.values() if each.table == table and each.metavar]


def _flags(setting: Setting) -> list[str]:
    return [setting.flag, *(f"--{alias.replace('_', '-')}" for alias in setting.aliases)]


def add_setting(group: argparse._ActionsContainer, setting: Setting) -> None:
    """Add the option of a setting, with all that is known of it."""
    reads = setting.kind.reads
    if reads == "flag":
        group.add_argument(*_flags(setting), action="store_true", default=None, help=setting.help)
        return
    group.add_argument(
        *_flags(setting),
        dest=setting.name,
        type=_READS.get(reads, str),
        nargs="+" if reads.startswith(("numbers", "texts")) else None,
        metavar=setting.metavar,
        help=setting.help,
    )


def in_options(error: SheetgdError) -> str:
    """Return an error's message with the options of the command line in place of arguments.

    >>> in_options(LessonError("batch_size is 0: give shuffle=3", "batch_size"))
    '--batch-size is 0: give --shuffle 3'
    >>> in_options(LessonError("give schedule_parameters={'T_max': ...}", "schedule_parameters"))
    'give --schedule-parameters T_max=...'
    """
    return options_in(str(error), error.names)


def options_in(text: str, names: Sequence[str]) -> str:
    """Return a text with options in place of the arguments that it names."""
    # What a command takes by its place, such as a lesson, has no option.
    for name in {*names} - {"lesson"}:
        text = re.sub(rf"(?<![\w-]){name}(?![\w=])", _flag(name), text)
    return _ARGUMENT.sub(_option, text)


_ARGUMENT = re.compile(
    r"(?<![\w.-])([a-z_]+)=(\"[^\"]*\"|'[^']*'|\{'\w+': \.\.\.\}|\.\.\.|-?[\w.]+)"
)


def _option(found: re.Match[str]) -> str:
    name, value = found.groups()
    if name not in _ARGUMENTS:
        return found[0]
    if value == "False":
        return f"--no-{name.replace('_', '-')}"
    if value in {"True", "..."}:
        return _flag(name)
    if value.startswith("{"):
        _, key, _ = value.split("'")
        return f"{_flag(name)} {key}=..."
    text = value[1:-1] if value[0] in "\"'" else value
    return f"{_flag(name)} {shlex.quote(text)}"


_ARGUMENTS = {
    *SETTINGS, *_ABOUT_DATA, "header", "force", "recalculate", "allow_outside",
}  # fmt: skip


def _flag(name: str) -> str:
    return _FLAGS.get(name, f"--{name.replace('_', '-')}")


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
    """Return the lesson that the options ask for; a file of data may stand in its place."""
    name, note = options.lesson or DEFAULT_LESSON, ""
    usual = options.data is not None or name in shipped_names() or name.endswith(TEMPLATE_SUFFIX)
    if not usual and (Path(name).suffix or os.path.isfile(name)):  # noqa: PTH113  for too long a name, a Path raises
        options.lesson, options.data = None, path_of(name)
        note = f"{name} is no lesson (see sheetgd lessons), so it is read as with --data: "
    data = data_of(options, note)
    names = [*SETTINGS, "rates", "rate_epochs"]
    given = {name: getattr(options, name, None) for name in names}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if data is not None and data.marks:
        del changes["validation"]
    for name in _BY_NAME.intersection(changes):
        changes[name] = dict(changes[name])
    if "rates" in changes:
        auto = changes["rates"].strip() == "auto"
        changes["rates"] = () if auto else rates_of(changes["rates"])
    hyper = {name: getattr(options, name) for name in HYPERPARAMETERS}
    hyper = {name: value for name, value in hyper.items() if value is not None}
    if hyper:
        changes["hyperparameters"] = hyper
    # All others tell of a lesson's variants, too.
    alone = options.command == "run" or getattr(options, "no_workbook", False)
    outside = options.allow_outside
    lesson = chosen_lesson(options.lesson, data, changes, alone=alone, allow_outside=outside)
    # Said once all is done: what is refused is told in one line.
    options.read = None if data is None else data.read
    return lesson


def data_of(options: argparse.Namespace, note: str = "") -> Data | None:
    """Return the data that the options ask for; what is said of them begins with a note."""
    about_data = {name: getattr(options, name) for name in _ABOUT_DATA}
    about_data = {name: value for name, value in about_data.items() if value is not None}
    if options.no_header or options.header is not None:
        about_data["header"] = options.header if options.header is not None else False
    if options.data is None and about_data:
        *others, last = (_flag(name) for name in (*_ABOUT_DATA, "header"))
        raise LessonError(
            f"{', '.join(others)} and {last} tell how to read a data file: give it with --data FILE"
        )
    if options.data is None:
        return None
    x = about_data.pop("x", None)
    names = x[0] if x is not None and len(x) == 1 else x
    about_data["categories"] = dict(about_data.get("categories", ()))
    marks = marks_column(getattr(options, "validation", None))
    piped = str(options.data) == "-"
    if piped and sys.stdin is None:
        raise DataError("--data - reads the standard input, and there is none")
    source = sys.stdin.buffer if piped else options.data
    try:
        data = read_data(source, names, **about_data, validation=marks)
    except DataError as error:
        raise DataError(f"{note}{error}", *error.names) from None
    return replace(data, read=f"{note}{data.read}")


def categories_of(text: str) -> tuple[str, tuple[str, ...]]:
    """Take the values of a column of texts, the first of which is 0.

    >>> categories_of("sex=female,male")
    ('sex', ('female', 'male'))
    """
    name, sign, values = text.partition("=")
    found = tuple(each.strip() for each in values.split(","))
    if not sign or len(found) < 2 or not all(found):  # noqa: PLR2004  two or more
        raise argparse.ArgumentTypeError(
            f"{text!r} is not like sex=female,male: a column, and its values, the first one 0"
        )
    return name.strip(), found


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
        return number_of(text)
    except ValueError:
        point = text.replace(",", ".", 1).replace("_", "")
        hint = f": write {point}" if re.fullmatch(r"-?[0-9]*\.?[0-9]+", point) else ""
        raise argparse.ArgumentTypeError(f"{shown(text)} is not a number{hint}") from None


def _number_or_auto(text: str) -> float | str:
    return text if text == "auto" else number(text)


def whole(text: str) -> int:
    """Read a whole number; raise argparse's error for anything else."""
    try:
        return whole_of(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{shown(text)} is not a whole number") from None


def _some_epochs(text: str) -> int:
    epochs = whole(text)
    if epochs < LEAST_RATE_EPOCHS:
        raise argparse.ArgumentTypeError(f"{epochs} is too few: rates are compared over 2 or more")
    return epochs


def _batch(text: str) -> int | str:
    try:
        return text if text == "all" else whole_of(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'{shown(text)} is not a whole number or "all"') from None


def _named_number(text: str) -> tuple[str, float]:
    name, sign, value = text.partition("=")
    if not (sign and name):
        raise argparse.ArgumentTypeError(
            f"{shown(text)} is not a name with its number: write them like NAME=0.5"
        )
    return name, number(value)


_READS: Mapping[str, Callable[[str], Any]] = {
    "number": number,
    "numbers": number,
    "numbers by name": _named_number,
    "whole": whole,
    "number or auto": _number_or_auto,
    "batch": _batch,
}
"""What makes the value of a setting from its text."""


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
        return (
            "data" if str(options.data) == "-" else Path(options.data.name.removesuffix(".gz")).stem
        )
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
    "descent": ("loss", "gradient", "batch_size", "shuffle", "optimizer"),
    "comparison": ("loss", "gradient", "batch_size", "shuffle", "optimizer"),
}
"""Texts of a lesson that speak of its choices; where one is another, the usual texts fit."""


def chosen_lesson(
    which: str | None,
    data: Data | None = None,
    changes: Mapping[str, Any] | None = None,
    *,
    alone: bool = False,
    allow_outside: bool = False,
) -> Lesson:
    """Return the lesson that a command asks for.

    Args:
        which: the name of a shipped lesson, or the path of a template (it ends in .toml);
            None is the original, or the lesson for data of one's own if there are any.
        data: data in place of the lesson's own.
        changes: the settings of the lesson that are to differ; of the hyperparameters,
            those not among them stay, unless the optimiser is another.
        alone: whether the lesson's variants make no difference to what is asked for.
        allow_outside: whether a template's data may stand outside of its folder.

    Returns:
        The lesson; a learning rate and a difference step for data of one's own are chosen unless
        they are given. With other data, what is known and published of the old ones is left out;
        with another model, the texts and pages that were about the old one, too; with other
        choices of a step, the texts that speak of them.

    Raises:
        LessonError: when there is no such lesson, or a change is not acceptable.

    >>> chosen_lesson(None, changes={"model": "quadratic", "learning_rate": 1e-7}).model.text
    'a*x^2+b*x+c'
    """
    given = dict(changes or {})
    if which is None and data is not None:
        lesson = own_lesson(data, given.get("model"))
    else:
        lesson = _unchanged(which or DEFAULT_LESSON, data, allow_outside=allow_outside)
    if "model" in given and model_of(given["model"], lesson.model.inputs) != lesson.model:
        given = {**_ABOUT_THE_MODEL, "texts": usual_texts(), **given}
    if "hyperparameters" in given:
        own = hyperparameters_left(lesson.by_name(), given)
        given["hyperparameters"] = {**own, **given["hyperparameters"]}
    chosen = lesson.with_settings(given)
    chosen = chosen.with_settings(_told_otherwise(lesson, chosen))
    _check_used(chosen, given, alone=alone)
    columns = () if data is None else data.columns
    check_uses_x(chosen.model, chosen.data.x_name, chosen.data.y_name, columns)
    for doubt in doubts_of(chosen, columns):
        warn(doubt)
    return chosen.with_chosen()


def _told_otherwise(lesson: Lesson, chosen: Lesson) -> dict[str, Any]:
    """Return the texts and the label of a lesson that its choices have changed under."""
    before, now = lesson.by_name(), chosen.by_name()
    differs = {name for name, value in now.items() if before[name] != value}
    if "model" in differs:
        return {}
    told: dict[str, Any] = {}
    stale = [key for key, about in _TEXTS_ABOUT.items() if differs.intersection(about)]
    if stale:
        told["texts"] = {**chosen.display.texts, **{key: usual_texts()[key] for key in stale}}
    # A lesson with variants is called after what they have otherwise.
    parted = {name for variant in chosen.display.variants for name in variant.changes}
    if "seed" in parted:
        parted.add("start")
    if differs & parted:
        told["label"] = _USUAL_LABEL
    return told


def _check_used(lesson: Lesson, given: Mapping[str, Any], *, alone: bool) -> None:
    """Refuse settings that nothing reads, and warn of one that makes no difference."""
    told = [lesson] if alone else [lesson, *map(lesson.varied, lesson.display.variants)]
    nudged = SHEET_NAMES["difference_step"]
    if "difference_step" in given and not any(nudged in each.settings for each in told):
        raise LessonError(
            "difference_step is for finite differences, and the gradient is "
            f"{lesson.method.gradient}: leave it out, or choose the gradient forward or central",
            "difference_step",
        )
    if given.get("shuffle") is not None and lesson.batch_size == lesson.n_rows:
        warn(
            "shuffle makes no difference where all rows make one step: choose a smaller batch, or "
            "leave it out"
        )


def _unchanged(name: str, data: Data | None, *, allow_outside: bool) -> Lesson:
    path = Path(name) if name.endswith(TEMPLATE_SUFFIX) else shipped_template(name)
    lesson = template_lesson(path, data, allow_outside=allow_outside)
    return lesson if data is None or name.endswith(TEMPLATE_SUFFIX) else _to_be_chosen(lesson)


def _to_be_chosen(lesson: Lesson) -> Lesson:
    """Return a shipped lesson without the rates and the step that suit its own data."""
    variants = [
        Variant(
            title=each.title,
            changes={
                name: AUTO if name in CHOOSABLE else value for name, value in each.changes.items()
            },
        )
        for each in lesson.display.variants
    ]
    return lesson.with_settings({"variants": variants, **dict.fromkeys(CHOOSABLE, AUTO)})
