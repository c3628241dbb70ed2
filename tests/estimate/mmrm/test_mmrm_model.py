"""The repeated-measures model: closed forms, invariance, what is left out, and what is refused."""

import warnings

import numpy as np
import pandas as pd
import pytest
from drawn_trials import drawn_trial

from analysis.estimate.mmrm.model import ConvergenceWarning, mmrm
from analysis.vocabulary.errors import CallError, DataError

FORMULA = "score ~ baseline*visit + arm*visit"


@pytest.fixture(scope="module")
def trial():
    return drawn_trial(patients=80, visits=4, missing=0.2, seed=2)


@pytest.fixture(scope="module")
def fit(trial):
    return mmrm(FORMULA, trial, patient="id", visit="visit")


def again(trial, formula=FORMULA, **options):
    return mmrm(formula, trial, **{"patient": "id", "visit": "visit", **options})


class TestClosedForms:
    def test_complete_data_give_means_and_the_sample_covariance(self):
        trial = drawn_trial(patients=25, visits=3, missing=0, seed=6)
        wide = trial.pivot_table(index="id", columns="visit", values="score")
        fit = again(trial, "score ~ visit")
        means = fit.means()
        assert means["estimate"].to_numpy() == pytest.approx(wide.mean().to_numpy(), abs=1e-10)
        assert fit.covariance.to_numpy() == pytest.approx(wide.cov().to_numpy(), rel=1e-9)
        assert means["std_error"].to_numpy() == pytest.approx((wide.std() / 5).to_numpy(), rel=1e-9)
        assert means["df"].to_numpy() == pytest.approx([24] * 3, rel=1e-7)

    def test_maximum_likelihood_divides_by_n(self):
        trial = drawn_trial(patients=25, visits=3, missing=0, seed=6)
        wide = trial.pivot_table(index="id", columns="visit", values="score")
        fit = again(trial, "score ~ visit", method="ml")
        assert fit.covariance.to_numpy() == pytest.approx(np.cov(wide.T.to_numpy(), bias=True), rel=1e-9)

    def test_two_visits_and_dropout_give_the_factored_likelihood(self):
        """Anderson (1957): the mean of visit 2 is the regression on visit 1 at the mean of everybody's visit 1."""
        trial = drawn_trial(patients=40, visits=2, missing=0, seed=8)
        gone = (trial["visit"] == 2) & (trial["id"] % 3 == 0)
        trial["score"] = trial["score"].mask(gone)
        wide = trial.pivot_table(index="id", columns="visit", values="score")
        both = wide.dropna()
        slope = both[1].cov(both[2]) / both[1].var()
        mean = both[2].mean() + slope * (wide[1].mean() - both[1].mean())
        left = float(((both[2] - both[2].mean() - slope * (both[1] - both[1].mean())) ** 2).mean())
        variance = float(wide[1].var(ddof=0))
        fit = again(trial, "score ~ visit", method="ml")
        assert fit.means()["estimate"].iloc[1] == pytest.approx(mean, abs=1e-8)
        expected = [[variance, slope * variance], [slope * variance, left + slope**2 * variance]]
        assert fit.covariance.to_numpy() == pytest.approx(np.array(expected), rel=1e-8)

    def test_compound_symmetry_gives_the_mean_squares(self):
        trial = drawn_trial(patients=20, visits=3, missing=0, seed=3)
        wide = trial.pivot_table(index="id", columns="visit", values="score").to_numpy()
        between = 3 * wide.mean(axis=1).var(ddof=1)
        rest = wide - wide.mean(axis=1, keepdims=True) - wide.mean(axis=0) + wide.mean()
        within = float((rest**2).sum()) / (19 * 2)
        fit = again(trial, "score ~ visit", covariance="compound-symmetry")
        found = fit.covariance_parameters.set_index("parameter")["estimate"]
        assert found["covariance"] == pytest.approx((between - within) / 3, rel=1e-8)
        assert found["variance"] == pytest.approx((between + 2 * within) / 3, rel=1e-8)


