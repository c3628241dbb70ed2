"""Agreement, shares and ratios of cases of which each person has several."""

import numpy as np
import pytest

from analysis.estimate.agreement import clustered_ratio, clustered_share, cohens_kappa
from analysis.estimate.intervals import wilson


def products_of(people):
    """Sum over people the products of their own cells."""
    rows = np.array(people)
    return rows.T @ rows


def test_kappa_is_0_where_agreement_is_that_of_chance_and_1_where_all_agree():
    assert cohens_kappa([4, 4, 4, 4], np.diag([4, 4, 4, 4]), people=16)[0] == 0
    estimate, low, high = cohens_kappa([8, 0, 0, 4], np.diag([8, 0, 0, 4]), people=12)
    assert (estimate, np.isnan(low), np.isnan(high)) == (1, True, True)
    assert cohens_kappa([0, 5, 5, 0], np.diag([0, 5, 5, 0]), people=10)[0] == -1


@pytest.mark.parametrize("cells", [[0, 0, 0, 0], [7, 0, 0, 0], [0, 0, 0, 7]])
def test_kappa_has_no_value_without_cases_or_with_one_value_only(cells):
    assert np.isnan(cohens_kappa(cells, np.diag(cells), people=7)).all()


def test_one_value_on_one_side_only_is_agreement_by_chance():
    assert cohens_kappa([5, 3, 0, 0], np.diag([5, 3, 0, 0]), people=8)[0] == 0


def test_one_person_has_no_interval():
    estimate, low, high = cohens_kappa([20, 5, 10, 15], np.full((4, 4), 1.0), people=1)
    assert (round(estimate, 2), np.isnan(low), np.isnan(high)) == (0.4, True, True)


def test_the_limits_of_kappa_stay_within_minus_1_and_1():
    _, _, high = cohens_kappa([10, 0, 1, 2], np.diag([10, 0, 1, 2]), people=13)
    assert high == 1
    _, low, _ = cohens_kappa([0, 5, 6, 1], np.diag([0, 5, 6, 1]), people=12)
    assert low == -1


def test_the_same_answers_ten_times_over_are_not_ten_times_as_sure():
    once = cohens_kappa([20, 5, 10, 15], np.diag([20, 5, 10, 15]), people=50)
    people = [[10 * (cell == own) for cell in range(4)] for own, n in enumerate([20, 5, 10, 15]) for _ in range(n)]
    ten_times = cohens_kappa([200, 50, 100, 150], products_of(people), people=50)
    assert ten_times == pytest.approx(once)


def test_a_share_with_one_case_for_each_person_has_nearly_wilsons_interval():
    low, high = clustered_share([True, False], [30, 70], np.diag([30, 70]), people=100)
    assert (low, high) == pytest.approx([float(limit) for limit in wilson(0.3 * 99, 99)])


def test_a_share_of_all_or_none_counts_people_and_not_cases():
    within = products_of([[5, 0]] * 4)
    assert clustered_share([True, False], [20, 0], within, people=4) == pytest.approx([float(x) for x in wilson(4, 4)])
    assert clustered_share([False, True], [20, 0], within, people=4) == pytest.approx([float(x) for x in wilson(0, 4)])
    assert np.isnan(clustered_share([True, False], [0, 0], np.zeros((2, 2)), people=0)).all()


def test_people_who_are_all_alike_have_at_most_as_many_cases_as_there_are():
    low, high = clustered_share([True, False], [6, 6], products_of([[2, 2]] * 3), people=3)
    assert (low, high) == pytest.approx([float(x) for x in wilson(3, 3)], rel=1) or low < 0.5 < high


def test_a_ratio_that_is_the_same_for_everybody_is_certain():
    people = [[1, 14], [2, 28], [5, 70]]
    low, high = clustered_ratio(8, 112, products_of(people), units=3)
    assert (low, high) == pytest.approx((1 / 14, 1 / 14))


@pytest.mark.parametrize(("total", "per"), [(0, 0), (3, 0), (0, 3)])
def test_a_ratio_without_both_sums_has_no_interval(total, per):
    assert np.isnan(clustered_ratio(total, per, np.zeros((2, 2)), units=2)).all()


def test_a_ratio_of_one_unit_has_no_interval():
    assert np.isnan(clustered_ratio(3, 42, [[9, 126], [126, 1764]], units=1)).all()
