"""Text files as people have them: each with its right answer."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.messy import Messy, X, Y, check, read, refused

T = "x,y\n1,10.5\n2,20.5\n3,30.5\n"
"""The plain table that most files are variations of."""
ROWS = T.removeprefix("x,y\n")
S = T.replace(",", ";")
UMLAUT = T.replace("x", "Größe")

NORRIS = """\
NIST/ITL StRD
Dataset Name:  Norris            (Norris.dat)

File Format:   ASCII
               Certified Values  (lines 31 to 46)
               Data              (lines 61 to 96)

Procedure:     Linear Least Squares Regression

Data:          1 Response Variable (y)
               1 Predictor Variable (x)
               36 Observations
               Lower Level of Difficulty

Model:         Linear Class
               2 Parameters (B0,B1)

               y = B0 + B1*x + e

               Certified Regression Statistics

                                      Standard Deviation
   Parameter          Estimate           of Estimate

      B0         -0.262323073774029     0.232818234301152
      B1          1.00211681802045      0.429796848199937E-03

Residual
Standard Deviation    0.884796396144373

R-Squared             0.999993745883712

               Certified Analysis of Variance Table

Source of Degrees of     Sums of                 Mean
Variation  Freedom       Squares                Squares          F Statistic

Regression    1      4255954.13232369      4255954.13232369     5436385.54079785
Residual     34      26.6173985294224      0.782864662630069



Data:       y          x
           0.1        0.2
         338.8      337.4
         118.1      118.2
         888.0      884.6
           9.2       10.1
         228.1      226.5
         668.5      666.3
