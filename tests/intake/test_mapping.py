"""Importing a folder: files in, a checked dataset and an account out; nothing is left when it fails."""

import tomllib
from pathlib import Path

import pytest

from analysis.intake.dataset import check_dataset, open_dataset
from analysis.intake.mapping import import_folder
from analysis.vocabulary.errors import CallError, DataError

MAPPING = """
[dataset]
name = "Two visits"
basis = "synthetic"
data_cut = "2026"
[definitions]
name = "two-visits"
[definitions.instruments.PHQ-9]
entry_score = 15
[files.visits]
path = "visits.csv"
[tables.sessions]
from = "visits"
once_per = ["patient_id"]
columns = { patient_id = "id", day.constant = 0, treatment.constant = "ketamine", route.constant = "iv" }
[tables.scores]
from = "visits"
[tables.scores.columns]
patient_id = "id"
day = { from = "visit", visits = { "week 0" = 0, "week 2" = 14 } }
instrument.constant = "PHQ-9"
total = { from = "phq", number = "integer" }
"""
VISITS = "id,visit,phq\nA1,week 0,18\nA1,week 2,7\nB2,week 0,15.0\n"


@pytest.fixture
def folder(tmp_path) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    source.joinpath("visits.csv").write_text(VISITS)
    tmp_path.joinpath("map.toml").write_text(MAPPING)
    return source


def run(folder: Path, **options):
    return import_folder(folder, mapping=folder.parent / "map.toml", out=folder.parent / "dataset", **options)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def test_the_dataset_that_is_written(folder):
    account = run(folder)
    written = contents(folder.parent / "dataset")
    assert written.keys() == {"dataset.toml", "definitions.toml", "sessions.csv", "scores.csv"}
    assert written["sessions.csv"] == b"patient_id,day,treatment,route\nA1,0,ketamine,iv\nB2,0,ketamine,iv\n"
    assert written["scores.csv"] == (b"patient_id,day,instrument,total\nA1,0,PHQ-9,18\nA1,14,PHQ-9,7\nB2,0,PHQ-9,15\n")
    assert tomllib.loads(written["dataset.toml"].decode()) == {
        "layout": 1,
        "definitions": "definitions.toml",
        "name": "Two visits",
        "basis": "synthetic",
        "data_cut": "2026",
    }
    assert account.dataset == "Two visits"
    assert account.files[["read", "used", "left_out"]].to_numpy().tolist() == [[3, 3, 0]]
    dataset = open_dataset(folder.parent / "dataset")
    assert dataset.definitions.instruments["PHQ-9"].entry_score == 15
    assert check_dataset(folder.parent / "dataset").equals(account.problems)


def test_the_source_is_only_read(folder):
    run(folder)
    assert contents(folder) == {"visits.csv": VISITS.encode()}


def test_the_same_files_give_the_same_bytes_in_any_order(folder):
    run(folder)
    first = contents(folder.parent / "dataset")
    header, *rows = VISITS.splitlines()
    folder.joinpath("visits.csv").write_text("\n".join([header, *reversed(rows)]))
    run(folder, force=True)
    assert contents(folder.parent / "dataset") == first


def test_without_definitions_no_file_of_definitions(folder):
    mapping = MAPPING[: MAPPING.index("[definitions]")] + MAPPING[MAPPING.index("[files") :]
    folder.parent.joinpath("map.toml").write_text(mapping)
    run(folder)
    assert not (folder.parent / "dataset" / "definitions.toml").exists()


def test_a_dataset_that_is_there_stays_unless_forced(folder):
    run(folder)
    with pytest.raises(CallError, match="--force"):
        run(folder)
    folder.joinpath("visits.csv").write_text(VISITS.replace("18", "19"))
    run(folder, force=True)
    assert b"A1,0,PHQ-9,19" in contents(folder.parent / "dataset")["scores.csv"]


