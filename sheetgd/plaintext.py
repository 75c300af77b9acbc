"""Texts of unknown origin, made fit to be shown: in a terminal and within a message."""

LONGEST_MESSAGE = 2000
"""So many characters a message may have; what is beyond is left out of its middle."""


def printable(text: str) -> str:
    r"""The text with an escape, as Python writes it, for each character that is none to be seen.

    A terminal obeys control characters, and marks of direction turn what follows around; a
    surrogate on its own cannot be printed at all.

    >>> printable("m\x1b[31m\u202e, caf\xe9"), printable("\ud800")
    ('m\\x1b[31m\\u202e, café', '\\ud800')
    """
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in text
    )


def message(text: str) -> str:
    r"""The text as one printable line of bounded length.

    >>> message("two\nlines"), len(message("m" * 1_000_000))
    ('two lines', 2000)
    """
    line = printable(" ".join(text.split()))
    if len(line) <= LONGEST_MESSAGE:
        return line
    # The fact stands at the beginning, the fix at the end.
    gap = " ... "
    half = (LONGEST_MESSAGE - len(gap)) // 2
    return line[: LONGEST_MESSAGE - len(gap) - half] + gap + line[-half:]
