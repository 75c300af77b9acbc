"""Text as XML and the files of spreadsheets can hold it."""

import re
from html import escape

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LINE_END = re.compile("\r\n?")
_AWKWARD = re.compile(f"{_UNWRITABLE.pattern}|[\r&<>]")
_READ_AS_CHARACTER = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""Where a spreadsheet program would read a character's number in a text, as in ``_x0041_``."""


def writable(text: str) -> str:
    r"""The text, with a mark in place of each character that XML cannot hold at all.

    Line ends become ``\n``, which is what XML makes of them anyway.

    >>> writable("a tab\tstays, a bell\a goes") == "a tab\tstays, a bell\ufffd goes"
    True
    """
    return _UNWRITABLE.sub("\ufffd", _LINE_END.sub("\n", text))


def spelt_out(text: str) -> str:
    """The text so that spreadsheet programs read it as it is, and no escape into it.

    >>> spelt_out("_x0041_"), spelt_out("new_x")
    ('_x005F_x0041_', 'new_x')
    """
    return _READ_AS_CHARACTER.sub("_x005F_", text) if "_x" in text else text


def escaped(text: str) -> str:
    """The text as the content of an XML element.

    >>> escaped('m < 2 & "b"')
    'm &lt; 2 &amp; "b"'
    """
    return escape(writable(text), quote=False) if _AWKWARD.search(text) else text


def stored(text: str) -> str:
    """A cell's text as the content of an XML element.

    >>> stored("_x0041_ & _x")
    '_x005F_x0041_ &amp; _x'
    """
    return escaped(spelt_out(text))


def shortened(text: str, most: int) -> str:
    r"""The text as an attribute of a file, cut to so many characters as a spreadsheet counts.

    >>> shortened("error_sq", 5), len(shortened("\N{GRINNING FACE}" * 20, 32))
    ('error', 16)
    """
    # Characters beyond the first 65,536 count twice.
    units = writable(text).encode("utf-16-le")[: 2 * most]
    return spelt_out(units.decode("utf-16-le", errors="ignore"))
