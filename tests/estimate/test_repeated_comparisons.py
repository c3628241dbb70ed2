"""Groups compared by several values of each person: the values counted, statsmodels on rows, coverage, wrong calls."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from drawn_tables import write_folder
from scipy import stats

from analysis.cohort.cohort import derive
from analysis.disclosure.suppression import disclose
from analysis.estimate.comparisons import WARNING
from analysis.estimate.rates import response_rates
from analysis.estimate.repeated_comparisons import compare_repeated
from analysis.intake.dataset import open_dataset
from analysis.intake.partition import partition_dataset
from analysis.vocabulary.errors import CallError, DataError

WINDOWS = ["end of loading", "month 1 after loading", "month 3 after loading"]
ASKED = {"groups": "route", "instrument": "PHQ-9", "window": WINDOWS}


@pytest.mark.parametrize("denominator", ["nonresponder", "observed"])
@pytest.mark.parametrize("courses", ["first", "all"])
def test_the_values_counted_are_those_of_the_rates(demo_cohort, denominator, courses):
    found = compare_repeated(demo_cohort, **ASKED, denominator=denominator, courses=courses)
    rates = response_rates(
        demo_cohort, instrument="PHQ-9", window=WINDOWS, by="route", denominator=denominator, courses=courses
    )
    added = rates.groupby("route")[["numerator", "denominator"]].sum()
    for row in found.itertuples():
        assert (row.numerator, row.denominator) == tuple(added.loc[row.route])
        assert (row.reference_numerator, row.reference_denominator) == tuple(added.loc[row.reference])


def test_the_model_is_that_of_statsmodels_on_rows(tmp_path):
    """People with two windows each, drawn with a tie between the two; every value once as a row."""
    draw = np.random.default_rng(8)
    sessions, scores, patients, rows = [], [], [], []
    for k in range(240):
        patient, route, sex = f"P{k}", ("iv", "im")[k % 2], ("female", "male")[draw.integers(0, 2)]
        sessions.append({"patient_id": patient, "day": 0, "treatment": "ketamine", "route": route})
        patients.append({"patient_id": patient, "sex": sex})
        scores.append({"patient_id": patient, "day": 0, "instrument": "PHQ-9", "total": 20})
        tie = draw.normal()
        for day in (10, 60):
            if draw.random() < 0.8:
                well = draw.random() < 1 / (1 + np.exp(-(0.6 * (route == "im") + 0.3 * (sex == "male") + tie - 0.4)))
                scores.append({"patient_id": patient, "day": day, "instrument": "PHQ-9", "total": 8 if well else 16})
                rows.append((k, route == "im", sex == "male", day == 60, well))
    tables = {"sessions": sessions, "scores": scores, "patients": patients}
    cohort = derive(open_dataset(write_folder(tmp_path / "dataset", tables)))
    found = compare_repeated(
        cohort, groups="route", instrument="PHQ-9", window=["day 10 +- 3", "day 60 +- 3"], reference="iv",
        denominator="observed", covariates="sex",
    ).set_index("measure")  # fmt: skip
    data = np.array(rows, dtype=float)
    design = np.column_stack([np.ones(len(data)), data[:, 1:4]])
    fit = sm.GEE(
        data[:, 4], design, groups=data[:, 0], family=sm.families.Binomial(), cov_struct=sm.cov_struct.Exchangeable()
    ).fit(cov_type="bias_reduced", maxiter=200, ctol=1e-12)
    assert found.loc["odds ratio", "estimate"] == pytest.approx(np.exp(fit.params[1]), rel=1e-7)
    error = (np.log(found.loc["odds ratio", "high"]) - np.log(found.loc["odds ratio", "low"])) / 2
    people = len(np.unique(data[:, 0]))
    assert error == pytest.approx(stats.t.ppf(0.975, people - 4) * np.sqrt(fit.cov_params()[1, 1]), rel=1e-6)
    both = []
    for group in (1.0, 0.0):
        changed = design.copy()
        changed[:, 1] = group
        both.append(fit.predict(changed).mean())
    assert found.loc["difference", "estimate"] == pytest.approx(both[0] - both[1], rel=1e-7)
    assert tuple(found.loc["ratio", ["rate", "reference_rate"]]) == pytest.approx(both)
    assert found.loc["ratio", "people"] == people


def test_counting_a_person_several_times_as_one_would_be_too_sure(demo_cohort):
    """The interval is wider than that of as many people with one value each."""
    row = compare_repeated(demo_cohort, **ASKED).query("measure == 'difference'").iloc[0]
    naive = np.sqrt(
        sum(p * (1 - p) / n for p, n in (
            (row["numerator"] / row["denominator"], row["denominator"]),
            (row["reference_numerator"] / row["reference_denominator"], row["reference_denominator"]),
        ))
    )  # fmt: skip
    assert (row["high"] - row["low"]) / 2 / 1.96 > 1.1 * naive
    assert row["correlation"] > 0.1
    assert WARNING in row["note"]


def test_seven_parts_give_what_one_gives(demo_folder, demo_cohort, tmp_path):
    seven = derive(open_dataset(partition_dataset(demo_folder, out=tmp_path / "seven", parts=7)))
    asked = ASKED | {"covariates": "sex", "courses": "all"}
    pd.testing.assert_frame_equal(compare_repeated(seven, **asked), compare_repeated(demo_cohort, **asked), rtol=1e-9)


def test_it_stays_inside(demo_cohort):
    table = compare_repeated(demo_cohort, **ASKED)
    with pytest.raises(CallError, match="several values of the same people"):
        disclose(table)
    assert disclose(table, audience="internal").hidden == 0


def test_a_group_in_which_nobody_responds_has_no_odds_ratio(tmp_path):
    sessions = [
        {"patient_id": f"{route}{k}", "day": 0, "treatment": "ketamine", "route": route}
        for route in ("iv", "im")
        for k in range(12)
    ]
    scores = [
        {"patient_id": row["patient_id"], "day": day, "instrument": "PHQ-9", "total": total}
        for place, row in enumerate(sessions)
        for day, total in ((0, 20), (7, 8 if row["route"] == "iv" and place % 2 else 16))
    ]
    cohort = derive(open_dataset(write_folder(tmp_path / "dataset", {"sessions": sessions, "scores": scores})))
    with pytest.raises(DataError, match="compare_repeated: a group or covariate has nobody, or everybody"):
        compare_repeated(cohort, groups="route", instrument="PHQ-9", window="end of loading")
    with pytest.raises(CallError, match="fewer than two groups of clinic_id"):
        compare_repeated(cohort, groups="clinic_id", instrument="PHQ-9", window="end of loading")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": "rout"}, "groups: 'rout' is unknown. Did you mean 'route'"),
        ({"denominator": "starters"}, "denominator: 'starters' is unknown"),
        ({"correlation": "ar1"}, "correlation: 'ar1' is unknown"),
        ({"covariates": "route"}, "covariates: 'route' is what is compared"),
        ({"covariates": ["sex", "sex"]}, "covariates: a covariate is named twice"),
        ({"reference": "oral"}, "reference: 'oral' is no group of route"),
        ({"window": "baseline"}, "mean scores only"),
        ({"courses": "second"}, "courses: 'second' is unknown"),
    ],
)
def test_a_wrong_call_says_what_it_can_be(demo_cohort, options, message):
    with pytest.raises(CallError, match=message):
        compare_repeated(demo_cohort, **(ASKED | options))
