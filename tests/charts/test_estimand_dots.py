"""The denominators side by side."""

import numpy as np
import pandas as pd
import pytest

from analysis import charts
from analysis.vocabulary.errors import CallError

END = "end of loading"


def ladder(rates, responded=50, window=END, hidden=(), **groups):
    """50 responded of 100 scored, 125 eligible, 150 started; of 80 scored completers 44 responded."""
    parts = [("observed", responded, 100), ("nonresponder", responded, 125), ("starters", responded, 150)]
    parts.append(("completers", responded - 6, 80))
    tables = [
        rates([(window, k, n, 150)], estimand=e, hidden=[window] if e in hidden else [], **groups) for e, k, n in parts
    ]
    return pd.concat(tables, ignore_index=True)


def test_dots_intervals_and_numbers_are_the_tables(rates, marks):
    table = ladder(rates)
    ax = charts.denominators(table)
    assert [float(dot.get_xdata()[0]) for dot in marks(ax, "points")] == pytest.approx(table["estimate"].tolist())
    ends = np.array([bar.get_segments()[0][:, 0] for bar in marks(ax, "interval")])
    assert ends == pytest.approx(table[["low", "high"]].to_numpy())
    assert [text.get_text() for text in marks(ax, "fraction")] == ["50 of 100", "50 of 125", "50 of 150", "44 of 80"]
    assert [text.get_text() for text in marks(ax, "share")] == ["50 %", "40 %", "33 %", "55 %"]
    assert marks(ax, "range")[0].get_text() == "(40 to 60 %)"


def test_who_is_counted_is_said_plainly(rates, marks):
    ax = charts.denominators(ladder(rates))
    assert [text.get_text() for text in marks(ax, "whom")] == [
        "of those scored",
        "of those eligible",
        "not seen counts as not responded",
        "of everyone who started",
        "no score counts as not responded",
        "of those scored who completed loading",
    ]


def test_the_axis_runs_from_0_to_100_percent(rates):
    ax = charts.denominators(ladder(rates))
    assert ax.get_xlim() == (0, 1)
    assert ax.get_xticklabels()[-1].get_text() == "100 %"


def test_a_hidden_rate_has_no_dot_and_no_number(rates, public, marks):
    ax = charts.denominators(public(ladder(rates, hidden=["nonresponder"])))
    assert len(marks(ax, "points")) == len(marks(ax, "interval")) == 3
    assert [text.get_text() for text in marks(ax, "hidden")] == ["hidden"]
    assert [text.get_text() for text in marks(ax, "fraction")] == ["50 of 100", "50 of 150", "44 of 80"]
    assert "of those eligible" not in charts.alt_text(ax)


def test_all_hidden(rates, public, marks):
    every = ["observed", "nonresponder", "starters", "completers"]
    ax = charts.denominators(public(ladder(rates, hidden=every)))
    assert [marks(ax, kind) for kind in ("points", "interval", "fraction")] == [[], [], []]
    assert "No value can be shown" in charts.alt_text(ax)


def test_nobody_counted_is_said(rates, marks):
    ax = charts.denominators(rates([(END, 0, 0, 12)]))
    assert marks(ax, "points") == []
    assert [text.get_text() for text in marks(ax, "fraction")] == ["0 of 0"]


def test_groups_make_sections(rates, marks, crowding):
    long = "Northern Regional Ketamine and Mood Disorders Clinic of the Upper Valley and the Coast, second building, B"
    table = pd.concat([ladder(rates, clinic_id=name) for name in ["A", long, "C"]], ignore_index=True)
    ax = charts.denominators(table)
    first, second, third = (text.get_text() for text in marks(ax, "section"))
    assert (first, third) == ("A", "C")
    assert second.startswith("Northern Regional Ketamine")
    assert len(marks(ax, "points")) == 12
    assert crowding(ax) == []


def test_windows_make_sections_too(rates, marks):
    table = pd.concat([ladder(rates), ladder(rates, window="month 3 after loading")], ignore_index=True)
    assert [text.get_text() for text in marks(charts.denominators(table), "section")] == [
        "End of loading",
        "Month 3 after loading",
    ]


def test_nine_sections_are_refused(rates):
    table = pd.concat([ladder(rates, clinic_id=f"C{i}") for i in range(9)])
    with pytest.raises(CallError, match="up to 8 groups or windows"):
        charts.denominators(table)


def test_two_outcomes_are_refused(rates):
    table = pd.concat([ladder(rates), ladder(rates, outcome="remission")])
    with pytest.raises(CallError, match=r"one outcome; the table has response and remission"):
        charts.denominators(table)


def test_an_unknown_denominator_is_refused(rates):
    with pytest.raises(CallError, match="denominator 'everybody'"):
        charts.denominators(rates([(END, 5, 10, 20)], estimand="everybody"))


def test_the_words_for_screen_readers(rates, public):
    ax = charts.denominators(public(ladder(rates)))
    assert charts.alt_text(ax) == (
        "PHQ-9 response at the end of loading. Chart of dots with intervals, one row for each denominator; "
        "horizontal axis from 0 to 100 percent. Of those scored 50 in 100 (50 of 100); of those eligible 40 in 100 "
        "(50 of 125); of everyone who started 33 in 100 (50 of 150); of those scored who completed loading 55 in 100 "
        "(44 of 80) responded."
    )


