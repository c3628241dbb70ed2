"""The heat map of completeness."""

import pandas as pd
import pytest

from analysis import charts
from analysis.estimate.completeness import completeness
from analysis.vocabulary.errors import CallError

WINDOWS = ["baseline", "end of loading", "month 1 after loading"]


@pytest.fixture
def table():
    """Two clinics by three windows; nobody due in the last cell."""
    shares = [(95, 100), (70, 100), (40, 90), (45, 50), (20, 50), (0, 0)]
    return pd.DataFrame(
        {
            "clinic_id": ["North"] * 3 + ["South"] * 3,
            "instrument": "PHQ-9",
            "window": WINDOWS * 2,
            "estimate": [x / n if n else float("nan") for x, n in shares],
            "numerator": pd.array([x for x, _ in shares], dtype="Int64"),
            "denominator": pd.array([n for _, n in shares], dtype="Int64"),
            "status": ["ok" if n else "empty" for _, n in shares],
            "definitions": "default 1",
        }
    )


def test_every_share_stands_in_its_cell_with_its_counts(table, marks):
    ax = charts.completeness_map(table)
    assert [text.get_text() for text in marks(ax, "share")] == ["95 %", "70 %", "44 %", "90 %", "40 %"]
    assert [text.get_text() for text in marks(ax, "counts")][:2] == ["95/100", "70/100"]
    assert [text.get_position() for text in marks(ax, "empty")] == [(2.5, 1.5)]


def test_more_complete_is_darker(table, marks):
    depth = [cell.get_facecolor()[3] for cell in marks(charts.completeness_map(table), "cell")]
    shares = table["estimate"].fillna(0).tolist()
    assert sorted(range(6), key=depth.__getitem__) == sorted(range(6), key=shares.__getitem__)


def test_a_hidden_cell_has_neither_number_nor_shade(table, public, marks):
    table.loc[0, ["estimate", "numerator", "denominator"]] = pd.NA
    table.loc[0, "status"] = "hidden"
    ax = charts.completeness_map(public(table))
    assert marks(ax, "cell")[0].get_facecolor()[3] == 0
    assert "95" not in charts.alt_text(ax)
    assert "1 of 6 values are hidden" in charts.alt_text(ax)
    assert not marks(ax, "stamp")


def test_the_words_name_the_most_and_the_least_complete(table):
    assert charts.alt_text(charts.completeness_map(table)) == (
        "Scored among those due: PHQ-9, by clinic. Heat map. The most complete: North, baseline, 95 % (95 of 100 due). "
        "The least complete: South, end of loading, 40 % (20 of 50 due)."
    )


def test_one_window_by_clinic_and_month(table, marks):
    by_month = table.assign(month=["2026-01", "2026-02", "2026-03"] * 2, window="end of loading")
    ax = charts.completeness_map(by_month[["clinic_id", "month", *table.columns[1:]]])
    assert len(marks(ax, "cell")) == 6
    assert {"2026-01", "2026-02", "2026-03"} <= {text.get_text() for text in ax.texts}


def test_what_makes_no_grid_is_refused(table):
    with pytest.raises(CallError, match="a cell stands in the table twice"):
        charts.completeness_map(pd.concat([table, table]))
    two = pd.concat([table.assign(sex="female"), table.assign(sex="male")])
    with pytest.raises(CallError, match="varies by clinic_id, sex and window. Select one window"):
        charts.completeness_map(two[["clinic_id", "sex", *table.columns[1:]]])
    wide = pd.concat([table.assign(window=f"day {day}") for day in range(20)]).drop_duplicates(["clinic_id", "window"])
    with pytest.raises(CallError, match="at most 40 rows and 14 columns; the table has 2 by 20"):
        charts.completeness_map(wide)


def test_nothing_touches_or_leaves_the_picture(table, public, crowding, demo_cohort):
    assert crowding(charts.completeness_map(table)) == []
    large = table.assign(numerator=table["numerator"] * 100_000, denominator=table["denominator"] * 100_000)
    assert crowding(charts.completeness_map(public(large))) == []
    assert crowding(charts.completeness_map(completeness(demo_cohort, by="clinic_id"))) == []
