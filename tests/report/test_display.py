"""How disclosed numbers look on the page."""

import pandas as pd
import pytest

from analysis.disclosure.suppression import disclose
from analysis.report.content import ReportTable
from analysis.report.display import (
    completeness_shown,
    flow_shown,
    means_shown,
    rate_cell,
    rates_shown,
    rows_shown,
)

SHOWN = {
    "estimate": 0.5,
    "low": 0.405,
    "high": 0.595,
    "numerator": 55,
    "denominator": 110,
    "status": "ok",
    "csv_row": 7,
}


def texts(row):
    return [cell.text for cell in row]


def test_a_rate_is_people_in_a_hundred_with_its_range_and_counts():
    cell = rate_cell(SHOWN)
    assert (cell.text, cell.detail, cell.kind, cell.row) == ("50 in 100", "40 to 60; 55 of 110", "number", 7)
    assert cell.span == pytest.approx((40.5, 50, 59.5))


@pytest.mark.parametrize(("status", "text"), [("hidden", "hidden"), ("empty", "nobody")])
def test_what_is_not_there_is_a_word(status, text):
    cell = rate_cell(dict.fromkeys(SHOWN) | {"status": status, "csv_row": 7})
    assert (cell.text, cell.kind, cell.detail, cell.span) == (text, status, "", None)


def test_denominators_stand_side_by_side(two_clinics):
    shown = rates_shown(
        two_clinics.tables["by_clinic"], caption="By clinic", keys=[("clinic_id", "Clinic")], outcome="response"
    )
    assert shown.headings == (
        "Clinic",
        "Due",
        "Scored",
        "Of those scored",
        "Of those eligible",
        "Of everyone who started",
    )
    assert [texts(row) for row in shown.rows] == [
        ["North", "65", "50", "60 in 100", "46 in 100", "46 in 100"],
        ["South", "80", "60", "42 in 100", "42 in 100", "31 in 100"],
    ]
    assert shown.names == 1


def test_a_cell_knows_its_row_in_the_file(two_clinics):
    """The file has one row for each clinic and denominator, response before remission, under a header."""
    shown = rates_shown(
        two_clinics.tables["by_clinic"], caption="By clinic", keys=[("clinic_id", "Clinic")], outcome="remission"
    )
    assert [[cell.row for cell in row] for row in shown.rows] == [[None, 8, 8, 8, 9, 10], [None, 11, 11, 11, 12, 13]]


def test_months_stand_in_their_order_each_with_and_without_maintenance(two_clinics):
    shown = rates_shown(
        two_clinics.tables["by_maintenance"],
        caption="By month",
        keys=[("window", "When"), ("maintenance", "Maintenance")],
        outcome="response",
    )
    names = [texts(row)[:2] for row in shown.rows]
    assert names[:3] == [["Month 1", "given"], ["Month 1", "not given"], ["Month 2", "given"]]
    assert names[-1] == ["Month 12", "not given"]


def test_outcomes_can_be_the_rows(two_clinics):
    shown = rates_shown(two_clinics.tables["headline"], caption="Headline", keys=[("outcome", "Outcome")])
    assert [texts(row)[0] for row in shown.rows] == ["Response", "Remission"]
    assert shown.headings[-1] == "Of those scored who completed loading"


def test_means_have_one_decimal(two_clinics):
    shown = means_shown(two_clinics.tables["mean_by_session"], caption="Mean")
    assert texts(shown.rows[0]) == ["Baseline", "145", "125", "20.0"]
    assert texts(shown.rows[4]) == ["After session 4", "145", "110", f"{(240 + 360 + 100 + 560) / 110:.1f}"]
    assert texts(shown.rows[5])[-1] == "nobody"


def test_the_mean_of_one_person_has_no_range():
    row = {"window": "baseline", "estimate": 20.0, "low": None, "high": None, "numerator": 20.0, "denominator": 1}
    frame = pd.DataFrame([row | {"status": "ok", "started": 1, "scored": 1}]).astype({"low": "float64"})
    table = ReportTable("means", "means", disclose(frame, audience="internal"), None)
    assert means_shown(table, caption="Mean").rows[0][-1].detail == "no range: one person"


def test_the_flow_is_told_step_by_step(two_clinics):
    shown = flow_shown(two_clinics.tables["flow"], caption="Who is counted")
    assert texts(shown.rows[0]) == ["Started treatment", "145"]
    assert shown.styles[0] == "rung"
    assert texts(shown.rows[-1]) == ["Responded", "55"]


def test_rows_of_files_come_with_the_reasons_for_leaving_some_out(content_of):
    from made_up_clinics import TWO_CLINICS, People

    content = content_of(*TWO_CLINICS, People("North", 12, end=18, status="no-show"))
    read, reasons = rows_shown(content.tables["rows"])
    assert texts(read.rows[1]) == ["Sessions", "628", "580"]
    assert texts(reasons.rows[0]) == ["Sessions", "not a treatment (no-show)", "48"]


def test_no_reasons_no_table_of_reasons(two_clinics):
    assert len(rows_shown(two_clinics.tables["rows"])) == 1


def test_completeness_is_the_share_scored_of_those_due(two_clinics):
    by_session, by_phase = completeness_shown(two_clinics, caption="Scored")
    assert texts(by_session.rows[3]) == ["After session 4", "145", "110", "76 in 100"]
    assert texts(by_phase.rows[0]) == ["End of loading", "145", "110", "76 in 100"]
    assert texts(by_phase.rows[1])[-1] == "0 in 100"


def test_completeness_of_nobody_and_of_few(content_of):
    from made_up_clinics import People

    assert completeness_shown(content_of(People("North", 40, end=8), period="2024"), caption="Scored") == []
    few, _ = completeness_shown(content_of(People("North", 5, end=8)), caption="Scored")
    assert few.rows[0][-1].text == "hidden"
