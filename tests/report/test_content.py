"""What stands in a report, worked out by hand on made-up clinics; and what must not get into one."""

from dataclasses import replace

import pandas as pd
import pytest
from made_up_clinics import TWO_CLINICS, People

from analysis.disclosure.policy import Policy
from analysis.disclosure.suppression import Disclosed, disclose
from analysis.report.content import BREAKDOWNS, Content, ReportTable, make_content, published_share
from analysis.vocabulary.errors import CallError, DataError, DisclosureError, NotDueError


def rates(content: Content, table: str, **where: str) -> list[tuple[str, object, object]]:
    """The denominators with their counts of some rows of a table."""
    frame = content.tables[table].frame
    for column, value in where.items():
        frame = frame[frame[column] == value]
    counts = frame[["numerator", "denominator"]].astype(object).where(frame[["numerator", "denominator"]].notna(), None)
    return list(zip(frame["estimand"], counts["numerator"], counts["denominator"], strict=True))


def test_the_headline_has_four_denominators(two_clinics):
    assert rates(two_clinics, "headline", outcome="response") == [
        ("observed", 55, 110),
        ("nonresponder", 55, 125),
        ("starters", 55, 145),
        ("completers", 55, 110),
    ]
    assert rates(two_clinics, "headline", outcome="remission")[0] == ("observed", 25, 110)


def test_the_flow_ends_with_those_who_responded(two_clinics):
    steps = two_clinics.tables["flow"].frame.set_index("name")["count"]
    rungs = ["treated", "started", "baseline", "eligible", "scored", "responded"]
    assert steps[rungs].tolist() == [145, 145, 125, 125, 110, 55]


def test_clinics_stand_side_by_side(two_clinics):
    assert rates(two_clinics, "by_clinic", clinic_id="North", outcome="response") == [
        ("observed", 30, 50),
        ("nonresponder", 30, 65),
        ("starters", 30, 65),
    ]
    assert rates(two_clinics, "by_clinic", clinic_id="South", outcome="remission")[0] == ("observed", 25, 60)


def test_after_the_fourth_session_the_end_of_loading_score_counts(two_clinics):
    assert rates(two_clinics, "by_session", window="after session 4", outcome="response")[0] == ("observed", 55, 110)
    assert rates(two_clinics, "by_session", window="after session 5", outcome="response") == [
        ("observed", 0, 0),
        ("nonresponder", 0, 125),
        ("starters", 0, 145),
    ]


def test_the_mean_score_at_baseline_and_after_a_session(two_clinics):
    means = two_clinics.tables["mean_by_session"].frame.set_index("window")["estimate"]
    assert means["baseline"] == pytest.approx(20, abs=1e-12)
    assert means["after session 4"] == pytest.approx((30 * 8 + 20 * 18 + 25 * 4 + 35 * 16) / 110, abs=1e-12)


def test_a_quarter_is_broken_down_by_the_last_complete_year(content_of):
    early = People("North", 40, end=8, start="2024-06-01")
    content = content_of(*TWO_CLINICS, early, period="2025Q2")
    assert content.breakdown.name == "2024"
    assert content.tables["headline"].frame["period"].unique().tolist() == ["2025Q2"]
    assert content.tables["by_clinic"].frame["period"].unique().tolist() == ["2024"]
    assert rates(content, "headline", outcome="response")[2] == ("starters", 55, 145)
    assert rates(content, "by_clinic", clinic_id="North", outcome="response")[2] == ("starters", 40, 40)


@pytest.mark.parametrize(("period", "started"), [("2024", 40), ("2025", 145), (None, 185)])
def test_a_year_or_everything_is_broken_down_by_itself(content_of, period, started):
    early = People("North", 40, end=8, start="2024-06-01")
    content = content_of(*TWO_CLINICS, early, period=period)
    for table in ("headline", "by_phase"):
        frame = content.tables[table].frame
        assert frame["period"].unique().tolist() == [period or "all"]
        assert frame["started"].iloc[0] == started


def test_the_headline_scale_is_the_first_of_the_report_with_scores(content_of):
    content = content_of(
        People("North", 40, end=12, baseline=15, instrument="GAD-7"),
        People("North", 40, end=12, baseline=30, instrument="MADRS"),
    )
    assert content.instrument.name == "MADRS"
    assert content.tables["other_scales"].frame["instrument"].unique().tolist() == ["GAD-7"]


def test_one_scale_has_no_table_of_others(two_clinics):
    assert "other_scales" not in two_clinics.tables


def test_each_other_scale_is_judged_by_itself(content_of):
    """A small scale does not hide the next one: scales are not groups that add up to a total."""
    content = content_of(
        *TWO_CLINICS,
        People("North", 40, end=10, baseline=30, instrument="MADRS"),
        People("North", 40, end=20, baseline=30, instrument="MADRS"),
        People("North", 3, end=10, baseline=15, instrument="GAD-7"),
    )
    assert rates(content, "other_scales", instrument="MADRS", outcome="response")[0] == ("observed", 40, 80)
    assert rates(content, "other_scales", instrument="GAD-7", outcome="response")[0] == ("observed", None, None)


