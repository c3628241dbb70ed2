"""Effects over strata: worked by hand, and the standardised ones against a regression of statsmodels."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from analysis.estimate.effects import crude_effects
from analysis.estimate.strata_effects import mantel_haenszel, standardised_effects, standardised_rate


def floats(*columns):
    return [np.array(column, dtype="float64") for column in columns]


def test_two_strata_by_hand():
    """Strata of 30 and 40: weights 10 x 20 / 30 and 30 x 10 / 40, that is 20/3 and 7.5.

    Difference: (0.6 - 0.3) x 20/3 + (0.4 - 0.2) x 7.5 = 2 + 1.5, of 14.1667. Ratio: (6 x 20/30 + 12 x 10/40) / (6 x
    10/30 + 2 x 30/40) = 7 / 3.5. Odds ratio: (6 x 14/30 + 12 x 8/40) / (4 x 6/30 + 18 x 2/40) = 5.2 / 1.7.
    """
    difference, ratio, odds_ratio, need, _ = mantel_haenszel(*floats([6, 12], [10, 30], [6, 2], [20, 10]))
    assert difference.estimate == pytest.approx(3.5 / (85 / 6))
    assert ratio.estimate == pytest.approx(2)
    assert odds_ratio.estimate == pytest.approx(5.2 / 1.7)
    assert need.estimate == pytest.approx(85 / 6 / 3.5)


def test_one_stratum_is_the_two_groups_as_they_are():
    pooled = mantel_haenszel(*floats([108], [195], [70], [170]))
    crude = crude_effects(108, 195, 70, 170)
    assert [each.estimate for each in pooled] == pytest.approx([each.estimate for each in crude])


def test_strata_of_one_group_only_are_told_and_have_no_weight():
    with_lonely = mantel_haenszel(*floats([6, 12, 5, 0], [10, 30, 9, 0], [6, 2, 0, 0], [20, 10, 0, 0]))
    without = mantel_haenszel(*floats([6, 12], [10, 30], [6, 2], [20, 10]))
    for found, expected in zip(with_lonely, without, strict=True):
        assert (found.estimate, found.low, found.high) == pytest.approx(
            (expected.estimate, expected.low, expected.high), nan_ok=True
        )
        assert found.note.endswith("strata with people of one group only: 1, 9 people")


def test_no_common_stratum_is_no_overlap():
    found = mantel_haenszel(*floats([5, 0], [9, 0], [0, 3], [0, 7]))
    assert {each.status for each in found} == {"no overlap"}
    assert found[0].note == "strata with people of one group only: 2, 16 people"
    assert {each.status for each in mantel_haenszel(*floats([0], [0], [3], [7]))} == {"empty"}


def test_standardised_rates_by_hand():
    """Rates 0.6 and 0.4 v 0.3 and 0.2, in a case mix of 1 to 3: 0.45 v 0.225; difference 0.225, ratio 2."""
    cells = floats([6, 12], [10, 30], [6, 2], [20, 10], [100, 300])
    difference, ratio, odds_ratio, need, _ = standardised_effects(*cells)
    assert difference.estimate == pytest.approx(0.225)
    assert ratio.estimate == pytest.approx(2)
    assert odds_ratio.estimate == pytest.approx((0.45 / 0.55) / (0.225 / 0.775))
    assert need.estimate == pytest.approx(1 / 0.225)
    # Variances by hand: 0.0625 x 0.024 + 0.5625 x 0.008 and 0.0625 x 0.0105 + 0.5625 x 0.016.
    half = 1.959964 * np.sqrt(0.0015 + 0.0045 + 0.00065625 + 0.009)
    assert (difference.low, difference.high) == pytest.approx((0.225 - half, 0.225 + half), abs=1e-6)


def test_standardising_is_g_computation_with_a_regression_of_all_interactions():
    x1, n1, x0, n0, people = floats([12, 30, 44], [40, 60, 50], [20, 9, 31], [70, 35, 62], [150, 120, 230])
    rows = pd.DataFrame(
        [
            {"arm": arm, "stratum": stratum, "y": y, "people": count}
            for arm, x, n in ((1, x1, n1), (0, x0, n0))
            for stratum in range(3)
            for y, count in ((1, x[stratum]), (0, n[stratum] - x[stratum]))
        ]
    )
    fit = smf.glm(
        "y ~ arm * C(stratum)", rows, family=sm.families.Binomial(), freq_weights=rows["people"].to_numpy()
    ).fit(tol=1e-14)
    share = people / people.sum()
    rates, gradients = [], []
    for arm in (1, 0):
        design = np.array([[1, s == 1, s == 2, arm, arm * (s == 1), arm * (s == 2)] for s in range(3)], dtype=float)
        predicted = 1 / (1 + np.exp(-design @ fit.params.to_numpy()))
        rates.append(share @ predicted)
        gradients.append((share * predicted * (1 - predicted)) @ design)
    assert list(fit.params.index) == [
        "Intercept", "C(stratum)[T.1]", "C(stratum)[T.2]", "arm", "arm:C(stratum)[T.1]", "arm:C(stratum)[T.2]",
    ]  # fmt: skip
    logs = [gradient / rate for gradient, rate in zip(gradients, rates, strict=True)]
    logits = [gradient / (rate * (1 - rate)) for gradient, rate in zip(gradients, rates, strict=True)]
    errors = [np.sqrt(g @ fit.cov_params().to_numpy() @ g) for g in (a - b for a, b in (gradients, logs, logits))]
    difference, ratio, odds_ratio, *_ = standardised_effects(x1, n1, x0, n0, people)
    z = 1.959963984540054
    assert difference.estimate == pytest.approx(rates[0] - rates[1], abs=1e-9)
    assert difference.high - difference.estimate == pytest.approx(z * errors[0], rel=1e-6)
    assert ratio.estimate == pytest.approx(rates[0] / rates[1], abs=1e-9)
    assert np.log(ratio.high / ratio.estimate) == pytest.approx(z * errors[1], rel=1e-6)
    assert np.log(odds_ratio.estimate / odds_ratio.low) == pytest.approx(z * errors[2], rel=1e-6)


def test_an_empty_stratum_is_named_and_not_dropped():
    found = standardised_effects(*floats([6, 0], [10, 0], [6, 2], [20, 10], [30, 17]))
    assert {each.status for each in found} == {"no overlap"}
    assert found[0].note.startswith("strata without people of both groups: 1, 17 people")
    assert all(np.isnan([each.estimate, each.low, each.high]).all() for each in found)
    assert np.isnan(standardised_rate(*floats([6, 0], [10, 0], [30, 17]))[0])


def test_a_stratum_of_nobody_asks_for_nobody():
    with_nobody = standardised_effects(*floats([6, 0], [10, 0], [6, 0], [20, 0], [30, 0]))
    assert with_nobody == standardised_effects(*floats([6], [10], [6], [20], [30]))


def test_rates_of_none_and_all_have_no_interval_and_say_so():
    difference, ratio, odds_ratio, need, e_value = standardised_effects(*floats([10], [10], [0], [20], [30]))
    assert (difference.estimate, difference.status) == (1, "no spread")
    assert [each.status for each in (ratio, odds_ratio, need, e_value)] == [
        "unbounded",
        "unbounded",
        "no spread",
        "unbounded",
    ]
    assert difference.note == "rates of 0 or 1 in a stratum, which add nothing to the interval: 2"


def test_delta_method_intervals_hold_the_truth_as_often_as_they_say():
    """Two groups with rates 0.5, 0.7 and 0.3, 0.4 in strata of a case mix of 1 to 1: the difference is 0.25."""
    rng = np.random.default_rng(11)
    n1, n0, people = floats([120, 60], [50, 150], [170, 210])
    truth = float(people @ [0.2, 0.3] / people.sum())
    held = 0
    for _ in range(2000):
        x1, x0 = rng.binomial(n1.astype(int), [0.5, 0.7]), rng.binomial(n0.astype(int), [0.3, 0.4])
        difference = standardised_effects(x1.astype(float), n1, x0.astype(float), n0, people)[0]
        held += difference.low <= truth <= difference.high
    assert 0.935 <= held / 2000 <= 0.965
