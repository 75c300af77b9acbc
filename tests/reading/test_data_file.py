"""Data rows from CSV files, frames and sheets: what is read, and what is said of the rest."""

import datetime as dt
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from openpyxl import Workbook
from openpyxl.chart import LineChart

from sheetgd.errors import DataError, did_you_mean
from sheetgd.reading.columns import Data, Table, Unusable, column_names, data_of, from_frame
from sheetgd.reading.data_file import read_csv, read_data
from sheetgd.reading.workbook import read_xlsx
from tests.support.sheets import save_raw_workbook

TWO_ROWS = ((1, 2), (10, 20))


def file(folder: Path, content: str | bytes, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def columns(data: Data) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return data.x, data.y


def names(data: Data) -> tuple[str, str]:
    return data.x_name, data.y_name


def refusal(read: Callable[[], object]) -> str:
    """What is said when something is read that must be refused: one line."""
    with pytest.raises(DataError) as caught:
        read()
    text = str(caught.value)
    assert "\n" not in text
    return text


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
    says = refusal(lambda: read_csv(tmp_path, delimiter=delimiter))
    assert says == f"delimiter={delimiter!r} is not known: give one character, tab or space"


def test_the_decimal_mark_is_given(tmp_path: Path) -> None:
    path = file(tmp_path, 'x,y\n"1,5",10\n2,"20,25"\n')
    assert columns(read_csv(path, decimal=",")) == ((1.5, 2), (10, 20.25))
    path = file(tmp_path, "x;y\n1.5;10\n2;20\n")
    assert columns(read_csv(path, decimal=".")) == ((1.5, 2), (10, 20))
    says = refusal(lambda: read_csv(path, decimal="'"))
    assert says == "decimal=\"'\" is not known: '.' and ',' are accepted"


UNGROUP = "write it without a thousands separator"


@pytest.mark.parametrize(
    ("text", "decimal", "found", "fix"),
    [
        ("x;y\n1;2,5\n2;1.234,5\n", None, "line 3, column 'y': '1.234,5'", UNGROUP),
        ("x;y\n1;2.5\n2;1,234.5\n", None, "line 3, column 'y': '1,234.5'", UNGROUP),
        ("x;y\n1.234.567;2\n", None, "line 2, column 'x': '1.234.567'", UNGROUP),
        ("x;y\n1 234;2\n", None, "line 2, column 'x': '1 234'", UNGROUP),
        ("x;y\n1'234'567;2\n", None, "line 2, column 'x': \"1'234'567\"", UNGROUP),
        ('x,y\n"1,5",2\n', None, "line 2, column 'x': '1,5'", "read it as 1.5 with decimal=','"),
        ("x;y\n1,5;2\n", ".", "line 2, column 'x': '1,5'", "read it as 1.5 with decimal=','"),
        ("x;y\n1,5;2.5\n", ",", "line 2, column 'y': '2.5'", "read it as 2.5 with decimal='.'"),
        (
            'x,y\n"1,234",2\n',
            None,
            "line 2, column 'x': '1,234'",
            f"{UNGROUP}, or read it as 1.234 with decimal=','",
        ),
    ],
)
def test_numbers_that_could_mean_two_things(
    tmp_path: Path, text: str, decimal: str | None, found: str, fix: str
) -> None:
    says = csv_refusal(tmp_path, text, decimal=decimal)
    assert says == f"{found} where a number should be; {fix}"


def test_both_decimal_marks_in_one_file(tmp_path: Path) -> None:
    says = csv_refusal(tmp_path, "x;y\n1;1.5\n2;3\n4;2,5\n")
    assert says == (
        "line 4, column 'y': '2,5' stands below '1.5'; write all numbers with the same decimal mark"
    )
    says = csv_refusal(tmp_path, "x;y\n1,5;2.5\n")
    assert says.startswith("line 2, column 'y': '2.5' stands below '1,5'; ")


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
        (b"x,y\n1\x00,2\n", "not a CSV file (it holds binary zeros); save it as CSV UTF-8"),
        ("x,y\n1,2\n".encode("utf-16-le"), "it holds binary zeros"),
        ("x,y\n1,2\n".encode("utf-32"), "it holds binary zeros"),
        (
            "x,größe\n1,2\n".encode("latin-1"),
            "not a CSV file in UTF-8 (byte 4 is not text); save it as CSV UTF-8",
        ),
        ("x,y\n1,2\n".encode("utf-16")[:-1], "not a CSV file in UTF-16 (byte 16 is not text)"),
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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
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


def test_a_frame() -> None:
    frame = pd.DataFrame({"month": [1, 2], "revenue": [10.0, 20.0], "note": ["a", None]})
    assert from_frame(frame, "month", "revenue") == Data(*TWO_ROWS, "month", "revenue")
    assert from_frame(frame, "2", "1") == Data((10, 20), (1, 2), "revenue", "month")
    assert all(type(number) is float for number in from_frame(frame, "month", "revenue").x)


def test_a_frame_whose_names_are_no_texts() -> None:
    frame = pd.DataFrame([[7, 1, 10], [8, 2, 20]])
    assert from_frame(frame, 1, 2) == Data(*TWO_ROWS, "1", "2")
    assert from_frame(frame, "1", "2") == Data(*TWO_ROWS, "1", "2")
    levels = pd.DataFrame({("a", 1): [1, 2], ("a", 2): [10, 20]})
    assert names(from_frame(levels, ("a", 1))) == ("('a', 1)", "('a', 2)")


@pytest.mark.parametrize(
    "values",
    [
        [1, 2],
        (1.0, 2.0),
        range(1, 3),
        np.array([1, 2], dtype=np.int8),
        np.array([1, 2], dtype=np.float32),
        [Decimal(1), Decimal("2.0")],
        pd.Series([1, 2], dtype="Int64"),
        iter([1, 2]),
    ],
)
def test_numbers_of_any_type(values: Iterable[object]) -> None:
    assert from_frame({"x": values, "y": [10, 20]}) == Data(*TWO_ROWS, "x", "y")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "nothing"),
        (float("nan"), "nothing"),
        (np.float32("nan"), "nothing"),
        (Decimal("NaN"), "nothing"),
        (pd.NA, "nothing"),
        (pd.NaT, "nothing"),
        (float("inf"), "inf"),
        (10**400, "a number that cannot be computed with"),
        (Decimal("sNaN"), "a number that cannot be computed with"),
        ("n/a", "'n/a'"),
        ("", "''"),
        ("12", "the text '12'"),
        (True, "True"),
        (np.True_, "True"),
        (pd.Timestamp("2024-05-06"), "2024-05-06 00:00:00"),
        (1 + 2j, "(1+2j)"),
        ([1, 2], "[1, 2]"),
    ],
)
def test_values_of_a_frame_that_are_no_numbers(value: object, says: str) -> None:
    frame: dict[str, list[object]] = {"x": [1, 2, 3], "y": [1, value, 3]}
    expected = f": row 2, column 'y': {says} where a number should be"
    assert refusal(lambda: from_frame(frame)) == f"the DataFrame{expected}"
    table = pd.DataFrame({"x": [1, 2, 3], "y": pd.Series([1, value, 3], dtype=object)})
    assert refusal(lambda: from_frame(table, name="sales")) == f"sales{expected}"


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1, None], dtype="float64"),
        pd.Series([1, None], dtype="Int64"),
        pd.Series(["1", None], dtype="string"),
        pd.Series(["2024-05-06", None], dtype="datetime64[ns]"),
    ],
)
def test_missing_values_of_typed_columns(values: Iterable[object]) -> None:
    frame = pd.DataFrame({"x": [1, 2], "y": values}).tail(1)
    assert "row 1, column 'y': nothing where" in refusal(lambda: from_frame(frame))


