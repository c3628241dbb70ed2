"""Kaplan-Meier from counts per day, against a textbook table and another implementation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimate.day_survival import day_survival

# Remission on 6-mercaptopurine (Freireich 1963; Cox DR, Oakes D (1984), Analysis of survival data, table 1.1).
TIMES = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
EVENTS = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def counted(times, events):
    days = sorted(set(times))
    pairs = list(zip(times, events, strict=True))
    return day_survival(days, [pairs.count((d, 1)) for d in days], [pairs.count((d, 0)) for d in days])


def test_the_textbook_table():
    curve = counted(TIMES, EVENTS)
    at = {int(day): round(float(s), 4) for day, s in zip(curve.day, curve.surviving, strict=True)}
    assert {day: at[day] for day in (6, 7, 10, 13, 16, 22, 23)} == {
        6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482,
    }  # fmt: skip
    assert curve.median()[0] == 23


def test_intervals_are_those_of_statsmodels():
    from statsmodels.duration.survfunc import SurvfuncRight

    curve, other = counted(TIMES, EVENTS), SurvfuncRight(np.array(TIMES), np.array(EVENTS))
    low, high = other.quantile_ci(0.5, method="cloglog")
    assert curve.median() == (other.quantile(0.5), low, high) or (np.isnan(curve.median()[2]) and np.isinf(high))
    for day, surviving, error in zip(other.surv_times, other.surv_prob, other.surv_prob_se, strict=True):
        estimate, below, above = curve.after(int(day))
        spread = 1.959963984540054 * error / (surviving * abs(np.log(surviving)))
        assert estimate == pytest.approx(surviving)
        assert below == pytest.approx(surviving ** np.exp(spread))
        assert above == pytest.approx(surviving ** np.exp(-spread))


def test_intervals_are_those_of_r():
    """From R 4 with survival: survfit(Surv(time, event) ~ 1, conf.type = "log-log"), summary at days 6, 10 and 23."""
    curve = counted(TIMES, EVENTS)
    assert curve.median()[:2] == (23, 13)
    assert np.isnan(curve.median()[2])
    for day, expected in {
        6: (0.8571428571, 0.6197179553, 0.9515517476),
        10: (0.7529411765, 0.5031995108, 0.8893618352),
        23: (0.4481792717, 0.1880520060, 0.6801426285),
    }.items():
        assert curve.after(day) == pytest.approx(expected, abs=1e-10)


def test_beyond_the_last_day_nothing_is_known():
    curve = day_survival([5, 10], [1, 0], [0, 1])
    assert curve.after(4) == (1.0, 1.0, 1.0)
    assert curve.after(10)[0] == 0.5
    assert np.isnan(curve.after(11)[0])
    assert np.isnan(day_survival([5], [0], [3]).median()[0])


def test_after_everybody_had_it_nobody_is_without():
    curve = day_survival([5, 10], [1, 1], [0, 0])
    assert curve.after(300)[0] == 0.0
    assert np.isnan(curve.after(300)[1])
    assert curve.median()[0] == 5


def test_nobody_at_all():
    curve = day_survival([], [], [])
    assert np.isnan(curve.after(3)[0])
    assert np.isnan(curve.median()[0])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=40))
def test_the_interval_holds_the_curve_and_the_order_of_days_does_not_matter(seen):
    days = sorted({day for day, _ in seen})
    d, c = [seen.count((day, True)) for day in days], [seen.count((day, False)) for day in days]
    curve, turned = day_survival(days, d, c), day_survival(days[::-1], d[::-1], c[::-1])
    np.testing.assert_array_equal(curve.surviving, turned.surviving)
    known = ~np.isnan(curve.low)
    assert (curve.low[known] <= curve.surviving[known]).all()
    assert (curve.surviving[known] <= curve.high[known]).all()
    assert (np.diff(curve.surviving) <= 0).all()