class TestInvariance:
    def test_the_order_of_rows_does_not_matter(self, trial, fit):
        mixed = again(trial.sample(frac=1, random_state=1))
        assert mixed.coefficients.drop(columns="term").to_numpy() == pytest.approx(
            fit.coefficients.drop(columns="term").to_numpy(), rel=1e-8
        )

    def test_the_unit_of_the_outcome_does_not_matter(self, trial, fit):
        large = again(trial.assign(score=1e6 + 1000 * trial["score"]))
        assert large.coefficients["std_error"].to_numpy() == pytest.approx(
            1000 * fit.coefficients["std_error"], rel=1e-6
        )
        assert large.coefficients["df"].to_numpy() == pytest.approx(fit.coefficients["df"].to_numpy(), rel=1e-5)
        assert large.coefficients["estimate"].iloc[1:].to_numpy() == pytest.approx(
            1000 * fit.coefficients["estimate"].iloc[1:].to_numpy(), rel=1e-6, abs=1e-5
        )

    def test_where_a_covariate_starts_does_not_matter(self, trial, fit):
        moved = again(trial.assign(baseline=trial["baseline"] + 50_000))
        assert moved.means(by="arm")["estimate"].to_numpy() == pytest.approx(fit.means(by="arm")["estimate"], abs=1e-5)
        assert moved.deviance == pytest.approx(fit.deviance, abs=1e-5)

    def test_change_and_score_with_the_baseline_are_one_model(self, trial, fit):
        change = again(trial.assign(score=trial["score"] - trial["baseline"]))
        both = fit.coefficients.set_index("term"), change.coefficients.set_index("term")
        assert both[1].loc["baseline", "estimate"] == pytest.approx(both[0].loc["baseline", "estimate"] - 1, abs=1e-9)
        assert change.deviance == pytest.approx(fit.deviance, abs=1e-7)

    def test_other_names_of_the_same_space_are_one_model(self, trial, fit):
        cells = again(trial, "score ~ 0 + visit + visit:baseline + visit:arm")
        assert cells.deviance == pytest.approx(fit.deviance, abs=1e-6)
        assert cells.means(by="arm")["std_error"].to_numpy() == pytest.approx(
            fit.means(by="arm")["std_error"], rel=1e-7
        )

    def test_a_covariate_that_changes_from_visit_to_visit(self):
        trial = drawn_trial(patients=50, visits=3, missing=0.2, seed=12)
        trial["days"] = trial["visit"] * 7 + np.random.default_rng(1).integers(-2, 3, len(trial))
        fit = again(trial, "score ~ visit + days")
        kept = trial[trial["score"].notna()]
        whole = fit.covariance.to_numpy()
        information, right = 0.0, 0.0
        for _, rows in kept.groupby("id"):
            at = rows["visit"].to_numpy() - 1
            x = np.column_stack([np.ones(len(at)), at == 1, at == 2, rows["days"]]).astype(float)
            w = np.linalg.inv(whole[np.ix_(at, at)])
            information, right = information + x.T @ w @ x, right + x.T @ w @ rows["score"].to_numpy()
        assert fit.coefficients["estimate"].to_numpy() == pytest.approx(np.linalg.solve(information, right), rel=1e-9)


