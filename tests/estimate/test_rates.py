"""Rates from counts: denominators, intervals, empty groups, clustering."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from drawn_tables import read_drawn, typed, write_folder

from analysis.cohort.cohort import derive
from analysis.estimate.intervals import wilson
from analysis.estimate.rates import ESTIMATE_COLUMNS, estimate_rates, response_rates
from analysis.intake.dataset import open_dataset
from analysis.vocabulary.errors import CallError

PHQ = {"instrument": "PHQ-9", "window": "end of loading"}


@pytest.fixture(scope="module")
def four_people(tmp_path_factory):
    """One responds, one does not, one is not seen, one has no baseline; the clinic C treats only by placebo."""
    sessions = typed(
        read_drawn("""
        patient_id | day | treatment | route | clinic_id
        P1         |   0 | ketamine  | iv    | A
        P2         |   0 | ketamine  | iv    | A
        P3         |   0 | ketamine  | iv    | A
        P4         |   0 | ketamine  | im    | B
        P5         |   0 | ketamine  | im    | C
    """)
    )
    scores = typed(
        read_drawn("""
        patient_id | day | instrument | total
        P1         |   0 | PHQ-9      | 20
        P1         |   7 | PHQ-9      | 10
        P2         |   0 | PHQ-9      | 20
        P2         |   7 | PHQ-9      | 11
        P3         |   0 | PHQ-9      | 20
        P4         |   7 | PHQ-9      |  3
    """)
    )
    patients = typed(read_drawn("patient_id|prior_ketamine\nP1|\nP2|false\nP3|\nP4|\nP5|true"))
    folder = tmp_path_factory.mktemp("four") / "dataset"
    return derive(open_dataset(write_folder(folder, {"sessions": sessions, "scores": scores, "patients": patients})))


def test_the_same_rate_under_each_denominator(four_people):
    names = ["observed", "nonresponder", "starters", "completers"]
    rates = response_rates(four_people, **PHQ, denominator=names)
    assert list(rates["estimand"]) == names
    assert list(zip(rates["numerator"], rates["denominator"], strict=True)) == [(1, 2), (1, 3), (1, 4), (0, 0)]
    assert list(rates["status"]) == ["ok", "ok", "ok", "empty"]
    assert rates.loc[0, ["started", "with_baseline", "eligible", "scored"]].to_list() == [4, 3, 3, 2]


def test_every_estimate_column_stands_in_its_order_beside_the_groups(four_people):
    rates = response_rates(four_people, **PHQ, by=["clinic_id", "route"])
    assert list(rates.columns) == [
        "clinic_id", "route", "instrument", "window", "outcome", "estimand", *ESTIMATE_COLUMNS,
        "started", "with_baseline", "eligible", "scored", "period", "due", "definitions",
    ]  # fmt: skip


def test_every_group_is_present_even_when_nobody_counts_in_it(four_people):
    rates = response_rates(four_people, **PHQ, by=["clinic_id", "route"], denominator="starters")
    found = [tuple(row) for row in rates[["clinic_id", "route", "denominator", "status"]].itertuples(index=False)]
    assert found == [
        ("A", "im", 0, "empty"), ("A", "iv", 3, "ok"), ("B", "im", 1, "ok"),
        ("B", "iv", 0, "empty"), ("C", "im", 0, "empty"), ("C", "iv", 0, "empty"),
    ]  # fmt: skip
    assert rates["estimate"].isna().sum() == 4


def test_groups_add_up_to_the_whole(demo_cohort):
    whole = response_rates(demo_cohort, **PHQ, denominator="starters").iloc[0]
    for by in ("clinic_id", "route", "payer", "sex", "age_band", "diagnosis", "loading_status", ["clinic_id", "sex"]):
        parts = response_rates(demo_cohort, **PHQ, denominator="starters", by=by)
        assert parts["numerator"].sum() == whole["numerator"]
        assert parts["denominator"].sum() == whole["denominator"]


def test_the_interval_is_wilsons_or_clopper_pearsons(four_people):
    rates = response_rates(four_people, **PHQ)
    assert (rates["low"][0], rates["high"][0]) == tuple(float(limit) for limit in wilson(1, 2))
    exact = response_rates(four_people, **PHQ, interval="clopper-pearson")
    # Clopper-Pearson for 1 of 2: 1 - sqrt(0.975) and sqrt(0.975).
    assert exact["low"][0] == pytest.approx(1 - 0.975**0.5)
    assert exact["high"][0] == pytest.approx(0.975**0.5)


def test_the_definitions_and_the_due_basis_travel_with_the_number(four_people):
    rates = response_rates(four_people, **PHQ)
    assert rates["definitions"][0] == four_people.definitions.label
    assert rates["due"][0] == "assumed"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"denominator": []}, "name at least one"),
        ({"denominator": ["observed", "observed"]}, "none twice"),
        ({"window": "baseline"}, "'baseline' has mean scores only"),
        ({"window": ["day 28 +- 7", "day 28 ± 7"]}, "none twice"),
        ({"denominator": "all"}, "denominator: 'all' is unknown.*There are: observed, nonresponder"),
        ({"outcome": "respons"}, "outcome: 'respons' is unknown. Did you mean 'response'"),
        ({"instrument": "PHQ9"}, "instrument: 'PHQ9' is unknown. Did you mean 'PHQ-9'"),
        ({"window": "month 13 after loading"}, "is not a window"),
        ({"window": []}, "name at least one window"),
        ({"by": "clinic"}, "by: 'clinic' is unknown. Did you mean 'clinic_id'"),
        ({"by": ["sex", "sex"]}, "a group is named twice"),
        ({"by": "maintenance"}, "goes with the windows 'month m after loading' only"),
        ({"courses": "second"}, "courses: 'second' is unknown"),
        ({"interval": "wald"}, "interval: 'wald' is unknown"),
        ({"courses": "all", "interval": "clopper-pearson"}, "clustered by patient"),
        ({"period": "2026Q3"}, "neither dates nor start years"),
        ({"instrument": "MADRS", "outcome": "reliable_improvement"}, "no reliable-change value for MADRS"),
    ],
)
def test_a_wrong_call_says_what_it_can_be(four_people, options, message):
    with pytest.raises(CallError, match=message):
        response_rates(four_people, **(PHQ | options))


def clustered_counts(clusters):
    """Tally (numerator, denominator) of each patient as the ladder does, for the observed rate."""
    x, m = np.array(clusters).T
    sums = {"with_outcome": x.sum(), "scored": m.sum(), "observed_k": int((m > 0).sum())}
    squares = {"observed_xx": (x * x).sum(), "observed_xm": (x * m).sum(), "observed_mm": (m * m).sum()}
    ladder = dict.fromkeys(["started", "with_baseline", "eligible"], m.sum())
    return pd.DataFrame([{"window": "any"} | sums | squares | ladder])


def test_several_courses_of_a_patient_widen_the_interval_as_a_clustered_variance_does():
    rng = np.random.default_rng(5)
    sizes = rng.integers(1, 5, 400)
    chance = rng.beta(0.5, 0.5, 400)
    clusters = [(int(rng.binomial(n, p)), int(n)) for n, p in zip(sizes, chance, strict=True)]
    found = estimate_rates(clustered_counts(clusters), estimand="observed", clustered=True).iloc[0]
    # Oracle: the linear probability model's cluster-robust standard error in statsmodels. Its correction also holds
    # (N-1)/(N-1) = 1 for one coefficient, so that it is the same k/(k-1).
    outcome = np.concatenate([[1] * x + [0] * (n - x) for x, n in clusters])
    patient = np.repeat(np.arange(400), sizes)
    fit = sm.OLS(outcome, np.ones(len(outcome))).fit(cov_type="cluster", cov_kwds={"groups": patient})
    effective = outcome.mean() * (1 - outcome.mean()) / fit.bse[0] ** 2
    low, high = wilson(outcome.mean() * effective, effective)
    assert found["estimate"] == pytest.approx(outcome.mean(), abs=1e-12)
    assert (found["low"], found["high"]) == (pytest.approx(float(low), abs=1e-9), pytest.approx(float(high), abs=1e-9))
    assert found["high"] - found["low"] > np.diff(wilson(outcome.sum(), len(outcome)), axis=0)[0]


def test_courses_that_repeat_a_patient_exactly_count_as_one():
    once = estimate_rates(clustered_counts([(1, 1)] * 30 + [(0, 1)] * 30), estimand="observed", clustered=True)
    thrice = estimate_rates(clustered_counts([(3, 3)] * 30 + [(0, 3)] * 30), estimand="observed", clustered=True)
    assert thrice["low"][0] == pytest.approx(once["low"][0], abs=1e-9)


def test_with_no_outcome_at_all_the_number_of_patients_sets_the_width():
    nobody = estimate_rates(clustered_counts([(0, 3)] * 10), estimand="observed", clustered=True).iloc[0]
    assert (nobody["low"], nobody["high"]) == tuple(float(limit) for limit in wilson(0, 10))


def test_patients_with_nothing_in_the_denominator_do_not_count_as_patients():
    found = estimate_rates(clustered_counts([(2, 2), (2, 2), (0, 0), (0, 0)]), estimand="observed", clustered=True)
    assert found["low"][0] == pytest.approx(float(wilson(2, 2)[0]))


def test_all_courses_count_every_course_and_first_only_one(demo_cohort):
    first = response_rates(demo_cohort, **PHQ, denominator="starters").iloc[0]
    every = response_rates(demo_cohort, **PHQ, denominator="starters", courses="all").iloc[0]
    assert every["denominator"] > first["denominator"]
    assert every["method"] == "Wilson on the effective number, clustered by patient, 95 %"
