"""The command reference, docs/commands.md: ``python -m tests.support.command_reference`` makes it.

It is made from what the parser knows, not from its help: that is broken into lines as wide
as the terminal, and worded a little differently by every Python. It is a file, so that one can
read it where there is no site; the plugin mkdocs-argparse (0.0.1) makes it for the site only, and
leaves out the groups, the choices and what excludes each other.
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from sheetgd.cli.main import build_parser
from tests.support.markdown import DOCS, escaped, options_named

COMMANDS = DOCS / "commands.md"

_HEAD = """\
# The commands

*Made from the command line's own parser by `python -m tests.support.command_reference`: change the words there.*

{about}

{contents}

What to know of all of them:

- A command ends with exit code 0 when it did what it was asked; with 2 when it could not, and then says in one line what is wrong and \
what to do. `compare` ends with 1 when the two differ, and nothing else ends with 1.
- Numbers are finite and written with the digits 0 to 9 and a point, as `0.001` or `1e-3`, without `_`; whole numbers go up to 2^53. A log, \
a table of steps or a sweep that would take more than 1 GiB of memory is not begun: the message says how much it would take. `--every` runs \
as many epochs as you like in little memory.
- When the output is closed or its disk is full, the exit code is 2; what the error output cannot take is lost, and changes nothing. A pipe \
with a name, as in `--csv PIPE`, needs its reader first.
- A file is written whole or not at all, and never over a different one unless you say `--force`. One that is read-only stays, even then; a \
symbolic link is followed, and a device or a pipe, such as `--csv /dev/stdout`, is written into.
- Ended by Ctrl-C, or by the signals HUP and TERM, a command leaves nothing half done, and its exit code is 130, 129 or 143.
- `sheetgd --version` tells the version, and `-h` or `--help` after any command tells in the terminal what stands here.
- A list such as `--start 0 10` takes all that follows: put the lesson's name before it.
- `python -m sheetgd` does the same as `sheetgd`.
"""  # noqa: E501  a paragraph is a line


def command_reference(parser: argparse.ArgumentParser) -> str:
    """The reference of all commands that a parser knows."""
    known = subcommands(parser)
    contents = [
        f"- [`{parser.prog} {name}`](#{parser.prog}-{name}): {about}"
        for name, about in _summaries(parser).items()
    ]
    head = _HEAD.format(about=parser.description, contents="\n".join(contents))
    return "\n".join([head, *(_section(each) for each in known.values())])


def subcommands(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    """The parsers of a parser's commands, by name."""
    return {
        name: command
        for action in actions(parser)
        if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001  no public name
        for name, command in action.choices.items()
    }


def actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """What a parser accepts, commands included."""
    return parser._actions  # noqa: SLF001  argparse tells it in no other way


def options(parser: argparse.ArgumentParser) -> set[str]:
    """The options of a parser, in every spelling."""
    return {option for action in actions(parser) for option in action.option_strings}


def _summaries(parser: argparse.ArgumentParser) -> dict[str, str]:
    """What each command does, in a few words."""
    return {
        each.dest: each.help or ""
        for action in actions(parser)
        if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001  the same
        for each in action._choices_actions  # noqa: SLF001  the same
    }


def _section(command: argparse.ArgumentParser) -> str:
    """A command: how it is called, and its arguments and options by their groups."""
    listed = [each for each in actions(command) if not isinstance(each, argparse._HelpAction)]  # noqa: SLF001  the same
    given = [each for each in listed if not each.option_strings]
    usage = " ".join([command.prog, *map(_argument, given), *["[OPTIONS]"] * (given != listed)])
    lines = [f"## {command.prog}", "", _sentence(command), "", "```text", usage, "```", ""]
    for title, group in _groups(command, listed):
        lines += [f"| {title} | |", "| --- | --- |"]
        lines += [f"| {_printed(each)} | {_help(command, each)} |" for each in group]
        lines.append("")
    for group in _exclusive(command):
        printed_cell = [f"`{option}`" for action in group for option in action.option_strings]
        lines += [f"Of {', '.join(printed_cell[:-1])} and {printed_cell[-1]}, one at most.", ""]
    return "\n".join(lines)


def _sentence(command: argparse.ArgumentParser) -> str:
    return escaped(" ".join((command.description or "").split()))


def _groups(
    command: argparse.ArgumentParser, listed: list[argparse.Action]
) -> Iterator[tuple[str, list[argparse.Action]]]:
    """What a command accepts, under the headings that its help has."""
    named = {"positional arguments": "argument", "options": "option"}
    for group in command._action_groups:  # noqa: SLF001  the same
        members = [each for each in listed if each in group._group_actions]  # noqa: SLF001  the same
        if members:
            title = group.title or "options"
            yield named.get(title, title), members


def _exclusive(command: argparse.ArgumentParser) -> Iterator[list[argparse.Action]]:
    """The options of which one command takes no more than one."""
    for group in command._mutually_exclusive_groups:  # noqa: SLF001  the same
        yield group._group_actions  # noqa: SLF001  the same


def _argument(action: argparse.Action) -> str:
    """What stands in the place of an argument's values."""
    name = str(action.metavar or (action.dest.upper() if action.option_strings else action.dest))
    many = {"*": f"{name} ...", "+": f"{name} ..."}.get(str(action.nargs), name)
    optional = action.nargs in {"?", "*"} and not action.option_strings
    return f"[{many}]" if optional else many


def _printed(action: argparse.Action) -> str:
    """An option as it is typed, in every spelling, with its value."""
    if not action.option_strings:
        return f"`{_argument(action)}`"
    value = f" {_argument(action)}" if action.nargs != 0 else ""
    return ", ".join(f"`{option}{value}`" for option in action.option_strings)


def _help(command: argparse.ArgumentParser, action: argparse.Action) -> str:
    """What an argument does, its own values filled in as argparse does."""
    values = {key: _plain(value) for key, value in vars(action).items()} | {"prog": command.prog}
    text = " ".join(((action.help or "") % values).split())
    chosen = [f"`{each}`" for each in action.choices or ()]
    if chosen:
        text += f" ({', '.join(chosen)})"
    return escaped(text).replace("|", r"\|")


def _plain(value: object) -> object:
    return value.as_posix() if isinstance(value, PurePath) else value


def unknown_options(text: str, parser: argparse.ArgumentParser) -> set[str]:
    """The options that a document names and a parser, or the command they stand with, has not."""
    known = {name: options(command) for name, command in subcommands(parser).items()}
    every = options(parser).union(*known.values())
    return {
        option
        for command, option in options_named(text)
        if option not in known.get(command, every) | {"--help"}
    }


if __name__ == "__main__":
    made = command_reference(build_parser())
    COMMANDS.write_text(made, encoding="utf-8", newline="\n")
