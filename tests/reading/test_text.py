"""Texts: their encodings, what parts their cells, and what was packed."""

import gzip

import pytest

from sheetgd.errors import DataError
from sheetgd.reading.text import read_text, unpacked


@pytest.mark.parametrize(
    ("content", "encoding", "delimiter"),
    [
        (b"x,y\n1,2\n", "utf-8", ","),
        ("größe;y\n1;2,5\n".encode("cp1252"), "cp1252", ";"),
        ("x\ty\n1\t2\n".encode("utf-16-le"), "utf-16-le", "\t"),
        ("x\ty\n1\t2\n".encode("utf-16"), "utf-16", "\t"),
        ("x|y\n1|2\n".encode("utf-32"), "utf-32", "|"),
        (b"x\x81y z\n1 2\n", "latin-1", " "),
        (b"sep=;\nx;y,z\n1;2,5\n", "utf-8", ";"),
    ],
)
def test_encoding_and_delimiter(content: bytes, encoding: str, delimiter: str) -> None:
    text = read_text("f", content, None, None)
    assert (text.encoding, text.delimiter) == (encoding, delimiter)
    assert text.grid().notes == (() if encoding == "utf-8" else (f"the text is {encoding}",))


def test_lines_keep_their_numbers() -> None:
    text = read_text("f", b"sep=;\n\nx;y\n1;2\n3;4\n", None, None)
    assert text.grid().numbers == [3, 4, 5]
    assert text.grid(range(4, 5)).rows == [["1", "2"]]


def test_packed_texts() -> None:
    packed = gzip.compress(b"x,y\n") + gzip.compress(b"1,2\n") + b"\0\0"
    assert unpacked("f", packed) == b"x,y\n1,2\n"
    assert unpacked("f", b"plain") == b"plain"
    with pytest.raises(DataError, match="ends too early"):
        unpacked("f", packed[:20])
    with pytest.raises(DataError, match="longer than 64 MiB"):
        unpacked("f", gzip.compress(b"0" * (2**26 + 1)))


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><p>", b" <html>", b'<?xml version="1.0"?>'])
def test_a_web_page_is_no_text_with_a_table(page: bytes) -> None:
    with pytest.raises(DataError, match="web page"):
        read_text("f", page, None, None)