class TestWhatIsUsed:
    def test_rows_without_an_outcome_are_left_out_and_counted(self, trial, fit):
        assert fit.source.left_out == {"rows without an outcome": int(trial["score"].isna().sum())}
        assert fit.source.moments.observations == trial["score"].notna().sum()
        without = again(trial.dropna())
        assert without.deviance == pytest.approx(fit.deviance, abs=1e-9)

    def test_means_stand_beside_what_was_observed(self, trial, fit):
        means = fit.means(by="arm")
        for _, row in means.iterrows():
            scores = trial.loc[(trial["arm"] == row["arm"]) & (trial["visit"] == row["visit"]), "score"].dropna()
            assert (row["denominator"], row["numerator"]) == (len(scores), pytest.approx(scores.sum()))
            assert row["observed"] == pytest.approx(scores.mean())
        assert list(means.columns) == [
            "arm", "visit", "outcome", "estimate", "low", "high", "method", "numerator", "denominator", "status",
            "std_error", "df", "observed",
        ]  # fmt: skip
        assert set(means["method"]) == {"REML, unstructured, Satterthwaite, 95 %"}

    def test_numbers_are_held_at_their_mean_over_the_rows_used(self, trial, fit):
        mean = trial.loc[trial["score"].notna(), "baseline"].mean()
        at = fit.means(by="arm", at={"baseline": mean})
        assert at["estimate"].to_numpy() == pytest.approx(fit.means(by="arm")["estimate"].to_numpy(), rel=1e-12)
        other = fit.means(by="arm", at={"baseline": mean + 1})["estimate"] - at["estimate"]
        slope = fit.coefficients.set_index("term")["estimate"]
        assert other.iloc[0] == pytest.approx(slope["baseline"], rel=1e-9)
        assert other.iloc[3] == pytest.approx(slope["baseline"] + slope["baseline:visit[4]"], rel=1e-9)

    def test_categories_not_named_are_averaged_with_equal_weights(self, fit):
        arms = fit.means(by="arm").groupby("visit")["estimate"].mean()
        assert fit.means()["estimate"].to_numpy() == pytest.approx(arms.to_numpy(), rel=1e-12)
        one = fit.means(at={"arm": "drug"})["estimate"]
        assert one.to_numpy() == pytest.approx(fit.means(by="arm").query("arm == 'drug'")["estimate"].to_numpy())

    @pytest.mark.parametrize("kind", ["Int64", "Float64", "float32"])
    def test_other_types_of_columns(self, trial, fit, kind):
        other = trial.assign(score=trial["score"].astype(kind), visit="week " + (5 + trial["visit"]).astype("string"))
        again_ = again(other)
        assert list(again_.covariance.index) == ["week 6", "week 7", "week 8", "week 9"]
        assert again_.deviance == pytest.approx(fit.deviance, abs=1e-6)

    def test_a_categorical_says_its_own_order(self, trial):
        visits = pd.Categorical(trial["visit"], categories=[4, 3, 2, 1])
        fit = again(trial.assign(visit=visits), "score ~ visit", covariance="ar1")
        assert list(fit.covariance.index) == [4, 3, 2, 1]

    def test_rows_may_have_any_index(self, trial, fit):
        assert again(trial.set_axis([0] * len(trial))).deviance == pytest.approx(fit.deviance, abs=1e-9)

    @pytest.mark.parametrize("term", ["center(baseline)", "I(baseline * 2)", "poly(baseline, 1)", "`the baseline`"])
    def test_functions_of_a_covariate_and_names_with_blanks(self, trial, fit, term):
        other = again(trial.assign(**{"the baseline": trial["baseline"]}), f"score ~ {term}*visit + arm*visit")
        assert other.means(by="arm")["estimate"].to_numpy() == pytest.approx(fit.means(by="arm")["estimate"], rel=1e-8)
        assert other.means(by="arm")["df"].to_numpy() == pytest.approx(fit.means(by="arm")["df"], rel=1e-6)

    def test_what_is_held_at_a_level_counts_that_level(self, trial, fit):
        held = fit.means(at={"arm": "drug", "visit": 3}).iloc[0]
        scores = trial.loc[(trial["arm"] == "drug") & (trial["visit"] == 3), "score"]
        assert (held["denominator"], held["observed"]) == (scores.count(), pytest.approx(scores.mean()))

    def test_information_criteria(self, trial, fit):
        assert fit.aic == pytest.approx(fit.deviance + 2 * 10)
        assert fit.bic == pytest.approx(fit.deviance + 10 * np.log(fit.source.moments.patients))
        ml = again(trial, method="ml")
        assert ml.aic == pytest.approx(ml.deviance + 2 * (10 + 12))

    def test_nothing_of_the_table_changes(self, trial):
        before = trial.copy(deep=True)
        again(trial)
        pd.testing.assert_frame_equal(trial, before)


def changed(trial, **columns):
    return trial.assign(**{name: make(trial) for name, make in columns.items()})


