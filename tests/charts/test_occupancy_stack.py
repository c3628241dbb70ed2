"""States as stacked bands by day."""

import pandas as pd
import pytest

from analysis import charts
from analysis.estimate.occupancy import occupancy
from analysis.vocabulary.errors import CallError

STATES = ("not yet responded", "responded", "not known")


def table(rows, *, status=None, **groups):
    """Rows of occupancy from the shares of each day, in the order of the states; None is hidden."""
    return pd.DataFrame(
        {
            **groups,
            "instrument": "PHQ-9",
            "strategy": "treatment-policy",
            "day": day,
            "state": state,
            "estimate": float("nan") if share is None else share,
            "denominator": 100 - day,
            "status": "hidden" if share is None else "ok",
            "known_days": 35,
            "definitions": "default 1",
        }
        for day, shares in rows.items()
        for state, share in zip(STATES, shares, strict=True)
    )


ROWS = {0: (0.9, 0.0, 0.1), 10: (0.5, 0.4, 0.1), 28: (0.4, 0.3, 0.3)}


def tops(ax, marks, state):
    """The upper edge of a band at each day drawn."""
    (band,) = marks(ax, f"band:{state}")
    (path,) = band.get_paths()
    found = {}
    for x, y in path.vertices:
        found[x] = max(found.get(x, 0), y)
    return found


def test_the_bands_add_up_from_those_in_response(marks):
    ax = charts.occupancy_by_day(table(ROWS))
    assert tops(ax, marks, "responded")[28] == pytest.approx(0.4)  # the step of day 28 begins at the height of day 10
    assert [round(tops(ax, marks, state)[0], 9) for state in ("responded", "not yet responded", "not known")] == [
        0,
        0.9,
        1,
    ]
    assert [text.get_text() for text in marks(ax, "name")] == [
        "responded 30 %",
        "not yet responded 40 %",
        "not known 30 %",
    ]


def test_the_numbers_followed_stand_under_the_axis(marks):
    ax = charts.occupancy_by_day(table(dict.fromkeys(range(8), ROWS[10])))
    assert [text.get_text() for text in marks(ax, "number:denominator")] == [str(100 - day) for day in range(8)]


def test_a_hidden_share_holds_on_while_the_day_still_fills_up(marks, public):
    """On day 10 two are hidden and the third moved by a point; on day 28 it moved far, so the day before holds on."""
    given = table({0: (0.9, 0.0, 0.1), 10: (None, None, 0.11), 28: (None, None, 0.5)})
    ax = charts.occupancy_by_day(public(given))
    names = [text.get_text() for text in marks(ax, "name")]
    assert names == ["responded hidden", "not yet responded 89 %", "not known 11 %"]
    assert "Steps: a share is shown again" in charts.caption(ax)


def test_nothing_touches_or_is_clipped_whatever_the_numbers(crowding, demo_cohort):
    for last_day in (1, 28, 200, 365, 900):
        assert crowding(charts.occupancy_by_day(occupancy(demo_cohort, instrument="PHQ-9", last_day=last_day))) == []


def test_the_words_for_screen_readers():
    assert charts.alt_text(charts.occupancy_by_day(table(ROWS, route="iv"))) == (
        "Where people are by day since the first session: iv. Stacked areas that add up to 100 % on each day. "
        "Horizontal axis: day 0 to 28. "
        "Day 0 (100 followed): not yet responded 90 % and not known 10 %. "
        "Day 28 (72 followed): responded 30 %, not yet responded 40 % and not known 30 %."
    )


def test_a_raw_table_is_stamped_and_a_disclosed_one_is_not(marks, public):
    assert len(marks(charts.occupancy_by_day(table(ROWS)), "stamp")) == 1
    assert marks(charts.occupancy_by_day(public(table(ROWS))), "stamp") == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([1, 2], "draws what occupancy"),
        (table(ROWS).drop(columns="denominator"), "needs the column 'denominator'"),
        (table(ROWS).iloc[:0], "without rows"),
        (table(ROWS).replace("responded", "well"), "does not know the state 'well'"),
        (
            pd.concat([table(ROWS, route="iv"), table(ROWS, route="im")]),
            "draws one group; the table has several, by route",
        ),
        (pd.concat([table(ROWS), table(ROWS)]), "twice for one day"),
        (table({0: (None, None, None)}), "no share of this group is shown"),
        (table({0: (None, None, 0.5)}), "make up the whole"),
    ],
)
def test_what_cannot_be_drawn_is_refused(given, words):
    with pytest.raises(CallError, match=words):
        charts.occupancy_by_day(given)
