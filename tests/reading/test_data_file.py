"""Data rows from CSV files, frames and sheets: what is read, and what is said of the rest."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sheetgd.errors import DataError
from sheetgd.reading.columns import Data
from sheetgd.reading.data_file import read_csv, read_data
from tests.support.data_files import TWO_ROWS, book, columns, file, names, refusal


def csv_refusal(
    folder: Path, content: str | bytes, *arguments: str, **options: str | bool | None
) -> str:
    path = file(folder, content)
    given: dict[str, Any] = {**options}
    return refusal(lambda: read_csv(path, *arguments, **given)).removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    "text",
    [
        "x,y\n1,10\n2,20\n",
        "x;y\n1;10\n2;20\n",
        "x\ty\n1\t10\n2\t20\n",
        "x|y\n1|10\n2|20\n",
        "x y\n1 10\n2 20\n",
        "  x    y\n  1   10  \n  2   20\n",
        "x  y\n1\t 10\n2\t\t20\n",
        "x, y\n1, 10\n2, 20\n",
        "x;y;\n1;10;\n2;20;\n",
        'x,y,note\n1,10,"a; b; c"\n2,20,d; e; f\n',
        "x,y,when\n1,10,2024-01-01 10:00\n2,20,2024-01-02 10:00\n",
        "x,y\r1,10\r2,20\r",
        "\n\nx,y\n\n1,10\n , \n2,20\n\n",
        '"x";"y"\n"1";"10"\n"2";"20"\n',
        "x,y\n1,1e1\n+2.0,2.E1\n",
    ],
)
def test_the_delimiter_is_found_out(tmp_path: Path, text: str) -> None:
    assert read_csv(file(tmp_path, text)) == Data(*TWO_ROWS, "x", "y")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,5;2,5\n", ((1.5,), (2.5,))),
        ("1,5;2,5\n3,5;4,5\n", ((1.5, 3.5), (2.5, 4.5))),
        ("1,5|2,5\n3,5|4,5\n", ((1.5, 3.5), (2.5, 4.5))),
        ("1,5 2,5\n3,5 4,5\n", ((1.5, 3.5), (2.5, 4.5))),
        ("1,5\t2,5\n3,5\t4,5\n", ((1.5, 3.5), (2.5, 4.5))),
        ("1,5;2\n3;-4,5e1\n", ((1.5, 3), (2, -45))),
        ("1.5;2\n3;4.5\n", ((1.5, 3), (2, 4.5))),
        ("1;2\n3;4\n", ((1, 3), (2, 4))),
        ("1, 2\n3, 4\n", ((1, 3), (2, 4))),
        ("1,5\n2,5\n", ((1, 2), (5, 5))),
    ],
)
def test_the_decimal_mark_is_found_out(
    tmp_path: Path, text: str, found: tuple[tuple[float, ...], ...]
) -> None:
    assert columns(read_csv(file(tmp_path, text), header=False)) == found


def test_a_delimiter_that_stands_in_quoted_headers_is_none_there(tmp_path: Path) -> None:
    data = read_csv(file(tmp_path, '"time, s";"way; m"\n1,5;10\n2,5;20\n'))
    assert data == Data((1.5, 2.5), (10, 20), "time, s", "way; m")
    data = read_csv(file(tmp_path, '"my  x"  "my y"\n1  10\n2  20\n'))
    assert data == Data(*TWO_ROWS, "my  x", "my y")


def test_a_line_end_in_a_quoted_header(tmp_path: Path) -> None:
    path = file(tmp_path, '"x\n(cm)",y\n1,10\n2,?\n')
    assert "line 4, column 'y': '?'" in refusal(lambda: read_csv(path))


@pytest.mark.parametrize(
    ("delimiter", "text"),
    [
        (":", "x:y\n1:10\n2:20\n"),
        ("a", "xay\n1a10\n2a20\n"),
        ("tab", "x\ty\n1\t10\n2\t20\n"),
        (r"\t", "x\ty\n1\t10\n2\t20\n"),
        ("space", "x y\n1   10\n2   20\n"),
        (" ", "x y\n1   10\n2   20\n"),
        (";", "x;y;a,b,c\n1;10;,,\n2;20;,,\n"),
    ],
)
def test_the_delimiter_is_given(tmp_path: Path, delimiter: str, text: str) -> None:
    assert columns(read_csv(file(tmp_path, text), delimiter=delimiter)) == TWO_ROWS


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n", "\r", "\0", "comma"])
def test_what_is_no_delimiter(tmp_path: Path, delimiter: str) -> None:
    path = file(tmp_path, "x,y\n1,2\n")
    says = refusal(lambda: read_csv(path, delimiter=delimiter))
    assert says == f"delimiter={delimiter!r} is not known: give one character, tab or space"


def test_the_decimal_mark_is_given(tmp_path: Path) -> None:
    path = file(tmp_path, 'x,y\n"1,5",10\n2,"20,25"\n')
    assert columns(read_csv(path, decimal=",")) == ((1.5, 2), (10, 20.25))
    path = file(tmp_path, "x;y\n1.5;10\n2;20\n")
    assert columns(read_csv(path, decimal=".")) == ((1.5, 2), (10, 20))
    says = refusal(lambda: read_csv(path, decimal="'"))
    assert says == "decimal=\"'\" is not known: '.' and ',' are accepted"


@pytest.mark.parametrize(
    ("text", "decimal", "found", "fix"),
    [
        ("x;y\n1,5;2\n", ".", "line 2, column 'x': '1,5'", "read it as 1.5 with decimal=','"),
        ("x;y\n1,5;2.5\n", ",", "line 2, column 'y': '2.5'", "read it as 2.5 with decimal='.'"),
    ],
)
def test_numbers_with_another_mark_than_the_given_one(
    tmp_path: Path, text: str, decimal: str | None, found: str, fix: str
) -> None:
    says = csv_refusal(tmp_path, text, decimal=decimal)
    assert says == f"{found} where a number should be; {fix}"


def test_both_decimal_marks_in_one_file(tmp_path: Path) -> None:
    says = csv_refusal(tmp_path, "x;y\n1;1.5\n2;3\n4;2,5\n")
    assert says == (
        "line 4, column 'y': '2,5' is written with another decimal mark than '1.5'; write all "
        "numbers with the same, or say with decimal=... which it is"
    )
    says = csv_refusal(tmp_path, "x;y\n1,5;2.5\n")
    assert says.startswith("line 2, column 'y': '2.5' is written with another decimal mark than")


def test_only_the_two_columns_decide_on_the_decimal_mark(tmp_path: Path) -> None:
    path = file(tmp_path, "x;y;z\n1.5;10;1,5\n2.5;20;n/a, alas\n")
    assert columns(read_csv(path)) == ((1.5, 2.5), (10, 20))


@pytest.mark.parametrize(
    ("text", "x", "y", "found"),
    [
        ("x,y\n1,2\n", None, None, ("x", "y")),
        ("y,x\n1,2\n", None, None, ("x", "y")),
        ("a,y,b,x\n1,2,3,4\n", None, None, ("x", "y")),
        ("a,b\n1,2\n", None, None, ("a", "b")),
        ("x,b\n1,2\n", None, None, ("x", "b")),
        ("y,b\n1,2\n", None, None, ("b", "y")),
        ("a,x\n1,2\n", None, None, ("x", "a")),
        ("a,b,c\n1,2,3\n", "c", "a", ("c", "a")),
        ("a,b,y\n1,2,3\n", "b", None, ("b", "y")),
        ("a,b\n1,2\n", "b", None, ("b", "a")),
        ("y,b\n1,2\n", "y", None, ("y", "b")),
        ("a,b,x\n1,2,3\n", None, "a", ("x", "a")),
        ("a,b\n1,2\n", None, "a", ("b", "a")),
        ("x,b\n1,2\n", None, "1", ("b", "x")),
        ("a,b,c\n1,2,3\n", "3", "1", ("c", "a")),
        ("2,b,1\n1,2,3\n", "1", "2", ("1", "2")),
        ("a,a,c\n1,2,3\n", "1", "c", ("a", "c")),
        (",b,c\n1,2,3\n", "1", "c", ("1", "c")),
        ("x,x,a,b\n1,2,3,4\n", "a", "b", ("a", "b")),
    ],
)
def test_columns_are_chosen(
    tmp_path: Path, text: str, x: str | None, y: str | None, found: tuple[str, str]
) -> None:
    assert names(read_csv(file(tmp_path, text), x, y)) == found


@pytest.mark.parametrize(
    ("text", "arguments", "says"),
    [
        ("a,b,c\n1,2,3\n", (), "two columns are needed, x and y, and it has 'a', 'b', 'c': "),
        ("x,b,c\n1,2,3\n", (), "it has 'x', 'b', 'c': choose with x=... and y=..."),
        ("a,b,c\n1,2,3\n", ("a",), "it has 'a', 'b', 'c': choose with x=... and y=..."),
        ("month,cost\n1,2\n", ("mnoth",), "choose with x=... and y=...; did you mean month?"),
        ("a,b\n1,2\n", ("x", "y"), "no column is named 'x'; it has 'a', 'b': "),
        ("a,b\n1,2\n", ("0",), "no column is named '0'; it has 'a', 'b': "),
        ("a,b\n1,2\n", ("3",), "no column is named '3'"),
        ("a,b\n1,2\n", ("a", "1"), "x and y are one column; choose two with x=... and y=..."),
        ("x,y,x\n1,2,3\n", (), "2 columns are named 'x'; rename one"),
        ("a,a,c\n1,2,3\n", ("a", "c"), "2 columns are named 'a'; rename one"),
        ("x:y\n1:2\n", (), "it has 'x:y': choose with x=... and y=..., or say with delimiter="),
        ("heart rate\n60\n70\n", ("heart rate",), "it has 'heart rate': choose with"),
        (f"{'long' * 99},b,c\n1,2,3\n", (), f"it has '{'long' * 15}...', 'b', 'c': choose"),
    ],
)
def test_columns_that_cannot_be_chosen(
    tmp_path: Path, text: str, arguments: tuple[str, ...], says: str
) -> None:
    assert says in csv_refusal(tmp_path, text, *arguments)


def test_without_a_header_columns_have_numbers(tmp_path: Path) -> None:
    path = file(tmp_path, "1,10,7\n2,20,8\n")
    assert read_csv(path, "1", "2", header=False) == Data(*TWO_ROWS, "1", "2")
    assert read_csv(path, "3", "2", header=False) == Data((7, 8), (10, 20), "3", "2")
    assert "it has '1', '2', '3'" in refusal(lambda: read_csv(path, header=False))
    assert "line 1, column '1': 'x'" in csv_refusal(tmp_path, "x,y\n1,2\n", header=False)


@pytest.mark.parametrize("text", ["1,10\n2,20\n", "\n\n,10\n2,20\n", "1;2,5\n2;20\n", "7\n8\n"])
def test_numbers_for_a_header_look_like_data(tmp_path: Path, text: str) -> None:
    line = 3 if text.startswith("\n") else 1
    assert csv_refusal(tmp_path, text) == (
        f"line {line} looks like data, for it holds numbers only: put names above it, or say "
        "with header=False that there are none"
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty; a header line and rows of numbers are needed"),
        (b"\n , \n\n", "the file is empty"),
        (b"x,y\n", "there are no rows under the header 'x', 'y'"),
        (
            b"x,y\n1\x00,2\n",
            "neither text nor a workbook (it holds binary zeros); save it as CSV UTF-8",
        ),
        ("x,y\n1,2\n".encode("utf-16")[:-1], "not a text in utf-16 (byte 16 is not text)"),
        (b'x,y\n1,"2\n', "line 2 is not CSV (unexpected end of data)"),
        (b'x,y\n1,"2"3\n4,5\n', "line 2 is not CSV"),
        (b'x,y\n1,2\n3,"' + b"4\n" * 99_999, "is not CSV (field larger than field limit"),
        (b"x,y\n1,2\n3\n", "line 3, column 'y': nothing where a number should be"),
        (b"x,y\n1,2\n,3\n", "line 3, column 'x': nothing where a number should be"),
        (b"x,y\n1,2\n3,\n4,\n5,\n6,\n", "line 3, column 'y': nothing"),
        (b"x;y;z\n1;2;3\n1;;\n2;;\n3;;\n", "line 3, column 'y': nothing"),
        (b"x,y\n1,four\n", "line 2, column 'y': 'four' where a number should be"),
        (b"x,y\n1,nan\n", "column 'y': 'nan' where a number should be"),
        (b"x,y\n1,-inf\n", "column 'y': '-inf' where a number should be"),
        (b"x,y\n1,1e999\n", "column 'y': '1e999' where a number should be"),
        (b"x,y\n1,1_000\n", "column 'y': '1_000' where a number should be"),
        (b"x,y\n1," + b"z" * 99, "'" + "z" * 60 + "...' where a number should be"),
    ],
)
def test_files_that_are_no_data(tmp_path: Path, content: bytes, says: str) -> None:
    assert says in csv_refusal(tmp_path, content)


def test_a_line_with_more_cells_than_the_first(tmp_path: Path) -> None:
    assert csv_refusal(tmp_path, "x,y\n1,5,2,5\n3,5,4,5\n") == (
        "line 2 has 4 cells and line 1 has 2; put a cell that holds a delimiter in quotes, "
        "or name another with delimiter=..."
    )


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    assert refusal(lambda: read_csv(path)) == f"{path}: there is no such file"
    assert "this is a folder" in refusal(lambda: read_csv(tmp_path))


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp1252"],
)
def test_encodings(tmp_path: Path, encoding: str) -> None:
    path = file(tmp_path, "Größe,y\n1,10\n2,20\n".encode(encoding))
    assert read_csv(path) == Data(*TWO_ROWS, "Größe", "y")


def test_utf_16_with_the_high_byte_first(tmp_path: Path) -> None:
    path = file(tmp_path, "\ufeffx\ty\r\n1\t10\r\n2\t20\r\n".encode("utf-16-be"))
    assert columns(read_csv(path)) == TWO_ROWS


def test_a_very_wide_line(tmp_path: Path) -> None:
    header = ",".join(f"c{number}" for number in range(1, 30_001))
    path = file(tmp_path, f"{header}\n{','.join(['7'] * 30_000)}\n")
    assert names(read_csv(path, "c1", "c30000")) == ("c1", "c30000")


def test_reading_needs_no_pandas_and_a_csv_file_no_openpyxl(tmp_path: Path) -> None:
    path = file(tmp_path, "x,y\n1,10\n2,20\n")
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from sheetgd import from_frame, read_data\n"
        "assert from_frame({'x': [1, 2], 'y': [10, 20]}) == read_data(Path(sys.argv[1]))\n"
        "assert not {'pandas', 'openpyxl', 'numpy'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["data.xlsx", "data.XLSX", "data.xlsm"])
def test_workbooks_are_known_by_their_names(tmp_path: Path, name: str) -> None:
    path = book(tmp_path, {"First": [["a"]], "Data": [["x", "y"], [0, 0], [1, 10], [2, 20]]}, name)
    data = read_data(path, "1", "2", sheet="Data", block="A3:B4", header=False)
    assert data == Data(*TWO_ROWS, "1", "2")


@pytest.mark.parametrize("name", ["data.csv", "data.txt", "data", "data.xlsx.csv"])
def test_all_else_is_read_as_csv(tmp_path: Path, name: str) -> None:
    path = file(tmp_path, "1,0:10,0\n2,0:20,0\n", name)
    data = read_data(path, None, None, delimiter=":", decimal=",", header=False)
    assert data == Data(*TWO_ROWS, "1", "2")


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("a.xlsx", {"delimiter": ";"}, "delimiter=... is for text, and this is a workbook"),
        ("a.xlsx", {"encoding": "utf-8"}, "encoding=... is for text, and this is a workbook"),
        ("a.csv", {"sheet": "Data"}, "sheet=... is for a workbook, and this is text"),
    ],
)
def test_options_that_do_not_fit_the_file(
    tmp_path: Path, name: str, options: dict[str, str], says: str
) -> None:
    text = file(tmp_path, "x,y\n1,2\n", name)
    path = text if name == "a.csv" else book(tmp_path, {"Data": [["x", "y"], [0, 0]]}, name)
    given: dict[str, Any] = {**options}
    assert refusal(lambda: read_data(path, **given)) == f"{path}: {says}; leave it out"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"x": 1}, "1 names no column"),
        ({"x": "x", "y": ["y"]}, r"\['y'\] names no column"),
        ({"skip": -1}, "skip=-1: it must be a whole number"),
    ],
)
def test_what_is_no_name_and_no_number_of_lines_is_refused(
    tmp_path: Path, given: dict[str, Any], words: str
) -> None:
    path = file(tmp_path, "x,y\n1,10\n2,20\n")
    with pytest.raises(DataError, match=words):
        read_data(path, **given)


def test_what_is_no_file_is_refused() -> None:
    with pytest.raises(DataError, match="a dict is no file"):
        read_data({"x": [1], "y": [2]})  # type: ignore[arg-type]  # that is what is tried
