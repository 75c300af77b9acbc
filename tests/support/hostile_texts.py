"""A thousand texts that spreadsheets, files, terminals or web pages could take for more."""

import random
from collections.abc import Iterator
from functools import cache

HOW_MANY = 1000

FORMULAS = (
    "=1+1", "+1+1", "-2+3", "@SUM(1)", "=cmd|' /C calc'!A0", "+cmd|' /C calc'!A0",
    "-cmd|' /C calc'!A0", "@cmd|' /C calc'!A0", '=HYPERLINK("http://example.com","click")',
    '=WEBSERVICE("http://example.com")', '=IMPORTXML("http://example.com","//a")', "{=1+1}",
    "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "'=1+1", '"=1+1"', "\uff1d1+1", "\uff0b1", "\uff0d1",
    "\uff201", "=A1", "=$A$1", "=[1]Sheet!A1", "='file:///etc/passwd'#$x.A1", "=RC", "%0A=1+1",
    "=\u200b1+1", "\ufeff=1+1", "1;=1+1", "1,=1+1", '1","=1+1', "a\n=1+1", "=" * 300,
    "http://example.com", "mailto:a@example.com", "\\\\server\\share", "file:///etc/passwd",
)  # fmt: skip
MARKUP = (
    "<f>1+1</f>", "</t></is><f>1+1</f>", "]]>", "<![CDATA[=1+1]]>", "&lt;f&gt;", "&amp;", "&",
    "&#61;1+1", "&#x0;", "<!-- -->", "<?xml version='1.0'?>", "<!DOCTYPE x [<!ENTITY y 'z'>]>&y;",
    '" t="e', "' or '1'='1", "</worksheet>", "<script>alert(1)</script>", "--><b>", "%s %d %(x)s",
    "%", "%%s", "{x}", "{y}", "{model}", "{start}", "{epochs}", "{0}", "{}", "${x}", "$x^2$",
    "$\\frac$",
    "$", "\\", "\\n", "\\x1b[2J", "_x0041_", "_x003D_1+1", "_x0000_", "_xD800_", "_x005F_x0041_",
    "_X0041_", "_x41_", "a_x000D_b", "_x000a_", "&P&N", '&"Arial"', "&G", "&A", "#REF!", "#N/A",
    "TRUE", "1E5", "1/2", "2020-01-01", "00012", "1,234", "NaN", "inf", "null",
)  # fmt: skip
CHARACTERS = (
    "\0", "\x01", "\x07", "\x08", "\x0b", "\x0c", "\x1b[31mred", "\x1b]0;title\x07",
    "\x1b[2J\x1b[H", "\x7f", "\x80", "\x85", "\x9b31m", "\xa0", "\xad", "\u061c", "\u200b",
    "\u200d", "\u200e",
    "\u200f", "\u2028", "\u2029", "\u202a", "\u202b", "\u202d", "\u202e", "\u2060", "\u2066",
    "\u2067", "\u2068", "\u2069", "\ufeff", "\ufff9", "\ufffd", "\ufffe", "\uffff", "\ud800",
    "\udc00", "\udbff\udfff", "\ue000", "\U0001f600", "\U0001d465", "\U000e0041", "\U0010ffff",
    "e\u0301" * 10, "\u0e4d" * 20, "\u05d0\u05d1", "\u0627\u0644", "\u4f60\u597d", "a\rb", "a\r\nb",
    "a\nb", "a\tb", "\r", "\n", "\t", "  a  ", " ", "",
)  # fmt: skip
LONG = (
    "x" * 23, "x" * 32, "x" * 41, "x" * 101, "x" * 255, "x" * 256, "x" * 32_767, "x" * 32_768,
    "=" + "1+" * 20_000, '"' * 300, "\U0001f600" * 130, "\U0001f600" * 16_384, "{x}" * 11_000,
    "word " * 2000, "\n" * 5000, "&" * 400, "_x0041_" * 50, "\ud800" * 300,
)  # fmt: skip
TITLES = (
    "A1", "R1C1", "RC", "C", "TRUE", "History", "history", "[x]", "a:b", "a*b", "a?b", "a/b",
    "a\\b", "'a'", "a'b", "Steps", "steps", "Guide", "Gradient Descent", "a!b", "a$b", "a b",
    "#REF!",
    "start", "run", "published", "\u00c4", "\U0001f600", "1", "a.b", "Sheet1!A1", "-1", "(a)",
    "a;b", "x0041",
)  # fmt: skip


@cache
def hostile_texts() -> tuple[str, ...]:
    """The texts: those above, and others put together from them, the same every time."""
    known = dict.fromkeys((*FORMULAS, *MARKUP, *CHARACTERS, *LONG, *TITLES))
    made = _put_together(random.Random(6))  # noqa: S311  texts for a test
    while len(known) < HOW_MANY:
        known.setdefault(next(made))
    return tuple(known)


def _put_together(generator: random.Random) -> Iterator[str]:
    pieces = (*FORMULAS, *MARKUP, *CHARACTERS, *TITLES)
    while True:
        yield "".join(generator.choices(pieces, k=generator.randint(2, 4)))