BAD_DATA = {
    "one visit only": (lambda t: t[t["visit"] == 1], "one visit only, so nothing is repeated"),
    "a visit nobody has": (
        lambda t: changed(t, score=lambda t: t["score"].mask(t["visit"] == 3)).assign(visit=pd.Categorical(t["visit"])),
        r"nobody has an outcome at the visit 3\. Leave it out",
    ),
    "two rows": (lambda t: pd.concat([t, t[t["score"].notna()].head(2)]), "2 rows repeat a patient and visit"),
    "all missing": (lambda t: t.assign(score=np.nan), "the outcome score is missing in every row"),
    "constant": (lambda t: t.assign(score=t["score"] * 0 + 7), "the outcome is constant, or follows exactly"),
    "constant at a visit": (
        lambda t: changed(t, score=lambda t: t["score"].mask((t["visit"] == 1) & t["score"].notna(), 0)),
        "at 1 of the visits .* the outcome is constant",
    ),
    "a group of one": (
        lambda t: changed(t, arm=lambda t: t["arm"].mask(t["id"] == 5, "other")),
        "1 of the 3 levels of arm belong to a single patient each",
    ),
    "few patients": (
        lambda t: t[t["id"] < 4],
        "but only 4 patients at 4 visits: an unstructured covariance needs more",
    ),
    "a covariate is missing": (
        lambda t: changed(t, baseline=lambda t: t["baseline"].mask(t["id"] < 3)),
        "baseline is missing in .* rows whose outcome is known",
    ),
    "nobody at both": (
        lambda t: t[~(((t["id"] % 2 == 0) & (t["visit"] == 1)) | ((t["id"] % 2 == 1) & (t["visit"] == 4)))],
        "no patient has an outcome at both 1 and 4",
    ),
    "no patient": (
        lambda t: t.astype({"id": "Int64"}).assign(id=lambda t: t["id"].mask(t["id"] == 1)),
        "the column id is empty in 4 rows",
    ),
    "infinite": (lambda t: changed(t, score=lambda t: t["score"].mask(t["id"] == 1, np.inf)), "infinite in 4 rows"),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_data_that_cannot_be_fitted_are_refused_by_name(trial, case):
    make, words = BAD_DATA[case]
    formula = "score ~ baseline + arm" if case in {"few patients", "nobody at both"} else FORMULA
    with pytest.raises(DataError, match=words):
        again(make(trial), formula)


@pytest.mark.parametrize(
    ("formula", "columns", "words"),
    [
        (
            "score ~ baseline + twice + visit",
            {"twice": lambda t: 2 * t["baseline"]},
            "the column twice of the design follows exactly from baseline, ",
        ),
        (
            "score ~ visit + arm + group",
            {"group": lambda t: t["arm"]},
            r"the column group\[placebo\] .* follows exactly from arm\[placebo\]",
        ),
        (
            "score ~ visit*zero",
            {"zero": lambda t: 0.0 * t["baseline"]},
            "the column zero of the design is 0 in every row",
        ),
    ],
)
def test_collinear_covariates_are_named(trial, formula, columns, words):
    with pytest.raises(DataError, match=words):
        again(changed(trial, **columns), formula)


def test_more_parameters_than_outcomes(trial):
    few = trial[trial["id"] < 4].assign(score=lambda t: t["score"].fillna(3)).iloc[:15]
    words = "8 coefficients and 7 covariance parameters, more than the 15 outcomes of 4 patients can carry"
    with pytest.raises(DataError, match=words):
        again(few, "score ~ baseline*visit", covariance="heterogeneous-toeplitz")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"covariance": "unstructurd"}, "covariance: 'unstructurd' is unknown. Did you mean 'unstructured'"),
        ({"method": "mle"}, "method: 'mle' is unknown"),
        ({"df": "kenward"}, "df: 'kenward' is unknown"),
        ({"method": "ml", "df": "kenward-roger"}, "Kenward-Roger needs method='reml'"),
        ({"sandwich": "robust"}, "sandwich: 'robust' is unknown"),
        ({"sandwich": "empirical", "df": "kenward-roger"}, "it goes with df='satterthwaite'"),
        ({"level": 95}, "level: a share between 0 and 1"),
        ({"visit": "vist"}, "'vist' is not a column of the table. Did you mean 'visit'"),
        ({"patient": None}, "name the columns"),
        ({"covariance_by": "site"}, "'site' is not a column"),
        ({"formula": "score ~ basline"}, "'basline' is not a column of the table. Did you mean 'baseline'"),
        ({"formula": "score"}, "write outcome ~ terms"),
        ({"formula": "score ~ ("}, "formula: it cannot be read"),
        ({"formula": "score ~ visit | arm"}, "write outcome ~ terms"),
        ({"formula": "score + id ~ visit"}, "write outcome ~ terms"),
        ({"formula": 3}, "formula: a text such as"),
        ({"formula": "arm ~ visit"}, "the outcome arm is not a column of numbers"),
        ({"formula": "score ~ log10(arm)"}, "cannot be worked out"),
        ({"data": [1, 2]}, "data must be a table"),
    ],
)  # fmt: skip
def test_wrong_calls_say_what_they_can_be(trial, options, words):
    call = {"formula": FORMULA, "data": trial, "patient": "id", "visit": "visit", **options}
    with pytest.raises(CallError, match=words):
        mmrm(call.pop("formula"), call.pop("data"), **call)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda fit: fit.means(by="site"), "'site' is not in the formula"),
        (lambda fit: fit.means(by="baseline"), "'baseline' is a number"),
        (lambda fit: fit.means(at={"arm": "none"}), "'arm' has no such level"),
        (lambda fit: fit.differences("arm", reference="none"), "arm has no such level. There are: drug, placebo"),
        (lambda fit: fit.contrast({"arm": 1}), "'arm' is not a coefficient"),
        (lambda fit: fit.contrast({}), "all weights are 0"),
        (lambda fit: fit.joint_tests("arm:baseline"), "not a term of the formula"),
    ],
)
def test_wrong_questions_to_a_fit(fit, ask, words):
    with pytest.raises(CallError, match=words):
        ask(fit)


