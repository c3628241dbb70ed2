"""Differences drawn: where the dots and intervals are, what is hidden, and the warning that is always there."""

import pandas as pd
import pytest

from analysis.charts.difference_dots import differences
from analysis.charts.picture import alt_text
from analysis.disclosure.suppression import disclose
from analysis.estimate.comparisons import WARNING, compare
from analysis.estimate.period_comparisons import compare_periods
from analysis.vocabulary.errors import CallError

ASKED = {"instrument": "PHQ-9", "window": "end of loading"}


@pytest.fixture(scope="module")
def by_clinic(demo_cohort):
    return compare(demo_cohort, groups="clinic_id", standardise="failed_trials_band", **ASKED).table


def test_dots_and_intervals_are_the_tables(by_clinic, marks):
    ax = differences(by_clinic)
    rows = by_clinic[by_clinic["measure"] == "difference"]
    assert [float(dot.get_xdata()[0]) for dot in marks(ax, "points")] == pytest.approx(rows["estimate"].tolist())
    ends = [list(bar.get_segments()[0][:, 0]) for bar in marks(ax, "interval")]
    assert ends == [pytest.approx(each) for each in rows[["low", "high"]].to_numpy().tolist()]
    assert [text.get_text() for text in marks(ax, "whom")][:2] == [
        "as they are", "standardised to the failed trials band of all",
    ]  # fmt: skip
    first = rows.iloc[0]
    assert marks(ax, "fraction")[0].get_text() == (
        f"{first['numerator']} of {first['denominator']}; "
        f"{first['reference_numerator']} of {first['reference_denominator']}"
    )


def test_the_axis_has_no_difference_in_its_middle(by_clinic, marks):
    ax = differences(by_clinic)
    low, high = ax.get_xlim()
    assert low == -high
    assert marks(ax, "no difference")[0].get_xdata()[0] == 0


def test_the_warning_stands_under_the_chart_and_in_its_words(by_clinic, marks):
    ax = differences(by_clinic)
    assert " ".join(marks(ax, "note")[0].get_text().split()).startswith(WARNING)
    assert WARNING in alt_text(ax)


def test_nothing_touches_or_is_cut_off(by_clinic, demo_cohort, crowding):
    assert not crowding(differences(by_clinic))
    quarters = compare_periods(demo_cohort, period="2026", before="2024", standardise="route", **ASKED)
    assert not crowding(differences(quarters.table))


def test_what_is_hidden_has_no_dot(demo_cohort, marks):
    table = compare(demo_cohort, groups="age_band", **ASKED).table
    public = disclose(table)
    ax = differences(public)
    hidden = (public.table["measure"].eq("difference") & public.table["status"].eq("hidden")).sum()
    assert hidden
    assert len(marks(ax, "hidden")) == hidden
    assert not marks(ax, "stamp")
    assert marks(differences(table), "stamp")


def test_a_difference_that_cannot_be_made_says_why(by_clinic, marks):
    table = by_clinic.copy()
    table.loc[0, ["estimate", "low", "high"]] = float("nan")
    table.loc[0, "status"] = "no overlap"
    assert len(marks(differences(table), "points")) == len(marks(differences(by_clinic), "points")) - 1
    assert "none: no overlap" in [text.get_text() for text in marks(differences(table), "share")]


def test_a_wrong_table_says_what_is_wrong(by_clinic):
    with pytest.raises(CallError, match="needs the column 'reference'"):
        differences(by_clinic.drop(columns="reference"))
    with pytest.raises(CallError, match="the table has none"):
        differences(by_clinic[by_clinic["measure"] == "ratio"])
    with pytest.raises(CallError, match="up to 24 rows"):
        differences(pd.concat([by_clinic] * 5))
