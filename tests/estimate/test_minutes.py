"""Minutes until something is over: Kaplan and Meier from counts, against the worked example and statsmodels."""

import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from analysis.estimate.minutes import minutes_curve


def test_the_leukaemia_remissions_of_freireich():
    """The 6-MP arm, as in every textbook: S(10) = 0.753, S(23) = 0.448, median 23 weeks."""
    minutes = [6, 7, 9, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 34, 35]
    over = [3, 1, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0]
    censored = [1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 2, 1, 1]
    curve = minutes_curve(minutes, over, censored)
    assert round(1 - curve.over_by(10)[0], 3) == 0.753
    assert round(1 - curve.over_by(23)[0], 3) == 0.448
    assert curve.median()[0] == 23


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_statsmodels(seed):
    draw = np.random.default_rng(seed)
    times, ended = draw.integers(1, 90, 200), draw.random(200) < 0.7
    minutes = np.unique(times)
    curve = minutes_curve(
        minutes,
        [(ended & (times == each)).sum() for each in minutes],
        [(~ended & (times == each)).sum() for each in minutes],
    )
    theirs = SurvfuncRight(times, ended.astype(int))
    assert curve.minute.tolist() == theirs.surv_times.tolist()
    assert curve.still == pytest.approx(theirs.surv_prob)
    # Their Greenwood errors, put on the scale log(-log S).
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = 1.959963984540054 * theirs.surv_prob_se / (theirs.surv_prob * np.abs(np.log(theirs.surv_prob)))
        low = theirs.surv_prob ** np.exp(spread)
    known = theirs.surv_prob > 0
    assert curve.low[known] == pytest.approx(low[known])
    assert curve.median()[0] == theirs.quantile(0.5)


def test_what_was_not_watched_long_enough_is_not_given():
    curve = minutes_curve([10, 30], [1, 0], [0, 3])
    assert curve.over_by(30)[0] == 0.25
    assert np.isnan(curve.over_by(60)[0])
    assert np.isnan(curve.median()[0])


def test_when_all_are_over_nothing_more_can_happen():
    assert minutes_curve([10, 30], [1, 1], [0, 0]).over_by(60)[0] == 1


def test_nobody_gives_nothing():
    curve = minutes_curve([], [], [])
    assert np.isnan(curve.over_by(60)).all()
    assert np.isnan(curve.median()).all()


def test_before_the_first_end_nobody_is_over():
    assert minutes_curve([50], [2], [1]).over_by(20)[0] == 0
