"""Numbers, dates and times as people write them: which mark is the decimal one, and what they say.

A number fits one or both of two ways of writing: ``1,234.5`` with a decimal point, or ``1.234,5``
with a decimal comma. ``1.234`` fits both, and the others that are read with it decide.
"""

import datetime as dt
import math
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

POINT: Final = 1
COMMA: Final = 2
DECIMALS: Final = {".": POINT, ",": COMMA}
"""The decimal marks, each with its way of writing numbers."""

MISSING: Final = frozenset((
    "", "na", "n/a", "n.a.", "n/d", "nd", "nan", "none", "null", "nat", "<na>", "#n/a", "missing",
    "?", "-", "--", "---", "\u2013", "\u2014", ".", "..", "...",
))  # fmt: skip
"""What stands, in any case of its letters, where a value is missing."""

_SPACES: Final = "\u00a0\u2009\u202f"
_CURRENCY: Final = (
    r"(?:[A-Z]{0,3}\$|[€£¥₹₩₽₺₫₱₪฿]|kr\.?|zł|Kč|Ft|Rs\.?|EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|HUF|INR|"
    r"JPY|CNY|BRL|CAD|AUD|NZD|KRW|TRY|MXN|ZAR|RUB)"
)
_MINUS: Final = "-\u2212\u2013"
_NUMBER: Final = re.compile(
    rf"""(?P<open>\()?'?\s*(?P<sign>[{_MINUS}+])?\s*
    (?:{_CURRENCY}(?![A-Za-z]))?\s*(?P<sign_too>[{_MINUS}+])?
    (?P<body>\d[\d.,'\u2019\ {_SPACES}]*|[.,]\d+)(?P<exponent>[eE][+-]?\d+)?(?P<sign_after>-)?\s*
    (?P<percent>%)?{_CURRENCY}?\s*(?P<close>\))?""",
    re.VERBOSE,
)
_GROUP: Final = rf"['\u2019\ {_SPACES}]"
_WAYS: Final = tuple(
    (
        way,
        re.compile(
            rf"(?:[1-9]\d{{0,2}}(?:(?P<mark>{_GROUP}|{other})\d{{3}})(?:(?P=mark)\d{{3}})*|\d*|"
            # As in India: 12,50,000.
            rf"[1-9]\d?(?:{other}\d\d)+{other}\d{{3}})"
            rf"(?:{decimal}\d*)?"
        ),
    )
    for way, decimal, other in ((POINT, r"\.", ","), (COMMA, ",", r"\."))
)
_WHOLE: Final = re.compile(r"[+-]?\d+")
PLAIN: Final = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?")
"""A number without anything around or between its digits but a decimal mark."""


def ways_of(text: str) -> int:
    """Return the ways of writing that a text fits as a number; 0 where it is none.

    >>> ways_of("1,234.5"), ways_of("2,5"), ways_of("1.234"), ways_of("0.125"), ways_of("two")
    (1, 2, 3, 1, 0)
    """
    if _WHOLE.fullmatch(text):
        return POINT | COMMA
    found = _NUMBER.fullmatch(text)
    if found is None or bool(found["open"]) != bool(found["close"]):
        return 0
    if sum(bool(found[each]) for each in ("sign", "sign_too", "sign_after")) > 1:
        return 0
    if found["open"] and (found["sign"] or found["sign_after"]):
        return 0
    body = found["body"].rstrip()
    ways = sum(way for way, pattern in _WAYS if pattern.fullmatch(body))
    # Before an exponent, nobody groups digits.
    mark = next((each for each in body if each in DECIMALS), None)
    return ways & DECIMALS[mark] if found["exponent"] and mark else ways


def is_open(text: str) -> str:
    """Return the mark of a number that both ways read, each in another way; or nothing.

    >>> is_open("1.234"), is_open("1.5"), is_open("1234")
    ('.', '', '')
    """
    mark = next((each for each in text if each in ".,"), "")
    return mark if mark and ways_of(text) == POINT | COMMA else ""


def number_of(text: str, way: int) -> float | None:
    """Read a text as a number; None where it is none, or none that is written in this way.

    >>> number_of("($1,234.50)", POINT), number_of("10 %", POINT), number_of("2,5", POINT)
    (-1234.5, 0.1, None)
    """
    if not ways_of(text) & way:
        return None
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    digits = re.sub(rf"{_GROUP}|{',' if way == POINT else '[.]'}", "", found["body"])
    exponent = int((found["exponent"] or "e0")[1:]) - 2 * bool(found["percent"])
    number = float(f"{digits.replace(',', '.')}e{exponent}")
    signs = f"{found['sign']}{found['sign_too']}{found['sign_after']}"
    negative = found["open"] or any(each in signs for each in _MINUS)
    return None if math.isinf(number) else -number if negative else number


def is_missing(cell: object) -> bool:
    """Tell whether a cell holds nothing, or a text that stands for that."""
    if isinstance(cell, float):
        return math.isnan(cell)
    return cell is None or str(cell).strip().lower() in MISSING


