"""Response by phase: the points are the table's numbers, and what is not shown leaves a gap."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis import charts
from analysis.vocabulary.errors import CallError

PHASES = ["end of loading", *(f"month {m} after loading" for m in range(1, 13))]
ROWS = [(window, 60 - 4 * i, 110 - 7 * i, 150 - 5 * i) for i, window in enumerate(PHASES)]
LONG = "Northern Regional Ketamine and Mood Disorders Clinic of the Upper Valley "


def groups(rates, names, **options):
    return pd.concat([rates(ROWS, clinic_id=name, **options) for name in names], ignore_index=True)


def points(ax, marks):
    return [line.get_xydata() for line in marks(ax, "points")]


def test_points_and_intervals_are_the_tables(rates, marks):
    table = rates(ROWS)
    ax = charts.response_by_phase(table)
    (drawn,) = points(ax, marks)
    assert drawn[:, 0].tolist() == list(range(13))
    assert drawn[:, 1] == pytest.approx(table["estimate"].to_numpy())
    (intervals,) = marks(ax, "interval")
    ends = np.array(intervals.get_segments())
    assert ends[:, :, 0] == pytest.approx(np.column_stack([range(13), range(13)]))
    assert ends[:, :, 1] == pytest.approx(table[["low", "high"]].to_numpy())


def test_the_axis_runs_from_0_to_100_percent_and_names_the_phases(rates):
    ax = charts.response_by_phase(rates(ROWS))
    assert ax.get_ylim() == (0, 1)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0 %", "25 %", "50 %", "75 %", "100 %"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["End of\nloading", *map(str, range(1, 13))]


def test_unequal_steps_keep_their_distance(rates, marks):
    chosen = [row for row in ROWS if row[0] in {"end of loading", "month 3 after loading", "month 12 after loading"}]
    ax = charts.response_by_phase(rates(chosen))
    assert points(ax, marks)[0][:, 0].tolist() == [0, 3, 12]
    assert ax.get_xticks().tolist() == [0, 3, 12]


def test_rows_in_any_order_give_the_same_picture(rates):
    table = rates(ROWS)
    shuffled = table.sample(frac=1, random_state=5)
    assert charts.png_bytes(charts.response_by_phase(shuffled)) == charts.png_bytes(charts.response_by_phase(table))


def test_numbers_stand_under_their_ticks(rates, marks):
    table = rates(ROWS)
    ax = charts.response_by_phase(table)
    for column in ("numerator", "denominator", "started"):
        written = {text.get_position()[0]: text.get_text() for text in marks(ax, f"number:{column}")}
        assert written == {float(x): str(value) for x, value in enumerate(table[column])}


def test_hidden_rows_leave_a_gap_and_a_mark(rates, public, marks):
    table = rates(ROWS, hidden=["month 2 after loading", "month 9 after loading"])
    ax = charts.response_by_phase(public(table))
    (drawn,) = points(ax, marks)
    assert drawn[:, 0].tolist() == [0, 1, 3, 4, 5, 6, 7, 8, 10, 11, 12]
    (connection,) = marks(ax, "connection")
    assert np.flatnonzero(np.isnan(connection.get_ydata())).tolist() == [2, 9]
    (intervals,) = marks(ax, "interval")
    assert len(intervals.get_segments()) == 11
    assert [text.get_position()[0] for text in marks(ax, "hidden")] == [2, 9]
    assert not {2.0, 9.0} & {text.get_position()[0] for text in marks(ax, "number:numerator")}


def test_a_hidden_row_that_still_holds_its_values_is_not_drawn(rates, marks):
    """A chart trusts the status, not the absence of the values."""
    table = rates(ROWS)
    table.loc[4, "status"] = "hidden"
    ax = charts.response_by_phase(table)
    assert 4.0 not in points(ax, marks)[0][:, 0]
    (connection,) = marks(ax, "connection")
    assert np.isnan(connection.get_ydata()[4])
    for column in ("numerator", "denominator"):
        assert 4.0 not in {text.get_position()[0] for text in marks(ax, f"number:{column}")}
    assert "1 of 13 values are hidden" in charts.alt_text(ax)


def test_a_count_hidden_on_its_own_is_marked(rates, public, marks):
    table = rates(ROWS, estimand="nonresponder")
    table.loc[3, "scored"] = pd.NA
    ax = charts.response_by_phase(public(table))
    assert [text.get_position()[0] for text in marks(ax, "hidden")] == [3]
    assert 3.0 in points(ax, marks)[0][:, 0]


def test_an_empty_group_leaves_a_gap_and_shows_its_zero(rates, marks):
    rows = [*ROWS[:2], ("month 2 after loading", 0, 0, 40), ROWS[3]]
    ax = charts.response_by_phase(rates(rows))
    assert points(ax, marks)[0][:, 0].tolist() == [0, 1, 3]
    assert [text.get_text() for text in marks(ax, "number:denominator")][2] == "0"
    assert "1 of 4 values do not exist because nobody was counted" in charts.alt_text(ax)


def test_all_hidden_draws_no_data(rates, public, marks):
    ax = charts.response_by_phase(public(rates(ROWS, hidden=PHASES)))
    assert [marks(ax, kind) for kind in ("points", "interval", "connection")] == [[], [], []]
    assert len(marks(ax, "hidden")) == 13
    assert "No value can be shown" in charts.alt_text(ax)


def test_groups_are_told_apart_and_keep_their_x(rates, marks):
    shares = {"A": 30, "B": 50, "C": 40}
    rows = {name: [(window, share, 100, 120) for window in PHASES] for name, share in shares.items()}
    table = pd.concat([rates(rows[name], clinic_id=name) for name in shares], ignore_index=True)
    ax = charts.response_by_phase(table)
    lines = marks(ax, "points")
    assert [line.get_label() for line in lines] == ["A", "B", "C"]
    assert len({(line.get_color(), line.get_marker()) for line in lines}) == 3
    assert [line.get_xdata().tolist() for line in lines] == [list(range(13))] * 3
    assert [text.get_text() for text in marks(ax, "name")] == ["A", "C", "B", "A", "B", "C"]


@pytest.mark.parametrize(
    "make",
    [
        lambda rates: rates(ROWS),
        lambda rates: rates(ROWS, hidden=PHASES[4:7]),
        lambda rates: rates(ROWS, hidden=PHASES),
        lambda rates: rates(ROWS[3:4]),
        lambda rates: rates(ROWS[:1]),
        lambda rates: groups(rates, ["A", "B", "C", "D"]),
        lambda rates: groups(rates, [LONG + "A", LONG + "B", "W" * 64], hidden=PHASES[9:]),
        lambda rates: pd.concat(
            [rates(ROWS, estimand=e) for e in ("observed", "nonresponder", "starters", "completers")]
        ),
        lambda rates: pd.concat([rates(ROWS, outcome=o) for o in ("reliable_improvement", "reliable_deterioration")]),
        lambda rates: rates([(w, k * 10_007, n * 10_007, s * 10_007) for w, k, n, s in ROWS]),
    ],
    ids=["one", "hidden", "all hidden", "one month", "end", "four", "long", "denominators", "outcomes", "millions"],
)
@pytest.mark.parametrize("is_public", [True, False])
def test_nothing_touches_or_is_clipped(make, is_public, rates, public, crowding):
    table = make(rates)
    assert crowding(charts.response_by_phase(public(table) if is_public else table)) == []


def test_large_counts_are_written_in_thousands(rates, marks):
    table = rates([(w, k * 1_000, n * 1_000, s * 100_070) for w, k, n, s in ROWS])
    ax = charts.response_by_phase(table)
    assert marks(ax, "number:started")[0].get_text() == "15,010k"
    assert marks(ax, "note")[0].get_text().replace("\n", " ").endswith("k: thousand.")


def test_axes_given_are_axes_returned(rates):
    ax = Figure(figsize=(9, 6)).add_axes((0.2, 0.4, 0.6, 0.4))
    place = ax.get_position().bounds
    assert charts.response_by_phase(rates(ROWS), ax=ax) is ax
    assert ax.get_position().bounds == place


def test_the_words_for_screen_readers(rates, public):
    ax = charts.response_by_phase(public(rates(ROWS, hidden=["month 12 after loading"])))
    assert charts.alt_text(ax) == (
        "PHQ-9 response after loading. Chart of points with intervals. "
        "Horizontal axis: months after loading, from end of loading to month 12. "
        "Vertical axis: percent of those scored who responded, 0 to 100. "
        "End of loading: 55 in 100 responded (60 of 110; interval 45 to 64 %); "
        "month 3: 54 in 100 responded (48 of 89; interval 44 to 64 %); "
        "month 11: 48 in 100 responded (16 of 33; interval 33 to 65 %). "
        "1 of 13 values are hidden to protect small groups."
    )


def test_the_note_inside_names_what_the_numbers_are(rates, marks):
    ax = charts.response_by_phase(rates(ROWS, estimand="starters", due="assumed"))
    (note,) = marks(ax, "note")
    assert note.get_text().replace("\n", " ") == (
        "Instrument: PHQ-9. Outcome: response. Counted: of everyone who started (no score counts as not responded). "
        "Intervals: Wilson, 95 %. Due: assumed for some or all, without dates. Definitions: default 1 (3f2a9c1b)."
    )


@pytest.mark.parametrize("window", ["after session 3", "end of loading, late", "day 28 +- 7"])
def test_a_window_without_a_place_is_refused(rates, window):
    with pytest.raises(CallError, match=r"the table also has the window"):
        charts.response_by_phase(rates([*ROWS, (window, 20, 40, 50)]))


def test_two_rows_for_one_point_are_refused(rates):
    with pytest.raises(CallError, match="more than one row for the same group and window"):
        charts.response_by_phase(pd.concat([rates(ROWS), rates(ROWS)]))


@pytest.mark.parametrize("by", [(), "clinic_id", "maintenance"])
def test_the_demos_own_table(demo_cohort, by, crowding, marks):
    from analysis import disclose, response_rates

    windows = PHASES[1:] if by == "maintenance" else PHASES
    table = disclose(response_rates(demo_cohort, instrument="PHQ-9", window=windows, by=by)).table
    ax = charts.response_by_phase(disclose(table))
    drawn = sorted(float(y) for line in marks(ax, "points") for y in line.get_ydata())
    assert drawn == sorted(table.loc[table["status"] == "ok", "estimate"].astype(float))
    assert crowding(ax) == []
