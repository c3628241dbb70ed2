"""Cohen's kappa against statsmodels, a published example, and slow readings of people with several cases each."""

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa as statsmodels_kappa

from analysis.estimate.agreement import clustered_ratio, clustered_share, cohens_kappa

MANY = 10**12  # people: k/(k-1) is 1


def test_the_published_example_of_statpsych():
    """Bonett DG, R package statpsych, ci.kappa(.05, 31, 12, 4, 58): Cohen kappa 0.6756757, 0.5317210 to 0.8196303."""
    found = cohens_kappa([31, 12, 4, 58], np.diag([31, 12, 4, 58]), people=MANY)
    assert found == pytest.approx((0.6756757, 0.5317210, 0.8196303), abs=5e-8)


@pytest.mark.parametrize("seed", range(20))
def test_one_case_for_each_person_gives_what_statsmodels_gives(seed):
    cells = np.random.default_rng(seed).integers(1, 200, 4)
    found = cohens_kappa(cells.tolist(), np.diag(cells), people=MANY)
    oracle = statsmodels_kappa(cells.reshape(2, 2))
    assert found[0] == pytest.approx(oracle.kappa, abs=1e-12)
    assert found[1:] == pytest.approx((max(oracle.kappa_low, -1), min(oracle.kappa_upp, 1)), abs=1e-9)


@pytest.fixture(scope="module")
def people():
    """300 people with 1 to 30 cases each, some of whom are always read otherwise by one side."""
    chance = np.random.default_rng(7)
    odd = chance.random(300) < 0.15
    cases = chance.integers(1, 30, 300)
    kinds = [[0.1, 0.5, 0.2, 0.2] if each else [0.5, 0.05, 0.05, 0.4] for each in odd]
    return np.array([chance.multinomial(n, kind) for n, kind in zip(cases, kinds, strict=True)])


def jackknife(people, statistic):
    """Leave out one person after the other."""
    whole = people.sum(axis=0)
    left = np.array([statistic(whole - own) for own in people])
    k = len(people)
    return np.sqrt((k - 1) / k * ((left - left.mean()) ** 2).sum())


def test_the_interval_clustered_by_person_is_that_of_leaving_out_one_after_the_other(people):
    cells = people.sum(axis=0)
    estimate, low, high = cohens_kappa(cells.tolist(), people.T @ people, people=len(people))
    slow = jackknife(people, lambda each: statsmodels_kappa(each.reshape(2, 2), return_results=False))
    assert (high - low) / 2 / 1.959964 == pytest.approx(slow, rel=0.02)
    naive = statsmodels_kappa(cells.reshape(2, 2))
    assert estimate == pytest.approx(naive.kappa)
    assert slow > 1.5 * naive.std_kappa  # sessions of a person are alike: taking them as independent would be too sure


def test_the_effective_number_of_a_share_is_that_of_leaving_out_one_after_the_other(people):
    cells = people.sum(axis=0)
    low, high = clustered_share([True, False, False, True], cells.tolist(), people.T @ people, people=len(people))
    share = (cells[0] + cells[3]) / cells.sum()
    slow = jackknife(people, lambda each: (each[0] + each[3]) / each.sum())
    assert (high - low) / 2 / 1.959964 == pytest.approx(slow, rel=0.03)
    assert low < share < high


def test_the_interval_of_a_ratio_is_that_of_leaving_out_one_after_the_other(people):
    gaps_and_days = np.column_stack([people[:, 0] + 1, 14 * people.sum(axis=1) + people[:, 1]])
    gaps, days = gaps_and_days.sum(axis=0)
    low, high = clustered_ratio(int(gaps), int(days), gaps_and_days.T @ gaps_and_days, units=len(people))
    slow = jackknife(gaps_and_days, lambda each: np.log(each[0] / each[1]))
    assert np.log(high / low) / 2 / 1.959964 == pytest.approx(slow, rel=0.02)
    assert low < gaps / days < high