@pytest.mark.parametrize(
    ("frame", "arguments", "says"),
    [
        ({}, (), "two columns are needed, x and y, and it has none: choose with x=... and y=..."),
        ({"a": [1]}, (), "and it has 'a': choose with x=... and y=..."),
        ({"a": [1], "b": [2], "c": [3]}, ("d",), "no column is named 'd'; it has 'a', 'b', 'c'"),
        ({"x": [], "y": []}, (), "there are no rows under the header 'x', 'y'"),
        ({"x": [1, 2], "y": [1]}, (), "column 'x' has 2 rows and 'y' has 1; each row needs both"),
        ({1: [1], "1": [2], "y": [3]}, ("1",), "2 columns are named '1'; rename one"),
        (
            {"x": 1, "y": 2},
            (),
            "a DataFrame is accepted, or a mapping from column names to lists of numbers",
        ),
        ([1, 2], (), "this is no table"),
        (pd.Series([1, 2]), (), "this is no table"),
        (np.array([[1, 2]]), (), "this is no table"),
    ],
)
def test_frames_that_are_no_data(
    frame: Any,  # noqa: ANN401  some are no frames at all
    arguments: tuple[str, ...],
    says: str,
) -> None:
    assert says in refusal(lambda: from_frame(frame, *arguments))


