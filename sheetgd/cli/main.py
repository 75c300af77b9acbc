"""The command line: find the command, let it work, return an exit code.

A command is a module of this package, loaded when it is called: it adds its arguments, and runs.
Nothing of the library is imported before, so that --help answers at once.
"""

import argparse
import os
import re
import signal
import sys
import warnings
from contextlib import contextmanager, suppress
from importlib import import_module
from io import FileIO, TextIOWrapper

from sheetgd.errors import SheetgdError, SheetgdWarning, did_you_mean, message, printable
from sheetgd.version import __version__

# Not the one of `typing`, which takes longer to import than --help to answer.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType
    from typing import Any, NoReturn, Protocol, TextIO

    class Command(Protocol):
        """The module of a command."""

        add_arguments: Callable[[argparse.ArgumentParser], None]
        run: Callable[[argparse.Namespace], int]


TROUBLE = 2
"""The exit code when something is wrong with what was asked for."""

INTERRUPTED = 130
_SIGNALLED = 128
"""By convention, a process that a signal has ended has this plus its number for an exit code."""

_STANDARD_OUTPUT, _COLUMNS = 1, 80
_NEGATIVE = re.compile(r"-(?:[.,]?\d|inf|nan)", re.IGNORECASE)
"""How what is meant for a negative number begins, be it one or not."""

COMMANDS: "Mapping[str, tuple[str, str]]" = {
    "build": (
        "write a workbook, or a page for the browser",
        (
            "Write a workbook, or a page that runs in any browser, as the name of the file says, "
            "or both."
        ),
    ),
    "page": (
        "write a page for the browser",
        (
            "Write a lesson as one file that runs in any browser, on a phone, too, without a "
            "network: all can be changed in it but the formula."
        ),
    ),
    "run": (
        "run the descent and print its log",
        "Run the descent and print its log, a line for each epoch.",
    ),
    "sweep": (
        "compare learning rates, in a table and a workbook",
        (
            "Run a lesson at several learning rates, print a verdict on each, and write the "
            "lesson's workbook with these rates side by side. Each runs through all epochs."
        ),
    ),
    "picture": (
        "draw the descent: surface, heat map, curves, fit",
        (
            "Draw a lesson's descent and write it as PNG or SVG, or epoch by epoch as GIF or MP4. "
            "It needs the extra plot."
        ),
    ),
    "lessons": (
        "list the lessons",
        "List the lessons.",
    ),
    "new": (
        "write a template to begin a lesson of your own with",
        (
            "Write a commented template, which builds as it stands: change it, and build it "
            "with `sheetgd build NAME.toml`."
        ),
    ),
    "script": (
        "print the buttons for Google Sheets",
        (
            "Print the Google Apps Script that adds Run Epoch, Run N Epochs and Reset to a "
            "workbook in Google Sheets. How to use it stands at its top."
        ),
    ),
    "compare": (
        "compare a workbook with the original",
        (
            "Compare a workbook with the original, cell by cell. Exit code: 0 same, 1 "
            "different, 2 trouble."
        ),
    ),
}
"""Each command in a few words, and in a sentence or two."""


def main(arguments: "Sequence[str] | None" = None) -> int:
    """Run the command line; returns the exit code.

    0 is success (for compare: the same), 1 is compare's "different", 2 is trouble.
    """
    given = sys.argv[1:] if arguments is None else arguments
    options = parse(given)
    try:
        with _warnings_as_lines():
            code = module_of(options.command).run(options)
    except SheetgdError as error:
        in_options = import_module("sheetgd.cli.arguments").in_options
        print(f"sheetgd: {in_options(error)}", file=sys.stderr)
        return TROUBLE
    return code


@contextmanager
def _warnings_as_lines() -> "Iterator[None]":
    """Print each of our warnings once, as one line without a place in the code."""
    said: set[str] = set()
    with warnings.catch_warnings():
        other = warnings.showwarning

        def show(  # noqa: PLR0917  as it is called
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: "TextIO | None" = None,
            line: str | None = None,
        ) -> None:
            if not issubclass(category, SheetgdWarning):
                other(message, category, filename, lineno, file, line)
            elif (text := str(message)) not in said:
                said.add(text)
                print(f"sheetgd: warning: {printable(text)}", file=sys.stderr)

        warnings.showwarning = show
        warnings.simplefilter("always", SheetgdWarning)
        yield


def run_and_exit() -> "NoReturn":
    """Run the command line and end the process with its exit code."""
    interruptions = _end_orderly()
    _mend_streams()
    code, trouble = TROUBLE, ""
    try:
        try:
            code = main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has had enough, as `head` does: nothing is wrong.
        code = 0
    except MemoryError:
        code, trouble = TROUBLE, "there is not enough memory; take fewer epochs, rates or rows"
    except OSError as error:
        # What can be wrong with a file is said where that is opened.
        what = error.filename or "the output cannot be written"
        code, trouble = TROUBLE, f"{what} ({error.strerror or error})"
    except Exception:  # noqa: BLE001  a fault of ours must not end in 1, which is compare's
        # What is interrupted while it is imported may make another error of that.
        code = INTERRUPTED if interruptions else TROUBLE
        if code == TROUBLE:
            sys.excepthook(*sys.exc_info())
    # All is done, but Python takes a while to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if trouble:
        print(f"sheetgd: {message(trouble)}", file=sys.stderr)
    # It would also try once more to print what is left, and complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), _STANDARD_OUTPUT)
    sys.exit(code)