def test_rows_read_are_rows_used_and_set_aside(content_of):
    missed = People("North", 12, end=18, status="no-show")
    rows = content_of(*TWO_CLINICS, missed).tables["rows"].frame
    sessions = rows[rows["table"] == "sessions"].set_index("name")["count"]
    assert sessions.to_dict() == {"read": 4 * 157, "not a treatment (no-show)": 48, "used": 4 * 145}
    scores = rows[rows["table"] == "scores"].set_index("name")["count"]
    assert scores["read"] == scores["person never treated"] + scores["used"]


def test_few_rows_set_aside_cannot_be_worked_out(content_of):
    missed = People("North", 1, end=18, status="no-show")
    rows = content_of(*TWO_CLINICS, missed).tables["rows"].frame
    status = rows[rows["table"] == "sessions"].set_index("name")["status"]
    assert status.to_dict() == {"read": "ok", "not a treatment (no-show)": "hidden", "used": "hidden"}


def test_nothing_is_hidden_in_an_internal_report(content_of):
    content = content_of(People("North", 5, end=8), audience="internal")
    assert not any((table.frame["status"] == "hidden").any() for table in content.tables.values())
    assert rates(content, "headline", outcome="response")[0] == ("observed", 5, 5)


def test_a_raw_table_is_refused():
    raw = pd.DataFrame({"estimate": [0.5], "status": ["ok"]})
    with pytest.raises(DisclosureError, match=r"by_clinic: a table that has not been through disclose\(\)"):
        ReportTable("by_clinic", "response by clinic", raw, None)


@pytest.mark.parametrize("other", [{"audience": "internal"}, {"policy": Policy("counts 1 to 4 hidden", 4)}])
def test_a_table_disclosed_for_somebody_else_is_refused(two_clinics, other):
    table = two_clinics.tables["by_clinic"]
    swapped = replace(table, disclosed=disclose(table.frame, **other))
    with pytest.raises(DisclosureError, match="by_clinic: the table was disclosed for another audience or policy"):
        replace(two_clinics, tables=two_clinics.tables | {"by_clinic": swapped})


def test_a_quarter_that_is_not_over_says_when_it_will_be(content_of):
    with pytest.raises(NotDueError, match=r"2026Q4 is not over .* end on 2026-09-30 .* records up to 2026-12-31"):
        content_of(*TWO_CLINICS, period="2026Q4")


def test_the_quarter_that_ends_on_the_data_cut_is_over(content_of):
    assert content_of(*TWO_CLINICS, period="2026Q3").period.name == "2026Q3"


def test_start_years_alone_give_yearly_reports(content_of):
    """Who started in 2024 counts as having started on 31 December: their time is over in February 2025."""
    people = [replace(group, start="2024-03-03") for group in TWO_CLINICS]
    content = content_of(*people, time="year", period="2025")
    assert rates(content, "headline", outcome="response")[2] == ("starters", 55, 145)
    with pytest.raises(CallError, match="start years only"):
        content_of(*people, time="year", period="2025Q1")


def test_without_dates_there_is_no_period(content_of):
    content = content_of(*TWO_CLINICS, time="none", period=None)
    assert rates(content, "headline", outcome="response")[2] == ("starters", 55, 145)
    with pytest.raises(CallError, match="neither dates nor start years"):
        content_of(*TWO_CLINICS, time="none", period="2025")


def test_nobody_treated_is_an_error_in_words(content_of):
    with pytest.raises(DataError, match="sessions: nobody was treated, so there is nothing to report"):
        content_of(People("North", 3, end=8, status="no-show"))


def test_the_shown_share_counts_what_is_not_empty(two_clinics, content_of):
    status = pd.concat([two_clinics.tables[name].frame["status"] for name in BREAKDOWNS])
    shown, hidden = (int((status == kind).sum()) for kind in ("ok", "hidden"))
    assert published_share(two_clinics) == pytest.approx(shown / (shown + hidden), abs=1e-15)
    everything_hidden = content_of(People("North", 5, end=8))
    assert published_share(everything_hidden) == 0


def test_four_fifths_of_the_demo_is_shown(demo_cohort):
    from analysis.vocabulary.periods import parse_period

    content = make_content(demo_cohort, period=parse_period("2026Q3"))
    assert published_share(content) >= 0.8


def test_every_step_is_told(dataset_of):
    from analysis.cohort.cohort import derive

    steps: list[str] = []
    make_content(derive(dataset_of(*TWO_CLINICS)), period=None, progress=steps.append)
    assert steps == ["deriving courses and outcomes, and counting", "estimating, and hiding what is small"]


def test_only_what_passed_the_gate_is_kept(two_clinics):
    assert all(isinstance(table.disclosed, Disclosed) for table in two_clinics.tables.values())