def test_duplicated_columns_of_a_frame() -> None:
    frame = pd.DataFrame([[1, 2, 10], [2, 3, 20]], columns=["a", "a", "b"])
    assert "2 columns are named 'a'" in refusal(lambda: from_frame(frame, "a", "b"))
    assert columns(from_frame(frame, "1", "b")) == TWO_ROWS


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


def test_a_table_of_one_s_own() -> None:
    cells: list[list[object]] = [[1, 2], [3.5, Unusable("a blot", "wipe it off")]]
    table = Table("the wall", ("x", "y"), cells.__getitem__, lambda row, place: f"{row}/{place}:")
    assert refusal(lambda: data_of(table, None, None)) == (
        "the wall: 1/1: a blot where a number should be; wipe it off"
    )
    cells[1][1] = 4
    assert data_of(table, None, None) == Data((1, 2), (3.5, 4), "x", "y")


def test_column_names() -> None:
    assert column_names(["a", "7", ""], "line 1", header=True) == ("a", "7", "3")
    assert column_names(["a", "7", ""], "line 1", header=False) == ("1", "2", "3")
    assert did_you_mean("reveneu", ["month", "revenue"]) == "; did you mean revenue?"


Rows = list[list[Any]]


def book(folder: Path, sheets: Mapping[str, Rows], name: str = "book.xlsx") -> Path:
    """A workbook whose sheets have these rows, from A1 on."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
    workbook.save(folder / name)
    return folder / name


def raw_book(folder: Path, rows: str) -> Path:
    return save_raw_workbook(folder / "book.xlsx", {"Data": f"<sheetData>{rows}</sheetData>"})


def sheet_refusal(path: Path, *arguments: str, **options: str | bool | None) -> str:
    given: dict[str, Any] = {**options}
    return refusal(lambda: read_xlsx(path, *arguments, **given)).removeprefix(f"{path}: ")


TABLE: Rows = [["x", "y"], [1, 10], [2, 20]]


@pytest.mark.parametrize(
    "rows",
    [
        TABLE,
        [[], [], [None, None, "x", "y"], [None, None, 1, 10], [None, None, 2, 20]],
        [["y", "note", "x"], [10, "a", 1], [20, None, 2.0], [None, None, None]],
        [[" x ", "y "], [1, 10], [2, 20]],
    ],
)
def test_a_sheet(tmp_path: Path, rows: Rows) -> None:
    assert read_xlsx(book(tmp_path, {"Data": rows})) == Data(*TWO_ROWS, "x", "y")


def test_a_sheet_among_others(tmp_path: Path) -> None:
    path = book(tmp_path, {"Data": TABLE, "More data": [["a", "b"], [3, 30]], "Empty": []})
    assert columns(read_xlsx(path)) == TWO_ROWS
    assert read_xlsx(path, sheet="More data") == Data((3,), (30,), "a", "b")
    assert sheet_refusal(path, sheet="data") == (
        "no sheet is named 'data'; it has 'Data', 'More data', 'Empty': choose with sheet=..."
        "; did you mean Data?"
    )
    assert sheet_refusal(path, sheet="Empty") == (
        "sheet 'Empty' holds nothing; choose cells with sheet=... and block=..."
    )
    assert sheet_refusal(path, "z").endswith(
        "it has 'x', 'y': choose with x=... and y=..., or another sheet than 'Data' with sheet=..."
    )


def test_columns_of_a_sheet_are_chosen(tmp_path: Path) -> None:
    path = book(tmp_path, {"Data": [[None, "a", None, 2020], [None, 7, 1, 10], [None, 8, 2, 20]]})
    assert read_xlsx(path, "2", "2020") == Data(*TWO_ROWS, "2", "2020")
    assert read_xlsx(path, "a", "3") == Data((7, 8), (10, 20), "a", "2020")
    assert sheet_refusal(path, "b") == (
        "no column is named 'b'; it has 'a', '2', '2020': choose with x=... and y=..."
    )


@pytest.mark.parametrize("block", ["B2:C4", "$B$2:$C$4", "c4:b2", "C2:B4", "B2:C1000000"])
def test_a_range(tmp_path: Path, block: str) -> None:
    rows: Rows = [["Sales"], [0, "x", "y", "note"], [0, 1, 10], [0, 2, 20, "n/a"], [], ["a note"]]
    path = book(tmp_path, {"Data": rows})
    assert read_xlsx(path, block=block) == Data(*TWO_ROWS, "x", "y")


def test_a_range_begins_with_its_first_column_even_if_that_is_empty(tmp_path: Path) -> None:
    path = book(tmp_path, {"Data": [[None, "a", "b"], [None, 1, 10], [None, 2, 20]]})
    assert columns(read_xlsx(path, "2", "3", block="A1:C3")) == TWO_ROWS
    assert columns(read_xlsx(path, "1", "2", block="B1:C3")) == TWO_ROWS
    assert columns(read_xlsx(path, "1", "2", block="B2:C3", header=False)) == TWO_ROWS
    assert sheet_refusal(path, block="F1:G2") == (
        "sheet 'Data' holds nothing in F1:G2; choose cells with sheet=... and block=..."
    )


@pytest.mark.parametrize("block", ["B2", "B2:C3:D4", "B:C", "2:3", "", "Data!B2:C3", "B0:C3"])
def test_what_is_no_range(tmp_path: Path, block: str) -> None:
    says = refusal(lambda: read_xlsx(tmp_path, block=block))
    assert says == f"block={block!r} is not known: two cells are accepted, such as B2:C21"


def test_a_sheet_without_a_header(tmp_path: Path) -> None:
    path = book(tmp_path, {"Data": [[], [1, 10], [2, 20]]})
    assert read_xlsx(path, header=False) == Data(*TWO_ROWS, "1", "2")
    assert sheet_refusal(path) == (
        "row 2 of sheet 'Data' looks like data, for it holds numbers only: put names above it, "
        "or say with header=False that there are none"
    )
    path = book(tmp_path, {"Data": [[1.5, 10], [2, 20]]})
    assert "row 1 of sheet 'Data' looks like data" in sheet_refusal(path)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("n/a", "'n/a' where a number should be"),
        ("12", "the text '12' where a number should be"),
        (True, "TRUE where a number should be"),
        ("#N/A", "the error #N/A where a number should be"),
        (dt.date(2024, 5, 6), "the date or time 2024-05-06 00:00:00 where a number should be"),
        (dt.time(6, 30), "the date or time 06:30:00 where a number should be"),
        (dt.timedelta(days=2), "the date or time 2 days, 0:00:00 where a number should be"),
        (
            "=1+1",
            (
                "a formula without a stored number where a number should be; open the workbook "
                "in a spreadsheet program and save it there"
            ),
        ),
        (None, "nothing where a number should be; name the cells that are meant with block=..."),
    ],
)
def test_cells_that_are_no_numbers(tmp_path: Path, value: object, says: str) -> None:
    path = book(tmp_path, {"My 'data'": [[], [None, "x", "y"], [None, 1, value], [None, 2, 3]]})
    assert sheet_refusal(path) == f"cell 'My ''data'''!C3 holds {says}"


def test_a_note_below_the_data_is_no_row(tmp_path: Path) -> None:
    path = book(tmp_path, {"Data": [*TABLE, [], ["Source: the shop"]]})
    assert sheet_refusal(path).startswith("cell 'Data'!A4 holds nothing")
    assert columns(read_xlsx(path, block="A1:B4")) == TWO_ROWS


def test_stored_results_of_formulas_are_read(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1" t="str"><v>x</v></c><c r="B1" t="str"><f>"y"</f><v>y</v></c></row>'
        '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><f>A2*10</f><v>10</v></c></row>'
        '<row r="3"><c r="A3"><f>A2+1</f><v>2</v></c><c r="B3"><v>20</v></c></row>'
    )
    assert read_xlsx(raw_book(tmp_path, rows)) == Data(*TWO_ROWS, "x", "y")
    empty = '<row r="4"><c r="A4"><v>3</v></c><c r="B4" t="str"><f>""</f><v></v></c></row>'
    says = sheet_refusal(raw_book(tmp_path, rows + empty))
    assert says.startswith("cell 'Data'!B4 holds a formula without a stored number")


def test_a_number_beyond_all_numbers(tmp_path: Path) -> None:
    row = f'<row r="1"><c r="A1"><v>{"9" * 400}</v></c><c r="B1"><v>1</v></c></row>'
    says = sheet_refusal(raw_book(tmp_path, row), header=False)
    assert says == "cell 'Data'!A1 holds inf where a number should be"


@pytest.mark.slow
def test_cells_far_apart_are_no_trouble(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>3</v></c></row>'
    )
    says = sheet_refusal(raw_book(tmp_path, rows), "1", "2", header=False)
    assert says.startswith("cell 'Data'!A2 holds nothing")


def test_what_openpyxl_warns_of_does_not_get_out(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for row in [*TABLE, [3, 1e10]]:
        sheet.append(row)
    sheet["B4"].number_format = "yyyy-mm-dd"
    workbook.save(tmp_path / "book.xlsx")
    assert "cell 'Sheet'!B4 holds the error #VALUE!" in sheet_refusal(tmp_path / "book.xlsx")


def test_a_workbook_of_charts_only(tmp_path: Path) -> None:
    workbook = Workbook()
    workbook.create_chartsheet("Chart").add_chart(LineChart())
    workbook.remove(workbook.worksheets[0])
    workbook.save(tmp_path / "book.xlsx")
    says = sheet_refusal(tmp_path / "book.xlsx")
    assert says == "the workbook has no sheet with cells; add one"


OLD_OFFICE = bytes.fromhex("d0cf11e0a1b11ae1")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"x,y\n1,2\n", "this is no workbook"),
        (OLD_OFFICE + bytes(600), "old Office format"),
        (OLD_OFFICE + "EncryptedPackage".encode("utf-16-le"), "protected with a password"),
        (b"PK\x03\x04" + bytes(100), "damaged or incomplete"),
    ],
)
def test_files_that_are_no_workbooks(tmp_path: Path, content: bytes, says: str) -> None:
    assert says in sheet_refusal(file(tmp_path, content, "book.xlsx"))


def test_workbooks_that_are_cut_off_or_not_there(tmp_path: Path) -> None:
    whole = book(tmp_path, {"Data": TABLE}).read_bytes()
    for size in range(4, len(whole), len(whole) // 10):
        assert "damaged" in sheet_refusal(file(tmp_path, whole[:size], "cut.xlsx"))
    assert "there is no such file" in sheet_refusal(tmp_path / "none.xlsx")
    assert "folder" in sheet_refusal(tmp_path)


def test_a_workbook_whose_sheet_is_spoilt(tmp_path: Path) -> None:
    whole, spoilt = book(tmp_path, {"Data": TABLE}), tmp_path / "spoilt.xlsx"
    with ZipFile(whole) as archive, ZipFile(spoilt, "w") as copy:
        for name in archive.namelist():
            text = archive.read(name)
            copy.writestr(name, text[:-40] if "sheet1" in name else text)
    assert "damaged workbook" in sheet_refusal(spoilt)


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
        ("a.xlsx", {"delimiter": ";"}, "delimiter=... is for a CSV file, and this is a workbook"),
        ("a.xlsm", {"decimal": ","}, "decimal=... is for a CSV file, and this is a workbook"),
        ("a.csv", {"sheet": "Data"}, "sheet=... is for a workbook (.xlsx or .xlsm)"),
        ("a.ods", {"block": "A1:B2"}, "block=... is for a workbook (.xlsx or .xlsm)"),
    ],
)
def test_options_that_do_not_fit_the_file(name: str, options: dict[str, str], says: str) -> None:
    given: dict[str, Any] = {**options}
    assert refusal(lambda: read_data(Path(name), **given)) == f"{name}: {says}; leave it out"