"""
NORRIS_X = (0.2, 337.4, 118.2, 884.6, 10.1, 226.5, 666.3)
NORRIS_Y = (0.1, 338.8, 118.1, 888.0, 9.2, 228.1, 668.5)

SURROUNDED = [
    read("plain", T),
    read("a-title", f"Length of a spring\n\n{T}", X, Y, "line"),
    read("two-titles", f"Length of a spring\nLab 3, 12 May 2024\n{T}", X, Y, "line"),
    read("title-with-numbers", f"Run 7,2024\nby A. B.\n\n{T}"),
    read("comments", f"# measured in Ulm\n# by A. B., C. D.\n{T}", X, Y, "line"),
    read("comments-between", T.replace("2,20", "# a pause\n2,20")),
    read("header-in-a-comment", f"# {T}"),
    read("percent-comments", f"% Matlab\n% 2024\n{T.replace(',', ' ')}"),
    read("sep", f"sep=;\r\n{S}"),
    read("sep-in-quotes", f'"sep=,"\n{T}'),
    read("units", T.replace("y\n", "y\ns,m\n", 1), X, Y, "unit|line 2"),
    read("units-in-brackets", T.replace("y\n", "y\n[s],(km/h)\n", 1), X, Y, "unit|line 2"),
    read("units-for-one", T.replace("y\n", "y\n,EUR\n", 1), X, Y, "unit|line 2"),
    read("title-and-units", f"Spring\n\n{S}".replace("y\n", "y\ns;m\n", 1)),
    read("total", f"{T}Total,61.5\n", X, Y, "total"),
    read("sum-after-a-blank-line", f"{T}\nSum,61.5\n", X, Y, "sum"),
    read("average", f"{T}AVERAGE:,20.5\n", X, Y, "average"),
    read("two-footers", f"{T}Total,61.5\nMean,20.5\n", X, Y, "total", "mean"),
    read(
        "total-in-another-column",
        "who,x,y\nA,1,10.5\nB,2,20.5\nC,3,30.5\nGrand total,6,61.5\n",
        X,
        Y,
        "total",
    ),
    read(
        "mean-and-deviation",
        "id,x,y\nA,1,10.5\nB,2,20.5\nC,3,30.5\nMean,2,20.5\nSD,1,10\n",
        X,
        Y,
        "SD",
    ),
    read("a-kind-that-is-no-sum", "id,x,y\nA,1,10.5\nMin,2,20.5\nMax,3,30.5\n"),
    read(
        "a-name-that-begins-like-a-sum", "shop,x,y\nA,1,10.5\nB,2,20.5\nTotal Wine & More,3,30.5\n"
    ),
    read(
        "a-subtotal-with-a-label",
        "id,x,y\nA,1,10.5\nSubtotal,2,20.5\nB,3,30.5\n",
        X,
        Y,
        "'Subtotal' is read",
    ),
    read("insgesamt", f"{T}Insgesamt,61.5\n", X, Y, "Insgesamt"),
    read(
        "markdown",
        f"|{T}".replace(",", "|").replace("\n", "|\n|").replace("|\n", "|\n|---|:-:|\n", 1),
    ),
    read(
        "lines-around-a-table",
        "+---+----+\n|x|y|\n+---+----+\n|1|10.5|\n|2|20.5|\n|3|30.5|\n+---+----+\n",
    ),
    read(
        "nothing-in-the-first-row",
        "x,y\n7,\n1,10.5\n2,20.5\n3,30.5\n",
        X,
        Y,
        "1 row with",
        missing="drop",
    ),
    refused("nothing-in-the-first-row-kept", "x,y\n7,\n1,10.5\n2,20.5\n", "line 2", "missing"),
    read(
        "more-comments-than-rows", "# Parameter 1: some text here\n" * 20 + T, X, Y, "20 comments"
    ),
    read("a-unit-that-is-not-known", T.replace("y\n", "y\nmg/L,AU\n", 1), X, Y, "units in line 2"),
    read(
        "questions-below-the-names",
        T.replace("y\n", "y\nHow old?,How long is it?\n", 1),
        X,
        Y,
        "words in line 2",
        x="x",
        y="y",
    ),
    read(
        "a-name-in-two-lines",
        T.replace("x", '"Price\n(EUR)"'),
        named=("Price\n(EUR)", "y"),
        x="price (EUR)",
        y="y",
    ),
    read("reals", T.replace("10.5", "R$ 10.5")),
    read("crowns", S.replace(".5", ",5 kr")),
    read("lakhs", 'x,y\n1,"1,25,000"\n2,"Rs. 12,50,000.5"\n', (1, 2), (125000, 1250000.5)),
    read(
        "minus-behind", S.replace("10.5", "1.010,5-").replace(".5", ",5"), X, (-1010.5, 20.5, 30.5)
    ),
    read("minus-as-a-dash", T.replace("10.5", "\u201310.5"), X, (-10.5, 20.5, 30.5)),
    read("dots-for-nothing", f"{T}4,..\n5,\u2014\n", X, Y, "2 rows with", missing="drop"),
    refused("a-first-row-that-is-misspelt", "1\u00ff;1.000\n2;7\n", "line 1", "misspelt"),
    refused("numbers-that-are-misspelt", "x;y\n2;2(0.5\n1;10.7\n2;2(0.5\n", "line 2"),
    read("ja-nein", "x,y\n1,ja\n2,nein\n3,ja\n", X, (1, 0, 1), "nein"),
    read(
        "clocks-of-two-zones",
        "t,y\n2024-01-01T02:00:00+02:00,1\n2024-01-01T06:00:00+00:00,4\n",
        (0, 0.25),
        (1, 4),
        named=("t", "y"),
    ),
    read("a-note-below", f"{T}\nSource: our own measurements\n", X, Y, "line"),
    read("total-of-text-y", "x,y\n1,yes\n2,no\n3,yes\nTotal,2\n", X, (1, 0, 1), "total"),
    read("mean-is-a-kind", "x,y\n1,Mean\n2,Mode\n3,Mean\n", X, (0, 1, 0), named=("x", "y_Mode")),
    read(
        "mean-is-a-kind-of-input",
        "x,y\nMean,10.5\nMode,20.5\nMean,30.5\n",
        (0, 1, 0),
        named=("x_Mode", "y"),
    ),
    refused("a-subtotal-within", "x,y\n1,10\n2,20\nTotal,30\n3,5\n4,6\n", "line 4", "Total"),
    refused("a-sum-without-a-word", f"{T},61.5\n", "line 5", "x"),
    read("blank-lines", T.replace("\n", "\n\n")),
    read("lines-of-delimiters", T.replace("2,", ",\n2,") + ",\n,\n"),
    read("blank-column", T.replace(",", ",,").replace("x", "a"), named=("a", "y")),
    read("trailing-delimiters", T.replace("\n", ",,\n").replace("x", "a"), named=("a", "y")),
    read("delimiters-after-rows-only", T.replace(".5\n", ".5,\n")),
    read("leading-delimiters", f"\n{T}".replace("\n", "\n,,")),
    read("index", ",a,b\n0,1,10.5\n1,2,20.5\n2,3,30.5\n", X, Y, "index", named=("a", "b")),
    read("index-of-r", "a b\n1 1 10.5\n2 2 20.5\n3 3 30.5\n", named=("a", "b")),
    read("unnamed-input", T.replace("x", ""), named=("1", "y")),
    read("merged-title", f"Results 2024,,\n{T}".replace(".5\n", ".5,\n").replace("y\n", "y,\n")),
    read("nist", NORRIS, NORRIS_X, NORRIS_Y, "line", file="Norris.dat"),
    read("skip", f"a,b\n7,8\n{T}", skip=2),
    read("header-line", f"a,b\n7,8\n{T}", header=3),
    read("header-line-and-blank-lines", f"\n\na,b\n{T}", header=4),
    read("no-header", ROWS, named=("1", "2"), header=False),
    read("skip-and-no-header", f"a title, 7\n{ROWS}", named=("1", "2"), header=False, skip=1),
    read("rows-chosen", f"a,b\n7,8\n{T}9,9\n", block="3:6"),
    refused("skip-everything", T, skip=9),
    refused("header-past-the-end", T, "header", header=9),
    refused("rows-past-the-end", T, block="7:9"),
    refused("two-tables", f"{T}\na,b\n4,5\n", "line 6", "'a'|'b'"),
    refused("numbers-above-names", f"{ROWS}{T}", "line"),
    refused("sideways", "x,1,2,3\ny,10.5,20.5,30.5\n"),
    refused("numbers-only", ROWS, "line 1", "header"),
]

ENCODED = [
    read("bom", T.encode("utf-8-sig")),
    read("bom-and-sep", f"sep=;\r\n{S}".encode("utf-8-sig")),
    read("utf-8", UMLAUT, named=("Größe", "y")),
    *(
        read(kind, UMLAUT.encode(kind), X, Y, "UTF-16", named=("Größe", "y"))
        for kind in ("utf-16", "utf-16-le", "utf-16-be")
    ),
    read(
        "utf-16-be-bom",
        ("\ufeff" + UMLAUT).encode("utf-16-be"),
        X,
        Y,
        "UTF-16",
        named=("Größe", "y"),
    ),
    read("utf-16-tabs", UMLAUT.replace(",", "\t").encode("utf-16"), named=("Größe", "y")),
    read("latin-1", UMLAUT.encode("latin-1"), X, Y, "1252|latin|8859", named=("Größe", "y")),
    read(
        "cp1252",
        T.replace("y", "Preis (€)").encode("cp1252"),
        X,
        Y,
        "1252",
        named=("x", "Preis (€)"),
    ),
    read("euros-in-cp1252", T.replace(".5\n", ".5 €\n").encode("cp1252"), X, Y, "1252"),
    *(
        read(kind, T.replace("x", name).encode(kind), named=(name, "y"), encoding=kind)
        for kind, name in [
            ("cp932", "売上"),
            ("koi8-r", "цена"),
            ("utf-32", "x"),
            ("mac-roman", "ä"),
        ]
    ),
    refused("unknown-encoding", T, "utf9", encoding="utf9"),
    refused("no-encoding-of-text", T, "base64", encoding="base64"),
    refused("wrong-encoding", UMLAUT.encode("latin-1"), "utf-8", encoding="utf-8"),
    refused("half-a-character", UMLAUT.encode("utf-16")[:-1], "UTF-16"),
    refused("zeros-in-it", T.replace("2,", "\0,").encode()),
    *(read(f"ends-{end!r}", T.replace("\n", end)) for end in ("\r\n", "\r", "\n\r\n", "\r\r\n")),
    read("mixed-ends", "x,y\r\n1,10.5\r2,20.5\n3,30.5"),
    read("gz", gzip.compress(T.encode()), file="data.csv.gz"),
    read("gz-tabs", gzip.compress(T.replace(",", "\t").encode("utf-16")), file="data.tsv.gz"),
    read("gz-by-content", gzip.compress(T.encode())),
    refused("gz-cut", gzip.compress(T.encode())[:-12], file="data.csv.gz"),
    refused("gz-changed", gzip.compress(T.encode())[:-8] + b"\0" * 8, file="data.csv.gz"),
    refused("gz-bomb", gzip.compress(b"x,y\n" + bytes(3 * 10**8), 1), file="data.csv.gz"),
    refused("gz-in-name-only", "\x1f\x8bnothing", file="data.csv.gz"),
    *(
        refused(f"a-{kind}", content)
        for kind, content in [
            ("picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
            ("page", b"<!DOCTYPE html>\n<html><body><p>Not found, sorry</p>\n</body></html>\n"),
            ("document", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type /Catalog>>\nendobj\n"),
            ("list", b'[{"x": 1, "y": 10.5},\n {"x": 2, "y": 20.5}]\n'),
            ("zip", b"PK\x03\x04\x14\0\0\0" + b"x,y\n1,2\n"),
            ("nothing", b""),
            ("blank", b" \n\t\n\n"),
            ("header", b"x,y\n"),
            ("column", b"x\n1\n2\n3\n"),
        ]
    ),
]

DELIMITED = [
    *(
        read(f"delimiter-{mark!r}", T.replace(",", mark))
        for mark in (";", "\t", "|", " ", "   ", ", ", " , ", " ;", "\t ")
    ),
    read("fixed-width", "   x      y\n   1   10.5\n   2   20.5\n   3   30.5\n", file="data.txt"),
    read("commas-in-tsv", T, file="data.tsv"),
    read("colons", T.replace(",", ":"), delimiter=":"),
    read("all-quoted", '"x","y"\n"1","10.5"\n"2","20.5"\n"3","30.5"\n'),
    read("quotes-after-blanks", '"x", "y"\n1, "10.5"\n2, "20.5"\n3, "30.5"\n'),
    read(
        "delimiters-in-texts",
        'x,y,note\n1,10.5,"a, b; c"\n2,20.5,"say ""x, y"""\n3,30.5,"two\nlines"\n',
    ),
    read(
        "delimiter-in-header",
        T.replace("x", '"time, s"').replace("y\n", '"way; m"\n'),
        named=("time, s", "way; m"),
    ),
    read("texts-with-commas", "x;y;note\n1;10.5;a, b, c\n2;20.5;d, e, f\n3;30.5;g, h, i\n"),
    read("decimal-commas-and-tabs", T.replace(",", "\t").replace(".", ",")),
    read("decimal-commas-and-blanks", T.replace(",", " ").replace(".", ",")),
    refused("more-cells-than-names", "x,y\n1,5,2,5\n3,5,4,5\n", "line 2"),
    refused("fewer-cells", "x,y\n1,10\n2\n", "line 3", "y"),
    refused("open-quote", 'x,y\n1,"10\n2,20\n', "line 2"),
]


