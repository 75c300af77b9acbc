"""Numbers and dates as people write them, held against what they plainly say."""

import datetime as dt
import math

import pytest

from sheetgd.reading.number import (
    COMMA,
    POINT,
    Moment,
    OpenDateError,
    days_of,
    is_missing,
    is_open,
    moments_of,
    number_of,
    ways_of,
)

BOTH = POINT | COMMA
at = dt.datetime.fromisoformat


@pytest.mark.parametrize(
    ("text", "ways", "point", "comma"),
    [
        ("25", BOTH, 25, 25),
        ("2.5", POINT, 2.5, None),
        ("2,5", COMMA, None, 2.5),
        ("1,474", BOTH, 1474, 1.474),
        ("1.474", BOTH, 1.474, 1474),
        ("0.125", POINT, 0.125, None),
        ("1.299,99", COMMA, None, 1299.99),
        ("1,234,567.5", POINT, 1234567.5, None),
        ("1'299", BOTH, 1299, 1299),
        ("1\u202f299,5", COMMA, None, 1299.5),
        ("1.234e3", POINT, 1234, None),
        ("-$5", BOTH, -5, -5),
        ("€ -5", BOTH, -5, -5),
        ("5 CHF", BOTH, 5, 5),
        ("10 %", BOTH, 0.1, 0.1),
        ("1.5e3%", POINT, 15, None),
        ("(2.00)", POINT, -2, None),
        ("\u22123", BOTH, -3, -3),
        ("1e999", BOTH, None, None),
        *(
            (text, 0, None, None)
            for text in ("", "two", "1_000", "1,23,4", "1.2.3", "(5", "--5", "(-5)", "nan", "0x1F")
        ),
    ],
)
def test_numbers(text: str, ways: int, point: float | None, comma: float | None) -> None:
    assert (ways_of(text), number_of(text, POINT), number_of(text, COMMA)) == (ways, point, comma)


def test_what_is_open_and_what_is_missing() -> None:
    assert [is_open(text) for text in ("1.234", "1,234", "1.23", "0,125", "1234")] == [
        ".", ",", "", "", "",
    ]  # fmt: skip
    assert all(map(is_missing, [None, math.nan, " NA ", "n/a", "", "-", "?"]))
    assert not any(map(is_missing, [0, 0.0, "0", "x", False]))


@pytest.mark.parametrize(
    ("texts", "first"),
    [
        (["2024-01-31", "2024-02-01"], at("2024-01-31")),
        (["2024-01-31T06:30", "2024-02-01 07:00:01"], at("2024-01-31T06:30")),
        (["31.01.2024"], at("2024-01-31")),
        (["31.1.24"], at("2024-01-31")),
        (["01/31/2024", "02/01/2024"], at("2024-01-31")),
        (["01/02/2024", "31/01/2024"], at("2024-02-01")),
        (["5 Jan 2024"], at("2024-01-05")),
        (["January 5, 2024"], at("2024-01-05")),
        (["12:30"], dt.timedelta(hours=12, minutes=30)),
        (["12:30 AM"], dt.timedelta(minutes=30)),
        (["1:30:15 pm"], dt.timedelta(hours=13, minutes=30, seconds=15)),
        (["2024-02-30"], None),
        (["2024-01-31", "7"], None),
        (["male", "female"], None),
    ],
)
def test_dates_and_times(texts: list[str], first: Moment | None) -> None:
    found = moments_of(texts)
    assert (None if found is None else found[0]) == first


def test_days() -> None:
    with pytest.raises(OpenDateError):
        moments_of(["01/02/2024", "03/04/2024"])
    dates = [at("2024-01-02T12:00"), None, dt.date(2024, 1, 1)]
    assert days_of(dates, "d") == ([1.5, None, 0.0], "d counts days from 2024-01-01")
    assert days_of([dt.time(6), dt.timedelta(hours=36)], "t") == (
        [0.25, 1.5],
        "t is in days: 12:00 is 0.5",
    )
    assert days_of([dt.time(6), dt.date(2024, 1, 1)], "t") is None
