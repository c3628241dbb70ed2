"""The right reader for each file, and a plain word when a file is not what its name says."""

import subprocess
import sys
import zipfile

import pytest

from analysis.intake.mapping_files import FORMATS
from analysis.intake.mapping_grammar import SourceFile
from analysis.intake.readers.formats import READERS, REMOTE_READERS, read_table
from analysis.vocabulary.errors import DataError


def fault(folder, path: str, how: str) -> str:
    file = SourceFile("visits", path, ",", "utf-8", (), {}, (), {}, format=how, resource="Patient")
    with pytest.raises(DataError) as error:
        read_table(folder, file)
    return str(error.value).replace(folder.name, "FOLDER")


def test_every_format_of_the_grammar_has_its_reader():
    assert READERS.keys() | REMOTE_READERS.keys() == FORMATS.keys()
    assert not READERS.keys() & REMOTE_READERS.keys()


def test_servers_and_databases_cost_nothing_until_they_are_asked():
    command = "import sys, analysis.intake.readers.formats; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert not {"redcap", "requests", "psycopg"} & set(run.stdout.split())


@pytest.mark.parametrize("how", list(READERS))
def test_a_file_that_is_not_there(tmp_path, how):
    (tmp_path / "visit.csv").write_text("id\n")
    assert fault(tmp_path, "visits.csv", how) == (
        "visits.csv: there is no such file in FOLDER (`files.visits.path`). Did you mean 'visit.csv'?"
    )


@pytest.mark.parametrize("how", [how for how in READERS if how not in {"text", "redcap"}])
def test_an_empty_file(tmp_path, how):
    (tmp_path / "visits").touch()
    assert fault(tmp_path, "visits", how) == "visits is empty; export it again."


@pytest.mark.parametrize(
    ("start", "how", "message"),
    [
        (
            b"PK\x03\x04",
            "text",
            'an Excel workbook or another zip archive, not text. Set `files.visits.format = "xlsx"`.',
        ),
        (
            b"\xd0\xcf\x11\xe0",
            "xlsx",
            "an Excel workbook in the old format, or one with a password, not xlsx. "
            "Save it as .xlsx without a password.",
        ),
        (b"PAR1", "text", 'Parquet, not text. Set `files.visits.format = "parquet"`.'),
        (b"$FL2", "stata", 'an SPSS file, not stata. Set `files.visits.format = "spss"`.'),
        (b"%PDF", "text", "a PDF, not text. Save it as .xlsx or .csv."),
    ],
)
def test_a_file_of_another_kind_says_which(tmp_path, start, how, message):
    (tmp_path / "visits").write_bytes(start + b"Jane Doe" * 100)
    assert fault(tmp_path, "visits", how) == f"visits is {message}"


def test_a_workbook_under_the_name_of_a_text(tmp_path):
    with zipfile.ZipFile(tmp_path / "visits.csv", "w") as archive:
        archive.writestr("xl/workbook.xml", "x")
    assert 'Set `files.visits.format = "xlsx"`' in fault(tmp_path, "visits.csv", "text")


@pytest.mark.parametrize("how", ["text", "xlsx", "spss"])
def test_a_folder_where_a_file_should_be(tmp_path, how):
    (tmp_path / "visits").mkdir()
    assert fault(tmp_path, "visits", how).startswith("visits: there is no such file in FOLDER")