def ys(*texts: str, mark: str = ";") -> str:
    """A table with these texts for y."""
    return f"x{mark}y\n" + "".join(f"{n}{mark}{text}\n" for n, text in enumerate(texts, 1))


def numbers(
    label: str, texts: str, *y: float, mark: str = ";", says: str = "", **options: object
) -> Messy:
    """A file in which y is written so, its texts parted by `|`."""
    x = tuple(float(n) for n, _ in enumerate(y, 1))
    case = read(label, ys(*texts.split("|"), mark=mark), x, y, says)
    return replace(case, options=options)


def no_numbers(
    label: str, texts: str, *fragments: str, mark: str = ";", **options: object
) -> Messy:
    case = refused(label, ys(*texts.split("|"), mark=mark), *fragments)
    return replace(case, options=options)


MARKS = "decimal|thousands"
OPEN = ("decimal", "thousands")

NUMBERS = [
    numbers("comma-quoted", '"1,474"|"2,500"|12', 1474, 2500, 12, mark=","),
    numbers("comma-quoted-long", '"1,474,000.50"|"-2,500"', 1474000.5, -2500, mark=","),
    numbers("comma-three-digits", "1.234|2.500", 1.234, 2.5, mark=","),
    numbers("point-twice-within-commas", "1.234.567|1.000.000", 1234567, 1e6),
    numbers("blanks-three-digits", "1.234|2.500", 1.234, 2.5, mark=" "),
    numbers("both-marks-german", "1.299,99|500,5|1.000", 1299.99, 500.5, 1000, says=MARKS),
    numbers("both-marks-english", "1,299.99|500.5|1,000", 1299.99, 500.5, 1000, says=MARKS),
    numbers("three-groups", "1.000|1.000.000", 1000, 1e6, says=MARKS),
    numbers("other-digits-decide", "1.000|2.5", 1, 2.5),
    numbers("other-mark-decides", "1.000|2,5", 1000, 2.5, says=MARKS),
    numbers("zero-decides", "0.125|1.250", 0.125, 1.25, says=MARKS),
    numbers("minus-zero-decides", "-0,125|1,250", -0.125, 1.25),
    numbers("no-zero-decides", ".125|1.250", 0.125, 1.25),
    numbers("many-before-decide", "1234.567|1.250", 1234.567, 1.25),
    numbers("many-after-decide", "1,2345|1,250", 1.2345, 1.25),
    numbers("none-after-decide", "12.|1.250", 12, 1.25),
    numbers("exponent", "1.500e3|2.5E-1", 1500, 0.25),
    read("the-other-column-decides", "x;y\n0.5;1.000\n1.5;2.500\n", (0.5, 1.5), (1, 2.5)),
    read("x-zero-decides", "x;y\n0.125;1.250\n", (0.125,), (1.25,)),
    *(
        numbers(f"thousands-{gap!a}", f"1{gap}299|12{gap}345{gap}678,5", 1299, 12345678.5)
        for gap in ("'", "\u2019", " ", "\xa0", "\u2009", "\u202f")
    ),
    numbers("blank-thousands-within-commas", "1 299|2 500.5", 1299, 2500.5, mark=","),
    numbers("given-decimal", "1.000|2.500", 1, 2.5, decimal="."),
    numbers("given-decimal-comma", "1.000|2.500", 1000, 2500, decimal=","),
    numbers("given-thousands", "1.000|2.500", 1000, 2500, thousands="."),
    numbers("given-decimal-within-commas", '"1,500"|"2,5"', 1.5, 2.5, mark=",", decimal=","),
    no_numbers("open-points", "1.000|2.500", *OPEN),
    no_numbers("open-commas", "1,000", *OPEN),
    no_numbers("open-with-tabs", "1.000|2.500|-12.345", *OPEN, mark="\t"),
    no_numbers("open-with-whole-numbers", "1.000|7", *OPEN),
    refused("open-beside-another-column", "x;y;z\n1;1.000;2,5\n2;2.500;3,5\n", *OPEN),
    no_numbers("marks-against-each-other", "1.5|2,5", "line 3", "2,5"),
    no_numbers("groups-against-decimals", "1.000.000|2.5", "line [23]"),
    numbers("comma-decimal-in-quotes", '"1,5"|"2,25"', 1.5, 2.25, says=MARKS, mark=","),
    no_numbers("badly-grouped", "1,23,4|5", "line 2", "1,23,4"),
    no_numbers("misspelt-alike", "1.23.4|1.50.0|1.50.0", "line 2", "1.23.4"),
    no_numbers("two-points", "1.2.3|5", "line 2", "1.2.3"),
    no_numbers("one-mark-for-both", "1,5", "thousands", decimal=",", thousands=","),
    no_numbers("no-decimal-mark", "1,5", "decimal", decimal="x"),
    no_numbers("no-thousands-mark", "1,5", "thousands", thousands="5"),
    numbers("dollars", '"$1,299.99"|$5|-$2.50|$-1', 1299.99, 5, -2.5, -1, mark=","),
    numbers("euros", "1.299,99 €|€ 5,25|-2,5 €", 1299.99, 5.25, -2.5),
    numbers("pounds", "£1.5|£20", 1.5, 20, mark=","),
    numbers("percent", "10%|12.5 %|-3%", 0.1, 0.125, -0.03, mark=","),
    numbers("percent-commas", "10,5 %|7 %", 0.105, 0.07),
    numbers("accounting", '(2.00)|5.00|"($1,299.50)"', -2, 5, -1299.5, mark=","),
    numbers("minus-sign", "\u22122.5|3", -2.5, 3, mark=","),
    numbers("plus-and-exponents", "+5|1e3|1.5E-3|2.E1", 5, 1000, 0.0015, 20, mark=","),
    numbers("long", "12345678901234567890|0.1", 12345678901234567890.0, 0.1, mark=","),
    *(
        no_numbers(f"no-number-{text}", f"10|{text}|30|40", "line 3", "y", mark=",")
        for text in (
            "1.5*",
            "<0.1",
            "5 kg",
            "inf",
            "1e999",
            "1_000",
            "0x10",
            "four",
            "=B1",
            "$",
            "%",
        )
    ),
]