@pytest.mark.parametrize(
    ("visits", "message"),
    [
        (VISITS.replace("week 2", "week 3"), "visits.csv, row 3, column 'visit': a visit label that"),
        (VISITS.replace("18", "none"), "visits.csv, row 2, column 'phq': a value that is not a whole number"),
        (VISITS.replace("phq", "phq9"), "visits.csv has no column 'phq'"),
        (VISITS.replace("B2,week 0", "A1,week 0"), "visits.csv, rows 2, 4: the same patient_id, day, instrument"),
    ],
)
def test_a_failed_import_leaves_what_was_there(folder, visits, message):
    run(folder)
    before = contents(folder.parent / "dataset")
    folder.joinpath("visits.csv").write_text(visits)
    with pytest.raises(DataError) as error:
        run(folder, force=True)
    assert str(error.value).startswith(message)
    assert contents(folder.parent / "dataset") == before
    assert {path.name for path in folder.parent.iterdir()} == {"source", "map.toml", "dataset"}


def test_errors_of_the_dataset_stop_the_import_and_are_listed(folder):
    folder.parent.joinpath("map.toml").write_text(MAPPING.replace('basis = "synthetic"', 'basis = "hope"'))
    with pytest.raises(DataError, match=r"(?s)The mapped tables have errors; nothing was written\..*basis"):
        run(folder)
    assert {path.name for path in folder.parent.iterdir()} == {"source", "map.toml"}


def test_definitions_that_are_wrong_stop_the_import(folder):
    folder.parent.joinpath("map.toml").write_text(MAPPING.replace("entry_score", "entry_scor"))
    with pytest.raises(DataError, match="entry_scor"):
        run(folder)
    assert not (folder.parent / "dataset").exists()


def test_what_the_checks_set_aside_is_said_at_once(folder):
    folder.joinpath("visits.csv").write_text(VISITS.replace("18", "300"))
    account = run(folder)
    assert account.problems["severity"].tolist() == ["set-aside"]
    assert "set-aside: scores, column total, row 2" in str(account)
    assert "300" not in str(account)


def test_no_folder_and_a_folder_in_the_way(folder):
    with pytest.raises(CallError, match="there is no such folder to import"):
        import_folder(folder / "gone", mapping=folder.parent / "map.toml", out=folder.parent / "dataset")
    with pytest.raises(CallError, match="source holds the files to import; name another folder to write to"):
        import_folder(folder, mapping=folder.parent / "map.toml", out=folder, force=True)
    with pytest.raises(CallError, match="holds the files to import"):
        import_folder(folder, mapping=folder.parent / "map.toml", out=folder.parent, force=True)
    other = folder.parent / "letters"
    other.mkdir()
    other.joinpath("letter.txt").write_text("dear")
    with pytest.raises(CallError, match="holds other files"):
        import_folder(folder, mapping=folder.parent / "map.toml", out=other, force=True)
    assert contents(other) == {"letter.txt": b"dear"}


KEYED = MAPPING.replace("[definitions]", "[pseudonyms]\n[definitions]", 1)


def test_pseudonyms_take_the_place_of_identifiers(folder):
    folder.parent.joinpath("map.toml").write_text(KEYED)
    key = folder.parent / "key.csv"
    run(folder, key_file=key)
    first = contents(folder.parent / "dataset")
    assert b"A1" not in b"".join(first.values())
    kept = dict(line.replace('"', "").split(",")[1:] for line in key.read_text().splitlines()[1:])
    assert kept.keys() == {"A1", "B2"}
    assert first["scores.csv"].decode().splitlines()[1:] == sorted(
        [f"{kept['A1']},0,PHQ-9,18", f"{kept['A1']},14,PHQ-9,7", f"{kept['B2']},0,PHQ-9,15"],
        key=lambda line: (line[:9], int(line.split(",")[1])),
    )
    run(folder, key_file=key, force=True)
    assert contents(folder.parent / "dataset") == first


def test_a_failed_import_leaves_no_key(folder):
    folder.parent.joinpath("map.toml").write_text(KEYED.replace('"synthetic"', '"hope"'))
    with pytest.raises(DataError):
        run(folder, key_file=folder.parent / "key.csv")
    assert {path.name for path in folder.parent.iterdir()} == {"source", "map.toml"}


@pytest.mark.parametrize("place", ["source", "dataset"])
def test_the_key_file_is_refused_beside_the_data(folder, place):
    folder.parent.joinpath("map.toml").write_text(KEYED)
    with pytest.raises(CallError, match=f"the key file must not lie in {place}"):
        run(folder, key_file=folder.parent / place / "key.csv")
    assert not (folder.parent / "dataset").exists()