def _end_orderly() -> "Sequence[int]":
    """Raise SystemExit on signals that end a process; return where interruptions are noted."""
    interruptions: list[int] = []

    def end(number: int, frame: "FrameType | None") -> None:
        if number == signal.SIGINT:
            interruptions.append(number)
            if frame is not None and frame.f_code.co_name == "cb":
                # It would be lost in this callback of Python's own import.
                os._exit(INTERRUPTED)
            signal.default_int_handler(number, frame)
        # Tidying up takes no time: a second one must not come in between.
        signal.signal(number, signal.SIG_IGN)
        sys.exit(_SIGNALLED + number)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # nohup has a process ignore the last; then so it stays.
        usual = (signal.SIG_DFL, signal.default_int_handler)
        if number is not None and signal.getsignal(number) in usual:
            signal.signal(number, end)
    return interruptions


class _Careless(FileIO):
    """The error output: what cannot be written there is lost, and stops nothing."""

    def write(self, content: "Any", /) -> int:  # noqa: ANN401  bytes of any type
        with suppress(OSError):
            super().write(content)
        return len(content)


def _mend_streams() -> None:
    """Have all three streams, whatever this process was started with, and print any letter."""
    # In the place of a closed one, which the next file would take, comes one that is as good as
    # full: it is open for reading only.
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            number = os.open(os.devnull, os.O_RDONLY)
            setattr(sys, name, os.fdopen(number, "r" if name == "stdin" else "w", closefd=False))
    if isinstance(sys.stderr, TextIOWrapper):
        raw = _Careless(sys.stderr.fileno(), "w", closefd=False)
        sys.stderr = TextIOWrapper(raw, sys.stderr.encoding, write_through=True)
    for stream in (sys.stdout, sys.stderr):
        # Characters that the output's encoding lacks are printed as escapes.
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, text: str) -> "NoReturn":
        self.exit(TROUBLE, f"{self.prog}: {message(text)} (see {self.prog} --help)\n")

    def _print_message(self, text: str, file: "Any" = None) -> None:  # noqa: ANN401  as it is called
        # argparse's own passes over an output that cannot be written.
        (file or sys.stderr).write(text)

    def take_minuses(self, arguments: "Sequence[str]") -> "list[str]":
        """Have argparse take each argument for what it is: a value may begin with a minus.

        A number such as -1e-3 or -inf is left to it, now that it knows them; what follows an
        option of one value, such as the formula -a*x, is joined to that.
        """
        self._negative_number_matcher = _NEGATIVE
        accepted = self._option_string_actions
        joined: list[str] = []
        for each in arguments:
            if each.endswith("=--") and each[:-3] in accepted:
                # argparse takes it for the mark that ends all options.
                self.error(f"argument {each[:-3]}: '--' is not a value of it")
            option = accepted.get(joined[-1]) if joined else None
            waits = option is not None and option.nargs is None
            if waits and re.match("-[^-]", each) and each not in accepted:
                joined[-1] += f"={each}"
            else:
                joined.append(each)
        return joined


def parse(arguments: "Sequence[str]") -> argparse.Namespace:
    """Parse the arguments of the command line."""
    only = next((each for each in arguments if not each.startswith("-")), "")
    parser, commands = _parsers(only)
    if only not in commands:
        if only and only == arguments[0]:
            parser.error(
                f"there is no command {only!r}: choose from {', '.join(commands)}"
                f"{did_you_mean(only, commands)}"
            )
        return parser.parse_args(arguments)
    command = commands[only]
    options, unknown = parser.parse_known_args(command.take_minuses(arguments))
    if unknown:
        # Whoever mistypes an option is shown the help of the command, not of them all.
        accepted = command._option_string_actions  # noqa: SLF001  argparse tells it in no other way
        meant = _ELSEWHERE.get(unknown[0])
        hint = f"; write {meant}" if meant else did_you_mean(unknown[0], accepted)
        command.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
    return options


_ELSEWHERE = {
    "--tolerance": "--min-delta",
    "--momentum": "--optimizer momentum --beta",
}
"""What options were called before 0.3, or are called elsewhere, and what to write instead."""


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the whole command line, with its help."""
    return _parsers(None)[0]


def _parsers(only: str | None) -> "tuple[_Parser, Mapping[str, _Parser]]":
    """Build the parser, and those of its commands.

    Args:
        only: the one command whose arguments are asked for; the others are no more than
            listed. None is for all of them.
    """
    parser = _Parser(
        prog="sheetgd",
        description="Gradient descent in plain sight: spreadsheets in which every prediction, "
        "error, derivative and step is a live formula.",
        formatter_class=_formatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"sheetgd {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    found: dict[str, _Parser] = {}
    for name, (summary, about) in COMMANDS.items():
        found[name] = command = commands.add_parser(
            name,
            formatter_class=_formatter,
            # A command without arguments need not know how to ask for help, either.
            add_help=only in {None, name},
            allow_abbrev=False,
            help=summary,
            description=about,
        )
        command.set_defaults(command=name)
        if only in {None, name}:
            module_of(name).add_arguments(command)
    return parser, found


def module_of(command: str) -> "Command":
    """Load the module of a command."""
    module: Command = import_module(f"sheetgd.cli.{command}")
    return module


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Return a formatter of help as wide as the terminal.

    argparse finds that out by a module of which the import takes as long as all the rest.
    """
    try:
        columns = int(os.environ.get("COLUMNS") or os.get_terminal_size(_STANDARD_OUTPUT).columns)
    except (OSError, ValueError):
        columns = 0
    return argparse.HelpFormatter(prog, width=(columns if columns > 0 else _COLUMNS) - 2)