DATED = [
    read(
        "iso",
        "when,y\n2024-02-01,10.5\n2024-01-31,20.5\n2024-03-01,30.5\n",
        (1, 0, 30),
        Y,
        "days",
        "2024-01-31",
        named=("when", "y"),
    ),
    read("german", "x;y\n31.01.2024;10,5\n1.2.2024;20,5\n01.03.2024;30,5\n", (0, 1, 30), Y, "days"),
    read(
        "american", "x,y\n01/31/2024,10.5\n02/01/2024,20.5\n3/1/2024,30.5\n", (0, 1, 30), Y, "days"
    ),
    read(
        "british", "x,y\n01/02/2024,10.5\n02/02/2024,20.5\n13/02/2024,30.5\n", (0, 1, 12), Y, "days"
    ),
    read("slashed-iso", "x,y\n2024/01/31,10.5\n2024/02/01,20.5\n2024/03/01,30.5\n", (0, 1, 30)),
    read(
        "with-times",
        "x,y\n2024-01-31 06:00,10.5\n2024-01-31T12:00:00,20.5\n2024-02-01 18:00:00,30.5\n",
        (0, 0.25, 1.5),
    ),
    read("times", "x,y\n06:00,10.5\n12:00:00,20.5\n18:00,30.5\n", (0.25, 0.5, 0.75), Y, "day"),
    read("years", T.replace("1,", "2019,").replace("2,", "2020,"), (2019, 2020, 3)),
    refused("open-order", "x,y\n01/02/2024,10\n03/04/2024,20\n", "x", "day", "month"),
    refused("both-orders", "x,y\n01/13/2024,10\n13/01/2024,20\n", "line 3", "13/01/2024"),
    refused("no-such-day", "x,y\n2024-01-31,10\n2024-02-30,20\n", "line 3", "2024-02-30"),
    refused("a-long-day", "x,y\n2024-01-31,10\n2024-02-0111111,20\n", "line 3", "0111111"),
    refused("dates-and-numbers", "x,y\n2024-01-31,10\n7,20\n2024-02-01,30\n", "line [23]", "x"),
    *(
        read(f"classes-{yes}", f"x,y\n1,{yes}\n2,{no}\n3,{yes}\n", X, (1, 0, 1))
        for yes, no in [("TRUE", "FALSE"), ("yes", "no"), ("True", "False"), ("Yes", "No")]
    ),
    read("two-rows-of-classes", "x,y\n1,yes\n2,no\n", (1, 2), (1, 0)),
    read("classes-in-any-case", "x,y\n1,Yes\n2,NO\n3,yes\n", X, (1, 0, 1)),
]

