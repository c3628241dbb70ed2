"""Delimited text in the encodings and with the delimiters that clinics' programs write."""

from pathlib import Path

import pytest

from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.delimited import read_delimited
from analysis.vocabulary.errors import DataError


def options(delimiter: str = ",", encoding: str = "utf-8") -> SourceFile:
    return SourceFile("visits", "visits.csv", delimiter, encoding, (), {}, (), {})


def write(folder: Path, content: bytes) -> Path:
    folder.joinpath("visits.csv").write_bytes(content)
    return folder


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("cp1252", "cp1252"),
        ("latin-1", "latin-1"),
    ],
)
def test_encodings_and_delimiters(tmp_path, delimiter, written, named):
    text = "name;note\r\nMüller;née\r\n".replace(";", delimiter)
    rows = read_delimited(write(tmp_path, text.encode(written)), options(delimiter, named)).rows
    assert rows.to_dict("index") == {2: {"name": "Müller", "note": "née"}}


@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        (
            "id,day\nä,0\n".encode("utf-16"),
            "utf-8",
            'visits.csv is not utf-8 text: it begins like utf-16. Set `files.visits.encoding = "utf-16"`.',
        ),
        (
            "id,day\nä,0\n".encode("utf-8-sig"),
            "cp1252",
            'visits.csv is not cp1252 text: it begins like utf-8. Set `files.visits.encoding = "utf-8"`.',
        ),
        (
            "id,day\nä,0\n".encode("cp1252"),
            "utf-8",
            "visits.csv is not utf-8 text; name its encoding as `files.visits.encoding`.",
        ),
        (
            "id,day\nä,0\n".encode("utf-16")[:-1],
            "utf-16",
            "visits.csv is not utf-16 text; name its encoding as `files.visits.encoding`.",
        ),
        (
            b"id,day\na,0\nb\n",
            "utf-8",
            "visits.csv, row 3: not 2 cells like the header. "
            "The file is cut off, or a delimiter stands inside a cell without quotes.",
        ),
        (
            b'id,day\n"a,0\n',
            "utf-8",
            "visits.csv: a quoted cell does not end, or quotes stand inside a cell; save the file again as CSV.",
        ),
    ],
)
def test_a_fault_is_named(tmp_path, content, encoding, message):
    with pytest.raises(DataError) as error:
        read_delimited(write(tmp_path, content), options(encoding=encoding))
    assert str(error.value) == message
