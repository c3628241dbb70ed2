"""Intervals against published and recomputed values, and against other people's code.

The values in percent were worked for published ketamine and esketamine studies: the counts reproduce the published
shares, and the limits are Wilson's (one proportion), Miettinen and Nurminen's or Newcombe's (a difference).
"""

import numpy as np
import pytest
from scipy import optimize, stats
from statsmodels.stats import proportion

from analysis.estimate.intervals import clopper_pearson, miettinen_nurminen, newcombe, wilson
from analysis.vocabulary.errors import CallError

WILSON = [
    # x, n, low %, high %, decimals, study
    (30, 47, 49.5, 76.0, 1, "Murrough 2013, ketamine"),
    (7, 25, 14.3, 47.6, 1, "Murrough 2013, midazolam"),
    (23, 39, 43.4, 72.9, 1, "Phillips 2019"),
    (70, 101, 59.7, 77.5, 1, "TRANSFORM-2, esketamine"),
    (52, 100, 42.3, 61.5, 1, "TRANSFORM-2, placebo"),
    (24, 90, 18.6, 36.6, 1, "SUSTAIN-1, remitters on esketamine"),
    (39, 86, 35.3, 55.8, 1, "SUSTAIN-1, remitters on placebo"),
    (16, 62, 16.6, 37.9, 1, "SUSTAIN-1, responders on esketamine"),
    (34, 59, 44.9, 69.4, 1, "SUSTAIN-1, responders on placebo"),
    (593, 756, 75.4, 81.2, 1, "SUSTAIN-2, response"),
    (357, 756, 43.7, 50.8, 1, "SUSTAIN-2, remission"),
    (461, 603, 72.9, 79.7, 1, "SUSTAIN-2, response in maintenance"),
    (351, 603, 54.2, 62.1, 1, "SUSTAIN-2, remission in maintenance"),
    (23, 32, 54.6, 84.4, 1, "SUSTAIN-3, relapse subgroup"),
    (38, 73, 40.8, 63.1, 1, "Bio-K, remission"),
    (49, 73, 55.7, 76.8, 1, "Bio-K, response"),
    (288, 537, 49.4, 57.8, 1, "McInnes 2022, response"),
    (155, 537, 25.2, 32.8, 1, "McInnes 2022, remission"),
    (45, 537, 6.3, 11.0, 1, "McInnes 2022, worse"),
    (783, 1247, 60.1, 65.4, 1, "Hull 2022"),
    (20, 44, 31.7, 59.9, 1, "Wilkinson 2018, response"),
    (12, 44, 16.3, 41.8, 1, "Wilkinson 2018, remission"),
    (15, 82, 11.4, 28.0, 1, "Sakurai 2020, responded"),
    (6, 82, 3.4, 15.1, 1, "Sakurai 2020, still responding"),
    (68, 106, 54.7, 72.6, 1, "REAL-ESK 2022, response"),
    (43, 106, 31.7, 50.1, 1, "REAL-ESK 2022, remission"),
    (12, 20, 38.7, 78.1, 1, "TRIMASK 2023"),
    (0, 10, 0.00, 27.75, 2, "none of ten"),
    (10, 10, 72.25, 100.00, 2, "ten of ten"),
    (142, 346, 35.98, 46.29, 2, "dissociation on esketamine"),
    (7, 25, 14.28, 47.58, 2, "Murrough 2013, midazolam, two decimals"),
    (15, 82, 11.41, 28.01, 2, "Sakurai 2020, two decimals"),
]
MIETTINEN_NURMINEN = [
    (108, 195, 70, 170, 3.92, 24.18, 2, "ELEKT-D 2023, response: published 3.9 to 24.2"),
    (91, 336, 60, 340, 3.2, 15.7, 1, "ESCAPE-TRD 2023, remission"),
    (57, 91, 44, 95, 2.0, 30.0, 1, "KetECT 2022, remission: published 2 to 30"),
]
NEWCOMBE = [
    (108, 195, 70, 170, 3.9, 24.1, 1, "ELEKT-D 2023"),
    (91, 336, 60, 340, 3.2, 15.6, 1, "ESCAPE-TRD 2023, remission"),
    (73, 336, 48, 340, 1.8, 13.4, 1, "ESCAPE-TRD 2023, no relapse"),
    (57, 91, 44, 95, 2.0, 29.7, 1, "KetECT 2022"),
    (70, 101, 52, 100, 3.8, 30.0, 1, "TRANSFORM-2"),
]


@pytest.mark.parametrize(("x", "n", "low", "high", "decimals"), [row[:5] for row in WILSON], ids=[r[5] for r in WILSON])
def test_wilson_reproduces_the_worked_values(x, n, low, high, decimals):
    found = wilson(x, n)
    assert [round(100 * float(limit), decimals) for limit in found] == [low, high]


