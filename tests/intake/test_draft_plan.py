"""The plan: every column of every file that is used is used or dropped, whatever the files hold."""

import csv

import pytest
from drafted_maps import draft, write_files
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.intake.mapping import import_folder
from analysis.intake.mapping_reading import read_mapping
from analysis.intake.sources import read_sources
from analysis.vocabulary.errors import OutcomesError

HEADERS = [
    *(
        "MRN",
        "client_id",
        "Visit ID",
        "Infusion Date",
        "Date",
        "DOB",
        "Dose",
        "Weight",
        "Route",
        "Medication",
        "Status",
    ),
    *("Sex", "Payer", "Clinic", "PHQ-9", "phq9_1", "GAD-7", "Trouble relaxing", "CADSS", "Notes", "Adverse event"),
    *("Severity", "Event", "Referral ID", "Source", "Archived", "Stopped early", "day", "total", "instrument", "Age"),
]
CELLS = [
    "",
    "1",
    "2",
    "40",
    "2025-01-03",
    "1/23/2025",
    "03/04/2025",
    "IV",
    "Ketamine",
    "Completed",
    "F",
    "yes",
    "Jane Doe",
]
CELLS += ["n/a", "PHQ9", "Nausea", "18", "71,5", "0.5 mg/kg", "TRUE", "45660", "x" * 70]
TABLE = st.tuples(st.lists(st.sampled_from(HEADERS), min_size=1, max_size=9, unique=True), st.integers(0, 6)).flatmap(
    lambda shape: st.tuples(
        st.just(shape[0]),
        st.lists(
            st.lists(st.sampled_from(CELLS), min_size=len(shape[0]), max_size=len(shape[0])),
            min_size=shape[1],
            max_size=shape[1],
        ),
    )
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables=st.lists(TABLE, min_size=1, max_size=3))
def test_any_files_give_a_mapping_that_is_read_and_names_every_column_or_one_clear_error(tables, tmp_path_factory):
    place = tmp_path_factory.mktemp("any")
    folder = write_files(place / "clinic")
    for number, (header, rows) in enumerate(tables):
        with (folder / f"{number}.csv").open("w", newline="") as stream:
            csv.writer(stream).writerows([header, *rows])
    refusal = ""
    try:
        account, text, _ = draft(folder)
    except OutcomesError as error:
        refusal = str(error)
    assert "Jane" not in refusal
    if refusal:
        return
    assert "Jane" not in text + str(account)
    rules = read_mapping(place / "MAP.toml")
    if not any(name.startswith("missing_") for name in rules.files):
        read_sources(folder, rules)  # refuses a column that is neither used nor dropped
    try:
        import_folder(folder, mapping=place / "MAP.toml", out=place / "dataset", key_file=place / "key.csv")
    except OutcomesError as error:
        refusal = str(error)
    assert "passes over columns" not in refusal


@pytest.mark.parametrize(
    ("header", "cells", "reason"),
    [
        ("Colour", ["red", "blue"], "to confirm: not recognised (2 different texts)"),
        ("Shelf", ["3", "17"], "to confirm: not recognised (whole numbers)"),
        ("Factor", ["0.5", "1.25"], "to confirm: not recognised (numbers)"),
        ("Story", ["a" * 70, "b"], "to confirm: not recognised (text)"),
        ("Code", ["A", "A"], "to confirm: not recognised (one text)"),
        ("Nothing", ["", ""], "empty column"),
        ("Phone", ["1", "2"], "identifier: a telephone or fax number"),
        ("Appointment Date", ["2025-01-03", "2025-01-04"], "to confirm: 'Infusion Date' is used as date instead"),
        ("Sex", ["yes", "no"], "to confirm: none of its 2 different texts is known as sex"),
    ],
)
def test_each_column_that_is_not_used_has_its_reason(tmp_path, header, cells, reason):
    folder = write_files(tmp_path / "clinic")
    rows = [["MRN", "Infusion Date", "Dose mg", "PHQ-9", header]]
    rows += [[number, "2025-01-03", 40, 18, cell] for number, cell in enumerate(cells)]
    with (folder / "visits.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    assert draft(folder)[2]["files"]["visits"]["drop"] == {header: reason}


def test_scores_without_a_date_are_told(tmp_path):
    folder = write_files(tmp_path / "clinic")
    (folder / "visits.csv").write_text("MRN,Infusion Date,Dose mg\n1,2025-01-03,40\n")
    (folder / "phq.csv").write_text("MRN,Visit,PHQ-9\n1,baseline,18\n2,week 1,9\n")
    account, _, held = draft(folder)
    told = "phq.csv: holds PHQ-9, but no date or day was recognised (for visits with names see `visits` in the grammar)"
    assert told in account.unused
    assert "missing_scores" in held["files"]
