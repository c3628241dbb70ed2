"""Score intervals of ratios: against statsmodels, and where a count is 0 or everybody."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats import proportion

from analysis.estimate.intervals import miettinen_nurminen
from analysis.estimate.ratio_intervals import score_odds_ratio, score_ratio
from analysis.vocabulary.errors import CallError

TABLES = [(108, 195, 70, 170), (91, 336, 60, 340), (3, 10, 1, 12), (9, 10, 2, 7), (1, 200, 199, 200)]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(("make", "kind"), [(score_ratio, "ratio"), (score_odds_ratio, "odds-ratio")])
def test_each_limit_is_where_the_score_test_of_statsmodels_rejects(table, make, kind):
    """The interval is the test turned around: at both limits its p-value is 5 %."""
    for limit in make(*table):
        if np.isfinite(limit):
            test = proportion.test_proportions_2indep(*table, value=limit, method="score", compare=kind)
            assert test.pvalue == pytest.approx(0.05, abs=1e-9)


def test_the_interval_of_a_ratio_is_that_of_statsmodels():
    found = proportion.confint_proportions_2indep(108, 195, 70, 170, method="score", compare="ratio")
    assert score_ratio(108, 195, 70, 170) == pytest.approx(found, abs=1e-6)


@pytest.mark.parametrize(
    ("table", "ratio_ends", "odds_ends"),
    [
        ((0, 10, 3, 12), (0, None), (0, None)),
        ((3, 10, 0, 12), (None, np.inf), (None, np.inf)),
        ((3, 10, 12, 12), (None, None), (0, None)),
        ((10, 10, 3, 12), (None, None), (None, np.inf)),
        ((10, 10, 0, 12), (None, np.inf), (None, np.inf)),
    ],
)
def test_a_count_of_none_or_all_opens_one_end_only(table, ratio_ends, odds_ends):
    for limits, ends in ((score_ratio(*table), ratio_ends), (score_odds_ratio(*table), odds_ends)):
        for limit, end in zip(limits, ends, strict=True):
            assert limit == end if end is not None else 0 < limit < np.inf


@pytest.mark.parametrize("make", [score_ratio, score_odds_ratio])
@pytest.mark.parametrize("table", [(0, 10, 0, 12), (0, 0, 3, 12), (3, 10, 0, 0)])
def test_nothing_to_compare_has_no_interval(make, table):
    assert np.isnan(make(*table)).all()


def test_everybody_in_both_has_a_ratio_but_no_odds_ratio():
    low, high = score_ratio(10, 10, 12, 12)
    assert low < 1 < high
    assert np.isnan(score_odds_ratio(10, 10, 12, 12)).all()


@pytest.mark.parametrize("make", [score_ratio, score_odds_ratio])
def test_a_numerator_over_its_denominator_is_refused(make):
    with pytest.raises(CallError, match="between 0 and its denominator"):
        make(11, 10, 3, 12)


counts = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(first=counts, second=counts)
def test_swapping_the_groups_inverts_the_interval_and_all_three_agree_on_no_difference(first, second):
    for make in (score_ratio, score_odds_ratio):
        low, high = make(*first, *second)
        swapped_low, swapped_high = make(*second, *first)
        if np.isnan(low):
            assert np.isnan(swapped_low)
            continue
        assert low <= high
        assert low * swapped_high == pytest.approx(1, rel=1e-6) or low == 0
        assert high * swapped_low == pytest.approx(1, rel=1e-6) or np.isinf(high)
        difference_low, difference_high = miettinen_nurminen(*first, *second)
        assert (low <= 1 <= high) == (difference_low <= 0 <= difference_high)
