"""Charts over time: names at the line ends stay apart, whatever the values."""

from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import charts
from analysis.charts.timeline import _apart

NAMES = ["Alpha clinic", "Beta clinic with a name that takes two lines", "Gamma", "Delta clinic"]


@given(
    st.lists(st.floats(0, 170), min_size=1, max_size=4).map(sorted),
    st.lists(st.sampled_from([12.0, 21.0]), min_size=4, max_size=4),
)
@settings(max_examples=200, deadline=None)
def test_labels_are_moved_apart_and_stay_on_the_plot(wanted, heights):
    heights = heights[: len(wanted)]
    places = _apart(wanted, heights, 170)
    assert all(
        height / 2 - 1e-9 <= place <= 170 - height / 2 + 1e-9 for place, height in zip(places, heights, strict=True)
    )
    for i in range(1, len(places)):
        assert places[i] - places[i - 1] >= (heights[i] + heights[i - 1]) / 2 - 1e-9


@pytest.mark.parametrize("share", [0, 50, 100])
def test_four_series_at_the_same_height(rates, crowding, share):
    rows = [("end of loading", share, 100, 120), ("month 1 after loading", share, 100, 120)]
    table = pd.concat([rates(rows, clinic_id=name) for name in NAMES], ignore_index=True)
    assert crowding(charts.response_by_phase(table)) == []


def test_a_line_joins_only_neighbours_that_are_both_shown(rates, marks):
    windows = [f"month {m} after loading" for m in (1, 2, 3, 6)]
    table = rates([(window, 30, 60, 90) for window in windows], hidden=["month 2 after loading"])
    (line,) = marks(charts.response_by_phase(table), "connection")
    drawn = pd.Series(line.get_ydata(), index=line.get_xdata())
    assert drawn.isna().tolist() == [False, True, False, False]


def test_series_at_the_same_time_stand_beside_each_other(rates, marks):
    rows = [("end of loading", 30, 60, 90), ("month 1 after loading", 30, 60, 90)]
    ax = charts.response_by_phase(pd.concat([rates(rows, route=r) for r in ("iv", "im", "sc")], ignore_index=True))
    across = [line.get_transform().transform(line.get_xydata())[0][0] for line in marks(ax, "points")]
    points = 72 / ax.figure.dpi
    assert [(b - a) * points for a, b in pairwise(across)] == pytest.approx([5, 5])


def test_a_series_that_ends_early_has_no_line_to_its_name(rates):
    rows = [("end of loading", 30, 60, 90), ("month 1 after loading", 30, 60, 90)]
    short = rates(rows, route="iv", hidden=["month 1 after loading"])
    ax = charts.response_by_phase(pd.concat([short, rates(rows, route="im")], ignore_index=True))
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None) is not None]
    assert len(arrows) == 1
