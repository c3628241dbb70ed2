"""The cohort: derived tables, parts of them, what was set aside, and the files written."""

import duckdb
import pandas as pd
import pytest
from drawn_tables import read_drawn, typed, write_folder

from analysis.cohort import cohort as cohort_module
from analysis.cohort.cohort import derive
from analysis.cohort.derived_files import write_derived
from analysis.cohort.derived_tables import nullable
from analysis.intake.dataset import open_dataset
from analysis.vocabulary.errors import CallError


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Two people in treatment, one session cancelled, one person scored and never treated."""
    sessions = typed(
        read_drawn("""
        patient_id | day | treatment | route | status
        P1         |   0 | ketamine  | iv    | given
        P1         |   3 | ketamine  | iv    | cancelled
        P2         |   0 | ketamine  | iv    | stopped-early
    """)
    )
    scores = typed(
        read_drawn("""
        patient_id | day | instrument | total
        P1         |  -1 | PHQ-9      | 20
        P1         |   7 | PHQ-9      | 8
        P3         |   0 | PHQ-9      | 15
        P3         |   9 | PHQ-9      | 15
    """)
    )
    folder = tmp_path_factory.mktemp("small") / "dataset"
    return derive(open_dataset(write_folder(folder, {"sessions": sessions, "scores": scores})))


def test_the_derived_tables_hold_one_row_per_course_session_and_score(small):
    assert list(small.courses["patient_id"]) == ["P1", "P2"]
    assert list(small.sessions["status"]) == ["given", "stopped-early"]
    assert list(small.outcomes["total"]) == [20, 8]


def test_what_is_not_used_is_counted_by_reason(small):
    found = {(row.table, row.reason): row.rows for row in small.set_aside.itertuples()}
    assert found[("sessions", "not a treatment (cancelled)")] == 1
    assert found[("scores", "person never treated")] == 2


def test_rows_read_are_rows_used_and_rows_set_aside(demo_cohort):
    aside = demo_cohort.set_aside.groupby("table")["rows"].sum()
    read = demo_cohort.dataset.rows.set_index("table")["read"]
    assert len(demo_cohort.sessions) + aside.get("sessions", 0) == read["sessions"]
    assert len(demo_cohort.outcomes) + aside.get("scores", 0) == read["scores"]
    courses = demo_cohort.courses
    assert courses["sessions"].sum() == len(demo_cohort.sessions)


def test_true_false_and_unknown_are_three_values(small):
    assert small.outcomes["response"].dtype == "boolean"
    assert list(small.outcomes["response"].isna()) == [True, False]


def test_a_part_of_a_table(small):
    part = small.table("outcomes", columns=["patient_id", "total"], where={"session_number": 1})
    assert part.to_dict("records") == [{"patient_id": "P1", "total": 8}]
    both = small.table("courses", columns=["patient_id"], where={"patient_id": ["P1", "P2", "P9"]})
    assert list(both["patient_id"]) == ["P1", "P2"]


def test_a_table_of_too_many_rows_is_refused_with_advice(small, monkeypatch):
    monkeypatch.setattr(cohort_module, "MOST_ROWS", 1)
    with pytest.raises(CallError, match=r"courses has 2 rows here, more than 1: ask for a part"):
        _ = small.courses
    assert len(small.table("courses", where={"patient_id": "P1"})) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"name": "course"}, "'course' is not a table. Did you mean 'courses'"),
        ({"name": "courses", "columns": ["first"]}, "'first' is not a column of courses"),
        ({"name": "courses", "where": {"patient": "P1"}}, "'patient' is not a column of courses"),
    ],
)
def test_an_unknown_table_or_column_is_named(small, call, message):
    with pytest.raises(CallError, match=message):
        small.table(**call)


def test_what_is_not_a_dataset_or_a_value_of_another_type_is_refused(small):
    with pytest.raises(CallError, match="derive: a dataset is needed"):
        derive("data/demo")
    with pytest.raises(CallError, match="a value is of another type than its column"):
        small.table("courses", where={"course": "first"})
    assert list(small.table("courses", columns="patient_id").columns) == ["patient_id"]


def test_the_written_files_hold_the_same_rows(small, tmp_path):
    folder = write_derived(small, tmp_path / "derived")
    for name in ("courses", "sessions", "outcomes"):
        written = nullable(duckdb.connect().execute(f"FROM '{folder / name}.parquet'").df())
        pd.testing.assert_frame_equal(written, getattr(small, name))
    with pytest.raises(CallError, match="is there already"):
        write_derived(small, folder)
    write_derived(small, folder, force=True)


def test_nothing_is_computed_until_a_table_is_asked_for(small):
    assert "connection" not in derive(small.dataset).__dict__


def test_representations_name_the_cohort_and_escape_it(small):
    assert "People treated: 2" in repr(small)
    assert "<caption>Cohort</caption>" in small._repr_html_()