@pytest.mark.parametrize("row", MIETTINEN_NURMINEN, ids=[row[-1] for row in MIETTINEN_NURMINEN])
def test_miettinen_nurminen_reproduces_the_published_differences(row):
    *counts, low, high, decimals, _ = row
    assert [round(100 * limit, decimals) for limit in miettinen_nurminen(*counts)] == [low, high]


@pytest.mark.parametrize("row", NEWCOMBE, ids=[row[-1] for row in NEWCOMBE])
def test_newcombe_reproduces_the_worked_differences(row):
    *counts, low, high, decimals, _ = row
    assert [round(100 * limit, decimals) for limit in newcombe(*counts)] == [low, high]


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("ours", "theirs"), [(wilson, "wilson"), (clopper_pearson, "beta")])
def test_one_proportion_agrees_with_statsmodels_for_every_count_to_40(ours, theirs, level):
    x, n = np.array([(x, n) for n in range(1, 41) for x in range(n + 1)]).T
    low, high = ours(x, n, level=level)
    expected_low, expected_high = proportion.proportion_confint(x, n, alpha=1 - level, method=theirs)
    np.testing.assert_allclose(low, expected_low, atol=1e-12)
    np.testing.assert_allclose(high, expected_high, atol=1e-12)


def test_limits_at_none_and_at_all_are_exactly_0_and_1_and_of_nobody_unknown():
    low, high = wilson([0, 9, 0], [9, 9, 0])
    assert (low[0], high[1]) == (0.0, 1.0)
    assert np.isnan([low[2], high[2]]).all()
    assert np.isnan(miettinen_nurminen(0, 0, 1, 2)).all()


def test_a_numerator_outside_its_denominator_is_refused():
    with pytest.raises(CallError):
        wilson(5, 4)
    with pytest.raises(CallError):
        wilson(-1, 4)
    with pytest.raises(CallError):
        miettinen_nurminen(1, 2, 5, 4)
    with pytest.raises(CallError):
        newcombe(1, 2, 5, 4)


LARGER = [(108, 195, 70, 170), (91, 336, 60, 340), (8, 20, 5, 25), (3, 50, 9, 40), (30, 31, 20, 35), (12, 24, 12, 24)]
ONE_SIDED = [(0, 30, 5, 40), (40, 40, 33, 35), (0, 20, 0, 20), (20, 20, 0, 20)]
SMALL = [(x1, n1, x2, n2) for n1, n2 in ((1, 1), (2, 5), (6, 4)) for x1 in range(n1 + 1) for x2 in range(n2 + 1)]


@pytest.mark.parametrize("counts", LARGER)
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_newcombe_agrees_with_statsmodels(counts, level):
    expected = proportion.confint_proportions_2indep(*counts, compare="diff", method="newcomb", alpha=1 - level)
    assert newcombe(*counts, level=level) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize("counts", [*LARGER, *ONE_SIDED, *SMALL])
def test_miettinen_nurminen_limits_are_where_the_restricted_score_statistic_reaches_its_quantile(counts, level):
    """The restricted proportions are found by search here, without the closed form.

    The score interval of statsmodels 0.15 is no oracle: its closed form has a count where the paper has a group size,
    so that two equal groups get an interval that is not symmetric about 0.
    """
    low, high = miettinen_nurminen(*counts, level=level)
    observed = counts[0] / counts[1] - counts[2] / counts[3]
    quantile = stats.chi2.ppf(level, 1)
    assert -1 <= low <= observed <= high <= 1
    for limit in (low, high):
        if abs(limit) < 1:
            assert score_statistic(*counts, limit) == pytest.approx(quantile, abs=2e-3)
        else:
            assert abs(observed - limit) < 1e-9 or score_statistic(*counts, 0.999 * limit) <= quantile + 0.1


@pytest.mark.parametrize("counts", [*LARGER, *ONE_SIDED, *SMALL])
@pytest.mark.parametrize("interval", [miettinen_nurminen, newcombe])
def test_a_difference_turned_round_has_its_limits_turned_round(interval, counts):
    x1, n1, x2, n2 = counts
    low, high = interval(x1, n1, x2, n2)
    assert interval(x2, n2, x1, n1) == pytest.approx((-high, -low), abs=1e-9)


def score_statistic(x1: int, n1: int, x2: int, n2: int, difference: float) -> float:
    """Return Miettinen and Nurminen's statistic at a difference, its restricted proportions found by search."""

    def unlikely(p2: float) -> float:
        p1 = p2 + difference
        logs = ((x1, p1), (n1 - x1, 1 - p1), (x2, p2), (n2 - x2, 1 - p2))
        return -sum(x * np.log(max(p, 1e-300)) for x, p in logs if x)

    ends = (max(0.0, -difference), min(1.0, 1.0 - difference))
    p2 = optimize.minimize_scalar(unlikely, bounds=ends, method="bounded", options={"xatol": 1e-12}).x
    p1 = p2 + difference
    variance = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * (n1 + n2) / (n1 + n2 - 1)
    return float((x1 / n1 - x2 / n2 - difference) ** 2 / variance)