NAMED = [
    read("Y-X", "Y,X\n10.5,1\n20.5,2\n30.5,3\n", named=("X", "Y")),
    read("Y-X-asked", "Y,X\n10.5,1\n20.5,2\n30.5,3\n", named=("X", "Y"), x="X", y="Y"),
    read("y-x", "y,x\n10.5,1\n20.5,2\n30.5,3\n"),
    read("years-for-names", f"2019,2020\n{ROWS}", named=("2019", "2020"), x="2019", y="2020"),
    read("years-swapped", f"2019,2020\n{ROWS}", Y, X, named=("2020", "2019"), x="2020", y="2019"),
    read("years-in-line-1", f"2019,2020\n{ROWS}", named=("2019", "2020"), header=1),
    read("a-year-for-a-name", f"x,2020\n{ROWS}", named=("x", "2020")),
    read("x-X", f"x,X\n{ROWS}", named=("x", "X")),
    read("X-x", f"X,x\n{ROWS}", Y, X, named=("x", "X")),
    read("X-and-x-and-y", "X,x,y\n9,1,10.5\n9,2,20.5\n9,3,30.5\n"),
    read("blanks-in-names", f" x  , y \n{ROWS}"),
    read("a-line-end-in-a-name", f'"x\n(cm)",y\n{ROWS}', named=("x\n(cm)", "y")),
    read("chosen", "a,b,c\n1,7,10.5\n2,7,20.5\n3,7,30.5\n", named=("a", "c"), x="a", y="c"),
    read(
        "chosen-by-number", "a,b,c\n1,7,10.5\n2,7,20.5\n3,7,30.5\n", named=("a", "c"), x="1", y="3"
    ),
    read("duplicates-unused", "a,a,x,y\n7,7,1,10.5\n7,7,2,20.5\n7,7,3,30.5\n"),
    refused("duplicates", "x,y,x\n1,2,3\n", "'x'"),
    refused("a-duplicate-chosen", "a,a,c\n1,2,3\n", "'a'", x="a", y="c"),
    refused("three-columns", "a,b,c\n1,2,3\n", "'a', 'b', 'c'"),
    refused("no-such-column", "month,cost\n1,2\n", "did you mean month", x="mnoth", y="cost"),
]

