"""What can be wrong with a CSV file as a text, and that it is told with its place and without its content."""

import pytest

from analysis.intake.csv_text import explain_csv, look_at_csv

SECRET = b"Zebedee"


def look(tmp_path, content: bytes):
    path = tmp_path / "sessions.csv"
    path.write_bytes(content)
    return look_at_csv("sessions", path)


def told(problems) -> list[tuple[str, str]]:
    for problem in problems:
        assert "Zebedee" not in problem.message
    return [(problem.severity, problem.rule) for problem in problems]


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1,2\n",
        b"a,b\r\n1,2\r\n",
        b"\xef\xbb\xbfa,b\n1,2\n",
        b'"a","b"\n1,2\n',
        b" a , b \n1,2\n",
        b"a,b\n1,2\n\n\n",
        b"a,b\n1,\xc3\xbc\n",
    ],
    ids=["plain", "CRLF", "BOM", "quoted", "spaces", "blank lines at the end", "other letters"],
)
def test_a_good_file_has_no_problem(tmp_path, content):
    text = look(tmp_path, content)
    assert (text.names, text.problems, text.readable) == (("a", "b"), (), True)


@pytest.mark.parametrize(
    ("content", "rule", "words"),
    [
        (b"", "empty file", "the file is empty"),
        (b"\xef\xbb\xbf", "empty file", "blank lines only"),
        (b"\n \r\n\n", "empty file", "blank lines only"),
        ("a,b\n1,2\n".encode("utf-16"), "encoding", "UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-le"), "not text", "NUL byte in line 1"),
        (b"a,b\n1,2\nZebedee\0,3\n", "not text", "NUL byte in line 3"),
        (b"a,b\n1,2\nZebedee,M\xfcller\n", "encoding", "line 3 (byte 18)"),
        (b"PK\x03\x04Zebedee", "not text", "Excel workbook"),
        (b"PAR1Zebedee", "not text", "Name it sessions.parquet"),
        (b"a;b\nZebedee;2\n", "delimiter", "semicolons. Commas are needed"),
        (b"a\tb\nZebedee\t2\n", "delimiter", "tabs"),
        (b"a|b\nZebedee|2\n", "delimiter", "vertical bars"),
        (b"sep=;\na;b\nZebedee;2\n", "delimiter", "only Excel understands"),
        (b"a,b\n1,2\n\nZebedee,4\n", "blank line", "row 3:"),
        (b"\na,b\nZebedee,4\n", "blank line", "row 1:"),
        (b"a,b\r\n1,2\r\n\r\n\r\nZebedee,4\r\n", "blank line", "rows 3, 4:"),
    ],
)
def test_a_bad_file_stops_with_its_reason(tmp_path, content, rule, words):
    text = look(tmp_path, content)
    assert told(text.problems) == [("error", rule)]
    assert not text.readable
    assert words in text.problems[0].message


def test_a_blank_line_inside_a_quoted_cell_is_none(tmp_path):
    assert look(tmp_path, b'a,b\n1,"x\n\ny"\n').readable


def test_a_blank_line_after_a_line_break_in_a_cell_is_numbered_as_a_spreadsheet_does(tmp_path):
    text = look(tmp_path, b'a,b\n1,"x\ny"\n\n3,4\n')
    assert text.problems[0].rows == (3,)


def test_a_file_without_a_last_line_end_is_read_with_a_warning(tmp_path):
    text = look(tmp_path, b"a,b\n1,2\n3,4")
    assert told(text.problems) == [("warning", "last line")]
    assert (text.readable, text.lines) == (True, 3)


def test_bad_bytes_far_into_a_large_file_are_placed(tmp_path):
    lines = 400_000
    text = look(tmp_path, b"a,b\n" + b"123,4\n" * lines + b"12\xff,4\n")
    assert f"line {lines + 2:,} (byte {4 + 6 * lines + 3:,})" in text.problems[0].message


@pytest.mark.parametrize(
    ("content", "rule", "words"),
    [
        (b"a,b\n1,2\nZebedee\n3,4\n5,6,7\n", "ragged row", "rows 3, 5:"),
        (b'a,b\n1,2\n3,"Zebedee\n5,6\n', "quotation marks", "after row 2"),
        (b'a,b\n1,"2"Zebedee\n', "quotation marks", "after row 1"),
        (b"a,b\r\n1,Zebedee\n3,4\r\n", "line ends", "2 as in Windows, 1 as in Unix"),
        (b"a,b\nZebedee,2\n", "unreadable file", "not comma-separated text in the usual form"),
    ],
    ids=["ragged", "open quotation mark", "text after a quotation mark", "mixed line ends", "nothing seen"],
)
def test_a_file_that_would_not_be_read_is_explained(tmp_path, content, rule, words):
    path = tmp_path / "scores.csv"
    path.write_bytes(content)
    problems = explain_csv("scores", path)
    assert told(problems) == [("error", rule)]
    assert words in problems[0].message
