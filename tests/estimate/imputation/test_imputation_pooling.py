"""Rubin's rules: by hand, against a printed example, and Wilson's interval of pooled shares from its definition."""

import numpy as np
import pytest
from scipy import optimize, stats

from analysis.estimate.imputation.pooling import Pooled, pool_imputations, pooled_t, pooled_wilson
from analysis.estimate.intervals import wilson


def test_by_hand():
    """Three imputations 9, 10, 11, each of variance 4.

    B = 1, T = 4 + 4/3 = 16/3, (1 + 1/m) B / T = 1/4; a = 2 x 16 = 32; b = 3/4 x 20 x 21/23 = 315/23; the degrees of
    freedom are 1 / (1/32 + 23/315) = 10080/1051. r = 1/3, so (r + 2/(df + 3)) / (1 + r) = 1/4 + 1.5/(df + 3).
    """
    found = pool_imputations(np.array([9.0, 10, 11]), np.array([4.0, 4, 4]), 20)
    assert (found.estimate, found.within, found.between, found.total) == pytest.approx((10, 4, 1, 16 / 3))
    assert found.df == pytest.approx(10080 / 1051)
    assert found.increase == pytest.approx(1 / 3)
    assert found.missing_information == pytest.approx(0.25 + 1.5 / (10080 / 1051 + 3))
    assert found.monte_carlo_error == pytest.approx(3**-0.5)
    low, high = pooled_t(found)
    half = stats.t.ppf(0.975, 10080 / 1051) * (16 / 3) ** 0.5
    assert (low, high) == pytest.approx((10 - half, 10 + half))


def test_the_means_printed_in_the_sas_manual():
    """SAS/STAT, the MIANALYZE procedure, 'Reading means and standard errors', m = 5 and complete-data df of 30.

    The inputs are as printed there; what they pool to is worked out here from the formulas printed beside them.
    """
    means = np.array([47.0120, 47.2407, 47.4995, 47.1485, 47.0042])
    errors = np.array([0.95984, 0.93540, 1.00766, 0.95439, 0.96528])
    found = pool_imputations(means, errors**2, 30)
    w = sum(e * e for e in errors) / 5
    b = sum((m - sum(means) / 5) ** 2 for m in means) / 4
    t = w + 1.2 * b
    rubin = 4 * (1 + w / (1.2 * b)) ** 2
    observed = (1 - 1.2 * b / t) * 30 * 31 / 33
    assert found.estimate == pytest.approx(47.18098)
    assert found.total == pytest.approx(t)
    assert found.df == pytest.approx(1 / (1 / rubin + 1 / observed))
    assert found.df < 30 < rubin  # Rubin's own are far more than the data have


def test_lambda_of_a_printed_example():
    """Heymans & Eekhout, Applied Missing Data Analysis, chapter 10: V_B 0.040027, V_T 0.849084, m 3.

    It prints 0.06283485, which its rounded variances give to four digits.
    """
    between, total = 0.040027, 0.849084
    spread = np.array([-1.0, 0.0, 1.0]) * between**0.5
    found = pool_imputations(spread, np.full(3, total - between * 4 / 3), 1e9)
    assert found.between == pytest.approx(between)
    assert (found.total - found.within) / found.total == pytest.approx(0.06283485, abs=3e-5)


@pytest.mark.parametrize("complete", [5.0, 30.0, 1e9])
def test_df_is_never_more_than_complete_data_have_nor_than_rubins(complete):
    for spread in (0.01, 0.5, 5.0):
        found = pool_imputations(np.array([0.0, spread, 2 * spread, spread]), np.full(4, 1.0), complete)
        share = 1.25 * found.between / found.total
        assert found.df <= min(complete, 3 / share**2) + 1e-9


def test_nothing_missing_is_complete_data():
    found = pool_imputations(np.full(5, 0.4), np.full(5, 0.4 * 0.6 / 50), 49)
    assert (found.between, found.missing_information, found.monte_carlo_error) == (0, 0, 0)
    assert found.df == pytest.approx(49 * 50 / 52)


def test_wilson_solves_its_equation():
    """The limits are the shares p at which |estimate - p| is t times the root of p(1-p)/n (1 + r)."""
    shares = np.array([0.30, 0.34, 0.36, 0.40, 0.32, 0.38])
    pooled = pool_imputations(shares, shares * (1 - shares) / 50, 49)
    t = stats.t.ppf(0.975, pooled.df)

    def distance(p):
        return (pooled.estimate - p) ** 2 - t**2 * p * (1 - p) / 50 * (1 + pooled.increase)

    low, high = pooled_wilson(pooled, 50, 40)
    assert low == pytest.approx(optimize.brentq(distance, 1e-6, pooled.estimate))
    assert high == pytest.approx(optimize.brentq(distance, pooled.estimate, 1 - 1e-6))


def test_without_anybody_in_any_imputation_the_interval_is_of_those_seen():
    """Nobody of 40 seen, nor of 10 drawn: 50 people seen would be too many."""
    pooled = pool_imputations(np.zeros(10), np.zeros(10), 49)
    low, high = pooled_wilson(pooled, 50, 40)
    assert (low, high) == pytest.approx(tuple(map(float, wilson(0, 40))))


def test_two_people_keep_an_interval():
    """One degree of freedom makes t enormous, and the interval wide but there."""
    pooled = pool_imputations(np.array([0.5, 1.0, 0.5, 0.5, 1.0]), np.array([0.125, 0.0, 0.125, 0.125, 0.0]), 1)
    low, high = pooled_wilson(pooled, 2, 1)
    assert 0 <= low < 0.1
    assert 0.9 < high <= 1


def test_one_person_has_no_t_interval():
    low, high = pooled_t(Pooled(3.0, float("nan"), 0.0, float("nan"), 0.0, 0.0, 0.0))
    assert np.isnan(low)
    assert np.isnan(high)