def test_bounds_are_a_grey_bar_without_a_dot(rates, public, marks, crowding):
    bounds = rates([("end of loading", 50, 125, 150)], estimand="bounds").assign(estimate=np.nan, low=0.4, high=0.6)
    table = pd.concat([ladder(rates), bounds], ignore_index=True)
    ax = charts.denominators(table)
    assert len(marks(ax, "points")) == 4
    bars = marks(ax, "interval")
    assert [tuple(end) for end in bars[-1].get_segments()[0][:, 0:1]] == [(0.4,), (0.6,)]
    assert marks(ax, "range")[-1].get_text() == "40 to 60 %"
    assert crowding(ax) == []
    assert "from none to all of those not seen responded): 40 to 60 %" in charts.alt_text(ax)
    hidden = charts.denominators(public(table.assign(status=["ok"] * 4 + ["hidden"])))
    assert len(marks(hidden, "interval")) == 4
    assert "40 to 60 %" not in charts.alt_text(hidden)


def assumed(rates):
    """Add to the ladder what `estimands` adds: both bounds, the score carried forward, and the weighted rate."""
    lower = {"bounds of the eligible": (0.4, 0.6), "bounds of all starters": (0.33, 0.67)}
    rows = [
        rates([(END, 50, 125, 150)], estimand=name).assign(estimate=np.nan, low=low, high=high)
        for name, (low, high) in lower.items()
    ]
    rows += [rates([(END, 52, 110, 150)], estimand="carried-forward")]
    rows += [rates([(END, 50, 125, 150)], estimand="weighted").assign(estimate=0.47, low=0.37, high=0.57)]
    return pd.concat([ladder(rates), *rows], ignore_index=True).assign(assumption="None.")


def test_every_assumption_has_its_row(rates, marks, crowding):
    ax = charts.denominators(assumed(rates))
    assert len(marks(ax, "points")) == 6
    assert len(marks(ax, "interval")) == 8
    assert [text.get_text() for text in marks(ax, "range")][4:] == [
        "40 to 60 %",
        "33 to 67 %",
        "(38 to 57 %)",
        "(37 to 57 %)",
    ]
    assert crowding(ax) == []
    written = [text.get_text() for text in ax.texts]
    assert "only to match published tables" in written
    assert any("what is assumed of the unseen" in words for words in written)


def test_a_weighted_rate_is_shown_without_a_fraction_that_it_is_not(rates, marks):
    """50 of 125 is not 47 percent."""
    ax = charts.denominators(assumed(rates))
    fractions = [text.get_text() for text in marks(ax, "fraction")]
    assert "52 of 110" in fractions
    assert fractions.count("50 of 125") == 1  # of those eligible
    assert "of those eligible, weighted 47 in 100; " in charts.alt_text(ax)


def test_a_stratum_without_scores_is_said(rates, marks):
    table = assumed(rates)
    weighted = table["estimand"] == "weighted"
    table.loc[weighted, ["estimate", "low", "high"]] = np.nan
    table.loc[weighted, "status"] = "stratum without scores"
    ax = charts.denominators(table)
    assert marks(ax, "share")[-1].get_text() == "not known"
    assert len(marks(ax, "points")) == 5
    assert "1 of 8 values do not exist because in a stratum nobody was scored" in charts.alt_text(ax)


def test_rates_of_the_model_have_their_rows_and_no_fraction(rates, marks, crowding):
    names = ["imputed", "imputed-left-worse", "imputed-back-to-baseline", "model"]
    rows = [
        rates([(END, 50, 125, 150)], estimand=name).assign(estimate=share, low=share - 0.08, high=share + 0.08)
        for name, share in zip(names, (0.47, 0.44, 0.42, 0.46), strict=True)
    ]
    table = pd.concat([assumed(rates), *[row.assign(assumption="None.") for row in rows]], ignore_index=True)
    ax = charts.denominators(table)
    assert len(marks(ax, "points")) == 10
    assert [text.get_text() for text in marks(ax, "share")][-4:] == ["47 %", "44 %", "42 %", "46 %"]
    assert [text.get_text() for text in marks(ax, "fraction")][-4:] == [""] * 4
    assert crowding(ax) == []
    written = [text.get_text() for text in ax.texts]
    assert "who stopped loading is back at baseline" in written


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("too few scores", "there are too few scores for the model"),
        ("constant scores", "the scores do not vary"),
        ("not converged", "the model could not be fitted"),
    ],
)
def test_why_the_model_has_no_rate_is_said(rates, marks, status, words):
    row = rates([(END, 50, 125, 150)], estimand="imputed").assign(status=status)
    row[["estimate", "low", "high"]] = np.nan
    ax = charts.denominators(pd.concat([ladder(rates), row], ignore_index=True))
    assert marks(ax, "share")[-1].get_text() == "not known"
    assert f"1 of 5 values do not exist because {words}" in charts.alt_text(ax)
