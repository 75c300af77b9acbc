"""Text as XML can hold it."""

import re
from html import escape

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_AWKWARD = re.compile(f"{_UNWRITABLE.pattern}|[&<>]")


def writable(text: str) -> str:
    r"""The text, with a mark in place of each character that XML cannot hold at all.

    >>> writable("a tab\tstays, a bell\a goes") == "a tab\tstays, a bell\ufffd goes"
    True
    """
    return _UNWRITABLE.sub("\ufffd", text)


def escaped(text: str) -> str:
    """The text as the content of an XML element.

    >>> escaped('m < 2 & "b"')
    'm &lt; 2 &amp; "b"'
    """
    return escape(writable(text), quote=False) if _AWKWARD.search(text) else text
