"""Degrees of freedom and corrected covariances, against the formulas written out patient by patient."""

import numpy as np
import pytest
from dense_mmrm import dense_rows, hessian
from drawn_trials import drawn_trial
from scipy import stats

from analysis.estimate.mmrm.model import mmrm
from analysis.estimate.mmrm.structures import STRUCTURES

FORMULA = "score ~ baseline + arm*visit"


@pytest.fixture(scope="module")
def trial():
    return drawn_trial(patients=26, visits=3, missing=0.2, seed=4)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_satterthwaite_is_the_delta_method(trial, structure):
    fit = mmrm(FORMULA, trial, patient="id", visit="visit", covariance=structure)
    dense = dense_rows(trial, fit, structure)
    second = hessian(dense.value, fit.point.parameters)
    for k, df in enumerate(fit.coefficients["df"]):
        row = np.eye(len(fit.coefficients))[k]
        assert df == pytest.approx(dense.satterthwaite(fit.point.parameters, row, second), rel=1e-4)


@pytest.mark.parametrize("variant", ["kenward-roger", "kenward-roger-linear"])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_kenward_roger_is_as_published(trial, structure, variant):
    fit = mmrm(FORMULA, trial, patient="id", visit="visit", covariance=structure, df=variant)
    dense = dense_rows(trial, fit, structure)
    row = np.eye(len(fit.coefficients))[-1]
    covariance, df = dense.kenward_roger(fit.point.parameters, row, linear=variant.endswith("linear"))
    found = fit.coefficient_covariance.to_numpy()
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    assert np.abs((found - covariance) / scale).max() < 1e-6
    assert fit.coefficients["df"].iloc[-1] == pytest.approx(df, rel=1e-6)


@pytest.mark.parametrize("structure", ["unstructured", "compound-symmetry", "toeplitz"])
def test_where_the_covariance_is_linear_both_variants_are_one(trial, structure):
    full, linear = (
        mmrm(FORMULA, trial, patient="id", visit="visit", covariance=structure, df=df).coefficients.drop(columns="term")
        for df in ("kenward-roger", "kenward-roger-linear")
    )
    assert full.to_numpy() == pytest.approx(linear.to_numpy(), rel=1e-12)


@pytest.fixture(scope="module")
def complete():
    return drawn_trial(patients=30, visits=4, missing=0.0, seed=9)


@pytest.mark.parametrize("df", ["satterthwaite", "kenward-roger", "kenward-roger-linear"])
def test_complete_data_give_the_two_sample_t_test(complete, df):
    """Unstructured, all visits there: the difference at a visit is that of Student's t test of that visit alone."""
    fit = mmrm("score ~ arm*visit", complete, patient="id", visit="visit", df=df)
    found = fit.differences("arm", reference="placebo")
    for visit, rows in complete.groupby("visit"):
        drug, placebo = (rows.loc[rows["arm"] == arm, "score"] for arm in ("drug", "placebo"))
        t = stats.ttest_ind(drug, placebo)
        at = found[found["visit"] == visit].iloc[0]
        assert at["estimate"] == pytest.approx(drug.mean() - placebo.mean(), abs=1e-9)
        assert (at["statistic"], at["p_value"]) == (
            pytest.approx(t.statistic, rel=1e-7),
            pytest.approx(t.pvalue, rel=1e-6),
        )
        assert at["df"] == pytest.approx(28, rel=1e-7)
        low, high = t.confidence_interval()
        assert (at["low"], at["high"]) == (pytest.approx(low, rel=1e-6), pytest.approx(high, rel=1e-6))


@pytest.mark.parametrize("df", ["satterthwaite", "kenward-roger"])
def test_complete_data_and_compound_symmetry_give_the_split_plot_analysis(complete, df):
    """F of arm by visit with (m - 1) and (n - 2)(m - 1) degrees of freedom, from sums of squares by hand."""
    fit = mmrm("score ~ arm*visit", complete, patient="id", visit="visit", covariance="compound-symmetry", df=df)
    wide = complete.pivot_table(index=["arm", "id"], columns="visit", values="score")
    within = wide.sub(wide.mean(axis=1), axis=0)
    group = within.groupby("arm").transform("mean")
    error = float(((within - group) ** 2).to_numpy().sum()) / (28 * 3)
    effect = float(((group - within.mean()) ** 2).to_numpy().sum()) / 3
    found = fit.joint_tests("arm:visit").iloc[0]
    assert found["statistic"] == pytest.approx(effect / error, rel=1e-8)
    assert (found["numerator_df"], found["denominator_df"]) == (3, pytest.approx(84, rel=1e-6))
    assert found["p_value"] == pytest.approx(stats.f.sf(effect / error, 3, 84), rel=1e-6)


def test_complete_unstructured_data_give_hotellings_test(complete):
    """Kenward-Roger scales the F of the visits to Hotelling's, exactly."""
    fit = mmrm("score ~ visit", complete, patient="id", visit="visit", df="kenward-roger")
    wide = complete.pivot_table(index="id", columns="visit", values="score").to_numpy()
    changes = wide[:, 1:] - wide[:, :1]
    n, k = changes.shape
    mean = changes.mean(axis=0)
    squared = n * mean @ np.linalg.solve(np.cov(changes.T), mean)
    found = fit.joint_tests("visit").iloc[0]
    assert found["statistic"] == pytest.approx(squared * (n - k) / ((n - 1) * k), rel=1e-7)
    assert (found["numerator_df"], found["denominator_df"]) == (k, pytest.approx(n - k, rel=1e-7))


@pytest.mark.parametrize("structure", ["unstructured", "heterogeneous-ar1"])
def test_kenward_roger_with_a_covariance_for_each_group_is_that_of_the_groups(structure):
    """With all terms apart by arm, each arm's means are those of a fit of that arm alone."""
    trial = drawn_trial(patients=70, visits=3, missing=0.2, seed=17)
    options = {"patient": "id", "visit": "visit", "covariance": structure, "df": "kenward-roger"}
    both = mmrm("score ~ 0 + arm:visit", trial, covariance_by="arm", **options).means(by="arm")
    numbers = ["estimate", "std_error", "df", "low", "high"]
    for arm, rows in trial.groupby("arm"):
        alone = mmrm("score ~ visit", rows, **options).means()
        found = both[both["arm"] == arm]
        assert found[numbers].to_numpy() == pytest.approx(alone[numbers].to_numpy(), rel=1e-6)


def test_a_contrast_is_the_sum_it_says(trial):
    fit = mmrm(FORMULA, trial, patient="id", visit="visit")
    weights = {"arm[placebo]": 1.0, "arm[placebo]:visit[3]": 1.0}
    found = fit.contrast(weights, label="placebo minus drug at visit 3").iloc[0]
    other = fit.differences("arm", reference="drug").query("visit == 3").iloc[0]
    names = ["estimate", "std_error", "df", "p_value", "low", "high"]
    assert found[names].to_numpy(float) == pytest.approx(other[names].to_numpy(float), rel=1e-12)
