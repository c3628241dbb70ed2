"""Every column of a source file is used or dropped with a reason; a column that is not there is named."""

from pathlib import Path

import pytest

from analysis.intake.mapping_reading import read_mapping
from analysis.intake.source_columns import check_columns, owner_of
from analysis.vocabulary.errors import DataError

MAPPING = """
dataset = { name = "Trial", basis = "synthetic", data_cut = "2026" }
[files.patients]
path = "patients.csv"
[files.visits]
path = "visits.csv"
join.patients.on = "id"
[files.visits.drop]
note = "free text"
[[files.visits.leave_out]]
column = "patients.group"
is = ["HC"]
reason = "control"
[tables.sessions]
from = "visits"
columns = { patient_id = "id", day = "day", treatment.constant = "ketamine" }
"""
HEADERS = {"visits": ["id", "day", "note"], "patients": ["id", "group"]}


@pytest.fixture
def mapping(tmp_path: Path):
    tmp_path.joinpath("map.toml").write_text(MAPPING)
    return read_mapping(tmp_path / "map.toml")


def test_used_dropped_and_joined_columns_are_accounted_for(mapping):
    check_columns(mapping, HEADERS)


@pytest.mark.parametrize(
    ("file", "header", "message"),
    [
        (
            "visits",
            ["id", "days", "note"],
            "visits.csv has no column 'day', which `tables.sessions.columns.day` names. Did you mean 'days'?",
        ),
        ("patients", ["id", "arm"], "patients.csv has no column 'group', which `files.visits.leave_out[1]` names."),
        (
            "patients",
            ["ident", "group"],
            "patients.csv has no column 'id', which `files.visits.join.patients.to` names.",
        ),
        (
            "visits",
            ["id", "day", "notes"],
            "visits.csv has no column 'note', which `files.visits.drop` names. Did you mean 'notes'?",
        ),
        (
            "visits",
            ["id", "day", "note", "weight", "phone"],
            "The mapping passes over columns (visits.csv: weight, phone). "
            "Use each of them, or name it under `files.NAME.drop` with the reason.",
        ),
        (
            "visits",
            ["id\tday\tnote"],
            "visits.csv: the first row holds none of the columns that the mapping names. "
            "Is it a header row, and is `files.visits.delimiter` right?",
        ),
        (
            "visits",
            ["patient-7", "0", "called home"],
            "visits.csv: the first row holds none of the columns that the mapping names. "
            "Is it a header row, and is `files.visits.delimiter` right?",
        ),
    ],
)
def test_a_column_at_odds_is_named(mapping, file, header, message):
    with pytest.raises(DataError) as error:
        check_columns(mapping, HEADERS | {file: header})
    assert str(error.value) == message


def test_columns_that_may_be_passed_over_or_may_not_be_used(mapping):
    headers = HEADERS | {"visits": ["id", "day", "note", "phone", "extra"]}
    refused = {"visits": {"phone": "identifier", "note": "free text by the reader"}}
    dropped = check_columns(mapping, headers, spare={"visits": {"extra": "spare", "day": "spare"}}, refused=refused)
    assert dropped == {"visits": {"extra": "spare", "phone": "identifier", "note": "free text"}, "patients": {}}
    with pytest.raises(DataError) as error:
        check_columns(mapping, headers, refused={"visits": {"day": "identifier"}})
    assert str(error.value) == "visits.csv: `tables.sessions.columns.day` uses 'day', which is refused: identifier."


def test_a_dropped_column_may_not_be_in_use(tmp_path):
    text = MAPPING.replace('note = "free text"', 'note = "free text"\nday = "why"')
    tmp_path.joinpath("map.toml").write_text(text)
    with pytest.raises(DataError, match="`files.visits.drop` drops 'day', which the mapping also uses; keep one"):
        check_columns(read_mapping(tmp_path / "map.toml"), HEADERS)


def test_whose_column_it_is(mapping):
    visits = mapping.files["visits"]
    assert owner_of("day", visits, HEADERS) == ("visits", "day")
    assert owner_of("patients.group", visits, HEADERS) == ("patients", "group")
    assert owner_of("blood.pressure", visits, HEADERS) == ("visits", "blood.pressure")
    own = HEADERS | {"visits": ["patients.group"]}
    assert owner_of("patients.group", visits, own) == ("visits", "patients.group")
