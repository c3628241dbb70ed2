"""Adjusted means over visits, above the observed means and the number scored."""

import pandas as pd
import pytest

from analysis import charts
from analysis.vocabulary.errors import CallError

WEEKS = ["week 1", "week 2", "week 4", "week 6"]


def means(rows, *, visits=WEEKS, visit="visit", outcome="PHQ-9 total", status="ok", **groups):
    """Rows of a model's means from (adjusted, half the interval, observed, scored)."""
    return pd.DataFrame(
        {
            **groups,
            visit: name,
            "outcome": outcome,
            "estimate": adjusted,
            "low": adjusted - half,
            "high": adjusted + half,
            "method": "REML, unstructured, Satterthwaite, 95 %",
            "numerator": observed * scored,
            "denominator": scored,
            "status": status,
            "std_error": half / 2,
            "df": 80.0,
            "observed": observed,
        }
        for name, (adjusted, half, observed, scored) in zip(visits, rows, strict=True)
    )


ROWS = [(16.2, 0.8, 16.2, 120), (13.9, 0.9, 13.4, 104), (12.6, 1.0, 11.5, 90), (11.8, 1.1, 10.1, 71)]


def test_points_intervals_and_observed_means_are_the_tables(marks):
    table = means(ROWS)
    ax = charts.adjusted_means(table)
    (points,) = marks(ax, "points")
    (hollow,) = marks(ax, "observed")
    (bars,) = marks(ax, "interval")
    assert points.get_ydata().tolist() == table["estimate"].tolist()
    assert hollow.get_ydata().tolist() == table["observed"].tolist()
    assert [segment[:, 1].tolist() for segment in bars.get_segments()] == table[["low", "high"]].to_numpy().tolist()
    assert [label.get_text() for label in ax.get_xticklabels()] == WEEKS


def test_the_numbers_stand_under_the_axis(marks):
    ax = charts.adjusted_means(means(ROWS))
    assert [text.get_text() for text in marks(ax, "number:estimate")] == ["16.2", "13.9", "12.6", "11.8"]
    assert [text.get_text() for text in marks(ax, "number:observed")] == ["16.2", "13.4", "11.5", "10.1"]
    assert [text.get_text() for text in marks(ax, "number:denominator")] == ["120", "104", "90", "71"]


@pytest.mark.parametrize(
    ("change", "half", "ends"),
    [(0, 1, (10, 18)), (-14, 1, (-4, 4)), (-30, 1, (-20, -12)), (30, 1, (40, 48)), (0, 9, (0, 30)), (-28, 9, (-30, 0))],
)
def test_the_axis_holds_every_interval_in_round_steps(change, half, ends):
    """From 0 where that wastes little."""
    ax = charts.adjusted_means(means([(a + change, half, o + change, n) for a, _, o, n in ROWS]))
    assert ax.get_ylim() == ends


def test_change_scores_have_a_real_minus(marks):
    ax = charts.adjusted_means(means([(a - 20, h, o - 20, n) for a, h, o, n in ROWS], outcome="PHQ-9 change"))
    assert marks(ax, "number:estimate")[0].get_text() == "−3.8"
    assert all("-" not in label.get_text() for label in ax.get_yticklabels())


@pytest.mark.parametrize(
    "arms", [["all"], ["drug", "placebo"], ["a long name of an arm of the trial, second", "b", "c", "d"]]
)
@pytest.mark.parametrize("shift", [0, -14])
def test_nothing_touches_or_is_clipped(crowding, arms, shift):
    tables = [
        means([(a + shift + k, h, o + shift + k, n) for a, h, o, n in ROWS], arm=arm) for k, arm in enumerate(arms)
    ]
    assert crowding(charts.adjusted_means(pd.concat(tables, ignore_index=True))) == []


def test_long_visit_names_are_broken(crowding):
    names = [
        "after session 1",
        "after session 2",
        "after session 4",
        "end of loading",
        "month 1 after loading",
        "month 3 after loading",
    ]
    ax = charts.adjusted_means(means([*ROWS, *ROWS[:2]], visits=names))
    assert crowding(ax) == []


def test_groups_are_named_and_told_in_the_title(marks):
    table = pd.concat([means(ROWS, arm="drug"), means(ROWS, arm="placebo")], ignore_index=True)
    ax = charts.adjusted_means(table)
    assert {text.get_text() for text in marks(ax, "name")} == {"drug", "placebo"}
    assert "Adjusted mean PHQ-9 total by visit, by arm" in charts.alt_text(ax)


def test_the_words_for_screen_readers():
    assert charts.alt_text(charts.adjusted_means(means(ROWS, visit="week", visits=[1, 2, 4, 6]))) == (
        "Adjusted mean PHQ-9 total by week. Chart of points with intervals, and hollow points for the observed means. "
        "Horizontal axis: week, 4 of them. "
        "1: adjusted mean 16.2 (interval 15.4 to 17.0), observed 16.2 of 120 scored; "
        "6: adjusted mean 11.8 (interval 10.7 to 12.9), observed 10.1 of 71 scored."
    )


def test_the_assumption_is_in_the_caption():
    caption = charts.caption(charts.adjusted_means(means(ROWS)))
    assert "REML, unstructured, Satterthwaite, 95 %" in caption
    assert "(missing at random)" in caption


def test_a_raw_table_is_stamped_and_a_disclosed_one_is_not(marks, public):
    assert len(marks(charts.adjusted_means(means(ROWS)), "stamp")) == 1
    assert marks(charts.adjusted_means(public(means(ROWS))), "stamp") == []


def test_hidden_values_leave_gaps(marks, public):
    table = means(ROWS)
    table.loc[1, ["estimate", "low", "high", "numerator", "denominator", "observed"]] = float("nan")
    table.loc[1, "status"] = "hidden"
    ax = charts.adjusted_means(public(table))
    (points,) = marks(ax, "points")
    assert points.get_xdata().tolist() == [0, 2, 3]
    assert [text.get_text() for text in marks(ax, "hidden")] == ["hidden"]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (means(ROWS, status="not converged"), "the model did not converge"),
        (means(ROWS).drop(columns="observed"), "needs the column 'observed'"),
        (means(ROWS).drop(columns="outcome"), r"draws what means\(\)"),
        ([1, 2], r"draws what means\(\)"),
        (pd.concat([means(ROWS), means(ROWS)]), "more than one row for the same group and visit"),
        (means(ROWS).iloc[:0], "without rows"),
        (pd.concat([means(ROWS, arm=str(k)) for k in range(5)]), "at most 4 series"),
    ],
)
def test_what_cannot_be_drawn_is_refused(table, words):
    with pytest.raises(CallError, match=words):
        charts.adjusted_means(table)
