"""Funnel limits, case mix, pooled rates, control limits and study summaries against R, statsmodels and textbooks."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from analysis.estimate.case_mix import expected_counts
from analysis.estimate.control_limits import find_signals, p_limits, xmr_limits
from analysis.estimate.funnel_limits import funnel_limits, winsorised_dispersion
from analysis.estimate.partial_pooling import partially_pooled
from analysis.estimate.random_effects import random_effects

MADE_BY_R = json.loads((Path(__file__).parent / "limits_and_summaries.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("level", [0.95, 0.998])
def test_funnel_limits_are_those_of_qbinom(level):
    rows = pd.DataFrame(MADE_BY_R["limits"])
    rows = rows[rows["level"] == level]
    low, high = funnel_limits(rows["n"], rows["target"], level=level)
    assert low == pytest.approx(rows["low"].to_numpy(), abs=1e-9)
    assert high == pytest.approx(rows["high"].to_numpy(), abs=1e-9)


def test_winsorised_dispersion_with_the_percentiles_of_r():
    assert winsorised_dispersion(MADE_BY_R["z"]) == pytest.approx(MADE_BY_R["phi"])


def test_expected_admissions_are_those_of_glm():
    rows = pd.DataFrame(MADE_BY_R["admissions"]).rename(columns={"admitted": "numerator", "total": "denominator"})
    found = expected_counts(rows, group="Dept", covariates=["Gender"]).set_index("Dept")["expected"]
    assert found.to_dict() == pytest.approx(MADE_BY_R["expected"], rel=1e-8)


def test_pooled_rates_are_those_of_a_fine_grid():
    made = MADE_BY_R["pooled"]
    found = partially_pooled(made["x"], made["n"])
    assert found.estimate == pytest.approx(np.array(made["estimate"]), abs=0.003)
    assert found.low == pytest.approx(np.array(made["low"]), abs=0.006)
    assert found.high == pytest.approx(np.array(made["high"]), abs=0.006)


@pytest.mark.parametrize("made", MADE_BY_R["summaries"], ids=["two", "five", "with nobody", "alike"])
def test_study_summaries_are_those_of_r(made):
    found = random_effects(made["x"], made["n"])
    for name in ("estimate", "low", "high", "i_squared"):
        assert getattr(found, name) == pytest.approx(made[name], abs=2e-5), name
    assert found.tau == pytest.approx(made["tau"], abs=2e-4)
    if made["prediction_low"] is None:
        assert np.isnan(found.prediction_low)
    else:
        assert (found.prediction_low, found.prediction_high) == pytest.approx(
            (made["prediction_low"], made["prediction_high"]), abs=5e-4
        )


def test_studies_without_spread_beyond_chance_as_statsmodels_has_them():
    """Without variance between studies the weights are those of a common effect; Hartung-Knapp is there too."""
    x, n = np.array([20, 21, 19]), np.array([40, 40, 40])
    y, v = np.log(x / (n - x)), 1 / x + 1 / (n - x)
    expected = combine_effects(y, v, method_re="chi2", use_t=True)
    found = random_effects(x, n)
    assert found.tau == 0
    assert np.log(found.estimate / (1 - found.estimate)) == pytest.approx(expected.mean_effect_fe, abs=1e-9)
    half = np.log(found.high / (1 - found.high)) - np.log(found.estimate / (1 - found.estimate))
    assert half == pytest.approx(4.302652729911275 * expected.sd_eff_w_fe_hksj, rel=1e-6)


def test_a_p_chart_of_a_textbook():
    """An Introduction to Business Statistics, example 16.6: defects in 10 samples of 200."""
    limits = p_limits([40, 44, 22, 34, 24, 32, 28, 32, 34, 30], [200] * 10)
    assert round(limits.centre, 2) == 0.16
    assert (limits.lower.round(4) == 0.0822).all()
    assert (limits.upper.round(4) == 0.2378).all()


def test_an_individuals_chart_of_a_textbook():
    """Montgomery and Runger, Applied Statistics and Probability for Engineers, example 16-2: no sign.

    They round the mean to 99.1 and the mean moving range to 2.59 first.
    """
    concentration = [
        102.0, 94.8, 98.3, 98.4, 102.0, 98.5, 99.0, 97.7, 100.0, 98.1,
        101.3, 98.7, 101.1, 98.4, 97.0, 96.7, 100.3, 101.4, 97.2, 101.0,
    ]  # fmt: skip
    limits = xmr_limits(concentration, baseline=20)
    assert round(limits.centre, 1) == 99.1
    assert round(float(np.nanmean(limits.ranges)), 2) == 2.59
    assert limits.upper[0] == pytest.approx(105.99, abs=0.02)
    assert limits.lower[0] == pytest.approx(92.21, abs=0.02)
    assert set(find_signals(concentration, limits, "XmR")) == {""}
