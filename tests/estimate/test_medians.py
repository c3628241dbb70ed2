"""Medians, quartiles and intervals from counts of each value are those of the numbers themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.estimate.medians import median_of_counts


def counted(numbers):
    return median_of_counts(*np.unique(np.array(numbers), return_counts=True))


@given(st.lists(st.integers(-5, 40), min_size=1, max_size=60))
def test_quartiles_are_numpys_and_the_interval_is_scipys(numbers):
    found = counted(numbers)
    quartiles = [found.lower_quartile, found.estimate, found.upper_quartile]
    assert quartiles == np.quantile(numbers, [0.25, 0.5, 0.75]).tolist()
    interval = stats.quantile_test(np.array(numbers), p=0.5).confidence_interval()
    np.testing.assert_array_equal([found.low, found.high], [interval.low, interval.high])
    assert (found.n, found.at_most) == (len(numbers), sum(number <= found.estimate for number in numbers))


@pytest.mark.parametrize("n", [5, 6, 100, 5_001, 200_000])
def test_the_interval_of_many_numbers_is_scipys(n):
    numbers = np.random.default_rng(n).integers(0, 1000, n)
    interval = stats.quantile_test(numbers, p=0.5).confidence_interval()
    found = counted(numbers)
    np.testing.assert_array_equal([found.low, found.high], [interval.low, interval.high])


def test_half_days_stay_exact():
    assert counted([7, 7.5, 14]).estimate == 7.5
    assert counted([7, 8]).estimate == 7.5


def test_five_numbers_have_a_median_and_no_interval_and_six_have_one():
    five, six = counted([1, 2, 3, 4, 5]), counted([1, 2, 3, 4, 5, 6])
    assert (five.estimate, np.isnan(five.low), np.isnan(five.high)) == (3, True, True)
    assert (six.estimate, six.low, six.high) == (3.5, 1, 6)


def test_no_number_has_no_median():
    found = median_of_counts([], [])
    assert np.isnan([found.estimate, found.low, found.high, found.lower_quartile, found.upper_quartile]).all()
    assert (found.at_most, found.n) == (0, 0)


def test_the_order_of_the_values_does_not_matter():
    assert median_of_counts([9, 1, 4], [1, 2, 3]) == median_of_counts([1, 4, 9], [2, 3, 1])
