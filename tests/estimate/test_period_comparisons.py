"""One quarter against another: the counts are the rates', what shifted, and the parts of a difference add up."""

import numpy as np
import pytest

from analysis.disclosure.suppression import disclose
from analysis.estimate.effects import crude_effects
from analysis.estimate.period_comparisons import case_mix_effect, compare_periods
from analysis.estimate.rates import response_rates
from analysis.vocabulary.errors import CallError

ASKED = {"instrument": "PHQ-9", "window": "end of loading"}


def test_a_quarter_is_compared_with_the_one_before(demo_cohort):
    table = compare_periods(demo_cohort, period="2026Q2", **ASKED).table
    names = ["numerator", "denominator", "reference_numerator", "reference_denominator"]
    (counted,) = table[names].drop_duplicates().to_numpy().tolist()
    of_rates = [
        response_rates(demo_cohort, **ASKED, denominator="nonresponder", period=each).iloc[0]
        for each in ("2026Q2", "2026Q1")
    ]
    assert counted == [each[name] for each in of_rates for name in ("numerator", "denominator")]
    assert table.iloc[0][["closed_in", "reference", "period"]].tolist() == ["2026Q2", "2026Q1", "2026Q2 and 2026Q1"]
    difference = crude_effects(*counted)[0]
    assert tuple(table.iloc[0][["estimate", "low", "high"]]) == (difference.estimate, difference.low, difference.high)
    assert list(table["measure"]) == ["difference", "ratio", "odds ratio", "number needed to treat", "E-value"]


def test_the_shift_in_case_mix_is_shown_and_its_share_of_the_difference(demo_cohort):
    found = compare_periods(demo_cohort, period="2026", before="2024", standardise="route", strata="sex", **ASKED)
    rows = found.table[found.table["measure"] == "difference"].set_index("adjusted")
    assert list(rows.index) == [
        "none", "Mantel-Haenszel over sex", "standardised to the route of all", "case mix (route)",
    ]  # fmt: skip
    mix = rows.loc["case mix (route)"]
    balance = found.balance[found.balance["covariate"] == "route"]
    shift = (balance["estimate"] - balance["reference_estimate"]).to_numpy()
    rates = [
        response_rates(demo_cohort, **ASKED, by="route", denominator="nonresponder", period=each)["estimate"].to_numpy()
        for each in ("2026", "2024")
    ]
    assert mix["estimate"] == pytest.approx(float((shift * (rates[0] + rates[1]) / 2).sum()))
    assert mix["low"] < mix["estimate"] < mix["high"]
    assert found.warning.startswith("The groups were not randomised")
    assert disclose(found.table).table["status"].eq("hidden").any() or found.table["least_count"].min() > 10


def test_rates_and_case_mix_add_up_to_the_difference():
    draw = np.random.default_rng(5)
    for _ in range(20):
        n1, n0 = draw.integers(5, 60, (2, 4)).astype(float)
        x1, x0 = (draw.binomial(n.astype(int), 0.4).astype(float) for n in (n1, n0))
        mix, low, high = case_mix_effect(x1, n1, x0, n0)
        of_rates = ((x1 / n1 - x0 / n0) * (n1 / n1.sum() + n0 / n0.sum()) / 2).sum()
        assert mix + of_rates == pytest.approx(x1.sum() / n1.sum() - x0.sum() / n0.sum())
        assert low <= mix <= high


def test_the_interval_of_the_case_mix_has_its_spread_over_repeated_quarters():
    """Quarters drawn 4,000 times: the interval is as wide as the estimates spread, and covers the truth."""
    draw = np.random.default_rng(11)
    w1, w0 = np.array([0.5, 0.3, 0.2]), np.array([0.3, 0.3, 0.4])
    p1, p0 = np.array([0.7, 0.4, 0.2]), np.array([0.6, 0.4, 0.3])
    truth = ((w1 - w0) * (p1 + p0) / 2).sum()
    found = []
    for _ in range(4000):
        n1, n0 = draw.multinomial(300, w1), draw.multinomial(300, w0)
        counts = (draw.binomial(n1, p1), n1, draw.binomial(n0, p0), n0)
        found.append(case_mix_effect(*(each.astype("float64") for each in counts)))
    estimates, low, high = np.array(found).T
    assert estimates.mean() == pytest.approx(truth, abs=0.002)
    assert ((high - low) / 2 / 1.96).mean() == pytest.approx(estimates.std(), rel=0.05)
    assert np.mean((low <= truth) & (truth <= high)) == pytest.approx(0.95, abs=0.012)


def test_a_stratum_in_one_period_only_leaves_no_estimate():
    counts = (np.array(each, dtype="float64") for each in ([5, 1], [10, 5], [4, 0], [10, 0]))
    assert np.isnan(case_mix_effect(*counts)).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"period": "2026Q5"}, "not a period"),
        ({"period": "2026Q1", "before": "2026"}, "2026 and 2026Q1 have days in common"),
        ({"period": "2026", "window": "baseline"}, "'baseline' has mean scores only"),
        ({"period": "2026", "standardise": ["sex", "sex"]}, "standardise: a covariate is named twice"),
        ({"period": "2026", "strata": "sx"}, "by: 'sx' is unknown"),
        ({"period": "2026", "denominator": "bounds"}, "denominator: 'bounds' is unknown"),
    ],
)
def test_a_wrong_call_says_what_it_can_be(demo_cohort, options, message):
    with pytest.raises(CallError, match=message):
        compare_periods(demo_cohort, **(ASKED | options))
