"""Mantel-Haenszel effects against R, Stata's and metafor's printed results, and statsmodels.

The thirteen trials of BCG vaccination (Berkey 1995, Stat Med 14:395-411) come as cases and others in each arm. Their
pooled effects, limits and z are those that the R package metafor checks itself with: against Stata's metan, and for the
difference with the variance of Sato, Greenland and Robins. R's own values are made by ``mantel_haenszel.R``.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from analysis.estimate.strata_effects import mantel_haenszel

MADE_BY_R = json.loads((Path(__file__).parent / "mantel_haenszel.json").read_text(encoding="utf-8"))
BCG = np.array(
    [
        (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761),
        (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232),
        (17, 1699, 65, 1600), (186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825),
    ],
    dtype="float64",
)  # fmt: skip


@pytest.fixture(scope="module")
def bcg():
    cases, others, control_cases, control_others = BCG.T
    return mantel_haenszel(cases, cases + others, control_cases, control_cases + control_others)


def test_the_trials_of_bcg_ratio(bcg):
    ratio = bcg[1]
    assert [round(each, 4) for each in (ratio.estimate, ratio.low, ratio.high)] == [0.6353, 0.5881, 0.6862]


def test_the_trials_of_bcg_odds_ratio(bcg):
    odds_ratio = bcg[2]
    assert [round(each, 4) for each in (odds_ratio.estimate, odds_ratio.low, odds_ratio.high)] == [
        0.6229,
        0.5748,
        0.6750,
    ]


def test_the_trials_of_bcg_difference(bcg):
    difference = bcg[0]
    limits = (difference.estimate, difference.low, difference.high)
    assert [round(each, 4) for each in limits] == [-0.0033, -0.0039, -0.0027]
    standard_error = (difference.high - difference.low) / 2 / 1.959964
    assert round(difference.estimate / standard_error, 3) == -11.471


@pytest.mark.parametrize("name", ["admissions", "rabbits"])
def test_the_odds_ratios_of_r(name):
    made = MADE_BY_R[name]
    found = mantel_haenszel(*(np.array(made[column], dtype="float64") for column in ("x1", "n1", "x0", "n0")))[2]
    assert (found.estimate, found.low, found.high) == pytest.approx(
        [made[each] for each in ("estimate", "low", "high")]
    )


def test_the_odds_ratio_of_statsmodels_in_drawn_strata():
    rng = np.random.default_rng(8)
    n1, n0 = rng.integers(1, 30, 40), rng.integers(1, 30, 40)
    x1, x0 = rng.binomial(n1, 0.6), rng.binomial(n0, 0.4)
    tables = [np.array([[a, n - a], [b, m - b]]) for a, n, b, m in zip(x1, n1, x0, n0, strict=True)]
    expected = StratifiedTable(tables)
    found = mantel_haenszel(*(each.astype("float64") for each in (x1, n1, x0, n0)))
    assert found[1].estimate == pytest.approx(expected.riskratio_pooled)
    assert found[2].estimate == pytest.approx(expected.oddsratio_pooled)
    assert (found[2].low, found[2].high) == pytest.approx(expected.oddsratio_pooled_confint())


@pytest.mark.parametrize("strata", [1, 400])
def test_intervals_hold_the_truth_in_few_large_and_in_many_small_strata(strata):
    """One stratum of 400 against 400, and 400 strata of 1 against 1 or 2: the difference is 0.2, the ratio 1.5."""
    rng = np.random.default_rng(2)
    n1, n0 = (np.full(1, 400), np.full(1, 400)) if strata == 1 else (np.ones(400, int), rng.integers(1, 3, 400))
    held = np.zeros(3)
    for _ in range(1500):
        x1, x0 = rng.binomial(n1, 0.6), rng.binomial(n0, 0.4)
        effects = mantel_haenszel(*(each.astype("float64") for each in (x1, n1, x0, n0)))
        held += [each.low <= truth <= each.high for each, truth in zip(effects, (0.2, 1.5, 2.25), strict=False)]
    assert (held / 1500 > 0.93).all()
    assert (held / 1500 < 0.97).all()
