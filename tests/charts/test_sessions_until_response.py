"""How many have responded by each session, drawn."""

import pytest

from analysis.charts.picture import alt_text
from analysis.charts.sessions_until_response import responded_by_session
from analysis.estimate.session_responses import responses_by_session
from analysis.vocabulary.errors import CallError


def test_the_chart_draws_rates_and_ranges(demo_cohort, marks, crowding):
    table = responses_by_session(demo_cohort, instrument="PHQ-9", sessions=4)
    ax = responded_by_session(table)
    ranges = [bar.get_segments()[0][:, 1].tolist() for bar in marks(ax, "range")]
    bounds = table[table["estimand"] == "bounds of the eligible"]
    assert ranges == [pytest.approx(each) for each in bounds[["low", "high"]].to_numpy().tolist()]
    assert "by session 4" in alt_text(ax)
    assert marks(ax, "stamp")
    assert not crowding(ax)
    with pytest.raises(CallError, match="one group"):
        responded_by_session(responses_by_session(demo_cohort, instrument="PHQ-9", sessions=2, by="route"))