class TestConvergence:
    @pytest.mark.parametrize("missing", [0.0, 0.2])
    @pytest.mark.parametrize("seed", range(4))
    def test_many_visits_and_few_patients_converge_in_a_few_steps(self, missing, seed):
        fit = again(drawn_trial(patients=100, visits=9, missing=missing, seed=100 + seed))
        assert fit.converged
        assert fit.convergence.steps <= 12

    def test_two_visits_that_say_the_same_do_not_converge_and_say_why(self):
        trial = drawn_trial(patients=40, visits=3, missing=0, seed=5)
        first = trial.loc[trial["visit"] == 1].set_index("id")["score"]
        trial.loc[trial["visit"] == 2, "score"] = trial.loc[trial["visit"] == 2, "id"].map(first).to_numpy()
        with pytest.warns(ConvergenceWarning, match="did not converge: .*two visits say the same"):
            fit = again(trial)
        assert not fit.converged
        assert set(fit.means()["status"]) == {"not converged"}
        assert repr(fit).splitlines()[1].split()[:2] == ["Converged:", "NO,"]

    def test_a_good_fit_warns_of_nothing(self, trial):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert again(trial, df="kenward-roger").converged


def test_the_summary_is_what_a_statistician_looks_for(fit):
    text = repr(fit)
    expected = [
        "Formula:",
        FORMULA,
        "80 patients at 4 visits",
        "unstructured (10 parameters)",
        "restricted maximum likelihood (REML)",
        "Satterthwaite",
        "-2 log likelihood",
        "AIC",
        "BIC",
        "yes, in",
        "Estimate Std. error",
        "Covariance of the visits",
        "arm[placebo]:visit[4]",
    ]
    for words in expected:
        assert words in text
    assert "<th" in fit._repr_html_()


def test_names_are_escaped_in_html(trial):
    arms = trial.assign(arm=trial["arm"].replace({"drug": "<b>drug</b>"}))
    assert "<b>" not in again(arms, "score ~ 0 + arm + visit")._repr_html_()
