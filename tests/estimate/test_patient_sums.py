"""Intervals from sums over patients, against exact values and the plain formula over patients."""

import numpy as np
import pytest
from scipy import stats

from analysis.estimate.intervals import wilson
from analysis.estimate.patient_sums import PatientSums, exact_poisson, patient_mean, patient_rate, patient_share
from analysis.vocabulary.errors import CallError


def sums(x, m):
    x, m = np.array(x), np.array(m)
    return PatientSums(x.sum(), m.sum(), xx=(x * x).sum(), xm=(x * m).sum(), mm=(m * m).sum(), patients=len(x))


@pytest.mark.parametrize(("events", "low", "high"), [(0, 0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904)])
def test_exact_poisson_is_garwoods(events, low, high):
    """The usual table of exact limits of a Poisson count."""
    found = exact_poisson(events, 1)
    assert [round(float(each), 4) for each in found] == [low, high]


def test_no_session_has_no_interval_and_a_negative_number_is_refused():
    assert np.isnan(exact_poisson(0, 0)).all()
    with pytest.raises(CallError, match="must not be negative"):
        exact_poisson(-1, 10)


def test_a_rate_uses_the_clustered_variance_over_poissons():
    x, m = [5, 5, 0, 0, 0, 0, 0, 0, 0, 0], [10] * 10
    ratio, k = sum(x) / sum(m), len(x)
    variance = k / (k - 1) * sum((a - ratio * b) ** 2 for a, b in zip(x, m, strict=True)) / sum(m) ** 2
    times = variance / (sum(x) / sum(m) ** 2) * (stats.t.ppf(0.975, k - 1) / stats.norm.ppf(0.975)) ** 2
    expected = (
        stats.gamma.ppf(0.025, sum(x) / times) * times / 100,
        stats.gamma.ppf(0.975, sum(x) / times + 1) * times / 100,
    )
    assert patient_rate(sums(x, m)) == pytest.approx(expected)


def test_no_event_and_no_clustering_give_poissons_interval():
    assert patient_rate(sums([0] * 5, [4] * 5)) == exact_poisson(0, 20)
    # One event each in every second of many patients varies less than Poisson: never narrower than exact.
    low, high = patient_rate(sums([1, 0] * 500, [1] * 1000))
    plain = exact_poisson(500, 1000)
    assert low == pytest.approx(plain[0])
    assert high == pytest.approx(plain[1])


def test_one_patient_has_no_clustered_interval():
    for interval in (patient_rate, patient_share, patient_mean):
        assert np.isnan(interval(sums([2], [5]))).all()


def test_a_share_of_one_session_each_is_wilsons_with_t():
    x = [1] * 30 + [0] * 70
    share = sums(x, [1] * 100)
    factor = 100 / 99 * (stats.t.ppf(0.975, 99) / stats.norm.ppf(0.975)) ** 2
    assert patient_share(share) == pytest.approx([float(each) for each in wilson(30 / factor, 100 / factor)])


def test_a_share_of_none_or_all_counts_the_patients():
    assert patient_share(sums([0] * 8, [5] * 8)) == wilson(0, 8)
    assert patient_share(sums([5] * 8, [5] * 8)) == wilson(8, 8)


def test_a_mean_of_one_value_each_is_students():
    values = np.array([3, 7, -2, 11, 5])
    expected = stats.t.interval(0.95, 4, values.mean(), stats.sem(values))
    assert patient_mean(sums(values, [1] * 5)) == pytest.approx(expected)


def test_many_rows_at_once_are_each_their_own():
    one, two = sums([1, 2, 0], [4, 5, 6]), sums([0, 3, 1], [7, 2, 2])
    both = PatientSums(
        *([getattr(one, name), getattr(two, name)] for name in ("total", "sessions", "xx", "xm", "mm", "patients"))
    )
    for interval in (patient_rate, patient_share, patient_mean):
        low, _ = interval(both)
        assert low.tolist() == [float(interval(one)[0]), float(interval(two)[0])]
