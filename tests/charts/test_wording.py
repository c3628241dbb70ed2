"""Numbers and names as they are said."""

import pytest

from analysis.charts.wording import (
    ESTIMANDS,
    OUTCOMES,
    counted,
    group_value,
    in_hundred,
    listed,
    number,
    percent,
    percent_range,
)
from analysis.counts.outcome_kinds import OUTCOMES as KNOWN_OUTCOMES
from analysis.estimate.estimands import METHODS
from analysis.estimate.rates import DENOMINATORS
from analysis.estimate.session_responses import CUMULATIVE


@pytest.mark.parametrize(("share", "said"), [(0.0, "0 %"), (1.0, "100 %"), (0.4796, "48 %"), (0.0049, "0 %")])
def test_shares_are_said_in_whole_percent(share, said):
    assert percent(share) == said
    assert in_hundred(share) == said.replace(" %", " in 100")


def test_an_interval_names_the_unit_once():
    assert percent_range(0.0, 0.149) == "0 to 15 %"


@pytest.mark.parametrize(("count", "said"), [(0, "0"), (999, "999"), (1000, "1,000"), (12_345_678, "12,345,678")])
def test_counts_have_their_thousands_apart(count, said):
    assert number(count) == said


def test_every_outcome_and_denominator_of_the_package_has_its_words():
    assert set(OUTCOMES) == set(KNOWN_OUTCOMES)
    assert set(ESTIMANDS) == {*DENOMINATORS, *METHODS, *CUMULATIVE}


def test_who_is_counted_follows_the_outcome():
    assert counted("nonresponder", "remission") == "of those eligible (not seen counts as not in remission)"
    assert counted("observed", "remission") == "of those scored"


def test_groups_that_do_not_speak_for_themselves_are_explained():
    assert group_value("kind", "repeat") == "repeat course"
    assert group_value("sex", "female") == "female"


@pytest.mark.parametrize(("parts", "said"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
def test_lists_end_with_and(parts, said):
    assert listed(parts) == said
