"""A table as the draft reads it: as the import would, and of a very large file only the beginning."""

import pytest

from analysis.intake.drafting import found
from analysis.intake.drafting.found import Folder, read_like_import
from analysis.vocabulary.errors import DataError


def test_of_a_very_large_file_only_the_first_rows_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(found, "LARGEST_WHOLE", 10)
    monkeypatch.setattr(found, "ROWS_OF_LARGER", 4)
    (tmp_path / "a.csv").write_text("MRN,Dose\n1, 40 \n2,35\n3,35\n4,35\n5,35\n")
    rows = read_like_import(tmp_path, "a", {"path": "a.csv"}).rows
    assert rows["Dose"].tolist() == ["40", "35", "35"]
    assert rows.index.tolist() == [2, 3, 4]


def test_options_that_contradict_each_other(tmp_path):
    with pytest.raises(DataError, match="`files.a.sheet` is for the format"):
        read_like_import(tmp_path, "a", {"path": "a.csv", "sheet": "x"})


def test_names_of_tables_are_plain_and_each_once(tmp_path):
    found = Folder()
    assert [found.name_for(words) for words in ("PHQ 9 – Daten!", "phq-9 daten", "???", "")] == [
        "phq_9_daten",
        "phq_9_daten_2",
        "file",
        "file_2",
    ]


def test_a_table_is_kept_or_the_reason_told(tmp_path):
    (tmp_path / "a.csv").write_text("MRN,Dose\n1,\n")
    (tmp_path / "b.csv").write_text("MRN,\n1,2\n")
    found = Folder()
    for name in ("a.csv", "b.csv"):
        found.add(tmp_path, {"path": name}, "text")
    assert [(table.name, table.columns, table.shown) for table in found.tables] == [("a", ["MRN", "Dose"], "a.csv")]
    assert found.tables[0].rows["Dose"].isna().all()
    assert found.unread == {"b.csv": "column 2 has no name in the header row."}