HOLES = "x,y\n1,10.5\n2,{0}\n{0},7\n3,20.5\n4,30.5\n"
MISSING = [
    *(
        read(f"drop-{text}", HOLES.format(text), (1, 3, 4), Y, "2 rows", missing="drop")
        for text in ("", "NA", "N/A", "n/a", "-", "?", "NaN", "null", "None", "#N/A", ".")
    ),
    *(
        refused(f"missing-{text}", HOLES.format(text), "line 3", "line 4", "drop", r"\b2\b")
        for text in ("", "NA", "-", "?", "nan")
    ),
    refused(
        "seven-missing",
        "x,y\n1,2\n" + "3,\n" * 6 + ",5\n",
        *(f"line {line}" for line in (3, 4, 5, 6, 7)),
        r"^(?!.*line [89])",
        r"\b7\b",
    ),
    read("missing-elsewhere", "x,y,z\n1,10.5,\n2,20.5,NA\n3,30.5,-\n"),
    refused("all-missing", "x,y\n1,\n2,NA\n", missing="drop"),
    refused("drop-is-for-missing", "x,y\n1,10\n2,four\n3,\n", "line 3", "four", missing="drop"),
    refused("no-way-of-missing", T, "missing", "drop", missing="keep"),
]

CASES = [*SURROUNDED, *ENCODED, *DELIMITED, *NUMBERS, *DATED, *NAMED, *MISSING]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_messy_text(tmp_path: Path, case: Messy) -> None:
    check(case, tmp_path)


def test_each_has_its_own_name() -> None:
    assert len({case.label for case in CASES}) == len(CASES)
