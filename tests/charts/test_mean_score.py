"""Mean score by session."""

import numpy as np
import pandas as pd
import pytest

from analysis import charts
from analysis.vocabulary.definitions import default_definitions
from analysis.vocabulary.errors import CallError

PHQ9 = default_definitions().instruments["PHQ-9"]
WINDOWS = ["baseline", *(f"after session {k}" for k in range(1, 9))]
ROWS = [(window, 18.0 - i, 0.5 + 0.1 * i, 200 - 15 * i, 240 - 5 * i) for i, window in enumerate(WINDOWS)]


def test_points_and_intervals_are_the_tables(means, marks):
    table = means(ROWS)
    ax = charts.mean_score_by_session(table)
    (line,) = marks(ax, "points")
    assert line.get_xydata() == pytest.approx(np.column_stack([range(9), table["estimate"]]))
    (bars,) = marks(ax, "interval")
    assert np.array(bars.get_segments())[:, :, 1] == pytest.approx(table[["low", "high"]].to_numpy())
    assert ax.get_xticklabels()[0].get_text() == "Baseline"


def test_scored_and_due_stand_under_the_axis(means, marks):
    table = means(ROWS)
    ax = charts.mean_score_by_session(table)
    assert [text.get_text() for text in marks(ax, "number:denominator")] == [str(n) for n in table["denominator"]]
    assert [text.get_text() for text in marks(ax, "number:started")] == [str(n) for n in table["started"]]


def test_the_sum_of_scores_is_nowhere(means):
    ax = charts.mean_score_by_session(means(ROWS))
    assert "3600" not in {text.get_text().replace(",", "") for text in ax.texts}


def test_an_instrument_gives_the_whole_range_and_its_bands(means, marks):
    ax = charts.mean_score_by_session(means(ROWS), instrument=PHQ9)
    assert ax.get_ylim() == (0, 27)
    assert [text.get_text() for text in marks(ax, "band name")] == [name for _, name in PHQ9.severity]
    assert [(band.get_y(), band.get_y() + band.get_height()) for band in marks(ax, "band")] == [
        (0, 5),
        (5, 10),
        (10, 15),
        (15, 20),
        (20, 27),
    ]


def test_without_an_instrument_the_axis_begins_at_zero_and_holds_every_interval(means, marks):
    ax = charts.mean_score_by_session(means(ROWS))
    assert ax.get_ylim() == (0, 20)
    assert marks(ax, "band") == []


def test_another_instrument_is_refused(means):
    with pytest.raises(CallError, match=r"table is of PHQ-9, but instrument= is GAD-7"):
        charts.mean_score_by_session(means(ROWS), instrument=default_definitions().instruments["GAD-7"])


def test_hidden_and_empty_leave_gaps(means, public, marks):
    rows = [*ROWS[:8], ("after session 8", 0.0, 0.0, 0, 200)]
    ax = charts.mean_score_by_session(public(means(rows, hidden=["after session 3"])))
    (line,) = marks(ax, "points")
    assert line.get_xdata().tolist() == [0, 1, 2, 4, 5, 6, 7]
    assert [text.get_position()[0] for text in marks(ax, "hidden")] == [3]


def test_all_hidden_draws_no_data(means, public, marks):
    ax = charts.mean_score_by_session(public(means(ROWS, hidden=WINDOWS)))
    assert [marks(ax, kind) for kind in ("points", "interval", "connection")] == [[], [], []]


@pytest.mark.parametrize("instrument", [None, PHQ9])
@pytest.mark.parametrize("names", [["iv"], ["iv", "im", "intranasal by the nurse under supervision, second room"]])
def test_nothing_touches_or_is_clipped(means, crowding, instrument, names):
    table = pd.concat([means(ROWS, hidden=WINDOWS[6:], route=name) for name in names], ignore_index=True)
    assert crowding(charts.mean_score_by_session(table, instrument=instrument)) == []


def test_several_groups_have_their_bands_named_in_the_note(means):
    table = pd.concat([means(ROWS, route="iv"), means(ROWS, route="im")], ignore_index=True)
    ax = charts.mean_score_by_session(table, instrument=PHQ9)
    assert "Bands: none or minimal from 0, mild from 5," in charts.caption(ax)


def test_the_words_for_screen_readers(means, public):
    assert charts.alt_text(charts.mean_score_by_session(public(means(ROWS)))) == (
        "Mean PHQ-9 total by session. Chart of points with intervals. "
        "Horizontal axis: session number, up to 8; 0 is the baseline. "
        "Vertical axis: mean total of those scored, 0 to 20. "
        "Baseline: mean 18.0 (200 scored of 240 due; interval 17.5 to 18.5); "
        "after session 8: mean 10.0 (80 scored of 200 due; interval 8.7 to 11.3)."
    )
