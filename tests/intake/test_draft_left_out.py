"""Rows that are left out: marked as archived, deleted or a test, or visits without a treatment."""

import pytest
from drafted_maps import draft, write_files

VISITS = """MRN,Infusion Date,Dose mg,PHQ-9,{header}
1,2025-01-03,40,18,{one}
1,2025-01-06,40,18,{two}
2,2025-01-06,40,9,{two}
"""


def left_out(tmp_path, **cells):
    folder = write_files(tmp_path / "clinic")
    (folder / "visits.csv").write_text(VISITS.format(**cells))
    return draft(folder)[2]["files"]["visits"].get("leave_out", [])


@pytest.mark.parametrize(
    ("header", "one", "two", "reason"),
    [
        ("Archived", "TRUE", "FALSE", "marked as archived"),
        ("Deleted", "Yes", "No", "marked as deleted"),
        ("Is test", "1", "0", "test record"),
        ("Record type", "Test", "Client", "test record"),
    ],
)
def test_marked_rows(tmp_path, header, one, two, reason):
    assert left_out(tmp_path, header=header, one=one, two=two) == [{"column": header, "is": [one], "reason": reason}]


@pytest.mark.parametrize(("one", "two"), [("maybe", "FALSE"), ("FALSE", "FALSE"), ("Jane asked for it", "TRUE")])
def test_a_column_that_says_more_than_yes_and_no_leaves_nothing_out(tmp_path, one, two):
    assert left_out(tmp_path, header="Archived", one=one, two=two) == []


def test_visits_without_a_treatment(tmp_path):
    folder = write_files(tmp_path / "clinic")
    (folder / "phq.csv").write_text("MRN,Date,PHQ-9\n1,2025-01-03,18\n")
    (folder / "visits.csv").write_text(
        "MRN,Visit Date,Visit type,Dose mg\n1,2025-01-01,Consultation,\n1,2025-01-03,Ketamine infusion,40\n"
        "2,2025-01-03,Ketamine infusion,40\n"
    )
    rule = draft(folder)[2]["files"]["visits"]["leave_out"][0]
    assert (rule["column"], rule["reason"]) == ("Visit type", "no treatment")
    assert {"Consultation", "Intake", "Follow-up"} <= set(rule["is"])
