"""What every row shares."""

from analysis.intake.readers.fhir_common import (
    Row,
    common_cells,
    concept_cells,
    is_partial,
    moment_at,
    moment_paths,
    number_rows,
)
from analysis.intake.readers.fhir_references import Context
from analysis.intake.readers.fhir_values import read_moment


def test_whose_it_is_and_when():
    body = {
        "id": "x",
        "patient": {"reference": "Patient/p1"},
        "context": {"reference": "Encounter/e1"},
        "status": "final",
    }
    assert common_cells(body, Context(), when=read_moment("2026-01-05T09:30:00Z")) == {
        "id": "x",
        "patient": "p1",
        "encounter": "e1",
        "date": "2026-01-05",
        "time": "09:30",
        "status": "final",
    }


def test_the_first_moment_that_is_told():
    body = {"effectiveDateTime": "soon", "effectivePeriod": {"start": "2026-01-05"}, "effectiveInstant": "2026-01-07"}
    assert moment_at(body, Context(), *moment_paths("effective")).day == "2026-01-05"
    assert moment_at({}, Context(), "authored").day == ""


def test_which_dates_are_partial():
    assert [is_partial(read_moment(text)) for text in ("2026", "2026-01", "2026-01-05", "")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_concept_in_a_code_and_words():
    assert concept_cells({"coding": [{"code": "a"}], "text": "b"}) == {"code": "a", "display": "b"}


def test_rows_are_numbered_by_time_among_those_that_are_used():
    rows = [
        Row(1, {"day": "1"}, moment=read_moment("2026-01-05T12:00:00Z")),
        Row(2, {"day": "1"}, moment=read_moment("2026-01-05T09:00:00Z")),
        Row(3, {"day": "1"}, "left out"),
        Row(4, {"day": "2"}),
    ]
    number_rows(rows, "day")
    assert [row.cells["sequence"] for row in rows] == ["2", "1", "", "1"]