_DATES: Final = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d.%m.%y", "%d %b %Y", "%d %B %Y",
    "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%b %Y", "%B %Y", "%Y-%m", "%d/%m/%Y",
    "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y",
)  # fmt: skip
_CLOCKS: Final = ("", " %H:%M", " %H:%M:%S", " %I:%M %p")
LIKE_A_DATE: Final = re.compile(
    r"\d{1,4}[-/.]\d{1,2}\b.*|\d+:\d\d.*|\d{1,2}[- ][A-Za-z]+[- ]\d+.*|[A-Z][a-z]+ (\d+, )?\d{4}.*"
)
"""How dates and times begin, and names do not."""
_TIME: Final = re.compile(r"(\d+):(\d\d)(?::(\d\d(?:\.\d+)?))?(?: ?([AaPp])\.?[Mm]\.?)?")


class OpenDateError(ValueError):
    """Which number is the day and which the month is open."""


Moment = dt.date | dt.time | dt.timedelta
"""A date, with a time of the day or without, or a time."""


def moments_of(cells: Sequence[object]) -> list[Moment | None] | None:
    """Read a column's cells as dates, or as times; None where they are neither.

    Args:
        cells: what the cells hold; None for those that hold nothing.

    Raises:
        OpenDateError: when some could be of one order of day and month as of the other.

    >>> moments_of(["31.01.2024", None])
    [datetime.datetime(2024, 1, 31, 0, 0), None]
    """
    given = [cell for cell in cells if cell is not None]
    if given and all(isinstance(cell, Moment) for cell in given):
        return [cell if isinstance(cell, Moment) else None for cell in cells]
    if not given or not all(isinstance(cell, str) for cell in given):
        return None
    texts = [str(cell) for cell in given]
    if not LIKE_A_DATE.fullmatch(texts[0]):
        return None
    dated = (partial(_dated, pattern=date + clock) for date in _DATES for clock in _CLOCKS)
    readers: list[Callable[[str], Moment | None]] = [_iso, _time, *dated]
    found = [each for each in (_read_all(read, texts) for read in readers) if each]
    if not found:
        return None
    if any(other != found[0] for other in found):
        raise OpenDateError
    taken = iter(found[0])
    return [None if cell is None else next(taken) for cell in cells]


def _read_all(read: Callable[[str], Moment | None], texts: Sequence[str]) -> list[Moment] | None:
    found: list[Moment] = []
    for text in texts:
        if (moment := read(text)) is None:
            return None
        found.append(moment)
    return found


def _iso(text: str) -> Moment | None:
    try:
        # It takes 20240131, 2024-W05 and 2024-01-31x12, too, which here are a number and nothing.
        as_written = text[4:5] == "-" and text[10:11] in {"", " ", "T"}
        moment = dt.datetime.fromisoformat(text) if as_written else None
        # Clocks of several zones are compared by what they show at one place.
        aware = moment is not None and moment.tzinfo is not None
        return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment and aware else moment
    except ValueError:
        return None


def _dated(text: str, pattern: str) -> Moment | None:
    try:
        return dt.datetime.strptime(text, pattern)  # noqa: DTZ007  a table names no zone
    except ValueError:
        return None


def _time(text: str) -> Moment | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hours = int(found[1])
    if found[4]:
        hours = hours % 12 + 12 * (found[4] in "Pp")
    return dt.timedelta(hours=hours, minutes=int(found[2]), seconds=float(found[3] or 0))


def days_of(moments: Sequence[Moment | None], name: str) -> tuple[list[float | None], str] | None:
    """Return the days that dates count from the earliest one, or times as parts of a day.

    Returns:
        A number for each, and what is to be said of them; None where dates and times are mixed.

    >>> days_of([dt.date(2024, 1, 3), dt.date(2024, 1, 1)], "day")
    ([2.0, 0.0], 'day counts days from 2024-01-01')
    """
    given = [each for each in moments if each is not None]
    if all(isinstance(each, dt.date) for each in given):
        whole = [None if each is None else _moment(each) for each in moments]
        earliest = min(each for each in whole if each is not None)
        since = f"{earliest:%Y-%m-%d}" if earliest.time() == dt.time() else f"{earliest}"
        days = [None if each is None else (each - earliest) / _DAY for each in whole]
        return days, f"{name} counts days from {since}"
    if any(isinstance(each, dt.date) for each in given):
        return None
    parts = [None if each is None else _length(each) / _DAY for each in moments]
    return parts, f"{name} is in days: 12:00 is 0.5"


_DAY: Final = dt.timedelta(days=1)


def _moment(date: Moment) -> dt.datetime:
    if isinstance(date, dt.datetime):
        return date.replace(tzinfo=None)
    assert isinstance(date, dt.date)  # noqa: S101  times are no dates
    return dt.datetime.combine(date, dt.time())


def _length(time: Moment) -> dt.timedelta:
    if isinstance(time, dt.time):
        return dt.timedelta(
            hours=time.hour, minutes=time.minute, seconds=time.second, microseconds=time.microsecond
        )
    assert isinstance(time, dt.timedelta)  # noqa: S101  dates are no times
    return time
